"""The log as log records: one line for people, the same as fields for machines, nobody's number in either."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import Enum
from types import MappingProxyType
from typing import Any

from ori_campaigns.contact import CallbackRequest
from ori_campaigns.events import (
    AnalysisArrived,
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    BotReported,
    CallbackDeclined,
    CallbackScheduled,
    CarrierRefLearned,
    ContactClosed,
    ContactsMoved,
    Event,
    Fact,
    LifecycleChanged,
    NumberExcluded,
    NumberReadded,
    ReportIgnored,
    RetryScheduled,
)
from ori_campaigns.instants import SECOND, Instant, to_datetime
from ori_campaigns.numbers import PhoneNumber, masked

LOGGER = "ori_campaigns.events"

LEVELS: Mapping[type, int] = MappingProxyType(
    {
        # What people did, and one line for each call, as a web server has one for each request.
        LifecycleChanged: logging.INFO,
        ContactsMoved: logging.INFO,
        NumberExcluded: logging.INFO,
        NumberReadded: logging.INFO,
        AttemptEnded: logging.INFO,
        AttemptReturned: logging.INFO,
        # Nobody knows whether somebody's phone rings.
        AttemptUnknown: logging.WARNING,
    }
)
"""The level of each fact; `DEBUG` for all others (the steps of a call), `ERROR` for a campaign that failed."""


class LoggingSink:
    """Writes one log record for each event.

    The message is one line, `AttemptEnded c-1 contact 7: no_answer, rang 25 s`. The record also has the attributes
    `ori_cursor`, `ori_campaign`, `ori_stream`, `ori_sequence`, `ori_event` (the class of the fact), and each field of
    the fact under its own name after `ori_`: instants as ISO 8601 text in UTC, durations in seconds. Phone numbers are
    masked, also where somebody wrote one into a reason; control characters are escaped, so that no text can begin a
    line of its own or colour a terminal.

    An event that is delivered again is logged again, under the same `ori_cursor`.

    Parameters:
        logger: where to write; `ori_campaigns.events` unless given.

    >>> import sys
    >>> logger = logging.Logger("shown")
    >>> logger.addHandler(logging.StreamHandler(sys.stdout))
    >>> ended = AttemptEnded("c-1-9", 7, 25_000_000, "no_answer", "", False, 0, None, 0)
    >>> LoggingSink(logger).handle([Event(41, "c-1", 7, 5, ended)])
    AttemptEnded c-1 contact 7: no_answer, rang 25 s
    """

    def __init__(self, logger: logging.Logger | None = None) -> None:
        self._logger = logger or logging.getLogger(LOGGER)

    def handle(self, events: Sequence[Event]) -> None:
        """Log a batch."""
        for event in events:
            level = _level(event.fact)
            if self._logger.isEnabledFor(level):
                self._log(level, event)

    def _log(self, level: int, event: Event) -> None:
        fact: Any = _presentable(event.fact)
        kind, campaign = type(fact).__name__, _printable(event.campaign_id)
        who = f"{campaign} contact {event.stream}" if event.stream >= 0 else campaign
        fields = {
            "ori_cursor": event.cursor,
            "ori_campaign": campaign,
            "ori_stream": event.stream,
            "ori_sequence": event.sequence,
            "ori_event": kind,
            **dict(_fields(fact)),
        }
        self._logger.log(level, "%s %s: %s", kind, who, _TOLD[type(fact)](fact), extra=fields)


def _level(fact: Fact) -> int:
    if isinstance(fact, LifecycleChanged) and fact.action == "fail":
        return logging.ERROR
    return LEVELS.get(type(fact), logging.DEBUG)


# --- what others wrote -----------------------------------------------------------------------------------------------

# Ids must stay whole to be of use, and are not where anybody writes a number; all other text may be anybody's words.
_IDS = frozenset({"attempt", "carrier", "carrier_ref"})
# Whatever people put between digits: anything but a letter, a digit or the end of a line, three times at most.
_SEPARATOR = r"(?:[^\w\n]|_)"
_NUMBER = re.compile(rf"\+?\d(?:{_SEPARATOR}{{0,3}}\d){{7,}}")
# Joiners are Unicode's "format" characters like those that turn a line round, but many scripts are written with them.
_JOINERS = frozenset("\u200c\u200d")


def _printable(text: str) -> str:
    """Escape whatever does not simply stand in its place on the line."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in _JOINERS else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def _without_numbers(text: str) -> str:
    return _NUMBER.sub(lambda found: masked("".join(filter(str.isdigit, found[0]))), text)


def _presentable(value: Any) -> Any:  # noqa: ANN401 - a fact, or a part of one
    """Return the same with all text fit to be shown."""
    if isinstance(value, CallbackRequest):
        return CallbackRequest(value.at, _shown(value.text), _shown(value.reason), value.confidence)
    # What a copy was made from is an id, too.
    ids = _IDS | {"detail"} if getattr(value, "action", "") == "clone" else _IDS
    return value._replace(**{name: _shown(each, whole=name in ids) for name, each in value._asdict().items()})


def _shown(value: Any, *, whole: bool = False) -> Any:  # noqa: ANN401 - any field of a fact
    if isinstance(value, CallbackRequest):
        return _presentable(value)
    if isinstance(value, Enum) or not isinstance(value, str):
        return value
    return _printable(value if whole else _without_numbers(value))


# --- fields for machines ---------------------------------------------------------------------------------------------

_INSTANTS = frozenset({"answered_at", "at", "check_at", "due", "not_after", "rang_at"})
# Events have a sequence, too.
_RENAMED = {"sequence": "callback_sequence", "talk": "talk_seconds"}


def _fields(fact: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - any fact
    for name, value in fact._asdict().items():
        if isinstance(value, CallbackRequest):
            yield "ori_callback_at", _iso(value.at)
            yield "ori_callback_text", value.text
            yield "ori_callback_reason", value.reason
            yield "ori_callback_confidence", value.confidence
        elif name != "callback":
            yield f"ori_{_RENAMED.get(name, name)}", _plain(name, value)


def _plain(name: str, value: Any) -> object:  # noqa: ANN401 - any field of a fact
    """Return what every formatter can write: text, a number, a truth or nothing."""
    if name in _INSTANTS:
        return None if value is None else _iso(value)
    if name == "talk":
        return value / SECOND
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, PhoneNumber) else value


def _iso(instant: Instant) -> str:
    try:
        return to_datetime(instant).isoformat(timespec="microseconds")
    except (OverflowError, ValueError):
        # Whoever told it meant something else; no calendar has it, and the log must go on.
        return str(instant)


# --- the line for people ---------------------------------------------------------------------------------------------


def _clock(instant: Instant) -> str:
    try:
        return f"{to_datetime(instant):%Y-%m-%d %H:%M:%S} UTC"
    except (OverflowError, ValueError):
        return str(instant)


def _seconds(duration: int) -> str:
    return f"{max(duration, 0) / SECOND:.0f} s"


def _listed(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def _with(text: str, more: str) -> str:
    return f"{text} ({more})" if more else text


def _ended(fact: AttemptEnded) -> str:
    rang = ""
    if fact.rang_at is not None and fact.answered_at is None:
        rang = f"rang {_seconds(fact.at - fact.rang_at)}"
    talked = "" if fact.answered_at is None else f"talked {_seconds(fact.talk)}"
    return _listed(_with(fact.disposition, fact.detail), rang, talked, "connected" if fact.connected else "")


def _bot_reported(fact: BotReported) -> str:
    began = {None: "", True: "a conversation began", False: "no conversation began"}[fact.began]
    return _listed(began, fact.disposition) or "nothing new"


def _analysed(fact: AnalysisArrived) -> str:
    asked = "" if fact.callback is None else f"asks to be called back at {_clock(fact.callback.at)}"
    return _listed(fact.business_disposition, asked, "too late to decide" if fact.late else "") or "nothing special"


def _callback(fact: CallbackScheduled) -> str:
    return f"number {fact.sequence}, not before {_clock(fact.due)}"


# One for each fact there is; a test sees to it.
_TOLD: Mapping[type, Callable[[Any], str]] = MappingProxyType(
    {
        AttemptReserved: lambda fact: (
            f"{fact.kind.value}, number {fact.number_in_budget}, from {fact.from_number} over {fact.carrier}"
        ),
        AttemptSubmitted: lambda fact: _with("accepted by the carrier", fact.carrier_ref),
        CarrierRefLearned: lambda fact: f"the carrier calls it {fact.carrier_ref}",
        AttemptRang: lambda _: "it rings",
        AttemptAnswered: lambda _: "picked up",
        BotReported: _bot_reported,
        AttemptUnknown: lambda fact: f"{fact.why}, looked up until it is known",
        AttemptEnded: _ended,
        AttemptReturned: lambda fact: f"{_with(fact.status.value, fact.why)}, the contact is {fact.to.value}",
        AnalysisArrived: _analysed,
        ReportIgnored: lambda fact: f"{fact.report}, {fact.why}",
        RetryScheduled: lambda fact: f"not before {_clock(fact.due)}, by {fact.rule}",
        CallbackScheduled: _callback,
        CallbackDeclined: lambda fact: fact.reason,
        AnalysisAwaited: lambda fact: f"until {_clock(fact.check_at)}",
        ContactClosed: lambda fact: f"{fact.status.value}, by {fact.rule}",
        NumberExcluded: lambda fact: _with(f"{fact.number} by {fact.by}", fact.reason),
        NumberReadded: lambda fact: _with(f"{fact.number} by {fact.by}", "a new budget" if fact.opens else ""),
        LifecycleChanged: lambda fact: f"{_with(fact.action, fact.detail)} by {fact.by}, run {fact.run}",
        ContactsMoved: lambda fact: (
            f"{fact.move}, {fact.contacts} contacts{fact.status and f' to {fact.status}'}, run {fact.run}"
        ),
    }
)
