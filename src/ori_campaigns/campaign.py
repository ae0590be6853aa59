"""The campaign and its life: statuses, actions, and the one table that says which action is legal when.

`LIFECYCLE` drives the engine, the buttons, the diagram in the docs and the exhaustive tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import attrs

from ori_campaigns.config import DiallerConfig
from ori_campaigns.errors import ActionNotAllowed
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber, parse_numbers


class CampaignStatus(StrEnum):
    """The five statuses a campaign can have (L1)."""

    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"


class Stage(StrEnum):
    """Status together with having run: a draft that has run is a prepared restart (L18)."""

    DRAFT = "draft"
    PREPARED = "prepared restart"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    FAILED = "failed"


class Action(StrEnum):
    """What can happen to a campaign; `complete` and `fail` are the engine's and the host's, the rest are buttons."""

    EDIT = "edit"
    CLONE = "clone"
    START = "start"
    DELETE = "delete"
    CANCEL_RESTART = "cancel_restart"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    RESTART = "restart"
    COMPLETE = "complete"
    FAIL = "fail"


class CompletionReason(StrEnum):
    """Why a campaign is completed."""

    ALL_CONTACTS_FINAL = "all_contacts_final"
    MANUAL_STOP = "manual_stop"
    WINDOW_CLOSED = "window_closed"


_S, _A = Stage, Action
LIFECYCLE: Mapping[Stage, Mapping[Action, tuple[Stage, ...]]] = MappingProxyType(
    {
        # Order within a stage is the order of the buttons on a row. Deleting leads nowhere.
        _S.DRAFT: {_A.EDIT: (_S.DRAFT,), _A.CLONE: (_S.DRAFT,), _A.START: (_S.RUNNING,), _A.DELETE: ()},
        _S.PREPARED: {
            _A.EDIT: (_S.PREPARED,),
            _A.CLONE: (_S.PREPARED,),
            _A.START: (_S.RUNNING,),
            _A.CANCEL_RESTART: (_S.COMPLETED, _S.FAILED),
        },
        _S.RUNNING: {
            _A.PAUSE: (_S.PAUSED,),
            _A.STOP: (_S.COMPLETED,),
            _A.CLONE: (_S.RUNNING,),
            _A.COMPLETE: (_S.COMPLETED,),
            _A.FAIL: (_S.FAILED,),
        },
        _S.PAUSED: {
            _A.RESUME: (_S.RUNNING,),
            _A.EDIT: (_S.PAUSED,),
            _A.STOP: (_S.COMPLETED,),
            _A.CLONE: (_S.PAUSED,),
            _A.FAIL: (_S.FAILED,),
        },
        _S.COMPLETED: {_A.RESTART: (_S.PREPARED,), _A.CLONE: (_S.COMPLETED,)},
        _S.FAILED: {_A.RESTART: (_S.PREPARED,), _A.CLONE: (_S.FAILED,)},
    }
)
"""Every legal action by stage, with the stages it may lead to."""

NOT_BUTTONS = frozenset({Action.COMPLETE, Action.FAIL})


def actions_for(stage: Stage) -> tuple[Action, ...]:
    """Return the actions a person may take, in the order of the row's buttons (L18)."""
    return tuple(action for action in LIFECYCLE[stage] if action not in NOT_BUTTONS)


def _trimmed(name: str) -> str:
    return name.strip()


@attrs.frozen
class CampaignDraft:
    """What a person enters in the wizard, apart from the leads.

    Parameters:
        name: trimmed; repeats are allowed.
        bot: id of one of the host's bots.
        numbers: the pool, as text or `PhoneNumber`; order is the order of rotation.
        config: how it dials.
        workspace: the tenant it belongs to.

    Raises:
        InvalidDefinition: code `bad_number`, for a pool entry that is not a number.
    """

    name: str = attrs.field(converter=_trimmed)
    bot: str
    numbers: tuple[PhoneNumber, ...] = attrs.field(converter=parse_numbers)
    config: DiallerConfig = attrs.field(factory=DiallerConfig)
    workspace: str = "default"


@attrs.frozen
class Restart:
    """A restart that was prepared: when (microseconds UTC) and by whom."""

    at: Instant
    by: str


@attrs.frozen
class Campaign:
    """A campaign as of one read. All times are microseconds UTC; `to_datetime` turns them into datetimes.

    Parameters:
        version: raised by every saved edit; an edit names the version it was made from.
        epoch: raised by start, pause, resume, stop and restart; carried by every attempt.
        run_number: 1 until the first restart.
        opening_day: local date of a single-day campaign's day.
        cutoff: end of that day's window; nothing is dialled from then on.
        closing: why it will be completed once its last live call has ended.
        bot_calls_back: the bot's own callback setting, as read at the last start or resume (K1).
        failure: why it failed, empty otherwise.
        before_restart: what a prepared restart goes back to.
    """

    id: str
    workspace: str
    name: str
    bot: str
    numbers: tuple[PhoneNumber, ...]
    config: DiallerConfig
    created_at: Instant
    created_by: str
    status: CampaignStatus = CampaignStatus.DRAFT
    version: int = 1
    epoch: int = 0
    run_number: int = 1
    started_at: Instant | None = None
    completed_at: Instant | None = None
    completion_reason: CompletionReason | None = None
    failure: str = ""
    opening_day: date | None = None
    cutoff: Instant | None = None
    closing: CompletionReason | None = None
    bot_calls_back: bool = False
    restarts: tuple[Restart, ...] = ()
    before_restart: Campaign | None = attrs.field(default=None, repr=False)

    @property
    def draft(self) -> CampaignDraft:
        """What its editor opens with: everything that can be entered."""
        return CampaignDraft(self.name, self.bot, self.numbers, self.config, self.workspace)

    @property
    def has_run(self) -> bool:
        """Whether name, bot and contacts are locked for audit (L14)."""
        return (
            self.started_at is not None or self.completed_at is not None or bool(self.restarts) or self.run_number > 1
        )

    @property
    def stage(self) -> Stage:
        """Status and having run, as one word."""
        if self.status is CampaignStatus.DRAFT:
            return Stage.PREPARED if self.has_run else Stage.DRAFT
        return Stage(self.status.value)

    def require(self, action: Action, *, reason: str = "") -> None:
        """Raise unless the table allows `action` now.

        Raises:
            ActionNotAllowed: code `action_not_allowed`; for an edit, the wording of L10.
        """
        allowed = LIFECYCLE[self.stage]
        if action in allowed:
            if not reason:
                return
        else:
            # What would also be in the way does not matter where the table says no.
            reason = Stage.PREPARED.value if self.stage is Stage.PREPARED else ""
        raise ActionNotAllowed(
            entity="campaign",
            entity_id=self.id,
            status=self.status.value,
            action=action.value,
            allowed=[name.value for name in allowed if name is not action and name not in NOT_BUTTONS],
            reason=reason,
            message=only_draft_and_paused(self.status) if action is Action.EDIT else None,
        )


def only_draft_and_paused(status: CampaignStatus) -> str:
    """Return the notice of a campaign that cannot be edited in its status (L10)."""
    return f"Only draft and paused campaigns can be edited. Current status: {status.value}."
