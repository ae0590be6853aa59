"""Saving an edit: when it is allowed, what is locked, and from when a change on a paused campaign takes hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import pytest

import worlds
from ori_campaigns import lifecycle
from ori_campaigns.campaign import CampaignStatus, CompletionReason, Stage
from ori_campaigns.carriers import Bot
from ori_campaigns.config import MULTI_DAY, SINGLE_DAY
from ori_campaigns.contact import AttemptKind
from ori_campaigns.errors import CampaignsError, CannotStart, FieldLocked, IngestError, InvalidDefinition
from ori_campaigns.ingest import Leads, read_leads
from ori_campaigns.instants import MINUTE
from ori_campaigns.reports import Answered, DialRequest
from worlds import BOT, LINES, World, at, draft_of, leads, number

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
    world.directory.remove_bot(BOT)
    assert world.edit(campaign.id, concurrency_limit=4).config.concurrency_limit == 4
    with pytest.raises(CannotStart):
        world.service.resume(campaign.id, by="asha")


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


# --- a paused campaign: gates hold from the next dial -----------------------------------------------------------------


def resume(world: World, campaign_id: str) -> None:
    world.service.resume(campaign_id, by="asha")


@pytest.mark.behaviour("L19")
@pytest.mark.parametrize(
    ("changes", "opens"),
    [
        ({"start": "11:30"}, "2026-01-05 11:30:00"),
        ({"working_days": [2]}, "2026-01-07 09:00:00"),
        # 10:00 in Kolkata is 04:30 in London; 09:00 there is 14:30 in Kolkata.
        ({"timezone": "Europe/London"}, "2026-01-05 14:30:00"),
    ],
    ids=["window", "days", "zone"],
)
def test_window_days_and_zone_hold_from_the_next_dial(changes: Mapping[str, Any], opens: str) -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1)
    world.no_answer(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, **changes)
    assert world.local(world.service.resume(campaign.id, by="asha").begins_at) == opens
    step = world.service.step()
    assert (step.dials, world.local(step.wake_at)) == ((), opens)
    world.until(opens)
    assert world.dial().to.reveal() == number(1)


@pytest.mark.behaviour("L19", "P7")
def test_a_number_taken_out_of_the_pool_is_never_used_after_resume() -> None:
    world = World()
    campaign = world.running(9, concurrency_limit=3, on_system=["no_answer"])
    first = world.dials()
    assert {call.from_number.reveal() for call in first} == set(LINES)
    world.connect(*first)
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, numbers=[LINES[1]])
    resume(world, campaign.id)
    world.end(*first)
    used = []
    for _ in range(2):
        calls = world.dials()
        used += [call.from_number.reveal() for call in calls]
        world.no_answer(*calls)
    world.clock.advance(minutes=31)
    used += [call.from_number.reveal() for call in world.dials()]
    assert used == [LINES[1]] * 9
    # The call that was live keeps the number it was made from.
    assert {each.from_number.reveal() for each in world.store.attempts(campaign.id)[:3]} == set(LINES)


@pytest.mark.behaviour("L19")
def test_a_number_put_into_the_pool_is_used_after_resume() -> None:
    world = World()
    campaign = world.running(6, concurrency_limit=2, numbers=[LINES[0]])
    first = world.dials()
    world.connect(*first)
    world.service.pause(campaign.id, by="asha")
    world.end(*first)
    world.edit(campaign.id, numbers=LINES)
    resume(world, campaign.id)
    assert {call.from_number.reveal() for call in world.dials()} == set(LINES)


@pytest.mark.behaviour("L19", "P1")
def test_concurrency_lowered_below_the_live_calls_cuts_none_and_waits() -> None:
    world = World()
    campaign = world.running(9, concurrency_limit=4)
    live = list(world.dials())
    world.connect(*live)
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, concurrency_limit=2)
    resume(world, campaign.id)
    for left in (4, 3, 2):
        step = world.service.step()
        assert (step.dials, step.hangups) == ((), ())
        assert world.service.counters(campaign.id).live == left
        world.clock.advance(seconds=5)
        world.end(live.pop())
    new = world.dial()
    assert new.to.reveal() == number(4)
    assert world.service.counters(campaign.id).live == 2


@pytest.mark.behaviour("L19", "P1")
def test_concurrency_raised_is_used_after_resume() -> None:
    world = World()
    campaign = world.running(9, concurrency_limit=1)
    world.connect(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, concurrency_limit=4)
    resume(world, campaign.id)
    assert len(world.dials()) == 3


@pytest.mark.behaviour("L19", "R6")
def test_max_attempts_lowered_to_what_was_used_makes_waiting_contacts_final_at_resume() -> None:
    world = World()
    campaign = world.running(4, concurrency_limit=1, on_system=["no_answer"], redial_under_seconds=15, max_attempts=3)
    world.talked(world.dial(), seconds=5)
    world.no_answer(world.dial())
    world.no_answer(world.dial())
    world.service.exclude(campaign.id, [number(2)], by="asha")
    world.service.pause(campaign.id, by="asha")
    before = ["retry_scheduled", "retry_scheduled", "excluded", "pending"]
    assert world.statuses(campaign.id) == before
    world.edit(campaign.id, max_attempts=1)
    assert world.statuses(campaign.id) == before
    resume(world, campaign.id)
    assert world.statuses(campaign.id) == ["completed", "exhausted", "excluded", "pending"]
    world.clock.advance(hours=1)
    assert world.dial().to.reveal() == number(3)


@pytest.mark.behaviour("L19", "L5")
def test_max_attempts_lowered_so_far_that_nobody_is_left_completes_at_resume() -> None:
    world = World()
    campaign = world.running(2, on_system=["no_answer"])
    world.no_answer(*world.dials())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, max_attempts=1)
    done = world.service.resume(campaign.id, by="asha").campaign
    assert (done.status, done.completion_reason) == (CampaignStatus.COMPLETED, CompletionReason.ALL_CONTACTS_FINAL)
    assert world.statuses(campaign.id) == ["exhausted", "exhausted"]


@pytest.mark.behaviour("L19", "K6")
@pytest.mark.parametrize(
    ("may_exceed", "status", "state"), [(False, "completed", "cancelled"), (True, "callback_scheduled", "scheduled")]
)
def test_a_lowered_maximum_ends_a_booked_callback_unless_callbacks_may_exceed_it(
    may_exceed: bool, status: str, state: str
) -> None:
    world = World()
    campaign = world.running(
        2, concurrency_limit=1, callback_detection=True, callbacks_may_exceed_max_attempts=may_exceed
    )
    world.booked(world.dial(), at("2026-01-05 15:00"))
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, max_attempts=1)
    resume(world, campaign.id)
    assert world.statuses(campaign.id) == [status, "pending"]
    callback = world.callbacks(campaign.id)[0]
    assert callback is not None
    assert callback.state == state


@pytest.mark.behaviour("L19")
def test_max_attempts_raised_does_not_bring_back_who_is_final_but_counts_for_who_waits() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, on_system=["no_answer"], max_attempts=1)
    world.no_answer(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, max_attempts=2)
    resume(world, campaign.id)
    assert world.statuses(campaign.id) == ["exhausted", "pending"]
    world.no_answer(world.dial())
    assert world.statuses(campaign.id) == ["exhausted", "retry_scheduled"]


# --- a paused campaign: rules hold for calls that end after the save --------------------------------------------------

CallEnds = Callable[[World, DialRequest], None]


def unanswered(world: World, call: DialRequest) -> None:
    world.clock.advance(seconds=20)
    world.end(call, disposition="no_answer")


def talked_ten_seconds(world: World, call: DialRequest) -> None:
    world.tell(Answered(call.attempt_id, world.now))
    world.clock.advance(seconds=10)
    world.end(call)


RULES: list[tuple[str, Mapping[str, Any], Mapping[str, Any], CallEnds, tuple[str, str]]] = [
    ("ticked", {}, {"on_system": ["no_answer"]}, unanswered, ("exhausted", "retry_scheduled")),
    ("unticked", {"on_system": ["no_answer"]}, {"on_system": []}, unanswered, ("retry_scheduled", "exhausted")),
    ("redial on", {}, {"redial_under_seconds": 15}, talked_ten_seconds, ("completed", "retry_scheduled")),
    (
        "redial off",
        {"redial_under_seconds": 15},
        {"redial_under_seconds": None},
        talked_ten_seconds,
        ("retry_scheduled", "completed"),
    ),
    (
        "stop rule on",
        {"redial_under_seconds": 15},
        {"stop_after_seconds": 9},
        talked_ten_seconds,
        ("retry_scheduled", "completed"),
    ),
    (
        "fewer attempts",
        {"on_system": ["no_answer"]},
        {"max_attempts": 1},
        unanswered,
        ("retry_scheduled", "exhausted"),
    ),
]


@pytest.mark.behaviour("L19", "R15")
@pytest.mark.parametrize(("name", "before", "after", "ends", "expected"), RULES, ids=[rule[0] for rule in RULES])
def test_rules_hold_for_calls_that_end_after_the_save(
    name: str, before: Mapping[str, Any], after: Mapping[str, Any], ends: CallEnds, expected: tuple[str, str]
) -> None:
    world = World()
    campaign = world.running(3, concurrency_limit=2, **before)
    early, late = world.dials()
    world.ring(early, late)
    world.service.pause(campaign.id, by="asha")
    ends(world, early)
    assert world.statuses(campaign.id)[0] == expected[0]
    world.clock.advance(seconds=1)
    world.edit(campaign.id, **after)
    # What was decided before the save stands; what ends after it is decided anew, paused or not.
    ends(world, late)
    assert tuple(world.statuses(campaign.id)[:2]) == expected


@pytest.mark.behaviour("L19", "K1")
def test_callbacks_switched_on_while_paused_are_granted_to_calls_that_end_later() -> None:
    world = World()
    campaign = world.running(3, concurrency_limit=2)
    early, late = world.dials()
    world.connect(early, late)
    world.service.pause(campaign.id, by="asha")
    for call in (early, late):
        world.analysed(call, call_back_at=at("2026-01-05 15:00"))
    world.clock.advance(seconds=30)
    world.end(early)
    world.edit(campaign.id, callback_detection=True)
    world.clock.advance(seconds=30)
    world.end(late)
    assert world.statuses(campaign.id) == ["completed", "callback_scheduled", "pending"]


@pytest.mark.behaviour("L19", "K1")
def test_callbacks_switched_off_while_paused_keep_what_is_booked() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, callback_detection=True)
    world.booked(world.dial(), at("2026-01-05 15:00"))
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, callback_detection=False)
    resume(world, campaign.id)
    assert world.statuses(campaign.id)[0] == "callback_scheduled"
    world.talked(world.dial())
    world.until("2026-01-05 15:00")
    call = world.dial()
    assert (call.kind, call.to.reveal()) == (AttemptKind.CALLBACK, number(0))


@pytest.mark.behaviour("L19", "R12", "R15")
def test_due_times_already_set_stand() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, on_system=["no_answer"], delay_minutes=30)
    world.no_answer(world.dial())
    due = world.contacts(campaign.id)[0].due
    call = world.dial()
    world.ring(call)
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, delay_minutes=5, on_system=["no_answer", "rejected"])
    world.clock.advance(seconds=10)
    world.end(call, disposition="no_answer")
    ended = world.now
    resume(world, campaign.id)
    assert [each.due for each in world.contacts(campaign.id)] == [due, ended + 5 * MINUTE]


@pytest.mark.behaviour("L19", "R15")
def test_a_retry_already_scheduled_is_dialled_though_its_outcome_was_unticked() -> None:
    world = World()
    campaign = world.running(1, on_system=["no_answer"])
    world.no_answer(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, on_system=[], stop_after_seconds=1)
    resume(world, campaign.id)
    world.clock.advance(minutes=30)
    assert world.dial().number_in_budget == 2


# --- a paused campaign: mode and always-on ----------------------------------------------------------------------------


@pytest.mark.behaviour("L19", "L12")
def test_always_on_cleared_lets_the_campaign_complete_from_resume_on() -> None:
    world = World()
    campaign = world.running(1, always_on=True)
    world.talked(world.dial())
    world.service.pause(campaign.id, by="asha")
    world.edit(campaign.id, always_on=False)
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.PAUSED
    done = world.service.resume(campaign.id, by="asha").campaign
    assert done.completion_reason is CompletionReason.ALL_CONTACTS_FINAL


@pytest.mark.behaviour("L19", "S4")
def test_always_on_set_keeps_the_campaign_running_from_resume_on() -> None:
    world = World()
    campaign = world.running(1)
    call = world.dial()
    world.connect(call)
    world.service.pause(campaign.id, by="asha")
    world.end(call)
    world.edit(campaign.id, always_on=True)
    resume(world, campaign.id)
    assert world.dials() == ()
    assert world.get(campaign.id).status is CampaignStatus.RUNNING


@pytest.mark.behaviour("L19", "S5")
@pytest.mark.parametrize(
    ("changes", "cutoff"),
    [
        ({"end": "20:00"}, "2026-01-05 20:00:00"),
        ({"end": "11:00"}, "2026-01-05 11:00:00"),
        # The same opening day, Monday the 5th, on another wall clock.
        ({"timezone": "Europe/London"}, "2026-01-05 23:30:00"),
        # An overnight window ends on the next morning.
        ({"start": "20:00", "end": "02:00"}, "2026-01-06 02:00:00"),
        # Not a working day any more; its window still ends when it ends.
        ({"working_days": [2, 3]}, "2026-01-05 18:00:00"),
    ],
    ids=["later", "earlier", "zone", "overnight", "days"],
)
def test_a_single_day_cutoff_is_recomputed_for_the_same_opening_day(changes: Mapping[str, Any], cutoff: str) -> None:
    world = World()
    campaign = world.running(2, mode=SINGLE_DAY)
    world.service.pause(campaign.id, by="asha")
    saved = world.edit(campaign.id, **changes)
    assert world.local(saved.cutoff) == cutoff
    resumed = world.service.resume(campaign.id, by="asha").campaign
    assert (world.local(resumed.cutoff), str(resumed.opening_day)) == (cutoff, "2026-01-05")


@pytest.mark.behaviour("L19", "S2", "S5")
def test_an_edit_on_the_next_day_keeps_the_opening_day_so_resume_closes_it() -> None:
    world = World()
    campaign = world.paused(2, mode=SINGLE_DAY)
    world.until("2026-01-06 10:00")
    assert world.local(world.edit(campaign.id, end="20:00").cutoff) == "2026-01-05 20:00:00"
    done = world.service.resume(campaign.id, by="asha").campaign
    assert done.completion_reason is CompletionReason.WINDOW_CLOSED
    assert world.statuses(campaign.id) == ["window_closed", "window_closed"]


@pytest.mark.behaviour("L19", "S3")
def test_a_single_day_made_multi_day_while_paused_goes_on_the_next_day() -> None:
    world = World()
    campaign = world.paused(2, mode=SINGLE_DAY)
    world.until("2026-01-05 19:00")
    saved = world.edit(campaign.id, mode=MULTI_DAY)
    assert (saved.opening_day, saved.cutoff) == (None, None)
    receipt = world.service.resume(campaign.id, by="asha")
    assert world.local(receipt.begins_at) == "2026-01-06 09:00:00"
    assert receipt.campaign.status is CampaignStatus.RUNNING


@pytest.mark.behaviour("L19", "S2", "S5")
def test_a_multi_day_made_single_day_while_paused_gets_its_day_at_resume() -> None:
    world = World()
    campaign = world.paused(2)
    world.until("2026-01-05 19:00")
    assert world.edit(campaign.id, mode=SINGLE_DAY).cutoff is None
    receipt = world.service.resume(campaign.id, by="asha")
    assert (world.local(receipt.begins_at), world.local(receipt.campaign.cutoff)) == (
        "2026-01-06 09:00:00",
        "2026-01-06 18:00:00",
    )
