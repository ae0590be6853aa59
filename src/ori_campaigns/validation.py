"""Is this definition right? Every problem at once, each with its field, a stable code and a way out (W17).

Strict validation refuses what the wizard would silently default; `with_defaults` applies those defaults first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import floor, isfinite
from unicodedata import category

import attrs

from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.config import (
    DEFAULT_CONCURRENCY,
    DEFAULT_DELAY_MINUTES,
    DEFAULT_MAX_ATTEMPTS,
    DEFAULT_REDIAL_UNDER_SECONDS,
    DEFAULT_STOP_AFTER_SECONDS,
    MULTI_DAY,
    SYSTEM_DISPOSITIONS,
    CampaignMode,
    DiallerConfig,
)
from ori_campaigns.errors import Problem
from ori_campaigns.numbers import PhoneNumber

MOST = 1_000_000
"""The largest number any field may hold; as minutes it is close to two years."""


def problems_of(draft: CampaignDraft, *, bots: Iterable[Bot], carriers: Iterable[Carrier]) -> tuple[Problem, ...]:
    """Return everything that keeps a draft from being created, and the warnings.

    Parameters:
        draft: as entered; call `with_defaults` first for the lenient reading.
        bots, carriers: the host's directory of the draft's workspace.

    Codes: `name_blank`, `name_unprintable`, `bot_blank`, `unknown_bot`, `empty_pool`, `number_not_configured`,
    `number_inbound_only`, and those of `config_problems`.
    """
    found: list[Problem] = []
    if not draft.name:
        found.append(Problem("name", "name_blank", "The campaign has no name.", "Give it one."))
    elif any(each == "\0" or category(each) == "Cs" for each in draft.name):
        # NUL, and halves of surrogate pairs: not every database keeps them.
        found.append(Problem("name", "name_unprintable", "The name holds characters that are none.", "Type it anew."))
    found.extend(bot_problems(draft.bot, bots))
    found.extend(pool_problems(draft.numbers, carriers))
    found.extend(config_problems(draft.config))
    return tuple(found)


def bot_problems(bot: str, bots: Iterable[Bot]) -> tuple[Problem, ...]:
    """Return what is wrong with the choice of the bot (W4)."""
    if not bot:
        return (Problem("bot", "bot_blank", "No bot is chosen.", "Choose the bot that speaks to the contacts."),)
    known = sorted(each.id for each in bots)
    if bot in known:
        return ()
    offered = f"Choose one of: {', '.join(known)}." if known else "Create a bot first."
    return (Problem("bot", "unknown_bot", f"There is no bot {bot!r}.", offered),)


def pool_problems(numbers: Sequence[PhoneNumber], carriers: Iterable[Carrier]) -> tuple[Problem, ...]:
    """Return what is wrong with the number pool: empty, not configured, or not for outbound calls (W5)."""
    if not numbers:
        hint = "Choose at least one outbound number."
        return (Problem("numbers", "empty_pool", "The number pool is empty.", hint),)
    outbound = {entry.number: entry.outbound for carrier in carriers for entry in carrier.numbers}
    found: list[Problem] = []
    for position, number in enumerate(numbers):
        path = f"numbers[{position}]"
        if number not in outbound:
            message = f"Number {number} is not configured under any carrier."
            found.append(Problem(path, "number_not_configured", message, "Add it to a carrier, or take it out."))
        elif not outbound[number]:
            message = f"Number {number} is inbound-only."
            found.append(Problem(path, "number_inbound_only", message, "Take it out of the pool."))
    return tuple(found)


def config_problems(config: DiallerConfig, path: str = "config") -> tuple[Problem, ...]:
    """Return what is wrong with a dialler config; warnings are among them (W8 to W11).

    Codes: `below_one`, `too_large`, `not_a_whole_number`, `unknown_mode`, `always_on_single_day`,
    `unknown_disposition`, `negative`, `thresholds_overlap` (a warning), and those of the calling window.
    """
    retry, redial = config.retry, config.redial
    found: list[Problem] = []
    for name, value in (
        ("concurrency_limit", config.concurrency_limit),
        ("retry.max_attempts", retry.max_attempts),
        ("retry.delay_minutes", retry.delay_minutes),
        ("redial.stop_after_seconds", redial.stop_after_seconds),
        ("redial.redial_under_seconds", redial.redial_under_seconds),
    ):
        if value is not None:
            found.extend(_whole_from(1, value, f"{path}.{name}"))
    found.extend(_whole_from(0, config.analysis_wait_seconds, f"{path}.analysis_wait_seconds"))
    found.extend(config.window.problems(f"{path}.window"))
    if not isinstance(config.mode, CampaignMode):
        hint = f"The modes are {' and '.join(CampaignMode)}."
        found.append(Problem(f"{path}.mode", "unknown_mode", f"{config.mode!r} is not a campaign mode.", hint))
    if config.always_on and config.mode is not MULTI_DAY:
        hint = "Choose multi day, or switch always-on off."
        found.append(Problem(f"{path}.always_on", "always_on_single_day", "Always-on needs multi day.", hint))
    unknown = sorted(retry.on_system - set(SYSTEM_DISPOSITIONS))
    if unknown:
        message = f"{', '.join(unknown)} cannot be ticked for a redial."
        hint = f"The system dispositions are {', '.join(SYSTEM_DISPOSITIONS)}."
        found.append(Problem(f"{path}.retry.on_system", "unknown_disposition", message, hint))
    stop, under = redial.stop_after_seconds, redial.redial_under_seconds
    if isinstance(stop, int) and isinstance(under, int) and stop < under:
        between = f"Connects between {stop} and {under} seconds are ambiguous"
        message = f"{between}: the stop rule wins, they are not redialled."
        hint = "Set the stop-after value at or above the redial-under value."
        found.append(Problem(f"{path}.redial", "thresholds_overlap", message, hint, severity="warning"))
    return tuple(found)


def _whole_from(least: int, value: object, path: str) -> tuple[Problem, ...]:
    name = path.rsplit(".", 1)[-1]
    if isinstance(value, bool) or not isinstance(value, int):
        hint = f"Give a whole number from {least} up."
        return (Problem(path, "not_a_whole_number", f"{name} is {value!r}, not a whole number.", hint),)
    if value > MOST:
        return (Problem(path, "too_large", f"{name} is {value}; the most is {MOST}.", f"Give {MOST} or less."),)
    if value < least:
        code = "below_one" if least == 1 else "negative"
        return (Problem(path, code, f"{name} is {value}; the least is {least}.", f"Give {least} or more."),)
    return ()


def errors_among(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Leave the warnings out."""
    return tuple(problem for problem in problems if problem.severity == "error")


def with_defaults(config: DiallerConfig) -> DiallerConfig:
    """Return the config as the wizard would save it.

    Blank, junk or below one becomes the default, fractions are floored. Always-on is
    cleared outside multi day (W6, W7, W9, W10).

    >>> with_defaults(DiallerConfig(concurrency_limit=0)).concurrency_limit
    50
    """
    redial = config.redial
    return attrs.evolve(
        config,
        concurrency_limit=_defaulted(config.concurrency_limit, DEFAULT_CONCURRENCY),
        always_on=config.always_on and config.mode is MULTI_DAY,
        retry=attrs.evolve(
            config.retry,
            max_attempts=_defaulted(config.retry.max_attempts, DEFAULT_MAX_ATTEMPTS),
            delay_minutes=_defaulted(config.retry.delay_minutes, DEFAULT_DELAY_MINUTES),
        ),
        redial=attrs.evolve(
            redial,
            stop_after_seconds=None
            if redial.stop_after_seconds is None
            else _defaulted(redial.stop_after_seconds, DEFAULT_STOP_AFTER_SECONDS),
            redial_under_seconds=None
            if redial.redial_under_seconds is None
            else _defaulted(redial.redial_under_seconds, DEFAULT_REDIAL_UNDER_SECONDS),
        ),
    )


def _defaulted(value: object, default: int) -> int:
    """Floor after the test for below one, so that 0.5 is blank and 1.5 is 1."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value) or value < 1:
        return default
    return floor(value)
