"""Transactions: begun, tried again where that can help, and ended with an error that says what is true."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

import sqlalchemy as sa

from ori_campaigns.errors import Conflict, StoreError
from ori_campaigns.stores.sql.dialects import Dialect
from ori_campaigns.stores.sql.troubles import Fate, no_connection

T = TypeVar("T")
TRIES = 5
"""How often a transaction is begun before its conflict is told to whoever asked."""


class Transactions:
    """Runs work in transactions of its own, or in one of the host's.

    Parameters:
        engine: whose connections are used; in autocommit mode, since transactions are begun and ended by statements.
        host: an open connection of the host's, whose transaction is joined; nothing is committed then, and what fails
            is undone up to a savepoint.
    """

    def __init__(self, engine: sa.Engine, dialect: Dialect, host: sa.Connection | None = None) -> None:
        self.engine, self.dialect, self._host = engine, dialect, host
        # Where only one can write, waiting in line here is fairer than trying and sleeping there.
        self._turn = threading.Lock() if dialect.alone else nullcontext()

    @property
    def joined(self) -> bool:
        """Whether the transaction is the host's."""
        return self._host is not None

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Do work in one transaction; it is done anew after a conflict.

        Raises:
            StoreUnavailable, CommitUnknown, Conflict: as they say; and whatever the work raises. Then nothing was
                changed, but for a commit of unknown fate.
        """
        if self._host is not None:
            return self._inside(self._host, work)
        said: StoreError | None = None
        for _ in range(TRIES):
            try:
                return self._once(work)
            except _Again as again:
                said = again.said
        assert said is not None  # noqa: S101 - there is at least one try
        if said.code == "store_constraint" or isinstance(said, Conflict):
            raise Conflict(f"{said} It was tried {TRIES} times. Read again and decide anew.") from said
        raise said

    def _once(self, work: Callable[[sa.Connection], T]) -> T:
        with self._turn, self._connection() as connection:
            with self._meaning():
                self.dialect.begin(connection, writes=True)
            try:
                with self._meaning():
                    done = work(connection)
            except BaseException:
                _undo(connection)
                raise
            try:
                with self._meaning(committing=True):
                    connection.exec_driver_sql("COMMIT")
            except BaseException:
                _undo(connection)
                raise
            return done

    def _inside(self, host: sa.Connection, work: Callable[[sa.Connection], T]) -> T:
        try:
            with self._meaning():
                self.dialect.join(host)
                with host.begin_nested():
                    return work(host)
        except _Again as again:
            if host.invalidated:
                raise again.said from None
            raise Conflict(f"{again.said} Roll your transaction back and begin it anew.") from again.said

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Do work that only reads, seeing one moment."""
        if self._host is not None:
            try:
                with self._meaning():
                    return work(self._host)
            except _Again as again:
                raise again.said from None
        said: StoreError | None = None
        for _ in range(2):
            try:
                with self._connection() as connection, self._meaning():
                    self.dialect.begin(connection, writes=False)
                    try:
                        return work(connection)
                    finally:
                        _undo(connection)
            except _Again as again:
                # A connection that lay idle may have been cut; a new one is worth a try.
                said = again.said
        assert said is not None  # noqa: S101 - as above
        raise said

    @contextmanager
    def _connection(self) -> Iterator[sa.Connection]:
        try:
            with self._meaning():
                connection = self.engine.connect()
        except _Again as again:
            # A new connection was refused: a second one will be, too, and whoever waits for it waits twice.
            raise again.said from None
        with connection:
            yield connection

    @contextmanager
    def _meaning(self, *, committing: bool = False) -> Iterator[None]:
        """Turn errors of the database into ours."""
        try:
            yield
        except sa.exc.DBAPIError as error:
            fate, said = self.dialect.fate(error, committing=committing)
            if fate is Fate.AGAIN:
                raise _Again(said) from error
            # What the driver says may repeat values: numbers of people.
            raise said from None
        except sa.exc.TimeoutError as error:
            raise no_connection(self.dialect.where) from error


class _Again(Exception):
    """The transaction may succeed if it is begun anew."""

    def __init__(self, said: StoreError) -> None:
        super().__init__(str(said))
        self.said = said


def _undo(connection: sa.Connection) -> None:
    """End a transaction without effect. Where that fails, the connection is of no use any more."""
    if connection.invalidated:
        # It was lost, and the transaction with it.
        return
    try:
        connection.exec_driver_sql("ROLLBACK")
    except sa.exc.DBAPIError:
        connection.invalidate()
