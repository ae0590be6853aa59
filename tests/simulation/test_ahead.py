"""People taken off their queues ahead of dialling: the order of P4, and nobody whose gate is closed."""

from __future__ import annotations

import pytest

from ori_campaigns import gates
from ori_campaigns.contact import ContactStatus
from ori_campaigns.gates import Closed
from ori_campaigns.instants import SECOND
from ori_campaigns.simulation.ahead import Ahead
from ori_campaigns.stores.memory.exchange import NEVER
from ori_campaigns.stores.memory.runs import CODE
from ori_campaigns.views import AdmitView, CandidateFacts
from simulation.scenes import PEOPLE
from simulation.test_handover import Desk
from simulation.test_stretch import NINE


@pytest.mark.behaviour("P4")
def test_fresh_people_come_in_the_order_of_the_list_then_those_who_are_due() -> None:
    desk = Desk()
    book = desk.store.book(desk.id)
    for ordinal, due in ((7, NINE - SECOND), (3, NINE - 2 * SECOND), (5, NINE + SECOND)):
        book.run.move(ordinal, ContactStatus.RETRY_SCHEDULED)
        book.run.due[ordinal], book.run.attempts[ordinal] = due, 1
        book.run.enqueue(ordinal)
    ahead = Ahead(book)
    assert ahead.take(3, NINE) == [0, 1, 2]
    assert ahead.take(20, NINE) == [4, 6, *range(8, 20), 3, 7]
    assert not ahead
    for ordinal in (*range(3), 4, 6, *range(8, 20)):
        book.run.move(ordinal, ContactStatus.CALLING)
    assert ahead.next_due() == NINE + SECOND
    assert ahead.take(5, NINE) == []


def test_those_who_were_not_dialled_go_back() -> None:
    desk = Desk()
    book = desk.store.book(desk.id)
    ahead = Ahead(book)
    assert ahead.take(2, NINE) == [0, 1]
    assert ahead
    assert ahead.next_due() == 0
    ahead.hand_back()
    assert not ahead
    assert list(book.run.due_now(NINE)) == list(range(2, 20))
    assert Ahead(book).next_due() == 0  # they still wait, though they are off their queue
    book.run.move_all(dict.fromkeys(CODE, ContactStatus.COMPLETED))
    assert Ahead(book).next_due() == NEVER


def test_an_excluded_number_is_for_the_engine_to_look_at() -> None:
    desk = Desk()
    book = desk.store.book(desk.id)
    book.excluded.add(book.numbers[4])
    assert Ahead(book).take(2, NINE) is None


def test_the_gates_are_asked_and_once_for_all_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def not_the_third(candidate: CandidateFacts, _: AdmitView) -> Closed | None:
        asked.append(candidate.attempts)
        return Closed("seen before") if candidate.attempts == 3 else None

    monkeypatch.setattr(gates, "CONTACT_GATES", (not_the_third,))
    desk = Desk()
    book = desk.store.book(desk.id)
    ahead = Ahead(book)
    assert ahead.take(4, NINE) == [0, 1, 2, 3]
    assert asked == [0]
    ahead.hand_back()
    book.run.attempts[9] = 3
    assert ahead.take(4, NINE) is None
    assert asked == [0, 3]
    ahead.hand_back()
    assert list(book.run.due_now(NINE)) == list(range(4, len(PEOPLE[:20])))
