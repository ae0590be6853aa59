"""Replay one seed, print its moves and what they break: `python tests/stress/replay.py 137`.

`--moves 20` prints only the last so many moves before the first broken promise; the exit code is 1 when there is one.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from stress.world import World

_TESTS = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> int:
    """Walk the seed that was named."""
    # As a script this file is in no package yet.
    sys.path[:0] = [str(_TESTS), str(_TESTS.parent / "src")]
    parser = argparse.ArgumentParser(description="Replay one seed of the stress test.")
    parser.add_argument("seed", type=int)
    parser.add_argument("--moves", type=int, default=1 << 30, help="print only the last so many moves")
    parser.add_argument("--strict", action="store_true", help="a look-up that no worker lived to make was not made")
    parser.add_argument("--by-the-clock", action="store_true", help="workers go by the store's clock alone")
    given = parser.parse_args(arguments)
    from stress.walk import Walk

    lines: list[str] = []
    told = 0

    def tell(world: World, name: str, what: tuple[Any, ...]) -> None:
        nonlocal told
        told = _broken(world, told, lines)
        shown = ", ".join(str(each) for each in what)
        lines.append(f"{(world.clocks.true - world.told.begins_at) / 1e6:14.6f}  {name}({shown[:100]})")

    walk = Walk(given.seed, tell=tell, sound=not given.by_the_clock, strict=given.strict)
    done = walk.run()
    _broken(walk.world, told, lines)
    first = next((place for place, line in enumerate(lines) if line.startswith("BROKEN")), len(lines))
    for name, value in vars(walk.told).items():
        print(f"{name}: {value}")
    print("\n".join(lines[max(first - given.moves, 0) :]))
    print(f"seed {given.seed}: {done.attempts} attempts, {done.requests} requests, {len(done.broken)} broken promises")
    return int(bool(done.broken))


def _broken(world: World, told: int, lines: list[str]) -> int:
    """Write down what was broken since, after the move that broke it."""
    lines += [f"BROKEN  {each}" for each in world.chronicle.broken[told:]]
    told = len(world.chronicle.broken)
    seen = getattr(world, "_told_of_watch", 0)
    lines += [f"BROKEN  {each}" for each in world.watch.broken[seen:]]
    vars(world)["_told_of_watch"] = len(world.watch.broken)
    return told


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
