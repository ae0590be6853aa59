"""What is beyond a limit is refused with its figure, in bounded memory, and leaves the list of a draft as it was."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from ingest import heavy
from ingest.corpus import Entry, Refused
from ingest.corpus_sources import Stream, endless
from ingest.entries import ENTRIES
from ori_campaigns.errors import IngestError
from ori_campaigns.ingest import Limits, read_leads
from worlds import World, leads

LIMIT = 100_000_000
# As much as the largest file that is read, and three times that again. Ten gigabytes kept would be far beyond it.
MOST_MEGABYTES = 400


def refused(name: str) -> dict[str, Any]:
    """What became of one of the heavy sources in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "ingest.heavy", name],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


TOO_LARGE = {"limit": LIMIT, "actual": None}
ONE_BYTE = {"limit": LIMIT, "actual": LIMIT + 1}
ONE_ROW = {"limit": 500_000, "actual": 500_001}
ANSWERS: dict[str, tuple[str, dict[str, Any], str]] = {
    "stream_of_rows": ("too_large", TOO_LARGE, "more than 100,000,000 bytes"),
    "stream_without_a_line_end": ("too_large", TOO_LARGE, "more than 100,000,000 bytes"),
    "stream_of_blank_lines": ("too_large", TOO_LARGE, "more than 100,000,000 bytes"),
    "file_one_byte_over": ("too_large", ONE_BYTE, "100,000,001 bytes"),
    "bytes_one_byte_over": ("too_large", ONE_BYTE, "100,000,001 bytes"),
    "one_row_over": ("too_many_rows", ONE_ROW, "500,001 rows"),
    "one_row_over_and_wide": ("too_many_rows", ONE_ROW, "500,001 rows"),
    "one_row_over_and_a_quote": ("too_many_rows", {"limit": 500_000, "actual": None}, "more than 500,000 rows"),
    "one_line_of_100_mb": ("line_too_long", {"line": 2, "limit": 1_000_000}, "1,000,000 bytes"),
    # The quote is met long before the last line.
    "one_cell_of_100_mb": ("unbalanced_quote", {"line": 2}, "131,072 characters"),
    "too_many_blank_lines": ("too_many_lines", {"limit": 10_000_000, "actual": 99_000_001}, "99,000,001 lines"),
}


LONGER = {
    "stream_of_blank_lines",
    "bytes_one_byte_over",
    "one_row_over_and_a_quote",
    "one_cell_of_100_mb",
    "one_row_over",
}
NAMES = [pytest.param(name, marks=[pytest.mark.slow] if name in LONGER else []) for name in ANSWERS]


@pytest.mark.behaviour("C3")
@pytest.mark.parametrize("name", NAMES)
def test_what_is_beyond_a_limit_is_refused_with_its_figure_and_in_bounded_memory(name: str) -> None:
    code, facts, figure = ANSWERS[name]
    got = refused(name)
    assert (got["code"], got["facts"]) == (code, facts)
    assert figure in got["said"]
    assert got["megabytes"] < MOST_MEGABYTES
    # Of a stream no more is asked for than shows that it is too large.
    assert got["given"] <= LIMIT + 1


def test_every_heavy_source_is_tried() -> None:
    assert set(ANSWERS) == set(heavy.SOURCES)


@pytest.mark.behaviour("C3")
def test_as_many_rows_as_allowed_are_read() -> None:
    rows = b"".join(b"9198%08d\n" % index for index in range(500_000))
    assert read_leads(b"phone_number\n\n" + rows).summary.accepted == 500_000


@pytest.mark.behaviour("C3")
def test_more_rows_than_allowed_are_reported_one_by_one_when_that_is_asked_for() -> None:
    rows = b"".join(b"9198%08d\n" % (index % 499_990) for index in range(500_003))
    leads = read_leads(b"phone_number\n" + rows, over_limit="truncate")
    assert leads.summary.total == 500_003
    assert leads.skipped.rows() == [
        *((499_992 + index, f"9198{index:08d}", "duplicate") for index in range(10)),
        *((500_002 + index, f"9198{10 + index:08d}", "over_limit") for index in range(3)),
    ]


@pytest.mark.behaviour("C3")
def test_a_stream_is_asked_for_a_byte_more_than_the_limit_and_no_further() -> None:
    for piece in (1, 7, 4_096):
        stream = Stream(endless(b"phone_number\n", b"9" * piece))
        with pytest.raises(IngestError) as caught:
            read_leads(stream, limits=Limits(max_bytes=50_000))  # type: ignore[arg-type]
        assert caught.value.code == "too_large"
        assert stream.given == 50_001


# ---------------------------------------------------------------------------------------------------------------------
# All or nothing


def uploads() -> Iterator[tuple[Entry, Any]]:
    for entry in ENTRIES:
        if isinstance(entry.answer, Refused) and isinstance(entry.data, bytes):
            yield entry, io.BytesIO(entry.data)


@pytest.mark.behaviour("C9")
def test_a_refused_upload_leaves_the_list_of_a_draft_as_it_was() -> None:
    world = World()
    campaign = world.create(3)
    before = world.state(campaign.id)
    refusals, changed = 0, []
    for entry, upload in uploads():
        try:
            world.edit(campaign.id, read_leads(upload, **entry.options), name="Other")
        except IngestError:
            refusals += 1
            if world.state(campaign.id) != before:
                changed.append(entry.name)
        else:
            # That this file should have been refused is told by the corpus.
            before = world.state(campaign.id)
    assert refusals > 100
    assert not changed


@pytest.mark.behaviour("C9")
def test_an_upload_with_one_valid_row_replaces_the_list() -> None:
    world = World()
    campaign = world.create(3)
    world.edit(campaign.id, read_leads(b"phone_number,name\nN/A,x\n12,y\n+91 98000-00042,Ravi\n"))
    state = world.state(campaign.id)
    assert [(contact.number.reveal(), dict(contact.variables)) for contact in state.contacts] == [
        ("919800000042", {"name": "Ravi"})
    ]
    world.edit(campaign.id, leads(2))
    assert len(world.state(campaign.id).contacts) == 2
