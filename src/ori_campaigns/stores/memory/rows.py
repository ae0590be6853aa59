"""Compact rows for the in-memory store: columns, numbers in eight bytes, and a table of interned values.

Half a million contacts make millions of attempts and events; as objects they would cost ten times the memory and most
of the running time would go to the garbage collector.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Hashable
from typing import Any

from ori_campaigns.numbers import PhoneNumber

_POWERS = [10**digits for digits in range(20)]


def encode(digits: str) -> int:
    """Keep a number's digits, leading zeros included, in eight bytes."""
    return int("1" + digits)


def decode(code: int) -> PhoneNumber:
    """Give the number back."""
    return PhoneNumber(str(code)[1:])


def value_of(code: int) -> int:
    """Give the number back as one would count with it.

    >>> value_of(encode("0049")), value_of(encode("919800000001"))
    (49, 919800000001)
    """
    power: int = _POWERS[bisect_right(_POWERS, code) - 1]
    return code - power


class AttemptColumns:
    """Of each attempt, by its serial: its run, and where in the log its facts are; 0 for those that are not there.

    An attempt that is over does not change: its facts say all there is to say, so a row need only find them.
    """

    __slots__ = ("analysed", "decided", "over", "reserved", "run")

    def __init__(self) -> None:
        self.run, self.reserved, self.over, self.decided, self.analysed = (array("I") for _ in range(5))

    def __len__(self) -> int:
        return len(self.run)

    def add(self, run: int, cursor: int, count: int) -> None:
        """Add attempts of a run whose reservations stand in the log one after the other, from `cursor` on."""
        nothing = bytes(4 * count)
        self.run.extend([run] * count)
        self.reserved.extend(range(cursor, cursor + count))
        for column in (self.over, self.decided, self.analysed):
            column.frombytes(nothing)


class Codes:
    """Interned values: equal values get one small number.

    >>> codes = Codes()
    >>> codes.code("a"), codes.code("b"), codes.code("a"), codes.value(1)
    (0, 1, 0, 'b')
    """

    __slots__ = ("_codes", "_values")

    def __init__(self) -> None:
        self._codes: dict[Hashable, int] = {}
        self._values: list[Any] = []

    def code(self, value: Hashable) -> int:
        """Return the number of a value, a new one the first time."""
        code = self._codes.get(value)
        if code is None:
            code = self._codes[value] = len(self._values)
            self._values.append(value)
        return code

    def value(self, code: int) -> Any:  # noqa: ANN401 - what was put in comes out
        """Return the value of a number."""
        return self._values[code]
