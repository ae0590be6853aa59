"""The contract of a `Store`: what every store must do, as tests that a host runs on its own."""

# ruff: noqa: S101 - these are tests, shipped

from __future__ import annotations

from ori_campaigns.ports import StoreCapabilities
from ori_campaigns.testing.bench import Bench
from ori_campaigns.testing.store_appending import AppendingDuties
from ori_campaigns.testing.store_browsing import BrowsingDuties
from ori_campaigns.testing.store_dialling import DiallingDuties
from ori_campaigns.testing.store_duties import KeepingDuties
from ori_campaigns.testing.store_guards import GuardDuties
from ori_campaigns.testing.store_workers import WorkerDuties


class StoreContract(KeepingDuties, BrowsingDuties, DiallingDuties, AppendingDuties, GuardDuties, WorkerDuties):
    """What every store must do, one duty each test. Make a class of your own of it, and run it with pytest.

    ```python
    class TestMyStore(StoreContract):
        durable = shared = True

        @pytest.fixture(autouse=True)
        def place(self, tmp_path):
            self.path = tmp_path / "campaigns.db"

        def new_store(self, clock):
            return MyStore(self.path, clock)

        def reopen(self, store):
            return MyStore(self.path, store.clock)
    ```

    Parameters:
        durable, shared, inline, joins: class attributes, what the store says it can do (`StoreCapabilities`). Tests of
            what it cannot do are skipped, and the reason names the capability. `inline` and `joins` are only held
            against what the store says of itself.
        new_store: returns an empty store that goes by the given clock.
        reopen: returns another store over what a store kept; asked for only where it is durable or shared.
    """

    def test_it_says_what_it_can_do(self, bench: Bench) -> None:
        """`can` tells a host whether to trust it with a crash, several workers, an event loop, a transaction."""
        assert bench.store.can == StoreCapabilities(
            durable=self.durable, shared=self.shared, inline=self.inline, joins=self.joins
        )

    def test_it_goes_by_the_clock_it_was_given(self, bench: Bench) -> None:
        """All workers go by the store's clock, so it must be the one that was asked for."""
        assert bench.store.clock.now() == bench.clock.now()
        bench.clock.advance(hours=1)
        assert bench.store.clock.now() == bench.store.agenda().now == bench.clock.now()
