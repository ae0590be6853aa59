"""The rule of recording: what a batch of reports changes.

Attempts only move up (N2); repeats and reports that can no longer be true change nothing and are kept. When a call is
over its seat is free at once, and what follows for the contact is decided by `retry.decide`, now or when its analysis
has come.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import attrs

from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.config import CallLimits
from ori_campaigns.contact import NEVER_PLACED, OVER, AttemptStatus, ContactStatus
from ori_campaigns.events import (
    AnalysisArrived,
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    BotReported,
    CallbackDeclined,
    CallbackScheduled,
    CarrierRefLearned,
    ContactClosed,
    Fact,
    ReportIgnored,
    RetryScheduled,
)
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.reports import (
    Accepted,
    Answered,
    BotReport,
    CallAnalysis,
    CallRef,
    EarlyMedia,
    Ended,
    FoundLive,
    Lost,
    NeverPlaced,
    NotFound,
    Overdue,
    Refused,
    Ringing,
    Unknown,
    Unsent,
)
from ori_campaigns.retry import (
    ConnectedPredicate,
    EndedCall,
    Terms,
    conversation_began,
    decide,
    waits_for_analysis,
)
from ori_campaigns.views import AttemptFacts, Changes, ContactFacts, Matched, ReportView

_A = AttemptStatus


@attrs.frozen
class Policy:
    """What the host may set for all campaigns: time limits, and what counts as connected (N6, N7)."""

    limits: CallLimits = attrs.field(factory=CallLimits)
    connected: ConnectedPredicate = conversation_began


@attrs.frozen
class Recorded:
    """What a batch of reports asks for.

    Parameters:
        hangups: calls to end now.
        look_ups: calls whose fate is to be asked of their carrier.
        fatal: campaign ids with the reason for which they fail (L13).
        unmatched: reports whose attempt is not known here.
    """

    hangups: tuple[CallRef, ...] = ()
    look_ups: tuple[CallRef, ...] = ()
    fatal: tuple[tuple[str, str], ...] = ()
    unmatched: tuple[str, ...] = ()


class _Over(NamedTuple):
    """A call at the moment of its end, before the store knows it; a named tuple, one is made for every call."""

    disposition: str
    detail: str
    connected: bool
    talk: int
    business_disposition: str
    callback_request: Any
    analysed: bool


@attrs.define
class _Batch:
    """One pass over a batch: what is known for all of it, and what it has answered so far."""

    now: Instant
    policy: Policy
    facts: list[Fact] = attrs.field(factory=list)
    hangups: list[CallRef] = attrs.field(factory=list)
    look_ups: list[CallRef] = attrs.field(factory=list)
    back_off: list[tuple[str, Instant]] = attrs.field(factory=list)
    fatal: list[tuple[str, str]] = attrs.field(factory=list)
    _terms: dict[str, Terms] = attrs.field(factory=dict)

    def terms(self, campaign: Campaign) -> Terms:
        terms = self._terms.get(campaign.id)
        if terms is None:
            terms = Terms.of(campaign)
            self._terms[campaign.id] = terms
        return terms


class _Row(NamedTuple):
    """A report's rows, all there."""

    report: Any
    attempt: AttemptFacts
    contact: ContactFacts
    campaign: Campaign


def record(view: ReportView, policy: Policy) -> Changes[Recorded]:
    """Apply a batch of reports; each is independent of the others.

    Implements N2, N3, N6, N7, R1 to R14.
    """
    batch = _Batch(view.now, policy)
    unmatched = []
    for item in view.items:
        if item.attempt is None:
            unmatched.append(item.report.attempt_id)
        else:
            _HANDLERS[type(item.report)](batch, item)  # type: ignore[arg-type]
    recorded = Recorded(tuple(batch.hangups), tuple(batch.look_ups), tuple(batch.fatal), tuple(unmatched))
    return Changes(recorded, batch.facts, back_off=batch.back_off)


# --- helpers of the handlers -----------------------------------------------------------------------------------------


def _when(batch: _Batch, row: _Row) -> Instant:
    """Trust the sender's clock only between the reservation and now."""
    at: Instant = row.report.at
    if at > batch.now:
        return batch.now
    return at if at >= row.attempt.reserved_at else row.attempt.reserved_at


def _ref(attempt: AttemptFacts) -> CallRef:
    return CallRef(attempt.id, attempt.carrier, attempt.carrier_ref)


def _ignore(batch: _Batch, row: _Row, why: str) -> None:
    name = type(row.report).__name__
    batch.facts.append(ReportIgnored(row.attempt.id, row.contact.ordinal, _when(batch, row), name, why))


def _over_already(batch: _Batch, row: _Row) -> bool:
    """Deal with a report on an attempt that is over: nothing changes, but a call that should not live is ended."""
    status = row.attempt.status
    if status not in OVER:
        return False
    if status in NEVER_PLACED and type(row.report) in _SIGNS_OF_LIFE:
        # It was believed never to have left; whoever sent it late must not let it go on.
        batch.hangups.append(_ref(row.attempt))
        _ignore(batch, row, "was_not_to_be_placed")
    else:
        _ignore(batch, row, "already_over")
    return True


def _gone_by(batch: _Batch, attempt: AttemptFacts) -> Instant:
    """Return the instant at which the call can surely no longer be live: past every limit, and one look-up later."""
    limits = batch.policy.limits
    if attempt.answered_at is not None:
        return attempt.answered_at + (limits.talk + limits.talk_grace + limits.look_up_every) * SECOND
    return attempt.reserved_at + (limits.send_budget + limits.longest_call + limits.look_up_every) * SECOND


def _ringing_limit(batch: _Batch) -> Instant:
    return batch.now + batch.policy.limits.ringing * SECOND


def _talk_limit(batch: _Batch, answered_at: Instant) -> Instant:
    limits = batch.policy.limits
    return answered_at + (limits.talk + limits.talk_grace) * SECOND


def _lose(batch: _Batch, row: _Row, why: str) -> None:
    """The fate of the call is unknown from here on: look it up, at growing intervals."""
    attempt = row.attempt
    pause = max(batch.policy.limits.look_up_every * SECOND, batch.now - attempt.reserved_at)
    check_at = max(min(batch.now + pause, _gone_by(batch, attempt)), batch.now)
    batch.facts.append(AttemptUnknown(attempt.id, row.contact.ordinal, batch.now, why, check_at))
    batch.look_ups.append(_ref(attempt))


def _give_back(batch: _Batch, row: _Row, status: AttemptStatus, why: str) -> None:
    """The call was surely never placed: the contact goes back to exactly where it came from, if that is still open."""
    campaign, contact = row.campaign, row.contact
    to = row.attempt.came_from
    if contact.excluded:
        to = ContactStatus.EXCLUDED
    elif campaign.closing is not None:
        to = ContactStatus.WINDOW_CLOSED
    elif campaign.status is CampaignStatus.COMPLETED:
        to = ContactStatus.MANUAL_STOPPED
    batch.facts.append(AttemptReturned(row.attempt.id, contact.ordinal, _when(batch, row), status, why, to))


def _follow(  # noqa: PLR0913 - the facts of one decision
    batch: _Batch, row: _Row, call: EndedCall, ended_at: Instant, *, last_word: bool = False
) -> None:
    """Say what follows for the contact, or that its analysis is awaited."""
    contact, terms = row.contact, batch.terms(row.campaign)
    attempt_id, ordinal, now = row.attempt.id, contact.ordinal, batch.now
    if not last_word and waits_for_analysis(call, contact, terms, ended_at=ended_at, now=now):
        # The limit itself still counts as in time, so the reminder comes one microsecond later.
        until = ended_at + terms.analysis_wait + 1
        batch.facts.append(AnalysisAwaited(attempt_id, ordinal, now, until))
        return
    decision = decide(call, contact, terms, ended_at=ended_at, now=now)
    if decision.declined:
        batch.facts.append(CallbackDeclined(attempt_id, ordinal, now, decision.declined))
    if decision.status is ContactStatus.RETRY_SCHEDULED:
        batch.facts.append(RetryScheduled(attempt_id, ordinal, now, decision.due, decision.rule))
    elif decision.callback is not None:
        asked = decision.callback
        sequence = contact.callback.sequence + 1 if contact.callback else 1
        fact = CallbackScheduled(
            attempt_id, ordinal, now, decision.due, sequence, asked.text, asked.reason, decision.rule
        )
        batch.facts.append(fact)
    else:
        batch.facts.append(ContactClosed(attempt_id, ordinal, now, decision.status, decision.rule))


def _end(batch: _Batch, row: _Row, ended: Ended) -> None:
    """The call is over: fix its outcome, free its seat, and see what follows."""
    attempt = row.attempt
    ended_at = _when(batch, row)
    answered_at = ended.answered_at if attempt.answered_at is None else attempt.answered_at
    rang_at = ended.rang_at if attempt.rang_at is None else attempt.rang_at
    disposition = ended.disposition
    talk = 0
    connected = False
    if answered_at is not None:
        # Who hung up, silence, machines and transfers are the bot's to say; the carrier's word is the fallback.
        disposition = attempt.bot_disposition or disposition
        connected = batch.policy.connected(True, attempt.began, disposition)
        talk = max(ended_at - answered_at, 0)
    batch.facts.append(
        AttemptEnded(
            attempt.id,
            row.contact.ordinal,
            ended_at,
            disposition,
            ended.detail,
            connected,
            talk,
            answered_at,
            rang_at,
        )
    )
    call = _Over(
        disposition,
        ended.detail,
        connected,
        talk,
        attempt.business_disposition,
        attempt.callback_request,
        attempt.analysed,
    )
    _follow(batch, row, call, ended_at)


# --- one handler for each kind of report -----------------------------------------------------------------------------


def _accepted(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    attempt, at = row.attempt, _when(batch, row)
    if attempt.status is _A.RESERVED or (attempt.status is _A.UNKNOWN and attempt.rang_at is None):
        ref = row.report.carrier_ref
        batch.facts.append(AttemptSubmitted(attempt.id, row.contact.ordinal, at, ref, _ringing_limit(batch)))
    elif row.report.carrier_ref and not attempt.carrier_ref:
        # Events may arrive before the answer to the request.
        batch.facts.append(CarrierRefLearned(attempt.id, row.contact.ordinal, at, row.report.carrier_ref))
    else:
        _ignore(batch, row, "repeat")


def _refused(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    attempt, report = row.attempt, row.report
    if attempt.rang_at is not None or attempt.answered_at is not None:
        _ignore(batch, row, "has_rung")
        return
    batch.back_off.append((attempt.carrier, batch.now + round(report.retry_after * SECOND)))
    if report.fatal:
        batch.fatal.append((row.campaign.id, report.why))
    _give_back(batch, row, _A.REFUSED, report.why)


def _unsent(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    if row.attempt.status is _A.RESERVED:
        _give_back(batch, row, _A.EXPIRED_UNSENT, row.report.why)
    else:
        _ignore(batch, row, "was_sent")


def _unknown(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    if row.attempt.status is _A.RESERVED:
        _lose(batch, row, row.report.why)
    else:
        _ignore(batch, row, "known_better")


def _lost(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    if row.attempt.status is _A.UNKNOWN:
        _ignore(batch, row, "repeat")
    else:
        _lose(batch, row, "lost")


def _ringing(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    attempt = row.attempt
    if attempt.answered_at is not None:
        _ignore(batch, row, "late")
    elif attempt.status is _A.RINGING:
        _ignore(batch, row, "repeat")
    else:
        at = _when(batch, row)
        batch.facts.append(AttemptRang(attempt.id, row.contact.ordinal, at, _ringing_limit(batch)))


def _early_media(batch: _Batch, row: _Row) -> None:
    if not _over_already(batch, row):
        _ignore(batch, row, "not_an_answer")


def _answered(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    attempt = row.attempt
    if attempt.status in {_A.ANSWERED, _A.IN_PROGRESS}:
        _ignore(batch, row, "repeat")
        return
    at = _when(batch, row) if attempt.answered_at is None else attempt.answered_at
    batch.facts.append(AttemptAnswered(attempt.id, row.contact.ordinal, at, _talk_limit(batch, at)))


def _ended(batch: _Batch, row: _Row) -> None:
    if not _over_already(batch, row):
        _end(batch, row, row.report)


def _found_live(batch: _Batch, row: _Row) -> None:
    """A look-up found the call: back to the state it was known in, under its old limits."""
    if _over_already(batch, row):
        return
    attempt, ordinal = row.attempt, row.contact.ordinal
    if attempt.status is not _A.UNKNOWN:
        _ignore(batch, row, "known_better")
        return
    check_at = min(batch.now + batch.policy.limits.look_up_every * SECOND, _gone_by(batch, attempt))
    check_at = max(check_at, batch.now)
    if attempt.answered_at is not None:
        batch.facts.append(AttemptAnswered(attempt.id, ordinal, attempt.answered_at, check_at))
    elif attempt.rang_at is not None:
        batch.facts.append(AttemptRang(attempt.id, ordinal, attempt.rang_at, check_at))
    else:
        batch.facts.append(AttemptSubmitted(attempt.id, ordinal, _when(batch, row), attempt.carrier_ref, check_at))


def _never_placed(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    attempt = row.attempt
    if attempt.rang_at is not None or attempt.answered_at is not None:
        _ignore(batch, row, "has_rung")
    else:
        _give_back(batch, row, _A.REFUSED, "never_placed")


def _not_found(batch: _Batch, row: _Row) -> None:
    """Many carriers forget ended calls: no proof of anything, the reminder goes on."""
    if not _over_already(batch, row):
        _ignore(batch, row, "no_proof")


def _bot_report(batch: _Batch, row: _Row) -> None:
    if _over_already(batch, row):
        return
    report = row.report
    at = _when(batch, row)
    batch.facts.append(BotReported(row.attempt.id, row.contact.ordinal, at, report.began, report.disposition))


def _analysis(batch: _Batch, row: _Row) -> None:
    """Analysis before the end is kept for it; in time after the end it decides; later it is stored, no more (R14)."""
    attempt, report, ordinal = row.attempt, row.report, row.contact.ordinal
    if attempt.status in NEVER_PLACED or attempt.analysed:
        _ignore(batch, row, "already_over" if attempt.status in NEVER_PLACED else "repeat")
        return
    late = attempt.decided
    at = _when(batch, row)
    batch.facts.append(AnalysisArrived(attempt.id, ordinal, at, report.business_disposition, report.callback, late))
    if attempt.status is _A.ENDED and not late:
        call = _Over(
            attempt.disposition,
            attempt.detail,
            attempt.connected,
            attempt.talk,
            report.business_disposition,
            report.callback,
            analysed=True,
        )
        _follow(batch, row, call, attempt.ended_at or at)


def _overdue(batch: _Batch, row: _Row) -> None:
    """Something has been in its state for too long (N7)."""
    attempt = row.attempt
    status = attempt.status
    if status is _A.ENDED and not attempt.decided:
        _follow(batch, row, attempt, attempt.ended_at or batch.now, last_word=True)
    elif status in OVER:
        return
    elif batch.now >= _gone_by(batch, attempt):
        # It may have lasted as long as it could: nobody who may have been reached is called again for a short connect.
        _end(batch, row, Ended(attempt.id, batch.now, "error", detail="unknown"))
        batch.hangups.append(_ref(attempt))
    else:
        if status is not _A.RESERVED:
            batch.hangups.append(_ref(attempt))
        _lose(batch, row, f"{status.value}_too_long" if status is not _A.UNKNOWN else "not_settled")


_Handler = Callable[[_Batch, _Row], None]
_HANDLERS: Mapping[type, _Handler] = MappingProxyType(
    {
        Accepted: _accepted,
        Refused: _refused,
        Unknown: _unknown,
        Unsent: _unsent,
        Ringing: _ringing,
        EarlyMedia: _early_media,
        Answered: _answered,
        Ended: _ended,
        Lost: _lost,
        FoundLive: _found_live,
        NeverPlaced: _never_placed,
        NotFound: _not_found,
        BotReport: _bot_report,
        CallAnalysis: _analysis,
        Overdue: _overdue,
    }
)
_SIGNS_OF_LIFE = frozenset({Accepted, Ringing, EarlyMedia, Answered, FoundLive})
