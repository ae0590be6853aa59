"""A call centre for the tests of the runner: a service, an in-memory dialler, and an event loop in virtual time."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import anyio
from trio.testing import MockClock

import ori_campaigns as ori
from ori_campaigns.clocks import LoopClock
from ori_campaigns.diallers.ledger import LedgerCall
from ori_campaigns.ids import counted_ids
from ori_campaigns.instants import to_instant
from ori_campaigns.runner import RunnerSettings, run
from worlds import BOT, MONDAY, TRUNK, Switchboard, draft, leads

# Nobody else changes anything in these tests, so nothing is gained by looking often.
SELDOM = RunnerSettings(poll=timedelta(minutes=10))


def talkers(seconds: float = 20, rate: float = 1.0, ring: float = 5) -> ori.AnswerModel:
    """People of whom so many pick up after some seconds, and talk; the others let it ring for 25."""
    return ori.AnswerModel(
        rate=rate,
        ring=ori.Fixed(ring),
        gives_up=ori.Fixed(25),
        talk=ori.Fixed(seconds),
        answered=ori.Mix({"customer": 1}),
        unanswered=ori.Mix({"no_answer": 1}),
    )


class RealTime:
    """The time that passes, as if it were Monday morning: no test depends on when it is run."""

    def __init__(self) -> None:
        self._shift = to_instant(MONDAY) - time.time_ns() // 1000

    def now(self) -> int:
        return time.time_ns() // 1000 + self._shift

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def play(what: Callable[[], Awaitable[None]]) -> None:
    """Run something in a loop whose time jumps ahead whenever all wait."""
    anyio.run(what, backend="trio", backend_options={"clock": MockClock(autojump_threshold=0)})


class Hall:
    """One service and one dialler over a population.

    Parameters:
        people: how they answer; the rest goes to the call model.
        clock: a loop's, on Monday morning, unless given.
        store: a store class to use instead; it is given the clock.
    """

    def __init__(
        self,
        people: ori.AnswerModel | None = None,
        *,
        clock: ori.Clock | None = None,
        store: type[ori.MemoryStore] = ori.MemoryStore,
        limits: ori.CallLimits | None = None,
        **model: Any,
    ) -> None:
        self.clock = clock or LoopClock(MONDAY)
        self.store = store(self.clock)
        self.directory = Switchboard()
        self.directory.add(ori.Bot(BOT), TRUNK)
        self.limits = limits
        self.service = self.worker()
        self.model = ori.CallModel(people or ori.AnswerModel(rate=0.3), **{"seed": 7, **model})
        self.dialler = ori.InMemoryDialler(self.model, self.clock)

    def worker(self) -> ori.CampaignService:
        """A service as another process would make it, over the same store."""
        return ori.CampaignService(self.store, self.directory, limits=self.limits, new_id=counted_ids("r"))

    def begin(self, count: int, **changes: Any) -> str:
        """Start a campaign with so many contacts, and return its id."""
        created = self.service.create(draft(**{"on_system": {"no_answer"}, **changes}), leads(count), by="asha")
        return self.service.start(created.id, by="asha").campaign.id

    async def run(self, dialler: ori.Dialler | None = None, *, settings: RunnerSettings = SELDOM) -> None:
        """Run until nothing is left to do."""
        await run(self.service, dialler or self.dialler, until="idle", settings=settings)

    # --- what came of it ---
    def book(self) -> list[LedgerCall]:
        assert self.model.ledger is not None
        return self.model.ledger.calls

    def attempts(self, campaign: str) -> list[ori.Attempt]:
        return list(self.store.attempts(campaign, -1, 100_000))

    def states(self, campaign: str) -> Counter[str]:
        return Counter(attempt.status.value for attempt in self.attempts(campaign))

    def contacts(self, campaign: str) -> Counter[str]:
        return Counter(contact.status.value for contact in self.store.contacts(campaign, -1, 100_000))

    def everybody_was_called_as_recorded(self, campaign: str) -> None:
        """Each call the carrier placed is one attempt with its outcome, and no request was made twice."""
        asked = Counter(call.attempt_id for call in self.book())
        assert set(asked.values()) <= {1}
        ended = {each.id: each for each in self.attempts(campaign) if each.status is ori.AttemptStatus.ENDED}
        placed = {call.attempt_id for call in self.book() if call.placed}
        assert placed == set(ended)


class Wrapped:
    """A dialler that does as another does, for tests to override one thing."""

    def __init__(self, inner: ori.Dialler) -> None:
        self.inner = inner

    async def open(self) -> None:
        await self.inner.open()

    async def place(self, call: ori.DialRequest) -> Any:
        return await self.inner.place(call)

    async def hangup(self, ref: ori.CallRef, why: str) -> None:
        await self.inner.hangup(ref, why)

    async def look_up(self, ref: ori.CallRef) -> Any:
        return await self.inner.look_up(ref)

    async def events(self) -> AsyncIterator[Any]:
        async with self.heard() as events:
            async for event in events:
                yield event

    def heard(self) -> aclosing[AsyncGenerator[Any, None]]:
        """The events of the other dialler, to be let go of when no more are wanted."""
        events = self.inner.events()
        assert isinstance(events, AsyncGenerator)
        return aclosing(events)

    async def close(self) -> None:
        await self.inner.close()
