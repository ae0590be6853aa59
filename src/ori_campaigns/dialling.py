"""The three verbs of dialling over a store: what to do now, what happened, what was silent for too long."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import partial

import attrs

from ori_campaigns import lifecycle
from ori_campaigns.admission import Admission, admit
from ori_campaigns.errors import PASSING, ActionNotAllowed
from ori_campaigns.gates import held_back
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.outcomes import Policy, Recorded, record
from ori_campaigns.pacing import Supply, share
from ori_campaigns.ports import AdmitAsk, Agenda, Store, Work
from ori_campaigns.reports import CallRef, DialRequest, Overdue, Report
from ori_campaigns.views import AdmitView, Changes, ReportView

logger = logging.getLogger("ori_campaigns.dialling")


@attrs.frozen
class Step:
    """What is to be done now.

    Parameters:
        dials: calls to place, each before its `not_after`; report what came of each.
        hangups: calls to end.
        look_ups: calls to ask their carrier about; report the answers.
        wake_at: when to call `step` again at the latest (microseconds UTC), besides after every report; `None` when
            nothing is due.
        idle: no campaign is running and no call is open: nothing will happen unless somebody does something.
    """

    dials: tuple[DialRequest, ...] = ()
    hangups: tuple[CallRef, ...] = ()
    look_ups: tuple[CallRef, ...] = ()
    wake_at: Instant | None = None
    idle: bool = False


class Dialling:
    """Runs the rules of admission and of recording over one store, for all its campaigns.

    Parameters:
        store: where everything is kept.
        policy: time limits, and what counts as connected.
    """

    def __init__(self, store: Store, policy: Policy) -> None:
        self.store, self._policy = store, policy

    def step(self) -> Step:
        """Decide what is to be done now, and reserve the calls of it.

        Call it after every batch of reports, and at `wake_at`.
        """
        agenda, recovered = self.store.agenda(), _NOTHING
        if agenda.next_check is not None and agenda.next_check <= agenda.now:
            recovered = self.recover()
            agenda = self.store.agenda()
        now = agenda.now
        dials: list[DialRequest] = []
        wakes: list[Instant | None] = [agenda.next_check]
        busy = agenda.next_check is not None
        try:
            busy |= self._decide(agenda, dials, wakes)
        except PASSING as error:
            if not (dials or recovered.hangups or recovered.look_ups):
                raise
            # What was decided before is committed and must be carried out; the rest is tried again in a moment.
            logger.warning("A step ended early, the store did not answer: %s", error)
            busy = True
            wakes.append(now + SECOND)
        later = [wake for wake in wakes if wake is not None and wake > now]
        return Step(tuple(dials), recovered.hangups, recovered.look_ups, min(later) if later else None, not busy)

    def _decide(self, agenda: Agenda, dials: list[DialRequest], wakes: list[Instant | None]) -> bool:
        """Let each running campaign do what is its turn to do; tell whether any is still running."""
        by_workspace: dict[str, list[Work]] = {}
        for work in agenda.works:
            if not self._moved_on(work, agenda.now):
                by_workspace.setdefault(work.campaign.workspace, []).append(work)
                wakes.append(work.campaign.cutoff)
        for workspace, works in by_workspace.items():
            self._dial(works, dict(agenda.supply[workspace]), agenda.now, dials, wakes)
        return bool(by_workspace)

    def _moved_on(self, work: Work, now: Instant) -> bool:
        """Complete, close or fail a campaign whose time has come; tell whether it dials no more."""
        campaign = work.campaign
        closing = campaign.closing is not None
        if not closing and campaign.cutoff is not None and now >= campaign.cutoff:
            closing = self.store.change(campaign.id, lifecycle.close_window)
            work = self._work(campaign.id) or work
        if not (work.live or work.waiting or work.active) and self.store.change(campaign.id, lifecycle.complete):
            return True
        if not any(work.demand.carriers) and not closing:
            self._fail(campaign.id, "no_usable_number")
            return True
        return closing

    def _work(self, campaign_id: str) -> Work | None:
        return next((work for work in self.store.agenda().works if work.campaign.id == campaign_id), None)

    def _fail(self, campaign_id: str, reason: str) -> None:
        """Fail a campaign on the engine's own account, unless it is over already."""
        with suppress(ActionNotAllowed):
            self.store.change(campaign_id, partial(lifecycle.fail, by=lifecycle.ENGINE, reason=reason))

    def _dial(
        self,
        works: Sequence[Work],
        supply: dict[str, Supply],
        now: Instant,
        dials: list[DialRequest],
        wakes: list[Instant | None],
    ) -> None:
        """Share a workspace's carriers over its campaigns until nobody can use one more call (P5)."""
        wakes += [work.next_due for work in works]
        due = [work for work in works if work.next_due is not None and work.next_due <= now and work.demand.seats > 0]
        shut = {work.campaign.id: closed for work in due if (closed := held_back(work.campaign, now)) is not None}
        wakes += [closed.until for closed in shut.values()]
        wanting = [work.demand for work in due if work.campaign.id not in shut]
        served: set[str] = set()
        while wanting:
            free = {carrier: each.free(now) for carrier, each in supply.items()}
            quotas = share(wanting, free)
            given = [demand for demand in wanting if any(quotas[demand.campaign_id].values())]
            if not given:
                break
            wanting = [demand for demand in wanting if demand not in given]
            for demand in given:
                admission = self.store.admit(AdmitAsk(demand.campaign_id, quotas[demand.campaign_id]), self._admit)
                dials += admission.dials
                for carrier, calls in Counter([dial.carrier for dial in admission.dials]).items():
                    supply[carrier] = supply[carrier].after(calls, now)
                if admission.closed is None:
                    served.add(demand.campaign_id)
                elif admission.closed.gate == "carrier":
                    wanting.append(demand.after(len(admission.dials)))
                    if not admission.dials:
                        # Another worker took what the agenda still had: what was granted here is not there any more.
                        for carrier, calls in quotas[demand.campaign_id].items():
                            supply[carrier] = supply[carrier].after(calls, now)
                else:
                    wakes.append(admission.closed.until)
        # Look again at a carrier's next token, and when the next contact of a served campaign is due.
        carriers = {carrier for demand in wanting for carrier in demand.carriers if carrier}
        wakes += [supply[carrier].ready_at(now) for carrier in carriers]
        if served:
            wakes += [work.next_due for work in self.store.agenda().works if work.campaign.id in served]

    def _admit(self, view: AdmitView) -> Changes[Admission]:
        return admit(view, self._policy.limits)

    def record(self, reports: Iterable[Report]) -> Recorded:
        """Take in what happened: answers to requests, call events, look-ups, bot reports, in any order.

        Never refuses a report; what cannot be matched is named in the result.
        """
        done: list[Recorded] = []
        waiting: Sequence[Report] = list(reports)
        while waiting:
            batch, waiting = _one_each(waiting)
            recorded = self.store.record(batch, self._record)
            for campaign_id, why in recorded.fatal:
                self._fail(campaign_id, why)
            done.append(recorded)
        return done[0] if len(done) == 1 else merged(done)

    def _record(self, view: ReportView) -> Changes[Recorded]:
        return record(view, self._policy)

    def recover(self, *, batch: int = 500) -> Recorded:
        """See to calls that were silent for too long and to analyses that did not come (N7, R14)."""
        done: list[Recorded] = []
        while ids := self.store.overdue(batch):
            now = self.store.clock.now()
            done.append(self.record([Overdue(attempt_id, now) for attempt_id in ids]))
        return merged(done)


_NOTHING = Recorded()


def _one_each(reports: Sequence[Report]) -> tuple[Sequence[Report], Sequence[Report]]:
    """Split off a batch in which no attempt appears twice; the rest keeps its order."""
    if len(reports) == 1:
        return reports, ()
    seen = {report.attempt_id for report in reports}
    if len(seen) == len(reports) and "" not in seen:
        return reports, ()
    seen.clear()
    batch: list[Report] = []
    rest: list[Report] = []
    for report in reports:
        # A report without our id is matched by the carrier's: it goes alone, it might be about any of them.
        name = report.attempt_id
        if (name in seen or (not name and batch)) or "" in seen:
            rest.append(report)
            seen.add(name)
        else:
            seen.add(name)
            batch.append(report)
    return batch, rest


def merged(done: Sequence[Recorded]) -> Recorded:
    """Return what several batches ask for as one."""
    return Recorded(
        tuple(each for one in done for each in one.hangups),
        tuple(each for one in done for each in one.look_ups),
        tuple(each for one in done for each in one.fatal),
        tuple(each for one in done for each in one.unmatched),
    )
