"""The same seed is the same story on every store: the same log, rows, counts, agenda, and the same calls.

Each is judged, too: scenarios by `oracle`, from the carrier's own book; walks by the observers of `stress`, after every
move, with several workers, crashes, clocks that step, and operators.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stores.engines import Place
from stores.scenarios import Ended, MakeStore, first_difference, in_memory, play_on, walk_on

SCENARIOS = (11, 24, 30)
"""Short ones, among them a callback that a machine answered (24)."""
WALKS = (4, 8, 15, 18, 53)
"""Short ones, among them a deleted campaign with exclusions (18), and reports by the carrier's reference (8)."""
LONG = (8, 18)
"""Those of them that take longest; left to CI."""
MANY_SCENARIOS = range(60)
MANY_WALKS = range(25)
STRIDE = 5


def check_same(what: Callable[[int, MakeStore], Ended], seed: int, ended: Ended) -> None:
    expected = in_memory(what, seed)
    assert not ended.broken, "\n".join(map(str, ended.broken))
    assert not expected.broken
    assert not first_difference(expected.told, ended.told)
    assert ended.calls == expected.calls


@pytest.mark.parametrize("seed", SCENARIOS)
def test_a_scenario_is_the_same_on_every_store(seed: int, durable_place: Place) -> None:
    check_same(play_on, seed, play_on(seed, durable_place.new))


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.slow if seed in LONG else ()) for seed in WALKS])
def test_a_walk_is_the_same_on_every_store(seed: int, durable_place: Place) -> None:
    check_same(walk_on, seed, walk_on(seed, durable_place.new))


@pytest.mark.slow
@pytest.mark.parametrize("first", MANY_SCENARIOS[::STRIDE])
def test_many_scenarios_are_the_same_on_every_store(first: int, durable_place: Place) -> None:
    for seed in range(first, first + STRIDE):
        check_same(play_on, seed, play_on(seed, durable_place.new))


@pytest.mark.slow
@pytest.mark.parametrize("first", MANY_WALKS[::STRIDE])
def test_many_walks_are_the_same_on_every_store(first: int, durable_place: Place) -> None:
    for seed in range(first, first + STRIDE):
        check_same(walk_on, seed, walk_on(seed, durable_place.new))
