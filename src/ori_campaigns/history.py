"""What the log of one campaign tells, taken in one event after the other: each contact, each attempt, each run.

The log tells all but this much:

- Exclusions that a list was born with (a clone, or an upload after exclusions): give them as `inherited`; those that
  were lifted since are in `born_excluded`.
- Who was closed because a lowered maximum was used up: it is those who wait with the most attempts, as many as the log
  says. Where two different sets of contacts would fit, or a bulk move is not known here, the contacts of that run are
  `vague`: they are not to be compared, and are left out of its legal moves. Its attempts are told all the same.
- Whether a live call is `answered` or already `in_progress`: both count as answered.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar

from ori_campaigns.contact import WAITING, AttemptStatus, ContactStatus
from ori_campaigns.events import (
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    CallbackScheduled,
    ContactClosed,
    ContactsMoved,
    Fact,
    NumberExcluded,
    NumberReadded,
    RetryScheduled,
)
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.tally import CODE, MACHINES, STANDING, RunCount

_S, _A = ContactStatus, AttemptStatus
_WAITING = frozenset(CODE[status] for status in WAITING)
_CLOSED_BY = {"CloseWaiting": _WAITING, "CloseAwaiting": frozenset({CODE[_S.AWAITING_ANALYSIS]})}
_NEW_LISTS = frozenset({"UseStage", "CopyContacts"})
_NEVER_TOLD = 255
"""The standing of a serial between others that no reservation in the log has."""
_LONGEST_GAP = 1_000_000


def _nothing_amiss(_what: str, _expected: str, _found: str) -> None:
    """Whoever only counts does not mind."""


class History:
    """What the log of one campaign told so far, one fact after the other, in a few bytes for each contact and attempt.

    Parameters:
        inherited: contacts that were excluded when their list was made.
        amiss: told of bulk moves whose count is not what the facts before them make it.

    Attributes:
        runs, run: the counts of each run, and of the current one.
        standing, run_of, contact_of, decided: of each attempt by its serial: status, run, contact, and whether what
            follows has been decided.
        open: by contact, the attempt that is live, or over and undecided.
        flags: contacts whose number is excluded.
        named: contacts whose exclusion, or its lifting, the log names since their list was made.
        born_excluded: contacts whose exclusion the log does not name, and that were re-added since.
        inherits: the list may have been born with exclusions that the log does not name.
    """

    def __init__(
        self, inherited: AbstractSet[int] = frozenset(), amiss: Callable[[str, str, str], None] = _nothing_amiss
    ) -> None:
        self.run = RunCount(1)
        self.runs: dict[int, RunCount] = {}
        self.standing, self.decided, self._answered = bytearray(), bytearray(), bytearray()
        self.run_of, self.contact_of = array("I"), array("I")
        self.open: dict[int, int] = {}
        self.flags: set[int] = set()
        self.named: set[int] = set()
        self.born_excluded: set[int] = set()
        self.inherits = False
        self._inherited, self._amiss = inherited, amiss
        self._numbers: set[PhoneNumber] = set()

    @property
    def excluded_count(self) -> int:
        """Excluded numbers, on the list or not; where `inherits`, there may be more that are not on it."""
        return len(self.flags) if self.inherits else len(self._numbers)

    def find(self, attempt: str) -> int:
        """Return the serial of an attempt that was reserved, -1 if none of that id was."""
        serial = attempt.rpartition("-")[2]
        found = int(serial) if serial.isdecimal() else len(self.standing)
        return found if found < len(self.standing) and self.standing[found] != _NEVER_TOLD else -1

    def on_list(self, contact: int) -> bool:
        """Tell whether there is a contact of this ordinal."""
        return 0 <= contact < len(self.run.status)

    def apply(self, fact: Fact) -> None:
        """Take in the next fact; one of an attempt or a contact that was never heard of is left out."""
        handler = self._HANDLERS.get(type(fact))
        if handler is not None:
            handler(self, fact)

    # --- attempts ---
    def _reserved(self, fact: AttemptReserved) -> None:
        serial = fact.attempt.rpartition("-")[2]
        gap = int(serial) - len(self.standing) if serial.isdecimal() else -1
        if not 0 <= gap <= _LONGEST_GAP or not self.on_list(fact.contact):
            return
        run = self.run
        for told, value in ((self.standing, _NEVER_TOLD), (self.decided, 0), (self._answered, 0)):
            told.extend([value] * gap)
            told.append(0)
        for column, last in ((self.run_of, run.number), (self.contact_of, fact.contact)):
            column.extend([0] * gap)
            column.append(last)
        run.attempts += 1
        run.standing[STANDING[_A.RESERVED]] += 1
        run.tries[fact.contact] += 1
        run.move(fact.contact, CODE[_S.CALLING])
        self.open[fact.contact] = len(self.standing) - 1

    def _stands(self, attempt: str, status: AttemptStatus) -> tuple[int, RunCount]:
        serial = self.find(attempt)
        run = self.runs.get(self.run_of[serial], self.run) if serial >= 0 else self.run
        if serial >= 0:
            run.standing[self.standing[serial]] -= 1
            run.standing[STANDING[status]] += 1
            self.standing[serial] = STANDING[status]
        return serial, run

    def _submitted(self, fact: AttemptSubmitted) -> None:
        self._stands(fact.attempt, _A.SUBMITTED)

    def _rang(self, fact: AttemptRang) -> None:
        self._stands(fact.attempt, _A.RINGING)

    def _unknown(self, fact: AttemptUnknown) -> None:
        self._stands(fact.attempt, _A.UNKNOWN)

    def _answers(self, fact: AttemptAnswered) -> None:
        self._answer(*self._stands(fact.attempt, _A.ANSWERED))

    def _answer(self, serial: int, run: RunCount) -> None:
        if serial >= 0 and not self._answered[serial]:
            self._answered[serial] = 1
            run.answered += 1

    def _ended(self, fact: AttemptEnded) -> None:
        serial, run = self._stands(fact.attempt, _A.ENDED)
        if serial < 0:
            return
        run.machines += fact.disposition in MACHINES
        if fact.answered_at is not None:
            self._answer(serial, run)
        if fact.connected:
            run.connects += 1
            run.connected[self.contact_of[serial]] = 1

    def _returned(self, fact: AttemptReturned) -> None:
        serial, run = self._stands(fact.attempt, fact.status)
        if serial >= 0:
            contact = self.contact_of[serial]
            run.tries[contact] = max(run.tries[contact] - 1, 0)
            self._follows(serial, run, fact.to)

    # --- contacts ---
    def _follows(self, serial: int, run: RunCount, status: ContactStatus) -> None:
        contact = self.contact_of[serial]
        run.move(contact, CODE[status])
        self.decided[serial] = 1
        self.open.pop(contact, None)

    def _decided(self, attempt: str, status: ContactStatus) -> None:
        serial = self.find(attempt)
        if serial >= 0:
            self._follows(serial, self.runs.get(self.run_of[serial], self.run), status)

    def _retry(self, fact: RetryScheduled) -> None:
        self._decided(fact.attempt, _S.RETRY_SCHEDULED)

    def _callback(self, fact: CallbackScheduled) -> None:
        self._decided(fact.attempt, _S.CALLBACK_SCHEDULED)

    def _closed(self, fact: ContactClosed) -> None:
        self._decided(fact.attempt, fact.status)

    def _awaited(self, fact: AnalysisAwaited) -> None:
        serial = self.find(fact.attempt)
        if serial >= 0:
            run = self.runs.get(self.run_of[serial], self.run)
            run.move(self.contact_of[serial], CODE[_S.AWAITING_ANALYSIS])

    def _excluded(self, fact: NumberExcluded) -> None:
        self._numbers.add(fact.number)
        if self.on_list(fact.contact):
            self.flags.add(fact.contact)
            self.named.add(fact.contact)
            if fact.closes:
                self._close(fact.contact, CODE[_S.EXCLUDED])

    def _readded(self, fact: NumberReadded) -> None:
        self._numbers.discard(fact.number)
        if not self.on_list(fact.contact):
            return
        if fact.contact not in self.flags:
            self.born_excluded.add(fact.contact)
        self.flags.discard(fact.contact)
        self.named.add(fact.contact)
        if fact.opens:
            self.run.tries[fact.contact] = 0
            self.run.move(fact.contact, CODE[_S.PENDING])

    def _close(self, contact: int, code: int) -> None:
        """Put a contact that nobody is calling into a final state; a decision that was awaited is made by that."""
        if self.run.status[contact] == CODE[_S.AWAITING_ANALYSIS] and contact in self.open:
            self.decided[self.open.pop(contact)] = 1
        self.run.move(contact, code)

    # --- bulk moves ---
    def _moved(self, fact: ContactsMoved) -> None:
        if fact.move in _NEW_LISTS:
            self.inherits = self.inherits or bool(self._numbers) or fact.move == "CopyContacts"
            self.flags = set(self._inherited) if self.inherits else set()
            self.named, self.born_excluded = set(), set()
            self._begin(fact)
        elif fact.move == "NewRun":
            self._begin(fact)
        elif fact.move == "AppendStage":
            # Where there was no list before, the run begins with it.
            self.runs[self.run.number] = self.run
            self.run.extend(fact.contacts)
        elif fact.move == "DropRun":
            self.runs.pop(self.run.number, None)
            self.run = self.runs.setdefault(fact.run, RunCount(fact.run))
            self._apply_flags()
        elif fact.move in _CLOSED_BY:
            codes, to = _CLOSED_BY[fact.move], CODE[_S(fact.status)]
            self._close_all(fact, [each for each, code in enumerate(self.run.status) if code in codes], to)
        elif fact.move == "CloseUsedUp":
            self._close_used_up(fact)
        elif fact.move != "CancelCallbacks":
            self.run.vague = True

    def _begin(self, fact: ContactsMoved) -> None:
        self.run = self.runs[fact.run] = RunCount(fact.run, fact.contacts)
        self._apply_flags()

    def _apply_flags(self) -> None:
        for contact in self.flags:
            if self.on_list(contact) and self.run.status[contact] in _WAITING:
                self.run.move(contact, CODE[_S.EXCLUDED])

    def _close_all(self, fact: ContactsMoved, contacts: list[int], to: int) -> None:
        if len(contacts) != fact.contacts and not self.run.vague:
            self._amiss(f"contacts moved by {fact.move}", str(len(contacts)), str(fact.contacts))
        for contact in contacts:
            self._close(contact, to)

    def _close_used_up(self, fact: ContactsMoved) -> None:
        """Contacts are closed from the one with the most attempts on, down to the maximum, which is not told."""
        run, count = self.run, fact.contacts
        if run.vague or not count:
            return
        fitting: list[set[int]] = []
        # Booked callbacks may have been spared, or not.
        for spared in ({CODE[_S.CALLBACK_SCHEDULED]}, set[int]()):
            ranked = sorted((-run.tries[each], each) for each, c in enumerate(run.status) if c in _WAITING - spared)
            whole = len(ranked) >= count and (len(ranked) == count or ranked[count - 1][0] < ranked[count][0])
            if whole and ranked[count - 1][0] < 0:
                chosen = {each for _, each in ranked[:count]}
                fitting += [] if chosen in fitting else [chosen]
        if not fitting:
            self._amiss(f"contacts moved by {fact.move}", "as many as have used up some maximum", str(count))
        if len(fitting) != 1:
            run.vague = True
            return
        for contact in fitting[0]:
            run.move(contact, CODE[_S.COMPLETED if run.connected[contact] else _S.EXHAUSTED])

    _HANDLERS: ClassVar[Mapping[type, Callable[[History, Any], None]]] = {
        AttemptReserved: _reserved,
        AttemptSubmitted: _submitted,
        AttemptRang: _rang,
        AttemptAnswered: _answers,
        AttemptUnknown: _unknown,
        AttemptEnded: _ended,
        AttemptReturned: _returned,
        RetryScheduled: _retry,
        CallbackScheduled: _callback,
        ContactClosed: _closed,
        AnalysisAwaited: _awaited,
        NumberExcluded: _excluded,
        NumberReadded: _readded,
        ContactsMoved: _moved,
    }
