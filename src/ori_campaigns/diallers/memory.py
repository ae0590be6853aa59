"""The in-memory dialler: a call model in real or virtual time, behind the port that real carriers have."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, Iterable

import anyio

from ori_campaigns.diallers.answers import Fate
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.instants import SECOND
from ori_campaigns.numbers import PhoneNumber, parse_number
from ori_campaigns.ports import Clock, DiallerCapabilities
from ori_campaigns.reports import CallRef, DialRequest, LookUp, PlaceAnswer, Report

# A clock that is set by hand does not tell when it was.
_LOOK_EVERY = 1.0


class InMemoryDialler:
    """A dialler without a carrier: nobody is called, everything else is as with one.

    Parameters:
        model: who answers and what goes wrong.
        clock: the clock of the store it works for.
    """

    capabilities = DiallerCapabilities(deduplicates="none")

    def __init__(self, model: CallModel, clock: Clock) -> None:
        self.model, self._clock = model, clock
        self._open = False
        self._changed: anyio.Event | None = None

    def script(self, number: str | PhoneNumber, fates: Iterable[str | Fate]) -> None:
        """Say what happens on the calls to one number, one after the other; the last is repeated."""
        self.model.script(number, fates)

    def calls_to(self, number: str | PhoneNumber) -> list[str]:
        """Return the outcomes of the calls placed to a number so far, first to last."""
        ledger = self.model.ledger
        if ledger is None:
            return []
        return [call.outcome for call in ledger.to(parse_number(number).reveal()) if call.placed]

    async def open(self) -> None:
        """Begin to hear."""
        self._open = True
        self._changed = anyio.Event()

    async def place(self, call: DialRequest) -> PlaceAnswer:
        """Place a call at the model."""
        answer, delay = self.model.place(call, self._clock.now())
        self._wake()
        if delay:
            await anyio.sleep(delay / SECOND)
        return answer

    async def hangup(self, ref: CallRef, why: str) -> None:  # noqa: ARG002 - the model does not care why
        """End a call."""
        self.model.hangup(ref, self._clock.now())
        self._wake()

    async def look_up(self, ref: CallRef) -> LookUp:
        """Ask the model about a call."""
        return self.model.look_up(ref, self._clock.now())

    async def events(self) -> AsyncGenerator[Report, None]:
        """Yield what happened, as it happens; the bot's half is among it."""
        while self._open and self._changed is not None:
            for report in self.model.due(self._clock.now()):
                yield report
            next_at = self.model.next_at()
            left = math.inf if next_at is None else min(max((next_at - self._clock.now()) / SECOND, 0), _LOOK_EVERY)
            with anyio.move_on_after(left):
                await self._changed.wait()
            if self._changed.is_set():
                self._changed = anyio.Event()

    async def close(self) -> None:
        """Hear no more; calls go on."""
        self._open = False
        self._wake()

    def _wake(self) -> None:
        """Something is to come that was not before: whoever waits for events looks again."""
        if self._changed is not None:
            self._changed.set()
