"""What became of a lead file: the counts, and the skipped records as a CSV (C4)."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal

import attrs

REASONS: Mapping[str, str] = {
    "blank": "the phone_number cell is empty",
    "not_digits": "something other than digits, +, white space and hyphens is in the number",
    "too_short": "fewer than 8 digits",
    "too_long": "more than 15 digits",
    "scientific_notation": "a spreadsheet turned the number into something like 9.198E+11; its digits are lost",
    "duplicate": "the same number, perhaps spelled otherwise, is on an earlier record",
    "control_character": "a NUL or another control character is in the record",
    "too_many_fields": "more cells than the header has columns, and the extra ones are not empty",
    "stray_quote": "a cell begins with a space and a quote, so a delimiter inside it would cut it in two",
    "over_limit": "beyond the record limit, with over_limit='truncate'",
}
"""Every reason code a skipped record can have under the default policy, with its meaning."""

SkippedMode = Literal["exact", "spreadsheet"]

# What makes a spreadsheet run a cell as a formula, full-width forms included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


@attrs.frozen
class Format:
    """How a lead file was written, as far as it had to be found out (C7).

    Parameters:
        size: bytes of the file as it was given.
        encoding: the codec it was read with.
        delimiter: `,`, `;` or TAB.
    """

    size: int
    encoding: str
    delimiter: str


@attrs.frozen
class Summary:
    """The figures of a lead file; `total == accepted + skipped`, always.

    Parameters:
        source: name of the file, `bytes`, `stream`, `frame` or `rows`.
        policy: name of the number policy.
        policy_version: version of the data the policy rests on; empty for one that rests on none.
        total: data records; the header and wholly blank lines are none.
        accepted: records that became contacts.
        skipped: records that did not.
        by_reason: skipped records by reason code, most frequent first; only codes that occurred.
        columns: names of the call variables, in file order.
    """

    source: str
    policy: str
    total: int
    accepted: int
    skipped: int
    by_reason: Mapping[str, int]
    columns: tuple[str, ...]
    policy_version: str = ""

    def __str__(self) -> str:
        text = f"{self.source}: {self.accepted:,} of {self.total:,} accepted, {self.skipped:,} skipped"
        if self.by_reason:
            text += " (" + ", ".join(f"{reason} {count:,}" for reason, count in self.by_reason.items()) + ")"
        return text


def write_skipped_csv(
    path: str | os.PathLike[str], rows: Iterable[tuple[int, str, str]], *, mode: SkippedMode = "exact"
) -> None:
    """Write skipped records as a UTF-8 CSV with the columns line, value, reason (C4).

    Parameters:
        path: where to write; an existing file is replaced.
        rows: line, raw value and reason code of each skipped record.
        mode: `exact` writes the raw value, so that reading it back gives the same text; `spreadsheet` puts an
            apostrophe before a value that a spreadsheet would take for a formula (`+91…` is one of those).
    """
    with Path(path).open("w", encoding="utf-8", newline="") as stream:
        # The dialect's CRLF line end makes the writer quote both CR and LF inside a value.
        writer = csv.writer(stream)
        writer.writerow(("line", "value", "reason"))
        for line, value, reason in rows:
            guarded = mode == "spreadsheet" and value.startswith(_FORMULA_STARTS)
            writer.writerow((line, "'" + value if guarded else value, reason))
