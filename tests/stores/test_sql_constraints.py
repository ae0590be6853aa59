"""The last line: what the database itself refuses when somebody writes past the engine, and what it must not refuse."""

from __future__ import annotations

import re
from typing import Any

import attrs
import pytest
import sqlalchemy as sa

from ori_campaigns.stores.sql import SqlStore
from ori_campaigns.testing.bench import Bench, number
from ori_campaigns.testing.world import TRUNK
from stores.engines import SqlPlace

STATUSES = (
    "pending retry_scheduled callback_scheduled calling awaiting_analysis completed exhausted abandoned machine "
    "window_closed manual_stopped excluded"
).split()
KEPT = "dialled answered connected connected_contacts live ringing in_progress machines".split()
FRESH = "INSERT INTO ori_attempts (campaign, serial, run, contact, kind, number_in_budget, status, busy_number) VALUES "

# Two campaigns: the first has three calls in progress and one contact that waits, the second has one call.
REFUSED = {
    "a second live call for a number": FRESH + f"(1, 900, 1, 3, 'fresh', 1, 'reserved', '{number(0)}')",
    "a second live call for a number, of another campaign": FRESH
    + f"(2, 900, 1, 0, 'fresh', 1, 'ringing', '{number(0)}')",
    "a second call that takes a number over": f"UPDATE ori_attempts SET busy_number = '{number(0)}' WHERE campaign = 2",
    "an attempt's serial again": FRESH + "(1, 0, 1, 3, 'fresh', 1, 'ended', NULL)",
    "a live call that keeps no number busy": "UPDATE ori_attempts SET busy_number = NULL WHERE serial = 1",
    "a call that is over and keeps a number busy": "UPDATE ori_attempts SET status = 'ended' WHERE serial = 1",
    "an attempt in a status there is not": FRESH + "(1, 900, 1, 3, 'fresh', 1, 'dialling', NULL)",
    "an attempt of a kind there is not": FRESH + "(1, 900, 1, 3, 'cold', 1, 'ended', NULL)",
    "an attempt outside its budget": FRESH + "(1, 900, 1, 3, 'fresh', 0, 'ended', NULL)",
    "more live calls than seats": "UPDATE ori_runs SET live = 4 WHERE campaign = 1",
    "fewer seats than live calls": "UPDATE ori_runs SET seats = 2 WHERE campaign = 1",
    "more live calls than channels": "UPDATE ori_carriers SET live = 501",
    "less room than live calls": "UPDATE ori_carriers SET room = 3",
    "channels given back too often": "UPDATE ori_carriers SET live = -1",
    "a place in a stream again": (
        "INSERT INTO ori_events (campaign, stream, sequence, kind, fact) "
        "SELECT campaign, stream, sequence, kind, fact FROM ori_events WHERE stream = 0"
    ),
    "a place in a stream again, by moving": "UPDATE ori_events SET sequence = 1, stream = 0",
    "a campaign in a status there is not": "UPDATE ori_campaigns SET status = 'stopped'",
    "a campaign's id again": "UPDATE ori_campaigns SET id = 'same'",
    "a contact in a status there is not": "UPDATE ori_contacts SET status = 'dialling'",
    "a contact with fewer than no attempts": "UPDATE ori_contacts SET attempts = -1",
    "a contact twice in a run": (
        "INSERT INTO ori_contacts (campaign, run, ordinal, status) VALUES (1, 1, 0, 'pending')"
    ),
    "a number twice on a list": f"UPDATE ori_people SET number = '{number(0)}'",
    "a place on a list twice": "INSERT INTO ori_people (list, ordinal, number) VALUES (1, 0, '919899999999')",
    "a number excluded twice": f"INSERT INTO ori_exclusions (campaign, number) VALUES (1, '{number(3)}')",
    "a carrier twice": "INSERT INTO ori_carriers (workspace, carrier) VALUES ('default', 'trunk')",
    "a run twice": "INSERT INTO ori_runs (campaign, run) VALUES (1, 1)",
    **{f"fewer than no {name}": f"UPDATE ori_runs SET {name} = -1" for name in (*KEPT, *STATUSES)},
}


class Past:
    """A store under way, and a connection of somebody's own to its tables."""

    def __init__(self, place: SqlPlace) -> None:
        self.bench = Bench(store=place.new)
        store = self.bench.store
        assert isinstance(store, SqlStore)
        self._engine, self._schema = store._engine, store._tables.schema
        self.id = self.bench.running(4, concurrency_limit=3).id
        self.bench.running([number(20)])
        self.dials = self.bench.dials()
        assert self.bench.live() == 4
        self.bench.service.exclude(self.id, [number(3)], by="test")

    def _named(self, statement: str) -> str:
        return statement if self._schema is None else re.sub(r"\bori_(?=[a-z]+\b)", f"{self._schema}.ori_", statement)

    def write(self, statement: str) -> int:
        with self._engine.connect() as connection:
            return connection.exec_driver_sql(self._named(statement)).rowcount

    def row(self, statement: str) -> tuple[Any, ...]:
        with self._engine.connect() as connection:
            return tuple(connection.exec_driver_sql(self._named(statement)).one())


@pytest.fixture
def past(durable_place: SqlPlace) -> Past:
    return Past(durable_place)


def test_the_database_itself_refuses(past: Past) -> None:
    before = past.bench.told()
    accepted = []
    for what, statement in REFUSED.items():
        try:
            past.write(statement)
        except sa.exc.IntegrityError:
            continue
        accepted.append(what)
    assert accepted == []
    assert past.bench.told() == before


def test_what_stands_next_to_the_line_is_accepted(past: Past) -> None:
    assert past.write(FRESH + f"(1, 900, 1, 3, 'fresh', 1, 'reserved', '{number(3)}')") == 1
    assert (
        past.write(FRESH + "(1, 901, 1, 3, 'retry', 2, 'ended', NULL), (1, 902, 1, 3, 'fresh', 1, 'ended', NULL)") == 2
    )
    assert past.write("UPDATE ori_runs SET seats = 4, live = 4 WHERE campaign = 1") == 1
    assert past.write("UPDATE ori_carriers SET live = room") == 1


def lower_limit(past: Past, limit: int) -> None:
    """Lower the concurrency limit of the running campaign, as a person does."""
    service, config = past.bench.service, past.bench.store.campaign(past.id).config
    paused = service.pause(past.id, by="test", wait=False).campaign
    draft = past.bench.draft_of(paused, config=attrs.evolve(config, concurrency_limit=limit))
    service.edit(past.id, draft, by="test", version=paused.version)
    service.resume(past.id, by="test")


@pytest.mark.behaviour("P1")
def test_a_limit_may_be_lowered_below_what_is_live(past: Past) -> None:
    seats = "SELECT seats, live FROM ori_runs WHERE campaign = 1"
    lower_limit(past, 1)
    assert past.row(seats) == (3, 3)
    with pytest.raises(sa.exc.IntegrityError):
        past.write("UPDATE ori_runs SET live = live + 1 WHERE campaign = 1")
    mine = [dial for dial in past.dials if dial.campaign_id == past.id]
    for left, dial in zip((2, 1, 0), mine, strict=True):
        past.bench.no_answer(dial)
        # Seats that only drained calls held are given up.
        assert past.row(seats) == (max(left, 1), left)


def test_channels_may_become_fewer_than_what_is_live(past: Past) -> None:
    room = "SELECT channels, room, live FROM ori_carriers"
    assert past.row(room) == (500, 500, 4)
    past.bench.directory.add(attrs.evolve(TRUNK, channels=2))
    past.bench.service.refresh()
    assert past.row(room) == (2, 4, 4)
    with pytest.raises(sa.exc.IntegrityError):
        past.write("UPDATE ori_carriers SET live = live + 1")
    for left, dial in zip((3, 2, 1, 0), past.dials, strict=True):
        past.bench.no_answer(dial)
        assert past.row(room) == (2, max(left, 2), left)
