"""Rules on numbers: which of them are on the list, which are excluded, and what comes of it.

They may be as many as a list may have, so they are looked up piece by piece, while the campaign is locked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload

import sqlalchemy as sa

from ori_campaigns.campaign import Campaign
from ori_campaigns.events import Fact, NumberExcluded, NumberReadded
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores import effects
from ori_campaigns.stores.sql.attempts import Attempts
from ori_campaigns.stores.sql.campaigns import CampaignRow
from ori_campaigns.stores.sql.contacts import Contacts
from ori_campaigns.stores.sql.people import People
from ori_campaigns.views import NumberMatch

_PIECE = 10_000
"""Numbers that are looked up, or facts that are applied, at once."""


class SqlNumbersView:
    """Numbers of one campaign under lock."""

    def __init__(self, now: Instant, campaign: Campaign, items: Sequence[NumberMatch]) -> None:
        self.now, self.campaign, self.items = now, campaign, items


class Numbers:
    """Shows numbers to a rule, and applies what it answers of them."""

    def __init__(self, contacts: Contacts, attempts: Attempts, people: People) -> None:
        self._contacts, self._attempts, self._people = contacts, attempts, people

    def matches(
        self, connection: sa.Connection, row: CampaignRow, numbers: Sequence[PhoneNumber]
    ) -> Sequence[NumberMatch]:
        """Return numbers with their contacts on the list, in the order asked."""
        some = self._people.any_excluded(connection, row)

        def look_up(piece: slice) -> list[NumberMatch]:
            asked = [number.reveal() for number in numbers[piece]]
            listed = self._contacts.by_number(connection, row, asked)
            flagged = self._people.excluded(connection, row, asked) if some else set()
            return [NumberMatch(each, listed.get(key := each.reveal()), key in flagged) for each in numbers[piece]]

        return _Matches(len(numbers), look_up)

    def apply(self, connection: sa.Connection, row: CampaignRow, facts: Sequence[Fact]) -> list[Fact]:
        """Set and lift flags, and let contacts follow; return the facts as the log keeps them, without a number."""
        told = list(facts)
        flags = [(place, fact) for place, fact in enumerate(facts) if isinstance(fact, NumberExcluded | NumberReadded)]
        for first in range(0, len(flags), _PIECE):
            piece = flags[first : first + _PIECE]
            keys = self._apply(connection, row, [fact for _, fact in piece])
            for place, fact in piece:
                told[place] = fact._replace(number=PhoneNumber(str(keys[fact.number.reveal()])))
        return told

    def _apply(
        self, connection: sa.Connection, row: CampaignRow, facts: Sequence[NumberExcluded | NumberReadded]
    ) -> dict[str, int]:
        """Apply some facts; return the keys of their exclusions, by number."""
        listed = [fact.number.reveal() for fact in facts if fact.contact >= 0]
        contacts = {each.ordinal: each for each in self._contacts.by_number(connection, row, listed).values()}
        excluded = [fact for fact in facts if isinstance(fact, NumberExcluded)]
        readded = [fact for fact in facts if isinstance(fact, NumberReadded)]
        keys: dict[str, int] = {}
        if excluded:
            keys |= self._people.exclude(connection, row, [fact.number.reveal() for fact in excluded])
            awaiting = self._attempts.awaiting(connection, row, contacts)
            for fact in excluded:
                if fact.contact >= 0:
                    effects.exclude(contacts[fact.contact], row.run, fact, awaiting.get(fact.contact))
            self._attempts.save(connection, ((row, attempt) for attempt in awaiting.values()))
        if readded:
            keys |= self._people.readd(connection, row, [fact.number.reveal() for fact in readded])
            for again in readded:
                if again.contact >= 0:
                    effects.readd(contacts[again.contact], row.run, again)
        self._contacts.save(connection, ((row, contact) for contact in contacts.values()))
        return keys


class _Matches(Sequence[NumberMatch]):
    """Numbers with their contacts; only the piece that was asked for last is kept."""

    def __init__(self, size: int, look_up: Callable[[slice], list[NumberMatch]]) -> None:
        self._size, self._look_up = size, look_up
        self._first = -1
        self._piece: list[NumberMatch] = []

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[NumberMatch]:
        for first in range(0, self._size, _PIECE):
            yield from self._from(first)

    @overload
    def __getitem__(self, place: int) -> NumberMatch: ...
    @overload
    def __getitem__(self, place: slice) -> list[NumberMatch]: ...
    def __getitem__(self, place: int | slice) -> NumberMatch | list[NumberMatch]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(self._size))]
        piece, within = divmod(range(self._size)[place], _PIECE)
        return self._from(piece * _PIECE)[within]

    def _from(self, first: int) -> list[NumberMatch]:
        if first != self._first:
            self._piece, self._first = self._look_up(slice(first, first + _PIECE)), first
        return self._piece
