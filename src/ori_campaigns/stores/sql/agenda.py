"""What there is to do: running campaigns with what they could use, and what their carriers have to give."""

from __future__ import annotations

import sqlalchemy as sa

from ori_campaigns.contact import ACTIVE, WAITING, ContactStatus
from ori_campaigns.instants import Instant
from ori_campaigns.pacing import Demand
from ori_campaigns.ports import Agenda, Work
from ori_campaigns.stores.sql.attempts import Attempts
from ori_campaigns.stores.sql.campaigns import CampaignRow, Campaigns
from ori_campaigns.stores.sql.carriers import Carriers, Trunk
from ori_campaigns.stores.sql.tables import Tables

_S = ContactStatus


class Agendas:
    """Reads what there is to do."""

    def __init__(self, tables: Tables, campaigns: Campaigns, carriers: Carriers, attempts: Attempts) -> None:
        self._campaigns, self._carriers, self._attempts = campaigns, carriers, attempts
        contacts = tables.contacts
        mine = (contacts.c.campaign == sa.bindparam("campaign"), contacts.c.run == sa.bindparam("run"))
        in_sight = contacts.c.look_at <= sa.bindparam("now")
        # In the order of their index, or the planner would go and look for one anywhere.
        fresh = (
            sa.select(contacts.c.ordinal)
            .where(*mine, contacts.c.status == sa.literal_column("'pending'"), in_sight)
            .order_by(contacts.c.due)
            .limit(1)
            .scalar_subquery()
        )

        def first(status: ContactStatus) -> sa.ScalarSelect[int]:
            ready = contacts.c.status == sa.literal_column(f"'{status}'")
            return (
                sa.select(contacts.c.due)
                .where(*mine, ready, in_sight)
                .order_by(contacts.c.due)
                .limit(1)
                .scalar_subquery()
            )

        put_off = (
            sa.select(sa.func.min(contacts.c.look_at))
            .where(*mine, contacts.c.look_at > sa.bindparam("now"), contacts.c.look_at > sa.literal_column("0"))
            .scalar_subquery()
        )
        self._next_due = sa.select(fresh, first(_S.RETRY_SCHEDULED), first(_S.CALLBACK_SCHEDULED), put_off)

    def read(self, connection: sa.Connection, now: Instant) -> Agenda:
        """Return all there is to do now."""
        rows = self._campaigns.running(connection)
        workspaces = {row.campaign.workspace for row in rows}
        trunks = self._carriers.of_workspaces(connection, workspaces) if rows else {}
        works = [self._work(connection, row, trunks[row.campaign.workspace], now) for row in rows]
        supply = {
            workspace: {name: trunk.supply for name, trunk in found.items()} for workspace, found in trunks.items()
        }
        return Agenda(now, works, supply, self._attempts.next_check(connection))

    def _work(self, connection: sa.Connection, row: CampaignRow, trunks: dict[str, Trunk], now: Instant) -> Work:
        campaign, run = row.campaign, row.run
        pool = self._carriers.pool(trunks, campaign.numbers)
        demand = Demand(
            campaign.id,
            campaign.config.concurrency_limit - run.live,
            tuple("" if trunk is None else trunk.carrier.id for trunk in pool),
            row.served_at,
            row.cursor % max(len(campaign.numbers), 1),
        )
        waiting = sum(run.contacts[status] for status in WAITING)
        active = sum(run.contacts[status] for status in ACTIVE)
        return Work(campaign, run.live, waiting, active, demand, self.next_due(connection, row, now))

    def next_due(self, connection: sa.Connection, row: CampaignRow, now: Instant) -> Instant | None:
        """Return when its next contact is due; 0 when a fresh one waits, `None` when nobody does."""
        if not any(row.run.contacts[status] for status in WAITING):
            return None
        asked = {"campaign": row.key, "run": row.run.number, "now": now}
        fresh, *later = connection.execute(self._next_due, asked).one()
        if fresh is not None:
            return 0
        return min((instant for instant in later if instant is not None), default=None)
