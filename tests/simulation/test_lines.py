"""The carriers of a pool within a stretch: turns, tokens and channels, as the engine's own rules count them."""

from __future__ import annotations

import pytest

import ori_campaigns as ori
from ori_campaigns.instants import SECOND
from ori_campaigns.simulation.lines import Lines
from ori_campaigns.stores.memory.book import Book
from simulation.scenes import LINES
from simulation.test_handover import Desk
from simulation.test_stretch import NINE


def book_of(*carriers: ori.Carrier) -> Book:
    desk = Desk()
    desk.store.put_carriers("default", carriers)
    return desk.store.book(desk.id)


ONE = ori.Carrier("t", numbers=LINES, cps=2, burst=4, channels=3)
TWO = (
    ori.Carrier("t", numbers=LINES[:2], cps=2, burst=4, channels=3),
    ori.Carrier("u", numbers=LINES[2:], cps=1, burst=1, channels=9),
)


@pytest.mark.behaviour("P2", "P3")
def test_the_numbers_of_one_carrier_take_turns_within_its_channels_and_tokens() -> None:
    book = book_of(ONE)
    lines = Lines(book)
    assert lines.free(NINE) == 3
    assert lines.take(2, NINE) == [0, 1]
    assert lines.free(NINE) == 1
    assert lines.take(1, NINE) == [2]
    assert (lines.free(NINE), lines.ready_at(NINE)) == (0, [NINE])  # a token is left, no channel is
    lines.trunk_at[0].live -= 3
    assert lines.take(1, NINE) == [0]
    assert (lines.free(NINE), lines.ready_at(NINE)) == (0, [NINE + SECOND // 2])
    assert (book.cursor, book.served_at) == (1, NINE)


@pytest.mark.behaviour("P3", "P7")
def test_a_pool_of_two_carriers_goes_round_those_that_can() -> None:
    book = book_of(*TWO)
    lines = Lines(book)
    assert lines.free(NINE) == 4
    assert lines.take(4, NINE) == [0, 1, 2, 0]
    assert [lines.carriers[place] for place in (0, 1, 2)] == ["t", "t", "u"]
    assert (lines.trunk_at[0].live, lines.trunk_at[2].live) == (3, 1)
    assert (lines.free(NINE), lines.ready_at(NINE)) == (0, [NINE, NINE + SECOND])
    assert book.cursor == 1


@pytest.mark.behaviour("P7")
def test_a_number_that_was_withdrawn_is_left_out() -> None:
    book = book_of(ori.Carrier("t", numbers=LINES[1:2], cps=9, burst=9, channels=9))
    lines = Lines(book)
    assert lines.free(NINE) == 9
    assert lines.take(3, NINE) == [1, 1, 1]
