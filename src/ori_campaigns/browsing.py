"""What a store is asked for by pages that people look at: campaigns by filter, contacts by filter, a page at a time.

The filters are written here once, as plain Python. A store that keeps everything at hand uses them as they are, and one
that asks a database must answer the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

import attrs

from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.contact import NEVER_PLACED, Attempt, AttemptStatus, Contact, ContactStatus
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.records import distinct
from ori_campaigns.views import Counters

NEWEST = 10_000
"""As many of a campaign's latest calls are looked at to say how many were made of late."""
NOT_DIALLED = NEVER_PLACED | {AttemptStatus.RESERVED}
"""Attempts that are no calls, or not yet: never sent, surely refused, or only reserved (M2)."""

Place: TypeAlias = tuple[Instant, str]
"""Where a campaign stands in the list: when it was created (microseconds UTC), and its id."""


@distinct
class Overview(NamedTuple):
    """A campaign with the kept counts of its current run: all that a row of the list is made of."""

    campaign: Campaign
    counters: Counters

    @property
    def place(self) -> Place:
        """Its place in the list; give it as `after` to read on."""
        return self.campaign.created_at, self.campaign.id


@attrs.frozen
class CampaignFilter:
    """Which campaigns of a workspace are wanted (M3); both conditions together.

    Parameters:
        search: any part of a name or id, spaces around it and case ignored (`str.casefold`); all if it is empty.
        status: only campaigns in this one; all unless given.

    >>> CampaignFilter("  STRASSE ").wanted
    'strasse'
    """

    search: str = ""
    status: CampaignStatus | None = None

    @property
    def wanted(self) -> str:
        """What names and ids are searched for, once they are folded, too."""
        return self.search.strip().casefold()

    def takes(self, campaign: Campaign) -> bool:
        """Tell whether a campaign is wanted."""
        if self.status is not None and campaign.status != self.status:
            return False
        wanted = self.wanted
        return wanted in campaign.name.casefold() or wanted in campaign.id.casefold()


@attrs.frozen
class ContactFilter:
    """Which contacts of a campaign are wanted, as they stand in its current run; all conditions together.

    Parameters:
        status: where they stand.
        number: the one with this number, cleaned.
        disposition: a call of the run ended with it, or its analysis said so; the exact word.
        callback: what became of their latest callback: `scheduled`, `completed`, `missed` or `cancelled`.
    """

    status: ContactStatus | None = None
    number: PhoneNumber | None = None
    disposition: str = ""
    callback: str = ""

    def takes(self, contact: Contact, reached: Collection[int]) -> bool:
        """Tell whether a contact is wanted.

        Parameters:
            reached: the contacts of whom a call of the run ended with the disposition; not asked without one.
        """
        return (
            self.status in {None, contact.status}
            and (self.number is None or contact.number == self.number)
            and (not self.callback or (contact.callback is not None and contact.callback.state == self.callback))
            and (not self.disposition or contact.ordinal in reached)
        )

    def reached(self, attempts: Iterable[Attempt], run: int) -> frozenset[int]:
        """Return the contacts of whom a call of the run ended with the disposition."""
        words = (attempt for attempt in attempts if attempt.run == run) if self.disposition else ()
        return frozenset(
            each.contact for each in words if self.disposition in {each.disposition, each.business_disposition}
        )


EVERY_CAMPAIGN = CampaignFilter()
EVERYBODY = ContactFilter()


def newest_first(campaigns: Iterable[Campaign]) -> list[Campaign]:
    """Return campaigns in the order of the list: newest created first, then by id (M3)."""
    return sorted(campaigns, key=lambda campaign: (-campaign.created_at, campaign.id))


def page_of(campaigns: Iterable[Campaign], only: CampaignFilter, after: Place | None, limit: int) -> Sequence[Campaign]:
    """Return a page of those campaigns that are wanted, in the order of the list.

    Parameters:
        campaigns: those of one workspace, in any order.
        only: which are wanted.
        after: the place of the last campaign of the page before.
        limit: as many at the most.
    """
    listed = newest_first(campaign for campaign in campaigns if only.takes(campaign))
    return list(islice(_behind(listed, after), limit))


def _behind(listed: Iterable[Campaign], after: Place | None) -> Iterator[Campaign]:
    for campaign in listed:
        if after is None or (-campaign.created_at, campaign.id) > (-after[0], after[1]):
            yield campaign
