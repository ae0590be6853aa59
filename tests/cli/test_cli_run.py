"""`run` as a process of its own: killed, interrupted, paused from another one, and gone on with."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import ori_campaigns
from cli.commands import Command, leads
from cli.store_world import QUICK, attempts, called_at_once, open_store, until, window
from cli.test_cli_command import environment
from ori_campaigns.contact import FINAL, NEVER_PLACED
from ori_campaigns.stores.sql import SqlStore

# Whoever was called by a process that is gone counts as an error soon, so that the tests are quick.
PROGRAM = """
import sys
from ori_campaigns import CallLimits
from ori_campaigns.cli import calling, main
calling.LIMITS = CallLimits(send_budget=1, reserved=1, talk_grace=1, look_up_every=1)
calling._RINGING_GRACE = 0
sys.exit(main())
"""
MANY = [f"9198{index:08}" for index in range(80)]
OPEN = window()
LIMITED = ("--ring-limit", "1", "--talk-limit", "1")


class Run:
    """A `run` in a process of its own, in the current folder."""

    def __init__(self, *options: str) -> None:
        command = [sys.executable, "-c", PROGRAM, "run", "leads.csv", *QUICK, *OPEN, *LIMITED, *options]
        self.process = subprocess.Popen(
            command, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
        )

    def ended(self) -> tuple[int, str, list[str]]:
        """Its exit code, and what it said."""
        out, err = self.process.communicate(timeout=60)
        return self.process.returncode, out, err.splitlines()


@pytest.fixture
def store() -> Iterator[SqlStore]:
    leads(rows=MANY)
    store = open_store()
    yield store
    store.close()


def dialled(store: SqlStore, at_least: int) -> bool:
    found = store.campaigns()
    return bool(found) and store.counters(found[0].id).dialled >= at_least


def the_id(store: SqlStore) -> str:
    [campaign] = store.campaigns()
    return campaign.id


def everybody_was_called_once(store: SqlStore) -> None:
    name = the_id(store)
    found = [each for each in attempts(store, name) if each.status not in NEVER_PLACED]
    assert called_at_once(found) == []
    assert sorted(each.contact for each in found) == list(range(len(MANY)))
    assert all(contact.status in FINAL for contact in store.contacts(name, -1, 1000))
    assert store.counters(name).live == 0


@pytest.mark.behaviour("N3", "N4", "N7", "L5")
def test_a_killed_run_is_gone_on_with_by_the_same_command(ori: Command, store: SqlStore) -> None:
    slow = ("--gives-up", "0.4", "--ring", "0.4", "--concurrency", "12")
    first = Run(*slow)
    until(lambda: dialled(store, 30))
    first.process.kill()
    assert first.ended()[0] == -signal.SIGKILL
    name = the_id(store)
    cut_off = store.counters(name).live
    done_before = store.counters(name).count(FINAL)
    assert cut_off
    assert done_before < len(MANY)
    code, out, err = Run(*slow).ended()
    assert code == 0, err
    assert err[0] == f"leads ({name[:8]}) goes on: {done_before} of 80 contacts done."
    calls = "call was" if cut_off == 1 else "calls were"
    assert err[2].startswith(f"{cut_off} {calls} cut off, or another `run` has them.")
    assert "Campaign list" in out
    everybody_was_called_once(store)
    unknown = [each for each in attempts(store, name) if each.detail == "unknown"]
    assert 0 < len(unknown) <= cut_off
    assert ori("audit").code == 0


@pytest.mark.behaviour("L4", "L5")
def test_another_process_pauses_it_and_lets_it_go_on(ori: Command, store: SqlStore) -> None:
    running = Run("--gives-up", "0.3", "--ring", "0.3", "--concurrency", "10")
    until(lambda: dialled(store, 20))
    name = the_id(store)
    assert ori("pause", name[:4], "--by", "ravi").code == 0
    until(lambda: store.counters(name).live == 0)
    # Another command counts on it: nothing was placed since the pause.
    log = ori_campaigns.CampaignService(store, ori_campaigns.StaticDirectory()).activity(name)
    paused_at = next(each.at for each in log if each.action == "pause")
    assert running.process.poll() is None
    assert max(each.reserved_at for each in attempts(store, name)) <= paused_at
    assert "It is paused." in ori("show", name).out.splitlines()
    before = store.counters(name)
    assert before.dialled < len(MANY)
    assert ori("resume", name[:4], "--by", "asha").code == 0
    code, _, err = running.ended()
    assert code == 0
    assert f"It waits here, and goes on after: python -m ori_campaigns resume {name[:8]}" in err
    assert err.index("It is paused by ravi; no new call begins.") < err.index("It goes on by asha.")
    everybody_was_called_once(store)


@pytest.mark.behaviour("L6")
def test_another_process_stops_it(ori: Command, store: SqlStore) -> None:
    running = Run("--gives-up", "0.3", "--ring", "0.3", "--concurrency", "10")
    until(lambda: dialled(store, 20))
    assert ori("stop", the_id(store)).code == 0
    code, out, _ = running.ended()
    assert code == 0
    assert "(manual" in out
    assert store.counters(the_id(store)).live == 0


def test_ctrl_c_lets_calls_end_and_tells_how_to_go_on(store: SqlStore) -> None:
    slow = ("--gives-up", "0.3", "--ring", "0.3", "--concurrency", "10")
    running = Run(*slow)
    until(lambda: dialled(store, 20))
    running.process.send_signal(signal.SIGINT)
    code, out, err = running.ended()
    name = the_id(store)
    assert (code, out) == (130, "")
    on = f"python -m ori_campaigns run --campaign {name[:8]}"
    assert err[-1] == f"Interrupted. The same command goes on with it, and so does: {on}"
    assert store.counters(name).live == 0
    assert store.campaign(name).status.value == "running"
    assert Run(*slow).ended()[0] == 0
    everybody_was_called_once(store)
    assert not [each for each in attempts(store, name) if each.detail == "unknown"]


def test_a_second_ctrl_c_waits_for_nothing(store: SqlStore) -> None:
    running = Run("--gives-up", "50", "--ring-limit", "60", "--answer-rate", "0", "--unanswered", "no_answer=1")
    until(lambda: dialled(store, 5))
    assert running.process.stderr is not None
    running.process.send_signal(signal.SIGINT)
    said = iter(running.process.stderr.readline, "")
    assert any(line.startswith("No new call begins; ") for line in said)
    running.process.send_signal(signal.SIGINT)
    code, _, err = running.ended()
    assert code == 130
    assert err[-1].startswith("Interrupted.")
    assert store.counters(the_id(store)).live > 0


def test_it_says_when_nobody_is_due(store: SqlStore) -> None:
    running = Run(*window(3, 5), "--name", "Later")
    until(lambda: bool(store.campaigns()) and store.campaigns()[0].status.value == "running")
    assert running.process.stderr is not None
    told = [running.process.stderr.readline() for _ in range(3)][2]
    assert told.startswith("Nobody is due before ")
    assert told.endswith(" UTC, when the calling window opens.\n")
    running.process.terminate()
    assert running.ended()[0] == 143


def test_a_terminal_gets_a_line_of_progress(tmp_path: Path) -> None:
    from cli.test_cli_command import in_a_terminal

    leads()
    said = in_a_terminal(tmp_path, "run", "leads.csv", *QUICK, *window(), "--concurrency", "5")
    assert " of 30 contacts  " in said
    assert "\x1b[34mCompleted\x1b[0m" in said
    assert " is new, with 30 contacts." in said
