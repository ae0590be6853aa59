"""Attempt rows: by id, by the carrier's reference, by what is overdue; written when opened and when they move on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any

import sqlalchemy as sa

from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import Attempt, AttemptKind, AttemptStatus
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.rows import AttemptRow, ContactRow, RunRow
from ori_campaigns.stores.sql.bulk import Bulk
from ori_campaigns.stores.sql.campaigns import CampaignRow
from ori_campaigns.stores.sql.contacts import Contacts, contact_row
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.stores.sql.values import number_of, request_of, request_text, word

_CHUNK = 500
"""Attempts asked for in one statement."""


class Attempts:
    """Reads and writes the attempts of campaigns."""

    def __init__(self, tables: Tables, contacts: Contacts) -> None:
        self._tables = tables
        attempts, campaigns = tables.attempts, tables.campaigns
        listed = tables.contacts.join(
            attempts,
            (attempts.c.campaign == tables.contacts.c.campaign) & (attempts.c.contact == tables.contacts.c.ordinal),
        )
        listed = tables.with_people(listed, tables.contacts.c.ordinal)
        own = [column.label(f"a_{column.name}") for column in attempts.c]
        self._width = len(own)
        whole = (
            sa.select(*own, *contacts.columns)
            .select_from(listed)
            .where(attempts.c.campaign == sa.bindparam("campaign"), tables.contacts.c.run == sa.bindparam("run"))
        )
        self._by_serial = whole.where(tables.among(attempts.c.serial, "serials"))
        self._awaiting = whole.where(
            tables.among(attempts.c.contact, "ordinals"),
            attempts.c.status == sa.literal_column("'ended'"),
            attempts.c.check_at.is_not(None),
        )
        self._page = (
            sa.select(attempts)
            .where(attempts.c.campaign == sa.bindparam("campaign"), attempts.c.serial > sa.bindparam("after"))
            .order_by(attempts.c.serial)
            .limit(sa.bindparam("limit"))
        )
        of_campaign = attempts.join(campaigns, campaigns.c.key == attempts.c.campaign)
        # Two are enough to know that the reference names no call.
        self._by_ref = (
            sa.select(campaigns.c.id, attempts.c.serial)
            .select_from(of_campaign)
            .where(attempts.c.carrier_ref == sa.bindparam("ref"), attempts.c.carrier_ref != sa.literal_column("''"))
            .limit(2)
        )
        self._overdue = (
            sa.select(campaigns.c.id, attempts.c.serial, attempts.c.check_at)
            .select_from(of_campaign)
            .where(attempts.c.check_at <= sa.bindparam("now"), attempts.c.check_at.is_not(None))
            .order_by(attempts.c.check_at, attempts.c.campaign, attempts.c.serial)
            .limit(sa.bindparam("limit"))
        )
        self._next_check = sa.select(sa.func.min(attempts.c.check_at)).where(attempts.c.check_at.is_not(None))
        self._unsent = sa.select(sa.func.max(attempts.c.not_after)).where(
            # Not by its key: SQLite would read all calls of the campaign.
            attempts.c.campaign + sa.literal_column("0") == sa.bindparam("campaign"),
            attempts.c.status == sa.literal_column("'reserved'"),
            # What is not decided is few, and has an index.
            attempts.c.check_at.is_not(None),
        )
        self._insert = Bulk(attempts, _AT_FIRST)
        self._save = Bulk(attempts, _CHANGING, by=("campaign", "serial"))

    # --- reading ---
    def by_serial(
        self, connection: sa.Connection, campaign: CampaignRow, serials: Collection[int]
    ) -> dict[int, AttemptRow]:
        """Return those of these attempts that exist, each with its contact in the current run."""
        found: dict[int, AttemptRow] = {}
        # A contact may have several attempts among them; it is one row all the same.
        contacts: dict[int, ContactRow] = {}
        wanted = sorted(serials)
        asked = campaign.bound
        for first in range(0, len(wanted), _CHUNK):
            rows = connection.execute(self._by_serial, {**asked, "serials": wanted[first : first + _CHUNK]})
            for row in rows:
                own, ordinal = row[: self._width], row[self._width]
                contact = contacts.get(ordinal)
                if contact is None:
                    contact = contacts[ordinal] = contact_row(row[self._width :])
                found[row[1]] = _attempt_row(campaign, own, contact)
        return found

    def awaiting(
        self, connection: sa.Connection, campaign: CampaignRow, contacts: dict[int, ContactRow]
    ) -> dict[int, AttemptRow]:
        """Return calls of these contacts that are over and wait for their analysis, by the contact's ordinal."""
        asked = campaign.bound
        rows = connection.execute(self._awaiting, {**asked, "ordinals": list(contacts)})
        return {row[3]: _attempt_row(campaign, row[: self._width], contacts[row[3]]) for row in rows}

    def place_by_ref(self, connection: sa.Connection, ref: str) -> tuple[str, int] | None:
        """Return campaign id and serial of the one attempt with this reference; `None` if there is none, or several."""
        found = connection.execute(self._by_ref, {"ref": word(ref)}).all()
        return (found[0][0], found[0][1]) if len(found) == 1 else None

    def overdue(self, connection: sa.Connection, now: Instant, limit: int) -> list[str]:
        """Return attempts past their limit, longest overdue first."""
        rows = connection.execute(self._overdue, {"now": now, "limit": limit})
        return [name for _, name in sorted((check_at, f"{campaign}-{serial}") for campaign, serial, check_at in rows)]

    def next_check(self, connection: sa.Connection) -> Instant | None:
        """Return when the next attempt becomes overdue."""
        found: Instant | None = connection.execute(self._next_check).scalar_one()
        return found

    def unsent(
        self,
        connection: sa.Connection,
        campaign: CampaignRow,
        before: int | None,
        numbers: Sequence[PhoneNumber] | None,
    ) -> Instant | None:
        """Return the latest `not_after` of reservations nobody has reported on."""
        attempts, statement = self._tables.attempts, self._unsent
        asked: dict[str, Any] = {"campaign": campaign.key}
        if before is not None:
            statement = statement.where(attempts.c.epoch < before)
        if numbers is not None:
            statement = statement.where(self._tables.among(attempts.c.busy_number, "numbers"))
            asked["numbers"] = [number.reveal() for number in numbers]
        found: Instant | None = connection.execute(statement, asked).scalar_one()
        return found

    def page(self, connection: sa.Connection, campaign: CampaignRow, after: int, limit: int) -> list[Attempt]:
        """Return a page of attempts of all runs."""
        return self.values(connection, campaign, self._page, {"after": after, "limit": limit})

    def values(
        self, connection: sa.Connection, campaign: CampaignRow, statement: sa.Select[Any], asked: Mapping[str, Any]
    ) -> list[Attempt]:
        """Return the attempts of a campaign whose rows a statement selects."""
        rows = connection.execute(statement, {**asked, "campaign": campaign.key})
        return [_value(campaign.campaign, row) for row in rows]

    # --- writing ---
    def insert(self, connection: sa.Connection, campaign: CampaignRow, opened: Sequence[AttemptRow]) -> None:
        """Insert reserved attempts; a second one to a number that is busy is refused by a unique index.

        In the order of the numbers: two workers who want the same two numbers then wait for each other in one order.
        """
        rows = [
            {
                "campaign": campaign.key,
                "serial": attempt.serial,
                "run": attempt.run,
                "contact": attempt.ordinal,
                "kind": attempt.kind.value,
                "number_in_budget": attempt.number_in_budget,
                "from_number": attempt.from_number.reveal(),
                "carrier": attempt.carrier,
                "status": attempt.status.value,
                "epoch": attempt.epoch,
                "reserved_at": attempt.reserved_at,
                "not_after": attempt.not_after,
                "check_at": attempt.check_at,
                "busy_number": attempt.contact.number.reveal(),
            }
            for attempt in opened
        ]
        rows.sort(key=itemgetter("busy_number"))
        self._insert.execute(connection, rows)

    def save(self, connection: sa.Connection, rows: Iterable[tuple[CampaignRow, AttemptRow]]) -> None:
        """Write back those attempts that changed."""
        changed = [
            {"campaign": campaign.key, "serial": attempt.serial, **_changing(attempt)}
            for campaign, attempt in rows
            if attempt.changed
        ]
        self._save.execute(connection, changed)


_AT_FIRST = (
    "campaign serial run contact kind number_in_budget from_number carrier status epoch reserved_at not_after check_at "
    "busy_number"
).split()
"""The columns that are known when a call is reserved."""
_CHANGING = (
    "status carrier_ref check_at busy_number rang_at answered_at ended_at talk connected disposition detail began "
    "bot_disposition analysed business_disposition callback rule"
).split()
"""The columns that change after the reservation."""


def _changing(attempt: AttemptRow) -> dict[str, Any]:
    """Return the columns that change after the reservation."""
    return {
        "status": attempt.status.value,
        "carrier_ref": word(attempt.carrier_ref),
        "check_at": None if attempt.decided else attempt.check_at,
        "busy_number": attempt.contact.number.reveal() if attempt.live else None,
        "rang_at": attempt.rang_at,
        "answered_at": attempt.answered_at,
        "ended_at": attempt.ended_at,
        "talk": attempt.talk,
        "connected": attempt.connected,
        "disposition": word(attempt.disposition),
        "detail": word(attempt.detail),
        "began": attempt.began,
        "bot_disposition": word(attempt.bot_disposition),
        "analysed": attempt.analysed,
        "business_disposition": word(attempt.business_disposition),
        "callback": request_text(attempt.callback),
        "rule": attempt.rule,
    }


def _attempt_row(campaign: CampaignRow, row: Sequence[Any], contact: ContactRow) -> AttemptRow:
    """Make an attempt of the columns of its table, in their order."""
    (_, serial, number, _, kind, number_in_budget, from_number, carrier, carrier_ref, status, epoch, *rest) = row
    (reserved_at, not_after, check_at, _, rang_at, answered_at, ended_at, talk, connected, disposition, *rest) = rest
    (detail, began, bot_disposition, analysed, business_disposition, callback, rule) = rest
    value = campaign.campaign
    # One of an earlier run is over and decided; nothing that may still be told of it is counted.
    run = campaign.run if number == campaign.run.number else RunRow.fresh(value.id, number)
    return AttemptRow(
        serial=serial,
        id=f"{value.id}-{serial}",
        campaign=value,
        tally=run,
        contact=contact,
        kind=_KIND[kind],
        number_in_budget=number_in_budget,
        from_number=number_of(from_number),
        carrier=carrier,
        reserved_at=reserved_at,
        not_after=not_after,
        epoch=epoch,
        check_at=check_at or 0,
        status=_STATUS[status],
        carrier_ref=carrier_ref,
        rang_at=rang_at,
        answered_at=answered_at,
        ended_at=ended_at,
        talk=talk,
        connected=bool(connected),
        disposition=disposition,
        detail=detail,
        began=began,
        bot_disposition=bot_disposition,
        analysed=bool(analysed),
        business_disposition=business_disposition,
        callback=request_of(callback),
        rule=rule,
        decided=check_at is None,
    )


_KIND = {kind.value: kind for kind in AttemptKind}
_STATUS = {status.value: status for status in AttemptStatus}


def _value(campaign: Campaign, row: Any) -> Attempt:  # noqa: ANN401 - a row
    return Attempt(
        id=f"{campaign.id}-{row.serial}",
        campaign_id=campaign.id,
        contact=row.contact,
        run=row.run,
        number_in_budget=row.number_in_budget,
        kind=AttemptKind(row.kind),
        from_number=number_of(row.from_number),
        carrier=row.carrier,
        status=AttemptStatus(row.status),
        reserved_at=row.reserved_at,
        rang_at=row.rang_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        talk=row.talk,
        connected=row.connected,
        disposition=row.disposition,
        detail=row.detail,
        business_disposition=row.business_disposition,
        rule=row.rule,
    )
