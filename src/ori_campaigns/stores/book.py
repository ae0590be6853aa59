"""One campaign's rows in memory: its list, its runs, its attempts, and the views that rules are given of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from ori_campaigns.contact import (
    WAITING,
    Attempt,
    AttemptKind,
    AttemptStatus,
    Callback,
    CallbackRequest,
    Contact,
    ContactStatus,
)
from ori_campaigns.events import AttemptReserved
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.exchange import Exchange, Trunk
from ori_campaigns.stores.rows import Rows
from ori_campaigns.stores.runs import STATUSES, Run
from ori_campaigns.views import Counters

if TYPE_CHECKING:
    from ori_campaigns.campaign import Campaign
    from ori_campaigns.views import ContactBatch

_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


def encode(digits: str) -> int:
    """Keep a number's digits, leading zeros included, in eight bytes."""
    return int("1" + digits)


def decode(code: int) -> PhoneNumber:
    """Give the number back."""
    return PhoneNumber(str(code)[1:])


class OpenAttempt:
    """An attempt that is live or undecided; packed into a row once nothing about it is open."""

    # Defaults live on the class, so that a new attempt sets only what it knows.
    status = AttemptStatus.RESERVED
    carrier_ref = ""
    rang_at: Instant | None = None
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    began: bool | None = None
    bot_disposition = ""
    business_disposition = ""
    callback: CallbackRequest | None = None
    analysed = False
    connected = False
    talk = 0
    disposition = ""
    detail = ""
    decided = False
    rule = ""

    def __init__(self, book: Book, serial: int, contact: ContactRow, fact: AttemptReserved) -> None:
        self.book, self.serial, self.contact = book, serial, contact
        self.of = book.runs[-1]
        self.id, self.reserved_at, self.not_after = fact.attempt, fact.at, fact.not_after
        self.number_in_budget, self.kind = fact.number_in_budget, fact.kind
        self.from_number, self.carrier = fact.from_number, fact.carrier
        self.check_at, self.epoch = fact.check_at, fact.epoch
        self.came_from = contact.status

    @property
    def campaign(self) -> Campaign:
        """Its campaign as it stands."""
        return self.book.campaign

    @property
    def run(self) -> int:
        """The number of its run."""
        return self.of.number


class PackedAttempt:
    """An attempt that is over and decided, read from its row; the same fields as an open one."""

    callback: CallbackRequest | None = None
    decided = True
    check_at = 0

    def __init__(self, book: Book, serial: int) -> None:
        ordinal, head, tail, reserved_at, rang_at, answered_at, ended_at = book.attempts.get(serial)
        self.book, self.serial, self.head = book, serial, head
        self.id, self.contact, self.campaign = f"{book.campaign.id}-{serial}", book.row(ordinal), book.campaign
        self.reserved_at: Instant = reserved_at
        self.rang_at: Instant | None = rang_at or None
        self.answered_at: Instant | None = answered_at or None
        self.ended_at: Instant | None = ended_at or None
        self.talk = max(ended_at - answered_at, 0) if answered_at else 0
        self.carrier_ref = book.carrier_refs.get(serial, "")
        value = book.exchange.codes.value
        self.run, self.number_in_budget, self.kind, self.from_number, self.carrier, self.came_from = value(head)
        (
            self.status,
            self.connected,
            self.disposition,
            self.detail,
            self.business_disposition,
            self.bot_disposition,
            self.began,
            self.analysed,
            self.rule,
        ) = value(tail)


class ContactRow:
    """A contact as rules see it: a window on the columns."""

    __slots__ = ("_book", "_run", "ordinal")

    def __init__(self, book: Book, run: Run, ordinal: int) -> None:
        self._book, self._run, self.ordinal = book, run, ordinal

    @property
    def status(self) -> ContactStatus:
        return STATUSES[self._run.status[self.ordinal]]

    @property
    def attempts(self) -> int:
        return self._run.attempts[self.ordinal]

    @property
    def due(self) -> Instant:
        return self._run.due[self.ordinal]

    @property
    def excluded(self) -> bool:
        excluded = self._book.excluded
        return bool(excluded) and self._book.numbers[self.ordinal] in excluded

    @property
    def last_connected(self) -> int:
        return self._run.last_connected[self.ordinal]

    @property
    def callback(self) -> Callback | None:
        return self._run.callbacks.get(self.ordinal)

    @property
    def number(self) -> PhoneNumber:
        return decode(self._book.numbers[self.ordinal])

    @property
    def number_busy(self) -> bool:
        return self._book.numbers[self.ordinal] in self._book.exchange.busy

    @property
    def variables(self) -> Mapping[str, str]:
        return self._book.variables(self.ordinal)


class Pool(NamedTuple):
    """A campaign's numbers with their trunks, `None` where one is no longer configured for outbound calls."""

    numbers: tuple[PhoneNumber, ...]
    version: int
    trunks: list[Trunk | None]
    carriers: tuple[str, ...]


class Book:
    """One campaign's rows."""

    def __init__(self, campaign: Campaign, code: int, exchange: Exchange) -> None:
        self.campaign, self.code, self.exchange = campaign, code, exchange
        self.numbers = array("q")
        self.batches: list[tuple[int, ContactBatch]] = []
        self.excluded: set[int] = set()
        self.runs = [Run(1, 0)]
        # contact; interned: how it began, how it ended; reserved, rang, answered, ended (0 where it did not happen)
        self.attempts = Rows("<iIIqqqq")
        self.carrier_refs: dict[int, str] = {}
        self.cursor = 0
        self.served_at: Instant = 0
        self._pool: Pool | None = None
        self._sorted: tuple[array[int], array[int]] | None = None

    @property
    def run(self) -> Run:
        """The current run."""
        return self.runs[-1]

    # --- the list ---
    def load(self, numbers: array[int], batch: ContactBatch, *, keep_excluded: bool) -> None:
        """Replace the list."""
        self.numbers = numbers
        self.batches = [(0, batch)]
        self._sorted = None
        self.runs[-1] = Run(self.run.number, len(self.numbers))
        if not keep_excluded:
            self.excluded.difference_update(self.numbers)
        self.apply_exclusions()

    def copy(self, other: Book, *, keep_excluded: bool) -> None:
        """Take over another campaign's list."""
        self.numbers = array("q", other.numbers)
        self.batches = list(other.batches)
        self._sorted = None
        self.runs[-1] = Run(self.run.number, len(self.numbers))
        if keep_excluded:
            self.excluded = set(other.excluded)
            self.apply_exclusions()

    def apply_exclusions(self) -> None:
        """Put every waiting contact whose number is flagged into `excluded`."""
        for number in self.excluded:
            ordinal = self.find(number)
            if ordinal is not None and self.row(ordinal).status in WAITING:
                self.run.move(ordinal, ContactStatus.EXCLUDED)

    def variables(self, ordinal: int) -> Mapping[str, str]:
        """Return a contact's call variables."""
        for first, batch in reversed(self.batches):
            if ordinal >= first:
                return batch.variables(ordinal - first)
        return _NO_VARIABLES

    def find(self, number: int) -> int | None:
        """Return the ordinal of an encoded number, if it is on the list."""
        if self._sorted is None:
            # Two arrays instead of a dict: eight times smaller, and built only when somebody asks by number.
            order = array("i", sorted(range(len(self.numbers)), key=self.numbers.__getitem__))
            self._sorted = (array("q", [self.numbers[ordinal] for ordinal in order]), order)
        keys, order = self._sorted
        position = bisect_left(keys, number)
        return order[position] if position < len(keys) and keys[position] == number else None

    def row(self, ordinal: int) -> ContactRow:
        """Return a contact of the current run."""
        return ContactRow(self, self.run, ordinal)

    # --- dialling ---
    def pool(self) -> Pool:
        """Return the pool with the trunk of each number, looked up again when either changed."""
        numbers, version = self.campaign.numbers, self.exchange.version
        pool = self._pool
        if pool is None or pool.numbers is not numbers or pool.version != version:
            found = self.exchange.of_number
            trunks = [found.get((self.campaign.workspace, number)) for number in numbers]
            carriers = tuple(dict.fromkeys(trunk.carrier.id for trunk in trunks if trunk is not None))
            pool = self._pool = Pool(numbers, version, trunks, carriers)
        return pool

    def offered(self, now: Instant, taken: list[int]) -> Iterator[ContactRow]:
        """Offer waiting contacts in the order of P4, noting who was offered."""
        run = self.run
        for ordinal in run.due_now(now):
            taken.append(ordinal)
            yield ContactRow(self, run, ordinal)

    def pack(self, attempt: OpenAttempt) -> None:
        """Keep an attempt about which nothing is open any more as a compact row."""
        head = self.exchange.codes.code(
            (
                attempt.of.number,
                attempt.number_in_budget,
                attempt.kind,
                attempt.from_number,
                attempt.carrier,
                attempt.came_from,
            )
        )
        self._put(attempt, head)
        if attempt.carrier_ref:
            self.carrier_refs[attempt.serial] = attempt.carrier_ref
        del self.exchange.open[attempt.id]

    def _put(self, attempt: OpenAttempt | PackedAttempt, head: int) -> None:
        tail = self.exchange.codes.code(
            (
                attempt.status,
                attempt.connected,
                attempt.disposition,
                attempt.detail,
                attempt.business_disposition,
                attempt.bot_disposition,
                attempt.began,
                attempt.analysed,
                attempt.rule,
            )
        )
        self.attempts.put(
            attempt.serial,
            attempt.contact.ordinal,
            head,
            tail,
            attempt.reserved_at,
            attempt.rang_at or 0,
            attempt.answered_at or 0,
            attempt.ended_at or 0,
        )

    def analysed(self, packed: PackedAttempt, business_disposition: str) -> None:
        """Keep an analysis that came too late to decide anything."""
        packed.business_disposition, packed.analysed = business_disposition, True
        self._put(packed, packed.head)

    # --- reads ---
    def attempt(self, attempt_id: str) -> OpenAttempt | PackedAttempt | None:
        """Return an attempt by its id, live or over."""
        found = self.exchange.open.get(attempt_id)
        if found is not None:
            return found
        serial = attempt_id.rpartition("-")[2]
        if not serial.isdecimal() or int(serial) >= len(self.attempts):
            return None
        return PackedAttempt(self, int(serial))

    def counters(self, number: int | None) -> Counters:
        """Return the counts of a run, the current one unless named."""
        for run in self.runs:
            if run.number == number:
                return run.counters(len(self.excluded))
        return self.run.counters(len(self.excluded))

    def contact(self, ordinal: int) -> Contact:
        """Return a contact as a value."""
        row, run = self.row(ordinal), self.run
        return Contact(
            campaign_id=self.campaign.id,
            ordinal=ordinal,
            number=row.number,
            variables=row.variables,
            status=row.status,
            attempts=row.attempts,
            due=row.due,
            excluded=row.excluded,
            connected=bool(run.connected[ordinal]),
            last_connected=row.last_connected,
            rule=self.exchange.codes.value(run.rule[ordinal]),
            callback=row.callback,
        )

    def attempt_value(self, serial: int) -> Attempt:
        """Return an attempt as a value."""
        found = self.attempt(f"{self.campaign.id}-{serial}")
        assert found is not None  # noqa: S101 - asked for within the range of serials
        return Attempt(
            id=found.id,
            campaign_id=self.campaign.id,
            contact=found.contact.ordinal,
            run=found.run,
            number_in_budget=found.number_in_budget,
            kind=found.kind,
            from_number=found.from_number,
            carrier=found.carrier,
            status=found.status,
            reserved_at=found.reserved_at,
            rang_at=found.rang_at,
            answered_at=found.answered_at,
            ended_at=found.ended_at,
            talk=found.talk,
            connected=found.connected,
            disposition=found.disposition,
            detail=found.detail,
            business_disposition=found.business_disposition,
            rule=found.rule,
        )
