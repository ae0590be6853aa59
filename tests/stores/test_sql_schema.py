"""The version of the tables: made once, brought up to date with their data, left alone by an old release."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import postgres
from ori_campaigns.errors import PASSING, CampaignsError, StoreUnavailable
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.stores.sql.schema import MIGRATIONS, VERSION, Migration, prepare
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.testing.bench import Bench, lively, number


class Database:
    """A database of the test's own, by its URL; on PostgreSQL in a schema of its own."""

    def __init__(self, url: str, schema: str | None) -> None:
        self.url, self.schema = url, schema
        options = {"options": f"-c search_path={schema}"} if schema else {}
        self.engine = sa.create_engine(url, connect_args=options)

    def open(self, **options: Any) -> SqlStore:
        return SqlStore(self.engine, **{"schema": self.schema, **options})

    def bench(self, **options: Any) -> Bench:
        return Bench(store=lambda clock: self.open(clock=clock, **options))

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as somebody with a console does; return the rows of the last."""
        with self.engine.begin() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []

    def prepare(self, migrations: Mapping[int, Migration], version: int) -> None:
        """Open it as a release with these migrations does."""
        store = object.__new__(SqlStore)
        store.__dict__ = {**self.open(create=False).__dict__} if self.version() == VERSION else {}
        tables = Tables("ori_", self.schema, numbered=self.schema is not None)
        transactions = Bench(store=lambda clock: self.open(clock=clock, prefix="side_")).store._transactions  # type: ignore[attr-defined]
        transactions.write(lambda c: prepare(c, tables, create=True, migrations=migrations, version=version))

    def version(self) -> int:
        return int(self.run("SELECT value FROM ori_meta WHERE name = 'schema_version'")[0][0])

    def contents(self) -> dict[str, Any]:
        """Return all there is: the columns of each table, its indexes, and its rows."""
        found: dict[str, Any] = {}
        inspector = sa.inspect(self.engine)
        for table in sorted(inspector.get_table_names(schema=self.schema)):
            columns = [(column["name"], str(column["type"])) for column in inspector.get_columns(table, self.schema)]
            indexes = sorted(str(index["name"]) for index in inspector.get_indexes(table, self.schema))
            found[table] = columns, indexes, sorted(map(repr, self.run(f'SELECT * FROM "{table}"')))
        return found
