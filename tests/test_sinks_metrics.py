"""What the metrics count, read back through OpenTelemetry's own SDK."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import attrs
import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import HistogramDataPoint, InMemoryMetricReader

import documents
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.diallers.answers import AnswerModel
from ori_campaigns.diallers.faults import CarrierFaults
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import MissingExtra
from ori_campaigns.events import AttemptEnded, Event, Fact
from ori_campaigns.instants import SECOND
from ori_campaigns.reports import BotReport, Refused, Ringing
from ori_campaigns.simulation import simulate
from ori_campaigns.sinks.feed import Feed
from ori_campaigns.sinks.metrics import MetricsSink
from ori_campaigns.stores.memory import MemoryStore
from worlds import MONDAY, TRUNK, World, at, draft, leads

SRC = documents.ROOT / "src"


class Point(NamedTuple):
    """How often, and for how many seconds in all (a counter has none)."""

    times: int
    seconds: float = 0


class Meters:
    """An SDK of its own for one test, and a sink that counts with it."""

    def __init__(self, **options: Any) -> None:
        self._reader = InMemoryMetricReader()
        self._provider = MeterProvider(metric_readers=[self._reader], shutdown_on_exit=False)
        self.sink = MetricsSink(self._provider.get_meter("test"), **options)

    def _metrics(self) -> list[Any]:
        data = self._reader.get_metrics_data()
        scopes = [] if data is None else [scope for each in data.resource_metrics for scope in each.scope_metrics]
        return [metric for scope in scopes for metric in scope.metrics]

    def units(self) -> dict[str, str]:
        return {metric.name: metric.unit for metric in self._metrics()}

    def read(self) -> dict[tuple[str, ...], Point]:
        """By name and the values of the attributes; the names of those are in `attributes`."""
        found: dict[tuple[str, ...], Point] = {}
        for metric in self._metrics():
            for point in metric.data.data_points:
                name = metric.name.removeprefix("ori.campaigns.")
                key = (name, *(str(value) for _, value in sorted((point.attributes or {}).items())))
                if isinstance(point, HistogramDataPoint):
                    found[key] = Point(point.count, point.sum)
                else:
                    found[key] = Point(int(point.value))
        return found

    def attributes(self) -> dict[str, set[str]]:
        return {
            metric.name: {name for point in metric.data.data_points for name in (point.attributes or {})}
            for metric in self._metrics()
        }


def events(*facts: Fact, first: int = 0) -> Sequence[Event]:
    return [Event(first + i, "c-1", 7, first + i + 1, fact) for i, fact in enumerate(facts)]


def some_calls() -> World:
    """One talks for a minute, one does not pick up, one is a machine, one is refused by the carrier."""
    world = World()
    world.running(4, on_system=["no_answer"])
    talks, rings, machine, refused = world.dials()
    world.tell(Refused(refused.attempt_id, world.now))
    world.ring(talks)
    world.clock.advance(seconds=4)
    world.connect(talks)
    world.clock.advance(seconds=60)
    world.end(talks)
    # A repeat, long after.
    world.tell(Ringing(talks.attempt_id, world.now))
    world.no_answer(rings, seconds=25)
    world.tell(BotReport(machine.attempt_id, world.now, False, "machine"))
    world.talked(machine, seconds=2.5, disposition="bot")
    return world


def test_calls_are_counted_by_what_became_of_them() -> None:
    meters = Meters()
    Feed(some_calls().store, meters.sink, after=-1).pump()
    assert meters.read() == {
        ("attempts.reserved", "fresh"): Point(4),
        ("attempts.returned", "refused"): Point(1),
        ("attempts.ended", "customer"): Point(1),
        ("attempts.ended", "no_answer"): Point(1),
        ("attempts.ended", "machine"): Point(1),
        ("attempts.answered",): Point(2),
        ("attempts.connected",): Point(1),
        ("retries", "system_disposition"): Point(1),
        # `talked` rings and connects anew what rings already.
        ("reports.ignored", "repeat", "Accepted"): Point(1),
        ("reports.ignored", "repeat", "Ringing"): Point(1),
        ("reports.ignored", "already_over", "Ringing"): Point(1),
        ("ring.duration",): Point(3, 4 + 25 + 0),
        ("talk.duration",): Point(2, 60 + 2.5),
    }


def test_names_units_and_attributes() -> None:
    meters = Meters()
    Feed(some_calls().store, meters.sink, after=-1).pump()
    assert meters.units() == {
        "ori.campaigns.attempts.reserved": "{attempt}",
        "ori.campaigns.attempts.returned": "{attempt}",
        "ori.campaigns.attempts.ended": "{attempt}",
        "ori.campaigns.attempts.answered": "{attempt}",
        "ori.campaigns.attempts.connected": "{attempt}",
        "ori.campaigns.retries": "{retry}",
        "ori.campaigns.reports.ignored": "{report}",
        "ori.campaigns.ring.duration": "s",
        "ori.campaigns.talk.duration": "s",
    }
    assert meters.attributes() == {
        "ori.campaigns.attempts.reserved": {"ori.attempt.kind"},
        "ori.campaigns.attempts.returned": {"ori.attempt.status"},
        "ori.campaigns.attempts.ended": {"ori.disposition"},
        "ori.campaigns.attempts.answered": set(),
        "ori.campaigns.attempts.connected": set(),
        "ori.campaigns.retries": {"ori.rule"},
        "ori.campaigns.reports.ignored": {"ori.report", "ori.reason"},
        "ori.campaigns.ring.duration": set(),
        "ori.campaigns.talk.duration": set(),
    }


def test_the_reference_lists_every_metric_with_its_unit_and_attributes() -> None:
    page = (documents.ROOT / "docs" / "reference" / "logging.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(ori\.campaigns\.[\w.]+)` \| (\w+) \| `(.+?)` \| (.*?) ?\| ", page, re.MULTILINE)
    meters = Meters()
    Feed(some_calls().store, meters.sink, after=-1).pump()
    assert {name: unit for name, _, unit, _ in rows} == meters.units()
    assert {name: set(re.findall(r"`(.+?)`", names)) for name, _, _, names in rows} == meters.attributes()


def test_campaigns_are_told_apart_only_when_asked_for() -> None:
    meters = Meters(by_campaign=True)
    Feed(some_calls().store, meters.sink, after=-1).pump()
    assert all("ori.campaign.id" in names for names in meters.attributes().values())
    assert meters.read()["attempts.answered", "t00000001"] == Point(2)


def test_with_a_bad_carrier_the_counts_are_those_of_the_rows() -> None:
    meters = Meters()
    faults = CarrierFaults(accept_then_timeout=0.2, drop_request=0.1, drop=0.1, no_end_event=0.1, duplicate=0.3)
    model = CallModel(AnswerModel(rate=0.4), seed=11, faults=faults)
    directory = StaticDirectory(bots=["renewals-v3"], carriers=[attrs.evolve(TRUNK, cps=20, burst=20)])
    done = simulate(
        draft(on_system=["no_answer", "error"], concurrency_limit=40),
        leads(150),
        directory=directory,
        model=model,
        start=MONDAY,
    )
    Feed(done.service.store, meters.sink, after=-1, batch=64).pump()
    read = meters.read()
    rows = list(done.service.store.attempts(done.campaign.id, -1, 10_000))

    def total(name: str) -> int:
        return sum(point.times for key, point in read.items() if key[0] == name)

    assert total("attempts.reserved") == len(rows) > 200
    assert total("attempts.ended") == sum(row.status.value == "ended" for row in rows)
    assert total("attempts.returned") == sum(row.status.value in {"refused", "expired_unsent"} for row in rows)
    assert total("attempts.answered") == done.counters.answered == sum(row.answered_at is not None for row in rows)
    assert total("attempts.connected") == done.counters.connected == sum(row.connected for row in rows)
    assert read["ring.duration",].times == sum(row.rang_at is not None for row in rows)
    assert read["talk.duration",].seconds == pytest.approx(sum(row.talk for row in rows) / 1e6)
    assert total("reports.ignored") > 20
    dispositions = {row.disposition for row in rows if row.status.value == "ended"}
    assert {key[1]: point.times for key, point in read.items() if key[0] == "attempts.ended"} == {
        name: sum(row.disposition == name for row in rows) for name in dispositions
    }


# --- at least once ---------------------------------------------------------------------------------------------------


def test_an_event_that_is_delivered_again_is_not_counted_again() -> None:
    world, meters = some_calls(), Meters()

    class Beside:
        """Tells the metrics first and then fails, so that the feed delivers again."""

        failures = 2

        def handle(self, batch: Sequence[Event]) -> None:
            meters.sink.handle(batch)
            if self.failures:
                self.failures -= 1
                raise ConnectionError

    feed = Feed(world.store, Beside(), after=-1, batch=10)
    for _ in range(2):
        with pytest.raises(ConnectionError):
            feed.pump()
    feed.pump()
    once = Meters()
    Feed(world.store, once.sink, after=-1).pump()
    assert meters.read() == once.read()


# --- what people and carriers may say --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("disposition", "counted"), [("RNR", "RNR"), ("outside_hours", "outside_hours"), ("Ravi", "_OTHER"), ("", "_OTHER")]
)
def test_a_disposition_of_no_vocabulary_makes_no_series_of_its_own(disposition: str, counted: str) -> None:
    meters = Meters()
    meters.sink.handle(events(AttemptEnded("c-1-9", 7, 0, disposition, "", False, 0, None, None)))
    assert meters.read() == {("attempts.ended", counted): Point(1)}


def test_a_call_that_was_answered_before_it_rang_rang_for_no_time() -> None:
    meters = Meters()
    ten = at("2026-01-05 10:00")
    meters.sink.handle(events(AttemptEnded("c-1-9", 7, ten, "customer", "", True, SECOND, ten - SECOND, ten)))
    assert meters.read()["ring.duration",] == Point(1, 0)


# --- without the library ---------------------------------------------------------------------------------------------


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    with pytest.raises(MissingExtra, match=r"MetricsSink needs the extra 'otel'.*ori-campaigns\[otel\]") as caught:
        MetricsSink()
    assert caught.value.code == "missing_extra"


def test_the_library_is_not_loaded_before_a_sink_is_made() -> None:
    command = "import sys, ori_campaigns, ori_campaigns.sinks.metrics; print('opentelemetry' in sys.modules)"
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    done = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_without_an_sdk_counting_costs_nothing_and_fails_never() -> None:
    sink = MetricsSink()
    feed = Feed(some_calls().store, sink, after=-1)
    assert feed.pump() > 20


def test_an_empty_store_counts_nothing() -> None:
    meters = Meters()
    assert Feed(MemoryStore(VirtualClock(0)), meters.sink, after=-1).pump() == 0
    empty: Mapping[tuple[str, ...], Point] = {}
    assert meters.read() == empty
