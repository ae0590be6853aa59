"""Draws the campaign list and the detail page as plain text, from their JSON alone, as a web page would.

It imports nothing of the library and knows no word of any language: it only lays out what the JSON says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

BAR, GAP = 10, "   "
Page = dict[str, Any]


def list_text(text: str) -> str:
    """Draw the campaign list."""
    page = json.loads(text)
    lines = [f"{page['title']}    [{page['new_campaign']['label']}]", ""]
    lines += [_filter(page["search"]), _filter(page["status"]), ""]
    lines += _rows(page["columns"], page["rows"])
    lines += [f"  {line}" for line in (page["empty"], page["empty_hint"]) if line]
    if page["more"]:
        lines.append(f"[{page['more_label']}]")
    return "\n".join(lines) + "\n"


def detail_text(text: str, contacts: str, columns: Sequence[str]) -> str:
    """Draw the detail page with a page of contacts; the heads of the columns are those of the list."""
    page = json.loads(text)
    heads, live = page["headings"], page["live"]
    lines = [f"< {page['back']}", "", *_rows(columns, [page["row"]])]
    for run in page["runs"]:
        lines += _part(run["heading"], _table(_labelled(run["lines"])))
    lines += _part(heads["live"], [*_columns(live["labels"]), "", *_table(_labelled(live["lines"]))])
    lines += _part(heads["calls"], [*_columns(page["calls"]), "", *_table(_labelled(page["rates"]))])
    lines += _part(heads["last_contacts"], _figures(page["last_contacts"]))
    lines += _part(heads["contacts"], [*_figures(page["contacts"]), "", *_contacts(json.loads(contacts))])
    pool = ([each["text"], each["carrier"], each["calls_text"], each["note"]] for each in page["pool"])
    lines += _part(heads["pool"], _table(pool))
    log = ([each["at_text"], each["run_text"], each["text"], each["detail_text"]] for each in page["activity"])
    lines += _part(heads["activity"], _table(log))
    lines += _part(heads["restarts"], (each["text"] for each in page["restarts"]))
    settings = ([each["label"], _aside(each["value"], each["note"])] for each in page["settings"])
    lines += _part(heads["settings"], _table(settings))
    return "\n".join(lines) + "\n"


def _rows(columns: Sequence[str], rows: Iterable[Page]) -> Iterator[str]:
    rows = list(rows)
    cells = [
        [
            row["name"],
            f"({row['badge']['colour']}) {row['badge']['label']}",
            f"{_bar(row['progress'])} {row['progress']['text']}, {row['connected_text']}",
            row["answer_rate"]["text"],
            row["completion_rate"]["text"],
            row["created_text"],
            " ".join(f"[{each['label']}]" for each in row["buttons"]),
        ]
        for row in rows
    ]
    head, *drawn = _table([columns, *cells])
    yield head
    for row, line in zip(rows, drawn, strict=True):
        yield line
        yield f"  {row['short_id']} [{row['copy_label']}]"
        if row["always_on"]:
            yield f"  ({row['always_on']['colour']}) {row['always_on']['label']}"
        yield from (f"  {note}" for note in (row["restart_note"], row["failure"]) if note)
        for button in row["buttons"]:
            asked = button["confirmation"]
            if asked:
                yield f"  [{button['label']}] {asked['text']} [{asked['ok']}] [{asked['cancel']}]"


def _bar(share: Page) -> str:
    return f"[{'#' * round(BAR * share['fraction']):-<{BAR}}]"


def _contacts(page: Page) -> Iterator[str]:
    yield _filter(page["status"])
    yield _filter(page["callback"])
    yield _filter(page["number"])
    yield _filter(page["disposition"])
    yield ""
    heads = _table(
        [each["place"], each["number"], each["status_label"], each["attempts_text"], _noted(each)]
        for each in page["rows"]
    )
    for each, head in zip(page["rows"], heads, strict=True):
        yield head
        yield from (f"    {name}: {value}" for name, value in each["variables"].items())
        callback = each["callback"]
        if callback:
            yield f"    {_joined([callback['text'], callback['reason_text'], callback['said']])}"
        yield from (f"    {line}" for line in _table(_call(call) for call in each["calls"]))
    if page["empty"]:
        yield page["empty"]
    if page["more"]:
        yield f"[{page['more_label']}]"


def _noted(contact: Page) -> str:
    return _joined([contact["due_text"], contact["excluded_text"]])


def _call(call: Page) -> list[str]:
    outcome = _joined([call["outcome_text"], call["business_disposition"]])
    made = [call["run_text"], call["reserved_text"], call["kind_text"], call["from_text"]]
    return [*made, outcome, call["talk_text"], call["rule_text"]]


def _filter(shown: Page) -> str:
    listed = shown["choices"] or shown["suggestions"]
    choices = " | ".join(f"<{each['label']}>" if each["chosen"] else each["label"] for each in listed)
    entered = "" if shown["choices"] else f"[{shown['value']}]"
    return f"{shown['label']}: {' '.join(each for each in (entered, choices) if each)}"


def _labelled(lines: Iterable[Page]) -> Iterator[list[str]]:
    return ([each["label"], each["text"], each["note"]] for each in lines)


def _figures(figures: Iterable[Page]) -> Iterator[str]:
    return _table([each["label"], each["text"]] for each in figures if each["value"])


def _columns(figures: Sequence[Page]) -> Iterator[str]:
    """Lay out figures in two columns, numbers to the right."""
    half = -(-len(figures) // 2)
    cells = _figures_of(figures)
    return (GAP.join(pair).rstrip() for pair in _pairs(cells[:half], cells[half:]))


def _figures_of(figures: Sequence[Page]) -> list[str]:
    label, value = max(len(each["label"]) for each in figures), max(len(each["text"]) for each in figures)
    return [f"{each['label']:<{label}}  {each['text']:>{value}}" for each in figures]


def _pairs(left: Sequence[str], right: Sequence[str]) -> Iterator[tuple[str, str]]:
    return zip(left, (*right, *[""] * (len(left) - len(right))), strict=True)


def _table(rows: Iterable[Sequence[str]]) -> Iterator[str]:
    listed = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    # A column in which nothing stands takes no room.
    return (
        GAP.join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True) if width).rstrip()
        for row in listed
    )


def _aside(text: str, note: str) -> str:
    return f"{text}   ({note})" if note else text


def _joined(texts: Iterable[str]) -> str:
    return "; ".join(each for each in texts if each)


def _part(head: str, lines: Iterable[str]) -> list[str]:
    drawn = [f"  {line}".rstrip() for line in lines]
    return ["", head, *drawn] if drawn else []
