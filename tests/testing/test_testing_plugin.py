"""The pytest plugin as a host meets it: in a process of its own, and only when it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
HOST_TESTS = ROOT / "docs" / "examples" / "host_tests"


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, with every warning an error."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-W", "error", "-rA", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "NO_COLOR": "1", "COLUMNS": "200"}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, encoding="utf-8"
    )


def test_a_hosts_test_suite_passes_as_it_stands(tmp_path: Path) -> None:
    shutil.copytree(HOST_TESTS, tmp_path / "host_tests", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    done = run(tmp_path, "host_tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "10 passed" in done.stdout


def test_a_hosts_test_suite_uses_what_is_installed_and_nothing_else() -> None:
    for path in HOST_TESTS.glob("*.py"):
        imported = [
            line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(("import ", "from "))
        ]
        assert all(line.split()[1].partition(".")[0] in {"hypothesis", "ori_campaigns"} for line in imported)


SHARED = """
import ori_campaigns as ori

def test_first(ori_world, ori_clock, ori_dialler):
    assert ori_world.clock is ori_clock
    assert ori_world.dialler is ori_dialler
    ori_world.start()
    ori_world.advance(minutes=1)

def test_second(ori_world, ori_clock):
    assert ori_world.store.campaigns() == []
    assert ori.to_datetime(ori_clock.now(), ori_world.now.tzinfo).isoformat() == "2026-01-05T10:00:00+05:30"
"""


@pytest.mark.parametrize("how", ["-p", "pytest_plugins"])
def test_each_test_has_one_world_of_its_own(tmp_path: Path, how: str) -> None:
    (tmp_path / "test_it.py").write_text(SHARED, encoding="utf-8")
    options = ["-p", "ori_campaigns.testing.plugin"]
    if how == "pytest_plugins":
        (tmp_path / "conftest.py").write_text('pytest_plugins = ["ori_campaigns.testing.plugin"]\n', encoding="utf-8")
        options = []
    done = run(tmp_path, *options)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout


def test_nobody_gets_it_who_did_not_ask(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SHARED, encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "fixture 'ori_world' not found" in done.stdout
    assert [entry for entry in entry_points(group="pytest11") if entry.value.startswith("ori_campaigns")] == []


ELSEWHERE = """
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from ori_campaigns.testing import World

@pytest.fixture
def ori_world():
    return World(datetime(2026, 3, 28, 9, tzinfo=ZoneInfo("Europe/Berlin")))

def test_the_clock_is_that_of_the_overriding_world(ori_world, ori_clock, ori_dialler):
    assert ori_clock is ori_world.clock
    assert ori_dialler is ori_world.dialler
    assert f"{ori_world.now:%Z}" == "CET"
"""


def test_the_world_can_be_another_one(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(ELSEWHERE, encoding="utf-8")
    done = run(tmp_path, "-p", "ori_campaigns.testing.plugin")
    assert done.returncode == 0, done.stdout + done.stderr


CONTRACTS = """
import attrs
import ori_campaigns as ori
from ori_campaigns.testing import DiallerContract, StoreContract

class Forgetful(ori.MemoryStore):
    def contacts(self, *args, **named):
        return [attrs.evolve(each, variables={}) for each in super().contacts(*args, **named)]

class TestForgetful(StoreContract):
    inline = True

    def new_store(self, clock):
        return Forgetful(clock)

class TestNothing(DiallerContract):
    def new_dialler(self):
        return ori.InMemoryDialler(ori.CallModel(), ori.SystemClock())
"""


def test_a_contract_that_is_broken_says_what_was_compared(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(CONTRACTS, encoding="utf-8")
    done = run(tmp_path, "-k", "kept_as_it_was_created or outlasts_the_process or is_found_alive", "-vv")
    assert done.returncode == 1
    # Pytest rewrote the asserts of the contract: both sides are shown.
    assert "'plan': '007'" in done.stdout
    assert "the store is not durable" in done.stdout
    assert "no `silent` number is given" in done.stdout
    assert "1 failed, 2 skipped" in done.stdout
