"""Every code of a report has its suggested fix, in words that fit a page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ori_campaigns import e164
from ori_campaigns.ingest import REASONS
from ori_campaigns.ingest.fixes import FOR_REASONS, FOR_REFUSALS, FOR_WARNINGS, advice

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "lead-files.md"
STRICT = "not_a_number unknown_country invalid_number emergency short_number premium_rate shared_cost".split()


def codes(heading: str) -> set[str]:
    """The codes in the tables below a heading of the reference."""
    text = PAGE.read_text(encoding="utf-8")
    section = text[text.index(f"## {heading}") :].split("\n## ")[0]
    found = set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE))
    assert found
    return found


@pytest.mark.behaviour("C2", "C4", "C11")
@pytest.mark.parametrize("reason", sorted({*REASONS, *STRICT, *e164.REASONS, *codes("Reason codes"), "excluded"}))
def test_every_reason_has_a_fix(reason: str) -> None:
    assert advice(reason) == FOR_REASONS[reason] != ""


@pytest.mark.behaviour("C1", "C3", "C8")
@pytest.mark.parametrize("code", sorted(codes("Error codes")))
def test_every_refusal_has_a_fix(code: str) -> None:
    assert advice(code) == FOR_REFUSALS[code] != ""


@pytest.mark.behaviour("C6")
@pytest.mark.parametrize("code", sorted(codes("Warning codes")))
def test_every_warning_has_a_fix(code: str) -> None:
    assert advice(code) == FOR_WARNINGS[code] != ""


def test_no_code_has_two() -> None:
    tables = [set(FOR_REASONS), set(FOR_REFUSALS), set(FOR_WARNINGS)]
    assert len(set.union(*tables)) == sum(map(len, tables))


def test_an_unknown_code_has_none() -> None:
    assert advice("of_my_own_policy") == ""
    assert advice("") == ""


@pytest.mark.parametrize("text", [*FOR_REASONS.values(), *FOR_REFUSALS.values(), *FOR_WARNINGS.values()])
def test_a_fix_is_whole_sentences_that_name_no_option(text: str) -> None:
    assert text == text.strip()
    assert text.isascii()
    assert text[0].isupper()
    assert text.endswith(".")
    assert "  " not in text
    assert "--" not in text
    assert len(text) <= 480


@pytest.mark.behaviour("C2")
def test_lost_digits_are_told_for_every_spreadsheet() -> None:
    text = advice("scientific_notation")
    assert "must come from where the list was made" in text
    assert all(name in text for name in ("Excel", "LibreOffice", "Google Sheets", "Text"))
