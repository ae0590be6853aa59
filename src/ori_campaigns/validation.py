"""Is this definition right? Every problem at once, each with its field, a stable code and a way out (W17).

Strict validation refuses what the wizard would silently default; `with_defaults` applies those defaults first. What a
numeric field holds is read in one place, `defaulted`, for the wizard and for whoever creates without one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from math import floor, inf, isfinite
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

LONGEST_NAME = 300
"""The most characters of a campaign's name."""

EVENING = "18:00"
"""When the evening of a callback begins (K3); a window that ends by then has none (W12)."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
_BEYOND = 10**30

# What is neither seen nor kept by every database: control characters, halves of surrogate pairs, ends of lines.
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
# They turn round the text that stands behind them, the question whether to delete a campaign included.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Letters and signs that are blank, though Unicode counts them among those that are seen.
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")

# A person knows a field by what is written at it.
_CALLED = {
    "concurrency_limit": "Concurrency limit",
    "retry.max_attempts": "Max attempts",
    "retry.delay_minutes": "Retry delay (minutes)",
    "redial.stop_after_seconds": "Connected longer than (seconds)",
    "redial.redial_under_seconds": "Connected shorter than (seconds)",
    "analysis_wait_seconds": "Wait for the analysis (seconds)",
}


def problems_of(
    draft: CampaignDraft, *, bots: Iterable[Bot], carriers: Iterable[Carrier], locked_bot: str = ""
) -> tuple[Problem, ...]:
    """Return everything that keeps a draft from being created, and the warnings.

    Parameters:
        draft: as entered; call `with_defaults` first for the lenient reading.
        bots, carriers: the host's directory of the draft's workspace.
        locked_bot: the bot of a campaign that has run. Where it is gone that is a warning, for it cannot be changed
            and keeps nobody from editing the rest; start refuses it (W4). What is wrong with its name is one, too.

    Codes: those of `name_problems`, `bot_problems`, `pool_problems` and
    `config_problems`.
    """
    found: list[Problem] = []
    named = name_problems(draft.name)
    if locked_bot:
        hint = "Use Clone if you need a different name."
        named = tuple(attrs.evolve(each, hint=hint, severity="warning") for each in named)
    found.extend(named)
    wrong = bot_problems(draft.bot, bots)
    if locked_bot and draft.bot == locked_bot:
        hint = "Start is refused until it is back. Use Clone if you need a different bot."
        wrong = tuple(attrs.evolve(each, hint=hint, severity="warning") for each in wrong)
    found.extend(wrong)
    found.extend(pool_problems(draft.numbers, carriers))
    found.extend(config_problems(draft.config))
    return tuple(found)


def name_problems(name: str) -> tuple[Problem, ...]:
    r"""Return what is wrong with a campaign's name (W4).

    Codes: `name_blank` where no character of it can be seen, `name_too_long` beyond `LONGEST_NAME` characters,
    `name_unprintable` for line breaks and other control characters.

    >>> [problem.code for name in ("", "\u200b", "Q2\nRenewals") for problem in name_problems(name)]
    ['name_blank', 'name_blank', 'name_unprintable']
    """
    if all(category(each)[0] in "CMZ" or each in _BLANK for each in name):
        return (Problem("name", "name_blank", "The campaign has no name.", "Give it one."),)
    found: list[Problem] = []
    if len(name) > LONGEST_NAME:
        message = f"The name has {len(name):,} characters; the most is {LONGEST_NAME}."
        found.append(Problem("name", "name_too_long", message, "Shorten it."))
    if unprintable(name):
        message = "The name holds a line break or another control character."
        found.append(Problem("name", "name_unprintable", message, "Type it anew, in one line."))
    return tuple(found)


def unprintable(text: str) -> bool:
    r"""Tell whether a text of one line holds a control character, a line break, half a pair, or what turns it round.

    >>> unprintable("call later"), unprintable("call\nlater")
    (False, True)
    """
    return any(category(each) in _UNPRINTABLE or each in _TURNING for each in text)


def bot_problems(bot: str, bots: Iterable[Bot]) -> tuple[Problem, ...]:
    """Return what is wrong with the choice of the bot: codes `bot_blank`, `unknown_bot`, `unprintable` (W4)."""
    if not bot:
        return (Problem("bot", "bot_blank", "No bot is chosen.", "Choose the bot that speaks to the contacts."),)
    known = sorted(each.id for each in bots)
    if bot in known and unprintable(bot):
        message = f"The id of bot {bot!r} holds a control character, which cannot be stored."
        return (Problem("bot", "unprintable", message, "Choose another bot, or give it another id."),)
    if bot in known:
        return ()
    offered = f"Choose one of: {', '.join(known)}." if known else "Create a bot first."
    return (Problem("bot", "unknown_bot", f"There is no bot {bot!r}.", offered),)


def pool_problems(numbers: Sequence[PhoneNumber], carriers: Iterable[Carrier]) -> tuple[Problem, ...]:
    """Return what is wrong with the number pool (W5, P3).

    Codes: `empty_pool`, `number_not_configured`, `number_inbound_only` where no entry of the number is for outbound
    calls, `number_under_two_carriers`.
    """
    if not numbers:
        hint = "Choose at least one outbound number."
        return (Problem("numbers", "empty_pool", "The number pool is empty.", hint),)
    outbound: set[PhoneNumber] = set()
    owners: dict[PhoneNumber, dict[str, None]] = {}
    for carrier in carriers:
        for entry in carrier.numbers:
            owners.setdefault(entry.number, {})[carrier.id] = None
            if entry.outbound:
                outbound.add(entry.number)
    found: list[Problem] = []
    for position, number in enumerate(numbers):
        path, under = f"numbers[{position}]", list(owners.get(number, ()))
        if not under:
            message = f"Number {number} is not configured under any carrier."
            found.append(Problem(path, "number_not_configured", message, "Add it to a carrier, or take it out."))
        elif number not in outbound:
            message = f"Number {number} is inbound-only."
            found.append(Problem(path, "number_inbound_only", message, "Take it out of the pool."))
        elif len(under) > 1:
            message = f"Number {number} is configured under {' and under '.join(map(repr, under))}."
            hint = "Keep it under one of them: until then no campaign of the workspace can start."
            found.append(Problem(path, "number_under_two_carriers", message, hint))
    return tuple(found)


def repeated_numbers(numbers: Iterable[PhoneNumber]) -> tuple[Problem, ...]:
    """Return a warning, code `number_repeated`, for each number that stands in a list again (W5).

    Ask before a `CampaignDraft` is made of the list: there a number counts once.

    >>> [problem.path for problem in repeated_numbers([PhoneNumber("911140001000")] * 2)]
    ['numbers[1]']
    """
    seen: set[PhoneNumber] = set()
    found: list[Problem] = []
    for position, number in enumerate(numbers):
        if number in seen:
            message, hint = f"Number {number} is ticked more than once.", "It counts once, at its first place."
            found.append(Problem(f"numbers[{position}]", "number_repeated", message, hint, severity="warning"))
        seen.add(number)
    return tuple(found)


def capacity_problems(draft: CampaignDraft, carriers: Iterable[Carrier]) -> tuple[Problem, ...]:
    """Return a warning, code `channels_below_concurrency`, where the pool's carriers cannot carry the concurrency (W5).

    It is advice for whoever plans a campaign, no part of `problems_of`: channels are shared by all campaigns and may
    change at any time, and the tighter limit wins anyway (P2).

    >>> from ori_campaigns.config import DiallerConfig
    >>> draft = CampaignDraft("Renewals", "asha", ["911140001000"], DiallerConfig(concurrency_limit=40))
    >>> [warning] = capacity_problems(draft, [Carrier("trunk", ["911140001000"], channels=30)])
    >>> warning.message
    'The carriers of these numbers carry 30 calls at the same time, the concurrency limit is 40.'
    """
    pool, limit = frozenset(draft.numbers), draft.config.concurrency_limit
    used = [each for each in carriers if any(entry.outbound and entry.number in pool for entry in each.numbers)]
    # What is no number at all is told by others: of a carrier by the directory, of the limit by `config_problems`.
    if not used or not all(isinstance(value, int) for value in (limit, *(each.channels for each in used))):
        return ()
    channels = sum(each.channels for each in used)
    if channels >= limit:
        return ()
    carried = f"The carriers of these numbers carry {channels} calls at the same time"
    message = f"{carried}, the concurrency limit is {limit}."
    hint = "Choose numbers of further carriers, or a lower concurrency limit."
    return (Problem("numbers", "channels_below_concurrency", message, hint, severity="warning"),)


def config_problems(config: DiallerConfig, path: str = "config") -> tuple[Problem, ...]:
    """Return what is wrong with a dialler config; warnings are among them (W8 to W12).

    Codes: `below_one`, `too_large`, `not_a_whole_number`, `unknown_mode`, `always_on_single_day`,
    `unknown_disposition`, `unprintable`, `negative`, `thresholds_overlap` and `evening_callbacks` (warnings), and
    those of the calling window.
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
        # Only a threshold may be `None`: its rule is off.
        if value is not None or not name.startswith("redial."):
            found.extend(_whole_from(1, value, path, name))
    found.extend(_whole_from(0, config.analysis_wait_seconds, path, "analysis_wait_seconds"))
    window = config.window.problems(f"{path}.window")
    found.extend(window)
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
    if any(map(unprintable, retry.on_business)):
        message = "A custom disposition holds a line break or another control character."
        hint = "Type it anew; commas stand between the names."
        found.append(Problem(f"{path}.retry.on_business", "unprintable", message, hint))
    stop, under = redial.stop_after_seconds, redial.redial_under_seconds
    if isinstance(stop, int) and isinstance(under, int) and stop < under:
        between = f"Connects between {stop} and {under} seconds are ambiguous"
        message = f"{between}: the stop rule wins, they are not redialled."
        hint = "Set the stop-after value at or above the redial-under value."
        found.append(Problem(f"{path}.redial", "thresholds_overlap", message, hint, severity="warning"))
    # An overnight window either has the evening in it or opens later on the same one.
    if config.callback_detection and not window and config.window.start < config.window.end <= EVENING:
        message = f"The window ends at {config.window.end}: callbacks asked for the evening move to the next day."
        hint = f"Set the end of the window after {EVENING} to call back on the same evening."
        found.append(Problem(f"{path}.callback_detection", "evening_callbacks", message, hint, severity="warning"))
    return tuple(found)


def _whole_from(least: int, value: object, path: str, name: str) -> tuple[Problem, ...]:
    path, called = f"{path}.{name}", _CALLED[name]
    if isinstance(value, bool) or not isinstance(value, int):
        hint = f"Give a whole number from {least} up."
        return (Problem(path, "not_a_whole_number", f"{called} is {value!r}, not a whole number.", hint),)
    if value > MOST:
        # Python itself refuses to write out a number of thousands of digits.
        told = value if value < _BEYOND else "a number of more than 30 digits"
        return (Problem(path, "too_large", f"{called} is {told}; the most is {MOST}.", f"Give {MOST} or less."),)
    if value < least:
        code = "below_one" if least == 1 else "negative"
        return (Problem(path, code, f"{called} is {value}; the least is {least}.", f"Give {least} or more."),)
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
        concurrency_limit=defaulted(config.concurrency_limit, DEFAULT_CONCURRENCY),
        always_on=config.always_on and config.mode is MULTI_DAY,
        retry=attrs.evolve(
            config.retry,
            max_attempts=defaulted(config.retry.max_attempts, DEFAULT_MAX_ATTEMPTS),
            delay_minutes=defaulted(config.retry.delay_minutes, DEFAULT_DELAY_MINUTES),
        ),
        redial=attrs.evolve(
            redial,
            stop_after_seconds=None
            if redial.stop_after_seconds is None
            else defaulted(redial.stop_after_seconds, DEFAULT_STOP_AFTER_SECONDS),
            redial_under_seconds=None
            if redial.redial_under_seconds is None
            else defaulted(redial.redial_under_seconds, DEFAULT_REDIAL_UNDER_SECONDS),
        ),
    )


def number_in(text: str) -> int | float | None:
    """Return the number that was typed into a field; `None` for anything else, a blank field included (W6).

    A number has ASCII digits, and may have a sign, a decimal point and an exponent.

    >>> number_in(" 12 "), number_in("1.5"), number_in("1,000"), number_in("")
    (12, 1.5, None, None)
    """
    written = text.strip()
    if not _NUMBER.fullmatch(written):
        return None
    if _WHOLE.fullmatch(written):
        return int(written)
    value = float(written)
    # What no float holds is too large like any other number beyond the most, and no junk.
    return {inf: _BEYOND, -inf: -_BEYOND}.get(value, value)


def defaulted(value: object, default: int) -> int:
    """Return what a numeric field comes to: the default where it is blank, junk or below one, else it is floored.

    Parameters:
        value: a number, or what was typed.
        default: the field's own (W6, W9, W10).

    >>> defaulted("", 3), defaulted("0.5", 3), defaulted("1.5", 3), defaulted(7, 3)
    (3, 3, 1, 7)
    """
    if isinstance(value, str):
        value = number_in(value)
    # The test comes before the floor, so that 0.5 is blank and 1.5 is 1.
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 1:
        return default
    return floor(value) if isinstance(value, int) or isfinite(value) else default


def clamped(value: object, default: int) -> int:
    """Return what the concurrency field comes to when it is left: below one is one, all else as `defaulted` (W6).

    >>> clamped("0", 50), clamped("-3", 50), clamped("", 50), clamped("2.9", 50)
    (1, 1, 50, 2)
    """
    number = number_in(value) if isinstance(value, str) else value
    below = isinstance(number, int | float) and not isinstance(number, bool) and number < 1
    return 1 if below else defaulted(number, default)
