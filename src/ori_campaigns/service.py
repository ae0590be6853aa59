"""What a host calls: create a campaign, move it through its life, and let it dial.

Every call takes `by`, is one transaction, and returns the new value. The three verbs of dialling are `step` (what to do
now), `record` (what happened) and `recover` (what has been silent for too long); a loop over them is all a runner is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial

import attrs

from ori_campaigns import lifecycle
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.carriers import directory_problems
from ori_campaigns.config import CallLimits
from ori_campaigns.definitions import CampaignDefinitions
from ori_campaigns.dialling import Dialling, Step
from ori_campaigns.errors import ActionNotAllowed, InvalidDefinition, NotFound
from ori_campaigns.exclusion import Exclusions, exclude
from ori_campaigns.ids import random_id
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.lifecycle import Configured
from ori_campaigns.numbers import DIGITS, NumberPolicy, PhoneNumber, parse_numbers
from ori_campaigns.outcomes import Policy, Recorded
from ori_campaigns.ports import Directory, Store
from ori_campaigns.reads import campaign_key
from ori_campaigns.reports import Report
from ori_campaigns.retry import ConnectedPredicate, conversation_began
from ori_campaigns.workspaces import within


@attrs.frozen
class Receipt:
    """What a lifecycle action did, and from when its promise holds.

    Parameters:
        campaign: the new value.
        settled: no reservation older than the action can still be sent; `CampaignService.settle` waits for it.
        settles_by: the instant (microseconds UTC) by which it is settled at the latest, `None` once it is.
        draining: calls still live; they are not cut (L4, L6).
        begins_at: when dialling begins (microseconds UTC): now, or the next opening; `None` if it does not (L3).
    """

    campaign: Campaign
    settled: bool = True
    settles_by: Instant | None = None
    draining: int = 0
    begins_at: Instant | None = None


_NOT_OVER = frozenset({CampaignStatus.RUNNING, CampaignStatus.PAUSED})


@contextmanager
def _noting(failed: dict[str, Exception], campaign_id: str) -> Iterator[None]:
    """Keep the first error of each campaign: whatever befalls one, the others are to stop."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whoever asked raises it in the end
        failed.setdefault(campaign_id, error)


class CampaignService(CampaignDefinitions):
    """The engine over one store and one directory.

    Parameters:
        store: where everything is kept; `MemoryStore()` or one that lasts.
        directory: the host's bots and carriers.
        policy: how written numbers of people are read; the store keeps to the first it was used with (C11).
        limits: how long calls may stay in each state (N7).
        connected: what counts as a conversation (N6).
        new_id: where campaign ids and the keys of wizards come from.
        workspace: the one that is meant where a call names none.
    """

    def __init__(
        self,
        store: Store,
        directory: Directory,
        *,
        policy: NumberPolicy = DIGITS,
        limits: CallLimits | None = None,
        connected: ConnectedPredicate = conversation_began,
        new_id: Callable[[], str] = random_id,
        workspace: str = "default",
    ) -> None:
        super().__init__(store, directory, policy, new_id, workspace)
        self._calls = Policy(limits or CallLimits(), connected)
        self._dialling = Dialling(store, self._calls)

    def within(self, workspace: str) -> CampaignService:
        """Return this service for one workspace alone: campaigns of others are not found, even by their ids (L20).

        For requests of somebody who belongs to that workspace. It does not dial: that is done for all together.

        Parameters:
            workspace: the tenant; also the one that is meant where a call names none.

        Raises:
            NotFound: from any call, for a campaign of another workspace.
            InvalidDefinition: from `step`, `record` and `recover`, code `all_workspaces`.
        """
        store, directory = within(self.store, self._directory, workspace)
        return CampaignService(
            store,
            directory,
            policy=self.policy,
            limits=self._calls.limits,
            connected=self._calls.connected,
            new_id=self._new_id,
            workspace=workspace,
        )

    # --- lifecycle ---------------------------------------------------------------------------------------------------

    def start(self, campaign_id: str, *, by: str) -> Receipt:
        """Start dialling (L3); the receipt says when it begins.

        Raises:
            CannotStart: with every reason at once.
        """
        configured = self._sync(self.get(campaign_id).workspace)
        campaign = self._change(campaign_id, partial(lifecycle.start, by=by, configured=configured))
        return self._begun(campaign)

    def pause(self, campaign_id: str, *, by: str, wait: bool = True) -> Receipt:
        """Halt dialling; calls in progress go on (L4).

        Parameters:
            wait: return only when no call decided before can still be sent; at most the send budget, by the store's
                clock: longer only if that is set back meanwhile.
        """
        campaign = self._change(campaign_id, partial(lifecycle.pause, by=by))
        return self._settled(campaign, wait=wait)

    def pause_all(self, *, by: str, workspace: str | None = None, wait: bool = True) -> tuple[Receipt, ...]:
        """Halt all dialling at once: every running campaign is paused before any of them is waited for (L4).

        A campaign that somebody else pauses meanwhile, or that ends, is left as it is. One that is started afterwards
        runs.

        Parameters:
            by: who does it.
            workspace: only campaigns of this one; of all workspaces unless given.
            wait: return only when no call decided before can still be sent, of campaigns that were paused already,
                too; at most the send budget for all together.

        Returns:
            The receipts of the campaigns it paused, in the order in which they were created.

        Raises:
            StoreUnavailable, CommitUnknown and the like: the first error that a campaign met, after all others were
                paused; its notes name the campaigns that were paused and those that failed. Calling again is fine.
        """
        open_ones = [each for each in self.store.campaigns(workspace) if each.status in _NOT_OVER]
        open_ones.sort(key=lambda each: (each.created_at, each.id))
        failed: dict[str, Exception] = {}
        paused: dict[str, Campaign] = {}
        for each in open_ones:
            if each.status is CampaignStatus.RUNNING:
                with _noting(failed, each.id), suppress(ActionNotAllowed, NotFound):
                    paused[each.id] = self.store.change(each.id, partial(lifecycle.pause, by=by))
        receipts: list[Receipt] = []
        for each in open_ones:
            with _noting(failed, each.id), suppress(NotFound):
                if each.id in paused:
                    receipts.append(self._settled(paused[each.id], wait=wait))
                elif wait:
                    self._wait(each.id, before=self.store.campaign(each.id).epoch)
        if failed:
            # One error with its code, as from every other call; a group would slip past `except StoreUnavailable`.
            first, *_ = failed.values()
            first.add_note(f"Paused: {', '.join(paused) or 'none'}.")
            first.add_note("Failed: " + "; ".join(f"{name}: {error}" for name, error in failed.items()))
            raise first
        return tuple(receipts)

    def resume(self, campaign_id: str, *, by: str) -> Receipt:
        """Go on where it left off (L5); completes at once when nothing is left to dial."""
        configured = self._sync(self.get(campaign_id).workspace)
        self._change(campaign_id, partial(lifecycle.resume, by=by, configured=configured))
        self._change(campaign_id, lifecycle.complete)
        return self._begun(self.get(campaign_id))

    def stop(self, campaign_id: str, *, by: str, wait: bool = True) -> Receipt:
        """End the run for good; calls in progress drain (L6)."""
        campaign = self._change(campaign_id, partial(lifecycle.stop, by=by))
        return self._settled(campaign, wait=wait)

    def fail(self, campaign_id: str, reason: str, *, by: str, wait: bool = True) -> Receipt:
        """Mark the run as ended in error (L13)."""
        campaign = self._change(campaign_id, partial(lifecycle.fail, by=by, reason=reason))
        return self._settled(campaign, wait=wait)

    def restart(self, campaign_id: str, *, by: str) -> Campaign:
        """Prepare a finished campaign for a new run (L7); dials nothing."""
        return self._change(campaign_id, partial(lifecycle.restart, by=by))

    def cancel_restart(self, campaign_id: str, *, by: str) -> Campaign:
        """Take a prepared restart back (L8)."""
        return self._change(campaign_id, partial(lifecycle.cancel_restart, by=by))

    def exclude(
        self,
        campaign_id: str,
        numbers: str | PhoneNumber | Iterable[str | PhoneNumber],
        *,
        by: str,
        reason: str = "",
        wait: bool = True,
    ) -> Exclusions:
        """Never call these numbers again in this campaign, in any status (X3, X5).

        Parameters:
            numbers: as text or `PhoneNumber`.
            wait: return only when no call to them decided before can still be sent.

        Raises:
            InvalidDefinition: codes `bad_number`, `other_number_policy`; then none was excluded.
        """
        unique = parse_numbers(numbers, policy=self.policy)
        self._agree()
        done = self.store.change_numbers(campaign_key(campaign_id), unique, partial(exclude, by=by, reason=reason))
        if wait:
            self._wait(campaign_id, numbers=unique)
        return done

    def _begun(self, campaign: Campaign) -> Receipt:
        running = campaign.status is CampaignStatus.RUNNING and campaign.closing is None
        begins_at = lifecycle.first_dialable(campaign, self.store.clock.now()) if running else None
        return Receipt(campaign, draining=self.store.counters(campaign.id).live, begins_at=begins_at)

    def _settled(self, campaign: Campaign, *, wait: bool) -> Receipt:
        if wait:
            self._wait(campaign.id, before=campaign.epoch)
        settles_by = None if wait else self.store.unsent(campaign.id, before=campaign.epoch)
        return Receipt(
            campaign,
            settled=settles_by is None,
            settles_by=settles_by,
            draining=self.store.counters(campaign.id).live,
        )

    def settle(self, receipt: Receipt) -> Receipt:
        """Wait until no reservation older than the action can still be sent: at most the send budget."""
        campaign = receipt.campaign
        self._wait(campaign_key(campaign.id), before=campaign.epoch)
        live = self.counters(campaign.id).live
        return attrs.evolve(receipt, settled=True, settles_by=None, draining=live)

    def _wait(
        self, campaign_id: str, *, before: int | None = None, numbers: Sequence[PhoneNumber] | None = None
    ) -> None:
        """Wait for older reservations: each is sent, given up, or past the instant after which nobody may send it."""
        clock = self.store.clock
        while (latest := self.store.unsent(campaign_id, before=before, numbers=numbers)) is not None:
            left = latest - clock.now()
            if left < 0:
                return
            clock.sleep(min(left / SECOND + 0.001, 0.02))

    # --- dialling ----------------------------------------------------------------------------------------------------

    def step(self) -> Step:
        """Decide what is to be done now, and reserve the calls of it.

        Call it after every batch of reports, and at `wake_at`.
        """
        return self._dialling.step()

    def record(self, reports: Iterable[Report]) -> Recorded:
        """Take in what happened: answers to requests, call events, look-ups, bot reports, in any order.

        Never refuses a report; what cannot be matched is named in the result.
        """
        return self._dialling.record(reports)

    def recover(self) -> Recorded:
        """See to calls silent for too long and to analyses that did not come (N7, R14); `step` does so, too."""
        return self._dialling.recover()

    # --- configuration -----------------------------------------------------------------------------------------------

    def refresh(self, workspace: str | None = None) -> None:
        """Take over changes of the host's carriers while campaigns run: limits, and numbers added or withdrawn (P3)."""
        self._sync(self._named(workspace))

    def _sync(self, workspace: str) -> Configured:
        configured = self._configured(workspace)
        problems = directory_problems(configured.carriers)
        if problems:
            raise InvalidDefinition(problems, what="The directory")
        self.store.put_carriers(workspace, configured.carriers)
        return configured
