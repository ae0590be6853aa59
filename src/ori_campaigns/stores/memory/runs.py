"""The contacts of one run in memory: columns, queues in the order of dialling, and kept counts."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from heapq import heappop, heappush
from itertools import chain

from ori_campaigns.contact import WAITING, Callback, ContactStatus
from ori_campaigns.instants import Instant
from ori_campaigns.lifecycle import used_up
from ori_campaigns.views import CloseUsedUp, Counters

_S = ContactStatus
STATUSES = tuple(ContactStatus)
CODE = {status: code for code, status in enumerate(STATUSES)}
_PENDING, _RETRY, _CALLBACK = CODE[_S.PENDING], CODE[_S.RETRY_SCHEDULED], CODE[_S.CALLBACK_SCHEDULED]
_WAITING_CODES = frozenset(CODE[status] for status in WAITING)
# A queue entry is one integer, due time above ordinal: a tuple would cost four times the memory.
_ORDINAL_BITS = 24
_ORDINAL_MASK = (1 << _ORDINAL_BITS) - 1


class Run:
    """The contacts of one run, as columns, and its counts."""

    def __init__(self, number: int, size: int) -> None:
        self.number = number
        self.status = bytearray([_PENDING]) * size
        self.attempts = array("H", bytes(2 * size))
        self.due = array("q", bytes(8 * size))
        self.last_connected = array("q", [-1]) * size
        self.connected = bytearray(size)
        self.rule = array("I", bytes(4 * size))
        self.callbacks: dict[int, Callback] = {}
        self.counts = [0] * len(STATUSES)
        self.counts[_PENDING] = size
        self.fresh_from = 0
        self.retries: list[int] = []
        self.booked: list[int] = []
        self.put_off: dict[int, Instant] = {}
        self.dialled = self.answered = self.connects = self.connected_contacts = self.machines = 0
        self.live = self.in_progress = self.ringing = 0

    def extend(self, count: int) -> None:
        """Let so many contacts enter behind the others, as pending."""
        self.status.extend(bytes([_PENDING]) * count)
        self.connected.extend(bytes(count))
        for column, size in ((self.attempts, 2), (self.due, 8), (self.rule, 4)):
            column.frombytes(bytes(size * count))
        self.last_connected.extend(array("q", [-1]) * count)
        self.counts[_PENDING] += count

    # --- queues ---
    def move(self, ordinal: int, status: ContactStatus) -> None:
        """Put a contact into a state, keeping the counts."""
        code = CODE[status]
        counts = self.counts
        counts[self.status[ordinal]] -= 1
        counts[code] += 1
        self.status[ordinal] = code

    def enqueue(self, ordinal: int) -> None:
        """Offer a waiting contact for dialling from its due time on."""
        code = self.status[ordinal]
        if code == _PENDING:
            self.fresh_from = min(self.fresh_from, ordinal)
        elif code == _RETRY:
            heappush(self.retries, self.due[ordinal] << _ORDINAL_BITS | ordinal)
        elif code == _CALLBACK:
            heappush(self.booked, self.due[ordinal] << _ORDINAL_BITS | ordinal)

    def begin_anew(self, ordinal: int) -> None:
        """Offer a contact as if nobody had called it yet; whether it ever connected is remembered."""
        self.move(ordinal, _S.PENDING)
        self.attempts[ordinal] = self.due[ordinal] = self.rule[ordinal] = 0
        self.last_connected[ordinal] = -1
        self.callbacks.pop(ordinal, None)
        self.put_off.pop(ordinal, None)
        self.enqueue(ordinal)

    def _first(self, queue: list[int], code: int) -> int | None:
        """Return the first entry of a queue that is still true, dropping those that are not."""
        while queue:
            entry = queue[0]
            ordinal = entry & _ORDINAL_MASK
            if (
                self.status[ordinal] == code
                and self.due[ordinal] == entry >> _ORDINAL_BITS
                and ordinal not in self.put_off
            ):
                return entry
            heappop(queue)
        return None

    def _due_from(self, queue: list[int], code: int, now: Instant) -> Iterator[int]:
        status, due = self.status, self.due
        latest = (now + 1) << _ORDINAL_BITS
        while queue and queue[0] < latest:
            entry = heappop(queue)
            while queue and queue[0] == entry:
                # Left behind by a budget that was cut short, and by chance due at the same time.
                heappop(queue)
            ordinal = entry & _ORDINAL_MASK
            if status[ordinal] == code and due[ordinal] == entry >> _ORDINAL_BITS and ordinal not in self.put_off:
                yield ordinal

    def _fresh(self) -> Iterator[int]:
        ordinal = self.status.find(_PENDING, self.fresh_from)
        while ordinal >= 0:
            self.fresh_from = ordinal + 1
            if ordinal not in self.put_off:
                yield ordinal
            ordinal = self.status.find(_PENDING, self.fresh_from)

    def due_now(self, now: Instant) -> Iterator[int]:
        """Take waiting contacts off their queues in the order of P4; what is not reserved must be enqueued again."""
        if self.put_off:
            self._bring_back(now)
        retries = self._due_from(self.retries, _RETRY, now)
        if self.booked:
            return chain(self._due_from(self.booked, _CALLBACK, now), self._fresh(), retries)
        return chain(self._fresh(), retries) if self.counts[_PENDING] else retries

    def put_back(self, offered: Sequence[int], later: Sequence[tuple[int, Instant]]) -> None:
        """Queue contacts again that were offered and not reserved; those to be looked at later, later."""
        for ordinal, until in later:
            self.put_off[ordinal] = until
        for ordinal in offered:
            if self.status[ordinal] in _WAITING_CODES and ordinal not in self.put_off:
                self.enqueue(ordinal)

    def _bring_back(self, now: Instant) -> None:
        for ordinal in [ordinal for ordinal, until in self.put_off.items() if until <= now]:
            del self.put_off[ordinal]
            self.enqueue(ordinal)

    def next_due(self) -> Instant | None:
        """Return the first instant at which a contact is due; 0 when a fresh one waits."""
        put_off = sum(1 for ordinal in self.put_off if self.status[ordinal] == _PENDING) if self.put_off else 0
        if self.counts[_PENDING] > put_off:
            return 0
        found = []
        for queue, code in ((self.booked, _CALLBACK), (self.retries, _RETRY)):
            entry = self._first(queue, code)
            if entry is not None:
                found.append(entry >> _ORDINAL_BITS)
        if self.put_off:
            found += [until for ordinal, until in self.put_off.items() if self.status[ordinal] in _WAITING_CODES]
        return min(found, default=None)

    def note_connect(self, ordinal: int, talk: int) -> None:
        """Count a conversation of a contact, which lasted so many microseconds."""
        self.connects += 1
        self.last_connected[ordinal] = talk
        if not self.connected[ordinal]:
            self.connected[ordinal] = 1
            self.connected_contacts += 1

    # --- bulk moves ---
    def move_all(self, table: Mapping[ContactStatus, ContactStatus]) -> int:
        """Move every contact by its state, without looking at any; return how many moved."""
        codes = bytearray(range(256))
        moved = 0
        for old, new in table.items():
            codes[CODE[old]] = CODE[new]
            count = self.counts[CODE[old]]
            moved += count
            self.counts[CODE[old]] -= count
            self.counts[CODE[new]] += count
        self.status = self.status.translate(bytes(codes))
        return moved

    def close_used_up(self, move: CloseUsedUp, rule: int) -> int:
        """Close waiting contacts that have no attempt left (L19)."""
        moved = 0
        for ordinal, code in enumerate(self.status):
            if code in _WAITING_CODES and used_up(self.attempts[ordinal], STATUSES[code], move):
                self.move(ordinal, _S.COMPLETED if self.connected[ordinal] else _S.EXHAUSTED)
                self.rule[ordinal] = rule
                self.cancel_callback(ordinal)
                moved += 1
        return moved

    def cancel_callback(self, ordinal: int) -> None:
        """A scheduled callback of this contact will not take place."""
        self.set_callback(ordinal, "cancelled")

    def set_callback(self, ordinal: int, state: str) -> None:
        """Say what became of a scheduled callback."""
        callback = self.callbacks.get(ordinal)
        if callback is not None and callback.state == "scheduled":
            self.callbacks[ordinal] = Callback(callback.due, callback.sequence, callback.text, callback.reason, state)

    def cancel_callbacks(self) -> int:
        """Cancel all scheduled callbacks; return how many."""
        # One that is being dialled takes place.
        ordinals = [
            ordinal
            for ordinal, callback in self.callbacks.items()
            if callback.state == "scheduled" and self.status[ordinal] == _CALLBACK
        ]
        for ordinal in ordinals:
            self.cancel_callback(ordinal)
        return len(ordinals)

    def counters(self, excluded: int) -> Counters:
        """Return the counts as a value."""
        return Counters(
            contacts={status: self.counts[code] for status, code in CODE.items()},
            dialled=self.dialled,
            answered=self.answered,
            connected=self.connects,
            connected_contacts=self.connected_contacts,
            live=self.live,
            ringing=self.ringing,
            in_progress=self.in_progress,
            machines=self.machines,
            excluded=excluded,
        )
