"""One more time: clone, restart, cancel restart, delete."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ori_campaigns.campaign import Campaign, CampaignStatus, CompletionReason, Stage
from ori_campaigns.carriers import Bot
from ori_campaigns.config import SINGLE_DAY
from ori_campaigns.contact import AttemptKind
from ori_campaigns.errors import ActionNotAllowed, CannotStart, FieldLocked, NotFound
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.ids import counted_ids
from ori_campaigns.ingest import Leads
from ori_campaigns.reports import Unknown
from worlds import BOT, LINES, World, at, draft, leads, number

# --- restart ----------------------------------------------------------------------------------------------------------


def over(world: World) -> Campaign:
    """A stopped campaign of four: one talked, one did not answer, one was excluded, one was never called."""
    campaign = world.running(4, concurrency_limit=1)
    world.talked(world.dial(), seconds=40)
    world.no_answer(world.dial())
    world.service.exclude(campaign.id, [number(2)], by="asha")
    world.service.stop(campaign.id, by="asha")
    assert world.statuses(campaign.id) == ["completed", "exhausted", "excluded", "manual_stopped"]
    return world.get(campaign.id)


@pytest.mark.behaviour("L7", "X5")
def test_restart_prepares_a_new_run_and_dials_nothing() -> None:
    world = World()
    before = over(world)
    earlier = world.store.attempts(before.id)
    world.clock.advance(minutes=5)
    prepared = world.service.restart(before.id, by="ravi")
    assert (prepared.status, prepared.stage, prepared.run_number) == (CampaignStatus.DRAFT, Stage.PREPARED, 2)
    assert (prepared.started_at, prepared.completed_at, prepared.completion_reason, prepared.failure) == (
        None,
        None,
        None,
        "",
    )
    assert world.statuses(before.id) == ["pending", "pending", "excluded", "pending"]
    assert [contact.attempts for contact in world.contacts(before.id)] == [0, 0, 0, 0]
    assert [contact.connected for contact in world.contacts(before.id)] == [False] * 4
    assert [contact.last_connected for contact in world.contacts(before.id)] == [-1] * 4
    assert world.store.attempts(before.id) == earlier
    counters = world.service.counters(before.id)
    assert (counters.dialled, counters.answered, counters.connected, counters.connected_contacts) == (0, 0, 0, 0)
    for _ in range(3):
        assert world.dials() == ()
        world.clock.advance(days=1)


@pytest.mark.behaviour("L7")
def test_attempts_of_earlier_runs_are_kept_with_their_run() -> None:
    world = World()
    campaign = over(world)
    world.service.restart(campaign.id, by="ravi")
    world.service.start(campaign.id, by="ravi")
    call = world.dial()
    assert (call.run, call.number_in_budget, call.kind, call.to.reveal()) == (2, 1, AttemptKind.FRESH, number(0))
    world.talked(call, seconds=10)
    attempts = world.store.attempts(campaign.id)
    assert [(each.run, each.contact, each.disposition, each.number_in_budget) for each in attempts] == [
        (1, 0, "customer", 1),
        (1, 1, "no_answer", 1),
        (2, 0, "customer", 1),
    ]
    assert len({each.id for each in attempts}) == 3
    assert world.service.counters(campaign.id).dialled == 1
    assert world.store.counters(campaign.id, 1).dialled == 2
    assert world.contacts(campaign.id)[0].attempts == 1


@pytest.mark.behaviour("L7")
def test_the_row_tells_of_the_latest_restart() -> None:
    world = World()
    campaign = over(world)
    [row] = world.service.list().rows
    assert row.restart_note == ""
    world.clock.set(at("2026-01-05 12:30"))
    world.service.restart(campaign.id, by="ravi")
    [row] = world.service.list().rows
    assert row.restart_note == "Restarted 2026-01-05 07:00 UTC by ravi"
    world.service.start(campaign.id, by="asha")
    world.service.stop(campaign.id, by="asha")
    world.clock.set(at("2026-01-06 12:30"))
    again = world.service.restart(campaign.id, by="mei")
    [row] = world.service.list().rows
    assert row.restart_note == "Restarted 2026-01-06 07:00 UTC by mei"
    assert (again.run_number, [restart.by for restart in again.restarts]) == (3, ["ravi", "mei"])


@pytest.mark.behaviour("L7")
def test_a_failed_campaign_is_restarted_from_the_beginning_and_its_callbacks_are_gone() -> None:
    world = World()
    campaign = world.running(2, concurrency_limit=1, callback_detection=True)
    world.booked(world.dial(), at("2026-01-05 15:00"))
    world.service.fail(campaign.id, "lost", by="asha")
    world.service.restart(campaign.id, by="ravi")
    assert world.statuses(campaign.id) == ["pending", "pending"]
    assert world.callbacks(campaign.id) == [None, None]
    world.service.start(campaign.id, by="ravi")
    assert world.get(campaign.id).failure == ""
    assert world.dial().kind is AttemptKind.FRESH


@pytest.mark.behaviour("L7", "S5")
def test_the_new_run_gets_a_single_day_of_its_own() -> None:
    world = World()
    campaign = world.running(1, mode=SINGLE_DAY)
    assert world.local(campaign.cutoff) == "2026-01-05 18:00:00"
    world.service.stop(campaign.id, by="asha")
    prepared = world.service.restart(campaign.id, by="ravi")
    assert (prepared.opening_day, prepared.cutoff) == (None, None)
    world.until("2026-01-07 19:00")
    receipt = world.service.start(campaign.id, by="ravi")
    assert world.local(receipt.campaign.cutoff) == "2026-01-08 18:00:00"


@pytest.mark.behaviour("L7", "L16")
@pytest.mark.parametrize("end", ["stop", "fail"])
def test_restart_is_refused_while_calls_of_the_old_run_are_live(end: str) -> None:
    world = World()
    campaign = world.running(2)
    talking, lost = world.dials()
    world.connect(talking)
    world.tell(Unknown(lost.attempt_id, world.now))
    if end == "stop":
        world.service.stop(campaign.id, by="asha")
    else:
        world.service.fail(campaign.id, "lost", by="asha")
    before = world.state(campaign.id)
    with pytest.raises(ActionNotAllowed, match="2 of its calls are still live") as caught:
        world.service.restart(campaign.id, by="ravi")
    assert caught.value.allowed == ("clone",)
    assert world.state(campaign.id) == before
    world.end(talking)
    with pytest.raises(ActionNotAllowed, match="1 of its calls"):
        world.service.restart(campaign.id, by="ravi")
    world.end(lost, disposition="error")
    assert world.service.restart(campaign.id, by="ravi").stage is Stage.PREPARED


@pytest.mark.behaviour("L7", "L14")
def test_a_prepared_restart_may_change_how_it_dials_but_not_who_it_is() -> None:
    world = World()
    campaign = over(world)
    world.service.restart(campaign.id, by="ravi")
    world.directory.add(Bot("other"))
    saves: dict[str, Callable[[], object]] = {
        "name": lambda: world.edit(campaign.id, name="Other"),
        "bot": lambda: world.edit(campaign.id, bot="other"),
        "contacts": lambda: world.edit(campaign.id, leads(9)),
    }
    for locked, save in saves.items():
        with pytest.raises(FieldLocked) as caught:
            save()
        assert caught.value.fields == (locked,)
    saved = world.edit(campaign.id, numbers=[LINES[1]], concurrency_limit=9)
    assert (len(saved.numbers), saved.config.concurrency_limit) == (1, 9)


# --- cancel restart ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L8")
def test_cancelling_a_restart_brings_everything_back() -> None:
    world = World()
    before = over(world)
    contacts, counters = world.contacts(before.id), world.service.counters(before.id)
    [row] = world.service.list().rows
    world.clock.advance(hours=1)
    world.service.restart(before.id, by="ravi")
    world.edit(before.id, numbers=[LINES[1]], concurrency_limit=9, start="11:00")
    back = world.service.cancel_restart(before.id, by="mei")
    assert back == world.get(before.id)
    assert (back.status, back.completion_reason, back.completed_at, back.started_at, back.run_number) == (
        CampaignStatus.COMPLETED,
        CompletionReason.MANUAL_STOP,
        before.completed_at,
        before.started_at,
        1,
    )
    assert (back.numbers, back.config, back.restarts) == (before.numbers, before.config, ())
    assert world.contacts(before.id) == contacts
    assert world.service.counters(before.id) == counters
    assert world.service.list().rows == (row,)
    # Somebody who still has the editor of the prepared restart open must not save it over this.
    assert back.version > before.version
    world.clock.advance(days=1)
    assert world.dials() == ()


@pytest.mark.behaviour("L8")
def test_cancelling_the_restart_of_a_failed_campaign_brings_its_failure_back() -> None:
    world = World()
    campaign = world.campaign_in(Stage.FAILED)
    statuses = world.statuses(campaign.id)
    world.service.restart(campaign.id, by="ravi")
    back = world.service.cancel_restart(campaign.id, by="ravi")
    assert (back.status, back.failure) == (CampaignStatus.FAILED, "credentials_refused")
    assert world.statuses(campaign.id) == statuses == ["retry_scheduled"] * 3
    assert world.dials() == ()


@pytest.mark.behaviour("L8", "X3", "X5")
def test_exclusions_made_while_a_restart_was_prepared_stay() -> None:
    world = World()
    campaign = over(world)
    world.service.restart(campaign.id, by="ravi")
    world.service.exclude(campaign.id, [number(0), number(3)], by="ravi")
    world.service.cancel_restart(campaign.id, by="ravi")
    # Final states of the old run are history; the flags hold from now on.
    assert world.statuses(campaign.id) == ["completed", "exhausted", "excluded", "manual_stopped"]
    assert [contact.excluded for contact in world.contacts(campaign.id)] == [True, False, True, True]
    world.service.restart(campaign.id, by="ravi")
    assert world.statuses(campaign.id) == ["excluded", "pending", "excluded", "excluded"]
    world.service.start(campaign.id, by="ravi")
    assert world.dial().to.reveal() == number(1)


@pytest.mark.behaviour("L8")
def test_a_restart_can_be_cancelled_only_once_and_only_before_it_starts() -> None:
    world = World()
    campaign = over(world)
    world.service.restart(campaign.id, by="ravi")
    world.service.cancel_restart(campaign.id, by="ravi")
    with pytest.raises(ActionNotAllowed):
        world.service.cancel_restart(campaign.id, by="ravi")
    world.service.restart(campaign.id, by="ravi")
    assert world.service.start(campaign.id, by="ravi").campaign.before_restart is None
    with pytest.raises(ActionNotAllowed):
        world.service.cancel_restart(campaign.id, by="ravi")
    world.service.pause(campaign.id, by="ravi")
    with pytest.raises(ActionNotAllowed):
        world.service.cancel_restart(campaign.id, by="ravi")


@pytest.mark.behaviour("L7", "L8")
def test_a_run_taken_back_and_prepared_again_is_numbered_alike_and_dials_with_fresh_ids() -> None:
    world = World()
    campaign = over(world)
    world.service.restart(campaign.id, by="ravi")
    world.service.cancel_restart(campaign.id, by="ravi")
    assert world.service.restart(campaign.id, by="ravi").run_number == 2
    world.service.start(campaign.id, by="ravi")
    call = world.dial()
    assert call.run == 2
    assert call.attempt_id not in {each.id for each in world.store.attempts(campaign.id)[:2]}


# --- clone ------------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L9")
@pytest.mark.parametrize("stage", list(Stage))
def test_a_clone_of_any_status_is_a_fresh_draft_of_its_own(stage: Stage) -> None:
    world = World()
    original = world.campaign_in(stage, concurrency_limit=7)
    before = world.state(original.id)
    world.clock.advance(minutes=1)
    copy = world.service.clone(original.id, by="ravi")
    assert copy == world.get(copy.id)
    assert copy.id != original.id
    assert (copy.name, copy.bot, copy.numbers, copy.config, copy.workspace) == (
        "Q2 Renewal Drive (copy)",
        original.bot,
        original.numbers,
        original.config,
        original.workspace,
    )
    assert (copy.stage, copy.run_number, copy.created_by, copy.created_at) == (Stage.DRAFT, 1, "ravi", world.now)
    assert (copy.has_run, copy.restarts, copy.failure, copy.before_restart) == (False, (), "", None)
    assert world.statuses(copy.id) == ["pending"] * 3
    assert [contact.number.reveal() for contact in world.contacts(copy.id)] == [number(0), number(1), number(2)]
    assert [contact.attempts for contact in world.contacts(copy.id)] == [0, 0, 0]
    assert world.store.attempts(copy.id) == []
    assert world.service.counters(copy.id).dialled == 0
    assert world.state(original.id) == before
    assert world.edit(copy.id, leads(1, first=9), name="Mine").name == "Mine"
    assert world.state(original.id) == before


@pytest.mark.behaviour("L9")
def test_a_clone_keeps_the_order_and_the_variables_of_the_list() -> None:
    world = World()
    rows = [{"phone_number": number(index), "name": f"P{index}"} for index in (5, 1, 3)]
    original = world.service.create(draft(), Leads.of(rows), by="asha")
    copy = world.service.clone(original.id, by="ravi")
    assert [(each.number.reveal(), each.variables) for each in world.contacts(copy.id)] == [
        (number(5), {"name": "P5"}),
        (number(1), {"name": "P1"}),
        (number(3), {"name": "P3"}),
    ]


@pytest.mark.behaviour("L9")
@pytest.mark.parametrize(("sticky", "state"), [(True, "excluded"), (False, "pending")])
def test_excluded_contacts_are_cloned_as_excluded_only_if_sticky(sticky: bool, state: str) -> None:
    world = World()
    original = world.running(3, sticky_exclusion=sticky)
    world.service.exclude(original.id, [number(1)], by="asha")
    copy = world.service.clone(original.id, by="ravi")
    assert world.statuses(copy.id) == ["pending", state, "pending"]
    assert world.contacts(copy.id)[1].excluded is sticky


@pytest.mark.behaviour("L9")
def test_a_clone_works_without_bot_and_numbers_and_start_refuses_it() -> None:
    world = World()
    original = world.campaign_in(Stage.COMPLETED)
    world.directory.remove(BOT)
    world.directory.withdraw(*LINES)
    copy = world.service.clone(original.id, by="ravi")
    with pytest.raises(CannotStart) as caught:
        world.service.start(copy.id, by="ravi")
    assert {problem.code for problem in caught.value.problems} == {"unknown_bot", "number_not_configured"}


class Ids:
    """A source of campaign ids that lets something else happen just before it gives one."""

    def __init__(self) -> None:
        self._ids = counted_ids("t")
        self.meanwhile: Callable[[], object] = bool

    def __call__(self) -> str:
        do, self.meanwhile = self.meanwhile, bool
        do()
        return self._ids()


@pytest.mark.behaviour("L9")
def test_a_clone_is_of_one_moment_though_the_original_is_edited_meanwhile() -> None:
    ids = Ids()
    world = World(new_id=ids)
    original = world.create(2, concurrency_limit=2)
    ids.meanwhile = lambda: world.edit(original.id, leads(5), concurrency_limit=5)
    copy = world.service.clone(original.id, by="ravi")
    assert (copy.config.concurrency_limit, len(world.contacts(copy.id))) in {(2, 2), (5, 5)}


@pytest.mark.behaviour("L9")
def test_a_clone_of_what_is_deleted_meanwhile_leaves_nothing_behind() -> None:
    ids = Ids()
    world = World(new_id=ids)
    original = world.create(2)
    ids.meanwhile = lambda: world.service.delete(original.id, by="asha")
    with pytest.raises(NotFound):
        world.service.clone(original.id, by="ravi")
    assert world.store.campaigns() == []
    assert world.service.list().rows == ()


# --- delete -----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("L11")
def test_deleting_a_draft_removes_it_with_its_contacts() -> None:
    world = World()
    campaign, other = world.create(3), world.create(2)
    world.service.delete(campaign.id, by="ravi")
    reads: list[Callable[[str], object]] = [
        world.get,
        world.service.counters,
        world.contacts,
        world.store.attempts,
        world.service.activity,
    ]
    for read in reads:
        with pytest.raises(NotFound):
            read(campaign.id)
    assert [row.campaign_id for row in world.service.list().rows] == [other.id]
    assert world.statuses(other.id) == ["pending"] * 2


@pytest.mark.behaviour("L11", "L15")
def test_that_a_draft_was_deleted_stays_on_record() -> None:
    world = World()
    campaign = world.create()
    world.service.delete(campaign.id, by="ravi")
    facts = [event.fact for event in world.store.events() if event.campaign_id == campaign.id]
    done = [(fact.action, fact.by) for fact in facts if isinstance(fact, LifecycleChanged)]
    assert done == [("create", "asha"), ("delete", "ravi")]


@pytest.mark.behaviour("L11", "L16")
def test_a_prepared_restart_has_run_and_cannot_be_deleted() -> None:
    world = World()
    campaign = world.campaign_in(Stage.PREPARED)
    before = world.state(campaign.id)
    with pytest.raises(ActionNotAllowed) as caught:
        world.service.delete(campaign.id, by="ravi")
    assert caught.value.allowed == ("edit", "clone", "start", "cancel_restart")
    assert world.state(campaign.id) == before
