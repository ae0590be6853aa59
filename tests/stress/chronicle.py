"""The engine's log, followed event by event: I10 to I13 and I16. Plain values; nothing of the engine is known here.

Contacts and decisions are retold by `oracle.story`. What is added are the tables of legal moves, the identity that is
locked, lists that are replaced or copied, runs that are taken back, and every count the engine keeps.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

from oracle.facts import Broken, Deed, Entry, Settings
from oracle.story import _READ, WAITING, _Person, _Story

# By what the log may say of an attempt next. A call only moves up; "unknown" may turn out to be anything.
ATTEMPT_MOVES: Mapping[str, frozenset[str]] = {
    "reserved": frozenset("submitted ringing answered unknown ended expired_unsent refused".split()),
    "submitted": frozenset("ringing answered unknown ended refused".split()),
    "ringing": frozenset("answered unknown ended".split()),
    "answered": frozenset("unknown ended".split()),
    "unknown": frozenset("submitted ringing answered unknown ended refused".split()),
    "ended": frozenset(),
    "expired_unsent": frozenset(),
    "refused": frozenset(),
}
_STATE_AFTER = {
    "AttemptSubmitted": "submitted",
    "AttemptRang": "ringing",
    "AttemptAnswered": "answered",
    "AttemptUnknown": "unknown",
    "AttemptEnded": "ended",
}
OVER = frozenset({"ended", "expired_unsent", "refused"})

# From which state of its contact each fact may come.
_COMES_FROM: Mapping[str, frozenset[str]] = {
    "AttemptReserved": frozenset(WAITING),
    "AttemptReturned": frozenset({"calling"}),
    "AnalysisAwaited": frozenset({"calling"}),
    "RetryScheduled": frozenset({"calling", "awaiting_analysis"}),
    "CallbackScheduled": frozenset({"calling", "awaiting_analysis"}),
    "ContactClosed": frozenset({"calling", "awaiting_analysis"}),
}
_DECISIONS = frozenset({"RetryScheduled", "CallbackScheduled", "ContactClosed"})

# What may be done to a campaign, by where it stands; "closing" is a single day that is over with calls still live.
LIFECYCLE: Mapping[str, frozenset[str]] = {
    "draft": frozenset("edit start delete clone exclude".split()),
    "prepared": frozenset("edit start cancel_restart clone exclude".split()),
    "running": frozenset("pause stop fail complete close_window clone exclude".split()),
    "closing": frozenset("stop fail complete clone exclude".split()),
    "paused": frozenset("resume edit stop fail clone exclude".split()),
    "completed": frozenset("restart clone exclude".split()),
    "failed": frozenset("restart clone exclude".split()),
}
_RAISES_EPOCH = frozenset("start pause resume stop fail complete restart cancel_restart".split())
_RAISES_VERSION = frozenset("edit restart cancel_restart".split())
COUNTS = "dialled answered connected connected_contacts live ringing in_progress machines excluded".split()


@dataclass(frozen=True)
class Intent:
    """What somebody is about to save: a new campaign, or an edit made from a version."""

    settings: Settings
    name: str
    bot: str
    numbers: tuple[str, ...] | None = None
    version: int = 0


@dataclass
class Attempt:
    """An attempt, as the log and the carrier's book tell of it.

    Parameters:
        asked_at: when its carrier was last to be asked about it, by the carrier's time.
        call: the request in the carrier's book, `None` until it has left.
        since: when it was reserved, by the carrier's time.
        in_hand: some worker has the request and has not sent it; it may still leave.
        late: it was sent by a worker that was frozen after its last check.
        meddled: somebody told stories about this call; its outcome need not be the carrier's.
    """

    id: str
    campaign: str
    contact: int
    number: str
    run: int
    told: Mapping[str, object]
    settings: Settings
    cutoff: int | None
    cursor: int
    since: int = 0
    state: str = "reserved"
    rang: bool = False
    answered: bool = False
    asked_at: int | None = None
    decided: bool = False
    disposition: str = ""
    ended_at: int | None = None
    call: Any = None
    in_hand: bool = True
    late: bool = False
    meddled: bool = False


@dataclass
class _Tally:
    """The counts of one run."""

    dialled: int = 0
    answered: int = 0
    connected: int = 0
    machines: int = 0
    people: set[int] = field(default_factory=set)


@dataclass
class Book:
    """One campaign, as far as its log has been read."""

    name: str
    bot: str
    numbers: tuple[str, ...]
    story: _Story
    excluded: set[str] = field(default_factory=set)
    has_run: bool = False
    deleted: bool = False
    version: int = 1
    run: int = 1
    raised: bool = False
    epoch: int = 0
    tallies: list[_Tally] = field(default_factory=lambda: [_Tally()])
    settings_before: list[Settings] = field(default_factory=list)
    open: dict[str, Attempt] = field(default_factory=dict)
    last: str = ""
    last_cursor: int = -1

    @property
    def stage(self) -> str:
        """Where it stands, with the two stages that have no status of their own."""
        story = self.story
        if story.status == "draft" and self.has_run:
            return "prepared"
        return "closing" if story.status == "running" and story.closing else story.status

    def suppress(self) -> None:
        """Put excluded numbers of a fresh list where they belong."""
        self.story.excluded = {place for place, number in enumerate(self.numbers) if number in self.excluded}
        for place in self.story.excluded:
            if self.story.people[place].status in WAITING:
                self.story.people[place].status = "excluded"


class Chronicle:
    """All campaigns' logs.

    `intents` holds, by who does it, what is about to be saved; `callers` the bots whose callbacks are switched on.
    """

    def __init__(self) -> None:
        self.books: dict[str, Book] = {}
        self.attempts: dict[str, Attempt] = {}
        self.broken: list[Broken] = []
        self.intents: dict[str, Intent] = {}
        self.callers: set[str] = set()
        self.touched: dict[str, None] = {}
        self.digest = blake2b()
        self._cursor = -1
        self._sequences: dict[tuple[str, int], int] = {}

    def say(self, promise: str, at: int, what: str) -> None:
        """Note a broken promise."""
        self.broken.append(Broken(promise, at, what))

    # --- one event ---------------------------------------------------------------------------------------------------

    def read(self, entry: Entry, sequence: int) -> Attempt | None:
        """Follow one event; return the attempt it reserves, if it does."""
        self._in_order(entry, sequence)
        self.touched[entry.campaign] = None
        action = entry.fields.get("action") if entry.name == "LifecycleChanged" else None
        if action in {"create", "clone"}:
            self._begin(entry)
            return None
        book = self.books[entry.campaign]
        if action is not None:
            self._act(book, entry, str(action))
            return None
        if entry.name == "ContactsMoved":
            self._moved(book, entry)
            return None
        reserved = self._attempt(book, entry)
        story = book.story
        read = _READ.get(entry.name)
        if read is not None:
            read(story, entry)
        if entry.name == "NumberExcluded":
            book.excluded.add(entry.fields["number"])
        if story.broken:
            self.broken += story.broken
            story.broken.clear()
        return reserved

    def _in_order(self, entry: Entry, sequence: int) -> None:
        """I16: cursors only grow, and no stream has a gap."""
        stream = (entry.campaign, entry.contact)
        expected = self._sequences.get(stream, 0) + 1
        if entry.cursor <= self._cursor or sequence != expected:
            self.say("I16", entry.at, f"event {entry.cursor} of {stream} is number {sequence}, expected {expected}")
        self._cursor, self._sequences[stream] = entry.cursor, sequence
        self.digest.update(repr((entry.cursor, entry.campaign, entry.contact, entry.name, entry.fields)).encode())

    # --- attempts and contacts ---------------------------------------------------------------------------------------

    def _attempt(self, book: Book, entry: Entry) -> Attempt | None:
        comes_from = _COMES_FROM.get(entry.name)
        if comes_from is not None and book.story.people[entry.contact].status not in comes_from:
            status = book.story.people[entry.contact].status
            self.say("I10", entry.at, f"{entry.campaign} contact {entry.contact} is {status} and has {entry.name}")
        name = entry.fields.get("attempt")
        if name is None:
            return None
        if entry.name == "AttemptReserved":
            return self._reserved(book, entry)
        attempt = self.attempts.get(name)
        if attempt is None:
            self.say("I16", entry.at, f"{entry.name} of {name}, which was never reserved")
            return None
        state = entry.fields["status"] if entry.name == "AttemptReturned" else _STATE_AFTER.get(entry.name)
        if state is not None:
            self._moves(book, attempt, state, entry)
        if entry.name in _DECISIONS:
            if attempt.decided:
                self.say("I13", entry.at, f"{name} is decided a second time, by {entry.fields['rule']}")
            if attempt.state != "ended":
                self.say("I10", entry.at, f"{name} is {attempt.state} and is decided")
            attempt.decided = True
        return None

    def _reserved(self, book: Book, entry: Entry) -> Attempt:
        name = entry.fields["attempt"]
        if name in self.attempts:
            self.say("I10", entry.at, f"{name} is reserved a second time")
        if entry.fields["epoch"] != book.epoch:
            self.say("I7", entry.at, f"{name} has epoch {entry.fields['epoch']}, its campaign {book.epoch}")
        story = book.story
        found = Attempt(
            name,
            entry.campaign,
            entry.contact,
            book.numbers[entry.contact],
            book.run,
            entry.fields,
            story.settings,
            story.cutoff,
            entry.cursor,
        )
        self.attempts[name] = book.open[name] = found
        return found

    def _moves(self, book: Book, attempt: Attempt, state: str, entry: Entry) -> None:
        """I10 for an attempt, and what the move counts for."""
        old, tally, fields = attempt.state, book.tallies[-1], entry.fields
        backwards = old == "unknown" and (
            (attempt.answered and state in {"submitted", "ringing", "refused"})
            or (attempt.rang and state in {"submitted", "refused"})
        )
        if state not in ATTEMPT_MOVES[old] or backwards:
            self.say("I10", entry.at, f"{attempt.id} was {old} and is {state}")
        if old == "reserved" and state not in {"expired_unsent", "refused"}:
            tally.dialled += 1
        elif old != "reserved" and state in {"expired_unsent", "refused"}:
            tally.dialled -= 1
        picked_up = state == "answered" or (state == "ended" and fields["answered_at"] is not None)
        if picked_up and not attempt.answered:
            tally.answered += 1
            attempt.answered = True
        attempt.rang |= state == "ringing" or (state == "ended" and fields["rang_at"] is not None)
        attempt.state = state
        if state == "ended":
            attempt.disposition = fields["disposition"]
            tally.machines += fields["disposition"] in {"voicemail", "machine"}
            if fields["connected"]:
                tally.connected += 1
                tally.people.add(attempt.contact)
        if state in OVER:
            attempt.ended_at = entry.at
            book.open.pop(attempt.id, None)

    # --- campaigns ---------------------------------------------------------------------------------------------------

    def _begin(self, entry: Entry) -> None:
        fields = entry.fields
        if fields["action"] == "create":
            intent = self.intents[fields["by"]]
            numbers = intent.numbers or ()
            story = _Story(
                entry.campaign, [], calls_back=False, people=[_Person() for _ in numbers], settings=intent.settings
            )
            self.books[entry.campaign] = Book(intent.name, intent.bot, numbers, story)
            return
        source = self.books[fields["detail"]]
        if source.deleted:
            self.say("I10", entry.at, f"{fields['detail']} is cloned though it was deleted")
        settings = source.story.settings
        story = _Story(
            entry.campaign, [], calls_back=False, people=[_Person() for _ in source.numbers], settings=settings
        )
        book = Book(f"{source.name} (copy)", source.bot, source.numbers, story)
        if settings.sticky:
            book.excluded = set(source.excluded)
            book.suppress()
        self.books[entry.campaign] = book

    def _act(self, book: Book, entry: Entry, action: str) -> None:
        story = book.story
        if book.deleted or action not in LIFECYCLE[book.stage]:
            stage = "deleted" if book.deleted else book.stage
            self.say("I10", entry.at, f"{entry.campaign} is {stage} and is told to {action}")
        book.raised |= action in _RAISES_EPOCH or (
            # Within a resume, the window that closed meanwhile is closed in the same transaction.
            action == "close_window" and (book.last, book.last_cursor) != ("resume", entry.cursor - 1)
        )
        book.last, book.last_cursor = action, entry.cursor
        book.version += action in _RAISES_VERSION
        if action == "edit":
            self._edited(book, entry)
        elif action in {"start", "resume"}:
            story.calls_back, book.has_run = book.bot in self.callers, True
        elif action == "restart":
            book.settings_before.append(story.settings)
            book.tallies.append(_Tally())
            book.run += 1
        elif action == "delete":
            book.deleted = True
        if action in {"restart", "complete"} and book.open:
            self.say("I12", entry.at, f"{entry.campaign} has {len(book.open)} open attempts at its {action}")
        read = _READ["LifecycleChanged"]
        read(story, entry)
        if action == "cancel_restart":
            story.settings = book.settings_before.pop()
            book.tallies.pop()
            book.run -= 1
            book.suppress()
        self.broken += story.broken
        story.broken.clear()

    def _edited(self, book: Book, entry: Entry) -> None:
        intent = self.intents[entry.fields["by"]]
        if intent.version != book.version - 1:
            what = f"{entry.campaign}: an edit of version {intent.version} was saved over {book.version - 1}"
            self.say("I10", entry.at, what)
        if book.has_run and ((intent.name, intent.bot) != (book.name, book.bot) or intent.numbers is not None):
            self.say("I11", entry.at, f"{entry.campaign} has run, and its name, bot or list was changed")
        book.name, book.bot = intent.name, intent.bot
        if intent.numbers is not None:
            book.numbers = intent.numbers
        nobody = Deed(entry.campaign, "edit", entry.at, entry.at, 0, 0, settings=intent.settings)
        book.story.deeds.append(nobody)

    def _moved(self, book: Book, entry: Entry) -> None:
        move, count = entry.fields["move"], entry.fields["contacts"]
        if move in {"UseStage", "CopyContacts", "NewRun", "DropRun"} and count != len(book.numbers):
            self.say(
                "I12", entry.at, f"{entry.campaign}: {move} of {count} contacts, {len(book.numbers)} were accepted"
            )
        if move == "UseStage":
            if book.has_run:
                self.say("I11", entry.at, f"{entry.campaign} has run, and its list was replaced")
            book.story.people = [_Person() for _ in book.numbers]
            if not book.story.settings.sticky:
                # To upload somebody again is a deliberate re-add.
                book.excluded.difference_update(book.numbers)
            book.suppress()

    # --- rows --------------------------------------------------------------------------------------------------------

    def compare(
        self,
        campaign: str,
        at: int,
        row: tuple[str, int, int, int, str, str],
        counters: Mapping[str, int],
        buckets: Mapping[str, int],
    ) -> None:
        """I10, I11, I12, I16: the campaign's row, its counts and its contacts by state are what the log tells.

        Parameters:
            row: status, epoch, version, run, name and bot.
        """
        book = self.books[campaign]
        status, epoch, version, run, name, bot = row
        expected = (book.story.status, book.version, book.run, book.name, book.bot)
        if (status, version, run, name, bot) != expected:
            self.say("I10", at, f"{campaign} is {(status, version, run, name, bot)}, the log tells {expected}")
        if (epoch > book.epoch) != book.raised:
            self.say("I7", at, f"{campaign}: its epoch went from {book.epoch} to {epoch} with {book.last}")
        book.epoch, book.raised = epoch, False
        told = self.counts(book)
        wrong = {each: (counters[each], told[each]) for each in COUNTS if counters[each] != told[each]}
        if wrong:
            self.say("I16", at, f"{campaign}: counts differ from the log: {wrong}")
        people = Counter(person.status for person in book.story.people)
        if people != {state: count for state, count in buckets.items() if count}:
            self.say("I12", at, f"{campaign}: contacts are {dict(buckets)}, the log tells {dict(people)}")

    def counts(self, book: Book) -> Mapping[str, int]:
        """Return what the log tells of the current run."""
        tally, states = book.tallies[-1], Counter(attempt.state for attempt in book.open.values())
        return {
            "dialled": tally.dialled,
            "answered": tally.answered,
            "connected": tally.connected,
            "connected_contacts": len(tally.people),
            "live": len(book.open),
            "ringing": states["ringing"],
            "in_progress": states["answered"],
            "machines": tally.machines,
            "excluded": len(book.excluded),
        }

    def audit(
        self,
        campaign: str,
        at: int,
        contacts: Sequence[tuple[str, str, int, bool]],
        attempts: Mapping[str, tuple[str, str, int, int, int | None]],
        runs: Sequence[tuple[int, int, int]],
    ) -> None:
        """I12, I16 at the end: every row is what the log tells of it.

        Parameters:
            contacts: number, state, attempts and exclusion of each, in order.
            attempts: state, disposition, run, number in its budget and end, by id.
            runs: calls dialled, answered and connected in each.
        """
        book = self.books[campaign]
        told = [
            (number, person.status, person.tried, number in book.excluded)
            for number, person in zip(book.numbers, book.story.people, strict=True)
        ]
        for row, expected in zip(contacts, told, strict=False):
            if row != expected:
                self.say("I16", at, f"{campaign}: the row {row} is {expected} in the log")
        if len(contacts) != len(told):
            self.say("I12", at, f"{campaign} has {len(contacts)} contacts, {len(told)} were accepted")
        mine = {
            name: (each.state, each.disposition, each.run, each.told["number_in_budget"], each.ended_at)
            for name, each in self.attempts.items()
            if each.campaign == campaign
        }
        wrong = {name for name in mine.keys() | attempts.keys() if mine.get(name) != attempts.get(name)}
        if wrong:
            self.say("I16", at, f"{campaign}: attempts differ from the log: {sorted(wrong)}")
        counted = [(tally.dialled, tally.answered, tally.connected) for tally in book.tallies]
        if counted != list(runs):
            self.say("I16", at, f"{campaign}: its runs are {runs}, the log tells {counted}")
