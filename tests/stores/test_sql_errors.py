"""Troubles of the durable store: each is told in one line, with its code; nothing is lost, nothing is half written."""

from __future__ import annotations

import resource
import sqlite3
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import postgres
from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.errors import PASSING, CampaignsError, CommitUnknown, InvalidDefinition, StoreError, StoreUnavailable
from ori_campaigns.events import NumberExcluded
from ori_campaigns.ingest import Leads
from ori_campaigns.reports import Accepted
from ori_campaigns.stores.sql import SqlStore, dialects
from ori_campaigns.testing.bench import Bench, number

PASSWORD = "s3same0pen"
SECRETS = (PASSWORD, "91980000")
STATEMENTS = ("SELECT", "INSERT", "UPDATE ", "DELETE", "COPY", "BEGIN", "COMMIT", "PRAGMA", "[SQL", "sqlalche.me")
EXCLUDED = number(1)


def told(error: CampaignsError, code: str) -> str:
    """Return what a person reads, which is one line without secrets; nor does a traceback tell any."""
    text = str(error)
    assert error.code == code, text
    assert "\n" not in text
    assert text.endswith(".")
    assert not [word for word in (*SECRETS, *STATEMENTS) if word in text]
    shown = "".join(traceback.format_exception(error))
    assert not [line for line in shown.splitlines() if any(secret in line for secret in SECRETS)]
    return text


def refused(what: Callable[[], object], kind: type[CampaignsError], code: str) -> str:
    with pytest.raises(kind) as caught:
        what()
    assert type(caught.value) is kind
    return told(caught.value, code)


class Trouble:
    """Lets what a store sends go wrong, from the next statement on that begins with a word."""

    def __init__(self, engine: sa.Engine) -> None:
        self.word, self.times = "", 0
        self.befall: Callable[[Any], object] = lambda _: None
        sa.event.listen(engine, "do_execute", self._sent)
        sa.event.listen(engine, "do_executemany", self._sent)

    def at(self, word: str, befall: Callable[[Any], object], times: int = 1) -> None:
        self.word, self.befall, self.times = word, befall, times

    def _sent(self, cursor: Any, statement: str, *_: Any) -> None:
        if self.times and statement.replace('"', "").lstrip().startswith(self.word):
            self.times -= 1
            self.befall(cursor)


class Site:
    """A running campaign in a database, over an engine whose statements can be interfered with."""

    def __init__(self, engine: sa.Engine, schema: str | None = None) -> None:
        self.engine, self.schema = engine, schema
        self.trouble = Trouble(engine)
        self.bench = Bench(store=lambda clock: SqlStore(engine, clock=clock, schema=schema))
        self.id = self.bench.running(3).id

    def pause(self) -> CampaignStatus:
        return self.bench.service.pause(self.id, by="test", wait=False).campaign.status

    def exclude(self) -> object:
        return self.bench.service.exclude(self.id, [EXCLUDED], by="test", wait=False)

    @contextmanager
    def nothing_changes(self) -> Iterator[None]:
        before = self.bench.told()
        yield
        self.trouble.times = 0
        assert self.bench.told() == before


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Site]:
    engine = sa.create_engine(f"sqlite:///{tmp_path}/calls.db", connect_args={"timeout": 0.05})
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    yield Site(engine)
    engine.dispose()


@pytest.fixture
def postgresql() -> Iterator[Site]:
    with postgres.fresh_schema(postgres.server()) as schema:
        # Where nothing else is named, a statement of the test means a table of the store.
        options = {"options": f"-c synchronous_commit=off -c search_path={schema}"}
        engine = sa.create_engine(postgres.server(), connect_args=options)
        yield Site(engine, schema)
        engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("", "bad_store_url"),
        ("campaigns.db", "bad_store_url"),
        (None, "bad_store_url"),
        ("nonsense://x", "bad_store_url"),
        (f"mysql://me:{PASSWORD}@host/calls", "bad_store_url"),
        (f"postgresql://me:{PASSWORD}@host:port/calls", "bad_store_url"),
        (f"postgresql+psycopg2://me:{PASSWORD}@host/calls", "bad_store_url"),
        ("sqlite+aiosqlite:///calls.db", "bad_store_url"),
        ("sqlite+nonsense:///calls.db", "bad_store_url"),
        ("sqlite://", "memory_database"),
        (sa.create_engine("sqlite://"), "memory_database"),
        ("sqlite:///:memory:", "memory_database"),
        ("sqlite:///file::memory:?uri=true", "memory_database"),
        ("sqlite:///file:calls?mode=memory&cache=shared&uri=true", "memory_database"),
    ],
)
def test_what_names_no_database_is_refused(target: Any, code: str) -> None:
    assert refused(lambda: SqlStore(target), InvalidDefinition, code).startswith("The store is not valid: ")
    assert not issubclass(InvalidDefinition, PASSING)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    assert f"Create {folder}" in refused(
        lambda: SqlStore(f"sqlite:///{folder}/a.db"), InvalidDefinition, "bad_store_url"
    )
    by_uri = f"sqlite:///file:{folder}/a.db?uri=true"
    assert "Check that its folder exists" in refused(lambda: SqlStore(by_uri), StoreUnavailable, "store_not_opened")
    assert not folder.exists()


def test_a_file_that_is_no_database_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_bytes(b"Dear Sir or Madam, " * 500)
    refused(lambda: SqlStore(f"sqlite:///{file}"), StoreUnavailable, "store_damaged")
    assert file.read_bytes() == b"Dear Sir or Madam, " * 500
    refused(lambda: SqlStore(f"sqlite:///{tmp_path}"), StoreUnavailable, "store_not_opened")
    (tmp_path / "empty.db").touch()
    empty = f"sqlite:///file:{tmp_path}/empty.db?mode=ro&uri=true"
    refused(lambda: SqlStore(empty), StoreUnavailable, "store_read_only")


@pytest.mark.parametrize("option", ["mode=ro", "immutable=1"])
def test_a_file_that_may_only_be_read_is_read(sqlite: Site, tmp_path: Path, option: str) -> None:
    sqlite.engine.dispose()
    url = f"sqlite:///file:{tmp_path / 'calls.db'}?{option}&uri=true"
    with closing(SqlStore(url, clock=sqlite.bench.clock)) as store, sqlite.nothing_changes():
        assert store.campaign(sqlite.id).status is CampaignStatus.RUNNING
        service = sqlite.bench.worker(store)
        refused(lambda: service.pause(sqlite.id, by="test"), StoreUnavailable, "store_read_only")


def test_a_missing_database_user_or_schema_is_named() -> None:
    url = sa.make_url(postgres.server())
    for wrong in (url.set(database="not_there"), url.set(username="not_there", password=PASSWORD)):
        assert "Correct the URL" in refused(partial(SqlStore, wrong), StoreUnavailable, "store_not_opened")
    no_schema = partial(SqlStore, url, schema="not_there")
    assert "there is no such schema" in refused(no_schema, StoreUnavailable, "store_not_opened")


def test_a_server_that_does_not_answer(tmp_path: Path) -> None:
    url = f"postgresql://me:{PASSWORD}@/calls?host={tmp_path}&password={PASSWORD}"
    assert "Check that it runs" in refused(lambda: SqlStore(url), StoreUnavailable, "store_unavailable")


def few_pages_left(cursor: Any) -> None:
    pages = cursor.connection.execute("PRAGMA page_count").fetchone()[0]
    cursor.connection.execute(f"PRAGMA max_page_count={pages + 8}")


def test_sqlite_runs_out_of_room_in_the_middle_of_a_list(sqlite: Site) -> None:
    many = Leads.of([number(index) for index in range(30_000)])
    with sqlite.nothing_changes():
        sqlite.trouble.at("BEGIN IMMEDIATE", few_pages_left)
        refused(lambda: sqlite.bench.store.stage(many), StoreUnavailable, "store_full")
    with sqlite.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=1000000")
    sqlite.bench.store.stage(many)


def sqlite_says(name: str, text: str) -> Callable[[Any], None]:
    def say(_: Any) -> None:
        error = sqlite3.OperationalError(text)
        error.sqlite_errorname = name
        raise error

    return say


@pytest.mark.parametrize("word", ["INSERT INTO ori_exclusions", "INSERT INTO ori_events", "COMMIT"])
def test_sqlite_runs_out_of_room(sqlite: Site, word: str) -> None:
    with sqlite.nothing_changes():
        sqlite.trouble.at(word, sqlite_says("SQLITE_FULL", "database or disk is full"))
        refused(sqlite.exclude, StoreUnavailable, "store_full")
        assert not sqlite.trouble.times
    sqlite.exclude()


FULL = """
    CREATE FUNCTION full_up() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$
"""


@pytest.mark.parametrize("when", ["", "DEFERRABLE INITIALLY DEFERRED"], ids=["at once", "at commit"])
@pytest.mark.parametrize("table", ["people", "exclusions"])
def test_postgresql_runs_out_of_room(postgresql: Site, table: str, when: str) -> None:
    with postgresql.engine.begin() as connection:
        connection.exec_driver_sql(FULL)
        on = f"AFTER INSERT ON ori_{table} {when} FOR EACH ROW EXECUTE FUNCTION full_up()"
        connection.exec_driver_sql(f"CREATE CONSTRAINT TRIGGER full_up {on}")
    stage = partial(postgresql.bench.store.stage, Leads.of([number(index) for index in range(2_000)]))
    with postgresql.nothing_changes():
        refused(stage if table == "people" else postgresql.exclude, StoreUnavailable, "store_full")
    with postgresql.engine.begin() as connection:
        connection.exec_driver_sql(f"DROP TRIGGER full_up ON ori_{table}")
    stage()
    postgresql.exclude()


def test_a_lock_is_waited_for_as_long_as_the_store_says(postgresql: Site) -> None:
    shown: list[str] = []
    postgresql.trouble.at(
        "SELECT", lambda cursor: shown.extend(cursor.connection.execute("SHOW lock_timeout").fetchone())
    )
    postgresql.pause()
    assert shown == ["30s"]


def test_a_lock_is_not_waited_for_for_ever(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        dialects, "_SETTINGS", dialects._SETTINGS.replace("lock_timeout = '30s'", "lock_timeout = '200ms'")
    )
    take = "BEGIN IMMEDIATE" if site.schema is None else "SELECT * FROM ori_campaigns FOR UPDATE"
    with site.nothing_changes(), site.engine.connect() as other:
        other.exec_driver_sql(take)
        # How long was waited is the engine's own setting.
        assert "30 s" not in refused(site.pause, StoreUnavailable, "store_locked")
        other.rollback()
    assert site.pause() == "paused"


def test_a_pool_without_a_connection_to_spare(postgresql: Site) -> None:
    pool = sa.create_engine(postgres.server(), pool_size=1, max_overflow=0, pool_timeout=0.05)
    store = SqlStore(pool, schema=postgresql.schema)
    with pool.connect(), pytest.raises(StoreUnavailable) as caught:
        store.campaigns()
    told(caught.value, caught.value.code)
    pool.dispose()


def excluded(site: Site) -> list[str]:
    return [event.fact.number.reveal() for event in site.bench.log() if isinstance(event.fact, NumberExcluded)]


def cut(cursor: Any) -> None:
    """End the connection, as the server does when it stops."""
    postgres.execute(postgres.server(), f"SELECT pg_terminate_backend({cursor.connection.info.backend_pid}, 5000)")


@pytest.mark.parametrize("word", ["BEGIN", "SELECT", "INSERT INTO"])
def test_a_connection_that_is_cut_in_a_transaction(postgresql: Site, word: str) -> None:
    with postgresql.nothing_changes():
        postgresql.trouble.at(word, cut, times=99)
        refused(postgresql.exclude, StoreUnavailable, "store_unavailable")
        assert postgresql.trouble.times <= 97
    postgresql.trouble.at(word, cut)
    assert postgresql.exclude()
    assert not postgresql.trouble.times
    assert excluded(postgresql) == [EXCLUDED]


@pytest.mark.parametrize("word", ["BEGIN", "SELECT"])
def test_a_connection_that_is_cut_while_reading(postgresql: Site, word: str) -> None:
    read = partial(postgresql.bench.store.campaign, postgresql.id)
    postgresql.trouble.at(word, cut)
    assert read().status == "running"
    postgresql.trouble.at(word, cut, times=99)
    refused(read, StoreUnavailable, "store_unavailable")


def lost_on_the_way_back(cursor: Any) -> None:
    """The server commits; its answer gets lost."""
    cursor.connection.execute("COMMIT")
    cursor.connection.close()
    raise psycopg.OperationalError("server closed the connection unexpectedly")


def not_written(cursor: Any) -> None:
    """Commit while no file of this process may grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        cursor.connection.execute("COMMIT")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize(("befall", "committed"), [(cut, False), (lost_on_the_way_back, True)])
def test_postgresql_is_lost_in_a_commit(postgresql: Site, befall: Callable[[Any], object], committed: bool) -> None:
    postgresql.trouble.at("COMMIT", befall)
    assert "Read before asking again" in refused(postgresql.exclude, CommitUnknown, "commit_unknown")
    # To try it again is for whoever asked to decide.
    assert not postgresql.trouble.times
    assert len(excluded(postgresql)) == postgresql.bench.store.counters(postgresql.id).excluded == committed
    postgresql.exclude()
    assert excluded(postgresql) == [EXCLUDED]


def test_sqlite_cannot_write_a_commit(sqlite: Site) -> None:
    with sqlite.nothing_changes():
        sqlite.trouble.at("COMMIT", not_written)
        refused(sqlite.exclude, CommitUnknown, "commit_unknown")
    sqlite.exclude()
    assert excluded(sqlite) == [EXCLUDED]


def test_a_commit_that_the_database_takes_back_is_tried_again(postgresql: Site) -> None:
    def conflict(_: Any) -> None:
        raise psycopg.errors.SerializationFailure("could not serialize access")

    postgresql.trouble.at("COMMIT", conflict, times=2)
    postgresql.exclude()
    assert excluded(postgresql) == [EXCLUDED]


def test_tables_that_are_not_what_they_should_be_do_not_pass(site: Site) -> None:
    with site.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE ori_contacts RENAME TO elsewhere")
    text = refused(lambda: site.bench.store.contacts(site.id), StoreError, "store_error")
    assert "the tables are not what they should be" in text
    refused(site.bench.dials, StoreError, "store_error")
    assert not issubclass(StoreError, PASSING)


@pytest.mark.parametrize("name", ["a\x00-1", "\ud800-1", "call-99999999999999999999"])
def test_a_report_that_no_database_can_look_up_is_of_no_call_and_stops_no_other(site: Site, name: str) -> None:
    dial, *_ = site.bench.dials()
    now = site.bench.clock.now()
    assert site.bench.tell(Accepted(name, now), Accepted(dial.attempt_id, now)).unmatched == (name,)
    assert [each.status == "submitted" for each in site.bench.store.attempts(site.id)] == [True, False, False]
