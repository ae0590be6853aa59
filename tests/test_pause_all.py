"""The emergency stop: every campaign is paused before any is waited for, and no failure spares the others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import SINGLE_DAY
from ori_campaigns.errors import CommitUnknown, NotFound, StoreUnavailable
from ori_campaigns.instants import SECOND
from ori_campaigns.reports import Accepted
from ori_campaigns.service import Receipt
from ori_campaigns.stores.memory import MemoryStore
from worlds import MONDAY, World, leads

RUNNING, PAUSED = CampaignStatus.RUNNING, CampaignStatus.PAUSED


def ids(receipts: tuple[Receipt, ...]) -> list[str]:
    return [receipt.campaign.id for receipt in receipts]


def running_one(world: World, contacts: int = 1, **changes: Any) -> str:
    """The id of a campaign that was started, with people of its own."""
    return world.running(batch=leads(contacts, first=100 * len(world.store.campaigns())), **changes).id


def status(world: World, *campaign_ids: str) -> list[CampaignStatus]:
    return [world.get(each).status for each in campaign_ids]


class Meddled(MemoryStore):
    """Calls `before` with the campaign's id before each change, and `on_sleep` whenever somebody waits."""

    def __init__(self, clock: VirtualClock) -> None:
        super().__init__(clock)
        self.before: Callable[[str], object] = lambda _: None

    def change(self, campaign_id: str, rule: Any) -> Any:
        meddle, self.before = self.before, lambda _: None
        try:
            meddle(campaign_id)
            return super().change(campaign_id, rule)
        finally:
            self.before = meddle


def meddled(meddle: Callable[[str], object] | None = None) -> tuple[World, Meddled]:
    world = World(MONDAY, store=Meddled)
    assert isinstance(world.store, Meddled)
    if meddle is not None:
        world.store.before = meddle
    return world, world.store


# --- what is paused --------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L4")
def test_every_running_campaign_is_paused_and_nothing_more_is_dialled() -> None:
    world = World()
    running = []
    for _ in range(3):
        running.append(running_one(world, 5, concurrency_limit=2))
        world.clock.advance(seconds=1)
    live = world.dials()
    world.accept(*live)
    receipts = world.service.pause_all(by="ravi")
    assert ids(receipts) == running
    assert status(world, *running) == [PAUSED] * 3
    assert [(receipt.settled, receipt.draining) for receipt in receipts] == [(True, 2)] * 3
    assert world.dials() == ()
    # Calls in progress go on, and their outcomes are recorded.
    world.end(*live, disposition="customer")
    assert [world.service.counters(each).connected for each in running] == [0, 0, 0]
    assert [world.service.counters(each).dialled for each in running] == [2, 2, 2]
    assert [world.log(each)[-1] for each in running] == [("pause", "ravi")] * 3


def test_campaigns_that_do_not_run_are_left_as_they_are() -> None:
    world = World()
    draft, paused, running = world.create(1).id, world.paused(1).id, running_one(world)
    stopped = running_one(world)
    world.service.stop(stopped, by="asha")
    before = [world.state(each) for each in (draft, paused, stopped)]
    assert ids(world.service.pause_all(by="ravi")) == [running]
    assert [world.state(each) for each in (draft, paused, stopped)] == before


def test_only_the_campaigns_of_one_workspace_where_one_is_named() -> None:
    world = World()
    world.open_workspace("north")
    here, there = running_one(world), running_one(world, workspace="north")
    assert ids(world.service.pause_all(by="ravi", workspace="north")) == [there]
    assert status(world, here, there) == [RUNNING, PAUSED]
    assert ids(world.service.pause_all(by="ravi")) == [here]


def test_receipts_come_in_the_order_of_creation_whatever_was_started_first() -> None:
    world = World()
    created = []
    for _ in range(3):
        created.append(world.create(1).id)
        world.clock.advance(seconds=1)
    # Two more of the same instant: by their ids.
    created += [world.create(1).id, world.create(1).id]
    for each in reversed(created):
        world.service.start(each, by="asha")
    assert ids(world.service.pause_all(by="ravi")) == created


def test_with_nothing_to_pause_it_is_no_error() -> None:
    assert World().service.pause_all(by="ravi") == ()


# --- others at the same time -----------------------------------------------------------------------------------------


def test_a_campaign_that_somebody_else_paused_meanwhile_is_passed_over() -> None:
    world, store = meddled()
    first, second, third = (running_one(world) for _ in range(3))

    def colleague(campaign_id: str) -> None:
        if campaign_id == second:
            world.service.pause(second, by="asha", wait=False)

    store.before = colleague
    assert ids(world.service.pause_all(by="ravi")) == [first, third]
    assert status(world, first, second, third) == [PAUSED] * 3
    assert [entry for entry in world.log(second) if entry[0] == "pause"] == [("pause", "asha")]


def test_a_campaign_that_ended_meanwhile_is_passed_over() -> None:
    world, store = meddled()
    first, second = running_one(world), running_one(world)

    def colleague(campaign_id: str) -> None:
        if campaign_id == first:
            world.service.stop(first, by="asha", wait=False)

    store.before = colleague
    assert ids(world.service.pause_all(by="ravi")) == [second]
    assert status(world, first, second) == [CampaignStatus.COMPLETED, PAUSED]


def test_a_campaign_that_is_gone_is_passed_over() -> None:
    world, store = meddled()
    first, second = running_one(world), running_one(world)

    def gone(campaign_id: str) -> None:
        if campaign_id == first:
            raise NotFound("campaign", first)

    store.before = gone
    assert ids(world.service.pause_all(by="ravi")) == [second]


@pytest.mark.behaviour("S2")
def test_a_campaign_whose_day_is_over_ends_by_itself_and_is_passed_over() -> None:
    world = World()
    over = running_one(world, 2, mode=SINGLE_DAY)
    world.accept(*world.dials())
    world.until("2026-01-05 18:00")
    assert world.service.pause_all(by="ravi") == ()
    assert status(world, over) == [RUNNING]
    assert world.dials() == ()


# --- waiting ---------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L4")
def test_all_are_paused_before_any_of_them_is_waited_for() -> None:
    seen: list[list[CampaignStatus]] = []

    class Watched(VirtualClock):
        def sleep(self, seconds: float) -> None:
            seen.append(status(world, *running))
            super().sleep(seconds)

    world = World()
    watched = Watched(MONDAY)
    world.clock = world.store.clock = watched
    running = [running_one(world, 2) for _ in range(4)]
    reserved = world.dials()
    assert len(reserved) == 8
    began = world.now
    receipts = world.service.pause_all(by="ravi")
    assert ids(receipts) == running
    assert seen
    assert all(each == [PAUSED] * 4 for each in seen)
    # The send budget once (and the step of the last look), not once for each campaign.
    assert world.now >= max(dial.not_after for dial in reserved) == began + 5 * SECOND
    assert world.now - began < 6 * SECOND
    assert all(receipt.settled and receipt.settles_by is None for receipt in receipts)


def test_without_waiting_the_receipts_say_by_when_it_is_settled() -> None:
    world = World()
    waiting, calm = running_one(world, concurrency_limit=1), running_one(world, concurrency_limit=1)
    dials = {dial.campaign_id: dial for dial in world.dials()}
    world.tell(Accepted(dials[calm].attempt_id, world.now))
    began = world.now
    receipts = world.service.pause_all(by="ravi", wait=False)
    assert world.now == began
    assert [(each.campaign.id, each.settled, each.settles_by, each.draining) for each in receipts] == [
        (waiting, False, began + 5 * SECOND, 1),
        (calm, True, None, 1),
    ]
    settled = world.service.settle(receipts[0])
    assert settled.settled
    assert world.now >= began + 5 * SECOND


@pytest.mark.behaviour("L4")
def test_whoever_presses_second_waits_for_what_the_first_has_paused() -> None:
    world = World()
    world.running(1)
    not_after = world.dial().not_after
    world.service.pause_all(by="asha", wait=False)
    assert world.service.pause_all(by="ravi", wait=False) == ()
    assert world.now < not_after
    assert world.service.pause_all(by="ravi") == ()
    assert world.now >= not_after


# --- when something fails --------------------------------------------------------------------------------------------


def test_one_that_cannot_be_paused_keeps_no_other_from_it() -> None:
    world, store = meddled()
    first, second, third, fourth = (running_one(world) for _ in range(4))
    errors = {second: StoreUnavailable("The database is away."), third: CommitUnknown("It was lost.")}

    def fails(campaign_id: str) -> None:
        if campaign_id in errors:
            raise errors[campaign_id]

    store.before = fails
    with pytest.raises(StoreUnavailable, match="The database is away") as caught:
        world.service.pause_all(by="ravi")
    assert caught.value.code == "store_unavailable"
    assert status(world, first, fourth) == [PAUSED, PAUSED]
    assert caught.value.__notes__ == [
        f"Paused: {first}, {fourth}.",
        f"Failed: {second}: The database is away.; {third}: It was lost.",
    ]
    store.before = lambda _: None
    assert ids(world.service.pause_all(by="ravi")) == [second, third]


def test_an_error_while_waiting_comes_after_all_were_waited_for() -> None:
    class Away(Meddled):
        asked: list[str] = []  # noqa: RUF012 - of this one test

        def unsent(self, campaign_id: str, **of: Any) -> Any:
            self.asked.append(campaign_id)
            if campaign_id == running[0]:
                raise StoreUnavailable("The database is away.")
            return super().unsent(campaign_id, **of)

    world = World(MONDAY, store=Away)
    running = [running_one(world) for _ in range(3)]
    not_after = max(dial.not_after for dial in world.dials())
    with pytest.raises(StoreUnavailable) as caught:
        world.service.pause_all(by="ravi")
    assert status(world, *running) == [PAUSED] * 3
    assert set(Away.asked) == set(running)
    assert world.now >= not_after
    assert caught.value.__notes__[0] == f"Paused: {', '.join(running)}."


def test_an_interrupt_is_not_held_up() -> None:
    world, store = meddled()
    first, second = running_one(world), running_one(world)

    def interrupted(campaign_id: str) -> None:
        if campaign_id == first:
            raise KeyboardInterrupt

    store.before = interrupted
    with pytest.raises(KeyboardInterrupt):
        world.service.pause_all(by="ravi")
    assert status(world, first, second) == [RUNNING, RUNNING]
