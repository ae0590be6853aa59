"""A store that keeps everything in a folder, and in memory while it is open.

For lists of some thousand contacts that one process calls, and for seeing how a store is written. It is no database:
opening reads the whole folder, everything stays in memory, looking for candidates goes through the whole list, and one
transaction at a time is made. What was committed survives a crash, of the process or of the machine. The folder holds
phone numbers in the clear: give it the permissions that they need.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar, cast
from uuid import uuid4

from ori_campaigns import codec
from ori_campaigns.browsing import (
    EVERY_CAMPAIGN,
    EVERYBODY,
    NEWEST,
    NOT_DIALLED,
    CampaignFilter,
    ContactFilter,
    Overview,
    Place,
    newest_first,
    page_of,
)
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.carriers import Carrier
from ori_campaigns.clocks import SystemClock
from ori_campaigns.contact import ACTIVE, WAITING, Attempt, AttemptStatus, Contact, ContactStatus
from ori_campaigns.errors import Conflict
from ori_campaigns.events import (
    AttemptFact,
    AttemptReserved,
    ContactsMoved,
    Event,
    LifecycleChanged,
    NumberExcluded,
    NumberReadded,
)
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Bucket, Demand, Line, Supply, token_interval
from ori_campaigns.ports import AdmitAsk, Agenda, Clock, StoreCapabilities, Work
from ori_campaigns.reports import Report
from ori_campaigns.stores import effects
from ori_campaigns.stores.rows import AttemptRow, ContactRow, RunRow
from ori_campaigns.views import (
    AdmitView,
    AppendStage,
    CampaignView,
    CancelCallbacks,
    Changes,
    CloseAwaiting,
    CloseUsedUp,
    CloseWaiting,
    ContactBatch,
    CopyContacts,
    Counters,
    Created,
    DropRun,
    Move,
    NewRun,
    NumberMatch,
    NumbersView,
    ReportView,
    UseStage,
)

from .journal import Journal
from .rows import CampaignRow, CarrierRow, PolicyRow, Rows, StageRow, Tables

R = TypeVar("R")
S = ContactStatus
Person: TypeAlias = tuple[PhoneNumber, Mapping[str, str]]


# --- what rules are shown ---


class ShownCampaign(NamedTuple):
    now: Instant
    campaign: Campaign
    counters: Counters


class ShownAdmission(NamedTuple):
    now: Instant
    campaign: Campaign
    live: int
    lines: Sequence[Line | None]
    cursor: int
    next_serial: int
    candidates: Sequence[ContactRow]


class ShownReports(NamedTuple):
    now: Instant
    items: Sequence[tuple[Report, AttemptRow | None]]


class ShownNumbers(NamedTuple):
    now: Instant
    campaign: Campaign
    items: Sequence[NumberMatch]


class JsonStore:
    """A store in a folder.

    Parameters:
        folder: where it lives; made where it is missing.
        clock: the one time of the store; the system's unless given.
        sync: wait for the disk at every commit; without, a power cut may take the last commits with it.

    Raises:
        StoreUnavailable: codes `store_in_use`, `store_damaged`; later `store_closed`, or the disk's own trouble.
    """

    can = StoreCapabilities(durable=True, shared=False, inline=False, joins=False)

    def __init__(self, folder: Path, clock: Clock | None = None, *, sync: bool = True) -> None:
        self.folder, self.clock = folder, clock or SystemClock()
        self._lock = threading.Lock()
        self._journal = Journal(folder, sync=sync)
        self._tables = Tables(self._journal.documents)

    def close(self) -> None:
        """Let another process open the folder."""
        with self._lock:
            self._journal.close()

    @contextmanager
    def _transaction(self) -> Iterator[Rows]:
        with self._lock:
            rows = Rows(self._tables, self.clock.now())
            yield rows
            changes = rows.changes()
            if changes:
                self._journal.commit({key: row and codec.to_plain(row) for key, row in changes.items()})
                self._tables.update(changes)

    # --- campaigns ---
    def stage(self, batch: ContactBatch) -> str:
        staged, name = StageRow.of(batch), uuid4().hex
        with self._transaction() as rows:
            rows.put(staged, "stages", name)
        return name

    def discard(self, stage: str) -> None:
        with self._transaction() as rows:
            rows.drop("stages", stage)

    def create(self, created: Created, key: str | None) -> Campaign:
        with self._transaction() as rows:
            asked = (created.campaign.workspace, key)
            for row in rows.campaigns():
                if key is not None and (row.campaign.workspace, row.key) == asked:
                    for move in created.moves:
                        if isinstance(move, UseStage):
                            rows.drop("stages", move.stage)
                    return row.campaign
            self._insert(rows, created, key)
            return created.campaign

    def _insert(self, rows: Rows, created: Created, key: str | None = None) -> None:
        name = created.campaign.id
        if rows.take("campaigns", name) is not None:
            raise Conflict(f"There is a campaign {name!r} already. Ask again, with another id.")
        row = CampaignRow(created.campaign, key)
        rows.put(row, "campaigns", name)
        rows.put(RunRow.fresh(name, row.run), "runs", name, row.run)
        self._apply(rows, row, Changes(None, created.facts, moves=created.moves))

    def change(self, campaign_id: str, rule: Callable[[CampaignView], Changes[R]]) -> R:
        with self._transaction() as rows:
            row = rows.campaign(campaign_id)
            counters = rows.run(row).counters(excluded=len(row.excluded))
            changes = rule(ShownCampaign(rows.now, row.campaign, counters))
            self._apply(rows, row, changes)
            if changes.created is not None:
                self._insert(rows, changes.created)
            if changes.deleted:
                # It has never dialled: there is one run, and no attempt. What the log tells of it stays.
                self._clear(rows, row)
                rows.drop("campaigns", campaign_id)
            return changes.result

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        with self._transaction() as rows:
            row = rows.campaign(campaign_id)
            listed = {contact.number: contact for contact in rows.contacts(row)}
            items = [NumberMatch(number, listed.get(number), number in row.excluded) for number in numbers]
            changes = rule(ShownNumbers(rows.now, row.campaign, items))
            self._apply(rows, row, changes)
            return changes.result

    def keep_policy(self, name: str) -> str:
        with self._transaction() as rows:
            kept: PolicyRow | None = rows.take("policies", "numbers")
            if kept is None:
                kept = PolicyRow(name)
                rows.put(kept, "policies", "numbers")
            return kept.name

    def _apply(self, rows: Rows, row: CampaignRow, changes: Changes[R]) -> None:
        """Apply what a rule on a campaign answered: moves, facts, the campaign; and log it."""
        moved = [self._move(rows, row, move) for move in changes.moves]
        for fact in changes.facts:
            if isinstance(fact, NumberExcluded):
                self._exclude(rows, row, fact)
            elif isinstance(fact, NumberReadded):
                row.excluded, row.changed = row.excluded - {fact.number}, True
                if fact.contact >= 0:
                    effects.readd(rows.contact(row, fact.contact), rows.run(row), fact)
        rows.log(row.campaign.id, *changes.facts, *moved)
        if changes.campaign is not None:
            row.campaign, row.changed = changes.campaign, True

    def _exclude(self, rows: Rows, row: CampaignRow, fact: NumberExcluded) -> None:
        row.excluded, row.changed = row.excluded | {fact.number}, True
        if fact.contact >= 0:
            contact = rows.contact(row, fact.contact)
            awaiting = [each for each in self._awaiting(rows, row) if each.ordinal == fact.contact]
            effects.exclude(contact, rows.run(row), fact, awaiting[0] if awaiting else None)

    def _awaiting(self, rows: Rows, row: CampaignRow) -> list[AttemptRow]:
        """Return the calls of a campaign that are over and wait for their analysis."""
        return [
            each
            for each in rows.undecided()
            if each.campaign.id == row.campaign.id and each.status is AttemptStatus.ENDED and not each.decided
        ]

    # --- moves ---
    def _move(self, rows: Rows, row: CampaignRow, move: Move) -> ContactsMoved:
        """Make a bulk move, and return the fact that tells of it: where the contacts went, and how many."""
        status: ContactStatus | None
        if isinstance(move, AppendStage):
            status, count = S.PENDING, self._append(rows, row, move)
        elif isinstance(move, UseStage | CopyContacts | NewRun | DropRun):
            status, count = self._enter(rows, row, move)
        else:
            status, count = self._close(rows, row, move)
        return ContactsMoved(rows.now, type(move).__name__, status.value if status else "", count, row.run)

    def _close(self, rows: Rows, row: CampaignRow, move: Move) -> tuple[ContactStatus | None, int]:
        """Make a move within the current run, contact by contact."""
        contacts, run = rows.contacts(row), rows.run(row)
        match move:
            case CloseWaiting():
                return move.status, sum(effects.close_waiting(contact, run, move.status) for contact in contacts)
            case CloseUsedUp():
                return None, sum(effects.close_used_up(contact, run, move) for contact in contacts)
            case CloseAwaiting():
                awaiting = self._awaiting(rows, row)
                for attempt in awaiting:
                    effects.settle(attempt, excluded=False)
                return S.COMPLETED, len(awaiting)
            case CancelCallbacks():
                return None, sum(effects.cancel_callback(contact) for contact in contacts)
        raise TypeError(f"{type(move).__name__} is a move that this store does not know.")

    def _enter(self, rows: Rows, row: CampaignRow, move: Move) -> tuple[ContactStatus | None, int]:
        """Make a move that brings a list, a run, or the run before."""
        people = [(contact.number, contact.variables) for contact in rows.contacts(row)]
        match move:
            case UseStage():
                staged = rows.stage(move.stage)
                rows.drop("stages", move.stage)
                if not move.keep_excluded:
                    row.excluded -= frozenset(staged.numbers)
                self._clear(rows, row)
                people = list(zip(staged.numbers, staged.variables, strict=True))
            case CopyContacts():
                other = rows.campaign(move.campaign_id)
                if move.keep_excluded:
                    row.excluded = other.excluded
                self._clear(rows, row)
                people = [(contact.number, contact.variables) for contact in rows.contacts(other)]
            case NewRun():
                row.run += 1
            case DropRun():
                self._clear(rows, row)
                row.run, row.changed = row.run - 1, True
                for contact in rows.contacts(row):
                    if contact.excluded and contact.status in WAITING:
                        effects.move(contact, rows.run(row), S.EXCLUDED)
                return None, row.size
        self._fill(rows, row, people)
        return S.PENDING if isinstance(move, NewRun) else None, row.size

    def _append(self, rows: Rows, row: CampaignRow, move: AppendStage) -> int:
        """Put staged contacts behind the end of the list, but for those left out; return how many came."""
        staged, left_out = rows.stage(move.stage), frozenset(move.without)
        rows.drop("stages", move.stage)
        for place, ordinal in move.renewed:
            contact = rows.contact(row, ordinal)
            contact.variables, contact.changed = staged.variables[place], True
        everybody = enumerate(zip(staged.numbers, staged.variables, strict=True))
        people = [person for place, person in everybody if place not in left_out]
        # Whose exclusion is lifted by a fact that comes after the move is pending, too.
        self._put(rows, row, people, flags=frozenset())
        return len(people)

    def _clear(self, rows: Rows, row: CampaignRow) -> None:
        """Drop the current run."""
        rows.drop("runs", row.campaign.id, row.run)
        for ordinal in range(row.size):
            rows.drop("contacts", row.campaign.id, row.run, ordinal)

    def _fill(self, rows: Rows, row: CampaignRow, people: Iterable[Person]) -> None:
        """Let everybody enter the current run."""
        name, run = row.campaign.id, RunRow.fresh(row.campaign.id, row.run)
        rows.put(run, "runs", name, row.run)
        row.size = 0
        self._put(rows, row, people, row.excluded)

    def _put(self, rows: Rows, row: CampaignRow, people: Iterable[Person], flags: AbstractSet[PhoneNumber]) -> None:
        """Put people behind the end of the list, into the current run: pending, or excluded."""
        for number, variables in people:
            contact = ContactRow(row.size, number, variables, excluded=number in flags)
            contact = effects.fresh(contact, rows.run(row))
            rows.put(contact, "contacts", row.campaign.id, row.run, row.size)
            row.size += 1
        row.changed = True

    # --- dialling ---
    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        with self._transaction() as rows:
            row = rows.campaign(ask.campaign_id)
            run, busy = rows.run(row), {each.contact.number for each in rows.undecided() if each.live}
            candidates = _candidates(rows.contacts(row), rows.now)
            for contact in candidates:
                contact.number_busy = contact.number in busy
            lines = [self._line(rows, carrier, ask) for carrier in self._pool(rows, row.campaign)]
            view = ShownAdmission(
                now=rows.now,
                campaign=row.campaign,
                live=run.live,
                lines=lines,
                cursor=row.cursor,
                next_serial=row.next_serial,
                candidates=candidates,
            )
            changes = rule(view)
            offered = {contact.ordinal: contact for contact in candidates}
            for fact in cast("Sequence[AttemptReserved]", changes.facts):
                found = offered.get(fact.contact)
                # Whatever the rule says: nobody is called twice at once, and no id is used twice.
                if found is None or found.number in busy or rows.attempt(fact.attempt) is not None:
                    raise Conflict(f"The call {fact.attempt} cannot be reserved; nothing was changed. Ask again.")
                busy.add(found.number)
                rows.put(effects.reserve(row.campaign, run, found, fact), "attempts", fact.attempt)
                carrier = rows.take("carriers", row.campaign.workspace, fact.carrier)
                carrier.bucket, carrier.changed = carrier.bucket.take(1, rows.now), True
                row.next_serial, row.served_at, row.changed = row.next_serial + 1, fact.at, True
            for ordinal, until in changes.later:
                offered[ordinal].look_at, offered[ordinal].changed = until, True
            if changes.cursor not in {None, row.cursor}:
                row.cursor, row.changed = changes.cursor, True
            rows.log(row.campaign.id, *changes.facts)
            return changes.result

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        with self._transaction() as rows:
            refs = [getattr(report, "carrier_ref", "") for report in reports]
            names = [each.attempt_id or rows.by_reference(ref) for each, ref in zip(reports, refs, strict=True)]
            shown = [rows.attempt(name) for name in names]
            changes = rule(ShownReports(rows.now, list(zip(reports, shown, strict=True))))
            attempts = {attempt.id: attempt for attempt in shown if attempt is not None}
            for fact in cast("Sequence[AttemptFact]", changes.facts):
                attempt = attempts[fact.attempt]
                effects.apply(attempt, fact)
                rows.log(attempt.campaign.id, fact)
            for workspace, name, until in changes.back_off:
                carrier = rows.take("carriers", workspace, name)
                carrier.rests_until, carrier.changed = max(carrier.rests_until, until), True
            return changes.result

    # --- carriers ---
    def put_carriers(self, workspace: str, carriers: Sequence[Carrier]) -> None:
        with self._transaction() as rows:
            known = rows.carriers(workspace)
            if {each.carrier.id: each.carrier for each in known if each.configured} == {c.id: c for c in carriers}:
                return
            for row in known:
                row.configured, row.changed = False, True
            for carrier in carriers:
                full = Bucket(token_interval(carrier.cps), carrier.burst)
                found = rows.take("carriers", workspace, carrier.id)
                if found is None:
                    rows.put(CarrierRow(workspace, carrier, full), "carriers", workspace, carrier.id)
                else:
                    found.bucket = found.bucket.changed(full.interval, full.burst, rows.now)
                    found.carrier, found.configured = carrier, True

    def _pool(self, rows: Rows, campaign: Campaign) -> list[CarrierRow | None]:
        """Return the carrier of each number of the pool, `None` where it cannot be used now."""
        owners = {
            entry.number: row
            for row in rows.carriers(campaign.workspace)
            for entry in row.carrier.numbers
            if row.configured and entry.outbound
        }
        return [owners.get(number) for number in campaign.numbers]

    def _supply(self, rows: Rows, row: CarrierRow) -> Supply:
        used = Counter((each.campaign.workspace, each.carrier) for each in rows.undecided() if each.live)
        return Supply(row.bucket, row.carrier.channels - used[row.workspace, row.carrier.id], row.rests_until)

    def _line(self, rows: Rows, row: CarrierRow | None, ask: AdmitAsk) -> Line | None:
        if row is None:
            return None
        supply = self._supply(rows, row)
        return Line(row.carrier.id, supply.tokens(rows.now), supply.channels, ask.quotas.get(row.carrier.id, 0))

    # --- what there is to do ---
    def agenda(self) -> Agenda:
        with self._transaction() as rows:
            running = [row for row in rows.campaigns() if row.campaign.status is CampaignStatus.RUNNING]
            supply: dict[str, dict[str, Supply]] = {row.campaign.workspace: {} for row in running}
            for workspace, carriers in supply.items():
                configured = [each for each in rows.carriers(workspace) if each.configured]
                carriers.update({each.carrier.id: self._supply(rows, each) for each in configured})
            next_check = min((attempt.check_at for attempt in rows.undecided()), default=None)
            return Agenda(rows.now, [self._work(rows, row) for row in running], supply, next_check)

    def _work(self, rows: Rows, row: CampaignRow) -> Work:
        campaign, run = row.campaign, rows.run(row)
        carriers = tuple("" if each is None else each.carrier.id for each in self._pool(rows, campaign))
        seats, turn = campaign.config.concurrency_limit - run.live, row.cursor % max(len(campaign.numbers), 1)
        due = [_due(contact, rows.now) for contact in rows.contacts(row) if contact.status in WAITING]
        return Work(
            campaign,
            run.live,
            sum(run.contacts[status] for status in WAITING),
            sum(run.contacts[status] for status in ACTIVE),
            Demand(campaign.id, seats, carriers, row.served_at, turn),
            min(due, default=None),
        )

    def overdue(self, limit: int) -> Sequence[str]:
        with self._transaction() as rows:
            late = [attempt for attempt in rows.undecided() if attempt.check_at <= rows.now]
            return [attempt.id for attempt in sorted(late, key=effects.overdue_order)[:limit]]

    def unsent(
        self, campaign_id: str, *, before: int | None = None, numbers: Sequence[PhoneNumber] | None = None
    ) -> Instant | None:
        with self._transaction() as rows:
            name = rows.campaign(campaign_id).campaign.id
            reserved = [
                attempt.not_after
                for attempt in rows.undecided()
                if attempt.campaign.id == name
                and attempt.status is AttemptStatus.RESERVED
                and (before is None or attempt.epoch < before)
                and (numbers is None or attempt.contact.number in numbers)
            ]
            return max(reserved, default=None)

    # --- reads ---
    def campaign(self, campaign_id: str) -> Campaign:
        with self._transaction() as rows:
            return rows.campaign(campaign_id).campaign

    def campaigns(self, workspace: str | None = None) -> Sequence[Campaign]:
        with self._transaction() as rows:
            found = [row.campaign for row in rows.campaigns() if workspace in {None, row.campaign.workspace}]
        return newest_first(found)

    def counters(self, campaign_id: str, run: int | None = None) -> Counters:
        with self._transaction() as rows:
            row = rows.campaign(campaign_id)
            return rows.run(row, run).counters(excluded=len(row.excluded))

    def overview(
        self, workspace: str, only: CampaignFilter = EVERY_CAMPAIGN, *, after: Place | None = None, limit: int = 50
    ) -> Sequence[Overview]:
        with self._transaction() as rows:
            known = {row.campaign.id: row for row in rows.campaigns() if row.campaign.workspace == workspace}
            page = (known[each.id] for each in page_of((r.campaign for r in known.values()), only, after, limit))
            return [Overview(row.campaign, rows.run(row).counters(excluded=len(row.excluded))) for row in page]

    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = EVERYBODY
    ) -> Sequence[Contact]:
        with self._transaction() as rows:
            row = rows.campaign(campaign_id)
            reached = only.reached(self._all_attempts(rows, row), row.run) if only.disposition else frozenset()
            found = (rows.contact(row, ordinal).value(campaign_id) for ordinal in range(after + 1, row.size))
            return list(islice((contact for contact in found if only.takes(contact, reached)), limit))

    def attempts(self, campaign_id: str, after: int = -1, limit: int = 1000) -> Sequence[Attempt]:
        with self._transaction() as rows:
            return self._all_attempts(rows, rows.campaign(campaign_id), after, limit)

    def attempts_of(self, campaign_id: str, contacts: Sequence[int]) -> Sequence[Attempt]:
        with self._transaction() as rows:
            return [each for each in self._all_attempts(rows, rows.campaign(campaign_id)) if each.contact in contacts]

    def number_use(self, campaign_id: str, run: int | None = None) -> Mapping[PhoneNumber, int]:
        with self._transaction() as rows:
            row = rows.campaign(campaign_id)
            made = (each for each in self._all_attempts(rows, row) if each.run == (row.run if run is None else run))
            return Counter(each.from_number for each in made if each.status not in NOT_DIALLED)

    def dialled_since(self, campaign_id: str, since: Instant) -> int:
        with self._transaction() as rows:
            newest = self._all_attempts(rows, rows.campaign(campaign_id))[-NEWEST:]
            return sum(each.reserved_at >= since and each.status not in NOT_DIALLED for each in newest)

    def _all_attempts(self, rows: Rows, row: CampaignRow, after: int = -1, limit: int | None = None) -> list[Attempt]:
        serials = range(after + 1, row.next_serial)[:limit]
        return [rows.take("attempts", f"{row.campaign.id}-{serial}").value() for serial in serials]

    def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
        with self._transaction() as rows:
            if campaign_id is not None:
                rows.campaign(campaign_id)
            return rows.events(after, limit, campaign_id)

    def next_due(self, campaign_id: str) -> Instant | None:
        with self._transaction() as rows:
            contacts = rows.contacts(rows.campaign(campaign_id))
            return min((_due(contact, rows.now) for contact in contacts if contact.status in WAITING), default=None)

    def activity(self, campaign_id: str, limit: int = 1000) -> Sequence[LifecycleChanged]:
        facts = (event.fact for event in self.events(-1, self.tip() + 1, campaign_id))
        return [fact for fact in facts if isinstance(fact, LifecycleChanged)][-limit:]

    def tip(self) -> int:
        with self._transaction() as rows:
            return rows.tip()


def _due(contact: ContactRow, now: Instant) -> Instant:
    """Return when a waiting contact is due; a fresh one has been all the time."""
    return contact.look_at if contact.look_at > now else 0 if contact.status is S.PENDING else contact.due


def _candidates(contacts: Iterable[ContactRow], now: Instant) -> list[ContactRow]:
    """Return who is due: callbacks, fresh ones, retries; by due time, then in the order of the list."""
    turn = {S.CALLBACK_SCHEDULED: 0, S.PENDING: 1, S.RETRY_SCHEDULED: 2}
    due = [contact for contact in contacts if contact.status in WAITING and _due(contact, now) <= now]
    return sorted(due, key=lambda contact: (turn[contact.status], contact.due, contact.ordinal))
