"""A whole campaign in virtual time: what `simulate` is told, what it does, and how its loop keeps time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import ori_campaigns as ori
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.diallers.faults import CarrierFaults
from ori_campaigns.diallers.ledger import LedgerCall
from ori_campaigns.ids import counted_ids
from ori_campaigns.instants import HOUR, MINUTE, SECOND, to_instant
from ori_campaigns.outcomes import Recorded
from ori_campaigns.reports import CallRef, DialRequest, LookUp, PlaceAnswer, Report
from ori_campaigns.simulation import Rehearsal, drive, simulate, snapshot

KOLKATA = ZoneInfo("Asia/Kolkata")
MONDAY = datetime(2026, 1, 5, 8, 0, tzinfo=KOLKATA)
LINE = "911140001000"


def phones(**limits: Any) -> ori.StaticDirectory:
    carrier = ori.Carrier("trunk", numbers=[LINE], **{"cps": 5, "burst": 5, "channels": 60} | limits)
    return ori.StaticDirectory(bots=["b"], carriers=[carrier])


def leads(count: int = 40) -> ori.Leads:
    return ori.Leads.of([f"9198{number:08d}" for number in range(count)])


def draft(**changes: Any) -> ori.CampaignDraft:
    config: dict[str, Any] = {
        "concurrency_limit": 5,
        "mode": ori.MULTI_DAY,
        "window": ori.CallingWindow("09:00", "18:00", "Asia/Kolkata"),
        "retry": ori.RetryPolicy(max_attempts=3, delay_minutes=30, on_system={"no_answer", "rejected"}),
        **changes,
    }
    return ori.CampaignDraft(name="Q2", bot="b", numbers=[LINE], config=ori.DiallerConfig(**config))


NEVER = ori.AnswerModel(rate=0.0, gives_up=ori.Between(25, 25), unanswered=ori.Mix({"no_answer": 1}))


def run(source: ori.CampaignDraft | None = None, contacts: ori.Leads | None = None, **given: Any) -> Rehearsal:
    given = {"directory": phones(), "start": MONDAY, "seed": 7, **given}
    return simulate(source or draft(), contacts or leads(), **given)


def attempts(done: Rehearsal) -> list[ori.Attempt]:
    return list(done.service.store.attempts(done.campaign.id, -1, 100_000))


def reserved(done: Rehearsal) -> list[int]:
    return [each.reserved_at for each in attempts(done)]


def moment(text: str) -> int:
    return to_instant(datetime.fromisoformat(text).replace(tzinfo=KOLKATA))


# --- a campaign from beginning to end ---------------------------------------------------------------------------------


def test_a_campaign_runs_to_its_end() -> None:
    done = run()
    assert (done.campaign.status, done.campaign.completion_reason) == ("completed", "all_contacts_final")
    assert done.counters.total == 40
    assert done.counters.live == 0
    assert done.started_at == MONDAY
    assert done.started_at.tzinfo == KOLKATA
    assert done.ended_at == datetime.fromtimestamp((done.campaign.completed_at or 0) / SECOND, KOLKATA)
    assert done.counters.dialled == len(attempts(done)) > 40


def test_its_frames_hold_what_happened() -> None:
    done = run()
    assert done.attempts.height == done.counters.dialled
    assert done.contacts.height == 40
    assert done.events.height > done.attempts.height
    assert done.row.status == "completed"
    assert "Q2" in repr(done)
    assert "completed" in repr(done)


def test_nobody_answers_and_everybody_is_tried_three_times() -> None:
    done = run(contacts=leads(7), answers=NEVER)
    assert sorted((each.contact, each.number_in_budget) for each in attempts(done)) == [
        (contact, nth) for contact in range(7) for nth in (1, 2, 3)
    ]
    assert done.counters.contacts[ori.ContactStatus.EXHAUSTED] == 7


@pytest.mark.behaviour("S1", "S8")
def test_it_waits_for_the_window_and_dials_at_its_opening() -> None:
    saturday = datetime(2026, 1, 3, 20, 0, tzinfo=KOLKATA)
    window = ori.CallingWindow("09:00", "18:00", "Asia/Kolkata", ori.MON_FRI)
    assert min(reserved(run(draft(window=window), start=saturday))) == moment("2026-01-05 09:00:00")
    inside = datetime(2026, 1, 5, 17, 59, 58, tzinfo=KOLKATA)
    found = reserved(run(draft(window=window), start=inside))
    assert min(found) == to_instant(inside)
    assert not [each for each in found if moment("2026-01-05 18:00:00") <= each < moment("2026-01-06 09:00:00")]


@pytest.mark.behaviour("R12")
def test_a_retry_comes_thirty_minutes_after_the_end_of_the_call() -> None:
    done = run(contacts=leads(1), answers=NEVER)
    first, second, third = attempts(done)
    assert first.reserved_at == moment("2026-01-05 09:00:00")
    assert first.ended_at == first.reserved_at + 25 * SECOND
    assert second.reserved_at == first.ended_at + 30 * MINUTE
    assert third.reserved_at == second.reserved_at + 25 * SECOND + 30 * MINUTE


@pytest.mark.behaviour("P1", "P2")
def test_seats_and_rate_are_kept() -> None:
    slow = run(contacts=leads(10), answers=NEVER, directory=phones(cps=0.5, burst=1))
    starts = sorted(reserved(slow))[:5]
    assert [later - earlier for earlier, later in pairwise(starts)] == [2 * SECOND] * 4
    full = run(draft(concurrency_limit=2), leads(10), answers=NEVER)
    first = sorted(reserved(full))[:4]
    # Two seats, calls of 25 seconds: the third call leaves when the first one is over.
    assert [each - first[0] for each in first] == [0, 0, 25 * SECOND, 25 * SECOND]


# --- what it is told --------------------------------------------------------------------------------------------------


def test_until_ends_the_look_and_not_the_campaign() -> None:
    until = datetime(2026, 1, 5, 9, 3, tzinfo=KOLKATA)
    done = run(until=until)
    assert done.campaign.status == "running"
    assert max(reserved(done)) <= to_instant(until)
    assert done.ended_at == until
    whole = attempts(run())
    early = [each for each in whole if each.reserved_at <= to_instant(until)]
    assert [each.id for each in attempts(done)] == [each.id for each in early]


def test_actions_are_taken_when_they_are_planned() -> None:
    pause_at, resume_at = datetime(2026, 1, 5, 9, 2, tzinfo=KOLKATA), datetime(2026, 1, 5, 9, 10, tzinfo=KOLKATA)
    done = run(
        actions={
            resume_at: lambda service, campaign: service.resume(campaign, by="asha"),
            pause_at: lambda service, campaign: service.pause(campaign, by="asha"),
        }
    )
    between = [each for each in reserved(done) if to_instant(pause_at) <= each < to_instant(resume_at)]
    assert not between
    assert to_instant(resume_at) in reserved(done)
    told = [(each.action, each.by, each.at) for each in done.service.activity(done.campaign.id)]
    assert ("pause", "asha", to_instant(pause_at)) in told
    assert ("resume", "asha", to_instant(resume_at)) in told
    assert done.campaign.status == "completed"


def test_an_action_may_do_anything_an_operator_can() -> None:
    at = datetime(2026, 1, 5, 8, 30, tzinfo=KOLKATA)
    gone = [f"9198{number:08d}" for number in range(5)]
    done = run(actions={at: lambda service, campaign: service.exclude(campaign, gone, by="asha", reason="complaint")})
    assert done.counters.contacts[ori.ContactStatus.EXCLUDED] == 5
    assert {each.contact for each in attempts(done)} == set(range(5, 40))
    stopped = run(actions={MONDAY + timedelta(minutes=61): lambda service, campaign: service.stop(campaign, by="asha")})
    assert stopped.campaign.completion_reason == "manual_stop"
    assert max(reserved(stopped)) <= to_instant(MONDAY) + 61 * MINUTE


def test_other_seeds_give_other_campaigns() -> None:
    outcomes = {tuple(each.disposition for each in attempts(run(seed=seed))) for seed in range(5)}
    assert len(outcomes) == 5


def test_a_coarser_resolution_looks_less_often() -> None:
    every = {SECOND: None, 60 * SECOND: timedelta(minutes=1), SECOND // 4: timedelta(seconds=0.25)}
    for grid, resolution in every.items():
        found = reserved(run(resolution=resolution))
        assert all(each % grid == 0 for each in found)
        assert resolution is not None or any(each % (60 * SECOND) for each in found)
    assert any(each % SECOND for each in reserved(run(resolution=timedelta(seconds=0.25))))


def test_a_quick_carrier_is_looked_at_more_often() -> None:
    # A token each 20 ms and one at a time: looking once a second would use one in fifty.
    done = run(draft(concurrency_limit=50), leads(50), answers=NEVER, directory=phones(cps=50, burst=1, channels=100))
    starts = sorted(reserved(done))[:50]
    assert starts[-1] - starts[0] == 49 * 20_000


def test_progress_is_reported() -> None:
    seen: list[tuple[int, int, datetime]] = []
    done = run(on_progress=lambda processed, total, now: seen.append((processed, total, now)))
    processed, totals, moments = zip(*seen, strict=True)
    assert set(totals) == {40}
    assert list(processed) == sorted(processed)
    assert list(moments) == sorted(moments)
    assert seen[-1] == (40, 40, done.ended_at)
    assert seen[-1][2].tzinfo == KOLKATA


def test_a_call_model_of_ones_own_is_used() -> None:
    model = ori.CallModel(NEVER, script={"919800000003": ["busy", ori.answered(seconds=42)]}, ledger=True)
    run(contacts=leads(5), model=model)
    book = model.ledger
    assert book is not None
    assert [call.outcome for call in book.to("919800000003")] == ["rejected", "customer"]
    assert [call.outcome for call in book.to("919800000001")] == ["no_answer"] * 3


def test_faults_may_be_part_of_it() -> None:
    faults = CarrierFaults(accept_then_timeout=0.3, drop=0.3, reject=0.2, no_end_event=0.3)
    model = ori.CallModel(ori.AnswerModel(rate=0.5), seed=3, faults=faults)
    done = run(model=model)
    book = model.ledger
    assert book is not None
    assert done.campaign.status == "completed"
    assert sum(call.placed for call in book.calls) == done.counters.dialled
    assert any(call.refused for call in book.calls)


def test_the_answer_rate_may_follow_the_hour() -> None:
    rates = [0.0] * 24
    rates[10] = 1.0
    answers = ori.AnswerModel(rate=rates, timezone="Asia/Kolkata")
    done = run(draft(concurrency_limit=2), leads(200), answers=answers)
    hours = {
        datetime.fromtimestamp(each.reserved_at / SECOND, KOLKATA).hour
        for each in attempts(done)
        if each.connected or each.answered_at
    }
    assert hours == {10}
    assert {datetime.fromtimestamp(each / SECOND, KOLKATA).hour for each in reserved(done)} > {9, 10}


def test_every_person_has_the_same_luck_under_another_config() -> None:
    answers = ori.AnswerModel(rate=0.4)

    def first_calls(**changes: Any) -> dict[str, tuple[str, int | None, int]]:
        model = ori.CallModel(answers, seed=7)
        run(draft(**changes), leads(100), model=model)
        book = model.ledger
        assert book is not None
        firsts: dict[str, LedgerCall] = {}
        for call in book.calls:
            firsts.setdefault(call.number, call)
        return {
            number: (
                call.outcome,
                call.rang_at and call.rang_at - call.requested_at,
                (call.ended_at or 0) - call.requested_at,
            )
            for number, call in firsts.items()
        }

    narrow = first_calls(concurrency_limit=1)
    assert len(narrow) == 100
    assert narrow == first_calls(concurrency_limit=20)
    assert narrow == first_calls(retry=ori.RetryPolicy(max_attempts=5, delay_minutes=5, on_system={"no_answer", "RNR"}))
    assert narrow == first_calls(window=ori.CallingWindow("10:00", "11:00", "UTC"))


# --- what it refuses --------------------------------------------------------------------------------------------------


def code_of(call: Callable[[], object]) -> str:
    with pytest.raises(ori.CampaignsError) as error:
        call()
    return error.value.code


def test_it_must_be_said_when_start_is_pressed() -> None:
    assert code_of(lambda: run(start=None)) == "no_start"


@pytest.mark.parametrize("name", ["start", "until"])
def test_a_time_without_a_zone_is_refused(name: str) -> None:
    naive: dict[str, Any] = {name: datetime(2026, 1, 5, 9, 0)}  # noqa: DTZ001 - that is the fault
    assert code_of(lambda: run(**naive)) == "naive_datetime"


def test_an_action_at_a_time_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 1, 5, 9, 0)  # noqa: DTZ001 - that is the fault
    assert code_of(lambda: run(actions={naive: lambda *_: None})) == "naive_datetime"


def test_what_is_over_is_not_simulated() -> None:
    done = run()
    assert code_of(lambda: simulate(snapshot(done.service, done.campaign.id), directory=phones())) == "not_live"
    failed = run(
        actions={MONDAY + timedelta(hours=2): lambda service, campaign: service.fail(campaign, "gone", by="asha")}
    )
    copied = snapshot(failed.service, failed.campaign.id)
    assert copied.campaign.status == "failed"
    assert code_of(lambda: simulate(copied, directory=phones())) == "not_live"


def test_a_draft_that_is_wrong_is_refused_with_everything_that_is_wrong() -> None:
    wrong = ori.CampaignDraft(name=" ", bot="nobody", numbers=[], config=ori.DiallerConfig(concurrency_limit=0))
    with pytest.raises(ori.InvalidDefinition) as error:
        run(wrong)
    assert {each.code for each in error.value.problems} >= {"name_blank", "unknown_bot", "empty_pool", "below_one"}


def test_a_draft_without_leads_cannot_start() -> None:
    with pytest.raises(ori.CannotStart) as error:
        simulate(draft(), directory=phones(), start=MONDAY)
    assert [each.code for each in error.value.problems] == ["no_contacts"]


def test_no_module_takes_the_place_of_a_public_name() -> None:
    # Importing a submodule binds it to the package under its own name, whatever else has that name there.
    program = """
import pkgutil, types
from importlib import import_module
import ori_campaigns as ori
for module in pkgutil.iter_modules(ori.__path__, "ori_campaigns."):
    if not module.name.endswith("__main__"):
        import_module(module.name)
print([name for name in ori.__all__ if isinstance(getattr(ori, name), types.ModuleType)])
"""
    environment = {**os.environ, "PYTHONPATH": str(Path(ori.__file__).parent.parent)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.stdout.strip() == "[]", done.stderr


# --- the loop ---------------------------------------------------------------------------------------------------------


class Watched(ori.CallModel):
    """A call model that compares its own time with the clock's, and counts what it is asked."""

    clock: VirtualClock

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.asked: list[str] = []
        self.placed_at: list[tuple[str, int, int]] = []

    def place(self, request: DialRequest, now: int) -> tuple[PlaceAnswer, int]:
        self.placed_at.append((request.campaign_id, now, self.clock.now()))
        return super().place(request, now)

    def look_up(self, ref: CallRef, now: int) -> LookUp:
        self.asked.append(ref.attempt_id)
        return super().look_up(ref, now)


class Forward(VirtualClock):
    """A clock that notices when it is set back."""

    back = 0

    def set(self, moment: datetime | int) -> None:
        before = self.now()
        super().set(moment)
        self.back += self.now() < before


def two_campaigns(model: Watched) -> tuple[Forward, ori.CampaignService, list[str]]:
    clock = Forward(to_instant(MONDAY) + HOUR)
    model.clock = clock
    service = ori.CampaignService(ori.MemoryStore(clock), phones(cps=1, burst=1), new_id=counted_ids("c"))
    ids = []
    for place in range(2):
        people = ori.Leads.of([f"9198{place}{number:07d}" for number in range(10)])
        ids.append(service.create(draft(), people, by="asha").id)
        service.start(ids[-1], by="asha")
    return clock, service, ids


@pytest.mark.behaviour("L4")
def test_time_never_runs_backwards_when_an_operator_has_to_wait() -> None:
    # Answers and news come late, so that pause has to wait until the first request cannot leave any more.
    model = Watched(NEVER, seed=1, faults=CarrierFaults(before_response=1.0, queue=1.0, queue_seconds=300))
    clock, service, ids = two_campaigns(model)
    begins = clock.now()
    drive(
        service,
        model,
        clock,
        until=begins + 10 * MINUTE,
        resolution=SECOND,
        actions=[(begins + SECOND, lambda: service.pause(ids[0], by="asha"))],
    )
    assert model.placed_at[0][0] == ids[0]
    paused = [each.at for each in service.activity(ids[0]) if each.action == "pause"]
    assert paused == [begins + SECOND]
    # Whatever time it is when a request leaves, the carrier and the engine agree on it.
    assert all(at == now for _, at, now in model.placed_at)
    assert clock.back == 0
    moments = [at for _, at, _ in model.placed_at]
    assert moments == sorted(moments)


@pytest.mark.behaviour("N3")
def test_every_call_is_looked_up_when_the_engine_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[str] = []
    hear = ori.CampaignService.record

    def record(self: ori.CampaignService, reports: Iterable[Report]) -> Recorded:
        recorded = hear(self, reports)
        wanted.extend(ref.attempt_id for ref in recorded.look_ups)
        return recorded

    monkeypatch.setattr(ori.CampaignService, "record", record)
    model = Watched(NEVER, seed=1, faults=CarrierFaults(accept_then_timeout=1.0))
    clock, service, ids = two_campaigns(model)
    drive(service, model, clock, until=clock.now() + 5 * SECOND, resolution=SECOND)
    assert wanted
    assert model.asked == wanted
    # A look-up finds the call at once, so that nobody has to wait for it to be overdue.
    assert {each.status.value for each in service.store.attempts(ids[0])} <= {"ringing", "submitted"}


@pytest.mark.behaviour("P2")
def test_new_limits_give_no_token_back() -> None:
    clock = VirtualClock(to_instant(MONDAY) + HOUR)

    class Changing:
        cps, burst = 10.0, 10

        def bots(self, workspace: str) -> list[ori.Bot]:
            return [ori.Bot("b")]

        def carriers(self, workspace: str) -> list[ori.Carrier]:
            return [ori.Carrier("trunk", numbers=[LINE], cps=self.cps, burst=self.burst, channels=500)]

    directory = Changing()
    service = ori.CampaignService(ori.MemoryStore(clock), directory)
    campaign = service.create(draft(concurrency_limit=100), leads(60), by="asha")
    service.start(campaign.id, by="asha")
    assert len(service.step().dials) == 10
    directory.cps = 0.5
    service.refresh()
    # The bucket was empty and is: the next token comes after two seconds.
    assert len(service.step().dials) == 0
    clock.advance(seconds=2)
    assert len(service.step().dials) == 1
    directory.cps, directory.burst = 10.0, 12
    service.refresh()
    # A larger bucket has room for more: two tokens more at once, and ten a second from here on.
    assert len(service.step().dials) == 2
    clock.advance(seconds=0.5)
    assert len(service.step().dials) == 5


@pytest.mark.behaviour("P3")
def test_the_pool_turns_while_campaigns_share_their_carriers() -> None:
    wide = ori.Carrier("wide", numbers=["911140001000"], cps=100, burst=1000, channels=500)
    narrow = ori.Carrier("narrow", numbers=["911140002000"], cps=100, burst=100, channels=100)
    directory = ori.StaticDirectory(bots=["b"], carriers=[wide, narrow])
    clock = VirtualClock(to_instant(MONDAY) + HOUR)
    service = ori.CampaignService(ori.MemoryStore(clock), directory, new_id=counted_ids("c"))
    for place in range(2):
        config = draft(concurrency_limit=10).config
        pool = ["911140001000", "911140002000"]
        people = ori.Leads.of([f"9198{place}{number:07d}" for number in range(10)])
        campaign = service.create(ori.CampaignDraft(name="x", bot="b", numbers=pool, config=config), people, by="asha")
        service.start(campaign.id, by="asha")
    dials = service.step().dials
    used = {
        campaign: sorted(dial.from_number.reveal() for dial in dials if dial.campaign_id == campaign)
        for campaign in ("c00000001", "c00000002")
    }
    # Both lines are free all the time: each campaign uses each number five times.
    assert used == dict.fromkeys(used, ["911140001000"] * 5 + ["911140002000"] * 5)
