"""What pages that people look at ask of one campaign in memory; found by looking it through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice

from ori_campaigns.browsing import NEWEST, NOT_DIALLED, ContactFilter
from ori_campaigns.contact import Attempt, Contact
from ori_campaigns.events import AttemptReturned
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.stores.memory.book import Book
from ori_campaigns.stores.memory.rows import encode
from ori_campaigns.stores.memory.runs import CODE


def contacts(book: Book, only: ContactFilter, after: int, limit: int) -> Sequence[Contact]:
    """Return a page of the contacts that are wanted."""
    found = (book.contact(ordinal) for ordinal in _likely(book, only, after))
    if only.disposition:
        reached = _reached(book, only.disposition)
        found = (contact for contact in found if contact.ordinal in reached)
    return list(islice(found, limit))


def _likely(book: Book, only: ContactFilter, after: int) -> Iterator[int]:
    """Return who is wanted, whatever came of their calls; no contact is made for those who are not."""
    run, status = book.run, None if only.status is None else CODE[only.status]
    ordinals: Iterator[int] = iter(range(after + 1, len(book.numbers)))
    if only.number is not None:
        place = book.find(encode(only.number.reveal()))
        ordinals = iter(() if place is None or place <= after else (place,))
    for ordinal in ordinals:
        if status is not None and run.status[ordinal] != status:
            continue
        if only.callback:
            callback = run.callbacks.get(ordinal)
            if callback is None or callback.state != only.callback:
                continue
        yield ordinal


def _reached(book: Book, disposition: str) -> set[int]:
    """Return the contacts of whom a call of the current run ended so, or was said to."""
    log, columns, opened = book.exchange.log, book.attempts, book.exchange.open
    found = set()
    for serial in _of_run(book, book.run.number):
        over, analysed = columns.over[serial], columns.analysed[serial]
        here = opened.get(f"{book.campaign.id}-{serial}")
        if here is not None:
            words = {here.disposition, here.business_disposition}
        else:
            words = {log.fact(over).disposition} if log.kind(over) is not AttemptReturned else set()
            words |= {log.fact(analysed).business_disposition} if analysed else set()
        if disposition in words:
            found.add(log.stream(columns.reserved[serial]))
    return found


def _of_run(book: Book, number: int) -> Iterator[int]:
    return (serial for serial, run in enumerate(book.attempts.run) if run == number)


def attempts_of(book: Book, contacts: Sequence[int]) -> Sequence[Attempt]:
    """Return all attempts of these contacts, by serial."""
    wanted, stream = set(contacts), book.exchange.log.stream
    return [
        book.attempt_value(serial) for serial, cursor in enumerate(book.attempts.reserved) if stream(cursor) in wanted
    ]


def number_use(book: Book, run: int | None) -> dict[PhoneNumber, int]:
    """Return how many calls of a run were made from each number."""
    log, reserved = book.exchange.log, book.attempts.reserved
    number = book.run.number if run is None else run
    used = Counter(log.fact(reserved[serial]).from_number for serial in _of_run(book, number) if _dialled(book, serial))
    return dict(used)


def dialled_since(book: Book, since: Instant) -> int:
    """Return how many of the newest calls were reserved since then."""
    log, reserved = book.exchange.log, book.attempts.reserved
    newest = range(max(len(reserved) - NEWEST, 0), len(reserved))
    return sum(log.fact(reserved[serial]).at >= since and _dialled(book, serial) for serial in newest)


def _dialled(book: Book, serial: int) -> bool:
    over = book.attempts.over[serial]
    if over:
        return book.exchange.log.kind(over) is not AttemptReturned
    return book.exchange.open[f"{book.campaign.id}-{serial}"].status not in NOT_DIALLED
