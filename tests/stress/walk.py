"""A random walk through a world: everyday life with odd moves in between, then calm, then the last audit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from oracle.facts import DAY, MINUTE, SECOND, Broken
from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.contact import FINAL
from ori_campaigns.diallers.faults import NO_FAULTS
from stress.operators import Operators
from stress.plan import Campaign, plan, settings_of
from stress.world import PAGE, World, plain

_ROUNDS = 300
_HALTS = frozenset({"pause", "stop", "fail", "exclude", "pause_all", "together", "edit", "settle", "clock_back"})
_NEXT = {"draft": "start", "prepared": "start", "paused": "resume", "completed": "restart", "failed": "restart"}
# The calm may not last longer: as if every call were made on a day of its own.
_LONGEST_CALM = 300 * DAY
_STUCK = 60
REPLAY = "python tests/stress/replay.py"


@dataclass
class Walked:
    """What came of a seed."""

    seed: int
    attempts: int
    requests: int
    broken: list[Broken]
    counts: Counter[str] = field(default_factory=Counter)

    def __str__(self) -> str:
        first: dict[str, Broken] = {}
        for each in self.broken:
            first.setdefault(each.promise, each)
        told = "\n".join(f"    {each}" for each in first.values())
        return f"seed {self.seed}, {len(self.broken)} broken promises:\n{told}\n    {REPLAY} {self.seed}"


class Walk:
    """One seed's walk.

    Parameters:
        seed: of the world and of the walk.
        tell: hears the name and the arguments of every move, for a replay.
        sound, strict: of the world.
    """

    def __init__(
        self,
        seed: int,
        *,
        tell: Callable[[World, str, tuple[Any, ...]], None] | None = None,
        sound: bool = True,
        strict: bool = False,
    ) -> None:
        self.chance = Random(f"walk {seed}")
        self.told = plan(seed)
        self.world = World(self.told, sound=sound, strict=strict)
        self.operators = Operators(self.world)
        self._tell = tell

    def _move(self, name: str, what: Callable[..., object], *arguments: Any, **named: Any) -> None:
        if self._tell is not None:
            self._tell(self.world, name, (*arguments, *named.items()))
        what(*arguments, **named)

    # --- the walk ----------------------------------------------------------------------------------------------------

    def run(self) -> Walked:
        """Walk to the end; every broken promise is in what is returned."""
        world, operators, chance = self.world, self.operators, self.chance
        world._tell_time()
        for each in self.told.campaigns:
            self._move("create", operators.create, each)
        for place in range(len(self.told.campaigns)):
            if chance.random() < 0.9:
                self._move("start", operators.act, "start", place)
        odd, weights = list(self.told.odd), list(self.told.odd.values())
        for _ in range(_ROUNDS):
            if odd and chance.random() < self.told.oddness:
                [name] = chance.choices(odd, weights)
                self._odd(name)
            else:
                self._everyday()
            if self._nothing_left() and not self._again():
                break
        self._calm()
        return self.walked()

    def walked(self) -> Walked:
        """Return what has come of it so far."""
        world = self.world
        return Walked(
            self.told.seed, len(world.chronicle.attempts), world.watch.requests, list(world.broken), world.counts
        )

    def _nothing_left(self) -> bool:
        """Nothing will happen any more unless an operator does something; then life would go on being dull."""
        world = self.world
        agenda = world.store.agenda()
        return not agenda.works and agenda.next_check is None

    def _again(self) -> bool:
        """Start what is not yet started, or anything a second time."""
        chance, operators = self.chance, self.operators
        if chance.random() < 0.3:
            return False
        for place, campaign in enumerate(operators.campaigns):
            action = _NEXT.get(self.world.chronicle.books[campaign].stage)
            if action is not None and chance.random() < 0.6:
                self._move(action, operators.act, action, place)
                if action == "restart":
                    self._move("start", operators.act, "start", place)
        return True

    def _everyday(self) -> None:
        world, chance = self.world, self.chance
        which = chance.randrange(3)
        if chance.random() < 0.85:
            self._move("work", world.work, which)
        kind = chance.random()
        if kind < 0.75:
            self._move("to_next", world.to_next)
        elif kind < 0.83:
            self._move("pass_time", world.pass_time, chance.choice((1, 1000, SECOND, 5 * SECOND, 30 * SECOND)))
        elif kind < 0.97:
            near, within = chance.choice((-SECOND, -1, 0, 1, SECOND)), chance.choice((2, 10, 10, 60, 1500)) * MINUTE
            self._move("to_edge", world.to_edge, chance.randrange(6), near, within)
        elif kind < 0.995:
            self._move("pass_time", world.pass_time, chance.choice((1, 3, 10)) * MINUTE)
        else:
            self._move("pass_time", world.pass_time, chance.choice((60, 300)) * MINUTE)

    def _odd(self, name: str) -> None:
        world, held = self.world, name in _HALTS and self.chance.random() < 0.5
        which = self.chance.randrange(3)
        if held:
            # Somebody is about to send while an operator says no.
            self._move("step", world.step, which)
        self._make(name)
        if held:
            if "clock_back" in self.told.odd and self.chance.random() < 0.3:
                self._move("clock_back", world.clock_back, self.chance.choice((SECOND, 10 * SECOND)))
            self._move("send", world.send, which, PAGE)

    def _make(self, name: str) -> None:
        move = getattr(self, f"_{name}", None)
        if move is not None:
            move()
        else:
            which, by, wait = self.chance.randrange(6), self.chance.choice(("ann", "bob")), self.chance.random() < 0.5
            self._move(name, self.operators.act, name, which, by=by, wait=wait)

    # --- workers and time --------------------------------------------------------------------------------------------

    def _crash(self) -> None:
        self._move("crash", self.world.crash, self.chance.randrange(3))

    def _crash_inside(self) -> None:
        self._move("work_and_die", self.world.work_and_die, self.chance.randrange(3), self.chance.randint(1, 12))

    def _freeze(self) -> None:
        world, which = self.world, self.chance.randrange(3)
        if world.worker(which).frozen:
            self._move("thaw", world.thaw, which)
        else:
            self._move("step", world.step, which)
            self._move("freeze", world.freeze, which)

    def _clock_back(self) -> None:
        world, chance = self.world, self.chance
        which = chance.randrange(3)
        self._move("work", world.work, which)
        self._move("clock_back", world.clock_back, chance.choice((1, SECOND, 7 * SECOND, MINUTE, MINUTE, 60 * MINUTE)))
        self._move("work", world.work, which)

    def _clock_leap(self) -> None:
        self._move("clock_leap", self.world.clock_leap, self.chance.choice((1, SECOND, 6 * SECOND, 20 * SECOND)))

    def _half_a_step(self) -> None:
        """Requests are held for a while, often across an edge."""
        which, world = self.chance.randrange(3), self.world
        if self.chance.random() < 0.6:
            self._move("to_edge", world.to_edge, self.chance.randrange(6), self.chance.choice((-2 * SECOND, -1)), DAY)
        self._move("step", world.step, which)
        self._move("pass_time", world.pass_time, self.chance.choice((0, 1, SECOND, 3 * SECOND, 4 * SECOND, 6 * SECOND)))
        self._move("send", world.send, which, self.chance.choice((1, 2, -1, PAGE)))

    def _hold_back(self) -> None:
        which, world = self.chance.randrange(3), self.world
        self._move("deliver", world.deliver, which, self.chance.randint(1, 5))
        self._move("record", world.record, which, self.chance.randint(1, 3))

    def _shuffled_post(self) -> None:
        self._move("shuffle_post", self.world.shuffle_post)

    def _doubled_post(self) -> None:
        self._move("double_post", self.world.double_post)

    def _lost_post(self) -> None:
        self._move("lose_post", self.world.lose_post, self.chance.randint(1, 4))

    def _retold(self) -> None:
        for _ in range(self.chance.randint(1, 4)):
            self._move("retell", self.world.retell, self.chance.randrange(1 << 16))

    def _said(self) -> None:
        self._move("say_of", self.world.say_of, self.chance.randrange(1 << 16))

    def _lost_track(self) -> None:
        self._move("lose_track", self.world.lose_track, self.chance.randrange(1 << 16))

    def _quiet(self) -> None:
        """Nobody works for a while."""
        self._move("pass_time", self.world.pass_time, self.chance.choice((1, 1, 3, 20, 180)) * MINUTE)

    # --- operators ---------------------------------------------------------------------------------------------------

    def _campaign(self) -> str | None:
        return self.operators._pick(self.chance.randrange(6))

    def _edit(self) -> None:
        """Mostly as one does it: pause, edit, resume."""
        operators, chance = self.operators, self.chance
        campaign = self._campaign()
        if campaign is None:
            return
        place = operators.campaigns.index(campaign)
        whole = chance.random() < 0.7
        if whole:
            self._move("pause", operators.act, "pause", place, wait=chance.random() < 0.3)
        change, stale = operators.change_of(campaign), int(chance.random() < 0.15)
        self._move("edit", operators.edit, campaign, change, stale=stale)
        if whole:
            self._move("resume", operators.act, "resume", place)

    def _new_list(self) -> None:
        campaign, chance = self._campaign(), self.chance
        if campaign is not None:
            listed = chance.choice(self.told.campaigns).contacts
            some = chance.sample(listed, chance.randint(1, len(listed)))
            self._move("new_list", self.operators.new_list, campaign, some, rename=chance.random() < 0.3)

    def _exclude(self) -> None:
        chance = self.chance
        which, count, wait = chance.randrange(6), chance.randint(1, 4), chance.random() < 0.7
        self._move("exclude", self.operators.exclude, which, count, wait=wait)

    def _create(self) -> None:
        chance, told = self.chance, self.told
        trunks = list(self.world.phones.trunks.values())
        numbers = [number for trunk in trunks for number in trunk.numbers]
        if len(self.operators.campaigns) < 5 and numbers:
            settings = settings_of(chance, told.begins_at, trunks, told.zones)
            contacts = chance.choice(told.campaigns).contacts
            self._move("create", self.operators.create, Campaign(settings, contacts, chance.random() < 0.5))

    def _together(self) -> None:
        chance, which = self.chance, self.chance.randrange(6)
        operators, campaign = self.operators, self.operators._pick(which)
        if campaign is None:
            return
        kinds = "pause resume stop start restart cancel_restart edit edit exclude fail delete clone".split()
        deeds = []
        for by in ("ann", "bob"):
            kind, wait = chance.choice(kinds), chance.random() < 0.5
            deeds.append(self._deed(kind, which, campaign, by, wait=wait))
        self._move("together", operators.together, *deeds)

    def _deed(self, kind: str, which: int, campaign: str, by: str, *, wait: bool) -> Callable[[], None]:
        operators = self.operators

        def deed() -> None:
            if self._tell is not None:
                self._tell(self.world, kind, (campaign, by))
            if kind == "edit":
                operators.edit(campaign, operators.change_of(campaign), by=by)
            elif kind == "exclude":
                operators.exclude(which, 3, by=by, wait=wait)
            else:
                operators.act(kind, which, by=by, wait=wait)

        return deed

    def _settle(self) -> None:
        self._move("settle", self.operators.settle, self.chance.randrange(6))

    def _pause_all(self) -> None:
        self._move("pause_all", self.operators.pause_all, wait=self.chance.random() < 0.5)

    def _operator_crash(self) -> None:
        chance = self.chance
        self._move("die_at", self.operators.die_at, chance.randint(1, 4))
        self._odd(chance.choice(("start", "pause", "resume", "edit", "exclude", "clone", "create", "stop")))
        self.world.desks["ann"].die_at(None)

    def _carriers(self) -> None:
        chance = self.chance
        kind, which, refresh = chance.choice((0, 1, 2, 2, 2)), chance.randrange(6), chance.random() < 0.8
        # When all that the old limits allow was just used, new ones must not allow it again.
        self._move("work", self.world.work, which)
        self._move("change_carriers", self.operators.change_carriers, kind, which, refresh=refresh)
        self._move("work", self.world.work, which)

    def _bots(self) -> None:
        self._move("change_bots", self.operators.change_bots, self.chance.randrange(3))

    # --- the end -----------------------------------------------------------------------------------------------------

    def _calm(self) -> None:
        calm(self.world, self.operators)


def calm(world: World, operators: Operators) -> None:
    """Let all faults stop, let everything be served (I15), and hold every row against the log."""
    world.model.faults = NO_FAULTS
    world.lost_errands = 0.0
    for place in range(len(world.workers)):
        world.thaw(place)
    operators.change_bots(2)
    for trunk in world.told.trunks:
        world.phones.trunks[trunk.id] = trunk
    operators.refresh()
    for place, campaign in enumerate(operators.campaigns):
        if world.chronicle.books[campaign].stage == "paused":
            operators.act("resume", place)
            if world.chronicle.books[campaign].stage == "paused":
                operators.act("stop", place)
    _serve(world)
    _audit(world)


def _serve(world: World) -> None:
    """Work until nothing is left to do; nobody may be forgotten, and time may not stand still."""
    began, stuck, at = world.clocks.true, 0, -1
    for place in range(len(world.workers)):
        world.work(place)
    while True:
        world.work(0)
        if not (world.post or any(worker.inbox or worker.dials for worker in world.workers)):
            if world.wake_at is None and world.model.next_at() is None:
                break
            world.to_next()
        stuck = stuck + 1 if world.clocks.true == at else 0
        at = world.clocks.true
        if stuck > _STUCK:
            world.watch.say("I15", "work is never done, and time stands still")
            break
        if at - began > _LONGEST_CALM:
            world.watch.say("I15", "work is not done after so long a calm")
            break


def _audit(world: World) -> None:
    store, chronicle, now = world.store, world.chronicle, world.clocks.now()
    for campaign, book in chronicle.books.items():
        if book.deleted:
            continue
        row = store.campaign(campaign)
        contacts = store.contacts(campaign, limit=PAGE)
        left = [contact.ordinal for contact in contacts if contact.status not in FINAL]
        if row.status is CampaignStatus.RUNNING and (left or not row.config.always_on):
            world.watch.say("I15", f"{campaign} is not over; contacts left: {left}")
        elif left and row.status is CampaignStatus.COMPLETED:
            world.watch.say("I15", f"{campaign} is completed; contacts left: {left}")
        told = [(each.number.reveal(), str(each.status), each.attempts, each.excluded) for each in contacts]
        attempts = {
            each.id: (str(each.status), each.disposition, each.run, each.number_in_budget, each.ended_at)
            for each in store.attempts(campaign, limit=PAGE)
        }
        runs = [store.counters(campaign, run) for run in range(1, row.run_number + 1)]
        chronicle.audit(campaign, now, told, attempts, [(run.dialled, run.answered, run.connected) for run in runs])
    live = [attempt for attempt in chronicle.attempts.values() if not chronicle.books[attempt.campaign].deleted]
    world.watch.finished(live)
    _reread(world, now)


def _reread(world: World, now: int) -> None:
    """I16: the log is append-only; read again from the beginning it tells the same."""
    again = type(world.chronicle)().digest
    for event in world.store.events(-1, 1 << 30):
        entry = plain(event)
        again.update(repr((entry.cursor, entry.campaign, entry.contact, entry.name, entry.fields)).encode())
    if again.digest() != world.chronicle.digest.digest():
        world.chronicle.say("I16", now, "the log reads differently the second time")


def walk(seed: int) -> Walked:
    """Walk one seed; an error that the engine raises where none is due ends the walk, and is a finding."""
    steps = Walk(seed)
    try:
        return steps.run()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the engine's
        found = steps.walked()
        found.broken.append(Broken("error", steps.world.clocks.now(), repr(error)))
        return found


FAULTS = (
    "carrier faults",
    "clock steps",
    "fatal refusals",
    "freezes",
    "late requests",
    "lost errands",
    "reports doubled",
    "reports lost",
    "reports reordered",
    "reports retold",
    "stories told",
    "tracks lost",
    "unsent",
)
"""What is counted as a fault; crashes and the deeds of operators are counted apart."""
CRASHES = "crashes"
