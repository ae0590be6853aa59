"""The loop of a runner, what goes on beside it, and how it ends.

Nothing that matters is kept here. What a runner knows beyond its store are dial requests it has not sent yet and
reports it has not recorded yet: a clean end leaves none of either, and after a crash the store's own watch sees to
them. The loop never waits for the dialler. Every request is a task of its own, so a carrier that is slow, silent or
gone delays its own calls and nothing else.
"""

from __future__ import annotations

import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Literal, TypeVar

import anyio
import anyio.to_thread
import attrs
from anyio.abc import TaskGroup

from ori_campaigns.dialling import Step, merged
from ori_campaigns.errors import CommitUnknown, Conflict, StoreUnavailable
from ori_campaigns.instants import SECOND
from ori_campaigns.outcomes import Recorded
from ori_campaigns.ports import Dialler
from ori_campaigns.reports import CallRef, DialRequest, Report, Unknown, Unsent
from ori_campaigns.runner.background import Background
from ori_campaigns.runner.inbox import Deliverable, Delivery, Inbox
from ori_campaigns.service import CampaignService

R = TypeVar("R")

logger = logging.getLogger("ori_campaigns.runner")

_TRY_AGAIN = (StoreUnavailable, CommitUnknown, Conflict)
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 30.0
_AT_THE_END = 0.05


@attrs.frozen(kw_only=True)
class RunnerSettings:
    """How a runner goes about its work.

    Parameters:
        grouping: how long it waits for more reports once one has come, to record them together.
        batch: so many reports are recorded at once without waiting.
        poll: how long it waits at most, to learn what other processes did.
        place_timeout: how long the dialler may take to answer a request before the call counts as unknown.
        grace: at the end, how long requests on their way are waited for; then they count as unknown.
        drain: at the end, how long live calls are waited for. They are never cut: what comes of them later is for the
            next runner to hear or to look up.
    """

    grouping: timedelta = timedelta(milliseconds=50)
    batch: int = 100
    poll: timedelta = timedelta(seconds=1)
    place_timeout: timedelta = timedelta(seconds=30)
    grace: timedelta = timedelta(seconds=5)
    drain: timedelta = timedelta(0)


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
        self._service, self._dialler, self._until, self._settings = service, dialler, until, settings
        self._clock = service.store.clock
        self._inbox = Inbox(settings.batch)
        self._deliveries = [Delivery(feed) for feed in feeds]
        self._news = anyio.Event()
        # What is asked of the dialler, and what goes on beside the loop until its end: how many, and how to end them.
        self._asking, self._beside = Background(self._inbox.wake), Background(self._inbox.wake)
        self._hearing = self._stopping = self._hurried = False
        self._give_up_at = math.inf
        self._tasks: TaskGroup

    def stop(self) -> None:
        """Begin to end; asked a second time, waits for nothing any more."""
        if self._stopping:
            self._hurried = True
            self._asking.cancel()
        self._stopping = True
        self._inbox.wake()

    async def run(self) -> None:
        """Work until idle, stopped or cancelled; in each case leave nothing behind."""
        await self._dialler.open()
        self._hearing = True
        try:
            async with anyio.create_task_group() as self._tasks:
                self._beside.begin(self._tasks, self._listen)
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
                        self._asking.close()
        finally:
            with anyio.CancelScope(shield=True):
                await self._dialler.close()

    # --- the loop ----------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        poll, grouping = self._settings.poll.total_seconds(), self._settings.grouping.total_seconds()
        while not self._stopping:
            await self._record()
            step = await self._step()
            self._carry_out(step)
            if self._until == "idle" and step.idle and not (self._asking.count or self._inbox):
                return
            left = poll if step.wake_at is None else min(poll, (step.wake_at - self._clock.now()) / SECOND)
            await self._inbox.wait(left, grouping)

    async def _step(self) -> Step:
        """Decide what to do; a runner that cannot hear what becomes of its calls places none."""
        try:
            if self._hearing:
                step = await self._call(self._service.step)
            else:
                step = _asked_by(await self._call(self._service.recover))
        except _TRY_AGAIN as error:
            # Reservations of a commit whose fate is unknown are not sent: the store's watch finds them.
            logger.warning("The store did not answer; nothing is dialled until it does: %s", error)
            return Step()
        self._committed()
        return step

    async def _record(self) -> None:
        """Record what was heard."""
        while reports := self._inbox.take():
            try:
                recorded = await self._recorded(reports)
            except anyio.get_cancelled_exc_class():
                self._inbox.put_back(reports)
                raise
            self._committed()
            self._carry_out(_asked_by(recorded))
            for attempt_id in recorded.unmatched:
                logger.warning("A report about attempt %r was not matched: there is no such attempt here.", attempt_id)

    async def _recorded(self, reports: Sequence[Report]) -> Recorded:
        """Record a batch, however often the store has to be asked: reports are heard once, and repeats do no harm."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return await self._call(partial(self._service.record, reports))
            except _TRY_AGAIN as error:
                logger.warning("%d reports wait for the store: %s", len(reports), error)
                if self._stopping and (self._hurried or anyio.current_time() >= self._give_up_at):
                    logger.critical("The store could not be reached before the end. Lost: %s", _named(reports))
                    return Recorded()
                await anyio.sleep(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception:
                # One report must not keep the others from being recorded, whatever is wrong with it.
                if len(reports) == 1:
                    logger.exception("A report could not be recorded and is lost: %s", _named(reports))
                    return Recorded()
                return merged([await self._recorded([report]) for report in reports])

    async def _call(self, what: Callable[[], R]) -> R:
        """Call the store: here if it never blocks, else in a thread."""
        if self._service.store.can.inline:
            return what()
        return await anyio.to_thread.run_sync(what)

    def _committed(self) -> None:
        """Wake those who deliver events."""
        self._news.set()
        self._news = anyio.Event()

    # --- the dialler -------------------------------------------------------------------------------------------------

    def _carry_out(self, step: Step) -> None:
        for dial in step.dials:
            self._asking.begin(self._tasks, partial(self._place, dial))
        for ref in step.hangups:
            hang_up = partial(self._dialler.hangup, ref, "time limit")
            self._asking.begin(self._tasks, partial(self._ask, "hang up", ref, hang_up))
        for ref in step.look_ups:
            look_up = partial(self._look_up, ref)
            self._asking.begin(self._tasks, partial(self._ask, "look up", ref, look_up))

    async def _place(self, dial: DialRequest) -> None:
        """Send one request, unless it is too late for it, and hear its answer."""
        now = self._clock.now()
        answer: Report = Unknown(dial.attempt_id, now, "cut_off")
        try:
            if self._stopping or now > dial.not_after:
                answer = Unsent(dial.attempt_id, now, "stopping" if self._stopping else "not_after")
            else:
                answer = await self._answer(dial)
        finally:
            self._inbox.put(answer)

    async def _answer(self, dial: DialRequest) -> Report:
        try:
            with anyio.move_on_after(self._settings.place_timeout.total_seconds()):
                return await self._dialler.place(dial)
        except Exception:
            # Nobody can say how far it came: the call counts, and is looked up.
            logger.warning("The dialler failed to place %s.", dial.attempt_id, exc_info=True)
            return Unknown(dial.attempt_id, self._clock.now(), "dialler_failed")
        return Unknown(dial.attempt_id, self._clock.now(), "timeout")

    async def _look_up(self, ref: CallRef) -> None:
        self._inbox.put(await self._dialler.look_up(ref))

    async def _ask(self, doing: str, ref: CallRef, what: Callable[[], Awaitable[None]]) -> None:
        """Ask the dialler for something that will be asked again if it fails."""
        try:
            with anyio.move_on_after(self._settings.place_timeout.total_seconds()):
                await what()
        except Exception:
            logger.warning("The dialler could not %s %s.", doing, ref.attempt_id, exc_info=True)

    async def _listen(self) -> None:
        """Hear what happens; whenever the dialler falls silent for good, open it again."""
        pause = _FIRST_PAUSE
        while True:
            try:
                if not self._hearing:
                    await self._dialler.open()
                    self._hearing = True
                    logger.info("The dialler is heard again; dialling goes on.")
                    self._inbox.wake()
                await self._hear(self._dialler.events())
                logger.warning("The dialler's events ended; nothing is dialled until it is heard again.")
            except Exception:
                logger.warning("The dialler failed; nothing is dialled until it is heard again.", exc_info=True)
            pause = _FIRST_PAUSE if self._hearing else min(pause * 2, _LONGEST_PAUSE)
            self._hearing = False
            await anyio.sleep(pause)

    async def _hear(self, events: AsyncIterator[Report]) -> None:
        try:
            async for report in events:
                self._inbox.put(report)
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()

    async def _deliver(self, delivery: Delivery) -> None:
        """Hand on events after every commit, and at least once every poll, for what other processes did."""
        pause = 0.0
        while True:
            pause = 0.0 if await delivery.pump() else min(max(pause * 2, _FIRST_PAUSE), _LONGEST_PAUSE)
            await anyio.sleep(pause)
            with anyio.move_on_after(self._settings.poll.total_seconds()):
                await self._news.wait()

    # --- the end -----------------------------------------------------------------------------------------------------

    async def _finish(self) -> None:
        """Send nothing more, wait for what is on its way, record it all, and deliver the last events."""
        self._stopping = True
        grace, drain = self._settings.grace.total_seconds(), self._settings.drain.total_seconds()
        self._give_up_at = anyio.current_time() + grace + drain + grace
        await self._wait_while(self._some_are_asked, grace)
        self._asking.cancel()
        await self._wait_while(self._some_are_asked)
        if drain and not self._hurried:
            await self._wait_while(self._some_are_live, drain)
        self._beside.close()
        self._asking.close()
        await self._wait_while(self._some_are_going_on)
        await self._record()
        with anyio.move_on_after(grace):
            for delivery in self._deliveries:
                await delivery.pump()

    async def _wait_while(self, pending: Callable[[], Awaitable[bool]], longest: float | None = None) -> None:
        """Record what is heard until nothing is pending any more, or for so many seconds."""
        until = None if longest is None else anyio.current_time() + longest
        while await pending():
            if until is not None and (anyio.current_time() >= until or self._hurried):
                return
            await self._inbox.wait(_AT_THE_END)
            await self._record()

    async def _some_are_asked(self) -> bool:
        return self._asking.count > 0

    async def _some_are_going_on(self) -> bool:
        return self._beside.count + self._asking.count > 0

    async def _some_are_live(self) -> bool:
        """Tell whether calls are open, having seen to those that were silent for too long."""
        if (await self._call(self._service.store.agenda)).next_check is None:
            return False
        self._carry_out(_asked_by(await self._call(self._service.recover)))
        return True


def _named(reports: Sequence[Report]) -> str:
    """Name reports without the words of the people in them."""
    return ", ".join(f"{type(report).__name__} of {report.attempt_id}" for report in reports)


def _asked_by(recorded: Recorded) -> Step:
    return Step(hangups=recorded.hangups, look_ups=recorded.look_ups)
