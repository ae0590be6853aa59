"""How a run ends, through the service: stop, complete, fail; and the activity log of all that was done."""

from __future__ import annotations

import pytest

import worlds
from ori_campaigns.campaign import CampaignStatus, CompletionReason
from ori_campaigns.exclusion import ExclusionResult
from ori_campaigns.reports import Refused, Unsent
from worlds import LINES, World, at, number

# --- stop -------------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L1", "L6")
@pytest.mark.parametrize("paused", [False, True])
def test_stop_ends_the_run_and_live_calls_keep_their_real_outcome(paused: bool) -> None:
    world = World()
    campaign = world.running(5, concurrency_limit=3, on_system=["no_answer"])
    talking, silent, busy = world.dials()
    world.connect(talking)
    world.ring(silent, busy)
    if paused:
        world.service.pause(campaign.id, by="ravi")
    receipt = world.service.stop(campaign.id, by="ravi")
    assert (receipt.campaign.status, receipt.campaign.completion_reason, receipt.draining) == (
        CampaignStatus.COMPLETED,
        CompletionReason.MANUAL_STOP,
        3,
    )
    assert receipt.campaign.completed_at == world.now
    assert world.statuses(campaign.id) == ["calling"] * 3 + ["manual_stopped"] * 2
    world.clock.advance(seconds=20)
    world.end(talking)
    # Ticked for a redial, and yet there is none after a stop.
    world.end(silent, disposition="no_answer")
    world.end(busy, disposition="rejected", detail="busy")
    assert world.statuses(campaign.id) == ["completed", "exhausted", "exhausted", "manual_stopped", "manual_stopped"]
    assert [attempt.disposition for attempt in world.store.attempts(campaign.id)] == [
        "customer",
        "no_answer",
        "rejected",
    ]
    assert [attempt.connected for attempt in world.store.attempts(campaign.id)] == [True, False, False]
    world.clock.advance(days=1)
    assert world.dials() == ()


@pytest.mark.behaviour("L6")
def test_stop_cancels_callbacks_and_grants_none_afterwards() -> None:
    world = World()
    campaign = world.running(3, concurrency_limit=1, callback_detection=True)
    world.booked(world.dial(), at("2026-01-05 15:00"))
    call = world.dial()
    world.connect(call)
    assert world.statuses(campaign.id) == ["callback_scheduled", "calling", "pending"]
    world.service.stop(campaign.id, by="ravi")
    booked = world.callbacks(campaign.id)[0]
    assert booked is not None
    assert (booked.state, booked.due) == ("cancelled", at("2026-01-05 15:00"))
    world.clock.advance(seconds=30)
    world.end(call)
    world.analysed(call, call_back_at=at("2026-01-05 15:00"))
    assert world.statuses(campaign.id) == ["manual_stopped", "completed", "manual_stopped"]
    assert world.callbacks(campaign.id)[1:] == [None, None]
    world.until("2026-01-06 15:00")
    assert world.dials() == ()


@pytest.mark.behaviour("L6")
def test_a_call_that_never_left_when_the_campaign_was_stopped_is_stopped_too() -> None:
    world = World()
    campaign = world.running(1)
    call = world.dial()
    receipt = world.service.stop(campaign.id, by="ravi", wait=False)
    assert (receipt.draining, receipt.settled, receipt.settles_by) == (1, False, call.not_after)
    world.tell(Unsent(call.attempt_id, world.now))
    assert world.statuses(campaign.id) == ["manual_stopped"]
    assert world.contacts(campaign.id)[0].attempts == 0


@pytest.mark.behaviour("L6", "R14")
def test_stop_does_not_wait_for_analyses() -> None:
    world = World()
    campaign = world.running(1, on_business=["not_available"])
    call = world.dial()
    world.talked(call)
    assert world.statuses(campaign.id) == ["awaiting_analysis"]
    assert world.service.stop(campaign.id, by="ravi").draining == 0
    assert world.statuses(campaign.id) == ["completed"]
    world.analysed(call, "not_available")
    assert world.statuses(campaign.id) == ["completed"]


@pytest.mark.behaviour("L13", "R14")
def test_fail_does_not_wait_for_analyses() -> None:
    world = World()
    campaign = world.running(1, on_business=["not_available"])
    call = world.dial()
    world.talked(call)
    world.service.fail(campaign.id, "lost", by="ravi")
    assert world.statuses(campaign.id) == ["completed"]
    world.analysed(call, "not_available")
    assert world.statuses(campaign.id) == ["completed"]


# --- complete and fail ------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L12", "L15")
def test_a_campaign_completes_when_all_are_final_and_no_call_is_live() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, on_system=["no_answer"], max_attempts=2)
    world.no_answer(world.dial())
    world.talked(world.dial())
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.RUNNING
    world.clock.advance(minutes=30)
    call = world.dial()
    assert call.number_in_budget == 2
    world.ring(call)
    world.clock.advance(seconds=25)
    world.dials()
    assert world.get(campaign.id).status is CampaignStatus.RUNNING
    world.end(call, disposition="no_answer")
    world.dials()
    done = world.get(campaign.id)
    assert (done.status, done.completion_reason, done.completed_at) == (
        CampaignStatus.COMPLETED,
        CompletionReason.ALL_CONTACTS_FINAL,
        world.now,
    )
    assert world.statuses(campaign.id) == ["exhausted", "completed"]
    assert world.log(campaign.id) == [("create", "asha"), ("start", "asha"), ("complete", "engine")]


@pytest.mark.behaviour("L12", "R14")
def test_a_campaign_does_not_complete_while_an_analysis_is_awaited() -> None:
    world = World()
    campaign = world.running(1, on_business=["not_available"])
    call = world.dial()
    world.talked(call)
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.RUNNING
    world.analysed(call, "sold")
    world.dials()
    assert world.get(campaign.id).completion_reason is CompletionReason.ALL_CONTACTS_FINAL


@pytest.mark.behaviour("L5", "L12", "R14")
def test_resume_does_not_complete_while_an_analysis_is_awaited() -> None:
    world = World()
    campaign = world.running(1, on_business=["not_available"])
    call = world.dial()
    world.talked(call)
    world.service.pause(campaign.id, by="ravi")
    assert world.service.resume(campaign.id, by="ravi").campaign.status is CampaignStatus.RUNNING
    assert world.statuses(campaign.id) == ["awaiting_analysis"]


@pytest.mark.behaviour("L12", "X5")
def test_excluding_the_last_one_who_waits_completes_the_campaign() -> None:
    world = World()
    campaign = world.running(1, start="11:00")
    assert world.dials() == ()
    world.service.exclude(campaign.id, [number(0)], by="ravi")
    world.dials()
    assert world.get(campaign.id).completion_reason is CompletionReason.ALL_CONTACTS_FINAL
    assert world.statuses(campaign.id) == ["excluded"]


@pytest.mark.behaviour("L13")
@pytest.mark.parametrize("paused", [False, True])
def test_fail_keeps_who_waits_cancels_callbacks_and_drains(paused: bool) -> None:
    world = World()
    campaign = world.running(
        4, concurrency_limit=1, callback_detection=True, on_system=["no_answer"], analysis_wait_seconds=0
    )
    first = world.dial()
    world.connect(first)
    world.analysed(first, call_back_at=at("2026-01-05 15:00"))
    world.clock.advance(seconds=30)
    world.end(first)
    world.no_answer(world.dial())
    call = world.dial()
    world.ring(call)
    if paused:
        world.service.pause(campaign.id, by="ravi")
    receipt = world.service.fail(campaign.id, "disk full", by="ravi")
    assert (receipt.campaign.status, receipt.campaign.failure, receipt.draining) == (
        CampaignStatus.FAILED,
        "disk full",
        1,
    )
    assert (receipt.campaign.completed_at, receipt.campaign.completion_reason) == (world.now, None)
    assert world.statuses(campaign.id) == ["callback_scheduled", "retry_scheduled", "calling", "pending"]
    callback = world.callbacks(campaign.id)[0]
    assert callback is not None
    assert callback.state == "cancelled"
    entry = world.service.activity(campaign.id)[-1]
    assert (entry.action, entry.by, entry.detail) == ("fail", "ravi", "disk full")
    world.end(call, disposition="no_answer")
    assert world.statuses(campaign.id)[2] == "exhausted"
    world.until("2026-01-06 15:00")
    assert world.dials() == ()


@pytest.mark.behaviour("L13")
def test_a_fatal_refusal_by_the_carrier_fails_the_campaign() -> None:
    world = World()
    campaign = world.running(3, concurrency_limit=2)
    first, second = world.dials()
    world.connect(second)
    world.tell(Refused(first.attempt_id, world.now, why="credentials_refused", fatal=True))
    failed = world.get(campaign.id)
    assert (failed.status, failed.failure, failed.completed_at) == (
        CampaignStatus.FAILED,
        "credentials_refused",
        world.now,
    )
    # Surely not dialled: the attempt is given back, and the contact waits as before.
    assert world.statuses(campaign.id) == ["pending", "calling", "pending"]
    assert world.contacts(campaign.id)[0].attempts == 0
    assert world.log(campaign.id)[-1] == ("fail", "engine")
    world.clock.advance(seconds=30)
    world.end(second)
    assert world.statuses(campaign.id) == ["pending", "completed", "pending"]
    assert world.dials() == ()


@pytest.mark.behaviour("L13")
def test_a_fatal_refusal_fails_a_paused_campaign_and_leaves_a_stopped_one_as_it_is() -> None:
    for action, status, failure in (("pause", "failed", "bot_gone"), ("stop", "completed", "")):
        world = World()
        campaign = world.running(2)
        dials = world.dials()
        getattr(world.service, action)(campaign.id, by="ravi", wait=False)
        world.tell(*(Refused(dial.attempt_id, world.now, why="bot_gone", fatal=True) for dial in dials))
        after = world.get(campaign.id)
        assert (after.status.value, after.failure) == (status, failure)


@pytest.mark.behaviour("L13")
def test_an_ordinary_refusal_fails_nothing() -> None:
    world = World()
    campaign = world.running(1)
    world.tell(Refused(world.dial().attempt_id, world.now, retry_after=2))
    assert world.get(campaign.id).status is CampaignStatus.RUNNING
    world.clock.advance(seconds=2)
    assert world.dial().number_in_budget == 1


@pytest.mark.behaviour("L13")
def test_a_campaign_fails_when_the_last_usable_number_of_its_pool_is_withdrawn() -> None:
    world = World()
    campaign = world.running(6, concurrency_limit=2)
    first, second = world.dials()
    world.connect(first, second)
    world.directory.withdraw(LINES[0])
    world.service.refresh()
    world.clock.advance(seconds=10)
    world.end(first)
    third = world.dial()
    assert third.from_number.reveal() == LINES[1]
    world.accept(third)
    world.directory.make_inbound(LINES[1])
    world.service.refresh()
    assert world.dials() == ()
    failed = world.get(campaign.id)
    assert (failed.status, failed.failure) == (CampaignStatus.FAILED, "no_usable_number")
    assert world.statuses(campaign.id) == ["completed", "calling", "calling", "pending", "pending", "pending"]
    world.clock.advance(seconds=10)
    world.end(second, third)
    assert world.statuses(campaign.id)[1:3] == ["completed", "exhausted"]


@pytest.mark.behaviour("L13")
def test_a_withdrawn_number_does_not_fail_a_campaign_that_has_nobody_left() -> None:
    world = World()
    campaign = world.running(1)
    world.talked(world.dial())
    world.directory.withdraw(*LINES)
    world.service.refresh()
    world.dials()
    assert world.get(campaign.id).completion_reason is CompletionReason.ALL_CONTACTS_FINAL


# --- exclusion --------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("X3", "X5")
def test_excluding_somebody_cancels_the_callback() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, callback_detection=True)
    world.booked(world.dial(), at("2026-01-05 15:00"))
    done = world.service.exclude(campaign.id, [number(0)], by="ravi")
    assert list(done.results.values()) == [ExclusionResult.EXCLUDED]
    callback = world.callbacks(campaign.id)[0]
    assert callback is not None
    assert (callback.state, world.statuses(campaign.id)) == ("cancelled", ["excluded", "pending"])
    world.talked(world.dial())
    world.until("2026-01-05 15:00")
    assert world.dials() == ()


@pytest.mark.behaviour("X3")
def test_when_an_exclusion_returns_no_call_decided_before_can_still_leave() -> None:
    world = World()
    campaign = world.running(2)
    first, second = world.dials()
    before = world.now
    world.service.exclude(campaign.id, [number(0)], by="ravi", wait=False)
    assert world.now == before
    world.accept(second)
    # A call that has left is not waited for.
    world.service.exclude(campaign.id, [number(1)], by="ravi")
    assert world.now == before
    world.service.exclude(campaign.id, [number(0)], by="ravi")
    assert world.now > first.not_after


@pytest.mark.behaviour("R1", "X3", "X5")
def test_somebody_excluded_during_a_call_is_not_called_back_though_it_was_asked_for() -> None:
    world = World()
    campaign = world.running(1, callback_detection=True)
    call = world.dial()
    world.connect(call)
    done = world.service.exclude(campaign.id, [number(0)], by="ravi")
    assert list(done.results.values()) == [ExclusionResult.WILL_EXCLUDE]
    assert world.statuses(campaign.id) == ["calling"]
    world.analysed(call, call_back_at=at("2026-01-05 15:00"))
    world.clock.advance(seconds=30)
    world.end(call)
    assert (world.statuses(campaign.id), world.callbacks(campaign.id)) == (["excluded"], [None])


@pytest.mark.behaviour("R14", "X5")
def test_somebody_excluded_while_the_analysis_is_awaited_is_not_called_back() -> None:
    world = World()
    campaign = world.running(1, callback_detection=True)
    call = world.dial()
    world.talked(call)
    world.service.exclude(campaign.id, [number(0)], by="ravi")
    assert world.statuses(campaign.id) == ["excluded"]
    world.analysed(call, call_back_at=at("2026-01-05 15:00"))
    assert (world.statuses(campaign.id), world.callbacks(campaign.id)) == (["excluded"], [None])


# --- the activity log -------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L15")
def test_every_action_is_in_the_activity_log_with_who_and_when() -> None:
    world = World()
    expected = []

    def did(action: str, by: str) -> None:
        expected.append((action, by, world.now))
        world.clock.advance(minutes=1)

    service, campaign = world.service, world.create(3)
    did("create", "asha")
    service.edit(campaign.id, worlds.draft(name="New"), by="ben", version=1)
    did("edit", "ben")
    service.start(campaign.id, by="chen")
    did("start", "chen")
    service.pause(campaign.id, by="dina")
    did("pause", "dina")
    service.exclude(campaign.id, [number(0)], by="eva", reason="asked")
    did("exclude", "eva")
    service.resume(campaign.id, by="femi")
    did("resume", "femi")
    service.stop(campaign.id, by="gita")
    did("stop", "gita")
    service.restart(campaign.id, by="hana")
    did("restart", "hana")
    service.cancel_restart(campaign.id, by="ivan")
    did("cancel_restart", "ivan")
    service.restart(campaign.id, by="jo")
    did("restart", "jo")
    service.start(campaign.id, by="kim")
    did("start", "kim")
    service.fail(campaign.id, "lost", by="lea")
    did("fail", "lea")
    log = service.activity(campaign.id)
    assert [(entry.action, entry.by, entry.at) for entry in log] == expected
    assert [entry.run for entry in log[-2:]] == [2, 2]
    # A clone is an action on the new campaign; the original's log does not change.
    copy = service.clone(campaign.id, by="mo")
    assert [(entry.action, entry.by, entry.at) for entry in service.activity(copy.id)] == [("clone", "mo", world.now)]
    assert service.activity(campaign.id) == log


@pytest.mark.behaviour("L15")
def test_the_log_only_grows() -> None:
    world = World()
    campaign = world.running(2)
    before = world.store.events(limit=1000)
    world.talked(*world.dials())
    world.dials()
    world.service.restart(campaign.id, by="ravi")
    after = world.store.events(limit=1000)
    assert after[: len(before)] == before
    assert len(after) > len(before)
