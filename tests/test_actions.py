"""The buttons: label, icon, tone and target of every action, and which of them each stage shows."""

from __future__ import annotations

import pytest

from ori_campaigns.actions import FACES, buttons
from ori_campaigns.campaign import Action, Stage

# From the seed's table of buttons, written out: action, label, icon, tone, where it leads.
BUTTONS = """
edit            Edit            pencil  neutral  wizard
clone           Clone           copy    neutral  new_detail
start           Start           play    neutral  stay
pause           Pause           pause   neutral  stay
resume          Resume          play    neutral  stay
stop            Stop            square  red      stay
restart         Restart         rotate  neutral  stay
cancel_restart  Cancel_restart  rotate  neutral  stay
delete          Delete          trash   red      stay
"""

ROWS = {
    "draft": "Edit Clone Start Delete",
    "prepared restart": "Edit Clone Start Cancel_restart",
    "running": "Pause Stop Clone",
    "paused": "Resume Edit Stop Clone",
    "completed": "Restart Clone",
    "failed": "Restart Clone",
}


@pytest.mark.behaviour("L18")
@pytest.mark.parametrize("line", BUTTONS.strip().splitlines())
def test_every_button_looks_and_leads_as_told(line: str) -> None:
    action, label, icon, tone, leads_to = line.split()
    face = FACES[Action(action)]
    assert (face.label, face.icon.value, face.tone.value, face.leads_to.value) == (
        label.replace("_", " "),
        icon,
        tone,
        leads_to,
    )


@pytest.mark.behaviour("L18")
def test_what_only_the_engine_does_has_no_button() -> None:
    named = {line.split()[0] for line in BUTTONS.strip().splitlines()}
    assert {action.value for action in FACES} == named
    assert {action.value for action in Action} - named == {"complete", "fail"}


@pytest.mark.behaviour("L18")
@pytest.mark.parametrize("stage", ROWS)
def test_a_row_shows_its_buttons_in_order(stage: str) -> None:
    shown = [face.label.replace(" ", "_") for face in buttons(Stage(stage)).values()]
    assert shown == ROWS[stage].split()


@pytest.mark.behaviour("L18")
def test_the_buttons_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        FACES[Action.EDIT] = FACES[Action.STOP]  # type: ignore[index]
    with pytest.raises(AttributeError):
        FACES[Action.EDIT].label = "Change"  # type: ignore[misc]
