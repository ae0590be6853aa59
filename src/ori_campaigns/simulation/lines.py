"""The numbers of a pool and their carriers, as the one campaign uses them that dials in a stretch."""

from __future__ import annotations

from collections.abc import Sequence

from ori_campaigns.admission import rotate
from ori_campaigns.instants import Instant
from ori_campaigns.stores.memory.book import Book


class Lines:
    """What may leave now, from which number, and when more may (P2, P3, P7).

    Parameters:
        book: the campaign's rows; some number of its pool can be used.
    """

    def __init__(self, book: Book) -> None:
        pool = book.pool()
        self._book, self._numbers = book, len(pool.numbers)
        self.carriers = pool.carriers
        # By the position in the pool; a number that cannot be used has none.
        self.trunk_at = {position: trunk for position, trunk in enumerate(pool.trunks) if trunk is not None}
        self._trunk_of = {trunk.carrier.id: trunk for trunk in pool.trunks if trunk is not None}
        trunks = list(self._trunk_of.values())
        # Most pools are of one carrier: the numbers simply take turns.
        self._only = trunks[0] if len(trunks) == 1 and None not in pool.trunks else None
        self._free: dict[str, int] = {}

    def free(self, now: Instant) -> int:
        """Return how many calls may leave now."""
        if self._only is not None:
            return self._only.supply.free(now)
        # Numbers that can no longer be used are of no carrier.
        self._free = {carrier: trunk.supply.free(now) for carrier, trunk in self._trunk_of.items()} | {"": 0}
        return sum(self._free.values())

    def take(self, calls: int, now: Instant) -> Sequence[int]:
        """Take lines for calls that leave now, no more than are `free`; return the position in the pool of each."""
        book, trunk = self._book, self._only
        cursor, book.served_at = book.cursor, now
        if trunk is not None:
            book.cursor = (cursor + calls) % self._numbers
            trunk.live += calls
            trunk.bucket = trunk.bucket.take(calls, now)
            return [position % self._numbers for position in range(cursor, cursor + calls)]
        free, positions = dict(self._free), []
        for _ in range(calls):
            positions.append(rotate(self.carriers, free, cursor))
            cursor = positions[-1] + 1
            free[self.carriers[positions[-1]]] -= 1
        book.cursor = cursor % self._numbers
        for carrier, left in free.items():
            if taken := self._free[carrier] - left:
                trunk = self._trunk_of[carrier]
                trunk.live += taken
                trunk.bucket = trunk.bucket.take(taken, now)
        return positions

    def ready_at(self, now: Instant) -> list[Instant]:
        """Return, for each carrier, the first instant at which its rate allows a call; now where it does already."""
        if self._only is not None:
            return [self._only.supply.ready_at(now)]
        return [trunk.supply.ready_at(now) for trunk in self._trunk_of.values()]
