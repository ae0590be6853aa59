"""Lists of people: put aside in pieces, taken over whole, copied, dropped; and numbers excluded from a campaign."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from itertools import islice
from json.encoder import encode_basestring
from typing import Any

import sqlalchemy as sa

from ori_campaigns.errors import NotFound
from ori_campaigns.stores.sql.bulk import Bulk
from ori_campaigns.stores.sql.campaigns import CampaignRow
from ori_campaigns.stores.sql.dialects import Dialect
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.stores.sql.transactions import Transactions
from ori_campaigns.views import ContactBatch

_PIECE = 20_000
"""People put aside in one transaction: others get their turn between two pieces."""
_KEY = "erasure_key"
HASHED = "hash:"
"""What the pseudonym of an erased person begins with."""


class People:
    """Reads and writes lists and exclusions."""

    def __init__(self, tables: Tables, dialect: Dialect) -> None:
        self._dialect, self._meta = dialect, tables.meta
        self._lists, self._people, self._exclusions = tables.lists, tables.people, tables.exclusions
        exclusions = tables.exclusions
        self._flag = Bulk(exclusions, ["campaign", "number", "active"])
        self._flag_again = Bulk(exclusions, ["number", "active"], by=["key"])
        self._flags = sa.select(exclusions.c.number, exclusions.c.key, exclusions.c.active).where(
            exclusions.c.campaign == sa.bindparam("campaign"),
            tables.among(exclusions.c.number, "numbers"),
        )

    # --- lists ---
    def stage(self, transactions: Transactions, batch: ContactBatch, now: int) -> str:
        """Keep a list aside, piece by piece; what a crash leaves behind is dropped by retention."""
        new = sa.insert(self._lists)
        size = len(batch.numbers)

        def begin(connection: sa.Connection) -> int:
            done = connection.execute(new, {"campaign": None, "size": size, "staged_at": now})
            key: int = done.inserted_primary_key[0]  # type: ignore[index]
            return key

        key = transactions.write(begin)
        rows = _rows(key, batch)
        while piece := list(islice(rows, _PIECE)):
            transactions.write(lambda connection: self._dialect.load(connection, self._people, piece))
        return str(key)

    def discard(self, connection: sa.Connection, stage: str) -> None:
        """Drop a list that was put aside; fine if it is gone, or in use."""
        if stage.isdecimal():
            lists = self._lists
            gone = sa.delete(lists).where(lists.c.key == int(stage), lists.c.campaign.is_(None))
            if connection.execute(gone).rowcount:
                connection.execute(sa.delete(self._people).where(self._people.c.list == int(stage)))

    def take(self, connection: sa.Connection, stage: str, campaign: int) -> int:
        """Make a list that was put aside a campaign's own.

        Raises:
            NotFound: it is gone, or in use.
        """
        lists = self._lists
        if stage.isdecimal():
            mine = sa.update(lists).where(lists.c.key == int(stage), lists.c.campaign.is_(None))
            if connection.execute(mine.values(campaign=campaign)).rowcount:
                return int(stage)
        raise NotFound("stage", stage)

    def copy(self, connection: sa.Connection, source: int | None, campaign: int) -> int:
        """Copy a list for a campaign."""
        done = connection.execute(sa.insert(self._lists), {"campaign": campaign, "size": 0, "staged_at": 0})
        key: int = done.inserted_primary_key[0]  # type: ignore[index]
        people = self._people
        everybody = (
            sa.select(sa.literal(key), people.c.ordinal, people.c.number, people.c.variables)
            .where(people.c.list == source)
            .order_by(people.c.ordinal)
        )
        connection.execute(sa.insert(people).from_select(["list", "ordinal", "number", "variables"], everybody))
        return key

    def drop(self, connection: sa.Connection, key: int) -> None:
        """Drop a list."""
        connection.execute(sa.delete(self._people).where(self._people.c.list == key))
        connection.execute(sa.delete(self._lists).where(self._lists.c.key == key))

    # --- exclusions ---
    def excluded(self, connection: sa.Connection, row: CampaignRow, numbers: Sequence[str]) -> set[str]:
        """Return those of these numbers that are excluded, erased people's among them."""
        return {number for number, (_, active) in self._known(connection, row, numbers).items() if active}

    def exclude(self, connection: sa.Connection, row: CampaignRow, numbers: Sequence[str]) -> dict[str, int]:
        """Set the flag of these numbers; return the key of each."""
        known = self._known(connection, row, numbers)
        flags = [{"number": number, "active": True} for number in numbers]
        again = [{**flag, "key": known[flag["number"]][0]} for flag in flags if flag["number"] in known]
        self._flag_again.execute(connection, again)
        new = [{**flag, "campaign": row.key} for flag in flags if flag["number"] not in known]
        self._flag.execute(connection, new)
        return {number: key for number, (key, _) in self._known(connection, row, numbers).items()}

    def _known(
        self, connection: sa.Connection, row: CampaignRow, numbers: Sequence[str]
    ) -> dict[str, tuple[int, bool]]:
        """Return key and flag of numbers, whether they stand there in the clear or as the hash of an erased person."""
        spellings = {number: number for number in numbers}
        key = self.erasure_key(connection)
        if key is not None:
            spellings |= {hashed(number, key): number for number in numbers}
        found = connection.execute(self._flags, {"campaign": row.key, "numbers": list(spellings)})
        return {spellings[number]: (place, active) for number, place, active in found}

    def recognise(self, connection: sa.Connection, row: CampaignRow) -> None:
        """Find people on a new list whose exclusion outlived their erasure, and give it their number back."""
        exclusions, people = self._exclusions, self._people
        key = self.erasure_key(connection)
        if key is None:
            return
        of = (exclusions.c.campaign == row.key, exclusions.c.number.like(f"{HASHED}%"))
        hashes = {
            number: place
            for place, number in connection.execute(sa.select(exclusions.c.key, exclusions.c.number).where(*of))
        }
        if hashes:
            listed = connection.execute(sa.select(people.c.number).where(people.c.list == row.people)).scalars()
            back = [(hashes[found], number) for number in listed if (found := hashed(number, key)) in hashes]
            for place, number in back:
                connection.execute(sa.update(exclusions).where(exclusions.c.key == place).values(number=number))

    def erasure_key(self, connection: sa.Connection) -> bytes | None:
        """Return the key under which numbers of erased people are hashed, `None` while nobody was erased."""
        text = connection.execute(sa.select(self._meta.c.value).where(self._meta.c.name == _KEY)).scalar_one_or_none()
        return None if text is None else bytes.fromhex(text)

    def new_erasure_key(self, connection: sa.Connection, key: bytes) -> bytes:
        """Keep a key, and return it."""
        connection.execute(sa.insert(self._meta), {"name": _KEY, "value": key.hex()})
        return key


def hashed(number: str, key: bytes) -> str:
    """Return what stands for the number of an erased person: whoever has not got the key cannot try all numbers."""
    return HASHED + hmac.new(key, number.encode(), hashlib.sha256).hexdigest()


def _rows(key: int, batch: ContactBatch) -> Iterator[tuple[Any, ...]]:
    for ordinal, number in enumerate(batch.numbers):
        variables = batch.variables(ordinal)
        # An encoder would be set up anew for each row; text to text needs none.
        pairs = ",".join([f"{encode_basestring(name)}:{encode_basestring(text)}" for name, text in variables.items()])
        yield key, ordinal, number, f"{{{pairs}}}"
