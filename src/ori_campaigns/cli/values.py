"""What the values of options mean: lists, chances, mixes, moments.

A number that is none is kept as text: the validation of the campaign names it together with everything else.
"""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import TypeVar
from zoneinfo import ZoneInfo

from ori_campaigns.errors import Problem

T = TypeVar("T")
HOURS = 24
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SHORTEST_DAY = 3
NO_DISPOSITION = "none"
"""In a mix of business dispositions: the analysis found none."""


def _explained(what: str) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Turn a ValueError into a sentence of the command line."""

    def decorate(read: Callable[[str], T]) -> Callable[[str], T]:
        @wraps(read)
        def reading(text: str) -> T:
            try:
                return read(text)
            except ValueError:
                raise ArgumentTypeError(f"{text!r} is not {what}") from None

        return reading

    return decorate


def whole(text: str) -> int | str:
    """Read a whole number.

    >>> whole("3"), whole("3.5")
    (3, '3.5')
    """
    try:
        return int(text)
    except ValueError:
        return text


@_explained("a number")
def amount(text: str) -> float:
    """Read a number."""
    return float(text)


@_explained("a number of seconds above 0")
def seconds(text: str) -> float:
    """Read a length of time."""
    found = float(text)
    # Written so that NaN is refused as well.
    if not 0 < found < float("inf"):
        raise ValueError(text)
    return found


@_explained("a whole number of seconds from 1 on")
def limit(text: str) -> int:
    """Read a limit in seconds."""
    found = int(text)
    if found < 1:
        raise ValueError(text)
    return found


def names(text: str) -> list[str]:
    """Read names with commas between them.

    >>> names("no_answer, rejected,")
    ['no_answer', 'rejected']
    """
    return [part.strip() for part in text.split(",") if part.strip()]


@_explained("a chance such as 0.3 or 30%, or 24 of them with commas between")
def rates(text: str) -> list[float]:
    """Read one chance, or 24 by hour of the day.

    >>> rates("30%")
    [0.3]
    """
    found = [float(part[:-1]) / 100 if part.endswith("%") else float(part) for part in names(text)]
    if len(found) not in {1, HOURS} or not all(0 <= rate <= 1 for rate in found):
        raise ValueError(text)
    return found


@_explained("a length such as 5, or a range such as 4-18, in seconds")
def span(text: str) -> tuple[float, float]:
    """Read a range of seconds.

    >>> span("4-18"), span("5")
    ((4.0, 18.0), (5.0, 5.0))
    """
    low, _, high = text.partition("-")
    found = float(low), float(high or low)
    # Written so that NaN is refused as well.
    if not 0 <= found[0] <= found[1] < float("inf"):
        raise ValueError(text)
    return found


@_explained("a mix such as customer=62,bot=38")
def mix(text: str) -> dict[str, float]:
    """Read names with their shares.

    >>> mix("customer=3, bot=1")
    {'customer': 3.0, 'bot': 1.0}
    """
    found: dict[str, float] = {}
    for part in names(text):
        name, _, weight = part.rpartition("=")
        found[name.strip()] = float(weight)
    if not found or "" in found or not all(0 <= weight < float("inf") for weight in found.values()):
        raise ValueError(text)
    if not sum(found.values()):
        raise ValueError(text)
    return found


def days(text: str) -> tuple[frozenset[int], list[Problem]]:
    """Read working days, Monday = 0; ranges may go round the end of the week.

    >>> sorted(days("mon-wed,sat")[0])
    [0, 1, 2, 5]
    """
    found: set[int] = set()
    for part in names(text):
        first, hyphen, last = part.partition("-")
        ends = _day(first), _day(last if hyphen else first)
        if ends[0] is None or ends[1] is None:
            hint = "Give days such as mon-fri or mon,wed,fri."
            return frozenset(found), [Problem("--days", "bad_day", f"{part!r} names no day of the week.", hint)]
        found.update(day % 7 for day in range(ends[0], ends[1] + 1 + 7 * (ends[1] < ends[0])))
    return frozenset(found), []


def _day(text: str) -> int | None:
    name = text.strip().lower()
    matching = (day for day, known in enumerate(_DAYS) if len(name) >= _SHORTEST_DAY and known.startswith(name))
    return next(matching, None)


def moment(option: str, text: str, zone: ZoneInfo) -> tuple[datetime | None, list[Problem]]:
    """Read a moment in ISO form; without an offset it is local to `zone`."""
    from dateutil.tz import datetime_exists

    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        hint = "Give it as 2026-01-05T09:00, or with an offset as 2026-01-05T09:00+05:30."
        return None, [Problem(option, "bad_moment", f"{text!r} is not a date and time.", hint)]
    if found.tzinfo is not None:
        return found, []
    local = found.replace(tzinfo=zone)
    if not datetime_exists(local):
        hint = "The clocks skip it; give another, or one with an offset."
        return None, [Problem(option, "no_such_time", f"{text} does not exist in {zone.key}.", hint)]
    return local, []
