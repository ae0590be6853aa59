"""The calling window of the wizard: between which local times, in which zone, on which days calls may start.

`CallingWindow` is a value. It holds what was typed, says everything that is wrong with it, and compiles to a `Schedule`
(schedule.py), which answers in instants.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

import attrs

from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.instants import HOUR, MINUTE, Instant, to_datetime, to_instant
from ori_campaigns.schedule import Schedule

MON_FRI: frozenset[int] = frozenset(range(5))
"""Monday to Friday; days count as in `datetime.weekday()`, Monday = 0."""

ALL_DAYS: frozenset[int] = frozenset(range(7))
"""Monday to Sunday, what the wizard ticks at first."""

_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")

# These load on many machines, but name no zone: the machine's own setting, and placeholders of the tz project. The same
# campaign would mean different hours on different machines.
_NOT_ZONES = frozenset({"localtime", "posixrules", "Factory"})


def _days(days: Iterable[int]) -> frozenset[int]:
    return frozenset(days)


@attrs.frozen
class CallingWindow:
    """The hours in which a campaign may start calls: `[start, end)` on the wall clock of `timezone`, on `working_days`.

    Holds what was given and raises nothing for its content; `problems()` lists what is wrong, the other methods raise
    it. When `start` is after `end` the window is overnight and belongs to the day it opens on. Implements S1, S6, S7,
    S8 and the defaults of W8.

    Parameters:
        start: opening time, 24-hour `HH:MM`, inclusive.
        end: closing time, 24-hour `HH:MM`, exclusive; `00:00` is midnight at the end of the day.
        timezone: an IANA zone name.
        working_days: the days it opens on, Monday = 0 to Sunday = 6; any iterable.

    >>> from datetime import datetime
    >>> from zoneinfo import ZoneInfo
    >>> window = CallingWindow("09:00", "18:00", "Asia/Kolkata", working_days=MON_FRI)
    >>> friday_evening = datetime(2026, 1, 2, 18, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
    >>> window.is_open(friday_evening)
    False
    >>> window.next_open(friday_evening).isoformat()
    '2026-01-05T09:00:00+05:30'
    """

    start: str = "09:00"
    end: str = "18:00"
    timezone: str = "UTC"
    working_days: frozenset[int] = attrs.field(default=ALL_DAYS, converter=_days)

    def problems(self, path: str = "window") -> tuple[Problem, ...]:
        """Return everything that is wrong with this window, at once; empty when it can be used (W8, W17).

        Parameters:
            path: the place of this window in the definition; each problem's path begins with it.

        Returns:
            problems with the codes `bad_time`, `same_start_end`, `unknown_timezone`, `no_working_days`,
            `bad_working_day`.

        >>> for problem in CallingWindow("9:00", "18:00", "Asia/Calcuta", working_days=()).problems():
        ...     print(problem.path, problem.code)
        window.start bad_time
        window.timezone unknown_timezone
        window.working_days no_working_days
        """
        return tuple(self._problems(path))

    def schedule(self) -> Schedule:
        """Return this window compiled to instants; equal windows share one schedule.

        Raises:
            InvalidDefinition: the window has problems; `problems` lists them all.
        """
        return _compiled(self)

    def is_open(self, moment: datetime) -> bool:
        """Say whether a call may start at `moment`, any aware datetime (S1, S7).

        Raises:
            InvalidDefinition: the window has problems, or `moment` has no zone (`naive_datetime`).
        """
        return self.schedule().is_open(to_instant(moment))

    def next_open(self, moment: datetime) -> datetime | None:
        """Return the first open moment at or after `moment`, in the window's zone; None if it never opens again (S8).

        Raises:
            InvalidDefinition: the window has problems, or `moment` has no zone (`naive_datetime`).
        """
        return self._local(self.schedule().next_open(to_instant(moment)))

    def next_close(self, moment: datetime) -> datetime | None:
        """Return when the window that is open at `moment`, or the next to open, closes; in the window's zone.

        None when it never opens again.

        Raises:
            InvalidDefinition: the window has problems, or `moment` has no zone (`naive_datetime`).
        """
        return self._local(self.schedule().next_close(to_instant(moment)))

    def _local(self, instant: Instant | None) -> datetime | None:
        return None if instant is None else to_datetime(instant, ZoneInfo(self.timezone))

    def _problems(self, path: str) -> Iterator[Problem]:
        times = {"start": self.start, "end": self.end}
        bad = {name: value for name, value in times.items() if not _is_time(value)}
        for name, value in bad.items():
            hint = "Give HH:MM from 00:00 to 23:59, for example 09:00."
            if value == "24:00":
                hint = "Give 00:00 for midnight; as an end it means the end of the day."
            yield Problem(f"{path}.{name}", "bad_time", f"{value!r} is not a 24-hour time.", hint)
        if not bad and self.start == self.end:
            yield Problem(
                f"{path}.end",
                "same_start_end",
                f"The window starts and ends at {self.start}, so it has no length.",
                "Give an end other than the start; an end before the start makes an overnight window.",
            )
        if not _is_zone(self.timezone):
            yield Problem(
                f"{path}.timezone",
                "unknown_timezone",
                f"{self.timezone!r} is not a time zone known here.",
                _zone_hint(self.timezone),
            )
        if not self.working_days:
            yield Problem(
                f"{path}.working_days",
                "no_working_days",
                "No working day is ticked, so the window never opens.",
                "Tick at least one day.",
            )
        for day in sorted(self.working_days - ALL_DAYS, key=repr):
            yield Problem(
                f"{path}.working_days",
                "bad_working_day",
                f"{day!r} is not a day of the week.",
                "Days are numbers from 0 (Monday) to 6 (Sunday).",
            )


# A schedule keeps its compiled blocks (about 30 kB a year), so the number kept is bounded.
@lru_cache(maxsize=512)
def _compiled(window: CallingWindow) -> Schedule:
    problems = window.problems()
    if problems:
        raise InvalidDefinition(problems, what="The calling window")
    return Schedule(
        start=_time_of_day(window.start),
        end=_time_of_day(window.end),
        zone=ZoneInfo(window.timezone),
        working_days=window.working_days,
    )


def _is_time(text: object) -> bool:
    return isinstance(text, str) and _TIME.fullmatch(text) is not None


def _time_of_day(text: str) -> int:
    """Turn a valid `HH:MM` into microseconds since midnight."""
    return int(text[:2]) * HOUR + int(text[3:]) * MINUTE


@lru_cache(maxsize=1)
def _zone_names() -> frozenset[str]:
    """Every zone that can be loaded here; finding them reads the database, so once."""
    return frozenset(available_timezones() - _NOT_ZONES)


def _is_zone(name: object) -> bool:
    # Asked by exact name and not by trying to load it: some file systems ignore case, and a name may be a path.
    return isinstance(name, str) and name in _zone_names()


def _zone_hint(name: object) -> str:
    """Name the zones that were probably meant: a label pasted whole, another case, a city alone, a slip of the pen."""
    import difflib

    if not isinstance(name, str):
        name = str(name)
    typed = name.partition(" (")[0].strip().replace(" ", "_").casefold()[:64]
    zones = sorted(_zone_names())
    names = {zone.rpartition("/")[2].casefold(): zone for zone in zones} | {zone.casefold(): zone for zone in zones}
    close = [typed] if typed in names else difflib.get_close_matches(typed, names, n=5, cutoff=0.8)
    likely = list(dict.fromkeys(names[match] for match in close))[:3]
    if likely:
        return f"Did you mean {' or '.join(likely)}?"
    return "Give an IANA zone name such as Asia/Kolkata, Europe/London or UTC."
