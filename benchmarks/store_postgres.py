"""What is measured of the store in PostgreSQL: each program in a process and on a database of its own.

    python -m benchmarks.store_postgres WORK URL [--from DATABASE] [--contacts N] [--cycles N]

The databases that others copy are made by `prepare` and `prepare_bare`, in the database of the URL itself. Dialling by
several workers is in `store_crowd`.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import TypeVar

import ori_campaigns as ori
from benchmarks import postgres_server
from benchmarks.harness import perform, tell
from benchmarks.store_bare import BarePostgres, campaign_rows
from benchmarks.store_models import (
    SMALL_CAMPAIGNS,
    START,
    People,
    Worker,
    checked,
    counted,
    draft,
    fill,
    running,
    service_over,
    whole_lists,
)
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.instants import SECOND
from ori_campaigns.stores.sql import SqlStore

Claimed = TypeVar("Claimed")

BATCH = 10
"""Contacts in one claim."""
_WARM = 20
"""Claims that are not counted: statements are prepared, pages come into memory."""


class Work:
    """The programs, by name.

    Parameters:
        url: an empty database, or a copy of a prepared one.
    """

    def __init__(self, url: str, *, contacts: int, campaigns: int, cycles: int) -> None:
        self._url, self._contacts, self._campaigns, self._cycles = url, contacts, campaigns, cycles
        self._clock = VirtualClock(START)

    def _store(self) -> SqlStore:
        return SqlStore(self._url, clock=self._clock)

    # --- databases ---
    def prepare(self) -> None:
        """Fill the store: campaigns that share so many contacts."""
        store = self._store()
        small = SMALL_CAMPAIGNS if self._campaigns == 1 else 0
        fill(service_over(store), self._campaigns, self._contacts // self._campaigns, small=small)
        store.close()
        # Otherwise the server sets about it in the middle of somebody's measurement. Tables that are still empty are
        # left alone, as it would leave them: the planner takes one that was found empty for one that stays so.
        for table in ("ori_people", "ori_contacts"):
            postgres_server.execute(self._url, f"VACUUM ANALYZE {table}")
        tell(0, 0, {})

    def prepare_bare(self) -> None:
        """Fill the bare tables."""
        bare = BarePostgres(self._url)
        bare.create(indexed=True)
        bare.load(People(self._contacts).rows())
        bare.prepare()
        bare.campaigns(campaign_rows(self._contacts, SMALL_CAMPAIGNS + 1))
        bare.close()
        tell(0, 0, {})

    # --- loading ---
    def load(self) -> None:
        self._load(People(self._contacts))

    def load_leads(self) -> None:
        self._load(checked(self._contacts))

    def _load(self, people: ori.Leads | People) -> None:
        store = self._store()
        service = service_over(store)
        # What is compiled at first use is not measured.
        service.create(draft(), People(10), by="benchmark")

        def work() -> Mapping[str, float]:
            created = service.create(draft(), people, by="benchmark")
            return {"contacts": store.counters(created.id).total}

        perform(work)

    def load_bare(self) -> None:
        self._load_bare(indexed=False)

    def load_bare_unique(self) -> None:
        self._load_bare(indexed=True)

    def _load_bare(self, *, indexed: bool) -> None:
        bare, rows = BarePostgres(self._url), People(self._contacts).rows()
        bare.create(indexed=indexed)

        def work() -> Mapping[str, float]:
            bare.load(rows)
            return {}

        perform(work, after=lambda: {"contacts": bare.contacts()})

    # --- claims ---
    def claim(self) -> None:
        """Time claims alone; what becomes of them is recorded in between."""
        # The database is asked for its time in each transaction, as where no clock is given.
        store = SqlStore(self._url, clock=DatabaseTime(self._url))
        worker = Worker(service_over(store), BATCH, accepts=False)
        (place,) = running(store)
        found = latencies(lambda: worker.claim(place), worker.record, self._cycles)
        tell(0, 0, {**found, **counted(store, [place])})

    def claim_bare(self) -> None:
        bare = BarePostgres(self._url)
        tell(0, 0, {**latencies(lambda: bare.claim(BATCH), bare.outcome, self._cycles), **bare.counted()})

    # --- whole lists ---
    def lists(self) -> None:
        store = self._store()
        (place,) = running(store)
        tell(0, 0, whole_lists(service_over(store), place))

    def lists_bare(self) -> None:
        tell(0, 0, BarePostgres(self._url).whole_lists())


def latencies(
    claim: Callable[[], Sequence[Claimed]], outcome: Callable[[Sequence[Claimed]], object], cycles: int
) -> dict[str, float]:
    """Milliseconds of a claim: the median, and what 99 of a hundred stay below."""
    took = []
    for _ in range(cycles + _WARM):
        began = perf_counter()
        claimed = claim()
        took.append((perf_counter() - began) * 1000)
        outcome(claimed)
    ordered = sorted(took[_WARM:])
    return {"p50": ordered[cycles // 2], "p99": ordered[min(cycles * 99 // 100, cycles - 1)], "worst": ordered[-1]}


class DatabaseTime:
    """The database's own time, passing a hundred times as fast, so that carriers never lack tokens.

    Asking for it costs what it costs a store that is given no clock: one statement.
    """

    SPEED = 100

    def __init__(self, url: str, began: int | None = None) -> None:
        import sqlalchemy as sa

        engine = sa.create_engine(sa.make_url(url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")
        self._connection = engine.connect()
        self._asked = sa.text("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
        self.began = self._database_time() if began is None else began

    def _database_time(self) -> int:
        found: int = self._connection.execute(self._asked).scalar_one()
        return found

    def now(self) -> int:
        # A second after whatever was prepared.
        return START + SECOND + (self._database_time() - self.began) * self.SPEED

    def sleep(self, seconds: float) -> None:
        raise RuntimeError(f"Nobody waits {seconds} s here.")


def main() -> None:
    parser = argparse.ArgumentParser(description="Run one program of the benchmark of the store in PostgreSQL.")
    parser.add_argument("work", choices=[name for name in vars(Work) if not name.startswith("_")])
    parser.add_argument("url")
    parser.add_argument("--from", dest="copied", default="", help="work on a copy of this database")
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--campaigns", type=int, default=1)
    parser.add_argument("--cycles", type=int, default=100)
    asked = parser.parse_args()
    sizes = {"contacts": asked.contacts, "campaigns": asked.campaigns, "cycles": asked.cycles}
    if asked.work.startswith("prepare"):
        getattr(Work(asked.url, **sizes), asked.work)()
        return
    with postgres_server.database(asked.url, asked.copied) as own:
        getattr(Work(own, **sizes), asked.work)()


if __name__ == "__main__":
    main()
