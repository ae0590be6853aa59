"""Every minute of 2024 to 2030 in eighteen zones, against a second formulation in whole columns.

The oracle knows no pieces, no transitions and no bisection. It writes down what the wall clock shows at every minute
(the UTC offset is asked for each quarter of an hour, and zones of these years change theirs on quarters), marks the
minutes that are inside, and fills backwards from them: the next open minute, the next closed one. Offsets come from the
same zone database as the library's, so a newer law in one copy of it is no failure; how they are used is all its own.

The quick test takes the weeks around a change of clocks, the slow one takes everything.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ori_campaigns.windows import ALL_DAYS, MON_FRI, CallingWindow

US_MINUTE = 60_000_000
US_DAY = 86_400_000_000
MINUTES_A_DAY = 1440
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "America/Havana",
    "America/Los_Angeles",
    "America/New_York",
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Dubai",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tehran",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)
WEEKEND = frozenset({5, 6})
WINDOWS = (
    ("09:00", "18:00", ALL_DAYS),
    ("22:00", "06:00", MON_FRI),
    ("18:00", "00:00", WEEKEND),
    ("00:00", "09:00", frozenset({0, 2, 6})),
    # Within the hours that are skipped or repeated: by night, and at midnight.
    ("01:15", "02:45", ALL_DAYS),
    ("23:30", "00:30", WEEKEND),
    # A minute long, one day a week; and closed for only a minute, so that a gap joins two days.
    ("02:40", "02:41", frozenset({6})),
    ("02:31", "02:30", ALL_DAYS),
)


@lru_cache(maxsize=2)
def wall_clock(zone: str, first: date, days: int) -> pl.DataFrame:
    """Each minute of the range: `t` in UTC microseconds, local `day` since 1970 and `minute` of that day."""
    begin = (datetime(first.year, first.month, first.day, tzinfo=UTC) - EPOCH) // timedelta(minutes=1)
    tz = ZoneInfo(zone)
    offsets = pl.Series(
        [
            (EPOCH + timedelta(minutes=quarter)).astimezone(tz).utcoffset() // timedelta(minutes=1)  # type: ignore[operator]
            for quarter in range(begin, begin + days * MINUTES_A_DAY, 15)
        ],
        dtype=pl.Int64,
    )
    minutes = pl.int_range(begin, begin + days * MINUTES_A_DAY, eager=True, dtype=pl.Int64)
    local = minutes + offsets.gather((minutes - begin) // 15)
    return pl.DataFrame({"t": minutes * US_MINUTE, "day": local // MINUTES_A_DAY, "minute": local % MINUTES_A_DAY})


def expected(wall: pl.DataFrame, start: str, end: str, working_days: frozenset[int]) -> pl.DataFrame:
    """Add what the window means at each minute, from the wall clock alone."""
    opens, closes = (int(time[:2]) * 60 + int(time[3:]) for time in (start, end))
    minute, day = pl.col("minute"), pl.col("day")
    if opens < closes:
        inside, opening_day = (minute >= opens) & (minute < closes), day
    else:
        inside = (minute >= opens) | (minute < closes)
        opening_day = day - (minute < closes).cast(pl.Int64)
    # 1970-01-01 was a Thursday, weekday 3.
    ticked = ((opening_day + 3) % 7).is_in(sorted(working_days))
    table = wall.with_columns(
        opening_day=pl.when(inside).then(opening_day), open=inside & ticked, local=day * MINUTES_A_DAY + minute
    )
    table = table.with_columns(
        next_open=pl.when("open").then("t").fill_null(strategy="backward"),
        closed_from=pl.when(~pl.col("open")).then("t").fill_null(strategy="backward"),
        day_of_next=pl.when("open").then("opening_day").fill_null(strategy="backward"),
    )
    # While it is closed, the end that counts is that of the next piece to open.
    return table.with_columns(next_close=pl.when("open").then("closed_from").fill_null(strategy="backward"))


def answers(window: CallingWindow, t: pl.Series) -> pl.DataFrame:
    """Answer the whole column from the compiled pieces."""
    schedule = window.schedule()
    first, last = int(t[0]), int(t[-1])
    after = schedule.next_open(last)
    assert after is not None
    pieces = schedule.open_pieces(first, after + 1)
    opens, closes = (pl.Series(edges, dtype=pl.Int64) for edges in pieces)
    piece = closes.search_sorted(t, side="right")
    opening = opens.gather(piece)
    return pl.DataFrame(
        {
            "open": opening <= t,
            "next_open": pl.select(pl.max_horizontal(opening, t)).to_series(),
            "next_close": closes.gather(piece),
        }
    )


def check(zone: str, first: date, days: int, start: str, end: str, working_days: frozenset[int]) -> None:
    window = CallingWindow(start, end, zone, working_days)
    schedule = window.schedule()
    table = expected(wall_clock(zone, first, days), start, end, working_days)
    # At the very end the oracle has nothing to fill from.
    table = table.filter(pl.col("next_close").is_not_null())
    assert table.height > (days - 16) * MINUTES_A_DAY

    # Every minute, from the compiled pieces.
    found = answers(window, table["t"])
    wrong = table.select("t", "open", "next_open", "next_close").filter(
        (table["open"] != found["open"])
        | (table["next_open"] != found["next_open"])
        | (table["next_close"] != found["next_close"])
    )
    assert wrong.height == 0, f"{window}: {wrong.head(5).to_dicts()}"

    # The single answers: around every edge, and now and then in between.
    turns = (table["open"] != table["open"].shift(1)).fill_null(value=True)
    edges = table.filter(turns | turns.shift(-1, fill_value=False))
    for rows in (edges, table.gather_every(1_009)):
        for t, is_open, next_open, next_close, day in rows.select(
            "t", "open", "next_open", "next_close", "day_of_next"
        ).iter_rows():
            single = (schedule.is_open(t), schedule.next_open(t), schedule.next_close(t))
            assert single == (is_open, next_open, next_close)
            opening_day = schedule.opening_day(t)
            assert opening_day is not None
            assert (opening_day - date(1970, 1, 1)).days == day

    # The cutoff of every day, ticked or not.
    last_minutes = dict(
        table.filter(pl.col("opening_day").is_not_null()).group_by("opening_day").agg(pl.col("t").max()).iter_rows()
    )
    whole_days = range(int(table["day"][0]) + 2, int(table["day"][-1]) - 2)
    closes = int(end[:2]) * 60 + int(end[3:])
    for day in whole_days:
        if day in last_minutes:
            cutoff = last_minutes[day] + US_MINUTE
        else:
            past_end = (day + (start > end)) * MINUTES_A_DAY + closes
            cutoff = table.filter(pl.col("local") >= past_end)["t"][0]
        assert schedule.day_close(date(1970, 1, 1) + timedelta(days=day)) == cutoff, (window, day)


@pytest.mark.behaviour("S1", "S5", "S6", "S7", "S8")
@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Asia/Kolkata", date(2024, 12, 20)),
        ("Europe/Berlin", date(2024, 3, 18)),
        ("Europe/Berlin", date(2024, 10, 14)),
        ("America/Havana", date(2024, 10, 21)),
        ("Asia/Beirut", date(2024, 10, 14)),
        ("Asia/Beirut", date(2024, 3, 18)),
        ("Australia/Lord_Howe", date(2024, 9, 23)),
    ],
)
def test_the_weeks_around_a_change(zone: str, first: date) -> None:
    for start, end, working_days in WINDOWS:
        check(zone, first, 35, start, end, working_days)


@pytest.mark.slow
@pytest.mark.behaviour("S1", "S5", "S6", "S7", "S8")
@pytest.mark.parametrize("zone", ZONES)
def test_every_minute_of_seven_years(zone: str) -> None:
    # Sixteen days more than the seven years, for the oracle to fill from.
    days = (date(2031, 1, 1) - date(2024, 1, 1)).days + 16
    for start, end, working_days in WINDOWS:
        check(zone, date(2024, 1, 1), days, start, end, working_days)
