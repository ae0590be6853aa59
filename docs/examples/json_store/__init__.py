"""A store of a host's own, in a folder: the worked example of docs/how-to/write-your-own-store.md."""

from .store import JsonStore

__all__ = ["JsonStore"]
