"""The faulty dialler: each fault strikes as often as was asked for, the same way with the same seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from itertools import pairwise

import anyio
import anyio.lowlevel
import attrs
import pytest
import trio.testing

import ori_campaigns as ori
from ori_campaigns import (
    Accepted,
    Answered,
    BotReport,
    CallModel,
    CallNotFound,
    CallRef,
    DiallerError,
    DialRequest,
    Ended,
    FoundLive,
    InMemoryDialler,
    InvalidDefinition,
    Refused,
    Ringing,
    Unknown,
    answered,
)
from ori_campaigns.clocks import LoopClock
from ori_campaigns.contact import AttemptKind
from ori_campaigns.ids import counted_ids
from ori_campaigns.instants import SECOND, to_instant
from ori_campaigns.numbers import parse_number
from ori_campaigns.ports import DiallerCapabilities
from ori_campaigns.reports import PlaceAnswer, Report
from ori_campaigns.testing import DiallerFaults, FaultyDialler, World
from ori_campaigns.testing.world import MONDAY


class Line:
    """A faulty dialler over one in memory, on which everybody picks up after 8 seconds and talks for 42."""

    def __init__(self, *, seed: int = 0, **faults: float) -> None:
        self.clock = LoopClock(MONDAY)
        self.model = CallModel()
        self.dialler = InMemoryDialler(self.model, self.clock)
        self.faulty = FaultyDialler(self.dialler, DiallerFaults(**faults), seed, clock=self.clock)
        self.heard: list[tuple[float, Report]] = []
        self.deaths = 0

    def request(self, index: int = 0) -> DialRequest:
        to = parse_number(f"9198{index:08d}")
        self.model.script(to, [answered(ring=8, seconds=42)])
        return DialRequest(
            attempt_id=f"c-{index}",
            campaign_id="c",
            carrier="trunk",
            to=to,
            from_number=parse_number("911140001000"),
            bot="bot",
            run=1,
            number_in_budget=1,
            kind=AttemptKind.FRESH,
            variables={},
            not_after=self.clock.now() + 5 * SECOND,
            ring_seconds=80,
            talk_seconds=600,
        )

    async def listen(self) -> None:
        """Hear for good, opening it again whenever it dies."""
        began = anyio.current_time()
        while True:
            await self.faulty.open()
            try:
                async for report in self.faulty.events():
                    self.heard.append((round(anyio.current_time() - began, 3), report))
            except DiallerError:
                self.deaths += 1

    def kinds(self) -> list[str]:
        return [type(report).__name__ for _, report in self.heard]

    def play(self, script: Callable[[], Awaitable[None]]) -> None:
        """Run a script in virtual time, and an hour more, while somebody listens."""

        async def main() -> None:
            await self.faulty.open()
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self.listen)
                await script()
                await anyio.sleep(3600)
                tasks.cancel_scope.cancel()
            await self.faulty.close()

        anyio.run(main, backend="trio", backend_options={"clock": trio.testing.MockClock(autojump_threshold=0)})

    def call(self, calls: int = 1) -> list[PlaceAnswer]:
        """Place calls, one after the other, and hear what comes of them."""
        answers: list[PlaceAnswer] = []

        async def script() -> None:
            for index in range(calls):
                with anyio.move_on_after(60):
                    answers.append(await self.faulty.place(self.request(index)))

        self.play(script)
        return answers

    def placed(self) -> int:
        assert self.model.ledger is not None
        return sum(call.placed for call in self.model.ledger.calls)


def test_without_faults_everything_passes_through() -> None:
    line = Line()
    assert line.call() == [Accepted("c-0", to_instant(MONDAY))]
    assert [(at, type(report).__name__) for at, report in line.heard] == [
        (0, "Ringing"),
        (8, "Answered"),
        (50, "Ended"),
    ]
    assert not line.faulty.injected
    assert line.faulty.capabilities == line.dialler.capabilities


def test_a_rejected_request_goes_nowhere() -> None:
    line = Line(reject=1.0)
    [answer] = line.call()
    assert isinstance(answer, Refused)
    assert (line.placed(), line.heard) == (0, [])


def test_an_answer_can_be_lost_after_the_call_was_placed() -> None:
    line = Line(accept_then_timeout=1.0)
    assert [type(answer) for answer in line.call()] == [Unknown]
    assert (line.placed(), line.kinds()) == (1, ["Ringing", "Answered", "Ended"])


def test_placing_can_fail_or_hang_after_the_call_was_placed() -> None:
    fails = Line(fails=1.0)
    with pytest.raises(ExceptionGroup) as caught:
        fails.call()
    assert caught.group_contains(DiallerError, match="after it had taken it")
    assert fails.placed() == 1
    hangs = Line(hangs=1.0)
    assert hangs.call() == []
    assert (hangs.placed(), hangs.kinds()) == (1, ["Ringing", "Answered", "Ended"])


def test_events_can_come_before_the_answer() -> None:
    line = Line(before_response=1.0)
    order: list[str] = []

    async def script() -> None:
        await line.faulty.place(line.request())
        order.extend([*line.kinds(), "placed"])

    line.play(script)
    assert order == ["Ringing", "placed"]
    # With nothing to be heard the answer comes all the same.
    silent = Line(before_response=1.0, drop=1.0)
    assert len(silent.call()) == 1


def test_events_can_be_lost_doubled_and_come_in_another_order() -> None:
    lost, doubled, reordered, endless = Line(drop=1.0), Line(duplicate=1.0), Line(reorder=1.0), Line(no_end_event=1.0)
    for line in (lost, doubled, reordered, endless):
        line.call()
    assert lost.kinds() == []
    assert doubled.kinds() == ["Ringing", "Ringing", "Answered", "Answered", "Ended", "Ended"]
    assert reordered.kinds() == ["Ended", "Ringing", "Answered"]
    assert endless.kinds() == ["Ringing", "Answered"]
    assert Counter(endless.faulty.injected) == {"no_end_event": 1}


def test_events_can_be_late_while_others_are_not() -> None:
    line = Line(late=0.5, late_seconds=600, seed=3)
    line.call(30)
    due = {Ringing: 0, Answered: 8, Ended: 50, BotReport: 50}
    lateness = [at - due[type(report)] for at, report in line.heard if not isinstance(report, BotReport)]
    assert len(lateness) == 90
    assert 25 <= sum(late > 0 for late in lateness) <= 65
    assert all(0 <= late <= 600 for late in lateness)
    assert max(lateness) > 300
    # The time they tell is when it happened.
    assert all(isinstance(report, Ringing | Answered | Ended | BotReport) for _, report in line.heard)
    assert {report.at for _, report in line.heard if isinstance(report, Answered)} == {to_instant(MONDAY) + 8 * SECOND}


def test_events_can_die_and_go_on_where_they_died() -> None:
    line = Line(dies=1.0)
    line.call(3)
    assert Counter(line.kinds()) == {"Ringing": 3, "Answered": 3, "Ended": 3}
    assert line.deaths == line.faulty.injected["dies"] == 9


def test_look_ups_can_find_nothing() -> None:
    found: list[object] = []

    async def ask(line: Line) -> None:
        await line.faulty.place(line.request())
        found.append(await line.faulty.look_up(CallRef("c-0", "trunk")))

    for line in (Line(), Line(forgets=1.0)):
        line.play(lambda line=line: ask(line))  # type: ignore[misc]
    assert [type(each) for each in found] == [FoundLive, CallNotFound]


def test_a_hang_up_is_handed_on() -> None:
    line = Line()

    async def script() -> None:
        await line.faulty.place(line.request())
        await line.faulty.hangup(CallRef("c-0", "trunk"), "enough")

    line.play(script)
    assert [(at, type(report).__name__) for at, report in line.heard] == [(0, "Ringing"), (0, "Ended")]


HALF = {"reject": 0.2, "accept_then_timeout": 0.3, "drop": 0.2, "duplicate": 0.3, "reorder": 0.3, "late": 0.3}


def story(line: Line) -> tuple[list[str], list[tuple[float, Report]], Counter[str]]:
    answers = [type(answer).__name__ for answer in line.call(40)]
    return answers, line.heard, line.faulty.injected


def test_the_same_seed_gives_the_same_faults() -> None:
    first = story(Line(seed=5, **HALF))
    assert first == story(Line(seed=5, **HALF))
    assert first != story(Line(seed=6, **HALF))
    assert set(first[2]) == set(HALF)


def test_a_call_has_its_faults_whatever_else_goes_on() -> None:
    alone, among = Line(seed=5, **HALF), Line(seed=5, **HALF)

    async def script() -> None:
        await alone.faulty.place(alone.request(7))

    alone.play(script)
    among.call(40)
    assert [each for each in among.heard if each[1].attempt_id == "c-7"] == alone.heard


def test_a_dialler_that_ends_or_fails_is_heard_to_do_so() -> None:
    class Fails(InMemoryDialler):
        async def events(self):  # type: ignore[no-untyped-def]  # noqa: ANN202
            yield Ringing("c-0", 1)
            raise OSError("gone")

    class Stops(InMemoryDialler):
        async def events(self):  # type: ignore[no-untyped-def]  # noqa: ANN202
            yield Ringing("c-0", 1)

    async def hear(kind: type[InMemoryDialler]) -> list[Report]:
        faulty = FaultyDialler(kind(CallModel(), LoopClock(0)), DiallerFaults())
        await faulty.open()
        return [event async for event in faulty.events()]

    for backend in ("asyncio", "trio"):
        assert anyio.run(hear, Stops, backend=backend) == [Ringing("c-0", 1)]
        with pytest.raises(OSError, match="gone"):
            anyio.run(hear, Fails, backend=backend)


def test_closing_ends_the_events() -> None:
    async def script() -> str:
        line = Line()
        await line.faulty.open()
        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                async for _ in line.faulty.events():
                    pass

            tasks.start_soon(listen)
            await anyio.lowlevel.checkpoint()
            await line.faulty.close()
        return "ended"

    for backend in ("asyncio", "trio"):
        assert anyio.run(script, backend=backend) == "ended"


def test_chances_are_chances() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        DiallerFaults(drop=1.5, late=-0.1, late_seconds=600)
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [
        ("drop", "bad_chance"),
        ("late", "bad_chance"),
    ]


def test_a_dialler_that_tells_no_capabilities_has_the_usual_ones() -> None:
    class Plain:
        capabilities = None

    faulty = FaultyDialler(Plain(), DiallerFaults())  # type: ignore[arg-type]
    assert faulty.capabilities == DiallerCapabilities()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_runner_gets_through_all_of_them(seed: int) -> None:
    faults = {field.name: 0.1 for field in attrs.fields(DiallerFaults) if field.name != "late_seconds"}
    clock = LoopClock(MONDAY)
    model = CallModel(ori.AnswerModel(rate=0.5), seed=seed)
    faulty = FaultyDialler(InMemoryDialler(model, clock), DiallerFaults(**faults), seed, clock=clock)
    world = World()
    service = ori.CampaignService(ori.MemoryStore(clock), world.directory, new_id=counted_ids("f"))
    again = ori.RetryPolicy(max_attempts=3, on_system={"no_answer", "rejected"})

    async def main() -> str:
        people = ori.Leads.of([f"9198{index:08d}" for index in range(150)])
        campaign = service.create(world.draft(retry=again, concurrency_limit=9), people, by="test")
        service.start(campaign.id, by="test")
        await ori.run(service, faulty, until="idle")
        return campaign.id

    campaign = anyio.run(main, backend="trio", backend_options={"clock": trio.testing.MockClock(autojump_threshold=0)})
    assert service.get(campaign).status is ori.CampaignStatus.COMPLETED
    assert set(faulty.injected) == set(faults)
    assert model.ledger is not None
    calls = [call for call in model.ledger.calls if call.placed]
    # Nobody was called twice under one id, more often than allowed, or while a call to them was live.
    assert len({call.attempt_id for call in calls}) == len(calls)
    for number in {call.number for call in calls}:
        mine = [call for call in calls if call.number == number]
        assert len(mine) <= 3
        assert all(first.ended_at <= then.requested_at for first, then in pairwise(mine) if first.ended_at)
    assert service.counters(campaign).dialled == len(calls)
