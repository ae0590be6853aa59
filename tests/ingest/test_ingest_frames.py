"""Frames as a source of leads."""

from __future__ import annotations

import polars as pl
import pytest

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Leads, Limits, Progress, read_leads


def refused(frame: pl.DataFrame, limits: Limits | None = None) -> IngestError:
    with pytest.raises(IngestError) as caught:
        read_leads(frame, limits=limits or Limits())
    return caught.value


@pytest.mark.behaviour("C13", "C5")
def test_the_columns_are_the_header_and_the_rows_the_records() -> None:
    frame = pl.DataFrame(
        {
            "name ": ["Asha", None, " ", "Ravi"],
            "phone_number": ["+91 98000-00001", "12", "919800000002", "91 9800000001"],
            "plan": ["007", "", None, "x"],
            "": ["dropped"] * 4,
            "nothing": [None] * 4,
        }
    )
    leads = read_leads(frame)
    assert leads.contacts.rows() == [("919800000001", "Asha", "007", None), ("919800000002", None, None, None)]
    assert leads.skipped.rows() == [(2, "12", "too_short"), (4, "91 9800000001", "duplicate")]
    assert leads.summary.source == "frame"
    assert leads.summary.columns == ("name", "plan", "nothing")
    assert [warning.code for warning in leads.warnings] == ["header_cleaned", "blank_header"]
    assert leads.format is None


@pytest.mark.behaviour("C13")
def test_the_frame_of_a_file_gives_the_leads_of_the_file() -> None:
    data = b'phone_number,n,m\n919800000001,"a\nb",c\n12,,\n,x,y\n919800000001,p,q\n919800000009, ,"z"\n'
    of_file, of_frame = read_leads(data), read_leads(pl.read_csv(data, infer_schema=False))
    assert of_frame.contacts.equals(of_file.contacts)
    assert of_frame.skipped["reason"].equals(of_file.skipped["reason"])
    assert of_frame.skipped["line"].to_list() == [2, 3, 4]


@pytest.mark.behaviour("C13", "C8")
def test_a_control_character_in_a_kept_column_is_reported() -> None:
    frame = pl.DataFrame(
        {"phone_number": ["919800000001", "919800000002", "9\0", None], "n": ["a\x85", "\t\r\n", "", ""], "": "\0"}
    )
    leads = read_leads(frame)
    assert leads.contacts.rows() == [("919800000002", None)]
    assert leads.skipped.rows() == [
        (1, "919800000001", "control_character"), (3, "9\0", "control_character"), (4, "", "blank"),
    ]  # fmt: skip


@pytest.mark.behaviour("C5", "C13")
@pytest.mark.parametrize("dtype", [pl.Int64, pl.Float64, pl.Categorical, pl.Binary])
def test_a_column_that_is_not_text_is_refused(dtype: type[pl.DataType]) -> None:
    frame = pl.DataFrame({"phone_number": ["919800000001"], "code": pl.Series([None]).cast(dtype)})
    error = refused(frame)
    assert error.code == "not_text"
    assert error.facts == {"columns": ("code",)}
    assert "'code'" in str(error)
    assert "infer_schema=False" in str(error)


@pytest.mark.behaviour("C3", "C13")
def test_the_limits_of_records_and_columns_hold() -> None:
    frame = pl.DataFrame({"phone_number": [f"9198{i:08d}" for i in range(13)], "n": ["x"] * 13})
    assert refused(frame, Limits(max_records=12)).facts == {"limit": 12, "actual": 13}
    assert refused(frame, Limits(max_columns=1)).code == "too_many_columns"
    leads = read_leads(frame, limits=Limits(max_records=2), over_limit="truncate")
    assert leads.summary.by_reason == {"over_limit": 11}
    assert leads.skipped["line"].to_list() == list(range(3, 14))


@pytest.mark.behaviour("C1", "C8", "C13")
def test_a_frame_without_numbers_rows_or_columns() -> None:
    assert refused(pl.DataFrame({"Phone Number": ["1"]})).code == "no_phone_number_column"
    assert refused(pl.DataFrame({"phone_number": pl.Series([], dtype=pl.String)})).code == "no_rows"
    assert refused(pl.DataFrame({"phone_number": [None]})).code == "no_valid_rows"
    assert refused(pl.DataFrame()).code == "no_phone_number_column"


@pytest.mark.behaviour("C13")
def test_progress_counts_rows() -> None:
    told: list[Progress] = []
    frame = pl.DataFrame({"phone_number": [f"9198{i:08d}" for i in range(250_000)]})
    read_leads(frame, progress=told.append)
    assert told == [Progress(n, 250_000, n) for n in (100_000, 200_000, 250_000)]


@pytest.mark.behaviour("C12", "C13")
def test_the_frame_is_not_changed_and_may_be_read_again() -> None:
    frame = pl.DataFrame({"phone_number": ["919800000001", None], "n": [" ", "x"]})
    before = frame.clone()
    first, second = read_leads(frame), read_leads(frame)
    assert frame.equals(before)
    assert first.contacts.equals(second.contacts)
    assert first.skipped.equals(second.skipped)


@pytest.mark.behaviour("C5", "C13")
def test_a_name_that_is_a_pattern_to_polars_is_a_name() -> None:
    names = ["^sec.*$", "secret", "*", "^.*$"]
    frame = pl.DataFrame({"phone_number": ["919800000001"], **{name: [name[::-1]] for name in names}})
    expected = {name: name[::-1] for name in names}
    assert read_leads(frame).variables(0) == expected
    assert Leads.of([{"phone_number": "919800000001", **expected}]).variables(0) == expected
    assert read_leads(frame.write_csv().encode()).variables(0) == expected


def test_a_number_in_the_place_of_a_name_is_masked_everywhere() -> None:
    error = refused(pl.DataFrame({"919800000001": [919800000002]}))
    assert error.code == "not_text"
    assert "9198" not in f"{error} {error.facts}"
