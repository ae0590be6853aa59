"""The tables of the store, and the rows that one transaction takes out of them."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from itertools import islice
from typing import Any, TypeAlias

import attrs

from ori_campaigns import codec
from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Carrier
from ori_campaigns.contact import AttemptKind, AttemptStatus, CallbackRequest
from ori_campaigns.errors import NotFound
from ori_campaigns.events import Event, Fact
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Bucket
from ori_campaigns.stores.rows import AttemptRow, ContactRow, RunRow
from ori_campaigns.views import ContactBatch

from .journal import Document, Key


@attrs.define(eq=False)
class CampaignRow:
    """A campaign, and what the store keeps of it besides: where its rotation, its serials and its runs have come to."""

    campaign: Campaign
    key: str | None
    run: int = 1
    size: int = 0
    next_serial: int = 0
    cursor: int = 0
    served_at: Instant = 0
    excluded: frozenset[PhoneNumber] = frozenset()
    changed: bool = False


@attrs.define(eq=False)
class CarrierRow:
    """A carrier with its bucket. Its live calls are not here: the attempts tell them."""

    workspace: str
    carrier: Carrier
    bucket: Bucket
    rests_until: Instant = 0
    configured: bool = True
    changed: bool = False


@attrs.define(eq=False)
class StageRow:
    """Contacts that were put aside."""

    numbers: tuple[PhoneNumber, ...]
    variables: tuple[Mapping[str, str], ...]
    changed: bool = False

    @classmethod
    def of(cls, batch: ContactBatch) -> StageRow:
        numbers = tuple(map(PhoneNumber, batch.numbers))
        return cls(numbers, tuple(dict(batch.variables(index)) for index in range(len(numbers))))


@attrs.frozen
class AttemptDocument:
    """An `AttemptRow` as it is kept: with the places of its campaign, run and contact instead of these rows."""

    id: str
    serial: int
    run: int
    ordinal: int
    kind: AttemptKind
    number_in_budget: int
    from_number: PhoneNumber
    carrier: str
    reserved_at: Instant
    not_after: Instant
    epoch: int
    check_at: Instant
    status: AttemptStatus
    carrier_ref: str
    rang_at: Instant | None
    answered_at: Instant | None
    ended_at: Instant | None
    talk: int
    connected: bool
    disposition: str
    detail: str
    began: bool | None
    bot_disposition: str
    analysed: bool
    business_disposition: str
    callback: CallbackRequest | None
    rule: str
    decided: bool

    @property
    def campaign_id(self) -> str:
        return self.id.rpartition("-")[0]


@attrs.define(eq=False)
class PolicyRow:
    """The number policy that all numbers of the store are of."""

    name: str
    changed: bool = False


Row: TypeAlias = CampaignRow | RunRow | ContactRow | AttemptRow | CarrierRow | StageRow | PolicyRow
_FIELDS = tuple(field.name for field in attrs.fields(AttemptDocument))
_PLACES = frozenset({"run", "ordinal"})
_KINDS: Mapping[str, type] = {
    "campaigns": CampaignRow,
    "runs": RunRow,
    "contacts": ContactRow,
    "attempts": AttemptDocument,
    "carriers": CarrierRow,
    "stages": StageRow,
    "policies": PolicyRow,
    "events": Event,
}


class Tables:
    """What is committed, by table and key, and three indexes that are worked out from it."""

    def __init__(self, documents: Mapping[Key, Document]) -> None:
        self.of: dict[str, dict[Key, Any]] = {name: {} for name in _KINDS}
        self.undecided: dict[Key, AttemptDocument] = {}
        self.by_reference: dict[str, set[str]] = {}
        self.sequences: Counter[tuple[str, int]] = Counter()
        self.update({key: codec.from_plain(_KINDS[str(key[0])], document) for key, document in documents.items()})

    def update(self, changes: Mapping[Key, Any]) -> None:
        """Take over what was committed; `None` is a row that is gone."""
        for key, row in changes.items():
            table = self.of[str(key[0])]
            if row is None:
                del table[key]
                continue
            table[key] = row
            if isinstance(row, Event):
                self.sequences[row.campaign_id, row.stream] = row.sequence
            elif isinstance(row, AttemptDocument):
                # Live calls, and those that wait for their analysis, are few; all others are hardly ever asked for.
                self.undecided[key] = row
                self.by_reference.setdefault(row.carrier_ref, set()).add(row.id)
                if row.decided:
                    del self.undecided[key]


class Rows:
    """The rows of one transaction: copies, of which a rule that raises leaves nothing behind.

    Parameters:
        tables: what is committed.
        now: the one moment of the transaction, read when its lock was held.
    """

    def __init__(self, tables: Tables, now: Instant) -> None:
        self.now = now
        self._tables = tables
        self._mine: dict[Key, Any] = {}
        self._events: list[Event] = []
        self._told: Counter[tuple[str, int]] = Counter()

    # --- any row ---
    def take(self, *key: str | int) -> Any:  # noqa: ANN401 - a row of any table
        """Return the transaction's own copy of a row, the same each time; `None` where there is none."""
        if key not in self._mine:
            row = copy.copy(self._tables.of[str(key[0])].get(key))
            if isinstance(row, RunRow):
                row.contacts = dict(row.contacts)
            elif isinstance(row, AttemptDocument):
                row = self._attempt(row)
            self._mine[key] = row
        return self._mine[key]

    def put(self, row: Row, *key: str | int) -> None:
        """Insert a row."""
        row.changed = True
        self._mine[key] = row

    def drop(self, *key: str | int) -> None:
        """Delete a row; fine if it is not there."""
        self._mine[key] = None

    def log(self, campaign_id: str, *facts: Fact) -> None:
        """Append facts to the log, each with the next number in its stream."""
        for fact in facts:
            stream = (campaign_id, getattr(fact, "contact", -1))
            self._told[stream] += 1
            sequence = self._tables.sequences[stream] + self._told[stream]
            self._events.append(Event(self.tip() + 1 + len(self._events), *stream, sequence, fact))

    def events(self, after: int, limit: int, campaign_id: str | None) -> list[Event]:
        """Return a page of the log."""
        log = self._tables.of["events"]
        later = (log["events", cursor] for cursor in range(after + 1, len(log)))
        return list(islice((each for each in later if campaign_id in {None, each.campaign_id}), limit))

    def tip(self) -> int:
        """Return the cursor of the last event."""
        return len(self._tables.of["events"]) - 1

    def changes(self) -> dict[Key, Any]:
        """Return what is to be committed: rows that say `changed`, `None` for those that are gone, the new events."""
        found: dict[Key, Any] = {}
        for key, row in self._mine.items():
            if row is None:
                if key in self._tables.of[str(key[0])]:
                    found[key] = None
            elif row.changed:
                row.changed = False
                found[key] = _document(row) if isinstance(row, AttemptRow) else row
        return found | {("events", event.cursor): event for event in self._events}

    # --- rows by their names ---
    def campaign(self, campaign_id: str) -> CampaignRow:
        found: CampaignRow | None = self.take("campaigns", campaign_id)
        if found is None:
            raise NotFound("campaign", campaign_id)
        return found

    def campaigns(self) -> list[CampaignRow]:
        """Return all of them, in the order of their creation."""
        return [self.take(*key) for key in self._tables.of["campaigns"]]

    def run(self, row: CampaignRow, number: int | None = None) -> RunRow:
        """Return the counts of a run, the current one unless named."""
        found: RunRow = self.take("runs", row.campaign.id, number or row.run)
        return found

    def contact(self, row: CampaignRow, ordinal: int, run: int | None = None) -> ContactRow:
        """Return a contact as it is in a run, the current one unless named."""
        found: ContactRow = self.take("contacts", row.campaign.id, run or row.run, ordinal)
        # Kept once, with the campaign: a flag outlasts runs and lists.
        found.excluded = found.number in row.excluded
        return found

    def contacts(self, row: CampaignRow) -> list[ContactRow]:
        """Return everybody on the list, in its order."""
        return [self.contact(row, ordinal) for ordinal in range(row.size)]

    def stage(self, name: str) -> StageRow:
        found: StageRow | None = self.take("stages", name)
        if found is None:
            raise NotFound("stage", name)
        return found

    def attempt(self, attempt_id: str) -> AttemptRow | None:
        found: AttemptRow | None = self.take("attempts", attempt_id)
        return found

    def undecided(self) -> list[AttemptRow]:
        """Return the attempts of which something is open: they are live, or wait for their analysis."""
        return [self.take(*key) for key in self._tables.undecided]

    def by_reference(self, reference: str) -> str:
        """Return the id of the one attempt that ever had this carrier's reference; of two, neither."""
        found = self._tables.by_reference.get(reference, set())
        return next(iter(found)) if reference and len(found) == 1 else ""

    def carriers(self, workspace: str) -> list[CarrierRow]:
        """Return the carriers of a workspace, withdrawn ones among them."""
        return [self.take(*key) for key in self._tables.of["carriers"] if key[1] == workspace]

    def _attempt(self, kept: AttemptDocument) -> AttemptRow:
        row = self.campaign(kept.campaign_id)
        return AttemptRow(
            campaign=row.campaign,
            tally=self.run(row, kept.run),
            contact=self.contact(row, kept.ordinal, kept.run),
            **{name: getattr(kept, name) for name in _FIELDS if name not in _PLACES},
        )


def _document(row: AttemptRow) -> AttemptDocument:
    return AttemptDocument(**{name: getattr(row, name) for name in _FIELDS})
