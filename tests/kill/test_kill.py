"""Workers are killed by SIGKILL, in real time, at any moment; the judge of what is left does not know the engine.

The carrier's book survives them. It is compared with what the store says at the end (see `judge`).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kill.book import Book, Call
from kill.cycles import Cycles, Zygote, place
from kill.judge import Judge

ENGINES = ("sqlite", "postgres")


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    with Zygote() as forks:
        yield forks


def lived_through(
    engine: str, zygote: Zygote, kills: int, *, people: int, attempts: int, workers: int = 1, pace: int = 60
) -> None:
    """Kill so often; nobody was called twice, nothing was lost, and the deaths fell on something."""
    with place(engine) as (url, folder):
        cycles = Cycles(
            url, folder, zygote, seed=20260105, people=people, workers=workers, pace=pace, attempts=attempts
        )
        assert cycles.run(kills) == []
        figures = cycles.judge().figures()
    assert cycles.deaths["at work"] + cycles.deaths["while opening"] + cycles.deaths["had finished"] == kills
    # They died at work, and of the calls that they took with them the carrier was asked.
    assert cycles.deaths["at work"] >= kills / 4
    assert figures["looked up"] >= kills / 4
    assert figures["calls"] >= people


@pytest.mark.behaviour("N3", "N7")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_few_kills(engine: str, zygote: Zygote) -> None:
    lived_through(engine, zygote, 5, people=30, attempts=2)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_one_of_two_is_killed(engine: str, zygote: Zygote) -> None:
    lived_through(engine, zygote, 4, people=30, attempts=1, workers=2)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_a_hundred_kills(engine: str, zygote: Zygote) -> None:
    lived_through(engine, zygote, 100, people=400, attempts=3)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ENGINES)
def test_one_of_two_is_killed_by_the_databases_own_time(engine: str, zygote: Zygote) -> None:
    lived_through(engine, zygote, 40, people=150, attempts=1, workers=2, pace=1)


@pytest.mark.behaviour("C9", "C10")
@pytest.mark.parametrize("engine", ENGINES)
def test_uploads_that_are_killed(engine: str, zygote: Zygote) -> None:
    """Lists are there whole or not at all: what grows is made of whole ones, what changes is one of them."""
    size, kills, draw = 2_000, 4, random.Random(20260105)
    with place(engine) as (url, folder):
        plan = Cycles(url, folder, zygote, seed=1, people=0).plan
        for _ in range(kills):
            victim = zygote.fork("upload", plan, size=size)
            zygote.wait_until_ready(victim)
            time.sleep(draw.uniform(0.05, 0.6))
            os.kill(victim, signal.SIGKILL)
            assert zygote.reap(victim) == -signal.SIGKILL, zygote.failed
        zygote.finish("dump", plan, to=str(folder / "dump"))
        told = json.loads((folder / "dump").read_text(encoding="utf-8"))
    assert (told["findings"], told["busy"]) == ([], [])
    lists = [[int(each["number"][4:]) for each in campaign["contacts"]] for campaign in told["campaigns"]]
    changes, grows = sorted(lists, key=len)
    assert len(grows) >= kills * size
    assert grows == list(range(len(grows)))
    assert len(grows) % size == len(changes) % size == changes[0] % size == 0
    assert changes == list(range(changes[0], changes[0] + size))


# --- the judge can fail -----------------------------------------------------------------------------------------------


def a_bug_is_found(bug: str, zygote: Zygote) -> list[str]:
    with place("sqlite") as (url, folder):
        found = Cycles(url, folder, zygote, seed=1, people=40, attempts=2, bug=bug).run(20, until_proved=True)
    assert found
    return found


@pytest.mark.parametrize("bug", ["dials again", "dials before it commits"])
def test_a_worker_that_calls_twice_is_found_within_a_few_kills(bug: str, zygote: Zygote) -> None:
    assert all("was placed" in each for each in a_bug_is_found(bug, zygote))


@pytest.mark.slow
def test_one_that_takes_not_found_for_never_placed_is_found(zygote: Zygote) -> None:
    a_bug_is_found("is too sure", zygote)


def call(name: str, to: str = "1", at: int = 0, ended: int = 100) -> Call:
    return Call(name, to, at, at, None, ended, "no_answer")


def judged(folder: Path, calls: list[Call], deeds: dict[str, int], dump: dict[str, object] | None = None) -> list[str]:
    book = Book(folder / "book")
    for each in calls:
        book.add_call(each)
    for kind, at in deeds.items():
        book.add(kind, campaign="c", number="1", at=at)
    return Judge(Book(folder / "book").refresh(), dump, attempts=2, seats=2).verdict()


def test_the_judge_reads_the_book(tmp_path: Path) -> None:
    other = call("c-1", at=200, ended=300)
    cases: dict[str, tuple[list[Call], dict[str, int]]] = {
        "": ([call("c-0"), other], {}),
        "c-0 was placed twice": ([call("c-0"), call("c-0")], {}),
        "c-1 was placed while c-0, to the same number, was live": ([call("c-0", ended=250), other], {}),
        "1 was called 3 times in c": ([call(f"c-{n}", at=200 * n, ended=200 * n + 1) for n in range(3)], {}),
        "c-2 is live call number 3 of its campaign": ([call(f"c-{n}", to=str(n), at=n) for n in range(3)], {}),
        "c-1 was placed while its campaign was paused": ([call("c-0"), other], {"paused": 150, "resuming": 250}),
        "c-1 was placed to somebody who was excluded": ([call("c-0"), other], {"excluded": 150}),
    }
    for number, (wrong, (calls, deeds)) in enumerate(cases.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert judged(folder, calls, deeds) == ([wrong] if wrong else [])


def dumped(**changes: object) -> dict[str, object]:
    attempt = {"id": "c-0", "contact": 0, "status": "ended", "disposition": "no_answer", "detail": ""}
    attempt |= {"answered_at": None, "ended_at": 100}
    contact = {"ordinal": 0, "number": "1", "status": "completed", "attempts": 1}
    campaign = {"id": "c", "status": "completed", "counters": {"contacts": {"completed": 1}, "live": 0, "dialled": 1}}
    for part in (attempt, contact, campaign):
        part |= {name: value for name, value in changes.items() if name in part}
    return {"campaigns": [campaign | {"attempts": [attempt], "contacts": [contact]}], "findings": [], "busy": []}


def test_the_judge_compares_it_with_the_store(tmp_path: Path) -> None:
    placed = [call("c-0")]
    cases: list[tuple[list[Call], dict[str, object], str]] = [
        (placed, {}, ""),
        (placed, {"disposition": "error", "detail": "unknown"}, ""),
        ([], {"disposition": "error", "detail": "unknown"}, ""),
        ([], {}, "c-0 was not placed"),
        (placed, {"disposition": "rejected"}, "c-0 is"),
        (placed, {"ended_at": 99}, "c-0 is"),
        (placed, {"id": "c-7"}, "c-0 was placed and is not in the store"),
        (placed, {"number": "2"}, "c-0 was placed to the number of somebody else"),
        (placed, {"attempts": 2}, "contact 0 of c has 1 attempts, and says 2"),
        (placed, {"counters": {"contacts": {"completed": 1}, "live": 1, "dialled": 1}}, "campaign c counts 1 live"),
    ]
    for number, (calls, changes, wrong) in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = judged(folder, calls, {}, dumped(**changes))
        assert bool(found) == bool(wrong), found
        assert not wrong or found[0].startswith(wrong)


def test_the_judge_knows_nothing_of_the_engine() -> None:
    code = "import sys, kill.judge; sys.exit(any(name.startswith('ori_campaigns') for name in sys.modules))"
    tests = str(Path(__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": tests}, check=False)
    assert done.returncode == 0


def test_a_book_is_read_on_where_reading_stopped(tmp_path: Path) -> None:
    book = Book(tmp_path / "book")
    book.add_call(call("c-0"))
    assert set(book.refresh().calls) == {"c-0"}
    book.add_call(call("c-1"))
    book.add("hang up", id="c-1", at=40)
    assert set(book.refresh().calls) == {"c-0", "c-1"}
    assert book.truth(book.calls["c-1"]).ended == 40
    assert len([json.loads(line) for line in (tmp_path / "book").read_text().splitlines()]) == 3
