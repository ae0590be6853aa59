"""How each fact and each bulk move changes the in-memory rows. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
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
    LifecycleChanged,
    NumberExcluded,
    ReportIgnored,
    RetryScheduled,
)
from ori_campaigns.stores.book import Book, OpenAttempt, PackedAttempt, encode
from ori_campaigns.stores.exchange import Exchange
from ori_campaigns.stores.runs import Run
from ori_campaigns.views import CancelCallbacks, CloseAwaiting, CloseUsedUp, CloseWaiting, DropRun, Move, NewRun

_S, _A = ContactStatus, AttemptStatus
_MACHINES = frozenset({"voicemail", "machine"})


def _open(exchange: Exchange, attempt_id: str) -> OpenAttempt:
    return exchange.open[attempt_id]


def _reserved(book: Book, fact: AttemptReserved) -> None:
    exchange, run, ordinal = book.exchange, book.run, fact.contact
    serial = book.attempts.append(ordinal, 0, 0, 0, 0, 0)
    attempt = OpenAttempt(
        book,
        run,
        serial,
        fact.attempt,
        ordinal,
        fact.number_in_budget,
        fact.kind,
        fact.from_number,
        fact.carrier,
        fact.at,
        fact.not_after,
        fact.check_at,
        book.row(ordinal).status,
    )
    exchange.open[fact.attempt] = attempt
    exchange.busy.add(book.numbers[ordinal])
    exchange.watch(attempt)
    trunk = exchange.trunks[book.campaign.workspace, fact.carrier]
    trunk.live += 1
    run.live += 1
    run.attempts[ordinal] += 1
    run.move(ordinal, _S.CALLING)
    book.served_at = fact.at


def _leaves(run: Run, attempt: OpenAttempt, status: AttemptStatus) -> None:
    """Move an attempt, keeping the counts of live calls by what they do."""
    old = attempt.status
    if old is _A.RESERVED:
        run.dialled += 1
    elif old is _A.RINGING:
        run.ringing -= 1
    elif old in {_A.ANSWERED, _A.IN_PROGRESS}:
        run.in_progress -= 1
    if status is _A.RINGING:
        run.ringing += 1
    elif status is _A.ANSWERED or status is _A.IN_PROGRESS:
        run.in_progress += 1
    attempt.status = status


def _submitted(book: Book, fact: AttemptSubmitted) -> None:
    attempt = _open(book.exchange, fact.attempt)
    _leaves(attempt.of, attempt, _A.SUBMITTED)
    book.exchange.rewatch(attempt, fact.check_at)
    if fact.carrier_ref:
        _learn(book, attempt, fact.carrier_ref)


def _learn(book: Book, attempt: OpenAttempt, carrier_ref: str) -> None:
    attempt.carrier_ref = carrier_ref
    book.exchange.by_ref[carrier_ref] = attempt.id


def _ref_learned(book: Book, fact: CarrierRefLearned) -> None:
    _learn(book, _open(book.exchange, fact.attempt), fact.carrier_ref)


def _rang(book: Book, fact: AttemptRang) -> None:
    attempt = _open(book.exchange, fact.attempt)
    _leaves(attempt.of, attempt, _A.RINGING)
    attempt.rang_at = fact.at
    book.exchange.rewatch(attempt, fact.check_at)


def _answered(book: Book, fact: AttemptAnswered) -> None:
    attempt = _open(book.exchange, fact.attempt)
    _leaves(attempt.of, attempt, _A.IN_PROGRESS if attempt.began else _A.ANSWERED)
    if attempt.answered_at is None:
        attempt.of.answered += 1
    attempt.answered_at = fact.at
    book.exchange.rewatch(attempt, fact.check_at)


def _bot_reported(book: Book, fact: BotReported) -> None:
    attempt = _open(book.exchange, fact.attempt)
    if fact.began is not None:
        attempt.began = fact.began
    attempt.bot_disposition = fact.disposition or attempt.bot_disposition
    if fact.began and attempt.status is _A.ANSWERED:
        _leaves(attempt.of, attempt, _A.IN_PROGRESS)


def _unknown(book: Book, fact: AttemptUnknown) -> None:
    attempt = _open(book.exchange, fact.attempt)
    _leaves(attempt.of, attempt, _A.UNKNOWN)
    book.exchange.rewatch(attempt, fact.check_at)


def _free(book: Book, attempt: OpenAttempt) -> None:
    """Give the seat, the channel and the number back."""
    exchange = book.exchange
    exchange.trunks[book.campaign.workspace, attempt.carrier].live -= 1
    exchange.busy.discard(book.numbers[attempt.contact])
    exchange.by_ref.pop(attempt.carrier_ref, None)
    attempt.of.live -= 1


def _ended(book: Book, fact: AttemptEnded) -> None:
    attempt = _open(book.exchange, fact.attempt)
    run, ordinal = attempt.of, fact.contact
    _leaves(run, attempt, _A.ENDED)
    if fact.answered_at is not None and attempt.answered_at is None:
        run.answered += 1
    attempt.ended_at, attempt.answered_at, attempt.rang_at = fact.at, fact.answered_at, fact.rang_at
    attempt.disposition, attempt.detail = fact.disposition, fact.detail
    attempt.connected, attempt.talk = fact.connected, fact.talk
    if fact.connected:
        run.connects += 1
        run.last_connected[ordinal] = fact.talk
        if not run.connected[ordinal]:
            run.connected[ordinal] = 1
            run.connected_contacts += 1
        if attempt.kind is AttemptKind.CALLBACK:
            run.set_callback(ordinal, "completed")
    if fact.disposition in _MACHINES:
        run.machines += 1
    _free(book, attempt)


def _returned(book: Book, fact: AttemptReturned) -> None:
    attempt = _open(book.exchange, fact.attempt)
    run, ordinal = attempt.of, fact.contact
    _leaves(run, attempt, fact.status)
    run.dialled -= 1
    run.attempts[ordinal] -= 1
    attempt.ended_at, attempt.detail = fact.at, fact.why
    _free(book, attempt)
    run.move(ordinal, fact.to)
    if fact.to in FINAL:
        run.cancel_callback(ordinal)
    else:
        run.enqueue(ordinal)
    book.pack(attempt)


def _decided(book: Book, attempt_id: str, rule: str) -> None:
    attempt = book.exchange.open.get(attempt_id)
    if attempt is not None:
        attempt.rule = rule
        attempt.decided = True
        book.pack(attempt)


def _retry(book: Book, fact: RetryScheduled) -> None:
    run, ordinal = book.run, fact.contact
    run.move(ordinal, _S.RETRY_SCHEDULED)
    run.set_callback(ordinal, "missed")
    run.due[ordinal] = fact.due
    run.rule[ordinal] = book.exchange.codes.code(fact.rule)
    run.enqueue(ordinal)
    _decided(book, fact.attempt, fact.rule)


def _callback(book: Book, fact: CallbackScheduled) -> None:
    run, ordinal = book.run, fact.contact
    run.move(ordinal, _S.CALLBACK_SCHEDULED)
    run.due[ordinal] = fact.due
    run.callbacks[ordinal] = Callback(fact.due, fact.sequence, fact.text, fact.reason)
    run.rule[ordinal] = book.exchange.codes.code(fact.rule)
    run.enqueue(ordinal)
    _decided(book, fact.attempt, fact.rule)


def _closed(book: Book, fact: ContactClosed) -> None:
    run, ordinal = book.run, fact.contact
    run.move(ordinal, fact.status)
    run.set_callback(ordinal, "cancelled" if fact.status is _S.EXCLUDED else "missed")
    run.rule[ordinal] = book.exchange.codes.code(fact.rule)
    _decided(book, fact.attempt, fact.rule)


def _awaited(book: Book, fact: AnalysisAwaited) -> None:
    book.run.move(fact.contact, _S.AWAITING_ANALYSIS)
    book.exchange.rewatch(_open(book.exchange, fact.attempt), fact.check_at)


def _analysis(book: Book, fact: AnalysisArrived) -> None:
    attempt = book.attempt(fact.attempt)
    if isinstance(attempt, PackedAttempt):
        book.analysed(attempt, fact.business_disposition)
    elif attempt is not None:
        attempt.business_disposition = fact.business_disposition
        attempt.callback_request = fact.callback
        attempt.analysed = True


def _excluded(book: Book, fact: NumberExcluded) -> None:
    book.excluded.add(encode(fact.number.reveal()))
    if fact.contact < 0:
        return
    if fact.closes:
        book.run.move(fact.contact, _S.EXCLUDED)
        _settle_awaiting(book, fact.contact)
    book.run.cancel_callback(fact.contact)


def _settle_awaiting(book: Book, contact: int | None) -> None:
    """Mark ended calls whose analysis is no longer awaited as decided: of one contact, or of all."""
    rule = "excluded" if contact is not None else "campaign_over"
    for attempt in [each for each in book.exchange.open.values() if each.book is book]:
        if attempt.status is _A.ENDED and contact in {None, attempt.contact}:
            attempt.of.rule[attempt.contact] = book.exchange.codes.code(rule)
            _decided(book, attempt.id, rule)


def _nothing(_book: Book, _fact: object) -> None:
    """The fact is for the log only."""


_APPLY: Mapping[type, Callable[[Book, Any], None]] = MappingProxyType(
    {
        AttemptReserved: _reserved,
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
        NumberExcluded: _excluded,
        LifecycleChanged: _nothing,
    }
)


def apply(book: Book, fact: object) -> None:
    """Change the rows as the fact says."""
    _APPLY[type(fact)](book, fact)


def apply_move(book: Book, move: Move) -> tuple[ContactStatus | None, int]:
    """Make a bulk move within one campaign; return where the contacts went, and how many."""
    run = book.run
    if isinstance(move, CloseWaiting):
        run.cancel_callbacks()
        return move.status, run.move_all(dict.fromkeys(WAITING, move.status))
    if isinstance(move, CloseAwaiting):
        _settle_awaiting(book, None)
        return _S.COMPLETED, run.move_all({_S.AWAITING_ANALYSIS: _S.COMPLETED})
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
