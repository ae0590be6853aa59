"""A wizard drawn as a page: which pills, notices, fields and buttons there are now, and in what words (W1 to W16)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ori_campaigns.wizard.choices import options_of
from ori_campaigns.wizard.entries import Entries
from ori_campaigns.wizard.facts import Place
from ori_campaigns.wizard.fields import FIELDS, STEPS, TICKED, FieldRule, Kind, Step, problems_at, problems_on
from ori_campaigns.wizard.page import (
    PILL_COLOUR,
    BackLink,
    Button,
    Notice,
    PageField,
    PageProblem,
    Pill,
    PillState,
    WizardPage,
)
from ori_campaigns.wizard.review import contacts_text, review_of
from ori_campaigns.wizard.telling import told
from ori_campaigns.wizard.texts import WizardTexts

if TYPE_CHECKING:
    from ori_campaigns.wizard.wizard import Wizard


def page_of(wizard: Wizard, texts: WizardTexts) -> WizardPage:
    """Return the page of the current step."""
    step, text = wizard.step, texts.steps[wizard.step]
    shown = told(problems_on(step, wizard.problems()), wizard, texts)
    exists = wizard.entries.exists
    rules = [rule for rule in FIELDS.values() if rule.step is step and exists(rule.key)]
    uploaded = wizard.uploaded if step in {Step.UPLOAD_CSV, Step.REVIEW} else None
    # Once a campaign has run, there is nothing to do on these steps.
    is_guided = not (wizard.has_run and step in {Step.BASICS, Step.UPLOAD_CSV})
    return WizardPage(
        title=texts.create_title if wizard.editing is None else texts.edit_title,
        mode=wizard.mode,
        step=step,
        back_link=_back_link(wizard, texts),
        pills=tuple(_pill(each, wizard, texts) for each in STEPS),
        notices=tuple(_notices(wizard, texts)),
        guidance_head=text.guidance_head if is_guided else "",
        guidance=text.guidance if is_guided else (),
        fields=tuple(_field(rule, wizard, texts, shown) for rule in rules),
        preview=None if uploaded is None else uploaded.preview,
        review=review_of(wizard, texts, shown) if step is Step.REVIEW else None,
        buttons=tuple(_buttons(wizard, texts)),
        can_advance=wizard.can_advance,
        problems=shown,
        failures=told(wizard.failures, wizard, texts),
    )


def _back_link(wizard: Wizard, texts: WizardTexts) -> BackLink:
    # A campaign that is not made yet has no detail page to go back to.
    if wizard.editing is None or wizard.entered_from is Place.LIST:
        return BackLink(texts.back_to_list, Place.LIST, "" if wizard.editing is None else wizard.editing.id)
    return BackLink(texts.back_to_detail, wizard.entered_from, wizard.editing.id)


def _pill(step: Step, wizard: Wizard, texts: WizardTexts) -> Pill:
    here = wizard.step.number
    state = PillState.UPCOMING
    if step.number <= here:
        state = PillState.CURRENT if step.number == here else PillState.COMPLETE
    text = texts.steps[step]
    clickable = state is PillState.COMPLETE and not wizard.is_working
    return Pill(step, step.number, text.label, text.help, state, PILL_COLOUR[state], clickable)


def _notices(wizard: Wizard, texts: WizardTexts) -> Iterable[Notice]:
    editing = wizard.editing
    if editing is not None and not editing.editable:
        yield Notice("not_editable", texts.not_editable.format(status=editing.status.value), warning=True)
    elif wizard.has_run:
        yield Notice("has_run", texts.has_run)
    if wizard.step is Step.BASICS and wizard.has_run:
        yield Notice("locked_identity", texts.locked_identity)
        yield Notice("use_clone", texts.use_clone)
    if wizard.step is Step.UPLOAD_CSV:
        yield _csv_notice(wizard, texts)


def _csv_notice(wizard: Wizard, texts: WizardTexts) -> Notice:
    if wizard.locked("contacts"):
        return Notice("csv_locked", texts.csv_locked, warning=True)
    if wizard.contacts_required:
        return Notice("csv_required", texts.csv_required)
    if wizard.editing is not None:
        return Notice("csv_replaces", texts.csv_replaces)
    return Notice("csv_optional", texts.csv_optional)


# --- fields ----------------------------------------------------------------------------------------------------------


def _field(rule: FieldRule, wizard: Wizard, texts: WizardTexts, problems: Iterable[PageProblem]) -> PageField:
    key, text, entries = rule.key, texts.fields[rule.key], wizard.entries
    is_file = rule.kind is Kind.FILE
    return PageField(
        key=key,
        label=text.label,
        kind=rule.kind,
        help=text.help,
        note=text.note,
        example=text.example,
        group=texts.groups[rule.group] if rule.group else "",
        value=_file(wizard, texts) if is_file else _value(rule, getattr(entries, key)),
        on=rule.kind is Kind.TOGGLE and getattr(entries, key),
        default="" if is_file else _default(rule, wizard),
        required=wizard.contacts_required if is_file else rule.required,
        enabled=wizard.enabled(key),
        locked=wizard.locked(key),
        options=options_of(key, entries, wizard.offers, texts),
        problems=problems_at(key, problems),
    )


def _value(rule: FieldRule, entry: object) -> str:
    return "" if rule.kind is Kind.TOGGLE or rule.kind in TICKED else str(entry)


def _default(rule: FieldRule, wizard: Wizard) -> str:
    entry = getattr(Entries(timezone=wizard.time_zone), rule.key)
    return ",".join(entry) if rule.kind in TICKED else _value(rule, entry)


def _file(wizard: Wizard, texts: WizardTexts) -> str:
    if wizard.refused is not None:
        return wizard.refused.source
    return contacts_text(wizard, texts)


# --- buttons ---------------------------------------------------------------------------------------------------------


def _buttons(wizard: Wizard, texts: WizardTexts) -> Iterable[Button]:
    if wizard.step is not Step.BASICS:
        yield Button("back", texts.back, not wizard.is_working)
    if wizard.step is Step.UPLOAD_CSV:
        yield Button("browse", texts.browse, wizard.enabled("contacts"))
    if wizard.step is not Step.REVIEW:
        yield Button("next", texts.next, wizard.can_advance)
        return
    label = texts.create
    if wizard.is_working:
        label = texts.creating if wizard.editing is None else texts.saving
    yield Button("create", label, wizard.can_create)
