"""When a stretch may begin, and how live calls pass from the engine to a stretch and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ori_campaigns.admission import closes_at
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.contact import AttemptStatus
from ori_campaigns.diallers.course import Call, end_of
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.gates import held_back
from ori_campaigns.instants import Instant
from ori_campaigns.outcomes import Policy
from ori_campaigns.reports import Answered, Report
from ori_campaigns.simulation.live import ANSWER, ANSWERED_AT, BITS, NEVER, PLACE, LiveCall
from ori_campaigns.simulation.stretch import Stretch
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.stores.memory.book import Book
from ori_campaigns.stores.memory.flyweights import OpenAttempt
from ori_campaigns.stores.memory.rows import decode

_SUBMITTED, _ANSWERED = AttemptStatus.SUBMITTED, AttemptStatus.ANSWERED


class Plain:
    """Lets the plain stretches of a simulation pass.

    Parameters:
        store: the simulation's own.
        model: who answers.
        clock: the virtual time.
        policy: time limits, and what counts as connected, as the service has them.
    """

    def __init__(self, store: MemoryStore, model: CallModel, clock: VirtualClock, policy: Policy) -> None:
        self._store, self._model, self._clock, self._policy = store, model, clock, policy

    def go_on(
        self,
        *,
        before: Instant | None,
        until: Instant,
        resolution: int,
        on_look: Callable[[Instant], object],
    ) -> None:
        """Let time pass up to the last look that is plain; not at all if the coming one is not.

        Parameters:
            before: when somebody will interfere (microseconds UTC).
            until: nothing that comes later is looked at.
            resolution: microseconds between two looks.
            on_look: called with the virtual time now and then.
        """
        now = self._clock.now()
        found = plain_until(self._store, self._model, self._policy, now)
        if found is None:
            return
        book, ends = found
        ends = ends if before is None else min(ends, before)
        stretch = take_over(book, self._model, self._policy, now) if now < ends else None
        if stretch is not None:
            self._clock.set(stretch.go_on(ends=ends, until=until, resolution=resolution, on_look=on_look))
            hand_back(stretch, self._model)


def plain_until(store: MemoryStore, model: CallModel, policy: Policy, now: Instant) -> tuple[Book, Instant] | None:
    """Return the one campaign that dials, and the instant from which it may not be plain any more; `None` if it is not.

    Plain is: it is the only one, its window is open, nobody has asked to be called back, no analysis is waited for, and
    the model tells of no call but its answer and its end.
    """
    if not model.plain:
        return None
    running = store.running()
    if len(running) != 1:
        return None
    [book] = running
    run, campaign = book.run, book.campaign
    if run.callbacks or run.booked or run.put_off or policy.terms(campaign).analysis_wait:
        return None
    if held_back(campaign, now) is not None or not any(book.pool().carriers):
        return None
    closes = closes_at(campaign, now)
    return book, NEVER if closes is None else closes


def take_over(book: Book, model: CallModel, policy: Policy, now: Instant) -> Stretch | None:
    """Begin a stretch with the engine's live calls; `None` when one of them is not as plain as that."""
    exchange, run = book.exchange, book.run
    places: dict[str, int] = {}
    for attempt in exchange.open.values():
        if attempt.of is not run or attempt.status not in {_SUBMITTED, _ANSWERED} or _told_more(attempt):
            return None
        places[attempt.id] = len(places) * 2
    stretch = Stretch(book, model, policy, now)
    coming = model.coming()
    for at, what in coming:
        call = what if isinstance(what, Call) else None
        name = call.end.attempt_id if call is not None else what.attempt_id  # type: ignore[union-attr]
        place, attempt_or_none = places.get(name), exchange.open.get(name)
        if place is None or attempt_or_none is None:
            return None
        attempt = attempt_or_none
        if call is not None:
            if call.end.at == call.end.answered_at:
                # Its end is told before its answer.
                return None
            stretch.calls[place] = _live(attempt, call)
            stretch.coming.append((at - now) << BITS | place)
        elif isinstance(what, Answered) and attempt.status is _SUBMITTED:
            stretch.coming.append((at - now) << BITS | place | ANSWER)
        else:
            return None
    if len(stretch.calls) != len(places) or len(exchange.busy) != len(places):
        return None
    # In the order of placing, in which they are handed back.
    stretch.calls = dict(sorted(stretch.calls.items()))
    stretch.next_place = 2 * len(places)
    if coming:
        stretch.told_until = coming[0][0] - 1
    stretch.known = dict(exchange.open)
    model.replace(())
    exchange.open.clear()
    exchange.busy.clear()
    return stretch


def _told_more(attempt: OpenAttempt) -> bool:
    """Tell whether somebody has said more of a call than that it was accepted and answered."""
    rang, bot = attempt.rang_at is not None, attempt.began is not None or attempt.bot_disposition
    return bool(rang or bot or attempt.analysed or attempt.carrier_ref)


def _live(attempt: OpenAttempt, call: Call) -> LiveCall:
    end = call.end
    # What was told before stands; the rest is as the model has it.
    answered_at = end.answered_at if attempt.answered_at is None else attempt.answered_at
    trunk, disposition = attempt.trunk, call.disposition
    ids = (attempt.serial, attempt.ordinal, attempt.id)
    return (*ids, trunk, end.at, answered_at, end.rang_at, disposition, end.detail)


def hand_back(stretch: Stretch, model: CallModel) -> None:
    """Give the live calls of a stretch back to the engine: its rows of them, and what is to come."""
    book = stretch.book
    exchange = book.exchange
    # Whoever has picked up may still have to be told of.
    unanswered = {key & PLACE ^ ANSWER for key in stretch.coming if key & ANSWER}
    for place, call in stretch.calls.items():
        attempt = _attempt(stretch, call, answered=call[ANSWERED_AT] is not None and place not in unanswered)
        exchange.open[attempt.id] = attempt
        exchange.busy.add(book.numbers[attempt.ordinal])
    exchange.next_limit = min((each.check_at for each in exchange.open.values()), default=NEVER)
    model.replace(_coming(stretch))


def _attempt(stretch: Stretch, call: LiveCall, *, answered: bool) -> OpenAttempt:
    serial, _, attempt_id, trunk, _, answered_at, *_ = call
    book = stretch.book
    attempt = stretch.known.get(attempt_id)
    if attempt is None:
        reserved = stretch.log.fact(book.attempts.reserved[serial])
        attempt = OpenAttempt(book, stretch.run, trunk, serial, reserved)
        attempt.status, attempt.check_at = _SUBMITTED, stretch.ringing_until(reserved.at)
    if answered and attempt.status is _SUBMITTED:
        attempt.status, attempt.answered_at = _ANSWERED, answered_at
        attempt.check_at = stretch.talk_until(answered_at or 0)
    return attempt


def _coming(stretch: Stretch) -> Iterator[tuple[Instant, Call | Report]]:
    """Return what is to come as the model keeps it, in order."""
    for key in sorted(stretch.coming):
        at, place = (key >> BITS) + stretch.began, key & PLACE
        _, ordinal, attempt_id, trunk, ends_at, answered_at, rang_at, disposition, detail = stretch.calls[
            place & ~ANSWER
        ]
        if place & ANSWER:
            yield at, Answered(attempt_id, at)
        else:
            end = end_of(attempt_id, ends_at, disposition, detail, answered_at, rang_at)
            number = decode(stretch.book.numbers[ordinal]).reveal()
            yield at, Call(end, number, trunk.carrier.id, disposition, None, 0, None, lost=False)
