"""New ids. Chance is only allowed here, and whoever needs repeatable ids hands in their own source."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def random_id() -> str:
    """Return sixteen characters that cannot be guessed and are easy to read aloud."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(16))


def new_key() -> bytes:
    """Return a key that nobody can guess."""
    return secrets.token_bytes(32)


def counted_ids(prefix: str) -> Callable[[], str]:
    """Return a source of ids that counts, for simulations and tests.

    >>> new_id = counted_ids("demo"); new_id(), new_id()
    ('demo00000001', 'demo00000002')
    """
    counter = itertools.count(1)
    return lambda: f"{prefix}{next(counter):08d}"
