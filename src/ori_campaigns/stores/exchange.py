"""What all campaigns of an in-memory store share: carriers, live calls, busy numbers, time limits to watch."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING

import attrs

from ori_campaigns.carriers import Carrier
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Bucket, Line, token_interval
from ori_campaigns.stores.rows import Codes

if TYPE_CHECKING:
    from ori_campaigns.stores.book import OpenAttempt


@attrs.define
class Trunk:
    """A carrier as the store keeps it."""

    carrier: Carrier
    bucket: Bucket
    live: int = 0
    back_off_until: Instant = 0
    configured: bool = True

    def line(self, now: Instant, quota: int) -> Line:
        """Return what it can take now."""
        tokens = self.bucket.tokens(now) if now >= self.back_off_until else 0
        return Line(self.carrier.id, tokens, self.carrier.channels - self.live, quota)

    def ready_at(self, now: Instant) -> Instant:
        """Return the first instant at which its rate allows a call again."""
        return max(self.bucket.ready_at(1, now), self.back_off_until)


class Exchange:
    """The shared rows."""

    def __init__(self) -> None:
        self.codes = Codes()
        # Fresh rows are zeroed: code 0 must be the empty rule name.
        self.codes.code("")
        self.open: dict[str, OpenAttempt] = {}
        self.by_ref: dict[str, str] = {}
        self.busy: set[int] = set()
        self.trunks: dict[tuple[str, str], Trunk] = {}
        self.of_number: dict[tuple[str, PhoneNumber], Trunk] = {}
        self.version = 0
        self._checks: list[tuple[Instant, str]] = []

    def put_carriers(self, workspace: str, carriers: Sequence[Carrier]) -> None:
        """Take over the host's carriers; what is no longer among them takes no new call."""
        current = [trunk.carrier for (owner, _), trunk in self.trunks.items() if owner == workspace and trunk.configured]
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
            trunk.bucket = attrs.evolve(full, full_at=trunk.bucket.full_at)
            trunk.carrier, trunk.configured = carrier, True
            for entry in carrier.numbers:
                if entry.outbound:
                    self.of_number[workspace, entry.number] = trunk

    # --- time limits ---
    def watch(self, attempt: OpenAttempt) -> None:
        """Look at an attempt again at its `check_at`."""
        attempt.queued_at = attempt.check_at
        heappush(self._checks, (attempt.check_at, attempt.id))

    def rewatch(self, attempt: OpenAttempt, check_at: Instant) -> None:
        """Change its time limit; a later one is noticed when the earlier one comes up."""
        attempt.check_at = check_at
        if check_at < attempt.queued_at:
            self.watch(attempt)

    def next_check(self) -> Instant | None:
        """Return when the next attempt may be overdue."""
        checks = self._checks
        while checks:
            queued_at, attempt_id = checks[0]
            attempt = self.open.get(attempt_id)
            if attempt is not None and attempt.queued_at == queued_at == attempt.check_at:
                return queued_at
            heappop(checks)
            if attempt is not None and attempt.queued_at == queued_at:
                self.watch(attempt)
        return None

    def overdue(self, now: Instant, limit: int) -> list[str]:
        """Return attempts past their limit; each stays due until something is recorded about it."""
        found: list[str] = []
        taken: list[tuple[Instant, str]] = []
        while len(found) < limit:
            at = self.next_check()
            if at is None or at > now:
                break
            entry = heappop(self._checks)
            taken.append(entry)
            found.append(entry[1])
            # Out of the way while the others are looked for, so that the same entry is not found again.
            self.open[entry[1]].queued_at = -1
        for queued_at, attempt_id in taken:
            self.open[attempt_id].queued_at = queued_at
            heappush(self._checks, (queued_at, attempt_id))
        return found
