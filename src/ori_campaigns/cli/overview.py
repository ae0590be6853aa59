"""`list` and `show`: the campaigns of a store, and where one of them stands."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from ori_campaigns.campaign import Campaign, CampaignStatus, Stage
from ori_campaigns.cli import report
from ori_campaigns.cli.look import Column, Look
from ori_campaigns.cli.opened import find, open_store, shown
from ori_campaigns.cli.rows import list_row, list_rows
from ori_campaigns.cli.run import Told
from ori_campaigns.contact import ContactStatus
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.instants import Instant
from ori_campaigns.lifecycle import first_dialable
from ori_campaigns.listing import Rate, row
from ori_campaigns.service import CampaignService
from ori_campaigns.views import Counters

if TYPE_CHECKING:
    from ori_campaigns.stores.sql.carriers import KeptCarrier

_UTC = ZoneInfo("UTC")
_STILL = {
    Stage.DRAFT: "It was never started.",
    Stage.PREPARED: "It is prepared to call everybody again, and not started.",
    Stage.PAUSED: "It is paused.",
}


def list_campaigns(options: argparse.Namespace, look: Look) -> Told:
    """Show the campaigns of a store (M1 to M3)."""
    store = open_store(options)
    service = CampaignService(store, StaticDirectory())
    status = CampaignStatus(options.status) if options.status else None
    found = service.list(workspace=options.workspace, search=options.search, status=status)
    if found.rows:
        return Told(tuple(list_rows(found.rows, _UTC, look)[1:]))
    lines = look.paragraph(f"{found.empty}. {_why_none(store.campaigns(), options)}".strip())
    return Told(tuple(lines))


def _why_none(campaigns: Sequence[Campaign], options: argparse.Namespace) -> str:
    if not campaigns:
        return f"{shown(options.store)} has none yet."
    here = sum(each.workspace == options.workspace for each in campaigns)
    if here:
        return f"Without these filters there are {here:,}."
    others = sorted({each.workspace for each in campaigns})
    return f"None is of workspace {options.workspace!r}; there are some of {', '.join(others)}."


def show(options: argparse.Namespace, look: Look) -> Told:
    """Show where a campaign stands, and how it is set up."""
    store = open_store(options)
    campaign = find(store, options.store, options.campaign)
    service = CampaignService(store, StaticDirectory())
    counters, now = service.counters(campaign.id), store.clock.now()
    zone = ZoneInfo(campaign.config.window.timezone)
    carriers = store.carriers(campaign.workspace)
    lines = list_row(row(campaign, counters), zone, look)[1:]
    lines += ["", *look.paragraph(_standing(campaign, counters, now, zone))]
    lines += [*look.heading("Settings"), *_settings(campaign, carriers, look)]
    lines += _contacts(counters, look)
    lines += _calls(counters, look)
    lines += _lines_of(campaign, carriers, now, zone, look)
    lines += report.operators_log(service.activity(campaign.id), zone, look)
    return Told(tuple(lines))


def _standing(campaign: Campaign, counters: Counters, now: Instant, zone: ZoneInfo) -> str:
    """Return in a sentence what a campaign is doing now."""

    def when(moment: Instant) -> str:
        return f"{' '.join(report.shown_moment(moment, zone).split())} {zone.key}"

    calls = f" {report.count_of(counters.live, 'call')} in progress." if counters.live else ""
    if campaign.completed_at is not None:
        reason = campaign.completion_reason.value if campaign.completion_reason else campaign.failure
        return f"It {campaign.status.value} {when(campaign.completed_at)} ({reason.replace('_', ' ')}).{calls}"
    if campaign.status is not CampaignStatus.RUNNING:
        return _STILL[campaign.stage] + calls
    opens = first_dialable(campaign, now)
    if campaign.closing is not None or opens is None:
        return f"Its window has closed for good; it ends with its last call.{calls}"
    return f"It is running.{calls}" if opens <= now else f"It is running; calls begin {when(opens)}.{calls}"


def _settings(campaign: Campaign, carriers: Sequence[KeptCarrier], look: Look) -> list[str]:
    config = campaign.config
    ticked = [
        what
        for is_on, what in (
            (config.always_on, "runs until stopped"),
            (config.callback_detection, "callbacks that people ask for"),
            (config.sticky_exclusion, "excluded numbers stay out when added again"),
        )
        if is_on
    ]
    numbers = ", ".join(str(number) for number in campaign.numbers)
    more = [("Also", "; ".join(ticked))] * bool(ticked)
    more += [("Numbers", numbers if look.glyphs else numbers.replace("•", "*")), ("Id", campaign.id)]
    return report.settings(campaign, [each.carrier for each in carriers if each.configured], look, more)


def _contacts(counters: Counters, look: Look) -> list[str]:
    total = counters.total
    lines = look.heading("Contacts", f"{total:,} contacts")
    columns = [Column("Status"), Column("Contacts", right=True), Column("Share", right=True)]
    rows = [
        (status.value, f"{count:,}", Rate(count, total).text)
        for status in ContactStatus
        if (count := counters.contacts.get(status, 0))
    ]
    return lines + (look.table(columns, rows) if rows else ["There are none."])


def _calls(counters: Counters, look: Look) -> list[str]:
    live = f"{counters.live:,}"
    if counters.live:
        live += f" ({counters.ringing:,} ringing, {counters.in_progress:,} talking)"
    pairs = [
        ("Calls", f"{counters.dialled:,}"),
        ("Answered", f"{counters.answered:,}, {counters.machines:,} of them by a machine"),
        ("Connected", f"{counters.connected:,}, with {report.count_of(counters.connected_contacts, 'contact')}"),
        ("In progress", live),
    ]
    if counters.excluded:
        pairs.append(("Excluded", f"{counters.excluded:,} numbers"))
    return [*look.heading("Calls"), *look.pairs(pairs)]


def _lines_of(
    campaign: Campaign, carriers: Sequence[KeptCarrier], now: Instant, zone: ZoneInfo, look: Look
) -> list[str]:
    """Return the state of the carriers of its pool."""
    columns = [
        Column("Carrier", flexible=True),
        Column("Numbers", right=True),
        Column("Calls a second", right=True),
        Column("Channels in use", right=True),
        Column("State"),
    ]
    rows = []
    for each in carriers:
        carrier = each.carrier
        used = sum(entry.number in campaign.numbers for entry in carrier.numbers)
        if not used:
            continue
        state = "ready" if each.configured else "withdrawn"
        if each.configured and each.rests_until > now:
            state = f"rests until {report.shown_moment(each.rests_until, zone)[-5:]}"
        rows.append(
            (look.name(carrier.id), f"{used:,}", f"{carrier.cps:g}", f"{each.live:,} of {carrier.channels:,}", state)
        )
    return [*look.heading("Carriers", "of all campaigns together"), *look.table(columns, rows)] if rows else []
