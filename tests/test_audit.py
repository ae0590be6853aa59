"""The audit: clean on sound stores, whatever happened in them, and every check finds what it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import attrs
import pytest

from oracle import world
from ori_campaigns.audit import Audit, Finding, audit
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.config import RetryPolicy
from ori_campaigns.contact import Attempt, AttemptStatus, Contact, ContactStatus
from ori_campaigns.diallers.answers import AnswerModel, Mix
from ori_campaigns.errors import NotFound
from ori_campaigns.events import (
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptSubmitted,
    ContactClosed,
    ContactsMoved,
    Event,
    LifecycleChanged,
    NumberExcluded,
    RetryScheduled,
)
from ori_campaigns.ingest import Leads
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.ports import Store
from ori_campaigns.reports import Accepted, CallAnalysis, Ringing
from ori_campaigns.service import CampaignService
from ori_campaigns.testing.bench import Bench, lively, number
from ori_campaigns.views import Counters

AGAIN = RetryPolicy(max_attempts=2, on_system={"no_answer"})


def said(found: Audit) -> list[str]:
    return [str(finding) for finding in found.findings]


# --- clean ------------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M6")
@pytest.mark.parametrize("finish", [False, True])
def test_an_eventful_day_is_clean_in_the_middle_and_in_the_end(finish: bool) -> None:
    bench = Bench()
    lively(bench, finish=finish)
    found = audit(bench.store)
    assert said(found) == []
    assert found.clean
    assert found.busy == ()
    assert (found.campaigns, found.contacts) == (2, 55)
    assert found.attempts == sum(len(bench.attempts(each)) for each in bench.store.campaigns())
    assert found.events == len(bench.log())


def test_every_kind_of_change_is_clean_at_every_moment() -> None:
    bench = Bench()
    heard: list[str] = []

    def clean(moment: str) -> None:
        found = audit(bench.store)
        assert (moment, said(found), found.busy) == (moment, [], ())
        heard.append(moment)

    # A draft whose list is replaced after exclusions, two of them of people who are on the new list, one who is not.
    sticky = bench.create([number(index) for index in range(8)], sticky_exclusion=True)
    clean("draft")
    bench.service.exclude(sticky.id, [number(1), number(2), number(7), "919900000000"], by="test")
    clean("excluded in draft")
    sticky = bench.service.edit(
        sticky.id, bench.draft_of(sticky), Leads.of(map(number, range(1, 7))), by="test", version=sticky.version
    )
    clean("list replaced, exclusions kept")
    copied = bench.service.clone(sticky.id, by="test")
    clean("cloned, exclusions kept")
    loose = bench.service.edit(
        copied.id,
        bench.draft_of(copied, sticky_exclusion=False),
        Leads.of(map(number, range(6))),
        by="test",
        version=copied.version,
    )
    clean("list replaced, exclusions dropped")
    bench.service.exclude(loose.id, [number(1), number(0)], by="test")
    bench.service.start(loose.id, by="test")
    bench.talked(*bench.dials())
    clean("dialled")
    bench.service.restart(loose.id, by="test")
    clean("prepared")
    bench.service.exclude(loose.id, [number(2)], by="test")
    bench.service.cancel_restart(loose.id, by="test")
    clean("restart taken back")
    bench.service.clone(loose.id, by="test")
    bench.service.start(bench.service.restart(loose.id, by="test").id, by="test")
    bench.service.fail(loose.id, "no line", by="test")
    clean("failed")
    bench.service.restart(loose.id, by="test")
    bench.service.exclude(loose.id, [number(3)], by="test")
    bench.service.cancel_restart(loose.id, by="test")
    clean("waiting in a failed run")

    # Limits lowered in the middle of calls; callbacks, analyses that are awaited, attempts used up.
    busy = bench.running(
        [number(index) for index in range(20, 30)],
        concurrency_limit=6,
        callback_detection=True,
        retry=RetryPolicy(max_attempts=4, on_system={"no_answer"}, on_business=("sold",)),
    )
    first, second, third, *rest = bench.dials()
    bench.no_answer(first)
    bench.booked(second, minutes=45)
    bench.talked(third)
    clean("analysis awaited")
    bench.service.pause(busy.id, by="test", wait=False)
    busy = bench.campaign
    lowered = attrs.evolve(busy.config.retry, max_attempts=1)
    bench.service.edit(
        busy.id, bench.draft_of(busy, concurrency_limit=2, retry=lowered, numbers=busy.numbers[:1]), by="test",
        version=busy.version,
    )  # fmt: skip
    clean("lowered")
    bench.service.resume(busy.id, by="test")
    assert bench.why(number(20)) == "attempts_used_up"
    clean("used up")
    bench.talked(*rest)
    bench.tell(CallAnalysis(third.attempt_id, bench.clock.now(), "sold"))
    clean("drained")
    bench.service.exclude(busy.id, [rest[0].to], by="test")
    clean("excluded while awaiting")
    bench.until("idle")
    clean("idle")
    assert len(heard) == 15


@pytest.mark.parametrize("first", range(1_000, 1_020, 5))
def test_campaigns_under_faults_and_operators_are_clean_at_any_step(
    first: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    stores: dict[int, Store] = {}
    steps = 0
    step = CampaignService.step

    def audited(self: CampaignService) -> Any:
        nonlocal steps
        steps += 1
        stores[id(self.store)] = self.store
        if steps % 397 == 0:
            found.extend(said(audit(self.store)))
        return step(self)

    monkeypatch.setattr(CampaignService, "step", audited)
    for seed in range(first, first + 5):
        world.play(seed)
        for store in stores.values():
            found.extend(said(audit(store)))
        stores.clear()
    assert found == []


def test_nothing_to_audit_is_clean() -> None:
    assert audit(Bench().store) == Audit((), 0, 0, 0, 0, ())


def test_only_what_was_asked_for_is_audited() -> None:
    bench = Bench()
    mine = bench.running(2)
    bench.directory.add(*bench.directory.bots("default"), workspace="other")
    assert audit(bench.store, [mine.id]).campaigns == 1
    assert audit(bench.store, []).campaigns == 0
    assert audit(bench.store, workspace="other").campaigns == 0
    assert audit(bench.store, [mine.id], "default").contacts == 2
    with pytest.raises(NotFound):
        audit(bench.store, ["nobody"])


def test_it_says_how_far_it_has_come() -> None:
    bench = Bench()
    bench.running(2)
    bench.running(3)
    told: list[tuple[int, int, int]] = []
    audit(bench.store, on_progress=lambda *heard: told.append(heard))
    # Of each: create and start with the list between them, and its contacts; nobody was dialled.
    assert told == [(0, 2, 3), (0, 2, 5), (1, 2, 8), (1, 2, 11)]


# --- each check can fail ----------------------------------------------------------------------------------------------

Log = list[Event]


class Bent:
    """A store that tells one thing wrong. Its cursors leave room for events that never were."""

    def __init__(
        self,
        store: Store,
        *,
        log: Callable[[Log], Log] | None = None,
        attempts: Callable[[list[Attempt]], list[Attempt]] | None = None,
        contacts: Callable[[list[Contact]], list[Contact]] | None = None,
        counters: Callable[[Counters], Counters] | None = None,
        campaign: Callable[[Campaign], Campaign] | None = None,
        only: str = "",
    ) -> None:
        self._store, self._only = store, only
        self._log, self._attempts, self._contacts, self._counters = log, attempts, contacts, counters
        self._campaign = campaign

    def _bend(self, change: Callable[[Any], Any] | None, value: Any, campaign_id: str | None = None) -> Any:
        return value if change is None or self._only not in {"", campaign_id} else change(value)

    def tip(self) -> int:
        return self._store.tip() * 10 + 9

    def campaigns(self, workspace: str | None = None) -> Sequence[Campaign]:
        return self._store.campaigns(workspace)

    def campaign(self, campaign_id: str) -> Campaign:
        return cast("Campaign", self._bend(self._campaign, self._store.campaign(campaign_id), campaign_id))

    def counters(self, campaign_id: str, run: int | None = None) -> Counters:
        return cast("Counters", self._bend(self._counters, self._store.counters(campaign_id, run), campaign_id))

    def contacts(self, campaign_id: str, after: int = -1, limit: int = 1000) -> Sequence[Contact]:
        rows = self._bend(self._contacts, list(self._store.contacts(campaign_id, -1, 100_000)), campaign_id)
        return [row for row in rows if row.ordinal > after][:limit]

    def attempts(self, campaign_id: str, after: int = -1, limit: int = 1000) -> Sequence[Attempt]:
        rows = self._bend(self._attempts, list(self._store.attempts(campaign_id, -1, 100_000)), campaign_id)
        return [row for row in rows if int(row.id.rpartition("-")[2]) > after][:limit]

    def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
        log = [
            attrs.evolve(each, cursor=each.cursor * 10) for each in self._store.events(-1, 1_000_000, campaign_id)
        ]
        return [each for each in self._bend(self._log, log, campaign_id) if each.cursor > after][:limit]


def renumbered(log: Log) -> Log:
    """Leave no gap in any stream."""
    counts: dict[int, int] = {}
    found = []
    for each in log:
        counts[each.stream] = counts.get(each.stream, 0) + 1
        found.append(attrs.evolve(each, sequence=counts[each.stream]))
    return found


def the(log: Log, kind: type, place: int = 0) -> Event:
    return [each for each in log if isinstance(each.fact, kind)][place]


def with_fact(fact: Any, *, before: tuple[type, int] | None = None) -> Callable[[Log], Log]:
    """An event that never was: before another one, or at the end."""

    def change(log: Log) -> Log:
        place = len(log) if before is None else log.index(the(log, *before))
        cursor = log[-1].cursor + 1 if before is None else log[place].cursor - 1
        stream = getattr(fact, "contact", -1)
        return renumbered([*log[:place], Event(cursor, log[0].campaign_id, stream, 0, fact), *log[place:]])

    return change


def without(*kinds: tuple[type, int]) -> Callable[[Log], Log]:
    def change(log: Log) -> Log:
        gone = [the(log, *each) for each in kinds]
        return renumbered([each for each in log if each not in gone])

    return change


def changed(kind: type, place: int = 0, **fields: Any) -> Callable[[Log], Log]:
    def change(log: Log) -> Log:
        old = the(log, kind, place)
        return [attrs.evolve(each, fact=cast("Any", each.fact)._replace(**fields)) if each is old else each
                for each in log]  # fmt: skip

    return change


def repeated(kind: type) -> Callable[[Log], Log]:
    """One fact twice, as two events."""
    return lambda log: renumbered(
        [twin for each in log for twin in ((each, attrs.evolve(each, cursor=each.cursor + 1))
                                           if each is the(log, kind) else (each,))]
    )  # fmt: skip


def row(place: int, **fields: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda rows: [attrs.evolve(each, **fields) if index == place else each for index, each in enumerate(rows)]


def evolved(**fields: Any) -> Callable[[Any], Any]:
    return lambda value: attrs.evolve(value, **fields)


def configured(**fields: Any) -> Callable[[Campaign], Campaign]:
    return lambda campaign: attrs.evolve(campaign, config=attrs.evolve(campaign.config, **fields))


def small() -> Bench:
    """Four people: one did not answer, one talked; the phones of the other two ring.

    Attempts 0 to 3 are of contacts 0 to 3.
    """
    bench = Bench()
    bench.running(4, concurrency_limit=2, retry=AGAIN)
    first, second = bench.dials()
    bench.no_answer(first)
    bench.talked(second)
    third, fourth = bench.dials()
    bench.at_once(Accepted, third, fourth)
    bench.at_once(Ringing, third, fourth)
    return bench


def twice() -> Bench:
    """One person who did not answer two times, and a campaign that is over."""
    bench = Bench()
    bench.running(1, retry=AGAIN)
    for _ in range(2):
        bench.no_answer(*bench.dials())
        bench.clock.advance(minutes=30)
    return bench


def stopped() -> Bench:
    """Three people, one of whom was called before it was stopped."""
    bench = Bench()
    campaign = bench.running(3, concurrency_limit=1, retry=AGAIN)
    bench.talked(*bench.dials())
    bench.service.stop(campaign.id, by="test")
    return bench


def reserved(attempt: str, contact: int) -> AttemptReserved:
    fact = the(small().log(), AttemptReserved).fact
    assert isinstance(fact, AttemptReserved)
    return fact._replace(attempt=attempt, contact=contact)


class Bend(NamedTuple):
    """What is bent, in which world, and everything that is found of one invariant."""

    world: Callable[[], Bench]
    how: dict[str, Any]
    found: list[str]


BENDS = {
    "placeholder": Bend(small, {}, []),
}
