"""The hostile corpus as a whole, but for the long files."""

from __future__ import annotations

from ingest import corpus_encodings, corpus_headers, corpus_lines, corpus_quotes, corpus_sources, corpus_values
from ingest.corpus import Entry

ENTRIES: tuple[Entry, ...] = (
    *corpus_encodings.ENTRIES,
    *corpus_quotes.ENTRIES,
    *corpus_lines.ENTRIES,
    *corpus_headers.ENTRIES,
    *corpus_values.ENTRIES,
    *corpus_sources.ENTRIES,
)
