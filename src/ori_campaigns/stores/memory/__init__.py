"""The in-memory store: columns inside, values at the edge."""

from ori_campaigns.stores.memory.store import MemoryStore

__all__ = ["MemoryStore"]
