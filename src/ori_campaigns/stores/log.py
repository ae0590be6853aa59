"""The in-memory event log: append-only, in the order of commit.

Facts are kept as they are: they are immutable tuples, cheap to keep and free to read. Packing them into columns was
measured: two and a half times less memory, but half of a simulation's running time.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import Any

from ori_campaigns.events import Event, Fact


class EventLog:
    """All facts of a store, with the campaign of each."""

    __slots__ = ("_campaigns", "_facts", "_sequences", "_streams")

    def __init__(self) -> None:
        self._facts: list[Fact] = []
        self._campaigns = array("I")
        # Sequence numbers within a stream are counted when the log is read, not while it is written.
        self._sequences = array("I")
        self._streams: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self._facts)

    def append(self, campaign: int, fact: Fact) -> None:
        """Append one fact of a campaign, named by its number in the store."""
        self._facts.append(fact)
        self._campaigns.append(campaign)

    def extend(self, campaigns: Sequence[int], facts: Sequence[Fact]) -> None:
        """Append facts, each with the number of its campaign."""
        self._facts += facts
        self._campaigns.extend(campaigns)

    def fact(self, cursor: int) -> Any:  # noqa: ANN401 - whoever noted the cursor knows the class
        """Return the fact at a cursor."""
        return self._facts[cursor]

    def _count_up(self) -> None:
        for cursor in range(len(self._sequences), len(self._facts)):
            stream = (self._campaigns[cursor], stream_of(self._facts[cursor]))
            sequence = self._streams.get(stream, 0) + 1
            self._streams[stream] = sequence
            self._sequences.append(sequence)

    def read(self, names: Sequence[str], after: int, limit: int, only: int | None) -> list[Event]:
        """Return events after a cursor; `names` are the campaign ids by their number in the store."""
        self._count_up()
        found: list[Event] = []
        for cursor in range(after + 1, len(self._facts)):
            campaign = self._campaigns[cursor]
            if only is None or only == campaign:
                fact = self._facts[cursor]
                found.append(Event(cursor, names[campaign], stream_of(fact), self._sequences[cursor], fact))
                if len(found) == limit:
                    break
        return found


def stream_of(fact: Fact) -> int:
    """Return the contact a fact belongs to, -1 for the campaign itself."""
    return getattr(fact, "contact", -1)
