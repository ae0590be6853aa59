"""The hostile corpus: every file gets the answer that was written down for it, whichever way it is handed over."""

from __future__ import annotations

import csv
import io
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeAlias

import polars as pl
import pytest

from ingest import corpus, corpus_long, reference_page
from ingest.corpus import Entry, Read, Refused
from ingest.entries import ENTRIES
from ingest.judging import cut_every
from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Leads, read_leads
from ori_campaigns.numbers import HYPHENS, WHITESPACE

LONG: dict[str, Callable[[], Entry]] = {
    "mixed_before": partial(corpus_long.mixed, "before", 0),
    "mixed_across": partial(corpus_long.mixed, "across", 16, delimiter=";"),
    **{kind: partial(corpus_long.pure, kind, corpus_long.BOUNDARIES[:3], row=250) for kind in corpus_long.ODDS},
    "swallowing": partial(corpus_long.swallowing, 8 << 20, "across"),
    "never_closed": partial(corpus_long.never_closed, 8_000_000, "across"),
    "carriage_returns": partial(corpus_long.carriage_returns, "across"),
    "undecodable": partial(corpus_long.undecodable, 4 << 20, -1),
    "duplicates_far_apart": corpus_long.duplicates_far_apart,
}

ERROR_CODES = reference_page.error_codes()
# A name of a file may be anything, and the figures of a refusal are no phone numbers.
FIGURES = {"limit", "actual", "line", "inside", "offset", "column", "by_reason", "leads"}


def outcome(source: object, entry: Entry) -> Leads | IngestError:
    try:
        return read_leads(source, **entry.options)  # type: ignore[arg-type]
    except IngestError as error:
        return error
    finally:
        if isinstance(source, io.IOBase):
            source.close()


def sources(entry: Entry, folder: Path) -> Iterator[object]:
    """The same file as bytes, as a path and as a stream; what is no plain bytes, made twice."""
    if isinstance(entry.data, bytes):
        yield entry.data
        path = folder / "leads.csv"
        path.write_bytes(entry.data)
        yield path
        yield io.BytesIO(entry.data)
    else:
        yield entry.data(folder)
        yield entry.data(folder)


def variables_of(leads: Leads) -> list[tuple[str, list[tuple[str, str]]]]:
    return [(leads.number(index), list(leads.variables(index).items())) for index in range(len(leads))]


def agrees(got: Leads | IngestError, entry: Entry, folder: Path) -> None:
    """Every field of the answer is the one that was written down."""
    expected = entry.answer
    if isinstance(expected, Refused):
        assert isinstance(got, IngestError), f"{got} was read, and should be refused: {entry.why}"
        refused_as(got, expected, folder)
        return
    assert isinstance(got, Leads), f"{got!r} should be read: {entry.why}"
    assert variables_of(got) == [(number, list(variables.items())) for number, variables in expected.contacts]
    assert list(got.numbers) == [number for number, _ in expected.contacts]
    assert got.skipped.rows() == list(expected.skipped)
    assert [warning.code for warning in got.warnings] == list(expected.warnings)
    coherent(got)


def refused_as(got: IngestError, expected: Refused, folder: Path) -> None:
    facts = dict(got.facts)
    report = facts.pop("leads", None)
    if facts.get("path"):
        facts["path"] = os.path.relpath(str(facts["path"]), folder)
    assert (got.code, facts) == (expected.code, expected.facts)
    assert got.facts.keys() <= ERROR_CODES[got.code]
    for words in expected.says:
        assert words in str(got)
    assert isinstance(report, Leads) == (got.code == "no_valid_rows")
    if isinstance(report, Leads):
        assert report.skipped.rows() == list(expected.skipped)
        assert len(report) == 0
        coherent(report)


def coherent(leads: Leads) -> None:
    """The parts of the leads tell the same story."""
    summary, skipped = leads.summary, leads.skipped.rows()
    assert summary.total == summary.accepted + summary.skipped
    assert (summary.accepted, summary.skipped) == (len(leads), len(skipped))
    assert list(summary.by_reason.items()) == sorted(
        Counter(reason for _, _, reason in skipped).items(), key=lambda item: (-item[1], item[0])
    )
    assert set(summary.by_reason) <= set(reference_page.reasons())
    assert leads.contacts.schema == dict.fromkeys(["phone_number", *summary.columns], pl.String)
    assert leads.skipped.schema == {"line": pl.Int64, "value": pl.String, "reason": pl.String}
    assert [line for line, _, _ in skipped] == sorted({line for line, _, _ in skipped})
    assert {warning.code for warning in leads.warnings} <= reference_page.warning_codes()
    assert {warning.severity for warning in leads.warnings} <= {"warning"}
    assert summary.policy == "digits"


def plainly(text: str) -> str:
    """The text with the digits of every script as ASCII ones."""
    return "".join(str(unicodedata.digit(each, each)) for each in text)


def numbers_in(text: str) -> set[str]:
    """Whatever in a file may be a phone number: digits with what may stand between them, without that."""
    between = re.escape(WHITESPACE + HYPHENS + "+")
    found = re.findall(rf"[0-9][0-9{between}]{{6,}}", plainly(text[:100_000]))
    return {digits for each in found if len(digits := re.sub("[^0-9]", "", each)) >= 8}


def numbers_shown(got: Leads | IngestError, text: str) -> list[str]:
    """What the messages have of a number beyond its last two digits."""
    if isinstance(got, Leads):
        shown = [str(got), repr(got), repr(got.summary), *map(repr, got.warnings), *map(str, got.warnings)]
    else:
        shown = [str(got), repr(got), repr({name: fact for name, fact in got.facts.items() if name not in FIGURES})]
    found = []
    for said in map(plainly, shown):
        found += re.findall("•[0-9]{3,}", said)
        for number in numbers_in(text):
            found += [part for part in (number[at : at + 4] for at in range(len(number) - 3)) if part in said]
    return found


def decoded(entry: Entry) -> str:
    """The text of an entry, as far as it is one."""
    assert isinstance(entry.data, bytes)
    try:
        return entry.data.decode(entry.codec, errors="replace").lstrip("\ufeff")
    except LookupError:
        return ""


def physical_lines(text: str) -> int:
    end = "\n" if "\n" in text else "\r"
    return text.count(end) + (not text.endswith(end))


# ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("C1", "C2", "C3", "C4", "C5", "C6", "C7", "C8", "C9", "C12")
@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry.name) for entry in ENTRIES])
def test_the_answer_is_the_one_that_was_written_down(entry: Entry, tmp_path: Path) -> None:
    for source in sources(entry, tmp_path):
        agrees(outcome(source, entry), entry, tmp_path)


def same(first: Leads | IngestError, second: Leads | IngestError) -> None:
    """Two answers are alike in everything."""
    if isinstance(first, Leads):
        assert isinstance(second, Leads)
        assert first.contacts.equals(second.contacts)
        assert first.skipped.equals(second.skipped)
        assert (first.summary, first.warnings) == (second.summary, second.warnings)
    else:
        assert isinstance(second, IngestError)
        assert (first.code, str(first)) == (second.code, str(second))


Answers: TypeAlias = list[tuple[Entry, Leads | IngestError]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("corpus")


@pytest.fixture(scope="module")
def answers(folder: Path) -> Answers:
    """Every entry with its answer."""
    return [(entry, outcome(next(sources(entry, folder)), entry)) for entry in ENTRIES]


@pytest.mark.behaviour("C3", "C4")
def test_every_physical_line_is_accounted_for(answers: Answers) -> None:
    lost = []
    for entry, leads in answers:
        expected = entry.answer
        if isinstance(entry.data, bytes) and isinstance(leads, Leads) and isinstance(expected, Read):
            header, summary = 1, leads.summary
            lines = header + summary.accepted + summary.skipped + expected.blank + expected.more
            if lines != physical_lines(decoded(entry)):
                lost.append(entry.name)
    assert not lost


@pytest.mark.behaviour("C8")
def test_no_message_shows_a_number(answers: Answers) -> None:
    shown = {}
    for entry, answer in answers:
        text = decoded(entry) if isinstance(entry.data, bytes) else corpus.SOUND
        if parts := numbers_shown(answer, text):
            shown[entry.name] = parts
    assert not shown


@pytest.mark.behaviour("C4")
def test_the_report_as_a_csv_has_the_same_rows(answers: Answers, tmp_path: Path) -> None:
    bent = []
    for entry, answer in answers:
        leads = answer if isinstance(answer, Leads) else answer.facts.get("leads")
        if not isinstance(leads, Leads):
            continue
        leads.write_skipped(tmp_path / "skipped.csv")
        with (tmp_path / "skipped.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream, strict=True))
        if rows != [["line", "value", "reason"], *([str(line), *rest] for line, *rest in leads.skipped.rows())]:
            bent.append(entry.name)
    assert not bent


@pytest.mark.slow
@pytest.mark.behaviour("C12")
def test_the_same_file_twice_gets_the_same_answer(answers: Answers, folder: Path) -> None:
    bent = []
    for entry, answer in answers:
        # Cut into small pieces it must not be another file either.
        size = 40 if isinstance(entry.data, bytes) and len(entry.data) < 400 else 0
        with cut_every(size):
            again = outcome(next(sources(entry, folder)), entry)
        try:
            same(answer, again)
        except AssertionError:
            bent.append(entry.name)
    assert not bent


@pytest.mark.behaviour("C3", "C4", "C7", "C8")
@pytest.mark.parametrize("make", [pytest.param(make, id=name) for name, make in LONG.items()])
def test_a_long_file_is_read_alike_wherever_it_may_be_cut(make: Callable[[], Entry], tmp_path: Path) -> None:
    entry = make()
    got = outcome(entry.data, entry)
    agrees(got, entry, tmp_path)
    if isinstance(entry.answer, Read):
        assert isinstance(got, Leads)
        lines = 1 + got.summary.total + entry.answer.blank + entry.answer.more
        assert lines == physical_lines(decoded(entry))


@pytest.mark.slow
@pytest.mark.behaviour("C4", "C8")
@pytest.mark.parametrize("place", corpus_long.PLACES)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_every_odd_record_at_every_boundary_beside_others(place: str, delimiter: str, tmp_path: Path) -> None:
    for shift in range(0, len(corpus_long.ODDS), 3):
        entry = corpus_long.mixed(place, shift + (ord(delimiter) % 3), delimiter=delimiter)
        agrees(outcome(io.BytesIO(entry.data), entry), entry, tmp_path)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.behaviour("C4", "C8")
@pytest.mark.parametrize("kind", corpus_long.ODDS)
def test_every_odd_record_at_every_boundary_alone(kind: str, tmp_path: Path) -> None:
    for shift in range(len(corpus_long.PLACES)):
        entry = corpus_long.pure(kind, corpus_long.BOUNDARIES, shift=shift)
        agrees(outcome(entry.data, entry), entry, tmp_path)


@pytest.mark.slow
@pytest.mark.behaviour("C7", "C8")
@pytest.mark.parametrize("boundary", corpus_long.BOUNDARIES)
def test_a_fault_beside_every_boundary(boundary: int, tmp_path: Path) -> None:
    for place in corpus_long.PLACES:
        for entry in (corpus_long.swallowing(boundary, place), corpus_long.never_closed(boundary, place)):
            agrees(outcome(entry.data, entry), entry, tmp_path)
    for shift in (-2, -1, 0):
        entry = corpus_long.undecodable(boundary, shift)
        agrees(outcome(entry.data, entry), entry, tmp_path)


# ---------------------------------------------------------------------------------------------------------------------
# The corpus itself


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    names = [entry.name for entry in ENTRIES]
    assert len(names) >= 90
    assert len(set(names)) == len(names)
    assert all(re.fullmatch(r"\w+", name) and entry.why for name, entry in zip(names, ENTRIES, strict=True))


def test_the_corpus_has_every_reason_warning_and_refusal_of_a_file() -> None:
    read = [entry.answer for entry in ENTRIES if isinstance(entry.answer, Read)]
    refused = [entry.answer for entry in ENTRIES if isinstance(entry.answer, Refused)]
    assert {reason for answer in read for _, _, reason in answer.skipped} == set(reference_page.reasons())
    assert {code for answer in read for code in answer.warnings} == reference_page.warning_codes()
    # `not_text` is for rows in memory.
    assert {answer.code for answer in refused} == set(ERROR_CODES) - {"not_text"}


def test_the_masking_check_sees_a_number() -> None:
    text = "phone_number\n+91 98000-00001\n"
    for leak in ("98000 00001", "••••••••001", "९८००० is not", "at 9800"):
        assert numbers_shown(IngestError(leak, code="x"), text)
        assert numbers_shown(IngestError("x", code="x", columns=(leak,)), text)
    assert not numbers_shown(IngestError("••••••••••01 on line 2 of 500,000", code="x", line=9198), text)
