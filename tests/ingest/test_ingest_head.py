"""The head of a list: its header and first records exactly as they stand in the file."""

from __future__ import annotations

import codecs
import io
from pathlib import Path

import polars as pl
import pytest

from ingest.judging import cut_every
from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Leads, Limits, read_leads

pytestmark = pytest.mark.behaviour("W14")

FILES: dict[str, tuple[bytes, tuple[tuple[str, ...], ...]]] = {
    "plain": (
        b"phone_number,name\n919800000001,Asha\n919800000002,Ravi\n",
        (("phone_number", "name"), ("919800000001", "Asha"), ("919800000002", "Ravi")),
    ),
    "six of eight": (
        b"phone_number\n" + b"".join(b"91980000000%d\n" % n for n in range(1, 9)),
        (
            ("phone_number",),
            ("919800000001",),
            ("919800000002",),
            ("919800000003",),
            ("919800000004",),
            ("919800000005",),
            ("919800000006",),
        ),
    ),
    "not cleaned, accepted or not": (
        (
            b"name,phone_number,amount\nAsha,+91 98000-00001,007\nRavi,N/A,1.50\n"
            b"Again,91-98000-00001,3\n,,\nBo,9.198E+11,4\n"
        ),
        (
            ("name", "phone_number", "amount"),
            ("Asha", "+91 98000-00001", "007"),
            ("Ravi", "N/A", "1.50"),
            ("Again", "91-98000-00001", "3"),
            ("", "", ""),
            ("Bo", "9.198E+11", "4"),
        ),
    ),
    "quoted": (
        (
            b'phone_number,"the ""note""",city\r\n'
            b'"919800000001","two\r\nlines, one cell","say ""yes"""\r\n919800000002,5" pipe,x\r\n'
        ),
        (
            ("phone_number", 'the "note"', "city"),
            ("919800000001", "two\r\nlines, one cell", 'say "yes"'),
            ("919800000002", '5" pipe', "x"),
        ),
    ),
    "padded": (
        b" phone_number ,name\t\n 919800000001 ,  Asha  \n919800000002, \n",
        ((" phone_number ", "name\t"), (" 919800000001 ", "  Asha  "), ("919800000002", " ")),
    ),
    "ragged": (
        b"phone_number,name,city\n919800000001\n919800000002,Ravi,Pune,more,\n919800000003,Zo\xc3\xab,\n",
        (
            ("phone_number", "name", "city"),
            ("919800000001",),
            ("919800000002", "Ravi", "Pune", "more", ""),
            ("919800000003", "Zoë", ""),
        ),
    ),
    "blank lines": (
        b'\n\nphone_number,name\n\n  \n919800000001,Asha\n\r\n\t\n919800000002,"a\n\nb"\n\n919800000003,Bo',
        (
            ("phone_number", "name"),
            ("919800000001", "Asha"),
            ("919800000002", "a\n\nb"),
            ("919800000003", "Bo"),
        ),
    ),
    "blank headers": (
        b"phone_number,,name, \n919800000001,lost,Asha,\n",
        (("phone_number", "", "name", " "), ("919800000001", "lost", "Asha", "")),
    ),
    "byte order mark": (
        b"\xef\xbb\xbfphone_number\n919800000001\n",
        (("phone_number",), ("919800000001",)),
    ),
    "zero-width characters": (
        "phone_number\u200b,name\n919800000001,A\u200bsha\n".encode(),
        (("phone_number\u200b", "name"), ("919800000001", "A\u200bsha")),
    ),
    "semicolons": (
        b"name;phone_number\nAsha, R.;+91 98000 00001\n",
        (("name", "phone_number"), ("Asha, R.", "+91 98000 00001")),
    ),
    "tabs": (
        b"name\tphone_number\n Asha \t919800000001\n",
        (("name", "phone_number"), (" Asha ", "919800000001")),
    ),
    "UTF-16": (
        codecs.BOM_UTF16_LE + "phone_number,name\r\n919800000001,Zoë 🙂\r\n".encode("utf-16-le"),
        (("phone_number", "name"), ("919800000001", "Zoë 🙂")),
    ),
    "CR ends lines": (
        b'phone_number,name\r919800000001,"a\rb"\r\r919800000002,Bo\r',
        (("phone_number", "name"), ("919800000001", "a\rb"), ("919800000002", "Bo")),
    ),
    "control characters": (
        b'phone_number,name\n919800000001,Asha\n919800000002,a\x00b\n919800000003,c\rd\n919800000004,"e\rf"\n',
        (
            ("phone_number", "name"),
            ("919800000001", "Asha"),
            ("919800000002", "a\x00b"),
            ("919800000003", "c\rd"),
            ("919800000004", "e\rf"),
        ),
    ),
    "a quote behind a space": (
        b'phone_number,name,city\n919800000001,Asha,Goa\n919800000002, "Rao, R",Pune\n',
        (
            ("phone_number", "name", "city"),
            ("919800000001", "Asha", "Goa"),
            ("919800000002", ' "Rao', ' R"', "Pune"),
        ),
    ),
}


@pytest.mark.parametrize("piece", [0, 1, 7, 40])
@pytest.mark.parametrize("name", FILES)
def test_the_first_records_are_as_they_stand_in_the_file(name: str, piece: int) -> None:
    data, head = FILES[name]
    with cut_every(piece):
        assert read_leads(data).head == head


def test_every_kind_of_source_has_it(tmp_path: Path) -> None:
    data, head = FILES["ragged"]
    path = tmp_path / "leads.csv"
    path.write_bytes(data)
    assert read_leads(path).head == head
    assert read_leads(io.BytesIO(data)).head == head
    cp1252 = "phone_number,city\n919800000001,Köln\n".encode("cp1252")
    assert read_leads(cp1252, encoding="cp1252").head == (("phone_number", "city"), ("919800000001", "Köln"))


def test_of_a_frame_it_is_columns_and_rows() -> None:
    frame = pl.DataFrame(
        {
            " name": [" Asha ", None, "", "C", "D", "E", "F"],
            "phone_number": ["+91 98000-00001", "N/A", None, "919800000001", "12", "919800000005", "919800000006"],
            "": [None] * 7,
        }
    )
    assert read_leads(frame).head == (
        (" name", "phone_number", ""),
        (" Asha ", "+91 98000-00001", ""),
        ("", "N/A", ""),
        ("", "", ""),
        ("C", "919800000001", ""),
        ("D", "12", ""),
        ("E", "919800000005", ""),
    )


def test_of_rows_in_memory_it_is_all_that_was_given() -> None:
    leads = Leads.of(
        ["+91 98000-00001", {"phone_number": "N/A", "name": " Ravi "}, {"phone_number": "12", "code": "007"}]
    )
    assert leads.head == (
        ("phone_number", "name", "code"),
        ("+91 98000-00001", "", ""),
        ("N/A", " Ravi ", ""),
        ("12", "", "007"),
    )


@pytest.mark.behaviour("C3")
def test_what_no_preview_can_show_is_cut() -> None:
    # Of 300 cells of the header one is named, so it is not too wide; the field is far below the limit of a line.
    fits, long = b"a" * 200, b"b" * 201
    wide = b"phone_number" + b"," * 299 + b"\n919800000001," + fits + b"," + long + b"," * 297 + b"\n"
    header, row = read_leads(wide).head
    assert header == ("phone_number", *[""] * 199)
    assert row == ("919800000001", "a" * 200, "b" * 199 + "…", *[""] * 197)
    named = read_leads(b"phone_number," + b"n" * 5_000 + b"\n919800000001," + b"v" * 131_072 + b"\n").head
    assert named == (("phone_number", "n" * 199 + "…"), ("919800000001", "v" * 199 + "…"))
    frame = pl.DataFrame({"phone_number": ["919800000001"], **{" " * n: ["x" * 300] for n in range(1, 250)}})
    header, row = read_leads(frame).head
    assert (len(header), row) == (200, ("919800000001", *["x" * 199 + "…"] * 199))


def test_records_over_the_limit_belong_to_the_file_too() -> None:
    data = b"phone_number\n919800000001\n919800000002\n919800000003\n"
    with cut_every(13):
        leads = read_leads(data, limits=Limits(max_records=1), over_limit="truncate")
    assert leads.head == (("phone_number",), ("919800000001",), ("919800000002",), ("919800000003",))


def test_a_file_without_a_valid_number_can_be_looked_at_too() -> None:
    with pytest.raises(IngestError) as refused:
        read_leads(b"phone_number,name\nN/A,Asha\n\n12,Ravi\n")
    assert refused.value.code == "no_valid_rows"
    report = refused.value.facts["leads"]
    assert isinstance(report, Leads)
    assert report.head == (("phone_number", "name"), ("N/A", "Asha"), ("12", "Ravi"))


@pytest.mark.behaviour("C6", "C8")
@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"phone_number,name\n", "no_rows"),
        (b"phone_number,name\n \n\r\n", "no_rows"),
        (b"phone_number,name,name \n919800000001,a,b\n", "duplicate_column"),
        (b"phone_number,name\n919800000001,Asha\n919800000002,\xff\n", "undecodable"),
        (b'phone_number,name\n919800000001,Asha\n919800000002,"Ravi\n', "unbalanced_quote"),
    ],
)
def test_what_was_refused_is_refused_as_before(data: bytes, code: str) -> None:
    with pytest.raises(IngestError) as refused:
        read_leads(data)
    assert refused.value.code == code


def test_no_repr_shows_it() -> None:
    leads = read_leads(b"phone_number,name\n+91 98000-00001,Asha\n")
    assert repr(leads) == "<Leads bytes: 1 of 1 accepted, 0 skipped>"
    assert str(leads) == "bytes: 1 of 1 accepted, 0 skipped"
