"""Plain stretches of a simulation: to the last event what the engine does, and what it does stated by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import attrs
import pytest

import ori_campaigns as ori
from ori_campaigns.contact import LIVE
from ori_campaigns.diallers.answers import Lengths
from ori_campaigns.diallers.course import laid_down
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.events import (
    AttemptAnswered,
    AttemptEnded,
    AttemptReserved,
    AttemptSubmitted,
    BotReported,
    ContactClosed,
    RetryScheduled,
)
from ori_campaigns.instants import MINUTE, SECOND, to_instant
from ori_campaigns.retry import case_of
from ori_campaigns.simulation import Rehearsal, driving, handover, stretch
from ori_campaigns.simulation.handover import hand_back
from ori_campaigns.simulation.lines import Lines
from ori_campaigns.simulation.live import Taken
from ori_campaigns.simulation.stretch import Stretch
from simulation.compared import Scene, differences, everything, steps_of_the_engine
from simulation.scenes import LINES, PEOPLE, scene

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
NINE = to_instant(MONDAY)


def a_scene(
    people: int = 40,
    *,
    numbers: Sequence[str] = LINES[:2],
    carriers: Sequence[ori.Carrier] | None = None,
    answers: ori.AnswerModel | None = None,
    start: datetime = MONDAY,
    config: dict[str, Any] | None = None,
    **given: Any,
) -> Scene:
    settings: dict[str, Any] = {
        "concurrency_limit": 6,
        "mode": ori.MULTI_DAY,
        "window": ori.CallingWindow("09:00", "18:00", "UTC"),
        "retry": ori.RetryPolicy(max_attempts=3, delay_minutes=20, on_system=["no_answer", "rejected", "RNR"]),
        **(config or {}),
    }
    trunk = ori.Carrier("t", numbers=LINES, cps=5, burst=5, channels=60)
    return Scene(
        source=ori.CampaignDraft(name="Q2", bot="b", numbers=list(numbers), config=ori.DiallerConfig(**settings)),
        people=PEOPLE[:people],
        directory=ori.StaticDirectory(bots=["b"], carriers=carriers or [trunk]),
        answers=answers or ori.AnswerModel(rate=0.4),
        start=start,
        **given,
    )


def reservations(done: Rehearsal) -> int:
    """Return how many calls were reserved, of all campaigns and runs."""
    return sum(isinstance(event.fact, AttemptReserved) for event in done.service.store.events(-1, 1 << 30))


def both(told: Scene) -> tuple[Rehearsal, Rehearsal]:
    return told.run(), told.run(engine_alone=True)


# --- stated by hand ---------------------------------------------------------------------------------------------------


def facts(done: Rehearsal) -> list[tuple[str, int, object]]:
    """Class, second since nine, and what it tells, of all facts of contacts."""
    told: dict[type, Callable[[Any], object]] = {
        AttemptReserved: lambda fact: (fact.from_number.reveal(), fact.number_in_budget),
        AttemptSubmitted: lambda fact: (fact.check_at - NINE) // SECOND,
        AttemptAnswered: lambda fact: (fact.check_at - NINE) // SECOND,
        BotReported: lambda fact: (fact.disposition, fact.began),
        AttemptEnded: lambda fact: (fact.disposition, fact.connected, fact.talk // SECOND),
        RetryScheduled: lambda fact: (fact.rule, (fact.due - NINE) // SECOND),
        ContactClosed: lambda fact: (fact.rule, fact.status.value),
    }
    listed = [event for event in done.service.store.events(-1, 1000) if event.stream >= 0]
    return [
        (f"{type(fact).__name__} {stream}", (fact.at - NINE) // SECOND, told[type(fact)](fact))
        for stream, fact in ((event.stream, event.fact) for event in listed)
    ]


def test_a_conversation_and_what_follows_it() -> None:
    spoken = ori.AnswerModel(rate=1.0, ring=ori.Fixed(5), talk=ori.Fixed(61), answered=ori.Mix({"customer": 1}))
    with steps_of_the_engine() as looked:
        done = a_scene(1, answers=spoken, config={"redial": ori.RedialRules(stop_after_seconds=60)}).run()
    assert facts(done) == [
        ("AttemptReserved 0", 0, (LINES[0], 1)),
        ("AttemptSubmitted 0", 0, 90),
        ("AttemptAnswered 0", 5, 5 + 600 + 120),
        ("AttemptEnded 0", 66, ("customer", True, 61)),
        ("ContactClosed 0", 66, ("meaningful_connect", "completed")),
    ]
    assert sum(looked) == 0


def test_nobody_answers_the_pool_takes_turns_and_retries_wait() -> None:
    silent = ori.AnswerModel(rate=0.0, gives_up=ori.Fixed(25), unanswered=ori.Mix({"no_answer": 1}))
    retry = ori.RetryPolicy(max_attempts=2, delay_minutes=20, on_system=["no_answer"])
    with steps_of_the_engine() as looked:
        done = a_scene(2, answers=silent, config={"concurrency_limit": 1, "retry": retry}).run()
    again = 25 + 20 * 60
    assert facts(done) == [
        ("AttemptReserved 0", 0, (LINES[0], 1)),
        ("AttemptSubmitted 0", 0, 90),
        ("AttemptEnded 0", 25, ("no_answer", False, 0)),
        ("RetryScheduled 0", 25, ("system_disposition", again)),
        ("AttemptReserved 1", 25, (LINES[1], 1)),
        ("AttemptSubmitted 1", 25, 25 + 90),
        ("AttemptEnded 1", 50, ("no_answer", False, 0)),
        ("RetryScheduled 1", 50, ("system_disposition", again + 25)),
        ("AttemptReserved 0", again, (LINES[0], 2)),
        ("AttemptSubmitted 0", again, again + 90),
        ("AttemptEnded 0", again + 25, ("no_answer", False, 0)),
        ("ContactClosed 0", again + 25, ("attempts_used_up", "exhausted")),
        ("AttemptReserved 1", again + 25, (LINES[1], 2)),
        ("AttemptSubmitted 1", again + 25, again + 115),
        ("AttemptEnded 1", again + 50, ("no_answer", False, 0)),
        ("ContactClosed 1", again + 50, ("attempts_used_up", "exhausted")),
    ]
    assert sum(looked) == 0


def test_what_is_told_together_of_one_call_is_recorded_in_turns() -> None:
    # A look a minute: both are answered, heard by the bot and over within one. First each call's first report, then
    # the second, then the third.
    heard = ori.AnswerModel(rate=1.0, ring=ori.Fixed(5), talk=ori.Fixed(7), answered=ori.Mix({"RNR": 1}))
    retry = ori.RetryPolicy(max_attempts=1)
    scene_ = a_scene(2, answers=heard, config={"retry": retry}, resolution=timedelta(minutes=1))
    assert [(name, told) for name, _, told in facts(scene_.run())] == [
        ("AttemptReserved 0", (LINES[0], 1)),
        ("AttemptReserved 1", (LINES[1], 1)),
        ("AttemptSubmitted 0", 90),
        ("AttemptSubmitted 1", 90),
        ("AttemptAnswered 0", 725),
        ("AttemptAnswered 1", 725),
        ("BotReported 0", ("RNR", False)),
        ("BotReported 1", ("RNR", False)),
        ("AttemptEnded 0", ("RNR", False, 7)),
        ("ContactClosed 0", ("attempts_used_up", "exhausted")),
        ("AttemptEnded 1", ("RNR", False, 7)),
        ("ContactClosed 1", ("attempts_used_up", "exhausted")),
    ]


def test_the_window_closes_on_a_stretch_and_the_next_day_begins_another() -> None:
    silent = ori.AnswerModel(rate=0.0, gives_up=ori.Fixed(25), unanswered=ori.Mix({"no_answer": 1}))
    window = ori.CallingWindow("09:00", "09:10", "UTC", working_days=ori.ALL_DAYS)
    done = a_scene(200, answers=silent, config={"window": window, "concurrency_limit": 3}).run()
    starts = [each.reserved_at for each in done.service.store.attempts(done.campaign.id, -1, 10_000)]
    assert len(starts) == 3 * len(done.service.store.contacts(done.campaign.id, -1, 10_000))
    assert all((start - NINE) % (24 * 60 * MINUTE) < 10 * MINUTE for start in starts)
    assert len({(start - NINE) // (24 * 60 * MINUTE) for start in starts}) > 1


# --- the same as the engine -------------------------------------------------------------------------------------------

LONG_TALKS = ori.AnswerModel(rate=0.7, ring=ori.Between(0, 100), talk=ori.Exponential(500))
AT_THRESHOLDS: Lengths = ori.Observed((29.0, 30.0, 31.0, 59.0, 60.0, 61.0))
SCENES = {
    "ordinary": a_scene(150),
    "one token at a time": a_scene(60, carriers=[ori.Carrier("t", numbers=LINES, cps=50, burst=1, channels=60)]),
    "fewer channels than seats": a_scene(60, carriers=[ori.Carrier("t", numbers=LINES, cps=5, burst=5, channels=2)]),
    "a slow carrier beside a quick one": a_scene(
        100,
        numbers=LINES,
        carriers=[
            ori.Carrier("t", numbers=LINES[:2], cps=0.3, burst=1, channels=3),
            ori.Carrier("u", numbers=LINES[2:], cps=4, burst=4, channels=2),
        ],
        config={"concurrency_limit": 30},
    ),
    "past the limits of ringing and talking": a_scene(60, answers=LONG_TALKS),
    "hours of the day": a_scene(80, answers=ori.AnswerModel(rate=[hour / 24 for hour in range(24)])),
    "a single day": a_scene(150, config={"mode": ori.SINGLE_DAY, "window": ori.CallingWindow("09:00", "09:20", "UTC")}),
    "overnight": a_scene(80, start=MONDAY + timedelta(hours=14), config={
        "window": ori.CallingWindow("22:30", "00:10", "UTC"), "concurrency_limit": 1,
    }),
    "one attempt": a_scene(40, config={"retry": ori.RetryPolicy(max_attempts=1)}),
    "thresholds of talk": a_scene(
        80,
        answers=ori.AnswerModel(rate=0.9, talk=AT_THRESHOLDS),
        config={
            "redial": ori.RedialRules(stop_after_seconds=60, redial_under_seconds=30),
            "retry": ori.RetryPolicy(max_attempts=4, delay_minutes=1),
        },
    ),
    "in the middle of a second": a_scene(60, start=MONDAY + timedelta(microseconds=123_457)),
    "looks far apart": a_scene(60, resolution=timedelta(minutes=10)),
    "looks close together": a_scene(60, resolution=timedelta(milliseconds=10)),
    "cut off by until": a_scene(150, until=MONDAY + timedelta(minutes=17, seconds=3.5)),
}  # fmt: skip
BELOW_NOTHING = ori.AnswerModel(
    rate=0.5, ring=ori.Between(-5, 5), gives_up=ori.Between(-9, 30), talk=ori.Between(-40, 60)
)
MIXED = {
    "many calls over at once": a_scene(60, answers=BELOW_NOTHING),
    "excluded during a call": a_scene(40, answers=LONG_TALKS, actions={
        MONDAY + timedelta(seconds=40): lambda service, campaign: service.exclude(campaign, PEOPLE[:9], by="a"),
    }),
    "paused and resumed": a_scene(150, actions={
        MONDAY + timedelta(minutes=3): lambda service, campaign: service.pause(campaign, by="a", wait=False),
        MONDAY + timedelta(minutes=3.2): lambda service, campaign: service.resume(campaign, by="a"),
    }),
    "a second campaign for a while": a_scene(150, actions={
        MONDAY + timedelta(minutes=3): lambda service, campaign: service.start(
            service.clone(campaign, by="a").id, by="a"
        ),
    }),
}  # fmt: skip


@pytest.mark.parametrize("told", SCENES.values(), ids=SCENES)
def test_it_leaves_what_the_engine_leaves(told: Scene) -> None:
    with steps_of_the_engine() as looked:
        one = told.run()
    assert differences(one, told.run(engine_alone=True)) == {}
    # And it was not the engine that dialled, except where a call was over as it was answered.
    assert sum(looked) <= one.counters.dialled // 10


@pytest.mark.parametrize("told", MIXED.values(), ids=MIXED)
def test_it_leaves_what_the_engine_leaves_where_both_have_their_part(told: Scene) -> None:
    with steps_of_the_engine() as looked:
        one = told.run()
    assert differences(one, told.run(engine_alone=True)) == {}
    assert sum(looked) < reservations(one)


def test_a_copy_of_a_live_campaign_is_taken_over_with_its_calls() -> None:
    host = a_scene(150, answers=LONG_TALKS, until=MONDAY + timedelta(minutes=9)).run()
    copied = ori.snapshot(host.service, host.campaign.id)
    assert len(copied.live) > 3
    told = attrs.evolve(a_scene(0, answers=LONG_TALKS), source=copied, start=None)
    with steps_of_the_engine() as looked:
        one = told.run()
    assert differences(one, told.run(engine_alone=True)) == {}
    assert sum(looked) < one.counters.dialled // 10


@pytest.mark.parametrize("seconds", [1, 5, 15, 25, 40, 3600])
def test_a_copy_is_simulated_from_before_it_was_taken(seconds: int) -> None:
    host = a_scene(60, until=MONDAY + timedelta(minutes=3)).run()
    copied = ori.snapshot(host.service, host.campaign.id)
    earlier = attrs.evolve(a_scene(0), source=copied, start=MONDAY + timedelta(seconds=180 - seconds))
    assert differences(*both(earlier)) == {}


@pytest.mark.parametrize("seconds", [61, 62, 70, 84, 99.5])
def test_until_may_be_between_two_looks(seconds: float) -> None:
    spoken = ori.AnswerModel(rate=1.0, ring=ori.Fixed(5), talk=ori.Fixed(80), answered=ori.Mix({"customer": 1}))
    until = MONDAY + timedelta(seconds=seconds)
    one, other = both(a_scene(4, answers=spoken, resolution=timedelta(seconds=50), until=until))
    assert differences(one, other) == {}
    # The last look was at fifty seconds: everybody talks.
    assert (one.ended_at, one.counters.in_progress) == (until, 4)


def test_whoever_looks_on_finds_the_store_as_it_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driving, "_PROGRESS_EVERY", 20)
    seen: list[tuple[int, int, datetime]] = []
    service: list[ori.CampaignService] = []

    def look(done: int, people: int, moment: datetime) -> None:
        store = service[0].store
        live = [each for each in store.attempts("sim00000001", -1, 10_000) if each.status in LIVE]
        assert len(live) == store.counters("sim00000001").live
        assert store.clock.now() == to_instant(moment)
        if done < people:
            assert sum(store.number_use("sim00000001").values()) == store.counters("sim00000001").dialled
        seen.append((done, people, moment))

    told = a_scene(150, answers=LONG_TALKS, actions={MONDAY: lambda found, _: service.append(found)})
    done = ori.simulate(
        told.source,
        ori.Leads.of(list(told.people)),
        directory=told.directory,
        answers=told.answers,
        start=MONDAY,
        actions=told.actions,
        on_progress=look,
        seed=told.seed,
    )
    assert len(seen) > 10
    assert seen[-1][:2] == (150, 150)
    # And it makes no difference that somebody did.
    assert everything(done)["events"] == everything(told.run())["events"]


def test_a_stretch_that_has_counted_far_enough_makes_room_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stretch, "_FULL", 40)
    begun: list[int] = []
    go_on = Stretch.go_on

    def noted(self: Stretch, **given: Any) -> int:
        begun.append(self.began)
        return go_on(self, **given)

    monkeypatch.setattr(Stretch, "go_on", noted)
    assert differences(*both(a_scene(60))) == {}
    assert len(begun) > 3


def test_what_is_left_can_be_gone_on_with() -> None:
    until = MONDAY + timedelta(minutes=17, seconds=3.5)
    left = [a_scene(150, until=until).run(), a_scene(150, until=until).run(engine_alone=True)]
    for done in left:
        service, campaign = done.service, done.campaign.id
        assert done.counters.live > 2
        assert service.store.counters(campaign).live == done.counters.live
        service.exclude(campaign, PEOPLE[:50], by="a")
        service.recover()
        service.pause(campaign, by="a")
        service.stop(campaign, by="a")
        live = [each.id for each in service.store.attempts(campaign, -1, 10_000) if each.status in LIVE]
        now = service.store.clock.now()
        service.record([ori.Ended(attempt, now, "customer", answered_at=now - SECOND) for attempt in live])
    assert everything(left[0])["events"] == everything(left[1])["events"]
    assert everything(left[0])["contacts"] == everything(left[1])["contacts"]


def compared_with_the_engine(seeds: range) -> None:
    """Compare drawn scenes; both the stretches and the engine must have their part in them."""
    by_engine, reserved = 0, 0
    for seed in seeds:
        with steps_of_the_engine() as looked:
            one = scene(seed).run()
        assert differences(one, scene(seed).run(engine_alone=True)) == {}, seed
        by_engine, reserved = by_engine + sum(looked), reserved + reservations(one)
    assert 0 < by_engine < reserved


@pytest.mark.parametrize("first", range(0, 80, 20))
def test_whatever_is_drawn(first: int) -> None:
    compared_with_the_engine(range(first, first + 20))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(1_000, 4_000, 250))
def test_whatever_is_drawn_at_length(first: int) -> None:
    compared_with_the_engine(range(first, first + 250))


def test_the_kept_counts_agree_with_the_log() -> None:
    done = scene(12).run()
    assert not ori.audit(done.service.store).findings


# --- the comparison can fail ------------------------------------------------------------------------------------------


def _pool_stands_still(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Lines, "take", lambda self, calls, now, take=Lines.take: [0] * len(take(self, calls, now)))


def _no_threshold(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stretch, "case_of", lambda terms, now, **facts: case_of(terms, now, **{**facts, "talk": 0}))


def _one_seat_more(patch: pytest.MonkeyPatch) -> None:
    ready = Stretch.__init__

    def init(self: Any, *args: Any) -> None:
        ready(self, *args)
        self._seats += 1

    patch.setattr(Stretch, "__init__", init)


def _late_by_one(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(stretch, "laid_down", lambda *given: (laid_down(*given)[0] + 1, *laid_down(*given)[1:]))


def _busy_numbers_forgotten(patch: pytest.MonkeyPatch) -> None:
    def handed_back(ended: Stretch, taken: Taken, model: CallModel) -> None:
        hand_back(ended, taken, model)
        ended.book.exchange.busy.clear()

    patch.setattr(handover, "hand_back", handed_back)


BUGS = [_pool_stands_still, _no_threshold, _one_seat_more, _late_by_one, _busy_numbers_forgotten]


@pytest.mark.parametrize("bug", BUGS)
def test_a_bug_in_a_stretch_is_seen(bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch) -> None:
    told = attrs.evolve(SCENES["thresholds of talk"], until=MONDAY + timedelta(minutes=5))
    assert differences(*both(told)) == {}
    bug(monkeypatch)
    assert differences(*both(told)) != {}
