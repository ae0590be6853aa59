"""Cleaning a column of written numbers: in bulk where the policy knows how, any policy one by one (C2, C11)."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import polars as pl

from ori_campaigns.numbers import HYPHENS, LONGEST, SHORTEST, WHITESPACE, DigitsPolicy, NumberPolicy, Rejection

_DROPPED = "[" + "".join(f"\\x{{{ord(character):x}}}" for character in "+" + WHITESPACE + HYPHENS) + "]"
_NUMBER = rf"\A[0-9]{{{SHORTEST},{LONGEST}}}\z"


@runtime_checkable
class BulkPolicy(Protocol):
    """What a number policy has that cleans a whole column quicker than number by number."""

    def clean_column(self, written: pl.Series) -> tuple[pl.Series, pl.Series]:
        """Return for each text what `clean` would: the digits or null, and the reason or null."""
        ...


def clean_column(written: pl.Series, policy: NumberPolicy) -> tuple[pl.Series, pl.Series]:
    """Clean every number of a column.

    Parameters:
        written: String column without nulls, the numbers as written.
        policy: the cleaning rule; `DigitsPolicy` and a `BulkPolicy` clean in bulk.

    Returns:
        Two String columns of the same length: the digits (null where there are none), and the reason code
        (null where there are digits).

    Implements C2, C11.

    >>> digits, reasons = clean_column(pl.Series(["+91 98000-00001", "12"]), DigitsPolicy())
    >>> digits.to_list(), reasons.to_list()
    (['919800000001', None], [None, 'too_short'])
    """
    if isinstance(policy, BulkPolicy):
        return policy.clean_column(written)
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
