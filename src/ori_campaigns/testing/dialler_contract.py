"""The contract of a `Dialler`: what every adapter to a carrier must do, as tests that a host runs on its own."""

# ruff: noqa: S101 - these are tests, shipped

from __future__ import annotations

from typing import get_args

import anyio
import pytest

from ori_campaigns.config import SYSTEM_DISPOSITIONS
from ori_campaigns.errors import DiallerError
from ori_campaigns.instants import HOUR
from ori_campaigns.numbers import parse_number
from ori_campaigns.reports import (
    Answered,
    CallRef,
    DialRequest,
    Ended,
    FoundLive,
    NeverPlaced,
    NotFound,
    Refused,
    Report,
    Ringing,
    Unknown,
)
from ori_campaigns.testing.dialler_base import Call, Connection, Line

_DISPOSITIONS = frozenset(
    {*SYSTEM_DISPOSITIONS, "bot", "customer", "transfer", "voicemail", "machine", "abandoned", "outside_hours"}
)
_TALKED = frozenset({"bot", "customer"})


class DiallerContract(Connection):
    """What every dialler must do, one duty each test. Make a class of your own of it, and run it with pytest.

    The tests are plain functions: no plugin for async tests is needed.

    ```python
    class TestMyAdapter(DiallerContract):
        answering = "+15005550006"
        silent = "+15005550007"

        def new_dialler(self):
            return MyAdapter(account="sandbox")
    ```

    Parameters:
        answering: class attribute, a number that picks up and stays on the line for some seconds.
        silent: a number that rings, and nobody picks up.
        refused: a number the carrier refuses to dial; or override `refuse`.
        from_number, carrier, bot: what calls are placed from, over and for.
        ring_seconds, talk_seconds: limits given to the carrier.
        patience: seconds within which an expected event must come.
        prompt: seconds within which a hang-up must show; fewer than the calls last by themselves.
        quiet: seconds after which no further event is expected.
        backend: `asyncio`, or `trio` where the dialler can; `backend_options` are for `anyio.run`.

    What the carrier cannot do, as `DiallerCapabilities` say, is left out, and the reason names the capability.
    """

    # --- requests and their answers ----------------------------------------------------------------------------------

    def test_an_accepted_call_is_told_to_its_end(self) -> None:
        """Accepted under our id, answered, ended: the end comes exactly once, with what became of the call."""
        self.need("answering")

        async def script(line: Line) -> None:
            call = await line.call(self.answering)
            ended = await line.until(call, Ended)
            await line.settled()
            assert len(line.of(call, Ended)) == 1
            assert ended.disposition in _DISPOSITIONS
            assert line.of(call, Answered) or ended.answered_at is not None, "nobody told that it was answered"

        self.play(script)

    def test_an_unanswered_call_is_told_as_such(self) -> None:
        """No answer is told of, and the end says why nobody talked."""
        self.need("silent")

        async def script(line: Line) -> None:
            call = await line.call(self.silent)
            ended = await line.until(call, Ended)
            await line.settled()
            assert len(line.of(call, Ended)) == 1
            assert (line.of(call, Answered), ended.answered_at) == ([], None)
            assert ended.disposition in _DISPOSITIONS - _TALKED

        self.play(script)

    def test_several_calls_at_once_are_told_apart(self) -> None:
        """Each ends exactly once, under its own name."""
        self.need("answering", "silent")

        async def script(line: Line) -> None:
            calls: list[Call] = []

            async def place(number: str) -> None:
                calls.append(await line.call(number))

            async with anyio.create_task_group() as tasks:
                for number in (self.answering, self.silent):
                    tasks.start_soon(place, number)
            for call in calls:
                await line.until(call, Ended)
            await line.settled()
            assert [len(line.of(call, Ended)) for call in calls] == [1, 1]
            answered = {
                bool(line.of(call, Answered)) or line.of(call, Ended)[0].answered_at is not None: call.request.to
                for call in calls
            }
            assert answered == {True: parse_number(self.answering), False: parse_number(self.silent)}

        self.play(script)

    def test_place_does_not_wait_for_the_person(self) -> None:
        """It returns when the carrier has taken the call, not when somebody picks up or nobody did."""
        self.need("silent")

        async def script(line: Line) -> None:
            call = await line.call(self.silent)
            assert line.of(call, Ended) == []
            await line.until(call, Ended)

        self.play(script)

    def test_place_sends_a_call_once(self) -> None:
        """No retry of its own: the engine decides whether a call is made again."""
        self.need("answering")

        async def script(line: Line) -> None:
            call = await line.call(self.answering)
            await line.until(call, Ended)
            await line.settled()
            assert self._placed(line, call.request) == 1

        self.play(script)

    def test_what_happens_before_anybody_listens_is_heard(self) -> None:
        """`open` is enough to be ready: a call may be placed before the first event is asked for."""
        self.need("answering")

        async def script(line: Line) -> None:
            call = await line.call(self.answering)
            await line.dialler.hangup(call.ref, "test")
            await line.settled()
            line.listen()
            await line.until(call, Ended)

        self.play(script, listening=False)

    def test_a_refusal_is_told_as_one(self) -> None:
        """`Refused` means surely not dialled: nothing is heard of the call, and no look-up finds it."""

        async def script(line: Line) -> None:
            number = self.refuse(line.dialler)
            if not number:
                pytest.skip("no `refused` number is given")
            request = self.request(number)
            answer = await line.dialler.place(request)
            assert isinstance(answer, Refused)
            assert answer.attempt_id == request.attempt_id
            await line.settled()
            call = Call(request, answer)
            assert [report for report in line.heard if call.is_named_by(report)] == []
            assert isinstance(await line.dialler.look_up(call.ref), NeverPlaced | NotFound)

        self.play(script)

    def test_trouble_is_told_and_never_hidden(self) -> None:
        """Refused where it surely was not dialled, else unknown or a `DiallerError`; nothing is sent again."""
        self.need("answering")

        async def script(line: Line) -> None:
            if not self.trouble(line.dialler):
                pytest.skip("no `trouble` is arranged")
            request = self.request(self.answering)
            try:
                answer: object = await line.dialler.place(request)
            except DiallerError:
                answer = Unknown(request.attempt_id, self.now())
            assert isinstance(answer, Refused | Unknown), f"nobody knows whether it was placed: {answer}"
            await line.settled()
            placed = self.placed(line.dialler, request.attempt_id) or 0
            assert placed <= (1 if isinstance(answer, Unknown) else 0)

        self.play(script)

    def test_the_same_id_is_not_dialled_twice(self) -> None:
        """Where the carrier deduplicates, a second request under one id makes no second call."""
        self.need("answering", deduplicates=("live", "window"))

        async def script(line: Line) -> None:
            call = await line.call(self.answering)
            await line.dialler.place(call.request)
            await line.until(call, Ended)
            assert self._placed(line, call.request) == 1

        self.play(script)

    def _placed(self, line: Line, request: DialRequest) -> int:
        found = self.placed(line.dialler, request.attempt_id)
        if found is None:
            pytest.skip("the carrier's side cannot be seen: `placed` tells nothing")
        return found

    # --- events ------------------------------------------------------------------------------------------------------

    def test_every_event_names_its_call_and_its_time(self) -> None:
        """By our id, or by the reference that came with the answer; in microseconds UTC, within an hour of now."""
        self.need("answering", "silent")

        async def script(line: Line) -> None:
            calls = [await line.call(number) for number in (self.answering, self.silent)]
            for call in calls:
                await line.until(call, Ended)
            for report in line.heard:
                assert isinstance(report, get_args(Report)), f"{report!r} is no report"
                assert any(call.is_named_by(report) for call in calls), f"{report!r} names no call that was placed"
                assert isinstance(report.at, int)
                assert abs(report.at - self.now()) < HOUR, f"{report!r} is not of this time"

        self.play(script)

    def test_ringing_is_told(self) -> None:
        """Where the carrier tells of it, as it happens or with the end."""
        self.need("silent", ringing_events=True)

        async def script(line: Line) -> None:
            call = await line.call(self.silent)
            ended = await line.until(call, Ended)
            assert line.of(call, Ringing) or ended.rang_at is not None

        self.play(script)

    # --- hanging up --------------------------------------------------------------------------------------------------

    def test_a_live_call_can_be_ended(self) -> None:
        """`hangup` ends a conversation; the end is told once, like any other."""
        self.need("answering")

        async def script(line: Line) -> None:
            call = await line.call(self.answering)
            await line.until(call, Answered)
            await line.dialler.hangup(call.ref, "test")
            await line.until(call, Ended, self.prompt)
            await line.settled()
            assert len(line.of(call, Ended)) == 1

        self.play(script)

    def test_a_ringing_call_can_be_cancelled(self) -> None:
        """Nobody picks up a call that was cancelled."""
        self.need("silent", cancel_ringing=True)

        async def script(line: Line) -> None:
            call = await line.call(self.silent)
            await line.dialler.hangup(call.ref, "test")
            ended = await line.until(call, Ended, self.prompt)
            await line.settled()
            assert (len(line.of(call, Ended)), line.of(call, Answered), ended.answered_at) == (1, [], None)

        self.play(script)

    def test_hanging_up_what_is_gone_is_fine(self) -> None:
        """A call that is over, twice, and one that never was: nothing is raised, and no second end is told."""
        self.need("answering")

        async def script(line: Line) -> None:
            call = await line.call(self.answering)
            await line.until(call, Ended)
            for _ in range(2):
                await line.dialler.hangup(call.ref, "test")
            await line.dialler.hangup(CallRef("never-there", self.carrier), "test")
            await line.settled()
            assert len(line.of(call, Ended)) == 1

        self.play(script)

    # --- looking up --------------------------------------------------------------------------------------------------

    def test_a_live_call_is_found_alive(self) -> None:
        """The engine asks when it has not heard of a call for too long."""
        self.need("silent", look_up=True)

        async def script(line: Line) -> None:
            call = await line.call(self.silent)
            found = await line.dialler.look_up(call.ref)
            assert isinstance(found, FoundLive)
            assert found.attempt_id == call.ref.attempt_id

        self.play(script)

    def test_a_call_that_is_over_is_found_so_or_forgotten(self) -> None:
        """Its end, or nothing; never that it lives, and never that it was not placed, or it would be placed again."""
        self.need("answering", look_up=True)

        async def script(line: Line) -> None:
            call = await line.call(self.answering)
            ended = await line.until(call, Ended)
            await line.settled()
            found = await line.dialler.look_up(call.ref)
            assert isinstance(found, Ended | NotFound)
            assert found.attempt_id == call.ref.attempt_id
            if isinstance(found, Ended):
                assert found.disposition == ended.disposition

        self.play(script)

    def test_a_call_that_never_was_is_not_found(self) -> None:
        """Nothing is known of it, or that it was never placed."""
        self.need(look_up=True)

        async def script(line: Line) -> None:
            found = await line.dialler.look_up(CallRef("never-there", self.carrier))
            assert isinstance(found, NeverPlaced | NotFound)
            assert found.attempt_id == "never-there"

        self.play(script)

    # --- closing -----------------------------------------------------------------------------------------------------

    def test_closing_leaves_calls_alone(self) -> None:
        """A call goes on when its dialler is closed, and is found alive when it is opened again."""
        self.need("silent", look_up=True)

        async def script(line: Line) -> None:
            call = await line.call(self.silent)
            await line.dialler.close()
            await line.dialler.open()
            assert isinstance(await line.dialler.look_up(call.ref), FoundLive)

        self.play(script)

    def test_it_can_be_opened_again(self) -> None:
        """After a lost connection the runner opens it again: calls can be placed, and are heard to their end."""
        self.need("answering")

        async def script(line: Line) -> None:
            await line.dialler.close()
            await line.dialler.open()
            line.listen()
            call = await line.call(self.answering)
            await line.until(call, Ended)
            await line.settled()
            assert len(line.of(call, Ended)) == 1

        self.play(script, listening=False)
