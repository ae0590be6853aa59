"""What the dialler contract works with: a line on which calls are placed and heard, and what a host gives."""

# ruff: noqa: S101 - these are tests, shipped

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import anyio
import attrs
import pytest
from anyio.abc import TaskGroup

from ori_campaigns.clocks import SystemClock
from ori_campaigns.contact import AttemptKind
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.numbers import parse_number
from ori_campaigns.ports import Dialler, DiallerCapabilities
from ori_campaigns.reports import Accepted, CallRef, DialRequest, PlaceAnswer, Report

T = TypeVar("T")
_serials = itertools.count(1)


@attrs.define
class Call:
    """A call that was placed, and how it is named."""

    request: DialRequest
    answer: PlaceAnswer

    @property
    def ref(self) -> CallRef:
        """What to ask for it by."""
        carrier_ref = self.answer.carrier_ref if isinstance(self.answer, Accepted) else ""
        return CallRef(self.request.attempt_id, self.request.carrier, carrier_ref)

    def is_named_by(self, report: Report) -> bool:
        """Tell whether a report is about this call: by our id, or by the carrier's reference where it has no id."""
        if report.attempt_id:
            return report.attempt_id == self.ref.attempt_id
        return bool(self.ref.carrier_ref) and getattr(report, "carrier_ref", "") == self.ref.carrier_ref


class Line:
    """A dialler under contract, with everything that was heard of it."""

    def __init__(self, dialler: Dialler, contract: Connection, tasks: TaskGroup) -> None:
        self.dialler, self.contract = dialler, contract
        self.heard: list[Report] = []
        self._tasks, self._news = tasks, anyio.Event()
        self._failure: Exception | None = None

    def listen(self) -> None:
        """Begin to hear."""
        self._tasks.start_soon(self._listen)

    async def _listen(self) -> None:
        try:
            async for report in self.dialler.events():
                self.heard.append(report)
                self._wake()
        except Exception as error:  # noqa: BLE001 - raised where somebody waits for an event
            self._failure = error
            self._wake()

    def _wake(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    async def call(self, number: str, **changes: Any) -> Call:  # noqa: ANN401 - fields of a request
        """Place a call that the carrier must take."""
        request = self.contract.request(number)._replace(**changes)
        answer = await self.dialler.place(request)
        assert isinstance(answer, Accepted), f"the carrier should take a call to {request.to}: {answer}"
        assert answer.attempt_id == request.attempt_id, "the answer must name the attempt it is about"
        return Call(request, answer)

    def of(self, call: Call, kind: type[T]) -> list[T]:
        """Return what was heard of a call, of one kind."""
        return [report for report in self.heard if isinstance(report, kind) and call.is_named_by(report)]

    async def until(self, call: Call, kind: type[T], within: float | None = None) -> T:
        """Wait for an event of a call, for so many seconds."""
        seconds = self.contract.patience if within is None else within
        with anyio.move_on_after(seconds):
            while not self.of(call, kind) and self._failure is None:
                await self._news.wait()
        if self._failure is not None:
            raise self._failure
        found = self.of(call, kind)
        assert found, f"no {kind.__name__} of {call.ref} within {seconds} s; heard: {self.heard}"
        return found[0]

    async def settled(self) -> None:
        """Wait until nothing more should come."""
        await anyio.sleep(self.contract.quiet)


class Connection:
    """A dialler under contract: how to make one, whom to call, and how to play a script on it."""

    answering = ""
    silent = ""
    refused = ""
    from_number = "911140001000"
    carrier = "trunk"
    bot = "bot"
    ring_seconds = 30
    talk_seconds = 60
    patience = 60.0
    prompt = 5.0
    quiet = 1.0
    backend = "asyncio"

    # --- what a host gives -------------------------------------------------------------------------------------------

    def new_dialler(self) -> Dialler:
        """Return a dialler that is not open yet; called inside the event loop."""
        raise NotImplementedError(f"{type(self).__name__} needs new_dialler(self), which returns one that is not open.")

    def backend_options(self) -> Mapping[str, Any]:
        """Return the options for `anyio.run`, such as a clock for trio."""
        return {}

    def now(self) -> Instant:
        """Return the present time, microseconds UTC; the system's unless overridden."""
        return SystemClock().now()

    def refuse(self, dialler: Dialler) -> str:  # noqa: ARG002 - for those who override it
        """Arrange that the carrier surely refuses a call, and return the number to dial; empty where none is known."""
        return self.refused

    def trouble(self, dialler: Dialler) -> bool:  # noqa: ARG002 - for those who override it
        """Arrange that the carrier does not answer requests any more; `False` where that cannot be arranged."""
        return False

    def placed(self, dialler: Dialler, attempt_id: str) -> int | None:  # noqa: ARG002 - for those who override it
        """Count, from the carrier's own side, the calls placed under an id; `None` where that cannot be seen."""
        return None

    # --- helpers -----------------------------------------------------------------------------------------------------

    def request(self, number: str) -> DialRequest:
        """Return a request to a number, with an id that was never used before."""
        return DialRequest(
            attempt_id=f"contract{self.now()}-{next(_serials)}",
            campaign_id="contract",
            carrier=self.carrier,
            to=parse_number(number),
            from_number=parse_number(self.from_number),
            bot=self.bot,
            run=1,
            number_in_budget=1,
            kind=AttemptKind.FRESH,
            variables={},
            not_after=self.now() + 30 * SECOND,
            ring_seconds=self.ring_seconds,
            talk_seconds=self.talk_seconds,
        )

    def need(self, *numbers: str, **capabilities: object) -> None:
        """Skip this test unless these attributes are given, and the carrier can do these things."""
        for name in numbers:
            if not getattr(self, name):
                pytest.skip(f"no `{name}` number is given")
        if capabilities:
            can = anyio.run(self._capabilities, backend=self.backend, backend_options=dict(self.backend_options()))
            for name, wanted in capabilities.items():
                told = getattr(can, name)
                if told not in (wanted if isinstance(wanted, tuple) else (wanted,)):
                    pytest.skip(f"the carrier's capability `{name}` is {told!r}")

    async def _capabilities(self) -> DiallerCapabilities:
        told = getattr(self.new_dialler(), "capabilities", None)
        return told if isinstance(told, DiallerCapabilities) else DiallerCapabilities()

    def play(self, script: Callable[[Line], Awaitable[None]], *, listening: bool = True) -> None:
        """Run a script in an event loop, with a dialler that is open and, unless told otherwise, listened to."""
        anyio.run(
            partial(self._play, script, listening=listening),
            backend=self.backend,
            backend_options=dict(self.backend_options()),
        )

    async def _play(self, script: Callable[[Line], Awaitable[None]], *, listening: bool) -> None:
        dialler = self.new_dialler()
        failure: BaseException | None = None
        await dialler.open()
        try:
            async with anyio.create_task_group() as tasks:
                line = Line(dialler, self, tasks)
                if listening:
                    line.listen()
                try:
                    await script(line)
                except anyio.get_cancelled_exc_class():
                    raise
                except BaseException as error:  # noqa: BLE001 - raised again below, not as one of a group
                    failure = error
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                await dialler.close()
        if failure is not None:
            raise failure
