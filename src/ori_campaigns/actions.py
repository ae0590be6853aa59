"""The buttons of a campaign as values: label, icon, tone and where each leads (L18).

Which of them a campaign shows now is said by `campaign.actions_for`; how each looks is said here. A host draws both.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

import attrs

from ori_campaigns.campaign import Action, Stage, actions_for


class Icon(StrEnum):
    """The picture on a button."""

    PENCIL = "pencil"
    COPY = "copy"
    PLAY = "play"
    PAUSE = "pause"
    SQUARE = "square"
    ROTATE = "rotate"
    TRASH = "trash"


class Tone(StrEnum):
    """Red warns of what cannot be taken back."""

    NEUTRAL = "neutral"
    RED = "red"


class LeadsTo(StrEnum):
    """The page that follows a click: the same one, the wizard with this campaign, or the new campaign's detail."""

    STAY = "stay"
    WIZARD = "wizard"
    NEW_DETAIL = "new_detail"


@attrs.frozen
class ActionFace:
    """How an action looks, and where it leads.

    Parameters:
        label: the text of the button.
        icon: its picture.
        tone: red for Stop and Delete.
        leads_to: the page that follows when it succeeded.
    """

    label: str
    icon: Icon
    tone: Tone = Tone.NEUTRAL
    leads_to: LeadsTo = LeadsTo.STAY


FACES: Mapping[Action, ActionFace] = MappingProxyType(
    {
        Action.EDIT: ActionFace("Edit", Icon.PENCIL, leads_to=LeadsTo.WIZARD),
        Action.CLONE: ActionFace("Clone", Icon.COPY, leads_to=LeadsTo.NEW_DETAIL),
        Action.START: ActionFace("Start", Icon.PLAY),
        Action.PAUSE: ActionFace("Pause", Icon.PAUSE),
        Action.RESUME: ActionFace("Resume", Icon.PLAY),
        Action.STOP: ActionFace("Stop", Icon.SQUARE, tone=Tone.RED),
        Action.RESTART: ActionFace("Restart", Icon.ROTATE),
        Action.CANCEL_RESTART: ActionFace("Cancel restart", Icon.ROTATE),
        Action.DELETE: ActionFace("Delete", Icon.TRASH, tone=Tone.RED),
    }
)
"""Every action a person may take; what only the engine does has no button."""


def buttons(stage: Stage) -> Mapping[Action, ActionFace]:
    """Return the buttons of a campaign in this stage, in the order of its row (L18).

    >>> [face.label for face in buttons(Stage.PAUSED).values()]
    ['Resume', 'Edit', 'Stop', 'Clone']
    """
    return MappingProxyType({action: FACES[action] for action in actions_for(stage)})
