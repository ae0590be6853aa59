"""When a stretch may begin, and how live calls pass from the engine to a stretch and back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter

from ori_campaigns.admission import closes_at
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.contact import AttemptStatus
from ori_campaigns.diallers.course import Call, end_of
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.gates import held_back
from ori_campaigns.instants import Instant
from ori_campaigns.outcomes import Policy
from ori_campaigns.reports import Answered, Report
from ori_campaigns.simulation.live import ANSWER, ANSWERED_AT, BITS, PLACE, LiveCall, Taken
from ori_campaigns.simulation.stretch import Stretch
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.stores.memory.book import Book
from ori_campaigns.stores.memory.exchange import NEVER
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

    def go_on(self, *, before: Instant | None, until: Instant, resolution: int, looks: int | None = None) -> int:
        """Let time pass up to the last look that is plain; return how many there were, 0 if the coming one is not.

        Parameters:
            before: when somebody will interfere (microseconds UTC).
            until: there is no look after it.
            resolution: microseconds between two looks.
            looks: how many there may be.
        """
        now, model = self._clock.now(), self._model
        found = plain_until(self._store, model, self._policy, now)
        if found is None:
            return 0
        book, ends = found
        ends = ends if before is None else min(ends, before)
        taken = live_calls(book, model, now) if now < ends else None
        if taken is None:
            return 0
        take_over(book, model)
        stretch = Stretch(book, model, self._policy, now, taken)
        self._clock.set(stretch.go_on(ends=ends, until=until, resolution=resolution, at_most=looks))
        hand_back(stretch, taken, model)
        return stretch.looks


def plain_until(store: MemoryStore, model: CallModel, policy: Policy, now: Instant) -> tuple[Book, Instant] | None:
    """Return the one running campaign, and the instant from which it may not be plain any more; `None` if it is not.

    Plain is: no other campaign runs, the gates of time are open, some number can be used, nobody has ever asked to be
    called back, nobody was put off, no analysis is waited for, and the model is plain, too.
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


def live_calls(book: Book, model: CallModel, now: Instant) -> Taken | None:
    """Return the engine's live calls as a stretch has them; `None` when one of them is not as plain as that."""
    exchange = book.exchange
    if len(exchange.busy) != len(exchange.open):
        return None
    coming = model.coming()
    modelled = {what.end.attempt_id: what for _, what in coming if isinstance(what, Call)}
    taken = Taken({}, [], coming[0][0] - 1 if coming else now - 1, {})
    expected: list[tuple[Instant, Call | Report]] = []
    for attempt in exchange.open.values():
        call = modelled.get(attempt.id)
        if call is None or attempt.of is not book.run or not _plain(attempt, call, now):
            return None
        place = 2 * len(taken.calls)
        taken.calls[place], taken.known[place] = _live(attempt, call), (attempt, call)
        taken.coming.append((call.end.at - now) << BITS | place)
        expected.append((call.end.at, call))
        if attempt.status is _SUBMITTED and call.end.answered_at is not None:
            taken.coming.append((call.end.answered_at - now) << BITS | place | ANSWER)
            expected.append((call.end.answered_at, Answered(attempt.id, call.end.answered_at)))
    # Nothing else is to come, and it comes in the order in which a stretch would have it.
    by_key = [each for _, each in sorted(zip(taken.coming, expected, strict=True), key=itemgetter(0))]
    taken.coming.sort()
    return taken if by_key == coming else None


def take_over(book: Book, model: CallModel) -> None:
    """Leave neither engine nor model any live call: `live_calls` knows of them."""
    model.replace(())
    book.exchange.open.clear()
    book.exchange.busy.clear()


def _plain(attempt: OpenAttempt, call: Call, now: Instant) -> bool:
    """Tell whether nothing can come of a call but what its model has laid down, and nobody has said anything else."""
    end, check_at = call.end, attempt.check_at
    if attempt.status is _ANSWERED:
        # What was told stands. Where the model knows of no answer, the engine keeps to the end as it is told.
        as_laid_down = end.answered_at is not None and (attempt.answered_at or 0) <= min(now, end.at)
        in_time = end.at < check_at
    else:
        # Where a call is over as it is answered, its end is told first.
        as_laid_down = attempt.status is _SUBMITTED and attempt.answered_at is None and end.answered_at != end.at
        in_time = (end.at if end.answered_at is None else end.answered_at) < check_at
    # The engine trusts no instant before the reservation.
    reserved_at = attempt.reserved_at
    trusted = all(each >= reserved_at for each in (now, end.at, end.answered_at, end.rang_at) if each is not None)
    told_more = attempt.rang_at is not None or attempt.carrier_ref != ""
    bot_told = attempt.began is not None or attempt.bot_disposition != "" or attempt.analysed
    return as_laid_down and in_time and trusted and not told_more and not bot_told


def _live(attempt: OpenAttempt, call: Call) -> LiveCall:
    end = call.end
    # What was told before stands; the rest is as the model has it.
    answered_at = end.answered_at if attempt.answered_at is None else attempt.answered_at
    ids = (attempt.serial, attempt.ordinal, attempt.id)
    return (*ids, attempt.trunk, end.at, answered_at, end.rang_at, call.disposition, end.detail)


def hand_back(stretch: Stretch, taken: Taken, model: CallModel) -> None:
    """Give the live calls of a stretch back to the engine: its rows of them, and what is to come."""
    book = stretch.book
    exchange = book.exchange
    # Whoever has picked up may still have to be told of.
    still_to_tell = {key & PLACE ^ ANSWER for key in stretch.coming if key & ANSWER}
    laid_down: dict[int, Call] = {}
    for place, call in stretch.calls.items():
        attempt, laid_down[place] = taken.known.get(place) or (_attempt(stretch, call), _call(stretch, call))
        answered_at = call[ANSWERED_AT]
        if answered_at is not None and place not in still_to_tell and attempt.status is _SUBMITTED:
            attempt.status, attempt.answered_at = _ANSWERED, answered_at
            attempt.check_at = stretch.limits.talking_until(answered_at)
        exchange.open[attempt.id] = attempt
        exchange.busy.add(book.numbers[attempt.ordinal])
    exchange.next_limit = min((each.check_at for each in exchange.open.values()), default=NEVER)
    model.replace(_coming(stretch, laid_down))


def _attempt(stretch: Stretch, call: LiveCall) -> OpenAttempt:
    serial, _, _, trunk, *_ = call
    reserved = stretch.log.fact(stretch.book.attempts.reserved[serial])
    attempt = OpenAttempt(stretch.book, stretch.run, trunk, serial, reserved)
    attempt.status, attempt.check_at = _SUBMITTED, stretch.limits.ringing_until(reserved.at)
    return attempt


def _call(stretch: Stretch, call: LiveCall) -> Call:
    _, ordinal, attempt_id, trunk, ends_at, answered_at, rang_at, disposition, detail = call
    end = end_of(attempt_id, ends_at, disposition, detail, answered_at, rang_at)
    number = decode(stretch.book.numbers[ordinal]).reveal()
    return Call(end, number, trunk.carrier.id, disposition, None, 0, None, lost=False)


def _coming(stretch: Stretch, laid_down: Mapping[int, Call]) -> Iterator[tuple[Instant, Call | Report]]:
    """Return what is to come as the model keeps it, in order."""
    for key in sorted(stretch.coming):
        at, place = (key >> BITS) + stretch.began, key & PLACE
        call = laid_down[place & ~ANSWER]
        yield at, Answered(call.end.attempt_id, at) if place & ANSWER else call
