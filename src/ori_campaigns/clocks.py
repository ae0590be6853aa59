"""Clocks: the system's, and one that stands still until it is told to go on."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from ori_campaigns.instants import SECOND, Instant, to_instant

_MICROSECOND = timedelta(microseconds=1)


class SystemClock:
    """The machine's clock."""

    def now(self) -> Instant:
        """Return the time in microseconds UTC."""
        return time.time_ns() // 1000

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class FollowingClock:
    """A clock elsewhere, asked now and then and followed in between: asking takes longer than deciding.

    It is never behind the other one by more than this machine's own clock can go wrong between two questions: the time
    that the answer took is counted as passed.

    Parameters:
        ask: returns the other clock's time (microseconds UTC).
        every: seconds for which an answer is followed.
    """

    def __init__(self, ask: Callable[[], Instant], every: float = 10.0) -> None:
        self._ask, self._every = ask, every
        self._lock = threading.Lock()
        self._asked_at = -math.inf
        self._answer: Instant = 0

    def now(self) -> Instant:
        """Return the other clock's time in microseconds UTC."""
        with self._lock:
            moment = time.monotonic()
            if moment - self._asked_at >= self._every:
                self._answer, self._asked_at = self._ask(), moment
                moment = time.monotonic()
            return self._answer + round((moment - self._asked_at) * SECOND)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class LoopClock:
    """A clock that follows the event loop's, from a moment on: under a loop whose time is virtual, so is its own.

    `trio.testing.MockClock(autojump_threshold=0)` makes such a loop: three days of a real runner pass in seconds.
    Outside a loop it stands still, and goes on from there in the next one. It is for stores that never block
    (`can.inline`): from another thread it cannot see the loop's time.

    Parameters:
        start: an aware datetime, or an instant (microseconds UTC): the time when it is first asked.
    """

    def __init__(self, start: datetime | Instant) -> None:
        self._start = to_instant(start) if isinstance(start, datetime) else start
        self._loop: object = None
        self._loop_began = 0.0
        self._latest = self._start

    def now(self) -> Instant:
        """Return the time in microseconds UTC."""
        import anyio
        import anyio.lowlevel

        try:
            loop_time, loop = anyio.current_time(), anyio.lowlevel.current_token()
        except RuntimeError:
            return self._latest
        if self._loop != loop:
            self._loop, self._loop_began, self._start = loop, loop_time, self._latest
        self._latest = self._start + round((loop_time - self._loop_began) * SECOND)
        return self._latest

    def sleep(self, seconds: float) -> None:
        """Refuse: whoever blocks the loop keeps its time from passing."""
        raise RuntimeError(
            f"Waiting {seconds} s would block the event loop whose time this clock follows. "
            "Call with wait=False and let the loop go on."
        )


class VirtualClock:
    """A clock for simulations and tests: it moves only when told to, and sleeping moves it.

    Parameters:
        start: an aware datetime, or an instant (microseconds UTC).

    >>> clock = VirtualClock(0)
    >>> clock.advance(seconds=1.5); clock.now()
    1500000
    """

    def __init__(self, start: datetime | Instant) -> None:
        self._now = to_instant(start) if isinstance(start, datetime) else start
        self._lock = threading.Lock()

    def now(self) -> Instant:
        """Return the virtual time in microseconds UTC."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Advance by `seconds` at once."""
        self.advance(seconds=seconds)

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass."""
        with self._lock:
            self._now += timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds) // _MICROSECOND

    def set(self, moment: datetime | Instant) -> None:
        """Go to a moment; backwards, too, as real clocks sometimes do."""
        self._now = to_instant(moment) if isinstance(moment, datetime) else moment
