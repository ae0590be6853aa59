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
from ori_campaigns.views import AppendStage, ContactBatch

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
        self._among_people = tables.among(tables.people.c.number, "numbers")
        self._not_left_out = tables.not_among(tables.people.c.ordinal, "left_out")
        self._among_places = tables.among(tables.people.c.ordinal, "places")
        self._renew = Bulk(tables.people, ["variables"], by=["list", "ordinal"])
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

    def begin(self, connection: sa.Connection, campaign: int) -> int:
        """Begin an empty list for a campaign."""
        done = connection.execute(sa.insert(self._lists), {"campaign": campaign, "size": 0, "staged_at": 0})
        key: int = done.inserted_primary_key[0]  # type: ignore[index]
        return key

    def append(self, connection: sa.Connection, move: AppendStage, row: CampaignRow, first: int) -> int:
        """Put a list that was put aside behind the end of a campaign's, from this ordinal on; return how many came.

        Raises:
            NotFound: it is gone, or in use.
        """
        people = self._people
        stage = self.take(connection, move.stage, row.key)
        of_stage = people.c.list == stage
        for begin in range(0, len(move.renewed), _PIECE):
            places = dict(move.renewed[begin : begin + _PIECE])
            told = sa.select(people.c.ordinal, people.c.variables).where(of_stage, self._among_places)
            found = connection.execute(told, {"places": list(places)})
            renewed = [{"list": row.people, "ordinal": places[here], "variables": text} for here, text in found]
            self._renew.execute(connection, renewed)
        place: sa.ColumnElement[int] = people.c.ordinal + sa.literal(first)
        chosen, left_out = [of_stage], {}
        if move.without:
            # Those behind whoever is left out move up.
            place = sa.func.row_number().over(order_by=people.c.ordinal) + sa.literal(first - 1)
            chosen, left_out = [of_stage, self._not_left_out], {"left_out": list(move.without)}
        come = sa.select(sa.literal(row.people), place, people.c.number, people.c.variables).where(*chosen)
        columns = ["list", "ordinal", "number", "variables"]
        enter = sa.insert(people).from_select(columns, come.order_by(people.c.ordinal))
        count = connection.execute(enter, left_out, execution_options={"preserve_rowcount": True}).rowcount
        self.drop(connection, stage)
        return count

    def copy(self, connection: sa.Connection, source: int | None, campaign: int) -> int:
        """Copy a list for a campaign."""
        key = self.begin(connection, campaign)
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
        return {number for number, (_, active, _) in self._known(connection, row, numbers).items() if active}

    def any_excluded(self, connection: sa.Connection, row: CampaignRow) -> bool:
        """Tell whether any number is excluded from a campaign."""
        exclusions = self._exclusions
        flags = sa.exists().where(exclusions.c.campaign == row.key, exclusions.c.active)
        found: bool = connection.execute(sa.select(flags)).scalar_one()
        return found

    def exclude(self, connection: sa.Connection, row: CampaignRow, numbers: Sequence[str]) -> dict[str, int]:
        """Set the flag of these numbers; return the key of each."""
        known = self._known(connection, row, numbers)
        flags = [{"number": number, "active": True} for number in numbers]
        again = [{**flag, "key": known[flag["number"]][0]} for flag in flags if flag["number"] in known]
        self._flag_again.execute(connection, again)
        new = [{**flag, "campaign": row.key} for flag in flags if flag["number"] not in known]
        self._flag.execute(connection, new)
        return {number: key for number, (key, _, _) in self._known(connection, row, numbers).items()}

    def readd(self, connection: sa.Connection, row: CampaignRow, numbers: Sequence[str]) -> dict[str, int]:
        """Lift the flag of these numbers; return the key of each.

        A contact that was erased stays as it is, excluded and without a name: whoever comes again is somebody new.
        """
        known = self._known(connection, row, numbers)
        hashes = [spelling for number, (_, _, spelling) in known.items() if spelling != number]
        erased = self._set_apart(connection, row, hashes) if hashes else set()
        lifted = [
            {"number": number, "active": False, "key": key}
            for number, (key, _, spelling) in known.items()
            if spelling not in erased
        ]
        self._flag_again.execute(connection, lifted)
        new = [number for number in numbers if number not in known or known[number][2] in erased]
        self._flag.execute(connection, [{"campaign": row.key, "number": each, "active": False} for each in new])
        return {number: key for number, (key, _, _) in self._known(connection, row, numbers).items()}

    def _set_apart(self, connection: sa.Connection, row: CampaignRow, hashes: Sequence[str]) -> set[str]:
        """Let no number lead to these contacts of a list any more, nor to their exclusions; return who they are."""
        people, exclusions = self._people, self._exclusions
        theirs = (people.c.list == row.people, self._among_people)
        found = connection.execute(
            sa.select(people.c.ordinal, people.c.number).where(*theirs), {"numbers": list(hashes)}
        ).all()
        for ordinal, number in found:
            apart = f"{number}.{ordinal}"
            here = (people.c.list == row.people, people.c.ordinal == ordinal)
            connection.execute(sa.update(people).where(*here).values(number=apart))
            here = (exclusions.c.campaign == row.key, exclusions.c.number == number)
            connection.execute(sa.update(exclusions).where(*here).values(number=apart))
        return {number for _, number in found}

    def _known(
        self, connection: sa.Connection, row: CampaignRow, numbers: Sequence[str]
    ) -> dict[str, tuple[int, bool, str]]:
        """Return key, flag and spelling of numbers: in the clear, or as the hash of an erased person."""
        spellings = {number: number for number in numbers}
        key = self.erasure_key(connection)
        if key is not None:
            spellings |= {hashed(number, key): number for number in numbers}
        found = connection.execute(self._flags, {"campaign": row.key, "numbers": list(spellings)})
        return {spellings[number]: (place, active, number) for number, place, active in found}

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
