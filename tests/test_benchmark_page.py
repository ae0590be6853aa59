"""The page of figures: written whole, and renewed in parts."""

from __future__ import annotations

import pytest

from benchmarks.__main__ import page, renewed
from benchmarks.harness import Promise, Section

FIRST = Section("Reading", ["| a | b |", "Words."], [Promise("reading", 4.0, "x", 5, 3)])
SECOND = Section("Writing", ["Tables."], [Promise("writing", 9.0, "x", 5, None), Promise("wiping", 1, " B", None, 2)])


def promised(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(("| reading", "| writing", "| wiping"))]


def test_a_part_is_renewed_and_the_rest_stays_to_the_letter() -> None:
    before = page([FIRST, SECOND], quick=False, rounds=None)
    assert "**does not hold**" in promised(before)[1]
    better = SECOND._replace(body=["Other tables."], promises=[Promise("writing", 4.9, "x", 5, None)])
    after = renewed(before, [better], "2 cores.")
    assert after.split("## Writing")[0].split("## Reading")[1] == before.split("## Writing")[0].split("## Reading")[1]
    assert after.split("## Writing")[1] == "\n\nMeasured once more, by itself: 2 cores.\n\nOther tables.\n"
    reading, writing, wiping = promised(after)
    assert [cell.strip() for cell in writing.split("|")[1:-1]] == ["writing", "4.9x", "≤ 5x: holds", "-"]
    assert [cell.strip() for cell in reading.split("|")] == [cell.strip() for cell in promised(before)[0].split("|")]
    assert "≤ 2 B: holds" in wiping
    # It can be done again, and what is the same is the same.
    again = renewed(after, [better], "2 cores.")
    assert again == after
    assert renewed(before, [FIRST, SECOND], "").replace("Measured once more, by itself: \n\n", "") == before


def test_a_page_without_the_section_or_the_promise_is_left_alone() -> None:
    before = page([FIRST], quick=False, rounds=None)
    with pytest.raises(SystemExit, match="no section 'Writing'"):
        renewed(before, [SECOND], "")
    with pytest.raises(SystemExit, match="does not promise wiping"):
        renewed(before, [FIRST._replace(promises=[*FIRST.promises, Promise("wiping", 1, " B", None, 2)])], "")
