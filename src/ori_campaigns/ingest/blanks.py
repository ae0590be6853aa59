"""Blank cells: white space alone is no value, and everything else stays as it is written (C5)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import polars as pl

from ori_campaigns.numbers import WHITESPACE


def without_blanks(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Return the frame with null for every cell of these String columns that is empty or white space alone.

    >>> without_blanks(pl.DataFrame({"note": [" ", "", " a "]}), ["note"])["note"].to_list()
    [None, None, ' a ']
    """
    # Hardly any file has such a cell, and to look at every character of all cells costs as much as parsing them.
    # White space begins below "!" or above "~", which a comparison tells; then the first character does.
    doubtful = _where(frame, columns, lambda cell: ((cell < "!") | (cell > "~")).any())
    doubtful = _where(frame, doubtful, lambda cell: (cell.str.contains(rf"\A[{WHITESPACE}]") | (cell == "")).any())
    return frame.with_columns(
        pl.when(pl.col(name).str.strip_chars_start(WHITESPACE) != "").then(pl.col(name)).alias(name)
        for name in doubtful
    )


def _where(frame: pl.DataFrame, columns: Sequence[str], test: Callable[[pl.Expr], pl.Expr]) -> list[str]:
    if not columns:
        return []
    answers = frame.select(test(pl.col(name)) for name in columns).row(0)
    return [name for name, answer in zip(columns, answers, strict=True) if answer]
