"""How a campaign dials: pacing, calling window, retries, redials, callbacks, exclusion.

The values hold what they were given and never raise for its content: `validation.problems_of` names everything
that is wrong at once, and `validation.with_defaults` applies what the wizard would silently default.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import attrs

from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.windows import CallingWindow


class CampaignMode(StrEnum):
    """Whether dialling ends with the first window (`single_day`) or goes on the next working day (`multi_day`)."""

    SINGLE_DAY = "single_day"
    MULTI_DAY = "multi_day"


SINGLE_DAY = CampaignMode.SINGLE_DAY
MULTI_DAY = CampaignMode.MULTI_DAY

SYSTEM_DISPOSITIONS = ("no_answer", "rejected", "RNR", "error", "timeout")
"""The call outcomes that can be ticked for a redial (N5)."""

DEFAULT_CONCURRENCY = 50
DEFAULT_MAX_ATTEMPTS = 3
DEFAULT_DELAY_MINUTES = 30
DEFAULT_STOP_AFTER_SECONDS = 30
DEFAULT_REDIAL_UNDER_SECONDS = 15


def fold(disposition: str) -> str:
    """Return the spelling under which business dispositions are compared: trimmed, case ignored (R9)."""
    return disposition.strip().casefold()


def _mode(mode: CampaignMode | str) -> CampaignMode:
    """Take the name of a mode for the mode; anything else is kept for `config_problems` to name."""
    try:
        return CampaignMode(mode)
    except ValueError:
        return mode  # type: ignore[return-value]


def _several(names: str | Iterable[str]) -> Iterable[str]:
    """Take one name for a list of one, not for its letters."""
    return (names,) if isinstance(names, str) else names


def _names(names: str | Iterable[str]) -> frozenset[str]:
    return frozenset(_several(names))


def _listed(names: str | Iterable[str]) -> tuple[str, ...]:
    """Trim, drop empties and repeats (W9), keep the order."""
    kept: dict[str, str] = {}
    for name in _several(names):
        if name.strip():
            kept.setdefault(fold(name), name.strip())
    return tuple(kept.values())


@attrs.frozen
class RetryPolicy:
    """Which outcomes are dialled again, how often and how much later (W9).

    Parameters:
        max_attempts: calls to one contact, the first included.
        delay_minutes: minutes from the end of a call to the next try.
        on_system: ticked system dispositions, any of `SYSTEM_DISPOSITIONS`.
        on_business: business dispositions from post-call analysis; trimmed, compared without case.

    >>> RetryPolicy(on_business=[" Callback_Requested ", "", "callback_requested"]).on_business
    ('Callback_Requested',)
    """

    max_attempts: int = DEFAULT_MAX_ATTEMPTS
    delay_minutes: int = DEFAULT_DELAY_MINUTES
    on_system: frozenset[str] = attrs.field(default=frozenset(), converter=_names)
    on_business: tuple[str, ...] = attrs.field(default=(), converter=_listed)
    _folded: frozenset[str] = attrs.field(init=False, eq=False, repr=False)

    @_folded.default
    def _fold_all(self) -> frozenset[str]:
        return frozenset(fold(name) for name in self.on_business)

    def redials_business(self, disposition: str) -> bool:
        """Whether this business disposition is in the custom list (R9)."""
        return fold(disposition) in self._folded


@attrs.frozen
class RedialRules:
    """The two optional rules on how long the last connected call lasted (W10); `None` means the rule is off.

    Parameters:
        stop_after_seconds: no more redials once a connected call lasted longer than this.
        redial_under_seconds: redial whenever the last connected call was shorter than this.
    """

    stop_after_seconds: int | None = None
    redial_under_seconds: int | None = None


@attrs.frozen
class DiallerConfig:
    """Everything step 3 of the wizard asks for, with the wizard's defaults.

    Parameters:
        concurrency_limit: calls allowed at the same time, ringing ones included (P1).
        mode: `SINGLE_DAY` or `MULTI_DAY`.
        always_on: never auto-completes (S4); only for multi day.
        window: hours, time zone and working days in which new calls may start.
        retry: which outcomes are dialled again.
        redial: the two rules on the length of the last connected call.
        callback_detection: the campaign's half of the callback gate (K1).
        callbacks_may_exceed_max_attempts: let an asked-for callback go past `max_attempts` (K6).
        sticky_exclusion: an excluded number stays suppressed when it is added again (X4).
        analysis_wait_seconds: how long a decision waits for post-call analysis; 0 decides at once (R14).
    """

    concurrency_limit: int = DEFAULT_CONCURRENCY
    mode: CampaignMode = attrs.field(default=SINGLE_DAY, converter=_mode)
    always_on: bool = False
    window: CallingWindow = attrs.field(factory=CallingWindow)
    retry: RetryPolicy = attrs.field(factory=RetryPolicy)
    redial: RedialRules = attrs.field(factory=RedialRules)
    callback_detection: bool = False
    callbacks_may_exceed_max_attempts: bool = False
    sticky_exclusion: bool = False
    analysis_wait_seconds: int = 120


@attrs.frozen
class CallLimits:
    """How long a call may stay in each state before the engine stops trusting it (N7). All in seconds.

    Parameters:
        send_budget: from the reservation to the latest moment the dial request may leave.
        reserved: a reservation nobody reported on.
        ring: the ring limit given to the carrier.
        ringing: our own watch over ringing; longer than `ring`.
        talk: the talk limit given to the carrier; reaching it is the disposition `timeout`.
        talk_grace: added to `talk` for our own watch.
        look_up_every: between two look-ups of a call whose fate is unknown.
    """

    send_budget: int = 5
    reserved: int = 60
    ring: int = 80
    ringing: int = 90
    talk: int = 600
    talk_grace: int = 120
    look_up_every: int = 30

    def reserved_until(self, reserved_at: Instant) -> Instant:
        """Return when a reservation has waited for too long for news of it (microseconds UTC)."""
        return reserved_at + self.reserved * SECOND

    def ringing_until(self, sent_at: Instant) -> Instant:
        """Return when a call has been ringing for too long (microseconds UTC)."""
        return sent_at + self.ringing * SECOND

    def talking_until(self, answered_at: Instant) -> Instant:
        """Return when a conversation has gone on for too long (microseconds UTC)."""
        return answered_at + (self.talk + self.talk_grace) * SECOND

    @property
    def longest_call(self) -> int:
        """Seconds after its submission at which a call can surely no longer be live."""
        return self.ringing + self.talk + self.talk_grace
