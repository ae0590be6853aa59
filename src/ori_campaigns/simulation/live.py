"""The live calls of a stretch, and how what is to come of them is written down.

Both are made and looked at for every call, so they are as plain as Python has them: a bare tuple, an integer.
"""

from __future__ import annotations

from typing import Final, TypeAlias

import attrs

from ori_campaigns.diallers.course import Call
from ori_campaigns.instants import Instant
from ori_campaigns.stores.memory.exchange import Trunk
from ori_campaigns.stores.memory.flyweights import OpenAttempt

LiveCall: TypeAlias = tuple[int, int, str, Trunk, Instant, Instant | None, Instant | None, str, str]
"""A live call: serial, contact, attempt id, trunk; its end, answer and first ring; how it ends, and the detail."""
ORDINAL: Final = 1
ID: Final = 2
ENDS_AT: Final = 4
ANSWERED_AT: Final = 5
DISPOSITION: Final = 7

BITS = 24
"""What is to come is one integer: the instant, since the stretch began, above the place of the call and one bit more.

The bit is set for the answer of a call, clear for its end. So things come in the order of their instants, and at the
same instant in the order in which a call model sets them.
"""
ANSWER = 1
PLACE = (1 << BITS) - 1
"""The place of the call, with that bit; places are even and none is greater than this."""


@attrs.define
class Taken:
    """The live calls with which a stretch begins.

    Parameters:
        calls: by their places, which are even numbers in the order of placing.
        coming: what is to come of them, as a heap.
        recorded_until: everything up to this instant has been recorded (microseconds UTC).
        known: by place, what engine and model keep of these calls themselves.
    """

    calls: dict[int, LiveCall]
    coming: list[int]
    recorded_until: Instant
    known: dict[int, tuple[OpenAttempt, Call]]
