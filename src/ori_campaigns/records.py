"""Small immutable records for what is made by the million: facts, reports, decisions.

Named tuples cost a third of a frozen attrs class to make, cannot be changed, and the garbage collector lets go of them.
Their one trap is that tuples of different classes with equal fields are equal; `distinct` closes it.
Where a simulation makes one for every call, `tuple.__new__(Class, (...))` with all fields in their order saves half of
that again: it leaves out the constructor, which only sorts out names and defaults.
"""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T", bound=tuple)  # type: ignore[type-arg]


def _equal(left: object, right: object) -> bool:
    return type(left) is type(right) and isinstance(left, tuple) and bool(tuple.__eq__(left, right))


def _differ(left: object, right: object) -> bool:
    return not _equal(left, right)


def distinct(cls: type[T]) -> type[T]:
    """Make records of different classes unequal, whatever they hold.

    >>> from ori_campaigns.reports import Answered, Ringing
    >>> Ringing("a-1", 5) == Answered("a-1", 5), Ringing("a-1", 5) == Ringing("a-1", 5)
    (False, True)
    """
    cls.__eq__ = _equal  # type: ignore[method-assign]
    cls.__ne__ = _differ  # type: ignore[method-assign]
    cls.__hash__ = tuple.__hash__  # type: ignore[method-assign]
    return cls
