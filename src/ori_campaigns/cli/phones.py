"""Bots and carriers of campaigns in a store: those of a file, those that the store knows, and the made-up carrier.

The store keeps one set of carriers for all campaigns of a workspace. A command must not take away what another campaign
dials with: what it brings is added to what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.cli.plan import CARRIER
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.numbers import PhoneNumber


def from_file(given: StaticDirectory, kept: Sequence[Carrier], workspace: str) -> StaticDirectory:
    """Return what a file configures. Only the made-up carrier, which is in no file, stays beside it.

    Parameters:
        given: what is in the file.
        kept: the carriers that the store knows.
    """
    carriers = [*given.carriers("default")]
    taken = {entry.number for carrier in carriers for entry in carrier.numbers}
    for carrier in kept:
        if carrier.id == CARRIER and all(each.id != CARRIER for each in carriers):
            left = tuple(entry for entry in carrier.numbers if entry.number not in taken)
            carriers += [attrs.evolve(carrier, numbers=left)] if left else []
    return StaticDirectory(bots=given.bots("default"), carriers=carriers, workspace=workspace)


def with_pool(
    bot: Bot, pool: Iterable[PhoneNumber], kept: Sequence[Carrier], limits: Mapping[str, Any], workspace: str
) -> StaticDirectory:
    """Return what the store knows, with the numbers that no carrier of it has under the made-up carrier.

    Parameters:
        limits: those that were given for the made-up carrier; others stay as they are.

    Raises:
        InvalidDefinition: code `limit_of_the_store`, when limits are given and the made-up carrier has no number.
    """
    carriers = [carrier for carrier in kept if carrier.id != CARRIER]
    before = next((carrier for carrier in kept if carrier.id == CARRIER), None)
    taken = {entry.number for carrier in carriers for entry in carrier.numbers}
    numbers = {entry.number: entry for entry in (before or Carrier(CARRIER, [])).numbers}
    wanted = [number for number in pool if number not in taken]
    made_up = Carrier(CARRIER, [*numbers.values(), *(each for each in wanted if each not in numbers)])
    if before is not None:
        made_up = attrs.evolve(before, numbers=made_up.numbers)
    if limits and not made_up.numbers:
        raise InvalidDefinition([_not_made_up(name) for name in limits], what="The carrier")
    if made_up.numbers:
        carriers.append(attrs.evolve(made_up, **limits))
    return StaticDirectory(bots=[bot], carriers=carriers, workspace=workspace)


def as_kept(campaign: Campaign, kept: Sequence[Carrier], limits: Mapping[str, Any] | None = None) -> StaticDirectory:
    """Return what the store knows, as it was when the campaign was last started."""
    bot = Bot(campaign.bot, callbacks=campaign.bot_calls_back)
    return with_pool(bot, (), kept, limits or {}, campaign.workspace)


def _not_made_up(name: str) -> Problem:
    message = "The numbers belong to carriers of the store, which have limits of their own."
    return Problem(f"--{name}", "limit_of_the_store", message, "Leave it out.")
