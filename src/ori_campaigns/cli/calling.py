"""A campaign of a store dialled in real time, with a line of progress, until nothing is left of it."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import anyio
import anyio.to_thread
import attrs
from anyio.abc import TaskStatus

from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.cli.progress import Progress
from ori_campaigns.cli.report import count_of, shown_moment
from ori_campaigns.config import CallLimits
from ori_campaigns.contact import FINAL
from ori_campaigns.errors import PASSING, NotFound
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.lifecycle import first_dialable
from ori_campaigns.ports import Dialler
from ori_campaigns.runner.loop import Runner
from ori_campaigns.runner.settings import RunnerSettings
from ori_campaigns.service import CampaignService
from ori_campaigns.views import Counters

LIMITS = CallLimits(reserved=15, talk_grace=10, look_up_every=5)
"""The people are played by the process that calls them: whoever is silent for longer than this is gone with it."""

_RINGING_GRACE = 5
_LOOK_EVERY = 0.25
_LATEST = 500
_SOON = 10 * SECOND
_STEP = 10

Say = Callable[[str], None]


def limits_for(ring: int, talk: int) -> CallLimits:
    """Return how long calls may stay in each state.

    Parameters:
        ring, talk: the limits of a call, in seconds.
    """
    return attrs.evolve(LIMITS, ring=ring, ringing=ring + _RINGING_GRACE, talk=talk)


@attrs.frozen
class Left:
    """How a campaign was left.

    Parameters:
        signal: what ended the dialling, 0 when it ended by itself.
    """

    campaign: Campaign
    signal: int = 0


def dial(
    service: CampaignService,
    campaign: Campaign,
    dialler: Dialler,
    limits: CallLimits,
    say: Say,
    *,
    hint: Callable[[str], str],
    leave_when_paused: bool = False,
) -> Left:
    """Dial until the campaign and its last call are over, or until a signal.

    A first signal begins no new call and waits for the calls in progress, a second one for nothing any more.

    Parameters:
        say: takes a line for the person who watches.
        hint: returns a command over the same store.
        leave_when_paused: end as well when it is paused and its last call is over.
    """
    longest = timedelta(seconds=limits.send_budget + limits.ring + limits.talk + limits.talk_grace)

    async def main() -> None:
        settings = RunnerSettings(drain=longest)
        await watch.run(Runner(service, dialler, until=None, feeds=(), settings=settings))

    with Progress(sys.stderr) as progress:
        watch = _Watch(service, campaign, progress, say, hint, leave_when_paused=leave_when_paused)
        with _told_by_the_library(watch.tell):
            anyio.run(main)
    return Left(service.get(campaign.id), watch.signal)


class _Watch:
    """Looks at the campaign while it is dialled: says what changes, and when to end."""

    def __init__(
        self,
        service: CampaignService,
        campaign: Campaign,
        progress: Progress,
        say: Say,
        hint: Callable[[str], str],
        *,
        leave_when_paused: bool,
    ) -> None:
        self._service, self._campaign = service, campaign
        self._progress, self._say, self._hint = progress, say, hint
        self._leave_when_paused = leave_when_paused
        self._zone = ZoneInfo(campaign.config.window.timezone)
        self._standing = ""
        self._tenth = 0
        self._runner: Runner
        self.signal = 0

    def tell(self, line: str) -> None:
        """Say something above the line of progress."""
        self._progress.clear()
        self._say(line)

    async def run(self, runner: Runner) -> None:
        """Dial, and watch."""
        self._runner = runner
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            await tasks.start(self._heed_signals)
            tasks.start_soon(self._look)
            try:
                await runner.run()
            except Exception as error:  # noqa: BLE001 - raised again below, not as one of a group
                failure = error
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _heed_signals(self, *, task_status: TaskStatus[None]) -> None:
        try:
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                task_status.started()
                async for number in signals:
                    first, self.signal = not self.signal, self.signal or int(number)
                    self._runner.stop()
                    if first and (live := await anyio.to_thread.run_sync(self._calls)):
                        self.tell(f"No new call begins; {live} to end. Ctrl-C again: leave at once.")
        except (NotImplementedError, ValueError, RuntimeError):
            # A system without such signals: KeyboardInterrupt ends it.
            task_status.started()

    async def _look(self) -> None:
        while True:
            try:
                campaign, counters, due = await anyio.to_thread.run_sync(self._read)
            except PASSING:
                # The runner says so, and tries again.
                pass
            except NotFound:
                self._runner.stop()
                return
            else:
                await self._changed(campaign, due)
                self._show(campaign, counters)
                if self._over(campaign, counters):
                    self._runner.stop()
                    return
            await anyio.sleep(_LOOK_EVERY)

    def _read(self) -> tuple[Campaign, Counters, Instant | None]:
        """Return how it stands, and, where no call is in progress, when the next one is due."""
        campaign, counters = self._service.get(self._campaign.id), self._service.counters(self._campaign.id)
        if counters.live or campaign.status is not CampaignStatus.RUNNING:
            return campaign, counters, None
        works = self._service.store.agenda().works
        return campaign, counters, next((work.next_due for work in works if work.campaign.id == campaign.id), None)

    def _calls(self) -> str:
        """Return the calls in progress in words, empty when there are none."""
        try:
            live = self._service.counters(self._campaign.id).live
        except PASSING:
            return "what is in progress has"
        return f"{count_of(live, 'call')} {'has' if live == 1 else 'have'}" if live else ""

    def _over(self, campaign: Campaign, counters: Counters) -> bool:
        if counters.live:
            return False
        if campaign.status is CampaignStatus.PAUSED:
            return self._leave_when_paused
        return campaign.status is not CampaignStatus.RUNNING

    # --- what is said ---
    async def _changed(self, campaign: Campaign, due: Instant | None) -> None:
        """Say what is new about the campaign as a whole."""
        before, self._standing = self._standing, self._stands(campaign, due)
        if self._standing == before:
            return
        short = campaign.id[:8]
        if campaign.status is CampaignStatus.PAUSED:
            by = await anyio.to_thread.run_sync(self._by, "pause")
            self.tell(f"It is paused{by}; no new call begins.")
            if not self._leave_when_paused:
                self.tell(f"It waits here, and goes on after: {self._hint(f'resume {short}')}")
        elif before == "paused" and campaign.status is CampaignStatus.RUNNING:
            by = await anyio.to_thread.run_sync(self._by, "resume")
            self.tell(f"It goes on{by}.")
        if self._standing.startswith("Nobody"):
            self.tell(self._standing)

    def _stands(self, campaign: Campaign, due: Instant | None) -> str:
        if campaign.status is not CampaignStatus.RUNNING or campaign.closing is not None or due is None:
            return campaign.status.value
        now = self._service.store.clock.now()
        dialable = first_dialable(campaign, max(due, now))
        if dialable is None or dialable <= now + _SOON:
            return campaign.status.value
        shut = "" if campaign.config.window.schedule().is_open(now) else ", when the calling window opens"
        return f"Nobody is due before {' '.join(shown_moment(dialable, self._zone).split())} {self._zone.key}{shut}."

    def _by(self, action: str) -> str:
        """Return who did it last, for a sentence; it has just happened, so that the end of the log tells."""
        store = self._service.store
        try:
            events = store.events(max(store.tip() - _LATEST, -1), _LATEST, self._campaign.id)
        except PASSING:
            return ""
        facts = [event.fact for event in events if isinstance(event.fact, LifecycleChanged)]
        return next((f" by {fact.by}" for fact in reversed(facts) if fact.action == action), "")

    def _show(self, campaign: Campaign, counters: Counters) -> None:
        done, total = counters.count(FINAL), counters.total
        live = f"{counters.live:,} in progress"
        state = {"running": "", "paused": "paused, "}.get(campaign.status.value, "ending, ")
        self._progress.show(done, total, "contacts", state + live)
        tenth = _STEP * done // total if total else 0
        if not self._progress.drawn and tenth > self._tenth and done < total:
            self._say(f"{tenth * _STEP:3} %  {done:,} of {total:,} contacts, {live}")
        self._tenth = max(self._tenth, tenth)


class _Lines(logging.Handler):
    """Says what the library warns of, each thing once in a row and in one line."""

    def __init__(self, tell: Say) -> None:
        super().__init__(logging.WARNING)
        self._tell, self._last = tell, ""

    def emit(self, record: logging.LogRecord) -> None:
        """Say one thing."""
        line = record.getMessage()
        if line != self._last:
            self._last = line
            self._tell(line)


@contextmanager
def _told_by_the_library(tell: Say) -> Iterator[None]:
    """Let the library's warnings be lines of the command line, as long as it dials."""
    logger, handler = logging.getLogger("ori_campaigns"), _Lines(tell)
    propagated = logger.propagate
    logger.addHandler(handler)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagated
