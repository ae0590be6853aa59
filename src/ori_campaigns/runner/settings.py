"""How a runner goes about its work."""

from __future__ import annotations

from datetime import timedelta

import attrs

from ori_campaigns.errors import InvalidDefinition, Problem

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
"""Seconds between two tries of whatever fails: at first, and at most."""

_NOTHING = timedelta(0)


def _refuse(name: str, value: object, allowed: str) -> None:
    problem = Problem(name, "bad_setting", f"{name} is {value!r}.", f"Give {allowed}.")
    raise InvalidDefinition([problem], what="The runner")


def _length(_: object, field: attrs.Attribute[timedelta], value: object) -> None:
    if not isinstance(value, timedelta) or value < _NOTHING:
        _refuse(field.name, value, "a timedelta that is not negative")


def _some(_: object, field: attrs.Attribute[timedelta], value: object) -> None:
    if not isinstance(value, timedelta) or value <= _NOTHING:
        _refuse(field.name, value, "a timedelta longer than zero")


def _count(_: object, field: attrs.Attribute[int], value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        _refuse(field.name, value, "a whole number from 1 on")


@attrs.frozen(kw_only=True)
class RunnerSettings:
    """How a runner goes about its work.

    Parameters:
        grouping: how long it waits for more reports once one has come, to record them together.
        batch: so many reports are recorded at once without waiting.
        poll: how long it waits at most, to learn what other processes did.
        place_timeout: how long the dialler may take to answer a request before the call counts as unknown.
        grace: at the end, how long requests on their way are waited for; then they count as unknown. As long may the
            last events take to be delivered, and the dialler to close.
        drain: at the end, how long the runner's own live calls are waited for. They are never cut: what comes of them
            later is for the next runner to hear or to look up.

    Raises:
        InvalidDefinition: code `bad_setting`.

    >>> RunnerSettings(batch=0)
    Traceback (most recent call last):
    ...
    ori_campaigns.errors.InvalidDefinition: The runner is not valid: batch: batch is 0. Give a whole number from 1 on.
    """

    grouping: timedelta = attrs.field(default=timedelta(milliseconds=50), validator=_length)
    batch: int = attrs.field(default=100, validator=_count)
    poll: timedelta = attrs.field(default=timedelta(seconds=1), validator=_some)
    place_timeout: timedelta = attrs.field(default=timedelta(seconds=30), validator=_some)
    grace: timedelta = attrs.field(default=timedelta(seconds=5), validator=_length)
    drain: timedelta = attrs.field(default=_NOTHING, validator=_length)
