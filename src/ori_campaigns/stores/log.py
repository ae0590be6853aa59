"""The in-memory event log: append-only compact records, made into facts again when they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from ori_campaigns.events import (
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    ContactClosed,
    Event,
    Fact,
    ReportIgnored,
    RetryScheduled,
)
from ori_campaigns.stores.rows import Codes, Rows


class _Form(NamedTuple):
    """How one class of fact is kept: two instants, and the rest as one interned value."""

    kind: int
    fold: Callable[[Any], tuple[int, int, Any]]
    unfold: Callable[[str, int, int, int, int, Any], Fact]


_NONE = -1


def _ended(attempt: str, contact: int, at: int, x: int, y: int, rest: Any) -> Fact:  # noqa: ANN401
    disposition, detail, connected, answered = rest
    return AttemptEnded(
        attempt,
        contact,
        at,
        disposition,
        detail,
        connected,
        x,
        at - x if answered else None,
        None if y == _NONE else y,
    )


# The frequent facts; the others are few and kept as they are. Kind 0 means "kept as it is".
_FORMS: Mapping[type, _Form] = MappingProxyType(
    {
        AttemptReserved: _Form(
            1,
            lambda f: (f.not_after, f.check_at, (f.number_in_budget, f.kind, f.from_number, f.carrier, f.epoch)),
            lambda a, c, at, x, y, r: AttemptReserved(a, c, at, r[0], r[1], r[2], r[3], x, r[4], y),
        ),
        AttemptRang: _Form(
            2, lambda f: (f.check_at, 0, None), lambda a, c, at, x, _y, _r: AttemptRang(a, c, at, x)
        ),
        AttemptAnswered: _Form(
            3, lambda f: (f.check_at, 0, None), lambda a, c, at, x, _y, _r: AttemptAnswered(a, c, at, x)
        ),
        AttemptUnknown: _Form(
            4, lambda f: (f.check_at, 0, f.why), lambda a, c, at, x, _y, r: AttemptUnknown(a, c, at, r, x)
        ),
        AttemptEnded: _Form(
            5,
            lambda f: (
                f.talk,
                _NONE if f.rang_at is None else f.rang_at,
                (f.disposition, f.detail, f.connected, f.answered_at is not None),
            ),
            _ended,
        ),
        AttemptReturned: _Form(
            6,
            lambda f: (0, 0, (f.status, f.why, f.to)),
            lambda a, c, at, _x, _y, r: AttemptReturned(a, c, at, *r),
        ),
        ReportIgnored: _Form(
            7, lambda f: (0, 0, (f.report, f.why)), lambda a, c, at, _x, _y, r: ReportIgnored(a, c, at, *r)
        ),
        RetryScheduled: _Form(
            8, lambda f: (f.due, 0, f.rule), lambda a, c, at, x, _y, r: RetryScheduled(a, c, at, x, r)
        ),
        ContactClosed: _Form(
            9, lambda f: (0, 0, (f.status, f.rule)), lambda a, c, at, _x, _y, r: ContactClosed(a, c, at, *r)
        ),
        AnalysisAwaited: _Form(
            10, lambda f: (f.check_at, 0, None), lambda a, c, at, x, _y, _r: AnalysisAwaited(a, c, at, x)
        ),
        AttemptSubmitted: _Form(
            11,
            lambda f: (f.check_at, 0, f.carrier_ref),
            lambda a, c, at, x, _y, r: AttemptSubmitted(a, c, at, r, x),
        ),
    }
)
_BY_KIND: Mapping[int, _Form] = MappingProxyType({form.kind: form for form in _FORMS.values()})


class EventLog:
    """All facts of a store, in the order in which they were committed."""

    __slots__ = ("_codes", "_kept", "_rows", "_sequences", "_streams")

    def __init__(self) -> None:
        # campaign, kind, at, contact, attempt serial, two instants, interned rest
        self._rows = Rows("<HBqiiqqI")
        self._codes = Codes()
        self._kept: dict[int, Fact] = {}
        # Sequence numbers within a stream are counted when the log is read, not while it is written.
        self._sequences: list[int] = []
        self._streams: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def append(self, campaign: int, stream: int, serial: int, fact: Fact) -> None:
        """Append one fact; `serial` is that of its attempt, -1 where there is none."""
        form = _FORMS.get(type(fact))
        if form is None or (type(fact) is AttemptSubmitted and fact.carrier_ref):
            # A carrier's own ids are all different: interning them would only grow the table.
            self._kept[len(self._rows)] = fact
            self._rows.append(campaign, 0, fact.at, stream, serial, 0, 0, 0)
            return
        x, y, rest = form.fold(fact)
        self._rows.append(campaign, form.kind, fact.at, stream, serial, x, y, self._codes.code(rest))

    def _count_up(self) -> None:
        for cursor in range(len(self._sequences), len(self._rows)):
            row = self._rows.get(cursor)
            stream = (row[0], row[3])
            sequence = self._streams.get(stream, 0) + 1
            self._streams[stream] = sequence
            self._sequences.append(sequence)

    def read(self, names: Sequence[str], after: int, limit: int, only: int | None) -> list[Event]:
        """Return events after a cursor; `names` are the campaign ids by their number in the log."""
        self._count_up()
        found: list[Event] = []
        cursor = after + 1
        end = len(self._rows)
        while cursor < end and len(found) < limit:
            campaign, kind, at, stream, serial, x, y, code = self._rows.get(cursor)
            if only is None or only == campaign:
                name = names[campaign]
                if kind == 0:
                    fact = self._kept[cursor]
                else:
                    attempt = f"{name}-{serial}" if serial >= 0 else ""
                    fact = _BY_KIND[kind].unfold(attempt, stream, at, x, y, self._codes.value(code))
                found.append(Event(cursor, name, stream, self._sequences[cursor], fact))
            cursor += 1
        return found
