"""A worker dies at every place where it can, one after the other; the next one knows nothing and goes on (I9).

The scenario has twelve people, retries, a callback, an exclusion during a call, a pause and two days, and a carrier
that still knows calls that are over. It is lived once for each of its crash points.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

import ori_campaigns as ori
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.contact import FINAL
from ori_campaigns.diallers.answers import Fate, answered, unanswered
from ori_campaigns.diallers.ledger import LedgerCall
from ori_campaigns.dialling import Step
from ori_campaigns.ids import counted_ids
from ori_campaigns.instants import MINUTE, SECOND, to_instant
from ori_campaigns.outcomes import Recorded
from ori_campaigns.reports import CallAnalysis, DialRequest, Report, Unsent
from ori_campaigns.testing.crashes import (
    DIALLER_POINTS,
    STORE_POINTS,
    Crashed,
    CrashingModel,
    CrashingStore,
    CrashPoints,
)

KOLKATA = ZoneInfo("Asia/Kolkata")
BEGINS = to_instant(datetime(2026, 1, 5, 17, 40, tzinfo=KOLKATA))  # twenty minutes before the first day ends
RESUMES = BEGINS + 9 * MINUTE
PEOPLE = [f"9198000{number:05d}" for number in range(12)]
ENDLESS, CALLS_BACK, EXCLUDED, SILENT = PEOPLE[2], PEOPLE[3], PEOPLE[4], PEOPLE[6]
LINES = ["911140001000", "911140001001"]
MAX_ATTEMPTS = 3
BY = "operator"
# A stage is only dropped when an edit is refused.
NOT_IN_IT = {"discard: before", "discard: committed"}
_LOOK = SECOND


def fates() -> dict[str, list[str | Fate]]:
    found: dict[str, list[str | Fate]] = {number: [unanswered("no_answer"), answered(seconds=40)] for number in PEOPLE}
    found[PEOPLE[0]] = ["busy", "no_answer", "no_answer"]
    found[PEOPLE[1]] = [answered(seconds=90)]
    found[ENDLESS] = [answered(seconds=700)]
    found[CALLS_BACK] = [answered(seconds=30, business="later"), answered(seconds=60)]
    found[EXCLUDED] = [unanswered("no_answer", ring=60), answered(seconds=60)]
    found[PEOPLE[5]] = ["bad_number"]
    return found


@dataclass
class Lived:
    """One life of the scenario: what is left of it is the store and the carrier."""

    points: CrashPoints
    later: CrashPoints = field(default_factory=CrashPoints)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(BEGINS))
    crashes: int = 0
    settled: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.store = ori.MemoryStore(self.clock)
        # No fault, and yet not "no faults": such a carrier still knows calls that are over.
        self.model = ori.CallModel(script=fates(), faults=ori.CarrierFaults(queue_seconds=1.0))
        carrier = ori.Carrier("trunk", LINES, cps=1.0, burst=2, channels=4)
        self.phones = ori.StaticDirectory(bots=[ori.Bot("b", callbacks=True)], carriers=[carrier])
        self.limits = ori.CallLimits(talk=300)
        self.ids = counted_ids("c")
        self.deeds = [
            (BEGINS, self.create),
            (BEGINS, lambda worker: worker.start(self.campaign, by=BY)),
            (BEGINS + 60 * SECOND, self.exclude),
            (BEGINS + 6 * MINUTE, self.pause),
            (RESUMES, lambda worker: worker.resume(self.campaign, by=BY)),
        ]

    # --- what operators do; whoever dies while doing it does it again ------------------------------------------------

    def create(self, worker: ori.CampaignService) -> None:
        config = ori.DiallerConfig(
            concurrency_limit=3,
            mode=ori.MULTI_DAY,
            window=ori.CallingWindow("09:00", "18:00", "Asia/Kolkata"),
            retry=ori.RetryPolicy(MAX_ATTEMPTS, delay_minutes=8, on_system={"no_answer", "rejected", "timeout"}),
            callback_detection=True,
            sticky_exclusion=True,
        )
        draft = ori.CampaignDraft(name="Crashes", bot="b", numbers=LINES, config=config)
        worker.create(draft, ori.Leads.of(PEOPLE), by=BY, key="once")

    def exclude(self, worker: ori.CampaignService) -> None:
        worker.exclude(self.campaign, [EXCLUDED], by=BY)
        self.settled["exclude"] = len(self.book)

    def pause(self, worker: ori.CampaignService) -> None:
        worker.pause(self.campaign, by=BY)
        self.settled["pause"] = len(self.book)

    @property
    def campaign(self) -> str:
        [campaign] = self.store.campaigns()
        return campaign.id

    @property
    def book(self) -> list[LedgerCall]:
        assert self.model.ledger is not None
        return self.model.ledger.calls

    # --- the loop of a worker ----------------------------------------------------------------------------------------

    def live(self) -> None:
        """Let a worker do it all; if he dies, another one goes on."""
        try:
            self.hire(self.points)
        except Crashed:
            self.crashes += 1
            self.hire(self.later)

    def hire(self, points: CrashPoints) -> None:
        """Let somebody who knows nothing go on to the end."""
        store = CrashingStore(self.store, points)
        worker = ori.CampaignService(store, self.phones, limits=self.limits, new_id=self.ids)
        self.work(worker, CrashingModel(self.model, points))

    def work(self, worker: ori.CampaignService, model: CrashingModel) -> None:
        """Do what is due, look at the world, and go on, until nothing is left."""
        while True:
            while self.deeds and self.deeds[0][0] <= self.clock.now():
                self.act(worker, self.deeds[0][1])
                self.deeds.pop(0)
            arrived = self.model.due(self.clock.now())
            self.hear(worker, model, [each for each in arrived if not self.is_lost(each)])
            step = worker.step()
            now, answers = self.clock.now(), self.errands(model, step)
            for dial in step.dials:
                answers.append(self.place(model, dial, now))
            self.hear(worker, model, answers)
            upcoming = [each for each in (self.model.next_at(), step.wake_at) if each is not None]
            upcoming += [at for at, _ in self.deeds[:1]]
            if not upcoming:
                return
            self.clock.set(max(-(-min(upcoming) // _LOOK) * _LOOK, now + 1))

    def act(self, worker: ori.CampaignService, deed: Callable[[ori.CampaignService], object]) -> None:
        """Press a button; who had pressed it and died before he learned of it finds it done."""
        try:
            deed(worker)
        except ori.ActionNotAllowed:
            assert self.crashes, "refused without a crash"

    def place(self, model: CrashingModel, dial: DialRequest, now: int) -> Report:
        return Unsent(dial.attempt_id, now) if now > dial.not_after else model.place(dial, now)[0]

    def errands(self, model: CrashingModel, asked: Step | Recorded) -> list[Report]:
        now = self.clock.now()
        for ref in asked.hangups:
            model.hangup(ref, now)
        return [model.look_up(ref, now) for ref in asked.look_ups]

    def hear(self, worker: ori.CampaignService, model: CrashingModel, reports: Sequence[Report]) -> None:
        while reports:
            told = [self.with_wish(each) for each in reports]
            reports = self.errands(model, worker.record(told))

    def is_lost(self, report: Report) -> bool:
        """Of the first call to some, no event arrives, or not that it ended: somebody has to ask."""
        kind = type(report)
        number = next(each.number for each in self.book if each.attempt_id == report.attempt_id)
        if next(each.attempt_id for each in self.book if each.number == number) != report.attempt_id:
            return False
        return (number == SILENT and kind is ori.Ringing) or (number in {SILENT, ENDLESS} and kind is ori.Ended)

    def with_wish(self, report: Report) -> Report:
        """One of them asks to be called back the next morning."""
        if type(report) is not CallAnalysis:
            return report
        return report._replace(callback=ori.CallbackRequest(to_instant(datetime(2026, 1, 6, 9, 30, tzinfo=KOLKATA))))


@cache
def lived(at: int | None) -> Lived:
    life = Lived(CrashPoints(at))
    life.live()
    return life


def deaths() -> list[int]:
    """Every point of the scenario; a life after a death may have more of them, but passes none for the first time."""
    return list(range(1, lived(None).points.count + 1))


# --- what holds after each death --------------------------------------------------------------------------------------


def broken(life: Lived) -> list[str]:
    return [*forgotten(life), *untrue(life), *uncalled_for(life)]


def forgotten(life: Lived) -> Iterator[str]:
    """Somebody, or something, was left over."""
    campaign = life.store.campaign(life.campaign)
    if campaign.status is not ori.CampaignStatus.COMPLETED:
        yield f"the campaign is {campaign.status}"
    for contact in life.store.contacts(campaign.id):
        if contact.status not in FINAL:
            yield f"contact {contact.ordinal} is {contact.status}"


def untrue(life: Lived) -> Iterator[str]:
    """An attempt is not what the carrier's book says of it; each has one request at most."""
    calls = {call.attempt_id: call for call in life.book}
    if len(calls) < len(life.book):
        yield "an attempt was requested twice"
    attempts = {each.id: each for each in life.store.attempts(life.campaign)}
    yield from (f"{name} is not in the store" for name in calls.keys() - attempts.keys())
    ghosts = [each for name, each in attempts.items() if name not in calls and each.status is ori.AttemptStatus.ENDED]
    # What a worker took with him counts, since nobody can know whether it left; it is never dialled again blindly.
    if len(ghosts) > 2 * life.crashes or any(each.detail != "unknown" for each in ghosts):
        yield f"attempts that were not placed: {ghosts}"
    for name, call in calls.items():
        each = attempts[name]
        if (each.status, each.disposition, each.ended_at) != (ori.AttemptStatus.ENDED, call.outcome, call.ended_at):
            yield f"{name} is {each.status} {each.disposition} {each.detail}, at the carrier {call.outcome}"


def uncalled_for(life: Lived) -> Iterator[str]:
    """Somebody was called who was not to be called then."""
    until: dict[str, int] = {}
    counts: Counter[str] = Counter()
    for place, call in enumerate(life.book):
        counts[call.number] += 1
        reasons = {
            "too often": counts[call.number] > MAX_ATTEMPTS,
            "on the line": until.get(call.number, 0) > call.requested_at,
            "at night": not 9 <= ori.to_datetime(call.requested_at, KOLKATA).hour < 18,
            "during the pause": place >= life.settled.get("pause", 1 << 30) and call.requested_at < RESUMES,
            "excluded": place >= life.settled.get("exclude", 1 << 30) and call.number == EXCLUDED,
        }
        until[call.number] = max(until.get(call.number, 0), call.ended_at or 1 << 62)
        yield from (f"{call.attempt_id}: {why}" for why, holds in reasons.items() if holds)


def test_without_a_death_the_scenario_has_all_it_should() -> None:
    life = lived(None)
    assert not broken(life)
    calls = Counter(call.number for call in life.book)
    assert calls == dict.fromkeys(PEOPLE, 2) | {PEOPLE[0]: 3, PEOPLE[1]: 1, ENDLESS: 3, EXCLUDED: 1, PEOPLE[5]: 1}
    days = {ori.to_datetime(call.requested_at, KOLKATA).date().day for call in life.book}
    assert days == {5, 6}
    assert [call.kind for call in life.book if call.number == CALLS_BACK] == ["fresh", "callback"]


@pytest.mark.behaviour("N3", "N7", "L4", "X3")
def test_wherever_a_worker_dies_nothing_is_lost_and_nobody_called_twice() -> None:
    found = {at: broken(lived(at)) for at in deaths()}
    assert not [f"point {at}, {lived(at).points.names[at - 1]}: {what}" for at, what in found.items() if what]


def test_every_death_happened() -> None:
    assert {at: lived(at).crashes for at in deaths()} == dict.fromkeys(deaths(), 1)


def test_every_point_was_hit() -> None:
    # By name, so that a new port call without a point, or a point that is never reached, is seen.
    hit = {lived(at).points.names[-1] for at in deaths()}
    assert hit == {*STORE_POINTS, *DIALLER_POINTS} - NOT_IN_IT
