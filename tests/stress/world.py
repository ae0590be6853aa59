"""A world of one store, a carrier and several workers, and the moves by which anything can happen in it.

Every move is a small method; afterwards the new events of the log and the new lines of the carrier's book have been
looked at, and `broken` holds the promises that were broken. What operators do is in `operators.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import TypeVar

import attrs

import ori_campaigns as ori
from oracle.facts import MINUTE, SECOND, Broken, Entry, Trunk
from oracle.world import Phones, _answers
from ori_campaigns.config import CallLimits
from ori_campaigns.dialling import Step
from ori_campaigns.errors import NotFound
from ori_campaigns.ids import counted_ids
from ori_campaigns.outcomes import Recorded
from ori_campaigns.reports import (
    BotReport,
    CallAnalysis,
    DialRequest,
    EarlyMedia,
    Lost,
    Refused,
    Report,
    Ringing,
    Unsent,
)
from ori_campaigns.testing.crashes import Crashed, CrashingModel
from stress.chronicle import COUNTS, Chronicle
from stress.plan import Plan
from stress.watch import Watch
from stress.workers import Clocks, Office, Worker

R = TypeVar("R")

PAGE = 10_000
# All leaps of the store's clock together stay below what a call may last beyond its limits before it is let go.
_LEAPS = 45 * SECOND
_JUDGED = frozenset({"AttemptReturned", "AttemptEnded", "AttemptUnknown"})
_SIMPLE = frozenset({int, str, bool, type(None)})
_DISPOSITIONS = ("", "customer", "bot", "RNR", "voicemail", "machine", "abandoned", "transfer", "outside_hours")
_FATAL = 0.02
_BUSINESS = ("", "Call_Later", " interested", "sold", "wrong person")


class Switchboard(Phones):
    """A directory whose carriers and bots may change at any time."""

    def __init__(self, trunks: Sequence[Trunk]) -> None:
        super().__init__(trunks)
        self.calls_back = {"calls-back": True, "plain": False}

    def bots(self, workspace: str) -> Sequence[ori.Bot]:
        return [ori.Bot(name, callbacks=on) for name, on in self.calls_back.items()]


def _plain(value: object) -> object:
    if type(value) in _SIMPLE:
        return value
    if isinstance(value, str):
        return str(value)  # an enum's member is the word it stands for
    if isinstance(value, ori.PhoneNumber):
        return value.reveal()
    return attrs.asdict(value)  # type: ignore[arg-type]


def plain(event: ori.Event) -> Entry:
    """Turn an event into plain values."""
    fact = event.fact
    fields = {name: _plain(value) for name, value in zip(fact._fields, fact, strict=True) if name != "contact"}
    return Entry(event.cursor, event.campaign_id, event.stream, type(fact).__name__, fields)


class World:
    """One seed's world.

    Parameters:
        told: what it is made of.
        sound: workers measure the send budget by their own watch, too, not by the store's clock alone.
        strict: a look-up that a worker did not live to make counts as not made.
    """

    def __init__(self, told: Plan, *, sound: bool = True, strict: bool = False) -> None:
        self.told, self.sound = told, sound
        self.chance = Random(f"world {told.seed}")
        self.clocks = Clocks(told.begins_at, self._meanwhile)
        self.phones = Switchboard(told.trunks)
        self.home = {number: trunk.id for trunk in told.trunks for number in trunk.numbers}
        self.limits = CallLimits(**told.limits)
        self.store = ori.MemoryStore(self.clocks)
        # A rate of zero, and yet not "no faults": the carrier still knows calls that are over.
        faults = ori.CarrierFaults(**{"queue_seconds": 1.0, **told.faults})  # type: ignore[arg-type]
        self.model = ori.CallModel(_answers(told.population), seed=told.seed, faults=faults)
        assert self.model.ledger is not None
        self.ledger = self.model.ledger
        stepping = bool({"clock_back", "clock_leap"} & set(told.odd))
        self.watch, self.chronicle = Watch(self.limits.send_budget, stepping=stepping, strict=strict), Chronicle()
        self.office = Office(self.store, lambda: self.watch.carriers(self.phones.trunks.values()))
        self._ids = counted_ids("c")
        self.workers = [self._hire() for _ in range(told.workers)]
        self.desks = {"ann": self._hire(), "bob": self._hire()}
        self.post: list[Report] = []
        self.heard: list[Report] = []
        self.counts: Counter[str] = Counter()
        self.wake_at: int | None = None
        self.lost_errands = told.lost_errands
        self._cursor = -1
        self._leapt, self._leapt_at = 0, told.begins_at
        # When, and by how much.
        self.set_back: list[tuple[int, int]] = []
        self._pass(0)

    # --- what was broken ---------------------------------------------------------------------------------------------

    @property
    def broken(self) -> list[Broken]:
        """Every broken promise so far."""
        return self.chronicle.broken + self.watch.broken

    def look(self) -> list[Entry]:
        """Follow the log to its end, and compare the rows it touched; return what was new."""
        chronicle, watch, clock = self.chronicle, self.watch, self.clocks.now()
        found: list[Entry] = []
        while True:
            events = self.store.events(self._cursor, PAGE)
            for event in events:
                entry = plain(event)
                found.append(entry)
                reserved = chronicle.read(entry, event.sequence)
                if reserved is not None:
                    watch.reserved(reserved, chronicle.books[entry.campaign])
                elif entry.name in _JUDGED:
                    attempt = chronicle.attempts.get(entry.fields["attempt"])
                    if attempt is not None:
                        watch.told(attempt, entry)
                self._cursor = event.cursor
            if len(events) < PAGE:
                break
        for campaign in chronicle.touched:
            self._compare(campaign, clock)
        chronicle.touched.clear()
        return found

    def _compare(self, campaign: str, clock: int) -> None:
        try:
            row, counted = self.store.campaign(campaign), self.store.counters(campaign)
        except NotFound:
            if not self.chronicle.books[campaign].deleted:
                self.chronicle.say("I12", clock, f"{campaign} is gone, and nobody deleted it")
            return
        told = (row.status.value, row.epoch, row.version, row.run_number, row.name, row.bot)
        buckets = {str(state): count for state, count in counted.contacts.items()}
        self.chronicle.compare(campaign, clock, told, {name: getattr(counted, name) for name in COUNTS}, buckets)

    # --- time --------------------------------------------------------------------------------------------------------

    def _pass(self, microseconds: int) -> None:
        self.clocks.go_on(microseconds)
        self._tell_time()
        self.post += [self._as_told(each) for each in self.model.due(self.clocks.true)]

    def _tell_time(self) -> None:
        watch, clocks = self.watch, self.clocks
        watch.clock, watch.true, watch.forward = clocks.now(), clocks.true, clocks.forward

    def pass_time(self, microseconds: int) -> None:
        """Let time pass."""
        self._pass(microseconds)

    def to_next(self) -> None:
        """Go to the next thing that happens, on the grid on which workers look at the world."""
        upcoming = [] if self.wake_at is None else [self.wake_at - self.clocks.offset]
        next_at = self.model.next_at()
        if next_at is not None:
            upcoming.append(next_at)
        if self.post or not upcoming:
            self._pass(self.told.grid)
            return
        at = max(min(upcoming), self.clocks.true + 1)
        self._pass(-(-at // self.told.grid) * self.told.grid - self.clocks.true)

    def to_edge(self, which: int, near: int, within: int) -> None:
        """Go close to an edge: of a window, of a time limit, of a promise to call again; if one is near enough."""
        now, edges = self.clocks.now(), []
        agenda = self.store.agenda()
        for work in agenda.works:
            edges += [work.campaign.cutoff, work.next_due, work.campaign.config.window.schedule().next_close(now)]
        edges.append(agenda.next_check)
        ahead = sorted({edge for edge in edges if edge is not None and now - near < edge < now + within})
        if ahead:
            self._pass(max(ahead[which % len(ahead)] + near - now, 0))

    def clock_back(self, microseconds: int) -> None:
        """The store's clock is set back; not at once after a leap, which would be two errors within one send budget."""
        if self.clocks.true - self._leapt_at > 2 * self.limits.send_budget * SECOND:
            self.counts["clock steps"] += 1
            self.set_back.append((self.clocks.true, microseconds))
            self.clocks.step(-microseconds)
            self._tell_time()

    def clock_leap(self, microseconds: int) -> None:
        """The store's clock leaps forward."""
        if self._leapt + microseconds <= _LEAPS:
            self.counts["clock steps"] += 1
            self._leapt, self._leapt_at = self._leapt + microseconds, self.clocks.true
            self.clocks.step(microseconds)
            self._tell_time()

    def _meanwhile(self) -> None:
        """Somebody waits: the others go on."""
        self._pass(0)
        worker = self.workers[self.chance.randrange(len(self.workers))]
        if worker.dials and not worker.frozen and self.chance.random() < 0.4:
            self._send_one(worker, 0)

    # --- workers -----------------------------------------------------------------------------------------------------

    def _hire(self) -> Worker:
        return Worker(self.office, self.phones, self.limits, self._ids)

    def _guarded(self, worker: Worker, what: Callable[[], R]) -> R | None:
        """Let a worker do something during which it may die."""
        try:
            return what()
        except Crashed as crash:
            self.look()
            self.counts[f"crash {crash.name}"] += 1
            self._bury(worker)
            return None

    def _bury(self, worker: Worker) -> None:
        """What only this worker knew is gone; another one takes its place."""
        self.counts["crashes"] += 1
        if worker in self.workers:
            self.workers[self.workers.index(worker)] = self._hire()
        if worker.stuck is not None:
            self.watch.out_of_hand([worker.stuck.attempt_id])
        self._check_hands()

    def _check_hands(self) -> None:
        """Requests that nobody has any more will not be sent."""
        held = {dial.attempt_id for worker in self.workers for dial, _ in worker.dials}
        held |= {worker.stuck.attempt_id for worker in self.workers if worker.stuck is not None}
        waiting = [name for book in self.chronicle.books.values() for name in book.open]
        self.watch.out_of_hand(name for name in waiting if name not in held)

    def crash(self, which: int) -> None:
        """A worker dies between two things it does."""
        self._bury(self.worker(which))

    def worker(self, which: int) -> Worker:
        """Return one of the workers."""
        return self.workers[which % len(self.workers)]

    def freeze(self, which: int) -> None:
        """A worker stops, perhaps between the last check of a request and its sending."""
        worker = self.worker(which)
        self.counts["freezes"] += 1
        worker.frozen = True
        if worker.dials and worker.stuck is None and self._in_time(*worker.dials[0]):
            worker.stuck, _ = worker.dials.pop(0)

    def thaw(self, which: int) -> None:
        """A worker goes on where it stopped: a request it had checked leaves now, however late it is."""
        worker = self.worker(which)
        worker.frozen = False
        if worker.stuck is not None:
            dial, worker.stuck = worker.stuck, None
            attempt = self.chronicle.attempts[dial.attempt_id]
            late = self.clocks.now() > dial.not_after or not self.watch._may_leave(attempt)
            self.counts["late requests"] += late
            self._guarded(worker, lambda: self._place(worker, dial, late=late))

    def step(self, which: int) -> None:
        """A worker asks what is to be done."""
        worker = self.worker(which)
        if worker.frozen:
            return
        asked = self._guarded(worker, worker.service.step)
        if asked is None:
            return
        self.watch.looked_after(self.look(), asked.look_ups)
        now, true = self.clocks.now(), self.clocks.true
        worker.dials += [(dial, true + dial.not_after - now) for dial in asked.dials]
        self._errands(worker, asked)
        self.wake_at = asked.wake_at

    def _errands(self, worker: Worker, asked: Step | Recorded) -> None:
        worker.look_ups += asked.look_ups
        worker.hangups += asked.hangups

    def _in_time(self, dial: DialRequest, until: int) -> bool:
        """Whether a request may still leave, as its worker sees it."""
        return self.clocks.now() <= dial.not_after and (not self.sound or self.clocks.true <= until)

    def _send_one(self, worker: Worker, place: int) -> None:
        dial, until = worker.dials.pop(place)
        if self._in_time(dial, until):
            self._guarded(worker, lambda: self._place(worker, dial, late=False))
        else:
            self.counts["unsent"] += 1
            self.watch.out_of_hand([dial.attempt_id])
            worker.inbox.append(Unsent(dial.attempt_id, self.clocks.now()))

    def _place(self, worker: Worker, dial: DialRequest, *, late: bool) -> None:
        before, true = len(self.ledger.calls), self.clocks.true
        try:
            answer, delay = CrashingModel(self.model, worker.points).place(dial, true)
        finally:
            for call in self.ledger.calls[before:]:
                self.watch.requested(call.attempt_id, call, self.chronicle.attempts.get(call.attempt_id), late=late)
                self.counts["carrier faults"] += not call.placed
        self.counts["carrier faults"] += answer.__class__ is not ori.Accepted
        if delay:
            self.model.tell_later(answer, true + delay)
            return
        told = self._as_told(answer)
        if type(told) is Refused and self.chance.random() < _FATAL:
            self.counts["fatal refusals"] += 1
            told = told._replace(fatal=True)
        worker.inbox.append(told)

    def send(self, which: int, count: int) -> None:
        """A worker sends some of its requests, the oldest first, or the newest where `count` is negative."""
        worker = self.worker(which)
        for _ in range(min(abs(count), len(worker.dials))):
            if worker.frozen or worker not in self.workers:
                return
            self._send_one(worker, -1 if count < 0 else 0)

    def record(self, which: int, count: int = PAGE) -> None:
        """A worker records some of what it has heard."""
        worker = self.worker(which)
        if worker.frozen or not worker.inbox:
            return
        batch, worker.inbox = worker.inbox[:count], worker.inbox[count:]
        recorded = self._guarded(worker, lambda: worker.service.record(batch))
        if recorded is None:
            return
        hangups, seen = {ref.attempt_id for ref in recorded.hangups}, self.look()
        self.watch.looked_after(seen, recorded.look_ups)
        for entry in seen:
            if entry.name == "ReportIgnored":
                self.watch.late_sign(self.chronicle.attempts[entry.fields["attempt"]], entry, hangups)
        self._errands(worker, recorded)

    def run_errands(self, which: int) -> None:
        """A worker carries out look-ups and hang-ups; some of them get lost."""
        worker = self.worker(which)
        look_ups, hangups, true = worker.look_ups, worker.hangups, self.clocks.true
        if worker.frozen:
            return
        worker.look_ups, worker.hangups = [], []
        for ref in hangups:
            if self.chance.random() < self.lost_errands:
                self.counts["lost errands"] += 1
            else:
                self.model.hangup(ref, true)
        for ref in look_ups:
            self.watch.asked(self.chronicle.attempts[ref.attempt_id], told=False)
            if self.chance.random() < self.lost_errands:
                self.counts["lost errands"] += 1
            else:
                worker.inbox.append(self.model.look_up(ref, true))
        self._pass(0)

    def work(self, which: int) -> None:
        """A worker does all there is to do, as a runner would."""
        self.deliver(which)
        for _ in range(2):
            self.record(which)
            self.run_errands(which)
        self.step(which)
        self.run_errands(which)
        self.send(which, PAGE)
        self.record(which)

    def work_and_die(self, which: int, point: int) -> None:
        """A worker works and dies at one of the points it passes."""
        worker = self.worker(which)
        worker.die_at(point)
        self.work(which)
        if worker in self.workers:
            worker.die_at(None)

    # --- reports -----------------------------------------------------------------------------------------------------

    def _as_told(self, report: Report) -> Report:
        """Some who are analysed ask to be called back; some carriers name a call by a reference of their own."""
        if type(report) is CallAnalysis:
            asks = self.chance.random() < self.told.population["asks"]
            return report._replace(callback=self._wish()) if asks else report
        reference = f"ref-{report.attempt_id}"
        if type(report) is ori.Accepted:
            return report._replace(carrier_ref=reference)
        if isinstance(report, Ringing | ori.Answered | ori.Ended) and self.chance.random() < self.told.by_reference:
            return report._replace(attempt_id="", carrier_ref=reference)
        return report

    def _wish(self) -> ori.CallbackRequest:
        minutes = self.chance.choice((-5, 0, 1, 5, 60, 600, 1500))
        return ori.CallbackRequest(self.clocks.now() + minutes * MINUTE, "later, please")

    def deliver(self, which: int, count: int = PAGE) -> None:
        """A worker hears some of what is on its way, in order."""
        arrived, self.post = self.post[:count], self.post[count:]
        self.heard += arrived
        self.worker(which).inbox += arrived

    def shuffle_post(self) -> None:
        """Reports overtake one another."""
        self.counts["reports reordered"] += len(self.post)
        self.chance.shuffle(self.post)

    def double_post(self) -> None:
        """Reports are on their way twice; not all of a heap that nobody hears, which would double again and again."""
        again = self.post[:100]
        self.counts["reports doubled"] += len(again)
        self.post += again

    def lose_post(self, count: int) -> None:
        """Reports get lost."""
        self.counts["reports lost"] += len(self.post[:count])
        self.post = self.post[count:]

    def retell(self, index: int) -> None:
        """A report that was heard before is heard again, however old it is."""
        if self.heard:
            self.counts["reports retold"] += 1
            self.post.append(self.heard[index % len(self.heard)])

    def lose_track(self, index: int) -> None:
        """The dialler has lost track of a call, or hears music on it."""
        live = [name for book in self.chronicle.books.values() for name in book.open]
        if live:
            self.counts["tracks lost"] += 1
            kind = Lost if index % 3 else EarlyMedia
            self.post.append(kind(live[index % len(live)], self.clocks.now()))

    def say_of(self, index: int) -> None:
        """The bot, or the analysis, says something about any call, whatever has become of it."""
        names = list(self.chronicle.attempts)
        if not names:
            return
        # Mostly about one of the last calls.
        name = names[-1 - index % min(len(names), 12)] if index % 3 else names[index % len(names)]
        self.counts["stories told"] += 1
        self.chronicle.attempts[name].meddled = True
        now, chance = self.clocks.now(), self.chance
        if chance.random() < 0.5:
            self.post.append(BotReport(name, now, chance.choice((None, True, False)), chance.choice(_DISPOSITIONS)))
        else:
            wish = self._wish() if chance.random() < 0.6 else None
            self.post.append(CallAnalysis(name, now, chance.choice(_BUSINESS), wish))
