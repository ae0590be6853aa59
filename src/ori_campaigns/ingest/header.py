"""The header of a lead file: which columns there are, what was cleaned, and what makes a header unusable (C1, C6)."""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Sequence

import attrs

from ori_campaigns.errors import IngestError, Problem
from ori_campaigns.numbers import WHITESPACE, masked

PHONE_COLUMN = "phone_number"
"""The one required column, spelled exactly so."""

RESERVED_COLUMNS = frozenset(
    {
        "_attempt_id",
        "_attempt_number",
        "_bot",
        "_campaign_id",
        "_campaign_name",
        "_contact_id",
        "_run_number",
        "_workspace_id",
    }
)
"""Names the dialler gives to a call itself; a lead file may not bring them."""

# Characters that take no room on the screen: a header that holds one looks right and is not.
_ZERO_WIDTH = str.maketrans("", "", "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff")
CONTROL = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"
"""What is in the brackets of a class of control characters, for `re` and for polars alike."""

CONTROL_CHARACTER = re.compile(f"[{CONTROL}]")
"""Unicode's category Cc without TAB, LF and CR, which a quoted cell may hold (C8)."""

_NEAR_MISSES = frozenset(
    """
    phone phoneno phonenum phonenr phonenumbers phones telephone telephoneno telephonenumber tel telno mobile
    mobileno mobilenumber mobilephone cell cellno cellnumber cellphone contact contactno contactnumber number
    msisdn whatsapp whatsappnumber customerphone primaryphone
    """.split()
)
_LONG_ENOUGH_TO_BE_A_NUMBER = 7
_WIDEST = 16_384
"""Cells of a header that are looked at: as many as a spreadsheet has columns, most of them blank."""
# A header that came out as one cell: phone_number|name, phone_number:name.
_OTHER_DELIMITER = re.compile(rf"{PHONE_COLUMN}\s*[^\w\s]|[^\w\s]\s*{PHONE_COLUMN}")
_SHOWN_COLUMNS = 20
_SHOWN_CHARACTERS = 40


@attrs.frozen
class Header:
    """The columns that are kept.

    Parameters:
        width: cells in the header line, dropped columns included.
        phone: position of `phone_number`.
        variables: name and position of every other named column, in order.
        warnings: what was cleaned or dropped.
    """

    width: int
    phone: int
    variables: tuple[tuple[str, int], ...]
    warnings: tuple[Problem, ...] = ()

    @property
    def positions(self) -> tuple[int, ...]:
        """Positions of the kept columns, `phone_number` first."""
        return (self.phone, *(position for _, position in self.variables))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the call variables."""
        return tuple(name for name, _ in self.variables)


def bare_name(cell: str) -> str:
    """Return a header cell without zero-width characters and outer white space.

    >>> bare_name(" customer name ")
    'customer name'
    """
    return cell.translate(_ZERO_WIDTH).strip(WHITESPACE)


def read_header(cells: Sequence[str], *, line: int, max_columns: int) -> Header:
    """Judge the cells of a header line.

    Parameters:
        cells: the cells as written.
        line: physical line the header starts on, 1-based.
        max_columns: most named columns allowed, `phone_number` among them.

    Raises:
        IngestError: codes `header_control_character`, `duplicate_column`, `no_phone_number_column`,
            `reserved_column`, `too_many_columns`.

    Implements C1, C6.

    >>> read_header(["phone_number", "city "], line=1, max_columns=200).variables
    (('city', 1),)
    """
    for position, cell in enumerate(cells, start=1):
        if CONTROL_CHARACTER.search(cell):
            raise header_control_character(line, position)
    names = [bare_name(cell) for cell in cells]
    named = [name for name in names if name]
    if len(names) > _WIDEST:
        message = f"The header on line {line} has {len(names):,} cells; at most {_WIDEST:,} are read, blank ones too."
        raise IngestError(message, code="too_many_columns", line=line, limit=_WIDEST, actual=len(names))
    if len(named) > max_columns:
        message = f"The header on line {line} has {len(named):,} columns; at most {max_columns:,} are allowed."
        raise IngestError(message, code="too_many_columns", line=line, limit=max_columns, actual=len(named))
    repeated = [name for name, count in Counter(named).items() if count > 1]
    if repeated:
        message = f"The header on line {line} has {shown(repeated)} more than once. Give every column its own name."
        raise IngestError(message, code="duplicate_column", line=line, columns=safe_names(repeated))
    if PHONE_COLUMN not in named:
        raise _no_phone_number(named, line)
    reserved = [name for name in named if name in RESERVED_COLUMNS]
    if reserved:
        message = f"The header on line {line} has {shown(reserved)}, a name kept for the dialler. Rename the column."
        raise IngestError(message, code="reserved_column", line=line, columns=tuple(reserved))
    return Header(
        width=len(names),
        phone=names.index(PHONE_COLUMN),
        variables=tuple((name, i) for i, name in enumerate(names) if name and name != PHONE_COLUMN),
        warnings=tuple(_warnings(cells, names)),
    )


def header_control_character(line: int, column: int | None = None) -> IngestError:
    """Return the refusal of a header that holds a control character, or a lone carriage return outside quotes."""
    where = "" if column is None else f" in column {column}"
    message = (
        f"The header on line {line} holds a control character{where}. Save the file as plain CSV in UTF-8, "
        "with LF or CRLF line ends, and check that line."
    )
    return IngestError(message, code="header_control_character", line=line, column=column)


def _warnings(cells: Sequence[str], names: Sequence[str]) -> list[Problem]:
    warnings = []
    nameless = [position for position, name in enumerate(names, start=1) if not name]
    hint = "Give it a name to use its values in the call."
    for position, (cell, name) in enumerate(zip(cells, names, strict=True), start=1):
        path = f"header.{position}"
        if not name and position <= nameless[:_SHOWN_COLUMNS][-1]:
            message = f"Column {position} has no header and was left out."
            warnings.append(Problem(path, "blank_header", message, hint, severity="warning"))
        elif name and name != cell:
            message = (
                f"The header of column {position} had hidden characters or outer spaces; it is read as {shown([name])}."
            )
            warnings.append(Problem(path, "header_cleaned", message, severity="warning"))
    if more := nameless[_SHOWN_COLUMNS:]:
        # Thousands of them are the delimiters that a spreadsheet adds to every line.
        message = f"{len(more):,} more columns have no header and were left out, the last of them column {more[-1]:,}."
        warnings.append(Problem(f"header.{more[0]}", "blank_header", message, hint, severity="warning"))
    return warnings


def _no_phone_number(names: Sequence[str], line: int) -> IngestError:
    near = [name for name in names if _is_near_miss(name)]
    if names[:1] and names[0].startswith("sep="):
        hint = "That line is for a spreadsheet: delete it, so that the header comes first."
    elif len(names) == 1 and _OTHER_DELIMITER.search(names[0]):
        hint = "Its columns must be divided by commas, semicolons or tabs."
    elif near:
        hint = f"Did you mean {shown(near)}? Rename it to {PHONE_COLUMN}, in lower case with the underscore."
    elif any(_holds_a_number(name) for name in names):
        hint = "That line reads like a contact: the file needs a header line above it."
    else:
        hint = f"Name the column with the phone numbers {PHONE_COLUMN}."
    message = f"There is no column {PHONE_COLUMN}. The header on line {line} has {shown(names) or 'no names'}. {hint}"
    return IngestError(
        message, code="no_phone_number_column", line=line, columns=safe_names(names), near_misses=safe_names(near)
    )


def _is_near_miss(name: str) -> bool:
    plain = "".join(character for character in name.casefold() if character.isalnum())
    return (
        plain in _NEAR_MISSES
        or "phonenumber" in plain
        or "mobilenumber" in plain
        or bool(difflib.get_close_matches(plain[:_SHOWN_CHARACTERS], ["phonenumber"], n=1, cutoff=0.8))
    )


def _holds_a_number(name: str) -> bool:
    return sum(character.isdigit() for character in name) >= _LONG_ENOUGH_TO_BE_A_NUMBER


def safe_names(names: Sequence[str]) -> tuple[str, ...]:
    """Return column names for an error, numbers masked."""
    # A file without a header has a contact where the names should be: no error may show that number.
    return tuple(masked(name) if _holds_a_number(name) else name for name in names)


def shown(names: Sequence[str]) -> str:
    """Return column names as a sentence part: the first few, cut to a readable length, numbers masked.

    >>> shown(["Phone Number", "919800000001"])
    "'Phone Number', '••••••••••01'"
    """
    parts = [
        repr(name if len(name) <= _SHOWN_CHARACTERS else name[: _SHOWN_CHARACTERS - 1] + "…")
        for name in safe_names(names[:_SHOWN_COLUMNS])
    ]
    if len(names) > _SHOWN_COLUMNS:
        parts.append(f"and {len(names) - _SHOWN_COLUMNS} more")
    return ", ".join(parts)
