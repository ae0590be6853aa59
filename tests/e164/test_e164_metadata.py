"""The metadata: what is taken over, and that nothing is guessed at."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs
import phonenumbers
import polars as pl
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

from e164.spellings import spellings
from ori_campaigns.e164 import E164, metadata
from ori_campaigns.e164.metadata import (
    Foreign,
    Shape,
    calling_codes,
    is_main,
    region_of,
    regions_of,
    short_codes_of,
)
from ori_campaigns.numbers import Rejection

CACHES = (region_of, regions_of, short_codes_of)


@pytest.fixture
def forgetful() -> Iterator[None]:
    for each in CACHES:
        each.cache_clear()
    yield
    for each in CACHES:
        each.cache_clear()


def test_the_metadata_of_every_region_is_understood() -> None:
    for calling_code, codes in COUNTRY_CODE_TO_REGION_CODE.items():
        assert len(regions_of(calling_code)) == len(codes)
        short_codes_of(calling_code)


def test_a_region_is_what_its_metadata_says() -> None:
    region = region_of(91, "IN")
    assert region.premium_rate == Shape("186[12][0-9]{9}", (13,))
    assert region.shared_cost == Shape("1860[0-9]{7}", (11,))
    assert (region.international, region.national, region.groups, region.rule) == ("00", "0", 0, None)
    assert region.local == (6, 7)
    assert region.leading is None
    barbuda = region_of(1, "AG")
    assert (barbuda.leading, barbuda.groups, barbuda.rule) == ("268", 1, "268${1}")
    assert region_of(800, "001").toll_free is not None


def test_shapes_of_the_same_lengths_are_one() -> None:
    lengths = [shape.lengths for shape in region_of(91, "IN").rest]
    assert len(lengths) == len(set(lengths))
    assert (10,) in lengths


@pytest.mark.parametrize(
    ("digits", "calling_code"),
    [("919", 91), ("120", 1), ("797", 7), ("290", 290), ("800", 800), ("999", None), ("210", None), ("091", None)],
)
def test_a_country_code_is_found(digits: str, calling_code: int | None) -> None:
    assert calling_codes()[int(digits)] == calling_code


def test_no_country_code_begins_another() -> None:
    # So the first that fits is the only one.
    codes = [str(code) for code in COUNTRY_CODE_TO_REGION_CODE]
    assert not [(one, other) for one in codes for other in codes if one != other and other.startswith(one)]


def test_the_main_region_is_the_first() -> None:
    assert is_main(1, "US")
    assert not is_main(1, "CA")
    assert is_main(44, "GB")
    assert not is_main(44, "JE")


# What the two engines read differently, or one of them not at all.
UNPORTABLE = [
    r"(?=1)\d{3}", r"(?!1)\d{3}", r"(?<=1)2", r"(\d)\1", r"\d+", r"\d*", r".{3}", r"[^1]\d{3}", r"\w{3}", r"[\d]{3}",
    r"^\d{3}", r"\d{3}\b", r"\p{Nd}", r"[0-9&&[^1]]", r"[1-]", r"[]", r"[12", r"(?i:1)", r"(?P<x>1)", r"\d{3,}", r"\Z",
    r"1{,3}", "", "१", "[१-९]", "1 2", r"\d{3}+",
]  # fmt: skip


@pytest.mark.parametrize("pattern", UNPORTABLE)
def test_a_pattern_of_another_kind_is_not_guessed_at(pattern: str) -> None:
    with pytest.raises(Foreign):
        metadata._portable(pattern)


@pytest.mark.parametrize(
    ("pattern", "carried"),
    [
        (r"\d{3}|[2-9]\d?", "[0-9]{3}|[2-9][0-9]?"),
        (r"(?:0|15)(\d{2,3})?", "(?:0|15)([0-9]{2,3})?"),
        (r"([24-9]\d{6})$|0", "([24-9][0-9]{6})$|0"),
    ],
)
def test_a_pattern_is_carried_over(pattern: str, carried: str) -> None:
    assert metadata._portable(pattern) == carried
    for text in ("", "0", "15", "123", "15123", "2345678", "234567", "029"):
        ours = re.match(carried, text)
        theirs = re.match(pattern, text)
        assert (ours and ours.span()) == (theirs and theirs.span())
        assert pl.Series([text]).str.contains(rf"\A(?:{carried})")[0] == bool(theirs)


@pytest.mark.parametrize("rule", [r"\g<1>", r"\0", "$1", "1a", r"\x"])
def test_a_rule_of_another_kind_is_not_guessed_at(rule: str) -> None:
    with pytest.raises(Foreign):
        metadata._replacement(rule)


class Changed:
    """The metadata of a later release, in which one region has something new."""

    def __init__(self, code: str, **changes: object) -> None:
        self._code, self._changes = code, changes

    def metadata_for_region_or_calling_code(self, calling_code: int, code: str) -> object:
        found = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, code)
        return Patched(found, self._changes) if code == self._code else found

    def short_metadata_for_region(self, code: str) -> object:
        found = PhoneMetadata.short_metadata_for_region(code)
        return Patched(found, {"short_code": self._changes["short_code"]}) if "short_code" in self._changes else found


@attrs.frozen
class Patched:
    found: object
    changes: dict[str, object]

    def __getattr__(self, name: str) -> object:
        return self.changes[name] if name in self.changes else getattr(self.found, name)


@pytest.mark.usefixtures("forgetful")
@pytest.mark.behaviour("C11")
@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ("IN", {"national_prefix_for_parsing": r"0(?!0)"}),
        ("IN", {"international_prefix": r"0+"}),
        ("IN", {"general_desc": None}),
        ("IN", {"general_desc": phonenumbers.phonemetadata.PhoneNumberDesc(national_number_pattern=r"[6-9]\d{9}")}),
        ("IN", {"mobile": phonenumbers.phonemetadata.PhoneNumberDesc(national_number_pattern=r"[6-9]\d+")}),
        ("US", {"national_prefix_transform_rule": r"\g<1>"}),
        ("DE", {"leading_digits": "^1"}),
        ("GB", {"short_code": phonenumbers.phonemetadata.PhoneNumberDesc(national_number_pattern=r"1.+")}),
    ],
)
def test_what_is_not_understood_is_left_to_libphonenumber(
    code: str, changes: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the bulk path sees the change, so its answers stay those of the path that does not."""
    texts = spellings("IN", 400, abroad=1) + [
        f"+{'49151' if code == 'DE' else '1212'}{2_000_000 + n}" for n in range(200)
    ]
    policy = E164("IN")
    one_by_one = [policy.clean(text) for text in texts]
    monkeypatch.setattr(metadata, "PhoneMetadata", Changed(code, **changes))
    numbers, reasons = policy.clean_column(pl.Series(texts))
    assert numbers.to_list() == [None if isinstance(each, Rejection) else each for each in one_by_one]
    assert reasons.to_list() == [each.reason if isinstance(each, Rejection) else None for each in one_by_one]
