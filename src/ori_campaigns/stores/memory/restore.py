"""Put a copy of a live campaign into an in-memory store, as it stood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Carrier
from ori_campaigns.config import CallLimits
from ori_campaigns.contact import KIND_OF, Attempt, AttemptStatus, Contact, ContactStatus
from ori_campaigns.events import AnalysisAwaited, AttemptAnswered, AttemptEnded, AttemptReserved, AttemptSubmitted
from ori_campaigns.instants import SECOND, Instant
from ori_campaigns.pacing import Bucket
from ori_campaigns.reports import DialRequest
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.stores.memory.exchange import Trunk
from ori_campaigns.views import Counters, Created, UseStage


@attrs.frozen
class _Copied:
    """The copied list, as a batch to load."""

    contacts: Sequence[Contact]
    policy: str = ""

    @property
    def numbers(self) -> Sequence[str]:
        return [contact.number.reveal() for contact in self.contacts]

    def variables(self, index: int) -> Mapping[str, str]:
        return self.contacts[index].variables


def restore(
    store: MemoryStore,
    campaign: Campaign,
    contacts: Sequence[Contact],
    live: Sequence[Attempt],
    counters: Counters,
) -> list[tuple[DialRequest, bool]]:
    """Insert a campaign with its list, states and live calls; return those calls, for a call model to take over.

    Each comes with whether it was answered.

    Live calls get new ids, since ids are never used twice; history before the copy stays with the original.
    """
    store.create(Created(campaign, (UseStage(store.stage(_Copied(contacts)), keep_excluded=True),)), None)
    book = store.book(campaign.id)
    run = book.run
    run.number = campaign.run_number
    waiting_as = {kind: status for status, kind in KIND_OF.items()}
    taken = {attempt.contact: waiting_as[attempt.kind] for attempt in live}
    for contact in contacts:
        ordinal = contact.ordinal
        run.move(ordinal, taken.get(ordinal, contact.status))
        run.attempts[ordinal] = contact.attempts - (ordinal in taken)
        run.due[ordinal], run.last_connected[ordinal] = contact.due, contact.last_connected
        run.connected[ordinal] = contact.connected
        run.rule[ordinal] = book.exchange.codes.code(contact.rule)
        if contact.callback is not None:
            run.callbacks[ordinal] = contact.callback
        if contact.excluded:
            book.excluded.add(book.numbers[ordinal])
        run.enqueue(ordinal)
    now = store.clock.now()
    requests = [_take_over(store, campaign, contacts[attempt.contact], attempt, now) for attempt in live]
    # Calls that were reserved when the copy was taken are taken as sent.
    sent = sum(attempt.status is AttemptStatus.RESERVED for attempt in live)
    run.dialled, run.answered, run.connects = counters.dialled + sent, counters.answered, counters.connected
    run.connected_contacts, run.machines = counters.connected_contacts, counters.machines
    return [request for request in requests if request is not None]


def _take_over(
    store: MemoryStore, campaign: Campaign, contact: Contact, attempt: Attempt, now: Instant
) -> tuple[DialRequest, bool] | None:
    """Rebuild one live attempt by the facts that made it; `None` when it only waits for its analysis."""
    book = store.book(campaign.id)
    # A carrier that was withdrawn takes no new call, but its live ones go on.
    gone = Trunk(Carrier(attempt.carrier, ()), Bucket(SECOND, 1), configured=False)
    book.exchange.trunks.setdefault((campaign.workspace, attempt.carrier), gone)
    limits = CallLimits()
    check_at = now + limits.longest_call * SECOND
    new_id, ordinal = f"{campaign.id}-{len(book.attempts)}", contact.ordinal
    store.replay(
        book,
        AttemptReserved(
            new_id,
            ordinal,
            attempt.reserved_at,
            attempt.number_in_budget,
            attempt.kind,
            attempt.from_number,
            attempt.carrier,
            attempt.reserved_at,
            campaign.epoch,
            check_at,
        ),
    )
    if contact.status is ContactStatus.AWAITING_ANALYSIS:
        ended_at = attempt.ended_at or now
        ended = AttemptEnded(
            new_id,
            ordinal,
            ended_at,
            attempt.disposition,
            attempt.detail,
            attempt.connected,
            attempt.talk,
            attempt.answered_at,
            attempt.rang_at,
        )
        store.replay(book, ended)
        store.replay(book, AnalysisAwaited(new_id, ordinal, now, now))
        return None
    store.replay(book, AttemptSubmitted(new_id, ordinal, attempt.reserved_at, "", check_at))
    if attempt.answered_at is not None:
        store.replay(book, AttemptAnswered(new_id, ordinal, attempt.answered_at, check_at))
    request = DialRequest(
        attempt_id=new_id,
        campaign_id=campaign.id,
        carrier=attempt.carrier,
        to=contact.number,
        from_number=attempt.from_number,
        bot=campaign.bot,
        run=attempt.run,
        number_in_budget=attempt.number_in_budget,
        kind=attempt.kind,
        variables=contact.variables,
        not_after=now,
        ring_seconds=limits.ring,
        talk_seconds=limits.talk,
        callback=contact.callback,
    )
    return request, attempt.answered_at is not None
