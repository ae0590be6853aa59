"""Headers: the required column, near misses, hidden characters, and what makes a header unusable."""

from __future__ import annotations

import pytest

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Limits, read_leads
from ori_campaigns.ingest.header import read_header


def refused(text: str, **options: Limits) -> IngestError:
    with pytest.raises(IngestError) as caught:
        read_leads(text.encode(), **options)  # type: ignore[arg-type]
    return caught.value


@pytest.mark.behaviour("C1")
def test_phone_number_may_be_the_only_column() -> None:
    leads = read_leads(b"phone_number\n919800000001\n919800000002\n")
    assert leads.contacts.columns == ["phone_number"]
    assert list(leads.numbers) == ["919800000001", "919800000002"]


@pytest.mark.behaviour("C1")
def test_phone_number_may_stand_anywhere() -> None:
    leads = read_leads(b"name,phone_number,city\nAsha,919800000001,Pune\n")
    assert leads.contacts.columns == ["phone_number", "name", "city"]
    assert leads.contacts.rows() == [("919800000001", "Asha", "Pune")]


@pytest.mark.behaviour("C1")
@pytest.mark.parametrize(
    "near",
    [
        "Phone Number", "phone", "PHONE_NUMBER", "Phone_number", "phonenumber", "phone-number", "mobile", "Mobile No.",
        "phone number", "Contact No", "telephone", "MSISDN", "phone_nubmer", "customer_phone_number", "number",
    ],
)  # fmt: skip
def test_a_near_miss_is_refused_and_named(near: str) -> None:
    error = refused(f"{near},name\n919800000001,Asha\n")
    assert error.code == "no_phone_number_column"
    assert error.facts["near_misses"] == (near,)
    assert error.facts["columns"] == (near, "name")
    assert f"Did you mean '{near}'?" in str(error)
    assert "'name'" in str(error)


@pytest.mark.behaviour("C1")
def test_without_a_near_miss_all_columns_are_named() -> None:
    error = refused("name,city\nAsha,Pune\n")
    assert (error.code, error.facts["near_misses"]) == ("no_phone_number_column", ())
    assert "'name', 'city'" in str(error)


@pytest.mark.behaviour("C1")
def test_a_file_without_a_header_is_refused_and_its_number_not_shown() -> None:
    error = refused("+91 98000 00001,Asha\n919800000002,Ravi\n")
    assert error.code == "no_phone_number_column"
    assert "header line" in str(error)
    for text in (str(error), repr(error.facts)):
        assert "98000" not in text
        assert "00001" not in text


@pytest.mark.behaviour("C6")
@pytest.mark.parametrize(
    "header",
    [
        "\ufeffphone_number,name",
        " phone_number\u00a0,name",
        "\u200bphone\u200d_number\u200c,\u2060name\u3000",
        '"phone_number\n",name',
    ],
)
def test_hidden_characters_are_removed_with_a_warning(header: str) -> None:
    leads = read_leads(f"{header}\n919800000001,Asha\n".encode())
    assert leads.contacts.columns == ["phone_number", "name"]
    assert leads.warnings
    assert {warning.severity for warning in leads.warnings} == {"warning"}


@pytest.mark.behaviour("C6")
def test_a_clean_header_gives_no_warning_and_keeps_its_case() -> None:
    leads = read_leads("phone_number,Name,name,Kunden Nr.,नाम\n919800000001,1,2,3,4\n".encode())
    assert leads.warnings == ()
    assert leads.summary.columns == ("Name", "name", "Kunden Nr.", "नाम")


@pytest.mark.behaviour("C6")
@pytest.mark.parametrize("header", ["phone_number,a,a", "phone_number,a, a", "phone_number,\u200bphone_number"])
def test_headers_that_are_alike_after_cleaning_are_refused(header: str) -> None:
    assert refused(f"{header}\n919800000001,1,2\n").code == "duplicate_column"


@pytest.mark.behaviour("C6")
def test_a_column_without_a_header_is_dropped_with_a_warning() -> None:
    leads = read_leads(b"phone_number,,name, \n919800000001,lost,Asha,lost too\n")
    assert leads.contacts.rows() == [("919800000001", "Asha")]
    assert [(warning.path, warning.code) for warning in leads.warnings] == [
        ("header.2", "blank_header"),
        ("header.4", "blank_header"),
    ]


@pytest.mark.behaviour("C6")
@pytest.mark.parametrize("name", ["_campaign_id", "_attempt_id", " _contact_id"])
def test_reserved_names_are_refused(name: str) -> None:
    assert refused(f"phone_number,{name}\n919800000001,1\n").code == "reserved_column"


@pytest.mark.behaviour("C6")
def test_two_hundred_columns_and_no_more() -> None:
    header = ["phone_number", *(f"v{i}" for i in range(199))]
    row = ["919800000001", *("x" for _ in range(199))]
    assert read_leads(f"{','.join(header)}\n{','.join(row)}\n".encode()).contacts.width == 200
    error = refused(f"{','.join(header)},one_more\n{','.join(row)},x\n")
    assert (error.code, error.facts["actual"]) == ("too_many_columns", 201)


@pytest.mark.behaviour("C8")
@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x85"])
def test_a_control_character_in_the_header_is_refused_with_its_line(character: str) -> None:
    error = refused(f"\nphone_number,na{character}me\n919800000001,Asha\n")
    assert (error.code, error.facts["line"], error.facts["column"]) == ("header_control_character", 2, 2)


@pytest.mark.behaviour("C8")
def test_a_lone_carriage_return_in_the_header_is_refused() -> None:
    error = refused("phone_number,na\rme\n919800000001,Asha\n")
    assert (error.code, error.facts["line"]) == ("header_control_character", 1)


def test_many_and_long_names_are_cut_in_the_message() -> None:
    with pytest.raises(IngestError) as caught:
        read_header(["x" * 100, *(f"column {i}" for i in range(50))], line=1, max_columns=200)
    assert "and 31 more" in str(caught.value)
    assert "x" * 50 not in str(caught.value)


def test_positions_are_those_of_the_kept_columns() -> None:
    header = read_header(["a", "", "phone_number", "b"], line=1, max_columns=200)
    assert (header.width, header.positions, header.names) == (4, (2, 0, 3), ("a", "b"))


@pytest.mark.behaviour("C6")
def test_very_many_columns_without_a_header_are_told_in_one_warning() -> None:
    leads = read_leads(f"phone_number{',' * 16_383}\n919800000001{',x' * 16_383}\n".encode())
    assert len(leads) == 1
    assert [warning.path for warning in leads.warnings] == [f"header.{column}" for column in range(2, 23)]
    assert str(leads.warnings[-1]).startswith(
        "header.22: 16,363 more columns have no header and were left out, the last of them column 16,384."
    )


@pytest.mark.behaviour("C6")
def test_a_header_with_more_cells_than_any_spreadsheet_is_refused() -> None:
    with pytest.raises(IngestError) as caught:
        read_leads(f"phone_number{',' * 16_384}\n919800000001\n".encode())
    assert (caught.value.code, caught.value.facts) == (
        "too_many_columns",
        {"line": 1, "limit": 16_384, "actual": 16_385},
    )


@pytest.mark.behaviour("C6")
@pytest.mark.parametrize(
    ("header", "hint"),
    [
        ("phone_number|name", "Its columns must be divided by commas, semicolons or tabs."),
        ("name | phone_number", "Its columns must be divided by commas, semicolons or tabs."),
        ("sep=;", "That line is for a spreadsheet: delete it, so that the header comes first."),
    ],
)
def test_a_header_that_is_no_header_of_this_kind_is_told_what_to_do(header: str, hint: str) -> None:
    with pytest.raises(IngestError) as caught:
        read_leads(f"{header}\n919800000001\n".encode())
    assert caught.value.code == "no_phone_number_column"
    assert str(caught.value).endswith(hint)
