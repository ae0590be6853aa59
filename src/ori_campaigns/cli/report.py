"""The report of a campaign, as lines of text; no phone number is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from ori_campaigns.campaign import Campaign, CampaignDraft
from ori_campaigns.carriers import Carrier
from ori_campaigns.cli.look import Bar, Cell, Column, Look, Painted
from ori_campaigns.config import RedialRules, RetryPolicy
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.instants import to_datetime, to_instant
from ori_campaigns.listing import CampaignRow, Rate
from ori_campaigns.service import CampaignService
from ori_campaigns.views import Counters

if TYPE_CHECKING:
    import polars as pl

    from ori_campaigns.cli.figures import Figures
    from ori_campaigns.ingest import Summary

_NAME = 28
_SECONDS_UNDER = 120
# What closes contacts that no call has brought to an end; the last rule says nothing about that.
_CLOSED = {
    "excluded": "an exclusion",
    "calling": "(a call is live)",
    "manual_stopped": "a stop",
    "window_closed": "the end of the window",
}


def shown_moment(moment: int, zone: ZoneInfo) -> str:
    """Return an instant as a local date and time.

    >>> shown_moment(1767225600000000, ZoneInfo("Asia/Kolkata"))
    'Thu  1 Jan 2026 05:30'
    """
    local = to_datetime(moment, zone)
    return f"{local:%a} {local.day:2} {local:%b %Y %H:%M}"


def _share(part: int, whole: int) -> str:
    return Rate(part, whole).text


def _listed(counts: Mapping[str, int], look: Look) -> str:
    return ", ".join(f"{look.name(name)} {count:,}" for name, count in counts.items())


class Ran(Protocol):
    """A campaign that was dialled, in virtual or in real time: what a report is made of.

    `attempts` and `contacts` are those of its present run, with the columns of `analytics`.
    """

    @property
    def service(self) -> CampaignService: ...  # noqa: D102 - the fields of a Rehearsal
    @property
    def campaign(self) -> Campaign: ...  # noqa: D102
    @property
    def counters(self) -> Counters: ...  # noqa: D102
    @property
    def row(self) -> CampaignRow: ...  # noqa: D102
    @property
    def started_at(self) -> datetime: ...  # noqa: D102
    @property
    def ended_at(self) -> datetime: ...  # noqa: D102
    @property
    def attempts(self) -> pl.DataFrame: ...  # noqa: D102
    @property
    def contacts(self) -> pl.DataFrame: ...  # noqa: D102


def what_became(run: Ran, figures: Figures, until: datetime | None, look: Look) -> list[str]:
    """Return in a sentence or two how the campaign stands at the end.

    Parameters:
        until: when the simulation was left, if it was told when.
    """
    campaign, counters = run.campaign, run.counters
    zone = ZoneInfo(campaign.config.window.timezone)
    over = campaign.completed_at is not None
    ended = run.ended_at if over or until is None else until
    began_at, ended_at = (" ".join(shown_moment(to_instant(each), zone).split()) for each in (run.started_at, ended))
    reason = campaign.completion_reason.value if campaign.completion_reason else campaign.failure
    why = f" ({reason.replace('_', ' ')})" if reason else ""
    status = campaign.status.value if over else f"still {campaign.status.value}"
    text = (
        f"Start pressed {began_at}, {status} {ended_at}{why}, after {_span(ended - run.started_at)}. "
        f"{counters.dialled:,} calls: {counters.answered:,} answered, {counters.connected:,} connected."
    )
    if figures.live:
        text += f" {figures.live:,} calls were still live; their outcomes are not in what follows."
    return ["", *look.paragraph(text)]


def _span(length: timedelta) -> str:
    if length.total_seconds() < _SECONDS_UNDER:
        return count_of(round(length.total_seconds()), "second")
    hours, minutes = divmod(round(length.total_seconds() / 60), 60)
    days, hours = divmod(hours, 24)
    parts = [count_of(days, "day")] * bool(days) + [count_of(hours, "hour")] * bool(days or hours)
    return " ".join([*parts, count_of(minutes, "minute")])


# --- counts ----------------------------------------------------------------------------------------------------------


def skipped_rows(summary: Summary, meanings: Mapping[str, str], look: Look) -> list[str]:
    """Return the skipped rows of a lead file by reason (C4)."""
    lines = look.heading("Skipped rows", f"{summary.skipped:,} of {summary.total:,}")
    if not summary.skipped:
        return [*lines, "Every row became a contact."]
    columns = [Column("Rows", right=True), Column("Reason"), Column("Meaning", flexible=True)]
    rows = [(f"{count:,}", reason, meanings.get(reason, "")) for reason, count in summary.by_reason.items()]
    return lines + look.table(columns, rows)


def contacts_ended(figures: Figures, look: Look) -> list[str]:
    """Return where the contacts stand, and which rules brought them there."""
    total = sum(each.contacts for each in figures.ended)
    lines = look.heading("Where the contacts ended", f"{total:,} contacts")
    columns = [
        Column("Status"),
        Column("Contacts", right=True),
        Column("Share", right=True),
        Column("Decided by", flexible=True),
    ]
    if not total:
        return [*lines, "There are none."]
    rows = [
        (
            each.status,
            f"{each.contacts:,}",
            _share(each.contacts, total),
            _CLOSED.get(each.status) or _listed(each.rules, look),
        )
        for each in figures.ended
    ]
    return lines + look.table(columns, rows)


def dispositions(figures: Figures, look: Look) -> list[str]:
    """Return how the calls turned out, and what post-call analysis made of them."""
    total = figures.attempts.height
    lines = look.heading("Dispositions", f"{total:,} calls")
    if not total:
        return [*lines, "No call has ended."]
    columns = [
        Column("How calls ended"),
        Column("Calls", right=True),
        Column("Share", right=True),
        Column("", flexible=True),
    ]
    rows: list[tuple[Cell, ...]] = []
    for each in figures.outcomes:
        rows.append((each.name, f"{each.calls:,}", _share(each.calls, total), Bar(each.calls / total)))
        rows += [
            (Painted(f"  {detail}", "dim"), Painted(f"{calls:,}", "dim"), "", "")
            for detail, calls in each.details.items()
        ]
    lines += look.table(columns, rows)
    if not figures.business:
        return lines
    analysed = sum(figures.business.values())
    columns[0] = Column("Post-call analysis")
    named = [
        (look.name(name)[:_NAME], f"{calls:,}", _share(calls, analysed), Bar(calls / analysed))
        for name, calls in figures.business.items()
    ]
    return [*lines, "", *look.table(columns, named)]


def attempts_per_contact(figures: Figures, look: Look) -> list[str]:
    """Return how often contacts were called, and how many of them were connected."""
    total = sum(each.contacts for each in figures.reached)
    calls = sum(each.attempts * each.contacts for each in figures.reached)
    if not total:
        return [*look.heading("Attempts per contact"), "There are no contacts."]
    lines = look.heading("Attempts per contact", f"{calls / total:.1f} on average")
    columns = [
        Column("Attempts", right=True),
        Column("Contacts", right=True),
        Column("Share", right=True),
        Column("Connected", right=True),
        Column("", flexible=True),
    ]
    rows = [
        (
            str(each.attempts),
            f"{each.contacts:,}",
            _share(each.contacts, total),
            f"{each.connected:,}",
            Bar(each.contacts / total),
        )
        for each in figures.reached
    ]
    return lines + look.table(columns, rows)


# --- the operator's log ----------------------------------------------------------------------------------------------


def operators_log(log: Iterable[LifecycleChanged], zone: ZoneInfo, look: Look) -> list[str]:
    """Return the activity log of the campaign (L15)."""
    lines = look.heading("Operator's log", f"times in {zone.key}")
    columns = [Column("When"), Column("What"), Column("By"), Column("Detail", flexible=True)]
    rows = [
        (
            shown_moment(each.at, zone),
            each.action.replace("_", " "),
            look.name(each.by),
            look.name(each.detail).replace("_", " "),
        )
        for each in log
    ]
    return lines + look.table(columns, rows)


# --- what was set ----------------------------------------------------------------------------------------------------


def settings(
    draft: CampaignDraft | Campaign, carriers: Sequence[Carrier], look: Look, more: Iterable[tuple[str, str]] = ()
) -> list[str]:
    """Return how a campaign is set up, in a few lines.

    Parameters:
        carriers: those of its workspace.
        more: further lines, what each is about and what it says.
    """
    config = draft.config
    window = config.window
    lines = [
        f"{look.name(carrier.id)} ({count_of(used, 'number')}, {carrier.cps:g} a second, "
        f"{count_of(carrier.channels, 'channel')})"
        for carrier in carriers
        if (used := sum(entry.number in draft.numbers for entry in carrier.numbers))
    ]
    rows = [
        ("Campaign", f"{look.name(draft.name)}; bot {look.name(draft.bot)}; {config.mode.value.replace('_', ' ')}"),
        ("Calls", f"{config.concurrency_limit:,} at a time over {', '.join(lines) or 'no carrier'}"),
        ("Window", f"{window.start} to {window.end} {window.timezone}, {shown_days(window.working_days)}"),
        ("Attempts", _attempts(config.retry, look)),
    ]
    if rules := _redials(config.redial):
        rows.append(("Redials", rules))
    return look.pairs([*rows, *more])


def count_of(count: int, what: str) -> str:
    """Return a number of things.

    >>> count_of(1, "call"), count_of(2000, "call")
    ('1 call', '2,000 calls')
    """
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _attempts(retry: RetryPolicy, look: Look) -> str:
    kept = [*sorted(retry.on_system), *map(look.name, retry.on_business)]
    most = f"up to {retry.max_attempts} to a contact, {count_of(retry.delay_minutes, 'minute')} apart"
    return f"{most}, after {', '.join(kept)}" if kept else f"{most}; no outcome is ticked for a redial"


def _redials(redial: RedialRules) -> str:
    rules = []
    if redial.stop_after_seconds is not None:
        rules.append(f"none after a connect of more than {redial.stop_after_seconds} s")
    if redial.redial_under_seconds is not None:
        rules.append(f"again after one of less than {redial.redial_under_seconds} s")
    return "; ".join(rules)


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def shown_days(days: Iterable[int]) -> str:
    """Return working days as a person would write them.

    >>> shown_days({0, 1, 2, 4}), shown_days(range(7))
    ('Mon to Wed, Fri', 'every day')
    """
    ticked = sorted(set(days))
    if len(ticked) == len(_DAYS):
        return "every day"
    stretches: list[list[int]] = []
    for day in ticked:
        if stretches and stretches[-1][-1] == day - 1:
            stretches[-1].append(day)
        else:
            stretches.append([day])
    parts = []
    for stretch in stretches:
        names = [_DAYS[day] for day in stretch]
        parts.append(f"{names[0]} to {names[-1]}" if len(names) > 2 else ", ".join(names))  # noqa: PLR2004
    return ", ".join(parts)
