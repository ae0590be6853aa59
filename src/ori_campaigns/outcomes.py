"""The rule of recording: what a batch of reports changes.

Attempts only move up (N2); repeats and reports that can no longer be true change nothing and are kept. When a call is
over its seat is free at once, and what follows for the contact is decided by `retry.decide`, now or when its analysis
has come.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

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
from ori_campaigns.instants import DAY, SECOND, Instant
from ori_campaigns.lifecycle import used_up
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
    Analysis,
    ConnectedPredicate,
    EndedCall,
    Terms,
    conversation_began,
    decide,
    waits_for_analysis,
)
from ori_campaigns.views import AttemptFacts, Changes, CloseUsedUp, ReportView

NEVER_LEARNED = "unknown"
"""The detail of a call whose end nobody ever told (N7)."""

# Each handler is only ever given its own class of report; `_HANDLERS` sees to it.
_Told: TypeAlias = Any

# A member taken off its enum costs as much as a call; these are asked for every report.
_ANSWERED = AttemptStatus.ANSWERED
_ENDED = AttemptStatus.ENDED
_EXPIRED_UNSENT = AttemptStatus.EXPIRED_UNSENT
_IN_PROGRESS = AttemptStatus.IN_PROGRESS
_REFUSED = AttemptStatus.REFUSED
_RESERVED = AttemptStatus.RESERVED
_RINGING = AttemptStatus.RINGING
_UNKNOWN = AttemptStatus.UNKNOWN
_RETRY_SCHEDULED = ContactStatus.RETRY_SCHEDULED


@attrs.frozen
class Policy:
    """What the host may set for all campaigns: time limits, and what counts as connected (N6, N7)."""

    limits: CallLimits = attrs.field(factory=CallLimits)
    connected: ConnectedPredicate = conversation_began
    _terms: dict[str, tuple[Campaign, Terms]] = attrs.field(factory=dict, init=False, repr=False, eq=False)

    def terms(self, campaign: Campaign) -> Terms:
        """Return a campaign's terms; read off it once for each value of it."""
        known = self._terms.get(campaign.id)
        if known is None or known[0] is not campaign:
            known = self._terms[campaign.id] = (campaign, Terms.of(campaign))
        return known[1]


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


_NOTHING_ASKED = Recorded()
_NOTHING_SAID: Analysis = CallAnalysis("", 0)


class _Batch:
    """One pass over a batch: what is known for all of it, and what it has answered so far."""

    __slots__ = (
        "_campaign",
        "_terms",
        "back_off",
        "facts",
        "fatal",
        "hangups",
        "look_ups",
        "now",
        "policy",
        "ringing_until",
    )

    def __init__(self, now: Instant, policy: Policy) -> None:
        self.now, self.policy = now, policy
        self.ringing_until = policy.limits.ringing_until(now)
        self._campaign: Campaign | None = None
        self.facts: list[Fact] = []
        self.hangups: list[CallRef] = []
        self.look_ups: list[CallRef] = []
        self.back_off: list[tuple[str, str, Instant]] = []
        self.fatal: list[tuple[str, str]] = []

    def terms(self, campaign: Campaign) -> Terms:
        """Return a campaign's terms; most batches are of one campaign."""
        if campaign is not self._campaign:
            self._campaign, self._terms = campaign, self.policy.terms(campaign)
        return self._terms


def record(view: ReportView, policy: Policy) -> Changes[Recorded]:
    """Apply a batch of reports; each is independent of the others.

    Implements N2, N3, N6, N7, R1 to R14.
    """
    batch = _Batch(view.now, policy)
    unmatched = []
    for report, attempt in view.items:
        kind = type(report)
        if attempt is None:
            unmatched.append(report.attempt_id)
        elif attempt.status in OVER and kind not in _STILL_OF_USE:
            _too_late(batch, report, attempt)
        else:
            _HANDLERS[kind](batch, report, attempt)
    recorded = _NOTHING_ASKED
    if batch.hangups or batch.look_ups or batch.fatal or unmatched:
        recorded = Recorded(tuple(batch.hangups), tuple(batch.look_ups), tuple(batch.fatal), tuple(unmatched))
    return Changes(recorded, batch.facts, back_off=batch.back_off)


# --- helpers of the handlers -----------------------------------------------------------------------------------------


def _when(batch: _Batch, report: _Told, attempt: AttemptFacts) -> Instant:
    """Trust the sender's clock only between the reservation and now."""
    at: Instant = report.at
    # The comparison is written so that what is no number is taken for now.
    return max(min(batch.now, at), attempt.reserved_at)


def _ref(attempt: AttemptFacts) -> CallRef:
    return CallRef(attempt.id, attempt.carrier, attempt.carrier_ref)


def _ignore(batch: _Batch, report: _Told, attempt: AttemptFacts, why: str) -> None:
    name = type(report).__name__
    batch.facts.append(ReportIgnored(attempt.id, attempt.ordinal, _when(batch, report, attempt), name, why))


def _too_late(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    """Deal with a report on an attempt that is over: nothing changes, but a call that should not live is ended."""
    given_up = attempt.status in NEVER_PLACED or attempt.detail == NEVER_LEARNED
    if given_up and type(report) in _SIGNS_OF_LIFE:
        # It was believed never to have left, or to be over long ago; whoever sent it late must not let it go on.
        # What was given up may have been given up before the carrier's own name for it was known.
        known_as = attempt.carrier_ref or getattr(report, "carrier_ref", "")
        batch.hangups.append(CallRef(attempt.id, attempt.carrier, known_as))
        _ignore(batch, report, attempt, "was_not_to_be_placed")
    else:
        _ignore(batch, report, attempt, "already_over")


def _gone_by(batch: _Batch, attempt: AttemptFacts) -> Instant:
    """Return the instant at which the call can surely no longer be live: past every limit, and one look-up later."""
    limits = batch.policy.limits
    if attempt.answered_at is not None:
        return limits.talking_until(attempt.answered_at) + limits.look_up_every * SECOND
    return attempt.reserved_at + (limits.send_budget + limits.longest_call + limits.look_up_every) * SECOND


def _own_limit(batch: _Batch, attempt: AttemptFacts) -> Instant:
    """Return the instant past which a call has been ringing, or talking, for too long."""
    limits = batch.policy.limits
    if attempt.answered_at is not None:
        return limits.talking_until(attempt.answered_at)
    return limits.ringing_until(attempt.reserved_at)


def _lose(batch: _Batch, attempt: AttemptFacts, why: str) -> None:
    """The fate of the call is unknown from here on: look it up, at growing intervals."""
    soon = batch.policy.limits.look_up_every * SECOND
    gone_by = _gone_by(batch, attempt)
    # The last look-up is at that instant or after it: whatever it finds, no other can find more.
    check_at = batch.now + soon
    if batch.now < gone_by:
        check_at = min(batch.now + max(soon, batch.now - attempt.reserved_at), gone_by)
    batch.facts.append(AttemptUnknown(attempt.id, attempt.ordinal, batch.now, why, check_at))
    batch.look_ups.append(_ref(attempt))


def _give_back(batch: _Batch, report: _Told, attempt: AttemptFacts, status: AttemptStatus, why: str) -> None:
    """The call was surely never placed: the contact goes back to exactly where it came from, if that is still open."""
    campaign, contact = attempt.campaign, attempt.contact
    to = attempt.came_from
    config = campaign.config
    lowered = CloseUsedUp(config.retry.max_attempts, config.callbacks_may_exceed_max_attempts)
    if used_up(contact.attempts - 1, to, lowered):
        # Max attempts was lowered while this call was under way: nobody would ever dial this contact again.
        to = ContactStatus.COMPLETED if contact.last_connected >= 0 else ContactStatus.EXHAUSTED
    if contact.excluded:
        to = ContactStatus.EXCLUDED
    elif campaign.closing is not None:
        to = ContactStatus.WINDOW_CLOSED
    elif campaign.status is CampaignStatus.COMPLETED:
        to = ContactStatus.MANUAL_STOPPED
    batch.facts.append(AttemptReturned(attempt.id, contact.ordinal, _when(batch, report, attempt), status, why, to))


def _follow(
    batch: _Batch, attempt: AttemptFacts, call: EndedCall, said: Analysis, ended_at: Instant, *, may_wait: bool
) -> None:
    """Say what follows for the contact, or that its analysis is awaited."""
    contact, terms = attempt.contact, batch.terms(attempt.campaign)
    attempt_id, ordinal, now = attempt.id, attempt.ordinal, batch.now
    if may_wait and terms.analysis_wait and waits_for_analysis(call, said, contact, terms, ended_at=ended_at, now=now):
        # The limit itself still counts as in time, so the reminder comes one microsecond later.
        until = ended_at + terms.analysis_wait + 1
        batch.facts.append(AnalysisAwaited(attempt_id, ordinal, now, until))
        return
    rule, status, due, asked, declined = decide(call, said, contact, terms, ended_at=ended_at, now=now)
    if declined:
        batch.facts.append(CallbackDeclined(attempt_id, ordinal, now, declined))
    fact: Fact
    if status is _RETRY_SCHEDULED:
        fact = tuple.__new__(RetryScheduled, (attempt_id, ordinal, now, due, rule))
    elif asked is not None:
        sequence = contact.callback.sequence + 1 if contact.callback else 1
        fact = CallbackScheduled(attempt_id, ordinal, now, due, sequence, asked.text, asked.reason, rule)
    else:
        fact = tuple.__new__(ContactClosed, (attempt_id, ordinal, now, status, rule))
    batch.facts.append(fact)


def _end(batch: _Batch, ended: Ended, attempt: AttemptFacts) -> None:
    """The call is over: fix its outcome, free its seat, and see what follows."""
    ended_at = ended.at
    if not attempt.reserved_at <= ended_at <= batch.now:
        ended_at = _when(batch, ended, attempt)
    # What earlier events told stands; what the end tells of them is trusted between reservation and end only.
    answered_at, rang_at = attempt.answered_at, attempt.rang_at
    if answered_at is None and ended.answered_at is not None:
        answered_at = min(max(ended.answered_at, attempt.reserved_at), ended_at)
    if rang_at is None and ended.rang_at is not None:
        rang_at = min(max(ended.rang_at, attempt.reserved_at), ended_at)
    disposition = ended.disposition
    talk = 0
    connected = False
    if answered_at is not None:
        # Who hung up, silence, machines and transfers are the bot's to say; the carrier's word is the fallback.
        if ended.detail != NEVER_LEARNED:
            disposition = attempt.bot_disposition or disposition
        connected = batch.policy.connected(True, attempt.began, disposition)  # noqa: FBT003 - a predicate of facts
        talk = max(ended_at - answered_at, 0)
    detail, ordinal = ended.detail, attempt.ordinal
    over = tuple.__new__(
        AttemptEnded,
        (attempt.id, ordinal, ended_at, disposition, detail, connected, talk, answered_at, rang_at),
    )
    batch.facts.append(over)
    analysed = attempt.analysed
    _follow(batch, attempt, over, attempt if analysed else _NOTHING_SAID, ended_at, may_wait=not analysed)


def _learn(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    """Events may name the carrier's own id of a call before, or instead of, the answer to its request."""
    if report.carrier_ref and not attempt.carrier_ref:
        at = _when(batch, report, attempt)
        batch.facts.append(CarrierRefLearned(attempt.id, attempt.ordinal, at, report.carrier_ref))


# --- one handler for each kind of report -----------------------------------------------------------------------------


def _accepted(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    status, ref, at = attempt.status, report.carrier_ref, report.at
    if not attempt.reserved_at <= at <= batch.now:
        at = _when(batch, report, attempt)
    if status is _RESERVED or (status is _UNKNOWN and attempt.rang_at is None and attempt.answered_at is None):
        fact = (attempt.id, attempt.ordinal, at, ref, batch.ringing_until)
        batch.facts.append(tuple.__new__(AttemptSubmitted, fact))
    elif ref and not attempt.carrier_ref:
        # Events may arrive before the answer to the request.
        batch.facts.append(CarrierRefLearned(attempt.id, attempt.ordinal, at, ref))
    else:
        _ignore(batch, report, attempt, "repeat")


def _refused(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    if attempt.rang_at is not None or attempt.answered_at is not None:
        _ignore(batch, report, attempt, "has_rung")
        return
    # A carrier may say anything; no number at all is taken for zero, and a day is the longest rest.
    rest = min(report.retry_after, DAY / SECOND) if report.retry_after > 0 else 0
    batch.back_off.append((attempt.campaign.workspace, attempt.carrier, batch.now + round(rest * SECOND)))
    if report.fatal:
        batch.fatal.append((attempt.campaign.id, report.why))
    _give_back(batch, report, attempt, _REFUSED, report.why)


def _unsent(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    if attempt.status is _RESERVED:
        _give_back(batch, report, attempt, _EXPIRED_UNSENT, report.why)
    elif attempt.status is _UNKNOWN and attempt.rang_at is None and attempt.answered_at is None:
        # Its reservation had run out before the sender said so; the sender's word is proof all the same (N7).
        _give_back(batch, report, attempt, _REFUSED, report.why)
    else:
        _ignore(batch, report, attempt, "was_sent")


def _unknown(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    if attempt.status is _RESERVED:
        _lose(batch, attempt, report.why)
    else:
        _ignore(batch, report, attempt, "known_better")


def _lost(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    if attempt.status is _UNKNOWN:
        _ignore(batch, report, attempt, "repeat")
    else:
        _lose(batch, attempt, "lost")


def _ringing(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    if attempt.answered_at is not None:
        _ignore(batch, report, attempt, "late")
    elif attempt.status is _RINGING:
        _ignore(batch, report, attempt, "repeat")
    else:
        at = _when(batch, report, attempt)
        _learn(batch, report, attempt)
        batch.facts.append(AttemptRang(attempt.id, attempt.ordinal, at, batch.ringing_until))


def _early_media(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    _learn(batch, report, attempt)
    _ignore(batch, report, attempt, "not_an_answer")


def _answered(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    if attempt.status in {_ANSWERED, _IN_PROGRESS}:
        _ignore(batch, report, attempt, "repeat")
        return
    _learn(batch, report, attempt)
    at = _when(batch, report, attempt) if attempt.answered_at is None else attempt.answered_at
    fact = (attempt.id, attempt.ordinal, at, batch.policy.limits.talking_until(at))
    batch.facts.append(tuple.__new__(AttemptAnswered, fact))


def _found_live(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    """A look-up found the call: back to the state it was known in, under its old limits."""
    ordinal = attempt.ordinal
    if attempt.status is not _UNKNOWN:
        _ignore(batch, report, attempt, "known_better")
        return
    check_at = max(_own_limit(batch, attempt), batch.now + batch.policy.limits.look_up_every * SECOND)
    gone_by = _gone_by(batch, attempt)
    if batch.now < gone_by:
        # Past it the carrier's word still counts: the call keeps its seat, and is hung up at every look.
        check_at = min(check_at, gone_by)
    if attempt.answered_at is not None:
        batch.facts.append(AttemptAnswered(attempt.id, ordinal, attempt.answered_at, check_at))
    elif attempt.rang_at is not None:
        batch.facts.append(AttemptRang(attempt.id, ordinal, attempt.rang_at, check_at))
    else:
        batch.facts.append(
            AttemptSubmitted(attempt.id, ordinal, _when(batch, report, attempt), attempt.carrier_ref, check_at)
        )


def _never_placed(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    if attempt.rang_at is not None or attempt.answered_at is not None:
        _ignore(batch, report, attempt, "has_rung")
    else:
        _give_back(batch, report, attempt, _REFUSED, "never_placed")


def _not_found(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    """Many carriers forget ended calls: no proof of anything, the reminder goes on."""
    _ignore(batch, report, attempt, "no_proof")


def _bot_report(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    at = _when(batch, report, attempt)
    batch.facts.append(BotReported(attempt.id, attempt.ordinal, at, report.began, report.disposition))


def _analysis(batch: _Batch, report: _Told, attempt: AttemptFacts) -> None:
    """Analysis before the end is kept for it; in time after the end it decides; later it is stored, no more (R14)."""
    ordinal = attempt.ordinal
    if attempt.status in NEVER_PLACED or attempt.analysed:
        _ignore(batch, report, attempt, "already_over" if attempt.status in NEVER_PLACED else "repeat")
        return
    at = _when(batch, report, attempt)
    late = attempt.decided
    if attempt.status is _ENDED and not late and batch.now >= attempt.check_at:
        # The limit passed before this came: the decision stands without it (R14).
        _follow(batch, attempt, attempt, attempt, attempt.ended_at or at, may_wait=False)
        late = True
    batch.facts.append(AnalysisArrived(attempt.id, ordinal, at, report.business_disposition, report.callback, late))
    if attempt.status is _ENDED and not late:
        _follow(batch, attempt, attempt, report, attempt.ended_at or at, may_wait=False)


def _overdue(batch: _Batch, _: _Told, attempt: AttemptFacts) -> None:
    """Something has been in its state for too long (N7)."""
    status = attempt.status
    if status is _ENDED and not attempt.decided:
        _follow(batch, attempt, attempt, attempt, attempt.ended_at or batch.now, may_wait=False)
    elif status in OVER:
        return
    elif status is _UNKNOWN and _gone_by(batch, attempt) < attempt.check_at <= batch.now:
        # It was looked up when it could not be live any more, and nobody knew it. It may have lasted as long as it
        # could: nobody who may have been reached is called again for a short connect.
        _end(batch, Ended(attempt.id, batch.now, "error", detail=NEVER_LEARNED), attempt)
        batch.hangups.append(_ref(attempt))
    else:
        # A call of unknown fate may be a conversation that goes well: only its own limit ends it, not our ignorance.
        if status is not _RESERVED and batch.now >= _own_limit(batch, attempt):
            batch.hangups.append(_ref(attempt))
        _lose(batch, attempt, f"{status.value}_too_long" if status is not _UNKNOWN else "not_settled")


_Handler = Callable[[_Batch, Any, AttemptFacts], None]
_HANDLERS: dict[type, _Handler] = {
    Accepted: _accepted,
    Refused: _refused,
    Unknown: _unknown,
    Unsent: _unsent,
    Ringing: _ringing,
    EarlyMedia: _early_media,
    Answered: _answered,
    Ended: _end,
    Lost: _lost,
    FoundLive: _found_live,
    NeverPlaced: _never_placed,
    NotFound: _not_found,
    BotReport: _bot_report,
    CallAnalysis: _analysis,
    Overdue: _overdue,
}
_STILL_OF_USE = frozenset({CallAnalysis, Overdue})
_SIGNS_OF_LIFE = frozenset({Accepted, Ringing, EarlyMedia, Answered, FoundLive})
