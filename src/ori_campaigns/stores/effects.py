"""How each fact and each bulk move changes rows: once, for every store that keeps rows. Nothing is decided here.

A store that keeps its rows elsewhere reads them into `rows`, calls these, and writes back what says `changed`. The
in-memory store has its own, which work on columns; the store contract holds the two against each other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import FINAL, WAITING, AttemptKind, AttemptStatus, Callback, ContactStatus
from ori_campaigns.events import (
    AnalysisArrived,
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    BotReported,
    CallbackDeclined,
    CallbackScheduled,
    CarrierRefLearned,
    ContactClosed,
    NumberExcluded,
    NumberReadded,
    ReportIgnored,
    RetryScheduled,
)
from ori_campaigns.instants import Instant
from ori_campaigns.lifecycle import used_up
from ori_campaigns.retry import MACHINES
from ori_campaigns.stores.rows import AttemptRow, ContactRow, RunRow
from ori_campaigns.views import CloseUsedUp

_S, _A = ContactStatus, AttemptStatus
_TALKING = frozenset({_A.ANSWERED, _A.IN_PROGRESS})

BY_STOP = "campaign_over"
"""The rule by which a call is settled whose analysis is no longer waited for, because the campaign is over."""
BY_EXCLUSION = "excluded"


def move(contact: ContactRow, run: RunRow, status: ContactStatus) -> None:
    """Put a contact into a state, keeping the counts."""
    run.contacts[contact.status] -= 1
    run.contacts[status] += 1
    contact.status = status
    contact.changed = run.changed = True


def set_callback(contact: ContactRow, state: str) -> None:
    """Say what became of a scheduled callback: completed, missed or cancelled."""
    callback = contact.callback
    if callback is not None and callback.state == "scheduled":
        contact.callback = attrs.evolve(callback, state=state)
        contact.changed = True


# --- an attempt from its reservation on -------------------------------------------------------------------------------


def reserve(campaign: Campaign, run: RunRow, contact: ContactRow, fact: AttemptReserved) -> AttemptRow:
    """Open an attempt: a seat and one try of the contact are taken."""
    move(contact, run, _S.CALLING)
    contact.attempts += 1
    contact.look_at = 0
    run.live += 1
    return AttemptRow(
        serial=int(fact.attempt.rpartition("-")[2]),
        id=fact.attempt,
        campaign=campaign,
        tally=run,
        contact=contact,
        kind=fact.kind,
        number_in_budget=fact.number_in_budget,
        from_number=fact.from_number,
        carrier=fact.carrier,
        reserved_at=fact.at,
        not_after=fact.not_after,
        epoch=fact.epoch,
        check_at=fact.check_at,
        changed=True,
    )


def _moves(attempt: AttemptRow, status: AttemptStatus) -> None:
    """Move an attempt, keeping the counts of live calls by what they do."""
    run, old = attempt.tally, attempt.status
    run.dialled += old is _A.RESERVED
    run.ringing += (status is _A.RINGING) - (old is _A.RINGING)
    run.in_progress += (status in _TALKING) - (old in _TALKING)
    attempt.status = status
    run.changed = True


def _submitted(attempt: AttemptRow, fact: AttemptSubmitted) -> None:
    _moves(attempt, _A.SUBMITTED)
    attempt.check_at = fact.check_at
    attempt.carrier_ref = fact.carrier_ref or attempt.carrier_ref


def _ref_learned(attempt: AttemptRow, fact: CarrierRefLearned) -> None:
    attempt.carrier_ref = fact.carrier_ref


def _rang(attempt: AttemptRow, fact: AttemptRang) -> None:
    _moves(attempt, _A.RINGING)
    attempt.rang_at, attempt.check_at = fact.at, fact.check_at


def _answered(attempt: AttemptRow, fact: AttemptAnswered) -> None:
    _moves(attempt, _A.IN_PROGRESS if attempt.began else _A.ANSWERED)
    attempt.tally.answered += attempt.answered_at is None
    attempt.answered_at, attempt.check_at = fact.at, fact.check_at


def _bot_reported(attempt: AttemptRow, fact: BotReported) -> None:
    attempt.began = attempt.began if fact.began is None else fact.began
    attempt.bot_disposition = fact.disposition or attempt.bot_disposition
    if fact.began and attempt.status is _A.ANSWERED:
        _moves(attempt, _A.IN_PROGRESS)


def _unknown(attempt: AttemptRow, fact: AttemptUnknown) -> None:
    _moves(attempt, _A.UNKNOWN)
    attempt.check_at = fact.check_at


def _ended(attempt: AttemptRow, fact: AttemptEnded) -> None:
    run, contact = attempt.tally, attempt.contact
    _moves(attempt, _A.ENDED)
    run.live -= 1
    if fact.answered_at is not None:
        run.answered += attempt.answered_at is None
        if fact.connected:
            run.connected += 1
            run.connected_contacts += not contact.connected
            contact.connected, contact.last_connected = True, fact.talk
            if attempt.kind is AttemptKind.CALLBACK:
                set_callback(contact, "completed")
    run.machines += fact.disposition in MACHINES
    attempt.ended_at, attempt.rang_at, attempt.answered_at = fact.at, fact.rang_at, fact.answered_at
    attempt.talk, attempt.connected = fact.talk, fact.connected
    attempt.disposition, attempt.detail = fact.disposition, fact.detail
    contact.changed = True


def _returned(attempt: AttemptRow, fact: AttemptReturned) -> None:
    run, contact = attempt.tally, attempt.contact
    _moves(attempt, fact.status)
    run.dialled -= 1
    run.live -= 1
    contact.attempts -= 1
    move(contact, run, fact.to)
    if fact.to in FINAL:
        set_callback(contact, "cancelled")
    # Whatever it was told before, nobody's phone rang.
    attempt.ended_at, attempt.detail, attempt.rang_at, attempt.answered_at = fact.at, fact.why, None, None
    attempt.check_at, attempt.decided = 0, True


def _decided(attempt: AttemptRow, status: ContactStatus, rule: str) -> None:
    """What follows for the contact is decided: nothing about the attempt is open any more."""
    move(attempt.contact, attempt.tally, status)
    attempt.contact.rule = attempt.rule = rule
    attempt.check_at, attempt.decided, attempt.changed = 0, True, True


def _retry(attempt: AttemptRow, fact: RetryScheduled) -> None:
    _decided(attempt, _S.RETRY_SCHEDULED, fact.rule)
    set_callback(attempt.contact, "missed")
    attempt.contact.due = fact.due


def _callback(attempt: AttemptRow, fact: CallbackScheduled) -> None:
    _decided(attempt, _S.CALLBACK_SCHEDULED, fact.rule)
    attempt.contact.callback = Callback(fact.due, fact.sequence, fact.text, fact.reason)
    attempt.contact.due = fact.due


def _closed(attempt: AttemptRow, fact: ContactClosed) -> None:
    _decided(attempt, fact.status, fact.rule)
    set_callback(attempt.contact, "cancelled" if fact.status is _S.EXCLUDED else "missed")


def _awaited(attempt: AttemptRow, fact: AnalysisAwaited) -> None:
    move(attempt.contact, attempt.tally, _S.AWAITING_ANALYSIS)
    attempt.check_at = fact.check_at


def _analysis(attempt: AttemptRow, fact: AnalysisArrived) -> None:
    attempt.analysed = True
    attempt.business_disposition, attempt.callback = fact.business_disposition, fact.callback


def _nothing(_: AttemptRow, __: object) -> None:
    """The fact is for the log only."""


_APPLY: Mapping[type, Callable[[AttemptRow, Any], None]] = MappingProxyType(
    {
        AttemptSubmitted: _submitted,
        CarrierRefLearned: _ref_learned,
        AttemptRang: _rang,
        AttemptAnswered: _answered,
        BotReported: _bot_reported,
        AttemptUnknown: _unknown,
        AttemptEnded: _ended,
        AttemptReturned: _returned,
        AnalysisArrived: _analysis,
        RetryScheduled: _retry,
        CallbackScheduled: _callback,
        AnalysisAwaited: _awaited,
        ContactClosed: _closed,
        CallbackDeclined: _nothing,
        ReportIgnored: _nothing,
    }
)
_FOR_THE_LOG = frozenset({CallbackDeclined, ReportIgnored})


def apply(attempt: AttemptRow, fact: object) -> None:
    """Change an attempt, its contact and the counts of its run as a fact of the attempt says."""
    kind = type(fact)
    _APPLY[kind](attempt, fact)
    if kind not in _FOR_THE_LOG:
        attempt.changed = True


def settle(attempt: AttemptRow, *, excluded: bool) -> None:
    """Decide a call that is over and waits for its analysis: its number was excluded, or the campaign is over."""
    if excluded:
        _decided(attempt, _S.EXCLUDED, BY_EXCLUSION)
    else:
        _decided(attempt, _S.COMPLETED, BY_STOP)


def exclude(contact: ContactRow, run: RunRow, fact: NumberExcluded, awaiting: AttemptRow | None) -> None:
    """Set a contact's flag.

    Parameters:
        awaiting: its call that is over and waits for its analysis, if there is one.
    """
    contact.excluded = contact.changed = True
    if fact.closes:
        if awaiting is not None:
            settle(awaiting, excluded=True)
        elif contact.status is not _S.EXCLUDED:
            move(contact, run, _S.EXCLUDED)
    set_callback(contact, "cancelled")


def readd(contact: ContactRow, run: RunRow, fact: NumberReadded) -> None:
    """Take a contact's flag back; where that opens a new budget, it is as if nobody had called it yet in this run.

    What it `renewed` of a list, the move that brought the list has given it before.
    """
    contact.excluded, contact.changed = False, True
    if fact.opens:
        move(contact, run, _S.PENDING)
        contact.attempts = contact.due = contact.look_at = 0
        contact.last_connected, contact.rule, contact.callback = -1, "", None


# --- bulk moves, a contact at a time, for stores that cannot do better ------------------------------------------------


def close_waiting(contact: ContactRow, run: RunRow, status: ContactStatus) -> bool:
    """Close a contact that waits; tell whether it did."""
    if contact.status is _S.CALLBACK_SCHEDULED:
        set_callback(contact, "cancelled")
    if contact.status not in WAITING:
        return False
    move(contact, run, status)
    return True


def close_used_up(contact: ContactRow, run: RunRow, asked: CloseUsedUp) -> bool:
    """Close a waiting contact that has no attempt left (L19); tell whether it did."""
    if contact.status not in WAITING or not used_up(contact.attempts, contact.status, asked):
        return False
    move(contact, run, _S.COMPLETED if contact.connected else _S.EXHAUSTED)
    contact.rule = "attempts_used_up"
    set_callback(contact, "cancelled")
    return True


def cancel_callback(contact: ContactRow) -> bool:
    """Cancel a scheduled callback; one that is being dialled takes place. Tell whether there was one."""
    callback = contact.callback
    if contact.status is not _S.CALLBACK_SCHEDULED or callback is None or callback.state != "scheduled":
        return False
    set_callback(contact, "cancelled")
    return True


def fresh(contact: ContactRow, run: RunRow) -> ContactRow:
    """Return a contact as it enters a run: pending, or excluded where its number is."""
    status = _S.EXCLUDED if contact.excluded else _S.PENDING
    run.contacts[status] += 1
    run.changed = True
    return ContactRow(
        contact.ordinal, contact.number, contact.variables, status, excluded=contact.excluded, changed=True
    )


def overdue_order(attempt: AttemptRow) -> tuple[Instant, str]:
    """Return what overdue attempts are sorted by: longest overdue first, then by id."""
    return attempt.check_at, attempt.id
