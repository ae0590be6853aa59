"""Plain lines, read in bulk: those that are a whole sound record each, whatever stands around them (C4, C8).

What a line is, if it begins outside quotes, can be said of it alone. It is *plain* when it is a record of the right
width with nothing about it that wants a closer look; polars finds and parses those at its own speed. Any other line is
*odd* and is left to the row-by-row reader, which also knows which lines begin inside quotes after all.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

import attrs
import polars as pl

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.dialect import BLANKS
from ori_campaigns.ingest.header import CONTROL, Header
from ori_campaigns.ingest.source import NotText
from ori_campaigns.numbers import WHITESPACE

# Beyond so many columns the pattern of a plain line would be too large; all lines are odd then.
_WIDEST = 256

# A line break is in no line; a carriage return may be in a cell, if that is quoted, but then it wants a closer look.
_NOT_IN_A_CELL = rf"{CONTROL}\n\r"

# Cuts no line in two, because it is in none of them.
_STRANGERS = tuple(bytes([code]) for code in (1, 2, 3, 4, 5, 6, 7, 8, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23))


class Piece(NamedTuple):
    """Some physical lines of a file: its bytes from `start` to `end`, `height` lines of which the first is `first`."""

    start: int
    end: int
    first: int
    height: int


@attrs.frozen(repr=False)
class Marked:
    """A piece whose lines are told apart.

    Parameters:
        piece: where it is.
        lines: the line before the piece, which is ours, and its lines without their ends.
        plain: which of those are plain; the first one is.
        odd: the physical lines to look at one by one, in order. Blank lines are neither plain nor odd.
    """

    piece: Piece
    lines: pl.Series
    plain: pl.Series
    odd: Sequence[int]


class Odd(NamedTuple):
    """A record read row by row: the line it starts on, how many it takes, its cells, and its fault if it has one.

    The last cells may be missing.
    """

    line: int
    height: int
    cells: list[str]
    fault: str | None


class Looked(NamedTuple):
    """A piece whose odd lines have been read.

    Parameters:
        marked: the piece.
        found: the records that begin on odd lines of it.
        begin: the line before which all is inside the quotes of a record of an earlier piece.
        end: the line from which on nothing could be read; behind the last one if all could.
        problem: why that is so.
    """

    marked: Marked
    found: Sequence[Odd]
    begin: int
    end: int
    problem: IngestError | None


class PlainLines:
    """Parts the plain lines of a piece from the odd ones; safe to use from several threads."""

    def __init__(self, header: Header, *, delimiter: str, longest: int) -> None:
        """Prepare for lines of at most `longest` bytes under this header."""
        self._delimiter = delimiter
        self._width = header.width
        self._limit = longest + len(b"\r\n")
        self._longest = min(longest, csv.field_size_limit())
        # Of very many columns, most without a name, only those are parsed that are kept.
        self._parsed_columns = range(header.width) if header.width <= _WIDEST else header.positions
        self._schema = dict.fromkeys(map(str, self._parsed_columns), pl.String)
        self._kept = [str(position) for position in header.positions]
        # As wide as the records, so that polars never takes the first line of a piece for something special.
        self._preface = delimiter * (len(self._parsed_columns) - 1) or "x"
        within = re.escape(delimiter)
        bare, quoted = rf'[^"{within}{_NOT_IN_A_CELL}]*', rf'"(?:[^"{_NOT_IN_A_CELL}]|"")*"'
        self._pattern = self._of_cells(rf"(?:{bare}|{quoted})")
        # A quote inside a cell that is not quoted is text, but not where it may have been meant to open one.
        self._inches = self._of_cells(rf'(?:[^"{within}{_NOT_IN_A_CELL}{BLANKS}][^{within}{_NOT_IN_A_CELL}]*|{bare})')
        # A line end may have more than one CR; a CR that is not part of one is for a closer look.
        self._blanks = WHITESPACE.replace("\r", "").replace(delimiter, "")

    def _of_cells(self, cell: str) -> str:
        return rf"\A{cell}(?:{re.escape(self._delimiter)}{cell}){{{self._width - 1}}}\z"

    def mark(self, data: bytes, piece: Piece) -> Marked:
        """Tell the lines of a piece of the file `data` apart.

        Raises:
            NotText: the piece is not UTF-8.
        """
        # A line over the limit is a piece of its own, and no more of it is looked at than its length.
        too_long = piece.height == 1 and piece.end - piece.start > self._limit
        lines = pl.Series(dtype=pl.String) if too_long else self._lines(data, piece)
        if len(lines) != piece.height + 1 or self._width > _WIDEST:
            # Slow and always right: what polars cannot be asked, or counts otherwise than we do, is read row by row.
            lines = pl.Series([self._preface]).extend_constant("", piece.height)
            numbers = range(piece.first, piece.first + piece.height)
            return Marked(piece, lines, lines != "", numbers)
        plain = lines.str.contains(self._pattern)
        rest = (~plain).arg_true()
        texts = lines.gather(rest)
        inches = texts.str.contains(self._inches)
        if inches.any():
            # Quoted, they are lines like the others.
            where = rest.filter(inches)
            lines = lines.scatter(where, self._quoted(texts.filter(inches)))
            plain = plain.scatter(where, values=True)
        plain &= lines.str.len_bytes() <= self._longest
        if self._width == 1:
            plain &= lines.str.strip_chars(WHITESPACE) != ""
        rest = (~plain).arg_true()
        texts = lines.gather(rest)
        blank = (texts.str.strip_chars(self._blanks) == "") & (texts.str.len_bytes() <= self._longest)
        odd = rest.filter(~blank).cast(pl.Int64) + (piece.first - 1)
        return Marked(piece, lines, plain, odd.to_list())

    def _quoted(self, lines: pl.Series) -> pl.Series:
        quote = pl.lit('"')
        inner = pl.col("line").str.replace_all('"', '""', literal=True)
        inner = inner.str.replace_all(self._delimiter, f'"{self._delimiter}"', literal=True)
        return lines.to_frame("line").select(quote + inner + quote).to_series()

    def _lines(self, data: bytes, piece: Piece) -> pl.Series:
        text = b"".join((self._preface.encode(), b"\n", memoryview(data)[piece.start : piece.end]))
        stranger = next((byte for byte in _STRANGERS if byte not in text), None)
        if stranger is None:
            return pl.Series(dtype=pl.String)
        try:
            frame = pl.read_csv(
                text, has_header=False, separator=stranger.decode(), quote_char=None, schema={"line": pl.String}
            )
        except pl.exceptions.ComputeError:
            raise NotText from None
        # An empty line has no value.
        return frame["line"].fill_null("")

    def records(self, looked: Looked) -> pl.DataFrame:
        """Return the records of a piece in order: its plain lines, and what was found on the odd ones.

        Returns:
            A frame with `line` (Int64), `reason` (String: the fault, mostly null) and one String column a kept column
            of the header, named by its position there; an empty cell is null or "".
        """
        piece, lines, keep = looked.marked.piece, looked.marked.lines, looked.marked.plain
        before, behind = piece.first - 1, piece.first + piece.height
        faults = pl.Series([None], dtype=pl.String).new_from_index(0, len(lines))
        # They may read like records, and begin inside the quotes of another one.
        inside = [*range(piece.first, min(looked.begin, behind)), *range(looked.end, behind)]
        inside += [line for one in looked.found for line in range(one.line + 1, min(one.line + one.height, behind))]
        if inside:
            keep = keep.scatter([line - before for line in inside], values=False)
        if looked.found:
            # Written as one sound record each they are parsed in their place with the others.
            where = [one.line - before for one in looked.found]
            lines = lines.scatter(where, [self._written(one.cells) for one in looked.found])
            faults = faults.scatter(where, [one.fault for one in looked.found])
            keep = keep.scatter(where, values=True)
        cells = self._parsed(lines.filter(keep))
        numbers = pl.int_range(before, behind, dtype=pl.Int64, eager=True).filter(keep)
        return cells.select(numbers.alias("line"), faults.filter(keep).alias("reason"), *self._kept).slice(1)

    def _written(self, cells: Sequence[str]) -> str:
        # A short row has empty cells at its end (C8).
        present = [cells[i].replace('"', '""') if i < len(cells) else None for i in self._parsed_columns]
        return self._delimiter.join(["" if cell is None else f'"{cell}"' for cell in present])

    def _parsed(self, lines: pl.Series) -> pl.DataFrame:
        text = lines.str.join("\n").cast(pl.Binary).item()
        cells = pl.read_csv(text, has_header=False, separator=self._delimiter, schema=self._schema)
        if cells.height == len(lines):
            return cells
        rows = csv.reader(io.StringIO(text.decode(), newline=""), delimiter=self._delimiter, strict=True)
        return pl.DataFrame(list(rows), schema=self._schema, orient="row")
