"""Filters and pages in plain Python; what stores answer is held against them by the store contract."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ori_campaigns.browsing import (
    EVERY_CAMPAIGN,
    EVERYBODY,
    CampaignFilter,
    ContactFilter,
    Overview,
    newest_first,
    page_of,
)
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.codec import dumps, loads
from ori_campaigns.config import DiallerConfig
from ori_campaigns.contact import Callback, Contact, ContactStatus
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.views import Counters

CAMPAIGN = Campaign("Ab-1", "default", "Große Öffnung", "asha", (), DiallerConfig(), 5, "ops")
CONTACT = Contact(
    "c", 3, PhoneNumber("919800000001"), {}, ContactStatus.COMPLETED, 1, 0, False, False, -1, "", Callback(5, 1)
)


@pytest.mark.behaviour("M3")
@pytest.mark.parametrize(
    ("search", "status", "taken"),
    [
        ("", None, True),
        ("GROSSE", None, True),
        ("  öff ", None, True),
        ("e ö", None, True),
        ("aB-", None, True),
        ("Ab-1 Große", None, False),
        ("%", None, False),
        ("", CampaignStatus.DRAFT, True),
        ("öff", CampaignStatus.RUNNING, False),
    ],
)
def test_a_campaign_is_taken_by_both_filters(search: str, status: CampaignStatus | None, taken: bool) -> None:
    assert CampaignFilter(search, status).takes(CAMPAIGN) is taken


@pytest.mark.parametrize(
    ("only", "taken"),
    [
        (EVERYBODY, True),
        (ContactFilter(status=ContactStatus.COMPLETED), True),
        (ContactFilter(status=ContactStatus.PENDING), False),
        (ContactFilter(number=PhoneNumber("919800000001")), True),
        (ContactFilter(number=PhoneNumber("919800000002")), False),
        (ContactFilter(callback="scheduled"), True),
        (ContactFilter(callback="missed"), False),
        (ContactFilter(disposition="sold"), True),
        (ContactFilter(ContactStatus.COMPLETED, PhoneNumber("919800000001"), "sold", "missed"), False),
    ],
)
def test_a_contact_is_taken_by_all_filters(only: ContactFilter, taken: bool) -> None:
    assert only.takes(CONTACT, {3}) is taken
    assert not ContactFilter(disposition="sold").takes(CONTACT, {2})
    assert not ContactFilter(callback="scheduled").takes(attrs.evolve(CONTACT, callback=None), ())


@given(st.lists(st.tuples(st.integers(0, 3), st.text("ab", max_size=2)), unique=True), st.integers(1, 4))
def test_pages_make_up_the_list(places: list[tuple[int, str]], limit: int) -> None:
    campaigns = [attrs.evolve(CAMPAIGN, created_at=at, id=name) for at, name in places]
    listed = newest_first(campaigns)
    assert [(-each.created_at, each.id) for each in listed] == sorted((-at, name) for at, name in places)
    found: list[Campaign] = []
    after = None
    while page := page_of(campaigns, EVERY_CAMPAIGN, after, limit):
        assert len(page) <= limit
        found += page
        after = Overview(page[-1], Counters({})).place
    assert found == listed


def test_filters_can_be_written_and_read() -> None:
    for each in (CampaignFilter("x", CampaignStatus.DRAFT), EVERY_CAMPAIGN):
        assert loads(CampaignFilter, dumps(each)) == each
    only = ContactFilter(ContactStatus.PENDING, PhoneNumber("919800000001"), "sold", "missed")
    assert loads(ContactFilter, dumps(only)) == only
