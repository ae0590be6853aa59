"""The page of the list: rows, buttons, filters, pages, JSON; from kept counts alone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ori_campaigns.browsing import CampaignFilter, Overview
from ori_campaigns.campaign import Campaign, CampaignStatus, CompletionReason, Restart
from ori_campaigns.carriers import Bot
from ori_campaigns.codec import dumps, loads, to_plain
from ori_campaigns.config import CampaignMode, DiallerConfig
from ori_campaigns.contact import ContactStatus
from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.pages import ListPage, ListTexts, confirmation, list_page
from ori_campaigns.pages.campaign_list import of_cursor, to_cursor
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing.bench import Bench, lively
from ori_campaigns.testing.world import TRUNK
from ori_campaigns.views import Counters
from pages.stages import STAGES, in_stage, row_in, rows

# --- rows and their buttons -------------------------------------------------------------------------------------------

# Label, icon, tone, where it leads, whether it asks first.
EDIT = ("Edit", "pencil", "neutral", "wizard", False)
CLONE = ("Clone", "copy", "neutral", "new_detail", False)
START = ("Start", "play", "neutral", "stay", False)
PAUSE = ("Pause", "pause", "neutral", "stay", False)
RESUME = ("Resume", "play", "neutral", "stay", False)
STOP = ("Stop", "square", "red", "stay", False)
RESTART = ("Restart", "rotate", "neutral", "stay", True)
UNDO = ("Cancel restart", "rotate", "neutral", "stay", False)
DELETE = ("Delete", "trash", "red", "stay", True)
BUTTONS = {
    "draft": (("Draft", "grey"), [EDIT, CLONE, START, DELETE]),
    "prepared restart": (("Draft", "grey"), [EDIT, CLONE, START, UNDO]),
    "running": (("Running", "green"), [PAUSE, STOP, CLONE]),
    "paused": (("Paused", "amber"), [RESUME, EDIT, STOP, CLONE]),
    "completed": (("Completed", "blue"), [RESTART, CLONE]),
    "failed": (("Failed", "red"), [RESTART, CLONE]),
}


@pytest.mark.behaviour("M1", "M4", "L18")
@pytest.mark.parametrize("stage", STAGES)
def test_badge_and_buttons_of_each_stage(stage: str) -> None:
    (label, colour), wanted = BUTTONS[stage]
    row = row_in(stage)
    assert row["badge"] == {"label": label, "colour": colour}
    found = [
        (each["label"], each["icon"], each["tone"], each["leads_to"], each["confirmation"] is not None)
        for each in row["buttons"]
    ]
    assert found == wanted


@pytest.mark.behaviour("M1")
def test_what_a_row_says_of_a_draft() -> None:
    row = row_in("draft", name="Spring")
    del row["buttons"], row["badge"]
    nothing = {"part": 0, "whole": 3, "fraction": 0.0, "text": "0 %"}
    assert row == {
        "campaign_id": "test00000001",
        "short_id": "test0000",
        "copy_label": "Copy campaign ID",
        "name": "Spring",
        "status": "draft",
        "progress": nothing,
        "connected": 0,
        "connected_text": "0 connected",
        "answer_rate": {"part": 0, "whole": 0, "fraction": 0.0, "text": "0 %"},
        "completion_rate": nothing,
        "created": "2026-01-05T04:30:00+00:00",
        "created_text": "2026-01-05",
        "restart_note": "",
        "failure": "",
        "always_on": None,
    }


@pytest.mark.behaviour("M1", "M2")
def test_the_figures_of_a_row() -> None:
    """Four people: one talked, one did not pick up, one is being called, one was excluded."""
    bench = Bench()
    campaign = bench.running(4, concurrency_limit=3)
    talks, nobody, _ = bench.dials()
    bench.talked(talks)
    bench.no_answer(nobody)
    bench.service.exclude(campaign.id, "919800000003", by="test")
    [row] = rows(bench)
    # The third call is reserved and not sent yet, so two were dialled.
    assert row["answer_rate"] == {"part": 1, "whole": 2, "fraction": 0.5, "text": "50 %"}
    assert row["progress"] == {"part": 2, "whole": 4, "fraction": 0.5, "text": "50 %"}
    assert row["completion_rate"] == {"part": 1, "whole": 4, "fraction": 0.25, "text": "25 %"}
    assert (row["connected"], row["connected_text"]) == (1, "1 connected")


@pytest.mark.behaviour("M2")
def test_a_prepared_restart_shows_nothing_done() -> None:
    bench = Bench()
    campaign = bench.running(2)
    bench.talked(*bench.dials())
    bench.service.step()
    bench.service.restart(campaign.id, by="meera")
    [row] = rows(bench)
    assert (row["progress"]["text"], row["answer_rate"]["text"], row["completion_rate"]["text"]) == ("0 %",) * 3
    assert row["connected"] == 0


@pytest.mark.behaviour("M1", "L13")
@pytest.mark.parametrize(
    ("reason", "shown"),
    [
        ("no_usable_number", "No number of the pool can be used any more."),
        ("credentials refused", "credentials refused"),
    ],
)
def test_a_failed_campaign_says_why(reason: str, shown: str) -> None:
    bench = Bench()
    bench.service.fail(bench.running(1).id, reason, by="ops")
    assert [row["failure"] for row in rows(bench)] == [shown]


@pytest.mark.behaviour("M1", "L7")
def test_the_note_is_of_the_latest_restart_in_the_zone_of_the_page() -> None:
    bench = Bench()
    campaign = in_stage(bench, "prepared restart")
    bench.service.start(campaign.id, by="ops")
    bench.service.stop(campaign.id, by="ops")
    bench.clock.advance(hours=20)
    bench.service.restart(campaign.id, by="ravi")
    assert rows(bench)[0]["restart_note"] == "Restarted 2026-01-06 01:00 UTC by ravi"
    assert rows(bench, zone="Asia/Kolkata")[0]["restart_note"] == "Restarted 2026-01-06 06:30 IST by ravi"


def test_dates_are_those_of_the_zone() -> None:
    bench = Bench(datetime(2026, 1, 5, 20, tzinfo=UTC))
    bench.create()
    [row] = rows(bench, zone="Asia/Kolkata")
    assert (row["created"], row["created_text"]) == ("2026-01-06T01:30:00+05:30", "2026-01-06")


@pytest.mark.behaviour("M4")
def test_confirmations_are_asked_for_restart_and_delete_only() -> None:
    asks = {each["action"]: each["confirmation"] is not None for stage in STAGES for each in row_in(stage)["buttons"]}
    assert {action for action, asked in asks.items() if asked} == {"restart", "delete"}
    assert len(asks) == 9


def test_a_name_with_braces_is_shown_as_it_is() -> None:
    asked = confirmation("delete", "{name} {0} “x”")
    assert asked is not None
    assert asked.text == "Delete draft campaign “{name} {0} “x””? This also removes uploaded contacts."


# --- filters ----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M3")
def test_both_filters_work_together_and_show_what_they_are_set_to() -> None:
    bench = Bench()
    for stage in STAGES:
        in_stage(bench, stage, name=f"Renewals {stage}")
    in_stage(bench, "paused", name="Collections")
    page = to_plain(bench.service.list_page(search=" RENEWALS ", status="paused"))
    assert [row["name"] for row in page["rows"]] == ["Renewals paused"]
    assert page["search"]["value"] == " RENEWALS "
    assert page["status"]["value"] == "paused"
    assert [each["value"] for each in page["status"]["choices"] if each["chosen"]] == ["paused"]
    drafts = to_plain(bench.service.list_page(status=CampaignStatus.DRAFT))
    assert [row["name"] for row in drafts["rows"]] == ["Renewals draft", "Renewals prepared restart"]
    everything = to_plain(bench.service.list_page(status=""))
    assert [each["label"] for each in everything["status"]["choices"] if each["chosen"]] == ["All statuses"]
    assert len(everything["rows"]) == 7


@pytest.mark.behaviour("M1", "M3")
def test_the_short_id_is_found() -> None:
    bench = Bench()
    bench.create()
    [row] = rows(bench)
    assert row["campaign_id"].startswith(row["short_id"])
    assert [each["campaign_id"] for each in rows(bench, search=row["short_id"].upper())] == [row["campaign_id"]]


@pytest.mark.behaviour("M3")
def test_nothing_found() -> None:
    bench = Bench()
    bench.create()
    page = bench.service.list_page(search="nobody")
    assert (page.rows, page.empty, page.more, page.cursor) == ((), "No campaigns found", False, "")
    assert page.new_campaign.label == "New Campaign"
    assert bench.service.list_page().empty == ""


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M3")
@pytest.mark.parametrize("limit", [1, 2, 3, 7, 1000])
def test_pages_make_up_the_list(limit: int) -> None:
    bench = Bench()
    for nth in range(7):
        bench.create([f"9198000000{nth:02d}"], name=f"nth {nth}")
        if nth % 3:
            bench.clock.advance(seconds=1)
    names, after, pages = [], "", 0
    while True:
        page = bench.service.list_page(after=after, limit=limit)
        names += [row.name for row in page.rows]
        pages += 1
        assert page.more == bool(page.cursor)
        if not page.more:
            break
        after = page.cursor
    # Those made in the same moment stand by their ids.
    assert names == ["nth 6", "nth 5", "nth 3", "nth 4", "nth 2", "nth 0", "nth 1"]
    assert pages == -(-7 // limit)


@pytest.mark.behaviour("M3")
def test_what_to_do_about_an_empty_page() -> None:
    bench = Bench()
    bench.create(name="here")
    clear = "Clear the search box and set the status filter back to All statuses to see your campaigns again."
    first = "If you have not created any campaigns yet, use New Campaign to build your first one."
    end = to_cursor((0, "a"))
    hints = [
        ({}, ""),
        ({"workspace": "elsewhere"}, first),
        # Spaces alone are no filter.
        ({"workspace": "elsewhere", "search": "  "}, first),
        ({"search": "there"}, clear),
        ({"status": "failed"}, clear),
        ({"workspace": "elsewhere", "status": "failed"}, clear),
        # Whoever reads on has campaigns, even if the last of them is gone meanwhile.
        ({"after": end}, ""),
        ({"after": end, "search": "there"}, clear),
    ]
    for asked, hint in hints:
        assert bench.service.list_page(**asked).empty_hint == hint, asked  # type: ignore[arg-type]
    own = ListTexts(
        all_statuses="Alle", new_campaign="Neu", clear_filters="{all_statuses}!", first_campaign="{new_campaign}!"
    )
    assert bench.service.list_page(search="there", texts=own).empty_hint == "Alle!"
    assert bench.service.list_page(workspace="elsewhere", texts=own).empty_hint == "Neu!"


@pytest.mark.behaviour("L20")
def test_each_workspace_has_a_list_of_its_own() -> None:
    bench = Bench()
    bench.directory.add(Bot("renewals-v3"), TRUNK, workspace="north")
    bench.create(name="here")
    bench.create(name="there", workspace="north")
    assert [row["name"] for row in rows(bench)] == ["here"]
    assert [row["name"] for row in rows(bench, workspace="north")] == ["there"]
    assert rows(bench, workspace="south") == []


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"status": "archived"}, "unknown_status"),
        ({"after": "nonsense"}, "bad_cursor"),
        ({"after": ".x"}, "bad_cursor"),
        ({"after": "1" * 19 + ".x"}, "bad_cursor"),
        ({"after": "²5.x"}, "bad_cursor"),
        ({"after": "5.\x00"}, "bad_cursor"),
        ({"after": "5.\ud800"}, "bad_cursor"),
        ({"limit": 0}, "bad_limit"),
        ({"limit": 2**70}, "bad_limit"),
        ({"status": "\ud800"}, "unknown_status"),
        ({"limit": 1001}, "bad_limit"),
        ({"zone": "Asia/Nowhere"}, "unknown_timezone"),
        ({"zone": "../etc"}, "unknown_timezone"),
        ({"zone": ""}, "unknown_timezone"),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        Bench().service.list_page(**asked)
    assert caught.value.code == code


@given(st.integers(-(10**17), 10**17), st.text("abcXYZ019-._", max_size=20))
def test_a_cursor_is_a_place(at: int, name: str) -> None:
    assert of_cursor(to_cursor((at, name))) == (at, name)


# --- kept counts ------------------------------------------------------------------------------------------------------


class Blind(MemoryStore):
    """A store that refuses to look at contacts and calls."""

    def contacts(self, *_: Any, **__: Any) -> Any:
        raise AssertionError

    attempts = attempts_of = events = number_use = contacts


@pytest.mark.behaviour("M2", "M6")
def test_the_list_is_made_of_kept_counts_that_a_recount_confirms() -> None:
    bench = Bench(store=Blind)
    lively(bench)
    shown = {row["campaign_id"]: row for row in rows(bench)}
    assert len(shown) == 2
    for campaign_id, row in shown.items():
        bench.store.__class__ = MemoryStore
        contacts, attempts = bench.contacts(campaign_id), bench.attempts(campaign_id)
        run = bench.service.get(campaign_id).run_number
        calls = [each for each in attempts if each.run == run and each.status.value == "ended"]
        final = [c for c in contacts if c.status.value not in {"pending", "retry_scheduled", "callback_scheduled"}]
        by_calling = [c for c in final if c.status.value in {"completed", "exhausted", "abandoned", "machine"}]
        answered = [each for each in calls if each.answered_at is not None]
        assert (row["progress"]["part"], row["progress"]["whole"]) == (len(final), len(contacts))
        assert (row["answer_rate"]["part"], row["answer_rate"]["whole"]) == (len(answered), len(calls))
        assert row["completion_rate"]["part"] == len(by_calling)
        assert row["connected"] == len({each.contact for each in calls if each.connected})


# --- JSON -------------------------------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
COUNTS = st.integers(0, 10**6)
INSTANTS = st.integers(0, 4 * 10**15)


@st.composite
def overviews(draw: st.DrawFn) -> Overview:
    status = draw(st.sampled_from(CampaignStatus))
    campaign = Campaign(
        id=draw(TEXTS),
        workspace="default",
        name=draw(TEXTS),
        bot="asha",
        numbers=(),
        config=DiallerConfig(mode=CampaignMode.MULTI_DAY, always_on=draw(st.booleans())),
        created_at=draw(INSTANTS),
        created_by="ops",
        status=status,
        completion_reason=draw(st.sampled_from([None, *CompletionReason])),
        failure=draw(TEXTS),
        restarts=tuple(draw(st.lists(st.builds(Restart, INSTANTS, TEXTS), max_size=2))),
    )
    contacts = draw(st.dictionaries(st.sampled_from(ContactStatus), COUNTS))
    return Overview(campaign, Counters(contacts, *(draw(COUNTS) for _ in range(9))))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(overviews(), max_size=4),
    st.builds(CampaignFilter, TEXTS, st.sampled_from([None, *CampaignStatus])),
    st.integers(1, 5),
    st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York"]),
)
def test_json_there_and_back_changes_nothing(
    found: list[Overview], only: CampaignFilter, limit: int, zone: str
) -> None:
    page = list_page(found, only, limit, zone=zone)
    assert loads(ListPage, dumps(page)) == page
    assert dumps(loads(ListPage, dumps(page))) == dumps(page)
    for row in page.rows:
        for each in (row.progress, row.answer_rate, row.completion_rate):
            assert each.fraction >= 0
            assert each.text.endswith(" %")
        assert row.created.utcoffset() == row.created.astimezone(ZoneInfo(zone)).utcoffset()
