"""What a wizard saves through the service: a campaign, an edit, or everything that speaks against it."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ori_campaigns import codec
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.config import CampaignMode
from ori_campaigns.errors import ActionNotAllowed, CampaignsError, Conflict, FieldLocked, InvalidDefinition, NotFound
from ori_campaigns.ingest import Leads
from ori_campaigns.testing.bench import Bench, number
from ori_campaigns.wizard import Place, Wizard

PEOPLE = Leads.of([number(0), number(1)])


@pytest.fixture
def bench() -> Bench:
    return Bench()


def filled(bench: Bench, **entries: Any) -> Wizard:
    """A wizard with all that is required; the list is to be uploaded yet."""
    wizard = bench.service.new_wizard(time_zone="Asia/Kolkata")
    pool = [each.number.reveal() for each in bench.directory.carriers("default")[0].numbers]
    for field, value in {"name": "Renewals", "bot": wizard.offers.bots[0].id, "numbers": pool, **entries}.items():
        wizard = wizard.enter(field, value)
    return wizard


def codes(error: InvalidDefinition) -> list[tuple[str, str]]:
    return [(each.path, each.code) for each in error.problems]


def refused(bench: Bench, wizard: Wizard, leads: Leads | None = PEOPLE) -> list[tuple[str, str]]:
    with pytest.raises(InvalidDefinition) as caught:
        bench.service.save(wizard, leads, by="asha")
    return codes(caught.value)


def paused(bench: Bench) -> Campaign:
    campaign = bench.running(3)
    return bench.service.pause(campaign.id, by="asha").campaign


# --- opening it -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W3", "W4", "W5", "W8")
def test_a_new_wizard_offers_what_the_workspace_has(bench: Bench) -> None:
    bench.directory.add(Bot("meera"), Carrier("north", [number(70)]), workspace="north")
    wizard = bench.service.new_wizard(time_zone="Asia/Dubai", workspace="north", entered_from="detail")
    assert [bot.id for bot in wizard.offers.bots] == ["meera"]
    assert [each.reveal() for each in wizard.offers.outbound()] == [number(70)]
    assert (wizard.workspace, wizard.entered_from, wizard.entries.timezone) == ("north", Place.DETAIL, "Asia/Dubai")
    assert bench.service.list(workspace="north").rows == ()


@pytest.mark.behaviour("W3")
def test_each_new_wizard_has_a_key_of_its_own(bench: Bench) -> None:
    keys = {bench.service.new_wizard(time_zone="UTC").key for _ in range(3)}
    assert len(keys) == 3
    assert bench.service.new_wizard(time_zone="UTC", key="form-7").key == "form-7"


@pytest.mark.parametrize("place", ["", "somewhere"])
def test_a_place_that_is_none_is_refused(bench: Bench, place: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        bench.service.new_wizard(time_zone="UTC", entered_from=place)
    assert codes(caught.value) == [("entered_from", "unknown_place")]


@pytest.mark.behaviour("W16", "L14")
def test_an_editor_opens_with_what_is_saved(bench: Bench) -> None:
    campaign = paused(bench)
    wizard = bench.service.edit_wizard(campaign.id)
    assert wizard.editing is not None
    assert (wizard.editing.contacts, wizard.editing.version) == (3, campaign.version)
    assert (wizard.entries.name, wizard.entries.bot) == (campaign.name, campaign.bot)
    assert [field for field in ("name", "bot", "contacts", "numbers") if wizard.locked(field)] == [
        "name",
        "bot",
        "contacts",
    ]
    with pytest.raises(NotFound):
        bench.service.edit_wizard("nobody00")


# --- saving a new campaign --------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W3", "W15", "L2")
def test_what_was_entered_is_a_draft_with_its_list(bench: Bench) -> None:
    wizard = filled(bench, mode="multi_day", concurrency_limit="", window_start="22:00", window_end="06:00").upload(
        PEOPLE
    )
    campaign = bench.service.save(wizard, PEOPLE, by="asha")
    assert (campaign.status, campaign.name, campaign.created_by) == (CampaignStatus.DRAFT, "Renewals", "asha")
    assert campaign.config.mode is CampaignMode.MULTI_DAY
    assert campaign.config.concurrency_limit == 50
    assert [each.number.reveal() for each in bench.store.contacts(campaign.id)] == [number(0), number(1)]
    assert bench.dials() == ()


@pytest.mark.behaviour("W3")
def test_saved_twice_it_is_one_campaign(bench: Bench) -> None:
    wizard = filled(bench).upload(PEOPLE)
    first = bench.service.save(wizard, PEOPLE, by="asha")
    # It came back from a browser, and Create is pressed again.
    again = codec.loads(Wizard, codec.dumps(wizard.failed(CampaignsError("The answer was lost."))))
    assert bench.service.save(again, PEOPLE, by="asha") == first
    assert len(bench.service.list().rows) == 1


@pytest.mark.behaviour("W17")
def test_everything_that_is_wrong_is_told_at_once(bench: Bench) -> None:
    wizard = filled(bench, name=" ", bot="", window_start="09:00", window_end="09:00")
    assert refused(bench, wizard, None) == [
        ("name", "name_blank"),
        ("bot", "bot_blank"),
        ("config.window.end", "same_start_end"),
        ("contacts", "contacts_required"),
    ]
    assert bench.service.list().rows == ()


@pytest.mark.behaviour("W4", "W5")
def test_what_was_taken_away_meanwhile_is_refused(bench: Bench) -> None:
    wizard = filled(bench).upload(PEOPLE)
    assert wizard.problems() == ()
    wizard = wizard.offered(attrs.evolve(wizard.offers, bots=(*wizard.offers.bots, Bot("gone")))).enter("bot", "gone")
    assert wizard.problems() == ()
    assert refused(bench, wizard) == [("bot", "unknown_bot")]


@pytest.mark.behaviour("C9")
def test_the_leads_are_those_that_were_uploaded(bench: Bench) -> None:
    wizard = filled(bench)
    assert refused(bench, wizard.upload(PEOPLE), None) == [("contacts", "leads_missing")]
    assert refused(bench, wizard.upload(PEOPLE), Leads.of([number(5)])) == [("contacts", "other_leads")]
    assert ("contacts", "leads_not_uploaded") in refused(bench, wizard)


# --- saving an edit ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L10", "W16")
def test_an_edit_changes_what_was_entered_and_no_more(bench: Bench) -> None:
    campaign = paused(bench)
    wizard = bench.service.edit_wizard(campaign.id).enter("concurrency_limit", "3")
    changed = bench.service.save(wizard, by="ravi")
    assert changed == attrs.evolve(
        campaign,
        config=attrs.evolve(campaign.config, concurrency_limit=3),
        version=campaign.version + 1,
    )


@pytest.mark.behaviour("L10", "C9")
def test_a_list_replaces_that_of_a_draft(bench: Bench) -> None:
    campaign = bench.create([number(7)])
    wizard = bench.service.edit_wizard(campaign.id).upload(PEOPLE)
    bench.service.save(wizard, PEOPLE, by="asha")
    assert [each.number.reveal() for each in bench.store.contacts(campaign.id)] == [number(0), number(1)]


@pytest.mark.behaviour("L10")
def test_a_running_campaign_is_not_edited(bench: Bench) -> None:
    campaign = bench.running(1)
    with pytest.raises(ActionNotAllowed):
        bench.service.save(bench.service.edit_wizard(campaign.id), by="asha")


@pytest.mark.behaviour("L10")
def test_who_saves_later_is_told(bench: Bench) -> None:
    campaign = paused(bench)
    first, second = (bench.service.edit_wizard(campaign.id).enter("concurrency_limit", each) for each in ("3", "4"))
    bench.service.save(first, by="asha")
    with pytest.raises(Conflict):
        bench.service.save(second, by="ravi")
    assert bench.service.get(campaign.id).config.concurrency_limit == 3


@pytest.mark.behaviour("L14")
def test_a_draft_that_was_started_meanwhile_keeps_its_name(bench: Bench) -> None:
    campaign = bench.create([number(0)])
    wizard = bench.service.edit_wizard(campaign.id).enter("name", "Another")
    bench.service.start(campaign.id, by="asha")
    bench.service.pause(campaign.id, by="asha")
    with pytest.raises((FieldLocked, Conflict)):
        bench.service.save(wizard, by="ravi")
    assert bench.service.get(campaign.id).name == campaign.name


@pytest.mark.behaviour("W4", "L14")
def test_a_locked_bot_that_is_gone_keeps_nobody_from_editing(bench: Bench) -> None:
    campaign = paused(bench)
    bench.directory.remove(campaign.bot)
    wizard = bench.service.edit_wizard(campaign.id).enter("concurrency_limit", "2")
    assert bench.service.save(wizard, by="asha").config.concurrency_limit == 2
