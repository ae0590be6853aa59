"""Walk many seeds, on all cores, and keep the figures.

    python tests/stress/long.py --seeds 20000 --first 0 --slice 500

Each slice appends a line to `tests/stress/log.csv`: date, commit, first seed, seeds, attempts, requests, faults,
crashes, operator actions, violations. A seed that breaks a promise is printed with the command that replays it, and the
exit code is 1.
"""

from __future__ import annotations

import argparse
import csv
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

_TESTS = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    # As a script this file is in no package yet.
    sys.path[:0] = [str(_TESTS), str(_TESTS.parent / "src")]

from stress.walk import CRASHES, FAULTS, walk  # noqa: E402 - not before the path is known

if TYPE_CHECKING:
    from stress.walk import Walked

HEADER = "date commit first seeds attempts requests faults crashes operator_actions violations".split()
LOG = Path(__file__).with_name("log.csv")


def main(arguments: Sequence[str]) -> int:
    """Walk the seeds that were asked for."""
    parser = argparse.ArgumentParser(description="Walk many seeds of the stress test.")
    parser.add_argument("--seeds", type=int, default=20_000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--slice", type=int, default=500, help="seeds for each line of the log")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes")
    parser.add_argument("--log", type=Path, default=LOG, help="where the figures go")
    given = parser.parse_args(arguments)
    began, violations, attempts, end = time.monotonic(), 0, 0, given.first + given.seeds
    commit = _commit()
    with _walkers(given.workers) as walks:
        for first in range(given.first, end, given.slice):
            seeds = range(first, min(first + given.slice, end))
            line = _sum_up(first, len(seeds), walks(seeds))
            _append(given.log, [datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), commit, *line])
            violations, attempts = violations + line[-1], attempts + line[2]
            took = time.monotonic() - began
            done = seeds.stop - given.first
            print(f"{done} seeds, {attempts} attempts, {violations} violations, {took:.0f} s", flush=True)
    return int(violations > 0)


@contextmanager
def _walkers(count: int) -> Iterator[Callable[[range], Iterator[Walked]]]:
    """Walk in a pool of processes, or in this one where one is enough."""
    if count == 1:
        yield lambda seeds: map(walk, seeds)
        return
    with multiprocessing.get_context("spawn").Pool(count) as pool:
        yield lambda seeds: pool.imap(walk, seeds, chunksize=10)


def _sum_up(first: int, seeds: int, walks: Iterator[Walked]) -> list[int]:
    attempts = requests = faults = crashes = actions = violations = 0
    for walked in walks:
        counts = walked.counts
        attempts += walked.attempts
        requests += walked.requests
        faults += sum(counts[name] for name in FAULTS)
        crashes += counts[CRASHES]
        actions += sum(count for name, count in counts.items() if name.startswith(("did ", "refused ")))
        violations += len(walked.broken)
        if walked.broken:
            print(walked, flush=True)
    return [first, seeds, attempts, requests, faults, crashes, actions, violations]


def _append(log: Path, line: Sequence[object]) -> None:
    fresh = not log.exists()
    with log.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if fresh:
            writer.writerow(HEADER)
        writer.writerow(line)


def _commit() -> str:
    """Return the commit that is checked out, with a plus where files differ from it."""
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--dirty=+"], cwd=_TESTS, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
