"""A program that dials until it is told to stop: `python tests/runner/stopped.py SECONDS_TALK DRAIN HANGS`.

It says `live` when fifty calls are live, and at its end what its store holds, as JSON. Tests kill it with SIGTERM.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import ori_campaigns as ori  # noqa: E402 - a program is in no package yet
from runner.halls import Hall, RealTime, Wrapped, talkers  # noqa: E402
from worlds import number  # noqa: E402

CALLS = 50


class Announces(Wrapped):
    """Says when all calls are live; may never answer the request for the first number."""

    def __init__(self, hall: Hall, *, hangs: bool) -> None:
        super().__init__(hall.dialler)
        self.hall, self.hangs = hall, hangs

    async def place(self, call: ori.DialRequest) -> Any:
        if self.hangs and call.to.reveal() == number(0):
            await anyio.sleep_forever()
        answer = await super().place(call)
        if len(self.hall.book()) == CALLS - self.hangs:
            print("live", flush=True)
        return answer


def main(talk: float, drain: float, *, hangs: bool) -> None:
    hall = Hall(talkers(talk, ring=0.2), clock=RealTime())
    campaign = hall.begin(CALLS * 2, concurrency_limit=CALLS)
    settings = ori.RunnerSettings(drain=timedelta(seconds=drain), grace=timedelta(seconds=60 if hangs else 5))
    ori.run_sync(hall.service, Announces(hall, hangs=hangs), settings=settings)
    now = hall.clock.now()
    ended = {call.attempt_id: call for call in hall.book() if call.ended_at is not None and call.ended_at <= now}
    recorded = {each.id: each for each in hall.attempts(campaign) if each.status is ori.AttemptStatus.ENDED}
    told = {
        "states": dict(hall.states(campaign)),
        "placed": len(hall.book()),
        "requests": max(Counter(call.attempt_id for call in hall.book()).values()),
        "ended": len(ended),
        "recorded": len(recorded),
        "as they ended": all(recorded[name].ended_at == call.ended_at for name, call in ended.items()),
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(float(sys.argv[1]), float(sys.argv[2]), hangs=sys.argv[3] == "hangs")
