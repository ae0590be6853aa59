"""How events reach a sink: read from the log after they were committed, in its order, at least once."""

from __future__ import annotations

from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.ports import EventSink, Store


class Feed:
    """Delivers the events of a store to one sink: at least once, and in order within a stream.

    The cursor moves only after the sink has taken a batch, and it never skips an event. A sink that raises gets the
    same events again, so it must bear to be told of one twice: `Event.cursor` identifies it. A sink that fails keeps no
    other from hearing: give each its own feed, and let no two threads pump one feed at the same time. In a store that
    several processes share, every feed hears of everything that any of them does.

    Parameters:
        store: whose log is read.
        sink: who hears.
        after: the cursor of the last event that is *not* to be delivered. `None` begins at the present end of the log,
            -1 at its beginning; after a restart give back `cursor`.
        batch: most events handed over at once.

    Raises:
        InvalidDefinition: code `unknown_cursor` for an `after` that this log has not reached: beginning there would
            skip events; code `below_one` for a batch of nothing.

    >>> from ori_campaigns.stores.memory import MemoryStore
    >>> class Printer:
    ...     def handle(self, events):
    ...         print(*events)
    >>> feed = Feed(MemoryStore(), Printer())
    >>> feed.pump(), feed.cursor
    (0, -1)
    """

    def __init__(self, store: Store, sink: EventSink, *, after: int | None = None, batch: int = 500) -> None:
        end = store.tip()
        problems = []
        if after is not None and not (isinstance(after, int) and -1 <= after <= end):
            message = f"{after!r} is no cursor of this store; its last event has {end}."
            hint = "Give a feed of this store its own `cursor`, -1 for the beginning, or None for the present end."
            problems.append(Problem("after", "unknown_cursor", message, hint))
        if batch < 1:
            message = f"{batch} events at once would never be done."
            problems.append(Problem("batch", "below_one", message, "Give 1 or more."))
        if problems:
            raise InvalidDefinition(problems, what="The feed")
        self._store, self._sink, self._batch = store, sink, batch
        self._cursor = end if after is None else after

    @property
    def cursor(self) -> int:
        """The last event the sink has taken; keep it, and give it back as `after` when the process starts again."""
        return self._cursor

    def pump(self) -> int:
        """Deliver what is new, page by page, and return how many events that was.

        What is committed while it works may be left for the next call, so that a slow sink cannot keep it for ever.

        Raises:
            StoreError: the log could not be read.
            Exception: whatever the sink raised; the batch it was given will be delivered again.
        """
        delivered, end = 0, self._store.tip()
        while self._cursor < end:
            page = self._store.events(self._cursor, self._batch)
            if not page:
                break
            self._sink.handle(page)
            self._cursor = page[-1].cursor
            delivered += len(page)
        return delivered
