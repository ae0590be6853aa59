"""The runner in virtual time: it dials as `simulate` says it will, and nothing a dialler or a store does stops it."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

import anyio
import attrs
import pytest

import ori_campaigns as ori
from ori_campaigns.errors import StoreUnavailable
from ori_campaigns.reports import Report
from ori_campaigns.runner import RunnerSettings
from ori_campaigns.views import Changes, ReportView
from runner.halls import SELDOM, Hall, Wrapped, play, talkers
from worlds import BOT, MONDAY, TRUNK, draft, leads, number

R = TypeVar("R")


# --- the same as in a simulation --------------------------------------------------------------------------------------


def test_three_days_in_real_time_are_the_three_days_of_the_simulation() -> None:
    plan: dict[str, Any] = {"on_system": {"no_answer", "rejected"}, "concurrency_limit": 2, "end": "14:00"}
    hall = Hall(ori.AnswerModel(rate=0.3))
    campaign = ""

    async def main() -> None:
        nonlocal campaign
        campaign = hall.begin(900, **plan)
        await hall.run()

    play(main)
    directory = ori.StaticDirectory(bots=[BOT], carriers=[TRUNK])
    told = ori.simulate(
        draft(**plan), leads(900), directory=directory, answers=ori.AnswerModel(rate=0.3), start=MONDAY, seed=7
    )
    row, rehearsed = hall.service.list().rows[0], told.row
    names = {"campaign_id", "short_id"}
    assert attrs.asdict(row, filter=lambda field, _: field.name not in names) == attrs.asdict(
        rehearsed, filter=lambda field, _: field.name not in names
    )
    assert hall.service.counters(campaign) == told.counters
    # What happened to each person on each of their calls, and how they ended.
    assert _story(hall.store, campaign) == _story(told.service.store, told.campaign.id)
    days = {ori.to_datetime(each.reserved_at).date() for each in hall.attempts(campaign)}
    assert len(days) == 3


def _story(store: ori.Store, campaign: str) -> dict[int, tuple[str, list[tuple[str, str, int]]]]:
    calls: dict[int, list[tuple[str, str, int]]] = {}
    for each in store.attempts(campaign, -1, 100_000):
        calls.setdefault(each.contact, []).append((each.kind.value, each.disposition, each.talk))
    return {each.ordinal: (each.rule, calls[each.ordinal]) for each in store.contacts(campaign, -1, 100_000)}


def test_it_ends_when_nothing_is_running_and_no_call_is_open() -> None:
    hall = Hall()

    async def main() -> None:
        await hall.run()
        hall.begin(5)
        await hall.run()
        assert hall.service.list().rows[0].status is ori.CampaignStatus.COMPLETED
        # The clock stands where the last retry ended: nobody waited for the end of the day.
        assert ori.to_datetime(hall.clock.now()) < MONDAY + timedelta(hours=2)

    play(main)


def test_a_paused_campaign_is_nothing_to_wait_for_but_its_calls_are() -> None:
    hall = Hall(talkers(120))

    async def main() -> None:
        campaign = hall.begin(20, concurrency_limit=4)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hall.run)
            await anyio.sleep(30)
            hall.service.pause(campaign, by="asha", wait=False)
        assert hall.states(campaign) == {"ended": 4}
        hall.service.resume(campaign, by="asha")
        await hall.run()
        assert hall.contacts(campaign) == {"completed": 20}
        hall.everybody_was_called_as_recorded(campaign)

    play(main)


def test_what_others_do_is_noticed_within_a_poll() -> None:
    hall = Hall(talkers())

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            settings = attrs.evolve(SELDOM, poll=timedelta(seconds=7))
            tasks.start_soon(lambda: ori.run(hall.service, hall.dialler, settings=settings))
            await anyio.sleep(3600.5)
            campaign = hall.begin(1)
            started = hall.clock.now()
            await anyio.sleep(8)
            [attempt] = hall.attempts(campaign)
            assert attempt.reserved_at - started <= 7_000_000
            tasks.cancel_scope.cancel()

    play(main)


# --- reports ----------------------------------------------------------------------------------------------------------


class Batches(ori.MemoryStore):
    """Remembers how many reports were recorded at once."""

    def __init__(self, clock: ori.Clock) -> None:
        super().__init__(clock)
        self.sizes: list[int] = []

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        self.sizes.append(len(reports))
        return super().record(reports, rule)


@pytest.mark.behaviour("C10")
def test_contacts_that_are_added_are_called_within_a_poll() -> None:
    """By whichever process: nothing was left to do, and nobody tells the runner."""
    hall = Hall(talkers())

    async def main() -> None:
        async with anyio.create_task_group() as tasks:
            campaign = hall.begin(2, always_on=True)
            settings = attrs.evolve(SELDOM, poll=timedelta(seconds=7))
            tasks.start_soon(lambda: ori.run(hall.service, hall.dialler, settings=settings))
            await anyio.sleep(3600.5)
            assert hall.contacts(campaign) == {"completed": 2}
            added = hall.clock.now()
            hall.worker().append(campaign, leads(4), by="meera")
            await anyio.sleep(60)
            assert [each.contact for each in hall.attempts(campaign)] == [0, 1, 2, 3]
            assert all(each.reserved_at - added <= 7_000_000 for each in hall.attempts(campaign)[2:])
            assert hall.contacts(campaign) == {"completed": 4}
            tasks.cancel_scope.cancel()

    play(main)


def test_reports_that_come_together_are_recorded_together() -> None:
    hall = Hall(talkers(rate=0.0), store=Batches, ringing=False)

    async def main() -> None:
        hall.begin(60, concurrency_limit=60, max_attempts=1)
        await hall.run()
        assert isinstance(hall.store, Batches)
        # Sixty answers, and sixty ends at the same instant.
        assert sum(hall.store.sizes) == 120
        assert len(hall.store.sizes) <= 4

    play(main)


def test_no_batch_is_larger_than_it_may_be() -> None:
    hall = Hall(talkers(rate=0.0), store=Batches, ringing=False)

    async def main() -> None:
        hall.begin(60, concurrency_limit=60, max_attempts=1)
        await hall.run(settings=attrs.evolve(SELDOM, batch=7))
        assert isinstance(hall.store, Batches)
        assert max(hall.store.sizes) == 7
        assert sum(hall.store.sizes) == 120

    play(main)


@pytest.mark.behaviour("N7")
def test_calls_that_fall_silent_are_looked_up_and_settled() -> None:
    hall = Hall(talkers(40, rate=0.5), faults=ori.CarrierFaults(no_end_event=1.0))

    async def main() -> None:
        campaign = hall.begin(30, max_attempts=2)
        await hall.run()
        assert hall.contacts(campaign).keys() <= {"completed", "exhausted"}
        hall.everybody_was_called_as_recorded(campaign)

    play(main)


@pytest.mark.behaviour("N7")
@pytest.mark.parametrize("fault", ["accept_then_timeout", "lose_call", "drop", "duplicate", "reorder", "late"])
def test_whatever_a_carrier_gets_wrong_everybody_ends_in_one_way(fault: str) -> None:
    hall = Hall(talkers(40, rate=0.5), faults=ori.CarrierFaults(**{fault: 0.4}))  # type: ignore[arg-type]

    async def main() -> None:
        campaign = hall.begin(30, max_attempts=2)
        await hall.run()
        assert hall.contacts(campaign).keys() <= {"completed", "exhausted"}
        hall.everybody_was_called_as_recorded(campaign)

    play(main)


# --- a dialler that is slow, fails or dies ----------------------------------------------------------------------------


class Slow(Wrapped):
    """Never answers the request for one number."""

    async def place(self, call: ori.DialRequest) -> Any:
        if call.to.reveal() == number(0):
            await anyio.sleep_forever()
        return await super().place(call)


def test_a_request_without_an_answer_delays_nobody_else() -> None:
    hall = Hall(talkers(20))

    async def main() -> None:
        campaign = hall.begin(6, concurrency_limit=2)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(hall.run, Slow(hall.dialler))
            await anyio.sleep(29)
            # One seat waits for its answer, the other is used again and again.
            assert hall.states(campaign) == {"reserved": 1, "ended": 1, "ringing": 1}
            await anyio.sleep(2)
            assert hall.states(campaign) == {"unknown": 1, "ended": 1, "answered": 1}
        assert hall.contacts(campaign)["completed"] == 5

    play(main)


class Raises(Wrapped):
    """Fails on the first request for each number, having sent it or not."""

    def __init__(self, inner: ori.Dialler, *, sends: bool) -> None:
        super().__init__(inner)
        self.sends = sends
        self.seen: set[str] = set()

    async def place(self, call: ori.DialRequest) -> Any:
        if call.to.reveal() not in self.seen:
            self.seen.add(call.to.reveal())
            if self.sends:
                await self.inner.place(call)
            raise ConnectionResetError("the line to the carrier broke")
        return await super().place(call)


@pytest.mark.parametrize("sends", [True, False])
def test_a_dialler_that_raises_leaves_a_call_of_unknown_fate_that_counts(
    *, sends: bool, caplog: pytest.LogCaptureFixture
) -> None:
    hall = Hall(talkers(20))

    async def main() -> None:
        campaign = hall.begin(3, max_attempts=2)
        await hall.run(Raises(hall.dialler, sends=sends))
        # It may have rung: each counts as a call, and nobody is called again for it.
        placed = sorted(call.number for call in hall.book() if call.placed)
        assert placed == ([number(0), number(1), number(2)] if sends else [])
        assert hall.service.counters(campaign).dialled == 3
        assert hall.contacts(campaign) == ({"completed": 3} if sends else {"exhausted": 3})

    with caplog.at_level(logging.WARNING, "ori_campaigns.runner"):
        play(main)
    assert caplog.text.count("The dialler failed to place") == 3
    assert number(0) not in caplog.text


class Deaf(Wrapped):
    """Its events break off after a while, and it takes some time to hear again."""

    def __init__(self, inner: ori.Dialler, clock: ori.Clock) -> None:
        super().__init__(inner)
        self.clock = clock
        self.opened = 0
        self.placed_while_deaf = 0
        self.deaf = False

    async def open(self) -> None:
        self.opened += 1
        if 1 < self.opened < 5:
            raise ori.DiallerError("The carrier does not let us in.", retryable=True)
        self.deaf = False
        await super().open()

    async def place(self, call: ori.DialRequest) -> Any:
        self.placed_while_deaf += self.deaf
        return await super().place(call)

    async def events(self) -> AsyncIterator[Any]:
        count = 0
        async with self.heard() as events:
            async for event in events:
                yield event
                count += 1
                if count == 20 and self.opened == 1:
                    self.deaf = True
                    raise ConnectionResetError("the line to the carrier broke")


def test_a_runner_that_cannot_hear_places_no_call_and_goes_on_when_it_can(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall(talkers(20))
    dialler = Deaf(hall.dialler, hall.clock)

    async def main() -> None:
        campaign = hall.begin(40, concurrency_limit=5)
        await hall.run(dialler)
        assert hall.contacts(campaign) == {"completed": 40}
        hall.everybody_was_called_as_recorded(campaign)

    with caplog.at_level(logging.INFO, "ori_campaigns.runner"):
        play(main)
    assert (dialler.opened, dialler.placed_while_deaf) == (5, 0)
    assert "nothing is dialled until it is heard again" in caplog.text
    assert "dialling goes on" in caplog.text


def test_a_dialler_that_cannot_be_opened_says_so_at_once() -> None:
    class Shut(Wrapped):
        async def open(self) -> None:
            raise ori.DiallerError("The carrier does not know these credentials.", retryable=False)

    hall = Hall()

    async def main() -> None:
        campaign = hall.begin(3)
        with pytest.raises(ori.DiallerError, match="credentials"):
            await hall.run(Shut(hall.dialler))
        assert not hall.attempts(campaign)

    play(main)


# --- a store that fails -----------------------------------------------------------------------------------------------


class Away(ori.MemoryStore):
    """Cannot be reached from the first minute to the third."""

    def _reach(self) -> None:
        began = ori.to_instant(MONDAY)
        if 60_000_000 <= self.clock.now() - began < 180_000_000:
            raise StoreUnavailable("The database does not answer.")

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        self._reach()
        return super().record(reports, rule)

    def agenda(self) -> Any:
        self._reach()
        return super().agenda()


def test_what_was_heard_while_the_store_was_away_is_recorded_when_it_is_back(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall(talkers(20), store=Away)

    async def main() -> None:
        campaign = hall.begin(40, concurrency_limit=5)
        await hall.run()
        assert hall.contacts(campaign) == {"completed": 40}
        hall.everybody_was_called_as_recorded(campaign)
        ends = {call.attempt_id: call.ended_at for call in hall.book()}
        assert {each.id: each.ended_at for each in hall.attempts(campaign)} == ends

    with caplog.at_level(logging.WARNING, "ori_campaigns.runner"):
        play(main)
    assert "reports wait for the store" in caplog.text


class Stumbles(ori.MemoryStore):
    """Cannot digest one report."""

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        if any(isinstance(each, ori.Ringing) and each.attempt_id.endswith("-1") for each in reports):
            raise ZeroDivisionError
        return super().record(reports, rule)


def test_one_report_that_cannot_be_recorded_keeps_no_other_from_it(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall(talkers(20), store=Stumbles)

    async def main() -> None:
        campaign = hall.begin(5)
        await hall.run()
        assert hall.contacts(campaign) == {"completed": 5}

    with caplog.at_level(logging.ERROR, "ori_campaigns.runner"):
        play(main)
    assert caplog.text.count("could not be recorded and is lost") == 1


def test_a_report_about_nobody_is_told(caplog: pytest.LogCaptureFixture) -> None:
    hall = Hall(faults=ori.CarrierFaults(wrong_id=1.0))

    async def main() -> None:
        hall.begin(2, max_attempts=1)
        await hall.run()

    with caplog.at_level(logging.WARNING, "ori_campaigns.runner"):
        play(main)
    assert "attempt 'nobody-0' was not matched" in caplog.text


def test_settings_show_their_defaults() -> None:
    settings = RunnerSettings()
    assert (settings.poll, settings.grace) == (timedelta(seconds=1), timedelta(seconds=5))
    assert settings.drain == timedelta(0)
