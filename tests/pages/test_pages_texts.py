"""Every text that the manual quotes stands where the manual says it stands; all of them can be replaced."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import attrs
import pytest

from ori_campaigns.codec import dumps, loads, to_plain
from ori_campaigns.errors import Conflict
from ori_campaigns.pages import DETAIL_TEXTS, LIST_TEXTS, DetailTexts, ListTexts, failure_toast, toast
from ori_campaigns.testing.bench import Bench, lively, number
from pages.stages import STAGES, in_stage, row_in


def page(**asked: Any) -> dict[str, Any]:
    return to_plain(Bench().service.list_page(**asked))


def button(stage: str, action: str) -> dict[str, Any]:
    [found] = [each for each in row_in(stage)["buttons"] if each["action"] == action]
    assert isinstance(found, dict)
    return found


def said(action: str) -> str:
    found = toast(action)
    assert found is not None
    return found.text


NO_RUN = (
    "Prepare this campaign for a new run? This resets call attempts and returns it to draft. It will not start "
    "dialling until you press Start."
)
GONE = "Delete draft campaign “Q2 Renewal Drive”? This also removes uploaded contacts."

PLACES: dict[str, tuple[str, Callable[[], str]]] = {
    "the page's button": ("New Campaign", lambda: page()["new_campaign"]["label"]),
    "where it leads": ("wizard", lambda: page()["new_campaign"]["leads_to"]),
    "first filter": ("Search campaigns", lambda: page()["search"]["label"]),
    "second filter": ("Status filter", lambda: page()["status"]["label"]),
    "empty state": ("No campaigns found", lambda: page()["empty"]),
    "no campaign yet": (
        "If you have not created any campaigns yet, use New Campaign to build your first one.",
        lambda: page()["empty_hint"],
    ),
    **{
        f"nothing found for {asked}": (
            "Clear the search box and set the status filter back to All statuses to see your campaigns again.",
            lambda asked=asked: page(**asked)["empty_hint"],  # type: ignore[misc]
        )
        for asked in ({"search": "x"}, {"status": "failed"}, {"search": "x", "status": "draft"})
    },
    "restart note": ("Restarted 2026-01-05 05:00 UTC by meera", lambda: row_in("prepared restart")["restart_note"]),
    "asked before restart": (NO_RUN, lambda: button("completed", "restart")["confirmation"]["text"]),
    "asked before a failed one": (NO_RUN, lambda: button("failed", "restart")["confirmation"]["text"]),
    "asked before delete": (GONE, lambda: button("draft", "delete")["confirmation"]["text"]),
    "yes": ("OK", lambda: button("draft", "delete")["confirmation"]["ok"]),
    "no": ("Cancel", lambda: button("draft", "delete")["confirmation"]["cancel"]),
    "yes to restart": ("OK", lambda: button("failed", "restart")["confirmation"]["ok"]),
    "no to restart": ("Cancel", lambda: button("failed", "restart")["confirmation"]["cancel"]),
    "started": ("Campaign started", lambda: said("start")),
    "paused": ("Campaign paused", lambda: said("pause")),
    "resumed": ("Campaign resumed", lambda: said("resume")),
    "stopped": ("Campaign stopped", lambda: said("stop")),
    "cloned": ("Campaign cloned", lambda: said("clone")),
    "prepared": ("Campaign prepared for restart", lambda: said("restart")),
    "created": ("Campaign created", lambda: said("create")),
    "updated": ("Campaign updated", lambda: said("edit")),
    **{
        f"failed to {action}": (f"Failed to {action}", lambda action=action: failure_toast(action, Conflict("")).text)  # type: ignore[misc]
        for action in ("start", "pause", "resume", "stop", "clone", "restart", "delete")
    },
    **{
        f"badge {word}": (word, lambda stage=stage: row_in(stage)["badge"]["label"])  # type: ignore[misc]
        for stage, word in (
            ("draft", "Draft"),
            ("running", "Running"),
            ("paused", "Paused"),
            ("completed", "Completed"),
            ("failed", "Failed"),
            ("prepared restart", "Draft"),
        )
    },
}


@pytest.mark.behaviour("M1", "M3", "M4")
@pytest.mark.parametrize("place", PLACES)
def test_a_text_stands_in_its_place(place: str) -> None:
    text, read = PLACES[place]
    assert read() == text


@pytest.mark.behaviour("M1")
def test_the_columns_of_the_list() -> None:
    wanted = ["Name", "Status", "Progress", "Answer Rate", "Completion Rate", "Created", "Actions"]
    assert page()["columns"] == wanted


@pytest.mark.behaviour("M3")
def test_the_choices_of_the_status_filter() -> None:
    wanted = ["All statuses", "Draft", "Running", "Paused", "Completed", "Failed"]
    assert [each["label"] for each in page()["status"]["choices"]] == wanted
    assert [each["value"] for each in page()["status"]["choices"]] == [
        "",
        "draft",
        "running",
        "paused",
        "completed",
        "failed",
    ]


@pytest.mark.behaviour("M1")
def test_an_always_on_campaign_says_so() -> None:
    badge = row_in("running", always_on=True)["always_on"]
    assert badge == {"label": "Always-on · runs until stopped", "colour": "purple"}


# --- replaced ---------------------------------------------------------------------------------------------------------


def marked(value: Any) -> Any:
    """Put a mark on every text of a value; what is filled in stays."""
    if isinstance(value, str):
        return value if value.startswith("%") else f"~{value}"
    if isinstance(value, tuple):
        return tuple(map(marked, value))
    if attrs.has(type(value)):
        return all_marked(value)
    return {key: marked(text) for key, text in value.items()}


def all_marked(texts: Any) -> Any:
    changes = {field.name: marked(getattr(texts, field.name)) for field in attrs.fields(type(texts))}
    return attrs.evolve(texts, **changes)


def words(plain: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(plain, dict):
        for key, each in plain.items():
            yield from words(each, f"{path}.{key}")
    elif isinstance(plain, list):
        for each in plain:
            yield from words(each, path)
    elif isinstance(plain, str):
        yield path, plain


# Codes for programs, what a host named itself, and times for programs. All else is for people.
FOR_PROGRAMS = {
    *("action", "basis", "colour", "completion_reason", "detail", "icon", "key", "kind", "leads_to", "reason", "rule"),
    *("state", "status", "tone", "type", "disposition", "due", "ended", "answered", "rang", "reserved", "as_of", "at"),
    *("created", "started", "completed", "next_call", "attempt_id", "campaign_id", "short_id", "name", "by", "carrier"),
    *("number", "from_number", "business_disposition", "said"),
}
# Figures and times are in the page's own form, and carry no words.
BARE = re.compile(r"[\d,.]+( %)?|\d{4}-\d\d-\d\d( \d\d:\d\d UTC)?")


def assert_replaced(page: Any) -> None:
    """Assert that every text for people has a mark, and there are some."""
    plain = to_plain(page)
    # The dialler's own value, values of filters, and what a carrier or a host named.
    plain.pop("config", None)
    for each in plain.get("pool", []):
        assert each.pop("text") == each["number"]
        each.pop("label")
    for each in plain.get("settings", []):
        if each["key"] in {"bot", "on_system", "on_business"}:
            each.pop("value")
    shown = [(path, text) for path, text in words(plain) if path.rpartition(".")[2] not in FOR_PROGRAMS]
    assert any("~" in text for _, text in shown)
    values = (".choices.value", ".suggestions.value", ".status.value", ".disposition.value", ".search.value")
    bare = [(path, text) for path, text in shown if text and "~" not in text and not BARE.fullmatch(text)]
    assert [(path, text) for path, text in bare if not path.endswith(values)] == []


@pytest.mark.parametrize("stage", STAGES)
def test_every_text_of_both_pages_can_be_replaced(stage: str) -> None:
    bench = Bench()
    name = in_stage(bench, stage).id
    texts = all_marked(DETAIL_TEXTS)
    pages = [
        bench.service.list_page(texts=texts.rows),
        bench.service.list_page(texts=texts.rows, search="nobody"),
        bench.service.detail(name, texts=texts),
        bench.service.contacts(name, texts=texts),
        bench.service.contacts(name, texts=texts, disposition="nobody"),
    ]
    for each in pages:
        assert_replaced(each)


@pytest.mark.parametrize("finish", [False, True])
def test_every_text_of_an_eventful_day_can_be_replaced(finish: bool) -> None:
    bench = Bench()
    lively(bench, finish=finish)
    texts = all_marked(DETAIL_TEXTS)
    for campaign in bench.store.campaigns():
        bench.service.exclude(campaign.id, [number(5)], by="ops")
        assert_replaced(bench.service.detail(campaign.id, texts=texts))
        assert_replaced(bench.service.contacts(campaign.id, texts=texts))


def test_a_translation_may_leave_words_out() -> None:
    bench = Bench()
    name = in_stage(bench, "failed").id
    bare = ListTexts(statuses={}, actions={}, confirmations={}, toasts={}, verbs={}, failures={})
    [row] = bench.service.list_page(texts=bare).rows
    assert (row.badge.label, row.failure) == ("failed", "no_usable_number")
    assert [(each.label, each.confirmation) for each in row.buttons] == [("restart", None), ("clone", None)]
    assert toast("start", bare) is None
    nothing = DetailTexts(figure={}, estimates={}, actions={}, setting={}, counted={}, contact_statuses={})
    assert bench.service.detail(name, texts=nothing).contacts[0].label == "pending"


def test_texts_can_be_written_and_read() -> None:
    assert loads(ListTexts, dumps(LIST_TEXTS)) == LIST_TEXTS
    assert loads(DetailTexts, dumps(DETAIL_TEXTS)) == DETAIL_TEXTS


def test_texts_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        LIST_TEXTS.toasts["start"] = "x"  # type: ignore[index]
