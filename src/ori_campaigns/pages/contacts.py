"""The contacts of a campaign, a page at a time, each with its calls; as values that go to JSON and back.

Numbers of people are masked, and what is known of them is left out, unless a page is asked to reveal them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.browsing import ContactFilter
from ori_campaigns.config import SYSTEM_DISPOSITIONS
from ori_campaigns.contact import WAITING, Attempt, AttemptStatus, Callback, Contact, ContactStatus
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.instants import SECOND, Instant, to_datetime
from ori_campaigns.numbers import PhoneNumber, masked
from ori_campaigns.pages.detail_texts import DETAIL_TEXTS, DetailTexts
from ori_campaigns.pages.parts import Choice, PageFilter, choose, counted, named, said, shown_moment, zone_of

CALLBACK_STATES = ("scheduled", "completed", "missed", "cancelled")
"""What may become of a callback (K8)."""
OUTCOMES = (
    *SYSTEM_DISPOSITIONS,
    *("bot", "customer", "transfer", "voicemail", "machine", "abandoned", "outside_hours"),
)
"""The dispositions of calls (N5); those of an analysis are the host's own words."""
MOST_CONTACTS = 1000
"""The longest page."""


def _discreet(number: str) -> str:
    return repr(masked(number))


@attrs.frozen
class CallEntry:
    """One call to a contact; times are aware datetimes, `None` where it did not happen.

    Parameters:
        attempt_id: as the carrier knows it.
        run, run_text, number_in_budget: in which run, and the how-manieth.
        kind, kind_text: why it was made.
        from_number, from_text: in full.
        reserved, reserved_text: when it was decided.
        talk_seconds, talk_text: from answer to hang-up; the text is empty where nobody talked.
        connected: a conversation began.
        disposition, detail, business_disposition: what came of it.
        outcome_text: its disposition and detail in words; while it has none, how far it has come.
        rule, rule_text: the rule that decided what followed; empty while none has.
    """

    attempt_id: str
    run: int
    run_text: str
    number_in_budget: int
    kind: str
    kind_text: str
    from_number: str = attrs.field(repr=_discreet)
    from_text: str = attrs.field(repr=False)
    carrier: str
    status: AttemptStatus
    reserved: datetime
    reserved_text: str
    rang: datetime | None
    answered: datetime | None
    ended: datetime | None
    talk_seconds: float
    talk_text: str
    connected: bool
    disposition: str
    detail: str
    outcome_text: str
    business_disposition: str
    rule: str
    rule_text: str


@attrs.frozen
class CallbackEntry:
    """The latest callback of a contact.

    Parameters:
        state, label: what became of it.
        due, text: when it is due, and both in words.
        said: what the person said, empty unless revealed.
        reason, reason_text: why it is at that time, empty when the words were clear.
    """

    state: str
    label: str
    due: datetime
    text: str
    said: str = attrs.field(repr=False)
    reason: str
    reason_text: str


@attrs.frozen
class ContactEntry:
    """A contact in the current run, with all its calls, those of earlier runs included.

    Parameters:
        ordinal, place: its place on the list, from 0, and as people count.
        number: masked unless revealed.
        variables: empty unless revealed.
        attempts, attempts_text: calls that count against the budget.
        due, due_text: when it may be called next, before windows and other gates; only while it waits for a set time.
        excluded, excluded_text: the number is excluded; the text is empty where the status says so already.
        rule: the rule of the last decision; what it said of a call stands at the call.
        calls: in their order.
    """

    ordinal: int
    place: str
    number: str = attrs.field(repr=_discreet)
    variables: Mapping[str, str] = attrs.field(repr=False)
    status: ContactStatus
    status_label: str
    attempts: int
    attempts_text: str
    due: datetime | None
    due_text: str
    excluded: bool
    excluded_text: str
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
        more_label: what the button for them is called.
        cursor: give it as `after` for the next page; -1 where there is none.
    """

    status: PageFilter
    number: PageFilter = attrs.field(repr=False)
    disposition: PageFilter
    callback: PageFilter
    rows: tuple[ContactEntry, ...]
    empty: str
    more: bool
    more_label: str
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
            calls[each.contact].append(_call(each, texts, clock))
    statuses = {"": texts.all_contacts, **named(texts.contact_statuses, ContactStatus)}
    states = {"": texts.all_callbacks, **named(texts.callback_states, CALLBACK_STATES)}
    suggested = tuple(Choice(word, said(texts.dispositions, word), word == only.disposition) for word in OUTCOMES)
    return ContactsPage(
        status=choose("status", texts.status_filter, only.status or "", statuses),
        number=PageFilter("number", texts.number_filter, only.number.reveal() if only.number else ""),
        disposition=PageFilter("disposition", texts.disposition_filter, only.disposition, suggestions=suggested),
        callback=choose("callback", texts.callback_filter, only.callback, states),
        rows=tuple(
            _contact(each, tuple(calls[each.ordinal]), texts=texts, zone=clock, reveal=reveal) for each in shown
        ),
        empty="" if shown else texts.no_contacts,
        more=more,
        more_label=texts.rows.more,
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
    due = contact.due if contact.due and contact.status in WAITING else None
    at = shown_moment(due, texts.rows, zone)
    tells = contact.excluded and contact.status is not ContactStatus.EXCLUDED
    return ContactEntry(
        ordinal=contact.ordinal,
        place=f"{contact.ordinal + 1:,}",
        number=contact.number.reveal() if reveal else str(contact.number),
        variables=dict(contact.variables) if reveal else {},
        status=contact.status,
        status_label=said(texts.contact_statuses, contact.status),
        attempts=contact.attempts,
        attempts_text=counted(texts.counted, "attempt", contact.attempts),
        due=_at(due, zone),
        due_text=texts.next_call.format(at=at) if at else "",
        excluded=contact.excluded,
        excluded_text=texts.excluded if tells else "",
        rule=contact.rule,
        callback=None if contact.callback is None else _callback(contact.callback, texts, zone, reveal=reveal),
        calls=calls,
    )


def _callback(callback: Callback, texts: DetailTexts, zone: ZoneInfo, *, reveal: bool) -> CallbackEntry:
    label, at = said(texts.callback_states, callback.state), shown_moment(callback.due, texts.rows, zone)
    reasons = (word.strip() for word in callback.reason.split(","))
    return CallbackEntry(
        state=callback.state,
        label=label,
        due=to_datetime(callback.due, zone),
        text=texts.callback.format(state=label, at=at),
        said=callback.text if reveal else "",
        reason=callback.reason,
        reason_text=", ".join(said(texts.callback_reasons, word) for word in reasons if word),
    )


def _outcome(attempt: Attempt, texts: DetailTexts) -> str:
    if not attempt.disposition:
        return said(texts.call_statuses, attempt.status)
    outcome = said(texts.dispositions, attempt.disposition)
    if not attempt.detail:
        return outcome
    return texts.with_detail.format(outcome=outcome, detail=said(texts.outcome_details, attempt.detail))


def _call(attempt: Attempt, texts: DetailTexts, zone: ZoneInfo) -> CallEntry:
    minutes, seconds = divmod(attempt.talk // SECOND, 60)
    number = attempt.from_number.reveal()
    return CallEntry(
        attempt_id=attempt.id,
        run=attempt.run,
        run_text=texts.in_run.format(run=attempt.run),
        number_in_budget=attempt.number_in_budget,
        kind=attempt.kind.value,
        kind_text=said(texts.kinds, attempt.kind),
        from_number=number,
        from_text=texts.call_from.format(number=number),
        carrier=attempt.carrier,
        status=attempt.status,
        reserved=to_datetime(attempt.reserved_at, zone),
        reserved_text=shown_moment(attempt.reserved_at, texts.rows, zone),
        rang=_at(attempt.rang_at, zone),
        answered=_at(attempt.answered_at, zone),
        ended=_at(attempt.ended_at, zone),
        talk_seconds=attempt.talk / SECOND,
        talk_text=texts.talked.format(minutes=minutes, seconds=seconds) if attempt.talk else "",
        connected=attempt.connected,
        disposition=attempt.disposition,
        detail=attempt.detail,
        outcome_text=_outcome(attempt, texts),
        business_disposition=attempt.business_disposition,
        rule=attempt.rule,
        rule_text=said(texts.rules, attempt.rule),
    )


def _at(instant: Instant | None, zone: ZoneInfo) -> datetime | None:
    return None if instant is None else to_datetime(instant, zone)
