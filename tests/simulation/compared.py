"""One campaign simulated twice: with plain stretches, and by the engine alone; and all that can be read of either."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import attrs
import pytest

import ori_campaigns as ori
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.dialling import Dialling, Step
from ori_campaigns.events import AttemptReserved
from ori_campaigns.simulation import Rehearsal, Snapshot, simulate
from ori_campaigns.stores.memory import MemoryStore

Action = Callable[[ori.CampaignService, str], object]


class NotPlain(CallModel):
    """The same model; stretches take only the class itself, so the engine does all of it."""


@attrs.frozen
class Scene:
    """A campaign to simulate."""

    source: ori.CampaignDraft | Snapshot
    people: tuple[str, ...]
    directory: ori.StaticDirectory
    answers: ori.AnswerModel
    start: datetime | None
    seed: int = 7
    actions: Mapping[datetime, Action] = attrs.field(factory=dict)
    until: datetime | None = None
    resolution: timedelta | None = None

    def run(self, *, engine_alone: bool = False) -> Rehearsal:
        """Simulate it."""
        kind = NotPlain if engine_alone else CallModel
        return simulate(
            self.source,
            ori.Leads.of(list(self.people)) if isinstance(self.source, ori.CampaignDraft) else None,
            directory=self.directory,
            model=kind(self.answers, seed=self.seed, ringing=False, ledger=False),
            start=self.start,
            until=self.until,
            actions=self.actions,
            resolution=self.resolution,
        )


def everything(done: Rehearsal) -> dict[str, Any]:
    """Return all that a simulation leaves behind, by what it is; numbers in the clear."""
    store = done.service.store
    assert isinstance(store, MemoryStore)
    book = store.book(done.campaign.id)
    exchange, many = book.exchange, 1 << 30
    return {
        "campaign": done.campaign,
        "ended at": done.ended_at,
        "counters": done.counters,
        "events": list(store.events(-1, many)),
        "numbers": [event.fact.from_number.reveal() for event in store.events(-1, many)
                    if isinstance(event.fact, AttemptReserved)],
        "attempts": list(store.attempts(done.campaign.id, -1, many)),
        "contacts": list(store.contacts(done.campaign.id, -1, many)),
        "use of numbers": {number.reveal(): calls for number, calls in store.number_use(done.campaign.id).items()},
        "next due": store.next_due(done.campaign.id),
        "turn": (book.cursor, book.served_at),
        "carriers": [(trunk.live, trunk.bucket, trunk.back_off_until) for trunk in exchange.trunks.values()],
        "busy": exchange.busy,
        "live": [
            (each.id, each.status, each.reserved_at, each.answered_at, each.rang_at, each.check_at)
            for each in exchange.open.values()
        ],
        "to come": done.model.coming(),
        "names by carriers": exchange.by_ref,
    }  # fmt: skip


def differences(one: Rehearsal, other: Rehearsal) -> dict[str, tuple[Any, Any]]:
    """Return what differs: for lists the first pair that does."""
    found: dict[str, tuple[Any, Any]] = {}
    theirs = everything(other)
    for name, mine in everything(one).items():
        if mine == theirs[name]:
            continue
        if isinstance(mine, list):
            pairs = zip(mine, theirs[name], strict=False)
            found[name] = next((pair for pair in pairs if pair[0] != pair[1]), (len(mine), len(theirs[name])))
        else:
            found[name] = (mine, theirs[name])
    return found


@contextmanager
def steps_of_the_engine() -> Iterator[list[int]]:
    """Note how many calls the engine reserves at each of its own looks."""
    looked: list[int] = []
    step = Dialling.step

    def noted(self: Dialling) -> Step:
        done = step(self)
        looked.append(len(done.dials))
        return done

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Dialling, "step", noted)
        yield looked
