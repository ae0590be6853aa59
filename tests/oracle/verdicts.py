"""What should follow when a call ends, by the written rules R1 to R14: a second formulation, on plain values.

The engine asks its rules one after the other and stops at the first answer. Here every rule is put as a statement about
the call, all statements are evaluated, and the verdict is that of the true one with the lowest number.
"""

from __future__ import annotations

from dataclasses import dataclass

from oracle.facts import MINUTE, SECOND, Settings

NOT_CONNECTED = {"RNR", "voicemail", "machine", "abandoned", "outside_hours"}


@dataclass(frozen=True)
class Ending:
    """A call that is over and undecided, the contact's history, and how things stand. Instants in microseconds UTC.

    Parameters:
        tried: calls of this budget, this one included.
        long: seconds of the last connected call of this budget, this one included; `None` if there is none.
        asked: the instant for which a callback was asked, `None` if none was.
        booked: callbacks this contact was granted before.
        over: the campaign was stopped, has failed, or its single day is over.
        calls_back: the bot's callback setting.
    """

    settings: Settings
    disposition: str
    detail: str
    connected: bool
    business: str
    asked: int | None
    ended_at: int
    now: int
    tried: int
    long: float | None
    booked: int
    excluded: bool
    over: bool
    cutoff: int | None
    calls_back: bool


@dataclass(frozen=True)
class Verdict:
    """The rule that answers, where the contact goes, and when it is due (0 when it is not)."""

    rule: str
    status: str
    due: int = 0


def gates_open(case: Ending) -> bool:
    """K1: both halves of the callback gate."""
    return case.settings.callbacks and case.calls_back


def declined(case: Ending) -> str:
    """K5, K6: why a callback that was asked for is not granted; empty when it is, or none was asked for."""
    if case.asked is None:
        return ""
    late = case.cutoff is not None and case.asked >= case.cutoff
    used_up = case.tried >= case.settings.max_attempts and not case.settings.callbacks_may_exceed
    reasons = {
        "callbacks_off": not gates_open(case),
        "too_many_reschedules": case.booked > 5,
        "attempts_used_up": used_up,
        "after_cutoff": late,
    }
    return next((reason for reason, holds in reasons.items() if holds), "")


def early(case: Ending) -> set[str]:
    """R1 to R3: the rules that need no analysis, by the names of those that hold."""
    closed = case.over or (case.cutoff is not None and case.now >= case.cutoff)
    hopeless = case.detail == "bad_number" or case.disposition in {"abandoned", "machine"}
    named = {"excluded": case.excluded, "campaign_over": closed, "final_outcome": hopeless}
    return {name for name, holds in named.items() if holds}


def waits(case: Ending, *, analysed: bool) -> bool:
    """R14: a connected call whose analysis is of use and may still come in time, unless R1 to R3 have the answer."""
    useful = bool(case.settings.on_business) or gates_open(case)
    limit = case.settings.analysis_wait * SECOND
    in_time = limit > 0 and case.now - case.ended_at <= limit
    return case.connected and useful and in_time and not analysed and not early(case)


def verdict(case: Ending) -> Verdict:
    """R1 to R13."""
    terms, over = case.settings, "completed" if case.connected else "exhausted"
    again = case.ended_at + terms.delay_minutes * MINUTE
    hopeless = case.disposition if case.disposition in {"abandoned", "machine"} else "exhausted"
    if case.detail == "bad_number":
        hopeless = "exhausted"
    business = {name.strip().casefold() for name in terms.on_business if name.strip()}
    found = early(case)
    statements = (
        ("excluded" in found, Verdict("excluded", "excluded")),
        ("campaign_over" in found, Verdict("campaign_over", over)),
        ("final_outcome" in found, Verdict("final_outcome", hopeless)),
        (case.asked is not None and not declined(case), Verdict("callback", "callback_scheduled", case.asked or 0)),
        (
            terms.stop_after is not None and case.long is not None and case.long > terms.stop_after,
            Verdict("meaningful_connect", "completed"),
        ),
        (case.tried >= terms.max_attempts, Verdict("attempts_used_up", over)),
        (
            terms.redial_under is not None and case.long is not None and case.long < terms.redial_under,
            Verdict("short_connect", "retry_scheduled", again),
        ),
        (case.disposition in terms.on_system, Verdict("system_disposition", "retry_scheduled", again)),
        (case.business.strip().casefold() in business, Verdict("business_disposition", "retry_scheduled", again)),
        (True, Verdict("nothing_more_to_do", over)),
    )
    return next(answer for holds, answer in statements if holds)
