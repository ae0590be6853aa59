"""Small immutable records: like named tuples, but never equal across classes."""

from __future__ import annotations

import pickle
from typing import NamedTuple, cast

import pytest

from ori_campaigns import events, reports
from ori_campaigns.contact import ContactStatus
from ori_campaigns.records import distinct
from ori_campaigns.retry import Decision

RECORDS = [
    *(reports.Accepted, reports.Answered, reports.BotReport, reports.CallAnalysis, reports.EarlyMedia, reports.Ended),
    *(reports.FoundLive, reports.Lost, reports.NeverPlaced, reports.NotFound, reports.Overdue, reports.Refused),
    *(reports.Ringing, reports.Unknown, reports.Unsent, reports.DialRequest, Decision),
    *(events.AnalysisArrived, events.AnalysisAwaited, events.AttemptAnswered, events.AttemptEnded, events.AttemptRang),
    *(events.AttemptReserved, events.AttemptReturned, events.AttemptSubmitted, events.AttemptUnknown),
    *(events.BotReported, events.CallbackDeclined, events.CallbackScheduled, events.CarrierRefLearned),
    *(events.ContactClosed, events.ContactsMoved, events.LifecycleChanged, events.NumberExcluded),
    *(events.NumberReadded, events.ReportIgnored, events.RetryScheduled),
]


@distinct
class Left(NamedTuple):
    name: str
    at: int = 0


@distinct
class Right(NamedTuple):
    name: str
    at: int = 0


def test_records_of_different_classes_are_never_equal() -> None:
    assert Left("a", 1) == Left("a", 1)
    assert Left("a", 1) != Left("a", 2)
    left, right = cast("object", Left("a", 1)), cast("object", Right("a", 1))
    assert left != right
    assert not left == right  # noqa: SIM201 - both operators are under test
    assert not Left("a", 1) != Left("a", 1)  # noqa: SIM202 - both operators are under test


def test_a_record_is_not_the_plain_tuple_of_its_fields() -> None:
    record, plain = cast("object", Left("a", 1)), cast("object", ("a", 1))
    assert record != plain
    assert plain != record


def test_records_of_different_classes_live_together_in_sets_and_dicts() -> None:
    assert len({Left("a", 1), Right("a", 1), Left("a", 1), ("a", 1)}) == 3
    assert {Left("a"): "left", Right("a"): "right"}[Right("a")] == "right"


def test_records_cannot_be_changed_and_keep_their_class() -> None:
    record = Left("a", 1)
    with pytest.raises(AttributeError):
        record.at = 2  # type: ignore[misc]
    assert record._replace(at=2) == Left("a", 2)
    assert type(pickle.loads(pickle.dumps(record))) is Left
    assert repr(record) == "Left(name='a', at=1)"


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_report_and_every_fact_is_distinct(record: type) -> None:
    fields = [None] * len(record._fields)  # type: ignore[attr-defined]
    assert record(*fields) == record(*fields)
    assert record(*fields) != tuple(fields)
    for other in RECORDS:
        if other is not record and len(other._fields) == len(fields):  # type: ignore[attr-defined]
            assert record(*fields) != other(*fields)


def test_reports_that_hold_the_same_are_different() -> None:
    same = [
        reports.Ringing("a-1", 5),
        reports.EarlyMedia("a-1", 5),
        reports.Answered("a-1", 5),
        reports.Lost("a-1", 5),
        reports.Accepted("a-1", 5),
    ]
    assert len(set(same)) == 5


def test_a_decision_says_what_follows() -> None:
    decision = Decision("system_disposition", ContactStatus.RETRY_SCHEDULED, 5)
    assert (decision.rule, decision.status, decision.due, decision.callback, decision.declined) == (
        "system_disposition",
        ContactStatus.RETRY_SCHEDULED,
        5,
        None,
        "",
    )
