"""The store contract, what pages ask for: campaigns and contacts by filter, calls by contact, number and time."""

# ruff: noqa: S101, PLR2004 - these are tests, shipped

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest

from ori_campaigns.browsing import CampaignFilter, ContactFilter, Overview, Place
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.contact import Attempt, AttemptStatus, Contact, ContactStatus
from ori_campaigns.errors import NotFound
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.instants import MINUTE, SECOND
from ori_campaigns.numbers import parse_number
from ori_campaigns.reports import Accepted, CallAnalysis, Refused
from ori_campaigns.testing.bench import Bench, lively, number
from ori_campaigns.testing.store_base import Duties
from ori_campaigns.testing.world import TRUNK

_NOT_DIALLED = {AttemptStatus.RESERVED, AttemptStatus.EXPIRED_UNSENT, AttemptStatus.REFUSED}
_STATUSES: tuple[CampaignStatus | None, ...] = (None, *CampaignStatus)
_NAMES = ("Renewals 50% off", "STRASSE_7", "Straße", "Öffnung", "renewals\\July", "a'b\"c", "İstanbul", "x" * 300)
_SEARCHES = (
    *("", "  ", "renewals", "RENEWALS", "50%", "%", "_", "\\", "'", '"', "strasse", "ß", "öff", "ÖFF", "i̇s", "xx"),
    *(" off ", "s J", "test", "\x00", "\ud800", "nobody"),
)


def _shelf(bench: Bench) -> list[Campaign]:
    """Put campaigns of several statuses and names into two workspaces."""
    bench.directory.add(bench.directory.bots("default")[0], TRUNK, workspace="other")
    made = []
    for nth, name in enumerate(_NAMES):
        made.append(bench.create([number(nth)], name=name))
        if nth % 3:
            bench.service.start(made[-1].id, by="test")
        if nth % 3 == 2:
            bench.service.pause(made[-1].id, by="test")
        if nth == 5:
            bench.service.stop(made[-1].id, by="test")
        if nth % 2:
            bench.clock.advance(seconds=1)
    bench.create([number(99)], name="renewals elsewhere", workspace="other")
    return made


def _plainly(bench: Bench, search: str, status: CampaignStatus | None) -> list[str]:
    """Look through all campaigns, as the rule is worded."""
    wanted = search.strip().casefold()
    return [
        each.id
        for each in bench.store.campaigns("default")
        if status in {None, each.status} and (wanted in each.name.casefold() or wanted in each.id.casefold())
    ]


def _all(bench: Bench, only: CampaignFilter, size: int) -> list[Overview]:
    """Read page by page, each from where the one before it ended."""
    found: list[Overview] = []
    after: Place | None = None
    while page := bench.store.overview("default", only, after=after, limit=size):
        assert len(page) <= size
        found += page
        after = page[-1].place
    return found


class BrowsingDuties(Duties):
    """What pages ask of a store."""

    # --- campaigns ---------------------------------------------------------------------------------------------------

    def test_campaigns_are_found_by_part_of_name_or_id(self, bench: Bench) -> None:
        """In any case of letters, as `casefold` has it; no letter of the search stands for others."""
        made = _shelf(bench)
        for search in (*_SEARCHES, made[3].id, made[3].id[2:].upper()):
            for status in _STATUSES:
                only = CampaignFilter(search, status)
                found = [each.campaign.id for each in bench.store.overview("default", only)]
                assert found == _plainly(bench, search, status), only
        assert bench.store.overview("nowhere") in ([], ())
        assert [each.campaign.name for each in bench.store.overview("other")] == ["renewals elsewhere"]

    def test_a_new_name_is_found_and_the_old_one_is_not(self, bench: Bench) -> None:
        """What is searched is the campaign as it stands."""
        campaign = bench.create([number(0)], name="Winter")
        bench.service.edit(campaign.id, bench.draft(name="GRÜN"), by="test", version=1)
        found = bench.store.overview("default", CampaignFilter("grün"))
        assert [each.campaign.name for each in found] == ["GRÜN"]
        assert bench.store.overview("default", CampaignFilter("winter")) in ([], ())

    def test_pages_of_the_list_make_up_the_whole(self, bench: Bench) -> None:
        """Pages of any size, also of a filtered list: nothing twice, nothing left out, in the order of the list."""
        _shelf(bench)
        for only in (CampaignFilter(), CampaignFilter("renewals"), CampaignFilter("", CampaignStatus.RUNNING)):
            ids = _plainly(bench, only.search, only.status)
            for size in (1, 2, 5, 100):
                assert [each.campaign.id for each in _all(bench, only, size)] == ids

    def test_a_page_goes_on_behind_a_campaign_that_is_gone(self, bench: Bench) -> None:
        """A place is a place, whether a campaign is still there or not."""
        _shelf(bench)
        listed = bench.store.overview("default")
        at = next(nth for nth, each in enumerate(listed) if each.campaign.status is CampaignStatus.DRAFT)
        bench.service.delete(listed[at].campaign.id, by="test")
        assert bench.store.overview("default", after=listed[at].place) == listed[at + 1 :]

    def test_an_overview_has_the_kept_counts(self, bench: Bench) -> None:
        """Those of the current run, exclusions included: the same as `counters` gives one by one."""
        lively(bench)
        for each in bench.store.overview("default"):
            assert each == Overview(bench.store.campaign(each.campaign.id), bench.store.counters(each.campaign.id))
        assert len(bench.store.overview("default")) == len(bench.store.campaigns("default"))

    # --- contacts ----------------------------------------------------------------------------------------------------

    def test_contacts_are_found_by_what_became_of_them(self, bench: Bench) -> None:
        """By status, number, disposition and callback, alone and together, whole or page by page."""
        for campaign in self._called(bench):
            listed, attempts = bench.contacts(campaign), bench.attempts(campaign)
            for only in _filters(listed):
                wanted = [each for each in listed if _takes(each, only, attempts, campaign.run_number)]
                assert list(bench.store.contacts(campaign.id, only=only)) == wanted, only
                paged: list[Contact] = []
                while page := bench.store.contacts(campaign.id, paged[-1].ordinal if paged else -1, 2, only):
                    assert len(page) <= 2
                    paged += page
                assert paged == wanted

    def _called(self, bench: Bench) -> list[Campaign]:
        """Return campaigns after an eventful day: one with callbacks in three states, one in its second run."""
        called = bench.running(8, callback_detection=True, concurrency_limit=8)
        first, second, third, *others = bench.dials()
        bench.booked(first, minutes=5)
        bench.booked(second, minutes=600)
        bench.no_answer(*others[:2])
        bench.talked(third)
        bench.tell(CallAnalysis(third.attempt_id, bench.clock.now(), "sold"))
        bench.advance(minutes=10)
        bench.service.exclude(called.id, number(1), by="test")
        lively(bench, finish=False)
        return list(bench.store.campaigns())

    def test_attempts_are_found_by_contact(self, bench: Bench) -> None:
        """Of all runs, by serial; whoever is on no list has none."""
        lively(bench)
        for campaign in bench.store.campaigns():
            attempts = list(bench.attempts(campaign))
            for some in ((), (0,), (3, 1), tuple(range(0, 30, 3)), (2, 99_999)):
                found = bench.store.attempts_of(campaign.id, some)
                assert list(found) == [each for each in attempts if each.contact in some]

    # --- the log -----------------------------------------------------------------------------------------------------

    def test_lifecycle_actions_are_told(self, bench: Bench) -> None:
        """All of a campaign's, or the latest of them, in the order in which they were taken."""
        lively(bench)
        for campaign in bench.store.campaigns():
            told = [each.fact for each in bench.log(campaign) if isinstance(each.fact, LifecycleChanged)]
            assert len(told) > 2
            for limit in (1, 2, 1000):
                assert list(bench.store.activity(campaign.id, limit)) == told[-limit:]

    # --- calls -------------------------------------------------------------------------------------------------------

    def test_calls_are_counted_by_number(self, bench: Bench) -> None:
        """As `dialled` counts them, of each run."""
        lively(bench)
        for campaign in bench.store.campaigns():
            for run in range(1, campaign.run_number + 1):
                made = [each for each in bench.attempts(campaign) if each.run == run]
                wanted = Counter(each.from_number for each in made if each.status not in _NOT_DIALLED)
                assert dict(bench.store.number_use(campaign.id, run)) == wanted
                assert sum(wanted.values()) == bench.store.counters(campaign.id, run).dialled
            assert bench.store.number_use(campaign.id) == bench.store.number_use(campaign.id, campaign.run_number)

    def test_calls_of_late_are_counted(self, bench: Bench) -> None:
        """From an instant on, itself included; not those that were never placed, or not yet."""
        campaign = bench.running(6, concurrency_limit=2)
        began = bench.clock.now()
        first, second = bench.dials()
        assert bench.store.dialled_since(campaign.id, began) == 0
        bench.at_once(Accepted, first)
        bench.tell(Refused(second.attempt_id, began))
        assert bench.store.dialled_since(campaign.id, began) == 1
        bench.clock.advance(seconds=60)
        bench.at_once(Accepted, *bench.dials())
        since = [began, began + 1, began + MINUTE, began + MINUTE + SECOND]
        assert [bench.store.dialled_since(campaign.id, each) for each in since] == [2, 1, 1, 0]

    def test_the_next_contact_is_told(self, bench: Bench) -> None:
        """Of each running campaign as the agenda has it: one that waits for its time, a fresh one, nobody."""
        called = bench.running(2, concurrency_limit=2)
        assert bench.store.next_due(called.id) == 0
        first, second = bench.dials()
        assert bench.store.next_due(called.id) is None
        bench.no_answer(first)
        assert bench.store.next_due(called.id) == bench.clock.now() + 30 * MINUTE
        bench.talked(second)
        lively(bench, finish=False)
        for work in bench.store.agenda().works:
            assert bench.store.next_due(work.campaign.id) == work.next_due

    def test_pages_of_nobody_are_not_found(self, bench: Bench) -> None:
        """Every read that names a campaign says so."""
        store = bench.store
        for read in (
            lambda: store.contacts("nobody00", only=ContactFilter(ContactStatus.PENDING)),
            lambda: store.attempts_of("nobody00", [0]),
            lambda: store.number_use("nobody00"),
            lambda: store.activity("nobody00"),
            lambda: store.next_due("nobody00"),
            lambda: store.dialled_since("nobody00", 0),
        ):
            with pytest.raises(NotFound):
                read()


def _filters(listed: Sequence[Contact]) -> list[ContactFilter]:
    words = ("customer", "no_answer", "sold", "", "nonsense", "\x00")
    states = ("scheduled", "completed", "missed", "cancelled", "nonsense")
    one = listed[1].number
    return [
        *(ContactFilter(status=status) for status in ContactStatus),
        *(ContactFilter(disposition=word) for word in words),
        *(ContactFilter(callback=state) for state in states),
        *(ContactFilter(number=each) for each in (one, parse_number("919999999999"))),
        *(ContactFilter(status=status, number=one) for status in ContactStatus),
        *(ContactFilter(status=status, disposition="customer") for status in ContactStatus),
        ContactFilter(ContactStatus.CALLBACK_SCHEDULED, None, "customer", "scheduled"),
        ContactFilter(number=one, disposition="customer", callback="scheduled"),
    ]


def _takes(contact: Contact, only: ContactFilter, attempts: Sequence[Attempt], run: int) -> bool:
    """Tell who is wanted, in other words than the library's."""
    mine = [each for each in attempts if (each.contact, each.run) == (contact.ordinal, run)]
    state = contact.callback.state if contact.callback else ""
    checks = [
        (only.status, contact.status),
        (only.number, contact.number),
        (only.callback, state),
    ]
    if any(wanted and wanted != found for wanted, found in checks):
        return False
    return not only.disposition or any(only.disposition in (a.disposition, a.business_disposition) for a in mine)
