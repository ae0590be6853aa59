"""Blank cells: white space alone is no value, and everything else stays as it is written (C5)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ori_campaigns.numbers import WHITESPACE


def without_blanks(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return the frame with null for every cell of these String columns that is empty or white space alone.

    >>> without_blanks(pl.DataFrame({"note": [" ", "", " a "]}), ["note"])["note"].to_list()
    [None, None, ' a ']
    """
    with_blanks = [name for name in columns if _has_blanks(frame[name])]
    return frame.with_columns(
        pl.when(pl.col(name).str.strip_chars_start(WHITESPACE) != "").then(pl.col(name)).alias(name)
        for name in with_blanks
    )


def _has_blanks(cells: pl.Series) -> bool:
    # To look at every character of all cells costs as much as parsing them. White space begins below "!" or above "~",
    # which a comparison tells, and hardly a cell does.
    may_be = cells.filter((cells < "!") | (cells > "~"))
    return bool((may_be.str.strip_chars_start(WHITESPACE) == "").any())
