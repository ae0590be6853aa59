"""How the databases go about the statements of dialling: by an index, however long the lists and the log are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
import sqlalchemy as sa

import postgres
from ori_campaigns.browsing import CampaignFilter, ContactFilter
from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.contact import ContactStatus
from ori_campaigns.ingest import Leads
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.ports import AdmitAsk
from ori_campaigns.reports import Accepted, Ringing
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.testing.bench import Bench, number
from ori_campaigns.views import Changes

SIZE = 20_000
LONG = ("people", "contacts", "attempts", "events")
CLASSES = {
    "pending": "contacts_fresh",
    "retry_scheduled": "contacts_retries",
    "callback_scheduled": "contacts_callbacks",
}

# Of many campaigns few are paused, and one runs. In that a third waits for its first call, a third for a retry, a third
# to be called back; all have been called before.
COUNTS = "pending = 6667, retry_scheduled = 6667, callback_scheduled = 6666"
CROWD = f"""
UPDATE ori_contacts SET status = 'retry_scheduled', due = 1000 + ordinal WHERE ordinal % 3 = 1;
UPDATE ori_contacts SET status = 'callback_scheduled', due = 1000 + ordinal, callback = '[1000,1,"",""]',
    callback_state = 'scheduled' WHERE ordinal % 3 = 2;
UPDATE ori_runs SET {COUNTS};
INSERT INTO ori_attempts (campaign, serial, run, contact, kind, number_in_budget, from_number, carrier, status)
    SELECT campaign, 100000 + ordinal, run, ordinal, 'fresh', 1, '911140001000', 'trunk', 'ended' FROM ori_contacts;
INSERT INTO ori_campaigns (id, workspace, name, status, created_at, run, document)
    SELECT 'other' || ordinal, 'default', 'other', CASE WHEN ordinal % 20 = 0 THEN 'paused' ELSE 'draft' END,
        ordinal, 1, document
    FROM ori_contacts, ori_campaigns WHERE ordinal < 2000 AND id LIKE 'test%';
INSERT INTO ori_events (campaign, stream, sequence, kind, fact)
    SELECT 'gone', ordinal, 1, kind, fact FROM ori_contacts, (
        SELECT kind, fact FROM ori_events WHERE kind = 'ContactsMoved' LIMIT 1) AS one;
"""


class Sent(NamedTuple):
    """A statement, with parameters it was sent with."""

    text: str
    parameters: Any


class Plan(NamedTuple):
    """How a statement is done: tables read from end to end, indexes used, and whether all rows are sorted first."""

    sent: Sent
    scanned: frozenset[str]
    indexes: frozenset[str]
    sorts: bool


class Crowd:
    """A running campaign with a long list and a long log."""

    def __init__(self, engine: sa.Engine, schema: str | None) -> None:
        self.engine = engine
        self.bench = Bench(store=lambda clock: SqlStore(engine, clock=clock, schema=schema))
        assert isinstance(self.bench.store, SqlStore)
        self.store = self.bench.store
        people = Leads.of([number(index) for index in range(SIZE)])
        service = self.bench.service
        self.id = service.create(self.bench.draft(concurrency_limit=20), people, by="test").id
        service.start(self.id, by="test")
        with engine.begin() as connection:
            for statement in CROWD.split(";\n"):
                if statement.strip():
                    connection.exec_driver_sql(statement.replace("%", "%%") if schema else statement)
        self.store.tip()
        if schema:
            self.run("ANALYZE")

    def run(self, statement: str) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(statement)

    @contextmanager
    def listening(self) -> Iterator[list[Sent]]:
        sent: dict[str, Sent] = {}

        def note(_c: Any, _k: Any, text: str, parameters: Any, _x: Any, many: bool) -> None:
            if text.split(maxsplit=1)[0] in {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}:
                sent[text] = Sent(text, parameters[0] if many else parameters)

        sa.event.listen(self.engine, "before_cursor_execute", note)
        found: list[Sent] = []
        try:
            yield found
        finally:
            sa.event.remove(self.engine, "before_cursor_execute", note)
            found += sent.values()

    def plan(self, sent: Sent) -> Plan:
        with self.engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            if connection.dialect.name == "sqlite":
                return sqlite_plan(sent, driver.execute(f"EXPLAIN QUERY PLAN {sent.text}", sent.parameters).fetchall())
            row = driver.execute(f"EXPLAIN (FORMAT JSON) {sent.text}", sent.parameters).fetchone()
            connection.rollback()
        return postgresql_plan(sent, row[0][0]["Plan"])


def sqlite_plan(sent: Sent, rows: list[Any]) -> Plan:
    steps = [row[3] for row in rows]
    scanned = {step.split()[1].removeprefix("ori_") for step in steps if step.startswith("SCAN ")}
    used = {step.partition("INDEX ori_")[2].split()[0] for step in steps if "INDEX ori_" in step}
    # Steps of one query have one parent; a page that was cut off already may be sorted.
    queries = {row[1] for row in rows if " ori_contacts" in row[3]}
    sorts = any(row[3].startswith("USE TEMP B-TREE") and row[1] in queries for row in rows)
    return Plan(sent, frozenset(scanned & set(LONG)), frozenset(used), sorts)


def postgresql_plan(sent: Sent, top: dict[str, Any]) -> Plan:
    def nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield node
        for below in node.get("Plans", ()):
            yield from nodes(below)

    def kinds(node: dict[str, Any]) -> set[str]:
        return {each["Node Type"] for each in nodes(node)}

    found = list(nodes(top))
    scanned = {node["Relation Name"].removeprefix("ori_") for node in found if node["Node Type"] == "Seq Scan"}
    used = {node["Index Name"].removeprefix("ori_") for node in found if "Index Name" in node}
    sorts = any("Sort" in node["Node Type"] and "Limit" not in kinds(node) for node in found)
    return Plan(sent, frozenset(scanned & set(LONG)), frozenset(used), sorts)


def offer(status: str) -> Callable[[Crowd], object]:
    """Ask for the first candidates of one class, as if there were no others."""

    def work(crowd: Crowd) -> object:
        counts = ", ".join(f"{each} = {6_666 if each == status else 0}" for each in CLASSES)
        crowd.run(f"UPDATE ori_runs SET {counts}")
        ask = AdmitAsk(crowd.id, {"trunk": 20})
        found = crowd.store.admit(ask, lambda view: Changes(next(iter(view.candidates)).ordinal))
        crowd.run(f"UPDATE ori_runs SET {COUNTS}")
        return found

    return work


def call(crowd: Crowd) -> None:
    """Dial twenty, hear of them, and see one through."""
    dials = crowd.bench.admit(crowd.store.campaign(crowd.id), 20, crowd.bench.real_admission).dials
    assert len(dials) == 20
    now = crowd.bench.clock.now()
    crowd.bench.tell(*(Accepted(dial.attempt_id, now, carrier_ref=f"their {n}") for n, dial in enumerate(dials)))
    crowd.bench.tell(Ringing("", now, carrier_ref="their 3"))
    crowd.bench.talked(dials[0])


ANY = frozenset[str]()
HOT: dict[str, tuple[Callable[[Crowd], object], frozenset[str]]] = {
    "agenda": (
        lambda crowd: crowd.store.agenda(),
        frozenset({*CLASSES.values(), "contacts_put_off", "attempts_overdue"}),
    ),
    "dialling": (call, frozenset({"attempts_one_call", "attempts_by_ref"})),
    "overdue": (lambda crowd: crowd.store.overdue(100), frozenset({"attempts_overdue"})),
    "log": (lambda crowd: crowd.store.events(9_000, 500), ANY),
    "log of a campaign": (lambda crowd: crowd.store.events(5, 500, crowd.id), frozenset({"events_of"})),
    "tip": (lambda crowd: crowd.store.tip(), ANY),
    "contacts": (lambda crowd: crowd.store.contacts(crowd.id, 9_000, 500), ANY),
    "attempts": (lambda crowd: crowd.store.attempts(crowd.id, 109_000, 500), ANY),
    "exclusion": (lambda crowd: crowd.bench.service.exclude(crowd.id, [number(8_000)], by="test", wait=False), ANY),
    "unsent": (lambda crowd: crowd.store.unsent(crowd.id, before=2), frozenset({"attempts_overdue"})),
    **{f"candidates {each}": (offer(each), frozenset({CLASSES[each], "attempts_one_call"})) for each in CLASSES},
}


def complaints(crowd: Crowd, name: str) -> list[str]:
    """Return what is wrong with the plans of one kind of work."""
    work, wanted = HOT[name]
    with crowd.listening() as sent:
        work(crowd)
    plans = [crowd.plan(each) for each in sent]
    assert plans
    found = [f"reads all of {table}: {plan.sent.text}" for plan in plans for table in plan.scanned]
    found += [f"no use of {index}" for index in wanted - {index for plan in plans for index in plan.indexes}]
    if name.startswith("candidates"):
        found += [f"sorts: {plan.sent.text}" for plan in plans if plan.sorts and "contacts_" in str(plan.indexes)]
    return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def crowd(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crowd]:
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path_factory.mktemp('crowd')}/calls.db")
        sa.event.listen(engine, "connect", lambda driver, _: driver.execute("PRAGMA synchronous=OFF"))
        yield Crowd(engine, None)
    else:
        with postgres.fresh_schema(postgres.server()) as schema:
            options = {"options": f"-c synchronous_commit=off -c search_path={schema}"}
            engine = sa.create_engine(postgres.server(), connect_args=options)
            yield Crowd(engine, schema)
            engine.dispose()
    engine.dispose()


@pytest.mark.parametrize("name", HOT)
def test_hot_statements_find_their_rows_by_an_index(crowd: Crowd, name: str) -> None:
    assert complaints(crowd, name) == []


# What pages ask: how SQLite finds the rows, and by which index PostgreSQL does.
PAGES: dict[str, tuple[Callable[[Crowd], object], str, str]] = {
    "list": (lambda crowd: crowd.store.overview("default"), "INDEX ori_campaigns_newest", "campaigns_newest"),
    "list, further on": (
        lambda crowd: crowd.store.overview("default", after=(10**18, "x")),
        "INDEX ori_campaigns_newest (workspace=? AND created_at<?)",
        "campaigns_newest",
    ),
    "list, searched": (
        lambda crowd: crowd.store.overview("default", CampaignFilter("renewals")),
        "INDEX ori_campaigns_newest",
        "campaigns_newest",
    ),
    "list of a status": (
        lambda crowd: crowd.store.overview("default", CampaignFilter("", CampaignStatus.PAUSED), after=(10**18, "x")),
        "INDEX ori_campaigns_by_status (workspace=? AND status=? AND created_at<?)",
        "campaigns_by_status",
    ),
    "contacts of a status": (
        lambda crowd: crowd.store.contacts(crowd.id, 9_000, 500, ContactFilter(ContactStatus.PENDING)),
        "ori_contacts USING PRIMARY KEY (campaign=? AND run=? AND ordinal>?)",
        "contacts_pkey",
    ),
    "contact of a number": (
        lambda crowd: crowd.store.contacts(crowd.id, only=ContactFilter(number=PhoneNumber(number(7)))),
        "(list=? AND number=?)",
        "people_number",
    ),
    "contacts of a disposition": (
        lambda crowd: crowd.store.contacts(crowd.id, only=ContactFilter(disposition="no_answer")),
        "ori_attempts USING PRIMARY KEY (campaign=?)",
        "attempts_pkey",
    ),
    "attempts of contacts": (
        lambda crowd: crowd.store.attempts_of(crowd.id, range(8_000, 8_050)),
        "(campaign=? AND stream=?)",
        "events_sequence",
    ),
    "activity": (lambda crowd: crowd.store.activity(crowd.id), "(campaign=? AND stream=?)", "events_sequence"),
    "use of numbers": (
        lambda crowd: crowd.store.number_use(crowd.id),
        "ori_attempts USING PRIMARY KEY (campaign=?)",
        "attempts_pkey",
    ),
    "calls of late": (
        lambda crowd: crowd.store.dialled_since(crowd.id, 5),
        "ori_attempts USING PRIMARY KEY (campaign=? AND serial>?)",
        "attempts_pkey",
    ),
}


@pytest.mark.parametrize("name", PAGES)
def test_pages_are_read_by_an_index(crowd: Crowd, name: str) -> None:
    work, step, index = PAGES[name]
    with crowd.listening() as sent:
        work(crowd)
    found = ""
    with crowd.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "postgresql":
            # As the store has it: the crowd is all there is in its tables.
            driver.execute("SET LOCAL enable_seqscan = off")
        for each in sent:
            asked = each.parameters
            if "ori_events" in each.text and isinstance(asked, dict):
                # Nearly all events are of this one; it reads the few of the other by any index.
                asked = {**asked, "id": "gone"}
            explain = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
            rows = driver.execute(f"{explain} {each.text}", asked).fetchall()
            found += "\n".join(str(row[-1]) for row in rows) + "\n"
    assert (step if crowd.engine.dialect.name == "sqlite" else f"ori_{index}") in found
    assert not [each for each in LONG if f"SCAN ori_{each}" in found or f"Seq Scan on ori_{each}" in found]


@pytest.mark.parametrize("asked", [1, 20, 5_000])
def test_numbers_are_looked_up_on_a_list_one_by_one(crowd: Crowd, asked: int) -> None:
    numbers = [PhoneNumber(number(3 * index)) for index in range(asked)]
    with crowd.listening() as sent:
        seen = crowd.store.change_numbers(
            crowd.id, numbers, lambda view: Changes([each.contact for each in view.items])
        )
    assert [each and each.ordinal for each in seen[:3]] == [0, 3, 6][:asked]
    (found,) = (each for each in sent if "ori_people" in each.text)
    with crowd.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        if connection.dialect.name == "sqlite":
            rows = driver.execute(f"EXPLAIN QUERY PLAN {found.text}", found.parameters).fetchall()
            (step,) = (row[3] for row in rows if " ori_people " in row[3])
            assert "(list=? AND number=?)" in step
        else:
            assert {"people_number", "people_pkey"} & crowd.plan(found).indexes == {"people_number"}


@pytest.mark.parametrize("status", CLASSES)
def test_a_missing_index_would_be_noticed(crowd: Crowd, status: str) -> None:
    index = CLASSES[status]
    with crowd.engine.connect() as connection:
        where = {
            "sqlite": "SELECT sql FROM sqlite_master WHERE name = ",
            "postgresql": "SELECT indexdef FROM pg_indexes WHERE schemaname = current_schema() AND indexname = ",
        }[connection.dialect.name]
        made_by = connection.exec_driver_sql(f"{where}'ori_{index}'").scalar_one()
    crowd.run(f"DROP INDEX ori_{index}")
    try:
        assert f"no use of {index}" in complaints(crowd, f"candidates {status}")
    finally:
        crowd.run(made_by)
    assert complaints(crowd, f"candidates {status}") == []


@pytest.mark.parametrize("status", CLASSES)
@pytest.mark.parametrize("crowd", ["sqlite"], indirect=True)
def test_a_status_that_is_no_literal_would_be_noticed(crowd: Crowd, status: str) -> None:
    with crowd.listening() as sent:
        offer(status)(crowd)
    (found,) = (each for each in sent if f"status = '{status}'" in each.text)
    bound = Sent(found.text.replace(f"'{status}'", f"'{status}' || ''"), found.parameters)
    assert CLASSES[status] in crowd.plan(found).indexes
    assert CLASSES[status] not in crowd.plan(bound).indexes
