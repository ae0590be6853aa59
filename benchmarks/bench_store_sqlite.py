"""The store in SQLite, with every commit on the disk, beside raw sqlite3.

    python -m benchmarks.bench_store_sqlite [--quick]

Wall clock: most of the time is spent waiting for the disk. `TMPDIR` says which disk.
"""

from __future__ import annotations

import sqlite3
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks import harness
from benchmarks.harness import Program, Promise, Sample, Section, table
from benchmarks.store_tables import RATE_HEADS, WHOLE_LISTS_NOTE, Read, Results, loaded

ROUNDS = 3
LARGE, SMALL = 500_000, 20_000
LIBRARIES = ("sqlalchemy",)
TITLE = "The durable store: SQLite"
WITHOUT = 'SQLAlchemy is not installed, so all of it was left out: `python -m pip install "ori-campaigns[sql]"`.'


class Line(NamedTuple):
    """A program with a rate: its name, what it is called in the table, its limit, and how much of it there is.

    Parameters:
        cycles: how many batches are dealt with; of a quick run, the second.
    """

    name: str
    title: str
    work: str
    limit: str
    batch: int = 0
    cycles: tuple[int, int] = (0, 0)
    quick: bool = True


PLAN = (
    Line("load", "load a list: stage and create", "load", "load, bare"),
    Line("load, leads", "the same, a list that was read and checked", "load_leads", "load, bare", quick=False),
    Line("load, bare", "executemany into a bare table", "load_bare", "load, bare"),
    Line("load, unique", "the same, numbers unique", "load_bare_unique", "load, bare", quick=False),
    Line("dial 10", "claim and outcome, batches of 10", "dial", "dial 10, bare", 10, (1_000, 40)),
    Line("dial 10, bare", "the same, raw sqlite3", "dial_bare", "dial 10, bare", 10, (1_000, 40)),
    Line("dial 100", "claim and outcome, batches of 100", "dial", "dial 100, bare", 100, (200, 8)),
    Line("dial 100, bare", "the same, raw sqlite3", "dial_bare", "dial 100, bare", 100, (200, 8)),
)


def rate_of(line: Line) -> Read:
    """Contacts a second."""

    def dialled(sample: Sample) -> float:
        # One batch came before, to warm up.
        return (sample.found["calls"] - line.batch) / sample.wall

    return dialled if line.batch else loaded


def programs(folder: Path, contacts: int, *, quick: bool) -> dict[str, Program]:
    """Return what is run, by name."""

    def program(name: str, work: str, *more: str) -> Program:
        arguments = ("-m", "benchmarks.store_sqlite", work, str(folder), "--contacts", str(contacts), *more)
        return Program(f"SQLite, {name}", arguments)

    planned = {
        line.name: program(line.name, line.work, "--batch", str(line.batch), "--cycles", str(line.cycles[quick]))
        for line in PLAN
        if line.quick or not quick
    }
    return {**planned, "lists": program("lists", "lists"), "lists, bare": program("lists, bare", "lists_bare")}


def measured(contacts: int, *, quick: bool, rounds: int) -> Results:
    with tempfile.TemporaryDirectory(prefix="ori-bench-") as folder:
        sizes = ("--contacts", str(contacts))
        harness.run(Program("SQLite, preparing", ("-m", "benchmarks.store_sqlite", "prepare", folder, *sizes)))
        planned = programs(Path(folder), contacts, quick=quick)
        return Results(planned, harness.measure(list(planned.values()), rounds))


def promises(results: Results, contacts: int) -> list[Promise]:
    at = "" if contacts == LARGE else f" at {contacts:,} (promised at {LARGE:,})"
    floors = {"load": (80_000, 150_000), "dial 10": (1_500, 4_000), "dial 100": (4_000, 10_000)}
    return [
        Promise(
            f"SQLite: {line.title}{at}",
            results.median(line.name, rate_of(line)),
            "/s",
            *floors[line.name],
            most=False,
        )
        for line in PLAN
        if line.name in floors
    ]


def run(*, quick: bool = False, rounds: int | None = None) -> Section:
    if not harness.installed("sqlalchemy"):
        return Section(TITLE, [WITHOUT])
    contacts = SMALL if quick else LARGE
    results = measured(contacts, quick=quick, rounds=rounds or (1 if quick else ROUNDS))
    lines = [line for line in PLAN if results.has(line.name)]
    rows = [results.rate_row([line.title], line.name, line.limit, rate_of(line)) for line in lines]
    body = [
        f"SQLite {sqlite3.sqlite_version}, WAL, `synchronous=FULL`; {contacts:,} contacts with four call variables.",
        table(["work", *RATE_HEADS], rows),
        WHOLE_LISTS_NOTE,
        results.whole_lists(),
    ]
    sound = (
        all(results.alike(f"dial {batch}", f"dial {batch}, bare") for batch in (10, 100))
        and all(results.all_are(line.name, "contacts", contacts) for line in lines if not line.batch)
        and results.all_are("lists", "same", 1)
    )
    return Section(TITLE, body, promises(results, contacts), sound)


if __name__ == "__main__":
    harness.command(
        "Measure the store in SQLite beside raw sqlite3.", f"{SMALL:,} contacts and one round", run, LIBRARIES
    )
