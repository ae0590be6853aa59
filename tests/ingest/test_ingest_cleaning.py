"""Cleaning: the rule for one number against a table, and its twin for whole columns against the rule."""

from __future__ import annotations

import re
import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ori_campaigns.ingest import Leads
from ori_campaigns.ingest.cleaning import clean_column
from ori_campaigns.numbers import DIGITS, WHITESPACE, Rejection

# Unicode's White_Space property, as PropList.txt of the Unicode database lists it.
WHITE_SPACE_RANGES = [(0x9, 0xD), (0x20, 0x20), (0x85, 0x85), (0xA0, 0xA0), (0x1680, 0x1680), (0x2000, 0x200A),
                      (0x2028, 0x2029), (0x202F, 0x202F), (0x205F, 0x205F), (0x3000, 0x3000)]  # fmt: skip
WHITE_SPACE = {chr(code) for first, last in WHITE_SPACE_RANGES for code in range(first, last + 1)}

TABLE = [
    ("919800000001", "919800000001", None),
    ("+919800000001", "919800000001", None),
    ("+91 98000-00001", "919800000001", None),
    ("91\u00a098000\u202f00001", "919800000001", None),
    ("91\u201098000\u201100001", "919800000001", None),
    ("\t 919800000001\r\n", "919800000001", None),
    ("+91+98000+00001", "919800000001", None),
    ("--919800000001--", "919800000001", None),
    ("12345678", "12345678", None),
    ("123456789012345", "123456789012345", None),
    ("00919800000001", "00919800000001", None),
    ("00000000", "00000000", None),
    ("", None, "blank"),
    (" \t\u00a0\u3000", None, "blank"),
    ("1234567", None, "too_short"),
    ("+", None, "not_digits"),
    ("-", None, "not_digits"),
    ("1234567890123456", None, "too_long"),
    ("9" * 5_000, None, "too_long"),
    ("N/A", None, "not_digits"),
    ("(91)9800000001", None, "not_digits"),
    ("91.98000.00001", None, "not_digits"),
    ("91\u201398000\u201300001", None, "not_digits"),  # en dash
    ("91\u221298000\u221200001", None, "not_digits"),  # minus sign
    ("919800000001;ext=5", None, "not_digits"),
    ("٩١٩٨٠٠٠٠٠٠٠١", None, "not_digits"),
    ("९१९८०००००००१", None, "not_digits"),
    ("\uff19\uff11\uff19\uff18\uff10\uff10\uff10\uff10", None, "not_digits"),
    ("9198000000²1", None, "not_digits"),
    ("\u200b919800000001", None, "not_digits"),
    ("9.198E+11", None, "scientific_notation"),
    ("9,198e11", None, "scientific_notation"),
    ("9198E+08", None, "scientific_notation"),
    (" 9.19800000001E+11 ", None, "scientific_notation"),
    ("E+11", None, "not_digits"),
    ("9.1.9E+11", None, "not_digits"),
]


def rejection(text: str) -> str | None:
    cleaned = DIGITS.clean(text)
    return cleaned.reason if isinstance(cleaned, Rejection) else None


@pytest.mark.behaviour("C2")
@pytest.mark.parametrize(("text", "digits", "reason"), TABLE)
def test_the_rule_for_one_number(text: str, digits: str | None, reason: str | None) -> None:
    assert rejection(text) == reason
    if digits is not None:
        assert DIGITS.clean(text) == digits


@pytest.mark.behaviour("C2")
def test_the_rule_for_a_column() -> None:
    numbers, reasons = clean_column(pl.Series([text for text, _, _ in TABLE]), DIGITS)
    assert numbers.to_list() == [digits for _, digits, _ in TABLE]
    assert reasons.to_list() == [reason for _, _, reason in TABLE]


@pytest.mark.behaviour("C2")
def test_white_space_is_that_of_unicode() -> None:
    assert set(WHITESPACE) == WHITE_SPACE
    assert len(WHITESPACE) == len(WHITE_SPACE)


@pytest.mark.behaviour("C2")
def test_every_character_of_unicode_inside_a_number() -> None:
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    texts = [f"9198000{character}00001" for character in characters]
    numbers, reasons = clean_column(pl.Series(texts), DIGITS)
    dropped = WHITE_SPACE | {"+", "-", "\u2010", "\u2011"}
    for character, number, reason in zip(characters, numbers.to_list(), reasons.to_list(), strict=True):
        if character in dropped:
            expected: tuple[str | None, str | None] = ("919800000001", None)
        elif character in "0123456789":
            expected = (f"9198000{character}00001", None)
        else:
            expected = (None, "scientific_notation" if character in "eE" else "not_digits")
        assert (number, reason) == expected, f"U+{ord(character):04X}"


# Before and behind, where the length depends on it, alone, and at each end; inside a number is a test of its own.
PLACES = ["{0}1234567{0}", "{}", "{}12345678", "12345678{}"]


@pytest.mark.slow
@pytest.mark.behaviour("C2")
@pytest.mark.parametrize("around", PLACES)
def test_every_character_of_unicode_is_the_same_to_both_rules(around: str) -> None:
    texts = [around.format(chr(code)) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    numbers, reasons = clean_column(pl.Series(texts), DIGITS)
    one_by_one = [DIGITS.clean(text) for text in texts]
    assert numbers.to_list() == [None if isinstance(each, Rejection) else each for each in one_by_one]
    assert reasons.to_list() == [each.reason if isinstance(each, Rejection) else None for each in one_by_one]


# Texts near the rule: digits and what is dropped, with any other character mixed in now and then.
near_numbers = st.lists(
    st.one_of(
        st.sampled_from("0123456789+-eE.,\u2010\u2011\u00a0 \t\r\n\x0b\x85\u2028"),
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from(["9198000", "00001"]),
    ),
    max_size=20,
).map("".join)
texts = st.one_of(near_numbers, st.text(st.characters(exclude_categories=["Cs"]), max_size=30))


@pytest.mark.behaviour("C2")
@given(st.lists(texts, min_size=1, max_size=20))
def test_the_column_rule_is_the_rule_for_one_number(column: list[str]) -> None:
    numbers, reasons = clean_column(pl.Series(column, dtype=pl.String), DIGITS)
    one_by_one = [DIGITS.clean(text) for text in column]
    assert numbers.to_list() == [None if isinstance(each, Rejection) else each for each in one_by_one]
    assert reasons.to_list() == [each.reason if isinstance(each, Rejection) else None for each in one_by_one]


@pytest.mark.behaviour("C2")
@given(texts)
def test_the_rule_for_one_number_in_other_words(text: str) -> None:
    kept = "".join(c for c in text if c not in WHITE_SPACE and c not in "+-\u2010\u2011")
    if re.fullmatch("[0-9]{8,15}", kept):
        assert DIGITS.clean(text) == kept
    elif all(c in WHITE_SPACE for c in text):
        assert rejection(text) == "blank"
    elif re.fullmatch("[0-9]+", kept):
        assert rejection(text) == ("too_short" if len(kept) < 8 else "too_long")
    else:
        assert rejection(text) in {"not_digits", "scientific_notation"}


def test_digits_of_other_scripts_are_not_digits() -> None:
    others = [chr(code) for code in range(0x80, 0x110000) if unicodedata.category(chr(code)) == "Nd"]
    assert len(others) > 600
    assert {rejection(character * 10) for character in others} == {"not_digits"}


class LastEight:
    """A policy of a host's own."""

    name = "last-eight"

    def clean(self, text: str) -> str | Rejection:
        digits = "".join(c for c in text if c.isascii() and c.isdigit())
        return digits[-8:] if len(digits) >= 8 else Rejection("no_subscriber_number")


@pytest.mark.behaviour("C2", "C4")
def test_another_policy_decides_numbers_reasons_and_duplicates() -> None:
    leads = Leads.of(["tel:12-345-678", "0012345678", "12"], policy=LastEight())
    assert list(leads.numbers) == ["12345678"]
    assert leads.skipped.rows() == [(2, "0012345678", "duplicate"), (3, "12", "no_subscriber_number")]
    assert leads.summary.policy == "last-eight"
