"""The carrier's half, which no worker takes with it: a file to which each call is added, and is on disk, before `place`
is answered.

Who picks up and when a call ends follows from the attempt's id alone, and is written down with the call. So a process
that has just begun can say of a call of a dead one whether it is live, how it ended, or that it was never placed.
Nothing here imports the engine: the checker reads the same file.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

MILLISECOND = 1_000
_WRITE = os.O_WRONLY | os.O_APPEND | os.O_CREAT


class Call(NamedTuple):
    """One call as the carrier knows it; times are microseconds UTC."""

    id: str
    to: str
    at: int
    rang: int
    answered: int | None
    ended: int
    disposition: str


def draw(attempt_id: str, what: str) -> float:
    """A number from 0 to 1 that follows from an attempt's id, another one for each question."""
    digest = hashlib.blake2b(f"{attempt_id} {what}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / (1 << 48)


def course(attempt_id: str, to: str, at: int, pace: int) -> Call:
    """What becomes of a call that is placed now.

    Parameters:
        pace: how much faster than the wall clock the engine's time passes.
    """
    unit = MILLISECOND * pace
    rang = at + round((1 + 9 * draw(attempt_id, "rings")) * unit)
    picked_up = draw(attempt_id, "picks up") < 0.55
    answered = rang + round((5 + 30 * draw(attempt_id, "answers")) * unit) if picked_up else None
    ended = (answered or rang) + round((10 + 50 * draw(attempt_id, "lasts")) * unit)
    words = ("customer", "bot") if picked_up else ("no_answer", "rejected")
    return Call(attempt_id, to, at, rang, answered, ended, words[draw(attempt_id, "how") < 0.3])


class Book:
    """Whoever writes adds whole lines at the end; whoever reads goes on where it stopped reading.

    A line is one `write`: a process is killed before it or after it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self.calls: dict[str, Call] = {}
        self.repeated: list[Call] = []
        self.refused: set[str] = set()
        self.hung_up: dict[str, int] = {}
        self.deeds: list[dict[str, Any]] = []

    def add(self, kind: str, **line: Any) -> None:
        """Write a line, and wait until it is on disk."""
        text = json.dumps({"kind": kind, **line}) + "\n"
        handle = os.open(self._path, _WRITE, 0o644)
        try:
            assert os.write(handle, text.encode()) == len(text)
            os.fsync(handle)
        finally:
            os.close(handle)

    def add_call(self, call: Call) -> None:
        self.add("call", **call._asdict())

    def refresh(self) -> Book:
        """Read what is new."""
        if not self._path.exists():
            return self
        with self._path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        self._read += len(new)
        for line in new.splitlines():
            self._take(json.loads(line))
        return self

    def _take(self, line: dict[str, Any]) -> None:
        kind = line.pop("kind")
        if kind == "call":
            call = Call(**line)
            if call.id in self.calls:
                self.repeated.append(call)
            self.calls.setdefault(call.id, call)
        elif kind == "refused":
            self.refused.add(line["id"])
        elif kind == "hang up":
            self.hung_up.setdefault(line["id"], line["at"])
        else:
            self.deeds.append({"kind": kind, **line})

    def truth(self, call: Call) -> Call:
        """The call as it went, hung up or not."""
        at = self.hung_up.get(call.id, call.ended)
        if not call.at <= at < call.ended:
            return call
        answered = call.answered if call.answered is not None and call.answered <= at else None
        return call._replace(ended=at, answered=answered, disposition="timeout" if answered else "no_answer")
