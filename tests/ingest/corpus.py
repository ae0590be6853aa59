"""Hostile lead files with the answers they must get, written by hand from the rules and the reference page.

An entry is data: what is hostile, the bytes (or a builder), the options, and the one right answer. The files that are
too long to write down are in `corpus_long`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import attrs

Contact: TypeAlias = tuple[str, dict[str, str]]
Skipped: TypeAlias = tuple[int, str, str]
"""Line, raw value, reason."""
Builder: TypeAlias = Callable[[Path], Any]
"""Makes a source that is no plain bytes; the path is an empty folder."""


class _Anything:
    """Equal to everything: a fact that the rules leave open."""

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return "ANYTHING"


ANYTHING = _Anything()


@attrs.frozen
class Read:
    """The file is read.

    Parameters:
        contacts: digits and variables, in order.
        skipped: line, raw value and reason, in order.
        warnings: their codes, in order.
        blank: wholly blank physical lines, those before the header too.
        more: physical lines that go on with a record (or the header) begun on an earlier one.
    """

    contacts: Sequence[Contact]
    skipped: Sequence[Skipped] = ()
    warnings: Sequence[str] = ()
    blank: int = 0
    more: int = 0


@attrs.frozen
class Refused:
    """The file is refused whole.

    Parameters:
        code: that of the error.
        facts: all of them, except the report that comes with `no_valid_rows`.
        says: what the message must hold.
        skipped: with `no_valid_rows`, what that report holds.
    """

    code: str
    facts: Mapping[str, object] = attrs.field(factory=dict)
    says: Sequence[str] = ()
    skipped: Sequence[Skipped] = ()


Answer: TypeAlias = Read | Refused


@attrs.frozen
class Entry:
    """One hostile file and its answer.

    Parameters:
        name: unique; the id of its test.
        why: what is hostile about it.
        data: the bytes, or what makes another kind of source.
        answer: what must come of it.
        options: of `read_leads`.
    """

    name: str
    why: str
    data: bytes | Builder = attrs.field(repr=False)
    answer: Answer = attrs.field(repr=False)
    options: Mapping[str, Any] = attrs.field(factory=dict)

    @property
    def codec(self) -> str:
        """What the bytes are to be decoded with, by the rules."""
        named = self.options.get("encoding")
        if isinstance(named, str):
            return named
        data = self.data if isinstance(self.data, bytes) else b""
        return "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"


FIRST: Contact = ("919800000001", {"name": "Asha"})
LAST: Contact = ("919800000009", {"name": "Zoë"})
HEADER = "phone_number,name"
SOUND = f"{HEADER}\n919800000001,Asha\n919800000009,Zoë\n"


def among(odd: str, *, end: str = "\n") -> bytes:
    """A sound file with something odd between its two contacts; the odd thing begins on line 3."""
    return end.join([HEADER, "919800000001,Asha", odd, "919800000009,Zoë", ""]).encode()


def kept(*between: Contact, skipped: Sequence[Skipped] = (), blank: int = 0, more: int = 0) -> Read:
    """What comes of `among`: both neighbours as they were, and between them what the rules say."""
    return Read([FIRST, *between, LAST], skipped, blank=blank, more=more)


def ravi(name: str = "Ravi") -> Contact:
    """The contact between the two neighbours."""
    return ("919800000002", {"name": name})
