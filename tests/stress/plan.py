"""What a seed's world is made of: carriers, campaigns, people, limits, and what is to go wrong how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from oracle import scenarios as drawn
from oracle.facts import MINUTE, SECOND, Settings, Trunk

# Moves that are not everyday life, with how likely each is once a seed has it at all.
ODD_MOVES: Mapping[str, int] = {
    "crash": 3,
    "crash_inside": 6,
    "freeze": 3,
    "clock_back": 3,
    "clock_leap": 2,
    "half_a_step": 8,
    "hold_back": 4,
    "shuffled_post": 4,
    "doubled_post": 3,
    "lost_post": 2,
    "retold": 3,
    "said": 4,
    "lost_track": 2,
    "pause": 4,
    "resume": 5,
    "stop": 2,
    "fail": 1,
    "restart": 3,
    "cancel_restart": 2,
    "clone": 1,
    "delete": 1,
    "edit": 5,
    "new_list": 4,
    "exclude": 6,
    "create": 1,
    "start": 3,
    "together": 4,
    "settle": 3,
    "operator_crash": 2,
    "pause_all": 1,
    "carriers": 4,
    "bots": 1,
    "quiet": 2,
}
# Hang-ups that get lost let a call live on; what a carrier may then still do is bounded by what it may queue.
_QUEUES = (20.0, 100.0)
_WINDOWS = 150


@dataclass(frozen=True)
class Campaign:
    """A campaign to be created."""

    settings: Settings
    contacts: tuple[str, ...]
    calls_back: bool


@dataclass(frozen=True)
class Plan:
    """All that a seed decides beforehand.

    Parameters:
        limits: of `CallLimits`, in seconds.
        faults: of the carrier; `lost_errands` is the chance that a look-up or a hang-up is never carried out.
        by_reference: how many events name only the carrier's own reference of a call.
        odd: the moves this seed has besides everyday life, with their weights.
        oddness: how often one of them is made.
        grid: how often workers look at the world, in microseconds.
    """

    seed: int
    begins_at: int
    limits: Mapping[str, int]
    zones: Sequence[str]
    trunks: tuple[Trunk, ...]
    campaigns: tuple[Campaign, ...]
    population: Mapping[str, Any]
    faults: Mapping[str, float]
    workers: int
    by_reference: float
    odd: Mapping[str, int]
    oddness: float
    lost_errands: float
    grid: int


def _trunks(chance: Random) -> tuple[Trunk, ...]:
    found = drawn._trunks(chance)
    kind = chance.random()
    if kind < 0.15:
        found = found[:1]
    if kind < 0.1:
        found = (replace(found[0], cps=0.1, burst=chance.choice((1, 3))),)
    elif kind < 0.4:
        found = tuple(replace(trunk, cps=chance.choice((5.0, 20.0)), burst=10, channels=30) for trunk in found)
    elif kind < 0.5:
        found = tuple(replace(trunk, channels=1) for trunk in found)
    elif kind < 0.65:
        found = tuple(replace(trunk, cps=0.5, burst=chance.randint(1, 3), channels=30) for trunk in found)
    return found


def _window(chance: Random, begins_at: int, zones: Sequence[str]) -> dict[str, Any]:
    """Draw a window: some of minutes only, so that seeds live at its edges.

    There are a few hundred of them in all, since the judge works each out minute by minute and then remembers it.
    """
    few, minute = Random(f"window {chance.randrange(_WINDOWS)}"), begins_at // MINUTE * MINUTE
    start, end, zone, days = drawn._window(few, minute, zones)
    if few.random() < 0.3:
        local = (drawn._EPOCH + timedelta(microseconds=minute)).astimezone(ZoneInfo(zone))
        opens = local.hour * 60 + local.minute + few.randint(-3, 3)
        closes = opens + few.randint(1, 12)
        start, end = (f"{each // 60 % 24:02d}:{each % 60:02d}" for each in (opens, closes))
        days = frozenset(range(7))
    return {"start": start, "end": end, "timezone": zone, "days": days}


def settings_of(chance: Random, begins_at: int, trunks: Sequence[Trunk], zones: Sequence[str]) -> Settings:
    """Draw how a campaign is to dial."""
    found = drawn._settings(chance, begins_at, zones, trunks)
    kind = chance.random()
    if kind < 0.3:
        found = replace(found, concurrency=1 if kind < 0.15 else 30)
    if chance.random() < 0.7:
        found = replace(found, delay_minutes=chance.choice((1, 2, 5)))
    if chance.random() < 0.4:
        found = replace(found, on_system=frozenset(drawn._SYSTEM), max_attempts=chance.randint(2, 5))
    return replace(found, **_window(chance, begins_at, zones))


def _faults(chance: Random) -> dict[str, float]:
    found = drawn._faults(chance) if chance.random() < 0.8 else {}
    if "queue" in found:
        found["queue_seconds"] = chance.choice(_QUEUES)
    return found


def _limits(chance: Random) -> dict[str, int]:
    return {
        "talk": chance.choice((20, 60, 600)),
        "look_up_every": chance.choice((5, 30, 30)),
        "send_budget": chance.choice((1, 5, 5)),
        "reserved": chance.choice((10, 60, 60)),
    }


def plan(seed: int) -> Plan:
    """Draw the plan of a seed; the same seed always draws the same."""
    chance = Random(f"stress {seed}")
    night, zones = chance.choice(drawn._NIGHTS)
    begins_at = drawn._instant(night) + chance.randrange(SECOND)
    trunks = _trunks(chance)
    people = [f"9198{number:08d}" for number in range(chance.choice((1, 40, 70, 110, 150)))]
    population, talkative = drawn._population(chance), chance.random() < 0.35
    if talkative:
        population |= {"rate": 0.8, "analysed": True, "asks": 0.8, "talk": 20}
    campaigns: list[Campaign] = []
    for _ in range(chance.choice((1, 2, 3, 3))):
        most = min(len(people), 100)
        listed = chance.sample(people, 1 if chance.random() < 0.15 else chance.randint(min(most, 30), most))
        if campaigns and chance.random() < 0.3:
            # The same people, in another order, are called by two campaigns.
            listed = list(reversed(campaigns[-1].contacts))
        settings = settings_of(chance, begins_at, trunks, zones)
        if talkative:
            settings = replace(settings, callbacks=True, analysis_wait=max(settings.analysis_wait, 30))
        campaigns.append(Campaign(settings, tuple(listed), settings.callbacks and chance.random() < 0.8))
    names = sorted(ODD_MOVES)
    odd = chance.sample(names, chance.randint(2, len(names)))
    return Plan(
        seed=seed,
        begins_at=begins_at,
        limits=_limits(chance),
        zones=zones,
        trunks=trunks,
        campaigns=tuple(campaigns),
        population=population,
        faults=_faults(chance),
        workers=chance.choice((1, 2, 2, 3)),
        by_reference=chance.choice((0.0, 0.0, 0.3)),
        odd={name: ODD_MOVES[name] for name in odd},
        oddness=chance.choice((0.1, 0.3, 0.5, 0.7)),
        lost_errands=chance.choice((0.0, 0.0, 0.2, 0.6)),
        grid=chance.choice((SECOND // 5, SECOND, SECOND, 2 * SECOND)),
    )
