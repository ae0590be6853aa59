"""What the calling window does to a campaign's life: the single day and its cutoff, and days in a row."""

from __future__ import annotations

import pytest

from ori_campaigns.campaign import Campaign, CampaignStatus, CompletionReason
from ori_campaigns.config import SINGLE_DAY
from ori_campaigns.errors import ActionNotAllowed
from ori_campaigns.reports import DialRequest, Unsent
from worlds import World, at, number

CUTOFF = "2026-01-05 18:00"


def evening(world: World, **changes: object) -> tuple[Campaign, DialRequest, DialRequest]:
    """A single-day campaign shortly before its cutoff: one talks, one rings, two wait."""
    campaign = world.running(4, mode=SINGLE_DAY, concurrency_limit=2, on_system=["no_answer"], **changes)
    world.until("2026-01-05 17:59:30")
    talking, ringing = world.dials()
    world.connect(talking)
    world.ring(ringing)
    return campaign, talking, ringing


# --- the single day ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("S2")
def test_at_the_cutoff_who_waits_is_closed_and_live_calls_go_on() -> None:
    world = World()
    campaign, talking, ringing = evening(world)
    world.clock.set(at(CUTOFF) - 1)
    world.dials()
    assert world.statuses(campaign.id) == ["calling", "calling", "pending", "pending"]
    world.clock.set(at(CUTOFF))
    step = world.service.step()
    assert (step.dials, step.hangups) == ((), ())
    assert world.statuses(campaign.id) == ["calling", "calling", "window_closed", "window_closed"]
    assert world.get(campaign.id).status is CampaignStatus.RUNNING
    world.clock.advance(seconds=20)
    # Ticked for a redial, and yet there is none after the day is over.
    world.end(ringing, disposition="no_answer")
    world.dials()
    assert world.get(campaign.id).status is CampaignStatus.RUNNING
    world.clock.advance(minutes=5)
    world.end(talking)
    world.dials()
    done = world.get(campaign.id)
    assert (done.status, done.completion_reason, done.completed_at) == (
        CampaignStatus.COMPLETED,
        CompletionReason.WINDOW_CLOSED,
        world.now,
    )
    assert world.statuses(campaign.id) == ["completed", "exhausted", "window_closed", "window_closed"]
    assert world.log(campaign.id)[-2:] == [("close_window", "engine"), ("complete", "engine")]
    world.until("2026-01-06 12:00")
    assert world.dials() == ()


@pytest.mark.behaviour("S2")
def test_without_a_live_call_it_completes_at_the_cutoff() -> None:
    world = World()
    campaign = world.running(1, mode=SINGLE_DAY, start="17:30", on_system=["no_answer"])
    world.until("2026-01-05 17:58")
    world.no_answer(world.dial())
    assert world.local(world.contacts(campaign.id)[0].due) == "2026-01-05 18:28:25"
    assert world.local(world.service.step().wake_at) == "2026-01-05 18:00:00"
    world.until(CUTOFF)
    world.dials()
    done = world.get(campaign.id)
    assert (done.completion_reason, done.completed_at) == (CompletionReason.WINDOW_CLOSED, at(CUTOFF))
    assert world.statuses(campaign.id) == ["window_closed"]


@pytest.mark.behaviour("S2")
def test_who_is_done_before_the_cutoff_completes_for_the_ordinary_reason() -> None:
    world = World()
    campaign = world.running(1, mode=SINGLE_DAY)
    world.talked(world.dial())
    world.dials()
    assert world.get(campaign.id).completion_reason is CompletionReason.ALL_CONTACTS_FINAL


@pytest.mark.behaviour("S2")
def test_the_cutoff_cancels_callbacks() -> None:
    world = World()
    campaign = world.running(1, mode=SINGLE_DAY, callback_detection=True)
    # The bot's answer must lie before the cutoff, or it would not be granted; the carrier is too busy to serve it.
    world.booked(world.dial(), at("2026-01-05 17:59:59"))
    world.until(CUTOFF)
    world.dials()
    callback = world.callbacks(campaign.id)[0]
    assert callback is not None
    assert (callback.state, world.statuses(campaign.id)) == ("cancelled", ["window_closed"])


@pytest.mark.behaviour("S2", "R14")
def test_the_cutoff_waits_for_no_analysis() -> None:
    world = World()
    campaign = world.running(1, mode=SINGLE_DAY, on_business=["not_available"])
    world.until("2026-01-05 17:58:30")
    world.talked(world.dial(), seconds=60)
    assert world.statuses(campaign.id) == ["awaiting_analysis"]
    world.until(CUTOFF)
    world.dials()
    assert world.statuses(campaign.id) == ["completed"]
    assert world.get(campaign.id).status is CampaignStatus.COMPLETED


@pytest.mark.behaviour("S2", "R2")
@pytest.mark.parametrize(("early", "status"), [(1, "retry_scheduled"), (0, "exhausted")])
def test_a_call_that_ends_at_the_cutoff_itself_is_not_dialled_again(early: int, status: str) -> None:
    world = World()
    campaign, _, ringing = evening(world)
    world.clock.set(at(CUTOFF) - early)
    world.end(ringing, disposition="no_answer")
    assert world.statuses(campaign.id)[1] == status


@pytest.mark.behaviour("S2", "L16")
def test_pause_is_refused_once_the_window_has_closed() -> None:
    world = World()
    campaign, _, _ = evening(world)
    world.until(CUTOFF)
    world.dials()
    before = world.state(campaign.id)
    with pytest.raises(ActionNotAllowed, match="its window has closed") as caught:
        world.service.pause(campaign.id, by="ravi")
    assert (caught.value.action, caught.value.allowed) == ("pause", ("stop", "clone"))
    assert world.state(campaign.id) == before


@pytest.mark.behaviour("S2")
def test_pause_is_refused_from_the_cutoff_on_though_the_engine_has_not_looked_yet() -> None:
    world = World()
    campaign, _, _ = evening(world)
    world.until(CUTOFF)
    with pytest.raises(ActionNotAllowed):
        world.service.pause(campaign.id, by="ravi")


@pytest.mark.behaviour("S2", "L6")
def test_a_stop_after_the_window_has_closed_is_a_manual_stop() -> None:
    world = World()
    campaign, talking, ringing = evening(world)
    world.until(CUTOFF)
    world.dials()
    receipt = world.service.stop(campaign.id, by="ravi")
    assert (receipt.campaign.completion_reason, receipt.draining) == (CompletionReason.MANUAL_STOP, 2)
    assert world.statuses(campaign.id) == ["calling", "calling", "window_closed", "window_closed"]
    world.end(talking, ringing)
    world.dials()
    assert world.get(campaign.id).completion_reason is CompletionReason.MANUAL_STOP


@pytest.mark.behaviour("S2", "L13")
def test_a_campaign_may_fail_after_its_window_has_closed() -> None:
    world = World()
    campaign, _, _ = evening(world)
    world.until(CUTOFF)
    world.dials()
    failed = world.service.fail(campaign.id, "lost", by="ravi").campaign
    assert (failed.status, failed.completion_reason, failed.closing) == (CampaignStatus.FAILED, None, None)


@pytest.mark.behaviour("S2", "N7")
def test_a_call_that_never_left_before_the_cutoff_is_closed_with_the_others() -> None:
    world = World()
    campaign = world.running(1, mode=SINGLE_DAY)
    world.clock.set(at(CUTOFF) - 1)
    call = world.dial()
    assert call.not_after == at(CUTOFF) - 1
    world.until(CUTOFF)
    world.dials()
    world.tell(Unsent(call.attempt_id, world.now))
    assert world.statuses(campaign.id) == ["window_closed"]
    world.dials()
    assert world.get(campaign.id).completion_reason is CompletionReason.WINDOW_CLOSED


@pytest.mark.behaviour("S5")
def test_a_cutoff_that_passes_while_paused_is_noticed_at_resume() -> None:
    world = World()
    campaign = world.paused(2, mode=SINGLE_DAY)
    world.until("2026-01-05 19:00")
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.PAUSED
    assert world.statuses(campaign.id) == ["pending", "pending"]
    receipt = world.service.resume(campaign.id, by="ravi")
    assert (receipt.campaign.status, receipt.campaign.completion_reason, receipt.begins_at) == (
        CampaignStatus.COMPLETED,
        CompletionReason.WINDOW_CLOSED,
        None,
    )
    assert world.statuses(campaign.id) == ["window_closed", "window_closed"]
    assert [entry[0] for entry in world.log(campaign.id)[-3:]] == ["resume", "close_window", "complete"]


@pytest.mark.behaviour("S2", "S5")
def test_a_cutoff_that_passes_while_paused_lets_live_calls_go_on_after_resume() -> None:
    world = World()
    campaign, talking, ringing = evening(world)
    world.service.pause(campaign.id, by="ravi")
    world.until("2026-01-05 18:01")
    receipt = world.service.resume(campaign.id, by="ravi")
    assert (receipt.campaign.status, receipt.draining, receipt.begins_at) == (CampaignStatus.RUNNING, 2, None)
    assert world.statuses(campaign.id) == ["calling", "calling", "window_closed", "window_closed"]
    with pytest.raises(ActionNotAllowed):
        world.service.pause(campaign.id, by="ravi")
    world.end(talking, ringing)
    world.dials()
    assert world.get(campaign.id).completion_reason is CompletionReason.WINDOW_CLOSED


@pytest.mark.behaviour("S2", "S5", "R2")
def test_a_call_that_ends_after_the_cutoff_while_paused_is_not_dialled_again() -> None:
    world = World()
    campaign, talking, ringing = evening(world)
    world.service.pause(campaign.id, by="ravi")
    world.until("2026-01-05 18:00:10")
    world.end(ringing, disposition="no_answer")
    world.end(talking)
    assert world.statuses(campaign.id) == ["completed", "exhausted", "pending", "pending"]


@pytest.mark.behaviour("S2", "S5")
def test_an_overnight_day_ends_in_the_morning() -> None:
    world = World()
    campaign = world.running(2, mode=SINGLE_DAY, start="21:00", end="02:00", concurrency_limit=1)
    assert world.local(campaign.cutoff) == "2026-01-06 02:00:00"
    world.until("2026-01-06 01:59")
    call = world.dial()
    world.connect(call)
    world.until("2026-01-06 02:00")
    world.dials()
    assert world.statuses(campaign.id) == ["calling", "window_closed"]


# --- many days --------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("S3")
def test_a_multi_day_campaign_pauses_its_dialling_overnight_and_stays_running() -> None:
    world = World()
    campaign = world.running(3, concurrency_limit=1, working_days=[0, 2])
    world.until("2026-01-05 17:59:50")
    call = world.dial()
    world.connect(call)
    world.until(CUTOFF)
    step = world.service.step()
    assert (step.dials, step.hangups) == ((), ())
    assert world.statuses(campaign.id) == ["calling", "pending", "pending"]
    world.clock.advance(minutes=3)
    world.end(call)
    step = world.service.step()
    assert (step.dials, world.local(step.wake_at)) == ((), "2026-01-07 09:00:00")
    assert world.get(campaign.id).status is CampaignStatus.RUNNING
    assert world.statuses(campaign.id) == ["completed", "pending", "pending"]
    world.until("2026-01-06 12:00")
    assert world.dials() == ()
    world.until("2026-01-07 09:00")
    assert world.dial().to.reveal() == number(1)


@pytest.mark.behaviour("S3", "L4")
def test_a_multi_day_campaign_may_be_paused_at_night() -> None:
    world = World()
    campaign = world.running(3)
    world.until("2026-01-05 22:00")
    world.service.pause(campaign.id, by="ravi")
    world.until("2026-01-06 10:00")
    assert world.dials() == ()
    assert world.service.resume(campaign.id, by="ravi").begins_at == world.now
    assert len(world.dials()) == 3


@pytest.mark.behaviour("S9")
@pytest.mark.parametrize(("mode", "seconds"), [(SINGLE_DAY, 2), ("multi_day", 2)])
def test_a_call_decided_just_before_the_end_may_not_leave_after_it(mode: str, seconds: int) -> None:
    world = World()
    campaign = world.running(1, mode=mode)
    world.clock.set(at(CUTOFF) - seconds * 1_000_000)
    assert world.dial(campaign.id).not_after == at(CUTOFF) - 1


@pytest.mark.behaviour("S9")
def test_a_contact_picked_before_the_end_and_not_sent_is_dialled_at_the_next_opening() -> None:
    world = World()
    campaign = world.running(1)
    world.clock.set(at(CUTOFF) - 1)
    call = world.dial()
    world.until(CUTOFF)
    world.tell(Unsent(call.attempt_id, world.now))
    assert (world.dials(), world.statuses(campaign.id)) == ((), ["pending"])
    world.until("2026-01-06 09:00")
    again = world.dial()
    assert (again.to, again.number_in_budget) == (call.to, 1)
    assert again.attempt_id != call.attempt_id
