"""The five steps and the fields on them: which kind each is, on which step, and which problems are told at it (W1).

This is the one table of the wizard. The entries are its keys, the texts are found by them, and a page draws its fields
in this order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

import attrs

from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.wizard.facts import Place


class Step(StrEnum):
    """The steps of the wizard, in their order (W1)."""

    BASICS = "basics"
    NUMBER_POOL = "number_pool"
    DIALLER_CONFIG = "dialler_config"
    UPLOAD_CSV = "upload_csv"
    REVIEW = "review"

    @property
    def number(self) -> int:
        """Its place, from 1.

        >>> Step.REVIEW.number
        5
        """
        return STEPS.index(self) + 1


STEPS: tuple[Step, ...] = tuple(Step)


class Kind(StrEnum):
    """What a field is drawn as: `list` is a text with commas, `choices` and `days` are boxes to tick."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    CHOICES = "choices"
    TOGGLE = "toggle"
    TIME = "time"
    DAYS = "days"
    FILE = "file"
    LIST = "list"


TICKED = frozenset({Kind.CHOICES, Kind.DAYS})
"""The kinds whose entry is a list of what is ticked."""


@attrs.frozen
class FieldRule:
    """One field of the wizard.

    Parameters:
        key: the name of its entry and of its texts.
        step: where it is.
        kind: what it is drawn as.
        paths: the paths of the problems that are told at it (W17).
        group: the heading it stands under.
        required: it cannot be left out; the list of contacts sometimes can (W13).
    """

    key: str
    step: Step
    kind: Kind
    paths: tuple[str, ...]
    group: str = ""
    required: bool = True


def _config(key: str, kind: Kind, paths: str, group: str, *, required: bool = True) -> FieldRule:
    told = tuple(f"config.{path}" for path in paths.split())
    return FieldRule(key, Step.DIALLER_CONFIG, kind, told, group, required)


_FIELDS = (
    FieldRule("name", Step.BASICS, Kind.TEXT, ("name",)),
    FieldRule("bot", Step.BASICS, Kind.CHOICE, ("bot",)),
    FieldRule("numbers", Step.NUMBER_POOL, Kind.CHOICES, ("numbers",)),
    _config("concurrency_limit", Kind.NUMBER, "concurrency_limit", "concurrency"),
    _config("mode", Kind.CHOICE, "mode", "concurrency"),
    _config("always_on", Kind.TOGGLE, "always_on", "concurrency", required=False),
    _config("window_start", Kind.TIME, "window.start", "window"),
    _config("window_end", Kind.TIME, "window.end", "window"),
    _config("timezone", Kind.CHOICE, "window.timezone", "window"),
    _config("working_days", Kind.DAYS, "window.working_days", "window"),
    _config("max_attempts", Kind.NUMBER, "retry.max_attempts", "retries"),
    _config("delay_minutes", Kind.NUMBER, "retry.delay_minutes", "retries"),
    _config("on_system", Kind.CHOICES, "retry.on_system", "retries", required=False),
    _config("on_business", Kind.LIST, "retry.on_business", "retries", required=False),
    _config("stop_rule", Kind.TOGGLE, "", "rules", required=False),
    _config("stop_after_seconds", Kind.NUMBER, "redial.stop_after_seconds redial", "rules", required=False),
    _config("redial_rule", Kind.TOGGLE, "", "rules", required=False),
    _config("redial_under_seconds", Kind.NUMBER, "redial.redial_under_seconds", "rules", required=False),
    _config("callback_detection", Kind.TOGGLE, "callback_detection", "callbacks", required=False),
    _config("sticky_exclusion", Kind.TOGGLE, "sticky_exclusion", "callbacks", required=False),
    FieldRule("contacts", Step.UPLOAD_CSV, Kind.FILE, ("contacts",), required=False),
)

FIELDS: Mapping[str, FieldRule] = MappingProxyType({rule.key: rule for rule in _FIELDS})
"""Every field by its key, in the order of the wizard."""

LOCKED: frozenset[str] = frozenset({"name", "bot", "contacts"})
"""What cannot change once the campaign has run (L14)."""

# It is caused by the pool and by the limit, and either may be what the person wants to change.
_ALSO_AT: Mapping[str, str] = MappingProxyType({"channels_below_concurrency": "concurrency_limit"})


_BY_PATH: Mapping[str, FieldRule] = MappingProxyType({path: rule for rule in _FIELDS for path in rule.paths})


P = TypeVar("P", bound=Problem)


def rule_at(path: str) -> FieldRule | None:
    """Return the field that a path of a campaign belongs to; none for what the wizard does not ask.

    >>> rule_at("config.window.end").key, rule_at("numbers[3]").key, rule_at("status")
    ('window_end', 'numbers', None)
    """
    return _BY_PATH.get(path.partition("[")[0])


def rule_of(field: str) -> FieldRule:
    """Return the rule of a field.

    Raises:
        InvalidDefinition: code `unknown_field`; that is a mistake of the program, not of the person.

    >>> rule_of("mode").kind
    <Kind.CHOICE: 'choice'>
    """
    rule = FIELDS.get(field)
    if rule is None:
        raise misuse(str(field), "unknown_field", f"The wizard has no field {field!r}.", f"It has {', '.join(FIELDS)}.")
    return rule


def step_named(step: str) -> Step:
    """Return a step by its name.

    Raises:
        InvalidDefinition: code `unknown_step`.

    >>> step_named("review")
    <Step.REVIEW: 'review'>
    """
    try:
        return Step(step)
    except ValueError:
        message, hint = f"The wizard has no step {step!r}.", f"Its steps are {', '.join(STEPS)}."
        raise misuse("step", "unknown_step", message, hint) from None


def place_named(place: str) -> Place:
    """Return a page around the wizard by its name.

    Raises:
        InvalidDefinition: code `unknown_place`.

    >>> place_named("detail")
    <Place.DETAIL: 'detail'>
    """
    try:
        return Place(place)
    except ValueError:
        message, hint = f"There is no page {place!r} around the wizard.", f"There are {', '.join(Place)}."
        raise misuse("entered_from", "unknown_place", message, hint) from None


def misuse(path: str, code: str, message: str, hint: str) -> InvalidDefinition:
    """Return the error of a program that uses the wizard wrongly; what a person enters is never one."""
    return InvalidDefinition([Problem(path, code, message, hint)], what="The entry")


def problems_at(key: str, problems: Iterable[P]) -> tuple[P, ...]:
    """Return the problems that are told at a field, `numbers[3]` at `numbers` among them.

    >>> problems_at("numbers", [Problem("numbers[3]", "number_inbound_only", ""), Problem("name", "name_blank", "")])
    (Problem(path='numbers[3]', code='number_inbound_only', message='', hint='', severity='error'),)
    """
    return tuple(each for each in problems if key in _told_at(each))


def problems_on(step: Step, problems: Iterable[P]) -> tuple[P, ...]:
    """Return the problems of a step, in the order given; Review has all of them (W2)."""
    told = tuple(problems)
    if step is Step.REVIEW:
        return told
    return tuple(each for each in told if any(FIELDS[key].step is step for key in _told_at(each)))


def _told_at(problem: Problem) -> list[str]:
    """Return the fields at which a problem is told, the one it belongs to before any other."""
    rule, also = rule_at(problem.path), _ALSO_AT.get(problem.code)
    return [*([rule.key] if rule else []), *([also] if also else [])]
