"""Counting a log: what it does not name is derived where it can be, and left open where it cannot."""

from __future__ import annotations

from ori_campaigns.contact import AttemptKind, ContactStatus
from ori_campaigns.events import (
    AttemptEnded,
    AttemptReserved,
    CallbackScheduled,
    ContactsMoved,
    Event,
    Fact,
    NumberExcluded,
    NumberReadded,
    RetryScheduled,
)
from ori_campaigns.history import History
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.recount import from_log

POOL = PhoneNumber("911140001000")


def tried(contact: int, times: int, first: int, *, callback: bool = False) -> list[Fact]:
    """So many calls that nobody answered, after each of which the contact waits for the next."""
    facts: list[Fact] = []
    for serial in range(first, first + times):
        name = f"a-{serial}"
        facts += [
            AttemptReserved(name, contact, 0, serial - first + 1, AttemptKind.RETRY, POOL, "trunk", 5, 1, 60),
            AttemptEnded(name, contact, 1, "no_answer", "", False, 0, None, None),
            CallbackScheduled(name, contact, 1, 9, 1, "", "", "asked") if callback
            else RetryScheduled(name, contact, 1, 9, "system_disposition"),
        ]  # fmt: skip
    return facts


def log(*facts: Fact) -> list[Event]:
    return [Event(cursor, "a", -1, 0, fact) for cursor, fact in enumerate(facts)]


def loaded(people: int) -> ContactsMoved:
    return ContactsMoved(0, "UseStage", "", people, 1)


def closed(people: int) -> ContactsMoved:
    return ContactsMoved(0, "CloseUsedUp", "", people, 1)


def standing(history: History) -> list[int]:
    """Pending, waiting for a retry, waiting for a callback, exhausted."""
    counted = history.run.counters(0).contacts
    names = ("PENDING", "RETRY_SCHEDULED", "CALLBACK_SCHEDULED", "EXHAUSTED")
    return [counted[ContactStatus[name]] for name in names]


def read(*facts: Fact) -> History:
    history = History()
    for fact in facts:
        history.apply(fact)
    return history


def test_those_with_the_most_attempts_have_used_up_a_lowered_maximum() -> None:
    found = read(loaded(4), *tried(0, 1, 0), *tried(1, 3, 1), *tried(2, 2, 4), closed(2))
    assert (standing(found), found.run.vague) == ([1, 1, 0, 2], False)


def test_no_maximum_parts_those_with_equally_many_attempts() -> None:
    told: list[tuple[str, str, str]] = []
    history = History(amiss=lambda *words: told.append(words))
    for fact in (loaded(3), *tried(0, 2, 0), *tried(1, 2, 2), closed(1)):
        history.apply(fact)
    assert told == [("contacts moved by CloseUsedUp", "as many as have used up some maximum", "1")]
    assert history.run.vague


def test_booked_callbacks_are_closed_where_only_that_fits() -> None:
    found = read(loaded(3), *tried(0, 2, 0, callback=True), *tried(1, 1, 2), closed(2))
    assert (standing(found), found.run.vague) == ([1, 0, 0, 2], False)


def test_who_was_closed_is_left_open_where_two_answers_fit() -> None:
    # A maximum of 2 closed the booked one, or a maximum of 1 the other, and spared the booked one.
    found = read(loaded(2), *tried(0, 2, 0, callback=True), *tried(1, 1, 2), closed(1))
    assert found.run.vague


def test_a_move_of_another_kind_leaves_the_contacts_open() -> None:
    assert read(loaded(2), ContactsMoved(0, "SomethingNew", "", 1, 1)).run.vague
    assert not read(loaded(2), ContactsMoved(0, "CancelCallbacks", "", 1, 1)).run.vague


def test_a_clone_begins_with_the_exclusions_it_is_said_to_have() -> None:
    counted = from_log(log(ContactsMoved(0, "CopyContacts", "", 3, 1)), {1})[1]
    assert (counted.contacts[ContactStatus.PENDING], counted.contacts[ContactStatus.EXCLUDED]) == (2, 1)
    assert counted.excluded == 1


def test_whoever_comes_later_is_counted_too() -> None:
    appended = ContactsMoved(0, "AppendStage", "pending", 2, 1)
    found = read(loaded(2), *tried(1, 2, 0), appended, *tried(3, 1, 2), closed(1))
    assert (standing(found), found.run.vague) == ([2, 1, 0, 1], False)
    counted = from_log(log(appended, *tried(1, 1, 0)))
    assert (counted[1].total, counted[1].dialled) == (2, 1)


def test_whoever_is_re_added_begins_anew_and_is_not_excluded_any_more() -> None:
    person = PhoneNumber("919800000000")
    excluded = NumberExcluded(0, 2, person, "", "ops", closes=True)
    back = NumberReadded(0, 3, person, "ops", opens=True)
    found = read(loaded(2), *tried(0, 2, 0), excluded)
    assert (standing(found), found.excluded_count, list(found.run.tries)) == ([1, 0, 0, 0], 1, [2, 0])
    for fact in (back, *tried(0, 1, 2)):
        found.apply(fact)
    assert (standing(found), found.excluded_count, list(found.run.tries)) == ([1, 1, 0, 0], 0, [1, 0])
    assert found.born_excluded == set()


def test_who_is_re_added_without_an_exclusion_was_excluded_when_the_list_was_made() -> None:
    person = PhoneNumber("919800000001")
    told: list[Fact] = [NumberExcluded(-1, 0, person, "", "ops", closes=False), loaded(3)]
    back = NumberReadded(1, 3, person, "ops", opens=True)
    found = read(*told, back)
    assert (found.inherits, found.born_excluded, found.flags) == (True, {1}, set())
    again = History({1})
    for fact in told:
        again.apply(fact)
    assert again.run.counters(0).contacts[ContactStatus.EXCLUDED] == 1
    again.apply(back)
    assert (standing(again), again.excluded_count, again.born_excluded) == ([3, 0, 0, 0], 0, set())


def test_the_attempts_are_counted_whatever_became_of_the_contacts() -> None:
    counted = from_log(log(loaded(2), *tried(0, 2, 0, callback=True), *tried(1, 1, 2), closed(1)))[1]
    assert (counted.dialled, counted.live, counted.total) == (3, 0, 2)
