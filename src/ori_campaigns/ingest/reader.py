"""Reading leads: from a path, bytes, a binary stream or a polars frame to checked leads."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import attrs
import polars as pl

from ori_campaigns.errors import IngestError, InvalidDefinition, Problem
from ori_campaigns.ingest.collector import within_limit
from ori_campaigns.ingest.dialect import find_layout
from ori_campaigns.ingest.frames import check_text, frame_chunks
from ori_campaigns.ingest.head import file_head, frame_head
from ori_campaigns.ingest.header import read_header
from ori_campaigns.ingest.leads import Leads, gather
from ori_campaigns.ingest.limits import Limits, OverLimit
from ori_campaigns.ingest.records import Chunk, Records
from ori_campaigns.ingest.report import Format
from ori_campaigns.ingest.source import LeadSource, NotText, load
from ori_campaigns.numbers import DIGITS, NumberPolicy

_LIMITS = Limits()


@attrs.frozen
class Progress:
    """How far a source has been read.

    Parameters:
        done: bytes of the text in UTF-8, or rows of a frame.
        total: all there are.
        records: data records so far.
    """

    done: int
    total: int
    records: int


def read_leads(
    source: LeadSource | pl.DataFrame,
    *,
    policy: NumberPolicy = DIGITS,
    limits: Limits = _LIMITS,
    encoding: str | None = None,
    over_limit: OverLimit = "refuse",
    progress: Callable[[Progress], None] | None = None,
) -> Leads:
    r"""Read a CSV of contacts: every record becomes a contact or is reported with its line and its reason.

    Parameters:
        source: a path, the bytes of a file, a file object opened in binary mode, or a polars frame whose columns are
            all text; the line of a frame's row is its position, from 1.
        policy: how a written number becomes digits; the default drops `+`, white space and hyphens, then wants
            8 to 15 digits.
        limits: the budgets; over one of them the source is refused whole. Those of bytes and lines are for files.
        encoding: a Python codec name for a file that is neither UTF-8 nor UTF-16 with a byte order mark. It is
            never guessed.
        over_limit: `truncate` takes the first `limits.max_records` records and reports the others as `over_limit`.
        progress: called on this thread every few megabytes and when the end is reached; what it raises ends the
            reading.

    Returns:
        The leads: `contacts`, `skipped`, `summary`, `warnings`, `format`, `head`. The same source gives the same leads.

    Raises:
        IngestError: the file is refused whole. Codes: `file_not_found`, `not_a_file`, `file_not_readable`,
            `not_a_source`, `not_binary`, `not_a_csv`, `not_text`, `too_large`, `unknown_encoding`, `undecodable`,
            `empty_file`, `too_many_lines`, `line_too_long`, `record_too_long`, `header_control_character`,
            `duplicate_column`, `no_phone_number_column`, `reserved_column`, `too_many_columns`, `unbalanced_quote`,
            `cell_too_long`, `too_many_rows`, `no_rows`, `no_valid_rows`.
        InvalidDefinition: code `bad_over_limit`.
        Anything else that reading a file object raises comes through as it is.

    Implements C1, C2, C3, C4, C5, C6, C7, C8, C9, C12, C13, W14.

    >>> leads = read_leads(b"phone_number,name\n+91 98000-00001,Asha\n919800000001,Ravi\n")
    >>> print(leads)
    bytes: 1 of 2 accepted, 1 skipped (duplicate 1)
    >>> leads.number(0), leads.variables(0)
    ('919800000001', {'name': 'Asha'})
    """
    if over_limit not in ("refuse", "truncate"):
        problem = Problem("over_limit", "bad_over_limit", f"{over_limit!r} is not known.", "Give refuse or truncate.")
        raise InvalidDefinition([problem], what="The option")
    if isinstance(source, pl.DataFrame):
        check_text(source)
        header = read_header(source.columns, line=1, max_columns=limits.max_columns)
        chunks = _watched(frame_chunks(source, header), "frame", source.height, limits, over_limit, progress)
        return gather(chunks, header=header, head=partial(frame_head, source), policy=policy, source="frame")
    text = load(source, limits=limits, encoding=encoding)
    try:
        layout = find_layout(text, limits=limits)
        header = read_header(layout.header, line=layout.line, max_columns=limits.max_columns)
        chunks = Records(text, layout, header, limits, policy).chunks()
        chunks = _watched(chunks, text.name, len(text.data), limits, over_limit, progress)
        written = Format(text.size, text.encoding, layout.delimiter)
        return gather(
            chunks,
            header=header,
            head=partial(file_head, text, layout, limits),
            policy=policy,
            source=text.name,
            warnings=text.warnings,
            written=written,
        )
    except (IngestError, NotText) as error:
        refusal = error
    # A file that is no text is told so, whatever else is wrong with it on the way there.
    raise text.undecodable() or refusal


def _watched(
    chunks: Iterator[Chunk],
    source: str,
    total: int,
    limits: Limits,
    over_limit: OverLimit,
    progress: Callable[[Progress], None] | None,
) -> Iterator[Chunk]:
    """Yield the chunks within the limit of records, and tell how far they reach."""
    records = 0
    for chunk in within_limit(chunks, most=limits.max_records, over_limit=over_limit, source=source):
        yield chunk
        records += chunk.records.height
        if progress is not None:
            progress(Progress(chunk.done, total, records))
