"""What the log of a campaign proves to have been broken: the invariants, judged one event at a time.

The log is append-only, so what it proves of its past stays true, whatever goes on meanwhile. Judged by it alone are

- I1: a contact was reserved while a call to it was live;
- I5: a call was counted wrongly against its budget;
- I6: somebody was reserved after the exclusion, or taken back who was not excluded;
- I7: something was reserved in a campaign that was not running, or whose window had closed for good;
- I8: a call that ended twice or before it began, a second decision, a call that ended without one;
- I10: moves that the tables of campaign, contact and attempt do not know;
- I12: a call to somebody who is not on the list;
- I16: a gap in a stream, in the cursors or in the serials, and bulk moves that are not what the facts before make them.

With the campaign as it stands (`judge`), for what was reserved since its last edit: I3 the concurrency limit, I5 the
maximum of attempts, I14 the pool.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, ClassVar

import attrs

from ori_campaigns.campaign import LIFECYCLE, Action, Campaign, Stage
from ori_campaigns.contact import (
    ACTIVE,
    ATTEMPT_MOVES,
    CONTACT_MOVES,
    LIVE,
    OVER,
    AttemptKind,
    AttemptStatus,
    ContactStatus,
)
from ori_campaigns.events import (
    AnalysisAwaited,
    AttemptAnswered,
    AttemptEnded,
    AttemptRang,
    AttemptReserved,
    AttemptReturned,
    AttemptSubmitted,
    AttemptUnknown,
    CallbackScheduled,
    ContactClosed,
    Event,
    LifecycleChanged,
    NumberExcluded,
    NumberReadded,
    RetryScheduled,
)
from ori_campaigns.history import History
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.tally import ATTEMPTS, STATUSES

_S, _A = ContactStatus, AttemptStatus
_MOST = 20
_FIRST = frozenset({"create", "clone"})
_SAVES = frozenset({Action.EDIT, Action.CANCEL_RESTART})
_RAISES_VERSION = frozenset({*_SAVES, Action.RESTART})
_ACTIONS = frozenset(action.value for action in Action)
_STANDS_AS = {
    AttemptSubmitted: _A.SUBMITTED,
    AttemptRang: _A.RINGING,
    AttemptAnswered: _A.ANSWERED,
    AttemptUnknown: _A.UNKNOWN,
    AttemptEnded: _A.ENDED,
}
_End = AttemptEnded | AttemptReturned
_Decision = RetryScheduled | CallbackScheduled | ContactClosed


@attrs.frozen
class Finding:
    """A promise that was not kept, with what proves it; phone numbers are masked.

    Parameters:
        invariant: its id, `I1` to `I16`.
        campaign_id: where.
        what: what was looked at.
        expected, found: what it should be, and what it is.

    >>> print(Finding("I16", "q2-renewals", "run 1: live", "3 by rows, 3 by log", "4"))
    I16 q2-renewals: run 1: live: expected 3 by rows, 3 by log; found 4
    """

    invariant: str
    campaign_id: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.invariant} {self.campaign_id}: {self.what}: expected {self.expected}; found {self.found}"


class Findings:
    """Findings of one campaign: the first twenty of each invariant, and how many more there are."""

    def __init__(self, campaign_id: str) -> None:
        self._campaign_id = campaign_id
        self._found: list[Finding] = []
        self._counts: dict[str, int] = {}

    def add(self, invariant: str, what: str, expected: str, found: str) -> None:
        """Note a finding."""
        count = self._counts[invariant] = self._counts.get(invariant, 0) + 1
        if count <= _MOST:
            self._found.append(Finding(invariant, self._campaign_id, what, expected, found))

    def all(self) -> tuple[Finding, ...]:
        """Return them in the order in which they were found."""
        more = [
            Finding(invariant, self._campaign_id, "further findings like these", "none", str(count - _MOST))
            for invariant, count in self._counts.items()
            if count > _MOST
        ]
        return (*self._found, *more)


@attrs.define
class _SinceEdit:
    """The extremes of what was reserved since the settings were last saved, each with the attempt."""

    most_live: tuple[int, str] = (0, "")
    deepest: dict[AttemptKind, tuple[int, str]] = attrs.field(factory=dict)
    called_from: dict[PhoneNumber, str] = attrs.field(factory=dict)


class Promises:
    """Judges the log of one campaign, event by event.

    Parameters:
        campaign_id: whose log.
        inherited: contacts that were excluded when their list was made, as for `recount.History`.

    Attributes:
        history: what the log told so far.
        whole: the log begins with the campaign's creation; where it does not, nothing else of it is judged.
        stage, version: as the log has them.
    """

    def __init__(self, campaign_id: str, inherited: AbstractSet[int] = frozenset()) -> None:
        self._findings = Findings(campaign_id)
        self.history = History(inherited, lambda *words: self._findings.add("I16", *words))
        self.whole = True
        self.stage, self.version = Stage.DRAFT, 1
        self._before_restart = Stage.COMPLETED
        self._closing = False
        self._id, self._prefix = campaign_id, f"{campaign_id}-"
        self._cursor = -1
        self._sequences = array("I", [0])
        self._since = _SinceEdit()

    def see(self, event: Event) -> None:
        """Judge the next event of the campaign."""
        cursor, stream, sequence = event.cursor, event.stream, event.sequence
        if cursor <= self._cursor:
            self._findings.add("I16", "cursors ascend", f"one after {self._cursor}", str(cursor))
            return
        if self._cursor < 0 and not (isinstance(event.fact, LifecycleChanged) and event.fact.action in _FIRST):
            self.whole = False
            self._findings.add("I16", "the log begins with its creation", "create or clone", type(event.fact).__name__)
        self._cursor = cursor
        if not self.whole:
            return
        sequences = self._sequences
        if stream + 1 >= len(sequences):
            sequences.frombytes(bytes(sequences.itemsize * (stream + 2 - len(sequences))))
        if sequence != sequences[stream + 1] + 1:
            whose = "the campaign" if stream < 0 else f"contact {stream}"
            self._findings.add("I16", f"events of {whose}", f"number {sequences[stream + 1] + 1}", f"number {sequence}")
        sequences[stream + 1] = sequence
        check = self._CHECKS.get(type(event.fact))
        if check is None or check(self, event.fact):
            self.history.apply(event.fact)

    # --- the campaign ---
    def _lifecycle(self, fact: LifecycleChanged) -> bool:
        if fact.action == "close_window":
            self._closing = True
        if fact.action not in _ACTIONS or fact.action in _FIRST:
            return True
        action = Action(fact.action)
        led = LIFECYCLE[self.stage].get(action)
        if led is None:
            can = ", ".join(each.value for each in LIFECYCLE[self.stage])
            self._findings.add("I10", f"actions of a campaign that is {self.stage.value}", can, action.value)
        led = led or next((way[action] for way in LIFECYCLE.values() if way.get(action)), (self.stage,))
        self.version += action in _RAISES_VERSION
        if action is Action.RESTART:
            self._before_restart = self.stage
        if action in _SAVES:
            self._since = _SinceEdit()
        if action is Action.EDIT:
            return True
        self._closing = self._closing and action is Action.PAUSE
        self.stage = self._before_restart if action is Action.CANCEL_RESTART else led[0]
        return True

    # --- attempts ---
    def _reserved(self, fact: AttemptReserved) -> bool:
        history, contact, name = self.history, fact.contact, fact.attempt
        expected = f"{self._id}-{len(history.standing)}"
        if name != expected:
            self._findings.add("I16", "serials of attempts", expected, name)
        if not history.on_list(contact):
            self._findings.add("I12", f"the contact of attempt {name}", "one of the list", f"contact {contact}")
            return False
        run = history.run
        before = STATUSES[run.status[contact]]
        live = history.open.get(contact)
        if live is not None and ATTEMPTS[history.standing[live]] in LIVE:
            found = f"{self._id}-{live} was live"
            self._findings.add("I1", f"contact {contact}, when {name} was reserved", "no live call", found)
        elif contact in history.flags:
            self._findings.add("I6", f"contact {contact}, when {name} was reserved", "not excluded", "excluded")
        elif self.stage is not Stage.RUNNING or self._closing:
            found = "its window had closed" if self.stage is Stage.RUNNING else self.stage.value
            self._findings.add("I7", f"the campaign, when {name} was reserved", "running", found)
        elif not run.vague:
            self._moves(contact, before, _S.CALLING)
        nth = run.tries[contact] + 1
        if fact.number_in_budget != nth:
            self._findings.add("I5", f"the number of {name} in its budget", str(nth), str(fact.number_in_budget))
        since = self._since
        since.most_live = max(since.most_live, (run.live, name), key=_count)
        deepest = since.deepest.get(fact.kind, (0, ""))
        since.deepest[fact.kind] = max(deepest, (fact.number_in_budget, name), key=_count)
        since.called_from.setdefault(fact.from_number, name)
        return True

    def _moves(self, contact: int, before: ContactStatus, after: ContactStatus) -> None:
        if after not in CONTACT_MOVES[before]:
            self._findings.add("I10", f"a move of contact {contact}", f"one from {before}", f"{before} to {after}")

    def _standing(self, name: str, what: str) -> tuple[int, AttemptStatus]:
        serial = self.history.find(name)
        if serial < 0 or not name.startswith(self._prefix):
            self._findings.add("I8", f"attempt {name}", "a reservation first", what)
            return -1, _A.RESERVED
        return serial, ATTEMPTS[self.history.standing[serial]]

    def _climbs(self, fact: AttemptSubmitted | AttemptRang | AttemptAnswered | AttemptUnknown | _End) -> bool:
        name, ends = fact.attempt, isinstance(fact, _End)
        after = fact.status if isinstance(fact, AttemptReturned) else _STANDS_AS[type(fact)]
        serial, before = self._standing(name, after.value)
        if serial < 0:
            return False
        if ends and before in OVER:
            self._findings.add("I8", f"ends of attempt {name}", "one", f"{after} after {before}")
            return False
        # Whose fate is unknown is looked up again and again.
        again = before is after is _A.UNKNOWN
        if after not in ATTEMPT_MOVES[before] and not again:
            self._findings.add("I10", f"a move of attempt {name}", f"one from {before}", f"{before} to {after}")
        if isinstance(fact, AttemptReturned):
            self._follows(serial, fact.to)
        return True

    def _decides(self, fact: _Decision | AnalysisAwaited) -> bool:
        serial, standing = self._standing(fact.attempt, type(fact).__name__)
        if serial < 0:
            return False
        told = type(fact).__name__
        if standing is not _A.ENDED:
            self._findings.add("I8", f"a decision on attempt {fact.attempt}", "after its end", f"{told} at {standing}")
            return False
        if self.history.decided[serial]:
            self._findings.add("I8", f"decisions on attempt {fact.attempt}", "one", f"another, {told}")
            return False
        if isinstance(fact, ContactClosed):
            self._follows(serial, fact.status)
        elif isinstance(fact, AnalysisAwaited):
            self._follows(serial, _S.AWAITING_ANALYSIS)
        else:
            self._follows(serial, _S.RETRY_SCHEDULED if isinstance(fact, RetryScheduled) else _S.CALLBACK_SCHEDULED)
        return True

    def _follows(self, serial: int, after: ContactStatus) -> None:
        history = self.history
        run, contact = history.run, history.contact_of[serial]
        if not run.vague and history.run_of[serial] == run.number:
            self._moves(contact, STATUSES[run.status[contact]], after)

    def _excludes(self, fact: NumberExcluded) -> bool:
        run = self.history.run
        if fact.closes and self.history.on_list(fact.contact) and not run.vague:
            self._moves(fact.contact, STATUSES[run.status[fact.contact]], _S.EXCLUDED)
        return True

    def _readds(self, fact: NumberReadded) -> bool:
        history, contact = self.history, fact.contact
        if not history.on_list(contact):
            return True
        if contact not in history.flags and not history.inherits:
            self._findings.add("I6", f"contact {contact}, when it was re-added", "excluded", "not excluded")
        before = STATUSES[history.run.status[contact]]
        if not history.run.vague and fact.opens is (before in ACTIVE):
            expected = "no call under way" if fact.opens else "a call under way"
            self._findings.add("I10", f"contact {contact}, when it was re-added", expected, before.value)
        return True

    _CHECKS: ClassVar[Mapping[type, Callable[[Promises, Any], bool]]] = {
        LifecycleChanged: _lifecycle,
        AttemptReserved: _reserved,
        **dict.fromkeys((*_STANDS_AS, AttemptReturned), _climbs),
        **dict.fromkeys((RetryScheduled, CallbackScheduled, ContactClosed, AnalysisAwaited), _decides),
        NumberExcluded: _excludes,
        NumberReadded: _readds,
    }

    # --- in the end ---
    def findings(self) -> tuple[Finding, ...]:
        """Return what the log alone proves."""
        return self._findings.all()

    def undecided(self) -> int:
        """Count the contacts that are being called, with no live call."""
        run = self.history.run
        return 0 if run.vague else max(run.contacts[STATUSES.index(_S.CALLING)] - run.live, 0)

    def judge(self, campaign: Campaign, findings: Findings) -> None:
        """Hold what was reserved since the last edit against the settings; they must be of the log's `version`."""
        config, since = campaign.config, self._since
        live, name = since.most_live
        if live >= config.concurrency_limit:
            at_most = f"fewer than {config.concurrency_limit}"
            findings.add("I3", f"live calls when {name} was reserved", at_most, str(live))
        most = config.retry.max_attempts
        for kind, (number, attempt) in since.deepest.items():
            if number > most and not (kind is AttemptKind.CALLBACK and config.callbacks_may_exceed_max_attempts):
                findings.add("I5", f"the number of {attempt} in its budget", f"at most {most}", str(number))
        for called_from, attempt in since.called_from.items():
            if called_from not in campaign.numbers:
                pool = ", ".join(str(each) for each in campaign.numbers)
                findings.add("I14", f"the number {attempt} was called from", f"one of {pool}", str(called_from))


def _count(extreme: tuple[int, str]) -> int:
    return extreme[0]
