"""The detail page: figures, pool, activity, restarts, settings; of every stage, and there and back as JSON."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from ori_campaigns import recount
from ori_campaigns.carriers import Carrier, CarrierNumber
from ori_campaigns.codec import dumps, loads, to_plain
from ori_campaigns.config import DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.errors import InvalidDefinition, NotFound
from ori_campaigns.pages import DetailPage
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing.bench import Bench, lively
from ori_campaigns.windows import CallingWindow
from pages.stages import STAGES, in_stage, rows


def shown(bench: Bench, campaign_id: str, **asked: Any) -> dict[str, Any]:
    """Return the page as a browser gets it."""
    return to_plain(bench.service.detail(campaign_id, **asked))


def values(figures: list[dict[str, Any]]) -> dict[str, int]:
    return {each["key"]: each["value"] for each in figures}


# --- of every stage ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M1", "L18")
@pytest.mark.parametrize("stage", STAGES)
def test_its_head_is_the_row_of_the_list(stage: str) -> None:
    bench = Bench()
    campaign = in_stage(bench, stage)
    assert [shown(bench, campaign.id)["row"]] == rows(bench)


@pytest.mark.parametrize("stage", STAGES)
def test_json_there_and_back_changes_nothing(stage: str) -> None:
    bench = Bench()
    campaign = in_stage(bench, stage)
    for zone in ("UTC", "Asia/Kolkata"):
        page = bench.service.detail(campaign.id, zone=zone)
        assert loads(DetailPage, dumps(page)) == page


# --- figures ----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M2", "M6", "M8")
def test_its_figures_equal_a_recount() -> None:
    bench = Bench()
    lively(bench, finish=False)
    for campaign in bench.store.campaigns():
        page = shown(bench, campaign.id)
        counted = recount.from_rows(bench.contacts(campaign), bench.attempts(campaign), campaign.run_number)
        assert values(page["contacts"]) == {status.value: count for status, count in counted.contacts.items()}
        assert values(page["calls"]) == {
            "dialled": counted.dialled,
            "answered": counted.answered,
            "connected": counted.connected,
            "machines": counted.machines,
            "excluded": counted.excluded,
        }
        live = page["live"]
        assert (live["live"], live["ringing"], live["in_progress"]) == (
            counted.live,
            counted.ringing,
            counted.in_progress,
        )


@pytest.mark.behaviour("M8")
def test_calls_that_reached_a_machine_are_counted() -> None:
    bench = Bench()
    campaign = bench.running(["919800000001", "919800000002", "919800000003"])
    bench.dialler.script("919800000001", "voicemail")
    bench.dialler.script("919800000002", "machine")
    bench.dialler.script("919800000003", "no_answer")
    bench.advance(minutes=5)
    outcomes = {each.disposition for each in bench.attempts()}
    assert {"voicemail", "machine", "no_answer"} >= outcomes
    assert values(shown(bench, campaign.id)["calls"])["machines"] == sum(
        each.disposition in {"voicemail", "machine"} for each in bench.attempts()
    )


@pytest.mark.behaviour("M2", "L7")
def test_a_prepared_restart_keeps_the_figures_of_the_last_run() -> None:
    bench = Bench()
    campaign = bench.running(3, concurrency_limit=2)
    first, second = bench.dials()
    bench.talked(first)
    bench.no_answer(second)
    bench.service.stop(campaign.id, by="ops")
    before = shown(bench, campaign.id)
    bench.service.restart(campaign.id, by="meera")
    page = shown(bench, campaign.id)
    kept = ("contacts", "calls", "figures_run", "progress", "answer_rate", "completion_rate", "pool", "started")
    assert {each: page[each] for each in kept} == {each: before[each] for each in kept}
    assert (page["figures_run"], page["run_number"]) == (1, 2)
    assert values(page["calls"])["dialled"] == 2
    assert page["row"]["progress"]["text"] == "0 %"
    assert page["live"]["fresh"] == 3
    bench.service.start(campaign.id, by="ops")
    again = shown(bench, campaign.id)
    assert (again["figures_run"], values(again["calls"])["dialled"]) == (2, 0)


@pytest.mark.behaviour("M8", "X3")
def test_excluded_numbers_are_counted_on_the_list_or_not() -> None:
    bench = Bench()
    campaign = bench.running(3, sticky_exclusion=True)
    bench.service.exclude(campaign.id, ["919800000001", "919999999999"], by="ops")
    page = shown(bench, campaign.id)
    assert values(page["calls"])["excluded"] == 2
    assert values(page["contacts"])["excluded"] == 1


# --- the pool ---------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("P3", "M8")
def test_calls_of_the_run_by_number() -> None:
    bench = Bench()
    campaign = bench.running(5, concurrency_limit=5)
    bench.no_answer(*bench.dials())
    pool = shown(bench, campaign.id)["pool"]
    used = Counter(each.from_number.reveal() for each in bench.attempts())
    assert {each["number"]: each["calls"]["part"] for each in pool} == used
    assert sum(each["calls"]["part"] for each in pool) == 5
    assert [each["number"] for each in pool] == ["911140001000", "911140001001"]
    assert {(each["carrier"], each["label"], each["in_pool"]) for each in pool} == {("trunk", "", True)}


def test_a_number_that_was_taken_out_keeps_its_calls() -> None:
    bench = Bench()
    campaign = bench.running(4, concurrency_limit=2)
    bench.no_answer(*bench.dials())
    bench.service.pause(campaign.id, by="ops")
    one = bench.draft_of(bench.service.get(campaign.id), numbers=["911140001001"])
    bench.service.edit(campaign.id, one, by="ops", version=1)
    labelled = Carrier("trunk", [CarrierNumber("911140001001", "Support line")])
    bench.directory.carriers = lambda _: (labelled,)  # type: ignore[method-assign,assignment]
    pool = shown(bench, campaign.id)["pool"]
    assert [(each["number"], each["label"], each["carrier"], each["in_pool"]) for each in pool] == [
        ("911140001001", "Support line", "trunk", True),
        ("911140001000", "", "", False),
    ]
    assert [each["calls"]["text"] for each in pool] == ["50 %", "50 %"]


def test_no_repr_shows_a_number() -> None:
    bench = Bench()
    page = bench.service.detail(in_stage(bench, "running").id)
    assert "911140001000" not in repr(page)
    assert "911140001000" in dumps(page)


# --- the log ----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L15", "L7")
def test_the_activity_log_and_the_restarts_newest_first() -> None:
    bench = Bench()
    campaign = in_stage(bench, "prepared restart")
    page = shown(bench, campaign.id, zone="Asia/Kolkata")
    assert [(each["action"], each["label"], each["by"], each["at_text"], each["run"]) for each in page["activity"]] == [
        ("restart", "Prepared for restart", "meera", "2026-01-05 10:30 IST", 1),
        ("stop", "Stopped", "ops", "2026-01-05 10:00 IST", 1),
        ("start", "Started", "test", "2026-01-05 10:00 IST", 1),
        ("create", "Created", "test", "2026-01-05 10:00 IST", 1),
    ]
    assert [(each["at"], each["at_text"], each["by"]) for each in page["restarts"]] == [
        ("2026-01-05T10:30:00+05:30", "2026-01-05 10:30 IST", "meera")
    ]
    assert [each["action"] for each in shown(bench, campaign.id, activity=2)["activity"]] == ["restart", "stop"]


def test_when_and_why_it_was_over() -> None:
    bench = Bench()
    campaign = in_stage(bench, "completed")
    page = bench.service.detail(campaign.id)
    began = datetime(2026, 1, 5, 4, 30, tzinfo=UTC)
    assert (page.started, page.completed, page.completion_reason) == (began, began, "manual_stop")
    draft = bench.service.detail(in_stage(bench, "draft").id)
    assert (draft.started, draft.completed, draft.completion_reason) == (None, None, "")
    assert [(each.started_text, each.completed_text, each.completion_text) for each in (page, draft)] == [
        ("2026-01-05 04:30 UTC", "2026-01-05 04:30 UTC", "It was stopped."),
        ("", "", ""),
    ]


# --- settings ---------------------------------------------------------------------------------------------------------


def test_how_it_dials_in_words_and_as_a_value() -> None:
    bench = Bench()
    config = DiallerConfig(
        concurrency_limit=7,
        window=CallingWindow("08:30", "20:00", "Europe/London", working_days={5, 0}),
        retry=RetryPolicy(4, 15, {"timeout", "no_answer"}, ["sold", "later"]),
        redial=RedialRules(stop_after_seconds=45),
        callback_detection=True,
    )
    campaign = bench.create(config=config)
    page = bench.service.detail(campaign.id)
    assert page.config == config
    assert [(each.label, each.value) for each in page.settings] == [
        ("Bot", "renewals-v3"),
        ("Numbers", "2"),
        ("Concurrency Limit", "7"),
        ("Campaign Mode", "Single Day"),
        ("Always-on", "Off"),
        ("Calling window", "08:30 to 20:00 Europe/London"),
        ("Working Days", "Mon, Sat"),
        ("Max Attempts", "4"),
        ("Retry Delay (minutes)", "15"),
        ("System dispositions", "no_answer, timeout"),
        ("Custom dispositions", "sold, later"),
        ("Stop rule (seconds)", "45"),
        ("Redial rule (seconds)", "Off"),
        ("Callback Detection", "On"),
        ("Sticky Exclusion", "Off"),
    ]
    plain = bench.service.detail(bench.create().id)
    assert {each.key: each.value for each in plain.settings}["on_system"] == "None"


# --- what is not there ------------------------------------------------------------------------------------------------


def test_what_cannot_be_asked() -> None:
    bench = Bench()
    with pytest.raises(NotFound):
        bench.service.detail("nobody00")
    with pytest.raises(InvalidDefinition) as caught:
        bench.service.detail(bench.create().id, zone="Asia/Nowhere")
    assert caught.value.code == "unknown_timezone"


@pytest.mark.behaviour("M8")
def test_it_reads_no_contact() -> None:
    class Blind(MemoryStore):
        def contacts(self, *_: Any, **__: Any) -> Any:
            raise AssertionError

        attempts = attempts_of = events = contacts

    bench = Bench(store=Blind)
    campaign = in_stage(bench, "running")
    assert bench.service.detail(campaign.id).live.fresh == 3
