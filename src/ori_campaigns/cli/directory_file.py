"""Bots and carriers from a file, so that a simulation checks `--bot` and `--number` as a live start would."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from operator import eq
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.numbers import PhoneNumber, parse_number

if TYPE_CHECKING:
    from cattrs import Converter

_OPTION = "--directory"
_FORMATS: Mapping[str, Callable[[str], Any]] = {".toml": tomllib.loads, ".json": json.loads}
_KINDS = {str: "a text", bool: "true or false", int: "a whole number", float: "a number"}
_Structure = Callable[[Any, Any], Any]


@attrs.frozen
class _Content:
    bots: tuple[Bot, ...] = ()
    carriers: tuple[Carrier, ...] = ()


class _Unfit(Exception):
    """A value of the file is of another kind than wanted; the text says which is."""


def read_directory(path: str) -> StaticDirectory:
    """Read bots and carriers from a TOML or JSON file.

    Raises:
        InvalidDefinition: codes `file_not_readable`, `unknown_file_format`, `bad_directory`, and those of
            `StaticDirectory`; everything that is wrong at once.
    """
    from cattrs import transform_error
    from cattrs.errors import BaseValidationError

    content = _parsed(path)
    try:
        found = _converter().structure(content, _Content)
    except BaseValidationError as error:
        faults = transform_error(error, "", _why)
    except _Unfit as error:
        faults = [f"{error} @ "]
    else:
        return StaticDirectory(bots=found.bots, carriers=found.carriers)
    problems = []
    for fault in faults:
        what, _, where = fault.rpartition(" @ ")
        field = ", ".join(filter(None, (Path(path).name, where.removeprefix("."))))
        problems.append(Problem(_OPTION, "bad_directory", f"{field}: {what}."))
    raise InvalidDefinition(problems, what="The directory")


def _parsed(path: str) -> object:
    read = _FORMATS.get(Path(path).suffix.lower())
    if read is None:
        raise _refused("unknown_file_format", f"{path} names no format that is known here.", "Give .toml or .json.")
    try:
        return read(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        hint = "Check the path, and that it may be opened."
        raise _refused("file_not_readable", f"{path} cannot be read ({error.strerror}).", hint) from None
    except ValueError as error:
        # Text that is not UTF-8, not TOML, not JSON: each says so itself.
        raise _refused("bad_directory", f"{path} cannot be understood: {error}.") from None


def _refused(code: str, message: str, hint: str = "") -> InvalidDefinition:
    return InvalidDefinition([Problem(_OPTION, code, message, hint)], what="The directory")


def _converter() -> Converter:
    """Return a converter that takes a bare text for a bot or a number, and turns nothing into another type."""
    from cattrs import Converter
    from cattrs.gen import make_dict_structure_fn

    converter = Converter(forbid_extra_keys=True)
    for kind in _KINDS:
        converter.register_structure_hook(kind, _exactly)
    converter.register_structure_hook(PhoneNumber, lambda value, _: parse_number(_exactly(value, str)))
    # Each before the next one, which is made of it.
    lists: Mapping[type, Any] = {
        Bot: tuple[Bot, ...],
        CarrierNumber: tuple[CarrierNumber, ...],
        Carrier: tuple[Carrier, ...],
    }
    for entry, rows in lists.items():
        short = entry if entry is not Carrier else None
        converter.register_structure_hook(entry, _table(make_dict_structure_fn(entry, converter), short))
        converter.register_structure_hook_func(partial(eq, rows), _rows(converter.get_structure_hook(rows)))
    converter.register_structure_hook(_Content, _table(make_dict_structure_fn(_Content, converter), None))
    return converter


def _exactly(value: Any, kind: Any) -> Any:  # noqa: ANN401 - whatever a file holds
    if type(value) is kind or (kind is float and type(value) is int):
        return value
    raise _Unfit(f"{_KINDS[kind]} is wanted here")


def _table(structure: _Structure, short: Callable[[str], Any] | None) -> _Structure:
    def read(value: object, kind: object) -> object:
        if short is not None and isinstance(value, str):
            return short(value)
        if not isinstance(value, dict):
            raise _Unfit("a table of fields is wanted here")
        return structure(value, kind)

    return read


def _rows(structure: _Structure) -> _Structure:
    def read(value: object, kind: object) -> object:
        if not isinstance(value, list):
            raise _Unfit("a list is wanted here")
        return structure(value, kind)

    return read


def _why(error: BaseException, _: object) -> str:
    """Put what cattrs found into words; no value of the file is repeated, it may be a phone number."""
    from cattrs.errors import ForbiddenExtraKeysError

    if isinstance(error, InvalidDefinition):
        return error.problems[0].message.rstrip(".")
    if isinstance(error, ForbiddenExtraKeysError):
        return f"there is no field {' or '.join(sorted(error.extra_fields))}"
    if isinstance(error, KeyError):
        return "this field is missing"
    return str(error)
