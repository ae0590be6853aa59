"""How a runner ends: idle, cancelled, by a signal, by an error. Nothing reserved is left, and nothing heard is lost."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import attrs
import pytest

import ori_campaigns as ori
from ori_campaigns.runner import RunnerSettings
from ori_campaigns.runner.loop import Runner
from runner.halls import SELDOM, Hall, RealTime, Wrapped, play, talkers
from worlds import number

PROGRAM = Path(__file__).with_name("stopped.py")


async def cancelled_after(seconds: float, hall: Hall, dialler: Any = None, settings: RunnerSettings = SELDOM) -> None:
    with anyio.move_on_after(seconds):
        await ori.run(hall.service, dialler or hall.dialler, settings=settings)
        pytest.fail("it ended by itself")


# --- cancelled --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seconds", [3, 6, 69, 71, 400])
def test_cancelled_in_the_middle_of_fifty_live_calls(seconds: float) -> None:
    hall = Hall(talkers(65))

    async def main() -> None:
        campaign = hall.begin(500, concurrency_limit=50)
        await cancelled_after(seconds, hall)
        states = hall.states(campaign)
        assert states["reserved"] == 0
        assert sum(states.values()) - states["ended"] == 50
        # What the carrier told until then is recorded; what is live goes on.
        now = hall.clock.now()
        over = {call.attempt_id for call in hall.book() if call.ended_at is not None and call.ended_at < now}
        assert over == {each.id for each in hall.attempts(campaign) if each.status is ori.AttemptStatus.ENDED}
        # Another process, which knows nothing, hears the rest, and nobody is called twice.
        await anyio.sleep(30)
        hall.service = hall.worker()
        await hall.run()
        assert hall.contacts(campaign) == {"completed": 500}
        assert len(hall.book()) == 500
        hall.everybody_was_called_as_recorded(campaign)

    play(main)


def test_calls_that_end_while_nobody_listens_are_looked_up_by_the_next_runner() -> None:
    class Forgets(Wrapped):
        """A carrier whose events are for whoever listens at that moment."""

        async def open(self) -> None:
            hall.model.due(hall.clock.now())
            await super().open()

    hall = Hall(talkers(65), faults=ori.CarrierFaults(cps=1_000))

    async def main() -> None:
        campaign = hall.begin(50, concurrency_limit=50)
        await cancelled_after(20, hall, Forgets(hall.dialler))
        assert hall.states(campaign) == {"answered": 50}
        await anyio.sleep(3600)
        await hall.run(Forgets(hall.dialler))
        assert hall.contacts(campaign) == {"completed": 50}
        hall.everybody_was_called_as_recorded(campaign)

    play(main)


class Takes(Wrapped):
    """Takes so many seconds to answer a request."""

    def __init__(self, inner: ori.Dialler, seconds: float) -> None:
        super().__init__(inner)
        self.seconds = seconds

    async def place(self, call: ori.DialRequest) -> Any:
        answer = await super().place(call)
        await anyio.sleep(self.seconds)
        return answer


def test_requests_on_their_way_are_waited_for() -> None:
    hall = Hall(talkers(600))

    async def main() -> None:
        campaign = hall.begin(50, concurrency_limit=50)
        await cancelled_after(1, hall, Takes(hall.dialler, 4))
        assert hall.states(campaign)["reserved"] == hall.states(campaign)["unknown"] == 0
        assert sum(hall.states(campaign).values()) == 50

    play(main)


def test_those_that_take_too_long_are_of_unknown_fate_and_count() -> None:
    hall = Hall(talkers(600))

    async def main() -> None:
        campaign = hall.begin(50, concurrency_limit=50)
        await cancelled_after(1, hall, Takes(hall.dialler, 1_000), attrs.evolve(SELDOM, grace=timedelta(seconds=2)))
        # Two seconds on, before the five seconds of ringing are over.
        assert hall.states(campaign) == {"unknown": 50} or hall.states(campaign) == {"ringing": 50}
        assert hall.service.counters(campaign).dialled == 50
        await hall.run()
        assert hall.contacts(campaign) == {"completed": 50}
        hall.everybody_was_called_as_recorded(campaign)

    play(main)


def test_requests_that_had_not_left_are_given_back() -> None:
    hall = Hall(talkers(20))

    async def main() -> None:
        campaign = hall.begin(50, concurrency_limit=50)
        runner = Runner(hall.service, hall.dialler, until=None, feeds=(), settings=SELDOM)
        step = hall.service.step

        def last_step() -> Any:
            decided = step()
            # Stopped between the decision and the first request.
            runner.stop()
            return decided

        hall.service.step = last_step  # type: ignore[method-assign]
        await runner.run()
        assert hall.states(campaign) == {"expired_unsent": 50}
        assert not hall.book()
        assert hall.contacts(campaign) == {"pending": 50}
        assert {each.attempts for each in hall.store.contacts(campaign)} == {0}

    play(main)


def test_cancelled_while_requests_begin_each_has_left_or_is_given_back() -> None:
    hall = Hall(talkers(20))

    async def main() -> None:
        campaign = hall.begin(50, concurrency_limit=50)
        with anyio.CancelScope() as scope:
            step = hall.service.step

            def last_step() -> Any:
                decided = step()
                scope.cancel()
                return decided

            hall.service.step = last_step  # type: ignore[method-assign]
            await ori.run(hall.service, hall.dialler, settings=SELDOM)
        states = hall.states(campaign)
        assert states.keys() <= {"submitted", "ringing", "expired_unsent"}
        assert (states["submitted"] + states["ringing"], sum(states.values())) == (len(hall.book()), 50)
        assert hall.contacts(campaign)["pending"] == states["expired_unsent"]

    play(main)


def test_live_calls_are_waited_for_as_long_as_asked() -> None:
    hall = Hall(talkers(60))

    async def main() -> None:
        campaign = hall.begin(100, concurrency_limit=50)
        await cancelled_after(10, hall, settings=attrs.evolve(SELDOM, drain=timedelta(minutes=5)))
        assert hall.states(campaign) == {"ended": 50}
        assert hall.contacts(campaign) == {"completed": 50, "pending": 50}
        # It ended with the calls, not with the five minutes.
        assert hall.clock.now() - max(call.ended_at or 0 for call in hall.book()) < 1_000_000

    play(main)


def test_the_dialler_is_closed_however_it_ends() -> None:
    class Counts(Wrapped):
        closed = 0

        async def close(self) -> None:
            self.closed += 1
            await super().close()

    class Breaks(Counts):
        pass

    hall = Hall(talkers(20))
    counts, breaks = Counts(hall.dialler), Breaks(hall.dialler)

    async def main() -> None:
        await cancelled_after(5, hall, counts)
        assert counts.closed == 1
        hall.begin(1)

        def broken() -> Any:
            raise ZeroDivisionError

        hall.service.step = broken  # type: ignore[method-assign]
        with pytest.raises(ExceptionGroup) as error:
            await ori.run(hall.service, breaks, settings=SELDOM)
        assert error.group_contains(ZeroDivisionError)
        assert breaks.closed == 1

    play(main)


def test_an_error_while_it_ends_comes_out_and_nothing_goes_on() -> None:
    class Breaks(ori.MemoryStore):
        broken = False

        def overdue(self, limit: int) -> Any:
            if self.broken:
                raise ZeroDivisionError
            return super().overdue(limit)

    hall = Hall(talkers(600), store=Breaks)

    async def main() -> None:
        hall.begin(5)
        settings = RunnerSettings(drain=timedelta(minutes=5))
        ends = partial(ori.run, hall.service, hall.dialler, settings=settings)

        async def cancelled_and_broken() -> None:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ends)
                await anyio.sleep(10)
                Breaks.broken = True
                tasks.cancel_scope.cancel()

        with pytest.raises(ExceptionGroup) as error:
            await cancelled_and_broken()
        assert error.group_contains(ZeroDivisionError)

    play(main)


# --- in real time -----------------------------------------------------------------------------------------------------


class Blocks(ori.MemoryStore):
    """A store that says that it may block, as one over a network does."""

    can = attrs.evolve(ori.MemoryStore.can, inline=False)


@pytest.mark.parametrize("store", [ori.MemoryStore, Blocks])
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_it_runs_under_both_event_loops_and_over_stores_that_block(backend: str, store: type[ori.MemoryStore]) -> None:
    people = talkers(0.1, ring=0.1)
    hall = Hall(people, clock=RealTime(), store=store)
    campaign = hall.begin(30, concurrency_limit=15)
    ori.run_sync(hall.service, hall.dialler, until="idle", backend=backend)
    assert hall.contacts(campaign) == {"completed": 30}
    hall.everybody_was_called_as_recorded(campaign)


def test_without_a_main_thread_there_are_no_signals_and_it_runs_all_the_same() -> None:
    people = talkers(0.1, ring=0.1)
    hall = Hall(people, clock=RealTime())
    campaign = hall.begin(5)
    thread = threading.Thread(target=lambda: ori.run_sync(hall.service, hall.dialler, until="idle"))
    thread.start()
    thread.join()
    assert hall.contacts(campaign) == {"completed": 5}


def test_an_error_of_the_beginning_comes_out_as_it_is() -> None:
    class Shut(Wrapped):
        async def open(self) -> None:
            raise ori.DiallerError("The carrier does not know these credentials.", retryable=False)

    hall = Hall()
    with pytest.raises(ori.DiallerError, match="credentials"):
        ori.run_sync(hall.service, Shut(hall.dialler))


class Takers:
    """Counts what it is given; fails the first times, as a network does."""

    def __init__(self, store: ori.Store, failures: int) -> None:
        self.store, self.failures = store, failures
        self.after, self.seen = -1, 0

    def pump(self) -> int:
        events = self.store.events(self.after, 10_000)
        if events and self.failures:
            self.failures -= 1
            raise ConnectionResetError("the sink is away")
        self.seen += len(events)
        self.after = events[-1].cursor if events else self.after
        return len(events)


def test_feeds_are_given_all_events_those_of_the_end_included(caplog: pytest.LogCaptureFixture) -> None:
    people = talkers(0.1, ring=0.1)
    hall = Hall(people, clock=RealTime())
    feeds = [Takers(hall.store, 0), Takers(hall.store, 2)]
    hall.begin(5)
    ori.run_sync(hall.service, hall.dialler, until="idle", feeds=feeds)
    count = len(hall.store.events(-1, 10_000))
    assert [feed.seen for feed in feeds] == [count, count]
    assert caplog.text.count("A sink failed") == 2


# --- by a signal ------------------------------------------------------------------------------------------------------


def killed(*arguments: str, signals: int = 1) -> dict[str, Any]:
    """Run the program, send it SIGTERM once fifty calls are live, and return what it said."""
    with subprocess.Popen(
        [sys.executable, str(PROGRAM), *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "live\n"
        process.send_signal(signal.SIGTERM)
        for _ in range(signals - 1):
            process.send_signal(signal.SIGINT)
        told: dict[str, Any] = json.loads(process.stdout.readline())
    assert process.returncode == 0
    return told


def test_sigterm_leaves_nothing_reserved_and_calls_alone() -> None:
    told = killed("600", "0", "answers")
    assert told["states"].get("reserved", 0) == told["states"].get("unknown", 0) == 0
    assert (told["placed"], told["requests"], told["ended"], sum(told["states"].values())) == (50, 1, 0, 50)


def test_sigterm_with_time_to_drain_records_every_outcome() -> None:
    told = killed("1", "60", "answers")
    assert told["states"] == {"ended": 50}
    assert (told["placed"], told["requests"], told["ended"], told["recorded"]) == (50, 1, 50, 50)
    assert told["as they ended"]


def test_a_second_signal_waits_for_nothing() -> None:
    told = killed("600", "600", "hangs", signals=2)
    assert told["states"].get("reserved", 0) == 0
    assert (told["states"]["unknown"], told["placed"]) == (1, 49)


def test_the_first_number_is_the_one_that_hangs() -> None:
    assert number(0) == "919800000000"
