"""Draws the campaign list and the detail page as plain text, from their JSON alone, as a web page would.

It imports nothing of the library: whatever it needs must be in the JSON.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

BAR = 10


def list_text(text: str) -> str:
    """Draw the campaign list."""
    page = json.loads(text)
    lines = [f"{page['title']}    [{page['new_campaign']['label']} -> {page['new_campaign']['leads_to']}]"]
    lines += [_filter(page["search"]), _filter(page["status"]), " | ".join(page["columns"])]
    for row in page["rows"]:
        lines += ["", *_row(row)]
    if page["empty"]:
        lines.append(page["empty"])
    if page["more"]:
        lines.append(f"[{page['more_label']} -> {page['cursor']}]")
    return "\n".join(lines) + "\n"


def detail_text(text: str, contacts: str) -> str:
    """Draw the detail page with a page of contacts."""
    page = json.loads(text)
    heads, live = page["headings"], page["live"]
    lines = [f"< {page['back']}", *_row(page["row"]), f"run {page['run_number']}"]
    lines += [f"started {page['started_text'] or '-'}"]
    lines += [f"completed {page['completed_text'] or '-'} {page['completion_text']}".rstrip()]
    lines += _part(heads["live"], _figures(live["labels"]))
    lines += [f"  {live['a_second']:.2f} a second; next call {live['next_call_text'] or '-'}"]
    lines += [f"  ends {live['estimate']['at_text'] or '-'}: {live['estimate']['text']}"]
    lines += _part(f"{heads['calls']} (run {page['figures_run']})", _figures(page["calls"]))
    rates = (page[name]["text"] for name in ("progress", "answer_rate", "completion_rate"))
    lines += [f"  {', '.join(rates)}"]
    lines += _part(heads["contacts"], _figures(each for each in page["contacts"] if each["value"]))
    pool = (f"{each['number']} {each['carrier']}: {each['calls']['part']} calls" for each in page["pool"])
    lines += _part(heads["pool"], pool)
    lines += _part(
        heads["activity"], (f"{each['at_text']} {each['label']} by {each['by']}" for each in page["activity"])
    )
    lines += _part(heads["restarts"], (f"{each['at_text']} by {each['by']}" for each in page["restarts"]))
    lines += _part(heads["settings"], (f"{each['label']}: {each['value']}" for each in page["settings"]))
    lines += _contacts(json.loads(contacts))
    return "\n".join(lines) + "\n"


def _contacts(page: dict[str, Any]) -> Iterator[str]:
    yield from (_filter(page[name]) for name in ("status", "number", "disposition", "callback"))
    for each in page["rows"]:
        yield f"  {each['ordinal']} {each['number']} {each['status_label']}, {each['attempts']} attempts"
        for call in each["calls"]:
            yield f"    run {call['run']} {call['reserved']} {call['status']} {call['disposition']}".rstrip()
    if page["empty"]:
        yield page["empty"]


def _row(row: dict[str, Any]) -> Iterator[str]:
    progress = row["progress"]
    bar = "#" * round(BAR * progress["fraction"])
    badge = f"({row['badge']['label']}: {row['badge']['colour']})"
    rates = f"{row['answer_rate']['text']} | {row['completion_rate']['text']}"
    done = f"[{bar:-<{BAR}}] {progress['text']}, {row['connected_text']}"
    yield f"{row['name']} | {badge} | {done} | {rates} | {row['created_text']}"
    yield f"  {row['short_id']} [{row['copy_label']}: {row['campaign_id']}]"
    if row["always_on"]:
        yield f"  ({row['always_on']['label']}: {row['always_on']['colour']})"
    yield from (f"  {row[name]}" for name in ("restart_note", "failure") if row[name])
    for button in row["buttons"]:
        yield f"  [{button['label']}: {button['icon']}, {button['tone']}] -> {button['leads_to']}"
        asked = button["confirmation"]
        if asked:
            yield f"    {asked['text']} [{asked['ok']}] [{asked['cancel']}]"


def _filter(shown: dict[str, Any]) -> str:
    if not shown["choices"]:
        return f"{shown['label']}: [{shown['value']}]"
    choices = (f"<{each['label']}>" if each["chosen"] else each["label"] for each in shown["choices"])
    return f"{shown['label']}: {' '.join(choices)}"


def _figures(figures: Iterable[dict[str, Any]]) -> Iterator[str]:
    return (f"{each['label']}: {each['value']}" for each in figures)


def _part(head: str, lines: Iterable[str]) -> list[str]:
    return ["", head, *(f"  {line}" for line in lines)]
