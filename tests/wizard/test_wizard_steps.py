"""The five steps: pills, buttons, what leads on and what leads back, and Create."""

from __future__ import annotations

import attrs
import pytest

from ori_campaigns.carriers import Carrier
from ori_campaigns.errors import Conflict, InvalidDefinition, Problem
from ori_campaigns.wizard import STEPS, Mode, Offers, Place, Saved, Step, Wizard
from wizard.desk import FIRST, PEOPLE, at, codes, editing, new, service

BASICS, POOL, CONFIG, CSV, REVIEW = STEPS


def pills(wizard: Wizard) -> list[tuple[int, str, str, str, bool]]:
    return [(each.number, each.label, each.state.value, each.colour, each.clickable) for each in wizard.page().pills]


def buttons(wizard: Wizard) -> dict[str, tuple[str, bool]]:
    return {each.key: (each.label, each.enabled) for each in wizard.page().buttons}


# --- W1: order and pills ----------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W1")
def test_the_five_steps_in_their_order() -> None:
    assert [step.value for step in STEPS] == ["basics", "number_pool", "dialler_config", "upload_csv", "review"]
    assert new().step is BASICS
    walked = [at(step).step for step in STEPS]
    assert walked == list(STEPS)


@pytest.mark.behaviour("W1")
def test_a_pill_looks_as_its_place_says() -> None:
    assert pills(at(CONFIG)) == [
        (1, "Basics", "complete", "green", True),
        (2, "Number Pool", "complete", "green", True),
        (3, "Dialler Config", "current", "brand", False),
        (4, "Upload CSV", "upcoming", "grey", False),
        (5, "Review", "upcoming", "grey", False),
    ]
    assert [state for _, _, state, _, _ in pills(new())] == ["current", *["upcoming"] * 4]
    assert [state for _, _, state, _, _ in pills(at(REVIEW))] == [*["complete"] * 4, "current"]


@pytest.mark.behaviour("W1")
@pytest.mark.parametrize("here", STEPS)
@pytest.mark.parametrize("there", STEPS)
def test_a_pill_leads_back_and_nowhere_else(here: Step, there: Step) -> None:
    wizard = at(here)
    went = wizard.go(there)
    assert went.step is (there if there.number < here.number else here)
    assert went.go("review").step is went.step
    assert went.entries == wizard.entries
    [pill] = [each for each in wizard.page().pills if each.step is there]
    assert pill.clickable is (there.number < here.number)


@pytest.mark.behaviour("W1")
def test_a_step_that_does_not_exist_is_a_mistake_of_the_program() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        new().go("summary")
    assert refused.value.code == "unknown_step"
    assert "number_pool" in str(refused.value)


# --- W2: going on -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W2")
def test_next_waits_for_what_the_step_requires() -> None:
    wizard = new()
    assert (wizard.can_advance, wizard.next()) == (False, wizard)
    wizard = wizard.enter("name", "Renewals")
    assert wizard.next() == wizard
    wizard = wizard.enter("bot", "asha").next()
    assert wizard.step is POOL
    assert wizard.next() == wizard
    wizard = wizard.toggle("numbers", FIRST).next()
    assert wizard.step is CONFIG
    wizard = wizard.next()
    assert wizard.step is CSV
    assert (wizard.can_advance, wizard.next()) == (False, wizard)
    wizard = wizard.upload(PEOPLE).next()
    assert wizard.step is REVIEW
    assert (wizard.can_advance, wizard.next()) == (False, wizard)


@pytest.mark.behaviour("W2")
@pytest.mark.parametrize(
    ("step", "field", "blank"),
    [
        (BASICS, "name", ""),
        (BASICS, "bot", ""),
        (POOL, "numbers", []),
        (CONFIG, "window_start", ""),
        (CONFIG, "window_end", ""),
        (CONFIG, "timezone", ""),
        (CONFIG, "working_days", []),
        (CONFIG, "mode", ""),
    ],
)
def test_a_blank_that_is_required_blocks_its_own_step_only(step: Step, field: str, blank: object) -> None:
    wizard = at(REVIEW).enter(field, blank)
    for each in STEPS[:-1]:
        there = wizard.go(each)
        assert there.can_advance is (each is not step)
        assert there.page().can_advance is there.can_advance
        assert buttons(there)["next"] == ("Next", there.can_advance)
    assert not wizard.can_create


@pytest.mark.behaviour("W2")
def test_going_back_is_never_checked() -> None:
    wizard = at(CSV).remove_upload().enter("working_days", []).enter("numbers", []).enter("name", "")
    for step in (CONFIG, POOL, BASICS, BASICS):
        wizard = wizard.back()
        assert wizard.step is step


# --- W3: buttons ------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W3")
def test_the_buttons_of_each_step() -> None:
    assert {step.number: list(buttons(at(step))) for step in STEPS} == {
        1: ["next"],
        2: ["back", "next"],
        3: ["back", "next"],
        4: ["back", "browse", "next"],
        5: ["back", "create"],
    }
    labels = {key: label for step in STEPS for key, (label, _) in buttons(at(step)).items()}
    assert labels == {"back": "Back", "next": "Next", "browse": "Browse", "create": "Create Campaign"}
    assert all(enabled for step in STEPS for _, enabled in buttons(at(step)).values())


@pytest.mark.behaviour("W3")
@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("step", STEPS)
def test_the_back_link_leads_to_where_the_wizard_was_entered_from(place: Place, step: Step) -> None:
    link = attrs.evolve(editing("paused"), step=step, entered_from=place).page().back_link
    assert (link.leads_to, link.icon, link.campaign_id) == (place, "arrow", "c-77")


@pytest.mark.behaviour("W3")
@pytest.mark.parametrize("place", Place)
@pytest.mark.parametrize("step", STEPS)
def test_a_campaign_that_is_not_made_yet_has_no_detail_page_to_go_back_to(place: Place, step: Step) -> None:
    link = attrs.evolve(at(step), entered_from=place).page().back_link
    assert (link.label, link.leads_to, link.campaign_id) == ("Campaigns", "list", "")


@pytest.mark.behaviour("W3")
def test_the_wizard_remembers_where_it_was_entered_from() -> None:
    campaign = editing()
    assert campaign.entered_from is Place.LIST
    opened = attrs.evolve(campaign, entered_from=Place.DETAIL)
    assert opened.next().page().back_link.leads_to is Place.DETAIL


@pytest.mark.behaviour("W3")
def test_create_is_enabled_on_review_without_an_error() -> None:
    ready = at(REVIEW)
    assert ready.can_create
    assert buttons(ready)["create"] == ("Create Campaign", True)
    assert not any(at(step).can_create for step in STEPS[:-1])
    for broken in (ready.enter("name", " "), ready.remove_upload(), ready.offered(Offers(["asha"], []))):
        assert buttons(broken)["create"] == ("Create Campaign", False)
        assert broken.working() == broken


@pytest.mark.behaviour("W3", "W11")
def test_a_warning_does_not_keep_from_creating() -> None:
    wizard = at(REVIEW).enter("concurrency_limit", "500").enter("callback_detection", value=True)
    warnings = ["evening_callbacks", "channels_below_concurrency"]
    assert codes(wizard.page().problems, "warning") == warnings
    assert wizard.can_create


@pytest.mark.behaviour("W3")
@pytest.mark.parametrize(("ready", "label"), [(at(REVIEW), "Creating…"), (at(REVIEW, editing()), "Saving…")])
def test_while_it_works_create_says_so_and_nothing_moves(ready: Wizard, label: str) -> None:
    busy = ready.working()
    assert buttons(busy) == {"back": ("Back", False), "create": (label, False)}
    assert busy.working() == busy
    assert busy.back() == busy
    assert busy.go("basics") == busy
    assert not any(each.clickable for each in busy.page().pills)
    assert busy.upload(PEOPLE) == busy
    assert busy.remove_upload() == busy
    assert busy.upload_failed(ValueError("x")) == busy


@pytest.mark.behaviour("W3")
def test_what_failed_is_shown_and_create_may_be_pressed_again() -> None:
    ready = at(REVIEW)
    problem = Problem("", "store_unavailable", "The store could not be reached.")
    failed = ready.working().failed(InvalidDefinition([problem]))
    assert (failed.is_working, failed.failures) == (False, (problem,))
    assert [str(each) for each in failed.page().failures] == ["The store could not be reached."]
    assert failed.can_create
    assert failed.key == ready.key
    assert failed.working().failures == ()
    assert failed.enter("name", "Other").failures == ()
    assert failed.back().failures == (problem,)
    plain = failed.failed(Conflict("Somebody else was first."))
    assert plain.failures == (Problem("", "conflict", "Somebody else was first."),)


@pytest.mark.behaviour("W3", "W15")
def test_pressed_twice_is_one_campaign() -> None:
    desk = service()
    wizard = at(REVIEW).working()
    first, second = (desk.create(wizard.draft(), PEOPLE, by="ops", strict=False, key=wizard.key).id for _ in range(2))
    assert first == second
    assert len(desk.list().rows) == 1
    other = attrs.evolve(wizard, key="form-2")
    assert desk.create(other.draft(), PEOPLE, by="ops", strict=False, key=other.key).id != first


# --- W15: what follows ------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W15")
def test_what_follows_a_save() -> None:
    assert at(REVIEW).saved("c-1") == Saved("c-1", "Campaign created", Place.DETAIL)
    assert editing().saved("c-77") == Saved("c-77", "Campaign updated", Place.DETAIL)


@pytest.mark.behaviour("W1", "W16")
def test_two_modes_of_one_wizard() -> None:
    assert (new().mode, new().page().mode) == (Mode.CREATE, Mode.CREATE)
    assert editing().page().mode is Mode.EDIT
    assert [new().page().title, editing().page().title] == ["New Campaign", "Edit Campaign"]


@pytest.mark.behaviour("W3", "L20")
def test_the_workspace_is_that_of_the_campaign() -> None:
    north = Wizard.create(Offers(["asha"], [Carrier("t", [FIRST])]), key="k", workspace="north")
    assert north.draft().workspace == "north"
    assert editing(workspace="north").draft().workspace == "north"
