"""Those who work on one store: workers with what they have not sent and not recorded, their clock, a busy office."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from oracle.facts import SECOND
from ori_campaigns.carriers import Carrier
from ori_campaigns.config import CallLimits
from ori_campaigns.ports import Directory, Store
from ori_campaigns.reports import CallRef, DialRequest, Report
from ori_campaigns.service import CampaignService
from ori_campaigns.testing.crashes import CrashingStore, CrashPoints

_OVERSLEEPS = 2


class Clocks:
    """The carrier's time, which only goes forward, and the store's clock, which may step.

    Parameters:
        while_waiting: called after somebody slept: the others go on meanwhile.
    """

    def __init__(self, begins_at: int, while_waiting: Callable[[], None]) -> None:
        self.true, self.offset, self.forward = begins_at, 0, begins_at
        self._while_waiting = while_waiting

    def now(self) -> int:
        return self.true + self.offset

    def sleep(self, seconds: float) -> None:
        """Sleep, and oversleep a little; the others go on meanwhile."""
        self.go_on(round(seconds * SECOND * _OVERSLEEPS))
        self._while_waiting()

    def go_on(self, microseconds: int) -> None:
        """Let time pass, for all."""
        self.true += microseconds
        self.forward += microseconds

    def step(self, microseconds: int) -> None:
        """Set the store's clock forward or back; no time passes."""
        self.offset += microseconds
        self.forward += max(microseconds, 0)


class Office:
    """The shared store, with the moment just before a commit made visible: somebody else may be quicker.

    Parameters:
        hears_carriers: told when the engine takes over carriers.
    """

    def __init__(self, store: Store, hears_carriers: Callable[[], None]) -> None:
        self._store, self._hears_carriers = store, hears_carriers
        self.quicker: Callable[[], None] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def _let_the_quicker_go(self) -> None:
        quicker, self.quicker = self.quicker, None
        if quicker is not None:
            quicker()

    def change(self, campaign_id: str, rule: Callable[[Any], Any]) -> Any:
        self._let_the_quicker_go()
        return self._store.change(campaign_id, rule)

    def change_numbers(self, campaign_id: str, numbers: Sequence[Any], rule: Callable[[Any], Any]) -> Any:
        self._let_the_quicker_go()
        return self._store.change_numbers(campaign_id, numbers, rule)

    def put_carriers(self, workspace: str, carriers: Sequence[Carrier]) -> None:
        self._store.put_carriers(workspace, carriers)
        self._hears_carriers()


class Worker:
    """One process over the shared store, with what it keeps in its own memory.

    Parameters:
        dials: requests it has and has not sent, each with the instant of the carrier's time until which it may.
        inbox: reports it has heard and not recorded.
        look_ups, hangups: errands it was given and has not run.
        stuck: a request it had checked and was about to send when it froze.
    """

    def __init__(self, office: Office, directory: Directory, limits: CallLimits, new_id: Callable[[], str]) -> None:
        self._office, self._directory, self._limits, self._new_id = office, directory, limits, new_id
        self.dials: list[tuple[DialRequest, int]] = []
        self.inbox: list[Report] = []
        self.look_ups: list[CallRef] = []
        self.hangups: list[CallRef] = []
        self.frozen = False
        self.stuck: DialRequest | None = None
        self.die_at(None)

    def die_at(self, point: int | None) -> None:
        """Die at this point from now on; `None`: do not."""
        self.points = CrashPoints(point)
        # `Office` is a Store but for its types.
        store = CrashingStore(cast("Store", self._office), self.points)
        self.service = CampaignService(store, self._directory, limits=self._limits, new_id=self._new_id)
