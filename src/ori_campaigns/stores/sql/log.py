"""The event log: append-only, one sequence for each stream, read on by a cursor that never skips a late commit.

Where transactions commit in another order than they insert (PostgreSQL), a serial number would do just that: a reader
sees 11, asks for what comes after 11, and 10 is committed a moment later. So events are inserted without a cursor, and
whoever reads numbers what is committed and has none, in the order of insertion. A stream's events are inserted
under the lock of its campaign, so their order holds. Nobody who dials waits for any of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import attrs
import sqlalchemy as sa

from ori_campaigns import codec
from ori_campaigns.events import AnalysisArrived, CallbackScheduled, Event, Fact, NumberExcluded, NumberReadded
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.sql.bulk import arrays, columns_of
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.stores.sql.values import number_of


class Log:
    """Appends facts and reads events."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        events, exclusions = tables.events, tables.exclusions
        page = (
            sa.select(
                tables.cursor, events.c.campaign, events.c.stream, events.c.sequence, events.c.kind, events.c.fact
            )
            .where(tables.cursor > sa.bindparam("after"))
            .order_by(tables.cursor)
            .limit(sa.bindparam("limit"))
        )
        self._page, self._page_of = page, page.where(events.c.campaign == sa.bindparam("campaign"))
        self._tip = sa.select(sa.func.max(tables.cursor))
        self._names = sa.select(exclusions.c.key, exclusions.c.number).where(tables.among(exclusions.c.key, "keys"))
        self._number = _numbering(tables) if tables.numbered else None
        # Made with the first events, for the dialect of their connection.
        self._append = ""
        self._fresh = sa.select(sa.exists().where(tables.cursor.is_(None)))

    def append(self, connection: sa.Connection, entries: Iterable[tuple[str, Fact]]) -> None:
        """Append facts, each with the id of its campaign. What has a number holds the key of its exclusion instead."""
        rows = [
            {
                "campaign": campaign_id,
                "stream": getattr(fact, "contact", -1),
                "kind": type(fact).__name__,
                "fact": codec.fact_to_json(fact),
            }
            for campaign_id, fact in entries
        ]
        if not rows:
            return
        one_by_one = connection.dialect.name == "sqlite"
        if not self._append:
            events = self._tables.events
            self._append = _append_rowwise(events) if one_by_one else _append_columnwise(events, connection.dialect)
        connection.exec_driver_sql(self._append, rows if one_by_one else columns_of(rows, _TOLD))

    def forget_words(self, connection: sa.Connection, campaign_id: str, stream: int) -> None:
        """Blank what a person said; that they said something, and when, stays. The one change the log ever sees."""
        events = self._tables.events
        told = (events.c.campaign == campaign_id, events.c.stream == stream, events.c.kind.in_(_WITH_WORDS))
        found = connection.execute(sa.select(events.c.position, events.c.kind, events.c.fact).where(*told)).all()
        for position, kind, text in found:
            fact = _without_words(codec.fact_from_json(kind, text))
            here = sa.update(events).where(events.c.position == position)
            connection.execute(here.values(fact=codec.fact_to_json(fact)))

    def has_fresh(self, connection: sa.Connection) -> bool:
        """Tell whether there are events without a cursor."""
        found: bool = connection.execute(self._fresh).scalar_one()
        return found

    def number(self, connection: sa.Connection) -> None:
        """Give each committed event without a cursor its own."""
        if self._number is not None:
            lock, assign = self._number
            connection.execute(lock)
            connection.execute(assign)

    def tip(self, connection: sa.Connection) -> int:
        """Return the cursor of the last event, -1 while there is none."""
        found: int | None = connection.execute(self._tip).scalar_one()
        return -1 if found is None else found

    def read(self, connection: sa.Connection, after: int, limit: int, campaign_id: str | None) -> list[Event]:
        """Return a page of events."""
        asked: dict[str, Any] = {"after": after, "limit": limit}
        if campaign_id is None:
            rows = connection.execute(self._page, asked).all()
        else:
            rows = connection.execute(self._page_of, {**asked, "campaign": campaign_id}).all()
        events = [
            Event(cursor, campaign, stream, sequence, codec.fact_from_json(kind, fact))
            for cursor, campaign, stream, sequence, kind, fact in rows
        ]
        return self._with_numbers(connection, events)

    def _with_numbers(self, connection: sa.Connection, events: list[Event]) -> list[Event]:
        """Put the numbers of exclusions and re-adds in, which the log itself never holds."""
        keys = [int(event.fact.number.reveal()) for event in events if isinstance(event.fact, WITH_NUMBER)]
        if not keys:
            return events
        names: Sequence[Any] = connection.execute(self._names, {"keys": keys}).all()
        numbers = {str(key): number_of(number) for key, number in names}
        shown = []
        for event in events:
            fact = event.fact
            if isinstance(fact, WITH_NUMBER):
                fact = fact._replace(number=numbers.get(fact.number.reveal(), PhoneNumber("")))
                event = Event(event.cursor, event.campaign_id, event.stream, event.sequence, fact)  # noqa: PLW2901
            shown.append(event)
        return shown


_TOLD = ("campaign", "stream", "kind", "fact")


def _append_rowwise(events: sa.Table) -> str:
    """Return the statement that appends one event, the next of its stream."""
    of = f'"{events.name}"'
    last = f"SELECT coalesce(max(sequence), 0) FROM {of} WHERE campaign = :campaign AND stream = :stream"
    return (
        f"INSERT INTO {of} (campaign, stream, sequence, kind, fact) "
        f"VALUES (:campaign, :stream, ({last}) + 1, :kind, :fact)"
    )


def _append_columnwise(events: sa.Table, dialect: sa.Dialect) -> str:
    """Return the statement that appends events in their order, each the next of its stream."""
    of = dialect.identifier_preparer.format_table(events)
    return f"""
        INSERT INTO {of} (campaign, stream, sequence, kind, fact)
        SELECT campaign, stream,
            coalesce((SELECT max(sequence) FROM {of} AS kept
                WHERE kept.campaign = given.campaign AND kept.stream = given.stream), 0)
            + row_number() OVER (PARTITION BY campaign, stream ORDER BY nth),
            kind, fact
        FROM unnest({arrays(events, _TOLD, dialect)}) WITH ORDINALITY AS given(campaign, stream, kind, fact, nth)
        ORDER BY nth
    """


WITH_NUMBER = (NumberExcluded, NumberReadded)
"""Facts of a number, in whose place the log holds the key of its exclusion."""
_WITH_WORDS = (AnalysisArrived.__name__, CallbackScheduled.__name__)


def _without_words(fact: Fact) -> Fact:
    if isinstance(fact, AnalysisArrived) and fact.callback is not None:
        return fact._replace(callback=attrs.evolve(fact.callback, text=""))
    return fact._replace(text="") if isinstance(fact, CallbackScheduled) else fact


def _numbering(tables: Tables) -> tuple[sa.Select[Any], sa.TextClause]:
    """Return the statements that lock the tip and number what has no cursor."""
    log, events = tables.log, tables.events
    lock = sa.select(log.c.tip).with_for_update()
    of, tip = events.fullname, log.fullname
    assign = sa.text(
        f"""
        WITH fresh AS (
            SELECT position, row_number() OVER (ORDER BY position) AS nth FROM {of} WHERE cursor IS NULL
        ), numbered AS (
            UPDATE {of} AS event SET cursor = log.tip + fresh.nth FROM fresh, {tip} AS log
            WHERE event.position = fresh.position RETURNING event.position
        )
        UPDATE {tip} SET tip = tip + (SELECT count(*) FROM numbered)
        """
    )
    return lock, assign
