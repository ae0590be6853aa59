"""The first records of a list exactly as they stand in it, for whoever looks at what was uploaded (W14)."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TypeAlias

import polars as pl

from ori_campaigns.ingest.dialect import Layout, Lines, as_written
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.source import Text

Head: TypeAlias = tuple[tuple[str, ...], ...]
"""The header, then a row for each of the first records."""

# A list that is within its limits may have cells of a megabyte, thousands of them; a preview is kept and sent around.
_COLUMNS = 200
_CHARACTERS = 200


def file_head(text: Text, layout: Layout, limits: Limits, lines: Sequence[int]) -> Head:
    r"""Return the header of a file and those of its records that start on these physical lines, as they are written.

    Parameters:
        text: the file.
        layout: how it is written.
        limits: those it was read with.
        lines: in rising order; a record that could be read starts on each.

    Returns:
        The fields without their quotes. One of more than 200 characters is cut and ends in `…`; those behind the
        200th of a record are left out.

    Implements W14.

    >>> text = Text("leads.csv", b"phone_number,name\n\n+91 98000-00001, Asha\n")
    >>> file_head(text, Layout(",", ["phone_number", "name"], 1, 2, 18), Limits(), [3])
    (('phone_number', 'name'), ('+91 98000-00001', ' Asha'))
    """
    source = Lines(text, limits=limits, offset=layout.offset, line=layout.next_line)
    records = csv.reader(source, delimiter=layout.delimiter, strict=True)
    rows = [_cut(layout.header)]
    for line in lines:
        # To the line itself: there may be millions of blank ones before it.
        source.skip_to(line)
        source.begin()
        rows.append(_cut(as_written(cell, text.newline) for cell in next(records)))
    return tuple(rows)


def frame_head(frame: pl.DataFrame, lines: Sequence[int]) -> Head:
    """Return the names of the columns and as many of the first rows as there are `lines`, cut like those of a file.

    A cell without a value is an empty text.

    Implements W14.

    >>> frame_head(pl.DataFrame({"phone_number": ["+91 98000-00001"], "name": [None]}), [1])
    (('phone_number', 'name'), ('+91 98000-00001', ''))
    """
    rows = frame[:, :_COLUMNS].head(len(lines)).rows()
    return (_cut(frame.columns), *(_cut(cell or "" for cell in row) for row in rows))


def _cut(cells: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        cell if len(cell) <= _CHARACTERS else cell[: _CHARACTERS - 1] + "…" for cell in islice(cells, _COLUMNS)
    )
