"""The world for hosts' tests: it reads as it should, time passes exactly, and nothing in it surprises."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import get_type_hints
from zoneinfo import ZoneInfo

import anyio
import attrs
import pytest

import ori_campaigns as ori
from ori_campaigns import testing
from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.config import DiallerConfig
from ori_campaigns.numbers import parse_number
from ori_campaigns.testing import CampaignChanges, HostDirectory, World
from ori_campaigns.testing.bench import Bench, lively, number

ASHA, RAVI, MEERA = "919800000001", "919800000002", "919800000003"
SRC = Path(ori.__file__).parent.parent
RETRIED = ori.RetryPolicy(on_system={"no_answer"})


def test_it_reads_as_it_should() -> None:
    world = World()
    world.dialler.script(ASHA, ["no_answer", ori.answered(seconds=42)])
    world.start(retry=ori.RetryPolicy(on_system={"no_answer"}))
    world.advance(minutes=31)
    assert world.dialler.calls_to(ASHA) == ["no_answer", "customer"]


# --- time -------------------------------------------------------------------------------------------------------------


def test_it_begins_on_a_monday_morning_and_stands_still() -> None:
    world = World()
    assert world.now == datetime(2026, 1, 5, 10, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
    world.start()
    assert world.now == datetime(2026, 1, 5, 10, 0, tzinfo=ZoneInfo("Asia/Kolkata"))
    assert world.dialler.calls == ()
    assert repr(world) == "<World at Monday 2026-01-05 10:00:00, 1 campaigns>"


def test_time_passes_exactly_as_long_as_it_is_told_to() -> None:
    world = World()
    world.start(retry=RETRIED)
    start = world.now
    world.advance(days=1, hours=2, minutes=3, seconds=4.000005)
    assert world.now - start == timedelta(days=1, hours=2, minutes=3, seconds=4, microseconds=5)
    assert world.clock.now() == ori.to_instant(world.now)


def test_time_stops_between_two_things_that_happen() -> None:
    world = World()
    world.dialler.script(ASHA, ori.answered(ring=0.2, seconds=0.2))
    world.start()
    start = world.now
    for seconds, status in ((0.15, "ringing"), (0.3, "answered"), (0.45, "ended")):
        world.until(start + timedelta(seconds=seconds))
        assert (world.now - start, world.attempts()[0].status.value) == (timedelta(seconds=seconds), status)


def test_what_is_due_at_the_last_instant_happens_and_what_is_due_after_it_does_not() -> None:
    world = World()
    world.dialler.script(ASHA, ["no_answer"])
    world.start(retry=RETRIED)
    # The first call rings for 25 seconds; the second is due half an hour later.
    world.advance(minutes=30, seconds=24.999999)
    assert world.dialler.calls_to(ASHA) == ["no_answer"]
    world.advance(seconds=0.000001)
    assert world.dialler.calls_to(ASHA) == ["no_answer", "no_answer"]


def test_no_time_at_all_is_enough_for_what_is_due_now() -> None:
    world = World()
    world.start([ASHA, RAVI])
    world.advance()
    assert [call.number for call in world.dialler.live_calls] == [ASHA, RAVI]


def test_until_reads_the_wall_clock_of_the_worlds_zone() -> None:
    world = World()
    world.until("2026-01-05 18:00")
    assert world.now.isoformat() == "2026-01-05T18:00:00+05:30"
    world.until(datetime(2026, 1, 6, 3, 30, tzinfo=UTC))
    assert world.now.isoformat() == "2026-01-06T09:00:00+05:30"
    world.until("2026-01-06T04:30+00:00")
    assert world.now.isoformat() == "2026-01-06T10:00:00+05:30"
    berlin = World(datetime(2026, 3, 28, 9, tzinfo=ZoneInfo("Europe/Berlin")))
    # The clocks went forward in between.
    berlin.until("2026-03-29 09:00")
    assert berlin.now.isoformat() == "2026-03-29T09:00:00+02:00"


def test_until_idle_ends_with_the_last_thing_that_happens() -> None:
    world = World()
    world.dialler.script(ASHA, ["no_answer", ori.answered(ring=5, seconds=60)])
    world.start(retry=RETRIED)
    world.until("idle")
    assert world.campaign.status is ori.CampaignStatus.COMPLETED
    # 25 seconds of ringing, 30 minutes of waiting, 5 seconds of ringing, a minute of talk.
    assert world.now - World().now == timedelta(minutes=31, seconds=30)


def test_time_does_not_run_backwards() -> None:
    world = World()
    with pytest.raises(ValueError, match="It is 2026-01-05 10:00:00 already; time does not go back to 2026-01-04"):
        world.until("2026-01-04 18:00")
    with pytest.raises(ValueError, match="already"):
        world.advance(seconds=-1)


def in_halves(world: World) -> None:
    world.advance(hours=4.5)
    world.advance(hours=4.5)


def in_minutes(world: World) -> None:
    for _ in range(540):
        world.advance(minutes=1)


def in_odd_pieces(world: World) -> None:
    for seconds in (0.3, 7, 0, 1799.7, 613.000001):
        world.advance(seconds=seconds)
    world.until("2026-01-05 19:00")


PIECES: dict[str, Callable[[World], None]] = {
    "one piece": lambda world: world.advance(hours=9),
    "halves": in_halves,
    "minutes": in_minutes,
    "odd pieces": in_odd_pieces,
}


def test_time_in_pieces_is_the_same_as_in_one() -> None:
    stories = {}
    for name, passes in PIECES.items():
        world = Bench(
            answers=ori.AnswerModel(rate=0.4),
            faults=ori.CarrierFaults(reject=0.1, drop=0.1, late=0.1, reorder=0.1, lose_call=0.02, before_response=0.1),
            seed=3,
        )
        # Two carriers, one of them slow; two campaigns that share people.
        world.directory.add(ori.Carrier("slow", numbers=["911150000000"], cps=0.3, burst=2, channels=3))
        people = [number(index) for index in range(40)]
        retry = ori.RetryPolicy(max_attempts=3, delay_minutes=7, on_system={"no_answer", "rejected", "error"})
        world.start(people, concurrency_limit=7, retry=retry)
        world.start(people[20:], numbers=["911150000000", "911140001001"], concurrency_limit=5, retry=retry)
        passes(world)
        stories[name] = world.told()
        assert world.now.isoformat() == "2026-01-05T19:00:00+05:30"
    assert len(stories["one piece"].log) > 500
    assert [name for name, story in stories.items() if story != stories["one piece"]] == []


def test_the_same_world_twice_is_the_same() -> None:
    first, second, other = Bench(seed=5), Bench(seed=5), Bench(seed=6)
    for bench in (first, second, other):
        lively(bench)
    assert first.told() == second.told()
    assert first.told() != other.told()


# --- campaigns --------------------------------------------------------------------------------------------------------


def test_a_campaign_is_the_wizards_in_kolkatas_hours() -> None:
    world = World()
    campaign = world.start()
    assert campaign.config == DiallerConfig(window=ori.CallingWindow("09:00", "18:00", "Asia/Kolkata"))
    assert (campaign.status, campaign.started_at) == (ori.CampaignStatus.RUNNING, world.clock.now())
    assert [each.reveal() for each in campaign.numbers] == ["911140001000", "911140001001"]
    assert world.campaign == campaign


def test_contacts_are_those_given_else_those_scripted_else_three() -> None:
    world = World()
    world.start()
    assert list(world.statuses()) == [ASHA, RAVI, MEERA]
    world.dialler.script(RAVI, "busy")
    world.dialler.script("+91 98000-00001", ["no_answer"])
    world.dialler.script(RAVI, "no_answer")
    world.start()
    assert list(world.statuses()) == [RAVI, ASHA]
    world.start([MEERA, {"phone_number": ASHA, "plan": "gold"}])
    assert [(each.number.reveal(), dict(each.variables)) for each in world.contacts()] == [
        (MEERA, {}),
        (ASHA, {"plan": "gold"}),
    ]
    world.start(ori.Leads.of([RAVI]))
    assert list(world.statuses()) == [RAVI]
    world.start(MEERA)
    assert list(world.statuses()) == [MEERA]


def test_everything_may_be_said_by_its_plain_name() -> None:
    world = World()
    world.directory.add(ori.Bot("surveys"), ori.Carrier("other", numbers=["911150000000"]))
    window = ori.CallingWindow("10:00", "12:00", "Asia/Kolkata")
    campaign = world.start(
        name="Survey",
        bot="surveys",
        numbers=["911150000000"],
        mode="multi_day",
        always_on=True,
        concurrency_limit=7,
        window=window,
        retry=RETRIED,
        redial=ori.RedialRules(stop_after_seconds=30),
        callback_detection=True,
        callbacks_may_exceed_max_attempts=True,
        sticky_exclusion=True,
        analysis_wait_seconds=9,
    )
    assert (campaign.name, campaign.bot, campaign.numbers) == ("Survey", "surveys", (parse_number("911150000000"),))
    assert campaign.config == DiallerConfig(
        7, ori.MULTI_DAY, True, window, RETRIED, ori.RedialRules(30), True, True, True, 9
    )
    whole = DiallerConfig(concurrency_limit=3, window=window)
    assert world.draft(config=whole).config == whole
    assert world.draft(config=whole, concurrency_limit=4).config == attrs.evolve(whole, concurrency_limit=4)


def test_every_name_is_one_that_can_be_said() -> None:
    fields = {field.name for kind in (CampaignDraft, DiallerConfig) for field in attrs.fields(kind)}
    assert set(get_type_hints(CampaignChanges)) == fields


def test_an_unknown_name_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(TypeError) as caught:
        World().start(max_attempts=3, retries=RETRIED)  # type: ignore[call-arg]
    assert str(caught.value) == (
        "A campaign has no max_attempts and no retries. It has: name, bot, numbers, config, workspace, "
        "concurrency_limit, mode, always_on, window, retry, redial, callback_detection, "
        "callbacks_may_exceed_max_attempts, sticky_exclusion, analysis_wait_seconds."
    )


def test_a_definition_is_checked_as_everywhere() -> None:
    with pytest.raises(ori.InvalidDefinition) as caught:
        World().start(bot="nobody", concurrency_limit=0)
    assert [problem.code for problem in caught.value.problems] == ["unknown_bot", "below_one"]


# --- people and the carrier -------------------------------------------------------------------------------------------


def test_whoever_is_not_scripted_does_not_pick_up() -> None:
    world = World()
    world.start([ASHA])
    world.until("idle")
    [attempt] = world.attempts()
    assert (attempt.disposition, attempt.answered_at) == ("no_answer", None)
    assert attempt.ended_at == attempt.reserved_at + 25_000_000
    assert (world.statuses(), world.why(ASHA)) == ({ASHA: "exhausted"}, "nothing_more_to_do")


def test_people_may_be_given_another_mind_at_any_time() -> None:
    world = World(answers=ori.AnswerModel(rate=1.0))
    world.start([ASHA])
    world.until("idle")
    world.dialler.answers = ori.AnswerModel(rate=0.0)
    world.start([RAVI])
    world.until("idle")
    assert [(call.number, call.answered_at is not None) for call in world.dialler.calls] == [
        (ASHA, True),
        (RAVI, False),
    ]


def test_the_carrier_may_begin_and_cease_to_err() -> None:
    world = World(faults=ori.CarrierFaults(reject=1.0))
    world.start([ASHA])
    world.advance(seconds=10)
    assert world.dialler.calls_to(ASHA) == []
    assert {call.refused for call in world.dialler.calls} == {True}
    world.dialler.faults = ori.CarrierFaults(accept_then_timeout=1.0)
    world.advance(seconds=5)
    assert "AttemptUnknown" in {type(event.fact).__name__ for event in world.store.events()}
    world.dialler.faults = ori.CarrierFaults()
    assert world.dialler.faults == ori.CarrierFaults()
    world.until("idle")
    assert world.dialler.calls_to(ASHA) == ["no_answer"]


def test_live_calls_are_those_that_ring_or_talk() -> None:
    world = World()
    world.dialler.script(ASHA, ori.answered(ring=5, seconds=60))
    world.start([ASHA, RAVI])
    world.advance(seconds=24)
    assert [call.number for call in world.dialler.live_calls] == [ASHA, RAVI]
    world.advance(seconds=1)
    assert [call.number for call in world.dialler.live_calls] == [ASHA]
    world.advance(seconds=40)
    assert world.dialler.live_calls == ()


def test_the_dialler_is_one_like_any_other() -> None:
    world = World()
    world.dialler.script(ASHA, "busy")
    world.start()
    dialler: ori.Dialler = world.dialler
    [dial] = world.service.step().dials

    async def main() -> tuple[object, object]:
        await dialler.open()
        answer = await dialler.place(dial)
        found = await dialler.look_up(ori.CallRef(dial.attempt_id, dial.carrier))
        await dialler.close()
        return answer, found

    answer, found = anyio.run(main)
    assert isinstance(answer, ori.Accepted)
    assert isinstance(found, ori.FoundLive)
    assert world.dialler.calls_to(ASHA) == ["rejected"]


def test_bots_and_carriers_may_change() -> None:
    directory = HostDirectory()
    directory.add(ori.Bot("a"), ori.Carrier("a", numbers=[]), ori.Bot("b"))
    directory.add(ori.Bot("a", callbacks=True), workspace="other")
    directory.add(ori.Bot("b", callbacks=True))
    assert directory.bots("default") == (ori.Bot("a"), ori.Bot("b", callbacks=True))
    assert directory.bots("other") == (ori.Bot("a", callbacks=True),)
    directory.remove("a")
    assert (directory.bots("default"), directory.carriers("default")) == ((ori.Bot("b", callbacks=True),), ())
    assert len(directory.bots("other")) == 1


def test_a_carrier_may_be_slowed_down_in_the_middle() -> None:
    world = World()
    world.start([number(index) for index in range(20)], concurrency_limit=2)
    world.advance(seconds=30)
    assert len(world.dialler.calls) == 4
    world.directory.add(ori.Carrier("trunk", numbers=["911140001000"], cps=0.1, burst=1, channels=1))
    world.service.refresh()
    world.advance(minutes=10)
    last = world.dialler.calls[4:]
    assert {call.from_number for call in last} == {"911140001000"}
    starts = [call.requested_at for call in last]
    assert all(later - earlier >= 25_000_000 for earlier, later in pairwise(starts))


# --- what became of it ------------------------------------------------------------------------------------------------


def test_reads_are_of_the_campaign_created_last_unless_another_is_named() -> None:
    world = World()
    world.dialler.script(ASHA, ori.answered(seconds=42))
    first = world.start([ASHA], name="First")
    world.until("idle")
    second = world.start([RAVI], name="Second")
    assert (world.row().name, world.row(first).name, world.row(second.id).name) == ("Second", "First", "Second")
    assert (world.statuses(), world.statuses(first)) == ({RAVI: "pending"}, {ASHA: "completed"})
    assert (len(world.attempts()), len(world.attempts(first))) == (0, 1)
    assert world.contact("+91 98000 00001", first).connected
    assert (world.why(RAVI), world.why(ASHA, first)) == ("", "nothing_more_to_do")
    with pytest.raises(ori.NotFound, match="No contact '••••••••••01' here"):
        world.contact(ASHA)
    with pytest.raises(ori.NotFound):
        World().row()


def test_long_lists_are_read_whole() -> None:
    world = World()
    world.start([number(index) for index in range(2500)], concurrency_limit=2500)
    world.advance()
    assert len(world.contacts()) == len(world.statuses()) == 2500
    assert len(world.attempts()) == 500
    world.advance(minutes=3)
    assert len(world.attempts()) == 2500


# --- what is loaded ---------------------------------------------------------------------------------------------------


def test_every_public_name_is_there_and_says_what_it_is() -> None:
    assert list(testing.__all__) == sorted(testing.__all__)
    for name in testing.__all__:
        assert (getattr(testing, name).__doc__ or "").strip(), name


def test_the_package_is_imported_without_any_test_library() -> None:
    command = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"pytest", "_pytest", "hypothesis", "trio"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Without())
import ori_campaigns.testing as testing
assert "anyio" not in sys.modules
world = testing.World()
world.start()
world.until("idle")
testing.FaultyDialler(world.dialler, testing.DiallerFaults())
for name in ("StoreContract", "DiallerContract", "strategies", "nonsense"):
    try:
        getattr(testing, name)
    except (ModuleNotFoundError, AttributeError) as error:
        print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    done = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "No module named 'pytest'",
        "No module named 'pytest'",
        "ori_campaigns.testing.strategies needs hypothesis: python -m pip install hypothesis",
        "module 'ori_campaigns.testing' has no attribute 'nonsense'",
    ]
