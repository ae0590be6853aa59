"""Phone numbers: the cleaning rule, and a value that never shows itself by accident."""

from __future__ import annotations

import logging
import pickle

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.numbers import DIGITS, DigitsPolicy, PhoneNumber, Rejection, list_problems, masked, parse_number

FULL = "919876543210"


@pytest.mark.behaviour("C2")
@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("919876543210", "919876543210"),
        ("+91 98765-43210", "919876543210"),
        ("+91\u00a098765\u2011432\u201010", "919876543210"),
        (" 91\t98765\n43210 ", "919876543210"),
        ("12345678", "12345678"),
        ("123456789012345", "123456789012345"),
        ("00919876543", "00919876543"),
        ("9+1+9-8 7-6543210", "919876543210"),
    ],
)
def test_written_numbers_become_digits(written: str, digits: str) -> None:
    assert DIGITS.clean(written) == digits
    assert parse_number(written).reveal() == digits


@pytest.mark.behaviour("C2")
@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("", "blank"),
        ("   ", "blank"),
        ("\u2003", "blank"),
        ("+", "not_digits"),
        ("-", "not_digits"),
        ("1234567", "too_short"),
        ("1234567890123456", "too_long"),
        ("98765 4321x", "not_digits"),
        ("(987) 6543210", "not_digits"),
        ("98765.43210", "not_digits"),
        ("98765\u201343210", "not_digits"),
        ("९८७६५४३२१०", "not_digits"),
        ("9.19877E+11", "scientific_notation"),
        ("1E10", "scientific_notation"),
        ("9,19877e11", "scientific_notation"),
        ("E10", "not_digits"),
        ("N/A", "not_digits"),
    ],
)
def test_what_is_no_number_has_a_reason(written: str, reason: str) -> None:
    assert DIGITS.clean(written) == Rejection(reason)


def test_the_policy_has_a_name() -> None:
    assert DigitsPolicy().name == "digits"
    assert DigitsPolicy() == DIGITS


@pytest.mark.parametrize(
    ("digits", "shown"),
    [("", ""), ("1", "1"), ("12", "12"), ("123", "•23"), ("12345678", "••••••78"), (FULL, "••••••••••10")],
)
def test_masking(digits: str, shown: str) -> None:
    assert masked(digits) == shown


def test_a_number_shows_its_last_two_digits_only() -> None:
    number = PhoneNumber(FULL)
    assert str(number) == f"{number}" == "••••••••••10"
    assert repr(number) == "PhoneNumber('••••••••••10')"
    assert repr([number, {"to": number}]) == "[PhoneNumber('••••••••••10'), {'to': PhoneNumber('••••••••••10')}]"
    assert number.reveal() == FULL


def test_a_number_in_a_log_line_is_masked(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        logging.getLogger("host").info("dialling %s, %r", PhoneNumber(FULL), PhoneNumber(FULL))
    assert FULL not in caplog.text
    assert "••••••••••10" in caplog.text


def test_numbers_are_values() -> None:
    one, same, other = PhoneNumber(FULL), PhoneNumber(FULL), PhoneNumber("919876543211")
    assert one == same
    assert one != other
    assert len({one, same, other}) == 2
    assert sorted([other, one]) == [one, other]
    assert pickle.loads(pickle.dumps(one)) == one
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        one._digits = "1"  # type: ignore[misc]


def test_a_number_is_not_its_digits() -> None:
    number: object = PhoneNumber(FULL)
    assert number != FULL


def test_a_number_is_read_once() -> None:
    number = PhoneNumber(FULL)
    assert parse_number(number) is number


@pytest.mark.parametrize("text", ["98765", "98765432109876543", "98765x43210", "9.87654E+9", "", "   "])
def test_the_refusal_names_the_place_and_masks_the_text(text: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        parse_number(text, path="numbers[3]")
    assert refused.value.code == "bad_number"
    [problem] = refused.value.problems
    assert problem.path == "numbers[3]"
    assert problem.hint == "A number has 8 to 15 digits; +, spaces and hyphens are fine."
    if text.strip():
        assert text not in str(refused.value)
        assert text not in repr(refused.value)


@given(st.text(alphabet="0123456789", min_size=8, max_size=15), st.integers(0, 6))
def test_separators_change_nothing(digits: str, every: int) -> None:
    parts = [digits[at : at + every + 1] for at in range(0, len(digits), every + 1)]
    for written in ("+" + digits, " ".join(parts), "-".join(parts), "\u2010".join(parts)):
        assert DIGITS.clean(written) == digits


@given(st.text(max_size=20))
def test_whatever_is_written_is_digits_or_a_known_reason(text: str) -> None:
    cleaned = DIGITS.clean(text)
    if isinstance(cleaned, Rejection):
        assert cleaned.reason in {"blank", "not_digits", "too_short", "too_long", "scientific_notation"}
    else:
        assert cleaned.isascii()
        assert cleaned.isdigit()
        assert 8 <= len(cleaned) <= 15


@pytest.mark.behaviour("C4", "C9")
@pytest.mark.parametrize(
    ("numbers", "codes"),
    [
        (["919800000001", "919800000002"], []),
        (["919800000001", "919800000001"], ["repeated_number"]),
        (["abc"], ["bad_number"]),
        ([""], ["bad_number"]),
        (["9" * 16], ["bad_number"]),
        (["٩٨٠٠٠٠٠٠٠١"], ["bad_number"]),
        (["9 8", "9 8"], ["bad_number", "repeated_number"]),
    ],
)
def test_the_numbers_of_a_list_of_a_hosts_own(numbers: list[str], codes: list[str]) -> None:
    assert [problem.code for problem in list_problems(numbers)] == codes
