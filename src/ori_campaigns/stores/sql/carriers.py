"""Carrier rows: buckets, channels, and which number belongs to whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from ori_campaigns import codec
from ori_campaigns.carriers import Carrier
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Bucket, Line, Supply, token_interval
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.stores.sql.values import Documents

_REMEMBERED = 20_000
"""Calls whose carrier is remembered, at most."""


@attrs.frozen
class KeptCarrier:
    """A carrier as the store knows it.

    Parameters:
        carrier: as it was configured last.
        live: its calls that hold a channel.
        rests_until: no call leaves before this instant (microseconds UTC).
        configured: whether it is among those that were configured last.
    """

    carrier: Carrier
    live: int
    rests_until: Instant
    configured: bool


@attrs.define(eq=False)
class Trunk:
    """A carrier as the store keeps it."""

    carrier: Carrier
    bucket: Bucket
    channels: int
    live: int
    rests_until: Instant
    configured: bool

    @property
    def supply(self) -> Supply:
        """What it can take."""
        return Supply(self.bucket, self.channels - self.live, self.rests_until)

    def line(self, now: Instant, quota: int) -> Line:
        """Return what it can take of one campaign now."""
        supply = self.supply
        return Line(self.carrier.id, supply.tokens(now), supply.channels, quota)


class Carriers:
    """Reads and writes carrier rows."""

    def __init__(self, tables: Tables, documents: Documents) -> None:
        self._documents = documents
        self._table = carriers = tables.carriers
        self._owners: dict[tuple[str, ...], Mapping[PhoneNumber, str]] = {}
        mine = sa.select(carriers).where(carriers.c.workspace == sa.bindparam("workspace")).order_by(carriers.c.carrier)
        self._of_workspace, self._locked = mine, mine.with_for_update()
        self._of_workspaces = (
            sa.select(carriers)
            .where(tables.among(carriers.c.workspace, "workspaces"), carriers.c.configured)
            .order_by(carriers.c.carrier)
        )
        self._some_locked = mine.where(tables.among(carriers.c.carrier, "names")).with_for_update()
        self._remembered: dict[tuple[str, int], tuple[str, str]] = {}
        attempts, campaigns = tables.attempts, tables.campaigns
        # The key by a query of its own: joined, the planner might read all attempts of the campaign.
        of = campaigns.c.id == sa.bindparam("id")
        key = sa.select(campaigns.c.key).where(of).scalar_subquery()
        workspace = sa.select(campaigns.c.workspace).where(of).scalar_subquery()
        self._of_calls = (
            sa.select(workspace, attempts.c.carrier)
            .where(attempts.c.campaign == key, tables.among(attempts.c.serial, "serials"))
            .distinct()
        )
        at = (carriers.c.workspace == sa.bindparam("at_workspace"), carriers.c.carrier == sa.bindparam("at_carrier"))
        self._save = sa.update(carriers).where(*at)
        left = carriers.c.live - sa.bindparam("calls")
        self._free = (
            sa.update(carriers)
            .where(*at)
            .values(live=left, room=sa.case((left > carriers.c.channels, left), else_=carriers.c.channels))
        )
        later = carriers.c.rests_until < sa.bindparam("until")
        self._rest = sa.update(carriers).where(*at, later).values(rests_until=sa.bindparam("until"))

    # --- reading ---
    def of_workspace(self, connection: sa.Connection, workspace: str, *, lock: bool = False) -> dict[str, Trunk]:
        """Return the carriers of a workspace by id, withdrawn ones among them."""
        statement = self._locked if lock else self._of_workspace
        return {row.carrier: self._trunk(row) for row in connection.execute(statement, {"workspace": workspace})}

    def lock(self, connection: sa.Connection, workspace: str, names: Collection[str]) -> dict[str, Trunk]:
        """Return some carriers of a workspace, locked in the order of their ids."""
        asked = {"workspace": workspace, "names": sorted(names)}
        return {row.carrier: self._trunk(row) for row in connection.execute(self._some_locked, asked)}

    def lock_of_calls(self, connection: sa.Connection, calls: Iterable[tuple[str, int]]) -> None:
        """Lock the carriers of calls, by campaign id and serial: before the campaigns, as an admission does.

        Which carrier a call is made over never changes, so that it may be looked up without a lock, or remembered.
        """
        found: set[tuple[str, str]] = set()
        unknown: dict[str, list[int]] = {}
        for call in calls:
            if call in self._remembered:
                found.add(self._remembered[call])
            else:
                unknown.setdefault(call[0], []).append(call[1])
        for campaign_id, serials in unknown.items():
            rows = connection.execute(self._of_calls, {"id": campaign_id, "serials": serials})
            found |= {(workspace, carrier) for workspace, carrier in rows}
        for workspace in sorted({workspace for workspace, _ in found}):
            self.lock(connection, workspace, {carrier for owner, carrier in found if owner == workspace})

    def remember(self, workspace: str, calls: Mapping[tuple[str, int], str]) -> None:
        """Remember the carriers of calls: most are recorded by the worker that reserved them.

        Should the commit fail and another worker use the serial, the wrong carrier is locked: then two workers may wait
        for each other, and one of them is told to begin anew.
        """
        if len(self._remembered) > _REMEMBERED:
            self._remembered.clear()
        self._remembered.update({call: (workspace, carrier) for call, carrier in calls.items()})

    def of_workspaces(self, connection: sa.Connection, workspaces: Collection[str]) -> dict[str, dict[str, Trunk]]:
        """Return the configured carriers of several workspaces."""
        found: dict[str, dict[str, Trunk]] = {workspace: {} for workspace in workspaces}
        for row in connection.execute(self._of_workspaces, {"workspaces": sorted(workspaces)}):
            found[row.workspace][row.carrier] = self._trunk(row)
        return found

    def _trunk(self, row: Any) -> Trunk:  # noqa: ANN401 - a row
        carrier = self._documents.carrier(row.document)
        bucket = Bucket(row.interval, row.burst, row.full_at)
        return Trunk(carrier, bucket, row.channels, row.live, row.rests_until, row.configured)

    def pool(self, trunks: Mapping[str, Trunk], numbers: Iterable[PhoneNumber]) -> list[Trunk | None]:
        """Return the carrier of each number, `None` where one is not configured for outbound calls."""
        owners = self._owners_among(trunks)
        return [trunks[owners[number]] if number in owners else None for number in numbers]

    def _owners_among(self, trunks: Mapping[str, Trunk]) -> Mapping[PhoneNumber, str]:
        """Return who owns which number; worked out once for the same carriers."""
        known_by = tuple(f"{name} {id(trunk.carrier)}" for name, trunk in trunks.items() if trunk.configured)
        owners = self._owners.get(known_by)
        if owners is None:
            owners = {
                entry.number: name
                for name, trunk in trunks.items()
                if trunk.configured
                for entry in trunk.carrier.numbers
                if entry.outbound
            }
            self._owners[known_by] = owners
        return owners

    # --- writing ---
    def take(self, connection: sa.Connection, workspace: str, trunk: Trunk, calls: int, now: Instant) -> None:
        """Take tokens and channels of a locked carrier. Its room stays what it was: more than it has is refused."""
        trunk.bucket = trunk.bucket.take(calls, now)
        trunk.live += calls
        at = {"at_workspace": workspace, "at_carrier": trunk.carrier.id}
        connection.execute(self._save, {**at, "full_at": trunk.bucket.full_at, "live": trunk.live})

    def free(self, connection: sa.Connection, ended: Counter[tuple[str, str]]) -> None:
        """Give channels back, by workspace and carrier; room that only drained calls held is given up."""
        if ended:
            rows = [{"at_workspace": w, "at_carrier": c, "calls": calls} for (w, c), calls in sorted(ended.items())]
            connection.execute(self._free, rows)

    def rest(self, connection: sa.Connection, back_off: Sequence[tuple[str, str, Instant]]) -> None:
        """Leave carriers alone until an instant, or until a later one that was named before."""
        if back_off:
            rows = [{"at_workspace": w, "at_carrier": c, "until": until} for w, c, until in sorted(back_off)]
            connection.execute(self._rest, rows)

    def put(self, connection: sa.Connection, workspace: str, carriers: Sequence[Carrier], now: Instant) -> None:
        """Take over the host's carriers; what is no longer among them takes no new call."""
        known = self.of_workspace(connection, workspace, lock=True)
        for carrier in sorted(carriers, key=lambda each: each.id):
            self._put(connection, workspace, carrier, known.get(carrier.id), now)
        for name in known.keys() - {carrier.id for carrier in carriers}:
            connection.execute(self._save, {"at_workspace": workspace, "at_carrier": name, "configured": False})

    def _put(
        self, connection: sa.Connection, workspace: str, carrier: Carrier, trunk: Trunk | None, now: Instant
    ) -> None:
        interval, burst = token_interval(carrier.cps), carrier.burst
        bucket, live = Bucket(interval, burst), 0
        if trunk is not None:
            bucket, live = trunk.bucket.changed(interval, burst, now), trunk.live
        columns = {
            "document": codec.dumps(carrier),
            "interval": interval,
            "burst": burst,
            "full_at": bucket.full_at,
            "channels": carrier.channels,
            "room": max(carrier.channels, live),
            "configured": True,
        }
        if trunk is not None:
            connection.execute(self._save, {"at_workspace": workspace, "at_carrier": carrier.id, **columns})
        else:
            fresh = {"workspace": workspace, "carrier": carrier.id, "live": 0, "rests_until": 0}
            connection.execute(sa.insert(self._table), {**fresh, **columns})
