"""The same seed is the same story on every store: the same log, rows, counts, agenda, and the same calls.

Each is judged, too: scenarios by `oracle`, from the carrier's own book; walks by the observers of `stress`, after every
move, with several workers, crashes, clocks that step, and operators.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stores.engines import DURABLE, Place, place_of
from stores.scenarios import Ended, MakeStore, first_difference, in_memory, play_on, walk_on

SCENARIOS = (1, 11, 24, 29, 30, 31)
"""Short ones, among them a callback that a machine answered (24)."""
WALKS = (2, 3, 4, 9, 11, 12, 15, 18, 25, 38, 53)
"""Short ones, among them a deleted campaign with exclusions (18)."""
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


@pytest.mark.parametrize("seed", WALKS)
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


@pytest.mark.parametrize("seed", [32])
def test_a_walk_with_references_is_kept_on_every_store(seed: int, durable_place: Place) -> None:
    # Which of them are noted is the store's to choose; no promise may be broken by it.
    assert not walk_on(seed, durable_place.new, by_reference=True).broken


def test_the_two_databases_tell_the_same_of_references() -> None:
    def told(engine: str) -> Ended:
        with place_of(engine) as place:
            return walk_on(32, place.new, by_reference=True)

    one, other = map(told, DURABLE)
    assert not first_difference(one.told, other.told)
    assert one.calls == other.calls
