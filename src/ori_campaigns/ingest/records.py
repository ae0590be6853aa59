"""Records of a lead file, each with the physical line it starts on and, where it has one, its fault (C3, C4, C8).

The standard library's `csv` reader in strict mode does the parsing: it keeps every cell as written and says on which
line it is. What it would bend (a lone carriage return, a quote that swallows lines) is caught beside it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias

import attrs

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.dialect import Dialect, Lines, find_dialect, is_blank, quote_problem
from ori_campaigns.ingest.header import Header, read_header
from ori_campaigns.ingest.inspection import Inspector
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.source import Text
from ori_campaigns.numbers import NumberPolicy

OverLimit: TypeAlias = Literal["refuse", "truncate"]

# So many cells, or at least so many rows, are held as Python strings before they move to a frame: few enough to stay
# in the processor's cache, enough to make a frame worth its while.
_CELLS_AT_ONCE = 40_000
_ROWS_AT_LEAST = 2_000


@attrs.frozen(repr=False)
class Chunk:
    """Some records in file order.

    Parameters:
        lines: physical line each record starts on, 1-based.
        columns: one sequence of cells a kept column, `phone_number` first.
        faults: reason codes of records that are skipped whatever their number is, by position in the chunk.
    """

    lines: Sequence[int]
    columns: Sequence[Sequence[str]]
    faults: dict[int, str]


@attrs.frozen(repr=False)
class Records:
    """A lead file whose header is understood."""

    text: Text
    dialect: Dialect
    header: Header
    limits: Limits
    policy: NumberPolicy
    over_limit: OverLimit

    def chunks(self) -> Iterator[Chunk]:
        """Yield every data record from the top, wholly blank lines left out.

        Raises:
            IngestError: codes `unbalanced_quote`, `cell_too_long`, `too_many_rows`.

        Implements C3, C4, C8.
        """
        positions, room = self.header.positions, self.limits.max_records
        size = max(_ROWS_AT_LEAST, _CELLS_AT_ONCE // self.header.width)
        rows: list[list[str]] = []
        starts: list[int] = []
        faults: dict[int, str] = {}
        records = self._rows()
        next(records)  # the header
        for start, row, fault in records:
            if not room:
                if self.over_limit == "refuse":
                    raise self._too_many_rows(records)
                faults[len(rows)] = "over_limit"
            else:
                room -= 1
                if fault:
                    faults[len(rows)] = fault
            rows.append(row)
            starts.append(start)
            if len(rows) == size:
                yield _chunk(rows, starts, faults, positions)
                rows, starts, faults = [], [], {}
        if rows:
            yield _chunk(rows, starts, faults, positions)

    def _rows(self) -> Iterator[tuple[int, list[str], str | None]]:
        """Yield the header and every record: its line, as many cells as the header has, its fault."""
        lines = Lines(self.text.data, self.dialect)
        reader = csv.reader(lines, delimiter=self.dialect.delimiter, strict=True)
        inspector = Inspector.of(self.text.data, header=self.header, dialect=self.dialect, policy=self.policy)
        width, plain, record = self.header.width, inspector.plain, lines.record
        start = 1
        try:
            for row in reader:
                end = reader.line_num
                if plain and end == start and len(row) == width:
                    yield start, row, None
                elif not is_blank(row, record):
                    yield start, *inspector.examine(row, record, start)
                start = end + 1
                record.clear()
        except csv.Error as error:
            problem = quote_problem(error, start, len(record))
        else:
            return
        raise problem

    def _too_many_rows(self, rest: Iterator[object]) -> IngestError:
        most = self.limits.max_records
        try:
            actual: int | None = most + 1 + sum(1 for _ in rest)
        except IngestError:
            actual = None
        figure = f"more than {most:,} rows" if actual is None else f"{actual:,} rows"
        message = (
            f"{self.text.name} has {figure}; at most {most:,} are allowed. "
            "Split it, or read the first ones with over_limit='truncate'."
        )
        return IngestError(message, code="too_many_rows", limit=most, actual=actual)


def open_records(text: Text, *, limits: Limits, policy: NumberPolicy, over_limit: OverLimit = "refuse") -> Records:
    """Find out how a lead file is written and judge its header.

    Raises:
        IngestError: the codes of `find_dialect` and of `read_header`.

    Implements C1, C6, C7.
    """
    dialect, cells, line = find_dialect(text, limits=limits)
    header = read_header(cells, line=line, max_columns=limits.max_columns)
    return Records(text, dialect, header, limits, policy, over_limit)


def _chunk(rows: list[list[str]], starts: list[int], faults: dict[int, str], positions: Sequence[int]) -> Chunk:
    columns = list(zip(*rows, strict=True))
    return Chunk(lines=starts, columns=[columns[position] for position in positions], faults=faults)
