"""The command line as a whole: help, version, interruption, names that would steer a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ori_campaigns
from cli.commands import Command, Done, leads, left_behind


@pytest.mark.parametrize(
    "arguments",
    [["--help"], *([name, "--help"] for name in "demo simulate run list show pause resume stop audit".split())],
)
def test_help_is_told_at_eighty_columns(arguments: list[str], ori: Command) -> None:
    done = ori(*arguments)
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("usage: python -m ori_campaigns")
    assert max(len(line) for line in done.out.splitlines()) <= 80


def test_the_version(ori: Command) -> None:
    assert ori("--version") == Done(0, f"ori-campaigns {ori_campaigns.__version__}\n", "")


def test_ctrl_c_says_one_line(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ori_campaigns, "simulate", interrupted)
    assert ori("simulate", leads(), "--out", "kept") == Done(130, "", "Interrupted.\n")
    assert left_behind() == []


def test_control_characters_in_a_name_do_not_reach_the_terminal(ori: Command) -> None:
    done = ori("simulate", leads(), "--name", "A\x1b[31mB", "--bot", "b\x07", "--directory", "a\x1b.toml")
    assert "\x1b" not in done.err
    done = ori("simulate", "leads.csv", "--name", "A\x1b[31mB", "--bot", "b\x07")
    assert (done.code, done.out) == (2, "")
    assert "--name: The name holds a line break or another control character." in done.err
    assert "--bot: The id of bot 'b\\x07' holds a control character" in done.err
    assert "\x1b" not in done.err
    assert "\x07" not in done.err


def test_a_directory_as_json_does_the_same(ori: Command) -> None:
    content = {"bots": ["b"], "carriers": [{"id": "trunk", "numbers": ["911140001000"]}]}
    Path("phones.json").write_text(json.dumps(content), encoding="utf-8")
    done = ori("simulate", leads(), "--directory", "phones.json", "--bot", "b", "--number", "911140001000")
    assert done.code == 0
    assert "trunk (1 number, 1 a second, 30 channels)" in done.out
