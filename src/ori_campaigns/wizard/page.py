"""What a page of the wizard shows, as plain values: a host draws them and decides nothing (W1 to W16).

All of it can be sent to a browser as JSON with `codec.dumps`. The numbers of the pool are the host's own caller ids and
are shown in full; of contacts only the preview has numbers. Neither shows in any `repr`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs

from ori_campaigns.errors import Problem
from ori_campaigns.numbers import SHORTEST, masked
from ori_campaigns.wizard.facts import Mode, Place, Table
from ori_campaigns.wizard.fields import Kind, Step

# Digits enough for a phone number, however they are grouped.
_NUMBER = re.compile(rf"\d(?:[\s()./-]*\d){{{SHORTEST - 1},}}")


def _discreet(text: str) -> str:
    """Return the `repr` of a text with every phone number in it masked."""
    return repr(_NUMBER.sub(lambda found: masked(found[0]), text))


def _all_discreet(texts: Iterable[str]) -> str:
    return f"({', '.join(map(_discreet, texts))})"


class PillState(StrEnum):
    """How a step looks, by its position alone (W1)."""

    COMPLETE = "complete"
    CURRENT = "current"
    UPCOMING = "upcoming"


PILL_COLOUR: Mapping[PillState, str] = MappingProxyType(
    {PillState.COMPLETE: "green", PillState.CURRENT: "brand", PillState.UPCOMING: "grey"}
)
"""The colour of a pill; `brand` is the host's own."""


@attrs.frozen
class Pill:
    """A step at the top of the page; a clickable one leads back to it, by `Wizard.go(step)` (W1)."""

    step: Step
    number: int
    label: str
    help: str
    state: PillState
    colour: str
    clickable: bool


@attrs.frozen
class BackLink:
    """The arrow at the top of every step: it leaves the wizard, for the page it was entered from (W3).

    `campaign_id` is that of the campaign that is edited, empty for a new one.
    """

    label: str
    leads_to: Place
    campaign_id: str = ""
    icon: str = "arrow"


@attrs.frozen
class Notice:
    """A sentence above the fields; `key` is the name of its text, `warning` tells that something cannot be done."""

    key: str
    text: str
    warning: bool = False


@attrs.frozen
class PageProblem(Problem):
    """One thing wrong, as a page tells it and leads to it.

    Parameters:
        path: where in the campaign, such as `config.window.end`.
        code: what it is, for programs.
        message: what it is, for people; numbers of the pool are told in full.
        hint: the way out.
        severity: `error` or `warning`.
        step, field: where it is put right; both empty where that is on no page of the wizard.
        missing: something required is not filled in, chosen or uploaded yet. Nothing is wrong so far: a page may leave
            such a problem out at its field, and just keep Next disabled (W2). On Review it shows what to go back for.
    """

    path: str
    code: str
    message: str = attrs.field(repr=_discreet)
    hint: str = attrs.field(default="", repr=_discreet)
    severity: str = "error"
    step: str = ""
    field: str = ""
    missing: bool = False


@attrs.frozen
class Option:
    """Something to choose or to tick.

    Parameters:
        value: what `Wizard.enter` takes.
        label: what a person reads.
        detail: what else is said of it: the carrier of a number, or that it is unavailable.
        ticked: it is chosen.
        available: it is still offered; what is not, and was chosen before, can only be unticked (W5).
    """

    value: str = attrs.field(repr=_discreet)
    label: str = attrs.field(repr=_discreet)
    detail: str = ""
    ticked: bool = False
    available: bool = True


@attrs.frozen
class PageField:
    """A field of the step; one that does not exist now is not among them (W7, W10).

    Parameters:
        key: what `Wizard.enter` calls it.
        label, help, note, example: its texts.
        kind: what it is drawn as.
        group: the heading it stands under, empty where there is none.
        value: the text in it, or the value of what is chosen; empty for toggles and boxes.
        on: a toggle is switched on.
        default: what it holds at first, in the way of `value`; of boxes the ticked values with commas between them.
        required: it cannot be left out.
        enabled: it can be changed now.
        locked: it cannot, because the campaign has run (L14).
        options: what can be chosen or ticked.
        problems: what is wrong with it.
    """

    key: str
    label: str
    kind: Kind
    help: str = ""
    note: str = ""
    example: str = ""
    group: str = ""
    value: str = attrs.field(default="", repr=_discreet)
    on: bool = False
    default: str = ""
    required: bool = False
    enabled: bool = True
    locked: bool = False
    options: tuple[Option, ...] = ()
    problems: tuple[PageProblem, ...] = ()


@attrs.frozen
class ReviewRow:
    """A line of the read-only grid.

    Parameters:
        key: the field it comes from; `window` comes from three.
        label: its name.
        value: what will be saved.
        items: the single things of a `value` that is a count or a list.
        problems: what is wrong with it; they are among those of the page.
    """

    key: str
    label: str
    value: str = attrs.field(repr=_discreet)
    items: tuple[str, ...] = attrs.field(default=(), repr=_all_discreet)
    problems: tuple[PageProblem, ...] = ()


@attrs.frozen
class Review:
    """The last step: what will be saved, and what to confirm before it is (W14).

    Parameters:
        grid: name, bot, numbers, CSV, concurrency, mode, always-on, window, maximum attempts, retry delay, callback
            detection, sticky exclusion.
        rules: working days, dispositions, custom dispositions, stop rule, redial rule.
        confirm: the line above the checklist.
        checklist: the six points.
        note: what Create does not do; empty while a campaign is edited.
    """

    grid: tuple[ReviewRow, ...]
    rules: tuple[ReviewRow, ...]
    confirm: str
    checklist: tuple[str, ...]
    note: str


@attrs.frozen
class Button:
    """A button of the step: `back`, `next`, `browse` or `create` (W3)."""

    key: str
    label: str
    enabled: bool


@attrs.frozen
class WizardPage:
    """One step of the wizard, ready to be drawn.

    Parameters:
        title: of the page.
        mode: whether a campaign is created or edited.
        step: the current one.
        back_link: the way out.
        pills: the five steps.
        notices: what is said above the fields (L10, L14, W4, W13, W16).
        guidance_head, guidance: advice for the person on this step, and the line above it; both may be empty.
        fields: those of the step; none on Review.
        preview: the first rows of the uploaded list, on step 4 and on Review (W14).
        review: on step 5 (W14).
        buttons: those of the step, in the order of the page.
        can_advance: Next leads on (W2).
        problems: those of the step; on Review all there are, each with the step and the field it belongs to (W17).
        failures: why saving failed.
    """

    title: str
    mode: Mode
    step: Step
    back_link: BackLink
    pills: tuple[Pill, ...]
    notices: tuple[Notice, ...]
    guidance_head: str
    guidance: tuple[str, ...]
    fields: tuple[PageField, ...]
    preview: Table | None
    review: Review | None
    buttons: tuple[Button, ...]
    can_advance: bool
    problems: tuple[PageProblem, ...]
    failures: tuple[PageProblem, ...]
