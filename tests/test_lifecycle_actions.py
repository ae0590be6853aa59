"""Every action of an operator in every stage, through the service; and two operators at once.

What is legal is written out here: the stage an action leads to, or `-` where it must be refused and change nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from ori_campaigns.campaign import Campaign, Stage
from ori_campaigns.config import SINGLE_DAY
from ori_campaigns.errors import ActionNotAllowed, CannotStart, Conflict, NotFound
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.reports import Refused
from ori_campaigns.stores.memory import MemoryStore
from worlds import World, draft_of, leads, number

TABLE = """
stage     edit     clone     start   delete cancel_restart pause  resume  stop      restart  fail   exclude
draft     draft    draft     running gone   -              -      -       -         -        -      draft
prepared  prepared prepared  running -      completed      -      -       -         -        -      prepared
running   -        running   -       -      -              paused -       completed -        failed running
paused    paused   paused    -       -      -              -      running completed -        failed paused
completed -        completed -       -      -              -      -       -         prepared -      completed
failed    -        failed    -       -      -              -      -       -         prepared -      failed
"""
BUTTONS = {
    "draft": ("edit", "clone", "start", "delete"),
    "prepared": ("edit", "clone", "start", "cancel_restart"),
    "running": ("pause", "stop", "clone"),
    "paused": ("resume", "edit", "stop", "clone"),
    "completed": ("restart", "clone"),
    "failed": ("restart", "clone"),
}
STAGES = {stage.name.lower(): stage for stage in Stage}

HEAD, *LINES = (line.split() for line in TABLE.strip().splitlines())
CELLS = [(stage, action, cell) for stage, *cells in LINES for action, cell in zip(HEAD[1:], cells, strict=True)]
LEGAL = [cell for cell in CELLS if cell[2] != "-"]
ILLEGAL = [cell[:2] for cell in CELLS if cell[2] == "-"]

Do = Callable[[World, Campaign], object]


def edit(world: World, campaign: Campaign) -> object:
    new = draft_of(campaign, concurrency_limit=7)
    return world.service.edit(campaign.id, new, by="ravi", version=campaign.version)


def named(action: str) -> Do:
    return lambda world, campaign: getattr(world.service, action)(campaign.id, by="ravi")


DO: dict[str, Do] = {
    **{action: named(action) for action in HEAD[1:]},
    "edit": edit,
    "fail": lambda world, campaign: world.service.fail(campaign.id, "bot gone", by="ravi"),
    "exclude": lambda world, campaign: world.service.exclude(campaign.id, [number(0)], by="ravi"),
}


def everything(world: World) -> Any:
    """Every campaign of the store with all that can be read about it."""
    return [world.state(campaign.id) for campaign in world.store.campaigns()]


@pytest.mark.behaviour("L1", "L16", "L18")
@pytest.mark.parametrize(("stage", "action", "leads_to"), LEGAL)
def test_a_legal_action_leads_where_it_should(stage: str, action: str, leads_to: str) -> None:
    world = World()
    campaign = world.campaign_in(STAGES[stage])
    before = len(world.store.events(limit=100_000))
    DO[action](world, campaign)
    if leads_to == "gone":
        with pytest.raises(NotFound):
            world.get(campaign.id)
    else:
        assert world.get(campaign.id).stage is STAGES[leads_to]
    done = [event.fact for event in world.store.events(after=before - 1, limit=100_000)]
    assert [(fact.action, fact.by, fact.at) for fact in done if isinstance(fact, LifecycleChanged)] == [
        (action, "ravi", world.now)
    ]


@pytest.mark.behaviour("L16")
@pytest.mark.parametrize(("stage", "action"), ILLEGAL)
def test_an_illegal_action_is_refused_by_name_and_changes_nothing(stage: str, action: str) -> None:
    world = World()
    campaign = world.campaign_in(STAGES[stage])
    world.campaign_in(Stage.RUNNING)
    before = everything(world)
    with pytest.raises(ActionNotAllowed) as caught:
        DO[action](world, campaign)
    error = caught.value
    assert everything(world) == before
    assert (error.entity, error.entity_id, error.action) == ("campaign", campaign.id, action)
    assert error.allowed == BUTTONS[stage]
    if action != "edit":
        assert f"Cannot {action} campaign {campaign.id}" in str(error)
        assert f"Allowed now: {', '.join(BUTTONS[stage])}." in str(error)


@pytest.mark.behaviour("L16")
@pytest.mark.parametrize("action", HEAD[1:])
def test_an_action_on_a_campaign_that_is_not_there_is_named_so(action: str) -> None:
    world = World()
    campaign = world.create()
    world.service.delete(campaign.id, by="asha")
    with pytest.raises(NotFound) as caught:
        DO[action](world, campaign)
    assert (caught.value.entity, caught.value.entity_id) == ("campaign", campaign.id)
    assert not world.store.campaigns()


@pytest.mark.behaviour("L3", "L5", "L16")
@pytest.mark.parametrize(
    ("stage", "action", "others"),
    [
        ("draft", "start", {"edit", "clone", "delete"}),
        ("prepared", "start", {"edit", "clone", "cancel_restart"}),
        ("paused", "resume", {"edit", "stop", "clone"}),
    ],
)
def test_a_start_or_resume_that_is_not_ready_names_what_else_may_be_done(
    stage: str, action: str, others: set[str]
) -> None:
    world = World()
    campaign = world.campaign_in(STAGES[stage])
    world.directory.remove(campaign.bot)
    before = everything(world)
    with pytest.raises(CannotStart) as caught:
        DO[action](world, campaign)
    assert everything(world) == before
    assert (caught.value.entity, caught.value.entity_id, caught.value.action) == ("campaign", campaign.id, action)
    assert set(caught.value.allowed) == others


@pytest.mark.behaviour("L16")
def test_a_reason_is_given_only_where_it_alone_stands_in_the_way() -> None:
    world = World()
    single = world.campaign_in(Stage.COMPLETED, mode=SINGLE_DAY)
    world.clock.advance(days=1)
    running = world.running(2)
    world.connect(*world.dials())
    for action, campaign in (("pause", single), ("restart", running)):
        with pytest.raises(ActionNotAllowed) as caught:
            DO[action](world, campaign)
        assert caught.value.reason == ""


# --- two at once ------------------------------------------------------------------------------------------------------


def at_once(count: int, do: Callable[[int], object]) -> list[Exception | None]:
    """Let threads do something at the same time; return what each of them got."""
    ready = Barrier(count)

    def one(index: int) -> Exception | None:
        ready.wait()
        try:
            do(index)
        except (ActionNotAllowed, Conflict, NotFound) as error:
            return error
        return None

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


RACES = [
    ("draft", "start", "running"),
    ("prepared", "start", "running"),
    ("prepared", "cancel_restart", "completed"),
    ("running", "pause", "paused"),
    ("running", "stop", "completed"),
    ("running", "fail", "failed"),
    ("paused", "resume", "running"),
    ("paused", "stop", "completed"),
    ("completed", "restart", "prepared"),
    ("failed", "restart", "prepared"),
]


@pytest.mark.behaviour("L17")
@pytest.mark.parametrize(("stage", "action", "leads_to"), RACES)
def test_of_operators_who_do_the_same_at_once_exactly_one_wins(stage: str, action: str, leads_to: str) -> None:
    world = World()
    campaign = world.campaign_in(STAGES[stage])
    answers = at_once(6, lambda _: DO[action](world, campaign))
    assert sum(answer is None for answer in answers) == 1
    after = world.get(campaign.id)
    assert after.stage is STAGES[leads_to]
    assert after.epoch == campaign.epoch + 1
    assert [entry for entry in world.log(campaign.id) if entry[1] == "ravi"] == [(action, "ravi")]


@pytest.mark.behaviour("L17")
def test_of_operators_who_start_and_delete_at_once_exactly_one_wins() -> None:
    for _ in range(20):
        world = World()
        campaign = world.create()
        actions = ["start", "delete"]
        start, delete = at_once(2, lambda index: DO[actions[index]](world, campaign))  # noqa: B023 - used at once
        assert (start is None) != (delete is None)
        assert [each.status.value for each in world.store.campaigns()] == (["running"] if start is None else [])


@pytest.mark.behaviour("L17")
def test_of_operators_who_resume_and_stop_at_once_a_stop_is_final() -> None:
    for _ in range(20):
        world = World()
        campaign = world.campaign_in(Stage.PAUSED)
        actions = ["resume", "stop"]
        resume, stop = at_once(2, lambda index: DO[actions[index]](world, campaign))  # noqa: B023 - used at once
        assert stop is None
        assert world.get(campaign.id).stage is Stage.COMPLETED
        assert set(world.statuses(campaign.id)) == {"manual_stopped"}
        # Either the resume came first, or it was refused; it never follows the stop.
        ravis = [action for action, by in world.log(campaign.id) if by == "ravi"]
        assert ravis == (["resume", "stop"] if resume is None else ["stop"])


@pytest.mark.behaviour("L10", "L17")
def test_of_editors_who_save_at_once_exactly_one_wins_and_the_others_conflict() -> None:
    world = World()
    campaign = world.create()

    def save(index: int) -> object:
        new = draft_of(campaign, name=f"Edit {index}")
        return world.service.edit(campaign.id, new, leads(index + 1), by=f"editor {index}", version=campaign.version)

    answers = at_once(6, save)
    [winner] = [index for index, answer in enumerate(answers) if answer is None]
    assert all(isinstance(answer, Conflict) for answer in answers if answer is not None)
    after = world.get(campaign.id)
    assert (after.name, after.version) == (f"Edit {winner}", campaign.version + 1)
    assert len(world.contacts(campaign.id)) == winner + 1
    assert world.log(campaign.id) == [("create", "asha"), ("edit", f"editor {winner}")]


@pytest.mark.behaviour("L10", "L17")
def test_a_conflict_says_what_to_do() -> None:
    world = World()
    campaign = world.create()
    world.edit(campaign.id, name="First")
    before = everything(world)
    with pytest.raises(Conflict, match=r"changed by somebody else since version 1 .*Open it again") as caught:
        world.service.edit(campaign.id, draft_of(campaign, name="Second"), by="ravi", version=campaign.version)
    assert caught.value.code == "conflict"
    assert everything(world) == before


@pytest.mark.behaviour("L10")
def test_a_pause_or_restart_between_opening_the_editor_and_saving_is_noticed() -> None:
    world = World()
    campaign = world.campaign_in(Stage.PAUSED)
    world.service.resume(campaign.id, by="ravi")
    with pytest.raises(ActionNotAllowed, match=r"Only draft and paused .* Current status: running\."):
        edit(world, campaign)
    world.service.stop(campaign.id, by="ravi")
    world.service.restart(campaign.id, by="ravi")
    with pytest.raises(Conflict):
        edit(world, campaign)


class Interrupted(MemoryStore):
    """A store in which somebody else gets a turn right after a change."""

    after_change: Callable[[], object] = bool

    def change(self, campaign_id: str, rule: Callable[[Any], Any]) -> Any:
        result = super().change(campaign_id, rule)
        do, self.after_change = self.after_change, bool
        do()
        return result


def interrupted() -> tuple[World, Interrupted]:
    world = World(store=Interrupted)
    assert isinstance(world.store, Interrupted)
    return world, world.store


@pytest.mark.behaviour("L17")
@pytest.mark.parametrize(
    ("action", "other", "stage"), [("pause", "resume", "paused"), ("stop", "restart", "completed")]
)
def test_a_receipt_tells_what_its_own_action_did(action: str, other: str, stage: str) -> None:
    world, store = interrupted()
    campaign = world.campaign_in(Stage.RUNNING)
    store.after_change = lambda: DO[other](world, campaign)
    receipt = getattr(world.service, action)(campaign.id, by="asha")
    assert receipt.campaign.stage is STAGES[stage]


@pytest.mark.behaviour("L13", "L17")
def test_a_fatal_refusal_just_when_somebody_stops_the_campaign_is_recorded_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    campaign = world.running(1)
    call = world.dial()
    record = world.store.record

    def then_stop(*asked: Any) -> object:
        """Stop between the record of the refusal and the failing of the campaign."""
        done = record(*asked)
        world.service.stop(campaign.id, by="ravi", wait=False)
        return done

    monkeypatch.setattr(world.store, "record", then_stop)
    world.tell(Refused(call.attempt_id, world.now, why="credentials_refused", fatal=True))
    assert world.get(campaign.id).status.value == "completed"
    assert world.service.counters(campaign.id).live == 0
