"""What a runner has heard and not recorded yet, and what it has to tell."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import anyio
import anyio.to_thread

from ori_campaigns.reports import Report

logger = logging.getLogger("ori_campaigns.runner")

_SHORTEST_WAIT = 0.001


class Deliverable(Protocol):
    """What hands new events to somebody: a `Feed`."""

    def pump(self) -> int:
        """Deliver what is new; return how many events that was."""
        ...


class Inbox:
    """Reports that wait to be recorded."""

    def __init__(self, batch: int) -> None:
        self._reports: deque[Report] = deque()
        self._batch = batch
        self._some, self._full = anyio.Event(), anyio.Event()
        self._woken = False

    def __len__(self) -> int:
        return len(self._reports)

    def put(self, report: Report) -> None:
        """Add what was heard."""
        self._reports.append(report)
        self._some.set()
        if len(self._reports) >= self._batch:
            self._full.set()

    def put_back(self, reports: Sequence[Report]) -> None:
        """Put a batch back that was taken and not recorded."""
        self._reports.extendleft(reversed(reports))
        self._some.set()

    def wake(self) -> None:
        """Let whoever waits, now or the next time, look around, though nothing was heard."""
        self._woken = True
        self._some.set()

    def take(self) -> list[Report]:
        """Take the next batch."""
        taken = [self._reports.popleft() for _ in range(min(len(self._reports), self._batch))]
        if not self._reports:
            self._some = anyio.Event()
        if len(self._reports) < self._batch:
            self._full = anyio.Event()
        return taken

    async def wait(self, seconds: float, grouping: float = 0.0) -> None:
        """Wait for the first report, at most so long; once there is one, a little longer for more."""
        if not self._woken:
            with anyio.move_on_after(max(seconds, _SHORTEST_WAIT)):
                await self._some.wait()
        self._woken = False
        if not self._reports:
            self._some = anyio.Event()
        if self._reports and grouping:
            with anyio.move_on_after(grouping):
                await self._full.wait()


class Delivery:
    """One feed, never pumped twice at the same time."""

    def __init__(self, feed: Deliverable) -> None:
        self._feed, self._one_at_a_time = feed, anyio.Lock()
        self._thread = anyio.CapacityLimiter(1)
        self._left_alone = False

    async def pump(self) -> bool:
        """Deliver what is new; tell whether the sink took it."""
        async with self._one_at_a_time:
            if self._left_alone:
                return False
            try:
                self._left_alone = True
                # A sink that blocks must not keep the runner from ending; nobody pumps its feed again then.
                await anyio.to_thread.run_sync(self._feed.pump, abandon_on_cancel=True, limiter=self._thread)
                self._left_alone = False
            except Exception:
                self._left_alone = False
                logger.exception("A sink failed; the same events will be delivered to it again.")
                return False
            return True
