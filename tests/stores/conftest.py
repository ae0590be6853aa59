"""Stores for tests: `place` makes them, and each test that asks for it runs once for each engine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stores.engines import DURABLE, ENGINES, Place, place_of


@pytest.fixture(params=ENGINES)
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Where stores are made: in memory, in SQLite files, in PostgreSQL."""
    with place_of(request.param) as made:
        yield made


@pytest.fixture(params=DURABLE)
def durable_place(request: pytest.FixtureRequest) -> Iterator[Place]:
    """Where stores that last are made: in SQLite files, in PostgreSQL."""
    with place_of(request.param) as made:
        yield made
