"""Every placed call and its one outcome: I8."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from oracle.facts import Broken, Call, Entry, History

_NEVER_PLACED = ("refused", "expired_unsent")


def one_outcome(history: History) -> Iterator[Broken]:
    """I8: an attempt is committed before its one request leaves; a placed call ends in one outcome, the true one."""
    rows = {row.id: row for row in history.attempts}
    ends = {entry.fields["attempt"]: entry for entry in history.entries if entry.name == "AttemptEnded"}
    how_often = Counter(entry.fields["attempt"] for entry in history.entries if entry.name == "AttemptEnded")
    asked = Counter(call.attempt for call in history.calls)
    committed = {entry.fields["attempt"]: entry.at for entry in history.entries if entry.name == "AttemptReserved"}
    for call in history.calls:
        row = rows.get(call.attempt)
        if asked[call.attempt] > 1:
            yield Broken("I8", call.requested_at, f"{call.attempt} was requested {asked[call.attempt]} times")
        if row is None:
            yield Broken("I8", call.requested_at, f"{call.attempt} was requested and is not in the report")
        elif committed[call.attempt] > call.requested_at:
            yield Broken("I8", call.requested_at, f"{call.attempt} left before it was committed")
        elif not call.placed:
            if row.status not in {*_NEVER_PLACED, "ended"}:
                yield Broken("I8", call.requested_at, f"{call.attempt} was not placed and is still {row.status}")
        elif row.status != "ended" or not row.disposition or how_often[call.attempt] != 1:
            ended = f"{how_often[call.attempt]} times as {row.disposition!r}"
            yield Broken("I8", call.requested_at, f"{call.attempt} was placed, is {row.status}, ended {ended}")
        else:
            yield from _true(history, call, ends[call.attempt])


def _true(history: History, call: Call, end: Entry) -> Iterator[Broken]:
    """What the engine recorded is what happened at the carrier, unless nobody could tell."""
    told = end.fields
    if told["detail"] == "unknown":
        # The bot may have told its half; when the call ended, nobody could say.
        if not history.lossy or told["disposition"] not in {"error", call.outcome}:
            yield Broken("I8", call.requested_at, f"{call.attempt} is unknown, though its carrier would have told")
        return
    for name in ("rang_at", "answered_at"):
        known, was = told[name], getattr(call, name)
        if known != was:
            yield Broken("I8", call.requested_at, f"{call.attempt}: {name} is {known}, at the carrier {was}")
    if (told["disposition"], told["at"]) != (call.outcome, call.ended_at):
        seen = f"{told['disposition']} at {told['at']}, at the carrier {call.outcome} at {call.ended_at}"
        yield Broken("I8", call.requested_at, f"{call.attempt} ended as {seen}")
