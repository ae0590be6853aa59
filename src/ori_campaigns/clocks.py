"""Clocks: the system's, and one that stands still until it is told to go on."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
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
    """A clock elsewhere, asked now and then and followed in between: asking takes longer than deciding, and may fail.

    It is not behind the other one, but for what this machine's clocks can go wrong between two answers: the time that
    an answer took counts as passed, and so does the time for which the machine was suspended.

    Parameters:
        ask: returns the other clock's time (microseconds UTC).
        every: seconds for which an answer is followed, unless another is heard.
    """

    def __init__(self, ask: Callable[[], Instant], every: float = 600.0) -> None:
        self._ask, self._every = ask, every
        self._heard: tuple[Instant, float, float] | None = None

    def hear(self, instant: Instant) -> Instant:
        """Take over what somebody has just learned of the other clock's time, and return it."""
        self._heard = (instant, time.monotonic(), time.time())
        return instant

    def now(self) -> Instant:
        """Return the other clock's time in microseconds UTC."""
        heard = self._heard
        if heard is None:
            began = time.monotonic()
            self.hear(self._ask())
            answer, at, wall = self._heard  # type: ignore[misc]  # it has just been heard
            self._heard = heard = (answer + round((at - began) * SECOND), at, wall)
        elif time.monotonic() - heard[1] >= self._every:
            # Whoever knew the time once goes on by it; the next answer is waited for as long again.
            self._heard = (self._followed(heard), time.monotonic(), time.time())
            with suppress(Exception):
                self.hear(self._ask())
            heard = self._heard
        return self._followed(heard)

    def _followed(self, heard: tuple[Instant, float, float]) -> Instant:
        instant, monotonic, wall = heard
        # The one stands still while the machine sleeps, the other may be set: the later one sends nothing too late.
        return instant + round(max(time.monotonic() - monotonic, time.time() - wall) * SECOND)

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
