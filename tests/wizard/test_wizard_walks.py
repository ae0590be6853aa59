"""Whatever a person does, in whatever order: nothing raises, nothing required is passed over, nothing is lost."""

from __future__ import annotations

import math
import re
from decimal import Decimal, InvalidOperation
from typing import Any

import attrs
import pytest
from hypothesis import event, given, settings

from ori_campaigns.codec import dumps, loads
from ori_campaigns.wizard import STEPS, Entries, Step, Wizard, WizardPage
from wizard.moves import Move, beginnings, play, walks

ZONES = {"Asia/Kolkata", "UTC", "Asia/Kathmandu"}
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
NUMERIC = {"concurrency_limit", "max_attempts", "delay_minutes", "stop_after_seconds", "redial_under_seconds"}
FIVE = {"no_answer", "rejected", "RNR", "error", "timeout"}


# --- what is right, said once more and without the library ------------------------------------------------------------


def comes_to(text: str, default: int) -> int | None:
    """What a numeric field is saved as; `None` where it is too large."""
    written = text.strip()
    try:
        number = Decimal(written) if set(written) <= set("0123456789+-.eE") else Decimal(0)
    except InvalidOperation:
        return default
    if number < 1:
        return default
    return None if math.floor(min(number, Decimal(10**7))) > 1_000_000 else math.floor(number)


def basics(wizard: Wizard) -> bool:
    entries = wizard.entries
    if wizard.has_run:
        return True
    name = entries.name.strip()
    # Each is printable but for a space; and none breaks the line or the encoding.
    named = any(each.isprintable() and each != " " for each in name) and not BREAKS.search(name)
    return named and entries.bot in {bot.id for bot in wizard.offers.bots}


def pool(wizard: Wizard) -> bool:
    offered = {
        entry.number.reveal() for carrier in wizard.offers.carriers for entry in carrier.numbers if entry.outbound
    }
    ticked = {number.reveal() for number in wizard.entries.numbers}
    return bool(ticked) and ticked <= offered


def config(wizard: Wizard) -> bool:
    entries = wizard.entries
    clock = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
    times = all(clock.fullmatch(each) for each in (entries.window_start, entries.window_end))
    numbers = [entries.concurrency_limit, entries.max_attempts, entries.delay_minutes]
    numbers += [entries.stop_after_seconds] * entries.stop_rule + [entries.redial_under_seconds] * entries.redial_rule
    return (
        times
        and entries.window_start != entries.window_end
        and entries.timezone in ZONES
        and bool(entries.working_days)
        and set(entries.working_days) <= set("0123456")
        and entries.mode in {"single_day", "multi_day"}
        and set(entries.on_system) <= FIVE
        and not any(BREAKS.search(each.strip()) for each in entries.on_business.split(","))
        and all(comes_to(each, 1) is not None for each in numbers)
    )


def contacts(wizard: Wizard) -> bool:
    if wizard.has_run:
        return True
    stored = wizard.editing is not None and wizard.editing.contacts > 0
    always_on = wizard.entries.mode == "multi_day" and wizard.entries.always_on
    return wizard.refused is None and (wizard.uploaded is not None or stored or always_on)


CHECKS = {Step.BASICS: basics, Step.NUMBER_POOL: pool, Step.DIALLER_CONFIG: config, Step.UPLOAD_CSV: contacts}


def editable(wizard: Wizard) -> bool:
    return wizard.editing is None or wizard.editing.status.value in {"draft", "paused"}


def may_create(wizard: Wizard) -> bool:
    """W3: on Review, of a campaign that can be edited, nothing running, no error."""
    return (
        wizard.step is Step.REVIEW
        and editable(wizard)
        and not wizard.is_working
        and all(check(wizard) for check in CHECKS.values())
    )


def settled(entries: Entries) -> Entries:
    """W6, W9, W10: what Next makes of numeric fields that were not left."""
    numbers = {
        "concurrency_limit": comes_to(entries.concurrency_limit, 50),
        "max_attempts": comes_to(entries.max_attempts, 3),
        "delay_minutes": comes_to(entries.delay_minutes, 30),
        "stop_after_seconds": comes_to(entries.stop_after_seconds, 30) if entries.stop_rule else None,
        "redial_under_seconds": comes_to(entries.redial_under_seconds, 15) if entries.redial_rule else None,
    }
    settling: dict[str, Any] = {key: str(number) for key, number in numbers.items() if number is not None}
    return attrs.evolve(entries, **settling)


# --- walks ------------------------------------------------------------------------------------------------------------


def check_standing(wizard: Wizard) -> None:
    """What holds wherever the person stands."""
    page = wizard.page()
    enabled = {button.key: button.enabled for button in page.buttons}
    is_complete = wizard.step is not Step.REVIEW and CHECKS[wizard.step](wizard)
    assert wizard.can_advance is page.can_advance is (is_complete and not wizard.is_working)
    assert wizard.can_create is may_create(wizard)
    if wizard.step is Step.REVIEW:
        assert enabled["create"] is may_create(wizard)
    else:
        assert enabled["next"] is page.can_advance
    assert loads(Wizard, dumps(wizard)) == wizard
    assert loads(WizardPage, dumps(page)) == page


def check_move(before: Wizard, move: Move, after: Wizard) -> None:
    """What one move may do."""
    name, arguments = move
    step = after.step.number - before.step.number
    if name == "next":
        assert step == before.can_advance
    elif name == "back":
        assert step == -(before.step is not Step.BASICS and not before.is_working)
    elif name == "go":
        wanted = STEPS.index(Step(arguments[0])) + 1
        assert after.step.number == (
            wanted if wanted < before.step.number and not before.is_working else before.step.number
        )
    else:
        assert step == 0
    changed = {
        each.name
        for each in attrs.fields(Entries)
        if getattr(before.entries, each.name) != getattr(after.entries, each.name)
    }
    if name in {"next", "working"}:
        assert after.entries in {before.entries, settled(before.entries)} or changed <= NUMERIC
        expected = settled(before.entries) if before.step is Step.DIALLER_CONFIG and step else before.entries
        assert name == "working" or after.entries == expected
    elif name in {"enter", "toggle", "leave"}:
        also = {"always_on"} if arguments[0] == "mode" else set()
        assert changed <= ({arguments[0]} | also if before.enabled(arguments[0]) else set())
    else:
        assert not changed
    if before.has_run:
        assert not changed & {"name", "bot"}
        assert (after.uploaded, after.refused) == (None, None)
    if before.is_working and name not in {"failed", "offered"}:
        assert after == before


@pytest.mark.behaviour("W1", "W2", "W3", "W18", "L10", "L14")
@settings(max_examples=250)
@given(beginnings(), walks())
def test_any_walk(wizard: Wizard, walk: list[Move]) -> None:
    check_standing(wizard)
    for move in walk:
        moved = play(wizard, move)
        check_move(wizard, move, moved)
        wizard = moved
        check_standing(wizard)
    event(f"ends on {wizard.step.value}")
    event(f"working {wizard.is_working}, create enabled {wizard.can_create}")


@pytest.mark.behaviour("W1", "W2", "W6", "W9", "W10")
@settings(max_examples=150)
@given(beginnings(), walks())
def test_back_and_next_change_nothing_but_numbers_that_were_not_left(wizard: Wizard, walk: list[Move]) -> None:
    for move in walk:
        wizard = play(wizard, move)
        there = wizard.back()
        if there.step is wizard.step or not there.can_advance:
            continue
        again = there.next()
        expected = settled(wizard.entries) if there.step is Step.DIALLER_CONFIG else wizard.entries
        assert again == attrs.evolve(wizard, entries=expected)


@pytest.mark.behaviour("W2", "W3")
@settings(max_examples=150)
@given(beginnings(), walks())
def test_a_walk_may_be_broken_off_and_gone_on_with_later(wizard: Wizard, walk: list[Move]) -> None:
    kept = wizard
    for move in walk:
        wizard, kept = play(wizard, move), loads(Wizard, dumps(play(kept, move)))
    assert kept == wizard
    assert kept.page() == wizard.page()


@pytest.mark.behaviour("W6", "W9", "W10")
@settings(max_examples=150)
@given(beginnings(), walks())
def test_numbers_are_saved_as_the_rules_say(wizard: Wizard, walk: list[Move]) -> None:
    for move in walk:
        wizard = play(wizard, move)
    entries, saved = wizard.entries, wizard.draft().config
    expected = {
        "concurrency": comes_to(entries.concurrency_limit, 50),
        "attempts": comes_to(entries.max_attempts, 3),
        "delay": comes_to(entries.delay_minutes, 30),
        "stop": comes_to(entries.stop_after_seconds, 30) if entries.stop_rule else -1,
        "redial": comes_to(entries.redial_under_seconds, 15) if entries.redial_rule else -1,
    }
    found = {
        "concurrency": saved.concurrency_limit,
        "attempts": saved.retry.max_attempts,
        "delay": saved.retry.delay_minutes,
        "stop": -1 if saved.redial.stop_after_seconds is None else saved.redial.stop_after_seconds,
        "redial": -1 if saved.redial.redial_under_seconds is None else saved.redial.redial_under_seconds,
    }
    for key, number in expected.items():
        if number is None:
            assert found[key] > 1_000_000
        else:
            assert found[key] == number
