"""Contacts a page at a time, with their calls; filtered; numbers shown only where that is asked for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from ori_campaigns.codec import dumps, loads, to_plain
from ori_campaigns.contact import AttemptKind, AttemptStatus, CallbackRequest, ContactStatus
from ori_campaigns.errors import InvalidDefinition, NotFound
from ori_campaigns.instants import MINUTE
from ori_campaigns.pages import DETAIL_TEXTS, ContactsPage
from ori_campaigns.reports import Accepted, CallAnalysis, Ended
from ori_campaigns.retry import RULES
from ori_campaigns.testing.bench import Bench, lively, number


def called() -> Bench:
    """Four people: one is to be called back, one talked and the analysis is in, one did not pick up, one waits."""
    bench = Bench()
    people = [{"phone_number": number(nth), "plan": f"gold {nth}"} for nth in range(4)]
    bench.running(people, concurrency_limit=3, callback_detection=True)
    first, second, third = bench.dials()
    bench.no_answer(third)
    bench.talked(first, second)
    later = CallbackRequest(bench.clock.now() + 90 * MINUTE, "after lunch", "no_clear_time")
    bench.tell(CallAnalysis(first.attempt_id, bench.clock.now(), "", later))
    bench.tell(CallAnalysis(second.attempt_id, bench.clock.now(), "sold"))
    return bench


def page(bench: Bench, **asked: Any) -> dict[str, Any]:
    return to_plain(bench.service.contacts(bench.campaign.id, **asked))


def ordinals(bench: Bench, **asked: Any) -> list[int]:
    return [each["ordinal"] for each in page(bench, **asked)["rows"]]


@pytest.mark.behaviour("M8")
def test_contacts_with_their_calls() -> None:
    bench = called()
    rows = page(bench, reveal=True)["rows"]
    assert [(each["ordinal"], each["number"], each["status"], each["status_label"]) for each in rows] == [
        (0, number(0), "callback_scheduled", "Callback scheduled"),
        (1, number(1), "completed", "Completed"),
        (2, number(2), "retry_scheduled", "Retry scheduled"),
        (3, number(3), "pending", "Pending"),
    ]
    assert [each["variables"] for each in rows] == [{"plan": f"gold {nth}"} for nth in range(4)]
    assert [len(each["calls"]) for each in rows] == [1, 1, 1, 0]
    [call] = rows[1]["calls"]
    assert call == {
        "attempt_id": "test00000001-1",
        "run": 1,
        "run_text": "Run 1",
        "number_in_budget": 1,
        "kind": "fresh",
        "kind_text": "First call",
        "from_number": "911140001001",
        "from_text": "from 911140001001",
        "carrier": "trunk",
        "status": "ended",
        "reserved": "2026-01-05T04:30:00+00:00",
        "reserved_text": "2026-01-05 04:30 UTC",
        "rang": None,
        "answered": "2026-01-05T04:30:25+00:00",
        "ended": "2026-01-05T04:31:25+00:00",
        "talk_seconds": 60.0,
        "talk_text": "1:00 talked",
        "connected": True,
        "disposition": "customer",
        "detail": "",
        "outcome_text": "The customer hung up",
        "business_disposition": "sold",
        "rule": "nothing_more_to_do",
        "rule_text": "Nothing asked for another call.",
    }
    # It rang for 25 seconds; the next try is half an hour later.
    assert [each["due"] for each in rows] == ["2026-01-05T06:01:25+00:00", None, "2026-01-05T05:00:25+00:00", None]
    assert rows[0]["callback"] == {
        "state": "scheduled",
        "label": "Scheduled",
        "due": "2026-01-05T06:01:25+00:00",
        "text": "Callback 2026-01-05 06:01 UTC: Scheduled",
        "said": "after lunch",
        "reason": "no_clear_time",
        "reason_text": "no clear time was named",
    }


@pytest.mark.behaviour("M8")
def test_a_contact_and_its_calls_in_words() -> None:
    bench = called()
    bench.dials()
    rows = page(bench, zone="Asia/Kolkata")["rows"]
    assert [(each["place"], each["attempts_text"], each["due_text"]) for each in rows] == [
        ("1", "1 attempt", "Next call from 2026-01-05 11:31 IST"),
        ("2", "1 attempt", ""),
        ("3", "1 attempt", "Next call from 2026-01-05 10:30 IST"),
        ("4", "1 attempt", ""),
    ]
    told = [[each["calls"][0][name] for name in ("outcome_text", "talk_text", "rule_text")] for each in rows]
    assert told == [
        ["The customer hung up", "1:00 talked", "A callback was asked for."],
        ["The customer hung up", "1:00 talked", "Nothing asked for another call."],
        ["No answer", "", "This outcome is called again."],
        ["About to be sent", "", ""],
    ]
    assert page(called())["rows"][3]["attempts_text"] == "0 attempts"


def test_a_call_with_a_detail_and_words_nobody_knows() -> None:
    bench = Bench()
    bench.running(3)
    one, two, three = bench.dials()
    now = bench.clock.now()
    bench.tell(
        Ended(one.attempt_id, now, "rejected", "busy"),
        Ended(two.attempt_id, now, "no_answer", "SIP 480"),
        Ended(three.attempt_id, now, "no_answer"),
    )
    assert [each["calls"][0]["outcome_text"] for each in page(bench)["rows"]] == [
        "Rejected (busy)",
        "No answer (SIP 480)",
        "No answer",
    ]


@pytest.mark.behaviour("X3", "M8")
def test_an_excluded_number_is_told_where_the_status_does_not_say_so() -> None:
    bench = Bench()
    campaign = bench.running(2, concurrency_limit=1)
    bench.at_once(Accepted, *bench.dials())
    bench.service.exclude(campaign.id, [number(0), number(1)], by="ops")
    assert [(each["status_label"], each["excluded"], each["excluded_text"]) for each in page(bench)["rows"]] == [
        ("Calling", True, "Excluded"),
        ("Excluded", True, ""),
    ]


@pytest.mark.parametrize("kind", [*AttemptStatus, *AttemptKind, *ContactStatus, *(name for name, _ in RULES)])
def test_every_word_of_the_engine_has_a_text(kind: str) -> None:
    texts = DETAIL_TEXTS
    tables = (texts.call_statuses, texts.kinds, texts.contact_statuses, texts.rules)
    assert any(str(kind) in table for table in tables)


def test_nobody_is_named_unless_that_is_asked_for() -> None:
    bench = called()
    hidden = bench.service.contacts(bench.campaign.id)
    told = dumps(hidden) + repr(hidden) + repr(bench.service.contacts(bench.campaign.id, reveal=True, number=number(0)))
    for nth in range(4):
        assert number(nth) not in told
        assert f"gold {nth}" not in told
    assert "after lunch" not in told
    assert all("•" in each.number for each in hidden.rows)


def test_calls_of_earlier_runs_are_among_them() -> None:
    bench = called()
    name = bench.campaign.id
    bench.service.stop(name, by="ops")
    bench.service.restart(name, by="ops")
    bench.service.start(name, by="ops")
    bench.no_answer(*bench.dials())
    rows = page(bench)["rows"]
    assert [[call["run"] for call in each["calls"]] for each in rows] == [[1, 2], [1, 2], [1, 2], []]
    assert ordinals(bench, disposition="customer") == []
    assert ordinals(bench, disposition="no_answer") == [0, 1, 2]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [0, 1, 2, 3]),
        ({"status": "pending"}, [3]),
        ({"status": ""}, [0, 1, 2, 3]),
        ({"number": "+91 98 0000 0002"}, [2]),
        ({"number": "919999999999"}, []),
        ({"disposition": "customer"}, [0, 1]),
        ({"disposition": "sold"}, [1]),
        ({"disposition": "sol"}, []),
        ({"callback": "scheduled"}, [0]),
        ({"callback": "missed"}, []),
        ({"status": "completed", "disposition": "customer"}, [1]),
        ({"status": "pending", "disposition": "customer"}, []),
        ({"number": "919800000000", "callback": "scheduled"}, [0]),
    ],
)
def test_filters(asked: dict[str, Any], found: list[int]) -> None:
    bench = called()
    assert ordinals(bench, **asked) == found
    shown = page(bench, **asked)
    assert shown["empty"] == ("" if found else "No contacts found")
    assert [shown[name]["value"] for name in ("status", "disposition", "callback")] == [
        asked.get(name, "") for name in ("status", "disposition", "callback")
    ]
    assert [each["value"] for each in shown["status"]["choices"] if each["chosen"]] == [asked.get("status", "")]


def test_the_choices_of_the_filters() -> None:
    shown = page(called())
    assert [each["label"] for each in shown["status"]["choices"]] == [
        *("All contacts", "Pending", "Retry scheduled", "Callback scheduled", "Calling", "Awaiting analysis"),
        *("Completed", "Exhausted", "Abandoned", "Machine", "Window closed", "Manually stopped", "Excluded"),
    ]
    assert [each["label"] for each in shown["callback"]["choices"]] == [
        *("All callbacks", "Scheduled", "Completed", "Missed", "Cancelled"),
    ]


@pytest.mark.behaviour("N5")
def test_dispositions_are_suggested_by_the_words_of_the_page() -> None:
    shown = page(called(), disposition="RNR")["disposition"]
    assert shown["choices"] == []
    assert [(each["value"], each["label"]) for each in shown["suggestions"]] == [
        ("no_answer", "No answer"),
        ("rejected", "Rejected"),
        ("RNR", "Answered, stayed silent"),
        ("error", "Error"),
        ("timeout", "Talk time used up"),
        ("bot", "The bot hung up"),
        ("customer", "The customer hung up"),
        ("transfer", "Transferred"),
        ("voicemail", "Voicemail"),
        ("machine", "Machine"),
        ("abandoned", "Abandoned"),
        ("outside_hours", "Outside hours"),
    ]
    assert [each["value"] for each in shown["suggestions"] if each["chosen"]] == ["RNR"]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 1000])
def test_pages_make_up_the_whole(limit: int) -> None:
    bench = called()
    found, after = [], -1
    while True:
        shown = page(bench, after=after, limit=limit)
        found += [each["ordinal"] for each in shown["rows"]]
        assert shown["more"] == (shown["cursor"] >= 0)
        assert shown["more_label"] == "More"
        if not shown["more"]:
            break
        after = shown["cursor"]
    assert found == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"status": "asleep"}, "unknown_status"),
        ({"callback": "lost"}, "unknown_callback_state"),
        ({"number": "12"}, "bad_number"),
        ({"limit": 0}, "bad_limit"),
        ({"limit": 1001}, "bad_limit"),
        ({"limit": 2**70}, "bad_limit"),
        ({"limit": None}, "bad_limit"),
        ({"after": -2}, "bad_cursor"),
        ({"after": 2**31}, "bad_cursor"),
        ({"after": "0"}, "bad_cursor"),
        ({"zone": "Mars/Base"}, "unknown_timezone"),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        page(called(), **asked)
    assert caught.value.code == code


def test_contacts_of_nobody() -> None:
    with pytest.raises(NotFound):
        Bench().service.contacts("nobody00")


def test_json_there_and_back_changes_nothing() -> None:
    bench = Bench()
    lively(bench, finish=False)
    for campaign in bench.store.campaigns():
        for reveal in (False, True):
            shown = bench.service.contacts(campaign.id, reveal=reveal, zone="Asia/Kolkata")
            assert loads(ContactsPage, dumps(shown)) == shown
            assert shown.rows[0].calls[0].reserved == datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
