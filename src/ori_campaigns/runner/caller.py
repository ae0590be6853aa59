"""The dialler's side of a runner: what is asked of it, what it tells, and what it gets wrong."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from functools import partial
from typing import TypeVar, get_args

import anyio
from anyio.abc import TaskGroup

from ori_campaigns.dialling import Step
from ori_campaigns.errors import DiallerError
from ori_campaigns.instants import SECOND
from ori_campaigns.ports import Clock, Dialler
from ori_campaigns.reports import (
    Accepted,
    CallRef,
    DialRequest,
    Ended,
    NeverPlaced,
    PlaceAnswer,
    Refused,
    Report,
    Unknown,
    Unsent,
)
from ori_campaigns.runner.background import Background
from ori_campaigns.runner.inbox import Inbox
from ori_campaigns.runner.settings import FIRST_PAUSE, LONGEST_PAUSE, RunnerSettings

R = TypeVar("R")

logger = logging.getLogger("ori_campaigns.runner")

_REPORTS: tuple[type, ...] = get_args(Report)
_ANSWERS: tuple[type, ...] = (*get_args(PlaceAnswer), Unsent)
_OVER = (Ended, Refused, NeverPlaced, Unsent)
_TRUSTED_AFTER = 1.0


class Caller:
    """Has the dialler do what a step says, and puts what it hears into the inbox.

    Every request is a task of its own, shielded from the cancellation of the runner.

    Parameters:
        mine: calls of this runner that are live as far as it knows.
        hearing: whether the dialler's events come; without them nothing may be dialled.
        stopping: no new call may begin.
    """

    def __init__(self, dialler: Dialler, clock: Clock, inbox: Inbox, settings: RunnerSettings) -> None:
        self._dialler, self._clock, self._inbox = dialler, clock, inbox
        self._timeout = settings.place_timeout.total_seconds()
        self.asking = Background(inbox.wake)
        self.hearing = self.stopping = False
        self.mine: set[str] = set()
        # Which stream of events this is, counted on when one breaks off; and whether it has told anything.
        self._stream = 0
        self._heard = False

    async def open(self) -> None:
        """Be ready to hear."""
        await self._dialler.open()
        self.hearing = True

    async def close(self, longest: float) -> None:
        """Let go of the dialler; one that does not let go is left alone."""
        with anyio.move_on_after(longest, shield=True) as scope:
            await self._dialler.close()
        if scope.cancelled_caught:
            logger.warning("The dialler did not close within %s s.", longest)

    # --- what is asked of it ---
    def carry_out(self, tasks: TaskGroup, step: Step) -> None:
        """Begin to do what a step says."""
        now, loop_now = self._clock.now(), anyio.current_time()
        for dial in step.dials:
            # By the loop's time, too: a clock that is set back must not give a request more time than it was promised.
            latest = loop_now + (dial.not_after - now) / SECOND
            self.asking.begin(tasks, partial(self._place, dial, latest))
        for ref in step.hangups:
            hang_up = partial(self._dialler.hangup, ref, "time limit")
            self.asking.begin(tasks, partial(self._ask, "hang up", ref, hang_up))
        for ref in step.look_ups:
            self.asking.begin(tasks, partial(self._ask, "look up", ref, partial(self._look_up, ref)))

    async def _place(self, dial: DialRequest, latest: float) -> None:
        """Send one request, unless it is too late for it, and hear its answer."""
        now = self._clock.now()
        answer: Report = Unknown(dial.attempt_id, now, "cut_off")
        try:
            if self.stopping or now > dial.not_after or anyio.current_time() > latest:
                answer = Unsent(dial.attempt_id, now, "stopping" if self.stopping else "not_after")
            else:
                self.mine.add(dial.attempt_id)
                answer = await self._answer(dial)
        finally:
            self._hear(answer)

    async def _answer(self, dial: DialRequest) -> Report:
        """Return what the dialler answers; nobody can say how far a request came whose answer makes no sense."""
        try:
            with anyio.move_on_after(self._timeout):
                answer = await _awaited(self._dialler.place(dial))
                if isinstance(answer, _ANSWERS) and answer.attempt_id == dial.attempt_id:
                    return answer
                logger.warning("The dialler gave %s no answer but a %s.", dial.attempt_id, type(answer).__name__)
                return Unknown(dial.attempt_id, self._clock.now(), "dialler_failed")
        except Exception:
            logger.warning("The dialler failed to place %s.", dial.attempt_id, exc_info=True)
            return Unknown(dial.attempt_id, self._clock.now(), "dialler_failed")
        return Unknown(dial.attempt_id, self._clock.now(), "timeout")

    async def _look_up(self, ref: CallRef) -> None:
        self._hear(await self._dialler.look_up(ref))

    async def _ask(self, doing: str, ref: CallRef, what: Callable[[], Awaitable[None]]) -> None:
        """Ask the dialler for something that will be asked again if it fails."""
        try:
            with anyio.move_on_after(self._timeout):
                await _awaited(what())
        except Exception:
            logger.warning("The dialler could not %s %s.", doing, ref.attempt_id, exc_info=True)

    # --- what it tells ---
    def _hear(self, report: Report) -> None:
        if not isinstance(report, _REPORTS):
            logger.error("The dialler told something that is no report but a %s.", type(report).__name__)
            return
        if isinstance(report, _OVER):
            self.mine.discard(report.attempt_id)
        elif isinstance(report, Accepted):
            self.mine.add(report.attempt_id)
        self._inbox.put(report)

    async def listen(self, tasks: TaskGroup, beside: Background) -> None:
        """Hear what happens; whenever the dialler falls silent for good, open it again, after growing pauses."""
        pause = FIRST_PAUSE
        while True:
            self._heard = False
            try:
                if self._stream:
                    await _awaited(self._reopened())
                    beside.begin(tasks, partial(self._trusted, self._stream))
                await _awaited(self._listened(self._dialler.events()))
                logger.warning("The dialler's events ended; nothing is dialled until it is heard again.")
            except Exception:
                logger.warning("The dialler failed; nothing is dialled until it is heard again.", exc_info=True)
            self.hearing = False
            self._stream += 1
            pause = FIRST_PAUSE if self._heard else min(pause * 2, LONGEST_PAUSE)
            await anyio.sleep(pause)

    async def _reopened(self) -> None:
        with anyio.move_on_after(self._timeout):
            try:
                await self._dialler.close()
            except Exception:
                logger.debug("The dialler that failed could not be closed.", exc_info=True)
        await self._dialler.open()

    async def _trusted(self, stream: int) -> None:
        """Dial again once the reopened dialler has held for a moment: many open, and fail at the first read."""
        await anyio.sleep(_TRUSTED_AFTER)
        if self._stream == stream:
            self.hearing = True
            logger.info("The dialler is heard again; dialling goes on.")
            self._inbox.wake()

    async def _listened(self, events: AsyncIterator[Report]) -> None:
        try:
            async for report in events:
                self._heard = True
                self._hear(report)
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()


async def _awaited(what: Awaitable[R]) -> R:
    """Await something of the dialler's; a cancellation that nobody here asked for is its failure, not our end."""
    try:
        return await what
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise DiallerError("A task of the dialler was cancelled.", retryable=True) from None
