"""The chart of calls by day and hour, at every width."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ori_campaigns.cli.chart import what_ran_when
from ori_campaigns.cli.look import Look

MONDAY = date(2026, 1, 5)


def test_a_day_a_line_and_an_hour_a_column() -> None:
    placed = {(MONDAY, 9): 25, (MONDAY, 11): 100, (MONDAY + timedelta(1), 10): 51}
    assert what_ran_when(placed, "Asia/Kolkata", Look(60)) == [
        "",
        "What ran when          calls placed, by hour in Asia/Kolkata",
        "-" * 60,
        "                 09     10     11   total",
        "Mon  5 Jan     . 25      -   #100     125",
        "Tue  6 Jan        -   * 51      -      51",
        "Calls in an hour: . to 25, : to 50, * to 75, # to 100",
    ]


def test_without_room_for_figures_there_are_shades() -> None:
    placed = {(MONDAY, hour): 40 * hour for hour in range(1, 24)}
    titles, day, legend = what_ran_when(placed, "UTC", Look(60, glyphs=True))[3:]
    assert titles == "            01 04 07 10 13 16 19 22   total"
    assert day == "Mon  5 Jan  " + "░" * 5 + "▒" * 6 + "▓" * 6 + "█" * 6 + "  11,040"
    assert legend == "Calls in an hour: ░ to 230, ▒ to 460, ▓ to 690, █ to 920"


@pytest.mark.parametrize("hours", [1, 2, 9, 12, 24])
def test_it_fits_every_width_and_its_columns_line_up(hours: int) -> None:
    placed = {(MONDAY + timedelta(day), hour): 1 + hour * day for day in range(3) for hour in range(hours)}
    for width in range(48, 101):
        lines = what_ran_when(placed, "UTC", Look(width))[3:]
        assert max(len(line) for line in lines) <= width
        assert {len(line) for line in lines[:4]} == {len(lines[0])}


def test_days_without_a_call_are_told() -> None:
    placed = {(MONDAY, 9): 1, (MONDAY + timedelta(2), 9): 1, (MONDAY + timedelta(5), 9): 1}
    assert [line[:35].rstrip() for line in what_ran_when(placed, "UTC", Look(60))[4:]] == [
        "Mon  5 Jan       #1       1",
        "Tue  6 Jan  no calls",
        "Wed  7 Jan       #1       1",
        "Thu  8 Jan to Fri  9 Jan no calls",
        "Sat 10 Jan       #1       1",
    ]


def test_of_many_days_the_middle_is_summed_up() -> None:
    placed = {(MONDAY + timedelta(day), 9): 2 for day in range(100)}
    lines = what_ran_when(placed, "UTC", Look(60))[4:]
    assert lines[15] == "Tue 20 Jan to Mon 30 Mar 140 calls, not shown"
    assert len(lines) == 15 + 1 + 15
    assert lines[-1].startswith("Tue 14 Apr")


def test_no_call_at_all() -> None:
    assert what_ran_when({}, "UTC", Look(60))[3:] == ["No call was placed."]
