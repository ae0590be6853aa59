"""From whatever the host hands over to bytes of UTF-8, within the byte budget, or a clear refusal (C3, C7)."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, TypeAlias

import attrs

from ori_campaigns.errors import IngestError, Problem
from ori_campaigns.ingest.limits import Limits

LeadSource: TypeAlias = str | os.PathLike[str] | bytes | BinaryIO
"""A path, the bytes of a file, or a file object opened in binary mode."""

_CHUNK = 1 << 20
# A name of digits and what may stand between them: rather a phone number than a file.
_NUMBER = re.compile(r"[\s+().-]*(?:[0-9][\s+().-]*){7,}")
_UTF8_BOM = codecs.BOM_UTF8
_UTF16_BOMS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF32_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
# What people upload instead of a CSV, by its first bytes.
_OTHER_FORMATS = (
    (b"PK\x03\x04", "a spreadsheet (.xlsx) or a zip archive"),
    (b"\xd0\xcf\x11\xe0", "an old spreadsheet (.xls)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF-", "a PDF"),
)


class NotText(Exception):
    """Bytes were met that are not UTF-8; `Text.undecodable` says where."""


@attrs.frozen(repr=False)
class Text:
    r"""A lead file in UTF-8 with lines that end in LF, with what was found out about its bytes.

    Parameters:
        name: what the file is called in reports.
        data: its text; an UTF-8 file is taken as it is, and whether it is valid is found out by whoever decodes it.
        start: where the text begins, after byte order marks.
        size: bytes of the file as it was given.
        encoding: the codec it was written in.
        newline: what ends its lines; CR only where the file has no LF at all, and each one is an LF in `data`.
        warnings: what was removed.
    """

    name: str
    data: bytes
    start: int = 0
    size: int = 0
    encoding: str = "utf-8"
    newline: str = "\n"
    warnings: tuple[Problem, ...] = ()

    def undecodable(self) -> IngestError | None:
        """Return the refusal of a file that is not UTF-8, with the offset of the first wrong byte."""
        # Piece by piece: decoding 100 MB at once can take 400 MB as soon as one emoji is in it.
        try:
            for _ in _pieces(self.name, self.data, "utf-8"):
                pass
        except IngestError as error:
            return error
        return None


def load(source: LeadSource, *, limits: Limits, encoding: str | None = None) -> Text:
    """Read a source whole, within `limits.max_bytes`, and turn it into UTF-8.

    Parameters:
        source: a path, bytes, or a binary file object (read from where it stands; it is not closed).
        limits: `max_bytes` is checked while reading, so memory stays bounded.
        encoding: a Python codec name. None means UTF-8, or UTF-16 where the file says so by its byte order mark.

    Raises:
        IngestError: codes `file_not_found`, `not_a_file`, `file_not_readable`, `not_a_source`, `not_binary`,
            `too_large`, `not_a_csv`, `unknown_encoding`, `undecodable`.
    """
    name, raw = _read(source, limits.max_bytes)
    for magic, format_name in _OTHER_FORMATS:
        if raw.startswith(magic):
            message = f"{name} is {format_name}, not a CSV. Export it as CSV (UTF-8) and upload that."
            raise IngestError(message, code="not_a_csv")
    codec = _codec(name, raw, encoding)
    data = raw if codec == "utf-8" else _transcode(name, raw, codec)
    start = 0
    while data.startswith(_UTF8_BOM, start):  # tools that join files leave more than one
        start += len(_UTF8_BOM)
    newline = "\n"
    if b"\n" not in data and b"\r" in data:
        # Old programs end lines with CR; read as LF, nothing further on needs to know.
        newline, data = "\r", data.replace(b"\r", b"\n")
    # The mark is how UTF-16 says what it is; in UTF-8 it is an extra that the header must not keep (C6).
    warnings = (_BOM_REMOVED,) if start and codec == "utf-8" else ()
    return Text(name, data, start, len(raw), codec, newline, warnings)


_BOM_REMOVED = Problem(
    "header",
    "byte_order_mark",
    "The file starts with a byte order mark; it was removed.",
    severity="warning",
)


def _read(source: LeadSource, max_bytes: int) -> tuple[str, bytes]:
    if isinstance(source, bytes | bytearray | memoryview):
        size = memoryview(source).nbytes
        if size > max_bytes:
            raise _too_large("The file", f"{size:,} bytes", max_bytes, size)
        return "bytes", bytes(source)
    if isinstance(source, str | os.PathLike):
        return _read_path(os.fspath(source), max_bytes)
    if not hasattr(source, "read"):
        message = (
            f"A {type(source).__name__} is no source of leads. Give a path, bytes, a binary file or a polars frame."
        )
        raise IngestError(message, code="not_a_source")
    return _read_stream(source, max_bytes)


def _read_path(path: str, max_bytes: int) -> tuple[str, bytes]:
    if "\n" in path or "\r" in path or "\0" in path or _NUMBER.fullmatch(path):
        raise _not_a_path()
    name = Path(path).name
    try:
        with Path(path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            if size > max_bytes:
                raise _too_large(name, f"{size:,} bytes", max_bytes, size)
            # One read for all of it; more is asked for only of what does not know its size, or grows.
            return name, _drain(stream, name, max_bytes, at_once=max(size + 1, _CHUNK))
    except FileNotFoundError:
        if any(delimiter in path for delimiter in ",;\t"):
            raise _not_a_path() from None
        code, message = "file_not_found", f"There is no file {path}. Check the path and its spelling."
    except IsADirectoryError:
        code, message = "not_a_file", f"{path} is a directory. Give the path of one CSV file."
    except OSError as error:
        code, message = "file_not_readable", f"{path} cannot be read ({error.strerror}). Check that it may be opened."
    except ValueError:  # half a surrogate pair, for one
        raise _not_a_path() from None
    raise IngestError(message, code=code, path=path)


def _not_a_path() -> IngestError:
    # Most likely CSV text handed over as a path: it must not be echoed, it may hold phone numbers.
    message = "The text given is not a file path. To read CSV text from memory, pass it as bytes: text.encode()."
    return IngestError(message, code="file_not_found")


def _read_stream(stream: BinaryIO, max_bytes: int) -> tuple[str, bytes]:
    given = getattr(stream, "name", None)
    name = Path(given).name if isinstance(given, str) else "stream"
    try:
        return name, _drain(stream, name, max_bytes)
    except OSError as error:
        message = f"{name} cannot be read ({error.strerror or type(error).__name__}). Check the stream and try again."
    except ValueError:
        message = f"{name} is closed. Open it again, or seek to its beginning instead of closing it."
    raise IngestError(message, code="file_not_readable")


def _drain(stream: BinaryIO, name: str, max_bytes: int, at_once: int = _CHUNK) -> bytes:
    pieces: list[bytes] = []
    size = 0
    while True:
        piece = stream.read(min(at_once, max_bytes + 1 - size))
        if not isinstance(piece, bytes | bytearray):
            raise IngestError(f"{name} is not a binary file. Open it with mode 'rb'.", code="not_binary")
        if not piece:
            return b"".join(pieces)
        pieces.append(bytes(piece))
        size += len(piece)
        if size > max_bytes:
            raise _too_large(name, f"more than {max_bytes:,} bytes", max_bytes, None)


def _too_large(name: str, figure: str, max_bytes: int, actual: int | None) -> IngestError:
    message = f"{name} has {figure}; at most {max_bytes:,} bytes are allowed. Split it into smaller files."
    return IngestError(message, code="too_large", limit=max_bytes, actual=actual)


def _codec(name: str, raw: bytes, encoding: str | None) -> str:
    """Return the codec to decode with: the one asked for, else UTF-8 or what a byte order mark says; never a guess."""
    if encoding is not None:
        try:
            codec = codecs.lookup(encoding).name
            "".encode(codec)  # refuses the codecs that are not about text (zlib, base64)
        except (LookupError, TypeError, ValueError):
            pass
        else:
            return "utf-8" if codec == "utf-8-sig" else codec
        message = f"There is no text encoding {encoding!r}. Give a Python codec name, such as 'cp1252' or 'utf-16-le'."
        raise IngestError(message, code="unknown_encoding", encoding=encoding)
    if raw.startswith(_UTF32_BOMS):
        message = f"{name} is UTF-32, which is not read. Save it as UTF-8."
        raise IngestError(message, code="undecodable", offset=0, encoding="utf-32")
    return next((codec for bom, codec in _UTF16_BOMS if raw.startswith(bom)), "utf-8")


def _transcode(name: str, raw: bytes, codec: str) -> bytes:
    data = bytearray()
    for piece in _pieces(name, raw, codec):
        # Some codecs (utf-7) can spell half a surrogate pair, which is no text in any other encoding.
        if any("\ud800" <= character <= "\udfff" for character in set(piece)):
            raise _undecodable(name, codec, None)
        data += piece.encode("utf-8")
    return bytes(data)


def _pieces(name: str, raw: bytes, codec: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(codec)(errors="strict")
    for start in range(0, len(raw), _CHUNK):
        held_back = len(decoder.getstate()[0])  # the beginning of a character cut by the previous piece
        try:
            piece = decoder.decode(raw[start : start + _CHUNK], final=start + _CHUNK >= len(raw))
        except UnicodeDecodeError as error:
            offset: int | None = start - held_back + error.start
        except UnicodeError:
            offset = None
        else:
            yield piece
            continue
        # Outside the handler, so that the error does not carry the bytes it failed on.
        raise _undecodable(name, codec, offset)


def _undecodable(name: str, codec: str, offset: int | None) -> IngestError:
    where = "" if offset is None else f" at byte {offset:,}"
    message = f"{name} is not valid {codec.upper()}{where}. Save it as CSV UTF-8, or say what it is: encoding='cp1252'."
    return IngestError(message, code="undecodable", offset=offset, encoding=codec)
