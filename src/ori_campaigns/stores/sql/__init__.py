"""The durable store, in SQLite or PostgreSQL."""

from __future__ import annotations

try:
    import sqlalchemy  # noqa: F401 - only to say what is missing
except ImportError as error:
    from ori_campaigns.errors import MissingExtra

    raise MissingExtra("A store that lasts", "sql") from error

from ori_campaigns.stores.sql.store import SqlStore

__all__ = ["SqlStore"]
