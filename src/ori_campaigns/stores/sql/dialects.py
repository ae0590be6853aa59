"""Where SQLite and PostgreSQL differ: how a transaction begins, whose clock counts, how lists are loaded.

Everything else is written once; a rule is in neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa

from ori_campaigns.clocks import SystemClock
from ori_campaigns.errors import StoreError
from ori_campaigns.instants import Instant
from ori_campaigns.stores.sql.troubles import Fate, of_postgres, of_sqlite


class Dialect(Protocol):
    """One database engine."""

    name: ClassVar[str]
    where: str
    """What it is called in messages; without a password."""
    numbered: ClassVar[bool]
    """Whether transactions commit in another order than they insert, so that events are numbered when they are read."""
    alone: ClassVar[bool]
    """Whether only one transaction writes at a time, so that rows need no lock."""

    def begin(self, connection: sa.Connection, *, writes: bool) -> None:
        """Begin a transaction."""
        ...

    def join(self, connection: sa.Connection) -> None:
        """See to it that a transaction of the host's is really under way."""
        ...

    def now(self, connection: sa.Connection) -> Instant:
        """Return the database's own time (microseconds UTC)."""
        ...

    def load(self, connection: sa.Connection, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> None:
        """Insert many rows, the quickest way there is; each holds all columns of the table, in order."""
        ...

    def loaded(self, connection: sa.Connection, *tables: sa.Table) -> None:
        """Let the planner know that these tables are not what they were."""
        ...

    def fate(self, error: sa.exc.DBAPIError, *, committing: bool) -> tuple[Fate, StoreError]:
        """Say what an error means, and what to tell whoever asked."""
        ...


@contextmanager
def _told_by_driver(connection: sa.Connection) -> Iterator[None]:
    """Turn errors of the driver itself into those that SQLAlchemy makes of them."""
    errors: Any = connection.dialect.loaded_dbapi
    try:
        yield
    except errors.Error as error:
        lost = connection.dialect.is_disconnect(error, connection.connection, None)
        wrapped = sa.exc.DBAPIError.instance(
            None, None, error, errors.Error, connection_invalidated=lost, dialect=connection.dialect
        )
        raise wrapped from None


def _names(table: sa.Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


class Sqlite:
    """SQLite in a file, in WAL mode."""

    name: ClassVar[str] = "sqlite"
    numbered: ClassVar[bool] = False
    alone: ClassVar[bool] = True

    def __init__(self, where: str) -> None:
        self.where = where
        self._clock = SystemClock()

    def begin(self, connection: sa.Connection, *, writes: bool) -> None:
        # A host's engine may begin by itself, and then not to write at once: let it, and begin anew.
        if not connection.in_transaction():
            connection.begin()
        driver: Any = connection.connection.driver_connection
        if driver.in_transaction:
            connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    def join(self, connection: sa.Connection) -> None:
        # Python's driver begins with the first change only; a savepoint before it would be the transaction itself,
        # and releasing it a commit.
        driver: Any = connection.connection.driver_connection
        if not driver.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    def now(self, connection: sa.Connection) -> Instant:  # noqa: ARG002 - SQLite's own clock counts milliseconds only
        return self._clock.now()

    def load(self, connection: sa.Connection, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> None:
        driver: Any = connection.connection.driver_connection
        places = ", ".join("?" for _ in table.columns)
        with _told_by_driver(connection):
            driver.executemany(f'INSERT INTO "{table.name}" ({_names(table)}) VALUES ({places})', rows)

    def loaded(self, connection: sa.Connection, *tables: sa.Table) -> None:
        """Do nothing: partial indexes and `LIMIT` leave it no choice."""

    def fate(self, error: sa.exc.DBAPIError, *, committing: bool) -> tuple[Fate, StoreError]:
        return of_sqlite(error, self.where, committing=committing)


WAIT = 30
"""Seconds for which a lock is waited for, and for which a frozen worker may hold one."""
# For the transaction only: behind a pooler, and in a host's pool, the next one to use the connection is somebody else.
# Plans are kept: one made while a table was small would go on reading all of it when it has grown. Statements are
# short: compiling one would take longer than running it.
_SETTINGS = (
    f"SET LOCAL lock_timeout = '{WAIT}s'; SET LOCAL idle_in_transaction_session_timeout = '{WAIT}s';"
    "SET LOCAL enable_seqscan = off; SET LOCAL jit = off"
)


class Postgres:
    """PostgreSQL by psycopg 3."""

    name: ClassVar[str] = "postgresql"
    numbered: ClassVar[bool] = True
    alone: ClassVar[bool] = False

    def __init__(self, where: str) -> None:
        self.where = where
        self._now = sa.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")

    def begin(self, connection: sa.Connection, *, writes: bool) -> None:
        # Whoever waited for a lock has to see what the one before has written, whatever the database's default is.
        level = "READ COMMITTED" if writes else "REPEATABLE READ READ ONLY"
        connection.exec_driver_sql(f"BEGIN ISOLATION LEVEL {level};{_SETTINGS}")

    def join(self, connection: sa.Connection) -> None:
        """Do nothing: the driver has begun with the first statement."""

    def now(self, connection: sa.Connection) -> Instant:
        found: int = connection.execute(self._now).scalar_one()
        return found

    def load(self, connection: sa.Connection, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> None:
        driver: Any = connection.connection.driver_connection
        name = connection.dialect.identifier_preparer.format_table(table)
        statement = f"COPY {name} ({_names(table)}) FROM STDIN"
        with _told_by_driver(connection), driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def loaded(self, connection: sa.Connection, *tables: sa.Table) -> None:
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")

    def fate(self, error: sa.exc.DBAPIError, *, committing: bool) -> tuple[Fate, StoreError]:
        return of_postgres(error, self.where, committing=committing)
