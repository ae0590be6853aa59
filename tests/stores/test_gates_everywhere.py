"""A gate that is taken out is missed on every store alike: no rule of dialling is written in a database.

What a store guards on its own account stays guarded, and is said here: two calls to one number, and more calls than a
campaign has seats, are refused by PostgreSQL and SQLite whatever the rule says; the store in memory knows the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import pytest

from ori_campaigns import admission, gates, retry
from ori_campaigns.admission import Admission
from ori_campaigns.campaign import Campaign
from ori_campaigns.config import RetryPolicy
from ori_campaigns.errors import Conflict
from ori_campaigns.testing.bench import RETRIED, Bench, number
from stores.engines import DURABLE, ENGINES, Place
from stores.scenarios import play_on

AGAIN = RetryPolicy(max_attempts=2, on_system={"no_answer"})


def without_gates(patch: pytest.MonkeyPatch, *names: str) -> None:
    for gates_of in ("CAMPAIGN_GATES", "CONTACT_GATES"):
        left = tuple(gate for gate in getattr(gates, gates_of) if gate.__name__ not in names)
        patch.setattr(gates, gates_of, left)


def without_rule(patch: pytest.MonkeyPatch, name: str) -> None:
    patch.setattr(retry, "RULES", tuple(rule for rule in retry.RULES if rule[0] != name))


# --- each gate has somebody it keeps from being called ---------------------------------------------------------------


def paused(bench: Bench) -> Campaign:
    campaign = bench.running(1)
    bench.service.pause(campaign.id, by="test")
    return campaign


def past_its_day(bench: Bench) -> Campaign:
    campaign = bench.running(1, mode="single_day")
    bench.clock.advance(hours=10)
    return campaign


def at_night(bench: Bench) -> Campaign:
    campaign = bench.running(1)
    bench.clock.advance(hours=10)
    return campaign


def all_seats_taken(bench: Bench) -> Campaign:
    campaign = bench.running(3, concurrency_limit=2)
    assert len(bench.dials()) == 2
    return campaign


def called_now(bench: Bench) -> Campaign:
    campaign = bench.running(1)
    assert len(bench.dials()) == 1
    return campaign


def to_be_called_later(bench: Bench) -> Campaign:
    campaign = bench.running(1, retry=RETRIED)
    bench.no_answer(*bench.dials())
    return campaign


def used_up(bench: Bench) -> Campaign:
    campaign = bench.running(1, retry=AGAIN)
    for _ in range(2):
        bench.no_answer(*bench.dials())
        bench.clock.advance(hours=1)
    return campaign


def excluded(bench: Bench) -> Campaign:
    campaign = bench.running(1, retry=AGAIN)
    dials = bench.dials()
    bench.service.exclude(campaign.id, number(0), by="test", wait=False)
    bench.no_answer(*dials)
    bench.clock.advance(hours=1)
    return campaign


def called_by_another(bench: Bench) -> Campaign:
    called_now(bench)
    return bench.running(1)


CALLED, NOBODY = "called", "nobody"
REFUSED = "refused by the store"
ALL_CALL = dict.fromkeys(ENGINES, CALLED)
NONE_CALLS = dict.fromkeys(ENGINES, NOBODY)

# Gate, who it keeps from being called, what else has to be taken out so that it stands alone, and what happens then.
MISSED: tuple[tuple[str, Callable[[Bench], Campaign], tuple[str, ...], str, Mapping[str, str]], ...] = (
    ("running", paused, (), "", ALL_CALL),
    ("before_cutoff", past_its_day, ("inside_window",), "", ALL_CALL),
    ("inside_window", at_night, (), "", ALL_CALL),
    # Databases have it as a constraint, too: there it is a conflict and no call.
    ("seat_free", all_seats_taken, (), "", {"memory": CALLED, **dict.fromkeys(DURABLE, REFUSED)}),
    # A pool without a line has nothing to call with: the rule comes upon it again.
    ("line_free", partial(Bench.running, people=1), (), "", NONE_CALLS),
    # A store offers only those who wait, and only once they are due.
    ("waiting", called_now, (), "", NONE_CALLS),
    ("due", to_be_called_later, (), "", NONE_CALLS),
    ("attempts_left", used_up, (), "attempts_used_up", ALL_CALL),
    ("not_excluded", excluded, (), "excluded", ALL_CALL),
    # The promise of the port: one open attempt for a number, whatever the rule says.
    ("number_free", called_by_another, (), "", dict.fromkeys(ENGINES, REFUSED)),
)


def admitted(bench: Bench, campaign: Campaign, calls: int) -> str:
    """Ask the engine's own rule for a campaign; whether anybody was called in more than the moment before."""
    before = bench.live()
    try:
        done: Admission = bench.admit(campaign, calls, bench.real_admission)
    except Conflict:
        assert bench.live() == before
        return REFUSED
    assert bench.live() == before + len(done.dials)
    return CALLED if done.dials else NOBODY


def test_every_gate_is_here() -> None:
    assert [name for name, *_ in MISSED] == [gate.__name__ for gate in (*gates.CAMPAIGN_GATES, *gates.CONTACT_GATES)]


@pytest.mark.parametrize(("gate", "situation", "others", "rule", "missed"), MISSED, ids=[name for name, *_ in MISSED])
def test_a_gate_that_is_gone_is_missed_on_every_store(
    gate: str,
    situation: Callable[[Bench], Campaign],
    others: tuple[str, ...],
    rule: str,
    missed: Mapping[str, str],
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_gates(monkeypatch, *others)
    if rule:
        without_rule(monkeypatch, rule)
    bench, calls = Bench(store=place.new), 0 if gate == "line_free" else 9
    campaign = situation(bench)
    assert admitted(bench, campaign, calls) == NOBODY
    # Whoever was looked at in vain is put off; a minute later everybody is looked at afresh.
    bench.clock.advance(minutes=1)
    without_gates(monkeypatch, gate)
    assert admitted(bench, campaign, calls) == missed[place.name]


def test_two_guards_of_the_rule_gone_are_missed_too(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    # Even one who is not asked for a seat, a line, or anything else is only ever somebody the store may offer.
    for gates_of in ("CAMPAIGN_GATES", "CONTACT_GATES"):
        monkeypatch.setattr(gates, gates_of, ())
    bench = Bench(store=place.new)
    campaign = paused(bench)
    bench.clock.advance(hours=10)
    assert admitted(bench, campaign, 9) == CALLED


# --- and the judge finds it out, from the carrier's own book ---------------------------------------------------------


def the_window_is_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    without_gates(patch, "inside_window")


def attempts_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    without_gates(patch, "attempts_left")
    without_rule(patch, "attempts_used_up")


def exclusion_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    without_gates(patch, "not_excluded")
    without_rule(patch, "excluded")


def the_day_has_no_end(patch: pytest.MonkeyPatch) -> None:
    without_gates(patch, "before_cutoff", "inside_window")
    send_until = admission.send_until
    patch.setattr(admission, "send_until", lambda view, limits: max(send_until(view, limits), view.now + 5_000_000))


JUDGED: tuple[tuple[str, Callable[[pytest.MonkeyPatch], None], int], ...] = (
    ("I2", the_window_is_not_looked_at, 31),
    ("I2", the_day_has_no_end, 30),
    ("I5", attempts_are_not_counted, 38),
    ("I6", exclusion_is_forgotten, 24),
)


@pytest.mark.parametrize(("promise", "bug", "seed"), JUDGED, ids=lambda value: getattr(value, "__name__", str(value)))
def test_the_judge_finds_it_on_every_store(
    promise: str, bug: Callable[[pytest.MonkeyPatch], None], seed: int, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    assert promise in {each.promise for each in play_on(seed, place.new).broken}
