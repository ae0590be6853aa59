"""One campaign, written down four times: for the engine, as a bare loop, and twice for simpy.

All are given the same: contacts in list order, at most three attempts, the first pass over the whole list before any
retry (P4); of the calls 30 % are answered and take 30 s and more (60 s beyond it on average), the others ring 25 s and
are tried again 30 minutes after their end; new calls from 09:00 to 18:00 in Asia/Kolkata on all seven days; at most
500 calls at a time and 50 new ones a second.

Apart from the engine's, times are milliseconds since the start, which is when the first window opens.
"""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Callable, Generator, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from math import log
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from ori_campaigns import AnswerModel, Rehearsal

ZONE = ZoneInfo("Asia/Kolkata")
START = datetime(2026, 1, 5, 9, tzinfo=ZONE)
OPEN_HOURS = 9
CONCURRENCY = 500
CPS = 50
MAX_ATTEMPTS = 3
RATE = 0.3
RINGS = 25_000
TALK_LEAST, TALK_MEAN = 30_000, 60_000
DELAY = 30 * 60_000
GAP = 1000 // CPS
SEED = 7
FIRST_NUMBER = 91_980_000_0000
DAYS = 60

Fate = Callable[[int, int, int], int]
"""Contact, which call to it, and when, to its length: positive for an answered call, negative for another."""


def found(attempts: int, answered: int, reached: int, exhausted: int, ends: float) -> dict[str, float]:
    """What every version tells: counts of calls and of contacts, and when the campaign ended, in milliseconds."""
    return {"attempts": attempts, "answered": answered, "reached": reached, "exhausted": exhausted, "ends": ends}


def windows() -> list[tuple[int, int]]:
    """Opening and end of the calling window on each day."""
    opened = [START + timedelta(days=day) for day in range(DAYS)]
    return [(since_start(opens), since_start(opens + timedelta(hours=OPEN_HOURS))) for opens in opened]


def since_start(moment: datetime) -> int:
    return round((moment.timestamp() - START.timestamp()) * 1000)


# --- the engine ------------------------------------------------------------------------------------------------------


class Numbers:
    """A list of contacts with nothing but numbers."""

    policy = "digits"

    def __init__(self, contacts: int) -> None:
        self.numbers = [str(FIRST_NUMBER + contact) for contact in range(contacts)]

    def variables(self, index: int) -> Mapping[str, str]:  # noqa: ARG002 - nobody has any
        return {}


def answer_model() -> AnswerModel:
    from ori_campaigns.diallers.answers import AnswerModel, Exponential, Fixed, Mix

    return AnswerModel(
        rate=RATE,
        ring=Fixed(0),
        gives_up=Fixed(RINGS / 1000),
        talk=Exponential(TALK_MEAN / 1000, least=TALK_LEAST / 1000),
        unanswered=Mix({"no_answer": 1}),
        answered=Mix({"customer": 1}),
    )


def engine(contacts: Numbers, burst: int, *, alone: bool = False) -> Rehearsal:
    """The campaign as a host would simulate it; `burst` calls may leave at once, so it is looked at as seldom.

    Parameters:
        alone: without plain stretches, which take no model but the library's own class.
    """
    import ori_campaigns as ori

    class SomebodyElses(ori.CallModel):
        pass

    kind = SomebodyElses if alone else ori.CallModel
    model = kind(answer_model(), seed=SEED, ringing=False, ledger=False)
    numbers = ["+91 11 4000 1000", "+91 11 4000 1001"]
    carrier = ori.Carrier("trunk", numbers=numbers, cps=CPS, burst=burst, channels=CONCURRENCY)
    draft = ori.CampaignDraft(
        name="Benchmark",
        bot="bot",
        numbers=numbers,
        config=ori.DiallerConfig(
            concurrency_limit=CONCURRENCY,
            mode=ori.MULTI_DAY,
            window=ori.CallingWindow("09:00", "18:00", ZONE.key, working_days=ori.ALL_DAYS),
            retry=ori.RetryPolicy(
                max_attempts=MAX_ATTEMPTS, delay_minutes=DELAY // 60_000, on_system=["no_answer", "rejected"]
            ),
        ),
    )
    directory = ori.StaticDirectory(bots=["bot"], carriers=[carrier])
    return ori.simulate(draft, contacts, directory=directory, model=model, start=START)


def engine_found(done: Rehearsal) -> dict[str, float]:
    """Read the engine's own counts."""
    from ori_campaigns import ContactStatus

    contacts, counters = done.counters.contacts, done.counters
    reached, exhausted = contacts[ContactStatus.COMPLETED], contacts[ContactStatus.EXHAUSTED]
    return found(counters.dialled, counters.answered, reached, exhausted, since_start(done.ended_at))


# --- the bare loop ---------------------------------------------------------------------------------------------------

_WAITING, _RINGING, _TALKING, _REACHED, _EXHAUSTED = range(5)
_BITS = 20
_CONTACT = (1 << _BITS) - 1


def bare_loop(  # noqa: C901, PLR0912, PLR0915 - bare: a function call would cost as much as what it hides
    contacts: int, fate: Fate | None = None
) -> dict[str, float]:
    """Flat arrays, and two heaps of integers with a time above a contact: the least that can be done for the model.

    Parameters:
        fate: what happens on a call; drawn in place from `random` unless given.
    """
    draw = random.Random(SEED).random
    attempts, state = bytearray(contacts), bytearray(contacts)
    live: list[int] = []
    due: list[int] = []
    days = iter(windows())
    now, closes = next(days)
    token = now
    fresh = calls = answered = 0
    while True:
        while live and live[0] >> _BITS <= now:
            entry = heappop(live)
            contact = entry & _CONTACT
            if state[contact] == _TALKING:
                state[contact] = _REACHED
                answered += 1
            elif attempts[contact] >= MAX_ATTEMPTS:
                state[contact] = _EXHAUSTED
            else:
                state[contact] = _WAITING
                heappush(due, entry + (DELAY << _BITS))
        if now >= closes:
            now, closes = next(days)
            continue
        upcoming = closes
        if len(live) < CONCURRENCY:
            if token <= now:
                contact = -1
                if fresh < contacts:
                    contact = fresh
                    fresh += 1
                elif due:
                    if due[0] >> _BITS <= now:
                        contact = heappop(due) & _CONTACT
                    else:
                        upcoming = due[0] >> _BITS
                elif not live:
                    break
                if contact >= 0:
                    attempts[contact] += 1
                    if fate is not None:
                        length = fate(contact, attempts[contact], now)
                    elif draw() < RATE:
                        length = TALK_LEAST + int(-TALK_MEAN * log(1.0 - draw()))
                    else:
                        length = -RINGS
                    if length > 0:
                        state[contact] = _TALKING
                        heappush(live, now + length << _BITS | contact)
                    else:
                        state[contact] = _RINGING
                        heappush(live, now - length << _BITS | contact)
                    calls += 1
                    token = now + GAP
                    continue
            else:
                upcoming = token
        if live and live[0] >> _BITS < upcoming:
            upcoming = live[0] >> _BITS
        now = upcoming if upcoming < closes else closes  # noqa: FURB136 - as above
    return found(calls, answered, state.count(_REACHED), state.count(_EXHAUSTED), now)


def luck_of_the_model() -> Fate:
    """The very draws the engine's call model makes: with them the loop must count what the engine counts."""
    from ori_campaigns.diallers.answers import Luck, fate_of
    from ori_campaigns.instants import to_instant

    model, start = answer_model(), to_instant(START)
    # The model numbers the calls to a person across runs of a campaign; this is the first run.
    first_run = 1000

    def fate(contact: int, nth: int, now: int) -> int:
        drawn = fate_of(model, Luck(SEED, FIRST_NUMBER + contact, first_run + nth), start + now * 1000)
        return -(drawn.ring or 0) // 1000 if drawn.talk is None else drawn.talk // 1000

    return fate


# --- simpy -----------------------------------------------------------------------------------------------------------


def simpy_model(contacts: int, *, priority: bool) -> dict[str, float]:  # noqa: C901 - one scene, told in one piece
    """A process for each contact, seats as a resource: how one would write it with simpy.

    A plain resource serves in the order of asking, and all contacts ask at the start, so it already gives the whole
    first pass before any retry. `priority` says so explicitly.
    """
    import simpy

    draw = random.Random(SEED).random
    env = simpy.Environment()
    seats: Any = simpy.PriorityResource(env, CONCURRENCY) if priority else simpy.Resource(env, CONCURRENCY)
    opens = [opening for opening, _ in windows()]
    closes = [end for _, end in windows()]
    calls = answered = exhausted = 0
    token: float = 0

    def until_open() -> float:
        """Milliseconds until the window is open, 0 while it is."""
        now: float = env.now
        day = bisect_right(closes, now)
        return max(opens[day] - now, 0)

    def until_token() -> float:
        """Take the next of the calls of this second; return the milliseconds until it may leave."""
        nonlocal token
        now: float = env.now
        at = max(token, now)
        token = at + GAP
        return at - now

    def person() -> Generator[Any, Any, None]:
        nonlocal calls, answered, exhausted
        for nth in range(MAX_ATTEMPTS):
            with seats.request(nth > 0) if priority else seats.request() as seat:
                yield seat
                while True:
                    while wait := until_open():
                        yield env.timeout(wait)
                    wait = until_token()
                    if wait:
                        yield env.timeout(wait)
                    if not until_open():
                        break
                calls += 1
                talks = draw() < RATE
                yield env.timeout(TALK_LEAST + int(-TALK_MEAN * log(1.0 - draw())) if talks else RINGS)
            if talks:
                answered += 1
                return
            if nth + 1 < MAX_ATTEMPTS:
                yield env.timeout(DELAY)
        exhausted += 1

    for _ in range(contacts):
        env.process(person())
    env.run()
    return found(calls, answered, answered, exhausted, env.now)
