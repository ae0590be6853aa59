"""Replay seeds and print what they break: `python tests/oracle/replay.py 137`, or `... 200 2200` for all from 200 on.

With one seed the scenario is printed as well; the exit code is 1 when a promise was broken.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

_TESTS = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str]) -> int:
    """Play the seeds that were named."""
    # As a script this file is in no package yet.
    sys.path[:0] = [str(_TESTS), str(_TESTS.parent / "src")]
    from oracle.judge import judge
    from oracle.scenarios import scenario
    from oracle.world import play

    first = int(arguments[0])
    seeds = range(first, int(arguments[1]) if len(arguments) > 1 else first + 1)
    if len(seeds) == 1:
        _tell(scenario(first))
    count = 0
    for seed in seeds:
        history = play(seed)
        broken = judge(history)
        count += len(broken)
        for each in broken:
            print(f"seed {seed}: {each}")
        if len(seeds) == 1:
            print(f"{len(history.calls)} requests, {len(history.entries)} events, campaigns {history.states}")
    print(f"{len(seeds)} seeds, {count} promises broken")
    return int(count > 0)


def _tell(told: object) -> None:
    for name, value in vars(told).items():
        if isinstance(value, tuple):
            for each in value:
                print(f"{name}: {each}")
        else:
            print(f"{name}: {value}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
