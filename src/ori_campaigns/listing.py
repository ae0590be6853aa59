"""The campaign list as values: rows, badges, rates, filters (M1 to M3)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import attrs

from ori_campaigns.campaign import Action, Campaign, CampaignStatus, Stage, actions_for
from ori_campaigns.contact import FINAL, FINAL_BY_CALLING
from ori_campaigns.instants import to_datetime
from ori_campaigns.views import Counters

BADGE_COLOUR: Mapping[CampaignStatus, str] = MappingProxyType(
    {
        CampaignStatus.DRAFT: "grey",
        CampaignStatus.RUNNING: "green",
        CampaignStatus.PAUSED: "amber",
        CampaignStatus.COMPLETED: "blue",
        CampaignStatus.FAILED: "red",
    }
)
ALWAYS_ON = "Always-on · runs until stopped"
ALWAYS_ON_COLOUR = "purple"
NOTHING_FOUND = "No campaigns found"
CLEAR_FILTERS = "Clear the search box and set the status filter back to {all_statuses} to see your campaigns again."
FIRST_CAMPAIGN = "If you have not created any campaigns yet, use {new_campaign} to build your first one."
ALL_STATUSES = "All statuses"
NEW_CAMPAIGN = "New Campaign"
SHORT_ID = 8
"""Characters of the id that a row shows."""


@attrs.frozen
class Rate:
    """A share, exact as two counts, and as the text of a row; nothing counted is 0 %, never an error.

    >>> Rate(1, 3).text, Rate(0, 0).text, Rate(0, 0).fraction
    ('33 %', '0 %', 0.0)
    """

    part: int
    whole: int

    @property
    def fraction(self) -> float:
        """The share from 0 to 1."""
        return self.part / self.whole if self.whole else 0.0

    @property
    def text(self) -> str:
        """The share in whole percent, halves up; 100 % only when it is all, 0 % only when it is nothing."""
        if not self.part or not self.whole:
            return "0 %"
        if self.part >= self.whole:
            return "100 %"
        # Half up, in whole numbers: `round` would go to the even one, and make 12 % of an eighth but 38 % of three.
        return f"{min(max((200 * self.part + self.whole) // (2 * self.whole), 1), 99)} %"


@attrs.frozen
class CampaignRow:
    """One row of the campaign list (M1, M2).

    Parameters:
        campaign_id, short_id: the short one is shown and found by search, copying gives the full one.
        progress: contacts processed, in a final state of any kind.
        connected: contacts with a connected call.
        answer_rate: answered among dialled calls.
        completion_rate: contacts with a final outcome reached by calling.
        created: aware datetime, UTC.
        actions: what may be clicked, in the order of the buttons (L18).
        failure: why a failed campaign failed, empty otherwise (L13).
        restart_note: `Restarted <timestamp> by <user>`, empty when never restarted.
        always_on: the always-on badge, empty when it is not.
    """

    campaign_id: str
    short_id: str
    name: str
    status: CampaignStatus
    colour: str
    progress: Rate
    connected: int
    answer_rate: Rate
    completion_rate: Rate
    created: datetime
    actions: tuple[Action, ...]
    failure: str
    restart_note: str
    always_on: str


@attrs.frozen
class CampaignList:
    """The rows that passed the filters, and what the page shows when there is none (M3)."""

    rows: tuple[CampaignRow, ...]

    @property
    def empty(self) -> str:
        """The empty state's text, empty while there are rows."""
        return "" if self.rows else NOTHING_FOUND


def restart_note(campaign: Campaign) -> str:
    """Return the note of the latest restart (L7); its time is UTC."""
    if not campaign.restarts:
        return ""
    latest = campaign.restarts[-1]
    return f"Restarted {to_datetime(latest.at):%Y-%m-%d %H:%M} UTC by {latest.by}"


def row(campaign: Campaign, counters: Counters) -> CampaignRow:
    """Return a campaign's row, from its kept counts alone; a prepared restart has processed nothing yet."""
    processed = 0 if campaign.stage is Stage.PREPARED else counters.count(FINAL)
    return CampaignRow(
        campaign_id=campaign.id,
        short_id=campaign.id[:SHORT_ID],
        name=campaign.name,
        status=campaign.status,
        colour=BADGE_COLOUR[campaign.status],
        progress=Rate(processed, counters.total),
        connected=counters.connected_contacts,
        answer_rate=Rate(counters.answered, counters.dialled),
        completion_rate=Rate(counters.count(FINAL_BY_CALLING), counters.total),
        created=to_datetime(campaign.created_at),
        actions=actions_for(campaign.stage),
        failure=campaign.failure,
        restart_note=restart_note(campaign),
        always_on=ALWAYS_ON if campaign.config.always_on else "",
    )
