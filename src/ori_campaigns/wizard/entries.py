"""What the person entered, exactly as it was left, and the campaign it comes to (W4 to W12).

Entries are raw: text in text and number fields, so that `abc` and a blank survive being put away and taken out again.
Reading them is the draft's business, and the numeric rule is that of `validation.with_defaults`, nobody else's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import attrs

from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.config import (
    DEFAULT_CONCURRENCY,
    DEFAULT_DELAY_MINUTES,
    DEFAULT_MAX_ATTEMPTS,
    DEFAULT_REDIAL_UNDER_SECONDS,
    DEFAULT_STOP_AFTER_SECONDS,
    MULTI_DAY,
    SINGLE_DAY,
    SYSTEM_DISPOSITIONS,
    DiallerConfig,
    RedialRules,
    RetryPolicy,
)
from ori_campaigns.numbers import DIGITS, PhoneNumber, Rejection
from ori_campaigns.validation import MOST, clamped, defaulted, number_in, with_defaults
from ori_campaigns.windows import ALL_DAYS, CallingWindow
from ori_campaigns.wizard.fields import TICKED, FieldRule, Kind, misuse

NUMERIC_DEFAULTS = {
    "concurrency_limit": DEFAULT_CONCURRENCY,
    "max_attempts": DEFAULT_MAX_ATTEMPTS,
    "delay_minutes": DEFAULT_DELAY_MINUTES,
    "stop_after_seconds": DEFAULT_STOP_AFTER_SECONDS,
    "redial_under_seconds": DEFAULT_REDIAL_UNDER_SECONDS,
}
"""What each numeric field falls back to (W6, W9, W10)."""

_DAYS = tuple(map(str, sorted(ALL_DAYS)))
_WINDOW = CallingWindow()
_BEYOND = 10**30


@attrs.frozen
class Entries:
    """The content of every field but the list of contacts; the defaults are those of a new campaign.

    Parameters:
        numbers: the ticked numbers, in the order of rotation.
        working_days: ticked days as text, Monday `0` to Sunday `6`.
        on_system: ticked system dispositions.
        on_business: custom dispositions with commas between them.
        stop_rule, redial_rule: whether the rule is on; its threshold is kept while it is off.
    """

    name: str = ""
    bot: str = ""
    numbers: tuple[PhoneNumber, ...] = ()
    concurrency_limit: str = str(DEFAULT_CONCURRENCY)
    mode: str = SINGLE_DAY.value
    always_on: bool = False
    window_start: str = _WINDOW.start
    window_end: str = _WINDOW.end
    timezone: str = _WINDOW.timezone
    working_days: tuple[str, ...] = _DAYS
    max_attempts: str = str(DEFAULT_MAX_ATTEMPTS)
    delay_minutes: str = str(DEFAULT_DELAY_MINUTES)
    on_system: tuple[str, ...] = ()
    on_business: str = ""
    stop_rule: bool = False
    stop_after_seconds: str = str(DEFAULT_STOP_AFTER_SECONDS)
    redial_rule: bool = False
    redial_under_seconds: str = str(DEFAULT_REDIAL_UNDER_SECONDS)
    callback_detection: bool = False
    sticky_exclusion: bool = False

    def exists(self, key: str) -> bool:
        """Tell whether a field is there: always-on for multi day, a threshold while its rule is on (W7, W10).

        >>> Entries().exists("always_on"), Entries(mode="multi_day").exists("always_on")
        (False, True)
        """
        if key == "always_on":
            return self.mode == MULTI_DAY
        if key == "stop_after_seconds":
            return self.stop_rule
        return self.redial_rule if key == "redial_under_seconds" else True

    def with_entry(self, rule: FieldRule, value: object) -> Entries:
        """Return the entries with one of them made anew; leaving multi day clears always-on (W7).

        Raises:
            InvalidDefinition: code `ill_typed`, for a value that no such field can hold.
        """
        entry: dict[str, Any] = {rule.key: _raw(rule, value)}
        entries = attrs.evolve(self, **entry)
        return attrs.evolve(entries, always_on=entries.always_on and entries.mode == MULTI_DAY)

    def left(self, key: str) -> Entries:
        """Return the entries once a numeric field has lost the focus (W6, W9, W10).

        >>> Entries(concurrency_limit="0", max_attempts="0").left("concurrency_limit").left("max_attempts").max_attempts
        '3'
        """
        rule = clamped if key == "concurrency_limit" else defaulted
        return self._holding(key, rule(getattr(self, key), NUMERIC_DEFAULTS[key]))

    def settled(self) -> Entries:
        """Return the entries once Next or Create was pressed in a numeric field that was not left (W6, W9, W10).

        The threshold of a rule that is off stays as it is.

        >>> settled = Entries(concurrency_limit="0", max_attempts="", redial_under_seconds="").settled()
        >>> settled.concurrency_limit, settled.max_attempts, settled.redial_under_seconds
        ('50', '3', '')
        """
        entries = self
        for key, default in NUMERIC_DEFAULTS.items():
            if self.exists(key):
                entries = entries._holding(key, defaulted(getattr(self, key), default))
        return entries

    def _holding(self, key: str, value: int) -> Entries:
        # What is too large is for the person to put right, who is to find it as it was typed.
        entry: dict[str, Any] = {} if value > MOST else {key: str(value)}
        return attrs.evolve(self, **entry)

    @classmethod
    def of(cls, draft: CampaignDraft) -> Entries:
        """Return the entries that a saved campaign is opened with (W16)."""
        config = draft.config
        window, retry, redial = config.window, config.retry, config.redial
        return cls(
            name=draft.name,
            bot=draft.bot,
            numbers=draft.numbers,
            concurrency_limit=str(config.concurrency_limit),
            mode=str(config.mode),
            always_on=config.always_on,
            window_start=window.start,
            window_end=window.end,
            timezone=window.timezone,
            working_days=tuple(map(str, sorted(window.working_days))),
            max_attempts=str(retry.max_attempts),
            delay_minutes=str(retry.delay_minutes),
            on_system=tuple(sorted(retry.on_system, key=_position)),
            on_business=_listed(retry.on_business),
            stop_rule=redial.stop_after_seconds is not None,
            stop_after_seconds=_or(redial.stop_after_seconds, DEFAULT_STOP_AFTER_SECONDS),
            redial_rule=redial.redial_under_seconds is not None,
            redial_under_seconds=_or(redial.redial_under_seconds, DEFAULT_REDIAL_UNDER_SECONDS),
            callback_detection=config.callback_detection,
            sticky_exclusion=config.sticky_exclusion,
        )

    def draft(self, saved: CampaignDraft | None, workspace: str, *, strict: bool) -> CampaignDraft:
        """Return the campaign that was entered.

        Parameters:
            saved: what it was before; what the wizard does not ask for stays as it is there.
            workspace: the tenant it belongs to.
            strict: leave in numeric fields what was typed, for validation to refuse.
        """
        config = self._config(DiallerConfig() if saved is None else saved.config)
        numbers = tuple(number for number in self.numbers if is_number(number))
        return CampaignDraft(self.name, self.bot, numbers, config if strict else with_defaults(config), workspace)

    def _config(self, before: DiallerConfig) -> DiallerConfig:
        # Text that nobody touched keeps a name with a comma in it whole.
        kept = before.retry.on_business
        names = kept if self.on_business == _listed(kept) else tuple(self.on_business.split(","))
        return attrs.evolve(
            before,
            concurrency_limit=_number(self.concurrency_limit),
            mode=self.mode,
            always_on=self.always_on,
            window=CallingWindow(
                self.window_start, self.window_end, self.timezone, cast("Iterable[int]", map(_day, self.working_days))
            ),
            retry=RetryPolicy(_number(self.max_attempts), _number(self.delay_minutes), self.on_system, names),
            redial=RedialRules(
                _number(self.stop_after_seconds) if self.stop_rule else None,
                _number(self.redial_under_seconds) if self.redial_rule else None,
            ),
            callback_detection=self.callback_detection,
            sticky_exclusion=self.sticky_exclusion,
        )


def is_number(number: PhoneNumber) -> bool:
    """Tell whether a ticked number is one; whatever a page sends may be ticked."""
    return not isinstance(DIGITS.clean(number.reveal()), Rejection)


def _number(text: str) -> int:
    """Return the number that was typed, or the text where it is none: validation names what is wrong with it."""
    number = number_in(text)
    return cast("int", text if number is None else number)


def _day(text: str) -> int | str:
    return int(text) if text in _DAYS else text


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


def _or(seconds: int | None, default: int) -> str:
    return str(default if seconds is None else seconds)


def _position(disposition: str) -> tuple[int, str]:
    known = SYSTEM_DISPOSITIONS
    return (known.index(disposition) if disposition in known else len(known), disposition)


# --- what a page sends -----------------------------------------------------------------------------------------------


def _raw(rule: FieldRule, value: object) -> object:
    """Return an entry of the type of its field."""
    if rule.kind is Kind.TOGGLE:
        if isinstance(value, bool):
            return value
        raise _ill_typed(rule, "True or False")
    if rule.kind in TICKED:
        return _ticked(rule, value)
    if isinstance(value, str):
        return str(value)
    # A front end may send a number field as a number, and an empty one as nothing.
    if rule.kind is Kind.NUMBER and value is None:
        return ""
    if rule.kind is Kind.NUMBER and isinstance(value, int | float) and not isinstance(value, bool):
        # Python itself refuses to write out a whole number of thousands of digits.
        return str(max(-_BEYOND, min(value, _BEYOND)) if isinstance(value, int) else value)
    raise _ill_typed(rule, "text")


def _ticked(rule: FieldRule, value: object) -> object:
    several = (value,) if isinstance(value, str | PhoneNumber) else value
    if not isinstance(several, Iterable):
        raise _ill_typed(rule, "a list of what is ticked")
    return tuple(one_ticked(rule, each) for each in several)


def one_ticked(rule: FieldRule, value: object) -> object:
    """Return what is ticked in the shape of its field: phone numbers cleaned, all else as text.

    Raises:
        InvalidDefinition: code `ill_typed`.
    """
    if rule.key == "numbers":
        if isinstance(value, PhoneNumber):
            return value
        if isinstance(value, str):
            cleaned = DIGITS.clean(value)
            return PhoneNumber(value if isinstance(cleaned, Rejection) else cleaned)
    elif isinstance(value, str) or (rule.kind is Kind.DAYS and type(value) is int):
        return str(value)
    raise _ill_typed(rule, "a list of what is ticked")


def _ill_typed(rule: FieldRule, wanted: str) -> Exception:
    # The value is not repeated: it may be a phone number.
    return misuse(rule.key, "ill_typed", f"The entry of {rule.key} is of another type.", f"Give {wanted}.")
