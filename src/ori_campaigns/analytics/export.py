"""Attempt reports as files: CSV that is safe to open in a spreadsheet, CSV that is exact, and Parquet (M5)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal, get_args

import polars as pl

from ori_campaigns.errors import InvalidDefinition, Problem

CsvMode = Literal["spreadsheet", "exact"]

# What makes a spreadsheet run a cell as a formula, full-width forms included.
_FORMULA_START = "^[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]"
_EXACT_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"
_SPREADSHEET_TIME = "%Y-%m-%d %H:%M:%S"


def write_attempts(frame: pl.DataFrame, path: str | os.PathLike[str], *, mode: CsvMode = "spreadsheet") -> None:
    r"""Write a frame of attempts, or any other report frame, to a `.csv` or `.parquet` file, whole or not at all.

    Phone numbers are written as the frame has them, `attempts_frame(..., reveal=False)` masks them. Moments are
    UTC in every form.

    Parameters:
        frame: what to write; moments must be UTC.
        path: where to; an existing file is replaced. The ending decides the format.
        mode: for CSV. `spreadsheet` puts an apostrophe before a text, or a column's name, that a spreadsheet would
            take for a formula, writes moments to the second as `2026-01-05 03:30:00`, and begins with the byte order
            mark by which spreadsheets know UTF-8. `exact` changes no text, and writes moments to the microsecond as
            `2026-01-05T03:30:00.000000Z`. Parquet is always exact.

    Raises:
        InvalidDefinition: codes `unknown_file_format`, `unknown_csv_mode`; nothing was written.
        OSError: the file could not be written; an older one at `path` is untouched.

    Implements M5.

    >>> import tempfile
    >>> told = pl.DataFrame({"disposition": ["no_answer", "=1+1"]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_attempts(told, Path(folder) / "attempts.csv")
    ...     (Path(folder) / "attempts.csv").read_text(encoding="utf-8-sig")
    "disposition\nno_answer\n'=1+1\n"
    """
    target = Path(path)
    write = _writer(frame, target, mode)
    # The dot keeps the unfinished file out of the sight of whoever looks for *.csv.
    unfinished = target.with_name(f".{target.name}.unfinished")
    try:
        write(unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _writer(frame: pl.DataFrame, target: Path, mode: str) -> Callable[[Path], None]:
    if mode not in get_args(CsvMode):
        hint = f"Give {' or '.join(get_args(CsvMode))}."
        raise InvalidDefinition([Problem("mode", "unknown_csv_mode", f"{mode!r} is no way to write CSV.", hint)],
                                what="The report")  # fmt: skip
    if target.suffix == ".parquet":
        return frame.write_parquet
    if target.suffix == ".csv":
        return lambda path: _write_csv(frame, path, spreadsheet=mode == "spreadsheet")
    message = f"{target.name} names no format that is known here."
    problem = Problem("path", "unknown_file_format", message, "Let it end with .csv or .parquet.")
    raise InvalidDefinition([problem], what="The report")


def _write_csv(frame: pl.DataFrame, path: Path, *, spreadsheet: bool) -> None:
    if not spreadsheet:
        frame.write_csv(path, datetime_format=_EXACT_TIME)
        return
    # By position, because polars takes some column names for patterns.
    guarded = frame.rename(lambda name: str(frame.get_column_index(name)))
    guarded = guarded.with_columns(
        pl.when(pl.col(name).str.contains(_FORMULA_START)).then("'" + pl.col(name)).otherwise(pl.col(name)).alias(name)
        for name, kind in guarded.schema.items()
        if kind == pl.String
    )
    names = pl.Series(frame.columns)
    guarded.columns = (
        pl.select(pl.when(names.str.contains(_FORMULA_START)).then("'" + names).otherwise(names)).to_series().to_list()
    )
    guarded.write_csv(path, include_bom=True, datetime_format=_SPREADSHEET_TIME)
