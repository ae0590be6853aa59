"""Which fields a value has, of which kind each is, and in what words a misfit is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import attrs

from ori_campaigns.carriers import Carrier
from ori_campaigns.config import CallLimits, CampaignMode, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.numbers import PhoneNumber

WANTED: Mapping[object, str] = MappingProxyType(
    {
        str: "text",
        int: "a whole number",
        float: "a finite number",
        bool: "true or false",
        date: "a date",
        datetime: "a time with its zone",
        PhoneNumber: "a phone number",
    }
)
"""Every plain kind, in words."""

# These hold what they were given and leave it to validation to name what is wrong: any number where a whole one
# belongs, any text for a mode. What is held must come back, so it is written and read as it is.
_AS_GIVEN = frozenset({RetryPolicy, RedialRules, DiallerConfig, CallLimits, Carrier})
_WIDER: Mapping[object, object] = MappingProxyType({int: float, int | None: float | None, CampaignMode: str})


class Unfit(Exception):
    """A value is not of the kind that belongs in its place; at the edge it becomes an error that is told."""

    def __init__(self, told: str, path: str = "") -> None:
        super().__init__(told)
        self.told, self.path = told, path

    def inside(self, place: str) -> Unfit:
        """Return the same, seen from one step further out."""
        return Unfit(self.told, f"{place}.{self.path}" if self.path and self.path[0] != "[" else place + self.path)


def is_record(kind: object) -> bool:
    """Tell whether a class is written as an object of its fields: attrs classes and named tuples."""
    return isinstance(kind, type) and kind is not PhoneNumber and (attrs.has(kind) or is_named_tuple(kind))


def is_named_tuple(kind: object) -> bool:
    """Tell whether a class is a named tuple."""
    return isinstance(kind, type) and issubclass(kind, tuple) and hasattr(kind, "_fields")


@cache
def fields_of(kind: type) -> Mapping[str, Any]:
    """Return what is written of a record: names and types, in the order of the fields."""
    hints = get_type_hints(kind)
    named: Iterable[str] = getattr(kind, "_fields", ())
    fields = named if is_named_tuple(kind) else [each.name for each in attrs.fields(kind) if each.init]
    return MappingProxyType({**{name: hints[name] for name in fields}, **wider_fields(kind)})


def wider_fields(kind: type) -> Mapping[str, Any]:
    """Return the fields of a class that hold more than their type says, with the type of what they may hold."""
    hints = get_type_hints(kind) if kind in _AS_GIVEN else {}
    return {name: _WIDER[hint] for name, hint in hints.items() if hint in _WIDER}


def alternatives(kind: object) -> tuple[tuple[Any, ...], bool]:
    """Return the kinds of a union without `None`, and whether `None` is one of them; no union has no kinds."""
    if get_origin(kind) not in {Union, UnionType}:
        return (), False
    kinds = get_args(kind)
    return tuple(each for each in kinds if each is not NoneType), NoneType in kinds
