"""Plain lines: what is read in bulk is what a reader that goes row by row would read."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ori_campaigns.ingest import Leads, Limits, read_leads
from ori_campaigns.ingest.header import CONTROL_CHARACTER, Header
from ori_campaigns.ingest.plain import Looked, Marked, Odd, Piece, PlainLines
from ori_campaigns.ingest.source import NotText


def lines_of(width: int, delimiter: str = ",", longest: int = 1_000_000) -> PlainLines:
    names = tuple((f"c{position}", position) for position in range(1, width))
    return PlainLines(Header(width=width, phone=0, variables=names), delimiter=delimiter, longest=longest)


def marked(text: str, width: int, delimiter: str = ",", first: int = 2) -> Marked:
    data = text.encode()
    height = data.count(b"\n") + (not data.endswith(b"\n"))
    return lines_of(width, delimiter).mark(data, Piece(0, len(data), first, height))


def parsed(text: str, width: int, delimiter: str = ",") -> list[tuple[object, ...]]:
    found = marked(text, width, delimiter)
    end = found.piece.first + found.piece.height
    return lines_of(width, delimiter).records(Looked(found, [], 0, end, None)).rows()


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ("a,b", ("a", "b")),
        (",", (None, None)),
        ('"",', ("", None)),
        (" a , b ", (" a ", " b ")),
        ('"a","b"', ("a", "b")),
        ('"a,b",c', ("a,b", "c")),
        ('"a""b",""""', ('a"b', '"')),
        ('"a\tb",\t', ("a\tb", "\t")),
        ('5" pipe,b', ('5" pipe', "b")),
        ('5" pipe,6" pipe "x"', ('5" pipe', '6" pipe "x"')),
        ("\ufeffa,b", ("\ufeffa", "b")),
        ("#a,b", ("#a", "b")),
        ("नाम,🙂", ("नाम", "🙂")),
        ("null,NaN", ("null", "NaN")),
        ("007,1.50", ("007", "1.50")),
        ("\u2028,\u0a00", ("\u2028", "\u0a00")),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_plain_line_is_read_as_it_is_written(line: str, cells: tuple[str | None, ...], end: str) -> None:
    assert parsed(line + end, 2) == [(2, None, *cells)]


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize(
    "line",
    [
        "a", "a,b,c", '"a,b', '"a" ,b', ' "a",b', '\t"a",b', '"a"b,c', 'a"b,"c"', "a\rb,c", '"a\rb",c', "a\r\r,b",
        '"a""",b"', 'a","b"', " ", "x y",
        *(f"a{chr(code)},b" for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\t\n\r"),
    ],
)  # fmt: skip
def test_a_line_with_anything_about_it_is_odd(line: str) -> None:
    found = marked(f"a,b\n{line}\nc,d\n", 2)
    assert found.odd == ([] if line == " " else [3])
    assert found.plain.to_list() == [True, True, False, True]


def test_what_counts_as_a_control_character_is_the_same_for_both_readers() -> None:
    odd = {code for code in range(0x110000) if CONTROL_CHARACTER.match(chr(code))}
    assert odd == {*range(9), 0x0B, 0x0C, *range(0x0E, 0x20), *range(0x7F, 0xA0)}
    text = "".join(f"{chr(code) if code not in {0x22, 0x2C} else 'x'},\n" for code in range(0x20, 0x3000))
    assert set(marked(text, 2, first=0x20).odd) == {code for code in odd if code >= 0x20}


def test_blank_lines_are_neither_plain_nor_odd() -> None:
    found = marked("a,b\n\n \n\u00a0\n\r\n\r\r\nc,d", 2)
    # More than one carriage return is left to the closer look.
    assert found.odd == [7]
    assert marked("a\tb\n\t\n \n", 2, "\t").odd == []
    assert marked("a\n \n\nb\n", 1).plain.to_list() == [True, True, False, False, True]


def test_only_lines_within_the_limit_are_plain() -> None:
    lines = lines_of(2, longest=10)
    data = b"12345678,9\n123456789,0\n          \n           \n"
    assert lines.mark(data, Piece(0, len(data), 1, 4)).odd == [2, 4]


def test_what_is_not_text() -> None:
    with pytest.raises(NotText):
        lines_of(2).mark(b"a,b\n\xff,c\n", Piece(0, 8, 1, 2))


@pytest.mark.behaviour("C4", "C8")
def test_records_found_on_odd_lines_stand_in_their_place() -> None:
    found = marked("a,b\n'odd'\nc,d\ninside,e\nf,g\n", 2)
    odd = [Odd(3, 1, ['x"y', "p,q\nr"], None), Odd(5, 2, ["s", ""], "too_many_fields")]
    assert lines_of(2).records(Looked(found, odd, 0, 7, None)).rows() == [
        (2, None, "a", "b"),
        (3, None, 'x"y', "p,q\nr"),
        (4, None, "c", "d"),
        (5, "too_many_fields", "s", ""),
    ]


def test_lines_before_the_beginning_and_behind_the_end_are_left_out() -> None:
    found = marked("a,b\nc,d\ne,f\ng,h\n", 2)
    assert [row[0] for row in lines_of(2).records(Looked(found, [], 3, 5, None)).rows()] == [3, 4]


pieces = st.sampled_from([*'",;\t\r \n', '""', ',"', '",', "a", "é", "🙂", "\ufeff", "\0", "\x85", "\x01", "12345678"])


@given(st.lists(pieces, max_size=40).map("".join), st.sampled_from([1, 2, 3]), st.sampled_from(",;\t"))
@example('"a\nb,c"', 2, ",")
def test_each_plain_line_is_what_csv_reads_in_it(text: str, width: int, delimiter: str) -> None:
    if not text:
        return
    found = marked(text, width, delimiter)
    rows = parsed(text, width, delimiter)
    physical = text.split("\n")
    assert [row[0] for row in rows] == [i + 1 for i, plain in enumerate(found.plain) if plain and i]
    for line, reason, *cells in rows:
        assert reason is None
        assert isinstance(line, int)
        (expected,) = csv.reader([physical[line - 2].removesuffix("\r")], delimiter=delimiter, strict=True)
        assert [cell or "" for cell in cells] == expected


# --- one way or the other ---------------------------------------------------------------------------------------------


def a_file(seed: int, rows: int = 1_000) -> bytes:
    r = random.Random(seed)
    out = io.StringIO()
    out.write("phone_number,name,note\n")
    for index in range(rows):
        number = f"9198{r.randrange(10**8):08d}"
        out.write(
            r.choice(
                [
                    f"{number},Asha,hello\r\n", f"{number},नाम,\n", f"{number}\n", "\n",
                    f'{number},"Nair, A","said ""hi"""\n', f'{number},5" pipe,\n', f"{number},a,b,c\n",
                    f'{number},"two\nlines","\n"\n', f'{number},"a\n{index},b\n",c\n',
                    f'{number}, "x",y\n', f"{number},\0,y\n",
                ]
            )
        )  # fmt: skip
    return out.getvalue().encode()


@pytest.mark.behaviour("C8", "C12")
@pytest.mark.parametrize("seed", range(3))
def test_whichever_way_a_line_takes_the_leads_are_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = a_file(seed)
    answers = [facts(read_leads(data))]

    def all_odd(self: PlainLines, data: bytes, piece: Piece) -> pl.Series:
        return pl.Series(dtype=pl.String)

    with monkeypatch.context() as patched:
        patched.setattr(PlainLines, "_lines", all_odd)
        answers.append(facts(read_leads(data)))
    # Pieces of every size, so that records begin in one and end in another.
    for size in (64, 1_000, 50_000):
        monkeypatch.setattr("ori_campaigns.ingest.records._PIECE", size)
        answers.append(facts(read_leads(data)))
    assert answers[1:] == answers[:1] * 4


def facts(leads: Leads) -> object:
    return leads.contacts.rows(), leads.skipped.rows(), str(leads.summary)


@pytest.mark.behaviour("C8")
def test_where_polars_reads_another_number_of_records_csv_does_it(monkeypatch: pytest.MonkeyPatch) -> None:
    data = a_file(7, rows=200)
    expected = facts(read_leads(data))
    read_csv: Callable[..., pl.DataFrame] = pl.read_csv

    def loses_one(*args: object, **options: object) -> pl.DataFrame:
        return read_csv(*args, **options).head(-1)

    monkeypatch.setattr(pl, "read_csv", loses_one)
    assert facts(read_leads(data)) == expected


def test_more_columns_than_a_pattern_can_hold_are_read_row_by_row() -> None:
    header = "phone_number," + "," * 400 + "last"
    leads = read_leads(f"{header}\n919800000001{',x' * 400},end\n".encode(), limits=Limits(max_columns=2))
    assert leads.variables(0) == {"last": "end"}
