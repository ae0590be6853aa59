"""The page's dialogue, typed into a pseudo-terminal: from a blank wizard to a campaign that runs."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Self

import pytest

import ori_campaigns as ori

HERE = Path(__file__).parent
PROGRAM = HERE / "terminal_wizard.py"
PAGE = (HERE.parent.parent / "how-to" / "build-a-wizard.md").read_text(encoding="utf-8")
LEADS = "".join(re.findall(r"^```csv\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
DIALOGUE = "".join(re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
PROMPT = re.compile(r"> |Start it now\? ")


class Terminal:
    """The program on a terminal of its own; `said` is what it showed since something was typed last."""

    def __init__(self, folder: Path) -> None:
        ours, theirs = pty.openpty()
        source = str(HERE.parents[2] / "src")
        self._screen = ours
        self._program = subprocess.Popen(
            [sys.executable, PROGRAM.name],
            cwd=folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            close_fds=True,
            env={**os.environ, "PYTHONPATH": source, "USER": "asha"},
        )
        os.close(theirs)
        self.said = self._read()

    def _read(self) -> str:
        shown = ""
        while not PROMPT.fullmatch(shown.rpartition("\n")[2]):
            try:
                more = os.read(self._screen, 65_536)
            except OSError:  # Linux says so when the other end is closed.
                more = b""
            if not more:
                break
            shown += more.decode().replace("\r\n", "\n")
        return shown

    def type(self, line: str) -> None:
        os.write(self._screen, f"{line}\n".encode())
        self.said = self._read()

    def ended(self) -> int:
        return self._program.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.kill()
        self._program.wait()
        os.close(self._screen)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder with the two files of the page."""
    shutil.copy(PROGRAM, tmp_path)
    (tmp_path / "leads.csv").write_text(LEADS, encoding="utf-8")
    return tmp_path


def test_the_program_is_short_and_stands_on_the_page() -> None:
    code = PROGRAM.read_text(encoding="utf-8")
    assert len(code.splitlines()) < 100
    assert f"```python\n{code}```" in PAGE


def test_the_dialogue_of_the_page(folder: Path) -> None:
    with Terminal(folder) as terminal:
        seen = 0
        for line in DIALOGUE.splitlines()[1:]:
            if asked := PROMPT.match(line):
                assert terminal.said.endswith(asked[0]), line
                terminal.type(line.removeprefix(asked[0]))
                seen = 0
            elif line != "...":
                # In the order of the page; between two of its lines there may be others.
                at = terminal.said.find(line, seen)
                assert at >= 0, (line, terminal.said)
                seen = at + len(line)
        assert terminal.ended() == 0
    with closing(ori.SqlStore(f"sqlite:///{folder / 'campaigns.db'}")) as store:
        [campaign] = store.campaigns()
        numbers = [each.number.reveal() for each in store.contacts(campaign.id)]
    assert (campaign.name, campaign.status, campaign.bot) == ("Q2 Renewal Drive", "running", "renewals-v3")
    assert (campaign.config.concurrency_limit, campaign.config.mode, campaign.created_by) == (20, "multi_day", "asha")
    assert campaign.config.retry.on_system == {"RNR", "no_answer"}
    assert numbers == ["919800000001", "919800000002"]


def test_whoever_gives_up_leaves_nothing(folder: Path) -> None:
    with Terminal(folder) as terminal:
        for line in ("1 Q2", "next", "99 x", "", "2 7 x", "create", "quit"):
            terminal.type(line)
        assert terminal.ended() == 0
    with closing(ori.SqlStore(f"sqlite:///{folder / 'campaigns.db'}")) as store:
        assert list(store.campaigns()) == []
