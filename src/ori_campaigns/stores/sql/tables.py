"""The tables: what is kept, and the constraints that hold even when somebody writes past the engine.

Instants are microseconds UTC in 64 bits. States are their words, so that a person can read the tables, and so that
partial indexes and statements agree on literals. Nothing here decides anything: constraints are the last line only.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.contact import LIVE, AttemptKind, AttemptStatus, ContactStatus

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""64 bits; in SQLite only the exact word INTEGER makes a key that counts by itself."""
TALLIES = ("dialled", "answered", "connected", "connected_contacts", "live", "ringing", "in_progress", "machines")
"""The kept counts of a run besides its contacts by status."""
FOLDED = ("name_folded", "id_folded")
"""The columns in which campaigns are searched."""
BY_STATUS = "campaigns_by_status"
"""The index by which the campaigns of one status are listed."""


def _one_of(column: str, words: Iterable[str]) -> str:
    return f"{column} IN ({', '.join(repr(str(word)) for word in words)})"


IS_LIVE = _one_of("status", sorted(LIVE))


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=sa.false())


def _word(name: str, default: str = "") -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default=default)


def _count(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, BIG, nullable=False, server_default=sa.text(str(default)))


class Tables:
    """All tables of one store, named with its prefix, in its schema.

    Parameters:
        prefix: what every name begins with, so that the tables can live among a host's own.
        schema: the PostgreSQL schema they live in; the connection's first unless given.
        numbered: events get their cursor when they are read, instead of being inserted in its order.
    """

    def __init__(self, prefix: str, schema: str | None, *, numbered: bool) -> None:
        self.prefix, self.schema, self.numbered = prefix, schema, numbered
        self.metadata = sa.MetaData(schema=schema)
        self.meta = self._table("meta", sa.Column("name", sa.Text, primary_key=True), _word("value"))
        self.log = self._table("log", sa.Column("id", sa.Integer, primary_key=True), _count("tip", -1))
        self.campaigns = self._campaigns()
        self.keys = self._table(
            "keys",
            sa.Column("workspace", sa.Text, primary_key=True),
            sa.Column("name", sa.Text, primary_key=True),
            sa.Column("campaign", BIG, nullable=False),
        )
        self.runs = self._runs()
        self.lists = self._table(
            "lists",
            sa.Column("key", BIG, primary_key=True, autoincrement=True),
            # Empty while it is only staged.
            sa.Column("campaign", BIG),
            _count("size"),
            _count("staged_at"),
            # The key of a list, as that of a campaign, is never given twice: whoever holds an old one finds nothing.
            sqlite_autoincrement=True,
        )
        self.people = self._table(
            "people",
            sa.Column("list", BIG, primary_key=True, autoincrement=False),
            sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
            _word("number"),
            _word("variables", "{}"),
            sa.UniqueConstraint("list", "number", name=f"{prefix}people_number"),
            sqlite_with_rowid=False,
        )
        self.contacts = self._contacts()
        self.exclusions = self._table(
            "exclusions",
            sa.Column("key", BIG, primary_key=True, autoincrement=True),
            sa.Column("campaign", BIG, nullable=False),
            # Digits; after an erasure a keyed hash of them.
            _word("number"),
            # False once it was taken back by a deliberate re-add; the log still refers to it.
            _flag("active"),
            sa.UniqueConstraint("campaign", "number", name=f"{prefix}exclusions_number"),
        )
        self.carriers = self._table(
            "carriers",
            sa.Column("workspace", sa.Text, primary_key=True),
            sa.Column("carrier", sa.Text, primary_key=True),
            _word("document"),
            _count("interval"),
            _count("burst"),
            _count("full_at"),
            _count("channels"),
            _count("live"),
            # As many as may be live: its channels, or those that were live when the channels became fewer.
            _count("room"),
            _count("rests_until"),
            _flag("configured"),
            sa.CheckConstraint("live >= 0 AND live <= room", name=f"{prefix}carriers_channels"),
        )
        self.attempts = self._attempts()
        self.events = self._events()

    def _table(self, name: str, *parts: sa.schema.SchemaItem, **options: Any) -> sa.Table:  # noqa: ANN401 - as for `sa.Table`
        return sa.Table(f"{self.prefix}{name}", self.metadata, *parts, **options)

    def _index(self, name: str, *columns: sa.ColumnElement[object], where: str = "", unique: bool = False) -> None:
        only = sa.text(where) if where else None
        sa.Index(f"{self.prefix}{name}", *columns, unique=unique, sqlite_where=only, postgresql_where=only)

    def _campaigns(self) -> sa.Table:
        table = self._table(
            "campaigns",
            sa.Column("key", BIG, primary_key=True, autoincrement=True),
            sa.Column("id", sa.Text, nullable=False, unique=True),
            _word("workspace"),
            _word("name"),
            _word("status"),
            _count("created_at"),
            # When it was over, for retention.
            sa.Column("completed_at", BIG),
            _count("run", 1),
            sa.Column("list", BIG),
            # The whole value; the columns beside it are what is searched by.
            _word("document"),
            # Where the rotation of its pool stands, when it last dialled, and the serial of its next attempt.
            _count("cursor"),
            _count("served_at"),
            _count("next_serial"),
            # As they are searched: what `casefold` makes of them, which no database does.
            _word("name_folded"),
            _word("id_folded"),
            sa.CheckConstraint(_one_of("status", CampaignStatus), name=f"{self.prefix}campaigns_status"),
            sqlite_autoincrement=True,
        )
        self._index("campaigns_newest", table.c.workspace, table.c.created_at.desc(), table.c.id)
        self._index(BY_STATUS, table.c.workspace, table.c.status, table.c.created_at.desc(), table.c.id)
        self._index("campaigns_running", table.c.key, where="status = 'running'")
        return table

    def _runs(self) -> sa.Table:
        words = [status.value for status in ContactStatus]
        return self._table(
            "runs",
            sa.Column("campaign", BIG, primary_key=True, autoincrement=False),
            sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
            # As many as may be live: the concurrency limit, or those that were live when it was lowered.
            _count("seats"),
            *(_count(name) for name in TALLIES),
            *(_count(word) for word in words),
            sa.CheckConstraint("live <= seats", name=f"{self.prefix}runs_seats"),
            sa.CheckConstraint(
                " AND ".join(f"{name} >= 0" for name in (*TALLIES, *words)), name=f"{self.prefix}runs_counts"
            ),
        )

    def _contacts(self) -> sa.Table:
        table = self._table(
            "contacts",
            sa.Column("campaign", BIG, primary_key=True, autoincrement=False),
            sa.Column("run", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column("ordinal", sa.Integer, primary_key=True, autoincrement=False),
            _word("status"),
            _count("attempts"),
            _count("due"),
            _count("look_at"),
            _count("last_connected", -1),
            _flag("connected"),
            _word("rule"),
            sa.Column("callback", sa.Text),
            _word("callback_state"),
            sa.CheckConstraint(_one_of("status", ContactStatus), name=f"{self.prefix}contacts_status"),
            sa.CheckConstraint("attempts >= 0", name=f"{self.prefix}contacts_attempts"),
            sqlite_with_rowid=False,
        )
        of = (table.c.campaign, table.c.run)
        # One index for each class of P4, in the order in which its contacts are offered.
        self._index("contacts_fresh", *of, table.c.due, table.c.ordinal, where="status = 'pending'")
        self._index("contacts_retries", *of, table.c.due, table.c.ordinal, where="status = 'retry_scheduled'")
        self._index("contacts_callbacks", *of, table.c.due, table.c.ordinal, where="status = 'callback_scheduled'")
        self._index("contacts_put_off", *of, table.c.look_at, where="look_at > 0")
        return table

    def _attempts(self) -> sa.Table:
        table = self._table(
            "attempts",
            sa.Column("campaign", BIG, primary_key=True, autoincrement=False),
            sa.Column("serial", BIG, primary_key=True, autoincrement=False),
            _count("run"),
            _count("contact"),
            _word("kind"),
            _count("number_in_budget"),
            _word("from_number"),
            _word("carrier"),
            _word("carrier_ref"),
            _word("status"),
            _count("epoch"),
            _count("reserved_at"),
            _count("not_after"),
            # When it is overdue; empty once nothing about it is open.
            sa.Column("check_at", BIG),
            # The number it keeps busy; empty once the call is over, so that nothing of the person stays behind.
            sa.Column("busy_number", sa.Text),
            sa.Column("rang_at", BIG),
            sa.Column("answered_at", BIG),
            sa.Column("ended_at", BIG),
            _count("talk"),
            _flag("connected"),
            _word("disposition"),
            _word("detail"),
            sa.Column("began", sa.Boolean),
            _word("bot_disposition"),
            _flag("analysed"),
            _word("business_disposition"),
            sa.Column("callback", sa.Text),
            _word("rule"),
            sa.CheckConstraint(_one_of("status", AttemptStatus), name=f"{self.prefix}attempts_status"),
            sa.CheckConstraint(_one_of("kind", AttemptKind), name=f"{self.prefix}attempts_kind"),
            sa.CheckConstraint("number_in_budget >= 1", name=f"{self.prefix}attempts_budget"),
            sa.CheckConstraint(f"(busy_number IS NOT NULL) = ({IS_LIVE})", name=f"{self.prefix}attempts_live"),
            sqlite_with_rowid=False,
        )
        live = "busy_number IS NOT NULL"
        # One live call for a number in the whole store, and so in each of its workspaces, and for each contact (N4).
        self._index("attempts_one_call", table.c.busy_number, where=live, unique=True)
        self._index("attempts_overdue", table.c.check_at, where="check_at IS NOT NULL")
        self._index("attempts_by_ref", table.c.carrier_ref, where="carrier_ref <> ''")
        return table

    def _events(self) -> sa.Table:
        cursor = (sa.Column("cursor", BIG, unique=True),) if self.numbered else ()
        table = self._table(
            "events",
            sa.Column("position", BIG, primary_key=True, autoincrement=True),
            *cursor,
            _word("campaign"),
            _count("stream"),
            _count("sequence"),
            _word("kind"),
            _word("fact"),
            sa.UniqueConstraint("campaign", "stream", "sequence", name=f"{self.prefix}events_sequence"),
            # A cursor is never given twice, even when the last events are purged.
            sqlite_autoincrement=True,
        )
        if self.numbered:
            self._index("events_fresh", table.c.position, where="cursor IS NULL")
        self._index("events_of", table.c.campaign, table.c.cursor if self.numbered else table.c.position)
        return table

    def with_people(self, source: sa.FromClause, ordinal: sa.ColumnElement[int]) -> sa.Join:
        """Join contacts with their people (bound `people`) and the exclusions of their campaign (bound `campaign`).

        Parameters:
            source: the contacts.
            ordinal: their column of that name.
        """
        people, exclusions = self.people, self.exclusions
        return source.join(people, (people.c.list == sa.bindparam("people")) & (people.c.ordinal == ordinal)).outerjoin(
            exclusions,
            (exclusions.c.campaign == sa.bindparam("campaign"))
            & (exclusions.c.number == people.c.number)
            & exclusions.c.active,
        )

    def among(self, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column has one of several values, given by that name.

        They are one parameter, however many they are: one text, and one plan.
        """
        if self.numbered:
            return column == sa.any_(sa.bindparam(name, type_=sa.ARRAY(column.type)))
        return column.in_(sa.select(_given(name).c.value))

    def not_among(self, column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
        """Return the condition that a column has none of several values, however many; given as for `among`."""
        if self.numbered:
            # One by one, for each row, is how PostgreSQL would look through a list that is too long for its memory.
            array = sa.func.unnest(sa.bindparam(name, type_=sa.ARRAY(column.type)))
            given = array.table_valued("value").render_derived()
            return ~sa.exists().where(given.c.value == column)
        return column.not_in(sa.select(_given(name).c.value))

    def holding(self, columns: Iterable[sa.ColumnElement[Any]], name: str) -> sa.ColumnElement[bool]:
        """Return the condition that a text, given by that name, is in one of the columns: letter for letter."""
        place = sa.func.strpos if self.numbered else sa.func.instr
        text = sa.bindparam(name, type_=sa.Text)
        return sa.or_(*(place(column, text) > sa.literal_column("0") for column in columns))

    def named(self) -> sa.Subquery:
        """Return the people of a list (bound `people`) who have one of several numbers (bound `numbers`).

        They are found by their index, and at most `limit` of them, before anything can be joined to them: a planner
        would rather go through whole lists.
        """
        people = self.people
        those = sa.select(people.c.ordinal, people.c.number)
        listed = people.c.list == sa.bindparam("people")
        if self.numbered:
            those = those.where(listed, self.among(people.c.number, "numbers"))
        else:
            # SQLite takes neither a condition nor an inner join for a reason to begin with the numbers.
            given = _given("numbers")
            those = those.select_from(given.outerjoin(people, listed & (people.c.number == given.c.value)))
        return those.limit(sa.bindparam("limit")).subquery("named")

    @property
    def cursor(self) -> sa.Column[int]:
        """The column by which events are read on."""
        return self.events.c.cursor if self.numbered else self.events.c.position


def _given(name: str) -> sa.TableValuedAlias:
    """Return a list of values, given to SQLite as one parameter of that name, as a table with the column `value`."""
    return sa.func.json_each(sa.bindparam(name, type_=sa.JSON)).table_valued("value")
