"""A worker dies anywhere in an upload: the list is the old one or the new one, on every store, and nothing else stays.

A list that replaces another, and one that is appended, are each interrupted before and after every call of the port
(in memory) and before every statement and after every commit (in the databases). The new list is put aside in several
pieces; the appended one brings duplicates, people who were excluded, one of them while he is called, and new ones.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count

import pytest
import sqlalchemy as sa

import ori_campaigns as ori
from ori_campaigns.auditing import audit
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.ids import counted_ids
from ori_campaigns.ingest import Leads
from ori_campaigns.ports import Store
from ori_campaigns.reports import Accepted, Ended
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.stores.sql import people as sql_people
from ori_campaigns.testing.bench import number
from ori_campaigns.testing.crashes import Crashed, CrashingStore, CrashPoints
from stores.deaths import database
from stores.engines import ENGINES

LINES = ["911140001000"]
BEGINS = datetime(2026, 1, 5, 10, tzinfo=UTC)
Open = Callable[[CrashPoints], contextlib.AbstractContextManager[Store]]


@contextlib.contextmanager
def opened(engine: str, clock: VirtualClock) -> Iterator[Open]:
    """One place; what it gives opens a store of one more worker on it, which dies at a point."""
    if engine == "memory":
        memory = MemoryStore(clock)
        yield lambda points: contextlib.nullcontext(CrashingStore(memory, points))
    else:
        with database(engine) as make:
            yield lambda points: make(clock, points)


def leads(words: str, *indexes: int) -> Leads:
    return Leads.of([{"phone_number": number(index), "words": words} for index in indexes])


Row = tuple[str, str, str, int, bool]


def row(index: int, words: str, state: str, attempts: int = 0, *, excluded: bool = False) -> Row:
    """A contact: number, variable, first letter of its status, calls of its budget, flag."""
    return number(index), words, state, attempts, excluded


@dataclass
class Upload:
    """What is on the list before, what is uploaded, and what is on the list afterwards."""

    always_on: bool
    before: list[Row]
    uploaded: tuple[int, ...]
    after: list[Row]

    def do(self, service: ori.CampaignService, campaign: ori.Campaign) -> object:
        uploaded = leads("new", *self.uploaded)
        if self.always_on:
            return service.append(campaign.id, uploaded, by="asha")
        draft = ori.CampaignDraft(campaign.name, campaign.bot, campaign.numbers, campaign.config)
        return service.edit(campaign.id, draft, uploaded, by="asha", version=campaign.version)


REPLACE = Upload(
    always_on=False,
    before=[row(index, "old", "p") for index in range(5)],
    uploaded=(7, 1, 8, 9, 10),
    after=[row(index, "new", "p") for index in (7, 1, 8, 9, 10)],
)
# Two were called and are done, one of them is excluded now; two are being called, one of them was excluded meanwhile.
APPEND = Upload(
    always_on=True,
    before=[
        row(0, "old", "e", 1),
        row(1, "old", "e", 1, excluded=True),
        row(2, "old", "c", 1),
        row(3, "old", "c", 1, excluded=True),
        row(4, "old", "p"),
    ],
    uploaded=(7, 1, 8, 3, 0, 9),
    after=[
        row(0, "old", "e", 1),
        row(1, "new", "p"),
        row(2, "old", "c", 1),
        row(3, "old", "c", 1),
        row(4, "old", "p"),
        *(row(index, "new", "p") for index in (7, 8, 9)),
    ],
)
UPLOADS = {"replace": REPLACE, "append": APPEND}


class Desk:
    """Workers who upload, and die of it; and one who looks at what is left."""

    def __init__(self, open_it: Open, store: Store, clock: VirtualClock, upload: Upload) -> None:
        self.open, self.store, self.clock, self.upload = open_it, store, clock, upload
        carrier = ori.Carrier("t", LINES, cps=100, burst=1000, channels=500)
        self.phones = ori.StaticDirectory(bots=["b"], carriers=[carrier])
        self.ids = counted_ids("c")
        self.healthy = self.service(store)

    def service(self, store: Store) -> ori.CampaignService:
        return ori.CampaignService(store, self.phones, new_id=self.ids)

    def prepare(self) -> ori.Campaign:
        """Create a campaign with the old list; one that is always on has been at work for a while."""
        service = self.healthy
        config = ori.DiallerConfig(
            mode=ori.MULTI_DAY,
            always_on=self.upload.always_on,
            window=ori.CallingWindow("09:00", "18:00", "UTC"),
            concurrency_limit=2,
        )
        campaign = service.create(ori.CampaignDraft("Uploads", "b", LINES, config), leads("old", *range(5)), by="asha")
        if not self.upload.always_on:
            return campaign
        service.start(campaign.id, by="asha")
        dials, now = service.step().dials, self.clock.now()
        service.record(Accepted(dial.attempt_id, now) for dial in dials)
        service.record(Ended(dial.attempt_id, now, "no_answer") for dial in dials)
        service.exclude(campaign.id, number(1), by="asha", wait=False)
        assert len(service.step().dials) == 2
        service.exclude(campaign.id, number(3), by="asha", wait=False)
        return service.get(campaign.id)

    def listed(self, campaign: ori.Campaign) -> list[tuple[str, str, str, int, bool]]:
        found = self.store.contacts(campaign.id)
        assert [each.ordinal for each in found] == list(range(len(found)))
        assert audit(self.store, [campaign.id]).findings == ()
        return [
            (each.number.reveal(), each.variables["words"], each.status.value[0], each.attempts, each.excluded)
            for each in found
        ]

    def end(self, campaign: ori.Campaign) -> None:
        """Let nobody be called any more: the next one has the same people."""
        if self.healthy.get(campaign.id).status is ori.CampaignStatus.RUNNING:
            self.healthy.stop(campaign.id, by="asha", wait=False)
            live = [each.id for each in self.store.attempts(campaign.id) if each.ended_at is None]
            self.healthy.record(Ended(each, self.clock.now(), "no_answer") for each in live)

    def die_everywhere(self) -> list[str]:
        """Upload once for each point, until nobody dies; return the names of the points, with the list that is left."""
        upload, names = self.upload, list[str]()
        for at in count(1):
            campaign, points = self.prepare(), CrashPoints(at)
            assert self.listed(campaign) == upload.before
            died = False
            try:
                with self.open(points) as store:
                    upload.do(self.service(store), campaign)
            except Crashed:
                died = True
            found = self.listed(campaign)
            assert found in (upload.before, upload.after), f"point {at}, {points.names[-1]}"
            names.append(f"{points.names[-1]}: {'old' if found == upload.before else 'new'}")
            if found == upload.before:
                # Whoever goes on does it again, and knows nothing of the first time.
                upload.do(self.healthy, campaign)
                assert self.listed(campaign) == upload.after
            self.end(campaign)
            if not died:
                return names
        raise AssertionError


@pytest.mark.behaviour("C9", "C10")
@pytest.mark.parametrize("name", UPLOADS)
@pytest.mark.parametrize(
    "engine", [pytest.param(each, marks=() if each == "memory" else pytest.mark.slow) for each in ENGINES]
)
def test_a_crash_leaves_the_old_list_or_the_new_one(engine: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql_people, "_PIECE", 2)
    clock = VirtualClock(BEGINS)
    with opened(engine, clock) as open_it, open_it(CrashPoints()) as healthy:
        desk = Desk(open_it, healthy, clock, UPLOADS[name])
        names = desk.die_everywhere()
        # First the old list, then the new one, and nothing in between.
        left = [each.rpartition(": ")[2] for each in names]
        assert left == sorted(left, reverse=True)
        if engine == "memory":
            changes = "change_numbers" if name == "append" else "change"
            assert {"stage: before: old", "stage: committed: old", f"{changes}: before: old"} <= set(names)
            assert f"{changes}: committed: new" in names
        else:
            verbs = ("BEGIN", "SELECT", "INSERT", "UPDATE", "DELETE", "COMMIT")
            assert {f"{verb}: before: old" for verb in verbs} | {"COMMIT: done: old", "COMMIT: done: new"} <= set(names)
            nothing_is_left_behind(desk)


def nothing_is_left_behind(desk: Desk) -> None:
    """What was put aside by those who died is dropped within a day, and what is in use stays."""
    store = desk.store
    assert isinstance(store, SqlStore)
    before = [tuple(store.contacts(each.id)) for each in store.campaigns()]
    assert (aside(store) > 0, people_of_no_list(store) > 0) == (True, True)
    desk.clock.advance(hours=25)
    dropped = store.purge(BEGINS)
    assert dropped.lists > 0
    assert (aside(store), people_of_no_list(store)) == (0, 0)
    assert [tuple(store.contacts(each.id)) for each in store.campaigns()] == before


def aside(store: SqlStore) -> int:
    lists = store._tables.lists
    with store._engine.connect() as connection:
        found: int = connection.execute(sa.select(sa.func.count()).where(lists.c.campaign.is_(None))).scalar_one()
    return found


def people_of_no_list(store: SqlStore) -> int:
    """Count people whose list is no campaign's."""
    people, campaigns = store._tables.people, store._tables.campaigns
    used = sa.select(campaigns.c.list).where(campaigns.c.list.is_not(None))
    with store._engine.connect() as connection:
        found: int = connection.execute(sa.select(sa.func.count()).where(people.c.list.not_in(used))).scalar_one()
    return found
