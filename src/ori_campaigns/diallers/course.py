"""How one call goes at a carrier, laid down as it begins: what it will tell of it, and what the bot will know."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from ori_campaigns.diallers.ledger import LedgerCall
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.reports import DialRequest, Ended

_CARRIER_SEES = frozenset({"customer", "bot", "timeout"})


class Call(NamedTuple):
    """A call the carrier has, and all that will come of it unless it is hung up.

    Parameters:
        end: its end, as the carrier will tell of it.
        disposition: how it really ends; the bot knows.
        lost: the carrier will not tell of it.
    """

    end: Ended
    request: DialRequest
    disposition: str
    business: str | None
    analysis_after: int
    entry: LedgerCall | None
    lost: bool


def end_of(
    attempt_id: str, at: Instant, disposition: str, detail: str, answered_at: Instant | None, rang_at: Instant | None
) -> Ended:
    """Return the end of a call as its carrier tells it."""
    if answered_at is not None and disposition not in _CARRIER_SEES:
        # The carrier only knows that the line was hung up; the bot knows the rest.
        disposition = "customer"
    return tuple.__new__(Ended, (attempt_id, at, disposition, detail, answered_at, rang_at, ""))


def course(request: DialRequest, fate: Iterable[Any], begins: Instant, entry: LedgerCall | None, *, lost: bool) -> Call:
    """Lay down how a call goes that the carrier begins now, within the limits it was given."""
    disposition, detail, ring, talk, business, analysis_after = fate
    rang_at = answered_at = None
    if ring is None:
        ends_at = begins + SECOND
    else:
        rang_at, ends_at = begins, begins + ring
        if ring > request.ring_seconds * SECOND:
            disposition, ends_at = "no_answer", begins + request.ring_seconds * SECOND
        elif talk is not None:
            answered_at = ends_at
            if talk > request.talk_seconds * SECOND:
                disposition, talk = "timeout", request.talk_seconds * SECOND
            ends_at += talk
    end = end_of(request.attempt_id, ends_at, disposition, detail, answered_at, rang_at)
    return tuple.__new__(Call, (end, request, disposition, business, analysis_after, entry, lost))
