"""How a lead file is written: its delimiter, and its physical lines as `csv` may read them (C7)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import attrs

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.header import PHONE_COLUMN, bare_name, header_control_character
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.source import NotText, Text
from ori_campaigns.numbers import WHITESPACE

DELIMITERS = (",", ";", "\t")

CR_STANDIN = "\udc0d"
"""Stands for a carriage return that ends no line while `csv` reads: `csv` would end the record there.

Valid UTF-8 never decodes to a surrogate, so it cannot be in the file.
"""

_BLANK_LINES = re.compile(rb"(?:\r*\n)*")
BLANKS = WHITESPACE.translate(str.maketrans("", "", "\n\x0b\x0c\r\x85"))
"""White space that is neither a line break nor a control character: what may stand before a quote unseen (C8)."""


@attrs.frozen
class Layout:
    """How the file is written and where its records begin.

    Parameters:
        delimiter: `,`, `;` or TAB.
        header: the cells of the header.
        line: physical line the header starts on, 1-based.
        next_line: physical line after the header.
        offset: byte at which that line begins.
    """

    delimiter: str
    header: Sequence[str]
    line: int
    next_line: int
    offset: int


class Lines:
    """The physical lines of a file for `csv`, with those of the current record kept as they were written.

    Raises, while it is read:
        IngestError: codes `line_too_long`, `record_too_long`.
        NotText: a line is not UTF-8.
    """

    def __init__(self, text: Text, *, limits: Limits, offset: int, line: int = 1) -> None:
        self._text, self._limits = text, limits
        self._longest = limits.max_line_bytes
        self._left = limits.max_record_bytes
        self._stream = io.BytesIO(text.data)
        self._stream.seek(offset)
        self.offset = offset
        self.line = line
        """The physical line that comes next."""
        self.record: list[str] = []

    def begin(self) -> None:
        """Let the next line be the first of a record."""
        self.record.clear()
        self._left = self._limits.max_record_bytes

    def skip_to(self, line: int) -> None:
        """Go on with this physical line; what lies before it is not looked at."""
        lines = line - self.line
        next(islice(self._stream, lines - 1, lines), None) if lines else None
        self.line = line

    def __iter__(self) -> Iterator[str]:
        record = self.record
        for raw in self._stream:
            if len(raw) > self._longest and len(raw.rstrip(b"\r\n")) > self._longest:
                raise line_too_long(self._text, self.line, self._longest)
            try:
                line = raw.decode("utf-8")
            except UnicodeDecodeError:
                # Outside the handler, so that the error does not carry the bytes it failed on.
                break
            self._left -= len(raw)
            if self._left < 0 and record:
                raise self._record_too_long()
            self.offset += len(raw)
            self.line += 1
            safe = _with_standins(line) if "\r" in line else line
            record.append(safe)
            yield safe
        else:
            return
        raise NotText

    def _record_too_long(self) -> IngestError:
        start, most = self.line - len(self.record), self._limits.max_record_bytes
        message = (
            f"The record that starts on line {start:,} of {self._text.name} is longer than {most:,} bytes. "
            "Most likely a quote is not closed; correct that line."
        )
        return IngestError(message, code="record_too_long", line=start, limit=most)


def too_many_lines(text: Text, most: int) -> IngestError:
    """Return the refusal of a file with more physical lines than allowed."""
    actual = text.data.count(b"\n") + (not text.data.endswith(b"\n"))
    message = f"{text.name} has {actual:,} lines; at most {most:,} are allowed, blank ones among them."
    return IngestError(message, code="too_many_lines", limit=most, actual=actual)


def _with_standins(line: str) -> str:
    text = line.rstrip("\r\n")
    return text.replace("\r", CR_STANDIN) + line[len(text) :]


def find_layout(text: Text, *, limits: Limits) -> Layout:
    r"""Find the delimiter, and the header with the place where it ends.

    Raises:
        IngestError: codes `empty_file`, `too_many_lines`, `line_too_long`, `record_too_long`, `unbalanced_quote`,
            `cell_too_long`, `header_control_character`.
        NotText: the header is not UTF-8.

    Implements C7.

    >>> find_layout(Text("leads.csv", b"name;phone_number\n"), limits=Limits())
    Layout(delimiter=';', header=['name', 'phone_number'], line=1, next_line=2, offset=18)
    """
    found: list[Layout] = []
    problems: list[IngestError] = []
    blank = _BLANK_LINES.match(text.data, text.start)
    offset = blank.end() if blank else text.start
    line = text.data.count(b"\n", text.start, offset) + 1
    if line > limits.max_lines + 1:
        raise too_many_lines(text, limits.max_lines)
    for delimiter in DELIMITERS:
        try:
            first = _first_record(text, delimiter, limits, offset, line)
        except IngestError as error:
            problems.append(error)
            continue
        if first is None:
            message = f"{text.name} is empty. A lead file has a header line and one line a contact."
            raise IngestError(message, code="empty_file")
        found.append(first)
    # max keeps the first of equals, so a single column is read with a comma.
    best = max(found, key=lambda each: (_has_phone_number(each.header), len(each.header)), default=None)
    if best is None or (problems and len(best.header) == 1 and not _has_phone_number(best.header)):
        # A delimiter that is not in the header reads any line as one cell: no reason to overlook the quotes.
        raise problems[0]
    return best


def is_blank(row: Sequence[str], record: Sequence[str]) -> bool:
    """Whether a record is a wholly blank line: nothing but white space, no delimiter and no quotes."""
    return not row or (len(row) == 1 and not "".join(record).strip(WHITESPACE))


def as_written(cell: str, newline: str) -> str:
    """Return a cell with its own line breaks again, instead of what stood for them while it was read."""
    if newline != "\n":
        return cell.replace("\n", newline)
    return cell.replace(CR_STANDIN, "\r") if CR_STANDIN in cell else cell


def unquoted(raw: str, delimiter: str) -> str:
    """Return a record without its quoted cells.

    >>> unquoted('91,"a, b",5" pipe', ",")
    '91,,5" pipe'
    """
    # Outside quotes a quote opens a cell only at its very beginning, which the scan from the left keeps true.
    return re.sub(rf'(?:^|(?<={re.escape(delimiter)}))"[^"]*(?:""[^"]*)*"', "", raw)


def quote_problem(error: csv.Error, start: int, lines_read: int) -> IngestError:
    """Return the refusal for a record that `csv` cannot read, naming the line it starts on (C8)."""
    longest = csv.field_size_limit()
    what = "has a quote that is not closed, or is closed and followed by text"
    if "field larger" in str(error):
        if lines_read <= 1:
            message = (
                f"Line {start} holds a cell of more than {longest:,} characters. "
                "Shorten it, or look for a quote that is never closed."
            )
            return IngestError(message, code="cell_too_long", line=start, limit=longest)
        # Whoever writes so long a text in a cell is rarer than whoever forgets a quote.
        what = f"has a cell of several lines with more than {longest:,} characters; most likely a quote is not closed"
    message = (
        f'The record that starts on line {start} {what}. A quoted cell begins and ends with ", and a quote inside it '
        "is written twice. Correct that line; nothing was loaded."
    )
    return IngestError(message, code="unbalanced_quote", line=start)


def _has_phone_number(cells: Sequence[str]) -> bool:
    return any(bare_name(cell) == PHONE_COLUMN for cell in cells)


def _first_record(text: Text, delimiter: str, limits: Limits, offset: int, line: int) -> Layout | None:
    lines = Lines(text, limits=limits, offset=offset, line=line)
    start = lines.line
    try:
        for row in csv.reader(lines, delimiter=delimiter, strict=True):
            if not is_blank(row, lines.record):
                if CR_STANDIN in unquoted("".join(lines.record), delimiter):
                    raise header_control_character(start)
                cells = [as_written(cell, text.newline) for cell in row]
                return Layout(delimiter, cells, start, lines.line, lines.offset)
            start = lines.line
            lines.begin()
    except csv.Error as error:
        problem = quote_problem(error, start, len(lines.record))
    else:
        return None
    raise problem


def line_too_long(text: Text, line: int, longest: int) -> IngestError:
    """Return the refusal for a physical line over the limit."""
    message = f"Line {line:,} of {text.name} is longer than {longest:,} bytes. Check its line ends and quotes."
    return IngestError(message, code="line_too_long", line=line, limit=longest)
