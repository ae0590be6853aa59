"""Values to what JSON knows, checked against the type of every field: what could not be read back is not written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date, datetime
from enum import Enum
from functools import cache
from math import isfinite
from types import MappingProxyType
from typing import Any, TypeAlias, get_args, get_origin

from ori_campaigns.codec.shapes import WANTED, Unfit, alternatives, fields_of, is_record
from ori_campaigns.numbers import PhoneNumber

Writer: TypeAlias = Callable[[Any], Any]


@cache
def writer(kind: Any) -> Writer:  # noqa: ANN401 - any type hint
    """Return what turns a value of this type into plain JSON values, and raises `Unfit` for any other value."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _member(kind)
    if is_record(kind):
        return _record(kind)
    kinds, optional = alternatives(kind)
    if kinds:
        inner = writer(kinds[0]) if len(kinds) == 1 else _tagged(kinds)
        return _optional(inner) if optional else inner
    return _container(get_origin(kind), get_args(kind)) or _never


def unfit(value: object, wanted: str) -> Unfit:
    """Return what is to be said of a value that does not belong here; the value itself may be a phone number."""
    return Unfit(f"It holds {'None' if value is None else f'a value of type {type(value).__name__}'}, not {wanted}.")


# --- plain values ----------------------------------------------------------------------------------------------------


def _text(value: object) -> object:
    # A member of a string enum is equal to its text, and is read back as that.
    if isinstance(value, str):
        return str(value)
    raise unfit(value, WANTED[str])


def _whole(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    raise unfit(value, WANTED[int])


def _number(value: object) -> object:
    if isinstance(value, float) and isfinite(value):
        return float(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    raise unfit(value, WANTED[float])


def _truth(value: object) -> object:
    if isinstance(value, bool):
        return value
    raise unfit(value, WANTED[bool])


def _day(value: object) -> object:
    if type(value) is date:
        return value.isoformat()
    raise unfit(value, WANTED[date])


def _moment(value: object) -> object:
    if isinstance(value, datetime) and value.utcoffset() is not None:
        return value.isoformat()
    raise unfit(value, WANTED[datetime])


def _digits(value: object) -> object:
    if isinstance(value, PhoneNumber):
        return _text(value.reveal())
    raise unfit(value, WANTED[PhoneNumber])


_PLAIN: Mapping[object, Writer] = MappingProxyType(
    {
        str: _text,
        int: _whole,
        float: _number,
        bool: _truth,
        date: _day,
        datetime: _moment,
        PhoneNumber: _digits,
    }
)


def _never(value: object) -> object:
    raise unfit(value, "anything that JSON can hold")


def _member(kind: type[Enum]) -> Writer:
    def write(value: object) -> object:
        try:
            return kind(value).value
        except ValueError:
            raise unfit(value, f"a member of {kind.__name__}") from None

    return write


# --- what is made of others ------------------------------------------------------------------------------------------


def _optional(inner: Writer) -> Writer:
    return lambda value: None if value is None else inner(value)


def _record(kind: type) -> Writer:
    fields = fields_of(kind)
    writers: Mapping[str, Writer] = {}

    def write(value: object) -> object:
        nonlocal writers
        # A subclass may have fields that would be lost.
        if type(value) is not kind:
            raise unfit(value, kind.__name__)
        if len(writers) < len(fields):
            # Not before: a campaign may hold another one. In one step: several threads may come here at once.
            writers = {name: writer(each) for name, each in fields.items()}
        plain: dict[str, object] = {}
        for name, each in writers.items():
            try:
                plain[name] = each(getattr(value, name))
            except Unfit as found:
                raise found.inside(name) from None
        return plain

    return write


def _tagged(kinds: Sequence[type]) -> Writer:
    """Write one of several classes as an object that names its own."""
    writers = {kind: writer(kind) for kind in kinds if is_record(kind)}

    def write(value: object) -> object:
        each = writers.get(type(value))
        if each is None:
            raise unfit(value, f"one of {', '.join(kind.__name__ for kind in kinds)}")
        return {"type": type(value).__name__, **each(value)}

    return write


def _container(origin: object, kinds: tuple[Any, ...]) -> Writer | None:
    if origin is tuple and kinds[-1] is not Ellipsis:
        return _row(tuple(map(writer, kinds)))
    if origin in {tuple, Sequence}:
        return _rows(writer(kinds[0]))
    if origin is frozenset:
        return _set(writer(kinds[0]))
    if origin in {Mapping, dict}:
        return _mapping(writer(kinds[0]), writer(kinds[1]))
    return None


def _rows(item: Writer) -> Writer:
    def write(value: object) -> object:
        # Read back it is a tuple, and a list is not equal to one.
        if type(value) is not tuple:
            raise unfit(value, "a tuple")
        rows: list[object] = []
        for place, each in enumerate(value):
            try:
                rows.append(item(each))
            except Unfit as found:
                raise found.inside(f"[{place}]") from None
        return rows

    return write


def _row(items: tuple[Writer, ...]) -> Writer:
    def write(value: object) -> object:
        if type(value) is not tuple or len(value) != len(items):
            raise unfit(value, f"a tuple of {len(items)}")
        return [item(each) for item, each in zip(items, value, strict=True)]

    return write


def _set(item: Writer) -> Writer:
    def write(value: object) -> object:
        if not isinstance(value, AbstractSet):
            raise unfit(value, "a set")
        return sorted(map(item, value))

    return write


def _mapping(key: Writer, item: Writer) -> Writer:
    def write(value: object) -> object:
        if not isinstance(value, Mapping):
            raise unfit(value, "a mapping")
        return {key(name): item(each) for name, each in value.items()}

    return write
