"""Contacts and attempts: their statuses, the legal moves between them, and the values hosts read.

The move tables are data: the engine's tests walk them, and the diagrams in the docs are drawn from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs

from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber


class ContactStatus(StrEnum):
    """Where a contact stands in the current run (N1)."""

    PENDING = "pending"
    RETRY_SCHEDULED = "retry_scheduled"
    CALLBACK_SCHEDULED = "callback_scheduled"
    CALLING = "calling"
    AWAITING_ANALYSIS = "awaiting_analysis"
    COMPLETED = "completed"
    EXHAUSTED = "exhausted"
    ABANDONED = "abandoned"
    MACHINE = "machine"
    WINDOW_CLOSED = "window_closed"
    MANUAL_STOPPED = "manual_stopped"
    EXCLUDED = "excluded"


_C = ContactStatus
WAITING = frozenset({_C.PENDING, _C.RETRY_SCHEDULED, _C.CALLBACK_SCHEDULED})
ACTIVE = frozenset({_C.CALLING, _C.AWAITING_ANALYSIS})
FINAL = frozenset(_C) - WAITING - ACTIVE
FINAL_BY_CALLING = frozenset({_C.COMPLETED, _C.EXHAUSTED, _C.ABANDONED, _C.MACHINE})
"""Final outcomes (M2): reached by a call, not closed by stop, cutoff or exclusion."""

_ENDS = frozenset({_C.COMPLETED, _C.EXHAUSTED, _C.EXCLUDED, _C.RETRY_SCHEDULED, _C.CALLBACK_SCHEDULED})
_CLOSED_WHILE_WAITING = frozenset({_C.MANUAL_STOPPED, _C.WINDOW_CLOSED, _C.EXCLUDED, _C.COMPLETED, _C.EXHAUSTED})

CONTACT_MOVES: Mapping[ContactStatus, frozenset[ContactStatus]] = MappingProxyType(
    {
        **{status: _CLOSED_WHILE_WAITING | {_C.CALLING} for status in WAITING},
        # Back to a waiting state, or to what closed the list meanwhile, when the call was surely never placed.
        _C.CALLING: _ENDS
        | WAITING
        | {_C.AWAITING_ANALYSIS, _C.ABANDONED, _C.MACHINE, _C.MANUAL_STOPPED, _C.WINDOW_CLOSED},
        # Only connected calls wait for their analysis, so none of them ends exhausted.
        _C.AWAITING_ANALYSIS: _ENDS - {_C.EXHAUSTED},
        **{status: frozenset[ContactStatus]() for status in FINAL},
    }
)
"""Legal moves within one budget of a run; a restart begins a new run, a deliberate re-add a new budget (R13)."""


class AttemptStatus(StrEnum):
    """How far one dial has come (N2)."""

    RESERVED = "reserved"
    SUBMITTED = "submitted"
    RINGING = "ringing"
    ANSWERED = "answered"
    IN_PROGRESS = "in_progress"
    UNKNOWN = "unknown"
    ENDED = "ended"
    EXPIRED_UNSENT = "expired_unsent"
    REFUSED = "refused"


_A = AttemptStatus
OVER = frozenset({_A.ENDED, _A.EXPIRED_UNSENT, _A.REFUSED})
LIVE = frozenset(_A) - OVER
NEVER_PLACED = frozenset({_A.EXPIRED_UNSENT, _A.REFUSED})
_LADDER = (_A.SUBMITTED, _A.RINGING, _A.ANSWERED, _A.IN_PROGRESS)

ATTEMPT_MOVES: Mapping[AttemptStatus, frozenset[AttemptStatus]] = MappingProxyType(
    {
        _A.RESERVED: frozenset({*_LADDER, _A.UNKNOWN, *OVER}),
        # A carrier may still say "surely not dialled" after it accepted, as long as nothing rang.
        _A.SUBMITTED: frozenset({*_LADDER[1:], _A.UNKNOWN, _A.ENDED, _A.REFUSED}),
        _A.RINGING: frozenset({*_LADDER[2:], _A.UNKNOWN, _A.ENDED}),
        _A.ANSWERED: frozenset({*_LADDER[3:], _A.UNKNOWN, _A.ENDED}),
        _A.IN_PROGRESS: frozenset({_A.UNKNOWN, _A.ENDED}),
        # A look-up may find the call alive, over, or never placed.
        _A.UNKNOWN: frozenset({*_LADDER, _A.ENDED, _A.REFUSED}),
        **{status: frozenset[AttemptStatus]() for status in OVER},
    }
)
"""Legal moves of an attempt: upwards only."""


class AttemptKind(StrEnum):
    """Why a contact is dialled; also the order in which the kinds are served, callbacks first (P4)."""

    CALLBACK = "callback"
    FRESH = "fresh"
    RETRY = "retry"


KIND_OF: Mapping[ContactStatus, AttemptKind] = MappingProxyType(
    {
        _C.CALLBACK_SCHEDULED: AttemptKind.CALLBACK,
        _C.PENDING: AttemptKind.FRESH,
        _C.RETRY_SCHEDULED: AttemptKind.RETRY,
    }
)


_LONGEST_SERIAL = 18
"""Digits that surely fit into 64 bits."""


def place_of(attempt_id: str) -> tuple[str, int] | None:
    """Return the campaign's id and the serial of an attempt's id; `None` for what is none of ours.

    >>> place_of("abc-7"), place_of("abc-07"), place_of("call from elsewhere")
    (('abc', 7), None, None)
    """
    campaign_id, _, serial = attempt_id.rpartition("-")
    if not campaign_id or not serial.isascii() or not serial.isdecimal() or len(serial) > _LONGEST_SERIAL:
        return None
    return (campaign_id, int(serial)) if str(int(serial)) == serial else None


def _share(value: float) -> float:
    """Keep a share between 0 and 1; what is no number says nothing, and counts as 0."""
    return min(value, 1.0) if value > 0 else 0.0


@attrs.frozen
class CallbackRequest:
    """A customer asked to be called back, at a time already resolved.

    Parameters:
        at: the instant asked for (microseconds UTC), window not yet applied.
        text: the words that were said.
        reason: why that time (`no_clear_time`, ...), empty when the words were clear.
        confidence: 0 to 1, kept for reports; never a gate (K2).
    """

    at: Instant = attrs.field(converter=int)
    text: str = ""
    reason: str = ""
    confidence: float = attrs.field(default=1.0, converter=_share)


@attrs.frozen
class Callback:
    """A contact's callback and what became of it (K8): `state` is scheduled, completed, missed or cancelled."""

    due: Instant
    sequence: int
    text: str = ""
    reason: str = ""
    state: str = "scheduled"


@attrs.frozen
class Contact:
    """One person on a campaign's list, as of one read.

    Parameters:
        campaign_id, ordinal: identity; the ordinal is the order of acceptance, from 0.
        number: masked unless revealed.
        variables: call variables by column name, values as written.
        status: where the contact stands in the current run.
        attempts: calls that count against the budget.
        due: when it may be dialled next (microseconds UTC), before windows and other gates; 0 = at once.
        excluded: the exclusion flag of its number in this campaign, apart from the status (X3).
        connected: whether any call of the run connected.
        last_connected: talk time (microseconds) of the last connected call of this budget, -1 if there is none.
        rule: the name of the rule that made the last decision, empty before the first.
        callback: the latest callback, if any.
    """

    campaign_id: str
    ordinal: int
    number: PhoneNumber
    variables: Mapping[str, str]
    status: ContactStatus
    attempts: int
    due: Instant
    excluded: bool
    connected: bool
    last_connected: int
    rule: str
    callback: Callback | None


@attrs.frozen
class Attempt:
    """One dial, as of one read. All times are microseconds UTC, `None` where it did not happen.

    Parameters:
        id: the idempotency key given to the carrier; its serial is never used twice.
        run: the run of the campaign it belongs to.
        number_in_budget: 1 for the first call of a budget.
        talk: microseconds from answer to hang-up.
        disposition: outcome vocabulary of N5; empty while live.
        rule: the rule that decided what happened to the contact, empty while none has.
    """

    id: str
    campaign_id: str
    contact: int
    run: int
    number_in_budget: int
    kind: AttemptKind
    from_number: PhoneNumber
    carrier: str
    status: AttemptStatus
    reserved_at: Instant
    rang_at: Instant | None
    answered_at: Instant | None
    ended_at: Instant | None
    talk: int
    connected: bool
    disposition: str
    detail: str
    business_disposition: str
    rule: str
