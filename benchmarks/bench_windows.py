"""When does the window open next? Compiled intervals against what else one would use for it.

    python benchmarks/bench_windows.py

Every line answers the same question for instants of the same month, one with a change of clocks. All lines are
measured in turn, round by round, so that a busy machine slows them alike; the ratio is to a bare bisection of a list,
taken round by round as well.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time
from importlib.metadata import version
from statistics import median
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
from dateutil.rrule import DAILY, rrule

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


def peak_memory() -> str:
    try:
        import resource
    except ImportError:
        return "not known here"
    # Linux counts in kilobytes, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6:.0f} MB"


def run(rounds: int) -> None:
    schedule = WINDOW.schedule()
    measures: dict[str, Callable[[], float]] = {
        "bare bisect in a function": loop(bare_bisect(), 100_000),
        "Schedule.next_open, warm": loop(schedule.next_open, 100_000),
        "Schedule.is_open, warm": loop(schedule.is_open, 100_000),
        f"a column of {BULK:,}, per row": bulk(),
        "CallingWindow.next_open, datetimes": datetimes(),
        "zoneinfo per call (only: is it open?)": loop(by_zoneinfo, 5_000),
        "rrule.after": loop(by_rrule(), 40),
        "Schedule.next_open, cold": cold(),
    }
    times: dict[str, list[float]] = {name: [] for name in measures}
    for measure in measures.values():
        measure()
    for _ in range(rounds):
        for name, measure in measures.items():
            times[name].append(measure())
    report(times)


def report(times: dict[str, list[float]]) -> None:
    base = times["bare bisect in a function"]
    print(f"{'next open instant':<40}{'median':>12}{'min':>12}{'max':>12}{'ratio':>10}")
    for name, seconds in times.items():
        ratio = median(mine / its for mine, its in zip(seconds, base, strict=True))
        print(f"{name:<40}{figures((median(seconds), min(seconds), max(seconds)))}{ratio:>9.2f}x")
    print(
        f"\n{len(base)} rounds; Python {platform.python_version()}, polars {version('polars')}, "
        f"dateutil {version('python-dateutil')}; {platform.system()} {platform.machine()}, {os.cpu_count()} cores; "
        f"peak memory {peak_memory()}"
    )


def figures(seconds: Sequence[float]) -> str:
    return "".join(f"{value * 1e6:>9.3f} µs" for value in seconds)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Measure how fast the next opening of a window is found.")
    arguments.add_argument("--rounds", type=int, default=15)
    run(arguments.parse_args().rounds)
