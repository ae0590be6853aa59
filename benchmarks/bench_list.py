"""How long does a page of the campaign list take, and does it depend on how many contacts are behind it?

    python -m benchmarks.bench_list [--quick]

A store holds 10,000 campaigns; the newest of them has 10 contacts, or 50,000. Each line is the median of repeated asks
in one process, warm; the ratio of the two sizes is taken round by round.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median
from typing import NamedTuple

from benchmarks.harness import Program, Promise, Samples, Section, by_round, command, measure, table

ROUNDS = 3
QUICK_ROUNDS = 1
CAMPAIGNS, QUICK_CAMPAIGNS = 10_000, 300
FEW = 10
MANY, QUICK_MANY = 50_000, 1_000
LIBRARIES = ("sqlalchemy",)

STORES = {"memory": "in memory", "sqlite": "SQLite"}
FILTERED = "filtered page"
ASKED = {
    FILTERED: "a page of 50, by name and status",
    "next page": "the next page, by name",
    "nothing found": "a search that finds nothing",
    "one by one": "for comparison: the counts of 50 campaigns, asked for one by one",
    "detail page": "the detail page of the newest",
    "page of contacts": "a page of its contacts, with their calls: 10 of them, or 50",
}


class Pair(NamedTuple):
    """The same store with few and with many contacts."""

    few: Program
    many: Program

    def ratio(self, samples: Samples, name: str) -> float:
        return by_round(seconds(samples, self.many, name), seconds(samples, self.few, name))


def seconds(samples: Samples, program: Program, name: str) -> list[float]:
    return [sample.found[name] for sample in samples[program]]


def programs(campaigns: int, many: int) -> Mapping[str, Pair]:
    def program(store: str, contacts: int) -> Program:
        arguments = ("-m", "benchmarks.list_pages", store, str(campaigns), str(contacts))
        return Program(f"{store}, {contacts:,} contacts", arguments)

    return {store: Pair(program(store, FEW), program(store, many)) for store in STORES}


def run(*, quick: bool = False, rounds: int | None = None) -> Section:
    campaigns, many = (QUICK_CAMPAIGNS, QUICK_MANY) if quick else (CAMPAIGNS, MANY)
    pairs = programs(campaigns, many)
    samples = measure([each for pair in pairs.values() for each in pair], rounds or (QUICK_ROUNDS if quick else ROUNDS))
    rows, promises = [], []
    for store, pair in pairs.items():
        for name, asked in ASKED.items():
            few, more = (1000 * median(seconds(samples, each, name)) for each in pair)
            rows.append(
                [f"{STORES[store]}: {asked}", f"{few:,.2f}", f"{more:,.2f}", f"{pair.ratio(samples, name):,.2f}"]
            )
        what = f"a page of the list of {campaigns:,} campaigns, {STORES[store]}"
        promises += [
            Promise(f"{what}: times as long with {many:,} contacts", pair.ratio(samples, FILTERED), "x", 1.5, 1.1),
            Promise(what, 1000 * median(seconds(samples, pair.many, FILTERED)), " ms", None, 20),
        ]
    heads = [f"{campaigns:,} campaigns", f"ms, {FEW} contacts", f"ms, {many:,} contacts", "x"]
    rounds_done = len(next(iter(samples.values())))
    return Section("How long does the campaign list take?", [table(heads, rows), f"Rounds: {rounds_done}."], promises)


if __name__ == "__main__":
    command(
        "Measure how long pages of the campaign list take.",
        f"{QUICK_CAMPAIGNS} campaigns, {QUICK_ROUNDS} round",
        run,
        LIBRARIES,
    )
