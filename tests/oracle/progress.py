"""Nobody is forgotten: I15."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

from oracle import wall
from oracle.facts import SECOND, Broken, Call, Entry, History, InForce, trunks_at

_FINAL = {"completed", "exhausted", "abandoned", "machine", "window_closed", "manual_stopped", "excluded"}
_OVER = {"completed", "failed"}
# A contact whose number was busy is looked at again after ten seconds; the rest is for the observer's own grid.
_PATIENCE = 15 * SECOND
# What frees a seat, a channel or a number, makes somebody due, or lets a campaign dial.
_CAUSES = {
    "RetryScheduled",
    "CallbackScheduled",
    "ContactClosed",
    "AnalysisAwaited",
    "AttemptReturned",
    "LifecycleChanged",
}


def everybody_is_served(history: History) -> Iterator[Broken]:
    """I15: once the faults stop, all is over within the bound; no call is late; throttling is no outcome."""
    yield from _finished(history)
    yield from _throttled(history)
    yield from _idle(history)


def _finished(history: History) -> Iterator[Broken]:
    for campaign, state in history.states.items():
        settings = InForce(history, campaign).at(1 << 60)
        left = [row for row in history.contacts[campaign] if row.status not in _FINAL]
        if state == "running" and not settings.always_on:
            yield Broken("I15", history.until, f"{campaign} is not over; {len(left)} contacts are left")
        elif left and state in {"running", "completed"}:
            yield Broken(
                "I15", history.until, f"{campaign} is {state} and {len(left)} contacts are left, such as {left[0]}"
            )
        ends = [each.at for each in history.entries if each.campaign == campaign and _ends(each)]
        if state in _OVER and ends and ends[-1] > history.settled_by[campaign]:
            yield Broken("I15", ends[-1], f"{campaign} took longer than {history.settled_by[campaign]}")


def _ends(entry: Entry) -> bool:
    return entry.fields.get("action") in {"complete", "stop", "fail"}


def _throttled(history: History) -> Iterator[Broken]:
    """A request that the carrier refused is as if it had not been made: neither an outcome nor an attempt."""
    rows = {row.id: row for row in history.attempts}
    for call in history.calls:
        row = rows.get(call.attempt)
        if call.refused and row is not None and (row.status != "refused" or row.disposition):
            yield Broken(
                "I15", call.requested_at, f"{call.attempt} was refused and is {row.status} {row.disposition!r}"
            )
    used: dict[tuple[str, int, int], int] = {}
    for row in history.attempts:
        budget = (row.campaign, row.contact, row.run)
        if row.number_in_budget != used.get(budget, 0) + 1:
            yield Broken("I15", 0, f"{row.id} is number {row.number_in_budget} after {used.get(budget, 0)} that count")
        used[budget] = used.get(budget, 0) + (row.status not in {"refused", "expired_unsent"})


def _idle(history: History) -> Iterator[Broken]:
    """Every request has a cause: shortly before it, something happened that made it possible."""
    happened = sorted(
        [entry.at for entry in history.entries if entry.name in _CAUSES]
        + [deed.returned_at for deed in history.deeds if not deed.refused]
        + [entry.fields["due"] for entry in history.entries if "due" in entry.fields]
    )
    before: dict[str, int] = {}
    for call in history.calls:
        patience = _PATIENCE + _token_time(history, call)
        since = call.requested_at - patience
        place = bisect_right(happened, call.requested_at)
        caused = place > 0 and happened[place - 1] >= since
        paced = before.get(call.carrier, 0) >= since
        before[call.carrier] = call.requested_at
        if not caused and not paced and wall.is_open(InForce(history, call.campaign).at(call.index), since):
            yield Broken("I15", call.requested_at, f"{call.attempt} could have been made {patience / SECOND} s earlier")


def _token_time(history: History, call: Call) -> int:
    return round(SECOND / trunks_at(history, call.index)[call.carrier].cps)
