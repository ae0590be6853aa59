"""The version of the tables: made once, brought up to date with their data, left alone by an old release."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import postgres
from ori_campaigns.browsing import CampaignFilter
from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.errors import PASSING, CampaignsError, InvalidDefinition, StoreUnavailable
from ori_campaigns.reports import Accepted
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.stores.sql.opening import open_engine
from ori_campaigns.stores.sql.schema import MIGRATIONS, VERSION, Migration, prepare
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.stores.sql.transactions import Transactions
from ori_campaigns.testing.bench import Bench, number


class Database:
    """A database of the test's own, by its URL; on PostgreSQL in a schema of its own."""

    def __init__(self, url: str, schema: str | None) -> None:
        self.url, self.schema = url, schema
        # Nothing here pulls the plug.
        options = {"options": f"-c synchronous_commit=off -c search_path={schema}"} if schema else {}
        self.engine = sa.create_engine(url, connect_args=options)
        if schema is None:
            sa.event.listen(self.engine, "connect", lambda driver, _: driver.execute("PRAGMA synchronous=OFF"))

    def open(self, **options: Any) -> SqlStore:
        return SqlStore(self.engine, **{"schema": self.schema, **options})

    def bench(self, **options: Any) -> Bench:
        return Bench(store=lambda clock: self.open(clock=clock, **options))

    def run(self, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements as somebody with a console does; return the rows of the last."""
        with self.engine.begin() as connection:
            for statement in statements:
                result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []

    def migrate(self, migrations: Mapping[int, Migration], version: int) -> None:
        """Open it as a release with these migrations does."""
        engine, dialect, _ = open_engine(self.engine, synchronous="FULL")
        tables = Tables("ori_", self.schema, numbered=dialect.numbered)
        transactions = Transactions(engine, dialect)
        transactions.write(lambda c: prepare(c, tables, create=True, migrations=migrations, version=version))

    def version(self) -> int:
        return int(self.run("SELECT value FROM ori_meta WHERE name = 'schema_version'")[0][0])

    def contents(self) -> dict[str, Any]:
        """Return all there is: the columns of each table, its indexes, and its rows."""
        found: dict[str, Any] = {}
        inspector = sa.inspect(self.engine)
        for table in sorted(inspector.get_table_names(schema=self.schema)):
            columns = [(column["name"], str(column["type"])) for column in inspector.get_columns(table, self.schema)]
            indexes = sorted(str(index["name"]) for index in inspector.get_indexes(table, self.schema))
            found[table] = columns, indexes, sorted(map(repr, self.run(f'SELECT * FROM "{table}"')))
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path}/calls.db", None)
        with closing(made.engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA journal_mode=WAL")
        yield made
    else:
        with postgres.fresh_schema(postgres.server()) as schema:
            made = Database(postgres.server(), schema)
            yield made
            made.engine.dispose()
    made.engine.dispose()


def busy(bench: Bench) -> None:
    """Let something be in every table."""
    campaign = bench.running(5)
    first, second, third, *_ = bench.dials()
    bench.talked(first)
    bench.no_answer(second)
    bench.service.exclude(campaign.id, [number(4)], by="test", wait=False)
    bench.tell(Accepted(third.attempt_id, bench.clock.now()))
    assert bench.log()


def all_at_once(*works: Callable[[], object]) -> list[BaseException]:
    """Do works in threads that begin together; return what they raised."""
    barrier, raised = threading.Barrier(len(works)), []

    def do(work: Callable[[], object]) -> None:
        barrier.wait()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told below
            raised.append(error)

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


# --- versions: as if contacts had had no rule in version 0 -----------------------------------------------------------

OLDER = ("ALTER TABLE ori_contacts DROP COLUMN rule", "UPDATE ori_meta SET value = '0' WHERE name = 'schema_version'")


def to_one(connection: sa.Connection, tables: Tables) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {tables.contacts} ADD COLUMN rule TEXT DEFAULT '' NOT NULL")


def to_two(connection: sa.Connection, tables: Tables) -> None:
    connection.exec_driver_sql(f"ALTER TABLE {tables.lists} ADD COLUMN source TEXT")
    connection.execute(sa.text(f"UPDATE {tables.lists} SET source = 'upload'"))


def breaks(connection: sa.Connection, tables: Tables) -> None:
    to_two(connection, tables)
    connection.exec_driver_sql(f"DELETE FROM {tables.people}")
    connection.exec_driver_sql(f"DROP TABLE {tables.exclusions}")
    raise ZeroDivisionError


def test_every_version_before_this_one_can_be_brought_up_to_date() -> None:
    assert set(MIGRATIONS) == set(range(1, VERSION))


def test_an_older_version_is_brought_up_to_date_with_its_data(database: Database) -> None:
    bench = database.bench()
    bench.running(5)
    before, contents = bench.told(), database.contents()
    database.run(*OLDER)
    database.migrate({0: to_one}, 1)
    assert database.version() == 1
    assert bench.told() == before
    assert {name: indexes for name, (_, indexes, _) in database.contents().items()} == {
        name: indexes for name, (_, indexes, _) in contents.items()
    }
    bench.talked(*bench.dials())
    assert len(bench.log()) > len(before.log)


# What version 1 did not have: campaigns could not be searched.
VERSION_1 = (
    "DROP INDEX ori_campaigns_by_status",
    "ALTER TABLE ori_campaigns DROP COLUMN name_folded",
    "ALTER TABLE ori_campaigns DROP COLUMN id_folded",
    "UPDATE ori_meta SET value = '1' WHERE name = 'schema_version'",
)


def test_campaigns_of_version_1_can_be_searched(database: Database) -> None:
    bench = database.bench()
    campaign = bench.running(3, name="Öffnung")
    bench.create(name="other")
    before, contents = bench.told(), database.contents()
    database.run(*VERSION_1)
    store = database.open(clock=bench.clock)
    assert database.version() == 2
    assert database.contents() == contents
    assert bench.told() == before
    found = store.overview("default", CampaignFilter("ÖFF", CampaignStatus.RUNNING))
    assert [each.campaign.id for each in found] == [campaign.id]


def test_an_empty_store_of_version_1_is_brought_up_to_date(database: Database) -> None:
    database.open()
    contents = database.contents()
    database.run(*VERSION_1)
    assert database.open().overview("default") == []
    assert database.contents() == contents


def test_migrations_run_one_after_the_other(database: Database) -> None:
    bench = database.bench()
    bench.running(2)
    database.run(*OLDER)
    database.migrate({0: to_one, 1: to_two}, 2)
    assert database.version() == 2
    assert database.run("SELECT size, source FROM ori_lists") == [(2, "upload")]
    after = database.contents()
    database.migrate({0: to_one, 1: to_two}, 2)
    assert database.contents() == after


def test_a_migration_that_fails_leaves_everything_as_it_was(database: Database) -> None:
    database.bench().running(3)
    database.run(*OLDER)
    before = database.contents()
    with pytest.raises(ZeroDivisionError):
        database.migrate({0: to_one, 1: breaks}, 2)
    assert database.contents() == before
    database.migrate({0: to_one, 1: to_two}, 2)
    assert database.version() == 2


def test_two_who_bring_it_up_to_date_at_once_both_succeed(database: Database) -> None:
    database.bench().running(2)
    database.run(*OLDER)
    assert all_at_once(*[lambda: database.migrate({0: to_one, 1: to_two}, 2)] * 4) == []
    assert database.version() == 2


@pytest.mark.parametrize(("found", "create", "code"), [(3, True, "schema_newer"), (1, False, "schema_older")])
def test_tables_of_another_version_are_refused_and_left_alone(
    database: Database, found: int, create: bool, code: str
) -> None:
    busy(database.bench())
    database.run("ALTER TABLE ori_runs ADD COLUMN later TEXT", f"UPDATE ori_meta SET value = '{found}'")
    before = database.contents()
    with pytest.raises(StoreUnavailable) as caught:
        database.open(create=create)
    assert caught.value.code == code
    assert f"tables of version {found}" in str(caught.value)
    assert str(caught.value).endswith("Nothing was changed.")
    assert database.contents() == before


def test_missing_tables_are_made_only_when_told_to(database: Database) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        database.open(create=False)
    assert caught.value.code == "schema_missing"
    assert "create=True" in str(caught.value)
    assert database.contents() == {}
    database.open()
    assert database.open(create=False).campaigns() == []


# --- opening ---------------------------------------------------------------------------------------------------------


def test_opening_again_changes_nothing(database: Database) -> None:
    busy(database.bench())
    before = database.contents()
    for create in (True, True, False):
        database.open(create=create)
    assert database.contents() == before


def test_several_open_it_at_once_for_the_first_time(database: Database) -> None:
    stores: list[SqlStore] = []

    def open_it() -> None:
        store = SqlStore(database.url, schema=database.schema)
        stores.append(store)
        assert store.campaigns() == []

    assert all_at_once(*[open_it] * 4) == []
    for store in stores:
        store.close()
    assert database.run("SELECT count(*) FROM ori_log") == [(1,)]


@pytest.mark.parametrize("word", ["CREATE TABLE", "CREATE INDEX", "INSERT"])
def test_somebody_else_opens_it_in_the_middle_of_the_first_time(database: Database, word: str) -> None:
    others: list[threading.Thread] = []
    raised: list[BaseException] = []

    def open_it() -> None:
        try:
            SqlStore(database.url, schema=database.schema).close()
        except CampaignsError as error:
            raised.append(error)

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def _meanwhile(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if statement.strip().startswith(word) and not others:
            others.append(threading.Thread(target=open_it))
            others[0].start()
            # It may finish, or wait for us.
            others[0].join(0.3)

    database.open()
    others[0].join()
    assert raised == []
    assert database.run("SELECT count(*) FROM ori_log") == [(1,)]


# --- beside others ---------------------------------------------------------------------------------------------------


def test_two_stores_in_one_database_do_not_see_each_other(database: Database) -> None:
    one, two = database.bench(prefix="ori_"), database.bench(prefix="acme_2_")
    one.running(3)
    before = one.told()
    assert two.log() == []
    assert two.store.agenda().works == []
    busy(two)
    assert one.told() == before
    # A number that is busy in one store is free in the other.
    assert len(one.dials()) == 3


@pytest.mark.parametrize("name", ["Acme_", "2nd_", "a b", 'q"_', "x'_", "a:b", "a%", "a" * 41])
def test_names_that_would_have_to_be_quoted_are_refused(database: Database, name: str) -> None:
    for names in ({"prefix": name}, {"schema": name}):
        with pytest.raises(InvalidDefinition) as caught:
            database.open(**names)
        assert caught.value.code == "bad_store_name"
    assert database.contents() == {}


def test_two_stores_in_two_schemas_do_not_see_each_other(postgres_url: str) -> None:
    for name in ("ori", "team_a"):
        postgres.execute(postgres_url, f"CREATE SCHEMA {name}")
    engine = sa.create_engine(postgres_url)
    one, two = (
        Bench(store=lambda clock, name=name: SqlStore(engine, clock=clock, schema=name))  # type: ignore[misc]
        for name in ("ori", "team_a")
    )
    one.running(3)
    before = one.told()
    busy(two)
    assert one.told() == before
    found = postgres.execute(postgres_url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    assert found == [(0,)]
    engine.dispose()


def test_a_hosts_own_tables_are_left_alone(database: Database) -> None:
    database.run(
        "CREATE TABLE campaigns (id TEXT)",
        "CREATE TABLE events (note TEXT)",
        "CREATE TABLE ori_orders (note TEXT)",
        "INSERT INTO campaigns VALUES ('spring')",
        "INSERT INTO events VALUES ('fair')",
        f"INSERT INTO ori_orders VALUES ('{number(0)}')",
    )
    before = database.contents()
    busy(database.bench())
    after = database.contents()
    assert {name: after[name] for name in before} == before
    assert len(after) > len(before)


def test_a_table_of_the_hosts_that_is_in_the_way_is_not_taken_for_ours(database: Database) -> None:
    database.run("CREATE TABLE events (note TEXT)", "INSERT INTO events VALUES ('fair')")
    before = database.contents()
    with pytest.raises(CampaignsError) as caught:
        database.open(prefix="")
    assert "Nothing was changed" in str(caught.value)
    assert database.contents() == before
    assert not isinstance(caught.value, PASSING)
