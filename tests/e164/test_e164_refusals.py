"""Reasons: emergency and short numbers of every region, and the order in which reasons are looked for."""

from __future__ import annotations

import re
from collections import Counter
from random import Random

import phonenumbers
import polars as pl
import pytest
from phonenumbers import PhoneMetadata

from e164.spellings import REGIONS, spellings
from ori_campaigns.e164 import E164, REASONS, refusals
from ori_campaigns.e164.refusals import LONGEST_EMERGENCY
from ori_campaigns.numbers import Rejection


def emergencies(region: str) -> list[str]:
    """The emergency numbers of a region: all digits of the right length that its pattern takes."""
    metadata = PhoneMetadata.short_metadata_for_region(region)
    if metadata is None or metadata.emergency is None:
        return []
    pattern = re.compile(metadata.emergency.national_number_pattern or "")
    digits = (f"{number:0{length}}" for length in metadata.emergency.possible_length for number in range(10**length))
    return [text for text in digits if pattern.fullmatch(text)]


@pytest.mark.behaviour("C11")
def test_no_emergency_number_of_any_region_is_let_through() -> None:
    found = {region: emergencies(region) for region in REGIONS}
    assert {"112"} <= set(found["IN"])
    assert {"911"} <= set(found["US"])
    assert {"999", "112"} <= set(found["GB"])
    assert sum(map(len, found.values())) > 400
    assert max(len(text) for texts in found.values() for text in texts) <= LONGEST_EMERGENCY
    for region, texts in found.items():
        policy = E164(region, allow=["premium_rate", "shared_cost"])
        assert {policy.clean(text) for text in texts} <= {Rejection("emergency")}, region
        numbers, reasons = policy.clean_column(pl.Series([*texts] * 50, dtype=pl.String))
        assert set(numbers.to_list()) <= {None}
        assert set(reasons.to_list()) <= {"emergency"}


@pytest.mark.behaviour("C11")
@pytest.mark.parametrize("region", ["IN", "US", "GB", "DE", "AU", "AT", "JP", "BR", "SH"])
def test_short_numbers_have_their_reason(region: str) -> None:
    random = Random(region)
    texts = [f"{number:0{length}}" for length in (2, 3) for number in range(10**length)]
    texts += [f"{random.randrange(10**length):0{length}}" for length in (4, 5, 6, 7, 8) for _ in range(400)]
    policy = E164(region)
    seen: Counter[str] = Counter()
    for text in texts:
        cleaned = policy.clean(text)
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            assert isinstance(cleaned, Rejection)
            continue
        if number.country_code != phonenumbers.country_code_for_region(region):
            # Written with another country's code.
            continue
        national = phonenumbers.national_significant_number(number)
        if phonenumbers.is_emergency_number(text, region) or phonenumbers.is_emergency_number(national, region):
            assert cleaned == Rejection("emergency"), text
            seen["emergency"] += 1
        elif phonenumbers.is_valid_number(number):
            assert not isinstance(cleaned, Rejection) or cleaned.reason in {"premium_rate", "shared_cost"}, text
        elif phonenumbers.is_valid_short_number_for_region(number, region):
            assert cleaned == Rejection("short_number"), text
            seen["short_number"] += 1
        else:
            assert isinstance(cleaned, Rejection)
            assert cleaned.reason in {"too_short", "too_long", "invalid_number"}, text
            seen["neither"] += 1
    assert seen["emergency"] > 0
    assert seen["short_number"] > 0
    assert seen["neither"] > 1_000


@pytest.mark.behaviour("C11")
def test_destination_classes_are_those_of_the_metadata() -> None:
    """Each region's own examples, written with their country code, under the policy of another region."""
    expected = {"premium_rate": "premium_rate", "shared_cost": "shared_cost", "toll_free": None, "mobile": None}
    counted = dict.fromkeys(expected, 0)
    for region in REGIONS:
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        for kind, reason in expected.items():
            description = getattr(metadata, kind)
            if description is None or not description.example_number:
                continue
            digits = f"{metadata.country_code}{description.example_number}"
            if phonenumbers.number_type(phonenumbers.parse(f"+{digits}")) != getattr(
                phonenumbers.PhoneNumberType, kind.upper()
            ):
                # Another kind comes first: most regions of North America have no mobile numbers of their own.
                continue
            counted[kind] += 1
            assert E164("IN").clean(f"+{digits}") == (digits if reason is None else Rejection(reason))
    assert all(count > 30 for count in counted.values())


@pytest.mark.behaviour("C11")
@pytest.mark.parametrize(
    ("region", "text", "digits"),
    [("SH", "22158", "29022158"), ("SH", "+290 22158", "29022158"), ("JE", "118907", "441534118907")],
)
def test_an_emergency_number_would_be_refused_even_if_it_were_valid(
    region: str, text: str, digits: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Today no number is both; a later release may have one."""
    policy = E164(region)
    assert policy.clean(text) == digits
    monkeypatch.setattr(refusals, "is_emergency_number", lambda text, where: text[-5:] in {"22158", "18907"})
    assert policy.clean(text) == Rejection("emergency")
    _, reasons = policy.clean_column(pl.Series([text] * 100))
    assert set(reasons.to_list()) == {"emergency"}


def test_reasons_are_in_the_order_they_are_looked_for() -> None:
    assert list(REASONS) == [
        "blank",
        "scientific_notation",
        "emergency",
        "premium_rate",
        "shared_cost",
        "short_number",
        "not_a_number",
        "unknown_country",
        "too_short",
        "too_long",
        "invalid_number",
    ]


@pytest.mark.behaviour("C11")
@pytest.mark.parametrize("region", ["IN", "US", "DE"])
def test_what_is_no_number_has_the_reason_that_its_length_gives(region: str) -> None:
    policy = E164(region)
    told = set()
    for text in spellings(region, 800, abroad=12):
        cleaned = policy.clean(text)
        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException as error:
            assert isinstance(cleaned, Rejection)
            if error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE:
                assert cleaned.reason in {"unknown_country", "emergency"}
            continue
        if isinstance(cleaned, str) or cleaned.reason in {"emergency", "short_number", "scientific_notation"}:
            continue
        told.add(cleaned.reason)
        if phonenumbers.is_valid_number(number):
            longer = len(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)) > len(
                "+123456789012345"
            )
            assert cleaned.reason in {"premium_rate", "shared_cost"} or (longer and cleaned.reason == "too_long")
            continue
        possible = phonenumbers.is_possible_number_with_reason(number)
        result = phonenumbers.ValidationResult
        assert (
            cleaned.reason
            == {
                result.IS_POSSIBLE: "invalid_number",
                result.INVALID_LENGTH: "invalid_number",
                result.IS_POSSIBLE_LOCAL_ONLY: "too_short",
                result.TOO_SHORT: "too_short",
                result.TOO_LONG: "too_long",
            }[possible]
        ), text
    assert told >= {"too_short", "too_long", "invalid_number", "premium_rate"}
