"""The command as it is really run: terminals, pipes, encodings, hash seeds."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ori_campaigns

# The package that the other tests import, wherever it is.
SOURCE = Path(ori_campaigns.__file__).parents[1]
SMALL = ["simulate", "leads.csv", "--answer-rate", "0", "--name", "Köln"]


def environment(**changes: str) -> dict[str, str]:
    kept = {
        name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS", "PYTHONIOENCODING"}
    }
    return {**kept, "PYTHONPATH": str(SOURCE), "TERM": "xterm", "COLUMNS": "80", "PYTHONUTF8": "1", **changes}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "ori_campaigns", *arguments]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "leads.csv").write_text("phone_number\n919800000001\n919800000002\n", encoding="utf-8")
    return tmp_path


def in_a_terminal(folder: Path, *arguments: str, **changes: str) -> str:
    """Run the command with both outputs on a pseudo-terminal; return what arrived there."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(**changes), stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        said = bytearray()
        while True:
            try:
                piece = os.read(ours, 1 << 16)
            except OSError:  # what Linux says when the other end is closed
                break
            if not piece:
                break
            said += piece
    os.close(ours)
    assert process.returncode == 0
    return said.decode("utf-8")


def test_the_demo_is_the_same_under_any_hash_seed(folder: Path) -> None:
    first, second = (
        subprocess.run(
            command("demo", "--out", f"kept-{seed}"),
            cwd=folder,
            env=environment(PYTHONHASHSEED=seed),
            capture_output=True,
            check=True,
        )
        for seed in ("1", "2")
    )
    assert first.stderr == second.stderr == b""
    assert first.stdout.replace(b"kept-1", b"kept-2") == second.stdout
    for name in ("attempts.csv", "attempts.parquet", "skipped.csv"):
        assert (folder / "kept-1" / name).read_bytes() == (folder / "kept-2" / name).read_bytes()


def test_a_terminal_gets_progress_colours_and_glyphs(folder: Path) -> None:
    said = in_a_terminal(folder, *SMALL)
    assert re.search(r"\r█{30} 100 %  2 of 2 contacts  Mon  5 Jan \d\d:\d\d\r +\r", said)
    assert "\x1b[1mCampaign list\x1b[0m" in said
    assert "\x1b[34mCompleted\x1b[0m" in said
    assert "────" in said


def test_no_color_leaves_the_glyphs(folder: Path) -> None:
    said = in_a_terminal(folder, *SMALL, NO_COLOR="1")
    assert "\x1b" not in said
    assert "────" in said


def test_an_ascii_stream_gets_no_traceback(folder: Path) -> None:
    for arguments, code in ((SMALL, 0), ([*SMALL, "--number", "12345"], 2), (["--help"], 0)):
        done = subprocess.run(
            command(*arguments),
            cwd=folder,
            env=environment(PYTHONIOENCODING="ascii", PYTHONUTF8="0"),
            capture_output=True,
            check=False,
        )
        assert done.returncode == code
        assert (done.stdout + done.stderr).isascii()
        assert b"Traceback" not in done.stderr
    done = subprocess.run(
        command(*SMALL), cwd=folder, env=environment(PYTHONIOENCODING="ascii"), capture_output=True, check=True
    )
    assert b"Campaign  K?ln; bot made-up-bot" in done.stdout


@pytest.mark.parametrize("arguments", [SMALL, ["--help"]])
def test_a_reader_that_goes_away_is_no_traceback(arguments: list[str], folder: Path) -> None:
    with subprocess.Popen(
        command(*arguments), cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")


def test_options_are_told_without_waiting_for_the_heavy_libraries() -> None:
    program = "import sys; from ori_campaigns.cli import main; main(['--version']); print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment(), capture_output=True, check=True, encoding="utf-8"
    )
    assert {"polars", "cattrs", "anyio", "rich"} & set(done.stdout.split()) == set()
