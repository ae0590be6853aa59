"""Leads: the contacts of a list with the report on everything that did not become one (C2, C4, C5)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b

import attrs
import polars as pl

from ori_campaigns.errors import IngestError, Problem
from ori_campaigns.ingest.collector import Collector
from ori_campaigns.ingest.frames import frame_chunks
from ori_campaigns.ingest.head import Head, frame_head
from ori_campaigns.ingest.header import PHONE_COLUMN, Header, read_header
from ori_campaigns.ingest.limits import Limits
from ori_campaigns.ingest.records import Chunk
from ori_campaigns.ingest.report import Format, SkippedMode, Summary, write_skipped_csv
from ori_campaigns.numbers import DIGITS, NumberPolicy
from ori_campaigns.views import PREVIEW_ROWS

# Contacts read row by row come out of the frame in blocks: one row at a time is a hundred times slower.
_BLOCK = 4_096


class _Cache:
    """What has been taken out of the frame for the row-by-row reads; it never changes an answer."""

    __slots__ = ("block", "fingerprint", "numbers")

    def __init__(self) -> None:
        self.numbers: list[str] | None = None
        self.fingerprint = ""
        self.block: tuple[int, list[tuple[str | None, ...]]] = (-1, [])


@attrs.frozen(repr=False, eq=False)
class Leads:
    """A checked contact list: what was accepted, what was skipped and why.

    Neither `repr` nor `str` shows a phone number.

    Parameters:
        contacts: frame with `phone_number` (String, cleaned digits), then one String column a call variable with
            the values exactly as written and null where the cell is empty; in order of acceptance.
        skipped: frame with `line` (Int64, the physical line where the record starts; for rows given in memory
            their position, from 1), `value` (String, the raw phone_number cell) and `reason` (String, a code).
        summary: the counts; `total == accepted + skipped`.
        warnings: what was cleaned or dropped on the way, with `severity` "warning".
        format: how the file was written; None for leads that come from no file.
        head: the header and the first six records as they stand in the source, accepted or not: fields without their
            quotes, as many as the record has, neither cleaned nor trimmed. Only a field of more than 200 characters is
            cut and ends in `…`, and those behind the 200th of a record are left out.

    Implements C2, C4, C5, W14.

    >>> leads = Leads.of(["919800000001", {"phone_number": "+91 98000-00002", "name": "Asha"}, "N/A"])
    >>> leads
    <Leads rows: 2 of 3 accepted, 1 skipped (not_digits 1)>
    >>> leads.variables(1)
    {'name': 'Asha'}
    """

    contacts: pl.DataFrame
    skipped: pl.DataFrame
    summary: Summary
    warnings: tuple[Problem, ...] = ()
    format: Format | None = None
    head: Head = ()
    _cache: _Cache = attrs.field(factory=_Cache, init=False)

    @classmethod
    def of(cls, rows: Iterable[str | Mapping[str, str]], *, policy: NumberPolicy = DIGITS) -> Leads:
        """Make leads from rows in memory, with the cleaning, the report and the reasons of a file.

        Parameters:
            rows: phone numbers, or mappings with a `phone_number` and any call variables; every value is text.
            policy: the cleaning rule.

        Returns:
            The leads; the variables are in the order in which they first occur.

        Raises:
            IngestError: codes `no_phone_number_column`, `not_text`, `duplicate_column`, `reserved_column`,
                `too_many_columns`, `header_control_character`, `no_rows`, `no_valid_rows`.

        >>> Leads.of([{"phone_number": "919800000001", "code": "007", "note": " "}]).variables(0)
        {'code': '007'}
        """
        records: list[Mapping[str, str]] = []
        columns: dict[str, None] = {PHONE_COLUMN: None}
        for position, row in enumerate(rows, start=1):
            records.append(_checked(row, position))
            columns.update(dict.fromkeys(records[-1]))
        header = read_header(list(columns), line=1, max_columns=Limits().max_columns)
        cells = {name: [record.get(name, "") for record in records] for name in columns}
        try:
            frame = pl.DataFrame(cells, schema=dict.fromkeys(columns, pl.String))
        except UnicodeEncodeError:
            message = "A value holds half a surrogate pair, which is no text. Decode it without surrogateescape."
        else:
            head = partial(frame_head, frame)
            return gather(frame_chunks(frame, header), header=header, head=head, policy=policy, source="rows")
        raise IngestError(message, code="not_text")

    def __len__(self) -> int:
        """Return how many contacts there are."""
        return self.contacts.height

    @property
    def policy(self) -> str:
        """Name of the policy that cleaned the numbers."""
        return self.summary.policy

    @property
    def numbers(self) -> Sequence[str]:
        """The cleaned digits, in order of acceptance."""
        if self._cache.numbers is None:
            self._cache.numbers = self.contacts[PHONE_COLUMN].to_list()
        return self._cache.numbers

    @property
    def fingerprint(self) -> str:
        """Tells lists apart: the same for the same numbers and call variables in the same order, and for no other.

        >>> Leads.of(["919800000001"]).fingerprint == Leads.of(["+91 98000 00001"]).fingerprint
        True
        """
        if not self._cache.fingerprint:
            self._cache.fingerprint = _fingerprint(self.contacts)
        return self._cache.fingerprint

    def number(self, index: int) -> str:
        """Return the cleaned digits of the contact at `index`, counted from 0.

        Raises:
            IndexError: there is no such contact.
        """
        return self.numbers[self._checked_index(index)]

    def variables(self, index: int) -> Mapping[str, str]:
        """Return the call variables of the contact at `index`: text exactly as written, empty cells left out (C5).

        Raises:
            IndexError: there is no such contact.
        """
        block, offset = divmod(self._checked_index(index), _BLOCK)
        cached, rows = self._cache.block
        if cached != block:
            rows = self.contacts.slice(block * _BLOCK, _BLOCK).rows()
            self._cache.block = (block, rows)
        values = rows[offset][1:]
        return {name: value for name, value in zip(self.summary.columns, values, strict=True) if value is not None}

    def _checked_index(self, index: int) -> int:
        if not 0 <= index < len(self):
            raise IndexError(f"There is no contact {index}; there are {len(self):,}, counted from 0.")
        return index

    def write_skipped(self, path: str | os.PathLike[str], *, mode: SkippedMode = "exact") -> None:
        """Write the skipped records as a UTF-8 CSV: line, value, reason (C4).

        Parameters:
            path: where to write; an existing file is replaced.
            mode: `exact` keeps the raw values; `spreadsheet` puts an apostrophe before a value that a spreadsheet
                would take for a formula.
        """
        write_skipped_csv(path, self.skipped.iter_rows(), mode=mode)

    def __str__(self) -> str:
        return str(self.summary)

    def __repr__(self) -> str:
        return f"<Leads {self.summary}>"


def _fingerprint(frame: pl.DataFrame) -> str:
    digest = blake2b(digest_size=16)
    for column in frame:
        # With the length of each cell, and a mark for an empty one, no two columns are written the same.
        sizes = column.str.len_bytes().cast(pl.Int64).fill_null(-1).cast(pl.String)
        for part in (column.name, sizes.str.join(",").item(), column.str.join("").item()):
            written = part.encode()
            digest.update(b"%d:" % len(written))
            digest.update(written)
    return digest.hexdigest()


def gather(
    chunks: Iterator[Chunk],
    *,
    header: Header,
    head: Callable[[Sequence[int]], Head],
    policy: NumberPolicy,
    source: str,
    warnings: Sequence[Problem] = (),
    written: Format | None = None,
) -> Leads:
    """Make leads of records; a list without a single valid contact is refused, so that it replaces nothing (C9).

    Parameters:
        chunks: all records.
        header: their columns.
        head: makes the head out of the lines on which the first records start.
        policy: the cleaning rule.
        source: what the list is called in reports.
        warnings: what was noticed before the header was read.
        written: how the file was written, if it is one.

    Raises:
        IngestError: code `no_rows`; code `no_valid_rows`, whose `facts["leads"]` holds the full report.
    """
    collector = Collector(header.names, policy)
    first: list[int] = []
    for chunk in chunks:
        collector.add(chunk.records)
        first.extend(chunk.records["line"].head(PREVIEW_ROWS - len(first)))
    contacts, skipped = collector.finish()
    counts = skipped["reason"].value_counts().rows()
    summary = Summary(
        source=source,
        policy=policy.name,
        policy_version=getattr(policy, "version", ""),
        total=collector.total,
        accepted=contacts.height,
        skipped=skipped.height,
        by_reason=dict(sorted(counts, key=lambda item: (-item[1], item[0]))),
        columns=header.names,
    )
    leads = Leads(contacts, skipped, summary, (*warnings, *header.warnings), written, head(first))
    if not summary.total:
        message = f"{source} has a header but no contacts. Add at least one row with a phone number."
        raise IngestError(message, code="no_rows")
    if not summary.accepted:
        reasons = ", ".join(f"{reason} {count:,}" for reason, count in summary.by_reason.items())
        message = (
            f"None of the {summary.total:,} rows of {source} has a valid phone number ({reasons}). "
            "Nothing was loaded; see the reasons, correct these rows and try again."
        )
        raise IngestError(message, code="no_valid_rows", by_reason=summary.by_reason, leads=leads)
    return leads


def _checked(row: object, position: int) -> Mapping[str, str]:
    record: object = {PHONE_COLUMN: row} if isinstance(row, str) else row
    if not isinstance(record, Mapping):
        message = f"Row {position} is a {type(row).__name__}. Give a phone number as text, or a mapping of texts."
        raise IngestError(message, code="not_text", line=position)
    if PHONE_COLUMN not in record:
        message = f"Row {position} has no {PHONE_COLUMN}. Every mapping needs one, spelled exactly so."
        raise IngestError(message, code="no_phone_number_column", line=position)
    for name, value in record.items():
        if not isinstance(name, str) or not isinstance(value, str):
            message = f"Row {position}: a name or value is not text. Nothing is converted; write it as text."
            raise IngestError(message, code="not_text", line=position)
    return record
