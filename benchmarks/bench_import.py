"""How long does `import ori_campaigns` take, and what does it load?

    python -m benchmarks.bench_import [--quick]

Each import is timed inside an interpreter that has just started and has imported nothing for the measurement's sake.
"""

from __future__ import annotations

from statistics import median

from benchmarks.harness import (
    Program,
    Promise,
    Section,
    by_round,
    command,
    measure,
    megabytes,
    table,
)

ROUNDS = 25
QUICK_ROUNDS = 3
LIBRARIES = ("attrs", "python-dateutil", "polars", "cattrs", "anyio")

OURS = "import ori_campaigns"
STATEMENTS = (
    "pass",
    "import attrs",
    "import polars",
    OURS,
    "from ori_campaigns import simulate",
    "from ori_campaigns import read_leads",
)
HEAVY = ("polars", "cattrs", "anyio", "dateutil.parser")

# The harness is imported after the work: what it imports would otherwise be there already, and cost nothing.
TIMED = """
import sys, time
wall, cpu = time.perf_counter(), time.process_time()
{statement}
wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
loaded = {{name: int(name in sys.modules) for name in {heavy}}}
modules = len(sys.modules)
from benchmarks.harness import tell
tell(wall, cpu, {{**loaded, "modules": modules}})
"""


def run(*, quick: bool = False, rounds: int | None = None) -> Section:
    programs = {
        statement: Program(statement, ("-c", TIMED.format(statement=statement, heavy=HEAVY)))
        for statement in STATEMENTS
    }
    samples = measure(list(programs.values()), rounds or (QUICK_ROUNDS if quick else ROUNDS), warm_up=True)
    rows = []
    for statement, program in programs.items():
        mine, base = samples[program], samples[programs["import attrs"]]
        walls = [sample.wall * 1000 for sample in mine]
        ratio = by_round([sample.wall for sample in mine], [sample.wall for sample in base])
        rows.append(
            [
                f"`{statement}`",
                *(f"{value:.1f}" for value in (median(walls), min(walls), max(walls))),
                f"{median(sample.cpu for sample in mine) * 1000:.1f}",
                f"{ratio:.2f}",
                megabytes(median(sample.peak for sample in mine)),
                f"{mine[0].found['modules']:.0f}",
                ", ".join(name for name in HEAVY if mine[0].found[name]) or "-",
            ]
        )
    heads = ["statement", "ms, median", "min", "max", "CPU ms", "x `import attrs`", "peak MB", "modules", "heavy ones"]
    ours = samples[programs[OURS]]
    promise = Promise(f"`{OURS}`, wall", median(sample.wall for sample in ours) * 1000, " ms", 150, 125)
    # Heavy libraries in a plain import are a fault whatever the clock says.
    sound = not any(ours[0].found[name] for name in HEAVY)
    return Section("Importing the package", [table(heads, rows)], [promise], sound)


if __name__ == "__main__":
    command("Measure what importing the package costs.", f"{QUICK_ROUNDS} rounds", run, LIBRARIES)
