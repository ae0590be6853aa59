"""A dialler over the carrier's book: whoever opens it, in whichever process, works for the same carrier."""

from __future__ import annotations

import heapq
import math
from collections.abc import AsyncGenerator, Callable

import anyio

import ori_campaigns as ori
from kill.book import Book, Call, course, draw
from ori_campaigns.reports import FoundLive, LookUp, NeverPlaced, NotFound, PlaceAnswer, Report

LOSES_ANSWER, REFUSES, LOSES_END, TELLS_TWICE, FORGETS, IS_SURE, TELLS_AGAIN = (
    "loses the answer",
    "refuses",
    "loses the end",
    "tells twice",
    "forgets",
    "is sure",
    "tells again",
)
HOW_OFTEN = {
    LOSES_ANSWER: 0.03,
    REFUSES: 0.04,
    LOSES_END: 0.04,
    TELLS_TWICE: 0.1,
    FORGETS: 0.1,
    IS_SURE: 0.6,
    TELLS_AGAIN: 0.4,
}


def does(attempt_id: str, what: str) -> bool:
    """Whether the carrier does it with this call; the same for ever."""
    return draw(attempt_id, what) < HOW_OFTEN[what]


class BookDialler:
    """Places calls by adding them to the book; tells of those it placed, and of some that a dead process had placed.

    Parameters:
        now: the store's time.
        pace: how much faster it passes than that of the wall clock.
    """

    def __init__(self, book: Book, now: Callable[[], int], pace: int) -> None:
        self.book, self._now, self._pace = book, now, pace
        self._coming: list[tuple[int, int, Report]] = []
        self._told = 0
        self._open = False
        self._changed = anyio.Event()

    async def open(self) -> None:
        """Begin to hear; the carrier repeats some of what nobody had heard."""
        self._open = True
        for call in list(self.book.refresh().calls.values()):
            if does(call.id, TELLS_AGAIN):
                self._tell_of(call)

    async def place(self, call: ori.DialRequest) -> PlaceAnswer:
        """Write the call down, and only then answer."""
        await self._pass_time(call.attempt_id, "way there")
        now = self._now()
        # No await between this look and the line in the book.
        if now > call.not_after or does(call.attempt_id, REFUSES):
            self.book.add("refused", id=call.attempt_id, at=now)
            return ori.Refused(call.attempt_id, now, retry_after=0.01)
        placed = course(call.attempt_id, call.to.reveal(), now, self._pace)
        self.book.add_call(placed)
        self._tell_of(placed)
        await self._pass_time(call.attempt_id, "way back")
        if does(call.attempt_id, LOSES_ANSWER):
            return ori.Unknown(call.attempt_id, self._now())
        return ori.Accepted(call.attempt_id, now, carrier_ref=f"ref-{call.attempt_id}")

    async def _pass_time(self, attempt_id: str, what: str) -> None:
        await anyio.sleep(draw(attempt_id, what) * 0.005)

    def _tell_of(self, call: Call) -> None:
        self._tell(ori.Ringing(call.id, call.rang))
        if call.answered is not None:
            self._tell(ori.Answered(call.id, call.answered))
        if not does(call.id, LOSES_END):
            for _ in range(2 if does(call.id, TELLS_TWICE) else 1):
                self._tell(_end(call))
        self._changed.set()

    def _tell(self, report: Report) -> None:
        self._told += 1
        heapq.heappush(self._coming, (report.at, self._told, report))

    async def hangup(self, ref: ori.CallRef, why: str) -> None:
        self.book.add("hang up", id=ref.attempt_id, at=self._now(), why=why)

    async def look_up(self, ref: ori.CallRef) -> LookUp:
        """Say what the book says; it is as old as the carrier."""
        now, call = self._now(), self.book.refresh().calls.get(ref.attempt_id)
        if call is None:
            sure = ref.attempt_id in self.book.refused or does(ref.attempt_id, IS_SURE)
            return NeverPlaced(ref.attempt_id, now) if sure else NotFound(ref.attempt_id, now)
        call = self.book.truth(call)
        if now < call.ended:
            return FoundLive(call.id, now)
        return NotFound(call.id, now) if does(call.id, FORGETS) else _end(call)

    async def events(self) -> AsyncGenerator[Report, None]:
        while self._open:
            while self._coming and self._coming[0][0] <= self._now():
                _, _, report = heapq.heappop(self._coming)
                true = self._as_it_went(report)
                if true is not None:
                    yield true
            self._changed = anyio.Event()
            left = (self._coming[0][0] - self._now()) / 1e6 / self._pace if self._coming else math.inf
            with anyio.move_on_after(max(left, 0)):
                await self._changed.wait()

    def _as_it_went(self, report: Report) -> Report | None:
        """What is left of an event to come if the call was hung up before it."""
        call = self.book.refresh().calls[report.attempt_id]
        went = self.book.truth(call)
        if isinstance(report, ori.Ended):
            return _end(went)
        return report if report.at <= went.ended else None

    async def close(self) -> None:
        self._open = False
        self._changed.set()


def _end(call: Call) -> ori.Ended:
    return ori.Ended(call.id, call.ended, call.disposition, "", call.answered, call.rang)
