"""A search for files that are read wrongly, led by coverage: `PYTHONPATH=tests:src python -m ingest.fuzz --seconds 60`.

It changes files of the corpus at random, keeps every one that takes the reader somewhere new, and compares each with
the second reading. Anything but agreement is a finding.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from pathlib import Path
from types import FrameType
from typing import Any, Self

import ori_campaigns.ingest
from ingest.entries import ENTRIES
from ingest.judging import cut_every, difference, read
from ingest.mutations import KINDS, Step, mutated
from ingest.second_reading import second_reading

_WATCHED = str(Path(ori_campaigns.ingest.__file__).parent)
_LONGEST = 4_000


def seeds() -> list[bytes]:
    """The small files of the corpus."""
    return [entry.data for entry in ENTRIES if isinstance(entry.data, bytes) and len(entry.data) < _LONGEST]


class Trail:
    """Which steps from line to line a run takes inside the reader, and roughly how often."""

    def __init__(self) -> None:
        self.steps: dict[tuple[str, int, int], int] = {}

    def __enter__(self) -> Self:
        sys.settrace(self._call)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(None)

    def taken(self) -> set[tuple[str, int, int, int]]:
        return {(*step, times.bit_length()) for step, times in self.steps.items()}

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        name = frame.f_code.co_filename
        if not name.startswith(_WATCHED):
            return None
        last, steps = 0, self.steps

        def line(frame: FrameType, event: str, _: Any) -> Any:
            nonlocal last
            if event == "line":
                step = (name, last, frame.f_lineno)
                steps[step] = steps.get(step, 0) + 1
                last = frame.f_lineno
            return line

        return line


class Search:
    """The files kept so far, where they led, and what was found."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.kept: list[bytes] = []
        self.seen: set[tuple[str, int, int, int]] = set()
        self.findings: list[tuple[bytes, int, str]] = []
        self.executions = 0

    def run(self, *, executions: int = sys.maxsize, until: float = float("inf")) -> None:
        """Go on until so many files were read in all, or until this time of `time.monotonic`."""
        files = iter(seeds())
        while self.executions < executions and time.monotonic() < until:
            self.look_at(next(files, None) or self.another())

    def another(self) -> bytes:
        # The latest are favoured: they are where the search goes on.
        count = len(self.kept)
        data = self.kept[max(self.random.randrange(count), self.random.randrange(count))]
        steps = [
            Step(self.random.choice(KINDS), *(self.random.randrange(1 << 16) for _ in range(3)))
            for _ in range(self.random.choice((1, 1, 1, 2, 3, 6)))
        ]
        return mutated(data, steps, self.random.choice(self.kept))[:_LONGEST]

    def look_at(self, data: bytes) -> None:
        self.executions += 1
        trail = Trail()
        # Cut into pieces, small files meet what only large ones have otherwise.
        piece = self.random.choice((0, 0, 1, 10, 60, 300))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                with cut_every(piece), trail:
                    got = read(data)
                found = difference(got, second_reading(data))
        except Exception as error:  # noqa: BLE001 - any of them is a finding
            found = repr(error)
        if found:
            self.findings.append((data, piece, found))
        new = trail.taken() - self.seen
        if new or not self.kept:
            self.seen |= new
            self.kept.append(data)


def main() -> None:
    parser = argparse.ArgumentParser(description="Look for lead files that are read wrongly.")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    search = Search(options.seed)
    search.run(until=time.monotonic() + options.seconds)
    for data, piece, found in search.findings[:20]:
        print(f"{data!r} in pieces of {piece or 'the usual size'}:\n    {found}")
    print(
        f"{search.executions:,} files read, {len(search.kept):,} kept, {len(search.seen):,} steps, "
        f"{len(search.findings):,} findings"
    )
    sys.exit(bool(search.findings))


if __name__ == "__main__":
    main()
