"""A whole campaign in virtual time: the engine over a private store, with a call model for the world.

Hours in which nothing unusual can happen are dialled without the engine's paperwork, to the same log (`stretch`).

No thread, no await, no clock but a virtual one; the host's store is read, never written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.campaign import Campaign, CampaignDraft, CampaignStatus
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.contact import FINAL, LIVE, Attempt, AttemptStatus, Contact
from ori_campaigns.diallers.answers import AnswerModel
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.ids import counted_ids
from ori_campaigns.instants import DAY, Instant, to_datetime, to_instant
from ori_campaigns.listing import CampaignRow, row
from ori_campaigns.numbers import DIGITS, NumberPolicy
from ori_campaigns.outcomes import Policy
from ori_campaigns.ports import Directory
from ori_campaigns.service import CampaignService
from ori_campaigns.simulation.driving import drive, resolution_for
from ori_campaigns.simulation.handover import Plain
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.stores.memory.restore import restore
from ori_campaigns.views import ContactBatch, Counters

if TYPE_CHECKING:
    import polars as pl

OPERATOR = "simulation"
"""Who the activity log of a simulated campaign names."""

_LONGEST = 366 * DAY
_MICROSECOND = timedelta(microseconds=1)


@attrs.frozen
class Snapshot:
    """A copy of a live campaign, taken by `snapshot`, from which simulations begin.

    Parameters:
        live: attempts that are live, or over and waiting for their analysis.
        taken_at: when (microseconds UTC).
    """

    campaign: Campaign
    contacts: tuple[Contact, ...] = attrs.field(repr=False)
    live: tuple[Attempt, ...] = attrs.field(repr=False)
    counters: Counters = attrs.field(repr=False)
    taken_at: Instant


def snapshot(service: CampaignService, campaign_id: str) -> Snapshot:
    """Copy a campaign, its list and its live calls out of a service, page by page."""
    store = service.store
    contacts: list[Contact] = []
    while page := store.contacts(campaign_id, len(contacts) - 1, 10_000):
        contacts += page
    live: list[Attempt] = []
    after = -1
    while attempts := store.attempts(campaign_id, after, 10_000):
        after += len(attempts)
        live += [each for each in attempts if each.status in LIVE or _undecided(each)]
    return Snapshot(
        store.campaign(campaign_id), tuple(contacts), tuple(live), store.counters(campaign_id), store.clock.now()
    )


class Rehearsal:
    """What a simulated campaign did.

    Parameters:
        campaign: as it stands at the end.
        counters: kept counts of its run.
        started_at, ended_at: aware datetimes, in the zone of its calling window.
        events: how many events its log holds.
    """

    def __init__(self, service: CampaignService, campaign_id: str, started_at: Instant, model: CallModel) -> None:
        self.service, self.model = service, model
        self.campaign = service.get(campaign_id)
        self.counters: Counters = service.counters(campaign_id)
        zone = to_zone(self.campaign)
        self.started_at = to_datetime(started_at, zone)
        self.ended_at = to_datetime(self.campaign.completed_at or service.store.clock.now(), zone)

    @property
    def row(self) -> CampaignRow:
        """The campaign's row in the list."""
        return row(self.campaign, self.counters)

    @property
    def attempts(self) -> pl.DataFrame:
        """One row for each attempt, all runs; columns as told by `analytics.attempts_frame`."""
        from ori_campaigns.analytics.frames import attempts_frame

        return attempts_frame(self.service.store, self.campaign.id)

    @property
    def contacts(self) -> pl.DataFrame:
        """One row for each contact; columns as told by `analytics.contacts_frame`."""
        from ori_campaigns.analytics.frames import contacts_frame

        return contacts_frame(self.service.store, self.campaign.id)

    @property
    def events(self) -> pl.DataFrame:
        """One row for each event of the log; columns as told by `analytics.events_frame`."""
        from ori_campaigns.analytics.frames import events_frame

        return events_frame(self.service.store, self.campaign.id)

    def __repr__(self) -> str:
        shown = self.row
        took = self.ended_at - self.started_at
        return (
            f"<Rehearsal of {shown.name!r}: {self.campaign.status.value} after {took}, {self.counters.total} contacts, "
            f"{self.counters.dialled} calls, answer rate {shown.answer_rate.text}>"
        )


def _undecided(attempt: Attempt) -> bool:
    """Tell whether a call is over and waits for its analysis."""
    return attempt.status is AttemptStatus.ENDED and not attempt.rule


def simulate(  # noqa: PLR0913 - what if, in as many ways as people ask
    source: CampaignDraft | Snapshot,
    leads: ContactBatch | None = None,
    *,
    directory: Directory,
    answers: AnswerModel | None = None,
    model: CallModel | None = None,
    start: datetime | None = None,
    until: datetime | None = None,
    seed: int = 0,
    policy: NumberPolicy = DIGITS,
    actions: Mapping[datetime, Callable[[CampaignService, str], object]] | None = None,
    resolution: timedelta | None = None,
    on_progress: Callable[[int, int, datetime], None] | None = None,
) -> Rehearsal:
    """Run a campaign in virtual time, from a draft and leads alone, or from a copy of a live one.

    Parameters:
        source: a draft, or a `snapshot` of a campaign in draft, running or paused.
        leads: the contacts of a draft.
        directory: bots and carriers; no real one is called.
        answers: how people answer; a default population unless given.
        model: a call model of one's own (scripted numbers, faults, a ledger) instead of `answers` and `seed`. The
            engine then dials every call itself, in about three times the time, to the same log.
        start: when Start is pressed, aware; a snapshot starts when it was taken unless told otherwise.
        until: when to stop looking, aware; at the end of the campaign unless given, after a year at the latest.
        seed: the same seed gives the same campaign, and every person the same luck under another config.
        policy: the number policy that the leads were read by, and the copied store's.
        actions: what operators do, and when: functions of the service and the campaign's id.
        resolution: how often the engine looks; one second, or finer where a carrier's burst is short, unless given.
        on_progress: called now and then with contacts processed, contacts, and the virtual time.

    Returns:
        A `Rehearsal`: the campaign as it ended, its counts, and polars frames of contacts, attempts and events.

    Raises:
        InvalidDefinition: everything that is wrong with the draft; code `no_start` when `start` is missing, `not_live`
            for a snapshot of a campaign that is over.
        CannotStart: the reasons why it would not start.

    """
    begins = _begins(source, start)
    if resolution is not None and resolution <= timedelta(0):
        problem = Problem("resolution", "bad_resolution", f"{resolution} is no time between two looks.", "Give more.")
        raise InvalidDefinition([problem], what="The simulation")
    clock = VirtualClock(begins)
    store, calls = MemoryStore(clock), Policy()
    service = CampaignService(
        store, directory, policy=policy, limits=calls.limits, connected=calls.connected, new_id=counted_ids("sim")
    )
    if model is None:
        model = CallModel(answers, seed=seed, ringing=False, ledger=False)
    if isinstance(source, Snapshot):
        campaign_id = source.campaign.id
        service.refresh(source.campaign.workspace)
        for request, answered in restore(store, source.campaign, source.contacts, source.live, source.counters):
            model.adopt(request, begins, answered=answered)
    else:
        campaign_id = service.create(source, leads, by=OPERATOR).id
    campaign = service.get(campaign_id)
    if campaign.status is CampaignStatus.DRAFT:
        service.start(campaign_id, by=OPERATOR)
    elif campaign.status is CampaignStatus.PAUSED:
        service.resume(campaign_id, by=OPERATOR)

    def act(what: Callable[[CampaignService, str], object]) -> Callable[[], object]:
        return lambda: what(service, campaign_id)

    def progress(now: Instant) -> None:
        counters = service.counters(campaign_id)
        on_progress(counters.count(FINAL), counters.total, to_datetime(now, to_zone(campaign)))  # type: ignore[misc]

    drive(
        service,
        model,
        clock,
        until=to_instant(until) if until is not None else begins + _LONGEST,
        resolution=round(resolution / _MICROSECOND) if resolution else resolution_for(directory, campaign.workspace),
        actions=[(to_instant(moment), act(what)) for moment, what in (actions or {}).items()],
        on_progress=None if on_progress is None else progress,
        plain=Plain(store, model, clock, calls),
    )
    return Rehearsal(service, campaign_id, begins, model)


def _begins(source: CampaignDraft | Snapshot, start: datetime | None) -> Instant:
    if isinstance(source, Snapshot) and source.campaign.status in {CampaignStatus.COMPLETED, CampaignStatus.FAILED}:
        message = f"Campaign {source.campaign.id} is {source.campaign.status.value}: there is nothing left to simulate."
        hint = "Restart or clone it first, or simulate from a draft and leads."
        raise InvalidDefinition([Problem("source", "not_live", message, hint)], what="The simulation")
    if start is not None:
        return to_instant(start)
    if isinstance(source, Snapshot):
        return source.taken_at
    hint = "Give start=, an aware datetime."
    raise InvalidDefinition([Problem("start", "no_start", "It is not said when Start is pressed.", hint)],
                            what="The simulation")  # fmt: skip


def to_zone(campaign: Campaign) -> ZoneInfo:
    """Return the zone of a campaign's calling window."""
    return ZoneInfo(campaign.config.window.timezone)
