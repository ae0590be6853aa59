"""Excluding numbers: every result, in every status, kept through restarts, and no call afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import attrs
import pytest

from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import MULTI_DAY, DiallerConfig, RetryPolicy
from ori_campaigns.contact import CallbackRequest
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.events import NumberExcluded
from ori_campaigns.exclusion import ExclusionResult
from ori_campaigns.ids import counted_ids
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.reports import Accepted, Answered, CallAnalysis, DialRequest, Ended, Unsent
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.windows import CallingWindow

MINUTE = 60_000_000
FIRST, SECOND, THIRD, STRANGER = "919800000000", "919800000001", "919800000002", "919899999999"
CONFIG = DiallerConfig(
    mode=MULTI_DAY,
    window=CallingWindow("09:00", "18:00", "UTC"),
    retry=RetryPolicy(3, 30, ["no_answer"]),
    callback_detection=True,
)


class People(NamedTuple):
    numbers: Sequence[str]
    policy: str = "digits"

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


class Desk:
    def __init__(self, *, sticky: bool = False, people: int = 3, start: bool = True) -> None:
        self.clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
        trunk = Carrier("trunk", ["911140001000"], cps=100, burst=100, channels=100)
        directory = StaticDirectory(bots=[Bot("asha", callbacks=True)], carriers=[trunk])
        self.service = CampaignService(MemoryStore(self.clock), directory, new_id=counted_ids("t"))
        config = attrs.evolve(CONFIG, sticky_exclusion=sticky)
        self.draft = CampaignDraft("Renewals", "asha", ["911140001000"], config)
        self.id = self.service.create(self.draft, People([FIRST, SECOND, THIRD][:people]), by="ops").id
        if start:
            self.service.start(self.id, by="ops")

    def exclude(self, *numbers: str | PhoneNumber, wait: bool = True) -> list[str]:
        results = self.service.exclude(self.id, numbers, by="meera", reason="asked", wait=wait).results
        return [result.value for result in results.values()]

    def dials(self) -> tuple[DialRequest, ...]:
        return self.service.step().dials

    def accept(self, *dials: DialRequest) -> None:
        self.service.record(Accepted(dial.attempt_id, self.clock.now()) for dial in dials)

    def hang_up(self, *dials: DialRequest, disposition: str = "no_answer") -> None:
        self.service.record(Ended(dial.attempt_id, self.clock.now(), disposition) for dial in dials)

    def states(self) -> list[str]:
        return [contact.status.value for contact in self.service.store.contacts(self.id)]

    def flags(self) -> list[bool]:
        return [contact.excluded for contact in self.service.store.contacts(self.id)]


def test_the_results_there_are() -> None:
    assert {result.value for result in ExclusionResult} == {
        "excluded",
        "will_exclude",
        "already_excluded",
        "already_final",
        "not_found",
        "suppressed",
    }


@pytest.mark.behaviour("X3")
@pytest.mark.parametrize("sticky", [False, True])
def test_each_result(sticky: bool) -> None:
    desk = Desk(sticky=sticky)
    first, second, third = desk.dials()
    desk.accept(first, second)
    desk.service.record([Unsent(third.attempt_id, desk.clock.now())])
    desk.hang_up(second, disposition="rejected")
    assert desk.states() == ["calling", "exhausted", "pending"]
    assert desk.exclude(FIRST, SECOND, THIRD, STRANGER) == [
        "will_exclude",
        "already_final",
        "excluded",
        "suppressed" if sticky else "not_found",
    ]
    assert desk.flags() == [True, True, True]
    assert desk.states() == ["calling", "exhausted", "excluded"]
    assert desk.exclude(FIRST, SECOND, THIRD, STRANGER) == [
        "already_excluded",
        "already_excluded",
        "already_excluded",
        "already_excluded" if sticky else "not_found",
    ]


@pytest.mark.behaviour("X3")
def test_an_unknown_number_is_remembered_only_when_exclusion_is_sticky() -> None:
    sticky, loose = Desk(sticky=True), Desk(sticky=False)
    assert (sticky.exclude(STRANGER), loose.exclude(STRANGER)) == (["suppressed"], ["not_found"])
    assert sticky.service.counters(sticky.id).excluded == 1
    assert loose.service.counters(loose.id).excluded == 0


@pytest.mark.behaviour("X3")
def test_one_number_written_in_several_ways_is_excluded_once() -> None:
    desk = Desk()
    found = desk.service.exclude(desk.id, ["+91 98000 00000", FIRST, PhoneNumber(FIRST)], by="ops")
    assert dict(found.results) == {PhoneNumber(FIRST): ExclusionResult.EXCLUDED}


@pytest.mark.behaviour("X3")
def test_one_bad_number_excludes_nobody() -> None:
    desk = Desk()
    with pytest.raises(InvalidDefinition) as refused:
        desk.exclude(FIRST, "12345")
    assert refused.value.code == "bad_number"
    assert refused.value.problems[0].path == "numbers[1]"
    assert desk.flags() == [False, False, False]


@pytest.mark.behaviour("X3")
@pytest.mark.parametrize("status", ["draft", "running", "paused", "completed", "failed", "prepared"])
def test_excluding_works_in_every_status(status: str) -> None:
    desk = Desk(start=False)
    path = {
        "draft": [],
        "running": ["start"],
        "paused": ["start", "pause"],
        "completed": ["start", "stop"],
        "prepared": ["start", "stop", "restart"],
        "failed": ["start"],
    }
    for action in path[status]:
        getattr(desk.service, action)(desk.id, by="ops")
    if status == "failed":
        desk.service.fail(desk.id, "bot_gone", by="host")
    before = desk.service.get(desk.id).status
    [result] = desk.exclude(FIRST)
    assert result == ("already_final" if status == "completed" else "excluded")
    assert desk.flags() == [True, False, False]
    assert desk.states()[0] == ("manual_stopped" if status == "completed" else "excluded")
    assert desk.service.get(desk.id).status is before


@pytest.mark.behaviour("X3", "R1")
def test_a_live_call_is_not_cut_and_nothing_follows_it() -> None:
    desk = Desk(people=1)
    [dial] = desk.dials()
    desk.accept(dial)
    assert desk.exclude(FIRST) == ["will_exclude"]
    step = desk.service.step()
    assert (step.dials, step.hangups) == ((), ())
    desk.hang_up(dial)
    assert desk.states() == ["excluded"]
    desk.clock.advance(hours=2)
    assert desk.dials() == ()


@pytest.mark.behaviour("X3", "R14")
def test_somebody_whose_analysis_is_awaited_is_excluded_at_once() -> None:
    desk = Desk(people=1)
    [dial] = desk.dials()
    desk.accept(dial)
    desk.service.record([Answered(dial.attempt_id, desk.clock.now())])
    desk.hang_up(dial, disposition="customer")
    assert desk.states() == ["awaiting_analysis"]
    assert desk.exclude(FIRST) == ["excluded"]
    assert desk.states() == ["excluded"]
    wish = CallbackRequest(desk.clock.now() + MINUTE)
    desk.service.record([CallAnalysis(dial.attempt_id, desk.clock.now(), "", wish)])
    assert desk.states() == ["excluded"]
    desk.clock.advance(hours=1)
    assert desk.dials() == ()


def with_callback() -> Desk:
    desk = Desk(people=1)
    [dial] = desk.dials()
    desk.accept(dial)
    wish = CallbackRequest(desk.clock.now() + 60 * MINUTE, "in an hour")
    desk.service.record([Answered(dial.attempt_id, desk.clock.now())])
    desk.service.record([CallAnalysis(dial.attempt_id, desk.clock.now(), "", wish)])
    desk.hang_up(dial, disposition="customer")
    assert desk.states() == ["callback_scheduled"]
    return desk


@pytest.mark.behaviour("X5")
def test_excluding_a_contact_cancels_its_callback() -> None:
    desk = with_callback()
    assert desk.exclude(FIRST) == ["excluded"]
    [contact] = desk.service.store.contacts(desk.id)
    assert contact.status.value == "excluded"
    assert contact.callback is not None
    assert contact.callback.state == "cancelled"
    desk.clock.advance(hours=2)
    assert desk.dials() == ()


@pytest.mark.behaviour("X5")
def test_excluding_somebody_during_the_callback_lets_the_call_end() -> None:
    desk = with_callback()
    desk.clock.advance(hours=1)
    [dial] = desk.dials()
    desk.accept(dial)
    assert desk.exclude(FIRST) == ["will_exclude"]
    desk.hang_up(dial)
    [contact] = desk.service.store.contacts(desk.id)
    assert contact.status.value == "excluded"
    assert contact.callback is not None
    assert contact.callback.state == "cancelled"


@pytest.mark.behaviour("X5", "X3", "L7")
def test_excluded_contacts_stay_excluded_through_a_restart() -> None:
    desk = Desk()
    dials = desk.dials()
    desk.accept(*dials)
    desk.hang_up(dials[0], disposition="rejected")
    assert desk.exclude(FIRST, SECOND) == ["already_final", "will_exclude"]
    desk.hang_up(dials[1], disposition="rejected")
    desk.hang_up(dials[2], disposition="rejected")
    desk.service.step()
    assert desk.states() == ["exhausted", "excluded", "exhausted"]
    desk.service.restart(desk.id, by="ops")
    assert desk.states() == ["excluded", "excluded", "pending"]
    desk.service.start(desk.id, by="ops")
    assert [dial.to.reveal() for dial in desk.dials()] == [THIRD]


@pytest.mark.behaviour("X3", "L8")
def test_exclusions_made_since_a_restart_stay_when_it_is_taken_back() -> None:
    desk = Desk()
    desk.service.stop(desk.id, by="ops")
    desk.service.restart(desk.id, by="ops")
    assert desk.exclude(FIRST) == ["excluded"]
    desk.service.cancel_restart(desk.id, by="ops")
    assert desk.flags() == [True, False, False]
    desk.service.restart(desk.id, by="ops")
    assert desk.states() == ["excluded", "pending", "pending"]


@pytest.mark.behaviour("X3")
@pytest.mark.parametrize("answered", [False, True])
def test_once_excluded_no_new_call_to_the_number_leaves(answered: bool) -> None:
    desk = Desk(people=1)
    if answered:
        [dial] = desk.dials()
        desk.accept(dial)
        desk.hang_up(dial)
        assert desk.states() == ["retry_scheduled"]
    desk.exclude(FIRST)
    for _ in range(10):
        assert desk.dials() == ()
        desk.clock.advance(hours=3)
    assert desk.states() == ["excluded"]


@pytest.mark.behaviour("X3")
def test_a_reservation_on_its_way_is_waited_for_unless_told_otherwise() -> None:
    desk = Desk(people=2)
    first, second = desk.dials()
    desk.accept(second)
    now = desk.clock.now()
    assert desk.exclude(SECOND) == ["will_exclude"]
    assert desk.clock.now() == now, "the other number's reservation is none of its business"
    assert desk.exclude(FIRST, wait=False) == ["will_exclude"]
    assert desk.clock.now() == now
    desk.exclude(FIRST)
    assert desk.clock.now() > first.not_after


@pytest.mark.behaviour("X3", "L20")
def test_an_exclusion_is_its_campaigns_own() -> None:
    desk = Desk()
    desk.service.pause(desk.id, by="ops")
    other = desk.service.create(desk.draft, People([FIRST]), by="ops").id
    desk.exclude(FIRST)
    desk.service.start(other, by="ops")
    assert [dial.to.reveal() for dial in desk.dials()] == [FIRST]


@pytest.mark.behaviour("L15", "X3")
def test_an_exclusion_is_in_the_logs_with_who_and_why_and_without_the_number() -> None:
    desk = Desk()
    desk.exclude(FIRST, STRANGER)
    facts = [event.fact for event in desk.service.store.events(campaign_id=desk.id)]
    [fact] = [each for each in facts if isinstance(each, NumberExcluded)]
    assert (fact.contact, fact.by, fact.reason, fact.closes) == (0, "meera", "asked", True)
    assert FIRST not in repr(facts)
    last = desk.service.activity(desk.id)[-1]
    assert (last.action, last.by) == ("exclude", "meera")


@pytest.mark.behaviour("L12")
def test_excluding_the_last_waiting_contact_completes_the_campaign() -> None:
    desk = Desk(people=1)
    desk.exclude(FIRST)
    desk.service.step()
    campaign = desk.service.get(desk.id)
    assert (campaign.status.value, campaign.completion_reason) == ("completed", "all_contacts_final")
