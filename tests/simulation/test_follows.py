"""What follows in a stretch is what `retry` says, and is asked once for all that are alike."""

from __future__ import annotations

from itertools import product
from typing import Any

import attrs
import pytest

from ori_campaigns.config import RetryPolicy
from ori_campaigns.contact import ContactStatus
from ori_campaigns.instants import SECOND
from ori_campaigns.retry import CaseFields, EndedCall, Terms, answer, case_of, decide
from ori_campaigns.simulation import follows
from ori_campaigns.simulation.follows import Follows
from ori_campaigns.stores.memory.rows import Codes
from ori_campaigns.stores.memory.runs import STATUSES

TERMS = Terms(
    over=False,
    cutoff=None,
    retry=RetryPolicy(max_attempts=3, on_system=["no_answer", "RNR"]),
    delay=60 * SECOND,
    stop_after=60 * SECOND,
    redial_under=30 * SECOND,
    callbacks_open=False,
    callbacks_may_exceed=False,
    analysis_wait=0,
)


@attrs.frozen
class Ended:
    disposition: str
    detail: str
    connected: bool
    talk: int


@attrs.frozen
class Standing:
    attempts: int
    excluded: bool
    last_connected: int
    callback: None = None


class Silent:
    business_disposition = ""
    callback = None


def test_it_answers_as_the_rules_do() -> None:
    codes = Codes()
    known = Follows(TERMS, codes)
    talks = (0, 29 * SECOND, 30 * SECOND, 60 * SECOND, 61 * SECOND)
    outcomes = ("no_answer", "RNR", "customer", "machine", "abandoned", "error")
    for disposition, detail, connected, talk, attempts, last, excluded in product(
        outcomes, ("", "bad_number"), (True, False), talks, (1, 2, 3), (-1, *talks), (True, False)
    ):
        ended: EndedCall = Ended(disposition, detail, connected, talk)
        said = decide(ended, Silent(), Standing(attempts, excluded, last), TERMS, ended_at=0, now=0)
        facts: dict[str, Any] = {"disposition": disposition, "detail": detail, "connected": connected, "talk": talk}
        facts |= {"attempts": attempts, "last_connected": last, "excluded": excluded}
        found = known.after(case_of(TERMS, 0, **facts))
        assert (found.rule, found.status) == (said.rule, said.status)
        assert (codes.value(found.rule_code), STATUSES[found.status_code]) == (said.rule, said.status)
        if not connected and last < 0:
            assert known.after_silence(0, disposition, detail, attempts, excluded) == found


def test_after_silence_the_rules_are_asked_once_for_all_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []

    def noted(case: CaseFields, terms: Terms) -> tuple[str, ContactStatus]:
        asked.append(case)
        return answer(case, terms)

    monkeypatch.setattr(follows, "answer", noted)
    known = Follows(TERMS, Codes())
    for _ in range(3):
        known.after_silence(0, "no_answer", "", 1, False)
        known.after_silence(0, "no_answer", "", 2, False)
    assert len(asked) == 2


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_a_third_silence_is_the_last_and_a_campaign_that_is_over_calls_nobody_again(attempts: int) -> None:
    running, over = Follows(TERMS, Codes()), Follows(attrs.evolve(TERMS, over=True), Codes())
    found = running.after_silence(0, "no_answer", "", attempts, False)
    assert (found.rule, found.status) == (
        ("attempts_used_up", "exhausted") if attempts == 3 else ("system_disposition", "retry_scheduled")
    )
    ended = over.after_silence(0, "no_answer", "", attempts, False)
    assert (ended.rule, ended.status) == ("campaign_over", "exhausted")
