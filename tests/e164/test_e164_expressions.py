"""The expressions, each against the function of phonenumbers whose rule it is."""

from __future__ import annotations

from random import Random
from typing import Any

import attrs
import phonenumbers
import polars as pl
import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType, phonenumberutil

from e164.spellings import SEEDS
from ori_campaigns.e164.expressions import (
    begins_with,
    fits,
    has_calling_code,
    kind,
    matches,
    matches_any,
    shortened,
    stripped,
    without_start,
)
from ori_campaigns.e164.metadata import Shape, region_of

# One of each sort of national prefix: none, a digit, several, groups, rules, a pattern that matches nothing as well.
PREFIXES = "IN US AG HU FI AR TR CN MX BR AU JE LI MG UY KR CR SM LT BY NI HK MA NF".split()
KINDS = {PhoneNumberType.PREMIUM_RATE: "premium_rate", PhoneNumberType.SHARED_COST: "shared_cost"}


def metadata_of(code: str) -> PhoneMetadata:
    found = PhoneMetadata.metadata_for_region(code)
    assert found is not None
    return found


def nationals(calling_code: int, count: int) -> list[str]:
    """Examples of a calling code with some digits changed, put before or taken away, and digits made up."""
    random = Random(calling_code)
    examples = [seed.national for seed in SEEDS if seed.calling_code == calling_code]
    found = []
    for _ in range(count):
        number = random.choice(examples)
        for _ in range(random.randrange(3)):
            at = random.randrange(len(number))
            number = number[:at] + random.choice("0123456789") + number[at + random.randrange(2) :]
        prefix = random.choice(["", "", "", "0", "1", "8", "06", "15", "0 9", "018", "1001", "000", "9", "01123415"])
        found.append(random.choice([prefix + number, number[: random.randrange(1, 8)]]).replace(" ", ""))
    return found


@pytest.mark.parametrize("code", PREFIXES)
def test_a_national_prefix_is_taken_off(code: str) -> None:
    data = metadata_of(code)
    assert data.country_code is not None
    numbers = nationals(data.country_code, 300)
    frame = pl.DataFrame({"national": numbers})
    region = region_of(data.country_code, code)
    theirs = [phonenumberutil._maybe_strip_national_prefix_carrier_code(number, data)[1] for number in numbers]
    assert stripped(frame, region)["national"].to_list() == theirs
    expected = []
    for number, cut in zip(numbers, theirs, strict=True):
        length = phonenumberutil._test_number_length(cut, data)
        long_enough = length in {phonenumbers.ValidationResult.IS_POSSIBLE, phonenumbers.ValidationResult.TOO_LONG}
        expected.append(cut if long_enough else number)
    assert sorted(shortened(frame, region)["national"].to_list()) == sorted(expected)


def test_a_number_of_every_region_is_of_its_kind() -> None:
    for calling_code, codes in COUNTRY_CODE_TO_REGION_CODE.items():
        numbers = nationals(calling_code, 60)
        for code in codes[:3]:
            data = PhoneMetadata.metadata_for_region_or_calling_code(calling_code, code)
            assert data is not None
            types = [phonenumberutil._number_type_helper(number, data) for number in numbers]
            expected = [None if each == PhoneNumberType.UNKNOWN else KINDS.get(each, "ordinary") for each in types]
            found = pl.DataFrame({"national": numbers}).select(kind(region_of(calling_code, code))).to_series()
            assert found.to_list() == expected, code


def test_kinds_are_asked_for_in_an_order() -> None:
    # In some plans a number has two kinds: premium rate comes first, then free of charge, then shared cost.
    two = Shape("1[0-9]{3}", (4,))
    base = region_of(91, "IN")
    number = pl.DataFrame({"national": ["1234"]})
    none: dict[str, Any] = dict.fromkeys(("premium_rate", "toll_free", "shared_cost"))
    for kinds, expected in [
        ({"premium_rate": two, "toll_free": two, "shared_cost": two}, "premium_rate"),
        ({"toll_free": two, "shared_cost": two}, "ordinary"),
        ({"shared_cost": two}, "shared_cost"),
        ({}, "ordinary"),
    ]:
        region = attrs.evolve(base, **(none | kinds), general=two, rest=(two,))
        assert number.select(kind(region)).item() == expected
        assert number.select(kind(attrs.evolve(region, general=Shape("2[0-9]{3}", (4,))))).item() is None
        assert number.select(kind(attrs.evolve(region, general=Shape("1[0-9]{3}", (5,))))).item() is None


@pytest.mark.parametrize("code", ["IN", "US", "GB", "DE", "BR", "KZ", "AT"])
def test_an_own_country_code_without_a_plus_is_seen(code: str) -> None:
    data = metadata_of(code)
    assert data.country_code is not None
    own = str(data.country_code)
    region = region_of(data.country_code, code)
    digits = [own + number for number in nationals(data.country_code, 300)] + nationals(data.country_code, 100)
    expected = []
    for each in digits:
        number = phonenumbers.PhoneNumber()
        found, _ = phonenumberutil._maybe_extract_country_code(each, data, keep_raw_input=False, numobj=number)
        # A number that begins like an international prefix is not asked this question.
        expected.append(None if data.international_prefix and each.startswith("0") else found != 0)
    frame = pl.DataFrame({"digits": digits}).with_columns(national=pl.col("digits").str.slice(len(own)))
    ours = stripped(frame, region).select(has_calling_code(region, own)).to_series().to_list()
    assert [each for each, asked in zip(ours, expected, strict=True) if asked is not None] == [
        each for each in expected if each is not None
    ]


def test_matching() -> None:
    texts = pl.DataFrame({"text": ["12", "123", "1234", "12\n", "", "१२"]})
    text = pl.col("text")

    def holds(expression: pl.Expr) -> list[bool]:
        return texts.select(found=expression).to_series().to_list()

    assert holds(fits(text, Shape("12|123", ()))) == [True, True, False, False, False, False]
    assert holds(matches(text, Shape("1[0-9]{1,3}", (2, 4)))) == [True, False, True, False, False, False]
    assert holds(matches(text, Shape("1[0-9]{1,3}", ()))) == [True, True, True, False, False, False]
    assert holds(begins_with(text, "12?3|1")) == [True, True, True, True, False, False]
    assert texts.select(without_start(text, "12?3|1")).to_series().to_list() == ["2", "", "4", "2\n", "", "१२"]
    some = [Shape("12", (2,)), Shape("[0-9]{4}", (4, 9))]
    assert holds(matches_any(text, some)) == [True, False, True, False, False, False]


def test_nothing_matches_no_shape() -> None:
    texts = pl.DataFrame({"text": ["12", ""]})
    assert texts.with_columns(found=matches(pl.col("text"), None))["found"].to_list() == [False, False]
    assert texts.with_columns(found=matches_any(pl.col("text"), ()))["found"].to_list() == [False, False]
