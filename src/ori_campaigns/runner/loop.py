"""The loop of a runner, and how it ends.

Nothing that matters is kept here. What a runner knows beyond its store are dial requests it has not sent yet and
reports it has not recorded yet: a clean end leaves none of either, and after a crash the store's own watch sees to
them. The loop never waits for the dialler: a carrier that is slow, silent or gone delays its own calls, nothing else.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Literal, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from ori_campaigns.dialling import Step, merged
from ori_campaigns.errors import PASSING, InvalidDefinition, Problem
from ori_campaigns.instants import SECOND
from ori_campaigns.outcomes import Recorded
from ori_campaigns.ports import Dialler
from ori_campaigns.reports import Report
from ori_campaigns.runner.background import Background
from ori_campaigns.runner.caller import Caller
from ori_campaigns.runner.inbox import Deliverable, Delivery, Inbox
from ori_campaigns.runner.settings import FIRST_PAUSE, LONGEST_PAUSE, RunnerSettings
from ori_campaigns.service import CampaignService

R = TypeVar("R")

logger = logging.getLogger("ori_campaigns.runner")

_AT_THE_END = 0.05
_AT_LEAST = 1.0


class Runner:
    """One loop over a service and a dialler; `run` and `run_sync` make one and run it once."""

    def __init__(
        self,
        service: CampaignService,
        dialler: Dialler,
        *,
        until: Literal["idle"] | None,
        feeds: Sequence[Deliverable],
        settings: RunnerSettings,
    ) -> None:
        if until not in {None, "idle"}:
            problem = Problem("until", "bad_setting", f"until is {until!r}.", 'Give "idle", or leave it out.')
            raise InvalidDefinition([problem], what="The runner")
        self._service, self._until, self._settings = service, until, settings
        self._clock = service.store.clock
        self._inbox = Inbox(settings.batch)
        self._caller = Caller(dialler, self._clock, self._inbox, settings)
        self._deliveries = [Delivery(feed) for feed in feeds]
        self._news = anyio.Event()
        # What goes on beside the loop until its end, and calls of a store that may block.
        self._beside, self._storing = Background(self._inbox.wake), Background(self._inbox.wake)
        self._threads = anyio.CapacityLimiter(1)
        self._opening = anyio.CancelScope()
        self._stopped, self._hurried = anyio.Event(), anyio.Event()
        self._give_up_at = math.inf
        self._step = Step()
        self._tasks: TaskGroup

    def stop(self) -> None:
        """Begin to end; asked a second time, waits for nothing any more."""
        if self._stopped.is_set():
            self._hurried.set()
            self._caller.asking.cancel()
        self._caller.stopping = True
        self._stopped.set()
        self._opening.cancel()
        self._inbox.wake()
        if self._give_up_at == math.inf:
            grace, drain = self._settings.grace.total_seconds(), self._settings.drain.total_seconds()
            self._give_up_at = anyio.current_time() + grace + drain + grace

    async def run(self) -> None:
        """Work until idle, stopped or cancelled; in each case leave nothing behind."""
        with self._opening:
            await self._caller.open()
        if self._opening.cancelled_caught:
            return
        try:
            async with anyio.create_task_group() as self._tasks:
                self._beside.begin(self._tasks, partial(self._caller.listen, self._tasks, self._beside))
                for delivery in self._deliveries:
                    self._beside.begin(self._tasks, partial(self._deliver, delivery))
                try:
                    await self._work()
                finally:
                    try:
                        with anyio.CancelScope(shield=True):
                            await self._finish()
                    finally:
                        # Whatever went wrong there: what is shielded would otherwise go on for ever.
                        self._beside.close()
                        self._caller.asking.close()
        finally:
            await self._caller.close(max(self._settings.grace.total_seconds(), _AT_LEAST))

    # --- the loop ----------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        poll, grouping = self._settings.poll.total_seconds(), self._settings.grouping.total_seconds()
        while not self._stopped.is_set():
            await self._record()
            if self._stopped.is_set():
                return
            await self._apart(self._decide)
            step = self._step
            if self._until == "idle" and step.idle and not (self._caller.asking.count or self._inbox):
                return
            left = poll if step.wake_at is None else min(poll, (step.wake_at - self._clock.now()) / SECOND)
            await self._inbox.wait(left, grouping)

    async def _decide(self) -> None:
        """Decide what to do, and begin to do it; a runner that cannot hear what becomes of its calls places none."""
        try:
            if self._caller.hearing:
                self._step = await self._call(self._service.step)
            else:
                self._step = _asked_by(await self._call(self._service.recover))
        except PASSING as error:
            # Reservations of a commit whose fate is unknown are not sent: the store's watch finds them.
            logger.warning("The store did not answer; nothing is dialled until it does: %s", error)
            self._step = Step()
            return
        self._caller.carry_out(self._tasks, self._step)
        self._committed()

    async def _record(self) -> None:
        """Record what was heard."""
        while reports := self._inbox.take():
            await self._apart(partial(self._record_all, reports))

    async def _record_all(self, reports: Sequence[Report]) -> None:
        try:
            recorded = await self._kept(reports)
        except anyio.get_cancelled_exc_class():
            self._inbox.put_back(reports)
            raise
        self._committed()
        self._caller.carry_out(self._tasks, _asked_by(recorded))
        for attempt_id in recorded.unmatched:
            logger.warning("A report about attempt %r was not matched: there is no such attempt here.", attempt_id)

    async def _kept(self, reports: Sequence[Report]) -> Recorded:
        """Record a batch, however often the store has to be asked: reports are heard once, and repeats do no harm."""
        pause = FIRST_PAUSE
        while True:
            try:
                return await self._call(partial(self._service.record, reports))
            except PASSING as error:
                logger.warning("%d reports wait for the store: %s", len(reports), error)
                if self._hurried.is_set() or anyio.current_time() >= self._give_up_at:
                    logger.critical("The store could not be reached before the end. Lost: %s", _named(reports))
                    return Recorded()
                with anyio.move_on_after(pause):
                    await (self._hurried if self._stopped.is_set() else self._stopped).wait()
                pause = min(pause * 2, _AT_LEAST if self._stopped.is_set() else LONGEST_PAUSE)
            except Exception:
                # One report must not keep the others from being recorded, whatever is wrong with it.
                if len(reports) == 1:
                    logger.exception("A report could not be recorded and is lost: %s", _named(reports))
                    return Recorded()
                return merged([await self._kept([report]) for report in reports])

    async def _call(self, what: Callable[[], R]) -> R:
        """Call the store: here if it never blocks, else in a thread of the runner's own."""
        if self._service.store.can.inline:
            return what()
        return await anyio.to_thread.run_sync(what, limiter=self._threads)

    async def _apart(self, what: Callable[[], Awaitable[None]]) -> None:
        """Do something that uses the store; what it answers must not get lost, however the loop is cancelled."""
        if self._service.store.can.inline:
            await what()
            return
        done = anyio.Event()

        async def carried_through() -> None:
            try:
                await what()
            finally:
                done.set()

        self._storing.begin(self._tasks, carried_through)
        await done.wait()

    def _committed(self) -> None:
        """Wake those who deliver events."""
        self._news.set()
        self._news = anyio.Event()

    async def _deliver(self, delivery: Delivery) -> None:
        """Hand on events after every commit, and at least once every poll, for what other processes did."""
        pause = 0.0
        while True:
            pause = 0.0 if await delivery.pump() else min(max(pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
            await anyio.sleep(pause)
            with anyio.move_on_after(self._settings.poll.total_seconds()):
                await self._news.wait()

    # --- the end -----------------------------------------------------------------------------------------------------

    async def _finish(self) -> None:
        """Send nothing more, wait for what is on its way, record it all, and deliver the last events."""
        if not self._stopped.is_set():
            self.stop()
        grace, drain = self._settings.grace.total_seconds(), self._settings.drain.total_seconds()
        asking = self._caller.asking
        await self._wait_while(lambda: self._storing.count > 0)
        await self._wait_while(lambda: asking.count > 0, grace)
        asking.cancel()
        await self._wait_while(lambda: asking.count > 0, max(grace, _AT_LEAST))
        if drain:
            await self._wait_while(lambda: bool(self._caller.mine), drain, self._see_to_silent_calls)
        self._beside.close()
        asking.close()
        await self._wait_while(lambda: self._beside.count + asking.count > 0, max(grace, _AT_LEAST))
        if asking.count:
            logger.critical("The dialler does not let go of %d requests.", asking.count)
        await self._record()
        with anyio.move_on_after(max(grace, _AT_LEAST)):
            async with anyio.create_task_group() as tasks:
                for delivery in self._deliveries:
                    tasks.start_soon(delivery.pump)

    async def _wait_while(
        self,
        pending: Callable[[], bool],
        longest: float | None = None,
        meanwhile: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Record what is heard until nothing is pending any more, or for so many seconds; in a hurry, not at all."""
        until = None if longest is None else anyio.current_time() + longest
        while pending():
            if until is not None and anyio.current_time() >= until:
                return
            if until is not None and self._hurried.is_set():
                # A moment for what was cancelled to say so.
                until = min(until, anyio.current_time() + _AT_THE_END)
            await self._inbox.wait(_AT_THE_END if meanwhile is None else self._settings.poll.total_seconds())
            await self._record()
            if meanwhile is not None:
                await meanwhile()

    async def _see_to_silent_calls(self) -> None:
        try:
            recovered = await self._call(self._service.recover)
        except PASSING as error:
            logger.warning("The store did not answer: %s", error)
        else:
            self._caller.carry_out(self._tasks, _asked_by(recovered))


def _named(reports: Sequence[Report]) -> str:
    """Name reports without the words of the people in them."""
    return ", ".join(f"{type(report).__name__} of {report.attempt_id!r}" for report in reports)


def _asked_by(recorded: Recorded) -> Step:
    return Step(hangups=recorded.hangups, look_ups=recorded.look_ups)
