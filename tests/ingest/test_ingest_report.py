"""The report as a CSV: exact for programs, guarded for spreadsheets."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from ori_campaigns.ingest import REASONS, Leads, read_leads


def written(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream, strict=True))


@pytest.mark.behaviour("C4")
def test_every_skipped_record_is_written_and_reads_back_the_same(tmp_path: Path) -> None:
    values = ["N/A", "a,b", 'a "b"', "two\nlines", "cr\rinside", " spaces ", "=1+1", "+91", "नंबर", ""]
    leads = Leads.of(["919800000001", *values])
    leads.write_skipped(tmp_path / "skipped.csv")
    lines = written(tmp_path / "skipped.csv")
    assert lines[0] == ["line", "value", "reason"]
    assert [line[:2] for line in lines[1:]] == [[str(i), value] for i, value in enumerate(values, start=2)]
    assert [line[2] for line in lines[1:]] == leads.skipped["reason"].to_list()


@pytest.mark.behaviour("C4")
def test_a_report_without_skipped_records_is_a_header(tmp_path: Path) -> None:
    read_leads(b"phone_number\n919800000001\n").write_skipped(str(tmp_path / "skipped.csv"))
    assert written(tmp_path / "skipped.csv") == [["line", "value", "reason"]]


def test_a_spreadsheet_takes_no_value_for_a_formula(tmp_path: Path) -> None:
    values = ["=1+1", "+91", "-1", "@x", "\t=1", "\r=1", "\uff1d1", "harmless", "a=1"]
    Leads.of(["919800000001", *values]).write_skipped(tmp_path / "skipped.csv", mode="spreadsheet")
    cells = [line[1] for line in written(tmp_path / "skipped.csv")[1:]]
    assert cells == ["'=1+1", "'+91", "'-1", "'@x", "'\t=1", "'\r=1", "'\uff1d1", "harmless", "a=1"]


def test_every_reason_is_explained() -> None:
    assert set(REASONS) == {
        "blank", "not_digits", "too_short", "too_long", "scientific_notation", "duplicate", "control_character",
        "too_many_fields", "stray_quote", "over_limit",
    }  # fmt: skip
