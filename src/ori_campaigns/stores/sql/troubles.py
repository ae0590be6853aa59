"""What the databases' errors mean: whether the same again may succeed, and what to tell whoever asked.

Messages of the drivers are cut after their first line, and never chained: the rest repeats statements and values, and
values are numbers of people.
"""

from __future__ import annotations

import sqlite3
from enum import Enum

import sqlalchemy as sa

from ori_campaigns.errors import CommitUnknown, StoreError, StoreUnavailable


class Fate(Enum):
    """What an error of the database says of the transaction it ended."""

    AGAIN = "somebody else was first, or the connection was lost: nothing was changed, the same again may succeed"
    NOTHING = "nothing was changed, and the same again would fail"
    UNKNOWN = "the answer to a commit was lost"


# --- SQLite: by the beginning of the error's name ---------------------------------------------------------------------
_BUSY = "another program keeps {where} locked. Close it, or try again"
_READ_ONLY = "{where} cannot be written to. Give this user the right to write the file and its folder"
_FULL = "the disk of {where} is full. Make room and try again"
_NOT_OPENED = "{where} cannot be opened. Check that its folder exists and may be read and written"
_DAMAGED = "{where} is not a whole SQLite database. Give another file, or restore a copy of it"
_SQLITE = (
    ("SQLITE_BUSY", "store_locked", _BUSY),
    ("SQLITE_LOCKED", "store_locked", _BUSY),
    ("SQLITE_READONLY", "store_read_only", _READ_ONLY),
    ("SQLITE_FULL", "store_full", _FULL),
    ("SQLITE_CANTOPEN", "store_not_opened", _NOT_OPENED),
    ("SQLITE_NOTADB", "store_damaged", _DAMAGED),
    ("SQLITE_CORRUPT", "store_damaged", _DAMAGED),
)


def of_sqlite(error: sa.exc.DBAPIError, where: str, *, committing: bool) -> tuple[Fate, StoreError]:
    """Say what an error of SQLite means.

    Parameters:
        where: the file, for the sentence.
        committing: whether it came in answer to a commit.
    """
    kind = getattr(error.orig, "sqlite_errorname", "") or ""
    if isinstance(error.orig, sqlite3.IntegrityError):
        return Fate.AGAIN, _in_the_way(error)
    if kind == "SQLITE_BUSY_SNAPSHOT":
        return Fate.AGAIN, unchanged("others have written since this transaction began to read", None)
    if committing and kind.startswith("SQLITE_IOERR"):
        return Fate.UNKNOWN, lost_commit(where)
    for start, code, what in _SQLITE:
        if kind.startswith(start):
            return Fate.NOTHING, unchanged(what.format(where=where), code)
    return Fate.NOTHING, _refused(error, where) if kind == "SQLITE_ERROR" else _other(error, where)


# --- PostgreSQL: by SQLSTATE, https://www.postgresql.org/docs/current/errcodes-appendix.html --------------------------
_OTHERS_FIRST = frozenset({"40001", "40P01"})
_INTEGRITY = "23"
_CONNECTION = ("08", "57P")
_REFUSED = ("22", "54")
"""Values that do not fit: the same again would be refused again."""
_WRONG_USER = ("store_not_opened", "user or password is wrong. Correct the URL")
_SAID = {
    "55P03": ("store_locked", "another transaction has kept its rows locked. Look for one that hangs, or try again"),
    "25006": ("store_read_only", "it is read-only: a standby, or set so. Give the URL of the primary"),
    "53100": ("store_full", "its disk is full. Make room and try again"),
    "42501": ("store_forbidden", "this user may not do that. Grant it the rights on the schema and its tables"),
    "3D000": ("store_not_opened", "there is no such database. Create it, or correct the URL"),
    "28P01": _WRONG_USER,
    "28000": _WRONG_USER,
    "3F000": ("store_not_opened", "there is no such schema. Create it, or give another"),
}
_NOT_LET_IN = ("authentication failed", "does not exist", "not permitted to log in", "no pg_hba.conf entry")
"""The driver does not hand on the SQLSTATE of a refused connection."""


def of_postgres(error: sa.exc.DBAPIError, where: str, *, committing: bool) -> tuple[Fate, StoreError]:
    """Say what an error of PostgreSQL means; parameters as for SQLite."""
    state, said = getattr(error.orig, "sqlstate", None) or "", first_line(error.orig)
    if state.startswith(_INTEGRITY):
        return Fate.AGAIN, _in_the_way(error)
    if state in _OTHERS_FIRST:
        return Fate.AGAIN, unchanged(f"others keep changing the same rows ({said})", None)
    if state.startswith(_REFUSED):
        return Fate.NOTHING, _refused(error, where)
    if state in _SAID:
        code, what = _SAID[state]
        return Fate.NOTHING, unchanged(f"{where}: {what}", code)
    # An error without a code is the connection's, or that of a value the driver will not send.
    without = not state and isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError)
    if error.connection_invalidated or without or state.startswith(_CONNECTION):
        return _lost(where, said, committing=committing)
    return Fate.NOTHING, _other(error, where)


def _lost(where: str, said: str, *, committing: bool) -> tuple[Fate, StoreError]:
    if committing:
        return Fate.UNKNOWN, lost_commit(where)
    if any(words in said for words in _NOT_LET_IN):
        what = f"{where} does not let us in ({said}). Correct the URL, or create what is missing"
        return Fate.NOTHING, unchanged(what, "store_not_opened")
    return Fate.AGAIN, unchanged(f"{where} does not answer ({said}). Check that it runs and can be reached", None)


# --- sentences --------------------------------------------------------------------------------------------------------


def first_line(error: object) -> str:
    r"""Return the first line of a driver's message.

    >>> first_line("no way\nDETAIL: Key (number)=(919800000001) already exists.")
    'no way'
    """
    return str(error).strip().partition("\n")[0].rstrip(".")


def unchanged(what: str, code: str | None) -> StoreUnavailable:
    """Return what to say when nothing was changed."""
    return StoreUnavailable(f"The store cannot be used now: {what}. Nothing was changed.", code=code)


def lost_commit(where: str) -> CommitUnknown:
    """Return what to say when nobody knows whether a commit took place."""
    return CommitUnknown(
        f"{where} was lost in the middle of a commit: what was asked for may have happened. Read before asking again."
    )


def no_connection(where: str) -> StoreUnavailable:
    """Return what to say when the host's pool has no connection to spare."""
    what = f"all connections to {where} are in use. Give the engine a larger pool, or try again"
    return unchanged(what, "store_busy")


def _in_the_way(error: sa.exc.DBAPIError) -> StoreUnavailable:
    return unchanged(f"a constraint of the store stands in the way ({first_line(error.orig)})", "store_constraint")


def _other(error: sa.exc.DBAPIError, where: str) -> StoreError:
    """Return what to say of any other error: that it may pass, unless the statement itself was refused."""
    if isinstance(error, sa.exc.OperationalError | sa.exc.InternalError):
        return unchanged(f"{where}: {first_line(error.orig)}", None)
    return _refused(error, where)


def _refused(error: sa.exc.DBAPIError, where: str) -> StoreError:
    return StoreError(
        f"The database refused a statement: {where}: {first_line(error.orig)}. Either a value does not fit, or "
        "the tables are not what they should be. Nothing was changed."
    )
