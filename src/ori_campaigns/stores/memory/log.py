"""The in-memory event log: append-only, in the order of commit.

The fields of all facts stand in one long list, one after the other, and are made into facts again when they are read.
Millions of small objects that are never let go would be looked through by the garbage collector again and again, and
each would lie in fresh memory; so a fact is gone as soon as it is applied. Packing the fields into bytes was measured,
too: less memory still, but half of a simulation's running time.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import accumulate, chain, repeat
from typing import Any, get_args

from ori_campaigns.events import AttemptFact, CampaignFact, ContactFact, Event, Fact

_KINDS: tuple[Any, ...] = (*get_args(AttemptFact), *get_args(ContactFact), *get_args(CampaignFact))
# Where the contact stands among the fields; -1 for facts of the campaign itself.
_CONTACT = tuple(kind._fields.index("contact") if "contact" in kind._fields else -1 for kind in _KINDS)
_WIDTH_OF = tuple(len(kind._fields) for kind in _KINDS).__getitem__
code_of = {kind: code for code, kind in enumerate(_KINDS)}.__getitem__
"""The number of a class of facts."""


class EventLog:
    """All facts of a store, with the campaign of each."""

    __slots__ = ("_campaigns", "_ends", "_fields", "_kinds", "_sequences", "_streams")

    def __init__(self) -> None:
        self._fields: list[Any] = []
        # Of each fact: its class, and its campaign.
        self._kinds = bytearray()
        self._campaigns = array("I")
        # Where its fields end, and its number within its stream: counted when the log is read, not while it is written.
        self._ends = array("Q", [0])
        self._sequences = array("I")
        self._streams: dict[tuple[int, int], int] = {}

    def __len__(self) -> int:
        return len(self._kinds)

    def append(self, campaign: int, facts: Sequence[Fact]) -> None:
        """Append facts of a campaign, named by its number in the store."""
        self.extend(repeat(campaign, len(facts)), facts)

    def extend(self, campaigns: repeat[int] | Sequence[int], facts: Sequence[Fact]) -> None:
        """Append facts, each with the number of its campaign."""
        self._fields.extend(chain.from_iterable(facts))
        self._kinds.extend(map(code_of, map(type, facts)))
        self._campaigns.extend(campaigns)

    def write(self, campaign: int, kinds: Sequence[int], fields: Sequence[Any]) -> None:
        """Append facts that were never made: their classes as `code_of` tells them, and all their fields in a row."""
        self._fields.extend(fields)
        self._kinds.extend(kinds)
        self._campaigns.extend(repeat(campaign, len(kinds)))

    def _find_ends(self, cursor: int) -> None:
        ends = self._ends
        if len(ends) <= cursor + 1:
            fresh = self._kinds[len(ends) - 1 :]
            ends.extend(accumulate(map(_WIDTH_OF, fresh), initial=ends.pop()))

    def kind(self, cursor: int) -> Any:  # noqa: ANN401 - a class of facts
        """Return the class of the fact at a cursor."""
        return _KINDS[self._kinds[cursor]]

    def fact(self, cursor: int) -> Any:  # noqa: ANN401 - whoever noted the cursor knows the class
        """Return the fact at a cursor."""
        ends = self._ends
        self._find_ends(cursor)
        return _KINDS[self._kinds[cursor]]._make(self._fields[ends[cursor] : ends[cursor + 1]])

    def stream(self, cursor: int) -> int:
        """Return the contact a fact belongs to, -1 for the campaign itself."""
        self._find_ends(cursor)
        position = _CONTACT[self._kinds[cursor]]
        stream: int = -1 if position < 0 else self._fields[self._ends[cursor] + position]
        return stream

    def latest(self, campaign: int, kind: type, limit: int) -> list[Any]:
        """Return the latest facts of a class and a campaign, so many at the most, in their order."""
        code, found = code_of(kind), list[Any]()
        cursor = self._kinds.rfind(code)
        while cursor >= 0 and len(found) < limit:
            if self._campaigns[cursor] == campaign:
                found.append(self.fact(cursor))
            cursor = self._kinds.rfind(code, 0, cursor)
        return found[::-1]

    def _count_up(self) -> None:
        for cursor in range(len(self._sequences), len(self._kinds)):
            stream = (self._campaigns[cursor], self.stream(cursor))
            sequence = self._streams.get(stream, 0) + 1
            self._streams[stream] = sequence
            self._sequences.append(sequence)

    def read(self, names: Sequence[str], after: int, limit: int, only: int | None) -> list[Event]:
        """Return events after a cursor; `names` are the campaign ids by their number in the store."""
        self._count_up()
        found: list[Event] = []
        for cursor in range(after + 1, len(self._kinds)):
            campaign = self._campaigns[cursor]
            if only is None or only == campaign:
                stream, sequence = self.stream(cursor), self._sequences[cursor]
                found.append(Event(cursor, names[campaign], stream, sequence, self.fact(cursor)))
                if len(found) == limit:
                    break
        return found
