"""A store of many campaigns, one of them with a list of people, and how long its pages take.

python -m benchmarks.list_pages memory|sqlite CAMPAIGNS CONTACTS
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.harness import tell
from ori_campaigns import CampaignDraft, CampaignService, Carrier, MemoryStore, StaticDirectory, VirtualClock
from ori_campaigns.ids import counted_ids
from ori_campaigns.ingest import Leads
from ori_campaigns.ports import Store

START = datetime(2026, 1, 5, 10, tzinfo=UTC)
POOL = "911140001000"
ROWS = 50
TIMES = 40
"""How often a page is asked for; the median counts."""


def service_over(store: Store) -> CampaignService:
    directory = StaticDirectory(bots=["asha"], carriers=[Carrier("trunk", [POOL], cps=100, burst=100)])
    return CampaignService(store, directory, new_id=counted_ids("c"))


def fill(service: CampaignService, campaigns: int, contacts: int, clock: VirtualClock) -> str:
    """Make the campaigns, half of them renewals; return the id of the newest, which has the people."""
    names = ("Renewals", "Collections")
    for nth in range(campaigns):
        clock.advance(seconds=1)
        # The newest is on the first page of the renewals.
        name = f"{names[(campaigns - 1 - nth) % 2]} {nth}"
        people = None
        if nth == campaigns - 1:
            people = Leads.of([f"9198{index:08d}" for index in range(contacts)])
        made = service.create(CampaignDraft(name, "asha", [POOL]), people, by="bench")
    return made.id


def timed(work: Callable[[], object], times: int = TIMES) -> float:
    work()
    found = []
    for _ in range(times):
        began = perf_counter()
        work()
        found.append(perf_counter() - began)
    return median(found)


def look(service: CampaignService, biggest: str) -> dict[str, float]:
    """Ask for pages; return seconds by what was asked."""
    page = service.list_page(search="renewals", status="draft", limit=ROWS)
    assert page.rows[0].campaign_id == biggest
    assert len(page.rows) == ROWS
    assert page.more
    store = service.store
    return {
        "filtered page": timed(lambda: service.list_page(search="renewals", status="draft", limit=ROWS)),
        "next page": timed(lambda: service.list_page(search="renewals", after=page.cursor, limit=ROWS)),
        "nothing found": timed(lambda: service.list_page(search="nobody of that name", limit=ROWS), 10),
        "one by one": timed(lambda: [store.counters(row.campaign_id) for row in page.rows], 10),
        "detail page": timed(lambda: service.detail(biggest)),
        "page of contacts": timed(lambda: service.contacts(biggest, limit=ROWS)),
    }


def in_memory(campaigns: int, contacts: int) -> dict[str, float]:
    clock = VirtualClock(START)
    service = service_over(MemoryStore(clock))
    return look(service, fill(service, campaigns, contacts, clock))


def in_sqlite(campaigns: int, contacts: int) -> dict[str, float]:
    import sqlalchemy as sa

    from ori_campaigns.stores.sql import SqlStore

    with tempfile.TemporaryDirectory(prefix="ori_bench_") as folder:
        clock = VirtualClock(START)
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'list.db'}")
        store = SqlStore(engine, clock=clock)
        # In one transaction: it is not the making that is measured.
        with engine.connect() as connection, connection.begin():
            biggest = fill(service_over(store.joined(connection)), campaigns, contacts, clock)
        found = look(service_over(store), biggest)
        engine.dispose()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure pages of the campaign list.")
    parser.add_argument("store", choices=["memory", "sqlite"])
    parser.add_argument("campaigns", type=int)
    parser.add_argument("contacts", type=int)
    options = parser.parse_args()
    found = {"memory": in_memory, "sqlite": in_sqlite}[options.store](options.campaigns, options.contacts)
    tell(found["filtered page"], found["filtered page"], found)


if __name__ == "__main__":
    main()
