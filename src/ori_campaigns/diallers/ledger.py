"""The carrier's own book: every request it saw and what it did with it, kept apart from the engine.

It imports nothing of the engine, so that a test may hold the engine against it.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs


@attrs.define
class LedgerCall:
    """One request as the carrier saw it. Times in microseconds UTC, `None` where it did not happen.

    Parameters:
        number, from_number: digits.
        placed: the carrier took it: the person may be rung.
        outcome: how it ended at the carrier.
        answered_by: what the engine was told, and what the bot saw, for an answered call.
        cut: it was ended by a hang-up request.
    """

    attempt_id: str
    campaign_id: str
    carrier: str
    number: str
    from_number: str
    kind: str
    requested_at: int
    not_after: int
    placed: bool = False
    refused: bool = False
    rang_at: int | None = None
    answered_at: int | None = None
    ended_at: int | None = None
    outcome: str = ""
    detail: str = ""
    business: str | None = None
    cut: bool = False


class Ledger:
    """All requests, in the order in which they came."""

    def __init__(self) -> None:
        self.calls: list[LedgerCall] = []
        self._by_number: dict[str, list[LedgerCall]] = {}

    def enter(self, call: LedgerCall) -> None:
        """Write down a request."""
        self.calls.append(call)
        self._by_number.setdefault(call.number, []).append(call)

    def to(self, number: str) -> list[LedgerCall]:
        """Return the requests to one number."""
        return self._by_number.get(number, [])

    def placed(self) -> Iterator[LedgerCall]:
        """Return the calls that were really placed."""
        return (call for call in self.calls if call.placed)
