"""One tree of errors. Each carries a stable `code`, its facts as attributes, and a sentence a person can act on.

Programs branch on the class or on `code`; people read `str(error)`: what happened, what is allowed, what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import attrs


@attrs.frozen
class Problem:
    """One thing wrong with a definition, with the place it is in and a way out.

    `path` names the field (`config.window.end`), `code` is stable, `severity` is `error` or `warning`.
    """

    path: str
    code: str
    message: str
    hint: str = ""
    severity: str = "error"

    def __str__(self) -> str:
        text = f"{self.path}: {self.message}" if self.path else self.message
        return f"{text} {self.hint}".strip()


class CampaignsError(Exception):
    """The root of every error this library raises on purpose."""

    code: ClassVar[str] = "campaigns_error"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            # An instance may be more precise than its class; programs read `error.code` either way.
            self.code = code  # type: ignore[misc]


class InvalidDefinition(CampaignsError):
    """A campaign, a carrier or a setting is not valid; `problems` lists everything that is wrong, at once."""

    code = "invalid_definition"

    def __init__(self, problems: Sequence[Problem], *, what: str = "The campaign") -> None:
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems]
        if len(lines) == 1:
            text = f"{what} is not valid: {lines[0]}"
        else:
            text = f"{what} has {len(lines)} problems:\n" + "\n".join(f"  - {line}" for line in lines)
        super().__init__(text, code=self.problems[0].code if len(self.problems) == 1 else None)


class ActionNotAllowed(CampaignsError):
    """The entity's status does not allow this action; nothing was changed."""

    code = "action_not_allowed"

    def __init__(  # noqa: PLR0913 - each argument is one fact of the refusal
        self,
        *,
        entity: str,
        entity_id: str,
        status: str,
        action: str,
        allowed: Sequence[str],
        reason: str = "",
        code: str | None = None,
        message: str | None = None,
    ) -> None:
        self.entity, self.entity_id, self.status, self.action = entity, entity_id, status, action
        self.allowed = tuple(allowed)
        self.reason = reason
        can = ", ".join(self.allowed) or "nothing"
        why = f" ({reason})" if reason else ""
        super().__init__(
            message or f"Cannot {action} {entity} {entity_id}: it is {status}{why}. Allowed now: {can}.",
            code=code,
        )


class CannotStart(ActionNotAllowed):
    """Start or resume was refused; `problems` lists every reason at once."""

    code = "cannot_start"

    def __init__(
        self, *, entity_id: str, status: str, action: str, allowed: Sequence[str], problems: Sequence[Problem]
    ) -> None:
        self.problems = tuple(problems)
        reasons = " ".join(str(problem) for problem in self.problems)
        super().__init__(
            entity="campaign",
            entity_id=entity_id,
            status=status,
            action=action,
            allowed=allowed,
            message=f"Cannot {action} campaign {entity_id}: {reasons}",
        )


class FieldLocked(CampaignsError):
    """Name, bot or contacts of a campaign that has run cannot be changed; nothing was changed."""

    code = "field_locked"

    def __init__(self, *, entity_id: str, fields: Sequence[str], message: str) -> None:
        self.entity_id = entity_id
        self.fields = tuple(fields)
        super().__init__(message)


class IngestError(CampaignsError):
    """A lead file was refused whole; no list was changed. `facts` holds the figures of the refusal."""

    code = "ingest_error"

    def __init__(self, message: str, *, code: str, **facts: object) -> None:
        self.facts = facts
        super().__init__(message, code=code)


class StoreError(CampaignsError):
    """Something between the library and its storage."""

    code = "store_error"


class NotFound(StoreError):
    """No such campaign, contact or attempt."""

    code = "not_found"

    def __init__(self, entity: str, entity_id: str) -> None:
        self.entity, self.entity_id = entity, entity_id
        super().__init__(f"No {entity} {entity_id!r} here. Check the id, and that it belongs to this workspace.")


class Conflict(StoreError):
    """Somebody else changed it first; nothing was changed. Read it again and decide anew."""

    code = "conflict"


class StoreUnavailable(StoreError):
    """The store could not be reached; nothing was changed, the call may be tried again."""

    code = "store_unavailable"


class CommitUnknown(StoreError):
    """The store was lost in the middle of a commit: it may have happened. Read before doing it again."""

    code = "commit_unknown"


PASSING: tuple[type[StoreError], ...] = (StoreUnavailable, CommitUnknown, Conflict)
"""Troubles of a store that may be over the next time it is asked."""


class DiallerError(CampaignsError):
    """The dialler failed; `retryable` says whether trying again can help."""

    code = "dialler_error"

    def __init__(self, message: str, *, retryable: bool, code: str | None = None) -> None:
        self.retryable = retryable
        super().__init__(message, code=code)


class UnreadableDocument(CampaignsError):
    """A JSON document, or a fact of a log, cannot be read back; `problems` lists all that is wrong, with its place.

    No value of the document is repeated: it may be a phone number.
    """

    code = "unreadable_document"

    def __init__(self, what: str, problems: Sequence[Problem]) -> None:
        self.what = what
        self.problems = tuple(problems)
        lines = [str(problem) for problem in self.problems]
        if len(lines) == 1:
            text = f"{what} cannot be read: {lines[0]}"
        else:
            listed = "\n".join(f"  - {line}" for line in lines)
            text = f"{what} cannot be read, it has {len(lines)} problems:\n{listed}"
        super().__init__(text)


class MissingExtra(CampaignsError):
    """An optional dependency is not installed; the message names the extra that brings it."""

    code = "missing_extra"

    def __init__(self, feature: str, extra: str) -> None:
        self.feature, self.extra = feature, extra
        super().__init__(f"{feature} needs the extra {extra!r}: python -m pip install 'ori-campaigns[{extra}]'")
