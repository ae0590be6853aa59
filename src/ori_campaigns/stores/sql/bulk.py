"""Statements that are made for many rows: compiled once, handed to the driver as they are.

SQLAlchemy sorts out every row's parameters anew, which costs more than the database takes to store them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect


class Bulk:
    """An insert or update, made once for each row.

    Parameters:
        statement: with a bound parameter for whatever it is found by.
        columns: those it sets; each row has a value for every one, and for every bound parameter.
    """

    def __init__(self, statement: sa.Insert | sa.Update, columns: Sequence[str]) -> None:
        self._statement, self._columns = statement, list(columns)
        self._text: dict[str, str] = {}

    def execute(self, connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Make it for each of these rows, in their order; fine if there is none."""
        if rows:
            connection.exec_driver_sql(self._compiled(connection), list(rows))

    def _compiled(self, connection: sa.Connection) -> str:
        name = connection.dialect.name
        text = self._text.get(name)
        if text is None:
            # Both drivers take parameters by name, whatever style the host's engine has.
            dialect = sqlite_dialect(paramstyle="named") if name == "sqlite" else connection.dialect
            compiled = self._statement.compile(dialect=dialect, column_keys=self._columns)
            text = self._text[name] = str(compiled)
        return text
