"""Hostile sources: no file, no bytes, streams that drip, fail or never end, files at the edge of a limit (C3, C9)."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from ingest.corpus import FIRST, LAST, SOUND, Entry, Read, Refused
from ori_campaigns.ingest import Limits


class Stream:
    """A binary stream that can only be read, made of pieces that somebody thinks up as they are asked for."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.given = 0
        self._pieces = pieces
        self._left = b""

    def read(self, size: int = -1) -> bytes:
        """Return what is left of a piece, or the next one, and never more than `size` bytes."""
        piece = self._left or next(self._pieces, b"")
        self._left = piece[size:]
        # A copy, as a file gives one: who keeps all of them keeps that much memory.
        given = bytes(memoryview(piece)[:size])
        self.given += len(given)
        return given


def endless(beginning: bytes, piece: bytes) -> Iterator[bytes]:
    yield beginning
    while True:
        yield piece


def _missing(folder: Path) -> Path:
    return folder / "missing.csv"


def _folder(folder: Path) -> Path:
    return folder


def _empty_path(folder: Path) -> Path:
    (folder / "empty.csv").touch()
    return folder / "empty.csv"


def _csv_text(folder: Path) -> str:
    return SOUND


def _csv_text_of_one_line(folder: Path) -> str:
    return "phone_number,919800000001"


def _dangling_link(folder: Path) -> Path:
    (folder / "link.csv").unlink(missing_ok=True)
    (folder / "link.csv").symlink_to(folder / "gone.csv")
    return folder / "link.csv"


def _text_mode(folder: Path) -> io.StringIO:
    return io.StringIO(SOUND)


def _drip(folder: Path) -> Stream:
    return Stream(bytes([byte]) for byte in SOUND.encode())


def _pipe(folder: Path) -> io.BufferedReader:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as stream:
        stream.write(SOUND.encode())
    return os.fdopen(reading, "rb")


def _unpacked(folder: Path) -> gzip.GzipFile:
    return gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(SOUND.encode())))


def _from_the_middle(folder: Path) -> io.BytesIO:
    stream = io.BytesIO(b"%PDF-" + SOUND.encode())
    stream.seek(5)
    return stream


def _failing(error: OSError) -> Callable[[Path], Stream]:
    def pieces() -> Iterator[bytes]:
        yield SOUND.encode()
        raise error

    return lambda folder: Stream(pieces())


class _Nothing:
    """A stream that is not ready, as one that does not block answers."""

    def read(self, size: int = -1) -> None:
        """Return nothing, not even an end."""


def _nothing(folder: Path) -> _Nothing:
    return _Nothing()


def _stream(data: bytes) -> Callable[[Path], io.BytesIO]:
    return lambda folder: io.BytesIO(data)


def _path(data: bytes) -> Callable[[Path], Path]:
    def made(folder: Path) -> Path:
        (folder / "leads.csv").write_bytes(data)
        return folder / "leads.csv"

    return made


_SOURCES = [
    Entry("missing_path", "no such file", _missing, Refused("file_not_found", {"path": "missing.csv"})),
    Entry("dangling_link", "a link to a file that is gone", _dangling_link,
          Refused("file_not_found", {"path": "link.csv"})),
    Entry("directory", "a folder", _folder, Refused("not_a_file", {"path": "."}, says=["directory"])),
    Entry("empty_path", "a file without a byte", _empty_path, Refused("empty_file", says=["empty.csv"])),
    Entry("csv_text", "the text itself where a path is expected; it is not repeated", _csv_text,
          Refused("file_not_found", says=["encode()"])),
    Entry("csv_text_of_one_line", "the same, and it could be a file name: a number is not shown all the same",
          _csv_text_of_one_line, Refused("file_not_found", says=["encode()"])),
    Entry("text_mode", "a file opened as text", _text_mode, Refused("not_binary", says=["'rb'"])),
    Entry("stream_of_single_bytes", "one byte at a time", _drip, Read([FIRST, LAST])),
    Entry("pipe", "a stream that cannot go back", _pipe, Read([FIRST, LAST])),
    Entry("unpacked_on_the_way", "a stream that unpacks", _unpacked, Read([FIRST, LAST])),
    Entry("stream_from_the_middle", "what was read before does not count", _from_the_middle, Read([FIRST, LAST])),
    Entry("stream_that_fails", "the connection is lost after two sound rows",
          _failing(ConnectionResetError(104, "Connection reset by peer")),
          Refused("file_not_readable", says=["Connection reset by peer"])),
    Entry("stream_that_fails_without_a_word", "an error without a text",
          _failing(TimeoutError()), Refused("file_not_readable", says=["TimeoutError"])),
    Entry("no_source_at_all", "what an upload gives that is not there", lambda folder: None, Refused("not_a_source")),
    Entry("stream_of_nothing", "None is no end of a file", _nothing, Refused("not_binary")),
]  # fmt: skip

_TWO = b"phone_number,name\n919800000001,Asha\n919800000009,Zoe\n"
TWO = Read([FIRST, ("919800000009", {"name": "Zoe"})])
_FIELD = b"phone_number,name\n919800000001," + b"x" * 2_000_000


def _pieces(data: bytes) -> Callable[[Path], Stream]:
    size = 1 << 16
    return lambda folder: Stream(data[at : at + size] for at in range(0, len(data), size))


def _limited(name: str, why: str, data: bytes, answer: Read | Refused, **limits: int) -> Entry:
    return Entry(name, why, data, answer, {"limits": Limits(**limits)})


_LIMITS = [
    _limited("bytes_at_the_limit", "as many bytes as allowed", _TWO, TWO, max_bytes=len(_TWO)),
    Entry("bytes_over_the_limit", "one byte more", lambda folder: _TWO,
          Refused("too_large", {"limit": 52, "actual": 53}, says=["53 bytes", "52"]), {"limits": Limits(max_bytes=52)}),
    Entry("bytes_over_the_limit_in_a_file", "one byte more, by its size", _path(_TWO),
          Refused("too_large", {"limit": 52, "actual": 53}, says=["53 bytes", "52"]), {"limits": Limits(max_bytes=52)}),
    Entry("bytes_over_the_limit_in_a_stream", "one byte more, how many in all is not known", _stream(_TWO),
          Refused("too_large", {"limit": 52, "actual": None}, says=["more than 52 bytes"]),
          {"limits": Limits(max_bytes=52)}),
    Entry("bytes_over_the_limit_in_utf16", "the size is that of the file",
          lambda folder: _TWO.decode().encode("utf-16"),
          Refused("too_large", {"limit": 53, "actual": 108}), {"limits": Limits(max_bytes=53)}),
    _limited("records_at_the_limit", "as many records as allowed; blank lines are none",
             b"\n" + _TWO.replace(b"\n", b"\n\n"), Read(TWO.contacts, blank=4), max_records=2),
    _limited("records_over_the_limit", "one more", _TWO + b"N/A,x\n",
             Refused("too_many_rows", {"limit": 2, "actual": 3}, says=["3 rows", "2"]), max_records=2),
    _limited("records_over_the_limit_uncounted", "more, and a quote that hides how many", _TWO + b'N/A,x\n12,"y\n',
             Refused("too_many_rows", {"limit": 2, "actual": None}, says=["more than 2 rows"]), max_records=2),
    Entry("records_truncated", "the first two are taken, the third is reported, whatever it is",
          _TWO + b"919800000003,Meena\n12,x\n",
          Read(TWO.contacts, [(4, "919800000003", "over_limit"), (5, "12", "over_limit")]),
          {"limits": Limits(max_records=2), "over_limit": "truncate"}),
    Entry("records_truncated_after_a_bad_one", "records that are skipped count too",
          b"phone_number,name\nN/A,x\n919800000001,Asha\n919800000001,again\n919800000009,Zoe,x\n",
          Read([FIRST], [(2, "N/A", "not_digits"), (4, "919800000001", "over_limit"),
                         (5, "919800000009", "over_limit")]),
          {"limits": Limits(max_records=2), "over_limit": "truncate"}),
    Entry("records_truncated_to_none", "none of the first is valid", b"phone_number\nN/A\n919800000001\n",
          Refused("no_valid_rows", {"by_reason": {"not_digits": 1, "over_limit": 1}},
                  skipped=[(2, "N/A", "not_digits"), (3, "919800000001", "over_limit")]),
          {"limits": Limits(max_records=1), "over_limit": "truncate"}),
    Entry("records_truncated_before_a_quote_out_of_balance", "what is beyond cannot be reported",
          _TWO + b'919800000003,"Meena\n',
          Refused("unbalanced_quote", {"line": 4}), {"limits": Limits(max_records=2), "over_limit": "truncate"}),
    _limited("columns_at_the_limit", "as many as allowed", _TWO, TWO, max_columns=2),
    _limited("columns_over_the_limit", "one more", _TWO,
             Refused("too_many_columns", {"line": 1, "limit": 1, "actual": 2}), max_columns=1),
    _limited("lines_at_the_limit", "as many as allowed", _TWO, TWO, max_lines=3),
    _limited("lines_over_the_limit", "one blank line more", _TWO + b"\n",
             Refused("too_many_lines", {"limit": 3, "actual": 4}, says=["4 lines", "3"]), max_lines=3),
    _limited("lines_over_the_limit_without_the_last_end", "a line without a line end is a line too",
             _TWO + b"919800000003,Meena",
             Refused("too_many_lines", {"limit": 3, "actual": 4}, says=["4 lines", "3"]), max_lines=3),
    _limited("line_at_the_limit", "as long as allowed, its line end not counted", _TWO, TWO, max_line_bytes=17),
    _limited("line_over_the_limit", "one byte more", _TWO.replace(b"Asha", b"Ashas"),
             Refused("line_too_long", {"line": 2, "limit": 17}, says=["Line 2", "17 bytes"]), max_line_bytes=17),
    _limited("record_at_the_limit", "a record of three lines, as long as allowed",
             b'phone_number,name\n919800000001,"a\nb\nc"\n',
             Read([("919800000001", {"name": "a\nb\nc"})], more=2), max_record_bytes=21),
    _limited("record_over_the_limit", "one byte more", b'phone_number,name\n919800000001,"a\nb\ncd"\n',
             Refused("record_too_long", {"line": 2, "limit": 21}, says=["line 2", "21 bytes"]), max_record_bytes=21),
    _limited("header_over_the_limit", "the header is a line too", _TWO.replace(b"name", b"names"),
             Refused("line_too_long", {"line": 1, "limit": 17}), max_line_bytes=17),
    _limited("last_line_over_the_limit", "the last line, without a line end", _TWO + b"919800000003,Meena",
             Refused("line_too_long", {"line": 4, "limit": 17}), max_line_bytes=17),
    _limited("blank_line_over_the_limit", "a line of white space is a line too", _TWO + b" " * 18 + b"\n",
             Refused("line_too_long", {"line": 4, "limit": 17}), max_line_bytes=17),
    _limited("short_lines_of_a_long_record", "a record may be longer than a line",
             b'phone_number,name\n919800000001,"0123\n0123456789\n0123456789"\n',
             Read([("919800000001", {"name": "0123\n0123456789\n0123456789"})], more=2), max_line_bytes=18),
    Entry("gigantic_field", "one cell of two million bytes, from a stream", _pieces(_FIELD),
          Refused("line_too_long", {"line": 2, "limit": 1_000_000}, says=["1,000,000"])),
    Entry("gigantic_line", "two million commas, from a stream", _pieces(_TWO + b"," * 2_000_000),
          Refused("line_too_long", {"line": 4, "limit": 1_000_000})),
    Entry("gigantic_header", "a million column names", _pieces(b"phone_number" + b",a" * 600_000 + b"\n"),
          Refused("line_too_long", {"line": 1, "limit": 1_000_000})),
    Entry("endless_field", "a cell that never ends, from a stream",
          lambda folder: Stream(endless(b"phone_number\n", b"9" * 4_096)),
          Refused("too_large", {"limit": 1_000_000, "actual": None}), {"limits": Limits(max_bytes=1_000_000)}),
    Entry("endless_blank_lines", "blank lines that never end, from a stream",
          lambda folder: Stream(endless(_TWO, b"\n" * 4_096)),
          Refused("too_large", {"limit": 1_000_000, "actual": None}), {"limits": Limits(max_bytes=1_000_000)}),
]  # fmt: skip

ENTRIES = (*_SOURCES, *_LIMITS)
