"""The store contract, second part: whom a store offers, what it guards, and what comes of reports."""

# ruff: noqa: S101, PLR2004 - these are tests, shipped

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import partial

import attrs

from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Carrier
from ori_campaigns.contact import KIND_OF, ContactStatus
from ori_campaigns.errors import CampaignsError
from ori_campaigns.events import AttemptReserved
from ori_campaigns.instants import MINUTE, SECOND
from ori_campaigns.numbers import parse_number
from ori_campaigns.reports import Accepted, Answered, BotReport, Ended, Refused, Ringing, Unknown
from ori_campaigns.testing.bench import RETRIED, Bench, number
from ori_campaigns.testing.store_base import Duties
from ori_campaigns.testing.world import POOL, TRUNK
from ori_campaigns.views import AdmitView, Changes


def look(view: AdmitView) -> Changes[list[tuple[int, ContactStatus]]]:
    """See who is offered, and take nobody."""
    return Changes([(each.ordinal, each.status) for each in view.candidates])


def reserve(view: AdmitView, ordinals: Iterable[int]) -> Changes[None]:
    """Reserve a call to each of these contacts, without asking anything."""
    campaign = view.campaign
    offered = {each.ordinal: each for each in view.candidates}
    facts = [
        AttemptReserved(
            attempt=f"{campaign.id}-{view.next_serial + place}",
            contact=ordinal,
            at=view.now,
            number_in_budget=1,
            kind=KIND_OF[offered[ordinal].status],
            from_number=campaign.numbers[0],
            carrier="trunk",
            not_after=view.now + 5 * SECOND,
            epoch=campaign.epoch,
            check_at=view.now + MINUTE,
        )
        for place, ordinal in enumerate(ordinals)
        if ordinal in offered
    ]
    return Changes(None, facts, cursor=view.cursor)


class DiallingDuties(Duties):
    """Admission, recording, carriers, and what there is to do."""

    # --- who is offered ----------------------------------------------------------------------------------------------

    def test_candidates_come_in_order(self, bench: Bench) -> None:
        """Due callbacks, then fresh contacts, then due retries; by due time, then in the order of the list."""
        campaign = bench.running(7, concurrency_limit=5, callback_detection=True)
        dials = bench.dials()
        bench.booked(dials[0], minutes=20)
        bench.booked(dials[3], minutes=10)
        bench.no_answer(dials[2])
        bench.clock.advance(seconds=1)
        bench.at_once(partial(Ended, disposition="no_answer"), dials[4], dials[1])
        bench.clock.advance(hours=1)
        assert bench.admit(campaign, 9, look) == [
            (3, ContactStatus.CALLBACK_SCHEDULED),
            (0, ContactStatus.CALLBACK_SCHEDULED),
            (5, ContactStatus.PENDING),
            (6, ContactStatus.PENDING),
            (2, ContactStatus.RETRY_SCHEDULED),
            (1, ContactStatus.RETRY_SCHEDULED),
            (4, ContactStatus.RETRY_SCHEDULED),
        ]

    def test_whoever_is_not_taken_is_offered_again(self, bench: Bench) -> None:
        """Looking takes nobody off the list, whether all of it was looked at or only its beginning."""
        campaign = bench.running(4)
        everybody = [(ordinal, ContactStatus.PENDING) for ordinal in range(4)]
        assert bench.admit(campaign, 9, look) == everybody
        assert bench.admit(campaign, 9, lambda view: Changes(next(iter(view.candidates)).ordinal)) == 0
        assert bench.admit(campaign, 9, look) == everybody
        assert bench.store.agenda().works[0].next_due is not None

    def test_a_candidate_carries_what_the_call_needs(self, bench: Bench) -> None:
        """Number, variables, attempts, and the callback that was asked for."""
        campaign = bench.running([{"phone_number": number(3), "plan": "gold"}], callback_detection=True)
        asked_at = bench.clock.now()
        bench.booked(bench.dials()[0], minutes=10)
        bench.clock.advance(minutes=10)
        (dial,) = bench.dials()
        assert (dial.to, dict(dial.variables), dial.kind.value) == (
            parse_number(number(3)),
            {"plan": "gold"},
            "callback",
        )
        assert (dial.number_in_budget, dial.run, dial.campaign_id) == (2, 1, campaign.id)
        assert dial.callback is not None
        assert (dial.callback.due, dial.callback.sequence, dial.callback.text) == (
            asked_at + 10 * MINUTE,
            1,
            "later",
        )

    # --- guards ------------------------------------------------------------------------------------------------------

    def test_two_campaigns_never_call_one_number_at_once(self, bench: Bench) -> None:
        """Whoever comes second waits until the first call is over, and is served then."""
        first, second = bench.running([number(0)]), bench.running([number(0), number(1)])
        dials = bench.dials()
        assert sorted(dial.to.reveal() for dial in dials) == [number(0), number(1)]
        bench.talked(*dials)
        bench.clock.advance(seconds=30)
        (late,) = bench.dials()
        assert late.to.reveal() == number(0)
        assert {late.campaign_id, *(dial.campaign_id for dial in dials)} == {first.id, second.id}

    def test_one_open_attempt_for_a_number_whatever_the_rule_says(self, bench: Bench) -> None:
        """A rule that does not ask whether the number is busy gets no second call to it."""
        bench.running([number(0)])
        (dial,) = bench.dials()
        other = bench.running([number(0)])
        with suppress(CampaignsError):
            bench.admit(other, 9, partial(reserve, ordinals=[0]))
        assert bench.live() == 1
        assert bench.statuses(other) == {number(0): "pending"}
        bench.talked(dial)
        assert bench.live() == 0

    def test_one_open_attempt_for_a_contact_whatever_the_rule_says(self, bench: Bench) -> None:
        """A rule that reserves a contact twice gets one call at the most."""
        campaign = bench.running(2)
        with suppress(CampaignsError):
            bench.admit(campaign, 9, partial(reserve, ordinals=[1, 1]))
        assert bench.live() <= 1
        assert bench.store.counters(campaign.id).live == bench.live()

    def test_a_reservation_takes_its_seat(self, bench: Bench) -> None:
        """The view counts the live calls of the campaign, of every state."""
        campaign = bench.running(9, concurrency_limit=3)
        dials = bench.dials()
        assert len(dials) == 3
        bench.tell(Accepted(dials[0].attempt_id, bench.clock.now()), Unknown(dials[1].attempt_id, bench.clock.now()))
        assert bench.admit(campaign, 9, lambda view: Changes(view.live)) == 3
        assert bench.dials() == ()
        bench.no_answer(dials[0])
        assert len(bench.dials()) == 1

    def test_serials_are_never_used_twice(self, bench: Bench) -> None:
        """The id of an attempt is the carrier's idempotency key: calls that were given back keep theirs."""
        campaign = bench.running(2)
        seen = [dial.attempt_id for dial in bench.dials()]
        bench.tell(*(Refused(each, bench.clock.now(), retry_after=1.0) for each in seen))
        bench.clock.advance(seconds=2)
        seen += [dial.attempt_id for dial in bench.dials()]
        assert seen == [f"{campaign.id}-{serial}" for serial in range(4)]
        assert [attempt.id for attempt in bench.attempts()] == seen

    # --- carriers ----------------------------------------------------------------------------------------------------

    def test_a_carriers_rate_holds_for_all_its_campaigns(self, bench: Bench) -> None:
        """Tokens are taken by reservations, and come back with time alone."""
        bench.directory.add(attrs.evolve(TRUNK, cps=2, burst=4))
        bench.running(10)
        bench.running([number(index) for index in range(20, 30)])
        calls = []
        for _ in range(4):
            calls.append(len(bench.dials()))
            bench.clock.advance(seconds=0.5)
        assert calls == [4, 1, 1, 1]

    def test_a_carriers_channels_hold_for_all_its_campaigns(self, bench: Bench) -> None:
        """A channel is taken by a reservation, and given back by the end of the call."""
        bench.directory.add(attrs.evolve(TRUNK, channels=3))
        bench.running(10)
        bench.running([number(index) for index in range(20, 30)])
        dials = bench.dials()
        assert len(dials) == 3
        assert bench.dials() == ()
        bench.no_answer(*dials[:2])
        assert len(bench.dials()) == 2

    def test_new_limits_keep_the_bucket_and_the_live_calls(self, bench: Bench) -> None:
        """`put_carriers` gives no token back and forgets no call."""
        slow = attrs.evolve(TRUNK, cps=0.1, burst=5, channels=9)
        bench.directory.add(slow)
        bench.running(20)
        assert len(bench.dials()) == 5
        for changed in (attrs.evolve(slow, channels=8), attrs.evolve(slow, burst=6, channels=8), slow):
            bench.directory.add(changed)
            bench.service.refresh()
            supply = bench.store.agenda().supply["default"]["trunk"]
            assert (supply.tokens(bench.clock.now()), supply.channels) == (
                changed.burst - 5,
                changed.channels - 5,
            )
        bench.service.refresh()
        assert bench.dials() == ()

    def test_a_number_that_is_withdrawn_is_not_called_from(self, bench: Bench) -> None:
        """The view has no line for it; those of one carrier share one line, and come in the order of the pool."""
        spare = Carrier("spare", numbers=["911150000000"], cps=10, burst=7, channels=9)
        bench.directory.add(spare)
        campaign = bench.running(1, numbers=[POOL[0], "911150000000", POOL[1]])

        def lines(view: AdmitView) -> Changes[list[str]]:
            return Changes([line.carrier if line else "-" for line in view.lines])

        assert bench.admit(campaign, 9, lines) == ["trunk", "spare", "trunk"]
        bench.directory.add(attrs.evolve(TRUNK, numbers=POOL[1:]))
        bench.directory.remove("spare")
        bench.service.refresh()
        assert bench.admit(campaign, 9, lines) == ["-", "-", "trunk"]
        assert set(bench.store.agenda().supply["default"]) == {"trunk"}

    def test_the_rotation_goes_on_where_it_was(self, bench: Bench) -> None:
        """The cursor of the pool is kept from one admission to the next."""
        bench.running(7, concurrency_limit=1)
        used = []
        for _ in range(5):
            (dial,) = bench.dials()
            used.append(dial.from_number.reveal())
            bench.talked(dial)
        assert used == [POOL[0], POOL[1], POOL[0], POOL[1], POOL[0]]

    def test_a_refusal_rests_the_carrier(self, bench: Bench) -> None:
        """Until the latest instant any refusal named; the contact goes back, nothing is counted."""
        campaign = bench.running(2)
        first, second = bench.dials()
        now = bench.clock.now()
        bench.tell(Refused(first.attempt_id, now, retry_after=10.0), Refused(second.attempt_id, now, retry_after=2.0))
        assert bench.store.agenda().supply["default"]["trunk"].rests_until == now + 10 * SECOND
        assert {(each.status, each.attempts) for each in bench.contacts()} == {(ContactStatus.PENDING, 0)}
        assert (bench.store.counters(campaign.id).dialled, bench.live()) == (0, 0)
        bench.clock.advance(seconds=9)
        assert bench.dials() == ()
        bench.clock.advance(seconds=1)
        assert len(bench.dials()) == 2

    def test_workspaces_have_carriers_of_their_own(self, bench: Bench) -> None:
        """The same id in another workspace is another carrier."""
        bench.directory.add(bench.directory.bots("default")[0], attrs.evolve(TRUNK, channels=1), workspace="other")
        bench.running(5)
        bench.running([number(index) for index in range(10, 15)], workspace="other")
        assert [dial.to.reveal()[-2:] for dial in bench.dials()].count("10") == 1
        supply = bench.store.agenda().supply
        assert (supply["default"]["trunk"].channels, supply["other"]["trunk"].channels) == (TRUNK.channels - 5, 0)

    # --- reports -----------------------------------------------------------------------------------------------------

    def test_a_report_is_matched_by_the_carriers_reference(self, bench: Bench) -> None:
        """Where it does not carry our id; the end gives seat, channel and number back."""
        campaign = bench.running(1)
        (dial,) = bench.dials()
        bench.tell(Accepted(dial.attempt_id, bench.clock.now(), "CA-77"))
        bench.clock.advance(seconds=5)
        bench.tell(Answered("", bench.clock.now(), "CA-77"))
        assert bench.store.counters(campaign.id).in_progress == 1
        bench.tell(Ended("", bench.clock.now(), "customer", carrier_ref="CA-77"))
        assert bench.attempts()[0].disposition == "customer"
        assert bench.tell(Ringing("", bench.clock.now(), "CA-78")).unmatched == ("",)

    def test_a_reference_of_two_calls_names_neither(self, bench: Bench) -> None:
        """Carriers number for themselves; guessing would end somebody else's call."""
        bench.running(2)
        for dial in bench.dials():
            bench.tell(Accepted(dial.attempt_id, bench.clock.now(), "1"))
        assert bench.tell(Ended("", bench.clock.now(), "customer", carrier_ref="1")).unmatched == ("",)
        assert bench.live() == 2

    def test_a_reference_outlasts_its_call(self, bench: Bench) -> None:
        """A late report still finds the call that is over; one of a later call of the same name finds neither."""
        bench.running(2, concurrency_limit=1)
        (first,) = bench.dials()
        bench.tell(Accepted(first.attempt_id, bench.clock.now(), "CA-5"))
        bench.at_once(partial(Ended, disposition="customer"), first)
        assert bench.tell(Ringing("", bench.clock.now(), "CA-5")).unmatched == ()
        assert bench.log()[-1].fact.attempt == first.attempt_id
        (second,) = bench.dials()
        bench.tell(Accepted(second.attempt_id, bench.clock.now(), "CA-5"))
        assert bench.tell(Ended("", bench.clock.now(), "customer", carrier_ref="CA-5")).unmatched == ("",)
        assert bench.live() == 1

    def test_an_id_that_is_not_ours_finds_nothing(self, bench: Bench) -> None:
        """Neither do other spellings of one that is."""
        bench.running(1)
        (dial,) = bench.dials()
        name, _, serial = dial.attempt_id.rpartition("-")
        strange = [f"{name}-0{serial}", f"{name}-", f"{name}-x", f"{name}-9", f"{name}-{'9' * 40}", "-0", "elsewhere"]
        assert bench.tell(*(Ringing(each, bench.clock.now()) for each in strange)).unmatched == tuple(strange)
        assert bench.tell(Ringing(dial.attempt_id, bench.clock.now())).unmatched == ()

    def test_a_report_on_a_call_that_is_over_finds_it(self, bench: Bench) -> None:
        """It is shown to the rule as it ended, and kept in the log."""
        bench.running(1)
        (dial,) = bench.dials()
        bench.no_answer(dial)
        before = bench.attempts()
        bench.tell(Answered(dial.attempt_id, bench.clock.now()))
        last = bench.log()[-1].fact
        assert (type(last).__name__, last.attempt, last.why) == ("ReportIgnored", dial.attempt_id, "already_over")
        assert bench.attempts() == before

    def test_what_the_bot_says_is_kept_for_the_end(self, bench: Bench) -> None:
        """It comes before the carrier's end, and decides how the call is seen."""
        campaign = bench.running(1, retry=RETRIED)
        (dial,) = bench.dials()
        bench.at_once(Answered, dial)
        bench.tell(BotReport(dial.attempt_id, bench.clock.now(), began=False, disposition="voicemail"))
        bench.clock.advance(seconds=9)
        bench.at_once(partial(Ended, disposition="customer"), dial)
        assert (bench.attempts()[0].disposition, bench.attempts()[0].connected) == ("voicemail", False)
        assert (bench.store.counters(campaign.id).machines, bench.store.counters(campaign.id).connected) == (1, 0)

    # --- what there is to do -----------------------------------------------------------------------------------------

    def test_the_agenda_has_the_running_campaigns(self, bench: Bench) -> None:
        """With what they use, what they could use, and when their next contact is due."""
        campaign = bench.running(5, concurrency_limit=2)
        paused = bench.running(2)
        bench.service.pause(paused.id, by="test")
        bench.create()
        dials = bench.dials()
        (work,) = bench.store.agenda().works
        assert (work.campaign, work.live, work.waiting, work.active) == (bench.service.get(campaign.id), 2, 3, 2)
        assert (work.demand.campaign_id, work.demand.seats, work.demand.carriers) == (
            campaign.id,
            0,
            ("trunk", "trunk"),
        )
        assert work.next_due is not None
        assert work.next_due <= bench.clock.now()
        bench.no_answer(*dials)
        self._serve_all_but_the_first(bench, campaign)
        (work,) = bench.store.agenda().works
        assert (work.live, work.waiting, work.active) == (0, 2, 0)
        assert work.next_due == min(each.due for each in bench.contacts(campaign) if each.due)

    def _serve_all_but_the_first(self, bench: Bench, campaign: Campaign) -> None:
        while bench.store.counters(campaign.id).contacts[ContactStatus.PENDING]:
            bench.talked(*bench.dials(), seconds=1)

    def test_overdue_attempts_come_longest_overdue_first(self, bench: Bench) -> None:
        """At most as many as were asked for, and not before their time; what is recorded of them settles them."""
        bench.running(4)
        dials = bench.dials()
        bench.at_once(Accepted, dials[2])
        bench.clock.advance(seconds=10)
        bench.at_once(Accepted, dials[0])
        limits = {dials[1].attempt_id: 60, dials[3].attempt_id: 60, dials[2].attempt_id: 90, dials[0].attempt_id: 100}
        next_check = bench.store.agenda().next_check
        assert next_check is not None
        assert next_check <= bench.clock.now() + 50 * SECOND
        assert list(bench.store.overdue(9)) == []
        bench.clock.advance(seconds=95)
        expected = sorted(limits, key=lambda each: (limits[each], each))
        assert list(bench.store.overdue(9)) == expected
        assert list(bench.store.overdue(2)) == expected[:2]
        bench.service.recover()
        assert list(bench.store.overdue(9)) == []

    def test_an_awaited_analysis_becomes_overdue(self, bench: Bench) -> None:
        """After its limit the decision is taken without it."""
        again = attrs.evolve(RETRIED, on_business=("sold",))
        bench.running(1, retry=again, analysis_wait_seconds=30)
        bench.talked(*bench.dials())
        assert bench.statuses() == {number(0): "awaiting_analysis"}
        (work,) = bench.store.agenda().works
        assert (work.live, work.waiting, work.active) == (0, 0, 1)
        bench.clock.advance(seconds=30)
        assert list(bench.store.overdue(9)) == []
        bench.clock.advance(seconds=1)
        assert len(bench.store.overdue(9)) == 1
        bench.service.recover()
        assert bench.statuses() == {number(0): "completed"}

    def test_unsent_reservations_are_told(self, bench: Bench) -> None:
        """The latest instant at which one may still leave: of a campaign, of old epochs, of some numbers."""
        campaign = bench.running(2, concurrency_limit=1)
        other = bench.running([number(7)])
        now, epoch = bench.clock.now(), bench.service.get(campaign.id).epoch
        mine = next(dial for dial in bench.dials() if dial.campaign_id == campaign.id)
        unsent, listed = bench.store.unsent, [parse_number(number(0)), parse_number(number(9))]
        assert unsent(campaign.id) == unsent(other.id) == now + 5 * SECOND
        assert (unsent(campaign.id, before=epoch), unsent(campaign.id, before=epoch + 1)) == (None, now + 5 * SECOND)
        assert unsent(campaign.id, numbers=listed) == now + 5 * SECOND
        assert unsent(campaign.id, numbers=listed[1:]) is None
        bench.at_once(Accepted, mine)
        assert unsent(campaign.id) is None
        assert unsent(other.id) == now + 5 * SECOND
