"""A world in which every call is made by hand: what the store contract works at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from ori_campaigns.admission import Admission, admit
from ori_campaigns.campaign import Campaign, CampaignDraft
from ori_campaigns.config import CallLimits, CampaignMode, RetryPolicy
from ori_campaigns.contact import LIVE, CallbackRequest
from ori_campaigns.diallers.answers import AnswerModel, Mix
from ori_campaigns.diallers.faults import CarrierFaults
from ori_campaigns.errors import ActionNotAllowed
from ori_campaigns.instants import MINUTE, Instant
from ori_campaigns.outcomes import Policy, Recorded, record
from ori_campaigns.ports import AdmitAsk, Store
from ori_campaigns.reports import Accepted, Answered, CallAnalysis, DialRequest, Ended, Report, Ringing
from ori_campaigns.service import CampaignService
from ori_campaigns.testing.world import World
from ori_campaigns.views import AdmitView, Changes, ReportView

R = TypeVar("R")
RETRIED = RetryPolicy(max_attempts=5, on_system={"no_answer", "rejected", "error", "timeout"})
LIMITS = CallLimits()


class Broken(Exception):
    """What a rule raises in these tests."""


def broken(_view: object) -> Changes[None]:
    """Raise, as a rule with a bug does."""
    raise Broken


class Told(NamedTuple):
    """Everything a store tells, of all campaigns."""

    campaigns: tuple[Any, ...]
    rows: tuple[Any, ...]
    log: tuple[Any, ...]
    agenda: Any


class Bench(World):
    """A world with words for single calls. Nothing is dialled but by `dials`."""

    # --- campaigns ---
    def running(
        self,
        people: Iterable[str | Mapping[str, str]] | int = 3,
        **changes: Any,  # noqa: ANN401 - as for `start`
    ) -> Campaign:
        """Start a campaign with these people, or with so many of them."""
        listed = [number(index) for index in range(people)] if isinstance(people, int) else list(people)
        changes.setdefault("retry", RETRIED)
        changes.setdefault("mode", CampaignMode.MULTI_DAY)
        return self.start(listed, **changes)

    def draft_of(self, campaign: Campaign, **changes: Any) -> CampaignDraft:  # noqa: ANN401 - as for `start`
        """Return what the editor of a campaign holds, with changes."""
        as_it_is = {"name": campaign.name, "bot": campaign.bot, "numbers": campaign.numbers, "config": campaign.config}
        return self.draft(**{**as_it_is, **changes})

    def worker(self, store: Store) -> CampaignService:
        """Return the service of another worker."""
        return CampaignService(store, self.directory)

    # --- calls ---
    def dials(self) -> tuple[DialRequest, ...]:
        """Return what the engine wants dialled now."""
        return self.service.step().dials

    def tell(self, *reports: Report) -> Recorded:
        """Record what happened."""
        return self.service.record(reports)

    def at_once(self, kind: Callable[[str, Instant], Report], *dials: DialRequest) -> None:
        """Report the same of several calls, now."""
        self.tell(*(kind(dial.attempt_id, self.clock.now()) for dial in dials))

    def no_answer(self, *dials: DialRequest) -> None:
        """It rings for 25 seconds, and nobody picks up."""
        self.at_once(Accepted, *dials)
        self.at_once(Ringing, *dials)
        self.clock.advance(seconds=25)
        self.at_once(partial(Ended, disposition="no_answer"), *dials)

    def talked(self, *dials: DialRequest, seconds: float = 60) -> None:
        """Somebody picks up at once, and hangs up."""
        self.at_once(Accepted, *dials)
        self.at_once(Answered, *dials)
        self.clock.advance(seconds=seconds)
        self.at_once(partial(Ended, disposition="customer"), *dials)

    def booked(self, dial: DialRequest, *, minutes: int) -> None:
        """Somebody talks, and asks to be called back so many minutes from now."""
        due = self.clock.now() + minutes * MINUTE
        self.talked(dial)
        self.tell(CallAnalysis(dial.attempt_id, self.clock.now(), "", CallbackRequest(due, "later")))

    # --- the verbs of the port ---
    def admit(self, campaign: Campaign, calls: int, rule: Callable[[AdmitView], Changes[R]]) -> R:
        """Run a rule of admission of one's own."""
        return self.store.admit(AdmitAsk(campaign.id, {"trunk": calls}), rule)

    def real_admission(self, view: AdmitView) -> Changes[Admission]:
        """Admit, by the engine's own rule."""
        return admit(view, LIMITS)

    def real_recording(self, view: ReportView) -> Changes[Recorded]:
        """Record, by the engine's own rule."""
        return record(view, Policy(LIMITS))

    # --- reads ---
    def live(self) -> int:
        """Count the attempts of all campaigns that are live."""
        return sum(a.status in LIVE for each in self.store.campaigns() for a in self.attempts(each))

    def log(self, campaign: Campaign | None = None) -> list[Any]:
        """Return the whole log, or that of one campaign."""
        found: list[Any] = []
        after, only = -1, campaign.id if campaign else None
        while page := self.store.events(after, 100, only):
            found += page
            after = page[-1].cursor
        return found

    def told(self) -> Told:
        """Return everything the store tells, to be compared. Cursors are the store's own affair."""
        campaigns = tuple(self.store.campaigns())
        rows = tuple(
            (each.id, self.store.counters(each.id), tuple(self.contacts(each)), tuple(self.attempts(each)))
            for each in campaigns
        )
        log = tuple((event.campaign_id, event.stream, event.sequence, event.fact) for event in self.log())
        agenda = self.store.agenda()
        return Told(campaigns, rows, log, (tuple(agenda.works), agenda.supply, agenda.now))


def number(index: int) -> str:
    """Return the number of the contact at this place of the lists that are used here, from 0."""
    return f"9198{index:08d}"


def lively(bench: Bench, *, finish: bool = True) -> None:
    """Let two campaigns that share people and a carrier live through an eventful day.

    Parameters:
        finish: go on until nothing is left to do; otherwise stop in the middle of it, with calls under way.
    """
    bench.dialler.answers = AnswerModel(rate=0.5, business=Mix({"": 2, "sold": 1}), timezone="Asia/Kolkata")
    bench.dialler.faults = CarrierFaults(
        reject=0.05, accept_then_timeout=0.05, drop=0.05, duplicate=0.1, reorder=0.1, no_end_event=0.05
    )
    again = RetryPolicy(max_attempts=3, on_system={"no_answer", "rejected"}, on_business=("sold",))
    first = bench.running([number(index) for index in range(9)], concurrency_limit=4, retry=again)
    second = bench.running([number(index) for index in range(5, 13)], concurrency_limit=3, retry=again)
    bench.advance(minutes=3)
    bench.service.exclude(first.id, [number(2), number(6), number(8)], by="test")
    bench.service.pause(second.id, by="test")
    bench.advance(minutes=17)
    bench.service.resume(second.id, by="test")
    bench.advance(minutes=16, seconds=7)
    if not finish:
        return
    bench.service.stop(second.id, by="test")
    bench.until("idle")
    _again(bench, second)


def _again(bench: Bench, campaign: Campaign) -> None:
    """A second run, which is stopped early."""
    try:
        bench.service.restart(campaign.id, by="test")
    except ActionNotAllowed:  # pragma: no cover - only where calls outlast everything
        return
    bench.service.start(campaign.id, by="test")
    bench.advance(minutes=2)
    bench.service.stop(campaign.id, by="test")
    bench.until("idle")
