"""The durable store: SQLite in a file by default, PostgreSQL for many workers on many machines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from ori_campaigns.browsing import EVERY_CAMPAIGN, EVERYBODY, CampaignFilter, ContactFilter, Overview, Place
from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Carrier
from ori_campaigns.clocks import FollowingClock, SystemClock
from ori_campaigns.contact import Attempt, Contact
from ori_campaigns.events import Event, LifecycleChanged
from ori_campaigns.ids import new_key
from ori_campaigns.instants import Instant, to_instant
from ori_campaigns.numbers import DIGITS, NumberPolicy, PhoneNumber, parse_number, require_policy
from ori_campaigns.ports import AdmitAsk, Agenda, Clock, StoreCapabilities
from ori_campaigns.reports import Report
from ori_campaigns.stores.sql import schema as versions
from ori_campaigns.stores.sql.agenda import Agendas
from ori_campaigns.stores.sql.attempts import Attempts
from ori_campaigns.stores.sql.browsing import Browsing
from ori_campaigns.stores.sql.calls import Dialling
from ori_campaigns.stores.sql.campaigns import CampaignRow, Campaigns
from ori_campaigns.stores.sql.carriers import Carriers, KeptCarrier
from ori_campaigns.stores.sql.contacts import Contacts
from ori_campaigns.stores.sql.log import Log
from ori_campaigns.stores.sql.moves import Moves
from ori_campaigns.stores.sql.numbers import Numbers, SqlNumbersView
from ori_campaigns.stores.sql.opening import check_connection, check_names, open_engine
from ori_campaigns.stores.sql.people import People
from ori_campaigns.stores.sql.retention import Erased, Purged, Retention
from ori_campaigns.stores.sql.tables import Tables
from ori_campaigns.stores.sql.transactions import Transactions
from ori_campaigns.stores.sql.values import Documents
from ori_campaigns.views import (
    AdmitView,
    CampaignView,
    Changes,
    ContactBatch,
    Counters,
    Created,
    NumbersView,
    ReportView,
    UseStage,
)

R = TypeVar("R")


class _CampaignView:
    def __init__(self, now: Instant, campaign: Campaign, counters: Counters) -> None:
        self.now, self.campaign, self.counters = now, campaign, counters


class SqlStore:
    """Keeps everything in a database; what was committed survives any crash.

    Parameters:
        target: a URL, `sqlite:///campaigns.db` or `postgresql+psycopg://user@host/database`, or a SQLAlchemy engine of
            the host's.
        clock: the one time of the store; the database's own unless given.
        prefix: what the names of its tables begin with.
        schema: the PostgreSQL schema they live in; the connection's first unless given.
        synchronous: SQLite's setting of that name; below `FULL`, a power cut may take the last commits with it.
        create: make the tables, or bring them up to date, where that is needed.

    Raises:
        InvalidDefinition: codes `bad_store_url`, `memory_database`, `bad_synchronous`, `bad_store_name`.
        MissingExtra: the extra `sql`, or `postgres`, is not installed.
        StoreUnavailable: it cannot be opened; codes `schema_newer`, `schema_missing`, `schema_older`, `store_...`.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     store = SqlStore(f"sqlite:///{folder}/campaigns.db")
    ...     store.campaigns()
    ...     store.close()
    []
    """

    def __init__(
        self,
        target: str | sa.URL | sa.Engine,
        *,
        clock: Clock | None = None,
        prefix: str = "ori_",
        schema: str | None = None,
        synchronous: str = "FULL",
        create: bool = True,
    ) -> None:
        check_names(prefix=prefix, schema=schema)
        self._engine, self._dialect, self._own = open_engine(target, synchronous=synchronous)
        self._given_clock = clock
        self.clock: Clock = clock or self._own_clock()
        self._tables = Tables(prefix, schema, numbered=self._dialect.numbered)
        self._transactions = Transactions(self._engine, self._dialect)
        self._workspaces: dict[str, str] = {}
        documents = Documents()
        self._campaigns = Campaigns(self._tables, documents, alone=self._dialect.alone)
        self._contacts = Contacts(self._tables)
        self._attempts = Attempts(self._tables, self._contacts)
        self._carriers = Carriers(self._tables, documents)
        self._log = Log(self._tables)
        self._people = People(self._tables, self._dialect)
        self._moves = Moves(self._tables, self._campaigns, self._people, self._dialect)
        self._numbers = Numbers(self._contacts, self._attempts, self._people)
        self._dialling = Dialling(self._campaigns, self._contacts, self._attempts, self._carriers, self._log)
        self._browsing = Browsing(self._tables, self._campaigns, self._contacts, self._attempts)
        self._agendas = Agendas(self._tables, self._campaigns, self._carriers, self._attempts)
        self._retention = Retention(self._tables, self._campaigns, self._contacts, self._people, self._log)
        try:
            self._transactions.write(lambda connection: versions.prepare(connection, self._tables, create=create))
        except BaseException:
            self.close()
            raise

    def _own_clock(self) -> Clock:
        """Return the database's own time, so that workers on many machines agree."""
        if self._dialect.alone:
            return SystemClock()
        reading = Transactions(self._engine, self._dialect)
        return FollowingClock(lambda: reading.read(self._dialect.now))

    @property
    def can(self) -> StoreCapabilities:
        """What this store can do."""
        return StoreCapabilities(durable=True, shared=True, inline=False, joins=True)

    def close(self) -> None:
        """Let go of the connections that were opened here; those of a host's engine are the host's."""
        if self._own is not None:
            self._own.dispose()

    def joined(self, connection: sa.Connection) -> SqlStore:
        """Return this store inside a transaction of the host's: nothing is committed, or seen, before that is.

        Create, exclude, or change a campaign together with rows of your own. Keep such a transaction short: it holds
        what it changed. Call with `wait=False`, since a pause cannot settle before the commit; what it adds to the log
        is read once it is committed.

        Parameters:
            connection: with a transaction begun, or about to begin, of the database in which the store lives.

        Raises:
            InvalidDefinition: code `bad_connection`: none, closed, in autocommit mode, or of another database.
            Conflict: later, where a transaction of the store's own would be tried again: roll back, and begin anew.
        """
        check_connection(connection, self._engine)
        inside: SqlStore = object.__new__(SqlStore)
        inside.__dict__ = {**self.__dict__, "_own": None}
        inside._transactions = Transactions(self._engine, self._dialect, connection)
        return inside

    def _now(self, connection: sa.Connection) -> Callable[[], Instant]:
        """Return what tells the time within a transaction; asked once its locks are held."""
        given, clock = self._given_clock, self.clock
        if given is not None:
            return given.now
        if isinstance(clock, FollowingClock):
            return lambda: clock.hear(self._dialect.now(connection))
        return clock.now

    # --- writes ---
    def stage(self, batch: ContactBatch) -> str:
        """Keep contacts aside for a later `UseStage`, in pieces that let others take their turn."""
        return self._people.stage(self._transactions, batch, self.clock.now())

    def discard(self, stage: str) -> None:
        """Drop contacts that were kept aside."""
        self._transactions.write(lambda connection: self._people.discard(connection, stage))

    def create(self, created: Created, key: str | None) -> Campaign:
        """Insert a campaign with its contacts, once for each key."""
        keys, workspace = self._tables.keys, created.campaign.workspace

        def work(connection: sa.Connection) -> Campaign:
            if key is not None:
                known = sa.select(keys.c.campaign).where(keys.c.workspace == workspace, keys.c.name == key)
                first = connection.execute(known).scalar_one_or_none()
                if first is not None:
                    for move in created.moves:
                        if isinstance(move, UseStage):
                            self._people.discard(connection, move.stage)
                    campaigns = self._tables.campaigns
                    name = connection.execute(sa.select(campaigns.c.id).where(campaigns.c.key == first)).scalar_one()
                    return self._campaigns.get(connection, name).campaign
            row = self._insert(connection, created)
            if key is not None:
                connection.execute(sa.insert(keys), {"workspace": workspace, "name": key, "campaign": row.key})
            return created.campaign

        return self._transactions.write(work)

    def _insert(self, connection: sa.Connection, created: Created) -> CampaignRow:
        row = self._campaigns.insert(connection, created.campaign)
        changes = Changes(created.campaign, created.facts, campaign=created.campaign, moves=created.moves)
        self._write(connection, row, changes, self._now(connection)())
        return row

    def _write(self, connection: sa.Connection, row: CampaignRow, changes: Changes[Any], now: Instant) -> None:
        """Write what a rule on a campaign answered: moves, facts, the campaign row."""
        moved = [self._moves.make(connection, row, move, now) for move in changes.moves]
        told = self._numbers.apply(connection, row, changes.facts)
        self._log.append(connection, ((row.campaign.id, fact) for fact in (*told, *moved)))
        if changes.campaign is not None:
            row.campaign = changes.campaign
        if changes.campaign is not None or moved:
            self._campaigns.save(connection, row)
        else:
            self._campaigns.save_run(connection, row)

    def change(self, campaign_id: str, rule: Callable[[CampaignView], Changes[R]]) -> R:
        """Run a lifecycle rule on one campaign."""

        def work(connection: sa.Connection) -> R:
            row = self._campaigns.lock(connection, campaign_id)
            now = self._now(connection)()
            counters = row.run.counters(self._campaigns.excluded(connection, row))
            changes = rule(_CampaignView(now, row.campaign, counters))
            self._write(connection, row, changes, now)
            if changes.created is not None:
                self._insert(connection, changes.created)
            if changes.deleted:
                self._retention.delete(connection, row)
            return changes.result

        return self._transactions.write(work)

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        """Run the rule of admission on one campaign."""

        def work(connection: sa.Connection) -> R:
            workspace = self._workspace(connection, ask.campaign_id)
            locks = not self._dialect.alone
            return self._dialling.admit(connection, self._now(connection), workspace, ask, rule, lock_carriers=locks)

        return self._transactions.write(work)

    def _workspace(self, connection: sa.Connection, campaign_id: str) -> str:
        """Return the workspace of a campaign, which never changes."""
        known = self._workspaces.get(campaign_id)
        if known is None:
            known = self._campaigns.get(connection, campaign_id).campaign.workspace
            self._workspaces[campaign_id] = known
        return known

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        """Run the rule of recording on a batch in which no attempt appears twice."""
        return self._transactions.write(
            lambda connection: self._dialling.record(
                connection, self._now(connection), reports, rule, lock_carriers=not self._dialect.alone
            )
        )

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        """Run a rule on numbers of one campaign."""

        def work(connection: sa.Connection) -> R:
            row = self._campaigns.lock(connection, campaign_id)
            now = self._now(connection)()
            matches = self._numbers.matches(connection, row, numbers)
            changes = rule(SqlNumbersView(now, row.campaign, matches))
            self._write(connection, row, changes, now)
            return changes.result

        return self._transactions.write(work)

    def keep_policy(self, name: str) -> str:
        """Remember a number policy by its name, unless one is remembered; return the remembered one."""
        known = self._transactions.read(lambda connection: versions.policy(connection, self._tables))
        return known or self._transactions.write(lambda c: versions.keep_policy(c, self._tables, name))

    def put_carriers(self, workspace: str, carriers: Sequence[Carrier]) -> None:
        """Bring the workspace's carriers up to date; buckets and live counts are kept."""
        known = self._transactions.read(lambda connection: self._carriers.of_workspace(connection, workspace))
        current = {name: trunk.carrier for name, trunk in known.items() if trunk.configured}
        if current != {carrier.id: carrier for carrier in carriers}:
            self._transactions.write(
                lambda connection: self._carriers.put(connection, workspace, carriers, self._now(connection)())
            )

    def carriers(self, workspace: str = "default") -> Sequence[KeptCarrier]:
        """Return the carriers of a workspace as they were configured last, those that are withdrawn among them."""
        trunks = self._transactions.read(lambda connection: self._carriers.of_workspace(connection, workspace))
        return [KeptCarrier(each.carrier, each.live, each.rests_until, each.configured) for each in trunks.values()]

    # --- retention ---
    def purge(self, before: datetime) -> Purged:
        """Drop campaigns that were over before a moment: contacts, attempts, events, all of it.

        Each is one transaction: should the store fail half-way, those before it are gone, and calling again goes on.
        What is left of drafts that were deleted before then goes, too, and lists that a crash left behind.

        Parameters:
            before: an aware datetime.
        """
        instant = to_instant(before)
        done = [
            self._transactions.write(partial(self._retention.drop, campaign_id=name, before=instant))
            for name in self._transactions.read(lambda connection: self._retention.over_before(connection, instant))
        ]
        deleted = self._transactions.read(lambda connection: self._retention.deleted_before(connection, instant))
        events = sum(self._transactions.write(partial(self._retention.drop_log, campaign_id=each)) for each in deleted)
        now = self.clock.now()
        lists = self._transactions.write(lambda connection: self._retention.drop_forgotten(connection, now))
        return Purged.together(done, events, lists)

    def erase(
        self, number: str | PhoneNumber, *, by: str, workspace: str = "default", policy: NumberPolicy = DIGITS
    ) -> Erased:
        """Erase a person from every campaign of a workspace: outcomes stay, without the person.

        Number, variables and words are gone, a pseudonym (a keyed hash) takes the number's place. The person is
        excluded from these campaigns, and exclusions outlive the erasure: the same number on a later list is known.
        Copies elsewhere, such as backups and exported files, are the host's to see to.

        Parameters:
            by: who does it, for the log.
            policy: how the number is read; the store's.

        Raises:
            ActionNotAllowed: code `not_final`, when a contact of theirs may still be called: exclude the number first.
            InvalidDefinition: codes `bad_number`, `other_number_policy`.
        """
        kept = self._transactions.read(lambda connection: versions.policy(connection, self._tables)) or policy.name
        hint = f"Give policy=, the one of the name {kept!r}."
        require_policy(policy.name, kept, what="The erasure", whose="the store", hint=hint)
        person, key = parse_number(number, policy=policy), new_key()

        def work(connection: sa.Connection) -> Erased:
            now = self._now(connection)()
            return self._retention.erase(connection, workspace, person, by=by, now=now, new_key=key)

        return self._transactions.write(work)

    # --- what there is to do ---
    def agenda(self) -> Agenda:
        """Return what there is to do."""
        return self._transactions.read(lambda connection: self._agendas.read(connection, self._now(connection)()))

    def overdue(self, limit: int) -> Sequence[str]:
        """Return attempts whose time limit or awaited analysis has passed."""
        return self._transactions.read(
            lambda connection: self._attempts.overdue(connection, self._now(connection)(), limit)
        )

    def unsent(
        self, campaign_id: str, *, before: int | None = None, numbers: Sequence[PhoneNumber] | None = None
    ) -> Instant | None:
        """Return the latest `not_after` of reservations nobody has reported on yet."""
        return self._reading(campaign_id, lambda c, row: self._attempts.unsent(c, row, before, numbers))

    # --- reads ---
    def _reading(self, campaign_id: str, read: Callable[[sa.Connection, CampaignRow], R]) -> R:
        return self._transactions.read(lambda c: read(c, self._campaigns.get(c, campaign_id)))

    def campaign(self, campaign_id: str) -> Campaign:
        """Return one campaign."""
        return self._reading(campaign_id, lambda _, row: row.campaign)

    def campaigns(self, workspace: str | None = None) -> Sequence[Campaign]:
        """Return all campaigns, newest created first, id as tie-break."""
        return self._transactions.read(lambda connection: self._campaigns.values(connection, workspace))

    def counters(self, campaign_id: str, run: int | None = None) -> Counters:
        """Return the kept counts of a run, the current one unless named."""

        def read(connection: sa.Connection, row: CampaignRow) -> Counters:
            excluded = self._campaigns.excluded(connection, row)
            return self._campaigns.run(connection, row, run).counters(excluded)

        return self._reading(campaign_id, read)

    def overview(
        self, workspace: str, only: CampaignFilter = EVERY_CAMPAIGN, *, after: Place | None = None, limit: int = 50
    ) -> Sequence[Overview]:
        """Return a page of a workspace's campaigns with their kept counts."""
        return self._transactions.read(lambda c: self._browsing.overview(c, workspace, only, after, limit))

    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = EVERYBODY
    ) -> Sequence[Contact]:
        """Return a page of the contacts that are wanted, by ordinal."""
        return self._reading(campaign_id, lambda c, row: self._browsing.contacts(c, row, only, after, limit))

    def attempts(self, campaign_id: str, after: int = -1, limit: int = 1000) -> Sequence[Attempt]:
        """Return a page of attempts of all runs, by serial."""
        return self._reading(campaign_id, lambda c, row: self._attempts.page(c, row, after, limit))

    def attempts_of(self, campaign_id: str, contacts: Sequence[int]) -> Sequence[Attempt]:
        """Return all attempts of these contacts, by serial."""
        return self._reading(campaign_id, lambda c, row: self._browsing.attempts_of(c, row, contacts))

    def number_use(self, campaign_id: str, run: int | None = None) -> Mapping[PhoneNumber, int]:
        """Return how many calls of a run were made from each number."""
        return self._reading(campaign_id, lambda c, row: self._browsing.number_use(c, row, run))

    def dialled_since(self, campaign_id: str, since: Instant) -> int:
        """Return how many of the newest calls were reserved since then."""
        return self._reading(campaign_id, lambda c, row: self._browsing.dialled_since(c, row, since))

    def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
        """Return a page of the log, of all campaigns unless one is named."""
        self._number()

        def read(connection: sa.Connection) -> list[Event]:
            if campaign_id is not None:
                self._campaigns.get(connection, campaign_id)
            return self._log.read(connection, after, limit, campaign_id)

        return self._transactions.read(read)

    def next_due(self, campaign_id: str) -> Instant | None:
        """Return when the next contact of a running campaign is due; `None` when none waits."""
        return self._reading(campaign_id, lambda c, row: self._agendas.next_due(c, row, self._now(c)()))

    def activity(self, campaign_id: str, limit: int = 1000) -> Sequence[LifecycleChanged]:
        """Return the latest lifecycle actions of a campaign, in their order."""
        return self._reading(campaign_id, lambda c, row: self._browsing.activity(c, row, limit))

    def tip(self) -> int:
        """Return the cursor of the last event, -1 while there is none."""
        self._number()
        return self._transactions.read(self._log.tip)

    def _number(self) -> None:
        """See to it that all that is committed has its place in the log."""
        # In a transaction of the host's it would keep everybody else from reading until that ends.
        if not self._transactions.joined and self._dialect.numbered and self._transactions.read(self._log.has_fresh):
            self._transactions.write(self._log.number)
