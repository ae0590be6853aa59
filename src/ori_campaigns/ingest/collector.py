"""From chunks of records to contacts and skipped records: limit, cleaning, duplicates (C2, C3, C4)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest.cleaning import clean_column
from ori_campaigns.ingest.header import PHONE_COLUMN
from ori_campaigns.ingest.limits import OverLimit
from ori_campaigns.ingest.records import Chunk
from ori_campaigns.numbers import NumberPolicy

# Policies that work in bulk have a price for each batch, whatever its size.
_BATCH = 100_000


class Collector:
    """Takes chunks in file order and settles, at the end, which record is a contact and why another is not.

    The frames are kept as they come: to put them together before they are filtered would copy every cell once more.
    """

    def __init__(self, names: Sequence[str], policy: NumberPolicy) -> None:
        """Prepare for records with the call variables `names`."""
        self._policy = policy
        self._columns = (PHONE_COLUMN, *names)
        self._records: list[pl.DataFrame] = []
        self._written: list[pl.Series] = []
        self._numbers: list[pl.Series] = []
        self._reasons: list[pl.Series] = []
        self._waiting = 0
        self.total = 0

    def add(self, records: pl.DataFrame) -> None:
        """Take the records of a chunk."""
        self.total += records.height
        self._waiting += records.height
        self._records.append(records)
        self._written.append(records.to_series(2).fill_null("").alias("value"))
        if self._waiting >= _BATCH:
            self._clean()

    def _clean(self) -> None:
        done = len(self._numbers)
        written = pl.concat(self._written[done:])
        numbers, reasons = clean_column(written, self._policy)
        start = 0
        for records in self._records[done:]:
            faults, height = records["reason"], records.height
            self._numbers.append(numbers.slice(start, height))
            why = reasons.slice(start, height)
            self._reasons.append(why if faults.null_count() == height else faults.fill_null(why))
            start += height
        self._waiting = 0

    def finish(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the contacts in order of acceptance, and the skipped records in file order."""
        if len(self._numbers) < len(self._records):
            self._clean()
        contacts = [pl.DataFrame(schema=dict.fromkeys(self._columns, pl.String))]
        skipped = [pl.DataFrame(schema={"line": pl.Int64, "value": pl.String, "reason": pl.String})]
        if self._records:
            # A record without a number of its own must not stand in the way of a good one.
            numbers = pl.concat(
                pl.select(pl.when(reason.is_null()).then(number)).to_series()
                for number, reason in zip(self._numbers, self._reasons, strict=True)
            )
            first = numbers.is_first_distinct() & numbers.is_not_null()
            start = 0
            for records, written, reasons in zip(self._records, self._written, self._reasons, strict=True):
                accepted = first.slice(start, records.height)
                contacts.append(self._contacts(records, numbers.slice(start, records.height), accepted))
                origin = pl.DataFrame([records["line"], written, reasons.fill_null("duplicate").alias("reason")])
                skipped.append(origin.filter(~accepted))
                start += records.height
        return pl.concat(contacts), pl.concat(skipped)

    def _contacts(self, records: pl.DataFrame, numbers: pl.Series, accepted: pl.Series) -> pl.DataFrame:
        _, _, phone, *cells = records.columns
        contacts = records.select(numbers.alias(phone), *cells).filter(accepted)
        contacts.columns = list(self._columns)
        return contacts


def within_limit(chunks: Iterator[Chunk], *, most: int, over_limit: OverLimit, source: str) -> Iterator[Chunk]:
    """Yield the chunks as long as there is room for their records; give those beyond it their reason, or refuse.

    Raises:
        IngestError: code `too_many_rows`.

    Implements C3.
    """
    room = most
    for chunk in chunks:
        records = chunk.records
        if records.height > room:
            if over_limit == "refuse":
                raise _too_many_rows(most, most - room + records.height, chunks, source)
            beyond = pl.int_range(records.height) >= room
            records = records.with_columns(reason=pl.when(beyond).then(pl.lit("over_limit")).otherwise("reason"))
        room = max(room - records.height, 0)
        yield chunk._replace(records=records)


def _too_many_rows(most: int, seen: int, rest: Iterator[Chunk], source: str) -> IngestError:
    try:
        actual: int | None = seen + sum(chunk.records.height for chunk in rest)
    except IngestError:
        actual = None
    figure = f"more than {most:,} rows" if actual is None else f"{actual:,} rows"
    message = (
        f"{source} has {figure}; at most {most:,} are allowed. "
        "Split it, or read the first ones with over_limit='truncate'."
    )
    return IngestError(message, code="too_many_rows", limit=most, actual=actual)
