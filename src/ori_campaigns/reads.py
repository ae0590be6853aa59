"""What a host reads: campaigns, counts, the list and the detail page, contacts with their calls. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ori_campaigns.browsing import CampaignFilter
from ori_campaigns.campaign import Campaign, CampaignStatus, Stage
from ori_campaigns.contact import ContactStatus
from ori_campaigns.errors import NotFound
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.instants import MINUTE, SECOND
from ori_campaigns.listing import CampaignList, row
from ori_campaigns.numbers import NumberPolicy, PhoneNumber, parse_number
from ori_campaigns.ports import Directory, Store
from ori_campaigns.views import Counters

# The pages are many classes, and loaded when the first one is asked for: whoever draws none shall not wait for them.
if TYPE_CHECKING:
    from ori_campaigns.pages import ContactsPage, DetailPage, DetailTexts, ListPage, ListTexts

_ALL = 1 << 31
_LONGEST_ID = 255
MOST_ACTIVITY = 10_000
"""As many entries of the activity log fit on a detail page."""


def campaign_key(campaign_id: str) -> str:
    """Return the id of a campaign if it can be one, whatever a request gave for it.

    Raises:
        NotFound: it is no text, longer than 255 characters, or holds what no database keeps; so nobody has it.

    >>> campaign_key("ab12")
    'ab12'
    """
    if not isinstance(campaign_id, str):
        raise NotFound("campaign", type(campaign_id).__name__)
    if not is_key(campaign_id):
        raise NotFound("campaign", campaign_id[:_LONGEST_ID])
    return campaign_id


def is_key(text: str) -> bool:
    """Tell whether every store keeps this text as an id: 1 to 255 characters, no NUL, no half of a surrogate pair."""
    return 0 < len(text) <= _LONGEST_ID and _storable(text)


def _storable(text: str) -> bool:
    return not any(each == "\0" or "\ud800" <= each <= "\udfff" for each in text)


class CampaignReads:
    """Reads of one store.

    Parameters:
        store: where everything is kept.
        directory: the host's carriers, for the labels of numbers.
        policy: how a number that is looked for is read.
        workspace: the one that is meant where a call names none.
    """

    def __init__(self, store: Store, directory: Directory, policy: NumberPolicy, workspace: str) -> None:
        self.store, self.policy, self.workspace = store, policy, workspace
        self._directory = directory

    def _named(self, workspace: str | None) -> str:
        return self.workspace if workspace is None else workspace

    def get(self, campaign_id: str) -> Campaign:
        """Return one campaign.

        Raises:
            NotFound: there is no such campaign.
        """
        return self.store.campaign(campaign_key(campaign_id))

    def counters(self, campaign_id: str) -> Counters:
        """Return the kept counts of its current run.

        Raises:
            NotFound: there is no such campaign.
        """
        return self.store.counters(campaign_key(campaign_id))

    def list(
        self, *, workspace: str | None = None, search: str = "", status: CampaignStatus | str | None = None
    ) -> CampaignList:
        """Return the rows of the campaign list, all of them, newest first (M1 to M3); `list_page` returns a page.

        Parameters:
            workspace: whose campaigns; those of the service's own unless given.
            search: any part of a name or id; case is ignored.
            status: only campaigns in this one; all of them unless given.

        Raises:
            InvalidDefinition: code `unknown_status`.
        """
        if isinstance(status, CampaignStatus) or not status:
            only = CampaignFilter(search, status or None)
        else:
            from ori_campaigns.pages.campaign_list import filter_of

            only = filter_of(search, status)
        found = self.store.overview(self._named(workspace), only, limit=_ALL)
        return CampaignList(tuple(row(each.campaign, each.counters) for each in found))

    def list_page(
        self,
        *,
        workspace: str | None = None,
        search: str = "",
        status: CampaignStatus | str | None = None,
        after: str = "",
        limit: int = 50,
        texts: ListTexts | None = None,
        zone: str = "UTC",
    ) -> ListPage:
        """Return a page of the campaign list, ready to be drawn (M1 to M4, L18, L20).

        How long it takes does not depend on how many contacts the campaigns have.

        Parameters:
            workspace: whose campaigns; those of the service's own unless given.
            search: any part of a name or id; case is ignored.
            status: only campaigns in this one; all of them unless given.
            after: the cursor of the page before; the first page unless given.
            limit: rows on the page, 1 to 1,000.
            texts: what is said; in the words of the product's manual unless given.
            zone: the IANA name of the zone in which times are shown.

        Raises:
            InvalidDefinition: codes `unknown_status`, `bad_cursor`, `bad_limit`, `unknown_timezone`.
        """
        from ori_campaigns.pages import LIST_TEXTS, campaign_list
        from ori_campaigns.pages.parts import limited

        only, place = campaign_list.filter_of(search, status), campaign_list.of_cursor(after)
        most = limited(limit, campaign_list.MOST_ROWS)
        found = self.store.overview(self._named(workspace), only, after=place, limit=most + 1)
        return campaign_list.list_page(found, only, limit, first=place is None, texts=texts or LIST_TEXTS, zone=zone)

    def detail(
        self, campaign_id: str, *, activity: int = 100, texts: DetailTexts | None = None, zone: str = "UTC"
    ) -> DetailPage:
        """Return the detail page of a campaign, ready to be drawn (M2, M8, L15, L18).

        Its figures are kept counts, except the pool's calls by number, for which the calls of the run are gone through.

        Parameters:
            activity: entries of the activity log, the latest; 0 to 10,000.
            texts: what is said; in the words of the product's manual unless given.
            zone: the IANA name of the zone in which times are shown.

        Raises:
            NotFound: there is no such campaign.
            InvalidDefinition: codes `bad_limit`, `unknown_timezone`.
        """
        from ori_campaigns.pages import DETAIL_TEXTS, DetailFacts, Moment, detail_page
        from ori_campaigns.pages.parts import limited

        store, most = self.store, limited(activity, MOST_ACTIVITY, name="activity", least=0)
        campaign = store.campaign(campaign_key(campaign_id))
        now, counters = store.clock.now(), store.counters(campaign_id)
        run = campaign.run_number - 1 if campaign.stage is Stage.PREPARED else campaign.run_number
        facts = DetailFacts(
            campaign=campaign,
            counters=counters,
            last=counters if run == campaign.run_number else store.counters(campaign_id, run),
            moment=Moment(
                now,
                store.dialled_since(campaign_id, now - SECOND),
                store.dialled_since(campaign_id, now - MINUTE),
                store.next_due(campaign_id) if campaign.status is CampaignStatus.RUNNING else None,
            ),
            used=store.number_use(campaign_id, run),
            activity=store.activity(campaign_id, most),
            carriers=self._directory.carriers(campaign.workspace),
            bots=self._directory.bots(campaign.workspace),
        )
        return detail_page(facts, texts=texts or DETAIL_TEXTS, zone=zone)

    def contacts(  # noqa: PLR0913 - four filters, a place, and how it is shown
        self,
        campaign_id: str,
        *,
        status: ContactStatus | str | None = None,
        number: str | PhoneNumber = "",
        disposition: str = "",
        callback: str = "",
        after: int = -1,
        limit: int = 50,
        reveal: bool = False,
        texts: DetailTexts | None = None,
        zone: str = "UTC",
    ) -> ContactsPage:
        """Return a page of a campaign's contacts as they stand in its current run, each with its calls of all runs.

        Parameters:
            status: where they stand; all of them unless given.
            number: the one with this number, as anybody writes it.
            disposition: a call of the run ended with it, or its analysis said so; the exact word.
            callback: what became of their latest callback: `scheduled`, `completed`, `missed` or `cancelled`.
            after: the cursor of the page before; the first page unless given.
            limit: contacts on the page, 1 to 1,000.
            reveal: show numbers, call variables and what people said; numbers are masked otherwise.
            texts: what is said; in the words of the product's manual unless given.
            zone: the IANA name of the zone in which times are shown.

        Raises:
            NotFound: there is no such campaign.
            InvalidDefinition: codes `unknown_status`, `bad_number`, `unknown_callback_state`, `bad_cursor`,
                `bad_limit`, `unknown_timezone`.
        """
        from ori_campaigns.pages import DETAIL_TEXTS
        from ori_campaigns.pages.contacts import MOST_CONTACTS, contact_filter, contacts_page
        from ori_campaigns.pages.parts import limited, placed

        campaign = self.store.campaign(campaign_key(campaign_id))
        wanted = parse_number(number, path="number", policy=self.policy) if number else None
        only = contact_filter(status, wanted, disposition, callback)
        place, most = placed(after), limited(limit, MOST_CONTACTS)
        # What no database could have kept came of no call, whatever a store in memory may hold.
        found = self.store.contacts(campaign.id, place, most + 1, only) if _storable(disposition) else ()
        shown = [each.ordinal for each in found[:limit]]
        attempts = self.store.attempts_of(campaign.id, shown)
        return contacts_page(found, attempts, only, limit, reveal=reveal, texts=texts or DETAIL_TEXTS, zone=zone)

    def activity(self, campaign_id: str) -> tuple[LifecycleChanged, ...]:
        """Return the activity log: every lifecycle action, with who did it and when (L15).

        Raises:
            NotFound: there is no such campaign.
        """
        return tuple(self.store.activity(campaign_key(campaign_id), _ALL))
