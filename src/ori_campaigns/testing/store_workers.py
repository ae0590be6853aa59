"""The store contract, last part: several threads, several workers, and what outlasts the process."""

# ruff: noqa: S101, PLR2004 - these are tests, shipped

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import attrs

from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.errors import ActionNotAllowed, Conflict
from ori_campaigns.events import AttemptEnded, AttemptReserved
from ori_campaigns.ingest import Leads
from ori_campaigns.ports import AdmitAsk
from ori_campaigns.reports import Accepted, Ended
from ori_campaigns.service import CampaignService
from ori_campaigns.testing.bench import Bench, lively, number
from ori_campaigns.testing.store_base import Duties
from ori_campaigns.testing.world import TRUNK
from ori_campaigns.views import Created

T = TypeVar("T")
WORKERS = 4


def together(*jobs: Callable[[], T]) -> list[T]:
    """Do all of these at once, each in a thread of its own."""
    barrier = threading.Barrier(len(jobs))

    def begin(job: Callable[[], T]) -> T:
        barrier.wait()
        return job()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(begin, jobs))


class WorkerDuties(Duties):
    """Nobody is called twice, however many there are who call."""

    def workers(self, bench: Bench) -> list[CampaignService]:
        """Return services that work at once: over one store, or over stores of their own where it is shared."""
        stores = [self.reopen(bench.store) if self.shared else bench.store for _ in range(WORKERS)]
        return [bench.worker(store) for store in stores]

    def test_workers_together_never_exceed_a_limit(self) -> None:
        """Seats, tokens and channels: each in turn is the tightest, and every worker believes that all is free."""
        for limit, trunk in (
            (3, TRUNK),
            (50, attrs.evolve(TRUNK, burst=3, cps=0.1)),
            (50, attrs.evolve(TRUNK, channels=3)),
        ):
            bench = self.new_bench()
            bench.directory.add(trunk)
            ask = AdmitAsk(bench.running(30, concurrency_limit=limit).id, {"trunk": 30})
            jobs = [partial(each.store.admit, ask, bench.real_admission) for each in self.workers(bench)]
            dials = [dial for admission in together(*jobs) for dial in admission.dials]
            assert len({dial.to for dial in dials}) == len({dial.attempt_id for dial in dials}) == len(dials) == 3
            assert bench.live() == 3

    def test_workers_together_never_call_anybody_twice(self, bench: Bench) -> None:
        """Each steps and reports until nothing is left: every contact is called once, and never too many at a time."""
        campaign = bench.running(80, concurrency_limit=7)

        def work(service: CampaignService) -> list[str]:
            called: list[str] = []
            for _ in range(1000):
                if service.store.counters(campaign.id).dialled == 80:
                    break
                dials = service.step().dials
                now = bench.clock.now()
                service.record([Accepted(dial.attempt_id, now) for dial in dials])
                service.record([Ended(dial.attempt_id, now, "customer", answered_at=now) for dial in dials])
                called += [dial.to.reveal() for dial in dials]
            return called

        called = together(*(lambda each=each: work(each) for each in self.workers(bench)))
        assert sorted(one for by_one in called for one in by_one) == [number(index) for index in range(80)]
        live = most = 0
        for event in bench.log(campaign):
            live += isinstance(event.fact, AttemptReserved)
            live -= isinstance(event.fact, AttemptEnded)
            most = max(most, live)
        assert live == 0
        assert most <= 7
        assert [attempt.id for attempt in bench.attempts()] == [f"{campaign.id}-{serial}" for serial in range(80)]
        bench.service.step()
        assert bench.service.get(campaign.id).status is CampaignStatus.COMPLETED

    def test_of_two_operators_one_wins(self, bench: Bench) -> None:
        """The other is told that the campaign has moved on."""
        campaign = bench.running()

        def stop(service: CampaignService) -> str:
            try:
                service.stop(campaign.id, by="test")
            except (ActionNotAllowed, Conflict):
                return "refused"
            return "stopped"

        said = together(*(lambda each=each: stop(each) for each in self.workers(bench)))
        assert sorted(said) == ["refused"] * (WORKERS - 1) + ["stopped"]
        assert [entry.action for entry in bench.service.activity(campaign.id)].count("stop") == 1

    def test_the_same_key_at_once_creates_one_campaign(self, bench: Bench) -> None:
        """Whoever comes second is answered with the campaign of the first."""
        leads = Leads.of([number(0)])
        jobs = [
            lambda each=each: each.create(bench.draft(), leads, by="test", key="pressed").id
            for each in self.workers(bench)
        ]
        assert len(set(together(*jobs))) == 1
        assert len(bench.store.campaigns()) == 1

    def test_what_was_committed_outlasts_the_process(self, bench: Bench) -> None:
        """Rows, log, carriers' buckets, keys and contacts put aside: all is there when the store is opened again."""
        self.need("durable")
        lively(bench, finish=False)
        stage = bench.store.stage(Leads.of([number(0)]))
        before = bench.told()
        again = self.reopen(bench.store)
        bench.store, bench.service = again, bench.worker(again)
        assert bench.told() == before
        campaign = attrs.evolve(bench.campaign, id="other001")
        bench.store.create(Created(campaign), "key")
        bench.store.discard(stage)
        bench.until("idle")
        assert bench.live() == 0

    def test_what_one_worker_commits_all_see(self, bench: Bench) -> None:
        """At once, in either direction."""
        self.need("shared")
        other = self.reopen(bench.store)
        campaign = bench.running(2)
        assert other.campaign(campaign.id) == bench.service.get(campaign.id)
        bench.worker(other).pause(campaign.id, by="test")
        assert bench.service.get(campaign.id).status is CampaignStatus.PAUSED
        assert bench.store.tip() == other.tip()
