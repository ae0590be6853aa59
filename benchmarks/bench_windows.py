"""When does the window open next? Compiled intervals against what else one would use for it.

    python -m benchmarks.bench_windows [--quick]

Every line answers the same question for instants of the same month, one with a change of clocks. A round is a new
process that measures every line once; the ratio is to a bare bisection of a list.
"""

from __future__ import annotations

from statistics import median

from benchmarks.harness import Program, Promise, Section, by_round, command, measure, megabytes, table

ROUNDS = 15
QUICK_ROUNDS = 2
LIBRARIES = ("polars", "python-dateutil", "tzdata")

BISECT = "bare bisect in a function"
WARM = "Schedule.next_open, warm"
BULKY = "a column of 500,000, per row"


def run(*, quick: bool = False, rounds: int | None = None) -> Section:
    program = Program("windows", ("-m", "benchmarks.window_lookups"))
    samples = measure([program], rounds or (QUICK_ROUNDS if quick else ROUNDS))[program]
    times = {name: [sample.found[name] for sample in samples] for name in samples[0].found}
    rows = []
    for name, seconds in times.items():
        spread = [f"{value * 1e6:,.3f}" for value in (median(seconds), min(seconds), max(seconds))]
        rows.append([name, *spread, f"{by_round(seconds, times[BISECT]):,.2f}"])
    body = [
        table(["next open instant", "µs, median", "min", "max", "x bare bisect"], rows),
        f"Wall clock, rounds: {len(samples)}; peak memory {megabytes(max(sample.peak for sample in samples))} MB.",
    ]
    promises = [
        Promise("next open instant, warm: times a bare bisect", by_round(times[WARM], times[BISECT]), "x", 5, 2),
        Promise("the same for a column, a row", median(times[BULKY]) * 1e6, " µs", None, 0.2),
    ]
    return Section("When does the window open next?", body, promises)


if __name__ == "__main__":
    command("Measure how fast the next opening of a window is found.", f"{QUICK_ROUNDS} rounds", run, LIBRARIES)
