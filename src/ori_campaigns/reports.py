"""What passes between the engine, the dialler and the bot: requests, answers, call events, bot reports.

Every report names an attempt, says when it happened (microseconds UTC, the sender's clock) and may arrive late,
twice or out of order: `CampaignService.record` takes them all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

import attrs

from ori_campaigns.contact import AttemptKind, Callback, CallbackRequest
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.records import distinct


@distinct
class DialRequest(NamedTuple):
    """One call to be placed now. Whoever sends it must not send it after `not_after`.

    Parameters:
        attempt_id: given to the carrier as its client reference; the idempotency key.
        to, from_number: the person, and the pool number to call from.
        run, number_in_budget: the run of the campaign, and 1 for the first call of a budget.
        kind: fresh, retry or callback; for a callback, `callback` tells what was asked for (K7).
        variables: the contact's call variables.
        not_after: the last instant (microseconds UTC) at which the request may leave.
        ring_seconds, talk_seconds: limits to hand to the carrier.
    """

    attempt_id: str
    campaign_id: str
    carrier: str
    to: PhoneNumber
    from_number: PhoneNumber
    bot: str
    run: int
    number_in_budget: int
    kind: AttemptKind
    variables: Mapping[str, str]
    not_after: Instant
    ring_seconds: int
    talk_seconds: int
    callback: Callback | None = None


@attrs.frozen
class CallRef:
    """How to name a call to a dialler: our id, and the carrier's own where it is known."""

    attempt_id: str
    carrier: str
    carrier_ref: str = ""


# --- answers to a dial request ---------------------------------------------------------------------------------------


@distinct
class Accepted(NamedTuple):
    """The carrier took the call; it may ring from now on."""

    attempt_id: str
    at: Instant
    carrier_ref: str = ""


@distinct
class Refused(NamedTuple):
    """Surely not dialled: the attempt and its seat are returned, and the carrier is left alone for a while.

    Parameters:
        why: the carrier's reason, for reports.
        retry_after: seconds for which the carrier gets no call.
        fatal: trying again cannot help (credentials refused, bot gone); the campaign fails (L13).
    """

    attempt_id: str
    at: Instant
    why: str = "overloaded"
    retry_after: float = 1.0
    fatal: bool = False


@distinct
class Unknown(NamedTuple):
    """Nobody knows whether the call was placed; it counts, and is looked up, never dialled again blindly (N3)."""

    attempt_id: str
    at: Instant
    why: str = "timeout"


@distinct
class Unsent(NamedTuple):
    """The sender itself says that the request never left: seat and attempt are returned (N7)."""

    attempt_id: str
    at: Instant
    why: str = "not_after"


# --- call events -----------------------------------------------------------------------------------------------------


@distinct
class Ringing(NamedTuple):
    """The person's phone rings."""

    attempt_id: str
    at: Instant
    carrier_ref: str = ""


@distinct
class EarlyMedia(NamedTuple):
    """Sound before the answer; not an answer."""

    attempt_id: str
    at: Instant
    carrier_ref: str = ""


@distinct
class Answered(NamedTuple):
    """Somebody, or something, picked up."""

    attempt_id: str
    at: Instant
    carrier_ref: str = ""


@distinct
class Ended(NamedTuple):
    """The call is over, with all the carrier knows of it.

    Parameters:
        disposition: of N5, as far as the carrier can tell: no_answer, rejected, error, timeout, customer, bot.
        detail: busy, bad_number, unreachable or a carrier code.
        rang_at, answered_at: instants, for what earlier events did not tell; `None` where it did not happen.
    """

    attempt_id: str
    at: Instant
    disposition: str
    detail: str = ""
    answered_at: Instant | None = None
    rang_at: Instant | None = None
    carrier_ref: str = ""


@distinct
class Lost(NamedTuple):
    """The dialler lost track of a call it had accepted."""

    attempt_id: str
    at: Instant
    carrier_ref: str = ""


# --- answers to a look-up; `Ended` is one, too ------------------------------------------------------------------------


@distinct
class FoundLive(NamedTuple):
    """The carrier still has the call."""

    attempt_id: str
    at: Instant


@distinct
class NeverPlaced(NamedTuple):
    """The carrier is sure that it never placed this call."""

    attempt_id: str
    at: Instant


@distinct
class NotFound(NamedTuple):
    """The carrier knows nothing of the call; no proof, since many forget ended calls."""

    attempt_id: str
    at: Instant


# --- the bot's half --------------------------------------------------------------------------------------------------


@distinct
class BotReport(NamedTuple):
    """What only the bot knows of a call.

    Parameters:
        began: whether a conversation began; `None` leaves it to the answer.
        disposition: RNR, voicemail, machine, abandoned, transfer, outside_hours, bot or customer; empty if unknown.
    """

    attempt_id: str
    at: Instant
    began: bool | None = None
    disposition: str = ""


@distinct
class CallAnalysis(NamedTuple):
    """The post-call analysis: a business disposition, and a callback that was asked for (R14)."""

    attempt_id: str
    at: Instant
    business_disposition: str = ""
    callback: CallbackRequest | None = None


@distinct
class Overdue(NamedTuple):
    """The engine's own reminder that an attempt has been in its state for too long (N7, R14)."""

    attempt_id: str
    at: Instant


PlaceAnswer: TypeAlias = Accepted | Refused | Unknown
CallEvent: TypeAlias = Ringing | EarlyMedia | Answered | Ended | Lost
LookUp: TypeAlias = FoundLive | Ended | NeverPlaced | NotFound
Report: TypeAlias = PlaceAnswer | Unsent | CallEvent | LookUp | BotReport | CallAnalysis | Overdue
