"""Run all benchmarks and print their tables.

    python -m benchmarks [--quick] [--only NAME] [--rounds N] [--write FILE]

Every benchmark is repeatable, apart from the time it takes. The run ends with exit code 1 when a program fails, or when
programs that are compared did not do the same work. Figures that miss what was promised are told, and fail nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from benchmarks import (
    bench_import,
    bench_ingest,
    bench_list,
    bench_simulate,
    bench_store_postgres,
    bench_store_sqlite,
    bench_windows,
)
from benchmarks.harness import Section, machine, promises_table, say

BENCHMARKS = {
    "windows": bench_windows,
    "import": bench_import,
    "ingest": bench_ingest,
    "simulate": bench_simulate,
    "list": bench_list,
    "sqlite": bench_store_sqlite,
    "postgres": bench_store_postgres,
}
INTRODUCTION = """\
Written by `python -m benchmarks --write docs/explanation/performance-figures.md`; what the columns mean and how all of
it is measured is on [Performance](performance.md)."""
QUICK = "**A quick run**: few rounds and a small list, to see that the benchmarks work. Its figures say little."
ROUNDS = "**The number of rounds was set by hand**: {}. Each benchmark has a number of its own that tames the noise."


def page(sections: Sequence[Section], *, quick: bool, rounds: int | None) -> str:
    libraries = sorted({name for benchmark in BENCHMARKS.values() for name in benchmark.LIBRARIES})
    promises = [promise for section in sections for promise in section.promises]
    parts = ["# Performance figures", INTRODUCTION, machine(libraries)]
    if quick:
        parts.append(QUICK)
    if rounds:
        parts.append(ROUNDS.format(rounds))
    parts += ["## What was promised, and what was measured", promises_table(promises)]
    parts += [section.text() for section in sections]
    return "\n\n".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Run the benchmarks, print their tables.")
    parser.add_argument("--quick", action="store_true", help="a smoke test: small lists, few rounds, under a minute")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="only this one; may be repeated")
    parser.add_argument("--rounds", type=int, help="rounds of each benchmark, instead of its own number")
    parser.add_argument("--write", type=Path, metavar="FILE", help="also write the tables to a file")
    arguments = parser.parse_args()
    began = perf_counter()
    sections = []
    for name in arguments.only or BENCHMARKS:
        say(f"--- {name}")
        sections.append(BENCHMARKS[name].run(quick=arguments.quick, rounds=arguments.rounds))
    text = page(sections, quick=arguments.quick, rounds=arguments.rounds)
    print(text, end="")
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")
    say(f"took {perf_counter() - began:.0f} s")
    unsound = [section.title for section in sections if not section.sound]
    if unsound:
        raise SystemExit(f"The work was not what it should be, see the tables of: {', '.join(unsound)}.")


if __name__ == "__main__":
    main()
