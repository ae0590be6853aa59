"""Workers that can be killed: a process that has imported everything and forks one for each line it is told.

    python -m kill.worker

Each line on its input is a JSON object with a plan and what to `do`; it answers with the process id of the child, and
the child says that it is ready, or why it failed. A child shares nothing with others but the database and the book.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import anyio
import attrs
import psycopg  # noqa: F401 - so that no child has to import it
import sqlalchemy.dialects.postgresql
import sqlalchemy.dialects.sqlite  # noqa: F401 - as above

import ori_campaigns as ori
from kill.book import Book, course
from kill.carrier import BookDialler
from ori_campaigns import auditing
from ori_campaigns.ports import AdmitAsk
from ori_campaigns.reports import FoundLive, LookUp, NeverPlaced, PlaceAnswer
from ori_campaigns.runner import RunnerSettings, run_sync
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.views import AdmitView, Changes, Counters

R = TypeVar("R")

LINES = ["911140001000", "911140001001"]
BY = "operator"
LIMITS = {
    # Seconds of the store's time. A reservation is given up (reserved) well after it may leave (send_budget).
    1: ori.CallLimits(send_budget=1, reserved=2, ring=1, ringing=1, talk=1, talk_grace=1, look_up_every=1),
    60: ori.CallLimits(send_budget=30, reserved=60, ring=20, ringing=30, talk=20, talk_grace=10, look_up_every=10),
}
QUICK = RunnerSettings(grouping=timedelta(milliseconds=1), poll=timedelta(milliseconds=20))


@attrs.frozen(kw_only=True)
class Plan:
    """What all workers on one database are told.

    Parameters:
        url: of the database.
        book: where the carrier keeps its book.
        pace: how much faster than the wall clock the store's time passes; at 1 it goes by the database's own clock.
        began: the instant from which on it does.
        zone: one in which it is about noon.
        seats: of each campaign.
        attempts: calls to a contact at most.
        bug: which one the workers have.
    """

    url: str
    book: str
    pace: int
    began: int
    zone: str
    seats: int = 12
    attempts: int = 3
    bug: str = ""


@attrs.frozen
class Fast:
    """The machine's clock, made to go faster."""

    began: int
    pace: int

    def now(self) -> int:
        return self.began + (time.time_ns() // 1000 - self.began) * self.pace

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds / self.pace)


@attrs.frozen
class People:
    """A list of contacts, made without a library whose threads no fork would survive."""

    numbers: list[str]
    policy: str = "digits"

    def variables(self, index: int) -> dict[str, str]:
        return {"place": str(index)}


class EagerStore(SqlStore):
    """The seeded bug: it dials first and commits then."""

    dial: Callable[[ori.DialRequest], None]

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        def eager(view: AdmitView) -> Changes[R]:
            changes = rule(view)
            admission: Any = changes.result
            for dial in admission.dials:
                self.dial(dial)
            time.sleep(0.01)
            return changes

        return super().admit(ask, eager)


class EagerDialler(BookDialler):
    """The same bug's other half: what was dialled before the commit is not dialled after it."""

    def dial(self, call: ori.DialRequest) -> None:
        placed = course(call.attempt_id, call.to.reveal(), self._now(), self._pace)
        self.book.add_call(placed)
        self._tell_of(placed)

    async def place(self, call: ori.DialRequest) -> PlaceAnswer:
        return ori.Accepted(call.attempt_id, self._now())


class SureDialler(BookDialler):
    """The seeded bug: a carrier that forgets what is over, taken for one that would know."""

    async def look_up(self, ref: ori.CallRef) -> LookUp:
        found = await super().look_up(ref)
        return found if isinstance(found, FoundLive) else NeverPlaced(ref.attempt_id, found.at)


class Shop:
    """What a process has: a store on the database, a dialler over the book, and a service."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.clock = Fast(plan.began, plan.pace)
        kind = EagerStore if plan.bug == "dials before it commits" else SqlStore
        self.store = kind(plan.url, clock=self.clock if plan.pace > 1 else None)
        carrier = ori.Carrier("trunk", LINES, cps=min(100, 200 / plan.pace), burst=5, channels=30)
        self.phones = ori.StaticDirectory(bots=["b"], carriers=[carrier])
        self.service = ori.CampaignService(self.store, self.phones, limits=LIMITS[plan.pace])
        self.book = Book(Path(plan.book))
        diallers = {"dials before it commits": EagerDialler, "is too sure": SureDialler}
        self.dialler = diallers.get(plan.bug, BookDialler)(self.book, self.clock.now, plan.pace)
        if isinstance(self.store, EagerStore) and isinstance(self.dialler, EagerDialler):
            self.store.dial = self.dialler.dial

    # --- what a child does -------------------------------------------------------------------------------------------

    def create(self, number: int, people: int) -> None:
        """Create a campaign and start it. Some of its people are on the list of the campaign before it, too."""
        plan, first = self.plan, number * (people * 2 // 3)
        config = ori.DiallerConfig(
            concurrency_limit=plan.seats,
            mode=ori.MULTI_DAY,
            window=ori.CallingWindow("00:00", "23:59", plan.zone),
            retry=ori.RetryPolicy(plan.attempts, 1, {"no_answer", "rejected", "error", "timeout"}),
        )
        draft = ori.CampaignDraft(name=f"Campaign {number}", bot="b", numbers=LINES, config=config)
        leads = _people(first, people)
        campaign = self.service.create(draft, leads, by=BY, key=f"campaign {number}")
        if campaign.status is ori.CampaignStatus.DRAFT:
            self.service.start(campaign.id, by=BY)

    def work(self) -> None:
        """Dial until nothing is left to do."""
        if self.plan.bug == "dials again":
            self._dial_again()
        run_sync(self.service, self.dialler, until="idle", settings=QUICK)

    def _dial_again(self) -> None:
        """The seeded bug: what a dead worker had reserved is taken for not sent."""
        for campaign in self.store.campaigns():
            contacts = self.store.contacts(campaign.id, limit=10_000)
            for attempt in self.store.attempts(campaign.id, limit=10_000):
                if attempt.status in {ori.AttemptStatus.RESERVED, ori.AttemptStatus.SUBMITTED}:
                    number = contacts[attempt.contact].number.reveal()
                    self.book.add_call(course(attempt.id, number, self.clock.now(), self.plan.pace))

    def upload(self, size: int) -> None:
        """Append list after list to one campaign, and replace the list of another, until somebody is killed for it."""
        config = ori.DiallerConfig(
            mode=ori.MULTI_DAY, always_on=True, window=ori.CallingWindow("00:00", "23:59", self.plan.zone)
        )
        drafts = [ori.CampaignDraft(name=name, bot="b", numbers=LINES, config=config) for name in ("grows", "changes")]
        grows, changes = (self.service.create(draft, by=BY, key=draft.name) for draft in drafts)
        if grows.status is ori.CampaignStatus.DRAFT:
            self.service.start(grows.id, by=BY)
        while True:
            first = self.store.counters(grows.id).total
            self.service.append(grows.id, _people(first, size), by=BY)
            version = self.service.get(changes.id).version
            self.service.edit(changes.id, drafts[1], _people(version * size, size), by=BY, version=version)

    def operate(self, number: int, exclude: int) -> None:
        """Pause a campaign, exclude somebody, go on; each is written down only once it was acknowledged."""
        campaigns = [each for each in self.store.campaigns() if each.status is ori.CampaignStatus.RUNNING]
        if not campaigns:
            return
        campaign = campaigns[number % len(campaigns)].id
        self.service.pause(campaign, by=BY)
        self.book.add("paused", campaign=campaign, at=self.clock.now())
        contacts = self.store.contacts(campaign)
        person = contacts[exclude % len(contacts)].number
        self.service.exclude(campaign, [person.reveal()], by=BY)
        self.book.add("excluded", campaign=campaign, number=person.reveal(), at=self.clock.now())
        time.sleep(0.1)
        self.resume()

    def resume(self) -> None:
        """Let everything go on that somebody paused, who may be dead since."""
        for campaign in self.store.campaigns():
            if campaign.status is ori.CampaignStatus.PAUSED:
                self.book.add("resuming", campaign=campaign.id, at=self.clock.now())
                self.service.resume(campaign.id, by=BY)

    def dump(self, to: str) -> None:
        """Write what the store says to a file, for those who do not know it."""
        campaigns = [
            {
                "id": campaign.id,
                "status": campaign.status.value,
                "counters": _counts(self.service.counters(campaign.id)),
                "contacts": [
                    {"ordinal": each.ordinal, "number": each.number.reveal(), "status": each.status.value}
                    | {"attempts": each.attempts, "excluded": each.excluded}
                    for each in self.store.contacts(campaign.id, limit=100_000)
                ],
                "attempts": [
                    {"id": each.id, "contact": each.contact, "status": each.status.value, "detail": each.detail}
                    | {"disposition": each.disposition, "answered_at": each.answered_at, "ended_at": each.ended_at}
                    for each in self.store.attempts(campaign.id, limit=100_000)
                ],
                "lost": sum(
                    type(event.fact).__name__ == "AttemptUnknown"
                    for event in self.store.events(limit=1_000_000, campaign_id=campaign.id)
                ),
            }
            for campaign in self.store.campaigns()
        ]
        found = auditing.audit(self.store)
        told = {"campaigns": campaigns, "findings": [str(each) for each in found.findings], "busy": found.busy}
        Path(to).write_text(json.dumps(told), encoding="utf-8")


def _people(first: int, count: int) -> People:
    return People([f"9198{person:08d}" for person in range(first, first + count)])


def _counts(counters: Counters) -> dict[str, Any]:
    contacts = {status.value: count for status, count in counters.contacts.items()}
    return {"contacts": contacts, "live": counters.live, "dialled": counters.dialled}


# --- the process that forks -------------------------------------------------------------------------------------------


def say(**what: Any) -> None:
    # One write, so that no two processes' lines mix.
    os.write(1, (json.dumps(what) + "\n").encode())


def child(order: dict[str, Any]) -> None:
    shop = Shop(Plan(**order["plan"]))
    say(ready=os.getpid())
    getattr(shop, order["do"])(**order.get("given", {}))


def warm_up() -> None:
    """Load what is only loaded when it is used, so that no child has to."""
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(url=f"sqlite:///{folder}/db", book=f"{folder}/book", pace=60, began=0, zone="Etc/GMT")
        shop = Shop(plan)
        shop.create(0, 2)
        shop.service.step()
        shop.dump(f"{folder}/dump")
        shop.store.close()
    anyio.run(anyio.sleep, 0)


def main() -> None:
    warm_up()
    for line in sys.stdin:
        order = json.loads(line)
        if "reap" in order:
            _, status = os.waitpid(order["reap"], 0)
            say(ended=order["reap"], code=os.waitstatus_to_exitcode(status))
            continue
        pid = os.fork()
        if pid:
            say(forked=pid)
            continue
        try:
            child(order)
        except BaseException:  # noqa: BLE001 - whatever it was, no child goes on as its parent
            say(failed=os.getpid(), why=traceback.format_exc())
            os._exit(1)
        os._exit(0)


if __name__ == "__main__":
    main()
