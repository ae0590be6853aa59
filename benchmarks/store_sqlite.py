"""What is measured of the store in SQLite: each program runs in a process of its own, in a folder that is its own.

    python -m benchmarks.store_sqlite WORK FOLDER [--contacts N] [--batch N] [--cycles N]

The databases that others copy are made by `prepare`, in the folder itself.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import ori_campaigns as ori
from benchmarks.harness import perform, tell
from benchmarks.store_bare import BareSqlite, campaign_rows
from benchmarks.store_models import (
    CPS,
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
from ori_campaigns.stores.sql import SqlStore

OURS, BARE = "ours.db", "bare.db"
"""Prepared by `prepare`, copied by whoever works on them."""


class Work:
    """The programs, by name.

    Parameters:
        folder: where the prepared databases are.
        own: where this process may write.
    """

    def __init__(self, folder: Path, own: Path, *, contacts: int, batch: int, cycles: int) -> None:
        self._folder, self._own = folder, own
        self._contacts, self._batch, self._cycles = contacts, batch, cycles
        self._clock = VirtualClock(START)

    # --- databases ---
    def _store(self, path: Path) -> SqlStore:
        return SqlStore(f"sqlite:///{path}", clock=self._clock)

    def _copied(self, name: str) -> Path:
        return Path(shutil.copy(self._folder / name, self._own / name))

    def prepare(self) -> None:
        """Make the databases on which the others work."""
        store = self._store(self._folder / OURS)
        fill(service_over(store), 1, self._contacts, small=SMALL_CAMPAIGNS)
        store.close()
        bare = BareSqlite(self._folder / BARE)
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
        store = self._store(self._own / OURS)
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
        bare, rows = BareSqlite(self._own / BARE), People(self._contacts).rows()
        bare.create(indexed=indexed)

        def work() -> Mapping[str, float]:
            bare.load(rows)
            return {}

        perform(work, after=lambda: {"contacts": bare.contacts()})

    # --- dialling ---
    def dial(self) -> None:
        store = self._store(self._copied(OURS))
        worker = Worker(service_over(store), self._batch, accepts=False)
        (place,) = running(store)

        def work(cycles: int) -> Mapping[str, float]:
            for _ in range(cycles):
                self._clock.advance(seconds=self._batch / CPS)
                worker.cycle(place)
            return {}

        work(1)
        perform(lambda: work(self._cycles), after=lambda: counted(store, [place]))

    def dial_bare(self) -> None:
        bare = BareSqlite(self._copied(BARE))

        def work(cycles: int) -> Mapping[str, float]:
            for _ in range(cycles):
                bare.outcome(bare.claim(self._batch))
            return {}

        work(1)
        perform(lambda: work(self._cycles), after=bare.counted)

    # --- whole lists ---
    def lists(self) -> None:
        store = self._store(self._copied(OURS))
        (place,) = running(store)
        tell(0, 0, whole_lists(service_over(store), place))

    def lists_bare(self) -> None:
        tell(0, 0, BareSqlite(self._copied(BARE)).whole_lists())


def main() -> None:
    parser = argparse.ArgumentParser(description="Run one program of the benchmark of the store in SQLite.")
    parser.add_argument("work", choices=[name for name in vars(Work) if not name.startswith("_")])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--cycles", type=int, default=100)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=asked.folder) as own:
        work = Work(asked.folder, Path(own), contacts=asked.contacts, batch=asked.batch, cycles=asked.cycles)
        getattr(work, asked.work)()


if __name__ == "__main__":
    main()
