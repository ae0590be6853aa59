"""A reading of the reader against the second reading: alike in every field, or told how they differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from ingest import reference_page
from ingest.second_reading import Answer, Refusal, second_reading
from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Leads, read_leads, records

# `not_text` is for rows in memory only.
CODES = set(reference_page.error_codes()) - {"not_text"}


@contextmanager
def cut_every(size: int) -> Iterator[None]:
    """Let the reader cut files into pieces of so many bytes, so that small files have many; 0 leaves it as it is."""
    if not size:
        yield
        return
    with mock.patch.object(records, "_PIECE", size):
        yield


def read(source: Any, **options: Any) -> Leads | IngestError:
    """The leads, or a refusal, which must be one of those on the reference page."""
    try:
        return read_leads(source, **options)
    except IngestError as error:
        refusal = error
    assert refusal.code in CODES, f"{refusal.code} is not on the reference page"
    return refusal


def report_of(got: Leads | IngestError) -> Leads | None:
    """What became of the records, if they were all looked at: a list without a valid row comes with the refusal."""
    report = got if isinstance(got, Leads) else got.facts.get("leads")
    return report if isinstance(report, Leads) else None


def conserved(got: Leads | IngestError) -> bool:
    """Every record is a contact or in the report, once."""
    leads = report_of(got)
    if leads is None:
        return True
    summary, skipped = leads.summary, leads.skipped
    return (
        summary.total == summary.accepted + summary.skipped
        and (summary.accepted, summary.skipped) == (leads.contacts.height, skipped.height)
        and summary.by_reason == Counter(skipped["reason"].to_list())
        and skipped["line"].is_unique().all()
        and skipped["line"].is_sorted()
        and leads.contacts["phone_number"].is_unique().all()
        and set(summary.by_reason) <= set(reference_page.reasons())
    )


def disagreement(data: bytes, *, piece: int = 0) -> str:
    """How the reader and the second reading differ about a file that is within all limits; empty if they agree."""
    with cut_every(piece):
        got = read(data)
    return difference(got, second_reading(data))


def difference(got: Leads | IngestError, expected: Answer) -> str:
    """How an answer of the reader and one of the second reading differ; empty if they do not."""
    if not conserved(got):
        return f"not conserved: {got!r}"
    told, wanted = _told(got, expected), _wanted(expected)
    return "" if told == wanted else f"read as {told}, expected {wanted}"


def _told(got: Leads | IngestError, expected: Answer) -> Any:
    report = report_of(got)
    if report is not None:
        code = "" if report is got else "no_valid_rows"
        contacts = [(number, list(values)) for number, *values in report.contacts.rows()]
        warnings = [warning.code for warning in report.warnings]
        return (code, list(report.summary.columns), contacts, report.skipped.rows(), warnings)
    assert isinstance(got, IngestError)
    if isinstance(expected, Refusal) and got.code in expected.codes:
        # Of several faults in a header any may be told, with its own facts.
        facts = {name: fact for name, fact in got.facts.items() if name in expected.facts or name == "inside"}
        return (expected.codes, facts if expected.facts else {})
    return ({got.code}, got.facts)


def _wanted(expected: Answer) -> Any:
    if isinstance(expected, Refusal):
        return (expected.codes, expected.facts)
    code = "" if expected.contacts else "no_valid_rows"
    return (code, expected.names, expected.contacts, expected.skipped, expected.warnings)
