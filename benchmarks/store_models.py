"""What the benchmarks of the durable stores have in common: the list, the campaign, and a worker over a store.

A worker decides, dials and records with a dialler that answers at once: of ten people three pick up and are reached,
the others are to be called again. Which of them depends on the number alone, so every program counts the same.
"""

from __future__ import annotations

import csv
import gc
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from time import perf_counter
from typing import NamedTuple

import ori_campaigns as ori
from ori_campaigns.admission import Admission, admit
from ori_campaigns.instants import SECOND, to_instant
from ori_campaigns.ports import AdmitAsk, Store
from ori_campaigns.reports import DialRequest, Report
from ori_campaigns.views import AdmitView, Changes

START = to_instant(datetime(2026, 1, 5, 9, tzinfo=UTC))
"""A Monday; the window of the campaigns opens."""
CARRIERS = 4
CPS, BURST, CHANNELS = 100, 1000, 500
SMALL_CAMPAIGNS = 199
"""Campaigns beside the large one, for the page that lists them."""
LISTED = 5
"""How often that page is asked for."""
_FIRST_NUMBER, _EACH = 91_980_000_0000, 1_000_000
_CITIES = ("Chennai", "Mumbai", "Pune", "Jaipur", "Kochi", "Indore", "Surat")
_PICKS_UP = frozenset("012")
_LIMITS = ori.CallLimits()


class Place(NamedTuple):
    """A running campaign and the one carrier it dials by."""

    campaign_id: str
    carrier: str


# --- the list --------------------------------------------------------------------------------------------------------


class People:
    """A list of contacts with four call variables each, made before anything is measured.

    Parameters:
        size: how many.
        of: the number of their campaign; no two campaigns have a number in common.
    """

    policy = "digits"

    def __init__(self, size: int, of: int = 0) -> None:
        first = _FIRST_NUMBER + of * _EACH
        self.numbers = [str(first + place) for place in range(size)]
        self._variables = [variables(place) for place in range(size)]

    def variables(self, index: int) -> Mapping[str, str]:
        return self._variables[index]

    def rows(self) -> list[tuple[int, int, str, str]]:
        """The same for a bare table: campaign, place, number, variables as JSON."""
        texts = map(json.dumps, self._variables)
        return [(1, place, number, text) for place, (number, text) in enumerate(zip(self.numbers, texts, strict=True))]


def checked(contacts: int) -> ori.Leads:
    """The same list as it comes from a file."""
    text = io.StringIO()
    people = People(contacts)
    rows = csv.DictWriter(text, ["phone_number", *variables(0)], lineterminator="\n")
    rows.writeheader()
    rows.writerows({"phone_number": number, **people.variables(place)} for place, number in enumerate(people.numbers))
    return ori.read_leads(text.getvalue().encode())


def variables(place: int) -> dict[str, str]:
    return {
        "customer_name": f"Customer {place}",
        "amount_due": f"{place * 37 % 90_000}.50",
        "due_date": f"2026-02-{place % 28 + 1:02}",
        "city": _CITIES[place % len(_CITIES)],
    }


def picks_up(number: str) -> bool:
    return number[-1] in _PICKS_UP


# --- the campaign ----------------------------------------------------------------------------------------------------


def service_over(store: Store) -> ori.CampaignService:
    carriers = [
        ori.Carrier(f"trunk-{each}", numbers=[_number(each)], cps=CPS, burst=BURST, channels=CHANNELS)
        for each in range(CARRIERS)
    ]
    return ori.CampaignService(store, ori.StaticDirectory(bots=["bot"], carriers=carriers))


def _number(carrier: int) -> str:
    return f"91114000100{carrier}"


def draft(carrier: int = 0, *, name: str = "Benchmark", limit: int = CHANNELS) -> ori.CampaignDraft:
    return ori.CampaignDraft(
        name=name,
        bot="bot",
        numbers=[_number(carrier)],
        config=ori.DiallerConfig(
            concurrency_limit=limit,
            mode=ori.MULTI_DAY,
            retry=ori.RetryPolicy(max_attempts=3, on_system=["no_answer"]),
        ),
    )


def fill(service: ori.CampaignService, campaigns: int, contacts: int, *, small: int = 0) -> list[Place]:
    """Create and start campaigns of so many contacts, each on a carrier of its own, and drafts without any."""
    places = []
    for each in range(campaigns):
        created = service.create(draft(each), People(contacts, each), by="benchmark")
        service.start(created.id, by="benchmark")
        places.append(Place(created.id, f"trunk-{each}"))
    for each in range(small):
        service.create(draft(name=f"Draft {each}"), by="benchmark")
    return places


def running(store: Store) -> list[Place]:
    """The campaigns that `fill` has started."""
    found = [each for each in store.campaigns() if each.status is ori.CampaignStatus.RUNNING]
    return sorted(
        (Place(each.id, f"trunk-{each.numbers[0].reveal()[-1]}") for each in found), key=lambda each: each.carrier
    )


# --- the worker ------------------------------------------------------------------------------------------------------


class Worker:
    """Decides, dials and records, a batch at a time.

    Parameters:
        accepts: the dialler says first that it took the call, and then that the call is over, as one does that is
            reached over a network; otherwise it tells the end only.
        steps: decide by `CampaignService.step`, which looks at all campaigns, instead of admission alone.
    """

    def __init__(self, service: ori.CampaignService, batch: int, *, accepts: bool, steps: bool = False) -> None:
        self._service, self._store = service, service.store
        self._batch, self._accepts, self._steps = batch, accepts, steps

    def claim(self, place: Place) -> Sequence[DialRequest]:
        """Reserve a batch of calls by the engine's own rule."""
        ask = AdmitAsk(place.campaign_id, {place.carrier: self._batch})
        return self._store.admit(ask, _admit).dials

    def record(self, dials: Sequence[DialRequest]) -> None:
        """Dial, and record what came of it."""
        reports: list[Report] = []
        if self._accepts:
            reports += [ori.Accepted(dial.attempt_id, _sent(dial), f"ref-{dial.attempt_id}") for dial in dials]
        reports += map(_end, dials)
        self._service.record(reports)

    def cycle(self, place: Place) -> int:
        """Deal with one batch; return its calls."""
        dials = self._service.step().dials if self._steps else self.claim(place)
        if dials:
            self.record(dials)
        return len(dials)


def _admit(view: AdmitView) -> Changes[Admission]:
    return admit(view, _LIMITS)


def _sent(dial: DialRequest) -> int:
    return dial.not_after - _LIMITS.send_budget * SECOND


def _end(dial: DialRequest) -> Report:
    at = _sent(dial)
    if picks_up(dial.to.reveal()):
        return ori.Ended(dial.attempt_id, at, "customer", answered_at=at)
    return ori.Ended(dial.attempt_id, at, "no_answer")


def counted(store: Store, places: Sequence[Place]) -> dict[str, float]:
    """What the kept counts say was done: calls, people reached, people to be called again, calls still open."""
    counters = [store.counters(place.campaign_id) for place in places]
    return {
        "calls": sum(each.dialled for each in counters),
        "reached": sum(each.contacts[ori.ContactStatus.COMPLETED] for each in counters),
        "again": sum(each.contacts[ori.ContactStatus.RETRY_SCHEDULED] for each in counters),
        "open": sum(each.live for each in counters),
    }


# --- everything at once ----------------------------------------------------------------------------------------------


def whole_lists(service: ori.CampaignService, place: Place) -> dict[str, float]:
    """Seconds for what moves a whole list, and for the page that lists all campaigns."""
    name, by = place.campaign_id, "benchmark"
    size = service.counters(name).total
    found = dict(
        timed(
            [
                ("list", lambda: [service.list() for _ in range(LISTED)]),
                ("stop", lambda: service.stop(name, by=by)),
                ("restart", lambda: service.restart(name, by=by)),
                ("clone", lambda: service.clone(name, by=by)),
            ]
        )
    )
    found["list"] /= LISTED
    copies = [each for each in service.store.campaigns() if service.counters(each.id).total == size]
    # The campaign itself and its copy, both with everybody waiting.
    waiting = [service.counters(each.id).contacts[ori.ContactStatus.PENDING] for each in copies]
    return {**found, "same": waiting == [size, size]}


def timed(works: Sequence[tuple[str, Callable[[], object]]]) -> Iterator[tuple[str, float]]:
    for name, work in works:
        gc.collect()
        began = perf_counter()
        work()
        yield name, perf_counter() - began
