"""Several workers on one PostgreSQL, each a process: over the store, as bare SQL, as a job queue.

    python -m benchmarks.store_crowd KIND URL [--from DATABASE] [--workers N] [--batch N] [--seconds S]

Workers get ready, begin together, and work for so many seconds. What they count is compared with what the database says
was done.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.synchronize import Barrier
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks import postgres_server
from benchmarks.harness import tell
from benchmarks.store_bare import BarePostgres
from benchmarks.store_models import People, Worker, counted, draft, running, service_over
from benchmarks.store_postgres import DatabaseTime
from ori_campaigns.stores.sql import SqlStore

_PATIENCE = 120
"""Seconds for which workers are waited for."""
_WARM = 3
_DEFERRED_AT_ONCE = 1000


class Task(NamedTuple):
    """What a worker is to do.

    Parameters:
        kind: `ours`, `apart` (each worker stays with one campaign), `steps` (deciding by whole steps), `bare`, `queue`.
        number: which worker this is.
        batch: contacts at a time; for the queue, jobs at the same time.
        began: the database's time at which the quick clock of all of them began.
    """

    kind: str
    url: str
    number: int
    batch: int
    seconds: float
    began: int


class Done(NamedTuple):
    """What a worker did while it was measured, in how many seconds, and what it did before."""

    measured: int
    took: float
    before: int = 0


# --- one worker ------------------------------------------------------------------------------------------------------


def worker(task: Task, together: Barrier, answers: multiprocessing.Queue[Done]) -> None:
    answers.put(_WORK[task.kind](task, together))


def _for_a_while(cycle: Callable[[int], int], task: Task, together: Barrier) -> Done:
    before = sum(cycle(number) for number in range(_WARM))
    together.wait(_PATIENCE)
    done, number, began = 0, task.number, perf_counter()
    while (took := perf_counter() - began) < task.seconds:
        done += cycle(number)
        number += 1
    return Done(done, took, before)


def _ours(task: Task, together: Barrier) -> Done:
    store = SqlStore(task.url, clock=DatabaseTime(task.url, task.began))
    dialling = Worker(service_over(store), task.batch, accepts=True, steps=task.kind == "steps")
    places = running(store)
    if task.kind == "apart":
        places = [places[task.number % len(places)]]
    # Else each goes round all campaigns, as runners do, and each begins with another.
    return _for_a_while(lambda number: dialling.cycle(places[number % len(places)]), task, together)


def _bare(task: Task, together: Barrier) -> Done:
    bare = BarePostgres(task.url)

    def cycle(_: int) -> int:
        claimed = bare.claim(task.batch)
        bare.outcome(claimed)
        return len(claimed)

    return _for_a_while(cycle, task, together)


def _queue(task: Task, together: Barrier) -> Done:
    return asyncio.run(_work_off(task, together))


async def _work_off(task: Task, together: Barrier) -> Done:
    from procrastinate import App, PsycopgConnector

    app = App(connector=PsycopgConnector(conninfo=task.url))
    done = 0

    async def call(**_: str) -> None:
        nonlocal done
        done += 1

    app.task(name="call")(call)

    async with app.open_async():
        await asyncio.to_thread(together.wait, _PATIENCE)
        began = perf_counter()
        working = asyncio.create_task(
            app.run_worker_async(concurrency=task.batch, wait=False, install_signal_handlers=False)
        )
        await asyncio.wait([working], timeout=task.seconds)
        measured, took = done, perf_counter() - began
        # Jobs that are under way are finished, and counted as what was not measured.
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
    return Done(measured, took, done - measured)


_WORK = {"ours": _ours, "apart": _ours, "steps": _ours, "bare": _bare, "queue": _queue}


# --- all of them -----------------------------------------------------------------------------------------------------


def together(task: Task, workers: int) -> list[Done]:
    """Let so many workers do it at the same time."""
    context = multiprocessing.get_context("spawn")
    barrier, answers = context.Barrier(workers), context.Queue()
    processes = [
        context.Process(target=worker, args=(task._replace(number=number), barrier, answers), daemon=True)
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    done = [answers.get(timeout=_PATIENCE + task.seconds) for _ in processes]
    for process in processes:
        process.join()
    return done


def dial(task: Task, workers: int) -> dict[str, float]:
    """Dial over the store, or as bare SQL."""
    if task.kind == "bare":
        done = together(task, workers)
        counts = BarePostgres(task.url).counted()
    else:
        clock = DatabaseTime(task.url)
        store = SqlStore(task.url, clock=clock)
        if task.kind == "steps":
            limit(store, task.batch)
        done = together(task._replace(began=clock.began), workers)
        counts = counted(store, running(store))
    return {**rate(done), **counts}


def limit(store: SqlStore, calls: int) -> None:
    """Allow the campaigns so many calls at a time: a whole step takes all there is room for."""
    service = service_over(store)
    for each, place in enumerate(running(store)):
        service.pause(place.campaign_id, by="benchmark", wait=False)
        version = service.get(place.campaign_id).version
        service.edit(place.campaign_id, draft(each, limit=calls), by="benchmark", version=version)
        service.resume(place.campaign_id, by="benchmark")


def queue(task: Task, workers: int, jobs: int) -> dict[str, float]:
    """Defer jobs that do nothing, with the variables of a contact, and work them off."""
    from procrastinate import App, SyncPsycopgConnector

    app = App(connector=SyncPsycopgConnector(conninfo=task.url))
    people = People(jobs)
    rows: list[dict[str, Any]] = [
        {"number": number, **people.variables(place)} for place, number in enumerate(people.numbers)
    ]
    with app.open():
        app.schema_manager.apply_schema()
        began = perf_counter()
        for first in range(0, jobs, _DEFERRED_AT_ONCE):
            app.configure_task("call").batch_defer(*rows[first : first + _DEFERRED_AT_ONCE])
        deferring = perf_counter() - began
    postgres_server.execute(task.url, "VACUUM ANALYZE procrastinate_jobs")
    done = together(task, workers)
    succeeded = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"
    calls = postgres_server.execute(task.url, succeeded)[0][0]
    return {**rate(done), "deferred": jobs / deferring, "calls": calls}


def rate(done: list[Done]) -> dict[str, float]:
    """Calls a second of all workers together, and all calls that they know of."""
    return {
        "rate": sum(each.measured / each.took for each in done),
        "told": sum(each.measured + each.before for each in done),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description="Let several workers work on one PostgreSQL.")
    parser.add_argument("kind", choices=_WORK)
    parser.add_argument("url")
    parser.add_argument("--from", dest="copied", default="", help="work on a copy of this database")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--batch", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--jobs", type=int, default=10_000)
    asked = parser.parse_args()
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    with postgres_server.database(asked.url, asked.copied) as own:
        task = Task(asked.kind, own, 0, asked.batch, asked.seconds, 0)
        found = queue(task, asked.workers, asked.jobs) if asked.kind == "queue" else dial(task, asked.workers)
    tell(asked.seconds, 0, found)


if __name__ == "__main__":
    main()
