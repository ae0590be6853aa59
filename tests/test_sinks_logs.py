"""What a log record says of each event, at which level, and what it never says."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Sequence
from typing import get_args

import pytest

import documents
from ori_campaigns.contact import AttemptKind, AttemptStatus, CallbackRequest, ContactStatus
from ori_campaigns.events import (
    AnalysisArrived,
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptFact,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    BotReported,
    CallbackDeclined,
    CallbackScheduled,
    CampaignFact,
    CarrierRefLearned,
    ContactClosed,
    ContactFact,
    ContactsMoved,
    Event,
    Fact,
    LifecycleChanged,
    NumberExcluded,
    NumberReadded,
    ReportIgnored,
    RetryScheduled,
)
from ori_campaigns.ingest import Leads
from ori_campaigns.instants import SECOND
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.reports import BotReport, CallAnalysis, Refused
from ori_campaigns.sinks.feed import Feed
from ori_campaigns.sinks.logs import LoggingSink
from worlds import World, at

# Monday, 04:30 in UTC.
TEN = at("2026-01-05 10:00")
HALF_PAST = at("2026-01-05 10:30")
NUMBER = PhoneNumber("911140001000")
CAMPAIGN = -1
MARKED = "918811223344"


class Records(logging.Handler):
    """Keeps what was logged, by a logger that nobody else has."""

    def __init__(self, level: int = logging.DEBUG) -> None:
        super().__init__()
        self.kept: list[logging.LogRecord] = []
        self.logger = logging.Logger("test", level)  # noqa: LOG001 - it is gone with the test
        self.logger.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.kept.append(record)


def logged(*facts: Fact, stream: int = 7, campaign: str = "c-1", level: int = logging.DEBUG) -> list[logging.LogRecord]:
    """The records of some facts that follow one another."""
    records = Records(level)
    LoggingSink(records.logger).handle([Event(40 + i, campaign, stream, 1 + i, fact) for i, fact in enumerate(facts)])
    return records.kept


def fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in vars(record).items() if name.startswith("ori_")}


def line(fact: Fact, *, stream: int = 7) -> str:
    [record] = logged(fact, stream=stream)
    return record.getMessage()


# --- every fact has its line -----------------------------------------------------------------------------------------

A = ("c-1-9", 7, TEN)
LINES: list[tuple[int, str, str, Fact]] = [
    (
        7,
        "DEBUG",
        "AttemptReserved c-1 contact 7: retry, number 2, from ••••••••••00 over trunk",
        AttemptReserved(*A, 2, AttemptKind.RETRY, NUMBER, "trunk", TEN + 5 * SECOND, 1, TEN + 60 * SECOND),
    ),
    (7, "DEBUG", "AttemptSubmitted c-1 contact 7: accepted by the carrier", AttemptSubmitted(*A, "", TEN)),
    (7, "DEBUG", "AttemptSubmitted c-1 contact 7: accepted by the carrier (CA77)", AttemptSubmitted(*A, "CA77", TEN)),
    (7, "DEBUG", "CarrierRefLearned c-1 contact 7: the carrier calls it CA77", CarrierRefLearned(*A, "CA77")),
    (7, "DEBUG", "AttemptRang c-1 contact 7: it rings", AttemptRang(*A, TEN)),
    (7, "DEBUG", "AttemptAnswered c-1 contact 7: picked up", AttemptAnswered(*A, TEN)),
    (7, "DEBUG", "BotReported c-1 contact 7: a conversation began, customer", BotReported(*A, True, "customer")),
    (7, "DEBUG", "BotReported c-1 contact 7: no conversation began", BotReported(*A, False, "")),
    (7, "DEBUG", "BotReported c-1 contact 7: nothing new", BotReported(*A, None, "")),
    (
        7,
        "WARNING",
        "AttemptUnknown c-1 contact 7: timeout, looked up until it is known",
        AttemptUnknown(*A, "timeout", 0),
    ),
    (
        7,
        "INFO",
        "AttemptEnded c-1 contact 7: no_answer, rang 25 s",
        AttemptEnded(*A, "no_answer", "", False, 0, None, TEN - 25 * SECOND),
    ),
    (
        7,
        "INFO",
        "AttemptEnded c-1 contact 7: rejected (busy)",
        AttemptEnded(*A, "rejected", "busy", False, 0, None, None),
    ),
    (
        7,
        "INFO",
        "AttemptEnded c-1 contact 7: customer, talked 61 s, connected",
        AttemptEnded(*A, "customer", "", True, 61 * SECOND, TEN - 61 * SECOND, TEN - 70 * SECOND),
    ),
    (
        7,
        "INFO",
        "AttemptReturned c-1 contact 7: refused (overloaded), the contact is pending",
        AttemptReturned(*A, AttemptStatus.REFUSED, "overloaded", ContactStatus.PENDING),
    ),
    (7, "DEBUG", "AnalysisArrived c-1 contact 7: nothing special", AnalysisArrived(*A, "", None, False)),
    (
        7,
        "DEBUG",
        "AnalysisArrived c-1 contact 7: sold, asks to be called back at 2026-01-05 05:00:00 UTC, too late to decide",
        AnalysisArrived(*A, "sold", CallbackRequest(HALF_PAST), True),
    ),
    (7, "DEBUG", "ReportIgnored c-1 contact 7: Ringing, repeat", ReportIgnored(*A, "Ringing", "repeat")),
    (
        7,
        "DEBUG",
        "RetryScheduled c-1 contact 7: not before 2026-01-05 05:00:00 UTC, by system_disposition",
        RetryScheduled(*A, HALF_PAST, "system_disposition"),
    ),
    (
        7,
        "DEBUG",
        "CallbackScheduled c-1 contact 7: number 2, not before 2026-01-05 05:00:00 UTC",
        CallbackScheduled(*A, HALF_PAST, 2, "at half past", "", "callback_requested"),
    ),
    (7, "DEBUG", "CallbackDeclined c-1 contact 7: max_attempts", CallbackDeclined(*A, "max_attempts")),
    (7, "DEBUG", "AnalysisAwaited c-1 contact 7: until 2026-01-05 05:00:00 UTC", AnalysisAwaited(*A, HALF_PAST)),
    (
        7,
        "DEBUG",
        "ContactClosed c-1 contact 7: exhausted, by attempts_used",
        ContactClosed(*A, ContactStatus.EXHAUSTED, "attempts_used"),
    ),
    (
        7,
        "INFO",
        "NumberExcluded c-1 contact 7: ••••••••••00 by asha (asked us to)",
        NumberExcluded(7, TEN, NUMBER, "asked us to", "asha", True),
    ),
    (CAMPAIGN, "INFO", "NumberExcluded c-1: ••••••••••00 by asha", NumberExcluded(-1, TEN, NUMBER, "", "asha", False)),
    (
        7,
        "INFO",
        "NumberReadded c-1 contact 7: ••••••••••00 by asha (a new budget)",
        NumberReadded(7, TEN, NUMBER, "asha", True),
    ),
    (CAMPAIGN, "INFO", "NumberReadded c-1: ••••••••••00 by asha", NumberReadded(-1, TEN, NUMBER, "asha", False)),
    (CAMPAIGN, "INFO", "LifecycleChanged c-1: start by asha, run 1", LifecycleChanged("start", "asha", TEN, 1)),
    (
        CAMPAIGN,
        "ERROR",
        "LifecycleChanged c-1: fail (credentials_refused) by engine, run 2",
        LifecycleChanged("fail", "engine", TEN, 2, "credentials_refused"),
    ),
    (
        CAMPAIGN,
        "INFO",
        "ContactsMoved c-1: CloseWaiting, 12 contacts to manual_stopped, run 1",
        ContactsMoved(TEN, "CloseWaiting", "manual_stopped", 12, 1),
    ),
    (CAMPAIGN, "INFO", "ContactsMoved c-1: UseStage, 3 contacts, run 1", ContactsMoved(TEN, "UseStage", "", 3, 1)),
]


@pytest.mark.parametrize(("stream", "level", "said", "fact"), LINES, ids=[said for _, _, said, _ in LINES])
def test_each_fact_is_one_line_for_people(stream: int, level: str, said: str, fact: Fact) -> None:
    [record] = logged(fact, stream=stream)
    assert (record.levelname, record.getMessage()) == (level, said)


def test_no_fact_is_without_a_line() -> None:
    assert {type(fact) for *_, fact in LINES} == {
        *get_args(AttemptFact),
        *get_args(ContactFact),
        *get_args(CampaignFact),
    }


def test_one_record_for_each_event_of_a_real_campaign() -> None:
    world = World()
    campaign = world.running(3, on_system=["no_answer"])
    first, *others = world.dials()
    world.talked(first)
    world.no_answer(*others)
    records = Records()
    events = world.store.events(-1, 1000)
    assert Feed(world.store, LoggingSink(records.logger), after=-1).pump() == len(events)
    assert [(vars(each)["ori_cursor"], vars(each)["ori_event"]) for each in records.kept] == [
        (event.cursor, type(event.fact).__name__) for event in events
    ]
    assert records.kept[0].getMessage() == f"LifecycleChanged {campaign.id}: create by asha, run 1"


def test_the_reference_lists_every_event_with_its_level() -> None:
    page = (documents.ROOT / "docs" / "reference" / "logging.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (`.+?) \| `\1 c-1", page, re.MULTILINE))
    assert told == {
        type(fact).__name__: f"`{level}`" for _, level, _, fact in LINES if type(fact) is not LifecycleChanged
    } | {"LifecycleChanged": "`INFO`; `ERROR` when a campaign failed"}


# --- where and how loud ----------------------------------------------------------------------------------------------


def test_the_logger_is_ori_campaigns_events(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="ori_campaigns"):
        LoggingSink().handle([Event(0, "c-1", -1, 1, LifecycleChanged("start", "asha", TEN, 1))])
    assert caplog.record_tuples == [
        ("ori_campaigns.events", logging.INFO, "LifecycleChanged c-1: start by asha, run 1")
    ]


@pytest.mark.parametrize(
    ("level", "said"),
    [
        (logging.INFO, ["AttemptUnknown", "AttemptEnded", "LifecycleChanged", "LifecycleChanged"]),
        (logging.WARNING, ["AttemptUnknown", "LifecycleChanged"]),
        (logging.ERROR, ["LifecycleChanged"]),
    ],
)
def test_what_is_below_the_level_is_not_logged(level: int, said: list[str]) -> None:
    facts: Sequence[Fact] = [
        AttemptRang(*A, TEN),
        AttemptUnknown(*A, "timeout", TEN),
        AttemptEnded(*A, "customer", "", True, 0, TEN, TEN),
        ReportIgnored(*A, "Ringing", "already_over"),
        LifecycleChanged("pause", "asha", TEN, 1),
        LifecycleChanged("fail", "engine", TEN, 1, "no_usable_number"),
    ]
    assert [vars(record)["ori_event"] for record in logged(*facts, level=level)] == said


def test_an_event_delivered_again_is_logged_again_under_the_same_cursor() -> None:
    records = Records()
    sink, event = LoggingSink(records.logger), Event(40, "c-1", 7, 1, AttemptRang(*A, TEN))
    sink.handle([event])
    sink.handle([event])
    assert [fields(record) for record in records.kept] == [fields(records.kept[0])] * 2


# --- fields for machines ---------------------------------------------------------------------------------------------


def test_the_fields_of_an_ended_call() -> None:
    talked = AttemptEnded(*A, "customer", "", True, 61_500_000, TEN - 61_500_000, None)
    [record] = logged(talked)
    assert fields(record) == {
        "ori_cursor": 40,
        "ori_campaign": "c-1",
        "ori_stream": 7,
        "ori_sequence": 1,
        "ori_event": "AttemptEnded",
        "ori_attempt": "c-1-9",
        "ori_contact": 7,
        "ori_at": "2026-01-05T04:30:00.000000+00:00",
        "ori_disposition": "customer",
        "ori_detail": "",
        "ori_connected": True,
        "ori_talk_seconds": 61.5,
        "ori_answered_at": "2026-01-05T04:28:58.500000+00:00",
        "ori_rang_at": None,
    }


def test_the_fields_of_a_reservation() -> None:
    [record] = logged(AttemptReserved(*A, 2, AttemptKind.RETRY, NUMBER, "trunk", TEN + 5 * SECOND, 4, HALF_PAST))
    assert {name: value for name, value in fields(record).items() if name not in COMMON} == {
        "ori_number_in_budget": 2,
        "ori_kind": "retry",
        "ori_from_number": "••••••••••00",
        "ori_carrier": "trunk",
        "ori_not_after": "2026-01-05T04:30:05.000000+00:00",
        "ori_epoch": 4,
        "ori_check_at": "2026-01-05T05:00:00.000000+00:00",
    }


COMMON = {
    "ori_cursor",
    "ori_campaign",
    "ori_stream",
    "ori_sequence",
    "ori_event",
    "ori_attempt",
    "ori_contact",
    "ori_at",
}


def test_what_was_asked_of_a_callback_has_fields_of_its_own() -> None:
    asked = CallbackRequest(HALF_PAST, "at half past", "no_clear_time", 0.5)
    [record] = logged(AnalysisArrived(*A, "interested", asked, False))
    assert {name: value for name, value in fields(record).items() if name not in COMMON} == {
        "ori_business_disposition": "interested",
        "ori_callback_at": "2026-01-05T05:00:00.000000+00:00",
        "ori_callback_text": "at half past",
        "ori_callback_reason": "no_clear_time",
        "ori_callback_confidence": 0.5,
        "ori_late": False,
    }


def test_the_number_of_a_callback_does_not_hide_that_of_the_event() -> None:
    _, record = logged(AttemptRang(*A, TEN), CallbackScheduled(*A, HALF_PAST, 5, "", "", "callback_requested"))
    assert (fields(record)["ori_sequence"], fields(record)["ori_callback_sequence"]) == (2, 5)


@pytest.mark.parametrize("fact", [fact for *_, fact in LINES], ids=[said for _, _, said, _ in LINES])
def test_every_field_of_every_fact_is_there_in_a_form_that_can_be_written(fact: Fact) -> None:
    [record] = logged(fact)
    found = fields(record)
    # Plain text, numbers, truths and nothing: what JSON knows; no enum, no value of the library's own.
    assert json.loads(json.dumps(found, ensure_ascii=False)) == found
    assert {type(value) for value in found.values()} <= {str, int, float, bool, type(None)}
    for name, hint in type(fact).__annotations__.items():
        if name == "callback":
            continue
        shown = found["ori_" + {"sequence": "callback_sequence", "talk": "talk_seconds"}.get(name, name)]
        if "Instant" in str(hint):
            assert shown is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00", str(shown))


# --- what is never said ----------------------------------------------------------------------------------------------


def test_no_number_is_told_wherever_it_was_written() -> None:
    world = World()
    # Over this carrier, to this person; and in whatever people and machines wrote.
    spelled = "+91 88112-23344"
    campaign = world.running(
        batch=Leads.of([MARKED, "919800000001"]),
        on_business=["later"],
        callback_detection=True,
        on_system=["no_answer"],
    )
    first, second = world.dials()
    world.talked(first)
    asked = CallbackRequest(HALF_PAST, f"call me at {spelled}", f"said {MARKED}")
    world.tell(BotReport(first.attempt_id, world.now, True, f"customer {MARKED}"))
    world.tell(CallAnalysis(first.attempt_id, world.now, f"later, on {MARKED}", asked))
    world.tell(Refused(second.attempt_id, world.now, f"486 busy <sip:+{MARKED}@trunk>"))
    world.service.exclude(campaign.id, MARKED, by=MARKED, reason=f"{spelled} does not want to")
    world.service.fail(campaign.id, f"number {MARKED} is wrong", by=spelled)
    out = io.StringIO()
    records = Records()
    shown = logging.StreamHandler(out)
    shown.setFormatter(logging.Formatter("%(message)s %(ori_at)s"))
    records.logger.addHandler(shown)
    assert Feed(world.store, LoggingSink(records.logger), after=-1).pump() > 10
    everything = out.getvalue() + "".join(repr(vars(record)) for record in records.kept)
    assert "••••••••••44" in everything
    assert MARKED[-6:] not in re.sub(r"\D", "", everything.replace("919800000001", ""))
    for part in ("88112", "23344", MARKED):
        assert part not in everything


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("+919800000001", "••••••••••01"),
        ("call 98000 00001 now", "call ••••••••01 now"),
        ("(0)98-000.000/01", "(•••••••••01"),
        ("tel:919800000001;x", "tel:••••••••••01;x"),
        ("९८००००००१२", "••••••••१२"),
        ("9800000001234567890", "•••••••••••••••••90"),
        ("98000\N{NON-BREAKING HYPHEN}00001", "••••••••01"),
        ("x919800000001y", "x••••••••••01y"),
        ("98000001", "••••••01"),
        # Too short for a number.
        ("busy 486, 3 of 1200000", "busy 486, 3 of 1200000"),
        ("12 numbers", "12 numbers"),
    ],
)
def test_a_number_in_somebodys_words_is_masked(written: str, shown: str) -> None:
    [record] = logged(CallbackDeclined(*A, written))
    assert fields(record)["ori_reason"] == shown
    assert record.getMessage() == f"CallbackDeclined c-1 contact 7: {shown}"


def test_ids_stay_whole() -> None:
    [record] = logged(AttemptSubmitted("1234567890123-9", 7, TEN, "555000111222", TEN), campaign="1234567890123")
    assert record.getMessage() == "AttemptSubmitted 1234567890123 contact 7: accepted by the carrier (555000111222)"
    assert fields(record)["ori_attempt"] == "1234567890123-9"
    copied = LifecycleChanged("clone", "asha", TEN, 1, "t00000001")
    assert line(copied, stream=-1) == "LifecycleChanged c-1: clone (t00000001) by asha, run 1"


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("asha\nLifecycleChanged c-1: stop by ravi", r"asha\nLifecycleChanged c-1: stop by ravi"),
        ("asha\r\n", r"asha\r\n"),
        ("\x1b[31masha\x1b[0m", r"\x1b[31masha\x1b[0m"),
        ("\x9b31masha", r"\x9b31masha"),
        ("as\x00ha\x07\x7f", r"as\x00ha\x07\x7f"),
        ("asha\u2028ravi\u2029\x85", r"asha\u2028ravi\u2029\x85"),
        ("asha\u202eivar", r"asha\u202eivar"),
        ("asha\ud800", r"asha\ud800"),
        ("a\U000e0041b", r"a\U000e0041b"),
        # Names of people as they are written, a joiner among the letters.
        ("क्‍ष Ōsugi", "क्‍ष Ōsugi"),
        ("NORTH\\asha", "NORTH\\asha"),
    ],
)
def test_no_text_breaks_the_line_or_commands_a_terminal(written: str, shown: str) -> None:
    [record] = logged(LifecycleChanged("start", written, TEN, 1), stream=-1)
    assert record.getMessage() == f"LifecycleChanged c-1: start by {shown}, run 1"
    assert fields(record)["ori_by"] == shown


def test_an_id_does_not_break_the_line_either() -> None:
    [record] = logged(AttemptSubmitted("c\n1-0", 7, TEN, "CA\n77", TEN), campaign="c\n1")
    assert record.getMessage() == r"AttemptSubmitted c\n1 contact 7: accepted by the carrier (CA\n77)"
    assert fields(record)["ori_carrier_ref"] == r"CA\n77"
    assert fields(record)["ori_campaign"] == r"c\n1"


def test_a_percent_sign_is_only_a_percent_sign() -> None:
    assert line(LifecycleChanged("start", "%s 100 %", TEN, 1), stream=-1) == (
        "LifecycleChanged c-1: start by %s 100 %, run 1"
    )


@pytest.mark.parametrize(
    "written",
    [
        "91_98000_00001",
        "9198,0000,0001",
        "91:98000:00001",
        "98000*00001",
        "91   98000   00001",
        "tel:+91;98000;00001",
        "9198000\u200b00001",
        "9198\u200d0000\u200d0001",
    ],
)
def test_a_number_is_masked_however_it_is_written(written: str) -> None:
    from ori_campaigns.sinks.logs import _without_numbers

    assert not re.search(r"\d\D{0,3}\d\D{0,3}\d", _without_numbers(f"call {written} again"))


def test_a_moment_no_calendar_has_does_not_stop_the_log() -> None:
    from ori_campaigns.sinks.logs import _clock, _iso

    assert (_iso(10**18), _clock(10**18)) == ("1000000000000000000", "1000000000000000000")
