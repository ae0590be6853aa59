"""Small changes to the bytes of a file: what was cut, pasted, doubled or dropped on the way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

# What a lead file is made of, and what does it harm.
TOKENS: Sequence[bytes] = (
    *(
        token.encode()
        for token in (
            '"', '""', ",", ";", "\t", "\n", "\r\n", "\r", "\r\r\n", "\n\r", " ", "\0", "\x07", "\x0b", "\x1c",
            "\x7f", "\x85", "\u00a0", "\u2028", "\u200b", "\ufeff", "🙂", "e\u0301", "phone_number", "name",
            "Phone Number", "_bot", "919800000002", "+91 98000-00002", "1234567", "1234567890123456", "9.198E+11", "٩",
            ',"', '",', '"\n', '\n"', ' "', "\n919800000003,x", '\n919800000003;x"', ",,,", "x" * 200, "\n" * 20,
            "=1+1", "N/A",
        )
    ),
    b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xff\xfe", b"PK\x03\x04",
)  # fmt: skip

KINDS = ("delete", "double", "swap", "insert", "splice", "replace", "line_ends", "delimiters")


class Step(NamedTuple):
    """One change. The numbers are taken modulo the size of what they point into.

    `kind` is one of KINDS, `at` and `to` point into the bytes, `pick` into TOKENS or into the other file.
    """

    kind: str
    at: int
    to: int
    pick: int


def mutated(data: bytes, steps: Iterable[Step], other: bytes = b"") -> bytes:
    """Change a file step by step; `other` is what is spliced in."""
    for kind, at, to, pick in steps:
        first, last = sorted((at % (len(data) + 1), to % (len(data) + 1)))
        middle, token = data[first:last], TOKENS[pick % len(TOKENS)]
        if kind == "delete":
            data = data[:first] + data[last:]
        elif kind == "double":
            data = data[:last] + middle + data[last:]
        elif kind == "swap":
            cut = pick % (len(middle) + 1)
            data = data[:first] + middle[cut:] + middle[:cut] + data[last:]
        elif kind == "insert":
            data = data[:first] + token + data[first:]
        elif kind == "splice":
            data = data[:first] + other[pick % (len(other) + 1) :]
        elif kind == "replace":
            data = data[:first] + token + data[last:]
        elif kind == "line_ends":
            data = data.replace(b"\n", (b"\r\n", b"\r", b"\n\n", b"\r\r\n")[pick % 4])
        else:
            data = data.replace(b",", (b";", b"\t", b",,", b" ,")[pick % 4])
    return data
