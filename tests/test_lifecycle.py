"""A run in its everyday course, through the service: create, start, pause, resume."""

from __future__ import annotations

from datetime import datetime

import attrs
import pytest

import worlds
from ori_campaigns.campaign import Campaign, CampaignStatus, CompletionReason
from ori_campaigns.config import SINGLE_DAY
from ori_campaigns.errors import CannotStart, InvalidDefinition
from ori_campaigns.instants import MINUTE, SECOND
from ori_campaigns.reports import Unsent
from ori_campaigns.views import Created, UseStage
from worlds import KOLKATA, LINES, TRUNK, World, at, leads, number

SUNDAY = datetime(2026, 1, 4, 20, 0, tzinfo=KOLKATA)


# --- create and start -------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L1", "L2")
def test_a_created_campaign_is_a_draft_and_dials_nobody() -> None:
    world = World()
    campaign = world.create(3)
    assert (campaign.status, campaign.run_number, campaign.started_at) == (CampaignStatus.DRAFT, 1, None)
    assert world.statuses(campaign.id) == ["pending"] * 3
    for _ in range(3):
        assert world.dials() == ()
        world.clock.advance(days=1)
    assert world.store.attempts(campaign.id) == []


def test_a_draft_with_problems_is_not_created() -> None:
    world = World()
    with pytest.raises(InvalidDefinition) as caught:
        world.create(1, name=" ", concurrency_limit=0)
    assert [problem.code for problem in caught.value.problems] == ["name_blank", "below_one"]
    assert world.store.campaigns() == []


@pytest.mark.behaviour("L3", "L14")
def test_start_inside_the_window_begins_now_and_locks_the_identity() -> None:
    world = World()
    campaign = world.create(3)
    assert not campaign.has_run
    world.clock.advance(minutes=5)
    receipt = world.service.start(campaign.id, by="asha")
    assert receipt.campaign == world.get(campaign.id)
    assert receipt.campaign.status is CampaignStatus.RUNNING
    assert receipt.campaign.started_at == receipt.begins_at == world.now
    assert receipt.campaign.has_run
    assert (receipt.settled, receipt.settles_by, receipt.draining) == (True, None, 0)
    assert [dial.to.reveal() for dial in world.dials()] == [number(0), number(1), number(2)]


@pytest.mark.behaviour("L3", "S8", "S9")
def test_start_outside_the_window_begins_at_the_next_opening() -> None:
    world = World(SUNDAY)
    campaign = world.create(3, working_days=[0, 1, 2, 3, 4])
    receipt = world.service.start(campaign.id, by="asha")
    assert world.local(receipt.begins_at) == "2026-01-05 09:00:00"
    step = world.service.step()
    assert (step.dials, world.local(step.wake_at)) == ((), "2026-01-05 09:00:00")
    world.clock.set(at("2026-01-05 09:00") - 1)
    assert world.dials() == ()
    world.clock.set(at("2026-01-05 09:00"))
    assert len(world.dials()) == 3


@pytest.mark.behaviour("L3", "S5")
@pytest.mark.parametrize(
    ("pressed", "begins", "cutoff"),
    [
        ("2026-01-05 08:00", "2026-01-05 09:00:00", "2026-01-05 18:00:00"),
        ("2026-01-05 09:00", "2026-01-05 09:00:00", "2026-01-05 18:00:00"),
        ("2026-01-05 17:59", "2026-01-05 17:59:00", "2026-01-05 18:00:00"),
        ("2026-01-05 18:00", "2026-01-06 09:00:00", "2026-01-06 18:00:00"),
        ("2026-01-09 20:00", "2026-01-12 09:00:00", "2026-01-12 18:00:00"),
    ],
)
def test_the_single_day_is_the_first_window_open_at_or_after_start(pressed: str, begins: str, cutoff: str) -> None:
    world = World(SUNDAY)
    campaign = world.create(1, mode=SINGLE_DAY, working_days=[0, 1, 2, 3, 4])
    world.until(pressed)
    receipt = world.service.start(campaign.id, by="asha")
    assert (world.local(receipt.begins_at), world.local(receipt.campaign.cutoff)) == (begins, cutoff)


@pytest.mark.behaviour("S5")
def test_a_multi_day_campaign_has_no_cutoff() -> None:
    campaign = World().running()
    assert (campaign.opening_day, campaign.cutoff) == (None, None)


@pytest.mark.behaviour("L3")
def test_start_refuses_with_every_reason_at_once() -> None:
    world = World()
    bad = worlds.draft(
        bot="gone", numbers=[*LINES, "911140009999"], concurrency_limit=0, start="", end="", max_attempts=0
    )
    campaign = Campaign(
        id="c1",
        workspace=bad.workspace,
        name=bad.name,
        bot=bad.bot,
        numbers=bad.numbers,
        config=bad.config,
        created_at=world.now,
        created_by="asha",
    )
    # As another program might have stored it; `create` refuses such a draft.
    world.store.create(Created(campaign), None)
    world.directory.make_inbound(LINES[1])
    with pytest.raises(CannotStart) as caught:
        world.service.start("c1", by="asha")
    assert [(problem.path, problem.code) for problem in caught.value.problems] == [
        ("contacts", "no_contacts"),
        ("bot", "unknown_bot"),
        ("numbers[1]", "number_inbound_only"),
        ("numbers[2]", "number_not_configured"),
        ("config.concurrency_limit", "below_one"),
        ("config.retry.max_attempts", "below_one"),
        ("config.window.start", "bad_time"),
        ("config.window.end", "bad_time"),
    ]
    assert caught.value.code == "cannot_start"
    assert all(problem.message in str(caught.value) and problem.hint for problem in caught.value.problems)
    assert "911140009999" not in str(caught.value)
    assert world.get("c1") == campaign


@pytest.mark.behaviour("L3")
def test_start_needs_a_pool() -> None:
    world = World()
    empty = worlds.draft(numbers=[])
    campaign = Campaign(
        id="c1",
        workspace=empty.workspace,
        name=empty.name,
        bot=empty.bot,
        numbers=(),
        config=empty.config,
        created_at=world.now,
        created_by="asha",
    )
    moves = (UseStage(world.store.stage(leads(1)), keep_excluded=False),)
    world.store.create(Created(campaign, moves), None)
    with pytest.raises(CannotStart) as caught:
        world.service.start("c1", by="asha")
    assert [problem.code for problem in caught.value.problems] == ["empty_pool"]


@pytest.mark.behaviour("L3")
def test_start_needs_somebody_who_waits() -> None:
    world = World()
    campaign = world.create(2)
    world.service.exclude(campaign.id, [number(0), number(1)], by="asha")
    with pytest.raises(CannotStart, match="no contact waiting") as caught:
        world.service.start(campaign.id, by="asha")
    assert [problem.code for problem in caught.value.problems] == ["no_contacts"]
    world.edit(campaign.id, leads(1, first=2))
    assert world.service.start(campaign.id, by="asha").campaign.status is CampaignStatus.RUNNING


@pytest.mark.behaviour("L3", "S4")
def test_an_always_on_campaign_starts_with_an_empty_list_and_runs_until_stopped() -> None:
    world = World()
    campaign = world.running(0, always_on=True)
    for _ in range(5):
        assert world.dials() == ()
        assert world.get(campaign.id).status is CampaignStatus.RUNNING
        world.clock.advance(days=1)
    stopped = world.service.stop(campaign.id, by="asha").campaign
    assert (stopped.status, stopped.completion_reason) == (CampaignStatus.COMPLETED, CompletionReason.MANUAL_STOP)


@pytest.mark.behaviour("S4")
def test_an_always_on_campaign_outlives_its_last_contact() -> None:
    world = World()
    campaign = world.running(1, always_on=True)
    world.talked(world.dial())
    for _ in range(3):
        assert world.dials() == ()
        world.clock.advance(days=1)
    assert world.get(campaign.id).status is CampaignStatus.RUNNING
    assert world.statuses(campaign.id) == ["completed"]


@pytest.mark.behaviour("L3")
def test_a_pool_number_that_is_gone_keeps_a_campaign_from_starting_until_it_is_unticked() -> None:
    world = World()
    campaign = world.create()
    world.directory.withdraw(LINES[0])
    with pytest.raises(CannotStart) as caught:
        world.service.start(campaign.id, by="asha")
    assert [problem.code for problem in caught.value.problems] == ["number_not_configured"]
    world.edit(campaign.id, numbers=[LINES[1]])
    assert world.service.start(campaign.id, by="asha").begins_at == world.now


# --- pause and resume -------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L4")
def test_pause_lets_calls_go_on_and_their_outcomes_count() -> None:
    world = World()
    campaign = world.running(4, concurrency_limit=2, on_system=["no_answer"])
    first, second = world.dials()
    world.connect(first)
    world.ring(second)
    receipt = world.service.pause(campaign.id, by="ravi")
    assert (receipt.campaign.status, receipt.draining, receipt.settled) == (CampaignStatus.PAUSED, 2, True)
    world.clock.advance(seconds=40)
    world.end(first)
    world.end(second, disposition="no_answer")
    assert world.statuses(campaign.id) == ["completed", "retry_scheduled", "pending", "pending"]
    world.clock.advance(hours=1)
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.PAUSED


@pytest.mark.behaviour("L4")
def test_no_call_can_leave_any_more_when_pause_returns() -> None:
    world = World()
    campaign = world.running(2)
    dials = world.dials()
    # Nobody has said yet whether these two were sent.
    receipt = world.service.pause(campaign.id, by="ravi")
    assert receipt.settled
    assert all(world.now > dial.not_after for dial in dials)


@pytest.mark.behaviour("L4")
def test_a_pause_that_does_not_wait_says_when_it_is_settled() -> None:
    world = World()
    campaign = world.running(2)
    first, second = world.dials()
    world.accept(first)
    receipt = world.service.pause(campaign.id, by="ravi", wait=False)
    assert (receipt.settled, receipt.settles_by) == (False, second.not_after)
    assert world.dials() == ()
    world.tell(Unsent(second.attempt_id, world.now))
    before = world.now
    settled = world.service.settle(receipt)
    assert (settled.settled, settled.settles_by, settled.draining) == (True, None, 1)
    assert world.now == before
    assert world.statuses(campaign.id) == ["calling", "pending"]


@pytest.mark.behaviour("L4")
def test_settling_waits_for_older_reservations_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    world.directory.add(attrs.evolve(TRUNK, cps=1, burst=1))
    campaign = world.running(100)
    call = world.dial()
    receipt = world.service.pause(campaign.id, by="ravi", wait=False)
    # Somebody resumes at once, and from then on a new call is decided every second.
    world.service.resume(campaign.id, by="asha")

    def sleep(seconds: float) -> None:
        world.clock.advance(seconds=seconds)
        world.service.step()
        assert world.now <= call.not_after + SECOND, "settling goes on and on"

    monkeypatch.setattr(world.clock, "sleep", sleep)
    assert world.service.settle(receipt).settled
    assert world.now > call.not_after


@pytest.mark.behaviour("L5")
def test_resume_goes_on_where_it_left_off() -> None:
    world = World()
    campaign = world.running(4, concurrency_limit=1, on_system=["no_answer"])
    world.no_answer(world.dial())
    due = world.now + 30 * MINUTE
    world.talked(world.dial())
    world.service.pause(campaign.id, by="ravi")
    before = world.contacts(campaign.id), world.service.counters(campaign.id)
    world.clock.advance(minutes=10)
    receipt = world.service.resume(campaign.id, by="ravi")
    assert (receipt.campaign.status, receipt.begins_at) == (CampaignStatus.RUNNING, world.now)
    assert (world.contacts(campaign.id), world.service.counters(campaign.id)) == before
    assert receipt.campaign.started_at == campaign.started_at
    assert world.contacts(campaign.id)[0].due == due
    third = world.dial()
    assert third.to.reveal() == number(2)


@pytest.mark.behaviour("L5")
def test_resume_has_the_guards_of_start() -> None:
    world = World()
    campaign = world.paused(2)
    world.directory.withdraw(LINES[0])
    world.directory.remove(worlds.BOT)
    before = world.state(campaign.id)
    with pytest.raises(CannotStart) as caught:
        world.service.resume(campaign.id, by="ravi")
    assert [problem.code for problem in caught.value.problems] == ["unknown_bot", "number_not_configured"]
    assert world.state(campaign.id) == before


@pytest.mark.behaviour("L5", "L12")
def test_resume_with_nothing_left_to_dial_completes_at_once() -> None:
    world = World()
    campaign = world.running(2)
    dials = world.dials()
    world.connect(*dials)
    world.service.pause(campaign.id, by="ravi")
    world.end(*dials)
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.PAUSED
    done = world.service.resume(campaign.id, by="ravi")
    assert done.campaign == world.get(campaign.id)
    assert (done.campaign.status, done.campaign.completion_reason) == (
        CampaignStatus.COMPLETED,
        CompletionReason.ALL_CONTACTS_FINAL,
    )
    assert (done.begins_at, done.campaign.completed_at) == (None, world.now)


@pytest.mark.behaviour("L5", "L12")
def test_resume_with_only_live_calls_left_completes_when_the_last_has_ended() -> None:
    world = World()
    campaign = world.running(1)
    call = world.dial()
    world.connect(call)
    world.service.pause(campaign.id, by="ravi")
    assert world.service.resume(campaign.id, by="ravi").campaign.status is CampaignStatus.RUNNING
    world.clock.advance(seconds=30)
    world.end(call)
    world.dials()
    assert world.get(campaign.id).completion_reason is CompletionReason.ALL_CONTACTS_FINAL
