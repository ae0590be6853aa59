"""Ways to find when a window opens next, for `bench_windows`; run by itself, it measures each once."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from datetime import UTC, datetime, time
from time import perf_counter, process_time
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from dateutil.rrule import DAILY, rrule

from benchmarks.harness import tell
from ori_campaigns.instants import DAY, SECOND, Instant, to_datetime, to_instant
from ori_campaigns.schedule import Schedule
from ori_campaigns.windows import MON_FRI, CallingWindow

ZONE = ZoneInfo("Europe/Berlin")
WINDOW = CallingWindow("09:00", "18:00", "Europe/Berlin", MON_FRI)
FIRST = to_instant(datetime(2026, 3, 15, tzinfo=UTC))
MONTH = 30 * DAY
BULK = 500_000

Lookup = Callable[[Instant], Any]


def instants(count: int) -> list[Instant]:
    """Spread over the month in a scrambled order, the same each time."""
    return [FIRST + (n * 7_919 % count) * MONTH // count for n in range(count)]


def loop(lookup: Lookup, count: int) -> Callable[[], float]:
    """Return a round: the seconds of one call of `lookup`, as the mean of `count`."""
    moments = instants(count)

    def measure() -> float:
        begin = perf_counter()
        for t in moments:
            lookup(t)
        return (perf_counter() - begin) / count

    return measure


def bare_bisect() -> Lookup:
    _, closes = WINDOW.schedule().open_pieces(FIRST - 180 * DAY, FIRST + 227 * DAY)

    def lookup(t: Instant) -> int:
        return bisect_right(closes, t)

    return lookup


def by_zoneinfo(t: Instant) -> bool:
    """Look at the wall clock for this call; it only answers whether it is open, not when it opens."""
    wall = datetime.fromtimestamp(t / SECOND, tz=ZONE)
    return wall.weekday() in MON_FRI and time(9) <= wall.time() < time(18)


def by_rrule() -> Lookup:
    rule = rrule(
        DAILY,
        dtstart=datetime(2026, 1, 1, tzinfo=ZONE),
        byweekday=sorted(MON_FRI),
        byhour=9,
        byminute=0,
        bysecond=0,
    )

    def lookup(t: Instant) -> datetime | None:
        return rule.after(to_datetime(t, ZONE), inc=True)

    return lookup


def bulk() -> Callable[[], float]:
    """A column of instants to its next openings: compile the pieces, one search, one gather, one maximum."""
    moments = instants(BULK)
    first, last = min(moments), max(moments)
    column = pl.Series(moments, dtype=pl.Int64)
    schedule = WINDOW.schedule()

    def measure() -> float:
        begin = perf_counter()
        opens, closes = schedule.open_pieces(first, (schedule.next_open(last) or last) + 1)
        opening = pl.Series(opens).gather(pl.Series(closes).search_sorted(column, side="right"))
        pl.select(pl.max_horizontal(opening, column))
        return (perf_counter() - begin) / BULK

    return measure


def cold() -> Callable[[], float]:
    """The first answer of a new schedule, which compiles a block of about thirteen months."""
    warm = WINDOW.schedule()

    def measure() -> float:
        begin = perf_counter()
        for _ in range(5):
            Schedule(start=warm.start, end=warm.end, zone=ZONE, working_days=MON_FRI).next_open(FIRST)
        return (perf_counter() - begin) / 5

    return measure


def datetimes() -> Callable[[], float]:
    """The convenience at the public edge, aware datetime to aware datetime."""
    moments = [to_datetime(t) for t in instants(2_000)]

    def measure() -> float:
        begin = perf_counter()
        for moment in moments:
            WINDOW.next_open(moment)
        return (perf_counter() - begin) / len(moments)

    return measure


def lookups() -> dict[str, Callable[[], float]]:
    schedule = WINDOW.schedule()
    return {
        "bare bisect in a function": loop(bare_bisect(), 100_000),
        "Schedule.next_open, warm": loop(schedule.next_open, 100_000),
        "Schedule.is_open, warm": loop(schedule.is_open, 100_000),
        f"a column of {BULK:,}, per row": bulk(),
        "CallingWindow.next_open, datetimes": datetimes(),
        "zoneinfo per call (only: is it open?)": loop(by_zoneinfo, 5_000),
        "rrule.after": loop(by_rrule(), 40),
        "Schedule.next_open, cold": cold(),
    }


def work() -> None:
    """Measure every line once in this process, after trying each."""
    timed = lookups()
    for lookup in timed.values():
        lookup()
    wall, cpu = perf_counter(), process_time()
    seconds = {name: lookup() for name, lookup in timed.items()}
    tell(perf_counter() - wall, process_time() - cpu, seconds)


if __name__ == "__main__":
    work()
