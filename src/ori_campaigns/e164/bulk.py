"""A whole column under the strict policy: plain spellings by expressions, all others one by one (C11).

A spelling is plain when libphonenumber's many steps come down to three: drop what stands before the first digit or
plus, drop the punctuation, read the digits. What libphonenumber would say of those is worked out a calling code at a
time. Letters, extensions, second numbers, several pluses and odd punctuation are left to libphonenumber itself, and so
is whatever might be an emergency or a short number.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import polars as pl
from phonenumbers import PhoneNumber, country_code_for_region, is_possible_number

from ori_campaigns.e164.expressions import (
    NATIONAL,
    begins_with,
    has_calling_code,
    kind,
    matches_any,
    shortened,
    stripped,
    without_start,
)
from ori_campaigns.e164.metadata import Foreign, Region, calling_codes, is_main, region_of, regions_of, short_codes_of
from ori_campaigns.e164.refusals import LONGEST_EMERGENCY, by_length
from ori_campaigns.numbers import LONGEST, WHITESPACE, Rejection

FEW = 64
"""So many numbers of one calling code are sooner cleaned one by one than its expressions are made."""

# Marks that come along unseen when a number is copied from a page: direction, joining, byte order.
_UNSEEN = "\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff"
# A semicolon before the number may be that of a parameter of RFC 3966. Beyond ASCII only what is surely no digit.
_BEFORE = rf"[\x00-*,-/:<-\x7f{WHITESPACE[7:]}{_UNSEEN}]*"
# Of the punctuation that libphonenumber expects inside a number: without letters and what may begin an extension.
_INSIDE = "\\-\u2010-\u2015\u2212 \u00a0\u00ad\u200b\u2060\u3000().\\[\\]/"
_AFTER = rf"[{_INSIDE}{WHITESPACE}{_UNSEEN},:'\x22]*"
_PLAIN = rf"\A{_BEFORE}\+?[{_INSIDE}]*[0-9][0-9{_INSIDE}]*{_AFTER}\z"
# Longer ones libphonenumber does not read.
_LONGEST_TEXT, _LONGEST_NATIONAL = 250, 17

_CALLING_CODES = pl.Series(calling_codes(), dtype=pl.UInt16)
_NOTHING = pl.DataFrame(
    schema={
        "row": pl.get_index_type(),
        "calling_code": pl.UInt16,
        "number": pl.String,
        "length": pl.UInt32,
        "kind": pl.String,
    }
)


def clean_column(
    written: pl.Series,
    region: str,
    *,
    accept: Collection[str],
    clean: Callable[[str], str | Rejection],
    few: int = FEW,
) -> tuple[pl.Series, pl.Series]:
    """Clean every number of a column (see `E164.clean_column`).

    Parameters:
        written: String column, the numbers as written.
        region: where a number without a country code is at home.
        accept: what may be found in a text that has a number to dial: `ordinary`, and destination classes.
        clean: cleans one text.
        few: numbers of one calling code, up to so many, are cleaned one by one.
    """
    texts = pl.DataFrame({"text": written.fill_null("")}, schema={"text": pl.String}).with_row_index("row")
    allowed, fits = pl.col("found").is_in(sorted(accept)), pl.col("number").str.len_bytes() <= LONGEST
    answered = _explained(read(texts, region, few=few)).select(
        "row",
        number=pl.when(allowed & fits).then("number"),
        reason=pl.when(~allowed).then("found").when(~fits).then(pl.lit("too_long")),
    )
    settled = pl.zeros(texts.height, pl.Boolean, eager=True).scatter(answered["row"].sort(), True)  # noqa: FBT003
    whole = pl.concat([answered, _one_by_one(texts.filter(~settled), clean)]).sort("row")
    return whole["number"], whole["reason"]


def read(texts: pl.DataFrame, region: str, *, few: int) -> pl.DataFrame:
    """Read the texts of which it is certain what libphonenumber would say.

    Parameters:
        texts: frame with `row` (UInt32) and `text` (String).
        region: where a number without a country code is at home.
        few: calling codes with no more numbers than this are left out.

    Returns:
        Frame of some of the rows, in any order: `row`, `calling_code` (UInt16), `number` (String: the digits of E.164),
        `length` (UInt32: of the national number) and `kind` (String: `ordinary`, a destination class, null where the
        number is not valid).
    """
    if texts.height <= few:
        return _NOTHING
    frames = [_NOTHING]
    for calling_code, reader, part in _by_calling_code(_spelled_plainly(texts), region):
        if part.height > few:
            try:
                sharing = regions_of(calling_code)
            except Foreign:
                continue
            frames.append(_told(shortened(part, reader or sharing[0]), calling_code, sharing))
    return pl.concat(frames).filter(pl.col("length") > LONGEST_EMERGENCY)


def _spelled_plainly(texts: pl.DataFrame) -> pl.DataFrame:
    """Of the plain spellings give `row`, `digits` and whether there is a `plus`."""
    is_plain = pl.col("text").str.contains(_PLAIN) & (pl.col("text").str.len_bytes() <= _LONGEST_TEXT)
    plain = texts.select(is_plain).to_series()
    odd = texts.filter(~plain)
    # To libphonenumber a digit is a digit in any script, as long as no letters are in the number.
    odd = odd.with_columns(text=pl.Series(map(_in_ascii, odd["text"]), dtype=pl.String)).filter(is_plain)
    text = pl.col("text")
    return pl.concat([texts.filter(plain), odd]).select(
        "row", digits=text.str.replace_all("[^0-9]+", ""), plus=text.str.contains("+", literal=True)
    )


def _in_ascii(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(int(character)) if character.isdecimal() else character for character in text)


def _by_calling_code(spelled: pl.DataFrame, region: str) -> Iterator[tuple[int, Region | None, pl.DataFrame]]:
    """Part the numbers by calling code and by the region whose rules they are read by, as `row` and `national`.

    That region is the main one of the calling code where none is given.
    """
    home_code = country_code_for_region(region)
    try:
        home = region_of(home_code, region)
    except Foreign:
        return
    # What is as short as an emergency number, as typed or once it is read, is looked at closely.
    abroad, within = _dialled(spelled.filter(pl.col("digits").str.len_bytes() > LONGEST_EMERGENCY), home)
    with_own_code, within = _with_own_code(within, home, str(home_code))
    parts = _parted(abroad)
    own = [with_own_code, *parts.pop(home_code, [])]
    if is_main(home_code, region):
        own.append(within)
    else:
        yield home_code, home, within
    yield home_code, None, pl.concat(own)
    for calling_code, [part] in parts.items():
        yield calling_code, None, part


def _dialled(spelled: pl.DataFrame, home: Region) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part what begins with a country code, taking off what is dialled before it, from what is dialled at home."""
    digits = pl.col("digits")
    abroad, within = spelled.filter("plus"), spelled.filter(~pl.col("plus"))
    if home.international is not None:
        # No country code begins with 0: where one would, that was no prefix, and the number is left out.
        begins = within.select(begins_with(digits, home.international)).to_series()
        cut = within.filter(begins).with_columns(without_start(digits, home.international))
        abroad, within = pl.concat([abroad, cut]), within.filter(~begins)
    return abroad.select("row", "digits"), within.select("row", "digits")


def _with_own_code(within: pl.DataFrame, home: Region, calling_code: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part numbers that have the home country code without a plus from all others, both as `row` and `national`."""
    digits = pl.col("digits")
    may = within.select(digits.str.starts_with(calling_code)).to_series()
    candidates = within.filter(may).with_columns(national=digits.str.slice(len(calling_code)))
    candidates = stripped(candidates, home)
    has = candidates.select(has_calling_code(home, calling_code)).to_series()
    return candidates.filter(has).select("row", "national"), pl.concat(
        [within.filter(~may).rename({"digits": "national"}), candidates.filter(~has).select("row", national="digits")]
    )


def _parted(abroad: pl.DataFrame) -> dict[int, list[pl.DataFrame]]:
    """Part numbers by the country code they begin with; those that begin with none are left out."""
    digits = pl.col("digits")
    abroad = abroad.filter(digits.str.len_bytes() > LONGEST_EMERGENCY)
    first = abroad.select(digits.str.slice(0, 3).cast(pl.UInt32)).to_series()
    code = pl.col("calling_code")
    coded = abroad.with_columns(calling_code=_CALLING_CODES.gather(first)).drop_nulls("calling_code")
    width = pl.when(code < 10).then(1).when(code < 100).then(2).otherwise(3)  # noqa: PLR2004 - one, two, three digits
    coded = coded.select("row", "calling_code", national=digits.str.slice(width))
    parts = coded.partition_by("calling_code", as_dict=True, include_key=False)
    return {int(key): [part] for (key,), part in parts.items()}


def _told(part: pl.DataFrame, calling_code: int, sharing: tuple[Region, ...]) -> pl.DataFrame:
    """Tell the kind of each number by the first region that claims it (`region_code_for_number`, `number_type`)."""
    answer = (
        pl.lit(calling_code, pl.UInt16).alias("calling_code"),
        (pl.lit(str(calling_code)) + NATIONAL).alias("number"),
        NATIONAL.str.len_bytes().alias("length"),
    )
    if len(sharing) == 1:
        return part.select("row", *answer, kind(sharing[0]))
    told = []
    for region in sharing:
        if region.leading is None:
            part = part.with_columns(kind(region))
            claimed = part["kind"].is_not_null()
        else:
            claimed = part.select(begins_with(NATIONAL, region.leading)).to_series()
            if not claimed.any():
                continue
            part = part.with_columns(kind(region))
        told.append(part.filter(claimed))
        part = part.filter(~claimed)
        if part.is_empty():
            break
    told.append(part.with_columns(kind=pl.lit(None, pl.String)))
    return pl.concat(told).select("row", *answer, "kind")


def _explained(read: pl.DataFrame) -> pl.DataFrame:
    """Name what was `found`, a key of `REASONS` for numbers that are not valid; what may be a short one is left out."""
    columns = ["row", "number", "found"]
    valid = read["kind"].is_not_null()
    found = [read.filter(valid).rename({"kind": "found"}).select(columns)]
    invalid = read.filter(~valid).drop("kind")
    for (calling_code,), part in invalid.partition_by("calling_code", as_dict=True).items():
        try:
            short_codes = short_codes_of(calling_code)
        except Foreign:
            continue
        national = part.with_columns(national=pl.col("number").str.slice(len(str(calling_code))))
        long = national.filter(~matches_any(NATIONAL, short_codes))
        reasons = {length: by_length(number_of(calling_code, length)) for length in long["length"].unique()}
        found.append(
            long.with_columns(found=pl.col("length").replace_strict(reasons, return_dtype=pl.String)).select(columns)
        )
    return pl.concat(found)


def number_of(calling_code: int, length: int) -> PhoneNumber:
    """Make some number of a length, for questions that depend on nothing else."""
    return PhoneNumber(country_code=calling_code, national_number=10 ** (length - 1))


def _one_by_one(texts: pl.DataFrame, clean: Callable[[str], str | Rejection]) -> pl.DataFrame:
    distinct = texts["text"].unique()
    cleaned = [clean(text) for text in distinct]
    answers = pl.DataFrame(
        {
            "text": distinct,
            "number": [None if isinstance(each, Rejection) else each for each in cleaned],
            "reason": [each.reason if isinstance(each, Rejection) else None for each in cleaned],
        },
        schema={"text": pl.String, "number": pl.String, "reason": pl.String},
    )
    return texts.join(answers, on="text").select("row", "number", "reason")


def verdicts(written: pl.Series, region: str) -> pl.DataFrame:
    """Say what libphonenumber would say of each text, whatever a policy makes of it: for those who compare the two.

    Parameters:
        written: String column, the numbers as written.
        region: where a number without a country code is at home.

    Returns:
        Frame with a row for each text of which it is certain: `row` (UInt32), `e164` (String, with the plus),
        `valid` and `possible` (Boolean). All other texts are asked of libphonenumber itself.
    """
    texts = pl.DataFrame({"text": written}, schema={"text": pl.String}).with_row_index("row")
    found = read(texts, region, few=0).filter(pl.col("length") <= _LONGEST_NATIONAL)
    lengths = found.select("calling_code", "length").unique()
    possible = [is_possible_number(number_of(*pair)) for pair in lengths.iter_rows()]
    lengths = lengths.with_columns(possible=pl.Series(possible, dtype=pl.Boolean))
    return (
        found.join(lengths, on=["calling_code", "length"])
        .select("row", "possible", e164=pl.lit("+") + pl.col("number"), valid=pl.col("kind").is_not_null())
        .sort("row")
    )
