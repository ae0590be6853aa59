"""A worker over a database who dies between two statements, or around the commit; all that is left is the database.

    points = CrashPoints(at=7)
    with dying_store(url, clock, points) as store: ...

Points are counted in transactions that write: before each of their statements, and after the commit. Between them
nothing else can be lost. Who dies there takes his connection with him, as a process would: nobody rolls back for him.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

import postgres
from ori_campaigns.ports import Clock
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.testing.crashes import Crashed, CrashPoints

_BEGINS = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "BEGIN ISOLATION LEVEL READ COMMITTED;"}
_SETTINGS = {
    "sqlite": {},
    "postgresql": {"connect_args": {"options": "-c synchronous_commit=off -c lock_timeout=30s"}},
}

Make = Callable[[Clock, CrashPoints], contextlib.AbstractContextManager[SqlStore]]


@contextlib.contextmanager
def database(engine: str) -> Iterator[Make]:
    """An empty database; what it gives opens a store of one more worker on it."""
    with contextlib.ExitStack() as stack:
        if engine == "sqlite":
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ori-")))
            url, schema = f"sqlite:///{folder / 'campaigns.db'}", None
        else:
            url = postgres.server()
            schema = stack.enter_context(postgres.fresh_schema(url))
        yield lambda clock, points: dying_store(url, clock, points, schema=schema)


@contextlib.contextmanager
def dying_store(url: str, clock: Clock, points: CrashPoints, *, schema: str | None = None) -> Iterator[SqlStore]:
    """A store with an engine of its own, which dies at a point."""
    kind = sa.make_url(url).get_backend_name()
    engine = sa.create_engine(url, pool_reset_on_return=None, **_SETTINGS[kind])
    if kind == "sqlite":
        sa.event.listen(engine, "connect", _unhurried)
    _Deaths(points, _BEGINS[kind]).attach(engine)
    try:
        yield SqlStore(engine, clock=clock, schema=schema)
    finally:
        engine.dispose()


def _unhurried(connection: Any, _: object) -> None:
    # No power cut here: what the process gave to the system is safe.
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=OFF")


class _Deaths:
    def __init__(self, points: CrashPoints, begins: str) -> None:
        self._points, self._begins = points, begins
        self._writing = False

    def attach(self, engine: sa.Engine) -> None:
        sa.event.listen(engine, "before_cursor_execute", self._before)
        sa.event.listen(engine, "after_cursor_execute", self._after)

    def _before(self, connection: sa.Connection, _: object, statement: str, *__: object) -> None:
        self._writing = self._writing or statement.startswith(self._begins)
        if self._writing or self._points.crashed:
            self._reach(connection, f"{statement.split(maxsplit=1)[0]}: before")

    def _after(self, connection: sa.Connection, _: object, statement: str, *__: object) -> None:
        if self._writing and statement in {"COMMIT", "ROLLBACK"}:
            self._writing = False
            self._reach(connection, f"{statement}: done")

    def _reach(self, connection: sa.Connection, name: str) -> None:
        try:
            self._points.reach(name)
        except Crashed:
            driver: Any = connection.connection.driver_connection
            driver.close()
            raise
