"""How a lead file is written: its line ends and its delimiter, and its physical lines as `csv` may read them (C7)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

import attrs

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.header import PHONE_COLUMN, bare_name, header_control_character
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.source import Text
from ori_campaigns.numbers import WHITESPACE

DELIMITERS = (",", ";", "\t")

CR_STANDIN = "\udc0d"
"""Stands for a carriage return that ends no line while `csv` reads: `csv` would end the record there.

Valid UTF-8 never decodes to a surrogate, so it cannot be in the file.
"""

_LONE_CR = re.compile(r"\r(?!\r*(?:\n|\Z))")


@attrs.frozen
class Dialect:
    """What was found out about the file.

    Parameters:
        delimiter: `,`, `;` or TAB.
        newline: the character that ends a physical line: LF (CRLF included), or CR where the file has no LF.
        lone_cr: whether an LF file has carriage returns that end no line.
    """

    delimiter: str
    newline: str
    lone_cr: bool


class Lines:
    """The physical lines of a file for `csv`, with those of the current record kept as they were written."""

    def __init__(self, data: bytes, dialect: Dialect) -> None:
        self._stream = io.TextIOWrapper(io.BytesIO(data), encoding="utf-8", newline=dialect.newline)
        self._lone_cr = dialect.lone_cr
        self.record: list[str] = []

    def __iter__(self) -> Iterator[str]:
        record = self.record
        for line in self._stream:
            safe = _LONE_CR.sub(CR_STANDIN, line) if self._lone_cr else line
            record.append(safe)
            yield safe


def find_dialect(text: Text, *, limits: Limits) -> tuple[Dialect, list[str], int]:
    r"""Find the line end and the delimiter; return them with the cells of the header and the line it starts on.

    Raises:
        IngestError: codes `empty_file`, `too_many_lines`, `line_too_long`, `unbalanced_quote`, `cell_too_long`,
            `header_control_character`.

    Implements C7.

    >>> find_dialect(Text("leads.csv", b"name;phone_number\n"), limits=Limits())
    (Dialect(delimiter=';', newline='\n', lone_cr=False), ['name', 'phone_number'], 1)
    """
    data = text.data
    # A carriage return ends lines only where nothing else does.
    newline = "\r" if b"\n" not in data and b"\r" in data else "\n"
    _check_lines(text, newline, limits)
    lone_cr = newline == "\n" and data.count(b"\r") != data.count(b"\r\n")
    found: list[tuple[Dialect, list[str], int]] = []
    problems: list[IngestError] = []
    for delimiter in DELIMITERS:
        dialect = Dialect(delimiter, newline, lone_cr)
        try:
            first = _first_record(data, dialect)
        except IngestError as error:
            problems.append(error)
            continue
        if first is None:
            message = f"{text.name} is empty. A lead file has a header line and one line a contact."
            raise IngestError(message, code="empty_file")
        found.append((dialect, *first))
    # max keeps the first of equals, so a single column is read with a comma.
    best = max(found, key=lambda each: (_has_phone_number(each[1]), len(each[1])), default=None)
    if best is None or (problems and len(best[1]) == 1 and not _has_phone_number(best[1])):
        # A delimiter that is not in the header reads any line as one cell: no reason to overlook the quotes.
        raise problems[0]
    return best


def is_blank(row: Sequence[str], record: Sequence[str]) -> bool:
    """Whether a record is a wholly blank line: nothing but white space, no delimiter and no quotes."""
    return not row or (len(row) == 1 and not "".join(record).strip(WHITESPACE))


def unquoted(raw: str, delimiter: str) -> str:
    """Return a record without its quoted cells.

    >>> unquoted('91,"a, b",5" pipe', ",")
    '91,,5" pipe'
    """
    # Outside quotes a quote opens a cell only at its very beginning, which the scan from the left keeps true.
    return re.sub(rf'(^|{re.escape(delimiter)})"[^"]*(?:""[^"]*)*"', r"\1", raw)


def quote_problem(error: csv.Error, start: int, lines_read: int) -> IngestError:
    """Return the refusal for a record that `csv` cannot read, naming the line it starts on (C8)."""
    if "field larger" in str(error) and lines_read <= 1:
        longest = csv.field_size_limit()
        message = (
            f"Line {start} holds a cell of more than {longest:,} characters. "
            "Shorten it, or look for a quote that is never closed."
        )
        return IngestError(message, code="cell_too_long", line=start, limit=longest)
    message = (
        f"The record that starts on line {start} has a quote that is not closed, or is closed and followed by text. "
        'A quoted cell begins and ends with ", and a quote inside it is written twice. Correct that line; '
        "nothing was loaded."
    )
    return IngestError(message, code="unbalanced_quote", line=start)


def _has_phone_number(cells: Sequence[str]) -> bool:
    return any(bare_name(cell) == PHONE_COLUMN for cell in cells)


def _first_record(data: bytes, dialect: Dialect) -> tuple[list[str], int] | None:
    lines = Lines(data, dialect)
    reader = csv.reader(lines, delimiter=dialect.delimiter, strict=True)
    start = 1
    try:
        for row in reader:
            if not is_blank(row, lines.record):
                if CR_STANDIN in unquoted("".join(lines.record), dialect.delimiter):
                    raise header_control_character(start)
                return [cell.replace(CR_STANDIN, "\r") for cell in row], start
            start = reader.line_num + 1
            lines.record.clear()
    except csv.Error as error:
        problem = quote_problem(error, start, len(lines.record))
    else:
        return None
    raise problem


def _check_lines(text: Text, newline: str, limits: Limits) -> None:
    data, end, longest = text.data, newline.encode(), limits.max_line_bytes
    count = data.count(end)
    if count > limits.max_lines:
        message = f"{text.name} has {count:,} lines; at most {limits.max_lines:,} are allowed, blank ones among them."
        raise IngestError(message, code="too_many_lines", limit=limits.max_lines, actual=count)
    position = 0
    while len(data) - position > longest:
        # The last line end within reach; none means that one line fills the whole reach.
        last = data.rfind(end, position, position + longest + 1)
        if last < 0:
            line = data.count(end, 0, position) + 1
            message = f"Line {line:,} of {text.name} is longer than {longest:,} bytes. Check its line ends and quotes."
            raise IngestError(message, code="line_too_long", line=line, limit=longest)
        position = last + 1
