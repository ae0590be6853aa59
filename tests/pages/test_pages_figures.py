"""Live figures: who rings, who talks, who waits, how fast it goes, what comes next, when it may end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import attrs
import pytest

from ori_campaigns.campaign import Campaign, CampaignStatus, CompletionReason
from ori_campaigns.codec import dumps, loads
from ori_campaigns.config import CampaignMode, DiallerConfig
from ori_campaigns.contact import ContactStatus
from ori_campaigns.instants import HOUR, MINUTE, Instant, to_instant
from ori_campaigns.pages import DETAIL_TEXTS, LiveFigures
from ori_campaigns.pages.figures import Moment, estimate, live_figures
from ori_campaigns.reports import Accepted, Answered, Ringing
from ori_campaigns.testing.bench import Bench
from ori_campaigns.views import Counters
from ori_campaigns.windows import CallingWindow

UTC_ZONE = ZoneInfo("UTC")
# A Monday, in the middle of a window from nine to six.
NOON = to_instant(datetime(2026, 1, 5, 12, tzinfo=UTC))
OFFICE = DiallerConfig(
    mode=CampaignMode.MULTI_DAY, window=CallingWindow("09:00", "18:00", "UTC", working_days={0, 1, 2, 3, 4})
)
RUNNING = Campaign(
    id="c",
    workspace="default",
    name="Renewals",
    bot="asha",
    numbers=(),
    config=OFFICE,
    created_at=0,
    created_by="ops",
    status=CampaignStatus.RUNNING,
    started_at=NOON - 2 * HOUR,
)


def live(bench: Bench, campaign: Campaign) -> LiveFigures:
    return bench.service.detail(campaign.id).live


# --- what goes on -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M8")
def test_calls_by_what_they_are_doing() -> None:
    bench = Bench()
    campaign = bench.running(6, concurrency_limit=5)
    talks, rings, is_sent, *_ = bench.dials()
    bench.at_once(Accepted, talks, rings, is_sent)
    bench.at_once(Ringing, talks, rings)
    bench.at_once(Answered, talks)
    shown = live(bench, campaign)
    # Two more are reserved and not sent yet; they hold a seat, and are no calls.
    assert (shown.live, shown.ringing, shown.in_progress, shown.starting, shown.draining) == (5, 1, 1, 3, 0)
    assert (shown.last_second, shown.last_minute, shown.a_second) == (3, 3, 0.05)
    assert (shown.fresh, shown.retries, shown.callbacks, shown.awaiting_analysis) == (1, 0, 0, 0)
    assert [(each.key, each.value) for each in shown.labels] == [
        ("ringing", 1),
        ("in_progress", 1),
        ("starting", 3),
        ("draining", 0),
        ("last_second", 3),
        ("last_minute", 3),
        ("fresh", 1),
        ("retries", 0),
        ("callbacks", 0),
        ("awaiting_analysis", 0),
    ]
    assert shown.as_of == datetime(2026, 1, 5, 4, 30, tzinfo=UTC)


@pytest.mark.behaviour("M8")
@pytest.mark.parametrize("action", ["pause", "stop", "fail"])
def test_calls_drain_once_no_other_follows(action: str) -> None:
    bench = Bench()
    campaign = bench.running(3)
    dials = bench.dials()
    bench.at_once(Accepted, *dials)
    {
        "pause": lambda: bench.service.pause(campaign.id, by="ops", wait=False),
        "stop": lambda: bench.service.stop(campaign.id, by="ops", wait=False),
        "fail": lambda: bench.service.fail(campaign.id, "x", by="ops", wait=False),
    }[action]()
    assert live(bench, campaign).draining == 3
    bench.at_once(Answered, dials[0])
    assert live(bench, campaign).in_progress == 1
    bench.no_answer(*dials[1:])
    assert live(bench, campaign).draining == 1


@pytest.mark.behaviour("M8")
def test_who_waits_and_for_what() -> None:
    bench = Bench()
    campaign = bench.running(6, concurrency_limit=4, callback_detection=True)
    first, second, third, fourth = bench.dials()
    bench.no_answer(first, second)
    bench.booked(third, minutes=90)
    shown = live(bench, campaign)
    assert (shown.fresh, shown.retries) == (2, 2)
    assert shown.callbacks + shown.awaiting_analysis == 1
    assert shown.live == 1
    assert fourth.attempt_id


@pytest.mark.behaviour("M8")
def test_the_pace_is_of_the_last_second_and_minute() -> None:
    bench = Bench()
    campaign = bench.running(4, concurrency_limit=1)
    [first] = bench.dials()
    bench.talked(first, seconds=30)
    [second] = bench.dials()
    bench.at_once(Accepted, second)
    shown = live(bench, campaign)
    assert (shown.last_second, shown.last_minute, shown.a_second) == (1, 2, 2 / 60)
    bench.clock.advance(seconds=31)
    assert (live(bench, campaign).last_second, live(bench, campaign).last_minute) == (0, 1)


# --- what comes next --------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("M8")
def test_the_next_call_waits_for_the_contact_and_for_the_window() -> None:
    bench = Bench()
    campaign = bench.running(1)
    bench.no_answer(*bench.dials())
    # It rang for 25 seconds; the next try is 30 minutes later.
    assert live(bench, campaign).next_call == datetime(2026, 1, 5, 5, 0, 25, tzinfo=UTC)
    # The window is from nine to six in Kolkata: after six it is tomorrow at nine.
    bench.clock.advance(hours=10)
    assert live(bench, campaign).next_call == datetime(2026, 1, 6, 3, 30, tzinfo=UTC)
    bench.service.pause(campaign.id, by="ops")
    assert live(bench, campaign).next_call is None


@pytest.mark.behaviour("M8")
def test_nobody_waits_so_nothing_comes_next() -> None:
    bench = Bench()
    campaign = bench.running(1)
    bench.at_once(Accepted, *bench.dials())
    assert live(bench, campaign).next_call is None


# --- when it may end --------------------------------------------------------------------------------------------------


def counters(final: int, waiting: int) -> Counters:
    return Counters({ContactStatus.COMPLETED: final, ContactStatus.PENDING: waiting})


def at(day: int, hour: float) -> Instant:
    return to_instant(datetime(2026, 1, day, tzinfo=UTC) + timedelta(hours=hour))


CLOSED_WITHOUT_A_CALL = (ContactStatus.EXCLUDED, ContactStatus.MANUAL_STOPPED, ContactStatus.WINDOW_CLOSED)
ENDED_BY_CALLS = (ContactStatus.COMPLETED, ContactStatus.EXHAUSTED, ContactStatus.ABANDONED, ContactStatus.MACHINE)

ESTIMATES = {
    # Since ten o'clock: 20 in two hours. As many are left: two hours more.
    "the same again": (RUNNING, counters(20, 20), at(5, 14), "pace"),
    "half of it": (RUNNING, counters(20, 10), at(5, 13), "pace"),
    "to the end of the window": (RUNNING, counters(20, 60), at(5, 18), "pace"),
    "into tomorrow": (RUNNING, counters(20, 70), at(6, 10), "pace"),
    "over the weekend": (RUNNING, counters(20, 60 + 4 * 90 + 10), at(12, 10), "pace"),
    "all are final": (RUNNING, counters(20, 0), NOON, "pace"),
    "nobody yet": (RUNNING, counters(0, 20), None, "too_early"),
    "nobody was called": (
        RUNNING,
        Counters(dict.fromkeys(CLOSED_WITHOUT_A_CALL, 900) | {ContactStatus.PENDING: 100}),
        None,
        "too_early",
    ),
    # Of the list of 1,000 there are 20 left, and 20 were called in two hours.
    "the excluded are no work": (
        RUNNING,
        Counters({ContactStatus.EXCLUDED: 960, ContactStatus.EXHAUSTED: 20, ContactStatus.PENDING: 20}),
        at(5, 14),
        "pace",
    ),
    "all ends by calling": (
        RUNNING,
        Counters(dict.fromkeys(ENDED_BY_CALLS, 5) | {ContactStatus.RETRY_SCHEDULED: 20}),
        at(5, 14),
        "pace",
    ),
    "everybody is excluded": (RUNNING, Counters({ContactStatus.EXCLUDED: 20}), NOON, "pace"),
    "just begun": (attrs.evolve(RUNNING, started_at=NOON), counters(1, 20), None, "too_early"),
    # Since Friday at five: an hour then, three hours today.
    "nights do not count": (attrs.evolve(RUNNING, started_at=at(2, 17)), counters(40, 20), at(5, 14), "pace"),
    "years": (RUNNING, counters(1, 10**6), None, "too_far"),
    "the day ends first": (
        attrs.evolve(RUNNING, config=attrs.evolve(OFFICE, mode=CampaignMode.SINGLE_DAY), cutoff=at(5, 18)),
        counters(20, 70),
        at(5, 18),
        "window",
    ),
    "before the day ends": (attrs.evolve(RUNNING, cutoff=at(5, 18)), counters(20, 20), at(5, 14), "pace"),
    "a day of which nothing is known": (attrs.evolve(RUNNING, cutoff=at(5, 18)), counters(0, 20), None, "too_early"),
    "paused": (attrs.evolve(RUNNING, status=CampaignStatus.PAUSED), counters(20, 20), None, "not_running"),
    "completed": (attrs.evolve(RUNNING, status=CampaignStatus.COMPLETED), counters(20, 0), None, "not_running"),
    "a draft": (
        attrs.evolve(RUNNING, status=CampaignStatus.DRAFT, started_at=None),
        counters(0, 20),
        None,
        "not_running",
    ),
    "closing": (
        attrs.evolve(RUNNING, closing=CompletionReason.WINDOW_CLOSED),
        counters(20, 0),
        None,
        "closing",
    ),
    "always on": (
        attrs.evolve(RUNNING, config=attrs.evolve(OFFICE, always_on=True)),
        counters(20, 20),
        None,
        "always_on",
    ),
}


@pytest.mark.behaviour("M8")
@pytest.mark.parametrize("name", ESTIMATES)
def test_when_it_may_end(name: str) -> None:
    campaign, counted, end, basis = ESTIMATES[name]
    found = estimate(campaign, counted, NOON, None, texts=DETAIL_TEXTS, zone=UTC_ZONE)
    assert (None if found.at is None else to_instant(found.at), found.basis) == (end, basis)
    assert found.at_text == ("" if found.at is None else f"{found.at:%Y-%m-%d %H:%M} UTC")
    assert found.text.endswith(".")
    assert "_" not in found.text


@pytest.mark.behaviour("M8")
def test_it_does_not_end_before_the_next_call() -> None:
    found = estimate(RUNNING, counters(20, 1), NOON, NOON + HOUR, texts=DETAIL_TEXTS, zone=UTC_ZONE)
    assert found.at == datetime(2026, 1, 5, 13, tzinfo=UTC)


@pytest.mark.behaviour("M8")
def test_excluded_before_the_start_is_no_progress() -> None:
    bench = Bench()
    campaign = bench.create([f"9198{nth:08d}" for nth in range(100)])
    bench.service.exclude(campaign.id, [f"9198{nth:08d}" for nth in range(90)], by="ops")
    bench.service.start(campaign.id, by="ops")
    bench.clock.advance(seconds=10)
    found = live(bench, campaign).estimate
    assert (found.at, found.at_text, found.basis) == (None, "", "too_early")


@pytest.mark.behaviour("M8")
@pytest.mark.behaviour("M8")
def test_who_is_due_after_the_cutoff_waits_for_the_end_of_the_window() -> None:
    single = attrs.evolve(OFFICE, mode=CampaignMode.SINGLE_DAY)
    today = attrs.evolve(RUNNING, config=single, opening_day=date(2026, 1, 5), cutoff=NOON + 6 * HOUR)
    moment = Moment(NOON, next_due=NOON + 7 * HOUR)
    shown = live_figures(today, counters(20, 19), moment, texts=DETAIL_TEXTS, zone=UTC_ZONE)
    assert shown.next_call is None
    assert (shown.estimate.at, shown.estimate.basis) == (datetime(2026, 1, 5, 18, tzinfo=UTC), "window")
    # A little earlier it could still be called.
    moment = Moment(NOON, next_due=NOON + 5 * HOUR)
    shown = live_figures(today, counters(20, 19), moment, texts=DETAIL_TEXTS, zone=UTC_ZONE)
    assert (shown.estimate.at, shown.estimate.basis) == (datetime(2026, 1, 5, 17, tzinfo=UTC), "pace")


def test_pace_next_call_and_end_in_words() -> None:
    bench = Bench()
    campaign = bench.running(1)
    bench.no_answer(*bench.dials())
    lines = live(bench, campaign).lines
    assert [(each.label, each.text, each.note) for each in lines] == [
        ("Dials per second", "0.02", ""),
        ("Next call", "2026-01-05 05:00 UTC", ""),
        ("Expected end", "–", "No call has brought a contact to its end yet."),  # noqa: RUF001 - a dash for nothing
    ]
    bench.service.pause(campaign.id, by="ops")
    assert [each.text for each in live(bench, campaign).lines] == ["0.02", "–", "–"]  # noqa: RUF001


def test_json_there_and_back_changes_nothing() -> None:
    moment = Moment(NOON, 1, 2, NOON + MINUTE)
    for campaign, counted, *_ in ESTIMATES.values():
        shown = live_figures(campaign, counted, moment, texts=DETAIL_TEXTS, zone=ZoneInfo("Asia/Kolkata"))
        assert loads(LiveFigures, dumps(shown)) == shown
