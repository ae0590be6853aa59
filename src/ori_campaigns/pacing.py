"""Pacing: the carrier's token bucket, and fair shares between campaigns.

The bucket is kept as one instant, the moment at which it will be full again: integer arithmetic, exact on every
store, and a clock that steps back can only make it slower.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import NamedTuple

from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.records import distinct


def token_interval(cps: float) -> int:
    """Return the microseconds between two tokens, rounded up so that the rate is never exceeded."""
    return ceil(SECOND / cps)


@distinct
class Line(NamedTuple):
    """What a carrier can take of one campaign at one moment.

    Parameters:
        carrier: its id.
        tokens: calls its rate allows now (P2).
        channels: calls its trunk can carry besides those live now.
        quota: calls this campaign may take of them (P5).
    """

    carrier: str
    tokens: int
    channels: int
    quota: int

    @property
    def free(self) -> int:
        """How many calls may leave on this line now.

        >>> Line("t", tokens=5, channels=2, quota=3).free
        2
        """
        return max(min(self.quota, self.tokens, self.channels), 0)


@distinct
class Bucket(NamedTuple):
    """A carrier's token bucket.

    Parameters:
        interval: microseconds between two tokens.
        burst: tokens it holds when full.
        full_at: the instant (microseconds UTC) at which it is full again.
    """

    interval: int
    burst: int
    full_at: Instant = 0

    def tokens(self, now: Instant) -> int:
        """Return the whole tokens in it now.

        >>> Bucket(interval=200_000, burst=5).tokens(0)
        5
        >>> Bucket(interval=200_000, burst=5, full_at=300_000).tokens(0)
        3
        """
        missing = self.full_at - now
        if missing <= 0:
            return self.burst
        return max(self.burst - -(-missing // self.interval), 0)

    def take(self, count: int, now: Instant) -> Bucket:
        """Return the bucket after `count` tokens were taken.

        >>> Bucket(interval=200_000, burst=5).take(5, 0).tokens(199_999)
        0
        >>> Bucket(interval=200_000, burst=5).take(5, 0).tokens(200_000)
        1
        """
        full_at = max(self.full_at, now) + count * self.interval
        return tuple.__new__(Bucket, (self.interval, self.burst, full_at))

    def changed(self, interval: int, burst: int, now: Instant) -> Bucket:
        """Return the bucket under new limits: the tokens that are missing now stay missing.

        >>> Bucket(interval=100_000, burst=10, full_at=1_000_000).changed(2_000_000, 10, 0).tokens(1_999_999)
        0
        """
        missing = max(self.full_at - now, 0)
        return Bucket(interval, burst, now + -(-missing * interval // self.interval) if missing else 0)

    def ready_at(self, count: int, now: Instant) -> Instant:
        """Return the first instant, from now on, with `count` tokens in it (at most `burst` are waited for)."""
        wanted = min(count, self.burst)
        return max(now, self.full_at - (self.burst - wanted) * self.interval)


@distinct
class Supply(NamedTuple):
    """What one carrier has to give at an instant, to all campaigns together.

    Parameters:
        bucket: its rate.
        channels: calls its trunk can carry besides those live now.
        rests_until: after a refusal it is left alone until then (microseconds UTC).
    """

    bucket: Bucket
    channels: int
    rests_until: Instant = 0

    def tokens(self, now: Instant) -> int:
        """Return the calls its rate allows now."""
        return self.bucket.tokens(now) if now >= self.rests_until else 0

    def free(self, now: Instant) -> int:
        """Return how many calls it can take now."""
        return max(min(self.tokens(now), self.channels), 0)

    def ready_at(self, now: Instant) -> Instant:
        """Return the first instant at which its rate allows a call."""
        return max(self.bucket.ready_at(1, now), self.rests_until)

    def after(self, calls: int, now: Instant) -> Supply:
        """Return what is left of it once so many calls were reserved."""
        return Supply(self.bucket.take(calls, now), self.channels - calls, self.rests_until)


@distinct
class Demand(NamedTuple):
    """What one running campaign could use now.

    Parameters:
        campaign_id: whose.
        seats: free seats under its concurrency limit.
        carriers: the carrier of each number of its pool, in stored order; empty where a number cannot be used.
        served_at: when it last reserved a call (microseconds UTC); the longest waiting goes first.
        turn: the position in the pool whose turn it is, so that shares follow the rotation (P3).
    """

    campaign_id: str
    seats: int
    carriers: tuple[str, ...]
    served_at: Instant
    turn: int = 0

    def after(self, calls: int) -> Demand:
        """Return what is left of it once so many calls were taken."""
        return self._replace(seats=self.seats - calls, turn=(self.turn + calls) % max(len(self.carriers), 1))


def share(demands: Sequence[Demand], supply: Mapping[str, int]) -> dict[str, dict[str, int]]:
    """Water-fill the carriers' free calls over the campaigns (P5).

    Each round gives one call to every campaign that still wants and can have one; who has waited longest is first, so
    that even one call at a time goes round. A campaign with a choice of carriers makes room for one without.

    Parameters:
        demands: what the campaigns could use.
        supply: calls each carrier can take now.

    Returns:
        For each campaign, calls by carrier.

    >>> share([Demand("a", 9, ("t",), 0), Demand("b", 1, ("t",), 0)], {"t": 4})
    {'a': {'t': 3}, 'b': {'t': 1}}
    """
    if len(demands) == 1:
        # Alone on its carriers, a campaign may use whatever they have; its seats bound the total.
        [only] = demands
        return {only.campaign_id: {carrier: supply.get(carrier, 0) for carrier in only.carriers if carrier}}
    left = dict(supply)
    quotas: dict[str, dict[str, int]] = {demand.campaign_id: {} for demand in demands}
    # In the order of their turns; each call given moves the turn on.
    carriers = {
        demand.campaign_id: deque((*demand.carriers[demand.turn :], *demand.carriers[: demand.turn]))
        for demand in demands
    }
    wanting = sorted(demands, key=lambda demand: (demand.served_at, demand.campaign_id))
    wants = {demand.campaign_id: demand.seats for demand in wanting}
    while wanting:
        still = []
        for demand in wanting:
            name = demand.campaign_id
            if wants[name] > 0 and _grant(name, carriers, quotas, left):
                wants[name] -= 1
                carriers[name].rotate(-1)
                still.append(demand)
        wanting = still
    return quotas


def _grant(
    name: str, carriers: Mapping[str, Iterable[str]], quotas: dict[str, dict[str, int]], left: dict[str, int]
) -> bool:
    """Give one call more to a campaign, moving calls of others to other carriers of theirs where that makes room."""
    # Breadth first from the campaign's carriers to one with a call left; each step is a campaign that could move.
    came_by: dict[str, tuple[str, str]] = dict.fromkeys(carriers[name], (name, ""))
    frontier = list(came_by)
    while frontier:
        carrier = frontier.pop(0)
        if left.get(carrier, 0) > 0:
            left[carrier] -= 1
            _hand_over(carrier, came_by, quotas)
            return True
        for other, held in quotas.items():
            if held.get(carrier, 0) > 0:
                fresh = [each for each in carriers[other] if each not in came_by]
                came_by |= dict.fromkeys(fresh, (other, carrier))
                frontier += fresh
    return False


def _hand_over(carrier: str, came_by: Mapping[str, tuple[str, str]], quotas: dict[str, dict[str, int]]) -> None:
    """Walk back from the carrier with a call left: each campaign on the way takes it, and gives up its own."""
    while carrier:
        name, instead_of = came_by[carrier]
        mine = quotas[name]
        mine[carrier] = mine.get(carrier, 0) + 1
        if instead_of:
            mine[instead_of] -= 1
        carrier = instead_of
