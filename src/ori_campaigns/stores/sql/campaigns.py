"""Campaign rows with the counts of their runs: read under lock, written back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from ori_campaigns import codec
from ori_campaigns.browsing import Overview
from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import ContactStatus
from ori_campaigns.errors import NotFound
from ori_campaigns.instants import Instant
from ori_campaigns.stores.rows import RunRow
from ori_campaigns.stores.sql.tables import TALLIES, Tables
from ori_campaigns.stores.sql.values import Documents

_STATUSES = tuple(ContactStatus)


@attrs.define(eq=False)
class CampaignRow:
    """A campaign as the store keeps it.

    Parameters:
        key: its number in the store.
        people: the key of its list, `None` while it has none.
        cursor: where the rotation of its pool stands.
        served_at: when it last reserved a call (microseconds UTC).
        next_serial: of its next attempt.
        seats: as many of its calls may be live.
        run: the counts of the current run.
    """

    key: int
    campaign: Campaign
    people: int | None
    cursor: int
    served_at: Instant
    next_serial: int
    seats: int
    run: RunRow

    @property
    def bound(self) -> dict[str, int | None]:
        """What statements about the contacts of its current run are given."""
        return {"campaign": self.key, "run": self.run.number, "people": self.people}


class Campaigns:
    """Reads and writes campaign rows.

    Parameters:
        alone: only one transaction writes at a time, so that nothing needs a lock.
    """

    def __init__(self, tables: Tables, documents: Documents, *, alone: bool) -> None:
        self._tables, self._documents, self._alone = tables, documents, alone
        campaigns, runs = tables.campaigns, tables.runs
        whole = (
            sa.select(campaigns, *(runs.c[name] for name in ("seats", *TALLIES, *_STATUSES)))
            .join(runs, (runs.c.campaign == campaigns.c.key) & (runs.c.run == campaigns.c.run))
            .order_by(campaigns.c.key)
        )
        self._one = whole.where(campaigns.c.id == sa.bindparam("id"))
        several = tables.among(campaigns.c.id, "ids")
        self._several = whole.where(several)
        # Statements of their own: whoever waited for the lock would otherwise go on with the counts from before it.
        keys = sa.select(campaigns.c.key).order_by(campaigns.c.key).with_for_update()
        self._lock_one, self._lock_several = keys.where(campaigns.c.id == sa.bindparam("id")), keys.where(several)
        self._running = whole.where(campaigns.c.status == sa.literal_column("'running'"))
        listed = sa.select(campaigns.c.id, campaigns.c.document).order_by(campaigns.c.created_at.desc(), campaigns.c.id)
        self._all, self._of_workspace = listed, listed.where(campaigns.c.workspace == sa.bindparam("workspace"))
        self._runs, self._exclusions = runs, tables.exclusions
        self._counts = sa.select(runs).where(runs.c.campaign == sa.bindparam("key"), runs.c.run == sa.bindparam("run"))
        exclusions = tables.exclusions
        self._excluded = (
            sa.select(sa.func.count())
            .select_from(exclusions)
            .where(exclusions.c.campaign == sa.bindparam("key"), exclusions.c.active)
        )
        self._save = sa.update(campaigns).where(campaigns.c.key == sa.bindparam("at_key"))
        self._save_run = sa.update(runs).where(
            runs.c.campaign == sa.bindparam("at_campaign"), runs.c.run == sa.bindparam("at_run")
        )

    # --- reading ---
    def lock(self, connection: sa.Connection, campaign_id: str) -> CampaignRow:
        """Return a campaign, locked until the transaction ends.

        Raises:
            NotFound: there is none.
        """
        if not self._alone:
            connection.execute(self._lock_one, {"id": campaign_id}).all()
        return self.get(connection, campaign_id)

    def lock_several(self, connection: sa.Connection, ids: Sequence[str]) -> dict[str, CampaignRow]:
        """Return those of these campaigns that exist, locked in the order of their keys."""
        asked: dict[str, Any] = {"ids": list(ids)}
        lock, whole = self._lock_several, self._several
        if len(ids) == 1:
            lock, whole, asked = self._lock_one, self._one, {"id": ids[0]}
        if not self._alone:
            connection.execute(lock, asked).all()
        return {row.id: self._row(row) for row in connection.execute(whole, asked)}

    def get(self, connection: sa.Connection, campaign_id: str) -> CampaignRow:
        """Return a campaign as it stands.

        Raises:
            NotFound: there is none.
        """
        return self._found(connection.execute(self._one, {"id": campaign_id}).one_or_none(), campaign_id)

    def running(self, connection: sa.Connection) -> list[CampaignRow]:
        """Return the running campaigns, in the order in which they were created."""
        return [self._row(row) for row in connection.execute(self._running)]

    def values(self, connection: sa.Connection, workspace: str | None) -> list[Campaign]:
        """Return all campaigns as values, newest created first."""
        if workspace is None:
            found = connection.execute(self._all)
        else:
            found = connection.execute(self._of_workspace, {"workspace": workspace})
        return [self._documents.campaign(name, document) for name, document in found]

    def overview(self, connection: sa.Connection, page: sa.Select[Any], asked: Mapping[str, Any]) -> list[Overview]:
        """Return campaigns with the counts of their current runs.

        Parameters:
            page: selects their rows, in the order of the list; cut off before anything is joined to it.
        """
        first, runs, exclusions = page.subquery("first"), self._runs, self._exclusions
        mine = (exclusions.c.campaign == first.c.key, exclusions.c.active)
        excluded = sa.select(sa.func.count()).select_from(exclusions).where(*mine).scalar_subquery()
        counts = (runs.c[name] for name in (*TALLIES, *_STATUSES))
        whole = (
            sa.select(first.c.id, first.c.document, first.c.run, excluded.label("is_excluded"), *counts)
            .join(runs, (runs.c.campaign == first.c.key) & (runs.c.run == first.c.run))
            .order_by(first.c.created_at.desc(), first.c.id)
        )
        return [
            Overview(
                self._documents.campaign(row.id, row.document),
                _counts(row.id, row.run, row).counters(row.is_excluded),
            )
            for row in connection.execute(whole, asked)
        ]

    def run(self, connection: sa.Connection, row: CampaignRow, number: int | None) -> RunRow:
        """Return the counts of one of its runs; of the current one if there is no such."""
        if number is None or number == row.run.number:
            return row.run
        found = connection.execute(self._counts, {"key": row.key, "run": number}).one_or_none()
        return row.run if found is None else _counts(row.campaign.id, number, found)

    def excluded(self, connection: sa.Connection, row: CampaignRow) -> int:
        """Return how many numbers are excluded from a campaign."""
        found: int = connection.execute(self._excluded, {"key": row.key}).scalar_one()
        return found

    def _found(self, row: Any, campaign_id: str) -> CampaignRow:  # noqa: ANN401 - a row
        if row is None:
            raise NotFound("campaign", campaign_id)
        return self._row(row)

    def _row(self, row: Any) -> CampaignRow:  # noqa: ANN401 - a row
        campaign = self._documents.campaign(row.id, row.document)
        return CampaignRow(
            key=row.key,
            campaign=campaign,
            people=row.list,
            cursor=row.cursor,
            served_at=row.served_at,
            next_serial=row.next_serial,
            seats=row.seats,
            run=_counts(row.id, row.run, row),
        )

    # --- writing ---
    def insert(self, connection: sa.Connection, campaign: Campaign) -> CampaignRow:
        """Insert a campaign with an empty list."""
        columns = {**_searched(campaign), "run": campaign.run_number, "id": campaign.id}
        columns |= {"workspace": campaign.workspace, "created_at": campaign.created_at}
        done = connection.execute(sa.insert(self._tables.campaigns), {**columns, "list": None})
        key: int = done.inserted_primary_key[0]  # type: ignore[index]
        row = CampaignRow(key, campaign, None, 0, 0, 0, 0, RunRow.fresh(campaign.id, campaign.run_number))
        self.insert_run(connection, row)
        return row

    def insert_run(self, connection: sa.Connection, row: CampaignRow) -> None:
        """Insert the counts of a campaign's current run."""
        row.seats = _seats(row)
        at = {"campaign": row.key, "run": row.run.number, "seats": row.seats}
        connection.execute(sa.insert(self._tables.runs), {**at, **_columns(row.run)})
        row.run.changed = False

    def save(self, connection: sa.Connection, row: CampaignRow) -> None:
        """Write a campaign back whole, with the counts of its current run."""
        campaign = row.campaign
        columns = {**_searched(campaign), "run": row.run.number, "list": row.people}
        connection.execute(self._save, {"at_key": row.key, **columns})
        row.run.changed = True
        self.save_run(connection, row)

    def save_dialling(self, connection: sa.Connection, row: CampaignRow) -> None:
        """Write back what an admission changes: turn, serials, counts. The seats stay as many as they were."""
        turn = {"cursor": row.cursor, "served_at": row.served_at, "next_serial": row.next_serial}
        connection.execute(self._save, {"at_key": row.key, **turn})
        self._write_run(connection, row)

    def save_run(self, connection: sa.Connection, row: CampaignRow) -> None:
        """Write the counts of the current run back; seats that only drained calls held are given up."""
        row.seats = _seats(row)
        self._write_run(connection, row)

    def _write_run(self, connection: sa.Connection, row: CampaignRow) -> None:
        if row.run.changed:
            at = {"at_campaign": row.key, "at_run": row.run.number}
            connection.execute(self._save_run, {**at, "seats": row.seats, **_columns(row.run)})
            row.run.changed = False


def _seats(row: CampaignRow) -> int:
    return max(row.campaign.config.concurrency_limit, row.run.live)


def _searched(campaign: Campaign) -> dict[str, Any]:
    """Return the document of a campaign with the columns that it is searched by."""
    return {
        "name": campaign.name,
        "name_folded": campaign.name.casefold(),
        "id_folded": campaign.id.casefold(),
        "status": campaign.status.value,
        "completed_at": campaign.completed_at,
        "document": codec.dumps(campaign),
    }


def _counts(campaign_id: str, number: int, row: Any) -> RunRow:  # noqa: ANN401 - a row
    columns = row._mapping  # noqa: SLF001 - its public name for this
    contacts = {status: columns[status.value] for status in _STATUSES}
    return RunRow(campaign_id, number, contacts, *(columns[name] for name in TALLIES))


def _columns(run: RunRow) -> dict[str, int]:
    """Return the counts of a run by column."""
    return {
        **{status.value: count for status, count in run.contacts.items()},
        "dialled": run.dialled,
        "answered": run.answered,
        "connected": run.connected,
        "connected_contacts": run.connected_contacts,
        "live": run.live,
        "ringing": run.ringing,
        "in_progress": run.in_progress,
        "machines": run.machines,
    }
