"""What rules are shown of the in-memory rows: small windows with the field names of the frozen values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, overload

from ori_campaigns.contact import KIND_OF, AttemptKind, AttemptStatus, Callback, CallbackRequest, ContactStatus
from ori_campaigns.events import AnalysisArrived, AttemptEnded, AttemptReserved, AttemptReturned
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Line
from ori_campaigns.reports import Report
from ori_campaigns.stores.memory.rows import decode, encode
from ori_campaigns.stores.memory.runs import STATUSES, Run
from ori_campaigns.views import Counters, NumberMatch

if TYPE_CHECKING:
    from ori_campaigns.campaign import Campaign
    from ori_campaigns.stores.memory.book import Book
    from ori_campaigns.stores.memory.exchange import Trunk

_WAITED_AS = {kind: status for status, kind in KIND_OF.items()}


class ContactRow:
    """A contact as rules see it. What decisions ask for is read at once, the rest when it is asked for."""

    __slots__ = ("_book", "_run", "attempts", "callback", "excluded", "last_connected", "ordinal")

    def __init__(self, book: Book, run: Run, ordinal: int) -> None:
        self._book, self._run, self.ordinal = book, run, ordinal
        self.attempts, self.last_connected = run.attempts[ordinal], run.last_connected[ordinal]
        self.excluded = bool(book.excluded) and book.numbers[ordinal] in book.excluded
        self.callback: Callback | None = run.callbacks.get(ordinal) if run.callbacks else None

    @property
    def status(self) -> ContactStatus:
        return STATUSES[self._run.status[self.ordinal]]

    @property
    def due(self) -> Instant:
        return self._run.due[self.ordinal]

    @property
    def number(self) -> PhoneNumber:
        return decode(self._book.numbers[self.ordinal])

    @property
    def variables(self) -> Mapping[str, str]:
        return self._book.variables(self.ordinal)


class Candidate:
    """A waiting contact offered for dialling. All gates look at it at once, so what they ask for is read beforehand."""

    __slots__ = (
        "_book",
        "_code",
        "_run",
        "attempts",
        "callback",
        "due",
        "excluded",
        "number_busy",
        "ordinal",
        "status",
    )

    def __init__(self, book: Book, run: Run, ordinal: int) -> None:
        self._book, self._run, self.ordinal = book, run, ordinal
        self.status, self.attempts, self.due = STATUSES[run.status[ordinal]], run.attempts[ordinal], run.due[ordinal]
        self.callback: Callback | None = run.callbacks.get(ordinal) if run.callbacks else None
        self._code = code = book.numbers[ordinal]
        self.excluded, self.number_busy = code in book.excluded, code in book.exchange.busy

    @property
    def last_connected(self) -> int:
        return self._run.last_connected[self.ordinal]

    @property
    def number(self) -> PhoneNumber:
        return decode(self._code)

    @property
    def variables(self) -> Mapping[str, str]:
        return self._book.variables(self.ordinal)


class _AttemptRow:
    """What an attempt has had from its reservation on."""

    __slots__ = ("book", "id", "ordinal", "reserved", "reserved_at", "serial")

    def __init__(self, book: Book, serial: int, fact: AttemptReserved) -> None:
        self.book, self.serial, self.reserved = book, serial, fact
        self.id, self.ordinal, self.reserved_at = fact.attempt, fact.contact, fact.at

    @property
    def campaign(self) -> Campaign:
        """Its campaign as it stands."""
        return self.book.campaign

    @property
    def kind(self) -> AttemptKind:
        return self.reserved.kind

    @property
    def number_in_budget(self) -> int:
        return self.reserved.number_in_budget

    @property
    def from_number(self) -> PhoneNumber:
        return self.reserved.from_number

    @property
    def carrier(self) -> str:
        return self.reserved.carrier

    @property
    def came_from(self) -> ContactStatus:
        return _WAITED_AS[self.reserved.kind]


class OpenAttempt(_AttemptRow):
    """An attempt that is live or undecided; once nothing about it is open, the log alone keeps it."""

    __slots__ = (
        "analysed",
        "analysis",
        "answered_at",
        "began",
        "bot_disposition",
        "carrier_ref",
        "check_at",
        "ended",
        "of",
        "rang_at",
        "status",
        "trunk",
    )
    decided = False
    rule = ""

    def __init__(self, book: Book, run: Run, trunk: Trunk, serial: int, fact: AttemptReserved) -> None:
        # Written out: `super()` costs as much as all of it.
        self.book, self.serial, self.reserved = book, serial, fact
        self.id, self.ordinal, self.reserved_at = fact.attempt, fact.contact, fact.at
        self.of, self.trunk, self.check_at = run, trunk, fact.check_at
        self.status = AttemptStatus.RESERVED
        self.carrier_ref = self.bot_disposition = ""
        self.rang_at: Instant | None = None
        self.answered_at: Instant | None = None
        self.began: bool | None = None
        self.ended: AttemptEnded | None = None
        self.analysis: AnalysisArrived | None = None
        self.analysed = False

    @property
    def contact(self) -> ContactRow:
        return ContactRow(self.book, self.of, self.ordinal)

    @property
    def run(self) -> int:
        return self.of.number

    @property
    def ended_at(self) -> Instant | None:
        return None if self.ended is None else self.ended.at

    @property
    def connected(self) -> bool:
        return self.ended is not None and self.ended.connected

    @property
    def talk(self) -> int:
        return 0 if self.ended is None else self.ended.talk

    @property
    def disposition(self) -> str:
        return "" if self.ended is None else self.ended.disposition

    @property
    def detail(self) -> str:
        return "" if self.ended is None else self.ended.detail

    @property
    def business_disposition(self) -> str:
        return "" if self.analysis is None else self.analysis.business_disposition

    @property
    def callback(self) -> CallbackRequest | None:
        return None if self.analysis is None else self.analysis.callback


class PastAttempt(_AttemptRow):
    """An attempt that is over and decided, read from its facts in the log; the same fields as an open one."""

    # What the bot said has gone into the outcome; no rule asks for it any more.
    began: bool | None = None
    bot_disposition = ""
    decided = True
    check_at = 0

    def __init__(self, book: Book, serial: int) -> None:
        columns, log = book.attempts, book.exchange.log
        super().__init__(book, serial, log.fact(columns.reserved[serial]))
        self.run = columns.run[serial]
        self.carrier_ref = book.carrier_refs.get(serial, "")
        self.contact = book.row(self.ordinal)
        over: AttemptEnded | AttemptReturned = log.fact(columns.over[serial])
        self.ended_at: Instant | None = over.at
        self.rang_at: Instant | None = None
        self.answered_at: Instant | None = None
        if isinstance(over, AttemptReturned):
            self.status, self.connected, self.talk, self.disposition, self.detail = over.status, False, 0, "", over.why
        else:
            self.status, self.rang_at, self.answered_at = AttemptStatus.ENDED, over.rang_at, over.answered_at
            self.connected, self.talk, self.disposition, self.detail = (
                over.connected,
                over.talk,
                over.disposition,
                over.detail,
            )
        decided, analysed = columns.decided[serial], columns.analysed[serial]
        self.rule: str = log.fact(decided).rule if decided else book.settled.get(serial, "")
        self.analysed = analysed > 0
        self.business_disposition: str = log.fact(analysed).business_disposition if analysed else ""
        self.callback: CallbackRequest | None = log.fact(analysed).callback if analysed else None


class MemoryCampaignView:
    """A campaign under lock."""

    __slots__ = ("_book", "now")

    def __init__(self, book: Book, now: Instant) -> None:
        self._book, self.now = book, now

    @property
    def campaign(self) -> Campaign:
        return self._book.campaign

    @property
    def counters(self) -> Counters:
        return self._book.counters(None)


class MemoryAdmitView:
    """A campaign about to dial."""

    __slots__ = ("_book", "campaign", "cursor", "lines", "live", "next_serial", "now", "offered")

    def __init__(self, book: Book, now: Instant, quotas: dict[str, int]) -> None:
        self._book, self.now, self.campaign = book, now, book.campaign
        self.live, self.cursor, self.next_serial = book.run.live, book.cursor, len(book.attempts)
        lines: dict[str, Line] = {}
        self.lines: list[Line | None] = []
        for trunk in book.pool().trunks:
            line = None
            if trunk is not None:
                line = lines.get(trunk.carrier.id)
                if line is None:
                    line = lines[trunk.carrier.id] = trunk.line(now, quotas.get(trunk.carrier.id, 0))
            self.lines.append(line)
        self.offered: list[int] = []

    @property
    def candidates(self) -> Iterator[Candidate]:
        return self._book.offered(self.now, self.offered)


class MemoryReportView(NamedTuple):
    """A batch of reports with their attempts."""

    now: Instant
    items: list[tuple[Report, OpenAttempt | PastAttempt | None]]


class _Matches(Sequence[NumberMatch]):
    """Numbers with their contacts, each looked up when it is asked for."""

    __slots__ = ("_book", "_numbers")

    def __init__(self, book: Book, numbers: Sequence[PhoneNumber]) -> None:
        self._book, self._numbers = book, numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, place: int) -> NumberMatch: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[NumberMatch]: ...
    def __getitem__(self, place: int | slice) -> NumberMatch | Sequence[NumberMatch]:
        if isinstance(place, slice):
            return _Matches(self._book, self._numbers[place])
        number, book = self._numbers[place], self._book
        code = encode(number.reveal())
        ordinal = book.find(code)
        return NumberMatch(number, None if ordinal is None else book.row(ordinal), code in book.excluded)


class MemoryNumbersView:
    """Numbers of one campaign."""

    __slots__ = ("campaign", "items", "now")

    def __init__(self, now: Instant, book: Book, numbers: Sequence[PhoneNumber]) -> None:
        self.now, self.campaign = now, book.campaign
        self.items: Sequence[NumberMatch] = _Matches(book, numbers)
