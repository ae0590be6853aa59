"""Errors: one tree, stable codes, sentences to act on, and never a whole phone number."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

import ori_campaigns
from ori_campaigns import errors
from ori_campaigns.campaign import CampaignDraft, CampaignStatus
from ori_campaigns.carriers import Carrier, CarrierNumber
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import MULTI_DAY, DiallerConfig
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import (
    ActionNotAllowed,
    CampaignsError,
    CannotStart,
    CommitUnknown,
    Conflict,
    DiallerError,
    FieldLocked,
    IngestError,
    InvalidDefinition,
    MissingExtra,
    NotFound,
    Problem,
    StoreError,
    StoreUnavailable,
)
from ori_campaigns.ids import counted_ids
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.reports import Accepted, Answered, Ended
from ori_campaigns.service import CampaignService
from ori_campaigns.simulation import snapshot
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.windows import CallingWindow

CODES = {
    "ActionNotAllowed": "action_not_allowed",
    "CampaignsError": "campaigns_error",
    "CannotStart": "cannot_start",
    "CommitUnknown": "commit_unknown",
    "Conflict": "conflict",
    "DiallerError": "dialler_error",
    "FieldLocked": "field_locked",
    "IngestError": "ingest_error",
    "InvalidDefinition": "invalid_definition",
    "MissingExtra": "missing_extra",
    "NotFound": "not_found",
    "StoreError": "store_error",
    "StoreUnavailable": "store_unavailable",
    "UnreadableDocument": "unreadable_document",
}


def test_the_codes_are_stable() -> None:
    found = {
        name: each.code
        for name, each in inspect.getmembers(errors, inspect.isclass)
        if issubclass(each, CampaignsError)
    }
    for name, code in CODES.items():
        assert found[name] == code
    assert len(set(found.values())) == len(found), "no two classes share a code"


def test_one_root_and_one_branch_for_storage() -> None:
    for stored in (NotFound, Conflict, StoreUnavailable, CommitUnknown):
        assert issubclass(stored, StoreError)
    assert issubclass(CannotStart, ActionNotAllowed)
    for error in (InvalidDefinition, FieldLocked, IngestError, DiallerError, MissingExtra, StoreError):
        assert issubclass(error, CampaignsError)
    assert not issubclass(CampaignsError, ValueError)


def test_a_problem_as_text() -> None:
    assert str(Problem("config.window.end", "bad_time", "It is late.", "Make it early.")) == (
        "config.window.end: It is late. Make it early."
    )
    assert str(Problem("", "x", "It is late.")) == "It is late."


def test_one_problem_is_a_sentence_and_several_are_a_list() -> None:
    first, second = Problem("a", "one", "A is wrong."), Problem("b", "two", "B is wrong.", "Mend it.")
    assert str(InvalidDefinition([first])) == "The campaign is not valid: a: A is wrong."
    assert InvalidDefinition([first]).code == "one"
    assert str(InvalidDefinition([first, second], what="The directory")) == (
        "The directory has 2 problems:\n  - a: A is wrong.\n  - b: B is wrong. Mend it."
    )
    assert InvalidDefinition([first, second]).code == "invalid_definition"


@pytest.mark.behaviour("L16")
def test_an_illegal_action_says_what_is_allowed() -> None:
    error = ActionNotAllowed(
        entity="campaign", entity_id="c1", status="running", action="edit", allowed=["pause", "stop"], reason="why"
    )
    assert str(error) == "Cannot edit campaign c1: it is running (why). Allowed now: pause, stop."
    assert (error.entity, error.entity_id, error.status, error.action) == ("campaign", "c1", "running", "edit")
    assert (error.allowed, error.reason, error.code) == (("pause", "stop"), "why", "action_not_allowed")
    none = ActionNotAllowed(entity="campaign", entity_id="c1", status="gone", action="edit", allowed=[])
    assert str(none).endswith("Allowed now: nothing.")


def test_what_the_others_carry() -> None:
    assert (NotFound("campaign", "c9").entity, NotFound("campaign", "c9").entity_id) == ("campaign", "c9")
    assert "'c9'" in str(NotFound("campaign", "c9"))
    assert DiallerError("gone", retryable=True).retryable is True
    assert DiallerError("gone", retryable=False, code="bot_gone").code == "bot_gone"
    assert IngestError("no", code="no_rows", rows=0).facts == {"rows": 0}
    assert FieldLocked(entity_id="c1", fields=["name"], message="locked").fields == ("name",)
    extra = MissingExtra("Charts", "charts")
    assert (extra.feature, extra.extra) == ("Charts", "charts")
    assert "ori-campaigns[charts]" in str(extra)


def test_the_code_of_one_error_does_not_change_its_class() -> None:
    assert DiallerError("gone", retryable=False, code="bot_gone").code == "bot_gone"
    assert DiallerError.code == DiallerError("gone", retryable=False).code == "dialler_error"


# --- phone numbers never show -----------------------------------------------------------------------------------------

PERSON, OTHER = "919876543210", "919876543299"
DID, INBOUND, STRANGE = "911140001234", "911140005678", "911149998888"
WINDOW = CallingWindow("09:00", "18:00", "UTC")


class People(NamedTuple):
    numbers: Sequence[str]
    policy: str = "digits"

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


class Desk:
    def __init__(self) -> None:
        self.clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
        inbound = CarrierNumber(INBOUND, outbound=False)
        trunk = Carrier("trunk", [DID, inbound], cps=10, burst=10)
        self.directory = StaticDirectory(bots=["asha"], carriers=[trunk])
        self.service = CampaignService(MemoryStore(self.clock), self.directory, new_id=counted_ids("t"))
        self.id = self.service.create(self.draft([DID]), People([PERSON, OTHER]), by="ops").id

    def draft(self, numbers: Sequence[str]) -> CampaignDraft:
        return CampaignDraft("Renewals", "asha", numbers, DiallerConfig(mode=MULTI_DAY, window=WINDOW))

    def start_without_its_number(self) -> None:
        other = StaticDirectory(bots=["asha"], carriers=[Carrier("other", [STRANGE])])
        CampaignService(self.service.store, other).start(self.id, by="ops")


REFUSALS: dict[str, tuple[Callable[[Desk], Any], str]] = {
    "a pool number that is none": (lambda desk: desk.draft([DID + "99999"]), "bad_number"),
    "a pool number nobody has": (
        lambda desk: desk.service.create(desk.draft([STRANGE]), by="ops"),
        "number_not_configured",
    ),
    "an inbound pool number": (
        lambda desk: desk.service.create(desk.draft([INBOUND]), by="ops"),
        "number_inbound_only",
    ),
    "an edit of the pool": (
        lambda desk: desk.service.edit(desk.id, desk.draft([STRANGE]), by="ops", version=1),
        "number_not_configured",
    ),
    "a number under two carriers": (
        lambda desk: StaticDirectory(carriers=[Carrier("a", [DID]), Carrier("b", [DID])]),
        "number_under_two_carriers",
    ),
    "excluding what is no number": (
        lambda desk: desk.service.exclude(desk.id, [PERSON + "9999"], by="ops"),
        "bad_number",
    ),
    "starting without the number": (lambda desk: desk.start_without_its_number(), "cannot_start"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_no_refusal_shows_a_whole_number(name: str) -> None:
    refuse, code = REFUSALS[name]
    desk = Desk()
    with pytest.raises(CampaignsError) as refused:
        refuse(desk)
    assert refused.value.code == code
    told = [
        str(refused.value),
        repr(refused.value),
        repr(getattr(refused.value, "problems", ())),
        repr(refused.value.args),
    ]
    for number in (PERSON, OTHER, DID, INBOUND, STRANGE):
        assert not [text for text in told if number in text]
        assert not [text for text in told if number[2:] in text]


def test_nothing_a_service_hands_out_shows_a_whole_number() -> None:
    desk = Desk()
    shown: list[object] = [desk.draft([DID]), desk.service.get(desk.id), desk.directory.carriers("default")]
    shown.append(desk.service.start(desk.id, by="ops"))
    step = desk.service.step()
    shown += [step, *step.dials]
    first, second = step.dials
    now = desk.clock.now()
    shown.append(desk.service.record([Accepted(first.attempt_id, now), Accepted(second.attempt_id, now)]))
    shown.append(desk.service.exclude(desk.id, [PERSON, STRANGE], by="ops"))
    desk.service.record([Answered(first.attempt_id, now)])
    desk.service.record([Ended(first.attempt_id, now, "customer"), Ended(second.attempt_id, now, "no_answer")])
    store = desk.service.store
    shown += [*store.contacts(desk.id), *store.attempts(desk.id), *store.events(campaign_id=desk.id)]
    shown += [
        desk.service.list(),
        desk.service.counters(desk.id),
        desk.service.activity(desk.id),
        desk.service.recover(),
    ]
    shown.append(snapshot(desk.service, desk.id))
    shown.append(desk.service.clone(desk.id, by="ops"))
    for each in shown:
        for number in (PERSON, OTHER, DID, INBOUND, STRANGE):
            assert number not in repr(each), type(each)
            assert number not in str(each), type(each)


def test_the_person_is_there_for_who_asks() -> None:
    desk = Desk()
    desk.service.start(desk.id, by="ops")
    assert [dial.to.reveal() for dial in desk.service.step().dials] == [PERSON, OTHER]
    assert [contact.number for contact in desk.service.store.contacts(desk.id)] == [
        PhoneNumber(PERSON),
        PhoneNumber(OTHER),
    ]


# --- what a service raises --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ask",
    [
        lambda service: service.get("nobody"),
        lambda service: service.start("nobody", by="ops"),
        lambda service: service.pause("nobody", by="ops"),
        lambda service: service.clone("nobody", by="ops"),
        lambda service: service.delete("nobody", by="ops"),
        lambda service: service.exclude("nobody", [PERSON], by="ops"),
        lambda service: service.counters("nobody"),
        lambda service: service.store.contacts("nobody"),
        lambda service: service.activity("nobody"),
    ],
)
def test_an_unknown_campaign_is_not_found(ask: Callable[[CampaignService], object]) -> None:
    with pytest.raises(NotFound) as refused:
        ask(Desk().service)
    assert (refused.value.code, refused.value.entity_id) == ("not_found", "nobody")


@pytest.mark.behaviour("L3", "L16")
def test_a_start_that_is_refused_lists_every_reason_and_changes_nothing() -> None:
    desk = Desk()
    empty = desk.service.create(desk.draft([DID]), by="ops").id
    other = CampaignService(desk.service.store, StaticDirectory(bots=[], carriers=[]))
    before = desk.service.get(empty)
    with pytest.raises(CannotStart) as refused:
        other.start(empty, by="ops")
    assert [problem.code for problem in refused.value.problems] == [
        "no_contacts",
        "unknown_bot",
        "number_not_configured",
    ]
    assert (refused.value.action, refused.value.status) == ("start", "draft")
    assert desk.service.get(empty) == before
    assert before.status is CampaignStatus.DRAFT


def test_every_error_is_among_the_names_a_host_imports() -> None:
    for name in CODES:
        assert getattr(ori_campaigns, name, None) is getattr(errors, name)
