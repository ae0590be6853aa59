"""Draws the page of the wizard as plain text, from its JSON alone, as a web page would.

It imports nothing of the library: whatever it needs must be in the JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any

MARKS = {"complete": "v", "current": ">", "upcoming": " "}


def page_text(page: dict[str, Any]) -> str:
    """Draw one step of the wizard, from what `json.loads` makes of its page."""
    link = page["back_link"]
    leads_to = f"{link['leads_to']} {link['campaign_id']}".strip()
    lines = [f"[{link['icon']} {link['label']} -> {leads_to}]", f"{page['title']} ({page['mode']})", ""]
    lines += map(_pill, page["pills"])
    lines += ["", *(each["help"] for each in page["pills"] if each["step"] == page["step"])]
    lines += map(_notice, page["notices"])
    if page["guidance"]:
        lines += ["", *([page["guidance_head"]] if page["guidance_head"] else [])]
        lines += [f"  - {each}" for each in page["guidance"]]
    group = ""
    for each in page["fields"]:
        if each["group"] != group:
            group = each["group"]
            lines += ["", f"== {group} =="]
        lines += ["", *_field(each)]
    preview = ["", *_table(page["preview"])] if page["preview"] else []
    if page["review"]:
        lines += ["", *_review(page["review"], preview)]
        # On the other steps each problem stands at its field.
        lines += _part("Problems", (_linked(each, page) for each in page["problems"]))
    else:
        lines += preview
    lines += _part("Not saved", (_linked(each, page) for each in page["failures"]))
    lines += ["", " ".join(map(_button, page["buttons"]))]
    return "\n".join(lines) + "\n"


def _pill(pill: dict[str, Any]) -> str:
    click = " [go there]" if pill["clickable"] else ""
    return f"{MARKS[pill['state']]} {pill['number']} {pill['label']} ({pill['colour']}){click}"


def _notice(notice: dict[str, Any]) -> str:
    return f"{'(!)' if notice['warning'] else '(i)'} {notice['text']}"


def _button(button: dict[str, Any]) -> str:
    return f"[{button['label']}]" if button["enabled"] else f"[{button['label']}: greyed out]"


# --- fields ----------------------------------------------------------------------------------------------------------


def _field(field: dict[str, Any]) -> Iterator[str]:
    state = "locked" if field["locked"] else "greyed out"
    label = f"{field['label']}{' *' if field['required'] else ''}"
    yield f"{label}  {_input(field)}{'' if field['enabled'] else f' ({state})'}".rstrip()
    yield from (f"    {_option(field['kind'], each)}" for each in field["options"])
    yield from (f"    {field[name]}" for name in ("help", "note") if field[name])
    # What is only not filled in yet is no error to show: the star says that it has to be.
    yield from (f"    {_problem(each)}" for each in field["problems"] if not each["missing"])


def _input(field: dict[str, Any]) -> str:
    match field["kind"]:
        case "toggle":
            return "[ON ]" if field["on"] else "[OFF]"
        case "choice":
            return f"[{_label(field, field['value']) or 'choose'} v]{_at_first(field)}"
        case "choices" | "days":
            return _at_first(field)
        case "file":
            return f"[ {field['value'] or 'drop a file here'} ]"
        case kind:
            entered = field["value"] or (f"e.g. {field['example']}" if field["example"] else "")
            return f"[{entered}] {kind}{_at_first(field)}"


def _at_first(field: dict[str, Any]) -> str:
    labels = [_label(field, each) for each in field["default"].split(",")]
    return f" (at first {', '.join(labels)})" if field["default"] else ""


def _label(field: dict[str, Any], value: str) -> str:
    labels: dict[str, str] = {each["value"]: each["label"] for each in field["options"]}
    return labels.get(value, value)


def _option(kind: str, option: dict[str, Any]) -> str:
    inside = "x" if option["ticked"] else " "
    box = f"({inside})" if kind == "choice" else f"[{inside}]"
    sent = "" if option["value"] == option["label"] else f" <{option['value']}>"
    detail = f" - {option['detail']}" if option["detail"] else ""
    return f"{box} {option['label']}{sent}{detail}{'' if option['available'] else ' (untick only)'}"


def _problem(problem: dict[str, Any]) -> str:
    return f"{problem['severity']}: {problem['message']} {problem['hint']}".rstrip()


def _linked(problem: dict[str, Any], page: dict[str, Any]) -> str:
    steps = {each["step"]: each["label"] for each in page["pills"]}
    place = f" [go to {steps[problem['step']]}, {problem['field']}]" if problem["step"] else ""
    return _problem(problem) + place


# --- tables ----------------------------------------------------------------------------------------------------------


def _table(table: dict[str, Any]) -> Iterator[str]:
    rows = [table["header"], *table["rows"]]
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    for row in rows:
        # A record of the file may be shorter than its header.
        yield "  " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip()


def _review(review: dict[str, Any], preview: Iterable[str]) -> Iterator[str]:
    for part in ("grid", "rules"):
        for row in review[part]:
            worst = min((each["severity"] for each in row["problems"]), default="")
            yield f"{'!' if worst == 'error' else '?' if worst else ' '} {row['label']:.<40} {row['value']}"
            if row["items"] and row["value"] != ", ".join(row["items"]):
                yield from (f"  {'':40}   {item}" for item in row["items"])
        yield ""
    yield from (each for each in preview if each)
    yield from [""] if preview else []
    yield review["confirm"]
    yield from (f"  * {each}" for each in review["checklist"])
    if review["note"]:
        yield review["note"]


def _part(head: str, lines: Iterable[str]) -> list[str]:
    told = [f"  {line}" for line in lines]
    return ["", head, *told] if told else []
