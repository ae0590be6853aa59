"""Sixteen threads at one campaign, over one store or each over its own: never one call too many, nobody left out.

The carrier counts for itself. A rule takes a moment here, so that whoever counts first and inserts later is found out.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

import attrs
import pytest
import sqlalchemy as sa

from ori_campaigns import recount
from ori_campaigns.admission import Admission, admit
from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.errors import CampaignsError
from ori_campaigns.instants import SECOND
from ori_campaigns.outcomes import record
from ori_campaigns.ports import AdmitAsk, Store
from ori_campaigns.reports import Accepted, DialRequest, Ended, Refused, Report
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.stores.sql.dialects import Sqlite
from ori_campaigns.testing.bench import LIMITS, Bench, number
from ori_campaigns.testing.world import TRUNK
from ori_campaigns.views import AdmitView, Changes
from stores.engines import Place, place_of

T = TypeVar("T")
THREADS, SEATS, SHARE, AT_ONCE = 16, 10, 10, 2
PEOPLE = THREADS * SHARE
"""Each thread is to have its share of them, a few calls at once, so that several have calls at any time."""
TURNS = 600
"""As often as a thread may ask before it has had its share; who asks longer than that is starved."""
A_MOMENT = 0.001


def together(work: Callable[[CampaignService], T], services: Sequence[CampaignService]) -> list[T]:
    """Let all of them work at once; the first error that any of them meets is raised."""
    barrier = threading.Barrier(len(services))

    def begin(service: CampaignService) -> T:
        barrier.wait()
        return work(service)

    with ThreadPoolExecutor(len(services)) as pool:
        return list(pool.map(begin, services))


def ask_in_a_moment(view: AdmitView) -> Changes[Admission]:
    """Admit, and take a moment before saying so."""
    changes = admit(view, LIMITS)
    time.sleep(A_MOMENT)
    return changes


class Line:
    """The carrier: what is live on it, and the most that ever was."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.live = self.peak = 0

    def begin(self, calls: int) -> None:
        with self._lock:
            self.live += calls
            self.peak = max(self.peak, self.live)

    def end(self, calls: int) -> None:
        with self._lock:
            self.live -= calls


@pytest.fixture(autouse=True)
def _rules_take_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(rule: Callable[..., T]) -> Callable[..., T]:
        def in_a_moment(*arguments: Any) -> T:
            done = rule(*arguments)
            time.sleep(A_MOMENT)
            return done

        return in_a_moment

    monkeypatch.setattr("ori_campaigns.dialling.admit", slow(admit))
    monkeypatch.setattr("ori_campaigns.dialling.record", slow(record))


def services_of(bench: Bench, place: Place, *, own: bool) -> list[CampaignService]:
    """Sixteen services over one store, or each over a store of its own in the same database."""
    return [bench.worker(place.again(bench.store) if own else bench.store) for _ in range(THREADS)]


def told(dials: Sequence[DialRequest], kind: Callable[[str, int], Report], now: int) -> list[Report]:
    return [kind(dial.attempt_id, now) for dial in dials]


def check_sixteen_at_work(place: Place, *, own: bool) -> None:
    """Let sixteen threads serve a campaign of ten seats, and hold all that was promised against what happened."""
    bench, line = Bench(store=place.new), Line()
    campaign = bench.running(PEOPLE, concurrency_limit=SEATS)
    now = bench.clock.now()

    def call(service: CampaignService) -> list[str]:
        ask = AdmitAsk(campaign.id, {"trunk": AT_ONCE})
        dials = service.store.admit(ask, ask_in_a_moment).dials
        line.begin(len(dials))
        service.record(told(dials, Accepted, now))
        line.end(len(dials))
        service.record(told(dials, partial(Ended, disposition="customer", answered_at=now), now))
        return [dial.to.reveal() for dial in dials]

    def work(service: CampaignService) -> list[str]:
        called: list[str] = []
        for _ in range(TURNS):
            called += call(service)
            if len(called) >= SHARE:
                return called
            time.sleep(A_MOMENT)
        raise AssertionError(f"A thread was given {len(called)} calls in {TURNS} turns.")

    by_threads = together(work, services_of(bench, place, own=own))
    called = [one for each in by_threads for one in each]
    assert bench.dials() == ()
    assert sorted(called) == [number(index) for index in range(PEOPLE)]
    assert line.peak <= SEATS
    kept = bench.store.counters(campaign.id)
    assert (kept.live, kept.dialled, kept.connected) == (0, PEOPLE, PEOPLE)
    assert recount.from_rows(bench.contacts(), bench.attempts(), 1) == kept
    assert recount.from_log(bench.log(campaign))[1] == kept
    assert bench.service.get(campaign.id).status is CampaignStatus.COMPLETED
    bench.running(1)
    assert bench.store.agenda().supply["default"]["trunk"].channels == TRUNK.channels


OWN = [pytest.param(False, id="one store", marks=pytest.mark.slow), pytest.param(True, id="a store each")]
"""Threads that share a store have no more to overcome than those that share a database only: left to CI."""


@pytest.mark.behaviour("P1", "N4")
@pytest.mark.parametrize("own", OWN)
def test_sixteen_threads_never_exceed_ten_seats(place: Place, own: bool) -> None:
    check_sixteen_at_work(place, own=own)


# --- two campaigns on one call a second ------------------------------------------------------------------------------

FOUND_OUT = (AssertionError, AttributeError, LookupError, CampaignsError)
"""However a store without its locks shows itself: called too many, rows that make no sense, a conflict."""
SLOW = attrs.evolve(TRUNK, cps=1, burst=1)
SECONDS = 6


@pytest.mark.behaviour("P2", "P5")
@pytest.mark.parametrize("own", OWN)
def test_two_campaigns_on_one_call_a_second_both_go_on(place: Place, own: bool) -> None:
    bench = Bench(store=place.new)
    bench.directory.add(SLOW)
    campaigns = [bench.running(40), bench.running([number(index) for index in range(50, 90)])]
    requests: list[tuple[int, str]] = []
    taken: set[int] = set()
    lock = threading.Lock()
    # All threads ask in every second of the store's clock, which goes on when the last of them is done.
    tick = threading.Barrier(THREADS, action=partial(bench.clock.advance, seconds=1))

    def work(service: CampaignService) -> None:
        try:
            for _ in range(SECONDS):
                dials, now = service.step().dials, bench.clock.now()
                requests.extend((now, dial.campaign_id) for dial in dials)
                service.record([answered_by_a_strict_carrier(dial, now) for dial in dials])
                service.record(told(dials, partial(Ended, disposition="customer", answered_at=now), now))
                tick.wait(60)
        except BaseException:
            tick.abort()
            raise

    def answered_by_a_strict_carrier(dial: DialRequest, now: int) -> Report:
        """A second request within a second is refused, as too many."""
        with lock:
            if now in taken:
                return Refused(dial.attempt_id, now, retry_after=1.0)
            taken.add(now)
        return Accepted(dial.attempt_id, now)

    together(work, services_of(bench, place, own=own))
    begun = bench.clock.now() - SECONDS * SECOND
    # One call in every second, taken in turns, and never one that the carrier had to refuse.
    assert sorted(at for at, _ in requests) == [begun + second * SECOND for second in range(SECONDS)]
    turns = Counter(campaign for _, campaign in requests)
    assert turns == {campaign.id: SECONDS // 2 for campaign in campaigns}
    attempts = [attempt for campaign in campaigns for attempt in bench.attempts(campaign)]
    assert {(attempt.status.value, attempt.disposition) for attempt in attempts} == {("ended", "customer")}
    assert len(attempts) == SECONDS


def test_a_token_that_another_took_is_not_asked_for_for_ever(place: Place) -> None:
    # Between a worker's look at the agenda and its admission another one is quicker; time stands still meanwhile.
    bench = Bench(store=place.new)
    bench.directory.add(SLOW)
    bench.running(3)
    quicker, asked = bench.worker(bench.store), 0

    class Slower:
        def __getattr__(self, name: str) -> Any:
            return getattr(bench.store, name)

        def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[T]]) -> T:
            nonlocal asked
            asked += 1
            assert asked < 10, "the same is asked again and again"
            if asked == 1:
                assert len(quicker.step().dials) == 1
            return bench.store.admit(ask, rule)

    step = bench.worker(Slower()).step()
    assert step.dials == ()
    assert step.wake_at is not None
    assert step.wake_at <= bench.clock.now() + SECOND


# --- count, then insert ----------------------------------------------------------------------------------------------


@pytest.fixture
def _rows_are_read_and_not_locked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a store without its locks does: it counts, and inserts, and others do the same meanwhile."""
    begin = MemoryStore.__init__

    def without_lock(self: MemoryStore, *arguments: Any) -> None:
        begin(self, *arguments)
        self._lock = contextlib.nullcontext()  # type: ignore[assignment]

    monkeypatch.setattr(MemoryStore, "__init__", without_lock)
    monkeypatch.setattr(Sqlite, "begin", lambda self, connection, *, writes: connection.exec_driver_sql("BEGIN"))

    def unlocked(_: object, __: object, statement: str, values: object, *___: object) -> tuple[str, object]:
        return statement.partition(" FOR UPDATE")[0], values

    sa.event.listen(sa.Engine, "before_cursor_execute", unlocked, retval=True)
    yield
    sa.event.remove(sa.Engine, "before_cursor_execute", unlocked)


def without_constraints(store: Store) -> None:
    """Take the limits out of the tables of a database, as if they had been forgotten."""
    assert isinstance(store, SqlStore)
    tables = store._tables
    with store._engine.connect() as connection:
        for table, names in ((tables.runs, ("runs_seats", "runs_counts")), (tables.carriers, ("carriers_channels",))):
            for name in names:
                connection.execute(sa.text(f"ALTER TABLE {table.fullname} DROP CONSTRAINT ori_{name}"))


class WithoutConstraints:
    """A place whose databases have no limits of their own."""

    def __init__(self, place: Place) -> None:
        self._place, self.name = place, place.name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._place, name)

    def new(self, clock: Any = None) -> Store:
        store = self._place.new(clock)
        without_constraints(store)
        return store


@pytest.mark.usefixtures("_rows_are_read_and_not_locked")
def test_count_then_insert_is_found_out(place: Place) -> None:
    # In memory more are called than there are seats; SQLite ends a transaction that was overtaken, and says so;
    # in PostgreSQL counts get lost, or its constraints refuse what was counted wrongly.
    with pytest.raises(FOUND_OUT):
        check_sixteen_at_work(place, own=True)


@pytest.mark.slow
@pytest.mark.usefixtures("_rows_are_read_and_not_locked")
def test_count_then_insert_is_found_out_without_constraints() -> None:
    with place_of("postgres") as place, pytest.raises(FOUND_OUT):
        check_sixteen_at_work(WithoutConstraints(place), own=True)
