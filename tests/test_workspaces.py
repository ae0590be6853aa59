"""Campaigns of one workspace and of another: nothing crosses, though everything bears the same names."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from copy import copy
from functools import partial

import attrs
import pytest

from ori_campaigns.errors import CampaignsError, CannotStart, InvalidDefinition, NotFound
from ori_campaigns.exclusion import ExclusionResult
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.reports import Accepted, Refused
from worlds import LINES, TRUNK, World, draft, leads, number


def two() -> World:
    """Workspaces `red` and `blue`, each with a bot, a carrier and numbers of the same names."""
    world = World()
    for workspace in ("red", "blue"):
        world.open_workspace(workspace)
    return world


@pytest.mark.behaviour("L20", "M3")
def test_a_list_shows_its_own_workspace_only() -> None:
    world = two()
    red, blue = world.create(1, workspace="red", name="R"), world.create(1, workspace="blue", name="B")
    for workspace, campaign in (("red", red), ("blue", blue)):
        assert [row.campaign_id for row in world.service.list(workspace=workspace).rows] == [campaign.id]
        assert world.store.campaigns(workspace) == [campaign]
    assert world.service.list().rows == ()
    assert world.service.list(workspace="red", search=blue.id).rows == ()


@pytest.mark.behaviour("L20")
def test_bots_and_numbers_are_those_of_the_workspace() -> None:
    world = World()
    world.open_workspace("red")
    with pytest.raises(InvalidDefinition) as caught:
        world.create(1, workspace="blue")
    assert [problem.code for problem in caught.value.problems] == [
        "unknown_bot",
        "number_not_configured",
        "number_not_configured",
    ]


@pytest.mark.behaviour("L20")
def test_a_start_looks_at_the_carriers_of_its_workspace() -> None:
    world = two()
    red, blue = world.create(1, workspace="red"), world.create(1, workspace="blue")
    world.directory.withdraw(LINES[0], workspace="red")
    assert world.service.start(blue.id, by="asha").begins_at == world.now
    with pytest.raises(CannotStart):
        world.service.start(red.id, by="asha")


@pytest.mark.behaviour("L20", "P2")
def test_carriers_of_the_same_name_have_limits_of_their_own() -> None:
    world = two()
    for workspace, channels in (("red", 2), ("blue", 3)):
        world.directory.add(attrs.evolve(TRUNK, channels=channels), workspace=workspace)
    for first, workspace in enumerate(("red", "blue")):
        draft_ = draft(workspace=workspace)
        campaign = world.service.create(draft_, leads(9, first=100 * first), by="asha")
        world.service.start(campaign.id, by="asha")
    calls = world.dials()
    assert sorted(call.campaign_id for call in calls) == ["t00000001"] * 2 + ["t00000002"] * 3


@pytest.mark.behaviour("L20", "P2")
def test_a_carrier_is_left_alone_in_the_workspace_whose_call_it_refused_only() -> None:
    world = two()
    started = []
    for first, workspace in enumerate(("red", "blue")):
        draft_ = draft(workspace=workspace, concurrency_limit=2)
        campaign = world.service.create(draft_, leads(9, first=100 * first), by="asha")
        world.service.start(campaign.id, by="asha")
        started.append(campaign.id)
    red, blue = started
    calls = world.dials()
    mine = {campaign: [call for call in calls if call.campaign_id == campaign] for campaign in started}
    # One batch of reports holds news of both; only red's carrier asks to be left alone.
    world.tell(
        Refused(mine[red][0].attempt_id, world.now, retry_after=60),
        Accepted(mine[red][1].attempt_id, world.now),
        Accepted(mine[blue][0].attempt_id, world.now),
        Accepted(mine[blue][1].attempt_id, world.now),
    )
    world.clock.advance(seconds=5)
    world.end(mine[blue][0])
    assert [call.campaign_id for call in world.dials()] == [blue]
    world.clock.advance(seconds=55)
    assert [call.campaign_id for call in world.dials()] == [red]


@pytest.mark.behaviour("L20")
def test_refreshing_one_workspace_leaves_the_numbers_of_the_other() -> None:
    world = two()
    blue = world.running(1, workspace="blue")
    world.directory.withdraw(*LINES, workspace="red")
    world.service.refresh("red")
    assert world.dial().campaign_id == blue.id


@pytest.mark.behaviour("L20", "X3")
def test_an_exclusion_holds_in_its_own_campaign_only() -> None:
    world = two()
    red, blue = world.create(2, workspace="red"), world.create(2, workspace="blue")
    done = world.service.exclude(red.id, [number(0)], by="asha")
    assert done.results == {PhoneNumber(number(0)): ExclusionResult.EXCLUDED}
    assert world.statuses(red.id) == ["excluded", "pending"]
    assert world.statuses(blue.id) == ["pending", "pending"]
    world.service.start(blue.id, by="asha")
    assert len(world.dials()) == 2


@pytest.mark.behaviour("L20", "W3")
def test_a_creation_key_means_one_campaign_in_each_workspace() -> None:
    world = two()
    created = {
        workspace: [
            world.service.create(draft(workspace=workspace), leads(1), by="asha", key="form-1").id for _ in range(2)
        ]
        for workspace in ("red", "blue")
    }
    assert [len(set(ids)) for ids in created.values()] == [1, 1]
    assert not set(created["red"]) & set(created["blue"])


@pytest.mark.behaviour("L20", "L9")
def test_a_clone_stays_in_its_workspace() -> None:
    world = two()
    red = world.create(1, workspace="red")
    assert world.service.clone(red.id, by="ravi").workspace == "red"
    assert len(world.service.list(workspace="red").rows) == 2
    assert world.service.list(workspace="blue").rows == ()


# --- a service of one workspace ---------------------------------------------------------------------------------------

_READS = ("get", "counters", "detail", "contacts", "activity", "edit_wizard")
_ACTIONS = ("start", "pause", "resume", "stop", "restart", "cancel_restart", "clone", "delete")


@pytest.mark.behaviour("L20")
def test_what_belongs_to_another_workspace_is_not_found_even_by_its_id() -> None:
    world = two()
    red, blue = world.create(2, workspace="red"), world.create(2, workspace="blue")
    service, numbers = world.service.within("red"), [PhoneNumber(number(0))]
    entered = attrs.evolve(draft(), workspace="red")
    calls: Mapping[str, Callable[[str], object]] = {
        **{
            name: getattr(service, name)
            for name in ("get", "counters", "detail", "contacts", "activity", "edit_wizard")
        },
        **{name: partial(getattr(service, name), by="x") for name in _ACTIONS},
        "fail": lambda found: service.fail(found, "why", by="x"),
        "exclude": lambda found: service.exclude(found, numbers, by="x"),
        "append": lambda found: service.append(found, leads(1), by="x"),
        "edit": lambda found: service.edit(found, entered, by="x", version=1),
    }
    # Nothing that takes an id is left out.
    taking = {name for name in dir(service) if not name.startswith("_") and callable(getattr(service, name))}
    taking = {name for name in taking if "campaign_id" in inspect.signature(getattr(service, name)).parameters}
    assert taking == set(calls)
    before = world.store.campaign(blue.id), list(world.store.events())
    for name, call in calls.items():
        with pytest.raises(NotFound) as caught:
            call(blue.id)
        assert caught.value.entity_id == blue.id, name
    assert (world.store.campaign(blue.id), list(world.store.events())) == before
    assert service.get(red.id) == red
    assert [each.id for each in service.store.campaigns()] == [red.id]
    service.start(red.id, by="x")
    assert service.pause_all(by="x")[0].campaign.id == red.id


@pytest.mark.behaviour("L20")
def test_a_service_of_one_workspace_creates_nothing_in_another() -> None:
    world = two()
    service = world.service.within("red")
    with pytest.raises(CampaignsError):
        service.create(attrs.evolve(draft(), workspace="blue"), by="x")
    with pytest.raises(NotFound):
        service.refresh("blue")
    with pytest.raises(NotFound):
        service.list(workspace="blue")
    assert world.store.campaigns() == []


@pytest.mark.behaviour("L20")
def test_a_service_of_one_workspace_does_not_dial() -> None:
    world = two()
    blue = world.create(1, workspace="blue")
    world.service.start(blue.id, by="x")
    service = world.service.within("red")
    for dials in (service.step, service.recover, lambda: service.record([Refused("a", 0)])):
        with pytest.raises(InvalidDefinition) as caught:
            dials()
        assert [each.code for each in caught.value.problems] == ["all_workspaces"]
    for name in ("events", "book", "erase", "purge", "carriers", "joined", "close"):
        with pytest.raises(InvalidDefinition, match=name):
            getattr(service.store, name)
    copy(service.store)
    assert len(world.service.step().dials) == 1
