"""The audit: clean on sound stores, whatever happened in them, and every check finds what it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

import attrs
import pytest

from oracle import world
from ori_campaigns.auditing import Audit, Finding, audit
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.config import RetryPolicy
from ori_campaigns.contact import Attempt, Contact, ContactStatus
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
    NumberReadded,
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
    assert (found.campaigns, found.contacts) == (2, 17)
    assert found.attempts == sum(len(bench.attempts(each)) for each in bench.store.campaigns())
    assert found.events == len(bench.log())


def clean(bench: Bench, moment: str) -> None:
    found = audit(bench.store)
    assert (moment, said(found), found.busy) == (moment, [], ())


def test_lists_that_are_born_with_exclusions_are_clean_at_every_moment() -> None:
    bench = Bench()
    # A draft whose list is replaced after exclusions, two of them of people who are on the new list, one who is not.
    sticky = bench.create([number(index) for index in range(8)], sticky_exclusion=True)
    clean(bench, "draft")
    bench.service.exclude(sticky.id, [number(1), number(2), number(7), "919900000000"], by="test")
    clean(bench, "excluded in draft")
    sticky = bench.service.edit(
        sticky.id, bench.draft_of(sticky), Leads.of(map(number, range(1, 7))), by="test", version=sticky.version
    )
    clean(bench, "list replaced, exclusions kept")
    copied = bench.service.clone(sticky.id, by="test")
    clean(bench, "cloned, exclusions kept")
    loose = bench.service.edit(
        copied.id,
        bench.draft_of(copied, sticky_exclusion=False),
        Leads.of(map(number, range(6))),
        by="test",
        version=copied.version,
    )
    clean(bench, "list replaced, exclusions dropped")
    bench.service.exclude(loose.id, [number(1), number(0)], by="test")
    bench.service.start(loose.id, by="test")
    bench.talked(*bench.dials())
    clean(bench, "dialled")
    bench.service.stop(loose.id, by="test")
    bench.service.restart(loose.id, by="test")
    clean(bench, "prepared")
    bench.service.exclude(loose.id, [number(2)], by="test")
    bench.service.cancel_restart(loose.id, by="test")
    clean(bench, "restart taken back")
    bench.service.clone(loose.id, by="test")
    bench.service.start(bench.service.restart(loose.id, by="test").id, by="test")
    bench.service.fail(loose.id, "no line", by="test")
    clean(bench, "failed")
    bench.service.restart(loose.id, by="test")
    bench.service.exclude(loose.id, [number(3)], by="test")
    bench.service.cancel_restart(loose.id, by="test")
    clean(bench, "waiting in a failed run")


@pytest.mark.behaviour("C10", "X4")
def test_exclusions_a_list_was_born_with_may_be_lifted() -> None:
    """The log names no exclusion of these contacts; that it was lifted tells that there was one."""
    bench = Bench()
    sticky = bench.create([number(0)], sticky_exclusion=True, always_on=True, mode="multi_day")
    bench.service.exclude(sticky.id, [number(1), number(2), number(9)], by="test")
    people = Leads.of(map(number, range(5)))
    bench.service.edit(sticky.id, bench.draft_of(sticky), people, by="test", version=1)
    copied = bench.service.clone(sticky.id, by="test")
    for each in (sticky, copied):
        bench.service.start(each.id, by="test")
        bench.service.pause(each.id, by="test")
        current = bench.service.get(each.id)
        draft = bench.draft_of(current, sticky_exclusion=False)
        bench.service.edit(each.id, draft, by="test", version=current.version)
        done = bench.service.append(each.id, Leads.of([number(9), number(2), number(7)]), by="test")
        assert (done.re_added, done.added) == (2, 1)
        clean(bench, "lifted while paused")
        bench.service.resume(each.id, by="test")
        bench.talked(*bench.dials())
        bench.service.exclude(each.id, number(2), by="test")
        clean(bench, "excluded again")
        bench.service.stop(each.id, by="test")
        bench.service.restart(each.id, by="test")
        clean(bench, "prepared")
        bench.service.clone(each.id, by="test")
        clean(bench, "cloned")


def test_lowered_limits_callbacks_and_awaited_analyses_are_clean_at_every_moment() -> None:
    bench = Bench()
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
    clean(bench, "analysis awaited")
    bench.service.pause(busy.id, by="test", wait=False)
    busy = bench.campaign
    lowered = attrs.evolve(busy.config.retry, max_attempts=1)
    bench.service.edit(
        busy.id, bench.draft_of(busy, concurrency_limit=2, retry=lowered, numbers=busy.numbers[:1]), by="test",
        version=busy.version,
    )  # fmt: skip
    clean(bench, "lowered")
    bench.service.resume(busy.id, by="test")
    assert bench.why(number(20)) == "attempts_used_up"
    clean(bench, "used up")
    bench.talked(*rest)
    bench.tell(CallAnalysis(third.attempt_id, bench.clock.now(), "sold"))
    clean(bench, "drained")
    bench.service.exclude(busy.id, [rest[0].to], by="test")
    clean(bench, "excluded while awaiting")
    bench.until("idle")
    clean(bench, "idle")


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
        log = [attrs.evolve(each, cursor=each.cursor * 10) for each in self._store.events(-1, 1_000_000, campaign_id)]
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


def grown() -> Bench:
    """Two people, the first of whom talked, was excluded, and came again with somebody new; the second is called."""
    bench = Bench()
    campaign = bench.running(2, always_on=True)
    first, _ = bench.dials()
    bench.talked(first)
    bench.service.exclude(campaign.id, number(0), by="test")
    bench.service.append(campaign.id, Leads.of([number(0), number(7)]), by="test")
    return bench


def stopped() -> Bench:
    """Three people, one of whom was called before it was stopped."""
    bench = Bench()
    campaign = bench.running(3, concurrency_limit=1, retry=AGAIN)
    bench.talked(*bench.dials())
    bench.service.stop(campaign.id, by="test")
    return bench


def first_of(kind: type, **fields: Any) -> Any:
    """The first fact of a class in the small world, with changes."""
    return cast("Any", the(small().log(), kind).fact)._replace(**fields)


class Bend(NamedTuple):
    """What is bent, in which world, and everything that is found of one invariant."""

    world: Callable[[], Bench]
    how: dict[str, Any]
    found: list[str]


C = "test00000001"
EXCLUDED = NumberExcluded(3, 0, PhoneNumber(number(3)), "", "test", closes=False)
NOT_ANSWERED_TWICE = "a move of contact 0: expected one from exhausted; found exhausted to calling"

BENDS = {
    # --- I16 ---
    "a counter is off by one": Bend(
        small,
        {"counters": lambda kept: attrs.evolve(kept, live=kept.live + 1)},
        [f"I16 {C}: run 1: live, kept: expected 2 by rows, 2 by log; found 3"],
    ),
    "a contact is counted twice": Bend(
        small,
        {"counters": lambda kept: attrs.evolve(kept, contacts={**kept.contacts, ContactStatus.COMPLETED: 2})},
        [f"I16 {C}: run 1: completed contacts, kept: expected 1 by rows, 1 by log; found 2"],
    ),
    "an exclusion is counted that nobody made": Bend(
        small,
        {"counters": evolved(excluded=1)},
        [f"I16 {C}: excluded, kept: expected 0 by log; found 1"],
    ),
    "a contact does not stand where the log left it": Bend(
        small,
        {"contacts": row(0, status=ContactStatus.PENDING)},
        [
            f"I16 {C}: contact 0, row against log: expected retry_scheduled; found pending",
            f"I16 {C}: run 1: pending contacts, kept: expected 1 by rows, 0 by log; found 0",
            f"I16 {C}: run 1: retry_scheduled contacts, kept: expected 0 by rows, 1 by log; found 1",
        ],
    ),
    "a try is not counted": Bend(
        small,
        {"contacts": row(1, attempts=0)},
        [f"I16 {C}: attempts of contact 1, row against log: expected 1; found 0"],
    ),
    "a flag is lost": Bend(
        small,
        {"contacts": row(1, excluded=True)},
        [f"I16 {C}: contact 1 excluded, row against log: expected False; found True"],
    ),
    "a conversation is forgotten": Bend(
        small,
        {"contacts": row(1, connected=False)},
        [f"I16 {C}: contact 1 connected, row against log: expected True; found False"],
    ),
    "an attempt is lost": Bend(
        small,
        {"attempts": lambda rows: rows[:2] + rows[3:]},
        [
            f"I16 {C}: serials of attempts, in rows: expected {C}-2; found {C}-3",
            f"I16 {C}: run 1: dialled, kept: expected 3 by rows, 4 by log; found 4",
            f"I16 {C}: run 1: live, kept: expected 1 by rows, 2 by log; found 2",
            f"I16 {C}: run 1: ringing, kept: expected 1 by rows, 2 by log; found 2",
        ],
    ),
    "an attempt is in another run and of another contact": Bend(
        small,
        {"attempts": row(0, run=2, contact=1)},
        [
            f"I16 {C}: run of attempt {C}-0, row against log: expected 1; found 2",
            f"I16 {C}: contact of attempt {C}-0, row against log: expected 0; found 1",
            f"I16 {C}: run 1: dialled, kept: expected 3 by rows, 4 by log; found 4",
        ],
    ),
    "an event is lost": Bend(
        small,
        {"log": lambda log: [each for each in log if each is not the(log, AttemptRang)]},
        [f"I16 {C}: events of contact 0: expected number 3; found number 4"],
    ),
    "an event comes twice": Bend(
        small,
        {"log": lambda log: sorted([*log, the(log, AttemptEnded)], key=lambda each: each.cursor)},
        [f"I16 {C}: cursors ascend: expected one after 70; found 70"],
    ),
    "a serial is left out": Bend(
        small,
        {
            "log": lambda log: [
                attrs.evolve(each, fact=cast("Any", each.fact)._replace(attempt=f"{C}-4"))
                if getattr(each.fact, "attempt", "") == f"{C}-3"
                else each
                for each in log
            ]
        },
        [
            f"I16 {C}: serials of attempts: expected {C}-3; found {C}-4",
            f"I16 {C}: attempt {C}-3, row against log: expected no such attempt; found ringing",
        ],
    ),
    "a bulk move did not move all": Bend(
        stopped,
        {"log": changed(ContactsMoved, 1, contacts=1)},
        [f"I16 {C}: contacts moved by CloseWaiting: expected 2; found 1"],
    ),
    "a bulk move closed people for nothing": Bend(
        stopped,
        {"log": changed(ContactsMoved, 1, contacts=1, move="CloseUsedUp")},
        [f"I16 {C}: contacts moved by CloseUsedUp: expected as many as have used up some maximum; found 1"],
    ),
    "the log has lost its beginning": Bend(
        small,
        {"log": lambda log: log[1:]},
        [f"I16 {C}: the log begins with its creation: expected create or clone; found ContactsMoved"],
    ),
    "more are told to have come than did": Bend(
        grown,
        {"log": changed(ContactsMoved, 1, contacts=2)},
        [f"I16 {C}: run 1: pending contacts, kept: expected 2 by rows, 3 by log; found 2"],
    ),
    "a budget was not begun anew": Bend(
        grown,
        {"contacts": row(0, attempts=1)},
        [f"I16 {C}: attempts of contact 0, row against log: expected 0; found 1"],
    ),
    "a flag was not lifted": Bend(
        grown,
        {"log": without((NumberReadded, 0))},
        [
            f"I16 {C}: contact 0, row against log: expected completed; found pending",
            f"I16 {C}: attempts of contact 0, row against log: expected 1; found 0",
            f"I16 {C}: contact 0 excluded, row against log: expected True; found False",
            f"I16 {C}: excluded, kept: expected 1 by log; found 0",
            f"I16 {C}: run 1: pending contacts, kept: expected 2 by rows, 1 by log; found 2",
            f"I16 {C}: run 1: completed contacts, kept: expected 0 by rows, 1 by log; found 0",
        ],
    ),
    # --- I1 ---
    "somebody is called twice at once, by the log": Bend(
        small,
        {"log": with_fact(first_of(AttemptReserved, attempt=f"{C}-4", contact=2))},
        [f"I1 {C}: contact 2, when {C}-4 was reserved: expected no live call; found {C}-2 was live"],
    ),
    "somebody is called twice at once, by the rows": Bend(
        small,
        {"attempts": lambda rows: [*rows, attrs.evolve(rows[3], id=f"{C}-4")]},
        [f"I1 {C}: live calls to ••••••••••03: expected one; found {C}-3 and {C}-4"],
    ),
    # --- I3 ---
    "more calls than there are seats": Bend(
        small,
        {"campaign": configured(concurrency_limit=1)},
        [f"I3 {C}: live calls when {C}-1 was reserved: expected fewer than 1; found 1"],
    ),
    # --- I5 ---
    "more calls than the maximum": Bend(
        twice,
        {"campaign": configured(retry=attrs.evolve(AGAIN, max_attempts=1))},
        [f"I5 {C}: the number of {C}-1 in its budget: expected at most 1; found 2"],
    ),
    "a call is not counted against the budget": Bend(
        twice,
        {"log": changed(AttemptReserved, 1, number_in_budget=1)},
        [f"I5 {C}: the number of {C}-1 in its budget: expected 2; found 1"],
    ),
    # --- I6 ---
    "somebody is called after the exclusion": Bend(
        small,
        {"log": with_fact(EXCLUDED, before=(AttemptReserved, 3))},
        [f"I6 {C}: contact 3, when {C}-3 was reserved: expected not excluded; found excluded"],
    ),
    "somebody is taken back who was not excluded": Bend(
        small,
        {"log": with_fact(NumberReadded(0, 0, PhoneNumber(number(0)), "test", opens=False))},
        [f"I6 {C}: contact 0, when it was re-added: expected excluded; found not excluded"],
    ),
    # --- I7 ---
    "somebody is called after the pause": Bend(
        small,
        {"log": with_fact(LifecycleChanged("pause", "test", 0, 1), before=(AttemptReserved, 3))},
        [f"I7 {C}: the campaign, when {C}-3 was reserved: expected running; found paused"],
    ),
    "somebody is called before the start": Bend(
        small,
        {"log": without((LifecycleChanged, 1))},
        [f"I7 {C}: the campaign, when {C}-{serial} was reserved: expected running; found draft" for serial in range(4)],
    ),
    "somebody is called after the window has closed for good": Bend(
        small,
        {"log": with_fact(LifecycleChanged("close_window", "engine", 0, 1), before=(AttemptReserved, 3))},
        [f"I7 {C}: the campaign, when {C}-3 was reserved: expected running; found its window had closed"],
    ),
    # --- I8 ---
    "a call ends twice": Bend(
        small,
        {"log": repeated(AttemptEnded)},
        [f"I8 {C}: ends of attempt {C}-0: expected one; found ended after ended"],
    ),
    "two decisions on one call": Bend(
        small,
        {"log": repeated(ContactClosed)},
        [f"I8 {C}: decisions on attempt {C}-1: expected one; found another, ContactClosed"],
    ),
    "an end is missing": Bend(
        small,
        {"log": without((AttemptEnded, 0), (RetryScheduled, 0))},
        [f"I8 {C}: ends of attempt {C}-0, ended by its row: expected one; found none"],
    ),
    "an end too early": Bend(
        small,
        {"log": with_fact(first_of(AttemptEnded, attempt=f"{C}-2", contact=2))},
        [
            f"I8 {C}: ends of attempt {C}-2, ringing by its row: expected none; found one",
            f"I8 {C}: ended calls without what follows: expected none; found 1",
        ],
    ),
    "a decision is missing": Bend(
        small,
        {"log": without((RetryScheduled, 0))},
        [f"I8 {C}: ended calls without what follows: expected none; found 1"],
    ),
    "a decision too early": Bend(
        small,
        {"log": with_fact(ContactClosed(f"{C}-2", 2, 0, ContactStatus.EXHAUSTED, "any"))},
        [f"I8 {C}: a decision on attempt {C}-2: expected after its end; found ContactClosed at ringing"],
    ),
    "a call that nobody reserved": Bend(
        small,
        {"log": with_fact(AttemptRang("elsewhere-2", 2, 0, 0))},
        [f"I8 {C}: attempt elsewhere-2: expected a reservation first; found ringing"],
    ),
    # --- I10 ---
    "an action that is not allowed": Bend(
        small,
        {"log": with_fact(LifecycleChanged("resume", "test", 0, 1))},
        [f"I10 {C}: actions of a campaign that is running: expected pause, stop, clone, complete, fail; found resume"],
    ),
    "a budget goes on that has ended": Bend(
        grown,
        {"log": changed(NumberReadded, 0, opens=False)},
        [f"I10 {C}: contact 0, when it was re-added: expected a call under way; found completed"],
    ),
    "a contact that is final is called": Bend(
        twice,
        {
            "log": lambda log: [
                attrs.evolve(each, fact=ContactClosed(each.fact.attempt, 0, 0, ContactStatus.EXHAUSTED, "any"))
                if isinstance(each.fact, RetryScheduled)
                else each
                for each in log
            ]
        },
        [f"I10 {C}: {NOT_ANSWERED_TWICE}"],
    ),
    "a contact that is final is excluded once more": Bend(
        small,
        {"log": with_fact(EXCLUDED._replace(closes=True, contact=1, number=PhoneNumber(number(1))))},
        [f"I10 {C}: a move of contact 1: expected one from completed; found completed to excluded"],
    ),
    "an attempt goes down": Bend(
        small,
        {"log": with_fact(AttemptSubmitted(f"{C}-2", 2, 0, "", 0))},
        [f"I10 {C}: a move of attempt {C}-2: expected one from ringing; found ringing to submitted"],
    ),
    "a campaign does not stand where the log left it": Bend(
        small,
        {"campaign": evolved(status=CampaignStatus.PAUSED)},
        [f"I10 {C}: the campaign, row against log: expected running; found paused"],
    ),
    "a campaign is in a run that never began": Bend(
        small,
        {"campaign": evolved(run_number=2)},
        [f"I10 {C}: its run, row against log: expected 1; found 2"],
    ),
    "an edit that was not told": Bend(
        small,
        {"campaign": evolved(version=2)},
        [f"I10 {C}: its version, row against log: expected 1; found 2"],
    ),
    # --- I12 ---
    "a contact is lost": Bend(
        small,
        {"contacts": lambda rows: rows[:2] + rows[3:]},
        [
            f"I12 {C}: ordinals of contacts: expected 2; found 3",
            f"I12 {C}: contacts on the list, rows against log: expected 4; found 3",
            f"I12 {C}: contacts on the list, kept against rows: expected 3; found 4",
        ],
    ),
    "somebody is on the list twice": Bend(
        small,
        {"contacts": row(1, number=PhoneNumber(number(0)))},
        [f"I12 {C}: contacts with ••••••••••00: expected one; found two"],
    ),
    "somebody is called who is not on the list": Bend(
        small,
        {"log": with_fact(first_of(AttemptReserved, attempt=f"{C}-4", contact=99))},
        [f"I12 {C}: the contact of attempt {C}-4: expected one of the list; found contact 99"],
    ),
    # --- I14 ---
    "a number that is not in the pool": Bend(
        small,
        {"campaign": evolved(numbers=(PhoneNumber("911140001000"),))},
        [f"I14 {C}: the number {C}-1 was called from: expected one of ••••••••••00; found ••••••••••01"],
    ),
}


@pytest.mark.behaviour("M6")
@pytest.mark.parametrize("name", BENDS)
def test_what_is_bent_is_found(name: str) -> None:
    bend = BENDS[name]
    (invariant,) = {each.split()[0] for each in bend.found}
    found = audit(cast("Store", Bent(bend.world().store, **bend.how)))
    assert [each for each in said(found) if each.split()[0] == invariant] == bend.found
    assert (found.clean, found.busy) == (False, ())


@pytest.mark.parametrize("world", [small, twice, stopped])
def test_nothing_is_found_where_nothing_is_bent(world: Callable[[], Bench]) -> None:
    assert audit(cast("Store", Bent(world().store))).clean


def test_every_invariant_that_is_checked_has_a_bend() -> None:
    checked = {each.found[0].split()[0] for each in BENDS.values()}
    assert checked == {"I1", "I3", "I5", "I6", "I7", "I8", "I10", "I12", "I14", "I16"}


def test_one_number_in_two_campaigns_is_called_once() -> None:
    bench = Bench()
    bench.running(1)
    bench.dials()
    bench.clock.advance(seconds=1)
    other = bench.running([number(7)])
    bench.dials()
    bent = Bent(bench.store, contacts=row(0, number=PhoneNumber(number(0))), only=other.id)
    found = audit(cast("Store", bent))
    assert found.findings == (Finding("I1", other.id, "live calls to ••••••••••00", "one", f"{C}-0 and {other.id}-0"),)


def test_findings_without_end_are_counted() -> None:
    bench = Bench()
    bench.running(50)
    bent = Bent(bench.store, contacts=lambda rows: [attrs.evolve(each, attempts=1) for each in rows])
    found = audit(cast("Store", bent)).findings
    assert len(found) == 21
    assert str(found[-1]) == f"I16 {C}: further findings like these: expected none; found 30"


def test_no_number_is_told_in_the_clear() -> None:
    numbers = [number(index) for index in range(4)] + ["911140001000", "911140001001"]
    for bend in BENDS.values():
        told = repr(audit(cast("Store", Bent(bend.world().store, **bend.how))))
        assert not [each for each in numbers if each in told]


# --- stores at work ---------------------------------------------------------------------------------------------------


class Moving:
    """A store in which something happens just when the contacts of a campaign are read."""

    def __init__(self, store: Store, happens: Callable[[str], object]) -> None:
        self._store, self._happens = store, happens

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def contacts(self, campaign_id: str, after: int = -1, limit: int = 1000) -> Sequence[Contact]:
        page = self._store.contacts(campaign_id, after, limit)
        if after < 0:
            self._happens(campaign_id)
        return page


def test_a_campaign_that_moves_is_read_again() -> None:
    bench = small()
    deeds: list[Callable[[], object]] = [
        lambda: bench.service.pause(C, by="test"),
        lambda: bench.service.exclude(C, number(2), by="test"),
    ]

    def happens(_: str) -> None:
        if deeds:
            deeds.pop()()

    found = audit(cast("Store", Moving(bench.store, happens)))
    assert (said(found), found.busy, deeds) == ([], (), [])
    assert found.events == len(bench.log())


def test_a_campaign_that_does_not_stand_still_is_named() -> None:
    bench = small()
    quiet = bench.running([number(50)], concurrency_limit=1)

    def happens(campaign_id: str) -> None:
        if campaign_id == C:
            stands = bench.service.get(C).status
            (bench.service.pause if stands is CampaignStatus.RUNNING else bench.service.resume)(C, by="test")

    found = audit(cast("Store", Moving(bench.store, happens)))
    assert (said(found), found.busy, found.campaigns, found.clean) == ([], (C,), 2, True)
    assert audit(bench.store, [quiet.id]).busy == ()


def test_what_the_log_of_a_busy_campaign_proves_is_told() -> None:
    bench = small()
    # The counters are never read twice alike.
    reads = iter(range(1_000))
    bent = Bent(bench.store, log=repeated(AttemptEnded), counters=lambda kept: attrs.evolve(kept, live=next(reads)))
    found = audit(cast("Store", bent))
    assert said(found) == [f"I8 {C}: ends of attempt {C}-0: expected one; found ended after ended"]
    assert found.busy == (C,)


def test_a_clone_that_does_not_stand_still_is_not_accused() -> None:
    bench = Bench()
    first = bench.create([number(0)], sticky_exclusion=True)
    copied = bench.service.clone(first.id, by="test")
    people = iter(range(900, 1_000))

    def happens(campaign_id: str) -> None:
        if campaign_id == copied.id:
            bench.service.exclude(copied.id, number(next(people)), by="test")

    found = audit(cast("Store", Moving(bench.store, happens)))
    assert (said(found), found.busy) == ([], (copied.id,))


def test_a_difference_that_passes_is_not_told() -> None:
    bench = small()
    reads = iter(range(1_000))
    # Wrong the first two times: the counters are read twice in one reading.
    bent = Bent(bench.store, counters=lambda kept: attrs.evolve(kept, live=kept.live + (1 if next(reads) < 2 else 0)))
    assert audit(cast("Store", bent)) == Audit((), 1, 4, 4, 19, ())


def test_a_call_that_ended_between_two_reads_was_not_live_twice() -> None:
    bench = Bench()
    bench.running(1, retry=AGAIN)
    (call,) = bench.dials()
    bench.clock.advance(seconds=1)
    other = bench.running(1, retry=AGAIN)
    dialled: list[Any] = []

    def happens(campaign_id: str) -> None:
        if campaign_id == other.id and not dialled:
            bench.no_answer(call)
            bench.clock.advance(seconds=5)
            dialled.extend(bench.dials())

    found = audit(cast("Store", Moving(bench.store, happens)))
    assert [dial.campaign_id for dial in dialled] == [other.id]
    assert (said(found), found.busy) == ([], ())


def test_a_campaign_deleted_meanwhile_is_left_out() -> None:
    bench = Bench()
    gone = bench.create([number(0)])
    bench.clock.advance(seconds=1)
    bench.running(2)

    def happens(campaign_id: str) -> None:
        if campaign_id == gone.id:
            bench.service.delete(gone.id, by="test")

    found = audit(cast("Store", Moving(bench.store, happens)))
    assert (said(found), found.campaigns, found.contacts) == ([], 1, 2)
