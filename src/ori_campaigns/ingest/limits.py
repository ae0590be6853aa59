"""How much of a lead file is read at most: bytes, records, columns and the length of one line."""

from __future__ import annotations

from typing import Literal, TypeAlias

import attrs

from ori_campaigns.errors import InvalidDefinition, Problem

OverLimit: TypeAlias = Literal["refuse", "truncate"]
"""What becomes of a source with too many records: refused whole, or the first ones taken and the others reported."""


def _at_least_one(_: Limits, attribute: attrs.Attribute[int], value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InvalidDefinition(
            [
                Problem(
                    f"limits.{attribute.name}",
                    "bad_limit",
                    f"{value!r} is not a limit.",
                    "Give a whole number of 1 or more.",
                )
            ],
            what="The limit",
        )


@attrs.frozen
class Limits:
    """The budgets of one lead file; a file over one of them is refused whole, before any list changes (C3, C6).

    The last three keep time and memory within bounds where the others do not bite: a hundred million blank lines are no
    records, and one line can have millions of cells.

    Parameters:
        max_bytes: size of the file as it is stored, in bytes (100 MB = 100,000,000).
        max_records: data records; the header and wholly blank lines do not count.
        max_columns: columns with a header, `phone_number` among them.
        max_lines: physical lines, blank ones among them.
        max_line_bytes: length of one physical line, in bytes of UTF-8.
        max_record_bytes: length of one record of several lines, in bytes of UTF-8.

    Raises:
        InvalidDefinition: code `bad_limit`, for a limit below 1.

    >>> Limits().max_records
    500000
    >>> Limits(max_records=1_000).max_bytes
    100000000
    """

    max_bytes: int = attrs.field(default=100_000_000, validator=_at_least_one)
    max_records: int = attrs.field(default=500_000, validator=_at_least_one)
    max_columns: int = attrs.field(default=200, validator=_at_least_one)
    max_lines: int = attrs.field(default=10_000_000, validator=_at_least_one)
    max_line_bytes: int = attrs.field(default=1_000_000, validator=_at_least_one)
    max_record_bytes: int = attrs.field(default=1_000_000, validator=_at_least_one)
