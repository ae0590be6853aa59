"""Sources: what may be handed over, how big it may be, and which encodings are read."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest

from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Limits, read_leads
from ori_campaigns.ingest.source import load

TEXT = "phone_number,name\n919800000001,Zoë 🙂\n"
LIMITS = Limits()


def refused(source: object, **options: object) -> IngestError:
    with pytest.raises(IngestError) as caught:
        read_leads(source, **options)  # type: ignore[arg-type]
    return caught.value


def test_a_path_bytes_and_a_stream_give_the_same_leads(tmp_path: Path) -> None:
    path = tmp_path / "leads.csv"
    path.write_bytes(TEXT.encode())
    with path.open("rb") as stream:
        leads = [read_leads(path), read_leads(str(path)), read_leads(stream), read_leads(TEXT.encode())]
    assert [each.contacts.rows() for each in leads] == [[("919800000001", "Zoë 🙂")]] * 4
    assert [each.summary.source for each in leads] == ["leads.csv", "leads.csv", "leads.csv", "bytes"]


def test_a_stream_is_read_from_where_it_stands_and_left_open() -> None:
    stream = io.BytesIO(b"rubbish" + TEXT.encode())
    stream.seek(7)
    assert read_leads(stream).numbers == ["919800000001"]
    assert not stream.closed


def test_a_stream_that_gives_a_few_bytes_at_a_time() -> None:
    class Dripping(io.RawIOBase):
        def __init__(self) -> None:
            self.rest = TEXT.encode()

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            piece, self.rest = self.rest[:3], self.rest[3:]
            return piece

    assert read_leads(Dripping()).numbers == ["919800000001"]  # type: ignore[arg-type]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    error = refused(tmp_path / "missing.csv")
    assert error.code == "file_not_found"
    assert str(error) == f"There is no file {tmp_path / 'missing.csv'}. Check the path and its spelling."


def test_a_directory(tmp_path: Path) -> None:
    error = refused(tmp_path)
    assert error.code == "not_a_file"
    assert "directory" in str(error)


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", denied)
    error = refused(tmp_path / "leads.csv")
    assert error.code == "file_not_readable"
    assert "Permission denied" in str(error)


def test_csv_text_given_as_a_path_is_not_echoed() -> None:
    error = refused(TEXT)
    assert error.code == "file_not_found"
    assert "919800000001" not in str(error)
    assert "text.encode()" in str(error)


def test_a_text_stream() -> None:
    assert refused(io.StringIO(TEXT)).code == "not_binary"


@pytest.mark.parametrize(
    "magic", [b"PK\x03\x04rest", b"\xd0\xcf\x11\xe0rest", gzip.compress(b"x", mtime=0), b"%PDF-1.7"]
)
def test_another_kind_of_file(magic: bytes) -> None:
    assert refused(magic).code == "not_a_csv"


@pytest.mark.behaviour("C3")
def test_the_byte_limit_is_a_hundred_million() -> None:
    assert LIMITS.max_bytes == 10**8


@pytest.mark.behaviour("C3")
def test_a_file_of_exactly_the_limit_is_read_and_one_byte_more_is_not(tmp_path: Path) -> None:
    data = TEXT.encode()
    limits = Limits(max_bytes=len(data))
    assert read_leads(data, limits=limits).summary.accepted == 1
    path = tmp_path / "leads.csv"
    path.write_bytes(data + b"\n")
    for source, actual in ((data + b"\n", len(data) + 1), (path, len(data) + 1), (io.BytesIO(data + b"\n"), None)):
        error = refused(source, limits=limits)
        assert error.code == "too_large"
        assert error.facts == {"limit": len(data), "actual": actual}
    assert f"{len(data) + 1:,} bytes" in str(refused(path, limits=limits))


@pytest.mark.behaviour("C3")
def test_no_more_of_a_stream_is_read_than_it_takes_to_refuse_it() -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            self.given += size
            return b"9" * size

    stream = Endless()
    assert refused(stream, limits=Limits(max_bytes=3_000_000)).code == "too_large"
    assert stream.given == 3_000_001


@pytest.mark.behaviour("C7")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_utf_8_with_and_without_a_mark_and_utf_16_with_one(encoding: str) -> None:
    assert read_leads(TEXT.encode(encoding)).contacts.rows() == [("919800000001", "Zoë 🙂")]


@pytest.mark.behaviour("C7")
def test_utf_16_of_the_other_byte_order() -> None:
    data = b"\xfe\xff" + TEXT.encode("utf-16-be")
    assert read_leads(data).contacts.rows() == [("919800000001", "Zoë 🙂")]


@pytest.mark.behaviour("C7")
def test_another_encoding_is_read_when_named_and_never_guessed() -> None:
    data = "phone_number,city\n919800000001,Köln\n".encode("cp1252")
    error = refused(data)
    assert error.code == "undecodable"
    assert error.facts["offset"] == 32  # after 18 bytes of the header line, 13 of the number and its comma, and K
    assert read_leads(data, encoding="cp1252").variables(0) == {"city": "Köln"}


@pytest.mark.behaviour("C7")
@pytest.mark.parametrize("before", [1, 1_048_575, 1_048_576, 1_048_577, 2_500_000])
def test_the_offset_of_a_bad_byte_is_that_in_the_file(before: int) -> None:
    assert refused(b"\n" * (before - 1) + b"\xc3\xa4" * 3 + b"\xff").facts["offset"] == before - 1 + 6


@pytest.mark.behaviour("C7")
def test_a_character_cut_off_at_the_end() -> None:
    assert refused(TEXT.encode() + b"\xe2\x82").facts["offset"] == len(TEXT.encode())


@pytest.mark.behaviour("C7")
def test_half_a_character_of_utf_16() -> None:
    error = refused("phone_number\n9198".encode("utf-16") + b"\x31")
    assert (error.code, error.facts["offset"]) == ("undecodable", 2 + 2 * 17)


@pytest.mark.behaviour("C7")
def test_utf_32_is_refused_and_not_taken_for_utf_16() -> None:
    assert refused(TEXT.encode("utf-32")).code == "undecodable"


@pytest.mark.parametrize("encoding", ["klingon", "base64", "rot13", "", "undefined"])
def test_an_encoding_that_is_none(encoding: str) -> None:
    assert refused(TEXT.encode(), encoding=encoding).code == "unknown_encoding"


def test_half_a_surrogate_pair_that_an_odd_codec_lets_through() -> None:
    assert refused(b"phone_number,n\n919800000001,+2AA-", encoding="utf-7").code == "undecodable"


def test_every_leading_mark_is_removed() -> None:
    text = load(b"\xef\xbb\xbf" * 3 + b"x", limits=LIMITS)
    assert text.data[text.start :] == b"x"
