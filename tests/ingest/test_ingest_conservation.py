"""No record is lost, bent or counted twice: the reader against a second reading of the grammar, on hostile texts."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ingest.judging import disagreement, read, report_of
from ingest.second_reading import DROPPED, WHITE

HEADER = "phone_number,v\n"
pieces = st.sampled_from(
    [",", '"', '""', "\n", "\r\n", "\r", " ", "\t", "a", "\0", "E1", "1234", "9198000", "12345678", "919800000001",
     "\n919800000002,", "\n12345678,b\n", ',"', '",', '"\n']
)  # fmt: skip


@pytest.mark.behaviour("C4", "C8")
@given(st.lists(pieces, max_size=25).map("".join))
@example('919800000001,"a\rb"\r\n919800000002,a\rb\r\n')
@example('919800000001, "a\n12345678,b"\n919800000001,"')
def test_a_hostile_body_is_read_as_the_grammar_says_or_refused(body: str) -> None:
    assert disagreement((HEADER + body).encode()) == ""


@pytest.mark.behaviour("C4", "C7", "C8")
@given(st.lists(pieces, max_size=25).map("".join), st.sampled_from([";", "\t"]), st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_hostile_body_with_another_delimiter_and_line_end(body: str, delimiter: str, end: str) -> None:
    text = (HEADER + body).replace(",", delimiter).replace("\n", end)
    assert disagreement(text.encode()) == ""


cells = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12),
    st.sampled_from(["", "two\nlines", 'a "quote"', "a,b;c", "\u00a0", "=1", "x\r\ny", "tab\there"]),
)
numbers = st.one_of(
    st.integers(0, 40).map(lambda n: f"9198000{n:05d}"),
    st.integers(0, 40).map(lambda n: f"+91 98000-{n:05d}"),
    cells,
)
tables = st.lists(st.tuples(numbers, cells, cells), min_size=1, max_size=30)


@pytest.mark.behaviour("C4", "C5", "C7")
@given(
    table=tables,
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
    blank_lines=st.lists(st.integers(0, 30)),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_every_record_of_a_sound_file_is_a_contact_or_in_the_report(
    table: list[tuple[str, str, str]], delimiter: str, end: str, blank_lines: list[int], encoding: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerow(("v", "phone_number", "w"))
    starts = []
    for index, (number, v, w) in enumerate(table):
        text.write(end * blank_lines.count(index))
        starts.append(text.getvalue().count("\n") + 1)
        writer.writerow((v, number, w))
    leads = report_of(read(text.getvalue().encode(encoding)))
    assert leads is not None
    skipped = {line: (value, reason) for line, value, reason in leads.skipped.rows()}
    assert len(skipped) == leads.skipped.height
    # What is not in the report must be, in this order and to the letter, the contacts.
    accepted = [row for line, row in zip(starts, table, strict=True) if line not in skipped]
    assert [leads.variables(i) for i in range(len(leads))] == [
        {name: value for name, value in (("v", v), ("w", w)) if value.strip(WHITE)} for _, v, w in accepted
    ]
    assert list(leads.numbers) == [DROPPED.sub("", number) for number, _, _ in accepted]
    assert [skipped[line][0] for line in starts if line in skipped] == [
        number for line, (number, _, _) in zip(starts, table, strict=True) if line in skipped
    ]
    assert set(skipped) <= set(starts)
    assert leads.summary.total == len(table) == len(accepted) + len(skipped)
