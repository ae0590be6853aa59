"""The ports of the engine, on one page: what a host brings, and the duty each carries.

A `Store` keeps everything and runs the rules; a `Dialler` places calls; a `TelephonyAdapter` is a Dialler for one
carrier; a `Clock` tells the time; a `Directory` knows the host's bots and carriers; an `EventSink` hears what happened.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeVar

import attrs

from ori_campaigns.browsing import CampaignFilter, ContactFilter, Overview, Place
from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.contact import Attempt, Contact
from ori_campaigns.events import Event, LifecycleChanged
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Demand, Supply
from ori_campaigns.records import distinct
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


class Clock(Protocol):
    """The one source of time of a store and of those who wait for it."""

    def now(self) -> Instant:
        """Return the present instant; it may step back, nothing may break if it does."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class Directory(Protocol):
    """The host's bots and carriers. Called before transactions, never inside one."""

    def bots(self, workspace: str) -> Sequence[Bot]:
        """Return the bots a campaign of this workspace may use."""
        ...

    def carriers(self, workspace: str) -> Sequence[Carrier]:
        """Return the carriers of this workspace with their numbers and limits."""
        ...


class EventSink(Protocol):
    """Hears events after they are committed: at least once, in order within a stream."""

    def handle(self, events: Sequence[Event]) -> None:
        """Take a batch; raising leaves it to be delivered again."""
        ...


@attrs.frozen
class StoreCapabilities:
    """What a store can do.

    Parameters:
        durable: what was committed survives a crash.
        shared: several processes may use it at once.
        inline: its calls never block, so that they may be made from an event loop.
        joins: it can take part in the host's own transaction.
    """

    durable: bool
    shared: bool
    inline: bool
    joins: bool


@distinct
class Work(NamedTuple):
    """A running campaign that may need something now.

    Parameters:
        campaign: as it stands.
        live, waiting, active: calls that hold a seat, and contacts by class, in the current run.
        demand: what it could use, as if its gates were open.
        next_due: when its next contact is due (microseconds UTC), `None` when none waits.
    """

    campaign: Campaign
    live: int
    waiting: int
    active: int
    demand: Demand
    next_due: Instant | None


@distinct
class Agenda(NamedTuple):
    """All there is to do in a store, at one moment.

    Parameters:
        now: that moment (microseconds UTC, the store's clock).
        works: the running campaigns.
        supply: for each workspace of theirs, and each of its carriers, what it can take.
        next_check: when the next attempt may become overdue, `None` when none is watched.
    """

    now: Instant
    works: Sequence[Work]
    supply: Mapping[str, Mapping[str, Supply]]
    next_check: Instant | None


@attrs.frozen
class AdmitAsk:
    """Admission for one campaign: calls it may take from each carrier."""

    campaign_id: str
    quotas: dict[str, int]


class Store(Protocol):
    """Keeps campaigns, contacts, attempts, carriers and the log; thread-safe.

    Each write does, in ONE transaction: lock what is asked for, read a view, call the PURE rule (which may be called
    again after a conflict), apply its `Changes` in the order moves, facts, campaign, and append the facts to the log.
    If the rule raises, nothing has changed. Rules are never expressed in the store. For each move, after the facts, a
    `ContactsMoved` is appended that says how many contacts changed, and to which status where that is one.

    A report without our id is of the one attempt that has its carrier's reference; if two ever had it, of none.

    Raises, from any call: `NotFound`, `Conflict`, `StoreUnavailable`, `CommitUnknown`.
    """

    @property
    def can(self) -> StoreCapabilities:
        """What this store can do."""
        ...

    @property
    def clock(self) -> Clock:
        """The one time all workers go by: injected, else the database's."""
        ...

    # --- writes ---
    def stage(self, batch: ContactBatch) -> str:
        """Keep contacts aside for a later `UseStage` or `AppendStage`."""
        ...

    def discard(self, stage: str) -> None:
        """Drop a stage that will not be used; fine if it is gone."""
        ...

    def create(self, created: Created, key: str | None) -> Campaign:
        """Insert a campaign with its contacts; the same `key` again answers the first campaign and inserts nothing."""
        ...

    def change(self, campaign_id: str, rule: Callable[[CampaignView], Changes[R]]) -> R:
        """Run a lifecycle rule on one campaign."""
        ...

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        """Run the rule of admission (T1).

        Guards, whatever the rule says: one open attempt for a number, one for a contact.
        """
        ...

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        """Run the rule of recording on a batch in which no attempt appears twice."""
        ...

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        """Run a rule on numbers of one campaign, on its list or not; they may be as many as a list may have."""
        ...

    def keep_policy(self, name: str) -> str:
        """Remember a number policy by its name, unless one is remembered; return the remembered one (C11)."""
        ...

    def put_carriers(self, workspace: str, carriers: Sequence[Carrier]) -> None:
        """Bring the workspace's carrier rows up to date; buckets and live counts are kept."""
        ...

    # --- what there is to do ---
    def agenda(self) -> Agenda:
        """Return what there is to do; nothing of it is reserved or locked."""
        ...

    def overdue(self, limit: int) -> Sequence[str]:
        """Return attempts whose time limit or awaited analysis has passed, longest overdue first."""
        ...

    def unsent(
        self, campaign_id: str, *, before: int | None = None, numbers: Sequence[PhoneNumber] | None = None
    ) -> Instant | None:
        """Return the latest `not_after` of reservations nobody has reported on yet, `None` when there is none.

        Of the whole campaign; only those of an epoch before `before`, only those to `numbers`, where given.
        """
        ...

    # --- reads ---
    def campaign(self, campaign_id: str) -> Campaign:
        """Return one campaign."""
        ...

    def campaigns(self, workspace: str | None = None) -> Sequence[Campaign]:
        """Return all campaigns, newest created first, id as tie-break."""
        ...

    def counters(self, campaign_id: str, run: int | None = None) -> Counters:
        """Return the kept counts of a run, the current one unless named."""
        ...

    def overview(
        self, workspace: str, only: CampaignFilter = ..., *, after: Place | None = None, limit: int = 50
    ) -> Sequence[Overview]:
        """Return a page of a workspace's campaigns with their kept counts, in the order of `campaigns`.

        Those that `only` takes, behind a place in that order, whether there is still a campaign or not. No contact, and
        no attempt, is looked at.
        """
        ...

    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = ...
    ) -> Sequence[Contact]:
        """Return a page of the contacts that `only` takes, by ordinal; of all of them unless it is given."""
        ...

    def attempts(self, campaign_id: str, after: int = -1, limit: int = 1000) -> Sequence[Attempt]:
        """Return a page of attempts of all runs, by serial (the last part of their id)."""
        ...

    def attempts_of(self, campaign_id: str, contacts: Sequence[int]) -> Sequence[Attempt]:
        """Return all attempts of these contacts, of all runs, by serial; ordinals that are on no list have none."""
        ...

    def number_use(self, campaign_id: str, run: int | None = None) -> Mapping[PhoneNumber, int]:
        """Return how many calls of a run, the current one unless named, were made from each number.

        As the count `dialled`: without those that were never placed, or not yet. It goes through the calls of the run.
        """
        ...

    def dialled_since(self, campaign_id: str, since: Instant) -> int:
        """Return how many calls were reserved at `since` or later, counted as `dialled` is.

        Of the newest `browsing.NEWEST` attempts only, which is as many as carriers take in some minutes.
        """
        ...

    def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
        """Return a page of the log; the cursor never skips an event that is committed later."""
        ...

    def next_due(self, campaign_id: str) -> Instant | None:
        """Return when the next contact of a running campaign is due, as `agenda` has it; `None` when none waits."""
        ...

    def activity(self, campaign_id: str, limit: int = 1000) -> Sequence[LifecycleChanged]:
        """Return the latest lifecycle actions of a campaign, so many at the most, in their order (L15)."""
        ...

    def tip(self) -> int:
        """Return the cursor of the last event that `events` would give, -1 while there is none."""
        ...


class Dialler(Protocol):
    """Places calls. Whatever goes wrong, the caller learns which is true: accepted, refused or unknown."""

    async def open(self) -> None:
        """Be ready to *hear* before the first call may be placed."""
        ...

    async def place(self, call: DialRequest) -> PlaceAnswer:
        """Submit a call once, never retrying; return when the carrier has accepted it, not when it is answered."""
        ...

    async def hangup(self, ref: CallRef, why: str) -> None:
        """End a call, cancelling it while it rings or is queued; fine if it is already gone."""
        ...

    async def look_up(self, ref: CallRef) -> LookUp:
        """Ask the carrier what became of a call."""
        ...

    def events(self) -> AsyncIterator[Report]:
        """Yield call events as they come: late, repeated and out of order if that is how they come.

        Where carrier and bot are one, the bot's reports may be among them.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection; calls in progress are not cut."""
        ...


@attrs.frozen
class DiallerCapabilities:
    """What a carrier can do, as its adapter declares it.

    Parameters:
        ringing_events, sip_codes: how much its events tell.
        cancel_ringing: a ringing or queued call can be cancelled.
        look_up: a call can be looked up by our id.
        deduplicates: `live`, `window` or `none`: what happens to a second request with the same id.
        queues: above its rate it queues calls instead of refusing them.
    """

    ringing_events: bool = True
    sip_codes: bool = True
    cancel_ringing: bool = True
    look_up: bool = True
    deduplicates: str = "none"
    queues: bool = False


class TelephonyAdapter(Dialler, Protocol):
    """A Dialler for one carrier, which says what that carrier can do."""

    @property
    def capabilities(self) -> DiallerCapabilities:
        """What this carrier can do."""
        ...
