"""Opening a store: from a URL, or over a host's engine."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ori_campaigns.errors import InvalidDefinition, MissingExtra, Problem
from ori_campaigns.stores.sql.dialects import WAIT, Dialect, Postgres, Sqlite

_NAME = re.compile(r"(?:[a-z_][a-z0-9_]{0,39})?")
_HINT = "Give sqlite:///campaigns.db, or postgresql+psycopg://user@host/database."
_SYNCHRONOUS = ("FULL", "NORMAL", "OFF", "EXTRA")


def open_engine(target: str | sa.URL | sa.Engine, *, synchronous: str) -> tuple[sa.Engine, Dialect, sa.Engine | None]:
    """Return an engine in autocommit mode with its dialect; third, the engine to dispose of, if it was made here.

    Raises:
        InvalidDefinition: code `bad_store_url`, `memory_database` or `bad_synchronous`.
        MissingExtra: the driver is not installed.
    """
    if synchronous not in _SYNCHRONOUS:
        raise _refused("bad_synchronous", f"synchronous is {synchronous!r}.", f"Allowed are {', '.join(_SYNCHRONOUS)}.")
    if isinstance(target, sa.Engine):
        return target.execution_options(isolation_level="AUTOCOMMIT"), _dialect(target.url), None
    url = _url(target)
    dialect = _dialect(url)
    own = _sqlite_engine(url, synchronous) if isinstance(dialect, Sqlite) else _postgres_engine(url)
    return own.execution_options(isolation_level="AUTOCOMMIT"), dialect, own


def check_names(**names: str | None) -> None:
    """Refuse names that would have to be quoted wherever a person writes them.

    Raises:
        InvalidDefinition: code `bad_store_name`.
    """
    for what, name in names.items():
        if name is not None and not (isinstance(name, str) and _NAME.fullmatch(name)):
            hint = "Use at most 40 small letters, digits and underscores, no digit first."
            raise _refused("bad_store_name", f"The {what} is {name!r}.", hint)


def check_connection(connection: sa.Connection, engine: sa.Engine) -> None:
    """Refuse to join what is no transaction of this database.

    Raises:
        InvalidDefinition: code `bad_connection`.
    """
    hint = "Give a connection with a transaction begun: `with engine.begin() as connection:`."
    if not isinstance(connection, sa.Connection):
        raise _refused("bad_connection", f"A {type(connection).__name__} is not a SQLAlchemy connection.", hint)
    if connection.closed or connection.invalidated:
        raise _refused("bad_connection", "The connection is closed.", hint)
    if (
        connection.get_execution_options().get("isolation_level") == "AUTOCOMMIT"
        or connection.default_isolation_level == "AUTOCOMMIT"
    ):
        raise _refused("bad_connection", "The connection commits every statement by itself.", hint)
    if connection.dialect.name != engine.dialect.name:
        what = f"The connection is to {connection.dialect.name}, the store is in {engine.dialect.name}."
        raise _refused("bad_connection", what, hint)


def _url(target: str | sa.URL) -> sa.URL:
    try:
        url = sa.make_url(target)
    except (sa.exc.ArgumentError, ValueError) as error:
        # What was given may hold a password.
        message = "What was given is not the URL of a database."
        raise _refused("bad_store_url", message, _HINT) from error
    # Without a driver, SQLAlchemy would look for one that is not ours.
    return url.set(drivername="postgresql+psycopg") if url.drivername in {"postgresql", "postgres"} else url


def _dialect(url: sa.URL) -> Dialect:
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.drivername not in {"sqlite", "sqlite+pysqlite"}:
            raise _refused("bad_store_url", f"A store cannot be kept in {url.drivername!r}.", _HINT)
        if url.database in {None, "", ":memory:", "file::memory:"} or "mode=memory" in str(url):
            hint = (
                "Use MemoryStore() for a store that is gone with the process, or name a file: sqlite:///campaigns.db."
            )
            raise _refused("memory_database", "A SQLite database in memory lasts no longer than its connection.", hint)
        return Sqlite(str(url.database))
    if url.drivername == "postgresql+psycopg":
        return Postgres(url.difference_update_query(["password"]).render_as_string(hide_password=True))
    raise _refused("bad_store_url", f"A store cannot be kept in {url.drivername!r}.", _HINT)


def _sqlite_engine(url: sa.URL, synchronous: str) -> sa.Engine:
    folder = Path(str(url.database)).parent
    if url.query.get("uri") is None and not folder.is_dir():
        message = f"The folder of {url.database} does not exist."
        raise _refused("bad_store_url", message, f"Create {folder}, or name another place.")
    engine = sa.create_engine(url, hide_parameters=True, connect_args={"timeout": WAIT}, max_overflow=-1)

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: Any, _: object) -> None:  # noqa: ANN401 - a driver's connection
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute(f"PRAGMA synchronous={synchronous}")
        cursor.execute("PRAGMA temp_store=MEMORY")
        # Pages of 500,000 contacts that are moved in one statement; in KiB when negative.
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute("PRAGMA wal_autocheckpoint=16000")
        cursor.close()

    return engine


def _postgres_engine(url: sa.URL) -> sa.Engine:
    try:
        import psycopg  # noqa: F401 - only to say what is missing
    except ImportError as error:
        raise MissingExtra("A store in PostgreSQL", "postgres") from error
    return sa.create_engine(url, hide_parameters=True, max_overflow=-1, connect_args={"connect_timeout": 10})


def _refused(code: str, message: str, hint: str) -> InvalidDefinition:
    return InvalidDefinition([Problem("store", code, message, hint)], what="The store")
