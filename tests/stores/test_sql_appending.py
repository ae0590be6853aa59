"""What appending is in a database: piece by piece, all or nothing, and beside people who were erased."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import sqlalchemy as sa

from ori_campaigns import appending
from ori_campaigns.auditing import audit
from ori_campaigns.campaign import Campaign
from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.events import NumberReadded
from ori_campaigns.ingest import Leads
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.stores.sql import numbers as sql_numbers
from ori_campaigns.stores.sql import people as sql_people
from ori_campaigns.testing.bench import Bench, Broken, number
from ori_campaigns.views import Changes, NumbersView
from stores.engines import Place
from test_one_policy import INDIAN


@pytest.fixture
def bench(durable_place: Place) -> Bench:
    return Bench(store=durable_place.new)


@pytest.fixture
def store(bench: Bench) -> SqlStore:
    assert isinstance(bench.store, SqlStore)
    return bench.store


def rows(store: SqlStore) -> dict[str, int]:
    """How many rows there are of people, and how many lists, in use and put aside."""
    tables = store._tables
    with store._engine.connect() as connection:
        used = connection.execute(sa.select(sa.func.count(tables.lists.c.campaign))).scalar_one()
        lists = connection.execute(sa.select(sa.func.count()).select_from(tables.lists)).scalar_one()
        people = connection.execute(sa.select(sa.func.count()).select_from(tables.people)).scalar_one()
    return {"people": people, "used": used, "aside": lists - used}


def always_on(bench: Bench, people: object, **changes: object) -> Campaign:
    return bench.running(people, always_on=True, **changes)  # type: ignore[arg-type]


def listed(bench: Bench) -> list[tuple[str, str, dict[str, str]]]:
    return [(each.number.reveal(), each.status.value, dict(each.variables)) for each in bench.contacts()]


# --- piece by piece ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("C10", "X4")
@pytest.mark.parametrize("piece", [1, 3, 1_000])
def test_pieces_of_any_size_come_to_the_same(
    bench: Bench, store: SqlStore, piece: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (sql_numbers, sql_people):
        monkeypatch.setattr(module, "_PIECE", piece)
    campaign = always_on(bench, [number(index) for index in range(8)])
    excluded = [number(index) for index in (1, 2, 4, 5, 7)]
    bench.service.exclude(campaign.id, excluded, by="asha", wait=False)
    leads = Leads.of([{"phone_number": number(index), "n": str(index)} for index in (9, 7, 1, 0, 8, 4, 3, 2, 10)])
    done = bench.service.append(campaign.id, leads, by="asha")
    assert "".join(each.value[0] for each in done.results) == "arrdardra"
    renewed = {1, 2, 4, 7}
    assert listed(bench) == [
        *(
            (number(index), "excluded" if index == 5 else "pending", {"n": str(index)} if index in renewed else {})
            for index in range(8)
        ),
        *((number(index), "pending", {"n": str(index)}) for index in (9, 8, 10)),
    ]
    assert store.counters(campaign.id).excluded == 1
    assert rows(store) == {"people": 11, "used": 1, "aside": 0}
    assert audit(store).findings == ()


def test_a_rule_may_go_through_the_numbers_as_through_any_sequence(
    bench: Bench, store: SqlStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sql_numbers, "_PIECE", 3)
    campaign = always_on(bench, [number(index) for index in range(0, 10, 2)])
    asked = [PhoneNumber(number(index)) for index in range(10)]

    def look(view: NumbersView) -> Changes[list[object]]:
        items = view.items
        found = [each.contact and each.contact.ordinal for each in items]
        assert [each.contact and each.contact.ordinal for each in items] == found
        assert [items[place].number for place in (9, 0, 4, -1, -10)] == [asked[place] for place in (9, 0, 4, -1, -10)]
        assert [each.number for each in items[2:8:3]] == asked[2:8:3]
        assert (len(items), asked[3] in [each.number for each in items]) == (10, True)
        with pytest.raises(IndexError):
            items[10]
        return Changes(list(found))

    assert store.change_numbers(campaign.id, asked, look) == [0, None, 1, None, 2, None, 3, None, 4, None]
    assert store.change_numbers(campaign.id, [], lambda view: Changes(list(view.items))) == []


def test_whatever_a_rule_does_first_is_undone_when_it_raises(bench: Bench, store: SqlStore) -> None:
    campaign = always_on(bench, 2)
    stage = store.stage(Leads.of([number(5)]))
    before, kept = bench.told(), rows(store)

    def broken(view: NumbersView) -> Changes[None]:
        appending.append(view, stage=stage, by="asha")
        raise Broken

    with pytest.raises(Broken):
        store.change_numbers(campaign.id, [PhoneNumber(number(5))], broken)
    assert (bench.told(), rows(store)) == (before, kept)
    appended = partial(appending.append, stage=stage, by="asha")
    assert store.change_numbers(campaign.id, [PhoneNumber(number(5))], appended).added == 1
    assert rows(store) == {"people": 3, "used": 1, "aside": 0}


# --- people who were erased -------------------------------------------------------------------------------------------


@pytest.fixture
def erased(bench: Bench, store: SqlStore) -> Iterator[Campaign]:
    """An always-on campaign that called two people, one of whom was erased."""
    campaign = always_on(bench, [{"phone_number": number(0), "name": "Asha"}, number(1)])
    bench.talked(*bench.dials())
    store.erase(number(0), by="meera")
    yield campaign
    assert audit(store).findings == ()


@pytest.mark.behaviour("X4")
def test_whoever_was_erased_comes_again_as_somebody_new(bench: Bench, store: SqlStore, erased: Campaign) -> None:
    leads = Leads.of([{"phone_number": number(0), "name": "Asha"}])
    assert bench.service.append(erased.id, leads, by="asha").re_added == 1
    old, _, new = bench.contacts()
    assert (old.number.reveal()[:5], old.status.value, old.excluded) == ("hash:", "completed", True)
    assert (dict(old.variables), dict(new.variables)) == ({}, {"name": "Asha"})
    assert (new.number.reveal(), new.status.value, new.excluded) == (number(0), "pending", False)
    assert store.counters(erased.id).excluded == 1
    assert [dial.to.reveal() for dial in bench.dials()] == [number(0)]
    assert bench.service.append(erased.id, leads, by="asha").duplicates == 1
    # Only the one who is new can be excluded, and is on the log under a number.
    assert bench.service.exclude(erased.id, number(0), by="asha", wait=False).results == {
        PhoneNumber(number(0)): "will_exclude"
    }
    assert store.counters(erased.id).excluded == 2


@pytest.mark.behaviour("X4")
def test_the_erased_contact_is_called_in_no_later_run(bench: Bench, store: SqlStore, erased: Campaign) -> None:
    bench.service.append(erased.id, Leads.of([number(0)]), by="asha")
    bench.talked(*bench.dials())
    bench.service.stop(erased.id, by="asha")
    bench.service.restart(erased.id, by="asha")
    bench.service.start(erased.id, by="asha")
    assert [dial.to.reveal() for dial in bench.dials()] == [number(1), number(0)]
    assert [each.status.value for each in bench.contacts()] == ["excluded", "calling", "calling"]


@pytest.mark.behaviour("X4")
def test_a_person_can_be_erased_and_come_again_any_number_of_times(
    bench: Bench, store: SqlStore, erased: Campaign
) -> None:
    for turn in range(1, 4):
        assert bench.service.append(erased.id, Leads.of([number(0)]), by="asha").re_added == 1
        bench.talked(*bench.dials())
        assert store.erase(number(0), by="meera").campaigns == (erased.id,)
        assert [each.number.reveal()[:5] for each in bench.contacts()].count("hash:") == turn + 1
        assert len({each.number for each in bench.contacts()}) == turn + 2
        assert store.counters(erased.id).excluded == turn + 1
        assert audit(store).findings == ()


@pytest.mark.behaviour("X4")
def test_where_exclusion_is_sticky_the_erased_stay_away(bench: Bench, store: SqlStore) -> None:
    campaign = always_on(bench, [number(0), number(1)], sticky_exclusion=True)
    bench.talked(*bench.dials())
    bench.service.exclude(campaign.id, number(7), by="asha")
    for each in (number(0), number(7)):
        store.erase(each, by="meera")
    done = bench.service.append(campaign.id, Leads.of([number(7), number(0), number(8)]), by="asha")
    assert [each.value for each in done.results] == ["suppressed", "suppressed", "added"]
    assert bench.dials()[0].to.reveal() == number(8)


@pytest.mark.behaviour("X4")
def test_an_exclusion_of_nobody_on_the_list_is_lifted_though_the_number_was_erased(
    bench: Bench, store: SqlStore
) -> None:
    campaign = always_on(bench, [number(0)], sticky_exclusion=True)
    bench.service.exclude(campaign.id, number(7), by="asha")
    store.erase(number(7), by="meera")
    bench.service.pause(campaign.id, by="asha")
    draft = bench.draft_of(campaign, sticky_exclusion=False)
    bench.service.edit(campaign.id, draft, by="asha", version=1)
    assert bench.service.append(campaign.id, Leads.of([number(7)]), by="asha").re_added == 1
    assert store.counters(campaign.id).excluded == 0
    [fact] = [event.fact for event in bench.log() if isinstance(event.fact, NumberReadded)]
    assert (fact.contact, fact.number.reveal(), fact.opens) == (-1, number(7), False)
    assert audit(store).findings == ()


# --- the policy -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("C11")
def test_whom_to_erase_is_read_by_the_stores_policy(bench: Bench, store: SqlStore) -> None:
    store.keep_policy("indian")
    stage = store.stage(Leads.of(["919876543210"]))
    store.discard(stage)
    with pytest.raises(InvalidDefinition) as caught:
        store.erase("9876543210", by="meera")
    assert caught.value.code == "other_number_policy"
    assert str(caught.value) == (
        "The erasure is not valid: policy: It is of the number policy 'digits', the store is of 'indian'. "
        "Give policy=, the one of the name 'indian'."
    )
    first = store.erase("98765 43210", by="meera", policy=INDIAN)
    assert store.erase("+919876543210", by="meera", policy=INDIAN).pseudonym == first.pseudonym
