"""The durable store, in SQLite or PostgreSQL."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING or find_spec("sqlalchemy") is not None:
    from ori_campaigns.stores.sql.store import SqlStore
else:

    class SqlStore:
        """What stands here while the extra `sql` is not installed: it says so."""

        def __init__(self, *_: object, **__: object) -> None:
            from ori_campaigns.errors import MissingExtra

            raise MissingExtra("A store that lasts", "sql")


__all__ = ["SqlStore"]
