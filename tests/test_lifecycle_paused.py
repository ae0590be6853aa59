"""From when an edit takes hold that was saved while the campaign was paused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ori_campaigns.campaign import CampaignStatus, CompletionReason
from ori_campaigns.config import MULTI_DAY, SINGLE_DAY
from ori_campaigns.contact import AttemptKind
from ori_campaigns.instants import MINUTE
from ori_campaigns.reports import Answered, DialRequest
from worlds import LINES, World, at, number

# --- gates hold from the next dial ------------------------------------------------------------------------------------


def resume(world: World, campaign_id: str) -> None:
    world.service.resume(campaign_id, by="asha")


@pytest.mark.behaviour("L19")
@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({"start": "11:30"}, "2026-01-05 11:30:00"),
        ({"working_days": [2]}, "2026-01-07 09:00:00"),
        # 10:00 in Kolkata is 04:30 in London; 09:00 there is 14:30 in Kolkata.
        ({"timezone": "Europe/London"}, "2026-01-05 14:30:00"),
    ],
    ids=["window", "days", "zone"],
)
def test_window_days_and_zone_hold_from_the_next_dial(changes: Mapping[str, Any], opens: str) -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1)
    world.no_answer(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, **changes)
    assert world.local(world.service.resume(campaign.id, by="asha").begins_at) == opens
    step = world.service.step()
    assert (step.dials, world.local(step.wake_at)) == ((), opens)
    world.until(opens)
    assert world.dial().to.reveal() == number(1)


@pytest.mark.behaviour("L19", "P7")
def test_a_number_taken_out_of_the_pool_is_never_used_after_resume() -> None:
    world = World()
    campaign = world.running(9, concurrency_limit=3, on_system=["no_answer"])
    first = world.dials()
    assert {call.from_number.reveal() for call in first} == set(LINES)
    world.connect(*first)
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, numbers=[LINES[1]])
    resume(world, campaign.id)
    world.end(*first)
    used = []
    for _ in range(2):
        calls = world.dials()
        used += [call.from_number.reveal() for call in calls]
        world.no_answer(*calls)
    world.clock.advance(minutes=31)
    used += [call.from_number.reveal() for call in world.dials()]
    assert used == [LINES[1]] * 9
    # The call that was live keeps the number it was made from.
    assert {each.from_number.reveal() for each in world.store.attempts(campaign.id)[:3]} == set(LINES)


@pytest.mark.behaviour("L19")
def test_a_number_put_into_the_pool_is_used_after_resume() -> None:
    world = World()
    campaign = world.running(6, concurrency_limit=2, numbers=[LINES[0]])
    first = world.dials()
    world.connect(*first)
    world.service.pause(campaign.id, by="asha")
    world.end(*first)
    world.edit(campaign.id, numbers=LINES)
    resume(world, campaign.id)
    assert {call.from_number.reveal() for call in world.dials()} == set(LINES)


@pytest.mark.behaviour("L19", "P1")
def test_concurrency_lowered_below_the_live_calls_cuts_none_and_waits() -> None:
    world = World()
    campaign = world.running(9, concurrency_limit=4)
    live = list(world.dials())
    world.connect(*live)
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, concurrency_limit=2)
    resume(world, campaign.id)
    for left in (4, 3, 2):
        step = world.service.step()
        assert (step.dials, step.hangups) == ((), ())
        assert world.service.counters(campaign.id).live == left
        world.clock.advance(seconds=5)
        world.end(live.pop())
    new = world.dial()
    assert new.to.reveal() == number(4)
    assert world.service.counters(campaign.id).live == 2


@pytest.mark.behaviour("L19", "P1")
def test_concurrency_raised_is_used_after_resume() -> None:
    world = World()
    campaign = world.running(9, concurrency_limit=1)
    world.connect(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, concurrency_limit=4)
    resume(world, campaign.id)
    assert len(world.dials()) == 3


@pytest.mark.behaviour("L19", "R6")
def test_max_attempts_lowered_to_what_was_used_makes_waiting_contacts_final_at_resume() -> None:
    world = World()
    campaign = world.running(4, concurrency_limit=1, on_system=["no_answer"], redial_under_seconds=15, max_attempts=3)
    world.talked(world.dial(), seconds=5)
    world.no_answer(world.dial())
    world.no_answer(world.dial())
    world.service.exclude(campaign.id, [number(2)], by="asha")
    world.service.pause(campaign.id, by="asha")
    before = ["retry_scheduled", "retry_scheduled", "excluded", "pending"]
    assert world.statuses(campaign.id) == before
    world.edit(campaign.id, max_attempts=1)
    assert world.statuses(campaign.id) == before
    resume(world, campaign.id)
    assert world.statuses(campaign.id) == ["completed", "exhausted", "excluded", "pending"]
    world.clock.advance(hours=1)
    assert world.dial().to.reveal() == number(3)


@pytest.mark.behaviour("L19", "L5")
def test_max_attempts_lowered_so_far_that_nobody_is_left_completes_at_resume() -> None:
    world = World()
    campaign = world.running(2, on_system=["no_answer"])
    world.no_answer(*world.dials())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, max_attempts=1)
    done = world.service.resume(campaign.id, by="asha").campaign
    assert (done.status, done.completion_reason) == (CampaignStatus.COMPLETED, CompletionReason.ALL_CONTACTS_FINAL)
    assert world.statuses(campaign.id) == ["exhausted", "exhausted"]


@pytest.mark.behaviour("L19", "K6")
@pytest.mark.parametrize(
    ("may_exceed", "status", "state"), [(False, "completed", "cancelled"), (True, "callback_scheduled", "scheduled")]
)
def test_a_lowered_maximum_ends_a_booked_callback_unless_callbacks_may_exceed_it(
    may_exceed: bool, status: str, state: str
) -> None:
    world = World()
    campaign = world.running(
        2, concurrency_limit=1, callback_detection=True, callbacks_may_exceed_max_attempts=may_exceed
    )
    world.booked(world.dial(), at("2026-01-05 15:00"))
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, max_attempts=1)
    resume(world, campaign.id)
    assert world.statuses(campaign.id) == [status, "pending"]
    callback = world.callbacks(campaign.id)[0]
    assert callback is not None
    assert callback.state == state


@pytest.mark.behaviour("L19")
def test_max_attempts_raised_does_not_bring_back_who_is_final_but_counts_for_who_waits() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, on_system=["no_answer"], max_attempts=1)
    world.no_answer(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, max_attempts=2)
    resume(world, campaign.id)
    assert world.statuses(campaign.id) == ["exhausted", "pending"]
    world.no_answer(world.dial())
    assert world.statuses(campaign.id) == ["exhausted", "retry_scheduled"]


# --- rules hold for calls that end after the save ---------------------------------------------------------------------

CallEnds = Callable[[World, DialRequest], None]


def unanswered(world: World, call: DialRequest) -> None:
    world.clock.advance(seconds=20)
    world.end(call, disposition="no_answer")


def talked_ten_seconds(world: World, call: DialRequest) -> None:
    world.tell(Answered(call.attempt_id, world.now))
    world.clock.advance(seconds=10)
    world.end(call)


RULES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], CallEnds, tuple[str, str]]] = [
    ("ticked", {}, {"on_system": ["no_answer"]}, unanswered, ("exhausted", "retry_scheduled")),
    ("unticked", {"on_system": ["no_answer"]}, {"on_system": []}, unanswered, ("retry_scheduled", "exhausted")),
    ("redial on", {}, {"redial_under_seconds": 15}, talked_ten_seconds, ("completed", "retry_scheduled")),
    (
        "redial off",
        {"redial_under_seconds": 15},
        {"redial_under_seconds": None},
        talked_ten_seconds,
        ("retry_scheduled", "completed"),
    ),
    (
        "stop rule on",
        {"redial_under_seconds": 15},
        {"stop_after_seconds": 9},
        talked_ten_seconds,
        ("retry_scheduled", "completed"),
    ),
    (
        "fewer attempts",
        {"on_system": ["no_answer"]},
        {"max_attempts": 1},
        unanswered,
        ("retry_scheduled", "exhausted"),
    ),
]


@pytest.mark.behaviour("L19", "R15")
@pytest.mark.parametrize(("name", "before", "after", "ends", "expected"), RULES, ids=[rule[0] for rule in RULES])
def test_rules_hold_for_calls_that_end_after_the_save(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], ends: CallEnds, expected: tuple[str, str]
) -> None:
    world = World()
    campaign = world.running(3, concurrency_limit=2, **before)
    early, late = world.dials()
    world.ring(early, late)
    world.service.pause(campaign.id, by="asha")
    ends(world, early)
    assert world.statuses(campaign.id)[0] == expected[0]
    world.clock.advance(seconds=1)
    world.edit(campaign.id, **after)
    # What was decided before the save stands; what ends after it is decided anew, paused or not.
    ends(world, late)
    assert tuple(world.statuses(campaign.id)[:2]) == expected


@pytest.mark.behaviour("L19", "K1")
def test_callbacks_switched_on_while_paused_are_granted_to_calls_that_end_later() -> None:
    world = World()
    campaign = world.running(3, concurrency_limit=2)
    early, late = world.dials()
    world.connect(early, late)
    world.service.pause(campaign.id, by="asha")
    for call in (early, late):
        world.analysed(call, call_back_at=at("2026-01-05 15:00"))
    world.clock.advance(seconds=30)
    world.end(early)
    world.edit(campaign.id, callback_detection=True)
    world.clock.advance(seconds=30)
    world.end(late)
    assert world.statuses(campaign.id) == ["completed", "callback_scheduled", "pending"]


@pytest.mark.behaviour("L19", "K1")
def test_callbacks_switched_off_while_paused_keep_what_is_booked() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, callback_detection=True)
    world.booked(world.dial(), at("2026-01-05 15:00"))
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, callback_detection=False)
    resume(world, campaign.id)
    assert world.statuses(campaign.id)[0] == "callback_scheduled"
    world.talked(world.dial())
    world.until("2026-01-05 15:00")
    call = world.dial()
    assert (call.kind, call.to.reveal()) == (AttemptKind.CALLBACK, number(0))


@pytest.mark.behaviour("L19", "R12", "R15")
def test_due_times_already_set_stand() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, on_system=["no_answer"], delay_minutes=30)
    world.no_answer(world.dial())
    due = world.contacts(campaign.id)[0].due
    call = world.dial()
    world.ring(call)
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, delay_minutes=5, on_system=["no_answer", "rejected"])
    world.clock.advance(seconds=10)
    world.end(call, disposition="no_answer")
    ended = world.now
    resume(world, campaign.id)
    assert [each.due for each in world.contacts(campaign.id)] == [due, ended + 5 * MINUTE]


@pytest.mark.behaviour("L19", "R15")
def test_a_retry_already_scheduled_is_dialled_though_its_outcome_was_unticked() -> None:
    world = World()
    campaign = world.running(1, on_system=["no_answer"])
    world.no_answer(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, on_system=[], stop_after_seconds=1)
    resume(world, campaign.id)
    world.clock.advance(minutes=30)
    assert world.dial().number_in_budget == 2


# --- mode and always-on -----------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L19", "L12")
def test_always_on_cleared_lets_the_campaign_complete_from_resume_on() -> None:
    world = World()
    campaign = world.running(1, always_on=True)
    world.talked(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, always_on=False)
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.PAUSED
    done = world.service.resume(campaign.id, by="asha").campaign
    assert done.completion_reason is CompletionReason.ALL_CONTACTS_FINAL


@pytest.mark.behaviour("L19", "S4")
def test_always_on_set_keeps_the_campaign_running_from_resume_on() -> None:
    world = World()
    campaign = world.running(1)
    call = world.dial()
    world.connect(call)
    world.service.pause(campaign.id, by="asha")
    world.end(call)
    world.edit(campaign.id, always_on=True)
    resume(world, campaign.id)
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.RUNNING


@pytest.mark.behaviour("L19", "S5")
@pytest.mark.parametrize(
    ("changes", "cutoff"),
    [
        ({"end": "20:00"}, "2026-01-05 20:00:00"),
        ({"end": "11:00"}, "2026-01-05 11:00:00"),
        # The same opening day, Monday the 5th, on another wall clock.
        ({"timezone": "Europe/London"}, "2026-01-05 23:30:00"),
        # An overnight window ends on the next morning.
        ({"start": "20:00", "end": "02:00"}, "2026-01-06 02:00:00"),
        # Not a working day any more; its window still ends when it ends.
        ({"working_days": [2, 3]}, "2026-01-05 18:00:00"),
    ],
    ids=["later", "earlier", "zone", "overnight", "days"],
)
def test_a_single_day_cutoff_is_recomputed_for_the_same_opening_day(changes: Mapping[str, Any], cutoff: str) -> None:
    world = World()
    campaign = world.running(2, mode=SINGLE_DAY)
    world.service.pause(campaign.id, by="asha")
    saved = world.edit(campaign.id, **changes)
    assert world.local(saved.cutoff) == cutoff
    resumed = world.service.resume(campaign.id, by="asha").campaign
    assert (world.local(resumed.cutoff), str(resumed.opening_day)) == (cutoff, "2026-01-05")


@pytest.mark.behaviour("L19", "S2", "S5")
def test_an_edit_on_the_next_day_keeps_the_opening_day_so_resume_closes_it() -> None:
    world = World()
    campaign = world.paused(2, mode=SINGLE_DAY)
    world.until("2026-01-06 10:00")
    assert world.local(world.edit(campaign.id, end="20:00").cutoff) == "2026-01-05 20:00:00"
    done = world.service.resume(campaign.id, by="asha").campaign
    assert done.completion_reason is CompletionReason.WINDOW_CLOSED
    assert world.statuses(campaign.id) == ["window_closed", "window_closed"]


@pytest.mark.behaviour("L19", "S3")
def test_a_single_day_made_multi_day_while_paused_goes_on_the_next_day() -> None:
    world = World()
    campaign = world.paused(2, mode=SINGLE_DAY)
    world.until("2026-01-05 19:00")
    saved = world.edit(campaign.id, mode=MULTI_DAY)
    assert (saved.opening_day, saved.cutoff) == (None, None)
    receipt = world.service.resume(campaign.id, by="asha")
    assert world.local(receipt.begins_at) == "2026-01-06 09:00:00"
    assert receipt.campaign.status is CampaignStatus.RUNNING


@pytest.mark.behaviour("L19", "S2", "S5")
def test_a_multi_day_made_single_day_while_paused_gets_its_day_at_resume() -> None:
    world = World()
    campaign = world.paused(2)
    world.until("2026-01-05 19:00")
    assert world.edit(campaign.id, mode=SINGLE_DAY).cutoff is None
    receipt = world.service.resume(campaign.id, by="asha")
    assert (world.local(receipt.begins_at), world.local(receipt.campaign.cutoff)) == (
        "2026-01-06 09:00:00",
        "2026-01-06 18:00:00",
    )


@pytest.mark.behaviour("L19", "S2", "S5")
def test_a_window_cut_short_to_before_now_closes_at_resume() -> None:
    world = World()
    campaign = world.paused(2, mode=SINGLE_DAY)
    world.until("2026-01-05 12:00")
    world.edit(campaign.id, end="11:00")
    assert world.statuses(campaign.id) == ["pending", "pending"]
    done = world.service.resume(campaign.id, by="asha").campaign
    assert done.completion_reason is CompletionReason.WINDOW_CLOSED
    assert world.statuses(campaign.id) == ["window_closed", "window_closed"]


@pytest.mark.behaviour("L19", "S5")
def test_a_window_made_longer_after_its_cutoff_goes_on_the_same_evening() -> None:
    world = World()
    campaign = world.paused(2, mode=SINGLE_DAY)
    world.until("2026-01-05 19:00")
    world.edit(campaign.id, end="20:00")
    receipt = world.service.resume(campaign.id, by="asha")
    assert (receipt.begins_at, receipt.campaign.status) == (world.now, CampaignStatus.RUNNING)
    assert len(world.dials()) == 2
