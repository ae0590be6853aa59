"""The store in SQLite, with every commit on the disk, beside raw sqlite3.

    python -m benchmarks.bench_store_sqlite [--quick]

Wall clock: most of the time is spent waiting for the disk. `TMPDIR` says which disk.
"""

from __future__ import annotations

import argparse
import sqlite3
import tempfile
from pathlib import Path

from benchmarks.harness import (
    Program,
    Promise,
    Sample,
    Section,
    installed,
    machine,
    measure,
    promises_table,
    run as run_one,
    table,
)
from benchmarks.store_tables import RATE_HEADS, Results, loaded

ROUNDS = 3
LARGE, SMALL = 500_000, 20_000
CYCLES = {10: 1_000, 100: 200}
"""Cycles of one measurement, by the contacts in a batch."""
QUICK_CYCLES = {10: 50, 100: 5}
LIBRARIES = ("sqlalchemy",)
TITLE = "The durable store: SQLite"


def programs(folder: Path, contacts: int, cycles: dict[int, int], *, quick: bool) -> dict[str, Program]:
    """Return what is run, by name; our own is followed by its limit."""

    def program(title: str, work: str, batch: int = 10) -> Program:
        sizes = ("--contacts", str(contacts), "--batch", str(batch), "--cycles", str(cycles[batch]))
        return Program(f"SQLite, {title}", ("-m", "benchmarks.store_sqlite", work, str(folder), *sizes))

    planned = {
        "load": program("load", "load"),
        "load, leads": program("load, leads", "load_leads"),
        "load, bare": program("load, bare", "load_bare"),
        "load, bare, unique": program("load, bare, unique", "load_bare_unique"),
    }
    for batch in cycles:
        planned[f"dial {batch}"] = program(f"dial {batch}", "dial", batch)
        planned[f"dial {batch}, bare"] = program(f"dial {batch}, bare", "dial_bare", batch)
    planned["lists"] = program("whole lists", "lists")
    planned["lists, bare"] = program("whole lists, bare", "lists_bare")
    if quick:
        del planned["load, leads"], planned["load, bare, unique"]
    return planned


def dialled(batch: int, cycles: int) -> float:
    return float(batch * cycles)


def rates(results: Results, cycles: dict[int, int]) -> str:
    rows = [
        results.rate_row(
            ["executemany into a bare table" if name == "load, bare" else title], name, "load, bare", loaded
        )
        for name, title in {
            "load": "load a list: stage and create",
            "load, leads": "the same, of checked leads",
            "load, bare": "",
            "load, bare, unique": "the same, numbers unique",
        }.items()
        if results.has(name)
    ]
    for batch, count in cycles.items():
        for name, title in ((f"dial {batch}", "claim and outcome"), (f"dial {batch}, bare", "the same, raw sqlite3")):
            rows.append(
                results.rate_row([f"{title}, batches of {batch}"], name, f"dial {batch}, bare", rate_of(batch * count))
            )
    return table(["work", *RATE_HEADS], rows)
