"""The campaign list as a value: filters, rows, empty state, and where the next page begins (M1 to M4, L18).

It is made of kept counts alone. All of it can be sent to a browser as JSON with `codec.dumps`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.actions import LeadsTo, buttons
from ori_campaigns.browsing import CampaignFilter, Overview, Place
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.instants import to_datetime
from ori_campaigns.listing import ALWAYS_ON_COLOUR, row
from ori_campaigns.pages.parts import (
    ActionButton,
    Badge,
    Confirmation,
    PageButton,
    PageFilter,
    Share,
    choose,
    named,
    said,
    share,
    shown_moment,
    zone_of,
)
from ori_campaigns.pages.texts import LIST_TEXTS, ListTexts
from ori_campaigns.views import Counters

MOST_ROWS = 1000
"""The longest page."""


@attrs.frozen
class ListRow:
    """A row of the campaign list (M1, M2); a click on it leads to the campaign's detail page.

    Parameters:
        campaign_id, short_id: the short one is shown and found by search, copying gives the full one.
        copy_label: what the button for copying is called.
        status, badge: the status, and its word on its colour.
        progress: contacts processed, in a final state of any kind.
        connected, connected_text: contacts with a connected call.
        answer_rate: answered among dialled calls.
        completion_rate: contacts with a final outcome reached by calling.
        created: an aware datetime in the page's zone.
        created_text: its date.
        restart_note: `Restarted <timestamp> by <user>`, empty when it was never restarted.
        failure: why a failed campaign failed, empty otherwise.
        always_on: the badge of one that runs until stopped.
        buttons: what may be clicked, in this order (L18).
    """

    campaign_id: str
    short_id: str
    copy_label: str
    name: str
    status: CampaignStatus
    badge: Badge
    progress: Share
    connected: int
    connected_text: str
    answer_rate: Share
    completion_rate: Share
    created: datetime
    created_text: str
    restart_note: str
    failure: str
    always_on: Badge | None
    buttons: tuple[ActionButton, ...]


@attrs.frozen
class ListPage:
    """A page of the campaign list (M1 to M3).

    Parameters:
        title: of the page.
        new_campaign: the page's own button, always there.
        search, status: the two filters, with what they are set to.
        columns: the heads of the columns.
        rows: those that passed both filters, newest created first.
        empty: what is shown instead of rows, empty while there are some.
        empty_hint: what to do about it: clear the filters, or create the first campaign.
        more: there are rows behind these.
        more_label: what the button for them is called.
        cursor: give it as `after` for the next page; empty where there is none.
    """

    title: str
    new_campaign: PageButton
    search: PageFilter
    status: PageFilter
    columns: tuple[str, ...]
    rows: tuple[ListRow, ...]
    empty: str
    empty_hint: str
    more: bool
    more_label: str
    cursor: str


def list_page(
    found: Sequence[Overview],
    only: CampaignFilter,
    limit: int,
    *,
    first: bool = True,
    texts: ListTexts = LIST_TEXTS,
    zone: str = "UTC",
) -> ListPage:
    """Return a page of the list.

    Parameters:
        found: the campaigns that pass the filter, from where the page begins; one more than fits if there are more.
        only: what the filters are set to.
        limit: rows on the page.
        first: it is the first page, not one behind a cursor.
        texts: what is said.
        zone: the IANA name of the zone in which times are shown.

    >>> list_page([], CampaignFilter("renewals"), 50).empty
    'No campaigns found'
    """
    shown, clock = found[:limit], zone_of(zone)
    more = len(found) > limit
    statuses = {"": texts.all_statuses, **named(texts.statuses, CampaignStatus)}
    return ListPage(
        title=texts.title,
        new_campaign=PageButton("new_campaign", texts.new_campaign, LeadsTo.WIZARD),
        search=PageFilter("search", texts.search, only.search),
        status=choose("status", texts.status_filter, only.status or "", statuses),
        columns=texts.columns,
        rows=tuple(list_row(each.campaign, each.counters, texts=texts, zone=clock) for each in shown),
        empty="" if shown else texts.nothing_found,
        empty_hint="" if shown else _hint(only, texts, first=first),
        more=more,
        more_label=texts.more,
        cursor=to_cursor(shown[-1].place) if more else "",
    )


def _hint(only: CampaignFilter, texts: ListTexts, *, first: bool) -> str:
    if only.wanted or only.status is not None:
        return texts.clear_filters.format(all_statuses=texts.all_statuses)
    # Behind a cursor there was a campaign once.
    return texts.first_campaign.format(new_campaign=texts.new_campaign) if first else ""


def list_row(campaign: Campaign, counters: Counters, *, texts: ListTexts = LIST_TEXTS, zone: ZoneInfo) -> ListRow:
    """Return the row of a campaign, from its kept counts alone; times are shown in `zone`."""
    facts = row(campaign, counters)
    created = to_datetime(campaign.created_at, zone)
    return ListRow(
        campaign_id=campaign.id,
        short_id=facts.short_id,
        copy_label=texts.copy_id,
        name=campaign.name,
        status=campaign.status,
        badge=Badge(said(texts.statuses, campaign.status), facts.colour),
        progress=share(facts.progress),
        connected=facts.connected,
        connected_text=texts.connected.format(count=facts.connected),
        answer_rate=share(facts.answer_rate),
        completion_rate=share(facts.completion_rate),
        created=created,
        created_text=format(created, texts.date),
        restart_note=restart_note(campaign, texts, zone),
        failure=texts.failures.get(campaign.failure, campaign.failure),
        always_on=Badge(texts.always_on, ALWAYS_ON_COLOUR) if campaign.config.always_on else None,
        buttons=action_buttons(campaign, texts),
    )


def restart_note(campaign: Campaign, texts: ListTexts, zone: ZoneInfo) -> str:
    """Return the note of the latest restart (L7), empty where there was none."""
    if not campaign.restarts:
        return ""
    latest = campaign.restarts[-1]
    return texts.restarted.format(at=shown_moment(latest.at, texts, zone), by=latest.by)


def action_buttons(campaign: Campaign, texts: ListTexts = LIST_TEXTS) -> tuple[ActionButton, ...]:
    """Return the buttons of a campaign as it stands (L18), each with what it asks first (M4)."""
    return tuple(
        ActionButton(
            action,
            said(texts.actions, action),
            face.icon,
            face.tone,
            face.leads_to,
            confirmation(action.value, campaign.name, texts),
        )
        for action, face in buttons(campaign.stage).items()
    )


def confirmation(action: str, name: str, texts: ListTexts = LIST_TEXTS) -> Confirmation | None:
    """Return what is asked before an action on a campaign of this name, `None` where nothing is (M4).

    >>> confirmation("delete", "Renewals").text
    'Delete draft campaign “Renewals”? This also removes uploaded contacts.'
    """
    asked = texts.confirmations.get(action)
    return None if asked is None else Confirmation(asked.format(name=name), texts.ok, texts.cancel)


def filter_of(search: str, status: CampaignStatus | str | None) -> CampaignFilter:
    """Return a filter of what a request says; an empty status is that of all.

    Raises:
        InvalidDefinition: code `unknown_status`.
    """
    try:
        return CampaignFilter(search, CampaignStatus(status) if status else None)
    except ValueError:
        known = ", ".join(CampaignStatus)
        problem = Problem(
            "status", "unknown_status", f"There is no status {status!r}.", f"Give one of {known}, or none."
        )
        raise InvalidDefinition([problem], what="The filter") from None


def to_cursor(place: Place) -> str:
    """Return a place in the list as text, for a link.

    >>> of_cursor(to_cursor((1767607200000000, "ab-1")))
    (1767607200000000, 'ab-1')
    """
    return f"{place[0]}.{place[1]}"


def of_cursor(text: str) -> Place | None:
    """Return the place of a cursor, `None` for an empty one: the beginning.

    Raises:
        InvalidDefinition: code `bad_cursor`.
    """
    if not text:
        return None
    at, dot, campaign_id = text.partition(".")
    digits = at.removeprefix("-")
    if not (dot and digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST and campaign_id.isprintable()):
        hint = "Give the cursor of a page as it is, or none for the first page."
        raise InvalidDefinition(
            [Problem("after", "bad_cursor", "It is no cursor of this list.", hint)], what="The page"
        )
    return int(at), campaign_id


_LONGEST = 18
"""Digits that surely fit into 64 bits."""
