"""The call model: who answers, how calls end, and every fault that a carrier can have."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from math import log
from pathlib import Path
from typing import Any

import attrs
import pytest

from ori_campaigns import (
    Accepted,
    Answered,
    AnswerModel,
    Between,
    BotReport,
    CallAnalysis,
    CallModel,
    CallNotFound,
    CallRef,
    CarrierFaults,
    DialRequest,
    Ended,
    Exponential,
    Fixed,
    FoundLive,
    InvalidDefinition,
    Mix,
    NeverPlaced,
    Observed,
    Refused,
    Ringing,
    Unknown,
    answered,
    to_instant,
    unanswered,
)
from ori_campaigns.contact import AttemptKind
from ori_campaigns.diallers import ledger
from ori_campaigns.diallers.answers import Fate, Luck, fate_of
from ori_campaigns.diallers.faults import NO_FAULTS
from ori_campaigns.diallers.ledger import Ledger, LedgerCall
from ori_campaigns.instants import HOUR, SECOND
from ori_campaigns.numbers import parse_number
from ori_campaigns.reports import Report

NOON = to_instant(datetime(2026, 1, 5, 12, tzinfo=UTC))
LONG = NOON + 24 * HOUR


def dial(
    attempt: int,
    number: int = 1,
    *,
    nth: int = 1,
    run: int = 1,
    carrier: str = "trunk",
    ring: int = 80,
    talk: int = 600,
) -> DialRequest:
    return DialRequest(
        attempt_id=f"c1-{attempt}",
        campaign_id="c1",
        carrier=carrier,
        to=parse_number(f"9198{number:08d}"),
        from_number=parse_number("911140001000"),
        bot="b",
        run=run,
        number_in_budget=nth,
        kind=AttemptKind.FRESH,
        variables={},
        not_after=NOON + 5 * SECOND,
        ring_seconds=ring,
        talk_seconds=talk,
    )


def ref(attempt: int) -> CallRef:
    return CallRef(f"c1-{attempt}", "trunk")


def book(model: CallModel) -> Ledger:
    assert model.ledger is not None
    return model.ledger


def call(model: CallModel, place: int = -1) -> LedgerCall:
    return book(model).calls[place]


ALWAYS = AnswerModel(rate=1.0, ring=Fixed(8), talk=Fixed(42), answered=Mix({"customer": 1}))
NEVER = AnswerModel(rate=0.0, gives_up=Fixed(25), unanswered=Mix({"no_answer": 1}))


def kinds(reports: Sequence[Report]) -> list[str]:
    return [type(report).__name__ for report in reports]


# --- how people answer ------------------------------------------------------------------------------------------------

PEOPLE = 20_000


def fates(model: AnswerModel, moment: int = NOON, seed: int = 3) -> list[Fate]:
    return [fate_of(model, Luck(seed, 919_800_000_000 + number, 1001), moment) for number in range(PEOPLE)]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def test_as_many_answer_as_the_rate_says() -> None:
    for rate in (0.0, 0.07, 0.3, 0.85, 1.0):
        answers = [fate.talk is not None for fate in fates(AnswerModel(rate=rate))]
        # Four standard deviations at most.
        assert mean(answers) == pytest.approx(rate, abs=4 * (rate * (1 - rate) / PEOPLE) ** 0.5)


def test_calls_ring_and_talk_as_long_as_the_model_says() -> None:
    model = AnswerModel(rate=1.0, ring=Between(4, 18), talk=Exponential(60, least=30))
    found = fates(model)
    talks = [fate.talk / SECOND for fate in found if fate.talk is not None]
    rings = [fate.ring / SECOND for fate in found if fate.ring is not None]
    assert mean(talks) == pytest.approx(90, abs=2)
    assert min(talks) >= 30
    # Half of an exponential lies below its mean times log 2.
    assert mean([talk <= 30 + 60 * log(2) for talk in talks]) == pytest.approx(0.5, abs=0.015)
    assert mean(rings) == pytest.approx(11, abs=0.15)
    assert (min(rings) >= 4, max(rings) < 18) == (True, True)


def test_outcomes_come_in_their_shares() -> None:
    unreached = fates(
        AnswerModel(rate=0.0, unanswered=Mix({"no_answer": 5, "busy": 3, "bad_number": 1, "unreachable": 1}))
    )
    found = Counter((fate.disposition, fate.detail, fate.ring is not None) for fate in unreached)
    assert {key: count / PEOPLE for key, count in found.items()} == {
        ("no_answer", "", True): pytest.approx(0.5, abs=0.015),
        ("rejected", "busy", False): pytest.approx(0.3, abs=0.015),
        ("error", "bad_number", False): pytest.approx(0.1, abs=0.01),
        ("no_answer", "unreachable", False): pytest.approx(0.1, abs=0.01),
    }
    reached = Counter(
        fate.disposition for fate in fates(AnswerModel(rate=1.0, answered=Mix({"customer": 3, "RNR": 1})))
    )
    assert reached["RNR"] / PEOPLE == pytest.approx(0.25, abs=0.015)
    assert set(reached) == {"customer", "RNR"}


def test_analysis_names_come_in_their_shares_and_in_time() -> None:
    found = fates(AnswerModel(rate=1.0, business=Mix({"": 1, "sold": 3}), analysis_after=Between(10, 30)))
    assert mean([fate.business == "sold" for fate in found]) == pytest.approx(0.75, abs=0.015)
    assert mean([fate.analysis_after / SECOND for fate in found]) == pytest.approx(20, abs=0.25)
    assert {fate.business for fate in fates(AnswerModel(rate=1.0))[:100]} == {None}


def test_the_hour_of_the_call_decides_in_the_models_zone() -> None:
    rates = [0.0] * 24
    rates[17] = 1.0
    model = AnswerModel(rate=rates, timezone="Asia/Kolkata")
    # 17:00 in Kolkata is 11:30 UTC.
    moments = {"11:29:59": False, "11:30:00": True, "12:29:59": True, "12:30:00": False}
    for text, answers in moments.items():
        moment = to_instant(datetime.fromisoformat(f"2026-01-05T{text}+00:00"))
        assert model.rate_at(moment) == answers
        assert all((fate.talk is not None) == answers for fate in fates(model, moment)[:200])


MEASURED: Any = [5, 60, 60, 300]


def test_lengths_can_be_given_as_they_were_measured() -> None:
    found = Counter(fate.talk for fate in fates(AnswerModel(rate=1.0, talk=Observed(MEASURED))))
    assert set(found) == {5 * SECOND, 60 * SECOND, 300 * SECOND}
    assert found[60 * SECOND] / PEOPLE == pytest.approx(0.5, abs=0.015)


def test_luck_belongs_to_the_seed_the_number_and_the_call() -> None:
    draws = {Luck(seed, number, nth).draw() for seed in range(10) for number in range(10) for nth in range(10)}
    assert len(draws) == 1000
    assert all(0 <= draw < 1 for draw in draws)
    stream = Luck(1, 2, 3)
    drawn = [stream.draw() for _ in range(PEOPLE)]
    assert mean(drawn) == pytest.approx(0.5, abs=0.01)
    assert [mean([low <= draw * 10 < low + 1 for draw in drawn]) for low in range(10)] == [
        pytest.approx(0.1, abs=0.01)
    ] * 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": 1.5},
        {"rate": -0.1},
        {"rate": [0.3] * 23},
        {"rate": []},
        {"rate": float("nan")},
        {"timezone": "Nowhere/City"},
    ],
    ids=str,
)
def test_a_model_that_cannot_be_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidDefinition) as error:
        AnswerModel(**wrong)  # type: ignore[arg-type]
    assert error.value.code == "bad_answer_model"


@pytest.mark.parametrize("shares", [{}, {"customer": 0}, {"customer": 2, "bot": -1}], ids=str)
def test_shares_that_cannot_be_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(InvalidDefinition) as error:
        Mix(shares)
    assert error.value.code == "bad_answer_model"


# --- calls without a fault --------------------------------------------------------------------------------------------


def test_an_answered_call_is_told_as_it_happens() -> None:
    model = CallModel(ALWAYS)
    assert model.place(dial(0), NOON) == (Accepted("c1-0", NOON), 0)
    assert model.due(NOON) == [Ringing("c1-0", NOON)]
    assert model.next_at() == NOON + 8 * SECOND
    assert model.due(NOON + 8 * SECOND - 1) == []
    assert model.due(NOON + 8 * SECOND) == [Answered("c1-0", NOON + 8 * SECOND)]
    over = NOON + 50 * SECOND
    assert model.due(over) == [Ended("c1-0", over, "customer", "", NOON + 8 * SECOND, NOON)]
    assert (model.next_at(), model.due(LONG)) == (None, [])
    assert (call(model).rang_at, call(model).answered_at, call(model).ended_at) == (NOON, NOON + 8 * SECOND, over)
    assert (call(model).placed, call(model).outcome, call(model).cut) == (True, "customer", False)


def test_a_call_that_nobody_answers_rings_and_ends() -> None:
    model = CallModel(NEVER)
    model.place(dial(0), NOON)
    assert model.due(LONG) == [Ringing("c1-0", NOON), Ended("c1-0", NOON + 25 * SECOND, "no_answer", "", None, NOON)]


def test_busy_lines_never_ring() -> None:
    model = CallModel(attrs.evolve(NEVER, unanswered=Mix({"busy": 1})))
    model.place(dial(0), NOON)
    (ended,) = model.due(LONG)
    assert isinstance(ended, Ended)
    assert (ended.disposition, ended.detail, ended.rang_at, ended.answered_at) == ("rejected", "busy", None, None)


@pytest.mark.behaviour("N5")
def test_the_limits_of_the_request_end_a_call() -> None:
    patient = CallModel(
        script={"919800000001": [unanswered(ring=200)], "919800000002": [answered(seconds=900, ring=8)]}
    )
    patient.place(dial(0, 1, ring=80), NOON)
    patient.place(dial(1, 2, talk=600), NOON)
    ended = {each.attempt_id: each for each in patient.due(LONG) if isinstance(each, Ended)}
    assert (ended["c1-0"].disposition, ended["c1-0"].at) == ("no_answer", NOON + 80 * SECOND)
    assert (ended["c1-1"].disposition, ended["c1-1"].at) == ("timeout", NOON + 608 * SECOND)


@pytest.mark.parametrize("seen", ["RNR", "voicemail", "machine", "abandoned", "outside_hours", "transfer"])
@pytest.mark.behaviour("N6")
def test_what_only_the_bot_can_see_is_told_by_the_bot(seen: str) -> None:
    model = CallModel(attrs.evolve(ALWAYS, answered=Mix({seen: 1})))
    model.place(dial(0), NOON)
    reports = model.due(LONG)
    over = NOON + 50 * SECOND
    assert BotReport("c1-0", over, seen == "transfer", seen) in reports
    # The carrier only knows that somebody hung up.
    assert [each.disposition for each in reports if isinstance(each, Ended)] == ["customer"]
    assert call(model).outcome == seen


def test_the_analysis_comes_after_the_call() -> None:
    model = CallModel(attrs.evolve(ALWAYS, business=Mix({"sold": 1}), analysis_after=Fixed(20)))
    model.place(dial(0), NOON)
    assert model.due(LONG)[-1] == CallAnalysis("c1-0", NOON + 70 * SECOND, "sold")


def test_without_ringing_only_the_answer_and_the_end_are_told() -> None:
    model = CallModel(ALWAYS, ringing=False)
    model.place(dial(0), NOON)
    assert kinds(model.due(LONG)) == ["Answered", "Ended"]


def test_without_a_ledger_there_is_none() -> None:
    model = CallModel(ALWAYS, ledger=False)
    model.place(dial(0), NOON)
    assert model.ledger is None
    assert kinds(model.due(LONG)) == ["Ringing", "Answered", "Ended"]


def test_single_numbers_can_be_scripted() -> None:
    model = CallModel(NEVER, script={"+91 98000-00001": ["busy", answered(seconds=42)]})
    for nth in range(4):
        model.place(dial(nth, 1, nth=nth + 1), NOON + nth * HOUR)
    model.place(dial(9, 2), NOON)
    model.due(LONG)
    # The last fate is repeated; other numbers are as the model says.
    assert [each.outcome for each in book(model).to("919800000001")] == ["rejected", "customer", "customer", "customer"]
    assert [each.outcome for each in book(model).to("919800000002")] == ["no_answer"]
    model.script("919800000002", ["rejected"])
    model.place(dial(10, 2, nth=2), NOON)
    assert call(model).outcome == "rejected"


def test_the_same_call_has_the_same_luck_whenever_and_by_whomever_it_is_made() -> None:
    mixed = AnswerModel(rate=0.5)

    def outcome(seed: int, number: int, nth: int, run: int, attempt: int, moment: int) -> tuple[object, ...]:
        model = CallModel(mixed, seed=seed)
        model.place(dial(attempt, number, nth=nth, run=run), moment)
        made = call(model)
        assert made.ended_at is not None
        return made.outcome, made.ended_at - moment

    for number in range(50):
        first = outcome(7, number, 1, 1, 0, NOON)
        assert first == outcome(7, number, 1, 1, 99, NOON + 5 * HOUR)
    by_call = [[outcome(7, number, nth, run, 0, NOON) for number in range(50)] for nth, run in ((1, 1), (2, 1), (1, 2))]
    assert by_call[0] != by_call[1] != by_call[2] != by_call[0]
    assert by_call[0] != [outcome(8, number, 1, 1, 0, NOON) for number in range(50)]


# --- hanging up and looking up ----------------------------------------------------------------------------------------


def test_a_hang_up_ends_a_conversation_at_once() -> None:
    model = CallModel(ALWAYS)
    model.place(dial(0), NOON)
    model.due(NOON + 10 * SECOND)
    model.hangup(ref(0), NOON + 20 * SECOND)
    (ended,) = model.due(LONG)
    assert isinstance(ended, Ended)
    assert (ended.at, ended.disposition, ended.answered_at) == (NOON + 20 * SECOND, "timeout", NOON + 8 * SECOND)
    assert (call(model).cut, call(model).ended_at) == (True, NOON + 20 * SECOND)


@pytest.mark.parametrize("faults", [NO_FAULTS, CarrierFaults(no_end_event=1e-9)], ids=["sound", "faulty"])
def test_a_call_that_was_cut_while_it_rang_is_never_answered(faults: CarrierFaults) -> None:
    model = CallModel(ALWAYS, faults=faults)
    model.place(dial(0), NOON)
    model.due(NOON)
    model.hangup(ref(0), NOON + 5 * SECOND)
    assert model.due(LONG) == [Ended("c1-0", NOON + 5 * SECOND, "no_answer", "", None, NOON)]


def test_a_call_that_was_cut_in_the_queue_never_rings() -> None:
    model = CallModel(ALWAYS, faults=CarrierFaults(queue=1.0, queue_seconds=300), seed=1)
    model.place(dial(0), NOON)
    assert (call(model).rang_at or 0) > NOON + SECOND
    model.hangup(ref(0), NOON + SECOND)
    assert model.due(LONG) == [Ended("c1-0", NOON + SECOND, "no_answer", "", None, None)]
    assert (call(model).rang_at, call(model).answered_at) == (None, None)


def test_hanging_up_what_is_gone_does_nothing() -> None:
    model = CallModel(ALWAYS)
    model.place(dial(0), NOON)
    model.due(LONG)
    before = attrs.asdict(call(model))
    model.hangup(ref(0), LONG)
    model.hangup(ref(77), LONG)
    assert (attrs.asdict(call(model)), model.due(LONG + HOUR)) == (before, [])


def test_a_live_call_is_found() -> None:
    model = CallModel(ALWAYS)
    model.place(dial(0), NOON)
    assert model.look_up(ref(0), NOON + SECOND) == FoundLive("c1-0", NOON + SECOND)
    assert model.look_up(ref(5), NOON) == CallNotFound("c1-5", NOON)


# --- faults, one by one -----------------------------------------------------------------------------------------------


def faulty(**faults: float) -> CallModel:
    return CallModel(ALWAYS, seed=1, faults=CarrierFaults(**faults))  # type: ignore[arg-type]


def test_reject_and_rate_limited_are_surely_not_dialled() -> None:
    for fault, why in (("reject", "rejected_by_carrier"), ("rate_limited", "too_many")):
        model = faulty(**{fault: 1.0})
        answer, delay = model.place(dial(0), NOON)
        assert isinstance(answer, Refused)
        assert (answer.why, answer.fatal, answer.retry_after > 0, delay) == (why, False, True, 0)
        assert (call(model).placed, call(model).refused, model.due(LONG)) == (False, True, [])
        assert model.look_up(ref(0), NOON) == NeverPlaced("c1-0", NOON)


@pytest.mark.parametrize("fault", ["accept_then_timeout", "fail_after_accepting"])
def test_a_call_is_placed_and_nobody_says_so(fault: str) -> None:
    model = faulty(**{fault: 1.0})
    assert model.place(dial(0), NOON) == (Unknown("c1-0", NOON), 0)
    assert (call(model).placed, call(model).refused) == (True, False)
    assert model.look_up(ref(0), NOON + SECOND) == FoundLive("c1-0", NOON + SECOND)
    assert kinds(model.due(LONG)) == ["Ringing", "Answered", "Ended"]


def test_drop_request_places_nothing_and_nobody_says_so() -> None:
    model = faulty(drop_request=1.0)
    assert model.place(dial(0), NOON) == (Unknown("c1-0", NOON), 0)
    assert (call(model).placed, call(model).refused, model.due(LONG)) == (False, False, [])
    assert model.look_up(ref(0), NOON) == NeverPlaced("c1-0", NOON)


def test_queue_lets_calls_wait_before_they_ring() -> None:
    model = faulty(queue=1.0, queue_seconds=100)
    waits = []
    for number in range(200):
        model.place(dial(number, number), NOON)
        rang_at = call(model).rang_at
        assert rang_at is not None
        waits.append((rang_at - NOON) / SECOND)
    assert (min(waits) >= 0, max(waits) <= 100) == (True, True)
    assert mean(waits) == pytest.approx(50, abs=10)


def test_lose_call_lets_an_accepted_call_vanish() -> None:
    model = faulty(lose_call=1.0)
    for number in range(20):
        answer, _ = model.place(dial(number, number), NOON)
        assert isinstance(answer, Accepted)
        assert model.look_up(ref(number), NOON + SECOND) == CallNotFound(f"c1-{number}", NOON + SECOND)
    assert model.due(LONG) == []


def test_a_lost_call_is_lost_altogether() -> None:
    # Half of the calls vanish: those of which no event is told are those that no look-up finds.
    model = faulty(lose_call=0.5)
    for number in range(100):
        model.place(dial(number, number), NOON)
    found = {
        f"c1-{number}" for number in range(100) if isinstance(model.look_up(ref(number), NOON + SECOND), FoundLive)
    }
    reports = model.due(LONG)
    assert {each.attempt_id for each in reports if isinstance(each, Ended)} == found
    assert {each.attempt_id for each in reports} == found
    assert 30 <= len(found) <= 70


def test_no_end_event_leaves_the_end_to_a_look_up() -> None:
    model = faulty(no_end_event=1.0)
    model.place(dial(0), NOON)
    assert kinds(model.due(LONG)) == ["Ringing", "Answered"]
    assert model.look_up(ref(0), LONG) == Ended("c1-0", NOON + 50 * SECOND, "customer", "", NOON + 8 * SECOND, NOON)


def test_forgets_only_what_is_over() -> None:
    model = faulty(forgets=1.0)
    model.place(dial(0), NOON)
    assert model.look_up(ref(0), NOON + SECOND) == FoundLive("c1-0", NOON + SECOND)
    assert kinds(model.due(LONG)) == ["Ringing", "Answered", "Ended"]
    assert model.look_up(ref(0), LONG) == CallNotFound("c1-0", LONG)


def test_a_carrier_that_forgets_cannot_say_never_placed() -> None:
    model = faulty(forgets=0.5, drop_request=1.0)
    model.place(dial(0), NOON)
    assert model.look_up(ref(0), NOON) == CallNotFound("c1-0", NOON)


def test_wrong_id_names_a_call_that_nobody_knows() -> None:
    model = faulty(wrong_id=1.0)
    model.place(dial(0), NOON)
    reports = model.due(LONG)
    assert kinds(reports) == ["Ringing", "Answered", "Ended"]
    assert "c1-0" not in {each.attempt_id for each in reports}


def test_drop_loses_events() -> None:
    model = faulty(drop=1.0)
    model.place(dial(0), NOON)
    assert model.due(LONG) == []
    some = faulty(drop=0.5)
    for number in range(100):
        some.place(dial(number, number), NOON)
    assert 110 <= len(some.due(LONG)) <= 190


def test_duplicate_tells_events_twice() -> None:
    model = faulty(duplicate=1.0)
    model.place(dial(0), NOON)
    told = model.due(LONG)
    assert Counter(kinds(told)) == {"Ringing": 2, "Answered": 2, "Ended": 2}
    assert len(set(told)) == 3


def test_reorder_tells_an_event_after_the_one_that_follows_it() -> None:
    model = faulty(reorder=1.0)
    for number in range(50):
        model.place(dial(number, number), NOON)
    told = model.due(LONG)
    assert len(told) == 150
    by_call = [[type(each).__name__ for each in told if each.attempt_id == f"c1-{number}"] for number in range(50)]
    assert any(order.index("Ringing") > order.index("Answered") for order in by_call)
    assert any(order.index("Answered") > order.index("Ended") for order in by_call)


def test_late_tells_events_long_after_they_happened() -> None:
    model = faulty(late=1.0, late_seconds=3600)
    model.place(dial(0), NOON)
    delays = []
    while (at := model.next_at()) is not None:
        delays += [(at - each.at) / SECOND for each in model.due(at)]
    assert len(delays) == 3
    assert (max(delays) > 300, max(delays) <= 3600) == (True, True)


def test_before_response_tells_events_before_the_answer() -> None:
    model = faulty(before_response=1.0)
    answer, delay = model.place(dial(0), NOON)
    assert (answer, delay > 0) == (Accepted("c1-0", NOON), True)
    model.tell_later(answer, NOON + delay)
    assert kinds(model.due(LONG)) == ["Ringing", "Accepted", "Answered", "Ended"]


def test_earlier_run_tells_an_earlier_call_again() -> None:
    model = faulty(earlier_run=1.0)
    model.place(dial(0, nth=1), NOON)
    model.due(NOON + HOUR)
    model.place(dial(1, nth=2), NOON + HOUR)
    ended = [each for each in model.due(LONG) if isinstance(each, Ended)]
    assert Counter(each.attempt_id for each in ended) == {"c1-0": 1, "c1-1": 1}


def test_fewer_channels_than_told() -> None:
    model = faulty(channels=2)
    answers = [model.place(dial(number, number), NOON)[0] for number in range(3)]
    other, _ = model.place(dial(9, 9, carrier="other"), NOON)
    assert kinds([*answers, other]) == ["Accepted", "Accepted", "Refused", "Accepted"]
    model.due(NOON + HOUR)
    assert isinstance(model.place(dial(3, 3), NOON + HOUR)[0], Accepted)


def test_a_lower_rate_than_told() -> None:
    model = faulty(cps=2)
    moments = [0, 100_000, 200_000, 999_999, 1_000_000, 1_050_000, 1_150_000]
    answers = [model.place(dial(place, place), NOON + moment)[0] for place, moment in enumerate(moments)]
    assert kinds(answers) == ["Accepted", "Accepted", "Refused", "Refused", "Accepted", "Refused", "Accepted"]


def test_every_fault_has_a_test_here() -> None:
    lengths = {"queue_seconds", "late_seconds"}
    source = Path(__file__).read_text(encoding="utf-8")
    names = [each.name for each in attrs.fields(CarrierFaults) if each.name not in lengths]
    assert not [name for name in names if f"faulty({name}=" not in source and f'"{name}"' not in source]


def test_without_faults_nothing_goes_wrong() -> None:
    model = CallModel(AnswerModel(rate=0.5))
    for number in range(300):
        answer, delay = model.place(dial(number, number), NOON)
        assert (type(answer), delay) == (Accepted, 0)
    ended = Counter(each.attempt_id for each in model.due(LONG) if isinstance(each, Ended))
    assert len(ended) == 300
    assert set(ended.values()) == {1}


def test_faults_can_be_switched_off_on_the_way() -> None:
    model = faulty(reject=1.0, drop=1.0)
    assert isinstance(model.place(dial(0), NOON)[0], Refused)
    model.faults = NO_FAULTS
    assert isinstance(model.place(dial(1), NOON)[0], Accepted)
    assert kinds(model.due(LONG)) == ["Ringing", "Answered", "Ended"]


def test_what_is_to_come_can_be_taken_away_and_put_back() -> None:
    people = AnswerModel(rate=0.5, ring=Fixed(5), talk=Fixed(60), answered=Mix({"customer": 1}))
    model = CallModel(people, seed=3, ringing=False)
    for attempt in range(8):
        model.place(dial(attempt, attempt), NOON)
    coming = model.coming()
    assert [at for at, _ in coming] == sorted(at for at, _ in coming)
    assert [at for at, what in coming if isinstance(what, Answered)] == [NOON + 5 * SECOND] * (len(coming) - 8)
    model.replace([])
    assert (model.coming(), model.next_at(), model.due(LONG)) == ([], None, [])
    assert model.look_up(CallRef("a-1", "t"), NOON) == CallNotFound("a-1", NOON)
    model.replace(coming)
    assert model.coming() == coming
    told = [what.end if not isinstance(what, Answered) else what for _, what in coming]  # type: ignore[union-attr]
    assert model.due(LONG) == told


def test_a_fate_is_what_happens_on_the_call() -> None:
    model = CallModel(AnswerModel(rate=0.5, ring=Fixed(5)), seed=3, ringing=False)
    for number in range(30):
        request = dial(number, number)
        fate = model.fate(int(request.to.reveal()), request.run, request.number_in_budget, NOON)
        model.place(request, NOON)
        [(ends_at, _)] = [(at, what) for at, what in model.coming() if not isinstance(what, Answered)]
        assert fate == tuple(fate_of(model.answers, Luck(3, int(request.to.reveal()), 1001), NOON))
        assert ends_at == NOON + (SECOND if fate[2] is None else fate[2]) + (fate[3] or 0)
        model.replace([])


def test_the_book_imports_nothing_of_the_engine() -> None:
    tree = ast.parse(inspect.getsource(ledger))
    names = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    assert not [name for name in names if name.startswith("ori_campaigns")]
