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
from itertools import chain
from typing import Any, TypeAlias

from ori_campaigns.admission import closes_at, leaves_by
from ori_campaigns.contact import KIND_OF, ContactStatus
from ori_campaigns.diallers.course import BOT_SEES, bot_began, carrier_says, laid_down
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
from ori_campaigns.instants import Instant
from ori_campaigns.outcomes import Policy
from ori_campaigns.retry import MACHINES, case_of
from ori_campaigns.simulation.ahead import Ahead
from ori_campaigns.simulation.follows import Follows
from ori_campaigns.simulation.lines import Lines
from ori_campaigns.simulation.live import (
    ANSWER,
    ANSWERED_AT,
    BITS,
    DISPOSITION,
    ENDS_AT,
    ID,
    ORDINAL,
    PLACE,
    LiveCall,
    Taken,
)
from ori_campaigns.stores.memory.book import Book
from ori_campaigns.stores.memory.exchange import NEVER
from ori_campaigns.stores.memory.log import code_of
from ori_campaigns.stores.memory.rows import value_of
from ori_campaigns.stores.memory.runs import CODE

_RESERVED, _SUBMITTED = bytes([code_of(AttemptReserved)]), bytes([code_of(AttemptSubmitted)])
_ANSWERED, _BOT, _ENDED = code_of(AttemptAnswered), code_of(BotReported), code_of(AttemptEnded)
_RETRY, _CLOSED = code_of(RetryScheduled), code_of(ContactClosed)
_CALLING, _RETRYING = CODE[ContactStatus.CALLING], CODE[ContactStatus.RETRY_SCHEDULED]
_KIND_OF = {CODE[status]: kind for status, kind in KIND_OF.items()}
_WRITE_EVERY = 256
# With so many places used, another stretch counts anew; there is room for one more look of millions of calls.
_FULL = PLACE // 2


_Recording: TypeAlias = Callable[[LiveCall, Instant], None]


class Stretch:
    """One campaign's dialling from a moment on, as long as it is plain.

    Parameters:
        book: the campaign's rows.
        model: who answers.
        policy: time limits, and what counts as connected.
        began: the first look (microseconds UTC).
        taken: the calls that are live.
    """

    def __init__(self, book: Book, model: CallModel, policy: Policy, began: Instant, taken: Taken) -> None:
        self.book, self.run, self.log, self.limits, self.began = book, book.run, book.exchange.log, policy.limits, began
        self.calls, self.coming, self._recorded_until = taken.calls, taken.coming, taken.recorded_until
        self._next_place = 2 * len(taken.calls)
        self._campaign, self._columns, self._excluded = book.campaign, book.attempts, book.excluded
        self._seats, self._closes = book.campaign.config.concurrency_limit, closes_at(book.campaign, began)
        self._connected, self._terms, self._fate = policy.connected, policy.terms(book.campaign), model.fate
        self._follows = Follows(self._terms, book.exchange.codes)
        self._lines, self._ahead = Lines(book), Ahead(book)
        # Before these instants no carrier lets a call leave, and nobody is due.
        self._lines_from = self._due_from = began
        # Rows on their way to the log.
        self._kinds = bytearray()
        self._fields: list[Any] = []
        self._first = len(self.log)
        self.looks = 0
        # The next look, or the rest of this one, is for the engine.
        self._left_to_engine = False

    def go_on(self, *, ends: Instant, until: Instant, resolution: int, at_most: int | None) -> Instant:
        """Dial on; return the last look (microseconds UTC), from which on the engine must look itself.

        Parameters:
            ends: the first instant at which the campaign may not be plain any more.
            until: there is no look after it.
            resolution: microseconds between two looks.
            at_most: how many looks there may be.
        """
        now, coming, began, run = self.began, self.coming, self.began, self.run
        # What is due after this is looked at when the stretch is over, if at all.
        last = min(until, ends - 1) // resolution * resolution
        while True:
            if coming and coming[0] >> BITS <= now - began:
                self._record(now)
            self._recorded_until = now
            wake = max(self._lines_from, self._due_from)
            if now >= wake or not run.live:
                wake = self._dial(now)
                if self._left_to_engine:
                    break
                # Whoever picks up at once does so within this look; whoever hangs up at once frees a seat for it.
                if coming and coming[0] >> BITS <= now - began and self._record(now):
                    continue
            self.looks += 1
            if self.looks % _WRITE_EVERY == 0:
                self._write()
            if coming:
                wake = min(wake, (coming[0] >> BITS) + began)
            if wake > last or self.looks == at_most or self._next_place > _FULL:
                break
            now = -(-wake // resolution) * resolution
        self._write()
        self._ahead.hand_back()
        return now

    def _write(self) -> None:
        """Put the rows that are on their way into the log."""
        self.log.write(self.book.code, self._kinds, self._fields)
        self._kinds.clear()
        self._fields.clear()
        self._first = len(self.log)

    # --- what happened -----------------------------------------------------------------------------------------------

    def _record(self, now: Instant) -> bool:
        """Record what has come by now; tell whether a call is over.

        What is told together of one call is recorded in turns, as the engine does: the first report of each call, then
        the second, then the third.
        """
        coming, calls, reached = self.coming, self.calls, (now - self.began + 1) << BITS
        over = False
        turns: list[list[tuple[_Recording, LiveCall]]] = []
        while coming and coming[0] < reached:
            place = heappop(coming) & PLACE
            if place & ANSWER:
                self._answered(calls[place ^ ANSWER], now)
                continue
            call = calls.pop(place)
            over = True
            answered_at = call[ANSWERED_AT]
            if answered_at is None:
                self._ended(call, now)
                continue
            turn = int(answered_at > self._recorded_until)
            reports: list[_Recording] = [self._bot_reported] if call[DISPOSITION] in BOT_SEES else []
            for report in (*reports, self._ended):
                if turn:
                    turns = turns or [[], []]
                    turns[turn - 1].append((report, call))
                else:
                    report(call, now)
                turn += 1
        for report, call in chain(*turns):
            report(call, now)
        return over

    def _answered(self, call: LiveCall, _: Instant) -> None:
        answered_at = call[ANSWERED_AT] or 0
        run = self.run
        run.answered += 1
        run.in_progress += 1
        self._fields += (call[ID], call[ORDINAL], answered_at, self.limits.talking_until(answered_at))
        self._kinds.append(_ANSWERED)

    def _bot_reported(self, call: LiveCall, _: Instant) -> None:
        disposition = call[DISPOSITION]
        self._fields += (call[ID], call[ORDINAL], call[ENDS_AT], bot_began(disposition), disposition)
        self._kinds.append(_BOT)

    def _ended(self, call: LiveCall, now: Instant) -> None:
        """Free the seat, and see what follows for the contact."""
        serial, ordinal, attempt_id, trunk, ends_at, answered_at, rang_at, disposition, detail = call
        run, columns, fields, kinds = self.run, self._columns, self._fields, self._kinds
        talk, connected = 0, False
        if answered_at is not None:
            talk = ends_at - answered_at
            disposition, connected = self._spoken(ordinal, disposition, talk)
        if disposition in MACHINES:
            run.machines += 1
        trunk.live -= 1
        run.live -= 1
        fields += (attempt_id, ordinal, ends_at, disposition, detail, connected, talk, answered_at, rang_at)
        kinds.append(_ENDED)
        attempts, last_connected = run.attempts[ordinal], run.last_connected[ordinal]
        # By the time a stretch begins again, somebody may have been excluded during the call.
        excluded = bool(self._excluded) and self.book.numbers[ordinal] in self._excluded
        if last_connected < 0:
            follow = self._follows.after_silence(now, disposition, detail, attempts, excluded)
        else:
            case = case_of(
                self._terms,
                now,
                disposition=disposition,
                detail=detail,
                connected=connected,
                talk=talk,
                attempts=attempts,
                last_connected=last_connected,
                excluded=excluded,
            )
            follow = self._follows.after(case)
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

    def _spoken(self, ordinal: int, disposition: str, talk: int) -> tuple[str, bool]:
        """Count a call that was picked up; return its outcome, by the bot's word first, and whether it connected."""
        run, began = self.run, None
        if disposition in BOT_SEES:
            began = bot_began(disposition)
        else:
            disposition = carrier_says(disposition, answered=True)
        connected = self._connected(True, began, disposition)  # noqa: FBT003 - a predicate of facts
        run.in_progress -= 1
        if connected:
            run.note_connect(ordinal, talk)
        return disposition, connected

    # --- what is to be done ------------------------------------------------------------------------------------------

    def _dial(self, now: Instant) -> Instant:
        """Dial whoever is due, as far as seats and lines go; return when to look again if nothing happens before."""
        run, ahead = self.run, self._ahead
        seats = self._seats - run.live
        if seats <= 0:
            return NEVER
        if not run.live:
            self._due_from = ahead.next_due()
            if self._due_from > now:
                return self._due_from
        lines = self._lines.free(now)
        if lines:
            chosen = ahead.take(min(seats, lines), now)
            if chosen is None:
                self._left_to_engine = True
                return NEVER
            if chosen:
                self._send(chosen, now)
            if len(chosen) == seats:
                return NEVER
            if not ahead:
                self._due_from = ahead.next_due()
                if self._due_from > now:
                    return self._due_from
        waits = self._lines.ready_at(now)
        self._lines_from = min(waits)
        # Where a call may leave already, a channel is what is missing: one is free when a call ends.
        return min([ready_at for ready_at in waits if ready_at > now], default=NEVER)

    def _send(self, chosen: list[int], now: Instant) -> None:
        """Reserve these calls, send them, and draw how they go."""
        run, fields, columns, limits, lines = self.run, self._fields, self._columns, self.limits, self._lines
        campaign, calls, coming, place, began = self._campaign, self.calls, self.coming, self._next_place, self.began
        status, attempts, counts, people, draw = run.status, run.attempts, run.counts, self.book.numbers, self._fate
        campaign_id, numbers, epoch, run_number = campaign.id, campaign.numbers, campaign.epoch, run.number
        not_after = leaves_by(now, self._closes, limits)
        check_at, ringing_until = limits.reserved_until(now), limits.ringing_until(now)
        count, serial = len(chosen), len(columns)
        columns.add(run_number, self._first + len(self._kinds), count)
        sent: list[Any] = []
        for ordinal, position in zip(chosen, lines.take(count, now), strict=True):
            attempt_id = f"{campaign_id}-{serial}"
            code, nth, carrier = status[ordinal], attempts[ordinal] + 1, lines.carriers[position]
            attempts[ordinal], status[ordinal] = nth, _CALLING
            counts[code] -= 1
            kind, number = _KIND_OF[code], numbers[position]
            fields += (attempt_id, ordinal, now, nth, kind, number, carrier, not_after, epoch, check_at)
            sent += (attempt_id, ordinal, now, "", ringing_until)
            fate = draw(value_of(people[ordinal]), run_number, nth, now)
            ends_at, answered_at, rang_at, disposition = laid_down(fate, now, limits.ring, limits.talk)
            trunk = lines.trunk_at[position]
            calls[place] = (serial, ordinal, attempt_id, trunk, ends_at, answered_at, rang_at, disposition, fate[1])
            heappush(coming, (ends_at - began) << BITS | place)
            if answered_at is not None:
                heappush(coming, (answered_at - began) << BITS | place | ANSWER)
                if answered_at == ends_at:
                    # Its end is told before its answer, which is then of no use.
                    self._left_to_engine = True
            place += 2
            serial += 1
        fields += sent
        self._kinds += _RESERVED * count + _SUBMITTED * count
        self._next_place = place
        counts[_CALLING] += count
        run.live += count
        run.dialled += count
