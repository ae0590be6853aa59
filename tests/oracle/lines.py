"""What the carrier's book says about calls at the same time and about pace: I1, I3, I4."""

from __future__ import annotations

from collections.abc import Iterator

from oracle.facts import SECOND, Broken, Call, History, InForce, Trunk, trunks_at

_SLACK = 1e-6


def _end(call: Call) -> int:
    """A call that is still in the book as live has no end yet."""
    return call.requested_at + (1 << 60) if call.ended_at is None else call.ended_at


def one_call_for_a_number(history: History) -> Iterator[Broken]:
    """I1: never two live calls to one number, whichever campaigns they belong to."""
    before: dict[str, Call] = {}
    for call in history.calls:
        if not call.placed:
            continue
        other = before.get(call.number)
        if other is not None and _end(other) > call.requested_at:
            yield Broken("I1", call.requested_at, f"{call.attempt} while {other.attempt} to the same number is live")
        if other is None or _end(other) < _end(call):
            before[call.number] = call


def seats(history: History) -> Iterator[Broken]:
    """I3: no request while as many calls of the campaign are live at the carrier as its limit allows."""
    for campaign in history.accepted:
        in_force = InForce(history, campaign)
        live: list[Call] = []
        for call in history.calls:
            if call.campaign != campaign:
                continue
            live = [each for each in live if _end(each) > call.requested_at]
            limit = in_force.at(call.index).concurrency
            if len(live) >= limit:
                yield Broken("I3", call.requested_at, f"{call.attempt} is live call {len(live) + 1} of {limit}")
            if call.placed:
                live.append(call)


class _Bucket:
    """Tokens as a number that grows with time: what a carrier would count at its edge."""

    def __init__(self, trunk: Trunk) -> None:
        self.trunk, self.level, self.at = trunk, float(trunk.burst), 0

    def turn_to(self, trunk: Trunk, at: int) -> None:
        """Let time pass, then go on under these limits."""
        self.level = min(self.trunk.burst, self.level + (at - self.at) / SECOND * self.trunk.cps)
        # A change of the limits gives no token back: what is missing from a full bucket stays missing.
        self.level, self.trunk, self.at = self.level + trunk.burst - self.trunk.burst, trunk, at


def pace(history: History) -> Iterator[Broken]:
    """I4: over any stretch of time never more requests to a carrier than its burst and its rate, nor its channels."""
    buckets: dict[str, _Bucket] = {}
    changes = [deed for deed in history.deeds if deed.trunks and not deed.refused]
    live: dict[str, list[Call]] = {}
    for call in history.calls:
        while changes and changes[0].returned <= call.index:
            deed = changes.pop(0)
            for trunk in deed.trunks:
                bucket = buckets.setdefault(trunk.id, _Bucket(trunk))
                bucket.turn_to(trunk, max(deed.returned_at, bucket.at))
        bucket = buckets[call.carrier]
        if call.requested_at < bucket.at:
            yield Broken(
                "I4", call.requested_at, f"{call.attempt} is entered {bucket.at - call.requested_at} us too early"
            )
        bucket.turn_to(bucket.trunk, max(call.requested_at, bucket.at))
        bucket.level -= 1
        if bucket.level < -_SLACK:
            yield Broken("I4", call.requested_at, f"{call.attempt} is above {bucket.trunk}: {bucket.level:.3f} tokens")
            bucket.level = 0.0  # told once; the next one is judged afresh
        mine = [each for each in live.get(call.carrier, []) if _end(each) > call.requested_at]
        channels = trunks_at(history, call.index)[call.carrier].channels
        if len(mine) >= channels:
            yield Broken("I4", call.requested_at, f"{call.attempt} is call {len(mine) + 1} on {channels} channels")
        live[call.carrier] = [*mine, call] if call.placed else mine
