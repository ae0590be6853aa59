"""Records of a lead file, each with the physical line it starts on and, where it has one, its fault (C3, C4, C8).

The file is read in pieces. The plain lines of each are read in bulk, on other threads; the odd ones between them by the
standard library's `csv` reader in strict mode, in the order of the file, with what it would bend (a lone carriage
return, a quote that swallows lines) caught beside it. Both ways give the same records: which one a line takes is a
matter of speed alone.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import NamedTuple, TypeVar

import attrs
import polars as pl

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.blanks import without_blanks
from ori_campaigns.ingest.dialect import Layout, too_many_lines
from ori_campaigns.ingest.header import Header
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.odd import OddRecords
from ori_campaigns.ingest.plain import Looked, Piece, PlainLines
from ori_campaigns.ingest.source import Text
from ori_campaigns.numbers import NumberPolicy

T = TypeVar("T")
R = TypeVar("R")

# Large enough for polars to be worth its while, small enough for a few of them to be in memory at once.
_PIECE = 4 << 20
_MOST_LINES = 1 << 18
_MOST_THREADS = 4


FIRST_VARIABLE = 3
"""The first column of a chunk that is a call variable."""


class Chunk(NamedTuple):
    """Some records in file order.

    Parameters:
        records: frame with `line` (Int64: physical line the record starts on), `reason` (String: why it is skipped
            whatever its number is, mostly null), then one String column a kept column of the header, `phone_number`
            first, whatever they are called. A blank cell is null, but in `phone_number`, which may hold it as it is.
        done: how far into the source they reach: bytes of a file, rows of a frame.
    """

    records: pl.DataFrame
    done: int


@attrs.frozen(repr=False)
class Records:
    """A lead file whose header is understood."""

    text: Text
    layout: Layout
    header: Header
    limits: Limits
    policy: NumberPolicy

    def chunks(self) -> Iterator[Chunk]:
        """Yield every data record from the top, wholly blank lines left out.

        Raises:
            IngestError: codes `too_many_lines`, `line_too_long`, `unbalanced_quote`, `cell_too_long`.
            NotText: the file is not UTF-8.

        Implements C4, C8.
        """
        plain = PlainLines(self.header, delimiter=self.layout.delimiter, longest=self.limits.max_line_bytes)
        rows = OddRecords(self.text, self.layout, self.header, limits=self.limits, policy=self.policy)
        data = self.text.data
        with _threads(len(data)) as pool:
            marked = _ahead(pool, partial(plain.mark, data), self._pieces())
            looked = map(rows.look, marked)
            for chunk, problem in _ahead(pool, partial(_chunk, plain), looked):
                yield chunk
                if problem is not None:
                    raise problem

    def _pieces(self) -> Iterator[Piece]:
        data, start, line = self.text.data, self.layout.offset, self.layout.next_line
        most = self.limits.max_lines
        while start < len(data):
            end, height = self._next(start)
            if line + height - 1 > most:
                raise too_many_lines(self.text, most)
            yield Piece(start, end, line, height)
            start, line = end, line + height

    def _next(self, start: int) -> tuple[int, int]:
        """Return where the next piece ends, and how many lines it has; a line is never cut."""
        data, size = self.text.data, _PIECE
        while True:
            end = data.rfind(b"\n", start, start + size) + 1 or data.find(b"\n", start + size) + 1 or len(data)
            height = data.count(b"\n", start, end) + (not data.endswith(b"\n", start, end))
            # Millions of blank lines take many times their size in memory.
            if height <= _MOST_LINES or size <= _MOST_LINES:
                return end, height
            size //= 2


def _chunk(plain: PlainLines, looked: Looked) -> tuple[Chunk, IngestError | None]:
    records = plain.records(looked)
    return Chunk(without_blanks(records, records.columns[FIRST_VARIABLE:]), looked.marked.piece.end), looked.problem


@contextmanager
def _threads(size: int) -> Iterator[ThreadPoolExecutor | None]:
    """Give threads to a file that is worth them."""
    if size <= _PIECE:
        yield None
        return
    pool = ThreadPoolExecutor(min(_MOST_THREADS, os.cpu_count() or 1), "ori-leads")
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _ahead(pool: ThreadPoolExecutor | None, work: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """Yield the results in order, while those of the next few items are being made."""
    if pool is None:
        yield from map(work, items)
        return
    waiting: deque[Future[R]] = deque()
    for item in items:
        waiting.append(pool.submit(work, item))
        if len(waiting) > _MOST_THREADS:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
