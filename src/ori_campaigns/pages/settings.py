"""How a campaign is set up, as lines to read: named and written as the wizard does it on Review (W14)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Bot
from ori_campaigns.config import SYSTEM_DISPOSITIONS
from ori_campaigns.pages.detail_texts import DetailTexts
from ori_campaigns.pages.parts import said
from ori_campaigns.wizard.choices import zone_label


@attrs.frozen
class Setting:
    """A setting in words.

    Parameters:
        key: its name for a host, as on the wizard's Review.
        label, value: as the wizard says them.
        note: what it was in the run before a prepared restart; empty where that is the same, or there was none.
    """

    key: str
    label: str
    value: str
    note: str = ""


def settings_of(campaign: Campaign, texts: DetailTexts, bots: Sequence[Bot] = ()) -> tuple[Setting, ...]:
    """Return the settings of a campaign; of its pool the count, the numbers stand elsewhere on the page.

    Parameters:
        campaign: of a prepared restart they are those of the run to come, with notes of the run before.
        texts: what is said.
        bots: the workspace's, for their names.
    """
    now, before = _values(campaign, texts, bots), campaign.before_restart
    notes: dict[str, str] = {}
    if before is not None:
        run, was = before.run_number, _values(before, texts, bots)
        notes = {key: texts.before.format(run=run, value=was[key]) for key in now if was[key] != now[key]}
        if frozenset(before.numbers) != frozenset(campaign.numbers):
            notes.setdefault("numbers", texts.other_numbers.format(run=run))
    labels = {key: field.label for key, field in texts.wizard.fields.items()}
    labels |= {"numbers": texts.wizard.numbers, "window": texts.wizard.window, **texts.setting}
    return tuple(Setting(key, said(labels, key), value, notes.get(key, "")) for key, value in now.items())


def _values(campaign: Campaign, texts: DetailTexts, bots: Iterable[Bot]) -> dict[str, str]:
    config, words = campaign.config, texts.wizard
    window, retry, redial = config.window, config.retry, config.redial
    names = {bot.id: bot.label for bot in bots}

    def toggle(on: bool) -> str:  # noqa: FBT001 - a state
        return words.on if on else words.off

    def rule(seconds: int | None, text: str) -> str:
        return words.off if seconds is None else text.format(seconds=seconds)

    def listed(items: Iterable[str]) -> str:
        return ", ".join(items) or words.none

    zone = zone_label(window.timezone, words)
    return {
        "bot": names.get(campaign.bot, campaign.bot),
        "numbers": words.count.format(count=len(campaign.numbers)),
        "concurrency_limit": str(config.concurrency_limit),
        "mode": said(words.modes, config.mode),
        "always_on": toggle(config.always_on),
        "window": words.hours.format(start=window.start, end=window.end, timezone=zone),
        "working_days": listed(said(words.days, str(day)) for day in sorted(window.working_days)),
        "max_attempts": str(retry.max_attempts),
        "delay_minutes": str(retry.delay_minutes),
        "on_system": listed(name for name in SYSTEM_DISPOSITIONS if name in retry.on_system),
        "on_business": listed(retry.on_business),
        "stop_rule": rule(redial.stop_after_seconds, words.longer),
        "redial_rule": rule(redial.redial_under_seconds, words.shorter),
        "callback_detection": toggle(config.callback_detection),
        "callbacks_may_exceed_max_attempts": toggle(config.callbacks_may_exceed_max_attempts),
        "analysis_wait_seconds": str(config.analysis_wait_seconds),
        "sticky_exclusion": toggle(config.sticky_exclusion),
    }
