"""The rule of exclusion: who is not to be called any more in a campaign (X3, X5)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import attrs

from ori_campaigns.contact import FINAL, ContactStatus
from ori_campaigns.events import Fact, LifecycleChanged, NumberExcluded
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.views import Changes, NumberMatch, NumbersView


class ExclusionResult(StrEnum):
    """What excluding one number did (X3)."""

    EXCLUDED = "excluded"
    WILL_EXCLUDE = "will_exclude"
    ALREADY_EXCLUDED = "already_excluded"
    ALREADY_FINAL = "already_final"
    NOT_FOUND = "not_found"
    SUPPRESSED = "suppressed"


@attrs.frozen
class Exclusions:
    """The results by number, as the rule found them."""

    results: Mapping[PhoneNumber, ExclusionResult]


def _result(match: NumberMatch, *, sticky: bool) -> ExclusionResult:
    if match.excluded:
        return ExclusionResult.ALREADY_EXCLUDED
    if match.contact is None:
        return ExclusionResult.SUPPRESSED if sticky else ExclusionResult.NOT_FOUND
    if match.contact.status is ContactStatus.CALLING:
        return ExclusionResult.WILL_EXCLUDE
    return ExclusionResult.ALREADY_FINAL if match.contact.status in FINAL else ExclusionResult.EXCLUDED


def exclude(view: NumbersView, *, by: str, reason: str) -> Changes[Exclusions]:
    """Set the exclusion flag on every number that is on the list, or remember it when exclusion is sticky.

    A live call is not cut; its contact is excluded when it ends (R1). A final contact keeps its state and its flag
    keeps it from being called in a later run.
    """
    results: dict[PhoneNumber, ExclusionResult] = {}
    facts: list[Fact] = []
    for match in view.items:
        result = _result(match, sticky=view.campaign.config.sticky_exclusion)
        results[match.number] = result
        if result in {ExclusionResult.ALREADY_EXCLUDED, ExclusionResult.NOT_FOUND}:
            continue
        ordinal = -1 if match.contact is None else match.contact.ordinal
        closes = result is ExclusionResult.EXCLUDED
        facts.append(NumberExcluded(ordinal, view.now, match.number, reason, by, closes))
    if facts:
        told = "1 number" if len(facts) == 1 else f"{len(facts)} numbers"
        facts.append(LifecycleChanged("exclude", by, view.now, view.campaign.run_number, told))
    return Changes(Exclusions(results), facts)
