"""What the judge reads: plain values, all times in microseconds UTC."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE


@dataclass(frozen=True)
class Settings:
    """How a campaign is to dial, as its operator entered it. Thresholds and waits in seconds."""

    numbers: tuple[str, ...]
    concurrency: int
    single_day: bool
    always_on: bool
    start: str
    end: str
    timezone: str
    days: frozenset[int]
    max_attempts: int
    delay_minutes: int
    on_system: frozenset[str]
    on_business: frozenset[str]
    stop_after: int | None
    redial_under: int | None
    callbacks: bool
    callbacks_may_exceed: bool
    sticky: bool
    analysis_wait: int


@dataclass(frozen=True)
class Trunk:
    """A carrier as the host configured it."""

    id: str
    numbers: tuple[str, ...]
    cps: float
    burst: int
    channels: int


@dataclass(frozen=True)
class Call:
    """One request in the carrier's book, in the order of the book."""

    index: int
    attempt: str
    campaign: str
    carrier: str
    number: str
    from_number: str
    kind: str
    requested_at: int
    not_after: int
    placed: bool
    refused: bool
    rang_at: int | None
    answered_at: int | None
    ended_at: int | None
    outcome: str
    detail: str
    cut: bool


@dataclass(frozen=True)
class Deed:
    """What an operator did. The book had `began` requests when it was called and `returned` when it returned.

    `campaign` is empty for what concerns all of them (`refresh`); a refused deed changed nothing.
    """

    campaign: str
    action: str
    began_at: int
    returned_at: int
    began: int
    returned: int
    refused: bool = False
    settings: Settings | None = None
    numbers: tuple[str, ...] = ()
    trunks: tuple[Trunk, ...] = ()


@dataclass(frozen=True)
class AttemptRow:
    """An attempt in the engine's final report."""

    id: str
    campaign: str
    contact: int
    run: int
    number_in_budget: int
    status: str
    disposition: str
    detail: str
    connected: bool
    talk: int
    rule: str


@dataclass(frozen=True)
class ContactRow:
    """A contact in the engine's final report."""

    ordinal: int
    number: str
    status: str
    attempts: int
    excluded: bool


@dataclass(frozen=True)
class Entry:
    """One event of the engine's log: `fields` holds what it says besides its campaign and contact."""

    cursor: int
    campaign: str
    contact: int
    name: str
    fields: Mapping[str, Any]

    @property
    def at(self) -> int:
        """When it happened."""
        at: int = self.fields["at"]
        return at


@dataclass
class History:
    """Everything about one rehearsal.

    Parameters:
        accepted: the numbers each campaign was given, in order.
        calls_back: whether the campaign's bot has callbacks switched on.
        states: each campaign's final status.
        buckets: each campaign's own count of contacts by status.
        asked: callbacks asked for in the analyses that were sent: by attempt, the time that was asked for.
        calm_at: from then on the carriers make no mistakes.
        until: when the observer stopped looking.
        settled_by: for each campaign, by when it must be over, counted from `calm_at`.
        lossy: the carriers lose or withhold news, so that a call's fate may stay unknown.
    """

    accepted: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calls_back: dict[str, bool] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    buckets: dict[str, dict[str, int]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    deeds: list[Deed] = field(default_factory=list)
    attempts: list[AttemptRow] = field(default_factory=list)
    contacts: dict[str, list[ContactRow]] = field(default_factory=dict)
    entries: list[Entry] = field(default_factory=list)
    asked: dict[str, int] = field(default_factory=dict)
    calm_at: int = 0
    until: int = 0
    settled_by: dict[str, int] = field(default_factory=dict)
    lossy: bool = False

    def done(self, campaign: str, *actions: str) -> Iterator[Deed]:
        """What was done to one campaign, refused deeds left out; all actions unless some are named."""
        for deed in self.deeds:
            if deed.campaign == campaign and not deed.refused and (not actions or deed.action in actions):
                yield deed


@dataclass(frozen=True)
class Broken:
    """A promise that was not kept."""

    promise: str
    at: int
    what: str

    def __str__(self) -> str:
        return f"{self.promise} at {self.at / SECOND:.6f}: {self.what}"


class InForce:
    """A campaign's settings as the book was being written: what was in force at each request."""

    def __init__(self, history: History, campaign: str) -> None:
        self._deeds = [deed for deed in history.done(campaign) if deed.settings is not None]

    def at(self, index: int) -> Settings:
        """Return the settings in force at a request."""
        found = None
        for deed in self._deeds:
            if deed.returned <= index:
                found = deed.settings
        assert found is not None, "no request can be older than its campaign"
        return found


def trunks_at(history: History, index: int) -> dict[str, Trunk]:
    """Return the carriers as the engine last took them over before a request."""
    found: tuple[Trunk, ...] = ()
    for deed in history.deeds:
        if deed.trunks and not deed.refused and deed.returned <= index:
            found = deed.trunks
    return {trunk.id: trunk for trunk in found}
