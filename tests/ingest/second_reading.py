"""A second reading of a lead file, one character at a time: slow, plain, and nothing in common with the reader.

It knows the rules for a file in memory that is within every limit, under the default number policy: encoding, line
ends, delimiter, header, records, faults, swallowed contacts, numbers, duplicates.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple, TypeAlias

import attrs

# Unicode's White_Space property, as PropList.txt of the Unicode database lists it.
WHITE = "".join(
    map(
        chr,
        [*range(0x9, 0xE), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000],
    )
)
# What a header may hide: U+200B to U+200F, U+2060 and the byte order mark.
HIDDEN = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
DELIMITERS = (",", ";", "\t")
MOST_COLUMNS = 200
DROPPED = re.compile(f"[+\\-\u2010\u2011{re.escape(WHITE)}]")
RESERVED = {
    "_attempt_id", "_attempt_number", "_bot", "_campaign_id", "_campaign_name", "_contact_id", "_run_number",
    "_workspace_id",
}  # fmt: skip


BLANKS_AND_QUOTE = re.compile('[ \t\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+"')


class Malformed(Exception):
    """A quote is not closed, or is followed by text, in the record that starts on `line`."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class Cell(NamedTuple):
    """A cell: its text, whether it is quoted, and the physical line it begins on."""

    text: str
    quoted: bool
    line: int


class Record(NamedTuple):
    """A record: the line it starts on, its cells, why it is skipped whatever its number is, and where it lies."""

    line: int
    cells: list[Cell]
    fault: str
    begin: int
    end: int


class Walk:
    """The grammar, one character at a time."""

    def __init__(self, text: str, delimiter: str = ",", *, forgiving: bool = False) -> None:
        """Walk through a text; a forgiving walk takes what follows a closing quote, or its absence, as it comes."""
        self.text, self.delimiter, self.forgiving = text, delimiter, forgiving
        self.at, self.line, self.start = 0, 1, 1
        self.newline = "\r" if "\r" in text and "\n" not in text else "\n"

    def here(self) -> str:
        return self.text[self.at : self.at + 1]

    def line_end(self) -> int:
        """How long the line end is that begins here; 0 if none does."""
        if self.newline == "\r":
            return int(self.here() == "\r")
        returns = self.at
        while self.text[returns : returns + 1] == "\r":
            returns += 1
        if self.text[returns : returns + 1] == "\n":
            return returns + 1 - self.at
        # At the end of the file carriage returns end the last line.
        return returns - self.at if returns == len(self.text) else 0

    def cell_ends_here(self) -> bool:
        here = self.here()
        return here in {"", self.delimiter} or (here in "\r\n" and self.line_end() > 0)

    def records(self) -> Iterator[Record]:
        """Every record, the header too, blank lines left out."""
        while self.at < len(self.text):
            self.start, begin = self.line, self.at
            cells = [self.cell()]
            while self.here() == self.delimiter:
                self.at += 1
                cells.append(self.cell())
            written = self.text[begin : self.at]
            self.at += (size := self.line_end())
            self.line += size > 0
            # A carriage return that ends no line makes a record of the line it is on.
            if len(cells) > 1 or cells[0].quoted or written.strip(WHITE.replace("\r", "")):
                yield Record(self.start, cells, self.fault(cells), begin, self.at)

    def cell(self) -> Cell:
        line = self.line
        quoted = self.here() == '"'
        return Cell(self.quoted() if quoted else self.unquoted(), quoted, line)

    def unquoted(self) -> str:
        begin = self.at
        while not self.cell_ends_here():
            self.at += 1
        return self.text[begin : self.at]

    def quoted(self) -> str:
        self.at += 1
        text = ""
        while self.here() != '"' or self.text[self.at : self.at + 2] == '""':
            if not self.here():
                if self.forgiving:
                    return text
                raise Malformed(self.start)
            text += self.here()
            self.line += self.here() == self.newline
            self.at += 2 if self.here() == '"' else 1
        self.at += 1
        if self.cell_ends_here():
            return text
        if self.forgiving:
            return text + self.unquoted()
        raise Malformed(self.start)

    @staticmethod
    def fault(cells: Sequence[Cell]) -> str:
        for text, quoted, _ in cells:
            if any(
                unicodedata.category(each) == "Cc" and each != "\t" and (each not in "\r\n" or not quoted)
                for each in text
            ):
                return "control_character"
        for text, quoted, _ in cells:
            if not quoted and BLANKS_AND_QUOTE.match(text) and text.count('"') % 2:
                return "stray_quote"
        return ""


@attrs.frozen
class Expected:
    """A file that is read: its contacts with the variables in order, what is skipped, and its warnings."""

    names: list[str]
    contacts: list[tuple[str, list[str | None]]]
    skipped: list[tuple[int, str, str]]
    warnings: list[str]
    starts: list[int] = attrs.field(repr=False)
    """Where each record begins, in characters."""


@attrs.frozen
class Refusal:
    """A file that is refused: the codes it may be refused with, and some facts where they are certain."""

    codes: set[str]
    facts: dict[str, int] = attrs.field(factory=dict)


Answer: TypeAlias = Expected | Refusal


def second_reading(data: bytes) -> Answer:
    """What the rules make of a file: a report without a contact stands for the refusal for want of a valid row."""
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"%PDF-")):
        return Refusal({"not_a_csv"})
    if data.startswith((b"\xff\xfe\0\0", b"\0\0\xfe\xff")):
        return Refusal({"undecodable"}, {"offset": 0})
    codec = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}.get(data[:2], "utf-8")
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        return Refusal({"undecodable"}, {"offset": error.start})
    bare = text.lstrip("\ufeff")
    marked = ["byte_order_mark"] if codec == "utf-8" and bare != text else []
    return _read_text(bare, marked)


def _read_text(text: str, warnings: list[str]) -> Answer:
    found = _delimiter(text)
    if isinstance(found, Refusal):
        return found
    records = Walk(text, found).records()
    header = next(records)
    names = [_name(cell.text) for cell in header.cells]
    for name, cell in zip(names, header.cells, strict=True):
        # Twenty columns without a name are told one by one, all others at the end in one warning.
        if not name and warnings.count("blank_header") < 20:
            warnings = [*warnings, "blank_header"]
        elif name and name != cell.text:
            warnings = [*warnings, "header_cleaned"]
    if names.count("") > 20:
        warnings = [*warnings, "blank_header"]
    phone = names.index("phone_number")
    rows = []
    newline = Walk(text).newline
    try:
        for record in chain([header], records):
            if inside := swallowed(record, text, found, newline, width=len(names), phone=phone):
                return Refusal({"unbalanced_quote"}, {"line": record.line, "inside": inside})
            rows.append(record)
    except Malformed as error:
        return Refusal({"unbalanced_quote"}, {"line": error.line})
    if not rows[1:]:
        return Refusal({"no_rows"})
    contacts, skipped = judged(rows[1:], names)
    kept = [name for name in names if name and name != "phone_number"]
    return Expected(kept, contacts, skipped, warnings, [record.begin for record in rows[1:]])


def _delimiter(text: str) -> str | Refusal:
    """The delimiter under which the header is sound and has phone_number, or how a file without one may be refused."""
    best: tuple[tuple[bool, int], str, set[str], int] | None = None
    codes: set[str] = set()
    for delimiter in DELIMITERS:
        try:
            header = next(Walk(text, delimiter).records(), None)
        except Malformed:
            codes.add("unbalanced_quote")
            continue
        if header is None:
            return Refusal({"empty_file"})
        names = [_name(cell.text) for cell in header.cells]
        rank = ("phone_number" in names, len(names))
        faults = header_faults(header, names)
        codes |= faults
        if best is None or rank > best[0]:
            best = (rank, delimiter, faults, header.line)
    if best is None or not best[0][0]:
        return Refusal(codes | {"no_phone_number_column"} if best else codes)
    _, delimiter, faults, line = best
    # A header at fault under this delimiter may be at fault under another in another way, and either may be told.
    return Refusal(codes, {"line": line} if codes == faults else {}) if faults else delimiter


def header_faults(header: Record, names: list[str]) -> set[str]:
    """Everything that is wrong with a header; which of it is told first is nobody's promise."""
    named = [name for name in names if name]
    faults = {
        "header_control_character": header.fault == "control_character",
        "too_many_columns": len(named) > MOST_COLUMNS,
        "duplicate_column": len(set(named)) < len(named),
        "no_phone_number_column": "phone_number" not in named,
        "reserved_column": bool(RESERVED & set(named)),
    }
    return {code for code, wrong in faults.items() if wrong}


def _name(cell: str) -> str:
    return "".join(each for each in cell if each not in HIDDEN).strip(WHITE)


def swallowed(record: Record, text: str, delimiter: str, newline: str, *, width: int, phone: int) -> int:
    """The first line inside a record of several that is a contact of its own; 0 if there is none."""
    lines = text[record.begin : record.end].removesuffix(newline).split(newline)
    own = record.cells[phone].line if phone < len(record.cells) else record.cells[-1].line
    # A cell that holds a quote is no number in quotes.
    quoted = phone < len(record.cells) and record.cells[phone].quoted and '"' not in record.cells[phone].text
    for line, content in enumerate(lines, start=record.line):
        if (
            len(lines) > 1
            and line != own
            and _is_a_contact(content.rstrip("\r"), delimiter, width, phone, quoted=quoted)
        ):
            return line
    return 0


def _is_a_contact(line: str, delimiter: str, width: int, phone: int, *, quoted: bool) -> bool:
    parsed = next(Walk(line, delimiter, forgiving=True).records(), None)
    plain = line.split(delimiter)
    for cells in (plain, [cell.text for cell in parsed.cells] if parsed else []):
        number = cells[phone] if len(cells) == width else ""
        # A carriage return in the number would make a faulty record of the line, not a contact.
        if ('"' in number or not quoted) and "\r" not in number and not reason_of(number.strip('"')):
            return True
    return False


def judged(
    records: Sequence[Record], names: Sequence[str]
) -> tuple[list[tuple[str, list[str | None]]], list[tuple[int, str, str]]]:
    """What becomes of the records of a file with these columns: contacts with their values, and what is skipped."""
    contacts: dict[str, list[str | None]] = {}
    skipped = []
    phone = list(names).index("phone_number")
    for record in records:
        cells = [cell.text for cell in record.cells] + [""] * len(names)
        extra = [cell.text for cell in record.cells[len(names) :]]
        number = DROPPED.sub("", cells[phone])
        reason = record.fault or ("too_many_fields" if any(each.strip(WHITE) for each in extra) else "")
        reason = reason or reason_of(cells[phone]) or ("duplicate" if number in contacts else "")
        if reason:
            skipped.append((record.line, cells[phone], reason))
        else:
            contacts[number] = [
                cell if cell.strip(WHITE) else None
                for name, cell in zip(names, cells, strict=False)
                if name and name != "phone_number"
            ]
    return list(contacts.items()), skipped


def reason_of(written: str) -> str:
    """Why a written number is none; empty if it is one."""
    digits = DROPPED.sub("", written)
    if not written.strip(WHITE):
        return "blank"
    if re.fullmatch("[0-9]+", digits):
        return "too_short" if len(digits) < 8 else "too_long" if len(digits) > 15 else ""
    bare = "".join(each for each in written if each not in WHITE)
    return "scientific_notation" if re.fullmatch("[+-]*[0-9]+([.,][0-9]*)?[eE][+-]?[0-9]+", bare) else "not_digits"
