"""Anything, at any time: several workers, a carrier that errs, operators, crashes and clocks, watched move by move.

Two drivers over the same moves: a random walk out of a seed, and hypothesis, which searches and makes what it finds
small. `stress/long.py` walks many more seeds. Every check is shown to fail, by a bug put into the engine for it.
"""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from oracle.facts import DAY, MINUTE, SECOND
from ori_campaigns.campaign import LIFECYCLE as ENGINES_LIFECYCLE
from ori_campaigns.contact import ATTEMPT_MOVES as ENGINES_MOVES
from stress import bugs, long
from stress.bugs import BUGS, Patch, found_after, found_on, sound
from stress.chronicle import ATTEMPT_MOVES, LIFECYCLE
from stress.operators import Operators
from stress.plan import ODD_MOVES, plan
from stress.walk import calm, walk
from stress.world import PAGE, World

SEEDS = 50
STRIDE = 10
STRESS = Path(bugs.__file__).parent


# --- random walks -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L4", "L6", "L10", "L14", "L16", "L17", "N2", "N3", "N4", "N7", "P1", "P2", "X3", "X5", "M6")
@pytest.mark.parametrize("first", range(0, SEEDS, STRIDE))
def test_every_promise_is_kept_after_every_move(first: int) -> None:
    walked = [sound(seed) for seed in range(first, first + STRIDE)]
    assert not [str(each) for each in walked if each.broken]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(SEEDS, 1_100, 50))
def test_every_promise_is_kept_on_many_more_seeds(first: int) -> None:
    walked = [sound(seed) for seed in range(first, first + 50)]
    assert not [str(each) for each in walked if each.broken]


def test_the_seeds_reach_everything_that_can_happen() -> None:
    # Walks that grow dull would keep every promise.
    counts: Counter[str] = Counter()
    attempts = 0
    for seed in range(SEEDS):
        counts += sound(seed).counts
        attempts += sound(seed).attempts
    deeds = (
        "create start pause resume stop fail restart cancel_restart clone delete edit exclude pause_all settle refresh"
    )
    refused = "start pause resume stop restart cancel_restart delete edit"
    points = [f"{call}: {when}" for call in ("admit", "record") for when in ("before", "committed")]
    points += ["place: before", "place: sent"]
    others = (
        "freezes", "unsent", "late requests", "clock steps", "lost errands", "reports doubled", "reports reordered",
        "reports lost", "reports retold", "stories told", "two at once", "carrier faults",
    )  # fmt: skip
    wanted = [f"did {name}" for name in deeds.split()] + [f"refused {name}" for name in refused.split()]
    wanted += [f"crash {name}" for name in points] + list(others)
    assert not [name for name in wanted if not counts[name]]
    assert attempts > 50 * SEEDS


def test_a_seed_is_the_same_walk_each_time() -> None:
    assert [plan(seed) for seed in range(20)] == [plan(seed) for seed in range(20)]
    assert walk(3) == sound(3)


# --- hypothesis -------------------------------------------------------------------------------------------------------

WHICH = st.integers(0, 5)
WAIT = st.booleans()
BY = st.sampled_from(("ann", "bob"))
MOMENTS = st.sampled_from(
    (1, 1_000, SECOND, 4 * SECOND, 6 * SECOND, 30 * SECOND, 2 * MINUTE, 20 * MINUTE, 180 * MINUTE)
)
ACTIONS = st.sampled_from("start pause resume resume stop fail restart cancel_restart clone delete".split())


class Anything(RuleBasedStateMachine):
    """The moves of a world as hypothesis makes them."""

    world: World
    operators: Operators

    @initialize(seed=st.integers(0, 5_000))
    def begin(self, seed: int) -> None:
        # Few people: what is found is to be made small, and a small world is calm soon.
        told = plan(seed)
        few = tuple(replace(each, contacts=each.contacts[:6]) for each in told.campaigns[:2])
        self.world = World(replace(told, campaigns=few))
        self.operators = Operators(self.world)
        for place, each in enumerate(self.world.told.campaigns):
            self.operators.create(each)
            self.operators.act("start", place)

    @rule(which=WHICH)
    def work_and_go_on(self, which: int) -> None:
        self.world.work(which)
        self.world.to_next()

    @rule(which=WHICH, point=st.integers(1, 12))
    def work_and_die(self, which: int, point: int) -> None:
        self.world.work_and_die(which, point)

    @rule(which=WHICH)
    def step(self, which: int) -> None:
        self.world.step(which)

    @rule(which=WHICH, count=st.sampled_from((1, 2, -1, PAGE)))
    def send(self, which: int, count: int) -> None:
        self.world.send(which, count)

    @rule(which=WHICH, count=st.sampled_from((1, 3, PAGE)))
    def hear_and_record(self, which: int, count: int) -> None:
        self.world.deliver(which, count)
        self.world.record(which, count)
        self.world.run_errands(which)

    @rule(which=WHICH)
    def crash(self, which: int) -> None:
        self.world.crash(which)

    @rule(which=WHICH)
    def freeze_or_thaw(self, which: int) -> None:
        if self.world.worker(which).frozen:
            self.world.thaw(which)
        else:
            self.world.freeze(which)

    @rule(microseconds=MOMENTS)
    def pass_time(self, microseconds: int) -> None:
        self.world.pass_time(microseconds)

    @rule(which=WHICH, near=st.sampled_from((-SECOND, -1, 0, 1)))
    def to_edge(self, which: int, near: int) -> None:
        self.world.to_edge(which, near, DAY)

    @rule(microseconds=st.sampled_from((1, SECOND, 10 * SECOND, 60 * MINUTE)))
    def clock_back(self, microseconds: int) -> None:
        self.world.watch._stepping = True
        self.world.clock_back(microseconds)

    @rule(what=st.sampled_from(("shuffle", "double", "lose", "retell", "say")), index=st.integers(0, 1 << 12))
    def meddle(self, what: str, index: int) -> None:
        world = self.world
        if what == "shuffle":
            world.shuffle_post()
        elif what == "double":
            world.double_post()
        elif what == "lose":
            world.lose_post(index % 4)
        elif what == "retell":
            world.retell(index)
        else:
            world.say_of(index)

    @rule(action=ACTIONS, which=WHICH, by=BY, wait=WAIT)
    def act(self, action: str, which: int, by: str, wait: bool) -> None:
        if action != "clone" or len(self.operators.campaigns) < 5:
            self.operators.act(action, which, by=by, wait=wait)

    @rule(which=WHICH, count=st.integers(1, 4), wait=WAIT)
    def exclude(self, which: int, count: int, wait: bool) -> None:
        self.operators.exclude(which, count, wait=wait)

    @rule(which=WHICH, stale=st.integers(0, 1))
    def edit(self, which: int, stale: int) -> None:
        campaign = self.operators._pick(which)
        if campaign is not None:
            self.operators.edit(campaign, self.operators.change_of(campaign), stale=stale)

    @rule(first=ACTIONS, quicker=ACTIONS, which=WHICH)
    def two_at_once(self, first: str, quicker: str, which: int) -> None:
        if len(self.operators.campaigns) < 5:
            act = self.operators.act
            self.operators.together(lambda: act(first, which), lambda: act(quicker, which, by="bob"))

    @rule(index=WHICH)
    def settle(self, index: int) -> None:
        self.operators.settle(index)

    @rule(kind=st.integers(0, 2), which=WHICH)
    def change_carriers(self, kind: int, which: int) -> None:
        self.operators.change_carriers(kind, which)

    @invariant()
    def every_promise_is_kept(self) -> None:
        if hasattr(self, "world"):
            assert not self.world.broken, self._told()

    def _told(self) -> str:
        seed = self.world.told.seed
        shown = "\n".join(map(str, self.world.broken))
        return f"{shown}\nIn the world of seed {seed}; its own walk: python tests/stress/replay.py {seed}"

    def teardown(self) -> None:
        """Whatever was done, everybody is served in the end."""
        if hasattr(self, "world") and not self.world.broken:
            calm(self.world, self.operators)
            assert not self.world.broken, self._told()


Anything.TestCase.settings = settings(stateful_step_count=50)
TestAnything = Anything.TestCase


# --- the checks can fail ----------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(("promise", "bug", "seed"), BUGS, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_bug_is_found(promise: str, bug: Patch, seed: int) -> None:
    if not found_on(promise, bug, seed):
        # The walks have changed since; any seed will do.
        count = found_after(promise, bug)
        assert count is not None, f"{promise} was kept on {bugs.WITHIN} seeds in spite of {bug.__name__}"


def test_every_promise_has_a_bug_that_breaks_it() -> None:
    assert {promise for promise, _, _ in BUGS} == {f"I{number}" for number in range(1, 17)}


# --- the judges -------------------------------------------------------------------------------------------------------


def test_the_judges_do_not_know_the_engine() -> None:
    for name in ("chronicle.py", "watch.py"):
        tree = ast.parse((STRESS / name).read_text(encoding="utf-8"))
        modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
        modules |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not [module for module in modules if module.startswith("ori_campaigns")]


@pytest.mark.behaviour("L18")
def test_the_judges_table_of_actions_is_the_engines() -> None:
    # "closing" and the deeds of the engine itself are not in its table.
    mine = {stage: actions - {"exclude", "close_window"} for stage, actions in LIFECYCLE.items() if stage != "closing"}
    theirs = {
        stage.value.replace(" restart", ""): {action.value for action in actions}
        for stage, actions in ENGINES_LIFECYCLE.items()
    }
    assert mine == theirs


@pytest.mark.behaviour("N2")
def test_the_judges_table_of_moves_is_within_the_engines() -> None:
    # In the log a call that the bot says has begun is still "answered"; to be lost again is no move.
    for state, moves in ATTEMPT_MOVES.items():
        theirs = {move.value for move in ENGINES_MOVES[type(next(iter(ENGINES_MOVES)))(state)]}
        assert moves - {state} <= theirs


def test_every_odd_move_is_drawn_by_some_seed() -> None:
    assert {name for seed in range(50) for name in plan(seed).odd} == set(ODD_MOVES)


# --- the long run -----------------------------------------------------------------------------------------------------


def test_a_long_run_adds_a_line_for_each_slice(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "log.csv"
    arguments = ["--seeds", "4", "--first", "0", "--slice", "2", "--workers", "1", "--log", str(log)]
    long.main(arguments)
    long.main(arguments)
    header, *lines = [line.split(",") for line in log.read_text(encoding="utf-8").splitlines()]
    assert header[2:] == "first,seeds,attempts,requests,faults,crashes,operator_actions,violations".split(",")
    assert [line[2:4] for line in lines] == [["0", "2"], ["2", "2"]] * 2
    first = [sound(0), sound(1)]
    assert lines[0][4:6] == [str(sum(each.attempts for each in first)), str(sum(each.requests for each in first))]
    assert "4 seeds" in capsys.readouterr().out
