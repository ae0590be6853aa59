"""The Review step: the campaign as it will be saved, line by line, and what to confirm before (W14)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from ori_campaigns.wizard.choices import number_labels, zone_label
from ori_campaigns.wizard.facts import Upload
from ori_campaigns.wizard.fields import problems_at
from ori_campaigns.wizard.page import PageProblem, Review, ReviewRow
from ori_campaigns.wizard.texts import WizardTexts

if TYPE_CHECKING:
    from ori_campaigns.wizard.wizard import Wizard


# The rows that come from other fields than the one they are called by.
_FROM: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "window": ("window_start", "window_end", "timezone"),
        "stop_rule": ("stop_rule", "stop_after_seconds"),
        "redial_rule": ("redial_rule", "redial_under_seconds"),
    }
)


def review_of(wizard: Wizard, texts: WizardTexts, problems: tuple[PageProblem, ...]) -> Review:
    """Return the grid and the checklist; numbers are those that will be saved, not what was typed."""
    draft = wizard.draft()
    config = draft.config
    retry, redial, window = config.retry, config.redial, config.window
    bots = {bot.id: bot.label for bot in wizard.offers.bots}
    labels = number_labels(wizard.offers, texts)
    numbers = tuple(labels.get(number) or number.reveal() for number in draft.numbers)
    zone = zone_label(window.timezone, texts)
    days = tuple(texts.days.get(str(day), str(day)) for day in sorted(window.working_days, key=str))
    system = tuple(each for each in wizard.entries.on_system if each in retry.on_system)

    def row(key: str, value: object, items: tuple[str, ...] = (), label: str = "") -> ReviewRow:
        found = dict.fromkeys(each for field in _FROM.get(key, (key,)) for each in problems_at(field, problems))
        return ReviewRow(key, label or texts.fields[key].label, str(value), items, tuple(found))

    def toggle(key: str, *, on: bool) -> ReviewRow:
        return row(key, texts.on if on else texts.off)

    def rule(key: str, seconds: int | None, text: str) -> ReviewRow:
        return row(key, texts.off if seconds is None else text.format(seconds=seconds))

    def listed(key: str, items: tuple[str, ...]) -> ReviewRow:
        return row(key, ", ".join(items) or texts.none, items)

    grid = (
        row("name", draft.name),
        row("bot", bots.get(draft.bot, draft.bot)),
        row("numbers", texts.count.format(count=len(numbers)), numbers, label=texts.numbers),
        row("contacts", contacts_text(wizard, texts) or texts.no_csv),
        row("concurrency_limit", config.concurrency_limit),
        row("mode", texts.modes.get(config.mode, config.mode)),
        toggle("always_on", on=config.always_on),
        row("window", texts.hours.format(start=window.start, end=window.end, timezone=zone), label=texts.window),
        row("max_attempts", retry.max_attempts),
        row("delay_minutes", retry.delay_minutes),
        toggle("callback_detection", on=config.callback_detection),
        toggle("sticky_exclusion", on=config.sticky_exclusion),
    )
    rules = (
        listed("working_days", days),
        listed("on_system", system),
        listed("on_business", retry.on_business),
        rule("stop_rule", redial.stop_after_seconds, texts.longer),
        rule("redial_rule", redial.redial_under_seconds, texts.shorter),
    )
    # A campaign that is edited is not newly created, and one that is paused is no draft.
    note = texts.stays_draft if wizard.editing is None else ""
    return Review(grid, rules, texts.confirm, texts.checklist, note)


def contacts_text(wizard: Wizard, texts: WizardTexts) -> str:
    """Return the list that the campaign will have: the uploaded one, else the stored one; empty for none."""
    if wizard.uploaded is not None:
        return upload_text(wizard.uploaded, texts)
    stored = 0 if wizard.editing is None else wizard.editing.contacts
    return texts.stored.format(contacts=f"{stored:,}") if stored else ""


def upload_text(upload: Upload, texts: WizardTexts) -> str:
    """Return a list in one line: its name, its contacts, and how many rows were skipped."""
    text = texts.csv.format(source=upload.source, accepted=f"{upload.accepted:,}")
    return text + (texts.csv_skipped.format(skipped=f"{upload.skipped:,}") if upload.skipped else "")
