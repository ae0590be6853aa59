"""The loop of virtual time: what happened, what operators do, what is to be done, and on to the next moment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ori_campaigns.clocks import VirtualClock
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.dialling import Step
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.outcomes import Recorded
from ori_campaigns.ports import Directory
from ori_campaigns.reports import Accepted, Answered, Report, Ringing
from ori_campaigns.service import CampaignService
from ori_campaigns.simulation.handover import Plain

_PROGRESS_EVERY = 256
_FREES_NOTHING = frozenset({Ringing, Answered})


def resolution_for(directory: Directory, workspace: str) -> int:
    """Return how often, in microseconds, the engine must look so that no carrier's bucket overflows unseen."""
    spans = [round(carrier.burst / carrier.cps * SECOND) for carrier in directory.carriers(workspace)]
    return max(min([SECOND, *spans]), 1)


def drive(  # noqa: PLR0913 - all that a simulation is made of
    service: CampaignService,
    model: CallModel,
    clock: VirtualClock,
    *,
    until: Instant,
    resolution: int,
    actions: Sequence[tuple[Instant, Callable[[], object]]] = (),
    on_progress: Callable[[Instant], object] | None = None,
    plain: Plain | None = None,
) -> None:
    """Let virtual time pass for one service and one call model until nothing is left to do, or until `until`.

    Parameters:
        until: an instant (microseconds UTC); there is no look after it. In the end the clock stands there, or at the
            last look when nothing is left to do.
        resolution: microseconds between two looks at the world.
        actions: what to call, and when.
        on_progress: called with the virtual time now and then.
        plain: lets plain stretches pass without the engine, to the same rows and events.
    """
    planned = sorted(actions, key=lambda action: action[0])
    looks = reported = 0
    while True:
        if plain is not None:
            before = planned[0][0] if planned else None
            at_most = max(reported + _PROGRESS_EVERY - looks, 1) if on_progress is not None else None
            looks += plain.go_on(before=before, until=until, resolution=resolution, looks=at_most)
        now = clock.now()
        _tell(service, model, now, model.due(now))
        while planned and planned[0][0] <= now:
            planned.pop(0)[1]()
            # An operator who has to wait lets time pass.
            now = clock.now()
        step = service.step()
        settled = _place(service, model, now, step)
        looks += 1
        if on_progress is not None and looks - reported >= _PROGRESS_EVERY:
            reported = looks
            on_progress(now)
        if not settled:
            continue
        upcoming = [each for each in (model.next_at(), step.wake_at) if each is not None]
        if planned:
            upcoming.append(planned[0][0])
        if not upcoming:
            break
        # Things that happen within one look are dealt with together, as a runner does.
        look = max(-(-min(upcoming) // resolution) * resolution, now)
        if look > until:
            clock.set(max(until, now))
            break
        clock.set(look)
    if on_progress is not None:
        on_progress(clock.now())


def _tell(service: CampaignService, model: CallModel, now: Instant, reports: Sequence[Report]) -> None:
    """Record what happened, and what comes of what that asks for."""
    while reports:
        reports = _carry_out(model, now, service.record(reports))


def _carry_out(model: CallModel, now: Instant, asked: Recorded | Step) -> list[Report]:
    for ref in asked.hangups:
        model.hangup(ref, now)
    return [model.look_up(ref, now) for ref in asked.look_ups]


def _place(service: CampaignService, model: CallModel, now: Instant, step: Step) -> bool:
    """Do what a step asks; tell whether everything went as usual, so that no further step is needed now."""
    answers = _carry_out(model, now, step) if step.hangups or step.look_ups else []
    settled = not answers and not step.hangups
    for dial in step.dials:
        answer, delay = model.place(dial, now)
        if delay:
            model.tell_later(answer, now + delay)
        else:
            settled = settled and type(answer) is Accepted
            answers.append(answer)
    _tell(service, model, now, answers)
    next_at = model.next_at()
    if next_at is not None and next_at <= now:
        # Whoever picks up at once does so within this look.
        arrived = model.due(now)
        _tell(service, model, now, arrived)
        settled = settled and all(type(report) in _FREES_NOTHING for report in arrived)
    return settled
