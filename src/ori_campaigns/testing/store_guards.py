"""The store contract, another part: what holds across workspaces, runs and changes of the carriers, and long pages."""

# ruff: noqa: S101, PLR2004 - these are tests, shipped

from __future__ import annotations

from contextlib import suppress
from functools import partial

import attrs

from ori_campaigns import recount
from ori_campaigns.contact import CallbackRequest, ContactStatus
from ori_campaigns.errors import CampaignsError
from ori_campaigns.instants import MINUTE, SECOND
from ori_campaigns.numbers import parse_number
from ori_campaigns.reports import Accepted, Answered, BotReport, CallAnalysis, Ended, Refused, Report, Ringing
from ori_campaigns.testing.bench import Bench, number
from ori_campaigns.testing.store_base import Duties
from ori_campaigns.testing.store_dialling import reserve
from ori_campaigns.testing.world import TRUNK


class GuardDuties(Duties):
    """Guards and edges."""

    def test_one_live_call_for_a_number_in_all_workspaces(self, bench: Bench) -> None:
        """A person has one phone, whichever workspace wants to call it: the rule is told, and the store sees to it."""
        bench.directory.add(bench.directory.bots("default")[0], TRUNK, workspace="other")
        bench.running([number(0)])
        (dial,) = bench.dials()
        other = bench.running([number(0), number(1)], workspace="other")
        with suppress(CampaignsError):
            bench.admit(other, 9, partial(reserve, ordinals=[0]))
        assert bench.live() == 1
        assert [each.to.reveal() for each in bench.dials()] == [number(1)]
        bench.talked(dial)
        bench.clock.advance(seconds=30)
        assert [(each.to.reveal(), each.campaign_id) for each in bench.dials()] == [(number(0), other.id)]

    def test_a_carriers_rest_outlasts_new_limits(self, bench: Bench) -> None:
        """Who asked to be left alone is left alone, whatever the host changes about it meanwhile."""
        bench.running(2)
        now = bench.clock.now()
        bench.tell(*(Refused(dial.attempt_id, now, retry_after=10.0) for dial in bench.dials()))
        for trunk in (attrs.evolve(TRUNK, cps=50, burst=500), attrs.evolve(TRUNK, channels=7), TRUNK):
            bench.directory.add(trunk)
            bench.service.refresh()
            assert bench.store.agenda().supply["default"]["trunk"].rests_until == now + 10 * SECOND
        bench.clock.advance(seconds=9)
        assert bench.dials() == ()
        bench.clock.advance(seconds=1)
        assert len(bench.dials()) == 2

    def test_unsent_reservations_by_epoch_and_number_together(self, bench: Bench) -> None:
        """Only those of an old epoch that are also to one of these numbers; the latest of them."""
        campaign = bench.running(2, concurrency_limit=1)
        unsent, listed = bench.store.unsent, [parse_number(number(0)), parse_number(number(1))]
        (first,) = bench.dials()
        old = bench.clock.now() + 5 * SECOND
        bench.service.pause(campaign.id, by="test", wait=False)
        epoch = bench.service.get(campaign.id).epoch
        draft = bench.draft_of(campaign, concurrency_limit=5)
        bench.service.edit(campaign.id, draft, by="test", version=bench.service.get(campaign.id).version)
        bench.clock.advance(seconds=2)
        bench.service.resume(campaign.id, by="test")
        (second,) = bench.dials()
        new = bench.clock.now() + 5 * SECOND
        mine, theirs = [first.to], [second.to]
        assert sorted(each.reveal() for each in (*mine, *theirs)) == [each.reveal() for each in listed]
        assert unsent(campaign.id) == unsent(campaign.id, numbers=listed) == new
        assert unsent(campaign.id, before=epoch, numbers=listed) == old
        assert unsent(campaign.id, before=epoch, numbers=mine) == old
        assert unsent(campaign.id, before=epoch, numbers=theirs) is None
        assert unsent(campaign.id, before=epoch, numbers=[]) is None
        bench.at_once(Accepted, first)
        assert unsent(campaign.id, before=epoch, numbers=listed) is None
        assert unsent(campaign.id, numbers=theirs) == new

    def test_late_news_of_an_earlier_run_change_nothing_of_the_present_one(self, bench: Bench) -> None:
        """Kept in the log, with the call they are about; contacts, counts and callbacks of the new run stay."""
        campaign = bench.running(2, callback_detection=True)
        talked, silent = bench.dials()
        bench.talked(talked)
        bench.no_answer(silent)
        bench.service.stop(campaign.id, by="test")
        bench.service.restart(campaign.id, by="test")
        bench.service.start(campaign.id, by="test")
        again = bench.dials()
        assert [each.attempt_id for each in again] == [f"{campaign.id}-2", f"{campaign.id}-3"]
        contacts, first, second = (
            bench.contacts(),
            bench.store.counters(campaign.id, 1),
            bench.store.counters(campaign.id, 2),
        )
        before, now = bench.attempts(), bench.clock.now()
        wish = CallbackRequest(now + 10 * MINUTE, "later")
        news: tuple[Report, ...] = (
            Ringing(talked.attempt_id, now),
            Answered(silent.attempt_id, now),
            Ended(talked.attempt_id, now, "no_answer"),
            BotReport(talked.attempt_id, now, began=False, disposition="voicemail"),
            CallAnalysis(talked.attempt_id, now, "sold", wish),
            CallAnalysis(silent.attempt_id, now, "sold", wish),
        )
        told = len(bench.log())
        for report in news:
            assert bench.tell(report).unmatched == ()
        assert bench.contacts() == contacts
        assert (bench.store.counters(campaign.id, 1), bench.store.counters(campaign.id, 2)) == (first, second)
        assert [attrs.evolve(each, business_disposition="") for each in bench.attempts()] == before
        heard = {each.fact.attempt for each in bench.log()[told:]}
        assert heard == {talked.attempt_id, silent.attempt_id}
        bench.talked(*again)
        assert recount.from_rows(bench.contacts(), bench.attempts(), 2) == bench.store.counters(campaign.id)

    def test_only_a_conversation_completes_a_callback(self, bench: Bench) -> None:
        """Whoever was called back and had a machine answer was not reached: the callback is missed."""
        bench.running(2, callback_detection=True)
        for dial in bench.dials():
            bench.booked(dial, minutes=10)
        bench.clock.advance(minutes=11)
        first, second = bench.dials()
        bench.at_once(Answered, first, second)
        bench.tell(BotReport(first.attempt_id, bench.clock.now(), began=False, disposition="voicemail"))
        bench.clock.advance(seconds=9)
        bench.at_once(partial(Ended, disposition="customer"), first, second)
        bench.tell(CallAnalysis(second.attempt_id, bench.clock.now(), "sold"))
        assert [each.callback and each.callback.state for each in bench.contacts()] == ["missed", "completed"]

    def test_a_deleted_draft_leaves_its_log_as_it_was(self, bench: Bench) -> None:
        """What was told once stays told, the number of an exclusion among it."""
        campaign = bench.create([number(0)])
        bench.service.exclude(campaign.id, number(0), by="test")
        before = bench.log()
        bench.service.delete(campaign.id, by="test")
        after = bench.log()
        assert after[: len(before)] == before
        assert [type(event.fact).__name__ for event in after[len(before) :]] == ["LifecycleChanged"]
        later = bench.create([number(0)])
        assert bench.statuses(later) == {number(0): "pending"}

    def test_pages_and_batches_may_be_long(self, bench: Bench) -> None:
        """As long as was asked for: a page of rows, a page of the log, a batch of reports, numbers to exclude."""
        size = 1_100
        campaign = bench.running(size, concurrency_limit=500)
        while dials := bench.dials():
            bench.talked(*dials, seconds=1)
        store, name = bench.store, campaign.id
        assert [each.ordinal for each in store.contacts(name, -1, 5_000)] == list(range(size))
        assert [each.id for each in store.attempts(name, -1, 5_000)] == [f"{name}-{serial}" for serial in range(size)]
        assert len(store.contacts(name, -1, 1_050)) == len(store.attempts(name, -1, 1_050)) == 1_050
        events = store.events(-1, 100_000, name)
        assert len(events) > 4 * size
        assert list(store.events(-1, 2_500)) == list(events[:2_500])
        assert {each.status for each in store.contacts(name, 599, 5_000)} == {ContactStatus.COMPLETED}
        bench.service.exclude(name, [number(index) for index in range(size)], by="test")
        assert store.counters(name).excluded == size
