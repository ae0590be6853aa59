"""Named crash points: let a worker die at every place where it can, one after the other.

A driver keeps nothing that matters between two calls of a port. So every place at which a process can die is, for those
who go on after it, before or after such a call: before it nothing has happened, after it the store has committed or the
request has left, and the one who asked for it never learned of it. Reads change nothing and have no points.

Wrap the store and the dialler of a scenario, count its points once, then let it die at each of them::

    >>> from ori_campaigns.clocks import VirtualClock
    >>> from ori_campaigns.stores.memory import MemoryStore
    >>> store = MemoryStore(VirtualClock(0))
    >>> points = CrashPoints(at=2)
    >>> try:
    ...     CrashingStore(store, points).put_carriers("default", [])
    ... except Crashed as crash:
    ...     print(crash)
    died at point 2, put_carriers: committed
    >>> points.names
    ['put_carriers: before', 'put_carriers: committed']

What survives is the store that was wrapped and the carrier; whoever goes on is a new worker that knows nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import TypeVar

from ori_campaigns.browsing import EVERY_CAMPAIGN, EVERYBODY, CampaignFilter, ContactFilter, Overview, Place
from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Carrier
from ori_campaigns.contact import Attempt, Contact
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.events import Event, LifecycleChanged
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.ports import AdmitAsk, Agenda, Clock, Dialler, Store, StoreCapabilities
from ori_campaigns.reports import CallRef, DialRequest, LookUp, PlaceAnswer, Report
from ori_campaigns.views import (
    AdmitView,
    CampaignView,
    Changes,
    ContactBatch,
    Counters,
    Created,
    NumbersView,
    ReportView,
)

R = TypeVar("R")

STORE_POINTS: tuple[str, ...] = tuple(
    f"{call}: {when}"
    for call in "stage discard create change admit record change_numbers keep_policy put_carriers".split()
    for when in ("before", "committed")
)
"""Every point of a `CrashingStore`."""

DIALLER_POINTS: tuple[str, ...] = (
    "place: before",
    "place: sent",
    "hangup: before",
    "hangup: sent",
    "look_up: before",
    "look_up: answered",
)
"""Every point of a `CrashingDialler` and of a `CrashingModel`."""


class Crashed(BaseException):
    """The process dies here. Not an `Exception`: nothing that handles errors may hold it up.

    Parameters:
        number: which point it was, from 1.
        name: what the point is called.
    """

    def __init__(self, number: int, name: str) -> None:
        super().__init__(f"died at point {number}, {name}")
        self.number, self.name = number, name


class CrashPoints:
    """Counts the points that are passed, and raises `Crashed` at one of them.

    The dead stay dead: from then on every point raises it again, so that no clean-up of the worker's reaches the store.
    Whoever goes on is given points of its own.

    Parameters:
        at: the number of the point at which to die, from 1; `None` to only count.

    >>> points = CrashPoints()
    >>> points.reach("place: before"); points.reach("place: sent"); points.count
    2
    """

    def __init__(self, at: int | None = None) -> None:
        if at is not None and at < 1:
            raise ValueError(f"Points are counted from 1; there is no point {at}.")
        self.at = at
        self.names: list[str] = []

    @property
    def count(self) -> int:
        """How many points were passed so far."""
        return len(self.names)

    @property
    def crashed(self) -> bool:
        """Whether the point at which to die was reached."""
        return self.at is not None and self.count >= self.at

    def reach(self, name: str) -> None:
        """Pass a point.

        Raises:
            Crashed: it is the one at which to die, or was passed already.
        """
        if not self.crashed:
            self.names.append(name)
        if self.crashed:
            raise Crashed(self.count, self.names[-1])


class CrashingStore:
    """A store with a point before and after the commit of each of its writes, named as in `STORE_POINTS`.

    Parameters:
        store: the one that survives.
        points: shared with a `CrashingDialler`, so that all points of a scenario have one count.
    """

    def __init__(self, store: Store, points: CrashPoints) -> None:
        self._store, self._reach = store, points.reach

    @property
    def can(self) -> StoreCapabilities:
        """What the store can do."""
        return self._store.can

    @property
    def clock(self) -> Clock:
        """The store's clock."""
        return self._store.clock

    # --- writes ---
    def stage(self, batch: ContactBatch) -> str:
        """Keep contacts aside."""
        self._reach("stage: before")
        stage = self._store.stage(batch)
        self._reach("stage: committed")
        return stage

    def discard(self, stage: str) -> None:
        """Drop a stage."""
        self._reach("discard: before")
        self._store.discard(stage)
        self._reach("discard: committed")

    def create(self, created: Created, key: str | None) -> Campaign:
        """Insert a campaign."""
        self._reach("create: before")
        campaign = self._store.create(created, key)
        self._reach("create: committed")
        return campaign

    def change(self, campaign_id: str, rule: Callable[[CampaignView], Changes[R]]) -> R:
        """Run a lifecycle rule."""
        self._reach("change: before")
        result = self._store.change(campaign_id, rule)
        self._reach("change: committed")
        return result

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        """Run the rule of admission."""
        self._reach("admit: before")
        result = self._store.admit(ask, rule)
        self._reach("admit: committed")
        return result

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        """Run the rule of recording."""
        self._reach("record: before")
        result = self._store.record(reports, rule)
        self._reach("record: committed")
        return result

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        """Run a rule on numbers."""
        self._reach("change_numbers: before")
        result = self._store.change_numbers(campaign_id, numbers, rule)
        self._reach("change_numbers: committed")
        return result

    def keep_policy(self, name: str) -> str:
        """Remember a number policy."""
        self._reach("keep_policy: before")
        kept = self._store.keep_policy(name)
        self._reach("keep_policy: committed")
        return kept

    def put_carriers(self, workspace: str, carriers: Sequence[Carrier]) -> None:
        """Bring carriers up to date."""
        self._reach("put_carriers: before")
        self._store.put_carriers(workspace, carriers)
        self._reach("put_carriers: committed")

    # --- reads ---
    def agenda(self) -> Agenda:
        """Return what there is to do."""
        return self._store.agenda()

    def overdue(self, limit: int) -> Sequence[str]:
        """Return attempts past their limits."""
        return self._store.overdue(limit)

    def unsent(
        self, campaign_id: str, *, before: int | None = None, numbers: Sequence[PhoneNumber] | None = None
    ) -> Instant | None:
        """Return the latest `not_after` of open reservations."""
        return self._store.unsent(campaign_id, before=before, numbers=numbers)

    def campaign(self, campaign_id: str) -> Campaign:
        """Return one campaign."""
        return self._store.campaign(campaign_id)

    def campaigns(self, workspace: str | None = None) -> Sequence[Campaign]:
        """Return all campaigns."""
        return self._store.campaigns(workspace)

    def counters(self, campaign_id: str, run: int | None = None) -> Counters:
        """Return the kept counts of a run."""
        return self._store.counters(campaign_id, run)

    def overview(
        self, workspace: str, only: CampaignFilter = EVERY_CAMPAIGN, *, after: Place | None = None, limit: int = 50
    ) -> Sequence[Overview]:
        """Return a page of campaigns with their counts."""
        return self._store.overview(workspace, only, after=after, limit=limit)

    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = EVERYBODY
    ) -> Sequence[Contact]:
        """Return a page of contacts."""
        return self._store.contacts(campaign_id, after, limit, only)

    def attempts(self, campaign_id: str, after: int = -1, limit: int = 1000) -> Sequence[Attempt]:
        """Return a page of attempts."""
        return self._store.attempts(campaign_id, after, limit)

    def attempts_of(self, campaign_id: str, contacts: Sequence[int]) -> Sequence[Attempt]:
        """Return all attempts of some contacts."""
        return self._store.attempts_of(campaign_id, contacts)

    def number_use(self, campaign_id: str, run: int | None = None) -> Mapping[PhoneNumber, int]:
        """Return how many calls of a run were made from each number."""
        return self._store.number_use(campaign_id, run)

    def dialled_since(self, campaign_id: str, since: Instant) -> int:
        """Return how many calls were reserved of late."""
        return self._store.dialled_since(campaign_id, since)

    def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
        """Return a page of the log."""
        return self._store.events(after, limit, campaign_id)

    def next_due(self, campaign_id: str) -> Instant | None:
        """Return when the next contact is due."""
        return self._store.next_due(campaign_id)

    def activity(self, campaign_id: str, limit: int = 1000) -> Sequence[LifecycleChanged]:
        """Return the latest lifecycle actions."""
        return self._store.activity(campaign_id, limit)

    def tip(self) -> int:
        """Return the cursor of the last event."""
        return self._store.tip()


class CrashingDialler:
    """A dialler with a point before and after each thing it is asked to do, named as in `DIALLER_POINTS`.

    Parameters:
        dialler: the one that survives; to die after `place` is to never learn that the request has left.
        points: shared with a `CrashingStore`.
    """

    def __init__(self, dialler: Dialler, points: CrashPoints) -> None:
        self._dialler, self._reach = dialler, points.reach

    async def open(self) -> None:
        """Be ready to hear."""
        await self._dialler.open()

    async def place(self, call: DialRequest) -> PlaceAnswer:
        """Submit a call."""
        self._reach("place: before")
        answer = await self._dialler.place(call)
        self._reach("place: sent")
        return answer

    async def hangup(self, ref: CallRef, why: str) -> None:
        """End a call."""
        self._reach("hangup: before")
        await self._dialler.hangup(ref, why)
        self._reach("hangup: sent")

    async def look_up(self, ref: CallRef) -> LookUp:
        """Ask what became of a call."""
        self._reach("look_up: before")
        found = await self._dialler.look_up(ref)
        self._reach("look_up: answered")
        return found

    def events(self) -> AsyncIterator[Report]:
        """Yield call events."""
        return self._dialler.events()

    async def close(self) -> None:
        """Let go of the connection."""
        await self._dialler.close()


class CrashingModel:
    """The same points around a `CallModel`, for loops in virtual time that call it directly.

    Parameters:
        model: the carrier and its people, who survive.
        points: shared with a `CrashingStore`.
    """

    def __init__(self, model: CallModel, points: CrashPoints) -> None:
        self._model, self._reach = model, points.reach

    def place(self, request: DialRequest, now: Instant) -> tuple[PlaceAnswer, int]:
        """Take a request; return the answer, and microseconds until it arrives."""
        self._reach("place: before")
        answer = self._model.place(request, now)
        self._reach("place: sent")
        return answer

    def hangup(self, ref: CallRef, now: Instant) -> None:
        """End a call."""
        self._reach("hangup: before")
        self._model.hangup(ref, now)
        self._reach("hangup: sent")

    def look_up(self, ref: CallRef, now: Instant) -> LookUp:
        """Say what became of a call."""
        self._reach("look_up: before")
        found = self._model.look_up(ref, now)
        self._reach("look_up: answered")
        return found
