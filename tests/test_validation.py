"""Everything that is wrong with a definition, at once; and what the wizard would silently default."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import inf, nan
from typing import Any, NamedTuple

import attrs
import pytest

from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import MULTI_DAY, SINGLE_DAY, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.ids import counted_ids
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.validation import (
    capacity_problems,
    clamped,
    config_problems,
    defaulted,
    errors_among,
    number_in,
    problems_of,
    repeated_numbers,
    with_defaults,
)
from ori_campaigns.windows import CallingWindow

GOOD = "911140001000"
INBOUND = "911140001009"
STRANGE = "911149999999"
BOTS = [Bot("asha"), Bot("ravi")]
CARRIERS = [Carrier("trunk", [CarrierNumber(GOOD), CarrierNumber(INBOUND, outbound=False)])]


class Leads(NamedTuple):
    numbers: Sequence[str]
    policy: str = "digits"

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


def draft(
    name: str = "Renewals", bot: str = "asha", numbers: Sequence[str] = (GOOD,), config: DiallerConfig | None = None
) -> CampaignDraft:
    return CampaignDraft(name, bot, numbers, config or DiallerConfig())


def found(wrong: CampaignDraft) -> list[tuple[str, str, str]]:
    return [(each.path, each.code, each.severity) for each in problems_of(wrong, bots=BOTS, carriers=CARRIERS)]


def config_found(config: DiallerConfig) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in config_problems(config)]


def odd(**values: Any) -> DiallerConfig:
    """A config as an untyped host may pass it."""
    retry = {key: values.pop(key) for key in ("max_attempts", "delay_minutes") if key in values}
    redial = {key: values.pop(key) for key in ("stop_after_seconds", "redial_under_seconds") if key in values}
    return DiallerConfig(retry=RetryPolicy(**retry), redial=RedialRules(**redial), **values)


@pytest.mark.behaviour("W17")
def test_a_good_definition_has_no_problem() -> None:
    assert found(draft()) == []
    assert found(draft(config=DiallerConfig(mode=MULTI_DAY, always_on=True, redial=RedialRules(30, 15)))) == []


@pytest.mark.behaviour("W17", "W4", "W5")
@pytest.mark.parametrize(
    ("wrong", "path", "code"),
    [
        (draft(name=""), "name", "name_blank"),
        (draft(name="  \t"), "name", "name_blank"),
        (draft(name="\u200b\ufeff"), "name", "name_blank"),
        (draft(name="\u00a0\u2028\0"), "name", "name_blank"),
        (draft(name="Q2\nRenewals"), "name", "name_unprintable"),
        (draft(name="Q2\tRenewals"), "name", "name_unprintable"),
        (draft(name="Q2\u2028Renewals"), "name", "name_unprintable"),
        (draft(name="a\0b"), "name", "name_unprintable"),
        (draft(name="a\ud800"), "name", "name_unprintable"),
        (draft(name="x" * 301), "name", "name_too_long"),
        (draft(name="x" * 3_000_000), "name", "name_too_long"),
        (draft(bot=""), "bot", "bot_blank"),
        (draft(bot="nobody"), "bot", "unknown_bot"),
        (draft(bot="Asha"), "bot", "unknown_bot"),
        (draft(numbers=[]), "numbers", "empty_pool"),
        (draft(numbers=[STRANGE]), "numbers[0]", "number_not_configured"),
        (draft(numbers=[GOOD, INBOUND]), "numbers[1]", "number_inbound_only"),
    ],
)
def test_what_can_be_wrong_with_name_bot_and_pool(wrong: CampaignDraft, path: str, code: str) -> None:
    assert found(wrong) == [(path, code, "error")]


@pytest.mark.behaviour("W4")
@pytest.mark.parametrize(
    "name",
    [
        "x" * 300,
        "  " + "x" * 300 + "  ",
        "Q2 Renewal Drive",
        "Öffnung 50% \N{EN DASH} 'July'",
        # Joiners belong to the writing of words and of pictures.
        "क्\u200dष",
        "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}",
        "\u200bx",
    ],
)
def test_what_a_name_may_be(name: str) -> None:
    assert found(draft(name=name)) == []


@pytest.mark.behaviour("W4", "W17")
def test_the_figures_of_a_name_that_is_too_long() -> None:
    long, broken = problems_of(draft(name="x\n" * 1000 + "x"), bots=BOTS, carriers=CARRIERS)
    assert long.message == "The name has 2,001 characters; the most is 300."
    assert broken.code == "name_unprintable"


@pytest.mark.behaviour("W4", "L14")
def test_an_odd_name_that_is_locked_is_a_warning() -> None:
    odd_name = draft(name="x" * 307)
    [problem] = problems_of(odd_name, bots=BOTS, carriers=CARRIERS, locked_bot="asha")
    assert (problem.code, problem.severity) == ("name_too_long", "warning")
    assert "Clone" in problem.hint


@pytest.mark.behaviour("W4")
def test_a_bot_whose_id_no_store_keeps_is_refused() -> None:
    for bot in ("asha\0", "\ud800", "a\nb"):
        [problem] = problems_of(draft(bot=bot), bots=[*BOTS, Bot(bot)], carriers=CARRIERS)
        assert (problem.path, problem.code) == ("bot", "unprintable")
        problem.message.encode()


@pytest.mark.behaviour("P3", "W5")
@pytest.mark.parametrize("outbound", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_a_number_under_two_carriers_is_an_error_where_it_is_in_the_pool(outbound: bool, first: bool) -> None:
    other = Carrier("backup", [CarrierNumber(GOOD, outbound=outbound), CarrierNumber(STRANGE)])
    carriers = [other, *CARRIERS] if first else [*CARRIERS, other]
    [problem] = problems_of(draft(numbers=[STRANGE, GOOD]), bots=BOTS, carriers=carriers)
    assert (problem.path, problem.code, problem.severity) == ("numbers[1]", "number_under_two_carriers", "error")
    assert {"'trunk'" in problem.message, "'backup'" in problem.message} == {True}
    assert GOOD not in str(problem)
    assert problems_of(draft(numbers=[STRANGE]), bots=BOTS, carriers=carriers) == ()


@pytest.mark.behaviour("W5")
@pytest.mark.parametrize("entries", [(True, False), (False, True)])
def test_a_number_that_a_carrier_has_twice_is_outbound_if_one_of_them_is(entries: tuple[bool, bool]) -> None:
    carrier = Carrier("trunk", [CarrierNumber(GOOD, outbound=each) for each in entries])
    assert problems_of(draft(), bots=BOTS, carriers=[carrier]) == ()


@pytest.mark.behaviour("W17", "W6", "W7", "W9", "W10")
@pytest.mark.parametrize(
    ("config", "path", "code"),
    [
        (odd(concurrency_limit=0), "config.concurrency_limit", "below_one"),
        (odd(concurrency_limit=-3), "config.concurrency_limit", "below_one"),
        (odd(concurrency_limit=1.5), "config.concurrency_limit", "not_a_whole_number"),
        (odd(concurrency_limit=True), "config.concurrency_limit", "not_a_whole_number"),
        (odd(concurrency_limit="5"), "config.concurrency_limit", "not_a_whole_number"),
        (odd(concurrency_limit=nan), "config.concurrency_limit", "not_a_whole_number"),
        (odd(concurrency_limit=None), "config.concurrency_limit", "not_a_whole_number"),
        (odd(concurrency_limit=1_000_001), "config.concurrency_limit", "too_large"),
        (odd(delay_minutes=10**6000), "config.retry.delay_minutes", "too_large"),
        (odd(max_attempts=None), "config.retry.max_attempts", "not_a_whole_number"),
        (odd(max_attempts=0), "config.retry.max_attempts", "below_one"),
        (odd(max_attempts=2.0), "config.retry.max_attempts", "not_a_whole_number"),
        (odd(delay_minutes=0), "config.retry.delay_minutes", "below_one"),
        (odd(delay_minutes=0.5), "config.retry.delay_minutes", "not_a_whole_number"),
        (odd(delay_minutes=None), "config.retry.delay_minutes", "not_a_whole_number"),
        (odd(stop_after_seconds=0), "config.redial.stop_after_seconds", "below_one"),
        (odd(redial_under_seconds=-1), "config.redial.redial_under_seconds", "below_one"),
        (odd(redial_under_seconds="15"), "config.redial.redial_under_seconds", "not_a_whole_number"),
        (odd(analysis_wait_seconds=-1), "config.analysis_wait_seconds", "negative"),
        (odd(analysis_wait_seconds=0.5), "config.analysis_wait_seconds", "not_a_whole_number"),
        (odd(always_on=True), "config.always_on", "always_on_single_day"),
        (DiallerConfig(retry=RetryPolicy(on_system={"busy"})), "config.retry.on_system", "unknown_disposition"),
        (DiallerConfig(retry=RetryPolicy(on_system={"rnr"})), "config.retry.on_system", "unknown_disposition"),
        (DiallerConfig(retry=RetryPolicy(on_business=["sold", "\ud800"])), "config.retry.on_business", "unprintable"),
        (DiallerConfig(retry=RetryPolicy(on_business=["call\nlater"])), "config.retry.on_business", "unprintable"),
        (DiallerConfig(window=CallingWindow("9:00")), "config.window.start", "bad_time"),
        (DiallerConfig(window=CallingWindow("09:00", "09:00")), "config.window", "same_start_end"),
        (DiallerConfig(window=CallingWindow(timezone="IST+5")), "config.window.timezone", "unknown_timezone"),
        (DiallerConfig(window=CallingWindow(working_days=())), "config.window.working_days", "no_working_days"),
    ],
)
def test_what_can_be_wrong_with_a_config(config: DiallerConfig, path: str, code: str) -> None:
    [(where, what)] = config_found(config)
    assert what == code
    assert where.startswith(path)


@pytest.mark.behaviour("W17", "W11")
@pytest.mark.parametrize(("stop", "under"), [("30", 15), (30, "15"), ("junk", "junk"), (None, "15"), ([], 15)])
def test_thresholds_that_are_no_numbers_are_problems_and_no_crash(stop: Any, under: Any) -> None:
    codes = {code for _, code in config_found(odd(stop_after_seconds=stop, redial_under_seconds=under))}
    assert codes == {"not_a_whole_number"}


@pytest.mark.behaviour("W17")
def test_no_wait_for_an_analysis_is_fine() -> None:
    assert config_found(DiallerConfig(analysis_wait_seconds=0)) == []


@pytest.mark.behaviour("W17")
def test_every_problem_is_told_at_once() -> None:
    wrong = draft(
        name=" ",
        bot="nobody",
        numbers=[STRANGE, GOOD, INBOUND],
        config=odd(
            concurrency_limit=0.5,
            max_attempts=0,
            delay_minutes=-1,
            stop_after_seconds=0,
            redial_under_seconds=0,
            analysis_wait_seconds=-1,
            always_on=True,
            window=CallingWindow("9", "25:00", "Nowhere", ()),
        ),
    )
    assert sorted({code for _, code, _ in found(wrong)}) == [
        "always_on_single_day",
        "bad_time",
        "below_one",
        "name_blank",
        "negative",
        "no_working_days",
        "not_a_whole_number",
        "number_inbound_only",
        "number_not_configured",
        "unknown_bot",
        "unknown_timezone",
    ]
    assert len(found(wrong)) == 15


@pytest.mark.behaviour("W17")
def test_every_problem_has_a_place_a_sentence_and_a_way_out() -> None:
    wrong = draft(name="", bot="nobody", numbers=[STRANGE], config=odd(concurrency_limit=0, always_on=True))
    for problem in problems_of(wrong, bots=BOTS, carriers=CARRIERS):
        assert problem.path
        assert problem.message.endswith(".")
        assert problem.hint.endswith(".")
        assert str(problem) == f"{problem.path}: {problem.message} {problem.hint}"


@pytest.mark.behaviour("W4", "W17")
def test_an_unknown_bot_is_told_which_ones_there_are() -> None:
    [problem] = problems_of(draft(bot="nobody"), bots=BOTS, carriers=CARRIERS)
    assert "asha, ravi" in problem.hint
    [problem] = problems_of(draft(bot="nobody"), bots=[], carriers=CARRIERS)
    assert problem.hint == "Create a bot first."


@pytest.mark.behaviour("W17", "W5")
def test_problems_never_show_a_whole_number() -> None:
    problems = problems_of(draft(numbers=[STRANGE, INBOUND]), bots=BOTS, carriers=CARRIERS)
    assert len(problems) == 2
    for number in (STRANGE, INBOUND):
        assert number not in repr(problems)
        assert number not in str(InvalidDefinition(problems))


@pytest.mark.behaviour("W11")
@pytest.mark.parametrize(
    ("stop", "under", "warned"),
    [
        (14, 15, True),
        (15, 15, False),
        (16, 15, False),
        (1, 600, True),
        (30, 15, False),
        (None, 15, False),
        (15, None, False),
        (None, None, False),
    ],
)
def test_overlapping_thresholds_are_a_warning(stop: int | None, under: int | None, warned: bool) -> None:
    problems = config_problems(DiallerConfig(redial=RedialRules(stop, under)))
    assert [(each.code, each.severity) for each in problems] == ([("thresholds_overlap", "warning")] if warned else [])
    assert errors_among(problems) == ()
    for each in problems:
        assert "stop rule wins" in each.message


@pytest.mark.behaviour("W12")
@pytest.mark.parametrize(
    ("start", "end", "on", "warned"),
    [
        ("09:00", "18:00", True, True),
        ("00:00", "00:01", True, True),
        ("09:00", "18:01", True, False),
        ("09:00", "18:00", False, False),
        ("18:00", "09:00", True, False),
        ("18:00", "00:00", True, False),
        ("18:00", "18:00", True, False),
        ("9:00", "18:00", True, False),
    ],
)
def test_evening_callbacks_of_a_window_that_ends_by_then_are_a_warning(
    start: str, end: str, on: bool, warned: bool
) -> None:
    problems = config_problems(DiallerConfig(window=CallingWindow(start, end), callback_detection=on))
    warnings = [(each.path, each.code) for each in problems if each.severity == "warning"]
    assert warnings == ([("config.callback_detection", "evening_callbacks")] if warned else [])
    assert service().create(draft(config=DiallerConfig(callback_detection=True)), by="ops").config.callback_detection


@pytest.mark.behaviour("W5")
def test_a_number_that_stands_in_a_list_again_is_a_warning() -> None:
    first, second = PhoneNumber(GOOD), PhoneNumber(STRANGE)
    found = repeated_numbers([first, second, first, first])
    assert [(each.path, each.code, each.severity) for each in found] == [
        ("numbers[2]", "number_repeated", "warning"),
        ("numbers[3]", "number_repeated", "warning"),
    ]
    assert repeated_numbers([first, second]) == repeated_numbers([]) == ()
    assert GOOD not in repr(found)


@pytest.mark.behaviour("W5")
@pytest.mark.parametrize(
    ("numbers", "limit", "channels", "warned"),
    [
        ([GOOD], 30, 30, False),
        ([GOOD], 31, 30, True),
        # An inbound-only number does not open its carrier, one that is nowhere has none.
        ([INBOUND], 31, 30, False),
        ([STRANGE], 31, 30, False),
        # What is no number is told by others.
        ([GOOD], "31", 30, False),
        ([GOOD], 31, nan, False),
    ],
)
def test_channels_that_cannot_carry_the_concurrency_are_a_warning(
    numbers: list[str], limit: Any, channels: Any, warned: bool
) -> None:
    carriers = [attrs.evolve(CARRIERS[0], channels=channels), Carrier("idle", ["911150000000"], channels=500)]
    found = capacity_problems(draft(numbers=numbers, config=odd(concurrency_limit=limit)), carriers)
    assert [each.code for each in found] == (["channels_below_concurrency"] if warned else [])
    assert errors_among(found) == ()


@pytest.mark.behaviour("W5")
def test_the_channels_of_all_carriers_of_the_pool_count() -> None:
    carriers = [CARRIERS[0], Carrier("other", [STRANGE], channels=30)]
    wanted = draft(numbers=[GOOD, STRANGE], config=odd(concurrency_limit=60))
    assert capacity_problems(wanted, carriers) == ()
    [problem] = capacity_problems(attrs.evolve(wanted, config=odd(concurrency_limit=61)), carriers)
    assert "60 calls" in problem.message
    assert "61" in problem.message


@pytest.mark.behaviour("W4")
@pytest.mark.parametrize(
    ("bot", "locked", "severity"),
    [("nobody", "nobody", "warning"), ("nobody", "asha", "error"), ("nobody", "", "error"), ("", "", "error")],
)
def test_a_locked_bot_that_is_gone_is_a_warning(bot: str, locked: str, severity: str) -> None:
    [problem] = problems_of(draft(bot=bot), bots=BOTS, carriers=CARRIERS, locked_bot=locked)
    assert problem.severity == severity
    assert problems_of(draft(), bots=BOTS, carriers=CARRIERS, locked_bot="asha") == ()


def test_errors_among_leaves_the_warnings_out() -> None:
    error, warning = Problem("a", "x", "m."), Problem("b", "y", "m.", severity="warning")
    assert errors_among([warning, error, warning]) == (error,)


# --- what the wizard defaults -----------------------------------------------------------------------------------------

BLANKS: list[Any] = [None, "", "  ", "junk", 0, -1, 0.5, 0.999, nan, inf, -inf, True, False, [], object()]
NUMBERS: list[tuple[Any, int]] = [(1, 1), (1.0, 1), (1.5, 1), (1.999, 1), (7, 7), (499.99, 499), (10**9, 10**9)]


@pytest.mark.behaviour("W6", "W9")
@pytest.mark.parametrize("blank", BLANKS)
def test_blank_junk_and_below_one_become_the_default(blank: Any) -> None:
    config = with_defaults(odd(concurrency_limit=blank, max_attempts=blank, delay_minutes=blank))
    assert (config.concurrency_limit, config.retry.max_attempts, config.retry.delay_minutes) == (50, 3, 30)


@pytest.mark.behaviour("W6", "W9", "W10")
@pytest.mark.parametrize(("given", "kept"), NUMBERS)
def test_fractions_are_floored_after_the_test_for_below_one(given: Any, kept: int) -> None:
    config = with_defaults(
        odd(
            concurrency_limit=given,
            max_attempts=given,
            delay_minutes=given,
            stop_after_seconds=given,
            redial_under_seconds=given,
        )
    )
    values = (
        config.concurrency_limit,
        config.retry.max_attempts,
        config.retry.delay_minutes,
        config.redial.stop_after_seconds,
        config.redial.redial_under_seconds,
    )
    assert values == (kept,) * 5
    assert all(type(value) is int for value in values)


TYPED: list[tuple[str, Any]] = [
    ("7", 7),
    (" 7\n", 7),
    ("+7", 7),
    ("-7", -7),
    ("007", 7),
    ("7.", 7.0),
    (".5", 0.5),
    ("1.25", 1.25),
    ("1e3", 1000.0),
    ("5E-1", 0.5),
    ("9" * 30, 10**30 - 1),
    ("1e999", 10**30),
    ("-1e999", -(10**30)),
    ("", None),
    ("  ", None),
    ("abc", None),
    ("7 calls", None),
    ("1,000", None),
    ("1 000", None),
    ("1_000", None),
    ("0x10", None),
    ("\N{ARABIC-INDIC DIGIT SEVEN}", None),
    ("nan", None),
    ("infinity", None),
    (".", None),
    ("e3", None),
    ("--7", None),
]


@pytest.mark.behaviour("W6", "W9")
@pytest.mark.parametrize(("text", "number"), TYPED)
def test_the_number_that_was_typed(text: str, number: Any) -> None:
    assert number_in(text) == number
    assert type(number_in(text)) is type(number)


@pytest.mark.behaviour("W6", "W9")
def test_a_number_of_many_digits_is_read_in_no_time() -> None:
    assert number_in("9" * 100_000) == 10**30
    assert number_in("1" + "0" * 100) == 1e100
    assert defaulted(10**6000, 50) == 10**6000


@pytest.mark.behaviour("W6")
@pytest.mark.parametrize(
    ("value", "left", "not_left"),
    [
        ("", 50, 50),
        (None, 50, 50),
        ("abc", 50, 50),
        (nan, 50, 50),
        (True, 50, 50),
        ("0", 1, 50),
        (0, 1, 50),
        ("-7", 1, 50),
        ("0.5", 1, 50),
        (0.999, 1, 50),
        ("1", 1, 1),
        ("1.9", 1, 1),
        ("12", 12, 12),
        (12.9, 12, 12),
    ],
)
def test_below_one_is_one_in_a_concurrency_that_is_left(value: Any, left: int, not_left: int) -> None:
    assert (clamped(value, 50), defaulted(value, 50)) == (left, not_left)
    assert with_defaults(odd(concurrency_limit=value)).concurrency_limit == not_left


@pytest.mark.behaviour("W10")
@pytest.mark.parametrize("blank", [each for each in BLANKS if each is not None])
def test_thresholds_of_rules_that_are_on_have_their_own_defaults(blank: Any) -> None:
    config = with_defaults(odd(stop_after_seconds=blank, redial_under_seconds=blank))
    assert (config.redial.stop_after_seconds, config.redial.redial_under_seconds) == (30, 15)


@pytest.mark.behaviour("W10")
def test_rules_that_are_off_stay_off() -> None:
    config = with_defaults(DiallerConfig())
    assert (config.redial.stop_after_seconds, config.redial.redial_under_seconds) == (None, None)


@pytest.mark.behaviour("W7")
@pytest.mark.parametrize(
    ("mode", "always_on", "kept"),
    [
        (SINGLE_DAY, True, False),
        (SINGLE_DAY, False, False),
        (MULTI_DAY, True, True),
        (MULTI_DAY, False, False),
        ("multi_day", True, True),
        ("single_day", True, False),
    ],
)
def test_always_on_is_cleared_outside_multi_day(mode: Any, always_on: bool, kept: bool) -> None:
    assert with_defaults(odd(mode=mode, always_on=always_on)).always_on is kept


@pytest.mark.behaviour("W7", "W17")
@pytest.mark.parametrize("mode", ["weekly", "", None, 3])
def test_a_mode_that_does_not_exist_is_a_problem_of_its_own(mode: Any) -> None:
    config = odd(mode=mode)
    [(path, _)] = config_found(config)
    assert path == "config.mode"


@pytest.mark.behaviour("W17")
@pytest.mark.parametrize("always_on", [True, False])
def test_a_mode_by_its_name_is_a_mode(always_on: bool) -> None:
    assert config_found(odd(mode="multi_day", always_on=always_on)) == []


@pytest.mark.behaviour("W7", "S5")
@pytest.mark.parametrize("mode", ["single_day", SINGLE_DAY])
def test_a_single_day_campaign_has_a_cutoff_however_its_mode_was_written(mode: Any) -> None:
    desk = service()
    leads = Leads(["919800000001"])
    campaign = desk.create(draft(config=odd(mode=mode)), leads, by="ops", strict=False)
    cutoff = desk.start(campaign.id, by="ops").campaign.cutoff
    assert cutoff == int(datetime(2026, 1, 5, 18, tzinfo=UTC).timestamp()) * 1_000_000
    strict = service()
    try:
        campaign = strict.create(draft(config=odd(mode=mode)), leads, by="ops")
    except InvalidDefinition:
        return
    assert strict.start(campaign.id, by="ops").campaign.cutoff == cutoff


@pytest.mark.behaviour("W17")
def test_defaults_touch_nothing_that_is_right() -> None:
    config = DiallerConfig(
        7,
        MULTI_DAY,
        always_on=True,
        window=CallingWindow("10:00", "12:00", "Asia/Kolkata", [0]),
        retry=RetryPolicy(2, 45, ["RNR"], ["Call Later"]),
        redial=RedialRules(40, 5),
        callback_detection=True,
        callbacks_may_exceed_max_attempts=True,
        sticky_exclusion=True,
        analysis_wait_seconds=0,
    )
    assert with_defaults(config) == config


# --- through the service ----------------------------------------------------------------------------------------------


def service() -> CampaignService:
    clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
    return CampaignService(MemoryStore(clock), StaticDirectory(bots=BOTS, carriers=CARRIERS), new_id=counted_ids("t"))


@pytest.mark.behaviour("W17", "L2")
@pytest.mark.parametrize(
    "config", [odd(concurrency_limit=0), odd(max_attempts=1.5), odd(delay_minutes=""), odd(stop_after_seconds=0)]
)
def test_strict_refuses_what_the_wizard_would_default(config: DiallerConfig) -> None:
    desk = service()
    with pytest.raises(InvalidDefinition):
        desk.create(draft(config=config), by="ops")
    assert desk.list().rows == ()
    lenient = desk.create(draft(config=config), by="ops", strict=False)
    assert config_problems(lenient.config) == ()


@pytest.mark.behaviour("W17")
def test_lenient_still_refuses_what_has_no_default() -> None:
    desk = service()
    with pytest.raises(InvalidDefinition) as refused:
        desk.create(draft(name="", numbers=[], config=odd(concurrency_limit=0)), by="ops", strict=False)
    assert [problem.code for problem in refused.value.problems] == ["name_blank", "empty_pool"]


@pytest.mark.behaviour("W11")
def test_a_warning_refuses_nothing() -> None:
    campaign = service().create(draft(config=DiallerConfig(redial=RedialRules(10, 20))), by="ops")
    assert campaign.config.redial == RedialRules(10, 20)


@pytest.mark.behaviour("W17", "L10")
def test_an_edit_is_checked_like_a_new_campaign() -> None:
    desk = service()
    campaign = desk.create(draft(), by="ops")
    with pytest.raises(InvalidDefinition) as refused:
        desk.edit(campaign.id, draft(name="", bot="nobody"), by="ops", version=1)
    assert [problem.code for problem in refused.value.problems] == ["name_blank", "unknown_bot"]
    assert desk.get(campaign.id) == campaign
    saved = desk.edit(campaign.id, draft(config=odd(max_attempts=0)), by="ops", version=1, strict=False)
    assert saved.config.retry.max_attempts == 3


@pytest.mark.behaviour("W17")
def test_the_error_lists_every_problem() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        service().create(draft(name="", bot=""), by="ops")
    assert refused.value.code == "invalid_definition"
    assert len(refused.value.problems) == 2
    text = str(refused.value)
    assert all(str(problem) in text for problem in refused.value.problems)


@pytest.mark.behaviour("W17")
def test_a_single_problem_gives_its_code_to_the_error() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        service().create(attrs.evolve(draft(), bot="nobody"), by="ops")
    assert refused.value.code == "unknown_bot"
