"""Compact rows for the in-memory store: fixed records in one buffer, and a table of interned values.

Half a million contacts make millions of attempts and events; as objects they would cost ten times the memory and most
of the running time would go to the garbage collector.
"""

from __future__ import annotations

from collections.abc import Hashable
from struct import Struct
from typing import Any


class Rows:
    """Fixed-size records, appended and read by position.

    >>> rows = Rows("<iq")
    >>> rows.append(1, 2), rows.append(3, 4), rows.get(1), len(rows)
    (0, 1, (3, 4), 2)
    """

    __slots__ = ("_buffer", "_pack", "_size", "_struct", "_zeros")

    def __init__(self, layout: str) -> None:
        self._struct = Struct(layout)
        self._pack = self._struct.pack
        self._size = self._struct.size
        self._zeros = bytes(self._size)
        self._buffer = bytearray()

    def __len__(self) -> int:
        return len(self._buffer) // self._size

    def append(self, *fields: int) -> int:
        """Add a record; return its position."""
        position = len(self._buffer) // self._size
        self._buffer += self._pack(*fields)
        return position

    def blank(self) -> int:
        """Add a record of zeros, to be put later; return its position."""
        position = len(self._buffer) // self._size
        self._buffer += self._zeros
        return position

    def get(self, position: int) -> tuple[Any, ...]:
        """Return the record at `position`."""
        return self._struct.unpack_from(self._buffer, position * self._size)

    def put(self, position: int, *fields: int) -> None:
        """Overwrite the record at `position`."""
        self._struct.pack_into(self._buffer, position * self._size, *fields)

    @property
    def nbytes(self) -> int:
        """Bytes in use."""
        return len(self._buffer)


class Codes:
    """Interned values: equal values get one small number.

    >>> codes = Codes()
    >>> codes.code("a"), codes.code("b"), codes.code("a"), codes.value(1)
    (0, 1, 0, 'b')
    """

    __slots__ = ("_codes", "_values")

    def __init__(self) -> None:
        self._codes: dict[Hashable, int] = {}
        self._values: list[Any] = []

    def code(self, value: Hashable) -> int:
        """Return the number of a value, a new one the first time."""
        code = self._codes.get(value)
        if code is None:
            code = self._codes[value] = len(self._values)
            self._values.append(value)
        return code

    def value(self, code: int) -> Any:  # noqa: ANN401 - what was put in comes out
        """Return the value of a number."""
        return self._values[code]
