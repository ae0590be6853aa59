"""Reads what the carrier's book says and what the store says, and compares them. It knows nothing of the engine.

python -m kill.judge BOOK DUMP [--attempts 3] [--seats 12]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kill.book import Book, Call

FINAL = {"completed", "exhausted", "abandoned", "machine", "window_closed", "manual_stopped", "excluded"}
NOT_CALLED = {"refused", "expired_unsent"}
FOR_EVER = 1 << 62


class Judge:
    """The two accounts of what happened.

    Parameters:
        book: the carrier's.
        dump: the store's, at the end; without it only what the book alone proves is said.
        attempts: calls to a contact at most.
        seats: calls at a time in each campaign, at most.
    """

    def __init__(self, book: Book, dump: dict[str, Any] | None, *, attempts: int, seats: int) -> None:
        self.attempts, self.seats = attempts, seats
        self.calls = sorted((book.truth(call) for call in book.calls.values()), key=lambda call: call.at)
        self.repeated, self.deeds = book.repeated, book.deeds
        self.campaigns: list[dict[str, Any]] = dump["campaigns"] if dump else []
        self.dumped = dump is not None
        self.findings = dump["findings"] + [f"{each} is busy" for each in dump["busy"]] if dump else []

    def verdict(self) -> list[str]:
        """Everything that is wrong."""
        found = [*self.called_twice(), *self.too_many_at_a_time(), *self.against_an_order()]
        if self.dumped:
            found += [*self.not_as_it_was(), *self.left_over(), *self.findings]
        return found

    # --- what the book alone proves ----------------------------------------------------------------------------------

    def called_twice(self) -> Iterator[str]:
        yield from (f"{call.id} was placed twice" for call in self.repeated)
        until: dict[str, Call] = {}
        times: Counter[tuple[str, str]] = Counter()
        for call in self.calls:
            before = until.get(call.to)
            if before is not None and call.at < before.ended:
                yield f"{call.id} was placed while {before.id}, to the same number, was live"
            if before is None or before.ended < call.ended:
                until[call.to] = call
            times[campaign_of(call.id), call.to] += 1
        for (campaign, number), count in times.items():
            if count > self.attempts:
                yield f"{number} was called {count} times in {campaign}"

    def too_many_at_a_time(self) -> Iterator[str]:
        live: dict[str, list[int]] = defaultdict(list)
        for call in self.calls:
            campaign = campaign_of(call.id)
            live[campaign] = [ended for ended in live[campaign] if ended > call.at] + [call.ended]
            if len(live[campaign]) > self.seats:
                yield f"{call.id} is live call number {len(live[campaign])} of its campaign"

    def against_an_order(self) -> Iterator[str]:
        paused: dict[str, list[tuple[int, int]]] = defaultdict(list)
        excluded: dict[tuple[str, str], int] = {}
        for deed in self.deeds:
            spans = paused[deed["campaign"]]
            if deed["kind"] == "paused":
                spans.append((deed["at"], FOR_EVER))
            elif deed["kind"] == "resuming" and spans:
                spans[-1] = (spans[-1][0], min(spans[-1][1], deed["at"]))
            elif deed["kind"] == "excluded":
                excluded.setdefault((deed["campaign"], deed["number"]), deed["at"])
        for call in self.calls:
            campaign = campaign_of(call.id)
            if any(since < call.at < until for since, until in paused[campaign]):
                yield f"{call.id} was placed while its campaign was paused"
            if call.at > excluded.get((campaign, call.to), FOR_EVER):
                yield f"{call.id} was placed to somebody who was excluded"

    # --- what the store makes of it ----------------------------------------------------------------------------------

    def not_as_it_was(self) -> Iterator[str]:
        attempts = {each["id"]: each for campaign in self.campaigns for each in campaign["attempts"]}
        numbers = {
            (campaign["id"], each["ordinal"]): each["number"]
            for campaign in self.campaigns
            for each in campaign["contacts"]
        }
        calls = {call.id: call for call in self.calls}
        yield from (f"{name} was placed and is not in the store" for name in calls.keys() - attempts.keys())
        for name, attempt in attempts.items():
            call = calls.get(name)
            said = (attempt["status"], attempt["disposition"], attempt["answered_at"], attempt["ended_at"])
            unknown = attempt["status"] == "ended" and (attempt["disposition"], attempt["detail"]) == (
                "error",
                "unknown",
            )
            if call is None:
                if not unknown and attempt["status"] not in NOT_CALLED:
                    yield f"{name} was not placed, and is {said}"
                continue
            if numbers[campaign_of(name), attempt["contact"]] != call.to:
                yield f"{name} was placed to the number of somebody else"
            if not unknown and said != ("ended", call.disposition, call.answered, call.ended):
                yield f"{name} is {said}, and was {call}"

    def left_over(self) -> Iterator[str]:
        for campaign in self.campaigns:
            if campaign["status"] != "completed":
                yield f"campaign {campaign['id']} is {campaign['status']}"
            counted: Counter[int] = Counter()
            for attempt in campaign["attempts"]:
                counted[attempt["contact"]] += attempt["status"] not in NOT_CALLED
            for contact in campaign["contacts"]:
                who = f"contact {contact['ordinal']} of {campaign['id']}"
                if contact["status"] not in FINAL:
                    yield f"{who} is {contact['status']}"
                if not contact["attempts"] == counted[contact["ordinal"]] <= self.attempts:
                    yield f"{who} has {counted[contact['ordinal']]} attempts, and says {contact['attempts']}"
                if contact["status"] == "exhausted" and contact["attempts"] < self.attempts:
                    yield f"{who} was given up after {contact['attempts']} attempts"
            counters = campaign["counters"]
            told = {status: count for status, count in counters["contacts"].items() if count}
            if told != Counter(contact["status"] for contact in campaign["contacts"]):
                yield f"campaign {campaign['id']} counts {told}"
            if (counters["live"], counters["dialled"]) != (0, counted.total()):
                yield f"campaign {campaign['id']} counts {counters['live']} live, {counters['dialled']} dialled"

    def figures(self) -> dict[str, int]:
        """How much there was to see."""
        attempts = [each for campaign in self.campaigns for each in campaign["attempts"]]
        return {
            "contacts": sum(len(campaign["contacts"]) for campaign in self.campaigns),
            "calls": len(self.calls) + len(self.repeated),
            "attempts": len(attempts),
            "looked up": sum(campaign["lost"] for campaign in self.campaigns),
            "unknown": sum(each["detail"] == "unknown" for each in attempts),
            "given back": sum(each["status"] in NOT_CALLED for each in attempts),
            "paused": sum(deed["kind"] == "paused" for deed in self.deeds),
            "excluded": sum(deed["kind"] == "excluded" for deed in self.deeds),
        }


def campaign_of(attempt_id: str) -> str:
    return attempt_id.rpartition("-")[0]


def main() -> None:
    parser = argparse.ArgumentParser(description="Compare a carrier's book with what the store says.")
    parser.add_argument("book", type=Path)
    parser.add_argument("dump", type=Path)
    parser.add_argument("--attempts", type=int, default=3)
    parser.add_argument("--seats", type=int, default=12)
    given = parser.parse_args()
    judge = Judge(
        Book(given.book).refresh(),
        json.loads(given.dump.read_text(encoding="utf-8")),
        attempts=given.attempts,
        seats=given.seats,
    )
    found = judge.verdict()
    print(json.dumps(judge.figures()))
    print(*found, sep="\n")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
