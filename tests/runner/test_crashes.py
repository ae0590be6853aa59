"""The runner dies at every point at which a process can die; the next one, which knows nothing, puts everything right.

A virtual day with retries, a pause, a resume, an exclusion and a stop of its own; one loop after the other.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import anyio
import pytest

import ori_campaigns as ori
from ori_campaigns.diallers.answers import Fate, answered, unanswered
from ori_campaigns.testing.crashes import Crashed, CrashingDialler, CrashingStore, CrashPoints
from runner.halls import SELDOM, Hall, play, talkers
from worlds import number

CONTACTS = 8
MAX_ATTEMPTS = 3
EXCLUDED = number(6)


def scripted() -> dict[str, list[str | Fate]]:
    """Who picks up when: at once, later, never, or with nobody telling how it ended."""
    return {
        number(0): [answered(seconds=40)],
        number(1): [unanswered(), answered(seconds=40)],
        number(2): [unanswered(), unanswered(), unanswered()],
        number(3): [answered(seconds=70)],
        number(4): [unanswered("bad_number")],
        number(5): [unanswered("busy"), answered(seconds=40)],
        number(6): [unanswered()],
        number(7): [answered(seconds=40)],
    }


async def _live(hall: Hall, points: CrashPoints) -> None:
    """One worker, until it dies or nothing is left to do."""
    store = CrashingStore(hall.store, points)
    service = ori.CampaignService(store, hall.directory)
    try:
        await ori.run(service, CrashingDialler(hall.dialler, points), until="idle", settings=SELDOM)
    except* Crashed:
        pass


async def _operate(hall: Hall, campaign: str) -> None:
    """What people do meanwhile, from another process."""
    await anyio.sleep(20)
    hall.service.pause(campaign, by="asha", wait=False)
    await anyio.sleep(600)
    hall.service.resume(campaign, by="asha")
    await anyio.sleep(60)
    hall.service.exclude(campaign, [EXCLUDED], by="asha", wait=False)


def story(at: int | None) -> tuple[Hall, str, CrashPoints]:
    """Play the day with one death, and return what came of it."""
    hall = Hall(talkers(40), script=scripted(), faults=ori.CarrierFaults(cps=1_000))
    points, campaign = CrashPoints(at=at), ""

    async def main() -> None:
        nonlocal campaign
        campaign = hall.begin(
            CONTACTS, concurrency_limit=3, max_attempts=MAX_ATTEMPTS, on_system={"no_answer", "rejected"}
        )
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_operate, hall, campaign)
            while hall.service.get(campaign).status is not ori.CampaignStatus.COMPLETED:
                # Whoever follows on the dead does not die.
                await _live(hall, CrashPoints() if points.crashed else points)
                await anyio.sleep(30)

    play(main)
    return hall, campaign, points


def check(hall: Hall, campaign: str) -> None:
    book, attempts = hall.book(), hall.attempts(campaign)
    # Nobody is called twice for one decision, and nobody more often than allowed.
    assert max(Counter(call.attempt_id for call in book).values()) == 1
    assert max(Counter(call.number for call in book).values()) <= MAX_ATTEMPTS
    # Nothing is lost: each call the carrier placed is an attempt that ended, all attempts are over, all contacts final.
    over = {"ended", "refused", "expired_unsent"}
    assert {each.status.value for each in attempts} <= over
    ended = {each.id for each in attempts if each.status is ori.AttemptStatus.ENDED}
    assert {call.attempt_id for call in book if call.placed} <= ended
    contacts = hall.store.contacts(campaign)
    assert {each.status.value for each in contacts} <= {"completed", "exhausted", "excluded"}
    assert contacts[6].status is ori.ContactStatus.EXCLUDED
    counters = hall.service.counters(campaign)
    assert (counters.live, sum(counters.contacts.values())) == (0, CONTACTS)
    # Never two live calls to one person.
    for person in {call.number for call in book}:
        calls = sorted((call.requested_at, call.ended_at or 0) for call in book if call.number == person)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(calls))


def test_the_day_without_a_death() -> None:
    hall, campaign, points = story(None)
    check(hall, campaign)
    assert {name.partition(":")[0] for name in points.names} >= {"admit", "record", "place", "change"}
    assert points.count > 60


@pytest.mark.parametrize("tenth", range(10))
def test_a_death_at_any_point(tenth: int) -> None:
    _, _, whole = story(None)
    # A few more than there are: a day with a death may be longer, and the last of them must not be reached.
    for at in range(1 + tenth, whole.count + 11, 10):
        hall, campaign, points = story(at)
        check(hall, campaign)
        if not points.crashed:
            return
    assert points.crashed or at > whole.count
