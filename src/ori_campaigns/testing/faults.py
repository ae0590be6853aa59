"""A dialler that goes wrong: wraps any other, and injects what carriers do to those who call through them."""

from __future__ import annotations

import asyncio
import math
import sys
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Coroutine
from heapq import heappop, heappush
from typing import Any
from zlib import crc32

import anyio
import attrs

from ori_campaigns.clocks import SystemClock
from ori_campaigns.diallers.answers import Luck
from ori_campaigns.errors import DiallerError, InvalidDefinition, Problem
from ori_campaigns.ports import Clock, Dialler, DiallerCapabilities
from ori_campaigns.reports import CallRef, DialRequest, Ended, LookUp, NotFound, PlaceAnswer, Refused, Report, Unknown

_EARLY = 3.0
"""Seconds for which an answer to a request is held back at most, so that an event can come before it."""


@attrs.frozen(kw_only=True)
class DiallerFaults:
    """Chances, from 0 to 1, of each fault for one call or one event; all off unless asked for.

    They are named as in `CarrierFaults`, which is for the built-in call model alone.

    Parameters:
        reject: the request is refused and goes nowhere.
        accept_then_timeout: the call is placed, and the answer to the request is `Unknown`.
        fails: the call is placed, and `place` raises `DiallerError`.
        hangs: the call is placed, and `place` never returns.
        before_response: events of the call come before the answer to the request, which takes 3 seconds at the most.
        drop: an event is lost.
        duplicate: an event comes twice.
        reorder: an event comes after the one that follows it.
        late: an event comes up to `late_seconds` late.
        no_end_event: the end of a call is never told.
        dies: `events` raises `DiallerError` where it should tell of an event, which comes when it is asked again.
        forgets: a look-up finds nothing.
    """

    reject: float = 0.0
    accept_then_timeout: float = 0.0
    fails: float = 0.0
    hangs: float = 0.0
    before_response: float = 0.0
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0
    late: float = 0.0
    late_seconds: float = 60.0
    no_end_event: float = 0.0
    dies: float = 0.0
    forgets: float = 0.0

    def __attrs_post_init__(self) -> None:
        wrong = [
            Problem(name, "bad_chance", f"{name} is {value!r}, not a chance.", "Give a number from 0 to 1.")
            for name, value in attrs.asdict(self).items()
            if name != "late_seconds" and not 0 <= value <= 1
        ]
        if wrong:
            raise InvalidDefinition(wrong, what="The dialler's faults")


class FaultyDialler:
    """Another dialler with faults; the same seed gives every call the same ones.

    Whether a fault strikes depends on the seed, the call and the event alone, never on what else is going on.

    Parameters:
        dialler: the one that really places the calls.
        faults: what goes wrong, and how often.
        seed: the same seed gives the same faults.
        clock: tells when requests were refused; the system's unless given.

    Raises:
        InvalidDefinition: code `bad_chance`, from `DiallerFaults`.

    >>> import anyio
    >>> from ori_campaigns.testing import DiallerFaults, FaultyDialler, World
    >>> world = World()
    >>> faulty = FaultyDialler(world.dialler, DiallerFaults(forgets=1.0))
    >>> anyio.run(faulty.look_up, CallRef("a-1", "trunk")).__class__.__name__, dict(faulty.injected)
    ('NotFound', {'forgets': 1})
    """

    def __init__(self, dialler: Dialler, faults: DiallerFaults, seed: int = 0, *, clock: Clock | None = None) -> None:
        self.dialler, self.faults, self.seed = dialler, faults, seed
        self.injected: Counter[str] = Counter()
        self._clock = clock or SystemClock()
        # What is to be told: when, in the order in which it was heard, its name and the event.
        self._due: list[tuple[float, int, str, Report]] = []
        self._heard = 0
        self._held: dict[str, list[tuple[str, Report]]] = {}
        self._seen: Counter[str] = Counter()
        self._died: set[str] = set()
        self._waiting: dict[str, anyio.Event] = {}
        self._news: anyio.Event | None = None
        self._pump: _Pump | None = None

    @property
    def capabilities(self) -> DiallerCapabilities:
        """What the other one can do."""
        told = getattr(self.dialler, "capabilities", None)
        return told if isinstance(told, DiallerCapabilities) else DiallerCapabilities()

    async def open(self) -> None:
        """Open the other one."""
        await self.dialler.open()

    async def place(self, call: DialRequest) -> PlaceAnswer:
        """Place a call, unless it is refused; then answer, or fail to."""
        name = call.attempt_id
        if self._strikes("reject", name):
            return Refused(name, self._clock.now(), "rejected_by_carrier")
        waits = self._strikes("before_response", name)
        if waits:
            self._waiting[name] = anyio.Event()
        answer = await self.dialler.place(call)
        if waits:
            with anyio.move_on_after(_EARLY):
                await self._waiting[name].wait()
            del self._waiting[name]
        if self._strikes("hangs", name):
            await anyio.sleep_forever()
        if self._strikes("fails", name):
            raise DiallerError(f"The carrier failed on {name} after it had taken it.", retryable=False)
        if self._strikes("accept_then_timeout", name):
            return Unknown(name, answer.at)
        return answer

    async def hangup(self, ref: CallRef, why: str) -> None:
        """End a call."""
        await self.dialler.hangup(ref, why)

    async def look_up(self, ref: CallRef) -> LookUp:
        """Ask what became of a call, and perhaps find nothing."""
        found = await self.dialler.look_up(ref)
        return NotFound(ref.attempt_id, found.at) if self._strikes("forgets", ref.attempt_id) else found

    async def events(self) -> AsyncGenerator[Report, None]:
        """Yield what the other one tells, as unreliably as was asked for.

        Raises:
            DiallerError: the fault `dies`, or what the other one raised; ask again after another `open`.
        """
        if self._news is None:
            self._news = anyio.Event()
        if self._pump is None:
            self._pump = _Pump(self.dialler, self._take, self._news)
        while True:
            while self._due and self._due[0][0] <= anyio.current_time():
                self._die(self._due[0][2])
                event = heappop(self._due)[3]
                if event.attempt_id in self._waiting:
                    self._waiting[event.attempt_id].set()
                yield event
            pump = self._pump
            if pump is None or (pump.done and not self._due):
                self._pump = None
                if pump is not None and pump.failure is not None:
                    raise pump.failure
                return
            left = self._due[0][0] - anyio.current_time() if self._due else math.inf
            with anyio.move_on_after(max(left, 0)):
                await self._news.wait()
            if self._news.is_set():
                self._news = pump.news = anyio.Event()

    async def close(self) -> None:
        """Close the other one."""
        self._stop()
        await self.dialler.close()

    # --- inside ------------------------------------------------------------------------------------------------------

    def _strikes(self, fault: str, name: str) -> bool:
        chance: float = getattr(self.faults, fault)
        if not chance or self._draw(fault, name) >= chance:
            return False
        self.injected[fault] += 1
        return True

    def _draw(self, what: str, name: str) -> float:
        return Luck(self.seed, crc32(f"{what} of {name}".encode()), 0).draw()

    def _die(self, name: str) -> None:
        if name not in self._died and self._strikes("dies", name):
            self._died.add(name)
            self._stop()
            raise DiallerError("The connection to the carrier was lost.", retryable=True)

    def _stop(self) -> None:
        if self._pump is not None:
            self._pump.stop()
        self._pump = None
        if self._news is not None:
            self._news.set()

    def _take(self, event: Report) -> None:
        """Decide how an event that was heard is told."""
        call = event.attempt_id or getattr(event, "carrier_ref", "")
        kind = f"{type(event).__name__} of {call}"
        self._seen[kind] += 1
        name = f"{kind}, {self._seen[kind]}"
        lost = isinstance(event, Ended) and self._strikes("no_end_event", name)
        if not lost and not self._strikes("drop", name):
            if not isinstance(event, Ended) and self._strikes("reorder", name):
                self._held.setdefault(call, []).append((name, event))
                return
            self._send(name, event)
        # Whoever was held back comes after the one that follows, even where that one was lost.
        for held in self._held.pop(call, []):
            self._send(*held)

    def _send(self, name: str, event: Report) -> None:
        at = anyio.current_time()
        if self._strikes("late", name):
            at += self._draw("lateness", name) * self.faults.late_seconds
        for copy in range(2 if self._strikes("duplicate", name) else 1):
            self._heard += 1
            heappush(self._due, (at, self._heard, f"{name}, {copy}", event))


class _Pump:
    """Hears what a dialler tells, in a task of its own, so that one event can be late without the next one waiting."""

    def __init__(self, dialler: Dialler, take: Callable[[Report], None], news: anyio.Event) -> None:
        self.news, self.done = news, False
        self.failure: Exception | None = None
        self._dialler, self._take, self._scope = dialler, take, anyio.CancelScope()
        self._task = _spawn(self._run)

    async def _run(self) -> None:
        events = self._dialler.events()
        try:
            with self._scope:
                async for event in events:
                    self._take(event)
                    self.news.set()
        except Exception as error:  # noqa: BLE001 - handed on to whoever listens
            self.failure = error
        finally:
            self.done = True
            self.news.set()
            if isinstance(events, AsyncGenerator):
                with anyio.CancelScope(shield=True):
                    await events.aclose()

    def stop(self) -> None:
        self._scope.cancel()


def _spawn(what: Callable[[], Coroutine[Any, Any, None]]) -> object:
    """Begin a task that belongs to nobody: who opens a dialler and who closes it need not be the same."""
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return trio.lowlevel.spawn_system_task(what)
    return asyncio.get_running_loop().create_task(what())
