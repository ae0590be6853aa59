"""The strategies: all they draw is valid, and they reach what they promise to reach."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import ori_campaigns as ori
from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.config import DiallerConfig
from ori_campaigns.contact import OVER
from ori_campaigns.diallers.answers import Fate
from ori_campaigns.reports import Report
from ori_campaigns.testing import World, strategies
from ori_campaigns.testing.world import MONDAY

NUMBER = "919800000001"
QUICK = settings(max_examples=50)


@QUICK
@given(strategies.drafts(), st.integers(1, 3))
def test_any_draft_runs_to_its_end(draft: CampaignDraft, people: int) -> None:
    world = World()
    leads = ori.Leads.of([f"9198{index:08d}" for index in range(people)])
    campaign = world.service.create(draft, leads, by="test")
    world.service.start(campaign.id, by="test")
    world.until("idle")
    counters = world.service.counters(campaign.id)
    assert counters.live == 0
    ended = ori.CampaignStatus.COMPLETED if not draft.config.always_on else ori.CampaignStatus.RUNNING
    assert world.service.get(campaign.id).status is ended


@QUICK
@given(strategies.configs(), strategies.histories())
def test_any_history_is_a_script(config: DiallerConfig, fates: list[Fate]) -> None:
    world = World()
    world.dialler.script(NUMBER, fates)
    campaign = world.start(config=config)
    world.until("idle")
    called = world.dialler.calls_to(NUMBER)
    # The last fate is repeated; a limit on ringing or talking may have cut one short.
    assert len(called) <= config.retry.max_attempts
    assert len(called) == world.service.counters(campaign.id).dialled


@QUICK
@given(st.data())
def test_any_sequence_of_events_ends_the_call(data: st.DataObject) -> None:
    world = World()
    world.start(NUMBER)
    [dial] = world.service.step().dials
    told = data.draw(strategies.event_sequences(dial))
    world.clock.advance(minutes=20)
    for report in told:
        assert report.attempt_id == dial.attempt_id
        world.service.record([report])
    world.until("idle")
    [attempt] = world.attempts()
    assert attempt.status in OVER
    ended = [report for report in told if isinstance(report, ori.Ended)]
    if ended:
        assert {report.at for report in ended} == {attempt.ended_at}


def request() -> ori.DialRequest:
    world = World()
    world.start(NUMBER)
    [dial] = world.service.step().dials
    return dial


def names(told: list[Report]) -> list[str]:
    return [type(report).__name__ for report in told]


def sequences() -> st.SearchStrategy[list[Report]]:
    return strategies.event_sequences(request())


REACHED: dict[str, tuple[Callable[[], st.SearchStrategy[Any]], Callable[[Any], bool]]] = {
    "an overnight window": (strategies.windows, lambda window: window.start > window.end),
    "a window with one day": (strategies.windows, lambda window: len(window.working_days) == 1),
    "a policy that retries nothing": (
        strategies.retry_policies,
        lambda policy: not policy.on_system and not policy.on_business,
    ),
    "always on": (strategies.configs, lambda config: config.always_on),
    "a single day": (strategies.configs, lambda config: config.mode is ori.SINGLE_DAY),
    "both thresholds": (
        strategies.configs,
        lambda config: None not in {config.redial.stop_after_seconds, config.redial.redial_under_seconds},
    ),
    "a whole pool": (strategies.drafts, lambda draft: len(draft.numbers) == 2),
    "an answer after a failure": (
        strategies.histories,
        lambda fates: len(fates) > 1 and fates[0].talk is None and fates[1].talk is not None,
    ),
    "an end without a beginning": (
        sequences,
        lambda told: names(told) == ["Ended"],
    ),
    "an answer told twice": (
        sequences,
        lambda told: names(told).count("Answered") == 2,
    ),
    "an end before its answer": (
        sequences,
        lambda told: (
            {"Ended", "Answered"} <= set(names(told)) and names(told).index("Ended") < names(told).index("Answered")
        ),
    ),
    "no end at all": (sequences, lambda told: "Ended" not in names(told)),
    "an analysis": (sequences, lambda told: "CallAnalysis" in names(told)),
    "nothing": (sequences, lambda told: not told),
}


@cache
def drawn(make: Callable[[], st.SearchStrategy[Any]], count: int = 300) -> list[Any]:
    """Draw so many values; nothing is shrunk."""
    found: list[Any] = []

    @settings(max_examples=count, phases=[Phase.generate])
    @given(make())
    def draw(value: object) -> None:
        found.append(value)

    draw()
    return found


@pytest.mark.slow
@pytest.mark.parametrize(("strategy", "wanted"), REACHED.values(), ids=REACHED)
def test_what_matters_is_reached(strategy: Callable[[], st.SearchStrategy[Any]], wanted: Callable[[Any], bool]) -> None:
    assert any(map(wanted, drawn(strategy)))


def test_events_begin_when_the_call_was_placed() -> None:
    dial, placed_at = request(), ori.to_instant(MONDAY)

    def begins(told: list[list[Report]]) -> set[int]:
        return {report.at for reports in told for report in reports if isinstance(report, ori.Accepted)}

    assert begins(drawn(lambda: strategies.event_sequences(dial, placed_at=placed_at), 50)) == {placed_at}
    assert begins(drawn(lambda: strategies.event_sequences(dial), 50)) == {dial.not_after}
