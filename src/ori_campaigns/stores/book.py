"""One campaign's rows in memory: its list, its runs, its attempts, and the views that rules are given of them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
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
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.exchange import Exchange, Trunk
from ori_campaigns.stores.rows import Rows
from ori_campaigns.stores.runs import STATUSES, Run
from ori_campaigns.views import Counters

if TYPE_CHECKING:
    from ori_campaigns.campaign import Campaign
    from ori_campaigns.views import ContactBatch

_NONE = -1
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
    callback_request: CallbackRequest | None = None
    analysed = False
    connected = False
    talk = 0
    disposition = ""
    detail = ""
    decided = False
    rule = ""

    def __init__(  # noqa: PLR0913 - one argument a fact
        self,
        book: Book,
        run: Run,
        serial: int,
        id: str,  # noqa: A002 - the field's name
        contact: int,
        number_in_budget: int,
        kind: AttemptKind,
        from_number: PhoneNumber,
        carrier: str,
        reserved_at: Instant,
        not_after: Instant,
        check_at: Instant,
        came_from: ContactStatus,
    ) -> None:
        self.book, self.of, self.serial, self.id = book, run, serial, id
        self.contact, self.number_in_budget, self.kind = contact, number_in_budget, kind
        self.from_number, self.carrier = from_number, carrier
        self.reserved_at, self.not_after, self.check_at = reserved_at, not_after, check_at
        self.came_from = came_from
        self.queued_at = check_at

    @property
    def run(self) -> int:
        """The number of its run."""
        return self.of.number


class Packed(NamedTuple):
    """What few different values an attempt can have, interned as one."""

    run: int
    number_in_budget: int
    kind: AttemptKind
    from_number: PhoneNumber
    carrier: str
    status: AttemptStatus
    connected: bool
    disposition: str
    detail: str
    business_disposition: str
    bot_disposition: str
    began: bool | None
    analysed: bool
    rule: str
    came_from: ContactStatus


class PackedAttempt:
    """An attempt that is over and decided, read from its row; the same fields as an open one."""

    callback_request: CallbackRequest | None = None
    decided = True

    def __init__(self, book: Book, serial: int) -> None:
        contact, code, reserved_at, rang_at, answered_at, ended_at = book.attempts.get(serial)
        self.serial, self.id, self.contact = serial, f"{book.campaign.id}-{serial}", contact
        self.reserved_at: Instant = reserved_at
        self.rang_at: Instant | None = None if rang_at == _NONE else rang_at
        self.answered_at: Instant | None = None if answered_at == _NONE else answered_at
        self.ended_at: Instant | None = None if ended_at == _NONE else ended_at
        self.talk = max(ended_at - answered_at, 0) if answered_at != _NONE else 0
        self.carrier_ref = book.carrier_refs.get(serial, "")
        self.rest: Packed = book.exchange.codes.value(code)
        (
            self.run,
            self.number_in_budget,
            self.kind,
            self.from_number,
            self.carrier,
            self.status,
            self.connected,
            self.disposition,
            self.detail,
            self.business_disposition,
            self.bot_disposition,
            self.began,
            self.analysed,
            self.rule,
            self.came_from,
        ) = self.rest


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


class Book:
    """One campaign's rows."""

    def __init__(self, campaign: Campaign, code: int, exchange: Exchange) -> None:
        self.campaign, self.code, self.exchange = campaign, code, exchange
        self.numbers = array("q")
        self.batches: list[tuple[int, ContactBatch]] = []
        self.excluded: set[int] = set()
        self.runs = [Run(1, 0)]
        # contact, interned rest, reserved, rang, answered, ended
        self.attempts = Rows("<iIqqqq")
        self.carrier_refs: dict[int, str] = {}
        self.cursor = 0
        self.served_at: Instant = 0
        self._pool: tuple[tuple[PhoneNumber, ...], int, list[Trunk | None]] | None = None
        self._sorted: tuple[array[int], array[int]] | None = None

    @property
    def run(self) -> Run:
        """The current run."""
        return self.runs[-1]

    # --- the list ---
    def load(self, batch: ContactBatch, *, keep_excluded: bool) -> None:
        """Replace the list."""
        self.numbers = array("q", map(encode, batch.numbers))
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
    def pool(self) -> list[Trunk | None]:
        """Return the trunk of each pool number, `None` where it is no longer configured for outbound calls."""
        numbers, version = self.campaign.numbers, self.exchange.version
        if self._pool is None or self._pool[0] is not numbers or self._pool[1] != version:
            workspace = self.campaign.workspace
            trunks = [self.exchange.of_number.get((workspace, number)) for number in numbers]
            self._pool = (numbers, version, trunks)
        return self._pool[2]

    def offered(self, now: Instant, taken: list[int]) -> Iterator[ContactRow]:
        """Offer waiting contacts in the order of P4, noting who was offered."""
        run = self.run
        for ordinal in run.due_now(now):
            taken.append(ordinal)
            yield ContactRow(self, run, ordinal)

    def pack(self, attempt: OpenAttempt) -> None:
        """Keep an attempt about which nothing is open any more as a compact row."""
        rest = Packed(
            attempt.of.number,
            attempt.number_in_budget,
            attempt.kind,
            attempt.from_number,
            attempt.carrier,
            attempt.status,
            attempt.connected,
            attempt.disposition,
            attempt.detail,
            attempt.business_disposition,
            attempt.bot_disposition,
            attempt.began,
            attempt.analysed,
            attempt.rule,
            attempt.came_from,
        )
        times = (attempt.reserved_at, attempt.rang_at, attempt.answered_at, attempt.ended_at)
        self._put(attempt.serial, attempt.contact, rest, times)
        if attempt.carrier_ref:
            self.carrier_refs[attempt.serial] = attempt.carrier_ref
        del self.exchange.open[attempt.id]

    def _put(self, serial: int, contact: int, rest: Packed, times: Sequence[Instant | None]) -> None:
        code = self.exchange.codes.code(rest)
        self.attempts.put(serial, contact, code, *(_NONE if time is None else time for time in times))

    def analysed(self, packed: PackedAttempt, business_disposition: str) -> None:
        """Keep an analysis that came too late to decide anything."""
        rest = packed.rest._replace(business_disposition=business_disposition, analysed=True)
        times = (packed.reserved_at, packed.rang_at, packed.answered_at, packed.ended_at)
        self._put(packed.serial, packed.contact, rest, times)

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
            contact=found.contact,
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
