"""The calling window, asked of the clock on the wall: one instant at a time, with nothing but the standard library."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from oracle.facts import MINUTE, Settings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_Hours = tuple[str, str, str, frozenset[int]]
_EVERY_DAY = frozenset(range(7))
_LOOK_AHEAD = 400 * 24 * 60


def _hours(settings: Settings) -> _Hours:
    return settings.start, settings.end, settings.timezone, settings.days


@lru_cache(maxsize=1 << 18)
def _opened_on(hours: _Hours, minute: int) -> date | None:
    """Return the date on which the window that covers this minute (since 1970) opened, `None` when it is closed."""
    start, end, zone, days = hours
    local = (_EPOCH + timedelta(minutes=minute)).astimezone(ZoneInfo(zone))
    clock, today = local.isoformat()[11:16], local.date()
    yesterday = today - timedelta(days=1)
    if start < end:
        return today if start <= clock < end and today.weekday() in days else None
    if clock >= start:
        return today if today.weekday() in days else None
    return yesterday if clock < end and yesterday.weekday() in days else None


def is_open(settings: Settings, at: int) -> bool:
    """Say whether a call may start at an instant."""
    return _opened_on(_hours(settings), at // MINUTE) is not None


@lru_cache(maxsize=1 << 12)
def _next_day(hours: _Hours, minute: int) -> date:
    for later in range(minute, minute + _LOOK_AHEAD):
        day = _opened_on(hours, later)
        if day is not None:
            return day
    raise AssertionError(f"{hours} does not open")


def opening_day(settings: Settings, at: int) -> date:
    """Return the date on which the window opened that is open, or opens first, from an instant on."""
    return _next_day(_hours(settings), at // MINUTE)


@lru_cache(maxsize=1 << 12)
def _last_minute(hours: _Hours, day: date) -> int:
    end = datetime.fromisoformat(f"{day}T{hours[1]}+00:00") - _EPOCH
    # No zone is further than fifteen hours from UTC; an overnight window ends on the next date.
    near = end // timedelta(minutes=1) + (1440 if hours[1] <= hours[0] else 0)
    inside = [minute for minute in range(near - 900, near + 900) if _opened_on(hours, minute) == day]
    assert inside, f"{hours} does not open on {day}"
    return inside[-1]


def cutoff(settings: Settings, day: date) -> int:
    """Return the end of the window that opened on a date, for good: where an hour repeats, its second end."""
    hours = (settings.start, settings.end, settings.timezone, _EVERY_DAY)
    return (_last_minute(hours, day) + 1) * MINUTE


def open_minutes(settings: Settings) -> int:
    """Return how long the window is on an ordinary day."""
    start, end = (int(text[:2]) * 60 + int(text[3:]) for text in (settings.start, settings.end))
    return (end - start) % 1440
