"""A world to try campaigns in: virtual time, a store, a directory, and a dialler whose people do as they are told.

Everything stands still at Monday 2026-01-05, 10:00 in Kolkata, until a test lets time pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict, Unpack, cast
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.campaign import Campaign, CampaignDraft
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import CampaignMode, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.contact import Attempt, Contact
from ori_campaigns.diallers.answers import AnswerModel, Fate, Fixed, Mix
from ori_campaigns.diallers.faults import NO_FAULTS, CarrierFaults
from ori_campaigns.diallers.ledger import LedgerCall
from ori_campaigns.diallers.memory import InMemoryDialler
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.errors import NotFound
from ori_campaigns.ids import counted_ids
from ori_campaigns.instants import DAY, Instant, to_datetime, to_instant
from ori_campaigns.listing import CampaignRow, row
from ori_campaigns.numbers import PhoneNumber, parse_number
from ori_campaigns.ports import Clock, Store
from ori_campaigns.service import CampaignService
from ori_campaigns.simulation import drive
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.views import ContactBatch
from ori_campaigns.windows import CallingWindow

KOLKATA = ZoneInfo("Asia/Kolkata")
MONDAY = datetime(2026, 1, 5, 10, 0, tzinfo=KOLKATA)
BOT = "renewals-v3"
POOL = ("911140001000", "911140001001")
TRUNK = Carrier("trunk", numbers=POOL, cps=100, burst=1000, channels=500)
"""Wide enough that no test waits for it unless it wants to."""

CONTACTS = ("919800000001", "919800000002", "919800000003")
NOBODY_ANSWERS = AnswerModel(rate=0.0, gives_up=Fixed(25), unanswered=Mix({"no_answer": 1}))
"""How people behave whom nobody scripted: it rings for 25 seconds, and that is all."""

# A call model that is made without faults takes short cuts and cannot be given any later; this one is without effect.
_READY_FOR_FAULTS = attrs.evolve(NO_FAULTS, late_seconds=0.0)
# Every report is dealt with at its own microsecond, so that it does not matter where one wait ends and the next begins.
_EXACT = 1
_LONGEST = 366 * DAY
_MICROSECOND = timedelta(microseconds=1)


class CampaignChanges(TypedDict, total=False):
    """What may be said of a campaign by its plain name; all else is as the wizard has it, in Kolkata's hours.

    Parameters:
        name, bot, numbers, workspace, config: the fields of `CampaignDraft`; `config` comes before its parts.
        concurrency_limit, mode, always_on, window, retry, redial, callback_detection,
            callbacks_may_exceed_max_attempts, sticky_exclusion, analysis_wait_seconds: the fields of `DiallerConfig`.
    """

    name: str
    bot: str
    numbers: Iterable[str | PhoneNumber]
    workspace: str
    config: DiallerConfig
    concurrency_limit: int
    mode: CampaignMode | str
    always_on: bool
    window: CallingWindow
    retry: RetryPolicy
    redial: RedialRules
    callback_detection: bool
    callbacks_may_exceed_max_attempts: bool
    sticky_exclusion: bool
    analysis_wait_seconds: int


_OF_CONFIG = tuple(field.name for field in attrs.fields(DiallerConfig))
_OF_DRAFT = tuple(field.name for field in attrs.fields(CampaignDraft))


class HostDirectory:
    """A directory whose bots and carriers may change at any time; call `service.refresh()` to tell a running campaign.

    >>> directory = HostDirectory()
    >>> directory.add(Bot("surveys"))
    >>> [bot.id for bot in directory.bots("default")]
    ['surveys']
    """

    def __init__(self) -> None:
        self._entries: dict[tuple[str, type[Bot | Carrier], str], Bot | Carrier] = {}

    def add(self, *entries: Bot | Carrier, workspace: str = "default") -> None:
        """Configure bots and carriers; one of the same id is replaced."""
        for entry in entries:
            self._entries[workspace, type(entry), entry.id] = entry

    def remove(self, *ids: str, workspace: str = "default") -> None:
        """Take away the bots and carriers of these ids."""
        self._entries = {key: entry for key, entry in self._entries.items() if key[0] != workspace or key[2] not in ids}

    def bots(self, workspace: str) -> Sequence[Bot]:
        """Return the bots of a workspace."""
        return tuple(entry for key, entry in self._entries.items() if key[0] == workspace and isinstance(entry, Bot))

    def carriers(self, workspace: str) -> Sequence[Carrier]:
        """Return the carriers of a workspace."""
        return tuple(
            entry for key, entry in self._entries.items() if key[0] == workspace and isinstance(entry, Carrier)
        )


class ScriptedDialler(InMemoryDialler):
    """A dialler whose people do as they are told; also a `Dialler` like any other, for a host's own loop.

    Parameters:
        clock: the clock of the store it works for.
        answers: how people behave whom nobody scripted; nobody picks up unless given.
        faults: what the carrier gets wrong; nothing unless given.
        seed: the same seed gives everybody the same luck.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        answers: AnswerModel | None = None,
        faults: CarrierFaults | None = None,
        seed: int = 0,
    ) -> None:
        model = CallModel(answers or NOBODY_ANSWERS, seed=seed, faults=_READY_FOR_FAULTS)
        super().__init__(model, clock)
        self._time = clock
        self._scripted: dict[str, None] = {}
        self.faults = faults or NO_FAULTS

    def script(self, number: str | PhoneNumber, fates: str | Fate | Iterable[str | Fate]) -> None:
        """Say what happens on the calls to one number, one after the other; the last is repeated.

        Parameters:
            number: the person.
            fates: each `ori_campaigns.answered(...)`, `unanswered(...)`, or a disposition for the latter.
        """
        self._scripted[parse_number(number).reveal()] = None
        listed = (fates,) if isinstance(fates, str | Fate) else fates
        super().script(number, listed)

    @property
    def scripted(self) -> tuple[str, ...]:
        """The numbers that were scripted, in the order in which they first were."""
        return tuple(self._scripted)

    @property
    def answers(self) -> AnswerModel:
        """How people behave whom nobody scripted; may be set."""
        return self.model.answers

    @answers.setter
    def answers(self, answers: AnswerModel) -> None:
        self.model.answers = answers

    @property
    def faults(self) -> CarrierFaults:
        """What the carrier gets wrong from now on; may be set."""
        return self.model.faults

    @faults.setter
    def faults(self, faults: CarrierFaults) -> None:
        self.model.faults = faults

    @property
    def calls(self) -> Sequence[LedgerCall]:
        """The carrier's own book: every request it saw, refused ones too, in order."""
        return () if self.model.ledger is None else tuple(self.model.ledger.calls)

    @property
    def live_calls(self) -> Sequence[LedgerCall]:
        """The calls that ring or talk at this moment."""
        now = self._time.now()
        return tuple(call for call in self.calls if call.placed and call.ended_at is not None and call.ended_at > now)


class World:
    """A service over a store, with a bot, a carrier and two pool numbers, in a time that stands still until told.

    Parameters:
        start: when it begins, an aware datetime; its zone is the one in which `until` is read.
        store: makes the store, given the clock; a `MemoryStore` unless given.
        answers: how people behave whom nobody scripted; it rings for 25 seconds and nobody picks up unless given.
        faults: what the carrier gets wrong; nothing unless given.
        seed: the same seed gives everybody the same luck.

    >>> from ori_campaigns import RetryPolicy, answered
    >>> world = World()
    >>> world.dialler.script("919800000001", ["no_answer", answered(seconds=42)])
    >>> campaign = world.start(retry=RetryPolicy(on_system={"no_answer"}))
    >>> world.advance(minutes=31)
    >>> world.dialler.calls_to("919800000001")
    ['no_answer', 'customer']
    """

    def __init__(
        self,
        start: datetime = MONDAY,
        *,
        store: Callable[[Clock], Store] = MemoryStore,
        answers: AnswerModel | None = None,
        faults: CarrierFaults | None = None,
        seed: int = 0,
    ) -> None:
        self._zone = start.tzinfo or KOLKATA
        self.clock = VirtualClock(start)
        self.store: Store = store(self.clock)
        self.directory = HostDirectory()
        # The bot's half of the callback gate is open, so that a campaign's own half decides.
        self.directory.add(Bot(BOT, callbacks=True), TRUNK)
        self.service = CampaignService(self.store, self.directory, new_id=counted_ids("test"))
        self.dialler = ScriptedDialler(self.clock, answers=answers, faults=faults, seed=seed)
        self._latest = ""

    def __repr__(self) -> str:
        return f"<World at {self.now:%A %Y-%m-%d %H:%M:%S}, {len(self.store.campaigns())} campaigns>"

    # --- time --------------------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The present moment, in the world's zone."""
        return to_datetime(self.clock.now(), self._zone)

    def advance(self, *, days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> None:
        """Let time pass with the engine dialling; all of it at once or in pieces is the same.

        With no length at all, what is due now happens, and no more.

        Raises:
            ValueError: time would run backwards; `clock.set` is for clocks that do.
        """
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        self._pass(self.clock.now() + length // _MICROSECOND)

    def until(self, moment: str | datetime) -> None:
        """Let time pass with the engine dialling until a moment.

        Parameters:
            moment: `2026-01-05 18:00` on the wall clock of the world's zone, an aware datetime, or `idle`: until
                nothing is left to do, a year at the most; the clock then stands at the last thing that happened.

        Raises:
            ValueError: the moment has passed.
        """
        if moment == "idle":
            self._drive(self.clock.now() + _LONGEST)
            return
        if isinstance(moment, str):
            moment = datetime.fromisoformat(moment)
            moment = moment if moment.tzinfo is not None else moment.replace(tzinfo=self._zone)
        self._pass(to_instant(moment))

    def _pass(self, until: Instant) -> None:
        if until < self.clock.now():
            wanted = to_datetime(until, self._zone)
            raise ValueError(f"It is {self.now:%Y-%m-%d %H:%M:%S} already; time does not go back to {wanted}.")
        self._drive(until)
        # An operator who had to wait may have let more time pass.
        self.clock.set(max(until, self.clock.now()))

    def _drive(self, until: Instant) -> None:
        drive(self.service, self.dialler.model, self.clock, until=until, resolution=_EXACT)

    # --- campaigns ---------------------------------------------------------------------------------------------------

    def draft(self, **changes: Unpack[CampaignChanges]) -> CampaignDraft:
        """Return a draft: the wizard's defaults with hours in Kolkata, the world's bot and numbers, and `changes`.

        Raises:
            TypeError: a name that is neither a field of the draft nor of its config.
        """
        given = cast("dict[str, Any]", dict(changes))
        unknown = sorted(given.keys() - {*_OF_CONFIG, *_OF_DRAFT})
        if unknown:
            allowed = ", ".join((*_OF_DRAFT, *_OF_CONFIG))
            raise TypeError(f"A campaign has no {' and no '.join(unknown)}. It has: {allowed}.")
        config = given.pop("config", None) or DiallerConfig(window=CallingWindow(timezone="Asia/Kolkata"))
        of_config = {name: given.pop(name) for name in _OF_CONFIG if name in given}
        of_draft = {"name": "Q2 Renewal Drive", "bot": BOT, "numbers": POOL, **given}
        return CampaignDraft(config=attrs.evolve(config, **of_config), **of_draft)

    def create(
        self,
        leads: ContactBatch | str | Iterable[str | Mapping[str, str]] | None = None,
        **changes: Unpack[CampaignChanges],
    ) -> Campaign:
        """Create a campaign in draft.

        Parameters:
            leads: from `read_leads`, or numbers, or mappings with a `phone_number`; the scripted numbers unless given,
                and three of the world's own where none is scripted.
            changes: as for `draft`.
        """
        campaign = self.service.create(self.draft(**changes), self._leads(leads), by="test")
        self._latest = campaign.id
        return campaign

    def start(
        self,
        leads: ContactBatch | str | Iterable[str | Mapping[str, str]] | None = None,
        **changes: Unpack[CampaignChanges],
    ) -> Campaign:
        """Create a campaign and start it; calls leave as soon as time passes. Parameters as for `create`."""
        return self.service.start(self.create(leads, **changes).id, by="test").campaign

    def _leads(self, leads: ContactBatch | str | Iterable[str | Mapping[str, str]] | None) -> ContactBatch:
        from ori_campaigns.ingest import Leads

        if leads is None:
            leads = self.dialler.scripted or CONTACTS
        if isinstance(leads, str):
            leads = (leads,)
        if isinstance(leads, Iterable):
            return Leads.of(leads)
        return leads

    # --- what became of it -------------------------------------------------------------------------------------------

    @property
    def campaign(self) -> Campaign:
        """The campaign created last, as it stands."""
        return self.service.get(self._latest)

    def row(self, campaign: Campaign | str | None = None) -> CampaignRow:
        """Return a campaign's row in the list; of the one created last unless another is named, here and below."""
        found = self.service.get(self._id(campaign))
        return row(found, self.service.counters(found.id))

    def contacts(self, campaign: Campaign | str | None = None) -> Sequence[Contact]:
        """Return all contacts, in the order of the list."""
        found: list[Contact] = []
        while page := self.store.contacts(self._id(campaign), len(found) - 1):
            found += page
        return found

    def contact(self, number: str | PhoneNumber, campaign: Campaign | str | None = None) -> Contact:
        """Return the contact of a number.

        Raises:
            NotFound: it is not on the list.
        """
        wanted = parse_number(number)
        for contact in self.contacts(campaign):
            if contact.number == wanted:
                return contact
        raise NotFound("contact", str(wanted))

    def statuses(self, campaign: Campaign | str | None = None) -> Mapping[str, str]:
        """Return the status of every contact by its number, in the order of the list."""
        return {contact.number.reveal(): contact.status.value for contact in self.contacts(campaign)}

    def why(self, number: str | PhoneNumber, campaign: Campaign | str | None = None) -> str:
        """Return the name of the rule that made the last decision on a contact, empty before the first."""
        return self.contact(number, campaign).rule

    def attempts(self, campaign: Campaign | str | None = None) -> Sequence[Attempt]:
        """Return all attempts of all runs, in the order in which they were decided."""
        found: list[Attempt] = []
        while page := self.store.attempts(self._id(campaign), len(found) - 1):
            found += page
        return found

    def _id(self, campaign: Campaign | str | None) -> str:
        if campaign is None:
            return self._latest
        return campaign if isinstance(campaign, str) else campaign.id
