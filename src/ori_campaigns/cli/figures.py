"""The figures of a report, counted from what a campaign left behind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

import attrs
import polars as pl

from ori_campaigns.cli.report import Ran
from ori_campaigns.contact import NEVER_PLACED
from ori_campaigns.events import LifecycleChanged


@attrs.frozen
class Outcome:
    """One disposition.

    Parameters:
        calls: ended calls with it.
        details: what carriers said more precisely, with their counts.
    """

    name: str
    calls: int
    details: Mapping[str, int]


@attrs.frozen
class Reached:
    """The contacts that were called the same number of times, and how many of them were connected."""

    attempts: int
    contacts: int
    connected: int


@attrs.frozen
class Ended:
    """The contacts in one status.

    Parameters:
        rules: what decided it, with the counts.
    """

    status: str
    contacts: int
    rules: Mapping[str, int]


@attrs.frozen
class Figures:
    """Everything that a report counts.

    Parameters:
        attempts: the ended attempts, one row each, as told by `analytics.attempts_frame`.
        live: calls that were still live when it was left.
        placed: calls by local date and hour.
    """

    attempts: pl.DataFrame
    live: int
    outcomes: tuple[Outcome, ...]
    business: Mapping[str, int]
    reached: tuple[Reached, ...]
    ended: tuple[Ended, ...]
    placed: Mapping[tuple[date, int], int]
    log: tuple[LifecycleChanged, ...]


def figures_of(run: Ran, zone: ZoneInfo) -> Figures:
    """Count what a campaign did; hours and dates are those of `zone`."""
    attempts, contacts = run.attempts, run.contacts
    ended = attempts.filter(pl.col("status") == "ended")
    placed = attempts.filter(~pl.col("status").is_in([status.value for status in NEVER_PLACED]))
    return Figures(
        attempts=ended,
        live=placed.height - ended.height,
        outcomes=_outcomes(ended),
        business=_counted(ended.filter(pl.col("business_disposition") != ""), "business_disposition"),
        reached=_reached(contacts, placed),
        ended=_ended(contacts),
        placed=_placed(placed, zone),
        log=run.service.activity(run.campaign.id),
    )


def _counted(frame: pl.DataFrame, column: str) -> dict[str, int]:
    """Count the values of a column, most frequent first, names settling ties."""
    counts = frame.group_by(column).len().sort(["len", column], descending=[True, False])
    return dict(counts.iter_rows())


def _outcomes(ended: pl.DataFrame) -> tuple[Outcome, ...]:
    return tuple(
        Outcome(
            name,
            calls,
            _counted(ended.filter((pl.col("disposition") == name) & (pl.col("detail") != "")), "detail"),
        )
        for name, calls in _counted(ended, "disposition").items()
    )


def _reached(contacts: pl.DataFrame, placed: pl.DataFrame) -> tuple[Reached, ...]:
    calls = placed.group_by("contact").agg(pl.len().cast(pl.Int64).alias("calls"))
    joined = contacts.select("contact", "connected").join(calls, on="contact", how="left")
    grouped = joined.group_by(pl.col("calls").fill_null(0)).agg(pl.len(), pl.col("connected").sum().alias("connected"))
    return tuple(Reached(*row) for row in grouped.sort("calls").iter_rows())


def _ended(contacts: pl.DataFrame) -> tuple[Ended, ...]:
    return tuple(
        Ended(
            status,
            count,
            _counted(contacts.filter((pl.col("status") == status) & (pl.col("rule") != "")), "rule"),
        )
        for status, count in _counted(contacts, "status").items()
    )


def _placed(placed: pl.DataFrame, zone: ZoneInfo) -> dict[tuple[date, int], int]:
    # Local hours come from the same zone data as the calling window. Offsets are whole quarters of an hour, so
    # counting by quarter first keeps the number of conversions small.
    quarters = placed.group_by(pl.col("reserved_at").dt.truncate("15m")).len()
    found: Counter[tuple[date, int]] = Counter()
    for quarter, calls in quarters.iter_rows():
        local = quarter.astimezone(zone)
        found[local.date(), local.hour] += calls
    return dict(sorted(found.items()))
