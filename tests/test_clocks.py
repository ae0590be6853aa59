"""Clocks: one that stands still until told, and the machine's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import anyio
import pytest
from trio.testing import MockClock

from ori_campaigns.clocks import FollowingClock, LoopClock, SystemClock, VirtualClock
from ori_campaigns.errors import InvalidDefinition


def test_a_virtual_clock_stands_still() -> None:
    clock = VirtualClock(7)
    assert [clock.now() for _ in range(3)] == [7, 7, 7]


@pytest.mark.parametrize(
    ("step", "microseconds"),
    [
        ({"seconds": 1}, 1_000_000),
        ({"seconds": 0.000_001}, 1),
        ({"seconds": 1.5}, 1_500_000),
        ({"minutes": 31}, 1_860_000_000),
        ({"hours": 2}, 7_200_000_000),
        ({"days": 1}, 86_400_000_000),
        ({"days": 1, "hours": 1, "minutes": 1, "seconds": 1}, 90_061_000_000),
        ({"seconds": -3}, -3_000_000),
        ({}, 0),
    ],
)
def test_time_passes_as_told(step: dict[str, float], microseconds: int) -> None:
    clock = VirtualClock(0)
    clock.advance(**step)
    assert clock.now() == microseconds


def test_sleeping_moves_it_at_once() -> None:
    clock = VirtualClock(0)
    clock.sleep(90)
    assert clock.now() == 90_000_000


def test_it_starts_at_a_datetime_of_any_zone_or_at_an_instant() -> None:
    kolkata = datetime(2026, 1, 5, 15, 30, tzinfo=ZoneInfo("Asia/Kolkata"))
    utc = datetime(2026, 1, 5, 10, tzinfo=UTC)
    assert VirtualClock(kolkata).now() == VirtualClock(utc).now() == 1_767_607_200_000_000
    assert VirtualClock(1_767_607_200_000_000).now() == 1_767_607_200_000_000


def test_it_can_be_set_backwards_too() -> None:
    clock = VirtualClock(1_000)
    clock.set(5)
    assert clock.now() == 5
    clock.set(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert clock.now() == 1_000_000


def test_a_moment_without_a_zone_is_refused() -> None:
    naive = datetime(2026, 1, 5, 10)  # noqa: DTZ001 - what must be refused
    with pytest.raises(InvalidDefinition) as refused:
        VirtualClock(naive)
    assert refused.value.code == "naive_datetime"
    clock = VirtualClock(3)
    with pytest.raises(InvalidDefinition):
        clock.set(naive)
    assert clock.now() == 3


def test_threads_that_advance_it_lose_no_step() -> None:
    clock = VirtualClock(0)

    def advance() -> None:
        for _ in range(500):
            clock.advance(seconds=0.000_001)

    threads = [threading.Thread(target=advance) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert clock.now() == 2_000


def test_the_system_clock_tells_microseconds_of_utc() -> None:
    before = datetime.now(UTC)
    instant = SystemClock().now()
    after = datetime.now(UTC)
    told = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=instant)
    # A machine may set its clock back in between; a day is far more than that, and far less than a wrong unit.
    assert before - timedelta(days=1) < told < after + timedelta(days=1)
    assert isinstance(instant, int)


def test_the_system_clock_waits() -> None:
    SystemClock().sleep(0)


# --- the clock of an event loop ---------------------------------------------------------------------------------------


def test_a_loop_clock_follows_the_virtual_time_of_its_loop() -> None:
    clock = LoopClock(datetime(2026, 1, 5, 10, 0, tzinfo=UTC))
    seen: list[int] = []

    async def main() -> None:
        for seconds in (0, 1.5, 86_400 * 3):
            await anyio.sleep(seconds)
            seen.append(clock.now())

    anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})
    began = 1_767_607_200_000_000
    assert seen == [began, began + 1_500_000, began + 1_500_000 + 3 * 86_400_000_000]


def test_a_loop_clock_stands_still_until_a_loop_asks() -> None:
    clock = LoopClock(5)
    assert (clock.now(), clock.now()) == (5, 5)


def test_a_loop_clock_goes_on_in_the_next_loop_where_the_last_one_left_it() -> None:
    clock = LoopClock(0)
    seen: list[int] = []

    async def main() -> None:
        seen.append(clock.now())
        await anyio.sleep(3600)
        seen.append(clock.now())

    for _ in range(2):
        anyio.run(main, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})
        seen.append(clock.now())
    hour = 3_600_000_000
    assert seen == [0, hour, hour, hour, 2 * hour, 2 * hour]


def test_a_loop_clock_lets_nobody_block_its_loop() -> None:
    with pytest.raises(RuntimeError, match="wait=False"):
        LoopClock(5).sleep(1)


class Times:
    """The machine's two clocks, by hand."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.monotonic, self.wall = 100.0, 1000.0
        patch.setattr("ori_campaigns.clocks.time.monotonic", lambda: self.monotonic)
        patch.setattr("ori_campaigns.clocks.time.time", lambda: self.wall)

    def go_on(self, seconds: float) -> None:
        self.monotonic += seconds
        self.wall += seconds


def test_a_clock_elsewhere_is_asked_once_and_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    times, asked = Times(monkeypatch), []

    def ask() -> int:
        asked.append(times.monotonic)
        times.go_on(0.25)
        return 5_000_000

    clock = FollowingClock(ask, every=60)
    assert clock.now() == 5_250_000, "the time that the answer took has passed"
    times.go_on(59)
    assert clock.now() == 64_250_000
    assert clock.hear(1_000_000) == 1_000_000
    times.go_on(1)
    assert clock.now() == 2_000_000, "it was set back there, and somebody learned of it"
    assert len(asked) == 1
    times.go_on(59)
    assert clock.now() == 5_000_000, "it is asked again after a minute without news"
    assert len(asked) == 2


def test_a_clock_elsewhere_is_followed_through_a_suspended_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    times = Times(monkeypatch)
    clock = FollowingClock(lambda: 5_000_000)
    clock.now()
    times.wall += 3600
    assert clock.now() == 3_605_000_000, "the machine slept for an hour"
    clock.hear(7_000_000)
    times.monotonic += 2
    times.wall -= 100
    assert clock.now() == 9_000_000, "its own clock was set back"


def test_a_clock_elsewhere_that_does_not_answer_is_followed_by_what_it_said(monkeypatch: pytest.MonkeyPatch) -> None:
    times = Times(monkeypatch)
    answers: Iterator[int | OSError] = iter([OSError("away"), 7_000_000, OSError("away"), 1_000_000])

    def ask() -> int:
        answer = next(answers)
        if isinstance(answer, OSError):
            raise answer
        return answer

    clock = FollowingClock(ask, every=60)
    with pytest.raises(OSError, match="away"):
        clock.now()
    assert clock.now() == 7_000_000
    times.go_on(60)
    assert clock.now() == 67_000_000
    times.go_on(59)
    assert clock.now() == 126_000_000, "it is not asked again and again"
    times.go_on(1)
    assert clock.now() == 1_000_000
