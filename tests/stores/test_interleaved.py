"""Two writers on PostgreSQL whose transactions overlap, interleaved by hand: what readers see, rules asked again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from ori_campaigns import admission
from ori_campaigns.admission import Admission
from ori_campaigns.errors import Conflict
from ori_campaigns.ports import AdmitAsk, Store
from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.testing.bench import LIMITS, Bench, number
from ori_campaigns.testing.store_dialling import reserve
from ori_campaigns.testing.world import TRUNK
from ori_campaigns.views import AdmitView, Changes
from stores.engines import Place, connections, place_of


@pytest.fixture
def postgres_place() -> Iterator[Place]:
    with place_of("postgres") as place:
        yield place


def read_on(store: Store, after: int) -> list[Any]:
    """Read the log to its end, in pages of two."""
    found: list[Any] = []
    while page := store.events(after, 2):
        found += page
        after = page[-1].cursor
    return found


def told_by(events: Sequence[Any]) -> list[tuple[str, str]]:
    """Return whose deeds these are; what follows from them by itself is left out."""
    return [(event.campaign_id, event.fact.by) for event in events if hasattr(event.fact, "by")]


def test_an_event_that_is_committed_late_is_not_skipped(postgres_place: Place) -> None:
    bench = Bench(store=postgres_place.new)
    mine, others = bench.running(2), bench.running([number(7)])
    slow = bench.store
    assert isinstance(slow, SqlStore)
    quick = bench.worker(postgres_place.again(slow))
    reader = postgres_place.again(slow)
    seen = read_on(reader, -1)
    with connections().connect() as connection:
        transaction = connection.begin()
        bench.worker(slow.joined(connection)).pause(mine.id, by="first", wait=False)
        quick.pause(others.id, by="second", wait=False)
        new = read_on(reader, seen[-1].cursor)
        assert told_by(new) == [(others.id, "second")]
        assert reader.tip() == new[-1].cursor
        quick.resume(others.id, by="second")
        transaction.commit()
    quick.exclude(mine.id, number(0), by="third")
    last = read_on(reader, new[-1].cursor)
    # Whatever their order: all of it is there, once, after what was read before, and in order within a stream.
    assert sorted(told_by(last)) == sorted([(others.id, "second"), (mine.id, "first"), *[(mine.id, "third")] * 2])
    everything = [*seen, *new, *last]
    assert everything == read_on(reader, -1) == read_on(postgres_place.again(slow), -1)
    streams: dict[tuple[str, int], list[int]] = {}
    for event in everything:
        streams.setdefault((event.campaign_id, event.stream), []).append(event.sequence)
    assert all(found == list(range(1, len(found) + 1)) for found in streams.values())


def test_a_rule_is_asked_again_after_a_conflict(postgres_place: Place) -> None:
    # Two campaigns of two workspaces share no row but the person: only the number's own guard can stop the second.
    bench = Bench(store=postgres_place.new)
    bench.directory.add(bench.directory.bots("default")[0], TRUNK, workspace="other")
    mine = bench.running([number(0), number(1)])
    theirs = bench.running([number(0)], workspace="other")
    quicker = bench.worker(postgres_place.again(bench.store))
    seen: list[list[bool]] = []

    def rule(view: AdmitView) -> Changes[Admission]:
        changes = admission.admit(view, LIMITS)
        seen.append([candidate.number_busy for candidate in view.candidates])
        if len(seen) == 1:
            ask = admission_of_all(theirs.id)
            assert len(quicker.store.admit(ask, lambda other: admission.admit(other, LIMITS)).dials) == 1
        return changes

    done = bench.store.admit(admission_of_all(mine.id), rule)
    assert seen == [[False, False], [True, False]]
    assert [dial.to.reveal() for dial in done.dials] == [number(1)]
    assert [dial.attempt_id for dial in done.dials] == [f"{mine.id}-0"]
    assert bench.live() == 2
    kept = [event.sequence for event in bench.log(mine) if event.stream == 1]
    assert kept == [1]


def admission_of_all(campaign_id: str) -> AdmitAsk:
    return AdmitAsk(campaign_id, {"trunk": 9})


def test_a_rule_that_insists_is_told_of_the_conflict(postgres_place: Place) -> None:
    bench = Bench(store=postgres_place.new)
    bench.running([number(0)])
    assert len(bench.dials()) == 1
    campaign, asked = bench.running([number(0)]), 0

    def insist(view: AdmitView) -> Changes[None]:
        nonlocal asked
        asked += 1
        return reserve(view, [0])

    before = bench.told()
    with pytest.raises(Conflict, match=r"tried \d times"):
        bench.admit(campaign, 9, insist)
    assert asked > 1
    assert bench.told() == before
