"""`pause`, `resume` and `stop`: the buttons of a campaign, from whichever process."""

from __future__ import annotations

import argparse
from zoneinfo import ZoneInfo

from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.cli.directory_file import read_directory
from ori_campaigns.cli.look import Look
from ori_campaigns.cli.opened import again, find, open_store, operator
from ori_campaigns.cli.phones import as_kept, from_file
from ori_campaigns.cli.report import shown_moment
from ori_campaigns.cli.run import Told
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.listing import SHORT_ID
from ori_campaigns.service import CampaignService, Receipt

_NOBODY = StaticDirectory()
"""Who halts a campaign needs neither bots nor carriers."""


def pause(options: argparse.Namespace, look: Look) -> Told:
    """Halt the dialling of a campaign (L4)."""
    store = open_store(options)
    campaign = find(store, options.store, options.campaign)
    receipt = CampaignService(store, _NOBODY).pause(campaign.id, by=operator(options))
    on = again(f"resume {campaign.id[:SHORT_ID]}", options.store)
    return _told(look, f"{named(campaign, look)} is paused. {_quiet(receipt)}", f"It goes on with: {on}")


def stop(options: argparse.Namespace, look: Look) -> Told:
    """End a campaign for good (L6)."""
    store = open_store(options)
    campaign = find(store, options.store, options.campaign)
    receipt = CampaignService(store, _NOBODY).stop(campaign.id, by=operator(options))
    return _told(look, f"{named(campaign, look)} is stopped for good. {_quiet(receipt)}")


def resume(options: argparse.Namespace, look: Look) -> Told:
    """Let a paused campaign go on (L5)."""
    given = read_directory(options.directory) if options.directory is not None else None
    store = open_store(options)
    campaign = find(store, options.store, options.campaign)
    kept = [each.carrier for each in store.carriers(campaign.workspace) if each.configured]
    directory = as_kept(campaign, kept) if given is None else from_file(given, kept, campaign.workspace)
    receipt = CampaignService(store, directory).resume(campaign.id, by=operator(options))
    now = receipt.campaign
    if now.status is not CampaignStatus.RUNNING:
        return _told(look, f"{named(now, look)}: nobody was left to call. It is {now.status.value}.")
    if receipt.begins_at is None:
        return _told(look, f"{named(now, look)}: its window has closed for good. It ends with its last call.")
    begins = "Calls begin now" if receipt.begins_at <= store.clock.now() else f"Calls begin {_when(now, receipt)}"
    dials = again(f"run --campaign {now.id[:SHORT_ID]}", options.store)
    return _told(
        look,
        f"{named(now, look)} goes on. {begins}, if a `run` of it is going on.",
        f"If none is, start one: {dials}",
    )


def named(campaign: Campaign, look: Look) -> str:
    """Return the name of a campaign with its short id."""
    return f"{look.name(campaign.name)} ({campaign.id[:SHORT_ID]})"


def _when(campaign: Campaign, receipt: Receipt) -> str:
    zone = ZoneInfo(campaign.config.window.timezone)
    return f"{' '.join(shown_moment(receipt.begins_at or 0, zone).split())} {zone.key}"


def _quiet(receipt: Receipt) -> str:
    """Return what may still happen after a pause or a stop."""
    quiet = "No new call begins any more" if receipt.settled else "Calls decided before may still begin for a moment"
    if not receipt.draining:
        return f"{quiet}, and none is in progress."
    goes = (
        "call is in progress and goes on to its"
        if receipt.draining == 1
        else "calls are in progress and go on to their"
    )
    return f"{quiet}; {receipt.draining:,} {goes} end."


def _told(look: Look, *paragraphs: str) -> Told:
    return Told(tuple(line for text in paragraphs for line in look.paragraph(text)))
