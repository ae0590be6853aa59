"""What our operators do takes hold at once, and a bad day at the carrier harms nobody."""

import ori_campaigns as ori
from ori_campaigns.testing import World

ASHA, RAVI, MEERA = "919800000001", "919800000002", "919800000003"


def test_a_pause_lets_a_conversation_go_on_and_begins_no_other(ori_world: World) -> None:
    ori_world.dialler.script(ASHA, ori.answered(seconds=300))
    campaign = ori_world.start([ASHA, RAVI], concurrency_limit=1)
    ori_world.advance(minutes=1)
    ori_world.service.pause(campaign.id, by="priya")
    ori_world.advance(hours=1)
    assert ori_world.statuses() == {ASHA: "completed", RAVI: "pending"}
    assert ori_world.dialler.calls_to(RAVI) == []


def test_who_asked_not_to_be_called_is_not(ori_world: World) -> None:
    ori_world.dialler.script(ASHA, ["no_answer", ori.answered()])
    campaign = ori_world.start(retry=ori.RetryPolicy(on_system={"no_answer"}))
    ori_world.advance(minutes=10)
    ori_world.service.exclude(campaign.id, "+91 98000 00001", by="priya", reason="asked us to stop")
    ori_world.until("idle")
    assert ori_world.dialler.calls_to(ASHA) == ["no_answer"]


def test_the_day_ends_at_six(ori_world: World, ori_clock: ori.VirtualClock) -> None:
    ori_world.until("2026-01-05 17:59")
    ori_world.start([ASHA, RAVI, MEERA], concurrency_limit=1)
    ori_world.until("idle")
    # It rings for 25 seconds each: the third call begins ten seconds before six, and is not cut.
    assert ori_world.statuses() == {ASHA: "exhausted", RAVI: "exhausted", MEERA: "exhausted"}
    assert ori.to_datetime(ori_clock.now(), ori_world.now.tzinfo).strftime("%H:%M:%S") == "18:00:15"


def test_a_lost_answer_never_calls_anybody_twice(ori_world: World) -> None:
    ori_world.dialler.faults = ori.CarrierFaults(accept_then_timeout=0.5, no_end_event=0.5)
    ori_world.start([f"9198{index:08d}" for index in range(50)])
    ori_world.until("idle")
    assert ori_world.row().progress.text == "100 %"
    assert len(ori_world.dialler.calls) == 50
