"""The call model: a carrier and the people behind it, pure and seeded, in virtual time.

Given a dial request and an instant it answers the request, and hands out later what happened, as reports in the order
of their instants. It reads no clock: `simulate` drives it in virtual time, `InMemoryDialler` in real time.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any
from zlib import crc32

import attrs

from ori_campaigns.diallers.answers import AnswerModel, Fate, Fixed, Luck, drawn, seeded, unanswered
from ori_campaigns.diallers.course import BOT_SEES, Call, bot_began, course, end_of
from ori_campaigns.diallers.faults import NO_FAULTS, CarrierFaults
from ori_campaigns.diallers.ledger import Ledger, LedgerCall
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.numbers import PhoneNumber, parse_number
from ori_campaigns.reports import (
    Accepted,
    Answered,
    BotReport,
    CallAnalysis,
    CallRef,
    DialRequest,
    FoundLive,
    LookUp,
    NeverPlaced,
    NotFound,
    PlaceAnswer,
    Refused,
    Report,
    Ringing,
    Unknown,
)

_RUNS = 1000  # more attempts than one budget can have


class CallModel:
    """A carrier with a population behind it.

    Parameters:
        answers: how people answer.
        seed: the same seed gives every person the same luck.
        script: for single numbers, what happens on their first, second, ... call, as `answered(...)`, `unanswered(...)`
            or a disposition; the last one is repeated.
        faults: what the carrier gets wrong.
        ringing: tell of ringing as it happens; without it the answer or the end of the call tells of it.
        ledger: keep the carrier's own book of every request.
    """

    def __init__(
        self,
        answers: AnswerModel | None = None,
        *,
        seed: int = 0,
        script: Mapping[str, Iterable[str | Fate]] | None = None,
        faults: CarrierFaults = NO_FAULTS,
        ringing: bool = True,
        ledger: bool = True,
    ) -> None:
        self.answers = answers or AnswerModel()
        self.seed, self.faults, self.ringing = seed, faults, ringing
        self.ledger = Ledger() if ledger else None
        self._faulty = faults != NO_FAULTS
        self._script: dict[str, deque[Fate]] = {}
        for number, fates in (script or {}).items():
            self.script(number, fates)
        self._calls: dict[str, Call] = {}
        # What is to come: its instant, the order in which it was set, and a report or a call that ends.
        self._queue: list[tuple[Instant, int, Any]] = []
        self._order = 0
        self._live: dict[str, int] = {}
        self._recent: dict[str, deque[Instant]] = {}
        self._told: dict[str, Report] = {}
        self._cut: dict[str, Instant] = {}

    def script(self, number: str | PhoneNumber, fates: Iterable[str | Fate]) -> None:
        """Say what happens on the calls to one number; the last fate is repeated."""
        listed = (fates,) if isinstance(fates, str | Fate) else fates
        found = deque(fate if isinstance(fate, Fate) else unanswered(fate) for fate in listed)
        self._script[parse_number(number).reveal()] = found

    # --- what a dialler does -----------------------------------------------------------------------------------------

    def place(self, request: DialRequest, now: Instant) -> tuple[PlaceAnswer, int]:
        """Take a request; return the answer, and microseconds until the answer arrives."""
        if not self._faulty:
            self._begin(request, now, None if self.ledger is None else self._enter(request, now), None)
            return tuple.__new__(Accepted, (request.attempt_id, now, "")), 0
        chaos = Luck(self.seed, crc32(request.attempt_id.encode()), 0)
        entry = self._enter(request, now)
        refusal = self._refusal(request, now, chaos)
        if refusal is not None:
            if entry is not None:
                entry.refused = isinstance(refusal, Refused)
            return refusal, 0
        call = self._begin(request, now, entry, chaos)
        if chaos.draw() < self.faults.accept_then_timeout + self.faults.fail_after_accepting:
            return Unknown(request.attempt_id, now), 0
        if call.end.at - now > 3 * SECOND and chaos.draw() < self.faults.before_response:
            return Accepted(request.attempt_id, now), 3 * SECOND
        return Accepted(request.attempt_id, now), 0

    def adopt(self, request: DialRequest, now: Instant, *, answered: bool = False) -> None:
        """Take over a call that was already live when a simulation began; one that was answered goes on talking."""
        answers = attrs.evolve(self.answers, rate=1.0, ring=Fixed(0)) if answered else self.answers
        self._begin(request, now, self._enter(request, now), None, answers)

    def hangup(self, ref: CallRef, now: Instant) -> None:
        """End a call now, cancelling it while it rings or is queued; fine if it is gone."""
        call = self._calls.get(ref.attempt_id)
        if call is None or call.end.at <= now:
            return
        answered_at, rang_at = call.end.answered_at, call.end.rang_at
        if answered_at is not None and answered_at > now:
            answered_at = None
        if rang_at is not None and rang_at > now:
            rang_at = None
        disposition = "no_answer" if answered_at is None else "timeout"
        end = end_of(ref.attempt_id, now, disposition, call.end.detail, answered_at, rang_at)
        # The end that was due in the queue is of a call that is not there any more.
        self._calls[ref.attempt_id] = cut = call._replace(end=end, disposition=disposition)
        self._cut[ref.attempt_id] = now
        if call.entry is not None:
            call.entry.cut = True
            call.entry.rang_at, call.entry.answered_at = rang_at, answered_at
            call.entry.ended_at, call.entry.outcome, call.entry.detail = now, disposition, ""
        self._push(now, cut)

    def look_up(self, ref: CallRef, now: Instant) -> LookUp:
        """Say what became of a call."""
        call = self._calls.get(ref.attempt_id)
        if call is None:
            return self._look_back(ref, now)
        if call.lost:
            return NotFound(ref.attempt_id, now)
        if call.end.at > now:
            return FoundLive(ref.attempt_id, now)
        chaos = Luck(self.seed, crc32(ref.attempt_id.encode()), 1)
        return NotFound(ref.attempt_id, now) if chaos.draw() < self.faults.forgets else call.end

    def _look_back(self, ref: CallRef, now: Instant) -> LookUp:
        """A call that is not among the live ones: over long ago, or never placed, as far as the book tells."""
        entries = (
            [] if self.ledger is None else [each for each in self.ledger.calls if each.attempt_id == ref.attempt_id]
        )
        if not entries or entries[-1].placed or self.faults.forgets:
            return NotFound(ref.attempt_id, now)
        return NeverPlaced(ref.attempt_id, now)

    # --- time --------------------------------------------------------------------------------------------------------

    def next_at(self) -> Instant | None:
        """Return the instant of the next report (microseconds UTC)."""
        return self._queue[0][0] if self._queue else None

    def due(self, now: Instant) -> list[Report]:
        """Return the reports that have arrived by now, in the order of their arrival."""
        found: list[Report] = []
        queue, calls, plain = self._queue, self._calls, not self._faulty
        while queue and queue[0][0] <= now:
            what = heappop(queue)[2]
            if type(what) is Call:
                end = what.end
                if calls.get(end.attempt_id) is not what:
                    continue
                if plain and end.answered_at is None:
                    del calls[end.attempt_id]
                    found.append(end)
                else:
                    self._finish(what, found)
            elif not self._cut or self._came_true(what):
                found.append(what)
        return found

    def tell_later(self, report: Report, at: Instant) -> None:
        """Hand out a report at a later instant (microseconds UTC)."""
        self._push(at, report)

    def _came_true(self, event: Report) -> bool:
        """Tell whether a call that was cut still came as far as this event, which was set when it began."""
        if type(event) is not Ringing and type(event) is not Answered:
            return True
        return event.at <= self._cut.get(event.attempt_id, event.at)

    # --- for simulations, which take calls over where nothing unusual can come of them -------------------------------

    @property
    def plain(self) -> bool:
        """Whether calls go by their fates alone, and nothing is told of them but answer, end and what the bot saw."""
        quiet = not (self.ringing or self._faulty or self._script or self._cut) and self.ledger is None
        return quiet and self.answers.business is None and type(self) is CallModel

    def fate(
        self, number: int, run: int, nth: int, now: Instant, answers: AnswerModel | None = None
    ) -> tuple[str, str, int | None, int | None, str | None, int]:
        """Return the fields of the `Fate` of the n-th call of a run to a number, placed now."""
        return drawn(answers or self.answers, seeded(self.seed, number, run * _RUNS + nth), now)

    def coming(self) -> list[tuple[Instant, Call | Report]]:
        """Return all that is to come, in order: answers, and calls that end."""
        return [(at, what) for at, _, what in sorted(self._queue, key=lambda entry: entry[:2])]

    def replace(self, coming: Iterable[tuple[Instant, Call | Report]]) -> None:
        """Forget all calls and what is to come of them; from here on this is to come, in this order."""
        self._queue.clear()
        self._calls.clear()
        for at, what in coming:
            if isinstance(what, Call):
                self._calls[what.end.attempt_id] = what
            self._push(at, what)

    # --- inside ------------------------------------------------------------------------------------------------------

    def _push(self, at: Instant, what: Report | Call) -> None:
        self._order += 1
        heappush(self._queue, (at, self._order, what))

    def _enter(self, request: DialRequest, now: Instant) -> LedgerCall | None:
        if self.ledger is None:
            return None
        entry = LedgerCall(
            attempt_id=request.attempt_id,
            campaign_id=request.campaign_id,
            carrier=request.carrier,
            number=request.to.reveal(),
            from_number=request.from_number.reveal(),
            kind=request.kind.value,
            requested_at=now,
            not_after=request.not_after,
        )
        self.ledger.enter(entry)
        return entry

    def _refusal(self, request: DialRequest, now: Instant, chaos: Luck) -> PlaceAnswer | None:
        faults = self.faults
        if chaos.draw() < faults.reject:
            return Refused(request.attempt_id, now, "rejected_by_carrier", 1.0)
        if chaos.draw() < faults.rate_limited:
            return Refused(request.attempt_id, now, "too_many", 2.0)
        if faults.channels is not None and self._live.get(request.carrier, 0) >= faults.channels:
            return Refused(request.attempt_id, now, "no_channel", 1.0)
        if faults.cps is not None:
            recent = self._recent.setdefault(request.carrier, deque())
            while recent and recent[0] <= now - SECOND:
                recent.popleft()
            if len(recent) >= max(faults.cps, 1):
                return Refused(request.attempt_id, now, "too_many", 1.0)
            recent.append(now)
        if chaos.draw() < faults.drop_request:
            return Unknown(request.attempt_id, now)
        return None

    def _begin(
        self,
        request: DialRequest,
        now: Instant,
        entry: LedgerCall | None,
        chaos: Luck | None,
        answers: AnswerModel | None = None,
    ) -> Call:
        digits = request.to.reveal()
        fate: Sequence[Any]
        if self._script and (scripted := self._script.get(digits)):
            fate = scripted.popleft() if len(scripted) > 1 else scripted[0]
        else:
            fate = self.fate(int(digits), request.run, request.number_in_budget, now, answers)
        begins, lost, attempt_id = now, False, request.attempt_id
        if chaos is not None:
            if chaos.draw() < self.faults.queue:
                begins += round(chaos.draw() * self.faults.queue_seconds * SECOND)
            lost = chaos.draw() < self.faults.lose_call
        if self._faulty:
            self._live[request.carrier] = self._live.get(request.carrier, 0) + 1
        call = course(request, fate, begins, entry, lost=lost)
        end = call.end
        rang_at, answered_at, ends_at = end.rang_at, end.answered_at, end.at
        self._calls[attempt_id] = call
        if entry is not None:
            entry.placed, entry.rang_at, entry.answered_at, entry.ended_at = True, rang_at, answered_at, ends_at
            entry.outcome, entry.detail, entry.business = call.disposition, end.detail, call.business
        self._push(ends_at, call)
        if lost:
            return call
        if self.ringing and rang_at is not None:
            self._tell(Ringing(attempt_id, rang_at), rang_at, chaos)
        if answered_at is not None:
            self._tell(tuple.__new__(Answered, (attempt_id, answered_at, "")), answered_at, chaos)
        return call

    def _finish(self, call: Call, found: list[Report]) -> None:
        """The call is over at the carrier: tell its end, what the bot saw, and the analysis later."""
        end, number = call.end, call.number
        attempt_id, ends_at = end.attempt_id, end.at
        if end.answered_at is not None and not call.lost:
            if call.disposition in BOT_SEES:
                found.append(BotReport(attempt_id, ends_at, bot_began(call.disposition), call.disposition))
            if call.business is not None:
                analysis = CallAnalysis(attempt_id, ends_at + call.analysis_after, call.business)
                self._push(analysis.at, analysis)
        if not self._faulty:
            del self._calls[attempt_id]
            found.append(end)
            return
        # It is kept for look-ups: the call is over, but the carrier still knows it.
        self._live[call.carrier] -= 1
        chaos = Luck(self.seed, crc32(attempt_id.encode()), 2)
        if not call.lost and chaos.draw() >= self.faults.no_end_event:
            self._tell(end, ends_at, chaos)
        earlier = self._told.get(number)
        if earlier is not None and chaos.draw() < self.faults.earlier_run:
            self._push(ends_at, earlier)
        self._told[number] = end

    def _tell(self, event: Report, at: Instant, chaos: Luck | None) -> None:
        """Send an event on its way, as reliably as the carrier is."""
        faults = self.faults
        if chaos is None:
            self._push(at, event)
            return
        if chaos.draw() < faults.drop:
            return
        if chaos.draw() < faults.wrong_id:
            event = event._replace(attempt_id="nobody-0")
        if chaos.draw() < faults.reorder:
            at += round(chaos.draw() * 90 * SECOND)
        if chaos.draw() < faults.late:
            at += round(chaos.draw() * faults.late_seconds * SECOND)
        self._push(at, event)
        if chaos.draw() < faults.duplicate:
            self._push(at + round(chaos.draw() * 5 * SECOND), event)
