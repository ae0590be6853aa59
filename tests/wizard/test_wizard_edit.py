"""Editing: the same wizard opened with a campaign, what is locked once it has run, and which status can be saved."""

from __future__ import annotations

from typing import Any

import attrs
import pytest
from hypothesis import given, settings

from ori_campaigns.campaign import Campaign, CampaignDraft
from ori_campaigns.config import MULTI_DAY, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.errors import ActionNotAllowed, CannotStart, Conflict, FieldLocked
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing import HostDirectory
from ori_campaigns.testing.strategies import drafts
from ori_campaigns.testing.world import BOT, POOL
from ori_campaigns.windows import CallingWindow
from ori_campaigns.wizard import STEPS, Offers, Step, Wizard
from wizard.desk import (
    AT,
    CAMPAIGNS,
    CARRIERS,
    FIRST,
    OFFERS,
    PEOPLE,
    SECOND,
    THIRD,
    at,
    codes,
    editing,
    field,
    service,
)

LOCKED_NOTICE = (
    "Campaign name, bot, and contacts are locked after the first run. You can rotate outbound numbers and adjust "
    "dialler config before pressing Start."
)
IDENTITY_NOTICE = "These fields stay fixed so old and new attempts remain audit-safe."
CSV_NOTICE = "CSV contacts are locked for this campaign. Use Clone if you need a different contact set."


def notices(wizard: Wizard, step: Step) -> list[str]:
    return [each.text for each in attrs.evolve(wizard, step=step).page().notices]


# --- opening ----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W16")
def test_the_editor_opens_with_what_was_saved() -> None:
    config = DiallerConfig(
        7,
        MULTI_DAY,
        always_on=True,
        window=CallingWindow("10:00", "12:30", "Asia/Kathmandu", [4, 0]),
        retry=RetryPolicy(2, 45, ["timeout", "RNR", "no_answer"], ["Call Later", "busy now"]),
        redial=RedialRules(stop_after_seconds=40),
        callback_detection=True,
        sticky_exclusion=True,
        callbacks_may_exceed_max_attempts=True,
        analysis_wait_seconds=7,
    )
    wizard = editing(config=config)
    entries = wizard.entries
    assert (entries.name, entries.bot, [each.reveal() for each in entries.numbers]) == ("Renewals", "asha", [FIRST])
    assert (entries.concurrency_limit, entries.mode, entries.always_on) == ("7", "multi_day", True)
    assert (entries.window_start, entries.window_end, entries.timezone) == ("10:00", "12:30", "Asia/Kathmandu")
    assert entries.working_days == ("0", "4")
    assert (entries.max_attempts, entries.delay_minutes) == ("2", "45")
    assert (entries.on_system, entries.on_business) == (("no_answer", "RNR", "timeout"), "Call Later, busy now")
    assert (entries.stop_rule, entries.stop_after_seconds) == (True, "40")
    assert (entries.redial_rule, entries.redial_under_seconds) == (False, "15")
    assert (entries.callback_detection, entries.sticky_exclusion) == (True, True)
    # What the wizard does not ask for stays as it is.
    assert wizard.enter("max_attempts", "4").draft().config == attrs.evolve(
        config, retry=attrs.evolve(config.retry, max_attempts=4)
    )


@pytest.mark.behaviour("W16", "W18")
@settings(max_examples=60)
@given(drafts())
def test_a_campaign_that_nobody_touched_is_saved_as_it_was(draft: CampaignDraft) -> None:
    campaign = Campaign("c", draft.workspace, draft.name, draft.bot, draft.numbers, draft.config, AT, "ops")
    wizard = Wizard.edit(campaign, 1, Offers([BOT], [attrs.evolve(CARRIERS[0], numbers=tuple(POOL))]))
    for strict in (True, False):
        assert wizard.draft(strict=strict) == draft
        assert codes(wizard.problems(strict=strict)) == []
    walked = at(Step.REVIEW, wizard)
    assert walked.draft() == draft
    assert walked.can_create


# --- L10: which status ------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L10", "W16", "W3")
@pytest.mark.parametrize(
    ("stage", "status", "editable"),
    [
        ("draft", "draft", True),
        ("prepared restart", "draft", True),
        ("running", "running", False),
        ("paused", "paused", True),
        ("completed", "completed", False),
        ("failed", "failed", False),
    ],
)
def test_which_campaigns_can_be_saved(stage: str, status: str, editable: bool) -> None:
    wizard = editing(stage)
    notice = f"Only draft and paused campaigns can be edited. Current status: {status}."
    for step in STEPS:
        assert (notices(wizard, step)[:1] == [notice]) is not editable
    last = at(Step.REVIEW, wizard)
    assert last.step is Step.REVIEW, "it opens and can be looked through in any status"
    assert last.can_create is editable
    assert codes(last.page().problems) == ([] if editable else ["action_not_allowed"])
    assert (last.working() == last) is not editable
    if not editable:
        assert last.problems()[0].message == notice
        running = status == "running"
        assert last.problems()[0].hint == ("Pause it first, or clone it." if running else "Clone it, or restart it.")


@pytest.mark.behaviour("L10", "L19")
def test_an_edit_is_saved_from_the_version_it_was_opened_with() -> None:
    desk = service()
    campaign = desk.create(CampaignDraft("Renewals", "asha", [FIRST]), PEOPLE, by="ops")
    one, two = (Wizard.edit(campaign, 2, OFFERS).enter("max_attempts", text) for text in ("5", "7"))
    assert one.editing is not None
    assert two.editing is not None
    saved = desk.edit(one.editing.id, one.draft(), by="asha", version=one.editing.version, strict=False)
    assert saved.config.retry.max_attempts == 5
    with pytest.raises(Conflict):
        desk.edit(two.editing.id, two.draft(), by="ravi", version=two.editing.version, strict=False)


@pytest.mark.behaviour("L10")
def test_the_status_is_read_again_at_the_save() -> None:
    desk = service()
    campaign = desk.create(CampaignDraft("Renewals", "asha", [FIRST]), PEOPLE, by="ops")
    wizard = at(Step.REVIEW, Wizard.edit(campaign, 2, OFFERS))
    assert wizard.can_create
    desk.start(campaign.id, by="ops")
    with pytest.raises(ActionNotAllowed) as refused:
        desk.edit(campaign.id, wizard.draft(), by="ops", version=campaign.version, strict=False)
    assert str(refused.value) == "Only draft and paused campaigns can be edited. Current status: running."


# --- L14: what is locked ----------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L14", "W4", "W13", "W16")
@pytest.mark.parametrize("stage", CAMPAIGNS)
def test_what_a_campaign_that_has_run_says(stage: str) -> None:
    wizard = editing(stage)
    has_run, editable = stage != "draft", stage in {"draft", "prepared restart", "paused"}
    for step in STEPS:
        assert (LOCKED_NOTICE in notices(wizard, step)) is (has_run and editable)
        assert (IDENTITY_NOTICE in notices(wizard, step)) is (has_run and step is Step.BASICS)
        assert (CSV_NOTICE in notices(wizard, step)) is (has_run and step is Step.UPLOAD_CSV)
    contacts = field(attrs.evolve(wizard, step=Step.UPLOAD_CSV), "contacts")
    assert (contacts.locked, contacts.enabled) == (has_run, not has_run)
    assert {each.key: each.enabled for each in attrs.evolve(wizard, step=Step.UPLOAD_CSV).page().buttons}[
        "browse"
    ] is not has_run


@pytest.mark.behaviour("L14")
@pytest.mark.parametrize(
    "changes",
    [
        {"started_at": AT},
        {"completed_at": AT},
        {"run_number": 2},
        {"restarts": CAMPAIGNS["prepared restart"].restarts},
    ],
)
def test_any_sign_of_a_run_locks(changes: dict[str, Any]) -> None:
    assert editing(**changes).locked("name")
    assert not editing().locked("name")


@pytest.mark.behaviour("L14", "L19", "P7")
def test_pool_and_dialler_config_of_a_paused_campaign_can_change() -> None:
    desk = service()
    campaign = desk.create(CampaignDraft("Renewals", "asha", [FIRST, SECOND]), PEOPLE, by="ops")
    desk.start(campaign.id, by="ops")
    paused = desk.pause(campaign.id, by="ops").campaign
    wizard = Wizard.edit(paused, 2, OFFERS).enter("name", "Other").enter("bot", "ravi").upload(PEOPLE)
    wizard = wizard.toggle("numbers", FIRST).toggle("numbers", THIRD).enter("concurrency_limit", "5")
    wizard = at(Step.REVIEW, wizard).working()
    saved = desk.edit(paused.id, wizard.draft(), by="ops", version=paused.version, strict=False)
    assert (saved.name, saved.bot) == ("Renewals", "asha")
    assert [each.reveal() for each in saved.numbers] == [SECOND, THIRD]
    assert saved.config.concurrency_limit == 5


@pytest.mark.behaviour("L14")
def test_the_service_refuses_a_wizard_that_was_tampered_with() -> None:
    desk = service()
    campaign = desk.create(CampaignDraft("Renewals", "asha", [FIRST]), PEOPLE, by="ops")
    desk.start(campaign.id, by="ops")
    paused = desk.pause(campaign.id, by="ops").campaign
    wizard = Wizard.edit(paused, 2, OFFERS)
    forged = attrs.evolve(wizard, entries=attrs.evolve(wizard.entries, name="Other"))
    with pytest.raises(FieldLocked):
        desk.edit(paused.id, forged.draft(), by="ops", version=paused.version, strict=False)


# --- W4: a bot that is gone -------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W4")
@pytest.mark.parametrize("stage", ["draft", "prepared restart", "paused"])
def test_a_bot_that_is_gone_is_a_warning_where_it_is_locked(stage: str) -> None:
    wizard = editing(stage).offered(Offers(["ravi"], CARRIERS))
    locked = stage != "draft"
    [problem] = field(wizard, "bot").problems
    assert (problem.code, problem.severity) == ("unknown_bot", "warning" if locked else "error")
    assert ("Clone" in problem.hint) is locked
    assert wizard.can_advance is locked
    assert [(each.value, each.ticked) for each in field(wizard, "bot").options if not each.available] == [
        ("asha", True)
    ]
    if locked:
        assert at(Step.REVIEW, wizard).can_create


@pytest.mark.behaviour("W4", "L3")
def test_a_locked_bot_that_is_gone_can_be_saved_but_not_started() -> None:
    directory = HostDirectory()
    directory.add(*OFFERS.bots, *CARRIERS)
    desk = CampaignService(MemoryStore(), directory)
    campaign = desk.create(CampaignDraft("Renewals", "asha", [FIRST]), PEOPLE, by="ops")
    desk.start(campaign.id, by="ops")
    desk.stop(campaign.id, by="ops")
    prepared = desk.restart(campaign.id, by="ops")
    directory.remove("asha")
    offers = Offers(directory.bots("default"), directory.carriers("default"))
    wizard = at(Step.REVIEW, Wizard.edit(prepared, 2, offers).enter("max_attempts", "2")).working()
    saved = desk.edit(prepared.id, wizard.draft(), by="ops", version=prepared.version, strict=False)
    assert saved.config.retry.max_attempts == 2
    with pytest.raises(CannotStart) as refused:
        desk.start(prepared.id, by="ops")
    assert "unknown_bot" in codes(refused.value.problems)
