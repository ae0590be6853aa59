"""Where SQLite and PostgreSQL differ: how a transaction begins, how lists are loaded, what their errors mean.

Everything else is written once; a rule is in neither.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from enum import Enum
from typing import Any, ClassVar, Protocol

import sqlalchemy as sa

from ori_campaigns.clocks import SystemClock
from ori_campaigns.errors import CommitUnknown, StoreError, StoreUnavailable
from ori_campaigns.instants import Instant


class Fate(Enum):
    """What an error of the database says of the transaction it ended."""

    AGAIN = "somebody else was first, or the connection was lost: nothing was changed, the same again may succeed"
    NOTHING = "nothing was changed, and the same again would fail"
    UNKNOWN = "the answer to a commit was lost"


class Dialect(Protocol):
    """One database engine."""

    name: ClassVar[str]
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


def _names(table: sa.Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.columns)


class Sqlite:
    """SQLite in a file, in WAL mode."""

    name: ClassVar[str] = "sqlite"
    numbered: ClassVar[bool] = False
    alone: ClassVar[bool] = True

    def __init__(self, where: str, wait: float) -> None:
        self._where, self._wait = where, wait
        self._clock = SystemClock()

    def begin(self, connection: sa.Connection, *, writes: bool) -> None:
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
        driver.executemany(f'INSERT INTO "{table.name}" ({_names(table)}) VALUES ({places})', rows)

    def loaded(self, connection: sa.Connection, *tables: sa.Table) -> None:
        """Do nothing: partial indexes and `LIMIT` leave it no choice."""

    def fate(self, error: sa.exc.DBAPIError, *, committing: bool) -> tuple[Fate, StoreError]:
        driver = error.orig
        kind = getattr(driver, "sqlite_errorname", "") or ""
        if isinstance(driver, sqlite3.IntegrityError):
            return Fate.AGAIN, _unchanged(f"a constraint of the store stands in the way ({driver})", "store_constraint")
        if kind == "SQLITE_BUSY_SNAPSHOT":
            return Fate.AGAIN, _unchanged("others have written since this transaction began to read", None)
        if committing and kind.startswith("SQLITE_IOERR"):
            return Fate.UNKNOWN, lost_commit(self._where)
        for start, code, what in _SQLITE_SAID:
            if kind.startswith(start):
                return Fate.NOTHING, _unchanged(what.format(where=self._where, wait=self._wait), code)
        return Fate.NOTHING, _other(error, self._where)


_BUSY = "another program has kept {where} locked for {wait:g} s. Close it, or try again"
_READ_ONLY = "{where} cannot be written to. Give this user the right to write the file and its folder"
_FULL = "the disk of {where} is full. Make room and try again"
_NOT_OPENED = "{where} cannot be opened. Check that its folder exists and may be read and written"
_DAMAGED = "{where} is not a whole SQLite database. Give another file, or restore a copy of it"
_SQLITE_SAID = (
    ("SQLITE_BUSY", "store_locked", _BUSY),
    ("SQLITE_LOCKED", "store_locked", _BUSY),
    ("SQLITE_READONLY", "store_read_only", _READ_ONLY),
    ("SQLITE_FULL", "store_full", _FULL),
    ("SQLITE_CANTOPEN", "store_not_opened", _NOT_OPENED),
    ("SQLITE_NOTADB", "store_damaged", _DAMAGED),
    ("SQLITE_CORRUPT", "store_damaged", _DAMAGED),
)

# SQLSTATE classes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_AGAIN = frozenset({"40001", "40P01"})
_INTEGRITY = "23"
_SAID = {
    "55P03": ("store_locked", "another transaction has kept its rows locked. Look for one that hangs, or try again"),
    "25006": ("store_read_only", "it is read-only: a standby, or set so. Give the URL of the primary"),
    "53100": ("store_full", "its disk is full. Make room and try again"),
    "42501": ("store_forbidden", "this user may not do that. Grant it the rights on the schema and its tables"),
    "3D000": ("store_not_opened", "there is no such database. Create it, or correct the URL"),
    "28P01": ("store_not_opened", "user or password is wrong. Correct the URL"),
    "28000": ("store_not_opened", "user or password is wrong. Correct the URL"),
    "3F000": ("store_not_opened", "there is no such schema. Create it, or give another"),
}


class Postgres:
    """PostgreSQL by psycopg 3."""

    name: ClassVar[str] = "postgresql"
    numbered: ClassVar[bool] = True
    alone: ClassVar[bool] = False

    def __init__(self, where: str) -> None:
        self._where = where
        self._now = sa.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")

    def begin(self, connection: sa.Connection, *, writes: bool) -> None:
        # Whoever waited for a lock has to see what the one before has written, whatever the database's default is.
        level = "READ COMMITTED" if writes else "REPEATABLE READ READ ONLY"
        connection.exec_driver_sql(f"BEGIN ISOLATION LEVEL {level}")

    def join(self, connection: sa.Connection) -> None:
        """Do nothing: the driver has begun with the first statement."""

    def now(self, connection: sa.Connection) -> Instant:
        found: int = connection.execute(self._now).scalar_one()
        return found

    def load(self, connection: sa.Connection, table: sa.Table, rows: Iterable[tuple[Any, ...]]) -> None:
        driver: Any = connection.connection.driver_connection
        name = connection.dialect.identifier_preparer.format_table(table)
        with driver.cursor() as cursor, cursor.copy(f"COPY {name} ({_names(table)}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def loaded(self, connection: sa.Connection, *tables: sa.Table) -> None:
        for table in tables:
            connection.exec_driver_sql(f"ANALYZE {connection.dialect.identifier_preparer.format_table(table)}")

    def fate(self, error: sa.exc.DBAPIError, *, committing: bool) -> tuple[Fate, StoreError]:
        state = getattr(error.orig, "sqlstate", None) or ""
        if state.startswith(_INTEGRITY):
            what = f"a constraint of the store stands in the way ({_first_line(error.orig)})"
            return Fate.AGAIN, _unchanged(what, "store_constraint")
        if state in _AGAIN:
            return Fate.AGAIN, _unchanged(f"others keep changing the same rows ({_first_line(error.orig)})", None)
        if error.connection_invalidated or not state or state.startswith(("08", "57P")):
            if committing:
                return Fate.UNKNOWN, lost_commit(self._where)
            what = f"{self._where} does not answer ({_first_line(error.orig)}). Check that it runs and can be reached"
            return Fate.AGAIN, _unchanged(what, None)
        if state in _SAID:
            code, what = _SAID[state]
            return Fate.NOTHING, _unchanged(f"{self._where}: {what}", code)
        return Fate.NOTHING, _other(error, self._where)


def _first_line(error: object) -> str:
    r"""Return the first line of a driver's message; the others repeat the statement, and its values might be personal.

    >>> _first_line("no way\nDETAIL: Key (number)=(919800000001) already exists.")
    'no way'
    """
    return str(error).strip().partition("\n")[0].rstrip(".")


def _unchanged(what: str, code: str | None) -> StoreUnavailable:
    return StoreUnavailable(f"The store cannot be used now: {what}. Nothing was changed.", code=code)


def _other(error: sa.exc.DBAPIError, where: str) -> StoreError:
    """Return what to say of any other error: that it may pass, unless the statement itself was refused."""
    what = f"{where}: {_first_line(error.orig)}"
    if isinstance(error, sa.exc.OperationalError | sa.exc.InternalError):
        return _unchanged(what, None)
    return StoreError(
        f"The database refused a statement: {what}. Its tables are not what they should be. Nothing was changed."
    )


def lost_commit(where: str) -> CommitUnknown:
    """Return what to say when nobody knows whether a commit took place."""
    return CommitUnknown(
        f"{where} was lost in the middle of a commit: what was asked for may have happened. Read before asking again."
    )
