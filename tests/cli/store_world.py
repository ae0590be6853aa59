"""What the tests of commands over a store share: the store as a library sees it, campaigns in it, quick people."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import ori_campaigns as ori
from ori_campaigns.clocks import SystemClock
from ori_campaigns.stores.sql import SqlStore

URL = "sqlite:///campaigns.db"
NUMBERS = ("911140001000", "911140001001")
TRUNK = ori.Carrier("trunk", NUMBERS, cps=50, burst=50, channels=20)
PHONES = ori.StaticDirectory(bots=["renewals-v3"], carriers=[TRUNK])
# Nobody lets it ring, nobody talks for long.
QUICK = (
    *("--ring", "0.05", "--gives-up", "0.05", "--talk-mean", "0.05", "--cps", "100", "--burst", "100"),
    *("--channels", "60", "--mode", "multi_day"),
)


def window(opens: int = -6, closes: int = 6) -> tuple[str, ...]:
    """The options of a window that opens and closes so many hours from now: open, whenever the tests run."""
    now = datetime.now(UTC)
    start, end = (f"{now + timedelta(hours=hours):%H:%M}" for hours in (opens, closes))
    return ("--window-start", start, "--window-end", end)


def open_store(name: str = "campaigns") -> SqlStore:
    return SqlStore(f"sqlite:///{name}.db", clock=SystemClock())


def service_of(store: SqlStore, *ids: str) -> ori.CampaignService:
    """A host of its own over the store; the campaigns that it creates have these ids."""
    names = iter(ids)
    return ori.CampaignService(store, PHONES, new_id=lambda: next(names))


def draft(name: str = "Renewals") -> ori.CampaignDraft:
    _, opens, _, closes = window()
    config = ori.DiallerConfig(
        concurrency_limit=4,
        mode=ori.MULTI_DAY,
        window=ori.CallingWindow(opens, closes),
        retry=ori.RetryPolicy(max_attempts=2, on_system={"no_answer"}),
    )
    return ori.CampaignDraft(name=name, bot="renewals-v3", numbers=NUMBERS, config=config)


def people(count: int, first: int = 0) -> ori.Leads:
    return ori.Leads.of([f"9198{first + index:08}" for index in range(count)])


def attempts(store: SqlStore, campaign_id: str) -> list[ori.Attempt]:
    return list(store.attempts(campaign_id, -1, 100_000))


def called_at_once(found: list[ori.Attempt]) -> list[str]:
    """Attempts that began while another call to the same contact was live."""
    twice, until = [], dict[int, int]()
    for each in sorted(found, key=lambda attempt: attempt.reserved_at):
        if each.reserved_at < until.get(each.contact, 0):
            twice.append(each.id)
        until[each.contact] = each.ended_at if each.ended_at is not None else 1 << 62
    return twice


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what another process does."""
    for _ in range(round(seconds / 0.05)):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")
