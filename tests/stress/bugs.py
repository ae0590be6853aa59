"""Bugs to put into the engine, each a plausible mistake, and how many seeds it takes to find them.

    python tests/stress/bugs.py            prints the table of docs/explanation/reliability.md

A bug counts as found by the first seed on which it breaks the promise it is listed under and the sound engine does not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parents[2] / "src")]

import pytest

from ori_campaigns import admission, dialling, gates, lifecycle, outcomes, pacing, retry
from ori_campaigns.config import CallLimits
from ori_campaigns.contact import WAITING, AttemptStatus, ContactStatus
from ori_campaigns.events import (
    AttemptAnswered,
    AttemptReturned,
    AttemptUnknown,
    NumberExcluded,
    ReportIgnored,
    RetryScheduled,
)
from ori_campaigns.instants import SECOND
from ori_campaigns.reports import CallAnalysis, Ended, NotFound, Unknown
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import apply, flyweights
from ori_campaigns.stores.memory import store as memory
from ori_campaigns.stores.memory.exchange import Exchange
from ori_campaigns.views import AdmitView, Changes
from stress.walk import Walked, walk
from stress.world import World

if TYPE_CHECKING:
    from ori_campaigns.campaign import Campaign

Patch = Callable[[pytest.MonkeyPatch], None]
WITHIN = 150
"""Seeds within which every bug is found."""


def _after(patch: pytest.MonkeyPatch, fact: type, more: Callable[[Any, Any], None]) -> None:
    """Let the rows of an attempt change a little more than a fact says."""
    sound = apply.APPLY_TO_ATTEMPT[fact]

    def applied(attempt: Any, told: Any, cursor: int) -> None:
        sound(attempt, told, cursor)
        more(attempt, told)

    patch.setitem(apply.APPLY_TO_ATTEMPT, fact, applied)


# --- who is called ----------------------------------------------------------------------------------------------------


def an_unknown_call_frees_its_number(patch: pytest.MonkeyPatch) -> None:
    """I1: nothing was heard, so nobody can be on the line."""
    _after(
        patch,
        AttemptUnknown,
        lambda attempt, _: attempt.book.exchange.busy.discard(attempt.book.numbers[attempt.ordinal]),
    )


def a_timeout_is_taken_for_a_refusal(patch: pytest.MonkeyPatch) -> None:
    """I8: the reservation is taken back though a call may live."""
    patch.setitem(
        outcomes._HANDLERS,
        Unknown,
        lambda batch, report, attempt: outcomes._give_back(batch, report, attempt, AttemptStatus.REFUSED, "timeout"),
    )


def not_found_is_taken_for_never_placed(patch: pytest.MonkeyPatch) -> None:
    """I8: the carrier has forgotten the call, and the engine believes that there was none."""
    patch.setitem(outcomes._HANDLERS, NotFound, outcomes._never_placed)


def an_unknown_call_is_not_counted(patch: pytest.MonkeyPatch) -> None:
    """I5: a call is counted when its outcome is known, and these never are."""

    def forget(attempt: Any, _: object) -> None:
        attempts = attempt.of.attempts
        attempts[attempt.ordinal] = max(attempts[attempt.ordinal] - 1, 0)

    _after(patch, AttemptUnknown, forget)


# --- when ------------------------------------------------------------------------------------------------------------


def a_reservation_outlives_the_window(patch: pytest.MonkeyPatch) -> None:
    """I2: the window is looked at when a call is reserved, not when it leaves."""

    def send_until(view: AdmitView, limits: CallLimits) -> int:
        return view.now + limits.send_budget * SECOND

    patch.setattr(admission, "send_until", send_until)


def an_expired_reservation_is_sent(patch: pytest.MonkeyPatch) -> None:
    """I2: a worker does not look at `not_after`."""
    patch.setattr(World, "_in_time", lambda *_: True)


# --- how many at once, and how fast ----------------------------------------------------------------------------------


def a_repeated_end_frees_a_second_seat(patch: pytest.MonkeyPatch) -> None:
    """I3: the same event twice, and the count of live calls goes down twice."""

    def free_again(attempt: Any, told: ReportIgnored) -> None:
        if told.report == "Ended" and told.why == "already_over":
            run = attempt.book.run
            run.live -= 1

    _after(patch, ReportIgnored, free_again)


def ringing_calls_need_no_seat(patch: pytest.MonkeyPatch) -> None:
    """I3: only calls that talk are counted."""

    def seat_free(view: AdmitView) -> gates.Closed | None:
        return None

    patch.setattr(
        gates, "CAMPAIGN_GATES", tuple(seat_free if gate is gates.seat_free else gate for gate in gates.CAMPAIGN_GATES)
    )
    ask = memory._work

    def work(book: Any) -> Any:
        found = ask(book)
        seats = book.campaign.config.concurrency_limit - book.run.in_progress
        return found._replace(demand=found.demand._replace(seats=seats))

    patch.setattr(memory, "_work", work)
    patch.setattr(flyweights.MemoryAdmitView, "__init__", _counting_talkers(flyweights.MemoryAdmitView.__init__))


def _counting_talkers(begin: Callable[..., None]) -> Callable[..., None]:
    def view(self: Any, book: Any, now: int, quotas: dict[str, int]) -> None:
        begin(self, book, now, quotas)
        self.live = book.run.in_progress

    return view


def a_clock_that_steps_back_gives_tokens(patch: pytest.MonkeyPatch) -> None:
    """I4: a bucket that seems to be full only in the far future is taken for a mistake, and filled."""
    sound = pacing.Bucket.tokens

    def tokens(self: pacing.Bucket, now: int) -> int:
        far = self.full_at - now > self.burst * self.interval
        return self.burst if far else sound(self, now)

    patch.setattr(pacing.Bucket, "tokens", tokens)


def new_limits_fill_the_bucket(patch: pytest.MonkeyPatch) -> None:
    """I4: with other limits a carrier begins afresh."""
    patch.setattr(pacing.Bucket, "changed", lambda self, interval, burst, now: pacing.Bucket(interval, burst, 0))


def a_channel_is_free_when_it_rings(patch: pytest.MonkeyPatch) -> None:
    """I4: the carrier's channel is given back at the answer, and again at the end."""

    def free(attempt: Any, _: object) -> None:
        attempt.trunk.live -= 1

    _after(patch, AttemptAnswered, free)


# --- who is not to be called ------------------------------------------------------------------------------------------


def exclusion_is_a_mark_on_a_row(patch: pytest.MonkeyPatch) -> None:
    """I6: the contact is closed, its number is not remembered; the next run calls it."""

    def excluded(book: Any, fact: NumberExcluded) -> None:
        if fact.contact >= 0 and fact.closes:
            apply._settle_awaiting(book, fact.contact)
            book.run.move(fact.contact, ContactStatus.EXCLUDED)

    patch.setattr(apply, "_excluded", excluded)


def exclusion_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    """I6: it returns while a request that was decided before is on its way."""
    patch.setattr(CampaignService, "_wait", lambda self, campaign_id, *, before=None, numbers=None: None)


def the_epoch_is_not_raised(patch: pytest.MonkeyPatch) -> None:
    """I7: pause waits for what is older than its epoch, and nothing is."""
    sound = lifecycle.pause

    def pause(view: Any, by: str) -> Changes[Campaign]:
        changes = sound(view, by)
        paused = attrs.evolve(changes.result, epoch=view.campaign.epoch)
        return changes._replace(result=paused, campaign=paused)

    patch.setattr(lifecycle, "pause", pause)


def stop_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    """I7: it returns while a request that was decided before is on its way."""
    exclusion_does_not_wait(patch)


# --- what becomes of it -----------------------------------------------------------------------------------------------


def nobody_is_told_to_look(patch: pytest.MonkeyPatch) -> None:
    """I9: an attempt is unknown, and no carrier is ever asked about it."""
    sound = outcomes._lose

    def lose(batch: Any, attempt: Any, why: str) -> None:
        sound(batch, attempt, why)
        batch.look_ups.clear()

    patch.setattr(outcomes, "_lose", lose)


def a_second_end_is_counted(patch: pytest.MonkeyPatch) -> None:
    """I10: an attempt that waits for its analysis ends again."""
    sound = outcomes._too_late

    def too_late(batch: Any, report: Any, attempt: Any) -> None:
        if type(report) is Ended and attempt.status is AttemptStatus.ENDED and not attempt.decided:
            outcomes._end(batch, report, attempt)
        else:
            sound(batch, report, attempt)

    patch.setattr(outcomes, "_too_late", too_late)


def the_last_editor_wins(patch: pytest.MonkeyPatch) -> None:
    """I10: an edit made from an old version is saved over a newer one."""
    sound = lifecycle.edit

    def edit(view: Any, draft: Any, *, by: str, version: int, stage: str | None) -> Changes[Campaign]:
        return sound(view, draft, by=by, version=view.campaign.version, stage=stage)

    patch.setattr(lifecycle, "edit", edit)


def locks_are_the_wizards_business(patch: pytest.MonkeyPatch) -> None:
    """I11: the rule of editing does not look at what is locked."""
    patch.setattr(lifecycle, "_keep_locked", lambda campaign, draft, stage: None)


def stop_forgets_callbacks(patch: pytest.MonkeyPatch) -> None:
    """I12: a bulk move that leaves one of the waiting states out."""
    patch.setattr(apply, "WAITING", WAITING - {ContactStatus.CALLBACK_SCHEDULED})


def the_delay_runs_from_the_news(patch: pytest.MonkeyPatch) -> None:
    """I13: a retry is due so long after the engine heard of the end, not after the end."""
    sound = retry.decide

    def decide(call: Any, said: Any, contact: Any, terms: Any, *, ended_at: int, now: int) -> retry.Decision:
        return sound(call, said, contact, terms, ended_at=now, now=now)

    patch.setattr(outcomes, "decide", decide)


def an_analysis_puts_a_retry_off(patch: pytest.MonkeyPatch) -> None:
    """I13: the analysis of a contact that was put off already puts it off again."""
    sound = outcomes._HANDLERS[CallAnalysis]

    def analysis(batch: Any, report: Any, attempt: Any) -> None:
        sound(batch, report, attempt)
        facts = batch.facts
        if facts and type(facts[-1]) is RetryScheduled and facts[-1].attempt == attempt.id:
            facts[-1] = facts[-1]._replace(due=facts[-1].due + 60 * SECOND)

    patch.setitem(outcomes._HANDLERS, CallAnalysis, analysis)


def a_stopped_campaign_calls_back(patch: pytest.MonkeyPatch) -> None:
    """I13: a call that ends after the stop asks for a callback, and gets it."""
    patch.setattr(retry, "RULES", tuple(rule for rule in retry.RULES if rule[0] != "campaign_over"))


def the_pool_does_not_turn(patch: pytest.MonkeyPatch) -> None:
    """I14: the rotation begins at the first number each time."""
    turn = admission.rotate
    patch.setattr(admission, "rotate", lambda carriers, free, _: turn(carriers, free, 0))


def a_refused_call_keeps_its_channel(patch: pytest.MonkeyPatch) -> None:
    """I15: a refusal gives the seat back, but not the channel; in the end none is left."""

    def keep(attempt: Any, _: object) -> None:
        attempt.trunk.live += 1

    _after(patch, AttemptReturned, keep)


def nobody_looks_after_silent_calls(patch: pytest.MonkeyPatch) -> None:
    """I15: a call whose end is never told lives for ever."""
    patch.setattr(Exchange, "overdue", lambda self, now, limit: [])
    patch.setattr(dialling.Dialling, "recover", lambda self: outcomes.Recorded())


def a_returned_call_stays_in_the_count(patch: pytest.MonkeyPatch) -> None:
    """I16: attempts that were given back are still among those dialled."""

    def keep(attempt: Any, _: object) -> None:
        attempt.of.dialled += 1

    _after(patch, AttemptReturned, keep)


BUGS: tuple[tuple[str, Patch, int], ...] = (
    ("I1", an_unknown_call_frees_its_number, 34),
    ("I2", a_reservation_outlives_the_window, 3),
    ("I2", an_expired_reservation_is_sent, 3),
    ("I3", a_repeated_end_frees_a_second_seat, 0),
    ("I3", ringing_calls_need_no_seat, 0),
    ("I4", a_clock_that_steps_back_gives_tokens, 7),
    ("I4", new_limits_fill_the_bucket, 54),
    ("I4", a_channel_is_free_when_it_rings, 0),
    ("I5", an_unknown_call_is_not_counted, 0),
    ("I6", exclusion_is_a_mark_on_a_row, 5),
    ("I6", exclusion_does_not_wait, 5),
    ("I7", the_epoch_is_not_raised, 0),
    ("I7", stop_does_not_wait, 8),
    ("I8", a_timeout_is_taken_for_a_refusal, 0),
    ("I8", not_found_is_taken_for_never_placed, 0),
    ("I9", nobody_is_told_to_look, 0),
    ("I10", a_second_end_is_counted, 1),
    ("I10", the_last_editor_wins, 7),
    ("I11", locks_are_the_wizards_business, 6),
    ("I12", stop_forgets_callbacks, 78),
    ("I13", the_delay_runs_from_the_news, 0),
    ("I13", an_analysis_puts_a_retry_off, 16),
    ("I13", a_stopped_campaign_calls_back, 0),
    ("I14", the_pool_does_not_turn, 2),
    ("I15", a_refused_call_keeps_its_channel, 0),
    ("I15", nobody_looks_after_silent_calls, 0),
    ("I16", a_returned_call_stays_in_the_count, 0),
)

"""Each bug with the promise it breaks and a seed on which it was found, so that a test need not search again."""


def broken_by(promise: str, walked: Walked) -> bool:
    """Whether a walk broke this promise."""
    return any(each.promise == promise for each in walked.broken)


@cache
def sound(seed: int) -> Walked:
    """Walk a seed with no bug put in."""
    return walk(seed)


def found_on(promise: str, bug: Patch, seed: int) -> bool:
    """Whether a bug breaks its promise on a seed on which the sound engine keeps it."""
    if broken_by(promise, sound(seed)):
        return False
    with pytest.MonkeyPatch.context() as patch:
        bug(patch)
        return broken_by(promise, walk(seed))


def found_after(promise: str, bug: Patch) -> int | None:
    """Return how many seeds it takes until a bug is found, `None` if it is not."""
    return next((seed + 1 for seed in range(WITHIN) if found_on(promise, bug, seed)), None)


def main() -> int:
    """Print the table."""
    print("| Promise | The bug | Seeds |\n| --- | --- | ---: |")
    missed = 0
    for promise, bug, _ in BUGS:
        count = found_after(promise, bug)
        missed += count is None
        print(f"| {promise} | {bug.__name__.replace('_', ' ')} | {count or f'more than {WITHIN}'} |", flush=True)
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
