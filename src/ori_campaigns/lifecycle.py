"""The rules of the lifecycle: each takes a campaign under lock and answers what changes (L2 to L19).

The table in `campaign.py` says which action is legal; here is what each does. Every rule is all or nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import attrs

from ori_campaigns.campaign import (
    Action,
    Campaign,
    CampaignDraft,
    CampaignStatus,
    CompletionReason,
    Restart,
    actions_for,
)
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.config import SINGLE_DAY, DiallerConfig
from ori_campaigns.contact import ACTIVE, WAITING, ContactStatus
from ori_campaigns.errors import CannotStart, Conflict, FieldLocked, Problem
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.instants import Instant
from ori_campaigns.validation import LONGEST_NAME, bot_problems, config_problems, errors_among, pool_problems
from ori_campaigns.views import (
    CampaignView,
    CancelCallbacks,
    Changes,
    CloseAwaiting,
    CloseUsedUp,
    CloseWaiting,
    CopyContacts,
    Created,
    DropRun,
    Move,
    NewRun,
    UseStage,
)

LOCKED_IDENTITY = "These fields stay fixed so old and new attempts remain audit-safe."
LOCKED_CONTACTS = "CSV contacts are locked for this campaign. Use Clone if you need a different contact set."


class Configured(NamedTuple):
    """What the host has configured for the campaign's workspace, read before the transaction began."""

    bots: Sequence[Bot]
    carriers: Sequence[Carrier]


def _did(view: CampaignView, action: Action, by: str, detail: str = "") -> tuple[LifecycleChanged, ...]:
    return (LifecycleChanged(action.value, by, view.now, view.campaign.run_number, detail),)


def start_problems(
    campaign: Campaign, configured: Configured, waiting: int, now: Instant, *, needs_contacts: bool
) -> tuple[Problem, ...]:
    """Return every reason for which a campaign cannot start or resume now (L3)."""
    config = campaign.config
    found: list[Problem] = []
    if needs_contacts and not waiting and not config.always_on:
        hint = "Upload a list with at least one valid row."
        found.append(Problem("contacts", "no_contacts", "There is no contact waiting to be called.", hint))
    found.extend(bot_problems(campaign.bot, configured.bots))
    found.extend(pool_problems(campaign.numbers, configured.carriers))
    wrong = errors_among(config_problems(config))
    found.extend(wrong)
    if not wrong and config.window.schedule().next_open(now) is None:
        hint = "Change the hours, the working days or the time zone."
        found.append(Problem("config.window", "never_opens", "The calling window never opens again.", hint))
    return tuple(found)


def _guard(view: CampaignView, action: Action, configured: Configured, *, needs_contacts: bool) -> None:
    campaign = view.campaign
    campaign.require(action)
    waiting = view.counters.count(WAITING)
    problems = start_problems(campaign, configured, waiting, view.now, needs_contacts=needs_contacts)
    if problems:
        others = [name.value for name in actions_for(campaign.stage) if name is not action]
        raise CannotStart(
            entity_id=campaign.id, status=campaign.status.value, action=action.value, allowed=others, problems=problems
        )


def _calls_back(bot: str, configured: Configured) -> bool:
    return any(each.id == bot and each.callbacks for each in configured.bots)


def _with_day(campaign: Campaign, now: Instant) -> Campaign:
    """Fix the single day and its cutoff, where the mode has one and it is not fixed yet (S5)."""
    if campaign.config.mode is not SINGLE_DAY:
        return attrs.evolve(campaign, opening_day=None, cutoff=None)
    schedule = campaign.config.window.schedule()
    day = campaign.opening_day or schedule.opening_day(now)
    return attrs.evolve(campaign, opening_day=day, cutoff=None if day is None else schedule.day_close(day))


def start(view: CampaignView, by: str, configured: Configured) -> Changes[Campaign]:
    """Draft to running (L3)."""
    _guard(view, Action.START, configured, needs_contacts=True)
    running = attrs.evolve(
        view.campaign,
        status=CampaignStatus.RUNNING,
        epoch=view.campaign.epoch + 1,
        started_at=view.now,
        before_restart=None,
        bot_calls_back=_calls_back(view.campaign.bot, configured),
    )
    running = _with_day(running, view.now)
    return Changes(running, _did(view, Action.START, by), campaign=running)


def pause(view: CampaignView, by: str) -> Changes[Campaign]:
    """Running to paused; refused once the single day is over and only live calls keep it running (L4, S2)."""
    campaign = view.campaign
    # The cutoff counts from its instant on, whether or not the engine has looked at the clock since.
    over = campaign.closing is not None or (campaign.cutoff is not None and view.now >= campaign.cutoff)
    campaign.require(Action.PAUSE, reason="its window has closed and it ends with its last live call" if over else "")
    paused = attrs.evolve(campaign, status=CampaignStatus.PAUSED, epoch=campaign.epoch + 1)
    return Changes(paused, _did(view, Action.PAUSE, by), campaign=paused)


def resume(view: CampaignView, by: str, configured: Configured) -> Changes[Campaign]:
    """Paused to running, same guards as start; a list with nothing left to dial is fine (L5).

    Waiting contacts that have used up a lowered maximum become final (L19). If the cutoff passed meanwhile, the window
    is closed at once (S5).
    """
    _guard(view, Action.RESUME, configured, needs_contacts=False)
    campaign = view.campaign
    calls_back = _calls_back(campaign.bot, configured)
    running = attrs.evolve(campaign, status=CampaignStatus.RUNNING, epoch=campaign.epoch + 1, bot_calls_back=calls_back)
    running = _with_day(running, view.now)
    config = running.config
    moves: list[Move] = [CloseUsedUp(config.retry.max_attempts, config.callbacks_may_exceed_max_attempts)]
    facts = list(_did(view, Action.RESUME, by))
    if running.cutoff is not None and view.now >= running.cutoff:
        running = attrs.evolve(running, closing=CompletionReason.WINDOW_CLOSED)
        moves += [CloseWaiting(ContactStatus.WINDOW_CLOSED), CloseAwaiting()]
        facts.append(_closed_window(view))
    return Changes(running, facts, campaign=running, moves=moves)


def stop(view: CampaignView, by: str) -> Changes[Campaign]:
    """Running or paused to completed at once; calls in progress drain and keep their outcome (L6)."""
    campaign = view.campaign
    campaign.require(Action.STOP)
    stopped = _over(view, CampaignStatus.COMPLETED, CompletionReason.MANUAL_STOP)
    moves = (CloseWaiting(ContactStatus.MANUAL_STOPPED), CloseAwaiting())
    return Changes(stopped, _did(view, Action.STOP, by), campaign=stopped, moves=moves)


def _over(view: CampaignView, status: CampaignStatus, reason: CompletionReason | None, failure: str = "") -> Campaign:
    return attrs.evolve(
        view.campaign,
        status=status,
        epoch=view.campaign.epoch + 1,
        completed_at=view.now,
        completion_reason=reason,
        failure=failure,
        closing=None,
    )


def fail(view: CampaignView, by: str, reason: str) -> Changes[Campaign]:
    """Running or paused to failed; waiting contacts keep their state, callbacks are cancelled (L13)."""
    view.campaign.require(Action.FAIL)
    failed = _over(view, CampaignStatus.FAILED, None, reason)
    return Changes(
        failed, _did(view, Action.FAIL, by, reason), campaign=failed, moves=(CancelCallbacks(), CloseAwaiting())
    )


def complete(view: CampaignView) -> Changes[bool]:
    """Complete a running campaign whose contacts are all final and whose calls are all over (L12, S2, S4)."""
    campaign, counters = view.campaign, view.counters
    if campaign.status is not CampaignStatus.RUNNING or counters.live or counters.count(WAITING | ACTIVE):
        return Changes(result=False)
    if campaign.config.always_on and campaign.closing is None:
        return Changes(result=False)
    reason = campaign.closing or CompletionReason.ALL_CONTACTS_FINAL
    done = _over(view, CampaignStatus.COMPLETED, reason)
    return Changes(result=True, facts=_did(view, Action.COMPLETE, ENGINE, reason.value), campaign=done)


ENGINE = "engine"
"""Who the activity log names for what nobody asked for."""


def _closed_window(view: CampaignView) -> LifecycleChanged:
    return LifecycleChanged("close_window", ENGINE, view.now, view.campaign.run_number)


def close_window(view: CampaignView) -> Changes[bool]:
    """At the single-day cutoff: waiting contacts are closed, live calls go on, then it completes (S2)."""
    campaign = view.campaign
    due = campaign.cutoff is not None and view.now >= campaign.cutoff
    if campaign.status is not CampaignStatus.RUNNING or campaign.closing is not None or not due:
        return Changes(result=False)
    closing = attrs.evolve(campaign, closing=CompletionReason.WINDOW_CLOSED, epoch=campaign.epoch + 1)
    moves = (CloseWaiting(ContactStatus.WINDOW_CLOSED), CloseAwaiting())
    return Changes(result=True, facts=(_closed_window(view),), campaign=closing, moves=moves)


def restart(view: CampaignView, by: str) -> Changes[Campaign]:
    """Completed or failed to a prepared draft; dials nothing (L7)."""
    campaign = view.campaign
    live = view.counters.live
    campaign.require(Action.RESTART, reason=f"{live} of its calls are still live" if live else "")
    prepared = attrs.evolve(
        campaign,
        status=CampaignStatus.DRAFT,
        epoch=campaign.epoch + 1,
        version=campaign.version + 1,
        run_number=campaign.run_number + 1,
        started_at=None,
        completed_at=None,
        completion_reason=None,
        failure="",
        opening_day=None,
        cutoff=None,
        restarts=(*campaign.restarts, Restart(view.now, by)),
        before_restart=attrs.evolve(campaign, before_restart=None),
    )
    return Changes(prepared, _did(view, Action.RESTART, by), campaign=prepared, moves=(NewRun(),))


def cancel_restart(view: CampaignView, by: str) -> Changes[Campaign]:
    """A prepared restart goes back to what it was before (L8)."""
    campaign = view.campaign
    campaign.require(Action.CANCEL_RESTART)
    before = campaign.before_restart
    if before is None:  # pragma: no cover - a prepared restart always remembers
        raise Conflict(f"Campaign {campaign.id} no longer knows what it was before the restart.")
    back = attrs.evolve(before, epoch=campaign.epoch + 1, version=campaign.version + 1)
    return Changes(back, _did(view, Action.CANCEL_RESTART, by), campaign=back, moves=(DropRun(),))


def delete(view: CampaignView, by: str) -> Changes[None]:
    """Drop a draft that has never run, with its contacts (L11)."""
    view.campaign.require(Action.DELETE)
    return Changes(None, _did(view, Action.DELETE, by), deleted=True)


def edit(view: CampaignView, draft: CampaignDraft, *, by: str, version: int, stage: str | None) -> Changes[Campaign]:
    """Save an edit made from `version` (L10, L14, L19, C9)."""
    campaign = view.campaign
    campaign.require(Action.EDIT)
    if version != campaign.version:
        raise Conflict(
            f"Campaign {campaign.id} was changed by somebody else since version {version} "
            f"(it is at {campaign.version}). Open it again and repeat your changes."
        )
    if campaign.has_run:
        _keep_locked(campaign, draft, stage)
    saved = attrs.evolve(
        campaign,
        name=draft.name,
        bot=draft.bot,
        numbers=draft.numbers,
        config=draft.config,
        version=campaign.version + 1,
    )
    if campaign.status is CampaignStatus.PAUSED:
        saved = _rescheduled(campaign.config, saved)
    moves = () if stage is None else (UseStage(stage, draft.config.sticky_exclusion),)
    return Changes(saved, _did(view, Action.EDIT, by), campaign=saved, moves=moves)


def _keep_locked(campaign: Campaign, draft: CampaignDraft, stage: str | None) -> None:
    changed = [name for name in ("name", "bot") if getattr(draft, name) != getattr(campaign, name)]
    if changed:
        message = f"Campaign {campaign.id} has run: {' and '.join(changed)} cannot change. {LOCKED_IDENTITY}"
        raise FieldLocked(entity_id=campaign.id, fields=changed, message=message)
    if stage is not None:
        raise FieldLocked(entity_id=campaign.id, fields=["contacts"], message=LOCKED_CONTACTS)


def _rescheduled(before: DiallerConfig, campaign: Campaign) -> Campaign:
    """Recompute the cutoff for the same opening day; a day newly made single is fixed at resume (L19)."""
    if campaign.config.mode is not SINGLE_DAY or before.mode is not SINGLE_DAY or campaign.opening_day is None:
        return attrs.evolve(campaign, opening_day=None, cutoff=None)
    return attrs.evolve(campaign, cutoff=campaign.config.window.schedule().day_close(campaign.opening_day))


_COPY = " (copy)"


def clone(view: CampaignView, by: str, new_id: str) -> Changes[Campaign]:
    """Insert a copy as a fresh draft, with the list as it is at this moment (L9)."""
    campaign = view.campaign
    copy = Campaign(
        id=new_id,
        workspace=campaign.workspace,
        name=f"{campaign.name[: LONGEST_NAME - len(_COPY)]}{_COPY}",
        bot=campaign.bot,
        numbers=campaign.numbers,
        config=campaign.config,
        created_at=view.now,
        created_by=by,
    )
    facts = (LifecycleChanged("clone", by, view.now, 1, campaign.id),)
    moves = (CopyContacts(campaign.id, campaign.config.sticky_exclusion),)
    return Changes(copy, created=Created(copy, moves, facts))


def used_up(attempts: int, status: ContactStatus, move: CloseUsedUp) -> bool:
    """Tell whether a waiting contact has no attempt left under a lowered maximum (L19)."""
    spared = move.spare_callbacks and status is ContactStatus.CALLBACK_SCHEDULED
    return attempts >= move.max_attempts and not spared


def first_dialable(campaign: Campaign, due: Instant) -> Instant | None:
    """Return the first instant from `due` on at which the campaign may dial; `None` if its cutoff comes first.

    What is announced, of a start or of a retry, is this instant, never the plain due time (L3, R12).
    """
    opens = campaign.config.window.schedule().next_open(due)
    if opens is None or (campaign.cutoff is not None and opens >= campaign.cutoff):
        return None
    return opens
