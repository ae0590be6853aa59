"""The engine's log, retold: every contact followed through it, every decision made again. I12 and I13."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date

from oracle import wall
from oracle.facts import SECOND, Broken, Deed, Entry, History, Settings
from oracle.verdicts import NOT_CONNECTED, Ending, Verdict, declined, early, verdict, waits

WAITING = {"pending", "retry_scheduled", "callback_scheduled"}
_KINDS = {"pending": "fresh", "retry_scheduled": "retry", "callback_scheduled": "callback"}
_DECISIONS = {"RetryScheduled": "retry_scheduled", "CallbackScheduled": "callback_scheduled"}


@dataclass
class _Person:
    """One contact in one run."""

    status: str = "pending"
    tried: int = 0
    due: int = 0
    long: float | None = None
    booked: int = 0
    connected: bool = False


@dataclass
class _Try:
    """One attempt."""

    came_from: str
    began: bool | None = None
    seen: str = ""
    business: str = ""
    asked: int | None = None
    analysed_at: int | None = None
    ended: Entry | None = None
    wait_until: int | None = None
    declined: str = ""


@dataclass
class _Story:
    """One campaign, as far as its log has been read."""

    campaign: str
    deeds: list[Deed]
    calls_back: bool
    people: list[_Person]
    settings: Settings
    excluded: set[int] = field(default_factory=set)
    tries: dict[str, _Try] = field(default_factory=dict)
    open: set[str] = field(default_factory=set)
    status: str = "draft"
    closing: bool = False
    reads_callbacks: bool = False
    day: date | None = None
    cutoff: int | None = None
    before: list[tuple[list[_Person], str]] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)

    def say(self, promise: str, entry: Entry, what: str) -> None:
        self.broken.append(Broken(promise, entry.at, f"{self.campaign} contact {entry.contact}: {what}"))


def retold(history: History) -> dict[str, _Story]:
    """Read the whole log; each story keeps what it found broken."""
    stories = {}
    for campaign, numbers in history.accepted.items():
        deeds = [deed for deed in history.done(campaign) if deed.settings is not None]
        first = deeds.pop(0).settings
        assert first is not None, "a campaign begins with its settings"
        people = [_Person() for _ in numbers]
        stories[campaign] = _Story(campaign, deeds, history.calls_back[campaign], people, first)
    for entry in history.entries:
        read = _READ.get(entry.name)
        if read is not None:
            read(stories[entry.campaign], entry)
    return stories


# --- attempts --------------------------------------------------------------------------------------------------------


def _reserved(story: _Story, entry: Entry) -> None:
    told, person = entry.fields, story.people[entry.contact]
    if person.status not in WAITING:
        story.say("I13", entry, f"is dialled though {person.status}")
    if entry.at < person.due:
        story.say("I13", entry, f"is dialled {(person.due - entry.at) / SECOND} s before it is due")
    person.tried += 1
    expected = (_KINDS.get(person.status), person.tried)
    if (told["kind"], told["number_in_budget"]) != expected:
        story.say("I13", entry, f"is dialled as {told['kind']} {told['number_in_budget']}, expected {expected}")
    story.tries[told["attempt"]] = _Try(person.status)
    story.open.add(told["attempt"])
    person.status = "calling"


def _returned(story: _Story, entry: Entry) -> None:
    """Surely never placed: back to where it came from, unless that is closed by now; not counted (N7, L19)."""
    person, attempt = story.people[entry.contact], story.tries[entry.fields["attempt"]]
    to = attempt.came_from
    if _used_up(story.settings, to, person.tried - 1):
        to = "completed" if person.connected else "exhausted"
    if entry.contact in story.excluded:
        to = "excluded"
    elif story.closing:
        to = "window_closed"
    elif story.status == "completed":
        to = "manual_stopped"
    if entry.fields["to"] != to:
        story.say("I13", entry, f"went back to {entry.fields['to']}, expected {to}")
    person.tried -= 1
    person.status = entry.fields["to"]
    story.open.discard(entry.fields["attempt"])


def _used_up(settings: Settings, status: str, tried: int) -> bool:
    """Whether a waiting contact has no try left, as when max attempts was lowered."""
    return tried >= settings.max_attempts and not (settings.callbacks_may_exceed and status == "callback_scheduled")


def _bot(story: _Story, entry: Entry) -> None:
    attempt = story.tries[entry.fields["attempt"]]
    if entry.fields["began"] is not None:
        attempt.began = entry.fields["began"]
    attempt.seen = entry.fields["disposition"] or attempt.seen


def _analysis(story: _Story, entry: Entry) -> None:
    attempt, asked = story.tries[entry.fields["attempt"]], entry.fields["callback"]
    if entry.fields["late"]:
        return
    attempt.business = entry.fields["business_disposition"]
    attempt.asked = None if asked is None else asked["at"]
    attempt.analysed_at = entry.at


def _ended(story: _Story, entry: Entry) -> None:
    told, person = entry.fields, story.people[entry.contact]
    attempt = story.tries[told["attempt"]]
    connected = (
        told["answered_at"] is not None and told["disposition"] not in NOT_CONNECTED and attempt.began is not False
    )
    if told["connected"] != connected:
        story.say("I13", entry, f"{told['attempt']} is said to be connected: {told['connected']}")
    talk = 0 if told["answered_at"] is None else max(entry.at - told["answered_at"], 0)
    if told["talk"] != talk:
        story.say("I13", entry, f"{told['attempt']} is said to have talked {told['talk']}, not {talk}")
    if connected:
        person.long, person.connected = talk / SECOND, True
    attempt.ended = entry
    story.open.discard(told["attempt"])


# --- decisions -------------------------------------------------------------------------------------------------------


def _ending(story: _Story, entry: Entry, attempt: _Try) -> Ending:
    person = story.people[entry.contact]
    assert attempt.ended is not None, "only a call that has ended is decided"
    told = attempt.ended.fields
    return Ending(
        settings=story.settings,
        disposition=told["disposition"],
        detail=told["detail"],
        connected=told["connected"],
        business=attempt.business,
        asked=attempt.asked,
        ended_at=attempt.ended.at,
        now=entry.at,
        tried=person.tried,
        long=person.long,
        booked=person.booked,
        excluded=entry.contact in story.excluded,
        over=story.status in {"completed", "failed"} or story.closing,
        cutoff=story.cutoff,
        calls_back=story.reads_callbacks,
    )


def _declined(story: _Story, entry: Entry) -> None:
    story.tries[entry.fields["attempt"]].declined = entry.fields["reason"]


def _awaited(story: _Story, entry: Entry) -> None:
    attempt = story.tries[entry.fields["attempt"]]
    case = _ending(story, entry, attempt)
    if not waits(case, analysed=attempt.analysed_at is not None):
        story.say("I13", entry, f"{entry.fields['attempt']} waits for an analysis it has no use for")
    attempt.wait_until = case.ended_at + case.settings.analysis_wait * SECOND
    story.people[entry.contact].status = "awaiting_analysis"


def _in_time(story: _Story, entry: Entry, attempt: _Try, case: Ending) -> None:
    """R14: not before the analysis or the limit, and nothing that came after the limit plays a part."""
    analysed = attempt.analysed_at is not None
    name = entry.fields["attempt"]
    if attempt.wait_until is None:
        if waits(case, analysed=analysed):
            story.say("I13", entry, f"{name} was decided without waiting for its analysis")
    elif attempt.analysed_at is None:
        if entry.at <= attempt.wait_until and not early(case):
            story.say("I13", entry, f"{name} was decided before its analysis was late")
    elif attempt.analysed_at > attempt.wait_until:
        story.say(
            "I13", entry, f"{name} was decided by an analysis {attempt.analysed_at - attempt.wait_until} us too late"
        )


def _decided(story: _Story, entry: Entry) -> None:
    told, person = entry.fields, story.people[entry.contact]
    attempt = story.tries[told["attempt"]]
    case = _ending(story, entry, attempt)
    _in_time(story, entry, attempt, case)
    status = _DECISIONS.get(entry.name) or told["status"]
    made, expected = Verdict(told["rule"], status, told.get("due", 0)), verdict(case)
    if made != expected:
        story.say("I13", entry, f"{told['attempt']} was decided as {made}, expected {expected} for {case}")
    why = "" if expected.rule in {"excluded", "campaign_over", "final_outcome", "callback"} else declined(case)
    if why and attempt.declined != why:
        story.say("I13", entry, f"{told['attempt']} was declined for {attempt.declined!r}, expected {why!r}")
    person.status, person.due = status, told.get("due", person.due)
    if entry.name == "CallbackScheduled":
        person.booked += 1


# --- operators -------------------------------------------------------------------------------------------------------


def _excluded(story: _Story, entry: Entry) -> None:
    if entry.contact < 0:
        return
    person = story.people[entry.contact]
    closes = person.status in WAITING or person.status == "awaiting_analysis"
    if entry.fields["closes"] != closes:
        story.say("I12", entry, f"is {person.status} and was closed by its exclusion: {entry.fields['closes']}")
    story.excluded.add(entry.contact)
    if closes:
        person.status = "excluded"


def _move(story: _Story, table: dict[str, str]) -> None:
    for person in story.people:
        person.status = table.get(person.status, person.status)


def _close(story: _Story, status: str) -> None:
    _move(story, {**dict.fromkeys(WAITING, status), "awaiting_analysis": "completed"})


def _begin(story: _Story, entry: Entry) -> None:
    if entry.fields["action"] == "resume":
        for person in story.people:
            if person.status in WAITING and _used_up(story.settings, person.status, person.tried):
                person.status = "completed" if person.connected else "exhausted"
    story.status, story.reads_callbacks = "running", story.calls_back
    if story.settings.single_day and story.day is None:
        story.day = wall.opening_day(story.settings, entry.at)
    story.cutoff = None if story.day is None else wall.cutoff(story.settings, story.day)


def _edit(story: _Story, _entry: Entry) -> None:
    kept = story.settings.single_day
    settings = story.deeds.pop(0).settings
    assert settings is not None, "an edit has settings"
    story.settings = settings
    if not (settings.single_day and kept) or story.status == "draft":
        story.day = None
    story.cutoff = None if story.day is None else wall.cutoff(settings, story.day)


def _over(story: _Story, entry: Entry) -> None:
    action = entry.fields["action"]
    if action == "stop":
        _close(story, "manual_stopped")
    elif action == "fail":
        _move(story, {"awaiting_analysis": "completed"})
    else:
        left = Counter(
            person.status for person in story.people if person.status in {*WAITING, "calling", "awaiting_analysis"}
        )
        if left or story.open or (story.settings.always_on and not story.closing):
            story.say("I12", entry, f"was completed with {dict(left)} and {len(story.open)} live calls")
    story.status, story.closing = "failed" if action == "fail" else "completed", False


def _close_window(story: _Story, _entry: Entry) -> None:
    _close(story, "window_closed")
    story.closing = True


def _restart(story: _Story, entry: Entry) -> None:
    if story.open:
        story.say("I12", entry, f"was restarted with {len(story.open)} live calls")
    story.before.append((story.people, story.status))
    story.people = [_Person("excluded" if each in story.excluded else "pending") for each in range(len(story.people))]
    story.status, story.day, story.cutoff = "draft", None, None


def _cancel_restart(story: _Story, _entry: Entry) -> None:
    story.people, story.status = story.before.pop()


def _pause(story: _Story, _entry: Entry) -> None:
    story.status = "paused"


_ACTIONS: dict[str, Callable[[_Story, Entry], None]] = {
    "start": _begin,
    "resume": _begin,
    "pause": _pause,
    "edit": _edit,
    "stop": _over,
    "fail": _over,
    "complete": _over,
    "close_window": _close_window,
    "restart": _restart,
    "cancel_restart": _cancel_restart,
}


def _acted(story: _Story, entry: Entry) -> None:
    act = _ACTIONS.get(entry.fields["action"])
    if act is not None:
        act(story, entry)


_READ: dict[str, Callable[[_Story, Entry], None]] = {
    "AttemptReserved": _reserved,
    "AttemptReturned": _returned,
    "BotReported": _bot,
    "AnalysisArrived": _analysis,
    "AttemptEnded": _ended,
    "CallbackDeclined": _declined,
    "AnalysisAwaited": _awaited,
    "RetryScheduled": _decided,
    "CallbackScheduled": _decided,
    "ContactClosed": _decided,
    "NumberExcluded": _excluded,
    "LifecycleChanged": _acted,
}


# --- verdicts --------------------------------------------------------------------------------------------------------


def contacts_conserve(history: History) -> Iterator[Broken]:
    """I12: everybody who was accepted is on the list once, in one state, the one the log tells, and is counted so."""
    for campaign, story in retold(history).items():
        yield from (broken for broken in story.broken if broken.promise == "I12")
        rows = history.contacts[campaign]
        if tuple(row.number for row in rows) != history.accepted[campaign]:
            yield Broken(
                "I12", 0, f"{campaign}: {len(rows)} contacts are not the {len(history.accepted[campaign])} accepted"
            )
            continue
        counted = {status: count for status, count in history.buckets[campaign].items() if count}
        if counted != Counter(row.status for row in rows):
            yield Broken("I12", 0, f"{campaign}: counts {counted} are not those of the list")
        for row, person in zip(rows, story.people, strict=True):
            expected = (person.status, person.tried, row.ordinal in story.excluded)
            if (row.status, row.attempts, row.excluded) != expected:
                yield Broken("I12", 0, f"{campaign}: {row} is not {expected}, as the log tells")


def decisions_follow(history: History) -> Iterator[Broken]:
    """I13: every decision follows from the settings and the contact's history, and is the recorded one."""
    for story in retold(history).values():
        yield from (broken for broken in story.broken if broken.promise == "I13")
