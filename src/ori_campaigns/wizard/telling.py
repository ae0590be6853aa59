"""Problems as a page tells them: where each is put right, in whose words, and with the numbers of the pool in full."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ori_campaigns.errors import Problem
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.wizard.fields import FieldRule, Kind, rule_at
from ori_campaigns.wizard.page import PageProblem
from ori_campaigns.wizard.texts import WizardTexts

if TYPE_CHECKING:
    from ori_campaigns.wizard.wizard import Wizard

# They tell of what is ticked, all others of what will be saved: there a number counts once, and junk not at all.
_OF_TICKED = frozenset({"bad_number", "number_repeated"})

_MISSING = frozenset({"name_blank", "bot_blank", "empty_pool", "no_working_days", "contacts_required"})


def told(problems: Iterable[Problem], wizard: Wizard, texts: WizardTexts) -> tuple[PageProblem, ...]:
    """Return problems of a wizard as its page tells them, in the order given."""
    pools = {True: wizard.entries.numbers, False: wizard.draft().numbers}
    return tuple(_told(each, wizard, texts, pools[each.code in _OF_TICKED]) for each in problems)


def _told(problem: Problem, wizard: Wizard, texts: WizardTexts, pool: tuple[PhoneNumber, ...]) -> PageProblem:
    rule, number = rule_at(problem.path), _number_at(problem.path, pool)
    message, hint = problem.message, problem.hint
    if number is not None:
        # The numbers of the pool are the host's own, and two of them may end alike.
        message = message.replace(str(number), number.reveal())
    if problem.code in texts.problems:
        label = texts.fields[rule.key].label if rule else ""
        digits = number.reveal() if number else ""
        message, hint = texts.problems[problem.code].format(label=label, number=digits), ""
    elif problem.code == "action_not_allowed" and wizard.editing is not None and not wizard.editable:
        message = texts.not_editable.format(status=wizard.editing.status.value)
    return PageProblem(
        path=problem.path,
        code=problem.code,
        message=message,
        hint=hint,
        severity=problem.severity,
        step=rule.step.value if rule else "",
        field=rule.key if rule else "",
        missing=problem.severity == "error" and rule is not None and _is_missing(problem, rule, wizard),
    )


def _is_missing(problem: Problem, rule: FieldRule, wizard: Wizard) -> bool:
    if problem.code in _MISSING:
        return True
    return rule.required and rule.kind is not Kind.FILE and getattr(wizard.entries, rule.key) == ""


def _number_at(path: str, pool: tuple[PhoneNumber, ...]) -> PhoneNumber | None:
    name, _, rest = path.partition("[")
    position = rest.removesuffix("]")
    if name != "numbers" or not position.isdecimal():
        return None
    return pool[int(position)] if int(position) < len(pool) else None
