"""What is said after an action: that it was done, or why it was not (M4)."""

from __future__ import annotations

from enum import StrEnum

import attrs

from ori_campaigns.errors import CampaignsError, CannotStart, InvalidDefinition, UnreadableDocument
from ori_campaigns.pages.texts import LIST_TEXTS, ListTexts


class ToastKind(StrEnum):
    """Whether the action was done."""

    SUCCESS = "success"
    FAILURE = "failure"


@attrs.frozen
class Toast:
    """A short message that goes away by itself.

    Parameters:
        kind: whether the action was done.
        text: what is said.
        code: of the error, for programs; empty when it was done.
        reasons: why it was not done, a sentence or two each.
    """

    kind: ToastKind
    text: str
    code: str = ""
    reasons: tuple[str, ...] = ()


def toast(action: str, texts: ListTexts = LIST_TEXTS) -> Toast | None:
    """Return what is said when an action was done, `None` for one that says nothing.

    Parameters:
        action: an `Action`, or `create`.

    >>> toast("restart").text, toast("delete")
    ('Campaign prepared for restart', None)
    """
    text = texts.toasts.get(action)
    return None if text is None else Toast(ToastKind.SUCCESS, text)


def failure_toast(action: str, error: BaseException, texts: ListTexts = LIST_TEXTS) -> Toast:
    """Return what is said when an action failed, with every reason.

    Parameters:
        action: an `Action`, or `create`.
        error: what it raised. Of an error that is not this library's nothing is told: it may say anything.

    >>> from ori_campaigns.errors import Conflict
    >>> failure_toast("pause", Conflict("Somebody else was first.")).reasons
    ('Somebody else was first.',)
    """
    text = texts.failed.format(action=texts.verbs.get(action, action))
    if not isinstance(error, CampaignsError):
        return Toast(ToastKind.FAILURE, text, "unexpected", (texts.unexpected,))
    if isinstance(error, InvalidDefinition | CannotStart | UnreadableDocument):
        reasons = tuple(f"{each.message} {each.hint}".strip() for each in error.problems)
    else:
        reasons = (str(error),)
    return Toast(ToastKind.FAILURE, text, error.code, reasons)
