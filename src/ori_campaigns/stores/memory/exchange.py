"""What all campaigns of an in-memory store share: the log, carriers, live calls, busy numbers, time limits to watch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from ori_campaigns.carriers import Carrier
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Bucket, Line, Supply, token_interval
from ori_campaigns.stores.memory.log import EventLog
from ori_campaigns.stores.memory.rows import Codes

if TYPE_CHECKING:
    from ori_campaigns.stores.memory.flyweights import OpenAttempt


NEVER: Instant = 1 << 62
"""Later than anything."""


@attrs.define
class Trunk:
    """A carrier as the store keeps it."""

    carrier: Carrier
    bucket: Bucket
    live: int = 0
    back_off_until: Instant = 0
    configured: bool = True

    @property
    def supply(self) -> Supply:
        """What it can take."""
        return tuple.__new__(Supply, (self.bucket, self.carrier.channels - self.live, self.back_off_until))

    def line(self, now: Instant, quota: int) -> Line:
        """Return what it can take of one campaign now."""
        supply = self.supply
        return Line(self.carrier.id, supply.tokens(now), supply.channels, quota)


class Exchange:
    """The shared rows."""

    def __init__(self) -> None:
        self.codes = Codes()
        # Fresh rows are zeroed: code 0 must be the empty rule name.
        self.codes.code("")
        self.log = EventLog()
        self.open: dict[str, OpenAttempt] = {}
        self.by_ref: dict[str, str] = {}
        self.busy: set[int] = set()
        self.trunks: dict[tuple[str, str], Trunk] = {}
        self.of_number: dict[tuple[str, PhoneNumber], Trunk] = {}
        self.version = 0
        self.next_limit = NEVER

    def put_carriers(self, workspace: str, carriers: Sequence[Carrier], now: Instant) -> None:
        """Take over the host's carriers; what is no longer among them takes no new call."""
        current = [
            trunk.carrier for (owner, _), trunk in self.trunks.items() if owner == workspace and trunk.configured
        ]
        if current == list(carriers):
            return
        self.version += 1
        for (owner, _), trunk in self.trunks.items():
            trunk.configured &= owner != workspace
        for key in [key for key in self.of_number if key[0] == workspace]:
            del self.of_number[key]
        for carrier in carriers:
            full = Bucket(token_interval(carrier.cps), carrier.burst)
            trunk = self.trunks.setdefault((workspace, carrier.id), Trunk(carrier, full))
            trunk.bucket = trunk.bucket.changed(full.interval, full.burst, now)
            trunk.carrier, trunk.configured = carrier, True
            for entry in carrier.numbers:
                if entry.outbound:
                    self.of_number[workspace, entry.number] = trunk

    # --- time limits: live calls are few, so they are looked through when the earliest limit has come ---
    def next_check(self) -> Instant | None:
        """Return an instant before which no attempt is overdue."""
        return None if self.next_limit == NEVER or not self.open else self.next_limit

    def overdue(self, now: Instant, limit: int) -> list[str]:
        """Return attempts past their limit, longest overdue first; each stays so until something is recorded of it."""
        if now < self.next_limit:
            return []
        self.next_limit = min((attempt.check_at for attempt in self.open.values()), default=NEVER)
        found = sorted((attempt.check_at, attempt.id) for attempt in self.open.values() if attempt.check_at <= now)
        return [attempt_id for _, attempt_id in found[:limit]]
