"""Appending to an always-on campaign: what becomes of each number, when it is refused, and one policy per store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ori_campaigns as ori
from ori_campaigns import appending, lifecycle
from ori_campaigns.auditing import audit
from ori_campaigns.campaign import Campaign, CompletionReason
from ori_campaigns.contact import CallbackRequest, ContactStatus
from ori_campaigns.errors import ActionNotAllowed, InvalidDefinition
from ori_campaigns.events import LifecycleChanged, NumberReadded
from ori_campaigns.ingest import Leads
from ori_campaigns.instants import MINUTE, to_instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.reports import CallAnalysis, DialRequest
from ori_campaigns.service import CampaignService
from ori_campaigns.simulation import simulate, snapshot
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing.bench import Bench, number
from ori_campaigns.testing.store_dialling import look
from ori_campaigns.views import AppendStage, Changes, NumberMatch, NumbersView

R = TypeVar("R")
S = ContactStatus


def always_on(people: Any = 3, **changes: Any) -> tuple[Bench, str]:
    bench = Bench()
    return bench, bench.running(people, always_on=True, **changes).id


def people(*indexes: int, **variables: str) -> Leads:
    return Leads.of([{"phone_number": number(index), **variables} for index in indexes])


def called(bench: Bench) -> list[str]:
    return [dial.to.reveal() for dial in bench.dials()]


# --- the rule ---------------------------------------------------------------------------------------------------------

# On the list in which state (or not), flagged, sticky -> what it is called; whether a fact opens a new budget.
WAITS, CALLED, OVER = (
    (S.PENDING, S.RETRY_SCHEDULED, S.CALLBACK_SCHEDULED),
    (S.CALLING, S.AWAITING_ANALYSIS),
    S.COMPLETED,
)
CASES: list[tuple[ContactStatus | None, bool, bool, str, bool | None]] = [
    (None, False, False, "added", None),
    (None, False, True, "added", None),
    (None, True, True, "suppressed", None),
    (None, True, False, "re_added", False),
    *((status, False, sticky, "duplicate", None) for status in S for sticky in (False, True)),
    *((status, True, True, "suppressed", None) for status in S),
    *((status, True, False, "re_added", status not in CALLED) for status in S),
]


class Asked(NamedTuple):
    campaign: Campaign
    now: int
    items: Sequence[NumberMatch]


@pytest.mark.behaviour("C10", "X4")
@pytest.mark.parametrize(("status", "flagged", "sticky", "result", "opens"), CASES)
def test_what_becomes_of_a_number(
    status: ContactStatus | None, flagged: bool, sticky: bool, result: str, opens: bool | None
) -> None:
    bench, name = always_on(sticky_exclusion=sticky)
    campaign, person = bench.service.get(name), PhoneNumber(number(7))
    contact: Any = None if status is None else SimpleNamespace(ordinal=4, status=status)
    new = NumberMatch(PhoneNumber(number(8)), None, excluded=False)
    view = Asked(campaign, 9, [new, NumberMatch(person, contact, flagged), new])
    changes = appending.append(view, stage="s", by="asha")
    assert [each.value for each in changes.result.results] == ["added", result, "added"]
    done = changes.result
    assert (done.added, done.duplicates, done.suppressed, done.re_added) == (
        2 + (result == "added"),
        result == "duplicate",
        result == "suppressed",
        result == "re_added",
    )
    ordinal = -1 if status is None else 4
    readded = [] if opens is None else [NumberReadded(ordinal, 9, person, "asha", opens)]
    counted = "3 added" if result == "added" else f"2 added, 1 {result}"
    assert list(changes.facts) == [*readded, LifecycleChanged("append", "asha", 9, 1, counted)]
    # Whoever is on the list, and whoever stays away, is left out; who begins anew has the new variables.
    left_out = [1] if status is not None or result == "suppressed" else []
    assert list(changes.moves) == [AppendStage("s", left_out, [(1, 4)] if opens else [])]
    assert (changes.campaign, changes.created, changes.deleted) == (None, None, False)


# --- when it is refused -----------------------------------------------------------------------------------------------


def refused(bench: Bench, campaign: str) -> tuple[str, str]:
    before = bench.told()
    with pytest.raises(ActionNotAllowed) as caught:
        bench.service.append(campaign, people(7), by="asha")
    assert bench.told() == before
    assert bench.store._stages == {}  # type: ignore[attr-defined]
    assert (caught.value.entity, caught.value.entity_id, caught.value.action) == ("campaign", campaign, "append")
    assert caught.value.status == bench.service.get(campaign).status.value
    return caught.value.code, str(caught.value).removeprefix(f"Cannot append contacts to campaign {campaign}: ")


@pytest.mark.behaviour("C10", "L16")
def test_it_is_refused_unless_it_runs_or_is_paused() -> None:
    bench = Bench()
    campaign = bench.create([number(0)], always_on=True, mode="multi_day").id
    assert refused(bench, campaign) == (
        "action_not_allowed",
        "it is a draft. A draft's upload replaces its list: save it by an edit.",
    )
    bench.service.start(campaign, by="asha")
    bench.service.stop(campaign, by="asha")
    over = "Clone it, or create another for these contacts."
    assert refused(bench, campaign) == ("action_not_allowed", f"it is completed. {over}")
    bench.service.restart(campaign, by="asha")
    assert refused(bench, campaign) == ("action_not_allowed", "it is a prepared restart. Start it first.")
    bench.service.start(campaign, by="asha")
    bench.service.fail(campaign, "no trunk", by="asha")
    assert refused(bench, campaign) == ("action_not_allowed", f"it is failed. {over}")


@pytest.mark.behaviour("C10")
def test_only_an_always_on_campaign_takes_it() -> None:
    bench = Bench()
    campaign = bench.running(2).id
    other = "make it always-on, or create another campaign for these contacts."
    assert refused(bench, campaign) == ("not_always_on", f"it is not always-on. Pause it and {other}")
    bench.service.pause(campaign, by="asha")
    assert refused(bench, campaign) == ("not_always_on", f"it is not always-on. M{other[1:]}")
    draft = bench.draft_of(bench.service.get(campaign), always_on=True)
    bench.service.edit(campaign, draft, by="asha", version=1)
    assert bench.service.append(campaign, people(7), by="asha").added == 1
    bench.service.resume(campaign, by="asha")
    assert called(bench) == [number(0), number(1), number(7)]


@pytest.mark.behaviour("C10")
def test_a_single_day_that_is_over_takes_nobody() -> None:
    bench = Bench()
    campaign = bench.running(1, mode="single_day").id
    bench.clock.set(datetime(2026, 1, 5, 17, 59, 30, tzinfo=bench._zone))
    assert len(bench.dials()) == 1
    over = ("action_not_allowed", "its window has closed and it ends with its last live call. Clone it.")
    bench.clock.set(datetime(2026, 1, 5, 18, tzinfo=bench._zone))
    assert refused(bench, campaign) == over
    bench.dials()
    assert bench.service.get(campaign).closing is CompletionReason.WINDOW_CLOSED
    assert refused(bench, campaign) == over


class StopsMeanwhile(MemoryStore):
    """Another operator is quicker."""

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        self.change(campaign_id, partial(lifecycle.stop, by="meera"))
        return super().change_numbers(campaign_id, numbers, rule)


@pytest.mark.behaviour("C10", "L17")
def test_an_operator_who_comes_second_is_refused_and_leaves_nothing_behind() -> None:
    bench = Bench(store=StopsMeanwhile)
    campaign = bench.running(1, always_on=True).id
    with pytest.raises(ActionNotAllowed):
        bench.service.append(campaign, people(7), by="asha")
    assert bench.store._stages == {}  # type: ignore[attr-defined]
    assert bench.statuses() == {number(0): "manual_stopped"}


@pytest.mark.behaviour("C10")
def test_a_list_without_a_contact_is_refused() -> None:
    bench, campaign = always_on(1)
    empty = SimpleNamespace(policy="digits", numbers=(), variables=lambda _: {})
    with pytest.raises(InvalidDefinition) as caught:
        bench.service.append(campaign, empty, by="asha")
    assert caught.value.code == "no_valid_rows"


@pytest.mark.behaviour("L18")
def test_appending_is_no_button() -> None:
    bench, campaign = always_on()
    assert [action.value for action in ori.buttons(bench.service.get(campaign).stage)] == ["pause", "stop", "clone"]
    assert "append" not in {action.value for action in ori.Action}


# --- what follows -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("C10", "L15")
def test_new_contacts_are_called_from_the_next_step_on_and_duplicates_never_again() -> None:
    bench, campaign = always_on(2)
    bench.talked(*bench.dials())
    assert called(bench) == []
    done = bench.service.append(campaign, people(1, 5, 0, 4, name="Asha"), by="asha")
    assert (done.campaign, done.added, done.duplicates) == (bench.service.get(campaign), 2, 2)
    dials = bench.dials()
    assert [(dial.to.reveal(), dict(dial.variables)) for dial in dials] == [
        (number(5), {"name": "Asha"}),
        (number(4), {"name": "Asha"}),
    ]
    bench.talked(*dials)
    assert called(bench) == []
    assert bench.campaign.status.value == "running"
    [entry] = [each for each in bench.service.activity(campaign) if each.action == "append"]
    assert (entry.by, entry.detail) == ("asha", "2 added, 2 duplicate")


@pytest.mark.behaviour("C10", "L4")
def test_while_it_is_paused_they_wait() -> None:
    bench, campaign = always_on(1)
    bench.service.pause(campaign, by="asha")
    bench.service.append(campaign, people(5), by="asha")
    assert called(bench) == []
    bench.service.resume(campaign, by="asha")
    assert called(bench) == [number(0), number(5)]


@pytest.mark.behaviour("X4", "C9")
def test_excluded_numbers_stay_suppressed_through_every_upload_and_the_host_can_count_them() -> None:
    bench = Bench()
    campaign = bench.create([number(0), number(1)], always_on=True, mode="multi_day", sticky_exclusion=True)
    bench.service.exclude(campaign.id, [number(1), number(7)], by="asha")
    bench.service.edit(campaign.id, bench.draft_of(campaign), people(1, 2, 7), by="asha", version=1)
    counters = bench.service.counters(campaign.id)
    assert (counters.contacts[S.EXCLUDED], counters.contacts[S.PENDING], counters.excluded) == (2, 1, 2)
    bench.service.start(campaign.id, by="asha")
    bench.service.exclude(campaign.id, number(8), by="asha")
    done = bench.service.append(campaign.id, people(8, 7, 3, 1), by="asha")
    assert [each.value for each in done.results] == ["suppressed", "suppressed", "added", "suppressed"]
    assert called(bench) == [number(2), number(3)]


@pytest.mark.behaviour("X4", "R13")
def test_a_deliberate_re_add_is_dialled_again_in_a_budget_of_its_own() -> None:
    retry = ori.RetryPolicy(max_attempts=2, on_system={"no_answer"})
    bench, campaign = always_on(1, retry=retry)
    for _ in range(2):
        bench.no_answer(*bench.dials())
        bench.clock.advance(hours=1)
    assert bench.statuses() == {number(0): "exhausted"}
    assert bench.service.append(campaign, people(0), by="asha").duplicates == 1
    assert called(bench) == []
    assert bench.service.exclude(campaign, number(0), by="asha").results[PhoneNumber(number(0))] == "already_final"
    assert bench.service.append(campaign, people(0), by="asha").re_added == 1
    budgets = []
    for _ in range(3):
        dials = bench.dials()
        budgets += [dial.number_in_budget for dial in dials]
        bench.no_answer(*dials)
        bench.clock.advance(hours=1)
    assert budgets == [1, 2]
    assert bench.statuses() == {number(0): "exhausted"}
    assert audit(bench.store).findings == ()


@pytest.mark.behaviour("X4", "X5", "N4")
def test_who_asks_anew_for_the_same_time_is_called_back_once() -> None:
    """The booking of the budget that was cut short is due at that very instant, and must not come to life again."""
    bench, campaign = always_on(2, callback_detection=True)
    due = bench.clock.now() + 60 * MINUTE

    def books(at: int, dial: DialRequest) -> None:
        bench.talked(dial)
        bench.tell(CallAnalysis(dial.attempt_id, bench.clock.now(), "", CallbackRequest(at, "at eleven")))

    first, second = bench.dials()
    books(due, first)
    books(due - 1, second)
    bench.service.exclude(campaign, number(0), by="asha")
    bench.service.append(campaign, people(0), by="asha")
    books(due, *bench.dials())
    bench.clock.set(due)
    offered = bench.admit(bench.service.get(campaign), 9, look)
    assert [ordinal for ordinal, _ in offered] == [1, 0]
    assert called(bench) == [number(1), number(0)]
    assert audit(bench.store).findings == ()


@pytest.mark.behaviour("C10")
def test_in_a_simulation_lists_are_appended_as_operators_do() -> None:
    bench = Bench()
    begins = bench.now
    draft = bench.draft(always_on=True, mode="multi_day")

    def more(service: CampaignService, campaign: str) -> object:
        return service.append(campaign, people(0, 1, 7), by="asha")

    told = simulate(
        draft,
        people(0),
        directory=bench.directory,
        start=begins,
        until=begins + timedelta(hours=8),
        actions={begins + timedelta(hours=1): more},
    )
    store, copy = told.service.store, told.campaign.id
    assert [each.number.reveal() for each in store.contacts(copy)] == [number(0), number(1), number(7)]
    an_hour_later = to_instant(begins + timedelta(hours=1))
    assert [each.contact for each in store.attempts(copy) if each.reserved_at >= an_hour_later] == [1, 2]


@pytest.mark.behaviour("C10")
def test_a_copy_of_a_list_that_grew_is_simulated_as_it_stands() -> None:
    bench, campaign = always_on(2)
    bench.talked(*bench.dials())
    bench.service.exclude(campaign, number(0), by="asha")
    bench.service.append(campaign, people(5, 0, 6), by="asha")
    taken = snapshot(bench.service, campaign)
    told = simulate(taken, directory=bench.directory, until=bench.now + timedelta(hours=4))
    assert [each.number.reveal() for each in told.service.store.contacts(campaign)] == [
        number(0), number(1), number(5), number(6),
    ]  # fmt: skip
    # The one who talked is done; the one who was re-added begins anew.
    assert {each.contact for each in told.service.store.attempts(campaign)} == {0, 2, 3}
    assert told.service.append(campaign, people(6, 9), by="asha").results == (
        ori.AppendResult.DUPLICATE,
        ori.AppendResult.ADDED,
    )


# --- properties -------------------------------------------------------------------------------------------------------

NUMBERS = st.lists(st.integers(0, 60), min_size=1, max_size=40)
ROW = st.fixed_dictionaries({}, optional={"name": st.sampled_from("a ß 007 \U0001f600".split()), "plan": st.just("x")})


@pytest.mark.behaviour("C10")
@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.tuples(st.integers(0, 40), ROW), min_size=2, max_size=40), cut=st.data())
def test_a_list_in_two_parts_is_the_list_at_once(rows: list[tuple[int, Mapping[str, str]]], cut: st.DataObject) -> None:
    place = cut.draw(st.integers(1, len(rows) - 1))
    listed = [{"phone_number": number(index), **variables} for index, variables in rows]
    whole, parts = Bench(), Bench()
    whole.start(Leads.of(listed), always_on=True, mode="multi_day")
    campaign = parts.start(Leads.of(listed[:place]), always_on=True, mode="multi_day")
    parts.service.append(campaign.id, Leads.of(listed[place:]), by="asha")
    assert list(parts.contacts()) == list(whole.contacts())
    assert parts.service.counters(campaign.id) == whole.service.counters(campaign.id)
    assert called(parts) == called(whole)
    assert audit(parts.store).findings == ()


DEEDS = st.lists(
    st.tuples(st.sampled_from(["append", "append", "exclude", "call", "edit"]), NUMBERS, st.booleans()), max_size=12
)


@pytest.mark.behaviour("C10", "X4")
@settings(max_examples=80, deadline=None)
@given(first=NUMBERS, deeds=DEEDS)
def test_whatever_operators_do_the_list_is_what_a_plain_book_says(
    first: list[int], deeds: list[tuple[str, list[int], bool]]
) -> None:
    """The book: an ordered dictionary of who is on the list with what, a set of flags, and who is being called."""
    bench = Bench()
    campaign = bench.running([number(index) for index in dict.fromkeys(first)], always_on=True).id
    book: dict[int, str] = dict.fromkeys(first, "first")
    flags, live = set[int](), set[int]()
    sticky = False
    for turn, (deed, chosen, on) in enumerate(deeds):
        unique = list(dict.fromkeys(chosen))
        if deed == "append":
            done = bench.service.append(campaign, people(*unique, turn=str(turn)), by="asha")
            expected = []
            for each in unique:
                stays = each in flags and sticky
                again = each in flags and not sticky
                known = "duplicate" if each in book else "added"
                expected.append("suppressed" if stays else "re_added" if again else known)
                if (again and each not in live) or (each not in book and not stays):
                    book[each] = str(turn)
                flags -= {each} if again else set()
            assert [each.value for each in done.results] == expected
        elif deed == "exclude":
            bench.service.exclude(campaign, [number(each) for each in unique], by="asha", wait=False)
            flags |= {each for each in unique if each in book or sticky}
        elif deed == "call":
            dials = bench.dials()
            over = dials[: len(unique)]
            bench.talked(*over)
            live |= {int(each.to.reveal()[-4:]) for each in dials} - {int(each.to.reveal()[-4:]) for each in over}
        else:
            sticky = on
            bench.service.pause(campaign, by="asha", wait=False)
            current = bench.service.get(campaign)
            draft = bench.draft_of(current, sticky_exclusion=sticky)
            bench.service.edit(campaign, draft, by="asha", version=current.version)
            bench.service.resume(campaign, by="asha")
    assert [
        (each.number.reveal(), each.variables.get("turn", "first"), each.excluded) for each in bench.contacts()
    ] == [(number(each), words, each in flags) for each, words in book.items()]
    assert bench.service.counters(campaign).excluded == len(flags)
    assert not {dial.to.reveal() for dial in bench.dials()} & {number(each) for each in flags}
    assert audit(bench.store).findings == ()
