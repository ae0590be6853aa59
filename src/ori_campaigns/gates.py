"""May this contact be dialled now? Ordered, named gates: each answers `None` (open) or `Closed` with its name.

Admission stops at the first closed gate; an explanation may run them all. Every rule about *when not to dial* is here
and nowhere else: a store only selects candidates, it never decides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import attrs

from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.contact import WAITING, ContactStatus
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.views import AdmitView, CandidateFacts

LOOK_AGAIN = 10 * SECOND
"""How long a candidate is left alone when its gate cannot say when it opens."""


@attrs.frozen
class Closed:
    """A closed gate: its name, and the first instant (microseconds UTC) at which it may open, if that is known."""

    gate: str
    until: Instant | None = None


class Moment(Protocol):
    """A campaign at an instant: all that the gates of time look at."""

    @property
    def campaign(self) -> Campaign:
        """The campaign as it stands."""
        ...

    @property
    def now(self) -> Instant:
        """The instant asked about (microseconds UTC)."""
        ...


CampaignGate: TypeAlias = Callable[[AdmitView], Closed | None]
ContactGate: TypeAlias = Callable[[CandidateFacts, AdmitView], Closed | None]


def running(view: Moment) -> Closed | None:
    """Only a running campaign dials, and not once its window has closed for good (L2, L4, L6, S2)."""
    campaign = view.campaign
    if campaign.status is CampaignStatus.RUNNING and campaign.closing is None:
        return None
    return Closed("status")


def before_cutoff(view: Moment) -> Closed | None:
    """A single-day campaign dials before its cutoff only (S2)."""
    cutoff = view.campaign.cutoff
    return None if cutoff is None or view.now < cutoff else Closed("cutoff")


def inside_window(view: Moment) -> Closed | None:
    """Calls start inside the window, on working days, in the campaign's zone; judged when dialling (S1, S9)."""
    schedule = view.campaign.config.window.schedule()
    if schedule.is_open(view.now):
        return None
    return Closed("window", schedule.next_open(view.now))


def seat_free(view: AdmitView) -> Closed | None:
    """At most `concurrency_limit` calls at the same time, ringing ones included (P1)."""
    return None if view.live < view.campaign.config.concurrency_limit else Closed("seats")


def line_free(view: AdmitView) -> Closed | None:
    """Some carrier of the pool must have a token, a channel and a share for this campaign (P2, P5)."""
    return None if any(line is not None and line.free for line in view.lines) else Closed("carrier")


def waiting(candidate: CandidateFacts, _: AdmitView) -> Closed | None:
    """Only a waiting contact is dialled (N1)."""
    return None if candidate.status in WAITING else Closed("contact_status")


def due(candidate: CandidateFacts, view: AdmitView) -> Closed | None:
    """Not before its retry delay or callback time (R12)."""
    return None if candidate.due <= view.now else Closed("not_due", candidate.due)


def attempts_left(candidate: CandidateFacts, view: AdmitView) -> Closed | None:
    """Never more than max attempts in one budget; callbacks too, unless the campaign says otherwise (R13, K6)."""
    config = view.campaign.config
    if candidate.attempts < config.retry.max_attempts:
        return None
    if config.callbacks_may_exceed_max_attempts and candidate.status is ContactStatus.CALLBACK_SCHEDULED:
        return None
    return Closed("attempts_used_up")


def not_excluded(candidate: CandidateFacts, _: AdmitView) -> Closed | None:
    """Nobody excluded is called (X3)."""
    return None if not candidate.excluded else Closed("excluded")


def number_free(candidate: CandidateFacts, view: AdmitView) -> Closed | None:
    """Never two live calls to one number within the store (N4)."""
    return None if not candidate.number_busy else Closed("number_busy", view.now + LOOK_AGAIN)


CAMPAIGN_GATES: Sequence[CampaignGate] = (running, before_cutoff, inside_window, seat_free, line_free)
GATES_OF_TIME: frozenset[Callable[[Moment], Closed | None]] = frozenset({running, before_cutoff, inside_window})
"""Those that need no lock to be asked; a campaign they hold back takes no share of its carriers."""
CONTACT_GATES: Sequence[ContactGate] = (waiting, due, attempts_left, not_excluded, number_free)


@attrs.frozen
class _At:
    campaign: Campaign
    now: Instant


def held_back(campaign: Campaign, now: Instant) -> Closed | None:
    """Return the first closed gate of time, `None` when only seats and lines stand between the campaign and a call."""
    at = _At(campaign, now)
    for gate in CAMPAIGN_GATES:
        if gate in GATES_OF_TIME:
            closed = gate(at)
            if closed is not None:
                return closed
    return None


def first_closed(view: AdmitView) -> Closed | None:
    """Return the first closed gate of the campaign itself, `None` when it may dial."""
    for gate in CAMPAIGN_GATES:
        closed = gate(view)
        if closed is not None:
            return closed
    return None


def first_closed_for(candidate: CandidateFacts, view: AdmitView) -> Closed | None:
    """Return the first closed gate of one contact, `None` when it may be dialled."""
    for gate in CONTACT_GATES:
        closed = gate(candidate, view)
        if closed is not None:
            return closed
    return None
