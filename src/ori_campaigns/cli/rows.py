"""Rows of the campaign list, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from ori_campaigns.cli.look import Cell, Column, Look, Painted
from ori_campaigns.listing import ALWAYS_ON_COLOUR, CampaignRow

_TABLE_FROM = 74
_PROGRESS_BAR = 12


def list_row(row: CampaignRow, zone: ZoneInfo, look: Look) -> list[str]:
    """Return the campaign's row of the campaign list (M1, M2); the date is that of `zone`."""
    actions = _actions(row)
    lines = look.heading("Campaign list", f"dates in {zone.key}")
    if look.width >= _TABLE_FROM:
        lines += _table([row], zone, look)
        lines.append(look.paint("Actions: ", "dim") + actions)
    else:
        lines += look.pairs([*_pairs(row, zone, look), ("Actions", actions)])
    return lines + _notes(row, look)


def list_rows(rows: Sequence[CampaignRow], zone: ZoneInfo, look: Look) -> list[str]:
    """Return rows of the campaign list (M1, M2); the dates are those of `zone`."""
    lines = look.heading("Campaign list", f"dates in {zone.key}")
    if look.width >= _TABLE_FROM:
        return lines + _table(rows, zone, look, noted=True)
    for at, row in enumerate(rows):
        lines += [""] * bool(at) + look.pairs(_pairs(row, zone, look)) + _notes(row, look)
    return lines


def _actions(row: CampaignRow) -> str:
    return ", ".join(action.value.replace("_", " ").capitalize() for action in row.actions)


def _bar(row: CampaignRow, look: Look) -> str:
    return f"{look.bar(row.progress.fraction, _PROGRESS_BAR, rest=True)} {row.progress.text}"


def _created(row: CampaignRow, zone: ZoneInfo) -> str:
    return f"{row.created.astimezone(zone):%Y-%m-%d}"


def _table(rows: Sequence[CampaignRow], zone: ZoneInfo, look: Look, *, noted: bool = False) -> list[str]:
    columns = [
        Column("Name", flexible=True),
        Column("Status"),
        Column("Progress"),
        Column("Answer\nrate", right=True),
        Column("Completion\nrate", right=True),
        Column("Created"),
    ]
    cells: list[list[Cell]] = []
    for row in rows:
        status = Painted(row.status.value.capitalize(), row.colour)
        rates = row.answer_rate.text, row.completion_rate.text
        cells += [
            [look.name(row.name), status, _bar(row, look), *rates, _created(row, zone)],
            [Painted(row.short_id, "dim"), "", f"{row.connected:,} connected", "", "", ""],
        ]
        if noted:
            cells += [[Painted(text, style), "", "", "", "", ""] for text, style in _noted(row, look)]
    return look.table(columns, cells)


def _pairs(row: CampaignRow, zone: ZoneInfo, look: Look) -> list[tuple[str, str]]:
    return [
        ("Name", look.name(row.name)),
        ("Id", row.short_id),
        ("Status", row.status.value.capitalize()),
        ("Progress", f"{_bar(row, look)}, {row.connected:,} connected"),
        ("Answer rate", row.answer_rate.text),
        ("Completion rate", row.completion_rate.text),
        ("Created", _created(row, zone)),
    ]


def _noted(row: CampaignRow, look: Look) -> list[tuple[str, str]]:
    """Return what is to be said of a row beside its columns, and in which colour."""
    notes = []
    if row.always_on:
        notes.append((row.always_on if look.glyphs else row.always_on.replace(" · ", ", "), ALWAYS_ON_COLOUR))
    if row.failure:
        notes.append((f"Failed: {look.name(row.failure).replace('_', ' ')}", "red"))
    if row.restart_note:
        notes.append((look.name(row.restart_note), ""))
    return notes


def _notes(row: CampaignRow, look: Look) -> list[str]:
    return [look.paint(text, style) for text, style in _noted(row, look)]
