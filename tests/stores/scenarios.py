"""The scenarios of `oracle` and the walks of `stress` on any store, and all that a store tells afterwards.

The same seed on another engine is the same story: everything that happens follows from what the store answers, so two
stores that differ in one answer soon tell different logs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import ori_campaigns as ori
from oracle.facts import Broken
from oracle.judge import judge
from oracle.scenarios import scenario
from oracle.world import World as OracleWorld
from ori_campaigns.ids import counted_ids
from ori_campaigns.ports import Agenda, Clock, Store
from ori_campaigns.stores.memory import MemoryStore
from stress.walk import Walk
from stress.world import World as StressWorld

MakeStore = Callable[[Clock], Store]
_PAGE = 1_000


class Told(NamedTuple):
    """Everything a store tells. Cursors are the store's own affair; when it looks again at time limits, too."""

    campaigns: tuple[Any, ...]
    counters: tuple[Any, ...]
    contacts: tuple[Any, ...]
    attempts: tuple[Any, ...]
    log: tuple[Any, ...]
    agenda: tuple[Any, ...]


def pages(read: Callable[[int, int], Sequence[Any]], place: Callable[[Any], int]) -> Iterator[Any]:
    """Read everything, page by page."""
    after = -1
    while page := read(after, _PAGE):
        yield from page
        after = place(page[-1])


def told_by(store: Store) -> Told:
    """Ask a store for everything."""
    campaigns = tuple(store.campaigns())
    runs = [(each.id, run) for each in campaigns for run in range(1, each.run_number + 1)]
    agenda = store.agenda()
    return Told(
        campaigns,
        tuple((name, run, store.counters(name, run)) for name, run in runs),
        tuple(
            contact
            for each in campaigns
            for contact in pages(lambda a, n, name=each.id: store.contacts(name, a, n), lambda row: row.ordinal)  # type: ignore[misc]
        ),
        tuple(
            attempt
            for each in campaigns
            for attempt in pages(
                lambda a, n, name=each.id: store.attempts(name, a, n),  # type: ignore[misc]
                lambda row: int(row.id.rpartition("-")[2]),
            )
        ),
        tuple(
            (event.campaign_id, event.stream, event.sequence, event.fact)
            for event in pages(store.events, lambda event: event.cursor)
        ),
        (tuple(agenda.works), agenda.supply, agenda.now),
    )


class Punctual(MemoryStore):
    """Names the instant of the next time limit, neither more nor less.

    The store in memory keeps the earliest limit that it was told, though the call may be over by then: "may become
    overdue" is all that is promised. Walks go to that instant, and would part there.
    """

    def agenda(self) -> Agenda:
        exchange = self._exchange
        exchange.next_limit = min((attempt.check_at for attempt in exchange.open.values()), default=1 << 62)
        return super().agenda()


class Ended(NamedTuple):
    """What came of a seed on one store."""

    broken: tuple[Broken, ...]
    told: Told
    calls: tuple[Any, ...]
    """The carrier's own book: every request, when it was made, and what came of it."""


def play_on(seed: int, make: MakeStore) -> Ended:
    """Play a scenario of `oracle` on a store, and judge it."""
    world = OracleWorld(scenario(seed))
    world.store = make(world.clock)  # type: ignore[assignment]
    world.service = ori.CampaignService(world.store, world.phones, limits=world.limits, new_id=counted_ids("c"))
    history = world.run()
    return Ended(tuple(judge(history)), told_by(world.store), tuple(history.calls))


def put_on(world: StressWorld, store: Store) -> None:
    """Let a world of `stress`, in which nothing has happened yet, live on this store."""
    world.store = world.office._store = store  # type: ignore[assignment]


def walk_on(seed: int, make: MakeStore) -> Ended:
    """Walk a seed of `stress` on a store; its observers watch every move."""
    walk = Walk(seed)
    world = walk.world
    put_on(world, make(world.clocks))
    walked = walk.run()
    calls = tuple((call.attempt_id, call.requested_at, call.placed, call.outcome) for call in world.ledger.calls)
    return Ended(tuple(walked.broken), told_by(world.store), calls)


@cache
def in_memory(what: Callable[[int, MakeStore], Ended], seed: int) -> Ended:
    """What came of a seed on the store in memory."""
    return what(seed, Punctual)


def first_difference(one: Told, other: Told) -> str:
    """Name the first thing that two stores tell differently; empty where there is none."""
    for part, mine, theirs in zip(Told._fields, one, other, strict=True):
        if mine == theirs:
            continue
        for index, (this, that) in enumerate(zip(mine, theirs, strict=False)):
            if this != that:
                return f"{part} {index}:\n    {this}\n    {that}"
        return f"{part}: {len(mine)} and {len(theirs)}"
    return ""
