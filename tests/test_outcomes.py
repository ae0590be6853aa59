"""What comes back from calls, through the service: decisions end to end, odd orders, lost calls, late analyses."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import pytest

from ori_campaigns.campaign import Campaign, CampaignDraft, CampaignStatus, CompletionReason
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import MULTI_DAY, SINGLE_DAY, CallLimits, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.contact import Attempt, CallbackRequest, Contact
from ori_campaigns.dialling import Step
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.events import (
    AnalysisArrived,
    AttemptReturned,
    AttemptUnknown,
    CallbackDeclined,
    Fact,
    ReportIgnored,
)
from ori_campaigns.ids import counted_ids
from ori_campaigns.outcomes import Recorded
from ori_campaigns.reports import (
    Accepted,
    Answered,
    BotReport,
    CallAnalysis,
    DialRequest,
    EarlyMedia,
    Ended,
    FoundLive,
    Lost,
    NeverPlaced,
    NotFound,
    Refused,
    Report,
    Ringing,
    Unknown,
    Unsent,
)
from ori_campaigns.retry import conversation_began
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.windows import CallingWindow

SECOND = 1_000_000
MINUTE = 60 * SECOND
MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)
WINDOW = CallingWindow("09:00", "18:00", "UTC")


class People(NamedTuple):
    numbers: Sequence[str]
    policy: str = "digits"

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


class Desk:
    """One running campaign with a wide trunk, in virtual time, driven by hand."""

    def __init__(
        self,
        config: DiallerConfig,
        *,
        people: int = 1,
        bot_calls_back: bool = False,
        limits: CallLimits | None = None,
        connected: Callable[[bool, bool | None, str], bool] = conversation_began,
        start: datetime = MONDAY,
    ) -> None:
        self.clock = VirtualClock(start)
        directory = StaticDirectory(
            bots=[Bot("asha", callbacks=bot_calls_back)],
            carriers=[Carrier("trunk", ["911140001000"], cps=100, burst=100, channels=100)],
        )
        self.service = CampaignService(
            MemoryStore(self.clock), directory, limits=limits, connected=connected, new_id=counted_ids("t")
        )
        self.draft = CampaignDraft("Renewals", "asha", ["911140001000"], config)
        numbers = [f"9198000000{each:02d}" for each in range(people)]
        self.id = self.service.create(self.draft, People(numbers), by="ops").id
        self.service.start(self.id, by="ops")

    @property
    def now(self) -> int:
        return self.clock.now()

    @property
    def campaign(self) -> Campaign:
        return self.service.get(self.id)

    @property
    def contact(self) -> Contact:
        return self.service.store.contacts(self.id)[0]

    @property
    def attempts(self) -> Sequence[Attempt]:
        return self.service.store.attempts(self.id)

    def facts(self) -> list[Fact]:
        return [event.fact for event in self.service.store.events(campaign_id=self.id)]

    def ignored(self) -> list[tuple[str, str]]:
        return [(fact.report, fact.why) for fact in self.facts() if isinstance(fact, ReportIgnored)]

    def step(self) -> Step:
        return self.service.step()

    def dial(self) -> DialRequest:
        [dial] = self.step().dials
        return dial

    def tell(self, *reports: Report) -> Recorded:
        return self.service.record(reports)

    def call(self, disposition: str, *, talk: float | None = None, ring: float = 10, detail: str = "") -> DialRequest:
        """Dial the contact and let the whole call pass; `talk` in seconds, unless nobody answered."""
        dial = self.dial()
        self.tell(Accepted(dial.attempt_id, self.now), Ringing(dial.attempt_id, self.now))
        self.clock.advance(seconds=ring)
        if talk is not None:
            self.tell(Answered(dial.attempt_id, self.now))
            self.clock.advance(seconds=talk)
        self.tell(Ended(dial.attempt_id, self.now, disposition, detail))
        return dial

    def edit(self, config: DiallerConfig) -> None:
        """Pause, save another config, resume."""
        self.service.pause(self.id, by="ops", wait=False)
        draft = CampaignDraft("Renewals", "asha", ["911140001000"], config)
        self.service.edit(self.id, draft, by="ops", version=self.campaign.version)
        self.service.resume(self.id, by="ops")

    def state(self) -> tuple[str, str, int]:
        contact = self.contact
        return contact.status.value, contact.rule, contact.attempts


def config(
    *,
    ticked: str = "",
    listed: Sequence[str] = (),
    attempts: int = 3,
    delay: int = 30,
    stop: int | None = None,
    under: int | None = None,
    single_day: bool = False,
    detection: bool = False,
    may_exceed: bool = False,
    wait: int = 120,
    sticky: bool = False,
) -> DiallerConfig:
    return DiallerConfig(
        mode=SINGLE_DAY if single_day else MULTI_DAY,
        window=WINDOW,
        retry=RetryPolicy(attempts, delay, ticked.split(), listed),
        redial=RedialRules(stop, under),
        callback_detection=detection,
        callbacks_may_exceed_max_attempts=may_exceed,
        analysis_wait_seconds=wait,
        sticky_exclusion=sticky,
    )


# --- R: decisions end to end ------------------------------------------------------------------------------------------


@pytest.mark.behaviour("R8", "R12")
def test_a_ticked_outcome_is_dialled_again_after_the_delay_and_not_before() -> None:
    desk = Desk(config(ticked="no_answer"))
    desk.call("no_answer")
    ended_at = desk.now
    assert desk.state() == ("retry_scheduled", "system_disposition", 1)
    assert desk.contact.due == ended_at + 30 * MINUTE
    step = desk.step()
    assert (step.dials, step.wake_at) == ((), ended_at + 30 * MINUTE)
    desk.clock.set(ended_at + 30 * MINUTE - 1)
    assert desk.step().dials == ()
    desk.clock.set(ended_at + 30 * MINUTE)
    again = desk.dial()
    assert (again.number_in_budget, again.kind.value) == (2, "retry")


@pytest.mark.behaviour("R12")
def test_the_delay_counts_from_the_end_of_the_call_even_when_it_is_told_late() -> None:
    desk = Desk(config(ticked="no_answer"))
    dial = desk.dial()
    ended_at = desk.now + 20 * SECOND
    desk.clock.advance(minutes=1)
    desk.tell(Ended(dial.attempt_id, ended_at, "no_answer"))
    assert desk.contact.due == ended_at + 30 * MINUTE


@pytest.mark.behaviour("R12", "S9")
def test_a_retry_due_in_the_night_keeps_its_time_and_is_dialled_at_the_opening() -> None:
    desk = Desk(config(ticked="no_answer"), start=datetime(2026, 1, 5, 17, 59, tzinfo=UTC))
    desk.call("no_answer", ring=30)
    ended_at = desk.now
    assert desk.contact.due == ended_at + 30 * MINUTE
    desk.clock.set(desk.contact.due)
    opening = datetime(2026, 1, 6, 9, tzinfo=UTC)
    step = desk.step()
    assert step.dials == ()
    assert step.wake_at == int(opening.timestamp()) * SECOND
    desk.clock.set(opening)
    assert desk.dial().kind.value == "retry"


@pytest.mark.behaviour("R6", "R8", "R13")
def test_three_attempts_are_three_calls() -> None:
    desk = Desk(config(ticked="no_answer", attempts=3))
    for expected in [("retry_scheduled", 1), ("retry_scheduled", 2), ("exhausted", 3)]:
        desk.call("no_answer")
        assert (desk.contact.status.value, desk.contact.attempts) == expected
        desk.clock.advance(minutes=31)
    assert desk.step().dials == ()
    assert desk.contact.rule == "attempts_used_up"
    assert desk.campaign.status is CampaignStatus.COMPLETED
    assert desk.campaign.completion_reason is CompletionReason.ALL_CONTACTS_FINAL


@pytest.mark.behaviour("R13")
def test_all_rules_share_one_budget() -> None:
    desk = Desk(config(ticked="no_answer rejected", listed=["again"], under=15, attempts=4))
    desk.call("no_answer")
    desk.clock.advance(minutes=31)
    desk.call("rejected")
    desk.clock.advance(minutes=31)
    talked = desk.call("customer", talk=5)
    desk.tell(CallAnalysis(talked.attempt_id, desk.now, "again"))
    assert desk.state() == ("retry_scheduled", "short_connect", 3)
    desk.clock.advance(minutes=31)
    desk.call("no_answer")
    assert desk.state() == ("exhausted", "attempts_used_up", 4)


@pytest.mark.behaviour("R13", "R5")
def test_a_restart_opens_a_new_budget_without_the_old_connects() -> None:
    desk = Desk(config(ticked="no_answer", stop=30, attempts=2))
    desk.call("customer", talk=31)
    assert desk.state() == ("completed", "meaningful_connect", 1)
    desk.step()
    desk.service.restart(desk.id, by="ops")
    assert desk.state() == ("pending", "", 0)
    desk.service.start(desk.id, by="ops")
    again = desk.call("no_answer")
    assert (again.number_in_budget, again.run) == (1, 2)
    assert desk.state() == ("retry_scheduled", "system_disposition", 1)


@pytest.mark.behaviour("R5", "R7", "R11")
@pytest.mark.parametrize(
    ("talk", "status", "rule"),
    [
        (14.999_999, "retry_scheduled", "short_connect"),
        (15, "completed", "nothing_more_to_do"),
        (15.000_001, "completed", "nothing_more_to_do"),
        (29.999_999, "completed", "nothing_more_to_do"),
        (30, "completed", "nothing_more_to_do"),
        (30.000_001, "completed", "meaningful_connect"),
    ],
)
def test_connected_time_is_measured_to_the_microsecond(talk: float, status: str, rule: str) -> None:
    desk = Desk(config(stop=30, under=15))
    desk.call("customer", talk=talk)
    assert (desk.contact.status.value, desk.contact.rule) == (status, rule)
    [attempt] = desk.attempts
    assert attempt.talk == round(talk * SECOND)
    assert desk.contact.last_connected == attempt.talk


@pytest.mark.behaviour("R7")
def test_a_short_connect_is_still_redialled_after_a_call_nobody_answered() -> None:
    desk = Desk(config(under=15, attempts=4))
    desk.call("customer", talk=4)
    desk.clock.advance(minutes=31)
    desk.call("no_answer")
    assert desk.state() == ("retry_scheduled", "short_connect", 2)
    desk.clock.advance(minutes=31)
    desk.call("customer", talk=16)
    assert desk.state() == ("completed", "nothing_more_to_do", 3)


@pytest.mark.behaviour("R5")
def test_a_long_connect_stops_redials_even_when_a_later_call_is_not_answered() -> None:
    # The long call itself is redialled because of what was said of it: the stop rule came on only afterwards.
    desk = Desk(config(listed=["again"], ticked="no_answer"))
    talked = desk.call("customer", talk=60)
    desk.tell(CallAnalysis(talked.attempt_id, desk.now, "again"))
    desk.edit(config(listed=["again"], ticked="no_answer", stop=30))
    desk.clock.advance(minutes=31)
    desk.call("no_answer")
    assert desk.state() == ("completed", "meaningful_connect", 2)


@pytest.mark.behaviour("R15", "L19")
def test_a_rule_switched_on_while_paused_leaves_a_scheduled_retry_alone() -> None:
    desk = Desk(config(under=45))
    desk.call("customer", talk=40)
    due = desk.contact.due
    assert desk.state() == ("retry_scheduled", "short_connect", 1)
    desk.edit(config(under=None, stop=30))
    assert desk.state() == ("retry_scheduled", "short_connect", 1)
    desk.clock.set(due)
    assert desk.dial().kind.value == "retry"


@pytest.mark.behaviour("L19")
def test_rules_saved_during_a_call_hold_for_its_end() -> None:
    desk = Desk(config())
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now))
    desk.edit(config(ticked="no_answer", delay=5))
    desk.clock.advance(seconds=20)
    desk.tell(Ended(dial.attempt_id, desk.now, "no_answer"))
    assert desk.contact.status.value == "retry_scheduled"
    assert desk.contact.due == desk.now + 5 * MINUTE


@pytest.mark.behaviour("R1")
@pytest.mark.parametrize(("disposition", "talk"), [("no_answer", None), ("customer", 40.0)])
def test_somebody_excluded_during_the_call_is_excluded_when_it_ends(disposition: str, talk: float | None) -> None:
    desk = Desk(config(ticked="no_answer", under=60))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now))
    desk.service.exclude(desk.id, [dial.to], by="ops")
    assert desk.contact.status.value == "calling"
    if talk is not None:
        desk.tell(Answered(dial.attempt_id, desk.now))
        desk.clock.advance(seconds=talk)
    desk.tell(Ended(dial.attempt_id, desk.now, disposition))
    assert desk.state() == ("excluded", "excluded", 1)
    assert desk.attempts[0].disposition == disposition


@pytest.mark.behaviour("R2", "L6")
@pytest.mark.parametrize(
    ("disposition", "talk", "status"),
    [("no_answer", None, "exhausted"), ("customer", 5.0, "completed"), ("timeout", 600.0, "completed")],
)
def test_a_call_that_drains_after_stop_keeps_its_outcome_and_is_not_dialled_again(
    disposition: str, talk: float | None, status: str
) -> None:
    desk = Desk(config(ticked="no_answer timeout", under=15))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now))
    receipt = desk.service.stop(desk.id, by="ops")
    assert (receipt.draining, receipt.settled) == (1, True)
    if talk is not None:
        desk.tell(Answered(dial.attempt_id, desk.now))
        desk.clock.advance(seconds=talk)
    desk.tell(Ended(dial.attempt_id, desk.now, disposition))
    assert desk.state() == (status, "campaign_over", 1)
    assert desk.attempts[0].disposition == disposition
    assert desk.campaign.completion_reason is CompletionReason.MANUAL_STOP


@pytest.mark.behaviour("R2", "L13")
def test_a_call_that_drains_after_fail_is_final() -> None:
    desk = Desk(config(ticked="no_answer"))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now))
    desk.service.fail(desk.id, "credentials_refused", by="host")
    desk.tell(Ended(dial.attempt_id, desk.now, "no_answer"))
    assert desk.state() == ("exhausted", "campaign_over", 1)
    assert desk.campaign.status is CampaignStatus.FAILED


@pytest.mark.behaviour("R2", "S2")
@pytest.mark.parametrize(
    ("microseconds", "status", "rule"),
    [
        (-1, "retry_scheduled", "system_disposition"),
        (0, "exhausted", "campaign_over"),
        (1, "exhausted", "campaign_over"),
    ],
)
def test_the_single_day_cutoff_to_the_microsecond(microseconds: int, status: str, rule: str) -> None:
    desk = Desk(config(ticked="no_answer", single_day=True), start=datetime(2026, 1, 5, 17, 59, 30, tzinfo=UTC))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now), Ringing(dial.attempt_id, desk.now))
    cutoff = int(datetime(2026, 1, 5, 18, tzinfo=UTC).timestamp()) * SECOND
    desk.clock.set(cutoff + microseconds)
    desk.tell(Ended(dial.attempt_id, desk.now, "no_answer"))
    assert desk.state() == (status, rule, 1)
    desk.clock.set(cutoff + 1)
    desk.step()
    assert desk.contact.status.value == ("window_closed" if microseconds < 0 else "exhausted")
    assert desk.campaign.completion_reason is CompletionReason.WINDOW_CLOSED


@pytest.mark.behaviour("R3")
@pytest.mark.parametrize(
    ("disposition", "detail", "talk", "status"),
    [
        ("error", "bad_number", None, "exhausted"),
        ("abandoned", "", 1.0, "abandoned"),
        ("machine", "", 3.0, "machine"),
    ],
)
def test_nobody_is_dialled_again_after_a_final_outcome(
    disposition: str, detail: str, talk: float | None, status: str
) -> None:
    desk = Desk(config(ticked="no_answer rejected RNR error timeout", under=15))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now))
    if talk is not None:
        desk.tell(Answered(dial.attempt_id, desk.now), BotReport(dial.attempt_id, desk.now, None, disposition))
        desk.clock.advance(seconds=talk)
        disposition = "customer"
    desk.tell(Ended(dial.attempt_id, desk.now, disposition, detail))
    assert desk.state() == (status, "final_outcome", 1)


@pytest.mark.behaviour("R9", "R14")
@pytest.mark.parametrize(
    ("said", "status", "rule"),
    [
        ("  CALL later ", "retry_scheduled", "business_disposition"),
        ("interested", "completed", "nothing_more_to_do"),
        ("", "completed", "nothing_more_to_do"),
    ],
)
def test_what_the_analysis_says_decides(said: str, status: str, rule: str) -> None:
    desk = Desk(config(listed=["Call Later"]))
    dial = desk.call("customer", talk=40)
    assert desk.contact.status.value == "awaiting_analysis"
    desk.clock.advance(seconds=3)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, said))
    assert desk.state() == (status, rule, 1)
    assert desk.attempts[0].business_disposition == said


@pytest.mark.behaviour("R10", "N6")
@pytest.mark.parametrize(
    ("disposition", "answered", "bot", "status"),
    [
        ("no_answer", False, "", "exhausted"),
        ("rejected", False, "", "exhausted"),
        ("error", False, "", "exhausted"),
        ("customer", True, "", "completed"),
        ("bot", True, "", "completed"),
        ("timeout", True, "", "completed"),
        ("error", True, "", "completed"),
        ("customer", True, "transfer", "completed"),
        ("customer", True, "RNR", "exhausted"),
        ("customer", True, "voicemail", "exhausted"),
        ("customer", True, "outside_hours", "exhausted"),
    ],
)
def test_without_any_rule_a_call_is_final(disposition: str, answered: bool, bot: str, status: str) -> None:
    desk = Desk(config())
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now))
    if answered:
        desk.tell(Answered(dial.attempt_id, desk.now), BotReport(dial.attempt_id, desk.now, None, bot))
        desk.clock.advance(seconds=20)
    desk.tell(Ended(dial.attempt_id, desk.now, disposition))
    assert desk.state() == (status, "nothing_more_to_do", 1)
    assert desk.attempts[0].disposition == (bot or disposition)
    assert desk.attempts[0].connected is (status == "completed")
    assert desk.contact.connected is (status == "completed")


@pytest.mark.behaviour("N6", "R7")
def test_the_host_may_say_what_connected_means() -> None:
    def only_transfers(answered: bool, began: bool | None, disposition: str) -> bool:
        return disposition == "transfer"

    desk = Desk(config(under=60), connected=only_transfers)
    desk.call("customer", talk=40)
    assert desk.state() == ("exhausted", "nothing_more_to_do", 1)
    assert desk.service.counters(desk.id).connected == 0


# --- R14: analyses ----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("R14")
def test_while_the_analysis_is_awaited_the_seat_is_free() -> None:
    desk = Desk(config(listed=["again"]), people=2)
    first, second = desk.step().dials
    desk.tell(Accepted(first.attempt_id, desk.now), Answered(first.attempt_id, desk.now))
    desk.tell(Accepted(second.attempt_id, desk.now))
    desk.clock.advance(seconds=20)
    assert desk.service.counters(desk.id).live == 2
    desk.tell(Ended(first.attempt_id, desk.now, "customer"))
    assert desk.contact.status.value == "awaiting_analysis"
    assert desk.service.counters(desk.id).live == 1


@pytest.mark.behaviour("R14", "L12")
def test_a_campaign_is_not_complete_while_an_analysis_is_awaited() -> None:
    desk = Desk(config(listed=["again"]))
    desk.call("customer", talk=20)
    ended_at = desk.now
    while desk.contact.status.value == "awaiting_analysis":
        assert desk.campaign.status is CampaignStatus.RUNNING
        wake_at = desk.step().wake_at
        assert wake_at is not None
        desk.clock.set(wake_at)
        desk.step()
    assert desk.now == ended_at + 120 * SECOND + 1
    assert desk.state() == ("completed", "nothing_more_to_do", 1)
    assert desk.campaign.status is CampaignStatus.COMPLETED


@pytest.mark.behaviour("R14")
@pytest.mark.parametrize("stepping", [True, False])
@pytest.mark.parametrize(
    ("after", "status"),
    [
        (119 * SECOND, "retry_scheduled"),
        (120 * SECOND - 1, "retry_scheduled"),
        (120 * SECOND, "retry_scheduled"),
        (120 * SECOND + 1, "completed"),
        (121 * SECOND, "completed"),
    ],
)
def test_an_analysis_is_in_time_up_to_and_including_the_limit(stepping: bool, after: int, status: str) -> None:
    desk = Desk(config(listed=["again"], wait=120), people=1)
    dial = desk.call("customer", talk=20)
    ended_at = desk.now
    desk.clock.set(ended_at + after)
    if stepping:
        desk.step()
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "again"))
    assert desk.contact.status.value == status
    assert desk.attempts[0].business_disposition == "again"


@pytest.mark.behaviour("R14")
def test_with_no_limit_the_decision_is_taken_at_once() -> None:
    desk = Desk(config(listed=["again"], wait=0))
    dial = desk.call("customer", talk=20)
    assert desk.state() == ("completed", "nothing_more_to_do", 1)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "again"))
    assert desk.state() == ("completed", "nothing_more_to_do", 1)


@pytest.mark.behaviour("R14")
def test_an_analysis_that_came_before_the_end_decides_at_the_end() -> None:
    desk = Desk(config(listed=["again"]))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now), Answered(dial.attempt_id, desk.now))
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "again"))
    assert desk.contact.status.value == "calling"
    desk.tell(Ended(dial.attempt_id, desk.now, "customer"))
    assert desk.state() == ("retry_scheduled", "business_disposition", 1)


@pytest.mark.behaviour("R14")
@pytest.mark.parametrize(
    ("listed", "detection", "bot", "waits"),
    [
        ((), False, False, False),
        ((), True, False, False),
        ((), False, True, False),
        ((), True, True, True),
        (("again",), False, False, True),
    ],
)
def test_only_campaigns_with_a_use_for_it_wait(listed: Sequence[str], detection: bool, bot: bool, waits: bool) -> None:
    desk = Desk(config(listed=listed, detection=detection), bot_calls_back=bot)
    desk.call("customer", talk=20)
    assert desk.contact.status.value == ("awaiting_analysis" if waits else "completed")


@pytest.mark.behaviour("R14")
@pytest.mark.parametrize(
    ("disposition", "bot"), [("no_answer", ""), ("customer", "RNR"), ("customer", "voicemail"), ("customer", "machine")]
)
def test_calls_that_did_not_connect_do_not_wait(disposition: str, bot: str) -> None:
    desk = Desk(config(listed=["again"]))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now))
    if bot:
        desk.tell(Answered(dial.attempt_id, desk.now), BotReport(dial.attempt_id, desk.now, None, bot))
    desk.tell(Ended(dial.attempt_id, desk.now, disposition))
    assert desk.contact.status.value == ("machine" if bot == "machine" else "exhausted")


@pytest.mark.behaviour("R14", "R1", "R2")
def test_the_first_rules_do_not_wait() -> None:
    excluded = Desk(config(listed=["again"]))
    dial = excluded.dial()
    excluded.tell(Accepted(dial.attempt_id, excluded.now), Answered(dial.attempt_id, excluded.now))
    excluded.service.exclude(excluded.id, [dial.to], by="ops")
    excluded.tell(Ended(dial.attempt_id, excluded.now, "customer"))
    assert excluded.contact.status.value == "excluded"

    stopped = Desk(config(listed=["again"]))
    dial = stopped.dial()
    stopped.tell(Accepted(dial.attempt_id, stopped.now), Answered(dial.attempt_id, stopped.now))
    stopped.service.stop(stopped.id, by="ops")
    stopped.tell(Ended(dial.attempt_id, stopped.now, "customer"))
    assert stopped.state() == ("completed", "campaign_over", 1)


@pytest.mark.behaviour("R14", "R2")
def test_stop_decides_what_was_still_awaited() -> None:
    desk = Desk(config(listed=["again"]))
    dial = desk.call("customer", talk=20)
    desk.service.stop(desk.id, by="ops")
    assert desk.state() == ("completed", "campaign_over", 1)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "again"))
    assert desk.state() == ("completed", "campaign_over", 1)
    assert desk.attempts[0].business_disposition == "again"


@pytest.mark.behaviour("R14", "S2")
def test_the_cutoff_decides_what_was_still_awaited() -> None:
    desk = Desk(config(listed=["again"], single_day=True), start=datetime(2026, 1, 5, 17, 59, tzinfo=UTC))
    desk.call("customer", talk=20)
    assert desk.contact.status.value == "awaiting_analysis"
    desk.clock.set(datetime(2026, 1, 5, 18, tzinfo=UTC))
    desk.step()
    assert desk.state() == ("completed", "campaign_over", 1)
    assert desk.campaign.completion_reason is CompletionReason.WINDOW_CLOSED


@pytest.mark.behaviour("R14")
def test_a_late_analysis_is_stored_and_changes_nothing_else() -> None:
    desk = Desk(config(listed=["again"]))
    dial = desk.call("customer", talk=20)
    desk.clock.advance(seconds=121)
    desk.step()
    before = desk.contact
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "again", CallbackRequest(desk.now + MINUTE)))
    assert desk.contact == before
    assert desk.attempts[0].business_disposition == "again"
    assert [fact.late for fact in desk.facts() if isinstance(fact, AnalysisArrived)] == [True]


@pytest.mark.behaviour("R14", "N2")
def test_a_second_analysis_of_the_same_call_is_a_repeat() -> None:
    desk = Desk(config(listed=["again"]))
    dial = desk.call("customer", talk=20)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "done"), CallAnalysis(dial.attempt_id, desk.now, "again"))
    assert desk.state() == ("completed", "nothing_more_to_do", 1)
    assert desk.attempts[0].business_disposition == "done"
    assert desk.ignored() == [("CallAnalysis", "repeat")]


# --- R4: callbacks whose time is known --------------------------------------------------------------------------------


def asked(desk: Desk, *, minutes: float = 60) -> CallbackRequest:
    return CallbackRequest(desk.now + round(minutes * MINUTE), "in an hour", "", 0.9)


@pytest.mark.behaviour("R4")
def test_a_granted_callback_is_booked_and_dialled_as_one() -> None:
    desk = Desk(config(detection=True), bot_calls_back=True)
    dial = desk.call("customer", talk=20)
    wish = asked(desk)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "", wish))
    assert desk.state() == ("callback_scheduled", "callback", 1)
    assert desk.contact.due == wish.at
    assert desk.contact.callback is not None
    assert (desk.contact.callback.sequence, desk.contact.callback.text) == (1, "in an hour")
    desk.clock.set(wish.at - 1)
    assert desk.step().dials == ()
    desk.clock.set(wish.at)
    again = desk.dial()
    assert again.kind.value == "callback"
    assert again.callback is not None
    assert again.callback.text == "in an hour"


@pytest.mark.behaviour("R4", "K1")
@pytest.mark.parametrize(("detection", "bot"), [(True, False), (False, True), (False, False)])
def test_one_open_gate_alone_books_nothing(detection: bool, bot: bool) -> None:
    desk = Desk(config(detection=detection, listed=["again"]), bot_calls_back=bot)
    dial = desk.call("customer", talk=20)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "again", asked(desk)))
    assert desk.state() == ("retry_scheduled", "business_disposition", 1)
    assert desk.contact.callback is None


@pytest.mark.behaviour("R4", "K6")
def test_a_callback_beyond_the_last_attempt_is_declined_with_its_reason() -> None:
    desk = Desk(config(detection=True, attempts=1), bot_calls_back=True)
    dial = desk.call("customer", talk=20)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "", asked(desk)))
    assert desk.state() == ("completed", "attempts_used_up", 1)
    assert [fact.reason for fact in desk.facts() if isinstance(fact, CallbackDeclined)] == ["attempts_used_up"]


@pytest.mark.behaviour("R4", "K6")
def test_a_campaign_may_let_callbacks_go_beyond_the_last_attempt() -> None:
    desk = Desk(config(detection=True, attempts=1, may_exceed=True), bot_calls_back=True)
    dial = desk.call("customer", talk=20)
    wish = asked(desk)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "", wish))
    assert desk.state() == ("callback_scheduled", "callback", 1)
    desk.clock.set(wish.at)
    assert desk.dial().number_in_budget == 2


@pytest.mark.behaviour("R4", "K6")
@pytest.mark.parametrize(
    ("before_cutoff", "status", "declined"), [(1, "callback_scheduled", []), (0, "retry_scheduled", ["after_cutoff"])]
)
def test_a_callback_must_be_before_the_single_day_cutoff(before_cutoff: int, status: str, declined: list[str]) -> None:
    desk = Desk(config(detection=True, under=60, single_day=True), bot_calls_back=True)
    dial = desk.call("customer", talk=20)
    cutoff = int(datetime(2026, 1, 5, 18, tzinfo=UTC).timestamp()) * SECOND
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "", CallbackRequest(cutoff - before_cutoff)))
    assert desk.contact.status.value == status
    assert [fact.reason for fact in desk.facts() if isinstance(fact, CallbackDeclined)] == declined


@pytest.mark.behaviour("R4", "K5")
def test_after_five_reschedules_the_ordinary_rules_decide() -> None:
    desk = Desk(config(detection=True, attempts=9), bot_calls_back=True)
    for sequence in range(1, 7):
        dial = desk.call("customer", talk=20)
        wish = asked(desk, minutes=5)
        desk.tell(CallAnalysis(dial.attempt_id, desk.now, "", wish))
        assert desk.contact.callback is not None
        assert (desk.contact.status.value, desk.contact.callback.sequence) == ("callback_scheduled", sequence)
        desk.clock.set(wish.at)
    dial = desk.call("customer", talk=20)
    desk.tell(CallAnalysis(dial.attempt_id, desk.now, "", asked(desk, minutes=5)))
    assert desk.state() == ("completed", "nothing_more_to_do", 7)
    assert [fact.reason for fact in desk.facts() if isinstance(fact, CallbackDeclined)] == ["too_many_reschedules"]


# --- N2: orders, repeats ----------------------------------------------------------------------------------------------


class Told(NamedTuple):
    """What one call can be told to have been, whatever the order of telling."""

    accepted: bool = True
    bot: str | None = None
    answered: bool = True


def one_call(dial: DialRequest, now: int, told: Told) -> list[Report]:
    at = dial.attempt_id
    rang, answered, ended = now + SECOND, now + 8 * SECOND, now + 48 * SECOND
    reports: list[Report] = [Accepted(at, now, "carrier-1"), Ringing(at, rang)]
    if not told.answered:
        return [*reports, Ended(at, ended, "no_answer", "", None, rang)]
    reports.append(Answered(at, answered))
    if told.bot is not None:
        reports.append(BotReport(at, ended, True, told.bot))
    return [*reports, Ended(at, ended, "customer", "", answered, rang)]


def told_in(order: Sequence[int], told: Told) -> tuple[Attempt, Contact, int]:
    """Tell the events of one call in this order, one by one; return what became of it."""
    desk = Desk(config(under=15, ticked="no_answer"))
    dial = desk.dial()
    reports = one_call(dial, desk.now, told)
    desk.clock.advance(minutes=1)
    for position in order:
        desk.tell(reports[position])
    [attempt] = desk.attempts
    return attempt, desk.contact, len(desk.ignored())


@pytest.mark.behaviour("N2")
@pytest.mark.parametrize("told", [Told(), Told(bot="customer"), Told(bot=""), Told(answered=False)])
def test_the_events_of_a_call_may_come_in_any_order(told: Told) -> None:
    size = len(one_call(Desk(config()).dial(), 0, told))
    first = told_in(range(size), told)
    assert first[0].status.value == "ended"
    assert first[0].talk == (40 * SECOND if told.answered else 0)
    assert first[1].status.value == ("completed" if told.answered else "retry_scheduled")
    for order in itertools.permutations(range(size)):
        attempt, contact, _ = told_in(order, told)
        assert (attempt, contact) == first[:2], order


@pytest.mark.behaviour("N2")
@pytest.mark.parametrize("told", [Told(), Told(answered=False)])
def test_repeats_in_any_order_change_nothing_and_none_is_lost(told: Told) -> None:
    size = len(one_call(Desk(config()).dial(), 0, told))
    first = told_in(range(size), told)
    for order in set(itertools.permutations([*range(size), *range(size)], size + 2)):
        if set(order) != set(range(size)):
            continue
        attempt, contact, ignored = told_in(order, told)
        assert (attempt, contact) == first[:2], order
        assert ignored >= 2, order


@pytest.mark.behaviour("N2")
def test_the_same_batch_told_twice_is_kept_and_changes_nothing() -> None:
    desk = Desk(config(under=15))
    dial = desk.dial()
    reports = one_call(dial, desk.now, Told(bot="customer"))
    desk.clock.advance(minutes=1)
    desk.tell(*reports)
    before = (desk.attempts, desk.contact, desk.service.counters(desk.id), len(desk.facts()))
    desk.tell(*reports)
    assert (desk.attempts, desk.contact, desk.service.counters(desk.id)) == before[:3]
    assert len(desk.facts()) == before[3] + len(reports)
    assert [why for _, why in desk.ignored()] == ["already_over"] * len(reports)


@pytest.mark.behaviour("N2", "N5")
@pytest.mark.parametrize("bot", ["RNR", "voicemail", "machine", "abandoned", "transfer", "outside_hours"])
@pytest.mark.parametrize("position", range(5))
def test_what_the_bot_saw_counts_wherever_it_comes_before_the_end(bot: str, position: int) -> None:
    desk = Desk(config())
    dial = desk.dial()
    *events, end = one_call(dial, desk.now, Told())
    events.insert(min(position, len(events)), BotReport(dial.attempt_id, desk.now, None, bot))
    desk.clock.advance(minutes=1)
    desk.tell(*events, end)
    assert desk.attempts[0].disposition == bot
    assert desk.attempts[0].connected is (bot == "transfer")


@pytest.mark.behaviour("N2")
def test_what_the_bot_says_after_the_end_is_noted_and_changes_nothing() -> None:
    desk = Desk(config())
    dial = desk.call("customer", talk=20)
    before = (desk.attempts, desk.contact, desk.service.counters(desk.id))
    desk.tell(BotReport(dial.attempt_id, desk.now, None, "RNR"))
    assert (desk.attempts, desk.contact, desk.service.counters(desk.id)) == before
    assert desk.ignored() == [("BotReport", "already_over")]


@pytest.mark.behaviour("N2")
def test_an_attempt_never_moves_down() -> None:
    desk = Desk(config())
    dial = desk.dial()
    at = dial.attempt_id

    def status() -> str:
        return desk.attempts[0].status.value

    desk.tell(Answered(at, desk.now))
    assert status() == "answered"
    desk.tell(Ringing(at, desk.now), Accepted(at, desk.now), Accepted(at, desk.now, "late-ref"))
    desk.tell(Unknown(at, desk.now), Unsent(at, desk.now), Refused(at, desk.now), EarlyMedia(at, desk.now))
    assert status() == "answered"
    desk.tell(BotReport(at, desk.now, True))
    assert status() == "in_progress"
    desk.tell(Answered(at, desk.now))
    assert status() == "in_progress"
    assert desk.service.counters(desk.id).live == 1
    assert {report for report, _ in desk.ignored()} == {
        "Ringing",
        "Accepted",
        "Unknown",
        "Unsent",
        "Refused",
        "EarlyMedia",
        "Answered",
    }


@pytest.mark.behaviour("N2")
def test_early_media_is_not_an_answer() -> None:
    desk = Desk(config(ticked="no_answer"))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now), EarlyMedia(dial.attempt_id, desk.now))
    desk.clock.advance(seconds=20)
    desk.tell(Ended(dial.attempt_id, desk.now, "no_answer"))
    assert desk.attempts[0].answered_at is None
    assert desk.contact.status.value == "retry_scheduled"
    assert desk.ignored() == [("EarlyMedia", "not_an_answer")]


@pytest.mark.behaviour("N2")
def test_a_report_on_a_call_nobody_knows_is_named() -> None:
    desk = Desk(config())
    dial = desk.dial()
    recorded = desk.tell(
        Answered("nobody-0", desk.now), Accepted(dial.attempt_id, desk.now), Ended("junk", desk.now, "error")
    )
    assert recorded.unmatched == ("nobody-0", "junk")
    assert desk.attempts[0].status.value == "submitted"


@pytest.mark.behaviour("N2")
def test_a_report_may_name_the_call_by_the_carriers_own_id() -> None:
    desk = Desk(config())
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now, "CA42"))
    desk.tell(Ended("", desk.now, "no_answer", carrier_ref="CA42"))
    assert desk.attempts[0].status.value == "ended"


@pytest.mark.behaviour("N2")
@pytest.mark.parametrize("offset", [-3600, 3600])
def test_a_senders_clock_is_trusted_only_between_the_reservation_and_now(offset: int) -> None:
    desk = Desk(config())
    dial = desk.dial()
    reserved_at = desk.now
    desk.tell(Accepted(dial.attempt_id, desk.now), Answered(dial.attempt_id, desk.now + offset * SECOND))
    assert desk.attempts[0].answered_at == reserved_at
    desk.clock.advance(seconds=30)
    desk.tell(Ended(dial.attempt_id, desk.now + offset * SECOND, "customer"))
    [attempt] = desk.attempts
    assert attempt.ended_at == (desk.now if offset > 0 else reserved_at)
    assert attempt.talk == (30 * SECOND if offset > 0 else 0)


@pytest.mark.behaviour("N2", "N6")
@pytest.mark.parametrize(("offset", "talk"), [(-3600, 30), (-1, 30), (0, 30), (10, 20), (29, 1), (31, 0), (3600, 0)])
def test_times_told_with_the_end_are_trusted_no_more_than_others(offset: int, talk: int) -> None:
    desk = Desk(config())
    dial = desk.dial()
    reserved_at = desk.now
    desk.clock.advance(seconds=30)
    told = reserved_at + offset * SECOND
    desk.tell(Ended(dial.attempt_id, desk.now, "customer", answered_at=told, rang_at=told))
    [attempt] = desk.attempts
    assert attempt.talk == talk * SECOND
    assert attempt.answered_at is not None
    assert attempt.rang_at is not None
    assert reserved_at <= attempt.rang_at <= attempt.answered_at <= desk.now


# --- N2, N3, N7: calls that were not placed, and calls whose fate is unknown ------------------------------------------


def waiting_again(desk: Desk, kind: str) -> None:
    """Bring the contact into one of the three waiting states, due now."""
    if kind == "retry_scheduled":
        desk.call("no_answer")
    elif kind == "callback_scheduled":
        dial = desk.call("customer", talk=20)
        desk.tell(CallAnalysis(dial.attempt_id, desk.now, "", asked(desk, minutes=30)))
    desk.clock.set(max(desk.contact.due, desk.now))


@pytest.mark.behaviour("N7", "N2")
@pytest.mark.parametrize("kind", ["pending", "retry_scheduled", "callback_scheduled"])
@pytest.mark.parametrize("how", ["unsent", "refused", "refused_after_accepting", "never_placed"])
def test_a_call_that_was_never_placed_goes_back_to_where_it_came_from(kind: str, how: str) -> None:
    desk = Desk(config(ticked="no_answer", detection=True), bot_calls_back=True)
    waiting_again(desk, kind)
    before, counted = desk.contact, desk.service.counters(desk.id)
    assert before.status.value == kind
    dial = desk.dial()
    assert desk.contact.attempts == before.attempts + 1
    at = dial.attempt_id
    if how == "unsent":
        desk.tell(Unsent(at, desk.now))
    elif how == "refused":
        desk.tell(Refused(at, desk.now))
    elif how == "refused_after_accepting":
        desk.tell(Accepted(at, desk.now), Refused(at, desk.now))
    else:
        desk.tell(Unknown(at, desk.now), NeverPlaced(at, desk.now))
    assert desk.contact == before
    after = desk.service.counters(desk.id)
    assert after == counted
    assert desk.attempts[-1].status.value == ("expired_unsent" if how == "unsent" else "refused")
    desk.clock.advance(seconds=1)
    again = desk.dial()
    assert again.attempt_id != at
    assert (again.number_in_budget, again.kind) == (dial.number_in_budget, dial.kind)
    assert again.callback == dial.callback


@pytest.mark.behaviour("N2")
def test_a_refusing_carrier_is_left_alone_for_a_while() -> None:
    desk = Desk(config(), people=3)
    first, *others = desk.step().dials
    desk.tell(*(Accepted(other.attempt_id, desk.now) for other in others))
    desk.tell(Refused(first.attempt_id, desk.now, "too_many", retry_after=7.5))
    step = desk.step()
    assert step.dials == ()
    assert step.wake_at == desk.now + 7_500_000
    desk.clock.set(step.wake_at)
    assert [dial.to for dial in desk.step().dials] == [first.to]


@pytest.mark.behaviour("L13")
def test_a_fatal_refusal_fails_the_campaign() -> None:
    desk = Desk(config(), people=2)
    first, second = desk.step().dials
    desk.tell(Accepted(second.attempt_id, desk.now))
    desk.tell(Refused(first.attempt_id, desk.now, "credentials_refused", fatal=True))
    assert (desk.campaign.status, desk.campaign.failure) == (CampaignStatus.FAILED, "credentials_refused")
    assert desk.contact.status.value == "pending"
    assert desk.service.counters(desk.id).live == 1


@pytest.mark.behaviour("N7", "L6")
@pytest.mark.parametrize(
    ("closing", "status"), [("stop", "manual_stopped"), ("exclude", "excluded"), ("cutoff", "window_closed")]
)
def test_a_call_given_back_after_its_list_was_closed_does_not_wait_again(closing: str, status: str) -> None:
    desk = Desk(config(single_day=True), start=datetime(2026, 1, 5, 17, 59, 59, tzinfo=UTC))
    dial = desk.dial()
    if closing == "stop":
        desk.service.stop(desk.id, by="ops", wait=False)
    elif closing == "exclude":
        desk.service.exclude(desk.id, [dial.to], by="ops", wait=False)
    else:
        desk.clock.set(datetime(2026, 1, 5, 18, tzinfo=UTC))
        desk.step()
    desk.tell(Unsent(dial.attempt_id, desk.now))
    assert (desk.contact.status.value, desk.contact.attempts) == (status, 0)
    assert desk.service.counters(desk.id).live == 0


@pytest.mark.behaviour("N7", "L13")
def test_a_call_given_back_after_fail_keeps_its_waiting_state() -> None:
    desk = Desk(config())
    dial = desk.dial()
    desk.service.fail(desk.id, "bot_gone", by="host", wait=False)
    desk.tell(Unsent(dial.attempt_id, desk.now))
    assert (desk.contact.status.value, desk.contact.attempts) == ("pending", 0)
    assert desk.step().dials == ()


@pytest.mark.behaviour("L19", "L12")
def test_a_call_given_back_when_its_attempts_were_lowered_meanwhile_still_lets_the_campaign_end() -> None:
    desk = Desk(config(ticked="no_answer", attempts=3))
    desk.call("no_answer")
    desk.clock.advance(minutes=31)
    dial = desk.dial()
    desk.edit(config(ticked="no_answer", attempts=1))
    desk.tell(Refused(dial.attempt_id, desk.now))
    for _ in range(3):
        desk.clock.advance(minutes=31)
        assert desk.step().dials == ()
    assert desk.contact.status.value == "exhausted"
    assert desk.campaign.status is CampaignStatus.COMPLETED


@pytest.mark.behaviour("N3")
def test_an_attempt_is_there_before_its_request_leaves() -> None:
    desk = Desk(config())
    dial = desk.dial()
    [attempt] = desk.attempts
    assert (attempt.id, attempt.status.value) == (dial.attempt_id, "reserved")
    assert desk.service.counters(desk.id).live == 1
    assert desk.contact.status.value == "calling"


@pytest.mark.behaviour("N3", "P1")
def test_a_call_of_unknown_fate_counts_keeps_its_seat_and_is_not_dialled_again() -> None:
    desk = Desk(config(ticked="no_answer rejected RNR error timeout"))
    dial = desk.dial()
    recorded = desk.tell(Unknown(dial.attempt_id, desk.now))
    assert [ref.attempt_id for ref in recorded.look_ups] == [dial.attempt_id]
    counters = desk.service.counters(desk.id)
    assert (counters.live, counters.dialled, desk.contact.attempts) == (1, 1, 1)
    for _ in range(20):
        desk.clock.advance(seconds=30)
        step = desk.step()
        assert step.dials == ()
        for ref in step.look_ups:
            assert ref.attempt_id == dial.attempt_id
            desk.tell(NotFound(ref.attempt_id, desk.now))
    assert desk.contact.status.value == "calling"
    assert desk.service.counters(desk.id).live == 1


@pytest.mark.behaviour("N7", "N3")
def test_a_call_nobody_hears_of_ends_as_an_error_once_it_can_no_longer_be_live() -> None:
    desk = Desk(config(ticked="error"))
    dial = desk.dial()
    reserved_at = desk.now
    look_ups = 0
    while desk.attempts[0].status.value != "ended":
        step = desk.step()
        look_ups += len(step.look_ups)
        if desk.attempts[0].status.value == "ended":
            break
        assert step.wake_at is not None
        desk.clock.set(step.wake_at)
    # Ringing 90 s, talking 600 s + 120 s: not before all of it has passed, and not much later.
    assert 810 * SECOND <= desk.now - reserved_at <= 900 * SECOND
    assert look_ups >= 3
    [attempt] = desk.attempts
    assert (attempt.id, attempt.disposition, attempt.connected) == (dial.attempt_id, "error", False)
    assert desk.state() == ("retry_scheduled", "system_disposition", 1)
    assert desk.service.counters(desk.id).live == 0


@pytest.mark.behaviour("N7")
def test_a_silent_reservation_becomes_unknown_after_its_limit() -> None:
    desk = Desk(config())
    dial = desk.dial()
    assert desk.step().wake_at == desk.now + 60 * SECOND
    desk.clock.advance(seconds=59.999_999)
    desk.step()
    assert desk.attempts[0].status.value == "reserved"
    desk.clock.advance(seconds=0.000_001)
    step = desk.step()
    assert desk.attempts[0].status.value == "unknown"
    assert [ref.attempt_id for ref in step.look_ups] == [dial.attempt_id]


@pytest.mark.behaviour("N7")
@pytest.mark.parametrize(
    ("limits", "state", "seconds"),
    [
        (None, "reserved", 60),
        (CallLimits(reserved=17), "reserved", 17),
        (None, "submitted", 90),
        (CallLimits(ringing=33), "submitted", 33),
        (None, "ringing", 90),
        (CallLimits(ringing=33), "ringing", 33),
        (None, "answered", 720),
        (None, "in_progress", 720),
        (CallLimits(talk=100, talk_grace=11), "in_progress", 111),
    ],
)
def test_the_limits_of_each_state(limits: CallLimits | None, state: str, seconds: int) -> None:
    desk = Desk(config(), limits=limits)
    dial = desk.dial()
    at = dial.attempt_id
    path: list[Report] = [
        Accepted(at, desk.now),
        Ringing(at, desk.now),
        Answered(at, desk.now),
        BotReport(at, desk.now, True),
    ]
    desk.tell(*path[: ["reserved", "submitted", "ringing", "answered", "in_progress"].index(state)])
    assert desk.attempts[0].status.value == state
    desk.clock.advance(seconds=seconds - 0.000_001)
    desk.step()
    assert desk.attempts[0].status.value == state
    desk.clock.advance(seconds=0.000_001)
    step = desk.step()
    assert desk.attempts[0].status.value == "unknown"
    assert [ref.attempt_id for ref in step.look_ups] == [at]
    assert [ref.attempt_id for ref in step.hangups] == ([] if state == "reserved" else [at])
    assert desk.service.counters(desk.id).live == 1


@pytest.mark.behaviour("N7")
@pytest.mark.parametrize(("how_far", "found"), [(1, "submitted"), (2, "ringing"), (3, "answered"), (4, "in_progress")])
def test_a_call_found_alive_is_back_where_it_was(how_far: int, found: str) -> None:
    desk = Desk(config())
    dial = desk.dial()
    at = dial.attempt_id
    path: list[Report] = [Accepted(at, desk.now), Ringing(at, desk.now), Answered(at, desk.now)]
    path.append(BotReport(at, desk.now, True))
    desk.tell(*path[:how_far], Lost(at, desk.now))
    assert desk.attempts[0].status.value == "unknown"
    before = desk.service.counters(desk.id)
    desk.clock.advance(seconds=1)
    desk.tell(FoundLive(at, desk.now))
    assert desk.attempts[0].status.value == found
    after = desk.service.counters(desk.id)
    assert (before.live, after.live, after.dialled) == (1, 1, 1)
    assert after.answered == (1 if how_far > 2 else 0)
    desk.clock.advance(seconds=10)
    desk.tell(Ended(at, desk.now, "customer"))
    assert desk.attempts[0].talk == (11 * SECOND if how_far > 2 else 0)


@pytest.mark.behaviour("N7", "N3")
def test_a_lost_call_whose_end_is_found_has_its_real_outcome() -> None:
    desk = Desk(config(under=15))
    dial = desk.dial()
    at = dial.attempt_id
    placed = desk.now
    desk.tell(Unknown(at, desk.now))
    desk.clock.advance(minutes=5)
    desk.tell(Ended(at, placed + 30 * SECOND, "customer", answered_at=placed + 20 * SECOND, rang_at=placed))
    [attempt] = desk.attempts
    assert (attempt.status.value, attempt.disposition, attempt.talk) == ("ended", "customer", 10 * SECOND)
    assert desk.contact.status.value == "retry_scheduled"
    assert desk.contact.due == placed + 30 * SECOND + 30 * MINUTE


@pytest.mark.behaviour("N7", "N3")
@pytest.mark.parametrize("hours", [1, 30])
def test_after_a_long_outage_the_carrier_is_asked_before_a_call_is_given_up(hours: int) -> None:
    desk = Desk(config(ticked="no_answer"))
    dial = desk.dial()
    placed = desk.now
    desk.tell(Accepted(dial.attempt_id, placed))
    # Nobody was there to hear of its end, nor to look for it.
    desk.clock.advance(hours=hours)
    step = desk.step()
    assert [ref.attempt_id for ref in step.look_ups] == [dial.attempt_id]
    assert desk.attempts[0].status.value == "unknown"
    desk.tell(Ended(dial.attempt_id, placed + 25 * SECOND, "no_answer"))
    assert (desk.attempts[0].disposition, desk.attempts[0].ended_at) == ("no_answer", placed + 25 * SECOND)
    assert desk.contact.due == placed + 25 * SECOND + 30 * MINUTE


@pytest.mark.behaviour("N7", "N3")
def test_a_call_is_given_up_one_look_up_after_it_can_no_longer_be_live() -> None:
    desk = Desk(config(), limits=CallLimits(look_up_every=40))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now))
    desk.clock.advance(hours=1)
    desk.step()
    desk.tell(NotFound(dial.attempt_id, desk.now))
    desk.clock.advance(seconds=39.999_999)
    desk.step()
    assert desk.attempts[0].status.value == "unknown"
    desk.clock.advance(seconds=0.000_001)
    desk.step()
    assert (desk.attempts[0].status.value, desk.attempts[0].detail) == ("ended", "unknown")


@pytest.mark.behaviour("N7", "N4")
def test_a_call_the_carrier_says_is_live_keeps_its_seat_and_is_hung_up_at_every_look() -> None:
    desk = Desk(config(), limits=CallLimits(look_up_every=40))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now), Answered(dial.attempt_id, desk.now))
    desk.clock.advance(hours=1)
    for _ in range(5):
        step = desk.step()
        assert [ref.attempt_id for ref in (*step.hangups, *step.look_ups)] == [dial.attempt_id] * 2
        desk.tell(FoundLive(dial.attempt_id, desk.now))
        # Not asked again at once, however often somebody looks.
        assert desk.step().look_ups == ()
        assert desk.service.counters(desk.id).live == 1
        desk.clock.advance(seconds=40)
    desk.tell(Ended(dial.attempt_id, desk.now, "timeout"))
    assert desk.service.counters(desk.id).live == 0


@pytest.mark.behaviour("N7")
def test_a_call_that_was_given_up_and_shows_signs_of_life_is_hung_up() -> None:
    desk = Desk(config())
    dial = desk.dial()
    desk.clock.advance(hours=1)
    desk.step()
    desk.clock.advance(hours=1)
    desk.step()
    assert (desk.attempts[0].status.value, desk.attempts[0].detail) == ("ended", "unknown")
    for sign in (Accepted, Ringing, Answered, FoundLive):
        recorded = desk.tell(sign(dial.attempt_id, desk.now))
        assert [ref.attempt_id for ref in recorded.hangups] == [dial.attempt_id]
    assert desk.attempts[0].detail == "unknown"


@pytest.mark.behaviour("N7", "N3")
def test_not_found_proves_nothing() -> None:
    desk = Desk(config())
    dial = desk.dial()
    desk.tell(Unknown(dial.attempt_id, desk.now), NotFound(dial.attempt_id, desk.now))
    assert desk.attempts[0].status.value == "unknown"
    assert desk.ignored() == [("NotFound", "no_proof")]


@pytest.mark.behaviour("N7")
def test_a_call_that_rang_cannot_have_been_never_placed() -> None:
    desk = Desk(config())
    dial = desk.dial()
    at = dial.attempt_id
    desk.tell(Ringing(at, desk.now), Lost(at, desk.now), NeverPlaced(at, desk.now), Refused(at, desk.now))
    assert desk.attempts[0].status.value == "unknown"
    assert desk.ignored() == [("NeverPlaced", "has_rung"), ("Refused", "has_rung")]


@pytest.mark.behaviour("N7", "N3")
@pytest.mark.parametrize("sign", [Accepted, Ringing, Answered])
def test_a_call_that_leaves_after_it_was_given_back_is_hung_up(sign: Callable[[str, int], Report]) -> None:
    desk = Desk(config())
    dial = desk.dial()
    desk.tell(Unsent(dial.attempt_id, desk.now))
    recorded = desk.tell(sign(dial.attempt_id, desk.now))
    assert [ref.attempt_id for ref in recorded.hangups] == [dial.attempt_id]
    assert desk.attempts[0].status.value == "expired_unsent"
    assert [why for _, why in desk.ignored()] == ["was_not_to_be_placed"]


@pytest.mark.behaviour("N7")
def test_an_answered_call_without_an_end_is_an_error_that_connected() -> None:
    desk = Desk(config(under=15, ticked="error", attempts=2))
    dial = desk.dial()
    desk.tell(Accepted(dial.attempt_id, desk.now), Answered(dial.attempt_id, desk.now))
    answered_at = desk.now
    while desk.attempts[0].status.value != "ended":
        desk.clock.advance(seconds=30)
        desk.step()
    assert 720 * SECOND <= desk.now - answered_at <= 800 * SECOND
    [attempt] = desk.attempts
    assert (attempt.disposition, attempt.connected) == ("error", True)


@pytest.mark.behaviour("N7")
def test_every_return_and_every_loss_is_in_the_log() -> None:
    desk = Desk(config(), people=2)
    first, second = desk.step().dials
    desk.tell(Unsent(first.attempt_id, desk.now, "too_late"), Unknown(second.attempt_id, desk.now, "timeout"))
    desk.tell(NeverPlaced(second.attempt_id, desk.now))
    returned = [(fact.attempt, fact.why) for fact in desk.facts() if isinstance(fact, AttemptReturned)]
    unknown = [(fact.attempt, fact.why) for fact in desk.facts() if isinstance(fact, AttemptUnknown)]
    assert returned == [(first.attempt_id, "too_late"), (second.attempt_id, "never_placed")]
    assert unknown == [(second.attempt_id, "timeout")]
