"""The carrier's book, watched request by request: I1 to I8 and I14. Plain values; nothing of the engine is known here.

Times: `clock` is the store's, which may step; `true` is the carrier's, which does not; `forward` is how far the store's
clock has gone forward in all. Windows and `not_after` go by the first, live calls by the second, rates by the third.

A request that a worker sends although it was frozen after its last check is `late`. It is the one documented exception
to I1 to I7; what is asked of it is that the engine ends the call at its first event.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from oracle import wall
from oracle.facts import SECOND, Broken, Entry, Settings, Trunk
from oracle.lines import _Bucket
from stress.chronicle import OVER, Attempt, Book

_SLACK = 1e-6
_SIGNS_OF_LIFE = frozenset({"Accepted", "Ringing", "Answered", "FoundLive", "EarlyMedia"})


@dataclass
class _Pool:
    """How often each number of one campaign was used since its pool last changed."""

    usable: tuple[str, ...] = ()
    used: Counter[str] = field(default_factory=Counter)


class Watch:
    """Everything the carrier sees, held against what was promised.

    Parameters:
        send_budget: seconds for which a worker may hold a request.
        stepping: the store's clock may step in this world, so that what the engine notes of times need not be exact.
        strict: a carrier counts as asked when a worker has asked it, not when one was told to.
    """

    def __init__(self, send_budget: int, *, stepping: bool, strict: bool = False) -> None:
        self.clock = self.true = self.forward = 0
        self.broken: list[Broken] = []
        self._budget, self._stepping, self._strict = send_budget, stepping, strict
        self._trunks: dict[str, Trunk] = {}
        self._owner: dict[str, str] = {}
        self._tokens: dict[str, _Bucket] = {}
        self._edge: dict[str, deque[int]] = {}
        # Attempts whose call is live or may still be sent.
        self._maybe_live: dict[str, Attempt] = {}
        self._spent: Counter[tuple[str, int, int]] = Counter()
        self._pools: dict[str, _Pool] = {}
        self._settled: dict[str, int] = {}
        self._spared: dict[tuple[str, str], int] = {}
        self.requests = 0

    def say(self, promise: str, what: str) -> None:
        """Note a broken promise."""
        self.broken.append(Broken(promise, self.clock, what))

    # --- what the engine was told ------------------------------------------------------------------------------------

    def carriers(self, trunks: Iterable[Trunk]) -> None:
        """The engine has taken over these carriers."""
        self._trunks = {trunk.id: trunk for trunk in trunks}
        self._owner = {number: trunk.id for trunk in self._trunks.values() for number in trunk.numbers}
        for trunk in self._trunks.values():
            self._tokens.setdefault(trunk.id, _Bucket(trunk)).turn_to(trunk, self.forward)
        # What a carrier was asked before is not judged by new limits.
        self._edge.clear()

    def settled(self, campaign: str, epoch: int) -> None:
        """Pause or stop has returned: nothing decided before this epoch may leave any more."""
        self._settled[campaign] = max(self._settled.get(campaign, 0), epoch)

    def excluded(self, campaign: str, numbers: Iterable[str], cursor: int) -> None:
        """Exclude has returned: nothing decided before this event may leave to these numbers any more."""
        for number in numbers:
            self._spared[campaign, number] = cursor

    def out_of_hand(self, attempts: Iterable[str]) -> None:
        """Nobody has these requests any more: they will not be sent."""
        for name in attempts:
            found = self._maybe_live.get(name)
            if found is not None:
                found.in_hand = False

    # --- reservations ------------------------------------------------------------------------------------------------

    def _live(self) -> list[Attempt]:
        """Return the attempts whose call is live, or may still be sent in time."""
        over = [name for name, each in self._maybe_live.items() if not (self._may_leave(each) or self._rings(each))]
        for name in over:
            del self._maybe_live[name]
        return [each for each in self._maybe_live.values() if not each.late]

    def _rings(self, attempt: Attempt) -> bool:
        call = attempt.call
        return call is not None and call.placed and (call.ended_at is None or call.ended_at > self.true)

    def _may_leave(self, attempt: Attempt) -> bool:
        """Whether a worker has the request, and may still send it by its own watch."""
        return attempt.in_hand and self.true <= attempt.since + self._budget * SECOND

    def reserved(self, attempt: Attempt, book: Book) -> None:
        """The engine has decided on a call."""
        attempt.since = self.true
        name, settings, told = attempt.id, attempt.settings, attempt.told
        live = self._live()
        others = [each for each in live if each.number == attempt.number]
        if others:
            self.say("I1", f"{name} is reserved while {others[0].id} to the same number is live or may still leave")
        mine = sum(1 for each in live if each.campaign == attempt.campaign)
        if mine >= settings.concurrency:
            self.say("I3", f"{name} is reserved as live call {mine + 1} of {settings.concurrency}")
        if book.stage != "running":
            self.say("I7", f"{name} is reserved while its campaign is {book.stage}")
        if attempt.number in book.excluded:
            self.say("I6", f"{name} is reserved for a number that is excluded")
        self._rate(attempt, live)
        self._rotation(attempt, settings)
        if told["from_number"] not in settings.numbers:
            self.say("I14", f"{name} is to call from a number that is not in the pool")
        self._maybe_live[name] = attempt

    def _rate(self, attempt: Attempt, live: Sequence[Attempt]) -> None:
        """I4, as the engine decides: tokens are taken when a call is reserved, and channels with them."""
        carrier = str(attempt.told["carrier"])
        bucket, trunk = self._tokens[carrier], self._trunks.get(carrier)
        bucket.turn_to(bucket.trunk, self.forward)
        bucket.level -= 1
        if bucket.level < -_SLACK:
            self.say("I4", f"{attempt.id} is above {bucket.trunk}: {bucket.level:.3f} tokens")
            bucket.level = 0.0
        if trunk is None or self._owner.get(str(attempt.told["from_number"])) != carrier:
            self.say("I14", f"{attempt.id} is to use a number that {carrier} does not have")
            return
        used = sum(1 for each in live if each.told["carrier"] == carrier)
        if used >= trunk.channels:
            self.say("I4", f"{attempt.id} is call {used + 1} on {trunk.channels} channels")

    def _rotation(self, attempt: Attempt, settings: Settings) -> None:
        """I14: where one carrier has all numbers that can be used, each of them is used as often as the others."""
        pool = self._pools.setdefault(attempt.campaign, _Pool())
        usable = tuple(number for number in settings.numbers if number in self._owner)
        if usable != pool.usable:
            pool.usable, pool.used = usable, Counter(dict.fromkeys(usable, 0))
        pool.used[str(attempt.told["from_number"])] += 1
        if (
            len({self._owner[number] for number in usable}) == 1
            and max(pool.used.values()) > min(pool.used.values()) + 1
        ):
            self.say("I14", f"with {attempt.id} the pool was used {sorted(pool.used.values())}")
            pool.usable = ()

    # --- requests ----------------------------------------------------------------------------------------------------

    def requested(self, name: str, call: Any, attempt: Attempt | None, *, late: bool) -> None:
        """A worker has sent a request; `call` is its line in the carrier's book."""
        self.requests += 1
        if attempt is None:
            self.say("I8", f"{name} was requested and never committed")
            return
        if attempt.call is not None:
            self.say("I8", f"{name} was requested twice")
        if (call.number, call.from_number) != (attempt.number, attempt.told["from_number"]):
            self.say("I8", f"{name} calls somebody else than was reserved")
        if attempt.state in {"expired_unsent", "refused"}:
            self.say("I8", f"{name} leaves although its attempt was given back")
        attempt.call, attempt.in_hand = call, False
        attempt.late |= late
        self._maybe_live[name] = attempt
        if not call.placed:
            return
        budget = (attempt.campaign, attempt.run, attempt.contact)
        self._spent[budget] += 1
        limit, settings = attempt.settings.max_attempts, attempt.settings
        if self._spent[budget] > limit and not (settings.callbacks_may_exceed and attempt.told["kind"] == "callback"):
            self.say("I5", f"{name} is call {self._spent[budget]} of {limit}")
        if not late:
            self._allowed(attempt)

    def _allowed(self, attempt: Attempt) -> None:
        name, told = attempt.id, attempt.told
        for each in self._live():
            if each is not attempt and each.number == attempt.number and self._rings(each):
                self.say("I1", f"{name} leaves while {each.id} to the same number is live")
        # A clock that was set back since cannot make it earlier than it was when the call was decided.
        at = max(self.clock, int(str(told["at"])))
        if not wall.is_open(attempt.settings, at):
            self.say("I2", f"{name} leaves outside {attempt.settings}")
        if attempt.cutoff is not None and at >= attempt.cutoff:
            self.say("I2", f"{name} leaves past the day's end at {attempt.cutoff}")
        if self.clock > int(str(told["not_after"])):
            self.say("I2", f"{name} leaves after {told['not_after']}")
        if int(str(told["epoch"])) < self._settled.get(attempt.campaign, 0):
            self.say("I7", f"{name} leaves although its campaign's pause or stop has returned")
        if attempt.cursor < self._spared.get((attempt.campaign, attempt.number), -1):
            self.say("I6", f"{name} leaves although the exclusion of its number has returned")
        self._at_the_edge(str(told["carrier"]), name)

    def _at_the_edge(self, carrier: str, name: str) -> None:
        """I4 as the carrier sees it: a worker may hold what it reserved for as long as the send budget, no longer."""
        trunk, recent = self._tokens[carrier].trunk, self._edge.setdefault(carrier, deque(maxlen=64))
        recent.append(self.true)
        if self._stepping:
            return
        for count, since in enumerate(reversed(recent), start=1):
            if count > trunk.burst + trunk.cps * (self._budget + (self.true - since) / SECOND) + 1:
                self.say("I4", f"{name} is request {count} in {(self.true - since) / SECOND} s to {trunk}")
                recent.clear()
                return

    # --- ends --------------------------------------------------------------------------------------------------------

    def told(self, attempt: Attempt, entry: Entry) -> None:
        """The engine has noted something about an attempt: I8."""
        if entry.name == "AttemptReturned":
            if attempt.call is not None and attempt.call.placed:
                self.say("I8", f"{attempt.id} is given back, and its call was placed")
            elif attempt.call is None and self._may_leave(attempt):
                self.say("I8", f"{attempt.id} is given back, and a worker may still send it")
        elif entry.name == "AttemptUnknown":
            self.asked(attempt, told=True)
        elif entry.fields["detail"] == "unknown":
            self._let_go(attempt)
        else:
            self._true(attempt, entry.fields)

    def asked(self, attempt: Attempt, *, told: bool) -> None:
        """A worker asks the carrier about a call, or is told to."""
        if told is not self._strict:
            attempt.asked_at = self.true

    def _let_go(self, attempt: Attempt) -> None:
        """A call whose end nobody learned: its carrier was asked when it was over, and it is not live."""
        call, name = attempt.call, attempt.id
        if attempt.asked_at is None:
            self.say("I9", f"{name} is let go as unknown, and its carrier was never asked")
        elif call is None or not call.placed or attempt.late:
            return
        elif attempt.asked_at < call.ended_at <= self.true:
            self.say("I9", f"{name} is let go as unknown, and its carrier was not asked since it ended")
        elif self._rings(attempt):
            self.say("I8", f"{name} is let go as unknown, and its call is live")

    def _true(self, attempt: Attempt, told: Mapping[str, Any]) -> None:
        """What was noted of a call is what happened at the carrier."""
        call, name = attempt.call, attempt.id
        if call is None or not call.placed:
            self.say("I8", f"{name} ended as {told['disposition']}, and was never placed")
            return
        if self._rings(attempt):
            self.say("I8", f"{name} ended as {told['disposition']}, and its call is live")
        if attempt.meddled:
            return
        carriers_word = call.outcome
        if call.answered_at is not None and call.outcome not in {"customer", "bot", "timeout"}:
            carriers_word = "customer"
        if told["disposition"] not in {call.outcome, carriers_word}:
            self.say("I8", f"{name} ended as {told['disposition']}, at the carrier as {call.outcome}")
        if (told["answered_at"] is None) != (call.answered_at is None):
            self.say("I8", f"{name} was answered at {told['answered_at']}, at the carrier at {call.answered_at}")
        if not self._stepping and (told["at"], told["answered_at"]) != (call.ended_at, call.answered_at):
            self.say("I8", f"{name} ended at {told['at']}, at the carrier at {call.ended_at}")

    def late_sign(self, attempt: Attempt, entry: Entry, hangups: Iterable[str]) -> None:
        """A call shows signs of life after its attempt was given up: it is to be ended at once."""
        alive = attempt.state in OVER and entry.fields["report"] in _SIGNS_OF_LIFE and self._rings(attempt)
        if alive and attempt.id not in hangups:
            self.say("I9", f"{attempt.id} was given up and is live, and is not hung up at its {entry.fields['report']}")

    def looked_after(self, entries: Iterable[Entry], look_ups: Iterable[Any]) -> None:
        """Whoever learns that a call's fate is unknown is told to look it up."""
        told = {ref.attempt_id for ref in look_ups}
        for entry in entries:
            if entry.name == "AttemptUnknown" and entry.fields["attempt"] not in told:
                self.say("I9", f"{entry.fields['attempt']} is unknown, and nobody is told to ask its carrier")

    def finished(self, attempts: Iterable[Attempt]) -> None:
        """I8 at the very end: every placed call has its one outcome."""
        for attempt in attempts:
            placed = attempt.call is not None and attempt.call.placed
            if placed and (attempt.state != "ended" or not attempt.disposition):
                self.say("I8", f"{attempt.id} was placed and is {attempt.state} {attempt.disposition!r} in the end")
            elif attempt.state not in OVER:
                self.say("I15", f"{attempt.id} is still {attempt.state} in the end")
