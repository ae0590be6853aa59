"""Facts to JSON text and back, fast: what a log writes and reads by the million.

For every class of facts a template and a list of checks are prepared once, from its type hints. They know the usual
case only and raise for every other; `codec` then takes the long way round, which can say what is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from itertools import product
from json import JSONDecoder
from json.encoder import encode_basestring
from math import isfinite
from operator import attrgetter, itemgetter
from types import MappingProxyType, NoneType
from typing import Any, TypeAlias, get_args

from ori_campaigns.codec.shapes import alternatives, fields_of, is_named_tuple, is_record
from ori_campaigns.events import Fact
from ori_campaigns.numbers import PhoneNumber

Encoder: TypeAlias = Callable[[Any], str]
Decoder: TypeAlias = Callable[[Any], Any]

FACTS: Mapping[str, type[Fact]] = MappingProxyType({kind.__name__: kind for kind in get_args(Fact)})
"""Every class of facts, by its name."""

UNUSUAL = (AttributeError, KeyError, TypeError, ValueError)
"""What a prepared encoder or decoder may raise for anything but the usual."""


def _no_number(name: str) -> object:
    raise ValueError(name)


# Bound once: it looks at the text from its first character on, without the search for white space around it.
SCAN = JSONDecoder(parse_constant=_no_number).raw_decode


# --- to text ---------------------------------------------------------------------------------------------------------


def _finite(value: float) -> str:
    if not isfinite(value):
        raise ValueError(value)
    return float.__repr__(value) if isinstance(value, float) else int.__repr__(value)


def _number(value: PhoneNumber) -> str:
    return encode_basestring(value.reveal())


_TRUTHS: Mapping[object, str] = MappingProxyType({True: "true", False: "false"})
_ENCODERS: Mapping[object, Encoder] = MappingProxyType(
    {
        str: encode_basestring,
        int: int.__repr__,
        float: _finite,
        bool: _TRUTHS.__getitem__,
        PhoneNumber: _number,
    }
)


def _encoder(kind: Any) -> Encoder:  # noqa: ANN401 - any type hint
    kinds, optional = alternatives(kind)
    if optional:
        inner = _encoder(kinds[0])
        return lambda value: "null" if value is None else inner(value)
    if kind in _ENCODERS:
        return _ENCODERS[kind]
    if issubclass(kind, Enum):
        return {member: encode_basestring(member.value) for member in kind}.__getitem__
    return _object_encoder(kind)


def _object_encoder(kind: type) -> Encoder:
    fields = fields_of(kind)
    template = "{" + ",".join(f'"{name}":%s' for name in fields) + "}"
    encoders = [_encoder(each) for each in fields.values()]
    parts = None if is_named_tuple(kind) else attrgetter(*fields)

    def encode(value: Any) -> str:  # noqa: ANN401 - a value of `kind`
        values = value if parts is None else parts(value)
        return template % tuple([each(part) for each, part in zip(encoders, values)])  # noqa: B905 - as many, and quick

    return encode


# --- from text -------------------------------------------------------------------------------------------------------


def _decoder(kind: Any) -> tuple[Sequence[type], Decoder | None]:  # noqa: ANN401 - any type hint
    """Return the types JSON may give for a field of this type, and what makes the value of it."""
    kinds, optional = alternatives(kind)
    if optional:
        types, inner = _decoder(kinds[0])
        return (*types, NoneType), None if inner is None else lambda value: None if value is None else inner(value)
    if kind is float:
        return (float, int), None
    if kind is PhoneNumber:
        return (str,), PhoneNumber
    if issubclass(kind, Enum):
        return (str,), {member.value: member for member in kind}.__getitem__
    if is_record(kind):
        return (dict,), _object_decoder(kind)
    return (kind,), None


def _object_decoder(kind: type) -> Decoder:
    fields = fields_of(kind)
    ways = [_decoder(each) for each in fields.values()]
    # One look at all types together: which combinations are right is known beforehand.
    signatures = frozenset(product(*(types for types, _ in ways)))
    made = [(place, make) for place, (_, make) in enumerate(ways) if make is not None]
    pick, size = itemgetter(*fields), len(fields)
    build: Callable[[Any], Any] = _of_tuple(kind) if is_named_tuple(kind) else lambda values: kind(*values)

    def decode(plain: Any) -> Any:  # noqa: ANN401 - whatever JSON gave
        values = pick(plain)
        if len(plain) != size or tuple(map(type, values)) not in signatures:
            raise TypeError(kind)
        if made:
            values = list(values)
            for place, make in made:
                values[place] = make(values[place])
        return build(values)

    return decode


def _of_tuple(kind: type) -> Callable[[Any], Any]:
    new = tuple.__new__
    return lambda values: new(kind, values)


# --- prepared when first asked for -----------------------------------------------------------------------------------


class _Encoders(dict[type, Encoder]):
    def __missing__(self, kind: type) -> Encoder:
        if FACTS.get(kind.__name__) is not kind:
            raise KeyError(kind)
        encode = self[kind] = _object_encoder(kind)
        return encode


class _Decoders(dict[str, Decoder]):
    def __missing__(self, name: str) -> Decoder:
        decode = self[name] = _object_decoder(FACTS[name])
        return decode


ENCODERS, DECODERS = _Encoders(), _Decoders()


# --- text that any store can take ------------------------------------------------------------------------------------

_HALF = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def storable(text: str) -> str:
    """Return JSON text with stray halves of surrogate pairs escaped, so that it can be encoded as UTF-8.

    Raises:
        ValueError: two halves stand together but apart; they would be read back as one character.
    """
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        if _PAIR.search(text):
            raise
        return _HALF.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return text
