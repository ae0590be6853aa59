"""What happens when a call ends: ordered, named rules; the first that answers wins (R1 to R10).

`decide` is a pure function of the call, the contact and the campaign's terms. The name of the rule that answered is
stored with the decision.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple, Protocol, TypeAlias

import attrs

from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.config import RetryPolicy
from ori_campaigns.contact import Callback, CallbackRequest, ContactStatus
from ori_campaigns.instants import MINUTE, SECOND, Instant
from ori_campaigns.records import distinct

MAX_RESCHEDULES = 5
"""Callbacks of one contact after its first (K5)."""

BAD_NUMBER = "bad_number"
OUTCOME_IS_FINAL: Mapping[str, ContactStatus] = MappingProxyType(
    {"abandoned": ContactStatus.ABANDONED, "machine": ContactStatus.MACHINE}
)
NEVER_CONNECTED = frozenset({"RNR", "voicemail", "machine", "abandoned", "outside_hours"})
"""Outcomes in which no conversation with the bot took place, whatever was picked up (N6)."""

MACHINES = frozenset({"voicemail", "machine"})
"""Outcomes in which a machine picked up; counted apart."""

ConnectedPredicate: TypeAlias = Callable[[bool, bool | None, str], bool]


def conversation_began(answered: bool, began: bool | None, disposition: str) -> bool:  # noqa: FBT001 - a predicate of facts
    """Tell whether a call connected: a conversation with the bot began, however it ended (N6).

    Parameters:
        answered: the call was picked up.
        began: what the bot said; `None` when it said nothing, and the answer counts.
        disposition: the call's outcome.

    >>> conversation_began(True, None, "customer"), conversation_began(True, None, "RNR")
    (True, False)
    """
    if not answered or disposition in NEVER_CONNECTED:
        return False
    return began is not False


class EndedCall(Protocol):
    """The attempt that has just ended, as the rules see it."""

    @property
    def disposition(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def connected(self) -> bool: ...
    @property
    def talk(self) -> int: ...


class Analysis(Protocol):
    """What post-call analysis said of it, as far as it has come."""

    @property
    def business_disposition(self) -> str: ...
    @property
    def callback(self) -> CallbackRequest | None: ...


class BudgetFacts(Protocol):
    """The contact's standing, as the rules see it."""

    @property
    def attempts(self) -> int: ...
    @property
    def excluded(self) -> bool: ...
    @property
    def last_connected(self) -> int:
        """Talk time (microseconds) of the last connected call of this budget before this one, -1 if none."""
        ...

    @property
    def callback(self) -> Callback | None: ...


@attrs.frozen
class Terms:
    """What a campaign lays down for a call that ends now.

    Parameters:
        over: stopped, failed or its window closed for good (R2).
        cutoff: the single-day cutoff (microseconds UTC), if there is one.
        retry: attempts, delay and ticked outcomes.
        delay: the retry delay in microseconds.
        stop_after, redial_under: thresholds in microseconds, `None` when the rule is off.
        callbacks_open: both halves of the callback gate are on (K1).
        callbacks_may_exceed: callbacks may go past max attempts (K6).
        analysis_wait: microseconds a decision waits for its analysis, 0 where the campaign has no use for one (R14).

    Few different cases come up under the same terms, over and over: the answer to each is remembered.
    """

    over: bool
    cutoff: Instant | None
    retry: RetryPolicy
    delay: int
    stop_after: int | None
    redial_under: int | None
    callbacks_open: bool
    callbacks_may_exceed: bool
    analysis_wait: int
    answers: dict[CaseFields, tuple[str, ContactStatus]] = attrs.field(factory=dict, init=False, repr=False, eq=False)

    @classmethod
    def of(cls, campaign: Campaign) -> Terms:
        """Read the terms off a campaign as it stands now: an edit applies to calls that end after the save (L19)."""
        config = campaign.config
        callbacks_open = config.callback_detection and campaign.bot_calls_back
        stop, under = config.redial.stop_after_seconds, config.redial.redial_under_seconds
        return cls(
            over=campaign.status in _OVER or campaign.closing is not None,
            cutoff=campaign.cutoff,
            retry=config.retry,
            delay=config.retry.delay_minutes * MINUTE,
            stop_after=None if stop is None else stop * SECOND,
            redial_under=None if under is None else under * SECOND,
            callbacks_open=callbacks_open,
            callbacks_may_exceed=config.callbacks_may_exceed_max_attempts,
            analysis_wait=config.analysis_wait_seconds * SECOND if callbacks_open or config.retry.on_business else 0,
        )


_RETRY_SCHEDULED = ContactStatus.RETRY_SCHEDULED
_OVER = frozenset({CampaignStatus.COMPLETED, CampaignStatus.FAILED})


@distinct
class Decision(NamedTuple):
    """What follows for the contact.

    Parameters:
        rule: the name of the rule that answered.
        status: where the contact goes.
        due: for a retry or callback, when (microseconds UTC), windows not yet applied (R12).
        callback: the request that is granted, with R4.
        declined: why a callback that was asked for is not granted, empty otherwise (K5, K6).
    """

    rule: str
    status: ContactStatus
    due: Instant = 0
    callback: CallbackRequest | None = None
    declined: str = ""


class Case(NamedTuple):
    """What the rules look at: the ended call and its contact, boiled down to what can make a difference.

    Parameters:
        over: the campaign was stopped or failed, or the cutoff has passed.
        listed: its business disposition is in the custom list.
        attempts: used of this budget, this one counted.
        long, short: how the last connected call of this budget compares with the two thresholds.
        callback: a callback was asked for and can be granted.
    """

    excluded: bool
    over: bool
    disposition: str
    detail: str
    connected: bool
    listed: bool
    attempts: int
    long: bool
    short: bool
    callback: bool


def _final(case: Case, _: Terms) -> ContactStatus:
    """R10: nothing asks for another call."""
    return ContactStatus.COMPLETED if case.connected else ContactStatus.EXHAUSTED


_Rule: TypeAlias = Callable[[Case, Terms], "ContactStatus | None"]


def _excluded(case: Case, _: Terms) -> ContactStatus | None:
    """R1: excluded during the call."""
    return ContactStatus.EXCLUDED if case.excluded else None


def _campaign_over(case: Case, terms: Terms) -> ContactStatus | None:
    """R2: the campaign was stopped, failed, or its single day is over; a call ending at the cutoff included."""
    return _final(case, terms) if case.over else None


def _final_outcome(case: Case, _: Terms) -> ContactStatus | None:
    """R3: nobody is dialled again after these, whatever is ticked."""
    if case.detail == BAD_NUMBER:
        return ContactStatus.EXHAUSTED
    return OUTCOME_IS_FINAL.get(case.disposition)


def _callback(case: Case, _: Terms) -> ContactStatus | None:
    """R4: a callback was asked for and is granted."""
    return ContactStatus.CALLBACK_SCHEDULED if case.callback else None


def _meaningful_connect(case: Case, _: Terms) -> ContactStatus | None:
    """R5: the last connected call was long enough to have reached the person; strictly longer (R11)."""
    return ContactStatus.COMPLETED if case.long else None


def _attempts_used_up(case: Case, terms: Terms) -> ContactStatus | None:
    """R6: no attempt is left in this budget."""
    return _final(case, terms) if case.attempts >= terms.retry.max_attempts else None


def _short_connect(case: Case, _: Terms) -> ContactStatus | None:
    """R7: the last connected call was too short to count; strictly shorter (R11)."""
    return ContactStatus.RETRY_SCHEDULED if case.short else None


def _system_disposition(case: Case, terms: Terms) -> ContactStatus | None:
    """R8: a ticked system disposition."""
    return ContactStatus.RETRY_SCHEDULED if case.disposition in terms.retry.on_system else None


def _business_disposition(case: Case, _: Terms) -> ContactStatus | None:
    """R9: a business disposition of the custom list."""
    return ContactStatus.RETRY_SCHEDULED if case.listed else None


RULES: tuple[tuple[str, _Rule], ...] = (
    ("excluded", _excluded),
    ("campaign_over", _campaign_over),
    ("final_outcome", _final_outcome),
    ("callback", _callback),
    ("meaningful_connect", _meaningful_connect),
    ("attempts_used_up", _attempts_used_up),
    ("short_connect", _short_connect),
    ("system_disposition", _system_disposition),
    ("business_disposition", _business_disposition),
    ("nothing_more_to_do", _final),
)
"""R1 to R10, in order, each with the name that is stored."""

DECIDED_WITHOUT_ANALYSIS = RULES[:3]


def answer(fields: CaseFields, terms: Terms) -> tuple[str, ContactStatus]:
    """Return the name and the answer of the first rule that has one, and remember it."""
    found = terms.answers.get(fields)
    if found is None:
        case = Case._make(fields)
        found = next((name, status) for name, rule in RULES if (status := rule(case, terms)) is not None)
        terms.answers[fields] = found
    return found


def why_no_callback(request: CallbackRequest, contact: BudgetFacts, terms: Terms) -> str:
    """Return why a callback that was asked for cannot be granted, empty when it can (K1, K5, K6)."""
    if not terms.callbacks_open:
        return "callbacks_off"
    if contact.callback is not None and contact.callback.sequence > MAX_RESCHEDULES:
        return "too_many_reschedules"
    if contact.attempts >= terms.retry.max_attempts and not terms.callbacks_may_exceed:
        return "attempts_used_up"
    if terms.cutoff is not None and request.at >= terms.cutoff:
        return "after_cutoff"
    return ""


CaseFields: TypeAlias = tuple[bool, bool, str, str, bool, bool, int, bool, bool, bool]


def case_of(  # noqa: PLR0913 - all that can make a difference
    terms: Terms,
    now: Instant,
    *,
    disposition: str,
    detail: str,
    connected: bool,
    talk: int,
    attempts: int,
    last_connected: int,
    excluded: bool,
    business: str = "",
    callback: bool = False,
) -> CaseFields:
    """Return the fields of a `Case`; it is made of them only for the rules, when the answer is not yet known.

    Parameters:
        terms: the campaign's.
        now: when the decision is taken (microseconds UTC).
        disposition, detail, connected, talk: of the call that has ended; `talk` in microseconds.
        attempts, last_connected, excluded: the contact's standing, this attempt counted; `BudgetFacts` tells of it.
        business: the business disposition of its analysis, if it has come.
        callback: a callback was asked for and can be granted.
    """
    stop, under = terms.stop_after, terms.redial_under
    last = talk if connected else last_connected
    return (
        excluded,
        terms.over or (terms.cutoff is not None and now >= terms.cutoff),
        disposition,
        detail,
        connected,
        business != "" and terms.retry.redials_business(business),
        attempts,
        stop is not None and last > stop,
        under is not None and -1 < last < under,
        callback,
    )


def _case(
    call: EndedCall, said: Analysis, contact: BudgetFacts, terms: Terms, now: Instant, *, callback: bool
) -> CaseFields:
    return case_of(
        terms,
        now,
        disposition=call.disposition,
        detail=call.detail,
        connected=call.connected,
        talk=call.talk,
        attempts=contact.attempts,
        last_connected=contact.last_connected,
        excluded=contact.excluded,
        business=said.business_disposition,
        callback=callback,
    )


def decide(
    call: EndedCall, said: Analysis, contact: BudgetFacts, terms: Terms, *, ended_at: Instant, now: Instant
) -> Decision:
    """Decide what follows for a contact whose call has ended (R1 to R13).

    Parameters:
        call: the attempt.
        said: its analysis, as far as it has come.
        contact: its standing, this attempt counted.
        terms: the campaign's terms, as they are now.
        ended_at: when the call ended (microseconds UTC); retries are counted from here.
        now: when the decision is taken (microseconds UTC), not before `ended_at`.
    """
    request = said.callback
    declined = why_no_callback(request, contact, terms) if request is not None else ""
    granted = request is not None and not declined
    case = _case(call, said, contact, terms, now, callback=granted)
    name, status = answer(case, terms)
    if status is _RETRY_SCHEDULED:
        return tuple.__new__(Decision, (name, status, ended_at + terms.delay, None, declined))
    if request is not None and status is ContactStatus.CALLBACK_SCHEDULED:
        return Decision(name, status, request.at, request)
    return tuple.__new__(Decision, (name, status, 0, None, declined))


def waits_for_analysis(
    call: EndedCall, said: Analysis, contact: BudgetFacts, terms: Terms, *, ended_at: Instant, now: Instant
) -> bool:
    """Tell whether the decision waits: a connected call, a use for its analysis, and R1 to R3 silent (R14).

    Ask only while the analysis has not come.
    """
    if not (terms.analysis_wait and call.connected) or now > ended_at + terms.analysis_wait:
        return False
    case = Case._make(_case(call, said, contact, terms, now, callback=False))
    return all(rule(case, terms) is None for _, rule in DECIDED_WITHOUT_ANALYSIS)
