"""The rule of admission (T1): which contacts are dialled now, from which number, and why no more of them."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ori_campaigns.config import CallLimits
from ori_campaigns.contact import KIND_OF
from ori_campaigns.events import AttemptReserved
from ori_campaigns.gates import LOOK_AGAIN, Closed, first_closed, first_closed_for
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.pacing import Line
from ori_campaigns.reports import DialRequest
from ori_campaigns.views import AdmitView, Changes


@attrs.frozen
class Admission:
    """What one campaign may dial now, and the gate that ended it (`None`: nobody is due)."""

    dials: tuple[DialRequest, ...]
    closed: Closed | None


def rotate(lines: Sequence[Line | None], cursor: int) -> int | None:
    """Return the position of the next pool number that can be used, from `cursor` on (P3, P7).

    >>> rotate([None, Line("t", tokens=1, channels=1, quota=1)], 0)
    1
    """
    size = len(lines)
    for step in range(cursor, cursor + size):
        position = step % size
        line = lines[position]
        if line is not None and line.free:
            return position
    return None


def send_until(view: AdmitView, limits: CallLimits) -> Instant:
    """Return the last instant (microseconds UTC) at which a call reserved now may leave (S1, S2, S9).

    A call that may not leave at the closing instant itself may leave up to one microsecond before it.
    """
    ends = [view.now + limits.send_budget * SECOND]
    closes = view.campaign.config.window.schedule().next_close(view.now)
    if closes is not None:
        ends.append(closes - 1)
    if view.campaign.cutoff is not None:
        ends.append(view.campaign.cutoff - 1)
    return min(ends)


def admit(view: AdmitView, limits: CallLimits) -> Changes[Admission]:
    """Reserve as many calls as seats, lines and candidates allow.

    Implements P1 to P4, S9 and the gates' ids; an attempt counts from its reservation (N3).
    """
    closed = first_closed(view)
    if closed is not None:
        return Changes(Admission((), closed))
    campaign, now = view.campaign, view.now
    config, numbers, lines = campaign.config, campaign.numbers, view.lines
    not_after = send_until(view, limits)
    check_at = now + limits.reserved * SECOND
    serial, cursor = view.next_serial, view.cursor
    seats = config.concurrency_limit - view.live
    dials: list[DialRequest] = []
    facts: list[AttemptReserved] = []
    later: list[tuple[int, Instant]] = []
    # Two contacts of one campaign never share a number, but a store may offer one twice after a crash.
    taken: set[int] = set()
    position: int | None = rotate(lines, cursor)
    campaign_id, bot, run, epoch = campaign.id, campaign.bot, campaign.run_number, campaign.epoch
    ring, talk = limits.ring, limits.talk
    for candidate in view.candidates:
        shut = first_closed_for(candidate, view)
        ordinal = candidate.ordinal
        if shut is not None or ordinal in taken:
            later.append((ordinal, shut.until if shut and shut.until is not None else now + LOOK_AGAIN))
            continue
        if position is None:
            # Unreachable while the line gate stands; kept so that a pool without a line never dials.
            break
        line = lines[position]
        assert line is not None  # noqa: S101 - rotate() answers usable positions only
        line.take()
        taken.add(ordinal)
        attempt_id = f"{campaign_id}-{serial}"
        kind, number, carrier = KIND_OF[candidate.status], numbers[position], line.carrier
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
        position = rotate(lines, cursor)
        if position is None:
            closed = Closed("carrier")
            break
    return Changes(Admission(tuple(dials), closed), facts, later=later, cursor=cursor % len(numbers) if numbers else 0)
