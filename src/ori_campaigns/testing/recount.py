"""Counting again: what the rows say, and what the log says, to be held against the counts that a store keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

from ori_campaigns.contact import LIVE, NEVER_PLACED, WAITING, Attempt, AttemptStatus, Contact, ContactStatus
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
    Event,
    Fact,
    NumberExcluded,
    RetryScheduled,
)
from ori_campaigns.views import Counters

_S, _A = ContactStatus, AttemptStatus
_MACHINES = frozenset({"voicemail", "machine"})
_TALKING = frozenset({_A.ANSWERED, _A.IN_PROGRESS})
_CLOSED_BY = {"CloseWaiting": WAITING, "CloseAwaiting": frozenset({_S.AWAITING_ANALYSIS})}


def from_rows(contacts: Sequence[Contact], attempts: Iterable[Attempt], run: int) -> Counters:
    """Count the rows of the current run.

    Parameters:
        contacts: all contacts, as they stand in that run.
        attempts: all attempts; those of other runs are left out.
        run: the number of the run.
    """
    mine = [attempt for attempt in attempts if attempt.run == run]
    dialled = [each for each in mine if each.status not in NEVER_PLACED and each.status is not _A.RESERVED]
    return Counters(
        contacts=_all_statuses(Counter(contact.status for contact in contacts)),
        dialled=len(dialled),
        answered=sum(each.answered_at is not None for each in dialled),
        connected=sum(each.connected for each in mine),
        connected_contacts=len({each.contact for each in mine if each.connected}),
        live=sum(each.status in LIVE for each in mine),
        ringing=sum(each.status is _A.RINGING for each in mine),
        in_progress=sum(each.status in _TALKING for each in mine),
        machines=sum(each.disposition in _MACHINES for each in mine),
        excluded=sum(contact.excluded for contact in contacts),
    )


def _all_statuses(found: Counter[ContactStatus]) -> dict[ContactStatus, int]:
    return {status: found[status] for status in ContactStatus}


@attrs.define
class _Run:
    """What the log told of one run so far: the status of each contact, and where each attempt stands."""

    contacts: dict[int, ContactStatus]
    attempts: dict[str, AttemptStatus] = attrs.field(factory=dict)
    answered: set[str] = attrs.field(factory=set)
    connected: dict[str, int] = attrs.field(factory=dict)
    machines: int = 0

    def counters(self, excluded: int) -> Counters:
        live = Counter(self.attempts.values())
        dialled = sum(live.values()) - live[_A.RESERVED] - live[_A.REFUSED]
        return Counters(
            contacts=_all_statuses(Counter(self.contacts.values())),
            dialled=dialled,
            answered=len(self.answered),
            connected=len(self.connected),
            connected_contacts=len(set(self.connected.values())),
            live=sum(live[status] for status in LIVE),
            ringing=live[_A.RINGING],
            in_progress=live[_A.ANSWERED],
            machines=self.machines,
            excluded=excluded,
        )


def from_log(events: Iterable[Event]) -> dict[int, Counters]:
    """Count what the log of one campaign says, for each of its runs.

    It must not have been edited or cloned, nor its maximum of attempts lowered: those moves name no contacts.
    """
    runs: dict[int, _Run] = {}
    number, excluded = 1, set[int]()
    for event in events:
        fact = event.fact
        if isinstance(fact, NumberExcluded):
            excluded.add(fact.contact)
            if fact.closes:
                runs[number].contacts[fact.contact] = _S.EXCLUDED
        elif isinstance(fact, ContactsMoved):
            number = fact.run
            _move(runs, fact, excluded)
        elif number in runs:
            _apply(runs[number], fact)
    return {number: run.counters(len(excluded)) for number, run in runs.items()}


def _move(runs: dict[int, _Run], fact: ContactsMoved, excluded: set[int]) -> None:
    if fact.move in {"UseStage", "NewRun"}:
        listed = range(fact.contacts)
        runs[fact.run] = _Run({each: _S.EXCLUDED if each in excluded else _S.PENDING for each in listed})
    elif fact.move in _CLOSED_BY:
        contacts = runs[fact.run].contacts
        for ordinal, status in contacts.items():
            if status in _CLOSED_BY[fact.move]:
                contacts[ordinal] = _S(fact.status)


def _apply(run: _Run, fact: Fact) -> None:  # noqa: C901, PLR0912 - one case for each fact
    match fact:
        case AttemptReserved(attempt=attempt, contact=contact):
            run.attempts[attempt], run.contacts[contact] = _A.RESERVED, _S.CALLING
        case AttemptSubmitted(attempt=attempt):
            run.attempts[attempt] = _A.SUBMITTED
        case AttemptRang(attempt=attempt):
            run.attempts[attempt] = _A.RINGING
        case AttemptAnswered(attempt=attempt):
            run.attempts[attempt] = _A.ANSWERED
            run.answered.add(attempt)
        case AttemptUnknown(attempt=attempt):
            run.attempts[attempt] = _A.UNKNOWN
        case AttemptEnded(attempt=attempt, contact=contact):
            run.attempts[attempt] = _A.ENDED
            run.machines += fact.disposition in _MACHINES
            if fact.answered_at is not None:
                run.answered.add(attempt)
            if fact.connected:
                run.connected[attempt] = contact
        case AttemptReturned(attempt=attempt, contact=contact):
            run.attempts[attempt], run.contacts[contact] = _A.REFUSED, fact.to
        case RetryScheduled(contact=contact):
            run.contacts[contact] = _S.RETRY_SCHEDULED
        case CallbackScheduled(contact=contact):
            run.contacts[contact] = _S.CALLBACK_SCHEDULED
        case AnalysisAwaited(contact=contact):
            run.contacts[contact] = _S.AWAITING_ANALYSIS
        case ContactClosed(contact=contact, status=status):
            run.contacts[contact] = status
        case _:
            pass
