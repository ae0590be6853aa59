"""What pages that people look at ask of the database: campaigns and contacts by filter, calls by contact and number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from ori_campaigns import codec
from ori_campaigns.browsing import NEWEST, NOT_DIALLED, CampaignFilter, ContactFilter, Overview, Place
from ori_campaigns.contact import Attempt, Contact, place_of
from ori_campaigns.events import AttemptReserved, LifecycleChanged
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.sql.attempts import Attempts
from ori_campaigns.stores.sql.campaigns import CampaignRow, Campaigns
from ori_campaigns.stores.sql.contacts import Contacts
from ori_campaigns.stores.sql.tables import FOLDED, Tables
from ori_campaigns.stores.sql.values import number_of

_RESERVED, _ACTION = AttemptReserved.__name__, LifecycleChanged.__name__


class Browsing:
    """Reads a page at a time, by index and kept counts."""

    def __init__(self, tables: Tables, campaigns: Campaigns, contacts: Contacts, attempts: Attempts) -> None:
        self._tables, self._campaigns, self._contacts, self._attempts = tables, campaigns, contacts, attempts
        table, events = tables.attempts, tables.events
        mine = table.c.campaign == sa.bindparam("campaign")
        dialled = table.c.status.not_in([sa.literal_column(f"'{status}'") for status in sorted(NOT_DIALLED)])
        self._use = (
            sa.select(table.c.from_number, sa.func.count())
            .where(mine, table.c.run == sa.bindparam("run"), dialled)
            .group_by(table.c.from_number)
        )
        self._since = (
            sa.select(sa.func.count())
            .select_from(table)
            .where(mine, table.c.serial >= sa.bindparam("first"), table.c.reserved_at >= sa.bindparam("since"), dialled)
        )
        # A contact's stream of the log has an index; one of the calls by contact would cost every call its writing.
        self._told = sa.select(events.c.fact).where(
            events.c.campaign == sa.bindparam("id"),
            tables.among(events.c.stream, "contacts"),
            events.c.kind == sa.literal_column(f"'{_RESERVED}'"),
        )
        self._activity = (
            sa.select(events.c.fact)
            .where(
                events.c.campaign == sa.bindparam("id"),
                events.c.stream == sa.literal_column("-1"),
                events.c.kind == sa.literal_column(f"'{_ACTION}'"),
            )
            .order_by(events.c.sequence.desc())
            .limit(sa.bindparam("limit"))
        )
        self._by_serial = sa.select(table).where(mine, tables.among(table.c.serial, "serials")).order_by(table.c.serial)

    def overview(
        self, connection: sa.Connection, workspace: str, only: CampaignFilter, after: Place | None, limit: int
    ) -> list[Overview]:
        """Return a page of campaigns with the counts of their current runs."""
        wanted = only.wanted
        if not (_storable(wanted) and _storable(workspace)):
            return []
        campaigns = self._tables.campaigns
        asked: dict[str, Any] = {"workspace": workspace, "limit": limit}
        page = sa.select(campaigns).where(campaigns.c.workspace == sa.bindparam("workspace"))
        if only.status is not None:
            page = page.where(campaigns.c.status == sa.bindparam("status"))
            asked["status"] = str(only.status)
        if wanted:
            page = page.where(self._tables.holding((campaigns.c[name] for name in FOLDED), "wanted"))
            asked["wanted"] = wanted
        if after is not None:
            # The first condition is what the index is entered by.
            at = sa.bindparam("at", type_=sa.BigInteger)
            behind = (campaigns.c.created_at < at) | (campaigns.c.id > sa.bindparam("after"))
            page = page.where(campaigns.c.created_at <= at, behind)
            asked |= {"at": after[0], "after": after[1]}
        page = page.order_by(campaigns.c.created_at.desc(), campaigns.c.id).limit(sa.bindparam("limit"))
        return self._campaigns.overview(connection, page, asked)

    def contacts(
        self, connection: sa.Connection, row: CampaignRow, only: ContactFilter, after: int, limit: int
    ) -> list[Contact]:
        """Return a page of the contacts that are wanted."""
        tables, asked = self._tables, dict[str, Any]()
        contacts, attempts = tables.contacts, tables.attempts
        conditions: list[sa.ColumnElement[bool]] = []
        if only.status is not None:
            conditions.append(contacts.c.status == sa.bindparam("status"))
            asked["status"] = str(only.status)
        if only.number is not None:
            # As a list of one: SQLite would rather go through all contacts and look at the number of each.
            people = tables.people.alias("named")
            listed = (people.c.list == sa.bindparam("people"), people.c.number == sa.bindparam("number"))
            conditions.append(contacts.c.ordinal.in_(sa.select(people.c.ordinal).where(*listed)))
            asked["number"] = only.number.reveal()
        if only.callback:
            conditions.append(contacts.c.callback_state == sa.bindparam("state"))
            asked["state"] = only.callback
        if only.disposition:
            word = sa.bindparam("word", type_=sa.Text)
            reached = sa.select(attempts.c.contact).where(
                attempts.c.campaign == sa.bindparam("campaign"),
                attempts.c.run == sa.bindparam("run"),
                (attempts.c.disposition == word) | (attempts.c.business_disposition == word),
            )
            conditions.append(contacts.c.ordinal.in_(reached))
            asked["word"] = only.disposition
        if not all(_storable(text) for text in asked.values()):
            return []
        return self._contacts.page(connection, row, after, limit, conditions, asked)

    def attempts_of(self, connection: sa.Connection, row: CampaignRow, contacts: Sequence[int]) -> list[Attempt]:
        """Return all attempts of these contacts, by serial."""
        told = connection.execute(self._told, {"id": row.campaign.id, "contacts": list(contacts)}).scalars()
        facts = (codec.fact_from_json(_RESERVED, text) for text in told)
        places = (place_of(fact.attempt) for fact in facts if isinstance(fact, AttemptReserved))
        serials = sorted(place[1] for place in places if place is not None)
        return self._attempts.values(connection, row, self._by_serial, {"serials": serials}) if serials else []

    def activity(self, connection: sa.Connection, row: CampaignRow, limit: int) -> list[LifecycleChanged]:
        """Return the latest lifecycle actions of a campaign, in their order."""
        found = connection.execute(self._activity, {"id": row.campaign.id, "limit": limit}).scalars()
        facts = [codec.fact_from_json(_ACTION, text) for text in found]
        return [fact for fact in reversed(facts) if isinstance(fact, LifecycleChanged)]

    def number_use(self, connection: sa.Connection, row: CampaignRow, run: int | None) -> dict[PhoneNumber, int]:
        """Return how many calls of a run were made from each number."""
        asked = {"campaign": row.key, "run": row.run.number if run is None else run}
        return {number_of(number): count for number, count in connection.execute(self._use, asked)}

    def dialled_since(self, connection: sa.Connection, row: CampaignRow, since: Instant) -> int:
        """Return how many of the newest calls were reserved since then."""
        asked = {"campaign": row.key, "since": since, "first": max(row.next_serial - NEWEST, 0)}
        found: int = connection.execute(self._since, asked).scalar_one()
        return found


def _storable(text: str) -> bool:
    """Tell whether a database could have kept this text; what it could not is nowhere in it."""
    try:
        return "\x00" not in text and bool(text.encode() or True)
    except UnicodeEncodeError:
        return False
