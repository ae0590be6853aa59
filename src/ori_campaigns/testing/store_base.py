"""What the parts of the store contract share."""

from __future__ import annotations

import pytest

from ori_campaigns.ports import Clock, Store
from ori_campaigns.testing.bench import Bench


class Duties:
    """A store under contract: how to make one, and what it can do."""

    durable = False
    shared = False
    inline = False
    joins = False

    def new_store(self, clock: Clock) -> Store:
        """Return an empty store that goes by this clock."""
        raise NotImplementedError(f"{type(self).__name__} needs new_store(self, clock), which returns an empty store.")

    def reopen(self, store: Store) -> Store:
        """Return another store over what this one kept: as after a crash, or in another process."""
        raise NotImplementedError(
            f"{type(self).__name__} needs reopen(self, store), since its store is durable or shared."
        )

    @pytest.fixture
    def bench(self) -> Bench:
        """A world over a new store."""
        return self.new_bench()

    def new_bench(self) -> Bench:
        """Return a world over a new store."""
        return Bench(store=self.new_store)

    def need(self, capability: str) -> None:
        """Skip this test unless the store has a capability."""
        if not getattr(self, capability):
            pytest.skip(f"the store is not {capability}")
