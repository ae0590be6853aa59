"""The audit of a store: every counter is counted again, from rows and from the log, and the invariants are checked.

It only reads, and works on a store whose workers go on. Its reads are not one snapshot, so rows and counters of a
campaign are judged only if no event was added to its log from before the first of these reads until after the last,
and what they prove is told only if the next reading finds it again. A campaign that does not stand still is read again,
a few times; after that it is named in `Audit.busy`, and only what its log alone proves is told of it.

What is checked of the log, see `promises`; what with rows and counters, see `agreement`; beyond that, I1: no two live
calls to one number, among all campaigns that are audited.

Not checked, as neither rows nor log tell it: that calls left inside window and working days (I2), CPS and bursts (I4),
settings as they were before the last edit (I3, I5, I14), calls to one number from two campaigns that were live at once
in the past (I1), what a crash lost before it was recorded (I9), locked fields (I11), that decisions follow the rules
(I13), fair rotation (I14), progress (I15). Exclusions that a clone or a replaced list was born with are taken from the
rows; of those that are not on its list only the kept count knows. Deleted campaigns are not looked at. A log that does
not begin with its campaign's creation, as that of a simulation from a snapshot, is a finding;
only rows and counters are judged then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet

import attrs

from ori_campaigns.agreement import Agreement, serial_of
from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import LIVE, Attempt, Contact
from ori_campaigns.errors import NotFound
from ori_campaigns.events import Event
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.ports import Store
from ori_campaigns.promises import Finding, Promises
from ori_campaigns.views import Counters

__all__ = ["Audit", "Finding", "Progress", "audit"]

_PAGE = 2000
_READINGS = 5

Progress = Callable[[int, int, int], object]
"""Is given the campaigns done, the campaigns to be audited, and the rows and events read so far."""


@attrs.frozen
class Audit:
    """What an audit found.

    Parameters:
        findings: broken promises, by campaign; at most twenty of each invariant and campaign, and how many more.
        campaigns: how many were looked at, busy ones among them.
        contacts, attempts, events: how many of theirs were looked at.
        busy: ids of campaigns that never stood still; of them, only what their log alone proves is told.
    """

    findings: tuple[Finding, ...]
    campaigns: int
    contacts: int
    attempts: int
    events: int
    busy: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing was found; what was too busy to be audited is in `busy`."""
        return not self.findings


def audit(
    store: Store,
    campaign_ids: Iterable[str] | None = None,
    workspace: str | None = None,
    on_progress: Progress | None = None,
) -> Audit:
    """Count every counter again, from rows and from the log, and check the invariants.

    Implements M6.

    Parameters:
        store: any store; it is only read, and may be at work.
        campaign_ids: only these campaigns; all of them unless given.
        workspace: only campaigns of this one.
        on_progress: called after each page with the campaigns done, all campaigns, and rows and events read so far.

    Raises:
        NotFound: there is no campaign of an id that was given.
        StoreUnavailable: as from any read; asking again is fine.

    >>> from ori_campaigns.clocks import VirtualClock
    >>> from ori_campaigns.stores.memory import MemoryStore
    >>> audit(MemoryStore(VirtualClock(0)))
    Audit(findings=(), campaigns=0, contacts=0, attempts=0, events=0, busy=())
    """
    wanted = None if campaign_ids is None else dict.fromkeys(campaign_ids)
    for each in wanted or ():
        store.campaign(each)
    oldest_first = sorted(store.campaigns(workspace), key=lambda each: (each.created_at, each.id))
    listed = [each.id for each in oldest_first if wanted is None or each.id in wanted]
    pages = _Pages(store, len(listed), on_progress)
    findings: list[Finding] = []
    busy: list[str] = []
    lines = _Lines(store)
    campaigns = contacts = attempts = events = 0
    for campaign_id in listed:
        try:
            reading, found = _settled(pages, campaign_id)
        except NotFound:
            # A draft that was deleted meanwhile.
            continue
        finally:
            pages.done += 1
        if found is None:
            busy.append(campaign_id)
            found = reading.proved
        findings += found
        lines.take(campaign_id, reading.live)
        campaigns += 1
        contacts, attempts, events = contacts + reading.contacts, attempts + reading.attempts, events + reading.events
    return Audit((*findings, *lines.findings()), campaigns, contacts, attempts, events, tuple(busy))


def _settled(pages: _Pages, campaign_id: str) -> tuple[_Reading, tuple[Finding, ...] | None]:
    """Read a campaign until it stood still, and twice if there is a doubt; return what is sure, `None` if it is not."""
    reading = _Reading(pages, campaign_id)
    before: tuple[Finding, ...] | None = None
    for _ in range(_READINGS):
        if reading.stood_still():
            doubtful = reading.doubtful
            if not doubtful or doubtful == before:
                return reading, (*reading.proved, *doubtful)
            before = doubtful
    return reading, None


class _Pages:
    """The pages of a store, and how far the audit has come."""

    def __init__(self, store: Store, campaigns: int, on_progress: Progress | None) -> None:
        self.store, self.campaigns, self.done = store, campaigns, 0
        self._read, self._tell = 0, on_progress

    def contacts(self, campaign_id: str) -> Iterator[Contact]:
        """Yield all contacts of a campaign."""
        after = -1
        while page := self.store.contacts(campaign_id, after, _PAGE):
            yield from page
            after = self._further(len(page), after, page[-1].ordinal)

    def attempts(self, campaign_id: str) -> Iterator[Attempt]:
        """Yield all attempts of a campaign."""
        after = -1
        while page := self.store.attempts(campaign_id, after, _PAGE):
            yield from page
            after = self._further(len(page), after, max(serial_of(attempt.id) for attempt in page))

    def events(self, campaign_id: str, after: int, tip: int) -> Iterator[Event]:
        """Yield the events of a campaign after a cursor, up to another one."""
        while after < tip and (page := self.store.events(after, _PAGE, campaign_id)):
            for event in page:
                if event.cursor > tip:
                    return
                yield event
            after = self._further(len(page), after, max(event.cursor for event in page))

    def _further(self, size: int, after: int, last: int) -> int:
        """Count a page; whatever a store answers, the next one begins further on."""
        self._read += size
        if self._tell is not None:
            self._tell(self.done, self.campaigns, self._read)
        return max(last, after + 1)


class _Reading:
    """One campaign, read as often as it takes: its log goes on where it ended, its rows begin anew.

    Attributes:
        proved, doubtful: what the log alone proves, and what is sure only once it was found again.
        contacts, attempts, events: how many were seen.
        live: serial and number of each live attempt, as of the last reading.
    """

    def __init__(self, pages: _Pages, campaign_id: str) -> None:
        self._pages, self._store, self._id = pages, pages.store, campaign_id
        self._begin()
        self.proved: tuple[Finding, ...] = ()
        self.doubtful: tuple[Finding, ...] = ()
        self.contacts = self.attempts = 0
        self.live: Sequence[tuple[int, PhoneNumber]] = ()

    def _begin(self, inherited: AbstractSet[int] = frozenset()) -> None:
        self._promises = Promises(self._id, inherited)
        self._after, self.events = -1, 0

    def stood_still(self) -> bool:
        """Read the log up to its tip, then counters and rows; tell whether nothing was added meanwhile."""
        store = self._store
        tip = store.tip()
        campaign = store.campaign(self._id)
        if self._promises.history.inherits:
            self._begin()
        self._read_log(tip)
        if self._promises.history.inherits:
            self._inherit(tip)
        kept = self._kept(campaign)
        rows = Agreement(campaign, self._promises)
        for contact in self._pages.contacts(self._id):
            rows.contact(contact)
        for attempt in self._pages.attempts(self._id):
            rows.attempt(attempt)
        self.contacts, self.attempts, self.live = rows.contacts, rows.attempts, rows.live
        unmoved = campaign == store.campaign(self._id) and kept == self._kept(campaign)
        still = unmoved and not store.events(tip, 1, self._id)
        told = self._promises.findings()
        # Where rows had a say in how the log was read, the log alone proves nothing.
        self.proved, doubtful = ((), told) if self._promises.history.inherits else (told, ())
        if still:
            self.doubtful = (*doubtful, *rows.judge(kept).all())
        return still

    def _read_log(self, tip: int) -> None:
        for event in self._pages.events(self._id, self._after, tip):
            self._promises.see(event)
            self.events += 1
        self._after = tip

    def _inherit(self, tip: int) -> None:
        """Read the log again, knowing who was excluded when the list was made: of whom the log tells nothing else."""
        flagged = {contact.ordinal for contact in self._pages.contacts(self._id) if contact.excluded}
        history = self._promises.history
        inherited = (flagged - history.named) | history.born_excluded
        if inherited:
            self._begin(inherited)
            self._read_log(tip)

    def _kept(self, campaign: Campaign) -> dict[int, Counters]:
        runs = {*self._promises.history.runs, campaign.run_number}
        # Asked for a run that is not there, a store answers with the current one.
        return {run: self._store.counters(self._id, run) for run in sorted(runs) if run <= campaign.run_number}


class _Lines:
    """The live calls of all campaigns by the number called."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._live: dict[PhoneNumber, tuple[str, int]] = {}
        self._twice: list[tuple[PhoneNumber, tuple[str, int], tuple[str, int]]] = []

    def take(self, campaign_id: str, live: Iterable[tuple[int, PhoneNumber]]) -> None:
        """Take in the live calls of the next campaign."""
        for serial, number in live:
            call = (campaign_id, serial)
            first = self._live.setdefault(number, call)
            if first != call:
                self._twice.append((number, first, call))

    def findings(self) -> Iterator[Finding]:
        """Yield the numbers with two live calls.

        The one was seen live first, and may have ended before the other began. A call that is over stays over: if the
        first is still live now, it was live when the second was seen.
        """
        for number, first, second in self._twice:
            if self._is_live(*first):
                calls = f"{first[0]}-{first[1]} and {second[0]}-{second[1]}"
                yield Finding("I1", second[0], f"live calls to {number}", "one", calls)

    def _is_live(self, campaign_id: str, serial: int) -> bool:
        found = self._store.attempts(campaign_id, serial - 1, 1)
        return any(serial_of(attempt.id) == serial and attempt.status in LIVE for attempt in found)
