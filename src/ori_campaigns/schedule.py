"""A calling window compiled to instants: open pieces in UTC, found by bisection.

The meaning is one sentence: *an instant is inside when its local wall clock is*. Between two changes of a zone's UTC
offset that sentence is plain arithmetic, so a window compiles to a sorted list of open pieces. Everything that daylight
saving does to a window (openings that do not exist, hours that happen twice) comes out of the sentence; no line below
treats it apart.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, tzinfo

import attrs

from ori_campaigns.instants import DAY, MICROSECOND, SECOND, Instant, to_datetime, to_instant

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_THURSDAY = 3  # the weekday of 1970-01-01

# The calendar as far as datetime can convert it in every zone: three days in from its two ends.
_FIRST = to_instant(datetime(1, 1, 4, tzinfo=UTC))
_LAST = to_instant(datetime(9999, 12, 28, tzinfo=UTC))
_FIRST_DAY = _FIRST // DAY
_LAST_DAY = _LAST // DAY

# A block is 2**45 microseconds, about 407 days: a shift finds it, and a year-long campaign touches one or two.
_BLOCK_BITS = 45

# How far beyond the asked range to compile, so that no piece is cut and the next one is found. A working weekday comes
# back after 7 days; one week may drop out because its window fell into a gap, or its date was skipped altogether.
_MARGIN = 35 * DAY


@attrs.frozen(eq=False, kw_only=True)
class Schedule:
    """When one window is open, in instants; what `CallingWindow.schedule()` compiles.

    It opens on each of `working_days` when the wall clock in `zone` shows `start`, and closes when it shows `end`, on
    the next date if `end` is not after `start` (S6). Blocks of pieces are compiled when first asked for and kept, so a
    warm answer costs one bisection. Safe to share between threads: a block is only ever added, and two threads that
    race compile the same one.

    Parameters:
        start: the opening time of day, in microseconds since local midnight.
        end: the closing time of day, likewise, exclusive (S1); never equal to `start`.
        zone: the zone whose wall clock decides.
        working_days: the days it opens on, Monday = 0 to Sunday = 6. Empty: it never opens, and says so (S8).

    >>> from zoneinfo import ZoneInfo
    >>> from ori_campaigns.instants import HOUR
    >>> office = Schedule(start=9 * HOUR, end=18 * HOUR, zone=ZoneInfo("UTC"), working_days=frozenset({0}))
    >>> office.next_open(0) == 4 * DAY + 9 * HOUR  # 1970-01-01 was a Thursday, the next Monday the 5th
    True
    """

    start: int
    end: int
    zone: tzinfo
    working_days: frozenset[int]
    _blocks: _Blocks = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_blocks", _Blocks(self._block))

    def is_open(self, t: Instant) -> bool:
        """Say whether `t` is inside the window, on a working day (S1, S7)."""
        return bisect_right(self._blocks[t >> _BLOCK_BITS], t) & 1 == 1

    def next_open(self, t: Instant) -> Instant | None:
        """Return the first open instant at or after `t`, which is `t` itself while it is open (S8).

        None when this schedule never opens again: it has no working day, or the calendar ends (year 9999).
        """
        edges = self._blocks[t >> _BLOCK_BITS]
        edge = bisect_right(edges, t)
        if edge & 1:
            return t
        try:
            return edges[edge]
        except IndexError:
            return None

    def next_close(self, t: Instant) -> Instant | None:
        """Return the end of the open piece `t` is in, or of the next one to open; None when none opens again.

        At that instant the window is closed: pieces that touch, as when a skipped hour swallows the minutes between
        two days' windows, are one piece. For the end of one day's window, ask `day_close`.
        """
        edges = self._blocks[t >> _BLOCK_BITS]
        try:
            return edges[bisect_right(edges, t) | 1]
        except IndexError:
            return None

    def opening_day(self, t: Instant) -> date | None:
        """Return the working day of the piece that is open at `t`, else of the first one to open after it (S5, S6).

        It is a local date: the one the window opened on, so 02:00 in an overnight window belongs to the date before.
        None when the schedule never opens again.
        """
        opens = self.next_open(t)
        if opens is None:
            return None
        day, time_of_day = divmod(opens + _offset(self.zone, opens), DAY)
        if self.end < self.start and time_of_day < self.end:
            day -= 1
        return date.fromordinal(_EPOCH_ORDINAL + day)

    def day_close(self, day: date) -> Instant:
        """Return the instant at which the window that opens on `day` ends for good: the single-day cutoff (S5, S7).

        It is the end of the last piece of that opening day: where a repeated hour splits the window, the second end.
        Where the window does not exist on that day at all (it fell into a skipped hour), it is the first instant whose
        wall clock is at or past the end. `working_days` play no part: an edit that unticks the day of a started
        campaign does not take its cutoff away (L19).

        Parameters:
            day: the local date the window opens on.
        """
        midnight = (day.toordinal() - _EPOCH_ORDINAL) * DAY
        start, end = midnight + self.start, midnight + self._span_end
        stretches = _stretches(self.zone, end - 3 * DAY, end + 2 * DAY)
        closes = [
            min(until, end - offset)
            for since, until, offset in stretches
            if max(since, start - offset) < min(until, end - offset)
        ]
        if closes:
            return max(closes)
        return min(max(since, end - offset) for since, until, offset in stretches if end - offset < until)

    def open_pieces(self, from_: Instant, to: Instant) -> tuple[list[Instant], list[Instant]]:
        """Return every open piece that overlaps `[from_, to)`, whole, in order: for whole columns and for charts.

        Returns:
            two lists of equal length, the openings and the (exclusive) ends. A moment is open when the first piece
            that ends after it has begun; that is one `search_sorted` over the ends for a whole column.
        """
        if from_ >= to:
            return [], []
        opens, closes = self._compile(from_ - _MARGIN, to + _MARGIN)
        first, last = bisect_right(closes, from_), bisect_left(opens, to)
        return opens[first:last], closes[first:last]

    @property
    def _span_end(self) -> int:
        """The end of a day's window in microseconds since the midnight of the day it opens on."""
        return self.end if self.end > self.start else self.end + DAY

    def _block(self, number: int) -> list[Instant]:
        """Compile the edges of one block: opening, end, opening, end, … so an odd position in it means open.

        The list reaches from the piece that may be open when the block begins to the first one after it, so that every
        answer for an instant of the block is in it. Where the calendar ends the list just stops.
        """
        # Before the calendar the first opening of all is the next one.
        begin = max(number << _BLOCK_BITS, _FIRST - DAY)
        end = max(number + 1 << _BLOCK_BITS, begin)
        opens, closes = self._compile(begin - _MARGIN, end + _MARGIN)
        first, last = bisect_right(closes, begin), bisect_left(opens, end) + 1
        return [edge for piece in zip(opens[first:last], closes[first:last], strict=True) for edge in piece]

    def _compile(self, first: Instant, last: Instant) -> tuple[list[Instant], list[Instant]]:
        """Turn the days of `[first, last)` into pieces, cut at both ends of that range, joined where they touch."""
        opens: list[Instant] = []
        closes: list[Instant] = []
        span_end = self._span_end
        for since, until, offset in _stretches(self.zone, first, last):
            # The night of the date before may still be open at `since`.
            first_day, last_day = (since + offset) // DAY - 1, (until + offset) // DAY
            for day in range(max(first_day, _FIRST_DAY), min(last_day, _LAST_DAY) + 1):
                if (day + _THURSDAY) % 7 not in self.working_days:
                    continue
                opening = max(since, day * DAY + self.start - offset)
                end = min(until, day * DAY + span_end - offset)
                if opening >= end:
                    continue
                if closes and closes[-1] == opening:
                    closes[-1] = end
                else:
                    opens.append(opening)
                    closes.append(end)
        return opens, closes


class _Blocks(dict[int, list[Instant]]):
    """Blocks of edges by number, compiled when first asked for."""

    __slots__ = ("_compile",)

    def __init__(self, compile_block: Callable[[int], list[Instant]]) -> None:
        super().__init__()
        self._compile = compile_block

    def __missing__(self, number: int) -> list[Instant]:
        edges = self[number] = self._compile(number)
        return edges


def _offset(zone: tzinfo, t: Instant) -> int:
    """Return what the wall clock of `zone` is ahead of UTC at `t`, in microseconds; constant beyond the calendar."""
    offset = to_datetime(min(max(t, _FIRST), _LAST), zone).utcoffset() or timedelta(0)
    return offset // timedelta(microseconds=MICROSECOND)


def _stretches(zone: tzinfo, first: Instant, last: Instant) -> list[tuple[Instant, Instant, int]]:
    """Cut `[first, last)` where the UTC offset of `zone` changes: (since, until, offset) in microseconds.

    The offset is looked at once a day and a difference is bisected to its second. A change out and back within one day
    would be missed; in the tz database, past and announced, the closest such pair is seven days apart (Brazil, October
    2000), or four in copies that keep Freetown's 1939, so a day leaves room.
    """
    stretches: list[tuple[Instant, Instant, int]] = []
    since, offset = first, _offset(zone, first)
    for look in range(first + DAY, last + DAY, DAY):
        end = min(look, last)
        while _offset(zone, end) != offset:
            change = _first_change(zone, max(since, look - DAY), end, offset)
            stretches.append((since, change, offset))
            since, offset = change, _offset(zone, change)
    stretches.append((since, last, offset))
    return stretches


def _first_change(zone: tzinfo, first: Instant, last: Instant, offset: int) -> Instant:
    """Return where in `(first, last]` the offset stops being `offset`; zones change on whole seconds."""
    seconds = range(first // SECOND, last // SECOND)
    changed = bisect_left(seconds, x=True, key=lambda second: _offset(zone, second * SECOND) != offset)
    return (seconds.start + changed) * SECOND
