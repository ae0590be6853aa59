"""Statements for many rows: SQLAlchemy would sort out each row's parameters anew, which costs more than storing it.

SQLite is handed all rows with one statement that it keeps prepared. PostgreSQL is handed one array for each column, and
makes one statement of them: a round trip and a plan for each row would cost three times as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa


class Bulk:
    """An insert, or an update by key, of many rows.

    Parameters:
        table: where.
        columns: those it sets.
        by: those by which rows are found; none for an insert.
    """

    def __init__(self, table: sa.Table, columns: Sequence[str], *, by: Sequence[str] = ()) -> None:
        self._table, self._columns, self._by = table, tuple(columns), tuple(by)
        self._all = (*self._by, *self._columns)
        self._text: dict[str, str] = {}

    def execute(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Make it for each of these rows; fine if there is none. Each has a value for every column."""
        if not rows:
            return
        name = connection.dialect.name
        text = self._text.get(name)
        if text is None:
            text = self._text[name] = self._rowwise() if name == "sqlite" else self._columnwise(connection.dialect)
        if name == "sqlite":
            connection.exec_driver_sql(text, list(rows))
        else:
            connection.exec_driver_sql(text, columns_of(rows, self._all))

    def _rowwise(self) -> str:
        table = f'"{self._table.name}"'
        if not self._by:
            return f"INSERT INTO {table} ({_listed(self._columns)}) VALUES ({_listed(self._columns, ':{}')})"
        values = _listed(self._columns, '"{0}" = :{0}')
        return f"UPDATE {table} SET {values} WHERE " + _listed(self._by, '"{0}" = :{0}', " AND ")

    def _columnwise(self, dialect: sa.Dialect) -> str:
        table = dialect.identifier_preparer.format_table(self._table)
        rows = f"unnest({arrays(self._table, self._all, dialect)}) AS given({_listed(self._all)})"
        if not self._by:
            return f"INSERT INTO {table} ({_listed(self._columns)}) SELECT * FROM {rows}"
        values = _listed(self._columns, '"{0}" = given."{0}"')
        return f"UPDATE {table} AS kept SET {values} FROM {rows} WHERE " + _listed(
            self._by, 'kept."{0}" = given."{0}"', " AND "
        )


def _listed(names: Sequence[str], form: str = '"{}"', between: str = ", ") -> str:
    return between.join(form.format(name) for name in names)


def arrays(table: sa.Table, names: Sequence[str], dialect: sa.Dialect) -> str:
    """Return a parameter for each column, as an array of its type."""
    return ", ".join(f"%({name})s::{table.c[name].type.compile(dialect)}[]" for name in names)


def columns_of(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, list[Any]]:
    """Turn rows into columns.

    >>> columns_of([{"a": 1, "b": 2}, {"a": 3, "b": 4}], "ab")
    {'a': [1, 3], 'b': [2, 4]}
    """
    return {name: [row[name] for row in rows] for name in names}
