"""The carrier's own book: every request it saw and what it did with it, kept apart from the engine.

It imports nothing of the engine, so that a test may hold the engine against it.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs


def _masked(digits: str) -> str:
    """Show the last two digits only, as everywhere."""
    return repr("•" * (len(digits) - 2) + digits[-2:])


@attrs.define
class LedgerCall:
    """One request as the carrier saw it. Times in microseconds UTC, `None` where it did not happen.

    Parameters:
        number, from_number: digits.
        placed: the carrier took it: the person may be rung.
        outcome: how it ended at the carrier.
        business: the business disposition its analysis will bring, if any.
        cut: it was ended by a hang-up request.
    """

    attempt_id: str
    campaign_id: str
    carrier: str
    number: str = attrs.field(repr=_masked)
    from_number: str = attrs.field(repr=_masked)
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
