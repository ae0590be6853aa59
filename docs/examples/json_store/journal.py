"""A very small database: documents under keys, in a file to which every commit adds one line.

A line is there whole or not at all, so a commit of many documents is, too. Opening reads all lines, and replaces the
file by a short one with what they come to.
"""

from __future__ import annotations

import json
import os
import sys
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from ori_campaigns.errors import CommitUnknown, StoreUnavailable

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

Key: TypeAlias = tuple[str | int, ...]
"""The name of a table, and what is unique in it: `("contacts", "a1b2", 1, 0)`."""
Document: TypeAlias = dict[str, Any]


class Journal:
    """The file `journal` of a folder, and the file `lock` that keeps every other process out of it.

    Parameters:
        folder: made where it is missing.
        sync: wait for the disk at every commit; without, a power cut may take the last commits with it.

    Raises:
        StoreUnavailable: `store_in_use`, somebody has it open; `store_damaged`, a line is not what was written.
    """

    def __init__(self, folder: Path, *, sync: bool) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path, self._sync = folder / "journal", sync
        self._lock = _alone(folder)
        try:
            self.documents = self._read()
            self._file: BinaryIO | None = self._replaced()
        except BaseException:
            self._lock.close()
            raise

    def _read(self) -> dict[Key, Document]:
        """Return every document as the last commit left it."""
        lines = self._path.read_bytes().splitlines() if self._path.exists() else []
        found: dict[Key, Document] = {}
        for place, line in enumerate(lines):
            entries = _entries(line)
            if entries is None:
                # What was being written when the machine died is cut short, and nobody was told that it is kept. But
                # the first line was on the disk before the file had its name, and others before the next was begun.
                if place and not any(map(_entries, lines[place:])):
                    break
                message = f"Line {place + 1} of {self._path} is damaged, not cut short by a crash. Bring back a copy."
                raise StoreUnavailable(message, code="store_damaged")
            for key, document in entries:
                if document is None:
                    found.pop(tuple(key), None)
                else:
                    found[tuple(key)] = document
        return found

    def _replaced(self) -> BinaryIO:
        """Write what is kept into a new file, put that in the old one's place, and return it, open at its end."""
        new = self._path.with_suffix(".new")
        with new.open("wb") as file:
            file.write(_line(self.documents))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        if sys.platform != "win32":
            # The new name, too, has to reach the disk.
            folder = os.open(self._path.parent, os.O_RDONLY)
            os.fsync(folder)
            os.close(folder)
        return self._path.open("ab", buffering=0)

    def commit(self, documents: Mapping[Key, Document | None]) -> None:
        """Write documents, `None` for those that are dropped; when this returns they are on the disk.

        Raises:
            StoreUnavailable: nothing was written: the disk is full, or `store_closed`.
            CommitUnknown: the disk failed in the middle of it. The journal is closed; opening it again tells.
        """
        if self._file is None:
            raise StoreUnavailable("The store is closed. Open it again.", code="store_closed")
        line, size = _line(documents), os.fstat(self._file.fileno()).st_size
        try:
            while line:
                line = line[self._file.write(line) :]
            if self._sync:
                os.fsync(self._file.fileno())
        except OSError as error:
            self._take_back(size, error)
            raise StoreUnavailable(f"Nothing was written to {self._path}: {error}.") from error

    def _take_back(self, size: int, error: OSError) -> None:
        """Cut the file to what it was; the next line must not follow half of this one."""
        assert self._file is not None
        try:
            self._file.truncate(size)
            os.fsync(self._file.fileno())
        except OSError:
            self.close()
            raise CommitUnknown(f"Writing to {self._path} failed: {error}. Open the store again.") from error

    def close(self) -> None:
        """Let others open it; nothing is left to be written."""
        if self._file is not None:
            self._file.close()
            self._file = None
            self._lock.close()


def _line(documents: Mapping[Key, Document | None]) -> bytes:
    # With a checksum: after a power cut a file may have its new length, but not its new content.
    text = json.dumps(list(documents.items()), separators=(",", ":")).encode()
    return b"%08x%s\n" % (zlib.crc32(text), text)


def _entries(line: bytes) -> Iterable[tuple[list[Any], Document | None]] | None:
    """Return the keys and documents of a line, `None` if it is not as it was written."""
    entries: list[tuple[list[Any], Document | None]]
    if line[:8] != b"%08x" % zlib.crc32(line[8:]):
        return None
    entries = json.loads(line[8:])
    return entries


def _alone(folder: Path) -> BinaryIO:
    """Lock the folder. The lock is the operating system's: it goes with the process, however that ends."""
    file = (folder / "lock").open("ab")
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise StoreUnavailable(
            f"{folder} is open in another process, or twice in this one. A JsonStore is for one process: close it"
            " there, or use a store that can be shared.",
            code="store_in_use",
        ) from None
    return file
