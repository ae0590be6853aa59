"""Kills workers, one cycle after the other, and lets the last one finish.

    python -m kill.cycles postgres --kills 100 --seed 1 --workers 2 --pace 1

A worker dies at a random moment: mostly some time after it has begun to work, sometimes while it is still opening the
database. Whenever the work runs out, there is another campaign.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import postgres
from kill.book import Book
from kill.judge import Judge

TESTS = Path(__file__).parents[1]
SECOND = 1_000_000
PATIENCE = 60
SEATS = 12
MORE_PEOPLE = 40
AT_WORK, OPERATORS, OPERATORS_DIE = 0.85, 0.25, 0.5


class Zygote:
    """The process that forks workers within milliseconds, since it has imported everything."""

    def __init__(self) -> None:
        places = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kill.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": places},
        )
        self._said = b""
        self._forked: set[int] = set()
        self.ready: set[int] = set()
        self.failed: dict[int, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for pid in self._forked:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.kill()
        self._process.communicate()

    def _hear(self, word: str) -> dict[str, Any]:
        """Read on until somebody says `word`; one line, if there is none to wait for."""
        while True:
            line: dict[str, Any] = json.loads(self._line())
            if "ready" in line:
                self.ready.add(line["ready"])
            elif "failed" in line:
                self.failed[line["failed"]] = line["why"]
            if not word or word in line:
                return line

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        while b"\n" not in self._said:
            if not select.select([self._process.stdout], [], [], PATIENCE)[0]:
                raise RuntimeError(f"Nobody said anything for {PATIENCE} s.")
            new = os.read(self._process.stdout.fileno(), 1 << 16)
            if not new:
                raise RuntimeError("The process that forks workers has died.")
            self._said += new
        line, _, self._said = self._said.partition(b"\n")
        return line

    def _tell(self, **order: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()

    def fork(self, do: str, plan: dict[str, Any], **given: Any) -> int:
        self._tell(do=do, plan=plan, given=given)
        pid: int = self._hear("forked")["forked"]
        self._forked.add(pid)
        return pid

    def wait_until_ready(self, pid: int) -> None:
        while pid not in self.ready and pid not in self.failed:
            self._hear("")

    def reap(self, pid: int) -> int:
        """Wait for the end of a child; its exit code, negative for a signal."""
        self._tell(reap=pid)
        code: int = self._hear("ended")["code"]
        self._forked.discard(pid)
        return code

    def finish(self, do: str, plan: dict[str, Any], **given: Any) -> None:
        """Have something done by somebody who is not killed."""
        pid = self.fork(do, plan, **given)
        code = self.reap(pid)
        if code:
            raise RuntimeError(f"{do} failed:\n{self.failed.get(pid, code)}")


class Cycles:
    """One database, one book, and those who work on it until they are killed.

    Parameters:
        url: of an empty database.
        folder: for the book.
        zygote: forks those who work.
        seed: of the moments at which they die.
        people: on the lists of the first two campaigns.
        workers: how many work at once; one of them is killed.
        pace: how much faster than the wall clock the store's time passes; at 1 it goes by the database's own.
        attempts: calls to a contact at most.
        bug: which one the workers have.
    """

    def __init__(
        self,
        url: str,
        folder: Path,
        zygote: Zygote,
        *,
        seed: int,
        people: int,
        workers: int = 1,
        pace: int = 60,
        attempts: int = 3,
        bug: str = "",
    ) -> None:
        began = time.time_ns() // 1000
        away = round(12 - began / SECOND / 3600 % 24)
        # The names of these zones count westwards.
        zone = f"Etc/GMT{-away:+d}" if away else "Etc/GMT"
        self._book = folder / "book"
        self._dump = folder / "dump"
        told = {"pace": pace, "began": began, "zone": zone, "seats": SEATS, "attempts": attempts, "bug": bug}
        self.plan = {"url": url, "book": str(self._book), **told}
        self.attempts, self.people, self.workers = attempts, people, workers
        self.random = random.Random(seed)
        self._zygote = zygote
        self.deaths: Counter[str] = Counter()
        self.campaigns = 0
        self._running: list[int] = []

    def run(self, kills: int, *, until_proved: bool = False) -> list[str]:
        """Kill so often, let the last ones finish, and return what the judge says.

        Parameters:
            until_proved: look at the book after each death; what it alone proves ends the run.
        """
        self._open_campaigns(self.people, self.people)
        for _ in range(kills):
            self._one_dies()
            if until_proved and (found := self.judge(dumped=False).verdict()):
                self._end()
                return found
        for pid in self._running:
            self._expect(pid, {0})
        for what in ("resume", "work"):
            self._zygote.finish(what, self.plan)
        self._zygote.finish("dump", self.plan, to=str(self._dump))
        return self.judge().verdict()

    def _end(self) -> None:
        for pid in self._running:
            os.kill(pid, signal.SIGKILL)
            self._expect(pid, {0, -signal.SIGKILL})

    def judge(self, *, dumped: bool = True) -> Judge:
        dump = json.loads(self._dump.read_text(encoding="utf-8")) if dumped else None
        return Judge(Book(self._book).refresh(), dump, attempts=self.attempts, seats=SEATS)

    def _open_campaigns(self, *sizes: int) -> None:
        for people in sizes:
            self._zygote.finish("create", self.plan, number=self.campaigns, people=people)
            self.campaigns += 1

    def _one_dies(self) -> None:
        draw, zygote = self.random, self._zygote
        while len(self._running) < self.workers:
            self._running.append(zygote.fork("work", self.plan))
        operator = 0
        if draw.random() < OPERATORS:
            operator = zygote.fork("operate", self.plan, number=draw.randrange(100), exclude=draw.randrange(100))
        victim = draw.choice(self._running)
        if draw.random() < AT_WORK:
            zygote.wait_until_ready(victim)
            time.sleep(draw.uniform(0, 0.3))
        else:
            time.sleep(draw.uniform(0, 0.03))
        os.kill(victim, signal.SIGKILL)
        self._running.remove(victim)
        if self._expect(victim, {0, -signal.SIGKILL}) == 0:
            self.deaths["had finished"] += 1
            self._open_campaigns(MORE_PEOPLE)
        else:
            self.deaths["at work" if victim in zygote.ready else "while opening"] += 1
        if operator:
            self._see_to(operator)

    def _see_to(self, operator: int) -> None:
        """Operators die, too."""
        if self.random.random() < OPERATORS_DIE:
            time.sleep(self.random.uniform(0, 0.3))
            os.kill(operator, signal.SIGKILL)
            self.deaths["operators"] += 1
        self._expect(operator, {0, -signal.SIGKILL})

    def _expect(self, pid: int, codes: set[int]) -> int:
        code = self._zygote.reap(pid)
        if code not in codes:
            raise RuntimeError(f"Somebody failed:\n{self._zygote.failed.get(pid, code)}")
        return code


@contextlib.contextmanager
def place(engine: str) -> Iterator[tuple[str, Path]]:
    """The URL of an empty database, and a folder for the book."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ori-kill-")))
        if engine == "postgres":
            yield stack.enter_context(postgres.fresh_database(postgres.server())), folder
        else:
            yield f"sqlite:///{folder / 'campaigns.db'}", folder


def main() -> None:
    parser = argparse.ArgumentParser(description="Kill workers, and see what is left.")
    parser.add_argument("engine", choices=["sqlite", "postgres"])
    parser.add_argument("--kills", type=int, default=100)
    for name, usual in (("seed", 1), ("people", 500), ("workers", 1), ("pace", 60), ("attempts", 3)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--bug", default="")
    given = vars(parser.parse_args())
    began = time.monotonic()
    with place(given.pop("engine")) as (url, folder), Zygote() as zygote:
        kills = given.pop("kills")
        cycles = Cycles(url, folder, zygote, **given)
        found = cycles.run(kills, until_proved=bool(given["bug"]))
        figures = cycles.judge(dumped=not found).figures()
    print(json.dumps({"seconds": round(time.monotonic() - began, 1)} | dict(cycles.deaths) | figures))
    print(*found, sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
