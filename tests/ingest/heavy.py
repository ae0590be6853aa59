"""Sources beyond a limit, read in a process of their own: `python -m ingest.heavy NAME` prints what it took.

The memory of a process only ever grows, so what one refusal takes is seen best in one that does nothing else.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ingest.corpus_sources import Stream
from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import read_leads

MEGABYTE = 1_000_000
_ROW = b"9198%08d,%s\n"
_HEADER = b"phone_number,name\n"


def _ten_gigabytes(piece: bytes) -> Callable[[Path], Stream]:
    def pieces() -> Iterator[bytes]:
        yield _HEADER
        for _ in range(10_000):
            yield piece

    return lambda folder: Stream(pieces())


def _one_byte_over_in_a_file(folder: Path) -> Path:
    path = folder / "leads.csv"
    with path.open("wb") as stream:
        stream.write(_HEADER)
        # The rest takes no room on the disk: only the size is asked for.
        stream.truncate(100 * MEGABYTE + 1)
    return path


def _one_byte_over_in_memory(folder: Path) -> bytes:
    row = _ROW % (1, b"x" * 982) + b"\n" * 5
    whole = _HEADER + row * (100 * MEGABYTE // len(row))
    return whole + b"\n" * (100 * MEGABYTE + 1 - len(whole))


def _rows(count: int, size: int, *, last: bytes = b"") -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        path, name = folder / "leads.csv", b"x" * (size - 14)
        with path.open("wb") as stream:
            stream.write(_HEADER)
            stream.writelines(_ROW % (index, name) for index in range(count))
            stream.write(last)
        return path

    return made


def _repeated(beginning: bytes, piece: bytes) -> Callable[[Path], Stream]:
    def pieces() -> Iterator[bytes]:
        yield beginning
        for _ in range((100 * MEGABYTE - len(beginning)) // len(piece)):
            yield piece

    return lambda folder: Stream(pieces())


SOURCES: dict[str, Callable[[Path], Any]] = {
    "stream_of_rows": _ten_gigabytes((_ROW % (1, b"x" * 985)) * 1_000),
    "stream_without_a_line_end": _ten_gigabytes(b"9" * MEGABYTE),
    "stream_of_blank_lines": _ten_gigabytes(b"\n" * MEGABYTE),
    "file_one_byte_over": _one_byte_over_in_a_file,
    "bytes_one_byte_over": _one_byte_over_in_memory,
    "one_row_over": _rows(500_001, 20),
    "one_row_over_and_wide": _rows(500_001, 190),
    "one_row_over_and_a_quote": _rows(500_001, 20, last=b'919999999999,"\n'),
    "one_line_of_100_mb": _repeated(_HEADER, b"x" * MEGABYTE),
    "one_cell_of_100_mb": _repeated(_HEADER + b'919800000001,"', b"x\n" * 500_000),
    "too_many_blank_lines": _repeated(_HEADER, b"\n" * MEGABYTE),
}


def megabytes() -> float:
    """The most memory this process has had so far."""
    unit = 1 if sys.platform == "darwin" else 1_024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / MEGABYTE


def main() -> None:
    # Whatever is loaded only when it is needed is needed for this.
    read_leads(_HEADER + (_ROW % (1, b"x")) * 2)
    with tempfile.TemporaryDirectory() as folder:
        source = SOURCES[sys.argv[1]](Path(folder))
        before = megabytes()
        try:
            leads = read_leads(source)
        except IngestError as error:
            facts = {name: fact for name, fact in error.facts.items() if name != "leads"}
            answer: dict[str, Any] = {"code": error.code, "facts": facts, "said": str(error)}
        else:
            answer = {"code": "", "facts": {}, "said": str(leads)}
    answer["megabytes"] = megabytes() - before
    answer["given"] = source.given if isinstance(source, Stream) else 0
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
