"""The campaign that was entered is the one the service makes: same config, same problems, both readings."""

from __future__ import annotations

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ori_campaigns.codec import dumps, loads
from ori_campaigns.config import MULTI_DAY, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.validation import errors_among, with_defaults
from ori_campaigns.windows import CallingWindow
from ori_campaigns.wizard import FIELDS, STEPS, Step, Wizard
from wizard.desk import FIRST, PEOPLE, SECOND, STRANGE, at, codes, editing, new, service
from wizard.moves import fillings

# What only the wizard knows.
ITS_OWN = {"action_not_allowed", "bad_number", "contacts_required"}


def refused(wizard: Wizard, *, strict: bool) -> tuple[Problem, ...]:
    """What the service says of the draft."""
    try:
        service().create(wizard.draft(strict=strict), by="ops", strict=strict)
    except InvalidDefinition as error:
        return error.problems
    return ()


@pytest.mark.behaviour("W17", "W6", "W7", "W8", "W9", "W10", "W12")
def test_what_was_entered_is_what_is_made() -> None:
    wizard = new(
        name=" Renewals ",
        bot="ravi",
        numbers=[SECOND, FIRST],
        concurrency_limit="12.9",
        mode="multi_day",
        always_on=True,
        window_start="20:00",
        window_end="02:00",
        timezone="Asia/Kathmandu",
        working_days=["6", "0"],
        max_attempts="",
        delay_minutes="1e1",
        on_system=["RNR"],
        on_business="later,, Later,no",
        stop_rule=True,
        stop_after_seconds="0",
        redial_rule=True,
        redial_under_seconds="20",
        callback_detection=True,
        sticky_exclusion=True,
    )
    campaign = service().create(wizard.draft(strict=True), by="ops", strict=False)
    assert campaign == service().create(wizard.draft(), by="ops")
    assert (campaign.name, campaign.bot) == ("Renewals", "ravi")
    assert [each.reveal() for each in campaign.numbers] == [SECOND, FIRST]
    assert campaign.config == DiallerConfig(
        12,
        MULTI_DAY,
        always_on=True,
        window=CallingWindow("20:00", "02:00", "Asia/Kathmandu", {0, 6}),
        retry=RetryPolicy(3, 10, {"RNR"}, ("later", "no")),
        redial=RedialRules(30, 20),
        callback_detection=True,
        sticky_exclusion=True,
    )


@pytest.mark.behaviour("W17")
@pytest.mark.parametrize(
    ("key", "typed", "code"),
    [
        ("concurrency_limit", "0", "below_one"),
        ("concurrency_limit", "", "not_a_whole_number"),
        ("max_attempts", "1.5", "not_a_whole_number"),
        ("delay_minutes", "abc", "not_a_whole_number"),
        ("delay_minutes", "7.0", "not_a_whole_number"),
        ("max_attempts", "7", ""),
    ],
)
def test_strict_refuses_what_is_defaulted_otherwise(key: str, typed: str, code: str) -> None:
    wizard = at(Step.REVIEW).enter(key, typed)
    assert codes(wizard.problems()) == []
    expected = [code] if code else []
    assert codes(wizard.problems(strict=True)) == expected
    assert [each.code for each in refused(wizard, strict=True)] == expected


@pytest.mark.behaviour("W17", "W2")
def test_every_problem_of_every_step_at_once() -> None:
    wizard = new(
        numbers=[STRANGE],
        concurrency_limit="1000001",
        mode="weekly",
        window_start="9",
        timezone="Nowhere",
        working_days=[],
        on_system=["busy"],
    )
    found = [(each.path, each.code) for each in wizard.problems() if each.severity == "error"]
    assert found == [
        ("name", "name_blank"),
        ("bot", "bot_blank"),
        ("numbers[0]", "number_not_configured"),
        ("config.concurrency_limit", "too_large"),
        ("config.window.start", "bad_time"),
        ("config.window.timezone", "unknown_timezone"),
        ("config.window.working_days", "no_working_days"),
        ("config.mode", "unknown_mode"),
        ("config.retry.on_system", "unknown_disposition"),
        ("contacts", "contacts_required"),
    ]
    by_step = [len(attrs.evolve(wizard, step=step).page().problems) for step in STEPS]
    assert by_step == [2, 1, 6, 1, 10], "each is told on its step, and Review has them all"
    for problem in wizard.problems():
        assert problem.message.endswith(".")
        assert problem.hint.endswith(".")


@pytest.mark.behaviour("W17")
def test_a_problem_of_no_field_is_told_on_review() -> None:
    wizard = editing(config=DiallerConfig(analysis_wait_seconds=-1))
    assert codes(attrs.evolve(wizard, step=Step.REVIEW).page().problems) == ["negative"]
    assert all(attrs.evolve(wizard, step=step).page().problems == () for step in STEPS[:-1])
    assert not attrs.evolve(wizard, step=Step.REVIEW).can_create


@pytest.mark.behaviour("W17", "W6", "W9", "W10")
@settings(max_examples=150)
@given(fillings())
def test_wizard_and_service_say_the_same(wizard: Wizard) -> None:
    for strict in (False, True):
        mine = [each for each in errors_among(wizard.problems(strict=strict)) if each.code not in ITS_OWN]
        assert tuple(mine) == refused(wizard, strict=strict)


@pytest.mark.behaviour("W17", "W6", "W7", "W9", "W10")
@settings(max_examples=150)
@given(fillings())
def test_wizard_and_service_default_the_same(wizard: Wizard) -> None:
    typed, lenient = wizard.draft(strict=True), wizard.draft()
    assert lenient.config == with_defaults(typed.config)
    if not errors_among(wizard.problems()):
        made = service().create(typed, PEOPLE, by="ops", strict=False)
        assert made.config == lenient.config
        assert (made.name, made.bot, made.numbers) == (lenient.name, lenient.bot, lenient.numbers)
        assert dumps(loads(type(made), dumps(made))) == dumps(made)


@pytest.mark.behaviour("W17")
@settings(max_examples=100)
@given(fillings(), st.sampled_from(sorted(FIELDS)))
def test_a_problem_is_told_where_it_can_be_put_right(wizard: Wizard, key: str) -> None:
    shown = {each.key: each for step in STEPS for each in attrs.evolve(wizard, step=step).page().fields}
    told = {id(problem) for each in shown.values() for problem in each.problems}
    assert bool(told) is bool(wizard.problems())
    if key in shown and errors_among(shown[key].problems):
        step = FIELDS[key].step
        assert not attrs.evolve(wizard, step=step).can_advance
