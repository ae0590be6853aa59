"""A PostgreSQL to measure on, and databases that are copies of a prepared one.

The server is found or started by the very module that finds one for the tests, read from its file: what it knows of
users, wheels and sockets is not written twice. `ORI_TEST_POSTGRES_URL` measures on a server of one's own.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from benchmarks.harness import ROOT, installed

_PREFIX = "ori_bench_"
_TOLD = ("server_version", "shared_buffers", "synchronous_commit", "fsync")


def find(environment: Mapping[str, str] = os.environ) -> tuple[str, str]:
    """Return the URL of a server, started for this process if need be; without one an empty text, and why.

    Raises:
        SystemExit: there is none, and `CI` is set: leaving the figures out would look as if they had been measured.
    """
    if not (installed("sqlalchemy") and installed("psycopg")):
        return "", 'PostgreSQL was left out, its driver is not installed: `python -m pip install -e ".[postgres]"`.'
    sys.path.insert(0, str(ROOT / "tests"))
    from sqlalchemy import make_url

    import postgres

    url, reasons = postgres.find(environment, postgres.start)
    if url is None:
        why = postgres.without_server(reasons)
        if environment.get("CI"):
            raise SystemExit(why)
        return "", f"PostgreSQL was left out. {why}"
    # As libpq writes it, for programs that know nothing of SQLAlchemy.
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False), ""


def execute(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Run one statement on a connection of its own, outside a transaction."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        done = connection.execute(statement.encode())
        return done.fetchall() if done.description else []


def settings(url: str) -> str:
    """Say which server this is, and what it does to keep a commit."""
    found = {name: execute(url, f"SHOW {name}")[0][0] for name in _TOLD}
    version = found.pop("server_version").split()[0]
    return f"PostgreSQL {version}, " + ", ".join(f"{name} {value}" for name, value in found.items())


@contextmanager
def database(url: str, copy_of: str = "") -> Iterator[str]:
    """An empty database, or a copy of another, which nobody may be connected to; gives its URL and drops it after."""
    name = f"{_PREFIX}{uuid4().hex}"
    execute(url, f"CREATE DATABASE {name} TEMPLATE {copy_of or 'template0'} ENCODING 'UTF8'")
    with suppress(Exception):
        # What was just written must not be written out during the measurement; only some users may ask for that.
        execute(url, "CHECKPOINT")
    try:
        yield named(url, name)
    finally:
        execute(url, f"DROP DATABASE {name} WITH (FORCE)")


def named(url: str, name: str) -> str:
    """The URL of another database on the same server."""
    from sqlalchemy import make_url

    return make_url(url).set(database=name).render_as_string(hide_password=False)


def name_of(url: str) -> str:
    from sqlalchemy import make_url

    return str(make_url(url).database)
