"""Bulk moves: whole lists change state, are swapped in, copied or dropped, without a row ever being loaded."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa

from ori_campaigns.contact import WAITING, ContactStatus
from ori_campaigns.events import ContactsMoved
from ori_campaigns.instants import Instant
from ori_campaigns.stores.effects import BY_STOP
from ori_campaigns.stores.rows import RunRow
from ori_campaigns.stores.sql.campaigns import CampaignRow, Campaigns
from ori_campaigns.stores.sql.dialects import Dialect
from ori_campaigns.stores.sql.people import HASHED, People
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.views import (
    AppendStage,
    CancelCallbacks,
    CloseAwaiting,
    CloseUsedUp,
    CloseWaiting,
    CopyContacts,
    DropRun,
    Move,
    NewRun,
    UseStage,
)

_S = ContactStatus
_WORTH_A_LOOK = 1_000
"""From so many contacts on, the planner is told of a new list."""
_PIECE = 500
"""Excluded contacts moved in one statement."""


class Moves:
    """Makes bulk moves of one campaign that is locked."""

    def __init__(self, tables: Tables, campaigns: Campaigns, people: People, dialect: Dialect) -> None:
        self._campaigns, self._people, self._dialect = campaigns, people, dialect
        self._contacts, self._exclusions, self._attempts = tables.contacts, tables.exclusions, tables.attempts
        self._runs, self._listed = tables.runs, tables.people
        self._make: dict[type, Callable[[sa.Connection, CampaignRow, Any], tuple[ContactStatus | None, int]]] = {
            CloseWaiting: self._close_waiting,
            CloseAwaiting: self._close_awaiting,
            CloseUsedUp: self._close_used_up,
            CancelCallbacks: self._cancel_callbacks,
            UseStage: self._use_stage,
            AppendStage: self._append,
            CopyContacts: self._copy,
            NewRun: self._new_run,
            DropRun: self._drop_run,
        }

    def make(self, connection: sa.Connection, row: CampaignRow, move: Move, now: Instant) -> ContactsMoved:
        """Make a move, keep the counts, and return the fact that tells of it."""
        status, count = self._make[type(move)](connection, row, move)
        row.run.changed = True
        return ContactsMoved(now, type(move).__name__, status.value if status else "", count, row.run.number)

    # --- states ---
    def _of(self, row: CampaignRow) -> tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]:
        return self._contacts.c.campaign == row.key, self._contacts.c.run == row.run.number

    def _in(self, statuses: Iterable[ContactStatus]) -> sa.ColumnElement[bool]:
        return self._contacts.c.status.in_([sa.literal_column(f"'{status}'") for status in sorted(statuses)])

    def _update(self, connection: sa.Connection, row: CampaignRow, *where: Any, **values: Any) -> int:  # noqa: ANN401 - SQL
        return connection.execute(sa.update(self._contacts).where(*self._of(row), *where).values(values)).rowcount

    def _close_waiting(
        self, connection: sa.Connection, row: CampaignRow, move: CloseWaiting
    ) -> tuple[ContactStatus, int]:
        self._cancel_callbacks(connection, row, CancelCallbacks())
        count = self._update(connection, row, self._in(WAITING), status=move.status.value, look_at=0)
        _count(row.run, dict.fromkeys(WAITING, move.status))
        return move.status, count

    def _close_awaiting(
        self, connection: sa.Connection, row: CampaignRow, _: CloseAwaiting
    ) -> tuple[ContactStatus, int]:
        attempts = self._attempts
        over = attempts.c.status == sa.literal_column("'ended'")
        connection.execute(
            sa.update(attempts)
            .where(attempts.c.campaign == row.key, over, attempts.c.check_at.is_not(None))
            .values(check_at=None, rule=BY_STOP)
        )
        awaiting = self._in([_S.AWAITING_ANALYSIS])
        count = self._update(connection, row, awaiting, status=_S.COMPLETED.value, rule=BY_STOP)
        _count(row.run, {_S.AWAITING_ANALYSIS: _S.COMPLETED})
        return _S.COMPLETED, count

    def _close_used_up(self, connection: sa.Connection, row: CampaignRow, move: CloseUsedUp) -> tuple[None, int]:
        contacts = self._contacts
        spared = {_S.CALLBACK_SCHEDULED} if move.spare_callbacks else set()
        those = (self._in(WAITING - spared), contacts.c.attempts >= move.max_attempts)
        found = connection.execute(
            sa.select(contacts.c.status, contacts.c.connected, sa.func.count())
            .where(*self._of(row), *those)
            .group_by(contacts.c.status, contacts.c.connected)
        ).all()
        if not found:
            return None, 0
        self._update(
            connection,
            row,
            *those,
            contacts.c.callback_state == "scheduled",
            callback_state="cancelled",
        )
        closed = sa.case((contacts.c.connected, _S.COMPLETED.value), else_=_S.EXHAUSTED.value)
        self._update(connection, row, *those, status=closed, rule="attempts_used_up", look_at=0)
        for status, connected, count in found:
            row.run.contacts[_S(status)] -= count
            row.run.contacts[_S.COMPLETED if connected else _S.EXHAUSTED] += count
        return None, sum(count for _, _, count in found)

    def _cancel_callbacks(self, connection: sa.Connection, row: CampaignRow, _: CancelCallbacks) -> tuple[None, int]:
        # One that is being dialled takes place.
        scheduled = (self._in([_S.CALLBACK_SCHEDULED]), self._contacts.c.callback_state == "scheduled")
        return None, self._update(connection, row, *scheduled, callback_state="cancelled")

    # --- lists and runs ---
    def _use_stage(self, connection: sa.Connection, row: CampaignRow, move: UseStage) -> tuple[None, int]:
        people = self._people.take(connection, move.stage, row.key)
        if row.people is not None:
            self._people.drop(connection, row.people)
            connection.execute(sa.delete(self._contacts).where(self._contacts.c.campaign == row.key))
        row.people = people
        self._people.recognise(connection, row)
        if not move.keep_excluded:
            self._forget_exclusions(connection, row)
        return None, self._fill(connection, row)

    def _append(self, connection: sa.Connection, row: CampaignRow, move: AppendStage) -> tuple[ContactStatus, int]:
        if row.people is None:
            row.people = self._people.begin(connection, row.key)
        first = sum(row.run.contacts.values())
        count = self._people.append(connection, move, row, first)
        self._enter(connection, row, first)
        row.run.contacts[_S.PENDING] += count
        self._tell_planner(connection, count)
        return _S.PENDING, count

    def _copy(self, connection: sa.Connection, row: CampaignRow, move: CopyContacts) -> tuple[None, int]:
        source = self._campaigns.get(connection, move.campaign_id)
        row.people = self._people.copy(connection, source.people, row.key)
        exclusions = self._exclusions
        flags = sa.select(sa.literal(row.key), exclusions.c.number, exclusions.c.active)
        flags = flags.where(exclusions.c.campaign == source.key, exclusions.c.active)
        if not move.keep_excluded:
            # People who were erased have no number to call.
            flags = flags.where(exclusions.c.number.like(f"{HASHED}%"))
        connection.execute(sa.insert(exclusions).from_select(["campaign", "number", "active"], flags))
        return None, self._fill(connection, row)

    def _new_run(self, connection: sa.Connection, row: CampaignRow, _: NewRun) -> tuple[ContactStatus, int]:
        row.run = RunRow.fresh(row.campaign.id, row.run.number + 1)
        self._campaigns.insert_run(connection, row)
        return _S.PENDING, self._fill(connection, row)

    def _drop_run(self, connection: sa.Connection, row: CampaignRow, _: DropRun) -> tuple[None, int]:
        size = sum(row.run.contacts.values())
        connection.execute(sa.delete(self._contacts).where(*self._of(row)))
        runs = self._runs
        connection.execute(sa.delete(runs).where(runs.c.campaign == row.key, runs.c.run == row.run.number))
        before = connection.execute(sa.select(sa.func.max(runs.c.run)).where(runs.c.campaign == row.key)).scalar_one()
        row.run = self._campaigns.run(connection, row, before)
        self._apply_exclusions(connection, row)
        return None, size

    def _fill(self, connection: sa.Connection, row: CampaignRow) -> int:
        """Let everybody on the list enter the current run: pending, or excluded."""
        size = self._enter(connection, row, 0)
        row.run.contacts = {**dict.fromkeys(_S, 0), _S.PENDING: size}
        self._tell_planner(connection, size)
        self._apply_exclusions(connection, row)
        return size

    def _enter(self, connection: sa.Connection, row: CampaignRow, first: int) -> int:
        """Let whoever is on the list, from this ordinal on, enter the current run as pending; return how many did."""
        listed, contacts = self._listed, self._contacts
        fresh = {
            "status": _S.PENDING.value,
            "attempts": 0,
            "due": 0,
            "look_at": 0,
            "last_connected": -1,
            "connected": False,
            "rule": "",
            "callback_state": "",
        }
        everybody = sa.select(
            sa.literal(row.key),
            sa.literal(row.run.number),
            listed.c.ordinal,
            *(sa.literal(value) for value in fresh.values()),
        ).where(listed.c.list == row.people, listed.c.ordinal >= first)
        names = ["campaign", "run", "ordinal", *fresh]
        enter = sa.insert(contacts).from_select(names, everybody.order_by(listed.c.ordinal))
        return connection.execute(enter, execution_options={"preserve_rowcount": True}).rowcount

    def _tell_planner(self, connection: sa.Connection, count: int) -> None:
        if count >= _WORTH_A_LOOK:
            self._dialect.loaded(connection, self._contacts, self._listed)

    # --- exclusions ---
    def _forget_exclusions(self, connection: sa.Connection, row: CampaignRow) -> None:
        """Whoever is put on the list again is called again (X4)."""
        exclusions, listed = self._exclusions, self._listed
        again = sa.select(listed.c.number).where(listed.c.list == row.people)
        connection.execute(
            sa.update(exclusions)
            .where(exclusions.c.campaign == row.key, exclusions.c.number.in_(again))
            .values(active=False)
        )

    def _apply_exclusions(self, connection: sa.Connection, row: CampaignRow) -> None:
        """Put every waiting contact whose number is flagged into `excluded`.

        Piece by piece: those who are excluded are few, and no planner gets to compare whole lists.
        """
        exclusions, listed, contacts = self._exclusions, self._listed, self._contacts
        flagged = sa.select(listed.c.ordinal).join(exclusions, exclusions.c.number == listed.c.number)
        mine = (exclusions.c.campaign == row.key, exclusions.c.active, listed.c.list == row.people)
        ordinals = connection.execute(flagged.where(*mine)).scalars().all()
        for first in range(0, len(ordinals), _PIECE):
            those = (self._in(WAITING), contacts.c.ordinal.in_(ordinals[first : first + _PIECE]))
            by_status = sa.select(contacts.c.status, sa.func.count()).group_by(contacts.c.status)
            found = connection.execute(by_status.where(*self._of(row), *those)).all()
            self._update(connection, row, *those, status=_S.EXCLUDED.value, look_at=0)
            for status, count in found:
                row.run.contacts[_S(status)] -= count
                row.run.contacts[_S.EXCLUDED] += count
        row.run.changed = True


def _count(run: RunRow, table: dict[ContactStatus, ContactStatus]) -> None:
    for old, new in table.items():
        run.contacts[new] += run.contacts[old]
        run.contacts[old] = 0
