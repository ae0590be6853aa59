"""What the tests of the command line share: how a command went, and the files they begin with."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

# Longer than any figure of a report, shorter than any phone number.
PHONE_NUMBER = re.compile(r"\d{8}")
LEADS = [f"91980000{n:04}" for n in range(30)]


class Done(NamedTuple):
    """How a command went."""

    code: int
    out: str
    err: str

    def section(self, title: str) -> list[str]:
        """The lines below a heading."""
        lines = self.out.splitlines()
        begin = next(at for at, line in enumerate(lines) if line.startswith(title)) + 2
        blank = [at for at in range(begin, len(lines)) if not lines[at]]
        return lines[begin : [*blank, len(lines)][0]]

    def contacts(self) -> dict[str, int]:
        """Contacts by status; lines that begin with a space go on with what decided it."""
        lines = [line.split() for line in self.section("Where the contacts ended")[1:] if not line.startswith(" ")]
        return {line[0]: int(line[1].replace(",", "")) for line in lines}

    def attempts(self) -> dict[int, int]:
        """Contacts by the number of calls they had."""
        lines = [line.split() for line in self.section("Attempts per contact")[1:]]
        return {int(line[0]): int(line[1].replace(",", "")) for line in lines}

    @property
    def errors(self) -> list[str]:
        return self.err.splitlines()


Command = Callable[..., Done]


def leads(path: str = "leads.csv", rows: Sequence[str] = LEADS, header: str = "phone_number") -> str:
    Path(path).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def left_behind() -> list[str]:
    """Everything in the current folder, hidden files too, but the inputs of the tests."""
    return sorted(
        path.name for path in Path().iterdir() if path.name not in {"leads.csv", "phones.toml", "phones.json"}
    )
