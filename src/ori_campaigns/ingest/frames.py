"""A polars frame as a source of leads: its columns are the header, its rows the records (C13)."""

from __future__ import annotations

from collections.abc import Iterator

import polars as pl

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.blanks import without_blanks
from ori_campaigns.ingest.header import CONTROL, Header, safe_names, shown
from ori_campaigns.ingest.records import FIRST_VARIABLE, Chunk

_ROWS_AT_ONCE = 100_000


def check_text(frame: pl.DataFrame) -> None:
    """Refuse a frame with a column that is not text.

    Raises:
        IngestError: code `not_text`.

    >>> check_text(pl.DataFrame({"phone_number": ["919800000001"]}))
    """
    # A column in which nothing is has no type of its own.
    wrong = [name for name, dtype in frame.schema.items() if dtype not in {pl.String, pl.Null}]
    if wrong:
        message = (
            f"Column {shown(wrong[:1])} of the frame is {frame.schema[wrong[0]]}, not String. Numbers that were typed "
            "have lost leading zeros: read the file with infer_schema=False, or cast the column yourself."
        )
        raise IngestError(message, code="not_text", columns=safe_names(wrong))


def frame_chunks(frame: pl.DataFrame, header: Header) -> Iterator[Chunk]:
    """Yield the rows as records; the line of a row is its position, from 1.

    A row with a control character in a kept column gets that as its fault (C8).
    """
    # By position: the name of a column may be a pattern to polars.
    kept = frame[:, list(header.positions)]
    kept.columns = [str(position) for position in header.positions]
    kept = kept.with_columns(pl.all().cast(pl.String))
    spoilt = pl.any_horizontal(pl.all().str.contains(f"[{CONTROL}]"))
    for start in range(0, frame.height, _ROWS_AT_ONCE):
        rows = kept.slice(start, _ROWS_AT_ONCE)
        records = rows.select(
            pl.int_range(start + 1, start + 1 + rows.height, dtype=pl.Int64).alias("line"),
            pl.when(spoilt).then(pl.lit("control_character")).alias("reason"),
            pl.all(),
        )
        yield Chunk(without_blanks(records, records.columns[FIRST_VARIABLE:]), start + rows.height)
