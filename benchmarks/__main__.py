"""Run all benchmarks and print their tables.

    python -m benchmarks [--quick] [--only NAME] [--rounds N] [--write FILE | --renew FILE]

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
from benchmarks.harness import Section, machine, promises_table, say, table

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
PROMISED = "What was promised, and what was measured"
ROUNDS = "**The number of rounds was set by hand**: {}. Each benchmark has a number of its own that tames the noise."


def page(sections: Sequence[Section], *, quick: bool, rounds: int | None) -> str:
    libraries = sorted({name for benchmark in BENCHMARKS.values() for name in benchmark.LIBRARIES})
    promises = [promise for section in sections for promise in section.promises]
    parts = ["# Performance figures", INTRODUCTION, machine(libraries)]
    if quick:
        parts.append(QUICK)
    if rounds:
        parts.append(ROUNDS.format(rounds))
    parts += [f"## {PROMISED}", promises_table(promises)]
    parts += [section.text() for section in sections]
    return "\n\n".join(parts) + "\n"


AGAIN = "Measured once more, by itself: {}"


def renewed(written: str, sections: Sequence[Section], measured_on: str) -> str:
    """Return a page that was written before, with these sections and what they promise instead of its own.

    Raises:
        SystemExit: the page has no such section or promise; then only a whole run can write it.
    """
    parts = written.rstrip("\n").split("\n\n## ")
    promises = {promise.what: promise.row() for section in sections for promise in section.promises}
    for section in sections:
        places = [place for place, part in enumerate(parts) if part.startswith(f"{section.title}\n")]
        if len(places) != 1:
            raise SystemExit(f"The page has no section {section.title!r}; write it anew with --write.")
        title, *body = section.text().removeprefix("## ").split("\n\n")
        parts[places[0]] = "\n\n".join([title, AGAIN.format(measured_on), *body])
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in parts[1].splitlines()[2:]]
    heads, _, *told = rows
    if unknown := promises.keys() - {row[0] for row in told}:
        raise SystemExit(f"The page does not promise {', '.join(sorted(unknown))}; write it anew with --write.")
    parts[1] = f"{PROMISED}\n\n{table(heads, [promises.get(row[0], row) for row in told])}"
    return "\n\n## ".join(parts) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Run the benchmarks, print their tables.")
    parser.add_argument("--quick", action="store_true", help="a smoke test: small lists, few rounds, under a minute")
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="only this one; may be repeated")
    parser.add_argument("--rounds", type=int, help="rounds of each benchmark, instead of its own number")
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument("--write", type=Path, metavar="FILE", help="also write the tables to a file")
    kept.add_argument("--renew", type=Path, metavar="FILE", help="put them in place of those in a file written before")
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
    if arguments.renew:
        libraries = sorted({name for only in arguments.only or BENCHMARKS for name in BENCHMARKS[only].LIBRARIES})
        written = arguments.renew.read_text(encoding="utf-8")
        arguments.renew.write_text(renewed(written, sections, machine(libraries)), encoding="utf-8")
    say(f"took {perf_counter() - began:.0f} s")
    unsound = [section.title for section in sections if not section.sound]
    if unsound:
        raise SystemExit(f"The work was not what it should be, see the tables of: {', '.join(unsound)}.")


if __name__ == "__main__":
    main()
