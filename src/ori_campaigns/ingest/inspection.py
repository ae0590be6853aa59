"""A close look at a record that is not one plain line: what is wrong with it, if anything (C8)."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import islice

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.dialect import BLANKS, CR_STANDIN, as_written, unquoted
from ori_campaigns.ingest.header import CONTROL_CHARACTER, Header
from ori_campaigns.numbers import WHITESPACE, NumberPolicy, Rejection


class Inspector:
    """Judges one record at a time."""

    def __init__(self, header: Header, *, delimiter: str, policy: NumberPolicy, newline: str = "\n") -> None:
        """Prepare for the records of a file whose lines end in `newline`."""
        self.header, self.delimiter, self.policy, self.newline = header, delimiter, policy, newline
        escaped = re.escape(delimiter)
        blank = f"[{BLANKS.replace(delimiter, '')}]"
        self._written = re.compile(rf'(?:"[^"]*(?:""[^"]*)*"|[^{escaped}]*)(?:{escaped}|\Z)')
        self._spaced_quote = re.compile(rf'(?:^|{escaped}){blank}+"([^\n{escaped}]*)')

    def examine(self, row: list[str], record: Sequence[str], start: int) -> tuple[list[str], str | None]:
        """Return the row with no more cells than the header has, and the reason to skip it, if any.

        Parameters:
            row: the cells, at least one.
            record: the physical lines of the record.
            start: number of the first of them.

        Raises:
            IngestError: code `unbalanced_quote`, if a quoted cell holds a line that is a contact of its own.
        """
        if len(record) > 1:
            self._refuse_swallowed(row, record, start)
        raw = "".join(record)
        fault = self._fault(raw)
        if self.newline != "\n" or CR_STANDIN in raw:
            row = [as_written(cell, self.newline) for cell in row]
        width = self.header.width
        if len(row) > width:
            if fault is None and any(cell.strip(WHITESPACE) for cell in row[width:]):
                fault = "too_many_fields"
            del row[width:]
        return row, fault

    def _fault(self, raw: str) -> str | None:
        if CONTROL_CHARACTER.search(raw):
            return "control_character"
        # Most records have neither; to part them from their quoted cells costs more than all else.
        if CR_STANDIN not in raw and not self._spaced_quote.search(raw):
            return None
        outside = unquoted(raw, self.delimiter)
        if CR_STANDIN in outside:
            return "control_character"
        # A quote after a space opens nothing, so a delimiter behind it has cut the cell in two: an odd quote is left.
        if any(rest.count('"') % 2 == 0 for rest in self._spaced_quote.findall(outside)):
            return "stray_quote"
        return None

    def _refuse_swallowed(self, row: Sequence[str], record: Sequence[str], start: int) -> None:
        # A stray quote makes one cell of all lines up to the next quote, grammatically without fault. Its mark is a
        # line that would be a whole contact by itself, other than the line with this record's own number.
        own = sum(cell.count("\n") for cell in row[: self.header.phone])
        for offset, line in enumerate(record):
            if offset != own and self._reads_like_a_contact(line, row, record):
                message = (
                    f"Line {start + offset} is inside a quoted cell of the record that starts on line {start}, but "
                    "reads like a contact of its own: a quote is missing, or there is one too many. Correct the quotes "
                    "between these lines; nothing was loaded."
                )
                raise IngestError(message, code="unbalanced_quote", line=start, inside=start + offset)

    def _is_quoted(self, row: Sequence[str], record: Sequence[str]) -> bool:
        position = self.header.phone
        if len(row) <= position or '"' in row[position]:
            return False
        cells = islice(self._written.finditer("".join(record)), position, position + 1)
        return any(cell[0].startswith('"') for cell in cells)

    def _reads_like_a_contact(self, line: str, row: Sequence[str], record: Sequence[str]) -> bool:
        width, delimiter = self.header.width, self.delimiter
        if line.count(delimiter) < width - 1:
            return False
        quoted, line = self._is_quoted(row, record), line.replace(CR_STANDIN, "")
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
