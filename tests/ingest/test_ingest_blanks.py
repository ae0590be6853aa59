"""Blank cells, over all of Unicode."""

from __future__ import annotations

import sys
import unicodedata

import polars as pl
import pytest

from ori_campaigns.ingest.blanks import without_blanks

# Unicode's property White_Space, as the Unicode Character Database lists it.
WHITE = {
    *range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000,
}  # fmt: skip
ALL = [code for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) != "Cs"]


@pytest.mark.behaviour("C5")
@pytest.mark.parametrize("times", [1, 2])
def test_a_cell_is_blank_if_all_of_it_is_white_space(times: int) -> None:
    cells = [chr(code) * times for code in ALL]
    frame = without_blanks(pl.DataFrame({"cell": cells}), ["cell"])
    assert frame["cell"].to_list() == [None if code in WHITE else chr(code) * times for code in ALL]


@pytest.mark.behaviour("C5")
def test_one_other_character_anywhere_makes_it_a_value_and_nothing_is_trimmed() -> None:
    cells = [text for code in sorted(WHITE) for text in (f"{chr(code)}x", f"x{chr(code)}", f"{chr(code)}\u200b")]
    assert without_blanks(pl.DataFrame({"cell": cells}), ["cell"])["cell"].to_list() == cells


@pytest.mark.behaviour("C5")
def test_only_the_named_columns_are_looked_at() -> None:
    frame = pl.DataFrame({"a": [" ", "", None], "b": [" ", "", None], "c": ["x", " y", "z "]})
    assert without_blanks(frame, ["b", "c"]).rows() == [(" ", None, "x"), ("", None, " y"), (None, None, "z ")]
    assert without_blanks(frame, []).equals(frame)
    assert without_blanks(frame.clear(), ["a"]).rows() == []
