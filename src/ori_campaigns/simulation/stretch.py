"""A plain stretch of a simulated campaign: dialled without requests, reports and facts, to the same rows and log.

While a window is open, nobody interferes and calls do nothing but be answered and end, all that the engine makes of a
call is known beforehand: which facts, in which order. A stretch writes just these, in columns, and asks the engine's
rules whatever is theirs to decide: the gates, the order of dialling, rotation, tokens, what follows when a call ends.
What it leaves behind is what the engine would have left, to the last event; tests compare the two. `handover` says when
a stretch may begin, and turns the engine's live calls into a stretch's and back.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import chain, islice
from typing import Any, TypeAlias

import attrs

from ori_campaigns.admission import closes_at, rotate
from ori_campaigns.contact import KIND_OF, ContactStatus
from ori_campaigns.diallers.course import BOT_SEES, laid_down, told
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.events import (
    AttemptAnswered,
    AttemptEnded,
    AttemptReserved,
    AttemptSubmitted,
    BotReported,
    ContactClosed,
    RetryScheduled,
)
from ori_campaigns.gates import first_closed_for
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.outcomes import Policy
from ori_campaigns.retry import CaseFields, answer, case_of
from ori_campaigns.stores.memory.apply import MACHINES
from ori_campaigns.stores.memory.book import Book
from ori_campaigns.stores.memory.exchange import Trunk
from ori_campaigns.stores.memory.flyweights import Candidate, MemoryAdmitView, OpenAttempt
from ori_campaigns.stores.memory.log import code_of
from ori_campaigns.stores.memory.rows import digits_of
from ori_campaigns.stores.memory.runs import CODE

Live: TypeAlias = tuple[int, int, str, Trunk, Instant, Instant | None, Instant | None, str, str]
"""A live call: serial, contact, attempt id, trunk; its end, answer and first ring; how it ends, and the detail."""

BITS = 24
"""What is to come is one integer: the instant, since the stretch began, above the place of the call and one bit more.

The bit is set for the answer of a call, clear for its end. So things come in the order of their instants, and at the
same instant in the order in which a call model sets them.
"""
ANSWER = 1
NEVER: Instant = 1 << 62
_PLACE = (1 << BITS) - 1

_RESERVED, _SUBMITTED = bytes([code_of(AttemptReserved)]), bytes([code_of(AttemptSubmitted)])
_ANSWERED, _BOT, _ENDED = code_of(AttemptAnswered), code_of(BotReported), code_of(AttemptEnded)
_RETRY, _CLOSED = code_of(RetryScheduled), code_of(ContactClosed)
_CALLING, _RETRYING = CODE[ContactStatus.CALLING], CODE[ContactStatus.RETRY_SCHEDULED]
_KIND_OF = {CODE[status]: kind for status, kind in KIND_OF.items()}
_ROWS_AT_ONCE = 8_192
_PROGRESS_EVERY = 256


@attrs.frozen
class _Follow:
    """What a case comes to: the name of its rule, where the contact goes, and both as the store codes them."""

    rule: str
    status: ContactStatus
    rule_code: int
    status_code: int


class Stretch:
    """One campaign's dialling from a moment on, as long as it is plain.

    Parameters:
        book: the campaign's rows.
        model: who answers; its calls are in `calls` and `coming` meanwhile.
        policy: time limits, and what counts as connected.
        began: the first look (microseconds UTC).
    """

    def __init__(self, book: Book, model: CallModel, policy: Policy, began: Instant) -> None:
        self.book, self.run, self.began = book, book.run, began
        self.log, self._columns = book.exchange.log, book.attempts
        self._campaign, self._limits = book.campaign, policy.limits
        self._connected, self._terms = policy.connected, policy.terms(book.campaign)
        self._fate = model.fate
        pool = book.pool()
        self._carriers = pool.carriers
        self._trunk_of = {carrier: trunk for carrier, trunk in zip(pool.carriers, pool.trunks, strict=True) if trunk}
        self._excluded = book.excluded
        self._seats = self._campaign.config.concurrency_limit
        # Before these instants no carrier lets a call leave, and nobody is due.
        self._lines_from = self._due_from = began
        self._closes = closes_at(self._campaign, began)
        # What has been decided of one is decided of all that are alike.
        self._may_dial: dict[tuple[int, int], bool] = {}
        self._follows: dict[CaseFields, _Follow] = {}
        # Rows on their way to the log.
        self._kinds = bytearray()
        self._fields: list[Any] = []
        self._first = len(self.log)
        self.calls: dict[int, Live] = {}
        self.coming: list[int] = []
        self.next_place = 0
        # The engine's own rows of calls that were live before.
        self.known: dict[str, OpenAttempt] = {}
        # Everything up to here has been told.
        self.told_until = began - 1
        self.odd = False

    def go_on(
        self, *, ends: Instant, until: Instant, resolution: int, on_look: Callable[[Instant], None] | None
    ) -> Instant:
        """Dial on; return the last look (microseconds UTC), from which on the engine must look itself.

        Parameters:
            ends: the first instant at which the campaign may not be plain any more.
            until: nothing that comes later is looked at.
            resolution: microseconds between two looks.
            on_look: called with the virtual time now and then.
        """
        now, looks, coming, began, run = self.began, 0, self.coming, self.began, self.run
        while True:
            if coming and coming[0] >> BITS <= now - began:
                self._tell(now)
            self.told_until = now
            wake = max(self._lines_from, self._due_from)
            if now >= wake or not run.live:
                wake = self._dial(now)
            looks += 1
            if on_look is not None and looks % _PROGRESS_EVERY == 0:
                on_look(now)
            if self.odd:
                break
            if len(self._kinds) > _ROWS_AT_ONCE:
                self.write()
            if coming:
                first = (coming[0] >> BITS) + began
                if first <= now:
                    # Whoever picks up at once does so within this look; whoever hangs up at once frees a seat for it.
                    if self._tell(now):
                        continue
                    first = (coming[0] >> BITS) + began
                wake = min(first, wake)
            if wake > until:
                break
            look = -(-wake // resolution) * resolution
            if look >= ends:
                break
            now = max(look, now)
        self.write()
        return now

    def write(self) -> None:
        """Put the rows that are on their way into the log."""
        self.log.write(self.book.code, self._kinds, self._fields)
        self._kinds.clear()
        self._fields.clear()
        self._first = len(self.log)

    # --- what happened -----------------------------------------------------------------------------------------------

    def _tell(self, now: Instant) -> bool:
        """Record what has come by now; tell whether a call is over.

        What is told together of one call is recorded in turns, as the engine does: the first report of each call, then
        the second, then the third.
        """
        coming, calls, reached = self.coming, self.calls, (now - self.began + 1) << BITS
        over = False
        turns: list[list[tuple[Callable[[Live, Instant], None], Live]]] = []
        while coming and coming[0] < reached:
            key = heappop(coming)
            place = key & _PLACE
            if place & ANSWER:
                self._answered(calls[place ^ ANSWER], now)
                continue
            call = calls.pop(place)
            over = True
            answered_at = call[5]
            if answered_at is None:
                self._ended(call, now)
                continue
            turn = int(answered_at > self.told_until)
            for report in (self._bot_reported, self._ended) if call[7] in BOT_SEES else (self._ended,):
                if turn:
                    turns = turns or [[], []]
                    turns[turn - 1].append((report, call))
                else:
                    report(call, now)
                turn += 1
        for report, call in chain(*turns):
            report(call, now)
        return over

    def _answered(self, call: Live, _: Instant) -> None:
        _, ordinal, attempt_id, _, _, answered_at, *_ = call
        self.run.answered += 1
        self.run.in_progress += 1
        self._fields += (attempt_id, ordinal, answered_at, self.talk_until(answered_at or 0))
        self._kinds.append(_ANSWERED)

    def _bot_reported(self, call: Live, _: Instant) -> None:
        _, ordinal, attempt_id, _, ends_at, _, _, disposition, _ = call
        self._fields += (attempt_id, ordinal, ends_at, disposition == "transfer", disposition)
        self._kinds.append(_BOT)

    def _ended(self, call: Live, now: Instant) -> None:
        """Free the seat, and see what follows for the contact."""
        serial, ordinal, attempt_id, trunk, ends_at, answered_at, rang_at, disposition, detail = call
        run, columns, fields, kinds = self.run, self._columns, self._fields, self._kinds
        talk, connected = 0, False
        if answered_at is not None:
            began = None
            if disposition in BOT_SEES:
                began = disposition == "transfer"
            else:
                disposition = told(disposition, answered_at)
            connected = self._connected(True, began, disposition)  # noqa: FBT003 - a predicate of facts
            talk = ends_at - answered_at
            run.in_progress -= 1
            if connected:
                run.connects += 1
                run.last_connected[ordinal] = talk
                if not run.connected[ordinal]:
                    run.connected[ordinal] = 1
                    run.connected_contacts += 1
        if disposition in MACHINES:
            run.machines += 1
        trunk.live -= 1
        run.live -= 1
        fields += (attempt_id, ordinal, ends_at, disposition, detail, connected, talk, answered_at, rang_at)
        kinds.append(_ENDED)
        attempts, last, excluded = run.attempts[ordinal], run.last_connected[ordinal], False
        if self._excluded:
            # By the time a stretch begins again, somebody may have been excluded during the call.
            excluded = self.book.numbers[ordinal] in self._excluded
        case = case_of(self._terms, now, disposition, detail, connected, talk, attempts, last, excluded)
        follow = self._follows.get(case) or self._follow(case)
        cursor = self._first + len(kinds)
        columns.over[serial], columns.decided[serial] = cursor - 1, cursor
        code = follow.status_code
        run.status[ordinal], run.rule[ordinal] = code, follow.rule_code
        run.counts[_CALLING] -= 1
        run.counts[code] += 1
        if code == _RETRYING:
            run.due[ordinal] = due = ends_at + self._terms.delay
            self._due_from = min(self._due_from, due)
            run.enqueue(ordinal)
            fields += (attempt_id, ordinal, now, due, follow.rule)
            kinds.append(_RETRY)
        else:
            fields += (attempt_id, ordinal, now, follow.status, follow.rule)
            kinds.append(_CLOSED)

    def _follow(self, case: CaseFields) -> _Follow:
        rule, status = answer(case, self._terms)
        found = self._follows[case] = _Follow(rule, status, self.book.exchange.codes.code(rule), CODE[status])
        return found

    def talk_until(self, answered_at: Instant) -> Instant:
        """Return the instant past which a conversation has gone on for too long."""
        return answered_at + (self._limits.talk + self._limits.talk_grace) * SECOND

    def ringing_until(self, now: Instant) -> Instant:
        """Return the instant past which a call that is sent now has been ringing for too long."""
        return now + self._limits.ringing * SECOND

    # --- what is to be done ------------------------------------------------------------------------------------------

    def _dial(self, now: Instant) -> Instant:
        """Dial whoever is due, as far as seats and lines go; return when to look again if nothing happens before."""
        run = self.run
        seats = self._seats - run.live
        if seats <= 0:
            return NEVER
        if not run.live and self._nobody_due(now):
            return self._due_from
        free = {carrier: trunk.supply.free(now) for carrier, trunk in self._trunk_of.items()}
        lines = sum(free.values())
        if lines:
            chosen = list(islice(run.due_now(now), min(seats, lines)))
            if not chosen:
                self._nobody_due(now)
                return self._due_from
            if not self._may_all(chosen, now):
                self.odd = True
                for ordinal in chosen:
                    run.enqueue(ordinal)
                return NEVER
            self._place(chosen, free, now)
            if len(chosen) == seats:
                return NEVER
            if len(chosen) < lines:
                self._nobody_due(now)
                return self._due_from
        waits = [trunk.supply.ready_at(now) for trunk in self._trunk_of.values()]
        self._lines_from = min(waits)
        # Where a call may leave already, a channel is what is missing: one is free when a call ends.
        return min([each for each in waits if each > now], default=NEVER)

    def _nobody_due(self, now: Instant) -> bool:
        """Tell whether nobody is due now, and note when somebody will be."""
        due = self.run.next_due()
        self._due_from = NEVER if due is None else due
        return self._due_from > now

    def _may_all(self, chosen: list[int], now: Instant) -> bool:
        """Ask the gates whether all of these may be dialled; the gates are asked once for all that are alike."""
        run, known, excluded = self.run, self._may_dial, self._excluded
        status, attempts = run.status, run.attempts
        if excluded and not excluded.isdisjoint(map(self.book.numbers.__getitem__, chosen)):
            return False
        for ordinal in chosen:
            alike = (status[ordinal], attempts[ordinal])
            if alike not in known:
                closed = first_closed_for(Candidate(self.book, run, ordinal), MemoryAdmitView(self.book, now, {}))
                known[alike] = closed is None
            if not known[alike]:
                return False
        return True

    def _place(self, chosen: list[int], free: dict[str, int], now: Instant) -> None:
        """Reserve these calls, send them, and draw how they go."""
        book, run, fields, columns, limits = self.book, self.run, self._fields, self._columns, self._limits
        campaign, status, attempts, counts = self._campaign, run.status, run.attempts, run.counts
        calls, coming, place, began = self.calls, self.coming, self.next_place, self.began
        people, numbers, carriers, trunks = book.numbers, campaign.numbers, self._carriers, self._trunk_of
        campaign_id, epoch, run_number, cursor = campaign.id, campaign.epoch, run.number, book.cursor
        not_after = now + limits.send_budget * SECOND
        if self._closes is not None and self._closes <= not_after:
            not_after = self._closes - 1
        check_at, ringing_until = now + limits.reserved * SECOND, self.ringing_until(now)
        serial, before, draw = len(columns), dict(free), self._fate
        columns.add(run_number, self._first + len(self._kinds), len(chosen))
        sent: list[Any] = []
        for ordinal in chosen:
            position = rotate(carriers, free, cursor)
            cursor = position + 1
            carrier = carriers[position]
            free[carrier] -= 1
            trunk = trunks[carrier]
            trunk.live += 1
            attempt_id = f"{campaign_id}-{serial}"
            code, nth = status[ordinal], attempts[ordinal] + 1
            attempts[ordinal], status[ordinal] = nth, _CALLING
            counts[code] -= 1
            kind, number = _KIND_OF[code], numbers[position]
            fields += (attempt_id, ordinal, now, nth, kind, number, carrier, not_after, epoch, check_at)
            sent += (attempt_id, ordinal, now, "", ringing_until)
            fate = draw(int(digits_of(people[ordinal])), run_number, nth, now)
            ends_at, answered_at, rang_at, disposition = laid_down(fate, now, limits.ring, limits.talk)
            calls[place] = (serial, ordinal, attempt_id, trunk, ends_at, answered_at, rang_at, disposition, fate[1])
            heappush(coming, (ends_at - began) << BITS | place)
            if answered_at is not None:
                heappush(coming, (answered_at - began) << BITS | place | ANSWER)
                if answered_at == ends_at:
                    # Its end is told before its answer.
                    self.odd = True
            place += 2
            serial += 1
        fields += sent
        self._kinds += _RESERVED * len(chosen) + _SUBMITTED * len(chosen)
        self.next_place = place
        counts[_CALLING] += len(chosen)
        run.live += len(chosen)
        run.dialled += len(chosen)
        book.cursor, book.served_at = cursor % len(numbers), now
        for carrier, trunk in trunks.items():
            if before[carrier] > free[carrier]:
                trunk.bucket = trunk.bucket.take(before[carrier] - free[carrier], now)
