"""One place that makes stores: in memory, in a SQLite file, in PostgreSQL, each empty, and taken away afterwards.

    with place_of("postgres") as place:
        store = place.new(clock)
        another = place.again(store)       as another process would open it

What a power cut would do is asked elsewhere: here SQLite does not wait for the disk, and PostgreSQL not for its log.
"""

from __future__ import annotations

import atexit
import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

import postgres
from ori_campaigns.ports import Clock, Store
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.stores.sql import SqlStore

ENGINES = ("memory", "sqlite", "postgres")
DURABLE = ("sqlite", "postgres")


class Place(Protocol):
    """Where stores of one engine are made."""

    name: str

    def new(self, clock: Clock | None = None) -> Store:
        """Return an empty store that goes by this clock, else by its own."""
        ...

    def again(self, store: Store) -> Store:
        """Return another store over what one of this place keeps; in memory there is but one."""
        ...

    def close(self) -> None:
        """Take everything away."""
        ...


class MemoryPlace:
    """Stores in memory."""

    name = "memory"

    def new(self, clock: Clock | None = None) -> Store:
        return MemoryStore(clock)

    def again(self, store: Store) -> Store:
        return store

    def close(self) -> None:
        """Leave it to the process."""


class SqlPlace:
    """Stores in databases."""

    name = ""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._open: dict[SqlStore, Callable[[Clock | None], SqlStore]] = {}

    def new(self, clock: Clock | None = None) -> SqlStore:
        return self._opened(self._fresh(), clock)

    def again(self, store: Store) -> SqlStore:
        assert isinstance(store, SqlStore)
        return self._opened(self._open[store], store._given_clock)

    def _opened(self, make: Callable[[Clock | None], SqlStore], clock: Clock | None) -> SqlStore:
        store = make(clock)
        self._stack.callback(store.close)
        self._open[store] = make
        return store

    def _fresh(self) -> Callable[[Clock | None], SqlStore]:
        """Return what opens a database of its own."""
        raise NotImplementedError

    def close(self) -> None:
        self._open.clear()
        self._stack.close()


class SqlitePlace(SqlPlace):
    """Stores in SQLite files, in a folder of their own."""

    name = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="ori_")))
        self._files = 0

    def _fresh(self) -> Callable[[Clock | None], SqlStore]:
        self._files += 1
        url = f"sqlite:///{self._folder / f'{self._files}.db'}"
        return lambda clock: SqlStore(url, clock=clock, synchronous="OFF")


class PostgresPlace(SqlPlace):
    """Stores in PostgreSQL, each in a schema of its own; all of a process use the same pool of connections."""

    name = "postgres"

    def _fresh(self) -> Callable[[Clock | None], SqlStore]:
        schema = self._stack.enter_context(postgres.fresh_schema(postgres.server()))
        return lambda clock: SqlStore(connections(), clock=clock, schema=schema)


@functools.cache
def connections() -> sa.Engine:
    """Connections to this process's PostgreSQL, as a host would have them."""
    settings = {"synchronous_commit": "off", "lock_timeout": "30s", "jit": "off"}
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    engine = sa.create_engine(postgres.server(), connect_args={"options": options}, pool_size=32, max_overflow=-1)
    atexit.register(engine.dispose)
    return engine


_PLACES: dict[str, Callable[[], Any]] = {"memory": MemoryPlace, "sqlite": SqlitePlace, "postgres": PostgresPlace}


@contextlib.contextmanager
def place_of(engine: str) -> Iterator[Place]:
    """Make stores of one of `ENGINES`; they are gone afterwards."""
    with contextlib.closing(_PLACES[engine]()) as place:
        yield place
