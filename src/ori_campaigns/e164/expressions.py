"""libphonenumber's rules for one region as polars expressions over the column `national`, the digits of its numbers.

Each follows the function of phonenumbers that it is named after here, step by step; the tests hold them together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from functools import cache

import polars as pl

from ori_campaigns.e164.metadata import Region, Shape
from ori_campaigns.e164.refusals import ORDINARY

NATIONAL = pl.col("national")


def begins_with(text: pl.Expr, pattern: str) -> pl.Expr:
    """Whether a text begins with a match (`re.match`)."""
    return text.str.contains(_start(pattern))


def without_start(text: pl.Expr, pattern: str) -> pl.Expr:
    """Give a text without the match it begins with."""
    return text.str.replace(_start(pattern), "")


@cache
def kind(region: Region) -> pl.Expr:
    """Tell `ordinary` or the destination class of a number of the region; null where it is not valid.

    What `_number_type_helper` does, with all types alike that are not refused.
    """
    return (
        pl.when(~matches(NATIONAL, region.general))
        .then(pl.lit(None, pl.String))
        .when(matches(NATIONAL, region.premium_rate))
        .then(pl.lit("premium_rate"))
        .when(matches(NATIONAL, region.toll_free))
        .then(pl.lit(ORDINARY))
        .when(matches(NATIONAL, region.shared_cost))
        .then(pl.lit("shared_cost"))
        .when(matches_any(NATIONAL, region.rest))
        .then(pl.lit(ORDINARY))
        .alias("kind")
    )


def stripped(numbers: pl.DataFrame, region: Region) -> pl.DataFrame:
    """Take the national prefix off the column `national` (`_maybe_strip_national_prefix_carrier_code`)."""
    if region.national is None:
        return numbers
    start, cut = _start(region.national), pl.col("cut")
    taken_off = NATIONAL.str.replace(start, "")
    if region.rule is not None:
        by_rule = NATIONAL.str.extract(start, region.groups).is_not_null()
        taken_off = pl.when(by_rule).then(NATIONAL.str.replace(start, region.rule)).otherwise(taken_off)
    # A column, not an expression that is worked out again wherever it is used.
    numbers = numbers.with_columns(cut=taken_off)
    fine_as_it_is = fits(NATIONAL, region.general) & ~fits(cut, region.general)
    national = pl.when(begins_with(NATIONAL, region.national) & ~fine_as_it_is).then(cut).otherwise(NATIONAL)
    return numbers.with_columns(national=national).drop("cut")


def shortened(numbers: pl.DataFrame, region: Region) -> pl.DataFrame:
    """Take the national prefix off the column `national` where a length is left that a number may have (`parse`)."""
    if region.national is None:
        return numbers
    # Few begin like a national prefix, and only they need the costly question.
    begins = numbers.select(begins_with(NATIONAL, region.national)).to_series()
    if not begins.any():
        return numbers
    prefixed = numbers.filter(begins)
    short = stripped(prefixed, region)
    length, lengths = NATIONAL.str.len_bytes(), region.general.lengths
    possible = (_one_of(length, lengths) | (length > lengths[-1])) & ~_one_of(length, region.local)
    keep = short.select(possible).to_series()
    return pl.concat([numbers.filter(~begins), short.filter(keep), prefixed.filter(~keep)])


def has_calling_code(region: Region, calling_code: str) -> pl.Expr:
    """Whether digits that begin with the region's calling code have it as one (`_maybe_extract_country_code`).

    Needs the columns `digits`, and `national`: them without the code and without a national prefix behind it.
    """
    digits = pl.col("digits")
    better = ~fits(digits, region.general) & fits(NATIONAL, region.general)
    length = digits.str.len_bytes()
    too_long = (length > region.general.lengths[-1]) & ~_one_of(length, region.local)
    return digits.str.starts_with(calling_code) & (better | too_long)


def fits(text: pl.Expr, shape: Shape) -> pl.Expr:
    """Whether the whole text matches a pattern, whatever its length (`_match_national_number`)."""
    return text.str.contains(rf"\A(?:{shape.pattern})\z")


def matches(text: pl.Expr, shape: Shape | None) -> pl.Expr:
    """Whether the whole text matches and has one of the lengths (`_is_number_matching_desc`)."""
    if shape is None:
        return pl.lit(value=False)
    return _one_of(text.str.len_bytes(), shape.lengths) & fits(text, shape) if shape.lengths else fits(text, shape)


def matches_any(text: pl.Expr, shapes: Iterable[Shape]) -> pl.Expr:
    """Whether the whole text matches one of the shapes, and has one of its lengths."""
    return pl.any_horizontal(pl.lit(value=False), *(matches(text, shape) for shape in shapes))


def _start(pattern: str) -> str:
    return rf"\A(?:{pattern})"


def _one_of(length: pl.Expr, lengths: Collection[int]) -> pl.Expr:
    if not lengths:
        return pl.lit(value=False)
    first, last = min(lengths), max(lengths)
    if len(lengths) == last - first + 1:
        return length.is_between(first, last)
    return length.is_in(list(lengths))
