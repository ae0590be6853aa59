"""The store contract, first part: campaigns, lists, the log and the counts are kept as they were given."""

# ruff: noqa: S101, PLR2004 - these are tests, shipped

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs
import pytest

from ori_campaigns import recount
from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.config import CampaignMode
from ori_campaigns.contact import ContactStatus
from ori_campaigns.errors import CampaignsError, Conflict, NotFound
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.ingest import Leads
from ori_campaigns.instants import SECOND
from ori_campaigns.numbers import parse_number
from ori_campaigns.ports import AdmitAsk
from ori_campaigns.reports import Ringing
from ori_campaigns.testing.bench import Bench, Broken, broken, lively, number
from ori_campaigns.testing.store_base import Duties
from ori_campaigns.testing.world import BOT, POOL, TRUNK
from ori_campaigns.views import Changes, Created, UseStage

NOBODY = "nobody00"


def pages(read: Callable[[int, int], Sequence[Any]], place: Callable[[Any], int], size: int) -> list[Any]:
    """Read page by page, each from where the one before it ended."""
    found: list[Any] = []
    after = -1
    while page := read(after, size):
        assert len(page) <= size
        found += page
        after = place(page[-1])
    return found


class KeepingDuties(Duties):
    """What a store keeps, and how it is read."""

    # --- campaigns and lists -----------------------------------------------------------------------------------------

    def test_a_campaign_is_kept_as_it_was_created(self, bench: Bench) -> None:
        """Every field of the campaign, every contact in its order, every call variable as it was written."""
        leads = Leads.of([{"phone_number": number(9), "Name": " Åsa ", "plan": "007"}, {"phone_number": number(1)}])
        campaign = bench.create(leads, name="Ünïcode", mode=CampaignMode.MULTI_DAY, numbers=POOL[::-1])
        assert bench.store.campaign(campaign.id) == campaign
        assert [(each.ordinal, each.number.reveal(), dict(each.variables)) for each in bench.contacts()] == [
            (0, number(9), {"Name": " Åsa ", "plan": "007"}),
            (1, number(1), {}),
        ]
        assert {(c.status, c.attempts, c.excluded, c.last_connected, c.rule) for c in bench.contacts()} == {
            (ContactStatus.PENDING, 0, False, -1, "")
        }
        assert bench.store.counters(campaign.id).total == 2

    def test_leading_zeros_and_long_numbers_are_kept(self, bench: Bench) -> None:
        """A number is text: up to fifteen digits, zeros in front included."""
        written = ["00123456", "001234567", "999999999999999", "00000000"]
        bench.create(written)
        assert [contact.number.reveal() for contact in bench.contacts()] == written

    def test_the_same_key_creates_one_campaign(self, bench: Bench) -> None:
        """Pressed twice, `create` answers the first campaign and inserts nothing, in each workspace for itself."""
        leads = Leads.of([number(0)])
        first = bench.service.create(bench.draft(), leads, by="test", key="pressed")
        before = bench.told()
        assert bench.service.create(bench.draft(), leads, by="test", key="pressed") == first
        with pytest.raises(Conflict):
            bench.service.create(bench.draft(name="Again"), leads, by="test", key="pressed")
        assert bench.told() == before
        bench.directory.add(attrs.evolve(bench.directory.bots("default")[0]), TRUNK, workspace="other")
        other = bench.service.create(bench.draft(workspace="other"), leads, by="test", key="pressed")
        assert other.id != first.id
        assert len(bench.store.campaigns()) == 2

    def test_a_create_that_fails_leaves_nothing(self, bench: Bench) -> None:
        """A stage that is gone: no campaign, no event, and the key is free for the next try."""
        campaign = attrs.evolve(bench.create(), id="other001")
        before = bench.told()
        facts = (LifecycleChanged("create", "test", bench.clock.now(), 1),)
        with pytest.raises((CampaignsError, LookupError)):
            bench.store.create(Created(campaign, (UseStage("gone", keep_excluded=False),), facts), "key")
        assert bench.told() == before
        stage = bench.store.stage(Leads.of([number(0)]))
        second = attrs.evolve(campaign, id="other002")
        assert bench.store.create(Created(second, (UseStage(stage, keep_excluded=False),), facts), "key") == second
        assert bench.store.campaign("other002") == second

    def test_a_stage_shows_nowhere_and_can_be_dropped(self, bench: Bench) -> None:
        """Contacts kept aside are no campaign's; dropping them is fine, once, twice, or without there being any."""
        before = bench.told()
        stage = bench.store.stage(Leads.of([number(0)]))
        assert bench.store.stage(Leads.of([number(0)])) != stage
        assert bench.told() == before
        for _ in range(2):
            bench.store.discard(stage)
        bench.store.discard("never-there")
        assert bench.told() == before

    def test_a_new_list_replaces_the_old_one(self, bench: Bench) -> None:
        """All of it, variables included; nothing of the old list is left."""
        campaign = bench.create([{"phone_number": number(index), "old": "yes"} for index in range(5)])
        new = Leads.of([{"phone_number": number(7), "new": "yes"}, {"phone_number": number(1), "new": "no"}])
        bench.service.edit(campaign.id, bench.draft(), new, by="test", version=1)
        found = [(each.ordinal, each.number.reveal(), dict(each.variables)) for each in bench.contacts()]
        assert found == [(0, number(7), {"new": "yes"}), (1, number(1), {"new": "no"})]
        assert bench.store.counters(campaign.id).total == 2

    def test_an_edit_that_is_refused_leaves_the_old_list(self, bench: Bench) -> None:
        """The second of two editors gets a conflict, and nothing of theirs is kept."""
        campaign = bench.create()
        before = bench.told()
        with pytest.raises(Conflict):
            bench.service.edit(campaign.id, bench.draft(name="B"), Leads.of([number(7)]), by="test", version=99)
        assert bench.told() == before

    def test_a_deleted_campaign_is_gone_with_its_contacts(self, bench: Bench) -> None:
        """And with nobody else's."""
        kept, gone = bench.create([number(0)]), bench.create([number(0), number(1)])
        bench.service.delete(gone.id, by="test")
        assert [each.id for each in bench.store.campaigns()] == [kept.id]
        for read in (bench.store.campaign, bench.store.counters, bench.store.contacts):
            with pytest.raises(NotFound):
                read(gone.id)
        assert [each.number.reveal() for each in bench.contacts(kept)] == [number(0)]

    def test_a_clone_has_a_list_of_its_own(self, bench: Bench) -> None:
        """The list with its order and variables, and none of the history; the original is untouched."""
        source = bench.running([{"phone_number": number(index), "n": str(index)} for index in (4, 2, 9)])
        bench.talked(*bench.dials())
        before = (bench.contacts(source), bench.attempts(source), bench.store.counters(source.id))
        copy = bench.service.clone(source.id, by="test")
        assert [(each.number.reveal(), dict(each.variables), each.status) for each in bench.contacts(copy)] == [
            (number(index), {"n": str(index)}, ContactStatus.PENDING) for index in (4, 2, 9)
        ]
        assert bench.store.attempts(copy.id) in ([], ())
        assert (bench.contacts(source), bench.attempts(source), bench.store.counters(source.id)) == before

    def test_campaigns_come_newest_first(self, bench: Bench) -> None:
        """Then by id; of all workspaces, or of one."""
        bench.directory.add(bench.directory.bots("default")[0], TRUNK, workspace="other")
        old, twin = bench.create(), bench.create()
        bench.clock.advance(seconds=1)
        elsewhere, new = bench.create(workspace="other"), bench.create()
        newest_first = [elsewhere.id, new.id, old.id, twin.id]
        assert [each.id for each in bench.store.campaigns()] == newest_first
        assert [each.id for each in bench.store.campaigns("default")] == [new.id, old.id, twin.id]
        assert [each.id for each in bench.store.campaigns("other")] == [elsewhere.id]
        assert list(bench.store.campaigns("nowhere")) == []

    def test_what_is_not_there_is_not_found(self, bench: Bench) -> None:
        """Every call that names a campaign says so, and nothing is changed by it."""
        bench.running()
        before = bench.told()
        store = bench.store
        calls: list[Callable[[], object]] = [
            lambda: store.campaign(NOBODY),
            lambda: store.counters(NOBODY),
            lambda: store.contacts(NOBODY),
            lambda: store.attempts(NOBODY),
            lambda: store.events(campaign_id=NOBODY),
            lambda: store.unsent(NOBODY),
            lambda: store.change(NOBODY, lambda _: Changes(None)),
            lambda: store.admit(AdmitAsk(NOBODY, {"trunk": 1}), lambda _: Changes(None)),
            lambda: store.change_numbers(NOBODY, [parse_number(number(0))], lambda _: Changes(None)),
        ]
        for call in calls:
            with pytest.raises(NotFound) as caught:
                call()
            assert (caught.value.entity, caught.value.entity_id) == ("campaign", NOBODY)
        assert bench.told() == before

    # --- all or nothing ----------------------------------------------------------------------------------------------

    def test_a_lifecycle_rule_that_raises_changes_nothing(self, bench: Bench) -> None:
        """`change` is all or nothing."""
        campaign = bench.running()
        before = bench.told()
        with pytest.raises(Broken):
            bench.store.change(campaign.id, broken)
        assert bench.told() == before
        assert bench.service.pause(campaign.id, by="test").campaign.status is CampaignStatus.PAUSED

    def test_an_admission_that_raises_changes_nothing(self, bench: Bench) -> None:
        """`admit` is all or nothing: whoever was looked at is offered again."""
        campaign = bench.running(5)
        before = bench.told()

        def look_and_break(view: Any) -> Changes[None]:  # noqa: ANN401 - a view
            assert len(list(view.candidates)) == 5
            raise Broken

        with pytest.raises(Broken):
            bench.admit(campaign, 5, look_and_break)
        assert bench.told() == before
        assert len(bench.dials()) == 5

    def test_a_recording_that_raises_changes_nothing(self, bench: Bench) -> None:
        """`record` is all or nothing."""
        bench.running()
        dial = bench.dials()[0]
        before = bench.told()
        with pytest.raises(Broken):
            bench.store.record([Ringing(dial.attempt_id, bench.clock.now())], broken)
        assert bench.told() == before

    def test_a_rule_on_numbers_that_raises_changes_nothing(self, bench: Bench) -> None:
        """`change_numbers` is all or nothing."""
        campaign = bench.running()
        before = bench.told()
        with pytest.raises(Broken):
            bench.store.change_numbers(campaign.id, [parse_number(number(0))], broken)
        assert bench.told() == before

    def test_an_answer_goes_back_to_whoever_asked(self, bench: Bench) -> None:
        """Each write hands the rule's result to its caller, and a rule that answers nothing changes nothing."""
        campaign = bench.running()
        before = bench.told()
        numbers = [parse_number(number(0))]
        assert bench.store.change(campaign.id, lambda view: Changes(("seen", view.campaign.id))) == (
            "seen",
            campaign.id,
        )
        assert bench.admit(campaign, 1, lambda view: Changes(view.now)) == bench.clock.now()
        assert bench.store.record([Ringing("nobody-7", 5)], lambda view: Changes(list(view.items))) == [
            (Ringing("nobody-7", 5), None)
        ]
        assert bench.store.change_numbers(campaign.id, numbers, lambda view: Changes(len(view.items))) == 1
        assert bench.told() == before

    # --- numbers -----------------------------------------------------------------------------------------------------

    def test_numbers_are_matched_with_their_contacts(self, bench: Bench) -> None:
        """In the order in which they were asked for, on the list or not."""
        campaign = bench.running(3)
        asked = [parse_number(each) for each in (number(2), number(8), number(0))]
        bench.service.exclude(campaign.id, number(0), by="test")

        def look(view: Any) -> Changes[list[Any]]:  # noqa: ANN401 - a view
            return Changes([(m.number, m.contact and m.contact.ordinal, m.excluded) for m in view.items])

        found = bench.store.change_numbers(campaign.id, asked, look)
        assert found == [(asked[0], 2, False), (asked[1], None, False), (asked[2], 0, True)]

    def test_an_exclusion_outlasts_runs_and_lists(self, bench: Bench) -> None:
        """A sticky one, of numbers on the list and of others, through a new list and a second run."""
        campaign = bench.create([number(0), number(1)], sticky_exclusion=True)
        bench.service.exclude(campaign.id, [number(1), number(5)], by="test")
        draft = bench.draft_of(campaign)
        bench.service.edit(campaign.id, draft, Leads.of([number(5), number(0), number(1)]), by="test", version=1)
        bench.service.start(campaign.id, by="test")
        assert bench.statuses() == {number(5): "excluded", number(0): "pending", number(1): "excluded"}
        bench.service.stop(campaign.id, by="test")
        bench.service.restart(campaign.id, by="test")
        assert bench.statuses() == {number(5): "excluded", number(0): "pending", number(1): "excluded"}
        assert bench.store.counters(campaign.id).excluded == 2

    # --- reads -------------------------------------------------------------------------------------------------------

    def test_pages_make_up_the_whole(self, bench: Bench) -> None:
        """Contacts, attempts and events, read in pages of any size: nothing twice, nothing left out, in order."""
        lively(bench, finish=False)
        for campaign in bench.store.campaigns():
            store, name = bench.store, campaign.id
            contacts = store.contacts(name, -1, 10_000)
            attempts = store.attempts(name, -1, 10_000)
            events = store.events(-1, 10_000, name)
            assert [each.ordinal for each in contacts] == list(range(len(contacts)))
            assert [each.id for each in attempts] == [f"{name}-{serial}" for serial in range(len(attempts))]
            for size in (1, 7):
                assert pages(lambda a, n: store.contacts(name, a, n), lambda each: each.ordinal, size) == list(contacts)  # noqa: B023
                assert pages(lambda a, n: store.events(a, n, name), lambda each: each.cursor, size) == list(events)  # noqa: B023
                assert pages(
                    lambda a, n: store.attempts(name, a, n),  # noqa: B023
                    lambda each: int(each.id.rpartition("-")[2]),
                    size,
                ) == list(attempts)

    def test_the_log_only_grows(self, bench: Bench) -> None:
        """What was read once stays as it was, under the same cursor; what comes later comes after it."""
        lively(bench, finish=False)
        before = bench.log()
        bench.advance(minutes=45)
        after = bench.log()
        assert len(after) > len(before)
        assert after[: len(before)] == before
        assert bench.store.tip() == after[-1].cursor
        assert list(bench.store.events(after[-1].cursor)) == []

    def test_an_empty_log_has_no_tip(self, bench: Bench) -> None:
        """The tip is the cursor of the last event, and -1 before the first."""
        assert bench.store.tip() == -1
        assert list(bench.store.events()) == []
        bench.create()
        assert bench.store.tip() == bench.log()[-1].cursor

    def test_each_stream_counts_without_a_gap(self, bench: Bench) -> None:
        """Of each contact, and of each campaign itself: 1, 2, 3, ...; and all of a campaign's are in the whole log."""
        lively(bench)
        log = bench.log()
        assert [event.cursor for event in log] == sorted({event.cursor for event in log})
        streams: dict[tuple[str, int], list[int]] = {}
        for event in log:
            streams.setdefault((event.campaign_id, event.stream), []).append(event.sequence)
        assert all(found == list(range(1, len(found) + 1)) for found in streams.values())
        for campaign in bench.store.campaigns():
            mine = bench.log(campaign)
            assert mine == [event for event in log if event.campaign_id == campaign.id]
            assert {event.stream for event in mine} == {-1, *range(len(bench.contacts(campaign)))}

    def test_counts_rows_and_log_agree(self, bench: Bench) -> None:
        """In the middle of an eventful day, and after it: three ways to count, one result."""
        lively(bench, finish=False)
        self._counts_agree(bench)

    def test_counts_rows_and_log_agree_in_the_end(self, bench: Bench) -> None:
        """A second run, too, and the counts of the first are kept."""
        lively(bench)
        self._counts_agree(bench)

    def _counts_agree(self, bench: Bench) -> None:
        for campaign in bench.store.campaigns():
            kept = bench.store.counters(campaign.id)
            told = recount.from_log(bench.log(campaign))
            assert recount.from_rows(bench.contacts(campaign), bench.attempts(campaign), campaign.run_number) == kept
            assert told[campaign.run_number] == kept
            assert {run: bench.store.counters(campaign.id, run) for run in told} == told

    def test_a_prepared_restart_can_be_taken_back(self, bench: Bench) -> None:
        """The new run begins afresh; dropping it brings the rows and counts of the one before it back."""
        campaign = bench.running(3, concurrency_limit=2)
        bench.talked(*bench.dials())
        bench.service.stop(campaign.id, by="test")
        before = (bench.contacts(), bench.attempts(), bench.store.counters(campaign.id))
        bench.service.restart(campaign.id, by="test")
        assert set(bench.statuses().values()) == {"pending"}
        assert (bench.store.counters(campaign.id).dialled, bench.store.counters(campaign.id, 1).dialled) == (0, 2)
        bench.service.cancel_restart(campaign.id, by="test")
        assert (bench.contacts(), bench.attempts(), bench.store.counters(campaign.id)) == before

    def test_it_tells_the_same_as_the_store_in_memory(self, bench: Bench) -> None:
        """Rules are written once: the same day on any store leaves the same rows, the same log, the same agenda."""
        memory = Bench()
        for each in (bench, memory):
            lively(each)
        assert bench.told() == memory.told()

    def test_every_outcome_of_a_call_can_be_read_back(self, bench: Bench) -> None:
        """An attempt says when it was reserved, rang, was answered and ended, and what came of it."""
        bench.running(1)
        (dial,) = bench.dials()
        reserved = bench.clock.now()
        bench.talked(dial, seconds=42)
        (attempt,) = bench.attempts()
        assert (attempt.id, attempt.contact, attempt.run, attempt.number_in_budget) == (dial.attempt_id, 0, 1, 1)
        assert (attempt.reserved_at, attempt.rang_at, attempt.answered_at) == (reserved, None, reserved)
        assert (attempt.ended_at, attempt.talk) == (reserved + 42 * SECOND, 42 * SECOND)
        assert (attempt.connected, attempt.disposition, attempt.from_number) == (True, "customer", dial.from_number)
        assert (attempt.rule, bench.why(dial.to)) == ("nothing_more_to_do", "nothing_more_to_do")
        assert (attempt.carrier, bench.campaign.bot) == ("trunk", BOT)
