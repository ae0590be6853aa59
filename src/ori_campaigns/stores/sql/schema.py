"""The version of the tables: made where there are none, brought up to date where older, refused where newer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import sqlalchemy as sa

from ori_campaigns.errors import StoreError, StoreUnavailable
from ori_campaigns.stores.sql.tables import BY_STATUS, FOLDED, Tables

VERSION = 2
"""The version that this code reads and writes."""

Migration = Callable[[sa.Connection, Tables], None]


def _searched(connection: sa.Connection, tables: Tables) -> None:
    """Let campaigns be searched by name and id, and listed by status."""
    campaigns = tables.campaigns
    for column in FOLDED:
        connection.exec_driver_sql(f"ALTER TABLE {campaigns.fullname} ADD COLUMN {column} TEXT DEFAULT '' NOT NULL")
    known = connection.execute(sa.select(campaigns.c.key, campaigns.c.id, campaigns.c.name)).all()
    fold = sa.update(campaigns).where(campaigns.c.key == sa.bindparam("at"))
    folded = [{"at": key, "id_folded": name.casefold(), "name_folded": title.casefold()} for key, name, title in known]
    if folded:
        connection.execute(fold, folded)
    (index,) = (each for each in campaigns.indexes if each.name == f"{tables.prefix}{BY_STATUS}")
    index.create(connection)


MIGRATIONS: Mapping[int, Migration] = MappingProxyType({1: _searched})
"""By the version they start from: each brings the tables to the next one, in one transaction with its number."""
_NAME, _POLICY = "schema_version", "number_policy"
_LOCK = sa.text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def prepare(
    connection: sa.Connection,
    tables: Tables,
    *,
    create: bool,
    migrations: Mapping[int, Migration] = MIGRATIONS,
    version: int = VERSION,
) -> None:
    """Make the tables, or bring them up to date.

    Parameters:
        create: whether to do so; otherwise anything but the present version is refused.

    Raises:
        StoreUnavailable: code `schema_missing` or `schema_older`, when told not to make them; `schema_newer`, when a
            newer release has been here.
    """
    found = _found(connection, tables)
    if found == version:
        return
    if found is not None and found > version:
        raise StoreUnavailable(
            f"The store has tables of version {found}; this release knows version {version}. "
            "Use the release that made them, or a later one. Nothing was changed.",
            code="schema_newer",
        )
    if not create:
        code, what = ("schema_missing", "no tables")
        if found is not None:
            code, what = ("schema_older", f"tables of version {found}")
        raise StoreUnavailable(
            f"The store has {what}; this release needs version {version}. "
            "Open it once with create=True, by a user who may create tables. Nothing was changed.",
            code=code,
        )
    if connection.dialect.name == "postgresql":
        # Whoever came first may be at it, and may have finished meanwhile.
        connection.execute(_LOCK, {"name": f"{tables.schema}.{tables.prefix}"})
        found = _found(connection, tables)
        if found == version:
            return
    if found is None:
        _make(connection, tables, version)
        return
    for number in range(found, version):
        if number not in migrations:
            raise _damaged(tables, str(number))
        migrations[number](connection, tables)
    where = tables.meta.c.name == _NAME
    connection.execute(sa.update(tables.meta).where(where), {"value": str(version)})


def policy(connection: sa.Connection, tables: Tables) -> str | None:
    """Return the name of the number policy that the store's numbers are of; `None` before there was any."""
    where = tables.meta.c.name == _POLICY
    found: str | None = connection.execute(sa.select(tables.meta.c.value).where(where)).scalar_one_or_none()
    return found


def keep_policy(connection: sa.Connection, tables: Tables, name: str) -> str:
    """Remember a number policy, unless another worker was first; return the one that is remembered."""
    keep = sa.text(f"INSERT INTO {tables.meta.fullname} (name, value) VALUES (:name, :value) ON CONFLICT DO NOTHING")
    connection.execute(keep, {"name": _POLICY, "value": name})
    return policy(connection, tables) or name


def _make(connection: sa.Connection, tables: Tables, version: int) -> None:
    inspector = sa.inspect(connection)
    for table in tables.metadata.sorted_tables:
        if inspector.has_table(table.name, schema=tables.schema):
            raise StoreError(
                f"There is a table {table.name!r} already that is not the store's. "
                "Give another prefix, or another schema. Nothing was changed.",
                code="schema_taken",
            )
    tables.metadata.create_all(connection, checkfirst=False)
    connection.execute(sa.insert(tables.log), {"id": 1, "tip": -1})
    connection.execute(sa.insert(tables.meta), {"name": _NAME, "value": str(version)})


def _found(connection: sa.Connection, tables: Tables) -> int | None:
    """Return the version of the tables, `None` where there are none."""
    if not sa.inspect(connection).has_table(tables.meta.name, schema=tables.schema):
        return None
    where = tables.meta.c.name == _NAME
    value = connection.execute(sa.select(tables.meta.c.value).where(where)).scalar_one_or_none()
    if value is None or not value.isdecimal():
        raise _damaged(tables, value)
    return int(value)


def _damaged(tables: Tables, value: str | None) -> StoreUnavailable:
    return StoreUnavailable(
        f"The store does not say which version its tables have (it says {value!r}). "
        f"Restore {tables.meta.name!r} from a copy. Nothing was changed.",
        code="schema_damaged",
    )
