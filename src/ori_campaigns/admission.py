"""The rule of admission (T1): which contacts are dialled now, from which number, and why no more of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.config import CallLimits
from ori_campaigns.contact import KIND_OF
from ori_campaigns.events import AttemptReserved
from ori_campaigns.gates import LOOK_AGAIN, Closed, first_closed, first_closed_for
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.reports import DialRequest
from ori_campaigns.views import AdmitView, Changes


@attrs.frozen
class Admission:
    """What one campaign may dial now, and the gate that ended it (`None`: nobody is due)."""

    dials: tuple[DialRequest, ...]
    closed: Closed | None


def rotate(carriers: Sequence[str], free: Mapping[str, int], cursor: int) -> int:
    """Return the position of the next pool number that can be used, from `cursor` on (P3, P7).

    Parameters:
        carriers: the carrier of each number of the pool.
        free: calls each can take; one of the pool's can take one at least.

    >>> rotate(["t", "t", "u"], {"t": 0, "u": 1}, 0)
    2
    """
    size = len(carriers)
    position = cursor % size
    while not free[carriers[position]]:
        position = (position + 1) % size
    return position


def closes_at(campaign: Campaign, now: Instant) -> Instant | None:
    """Return the instant (microseconds UTC) from which a campaign that may dial now may not: its window's, its day's.

    `None` if there is no such instant.
    """
    closes = [campaign.config.window.schedule().next_close(now), campaign.cutoff]
    return min((each for each in closes if each is not None), default=None)


def send_until(view: AdmitView, limits: CallLimits) -> Instant:
    """Return the last instant (microseconds UTC) at which a call reserved now may leave (S1, S2, S9).

    A call that may not leave at the closing instant itself may leave up to one microsecond before it.
    """
    return leaves_by(view.now, closes_at(view.campaign, view.now), limits)


def leaves_by(now: Instant, closes: Instant | None, limits: CallLimits) -> Instant:
    """Return the same for a campaign that closes at an instant, or at none."""
    budget = now + limits.send_budget * SECOND
    return budget if closes is None else min(budget, closes - 1)


def admit(view: AdmitView, limits: CallLimits) -> Changes[Admission]:
    """Reserve as many calls as seats, lines and candidates allow.

    Implements P1 to P4, S9 and the gates' ids; an attempt counts from its reservation (N3).
    """
    closed = first_closed(view)
    if closed is not None:
        return Changes(Admission((), closed))
    campaign, now = view.campaign, view.now
    config, numbers = campaign.config, campaign.numbers
    carriers = [line.carrier if line is not None else "" for line in view.lines]
    free = {line.carrier: line.free for line in view.lines if line is not None} | {"": 0}
    seats, calls = config.concurrency_limit - view.live, sum(free.values())
    not_after = send_until(view, limits)
    check_at = limits.reserved_until(now)
    serial, cursor = view.next_serial, view.cursor
    dials: list[DialRequest] = []
    facts: list[AttemptReserved] = []
    later: list[tuple[int, Instant]] = []
    # Two contacts of one campaign never share a number, but a store may offer one twice after a crash.
    taken: set[int] = set()
    campaign_id, bot, run, epoch = campaign.id, campaign.bot, campaign.run_number, campaign.epoch
    ring, talk = limits.ring, limits.talk
    for candidate in view.candidates:
        shut = first_closed_for(candidate, view)
        ordinal = candidate.ordinal
        if shut is not None or ordinal in taken:
            later.append((ordinal, shut.until if shut and shut.until is not None else now + LOOK_AGAIN))
            continue
        if not calls:
            # Unreachable while the line gate stands; kept so that a pool without a line never dials.
            break
        position = rotate(carriers, free, cursor)
        carrier = carriers[position]
        free[carrier] -= 1
        calls -= 1
        taken.add(ordinal)
        attempt_id = f"{campaign_id}-{serial}"
        kind, number = KIND_OF[candidate.status], numbers[position]
        nth = candidate.attempts + 1
        fact = (attempt_id, ordinal, now, nth, kind, number, carrier, not_after, epoch, check_at)
        facts.append(tuple.__new__(AttemptReserved, fact))
        who, what, callback = candidate.number, candidate.variables, candidate.callback
        dial = (
            attempt_id,
            campaign_id,
            carrier,
            who,
            number,
            bot,
            run,
            nth,
            kind,
            what,
            not_after,
            ring,
            talk,
            callback,
        )
        dials.append(tuple.__new__(DialRequest, dial))
        serial += 1
        cursor = position + 1
        if len(dials) >= seats:
            closed = Closed("seats")
            break
        if not calls:
            closed = Closed("carrier")
            break
    return Changes(Admission(tuple(dials), closed), facts, later=later, cursor=cursor % len(numbers) if numbers else 0)
