"""What a feed promises its sink: everything, in order, at least once, whatever goes wrong in between."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.events import Event, LifecycleChanged
from ori_campaigns.sinks.feed import Feed
from ori_campaigns.stores.memory import MemoryStore
from worlds import MONDAY, World


class Listener:
    """Remembers the batches it took; raises instead whenever it is told to."""

    def __init__(self, fails: Callable[[int], bool] = lambda _: False) -> None:
        self.batches: list[tuple[int, ...]] = []
        self.refused: list[tuple[int, ...]] = []
        self.events: list[Event] = []
        self._fails = fails

    def handle(self, events: Sequence[Event]) -> None:
        cursors = tuple(event.cursor for event in events)
        if self._fails(len(self.batches) + len(self.refused)):
            self.refused.append(cursors)
            raise ConnectionError("the other side is away")
        self.batches.append(cursors)
        self.events += events


def eventful(contacts: int = 4) -> World:
    """A world in which some people were called, in two campaigns."""
    world = World()
    for _ in range(2):
        campaign = world.running(contacts, on_system=["no_answer"])
        world.no_answer(*world.dials(campaign.id))
        world.service.exclude(campaign.id, "919800000001", by="asha")
    return world


def log_of(store: MemoryStore) -> list[Event]:
    return list(store.events(-1, 100_000))


# --- the tip of the log ----------------------------------------------------------------------------------------------


def test_the_tip_is_the_cursor_of_the_last_event() -> None:
    world = World()
    assert world.store.tip() == -1
    for _ in range(3):
        world.create(2)
        assert world.store.tip() == log_of(world.store)[-1].cursor
    world.service.delete(world.create(1).id, by="asha")
    assert world.store.tip() == log_of(world.store)[-1].cursor


# --- what is delivered -----------------------------------------------------------------------------------------------


def test_from_the_beginning_everything_is_delivered_in_the_order_of_the_log() -> None:
    world, listener = eventful(), Listener()
    feed = Feed(world.store, listener, after=-1)
    log = log_of(world.store)
    assert feed.pump() == len(log)
    assert listener.events == log
    assert feed.cursor == log[-1].cursor


def test_within_a_stream_the_sequence_has_no_gap() -> None:
    world, listener = eventful(), Listener()
    Feed(world.store, listener, after=-1, batch=3).pump()
    streams: dict[tuple[str, int], list[int]] = {}
    for event in listener.events:
        streams.setdefault((event.campaign_id, event.stream), []).append(event.sequence)
    # Two campaigns of four contacts, and the campaigns themselves.
    assert len(streams) == 10
    assert all(sequence == list(range(1, len(sequence) + 1)) for sequence in streams.values())


def test_without_a_cursor_a_feed_begins_at_the_present_end() -> None:
    world, listener = eventful(), Listener()
    feed = Feed(world.store, listener)
    assert feed.pump() == 0
    campaign = world.create(1, by="ravi")
    assert feed.pump() == 2
    assert [(event.campaign_id, type(event.fact).__name__) for event in listener.events] == [
        (campaign.id, "LifecycleChanged"),
        (campaign.id, "ContactsMoved"),
    ]
    assert feed.pump() == 0


def test_of_an_empty_log_a_feed_hears_the_first_event() -> None:
    world, listener = World(), Listener()
    feed = Feed(world.store, listener)
    assert (feed.pump(), feed.cursor) == (0, -1)
    world.create(1)
    feed.pump()
    assert listener.events == log_of(world.store)


def test_batches_are_no_larger_than_asked_for() -> None:
    world, listener = World(), Listener()
    for _ in range(5):
        world.create(1)
    # Each creation is two events: the list that was loaded, and what was done.
    assert Feed(world.store, listener, after=-1, batch=4).pump() == 10
    assert listener.batches == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]


def test_a_feed_goes_on_where_the_one_before_it_was() -> None:
    world, before, after = eventful(), Listener(), Listener()
    feed = Feed(world.store, before, after=-1, batch=7)
    feed.pump()
    kept = feed.cursor
    world.create(1)
    Feed(world.store, after, after=kept).pump()
    assert [*before.events, *after.events] == log_of(world.store)


# --- sinks that fail -------------------------------------------------------------------------------------------------


def test_a_sink_that_raises_is_given_the_same_batch_again() -> None:
    world = World()
    for _ in range(5):
        world.create(1)
    listener = Listener(fails=lambda call: call in {1, 2})
    feed = Feed(world.store, listener, after=-1, batch=4)
    for _ in range(2):
        with pytest.raises(ConnectionError, match="the other side is away"):
            feed.pump()
        # The batch before was taken: it is not delivered again.
        assert feed.cursor == 3
    assert feed.pump() == 6
    assert listener.refused == [(4, 5, 6, 7)] * 2
    assert listener.batches == [(0, 1, 2, 3), (4, 5, 6, 7), (8, 9)]


def test_a_process_that_dies_in_the_sink_has_not_delivered() -> None:
    class Dies:
        def handle(self, events: Sequence[Event]) -> None:
            raise KeyboardInterrupt

    world = eventful()
    feed = Feed(world.store, Dies(), after=-1)
    with pytest.raises(KeyboardInterrupt):
        feed.pump()
    assert feed.cursor == -1


def test_a_sink_that_fails_keeps_no_other_from_hearing() -> None:
    world, well = eventful(), Listener()
    ill = Feed(world.store, Listener(fails=lambda _: True), after=-1)
    with pytest.raises(ConnectionError):
        ill.pump()
    assert Feed(world.store, well, after=-1).pump() == len(log_of(world.store))


@given(
    failures=st.sets(st.integers(0, 30)),
    batch=st.integers(1, 9),
    news=st.lists(st.integers(0, 3), min_size=1, max_size=8),
)
def test_whatever_fails_and_whenever_each_event_is_taken_once_and_in_order(
    failures: set[int], batch: int, news: list[int]
) -> None:
    world = World()
    listener = Listener(fails=lambda call: call in failures)
    feed = Feed(world.store, listener, after=-1, batch=batch)
    for count in [*news, *[0] * (len(failures) + 1)]:
        for _ in range(count):
            world.create(1)
        try:
            feed.pump()
        except ConnectionError:
            # What was refused begins right after what was taken.
            assert listener.refused[-1][0] == feed.cursor + 1
        assert [cursor for taken in listener.batches for cursor in taken] == list(range(feed.cursor + 1))
    assert listener.events == log_of(world.store)


# --- logs that grow while they are read ------------------------------------------------------------------------------


def test_a_sink_that_makes_events_of_its_own_does_not_keep_the_feed_busy_for_ever() -> None:
    world = World()

    class Echo:
        heard = 0

        def handle(self, events: Sequence[Event]) -> None:
            self.heard += len(events)
            world.create(0)

    world.create(0)
    echo = Echo()
    feed = Feed(world.store, echo, after=-1)
    assert [feed.pump() for _ in range(3)] == [1, 1, 1]
    assert echo.heard == 3


def test_events_that_a_store_still_holds_back_are_delivered_later_and_in_order() -> None:
    class HoldsBack(MemoryStore):
        """Knows of events that it does not give yet, as when an earlier transaction is still open."""

        visible = 0

        def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
            return [each for each in super().events(after, limit, campaign_id) if each.cursor < self.visible]

    world, listener = World(MONDAY, store=HoldsBack), Listener()
    store = world.store
    assert isinstance(store, HoldsBack)
    for _ in range(3):
        world.create(0)
    feed = Feed(store, listener, after=-1)
    delivered = []
    for store.visible in (0, 2, 3):
        delivered.append(feed.pump())
    assert delivered == [0, 2, 1]
    assert [event.cursor for event in listener.events] == [0, 1, 2]


def test_nothing_is_missed_while_several_threads_write() -> None:
    world, listener = World(), Listener()
    feed = Feed(world.store, listener, after=-1, batch=5)

    def write() -> None:
        for _ in range(60):
            world.create(0)

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        feed.pump()
    for writer in writers:
        writer.join()
    feed.pump()
    assert [event.cursor for event in listener.events] == list(range(180))
    assert all(isinstance(event.fact, LifecycleChanged) for event in listener.events)


# --- what makes no sense ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("after", [2, 500, -2, "1", 1.0])
def test_a_cursor_of_another_log_is_refused(after: int) -> None:
    world = World()
    world.create(1)
    with pytest.raises(InvalidDefinition) as caught:
        Feed(world.store, Listener(), after=after)
    assert caught.value.code == "unknown_cursor"
    assert "its last event has 1" in str(caught.value)
    assert "-1 for the beginning" in str(caught.value)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        Feed(World().store, Listener(), after=7, batch=0)
    assert [problem.code for problem in caught.value.problems] == ["unknown_cursor", "below_one"]
