"""Cleaning a column of written numbers: the default policy in bulk, any policy one by one (C2)."""

from __future__ import annotations

import polars as pl

from ori_campaigns.numbers import HYPHENS, LONGEST, SHORTEST, WHITESPACE, DigitsPolicy, NumberPolicy, Rejection

_DROPPED = "[" + "".join(f"\\x{{{ord(character):x}}}" for character in "+" + WHITESPACE + HYPHENS) + "]"
_NUMBER = rf"\A[0-9]{{{SHORTEST},{LONGEST}}}\z"


def clean_column(written: pl.Series, policy: NumberPolicy) -> tuple[pl.Series, pl.Series]:
    """Clean every number of a column.

    Parameters:
        written: String column without nulls, the numbers as written.
        policy: the cleaning rule; under `DigitsPolicy` the good numbers are cleaned in bulk.

    Returns:
        Two String columns of the same length: the digits (null where there are none), and the reason code
        (null where there are digits).

    Implements C2.

    >>> digits, reasons = clean_column(pl.Series(["+91 98000-00001", "12"]), DigitsPolicy())
    >>> digits.to_list(), reasons.to_list()
    (['919800000001', None], [None, 'too_short'])
    """
    if type(policy) is not DigitsPolicy:
        return _one_by_one(written, policy)
    stripped = written.str.replace_all(_DROPPED, "")
    good = stripped.str.contains(_NUMBER)
    if good.all():
        return stripped, pl.Series(dtype=pl.String).extend_constant(None, len(written))
    # Only the bad ones, few in a real file, are asked for their reason.
    _, why = _one_by_one(written.filter(~good), policy)
    numbers = pl.select(pl.when(good).then(stripped)).to_series()
    reasons = pl.Series([None], dtype=pl.String).new_from_index(0, len(written)).scatter((~good).arg_true(), why)
    return numbers, reasons


def _one_by_one(written: pl.Series, policy: NumberPolicy) -> tuple[pl.Series, pl.Series]:
    numbers: list[str | None] = []
    reasons: list[str | None] = []
    for text in written.to_list():
        cleaned = policy.clean(text)
        if isinstance(cleaned, Rejection):
            numbers.append(None)
            reasons.append(cleaned.reason)
        else:
            numbers.append(cleaned)
            reasons.append(None)
    return pl.Series(numbers, dtype=pl.String), pl.Series(reasons, dtype=pl.String)
