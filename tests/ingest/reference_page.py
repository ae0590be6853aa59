"""What docs/reference/lead-files.md promises, read from the page itself, so that tests and page cannot part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "lead-files.md"


def _rows(heading: str) -> Iterator[list[str]]:
    text = PAGE.read_text(encoding="utf-8")
    # The first table: another one of the section is about something else.
    table = text.split(f"\n## {heading}", maxsplit=1)[1].split("\n|", maxsplit=1)[1].split("\n\n", maxsplit=1)[0]
    for line in table.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in line.strip("| ").split(" | ")]


def reasons() -> list[str]:
    """The reason codes of the default policy, in the order in which they apply."""
    return [row[0].strip("`") for row in _rows("Reason codes")]


def error_codes() -> dict[str, set[str]]:
    """The error codes, each with the names of its facts."""
    # What is in brackets tells about a fact; a name there is none of its own.
    return {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", re.sub(r"\(.*?\)", "", row[2]))) if len(row) > 2 else set()
        for row in _rows("Error codes")
    }


def warning_codes() -> set[str]:
    """The codes of warnings."""
    return {row[0].strip("`") for row in _rows("Warning codes")}
