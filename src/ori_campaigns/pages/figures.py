"""The figures of a campaign while it runs: live calls, pace, who waits, what comes next, when it may end (M8)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.contact import FINAL, FINAL_BY_CALLING, ContactStatus
from ori_campaigns.instants import DAY, Instant, to_datetime
from ori_campaigns.lifecycle import first_dialable
from ori_campaigns.pages.detail_texts import DetailTexts
from ori_campaigns.pages.parts import Labelled, said, shown_moment
from ori_campaigns.schedule import Schedule
from ori_campaigns.views import Counters

MINUTE_SECONDS = 60
_FURTHEST = 366 * DAY


@attrs.frozen
class Figure:
    """A number with its name, and as text."""

    key: str
    label: str
    value: int
    text: str


def figure(key: str, label: str, value: int) -> Figure:
    """Return a number with its name.

    >>> figure("dialled", "Dialled", 12000).text
    '12,000'
    """
    return Figure(key, label, value, f"{value:,}")


@attrs.frozen
class Estimate:
    """When a campaign may end.

    Parameters:
        at, at_text: an aware datetime, and the same in words; `None` and empty where nothing can be said.
        basis: how it is estimated, `pace` or `window`; or why it is not: `not_running`, `always_on`, `closing`,
            `too_early`, `too_far`.
        text: the same in words.
    """

    at: datetime | None
    at_text: str
    basis: str
    text: str


@attrs.frozen
class LiveFigures:
    """What goes on now (M8), from kept counts; times are aware datetimes.

    Parameters:
        as_of: when these figures were read.
        live: calls that hold a seat: `ringing`, `in_progress` (answered), and `starting` (all others: on their way to
            the carrier, accepted and not yet ringing, or of unknown fate).
        draining: of them those after which no other follows, since the campaign is paused, over, or closing.
        last_second, last_minute: calls dialled, by when they were decided; of the newest 10,000 calls.
        a_second: calls a second, over the last minute.
        fresh, retries, callbacks: contacts that wait, by what they wait for.
        awaiting_analysis: contacts whose call is over and undecided.
        next_call, next_call_text: when the next contact may be called, window included; `None` and empty where nobody
            waits, or it is not running.
        estimate: when it may end.
        labels: the figures with their names.
        lines: dials a second, the next call and the expected end, in words.
    """

    as_of: datetime
    live: int
    ringing: int
    in_progress: int
    starting: int
    draining: int
    last_second: int
    last_minute: int
    a_second: float
    fresh: int
    retries: int
    callbacks: int
    awaiting_analysis: int
    next_call: datetime | None
    next_call_text: str
    estimate: Estimate
    labels: tuple[Figure, ...]
    lines: tuple[Labelled, ...]


@attrs.frozen
class Moment:
    """What the live figures of a campaign are made of, besides its kept counts. Instants are microseconds UTC.

    Parameters:
        now: when it was read.
        last_second, last_minute: calls dialled.
        next_due: when the next contact is due, whether the window is open or not.
    """

    now: Instant
    last_second: int = 0
    last_minute: int = 0
    next_due: Instant | None = None


def live_figures(
    campaign: Campaign, counters: Counters, moment: Moment, *, texts: DetailTexts, zone: ZoneInfo
) -> LiveFigures:
    """Return what goes on now; `counters` are those of the current run."""
    contacts = counters.contacts
    dials_on = campaign.status is CampaignStatus.RUNNING and campaign.closing is None
    next_call = None
    if dials_on and moment.next_due is not None:
        next_call = first_dialable(campaign, max(moment.now, moment.next_due))
    figures = {
        "ringing": counters.ringing,
        "in_progress": counters.in_progress,
        "starting": counters.live - counters.ringing - counters.in_progress,
        "draining": 0 if dials_on else counters.live,
        "last_second": moment.last_second,
        "last_minute": moment.last_minute,
        "fresh": contacts.get(ContactStatus.PENDING, 0),
        "retries": contacts.get(ContactStatus.RETRY_SCHEDULED, 0),
        "callbacks": contacts.get(ContactStatus.CALLBACK_SCHEDULED, 0),
        "awaiting_analysis": contacts.get(ContactStatus.AWAITING_ANALYSIS, 0),
    }
    never = dials_on and moment.next_due is not None and next_call is None
    end = estimate(campaign, counters, moment.now, next_call, never=never, texts=texts, zone=zone)
    pace = moment.last_minute / MINUTE_SECONDS
    upcoming = shown_moment(next_call, texts.rows, zone)
    return LiveFigures(
        as_of=to_datetime(moment.now, zone),
        live=counters.live,
        a_second=pace,
        next_call=None if next_call is None else to_datetime(next_call, zone),
        next_call_text=upcoming,
        estimate=end,
        labels=tuple(figure(key, said(texts.figure, key), value) for key, value in figures.items()),
        lines=(
            Labelled("a_second", said(texts.figure, "a_second"), f"{pace:.2f}"),
            Labelled("next_call", said(texts.figure, "next_call"), upcoming or texts.nothing),
            Labelled("end", said(texts.figure, "end"), end.at_text or texts.nothing, end.text),
        ),
        **figures,
    )


def estimate(
    campaign: Campaign,
    counters: Counters,
    now: Instant,
    next_call: Instant | None,
    *,
    never: bool = False,
    texts: DetailTexts,
    zone: ZoneInfo,
) -> Estimate:
    """Estimate when every contact will be final: at the pace of the run so far, over the hours in which it may dial.

    The pace is contacts that calls brought to a final state, for each hour of open window since Start; whoever was
    excluded, or closed without a call, is no work that was done, nor work that is left. Hours in which it was paused
    count, too, so after a long pause the estimate is late rather than early. It never lies before the next call.

    Parameters:
        never: somebody waits who is due when the window will not open again in this run: only its end ends that.
    """
    at, basis = _end(campaign, counters, now)
    if never:
        at, basis = (campaign.cutoff, "window") if campaign.cutoff is not None else (None, "too_far")
    if at is not None and next_call is not None:
        at = max(at, next_call)
    when = None if at is None else to_datetime(at, zone)
    return Estimate(when, shown_moment(at, texts.rows, zone), basis, said(texts.estimates, basis))


def _end(campaign: Campaign, counters: Counters, now: Instant) -> tuple[Instant | None, str]:
    started, config = campaign.started_at, campaign.config
    if campaign.status is not CampaignStatus.RUNNING or started is None:
        return None, "not_running"
    if campaign.closing is not None:
        return None, "closing"
    if config.always_on:
        return None, "always_on"
    schedule, called = config.window.schedule(), counters.count(FINAL_BY_CALLING)
    elapsed, left = _open_time(schedule, started, now), counters.total - counters.count(FINAL)
    if left and not (called and elapsed):
        return None, "too_early"
    # Rounded up, so that nothing is promised too early.
    at = _after(schedule, now, -(-left * elapsed // called)) if left else now
    if campaign.cutoff is not None and (at is None or at >= campaign.cutoff):
        return campaign.cutoff, "window"
    return at, "pace" if at is not None else "too_far"


def _open_time(schedule: Schedule, since: Instant, until: Instant) -> int:
    """Return for how many microseconds the window was open."""
    opens, closes = schedule.open_pieces(since, until)
    return sum(min(end, until) - max(begin, since) for begin, end in zip(opens, closes, strict=True))


def _after(schedule: Schedule, now: Instant, needed: int) -> Instant | None:
    """Return when the window will have been open for so long, `None` where that is more than a year off."""
    at = schedule.next_open(now)
    while at is not None and at < now + _FURTHEST:
        end = schedule.next_close(at)
        if end is None or needed <= end - at:
            return at + needed
        needed -= end - at
        at = schedule.next_open(end)
    return None
