"""The numbers that are called from: I14."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import takewhile

from oracle.facts import SECOND, Broken, Call, History, InForce, Trunk, trunks_at

_QUIET = 5 * SECOND


def only_the_pool(history: History) -> Iterator[Broken]:
    """I14: only numbers of the pool in force, over the carrier that has them; each used as often as the others."""
    for campaign in history.accepted:
        in_force = InForce(history, campaign)
        stretch: list[Call] = []
        last: tuple[str, ...] = ()
        for call in history.calls:
            if call.campaign != campaign:
                continue
            trunks = trunks_at(history, call.index)
            usable = _usable(in_force.at(call.index).numbers, trunks)
            if call.from_number not in usable:
                yield Broken("I14", call.requested_at, f"{call.attempt} calls from a number not in the pool")
            elif call.from_number not in trunks[call.carrier].numbers:
                yield Broken("I14", call.requested_at, f"{call.attempt} uses a carrier that has not this number")
            if usable != last or not _all_free(history, call, trunks, usable):
                yield from _unfair(stretch, last)
                stretch = []
            last = usable
            stretch.append(call)
        yield from _unfair(stretch, last)


def _usable(pool: Sequence[str], trunks: dict[str, Trunk]) -> tuple[str, ...]:
    configured = {number for trunk in trunks.values() for number in trunk.numbers}
    return tuple(number for number in pool if number in configured)


def _all_free(history: History, call: Call, trunks: dict[str, Trunk], usable: Sequence[str]) -> bool:
    """Whether every line of the pool could have taken this call: all are one carrier's, or no carrier is busy."""
    mine = [trunk for trunk in trunks.values() if set(trunk.numbers) & set(usable)]
    return len(mine) == 1 or all(_idle(history, call, trunk) for trunk in mine)


def _idle(history: History, call: Call, trunk: Trunk) -> bool:
    """Whether a carrier has room for everything that might be asked of it at once."""
    seats = sum(deed.settings.concurrency for deed in history.deeds if deed.settings is not None)
    if trunk.channels < seats or trunk.burst < 4:
        return False
    # As if no token had come back for a while; what leaves at the same instant was decided together.
    before = takewhile(
        lambda each: each.requested_at >= call.requested_at - _QUIET, reversed(history.calls[: call.index])
    )
    along = takewhile(lambda each: each.requested_at == call.requested_at, history.calls[call.index + 1 :])
    recent = [each for each in before if each.carrier == trunk.id]
    recent += [each for each in along if each.carrier == trunk.id and each.campaign != call.campaign]
    return len(recent) <= trunk.burst // 2 and not any(each.refused for each in recent)


def _unfair(stretch: Sequence[Call], usable: Sequence[str]) -> Iterator[Broken]:
    if not stretch:
        return
    used = Counter(dict.fromkeys(usable, 0))
    used.update(call.from_number for call in stretch)
    if max(used.values()) - min(used.values()) > 1:
        yield Broken(
            "I14", stretch[-1].requested_at, f"since {stretch[0].attempt} the pool was used {sorted(used.values())}"
        )
