"""The store contract on both engines of the durable store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest

from ori_campaigns.ports import Clock, Store
from ori_campaigns.testing import StoreContract
from stores.engines import Place, place_of


class SqlContract(StoreContract):
    """What both engines share. Their databases do not wait for the disk: nothing here pulls the plug."""

    durable = shared = joins = True
    engine: ClassVar[str]
    place: Place

    @pytest.fixture(autouse=True)
    def _place(self) -> Iterator[None]:
        with place_of(self.engine) as place:
            self.place = place
            yield

    def new_store(self, clock: Clock) -> Store:
        return self.place.new(clock)

    def reopen(self, store: Store) -> Store:
        return self.place.again(store)


class TestSqlite(SqlContract):
    engine = "sqlite"


@pytest.mark.slow
class TestPostgres(SqlContract):
    """Left to CI: what is not the same on both engines (locks, errors, plans, threads, kills) has tests of its own."""

    engine = "postgres"
