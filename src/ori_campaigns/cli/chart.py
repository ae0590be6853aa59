"""What ran when: a text chart with a line for each day and a column for each hour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import attrs

from ori_campaigns.cli.look import SHADES, Look

_LABEL = 12
_TOTAL = 8
_MOST_DAYS = 31
_WIDEST_CELL = 7


@attrs.frozen
class _Grid:
    """How the cells of a chart are drawn: shade and figure where there is room for both, else the shade alone."""

    look: Look
    hours: Sequence[int]
    busiest: int

    @property
    def digits(self) -> int:
        return len(str(self.busiest))

    @property
    def room(self) -> int:
        return min((self.look.width - _LABEL - _TOTAL) // len(self.hours), _WIDEST_CELL)

    @property
    def figures(self) -> bool:
        return self.room >= self.digits + 2

    def titles(self) -> str:
        """Return the hours; where the cells are narrow, every second or third of them."""
        if self.figures:
            return "".join(f"{hour:02}".rjust(self.room) for hour in self.hours)
        every = {1: 3, 2: 2}.get(self.room, 1)
        shown = (f"{hour:02}".ljust(self.room * every) for hour in self.hours[::every])
        return "".join(shown)[: self.room * len(self.hours)].ljust(self.room * len(self.hours))

    def cell(self, calls: int) -> str:
        shade = self.look.shade(calls / self.busiest)
        if self.figures:
            nothing = "·" if self.look.glyphs else "-"
            return (f"{shade}{calls:>{self.digits}}" if calls else nothing).rjust(self.room)
        # A gap between the hours, if there is room for one.
        return shade * max(self.room - 1, 1) + " " * (self.room > 1)

    def legend(self) -> list[str]:
        """Say how many calls a shade stands for, where there are enough of them to be told apart."""
        if self.busiest < SHADES:
            return []
        steps = range(1, SHADES + 1)
        told = (f"{self.look.shade(step / SHADES)} to {self.busiest * step // SHADES:,}" for step in steps)
        return [self.look.paint(line, "dim") for line in self.look.paragraph(f"Calls in an hour: {', '.join(told)}")]


def what_ran_when(placed: Mapping[tuple[date, int], int], zone: str, look: Look) -> list[str]:
    """Return the chart.

    Parameters:
        placed: calls by date and hour, both local to `zone`.
        zone: the name of the zone, for the heading.
    """
    lines = look.heading("What ran when", f"calls placed, by hour in {zone}")
    if not placed:
        return [*lines, "No call was placed."]
    hours = range(min(hour for _, hour in placed), max(hour for _, hour in placed) + 1)
    grid = _Grid(look, hours, max(placed.values()))
    by_day: dict[date, dict[int, int]] = {}
    for (day, hour), calls in placed.items():
        by_day.setdefault(day, {})[hour] = calls
    lines.append(look.paint(f"{'':{_LABEL}}{grid.titles()}{'total':>{_TOTAL}}", "dim"))
    for label, calls_of in _days(by_day):
        if calls_of is None:
            lines.append(look.paint(label, "dim"))
        else:
            cells = "".join(grid.cell(calls_of.get(hour, 0)) for hour in hours)
            lines.append(f"{label:{_LABEL}}{cells}{sum(calls_of.values()):>{_TOTAL},}")
    return [*lines, *grid.legend()]


def _days(by_day: Mapping[date, Mapping[int, int]]) -> Iterator[tuple[str, Mapping[int, int] | None]]:
    """Yield each day with its calls by hour, and a remark for days without calls, or too many to be shown."""
    days = sorted(by_day)
    half = _MOST_DAYS // 2
    hidden = days[half:-half] if len(days) > _MOST_DAYS else []
    shown = [day for day in days if day not in hidden]
    for day, before in zip(shown, [None, *shown], strict=False):
        if before is not None and before < day - timedelta(1):
            first, last = before + timedelta(1), day - timedelta(1)
            span = _label(first) if first == last else f"{_label(first)} to {_label(last)}"
            calls = sum(sum(by_day[each].values()) for each in hidden if first <= each <= last)
            told = f"{calls:,} calls, not shown" if calls else "no calls"
            yield f"{span:{_LABEL - 1}} {told}", None
        yield _label(day), by_day[day]


def _label(day: date) -> str:
    return f"{day:%a} {day.day:2} {day:%b}"
