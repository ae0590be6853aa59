"""A whole campaign in virtual time: the engine beside the bare loop and simpy.

    python -m benchmarks.bench_simulate [--quick]

The model is told in `campaign_models`. Ratios are of processor time for one attempt.
"""

from __future__ import annotations

import argparse
import gc
from collections.abc import Callable, Mapping, Sequence
from math import sqrt
from statistics import median

from benchmarks import campaign_models as models
from benchmarks.harness import (
    Program,
    Promise,
    Sample,
    Samples,
    Section,
    by_round,
    installed,
    machine,
    measure,
    megabytes,
    perform,
    promises_table,
    table,
    weigh,
)

ROUNDS = 3
SMALLEST, SMALL, MIDDLE, LARGE = 5_000, 10_000, 100_000, 500_000

ENGINE = "ori_campaigns.simulation"
ALONE = "the same, the engine alone"
FINE = "the same, carrier with burst 1"
WEIGHED = "the same, its event log weighed"
BARE = "bare loop"
BARE_LUCK = "bare loop, the call model's draws"
FIFO = "simpy, Resource"
PRIORITY = "simpy, PriorityResource"

# The burst that lets the engine look once a second, and one at which it must look at every single call.
SECOND_OF_CALLS, SINGLE_CALLS = models.CPS, 1

# The bare loop that draws the same chances: for the engine all counts must be equal; the order in which people are
# called cannot change what they do. simpy draws from `random` in the order of calling.
TWINS = {ENGINE: BARE_LUCK, ALONE: BARE_LUCK, FINE: BARE_LUCK, WEIGHED: BARE_LUCK, FIFO: BARE, PRIORITY: BARE}
TOLERANCE = 0.01
HOUR = 3_600_000

LIBRARIES = ("attrs", "python-dateutil", "simpy")


# --- the work --------------------------------------------------------------------------------------------------------


def work(name: str, contacts: int) -> None:
    """Measure one program in this process."""
    if name in {ENGINE, ALONE, FINE, WEIGHED}:
        perform_engine(name, contacts)
    elif name in {FIFO, PRIORITY}:
        import simpy  # noqa: F401 - so that its import is not measured

        perform(lambda: models.simpy_model(contacts, priority=name == PRIORITY))
    else:
        fate = models.luck_of_the_model() if name == BARE_LUCK else None
        # A small list is done in hundredths of a second.
        perform(lambda: models.bare_loop(contacts, fate), times=max(MIDDLE // contacts, 1))


def perform_engine(name: str, contacts: int) -> None:
    burst, alone = SINGLE_CALLS if name == FINE else SECOND_OF_CALLS, name == ALONE
    # The list is the caller's, and a first small campaign imports what is imported late: neither is measured.
    numbers = models.Numbers(contacts)
    models.engine_found(models.engine(models.Numbers(50), burst, alone=alone))
    kept = []

    def simulate() -> Mapping[str, float]:
        kept.append(models.engine(numbers, burst, alone=alone))
        return models.engine_found(kept[0])

    perform(simulate, after=weigh_event_log if name == WEIGHED else None)


def weigh_event_log() -> dict[str, float]:
    """Find the store's event log, wherever it is kept, and weigh it."""
    from ori_campaigns.stores.memory.log import EventLog

    log = max((thing for thing in gc.get_objects() if isinstance(thing, EventLog)), key=len)
    return {"events": len(log), "log": weigh(log)}


# --- what to run -----------------------------------------------------------------------------------------------------


def programs(*, quick: bool) -> list[tuple[int, Program]]:
    """Return what is run: contacts, and the program."""
    plan: list[tuple[int, str, int | None]] = [
        (SMALL, ENGINE, None),
        (SMALL, ALONE, None),
        (SMALL, FINE, None),
        (SMALL, BARE, None),
        (SMALL, BARE_LUCK, None),
        (SMALL, FIFO, None),
        # It sorts the whole queue for each that asks: quadratic, hence only here.
        (SMALL, PRIORITY, None),
    ]
    if quick:
        plan.append((SMALL, WEIGHED, None))
    else:
        plan = [
            (SMALLEST, ENGINE, None),
            (SMALLEST, BARE, None),
            *plan,
            (MIDDLE, ENGINE, None),
            (MIDDLE, ALONE, 1),
            (MIDDLE, WEIGHED, 1),
            (MIDDLE, BARE, None),
            (MIDDLE, BARE_LUCK, None),
            (MIDDLE, FIFO, None),
            (LARGE, ENGINE, None),
            # Only for its memory, which hardly varies.
            (LARGE, WEIGHED, 1),
            (LARGE, BARE, None),
            (LARGE, BARE_LUCK, None),
            # Two minutes: what promises are held against.
            (LARGE, FIFO, 1),
        ]
    return [
        (contacts, program(name, contacts, rounds))
        for contacts, name, rounds in plan
        if name not in {FIFO, PRIORITY} or installed("simpy")
    ]


def program(name: str, contacts: int, rounds: int | None) -> Program:
    arguments = ("-m", "benchmarks.bench_simulate", "--work", name, "--contacts", str(contacts))
    title = f"{contacts:,} contacts, {name}"
    return Program(title, arguments) if rounds is None else Program(title, arguments, rounds)


class Results:
    """What was measured, by size and name."""

    def __init__(self, planned: Sequence[tuple[int, Program]], samples: Samples) -> None:
        self.samples = {(contacts, program.arguments[3]): samples[program] for contacts, program in planned}

    @property
    def largest(self) -> int:
        return max(contacts for contacts, _ in self.samples)

    def has(self, contacts: int, name: str) -> bool:
        return (contacts, name) in self.samples

    def costs(self, contacts: int, name: str) -> list[float]:
        """Processor seconds for one attempt, round by round."""
        return [sample.cpu / sample.found["attempts"] for sample in self.samples[contacts, name]]

    def ratio(self, mine: tuple[int, str], its: tuple[int, str]) -> float:
        return by_round(self.costs(*mine), self.costs(*its))

    def bytes_a_contact(self, contacts: int, name: str) -> float:
        return median(sample.grown for sample in self.samples[contacts, name]) / contacts

    def found(self, contacts: int, name: str) -> Mapping[str, float]:
        return self.samples[contacts, name][0].found


# --- tables ----------------------------------------------------------------------------------------------------------


def cost_row(results: Results, contacts: int, name: str) -> list[str]:
    samples = results.samples[contacts, name]
    ours = 1 / results.ratio((contacts, ENGINE), (contacts, name))
    return [
        name,
        f"{contacts:,}",
        f"{1 / median(results.costs(contacts, name)):,.0f}",
        *spread(samples, lambda sample: sample.cpu),
        f"{median(sample.wall for sample in samples):.2f}",
        megabytes(median(sample.peak for sample in samples)),
        f"{results.bytes_a_contact(contacts, name):,.0f}" if samples[0].peak else "-",
        f"{results.ratio((contacts, name), (contacts, BARE)):.2f}",
        f"{ours:.2f}",
        str(len(samples)),
    ]


def spread(samples: Sequence[Sample], read: Callable[[Sample], float]) -> list[str]:
    values = [read(sample) for sample in samples]
    return [f"{value:.2f}" for value in (median(values), min(values), max(values))]


COST_HEADS = [
    "program",
    "contacts",
    "attempts/s of CPU",
    "CPU s, median",
    "min",
    "max",
    "wall s",
    "peak MB",
    "bytes a contact",
    "x bare loop",
    "x engine",
    "rounds",
]
"""`x bare loop` and `x engine`: processor time for one attempt, as a multiple of theirs at the same size."""


def same_work(results: Results) -> tuple[str, bool]:
    """Compare what the programs counted; return the table, and whether all did the same work."""
    rows, sound = [], True
    for contacts, name in results.samples:
        mine = results.found(contacts, name)
        off, allowed = deviation(mine, results.found(contacts, BARE)), max(TOLERANCE, chance(contacts))
        same = off <= allowed
        twin = TWINS.get(name)
        exact = ""
        if twin and results.has(contacts, twin):
            its = results.found(contacts, twin)
            exact = "equal" if counts(mine) == counts(its) else f"{deviation(mine, its):.3%} off"
            same = same and deviation(mine, its) <= TOLERANCE
        sound = sound and same
        rows.append(
            [
                name,
                f"{contacts:,}",
                *(f"{value:,}" for value in counts(mine)),
                f"{mine['ends'] / HOUR:.2f}",
                f"{off:.2%} of {allowed:.2%}",
                exact,
                "yes" if same else "**no**",
            ]
        )
    heads = ["program", "contacts", "attempts", "answered", "reached", "exhausted", "hours"]
    return table([*heads, "off, of allowed", "same draws", "same work"], rows), sound


def counts(found: Mapping[str, float]) -> list[int]:
    return [int(found[key]) for key in ("attempts", "answered", "reached", "exhausted")]


def deviation(mine: Mapping[str, float], its: Mapping[str, float]) -> float:
    """How far attempts or answered calls, whichever is further, are from another program's."""
    return max(abs(mine[key] / its[key] - 1) for key in ("attempts", "answered"))


def chance(contacts: int) -> float:
    """Three standard errors between two independent counts of answered contacts, as a share."""
    reached = 1 - (1 - models.RATE) ** models.MAX_ATTEMPTS
    return 3 * sqrt(2 * (1 - reached) / (reached * contacts))


def bytes_without_events(results: Results, contacts: int) -> float:
    log = results.found(contacts, WEIGHED)["log"]
    return results.bytes_a_contact(contacts, WEIGHED) - log / contacts


def memory_table(results: Results) -> str:
    rows = []
    for contacts, name in results.samples:
        if name == WEIGHED:
            found = results.found(contacts, name)
            rows.append(
                [
                    f"{contacts:,}",
                    f"{results.bytes_a_contact(contacts, name):,.0f}",
                    f"{found['log'] / contacts:,.0f}",
                    f"{bytes_without_events(results, contacts):,.0f}",
                    f"{found['events'] / contacts:.1f}",
                    f"{found['log'] / found['events']:.0f}",
                ]
            )
    heads = ["contacts", "bytes a contact", "the event log's", "the rest", "events a contact", "bytes an event"]
    return table(heads, rows)


def promises(results: Results) -> list[Promise]:
    size = results.largest
    at = f"at {size:,}" if size == LARGE else f"at {size:,} (promised at {LARGE:,})"
    made = [Promise(f"simulate {at}: times the bare loop", results.ratio((size, ENGINE), (size, BARE)), "x", 10, 6)]
    fine = results.ratio((SMALL, FINE), (SMALL, BARE))
    made.append(Promise(f"the same at {SMALL:,}, carrier with burst 1: times the bare loop", fine, "x", None, 10))
    for name in (PRIORITY, FIFO):
        sizes = [contacts for contacts, other in results.samples if other == name]
        if sizes:
            faster = 1 / results.ratio((max(sizes), ENGINE), (max(sizes), name))
            made.append(Promise(f"{name}, times the engine, at {max(sizes):,}", faster, "x", 5, 8, most=False))
    if size == LARGE:
        grown = results.ratio((LARGE, ENGINE), (SMALLEST, ENGINE))
        made.append(Promise(f"cost of an attempt at {LARGE:,}, times that at {SMALLEST:,}", grown, "x", 1.5, 1.15))
    if results.bytes_a_contact(size, WEIGHED):
        rest = bytes_without_events(results, size)
        made.append(Promise(f"bytes a contact {at}, without variables and events", rest, " B", None, 200))
    return made


def growth_note(results: Results) -> str:
    if results.largest < LARGE:
        return ""
    bare = results.ratio((LARGE, BARE), (SMALLEST, BARE))
    return f"The bare loop's own cost of an attempt at {LARGE:,} contacts was {bare:.2f} times that at {SMALLEST:,}."


def run(*, quick: bool = False, rounds: int | None = None) -> Section:
    planned = programs(quick=quick)
    samples = measure([program for _, program in planned], rounds or (1 if quick else ROUNDS))
    results = Results(planned, samples)
    work_done, sound = same_work(results)
    body = [
        table(COST_HEADS, [cost_row(results, *each) for each in results.samples if each[1] != WEIGHED]),
        growth_note(results),
        "Memory of the engine:",
        memory_table(results),
        "Did all do the same work?",
        work_done,
    ]
    if not installed("simpy"):
        body.append('simpy is not installed, so it was left out: `python -m pip install "ori-campaigns[bench]"`.')
    return Section("Simulating a campaign", [part for part in body if part], promises(results), sound)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure simulated campaigns: the engine, the bare loop, simpy.")
    parser.add_argument("--quick", action="store_true", help=f"{SMALL:,} contacts and one round")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--contacts", type=int, default=SMALL, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        work(arguments.work, arguments.contacts)
        return
    section = run(quick=arguments.quick, rounds=arguments.rounds)
    print(machine(LIBRARIES), section.text(), promises_table(section.promises), sep="\n\n")
    raise SystemExit(0 if section.sound else 1)


if __name__ == "__main__":
    main()
