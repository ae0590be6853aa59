"""States of contacts and attempts: the tables of legal moves, and what really happens under a faulty carrier."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import pytest

from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.carriers import Carrier
from ori_campaigns.config import MULTI_DAY, SYSTEM_DISPOSITIONS, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.contact import (
    ACTIVE,
    ATTEMPT_MOVES,
    CONTACT_MOVES,
    FINAL,
    FINAL_BY_CALLING,
    KIND_OF,
    LIVE,
    NEVER_PLACED,
    OVER,
    WAITING,
    Attempt,
    AttemptKind,
    AttemptStatus,
    Contact,
    ContactStatus,
)
from ori_campaigns.diallers.answers import AnswerModel, Between, Exponential, Mix
from ori_campaigns.diallers.faults import CarrierFaults
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.events import (
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    BotReported,
    CallbackScheduled,
    ContactClosed,
    Fact,
    RetryScheduled,
)
from ori_campaigns.simulation import Rehearsal, simulate
from ori_campaigns.windows import CallingWindow

# What the rules of contacts and attempts allow, written down from their text.
CONTACTS = {
    "pending": "calling excluded manual_stopped window_closed completed exhausted",
    "retry_scheduled": "calling excluded manual_stopped window_closed completed exhausted",
    "callback_scheduled": "calling excluded manual_stopped window_closed completed exhausted",
    "calling": "pending retry_scheduled callback_scheduled awaiting_analysis completed exhausted abandoned machine"
    " excluded manual_stopped window_closed",
    # Only a call that connected is waited for, so that nothing but `completed` closes it, or an exclusion.
    "awaiting_analysis": "retry_scheduled callback_scheduled completed excluded",
    "completed": "",
    "exhausted": "",
    "abandoned": "",
    "machine": "",
    "window_closed": "",
    "manual_stopped": "",
    "excluded": "",
}
ATTEMPTS = {
    "reserved": "submitted ringing answered in_progress unknown ended expired_unsent refused",
    "submitted": "ringing answered in_progress unknown ended refused",
    "ringing": "answered in_progress unknown ended",
    "answered": "in_progress unknown ended",
    "in_progress": "unknown ended",
    "unknown": "submitted ringing answered in_progress ended refused",
    "ended": "",
    "expired_unsent": "",
    "refused": "",
}


@pytest.mark.behaviour("N1")
def test_the_states_of_contacts() -> None:
    assert {each.value for each in WAITING} == {"pending", "retry_scheduled", "callback_scheduled"}
    assert {each.value for each in ACTIVE} == {"calling", "awaiting_analysis"}
    assert {each.value for each in FINAL} == {
        "completed",
        "exhausted",
        "abandoned",
        "machine",
        "window_closed",
        "manual_stopped",
        "excluded",
    }
    assert len(ContactStatus) == 12


@pytest.mark.behaviour("M2")
def test_final_outcomes_are_those_reached_by_calling() -> None:
    assert {each.value for each in FINAL_BY_CALLING} == {"completed", "exhausted", "abandoned", "machine"}


@pytest.mark.behaviour("N1")
@pytest.mark.parametrize("status", list(ContactStatus))
def test_the_moves_of_contacts(status: ContactStatus) -> None:
    assert {each.value for each in CONTACT_MOVES[status]} == set(CONTACTS[status.value].split())


@pytest.mark.behaviour("N2")
@pytest.mark.parametrize("status", list(AttemptStatus))
def test_the_moves_of_attempts(status: AttemptStatus) -> None:
    assert {each.value for each in ATTEMPT_MOVES[status]} == set(ATTEMPTS[status.value].split())


@pytest.mark.behaviour("N2")
def test_live_and_over_attempts() -> None:
    assert {each.value for each in OVER} == {"ended", "expired_unsent", "refused"}
    assert {each.value for each in NEVER_PLACED} == {"expired_unsent", "refused"}
    assert {each.value for each in LIVE} == {"reserved", "submitted", "ringing", "answered", "in_progress", "unknown"}


@pytest.mark.behaviour("N2")
def test_attempts_only_move_up() -> None:
    ladder = ["reserved", "submitted", "ringing", "answered", "in_progress", "ended"]
    for rung, status in enumerate(ladder):
        up = {each.value for each in ATTEMPT_MOVES[AttemptStatus(status)]} & set(ladder)
        assert up == set(ladder[rung + 1 :])


@pytest.mark.behaviour("N5")
def test_the_system_dispositions() -> None:
    assert sorted(SYSTEM_DISPOSITIONS) == ["RNR", "error", "no_answer", "rejected", "timeout"]


@pytest.mark.behaviour("P4")
def test_each_waiting_state_is_dialled_as_its_kind() -> None:
    assert {status.value: kind.value for status, kind in KIND_OF.items()} == {
        "callback_scheduled": "callback",
        "pending": "fresh",
        "retry_scheduled": "retry",
    }
    assert [kind.value for kind in AttemptKind] == ["callback", "fresh", "retry"]


# --- what happens under a faulty carrier ------------------------------------------------------------------------------


class People(NamedTuple):
    numbers: Sequence[str]
    policy: str = "digits"

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


EVERYTHING = CarrierFaults(
    reject=0.05,
    rate_limited=0.03,
    accept_then_timeout=0.06,
    fail_after_accepting=0.02,
    drop_request=0.04,
    queue=0.05,
    lose_call=0.03,
    no_end_event=0.05,
    forgets=0.3,
    wrong_id=0.03,
    drop=0.08,
    duplicate=0.2,
    reorder=0.2,
    late=0.05,
    late_seconds=1800,
    before_response=0.2,
    earlier_run=0.1,
)
ANSWERS = AnswerModel(
    rate=0.5,
    ring=Between(2, 30),
    gives_up=Between(15, 60),
    talk=Exponential(40),
    unanswered=Mix({"no_answer": 6, "rejected": 2, "bad_number": 1, "unreachable": 1}),
    answered=Mix({"customer": 5, "bot": 2, "RNR": 1, "voicemail": 1, "machine": 1, "transfer": 1, "abandoned": 1}),
    business=Mix({"again": 1, "done": 1, "": 1}),
    analysis_after=Between(1, 200),
)


def chaos(number_of_people: int = 150) -> Rehearsal:
    draft = CampaignDraft(
        "Renewals",
        "asha",
        ["911140001000", "911140001001"],
        DiallerConfig(
            concurrency_limit=20,
            mode=MULTI_DAY,
            window=CallingWindow("09:00", "18:00", "UTC"),
            retry=RetryPolicy(4, 10, ["no_answer", "rejected", "RNR", "error", "timeout"], ["again"]),
            redial=RedialRules(60, 10),
        ),
    )
    trunk = Carrier("trunk", ["911140001000", "911140001001"], cps=2, burst=4, channels=30)
    return simulate(
        draft,
        People([f"919800{each:06d}" for each in range(number_of_people)]),
        directory=StaticDirectory(bots=["asha"], carriers=[trunk]),
        model=CallModel(ANSWERS, seed=11, faults=EVERYTHING),
        start=datetime(2026, 1, 5, 9, tzinfo=UTC),
        resolution=timedelta(seconds=1),
    )


@cache
def finished() -> Rehearsal:
    return chaos()


def log(rehearsal: Rehearsal) -> list[Fact]:
    store = rehearsal.service.store
    facts: list[Fact] = []
    after = -1
    while page := store.events(after, 5000, rehearsal.campaign.id):
        facts += [event.fact for event in page]
        after = page[-1].cursor
    return facts


def all_attempts(rehearsal: Rehearsal) -> Sequence[Attempt]:
    return rehearsal.service.store.attempts(rehearsal.campaign.id, limit=100_000)


def all_contacts(rehearsal: Rehearsal) -> Sequence[Contact]:
    return rehearsal.service.store.contacts(rehearsal.campaign.id, limit=100_000)


STATES = {
    AttemptReserved: "reserved",
    AttemptSubmitted: "submitted",
    AttemptRang: "ringing",
    AttemptUnknown: "unknown",
    AttemptEnded: "ended",
}


def reached(fact: Fact, began: Mapping[str, bool]) -> str | None:
    """Say which state of its attempt a fact tells of."""
    if isinstance(fact, AttemptAnswered):
        return "in_progress" if began.get(fact.attempt) else "answered"
    if isinstance(fact, AttemptReturned):
        return fact.status.value
    return STATES.get(type(fact))


@pytest.mark.behaviour("N2")
def test_under_every_fault_attempts_move_as_the_table_says() -> None:
    status: dict[str, str] = {}
    began: dict[str, bool] = {}
    walked: set[tuple[str, str]] = set()
    for fact in log(finished()):
        if isinstance(fact, BotReported) and fact.began:
            began[fact.attempt] = True
            if status[fact.attempt] == "answered":
                status[fact.attempt] = "in_progress"
        state = reached(fact, began)
        if state is None:
            continue
        before = status.get(fact.attempt, "")  # type: ignore[union-attr]
        if before == state == "unknown":
            continue  # looked up again
        assert state == "reserved" if not before else state in ATTEMPTS[before].split(), (before, fact)
        status[fact.attempt] = state  # type: ignore[union-attr]
        walked.add((before, state))
    assert {attempt.id: attempt.status.value for attempt in all_attempts(finished())} == status
    # The carrier was faulty enough to prove something.
    assert {
        ("reserved", "submitted"),
        ("reserved", "refused"),
        ("reserved", "unknown"),
        ("submitted", "unknown"),
        ("ringing", "ended"),
        ("unknown", "ended"),
    } <= walked
    assert {before for before, after in walked if after == "unknown"} >= {"submitted", "ringing"}
    assert {after for before, after in walked if before == "unknown"} & {"submitted", "ringing", "answered"}


@pytest.mark.behaviour("N1")
def test_under_every_fault_contacts_move_as_the_table_says() -> None:
    status = dict.fromkeys(range(150), "pending")
    for fact in log(finished()):
        match fact:
            case AttemptReserved():
                state = "calling"
            case AttemptReturned():
                state = fact.to.value
            case RetryScheduled():
                state = "retry_scheduled"
            case CallbackScheduled():
                state = "callback_scheduled"
            case AnalysisAwaited():
                state = "awaiting_analysis"
            case ContactClosed():
                state = fact.status.value
            case _:
                continue
        assert state in CONTACTS[status[fact.contact]].split(), (status[fact.contact], fact)
        status[fact.contact] = state
    assert {contact.ordinal: contact.status.value for contact in all_contacts(finished())} == status


@pytest.mark.behaviour("N3", "N4", "R6", "N2")
def test_under_every_fault_the_carriers_own_book_agrees() -> None:
    rehearsal = finished()
    ledger = rehearsal.model.ledger
    assert ledger is not None
    attempts = {attempt.id: attempt for attempt in all_attempts(rehearsal)}
    requested = [call.attempt_id for call in ledger.calls]
    assert len(requested) == len(set(requested)), "no attempt is ever sent twice"
    assert set(requested) <= set(attempts)
    people: dict[str, int] = {}
    for call in ledger.placed():
        assert call.requested_at <= call.not_after
        assert attempts[call.attempt_id].status is AttemptStatus.ENDED, "a placed call is never given back"
        people[call.number] = people.get(call.number, 0) + 1
    assert max(people.values()) <= 4
    for number in people:
        spans = sorted((call.requested_at, call.ended_at or 0) for call in ledger.to(number) if call.placed)
        assert all(ended <= begun for (_, ended), (begun, _) in pairwise(spans)), number


@pytest.mark.behaviour("N7", "L12")
def test_under_every_fault_the_campaign_ends_with_every_contact_final() -> None:
    rehearsal = finished()
    assert rehearsal.campaign.status.value == "completed"
    assert all(contact.status in FINAL for contact in all_contacts(rehearsal))
    assert (rehearsal.counters.live, rehearsal.counters.ringing, rehearsal.counters.in_progress) == (0, 0, 0)


@pytest.mark.behaviour("N2")
def test_the_same_seed_gives_the_same_log() -> None:
    assert log(chaos(40)) == log(chaos(40))
