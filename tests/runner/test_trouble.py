"""What diallers, stores and hosts get wrong, one by one: the runner survives it, or ends as it should."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar

import anyio
import attrs
import pytest

import ori_campaigns as ori
from ori_campaigns.clocks import LoopClock
from ori_campaigns.errors import InvalidDefinition, StoreUnavailable
from ori_campaigns.ports import AdmitAsk
from ori_campaigns.reports import Report
from ori_campaigns.runner import RunnerSettings
from ori_campaigns.runner.caller import Caller
from ori_campaigns.runner.inbox import Inbox
from ori_campaigns.runner.loop import Runner
from ori_campaigns.views import AdmitView, Changes, ReportView
from runner.halls import SELDOM, Hall, RealTime, Wrapped, play, talkers
from worlds import MONDAY

R = TypeVar("R")
QUICK = RunnerSettings(grace=timedelta(seconds=1), poll=timedelta(seconds=1))


def quick() -> Hall:
    """A hall in real time, with people of few words."""
    return Hall(talkers(0.05, ring=0.05), clock=RealTime())


# --- a dialler that errs ----------------------------------------------------------------------------------------------


class Cancelled(Wrapped):
    """A library under it cancels its own task, once in each call."""

    def __init__(self, inner: ori.Dialler) -> None:
        super().__init__(inner)
        self.left = {"place": 1, "events": 1}

    def _stumble(self, where: str) -> None:
        if self.left[where]:
            self.left[where] -= 1
            raise asyncio.CancelledError

    async def place(self, call: ori.DialRequest) -> Any:
        self._stumble("place")
        return await super().place(call)

    async def events(self) -> AsyncIterator[Any]:
        async with self.heard() as events:
            async for event in events:
                yield event
                self._stumble("events")


def test_a_cancellation_inside_the_dialler_is_its_own_affair(caplog: pytest.LogCaptureFixture) -> None:
    hall = quick()
    campaign = hall.begin(6, concurrency_limit=3)
    limits = ori.CallLimits(send_budget=1, reserved=1, ring=1, ringing=1, talk=1, talk_grace=1, look_up_every=1)
    hall.service = ori.CampaignService(hall.store, hall.directory, limits=limits)
    ori.run_sync(hall.service, Cancelled(hall.dialler), until="idle")
    assert hall.service.get(campaign).status is ori.CampaignStatus.COMPLETED
    assert caplog.text.count("A task of the dialler was cancelled") >= 2


def test_an_answer_that_is_none_is_an_unknown_fate(caplog: pytest.LogCaptureFixture) -> None:
    class Forgot(Wrapped):
        async def place(self, call: ori.DialRequest) -> Any:
            await super().place(call)

    hall = Hall(talkers())

    async def main() -> None:
        campaign = hall.begin(3)
        await hall.run(Forgot(hall.dialler))
        assert hall.contacts(campaign) == {"completed": 3}
        hall.everybody_was_called_as_recorded(campaign)

    play(main)
    assert caplog.text.count("no answer but a NoneType") == 3


def test_what_is_no_report_is_told_and_left_out(caplog: pytest.LogCaptureFixture) -> None:
    class Babbles(Wrapped):
        async def events(self) -> AsyncIterator[Any]:
            yield None
            async with self.heard() as events:
                async for event in events:
                    yield event

    hall = Hall(talkers())

    async def main() -> None:
        campaign = hall.begin(3)
        await hall.run(Babbles(hall.dialler))
        assert hall.contacts(campaign) == {"completed": 3}

    play(main)
    assert "no report but a NoneType" in caplog.text


def test_a_dialler_that_opens_and_fails_is_not_dialled_with() -> None:
    class Expired(Wrapped):
        opened: list[float]
        calls: list[str]

        async def open(self) -> None:
            self.calls.append("open")
            self.opened.append(anyio.current_time())

        async def close(self) -> None:
            self.calls.append("close")

        async def events(self) -> AsyncIterator[Any]:
            await anyio.sleep(0.01)
            raise ConnectionResetError("the credentials have expired")
            yield

    hall = Hall(talkers())
    dialler = Expired(hall.dialler)
    dialler.opened, dialler.calls = [], []

    async def main() -> None:
        hall.begin(500, concurrency_limit=1)
        with anyio.move_on_after(300):
            await ori.run(hall.service, dialler)

    play(main)
    # One call in the moment when all seemed well; then it is tried again and again, at growing intervals.
    assert len(hall.book()) == 1
    pauses = [round(later - earlier) for earlier, later in zip(dialler.opened, dialler.opened[1:], strict=False)]
    assert pauses[:9] == [0, 0, 1, 2, 3, 6, 13, 26, 30]
    assert set(pauses[9:]) == {30}
    # It is closed before it is opened again.
    assert dialler.calls == ["open", "close"] * (len(dialler.calls) // 2)


# --- a store that fails -----------------------------------------------------------------------------------------------


class Second(ori.MemoryStore):
    """Cannot be reached for the second admission."""

    admissions = 0

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        self.admissions += 1
        if self.admissions == 2:
            raise StoreUnavailable("The database does not answer.")
        return super().admit(ask, rule)


@pytest.mark.behaviour("N7")
def test_what_was_decided_before_the_store_failed_is_carried_out(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall(talkers(), store=Second)

    async def main() -> None:
        first, second = hall.begin(5, max_attempts=1), hall.begin(5, max_attempts=1, name="Other")
        hall.service.exclude(second, ["919800000000"], by="asha", wait=False)
        await hall.run()
        assert hall.contacts(first) == {"completed": 5}
        assert hall.contacts(second) == {"completed": 4, "excluded": 1}

    play(main)
    assert "A step ended early" in caplog.text


class Gone(ori.MemoryStore):
    """Takes no report any more once it is told so."""

    gone = False

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        if self.gone:
            raise StoreUnavailable("The database does not answer.")
        return super().record(reports, rule)


@pytest.mark.parametrize(("signals", "longest"), [(1, 12), (2, 2)])
def test_a_runner_that_is_stopped_while_the_store_is_away_ends(
    signals: int, longest: float, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall(talkers(5), store=Gone)

    async def main() -> None:
        hall.begin(20, concurrency_limit=5)
        runner = Runner(hall.service, hall.dialler, until=None, feeds=(), settings=SELDOM)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            await anyio.sleep(3)
            hall.store.gone = True  # type: ignore[attr-defined]
            await anyio.sleep(60)
            began = anyio.current_time()
            for _ in range(signals):
                runner.stop()
        assert anyio.current_time() - began <= longest

    play(main)
    assert "could not be reached before the end. Lost: " in caplog.text


def test_a_moment_without_the_store_does_not_end_the_draining() -> None:
    class Blinks(ori.MemoryStore):
        failures = 0

        def overdue(self, limit: int) -> Any:
            if self.failures:
                self.failures -= 1
                raise StoreUnavailable("The database does not answer.")
            return super().overdue(limit)

    hall = Hall(talkers(60), store=Blinks)

    async def main() -> None:
        campaign = hall.begin(5)
        with anyio.move_on_after(10):
            hall.store.failures = 2  # type: ignore[attr-defined]
            await ori.run(hall.service, hall.dialler, settings=RunnerSettings(drain=timedelta(minutes=5)))
        assert hall.states(campaign) == {"ended": 5}

    play(main)


class Slow(ori.MemoryStore):
    """Takes its time, as one over a network does."""

    can = attrs.evolve(ori.MemoryStore.can, inline=False)

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        time.sleep(0.3)
        return super().admit(ask, rule)


def test_a_task_that_is_cancelled_the_native_way_leaves_nothing_reserved_either() -> None:
    hall = Hall(talkers(60), clock=RealTime(), store=Slow)
    campaign = hall.begin(10)

    async def main() -> None:
        task = asyncio.create_task(ori.run(hall.service, hall.dialler, settings=QUICK))
        await asyncio.sleep(0.15)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert hall.states(campaign) == {"expired_unsent": 10}
    assert not hall.book()


def test_threads_of_the_host_do_not_hold_the_store_up() -> None:
    hall = Hall(talkers(0.05, ring=0.05), clock=RealTime(), store=Slow)
    campaign = hall.begin(3)
    release = threading.Event()

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            for _ in range(40):
                tasks.start_soon(anyio.to_thread.run_sync, partial(release.wait, 30))
            await anyio.sleep(0.1)
            await ori.run(hall.service, hall.dialler, until="idle")
            release.set()

    anyio.run(main)
    assert hall.contacts(campaign) == {"completed": 3}


@pytest.mark.behaviour("L4")
def test_a_clock_that_is_set_back_gives_no_request_more_time() -> None:
    class Shifted(LoopClock):
        shift = 0

        def now(self) -> int:
            return super().now() + self.shift

    clock = Shifted(MONDAY)
    hall = Hall(talkers(), clock=clock)

    async def main() -> None:
        campaign = hall.begin(3)
        service = hall.service
        caller = Caller(hall.dialler, clock, Inbox(100), SELDOM)
        await caller.open()
        step = service.step()
        async with anyio.create_task_group() as tasks:
            # The requests are decided, and for a while the loop is too busy to send them; then the clock is set back.
            caller.asking.begin = lambda tasks, what: waiting.append(what)  # type: ignore[method-assign]
            waiting: list[Any] = []
            caller.carry_out(tasks, step)
            service.pause(campaign, by="asha", wait=False)
            await anyio.sleep(6)
            clock.shift = -10_000_000
            for what in waiting:
                await what()
        assert len(waiting) == 3
        assert not hall.book()

    play(main)


# --- how it is told to end --------------------------------------------------------------------------------------------


def test_a_dialler_that_does_not_open_can_be_stopped() -> None:
    class Shut(Wrapped):
        async def open(self) -> None:
            await anyio.sleep_forever()

    hall = Hall()

    async def main() -> None:
        campaign = hall.begin(3)
        runner = Runner(hall.service, Shut(hall.dialler), until=None, feeds=(), settings=SELDOM)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            await anyio.sleep(10)
            runner.stop()
        assert not hall.attempts(campaign)

    play(main)


def test_a_dialler_that_does_not_close_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    class Clings(Wrapped):
        async def close(self) -> None:
            await anyio.sleep_forever()

    hall = Hall()

    async def main() -> None:
        began = anyio.current_time()
        await hall.run(Clings(hall.dialler))
        assert anyio.current_time() - began == 5

    play(main)
    assert "did not close within" in caplog.text


def test_a_sink_that_blocks_does_not_keep_it_from_ending() -> None:
    release = threading.Event()

    class Stuck:
        def pump(self) -> int:
            release.wait(30)
            return 0

    hall = quick()
    hall.begin(3)
    ori.run_sync(hall.service, hall.dialler, until="idle", feeds=[Stuck()], settings=QUICK)
    # It has ended, and the sink is still busy.
    assert not release.is_set()
    release.set()


def test_draining_is_for_the_calls_of_this_runner() -> None:
    hall = Hall(talkers(60))

    async def main() -> None:
        campaign = hall.begin(2, concurrency_limit=1)
        # Another worker has reserved a call, and is busy with it.
        hall.worker().step()
        with anyio.move_on_after(10):
            await ori.run(hall.service, hall.dialler, settings=RunnerSettings(drain=timedelta(hours=1)))
        assert hall.states(campaign) == {"reserved": 1}
        assert ori.to_datetime(hall.clock.now()) < ori.to_datetime(hall.service.get(campaign).created_at) + timedelta(
            minutes=1
        )

    play(main)


def test_the_last_events_reach_every_sink_that_is_quick_enough() -> None:
    class Dawdles:
        def pump(self) -> int:
            time.sleep(0.6)
            return 0

    class Counts:
        seen = 0

        def __init__(self, store: ori.Store) -> None:
            self.store = store

        def pump(self) -> int:
            self.seen = len(self.store.events(-1, 10_000))
            return self.seen

    hall = quick()
    hall.begin(3)
    counts = Counts(hall.store)
    ori.run_sync(hall.service, hall.dialler, until="idle", feeds=[Dawdles(), counts], settings=QUICK)
    assert counts.seen == len(hall.store.events(-1, 10_000))


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("batch", 0),
        ("batch", True),
        ("poll", timedelta(0)),
        ("poll", 1),
        ("grouping", timedelta(seconds=-1)),
        ("place_timeout", timedelta(0)),
        ("drain", None),
    ],
)
def test_a_bad_setting_is_refused(name: str, value: object) -> None:
    with pytest.raises(InvalidDefinition) as error:
        RunnerSettings(**{name: value})  # type: ignore[arg-type]
    assert [(each.path, each.code) for each in error.value.problems] == [(name, "bad_setting")]


def test_an_unknown_end_is_refused() -> None:
    hall = Hall()
    with pytest.raises(InvalidDefinition, match="idle"):
        ori.run_sync(hall.service, hall.dialler, until="Idle")  # type: ignore[arg-type]
