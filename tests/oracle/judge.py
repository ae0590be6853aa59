"""All promises, each with its checker."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from oracle import allowed, lines, outcomes, pool, progress, story
from oracle.facts import Broken, History

CHECKS: Mapping[str, Callable[[History], Iterator[Broken]]] = {
    "I1": lines.one_call_for_a_number,
    "I2": allowed.inside_the_window,
    "I3": lines.seats,
    "I4": lines.pace,
    "I5": allowed.attempts,
    "I6": allowed.excluded,
    "I7": allowed.halted,
    "I8": outcomes.one_outcome,
    "I12": story.contacts_conserve,
    "I13": story.decisions_follow,
    "I14": pool.only_the_pool,
    "I15": progress.everybody_is_served,
}


def judge(history: History) -> list[Broken]:
    """Return every promise that was broken, in the order of the promises."""
    return [broken for check in CHECKS.values() for broken in check(history)]
