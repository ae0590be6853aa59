"""Attempt files: formula-safe or exact CSV, Parquet, whole or not at all."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from ori_campaigns.analytics.export import CsvMode, write_attempts
from ori_campaigns.errors import InvalidDefinition

MOMENT = datetime(2026, 1, 5, 3, 30, 0, 1234, tzinfo=UTC)
# What a spreadsheet takes for a formula, and what only looks a little like one.
FORMULAS = ["=1+1", "+91 98", "-3", "@SUM(A1)", "\tx", "\rx", "\nx", "\uff1d1", "\uff0b1", "\uff0d1", "\uff201"]
HARMLESS = ["919800000001", "x=1", " =1", "'=1", "", "a-b", "no_answer", "Köln, दिल्ली", 'say "hi"', "two\nlines"]
FRAME = pl.DataFrame(
    {
        "disposition": [*FORMULAS, *HARMLESS],
        "answered_at": [MOMENT, *[None] * (len(FORMULAS) + len(HARMLESS) - 1)],
        "talk_seconds": [0.5] * (len(FORMULAS) + len(HARMLESS)),
        "connected": [True] * (len(FORMULAS) + len(HARMLESS)),
    },
    schema_overrides={"answered_at": pl.Datetime("us", "UTC")},
)


def cells(path: Path, encoding: str) -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as stream:
        return list(csv.reader(stream))


@pytest.mark.behaviour("M5")
def test_no_cell_of_a_spreadsheet_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "attempts.csv"
    write_attempts(FRAME, path)
    titles, *rows = cells(path, "utf-8-sig")
    assert titles == FRAME.columns
    assert [row[0] for row in rows] == [*(f"'{text}" for text in FORMULAS), *HARMLESS]
    assert rows[0][1:] == ["2026-01-05 03:30:00", "0.5", "true"]
    assert rows[1][1] == ""
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.behaviour("M5")
def test_exact_changes_no_text(tmp_path: Path) -> None:
    path = tmp_path / "attempts.csv"
    write_attempts(FRAME, path, mode="exact")
    _, *rows = cells(path, "utf-8")
    assert [row[0] for row in rows] == [*FORMULAS, *HARMLESS]
    assert rows[0][1] == "2026-01-05T03:30:00.001234Z"


@pytest.mark.behaviour("M5")
def test_parquet_gives_the_frame_back(tmp_path: Path) -> None:
    modes: tuple[CsvMode, ...] = ("spreadsheet", "exact")
    for mode in modes:
        write_attempts(FRAME, tmp_path / "attempts.parquet", mode=mode)
        assert pl.read_parquet(tmp_path / "attempts.parquet").equals(FRAME)


def test_the_titles_of_columns_are_guarded_too(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    write_attempts(pl.DataFrame({"=1+1": ["a"], "^.*$": ["=2"], "name": ["b"]}), path)
    assert cells(path, "utf-8-sig") == [["'=1+1", "^.*$", "name"], ["a", "'=2", "b"]]


def test_the_two_guards_of_the_library_agree(tmp_path: Path) -> None:
    # The list of skipped rows is guarded where it is written; adapters share no code.
    from ori_campaigns.ingest.report import write_skipped_csv

    rows = [*FORMULAS, *HARMLESS]
    write_skipped_csv(tmp_path / "skipped.csv", [(1, text, "r") for text in rows], mode="spreadsheet")
    write_attempts(pl.DataFrame({"value": rows}), tmp_path / "attempts.csv")
    skipped = [row[1] for row in cells(tmp_path / "skipped.csv", "utf-8")[1:]]
    assert skipped == [row[0] if row else "" for row in cells(tmp_path / "attempts.csv", "utf-8-sig")[1:]]


def test_an_empty_frame_is_its_titles(tmp_path: Path) -> None:
    write_attempts(FRAME.clear(), tmp_path / "attempts.csv", mode="exact")
    assert (tmp_path / "attempts.csv").read_text() == "disposition,answered_at,talk_seconds,connected\n"


@pytest.mark.parametrize("name", ["attempts", "attempts.xlsx", "csv"])
def test_an_unknown_ending_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match=r"Let it end with \.csv or \.parquet") as refused:
        write_attempts(FRAME, tmp_path / name)
    assert refused.value.code == "unknown_file_format"
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_mode_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidDefinition, match="Give spreadsheet or exact") as refused:
        write_attempts(FRAME, tmp_path / "attempts.csv", mode="excel")  # type: ignore[arg-type]
    assert refused.value.code == "unknown_csv_mode"


def test_a_failure_leaves_the_older_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "attempts.csv"
    path.write_text("older")

    def full(_: pl.DataFrame, target: Path, **__: object) -> None:
        target.write_text("half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_csv", full)
    with pytest.raises(OSError, match="No space left"):
        write_attempts(FRAME, path)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("attempts.csv", "older")]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="absent"):
        write_attempts(FRAME, tmp_path / "absent" / "attempts.csv")
