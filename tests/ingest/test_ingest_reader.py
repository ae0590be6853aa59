"""What `read_leads` does with its source and its options as a whole."""

from __future__ import annotations

import io

import pytest

from ori_campaigns.errors import IngestError, InvalidDefinition
from ori_campaigns.ingest import Format, Limits, Progress, read_leads

ROWS = 200_000
LONG = b"phone_number,n\n" + b"".join(b"9198%08d,%040d\n" % (i, i) for i in range(ROWS))


@pytest.mark.behaviour("C13")
def test_progress_is_told_every_few_megabytes_and_at_the_end() -> None:
    told: list[Progress] = []
    leads = read_leads(io.BytesIO(LONG), progress=told.append)
    assert len(told) == 3
    assert told[-1] == Progress(len(LONG), len(LONG), ROWS)
    assert [(each.done, each.records) for each in told] == sorted({(each.done, each.records) for each in told})
    assert all(each.total == len(LONG) for each in told)
    # So many bytes are so many whole records.
    assert [LONG[: each.done].count(b"\n") - 1 for each in told] == [each.records for each in told]
    assert leads.summary.total == ROWS


@pytest.mark.behaviour("C13")
def test_progress_of_a_small_file_is_told_once() -> None:
    told: list[Progress] = []
    read_leads(b"phone_number\n919800000001\n", progress=told.append)
    assert told == [Progress(26, 26, 1)]


@pytest.mark.behaviour("C13")
def test_what_progress_raises_ends_the_reading() -> None:
    class Enough(Exception):
        pass

    def stop(progress: Progress) -> None:
        raise Enough

    with pytest.raises(Enough):
        read_leads(LONG, progress=stop)


@pytest.mark.behaviour("C7")
def test_how_the_file_was_written_is_told() -> None:
    text = "phone_number;name\n919800000001;Köln\n"
    assert read_leads(text.encode()).format == Format(37, "utf-8", ";")
    assert read_leads(text.encode("utf-8-sig")).format == Format(40, "utf-8", ";")
    assert read_leads(text.encode("utf-16")).format == Format(74, "utf-16-le", ";")
    assert read_leads(text.replace(";", "\t").encode("cp1252"), encoding="cp1252").format == Format(36, "cp1252", "\t")


@pytest.mark.behaviour("C7")
@pytest.mark.parametrize(
    "text",
    [
        b"Phone Number\n919800000001\n\xff\n",
        b'phone_number\n"919800000001\n\xff\n',
        b"phone_number,n\n919800000001,\xff\n",
        b"phone_number\xff,n\n919800000001,a\n",
        b"phone_number\n919800000001\n919800000002\n919800000003\n\xff\n",
        b"phone_number\n" + b"x" * 60 + b"\n\xff\n",
        LONG + b"\xff\n",
    ],
    ids=["header", "quote", "plain", "in the header", "too many", "line too long", "far down"],
)
def test_a_file_that_is_no_text_is_told_so_whatever_else_is_wrong_with_it(text: bytes) -> None:
    with pytest.raises(IngestError) as caught:
        read_leads(text, limits=Limits(max_records=2, max_line_bytes=55) if len(text) < 100 else Limits())
    assert caught.value.code == "undecodable"
    assert caught.value.facts == {"offset": text.index(b"\xff"), "encoding": "utf-8"}


@pytest.mark.behaviour("C3")
def test_records_before_a_line_that_cannot_be_read_are_counted_first() -> None:
    text = b'phone_number\n919800000001\n919800000002\n"919800000003\n'
    with pytest.raises(IngestError) as caught:
        read_leads(text, limits=Limits(max_records=1))
    assert (caught.value.code, caught.value.facts) == ("too_many_rows", {"limit": 1, "actual": None})
    with pytest.raises(IngestError) as caught:
        read_leads(text, limits=Limits(max_records=2))
    assert (caught.value.code, caught.value.facts) == ("unbalanced_quote", {"line": 4})


@pytest.mark.parametrize("source", [None, 7, ["919800000001"], {"phone_number": "919800000001"}])
def test_what_is_no_source_is_refused(source: object) -> None:
    with pytest.raises(IngestError) as caught:
        read_leads(source)  # type: ignore[arg-type]
    assert caught.value.code == "not_a_source"
    assert type(source).__name__ in str(caught.value)


def test_an_option_that_is_not_known() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        read_leads(b"phone_number\n919800000001\n", over_limit="skip")  # type: ignore[arg-type]
    assert [problem.code for problem in caught.value.problems] == ["bad_over_limit"]


def test_a_policy_says_which_data_it_rests_on() -> None:
    class Dated:
        name, version = "dated", "data of May"

        def clean(self, text: str) -> str:
            return text

    leads = read_leads(b"phone_number\n919800000001\n", policy=Dated())
    assert (leads.policy, leads.summary.policy_version) == ("dated", "data of May")
    assert read_leads(b"phone_number\n919800000001\n").summary.policy_version == ""


@pytest.mark.behaviour("C3", "C8")
@pytest.mark.parametrize("where", ["header", "record"])
def test_a_record_of_very_many_lines_is_refused(where: str) -> None:
    tail = ',"\n"' * 300_000
    text = f"phone_number,a{tail}\n" if where == "header" else f"phone_number,a\n919800000001,a{tail}\n"
    with pytest.raises(IngestError) as caught:
        read_leads(text.encode())
    line = 1 if where == "header" else 2
    assert (caught.value.code, caught.value.facts) == ("record_too_long", {"line": line, "limit": 1_000_000})


@pytest.mark.behaviour("C3")
@pytest.mark.parametrize("rest", [b"", b"phone_number\n919800000001\n"])
def test_blank_lines_before_the_header_count_as_lines(rest: bytes) -> None:
    with pytest.raises(IngestError) as caught:
        read_leads(b"\r\n" * 101 + rest, limits=Limits(max_lines=100))
    assert caught.value.code == "too_many_lines"
    assert read_leads(b"\n" * 100 + b"phone_number\n919800000001\n", limits=Limits(max_lines=102)).summary.total == 1


def test_short_rows_under_a_wide_header_take_no_room() -> None:
    header = "phone_number" + "," * 16_000
    text = f"{header}\n" + "".join(f"9198{i:08d}\n" for i in range(2_000))
    assert len(read_leads(text.encode())) == 2_000


@pytest.mark.parametrize("path", ["919800000001", "+91 98000-00001", "9" * 5_000])
def test_a_number_given_as_a_path_is_not_shown(path: str) -> None:
    with pytest.raises(IngestError) as caught:
        read_leads(path)
    assert caught.value.code == "file_not_found"
    assert not any(character.isdigit() for character in f"{caught.value} {caught.value.facts}")


def test_a_file_that_is_closed_and_a_path_that_is_none() -> None:
    closed = io.BytesIO(b"phone_number\n919800000001\n")
    closed.close()
    with pytest.raises(IngestError) as caught:
        read_leads(closed)
    assert (caught.value.code, "closed" in str(caught.value)) == ("file_not_readable", True)
    with pytest.raises(IngestError) as caught:
        read_leads("leads\ud800.csv")
    assert caught.value.code == "file_not_found"
    with pytest.raises(IngestError) as caught:
        read_leads(b"phone_number\n919800000001\n", encoding=5)  # type: ignore[arg-type]
    assert caught.value.code == "unknown_encoding"


@pytest.mark.behaviour("C3")
@pytest.mark.parametrize("limit", [0, -1, 1.5, float("nan"), True, "9", None])
def test_a_limit_is_a_whole_number_from_one_up(limit: object) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        Limits(max_bytes=limit)  # type: ignore[arg-type]
    assert [problem.code for problem in caught.value.problems] == ["bad_limit"]
