"""Counting again: what the rows say, and what the log says, to be held against the counts that a store keeps.

Both counts take one row, or one event, at a time and keep a few bytes for each contact and attempt, so that millions
can be counted. What the log does not tell, see `history`.
"""

from __future__ import annotations

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

from ori_campaigns.contact import Attempt, Contact
from ori_campaigns.events import Event
from ori_campaigns.history import History
from ori_campaigns.tally import CODE, RunCount
from ori_campaigns.views import Counters


class RowCount:
    """Counts rows, one after the other; contacts stand in the current run, attempts in their own."""

    def __init__(self, run: int) -> None:
        self.runs = {run: RunCount(run)}
        self.contacts = 0
        self.excluded = 0
        self._contacts = self.runs[run].contacts

    def contact(self, contact: Contact) -> None:
        """Count a contact."""
        self._contacts[CODE[contact.status]] += 1
        self.contacts += 1
        self.excluded += contact.excluded

    def attempt(self, attempt: Attempt) -> None:
        """Count an attempt."""
        run = self.runs.get(attempt.run)
        if run is None:
            run = self.runs[attempt.run] = RunCount(attempt.run)
        run.answers(attempt)


def from_rows(contacts: Iterable[Contact], attempts: Iterable[Attempt], run: int) -> Counters:
    """Count the rows of the current run.

    Parameters:
        contacts: all contacts, as they stand in that run.
        attempts: all attempts; those of other runs are left out.
        run: the number of the run.

    Returns:
        The counts; `excluded` are contacts only: an excluded number that is not on the list has no row.
    """
    rows = RowCount(run)
    for contact in contacts:
        rows.contact(contact)
    for attempt in attempts:
        rows.attempt(attempt)
    return rows.runs[run].counters(rows.excluded)


def from_log(events: Iterable[Event], inherited: AbstractSet[int] = frozenset()) -> dict[int, Counters]:
    """Count what the log of one campaign says, for each of its runs.

    Parameters:
        events: all of the campaign's, in their order.
        inherited: contacts that were excluded when their list was made, of a clone or of a list uploaded after
            exclusions.
    """
    history = History(inherited)
    for event in events:
        history.apply(event.fact)
    return {number: run.counters(history.excluded_count) for number, run in history.runs.items()}
