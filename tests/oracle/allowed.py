"""What the carrier's book says about calls that were not allowed: I2, I5, I6, I7."""

from __future__ import annotations

from collections.abc import Iterator

from oracle import wall
from oracle.facts import Broken, Call, Deed, History, InForce

# What an operator may do that dialling needs, and what ends it.
_BEGINS = ("start", "resume")
_ENDS = ("pause", "stop", "fail")
_OWN_ENDS = ("complete", "fail", "close_window")


def _of(history: History, campaign: str) -> list[Call]:
    return [call for call in history.calls if call.campaign == campaign]


def _cutoffs(history: History, campaign: str) -> list[tuple[int, int | None]]:
    """The single-day cutoff over the book: from which request on, and when, `None` for a campaign of many days."""
    found: list[tuple[int, int | None]] = []
    settings, day = None, None
    for deed in history.done(campaign):
        fixed = settings is not None and settings.single_day
        settings = deed.settings or settings
        assert settings is not None, "a campaign begins with its settings"
        if deed.action == "restart" or (deed.action == "edit" and not (settings.single_day and fixed)):
            day = None
        if deed.action in _BEGINS and settings.single_day and day is None:
            day = wall.opening_day(settings, deed.returned_at)
        closes = None if day is None else wall.cutoff(settings, day)
        found.append((deed.began, closes))
    return found


def inside_the_window(history: History) -> Iterator[Broken]:
    """I2: no request outside the window, on a day off, past a single day's end, or later than it may leave."""
    for campaign in history.accepted:
        in_force, cutoffs = InForce(history, campaign), _cutoffs(history, campaign)
        for call in _of(history, campaign):
            at = call.requested_at
            if not wall.is_open(in_force.at(call.index), at):
                yield Broken("I2", at, f"{call.attempt} is outside {in_force.at(call.index)}")
            closes = [closes for began, closes in cutoffs if began <= call.index][-1]
            if closes is not None and at >= closes:
                yield Broken("I2", at, f"{call.attempt} is past the day's end at {closes}")
            if at > call.not_after:
                yield Broken("I2", at, f"{call.attempt} left after {call.not_after}")


def attempts(history: History) -> Iterator[Broken]:
    """I5: never more calls to a contact in one run than max attempts; asked-for callbacks may be let off."""
    for campaign in history.accepted:
        in_force = InForce(history, campaign)
        runs = [deed.returned for deed in history.done(campaign, "restart")]
        counts: dict[tuple[int, str], int] = {}
        for call in _of(history, campaign):
            if not call.placed:
                continue
            budget = (sum(1 for began in runs if began <= call.index), call.number)
            counts[budget] = counts.get(budget, 0) + 1
            settings = in_force.at(call.index)
            spared = settings.callbacks_may_exceed and call.kind == "callback"
            if counts[budget] > settings.max_attempts and not spared:
                yield Broken(
                    "I5", call.requested_at, f"{call.attempt} is call {counts[budget]} of {settings.max_attempts}"
                )


def excluded(history: History) -> Iterator[Broken]:
    """I6: once exclude has returned, no request to that number in that campaign, in no later run either."""
    for campaign in history.accepted:
        since: dict[str, int] = {}
        for deed in history.done(campaign, "exclude"):
            for number in deed.numbers:
                since.setdefault(number, deed.returned)
        for call in _of(history, campaign):
            if call.index >= since.get(call.number, call.index + 1):
                yield Broken("I6", call.requested_at, f"{call.attempt} goes to a number that was excluded")


def _idle(deeds: list[Deed]) -> Iterator[tuple[int, int]]:
    """Stretches of the book in which a campaign may not dial: from what returned to what was begun next."""
    idle: int | None = 0
    for deed in deeds:
        if deed.action in _ENDS and idle is None:
            idle = deed.returned
        elif deed.action in _BEGINS and idle is not None:
            yield idle, deed.began
            idle = None
    if idle is not None:
        yield idle, 1 << 60


def halted(history: History) -> Iterator[Broken]:
    """I7: before start, and once pause or stop has returned, no request; nor once the engine itself ended the run."""
    for campaign in history.accepted:
        calls, deeds = _of(history, campaign), list(history.done(campaign))
        for since, to in _idle(deeds):
            for call in calls:
                if since <= call.index < to:
                    yield Broken("I7", call.requested_at, f"{call.attempt} while the campaign is not running")
        starts = [deed.began_at for deed in deeds if deed.action == "start"]
        for entry in history.entries:
            if entry.campaign != campaign or entry.fields.get("action") not in _OWN_ENDS:
                continue
            again = min((start for start in starts if start >= entry.at), default=1 << 62)
            for call in calls:
                if entry.at < call.requested_at < again:
                    yield Broken("I7", call.requested_at, f"{call.attempt} after {entry.fields['action']}")
