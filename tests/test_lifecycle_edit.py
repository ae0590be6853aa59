"""Saving an edit: when it is allowed, what is locked, and from when a change on a paused campaign takes hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import pytest

import worlds
from ori_campaigns import lifecycle
from ori_campaigns.campaign import CampaignStatus, Stage
from ori_campaigns.carriers import Bot
from ori_campaigns.errors import CampaignsError, CannotStart, FieldLocked, IngestError, InvalidDefinition
from ori_campaigns.ingest import Leads, read_leads
from worlds import BOT, LINES, World, draft_of, leads, number

# --- saving -----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L10")
def test_an_edit_of_a_draft_may_change_everything() -> None:
    world = World()
    campaign = world.create(2)
    world.directory.add(Bot("other"))
    saved = world.edit(
        campaign.id, leads(4), name="Other", bot="other", numbers=[LINES[1]], concurrency_limit=3, start="10:30"
    )
    assert saved == world.get(campaign.id)
    assert (saved.name, saved.bot, [each.reveal() for each in saved.numbers]) == ("Other", "other", [LINES[1]])
    assert (saved.config.concurrency_limit, saved.config.window.start) == (3, "10:30")
    assert (saved.status, saved.epoch, saved.created_at) == (CampaignStatus.DRAFT, campaign.epoch, campaign.created_at)
    assert saved.version == campaign.version + 1
    assert world.statuses(campaign.id) == ["pending"] * 4


@pytest.mark.behaviour("L10")
def test_an_edit_cannot_move_a_campaign_to_another_workspace() -> None:
    world = World()
    world.open_workspace("other")
    campaign = world.create()
    assert world.edit(campaign.id, workspace="other").workspace == "default"


@pytest.mark.behaviour("L10")
def test_an_edit_with_problems_is_refused_with_all_of_them_and_changes_nothing() -> None:
    world = World()
    campaign = world.create()
    before = world.state(campaign.id)
    with pytest.raises(InvalidDefinition) as caught:
        world.edit(campaign.id, leads(9), name=" ", bot="gone", numbers=[], max_attempts=0)
    assert [problem.code for problem in caught.value.problems] == [
        "name_blank",
        "unknown_bot",
        "empty_pool",
        "below_one",
    ]
    assert world.state(campaign.id) == before


@pytest.mark.behaviour("L10", "L14")
def test_a_locked_bot_that_is_gone_keeps_nobody_from_editing_the_rest() -> None:
    world = World()
    campaign = world.paused()
    world.directory.remove(BOT)
    assert world.edit(campaign.id, concurrency_limit=4).config.concurrency_limit == 4
    with pytest.raises(CannotStart):
        world.service.resume(campaign.id, by="asha")


@pytest.mark.behaviour("L10")
def test_a_draft_whose_bot_is_gone_needs_another_one_before_it_is_saved() -> None:
    world = World()
    campaign = world.create()
    world.directory.remove(BOT)
    with pytest.raises(InvalidDefinition) as caught:
        world.edit(campaign.id, concurrency_limit=4)
    assert [problem.code for problem in caught.value.problems] == ["unknown_bot"]


# --- the lock ---------------------------------------------------------------------------------------------------------

LOCKED: list[tuple[str, Mapping[str, Any], Leads | None]] = [
    ("name", {"name": "Other"}, None),
    ("bot", {"bot": "other"}, None),
    ("contacts", {}, leads(9)),
]
UNLOCKED = {"name": "Q2 Renewal Drive", "bot": BOT}


@pytest.mark.behaviour("L14")
@pytest.mark.parametrize("stage", [Stage.PAUSED, Stage.PREPARED])
@pytest.mark.parametrize(("field", "changes", "batch"), LOCKED, ids=["name", "bot", "contacts"])
def test_name_bot_and_contacts_are_locked_once_it_has_run(
    stage: Stage, field: str, changes: Mapping[str, Any], batch: Leads | None
) -> None:
    world = World()
    world.directory.add(Bot("other"))
    campaign = world.campaign_in(stage)
    before = world.state(campaign.id)
    with pytest.raises(FieldLocked) as caught:
        world.edit(campaign.id, batch, **changes)
    assert (caught.value.entity_id, caught.value.fields, caught.value.code) == (campaign.id, (field,), "field_locked")
    notice = {
        "contacts": "CSV contacts are locked for this campaign. Use Clone if you need a different contact set.",
    }.get(field, "These fields stay fixed so old and new attempts remain audit-safe.")
    assert notice in str(caught.value)
    assert world.state(campaign.id) == before


@pytest.mark.behaviour("L14")
@pytest.mark.parametrize(("field", "changes", "batch"), LOCKED, ids=["name", "bot", "contacts"])
def test_the_store_refuses_too_not_only_the_service(
    field: str, changes: Mapping[str, Any], batch: Leads | None
) -> None:
    world = World()
    campaign = world.paused()
    stage = None if batch is None else world.store.stage(batch)
    rule = partial(
        lifecycle.edit, draft=draft_of(campaign, **changes), by="asha", version=campaign.version, stage=stage
    )
    before = world.state(campaign.id)
    with pytest.raises(FieldLocked) as caught:
        world.store.change(campaign.id, rule)
    assert caught.value.fields == (field,)
    assert world.state(campaign.id) == before


@pytest.mark.behaviour("L14")
def test_saving_the_locked_fields_as_they_are_is_fine() -> None:
    world = World()
    campaign = world.paused()
    saved = world.edit(campaign.id, name="  Q2 Renewal Drive ", concurrency_limit=2)
    assert {"name": saved.name, "bot": saved.bot} == UNLOCKED


# --- an upload replaces the list --------------------------------------------------------------------------------------


@pytest.mark.behaviour("C9")
def test_an_upload_on_an_unlocked_draft_replaces_the_list() -> None:
    world = World()
    campaign = world.create(5)
    new = Leads.of([{"phone_number": number(index), "name": f"P{index}"} for index in (7, 2)])
    world.edit(campaign.id, new)
    assert [(each.ordinal, each.number.reveal(), each.variables) for each in world.contacts(campaign.id)] == [
        (0, number(7), {"name": "P7"}),
        (1, number(2), {"name": "P2"}),
    ]
    world.service.start(campaign.id, by="asha")
    assert [call.to.reveal() for call in world.dials()] == [number(7), number(2)]


@pytest.mark.behaviour("C9", "X4")
@pytest.mark.parametrize(("sticky", "states"), [(True, ["pending", "excluded"]), (False, ["pending", "pending"])])
def test_an_upload_brings_an_excluded_number_back_unless_exclusion_is_sticky(sticky: bool, states: list[str]) -> None:
    world = World()
    campaign = world.create(2, sticky_exclusion=sticky)
    world.service.exclude(campaign.id, [number(0)], by="asha")
    world.edit(campaign.id, Leads.of([number(5), number(0)]))
    assert world.statuses(campaign.id) == states


@pytest.mark.behaviour("C9")
def test_an_edit_without_an_upload_leaves_the_list_alone() -> None:
    world = World()
    campaign = world.create(5)
    before = world.contacts(campaign.id)
    world.edit(campaign.id, name="Other", sticky_exclusion=True)
    assert world.contacts(campaign.id) == before


@pytest.mark.behaviour("C9")
@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"", "empty_file"),
        (b"phone_number\n", "no_rows"),
        (b"phone_number\nN/A\n123\n", "no_valid_rows"),
        (b"phone\n919800000001\n", "no_phone_number_column"),
    ],
)
def test_a_file_without_a_valid_row_leaves_the_old_list_untouched(text: bytes, code: str) -> None:
    world = World()
    campaign = world.create(5)
    before = world.state(campaign.id)
    with pytest.raises(IngestError) as caught:
        world.edit(campaign.id, read_leads(text), name="Other")
    assert caught.value.code == code
    assert world.state(campaign.id) == before


class EmptyBatch:
    """No contacts, and not by way of `read_leads`, which would have refused them."""

    policy = "digits"
    numbers: Sequence[str] = ()

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


@pytest.mark.behaviour("C9")
def test_an_upload_without_a_contact_leaves_the_old_list_untouched() -> None:
    world = World()
    campaign = world.create(5)
    before = world.state(campaign.id)
    with pytest.raises(CampaignsError):
        world.edit(campaign.id, EmptyBatch())
    assert world.state(campaign.id) == before


class BrokenBatch:
    """Contacts whose source breaks off while they are read."""

    policy = "digits"

    @property
    def numbers(self) -> Sequence[str]:
        raise OSError("the disk is gone")

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


@pytest.mark.behaviour("C9")
def test_an_upload_that_breaks_off_leaves_the_old_list_untouched() -> None:
    world = World()
    campaign = world.create(5)
    before = world.state(campaign.id)
    with pytest.raises(OSError, match="the disk is gone"):
        world.edit(campaign.id, BrokenBatch(), name="Other")
    assert world.state(campaign.id) == before


@pytest.mark.behaviour("C9")
def test_a_campaign_whose_first_upload_breaks_off_is_not_created() -> None:
    world = World()
    with pytest.raises(OSError, match="the disk is gone"):
        world.service.create(worlds.draft(), BrokenBatch(), by="asha")
    assert world.store.campaigns() == []
