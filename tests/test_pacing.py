"""Pacing: the token bucket against exact fractions, rotation, the order of dialling, fair shares."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ori_campaigns.admission import rotate
from ori_campaigns.campaign import CampaignDraft, CampaignStatus
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import MULTI_DAY, DiallerConfig, RetryPolicy
from ori_campaigns.contact import CallbackRequest
from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.ids import counted_ids
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Bucket, Demand, Line, Supply, share, token_interval
from ori_campaigns.reports import Accepted, Answered, CallAnalysis, DialRequest, Ended, Refused
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.windows import CallingWindow

SECOND = 1_000_000
MINUTE = 60 * SECOND
MONDAY_10 = int(datetime.fromisoformat("2026-01-05T10:00:00+00:00").timestamp()) * SECOND


# --- the bucket -------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("P2", "P9")
@pytest.mark.parametrize(
    ("cps", "interval"),
    [
        (0.1, 10_000_000),
        (0.3, 3_333_334),
        (1, 1_000_000),
        (3, 333_334),
        (5, 200_000),
        (7, 142_858),
        (30, 33_334),
        (100, 10_000),
    ],
)
def test_microseconds_between_two_tokens(cps: float, interval: int) -> None:
    assert token_interval(cps) == interval


@pytest.mark.behaviour("P2")
def test_a_bucket_by_hand() -> None:
    bucket = Bucket(token_interval(2), burst=3)
    assert bucket.tokens(0) == 3
    bucket = bucket.take(3, 0)
    assert [bucket.tokens(at) for at in (0, 499_999, 500_000, 999_999, 1_000_000, 1_500_000, 9_000_000)] == [
        *(0, 0, 1, 1, 2, 3, 3)
    ]
    assert [bucket.ready_at(count, 0) for count in (1, 2, 3, 4, 99)] == [
        *(500_000, 1_000_000, 1_500_000, 1_500_000, 1_500_000)
    ]
    bucket = bucket.take(1, 500_000)
    assert (bucket.tokens(999_999), bucket.tokens(1_000_000)) == (0, 1)


@pytest.mark.behaviour("P2")
def test_a_clock_that_steps_back_only_makes_it_slower() -> None:
    bucket = Bucket(token_interval(1), burst=2).take(2, 100 * SECOND)
    assert bucket.tokens(50 * SECOND) == 0
    assert bucket.tokens(101 * SECOND) == 1
    assert Bucket(token_interval(1), burst=2, full_at=10**15).tokens(0) == 0


rates = st.sampled_from([0.1, 0.3, 0.7, 1.0, 1.5, 2.5, 3.0, 7.0, 9.9, 33.0, 100.0])


@pytest.mark.behaviour("P2")
@given(rates, st.integers(1, 20), st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(0, 8)), max_size=60))
@example(1.0, 1, [(0, 1), (999_999, 1), (1, 1)])
def test_in_any_span_at_most_the_burst_and_the_rate(cps: float, burst: int, asks: list[tuple[int, int]]) -> None:
    bucket = Bucket(token_interval(cps), burst)
    now = 1_000
    taken: list[int] = []
    for pause, wanted in asks:
        now += pause
        count = min(wanted, bucket.tokens(now))
        bucket = bucket.take(count, now)
        taken += [now] * count
    for first, last in itertools.combinations_with_replacement(range(len(taken)), 2):
        span = Fraction(taken[last] - taken[first], SECOND)
        assert last - first + 1 <= burst + Fraction(cps) * span


@pytest.mark.behaviour("P2")
@given(rates, st.integers(1, 20), st.integers(1, 20), st.integers(0, 10_000_000))
def test_a_bucket_is_ready_when_it_says_so_and_not_before(cps: float, burst: int, wanted: int, pause: int) -> None:
    bucket = Bucket(token_interval(cps), burst).take(burst, 0)
    ready = bucket.ready_at(wanted, pause)
    assert bucket.tokens(ready) >= min(wanted, burst)
    assert ready == pause or bucket.tokens(ready - 1) < min(wanted, burst)


@pytest.mark.behaviour("P2")
@given(rates, st.integers(1, 20))
def test_a_steady_caller_gets_the_whole_rate(cps: float, burst: int) -> None:
    bucket = Bucket(token_interval(cps), burst)
    now, calls = 0, 0
    while now < 100 * SECOND:
        calls += bucket.tokens(now)
        bucket = bucket.take(bucket.tokens(now), now)
        now = bucket.ready_at(1, now)
    # Rounding the interval up costs less than one call in ten thousand at the highest rate.
    assert calls >= burst + int(100 * cps * 0.999) - 1


# --- fair shares ------------------------------------------------------------------------------------------------------


class Case(NamedTuple):
    seats: list[int]
    carriers: list[tuple[str, ...]]
    supply: dict[str, int]


def asked(case: Case) -> dict[str, int]:
    """Return what each campaign gets, checking that nothing is given twice or without need."""
    demands = [
        Demand(f"c{index}", seats, names, served_at=index)
        for index, (seats, names) in enumerate(zip(case.seats, case.carriers, strict=True))
    ]
    quotas = share(demands, case.supply)
    assert set(quotas) == {demand.campaign_id for demand in demands}
    for carrier, supply in case.supply.items():
        assert sum(quota.get(carrier, 0) for quota in quotas.values()) <= supply
    for demand in demands:
        assert set(quotas[demand.campaign_id]) <= set(demand.carriers)
    return {name: sum(quota.values()) for name, quota in quotas.items()}


def feasible(case: Case, wants: Sequence[int]) -> bool:
    """Whether the supply can serve these amounts: for every set of campaigns, their carriers hold enough (Hall)."""
    indexes = range(len(wants))
    return all(
        sum(wants[each] for each in group)
        <= sum(case.supply.get(name, 0) for name in {name for each in group for name in case.carriers[each]})
        for size in range(1, len(wants) + 1)
        for group in itertools.combinations(indexes, size)
    )


def max_min(case: Case) -> list[int]:
    """Return the fairest amounts, smallest first: raise everybody one by one, freezing who can have no more."""
    amounts = [0] * len(case.seats)
    growing = set(range(len(case.seats)))
    while growing:
        for each in sorted(growing):
            more = [amount + (index == each) for index, amount in enumerate(amounts)]
            if amounts[each] < case.seats[each] and feasible(case, more):
                amounts = more
            else:
                growing.discard(each)
    return sorted(amounts)


@st.composite
def cases(draw: st.DrawFn, *, shared: bool) -> Case:
    names = ["x"] if shared else ["x", "y", "z"]
    count = draw(st.integers(2, 5))
    pools = st.permutations(names).flatmap(lambda order: st.integers(1, len(order)).map(lambda n: tuple(order[:n])))
    return Case(
        draw(st.lists(st.integers(0, 9), min_size=count, max_size=count)),
        draw(st.lists(pools, min_size=count, max_size=count)),
        {name: draw(st.integers(0, 12)) for name in names},
    )


@pytest.mark.behaviour("P5")
@given(cases(shared=True))
def test_one_carrier_is_shared_max_min_fairly(case: Case) -> None:
    assert sorted(asked(case).values()) == max_min(case)


@pytest.mark.behaviour("P5")
@given(cases(shared=False))
@example(Case([1, 1], [("x", "y"), ("x",)], {"x": 1, "y": 1, "z": 0}))
@settings(max_examples=200)
def test_several_carriers_are_shared_max_min_fairly(case: Case) -> None:
    assert sorted(asked(case).values()) == max_min(case)


@pytest.mark.behaviour("P5")
@given(cases(shared=False))
def test_nothing_is_left_over_that_somebody_could_use(case: Case) -> None:
    demands = [
        Demand(f"c{index}", seats, names, 0)
        for index, (seats, names) in enumerate(zip(case.seats, case.carriers, strict=True))
    ]
    quotas = share(demands, case.supply)
    left = {name: case.supply[name] - sum(quota.get(name, 0) for quota in quotas.values()) for name in case.supply}
    for demand in demands:
        assert sum(quotas[demand.campaign_id].values()) >= demand.seats or not any(
            left[name] for name in demand.carriers
        )


@pytest.mark.behaviour("P5")
@pytest.mark.parametrize(("served", "first"), [((5, 3, 9), "b"), ((1, 3, 9), "a"), ((7, 7, 7), "a"), ((7, 7, 2), "c")])
def test_a_single_call_goes_to_who_has_waited_longest(served: tuple[int, int, int], first: str) -> None:
    demands = [Demand(name, 9, ("x",), at) for name, at in zip("abc", served, strict=True)]
    assert share(demands, {"x": 1})[first] == {"x": 1}


def test_alone_a_campaign_may_use_all_that_its_carriers_have() -> None:
    assert share([Demand("a", 9, ("x", "y"), 0)], {"x": 4, "y": 2, "z": 8}) == {"a": {"x": 4, "y": 2}}


# --- rotation ---------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("P3")
@pytest.mark.parametrize(
    ("usable", "cursor", "position"),
    [
        ("yyy", 0, 0),
        ("yyy", 2, 2),
        ("nyy", 0, 1),
        ("ynn", 1, 0),
        ("yny", 1, 2),
        ("yyn", 5, 0),
    ],
)
def test_the_next_number_in_stored_order(usable: str, cursor: int, position: int) -> None:
    assert rotate(list(usable), {"y": 1, "n": 0}, cursor) == position


@pytest.mark.behaviour("P2", "P5")
@pytest.mark.parametrize(
    ("line", "free"),
    [
        (Line("t", 0, 5, 5), 0),
        (Line("t", 5, 0, 5), 0),
        (Line("t", 5, 5, 0), 0),
        (Line("t", 5, -2, 5), 0),
        (Line("t", 3, 2, 5), 2),
        (Line("t", 3, 4, 5), 3),
        (Line("t", 9, 9, 1), 1),
    ],
)
def test_a_line_gives_the_least_of_tokens_channels_and_share(line: Line, free: int) -> None:
    assert line.free == free


# --- through the service ----------------------------------------------------------------------------------------------


class People(NamedTuple):
    numbers: Sequence[str]
    policy: str = "digits"

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


def people(count: int, first: int = 0) -> People:
    return People([f"919800{each:06d}" for each in range(first, first + count)])


class Host:
    """A host whose carriers can be changed while campaigns run."""

    def __init__(self, *carriers: Carrier) -> None:
        self.current = carriers

    def bots(self, workspace: str) -> Sequence[Bot]:
        return [Bot("asha", callbacks=True)]

    def carriers(self, workspace: str) -> Sequence[Carrier]:
        return self.current


DIDS = ["911140001000", "911140001001", "911140001002"]


def trunk(
    numbers: Sequence[str | CarrierNumber] = DIDS,
    *,
    name: str = "trunk",
    cps: float = 100,
    burst: int = 1000,
    channels: int = 500,
) -> Carrier:
    return Carrier(name, numbers, cps, burst, channels)


class Desk:
    def __init__(self, *carriers: Carrier) -> None:
        self.clock = VirtualClock(MONDAY_10)
        self.host = Host(*(carriers or (trunk(),)))
        self.service = CampaignService(MemoryStore(self.clock), self.host, new_id=counted_ids("t"))

    def begin(
        self,
        leads: People,
        *,
        numbers: Sequence[str] = DIDS,
        limit: int = 500,
        retry: RetryPolicy | None = None,
        detection: bool = False,
    ) -> str:
        window = CallingWindow("00:00", "23:59", "UTC")
        config = DiallerConfig(
            limit, MULTI_DAY, window=window, retry=retry or RetryPolicy(), callback_detection=detection
        )
        draft = CampaignDraft("Renewals", "asha", numbers, config)
        campaign_id = self.service.create(draft, leads, by="ops").id
        self.service.start(campaign_id, by="ops")
        return campaign_id

    def dials(self) -> tuple[DialRequest, ...]:
        return self.service.step().dials

    def hang_up(self, *dials: DialRequest, disposition: str = "no_answer") -> None:
        self.service.record(Ended(dial.attempt_id, self.clock.now(), disposition) for dial in dials)

    def accept(self, *dials: DialRequest) -> None:
        self.service.record(Accepted(dial.attempt_id, self.clock.now()) for dial in dials)


def used(dials: Sequence[DialRequest]) -> list[str]:
    return [dial.from_number.reveal()[-1] for dial in dials]


@pytest.mark.behaviour("P3")
def test_the_pool_goes_round_in_stored_order_over_several_steps() -> None:
    desk = Desk(trunk(burst=2))
    desk.begin(people(8), numbers=[DIDS[2], DIDS[0], DIDS[1]])
    found: list[str] = []
    for _ in range(4):
        dials = desk.dials()
        assert len(dials) == 2
        found += used(dials)
        desk.clock.advance(seconds=1)
    assert found == ["2", "0", "1", "2", "0", "1", "2", "0"]


@pytest.mark.behaviour("P3")
@pytest.mark.parametrize("calls", [1, 2, 3, 7, 100])
def test_use_counts_differ_by_one_at_most_when_all_are_available(calls: int) -> None:
    desk = Desk(trunk(DIDS[:2]), trunk(DIDS[2:], name="other"))
    desk.begin(people(calls))
    counts = Counter(used(desk.dials()))
    assert sum(counts.values()) == calls
    assert max(counts.values()) - min(counts[last] for last in "012") <= 1


@pytest.mark.behaviour("P3")
def test_a_number_whose_carrier_has_no_channel_left_is_skipped() -> None:
    desk = Desk(trunk(DIDS[:1], name="small", channels=1), trunk(DIDS[1:]))
    desk.begin(people(7))
    dials = desk.dials()
    assert used(dials) == ["0", "1", "2", "1", "2", "1", "2"]


@pytest.mark.behaviour("P3")
def test_a_number_whose_carrier_has_no_token_left_is_skipped() -> None:
    desk = Desk(trunk(DIDS[:1], name="slow", cps=1, burst=2), trunk(DIDS[1:]))
    desk.begin(people(8))
    assert used(desk.dials()) == ["0", "1", "2", "0", "1", "2", "1", "2"]


@pytest.mark.behaviour("P3")
def test_a_number_withdrawn_while_the_campaign_runs_is_skipped() -> None:
    desk = Desk()
    campaign_id = desk.begin(people(9), limit=3)
    dials = desk.dials()
    assert used(dials) == ["0", "1", "2"]
    desk.host.current = (trunk([DIDS[0], DIDS[2]]),)
    desk.service.refresh()
    desk.hang_up(*dials)
    dials = desk.dials()
    assert used(dials) == ["0", "2", "0"]
    desk.host.current = (trunk([CarrierNumber(number, outbound=number != DIDS[0]) for number in DIDS]),)
    desk.service.refresh()
    desk.hang_up(*dials)
    assert used(desk.dials()) == ["1", "2", "1"]
    assert desk.service.get(campaign_id).status is CampaignStatus.RUNNING


@pytest.mark.behaviour("P3", "L13")
def test_a_campaign_without_any_usable_number_left_fails() -> None:
    desk = Desk()
    campaign_id = desk.begin(people(9), limit=3)
    dials = desk.dials()
    desk.host.current = (trunk(["911149999999"]),)
    desk.service.refresh()
    assert desk.dials() == ()
    campaign = desk.service.get(campaign_id)
    assert (campaign.status, campaign.failure) == (CampaignStatus.FAILED, "no_usable_number")
    desk.hang_up(*dials)
    assert desk.service.counters(campaign_id).live == 0


@pytest.mark.behaviour("P3")
def test_a_number_that_turns_up_under_two_carriers_is_an_error_and_changes_nothing() -> None:
    desk = Desk()
    desk.begin(people(9), limit=3)
    desk.host.current = (trunk(), trunk(DIDS[:1], name="other"))
    with pytest.raises(InvalidDefinition) as refused:
        desk.service.refresh()
    assert refused.value.code == "number_under_two_carriers"
    assert used(desk.dials()) == ["0", "1", "2"]


@pytest.mark.behaviour("P2")
def test_a_raised_rate_holds_from_the_refresh_on() -> None:
    desk = Desk(trunk(cps=1, burst=1))
    desk.begin(people(50))
    assert len(desk.dials()) == 1
    desk.clock.advance(seconds=1)
    assert len(desk.dials()) == 1
    desk.host.current = (trunk(cps=10, burst=5),)
    desk.service.refresh()
    desk.clock.advance(seconds=2)
    assert len(desk.dials()) == 5


@pytest.mark.behaviour("P7", "L19")
def test_a_number_taken_out_while_paused_is_never_used_again() -> None:
    desk = Desk()
    campaign_id = desk.begin(people(40), limit=4)
    dials = desk.dials()
    assert used(dials) == ["0", "1", "2", "0"]
    desk.service.pause(campaign_id, by="ops")
    campaign = desk.service.get(campaign_id)
    draft = CampaignDraft(campaign.name, campaign.bot, [DIDS[0], DIDS[2]], campaign.config)
    desk.service.edit(campaign_id, draft, by="ops", version=campaign.version)
    desk.service.resume(campaign_id, by="ops")
    seen: Counter[str] = Counter()
    for _ in range(9):
        desk.hang_up(*dials)
        dials = desk.dials()
        seen.update(used(dials))
    assert set(seen) == {"0", "2"}
    assert abs(seen["0"] - seen["2"]) <= 1


@pytest.mark.behaviour("P2", "P1")
@pytest.mark.parametrize(
    ("cps", "burst", "channels", "limit", "first", "later"),
    [
        (5, 5, 500, 500, 5, 5),
        (5, 50, 500, 500, 50, 5),
        (5, 50, 500, 7, 7, 0),
        (5, 50, 9, 500, 9, 0),
        (0.5, 1, 500, 500, 1, 0),
        (100, 1000, 500, 30, 30, 0),
    ],
)
def test_the_tightest_limit_wins(cps: float, burst: int, channels: int, limit: int, first: int, later: int) -> None:
    desk = Desk(trunk(cps=cps, burst=burst, channels=channels))
    desk.begin(people(200), limit=limit)
    assert len(desk.dials()) == first
    assert desk.dials() == ()
    desk.clock.advance(seconds=1)
    assert len(desk.dials()) == later


@pytest.mark.behaviour("P2")
def test_waiting_for_a_token_is_never_an_outcome() -> None:
    desk = Desk(trunk(cps=1, burst=1))
    campaign_id = desk.begin(people(5))
    before = len(desk.service.store.events(campaign_id=campaign_id))
    [dial] = desk.dials()
    step = desk.service.step()
    assert (step.dials, step.wake_at) == ((), MONDAY_10 + SECOND)
    contacts = desk.service.store.contacts(campaign_id)
    assert [contact.status.value for contact in contacts] == ["calling", *["pending"] * 4]
    assert [contact.attempts for contact in contacts] == [1, 0, 0, 0, 0]
    # One reservation is all that the log tells of.
    assert len(desk.service.store.events(campaign_id=campaign_id)) == before + 1
    desk.accept(dial)


@pytest.mark.behaviour("P2")
def test_calls_leave_evenly_when_a_service_wakes_as_it_is_told() -> None:
    desk = Desk(trunk(cps=4, burst=1))
    desk.begin(people(20))
    left: list[int] = []
    while len(left) < 20:
        step = desk.service.step()
        left += [desk.clock.now()] * len(step.dials)
        desk.accept(*step.dials)
        assert step.wake_at is not None
        desk.clock.set(step.wake_at)
    assert [at - MONDAY_10 for at in left] == [number * 250_000 for number in range(20)]


@pytest.mark.behaviour("P2")
def test_a_refused_call_does_not_give_its_token_back() -> None:
    desk = Desk(trunk(cps=1, burst=2))
    desk.begin(people(5))
    first, second = desk.dials()
    desk.service.record([Refused(first.attempt_id, desk.clock.now(), retry_after=0)])
    desk.accept(second)
    assert desk.dials() == ()
    desk.clock.advance(seconds=1)
    assert len(desk.dials()) == 1


# --- the order of dialling --------------------------------------------------------------------------------------------


def everybody_is_due() -> tuple[Desk, str]:
    """Eight people, paused: callbacks for minutes 36, 36 and 38, two never tried, retries for 35 and 40."""
    desk = Desk(trunk(cps=100, burst=1000))
    retry = RetryPolicy(5, 30, ["no_answer"])
    campaign_id = desk.begin(people(8), limit=6, retry=retry, detection=True)
    dials = desk.dials()
    desk.accept(*dials)
    by_person = {dial.to.reveal()[-1]: dial for dial in dials}
    # Keep the seats taken until everything is due.
    for person, minute in (("3", 36), ("4", 38), ("5", 36)):
        desk.service.record([Answered(by_person[person].attempt_id, desk.clock.now())])
        wish = CallbackRequest(MONDAY_10 + minute * MINUTE)
        desk.service.record([CallAnalysis(by_person[person].attempt_id, desk.clock.now(), "", wish)])
    desk.service.pause(campaign_id, by="ops")
    desk.hang_up(by_person["3"], by_person["4"], by_person["5"], disposition="customer")
    desk.clock.advance(minutes=5)
    desk.hang_up(by_person["1"])
    desk.clock.advance(minutes=5)
    desk.hang_up(by_person["0"], by_person["2"])
    desk.clock.set(MONDAY_10 + 60 * MINUTE)
    return desk, campaign_id


@pytest.mark.behaviour("P4", "K7")
def test_callbacks_then_the_whole_first_pass_then_retries_each_by_due_time_then_list_order() -> None:
    desk, campaign_id = everybody_is_due()
    desk.service.resume(campaign_id, by="ops")
    order = []
    while dials := desk.dials():
        order += [(dial.to.reveal()[-1], dial.kind.value) for dial in dials]
        desk.accept(*dials)
        desk.hang_up(*dials, disposition="customer")
    assert order == [
        ("3", "callback"),
        ("5", "callback"),
        ("4", "callback"),
        ("6", "fresh"),
        ("7", "fresh"),
        ("1", "retry"),
        ("0", "retry"),
        ("2", "retry"),
    ]


@pytest.mark.behaviour("P4")
def test_nobody_is_retried_before_everybody_was_tried_once() -> None:
    desk = Desk(trunk(cps=1, burst=1))
    desk.begin(people(100), retry=RetryPolicy(3, 1, ["no_answer"]))
    kinds: list[str] = []
    while len(kinds) < 150:
        dials = desk.dials()
        kinds += [dial.kind.value for dial in dials]
        desk.hang_up(*dials)
        desk.clock.advance(seconds=1)
    assert kinds == ["fresh"] * 100 + ["retry"] * 50


# --- several campaigns on one carrier ---------------------------------------------------------------------------------


def calls_by_campaign(desk: Desk, seconds: int) -> Counter[str]:
    counts: Counter[str] = Counter()
    for _ in range(seconds):
        dials = desk.dials()
        counts.update(dial.campaign_id for dial in dials)
        desk.hang_up(*dials)
        desk.clock.advance(seconds=1)
    return counts


@pytest.mark.behaviour("P5", "P2")
@pytest.mark.parametrize("campaigns", [2, 3])
def test_campaigns_on_a_carrier_of_one_call_a_second_all_progress(campaigns: int) -> None:
    desk = Desk(trunk(cps=1, burst=1))
    ids = [desk.begin(people(200, first=1000 * each)) for each in range(campaigns)]
    counts = calls_by_campaign(desk, 60)
    assert counts == dict.fromkeys(ids, 60 // campaigns)


@pytest.mark.behaviour("P5")
def test_a_small_campaign_is_served_and_the_rest_is_shared() -> None:
    desk = Desk(trunk(cps=10, burst=10))
    small = desk.begin(people(200), limit=2)
    big = desk.begin(people(400, first=1000))
    other = desk.begin(people(400, first=2000))
    counts = Counter(dial.campaign_id for dial in desk.dials())
    assert counts == {small: 2, big: 4, other: 4}


@pytest.mark.behaviour("P5")
def test_a_campaign_that_comes_later_gets_its_share_at_once() -> None:
    desk = Desk(trunk(cps=2, burst=2))
    first = desk.begin(people(200))
    assert calls_by_campaign(desk, 20) == {first: 40}
    second = desk.begin(people(200, first=1000))
    assert calls_by_campaign(desk, 20) == {first: 20, second: 20}


@pytest.mark.behaviour("P5", "P3")
def test_a_campaign_with_a_carrier_of_its_own_leaves_the_shared_one_to_others() -> None:
    desk = Desk(trunk(DIDS[:1], name="a", cps=1, burst=1), trunk(DIDS[1:], name="b", cps=1, burst=1))
    both = desk.begin(people(300), numbers=DIDS)
    only = desk.begin(people(300, first=1000), numbers=DIDS[:1])
    counts = calls_by_campaign(desk, 60)
    assert sum(counts.values()) == 120
    assert counts == {both: 60, only: 60}


@pytest.mark.behaviour("P2")
def test_what_a_carrier_has_left_counts_down_in_calls_and_in_tokens() -> None:
    supply = Supply(Bucket(200_000, 3), channels=2)
    assert (supply.free(0), supply.ready_at(0)) == (2, 0)
    left = supply.after(2, 0)
    assert (left.tokens(0), left.channels, left.free(0)) == (1, 0, 0)
    spent = supply.after(3, 0)
    assert (spent.tokens(0), spent.ready_at(0), spent.ready_at(150_000)) == (0, 200_000, 200_000)


@pytest.mark.behaviour("P2")
def test_a_carrier_that_refused_is_left_alone_whatever_its_bucket_holds() -> None:
    supply = Supply(Bucket(200_000, 3), channels=2, rests_until=5_000_000)
    assert (supply.free(4_999_999), supply.free(5_000_000), supply.ready_at(0)) == (0, 2, 5_000_000)


def test_the_pool_of_these_tests_is_masked_when_shown() -> None:
    assert str(PhoneNumber(DIDS[0])) == "••••••••••00"
