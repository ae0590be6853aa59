"""May this contact be dialled now? Each gate, their order, and what a service does with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import attrs
import pytest

from ori_campaigns.admission import send_until
from ori_campaigns.campaign import Campaign, CampaignDraft, CampaignStatus, CompletionReason
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import MULTI_DAY, SINGLE_DAY, CallLimits, DiallerConfig, RetryPolicy
from ori_campaigns.contact import Callback, ContactStatus
from ori_campaigns.dialling import Step
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.gates import CAMPAIGN_GATES, CONTACT_GATES, Closed, first_closed, first_closed_for
from ori_campaigns.ids import counted_ids
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Line
from ori_campaigns.reports import Accepted, DialRequest, Ended, Refused
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.windows import CallingWindow

SECOND = 1_000_000
MINUTE = 60 * SECOND
WINDOW = CallingWindow("09:00", "18:00", "UTC")


def at(text: str) -> int:
    return int(datetime.fromisoformat(f"{text}+00:00").timestamp()) * SECOND


MONDAY_10 = at("2026-01-05 10:00")
MONDAY_18 = at("2026-01-05 18:00")
TUESDAY_09 = at("2026-01-06 09:00")


# --- the gates themselves ---------------------------------------------------------------------------------------------


@attrs.frozen
class View:
    campaign: Campaign
    now: int = MONDAY_10
    live: int = 0
    lines: Sequence[Line | None] = attrs.field(factory=lambda: [Line("trunk", 1, 1, 1)])
    cursor: int = 0
    next_serial: int = 0
    candidates: Sequence[Candidate] = ()


@attrs.frozen
class Candidate:
    status: ContactStatus = ContactStatus.PENDING
    attempts: int = 0
    due: int = 0
    excluded: bool = False
    number_busy: bool = False
    ordinal: int = 0
    last_connected: int = -1
    callback: Callback | None = None
    number: PhoneNumber = attrs.field(factory=lambda: PhoneNumber("919800000001"))
    variables: Mapping[str, str] = attrs.field(factory=dict)


def campaign(config: DiallerConfig | None = None, **fields: object) -> Campaign:
    values = {"status": CampaignStatus.RUNNING, **fields}
    config = config or DiallerConfig(concurrency_limit=2, window=WINDOW, retry=RetryPolicy(3))
    return Campaign("c", "default", "Renewals", "asha", (), config, 0, "ops", **values)  # type: ignore[arg-type]


def test_the_order_of_the_gates() -> None:
    assert [gate.__name__ for gate in CAMPAIGN_GATES] == [
        "running",
        "before_cutoff",
        "inside_window",
        "seat_free",
        "line_free",
    ]
    assert [gate.__name__ for gate in CONTACT_GATES] == [
        "waiting",
        "due",
        "attempts_left",
        "not_excluded",
        "number_free",
    ]


@pytest.mark.behaviour("L2", "L4", "L6", "S1", "S2", "P1", "P2")
@pytest.mark.parametrize(
    ("view", "closed"),
    [
        (View(campaign()), None),
        (View(campaign(status=CampaignStatus.DRAFT)), Closed("status")),
        (View(campaign(status=CampaignStatus.PAUSED)), Closed("status")),
        (View(campaign(status=CampaignStatus.COMPLETED)), Closed("status")),
        (View(campaign(status=CampaignStatus.FAILED)), Closed("status")),
        (View(campaign(closing=CompletionReason.WINDOW_CLOSED)), Closed("status")),
        (View(campaign(cutoff=MONDAY_10 + 1)), None),
        (View(campaign(cutoff=MONDAY_10)), Closed("cutoff")),
        (View(campaign(cutoff=MONDAY_10 - 1)), Closed("cutoff")),
        (View(campaign(), now=at("2026-01-05 09:00")), None),
        (View(campaign(), now=at("2026-01-05 09:00") - 1), Closed("window", at("2026-01-05 09:00"))),
        (View(campaign(), now=MONDAY_18 - 1), None),
        (View(campaign(), now=MONDAY_18), Closed("window", TUESDAY_09)),
        (View(campaign(), live=1), None),
        (View(campaign(), live=2), Closed("seats")),
        (View(campaign(), live=3), Closed("seats")),
        (View(campaign(), lines=[]), Closed("carrier")),
        (View(campaign(), lines=[None]), Closed("carrier")),
        (View(campaign(), lines=[Line("t", 0, 1, 1)]), Closed("carrier")),
        (View(campaign(), lines=[Line("t", 1, 0, 1)]), Closed("carrier")),
        (View(campaign(), lines=[Line("t", 1, 1, 0)]), Closed("carrier")),
        (View(campaign(), lines=[Line("t", 1, -1, 1)]), Closed("carrier")),
        (View(campaign(), lines=[None, Line("t", 0, 1, 1), Line("u", 1, 1, 1)]), None),
        # the first closed gate answers
        (View(campaign(status=CampaignStatus.PAUSED, cutoff=0), now=MONDAY_18, live=9, lines=[]), Closed("status")),
        (View(campaign(cutoff=0), now=MONDAY_18, live=9, lines=[]), Closed("cutoff")),
        (View(campaign(), now=MONDAY_18, live=9, lines=[]), Closed("window", TUESDAY_09)),
        (View(campaign(), live=9, lines=[]), Closed("seats")),
    ],
)
def test_a_campaigns_gates(view: View, closed: Closed | None) -> None:
    assert first_closed(view) == closed


NOBODY_LEFT = DiallerConfig(window=WINDOW, retry=RetryPolicy(3), callbacks_may_exceed_max_attempts=True)


@pytest.mark.behaviour("N1", "R12", "R13", "X3", "N4", "K6")
@pytest.mark.parametrize(
    ("candidate", "closed"),
    [
        (Candidate(), None),
        (Candidate(ContactStatus.RETRY_SCHEDULED), None),
        (Candidate(ContactStatus.CALLBACK_SCHEDULED), None),
        *(
            (Candidate(status), Closed("contact_status"))
            for status in ContactStatus
            if status.value not in {"pending", "retry_scheduled", "callback_scheduled"}
        ),
        (Candidate(due=MONDAY_10), None),
        (Candidate(due=MONDAY_10 + 1), Closed("not_due", MONDAY_10 + 1)),
        (Candidate(attempts=2), None),
        (Candidate(attempts=3), Closed("attempts_used_up")),
        (Candidate(attempts=4), Closed("attempts_used_up")),
        (Candidate(ContactStatus.CALLBACK_SCHEDULED, attempts=3), Closed("attempts_used_up")),
        (Candidate(excluded=True), Closed("excluded")),
        (Candidate(number_busy=True), Closed("number_busy", MONDAY_10 + 10 * SECOND)),
        # the first closed gate answers
        (Candidate(ContactStatus.CALLING, 9, MONDAY_10 + 1, True, True), Closed("contact_status")),
        (Candidate(ContactStatus.PENDING, 9, MONDAY_10 + 1, True, True), Closed("not_due", MONDAY_10 + 1)),
        (Candidate(ContactStatus.PENDING, 9, 0, True, True), Closed("attempts_used_up")),
        (Candidate(ContactStatus.PENDING, 1, 0, True, True), Closed("excluded")),
    ],
)
def test_a_contacts_gates(candidate: Candidate, closed: Closed | None) -> None:
    assert first_closed_for(candidate, View(campaign())) == closed


@pytest.mark.behaviour("K6")
@pytest.mark.parametrize(
    ("status", "closed"),
    [
        (ContactStatus.CALLBACK_SCHEDULED, None),
        (ContactStatus.PENDING, Closed("attempts_used_up")),
        (ContactStatus.RETRY_SCHEDULED, Closed("attempts_used_up")),
    ],
)
def test_only_callbacks_may_go_beyond_the_last_attempt_where_the_campaign_says_so(
    status: ContactStatus, closed: Closed | None
) -> None:
    assert first_closed_for(Candidate(status, attempts=7), View(campaign(NOBODY_LEFT))) == closed


# --- through the service ----------------------------------------------------------------------------------------------


class People(NamedTuple):
    numbers: Sequence[str]
    policy: str = "digits"

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


def people(count: int, first: int = 0) -> People:
    return People([f"919800{each:06d}" for each in range(first, first + count)])


class Desk:
    """A service with one wide trunk, in virtual time."""

    def __init__(self, start: int = MONDAY_10, *, cps: float = 100, burst: int = 1000, channels: int = 500) -> None:
        self.clock = VirtualClock(start)
        self.trunk = Carrier("trunk", ["911140001000"], cps=cps, burst=burst, channels=channels)
        directory = StaticDirectory(bots=["asha"], carriers=[self.trunk])
        self.service = CampaignService(MemoryStore(self.clock), directory, new_id=counted_ids("t"))

    def begin(self, leads: People, config: DiallerConfig | None = None, *, start: bool = True) -> str:
        config = config or DiallerConfig(mode=MULTI_DAY, window=WINDOW)
        draft = CampaignDraft("Renewals", "asha", ["911140001000"], config)
        campaign_id = self.service.create(draft, leads, by="ops").id
        if start:
            self.service.start(campaign_id, by="ops")
        return campaign_id

    def dials(self) -> tuple[DialRequest, ...]:
        return self.service.step().dials

    def hang_up(self, *dials: DialRequest, disposition: str = "no_answer") -> None:
        self.service.record(Ended(dial.attempt_id, self.clock.now(), disposition) for dial in dials)

    def accept(self, *dials: DialRequest) -> None:
        self.service.record(Accepted(dial.attempt_id, self.clock.now()) for dial in dials)

    def settle(self, step: Step, to: Callable[[Step], bool], tries: int = 100) -> Step:
        """Go from wake to wake until something is true."""
        while not to(step):
            assert step.wake_at is not None
            assert tries
            tries -= 1
            self.clock.set(step.wake_at)
            step = self.service.step()
        return step


@pytest.mark.behaviour("L2")
def test_a_draft_dials_nobody() -> None:
    desk = Desk()
    desk.begin(people(3), start=False)
    step = desk.service.step()
    assert (step.dials, step.wake_at) == ((), None)


@pytest.mark.behaviour("S1", "S3", "L3")
@pytest.mark.parametrize(
    ("now", "dials"),
    [
        (at("2026-01-05 09:00") - 1, 0),
        (at("2026-01-05 09:00"), 1),
        (MONDAY_18 - 1, 1),
        (MONDAY_18, 0),
        (at("2026-01-10 10:00"), 0),
        (at("2026-01-12 09:00"), 1),
    ],
)
def test_calls_start_only_inside_the_window(now: int, dials: int) -> None:
    desk = Desk(now)
    window = CallingWindow("09:00", "18:00", "UTC", range(5))
    desk.begin(people(1), DiallerConfig(mode=MULTI_DAY, window=window))
    assert len(desk.dials()) == dials


@pytest.mark.behaviour("S8", "S3", "L3")
def test_while_closed_a_service_wakes_at_the_opening() -> None:
    desk = Desk(MONDAY_18)
    campaign_id = desk.begin(people(1))
    step = desk.service.step()
    assert (step.dials, step.wake_at) == ((), TUESDAY_09)
    assert desk.service.get(campaign_id).status is CampaignStatus.RUNNING
    desk.clock.set(TUESDAY_09)
    assert len(desk.dials()) == 1


@pytest.mark.behaviour("S9", "S1")
@pytest.mark.parametrize(("before_close", "left"), [(60, 5 * SECOND), (5, 5 * SECOND - 1), (2, 2 * SECOND - 1)])
def test_no_request_may_leave_at_or_after_the_closing(before_close: int, left: int) -> None:
    desk = Desk(MONDAY_18 - before_close * SECOND)
    desk.begin(people(1))
    [dial] = desk.dials()
    assert dial.not_after == desk.clock.now() + left
    assert dial.not_after < MONDAY_18


@pytest.mark.behaviour("S9", "S2")
@pytest.mark.parametrize(
    ("cutoff", "not_after"),
    [(60 * SECOND, 5 * SECOND), (5 * SECOND, 5 * SECOND - 1), (SECOND, SECOND - 1), (None, 5 * SECOND)],
)
def test_no_request_may_leave_at_or_after_the_cutoff(cutoff: int | None, not_after: int) -> None:
    view = View(campaign(cutoff=None if cutoff is None else MONDAY_10 + cutoff))
    assert send_until(view, CallLimits(send_budget=5)) == MONDAY_10 + not_after


@pytest.mark.behaviour("S9", "S2")
def test_the_window_is_asked_at_the_moment_of_dialling() -> None:
    desk = Desk(MONDAY_18 - SECOND, cps=1, burst=1)
    desk.begin(people(2))
    assert len(desk.dials()) == 1
    desk.clock.set(MONDAY_18)
    assert desk.dials() == ()


@pytest.mark.behaviour("S2")
def test_at_the_cutoff_the_list_is_closed_and_the_live_call_goes_on() -> None:
    desk = Desk(MONDAY_18 - 30 * SECOND)
    config = DiallerConfig(1, SINGLE_DAY, window=WINDOW)
    campaign_id = desk.begin(people(3), config)
    dials = desk.dials()
    desk.accept(*dials)
    desk.clock.set(MONDAY_18)
    step = desk.service.step()
    assert (step.dials, step.hangups) == ((), ())
    campaign = desk.service.get(campaign_id)
    assert (campaign.status, campaign.closing) == (CampaignStatus.RUNNING, CompletionReason.WINDOW_CLOSED)
    contacts = desk.service.store.contacts(campaign_id)
    assert [contact.status.value for contact in contacts] == ["calling", "window_closed", "window_closed"]
    desk.clock.advance(minutes=3)
    desk.hang_up(*dials)
    desk.service.step()
    campaign = desk.service.get(campaign_id)
    assert (campaign.status, campaign.completion_reason) == (
        CampaignStatus.COMPLETED,
        CompletionReason.WINDOW_CLOSED,
    )


@pytest.mark.behaviour("P1")
def test_never_more_calls_than_the_limit_ringing_ones_included() -> None:
    desk = Desk()
    campaign_id = desk.begin(people(10), DiallerConfig(concurrency_limit=3, mode=MULTI_DAY, window=WINDOW))
    live = list(desk.dials())
    assert len(live) == 3
    assert desk.dials() == ()
    desk.accept(*live)
    assert desk.dials() == ()
    desk.hang_up(live.pop())
    live += desk.dials()
    assert len(live) == 3
    assert desk.service.counters(campaign_id).live == 3


@pytest.mark.behaviour("P1", "N2")
def test_a_refused_call_gives_its_seat_back() -> None:
    desk = Desk()
    campaign_id = desk.begin(people(2), DiallerConfig(concurrency_limit=1, mode=MULTI_DAY, window=WINDOW))
    [dial] = desk.dials()
    desk.service.record([Refused(dial.attempt_id, desk.clock.now(), retry_after=0)])
    assert desk.service.counters(campaign_id).live == 0
    assert len(desk.dials()) == 1


@pytest.mark.behaviour("L19", "P1")
def test_a_lowered_limit_cuts_no_call_and_lets_none_begin_before_there_is_room() -> None:
    desk = Desk()
    wide = DiallerConfig(concurrency_limit=3, mode=MULTI_DAY, window=WINDOW)
    campaign_id = desk.begin(people(10), wide)
    dials = desk.dials()
    desk.accept(*dials)
    desk.service.pause(campaign_id, by="ops")
    draft = CampaignDraft("Renewals", "asha", ["911140001000"], attrs.evolve(wide, concurrency_limit=2))
    desk.service.edit(campaign_id, draft, by="ops", version=1)
    desk.service.resume(campaign_id, by="ops")
    step = desk.service.step()
    assert (step.dials, step.hangups) == ((), ())
    desk.hang_up(dials[0])
    assert desk.dials() == ()
    desk.hang_up(dials[1])
    assert len(desk.dials()) == 1


@pytest.mark.behaviour("L4")
def test_a_paused_campaign_dials_nobody() -> None:
    desk = Desk()
    campaign_id = desk.begin(people(2), DiallerConfig(1, MULTI_DAY, window=WINDOW))
    dials = desk.dials()
    desk.accept(*dials)
    desk.service.pause(campaign_id, by="ops")
    desk.hang_up(*dials)
    assert desk.dials() == ()
    desk.service.resume(campaign_id, by="ops")
    assert len(desk.dials()) == 1


@pytest.mark.behaviour("L4", "X3")
@pytest.mark.parametrize("action", ["pause", "stop", "exclude"])
def test_a_promise_waits_for_the_reservations_that_may_still_leave(action: str) -> None:
    desk = Desk()
    campaign_id = desk.begin(people(1))
    [dial] = desk.dials()
    if action == "exclude":
        desk.service.exclude(campaign_id, [dial.to], by="ops")
    else:
        receipt = getattr(desk.service, action)(campaign_id, by="ops", wait=False)
        assert (receipt.settled, receipt.settles_by) == (False, dial.not_after)
        assert desk.clock.now() < dial.not_after
        receipt = desk.service.settle(receipt)
        assert (receipt.settled, receipt.settles_by, receipt.draining) == (True, None, 1)
    # Nobody may send the request from now on.
    assert desk.clock.now() > dial.not_after


@pytest.mark.behaviour("L4", "X3")
@pytest.mark.parametrize("action", ["pause", "stop", "exclude"])
def test_a_promise_is_kept_at_once_when_nothing_is_on_its_way(action: str) -> None:
    desk = Desk()
    campaign_id = desk.begin(people(1))
    dials = desk.dials()
    desk.accept(*dials)
    before = desk.clock.now()
    if action == "exclude":
        desk.service.exclude(campaign_id, [dials[0].to], by="ops")
    else:
        receipt = getattr(desk.service, action)(campaign_id, by="ops", wait=False)
        assert (receipt.settled, receipt.settles_by, receipt.draining) == (True, None, 1)
    assert desk.clock.now() == before


@pytest.mark.behaviour("N4")
def test_two_campaigns_never_call_one_number_at_the_same_time() -> None:
    desk = Desk()
    first = desk.begin(people(1))
    second = desk.begin(people(1))
    [dial] = desk.dials()
    desk.accept(dial)
    step = desk.service.step()
    assert step.dials == ()
    waiting = second if dial.campaign_id == first else first
    assert desk.service.store.contacts(waiting)[0].status.value == "pending"
    desk.clock.advance(seconds=50)
    assert desk.dials() == ()
    desk.hang_up(dial)
    step = desk.settle(desk.service.step(), lambda step: bool(step.dials))
    assert [each.campaign_id for each in step.dials] == [waiting]
    assert desk.clock.now() <= MONDAY_10 + 60 * SECOND


@pytest.mark.behaviour("N4")
def test_a_busy_number_holds_up_nobody_else() -> None:
    desk = Desk()
    one = DiallerConfig(concurrency_limit=1, mode=MULTI_DAY, window=WINDOW)
    first = desk.begin(people(1), one)
    [live] = desk.dials()
    desk.accept(live)
    second = desk.begin(people(3), one)
    assert live.campaign_id == first
    order = []
    for _ in range(2):
        [dial] = desk.dials()
        assert dial.campaign_id == second
        order.append(dial.to.reveal())
        desk.hang_up(dial)
    assert order == ["919800000001", "919800000002"]
    desk.hang_up(live)
    step = desk.settle(desk.service.step(), lambda step: bool(step.dials))
    assert [dial.to.reveal() for dial in step.dials] == ["919800000000"]


@pytest.mark.behaviour("N4")
def test_each_contact_of_a_campaign_has_one_live_call() -> None:
    desk = Desk()
    desk.begin(people(4), DiallerConfig(50, MULTI_DAY, window=WINDOW, retry=RetryPolicy(3, 1, ["no_answer"])))
    dials = desk.dials()
    assert len({dial.to for dial in dials}) == len(dials) == 4
    for _ in range(10):
        desk.clock.advance(seconds=5)
        assert desk.dials() == ()


class Workspaces:
    """Every workspace has a bot, and a carrier of its own that has the same name everywhere."""

    def bots(self, workspace: str) -> Sequence[Bot]:
        return [Bot("asha")]

    def carriers(self, workspace: str) -> Sequence[Carrier]:
        return [Carrier("trunk", ["911140001000"], cps=10, burst=10)]


def two_workspaces() -> tuple[VirtualClock, CampaignService]:
    clock = VirtualClock(MONDAY_10)
    service = CampaignService(MemoryStore(clock), Workspaces(), new_id=counted_ids("t"))
    for workspace in ("north", "south"):
        config = DiallerConfig(concurrency_limit=2, mode=MULTI_DAY, window=WINDOW)
        draft = CampaignDraft(workspace, "asha", ["911140001000"], config, workspace)
        first = 0 if workspace == "north" else 2
        service.start(service.create(draft, people(4, first), by="ops").id, by="ops")
    return clock, service


@pytest.mark.behaviour("N4", "L20")
def test_workspaces_share_the_rule_of_one_call_for_a_number() -> None:
    clock, service = two_workspaces()
    north, south = service.list(workspace="north").rows[0], service.list(workspace="south").rows[0]
    dials = service.step().dials
    assert {(dial.campaign_id, dial.to.reveal()[-1]) for dial in dials} == {
        (north.campaign_id, "0"),
        (north.campaign_id, "1"),
        (south.campaign_id, "2"),
        (south.campaign_id, "3"),
    }
    by_north = [dial for dial in dials if dial.campaign_id == north.campaign_id]
    service.record(Ended(dial.attempt_id, clock.now(), "no_answer") for dial in by_north)
    # The next two of north are the two that south is speaking to.
    assert service.step().dials == ()


@pytest.mark.behaviour("L20", "N2")
def test_a_carrier_that_refuses_one_workspace_is_open_to_the_other() -> None:
    clock, service = two_workspaces()
    first, second, third, fourth = service.step().dials
    now = clock.now()
    service.record([Refused(first.attempt_id, now, retry_after=60), Accepted(third.attempt_id, now)])
    service.record([Ended(each.attempt_id, now, "no_answer") for each in (second, third, fourth)])
    assert {dial.campaign_id for dial in service.step().dials} == {third.campaign_id}


@pytest.mark.behaviour("X3", "X5")
def test_an_excluded_contact_is_not_dialled() -> None:
    desk = Desk()
    campaign_id = desk.begin(people(2))
    desk.service.exclude(campaign_id, ["919800000000"], by="ops")
    assert [dial.to.reveal() for dial in desk.dials()] == ["919800000001"]


@pytest.mark.behaviour("L19", "R13")
def test_a_waiting_contact_whose_attempts_were_lowered_becomes_final_at_resume() -> None:
    desk = Desk()
    config = DiallerConfig(mode=MULTI_DAY, window=WINDOW, retry=RetryPolicy(3, 30, ["no_answer"]))
    campaign_id = desk.begin(people(1), config)
    desk.hang_up(*desk.dials())
    desk.service.pause(campaign_id, by="ops")
    draft = CampaignDraft("Renewals", "asha", ["911140001000"], attrs.evolve(config, retry=RetryPolicy(1)))
    desk.service.edit(campaign_id, draft, by="ops", version=1)
    receipt = desk.service.resume(campaign_id, by="ops")
    [contact] = desk.service.store.contacts(campaign_id)
    assert (contact.status.value, contact.rule) == ("exhausted", "attempts_used_up")
    assert receipt.campaign.status is CampaignStatus.COMPLETED


@pytest.mark.behaviour("S4")
def test_an_always_on_campaign_goes_on_with_nobody_left() -> None:
    desk = Desk()
    config = DiallerConfig(mode=MULTI_DAY, always_on=True, window=WINDOW)
    campaign_id = desk.begin(people(1), config)
    desk.hang_up(*desk.dials())
    for _ in range(5):
        desk.service.step()
        desk.clock.advance(days=1)
    assert desk.service.get(campaign_id).status is CampaignStatus.RUNNING
    desk.service.stop(campaign_id, by="ops")
    assert desk.service.get(campaign_id).status is CampaignStatus.COMPLETED


def test_the_clock_of_these_tests_is_a_monday() -> None:
    assert datetime.fromtimestamp(MONDAY_10 / SECOND, UTC).strftime("%A %H:%M") == "Monday 10:00"
