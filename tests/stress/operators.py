"""What operators do, at any time, twice, and two at once; and the directory that changes under their feet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import ori_campaigns as ori
from oracle import scenarios as drawn
from oracle.facts import SECOND, Settings
from oracle.world import Batch, _config
from ori_campaigns.errors import ActionNotAllowed, CampaignsError, CannotStart
from ori_campaigns.exclusion import ExclusionResult
from ori_campaigns.service import Receipt
from ori_campaigns.testing.crashes import Crashed
from stress import plan
from stress.chronicle import LIFECYCLE, Intent
from stress.world import World

STRANGER = "919899999999"
# What an exclusion leaves as it was: the number may come onto the list later, and be called.
_LEAVES_ALONE = ExclusionResult.NOT_FOUND


class Operators:
    """The operators of a world.

    Parameters:
        world: theirs.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.campaigns: list[str] = []
        self.receipts: list[Receipt] = []
        self._keys = 0

    # --- how anything is done ----------------------------------------------------------------------------------------

    def _do(self, by: str, action: str, campaign: str, what: Callable[[ori.CampaignService], object]) -> object:
        """Do something as an operator; return what came of it, `None` if it was refused or the operator's process died.

        I10: what the table allows is only refused for a reason that an operator can see.
        """
        world, desk, began = self.world, self.world.desks[by], self.world.clocks.true
        result = None
        try:
            result = what(desk.service)
            world.counts[f"did {action}"] += 1
        except Crashed:
            world.counts["crashes"] += 1
            desk.die_at(None)
        except CannotStart:
            world.counts[f"refused {action}"] += 1
        except ActionNotAllowed as refusal:
            world.counts[f"refused {action}"] += 1
            if campaign in world.chronicle.books:
                self._justified(campaign, action, refusal)
        except CampaignsError:
            world.counts[f"refused {action}"] += 1
        world._tell_time()
        world.look()
        self._not_too_long(action, campaign, began)
        self.campaigns = [name for name, book in world.chronicle.books.items() if not book.deleted]
        return result

    def _justified(self, campaign: str, action: str, refusal: Exception) -> None:
        world, book = self.world, self.world.chronicle.books[campaign]
        world.look()
        cutoff, now = book.story.cutoff, world.clocks.now()
        excused = {
            "pause": cutoff is not None and now >= cutoff,
            "restart": bool(book.open),
        }
        if not book.deleted and action in LIFECYCLE[book.stage] and not excused.get(action):
            world.chronicle.say("I10", now, f"{campaign} is {book.stage}, and {action} was refused: {refusal}")

    def _not_too_long(self, action: str, campaign: str, began: int) -> None:
        """Whoever waits for it to settle waits for the send budget at most; sleepers may oversleep to the double.

        Only a clock that was set back makes it longer: a reservation may leave until the store's clock says otherwise.
        """
        world = self.world
        budget = (2 * world.limits.send_budget + 1) * SECOND
        # One of the last two hours may still count, together with the others.
        set_back = sum(by for at, by in world.set_back if at + 7_200 * SECOND >= began)
        took = world.clocks.true - began
        if took > budget + set_back:
            self.world.chronicle.say("I7", self.world.clocks.now(), f"{action} of {campaign} took {took / SECOND} s")

    def _draft(self, name: str, bot: str, settings: Settings) -> ori.CampaignDraft:
        return ori.CampaignDraft(name=name, bot=bot, numbers=settings.numbers, config=_config(settings))

    def _pick(self, which: int) -> str | None:
        return self.campaigns[which % len(self.campaigns)] if self.campaigns else None

    # --- definitions -------------------------------------------------------------------------------------------------

    def create(self, told: plan.Campaign, *, by: str = "ann") -> None:
        """Create a campaign; whoever dies while doing it does it again, with the same key."""
        world = self.world
        bot = "calls-back" if told.calls_back else "plain"
        self._keys += 1
        key, name, before = f"key-{self._keys}", f"campaign {self._keys}", len(world.chronicle.books)
        world.chronicle.intents[by] = Intent(told.settings, name, bot, told.contacts)
        draft = self._draft(name, bot, told.settings)
        for _ in range(2):
            self._do(by, "create", "", lambda desk: desk.create(draft, Batch(told.contacts), by=by, key=key))
        created = len(world.chronicle.books) - before
        if created > 1:
            world.chronicle.say("I10", world.clocks.now(), f"{created} campaigns were created with one key")

    def edit(self, campaign: str, change: Mapping[str, Any], *, by: str = "ann", stale: int = 0) -> None:
        """Edit a campaign, from the present version or an older one."""
        book = self.world.chronicle.books[campaign]
        self._save(by, campaign, replace(book.story.settings, **change), (book.name, book.bot), None, stale=stale)

    def new_list(self, campaign: str, numbers: Sequence[str], *, by: str = "ann", rename: bool = False) -> None:
        """Save an edit that replaces the list, or the name."""
        book = self.world.chronicle.books[campaign]
        name = f"{book.name}!" if rename else book.name
        listed = None if rename else tuple(numbers)
        self._save(by, campaign, book.story.settings, (name, book.bot), listed)

    def _save(
        self,
        by: str,
        campaign: str,
        settings: Settings,
        identity: tuple[str, str],
        numbers: tuple[str, ...] | None,
        *,
        stale: int = 0,
    ) -> None:
        book = self.world.chronicle.books[campaign]
        version = book.version - stale
        self.world.chronicle.intents[by] = Intent(settings, *identity, numbers, version)
        draft = self._draft(*identity, settings)
        leads = None if numbers is None else Batch(numbers)
        self._do(by, "edit", campaign, lambda desk: desk.edit(campaign, draft, leads, by=by, version=version))

    # --- the life of a campaign --------------------------------------------------------------------------------------

    def act(self, action: str, which: int, *, by: str = "ann", wait: bool = True) -> None:
        """Press a button: start, pause, resume, stop, fail, restart, cancel_restart, clone, delete."""
        world, campaign = self.world, self._pick(which)
        if campaign is None:
            return
        if action in {"start", "resume"}:
            world.chronicle.callers = {bot for bot, on in world.phones.calls_back.items() if on}
        if action in {"pause", "stop", "fail"}:
            self._halt(action, campaign, by, wait=wait)
        else:
            self._do(by, action, campaign, lambda desk: getattr(desk, action)(campaign, by=by))

    def _halt(self, action: str, campaign: str, by: str, *, wait: bool) -> None:
        reason = {"reason": "bot is gone"} if action == "fail" else {}
        receipt = self._do(
            by, action, campaign, lambda desk: getattr(desk, action)(campaign, by=by, wait=wait, **reason)
        )
        if isinstance(receipt, Receipt):
            self._promised(receipt)

    def _promised(self, receipt: Receipt) -> None:
        if receipt.settled:
            self.world.watch.settled(receipt.campaign.id, receipt.campaign.epoch)
        else:
            self.receipts.append(receipt)

    def pause_all(self, *, by: str = "ann", wait: bool = True) -> None:
        """Pause every running campaign."""
        receipts = self._do(by, "pause_all", "all", lambda desk: desk.pause_all(by=by, wait=wait))
        if isinstance(receipts, tuple):
            for receipt in receipts:
                self._promised(receipt)

    def settle(self, index: int, *, by: str = "ann") -> None:
        """Wait for what an earlier action left unsettled."""
        if self.receipts:
            receipt = self.receipts.pop(index % len(self.receipts))
            done = self._do(by, "settle", receipt.campaign.id, lambda desk: desk.settle(receipt))
            if isinstance(done, Receipt):
                self._promised(done)

    def exclude(self, which: int, count: int, *, by: str = "ann", wait: bool = True) -> None:
        """Exclude numbers of a campaign, those that are being called first, and a stranger's."""
        world, campaign = self.world, self._pick(which)
        if campaign is None:
            return
        book = world.chronicle.books[campaign]
        held = [
            dial.to.reveal() for worker in world.workers for dial, _ in worker.dials if dial.campaign_id == campaign
        ]
        live = held + [attempt.number for attempt in book.open.values()]
        listed = world.chance.sample(book.numbers, min(count, len(book.numbers)))
        numbers = dict.fromkeys((*live[: count % 3], *listed, *((STRANGER,) if count % 2 else ())))
        if not numbers:
            return
        before = max((attempt.cursor for attempt in book.open.values()), default=-1) + 1
        done = self._do(by, "exclude", campaign, lambda desk: desk.exclude(campaign, list(numbers), by=by, wait=wait))
        if isinstance(done, ori.Exclusions) and wait:
            meant = [number.reveal() for number, result in done.results.items() if result is not _LEAVES_ALONE]
            world.watch.excluded(campaign, meant, before)

    def together(self, first: Callable[[], None], quicker: Callable[[], None]) -> None:
        """Two operators at once: one has read, the other commits, the first goes on."""
        office = self.world.office
        office.quicker = quicker
        self.world.counts["two at once"] += 1
        first()
        if office.quicker is not None:
            office.quicker = None
            quicker()

    def die_at(self, point: int, *, by: str = "ann") -> None:
        """An operator's process dies at this point of what it does next."""
        self.world.desks[by].die_at(point)

    # --- the directory -----------------------------------------------------------------------------------------------

    def change_carriers(self, kind: int, which: int, *, refresh: bool = True) -> None:
        """Withdraw a number, give it back, or change a carrier's limits."""
        world, chance = self.world, self.world.chance
        trunks = world.phones.trunks
        number = sorted(world.home)[which % len(world.home)]
        trunk = trunks[world.home[number]]
        if kind % 3 == 0:
            trunks[trunk.id] = replace(trunk, numbers=tuple(each for each in trunk.numbers if each != number))
        elif kind % 3 == 1:
            self.restore(number)
        else:
            cps, channels = chance.choice((0.1, 0.5, 3.0, 10.0)), chance.choice((1, 3, 10, 50))
            trunks[trunk.id] = replace(trunk, cps=cps, burst=chance.randint(1, 10), channels=channels)
        if refresh:
            self.refresh()

    def restore(self, number: str) -> None:
        """Give a number back to its carrier."""
        trunks, home = self.world.phones.trunks, self.world.home[number]
        others = tuple(each for each in trunks[home].numbers if each != number)
        trunks[home] = replace(trunks[home], numbers=(*others, number))

    def refresh(self, *, by: str = "bob") -> None:
        """Let the engine take over the directory."""
        self._do(by, "refresh", "all", lambda desk: desk.refresh())

    def change_bots(self, kind: int) -> None:
        """A bot's callback setting is switched, or the bot is gone, or back."""
        bots = self.world.phones.calls_back
        if kind % 3 == 0:
            bots.pop("calls-back", None)
        elif kind % 3 == 1:
            bots["calls-back"] = not bots.get("calls-back", False)
        else:
            bots.update({"calls-back": True, "plain": False})

    def change_of(self, campaign: str) -> dict[str, Any]:
        """Draw an edit."""
        return drawn._change(self.world.chance, self.world.chronicle.books[campaign].story.settings)
