"""From chunks of records to contacts and skipped records: cleaning, empty cells, duplicates (C2, C4, C5)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ori_campaigns.ingest.cleaning import clean_column
from ori_campaigns.ingest.header import PHONE_COLUMN
from ori_campaigns.ingest.records import Chunk
from ori_campaigns.numbers import WHITESPACE, NumberPolicy

_SKIPPED_SCHEMA = {"line": pl.Int64, "value": pl.String, "reason": pl.String}


class Collector:
    """Takes chunks in file order and settles, at the end, which record is a contact and why another is not."""

    def __init__(self, names: Sequence[str], policy: NumberPolicy) -> None:
        """Prepare for records with the call variables `names`."""
        self._policy = policy
        self._schema = {PHONE_COLUMN: pl.String, **dict.fromkeys(names, pl.String)}
        # Kept apart from the contacts, whose columns may have any name.
        self._origins: list[pl.DataFrame] = []
        self._contacts: list[pl.DataFrame] = []
        self._skipped: list[pl.DataFrame] = []
        self.total = 0

    def add(self, chunk: Chunk) -> None:
        """Clean the numbers of a chunk and part its good records from the others."""
        self.total += len(chunk.lines)
        written = pl.Series("value", chunk.columns[0], dtype=pl.String)
        numbers, reasons = clean_column(written, self._policy)
        if chunk.faults:
            positions = sorted(chunk.faults)
            reasons = reasons.scatter(positions, [chunk.faults[position] for position in positions])
        origin = pl.DataFrame([pl.Series("line", chunk.lines, dtype=pl.Int64), written, reasons.alias("reason")])
        good = reasons.is_null()
        variables = list(self._schema)[1:]
        frame = pl.DataFrame(
            [
                numbers.alias(PHONE_COLUMN),
                *(
                    pl.Series(name, cells, dtype=pl.String)
                    for name, cells in zip(variables, chunk.columns[1:], strict=True)
                ),
            ]
        )
        # An empty cell is no value (C5). The text itself stays as written, spaces around it included.
        kept = frame.filter(good).with_columns(
            pl.when(pl.col(name).str.strip_chars_start(WHITESPACE) != "").then(pl.col(name)).alias(name)
            for name in variables
        )
        self._contacts.append(kept)
        self._origins.append(origin.filter(good).drop("reason"))
        self._skipped.append(origin.filter(~good))

    def finish(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return the contacts in order of acceptance, and the skipped records in file order."""
        if not self._contacts:
            return pl.DataFrame(schema=self._schema), pl.DataFrame(schema=_SKIPPED_SCHEMA)
        contacts = pl.concat(self._contacts)
        origins = pl.concat(self._origins)
        first = contacts[PHONE_COLUMN].is_first_distinct()
        repeated = origins.filter(~first).with_columns(pl.lit("duplicate").alias("reason"))
        skipped = pl.concat([*self._skipped, repeated]).sort("line", maintain_order=True)
        if not first.all():
            contacts = contacts.filter(first)
        return contacts, skipped
