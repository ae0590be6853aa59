"""What a step says of the time that follows: when to look again, and whether anything will happen at all."""

from __future__ import annotations

import pytest

from ori_campaigns.dialling import Step
from worlds import World


def test_nothing_at_all_is_idle() -> None:
    assert World().service.step() == Step(idle=True)


def test_a_draft_and_a_paused_campaign_are_idle() -> None:
    world = World()
    world.create()
    world.paused()
    assert world.service.step().idle


def test_a_running_campaign_is_not_idle_even_while_its_window_is_closed() -> None:
    world = World()
    world.until("2026-01-05 18:00")
    world.running()
    step = world.service.step()
    assert not step.idle
    assert world.local(step.wake_at) == "2026-01-06 09:00:00"


@pytest.mark.parametrize("end", ["pause", "stop"])
def test_open_calls_keep_it_from_being_idle_until_they_are_over(end: str) -> None:
    world = World()
    campaign = world.running(1)
    dial = world.dial()
    world.accept(dial)
    getattr(world.service, end)(campaign.id, by="asha")
    assert not world.service.step().idle
    world.end(dial)
    assert world.service.step().idle


def test_a_call_that_awaits_its_analysis_is_open() -> None:
    world = World()
    campaign = world.running(1, on_business={"call later"}, analysis_wait_seconds=60)
    world.talked(world.dial())
    world.service.pause(campaign.id, by="asha")
    assert not world.service.step().idle
    world.clock.advance(seconds=61)
    world.service.step()
    assert world.service.step().idle


def test_the_last_call_completes_the_campaign_and_that_is_all() -> None:
    world = World()
    world.running(1)
    world.talked(world.dial())
    step = world.service.step()
    assert (step.dials, step.wake_at, step.idle) == ((), None, True)
