"""Whether the rows of a campaign, its kept counters and its log agree, row by row and count by count.

The log was judged by `promises` before; here is what takes rows to be seen:

- I8: an attempt's row is over exactly if the log has its end, and no call is over without what follows;
- I10: the campaign stands where its log leaves it;
- I12: the list is whole: ordinals without a gap, no number twice, as many contacts as were loaded;
- I16: kept counters, rows and log agree, for each run, each contact and each attempt.

All of it, and the settings since the last edit (I3, I5, I14), is only true of readings between which nothing moved.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import LIVE, OVER, Attempt, AttemptStatus, Contact
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.promises import Findings, Promises
from ori_campaigns.recount import RowCount
from ori_campaigns.tally import ATTEMPTS, STATUSES
from ori_campaigns.views import Counters

_COUNTS = tuple(name.name for name in attrs.fields(Counters) if name.name not in {"contacts", "excluded"})
# The log does not tell them apart.
_SAME = {AttemptStatus.IN_PROGRESS: AttemptStatus.ANSWERED}
_EIGHT_BYTES = 17
"""Digits that fit into eight bytes, with a 1 before them."""


class Agreement:
    """Holds the rows of one campaign, one by one, against its log.

    Parameters:
        campaign: as it stands.
        promises: its log, judged up to the present.

    Attributes:
        contacts, attempts: rows seen so far.
        live: serial and number of each attempt whose row is live.
    """

    def __init__(self, campaign: Campaign, promises: Promises) -> None:
        self._id, self._campaign = campaign.id, campaign
        self._promises, self._history = promises, promises.history
        self._found = Findings(campaign.id)
        self._rows = RowCount(campaign.run_number)
        # Numbers as integers: half a million of them take four megabytes.
        self._numbers = array("q")
        self._odd: dict[str, int] = {}
        self._ordinal = self._serial = -1
        self.contacts = self.attempts = 0
        self.live: list[tuple[int, PhoneNumber]] = []

    def contact(self, contact: Contact) -> None:
        """Look at the next contact."""
        ordinal = contact.ordinal
        if ordinal != self._ordinal + 1:
            self._found.add("I12", "ordinals of contacts", str(self._ordinal + 1), str(ordinal))
        self._ordinal = ordinal
        self.contacts += 1
        self._rows.contact(contact)
        self._numbers.append(self._code(contact.number))
        history = self._history
        if not history.on_list(ordinal):
            return
        run = history.run
        if not run.vague:
            self._same(f"contact {ordinal}", STATUSES[run.status[ordinal]].value, contact.status.value)
        self._same(f"attempts of contact {ordinal}", str(run.tries[ordinal]), str(contact.attempts))
        self._same(f"contact {ordinal} connected", str(bool(run.connected[ordinal])), str(contact.connected))
        self._same(f"contact {ordinal} excluded", str(ordinal in history.flags), str(contact.excluded))

    def attempt(self, attempt: Attempt) -> None:
        """Look at the next attempt."""
        name, history = attempt.id, self._history
        expected = f"{self._id}-{self._serial + 1}"
        if name != expected:
            self._found.add("I16", "serials of attempts, in rows", expected, name)
        self._serial = max(serial_of(name), self._serial)
        self.attempts += 1
        self._rows.attempt(attempt)
        if attempt.status in LIVE and 0 <= attempt.contact < len(self._numbers):
            self.live.append((serial_of(name), self._number(self._numbers[attempt.contact])))
        if not self._promises.whole:
            return
        serial = history.find(name)
        if serial < 0:
            self._found.add("I16", f"attempt {name}, row against log", "no such attempt", attempt.status.value)
            return
        told, found = ATTEMPTS[history.standing[serial]], _SAME.get(attempt.status, attempt.status)
        if (told in OVER) is not (found in OVER):
            ends = "one" if found in OVER else "none"
            self._found.add(
                "I8", f"ends of attempt {name}, {found} by its row", ends, "none" if ends == "one" else "one"
            )
        else:
            self._same(f"attempt {name}", told.value, found.value)
        self._same(f"run of attempt {name}", str(history.run_of[serial]), str(attempt.run))
        self._same(f"contact of attempt {name}", str(history.contact_of[serial]), str(attempt.contact))

    def _same(self, what: str, told: str, found: str) -> None:
        if told != found:
            self._found.add("I16", f"{what}, row against log", told, found)

    def _code(self, number: PhoneNumber) -> int:
        digits = number.reveal()
        if digits.isdecimal() and len(digits) <= _EIGHT_BYTES:
            return int("1" + digits)
        return self._odd.setdefault(digits, -1 - len(self._odd))

    def _number(self, code: int) -> PhoneNumber:
        return PhoneNumber(str(code)[1:] if code > 0 else list(self._odd)[-1 - code])

    # --- all of it together ---
    def judge(self, kept: Mapping[int, Counters]) -> Findings:
        """Return what was found, once all rows have been seen.

        Parameters:
            kept: the store's counters of each run.
        """
        campaign, promises, history, found = self._campaign, self._promises, self._history, self._found
        if promises.whole:
            if campaign.stage is not promises.stage:
                found.add("I10", "the campaign, row against log", promises.stage.value, campaign.stage.value)
            if campaign.run_number != history.run.number:
                found.add("I10", "its run, row against log", str(history.run.number), str(campaign.run_number))
            if campaign.version != promises.version:
                found.add("I10", "its version, row against log", str(promises.version), str(campaign.version))
            else:
                promises.judge(campaign, found)
            if promises.undecided():
                found.add("I8", "ended calls without what follows", "none", str(promises.undecided()))
        self._list(kept)
        for run, counters in kept.items():
            self._counters(run, counters)
        return found

    def _list(self, kept: Mapping[int, Counters]) -> None:
        found, history = self._found, self._history
        if self._promises.whole and self.contacts != len(history.run.status):
            found.add("I12", "contacts on the list, rows against log", str(len(history.run.status)), str(self.contacts))
        counted = kept[self._campaign.run_number].total
        if counted != self.contacts:
            found.add("I12", "contacts on the list, kept against rows", str(self.contacts), str(counted))
        first: int | None = None
        for code in sorted(self._numbers):
            if code == first:
                found.add("I12", f"contacts with {self._number(code)}", "one", "two")
            first = code
        excluded = kept[self._campaign.run_number].excluded
        if history.inherits or not self._promises.whole:
            # How many of a list's first exclusions are not on it is kept, and told nowhere.
            if excluded < self._rows.excluded:
                found.add("I16", "excluded, kept", f"{self._rows.excluded} by rows, or more", str(excluded))
        elif excluded != history.excluded_count:
            found.add("I16", "excluded, kept", f"{history.excluded_count} by log", str(excluded))

    def _counters(self, number: int, kept: Counters) -> None:
        """Compare the counts of one run: by its rows, and by the log."""
        by: dict[str, Counters] = {}
        by_rows, by_log = self._rows.runs.get(number), self._history.runs.get(number)
        current = number == self._campaign.run_number
        by["rows"] = by_rows.counters(0) if by_rows is not None else Counters({})
        if self._promises.whole:
            by["log"] = by_log.counters(0) if by_log is not None else Counters({})
        for name in _COUNTS:
            self._count(number, name, {each: getattr(counts, name) for each, counts in by.items()}, getattr(kept, name))
        if not current:
            # Rows stand in the current run only.
            del by["rows"]
        if by_log is not None and by_log.vague:
            by.pop("log", None)
        for status in STATUSES:
            counted = {each: counts.contacts.get(status, 0) for each, counts in by.items()}
            self._count(number, f"{status.value} contacts", counted, kept.contacts.get(status, 0))

    def _count(self, run: int, what: str, counted: Mapping[str, int], kept: int) -> None:
        if any(count != kept for count in counted.values()):
            told = ", ".join(f"{count} by {each}" for each, count in counted.items())
            self._found.add("I16", f"run {run}: {what}, kept", told, str(kept))


def serial_of(attempt: str) -> int:
    """Return the serial in an attempt's id, -1 where there is none.

    >>> serial_of("q2-renewals-17")
    17
    """
    serial = attempt.rpartition("-")[2]
    return int(serial) if serial.isdecimal() else -1
