"""libphonenumber's metadata of a region, as far as two regular expression engines read it alike.

Its patterns are written for one engine and run here on another. Both agree on the few constructs that the metadata
uses: digits, classes of digits, groups, alternatives, counts and an end of text. Whatever a later release may bring
beyond these is not guessed at: the region is `Foreign`, and its numbers are left to libphonenumber, one by one.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

import attrs
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    PhoneMetadata,
    region_code_for_country_code,
    region_codes_for_country_code,
)
from phonenumbers.phonemetadata import PhoneNumberDesc

_PORTABLE = re.compile(r"(?:\\d|[0-9]|\[(?:[0-9](?:-[0-9])?)+\]|\(\?:|[()|?$]|\{[0-9]+(?:,[0-9]+)?\})*")
_ANY_REST = ("voip", "personal_number", "pager", "uan", "voicemail", "fixed_line", "mobile")


class Foreign(Exception):
    """The metadata has a pattern of a kind that is not known to mean the same here."""


class Shape(NamedTuple):
    """Numbers of one kind: their whole text matches the pattern, and has one of the lengths; no lengths, any."""

    pattern: str
    lengths: tuple[int, ...]


@attrs.frozen
class Region:
    """What is needed of a region to read its numbers and to know the valid ones.

    Parameters:
        general: every number of the region.
        local: lengths of numbers that lack their area code.
        premium_rate, toll_free, shared_cost: the kinds that libphonenumber asks for first, in this order.
        rest: all other kinds; shapes of the same lengths are one.
        leading: what its numbers begin with, where the region shares its calling code and is told apart by that.
        international: what is dialled before a country code; None where nothing is.
        national: what is dialled before a national number and is no part of it; None where nothing is.
        groups: how many groups `national` has.
        rule: what a match of `national` becomes when its last group took part; None where it is taken off.
    """

    general: Shape
    local: tuple[int, ...]
    premium_rate: Shape | None
    toll_free: Shape | None
    shared_cost: Shape | None
    rest: tuple[Shape, ...]
    leading: str | None
    international: str | None
    national: str | None
    groups: int
    rule: str | None


@cache
def region_of(calling_code: int, code: str) -> Region:
    """Return the metadata of a region, of those that share a calling code.

    Raises:
        Foreign: a pattern is not known to mean the same here.
    """
    metadata = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, code)
    if metadata is None or metadata.general_desc is None:
        raise Foreign(code)
    general = _shape(metadata.general_desc)
    if general is None or not general.lengths:
        raise Foreign(code)
    kinds = [kind for kind in _ANY_REST if kind != "mobile" or not metadata.same_mobile_and_fixed_line_pattern]
    national = _portable(metadata.national_prefix_for_parsing)
    return Region(
        general=general,
        local=tuple(metadata.general_desc.possible_length_local_only),
        premium_rate=_shape(metadata.premium_rate),
        toll_free=_shape(metadata.toll_free),
        shared_cost=_shape(metadata.shared_cost),
        rest=_merged([shape for kind in kinds if (shape := _shape(getattr(metadata, kind))) is not None]),
        leading=_portable(metadata.leading_digits),
        international=_portable(metadata.international_prefix),
        national=national,
        groups=re.compile(national).groups if national else 0,
        rule=_replacement(metadata.national_prefix_transform_rule),
    )


@cache
def regions_of(calling_code: int) -> tuple[Region, ...]:
    """Return the regions that share a calling code, in the order in which libphonenumber asks them; the first is main.

    Raises:
        Foreign: a pattern of one of them is not known to mean the same here.
    """
    return tuple(region_of(calling_code, code) for code in region_codes_for_country_code(calling_code))


@cache
def short_codes_of(calling_code: int) -> tuple[Shape, ...]:
    """Return what the short numbers look like where a calling code is used; shapes of the same lengths are one.

    Raises:
        Foreign: a pattern of one of them is not known to mean the same here.
    """
    found = (PhoneMetadata.short_metadata_for_region(code) for code in region_codes_for_country_code(calling_code))
    shapes = (_shape(metadata.short_code) for metadata in found if metadata is not None)
    return _merged([shape for shape in shapes if shape is not None])


@cache
def calling_codes() -> tuple[int | None, ...]:
    """Return the calling code that digits begin with, by their first three, 000 to 999; None where there is none."""
    return tuple(_calling_code(f"{first:03}") for first in range(1_000))


def is_main(calling_code: int, code: str) -> bool:
    """Say whether a region is the one whose metadata reads the numbers of its calling code."""
    return region_code_for_country_code(calling_code) == code


def _calling_code(digits: str) -> int | None:
    if digits.startswith("0"):
        return None
    known = (int(digits[:length]) for length in (1, 2, 3) if int(digits[:length]) in COUNTRY_CODE_TO_REGION_CODE)
    return next(known, None)


def _shape(description: PhoneNumberDesc | None) -> Shape | None:
    pattern = _portable(description.national_number_pattern) if description is not None else None
    return Shape(pattern, tuple(description.possible_length)) if description is not None and pattern else None


def _merged(shapes: list[Shape]) -> tuple[Shape, ...]:
    by_lengths: dict[tuple[int, ...], list[str]] = {}
    for shape in shapes:
        by_lengths.setdefault(shape.lengths, []).append(f"(?:{shape.pattern})")
    return tuple(Shape("|".join(dict.fromkeys(patterns)), lengths) for lengths, patterns in by_lengths.items())


def _portable(pattern: str | None) -> str | None:
    r"""Return a pattern as the other engine wants it: there, `\d` is any digit of Unicode, which takes it ages."""
    if pattern is None:
        return None
    if not pattern or not _PORTABLE.fullmatch(pattern):
        raise Foreign(pattern)
    return pattern.replace(r"\d", "[0-9]")


def _replacement(rule: str | None) -> str | None:
    if not rule:
        return None
    if not re.fullmatch(r"(?:[0-9]|\\[1-9])*", rule):
        raise Foreign(rule)
    return re.sub(r"\\([1-9])", r"${\1}", rule)
