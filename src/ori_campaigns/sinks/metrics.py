"""Counts and durations for OpenTelemetry, whose API is imported when a sink is made and not before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from ori_campaigns._version import __version__
from ori_campaigns.errors import MissingExtra
from ori_campaigns.events import AttemptEnded, AttemptReserved, AttemptReturned, Event, ReportIgnored, RetryScheduled
from ori_campaigns.instants import SECOND

if TYPE_CHECKING:
    from opentelemetry.metrics import Meter

SCOPE = "ori_campaigns"
DISPOSITIONS = frozenset(
    """
    no_answer rejected RNR error timeout bot customer transfer voicemail machine abandoned outside_hours
    """.split()
)
OTHER = "_OTHER"
"""The disposition under which those outside N5 are counted: a bot may say anything, a time series for each may not."""

_Attributes: TypeAlias = dict[str, str]


class MetricsSink:
    """Counts calls, retries and ignored reports, and measures how long calls rang and lasted.

    All of a call is counted when it ends, so that each call counts once, however late and muddled its events came.
    Events that are delivered again are not counted again: a sink remembers the last one it has counted. Give each
    store a sink of its own, and let one process of those that share a store have it, or every call counts once for
    each of them.

    Parameters:
        meter: where to count; one named `ori_campaigns` of the global provider unless given.
        by_campaign: tell campaigns apart by the attribute `ori.campaign.id`. Off unless asked for: each campaign that
            ever ran would be another time series of everything.

    Raises:
        MissingExtra: `opentelemetry-api` is not installed.

    >>> sink = MetricsSink()
    >>> sink.handle([Event(0, "c-1", 7, 3, RetryScheduled("c-1-9", 7, 0, 60_000_000, "system_disposition"))])
    """

    def __init__(self, meter: Meter | None = None, *, by_campaign: bool = False) -> None:
        if meter is None:
            try:
                from opentelemetry import metrics
            except ImportError as error:
                raise MissingExtra("MetricsSink", "otel") from error
            meter = metrics.get_meter(SCOPE, __version__)
        self._by_campaign = by_campaign
        self._counted = -1
        attempts = "ori.campaigns.attempts"
        self._reserved = meter.create_counter(f"{attempts}.reserved", "{attempt}", "Calls decided, before they leave.")
        self._returned = meter.create_counter(
            f"{attempts}.returned", "{attempt}", "Calls that were surely never placed, and given back."
        )
        self._ended = meter.create_counter(f"{attempts}.ended", "{attempt}", "Calls that are over.")
        self._answered = meter.create_counter(f"{attempts}.answered", "{attempt}", "Ended calls that were picked up.")
        self._connected = meter.create_counter(
            f"{attempts}.connected", "{attempt}", "Ended calls in which a conversation began."
        )
        self._retries = meter.create_counter("ori.campaigns.retries", "{retry}", "Retries scheduled.")
        self._ignored = meter.create_counter(
            "ori.campaigns.reports.ignored", "{report}", "Reports that changed nothing: repeats and late ones."
        )
        self._ring = meter.create_histogram(
            "ori.campaigns.ring.duration", "s", "From the first ring to the answer, or to the end of the call."
        )
        self._talk = meter.create_histogram("ori.campaigns.talk.duration", "s", "From the answer to the hang-up.")
        self._count: Mapping[type, Callable[[Any, _Attributes], None]] = {
            AttemptReserved: self._was_reserved,
            AttemptReturned: self._was_returned,
            AttemptEnded: self._has_ended,
            RetryScheduled: self._is_retried,
            ReportIgnored: self._was_ignored,
        }

    def handle(self, events: Sequence[Event]) -> None:
        """Count a batch; events counted before are passed over."""
        for event in events:
            if event.cursor <= self._counted:
                continue
            count = self._count.get(type(event.fact))
            if count is not None:
                count(event.fact, {"ori.campaign.id": event.campaign_id} if self._by_campaign else {})
            self._counted = event.cursor

    def _was_reserved(self, fact: AttemptReserved, common: _Attributes) -> None:
        self._reserved.add(1, {**common, "ori.attempt.kind": fact.kind.value})

    def _was_returned(self, fact: AttemptReturned, common: _Attributes) -> None:
        self._returned.add(1, {**common, "ori.attempt.status": fact.status.value})

    def _has_ended(self, fact: AttemptEnded, common: _Attributes) -> None:
        disposition = fact.disposition if fact.disposition in DISPOSITIONS else OTHER
        self._ended.add(1, {**common, "ori.disposition": disposition})
        if fact.rang_at is not None:
            rang_until = fact.at if fact.answered_at is None else fact.answered_at
            self._ring.record(max(rang_until - fact.rang_at, 0) / SECOND, common)
        if fact.answered_at is not None:
            self._answered.add(1, common)
            self._talk.record(fact.talk / SECOND, common)
        if fact.connected:
            self._connected.add(1, common)

    def _is_retried(self, fact: RetryScheduled, common: _Attributes) -> None:
        self._retries.add(1, {**common, "ori.rule": fact.rule})

    def _was_ignored(self, fact: ReportIgnored, common: _Attributes) -> None:
        self._ignored.add(1, {**common, "ori.report": fact.report, "ori.reason": fact.why})
