"""A command line in process, in an empty folder, eighty columns wide."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.commands import Command, Done
from ori_campaigns.cli import main


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def ori(capsys: pytest.CaptureFixture[str]) -> Command:
    def command(*arguments: str) -> Done:
        code = main(arguments)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return command
