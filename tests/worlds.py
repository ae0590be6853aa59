"""A small world for tests: a clock, a store, a directory, a service, and words for what happens in it.

Everything stands still at Monday 2026-01-05, 10:00 in Kolkata, until a test lets time pass. Nothing here knows a rule.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.campaign import Campaign, CampaignDraft, Stage
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import MULTI_DAY, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.contact import Attempt, Callback, CallbackRequest, Contact
from ori_campaigns.events import Event
from ori_campaigns.ids import counted_ids
from ori_campaigns.ingest import Leads
from ori_campaigns.instants import Instant, to_datetime, to_instant
from ori_campaigns.numbers import parse_number
from ori_campaigns.outcomes import Recorded
from ori_campaigns.reports import Accepted, Answered, CallAnalysis, DialRequest, Ended, Report, Ringing
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing.world import HostDirectory
from ori_campaigns.views import ContactBatch, Counters
from ori_campaigns.windows import CallingWindow

KOLKATA = ZoneInfo("Asia/Kolkata")
MONDAY = datetime(2026, 1, 5, 10, 0, tzinfo=KOLKATA)
BOT = "renewals-v3"
LINES = ("911140001000", "911140001001")
TRUNK = Carrier("trunk", numbers=LINES, cps=100, burst=1000, channels=500)
"""Wide enough that no test waits for it unless it wants to."""

_PARTS: Mapping[str, type] = {
    "window": CallingWindow,
    "retry": RetryPolicy,
    "redial": RedialRules,
}


def at(text: str, zone: ZoneInfo = KOLKATA) -> Instant:
    """`at("2026-01-05 18:00")`: the instant of a wall clock, Kolkata's unless told otherwise."""
    return to_instant(datetime.fromisoformat(text).replace(tzinfo=zone))


def fields(value: type) -> set[str]:
    return {field.name for field in attrs.fields(value) if field.init}


def changed(draft: CampaignDraft, **changes: Any) -> CampaignDraft:
    """A draft with some fields of its own, of its config or of the config's parts changed, each by its plain name."""
    config = changes.pop("config", draft.config)
    for part, kind in _PARTS.items():
        mine = {name: changes.pop(name) for name in fields(kind) & changes.keys()}
        config = attrs.evolve(config, **{part: attrs.evolve(getattr(config, part), **mine)})
    mine = {name: changes.pop(name) for name in fields(DiallerConfig) & changes.keys()}
    return attrs.evolve(draft, config=attrs.evolve(config, **mine), **changes)


def draft(**changes: Any) -> CampaignDraft:
    """A multi-day draft from 09:00 to 18:00 in Kolkata; `draft(max_attempts=2, start="10:00", name="Other")`."""
    config = DiallerConfig(mode=MULTI_DAY, window=CallingWindow("09:00", "18:00", "Asia/Kolkata"))
    return changed(CampaignDraft(name="Q2 Renewal Drive", bot=BOT, numbers=LINES, config=config), **changes)


def draft_of(campaign: Campaign, **changes: Any) -> CampaignDraft:
    """What the editor of a campaign holds, with some fields changed."""
    as_it_is = CampaignDraft(
        name=campaign.name,
        bot=campaign.bot,
        numbers=campaign.numbers,
        config=campaign.config,
        workspace=campaign.workspace,
    )
    return changed(as_it_is, **changes)


def number(index: int) -> str:
    """The number of the contact at this place in `leads`, from 0."""
    return f"9198{index:08d}"


def leads(count: int, *, first: int = 0) -> Leads:
    return Leads.of([number(index) for index in range(first, first + count)])


class Switchboard(HostDirectory):
    """A directory whose bots and carriers may change at any time, for each workspace its own."""

    def withdraw(self, *numbers: str, workspace: str = "default") -> None:
        """Take numbers away from whatever carrier has them."""
        gone = {parse_number(each) for each in numbers}
        self._each_number(workspace, lambda entry: None if entry.number in gone else entry)

    def make_inbound(self, *numbers: str, workspace: str = "default") -> None:
        """Let numbers take calls only."""
        inbound = {parse_number(each) for each in numbers}
        self._each_number(
            workspace, lambda entry: attrs.evolve(entry, outbound=False) if entry.number in inbound else entry
        )

    def _each_number(self, workspace: str, change: Any) -> None:
        for carrier in self.carriers(workspace):
            kept: list[CarrierNumber] = [new for entry in carrier.numbers if (new := change(entry)) is not None]
            self.add(attrs.evolve(carrier, numbers=tuple(kept)), workspace=workspace)


class State(NamedTuple):
    """Everything that can be read about a campaign."""

    campaign: Campaign
    counters: Counters
    contacts: Sequence[Contact]
    attempts: Sequence[Attempt]
    events: Sequence[Event]


class World:
    """A service over a memory store in virtual time, with a bot and two pool numbers.

    Parameters:
        start: when it begins, an aware datetime.
        store: a store class to use instead; it is given the clock.
        options: handed on to `CampaignService`.
    """

    def __init__(self, start: datetime = MONDAY, *, store: type[MemoryStore] = MemoryStore, **options: Any) -> None:
        self.clock = VirtualClock(start)
        self.store = store(self.clock)
        self.directory = Switchboard()
        self.open_workspace("default")
        options.setdefault("new_id", counted_ids("t"))
        self.service = CampaignService(self.store, self.directory, **options)
        self._unclaimed: tuple[DialRequest, ...] = ()

    def open_workspace(self, workspace: str) -> None:
        """Give a workspace the bot (whose own callback setting is on) and the carrier, under the same names."""
        self.directory.add(Bot(BOT, callbacks=True), TRUNK, workspace=workspace)

    # --- time ---
    @property
    def now(self) -> Instant:
        return self.clock.now()

    def local(self, instant: Instant | None) -> str:
        """`2026-01-05 18:00:00` for an instant, on Kolkata's wall clock; `never` for none."""
        return "never" if instant is None else f"{to_datetime(instant, KOLKATA):%Y-%m-%d %H:%M:%S}"

    def until(self, text: str) -> None:
        """Let time pass until Kolkata's wall clock shows `text`."""
        assert at(text) >= self.now
        self.clock.set(at(text))

    # --- campaigns ---
    def create(
        self, count: int = 3, *, by: str = "asha", batch: ContactBatch | None = None, **changes: Any
    ) -> Campaign:
        """A draft with `count` contacts; none at all, no list."""
        batch = batch or (leads(count) if count else None)
        return self.service.create(draft(**changes), batch, by=by)

    def running(self, count: int = 3, **changes: Any) -> Campaign:
        """A campaign that was started."""
        return self.service.start(self.create(count, **changes).id, by="asha").campaign

    def paused(self, count: int = 3, **changes: Any) -> Campaign:
        """A campaign that was started and paused."""
        return self.service.pause(self.running(count, **changes).id, by="asha").campaign

    def campaign_in(self, stage: Stage, count: int = 3, **changes: Any) -> Campaign:
        """A campaign in any of the six stages.

        One that has started has called everybody once, nobody picked up, and everybody is to be called again; the
        completed one was stopped then.
        """
        changes.setdefault("on_system", {"no_answer"})
        campaign = self.create(count, **changes)
        if stage is Stage.DRAFT:
            return campaign
        self.service.start(campaign.id, by="asha")
        self.no_answer(*self.dials(campaign.id))
        if stage is Stage.PAUSED:
            self.service.pause(campaign.id, by="asha")
        elif stage is Stage.FAILED:
            self.service.fail(campaign.id, "credentials_refused", by="asha")
        elif stage is not Stage.RUNNING:
            self.service.stop(campaign.id, by="asha")
            if stage is Stage.PREPARED:
                self.service.restart(campaign.id, by="asha")
        found = self.get(campaign.id)
        assert found.stage is stage
        return found

    def edit(
        self, campaign_id: str, batch: ContactBatch | None = None, *, by: str = "asha", **changes: Any
    ) -> Campaign:
        """Save some changes, made from the campaign as it stands."""
        campaign = self.get(campaign_id)
        return self.service.edit(campaign_id, draft_of(campaign, **changes), batch, by=by, version=campaign.version)

    def get(self, campaign_id: str) -> Campaign:
        return self.service.get(campaign_id)

    def contacts(self, campaign_id: str) -> Sequence[Contact]:
        return self.store.contacts(campaign_id)

    def statuses(self, campaign_id: str) -> list[str]:
        """The state of every contact, in the order of the list."""
        return [contact.status.value for contact in self.contacts(campaign_id)]

    def callbacks(self, campaign_id: str) -> list[Callback | None]:
        return [contact.callback for contact in self.contacts(campaign_id)]

    def log(self, campaign_id: str) -> list[tuple[str, str]]:
        """The activity log as (action, by)."""
        return [(entry.action, entry.by) for entry in self.service.activity(campaign_id)]

    def state(self, campaign_id: str) -> State:
        """Everything that can be read about a campaign, to be compared."""
        return State(
            self.get(campaign_id),
            self.service.counters(campaign_id),
            self.contacts(campaign_id),
            self.store.attempts(campaign_id),
            self.store.events(campaign_id=campaign_id, limit=100_000),
        )

    # --- calls ---
    def dials(self, campaign_id: str | None = None) -> tuple[DialRequest, ...]:
        """What the engine wants dialled now, of one campaign or of all; calls of others are kept for later."""
        wanted = (*self._unclaimed, *self.service.step().dials)
        mine = tuple(dial for dial in wanted if campaign_id in {None, dial.campaign_id})
        self._unclaimed = tuple(dial for dial in wanted if dial not in mine)
        return mine

    def dial(self, campaign_id: str | None = None) -> DialRequest:
        """The one call the engine wants dialled now."""
        [dial] = self.dials(campaign_id)
        return dial

    def tell(self, *reports: Report) -> Recorded:
        return self.service.record(reports)

    def accept(self, *dials: DialRequest) -> None:
        """The carrier takes the calls."""
        self.tell(*(Accepted(dial.attempt_id, self.now) for dial in dials))

    def ring(self, *dials: DialRequest) -> None:
        """The carrier takes the calls, and they ring."""
        self.accept(*dials)
        self.tell(*(Ringing(dial.attempt_id, self.now) for dial in dials))

    def connect(self, *dials: DialRequest) -> None:
        """The calls ring and are picked up at once."""
        self.ring(*dials)
        self.tell(*(Answered(dial.attempt_id, self.now) for dial in dials))

    def end(self, *dials: DialRequest, disposition: str = "customer", detail: str = "") -> None:
        """The calls are over now."""
        self.tell(*(Ended(dial.attempt_id, self.now, disposition, detail) for dial in dials))

    def no_answer(self, *dials: DialRequest, seconds: float = 25) -> None:
        """The calls ring for some seconds and nobody picks up."""
        self.ring(*dials)
        self.clock.advance(seconds=seconds)
        self.end(*dials, disposition="no_answer")

    def talked(self, *dials: DialRequest, seconds: float = 60, disposition: str = "customer") -> None:
        """The calls are picked up at once and last some seconds."""
        self.connect(*dials)
        self.clock.advance(seconds=seconds)
        self.end(*dials, disposition=disposition)

    def analysed(self, dial: DialRequest, business: str = "", *, call_back_at: Instant | None = None) -> None:
        """The post-call analysis of a call arrives, with the callback that was asked for."""
        asked = None if call_back_at is None else CallbackRequest(call_back_at, "later")
        self.tell(CallAnalysis(dial.attempt_id, self.now, business, asked))

    def booked(self, dial: DialRequest, call_back_at: Instant, *, seconds: float = 60) -> None:
        """Somebody talks, and asks to be called back."""
        self.talked(dial, seconds=seconds)
        self.analysed(dial, call_back_at=call_back_at)
