"""How each fact and each bulk move changes the in-memory rows. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ori_campaigns.contact import FINAL, WAITING, AttemptKind, AttemptStatus, Callback, ContactStatus
from ori_campaigns.events import (
    AnalysisArrived,
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    BotReported,
    CallbackDeclined,
    CallbackScheduled,
    CarrierRefLearned,
    ContactClosed,
    NumberExcluded,
    NumberReadded,
    ReportIgnored,
    RetryScheduled,
)
from ori_campaigns.instants import Instant
from ori_campaigns.retry import MACHINES
from ori_campaigns.stores.memory.book import Book
from ori_campaigns.stores.memory.flyweights import OpenAttempt, PastAttempt
from ori_campaigns.stores.memory.rows import encode
from ori_campaigns.stores.memory.runs import CODE, Run
from ori_campaigns.views import CancelCallbacks, CloseAwaiting, CloseUsedUp, CloseWaiting, DropRun, Move, NewRun

_S = ContactStatus
# A member taken off its enum costs as much as a call; these are asked for every fact.
_ANSWERED = AttemptStatus.ANSWERED
_ENDED = AttemptStatus.ENDED
_IN_PROGRESS = AttemptStatus.IN_PROGRESS
_RESERVED = AttemptStatus.RESERVED
_RINGING = AttemptStatus.RINGING
_SUBMITTED = AttemptStatus.SUBMITTED
_UNKNOWN = AttemptStatus.UNKNOWN
_CALLBACK_KIND = AttemptKind.CALLBACK
_CALLING, _RETRY = CODE[_S.CALLING], CODE[_S.RETRY_SCHEDULED]
_TALKING = frozenset({_ANSWERED, _IN_PROGRESS})


def reserve(book: Book, facts: Sequence[AttemptReserved]) -> None:
    """Open attempts: the seat, the channel, the number and one try of the contact of each are taken."""
    exchange, run, serial = book.exchange, book.runs[-1], len(book.attempts)
    book.attempts.add(run.number, len(exchange.log), len(facts))
    opened, busy, numbers, attempts = exchange.open, exchange.busy, book.numbers, run.attempts
    workspace = book.campaign.workspace
    status, counts = run.status, run.counts
    limit = exchange.next_limit
    carrier, trunk = "", None
    for fact in facts:
        _, ordinal, at, _, _, _, called_over, _, _, check_at = fact
        if trunk is None or called_over != carrier:
            carrier, trunk = called_over, exchange.trunks[workspace, called_over]
        trunk.live += 1
        opened[fact.attempt] = OpenAttempt(book, run, trunk, serial, fact)
        serial += 1
        busy.add(numbers[ordinal])
        attempts[ordinal] += 1
        counts[status[ordinal]] -= 1
        status[ordinal] = _CALLING
        book.served_at = at
        if check_at < limit:
            exchange.next_limit = limit = check_at
    counts[_CALLING] += len(facts)
    run.live += len(facts)


def _moves(attempt: OpenAttempt, status: AttemptStatus) -> None:
    """Move an attempt, keeping the counts of live calls by what they do."""
    run, old = attempt.of, attempt.status
    if old is _RESERVED:
        run.dialled += 1
    elif old is not _SUBMITTED:
        run.ringing -= old is _RINGING
        run.in_progress -= old in _TALKING
    if status is not _ENDED and status is not _SUBMITTED:
        run.ringing += status is _RINGING
        run.in_progress += status in _TALKING
    attempt.status = status


def _watch(attempt: OpenAttempt, check_at: Instant) -> None:
    attempt.check_at = check_at
    exchange = attempt.book.exchange
    if check_at < exchange.next_limit:  # noqa: PLR1730 - for every report; `min` is a call
        exchange.next_limit = check_at


# --- facts of attempts: each is given the attempt, the fact, and the fact's place in the log -------------------------


def _submitted(attempt: OpenAttempt, fact: AttemptSubmitted, _: int) -> None:
    if attempt.status is _RESERVED:
        attempt.of.dialled += 1
        attempt.status = _SUBMITTED
    else:
        _moves(attempt, _SUBMITTED)
    _watch(attempt, fact.check_at)
    if fact.carrier_ref:
        _learn(attempt, fact.carrier_ref)


def _learn(attempt: OpenAttempt, carrier_ref: str) -> None:
    attempt.carrier_ref = carrier_ref
    # Given twice, a reference names no call, and a report without our id finds none. It is kept beyond the end of the
    # call: late reports are to find it, and those of another call must not.
    by_ref = attempt.book.exchange.by_ref
    by_ref[carrier_ref] = attempt.id if by_ref.get(carrier_ref, attempt.id) == attempt.id else ""


def _ref_learned(attempt: OpenAttempt, fact: CarrierRefLearned, _: int) -> None:
    _learn(attempt, fact.carrier_ref)


def _rang(attempt: OpenAttempt, fact: AttemptRang, _: int) -> None:
    _moves(attempt, _RINGING)
    attempt.rang_at = fact.at
    _watch(attempt, fact.check_at)


def _answered(attempt: OpenAttempt, fact: AttemptAnswered, _: int) -> None:
    _moves(attempt, _IN_PROGRESS if attempt.began else _ANSWERED)
    if attempt.answered_at is None:
        attempt.of.answered += 1
    attempt.answered_at = fact.at
    _watch(attempt, fact.check_at)


def _bot_reported(attempt: OpenAttempt, fact: BotReported, _: int) -> None:
    if fact.began is not None:
        attempt.began = fact.began
    attempt.bot_disposition = fact.disposition or attempt.bot_disposition
    if fact.began and attempt.status is _ANSWERED:
        _moves(attempt, _IN_PROGRESS)


def _unknown(attempt: OpenAttempt, fact: AttemptUnknown, _: int) -> None:
    _moves(attempt, _UNKNOWN)
    _watch(attempt, fact.check_at)


def _free(attempt: OpenAttempt, book: Book) -> None:
    """Give the seat, the channel and the number back."""
    exchange = book.exchange
    attempt.trunk.live -= 1
    attempt.of.live -= 1
    exchange.busy.discard(book.numbers[attempt.ordinal])


def _ended(attempt: OpenAttempt, fact: AttemptEnded, cursor: int) -> None:
    run, status, book = attempt.of, attempt.status, attempt.book
    _, ordinal, _, disposition, _, connected, talk, answered_at, rang_at = fact
    if status is _ANSWERED:
        run.in_progress -= 1
    elif status is not _SUBMITTED:
        _moves(attempt, _ENDED)
    attempt.status = _ENDED
    if answered_at is not None:
        if attempt.answered_at is None:
            run.answered += 1
        if connected:
            run.note_connect(ordinal, talk)
            if attempt.kind is _CALLBACK_KIND:
                run.set_callback(ordinal, "completed")
    if disposition in MACHINES:
        run.machines += 1
    attempt.ended, attempt.answered_at, attempt.rang_at = fact, answered_at, rang_at
    book.attempts.over[attempt.serial] = cursor
    _free(attempt, book)


def _returned(attempt: OpenAttempt, fact: AttemptReturned, cursor: int) -> None:
    run, ordinal = attempt.of, fact.contact
    _moves(attempt, fact.status)
    run.dialled -= 1
    run.attempts[ordinal] -= 1
    attempt.book.attempts.over[attempt.serial] = cursor
    _free(attempt, attempt.book)
    run.move(ordinal, fact.to)
    if fact.to in FINAL:
        run.cancel_callback(ordinal)
    else:
        run.enqueue(ordinal)
    _close(attempt)


def _close(attempt: OpenAttempt) -> None:
    """Nothing about it is open any more: from here on its facts in the log stand for it."""
    book = attempt.book
    if attempt.carrier_ref:
        book.carrier_refs[attempt.serial] = attempt.carrier_ref
    del book.exchange.open[attempt.id]


def _decided(attempt: OpenAttempt, status: int, rule: str) -> Run:
    """What follows for the contact is decided: note it, and close the attempt's account."""
    run, ordinal, exchange = attempt.of, attempt.ordinal, attempt.book.exchange
    counts, statuses = run.counts, run.status
    counts[statuses[ordinal]] -= 1
    counts[status] += 1
    statuses[ordinal] = status
    run.rule[ordinal] = exchange.codes.code(rule)
    if attempt.carrier_ref:
        _close(attempt)
    else:
        del exchange.open[attempt.id]
    return run


def _retry(attempt: OpenAttempt, fact: RetryScheduled, cursor: int) -> None:
    _, ordinal, _, due, rule = fact
    attempt.book.attempts.decided[attempt.serial] = cursor
    run = _decided(attempt, _RETRY, rule)
    if run.callbacks:
        run.set_callback(ordinal, "missed")
    run.due[ordinal] = due
    run.enqueue(ordinal)


def _callback(attempt: OpenAttempt, fact: CallbackScheduled, cursor: int) -> None:
    attempt.book.attempts.decided[attempt.serial] = cursor
    run, ordinal = _decided(attempt, CODE[_S.CALLBACK_SCHEDULED], fact.rule), fact.contact
    run.callbacks[ordinal] = Callback(fact.due, fact.sequence, fact.text, fact.reason)
    run.due[ordinal] = fact.due
    run.enqueue(ordinal)


def _closed(attempt: OpenAttempt, fact: ContactClosed, cursor: int) -> None:
    _, ordinal, _, status, rule = fact
    attempt.book.attempts.decided[attempt.serial] = cursor
    run = _decided(attempt, CODE[status], rule)
    if run.callbacks:
        run.set_callback(ordinal, "cancelled" if status is _S.EXCLUDED else "missed")


def _awaited(attempt: OpenAttempt, fact: AnalysisAwaited, _: int) -> None:
    attempt.of.move(fact.contact, _S.AWAITING_ANALYSIS)
    _watch(attempt, fact.check_at)


def _analysis(attempt: OpenAttempt | PastAttempt, fact: AnalysisArrived, cursor: int) -> None:
    attempt.book.attempts.analysed[attempt.serial] = cursor
    if isinstance(attempt, OpenAttempt):
        attempt.analysis, attempt.analysed = fact, True


def _excluded(book: Book, fact: NumberExcluded) -> None:
    book.excluded.add(encode(fact.number.reveal()))
    if fact.contact < 0:
        return
    if fact.closes:
        _settle_awaiting(book, fact.contact)
        book.run.move(fact.contact, _S.EXCLUDED)
    book.run.cancel_callback(fact.contact)


def _readded(book: Book, fact: NumberReadded) -> None:
    book.excluded.discard(encode(fact.number.reveal()))
    if fact.opens:
        book.run.begin_anew(fact.contact)


def _settle_awaiting(book: Book, contact: int | None) -> None:
    """Mark ended calls whose analysis is no longer awaited as decided: of one contact, or of all."""
    rule, status = ("excluded", _S.EXCLUDED) if contact is not None else ("campaign_over", _S.COMPLETED)
    for attempt in [each for each in book.exchange.open.values() if each.book is book]:
        if attempt.status is _ENDED and contact in {None, attempt.ordinal}:
            # One fact tells of all of them.
            book.settled[attempt.serial] = rule
            _decided(attempt, CODE[status], rule)


def _nothing(_row: object, _fact: object, _: int) -> None:
    """The fact is for the log only."""


APPLY_TO_ATTEMPT: dict[type, Callable[[Any, Any, int], None]] = {
    AttemptSubmitted: _submitted,
    CarrierRefLearned: _ref_learned,
    AttemptRang: _rang,
    AttemptAnswered: _answered,
    BotReported: _bot_reported,
    AttemptUnknown: _unknown,
    AttemptEnded: _ended,
    AttemptReturned: _returned,
    AnalysisArrived: _analysis,
    ReportIgnored: _nothing,
    RetryScheduled: _retry,
    CallbackScheduled: _callback,
    CallbackDeclined: _nothing,
    AnalysisAwaited: _awaited,
    ContactClosed: _closed,
}
"""How each fact changes the rows of an attempt and its contact; the store looks it up by the fact's class."""


def apply_to_campaign(book: Book, fact: object) -> None:
    """Change the rows of a campaign as a fact says; most of them are for the log only."""
    if isinstance(fact, NumberExcluded):
        _excluded(book, fact)
    elif isinstance(fact, NumberReadded):
        _readded(book, fact)


def apply_move(book: Book, move: Move) -> tuple[ContactStatus | None, int]:
    """Make a bulk move within one campaign; return where the contacts went, and how many."""
    run = book.run
    if isinstance(move, CloseWaiting):
        run.cancel_callbacks()
        return move.status, run.move_all(dict.fromkeys(WAITING, move.status))
    if isinstance(move, CloseAwaiting):
        count = run.counts[CODE[_S.AWAITING_ANALYSIS]]
        _settle_awaiting(book, None)
        return _S.COMPLETED, count
    if isinstance(move, CloseUsedUp):
        return None, run.close_used_up(move, book.exchange.codes.code("attempts_used_up"))
    if isinstance(move, CancelCallbacks):
        return None, run.cancel_callbacks()
    if isinstance(move, NewRun):
        book.runs.append(Run(run.number + 1, len(book.numbers)))
        book.apply_exclusions()
        return _S.PENDING, len(book.numbers)
    if isinstance(move, DropRun):
        book.runs.pop()
        book.apply_exclusions()
        return None, len(book.numbers)
    raise TypeError(f"{type(move).__name__} is not a move within one campaign.")  # pragma: no cover
