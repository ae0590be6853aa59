"""The store inside a transaction of the host's: it happens when that commits, and not at all when it does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import postgres
from ori_campaigns.errors import Conflict, NotFound
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.ingest import Leads
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.testing.bench import Bench, Broken, broken, number


class Host:
    """A host with a table of its own, beside two running campaigns in the same database."""

    def __init__(self, engine: sa.Engine, schema: str | None) -> None:
        self.engine = engine
        self.bench = Bench(store=lambda clock: SqlStore(engine, clock=clock, schema=schema))
        assert isinstance(self.bench.store, SqlStore)
        self.store = self.bench.store
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE orders (note TEXT)")
        self.id, self.other = self.bench.running(3).id, self.bench.running([number(50)]).id

    def note(self, connection: sa.Connection, note: str) -> None:
        connection.exec_driver_sql(f"INSERT INTO orders VALUES ('{note}')")

    def notes(self) -> list[str]:
        with self.engine.connect() as connection:
            return list(connection.exec_driver_sql("SELECT note FROM orders").scalars())

    def inside(self, connection: sa.Connection) -> CampaignService:
        return self.bench.worker(self.store.joined(connection))

    def do_everything(self, connection: sa.Connection) -> str:
        """Create, exclude and pause; return the id of the new campaign."""
        service = self.inside(connection)
        draft = self.bench.draft(name="Joined")
        created = service.create(draft, Leads.of([number(60), number(61)]), by="host", key="order 7")
        service.exclude(self.id, [number(1)], by="host", wait=False)
        service.pause(self.id, by="host", wait=False)
        return created.id


@pytest.fixture(params=["sqlite", "postgresql"])
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path}/host.db", connect_args={"timeout": 0.05})
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        yield Host(engine, None)
    else:
        with postgres.fresh_schema(postgres.server()) as schema:
            options = {"options": f"-c synchronous_commit=off -c lock_timeout=500ms -c search_path={schema}"}
            engine = sa.create_engine(postgres.server(), connect_args=options)
            yield Host(engine, schema)
            engine.dispose()
    engine.dispose()


def test_it_commits_with_the_host(host: Host) -> None:
    before = host.bench.told()
    with host.engine.begin() as connection:
        host.note(connection, "paid")
        created = host.do_everything(connection)
        # Nobody else sees any of it yet; the host does.
        assert host.bench.told() == before
        assert host.store.joined(connection).campaign(created).name == "Joined"
    assert host.notes() == ["paid"]
    assert host.store.campaign(host.id).status == "paused"
    assert host.store.counters(host.id).excluded == 1
    assert [each.number.reveal() for each in host.store.contacts(created)] == [number(60), number(61)]
    again = host.bench.draft(name="Joined"), Leads.of([number(60), number(61)])
    assert host.bench.service.create(*again, by="host", key="order 7").id == created


@pytest.mark.parametrize("note_first", [True, False])
def test_it_vanishes_with_the_host(host: Host, note_first: bool) -> None:
    before = host.bench.told()
    with host.engine.connect() as connection:
        if note_first:
            host.note(connection, "paid")
        created = host.do_everything(connection)
        host.note(connection, "shipped")
        connection.rollback()
    assert host.notes() == []
    assert host.bench.told() == before
    with pytest.raises(NotFound):
        host.store.campaign(created)
    assert host.bench.service.pause(host.id, by="test", wait=False).campaign.status == "paused"


@pytest.mark.behaviour("C10")
@pytest.mark.parametrize("commits", [True, False])
def test_a_list_grows_with_the_host_or_not_at_all(host: Host, commits: bool) -> None:
    campaign = host.bench.running([number(1), number(2)], always_on=True)
    before = host.bench.told()
    with host.engine.connect() as connection:
        more = Leads.of([number(2), number(60)])
        assert host.inside(connection).append(campaign.id, more, by="host").added == 1
        assert len(host.store.joined(connection).contacts(campaign.id)) == 3
        host.note(connection, "ordered")
        connection.commit() if commits else connection.rollback()
    assert host.notes() == ["ordered"] * commits
    if commits:
        assert [each.number.reveal() for each in host.bench.contacts()] == [number(1), number(2), number(60)]
    else:
        assert host.bench.told() == before
    assert host.bench.service.append(campaign.id, more, by="test").duplicates == 1 + commits


def test_a_host_that_dies_before_its_commit_has_done_nothing(host: Host) -> None:
    before = host.bench.told()
    connection = host.engine.connect()
    host.do_everything(connection)
    connection.invalidate()
    connection.close()
    assert host.bench.told() == before


@pytest.mark.parametrize("note_first", [True, False])
def test_a_rule_that_raises_leaves_the_transaction_to_the_host(host: Host, note_first: bool) -> None:
    with host.engine.begin() as connection:
        if note_first:
            host.note(connection, "first")
        with pytest.raises(Broken):
            host.store.joined(connection).change(host.id, broken)
        with pytest.raises(NotFound):
            host.inside(connection).pause("nobody", by="host", wait=False)
        host.inside(connection).pause(host.other, by="host", wait=False)
        host.note(connection, "last")
    assert host.notes()[-1:] == ["last"]
    assert len(host.notes()) == 1 + note_first
    assert [host.store.campaign(each).status for each in (host.id, host.other)] == ["running", "paused"]


def test_what_would_be_tried_again_is_a_conflict(host: Host) -> None:
    snapshot = {"isolation_level": "REPEATABLE READ"} if host.engine.dialect.name == "postgresql" else {}
    with host.engine.connect().execution_options(**snapshot) as connection:
        if not snapshot:
            connection.exec_driver_sql("BEGIN")
        assert connection.exec_driver_sql("SELECT count(*) FROM orders").scalar_one() == 0
        host.bench.service.exclude(host.id, [number(2)], by="somebody else", wait=False)
        host.bench.service.pause(host.id, by="somebody else", wait=False)
        before = host.bench.told()
        with pytest.raises(Conflict, match="Roll your transaction back and begin it anew") as caught:
            host.inside(connection).exclude(host.id, [number(1)], by="host", wait=False)
        assert caught.value.code == "conflict"
        connection.rollback()
        assert host.bench.told() == before
        host.inside(connection).exclude(host.id, [number(1)], by="host", wait=False)
        host.note(connection, "anew")
        connection.commit()
    assert host.notes() == ["anew"]
    assert host.store.counters(host.id).excluded == 2


def lifecycle(bench: Bench, after: int) -> tuple[list[tuple[str, str]], int]:
    """Return the lifecycle actions that come after a cursor, and where to read on."""
    page = bench.store.events(after, 1000)
    found = [(each.campaign_id, each.fact.action) for each in page if isinstance(each.fact, LifecycleChanged)]
    return found, page[-1].cursor if page else after


def test_events_of_a_host_that_commits_late_are_not_skipped(host: Host) -> None:
    concurrent = host.engine.dialect.name == "postgresql"
    _, cursor = lifecycle(host.bench, -1)
    with host.engine.begin() as connection:
        host.inside(connection).pause(host.id, by="host", wait=False)
        seen: list[tuple[str, str]] = []
        if concurrent:
            host.bench.service.pause(host.other, by="somebody else", wait=False)
            seen.append((host.other, "pause"))
        found, cursor = lifecycle(host.bench, cursor)
        assert found == seen
        # A host that looks at the log meanwhile does not keep others from reading.
        host.store.joined(connection).events(-1, 1000)
        if concurrent:
            host.bench.service.resume(host.other, by="somebody else")
            found, cursor = lifecycle(host.bench, cursor)
            assert found == [(host.other, "resume")]
    found, after = lifecycle(host.bench, cursor)
    assert found == [(host.id, "pause")]
    assert lifecycle(host.bench, after) == ([], after)
    cursors = [event.cursor for event in host.bench.log()]
    assert cursors == sorted(set(cursors))


@pytest.mark.parametrize("host", ["postgresql"], indirect=True)
def test_others_work_on_other_campaigns_meanwhile(host: Host) -> None:
    bench, other = host.bench, host.store.campaign(host.other)
    with host.engine.begin() as connection:
        host.do_everything(connection)
        # None of this waits: the pool gives each transaction a connection of its own, with a short patience.
        dial, *_ = bench.admit(other, 3, bench.real_admission).dials
        bench.talked(dial)
        bench.service.exclude(other.id, [number(50)], by="somebody else", wait=False)
        bench.service.pause(other.id, by="somebody else", wait=False)
        bench.service.create(bench.draft(name="Elsewhere"), by="somebody else", key="order 8")
        assert len(host.store.agenda().works) == 1
    assert [each.name for each in host.store.campaigns() if each.status == "paused"] != []
    assert {each.name for each in host.store.campaigns()} >= {"Joined", "Elsewhere"}
