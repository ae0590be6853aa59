"""How a campaign is set up, as lines to read: the snapshot of the run on its detail page."""

from __future__ import annotations

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.config import SYSTEM_DISPOSITIONS
from ori_campaigns.pages.parts import said
from ori_campaigns.pages.texts import DetailTexts


@attrs.frozen
class Setting:
    """A setting in words."""

    key: str
    label: str
    value: str


def settings_of(campaign: Campaign, texts: DetailTexts) -> tuple[Setting, ...]:
    """Return the settings of a campaign; of its pool the count, the numbers stand elsewhere on the page."""
    config = campaign.config
    window, retry, redial = config.window, config.retry, config.redial

    def toggle(on: bool) -> str:  # noqa: FBT001 - a state
        return said(texts.words, "yes" if on else "no")

    def seconds(limit: int | None) -> str:
        return toggle(on=False) if limit is None else str(limit)

    def listed(words: list[str]) -> str:
        return ", ".join(words) or said(texts.words, "none")

    values = {
        "bot": campaign.bot,
        "numbers": str(len(campaign.numbers)),
        "concurrency_limit": str(config.concurrency_limit),
        "mode": said(texts.words, str(config.mode)),
        "always_on": toggle(config.always_on),
        "window": f"{window.start} to {window.end} {window.timezone}",
        "working_days": listed([name for day, name in enumerate(texts.days) if day in window.working_days]),
        "max_attempts": str(retry.max_attempts),
        "delay_minutes": str(retry.delay_minutes),
        "on_system": listed([name for name in SYSTEM_DISPOSITIONS if name in retry.on_system]),
        "on_business": listed(list(retry.on_business)),
        "stop_after_seconds": seconds(redial.stop_after_seconds),
        "redial_under_seconds": seconds(redial.redial_under_seconds),
        "callback_detection": toggle(config.callback_detection),
        "sticky_exclusion": toggle(config.sticky_exclusion),
    }
    return tuple(Setting(key, said(texts.setting, key), value) for key, value in values.items())
