"""Values that no honest carrier sends, hosts with habits of their own, and what is left behind."""

from __future__ import annotations

import random
import string
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ori_campaigns import recount
from ori_campaigns.contact import WAITING, CallbackRequest, ContactStatus
from ori_campaigns.errors import Conflict, InvalidDefinition, StoreError, StoreUnavailable
from ori_campaigns.instants import DAY, to_datetime
from ori_campaigns.lifecycle import used_up
from ori_campaigns.reports import Accepted, CallAnalysis, Ended, Refused, Ringing
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.testing.bench import Bench, number
from ori_campaigns.views import Changes, CloseUsedUp
from stores.engines import Place, place_of

NAN, ENDLESS = float("nan"), float("inf")


@pytest.fixture
def bench(place: Place) -> Bench:
    return Bench(store=place.new)


def a_long_text(seed: int) -> str:
    return "".join(random.Random(seed).choices(string.ascii_letters, k=5_000))


# --- what a carrier may say ------------------------------------------------------------------------------------------


def test_words_without_end_stop_nobody(bench: Bench) -> None:
    bench.running(3)
    first, second, third = bench.dials()
    now = bench.clock.now()
    bench.tell(
        Accepted(first.attempt_id, now, a_long_text(1)),
        Ringing(second.attempt_id, now, a_long_text(2)),
        Ended(third.attempt_id, now, a_long_text(3), detail=a_long_text(4) + "\x00\ud800"),
    )
    assert [each.status.value for each in bench.attempts()] == ["submitted", "ringing", "ended"]
    bench.tell(Ended("", now, "customer", carrier_ref=a_long_text(2)))
    assert [each.status.value for each in bench.attempts()] == ["submitted", "ended", "ended"]


@pytest.mark.parametrize(("said", "rest"), [(NAN, 0), (-5.0, 0), (2.0, 2_000_000), (ENDLESS, DAY), (1e30, DAY)])
def test_a_carrier_that_wants_to_rest_for_ever_rests_for_a_day(bench: Bench, said: float, rest: int) -> None:
    bench.running(1)
    (dial,) = bench.dials()
    bench.tell(Refused(dial.attempt_id, bench.clock.now(), retry_after=said))
    assert bench.store.agenda().supply["default"]["trunk"].rests_until == bench.clock.now() + rest


@pytest.mark.parametrize(("said", "kept"), [(NAN, 0.0), (-1, 0.0), (0.4, 0.4), (7, 1.0)])
def test_a_confidence_is_a_share(bench: Bench, said: float, kept: float) -> None:
    bench.running(1, callback_detection=True)
    (dial,) = bench.dials()
    bench.talked(dial)
    asked = CallbackRequest(bench.clock.now() + 600_000_000, confidence=said)
    bench.tell(CallAnalysis(dial.attempt_id, bench.clock.now(), "", asked))
    assert asked.confidence == kept
    assert bench.statuses() == {number(0): "callback_scheduled"}


def test_an_instant_that_is_no_number_is_taken_for_now(bench: Bench) -> None:
    bench.running(1)
    (dial,) = bench.dials()
    bench.tell(Ended(dial.attempt_id, NAN, "no_answer"))  # type: ignore[arg-type]
    assert bench.attempts()[0].ended_at == bench.clock.now()


@pytest.mark.parametrize("name", ["a\x00b", "a\ud800b"])
def test_a_name_that_cannot_be_shown_is_refused(bench: Bench, name: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        bench.create(name=name)
    assert caught.value.code == "name_unprintable"


# --- many at once ----------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_seventy_thousand_numbers_are_excluded_at_once(bench: Bench) -> None:
    """More than a statement of PostgreSQL takes parameters."""
    campaign = bench.running(2, sticky_exclusion=True)
    bench.dials()
    many = [number(index) for index in range(70_000)]
    results = bench.service.exclude(campaign.id, many, by="test", wait=False).results
    assert len(results) == 70_000
    assert bench.store.counters(campaign.id).excluded == 70_000
    assert bench.store.unsent(campaign.id, numbers=list(results)) is not None


# --- hosts -----------------------------------------------------------------------------------------------------------


def test_an_engine_that_begins_by_itself_is_fine(tmp_path: Path) -> None:
    """As SQLAlchemy's documentation has it for SQLite."""
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'campaigns.db'}")

    @sa.event.listens_for(engine, "connect")
    def _connect(connection: Any, _: object) -> None:
        connection.isolation_level = None

    @sa.event.listens_for(engine, "begin")
    def _begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    bench = Bench(store=lambda clock: SqlStore(engine, clock=clock))
    campaign = bench.running(3)
    bench.talked(*bench.dials())
    assert bench.store.counters(campaign.id).dialled == 3
    engine.dispose()


def test_only_a_transaction_can_be_joined(durable_place: Place) -> None:
    store = durable_place.new()
    assert isinstance(store, SqlStore)
    elsewhere = sa.create_engine("sqlite://")
    with elsewhere.connect() as other, store._engine.connect() as commits_by_itself:
        closed = elsewhere.connect()
        closed.close()
        wrong: list[Any] = [store._engine, None, closed, commits_by_itself]
        wrong += [other] if durable_place.name == "postgres" else []
        for connection in wrong:
            with pytest.raises(InvalidDefinition) as caught:
                store.joined(connection)
            assert caught.value.code == "bad_connection"
    elsewhere.dispose()


@pytest.mark.parametrize("value", ["x", "-1", "0", None])
def test_a_store_that_has_lost_its_version_says_so(tmp_path: Path, value: str | None) -> None:
    url = f"sqlite:///{tmp_path / 'campaigns.db'}"
    SqlStore(url).close()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        if value is None:
            connection.exec_driver_sql("DELETE FROM ori_meta")
        else:
            connection.exec_driver_sql("UPDATE ori_meta SET value = ?", (value,))
    engine.dispose()
    with pytest.raises(StoreUnavailable) as caught:
        SqlStore(url)
    assert caught.value.code == "schema_damaged"


# --- what is left behind ---------------------------------------------------------------------------------------------


def test_a_purge_takes_what_is_left_of_deleted_drafts(durable_place: Place) -> None:
    bench = Bench(store=durable_place.new)
    store: Any = bench.store
    gone, kept = bench.create(sticky_exclusion=True), bench.create()
    bench.service.exclude(gone.id, [number(0), number(9)], by="test")
    bench.service.exclude(kept.id, number(1), by="test")
    bench.service.delete(gone.id, by="test")
    tomorrow = to_datetime(bench.clock.now()) + timedelta(days=1)
    assert store.purge(to_datetime(bench.clock.now())).events == 0
    assert store.purge(tomorrow).events == 6
    with store._engine.connect() as connection:
        left = connection.execute(sa.select(store._tables.exclusions.c.number)).scalars().all()
    assert left == [number(1)]
    assert {event.campaign_id for event in bench.log()} == {kept.id}


def test_a_creation_that_fails_leaves_no_list(durable_place: Place) -> None:
    bench = Bench(store=durable_place.new)
    store: Any = bench.store
    first = bench.create()
    bench.service = CampaignService(store, bench.directory, new_id=lambda: first.id)
    with pytest.raises(Conflict):
        bench.create([number(7)])
    with store._engine.connect() as connection:
        lists = connection.execute(sa.select(store._tables.lists.c.campaign)).scalars().all()
    assert len(lists) == 1


def test_two_purges_at_once_share_the_work(durable_place: Place) -> None:
    bench = Bench(store=durable_place.new)
    for index in range(6):
        bench.running([number(index)])
        bench.talked(*bench.dials())
        bench.dials()
    other: Any = durable_place.again(bench.store)
    tomorrow = to_datetime(bench.clock.now()) + timedelta(days=1)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda store: store.purge(tomorrow), [bench.store, other]))
    names = [name for each in done for name in each.campaigns]
    assert len(names) == len(set(names)) == 6
    assert list(bench.store.campaigns()) == []


# --- one rule that a move spells out in SQL --------------------------------------------------------------------------


@pytest.mark.parametrize("spare", [True, False])
@pytest.mark.parametrize("most", [0, 1, 2, 3])
def test_used_up_means_the_same_in_sql(durable_place: Place, most: int, spare: bool) -> None:
    """The statement that closes contacts after a maximum was lowered agrees with the rule on every contact."""
    cases = list(product(ContactStatus, range(4), [False, True]))
    bench = Bench(store=durable_place.new)
    store: Any = bench.store
    campaign = bench.running(len(cases))
    contacts, runs = store._tables.contacts, store._tables.runs
    with store._engine.connect() as connection:
        for ordinal, (status, attempts, connected) in enumerate(cases):
            here = sa.update(contacts).where(contacts.c.ordinal == ordinal)
            connection.execute(here.values(status=status.value, attempts=attempts, connected=connected))
        counts = {status.value: sum(case[0] is status for case in cases) for status in ContactStatus}
        connection.execute(sa.update(runs).values(**counts))
    move = CloseUsedUp(most, spare)
    store.change(campaign.id, lambda _: Changes(None, moves=(move,)))

    def expected(status: ContactStatus, attempts: int, connected: bool) -> ContactStatus:
        if status not in WAITING or not used_up(attempts, status, move):
            return status
        return ContactStatus.COMPLETED if connected else ContactStatus.EXHAUSTED

    found = bench.contacts(campaign)
    assert [each.status for each in found] == [expected(*case) for case in cases]
    assert store.counters(campaign.id).contacts == recount.from_rows(found, [], 1).contacts


def test_a_value_that_does_not_fit_is_no_passing_trouble() -> None:
    with place_of("postgres") as place:
        store: Any = place.new()
        with pytest.raises(StoreError, match="a value does not fit") as caught:
            store._transactions.write(lambda connection: connection.exec_driver_sql("SELECT 1 / 0"))
        assert not isinstance(caught.value, StoreUnavailable)
