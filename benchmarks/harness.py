"""Measure programs side by side: a fresh process for each measurement, in turn, round by round.

A program is a command line. What it measures it measures itself, around the work alone, and prints as one line of JSON
(`perform` and `tell` do so). Programs take turns within a round, and ratios are taken round by round before their
median, so that a busy neighbour slows both sides of a ratio.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import platform
import re
import runpy
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from types import FunctionType, ModuleType
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MEGABYTE = 1_000_000
_STATUS = Path("/proc/self/status")
_LAST_LINES = 15
LONG = 1.0
"""Seconds after which a reader wants to know that something goes on."""


class Program(NamedTuple):
    """What to run: a name for the tables, and the arguments of the Python interpreter.

    `rounds` is for programs whose figure hardly varies and that take long: so many rounds at most.
    """

    name: str
    arguments: tuple[str, ...]
    rounds: int = 1_000_000


class Sample(NamedTuple):
    """One measurement: seconds of wall clock and of processor time, bytes, and what the program found.

    `peak` is the largest resident size of the process (VmHWM), `grown` how far it went beyond the size before the
    work; both 0 where the system does not tell.
    """

    wall: float
    cpu: float
    peak: int
    grown: int
    found: Mapping[str, float]


Samples = dict[Program, list[Sample]]


# --- inside the measured process -------------------------------------------------------------------------------------


def memory(name: str) -> int:
    """Return a figure of this process in bytes: VmRSS, resident now, or VmHWM, the most there was."""
    with suppress(OSError):
        found = re.search(rf"^{name}:\s+(\d+) kB", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
        if found:
            return int(found[1]) * 1024
    return 0


def perform(
    work: Callable[[], Mapping[str, float]], times: int = 1, after: Callable[[], Mapping[str, float]] | None = None
) -> None:
    """Do the work, and print what it cost and what it found.

    Parameters:
        times: how often; the cost is the mean. For what is over too soon to be measured once.
        after: finds more when the work has been measured, at no cost to it.
    """
    gc.collect()
    # The high-water mark starts again from here: what imports needed for a moment is not the work's.
    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = memory("VmRSS")
    wall, cpu = perf_counter(), process_time()
    for _ in range(times):
        found = work()
    wall, cpu = (perf_counter() - wall) / times, (process_time() - cpu) / times
    peak = memory("VmHWM")
    tell(wall, cpu, {**found, **(after() if after else {})}, peak, peak - before)


def tell(wall: float, cpu: float, found: Mapping[str, float], peak: int = 0, grown: int = 0) -> None:
    """Print one measurement, for `measure` to read."""
    peak = peak or memory("VmHWM")
    print(json.dumps({"wall": wall, "cpu": cpu, "peak": peak, "grown": max(grown, 0), "found": dict(found)}))


def weigh(root: object) -> int:
    """Return the bytes of an object and of all that can be reached from it, classes and modules apart."""
    total, seen, heap = 0, {id(root)}, [root]
    gc.disable()
    while heap:
        thing = heap.pop()
        # The allocator deals in units of sixteen bytes.
        total += (sys.getsizeof(thing) + 15) & ~15
        for part in gc.get_referents(thing):
            if id(part) not in seen and not isinstance(part, (type, ModuleType, FunctionType)):
                seen.add(id(part))
                heap.append(part)
    gc.enable()
    return total


# --- outside ---------------------------------------------------------------------------------------------------------


def measure(programs: Sequence[Program], rounds: int, *, warm_up: bool = False) -> Samples:
    """Run all programs so many times, in turn; each round begins with another one.

    Parameters:
        warm_up: first run each once without counting it, so that bytecode is compiled and files are cached.
    """
    samples: Samples = {program: [] for program in programs}
    if warm_up:
        for program in programs:
            run(program)
    for number in range(rounds):
        turn = number % len(programs)
        for program in [*programs[turn:], *programs[:turn]]:
            if len(samples[program]) < program.rounds:
                sample = run(program)
                samples[program].append(sample)
                if sample.wall >= LONG:
                    say(f"round {number + 1} of {rounds}: {program.name}: {sample.cpu:.1f} s of CPU")
    return samples


def run(program: Program) -> Sample:
    """Run a program in a process of its own; one that fails ends everything."""
    environment = dict(os.environ)
    # Without stored bytecode every import would be a compilation.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    path = [str(ROOT / "src"), *filter(None, [environment.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(path)
    command = [sys.executable, *program.arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        last = "\n".join(done.stderr.strip().splitlines()[-_LAST_LINES:])
        raise SystemExit(f"{program.name} failed with exit code {done.returncode}:\n{last}")
    return Sample(**json.loads(done.stdout.splitlines()[-1]))


def say(line: str) -> None:
    """Report progress, apart from the tables."""
    print(line, file=sys.stderr, flush=True)


def by_round(mine: Sequence[float], its: Sequence[float]) -> float:
    """Return the median of the ratios of each round."""
    return median(one / other for one, other in zip(mine, its, strict=False))


# --- tables ----------------------------------------------------------------------------------------------------------


class Promise(NamedTuple):
    """A figure that was promised: the floor must hold, the goal is where it should be.

    `most` says whether the figure may be at most, or must be at least, what was promised.
    """

    what: str
    measured: float
    unit: str
    floor: float | None
    goal: float | None
    most: bool = True

    def verdict(self, promised: float | None) -> str:
        if promised is None:
            return "-"
        holds = self.measured <= promised if self.most else self.measured >= promised
        return f"{'≤' if self.most else '≥'} {promised:,g}{self.unit}: {'holds' if holds else '**does not hold**'}"

    def row(self) -> tuple[str, ...]:
        # Three digits count; written out, since a rate is easily a hundred thousand.
        measured = f"{float(f'{self.measured:.3g}'):,g}{self.unit}"
        return self.what, measured, self.verdict(self.floor), self.verdict(self.goal)


class Section(NamedTuple):
    """What one benchmark found, as Markdown; `sound` is false when its programs did not do the same work."""

    title: str
    body: Sequence[str]
    promises: Sequence[Promise] = ()
    sound: bool = True

    def text(self) -> str:
        return "\n\n".join([f"## {self.title}", *self.body])


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, its first column to the left and the others to the right."""
    widths = [max(len(row[column]) for row in [heads, *rows]) for column in range(len(heads))]

    def line(cells: Sequence[str]) -> str:
        first, *rest = zip(cells, widths, strict=True)
        return "| " + " | ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in rest)]) + " |"

    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([line(heads), line(rule), *map(line, rows)])


def promises_table(promises: Sequence[Promise]) -> str:
    return table(["promised", "measured", "floor", "goal"], [promise.row() for promise in promises])


def machine(libraries: Sequence[str]) -> str:
    """Say in a sentence what this was measured on."""
    ours = runpy.run_path(str(ROOT / "src" / "ori_campaigns" / "_version.py"))["__version__"]
    versions = [f"ori-campaigns {ours}", *(f"{name} {version_of(name)}" for name in libraries)]
    load = f"; load average at the start {os.getloadavg()[0]:.2f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{os.cpu_count()} cores, {processor()}; {platform.system()} {platform.machine()}{load}. "
        f"{platform.python_implementation()} {platform.python_version()}, {', '.join(versions)}."
    )


def processor() -> str:
    with suppress(OSError):
        cpuinfo = Path("/proc/cpuinfo").read_text(encoding="utf-8")
        if found := re.search(r"^model name\s*: (.+)$", cpuinfo, re.MULTILINE):
            return found[1].strip()
    return platform.processor() or "processor not known"


def version_of(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"


def installed(module: str) -> bool:
    return find_spec(module) is not None


def megabytes(size: float) -> str:
    return f"{size / MEGABYTE:,.0f}" if size else "-"


def command(description: str, quick: str, run: Callable[..., Section], libraries: Sequence[str]) -> None:
    """Run one benchmark as a command of its own; the exit code is 1 when its programs did not do the same work.

    Parameters:
        description: what it measures.
        quick: what `--quick` does.
        run: the benchmark; takes `quick` and `rounds`.
        libraries: whose versions are told.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--rounds", type=int)
    arguments = parser.parse_args()
    section = run(quick=arguments.quick, rounds=arguments.rounds)
    print(machine(libraries), section.text(), promises_table(section.promises), sep="\n\n")
    raise SystemExit(0 if section.sound else 1)
