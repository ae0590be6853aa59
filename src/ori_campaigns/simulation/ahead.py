"""Whom a stretch dials next: people who are due, taken off their queues some way ahead."""

from __future__ import annotations

from itertools import islice

from ori_campaigns.gates import first_closed_for
from ori_campaigns.instants import Instant
from ori_campaigns.stores.memory.book import Book
from ori_campaigns.stores.memory.exchange import NEVER
from ori_campaigns.stores.memory.flyweights import Candidate, MemoryAdmitView

_AHEAD = 64


class Ahead:
    """People who are due, in the order of dialling (P4), with their gates open.

    Who is due stays in this order whatever comes: a call that ends later in a stretch ends after they were due, so
    whoever is to be called again is due after them.

    Parameters:
        book: the campaign's rows.
    """

    def __init__(self, book: Book) -> None:
        self._book, self._run = book, book.run
        self._next: list[int] = []
        # What the gates say of one, they say of all of the same status and attempts: in a stretch everybody who is
        # taken off a queue is due, nobody's number is busy, and who is excluded is asked for below.
        self._may_dial: set[tuple[int, int]] = set()

    def __bool__(self) -> bool:
        return bool(self._next)

    def take(self, count: int, now: Instant) -> list[int] | None:
        """Return whoever is dialled next, up to so many; `None` if the engine should look at one of them first."""
        if len(self._next) < count:
            found = list(islice(self._run.due_now(now), count + _AHEAD))
            self._next = self._next + found
            if not self._open_for(found, now):
                return None
        chosen = self._next[:count]
        del self._next[:count]
        return chosen

    def next_due(self) -> Instant:
        """Return when the next of them is due: an instant that may have passed, `NEVER` when nobody waits."""
        due = 0 if self._next else self._run.next_due()
        return NEVER if due is None else due

    def hand_back(self) -> None:
        """Put those who were not dialled into their queues again."""
        for ordinal in self._next:
            self._run.enqueue(ordinal)
        self._next = []

    def _open_for(self, found: list[int], now: Instant) -> bool:
        """Ask the gates whether all of these may be dialled."""
        run, excluded = self._run, self._book.excluded
        alike = list(zip(map(run.status.__getitem__, found), map(run.attempts.__getitem__, found), strict=True))
        if not self._may_dial.issuperset(alike):
            view = MemoryAdmitView(self._book, now, {})
            for ordinal, kind in zip(found, alike, strict=True):
                if kind not in self._may_dial:
                    if first_closed_for(Candidate(self._book, run, ordinal), view) is not None:
                        return False
                    self._may_dial.add(kind)
        return not excluded or excluded.isdisjoint(map(self._book.numbers.__getitem__, found))
