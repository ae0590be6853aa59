"""Odd lines, read row by row: the records that begin on them, in the order of the file (C4, C8)."""

from __future__ import annotations

import csv

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.dialect import Layout, Lines, is_blank, quote_problem
from ori_campaigns.ingest.header import Header
from ori_campaigns.ingest.inspection import Inspector
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.plain import Looked, Marked, Odd
from ori_campaigns.ingest.source import Text
from ori_campaigns.numbers import NumberPolicy


class OddRecords:
    """Reads the odd lines of one piece after the other; a record may go on in the next piece."""

    def __init__(self, text: Text, layout: Layout, header: Header, *, limits: Limits, policy: NumberPolicy) -> None:
        """Begin at the header, which is looked at like a record: a quote in it can swallow contacts, too.

        Raises:
            IngestError: code `unbalanced_quote`.
        """
        self._lines = Lines(text, limits=limits, offset=text.start)
        self._reader = csv.reader(self._lines, delimiter=layout.delimiter, strict=True)
        self._inspector = Inspector(header, delimiter=layout.delimiter, policy=policy, newline=text.newline)
        self._read(layout.line)

    def look(self, marked: Marked) -> Looked:
        """Read the records that begin on odd lines of a piece; a line inside the record before it begins none.

        Raises:
            NotText: a line is not UTF-8.
        """
        begin, found, line = self._lines.line, [], marked.piece.first
        try:
            for line in marked.odd:
                if line >= self._lines.line and (one := self._read(line)) is not None:
                    found.append(one)
        except IngestError as error:
            return Looked(marked, found, begin, line, error)
        return Looked(marked, found, begin, marked.piece.first + marked.piece.height, None)

    def _read(self, line: int) -> Odd | None:
        lines = self._lines
        lines.skip_to(line)
        lines.begin()
        try:
            row = next(self._reader)
        except csv.Error as error:
            problem = quote_problem(error, line, len(lines.record))
        else:
            if is_blank(row, lines.record):
                return None
            return Odd(line, len(lines.record), *self._inspector.examine(row, lines.record, line))
        raise problem
