"""PostgreSQL: what a transaction sees that had to wait, and what is said when the connection is cut in the middle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa

import ori_campaigns as ori
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.views import CampaignView, Changes

LINE = "911140001000"


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    made = SqlStore(postgres_url)
    yield made
    made.close()


@pytest.fixture
def outside(postgres_url: str) -> Iterator[sa.Engine]:
    """Connections of somebody else's."""
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    yield engine
    engine.dispose()


def created(store: SqlStore) -> str:
    phones = ori.StaticDirectory(bots=["b"], carriers=[ori.Carrier("trunk", [LINE])])
    draft = ori.CampaignDraft(name="Waits", bot="b", numbers=[LINE])
    return ori.CampaignService(store, phones).create(draft, ori.Leads.of(["919800000001"]), by="asha").id


def test_who_waited_for_a_campaign_sees_the_counts_as_the_other_left_them(store: SqlStore, outside: sa.Engine) -> None:
    campaign = created(store)
    seen: list[int] = []

    def look(view: CampaignView) -> Changes[None]:
        seen.append(view.counters.dialled)
        return Changes(None)

    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    other = threading.Thread(target=store.change, args=(campaign, look))
    with outside.connect() as first, outside.connect().execution_options(isolation_level="AUTOCOMMIT") as observer:
        first.exec_driver_sql("SELECT 1 FROM ori_campaigns FOR UPDATE")
        other.start()
        while not observer.exec_driver_sql(waiting).scalar_one():
            time.sleep(0.01)
        first.exec_driver_sql("UPDATE ori_runs SET dialled = 7")
        first.commit()
    other.join()
    assert seen == [7]


@pytest.mark.parametrize("way", ["read", "write"])
def test_a_connection_that_is_cut_in_the_middle_is_a_store_that_cannot_be_used_now(
    way: str, store: SqlStore, outside: sa.Engine
) -> None:
    def work(connection: sa.Connection) -> None:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        with outside.connect().execution_options(isolation_level="AUTOCOMMIT") as other:
            other.exec_driver_sql(f"SELECT pg_terminate_backend({pid})")
            while other.exec_driver_sql(f"SELECT count(*) FROM pg_stat_get_activity({pid})").scalar_one():
                time.sleep(0.01)
        connection.exec_driver_sql("SELECT 1")

    do: Callable[[Callable[[sa.Connection], None]], None] = getattr(store._transactions, way)
    with pytest.raises(ori.StoreUnavailable):
        do(work)
    # The next one is given another connection.
    assert store.campaigns() == []
