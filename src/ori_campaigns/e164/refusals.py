"""Why a written number is refused: every reason, and the one function that chooses among them (C11)."""

from __future__ import annotations

from collections.abc import Mapping

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberType,
    ValidationResult,
    is_emergency_number,
    is_possible_number_with_reason,
    is_valid_short_number_for_region,
    national_significant_number,
    region_codes_for_country_code,
)

from ori_campaigns.numbers import DIGITS, WHITESPACE, Rejection

REASONS: Mapping[str, str] = {
    "blank": "the cell is empty or white space",
    "scientific_notation": "a spreadsheet turned the number into something like 9.198E+11; its digits are lost",
    "emergency": "an emergency number of the region, or of the country it was written with",
    "premium_rate": "a premium-rate number: the caller pays extra",
    "shared_cost": "a shared-cost number: caller and callee share the price of the call",
    "short_number": "a short number: a service code that is dialled inside its country only",
    "not_a_number": "no phone number can be read from it",
    "unknown_country": "no country has this calling code",
    "too_short": "fewer digits than a number of that country, or a local number without its area code",
    "too_long": "more digits than a number of that country, or than 15; or a text of more than 250 characters",
    "invalid_number": "no such number: that country has none of this length, or none with these digits",
}
"""Every reason code of the strict policy, with its meaning; the first that applies is given, in this order."""

CLASSES: Mapping[int, str] = {
    PhoneNumberType.PREMIUM_RATE: "premium_rate",
    PhoneNumberType.SHARED_COST: "shared_cost",
}
"""Destination classes that are refused unless a policy lets them through, by libphonenumber's type of number."""

LONGEST_EMERGENCY = 6
"""Numbers of no more digits are looked up among the emergency numbers; the longest of those have six."""

ORDINARY = "ordinary"
"""What is found in a text that has a number to dial."""

_TOO_SHORT = Rejection("too_short")
_BY_FAULT = {
    NumberParseException.INVALID_COUNTRY_CODE: "unknown_country",
    NumberParseException.NOT_A_NUMBER: "not_a_number",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too_short",
    NumberParseException.TOO_SHORT_NSN: "too_short",
}
_BY_LENGTH = {
    ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "too_short",
    ValidationResult.TOO_SHORT: "too_short",
    ValidationResult.TOO_LONG: "too_long",
}


def find(text: str, region: str, number: PhoneNumber, kind: int) -> str:
    """Say what was found in a text from which libphonenumber read a number.

    Parameters:
        text: as written, not in scientific notation.
        region: the policy's region.
        number: what was read.
        kind: libphonenumber's type of it, `UNKNOWN` where it is not valid.

    Returns:
        `ordinary`, or a key of `REASONS`.
    """
    # First of all: what is accepted is dialled with its country code and rings no emergency service, and yet, should
    # one ever be a valid number as well.
    if _is_emergency(text, region, number):
        return "emergency"
    if kind != PhoneNumberType.UNKNOWN:
        return CLASSES.get(kind, ORDINARY)
    short = any(is_valid_short_number_for_region(number, each) for each in _regions(number, region))
    return "short_number" if short else by_length(number)


def by_length(number: PhoneNumber) -> str:
    """Say what is wrong with a number that is neither valid nor short: its length tells."""
    return _BY_LENGTH.get(is_possible_number_with_reason(number), "invalid_number")


def find_unread(text: str, region: str, fault: int) -> str:
    """Say what was found in a text from which libphonenumber read no number.

    Parameters:
        text: as written, not in scientific notation.
        region: the policy's region.
        fault: the `error_type` of libphonenumber's exception.

    Returns:
        A key of `REASONS`.
    """
    if not text.strip(WHITESPACE):
        return "blank"
    if fault == NumberParseException.TOO_LONG:
        return "too_long"
    if not any(map(str.isdecimal, text)):
        return "not_a_number"
    if _is_typed_emergency(text, region):
        return "emergency"
    # Of one digit, or of two with something between them, libphonenumber says that it is no number at all.
    if fault == NumberParseException.NOT_A_NUMBER and DIGITS.clean(text) == _TOO_SHORT:
        return "too_short"
    return _BY_FAULT.get(fault, "not_a_number")


def _is_emergency(text: str, region: str, number: PhoneNumber) -> bool:
    if _is_typed_emergency(text, region):
        return True
    national = national_significant_number(number)
    if len(national) > LONGEST_EMERGENCY:
        return False
    return any(is_emergency_number(national, each) for each in _regions(number, region))


def _regions(number: PhoneNumber, region: str) -> tuple[str, ...]:
    """Where a short number would be dialled: at home, or anywhere in the country it was written with."""
    sharing = region_codes_for_country_code(number.country_code or 0)
    return (region,) if region in sharing else tuple(sharing)


def _is_typed_emergency(text: str, region: str) -> bool:
    # Counting digits is quick, and mostly enough.
    return sum(map(str.isdecimal, text)) <= LONGEST_EMERGENCY and is_emergency_number(text, region)
