"""The engine in real time: `run` for programs with an event loop, `run_sync` for those without."""

from __future__ import annotations

import logging
import signal
from collections.abc import Sequence
from typing import Literal

import anyio
from anyio.abc import TaskStatus

from ori_campaigns.ports import Dialler
from ori_campaigns.runner.inbox import Deliverable
from ori_campaigns.runner.loop import Runner
from ori_campaigns.runner.settings import RunnerSettings
from ori_campaigns.service import CampaignService

__all__ = ["Deliverable", "RunnerSettings", "run", "run_sync"]

logger = logging.getLogger("ori_campaigns.runner")


async def run(
    service: CampaignService,
    dialler: Dialler,
    *,
    until: Literal["idle"] | None = None,
    feeds: Sequence[Deliverable] = (),
    settings: RunnerSettings | None = None,
) -> None:
    """Dial in real time, with all running campaigns of the service's store, until cancelled.

    However it ends (idle, cancelled, by an error), no reservation of its own is left behind: requests not yet sent are
    given back, those on their way are waited for, and whatever was heard is recorded. Calls that are live are not cut.
    Several processes may each run one over a store that is shared.

    Parameters:
        service: the engine. Actions that wait (`pause`, `stop`, `exclude`) block: call them from another thread, or
            with `wait=False`.
        dialler: what places the calls; it is opened first, and closed at the end.
        until: `"idle"`: end when no campaign is running and no call is open; otherwise only when cancelled.
        feeds: each `Feed` delivers new events to its sink, in a thread, after they were committed.
        settings: how long things are waited for.

    Raises:
        DiallerError: the dialler could not be opened. Later failures are logged, and it is opened again.

    Implements N7.
    """
    await Runner(service, dialler, until=until, feeds=feeds, settings=settings or RunnerSettings()).run()


def run_sync(
    service: CampaignService,
    dialler: Dialler,
    *,
    until: Literal["idle"] | None = None,
    feeds: Sequence[Deliverable] = (),
    settings: RunnerSettings | None = None,
    backend: str = "asyncio",
) -> None:
    """Dial in real time from a program that has no event loop; SIGTERM and SIGINT end it cleanly.

    A first signal ends it as `run` ends when it is cancelled, and it returns; a second one waits for nothing any more.

    Parameters:
        backend: `asyncio`, or `trio` where the dialler can; the others are those of `run`.
    """

    async def main() -> None:
        runner = Runner(service, dialler, until=until, feeds=feeds, settings=settings or RunnerSettings())
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            await tasks.start(_heed_signals, runner)
            try:
                await runner.run()
            except Exception as error:  # noqa: BLE001 - raised again below, not as one of a group
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    anyio.run(main, backend=backend)


async def _heed_signals(runner: Runner, *, task_status: TaskStatus[None]) -> None:
    try:
        with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            task_status.started()
            async for number in signals:
                logger.info("%s: no new call begins; what is on its way is recorded.", signal.Signals(number).name)
                runner.stop()
    except (NotImplementedError, ValueError, RuntimeError):
        # Not the main thread, or a system without signals: whoever runs it must end it in another way.
        task_status.started()
