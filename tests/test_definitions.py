"""What a wizard saves through the service: a campaign, an edit, or everything that speaks against it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs
import pytest

from ori_campaigns import codec
from ori_campaigns.campaign import Campaign, CampaignStatus
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.config import CampaignMode
from ori_campaigns.errors import ActionNotAllowed, CampaignsError, Conflict, FieldLocked, InvalidDefinition, NotFound
from ori_campaigns.ingest import Leads, read_leads
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
    wizard = bench.service.new_wizard(time_zone="Asia/Dubai", workspace="north")
    assert [bot.id for bot in wizard.offers.bots] == ["meera"]
    assert [each.reveal() for each in wizard.offers.outbound()] == [number(70)]
    assert (wizard.workspace, wizard.entered_from, wizard.entries.timezone) == ("north", Place.LIST, "Asia/Dubai")
    assert bench.service.list(workspace="north").rows == ()


@pytest.mark.behaviour("W3")
def test_each_new_wizard_has_a_key_of_its_own(bench: Bench) -> None:
    keys = {bench.service.new_wizard(time_zone="UTC").key for _ in range(3)}
    assert len(keys) == 3
    assert bench.service.new_wizard(time_zone="UTC", key="form-7").key == "form-7"


@pytest.mark.parametrize("place", ["", "somewhere"])
def test_a_place_that_is_none_is_refused(bench: Bench, place: str) -> None:
    with pytest.raises(InvalidDefinition) as caught:
        bench.service.edit_wizard(bench.create().id, entered_from=place)
    assert codes(caught.value) == [("entered_from", "unknown_place")]


@pytest.mark.behaviour("W16", "L14")
def test_an_editor_opens_with_what_is_saved(bench: Bench) -> None:
    campaign = paused(bench)
    wizard = bench.service.edit_wizard(campaign.id, entered_from="detail")
    assert wizard.editing is not None
    assert wizard.entered_from is Place.DETAIL
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


@pytest.mark.behaviour("C9", "W14")
def test_another_list_of_the_same_name_and_length_is_another(bench: Bench) -> None:
    first = read_leads(b"phone_number,name\n919800000001,Asha\n919800000002,Ravi\n")
    others = [
        b"phone_number,name\n919811111111,Asha\n919822222222,Ravi\n",
        b"phone_number,name\n919800000002,Asha\n919800000001,Ravi\n",
        b"phone_number,name\n919800000001,Asha\n919800000002,Kim\n",
        b"phone_number,name\n919800000001,As\n919800000002,haRavi\n",
        b"phone_number,first\n919800000001,Asha\n919800000002,Ravi\n",
        b"phone_number,name\n919800000001,AshaRavi\n919800000002,\n",
    ]
    wizard = filled(bench).upload(first)
    for each in others:
        assert refused(bench, wizard, read_leads(each)) == [("contacts", "other_leads")]
    anew = read_leads(b"name;phone_number\r\nAsha;+91 98000-00001\r\nRavi;919800000002\r\nNobody;12\r\n")
    assert bench.service.save(wizard, anew, by="asha").name == "Renewals"


@pytest.mark.behaviour("W3")
def test_a_key_that_made_another_campaign_is_refused(bench: Bench) -> None:
    wizard = filled(bench).upload(PEOPLE)
    first = bench.service.save(wizard, PEOPLE, by="asha")
    three = Leads.of([number(0), number(1), number(2)])
    others = [Leads.of([number(0), number(5)]), Leads.of([number(0), {"phone_number": number(1), "name": "Ravi"}])]
    for other, leads in (
        *((wizard.upload(each), each) for each in others),
        (wizard.enter("name", "Another"), PEOPLE),
        (wizard.enter("max_attempts", "4"), PEOPLE),
        (wizard.upload(three), three),
    ):
        with pytest.raises(Conflict) as caught:
            bench.service.save(other, leads, by="asha")
        assert caught.value.code == "key_reused"
        assert first.id in str(caught.value)
    assert [row.campaign_id for row in bench.service.list().rows] == [first.id]
    named = read_leads(b"phone_number,name\n919800000001,Asha\n919800000002,\n")
    again = attrs.evolve(wizard.upload(named), key="with names")
    assert bench.service.save(again, named, by="asha") == bench.service.save(again, named, by="asha")
    # Whoever has edited it since may have begun with the same.
    bench.service.edit(first.id, bench.draft_of(first, name="Edited"), by="ravi", version=1)
    assert bench.service.save(wizard, PEOPLE, by="asha").name == "Edited"


@pytest.mark.behaviour("W3")
def test_a_blank_key_is_none(bench: Bench) -> None:
    wizard = attrs.evolve(filled(bench).upload(PEOPLE), key="")
    for key in ("", "x" * 256, "a\x00b", "\ud800"):
        assert refused(bench, attrs.evolve(wizard, key=key)) == [("key", "bad_key")]


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


@pytest.mark.behaviour("W3", "W15")
def test_an_edit_that_is_saved_twice_is_one_edit(bench: Bench) -> None:
    campaign = paused(bench)
    wizard = bench.service.edit_wizard(campaign.id).enter("concurrency_limit", "3")
    first = bench.service.save(wizard, by="asha")
    assert bench.service.save(wizard, by="asha") == first
    assert [each.action for each in bench.service.activity(campaign.id)].count("edit") == 1
    with pytest.raises(Conflict):
        bench.service.save(wizard.enter("concurrency_limit", "4"), by="asha")


@pytest.mark.behaviour("L10", "L14")
def test_after_a_conflict_the_entries_are_saved_anew(bench: Bench) -> None:
    campaign = bench.create([number(0)])
    mine = bench.service.edit_wizard(campaign.id).enter("name", "Mine").enter("max_attempts", "4")
    bench.service.save(bench.service.edit_wizard(campaign.id).enter("name", "Theirs"), by="ravi")
    with pytest.raises(Conflict) as caught:
        bench.service.save(mine, by="asha")
    assert bench.service.refreshed(mine).editing == mine.editing
    again = bench.service.reopened(mine.failed(caught.value))
    assert (again.entries.name, again.can_create, again.failures != ()) == ("Mine", mine.can_create, True)
    assert bench.service.save(again, by="asha").name == "Mine"
    # It runs, and is paused: its name is locked now, the rest is not.
    bench.service.start(campaign.id, by="ravi")
    bench.service.pause(campaign.id, by="ravi")
    locked = bench.service.reopened(again.enter("name", "Other").enter("max_attempts", "6").upload(PEOPLE))
    assert (locked.entries.name, locked.entries.max_attempts, locked.uploaded) == ("Mine", "6", None)
    assert bench.service.save(locked, by="asha").config.retry.max_attempts == 6


@pytest.mark.behaviour("W4", "W5")
def test_what_is_gone_is_shown_as_gone(bench: Bench) -> None:
    wizard = filled(bench).upload(PEOPLE)
    bench.directory.remove(wizard.entries.bot)
    again = bench.service.refreshed(codec.loads(Wizard, codec.dumps(wizard)))
    assert [(each.path, each.code) for each in again.problems()] == [("bot", "unknown_bot")]
    assert [(each.value, each.available) for each in again.page().fields[1].options] == [(wizard.entries.bot, False)]


# --- what comes back from a browser -----------------------------------------------------------------------------------


def altered(wizard: Wizard, change: Callable[[dict[str, Any]], object]) -> Wizard:
    document = json.loads(codec.dumps(wizard))
    change(document)
    return codec.loads(Wizard, json.dumps(document))


@pytest.mark.behaviour("L10", "K6")
def test_an_altered_wizard_changes_nothing_that_it_does_not_ask_for(bench: Bench) -> None:
    campaign = paused(bench)
    settings = {"callbacks_may_exceed_max_attempts": True, "analysis_wait_seconds": 999_999}
    wizard = bench.service.edit_wizard(campaign.id).enter("concurrency_limit", "3")
    again = altered(wizard, lambda found: found["editing"]["saved"]["config"].update(settings))
    saved = bench.service.save(again, by="asha").config
    assert saved == attrs.evolve(campaign.config, concurrency_limit=3)


@pytest.mark.behaviour("L10", "L14")
def test_an_altered_wizard_cannot_say_that_it_may(bench: Bench) -> None:
    campaign = bench.running(3)
    wizard = bench.service.edit_wizard(campaign.id)
    with pytest.raises(ActionNotAllowed):
        bench.service.save(altered(wizard, lambda found: found["editing"].update(status="paused")), by="asha")
    bench.service.pause(campaign.id, by="asha")
    wizard = altered(bench.service.edit_wizard(campaign.id), lambda found: found["editing"].update(has_run=False))
    with pytest.raises(FieldLocked):
        bench.service.save(wizard.enter("name", "Another"), by="asha")
    with pytest.raises(FieldLocked):
        bench.service.save(wizard.upload(PEOPLE), PEOPLE, by="asha")


@pytest.mark.behaviour("L20")
def test_an_altered_wizard_stays_in_its_workspace(bench: Bench) -> None:
    bench.directory.add(Bot("secret"), Carrier("north", [number(70)]), workspace="north")
    north = bench.service.within("north")
    wizard = (
        north.new_wizard(time_zone="UTC").enter("name", "Theirs").enter("bot", "secret").enter("numbers", [number(70)])
    )
    theirs = north.save(wizard.upload(PEOPLE), PEOPLE, by="nora")
    ours = bench.create([number(0)])
    service = bench.service.within("default")
    other = altered(service.edit_wizard(ours.id), lambda found: found["editing"].update(id=theirs.id))
    with pytest.raises(NotFound):
        service.save(other, by="asha")
    new = altered(filled(bench).upload(PEOPLE), lambda found: found.update(workspace="north"))
    with pytest.raises(NotFound):
        service.save(new, PEOPLE, by="asha")
    like_theirs = altered(wizard.upload(PEOPLE), lambda found: found.update(key="mine"))
    with pytest.raises(CampaignsError):
        service.save(like_theirs, PEOPLE, by="asha")
    assert {each.id for each in bench.store.campaigns()} == {ours.id, theirs.id}
