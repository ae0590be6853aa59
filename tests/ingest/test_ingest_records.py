"""Records: physical lines, delimiters, line ends, odd widths, the record limit, and quotes that swallow lines."""

from __future__ import annotations

import csv

import pytest

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Limits, read_leads


def refused(text: str, limits: Limits | None = None) -> IngestError:
    with pytest.raises(IngestError) as caught:
        read_leads(text.encode(), limits=limits or Limits())
    return caught.value


@pytest.mark.behaviour("C7")
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    text = 'name|phone_number|note\nAsha|919800000001|"a,b;c\td"\n'.replace("|", delimiter)
    leads = read_leads(text.encode())
    assert leads.contacts.rows() == [("919800000001", "Asha", "a,b;c\td")]


@pytest.mark.behaviour("C7")
def test_a_quoted_header_names_the_delimiter_too() -> None:
    leads = read_leads(b'"phone_number";"name, first"\n919800000001;Asha\n')
    assert leads.contacts.columns == ["phone_number", "name, first"]


@pytest.mark.behaviour("C7")
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_line_ends(end: str, last: bool) -> None:
    lines = ["phone_number,note", '919800000001,"one', 'two"', "12,x", "919800000003,z"]
    leads = read_leads((end.join(lines) + (end if last else "")).encode())
    assert leads.contacts.rows() == [("919800000001", f"one{end}two"), ("919800000003", "z")]
    assert leads.skipped.rows() == [(4, "12", "too_short")]


@pytest.mark.behaviour("C7")
def test_mixed_line_ends() -> None:
    leads = read_leads(b"phone_number,n\r\n919800000001,a\n919800000002,b\r\r\n12,c\r\n919800000004,d\r")
    assert leads.contacts.rows() == [("919800000001", "a"), ("919800000002", "b"), ("919800000004", "d")]
    assert leads.skipped.rows() == [(4, "12", "too_short")]


@pytest.mark.behaviour("C4")
def test_a_skipped_record_is_reported_with_the_physical_line_it_starts_on() -> None:
    text = (
        "\n"  # 1
        "phone_number,note\n"  # 2
        '919800000001,"spans\nthree\nlines"\n'  # 3 to 5
        "\n"  # 6
        "   \n"  # 7
        "N/A,x\n"  # 8
        '12,"spans\n\ntoo"\n'  # 9 to 11
        '"98\n11",y\n'  # 12 and 13
        "+91 98000 00001,again\n"  # 14
        ",\n"  # 15
    )
    leads = read_leads(text.encode())
    assert leads.skipped.rows() == [
        (8, "N/A", "not_digits"),
        (9, "12", "too_short"),
        (12, "98\n11", "too_short"),
        (14, "+91 98000 00001", "duplicate"),
        (15, "", "blank"),
    ]
    assert (leads.summary.total, leads.summary.accepted, leads.summary.skipped) == (6, 1, 5)


@pytest.mark.behaviour("C4")
def test_lines_are_right_beyond_the_first_chunk() -> None:
    rows = [f"9198{i:08d},x" for i in range(45_000)]
    rows[5] += ",too,many"
    rows[44_321] = '12,"two\nlines"'
    rows[44_999] = rows[3]
    leads = read_leads(("phone_number,n\n" + "\n".join(rows)).encode())
    assert leads.skipped.rows() == [
        (7, "919800000005", "too_many_fields"),
        (44_323, "12", "too_short"),
        (45_002, "919800000003", "duplicate"),
    ]
    assert list(leads.numbers) == [f"9198{i:08d}" for i in range(44_999) if i not in {5, 44_321}]


@pytest.mark.behaviour("C3")
def test_blank_lines_and_the_header_are_no_records() -> None:
    text = "\n\nphone_number,n\n\n919800000001,a\n \t \n\u00a0\n919800000002,b\n\n\n"
    assert read_leads(text.encode(), limits=Limits(max_records=2)).summary.total == 2


def test_a_line_of_delimiters_and_a_quoted_blank_are_records() -> None:
    leads = read_leads(b'phone_number\n" "\n919800000001\n""\n \n')
    assert leads.skipped.rows() == [(2, " ", "blank"), (4, "", "blank")]
    leads = read_leads(b"phone_number\tn\tm\n\t\n919800000001\tx\n  \n")
    assert leads.skipped.rows() == [(2, "", "blank")]


@pytest.mark.behaviour("C3")
def test_the_record_limit_is_half_a_million() -> None:
    assert Limits().max_records == 500_000


@pytest.mark.behaviour("C3")
def test_one_record_too_many_refuses_the_file_with_its_figure() -> None:
    text = "phone_number\n" + "".join(f"9198{i:08d}\n\n" for i in range(13))
    error = refused(text, Limits(max_records=10))
    assert error.code == "too_many_rows"
    assert error.facts == {"limit": 10, "actual": 13}
    assert "13 rows" in str(error)


@pytest.mark.behaviour("C3")
def test_where_the_figure_is_not_known() -> None:
    text = "phone_number\n" + "".join(f"9198{i:08d}\n" for i in range(13)) + '"919800000099'
    error = refused(text, Limits(max_records=10))
    assert error.facts == {"limit": 10, "actual": None}
    assert "more than 10 rows" in str(error)


@pytest.mark.behaviour("C3")
def test_truncate_takes_the_first_ones_and_reports_the_rest() -> None:
    text = "phone_number\n919800000001\n12\n919800000003\n919800000001\nN/A\n"
    leads = read_leads(text.encode(), limits=Limits(max_records=2), over_limit="truncate")
    assert list(leads.numbers) == ["919800000001"]
    assert leads.skipped.rows() == [
        (3, "12", "too_short"),
        (4, "919800000003", "over_limit"),
        (5, "919800000001", "over_limit"),
        (6, "N/A", "over_limit"),
    ]
    assert leads.summary.total == 5


@pytest.mark.behaviour("C3")
def test_a_line_too_long_is_refused_before_it_is_parsed() -> None:
    limits = Limits(max_line_bytes=40)
    fits = "phone_number,n\n919800000001," + "x" * 27
    assert read_leads(fits.encode(), limits=limits).summary.accepted == 1
    error = refused(f"{fits}\n919800000002,{'x' * 28}\n919800000003,x\n", limits)
    assert (error.code, error.facts["line"]) == ("line_too_long", 3)


@pytest.mark.behaviour("C3")
def test_lines_have_a_budget_of_their_own() -> None:
    text = "phone_number\n919800000001\n\n\n"
    assert read_leads(text.encode(), limits=Limits(max_lines=4)).summary.accepted == 1
    error = refused(text, Limits(max_lines=3))
    assert (error.code, error.facts) == ("too_many_lines", {"limit": 3, "actual": 4})


@pytest.mark.behaviour("C8")
def test_a_short_row_has_empty_cells_at_its_end() -> None:
    leads = read_leads(b"a,phone_number,b,c\nx,919800000001\ny\n,919800000002,z\n")
    assert leads.contacts.rows() == [("919800000001", "x", None, None), ("919800000002", None, "z", None)]
    assert leads.skipped.rows() == [(3, "", "blank")]


@pytest.mark.behaviour("C8")
def test_a_long_row_is_skipped_unless_the_extra_cells_are_empty() -> None:
    leads = read_leads(b"phone_number,n\n919800000001,a,,\n919800000002,b,x\n919800000003,c, \n919800000002,d\n")
    assert leads.contacts.rows() == [("919800000001", "a"), ("919800000003", "c"), ("919800000002", "d")]
    assert leads.skipped.rows() == [(3, "919800000002", "too_many_fields")]


CONTROLS = [chr(code) for code in [*range(0x20), *range(0x7F, 0xA0)] if chr(code) not in "\t\n\r"]


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize("character", CONTROLS, ids=lambda c: f"U+{ord(c):04X}")
def test_a_row_with_a_control_character_is_skipped_and_its_neighbours_are_not_touched(character: str) -> None:
    text = f"phone_number,n\n919800000001,a\n919800000002,b{character}\n91980{character}0000003,c\n919800000004,d\n"
    leads = read_leads(text.encode())
    assert leads.contacts.rows() == [("919800000001", "a"), ("919800000004", "d")]
    assert leads.skipped.rows() == [
        (3, "919800000002", "control_character"),
        (4, f"91980{character}0000003", "control_character"),
    ]


@pytest.mark.behaviour("C8")
def test_tabs_and_line_breaks_inside_quotes_are_allowed() -> None:
    leads = read_leads(b'phone_number,n\n919800000001,"a\tb\nc\rd\r\ne"\n')
    assert leads.variables(0) == {"n": "a\tb\nc\rd\r\ne"}


@pytest.mark.behaviour("C8")
def test_a_lone_carriage_return_outside_quotes_is_a_control_character() -> None:
    text = b'phone_number,n\n919800000001,a\rb\n919800000002,"c\rd"\n919800000003,"e\rf",\r\n919800000004,\rg,"h\ni"\n'
    leads = read_leads(text)
    assert leads.contacts.rows() == [("919800000002", "c\rd"), ("919800000003", "e\rf")]
    assert leads.skipped.rows() == [
        (2, "919800000001", "control_character"),
        (5, "919800000004", "control_character"),
    ]


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize(
    ("text", "line"),
    [
        # Never closed.
        ('phone_number,n\n919800000001,a\n919800000002,"b\n919800000003,c\n', 3),
        ('phone_number,n\n919800000001,"', 2),
        # Closed by the opening quote of a later cell, or followed by text.
        ('phone_number,n\n919800000001,"a\n919800000002,"b"\n', 2),
        ('phone_number,n\n919800000001,"a" b\n', 2),
        ('phone_number,n\n\n919800000001,"5" pipe"\n', 3),
        # Grammatically sound, yet a contact would be gone.
        ('phone_number,n\n919800000001,"a\n919800000002,b"\n', 2),
        ('phone_number,n\n919800000001,"a\n919800000002,b\n919800000003,c"\n919800000004,d\n', 2),
        ('phone_number,n,m\n919800000001,"a,x\n919800000002,b",y\n', 2),
        ('phone_number,n\n919800000001,"a\n919800000002,","b"\n', 2),
        ('n,phone_number\n"a,919800000001\nb",919800000002\n', 2),
        ('phone_number\n"919800000001\n919800000002"\n', 2),
        ('phone_number\n"1234\n91980000001"\n', 2),
        # In the header itself.
        ('phone_number,"n\n919800000001,a\n', 1),
    ],
)
def test_a_quote_out_of_balance_refuses_the_file_and_names_the_line(text: str, line: int) -> None:
    error = refused(text)
    assert (error.code, error.facts["line"]) == ("unbalanced_quote", line)
    assert f"line {line}" in str(error)
    assert "98000" not in str(error)


@pytest.mark.behaviour("C8")
def test_a_header_that_swallowed_a_contact_is_refused() -> None:
    # Read as it stands, the first contact would be part of a column's name.
    assert refused('phone_number,"n\n919800000001,a"\n919800000002,b\n').code == "unbalanced_quote"


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize(
    "note",
    [
        "call back\nafter six, please",
        "other number:\n919800000009",
        "919800000009, his office\nand so on",
        "lines:\n919800000009,a,b,c,d,e,f",
        "plans:\n12345678, 87654321",
        'said "no"\nthen ""yes""',
        "a,b,c\n\n\n,,",
    ],
)
@pytest.mark.parametrize("column", [0, 1, 2])
def test_a_quoted_text_of_several_lines_is_no_fault(note: str, column: int) -> None:
    header, row = ["city", "email"], ["Pune", "a@example.com"]
    header.insert(column, "note")
    row.insert(column, note)
    for phone in range(4):
        names = [*header[:phone], "phone_number", *header[phone:]]
        cells = [*row[:phone], "919800000001", *row[phone:]]
        text = ",".join(names) + "\n" + ",".join('"' + cell.replace('"', '""') + '"' for cell in cells) + "\n"
        assert read_leads(text.encode()).variables(0)["note"] == note


@pytest.mark.behaviour("C8")
def test_a_line_inside_quotes_with_another_number_of_cells_is_text() -> None:
    text = 'phone_number,note,city\n919800000001,"a\n919800000002\n919800000003,b\n919800000004,b,c,d\n",Pune\n'
    assert read_leads(text.encode()).summary.total == 1
    assert refused(text.replace("b,c,d", "b,c")).facts == {"line": 2, "inside": 5}


@pytest.mark.behaviour("C8")
def test_a_quote_inside_an_unquoted_cell_is_text() -> None:
    leads = read_leads(b'phone_number,n,m\n919800000001,5" pipe,"6"" pipe"\n919800000002,"",7"\n')
    assert leads.contacts.rows() == [("919800000001", '5" pipe', '6" pipe'), ("919800000002", None, '7"')]


@pytest.mark.behaviour("C8")
def test_a_quote_after_a_space_does_not_shift_the_cells_of_a_row() -> None:
    text = (
        b"phone_number,name,city,note\n"
        b'919800000001, "Nair, Asha",Pune\n'
        b'919800000002, "Ravi",Pune,ok\n'
        b'919800000003,"said, ""hi, "" twice",Pune,ok\n'
        b'919800000004,"a\n "" b",Pune,ok\n'
    )
    leads = read_leads(text)
    assert leads.skipped.rows() == [(2, "919800000001", "stray_quote")]
    assert [leads.variables(i)["name"] for i in range(3)] == [' "Ravi"', 'said, "hi, " twice', 'a\n " b']


@pytest.mark.behaviour("C8")
def test_a_cell_of_any_length_is_read_or_refused_but_never_cut() -> None:
    longest = csv.field_size_limit()
    text = "phone_number,n\n919800000001,{}\n"
    assert len(read_leads(text.format("x" * longest).encode()).variables(0)["n"]) == longest
    error = refused(text.format("x" * (longest + 1)))
    assert (error.code, error.facts) == ("cell_too_long", {"line": 2, "limit": longest})


@pytest.mark.behaviour("C8")
def test_a_quote_that_is_open_for_too_long_is_called_a_quote() -> None:
    error = refused('phone_number,n\n919800000001,"a\n' + "x\n" * csv.field_size_limit())
    assert (error.code, error.facts) == ("unbalanced_quote", {"line": 2})


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize("text", ["", "\n\n", "\ufeff", " \r\n"])
def test_an_empty_file(text: str) -> None:
    assert refused(text).code == "empty_file"


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize("text", ["phone_number", "phone_number,n\n", "phone_number\n\n \n"])
def test_a_header_alone(text: str) -> None:
    assert refused(text).code == "no_rows"
