"""What a store shows a rule, and what the rule answers.

Views are Protocols: a store may hand out flyweights over its own columns or rows. Rules read them and answer
`Changes`; they never write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import AttemptKind, AttemptStatus, Callback, CallbackRequest, ContactStatus
from ori_campaigns.events import Fact
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Line
from ori_campaigns.records import distinct
from ori_campaigns.reports import Report

R = TypeVar("R")


class ContactFacts(Protocol):
    """A contact in the current run, as rules see it."""

    @property
    def ordinal(self) -> int: ...
    @property
    def status(self) -> ContactStatus: ...
    @property
    def attempts(self) -> int:
        """Attempts used of the present budget (R13)."""
        ...

    @property
    def due(self) -> Instant: ...
    @property
    def excluded(self) -> bool:
        """The exclusion flag of the number in this campaign (X3)."""
        ...

    @property
    def last_connected(self) -> int:
        """Talk time (microseconds) of the last connected call of this budget, -1 if there is none."""
        ...

    @property
    def callback(self) -> Callback | None: ...


class CandidateFacts(ContactFacts, Protocol):
    """A waiting contact offered for dialling."""

    @property
    def number(self) -> PhoneNumber: ...
    @property
    def number_busy(self) -> bool:
        """Whether any call to this number is live in the store (N4)."""
        ...

    @property
    def variables(self) -> Mapping[str, str]: ...


class AttemptFacts(Protocol):
    """An attempt, live or over, with the rows it belongs to."""

    @property
    def id(self) -> str: ...
    @property
    def ordinal(self) -> int:
        """Its contact's ordinal."""
        ...

    @property
    def contact(self) -> ContactFacts: ...
    @property
    def campaign(self) -> Campaign: ...
    @property
    def carrier(self) -> str: ...
    @property
    def carrier_ref(self) -> str: ...
    @property
    def run(self) -> int: ...
    @property
    def kind(self) -> AttemptKind: ...
    @property
    def status(self) -> AttemptStatus: ...
    @property
    def reserved_at(self) -> Instant: ...
    @property
    def rang_at(self) -> Instant | None: ...
    @property
    def answered_at(self) -> Instant | None: ...
    @property
    def ended_at(self) -> Instant | None: ...
    @property
    def began(self) -> bool | None: ...
    @property
    def bot_disposition(self) -> str: ...
    @property
    def business_disposition(self) -> str: ...
    @property
    def callback(self) -> CallbackRequest | None: ...
    @property
    def analysed(self) -> bool: ...
    @property
    def connected(self) -> bool: ...
    @property
    def talk(self) -> int: ...
    @property
    def disposition(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def came_from(self) -> ContactStatus:
        """The waiting state from which the contact was taken."""
        ...

    @property
    def check_at(self) -> Instant:
        """When it is overdue in its present state; for an ended one, when its analysis is no longer waited for."""
        ...

    @property
    def decided(self) -> bool:
        """Whether what follows for the contact has been decided."""
        ...


@attrs.frozen
class Counters:
    """Kept counts of one run of a campaign; a recount of rows or log gives the same (M6).

    Parameters:
        contacts: contacts by status.
        dialled: attempts that were sent or may have been; never sent or surely refused ones are not in it.
        answered: attempts that were picked up.
        connected: attempts in which a conversation began.
        connected_contacts: contacts with at least one of them.
        live: attempts that hold a seat.
        ringing, in_progress: live attempts not yet answered, and answered ones.
        machines: attempts that reached a machine (voicemail or torn down).
        excluded: numbers excluded from the campaign.
    """

    contacts: Mapping[ContactStatus, int]
    dialled: int = 0
    answered: int = 0
    connected: int = 0
    connected_contacts: int = 0
    live: int = 0
    ringing: int = 0
    in_progress: int = 0
    machines: int = 0
    excluded: int = 0

    @property
    def total(self) -> int:
        """Contacts on the list."""
        return sum(self.contacts.values())

    def count(self, statuses: Iterable[ContactStatus]) -> int:
        """Contacts in any of these statuses."""
        return sum(self.contacts.get(status, 0) for status in statuses)


class CampaignView(Protocol):
    """A campaign under lock."""

    @property
    def now(self) -> Instant: ...
    @property
    def campaign(self) -> Campaign: ...
    @property
    def counters(self) -> Counters: ...


class AdmitView(Protocol):
    """A campaign about to dial, with its carriers' lines and its candidates in the order of P4."""

    @property
    def now(self) -> Instant: ...
    @property
    def campaign(self) -> Campaign: ...
    @property
    def live(self) -> int: ...
    @property
    def lines(self) -> Sequence[Line | None]:
        """The carrier's line for each number of the pool, in its order; `None` where the number cannot be used now.

        Numbers of one carrier share one line.
        """
        ...

    @property
    def cursor(self) -> int:
        """Where the rotation of the pool goes on."""
        ...

    @property
    def next_serial(self) -> int: ...
    @property
    def candidates(self) -> Iterable[CandidateFacts]: ...


class ReportView(Protocol):
    """A batch of reports, each with its attempt under lock. No attempt appears twice."""

    @property
    def now(self) -> Instant: ...
    @property
    def items(self) -> Iterable[tuple[Report, AttemptFacts | None]]:
        """The reports in order, each with the attempt that answers to its id, if one does."""
        ...


class NumberMatch(NamedTuple):
    """A number with its contact on the campaign's list, if it is on it."""

    number: PhoneNumber
    contact: ContactFacts | None
    excluded: bool


class NumbersView(Protocol):
    """Numbers of one campaign under lock."""

    @property
    def now(self) -> Instant: ...
    @property
    def campaign(self) -> Campaign: ...
    @property
    def items(self) -> Sequence[NumberMatch]:
        """The numbers in the order asked; a store may look them up piece by piece, so go through them once."""
        ...


# --- bulk moves: done by the store without loading a row --------------------------------------------------------------


@attrs.frozen
class CloseWaiting:
    """Every waiting contact goes to `status`; scheduled callbacks are cancelled."""

    status: ContactStatus


@attrs.frozen
class CloseAwaiting:
    """Every contact awaiting analysis had a conversation: it becomes `completed` by rule R2."""


@attrs.frozen
class CloseUsedUp:
    """Waiting contacts whose attempts reached `max_attempts` become final: connected ones completed, others exhausted.

    Parameters:
        spare_callbacks: leave scheduled callbacks alone (K6).
    """

    max_attempts: int
    spare_callbacks: bool


@attrs.frozen
class CancelCallbacks:
    """Scheduled callbacks are cancelled; the contacts keep their state."""


@attrs.frozen
class UseStage:
    """The staged contacts replace the list.

    Parameters:
        keep_excluded: excluded numbers stay suppressed; otherwise uploading them again is a deliberate re-add (X4).
    """

    stage: str
    keep_excluded: bool


@attrs.frozen
class AppendStage:
    """The staged contacts are put behind the end of the list, in their order, as pending; they keep no gap.

    Parameters:
        stage: it is used up, whatever is left out of it.
        without: positions in the stage, ascending, of those who are not put on the list.
        renewed: positions in the stage, with the ordinals of contacts that take over the call variables found there.
    """

    stage: str
    without: Sequence[int] = ()
    renewed: Sequence[tuple[int, int]] = ()


@attrs.frozen
class CopyContacts:
    """The list of another campaign is copied, with its order; excluded ones stay so only if `keep_excluded`."""

    campaign_id: str
    keep_excluded: bool


@attrs.frozen
class NewRun:
    """A new run begins: every contact pending, excluded ones excluded; earlier runs are kept."""


@attrs.frozen
class DropRun:
    """The prepared run is dropped and the one before it is current again; excluded contacts stay excluded."""


Move: TypeAlias = (
    CloseWaiting
    | CloseAwaiting
    | CloseUsedUp
    | CancelCallbacks
    | UseStage
    | AppendStage
    | CopyContacts
    | NewRun
    | DropRun
)


@attrs.frozen
class Created:
    """A campaign to insert, with what fills its list and what its log begins with."""

    campaign: Campaign
    moves: Sequence[Move] = ()
    facts: Sequence[Fact] = ()


@distinct
class Changes(NamedTuple, Generic[R]):
    """What a rule answers.

    Parameters:
        result: handed back to the caller of the store.
        facts: applied to the rows in this order, and appended to the log.
        campaign: the new value of the campaign row, where it changed.
        deleted: drop the campaign with its contacts.
        created: another campaign to insert in the same transaction.
        moves: bulk moves, before the facts.
        later: closed candidates, with the instant before which they need not be looked at again.
        cursor: where the rotation of the pool goes on, where it moved.
        back_off: workspace and id of carriers that get no call until an instant.
    """

    result: R
    facts: Sequence[Fact] = ()
    campaign: Campaign | None = None
    deleted: bool = False
    created: Created | None = None
    moves: Sequence[Move] = ()
    later: Sequence[tuple[int, Instant]] = ()
    cursor: int | None = None
    back_off: Sequence[tuple[str, str, Instant]] = ()


PREVIEW_ROWS = 6
"""How many data rows of a list the preview shows (W14)."""


class ContactBatch(Protocol):
    """Contacts to load: cleaned numbers in order, none of them twice, and their call variables."""

    @property
    def policy(self) -> str:
        """The name of the number policy that cleaned them."""
        ...

    @property
    def numbers(self) -> Sequence[str]: ...
    def variables(self, index: int) -> Mapping[str, str]: ...
