"""A worker dies between any two statements of a transaction, before and after its commit, and around each call (I9).

Whoever goes on opens a store of his own: nothing is shared but the database, the carrier and the time. The scenario
has retries, a call that nobody tells the end of, a pause, an exclusion during a call, and a stop.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cache
from zoneinfo import ZoneInfo

import attrs
import pytest

import ori_campaigns as ori
from ori_campaigns import recount
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.contact import FINAL
from ori_campaigns.diallers.answers import Fate, answered, unanswered
from ori_campaigns.diallers.ledger import LedgerCall
from ori_campaigns.dialling import Step
from ori_campaigns.ids import counted_ids
from ori_campaigns.instants import MINUTE, SECOND, to_instant
from ori_campaigns.outcomes import Recorded
from ori_campaigns.reports import Report, Unsent
from ori_campaigns.testing.crashes import DIALLER_POINTS, Crashed, CrashingModel, CrashPoints
from stores.deaths import Make, database

ENGINES = ("sqlite", "postgres")
BEGINS = to_instant(datetime(2026, 1, 5, 10, tzinfo=ZoneInfo("Asia/Kolkata")))
RESUMES = BEGINS + 3 * MINUTE
PEOPLE = [f"9198000{number:05d}" for number in range(6)]
TALKS, RETRIED, SILENT, EXCLUDED, STOPPED = PEOPLE[:5]
LINES = ["911140001000", "911140001001"]
MAX_ATTEMPTS = 3
BY = "operator"


def fates() -> dict[str, list[str | Fate]]:
    return {
        TALKS: [answered(seconds=40)],
        RETRIED: [unanswered(), answered(seconds=30)],
        SILENT: [answered(seconds=30)],
        EXCLUDED: [unanswered(ring=60), answered(seconds=30)],
        STOPPED: [unanswered()],
        PEOPLE[5]: ["busy", "bad_number"],
    }


class Life:
    """One life of the scenario: what is left of it is the database and the carrier's book."""

    def __init__(self, make: Make, at: int | None) -> None:
        self.make, self.points = make, CrashPoints(at)
        self.clock = VirtualClock(BEGINS)
        # No fault, and yet not "no faults": such a carrier still knows calls that are over.
        self.model = ori.CallModel(script=fates(), faults=ori.CarrierFaults(queue_seconds=1.0))
        carrier = ori.Carrier("trunk", LINES, cps=1.0, burst=3, channels=4)
        self.phones = ori.StaticDirectory(bots=["b"], carriers=[carrier])
        self.ids = counted_ids("c")
        self.crashes = 0
        self.settled: dict[str, int] = {}
        self.deeds: list[tuple[int, Callable[[ori.CampaignService], object]]] = [
            (BEGINS, self.create),
            (BEGINS, lambda worker: worker.start(self.campaign(worker), by=BY)),
            (BEGINS + 40 * SECOND, self.exclude),
            (BEGINS + 2 * MINUTE, self.pause),
            (RESUMES, lambda worker: worker.resume(self.campaign(worker), by=BY)),
            (BEGINS + 7 * MINUTE, self.stop),
        ]

    # --- what operators do; whoever dies while doing it does it again ------------------------------------------------

    def create(self, worker: ori.CampaignService) -> None:
        config = ori.DiallerConfig(
            concurrency_limit=3,
            mode=ori.MULTI_DAY,
            window=ori.CallingWindow("09:00", "18:00", "Asia/Kolkata"),
            retry=ori.RetryPolicy(MAX_ATTEMPTS, delay_minutes=4, on_system={"no_answer", "rejected"}),
        )
        draft = ori.CampaignDraft(name="Crashes", bot="b", numbers=LINES, config=config)
        worker.create(draft, ori.Leads.of(PEOPLE), by=BY, key="once")

    def exclude(self, worker: ori.CampaignService) -> None:
        worker.exclude(self.campaign(worker), [EXCLUDED], by=BY)
        self.settled["exclude"] = len(self.book)

    def pause(self, worker: ori.CampaignService) -> None:
        worker.pause(self.campaign(worker), by=BY)
        self.settled["pause"] = len(self.book)

    def stop(self, worker: ori.CampaignService) -> None:
        worker.stop(self.campaign(worker), by=BY)
        self.settled["stop"] = len(self.book)

    def campaign(self, worker: ori.CampaignService) -> str:
        [campaign] = worker.store.campaigns()
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
            self.hire(CrashPoints())

    def hire(self, points: CrashPoints) -> None:
        with self.make(self.clock, points) as store:
            worker = ori.CampaignService(store, self.phones, limits=ori.CallLimits(talk=120), new_id=self.ids)
            self.work(worker, CrashingModel(self.model, points))

    def work(self, worker: ori.CampaignService, model: CrashingModel) -> None:
        while True:
            while self.deeds and self.deeds[0][0] <= self.clock.now():
                self.act(worker, self.deeds[0][1])
                self.deeds.pop(0)
            arrived = self.model.due(self.clock.now())
            self.hear(worker, model, [each for each in arrived if not self.is_lost(each)])
            step = worker.step()
            now, answers = self.clock.now(), self.errands(model, step)
            for dial in step.dials:
                expired = now > dial.not_after
                answers.append(Unsent(dial.attempt_id, now) if expired else model.place(dial, now)[0])
            self.hear(worker, model, answers)
            upcoming = [each for each in (self.model.next_at(), step.wake_at) if each is not None]
            upcoming += [at for at, _ in self.deeds[:1]]
            if not upcoming:
                return
            self.clock.set(max(-(-min(upcoming) // SECOND) * SECOND, now + 1))

    def act(self, worker: ori.CampaignService, deed: Callable[[ori.CampaignService], object]) -> None:
        """Press a button; who had pressed it and died before he learned of it finds it done."""
        try:
            deed(worker)
        except ori.ActionNotAllowed:
            assert self.crashes, "refused without a crash"

    def errands(self, model: CrashingModel, asked: Step | Recorded) -> list[Report]:
        now = self.clock.now()
        for ref in asked.hangups:
            model.hangup(ref, now)
        return [model.look_up(ref, now) for ref in asked.look_ups]

    def hear(self, worker: ori.CampaignService, model: CrashingModel, reports: Sequence[Report]) -> None:
        while reports:
            reports = self.errands(model, worker.record(reports))

    def is_lost(self, report: Report) -> bool:
        """Of calls to one of them nobody ever tells the end."""
        number = next(each.number for each in self.book if each.attempt_id == report.attempt_id)
        return number == SILENT and type(report) is ori.Ended

    # --- what is left of it ------------------------------------------------------------------------------------------

    def broken(self) -> list[str]:
        """Everything that is wrong in the end, as one who opens the database then finds it."""
        with self.make(self.clock, CrashPoints()) as store:
            return [*self.untrue(store), *self.uncalled_for(), *self.miscounted(store)]

    def untrue(self, store: ori.SqlStore) -> Iterator[str]:
        """The store is not what the carrier's book says."""
        [campaign] = store.campaigns()
        if campaign.status is not ori.CampaignStatus.COMPLETED:
            yield f"the campaign is {campaign.status}"
        contacts = store.contacts(campaign.id)
        yield from (f"contact {each.ordinal} is {each.status}" for each in contacts if each.status not in FINAL)
        calls = {call.attempt_id: call for call in self.book}
        if len(calls) < len(self.book):
            yield "an attempt was requested twice"
        attempts = {each.id: each for each in store.attempts(campaign.id)}
        yield from (f"{name} is not in the store" for name in calls.keys() - attempts.keys())
        # What a worker took with him counts, since nobody can know whether it left.
        ghosts = [each for name, each in attempts.items() if name not in calls and each.disposition]
        if len(ghosts) > 3 * self.crashes or any(each.detail != "unknown" for each in ghosts):
            yield f"attempts that were not placed: {ghosts}"
        for name in calls.keys() & attempts.keys():
            call, each = calls[name], attempts[name]
            if (each.status, each.disposition, each.ended_at) != (ori.AttemptStatus.ENDED, call.outcome, call.ended_at):
                yield f"{name} is {each.status} {each.disposition} {each.detail}, at the carrier {call.outcome}"

    def uncalled_for(self) -> Iterator[str]:
        """Somebody was called who was not to be called then."""
        until: dict[str, int] = {}
        counts: Counter[str] = Counter()
        never = len(self.book)
        for place, call in enumerate(self.book):
            counts[call.number] += 1
            reasons = {
                "too often": counts[call.number] > MAX_ATTEMPTS,
                "on the line": until.get(call.number, 0) > call.requested_at,
                "during the pause": place >= self.settled.get("pause", never) and call.requested_at < RESUMES,
                "excluded": place >= self.settled.get("exclude", never) and call.number == EXCLUDED,
                "stopped": place >= self.settled.get("stop", never),
            }
            until[call.number] = max(until.get(call.number, 0), call.ended_at or 1 << 62)
            yield from (f"{call.attempt_id}: {why}" for why, holds in reasons.items() if holds)

    def miscounted(self, store: ori.SqlStore) -> Iterator[str]:
        """Counts, rows and log do not tell the same."""
        [campaign] = store.campaigns()
        kept = store.counters(campaign.id)
        rows = recount.from_rows(store.contacts(campaign.id), store.attempts(campaign.id), campaign.run_number)
        log = recount.from_log(store.events(campaign_id=campaign.id))
        for name, other in (("rows", rows), ("log", log[campaign.run_number])):
            if plain(other) != plain(kept):
                yield f"{name}: {plain(other)}, kept: {plain(kept)}"
        audit = ori.audit(store)
        yield from (f"audit: {each}" for each in (*audit.findings, *audit.busy))


def plain(counters: ori.Counters) -> dict[str, object]:
    contacts = {status: count for status, count in counters.contacts.items() if count}
    return attrs.asdict(counters, recurse=False) | {"contacts": contacts}


def lived(engine: str, at: int | None) -> tuple[Life, list[str]]:
    with database(engine) as make:
        life = Life(make, at)
        life.live()
        return life, life.broken()


@cache
def points_of(engine: str) -> tuple[str, ...]:
    """The points of a life without a death; after a death there may be more, but none for the first time."""
    return tuple(lived(engine, None)[0].points.names)


def found_after(engine: str, deaths: Sequence[int]) -> list[str]:
    wrong: list[str] = []
    for at in deaths:
        life, broken = lived(engine, at)
        assert life.crashes == 1, f"point {at} was not reached"
        wrong += [f"point {at}, {life.points.names[-1]}: {what}" for what in broken]
    return wrong


@pytest.mark.parametrize("engine", ENGINES)
def test_without_a_death_the_scenario_has_all_it_should(engine: str) -> None:
    life, broken = lived(engine, None)
    assert broken == []
    assert Counter(call.number for call in life.book) == {
        TALKS: 1, RETRIED: 2, SILENT: 1, EXCLUDED: 1, STOPPED: 2, PEOPLE[5]: 2,
    }  # fmt: skip
    verbs = {"BEGIN", "SELECT", "INSERT", "UPDATE", "CREATE", "COMMIT"}
    assert {name.partition(":")[0] for name in points_of(engine)} >= verbs
    assert {"COMMIT: before", "COMMIT: done", *DIALLER_POINTS} <= set(points_of(engine))


@pytest.mark.behaviour("N3", "N7", "L4", "L6", "X3")
@pytest.mark.parametrize(
    "engine", [pytest.param(each, marks=pytest.mark.slow if each == "postgres" else ()) for each in ENGINES]
)
def test_wherever_a_worker_dies_nothing_is_lost_and_nobody_called_twice(engine: str) -> None:
    assert found_after(engine, some_of(points_of(engine))) == []


def some_of(points: Sequence[str]) -> list[int]:
    """One death in eighty, and some of those on which most depends."""
    chosen = set(range(41, len(points), 80))
    for name in ("COMMIT: before", "COMMIT: done", "place: sent"):
        places = [at for at, each in enumerate(points, start=1) if each == name]
        chosen |= set(places[len(places) // 4 :: len(places) // 2])
    return sorted(chosen)


@pytest.mark.slow
@pytest.mark.parametrize("tenth", range(10))
@pytest.mark.parametrize("engine", ENGINES)
def test_wherever_a_worker_dies_all_of_them(engine: str, tenth: int) -> None:
    assert found_after(engine, range(1 + tenth, len(points_of(engine)) + 1, 10)) == []
