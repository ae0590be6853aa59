"""Reading lead files with the whole report, beside what else reads a CSV and beside libphonenumber.

    python -m benchmarks.bench_ingest [--quick]

Processor time is a multiple of what polars needs to read the same file without looking at anything in it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import harness
from benchmarks.harness import MEGABYTE, Program, Promise, Sample, Samples, Section, by_round, megabytes, table
from benchmarks.lead_files import KINDS, ROWS, SHAPE_ROWS, SHAPES, path_of

ROUNDS = 5
QUICK_ROWS = 20_000
SINGLE_FILE = "wide, wild"
LIBRARIES = ("polars", "pandas", "duckdb", "phonenumbers")
TITLE = "Reading a lead file"

TIDY, WILD = ("wide", "narrow"), ("wide, wild", "narrow, wild")
LIBPHONENUMBER = ("phonenumbers",)


class Line(NamedTuple):
    """A program that reads a file.

    Parameters:
        work: its name in `lead_readers`.
        title: what it is called in the table.
        needs: modules without which there is nothing to measure.
        rounds: so many at most.
    """

    work: str
    title: str
    needs: tuple[str, ...] = ()
    rounds: int = ROUNDS
    options: tuple[str, ...] = ()


RAW = Line("polars", "polars.read_csv, all columns text")
OURS = Line("digits", "**read_leads**")
PIPELINE = Line("pipeline", "polars: read, clean, first of each; no report")
CLEANING = Line("loop_cleaning", "csv.DictReader, re, a set", rounds=3)
OURS_E164 = Line("e164", "**read_leads, E164**", LIBPHONENUMBER)
VERDICTS = Line("phonenumbers", "csv.DictReader, phonenumbers for each row", LIBPHONENUMBER, rounds=1)
SINGLE = Line("single", "numbers one by one", LIBPHONENUMBER)
TIDY_LINES = (
    RAW,
    PIPELINE,
    OURS,
    Line("duckdb", "DuckDB read_csv, all_varchar", ("duckdb",)),
    Line("pandas", "pandas.read_csv, dtype=str", ("pandas",)),
    Line("loop", "csv.DictReader, nothing checked", rounds=3),
    CLEANING,
)
WILD_LINES = (
    RAW,
    OURS_E164,
    OURS_E164._replace(title="the same, first file of the process", options=("--cold",)),
    OURS,
    VERDICTS,
)
LINES = {**dict.fromkeys(TIDY, TIDY_LINES), **dict.fromkeys(WILD, WILD_LINES)}

SHAPE_TITLES = {
    "plain": "plain lines, no quotes",
    "quoted": "every cell quoted",
    "inner quotes": 'a quote inside a cell of every line: 5" pipe',
    "said": 'a comma before a quote in every note: he said, "no"',
    "two lines": "every record on two lines",
    "semicolon": "semicolons",
    "utf-16": "UTF-16",
    "bad rows": "a tenth of the numbers is none",
}
SHAPE_OPTIONS = {
    "plain": ("--no-quotes",),
    "inner quotes": ("--no-quotes",),
    "semicolon": ("--delimiter", ";"),
    "utf-16": ("--encoding", "utf-16"),
}

HEADS = (
    "program",
    "contacts",
    "CPU s, median",
    "min",
    "max",
    "wall s",
    "x polars",
    "x polars, wall",
    "peak MB",
    "rounds",
)
SHAPE_HEADS = ("file", "MB", "CPU s, median", "min", "max", "wall s", "x polars", "x plain", "peak MB", "rounds")


class Run(NamedTuple):
    """Programs that are measured, by the file and the line they belong to."""

    programs: Mapping[tuple[str, Line], Program]
    samples: Samples
    sizes: Mapping[str, int]

    def of(self, name: str, line: Line) -> list[Sample]:
        """What was measured; nothing where a library is missing."""
        program = self.programs.get((name, line))
        return self.samples[program] if program else []

    def found(self, name: str, line: Line, what: str) -> float | None:
        """What a program found; None where it was not measured."""
        samples = self.of(name, line)
        return samples[0].found[what] if samples else None


def wall(samples: Sequence[Sample]) -> list[float]:
    return [sample.wall for sample in samples]


def cpu(samples: Sequence[Sample]) -> list[float]:
    return [sample.cpu for sample in samples]


# --- measuring -------------------------------------------------------------------------------------------------------


def planned(folder: Path) -> Iterator[tuple[tuple[str, Line], Program]]:
    """Yield the programs whose libraries are there."""
    lines = [(name, line, ()) for name in KINDS for line in LINES[name]]
    shaped = [(name, line, SHAPE_OPTIONS.get(name, ())) for name in SHAPES for line in (RAW, OURS)]
    for name, line, how in [*lines, *shaped, (SINGLE_FILE, SINGLE, ())]:
        if all(harness.installed(module) for module in line.needs):
            arguments = ("-m", "benchmarks.lead_readers", line.work, str(path_of(folder, name)), *how, *line.options)
            yield (name, line), Program(f"{name}: {line.title.replace('*', '')}", arguments, line.rounds)


def measured(rows: int, shape_rows: int, rounds: int) -> Run:
    with tempfile.TemporaryDirectory(prefix="ori-bench-") as folder:
        sizes = ("--rows", str(rows), "--shape-rows", str(shape_rows))
        harness.say("writing the files")
        harness.run(Program("writing the files", ("-m", "benchmarks.lead_files", folder, *sizes)))
        programs = dict(planned(Path(folder)))
        samples = harness.measure(list(programs.values()), rounds)
        return Run(programs, samples, {name: path_of(Path(folder), name).stat().st_size for name in [*KINDS, *SHAPES]})


# --- tables ----------------------------------------------------------------------------------------------------------


def row_of(run: Run, name: str, line: Line) -> list[str]:
    mine, its = run.of(name, line), run.of(name, RAW)
    if not mine:
        return [line.title, "not installed", *["-"] * (len(HEADS) - 2)]
    accepted = mine[0].found.get("accepted")
    return [
        line.title,
        "-" if accepted is None else f"{accepted:,.0f}",
        *seconds(mine),
        f"{by_round(cpu(mine), cpu(its)):.2f}",
        f"{by_round(wall(mine), wall(its)):.2f}",
        megabytes(median(sample.peak for sample in mine)),
        str(len(mine)),
    ]


def shape_row(run: Run, name: str) -> list[str]:
    mine = run.of(name, OURS)
    return [
        SHAPE_TITLES[name],
        megabytes(run.sizes[name]),
        *seconds(mine),
        f"{by_round(cpu(mine), cpu(run.of(name, RAW))):.2f}",
        f"{by_round(cpu(mine), cpu(run.of('plain', OURS))):.2f}",
        megabytes(median(sample.peak for sample in mine)),
        str(len(mine)),
    ]


def seconds(samples: Sequence[Sample]) -> list[str]:
    times = cpu(samples)
    return [f"{value:.3f}" for value in (median(times), min(times), max(times), median(wall(samples)))]


def single_note(run: Run) -> str:
    samples = run.of(SINGLE_FILE, SINGLE)
    if not samples:
        return "One number at a time was not measured: phonenumbers is not installed."
    ours, its = (median(sample.found[name] for sample in samples) * 1e6 for name in ("ours", "phonenumbers"))
    return (
        f"One number at a time, as for a lead that is appended: `E164.clean` {ours:.1f} µs, phonenumbers (parse, "
        f"validate, format) {its:.1f} µs; {single_ratio(samples):.2f} times as much."
    )


def single_ratio(samples: Sequence[Sample]) -> float:
    return by_round([sample.found["ours"] for sample in samples], [sample.found["phonenumbers"] for sample in samples])


def body_of(run: Run, rows: int, shape_rows: int) -> list[str]:
    parts = []
    for title, name in (
        ("Nine columns, tidy numbers", "wide"),
        ("Nine columns, numbers in any spelling", "wide, wild"),
        ("Four columns, tidy numbers", "narrow"),
        ("Four columns, numbers in any spelling", "narrow, wild"),
    ):
        parts.append(f"{title}: {rows:,} rows, {run.sizes[name] / MEGABYTE:,.1f} MB.")
        parts.append(table(HEADS, [row_of(run, name, line) for line in LINES[name]]))
    parts.append(single_note(run))
    parts.append(f"`read_leads` on files that are written otherwise, {shape_rows:,} rows each:")
    parts.append(table(SHAPE_HEADS, [shape_row(run, name) for name in SHAPES]))
    return parts


# --- promises and soundness ------------------------------------------------------------------------------------------


def promises(run: Run, rows: int) -> list[Promise]:
    at = "" if rows == ROWS else f" at {rows:,} rows (promised at {ROWS:,})"
    kept = []
    for name, line, what, floor, goal in (
        ("wide", OURS, "100 MB, default policy", 6, 3.5),
        ("wide, wild", OURS_E164, "100 MB, E164", 9, 5),
    ):
        mine, its = run.of(name, line), run.of(name, RAW)
        if mine:
            ratio = by_round(cpu(mine), cpu(its))
            kept.append(Promise(f"read_leads, {what}: times polars.read_csv{at}", ratio, "x", floor, goal))
            ratio = by_round(wall(mine), wall(its))
            kept.append(Promise("the same by the wall clock", ratio, "x", floor, goal))
    peak = max(sample.peak for sample in run.of("wide", OURS)) / MEGABYTE
    kept.append(Promise(f"read_leads, 100 MB, default policy: peak memory{at}", peak, " MB", 700, 600))
    if singles := run.of(SINGLE_FILE, SINGLE):
        kept.append(Promise("one number, E164.clean: times phonenumbers", single_ratio(singles), "x", None, 1.2))
    return kept


def differences(run: Run, rows: int, shape_rows: int) -> list[str]:
    """Say where programs did not do the same work."""
    said = []
    for (name, line), program in run.programs.items():
        for sample in run.samples[program]:
            found, expected = sample.found, rows if name in KINDS else shape_rows
            if line is not SINGLE and found["rows"] != expected:
                said.append(f"{program.name}: {found['rows']:,} rows instead of {expected:,}")
            if "skipped" in found and found["accepted"] + found["skipped"] != found["rows"]:
                said.append(f"{program.name}: accepted and skipped are not all")
    pairs = [(name, OURS, line) for name in TIDY for line in (CLEANING, PIPELINE)]
    pairs += [(name, OURS_E164, VERDICTS) for name in WILD]
    for name, line, other in pairs:
        mine, its = run.found(name, line, "accepted"), run.found(name, other, "accepted")
        if None not in {mine, its} and mine != its:
            said.append(f"{name}: {line.title} accepts {mine:,}, {other.title} {its:,}")
    return list(dict.fromkeys(said))


def run(*, quick: bool = False, rounds: int | None = None) -> Section:
    rows, shape_rows = (QUICK_ROWS, QUICK_ROWS) if quick else (ROWS, SHAPE_ROWS)
    done = measured(rows, shape_rows, rounds or (1 if quick else ROUNDS))
    body = body_of(done, rows, shape_rows)
    unlike = differences(done, rows, shape_rows)
    if unlike:
        body.append("**Not the same work.** " + "; ".join(unlike) + ".")
    return Section(TITLE, body, promises(done, rows), not unlike)


if __name__ == "__main__":
    harness.command(
        "Measure how lead files are read, beside other ways to read them.",
        f"files of {QUICK_ROWS:,} rows, one round",
        run,
        LIBRARIES,
    )
