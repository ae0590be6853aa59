"""Plain JSON values to the plain kinds of fields: each takes its own type and turns no other into it.

All have the shape that cattrs asks of a hook: the value, and the type of the field it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias, get_origin

from ori_campaigns.codec.shapes import WANTED, Unfit, alternatives, is_named_tuple
from ori_campaigns.numbers import PhoneNumber

Reader: TypeAlias = Callable[[Any, Any], Any]


def exactly(value: object, kind: type) -> object:
    """Take a value of just this type."""
    if type(value) is kind:
        return value
    raise misfit(WANTED[kind])


def text(value: object, kind: type) -> object:
    """Take text, for a text or for the member of a string enum."""
    if issubclass(kind, Enum):
        if isinstance(value, str) and value in kind._value2member_map_:
            return kind(value)
        raise misfit(f"one of {', '.join(str(member.value) for member in kind)}")
    return exactly(value, str)


def number(value: object, _: object) -> object:
    """Take a number as it is, whole or not."""
    return value if type(value) is int else exactly(value, float)


def moment(value: object, kind: Any) -> object:  # noqa: ANN401 - date or datetime
    """Take a date, or a time with its zone, as ISO 8601 writes them."""
    try:
        read = kind.fromisoformat(exactly(value, str))
    except (Unfit, ValueError):
        raise misfit(WANTED[kind]) from None
    if isinstance(read, datetime) and read.utcoffset() is None:
        raise misfit(WANTED[kind])
    return read


def digits(value: object, _: object) -> PhoneNumber:
    """Take the digits of a phone number."""
    return PhoneNumber(str(exactly(value, str)))


def never(_value: object, _kind: object) -> object:
    """Refuse what no document can hold."""
    raise misfit("what a document can hold")


def misfit(wanted: str) -> Unfit:
    """Return what is to be said where something else was wanted."""
    return Unfit(f"It is not {wanted}.")


def is_container(kind: object) -> bool:
    """Tell whether a type is read from a list: tuples, sequences and sets."""
    return get_origin(kind) in {tuple, Sequence, frozenset}


def is_mapping(kind: object) -> bool:
    """Tell whether a type is read from an object with keys of any kind."""
    return get_origin(kind) in {Mapping, dict}


def is_tagged(kind: object) -> bool:
    """Tell whether a type is one of several named tuples, such as the facts."""
    kinds, _ = alternatives(kind)
    return len(kinds) > 1 and all(map(is_named_tuple, kinds))


def of(shape: type, wanted: str, read: Reader) -> Reader:
    """Let nothing through but a list, or an object: text, too, can be gone through item by item."""

    def checked(value: object, kind: object) -> object:
        if type(value) is not shape:
            raise misfit(wanted)
        return read(value, kind)

    return checked


def row(items: Sequence[Reader]) -> Reader:
    """Read a list of just these items, each of its own type."""

    def read(value: list[Any], _: object) -> object:
        if len(value) != len(items):
            raise misfit(f"a list of {len(items)}")
        return tuple(item(each, None) for item, each in zip(items, value, strict=True))

    return read
