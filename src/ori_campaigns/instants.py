"""Instants: inside the library a moment is an `int` of UTC microseconds; aware datetimes live at the public edge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TypeAlias

from ori_campaigns.errors import InvalidDefinition, Problem

Instant: TypeAlias = int
"""Microseconds since 1970-01-01T00:00:00Z."""

MICROSECOND = 1
MILLISECOND = 1_000
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def to_instant(moment: datetime) -> Instant:
    """Turn an aware datetime into an instant.

    Parameters:
        moment: any aware datetime, in any zone.

    Raises:
        InvalidDefinition: code `naive_datetime`, for a datetime without a zone: it names no moment.

    >>> to_instant(datetime(2026, 1, 1, tzinfo=UTC))
    1767225600000000
    """
    if not isinstance(moment, datetime):
        message = f"A {type(moment).__name__} is not a datetime."
        hint = "Give an aware datetime, for example datetime(..., tzinfo=ZoneInfo('Asia/Kolkata'))."
        raise InvalidDefinition([Problem("", "not_a_datetime", message, hint)], what="The time")
    if moment.utcoffset() is None:
        raise InvalidDefinition(
            [
                Problem(
                    "",
                    "naive_datetime",
                    f"{moment.isoformat()} has no time zone, so it names no moment.",
                    "Give tzinfo, for example datetime(..., tzinfo=ZoneInfo('Asia/Kolkata')).",
                )
            ],
            what="The time",
        )
    return (moment - _EPOCH) // _MICROSECOND


def to_datetime(instant: Instant, zone: tzinfo = UTC) -> datetime:
    """Turn an instant into an aware datetime in `zone` (UTC unless given).

    >>> to_datetime(1767225600000000).isoformat()
    '2026-01-01T00:00:00+00:00'
    """
    return (_EPOCH + timedelta(microseconds=instant)).astimezone(zone)
