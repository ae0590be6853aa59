"""What a host reads: campaigns, counts, the list and the detail page, contacts with their calls. Nothing is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ori_campaigns.browsing import CampaignFilter
from ori_campaigns.campaign import Campaign, CampaignStatus, Stage
from ori_campaigns.contact import ContactStatus
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


class CampaignReads:
    """Reads of one store.

    Parameters:
        store: where everything is kept.
        directory: the host's carriers, for the labels of numbers.
        policy: how a number that is looked for is read.
    """

    def __init__(self, store: Store, directory: Directory, policy: NumberPolicy) -> None:
        self.store, self.policy = store, policy
        self._directory = directory

    def get(self, campaign_id: str) -> Campaign:
        """Return one campaign."""
        return self.store.campaign(campaign_id)

    def counters(self, campaign_id: str) -> Counters:
        """Return the kept counts of its current run."""
        return self.store.counters(campaign_id)

    def list(
        self, *, workspace: str = "default", search: str = "", status: CampaignStatus | None = None
    ) -> CampaignList:
        """Return the rows of the campaign list, all of them, newest first (M1 to M3); `list_page` returns a page.

        Parameters:
            search: any part of a name or id; case is ignored.
            status: only campaigns in this one; all of them unless given.
        """
        found = self.store.overview(workspace, CampaignFilter(search, status), limit=_ALL)
        return CampaignList(tuple(row(each.campaign, each.counters) for each in found))

    def list_page(
        self,
        *,
        workspace: str = "default",
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
            workspace: whose campaigns.
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
        found = self.store.overview(workspace, only, after=place, limit=limited(limit, campaign_list.MOST_ROWS) + 1)
        return campaign_list.list_page(found, only, limit, texts=texts or LIST_TEXTS, zone=zone)

    def detail(
        self, campaign_id: str, *, activity: int = 100, texts: DetailTexts | None = None, zone: str = "UTC"
    ) -> DetailPage:
        """Return the detail page of a campaign, ready to be drawn (M2, M8, L15, L18).

        Its figures are kept counts, except the pool's calls by number, for which the calls of the run are gone through.

        Parameters:
            activity: entries of the activity log, the latest.
            texts: what is said; in the words of the product's manual unless given.
            zone: the IANA name of the zone in which times are shown.

        Raises:
            NotFound: there is no such campaign.
            InvalidDefinition: code `unknown_timezone`.
        """
        from ori_campaigns.pages import DETAIL_TEXTS, DetailFacts, Moment, detail_page

        store = self.store
        campaign = store.campaign(campaign_id)
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
            activity=store.activity(campaign_id, activity),
            carriers=self._directory.carriers(campaign.workspace),
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
            InvalidDefinition: codes `unknown_status`, `bad_number`, `unknown_callback_state`, `bad_limit`,
                `unknown_timezone`.
        """
        from ori_campaigns.pages import DETAIL_TEXTS
        from ori_campaigns.pages.contacts import MOST_CONTACTS, contact_filter, contacts_page
        from ori_campaigns.pages.parts import limited

        wanted = parse_number(number, path="number", policy=self.policy) if number else None
        only = contact_filter(status, wanted, disposition, callback)
        found = self.store.contacts(campaign_id, after, limited(limit, MOST_CONTACTS) + 1, only)
        shown = [each.ordinal for each in found[:limit]]
        attempts = self.store.attempts_of(campaign_id, shown)
        return contacts_page(found, attempts, only, limit, reveal=reveal, texts=texts or DETAIL_TEXTS, zone=zone)

    def activity(self, campaign_id: str) -> tuple[LifecycleChanged, ...]:
        """Return the activity log: every lifecycle action, with who did it and when (L15)."""
        return tuple(self.store.activity(campaign_id, _ALL))
