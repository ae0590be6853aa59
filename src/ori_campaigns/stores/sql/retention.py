"""Retention: campaigns that are long over are dropped whole; a person is erased and the outcomes stay."""

from __future__ import annotations

from collections.abc import Sequence

import attrs
import sqlalchemy as sa

from ori_campaigns import codec
from ori_campaigns.contact import FINAL, ContactStatus
from ori_campaigns.errors import ActionNotAllowed
from ori_campaigns.events import LifecycleChanged, NumberExcluded
from ori_campaigns.instants import DAY, Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.rows import ContactRow
from ori_campaigns.stores.sql.campaigns import CampaignRow, Campaigns
from ori_campaigns.stores.sql.contacts import Contacts
from ori_campaigns.stores.sql.log import WITH_NUMBER, Log
from ori_campaigns.stores.sql.people import People, hashed
from ori_campaigns.stores.sql.tables import Tables

_FORGOTTEN_AFTER = DAY
"""A list that was put aside so long ago and never taken was left behind by a crash."""


@attrs.frozen
class Purged:
    """What a purge dropped: ids of campaigns, and how many contacts, attempts, events and forgotten lists."""

    campaigns: tuple[str, ...]
    contacts: int
    attempts: int
    events: int
    lists: int

    @classmethod
    def together(cls, done: Sequence[Purged], events: int, lists: int) -> Purged:
        """Return what several purges dropped, and so many other events and forgotten lists, as one."""
        return cls(
            tuple(name for each in done for name in each.campaigns),
            sum(each.contacts for each in done),
            sum(each.attempts for each in done),
            sum(each.events for each in done) + events,
            lists,
        )


@attrs.frozen
class Erased:
    """What an erasure did.

    Parameters:
        campaigns: ids of those in which the person was listed.
        pseudonym: what stands in the place of the number from now on; the same for the same number.
    """

    campaigns: tuple[str, ...]
    pseudonym: PhoneNumber


class Retention:
    """Drops and erases."""

    def __init__(self, tables: Tables, campaigns: Campaigns, contacts: Contacts, people: People, log: Log) -> None:
        self._tables, self._campaigns, self._contacts = tables, campaigns, contacts
        self._people, self._log = people, log

    # --- campaigns that are over ---
    def over_before(self, connection: sa.Connection, before: Instant) -> list[str]:
        """Return the campaigns that were over before an instant."""
        campaigns = self._tables.campaigns
        over = (campaigns.c.status.in_(["completed", "failed"]), campaigns.c.completed_at < before)
        return list(connection.execute(sa.select(campaigns.c.id).where(*over).order_by(campaigns.c.key)).scalars())

    def drop(self, connection: sa.Connection, campaign_id: str, before: Instant) -> Purged:
        """Drop a campaign with everything that is known of it, unless it has been restarted meanwhile."""
        row = self._campaigns.lock_several(connection, [campaign_id]).get(campaign_id)
        nothing = Purged((), 0, 0, 0, 0)
        if row is None:
            return nothing
        campaign, tables = row.campaign, self._tables
        if campaign.completed_at is None or campaign.completed_at >= before or row.run.live:
            return nothing
        events = connection.execute(sa.delete(tables.events).where(tables.events.c.campaign == campaign.id)).rowcount
        attempts = connection.execute(sa.delete(tables.attempts).where(tables.attempts.c.campaign == row.key)).rowcount
        contacts = sum(row.run.contacts.values())
        self.delete(connection, row)
        connection.execute(sa.delete(tables.exclusions).where(tables.exclusions.c.campaign == row.key))
        return Purged((campaign.id,), contacts, attempts, events, 0)

    def delete(self, connection: sa.Connection, row: CampaignRow) -> None:
        """Delete a campaign with its contacts; what the log tells of it stays, with the exclusions it tells of."""
        tables = self._tables
        if row.people is not None:
            self._people.drop(connection, row.people)
        for table in (tables.contacts, tables.runs, tables.keys):
            connection.execute(sa.delete(table).where(table.c.campaign == row.key))
        connection.execute(sa.delete(tables.campaigns).where(tables.campaigns.c.key == row.key))

    def deleted_before(self, connection: sa.Connection, before: Instant) -> list[str]:
        """Return drafts that were deleted before an instant, of which only the log is left."""
        events, campaigns = self._tables.events, self._tables.campaigns
        told = events.c.kind == sa.literal(LifecycleChanged.__name__)
        gone = events.c.campaign.not_in(sa.select(campaigns.c.id))
        last: dict[str, Instant] = {}
        for campaign_id, text in connection.execute(sa.select(events.c.campaign, events.c.fact).where(told, gone)):
            fact = codec.fact_from_json(LifecycleChanged.__name__, text)
            last[campaign_id] = max(last.get(campaign_id, 0), fact.at)
        return sorted(campaign_id for campaign_id, at in last.items() if at < before)

    def drop_log(self, connection: sa.Connection, campaign_id: str) -> int:
        """Drop what is left of a deleted draft, events and the exclusions they tell of; return how many events."""
        events, exclusions = self._tables.events, self._tables.exclusions
        mine = events.c.campaign == campaign_id
        told = sa.select(events.c.kind, events.c.fact).where(
            mine, events.c.kind.in_([each.__name__ for each in WITH_NUMBER])
        )
        facts = [codec.fact_from_json(kind, text) for kind, text in connection.execute(told)]
        keys = [int(fact.number.reveal()) for fact in facts if isinstance(fact, WITH_NUMBER)]
        connection.execute(sa.delete(exclusions).where(self._tables.among(exclusions.c.key, "keys")), {"keys": keys})
        return connection.execute(sa.delete(events).where(mine)).rowcount

    def drop_forgotten(self, connection: sa.Connection, now: Instant) -> int:
        """Drop lists that were put aside and never taken."""
        lists = self._tables.lists
        forgotten = (lists.c.campaign.is_(None), lists.c.staged_at < now - _FORGOTTEN_AFTER)
        keys = connection.execute(sa.select(lists.c.key).where(*forgotten)).scalars().all()
        for key in keys:
            self._people.drop(connection, key)
        return len(keys)

    # --- one person ---
    def erase(
        self, connection: sa.Connection, workspace: str, number: PhoneNumber, *, by: str, now: Instant, new_key: bytes
    ) -> Erased:
        """Take a person out of every campaign of a workspace.

        Raises:
            ActionNotAllowed: code `not_final`, when one of their contacts may still be called, or is being called.
        """
        digits = number.reveal()
        rows = [self._campaigns.lock(connection, each) for each in self._listing(connection, workspace, digits)]
        for row in rows:
            self._erase_from(connection, row, number, NumberExcluded(-1, now, number, "erased", by, closes=False))
        key = self._people.erasure_key(connection) or self._people.new_erasure_key(connection, new_key)
        pseudonym = hashed(digits, key)
        people, exclusions, campaigns = self._tables.people, self._tables.exclusions, self._tables.campaigns
        lists = [row.people for row in rows]
        theirs = (people.c.list.in_(lists), people.c.number == digits)
        connection.execute(sa.update(people).where(*theirs).values(number=pseudonym, variables="{}"))
        mine = sa.select(campaigns.c.key).where(campaigns.c.workspace == workspace)
        # Of a draft that was deleted only its log is left, which does not say whose workspace it was.
        gone = exclusions.c.campaign.not_in(sa.select(campaigns.c.key))
        flags = (exclusions.c.number == digits, exclusions.c.campaign.in_(mine) | gone)
        connection.execute(sa.update(exclusions).where(*flags).values(number=pseudonym))
        return Erased(tuple(row.campaign.id for row in rows), PhoneNumber(pseudonym))

    def _listing(self, connection: sa.Connection, workspace: str, digits: str) -> list[str]:
        campaigns, people = self._tables.campaigns, self._tables.people
        listed = sa.select(campaigns.c.id).join(people, people.c.list == campaigns.c.list)
        mine = (campaigns.c.workspace == workspace, people.c.number == digits)
        return list(connection.execute(listed.where(*mine).order_by(campaigns.c.key)).scalars())

    def _erase_from(
        self, connection: sa.Connection, row: CampaignRow, number: PhoneNumber, fact: NumberExcluded
    ) -> None:
        contact = self._contacts.by_number(connection, row, [number.reveal()])[number.reveal()]
        if contact.status not in FINAL:
            raise _not_final(row.campaign.id, contact)
        if not contact.excluded:
            # Nobody can be called whose number is gone: not in a second run, nor from a copy.
            keys = self._people.exclude(connection, row, [number.reveal()])
            told = fact._replace(contact=contact.ordinal, number=PhoneNumber(str(keys[number.reveal()])))
            self._log.append(connection, [(row.campaign.id, told)])
        contacts, attempts = self._tables.contacts, self._tables.attempts
        of = (contacts.c.campaign == row.key, contacts.c.ordinal == contact.ordinal)
        connection.execute(sa.update(contacts).where(*of).values(callback=None, callback_state=""))
        of = (attempts.c.campaign == row.key, attempts.c.contact == contact.ordinal)
        connection.execute(sa.update(attempts).where(*of).values(callback=None))
        self._log.forget_words(connection, row.campaign.id, contact.ordinal)


def _not_final(campaign_id: str, contact: ContactRow) -> ActionNotAllowed:
    status = contact.status.value
    how = "Exclude the number first, or wait until the contact is final."
    if contact.status is ContactStatus.CALLING:
        how = "Wait until the call is over."
    return ActionNotAllowed(
        entity="contact",
        entity_id=f"{campaign_id}/{contact.ordinal}",
        status=status,
        action="erase",
        allowed=["exclude"],
        code="not_final",
        message=f"Contact {contact.ordinal} of campaign {campaign_id} cannot be erased: it is {status}. {how} "
        "Nothing was erased.",
    )
