"""Leads: variables as written, the batch a store takes, rows given in memory, and refusals of the whole list."""

from __future__ import annotations

import subprocess
import sys

import polars as pl
import pytest

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Leads, Limits, read_leads
from ori_campaigns.views import ContactBatch

MESSY = (
    b"phone_number,Amount,code,Active,note\n"
    b"919800000001,1.50,007,Yes, kept as it is \n"
    b"+91 98000-00002,,  ,,\n"
    b"919800000003,1e5,0x1F,true,\xe2\x80\xaf\n"
    b"N/A,1,2,3,4\n"
    b"91-98000-00001,9,9,9,9\n"
)


@pytest.mark.behaviour("C5")
def test_values_stay_text_as_written_and_empty_cells_are_left_out() -> None:
    leads = read_leads(MESSY)
    assert [dict(leads.variables(i)) for i in range(len(leads))] == [
        {"Amount": "1.50", "code": "007", "Active": "Yes", "note": " kept as it is "},
        {},
        {"Amount": "1e5", "code": "0x1F", "Active": "true"},
    ]
    assert leads.contacts.schema == dict.fromkeys(["phone_number", "Amount", "code", "Active", "note"], pl.String)
    assert leads.contacts["note"].to_list() == [" kept as it is ", None, None]


@pytest.mark.behaviour("C5")
def test_columns_may_be_called_like_those_of_the_report() -> None:
    leads = read_leads(b"line,value,reason,phone_number\n1,2,3,919800000001\n4,5,6,12\n")
    assert leads.variables(0) == {"line": "1", "value": "2", "reason": "3"}
    assert leads.skipped.rows() == [(3, "12", "too_short")]


@pytest.mark.behaviour("C2", "C4")
def test_every_reason_and_exact_counts() -> None:
    rows = [
        "919800000001", "", "N/A", "1234567", "1234567890123456", "9.198E+11", "+91 98000 00001", "919800000002", " ",
    ]  # fmt: skip
    leads = Leads.of(rows)
    assert list(leads.numbers) == ["919800000001", "919800000002"]
    assert leads.skipped.rows() == [
        (2, "", "blank"),
        (3, "N/A", "not_digits"),
        (4, "1234567", "too_short"),
        (5, "1234567890123456", "too_long"),
        (6, "9.198E+11", "scientific_notation"),
        (7, "+91 98000 00001", "duplicate"),
        (9, " ", "blank"),
    ]
    assert leads.skipped.schema == {"line": pl.Int64, "value": pl.String, "reason": pl.String}
    summary = leads.summary
    assert (summary.total, summary.accepted, summary.skipped) == (9, 2, 7)
    assert list(summary.by_reason.items()) == [
        ("blank", 2), ("duplicate", 1), ("not_digits", 1), ("scientific_notation", 1), ("too_long", 1),
        ("too_short", 1),
    ]  # fmt: skip


@pytest.mark.behaviour("C2")
def test_the_first_spelling_of_a_number_is_the_one_that_is_kept() -> None:
    leads = read_leads(b"phone_number,n\n+91 98000-00001,first\n919800000001,second\n91-98000-00001,third\n")
    assert leads.contacts.rows() == [("919800000001", "first")]
    assert leads.skipped["line"].to_list() == [3, 4]


@pytest.mark.behaviour("C4")
def test_nothing_skipped() -> None:
    leads = read_leads(b"phone_number\n919800000001\n")
    assert leads.skipped.rows() == []
    assert leads.skipped.schema == {"line": pl.Int64, "value": pl.String, "reason": pl.String}
    assert leads.summary.by_reason == {}
    assert str(leads) == "bytes: 1 of 1 accepted, 0 skipped"


@pytest.mark.behaviour("C9")
def test_a_file_without_a_valid_row_is_refused_with_its_whole_report() -> None:
    with pytest.raises(IngestError) as caught:
        read_leads(b"phone_number,n\nN/A,a\n,b\n\n12,c\n,d\n")
    error = caught.value
    assert error.code == "no_valid_rows"
    assert error.facts["by_reason"] == {"blank": 2, "not_digits": 1, "too_short": 1}
    report = error.facts["leads"]
    assert isinstance(report, Leads)
    assert len(report) == 0
    assert report.skipped["line"].to_list() == [2, 3, 5, 6]


@pytest.mark.behaviour("C12")
def test_the_same_file_twice_gives_the_same_leads() -> None:
    rows = [f"+91 98{(i * 7_919) % 9_000:08d},{i}" for i in range(20_000)]
    data = ("phone_number,n\n" + "\n".join(rows)).encode()
    first, second = read_leads(data), read_leads(data)
    assert first.contacts.rows() == second.contacts.rows()
    assert first.skipped.rows() == second.skipped.rows()
    assert first.summary == second.summary
    assert list(first.numbers) == [f"9198{(i * 7_919) % 9_000:08d}" for i in range(9_000)]


def test_the_batch_a_store_takes() -> None:
    leads = Leads.of({"phone_number": f"9198{i:08d}", "n": str(i)} for i in range(10_000))
    batch: ContactBatch = leads  # the type checker's half of this test
    assert batch.numbers == [f"9198{i:08d}" for i in range(10_000)]
    assert len(leads) == 10_000
    for index in (0, 1, 4_095, 4_096, 9_999, 17):
        assert leads.number(index) == f"9198{index:08d}"
        assert leads.variables(index) == {"n": str(index)}
    for index in (-1, 10_000):
        with pytest.raises(IndexError):
            leads.number(index)
        with pytest.raises(IndexError):
            leads.variables(index)


def test_leads_do_not_show_a_number() -> None:
    leads = read_leads(MESSY)
    for text in (repr(leads), str(leads), repr(leads.summary), repr(leads.warnings)):
        assert "98000" not in text
    assert str(leads) == "bytes: 3 of 5 accepted, 2 skipped (duplicate 1, not_digits 1)"
    assert repr(leads) == f"<Leads {leads}>"


def test_rows_in_memory_are_cleaned_and_reported_like_a_file() -> None:
    leads = Leads.of(
        [
            "919800000001",
            {"phone_number": "+91 98000-00002", " name ": "Asha", "city": " "},
            {"city": "Pune", "phone_number": "919800000003"},
            {"phone_number": "919800000004", "city": "Pu\x00ne"},
        ]
    )
    assert leads.contacts.rows() == [
        ("919800000001", None, None),
        ("919800000002", "Asha", None),
        ("919800000003", None, "Pune"),
    ]
    assert leads.summary.columns == ("name", "city")
    assert leads.skipped.rows() == [(4, "919800000004", "control_character")]
    assert [warning.code for warning in leads.warnings] == ["header_cleaned"]


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([], "no_rows"),
        (["N/A"], "no_valid_rows"),
        ([{"name": "Asha"}], "no_phone_number_column"),
        (["919800000001", {"phone": "919800000002"}], "no_phone_number_column"),
        ([919800000001], "not_text"),
        ([{"phone_number": 919800000001}], "not_text"),
        ([{"phone_number": "919800000001", "n": None}], "not_text"),
        ([{"phone_number": "919800000001", 3: "x"}], "not_text"),
        ([{"phone_number": "919800000001", "_attempt_id": "x"}], "reserved_column"),
        ([{"phone_number": "919800000001", "n": "x", "n ": "y"}], "duplicate_column"),
        ([{"phone_number": "919800000001", **{f"v{i}": "x" for i in range(200)}}], "too_many_columns"),
    ],
)
def test_rows_in_memory_that_are_refused(rows: list[object], code: str) -> None:
    with pytest.raises(IngestError) as caught:
        Leads.of(rows)  # type: ignore[arg-type]
    assert caught.value.code == code
    assert "98000" not in str(caught.value)


def test_a_limit_is_at_least_one() -> None:
    for name in ("max_bytes", "max_records", "max_columns", "max_lines", "max_line_bytes"):
        with pytest.raises(Exception, match="1 or more") as caught:
            Limits(**{name: 0})
        assert getattr(caught.value, "code", None) == "bad_limit"


def test_what_to_do_over_the_limit_is_one_of_two() -> None:
    with pytest.raises(Exception, match="refuse or truncate"):
        read_leads(MESSY, over_limit="ignore")  # type: ignore[arg-type]


def test_numbers_and_errors_come_without_polars() -> None:
    code = "import sys, ori_campaigns.numbers, ori_campaigns.errors; print('polars' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert done.stdout.strip() == "False"
