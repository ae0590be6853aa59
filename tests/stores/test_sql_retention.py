"""Retention: what is long over is dropped, and a person can be erased without the outcomes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa

from ori_campaigns.auditing import audit
from ori_campaigns.contact import CallbackRequest
from ori_campaigns.errors import ActionNotAllowed, InvalidDefinition, NotFound
from ori_campaigns.events import AnalysisArrived, CallbackScheduled
from ori_campaigns.ingest import Leads
from ori_campaigns.instants import MINUTE, to_datetime
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.reports import CallAnalysis, Ended
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.testing.bench import Bench, number
from stores.engines import Place


@pytest.fixture
def store(durable_place: Place) -> SqlStore:
    made = durable_place.new(Bench().clock)
    assert isinstance(made, SqlStore)
    return made


@pytest.fixture
def bench(store: SqlStore) -> Bench:
    return Bench(store=lambda clock: _going_by(store, clock))


def _going_by(store: SqlStore, clock: object) -> SqlStore:
    store.clock = store._given_clock = clock  # type: ignore[assignment]
    return store


def everything(store: SqlStore) -> str:
    """Return all that the tables hold, as text."""
    with store._engine.connect() as connection:
        tables = store._tables.metadata.sorted_tables
        return "\n".join(str(tuple(row)) for table in tables for row in connection.execute(sa.select(table)))


def over(bench: Bench, people: list[str]) -> str:
    campaign = bench.running(people)
    bench.talked(*bench.dials())
    bench.dials()
    assert bench.service.get(campaign.id).completed_at is not None
    return campaign.id


# --- purge -----------------------------------------------------------------------------------------------------------


def test_a_purge_drops_what_was_over_before(bench: Bench, store: SqlStore) -> None:
    old = over(bench, [number(0), number(1)])
    bench.clock.advance(days=2)
    new, running = over(bench, [number(2)]), bench.running([number(3)])
    kept = bench.log(bench.service.get(new))
    done = store.purge(to_datetime(bench.clock.now()) - timedelta(days=1))
    assert (done.campaigns, done.contacts, done.attempts, done.lists) == ((old,), 2, 2, 0)
    assert done.events > 6
    assert {each.id for each in store.campaigns()} == {new, running.id}
    for read in (store.campaign, store.contacts, store.attempts, store.counters):
        with pytest.raises(NotFound):
            read(old)
    assert [event.campaign_id for event in bench.log() if event.campaign_id == old] == []
    assert bench.log(bench.service.get(new)) == kept
    assert number(0) not in everything(store)
    assert audit(store).clean
    assert store.purge(to_datetime(bench.clock.now()) - timedelta(days=1)).campaigns == ()


def test_a_purge_leaves_a_campaign_that_is_restarted(bench: Bench, store: SqlStore) -> None:
    old = over(bench, [number(0)])
    bench.clock.advance(days=2)
    bench.service.restart(old, by="test")
    assert store.purge(to_datetime(bench.clock.now())).campaigns == ()
    assert store.campaign(old).run_number == 2


def test_a_purge_drops_lists_that_nobody_took(bench: Bench, store: SqlStore) -> None:
    left = store.stage(Leads.of([number(0)]))
    bench.clock.advance(hours=23)
    assert store.purge(to_datetime(bench.clock.now())).lists == 0
    taken = bench.create([number(1)])
    bench.clock.advance(hours=2)
    assert store.purge(to_datetime(bench.clock.now())).lists == 1
    assert number(0) not in everything(store)
    assert [each.number.reveal() for each in bench.contacts(taken)] == [number(1)]
    store.discard(left)


def test_events_after_a_purge_come_after_all_that_were_read_before(bench: Bench, store: SqlStore) -> None:
    over(bench, [number(0)])
    read = store.tip()
    bench.clock.advance(days=2)
    store.purge(to_datetime(bench.clock.now()))
    fresh = bench.create([number(1)])
    assert {event.campaign_id for event in store.events(read)} == {fresh.id}


# --- erase -----------------------------------------------------------------------------------------------------------


def booked(bench: Bench) -> str:
    """Somebody talks, says something, and is called back."""
    campaign = bench.running([{"phone_number": number(0), "name": "Asha Sharma"}, number(1)], callback_detection=True)
    dials = bench.dials()
    bench.talked(*dials)
    asked = CallbackRequest(bench.clock.now() + 10 * MINUTE, "after my mother's surgery")
    bench.tell(CallAnalysis(dials[0].attempt_id, bench.clock.now(), "later", asked))
    bench.clock.advance(minutes=10)
    bench.at_once(partial(Ended, disposition="customer"), *bench.dials())
    bench.dials()
    return campaign.id


def test_an_erased_person_is_gone_and_the_outcomes_stay(bench: Bench, store: SqlStore) -> None:
    campaign = bench.service.get(booked(bench))
    before = (bench.attempts(campaign), store.counters(campaign.id))
    done = store.erase(number(0), by="asha")
    assert done.campaigns == (campaign.id,)
    kept = everything(store)
    for word in (number(0), "Asha Sharma", "surgery"):
        assert word not in kept
    person, other = bench.contacts(campaign)
    assert (person.number, dict(person.variables), person.callback) == (done.pseudonym, {}, None)
    assert person.number.reveal().startswith("hash:")
    assert (other.number.reveal(), person.excluded, other.excluded) == (number(1), True, False)
    assert bench.attempts(campaign) == before[0]
    assert store.counters(campaign.id).contacts == before[1].contacts
    told = [event.fact for event in bench.log(campaign) if isinstance(event.fact, CallbackScheduled | AnalysisArrived)]
    assert [getattr(fact, "text", "") for fact in told] == ["", ""]
    assert audit(store).clean


def test_whoever_was_erased_is_not_called_in_another_run_nor_from_a_copy(bench: Bench, store: SqlStore) -> None:
    name = booked(bench)
    store.erase(number(0), by="asha")
    copy = bench.service.clone(name, by="test").id
    bench.service.restart(name, by="test")
    for each in (name, copy):
        bench.service.start(each, by="test")
        (dial,) = bench.dials()
        assert dial.to.reveal() == number(1)
        bench.talked(dial)
    assert [contact.status.value for contact in store.contacts(copy)] == ["excluded", "awaiting_analysis"]
    assert audit(store).clean


def test_an_exclusion_outlives_the_erasure(bench: Bench, store: SqlStore) -> None:
    """The number is known again when it comes on a new list, and stays suppressed where exclusion is sticky."""
    campaign = bench.create([number(0)], sticky_exclusion=True)
    bench.service.exclude(campaign.id, [number(0), number(5)], by="test")
    store.erase(number(0), by="asha")
    store.erase(number(5), by="asha")
    assert number(0) not in everything(store)
    draft, again = bench.draft_of(campaign), Leads.of([number(4), number(5), number(0)])
    bench.service.edit(campaign.id, draft, again, by="test", version=1)
    assert bench.statuses() == {number(4): "pending", number(5): "excluded", number(0): "excluded"}
    results = bench.service.exclude(campaign.id, number(5), by="test").results
    assert results[PhoneNumber(number(5))].value == "already_excluded"


def test_a_deliberate_readd_of_an_erased_person_is_called(bench: Bench, store: SqlStore) -> None:
    campaign = bench.create([number(0)])
    bench.service.exclude(campaign.id, number(0), by="test")
    store.erase(number(0), by="asha")
    bench.service.edit(campaign.id, bench.draft_of(campaign), Leads.of([number(0)]), by="test", version=1)
    bench.service.start(campaign.id, by="test")
    assert [dial.to.reveal() for dial in bench.dials()] == [number(0)]


def test_whoever_may_still_be_called_is_not_erased(bench: Bench, store: SqlStore) -> None:
    campaign = bench.running([number(0)])
    before = everything(store)
    with pytest.raises(ActionNotAllowed) as caught:
        store.erase(number(0), by="asha")
    assert caught.value.code == "not_final"
    assert str(caught.value) == (
        f"Contact 0 of campaign {campaign.id} cannot be erased: it is pending. Exclude the number first, or wait until "
        "the contact is final. Nothing was erased."
    )
    assert everything(store) == before
    (dial,) = bench.dials()
    with pytest.raises(ActionNotAllowed, match="Wait until the call is over"):
        store.erase(number(0), by="asha")
    bench.talked(dial)
    assert store.erase(number(0), by="asha").campaigns == (campaign.id,)


def test_erasing_keeps_to_its_workspace(bench: Bench, store: SqlStore) -> None:
    bench.directory.add(bench.directory.bots("default")[0], *bench.directory.carriers("default"), workspace="other")
    mine, theirs = bench.create([number(0)]), bench.create([number(0)], workspace="other")
    for each in (mine, theirs):
        bench.service.exclude(each.id, number(0), by="test")
    assert store.erase(number(0), by="asha", workspace="other").campaigns == (theirs.id,)
    assert [each.number.reveal() for each in bench.contacts(mine)] == [number(0)]


def test_one_number_has_one_pseudonym(bench: Bench, store: SqlStore) -> None:
    first = store.erase(number(0), by="asha")
    assert first.campaigns == ()
    assert store.erase(f"+{number(0)}", by="asha").pseudonym == first.pseudonym
    assert store.erase(number(1), by="asha").pseudonym != first.pseudonym
    with pytest.raises(InvalidDefinition):
        store.erase("12", by="asha")
