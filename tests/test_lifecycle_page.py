"""The page of diagrams is fresh, and what it draws is what the tables say."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest

import lifecycle_page
from lifecycle_page import BLOCKS, attempt_diagram, blocks, campaign_diagram, contact_diagram, written
from ori_campaigns.campaign import LIFECYCLE, Action, Stage
from ori_campaigns.contact import ATTEMPT_MOVES, CONTACT_MOVES, WAITING, AttemptStatus, ContactStatus

PAGE = lifecycle_page.PAGE.read_text(encoding="utf-8")
ARROW = re.compile(r"^    (\S+) --> (\S+?)(?:: (\w+))?$", re.MULTILINE)


def test_the_page_is_fresh() -> None:
    for now, fresh in zip(PAGE.splitlines(), written(PAGE).splitlines(), strict=True):
        assert now == fresh, "run: python tests/lifecycle_page.py --write"


def test_every_block_stands_on_the_page_once() -> None:
    assert sorted(blocks(PAGE)) == sorted(BLOCKS)


def test_writing_twice_changes_nothing_more() -> None:
    emptied = re.sub(r"(<!-- drawn: [a-z]+ -->\n).*?(<!-- end -->)", r"\1\2", PAGE, flags=re.DOTALL)
    assert emptied != PAGE
    assert written(emptied) == PAGE
    assert written(PAGE) == PAGE


def test_a_changed_table_makes_the_page_stale() -> None:
    without_stop: dict[Stage, dict[Action, tuple[Stage, ...]]] = {
        stage: {action: targets for action, targets in actions.items() if action is not Action.STOP}
        for stage, actions in LIFECYCLE.items()
    }
    assert campaign_diagram(without_stop) not in PAGE
    assert campaign_diagram(LIFECYCLE) in PAGE


@pytest.mark.behaviour("L1", "L18")
def test_the_campaign_diagram_has_every_move_to_another_stage() -> None:
    arrows = {(start, end, label) for start, end, label in ARROW.findall(campaign_diagram(LIFECYCLE))}
    assert arrows == {
        ("[*]", "draft", "create"),
        ("draft", "running", "start"),
        ("draft", "[*]", "delete"),
        ("prepared", "running", "start"),
        ("prepared", "completed", "cancel_restart"),
        ("prepared", "failed", "cancel_restart"),
        ("running", "paused", "pause"),
        ("running", "completed", "stop"),
        ("running", "completed", "complete"),
        ("running", "failed", "fail"),
        ("paused", "running", "resume"),
        ("paused", "completed", "stop"),
        ("paused", "failed", "fail"),
        ("completed", "prepared", "restart"),
        ("failed", "prepared", "restart"),
    }
    assert f'state "{Stage.PREPARED.value}" as prepared' in campaign_diagram(LIFECYCLE)


def test_the_contact_diagram_and_the_table_say_the_same() -> None:
    drawn: set[tuple[str, str]] = set()
    for start, end, _ in ARROW.findall(contact_diagram(CONTACT_MOVES)):
        starts = [status.value for status in WAITING] if start == "waiting" else [start]
        drawn |= {(each, end) for each in starts}
    moves = {(start.value, end.value) for start, ends in CONTACT_MOVES.items() for end in ends}
    ends = {(status.value, "[*]") for status in ContactStatus if not CONTACT_MOVES[status]}
    assert drawn == moves | ends | {("[*]", "pending")}


def test_what_the_attempt_diagram_leaves_out_are_skipped_rungs_alone() -> None:
    ladder = ["reserved", "submitted", "ringing", "answered", "in_progress"]
    drawn = {(start, end) for start, end, _ in ARROW.findall(attempt_diagram(ATTEMPT_MOVES))}
    moves = {(start.value, end.value) for start, ends in ATTEMPT_MOVES.items() for end in ends}
    skipped = moves - drawn
    assert all(ladder.index(end) - ladder.index(start) > 1 for start, end in skipped)
    assert set(pairwise(ladder)) <= drawn
    ends = {(status.value, "[*]") for status in AttemptStatus if not ATTEMPT_MOVES[status]}
    assert drawn - moves == ends | {("[*]", "reserved")}


def test_the_command_says_whether_the_page_is_fresh(capsys: pytest.CaptureFixture[str]) -> None:
    assert lifecycle_page.main([]) == 0
    assert capsys.readouterr().out == "fresh\n"
