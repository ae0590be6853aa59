"""The library's values and events as plain JSON, and back: whatever is written is read back equal, or refused.

A document names its format and its class. Facts of an event log carry no such envelope: the log has a column for the
class, and reads and writes them by the million.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from enum import Enum
from functools import lru_cache
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

from ori_campaigns.codec import reading
from ori_campaigns.codec.facts import DECODERS, ENCODERS, FACTS, SCAN, UNUSUAL, storable
from ori_campaigns.codec.reading import Reader
from ori_campaigns.codec.shapes import Unfit, alternatives, is_named_tuple, is_record, wider_fields
from ori_campaigns.codec.writing import unfit, writer
from ori_campaigns.errors import InvalidDefinition, Problem, UnreadableDocument
from ori_campaigns.events import Fact
from ori_campaigns.numbers import PhoneNumber

if TYPE_CHECKING:
    from cattrs import Converter

__all__ = ["FORMAT", "dumps", "fact_from_json", "fact_to_json", "from_plain", "loads", "to_plain"]

FORMAT = 1
"""The format that is written, and the newest that is read."""

T = TypeVar("T")

_ENVELOPE = ("format", "type")
# What is no object of fields stands under this name.
_BARE = "value"


# --- documents -------------------------------------------------------------------------------------------------------


def dumps(value: object) -> str:
    """Return a value of this library as compact JSON text; phone numbers are in it with all their digits.

    Parameters:
        value: any frozen value, named tuple or enum member of this library.

    Returns:
        an object with `format`, `type` and the fields in their order: sets as sorted lists, times as microseconds UTC.
        It can be encoded as UTF-8.

    Raises:
        InvalidDefinition: code `unwritable`; it holds what could not be read back as it is.

    >>> from ori_campaigns.config import RetryPolicy
    >>> dumps(RetryPolicy(on_system={"timeout", "error"}))
    '{"format":1,"type":"RetryPolicy","max_attempts":3,"delay_minutes":30,"on_system":["error","timeout"],"on_business":[]}'
    """
    text = json.dumps(to_plain(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _stored(text, value)


def loads(cls: type[T], text: str) -> T:
    """Return the value that `dumps` wrote.

    Parameters:
        cls: its class.
        text: the JSON text. Fields that have a default may be missing; no other may be, and none may be added.

    Raises:
        UnreadableDocument: broken JSON, a newer format, another class, fields that are missing, unknown or ill-typed;
            `problems` has them all.

    >>> from ori_campaigns.contact import Callback
    >>> loads(Callback, '{"format":1,"type":"Callback","due":5,"sequence":1}')
    Callback(due=5, sequence=1, text='', reason='', state='scheduled')
    """
    return from_plain(cls, _parsed(text, cls.__name__))


def to_plain(value: object) -> dict[str, Any]:
    """Return the document of `dumps` as dicts, lists, text, numbers, booleans and `None`.

    Raises:
        InvalidDefinition: code `unwritable`; it holds what could not be read back as it is.

    >>> from ori_campaigns.carriers import Bot
    >>> to_plain(Bot("renewals-v3"))
    {'format': 1, 'type': 'Bot', 'id': 'renewals-v3', 'callbacks': False, 'name': ''}
    """
    cls = type(value)
    plain = _plain(value)
    fields = plain if is_record(cls) else {_BARE: plain}
    return {"format": FORMAT, "type": cls.__name__, **fields}


def from_plain(cls: type[T], plain: object) -> T:
    """Return the value that `to_plain` gave.

    Parameters:
        cls: its class.
        plain: what a JSON parser makes of a document.

    Raises:
        UnreadableDocument: a newer format, another class, fields that are missing, unknown or ill-typed; `problems`
            has them all.

    >>> from ori_campaigns.carriers import Bot
    >>> from_plain(Bot, {"format": 1, "type": "Bot", "id": "renewals-v3"})
    Bot(id='renewals-v3', callbacks=False, name='')
    """
    name = cls.__name__
    if not isinstance(plain, dict):
        raise _unreadable(name, "not_an_object", "It is not a JSON object.", "Give what was written by dumps.")
    written, kind = plain.get("format"), plain.get("type")
    if type(written) is not int or written < 1:
        hint = f'Give a document with "format": {FORMAT}, as dumps writes it.'
        raise _unreadable(name, "no_format", "It names no format.", hint, "format")
    if written > FORMAT:
        message = f"It is of format {written}; this release reads formats up to {FORMAT}."
        raise _unreadable(name, "newer_format", message, "Upgrade ori-campaigns where it is read.", "format")
    if kind != name:
        message = f"It does not hold a value of the class {name}."
        raise _unreadable(name, "wrong_type", message, f'Give a document with "type": "{name}".', "type")
    fields = {key: each for key, each in plain.items() if key not in _ENVELOPE}
    if is_record(cls):
        return _read(cls, fields)
    if fields.keys() != {_BARE}:
        message = f"It holds other fields than {_BARE}."
        raise _unreadable(name, "missing_field", message, "Give what was written by dumps.")
    return _read(cls, fields[_BARE])


# --- facts -----------------------------------------------------------------------------------------------------------


def fact_to_json(fact: Fact) -> str:
    """Return a fact as compact JSON text, for a log that keeps the name of its class beside it.

    Returns:
        an object with the fields in their order; it can be encoded as UTF-8.

    Raises:
        InvalidDefinition: code `unwritable`; it is no fact, or holds what could not be read back as it is.

    >>> from ori_campaigns.events import AttemptSubmitted
    >>> fact_to_json(AttemptSubmitted("c1-1", 0, 5, "call-77", 90))
    '{"attempt":"c1-1","contact":0,"at":5,"carrier_ref":"call-77","check_at":90}'
    """
    try:
        text = ENCODERS[type(fact)](fact)
    except UNUSUAL:
        if type(fact) not in FACTS.values():
            raise _unwritable("The fact", unfit(fact, "one of the facts of ori_campaigns.events")) from None
        text = json.dumps(_plain(fact), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text if text.isascii() else _stored(text, fact)


def fact_from_json(kind: str, text: str) -> Fact:
    """Return the fact that `fact_to_json` wrote.

    Parameters:
        kind: the name of its class.
        text: the JSON text.

    Raises:
        UnreadableDocument: there is no such fact, or the text is not one.

    >>> fact_from_json("AnalysisAwaited", '{"attempt":"c1-1","contact":0,"at":5,"check_at":90}')
    AnalysisAwaited(attempt='c1-1', contact=0, at=5, check_at=90)
    """
    try:
        plain, end = SCAN(text)
        if end == len(text):
            fact: Fact = DECODERS[kind](plain)
            return fact
    except (*UNUSUAL, RecursionError):
        pass
    if kind not in FACTS:
        message = f"There is no fact of the kind {kind!r}; this release knows {len(FACTS)} kinds."
        raise _unreadable("fact", "unknown_fact", message, "Upgrade ori-campaigns if a newer release wrote the log.")
    return _read(FACTS[kind], _parsed(text, kind))


# --- writing ---------------------------------------------------------------------------------------------------------


def _plain(value: object) -> Any:  # noqa: ANN401 - plain JSON values
    cls: type = type(value)
    try:
        if not (is_record(cls) or isinstance(value, Enum | PhoneNumber)):
            raise unfit(value, "a value of this library")
        return writer(cls)(value)
    except Unfit as found:
        raise _unwritable(f"The {cls.__name__}", found) from None


def _stored(text: str, value: object) -> str:
    try:
        return storable(text)
    except ValueError:
        found = Unfit("It holds text with the two halves of a surrogate pair apart.")
        raise _unwritable(f"The {type(value).__name__}", found) from None


def _unwritable(what: str, found: Unfit) -> InvalidDefinition:
    hint = "Give a value of that kind: what is written must be read back as it is."
    return InvalidDefinition([Problem(found.path, "unwritable", found.told, hint)], what=what)


# --- reading ---------------------------------------------------------------------------------------------------------


def _unreadable(name: str, code: str, message: str, hint: str, path: str = "") -> UnreadableDocument:
    return UnreadableDocument(f"The {name}", [Problem(path, code, message, hint)])


def _no_number(_: str) -> object:
    raise ValueError("NaN and Infinity are not JSON")


def _parsed(text: str, name: str) -> object:
    try:
        return json.loads(text, parse_constant=_no_number)
    except (TypeError, ValueError, RecursionError) as error:
        # Neither says what stands there; only the position helps.
        place = f"; it breaks off or goes wrong at character {error.pos}" if isinstance(error, JSONDecodeError) else ""
        message = f"It is not JSON text{place}."
        raise _unreadable(name, "not_json", message, "Give the whole text as it was written.") from None


def _read(cls: type[T], plain: object) -> T:
    from cattrs import transform_error
    from cattrs.errors import BaseValidationError

    try:
        return _converter().structure(plain, cls)
    except (BaseValidationError, Unfit, InvalidDefinition) as error:
        problems = []
        for fault in transform_error(error, "", _why):
            told, _, path = fault.rpartition(" @ ")
            code, _, message = told.partition(" ")
            problems.append(Problem(path.removeprefix("."), code, message, _HINTS[code]))
    raise UnreadableDocument(f"The {cls.__name__}", problems)


_HINTS = {
    "missing_field": "Give it: only fields with a default may be missing.",
    "unknown_field": "Take it out, or upgrade ori-campaigns if a newer release wrote it.",
    "ill_typed": "Give a value of that kind.",
    "refused": "Give a value that the class takes.",
}


def _why(error: BaseException, _: object) -> str:
    """Put what cattrs found into a code and words; no value is repeated, it may be a phone number."""
    from cattrs.errors import ForbiddenExtraKeysError

    if isinstance(error, ForbiddenExtraKeysError):
        return f"unknown_field There is no field {' or '.join(sorted(map(repr, error.extra_fields)))}."
    if isinstance(error, KeyError):
        return "missing_field This field is missing."
    if isinstance(error, Unfit):
        return f"ill_typed {error.told}"
    if isinstance(error, InvalidDefinition):
        return f"refused {error.problems[0].message}"
    return "refused The class does not take this value."


@lru_cache(maxsize=1)
def _converter() -> Converter:
    """Return a converter that turns nothing into another type, and knows every shape a field of a value may have."""
    from cattrs import Converter
    from cattrs.cols import list_structure_factory, namedtuple_dict_structure_factory
    from cattrs.gen import make_dict_structure_fn, override

    converter = Converter(forbid_extra_keys=True, structure_fallback_factory=lambda _: reading.never)

    def record(kind: type) -> Reader:
        read: Reader
        if is_named_tuple(kind):
            read = namedtuple_dict_structure_factory(kind, converter, "from_converter", True)  # noqa: FBT003
        else:
            wider: Any = {
                name: override(struct_hook=_for(each, converter)) for name, each in wider_fields(kind).items()
            }
            read = make_dict_structure_fn(kind, converter, **wider)
        return reading.of(dict, f"an object with the fields of {kind.__name__}", read)

    def container(kind: type) -> Reader:
        kinds = get_args(kind)
        if get_origin(kind) is tuple and kinds[-1] is not Ellipsis:
            return reading.of(list, f"a list of {len(kinds)}", reading.row([_for(each, converter) for each in kinds]))
        make = frozenset if get_origin(kind) is frozenset else tuple
        read = list_structure_factory(kind, converter)
        return reading.of(list, "a list", lambda value, _: make(read(value, kind)))

    def mapping(kind: type) -> Reader:
        key, item = (_for(each, converter) for each in get_args(kind))
        # Its keys may be phone numbers; so what is wrong in it is said of the whole.
        return reading.of(dict, "an object", lambda value, _: {key(k, None): item(v, None) for k, v in value.items()})

    def tagged(kind: type) -> Reader:
        kinds = {each.__name__: each for each in alternatives(kind)[0]}

        def read(value: dict[str, Any], _: object) -> object:
            chosen = kinds.get(str(value.get("type")))
            if chosen is None:
                raise reading.misfit(f"an object whose type is one of {', '.join(kinds)}")
            return converter.structure({name: each for name, each in value.items() if name != "type"}, chosen)

        return reading.of(dict, "an object", read)

    # Subclasses go with their bases: string enums with text, truth with whole numbers, times with dates.
    hooks: Mapping[Any, Any] = {
        str: reading.text,
        int: reading.exactly,
        float: reading.number,
        date: reading.moment,
        PhoneNumber: reading.digits,
    }
    for kind, hook in hooks.items():
        converter.register_structure_hook(kind, hook)
    converter.register_structure_hook_factory(is_record, record)
    converter.register_structure_hook_factory(reading.is_container, container)
    converter.register_structure_hook_factory(reading.is_mapping, mapping)
    converter.register_structure_hook_factory(reading.is_tagged, tagged)
    return converter


def _for(kind: type, converter: Converter) -> Reader:
    """Return what reads this type, whatever type the field itself is said to have."""
    read = converter.get_structure_hook(kind)
    return lambda value, _: read(value, kind)
