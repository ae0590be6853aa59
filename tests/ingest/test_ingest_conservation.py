"""No record is lost, bent or counted twice: the reader against a second reading of the grammar, on hostile texts."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Leads, read_leads

HEADER = "phone_number,v\n"
END_OF_LINE = re.compile(r"\r*\n|\r+\Z")
DROPPED = re.compile(r"[+\s\x85\u2010\u2011-]")


class Malformed(Exception):
    """A quote is not closed, or is followed by text."""


class Record(NamedTuple):
    line: int
    cells: list[str]
    fault: str


class Walk:
    """The grammar, one character at a time: slow, plain, and nothing in common with the reader."""

    def __init__(self, text: str) -> None:
        self.text, self.at, self.line = text, 0, 1

    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def line_ends_here(self) -> bool:
        return bool(END_OF_LINE.match(self.text, self.at))

    def records(self) -> list[Record]:
        found = []
        while self.at < len(self.text):
            line, begin, cells, faults = self.line, self.at, [], set()
            while True:
                quoted = self.here() == '"'
                cell = self.quoted() if quoted else self.unquoted()
                cells.append(cell)
                if "\0" in cell or ("\r" in cell and not quoted):
                    faults.add("control_character")
                if not quoted and re.match(r'[ \t]+"', cell) and cell.count('"') % 2:
                    faults.add("stray_quote")
                if self.here() != ",":
                    break
                self.at += 1
            if self.text[begin : self.at].strip(" \t"):
                found.append(Record(line, cells, min(faults, default="")))
            if end := END_OF_LINE.match(self.text, self.at):
                self.at, self.line = end.end(), self.line + 1
        return found

    def unquoted(self) -> str:
        begin = self.at
        while self.here() not in {"", ","} and not self.line_ends_here():
            self.at += 1
        return self.text[begin : self.at]

    def quoted(self) -> str:
        self.at += 1
        cell = ""
        while self.here() != '"' or self.text[self.at : self.at + 2] == '""':
            if not self.here():
                raise Malformed
            cell += self.here()
            self.line += self.here() == "\n"
            self.at += 2 if self.here() == '"' else 1
        self.at += 1
        if self.here() not in {"", ","} and not self.line_ends_here():
            raise Malformed
        return cell


def judged(records: list[Record]) -> tuple[list[tuple[str, str | None]], list[tuple[int, str, str]]]:
    """What should become of the records of a file with the columns phone_number and v."""
    contacts: dict[str, str | None] = {}
    skipped = []
    for line, cells, fault in records:
        phone, value, *extra = [*cells, ""]
        number = DROPPED.sub("", phone)
        if fault:
            reason = fault
        elif any(cell.strip() for cell in extra):
            reason = "too_many_fields"
        elif re.fullmatch("[0-9]{8,15}", number):
            reason = "duplicate" if number in contacts else ""
        elif re.fullmatch("[0-9]+", number):
            reason = "too_short" if len(number) < 8 else "too_long"
        elif re.fullmatch(r"[0-9]+E[0-9]+", re.sub(r"\s", "", phone)):
            reason = "scientific_notation"
        else:
            reason = "not_digits" if phone.strip() else "blank"
        if reason:
            skipped.append((line, phone, reason))
        else:
            contacts[number] = value if value.strip() else None
    return list(contacts.items()), skipped


def read(data: bytes) -> Leads | IngestError:
    """The leads, those of a refusal for want of a valid row included, or another refusal."""
    try:
        return read_leads(data)
    except IngestError as error:
        report = error.facts.get("leads")
        return report if isinstance(report, Leads) else error


pieces = st.sampled_from(
    [",", '"', '""', "\n", "\r\n", "\r", " ", "\t", "a", "\0", "E1", "1234", "9198000", "12345678", "919800000001",
     "\n919800000002,", "\n12345678,b\n", ',"', '",', '"\n']
)  # fmt: skip


@pytest.mark.behaviour("C4", "C8")
@given(st.lists(pieces, max_size=25).map("".join))
@example('919800000001,"a\rb"\r\n919800000002,a\rb\r\n')
@example('919800000001, "a\n12345678,b"\n919800000001,"')
def test_a_hostile_body_is_read_as_the_grammar_says_or_refused(body: str) -> None:
    leads = read((HEADER + body).encode())
    try:
        records = Walk(HEADER + body).records()[1:]
    except Malformed:
        assert isinstance(leads, IngestError)
        assert leads.code == "unbalanced_quote"
        return
    if isinstance(leads, IngestError) and leads.code == "unbalanced_quote":
        # Sound by the grammar: it must be because of a contact on a line inside quotes.
        inside = leads.facts["inside"]
        assert isinstance(inside, int)
        assert re.search("[0-9]{8}", DROPPED.sub("", (HEADER + body).split("\n")[inside - 1]))
        assert inside not in {record.line for record in records} or leads.facts["line"] == inside
        return
    if not records:
        assert isinstance(leads, IngestError)
        assert leads.code == "no_rows"
        return
    assert isinstance(leads, Leads)
    contacts, skipped = judged(records)
    assert leads.contacts.rows() == contacts
    assert leads.skipped.rows() == skipped
    assert leads.summary.total == len(records) == leads.summary.accepted + leads.summary.skipped
    assert leads.summary.by_reason == Counter(reason for _, _, reason in skipped)


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
    leads = read(text.getvalue().encode(encoding))
    assert isinstance(leads, Leads)
    skipped = {line: (value, reason) for line, value, reason in leads.skipped.rows()}
    assert len(skipped) == leads.skipped.height
    # What is not in the report must be, in this order and to the letter, the contacts.
    accepted = [row for line, row in zip(starts, table, strict=True) if line not in skipped]
    assert [leads.variables(i) for i in range(len(leads))] == [
        {name: value for name, value in (("v", v), ("w", w)) if value.strip()} for _, v, w in accepted
    ]
    assert list(leads.numbers) == [DROPPED.sub("", number) for number, _, _ in accepted]
    assert [skipped[line][0] for line in starts if line in skipped] == [
        number for line, (number, _, _) in zip(starts, table, strict=True) if line in skipped
    ]
    assert set(skipped) <= set(starts)
    assert leads.summary.total == len(table) == len(accepted) + len(skipped)
