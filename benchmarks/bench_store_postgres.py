"""The store in PostgreSQL, beside bare SQL on the same server, and beside a job queue.

    python -m benchmarks.bench_store_postgres [--quick]

Wall clock: the server's work is not this process's. Where the server comes from: `postgres_server`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from benchmarks import harness, postgres_server
from benchmarks.harness import Program, Promise, Section, table
from benchmarks.store_tables import RATE_HEADS, WHOLE_LISTS_NOTE, Results, found, loaded

ROUNDS = 3
LARGE, SMALL = 500_000, 20_000
CLAIMS, QUICK_CLAIMS = 1_000, 40
SECONDS, QUICK_SECONDS = 5.0, 0.5
JOBS, QUICK_JOBS = 10_000, 1_000
LIBRARIES = ("sqlalchemy", "psycopg", "procrastinate")
TITLE = "The durable store: PostgreSQL"
WITHOUT_QUEUE = 'procrastinate is not installed, so it was left out: `python -m pip install "ori-campaigns[bench]"`.'

KINDS = {
    "ours": "decide, dial, record",
    "apart": "the same, each worker on one campaign",
    "steps": "the same, deciding by whole steps",
    "bare": "bare SQL",
    "queue": "procrastinate",
}


class Crowd(NamedTuple):
    """Workers at work together: on so many campaigns, with so many contacts at a time."""

    kind: str
    campaigns: int
    workers: int
    batch: int

    @property
    def name(self) -> str:
        return " ".join(map(str, self))

    @property
    def limit(self) -> str:
        """Bare SQL with as many workers; it has no campaigns that could be in its way."""
        return Crowd("bare", 1, self.workers, self.batch).name

    def title(self) -> list[str]:
        campaigns = "-" if self.kind == "queue" else str(self.campaigns)
        return [KINDS[self.kind], campaigns, str(self.workers), str(self.batch)]


ONE = Crowd("ours", 1, 1, 10)
ONE_BY_FOUR = Crowd("ours", 1, 4, 10)
FOUR = Crowd("ours", 4, 1, 10)
FOUR_BY_FOUR = Crowd("ours", 4, 4, 10)
IN_ALL = Crowd("ours", 4, 4, 100)
QUEUE, QUEUE_BY_FOUR = Crowd("queue", 1, 1, 10), Crowd("queue", 1, 4, 10)
CROWDS = (
    Crowd("ours", 1, 1, 1),
    ONE,
    Crowd("ours", 1, 1, 100),
    Crowd("steps", 1, 1, 10),
    ONE_BY_FOUR,
    FOUR,
    FOUR_BY_FOUR,
    Crowd("apart", 4, 4, 10),
    IN_ALL,
    Crowd("bare", 1, 1, 1),
    Crowd("bare", 1, 1, 10),
    Crowd("bare", 1, 1, 100),
    Crowd("bare", 1, 4, 10),
    Crowd("bare", 1, 4, 100),
    Crowd("queue", 1, 1, 1),
    QUEUE,
    QUEUE_BY_FOUR,
)
QUICK_CROWDS = (ONE, Crowd("steps", 1, 1, 10), Crowd("ours", 4, 2, 10), Crowd("bare", 1, 1, 10), QUEUE)
LOADS = {
    "load": ("load a list: stage and create", "load"),
    "load, leads": ("the same, a list that was read and checked", "load_leads"),
    "load, bare": ("COPY into a bare table", "load_bare"),
    "load, unique": ("the same, numbers unique", "load_bare_unique"),
}
NOT_QUICK = {"load, leads", "load, unique"}


class Prepared(NamedTuple):
    """A server, and the names of databases on it that are to be copied."""

    url: str
    one: str
    four: str
    bare: str

    def of(self, crowd: Crowd) -> str:
        """The database a crowd works on; the job queue begins with an empty one."""
        return {"bare": self.bare, "queue": ""}.get(crowd.kind, self.one if crowd.campaigns == 1 else self.four)


@contextmanager
def prepared(url: str, contacts: int) -> Iterator[Prepared]:
    with ExitStack() as stack:
        one, four, bare = (stack.enter_context(postgres_server.database(url)) for _ in range(3))
        sizes = ("--contacts", str(contacts))
        for where, work in ((one, ("prepare",)), (four, ("prepare", "--campaigns", "4")), (bare, ("prepare_bare",))):
            what, *more = work
            arguments = ("-m", "benchmarks.store_postgres", what, where, *more, *sizes)
            harness.run(Program("PostgreSQL, preparing", arguments))
        yield Prepared(url, *map(postgres_server.name_of, (one, four, bare)))


def crowds(*, quick: bool) -> list[Crowd]:
    queue = harness.installed("procrastinate")
    return [each for each in (QUICK_CROWDS if quick else CROWDS) if queue or each.kind != "queue"]


def programs(at: Prepared, contacts: int, *, quick: bool) -> dict[str, Program]:
    """Return what is run, by name."""

    def program(name: str, module: str, what: str, copied: str, *more: str) -> Program:
        copy = ("--from", copied) if copied else ()
        return Program(f"PostgreSQL, {name}", ("-m", f"benchmarks.{module}", what, at.url, *copy, *more))

    sizes, claims = ("--contacts", str(contacts)), ("--cycles", str(QUICK_CLAIMS if quick else CLAIMS))
    seconds, jobs = (QUICK_SECONDS, QUICK_JOBS) if quick else (SECONDS, JOBS)
    planned = {
        name: program(name, "store_postgres", work, "", *sizes)
        for name, (_, work) in LOADS.items()
        if not (quick and name in NOT_QUICK)
    }
    planned["claim"] = program("claims", "store_postgres", "claim", at.one, *claims)
    planned["claim, bare"] = program("claims, bare", "store_postgres", "claim_bare", at.bare, *claims)
    for crowd in crowds(quick=quick):
        how = ("--workers", str(crowd.workers), "--batch", str(crowd.batch))
        long = ("--seconds", str(seconds), "--jobs", str(jobs))
        planned[crowd.name] = program(crowd.name, "store_crowd", crowd.kind, at.of(crowd), *how, *long)
    planned["lists"] = program("lists", "store_postgres", "lists", at.one)
    planned["lists, bare"] = program("lists, bare", "store_postgres", "lists_bare", at.bare)
    return planned


def promises(results: Results, contacts: int) -> list[Promise]:
    at = "" if contacts == LARGE else f" at {contacts:,} (promised at {LARGE:,})"
    rate = found("rate")

    def ratio(what: str, mine: Crowd, its: Crowd, floor: float | None, goal: float | None = None) -> list[Promise]:
        if not results.has(mine.name, its.name):
            return []
        times = results.times(mine.name, its.name, rate)
        return [Promise(f"PostgreSQL: {what}", times, "x", floor, goal, most=False)]

    made = [
        Promise(f"PostgreSQL: load a list{at}", results.median("load", loaded), "/s", 40_000, 80_000, most=False),
        Promise(f"PostgreSQL: claim of 10{at}, p99", results.median("claim", found("p99")), " ms", 10, 4),
        Promise(
            "PostgreSQL: decide, dial, record, one worker, batches of 10",
            results.median(ONE.name, rate),
            "/s",
            500,
            None,
            most=False,
        ),
        *ratio("four campaigns on four carriers, 4 workers, times 1 worker", FOUR_BY_FOUR, FOUR, 1.3),
        *ratio("one campaign, 4 workers, times 1 worker", ONE_BY_FOUR, ONE, 0.7),
    ]
    if results.has(IN_ALL.name):
        in_all = results.median(IN_ALL.name, rate)
        made.append(Promise("PostgreSQL: 4 workers in all, batches of 100", in_all, "/s", None, 5_000, most=False))
    return [
        *made,
        *ratio("the same, times procrastinate with 4 workers", IN_ALL, QUEUE_BY_FOUR, None, 10),
        *ratio("one worker, batches of 10, times procrastinate", ONE, QUEUE, None, 10),
    ]


def deferring(results: Results) -> str:
    if not results.has(QUEUE.name):
        return WITHOUT_QUEUE
    return f"procrastinate deferred {results.median(QUEUE.name, found('deferred')):,.0f} jobs/s, a thousand at a time."


def run(*, quick: bool = False, rounds: int | None = None) -> Section:
    url, why = postgres_server.find()
    if not url:
        return Section(TITLE, [why])
    contacts, planned = SMALL if quick else LARGE, crowds(quick=quick)
    with prepared(url, contacts) as at:
        wanted = programs(at, contacts, quick=quick)
        results = Results(wanted, harness.measure(list(wanted.values()), rounds or (1 if quick else ROUNDS)))
    loads = [name for name in LOADS if results.has(name)]
    body = [
        f"{postgres_server.settings(url)}; {contacts:,} contacts with four call variables.",
        table(
            ["work", *RATE_HEADS],
            [results.rate_row([LOADS[name][0]], name, "load, bare", loaded) for name in loads],
        ),
        table(
            ["claim of 10, one worker", "ms, median", "min", "max", "bare SQL", "x bare SQL", "rounds"],
            [results.time_row(name, "claim", "claim, bare", found(name)) for name in ("p50", "p99", "worst")],
        ),
        table(
            ["dial", "campaigns", "workers", "at a time", *RATE_HEADS],
            [results.rate_row(crowd.title(), crowd.name, crowd.limit, found("rate")) for crowd in planned],
        ),
        deferring(results),
        WHOLE_LISTS_NOTE,
        results.whole_lists(),
    ]
    sound = (
        all(results.all_are(name, "contacts", contacts) for name in loads)
        and results.alike("claim", "claim, bare")
        and all(results.honest(crowd.name) for crowd in planned)
        and results.all_are("lists", "same", 1)
    )
    return Section(TITLE, body, promises(results, contacts), sound)


if __name__ == "__main__":
    harness.command(
        "Measure the store in PostgreSQL beside bare SQL and a job queue.",
        f"{SMALL:,} contacts and one round",
        run,
        LIBRARIES,
    )
