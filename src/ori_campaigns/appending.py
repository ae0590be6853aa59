"""The rule of appending: what becomes of each number of a list that is added to an always-on campaign (C10, X4)."""

from __future__ import annotations

from enum import StrEnum

import attrs

from ori_campaigns.campaign import Campaign, CampaignStatus, Stage, actions_for
from ori_campaigns.contact import ACTIVE
from ori_campaigns.errors import ActionNotAllowed
from ori_campaigns.events import Fact, LifecycleChanged, NumberReadded
from ori_campaigns.instants import Instant
from ori_campaigns.views import AppendStage, Changes, NumbersView


class AppendResult(StrEnum):
    """What appending one number did."""

    ADDED = "added"
    DUPLICATE = "duplicate"
    SUPPRESSED = "suppressed"
    RE_ADDED = "re_added"


@attrs.frozen
class Appended:
    """What an append did; its four counts make up the list that was given.

    Parameters:
        campaign: as it stands.
        added: numbers put behind the end of the list.
        duplicates: numbers that were on the list; they keep their variables and are not called again.
        suppressed: excluded numbers that stay so, since the campaign's exclusion is sticky.
        re_added: excluded numbers that may be called again, on the list before or not.
        results: what became of each number, in the order of the list that was given.
    """

    campaign: Campaign
    added: int
    duplicates: int
    suppressed: int
    re_added: int
    results: tuple[AppendResult, ...] = attrs.field(repr=False)


def require_appendable(campaign: Campaign, now: Instant) -> None:
    """Raise unless contacts may be appended to a campaign now.

    Raises:
        ActionNotAllowed: code `action_not_allowed`, unless it is running or paused; code `not_always_on`.
    """
    if campaign.status not in {CampaignStatus.RUNNING, CampaignStatus.PAUSED}:
        if campaign.stage is Stage.DRAFT:
            raise _refused(campaign, "it is a draft. A draft's upload replaces its list: save it by an edit.")
        if campaign.stage is Stage.PREPARED:
            raise _refused(campaign, "it is a prepared restart. Start it first.")
        raise _refused(campaign, f"it is {campaign.status.value}. Clone it, or create another for these contacts.")
    over = campaign.closing is not None or (campaign.cutoff is not None and now >= campaign.cutoff)
    if over and campaign.status is CampaignStatus.RUNNING:
        raise _refused(campaign, "its window has closed and it ends with its last live call. Clone it.")
    if not campaign.config.always_on:
        way = "Pause it and make it always-on" if campaign.status is CampaignStatus.RUNNING else "Make it always-on"
        hint = f"{way}, or create another campaign for these contacts."
        raise _refused(campaign, f"it is not always-on. {hint}", code="not_always_on")


def _refused(campaign: Campaign, why: str, code: str | None = None) -> ActionNotAllowed:
    return ActionNotAllowed(
        entity="campaign",
        entity_id=campaign.id,
        status=campaign.status.value,
        action="append",
        allowed=[action.value for action in actions_for(campaign.stage)],
        code=code,
        message=f"Cannot append contacts to campaign {campaign.id}: {why}",
    )


def append(view: NumbersView, *, stage: str, by: str) -> Changes[Appended]:
    """Put new numbers behind the end of the list; leave out, or bring back, those that are known (C10, X4).

    Parameters:
        view: the numbers of the stage, in its order.
        stage: the contacts that were put aside.
        by: who does it.
    """
    campaign, now = view.campaign, view.now
    require_appendable(campaign, now)
    sticky = campaign.config.sticky_exclusion
    results = [AppendResult.ADDED] * len(view.items)
    facts: list[Fact] = []
    without: list[int] = []
    renewed: list[tuple[int, int]] = []
    # New numbers are many and need nothing: an appended list of half a million is one move.
    for place, (number, contact, excluded) in enumerate(view.items):
        if contact is None and not excluded:
            continue
        if not excluded:
            results[place] = AppendResult.DUPLICATE
        elif sticky:
            results[place] = AppendResult.SUPPRESSED
        else:
            results[place] = AppendResult.RE_ADDED
            # A call that is under way goes on, in its budget and with what the bot was told.
            opens = contact is not None and contact.status not in ACTIVE
            ordinal = -1 if contact is None else contact.ordinal
            facts.append(NumberReadded(ordinal, now, number, by, opens))
            if opens:
                renewed.append((place, ordinal))
        if contact is not None or sticky:
            without.append(place)
    told = ", ".join(f"{results.count(each)} {each.value}" for each in AppendResult if each in results)
    facts.append(LifecycleChanged("append", by, now, campaign.run_number, told))
    done = Appended(
        campaign,
        added=results.count(AppendResult.ADDED),
        duplicates=results.count(AppendResult.DUPLICATE),
        suppressed=results.count(AppendResult.SUPPRESSED),
        re_added=results.count(AppendResult.RE_ADDED),
        results=tuple(results),
    )
    return Changes(done, facts, moves=(AppendStage(stage, without, renewed),))
