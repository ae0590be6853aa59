"""The limit: the same work as bare SQL, over tables that hold no more than it needs.

No rule, no gate, no event, no carrier: a claim takes contacts off the list, an outcome inserts an attempt and says what
becomes of the contact. Commits are as durable as the store's.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.store_models import LISTED, picks_up, timed

if TYPE_CHECKING:
    import psycopg

Row = tuple[int, int, str, str]
"""Campaign, place on the list, number, variables as JSON."""
Claimed = tuple[int, str]
"""Place on the list, and number."""

_CONTACT = """
    CREATE TABLE contact (
        campaign bigint NOT NULL, ordinal bigint NOT NULL, number text NOT NULL, variables text NOT NULL,
        status text NOT NULL DEFAULT 'pending', attempts integer NOT NULL DEFAULT 0, due bigint NOT NULL DEFAULT 0
    )
"""
_ATTEMPT = """
    CREATE TABLE attempt (
        campaign bigint NOT NULL, contact bigint NOT NULL, at bigint NOT NULL, number text NOT NULL,
        disposition text NOT NULL
    )
"""
_CAMPAIGN = (
    "CREATE TABLE campaign (id bigint NOT NULL, name text NOT NULL, status text NOT NULL, contacts text NOT NULL)"
)
_COLUMNS = "campaign, ordinal, number, variables"
_PLACE = "CREATE UNIQUE INDEX contact_place ON contact (campaign, ordinal)"
_NUMBER = "CREATE UNIQUE INDEX contact_number ON contact (campaign, number)"
_READY = "CREATE INDEX contact_ready ON contact (campaign, ordinal) WHERE status = 'pending'"
_AT, _DUE, _FROM = 600_000, 2_400_000, "911140001000"


def _outcomes(claimed: Sequence[Claimed]) -> list[tuple[int, str, str, int]]:
    """Place, disposition, status and when it is due again."""
    return [
        (place, "customer", "completed", 0) if picks_up(number) else (place, "no_answer", "retry_scheduled", _DUE)
        for place, number in claimed
    ]


_STOP = "UPDATE contact SET status = 'manual_stopped' WHERE campaign = 1 AND status = 'pending'"
_RESTART = "UPDATE contact SET status = 'pending', attempts = 0, due = 0 WHERE campaign = 1"
_CLONE = f"INSERT INTO contact ({_COLUMNS}) SELECT 2, ordinal, number, variables FROM contact WHERE campaign = 1"
_LIST = "SELECT * FROM campaign ORDER BY id DESC"


def campaign_rows(size: int, campaigns: int) -> Iterator[tuple[int, str, str, str]]:
    """What the list page reads: one large campaign and so many drafts, each with its counts as a text."""
    yield 0, "Benchmark", "running", f"pending {size}"
    for each in range(1, campaigns):
        yield each, f"Draft {each}", "draft", "pending 0"


class Bare:
    """Bare tables in one database.

    Parameters:
        run: runs a statement on its connection, which commits each by itself unless told otherwise.
    """

    def __init__(self, run: Callable[..., Any]) -> None:
        self._run = run

    def create(self, *, indexed: bool) -> None:
        """Make empty tables; with the index that refuses a number twice, if `indexed`."""
        for statement in (_CONTACT, _ATTEMPT, _CAMPAIGN, *([_NUMBER] if indexed else [])):
            self._run(statement)

    def prepare(self) -> None:
        """Make the indexes by which the contacts are worked on."""
        for statement in (_PLACE, _READY):
            self._run(statement)

    def contacts(self) -> int:
        found: int = self._run("SELECT count(*) FROM contact").fetchone()[0]
        return found

    def counted(self) -> dict[str, float]:
        """What was done, by counting it."""
        by_status = dict(self._run("SELECT status, count(*) FROM contact GROUP BY status").fetchall())
        return {
            "calls": self._run("SELECT count(*) FROM attempt").fetchone()[0],
            "reached": by_status.get("completed", 0),
            "again": by_status.get("retry_scheduled", 0),
            "open": by_status.get("dialling", 0),
        }

    def whole_lists(self) -> dict[str, float]:
        """Seconds for what moves a whole list, and for the page that lists all campaigns."""
        found = dict(
            timed(
                [
                    ("list", lambda: [self._run(_LIST).fetchall() for _ in range(LISTED)]),
                    ("stop", lambda: self._run(_STOP)),
                    ("restart", lambda: self._run(_RESTART)),
                    ("clone", lambda: self._run(_CLONE)),
                ]
            )
        )
        return {**found, "list": found["list"] / LISTED}


# --- SQLite ----------------------------------------------------------------------------------------------------------


class BareSqlite(Bare):
    """Raw sqlite3, WAL and `synchronous=FULL`."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        super().__init__(self._connection.execute)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-65536", "wal_autocheckpoint=16000"):
            self._run(f"PRAGMA {pragma}")

    def load(self, rows: Sequence[Row]) -> None:
        self._run("BEGIN IMMEDIATE")
        self._connection.executemany(f"INSERT INTO contact ({_COLUMNS}) VALUES (?, ?, ?, ?)", rows)
        self._run("COMMIT")

    def close(self) -> None:
        self._connection.close()

    def claim(self, batch: int, campaign: int = 1) -> Sequence[Claimed]:
        self._run("BEGIN IMMEDIATE")
        claimed: list[Claimed] = self._run(
            "UPDATE contact SET status = 'dialling', attempts = attempts + 1 WHERE rowid IN ("
            "SELECT rowid FROM contact WHERE campaign = ? AND status = 'pending' ORDER BY ordinal LIMIT ?"
            ") RETURNING ordinal, number",
            (campaign, batch),
        ).fetchall()
        self._run("COMMIT")
        return claimed

    def outcome(self, claimed: Sequence[Claimed], campaign: int = 1) -> None:
        outcomes = _outcomes(claimed)
        self._run("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT INTO attempt VALUES (?, ?, ?, ?, ?)",
            [(campaign, place, _AT, _FROM, disposition) for place, disposition, _, _ in outcomes],
        )
        self._connection.executemany(
            "UPDATE contact SET status = ?, due = ? WHERE campaign = ? AND ordinal = ?",
            [(status, due, campaign, place) for place, _, status, due in outcomes],
        )
        self._run("COMMIT")

    def campaigns(self, rows: Iterable[tuple[int, str, str, str]]) -> None:
        self._connection.executemany("INSERT INTO campaign VALUES (?, ?, ?, ?)", rows)


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


class BarePostgres(Bare):
    """Raw psycopg: COPY to load, one statement with arrays for what becomes of a batch."""

    def __init__(self, url: str) -> None:
        import psycopg

        self._connection: psycopg.Connection = psycopg.connect(url, autocommit=True)
        super().__init__(self._connection.execute)

    def load(self, rows: Sequence[Row]) -> None:
        with (
            self._connection.transaction(),
            self._connection.cursor() as cursor,
            cursor.copy(f"COPY contact ({_COLUMNS}) FROM STDIN") as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def prepare(self) -> None:
        super().prepare()
        self._run("VACUUM ANALYZE contact")

    def close(self) -> None:
        self._connection.close()

    def claim(self, batch: int, campaign: int = 1) -> Sequence[Claimed]:
        claimed: list[Claimed] = self._run(
            "UPDATE contact SET status = 'dialling', attempts = attempts + 1 WHERE ctid = ANY (ARRAY("
            "SELECT ctid FROM contact WHERE campaign = %s AND status = 'pending' ORDER BY ordinal LIMIT %s"
            " FOR UPDATE SKIP LOCKED)) RETURNING ordinal, number",
            (campaign, batch),
        ).fetchall()
        return claimed

    def outcome(self, claimed: Sequence[Claimed], campaign: int = 1) -> None:
        places, dispositions, statuses, dues = map(list, zip(*_outcomes(claimed), strict=True))
        with self._connection.transaction():
            self._run(
                "INSERT INTO attempt SELECT %s, place, %s, %s, disposition"
                " FROM unnest(%s::bigint[], %s::text[]) AS told (place, disposition)",
                (campaign, _AT, _FROM, places, dispositions),
            )
            self._run(
                "UPDATE contact SET status = told.status, due = told.due"
                " FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS told (place, status, due)"
                " WHERE contact.campaign = %s AND contact.ordinal = told.place",
                (places, statuses, dues, campaign),
            )

    def campaigns(self, rows: Iterable[tuple[int, str, str, str]]) -> None:
        with self._connection.cursor() as cursor:
            cursor.executemany("INSERT INTO campaign VALUES (%s, %s, %s, %s)", list(rows))
