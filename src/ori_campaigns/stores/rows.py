"""Rows for stores that keep each contact and each attempt as a row: what rules are shown, and what facts change.

A store fills these from wherever it keeps them, hands them to a rule, lets `effects` apply the rule's facts, and writes
back those that say `changed`. They have the field names of the views, so a rule reads them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import (
    KIND_OF,
    LIVE,
    Attempt,
    AttemptKind,
    AttemptStatus,
    Callback,
    CallbackRequest,
    Contact,
    ContactStatus,
)
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.views import Counters

WAITED_AS: Mapping[AttemptKind, ContactStatus] = MappingProxyType({kind: status for status, kind in KIND_OF.items()})
"""The waiting state from which a contact was taken, by the kind of its attempt."""


@attrs.define(eq=False)
class RunRow:
    """The kept counts of one run; the fields are those of `Counters`.

    Parameters:
        campaign_id, number: which run.
        contacts: how many contacts are in each status.
    """

    campaign_id: str
    number: int
    contacts: dict[ContactStatus, int]
    dialled: int = 0
    answered: int = 0
    connected: int = 0
    connected_contacts: int = 0
    live: int = 0
    ringing: int = 0
    in_progress: int = 0
    machines: int = 0
    changed: bool = False

    @classmethod
    def fresh(cls, campaign_id: str, number: int) -> RunRow:
        """Return the counts of a run of nobody.

        >>> RunRow.fresh("a", 1).counters(excluded=0).total
        0
        """
        return cls(campaign_id, number, dict.fromkeys(ContactStatus, 0))

    def counters(self, excluded: int) -> Counters:
        """Return the counts as a value; exclusions are counted by campaign, not by run."""
        return Counters(
            contacts=dict(self.contacts),
            dialled=self.dialled,
            answered=self.answered,
            connected=self.connected,
            connected_contacts=self.connected_contacts,
            live=self.live,
            ringing=self.ringing,
            in_progress=self.in_progress,
            machines=self.machines,
            excluded=excluded,
        )


@attrs.define(eq=False)
class ContactRow:
    """A contact in one run. Instants are microseconds UTC.

    Parameters:
        excluded: the exclusion flag of its number in the campaign.
        number_busy: whether any call to the number is live in the store; asked of candidates only.
        look_at: a closed candidate is not offered before this instant.
    """

    ordinal: int
    number: PhoneNumber
    variables: Mapping[str, str]
    status: ContactStatus = ContactStatus.PENDING
    attempts: int = 0
    due: Instant = 0
    last_connected: int = -1
    connected: bool = False
    rule: str = ""
    callback: Callback | None = None
    excluded: bool = False
    number_busy: bool = False
    look_at: Instant = 0
    changed: bool = False

    def value(self, campaign_id: str) -> Contact:
        """Return the contact as hosts read it."""
        return Contact(
            campaign_id=campaign_id,
            ordinal=self.ordinal,
            number=self.number,
            variables=self.variables,
            status=self.status,
            attempts=self.attempts,
            due=self.due,
            excluded=self.excluded,
            connected=self.connected,
            last_connected=self.last_connected,
            rule=self.rule,
            callback=self.callback,
        )


@attrs.define(eq=False)
class AttemptRow:
    """An attempt, live or over, with the rows that its facts change.

    Parameters:
        campaign: as it stands.
        tally: the counts of the attempt's run.
        contact: its contact, in the run it belongs to.
        check_at: when it is overdue; 0 once what follows for the contact is decided.
    """

    serial: int
    id: str
    campaign: Campaign
    tally: RunRow
    contact: ContactRow
    kind: AttemptKind
    number_in_budget: int
    from_number: PhoneNumber
    carrier: str
    reserved_at: Instant
    not_after: Instant
    epoch: int
    check_at: Instant
    status: AttemptStatus = AttemptStatus.RESERVED
    carrier_ref: str = ""
    rang_at: Instant | None = None
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    talk: int = 0
    connected: bool = False
    disposition: str = ""
    detail: str = ""
    began: bool | None = None
    bot_disposition: str = ""
    analysed: bool = False
    business_disposition: str = ""
    callback: CallbackRequest | None = None
    rule: str = ""
    decided: bool = False
    changed: bool = False

    @property
    def ordinal(self) -> int:
        """Its contact's ordinal."""
        return self.contact.ordinal

    @property
    def run(self) -> int:
        """The number of its run."""
        return self.tally.number

    @property
    def came_from(self) -> ContactStatus:
        """The waiting state from which the contact was taken."""
        return WAITED_AS[self.kind]

    @property
    def live(self) -> bool:
        """Whether it holds a seat, a channel and its number."""
        return self.status in LIVE

    def value(self) -> Attempt:
        """Return the attempt as hosts read it."""
        return Attempt(
            id=self.id,
            campaign_id=self.campaign.id,
            contact=self.contact.ordinal,
            run=self.tally.number,
            number_in_budget=self.number_in_budget,
            kind=self.kind,
            from_number=self.from_number,
            carrier=self.carrier,
            status=self.status,
            reserved_at=self.reserved_at,
            rang_at=self.rang_at,
            answered_at=self.answered_at,
            ended_at=self.ended_at,
            talk=self.talk,
            connected=self.connected,
            disposition=self.disposition,
            detail=self.detail,
            business_disposition=self.business_disposition,
            rule=self.rule,
        )
