"""Contact rows: candidates in the order of dialling, contacts by number and by place, and their way back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from ori_campaigns.contact import Contact, ContactStatus
from ori_campaigns.instants import Instant
from ori_campaigns.stores.rows import ContactRow
from ori_campaigns.stores.sql.bulk import Bulk
from ori_campaigns.stores.sql.campaigns import CampaignRow
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.stores.sql.values import callback_of, callback_text, number_of, variables_of

_CLASSES = (ContactStatus.CALLBACK_SCHEDULED, ContactStatus.PENDING, ContactStatus.RETRY_SCHEDULED)
"""In the order of P4."""
_FIRST_PAGE_AT_LEAST = 10
_UNFILTERED: Mapping[str, Any] = MappingProxyType({})


class Contacts:
    """Reads and writes the contacts of campaigns."""

    def __init__(self, tables: Tables) -> None:
        self._contacts = contacts = tables.contacts
        people, exclusions, attempts = tables.people, tables.exclusions, tables.attempts
        listed = tables.with_people(contacts, contacts.c.ordinal)
        self.columns: tuple[sa.ColumnElement[Any], ...] = (
            *(column for column in contacts.c if column.name not in {"campaign", "run"}),
            people.c.number,
            people.c.variables,
            exclusions.c.key.is_not(None).label("is_excluded"),
        )
        mine = (contacts.c.campaign == sa.bindparam("campaign"), contacts.c.run == sa.bindparam("run"))
        # For each candidate by the index; `EXISTS` would let a planner read all attempts at once.
        call = sa.select(attempts.c.busy_number).where(attempts.c.busy_number == people.c.number).limit(1)
        self._busy = call.scalar_subquery().is_not(None)
        self._offered = {status: self._candidates(tables, status) for status in _CLASSES}
        by_place = sa.select(*self.columns).select_from(listed).where(*mine).order_by(contacts.c.ordinal)
        self._page = by_place.where(contacts.c.ordinal > sa.bindparam("after")).limit(sa.bindparam("limit"))
        self._by_number = self._of_numbers(tables)
        by = ("campaign", "run", "ordinal")
        self._save = Bulk(contacts, _CHANGING, by=by)
        self._call = Bulk(contacts, ["status", "attempts", "look_at"], by=by)
        self._put_off = Bulk(contacts, ["look_at"], by=by)

    def _of_numbers(self, tables: Tables) -> sa.Select[Any]:
        """Return the statement of the contacts of some numbers, in no order and without their call variables."""
        contacts, exclusions, named = self._contacts, tables.exclusions, tables.named()
        theirs = (
            contacts.c.campaign == sa.bindparam("campaign"),
            contacts.c.run == sa.bindparam("run"),
            contacts.c.ordinal == named.c.ordinal,
        )
        flag = (
            exclusions.c.campaign == sa.bindparam("campaign"),
            exclusions.c.number == named.c.number,
            exclusions.c.active,
        )
        own = (column for column in contacts.c if column.name not in {"campaign", "run"})
        nothing: sa.ColumnElement[str] = sa.literal_column("'{}'")
        whole = sa.select(*own, named.c.number, nothing, exclusions.c.key.is_not(None).label("is_excluded"))
        return whole.select_from(named.join(contacts, sa.and_(*theirs)).outerjoin(exclusions, sa.and_(*flag)))

    def _candidates(self, tables: Tables, status: ContactStatus) -> sa.Select[Any]:
        """Return the statement of one class of candidates; a bound status would keep its index from being used.

        The page is cut off before anything is joined to it: planners reckon with all candidates there are.
        """
        contacts, people, exclusions = self._contacts, tables.people, tables.exclusions
        page = (
            sa.select(*(column for column in contacts.c if column.name not in {"campaign", "run"}))
            .where(contacts.c.campaign == sa.bindparam("campaign"), contacts.c.run == sa.bindparam("run"))
            .where(contacts.c.status == sa.literal_column(f"'{status}'"), contacts.c.look_at <= sa.bindparam("now"))
            .limit(sa.bindparam("limit"))
        )
        # Fresh ones are due since 0: in this order, and no other, does SQLite take the index of what still waits.
        place = sa.tuple_(contacts.c.due, contacts.c.ordinal)
        since = sa.tuple_(sa.bindparam("due", type_=sa.BigInteger), sa.bindparam("ordinal", type_=sa.Integer))
        page = page.where(contacts.c.due <= sa.bindparam("now"), place > since)
        page = page.order_by(contacts.c.due, contacts.c.ordinal)
        first = page.subquery("first")
        listed = tables.with_people(first, first.c.ordinal)
        flag = exclusions.c.key.is_not(None).label("is_excluded")
        whole = sa.select(*first.c, people.c.number, people.c.variables, flag, self._busy.label("busy"))
        return whole.select_from(listed).order_by(first.c.due, first.c.ordinal)

    # --- reading ---
    def offered(
        self, connection: sa.Connection, campaign: CampaignRow, now: Instant, wanted: int
    ) -> Iterator[ContactRow]:
        """Offer waiting contacts in the order of P4, page by page; the first page is as long as is wanted at most."""
        asked = {**campaign.bound, "now": now}
        limit = max(wanted, _FIRST_PAGE_AT_LEAST)
        for status in _CLASSES:
            due, ordinal = -1, -1
            while campaign.run.contacts[status]:
                at = {"due": due, "ordinal": ordinal, "limit": limit}
                page = [contact_row(row) for row in connection.execute(self._offered[status], {**asked, **at})]
                # The row by which to go on is noted before the rule changes it.
                due, ordinal = (page[-1].due, page[-1].ordinal) if page else (due, ordinal)
                yield from page
                if len(page) < limit:
                    break

    def by_number(
        self, connection: sa.Connection, campaign: CampaignRow, numbers: Sequence[str]
    ) -> dict[str, ContactRow]:
        """Return the contacts of these numbers that are on the list, without their call variables: no rule asks."""
        # As many as were asked for, at the most: no number is on a list twice.
        asked = {**campaign.bound, "numbers": list(numbers), "limit": len(numbers)}
        found = connection.execute(self._by_number, asked)
        return {row.number: contact_row(row) for row in found}

    def page(
        self,
        connection: sa.Connection,
        campaign: CampaignRow,
        after: int,
        limit: int,
        conditions: Sequence[sa.ColumnElement[bool]] = (),
        asked: Mapping[str, Any] = _UNFILTERED,
    ) -> list[Contact]:
        """Return a page of contacts by ordinal; only of those who meet the conditions, and what they ask for."""
        page = self._page.where(*conditions) if conditions else self._page
        found = connection.execute(page, {**campaign.bound, **asked, "after": after, "limit": limit})
        return [contact_row(row).value(campaign.campaign.id) for row in found]

    # --- writing ---
    def save(self, connection: sa.Connection, rows: Iterable[tuple[CampaignRow, ContactRow]]) -> None:
        """Write back those contacts that changed."""
        changed = [_columns(campaign, contact) for campaign, contact in rows if contact.changed]
        self._save.execute(connection, changed)

    def call(self, connection: sa.Connection, campaign: CampaignRow, contacts: Iterable[ContactRow]) -> None:
        """Write back contacts that were taken off the list to be called."""
        at = {"campaign": campaign.key, "run": campaign.run.number, "look_at": 0}
        rows = [
            {**at, "ordinal": each.ordinal, "status": each.status.value, "attempts": each.attempts} for each in contacts
        ]
        self._call.execute(connection, rows)

    def put_off(self, connection: sa.Connection, campaign: CampaignRow, later: Sequence[tuple[int, Instant]]) -> None:
        """Do not offer these contacts before an instant."""
        at = {"campaign": campaign.key, "run": campaign.run.number}
        self._put_off.execute(connection, [{**at, "ordinal": place, "look_at": until} for place, until in later])


def contact_row(row: Sequence[Any]) -> ContactRow:
    """Make a contact of the columns of `Contacts.columns`, and of whether its number is busy where that was asked."""
    ordinal, status, attempts, due, look_at, last_connected, connected, rule, callback, state, *person = row
    number, variables, excluded, *busy = person
    return ContactRow(
        ordinal,
        number_of(number),
        variables_of(variables),
        _STATUS[status],
        attempts,
        due,
        last_connected,
        bool(connected),
        rule,
        None if callback is None else callback_of(callback, state),
        bool(excluded),
        bool(busy and busy[0]),
        look_at,
    )


_STATUS = {status.value: status for status in ContactStatus}
_CHANGING = (
    "status attempts due look_at last_connected connected rule callback callback_state"
).split()  # fmt: skip


def _columns(campaign: CampaignRow, contact: ContactRow) -> dict[str, Any]:
    return {
        "campaign": campaign.key,
        "run": campaign.run.number,
        "ordinal": contact.ordinal,
        "status": contact.status.value,
        "attempts": contact.attempts,
        "due": contact.due,
        "look_at": contact.look_at,
        "last_connected": contact.last_connected,
        "connected": contact.connected,
        "rule": contact.rule,
        "callback": callback_text(contact.callback),
        "callback_state": contact.callback.state if contact.callback else "",
    }
