"""The campaign list: rows, badges, rates, filters, and counts that a recount confirms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import attrs
import pytest

from ori_campaigns.campaign import Campaign, CampaignDraft, CampaignStatus, Restart
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import MULTI_DAY, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.contact import Attempt, Contact, ContactStatus
from ori_campaigns.diallers.answers import AnswerModel, Between, Exponential, Mix
from ori_campaigns.diallers.faults import CarrierFaults
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.events import (
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    BotReported,
    CallbackScheduled,
    ContactClosed,
    Fact,
    NumberExcluded,
    RetryScheduled,
)
from ori_campaigns.ids import counted_ids
from ori_campaigns.listing import (
    ALL_STATUSES,
    ALWAYS_ON,
    ALWAYS_ON_COLOUR,
    BADGE_COLOUR,
    NEW_CAMPAIGN,
    NOTHING_FOUND,
    CampaignRow,
    Rate,
    row,
)
from ori_campaigns.reports import (
    Accepted,
    Answered,
    BotReport,
    CallAnalysis,
    DialRequest,
    Ended,
    Refused,
    Unknown,
    Unsent,
)
from ori_campaigns.service import CampaignService
from ori_campaigns.simulation import Rehearsal, simulate
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.views import Counters
from ori_campaigns.windows import CallingWindow

SECOND = 1_000_000
MONDAY = datetime(2026, 1, 5, 10, tzinfo=UTC)
WINDOW = CallingWindow("09:00", "18:00", "UTC")


class People(NamedTuple):
    numbers: Sequence[str]
    policy: str = "digits"

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


def people(count: int) -> People:
    return People([f"919800{each:06d}" for each in range(count)])


class Desk:
    def __init__(self, ids: str = "t") -> None:
        self.clock = VirtualClock(MONDAY)
        trunk = Carrier("trunk", ["911140001000"], cps=100, burst=1000, channels=500)
        directory = StaticDirectory(bots=["asha"], carriers=[trunk])
        self.service = CampaignService(MemoryStore(self.clock), directory, new_id=counted_ids(ids))

    def create(self, name: str = "Renewals", *, count: int = 1, config: DiallerConfig | None = None) -> str:
        config = config or DiallerConfig(mode=MULTI_DAY, window=WINDOW)
        draft = CampaignDraft(name, "asha", ["911140001000"], config)
        return self.service.create(draft, people(count) if count else None, by="ops").id

    def row(self) -> CampaignRow:
        [found] = self.service.list().rows
        return found

    def dials(self) -> list[DialRequest]:
        return list(self.service.step().dials)

    def answer(self, dial: DialRequest, *, bot: str = "", seconds: float = 20, disposition: str = "customer") -> None:
        self.service.record([Accepted(dial.attempt_id, self.clock.now()), Answered(dial.attempt_id, self.clock.now())])
        self.service.record([BotReport(dial.attempt_id, self.clock.now(), None, bot)])
        self.clock.advance(seconds=seconds)
        self.service.record([Ended(dial.attempt_id, self.clock.now(), disposition)])

    def miss(self, dial: DialRequest) -> None:
        self.service.record([Ended(dial.attempt_id, self.clock.now(), "no_answer")])


# --- rates ------------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M2")
@pytest.mark.parametrize(
    ("part", "whole", "fraction", "text"),
    [
        (0, 0, 0.0, "0 %"),
        (0, 7, 0.0, "0 %"),
        (7, 7, 1.0, "100 %"),
        (1, 2, 0.5, "50 %"),
        (1, 4, 0.25, "25 %"),
        # Halves go up, to odd and even percents alike.
        (1, 8, 0.125, "13 %"),
        (3, 8, 0.375, "38 %"),
        (25, 1000, 0.025, "3 %"),
        (35, 1000, 0.035, "4 %"),
        (249, 2000, 0.1245, "12 %"),
        (1, 200, 0.005, "1 %"),
        (9_007_199_254_740_993, 72_057_594_037_927_944, 0.125, "13 %"),
        (1, 1000, 0.001, "1 %"),
        (999, 1000, 0.999, "99 %"),
        (99_999, 100_000, 0.99999, "99 %"),
    ],
)
def test_a_rate_is_a_fraction_and_a_text(part: int, whole: int, fraction: float, text: str) -> None:
    rate = Rate(part, whole)
    assert (rate.fraction, rate.text) == (fraction, text)
    assert (rate.part, rate.whole) == (part, whole)


# --- a row ------------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M1")
def test_the_colours_of_the_badges_and_the_words_of_the_page() -> None:
    assert {status.value: colour for status, colour in BADGE_COLOUR.items()} == {
        "draft": "grey",
        "running": "green",
        "paused": "amber",
        "completed": "blue",
        "failed": "red",
    }
    assert (ALWAYS_ON, ALWAYS_ON_COLOUR) == ("Always-on · runs until stopped", "purple")
    assert (NEW_CAMPAIGN, ALL_STATUSES, NOTHING_FOUND) == ("New Campaign", "All statuses", "No campaigns found")


@pytest.mark.behaviour("M1", "M2")
def test_the_row_of_a_draft() -> None:
    desk = Desk()
    campaign_id = desk.create("Renewals", count=3)
    shown = desk.row()
    assert (shown.campaign_id, shown.name, shown.status.value, shown.colour) == (
        campaign_id,
        "Renewals",
        "draft",
        "grey",
    )
    assert shown.created == MONDAY
    assert [action.value for action in shown.actions] == ["edit", "clone", "start", "delete"]
    assert (shown.restart_note, shown.always_on, shown.connected) == ("", "", 0)
    assert [rate.text for rate in (shown.progress, shown.answer_rate, shown.completion_rate)] == ["0 %", "0 %", "0 %"]


class IdSource:
    """Ids as different from one another as random ones, and always the same."""

    def __init__(self) -> None:
        self._last = 0

    def __call__(self) -> str:
        self._last += 1
        return f"{self._last * 2_654_435_761 % 2**32:08x}{self._last:08x}"


@pytest.mark.behaviour("M1", "M3")
def test_the_short_id_is_part_of_the_full_one_and_found_by_search() -> None:
    clock = VirtualClock(MONDAY)
    trunk = Carrier("trunk", ["911140001000"])
    service = CampaignService(MemoryStore(clock), StaticDirectory(bots=["asha"], carriers=[trunk]), new_id=IdSource())
    draft = CampaignDraft("Renewals", "asha", ["911140001000"], DiallerConfig())
    ids = [service.create(draft, by="ops").id for _ in range(20)]
    for shown in service.list().rows:
        assert shown.short_id in shown.campaign_id
        assert len(shown.short_id) < len(shown.campaign_id)
        found = service.list(search=shown.short_id).rows
        assert shown.campaign_id in [each.campaign_id for each in found]
    assert sorted(each.campaign_id for each in service.list().rows) == sorted(ids)


@pytest.mark.behaviour("M1", "L18")
def test_the_row_follows_the_status() -> None:
    desk = Desk()
    campaign_id = desk.create(config=DiallerConfig(mode=MULTI_DAY, always_on=True, window=WINDOW))
    found = [desk.row()]
    for action in ("start", "pause", "resume", "stop", "restart"):
        getattr(desk.service, action)(campaign_id, by="asha")
        found.append(desk.row())
    assert [(shown.status.value, shown.colour) for shown in found] == [
        ("draft", "grey"),
        ("running", "green"),
        ("paused", "amber"),
        ("running", "green"),
        ("completed", "blue"),
        ("draft", "grey"),
    ]
    assert [[action.value for action in shown.actions] for shown in found] == [
        ["edit", "clone", "start", "delete"],
        ["pause", "stop", "clone"],
        ["resume", "edit", "stop", "clone"],
        ["pause", "stop", "clone"],
        ["restart", "clone"],
        ["edit", "clone", "start", "cancel_restart"],
    ]
    assert {shown.always_on for shown in found} == {"Always-on · runs until stopped"}


@pytest.mark.behaviour("M1", "L13")
def test_the_row_of_a_failed_campaign() -> None:
    desk = Desk()
    campaign_id = desk.create()
    desk.service.start(campaign_id, by="ops")
    desk.service.fail(campaign_id, "bot_gone", by="host")
    shown = desk.row()
    assert (shown.status.value, shown.colour) == ("failed", "red")
    assert [action.value for action in shown.actions] == ["restart", "clone"]


@pytest.mark.behaviour("M1", "L7")
def test_the_restart_note_names_the_latest_restart() -> None:
    desk = Desk()
    campaign_id = desk.create()
    for hour, who in ((12, "meera"), (15, "ravi")):
        desk.service.start(campaign_id, by="ops")
        desk.service.stop(campaign_id, by="ops")
        desk.clock.set(MONDAY.replace(hour=hour))
        desk.service.restart(campaign_id, by=who)
        assert desk.row().restart_note == f"Restarted 2026-01-05 {hour}:00 UTC by {who}"
    desk.service.start(campaign_id, by="ops")
    assert desk.row().restart_note == "Restarted 2026-01-05 15:00 UTC by ravi"


# --- the figures of a row ---------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M2")
def test_progress_answer_and_completion_rates() -> None:
    desk = Desk()
    campaign_id = desk.create(
        count=10, config=DiallerConfig(mode=MULTI_DAY, window=WINDOW, retry=RetryPolicy(3, 30, ["no_answer"]))
    )
    desk.service.start(campaign_id, by="ops")
    dials = desk.dials()
    desk.answer(dials[0])
    desk.answer(dials[1], bot="RNR")
    desk.answer(dials[2], bot="voicemail")
    desk.miss(dials[3])
    desk.service.record([Unsent(dials[4].attempt_id, desk.clock.now())])
    desk.service.record([Refused(dials[5].attempt_id, desk.clock.now())])
    desk.service.record([Unknown(dials[6].attempt_id, desk.clock.now())])
    desk.service.record([Accepted(dials[7].attempt_id, desk.clock.now())])
    shown = desk.row()
    # Final: the three that were answered; dialled: those, the missed one, the unknown one and the ringing one.
    assert shown.progress == Rate(3, 10)
    assert shown.answer_rate == Rate(3, 6)
    assert shown.completion_rate == Rate(3, 10)
    assert shown.connected == 1
    assert [rate.text for rate in (shown.progress, shown.answer_rate)] == ["30 %", "50 %"]


@pytest.mark.behaviour("M2")
def test_progress_counts_what_was_closed_and_completion_does_not() -> None:
    desk = Desk()
    campaign_id = desk.create(count=4)
    desk.service.start(campaign_id, by="ops")
    dials = desk.dials()
    desk.answer(dials[0])
    desk.service.record(Unsent(dial.attempt_id, desk.clock.now()) for dial in dials[1:])
    desk.service.exclude(campaign_id, [dials[3].to], by="ops")
    assert (desk.row().progress, desk.row().completion_rate) == (Rate(2, 4), Rate(1, 4))
    desk.service.stop(campaign_id, by="ops")
    assert (desk.row().progress, desk.row().completion_rate) == (Rate(4, 4), Rate(1, 4))
    assert desk.row().progress.text == "100 %"


@pytest.mark.behaviour("M2")
def test_every_kind_of_final_state_is_progress_and_four_are_final_outcomes() -> None:
    campaign = Campaign("c", "default", "Renewals", "asha", (), DiallerConfig(), 0, "ops")
    for number, status in enumerate(ContactStatus):
        shown = row(campaign, Counters({status: 3, ContactStatus.PENDING: 5} if number else {status: 8}))
        is_final = status.value not in {
            *("pending", "retry_scheduled", "callback_scheduled", "calling", "awaiting_analysis")
        }
        by_calling = status.value in {"completed", "exhausted", "abandoned", "machine"}
        assert shown.progress == Rate(3 if is_final else 0, 8)
        assert shown.completion_rate == Rate(3 if by_calling else 0, 8)


@pytest.mark.behaviour("M2")
def test_a_contact_connected_twice_counts_once() -> None:
    desk = Desk()
    config = DiallerConfig(mode=MULTI_DAY, window=WINDOW, redial=RedialRules(None, 60), retry=RetryPolicy(3, 1))
    campaign_id = desk.create(count=1, config=config)
    desk.service.start(campaign_id, by="ops")
    for _ in range(2):
        desk.answer(*desk.dials())
        desk.clock.advance(minutes=2)
    assert desk.row().connected == 1
    assert desk.row().answer_rate == Rate(2, 2)
    assert desk.service.counters(campaign_id).connected == 2


@pytest.mark.behaviour("M2", "L7", "L8")
def test_a_prepared_restart_shows_nothing_done_and_the_last_run_keeps_its_figures() -> None:
    desk = Desk()
    campaign_id = desk.create(count=2)
    desk.service.start(campaign_id, by="ops")
    for dial in desk.dials():
        desk.answer(dial)
    desk.service.step()
    assert desk.row().progress.text == "100 %"
    before = desk.service.counters(campaign_id)
    desk.service.restart(campaign_id, by="ops")
    shown = desk.row()
    assert [rate.text for rate in (shown.progress, shown.answer_rate, shown.completion_rate)] == ["0 %", "0 %", "0 %"]
    assert (shown.progress, shown.connected) == (Rate(0, 2), 0)
    assert desk.service.store.counters(campaign_id, 1) == before
    desk.service.cancel_restart(campaign_id, by="ops")
    assert desk.row().progress.text == "100 %"


@pytest.mark.behaviour("M2")
def test_a_campaign_without_contacts_has_rates_of_nothing() -> None:
    desk = Desk()
    desk.create(count=0, config=DiallerConfig(mode=MULTI_DAY, always_on=True, window=WINDOW))
    shown = desk.row()
    assert (shown.progress.fraction, shown.answer_rate.fraction, shown.completion_rate.fraction) == (0.0, 0.0, 0.0)


# --- filters and order ------------------------------------------------------------------------------------------------


def shelf() -> tuple[Desk, dict[str, str]]:
    desk = Desk("AB-")
    ids = {}
    for name in ("Renewals April", "renewals May", "Öffnung", "Collections"):
        ids[name] = desk.create(name)
        desk.clock.advance(minutes=1)
    desk.service.start(ids["renewals May"], by="ops")
    desk.service.start(ids["Collections"], by="ops")
    desk.service.pause(ids["Collections"], by="ops")
    return desk, ids


@pytest.mark.behaviour("M3")
@pytest.mark.parametrize(
    ("search", "status", "names"),
    [
        ("", None, ["Collections", "Öffnung", "renewals May", "Renewals April"]),
        ("renewals", None, ["renewals May", "Renewals April"]),
        ("RENEWALS", None, ["renewals May", "Renewals April"]),
        ("newal", None, ["renewals May", "Renewals April"]),
        (" may ", None, ["renewals May"]),
        ("öFFN", None, ["Öffnung"]),
        ("ab-00000001", None, ["Renewals April"]),
        ("0004", None, ["Collections"]),
        ("", CampaignStatus.DRAFT, ["Öffnung", "Renewals April"]),
        ("", CampaignStatus.RUNNING, ["renewals May"]),
        ("", CampaignStatus.PAUSED, ["Collections"]),
        ("", CampaignStatus.COMPLETED, []),
        ("renewals", CampaignStatus.DRAFT, ["Renewals April"]),
        ("renewals", CampaignStatus.PAUSED, []),
        ("nobody", None, []),
        ("ab%", None, []),
        (".*", None, []),
    ],
)
def test_filters_by_part_of_name_or_id_and_by_status(
    search: str, status: CampaignStatus | None, names: list[str]
) -> None:
    desk, _ = shelf()
    found = desk.service.list(search=search, status=status)
    assert [shown.name for shown in found.rows] == names
    assert found.empty == ("" if names else "No campaigns found")


@pytest.mark.behaviour("M3")
def test_newest_first_and_the_id_as_tie_break() -> None:
    desk = Desk()
    together = [desk.create(f"at ten, {each}") for each in range(3)]
    desk.clock.advance(seconds=0.000_001)
    later = desk.create("a microsecond later")
    assert [shown.campaign_id for shown in desk.service.list().rows] == [later, *together]


@pytest.mark.behaviour("M3")
def test_an_empty_list_says_so() -> None:
    found = Desk().service.list()
    assert (found.rows, found.empty) == ((), "No campaigns found")


@pytest.mark.behaviour("L20")
def test_each_workspace_lists_its_own() -> None:
    clock = VirtualClock(MONDAY)
    trunk = Carrier("trunk", ["911140001000"])

    class Everywhere(StaticDirectory):
        def bots(self, workspace: str) -> Sequence[Bot]:
            return super().bots("default")

        def carriers(self, workspace: str) -> Sequence[Carrier]:
            return super().carriers("default")

    service = CampaignService(MemoryStore(clock), Everywhere(bots=["asha"], carriers=[trunk]), new_id=counted_ids("t"))
    for workspace in ("north", "south", "north"):
        draft = CampaignDraft("Renewals", "asha", ["911140001000"], DiallerConfig(), workspace)
        service.create(draft, by="ops")
        clock.advance(minutes=1)
    assert [shown.campaign_id for shown in service.list(workspace="north").rows] == ["t00000003", "t00000001"]
    assert [shown.campaign_id for shown in service.list(workspace="south").rows] == ["t00000002"]
    assert service.list().rows == ()


def test_the_note_is_made_of_the_latest_restart() -> None:
    campaign = Campaign("c", "default", "Renewals", "asha", (), DiallerConfig(), 0, "ops")
    twice = attrs.evolve(campaign, restarts=(Restart(0, "meera"), Restart(60 * SECOND, "ravi")))
    assert row(twice, Counters({})).restart_note == "Restarted 1970-01-01 00:01 UTC by ravi"


# --- recount ----------------------------------------------------------------------------------------------------------

FAULTS = CarrierFaults(
    reject=0.05,
    accept_then_timeout=0.08,
    drop_request=0.05,
    lose_call=0.03,
    no_end_event=0.05,
    forgets=0.2,
    drop=0.1,
    duplicate=0.2,
    reorder=0.2,
    before_response=0.2,
    earlier_run=0.1,
    late=0.05,
    late_seconds=900,
)
ANSWERS = AnswerModel(
    rate=0.4,
    ring=Between(2, 30),
    gives_up=Between(15, 60),
    talk=Exponential(40),
    answered=Mix({"customer": 4, "bot": 2, "RNR": 1, "voicemail": 1, "machine": 1, "transfer": 1, "abandoned": 1}),
    business=Mix({"again": 1, "": 2}),
    analysis_after=Between(1, 200),
)


def rehearse(*, until: datetime | None, stop_at: datetime | None = None) -> Rehearsal:
    draft = CampaignDraft(
        "Renewals",
        "asha",
        ["911140001000"],
        DiallerConfig(
            20,
            MULTI_DAY,
            window=CallingWindow("09:00", "18:00", "UTC"),
            retry=RetryPolicy(3, 10, ["no_answer", "rejected", "RNR"], ["again"]),
            redial=RedialRules(60, 10),
        ),
    )
    trunk = Carrier("trunk", ["911140001000"], cps=2, burst=4, channels=30)
    return simulate(
        draft,
        people(120),
        directory=StaticDirectory(bots=["asha"], carriers=[trunk]),
        model=CallModel(ANSWERS, seed=5, faults=FAULTS),
        start=datetime(2026, 1, 5, 9, tzinfo=UTC),
        until=until,
        resolution=timedelta(seconds=1),
        actions={
            datetime(2026, 1, 5, 9, 3, tzinfo=UTC): lambda service, campaign_id: service.exclude(
                campaign_id, ["919800000007", "919800000099", "919800999999"], by="ops"
            ),
            **({} if stop_at is None else {stop_at: lambda service, campaign_id: service.stop(campaign_id, by="ops")}),
        },
    )


@cache
def rehearsal(name: str) -> Rehearsal:
    if name == "finished":
        return rehearse(until=None)
    if name == "stopped":
        return rehearse(until=None, stop_at=datetime(2026, 1, 5, 9, 6, tzinfo=UTC))
    return rehearse(until=datetime(2026, 1, 5, 9, {"early": 1, "midway": 5}[name], tzinfo=UTC))


def read(found: Rehearsal) -> tuple[Sequence[Contact], Sequence[Attempt], list[Fact]]:
    store, campaign_id = found.service.store, found.campaign.id
    events = store.events(limit=1_000_000, campaign_id=campaign_id)
    return (
        store.contacts(campaign_id, limit=100_000),
        store.attempts(campaign_id, limit=100_000),
        [event.fact for event in events],
    )


SITUATIONS = ["early", "midway", "stopped", "finished"]


@pytest.mark.behaviour("M2")
@pytest.mark.parametrize("name", SITUATIONS)
def test_every_counter_equals_a_recount_of_contacts_and_attempts(name: str) -> None:
    found = rehearsal(name)
    contacts, attempts, _ = read(found)
    counters = found.counters
    states = Counter(contact.status for contact in contacts)
    assert {status: count for status, count in counters.contacts.items() if count} == states
    assert counters.total == 120
    placed = [each for each in attempts if each.status.value not in {"reserved", "refused", "expired_unsent"}]
    assert counters.dialled == len(placed)
    assert counters.answered == sum(each.answered_at is not None for each in placed)
    assert counters.connected == sum(each.connected for each in attempts)
    assert counters.connected_contacts == len({each.contact for each in attempts if each.connected})
    assert counters.connected_contacts == sum(contact.connected for contact in contacts)
    live = Counter(each.status.value for each in attempts)
    alive = ("reserved", "submitted", "ringing", "answered", "in_progress", "unknown")
    assert counters.live == sum(live[status] for status in alive)
    assert counters.ringing == live["ringing"]
    assert counters.in_progress == live["answered"] + live["in_progress"]
    assert counters.machines == sum(each.disposition in {"voicemail", "machine"} for each in attempts)
    used = Counter(each.contact for each in attempts if each.status.value not in {"refused", "expired_unsent"})
    assert {contact.ordinal: contact.attempts for contact in contacts if contact.attempts} == used


class Tally:
    """The same counts from the log alone."""

    def __init__(self, facts: Sequence[Fact], size: int) -> None:
        self.contacts = dict.fromkeys(range(size), "pending")
        self.attempts: dict[str, str] = {}
        self.began: set[str] = set()
        self.answered: set[str] = set()
        self.connected: list[AttemptEnded] = []
        self.machines = 0
        self.excluded = 0
        for fact in facts:
            self.add(fact)

    def add(self, fact: Fact) -> None:  # noqa: C901, PLR0912 - one case a fact
        match fact:
            case AttemptReserved():
                self.attempts[fact.attempt] = "reserved"
                self.contacts[fact.contact] = "calling"
            case AttemptSubmitted():
                self.attempts[fact.attempt] = "submitted"
            case AttemptRang():
                self.attempts[fact.attempt] = "ringing"
            case AttemptAnswered():
                self.attempts[fact.attempt] = "talking"
                self.answered.add(fact.attempt)
            case BotReported():
                self.began.add(fact.attempt)
            case AttemptUnknown():
                self.attempts[fact.attempt] = "unknown"
            case AttemptEnded():
                self.attempts[fact.attempt] = "ended"
                if fact.answered_at is not None:
                    self.answered.add(fact.attempt)
                if fact.connected:
                    self.connected.append(fact)
                self.machines += fact.disposition in {"voicemail", "machine"}
            case AttemptReturned():
                self.attempts[fact.attempt] = "returned"
                self.contacts[fact.contact] = fact.to.value
            case RetryScheduled():
                self.contacts[fact.contact] = "retry_scheduled"
            case CallbackScheduled():
                self.contacts[fact.contact] = "callback_scheduled"
            case AnalysisAwaited():
                self.contacts[fact.contact] = "awaiting_analysis"
            case ContactClosed():
                self.contacts[fact.contact] = fact.status.value
            case NumberExcluded():
                self.excluded += 1
                if fact.closes:
                    self.contacts[fact.contact] = "excluded"
            case _:
                pass


@pytest.mark.behaviour("M2")
@pytest.mark.parametrize("name", ["early", "midway", "finished"])
def test_every_counter_equals_a_recount_of_the_log(name: str) -> None:
    found = rehearsal(name)
    _, _, facts = read(found)
    tally = Tally(facts, 120)
    counters = found.counters
    states = Counter(tally.contacts.values())
    assert {status.value: count for status, count in counters.contacts.items() if count} == states
    fates = Counter(tally.attempts.values())
    assert counters.dialled == sum(fates.values()) - fates["reserved"] - fates["returned"]
    assert counters.live == sum(fates.values()) - fates["ended"] - fates["returned"]
    assert (counters.ringing, counters.in_progress) == (fates["ringing"], fates["talking"])
    assert counters.answered == len(tally.answered)
    assert counters.connected == len(tally.connected)
    assert counters.connected_contacts == len({fact.contact for fact in tally.connected})
    assert counters.machines == tally.machines
    assert counters.excluded == tally.excluded == (0 if name == "early" else 2)


@pytest.mark.behaviour("M2")
def test_the_recounts_saw_every_kind_of_thing() -> None:
    _, attempts, facts = read(rehearsal("finished"))
    kinds = {type(fact).__name__ for fact in facts}
    assert {"AttemptUnknown", "AttemptReturned", "ReportIgnored", "NumberExcluded", "AnalysisAwaited"} <= kinds
    assert {each.disposition for each in attempts} >= {"customer", "no_answer", "RNR", "machine", "voicemail", "error"}
    assert rehearsal("midway").counters.live > 0


@pytest.mark.behaviour("M2")
def test_events_of_a_stream_are_numbered_without_a_gap() -> None:
    found = rehearsal("finished")
    events = found.service.store.events(limit=1_000_000, campaign_id=found.campaign.id)
    last: dict[int, int] = {}
    for event in events:
        assert event.sequence == last.get(event.stream, 0) + 1
        last[event.stream] = event.sequence
    assert [event.cursor for event in events] == sorted({event.cursor for event in events})


def test_a_missing_analysis_is_waited_for_before_progress_counts_it() -> None:
    desk = Desk()
    config = DiallerConfig(mode=MULTI_DAY, window=WINDOW, retry=RetryPolicy(on_business=["again"]))
    campaign_id = desk.create(count=1, config=config)
    desk.service.start(campaign_id, by="ops")
    [dial] = desk.dials()
    desk.answer(dial)
    assert (desk.row().progress, desk.row().connected) == (Rate(0, 1), 1)
    desk.service.record([CallAnalysis(dial.attempt_id, desk.clock.now(), "done")])
    assert desk.row().progress == Rate(1, 1)
