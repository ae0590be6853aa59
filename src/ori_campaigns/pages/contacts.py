"""The contacts of a campaign, a page at a time, each with its calls; as values that go to JSON and back.

Numbers of people are masked, and what is known of them is left out, unless a page is asked to reveal them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.browsing import ContactFilter
from ori_campaigns.contact import WAITING, Attempt, AttemptStatus, Callback, Contact, ContactStatus
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.instants import SECOND, Instant, to_datetime
from ori_campaigns.numbers import PhoneNumber, masked
from ori_campaigns.pages.parts import PageFilter, choose, named, said, zone_of
from ori_campaigns.pages.texts import DETAIL_TEXTS, DetailTexts

CALLBACK_STATES = ("scheduled", "completed", "missed", "cancelled")
"""What may become of a callback (K8)."""
MOST_CONTACTS = 1000
"""The longest page."""


def _discreet(number: str) -> str:
    return repr(masked(number))


@attrs.frozen
class CallEntry:
    """One call to a contact; times are aware datetimes, `None` where it did not happen.

    Parameters:
        attempt_id: as the carrier knows it.
        run, number_in_budget: in which run, and the how-manieth.
        talk_seconds: from answer to hang-up.
        connected: a conversation began.
        disposition, detail, business_disposition: what came of it.
        rule: the rule that decided what followed.
    """

    attempt_id: str
    run: int
    number_in_budget: int
    kind: str
    from_number: str = attrs.field(repr=_discreet)
    carrier: str
    status: AttemptStatus
    reserved: datetime
    rang: datetime | None
    answered: datetime | None
    ended: datetime | None
    talk_seconds: float
    connected: bool
    disposition: str
    detail: str
    business_disposition: str
    rule: str


@attrs.frozen
class CallbackEntry:
    """The latest callback of a contact; what was said only where the page reveals it."""

    state: str
    label: str
    due: datetime
    said: str = attrs.field(repr=False)
    reason: str


@attrs.frozen
class ContactEntry:
    """A contact in the current run, with all its calls, those of earlier runs included.

    Parameters:
        ordinal: its place on the list, from 0.
        number: masked unless revealed.
        variables: empty unless revealed.
        attempts: calls that count against the budget.
        due: when it may be called next, before windows and other gates; only while it waits for a set time.
        rule: the rule of the last decision.
        calls: in their order.
    """

    ordinal: int
    number: str = attrs.field(repr=_discreet)
    variables: Mapping[str, str] = attrs.field(repr=False)
    status: ContactStatus
    status_label: str
    attempts: int
    due: datetime | None
    excluded: bool
    rule: str
    callback: CallbackEntry | None
    calls: tuple[CallEntry, ...]


@attrs.frozen
class ContactsPage:
    """A page of contacts.

    Parameters:
        status, number, disposition, callback: the filters, with what they are set to.
        rows: the contacts that passed all of them, in the order of the list.
        empty: what is shown instead of rows, empty while there are some.
        more: there are contacts behind these.
        cursor: give it as `after` for the next page; -1 where there is none.
    """

    status: PageFilter
    number: PageFilter = attrs.field(repr=False)
    disposition: PageFilter
    callback: PageFilter
    rows: tuple[ContactEntry, ...]
    empty: str
    more: bool
    cursor: int


def contacts_page(
    found: Sequence[Contact],
    attempts: Iterable[Attempt],
    only: ContactFilter,
    limit: int,
    *,
    reveal: bool = False,
    texts: DetailTexts = DETAIL_TEXTS,
    zone: str = "UTC",
) -> ContactsPage:
    """Return a page of contacts.

    Parameters:
        found: the contacts that pass the filter, from where the page begins; one more than fits if there are more.
        attempts: all attempts of those shown, by serial.
        only: what the filters are set to.
        limit: contacts on the page.
        reveal: show numbers, call variables and what people said.
        texts: what is said.
        zone: the IANA name of the zone in which times are shown.
    """
    clock, shown, more = zone_of(zone), found[:limit], len(found) > limit
    calls: dict[int, list[CallEntry]] = {each.ordinal: [] for each in shown}
    for each in attempts:
        if each.contact in calls:
            calls[each.contact].append(_call(each, clock))
    statuses = {"": texts.all_contacts, **named(texts.contact_statuses, ContactStatus)}
    states = {"": texts.all_callbacks, **named(texts.callback_states, CALLBACK_STATES)}
    return ContactsPage(
        status=choose("status", texts.status_filter, only.status or "", statuses),
        number=PageFilter("number", texts.number_filter, only.number.reveal() if only.number else ""),
        disposition=PageFilter("disposition", texts.disposition_filter, only.disposition),
        callback=choose("callback", texts.callback_filter, only.callback, states),
        rows=tuple(
            _contact(each, tuple(calls[each.ordinal]), texts=texts, zone=clock, reveal=reveal) for each in shown
        ),
        empty="" if shown else texts.no_contacts,
        more=more,
        cursor=shown[-1].ordinal if more else -1,
    )


def contact_filter(
    status: ContactStatus | str | None, number: PhoneNumber | None, disposition: str, callback: str
) -> ContactFilter:
    """Return a filter of what a request says; what is empty filters nothing.

    Raises:
        InvalidDefinition: codes `unknown_status`, `unknown_callback_state`.
    """
    problems = []
    known: ContactStatus | None = None
    try:
        known = ContactStatus(status) if status else None
    except ValueError:
        hint = f"Give one of {', '.join(ContactStatus)}, or none."
        problems.append(Problem("status", "unknown_status", f"There is no status {status!r} of contacts.", hint))
    if callback and callback not in CALLBACK_STATES:
        hint = f"Give one of {', '.join(CALLBACK_STATES)}, or none."
        told = f"There is no state {callback!r} of callbacks."
        problems.append(Problem("callback", "unknown_callback_state", told, hint))
    if problems:
        raise InvalidDefinition(problems, what="The filter")
    return ContactFilter(known, number, disposition, callback)


def _contact(
    contact: Contact, calls: tuple[CallEntry, ...], *, texts: DetailTexts, zone: ZoneInfo, reveal: bool
) -> ContactEntry:
    return ContactEntry(
        ordinal=contact.ordinal,
        number=contact.number.reveal() if reveal else str(contact.number),
        variables=dict(contact.variables) if reveal else {},
        status=contact.status,
        status_label=said(texts.contact_statuses, contact.status),
        attempts=contact.attempts,
        due=_at(contact.due, zone) if contact.due and contact.status in WAITING else None,
        excluded=contact.excluded,
        rule=contact.rule,
        callback=None if contact.callback is None else _callback(contact.callback, texts, zone, reveal=reveal),
        calls=calls,
    )


def _callback(callback: Callback, texts: DetailTexts, zone: ZoneInfo, *, reveal: bool) -> CallbackEntry:
    return CallbackEntry(
        state=callback.state,
        label=said(texts.callback_states, callback.state),
        due=to_datetime(callback.due, zone),
        said=callback.text if reveal else "",
        reason=callback.reason,
    )


def _call(attempt: Attempt, zone: ZoneInfo) -> CallEntry:
    return CallEntry(
        attempt_id=attempt.id,
        run=attempt.run,
        number_in_budget=attempt.number_in_budget,
        kind=attempt.kind.value,
        from_number=attempt.from_number.reveal(),
        carrier=attempt.carrier,
        status=attempt.status,
        reserved=to_datetime(attempt.reserved_at, zone),
        rang=_at(attempt.rang_at, zone),
        answered=_at(attempt.answered_at, zone),
        ended=_at(attempt.ended_at, zone),
        talk_seconds=attempt.talk / SECOND,
        connected=attempt.connected,
        disposition=attempt.disposition,
        detail=attempt.detail,
        business_disposition=attempt.business_disposition,
        rule=attempt.rule,
    )


def _at(instant: Instant | None, zone: ZoneInfo) -> datetime | None:
    return None if instant is None else to_datetime(instant, zone)
