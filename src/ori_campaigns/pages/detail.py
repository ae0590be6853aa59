"""The detail page of a campaign as a value: what it does now, what it did, how it is set up, who did what (M8, L15).

All of it can be sent to a browser as JSON with `codec.dumps`. The numbers of the pool are the host's own and are shown
in full; no `repr` shows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.campaign import Campaign, Restart
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.config import DiallerConfig
from ori_campaigns.contact import ContactStatus
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.instants import to_datetime
from ori_campaigns.listing import Rate
from ori_campaigns.numbers import PhoneNumber, masked
from ori_campaigns.pages.campaign_list import ListRow, list_row
from ori_campaigns.pages.detail_texts import DETAIL_TEXTS, DetailTexts
from ori_campaigns.pages.figures import Figure, LiveFigures, Moment, figure, live_figures
from ori_campaigns.pages.parts import Labelled, Share, counted, said, share, shown_moment, zone_of
from ori_campaigns.pages.settings import Setting, settings_of
from ori_campaigns.pages.texts import COLUMN_KEYS
from ori_campaigns.views import Counters

_COUNT = re.compile(r"(?P<count>[0-9]{1,18}) (?P<word>number|added|duplicate|suppressed|re_added)s?")
_CALLS = ("dialled", "answered", "connected", "machines", "excluded")


def _discreet(number: str) -> str:
    return repr(masked(number))


@attrs.frozen
class PoolNumber:
    """A number and its calls in the run.

    Parameters:
        number, text: in full, and with its label.
        label: what the carrier's configuration calls it, empty where that says nothing.
        carrier: whose it is, empty where it is not configured any more.
        in_pool: it is in the pool now; a number that was taken out is still listed with its calls.
        calls, calls_text: how many were made from it, as a share of all calls of the run.
        note: that it was taken out, empty otherwise.
    """

    number: str = attrs.field(repr=_discreet)
    text: str = attrs.field(repr=False)
    label: str
    carrier: str
    in_pool: bool
    calls: Share
    calls_text: str
    note: str


@attrs.frozen
class ActivityEntry:
    """An entry of the activity log (L15).

    Parameters:
        action: as in `LifecycleChanged`.
        label: the same in words.
        by, text: who did it, and what they did.
        at, at_text: an aware datetime, and the same in words.
        run, run_text: in which run.
        detail, detail_text: how many contacts or numbers, or why it ended, and the same in words; empty where there is
            nothing to add.
    """

    action: str
    label: str
    by: str
    text: str
    at: datetime
    at_text: str
    run: int
    run_text: str
    detail: str
    detail_text: str


@attrs.frozen
class RestartEntry:
    """A restart that was prepared: when, by whom, and the same in words."""

    at: datetime
    at_text: str
    by: str
    text: str


@attrs.frozen
class RunEntry:
    """A run under its heading: when it was started, when and how it ended, as far as it came."""

    run: int
    heading: str
    lines: tuple[Labelled, ...]


@attrs.frozen
class DetailPage:
    """The detail page of a campaign.

    Parameters:
        row: what the list shows of it, and its buttons.
        back: the text of the way back to the list.
        headings: the headings of the parts, by field; those of parts that belong to a run name it.
        run_number: the current run.
        runs: the current run, and behind a prepared restart the one before it, each with its times.
        figures_run: the run of the times below, of `calls`, of the rates, and of the pool's calls: the current one; of
            a prepared restart the one before it (M2).
        started, completed: aware datetimes in the page's zone; `None` where it has not.
        started_text, completed_text: the same in words.
        completion_reason, completion_text: why it is completed, as its code and in words; empty while it is not.
        live: what goes on now.
        contacts: contacts by status in the current run, as `contacts` filters them.
        last_contacts: of a prepared restart the contacts by status at the end of the run before; empty otherwise.
        calls: calls dialled, answered, connected, those that reached a machine; and the numbers that are excluded.
        progress, answer_rate, completion_rate: as on the list.
        rates: the same with their names.
        pool: the numbers, in the order of rotation, then those that were taken out.
        activity: the latest actions, newest first.
        restarts: newest first.
        settings: how the current run dials, in words; a prepared restart says where the run before was set otherwise.
        config: the same as the value that rules go by.
    """

    row: ListRow
    back: str
    headings: Mapping[str, str]
    run_number: int
    runs: tuple[RunEntry, ...]
    figures_run: int
    started: datetime | None
    started_text: str
    completed: datetime | None
    completed_text: str
    completion_reason: str
    completion_text: str
    live: LiveFigures
    contacts: tuple[Figure, ...]
    last_contacts: tuple[Figure, ...]
    calls: tuple[Figure, ...]
    progress: Share
    answer_rate: Share
    completion_rate: Share
    rates: tuple[Labelled, ...]
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
        carriers, bots: the workspace's.
    """

    campaign: Campaign
    counters: Counters
    last: Counters
    moment: Moment
    used: Mapping[PhoneNumber, int]
    activity: Sequence[LifecycleChanged]
    carriers: Sequence[Carrier] = ()
    bots: Sequence[Bot] = ()


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
    return DetailPage(
        row=list_row(campaign, facts.counters, texts=texts.rows, zone=clock),
        back=texts.back,
        headings=_headings(campaign.run_number, shown.run_number, texts),
        run_number=campaign.run_number,
        runs=_runs(campaign, texts, clock),
        figures_run=shown.run_number,
        started=None if shown.started_at is None else to_datetime(shown.started_at, clock),
        started_text=shown_moment(shown.started_at, texts.rows, clock),
        completed=None if shown.completed_at is None else to_datetime(shown.completed_at, clock),
        completed_text=shown_moment(shown.completed_at, texts.rows, clock),
        completion_reason=reason,
        completion_text=said(texts.reasons, reason) if reason else "",
        live=live_figures(campaign, facts.counters, facts.moment, texts=texts, zone=clock),
        contacts=_contacts(facts.counters, texts),
        last_contacts=() if campaign.before_restart is None else _contacts(last, texts),
        calls=tuple(figure(name, said(texts.figure, name), getattr(last, name)) for name in _CALLS),
        progress=sample.progress,
        answer_rate=sample.answer_rate,
        completion_rate=sample.completion_rate,
        rates=_rates(sample, texts),
        pool=_pool(campaign, facts.used, facts.carriers, texts),
        activity=tuple(_entry(fact, texts, clock) for fact in reversed(facts.activity)),
        restarts=tuple(_restart(each, texts, clock) for each in reversed(campaign.restarts)),
        settings=settings_of(campaign, texts, facts.bots),
        config=campaign.config,
    )


def _headings(current: int, shown: int, texts: DetailTexts) -> dict[str, str]:
    plain = {part: getattr(texts, part) for part in ("live", "activity", "restarts", "settings")}
    of_figures = {part: getattr(texts, part).format(run=shown) for part in ("calls", "last_contacts", "pool")}
    return {**plain, **of_figures, "contacts": texts.contacts.format(run=current)}


def _runs(campaign: Campaign, texts: DetailTexts, zone: ZoneInfo) -> tuple[RunEntry, ...]:
    entry = RunEntry(campaign.run_number, texts.run.format(run=campaign.run_number), _times(campaign, texts, zone))
    last = campaign.before_restart
    if last is None:
        return (entry,)
    return entry, RunEntry(last.run_number, texts.last_run.format(run=last.run_number), _times(last, texts, zone))


def _times(campaign: Campaign, texts: DetailTexts, zone: ZoneInfo) -> tuple[Labelled, ...]:
    reason = campaign.completion_reason
    how = said(texts.reasons, reason) if reason else texts.rows.failures.get(campaign.failure, campaign.failure)
    told = {
        "started": shown_moment(campaign.started_at, texts.rows, zone) or texts.not_started,
        "ended": shown_moment(campaign.completed_at, texts.rows, zone),
        "how": how,
    }
    return tuple(Labelled(key, said(texts.figure, key), text) for key, text in told.items() if text)


def _contacts(counters: Counters, texts: DetailTexts) -> tuple[Figure, ...]:
    return tuple(
        figure(status.value, said(texts.contact_statuses, status), counters.contacts.get(status, 0))
        for status in ContactStatus
    )


def _rates(row: ListRow, texts: DetailTexts) -> tuple[Labelled, ...]:
    names = dict(zip(COLUMN_KEYS, texts.rows.columns, strict=False))
    rates = (
        ("progress", row.progress, "of_contacts"),
        ("answer_rate", row.answer_rate, "of_calls"),
        ("completion_rate", row.completion_rate, "of_contacts"),
    )
    return tuple(
        Labelled(key, said(names, key), rate.text, counted(texts.counted, of, rate.whole, part=f"{rate.part:,}"))
        for key, rate, of in rates
    )


def _pool(
    campaign: Campaign, used: Mapping[PhoneNumber, int], carriers: Iterable[Carrier], texts: DetailTexts
) -> tuple[PoolNumber, ...]:
    known = {entry.number: (entry.label, carrier.id) for carrier in carriers for entry in carrier.numbers}
    taken_out = sorted((number for number in used if number not in campaign.numbers), key=PhoneNumber.reveal)
    total = sum(used.values())
    in_pool = frozenset(campaign.numbers)

    def entry(number: PhoneNumber) -> PoolNumber:
        (label, carrier), digits = known.get(number, ("", "")), number.reveal()
        calls = share(Rate(used.get(number, 0), total))
        return PoolNumber(
            number=digits,
            text=texts.wizard.number.format(number=digits, label=label) if label else digits,
            label=label,
            carrier=carrier,
            in_pool=number in in_pool,
            calls=calls,
            calls_text=texts.use.format(calls=counted(texts.counted, "call", calls.part), share=calls.text),
            note="" if number in in_pool else texts.not_in_pool,
        )

    return tuple(entry(number) for number in (*campaign.numbers, *taken_out))


def _restart(restart: Restart, texts: DetailTexts, zone: ZoneInfo) -> RestartEntry:
    at = shown_moment(restart.at, texts.rows, zone)
    return RestartEntry(
        to_datetime(restart.at, zone), at, restart.by, texts.rows.restarted.format(at=at, by=restart.by)
    )


def _entry(fact: LifecycleChanged, texts: DetailTexts, zone: ZoneInfo) -> ActivityEntry:
    label = said(texts.actions, fact.action)
    return ActivityEntry(
        action=fact.action,
        label=label,
        by=fact.by,
        text=texts.done_by.format(action=label, by=fact.by),
        at=to_datetime(fact.at, zone),
        at_text=shown_moment(fact.at, texts.rows, zone),
        run=fact.run,
        run_text=texts.in_run.format(run=fact.run),
        detail=fact.detail,
        detail_text=_detail(fact.detail, texts),
    )


def _detail(told: str, texts: DetailTexts) -> str:
    reasons = {**texts.reasons, **texts.rows.failures}
    if told in reasons:
        return reasons[told]
    # Counts such as `1 number`, or `2 added, 1 duplicate`; all else is a host's own word, an id say.
    counts = [_COUNT.fullmatch(each) for each in told.split(", ")]
    if not told or not all(counts):
        return told
    return ", ".join(counted(texts.counted, each["word"], int(each["count"])) for each in counts if each)
