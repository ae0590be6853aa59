"""The table of legal actions, against one written out here; the identity lock; what a draft makes of its input."""

from __future__ import annotations

from typing import Any

import pytest

import worlds
from ori_campaigns.campaign import (
    LIFECYCLE,
    Action,
    Campaign,
    CampaignDraft,
    CampaignStatus,
    CompletionReason,
    Restart,
    Stage,
    actions_for,
    only_draft_and_paused,
)
from ori_campaigns.errors import ActionNotAllowed, InvalidDefinition

# Every status with every action: the stages it may lead to, `-` where it is refused. A draft that has run is a prepared
# restart; the other statuses come with having run, and the table does not depend on it.
TABLE = """
status    has_run edit     clone     start   delete cancel_restart   pause  resume  stop      restart  complete  fail
draft     no      draft    draft     running gone   -                -      -       -         -        -         -
draft     yes     prepared prepared  running -      completed|failed -      -       -         -        -         -
running   no      -        running   -       -      -                paused -       completed -        completed failed
running   yes     -        running   -       -      -                paused -       completed -        completed failed
paused    no      paused   paused    -       -      -                -      running completed -        -         failed
paused    yes     paused   paused    -       -      -                -      running completed -        -         failed
completed no      -        completed -       -      -                -      -       -         prepared -         -
completed yes     -        completed -       -      -                -      -       -         prepared -         -
failed    no      -        failed    -       -      -                -      -       -         prepared -         -
failed    yes     -        failed    -       -      -                -      -       -         prepared -         -
"""

# The buttons of a row, in their order.
BUTTONS = {
    ("draft", "no"): "edit clone start delete",
    ("draft", "yes"): "edit clone start cancel_restart",
    ("running", "yes"): "pause stop clone",
    ("paused", "yes"): "resume edit stop clone",
    ("completed", "yes"): "restart clone",
    ("failed", "yes"): "restart clone",
}

HEAD, *LINES = (line.split() for line in TABLE.strip().splitlines())
CELLS = [
    pytest.param(status, has_run, action, cell, id=f"{status}-{has_run}-{action}")
    for status, has_run, *cells in LINES
    for action, cell in zip(HEAD[2:], cells, strict=True)
]


def campaign(status: str = "draft", has_run: str = "no", **changes: Any) -> Campaign:
    draft = worlds.draft()
    fields: dict[str, Any] = {
        "id": "c1",
        "workspace": draft.workspace,
        "name": draft.name,
        "bot": draft.bot,
        "numbers": draft.numbers,
        "config": draft.config,
        "created_at": 0,
        "created_by": "asha",
        "status": CampaignStatus(status),
    }
    if has_run == "yes":
        fields["started_at"] = 1
    return Campaign(**{**fields, **changes})


@pytest.mark.behaviour("L1")
def test_there_are_five_statuses() -> None:
    assert [status.value for status in CampaignStatus] == ["draft", "running", "paused", "completed", "failed"]


def test_the_table_written_here_is_complete() -> None:
    assert {action.value for action in Action} == set(HEAD[2:])
    assert [(status, has_run) for status, has_run, *_ in LINES] == [
        (status.value, has_run) for status in CampaignStatus for has_run in ("no", "yes")
    ]


@pytest.mark.behaviour("L1", "L16", "L18")
@pytest.mark.parametrize(("status", "has_run", "action", "cell"), CELLS)
def test_every_action_in_every_status(status: str, has_run: str, action: str, cell: str) -> None:
    subject = campaign(status, has_run)
    if cell != "-":
        subject.require(Action(action))
        leads_to = {stage.value.split()[0] for stage in LIFECYCLE[subject.stage][Action(action)]}
        assert leads_to == (set() if cell == "gone" else set(cell.split("|")))
        return
    assert Action(action) not in LIFECYCLE[subject.stage]
    with pytest.raises(ActionNotAllowed) as caught:
        subject.require(Action(action))
    error = caught.value
    # What only the engine or the host does is no advice for a person.
    buttons = BUTTONS[status, has_run if status == "draft" else "yes"].split()
    assert (error.entity, error.entity_id, error.action) == ("campaign", "c1", action)
    assert list(error.allowed) == buttons
    assert error.code == "action_not_allowed"
    if action != "edit":
        told = ["campaign", "c1", action, *buttons] + [status] * ((status, has_run) != ("draft", "yes"))
        assert all(word in str(error) for word in told)


@pytest.mark.behaviour("L1", "L16")
@pytest.mark.parametrize("has_run", ["no", "yes"])
@pytest.mark.parametrize("status", [status.value for status in CampaignStatus])
def test_a_refusal_names_one_of_the_five_statuses(status: str, has_run: str) -> None:
    refused = "delete" if status != "draft" else "pause"
    with pytest.raises(ActionNotAllowed) as caught:
        campaign(status, has_run).require(Action(refused))
    assert caught.value.status == status


@pytest.mark.behaviour("L16")
def test_an_action_refused_for_a_reason_is_not_among_those_allowed() -> None:
    with pytest.raises(ActionNotAllowed) as caught:
        campaign("completed", "yes").require(Action.RESTART, reason="2 of its calls are still live")
    assert caught.value.allowed == ("clone",)
    assert caught.value.reason == "2 of its calls are still live"
    assert str(caught.value) == (
        "Cannot restart campaign c1: it is completed (2 of its calls are still live). Allowed now: clone."
    )


@pytest.mark.behaviour("L10")
@pytest.mark.parametrize("status", ["running", "completed", "failed"])
def test_a_refused_edit_is_worded_as_the_editor_words_it(status: str) -> None:
    expected = f"Only draft and paused campaigns can be edited. Current status: {status}."
    with pytest.raises(ActionNotAllowed) as caught:
        campaign(status, "yes").require(Action.EDIT)
    assert str(caught.value) == expected
    assert only_draft_and_paused(CampaignStatus(status)) == expected


@pytest.mark.behaviour("L18")
@pytest.mark.parametrize(("status", "has_run"), BUTTONS)
def test_the_buttons_are_in_the_order_of_the_row(status: str, has_run: str) -> None:
    shown = [action.value for action in actions_for(campaign(status, has_run).stage)]
    assert shown == BUTTONS[status, has_run].split()


@pytest.mark.behaviour("L18")
@pytest.mark.parametrize(("status", "has_run", "stage"), [
    ("draft", "no", "draft"),
    ("draft", "yes", "prepared restart"),
    ("running", "yes", "running"),
    ("paused", "yes", "paused"),
    ("completed", "yes", "completed"),
    ("failed", "yes", "failed"),
])  # fmt: skip
def test_a_draft_that_has_run_is_a_prepared_restart(status: str, has_run: str, stage: str) -> None:
    assert campaign(status, has_run).stage is Stage(stage)


@pytest.mark.behaviour("L14")
@pytest.mark.parametrize(("mark", "value"), [
    ("started_at", 0),
    ("completed_at", 0),
    ("restarts", (Restart(0, "ravi"),)),
    ("run_number", 2),
])  # fmt: skip
def test_any_one_sign_of_having_run_locks_the_identity(mark: str, value: Any) -> None:
    assert not campaign().has_run
    assert campaign(**{mark: value}).has_run


@pytest.mark.behaviour("L14")
@pytest.mark.parametrize("status", ["running", "paused", "completed", "failed"])
def test_pausing_does_not_unlock(status: str) -> None:
    assert campaign(status, "yes").has_run


def test_the_table_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        LIFECYCLE[Stage.DRAFT] = {}  # type: ignore[index]


@pytest.mark.behaviour("L6", "L12", "S2")
def test_there_are_three_reasons_to_be_completed() -> None:
    assert [reason.value for reason in CompletionReason] == ["all_contacts_final", "manual_stop", "window_closed"]


# --- what a person enters ---------------------------------------------------------------------------------------------


def test_a_name_is_trimmed() -> None:
    assert worlds.draft(name="  Q2  Drive \n").name == "Q2  Drive"


def test_a_number_ticked_twice_counts_once_and_keeps_its_place() -> None:
    draft = worlds.draft(numbers=["911140001001", "+91 11 4000 1000", "91-11-4000-1001"])
    assert [number.reveal() for number in draft.numbers] == ["911140001001", "911140001000"]


def test_a_pool_entry_that_is_no_number_is_refused_with_its_place_and_masked() -> None:
    with pytest.raises(InvalidDefinition) as caught:
        CampaignDraft(name="x", bot="b", numbers=["911140001000", "91114000x"])
    [problem] = caught.value.problems
    assert (problem.path, problem.code) == ("numbers[1]", "bad_number")
    assert "91114000x" not in str(caught.value)


def test_what_a_prepared_restart_goes_back_to_is_not_printed() -> None:
    before = campaign("completed", "yes", name="Old name")
    assert "Old name" not in repr(campaign("draft", "yes", before_restart=before))
