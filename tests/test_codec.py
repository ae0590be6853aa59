"""The codec: whatever a host can build comes back as it was, or is refused; and what it writes is pinned down."""

from __future__ import annotations

import inspect
import json
import os
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, NoneType
from typing import Any, NamedTuple, cast, get_args, get_type_hints

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ori_campaigns
from ori_campaigns import events, reports
from ori_campaigns.actions import FACES, ActionFace, Icon, LeadsTo, Tone
from ori_campaigns.appending import Appended, AppendResult
from ori_campaigns.auditing import Audit, Finding
from ori_campaigns.browsing import EVERY_CAMPAIGN, CampaignFilter, ContactFilter, Overview
from ori_campaigns.campaign import Action, Campaign, CampaignDraft, CampaignStatus, CompletionReason, Restart
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.codec import FORMAT, dumps, fact_from_json, fact_to_json, from_plain, loads, to_plain
from ori_campaigns.config import MULTI_DAY, CallLimits, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.contact import (
    Attempt,
    AttemptKind,
    AttemptStatus,
    Callback,
    CallbackRequest,
    Contact,
    ContactStatus,
)
from ori_campaigns.dialling import Step
from ori_campaigns.errors import CampaignsError, InvalidDefinition, Problem, UnreadableDocument
from ori_campaigns.events import Event, Fact
from ori_campaigns.exclusion import ExclusionResult, Exclusions
from ori_campaigns.listing import CampaignList, CampaignRow, Rate
from ori_campaigns.numbers import DigitsPolicy, PhoneNumber, Rejection
from ori_campaigns.outcomes import Policy, Recorded
from ori_campaigns.pacing import Bucket, Line, Supply
from ori_campaigns.pages import (
    DETAIL_TEXTS,
    LIST_TEXTS,
    DetailFacts,
    Moment,
    confirmation,
    contacts_page,
    detail_page,
    failure_toast,
    list_page,
)
from ori_campaigns.ports import DiallerCapabilities, StoreCapabilities
from ori_campaigns.reports import CallAnalysis, CallRef, DialRequest
from ori_campaigns.schedule import Schedule
from ori_campaigns.service import Receipt
from ori_campaigns.simulation import Snapshot
from ori_campaigns.testing.strategies import drafts, event_sequences
from ori_campaigns.views import Counters
from ori_campaigns.windows import CallingWindow
from ori_campaigns.wizard import FIELDS, TEXTS, Offers, RefusedFile, Saved, Table, Upload, Wizard
from ori_campaigns.wizard import Step as WizardStep

PERSON, POOL = PhoneNumber("919876543210"), PhoneNumber("911140001000")
AT = 1767225600000000

CONFIG = DiallerConfig(
    concurrency_limit=10,
    mode=MULTI_DAY,
    always_on=True,
    window=CallingWindow("22:00", "06:00", "Asia/Kolkata", working_days=[4, 0]),
    retry=RetryPolicy(2, 45, {"timeout", "RNR"}, ["call later"]),
    redial=RedialRules(stop_after_seconds=30),
)
FIRST_RUN = Campaign("c1", "default", "Renewals", "asha", (POOL,), CONFIG, AT, "ops", CampaignStatus.COMPLETED)
CAMPAIGN = Campaign(
    id="c1",
    workspace="default",
    name="Renouvellement été",
    bot="asha",
    numbers=(POOL, PhoneNumber("911140001001")),
    config=CONFIG,
    created_at=AT,
    created_by="ops",
    version=3,
    epoch=2,
    run_number=2,
    started_at=AT + 1,
    completion_reason=CompletionReason.MANUAL_STOP,
    opening_day=date(2026, 1, 1),
    restarts=(Restart(AT + 5, "ops"),),
    before_restart=FIRST_RUN,
)
REQUEST = CallbackRequest(AT, "nach fünf", "no_clear_time", 0.25)
CALLBACK = Callback(AT, 2, "after lunch", "", "completed")
CONTACT = Contact(
    "c1",
    7,
    PERSON,
    {"name": "Zoë", "a b": ""},
    ContactStatus.CALLBACK_SCHEDULED,
    attempts=1,
    due=AT,
    excluded=False,
    connected=True,
    last_connected=-1,
    rule="callback",
    callback=CALLBACK,
)
ATTEMPT = Attempt(
    id="c1-7-1",
    campaign_id="c1",
    contact=7,
    run=1,
    number_in_budget=1,
    kind=AttemptKind.CALLBACK,
    from_number=POOL,
    carrier="trunk",
    status=AttemptStatus.ENDED,
    reserved_at=AT,
    rang_at=None,
    answered_at=AT + 2,
    ended_at=AT + 3,
    talk=1,
    connected=True,
    disposition="customer",
    detail="",
    business_disposition="sold",
    rule="R2",
)
COUNTERS = Counters({ContactStatus.PENDING: 3, ContactStatus.CALLING: 1}, dialled=4, live=1)
ROW = CampaignRow(
    *("c1", "c1", "Renewals", CampaignStatus.RUNNING, "green", Rate(1, 3), 1, Rate(0, 0), Rate(3, 3)),
    *(datetime(2026, 1, 1, 9, 30, 0, 5, tzinfo=UTC), (Action.PAUSE, Action.STOP), "", "", ""),
)
DIAL = DialRequest(
    *("c1-7-1", "c1", "trunk", PERSON, POOL, "asha", 1, 1, AttemptKind.CALLBACK, {"name": "Zoë"}, AT, 80, 600),
    CALLBACK,
)
RESERVED = events.AttemptReserved("c1-7-1", 7, AT, 1, AttemptKind.RETRY, POOL, "trunk", AT + 5, 3, AT + 60)
FINDING = Finding("I16", "c1", "run 1: live", "3", "4")
OFFERS = Offers(["asha"], [Carrier("trunk", [CarrierNumber(POOL, "sales")])])
UPLOAD = Upload("leads.csv", 1, 1, {"blank": 1}, ("name",), Table(("phone_number", "name"), (("919876543210", "Zoë"),)))
REFUSED = RefusedFile("leads.csv", Problem("contacts", "empty_file", "It is empty."))
FORM = attrs.evolve(
    Wizard.create(OFFERS, key="form-1").enter("bot", "asha").enter("concurrency_limit", "abc").toggle("numbers", POOL),
    step=WizardStep.UPLOAD_CSV,
    uploaded=UPLOAD,
    refused=REFUSED,
)
REVIEW = attrs.evolve(Wizard.edit(CAMPAIGN, 3, OFFERS), step=WizardStep.REVIEW).page()
PAGES = [FORM.page(), REVIEW, FORM.go("number_pool").page()]

FACTS: list[Fact] = [
    RESERVED,
    events.AttemptSubmitted("c1-7-1", 7, AT, "call-77", AT + 1),
    events.CarrierRefLearned("c1-7-1", 7, AT, "call-77"),
    events.AttemptRang("c1-7-1", 7, AT, AT + 1),
    events.AttemptAnswered("c1-7-1", 7, AT, AT + 1),
    events.BotReported("c1-7-1", 7, AT, None, ""),
    events.BotReported("c1-7-1", 7, AT, began=True, disposition="RNR"),
    events.AttemptUnknown("c1-7-1", 7, AT, 'said "503"\n', AT + 1),
    events.AttemptEnded("c1-7-1", 7, AT, "customer", "", True, 5_000_000, AT - 5, None),
    events.AttemptReturned("c1-7-1", 7, AT, AttemptStatus.REFUSED, "full", ContactStatus.RETRY_SCHEDULED),
    events.AnalysisArrived("c1-7-1", 7, AT, "sold", REQUEST, late=False),
    events.AnalysisArrived("c1-7-1", 7, AT, "", None, late=True),
    events.ReportIgnored("c1-7-1", 7, AT, "Ringing", "repeat"),
    events.RetryScheduled("c1-7-1", 7, AT, AT + 9, "R5"),
    events.CallbackScheduled("c1-7-1", 7, AT, AT + 9, 1, "बाद में", "", "K4"),
    events.CallbackDeclined("c1-7-1", 7, AT, "switched_off"),
    events.AnalysisAwaited("c1-7-1", 7, AT, AT + 9),
    events.ContactClosed("c1-7-1", 7, AT, ContactStatus.MACHINE, "R4"),
    events.NumberExcluded(-1, AT, PERSON, "asked", "ops", closes=False),
    events.NumberReadded(7, AT, PERSON, "ops", opens=True),
    events.LifecycleChanged("start", "ops", AT, 1),
    events.ContactsMoved(AT, "stop", "manual_stopped", 12, 1),
]

LIST = list_page([Overview(CAMPAIGN, COUNTERS)], CampaignFilter("renewals", CampaignStatus.RUNNING), 1)
MOMENT = Moment(AT, 1, 2, AT + 5)
DETAIL = detail_page(
    DetailFacts(
        campaign=attrs.evolve(CAMPAIGN, restarts=(Restart(AT, "ops"),)),
        counters=COUNTERS,
        last=COUNTERS,
        moment=MOMENT,
        used={POOL: 2},
        activity=[events.LifecycleChanged("start", "ops", AT, 1)],
    )
)
CALLED = contacts_page([CONTACT], [attrs.evolve(ATTEMPT, contact=CONTACT.ordinal)], ContactFilter(), 1, reveal=True)

VALUES: list[Any] = [
    CAMPAIGN,
    FIRST_RUN,
    CampaignDraft("  Renewals ", "asha", ["+91 11 4000 1000"], CONFIG, "north"),
    Restart(AT, "ops"),
    CONFIG,
    CONFIG.retry,
    CONFIG.redial,
    CONFIG.window,
    DiallerConfig(),
    CallLimits(ring=40),
    Bot("asha", callbacks=True),
    CarrierNumber("+911140001000", "sales", outbound=False),
    Carrier("trunk", ["911140001000", CarrierNumber("911140001001", "x")], cps=0.5),
    CONTACT,
    attrs.evolve(CONTACT, callback=None, variables=MappingProxyType({"b": "2", "a": "1"})),
    ATTEMPT,
    CALLBACK,
    REQUEST,
    COUNTERS,
    Counters(MappingProxyType({})),
    *FACTS,
    *(Event(place, "c1", 7, place + 1, fact) for place, fact in enumerate(FACTS)),
    DIAL,
    DIAL._replace(callback=None, variables={}),
    CallRef("c1-7-1", "trunk", "call-77"),
    reports.Accepted("c1-7-1", AT, "call-77"),
    reports.Refused("c1-7-1", AT, "full", 2.5, fatal=True),
    reports.Unknown("c1-7-1", AT),
    reports.Unsent("c1-7-1", AT),
    reports.Ringing("c1-7-1", AT),
    reports.EarlyMedia("c1-7-1", AT),
    reports.Answered("c1-7-1", AT),
    reports.Ended("c1-7-1", AT, "customer", "16", AT - 5, None, "call-77"),
    reports.Lost("c1-7-1", AT),
    reports.FoundLive("c1-7-1", AT),
    reports.NeverPlaced("c1-7-1", AT),
    reports.NotFound("c1-7-1", AT),
    reports.BotReport("c1-7-1", AT, began=False),
    CallAnalysis("c1-7-1", AT, "sold", REQUEST),
    reports.Overdue("c1-7-1", AT),
    Receipt(CAMPAIGN, settled=False, settles_by=AT, draining=2),
    Exclusions({PERSON: ExclusionResult.WILL_EXCLUDE, POOL: ExclusionResult.NOT_FOUND}),
    Appended(CAMPAIGN, 1, 0, 1, 0, (AppendResult.SUPPRESSED, AppendResult.ADDED)),
    Rate(1, 3),
    ROW,
    CampaignList((ROW, ROW)),
    CampaignList(()),
    Problem("config.window", "bad_time", "It is late.", "Make it early."),
    *FACES.values(),
    Step((DIAL,), (CallRef("a", "t"),), (CallRef("b", "t"),), AT),
    Recorded((CallRef("a", "t"),), (), (("c1", "bot_gone"), ("c2", "refused")), ("x", "y")),
    Snapshot(CAMPAIGN, (CONTACT,), (ATTEMPT,), COUNTERS, AT),
    FINDING,
    OFFERS,
    UPLOAD,
    UPLOAD.preview,
    REFUSED,
    FORM,
    FORM.entries,
    Wizard.edit(CAMPAIGN, 3, OFFERS),
    Wizard.edit(CAMPAIGN, 3, OFFERS).editing,
    Saved("c1", "Campaign created"),
    TEXTS,
    TEXTS.steps["review"],
    TEXTS.fields["name"],
    FIELDS["name"],
    *PAGES,
    *(each for page in PAGES for each in (page.back_link, page.pills[0], *page.notices, *page.fields, *page.buttons)),
    *(each for page in PAGES for each in page.problems),
    PAGES[2].fields[0].options[0],
    REVIEW.review,
    cast("Any", REVIEW.review).grid[2],
    EVERY_CAMPAIGN,
    ContactFilter(ContactStatus.PENDING, PERSON, "sold", "missed"),
    LIST,
    LIST.new_campaign,
    LIST.status,
    LIST.status.choices[0],
    LIST.rows[0],
    LIST.rows[0].badge,
    LIST.rows[0].progress,
    LIST.rows[0].buttons[0],
    confirmation("restart", "Renewals"),
    MOMENT,
    DETAIL,
    DETAIL.live,
    DETAIL.live.estimate,
    DETAIL.contacts[0],
    DETAIL.pool[0],
    DETAIL.activity[0],
    DETAIL.restarts[0],
    DETAIL.settings[0],
    DETAIL.runs[0],
    DETAIL.rates[0],
    CALLED,
    CALLED.rows[0],
    CALLED.rows[0].calls[0],
    CALLED.rows[0].callback,
    failure_toast("start", CampaignsError("Because.")),
    LIST_TEXTS,
    DETAIL_TEXTS,
    Audit((FINDING,), campaigns=1, contacts=2, attempts=3, events=4, busy=("c1", "c2")),
    DiallerCapabilities(deduplicates="window"),
    StoreCapabilities(durable=True, shared=False, inline=False, joins=True),
    Rejection("too_long"),
    DigitsPolicy(),
    Line("trunk", 1, 2, 3),
    Bucket(5, 6, AT),
    Supply(Bucket(5, 6, AT), 7),
    PERSON,
]

# What a host neither gives nor gets, or what is code rather than a value.
LEFT_OUT = {
    "admission": "answered by a rule to a store",
    "diallers": "models of people and carriers: functions, and scripts of a rehearsal",
    "e164": "a number policy and its compiled patterns: a store keeps its name",
    "gates": "answered by one rule to another",
    "ingest": "a lead file on its way in; the list itself goes to a store",
    "lifecycle": "answered by a rule to the service",
    "outcomes.Policy": "holds a function",
    "browsing.Overview": "answered by a store to the service",
    "pages.detail.DetailFacts": "read from a store by the service",
    "pacing.Demand": "asked by a store of a rule",
    "ports.AdmitAsk": "asked by the service of a store",
    "ports.Agenda": "answered by a store to the service",
    "ports.Work": "answered by a store to the service",
    "retry": "asked and answered within the rules",
    "simulation.follows.Follow": "an answer of a rule, as a simulation keeps it for a while",
    "simulation.live.Taken": "handed from one half of a simulation to the other",
    "runner": "settings of a process, in timedeltas",
    "schedule": "compiled from a calling window",
    "views.AppendStage": "answered by a rule to a store",
    "views.CancelCallbacks": "answered by a rule to a store",
    "views.Changes": "answered by a rule to a store",
    "views.CloseAwaiting": "answered by a rule to a store",
    "views.CloseUsedUp": "answered by a rule to a store",
    "views.CloseWaiting": "answered by a rule to a store",
    "views.CopyContacts": "answered by a rule to a store",
    "views.Created": "answered by a rule to a store",
    "views.DropRun": "answered by a rule to a store",
    "views.NewRun": "answered by a rule to a store",
    "views.NumberMatch": "shown by a store to a rule",
    "views.UseStage": "answered by a rule to a store",
}


def named(value: object) -> str:
    return type(value).__name__


def classes() -> dict[str, type]:
    """Every attrs class and named tuple of the package, by module and name."""
    found: dict[str, type] = {}
    for info in pkgutil.walk_packages(ori_campaigns.__path__, "ori_campaigns."):
        # What runs, what tests, and how stores keep their rows is not what a host holds in its hands.
        if info.name.split(".")[1] in {"__main__", "cli", "recount", "stores", "testing"}:
            continue
        for name, each in vars(import_module(info.name)).items():
            is_value = inspect.isclass(each) and (attrs.has(each) or hasattr(each, "_fields"))
            if is_value and each.__module__ == info.name and not name.startswith("_"):
                found[f"{info.name.removeprefix('ori_campaigns.')}.{name}"] = each
    return found


def left_out(name: str) -> bool:
    return name in LEFT_OUT or name.split(".", maxsplit=1)[0] in LEFT_OUT


def test_every_class_of_values_is_proved_here_or_left_out_for_a_reason() -> None:
    found, shown = classes(), set(map(type, VALUES))
    assert len(found) > 80
    assert [name for name, each in found.items() if each not in shown and not left_out(name)] == []
    assert [name for name, each in found.items() if each in shown and left_out(name)] == []
    assert [name for name in LEFT_OUT if not any(each.startswith(name) for each in found)] == []


def test_every_fact_and_every_report_is_proved_here() -> None:
    shown = set(map(type, VALUES))
    assert set(get_args(Fact)) == set(map(type, FACTS))
    assert set(get_args(reports.Report)) <= shown


# --- there and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", VALUES, ids=named)
def test_a_value_comes_back_equal(value: Any) -> None:
    text = dumps(value)
    back = loads(type(value), text)
    assert type(back) is type(value)
    assert back == value
    # Equal is not the same: 1, 1.0 and True are equal.
    assert dumps(back) == text


@pytest.mark.parametrize("value", VALUES, ids=named)
def test_a_document_is_plain_json(value: Any) -> None:
    plain, text = to_plain(value), dumps(value)
    assert json.loads(text) == plain
    assert text == json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    assert list(plain)[:2] == ["format", "type"]
    assert (plain["format"], plain["type"]) == (FORMAT, type(value).__name__)
    assert from_plain(type(value), plain) == value


@pytest.mark.parametrize("value", VALUES, ids=named)
def test_the_keys_are_the_fields_in_their_order(value: Any) -> None:
    cls = type(value)
    own = list(getattr(cls, "_fields", ())) or [each.name for each in attrs.fields(cls) if each.init]
    expected = ["value"] if cls is PhoneNumber else own
    assert list(to_plain(value))[2:] == expected
    assert not {"format", "type"} & set(own), "the envelope would hide them"


@pytest.mark.parametrize(
    "member", [*Action, *CampaignStatus, *AttemptKind, *ContactStatus, *Icon, *Tone, *LeadsTo, *ExclusionResult]
)
def test_a_member_of_an_enum_is_a_document_too(member: Enum) -> None:
    assert to_plain(member) == {"format": 1, "type": type(member).__name__, "value": str(member)}
    assert loads(type(member), dumps(member)) is member


# What the wizard or a host may leave in a config is for validation to name; here it only has to come back.
AS_GIVEN: list[Any] = [
    DiallerConfig(mode="weekly"),
    DiallerConfig(concurrency_limit=cast("int", 2.5), analysis_wait_seconds=-1),
    RetryPolicy(max_attempts=0, delay_minutes=cast("int", 1.5)),
    RetryPolicy(on_system="no_answer", on_business=" Callback_Requested "),
    RetryPolicy(on_system=["ünknown", "RNR", "RNR"]),
    RedialRules(cast("int", 0.5), 10**30),
    CallLimits(ring=cast("int", 12.5)),
    CallingWindow("9:00", "25:61", "Asia/Calcuta", working_days=()),
    CallingWindow(working_days={9, -1}),
    Carrier("", [], cps=5, burst=cast("int", 2.5), channels=0),
    CampaignDraft("", "", [], workspace=""),
    attrs.evolve(FIRST_RUN, numbers=(PhoneNumber("sip:asha@example"), PhoneNumber(""))),
]


@pytest.mark.parametrize("value", AS_GIVEN, ids=named)
def test_what_a_value_was_given_comes_back_as_it_was_given(value: Any) -> None:
    text = dumps(value)
    assert loads(type(value), text) == value
    assert dumps(loads(type(value), text)) == text


def test_a_name_given_for_a_member_comes_back_equal() -> None:
    draft = attrs.evolve(FIRST_RUN, status=cast("CampaignStatus", "draft"), bot=cast("str", Action.EDIT))
    assert loads(Campaign, dumps(draft)) == draft
    fact = events.LifecycleChanged(Action.START, "ops", AT, 1)
    assert fact_from_json("LifecycleChanged", fact_to_json(fact)) == fact


@given(drafts())
def test_every_draft_comes_back(draft: CampaignDraft) -> None:
    assert loads(CampaignDraft, dumps(draft)) == draft


@given(event_sequences(DIAL))
def test_every_report_of_a_call_comes_back(told: list[reports.Report]) -> None:
    assert [loads(type(report), dumps(report)) for report in told] == told


def test_threads_that_come_first_together_write_the_same() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: dumps(CAMPAIGN), range(64)))) == 1


# --- what is written --------------------------------------------------------------------------------------------------

CONFIG_TEXT = (
    '{"concurrency_limit":10,"mode":"multi_day","always_on":true,'
    '"window":{"start":"22:00","end":"06:00","timezone":"Asia/Kolkata","working_days":[0,4]},'
    '"retry":{"max_attempts":2,"delay_minutes":45,"on_system":["RNR","timeout"],"on_business":["call later"]},'
    '"redial":{"stop_after_seconds":30,"redial_under_seconds":null},"callback_detection":false,'
    '"callbacks_may_exceed_max_attempts":false,"sticky_exclusion":false,"analysis_wait_seconds":120}'
)
CAMPAIGN_TEXT = (
    '{"format":1,"type":"Campaign","id":"c1","workspace":"default","name":"Renouvellement été","bot":"asha",'
    '"numbers":["911140001000","911140001001"],"config":' + CONFIG_TEXT + ","
    '"created_at":1767225600000000,"created_by":"ops","status":"draft","version":3,"epoch":2,"run_number":2,'
    '"started_at":1767225600000001,"completed_at":null,"completion_reason":"manual_stop","failure":"",'
    '"opening_day":"2026-01-01","cutoff":null,"closing":null,"bot_calls_back":false,'
    '"restarts":[{"at":1767225600000005,"by":"ops"}],"before_restart":{"id":"c1","workspace":"default",'
    '"name":"Renewals","bot":"asha","numbers":["911140001000"],"config":' + CONFIG_TEXT + ","
    '"created_at":1767225600000000,"created_by":"ops","status":"completed","version":1,"epoch":0,"run_number":1,'
    '"started_at":null,"completed_at":null,"completion_reason":null,"failure":"","opening_day":null,"cutoff":null,'
    '"closing":null,"bot_calls_back":false,"restarts":[],"before_restart":null}}'
)
RESERVED_TEXT = (
    '{"attempt":"c1-7-1","contact":7,"at":1767225600000000,"number_in_budget":1,"kind":"retry",'
    '"from_number":"911140001000","carrier":"trunk","not_after":1767225600000005,"epoch":3,'
    '"check_at":1767225600000060}'
)

# A document that was written once must be readable for ever: change these only together with FORMAT.
WRITTEN: list[tuple[Any, str]] = [
    (CAMPAIGN, CAMPAIGN_TEXT),
    (
        CallAnalysis("c1-7-1", AT, "sold", REQUEST),
        (
            '{"format":1,"type":"CallAnalysis","attempt_id":"c1-7-1","at":1767225600000000,"business_disposition":"sold",'
            '"callback":{"at":1767225600000000,"text":"nach fünf","reason":"no_clear_time","confidence":0.25}}'
        ),
    ),
    (
        Event(9, "c1", 7, 3, RESERVED),
        '{"format":1,"type":"Event","cursor":9,"campaign_id":"c1","stream":7,"sequence":3,'
        '"fact":{"type":"AttemptReserved",' + RESERVED_TEXT[1:] + "}",
    ),
    (
        COUNTERS,
        (
            '{"format":1,"type":"Counters","contacts":{"pending":3,"calling":1},"dialled":4,"answered":0,"connected":0,'
            '"connected_contacts":0,"live":1,"ringing":0,"in_progress":0,"machines":0,"excluded":0}'
        ),
    ),
    (
        Exclusions({PERSON: ExclusionResult.EXCLUDED}),
        '{"format":1,"type":"Exclusions","results":{"919876543210":"excluded"}}',
    ),
    (PERSON, '{"format":1,"type":"PhoneNumber","value":"919876543210"}'),
    (
        Recorded(fatal=(("c1", "bot_gone"),)),
        '{"format":1,"type":"Recorded","hangups":[],"look_ups":[],"fatal":[["c1","bot_gone"]],"unmatched":[]}',
    ),
    (
        ActionFace("Edit", Icon.PENCIL, leads_to=LeadsTo.WIZARD),
        '{"format":1,"type":"ActionFace","label":"Edit","icon":"pencil","tone":"neutral","leads_to":"wizard"}',
    ),
]


@pytest.mark.parametrize(("value", "text"), WRITTEN, ids=[named(value) for value, _ in WRITTEN])
def test_the_text_of_a_document(value: Any, text: str) -> None:
    assert dumps(value) == text
    assert loads(type(value), text) == value


def test_a_time_is_written_with_its_zone() -> None:
    assert to_plain(ROW)["created"] == "2026-01-01T09:30:00.000005+00:00"


# --- facts ------------------------------------------------------------------------------------------------------------

FACT_TEXTS: list[tuple[Fact, str]] = [
    (RESERVED, RESERVED_TEXT),
    (
        events.AnalysisArrived("a", 0, 5, "sold", CallbackRequest(9), late=True),
        (
            '{"attempt":"a","contact":0,"at":5,"business_disposition":"sold",'
            '"callback":{"at":9,"text":"","reason":"","confidence":1.0},"late":true}'
        ),
    ),
    (events.BotReported("a", 0, 5, None, ""), '{"attempt":"a","contact":0,"at":5,"began":null,"disposition":""}'),
    (
        events.NumberExcluded(-1, 5, PERSON, 'said "no"\n', "ops", closes=False),
        '{"contact":-1,"at":5,"number":"919876543210","reason":"said \\"no\\"\\n","by":"ops","closes":false}',
    ),
    (
        events.NumberReadded(7, 5, PERSON, "ops", opens=True),
        '{"contact":7,"at":5,"number":"919876543210","by":"ops","opens":true}',
    ),
]


@pytest.mark.parametrize(("fact", "text"), FACT_TEXTS, ids=[named(fact) for fact, _ in FACT_TEXTS])
def test_the_text_of_a_fact(fact: Fact, text: str) -> None:
    assert fact_to_json(fact) == text
    assert fact_from_json(type(fact).__name__, text) == fact


def plainly(value: Any) -> Any:
    """What a fact is in JSON, said once more and slowly."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PhoneNumber):
        return value.reveal()
    if isinstance(value, CallbackRequest):
        return {"at": value.at, "text": value.text, "reason": value.reason, "confidence": value.confidence}
    return value


TEXT = st.text(max_size=8)
WHOLE = st.integers(-(2**63), 2**63)
DRAWN: Mapping[Any, st.SearchStrategy[Any]] = {
    str: TEXT,
    int: WHOLE,
    bool: st.booleans(),
    PhoneNumber: st.builds(PhoneNumber, TEXT),
    CallbackRequest: st.builds(CallbackRequest, WHOLE, TEXT, TEXT, st.floats(0, 1) | st.integers(0, 1)),
}


def drawn(kind: Any) -> st.SearchStrategy[Any]:
    if NoneType in get_args(kind):
        return st.none() | drawn(get_args(kind)[0])
    return DRAWN[kind] if kind in DRAWN else st.sampled_from(kind)


def facts() -> st.SearchStrategy[Fact]:
    return st.one_of(
        [
            st.builds(kind, **{name: drawn(each) for name, each in get_type_hints(kind).items()})
            for kind in get_args(Fact)
        ]
    )


@given(facts())
def test_every_fact_comes_back_and_is_what_it_is_plainly(fact: Fact) -> None:
    text = fact_to_json(fact)
    assert json.loads(text) == {name: plainly(value) for name, value in fact._asdict().items()}
    back = fact_from_json(type(fact).__name__, text)
    assert (type(back), back) == (type(fact), fact)
    assert {type(getattr(back, name)) for name in fact._fields} == {type(value) for value in fact}
    text.encode()


@pytest.mark.parametrize("fact", FACTS, ids=named)
def test_a_fact_is_read_however_a_store_has_laid_it_out(fact: Fact) -> None:
    # A JSON column may change the order of the keys and the space between them.
    plain = dict(reversed(json.loads(fact_to_json(fact)).items()))
    assert fact_from_json(type(fact).__name__, f"  {json.dumps(plain, indent=1)}\n") == fact


def test_a_field_with_a_default_may_be_missing_from_a_fact() -> None:
    fact = fact_from_json("LifecycleChanged", '{"action":"start","by":"ops","at":5,"run":1}')
    assert fact == events.LifecycleChanged("start", "ops", 5, 1, "")


BAD_FACTS: list[tuple[str, str, list[tuple[str, str]]]] = [
    ("AttemptMislaid", "{}", [("", "unknown_fact")]),
    ("Campaign", "{}", [("", "unknown_fact")]),
    ("AnalysisAwaited", "", [("", "not_json")]),
    ("AnalysisAwaited", '{"attempt":"a","contact":0,"at":5,"check_at":9}]', [("", "not_json")]),
    ("AnalysisAwaited", "[" * 100_000, [("", "not_json")]),
    ("AnalysisAwaited", "null", [("", "ill_typed")]),
    ("AnalysisAwaited", '["a",0,5,9]', [("", "ill_typed")]),
    ("AnalysisAwaited", '{"attempt":"a","contact":0,"at":5}', [("check_at", "missing_field")]),
    ("AnalysisAwaited", '{"attempt":"a","contact":0,"at":5,"check_at":9,"x":1}', [("", "unknown_field")]),
    (
        "AnalysisAwaited",
        '{"attempt":1,"contact":0,"at":5.0,"check_at":9}',
        [("attempt", "ill_typed"), ("at", "ill_typed")],
    ),
    (
        "AnalysisAwaited",
        '{"attempt":"a","contact":true,"at":null,"check_at":9}',
        [("contact", "ill_typed"), ("at", "ill_typed")],
    ),
    ("ContactClosed", '{"attempt":"a","contact":0,"at":5,"status":"gone","rule":""}', [("status", "ill_typed")]),
    (
        "AnalysisArrived",
        (
            '{"attempt":"a","contact":0,"at":5,"business_disposition":"","callback":{"at":5,"text":"","reason":"",'
            '"confidence":NaN},"late":false}'
        ),
        [("", "not_json")],
    ),
    (
        "AnalysisArrived",
        '{"attempt":"a","contact":0,"at":5,"business_disposition":"","callback":{"at":"5"},"late":0}',
        [("callback.at", "ill_typed"), ("late", "ill_typed")],
    ),
]


@pytest.mark.parametrize(("kind", "text", "wrong"), BAD_FACTS)
def test_what_is_no_fact_is_refused(kind: str, text: str, wrong: list[tuple[str, str]]) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        fact_from_json(kind, text)
    assert [(problem.path, problem.code) for problem in refused.value.problems] == wrong


# --- what cannot be written -------------------------------------------------------------------------------------------


@attrs.frozen
class Signed(Campaign):
    """A host's own campaign, with a field that would be lost."""

    signature: str = ""


SIGNED = Signed("c1", "default", "Renewals", "asha", (POOL,), CONFIG, AT, "ops", signature="me")


class Loose(NamedTuple):
    anything: Any


class Days(NamedTuple):
    days: frozenset[int]


@attrs.frozen
class Picky:
    """A host's own value, with a check of its own."""

    share: int = attrs.field(validator=attrs.validators.le(100))


NAN, HALVES = float("nan"), "\ud83d" + "\ude00"

UNWRITABLE: dict[str, tuple[Any, str]] = {
    "a number": (5, ""),
    "a list of values": ([FIRST_RUN], ""),
    "a function inside": (Policy(), "connected"),
    "a compiled schedule": (CallingWindow().schedule(), "zone"),
    "anything at all": (Loose(1), "anything"),
    "no config": (attrs.evolve(FIRST_RUN, config=cast("DiallerConfig", None)), "config"),
    "text for a number": (attrs.evolve(FIRST_RUN, config=DiallerConfig(cast("int", "50"))), "config.concurrency_limit"),
    "a truth for a number": (RetryPolicy(max_attempts=True), "max_attempts"),
    "a number for a truth": (Bot("asha", callbacks=cast("bool", 1)), "callbacks"),
    "a truth for a version": (attrs.evolve(FIRST_RUN, version=True), "version"),
    "a fraction of a version": (attrs.evolve(FIRST_RUN, version=cast("int", 1.5)), "version"),
    "no number": (Carrier("t", [], cps=NAN), "cps"),
    "endless": (RetryPolicy(delay_minutes=cast("int", float("inf"))), "delay_minutes"),
    "no mode": (DiallerConfig(mode=cast("str", None)), "mode"),
    "a status nobody knows": (attrs.evolve(FIRST_RUN, status=cast("CampaignStatus", "gone")), "status"),
    "days by name": (CallingWindow(working_days=cast("Any", ["mon"])), "working_days"),
    "a list for a tuple": (CampaignList(cast("Any", [ROW])), "rows"),
    "a pair of three": (Recorded(fatal=cast("Any", (("a", "b", "c"),))), "fatal[0]"),
    "deep inside": (
        attrs.evolve(FIRST_RUN, restarts=(Restart(1, "x"), Restart(2, cast("str", None)))),
        "restarts[1].by",
    ),
    "a number as text": (attrs.evolve(FIRST_RUN, numbers=cast("Any", ("911140001000",))), "numbers[0]"),
    "a phone number of digits": (attrs.evolve(CONTACT, number=PhoneNumber(cast("str", 9876543210))), "number"),
    "a time without a zone": (attrs.evolve(ROW, created=datetime(2026, 1, 1)), "created"),  # noqa: DTZ001
    "a time for a day": (attrs.evolve(FIRST_RUN, opening_day=datetime(2026, 1, 1, tzinfo=UTC)), "opening_day"),
    "a variable that is no text": (attrs.evolve(CONTACT, variables=cast("Any", {"age": 5})), "variables"),
    "variables in a list": (attrs.evolve(CONTACT, variables=cast("Any", [])), "variables"),
    "a list for a set": (Days(cast("Any", [1])), "days"),
    "no fact": (Event(1, "c1", 0, 1, cast("Fact", CallRef("a", "t"))), "fact"),
    "a bot for a call": (Recorded(hangups=(cast("CallRef", Bot("a")),)), "hangups[0]"),
    "a campaign with more to it": (Receipt(SIGNED), "campaign"),
    "half characters": (Bot(HALVES), ""),
}


@pytest.mark.parametrize("name", UNWRITABLE)
def test_what_could_not_be_read_back_is_not_written(name: str) -> None:
    value, path = UNWRITABLE[name]
    with pytest.raises(InvalidDefinition) as refused:
        dumps(value)
    assert refused.value.code == "unwritable"
    assert [problem.path for problem in refused.value.problems] == [path]
    assert "911140001000" not in str(refused.value)


UNWRITABLE_FACTS: dict[str, tuple[Any, str]] = {
    "a report": (reports.Ringing("a", 1), ""),
    "a value": (CAMPAIGN, ""),
    "nothing": (None, ""),
    "a fraction of a contact": (RESERVED._replace(contact=cast("int", 1.5)), "contact"),
    "text for a number": (RESERVED._replace(epoch=cast("int", "3")), "epoch"),
    "bytes": (RESERVED._replace(carrier=cast("str", b"trunk")), "carrier"),
    "a kind nobody knows": (RESERVED._replace(kind=cast("AttemptKind", "often")), "kind"),
    "digits": (RESERVED._replace(from_number=cast("PhoneNumber", "911140001000")), "from_number"),
    "half characters": (RESERVED._replace(carrier=HALVES), ""),
}


@pytest.mark.parametrize("name", UNWRITABLE_FACTS)
def test_a_fact_that_could_not_be_read_back_is_not_written(name: str) -> None:
    fact, path = UNWRITABLE_FACTS[name]
    with pytest.raises(InvalidDefinition) as refused:
        fact_to_json(fact)
    assert refused.value.code == "unwritable"
    assert [problem.path for problem in refused.value.problems] == [path]
    assert "911140001000" not in str(refused.value)


def test_a_stray_half_of_a_character_does_not_stop_a_log() -> None:
    # It comes from somebody's broken JSON; no store takes it as it is, for it is no UTF-8.
    fact = events.AttemptUnknown("a", 0, 5, "é\ud800", 9)
    text = fact_to_json(fact)
    assert text.encode().decode() == text == '{"attempt":"a","contact":0,"at":5,"why":"é\\ud800","check_at":9}'
    assert fact_from_json("AttemptUnknown", text) == fact
    assert loads(Bot, dumps(Bot("\udcff!"))) == Bot("\udcff!")


# --- what cannot be read ----------------------------------------------------------------------------------------------


def changed(**fields: Any) -> dict[str, Any]:
    return to_plain(CAMPAIGN) | fields


def without(plain: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: each for name, each in plain.items() if name not in names}


def within(**fields: Any) -> dict[str, Any]:
    return changed(config=to_plain(CAMPAIGN)["config"] | fields)


BAD_DOCUMENTS: dict[str, tuple[type, Any, list[tuple[str, str]]]] = {
    "a list": (Campaign, [], [("", "not_an_object")]),
    "nothing": (Campaign, None, [("", "not_an_object")]),
    "no envelope": (Campaign, without(changed(), "format", "type"), [("format", "no_format")]),
    "a format that is none": (Campaign, changed(format="1"), [("format", "no_format")]),
    "a format that is true": (Campaign, changed(format=True), [("format", "no_format")]),
    "format nought": (Campaign, changed(format=0), [("format", "no_format")]),
    "a newer format": (Campaign, changed(format=FORMAT + 1), [("format", "newer_format")]),
    "another class": (Campaign, changed(type="Bot"), [("type", "wrong_type")]),
    "no class": (Campaign, without(changed(), "type"), [("type", "wrong_type")]),
    "missing fields": (Campaign, without(changed(), "id", "bot"), [("id", "missing_field"), ("bot", "missing_field")]),
    "an unknown field": (Campaign, changed(colour="red"), [("", "unknown_field")]),
    "an unknown field inside": (Campaign, within(colour="red"), [("config", "unknown_field")]),
    "a number for text": (Campaign, changed(name=5), [("name", "ill_typed")]),
    "text for a number": (Campaign, changed(version="5"), [("version", "ill_typed")]),
    "a fraction": (Campaign, changed(version=5.0), [("version", "ill_typed")]),
    "a truth for a number": (Campaign, changed(epoch=True), [("epoch", "ill_typed")]),
    "a number for a truth": (Campaign, changed(bot_calls_back=1), [("bot_calls_back", "ill_typed")]),
    "null where nothing may be": (Campaign, changed(config=None), [("config", "ill_typed")]),
    "a status nobody knows": (Campaign, changed(status="gone"), [("status", "ill_typed")]),
    "a status in a list": (Campaign, changed(status=[]), [("status", "ill_typed")]),
    "text for a list": (Campaign, changed(numbers="911140001000"), [("numbers", "ill_typed")]),
    "an object for a list": (Campaign, changed(restarts={}), [("restarts", "ill_typed")]),
    "a number among numbers": (Campaign, changed(numbers=["911", 5]), [("numbers[1]", "ill_typed")]),
    "a day that is none": (Campaign, changed(opening_day="2026-02-30"), [("opening_day", "ill_typed")]),
    "a day as a number": (Campaign, changed(opening_day=5), [("opening_day", "ill_typed")]),
    "a list for an object": (Campaign, changed(restarts=[[5, "ops"]]), [("restarts[0]", "ill_typed")]),
    "deep inside": (
        Campaign,
        changed(before_restart=without(changed(restarts=[{"at": "5", "by": "x"}]), "format", "type")),
        [("before_restart.restarts[0].at", "ill_typed")],
    ),
    "many at once": (
        Campaign,
        within(mode=5, retry={"delay_minutes": "x", "on_system": [5]}) | {"version": None},
        [
            ("config.mode", "ill_typed"),
            ("config.retry.delay_minutes", "ill_typed"),
            ("config.retry.on_system[0]", "ill_typed"),
            ("version", "ill_typed"),
        ],
    ),
    "an envelope inside": (Campaign, changed(restarts=[to_plain(Restart(5, "x"))]), [("restarts[0]", "unknown_field")]),
    "a pool with no number in it": (
        CampaignDraft,
        {"format": 1, "type": "CampaignDraft", "name": "x", "bot": "y", "numbers": ["98765432109876543210"]},
        [("", "refused")],
    ),
    "keys that are no status": (Counters, to_plain(COUNTERS) | {"contacts": {"gone": 1}}, [("contacts", "ill_typed")]),
    "counts in a list": (Counters, to_plain(COUNTERS) | {"contacts": []}, [("contacts", "ill_typed")]),
    "a pair of one": (Recorded, to_plain(Recorded()) | {"fatal": [["c1"]]}, [("fatal[0]", "ill_typed")]),
    "a fact nobody knows": (
        Event,
        to_plain(Event(1, "c1", 0, 1, RESERVED)) | {"fact": {"type": "Bot", "id": "x"}},
        [("fact", "ill_typed")],
    ),
    "a fact of no class": (Event, to_plain(Event(1, "c1", 0, 1, RESERVED)) | {"fact": {}}, [("fact", "ill_typed")]),
    "half a fact": (
        Event,
        to_plain(Event(1, "c1", 0, 1, RESERVED)) | {"fact": {"type": "AnalysisAwaited", "attempt": "a", "at": 5}},
        [("fact.contact", "missing_field"), ("fact.check_at", "missing_field")],
    ),
    "a number without its digits": (PhoneNumber, {"format": 1, "type": "PhoneNumber"}, [("", "missing_field")]),
    "a number that is none": (
        PhoneNumber,
        {"format": 1, "type": "PhoneNumber", "value": 919876543210},
        [("", "ill_typed")],
    ),
    "a member nobody knows": (Action, {"format": 1, "type": "Action", "value": "leap"}, [("", "ill_typed")]),
    "a schedule": (
        Schedule,
        {"format": 1, "type": "Schedule", "start": 0, "end": 1, "zone": "UTC", "working_days": []},
        [("zone", "ill_typed")],
    ),
    "what the class itself refuses": (Picky, {"format": 1, "type": "Picky", "share": 101}, [("", "refused")]),
    "an hour without a zone": (
        CampaignRow,
        to_plain(ROW) | {"created": "2026-01-01T09:30:00"},
        [("created", "ill_typed")],
    ),
}


@pytest.mark.parametrize("name", BAD_DOCUMENTS)
def test_what_is_no_document_is_refused(name: str) -> None:
    cls, plain, wrong = BAD_DOCUMENTS[name]
    ways: list[Callable[[], object]] = [lambda: from_plain(cls, plain), lambda: loads(cls, json.dumps(plain))]
    for read in ways:
        with pytest.raises(UnreadableDocument) as refused:
            read()
        assert refused.value.code == "unreadable_document"
        assert [(problem.path, problem.code) for problem in refused.value.problems] == wrong
        for problem in refused.value.problems:
            assert problem.message.endswith(".")
            assert problem.hint
        for number in ("911140001000", "919876543210", "98765432109876543210"):
            assert number not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        CAMPAIGN_TEXT[:-1],
        CAMPAIGN_TEXT + "}",
        "'x'",
        '{"format":NaN}',
        "[" * 100_000,
        '{"a":' + "9" * 5000 + "}",
    ],
)
def test_broken_json_is_refused(text: str) -> None:
    with pytest.raises(UnreadableDocument) as refused:
        loads(Campaign, text)
    assert [problem.code for problem in refused.value.problems] == ["not_json"]


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(UnreadableDocument):
        loads(Campaign, cast("str", None))
    with pytest.raises(UnreadableDocument):
        fact_from_json("AnalysisAwaited", cast("str", None))


SENTENCES: list[tuple[Callable[[], object], str]] = [
    (
        lambda: from_plain(Campaign, changed(format=2)),
        (
            "The Campaign cannot be read: format: It is of format 2; this release reads formats up to 1. "
            "Upgrade ori-campaigns where it is read."
        ),
    ),
    (
        lambda: from_plain(Bot, {"format": 1, "type": "Bot", "callbacks": 1}),
        (
            "The Bot cannot be read, it has 2 problems:\n"
            "  - id: This field is missing. Give it: only fields with a default may be missing.\n"
            "  - callbacks: It is not true or false. Give a value of that kind."
        ),
    ),
    (
        lambda: loads(Bot, '{"format":1,'),
        (
            "The Bot cannot be read: It is not JSON text; it breaks off or goes wrong at character 12. "
            "Give the whole text as it was written."
        ),
    ),
    (
        lambda: fact_from_json("AttemptMislaid", "{}"),
        (
            "The fact cannot be read: There is no fact of the kind 'AttemptMislaid'; this release knows 20 kinds. "
            "Upgrade ori-campaigns if a newer release wrote the log."
        ),
    ),
    (
        lambda: dumps(Bot(cast("str", None))),
        (
            "The Bot is not valid: id: It holds None, not text. "
            "Give a value of that kind: what is written must be read back as it is."
        ),
    ),
]


@pytest.mark.parametrize(("ask", "sentence"), SENTENCES, ids=range(len(SENTENCES)))
def test_what_a_person_reads(ask: Callable[[], object], sentence: str) -> None:
    with pytest.raises(CampaignsError) as refused:
        ask()
    assert str(refused.value) == sentence


def test_fields_with_a_default_may_be_missing() -> None:
    plain = {"format": 1, "type": "CampaignDraft", "name": " Renewals ", "bot": "asha", "numbers": ["+91 11 4000-1000"]}
    assert from_plain(CampaignDraft, plain) == CampaignDraft("Renewals", "asha", [POOL])


# --- what is loaded ---------------------------------------------------------------------------------------------------


def test_cattrs_is_loaded_when_a_document_is_read_and_not_before() -> None:
    code = (
        "import sys\n"
        "from ori_campaigns.codec import dumps, fact_from_json, fact_to_json, loads\n"
        "from ori_campaigns.carriers import Bot\n"
        "from ori_campaigns.events import AnalysisAwaited as Fact\n"
        "assert fact_from_json('AnalysisAwaited', fact_to_json(Fact('a', 0, 5, 9))) == Fact('a', 0, 5, 9)\n"
        "text = dumps(Bot('asha'))\n"
        "assert 'cattrs' not in sys.modules\n"
        "loads(Bot, text)\n"
        "assert 'cattrs' in sys.modules\n"
    )
    here = {**os.environ, "PYTHONPATH": str(Path(ori_campaigns.__file__).parents[1])}
    done = subprocess.run([sys.executable, "-c", code], env=here, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
