"""The in-memory store: columns inside, values at the edge; thread-safe, gone when the process ends."""

from __future__ import annotations

import itertools
import threading
from array import array
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeVar

from ori_campaigns.browsing import (
    EVERY_CAMPAIGN,
    EVERYBODY,
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
from ori_campaigns.errors import Conflict, NotFound
from ori_campaigns.events import AttemptFact, AttemptReserved, ContactFact, ContactsMoved, Event, LifecycleChanged
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Demand, Supply
from ori_campaigns.ports import AdmitAsk, Agenda, Clock, StoreCapabilities, Work
from ori_campaigns.reports import Report
from ori_campaigns.stores.memory import browsing
from ori_campaigns.stores.memory.apply import APPLY_TO_ATTEMPT, apply_move, apply_to_campaign, reserve
from ori_campaigns.stores.memory.book import Book
from ori_campaigns.stores.memory.exchange import Exchange
from ori_campaigns.stores.memory.flyweights import (
    MemoryAdmitView,
    MemoryCampaignView,
    MemoryNumbersView,
    MemoryReportView,
    OpenAttempt,
    PastAttempt,
)
from ori_campaigns.stores.memory.rows import encode
from ori_campaigns.stores.memory.runs import CODE
from ori_campaigns.views import (
    AdmitView,
    AppendStage,
    CampaignView,
    Changes,
    ContactBatch,
    CopyContacts,
    Counters,
    Created,
    Move,
    NumbersView,
    ReportView,
    UseStage,
)

R = TypeVar("R")
# Reports and facts of attempts begin with the attempt's id; batches are looked up by `map`, without a line for each.
_ATTEMPT_OF = itemgetter(0)


class MemoryStore:
    """Keeps everything in this process; made for simulations, tests and notebooks, and quick enough for all three.

    Parameters:
        clock: the one time of the store; the system's unless given, a `VirtualClock` for simulations and tests.

    >>> from ori_campaigns.clocks import VirtualClock
    >>> MemoryStore(VirtualClock(0)).campaigns()
    []
    """

    can = StoreCapabilities(durable=False, shared=False, inline=True, joins=False)

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self._lock = threading.RLock()
        self._exchange = Exchange()
        self._log = self._exchange.log
        self._names: list[str] = []
        self._books: dict[str, Book] = {}
        self._stages: dict[str, tuple[array[int], ContactBatch]] = {}
        self._stage_ids = itertools.count()
        self._keys: dict[tuple[str, str], str] = {}
        self._policy = ""

    # --- writes ---
    def stage(self, batch: ContactBatch) -> str:
        """Keep contacts aside for a later `UseStage`."""
        numbers = array("q", map(encode, batch.numbers))
        with self._lock:
            stage = f"stage-{next(self._stage_ids)}"
            self._stages[stage] = (numbers, batch)
            return stage

    def discard(self, stage: str) -> None:
        """Drop contacts that were kept aside."""
        with self._lock:
            self._stages.pop(stage, None)

    def create(self, created: Created, key: str | None) -> Campaign:
        """Insert a campaign with its contacts, once for each key."""
        campaign = created.campaign
        with self._lock:
            first = None if key is None else self._keys.get((campaign.workspace, key))
            if first is not None:
                for move in created.moves:
                    if isinstance(move, UseStage):
                        self._stages.pop(move.stage, None)
                return self.campaign(first)
            self._insert(created)
            if key is not None:
                self._keys[campaign.workspace, key] = campaign.id
            return campaign

    def _insert(self, created: Created) -> None:
        campaign = created.campaign
        book = Book(campaign, len(self._names), self._exchange)
        self._write(book, Changes(campaign, created.facts, moves=created.moves))
        self._names.append(campaign.id)
        self._books[campaign.id] = book

    def change(self, campaign_id: str, rule: Callable[[CampaignView], Changes[R]]) -> R:
        """Run a lifecycle rule on one campaign."""
        with self._lock:
            book = self.book(campaign_id)
            changes = rule(MemoryCampaignView(book, self.clock.now()))
            self._write(book, changes)
            if changes.created is not None:
                self._insert(changes.created)
            if changes.deleted:
                del self._books[campaign_id]
                self._keys = {key: name for key, name in self._keys.items() if name != campaign_id}
            return changes.result

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        """Run the rule of admission on one campaign."""
        with self._lock:
            book = self.book(ask.campaign_id)
            now = self.clock.now()
            view = MemoryAdmitView(book, now, ask.quotas)
            later: Sequence[tuple[int, Instant]] = ()
            try:
                changes = rule(view)
                later = changes.later
                facts: Sequence[AttemptReserved] = changes.facts  # type: ignore[assignment]  # admission has no others
                self._guard(book, facts)
                reserve(book, facts)
                self._log.append(book.code, facts)
            finally:
                # Candidates were taken off their queues to be looked at: those not reserved go back.
                book.run.put_back(view.offered, later)
            for carrier, taken in Counter([fact.carrier for fact in facts]).items():
                trunk = self._exchange.trunks[book.campaign.workspace, carrier]
                trunk.bucket = trunk.bucket.take(taken, now)
            if changes.cursor is not None:
                book.cursor = changes.cursor
            return changes.result

    def _guard(self, book: Book, facts: Sequence[AttemptReserved]) -> None:
        """Refuse a second open attempt for a number, and so for a contact, whatever a rule says."""
        numbers = {book.numbers[fact.contact] for fact in facts}
        if len(numbers) < len(facts) or not numbers.isdisjoint(self._exchange.busy):
            raise Conflict("A number has an open attempt already; nothing was reserved. Ask again.")

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        """Run the rule of recording on a batch in which no attempt appears twice."""
        with self._lock:
            exchange, log = self._exchange, self._log
            opened = exchange.open
            found = list(map(opened.get, map(_ATTEMPT_OF, reports)))
            shown: list[OpenAttempt | PastAttempt | None] = list(found)
            if None in found:
                shown = [known or self._attempt(report) for known, report in zip(found, reports, strict=True)]
            changes = rule(MemoryReportView(self.clock.now(), list(zip(reports, shown, strict=True))))
            facts, cursor = changes.facts, len(log)
            # Each fact is of an attempt that the rule was shown. All are looked up before any of them is closed.
            attempts: list[Any] = list(map(opened.get, map(_ATTEMPT_OF, facts)))
            if None in attempts:
                attempts = [each or self._past(fact[0]) for each, fact in zip(attempts, facts, strict=True)]  # type: ignore[arg-type]
            if len(self._books) > 1:
                log.extend([attempt.book.code for attempt in attempts], facts)
            elif facts:
                log.append(attempts[0].book.code, facts)
            apply = APPLY_TO_ATTEMPT
            for attempt, fact in zip(attempts, facts, strict=True):
                apply[type(fact)](attempt, fact, cursor)
                cursor += 1
            for workspace, carrier, until in changes.back_off:
                trunk = exchange.trunks[workspace, carrier]
                trunk.back_off_until = max(trunk.back_off_until, until)
            return changes.result

    def _attempt(self, report: Report) -> OpenAttempt | PastAttempt | None:
        """Return the attempt a report is about: by our id, else by the carrier's."""
        exchange = self._exchange
        attempt_id = report.attempt_id or exchange.by_ref.get(getattr(report, "carrier_ref", ""), "")
        return exchange.open.get(attempt_id) or self._past(attempt_id)

    def _past(self, attempt_id: str) -> OpenAttempt | PastAttempt | None:
        book = self._books.get(attempt_id.rpartition("-")[0])
        return None if book is None else book.attempt(attempt_id)

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        """Run a rule on numbers of one campaign."""
        with self._lock:
            book = self.book(campaign_id)
            changes = rule(MemoryNumbersView(self.clock.now(), book, numbers))
            self._write(book, changes)
            return changes.result

    def keep_policy(self, name: str) -> str:
        """Remember a number policy by its name, unless one is remembered; return the remembered one."""
        with self._lock:
            self._policy = self._policy or name
            return self._policy

    def put_carriers(self, workspace: str, carriers: Sequence[Carrier]) -> None:
        """Bring the workspace's carriers up to date; buckets and live counts are kept."""
        with self._lock:
            self._exchange.put_carriers(workspace, carriers, self.clock.now())

    def book(self, campaign_id: str) -> Book:
        """Return a campaign's rows; for this package alone."""
        book = self._books.get(campaign_id)
        if book is None:
            raise NotFound("campaign", campaign_id)
        return book

    def running(self) -> Sequence[Book]:
        """Return the rows of the campaigns that are running; for simulations, which have the store to themselves."""
        return [book for book in self._books.values() if book.campaign.status is _RUNNING]

    def replay(self, book: Book, fact: AttemptFact | ContactFact) -> None:
        """Apply one fact of an attempt and append it to the log; for rebuilding a copied campaign."""
        if isinstance(fact, AttemptReserved):
            reserve(book, (fact,))
        else:
            APPLY_TO_ATTEMPT[type(fact)](self._exchange.open[fact.attempt], fact, len(self._log))  # type: ignore[union-attr]
        self._log.append(book.code, (fact,))

    def _write(self, book: Book, changes: Changes[R]) -> None:
        """Apply what a rule answered: moves, facts, the campaign row."""
        moved = [self._move(book, move) for move in changes.moves]
        for fact in changes.facts:
            apply_to_campaign(book, fact)
            self._log.append(book.code, (fact,))
        for moves in moved:
            self._log.append(book.code, (moves,))
        if changes.campaign is not None:
            book.campaign = changes.campaign

    def _staged(self, stage: str) -> tuple[array[int], ContactBatch]:
        """Return contacts that were put aside; nobody finds them there any more.

        Raises:
            NotFound: they are gone, or in use.
        """
        found = self._stages.pop(stage, None)
        if found is None:
            raise NotFound("stage", stage)
        return found

    def _move(self, book: Book, move: Move) -> ContactsMoved:
        status: ContactStatus | None
        if isinstance(move, UseStage):
            book.load(*self._staged(move.stage), keep_excluded=move.keep_excluded)
            status, count = None, len(book.numbers)
        elif isinstance(move, AppendStage):
            status, count = ContactStatus.PENDING, book.append(*self._staged(move.stage), move)
        elif isinstance(move, CopyContacts):
            book.copy(self.book(move.campaign_id), keep_excluded=move.keep_excluded)
            status, count = None, len(book.numbers)
        else:
            status, count = apply_move(book, move)
        return ContactsMoved(
            self.clock.now(), type(move).__name__, status.value if status else "", count, book.run.number
        )

    # --- what there is to do ---
    def agenda(self) -> Agenda:
        """Return what there is to do."""
        with self._lock:
            works = [_work(book) for book in self._books.values() if book.campaign.status is _RUNNING]
            supply: dict[str, dict[str, Supply]] = {work.campaign.workspace: {} for work in works}
            for (workspace, carrier), trunk in self._exchange.trunks.items():
                if workspace in supply and trunk.configured:
                    supply[workspace][carrier] = trunk.supply
            return Agenda(self.clock.now(), works, supply, self._exchange.next_check())

    def overdue(self, limit: int) -> Sequence[str]:
        """Return attempts whose time limit or awaited analysis has passed."""
        with self._lock:
            return self._exchange.overdue(self.clock.now(), limit)

    def unsent(
        self, campaign_id: str, *, before: int | None = None, numbers: Sequence[PhoneNumber] | None = None
    ) -> Instant | None:
        """Return the latest `not_after` of reservations nobody has reported on yet."""
        with self._lock:
            book = self.book(campaign_id)
            only = None if numbers is None else {encode(number.reveal()) for number in numbers}
            waiting = [
                attempt.reserved.not_after
                for attempt in self._exchange.open.values()
                if attempt.book is book
                and attempt.status is AttemptStatus.RESERVED
                and (before is None or attempt.reserved.epoch < before)
                and (only is None or book.numbers[attempt.ordinal] in only)
            ]
            return max(waiting, default=None)

    # --- reads ---
    def campaign(self, campaign_id: str) -> Campaign:
        """Return one campaign."""
        return self.book(campaign_id).campaign

    def campaigns(self, workspace: str | None = None) -> Sequence[Campaign]:
        """Return all campaigns, newest created first, id as tie-break."""
        with self._lock:
            found = [book.campaign for book in self._books.values() if workspace in {None, book.campaign.workspace}]
        return newest_first(found)

    def counters(self, campaign_id: str, run: int | None = None) -> Counters:
        """Return the kept counts of a run, the current one unless named."""
        with self._lock:
            return self.book(campaign_id).counters(run)

    def overview(
        self, workspace: str, only: CampaignFilter = EVERY_CAMPAIGN, *, after: Place | None = None, limit: int = 50
    ) -> Sequence[Overview]:
        """Return a page of a workspace's campaigns with their kept counts."""
        with self._lock:
            mine = (book.campaign for book in self._books.values() if book.campaign.workspace == workspace)
            page = page_of(mine, only, after, limit)
            return [Overview(campaign, self._books[campaign.id].counters(None)) for campaign in page]

    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = EVERYBODY
    ) -> Sequence[Contact]:
        """Return a page of the contacts that are wanted, by ordinal."""
        with self._lock:
            book = self.book(campaign_id)
            if only != EVERYBODY:
                return browsing.contacts(book, only, after, limit)
            return [book.contact(ordinal) for ordinal in range(after + 1, min(after + 1 + limit, len(book.numbers)))]

    def attempts(self, campaign_id: str, after: int = -1, limit: int = 1000) -> Sequence[Attempt]:
        """Return a page of attempts of all runs, by serial."""
        with self._lock:
            book = self.book(campaign_id)
            return [
                book.attempt_value(serial) for serial in range(after + 1, min(after + 1 + limit, len(book.attempts)))
            ]

    def attempts_of(self, campaign_id: str, contacts: Sequence[int]) -> Sequence[Attempt]:
        """Return all attempts of these contacts, by serial."""
        with self._lock:
            return browsing.attempts_of(self.book(campaign_id), contacts)

    def number_use(self, campaign_id: str, run: int | None = None) -> Mapping[PhoneNumber, int]:
        """Return how many calls of a run were made from each number."""
        with self._lock:
            return browsing.number_use(self.book(campaign_id), run)

    def dialled_since(self, campaign_id: str, since: Instant) -> int:
        """Return how many of the newest calls were reserved since then."""
        with self._lock:
            return browsing.dialled_since(self.book(campaign_id), since)

    def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
        """Return a page of the log, of all campaigns unless one is named."""
        with self._lock:
            only = None if campaign_id is None else self.book(campaign_id).code
            return self._log.read(self._names, after, limit, only)

    def next_due(self, campaign_id: str) -> Instant | None:
        """Return when the next contact of a running campaign is due; `None` when none waits."""
        with self._lock:
            return self.book(campaign_id).run.next_due()

    def activity(self, campaign_id: str, limit: int = 1000) -> Sequence[LifecycleChanged]:
        """Return the latest lifecycle actions of a campaign, in their order."""
        with self._lock:
            return self._log.latest(self.book(campaign_id).code, LifecycleChanged, limit)

    def tip(self) -> int:
        """Return the cursor of the last event, -1 while there is none."""
        with self._lock:
            return len(self._log) - 1


_RUNNING = CampaignStatus.RUNNING
_PENDING, _RETRY, _CALLBACK = (CODE[status] for status in ContactStatus if status in WAITING)
_CALLING, _AWAITING = (CODE[status] for status in ContactStatus if status in ACTIVE)


def _work(book: Book) -> Work:
    run, campaign, counts = book.runs[-1], book.campaign, book.runs[-1].counts
    seats = campaign.config.concurrency_limit - run.live
    demand = Demand(
        campaign.id, seats, book.pool().carriers, book.served_at, book.cursor % max(len(campaign.numbers), 1)
    )
    waiting = counts[_PENDING] + counts[_RETRY] + counts[_CALLBACK]
    active = counts[_CALLING] + counts[_AWAITING]
    return Work(campaign, run.live, waiting, active, demand, run.next_due())
