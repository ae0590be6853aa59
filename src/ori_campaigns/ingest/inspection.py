"""A close look at records that are not one plain line of the right width: what is wrong with them, if anything (C8)."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

import attrs

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.dialect import CR_STANDIN, Dialect, unquoted
from ori_campaigns.ingest.header import CONTROL_CHARACTER, Header
from ori_campaigns.numbers import WHITESPACE, NumberPolicy, Rejection

_CONTROL_BYTES = bytes({*range(0x20), 0x7F} - set(b"\t\n\r"))
_C1_CONTROL = re.compile(rb"\xc2[\x80-\x9f]")
_PIECE = 1 << 20


@attrs.frozen(repr=False)
class Inspector:
    """Judges one record at a time; what the whole file is free of is not looked for."""

    header: Header
    dialect: Dialect
    policy: NumberPolicy
    _control: bool
    _spaced_quote: re.Pattern[str] | None

    @classmethod
    def of(cls, data: bytes, *, header: Header, dialect: Dialect, policy: NumberPolicy) -> Inspector:
        """Scan the file once for what its records will have to be searched for."""
        delimiter = re.escape(dialect.delimiter)
        blank = " " if dialect.delimiter == "\t" else "[ \t]"
        spaced_quote = re.compile(rf'(?:^|{delimiter}){blank}+"([^\n{delimiter}]*)')
        return cls(
            header=header,
            dialect=dialect,
            policy=policy,
            control=_has_control_characters(data),
            spaced_quote=spaced_quote if _may_have_spaced_quote(data, dialect.delimiter) else None,
        )

    @property
    def plain(self) -> bool:
        """Whether a record of one line and the right width needs no closer look."""
        # A single column is always looked at: only there a wholly blank line has the right width.
        return self.header.width > 1 and not (self._control or self.dialect.lone_cr or self._spaced_quote)

    def examine(self, row: list[str], record: Sequence[str], start: int) -> tuple[list[str], str | None]:
        """Return the row with as many cells as the header has, and the reason to skip it, if any.

        Parameters:
            row: the cells, at least one.
            record: the physical lines of the record.
            start: number of the first of them.

        Raises:
            IngestError: code `unbalanced_quote`, if a quoted cell holds a line that is a contact of its own.
        """
        if len(record) > 1:
            self._refuse_swallowed(row, record, start)
        fault = self._fault(record)
        if self.dialect.lone_cr:
            row = [cell.replace(CR_STANDIN, "\r") for cell in row]
        width = self.header.width
        if len(row) < width:
            row = row + [""] * (width - len(row))
        elif len(row) > width:
            if fault is None and any(cell.strip(WHITESPACE) for cell in row[width:]):
                fault = "too_many_fields"
            row = row[:width]
        return row, fault

    def _fault(self, record: Sequence[str]) -> str | None:
        if self._control and any(CONTROL_CHARACTER.search(line) for line in record):
            return "control_character"
        if not (self.dialect.lone_cr or self._spaced_quote):
            return None
        outside = unquoted("".join(record), self.dialect.delimiter)
        if CR_STANDIN in outside:
            return "control_character"
        # A quote after a space opens nothing, so a delimiter behind it has cut the cell in two: an odd quote is left.
        if self._spaced_quote and any(rest.count('"') % 2 == 0 for rest in self._spaced_quote.findall(outside)):
            return "stray_quote"
        return None

    def _refuse_swallowed(self, row: Sequence[str], record: Sequence[str], start: int) -> None:
        # A stray quote makes one cell of all lines up to the next quote, grammatically without fault. Its mark is a
        # line that would be a whole contact by itself, other than the line with this record's own number.
        phone = row[self.header.phone] if len(row) > self.header.phone else ""
        own = sum(cell.count(self.dialect.newline) for cell in row[: self.header.phone])
        quoted = f'"{phone}"' in "".join(record)
        for offset, line in enumerate(record):
            if offset != own and self._reads_like_a_contact(line, quoted=quoted):
                message = (
                    f"Line {start + offset} is inside a quoted cell of the record that starts on line {start}, but "
                    "reads like a contact of its own: a quote is missing, or there is one too many. Correct the quotes "
                    "between these lines; nothing was loaded."
                )
                raise IngestError(message, code="unbalanced_quote", line=start, inside=start + offset)

    def _reads_like_a_contact(self, line: str, *, quoted: bool) -> bool:
        width, delimiter = self.header.width, self.dialect.delimiter
        if line.count(delimiter) < width - 1:
            return False
        parsed = next(csv.reader([line], delimiter=delimiter), [])
        return any(
            len(cells) == width and self._is_a_number(cells[self.header.phone], quoted=quoted)
            for cells in (line.split(delimiter), parsed)
        )

    def _is_a_number(self, cell: str, *, quoted: bool) -> bool:
        # Who quotes numbers quotes all of them: a bare one in the text of such a file is text.
        bare = cell.strip("\r\n")
        if quoted and '"' not in bare:
            return False
        return not isinstance(self.policy.clean(bare.strip('"')), Rejection)


def _has_control_characters(data: bytes) -> bool:
    return any(
        len(piece.translate(None, _CONTROL_BYTES)) != len(piece)
        for piece in (data[start : start + _PIECE] for start in range(0, len(data), _PIECE))
    ) or bool(_C1_CONTROL.search(data))


def _may_have_spaced_quote(data: bytes, delimiter: str) -> bool:
    # Fixed strings are found many times faster than a pattern; one hit too many costs time, one too few a contact.
    blanks = (b" ", b"\t")
    before = (delimiter.encode(), b"\n", b"\r", *blanks)
    return data.startswith(tuple(blank + b'"' for blank in blanks)) or any(
        start + blank + b'"' in data for start in before for blank in blanks
    )
