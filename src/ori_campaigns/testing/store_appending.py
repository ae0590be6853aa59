"""The store contract: a list grows while it is called, and a store keeps to one number policy."""

# ruff: noqa: S101, PLR2004 - these are tests, shipped

from __future__ import annotations

from functools import partial
from typing import Any

import attrs
import pytest

from ori_campaigns import appending
from ori_campaigns.auditing import audit
from ori_campaigns.campaign import Campaign
from ori_campaigns.contact import ContactStatus
from ori_campaigns.errors import CampaignsError
from ori_campaigns.events import ContactsMoved, LifecycleChanged, NumberReadded
from ori_campaigns.ingest import Leads
from ori_campaigns.numbers import PhoneNumber, parse_number
from ori_campaigns.service import CampaignService
from ori_campaigns.testing.bench import Bench, Broken, number
from ori_campaigns.testing.store_base import Duties
from ori_campaigns.testing.store_dialling import look
from ori_campaigns.testing.store_workers import WORKERS, together
from ori_campaigns.views import AppendStage, Changes, NumbersView


def listed(bench: Bench, campaign: Campaign | None = None) -> list[tuple[int, str, dict[str, str]]]:
    """Return everybody on a list: ordinal, number and variables."""
    return [(each.ordinal, each.number.reveal(), dict(each.variables)) for each in bench.contacts(campaign)]


def put_behind(_: NumbersView, move: AppendStage) -> Changes[None]:
    """Answer a move, and no fact."""
    return Changes(None, moves=(move,))


class AppendingDuties(Duties):
    """What a store does with contacts that are added to a list (C10, X4), and with the name of a policy (C11)."""

    def _open(self, bench: Bench, people: Any, **changes: Any) -> Campaign:  # noqa: ANN401 - as for `running`
        return bench.running(people, always_on=True, **changes)

    # --- the list ----------------------------------------------------------------------------------------------------

    def test_an_append_goes_behind_the_end_of_the_list(self, bench: Bench) -> None:
        """In its order, with its variables, as pending; whoever is on the list already is left as they are."""
        campaign = self._open(bench, [{"phone_number": number(5), "plan": "old"}, number(3)])
        before = bench.contacts()
        more = Leads.of(
            [
                {"phone_number": number(9), "plan": "a", "name": " Åsa "},
                {"phone_number": number(5), "plan": "new"},
                {"phone_number": number(1), "plan": "b"},
                number(3),
                {"phone_number": "00123456", "plan": "007"},
            ]
        )
        done = bench.service.append(campaign.id, more, by="test")
        assert (done.added, done.duplicates, done.suppressed, done.re_added) == (3, 2, 0, 0)
        assert [each.value for each in done.results] == ["added", "duplicate", "added", "duplicate", "added"]
        assert listed(bench) == [
            (0, number(5), {"plan": "old"}),
            (1, number(3), {}),
            (2, number(9), {"plan": "a", "name": " Åsa "}),
            (3, number(1), {"plan": "b"}),
            (4, "00123456", {"plan": "007"}),
        ]
        assert bench.contacts()[:2] == before
        assert {(c.status, c.attempts, c.due, c.excluded, c.last_connected, c.rule) for c in bench.contacts()[2:]} == {
            (ContactStatus.PENDING, 0, 0, False, -1, "")
        }
        counters = bench.store.counters(campaign.id)
        assert (counters.total, counters.contacts[ContactStatus.PENDING], counters.excluded) == (5, 5, 0)
        assert bench.store.campaign(campaign.id) == campaign

    def test_an_append_is_told_in_the_log(self, bench: Bench) -> None:
        """Who did it and what came of it, and how many came: two events, however many they are."""
        campaign = self._open(bench, 2)
        told = len(bench.log())
        bench.service.append(campaign.id, Leads.of([number(1), number(7), number(8)]), by="asha")
        now = bench.clock.now()
        assert [(event.stream, event.fact) for event in bench.log()[told:]] == [
            (-1, LifecycleChanged("append", "asha", now, 1, "2 added, 1 duplicate")),
            (-1, ContactsMoved(now, "AppendStage", "pending", 2, 1)),
        ]

    def test_a_list_may_be_empty_before_an_append_and_unchanged_after_it(self, bench: Bench) -> None:
        """A campaign begins without anybody; and an append of nobody new is told, and brings nobody."""
        campaign = bench.service.create(bench.draft(always_on=True, mode="multi_day"), by="test")
        bench.service.start(campaign.id, by="test")
        people = Leads.of([number(2), number(0)])
        assert bench.service.append(campaign.id, people, by="test").added == 2
        assert listed(bench, campaign) == [(0, number(2), {}), (1, number(0), {})]
        assert bench.service.append(campaign.id, people, by="test").duplicates == 2
        assert listed(bench, campaign) == [(0, number(2), {}), (1, number(0), {})]
        assert bench.log()[-1].fact == ContactsMoved(bench.clock.now(), "AppendStage", "pending", 0, 1)
        assert [dial.to.reveal() for dial in bench.dials()] == [number(2), number(0)]
        assert audit(bench.store).findings == ()

    def test_one_append_after_another(self, bench: Bench) -> None:
        """Each goes on where the one before it ended, and knows whom it brought."""
        campaign = self._open(bench, [{"phone_number": number(0), "list": "0"}])
        for turn in range(1, 5):
            again = {"phone_number": number(turn - 1), "list": "again"}
            new = [{"phone_number": number(10 * turn + each), "list": f"{turn}.{each}"} for each in range(3)]
            own = {"phone_number": number(turn), "list": str(turn)}
            done = bench.service.append(campaign.id, Leads.of([own, *new[:2], again, new[2]]), by="test")
            assert (done.added, done.duplicates) == (4, 1)
        names = ["0", *(name for turn in range(1, 5) for name in (str(turn), f"{turn}.0", f"{turn}.1", f"{turn}.2"))]
        assert [variables["list"] for _, _, variables in listed(bench)] == names
        assert [ordinal for ordinal, _, _ in listed(bench)] == list(range(len(names)))
        assert audit(bench.store).findings == ()

    def test_a_long_append_with_many_left_out(self, bench: Bench) -> None:
        """Longer than any page; every third is on the list already, and those behind it move up."""
        size = 1_100
        campaign = self._open(bench, [number(index) for index in range(0, size, 3)])
        rows = [{"phone_number": number(index), "place": str(index)} for index in range(size)]
        done = bench.service.append(campaign.id, Leads.of(rows), by="test")
        old, new = list(range(0, size, 3)), [index for index in range(size) if index % 3]
        assert (done.added, done.duplicates) == (len(new), len(old))
        assert [each.number.reveal() for each in bench.contacts()] == [number(index) for index in (*old, *new)]
        assert [each.variables.get("place") for each in bench.contacts()[len(old) :]] == [str(each) for each in new]
        assert bench.store.counters(campaign.id).contacts[ContactStatus.PENDING] == size
        assert audit(bench.store).findings == ()

    def test_a_move_says_who_of_a_stage_is_left_out(self, bench: Bench) -> None:
        """By their places in it: the first, the last, all of them; variables of others are taken over."""
        campaign = self._open(bench, [number(0), number(1)])
        for turn, (without, come) in enumerate([([0], [1, 2]), ([2], [0, 1]), ([0, 1, 2], []), ([], [0, 1, 2])]):
            before = listed(bench)
            rows = [{"phone_number": number(10 * turn + place + 10), "place": str(place)} for place in range(3)]
            stage = bench.store.stage(Leads.of(rows))
            move = AppendStage(stage, without, [(1, 0)])
            bench.store.change_numbers(campaign.id, [], partial(put_behind, move=move))
            after = listed(bench)
            assert after[0] == (0, number(0), {"place": "1"})
            assert after[1 : len(before)] == before[1:]
            assert [variables["place"] for _, _, variables in after[len(before) :]] == [str(place) for place in come]

    # --- all or nothing ----------------------------------------------------------------------------------------------

    def test_an_append_whose_rule_raises_changes_nothing(self, bench: Bench) -> None:
        """Neither the list nor what was put aside: it can be appended afterwards."""
        campaign = self._open(bench, 2)
        leads = Leads.of([number(1), number(7)])
        stage = bench.store.stage(leads)
        before = bench.told()
        asked = [parse_number(each) for each in leads.numbers]

        def seen_and_broken(view: NumbersView) -> Changes[None]:
            appending.append(view, stage=stage, by="test")
            raise Broken

        with pytest.raises(Broken):
            bench.store.change_numbers(campaign.id, asked, seen_and_broken)
        assert bench.told() == before
        done = bench.store.change_numbers(campaign.id, asked, partial(appending.append, stage=stage, by="test"))
        assert (done.added, len(bench.contacts())) == (1, 3)

    def test_a_stage_is_appended_once(self, bench: Bench) -> None:
        """One that was never there, was dropped, replaced a list, or was appended, is refused; nothing is changed."""
        campaign = self._open(bench, 2)
        store, leads = bench.store, Leads.of([number(7), number(8)])
        dropped, appended = store.stage(leads), store.stage(leads)
        store.discard(dropped)
        asked = [parse_number(each) for each in leads.numbers]
        store.change_numbers(campaign.id, asked, partial(appending.append, stage=appended, by="test"))
        before = bench.told()
        for stage in ("never-there", dropped, appended):
            with pytest.raises(CampaignsError):
                store.change_numbers(campaign.id, [], partial(appending.append, stage=stage, by="test"))
            assert bench.told() == before
        store.discard(appended)
        assert bench.told() == before

    # --- calls -------------------------------------------------------------------------------------------------------

    def test_appended_contacts_are_offered_after_the_others(self, bench: Bench) -> None:
        """In the order of the list, also where there was nobody left to call."""
        campaign = self._open(bench, 2)
        bench.talked(*bench.dials())
        bench.dials()
        (work,) = bench.store.agenda().works
        assert (work.waiting, work.next_due) == (0, None)
        bench.service.append(campaign.id, Leads.of([number(9), number(0), number(4)]), by="test")
        (work,) = bench.store.agenda().works
        assert (work.waiting, work.demand.seats) == (2, campaign.config.concurrency_limit)
        assert work.next_due is not None
        assert work.next_due <= bench.clock.now()
        assert bench.admit(campaign, 9, look) == [(2, ContactStatus.PENDING), (3, ContactStatus.PENDING)]
        bench.service.append(campaign.id, Leads.of([number(3)]), by="test")
        assert [dial.to.reveal() for dial in bench.dials()] == [number(9), number(4), number(3)]

    def test_calls_go_on_while_a_list_grows(self, bench: Bench) -> None:
        """Live calls end as they would have, retries and callbacks stand, and the counts go on from where they were."""
        campaign = self._open(bench, 4, callback_detection=True, concurrency_limit=3)
        silent, booked, live = bench.dials()
        bench.no_answer(silent)
        bench.booked(booked, minutes=10)
        before, counted = bench.contacts(), bench.store.counters(campaign.id)
        bench.service.append(campaign.id, Leads.of([number(2), number(0), number(7), number(1)]), by="test")
        after = bench.store.counters(campaign.id)
        pending = counted.contacts[ContactStatus.PENDING] + 1
        assert after == attrs.evolve(counted, contacts={**counted.contacts, ContactStatus.PENDING: pending})
        assert bench.contacts()[:4] == before
        bench.talked(live)
        assert bench.attempts()[2].disposition == "customer"
        bench.clock.advance(hours=1)
        assert [dial.to.reveal() for dial in bench.dials()] == [number(1), number(3), number(7)]
        assert audit(bench.store).findings == ()

    def test_a_list_that_grew_is_whole_in_other_runs_and_copies(self, bench: Bench) -> None:
        """A second run has everybody, its withdrawal brings everybody back, and a clone is of everybody."""
        campaign = self._open(bench, [{"phone_number": number(0), "list": "first"}])
        bench.talked(*bench.dials())
        more = [{"phone_number": number(index), "list": "second"} for index in (1, 0, 2)]
        bench.service.append(campaign.id, Leads.of(more), by="test")
        talks, silent = bench.dials()
        bench.talked(talks)
        bench.no_answer(silent)
        bench.service.stop(campaign.id, by="test")
        before = (bench.contacts(), bench.store.counters(campaign.id))
        copy = bench.service.clone(campaign.id, by="test")
        assert listed(bench, copy) == listed(bench, campaign)
        bench.service.restart(campaign.id, by="test")
        assert set(bench.statuses(campaign).values()) == {"pending"}
        bench.service.cancel_restart(campaign.id, by="test")
        assert (bench.contacts(campaign), bench.store.counters(campaign.id)) == before
        bench.service.restart(campaign.id, by="test")
        bench.service.start(campaign.id, by="test")
        bench.service.append(campaign.id, Leads.of([number(9)]), by="test")
        assert bench.store.counters(campaign.id, 1) == before[1]
        assert (bench.store.counters(campaign.id).total, len(bench.contacts(campaign))) == (4, 4)
        assert len(bench.dials()) == 4
        assert listed(bench, copy) == listed(bench, campaign)[:3]
        assert audit(bench.store).findings == ()

    # --- numbers that are excluded -----------------------------------------------------------------------------------

    def test_a_re_added_contact_begins_anew(self, bench: Bench) -> None:
        """No attempt, no callback, no flag, and the new variables; what it was called before stays in the log."""
        campaign = self._open(bench, [{"phone_number": number(0), "plan": "old"}, number(1)], callback_detection=True)
        first, second = bench.dials()
        bench.booked(first, minutes=30)
        bench.no_answer(second)
        bench.service.exclude(campaign.id, [number(0), number(1)], by="test")
        again = Leads.of(
            [{"phone_number": number(1), "plan": "b"}, number(5), {"phone_number": number(0), "plan": "a"}]
        )
        told = len(bench.log())
        done = bench.service.append(campaign.id, again, by="test")
        assert [each.value for each in done.results] == ["re_added", "added", "re_added"]
        assert listed(bench) == [(0, number(0), {"plan": "a"}), (1, number(1), {"plan": "b"}), (2, number(5), {})]
        assert [
            (c.status.value, c.attempts, c.due, c.excluded, c.connected, c.last_connected, c.rule, c.callback)
            for c in bench.contacts()[:2]
        ] == [("pending", 0, 0, False, True, -1, "", None), ("pending", 0, 0, False, False, -1, "", None)]
        now = bench.clock.now()
        assert [event.fact for event in bench.log()[told:]] == [
            NumberReadded(1, now, PhoneNumber(number(1)), "test", opens=True),
            NumberReadded(0, now, PhoneNumber(number(0)), "test", opens=True),
            LifecycleChanged("append", "test", now, 1, "1 added, 2 re_added"),
            ContactsMoved(now, "AppendStage", "pending", 1, 1),
        ]
        counters = bench.store.counters(campaign.id)
        assert (counters.contacts[ContactStatus.PENDING], counters.total, counters.excluded) == (3, 3, 0)
        dials = bench.dials()
        assert [(dial.to.reveal(), dial.number_in_budget, dial.kind.value) for dial in dials] == [
            (number(0), 1, "fresh"),
            (number(1), 1, "fresh"),
            (number(5), 1, "fresh"),
        ]
        assert dict(dials[0].variables) == {"plan": "a"}
        bench.talked(*dials)
        assert audit(bench.store).findings == ()

    def test_whoever_is_called_while_re_added_is_only_not_excluded_any_more(self, bench: Bench) -> None:
        """The call goes on in its budget, and what follows is as if there had been no exclusion."""
        campaign = self._open(bench, [{"phone_number": number(0), "plan": "old"}])
        (dial,) = bench.dials()
        bench.service.exclude(campaign.id, number(0), by="test", wait=False)
        again = Leads.of([{"phone_number": number(0), "plan": "new"}])
        assert bench.service.append(campaign.id, again, by="test").re_added == 1
        (contact,) = bench.contacts()
        assert (contact.status, contact.attempts, contact.excluded) == (ContactStatus.CALLING, 1, False)
        bench.no_answer(dial)
        (contact,) = bench.contacts()
        assert (contact.status, contact.attempts) == (ContactStatus.RETRY_SCHEDULED, 1)
        assert dict(contact.variables) == {"plan": "old"}
        assert bench.store.counters(campaign.id).excluded == 0
        assert audit(bench.store).findings == ()

    def test_numbers_that_were_excluded_before_they_were_on_the_list(self, bench: Bench) -> None:
        """They stay away while exclusion is sticky; once it is not, they come, and are not excluded any more."""
        campaign = self._open(bench, 1, sticky_exclusion=True)
        bench.service.exclude(campaign.id, [number(0), number(7)], by="test")
        leads = Leads.of([number(7), number(8), number(0)])
        done = bench.service.append(campaign.id, leads, by="test")
        assert [each.value for each in done.results] == ["suppressed", "added", "suppressed"]
        assert bench.statuses() == {number(0): "excluded", number(8): "pending"}
        assert bench.store.counters(campaign.id).excluded == 2
        bench.service.pause(campaign.id, by="test")
        draft = bench.draft_of(campaign, sticky_exclusion=False)
        bench.service.edit(campaign.id, draft, by="test", version=1)
        done = bench.service.append(campaign.id, leads, by="test")
        assert [each.value for each in done.results] == ["re_added", "duplicate", "re_added"]
        assert bench.statuses() == {number(0): "pending", number(8): "pending", number(7): "pending"}
        assert [each.excluded for each in bench.contacts()] == [False, False, False]
        assert bench.store.counters(campaign.id).excluded == 0
        bench.service.resume(campaign.id, by="test")
        assert [dial.to.reveal() for dial in bench.dials()] == [number(0), number(8), number(7)]
        assert audit(bench.store).findings == ()

    def test_a_number_can_be_excluded_and_re_added_again_and_again(self, bench: Bench) -> None:
        """Each time the flag is what was said last, for the list and for the counts."""
        campaign = self._open(bench, [number(0), number(1)])
        for turn in range(3):
            dials = bench.dials()
            assert (dials[0].to.reveal(), dials[0].number_in_budget, len(dials)) == (number(0), 1, 1 if turn else 2)
            bench.talked(*dials)
            bench.service.exclude(campaign.id, number(0), by="test", wait=False)
            assert bench.store.counters(campaign.id).excluded == 1
            assert bench.service.append(campaign.id, Leads.of([number(0)]), by="test").re_added == 1
            assert bench.store.counters(campaign.id).excluded == 0
            assert bench.contact(number(0)).attempts == 0
        assert audit(bench.store).findings == ()

    # --- several workers ---------------------------------------------------------------------------------------------

    def test_the_same_list_appended_at_once_is_on_it_once(self, bench: Bench) -> None:
        """Whoever comes second finds duplicates."""
        campaign = self._open(bench, 2)
        leads = Leads.of([number(index) for index in range(1, 9)])
        stores = [self.reopen(bench.store) if self.shared else bench.store for _ in range(WORKERS)]
        jobs = [
            partial(CampaignService(store, bench.directory).append, campaign.id, leads, by="test") for store in stores
        ]
        done = together(*jobs)
        assert sorted((each.added, each.duplicates) for each in done) == [(0, 8)] * (WORKERS - 1) + [(7, 1)]
        assert [each.number.reveal() for each in bench.contacts()] == [number(index) for index in range(9)]
        assert audit(bench.store).findings == ()

    # --- the policy --------------------------------------------------------------------------------------------------

    def test_the_first_number_policy_is_remembered(self, bench: Bench) -> None:
        """Whoever names another is told the first one."""
        before = bench.told()
        assert bench.store.keep_policy("e164-IN") == "e164-IN"
        assert [bench.store.keep_policy(name) for name in ("digits", "e164-IN", "digits")] == ["e164-IN"] * 3
        assert bench.told() == before

    def test_workers_together_remember_one_number_policy(self, bench: Bench) -> None:
        """Though each of them brings its own, and there was none before."""
        stores = [self.reopen(bench.store) if self.shared else bench.store for _ in range(WORKERS)]
        kept = together(*(partial(store.keep_policy, f"policy-{place}") for place, store in enumerate(stores)))
        assert len(set(kept)) == 1
        assert kept[0] in {f"policy-{place}" for place in range(WORKERS)}

    def test_a_number_policy_is_known_when_the_store_is_opened_again(self, bench: Bench) -> None:
        """It is kept with the numbers that it cleaned."""
        self.need("durable")
        bench.store.keep_policy("e164-IN")
        bench.store = self.reopen(bench.store)
        assert bench.store.keep_policy("digits") == "e164-IN"
