"""Frames of contacts, attempts and events, read from any store page by page (M5, M7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import polars as pl

from ori_campaigns.instants import Instant
from ori_campaigns.lifecycle import first_dialable
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.ports import Store

_PAGE = 10_000
_MOMENT = pl.Datetime("us", "UTC")
_T = TypeVar("_T")

ATTEMPT_COLUMNS = {
    "attempt_id": pl.String,
    "contact": pl.Int64,
    "phone_number": pl.String,
    "run": pl.Int64,
    "attempt": pl.Int64,
    "kind": pl.String,
    "from_number": pl.String,
    "carrier": pl.String,
    "status": pl.String,
    "reserved_at": _MOMENT,
    "rang_at": _MOMENT,
    "answered_at": _MOMENT,
    "ended_at": _MOMENT,
    "talk_seconds": pl.Float64,
    "connected": pl.Boolean,
    "disposition": pl.String,
    "detail": pl.String,
    "business_disposition": pl.String,
    "rule": pl.String,
}
CONTACT_COLUMNS = {
    "contact": pl.Int64,
    "phone_number": pl.String,
    "status": pl.String,
    "attempts": pl.Int64,
    "due": _MOMENT,
    "dialable": _MOMENT,
    "excluded": pl.Boolean,
    "connected": pl.Boolean,
    "rule": pl.String,
}
EVENT_COLUMNS = {
    "cursor": pl.Int64,
    "at": _MOMENT,
    "stream": pl.Int64,
    "sequence": pl.Int64,
    "event": pl.String,
    "facts": pl.String,
}


def _pages(read: Callable[[int], Sequence[_T]], last: Callable[[_T], int]) -> Iterator[_T]:
    after = -1
    while page := read(after):
        yield from page
        after = last(page[-1])


def _shown(number: PhoneNumber, *, reveal: bool) -> str:
    return number.reveal() if reveal else str(number)


def attempts_frame(store: Store, campaign_id: str, *, reveal: bool = True) -> pl.DataFrame:
    """Return one row for each attempt, of all runs, in the order of reservation.

    Parameters:
        reveal: show whole phone numbers; `False` masks them.

    Returns:
        Columns `attempt_id`, `contact` (ordinal), `phone_number`, `run`, `attempt` (number in the budget), `kind`,
        `from_number`, `carrier`, `status`, `reserved_at`, `rang_at`, `answered_at`, `ended_at` (UTC),
        `talk_seconds`, `connected`, `disposition`, `detail`, `business_disposition`, `rule` (what decided).
    """
    numbers = {contact.ordinal: contact.number for contact in _contacts(store, campaign_id)}
    rows = [
        (
            each.id,
            each.contact,
            _shown(numbers[each.contact], reveal=reveal),
            each.run,
            each.number_in_budget,
            each.kind.value,
            _shown(each.from_number, reveal=reveal),
            each.carrier,
            each.status.value,
            each.reserved_at,
            each.rang_at,
            each.answered_at,
            each.ended_at,
            each.talk / 1e6,
            each.connected,
            each.disposition,
            each.detail,
            each.business_disposition,
            each.rule,
        )
        for each in _pages(
            lambda after: store.attempts(campaign_id, after, _PAGE), lambda each: int(each.id.rpartition("-")[2])
        )
    ]
    return _frame(rows, ATTEMPT_COLUMNS)


def _contacts(store: Store, campaign_id: str) -> Iterator[Any]:
    return _pages(lambda after: store.contacts(campaign_id, after, _PAGE), lambda contact: contact.ordinal)


def contacts_frame(store: Store, campaign_id: str, *, reveal: bool = True) -> pl.DataFrame:
    """Return one row for each contact of the current run, in list order.

    Parameters:
        reveal: show whole phone numbers; `False` masks them.

    Returns:
        Columns `contact` (ordinal), `phone_number`, `status`, `attempts`, `due` (UTC, null unless scheduled),
        `dialable` (the first instant from `due` on that the window allows, R12), `excluded`,
        `connected`, `rule`; then one String column for each call variable.
    """
    campaign = store.campaign(campaign_id)
    rows: list[tuple[object, ...]] = []
    variables: list[dict[str, str]] = []
    for each in _contacts(store, campaign_id):
        due: Instant | None = each.due if each.due and each.status.value.endswith("_scheduled") else None
        shown = _shown(each.number, reveal=reveal)
        dialable = None if due is None else first_dialable(campaign, due)
        told = (each.ordinal, shown, each.status.value, each.attempts, due, dialable)
        rows.append((*told, each.excluded, each.connected, each.rule))
        variables.append(dict(each.variables))
    names = dict.fromkeys(name for each in variables for name in each)
    clash = {name: f"variable_{name}" if name in CONTACT_COLUMNS else name for name in names}
    extra = [pl.Series(clash[name], [each.get(name) for each in variables], dtype=pl.String) for name in names]
    return _frame(rows, CONTACT_COLUMNS).with_columns(extra)


def events_frame(store: Store, campaign_id: str) -> pl.DataFrame:
    """Return one row for each event of a campaign's log, in the order in which they were committed.

    Returns:
        Columns `cursor`, `at` (UTC), `stream` (the contact's ordinal, -1 for the campaign), `sequence`, `event` (the
        class of the fact), `facts` (its other fields, readable; numbers masked).
    """
    rows = []
    for event in _pages(lambda after: store.events(after, _PAGE, campaign_id), lambda event: event.cursor):
        fact = event.fact
        fields = {name: value for name, value in fact._asdict().items() if name not in {"at", "contact"}}
        told = ", ".join(f"{name}={value}" for name, value in fields.items() if value not in ("", None))
        rows.append((event.cursor, fact.at, event.stream, event.sequence, type(fact).__name__, told))
    return _frame(rows, EVENT_COLUMNS)


def _frame(rows: Sequence[tuple[object, ...]], columns: dict[str, Any]) -> pl.DataFrame:
    # Instants arrive as integers; building the columns as such and casting is exact and quick.
    raw = {name: pl.Int64 if kind == _MOMENT else kind for name, kind in columns.items()}
    frame = pl.DataFrame(rows, schema=raw, orient="row")
    return frame.with_columns(
        pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        for name, kind in columns.items()
        if kind == _MOMENT
    )
