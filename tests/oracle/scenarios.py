"""Scenarios out of a seed: campaigns that share carriers and people, carriers that err, operators who interfere.

Plain values only; the same seed always draws the same scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from oracle.facts import DAY, MINUTE, SECOND, Settings, Trunk
from oracle.wall import open_minutes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Ordinary mornings, and nights in which the clocks of one of the zones change.
_NIGHTS: Sequence[tuple[str, Sequence[str]]] = (
    ("2026-01-05T03:20:00+00:00", ("Asia/Kolkata", "UTC", "Asia/Kathmandu")),
    ("2026-06-12T07:45:00+00:00", ("Europe/London", "Asia/Kolkata", "America/New_York")),
    ("2026-03-28T23:30:00+00:00", ("Europe/Berlin", "Europe/London", "Asia/Kolkata")),
    ("2026-10-25T00:10:00+00:00", ("Europe/Berlin", "Europe/London", "UTC")),
    ("2026-11-01T05:20:00+00:00", ("America/New_York", "America/St_Johns", "Asia/Kolkata")),
    ("2026-04-04T14:10:00+00:00", ("Australia/Lord_Howe", "Australia/Sydney", "UTC")),
)
_SYSTEM = ("no_answer", "rejected", "RNR", "error", "timeout")
_BUSINESS = ("Call_Later", "interested ", "wrong person")

# Each fault with the range from which its value is drawn.
FAULTS: Mapping[str, tuple[float, float]] = {
    "reject": (0.02, 0.25),
    "rate_limited": (0.02, 0.25),
    "accept_then_timeout": (0.02, 0.3),
    "fail_after_accepting": (0.02, 0.3),
    "drop_request": (0.02, 0.3),
    "queue": (0.05, 0.4),
    "lose_call": (0.02, 0.2),
    "no_end_event": (0.02, 0.3),
    "forgets": (0.1, 1.0),
    "wrong_id": (0.02, 0.2),
    "drop": (0.02, 0.3),
    "duplicate": (0.05, 0.5),
    "reorder": (0.05, 0.5),
    "late": (0.02, 0.2),
    "before_response": (0.05, 0.5),
    "earlier_run": (0.05, 0.5),
}
# Faults after which the fate of a call may stay unknown for good.
LOSSY = frozenset({"lose_call", "forgets"})


@dataclass(frozen=True)
class Plan:
    """A campaign to be run."""

    settings: Settings
    contacts: tuple[str, ...]
    calls_back: bool
    starts_at: int


@dataclass(frozen=True)
class Act:
    """What an operator is going to do to a campaign, by its position; -1 for what concerns all.

    An exclusion names numbers, and so many more whose calls are live then.
    """

    at: int
    campaign: int
    what: str
    change: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """A seed's story. `population` is how people answer; `calm_at` is when the carriers stop erring."""

    seed: int
    begins_at: int
    resolution: int
    talk_limit: int
    trunks: tuple[Trunk, ...]
    plans: tuple[Plan, ...]
    population: Mapping[str, Any]
    faults: Mapping[str, float]
    acts: tuple[Act, ...]
    calm_at: int


def _instant(text: str) -> int:
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(microseconds=1)


def _subset(chance: Random, names: Sequence[str]) -> frozenset[str]:
    return frozenset(name for name in names if chance.random() < 0.5)


def _trunks(chance: Random) -> tuple[Trunk, ...]:
    found = []
    for place in range(chance.randint(1, 3)):
        numbers = tuple(f"9111400{place}{each:04d}" for each in range(chance.randint(1, 3)))
        cps = chance.choice((0.5, 1.0, 2.5, 5.0, 20.0))
        burst, channels = chance.randint(1, 10), chance.choice((2, 4, 8, 30, 200))
        found.append(Trunk(f"trunk{place}", numbers, cps, burst, channels))
    return tuple(found)


def _window(chance: Random, begins_at: int, zones: Sequence[str]) -> tuple[str, str, str, frozenset[int]]:
    zone = chance.choice((zones[0], *zones))
    local = (_EPOCH + timedelta(microseconds=begins_at)).astimezone(ZoneInfo(zone))
    opens = local.hour * 60 + local.minute + chance.randint(-90, 25)
    closes = opens + chance.choice((45, 90, 150, 240, 480, 600, 900))
    start, end = (f"{minute // 60 % 24:02d}:{minute % 60:02d}" for minute in (opens, closes))
    days = frozenset(range(7))
    kind = chance.random()
    if kind < 0.25:
        days = frozenset(range(5))
    elif kind < 0.4:
        days = frozenset({local.weekday(), chance.randrange(7)})
    return start, end, zone, days


def _settings(chance: Random, begins_at: int, zones: Sequence[str], trunks: Sequence[Trunk]) -> Settings:
    numbers = [number for trunk in trunks for number in trunk.numbers]
    chance.shuffle(numbers)
    start, end, zone, days = _window(chance, begins_at, zones)
    single_day = chance.random() < 0.35
    callbacks = chance.random() < 0.5
    return Settings(
        numbers=tuple(numbers[: chance.randint(1, len(numbers))]),
        concurrency=chance.randint(1, 8),
        single_day=single_day,
        always_on=not single_day and chance.random() < 0.1,
        start=start,
        end=end,
        timezone=zone,
        days=days,
        max_attempts=chance.randint(1, 4),
        delay_minutes=chance.randint(1, 45),
        on_system=_subset(chance, _SYSTEM),
        on_business=_subset(chance, _BUSINESS) if chance.random() < 0.4 else frozenset(),
        stop_after=chance.randint(5, 90) if chance.random() < 0.35 else None,
        redial_under=chance.randint(5, 60) if chance.random() < 0.35 else None,
        callbacks=callbacks,
        callbacks_may_exceed=callbacks and chance.random() < 0.3,
        sticky=chance.random() < 0.3,
        analysis_wait=chance.choice((0, 30, 120)),
    )


def _plans(chance: Random, begins_at: int, zones: Sequence[str], trunks: Sequence[Trunk]) -> tuple[Plan, ...]:
    people = [f"9198{number:08d}" for number in range(chance.randint(40, 90))]
    found = []
    for _ in range(chance.randint(1, 3)):
        listed = chance.sample(people, chance.randint(20, min(len(people), 80 if chance.random() < 0.2 else 45)))
        settings = _settings(chance, begins_at, zones, trunks)
        starts_at = begins_at + chance.randint(0, 20) * MINUTE
        found.append(Plan(settings, tuple(listed), settings.callbacks and chance.random() < 0.8, starts_at))
    return tuple(found)


def _faults(chance: Random) -> dict[str, float]:
    names = sorted(FAULTS)
    kind = chance.random()
    count = 0 if kind < 0.05 else chance.randint(1, 4) if kind < 0.45 else chance.randint(5, len(names))
    found = {name: round(chance.uniform(*FAULTS[name]), 3) for name in sorted(chance.sample(names, count))}
    if "queue" in found:
        found["queue_seconds"] = float(chance.choice((20, 100, 400)))
    if "late" in found:
        found["late_seconds"] = float(chance.choice((60, 900, 7200)))
    if chance.random() < 0.15:
        found["channels"] = chance.randint(1, 6)
    if chance.random() < 0.15:
        found["cps"] = float(chance.randint(1, 3))
    return found


def _change(chance: Random, settings: Settings) -> dict[str, Any]:
    """Draw an edit: one or two fields that matter."""
    possible: dict[str, Any] = {
        "concurrency": chance.randint(1, 8),
        "max_attempts": chance.randint(1, 4),
        "numbers": tuple(chance.sample(settings.numbers, chance.randint(1, len(settings.numbers)))),
        "end": f"{(int(settings.end[:2]) + chance.choice((1, 2, 23))) % 24:02d}:{settings.end[3:]}",
        "delay_minutes": chance.randint(1, 60),
        "stop_after": chance.choice((None, 10, 60)),
        "redial_under": chance.choice((None, 20, 45)),
        "on_system": _subset(chance, _SYSTEM),
        "callbacks": chance.random() < 0.5,
        "days": frozenset(range(7)),
        "single_day": chance.random() < 0.5,
        "timezone": chance.choice(("UTC", "Asia/Kolkata", "Europe/Berlin")),
    }
    picked = chance.sample(sorted(possible), chance.randint(1, 2))
    found = {name: possible[name] for name in picked}
    if chance.random() < 0.4:
        found |= {"concurrency": 1 + settings.concurrency // 2, "max_attempts": max(settings.max_attempts - 1, 1)}
    if found.get("single_day"):
        found["always_on"] = False
    if replace(settings, **found).start == found.get("end"):
        del found["end"]
    return found


def _of_carriers(chance: Random, at: int, later: int, trunks: Sequence[Trunk]) -> list[Act]:
    """Draw a number that is withdrawn, for good or for a while, or other limits."""
    if chance.random() < 0.5:
        number = chance.choice([number for trunk in trunks for number in trunk.numbers])
        acts = [Act(at, -1, "withdraw", {"number": number}), Act(later, -1, "restore", {"number": number})]
        return acts[: chance.choice((1, 2, 2))]
    limits = {
        "id": chance.choice(trunks).id,
        "cps": chance.choice((0.5, 1.0, 3.0, 10.0)),
        "burst": chance.randint(1, 10),
        "channels": chance.choice((1, 3, 10, 50)),
    }
    return [Act(at, -1, "limits", limits)]


def _excludes(chance: Random, plan: Plan, campaign: int, at: int) -> list[Act]:
    numbers = (*chance.sample(plan.contacts, chance.randint(1, 4)), "919899999999")
    # Soon after the start many calls are live.
    busy = plan.starts_at + chance.randint(10, 1800) * SECOND
    return [Act(when, campaign, "exclude", {"numbers": numbers, "live": chance.randint(1, 4)}) for when in (at, busy)]


def _group(chance: Random, plan: Plan, campaign: int, at: int, trunks: Sequence[Trunk]) -> list[Act]:
    """Draw what an operator has in mind: one deed, or several that belong together."""
    later = at + chance.randint(1, 40) * MINUTE + chance.randrange(SECOND)
    kind = chance.choice(
        (
            "pause",
            "pause",
            "edit",
            "edit",
            "exclude",
            "exclude",
            "stop",
            "fail",
            "restart",
            "again",
            "carriers",
            "carriers",
        )
    )
    if kind == "carriers":
        return _of_carriers(chance, at, later, trunks)
    if kind == "exclude":
        return _excludes(chance, plan, campaign, at)
    moments = {
        "pause": ((at, "pause"), (later, "resume")),
        "edit": ((at, "pause"), ((at + later) // 2, "edit"), (later, "resume")),
        "restart": ((at, "stop"), (later, "restart"), (later + chance.randint(1, 60) * MINUTE, "start")),
        "again": ((at, "stop"), (later, "restart"), (later + MINUTE, "cancel_restart")),
    }
    change = _change(chance, plan.settings)
    return [
        Act(when, campaign, what, change if what == "edit" else {}) for when, what in moments.get(kind, ((at, kind),))
    ]


def _acts(
    chance: Random, plans: Sequence[Plan], begins_at: int, calm_at: int, trunks: Sequence[Trunk]
) -> tuple[Act, ...]:
    found = [Act(plan.starts_at, place, "start") for place, plan in enumerate(plans)]
    for _ in range(chance.randint(0, 6)):
        campaign = chance.randrange(len(plans))
        # Most of the calls are made in the first hour or two, and at the start much happens at once.
        at = begins_at + round((calm_at - begins_at) * chance.random() ** 2) + chance.randrange(SECOND)
        if chance.random() < 0.2:
            at = chance.choice(plans).starts_at + chance.randrange(6 * SECOND)
        found += _group(chance, plans[campaign], campaign, at, trunks)
    return tuple(sorted(found, key=lambda act: act.at))


def _population(chance: Random) -> dict[str, Any]:
    return {
        "rate": round(chance.uniform(0.15, 0.85), 2),
        "talk": chance.choice((20, 60, 200)),
        "analysed": chance.random() < 0.6,
        "analysis_after": chance.choice(((1, 40), (25, 35), (100, 140))),
        "asks": round(chance.uniform(0.1, 0.6), 2),
    }


def scenario(seed: int) -> Scenario:
    """Draw the scenario of a seed."""
    chance = Random(seed)
    when, zones = chance.choice(_NIGHTS)
    begins_at = _instant(when) + chance.randrange(SECOND)
    calm_at = begins_at + chance.randint(60, 600) * MINUTE
    trunks = _trunks(chance)
    plans = _plans(chance, begins_at, zones, trunks)
    return Scenario(
        seed=seed,
        begins_at=begins_at,
        resolution=chance.choice((SECOND // 5, SECOND, SECOND, 2 * SECOND)),
        talk_limit=chance.choice((60, 600, 600)),
        trunks=trunks,
        plans=plans,
        population=_population(chance),
        faults=_faults(chance),
        acts=_acts(chance, plans, begins_at, calm_at, trunks),
        calm_at=calm_at,
    )


def bound(settings: Settings, everybody: int, longest_call: int) -> int:
    """Return within how long a campaign must be over, in microseconds: as if all calls of all campaigns were in a row.

    Parameters:
        everybody: contacts of all campaigns that share the carriers.
        longest_call: seconds from a request to the instant at which its fate is settled at the latest.
    """
    tries = settings.max_attempts + (6 if settings.callbacks_may_exceed else 0)
    in_a_row = everybody * tries * longest_call
    # Each try may have to wait for the next opening, and a callback may be asked for a day ahead.
    openings = -(-in_a_row // (open_minutes(settings) * 60)) + 2 * tries + 2
    return -(-openings * 7 // len(settings.days)) * DAY + 14 * DAY
