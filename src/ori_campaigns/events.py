"""What happened: one frozen class per fact, the only thing a rule may answer and a store may write.

A rule answers facts; the store applies each to its rows and appends it to its log in the same transaction, so that
rows and log cannot disagree. Facts never hold a phone number in the clear.
All times are microseconds UTC. Facts of a contact and its attempts share the contact's stream; the others are the
campaign's.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import attrs

from ori_campaigns.contact import AttemptKind, AttemptStatus, CallbackRequest, ContactStatus
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.records import distinct

# --- attempts --------------------------------------------------------------------------------------------------------


@distinct
class AttemptReserved(NamedTuple):
    """A call was decided and its seat, its carrier token and its number taken, before anything leaves (N3)."""

    attempt: str
    contact: int
    at: Instant
    number_in_budget: int
    kind: AttemptKind
    from_number: PhoneNumber
    carrier: str
    not_after: Instant
    epoch: int
    check_at: Instant


@distinct
class AttemptSubmitted(NamedTuple):
    """The carrier accepted the call."""

    attempt: str
    contact: int
    at: Instant
    carrier_ref: str
    check_at: Instant


@distinct
class CarrierRefLearned(NamedTuple):
    """The carrier's own id of the call became known after the call had moved on."""

    attempt: str
    contact: int
    at: Instant
    carrier_ref: str


@distinct
class AttemptRang(NamedTuple):
    """The person's phone rang."""

    attempt: str
    contact: int
    at: Instant
    check_at: Instant


@distinct
class AttemptAnswered(NamedTuple):
    """The call was picked up."""

    attempt: str
    contact: int
    at: Instant
    check_at: Instant


@distinct
class BotReported(NamedTuple):
    """The bot told its half: whether a conversation began, and how it sees the call."""

    attempt: str
    contact: int
    at: Instant
    began: bool | None
    disposition: str


@distinct
class AttemptUnknown(NamedTuple):
    """The fate of the call is unknown: it keeps its seat, counts, and is looked up."""

    attempt: str
    contact: int
    at: Instant
    why: str
    check_at: Instant


@distinct
class AttemptEnded(NamedTuple):
    """The call is over; its seat is free."""

    attempt: str
    contact: int
    at: Instant
    disposition: str
    detail: str
    connected: bool
    talk: int
    answered_at: Instant | None
    rang_at: Instant | None


@distinct
class AttemptReturned(NamedTuple):
    """The call was surely never placed: seat and attempt are given back, the contact goes to `to`."""

    attempt: str
    contact: int
    at: Instant
    status: AttemptStatus
    why: str
    to: ContactStatus


@distinct
class AnalysisArrived(NamedTuple):
    """The post-call analysis arrived; `late` when the decision already stood (R14)."""

    attempt: str
    contact: int
    at: Instant
    business_disposition: str
    callback: CallbackRequest | None
    late: bool


@distinct
class ReportIgnored(NamedTuple):
    """A report changed nothing: a repeat, or one that can no longer be true (N2). Kept, so that none is lost."""

    attempt: str
    contact: int
    at: Instant
    report: str
    why: str


# --- contacts --------------------------------------------------------------------------------------------------------


@distinct
class RetryScheduled(NamedTuple):
    """The contact will be dialled again, not before `due`."""

    attempt: str
    contact: int
    at: Instant
    due: Instant
    rule: str


@distinct
class CallbackScheduled(NamedTuple):
    """The contact asked to be called back and will be, not before `due`."""

    attempt: str
    contact: int
    at: Instant
    due: Instant
    sequence: int
    text: str
    reason: str
    rule: str


@distinct
class CallbackDeclined(NamedTuple):
    """The contact asked to be called back and will not be, for this reason (K5, K6)."""

    attempt: str
    contact: int
    at: Instant
    reason: str


@distinct
class AnalysisAwaited(NamedTuple):
    """The call is over and the decision waits for its analysis, until `check_at` (R14)."""

    attempt: str
    contact: int
    at: Instant
    check_at: Instant


@distinct
class ContactClosed(NamedTuple):
    """The contact reached a final state by this rule."""

    attempt: str
    contact: int
    at: Instant
    status: ContactStatus
    rule: str


@distinct
class NumberExcluded(NamedTuple):
    """A number was excluded from a campaign; `contact` is -1 when it is not on the list."""

    contact: int
    at: Instant
    number: PhoneNumber
    reason: str
    by: str
    closes: bool


@distinct
class NumberReadded(NamedTuple):
    """The exclusion of a number was lifted: it was put on the list again, deliberately (X4).

    `contact` is -1 when it was not on the list. Where it `opens` a new budget, the contact starts afresh (R13);
    otherwise a call to it was live, and goes on.
    """

    contact: int
    at: Instant
    number: PhoneNumber
    by: str
    opens: bool


# --- campaigns -------------------------------------------------------------------------------------------------------


@distinct
class LifecycleChanged(NamedTuple):
    """A lifecycle action (L15): what was done, by whom, when, and what followed.

    `action` is an `Action`, or `create`, `append`, `exclude` or `close_window`; `detail` says why, or how many.
    """

    action: str
    by: str
    at: Instant
    run: int
    detail: str = ""


@distinct
class ContactsMoved(NamedTuple):
    """Contacts changed state in bulk, or came: stop, append, restart and the like; so many `contacts` (to `status`)."""

    at: Instant
    move: str
    status: str
    contacts: int
    run: int


AttemptFact: TypeAlias = (
    AttemptReserved
    | AttemptSubmitted
    | CarrierRefLearned
    | AttemptRang
    | AttemptAnswered
    | BotReported
    | AttemptUnknown
    | AttemptEnded
    | AttemptReturned
    | AnalysisArrived
    | ReportIgnored
)
ContactFact: TypeAlias = (
    RetryScheduled
    | CallbackScheduled
    | CallbackDeclined
    | AnalysisAwaited
    | ContactClosed
    | NumberExcluded
    | NumberReadded
)
CampaignFact: TypeAlias = LifecycleChanged | ContactsMoved
Fact: TypeAlias = AttemptFact | ContactFact | CampaignFact


@attrs.frozen
class Event:
    """A fact in the log.

    Parameters:
        cursor: give it to `events(after=...)` to read on.
        campaign_id: whose log.
        stream: the contact's ordinal, or -1 for the campaign itself.
        sequence: 1, 2, 3, ... within the stream, without a gap.
    """

    cursor: int
    campaign_id: str
    stream: int
    sequence: int
    fact: Fact
