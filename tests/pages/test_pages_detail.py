"""The detail page: figures, pool, activity, restarts, settings; of every stage, and there and back as JSON."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

from ori_campaigns import recount
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.codec import dumps, loads, to_plain
from ori_campaigns.config import CampaignMode, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.errors import InvalidDefinition, NotFound
from ori_campaigns.ingest import Leads
from ori_campaigns.pages import DetailPage
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing.bench import Bench, lively, number
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
    kept = ("calls", "figures_run", "progress", "answer_rate", "completion_rate", "rates", "pool", "started")
    assert {each: page[each] for each in kept} == {each: before[each] for each in kept}
    assert (page["last_contacts"], before["last_contacts"]) == (before["contacts"], [])
    assert (page["figures_run"], page["run_number"]) == (1, 2)
    assert values(page["calls"])["dialled"] == 2
    assert page["row"]["progress"]["text"] == "0 %"
    assert page["live"]["fresh"] == 3
    bench.service.start(campaign.id, by="ops")
    again = shown(bench, campaign.id)
    assert (again["figures_run"], values(again["calls"])["dialled"], again["last_contacts"]) == (2, 0, [])


@pytest.mark.behaviour("M8", "L7")
@pytest.mark.parametrize("stage", STAGES)
def test_its_contacts_by_status_are_those_that_the_filter_finds(stage: str) -> None:
    bench = Bench()
    name = in_stage(bench, stage).id
    counts = values(shown(bench, name)["contacts"])
    assert counts == {status: len(bench.service.contacts(name, status=status).rows) for status in counts}
    assert sum(counts.values()) == 3


@pytest.mark.behaviour("L7", "M8")
def test_what_belongs_to_a_run_says_so() -> None:
    bench = Bench()
    name = in_stage(bench, "prepared restart").id
    page = shown(bench, name, zone="Asia/Kolkata")
    told = [
        (each["run"], each["heading"], [(line["label"], line["text"]) for line in each["lines"]])
        for each in page["runs"]
    ]
    at = "2026-01-05 10:00 IST"
    was = (1, "Run 1, the last one", [("Started", at), ("Ended", at), ("How it ended", "It was stopped.")])
    assert told == [(2, "Run 2", [("Started", "Not yet")]), was]
    assert page["headings"] == {
        "live": "Live",
        "calls": "Calls of run 1",
        "last_contacts": "Contacts at the end of run 1",
        "contacts": "Contacts of run 2",
        "pool": "Number Pool, calls of run 1",
        "activity": "Activity",
        "restarts": "Restarts",
        "settings": "Settings",
    }
    bench.service.start(name, by="ops")
    page = shown(bench, name)
    assert [(each["run"], each["heading"]) for each in page["runs"]] == [(2, "Run 2")]
    assert {each: page["headings"][each] for each in ("calls", "contacts", "pool")} == {
        "calls": "Calls of run 2",
        "contacts": "Contacts of run 2",
        "pool": "Number Pool, calls of run 2",
    }


def test_a_failed_run_says_how_it_ended() -> None:
    bench = Bench()
    [run] = shown(bench, in_stage(bench, "failed").id)["runs"]
    assert [(each["key"], each["text"]) for each in run["lines"]] == [
        ("started", "2026-01-05 04:30 UTC"),
        ("ended", "2026-01-05 04:30 UTC"),
        ("how", "No number of the pool can be used any more."),
    ]


@pytest.mark.behaviour("M2")
def test_rates_have_the_names_of_the_columns() -> None:
    bench = Bench()
    campaign = bench.running(1, concurrency_limit=1)
    bench.talked(*bench.dials())
    page = shown(bench, campaign.id)
    assert [(each["label"], each["text"], each["note"]) for each in page["rates"]] == [
        ("Progress", "100 %", "1 of 1 contact"),
        ("Answer Rate", "100 %", "1 of 1 call"),
        ("Completion Rate", "100 %", "1 of 1 contact"),
    ]
    assert {each["label"] for each in page["rates"]} < set(to_plain(bench.service.list_page())["columns"])
    assert [each["note"] for each in shown(bench, bench.create(["919800000001"] * 2).id)["rates"]][1] == "0 of 0 calls"


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
    assert [each["calls_text"] for each in pool] == ["3 calls (60 %)", "2 calls (40 %)"]


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
    assert [each["calls_text"] for each in pool] == ["1 call (50 %)", "1 call (50 %)"]
    assert [(each["text"], each["note"]) for each in pool] == [
        ("911140001001 (Support line)", ""),
        ("911140001000", "Not in the pool any more"),
    ]


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
    assert [each["text"] for each in page["activity"]][:2] == ["Prepared for restart by meera", "Stopped by ops"]
    assert {each["run_text"] for each in page["activity"]} == {"Run 1"}
    note = "Restarted 2026-01-05 10:30 IST by meera"
    assert [(each["at"], each["at_text"], each["by"], each["text"]) for each in page["restarts"]] == [
        ("2026-01-05T10:30:00+05:30", "2026-01-05 10:30 IST", "meera", note)
    ]
    assert [each["action"] for each in shown(bench, campaign.id, activity=2)["activity"]] == ["restart", "stop"]


@pytest.mark.behaviour("L15", "C10", "X3")
def test_what_an_entry_adds_is_said_in_words() -> None:
    bench = Bench()
    campaign = bench.running(3, always_on=True)
    service, name = bench.service, campaign.id
    service.exclude(name, [number(0)], by="ops")
    service.exclude(name, [number(1), number(2)], by="ops")
    service.append(name, Leads.of([{"phone_number": number(nth)} for nth in (0, 7, 8)]), by="ops")
    service.append(name, Leads.of([{"phone_number": number(7)}]), by="ops")
    service.fail(name, "bot gone, 3 numbers", by="ops")
    assert [(each["text"], each["detail_text"]) for each in shown(bench, name)["activity"]][:5] == [
        ("Failed by ops", "bot gone, 3 numbers"),
        ("Contacts added by ops", "1 on the list already"),
        ("Contacts added by ops", "2 added, 1 added again"),
        ("Numbers excluded by ops", "2 numbers"),
        ("Numbers excluded by ops", "1 number"),
    ]
    bench.advance(minutes=1)
    done = bench.running(1, concurrency_limit=1)
    bench.talked(*bench.dials())
    bench.dials()
    latest = shown(bench, done.id)["activity"][0]
    assert (latest["text"], latest["detail_text"]) == ("Completed by engine", "Every contact is final.")


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
        ("Selected numbers", "2 selected"),
        ("Concurrency Limit", "7"),
        ("Campaign Mode", "Single Day"),
        ("Always-on", "Off"),
        ("Time Window", "08:30 to 20:00, Europe/London"),
        ("Working Days", "Monday, Saturday"),
        ("Max Attempts", "4"),
        ("Retry Delay (minutes)", "15"),
        ("Retry on System Dispositions", "no_answer, timeout"),
        ("Custom Retry Dispositions", "sold, later"),
        ("Stop redials after a meaningful connect", "Connected longer than 45 seconds"),
        ("Redial after a short connect", "Off"),
        ("Callback Detection", "On"),
        ("Callbacks may exceed Max Attempts", "Off"),
        ("Wait for call analysis (seconds)", "120"),
        ("Sticky exclusion", "Off"),
    ]
    plain = bench.service.detail(bench.create().id)
    assert {each.key: each.value for each in plain.settings}["on_system"] == "None"


SET_UP = {
    "as it comes": DiallerConfig(),
    "all of it": DiallerConfig(
        concurrency_limit=7,
        mode=CampaignMode.MULTI_DAY,
        always_on=True,
        window=CallingWindow("20:30", "06:00", "Asia/Kolkata", working_days={6, 2, 0}),
        retry=RetryPolicy(4, 15, {"timeout", "RNR", "no_answer"}, ["sold", "later"]),
        redial=RedialRules(45, 20),
        callback_detection=True,
        sticky_exclusion=True,
    ),
}


@pytest.mark.behaviour("W14", "M8")
@pytest.mark.parametrize("name", SET_UP)
def test_settings_are_said_as_the_wizard_says_them(name: str) -> None:
    bench = Bench()
    bench.directory.add(Bot("renewals-v3", name="Renewals (Hindi)"))
    campaign = bench.create(config=SET_UP[name])
    wizard = bench.service.edit_wizard(campaign.id)
    for _ in range(4):
        wizard = wizard.next()
    review = wizard.page().review
    assert review is not None
    said = {each.key: (each.label, each.value) for each in (*review.grid, *review.rules)}
    shown = {each.key: (each.label, each.value) for each in bench.service.detail(campaign.id).settings}
    assert shown["bot"] == ("Bot", "Renewals (Hindi)")
    # No page of the wizard has these two; its name and its list stand elsewhere on this page.
    alone = {"callbacks_may_exceed_max_attempts", "analysis_wait_seconds"}
    assert {key: each for key, each in shown.items() if key not in alone} == {
        key: each for key, each in said.items() if key not in {"name", "contacts"}
    }


@pytest.mark.behaviour("L7")
def test_a_prepared_restart_says_what_was_set_otherwise() -> None:
    bench = Bench()
    prepared = in_stage(bench, "prepared restart", retry=RetryPolicy(5))
    assert {each.note for each in bench.service.detail(prepared.id).settings} == {""}
    config = attrs.evolve(prepared.config, retry=RetryPolicy(2), analysis_wait_seconds=0)
    edited = bench.draft_of(prepared, numbers=["911140001001"], config=config)
    bench.service.edit(prepared.id, edited, by="ops", version=prepared.version)
    notes = {each.label: (each.value, each.note) for each in bench.service.detail(prepared.id).settings if each.note}
    assert notes == {
        "Selected numbers": ("1 selected", "In run 1: 2 selected"),
        "Max Attempts": ("2", "In run 1: 5"),
        "Wait for call analysis (seconds)": ("0", "In run 1: 120"),
    }
    bench.service.start(prepared.id, by="ops")
    assert {each.note for each in bench.service.detail(prepared.id).settings} == {""}


def test_as_many_numbers_but_others() -> None:
    bench = Bench()
    prepared = in_stage(bench, "prepared restart", numbers=["911140001000"])
    other = bench.draft_of(prepared, numbers=["911140001001"])
    bench.service.edit(prepared.id, other, by="ops", version=prepared.version)
    [note] = [each.note for each in bench.service.detail(prepared.id).settings if each.note]
    assert note == "Other numbers in run 1"


# --- what is not there ------------------------------------------------------------------------------------------------


def test_what_cannot_be_asked() -> None:
    bench = Bench()
    with pytest.raises(NotFound):
        bench.service.detail("nobody00")
    for asked, code in (
        ({"zone": "Asia/Nowhere"}, "unknown_timezone"),
        ({"activity": -1}, "bad_limit"),
        ({"activity": 10_001}, "bad_limit"),
        ({"activity": 2**70}, "bad_limit"),
        ({"activity": "5"}, "bad_limit"),
    ):
        with pytest.raises(InvalidDefinition) as caught:
            bench.service.detail(bench.create().id, **asked)
        assert caught.value.code == code
    assert bench.service.detail(bench.create().id, activity=0).activity == ()
    assert len(bench.service.detail(bench.create().id, activity=10_000).activity) == 1


@pytest.mark.behaviour("M8")
def test_it_reads_no_contact() -> None:
    class Blind(MemoryStore):
        def contacts(self, *_: Any, **__: Any) -> Any:
            raise AssertionError

        attempts = attempts_of = events = contacts

    bench = Bench(store=Blind)
    campaign = in_stage(bench, "running")
    assert bench.service.detail(campaign.id).live.fresh == 3
