"""Every field of the wizard: what it holds at first, what becomes of what is typed, left or not, and what is saved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from ori_campaigns.carriers import Carrier, CarrierNumber
from ori_campaigns.config import MULTI_DAY, SINGLE_DAY, DiallerConfig, RetryPolicy
from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.wizard import FIELDS, Kind, Offers, PageField, Step, Wizard
from wizard.desk import (
    CARRIERS,
    FIRST,
    INBOUND,
    OFFERS,
    PEOPLE,
    SECOND,
    STRANGE,
    THIRD,
    at,
    codes,
    editing,
    field,
    new,
)

SEVEN = "0,1,2,3,4,5,6"


def full() -> Wizard:
    """On step 3 with every field there is."""
    wizard = at(Step.DIALLER_CONFIG).enter("mode", "multi_day")
    return wizard.enter("stop_rule", value=True).enter("redial_rule", value=True)


# --- the table of all fields ------------------------------------------------------------------------------------------

# key: kind, step, default, required
FIELD_TABLE: dict[str, tuple[str, str, str, bool]] = {
    "name": ("text", "basics", "", True),
    "bot": ("choice", "basics", "", True),
    "numbers": ("choices", "number_pool", "", True),
    "concurrency_limit": ("number", "dialler_config", "50", True),
    "mode": ("choice", "dialler_config", "single_day", True),
    "always_on": ("toggle", "dialler_config", "", False),
    "window_start": ("time", "dialler_config", "09:00", True),
    "window_end": ("time", "dialler_config", "18:00", True),
    "timezone": ("choice", "dialler_config", "Asia/Kolkata", True),
    "working_days": ("days", "dialler_config", SEVEN, True),
    "max_attempts": ("number", "dialler_config", "3", True),
    "delay_minutes": ("number", "dialler_config", "30", True),
    "on_system": ("choices", "dialler_config", "", False),
    "on_business": ("list", "dialler_config", "", False),
    "stop_rule": ("toggle", "dialler_config", "", False),
    "stop_after_seconds": ("number", "dialler_config", "30", False),
    "redial_rule": ("toggle", "dialler_config", "", False),
    "redial_under_seconds": ("number", "dialler_config", "15", False),
    "callback_detection": ("toggle", "dialler_config", "", False),
    "sticky_exclusion": ("toggle", "dialler_config", "", False),
    "contacts": ("file", "upload_csv", "", True),
}


def on_its_page(key: str, wizard: Wizard) -> PageField:
    return field(attrs.evolve(wizard, step=Step(FIELD_TABLE[key][1])), key)


@pytest.mark.behaviour("W1", "W4", "W6", "W7", "W8", "W9", "W10", "W12")
def test_the_fields_their_steps_and_their_defaults() -> None:
    wizard = new(mode="multi_day", stop_rule=True, redial_rule=True)
    shown = {key: on_its_page(key, wizard) for key in FIELDS}
    assert {
        key: (each.kind.value, FIELDS[key].step.value, each.default, each.required) for key, each in shown.items()
    } == FIELD_TABLE
    assert list(FIELDS) == list(FIELD_TABLE), "in the order of the page"


@pytest.mark.behaviour("W4", "W5", "W6", "W7", "W8", "W9", "W10", "W12", "W13")
def test_a_new_wizard_holds_the_defaults() -> None:
    for key in FIELDS.keys() - {"always_on", "stop_after_seconds", "redial_under_seconds"}:
        shown = on_its_page(key, new())
        if shown.kind in {Kind.CHOICES, Kind.DAYS}:
            assert ",".join(option.value for option in shown.options if option.ticked) == FIELD_TABLE[key][2]
        else:
            assert (shown.value, shown.on) == (FIELD_TABLE[key][2], False)
        assert (shown.enabled, shown.locked) == (True, False)


# --- numeric fields ---------------------------------------------------------------------------------------------------

NUMERIC = {
    "concurrency_limit": 50,
    "max_attempts": 3,
    "delay_minutes": 30,
    "stop_after_seconds": 30,
    "redial_under_seconds": 15,
}
NINES = "9" * 400
# what is typed, what the concurrency shows once it is left, what any other field shows; `None`: its default
LEFT: list[tuple[Any, int | None, int | None]] = [
    ("", None, None),
    ("   ", None, None),
    (None, None, None),
    ("0", 1, None),
    ("-3", 1, None),
    ("0.5", 1, None),
    (".999", 1, None),
    ("-1e9", 1, None),
    (0, 1, None),
    ("1", 1, 1),
    ("1.0", 1, 1),
    ("1.9", 1, 1),
    ("2.999", 2, 2),
    (" 7 ", 7, 7),
    ("007", 7, 7),
    ("+7", 7, 7),
    ("1e2", 100, 100),
    (12, 12, 12),
    (12.7, 12, 12),
    ("1000000", 1_000_000, 1_000_000),
    ("abc", None, None),
    ("12 calls", None, None),
    ("1,000", None, None),
    ("0x10", None, None),
    ("1_0", None, None),
    ("\N{ARABIC-INDIC DIGIT SEVEN}", None, None),
    ("nan", None, None),
    ("inf", None, None),
    (float("inf"), None, None),
    ("--1", None, None),
    (".", None, None),
]


def config_value(config: DiallerConfig, key: str) -> object:
    if key == "concurrency_limit":
        return config.concurrency_limit
    return getattr(config.retry if key in {"max_attempts", "delay_minutes"} else config.redial, key)


@pytest.mark.behaviour("W6", "W9", "W10")
@pytest.mark.parametrize("key", NUMERIC)
@pytest.mark.parametrize(("typed", "concurrency", "other"), LEFT)
def test_a_numeric_field_that_is_left(key: str, typed: Any, concurrency: int | None, other: int | None) -> None:
    expected = concurrency if key == "concurrency_limit" else other
    comes_to = NUMERIC[key] if expected is None else expected
    wizard = full().enter(key, typed).leave(key)
    assert field(wizard, key).value == str(comes_to)
    assert config_value(wizard.draft().config, key) == comes_to
    assert wizard.leave(key) == wizard, "leaving it again changes nothing"
    assert wizard.can_advance


@pytest.mark.behaviour("W6", "W9", "W10")
@pytest.mark.parametrize("key", NUMERIC)
@pytest.mark.parametrize(("typed", "_", "comes_to"), LEFT)
def test_a_numeric_field_that_is_not_left(key: str, typed: Any, _: object, comes_to: int | None) -> None:
    # Below one is a blank here, for the concurrency too.
    saved = NUMERIC[key] if comes_to is None else comes_to
    typing = full().enter(key, typed)
    assert typing.can_advance, "a numeric field never blocks"
    assert config_value(typing.draft().config, key) == saved
    after = typing.next()
    assert after.step is Step.UPLOAD_CSV
    assert config_value(after.draft().config, key) == saved
    assert getattr(typing.entries, key) == ("" if typed is None else str(typed))
    assert getattr(after.entries, key) == str(saved), "and is read so by whoever comes back to the step"
    review = after.next().page().review
    assert review is not None
    rows = {row.key: row.value for row in (*review.grid, *review.rules)}
    row = {"stop_after_seconds": "stop_rule", "redial_under_seconds": "redial_rule"}.get(key, key)
    assert str(saved) in rows[row].split()


@pytest.mark.behaviour("W6", "W9", "W10", "W2")
@pytest.mark.parametrize("key", NUMERIC)
@pytest.mark.parametrize(
    "huge",
    ["1000001", "5e6", "1000001.5", NINES, "1e999", 10**6000],
    ids=["just", "exponent", "fraction", "digits", "endless", "number"],
)
def test_a_number_that_is_too_large_is_no_blank(key: str, huge: Any) -> None:
    wizard = full().enter(key, huge)
    assert wizard.leave(key).entries == wizard.entries, "the person finds what was typed"
    [problem] = [each for each in field(wizard, key).problems if each.severity == "error"]
    assert problem.code == "too_large"
    assert len(str(problem)) < 200
    assert wizard.next() == wizard


@pytest.mark.behaviour("W6", "W9", "W10")
@pytest.mark.parametrize("key", NUMERIC)
@pytest.mark.parametrize("typed", ["", "0", "abc"])
def test_create_settles_a_number_that_was_not_left(key: str, typed: str) -> None:
    ready = at(Step.REVIEW, full().upload(PEOPLE))
    assert getattr(ready.enter(key, typed).working().entries, key) == str(NUMERIC[key])


@pytest.mark.behaviour("W10")
def test_the_threshold_of_a_rule_that_is_off_is_not_settled() -> None:
    typed = full().enter("stop_after_seconds", "").toggle("stop_rule").enter("redial_under_seconds", "abc").next()
    assert (typed.entries.stop_after_seconds, typed.entries.redial_under_seconds) == ("", "15")


@pytest.mark.behaviour("W10")
@pytest.mark.parametrize(
    ("rule", "threshold"), [("stop_rule", "stop_after_seconds"), ("redial_rule", "redial_under_seconds")]
)
def test_a_threshold_is_there_while_its_rule_is_on(rule: str, threshold: str) -> None:
    def keys(wizard: Wizard) -> set[str]:
        return {each.key for each in wizard.page().fields}

    off = at(Step.DIALLER_CONFIG)
    assert threshold not in keys(off)
    assert off.enter(threshold, "99").leave(threshold) == off
    on = off.toggle(rule)
    assert threshold in keys(on)
    typed = on.enter(threshold, "99")
    assert config_value(typed.draft().config, threshold) == 99
    assert config_value(typed.toggle(rule).draft().config, threshold) is None
    assert typed.toggle(rule).toggle(rule) == typed, "it is kept while the rule is off"


# --- name and bot -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W4")
@pytest.mark.parametrize(
    ("typed", "saved", "wrong"),
    [
        ("", "", "name_blank"),
        (" \t", "", "name_blank"),
        ("  Q2 Renewal Drive ", "Q2 Renewal Drive", ""),
        ("Renewals", "Renewals", ""),
        ("नवीनीकरण", "नवीनीकरण", ""),
        ("a\0b", "a\0b", "name_unprintable"),
        ("Q2\nRenewals", "Q2\nRenewals", "name_unprintable"),
        ("\u200b", "\u200b", "name_blank"),
        ("x" * 301, "x" * 301, "name_too_long"),
    ],
)
def test_the_name(typed: str, saved: str, wrong: str) -> None:
    wizard = new(bot="asha", name=typed)
    assert field(wizard, "name").value == typed, "as it was typed"
    assert wizard.draft().name == saved
    assert codes(wizard.page().problems) == ([wrong] if wrong else [])
    assert wizard.can_advance is not bool(wrong)
    assert wizard.leave("name") == wizard


@pytest.mark.behaviour("W4")
def test_bots_are_the_hosts_under_their_names() -> None:
    shown = field(new(), "bot").options
    assert [(each.value, each.label) for each in shown] == [("asha", "asha"), ("ravi", "Ravi (Hindi)")]
    chosen = field(new(bot="ravi"), "bot")
    assert [each.value for each in chosen.options if each.ticked] == ["ravi"]
    assert chosen.value == "ravi"


@pytest.mark.behaviour("W4")
@pytest.mark.parametrize(("bot", "wrong"), [("", "bot_blank"), ("nobody", "unknown_bot"), ("Asha", "unknown_bot")])
def test_a_bot_that_is_none(bot: str, wrong: str) -> None:
    wizard = new(name="Renewals", bot=bot)
    assert codes(field(wizard, "bot").problems) == [wrong]
    assert not wizard.can_advance
    gone = [(each.value, each.ticked) for each in field(wizard, "bot").options if not each.available]
    assert gone == ([(bot, True)] if bot else [])


# --- the pool ---------------------------------------------------------------------------------------------------------


def pool(wizard: Wizard) -> list[tuple[str, str, str, bool, bool]]:
    shown = field(attrs.evolve(wizard, step=Step.NUMBER_POOL), "numbers").options
    return [(each.value, each.label, each.detail, each.ticked, each.available) for each in shown]


@pytest.mark.behaviour("W5")
def test_the_pool_offers_outbound_numbers_with_label_and_carrier() -> None:
    assert pool(new(numbers=["+91 11 4000-1001"])) == [
        (FIRST, "911140001000 (Support team)", "delhi", False, True),
        (SECOND, "911140001001", "delhi", True, True),
        (THIRD, "912240002000", "mumbai", False, True),
    ]


@pytest.mark.behaviour("W5")
@pytest.mark.parametrize(
    ("number", "wrong"),
    [(STRANGE, "number_not_configured"), (INBOUND, "number_inbound_only"), ("sip:asha@example", "bad_number")],
)
def test_a_number_that_is_not_offered_is_an_error_until_it_is_unticked(number: str, wrong: str) -> None:
    wizard = at(Step.NUMBER_POOL).enter("numbers", [FIRST, number])
    assert pool(wizard)[-1] == (number, number, "Unavailable", True, False)
    assert codes(field(wizard, "numbers").problems) == [wrong]
    assert not wizard.can_advance
    unticked = wizard.toggle("numbers", number)
    assert unticked.can_advance
    assert number not in [value for value, *_ in pool(unticked)]


@pytest.mark.behaviour("W5")
def test_a_number_withdrawn_by_the_host_becomes_unavailable() -> None:
    fewer = Offers(OFFERS.bots, [Carrier("delhi", [SECOND], channels=60)])
    wizard = at(Step.NUMBER_POOL).offered(fewer)
    assert pool(wizard) == [
        (SECOND, "911140001001", "delhi", False, True),
        (FIRST, "911140001000", "Unavailable", True, False),
    ]
    assert codes(wizard.page().problems) == ["number_not_configured"]


@pytest.mark.behaviour("W5")
def test_an_empty_pool_blocks() -> None:
    wizard = at(Step.NUMBER_POOL)
    assert wizard.can_advance
    empty = wizard.toggle("numbers", FIRST)
    assert codes(empty.page().problems) == ["empty_pool"]
    assert empty.next() == empty
    only_junk = wizard.enter("numbers", ["junk"])
    assert sorted(codes(only_junk.page().problems)) == ["bad_number", "empty_pool"]


@pytest.mark.behaviour("W5", "P3")
def test_a_number_ticked_twice_counts_once_with_a_warning() -> None:
    wizard = at(Step.NUMBER_POOL).enter("numbers", [SECOND, FIRST, "+91 11 4000 1001"])
    assert [number.reveal() for number in wizard.draft().numbers] == [SECOND, FIRST]
    [problem] = wizard.page().problems
    assert (problem.path, problem.code, problem.severity) == ("numbers[2]", "number_repeated", "warning")
    assert problem.message == "Number 911140001001 is ticked more than once."
    assert SECOND not in repr(problem)
    assert wizard.can_advance
    # Unticking it takes it out altogether.
    assert [number.reveal() for number in wizard.toggle("numbers", SECOND).draft().numbers] == [FIRST]


@pytest.mark.behaviour("W5", "P3")
def test_the_order_of_rotation_is_that_of_ticking() -> None:
    wizard = at(Step.NUMBER_POOL).toggle("numbers", THIRD).toggle("numbers", PhoneNumber(SECOND))
    assert [number.reveal() for number in wizard.draft().numbers] == [FIRST, THIRD, SECOND]


@pytest.mark.behaviour("W5")
@pytest.mark.parametrize(
    ("numbers", "concurrency", "warned"),
    [
        ([FIRST], "60", False),
        ([FIRST], "61", True),
        ([FIRST, SECOND], "61", True),
        ([FIRST, THIRD], "100", False),
        ([FIRST, THIRD], "101", True),
        ([THIRD], "", True),
        ([THIRD], "40", False),
        ([FIRST, INBOUND], "61", True),
        ([STRANGE], "500", False),
    ],
)
def test_a_concurrency_that_the_channels_cannot_carry_is_a_warning(
    numbers: list[str], concurrency: str, warned: bool
) -> None:
    wizard = at(Step.NUMBER_POOL).enter("numbers", numbers).enter("concurrency_limit", concurrency)
    code = "channels_below_concurrency"
    assert (code in codes(wizard.problems(), "warning")) is warned
    assert code not in codes(wizard.problems())
    # It is told where either can be changed.
    for step, key in ((Step.NUMBER_POOL, "numbers"), (Step.DIALLER_CONFIG, "concurrency_limit")):
        there = attrs.evolve(wizard, step=step)
        assert (code in codes(field(there, key).problems, "warning")) is warned
        assert (code in codes(there.page().problems, "warning")) is warned


@pytest.mark.behaviour("W5")
def test_a_number_under_two_carriers_is_offered_once() -> None:
    twice = Offers(OFFERS.bots, [*CARRIERS, Carrier("third", [CarrierNumber(FIRST, "Other")])])
    assert [value for value, *_ in pool(new().offered(twice))] == [FIRST, SECOND, THIRD]


@pytest.mark.behaviour("W5", "P3")
@pytest.mark.parametrize("outbound", [True, False])
def test_a_number_under_two_carriers_is_told_before_start_would_refuse_it(outbound: bool) -> None:
    other = Carrier("third", [CarrierNumber(FIRST, "Other", outbound=outbound)])
    for carriers in ([*CARRIERS, other], [other, *CARRIERS]):
        wizard = at(Step.NUMBER_POOL).offered(Offers(OFFERS.bots, carriers))
        assert FIRST in [value for value, _, _, _, available in pool(wizard) if available]
        assert codes(field(wizard, "numbers").problems) == ["number_under_two_carriers"]
        assert not wizard.can_advance
        assert wizard.toggle("numbers", FIRST).toggle("numbers", SECOND).can_advance


# --- mode and always-on -----------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W7")
def test_always_on_is_there_for_multi_day_only() -> None:
    single = at(Step.DIALLER_CONFIG)
    assert "always_on" not in {each.key for each in single.page().fields}
    assert single.toggle("always_on") == single
    multi = single.enter("mode", "multi_day")
    assert field(multi, "always_on").on is False
    on = multi.toggle("always_on")
    assert field(on, "always_on").on is True
    assert (on.draft().config.mode, on.draft().config.always_on) == (MULTI_DAY, True)


@pytest.mark.behaviour("W7")
def test_leaving_multi_day_clears_always_on() -> None:
    on = at(Step.DIALLER_CONFIG).enter("mode", "multi_day").toggle("always_on")
    single = on.enter("mode", SINGLE_DAY)
    assert single.entries.always_on is False
    assert single.draft().config.always_on is False
    assert single.enter("mode", "multi_day").entries.always_on is False, "and it stays cleared"


@pytest.mark.behaviour("W7")
def test_a_mode_that_does_not_exist() -> None:
    wizard = at(Step.DIALLER_CONFIG).enter("mode", "weekly")
    assert codes(field(wizard, "mode").problems) == ["unknown_mode"]
    assert [(each.value, each.available) for each in field(wizard, "mode").options] == [
        ("single_day", True),
        ("multi_day", True),
        ("weekly", False),
    ]
    assert not wizard.can_advance


# --- the window -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W8")
@pytest.mark.parametrize("key", ["window_start", "window_end"])
@pytest.mark.parametrize(
    ("typed", "right"),
    [
        ("10:30", True),
        ("00:00", True),
        ("23:59", True),
        ("", False),
        ("9:00", False),
        ("24:00", False),
        ("10:60", False),
        ("10.30", False),
        (" 10:30", False),
        ("10:30:00", False),
        ("10:30 am", False),
        ("1\N{ARABIC-INDIC DIGIT ZERO}:30", False),
    ],
)
def test_a_time_is_strict(key: str, typed: str, right: bool) -> None:
    wizard = at(Step.DIALLER_CONFIG).enter(key, typed)
    assert codes(field(wizard, key).problems) == ([] if right else ["bad_time"])
    assert wizard.can_advance is right
    assert wizard.leave(key) == wizard
    assert field(wizard, key).value == typed


@pytest.mark.behaviour("W8", "S6")
def test_start_equal_to_end_is_refused_and_start_after_end_is_overnight() -> None:
    wizard = at(Step.DIALLER_CONFIG).enter("window_start", "18:00")
    assert codes(field(wizard, "window_end").problems) == ["same_start_end"]
    assert not wizard.can_advance
    overnight = wizard.enter("window_end", "06:00")
    assert overnight.can_advance
    assert (overnight.draft().config.window.start, overnight.draft().config.window.end) == ("18:00", "06:00")


@pytest.mark.behaviour("W8")
def test_ten_zones_are_offered_and_the_creators_is_chosen() -> None:
    shown = field(at(Step.DIALLER_CONFIG), "timezone").options
    assert [(each.value, each.label) for each in shown] == [
        ("Asia/Kolkata", "Asia/Kolkata (IST)"),
        ("Asia/Dubai", "Asia/Dubai (GST)"),
        ("Asia/Singapore", "Asia/Singapore (SGT)"),
        ("Asia/Tokyo", "Asia/Tokyo (JST)"),
        ("Europe/London", "Europe/London"),
        ("Europe/Berlin", "Europe/Berlin"),
        ("America/New_York", "America/New_York"),
        ("America/Chicago", "America/Chicago"),
        ("America/Los_Angeles", "America/Los_Angeles"),
        ("UTC", "UTC"),
    ]
    assert [each.value for each in shown if each.ticked] == ["Asia/Kolkata"]


@pytest.mark.behaviour("W8")
def test_any_other_zone_joins_the_options() -> None:
    wizard = at(Step.DIALLER_CONFIG).enter("timezone", "Asia/Kathmandu")
    last = field(wizard, "timezone").options[-1]
    assert (last.value, last.ticked, last.available) == ("Asia/Kathmandu", True, True)
    assert len(field(wizard, "timezone").options) == 11
    assert wizard.can_advance
    unknown = wizard.enter("timezone", "Asia/Calcuta")
    assert codes(field(unknown, "timezone").problems) == ["unknown_timezone"]
    assert field(unknown, "timezone").options[-1].available is False
    assert not unknown.can_advance


@pytest.mark.behaviour("W8")
def test_working_days() -> None:
    wizard = at(Step.DIALLER_CONFIG)
    assert [(each.value, each.label) for each in field(wizard, "working_days").options] == [
        ("0", "Monday"),
        ("1", "Tuesday"),
        ("2", "Wednesday"),
        ("3", "Thursday"),
        ("4", "Friday"),
        ("5", "Saturday"),
        ("6", "Sunday"),
    ]
    weekdays = wizard.toggle("working_days", "5").toggle("working_days", 6)
    assert weekdays.draft().config.window.working_days == {0, 1, 2, 3, 4}
    none = wizard.enter("working_days", [])
    assert codes(field(none, "working_days").problems) == ["no_working_days"]
    assert not none.can_advance
    odd = wizard.enter("working_days", ["0", "7", "mon"])
    assert codes(field(odd, "working_days").problems) == ["bad_working_day", "bad_working_day"]
    assert [each.value for each in field(odd, "working_days").options if not each.available] == ["7", "mon"]


# --- retries ----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W9", "N5")
def test_system_dispositions() -> None:
    wizard = at(Step.DIALLER_CONFIG)
    assert [each.value for each in field(wizard, "on_system").options] == [
        "no_answer",
        "rejected",
        "RNR",
        "error",
        "timeout",
    ]
    ticked = wizard.toggle("on_system", "RNR").toggle("on_system", "no_answer")
    assert ticked.draft().config.retry.on_system == {"RNR", "no_answer"}
    assert ticked.toggle("on_system", "RNR").draft().config.retry.on_system == {"no_answer"}
    odd = wizard.enter("on_system", ["busy"])
    assert codes(field(odd, "on_system").problems) == ["unknown_disposition"]
    # A host may offer fewer; what is ticked and right stays available.
    fewer = ticked.offered(Offers(OFFERS.bots, OFFERS.carriers, dispositions=["no_answer", "error"]))
    assert [(each.value, each.ticked, each.available) for each in field(fewer, "on_system").options] == [
        ("no_answer", True, True),
        ("error", False, True),
        ("RNR", True, True),
    ]
    assert fewer.can_advance


@pytest.mark.behaviour("W9")
@pytest.mark.parametrize(
    ("typed", "saved"),
    [
        ("", ()),
        (" , ,", ()),
        ("callback_requested, not_available", ("callback_requested", "not_available")),
        ("a,,a , A,b", ("a", "b")),
        ("  Not Interested  ", ("Not Interested",)),
    ],
)
def test_custom_dispositions(typed: str, saved: tuple[str, ...]) -> None:
    wizard = at(Step.DIALLER_CONFIG).enter("on_business", typed)
    assert wizard.draft().config.retry.on_business == saved
    assert field(wizard, "on_business").value == typed
    assert wizard.can_advance


@pytest.mark.behaviour("W9", "W16")
def test_a_custom_disposition_that_no_store_keeps_is_an_error_at_its_field() -> None:
    for typed in ("\ud800", "later, a\nb", "a\0"):
        wizard = at(Step.DIALLER_CONFIG).enter("on_business", typed)
        assert codes(field(wizard, "on_business").problems) == ["unprintable"]
        assert not wizard.can_advance


@pytest.mark.behaviour("W9", "W16")
def test_a_stored_disposition_with_a_comma_in_it_stays_whole_while_nobody_touches_it() -> None:
    wizard = editing(config=DiallerConfig(retry=RetryPolicy(on_business=["yes, later", "no"])))
    assert wizard.entries.on_business == "yes, later, no"
    assert wizard.draft().config.retry.on_business == ("yes, later", "no")
    touched = wizard.enter("on_business", "yes, later, no, never")
    assert touched.draft().config.retry.on_business == ("yes", "later", "no", "never")


# --- rules and callbacks ----------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W11", "W10")
@pytest.mark.parametrize(
    ("stop", "under", "warned"), [("14", "15", True), ("15", "15", False), ("16", "15", False), ("", "", False)]
)
def test_thresholds_that_overlap_are_a_warning(stop: str, under: str, warned: bool) -> None:
    wizard = full().enter("stop_after_seconds", stop).enter("redial_under_seconds", under)
    assert ("thresholds_overlap" in codes(wizard.page().problems, "warning")) is warned
    assert [each.code for each in field(wizard, "stop_after_seconds").problems] == (
        ["thresholds_overlap"] if warned else []
    )
    assert wizard.can_advance
    assert "thresholds_overlap" not in codes(wizard.toggle("stop_rule").page().problems, "warning")


@pytest.mark.behaviour("W12")
@pytest.mark.parametrize(
    ("start", "end", "on", "warned"),
    [
        ("09:00", "18:00", True, True),
        ("09:00", "17:59", True, True),
        ("09:00", "18:01", True, False),
        ("09:00", "18:00", False, False),
        # An evening is inside these, or the window opens later on the same one.
        ("12:00", "02:00", True, False),
        ("20:00", "06:00", True, False),
        ("09:00", "00:00", True, False),
        ("9", "18:00", True, False),
    ],
)
def test_callbacks_and_a_window_without_an_evening(start: str, end: str, on: bool, warned: bool) -> None:
    wizard = at(Step.DIALLER_CONFIG).enter("window_start", start).enter("window_end", end)
    wizard = wizard.enter("callback_detection", on)
    warnings = [each.code for each in field(wizard, "callback_detection").problems]
    assert warnings == (["evening_callbacks"] if warned else [])
    assert "evening_callbacks" not in codes(wizard.problems())


@pytest.mark.behaviour("W12")
def test_there_is_no_switch_for_machines() -> None:
    keys = {each.key for each in full().page().fields}
    assert {key for key in keys if "machine" in key or "amd" in key} == set()
    config = full().toggle("callback_detection").toggle("sticky_exclusion").draft().config
    assert (config.callback_detection, config.sticky_exclusion) == (True, True)


# --- locked, absent, and wrong use ------------------------------------------------------------------------------------

OTHER: dict[str, object] = {
    "name": "Other",
    "bot": "ravi",
    "numbers": [SECOND],
    "concurrency_limit": "7",
    "mode": "multi_day",
    "window_start": "10:00",
    "window_end": "20:00",
    "timezone": "Asia/Tokyo",
    "working_days": ["1"],
    "max_attempts": "5",
    "delay_minutes": "45",
    "on_system": ["RNR"],
    "on_business": "later",
    "stop_rule": True,
    "redial_rule": True,
    "callback_detection": True,
    "sticky_exclusion": True,
}


@pytest.mark.behaviour("L14", "W4", "W16")
@pytest.mark.parametrize("key", OTHER)
@pytest.mark.parametrize("stage", ["draft", "prepared restart", "paused", "running"])
def test_which_fields_a_campaign_that_has_run_locks(stage: str, key: str) -> None:
    wizard = editing(stage)
    locked = stage != "draft" and key in {"name", "bot"}
    assert wizard.locked(key) is locked
    assert wizard.enabled(key) is not locked
    changed = wizard.enter(key, OTHER[key]).leave(key)
    assert (changed == wizard) is locked
    shown = on_its_page(key, wizard)
    assert (shown.enabled, shown.locked) == (not locked, locked)


@pytest.mark.behaviour("W3")
@pytest.mark.parametrize("key", OTHER)
def test_nothing_changes_while_it_is_being_saved(key: str) -> None:
    busy = at(Step.REVIEW).working()
    assert busy.is_working
    assert busy.enter(key, OTHER[key]) == busy
    assert busy.leave(key) == busy
    assert not busy.enabled(key)


@pytest.mark.behaviour("W2")
def test_a_field_that_does_not_exist_is_a_mistake_of_the_program() -> None:
    acts: list[Callable[[], Wizard]] = [
        lambda: new().enter("colour", "red"),
        lambda: new().leave("colour"),
        lambda: new().toggle("colour"),
    ]
    for act in acts:
        with pytest.raises(InvalidDefinition) as refused:
            act()
        assert refused.value.code == "unknown_field"
        assert "concurrency_limit" in str(refused.value), "it names those there are"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", None),
        ("name", 5),
        ("always_on", "yes"),
        ("always_on", 1),
        ("numbers", 5),
        ("numbers", [919800000001]),
        ("working_days", [None]),
        ("working_days", [1.5]),
        ("on_system", [True]),
        ("concurrency_limit", [5]),
        ("concurrency_limit", True),
        ("window_start", 9),
        ("contacts", "leads.csv"),
    ],
)
def test_a_value_of_another_type_is_a_mistake_of_the_program(key: str, value: Any) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        new().enter(key, value)
    assert refused.value.code == "ill_typed"
    assert refused.value.problems[0].path == key
    assert "919800000001" not in str(refused.value)


@pytest.mark.parametrize(("key", "value"), [("name", None), ("mode", "multi_day"), ("always_on", "x"), ("numbers", 5)])
def test_what_cannot_be_toggled(key: str, value: Any) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        new(mode="multi_day").toggle(key, value)
    assert refused.value.code == "ill_typed"


def test_one_ticked_value_is_a_list_of_one() -> None:
    assert new(numbers=FIRST).entries == new(numbers=[FIRST]).entries
    assert new(numbers=PhoneNumber(FIRST)).entries == new(numbers=(FIRST,)).entries
    assert new(on_system="RNR").entries.on_system == ("RNR",)
