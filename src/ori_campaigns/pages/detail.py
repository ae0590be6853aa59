"""The detail page of a campaign as a value: what it does now, what it did, how it is set up, who did what (M8, L15).

All of it can be sent to a browser as JSON with `codec.dumps`. The numbers of the pool are the host's own and are shown
in full; no `repr` shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Carrier
from ori_campaigns.config import DiallerConfig
from ori_campaigns.contact import ContactStatus
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.instants import to_datetime
from ori_campaigns.listing import Rate
from ori_campaigns.numbers import PhoneNumber, masked
from ori_campaigns.pages.campaign_list import ListRow, list_row
from ori_campaigns.pages.figures import Figure, LiveFigures, Moment, live_figures
from ori_campaigns.pages.parts import Share, said, share, shown_moment, zone_of
from ori_campaigns.pages.settings import Setting, settings_of
from ori_campaigns.pages.texts import DETAIL_TEXTS, DetailTexts
from ori_campaigns.views import Counters

_CALLS = ("dialled", "answered", "connected", "machines", "excluded")


def _discreet(number: str) -> str:
    return repr(masked(number))


@attrs.frozen
class PoolNumber:
    """A number and its calls in the run.

    Parameters:
        number: in full.
        label: what the carrier's configuration calls it, empty where that says nothing.
        carrier: whose it is, empty where it is not configured any more.
        in_pool: it is in the pool now; a number that was taken out is still listed with its calls.
        calls: how many were made from it, as a share of all calls of the run.
    """

    number: str = attrs.field(repr=_discreet)
    label: str
    carrier: str
    in_pool: bool
    calls: Share


@attrs.frozen
class ActivityEntry:
    """An entry of the activity log (L15): `action` is as in `LifecycleChanged`, `at` an aware datetime."""

    action: str
    label: str
    by: str
    at: datetime
    at_text: str
    run: int
    detail: str


@attrs.frozen
class RestartEntry:
    """A restart that was prepared: when, and by whom."""

    at: datetime
    at_text: str
    by: str


@attrs.frozen
class DetailPage:
    """The detail page of a campaign.

    Parameters:
        row: what the list shows of it, and its buttons.
        back: the text of the way back to the list.
        headings: the headings of the parts, by field.
        run_number: the current run.
        started, completed: of the run, aware datetimes in the page's zone; `None` where it has not.
        started_text, completed_text: the same in words.
        completion_reason, completion_text: why it is completed, as its code and in words; empty while it is not.
        live: what goes on now.
        contacts: contacts by status.
        calls: calls dialled, answered, connected, those that reached a machine; and the numbers that are excluded.
        figures_run: the run of these figures, of `answer_rate`, `completion_rate` and `progress`, and of the pool's
            calls: the current one; of a prepared restart the one before it (M2).
        pool: the numbers, in the order of rotation, then those that were taken out.
        activity: the latest actions, newest first.
        restarts: newest first.
        settings: how the run dials, in words.
        config: the same as the value that rules go by.
    """

    row: ListRow
    back: str
    headings: Mapping[str, str]
    run_number: int
    started: datetime | None
    started_text: str
    completed: datetime | None
    completed_text: str
    completion_reason: str
    completion_text: str
    live: LiveFigures
    contacts: tuple[Figure, ...]
    calls: tuple[Figure, ...]
    figures_run: int
    progress: Share
    answer_rate: Share
    completion_rate: Share
    pool: tuple[PoolNumber, ...]
    activity: tuple[ActivityEntry, ...]
    restarts: tuple[RestartEntry, ...]
    settings: tuple[Setting, ...]
    config: DiallerConfig


@attrs.frozen
class DetailFacts:
    """What the page is made of, as read from a store.

    Parameters:
        campaign, counters: as it stands, with the counts of the current run.
        last: of a prepared restart the counts of the run before it, else those of the current one.
        moment: what goes on now.
        used: calls by number, of the run of `last`.
        activity: the latest actions, in their order.
        carriers: the workspace's.
    """

    campaign: Campaign
    counters: Counters
    last: Counters
    moment: Moment
    used: Mapping[PhoneNumber, int]
    activity: Sequence[LifecycleChanged]
    carriers: Sequence[Carrier] = ()


def detail_page(facts: DetailFacts, *, texts: DetailTexts = DETAIL_TEXTS, zone: str = "UTC") -> DetailPage:
    """Return the page of a campaign.

    Parameters:
        facts: as read from a store.
        texts: what is said.
        zone: the IANA name of the zone in which times are shown.
    """
    campaign, last, clock = facts.campaign, facts.last, zone_of(zone)
    # What it was when the figures were made: before it was prepared for another run.
    shown = campaign.before_restart or campaign
    reason = "" if shown.completion_reason is None else shown.completion_reason.value
    sample = list_row(shown, last, texts=texts.rows, zone=clock)
    parts = ("live", "contacts", "calls", "pool", "activity", "restarts", "settings")
    return DetailPage(
        row=list_row(campaign, facts.counters, texts=texts.rows, zone=clock),
        back=texts.back,
        headings={part: getattr(texts, part) for part in parts},
        run_number=campaign.run_number,
        started=None if shown.started_at is None else to_datetime(shown.started_at, clock),
        started_text=shown_moment(shown.started_at, texts.rows, clock),
        completed=None if shown.completed_at is None else to_datetime(shown.completed_at, clock),
        completed_text=shown_moment(shown.completed_at, texts.rows, clock),
        completion_reason=reason,
        completion_text=said(texts.reasons, reason) if reason else "",
        live=live_figures(campaign, facts.counters, facts.moment, texts=texts, zone=clock),
        contacts=tuple(
            Figure(status.value, said(texts.contact_statuses, status), last.contacts.get(status, 0))
            for status in ContactStatus
        ),
        calls=tuple(Figure(name, said(texts.figure, name), getattr(last, name)) for name in _CALLS),
        figures_run=shown.run_number,
        progress=sample.progress,
        answer_rate=sample.answer_rate,
        completion_rate=sample.completion_rate,
        pool=_pool(campaign, facts.used, facts.carriers),
        activity=tuple(_entry(fact, texts, clock) for fact in reversed(facts.activity)),
        restarts=tuple(
            RestartEntry(to_datetime(each.at, clock), shown_moment(each.at, texts.rows, clock), each.by)
            for each in reversed(campaign.restarts)
        ),
        settings=settings_of(campaign, texts),
        config=campaign.config,
    )


def _pool(campaign: Campaign, used: Mapping[PhoneNumber, int], carriers: Iterable[Carrier]) -> tuple[PoolNumber, ...]:
    known = {entry.number: (entry.label, carrier.id) for carrier in carriers for entry in carrier.numbers}
    taken_out = sorted((number for number in used if number not in campaign.numbers), key=PhoneNumber.reveal)
    total = sum(used.values())
    return tuple(
        PoolNumber(
            number.reveal(),
            *known.get(number, ("", "")),
            number in campaign.numbers,
            share(Rate(used.get(number, 0), total)),
        )
        for number in (*campaign.numbers, *taken_out)
    )


def _entry(fact: LifecycleChanged, texts: DetailTexts, zone: ZoneInfo) -> ActivityEntry:
    return ActivityEntry(
        fact.action,
        said(texts.actions, fact.action),
        fact.by,
        to_datetime(fact.at, zone),
        shown_moment(fact.at, texts.rows, zone),
        fact.run,
        fact.detail,
    )
