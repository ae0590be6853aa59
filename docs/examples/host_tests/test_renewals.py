"""Our renewal drive calls people as often as we promised the compliance team, and no more."""

from hypothesis import given, settings

import ori_campaigns as ori
from ori_campaigns.diallers.answers import Fate
from ori_campaigns.testing import ScriptedDialler, World, strategies

ASHA, RAVI, MEERA = "919800000001", "919800000002", "919800000003"

RENEWALS = ori.RetryPolicy(max_attempts=3, delay_minutes=30, on_system={"no_answer", "RNR"})
"""What we run in production."""


def test_no_answer_is_retried(ori_world: World) -> None:
    ori_world.dialler.script(ASHA, ["no_answer", ori.answered(seconds=42)])
    ori_world.start(retry=RENEWALS)
    ori_world.advance(minutes=31)
    assert ori_world.dialler.calls_to(ASHA) == ["no_answer", "customer"]


def test_a_busy_line_is_left_alone(ori_world: World) -> None:
    ori_world.dialler.script(ASHA, ["busy", ori.answered()])
    ori_world.start(retry=RENEWALS)
    ori_world.until("idle")
    assert ori_world.dialler.calls_to(ASHA) == ["rejected"]
    assert ori_world.why(ASHA) == "nothing_more_to_do"


def test_the_third_call_is_the_last(ori_world: World, ori_dialler: ScriptedDialler) -> None:
    ori_dialler.script(ASHA, "no_answer")
    ori_world.start(retry=RENEWALS)
    ori_world.until("idle")
    assert ori_dialler.calls_to(ASHA) == ["no_answer", "no_answer", "no_answer"]
    assert ori_world.statuses() == {ASHA: "exhausted"}


def test_who_hangs_up_at_once_is_called_again(ori_world: World) -> None:
    ori_world.dialler.script(ASHA, [ori.answered(seconds=9), ori.answered(seconds=120)])
    ori_world.dialler.script(RAVI, [ori.answered(seconds=60)])
    ori_world.start(retry=RENEWALS, redial=ori.RedialRules(redial_under_seconds=15))
    ori_world.until("idle")
    assert len(ori_world.dialler.calls_to(ASHA)) == 2
    assert len(ori_world.dialler.calls_to(RAVI)) == 1


def test_a_retry_after_hours_waits_for_the_morning(ori_world: World) -> None:
    ori_world.dialler.script(ASHA, "no_answer")
    ori_world.until("2026-01-05 17:45")
    ori_world.start(mode=ori.MULTI_DAY, retry=RENEWALS)
    ori_world.until("2026-01-06 08:59")
    assert len(ori_world.dialler.calls) == 1
    ori_world.until("2026-01-06 09:01")
    assert len(ori_world.dialler.calls) == 2


@settings(max_examples=25, deadline=None)
@given(strategies.histories())
def test_nobody_is_called_more_often_than_we_promised(fates: list[Fate]) -> None:
    world = World()
    world.dialler.script(ASHA, fates)
    world.start(retry=RENEWALS)
    world.until("idle")
    assert 1 <= len(world.dialler.calls_to(ASHA)) <= 3
