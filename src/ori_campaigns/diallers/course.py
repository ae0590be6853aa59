"""How one call goes at a carrier, laid down as it begins: what it will tell of it, and what the bot will know."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ori_campaigns.diallers.ledger import LedgerCall
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.reports import DialRequest, Ended
from ori_campaigns.retry import NEVER_CONNECTED

BOT_SEES = NEVER_CONNECTED | {"transfer"}
"""Outcomes of answered calls that only the bot can tell."""
_CARRIER_SEES = frozenset({"customer", "bot", "timeout"})


class Call(NamedTuple):
    """A call the carrier has, and all that will come of it unless it is hung up.

    Parameters:
        end: its end, as the carrier will tell of it.
        number: the digits of the person called.
        carrier: by whom.
        disposition: how it really ends; the bot knows.
        lost: the carrier will not tell of it.
    """

    end: Ended
    number: str
    carrier: str
    disposition: str
    business: str | None
    analysis_after: int
    entry: LedgerCall | None
    lost: bool


def bot_began(disposition: str) -> bool:
    """Tell whether a conversation began with the bot, for what only the bot can tell."""
    return disposition == "transfer"


def carrier_says(disposition: str, *, answered: bool) -> str:
    """Return the disposition that the carrier of a call gives it."""
    if answered and disposition not in _CARRIER_SEES:
        # The carrier only knows that the line was hung up; the bot knows the rest.
        return "customer"
    return disposition


def end_of(
    attempt_id: str, at: Instant, disposition: str, detail: str, answered_at: Instant | None, rang_at: Instant | None
) -> Ended:
    """Return the end of a call as its carrier tells it."""
    disposition = carrier_says(disposition, answered=answered_at is not None)
    return Ended(attempt_id, at, disposition, detail, answered_at, rang_at)


def laid_down(
    fate: Iterable[Any], begins: Instant, ring_seconds: int, talk_seconds: int
) -> tuple[Instant, Instant | None, Instant | None, str]:
    """Return how a call goes that begins now, within its limits: its end, answer and first ring, and how it ends."""
    disposition, _, ring, talk, _, _ = fate
    if ring is None:
        return begins + SECOND, None, None, disposition
    # A length below nothing is none.
    ring = max(ring, 0)
    if ring > ring_seconds * SECOND:
        return begins + ring_seconds * SECOND, None, begins, "no_answer"
    if talk is None:
        return begins + ring, None, begins, disposition
    if talk > talk_seconds * SECOND:
        disposition, talk = "timeout", talk_seconds * SECOND
    return begins + ring + max(talk, 0), begins + ring, begins, disposition


def course(request: DialRequest, fate: Sequence[Any], begins: Instant, entry: LedgerCall | None, *, lost: bool) -> Call:
    """Lay down how a call goes that the carrier begins now, within the limits it was given."""
    ends_at, answered_at, rang_at, disposition = laid_down(fate, begins, request.ring_seconds, request.talk_seconds)
    _, detail, _, _, business, analysis_after = fate
    end = end_of(request.attempt_id, ends_at, disposition, detail, answered_at, rang_at)
    number = request.to.reveal()
    return Call(end, number, request.carrier, disposition, business, analysis_after, entry, lost)
