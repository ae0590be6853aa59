"""Strategies for hypothesis: valid configs and drafts, histories of a contact, and what carriers may tell of a call.

Everything that is drawn is valid; draw what is not from strategies of your own, next to the rule that refuses it.
"""

from __future__ import annotations

from collections.abc import Sequence

try:
    from hypothesis import strategies as st
except ModuleNotFoundError as error:  # pragma: no cover - the tests have it
    raise ModuleNotFoundError(
        "ori_campaigns.testing.strategies needs hypothesis: python -m pip install hypothesis", name="hypothesis"
    ) from error

from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.config import (
    MULTI_DAY,
    SINGLE_DAY,
    SYSTEM_DISPOSITIONS,
    DiallerConfig,
    RedialRules,
    RetryPolicy,
)
from ori_campaigns.diallers.answers import Fate, answered, unanswered
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.reports import (
    Accepted,
    Answered,
    BotReport,
    CallAnalysis,
    DialRequest,
    EarlyMedia,
    Ended,
    Report,
    Ringing,
)
from ori_campaigns.testing.world import BOT, POOL
from ori_campaigns.validation import name_problems
from ori_campaigns.windows import ALL_DAYS, CallingWindow

ZONES = (
    "UTC",
    "Asia/Kolkata",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "America/St_Johns",
    "Africa/Casablanca",
)
"""Zones with whole, half and quarter hours, with and without daylight saving time, on both sides of the date line."""

_UNANSWERED = ("no_answer", "rejected", "error", "busy", "bad_number", "unreachable")
_ANSWERED = ("customer", "bot", "RNR", "voicemail", "machine", "transfer", "abandoned")
_BUSINESS = ("sold", "not interested", "call later", "wrong person")
_DAY = 24 * 60


def windows() -> st.SearchStrategy[CallingWindow]:
    """Draw calling windows: any hours, overnight ones too, in any of `ZONES`, on any days.

    >>> from hypothesis import given
    >>> @given(windows())
    ... def test_every_window_is_valid(window):
    ...     assert window.problems() == ()
    >>> test_every_window_is_valid()
    """

    def window(minutes: Sequence[int], zone: str, days: frozenset[int]) -> CallingWindow:
        start, end = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in minutes)
        return CallingWindow(start, end, zone, working_days=days)

    minutes = st.lists(st.integers(0, _DAY - 1), min_size=2, max_size=2, unique=True)
    days = st.frozensets(st.sampled_from(sorted(ALL_DAYS)), min_size=1)
    return st.builds(window, minutes, st.sampled_from(ZONES), days)


def retry_policies() -> st.SearchStrategy[RetryPolicy]:
    """Draw retry policies: one to five attempts, a minute to two hours apart, for any outcomes.

    >>> from hypothesis import given
    >>> @given(retry_policies())
    ... def test_there_is_always_a_first_attempt(policy):
    ...     assert policy.max_attempts >= 1
    >>> test_there_is_always_a_first_attempt()
    """
    return st.builds(
        RetryPolicy,
        max_attempts=st.integers(1, 5),
        delay_minutes=st.integers(1, 120),
        on_system=st.frozensets(st.sampled_from(SYSTEM_DISPOSITIONS)),
        on_business=st.lists(st.sampled_from(_BUSINESS), unique=True),
    )


def configs() -> st.SearchStrategy[DiallerConfig]:
    """Draw dialler configs that a campaign can be created with.

    >>> from hypothesis import given
    >>> from ori_campaigns.validation import config_problems, errors_among
    >>> @given(configs())
    ... def test_every_config_is_valid(config):
    ...     assert errors_among(config_problems(config)) == ()
    >>> test_every_config_is_valid()
    """
    seconds = st.none() | st.integers(1, 120)
    return st.tuples(st.sampled_from((SINGLE_DAY, MULTI_DAY)), st.booleans()).flatmap(
        lambda drawn: st.builds(
            DiallerConfig,
            concurrency_limit=st.integers(1, 100),
            mode=st.just(drawn[0]),
            always_on=st.just(drawn[1] and drawn[0] is MULTI_DAY),
            window=windows(),
            retry=retry_policies(),
            redial=st.builds(RedialRules, stop_after_seconds=seconds, redial_under_seconds=seconds),
            callback_detection=st.booleans(),
            callbacks_may_exceed_max_attempts=st.booleans(),
            sticky_exclusion=st.booleans(),
            analysis_wait_seconds=st.sampled_from((0, 1, 120)),
        )
    )


_SHOWN = st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"])


def drafts(bot: str = BOT, numbers: Sequence[str] = POOL) -> st.SearchStrategy[CampaignDraft]:
    """Draw drafts of campaigns.

    Parameters:
        bot: the bot they name; the one of `World` unless given.
        numbers: the numbers from which pools are drawn, in any order; those of `World` unless given.

    >>> from hypothesis import given
    >>> from ori_campaigns.testing import World
    >>> @given(drafts())
    ... def test_every_draft_can_be_created(draft):
    ...     assert World().service.create(draft, by="test").name == draft.name
    >>> test_every_draft_can_be_created()
    """
    return st.builds(
        CampaignDraft,
        name=st.text(_SHOWN, min_size=1, max_size=40).filter(lambda name: not name_problems(name.strip())),
        bot=st.just(bot),
        numbers=st.lists(st.sampled_from(list(numbers)), min_size=1, max_size=len(numbers), unique=True),
        config=configs(),
    )


def histories(most: int = 6) -> st.SearchStrategy[list[Fate]]:
    """Draw what happens on the calls to one person, first to last; a script for `World.dialler`.

    Parameters:
        most: calls at the most.

    >>> from hypothesis import given, settings
    >>> from ori_campaigns import RetryPolicy
    >>> from ori_campaigns.testing import World
    >>> @settings(max_examples=20)
    ... @given(histories())
    ... def test_nobody_is_called_more_than_twice(fates):
    ...     world = World()
    ...     world.dialler.script("919800000001", fates)
    ...     world.start(retry=RetryPolicy(max_attempts=2, on_system={"no_answer", "RNR"}))
    ...     world.until("idle")
    ...     assert len(world.dialler.calls_to("919800000001")) <= 2
    >>> test_nobody_is_called_more_than_twice()
    """
    not_reached = st.builds(unanswered, st.sampled_from(_UNANSWERED), ring=st.integers(1, 90))
    reached = st.builds(
        answered,
        st.sampled_from(_ANSWERED),
        seconds=st.integers(0, 700),
        ring=st.integers(0, 40),
        business=st.none() | st.sampled_from(("", *_BUSINESS)),
    )
    return st.lists(not_reached | reached, min_size=1, max_size=most)


def event_sequences(request: DialRequest, *, placed_at: Instant | None = None) -> st.SearchStrategy[list[Report]]:
    """Draw what may be told of one call, in the order of arrival: late, doubled, out of order, with some of it lost.

    All of it is of one true course; each report says when it happened, whenever it comes.

    Parameters:
        request: the call.
        placed_at: when the carrier took it (microseconds UTC); the last moment allowed unless given.

    >>> from hypothesis import given, settings, strategies
    >>> from ori_campaigns.testing import World
    >>> @settings(max_examples=20)
    ... @given(strategies.data())
    ... def test_whatever_is_told_a_call_ends_once(data):
    ...     world = World()
    ...     world.start("919800000001")
    ...     [dial] = world.service.step().dials
    ...     for report in data.draw(event_sequences(dial)):
    ...         world.clock.advance(minutes=1)
    ...         world.service.record([report])
    ...     world.until("idle")
    ...     assert [attempt.status.value for attempt in world.attempts()] == ["ended"]
    >>> test_whatever_is_told_a_call_ends_once()
    """
    begins = request.not_after if placed_at is None else placed_at
    return _courses(request.attempt_id, begins).flatmap(_told)


def _told(course: list[Report]) -> st.SearchStrategy[list[Report]]:
    """Tell of a course as carriers do: each report never, once or twice, in any order."""
    times = st.lists(st.sampled_from((1, 1, 1, 2, 0)), min_size=len(course), max_size=len(course))

    def repeated(counts: list[int]) -> st.SearchStrategy[list[Report]]:
        told = [report for report, count in zip(course, counts, strict=True) for _ in range(count)]
        return st.just(told) | st.permutations(told).map(list)

    return times.flatmap(repeated)


@st.composite
def _courses(draw: st.DrawFn, name: str, at: Instant) -> list[Report]:
    """Draw what truly happens on a call, in order."""
    seconds = st.integers(0, 120).map(lambda each: each * SECOND)
    course: list[Report] = [Accepted(name, at)]
    rang_at = answered_at = None
    if draw(st.booleans()):
        at = rang_at = at + draw(seconds)
        course.append(Ringing(name, at))
        if draw(st.booleans()):
            course.append(EarlyMedia(name, at))
        if draw(st.booleans()):
            at = answered_at = at + draw(seconds)
            course.append(Answered(name, at))
    at += draw(seconds)
    if answered_at is None:
        course.append(Ended(name, at, draw(st.sampled_from(("no_answer", "rejected", "error"))), rang_at=rang_at))
        return course
    if draw(st.booleans()):
        began = draw(st.none() | st.booleans())
        course.append(BotReport(name, at, began, draw(st.sampled_from(("", "RNR", "voicemail", "transfer")))))
    course.append(Ended(name, at, draw(st.sampled_from(("customer", "bot"))), "", answered_at, rang_at))
    if draw(st.booleans()):
        course.append(CallAnalysis(name, at + draw(seconds), draw(st.sampled_from(("", *_BUSINESS)))))
    return course
