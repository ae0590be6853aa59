"""What a host reads of a service, besides its pages."""

from __future__ import annotations

from typing import Any

import pytest

from ori_campaigns.errors import InvalidDefinition, NotFound
from ori_campaigns.service import CampaignService
from ori_campaigns.testing.bench import Bench, lively


@pytest.mark.behaviour("M3")
def test_the_list_has_every_row_however_many_there_are() -> None:
    bench = Bench()
    names = [f"nth {nth:02d}" for nth in range(60)]
    for name in names:
        bench.create(["919800000001"], name=name)
        bench.clock.advance(seconds=1)
    assert [row.name for row in bench.service.list().rows] == names[::-1]
    assert [row.name for row in bench.service.list(search="NTH 05").rows] == ["nth 05"]
    assert len(bench.service.list_page().rows) == 50


@pytest.mark.behaviour("M1", "M2")
def test_the_list_and_its_pages_say_the_same() -> None:
    bench = Bench()
    lively(bench)
    plain, drawn = bench.service.list().rows, bench.service.list_page().rows
    assert [(row.campaign_id, row.short_id, row.name, row.status) for row in plain] == [
        (row.campaign_id, row.short_id, row.name, row.status) for row in drawn
    ]
    for mine, its in zip(plain, drawn, strict=True):
        for rate in ("progress", "answer_rate", "completion_rate"):
            left, right = getattr(mine, rate), getattr(its, rate)
            assert (left.part, left.whole, left.fraction, left.text) == (
                right.part,
                right.whole,
                right.fraction,
                right.text,
            )
        assert (mine.connected, mine.colour, mine.restart_note) == (its.connected, its.badge.colour, its.restart_note)
        assert list(mine.actions) == [each.action for each in its.buttons]


@pytest.mark.behaviour("L15")
def test_the_whole_activity_log_in_its_order() -> None:
    bench = Bench()
    campaign = bench.running(1)
    for _ in range(600):
        bench.service.pause(campaign.id, by="a", wait=False)
        bench.service.resume(campaign.id, by="b")
    told = bench.service.activity(campaign.id)
    assert [fact.action for fact in told] == ["create", "start", *["pause", "resume"] * 600]
    assert len(bench.service.detail(campaign.id, activity=7).activity) == 7


@pytest.mark.parametrize(
    "name", ["", "nobody00", "\ud800", "a\x00b", "x" * 256, "x" * 10**6, None, 7, "../test00000001", "тест"]
)
def test_nobody_is_not_found(name: Any) -> None:
    bench = Bench()
    bench.create()
    service = bench.service
    for read in (service.get, service.counters, service.activity, service.detail, service.contacts):
        with pytest.raises(NotFound) as caught:
            read(name)
        assert caught.value.entity == "campaign"
        assert len(str(caught.value)) < 400


def test_an_id_of_the_hosts_own_may_be_as_long_as_a_file_name() -> None:
    bench = Bench()
    service = CampaignService(bench.store, bench.directory, new_id=lambda: "ü" * 255)
    campaign = service.create(bench.draft(), None, by="ops")
    assert service.get(campaign.id) == campaign


def test_a_status_that_is_none() -> None:
    service = Bench().service
    assert service.list(status="draft").rows == ()
    for status in ("asleep", "\ud800"):
        with pytest.raises(InvalidDefinition) as caught:
            service.list(status=status)
        assert caught.value.code == "unknown_status"
