"""The contract of a store: the one in memory keeps it, and stores with a fault are found out, each by its own test."""

from __future__ import annotations

import inspect
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import attrs
import pytest

from ori_campaigns import MemoryStore
from ori_campaigns.browsing import EVERY_CAMPAIGN, EVERYBODY, CampaignFilter, ContactFilter, Overview, Place
from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Carrier
from ori_campaigns.contact import Attempt, Contact
from ori_campaigns.events import Event
from ori_campaigns.instants import Instant
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.pacing import Bucket, Supply
from ori_campaigns.ports import AdmitAsk, Agenda, Clock, Store, StoreCapabilities
from ori_campaigns.reports import Accepted, Report
from ori_campaigns.testing import StoreContract
from ori_campaigns.testing.store_workers import WORKERS
from ori_campaigns.views import (
    AdmitView,
    AppendStage,
    CampaignView,
    Changes,
    Counters,
    Created,
    NumbersView,
    ReportView,
)

R = TypeVar("R")


class TestMemoryStore(StoreContract):
    inline = True
    # It promises neither to outlast the process nor to be seen by others.
    test_what_was_committed_outlasts_the_process = None  # type: ignore[assignment]
    test_a_number_policy_is_known_when_the_store_is_opened_again = None  # type: ignore[assignment]
    test_what_one_worker_commits_all_see = None  # type: ignore[assignment]

    def new_store(self, clock: Clock) -> Store:
        return MemoryStore(clock)


class Lasting(MemoryStore):
    """Memory that everybody shares and nobody loses: stands in for a store on a disk."""

    can = StoreCapabilities(durable=True, shared=True, inline=True, joins=False)


class TestAStoreThatLasts(StoreContract):
    durable = shared = inline = True

    def new_store(self, clock: Clock) -> Store:
        return Lasting(clock)

    def reopen(self, store: Store) -> Store:
        return store


# --- stores with a fault: each a MemoryStore that does one thing wrong ------------------------------------------------


class Altered:
    """A view with some of its answers changed."""

    def __init__(self, view: object, **answers: Any) -> None:
        self._view, self._answers = view, answers

    def __getattr__(self, name: str) -> Any:
        return self._answers[name] if name in self._answers else getattr(self._view, name)


class SeenWrongly(MemoryStore):
    """Shows the rule of admission something that is not so."""

    def altered(self, view: AdmitView) -> Mapping[str, Any]:
        raise NotImplementedError

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        return super().admit(ask, lambda view: rule(Altered(view, **self.altered(view))))


class ForgetsLiveCalls(SeenWrongly):
    def altered(self, view: AdmitView) -> Mapping[str, Any]:
        return {"live": 0}


class ForgetsTheRotation(SeenWrongly):
    def altered(self, view: AdmitView) -> Mapping[str, Any]:
        return {"cursor": 0}


class OffersInListOrder(SeenWrongly):
    def altered(self, view: AdmitView) -> Mapping[str, Any]:
        return {"candidates": sorted(view.candidates, key=lambda each: each.ordinal)}


class SharesNumbers(SeenWrongly):
    def altered(self, view: AdmitView) -> Mapping[str, Any]:
        return {"candidates": [Altered(each, number_busy=False) for each in view.candidates]}


class NeverShort(SeenWrongly):
    """A bucket that is always full, as when each worker has its own."""

    def altered(self, view: AdmitView) -> Mapping[str, Any]:
        return {"lines": [line and line._replace(tokens=1000) for line in view.lines]}

    def agenda(self) -> Agenda:
        agenda = super().agenda()
        return agenda._replace(
            supply={
                workspace: {
                    name: Supply(Bucket(each.bucket.interval, each.bucket.burst), each.channels, each.rests_until)
                    for name, each in carriers.items()
                }
                for workspace, carriers in agenda.supply.items()
            }
        )


class ForgetsVariables(MemoryStore):
    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = EVERYBODY
    ) -> Sequence[Contact]:
        return [attrs.evolve(each, variables={}) for each in super().contacts(campaign_id, after, limit, only)]


class NumbersAsIntegers(MemoryStore):
    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = EVERYBODY
    ) -> Sequence[Contact]:
        found = super().contacts(campaign_id, after, limit, only)
        return [attrs.evolve(each, number=PhoneNumber(str(int(each.number.reveal())))) for each in found]


class IgnoresKeys(MemoryStore):
    def create(self, created: Created, key: str | None) -> Campaign:
        return super().create(created, None)


class WritesBeforeItAsks(MemoryStore):
    """The version is raised whether the rule agrees or not."""

    def change(self, campaign_id: str, rule: Callable[[CampaignView], Changes[R]]) -> R:
        def raised(view: CampaignView) -> Changes[None]:
            return Changes(None, campaign=attrs.evolve(view.campaign, version=view.campaign.version + 1))

        super().change(campaign_id, raised)
        return super().change(campaign_id, rule)


class Meets(MemoryStore):
    """All workers have read before the first of them writes: the worst case, every time."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._barrier, self._met = threading.Barrier(WORKERS), False

    def meet(self) -> None:
        if threading.current_thread() is threading.main_thread() or self._met:
            return
        with suppress(threading.BrokenBarrierError):
            self._barrier.wait(10)
        self._met = True


class DecidesOutsideTheLock(Meets):
    """What the rule answered is written later, whatever has happened meanwhile."""

    def admit(self, ask: AdmitAsk, rule: Callable[[AdmitView], Changes[R]]) -> R:
        changes: Changes[R] = super().admit(ask, lambda view: Changes(rule(view)))
        self.meet()
        return super().admit(ask, lambda _: changes)


class StopsTwice(Meets):
    """Two operators read the same status, and both write."""

    def change(self, campaign_id: str, rule: Callable[[CampaignView], Changes[R]]) -> R:
        changes: Changes[R] = super().change(campaign_id, lambda view: Changes(rule(view)))
        self.meet()
        return super().change(campaign_id, lambda _: changes)


class LosesTheLastPage(MemoryStore):
    def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
        found = super().events(after, limit, campaign_id)
        return found if len(found) == limit else found[:-1]


class CountsByCampaign(MemoryStore):
    """One sequence for a whole campaign instead of one for each stream."""

    def events(self, after: int = -1, limit: int = 1000, campaign_id: str | None = None) -> Sequence[Event]:
        return [attrs.evolve(each, sequence=each.cursor + 1) for each in super().events(after, limit, campaign_id)]


class CountsRefusedCalls(MemoryStore):
    def counters(self, campaign_id: str, run: int | None = None) -> Counters:
        returned = sum(each.status.value == "refused" for each in self.attempts(campaign_id, -1, 10_000))
        found = super().counters(campaign_id, run)
        return attrs.evolve(found, dialled=found.dialled + returned)


class OldestFirst(MemoryStore):
    def campaigns(self, workspace: str | None = None) -> Sequence[Campaign]:
        return list(super().campaigns(workspace))[::-1]


class OverdueByName(MemoryStore):
    def overdue(self, limit: int) -> Sequence[str]:
        return sorted(super().overdue(10_000))[:limit]


class UnsentOfEveryEpoch(MemoryStore):
    def unsent(
        self, campaign_id: str, *, before: int | None = None, numbers: Sequence[PhoneNumber] | None = None
    ) -> Instant | None:
        return super().unsent(campaign_id, numbers=numbers)


class GuessesTheCall(MemoryStore):
    """The carrier's reference names whoever had it last."""

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._refs: dict[str, str] = {}

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        self._refs |= {report.carrier_ref: report.attempt_id for report in reports if isinstance(report, Accepted)}
        guessed = [
            each if each.attempt_id else each._replace(attempt_id=self._refs.get(getattr(each, "carrier_ref", ""), ""))
            for each in reports
        ]
        return super().record(guessed, rule)


class ForgetsExclusions(MemoryStore):
    """Numbers that are not on the list are not remembered."""

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        def only_listed(view: NumbersView) -> Changes[R]:
            changes = rule(view)
            return changes._replace(facts=[fact for fact in changes.facts if getattr(fact, "contact", 0) >= 0])

        return super().change_numbers(campaign_id, numbers, only_listed)


class AppendsInFront(MemoryStore):
    """Whoever comes last stands first."""

    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = EVERYBODY
    ) -> Sequence[Contact]:
        found = super().contacts(campaign_id, -1, 1 << 20, only)[::-1]
        return [attrs.evolve(each, ordinal=place) for place, each in enumerate(found)][after + 1 : after + 1 + limit]


class BringsDuplicates(MemoryStore):
    """Whoever was left out of a stage comes all the same."""

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        return super().change_numbers(campaign_id, numbers, lambda view: altered_moves(rule(view), without=()))


class KeepsOldVariables(MemoryStore):
    """Whoever is re-added is told what the first list said."""

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        return super().change_numbers(campaign_id, numbers, lambda view: altered_moves(rule(view), renewed=()))


class NeverForgives(MemoryStore):
    """Whoever was excluded once is called again, but stays flagged."""

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        book = self.book(campaign_id)
        flagged = set(book.excluded)
        result = super().change_numbers(campaign_id, numbers, rule)
        book.excluded |= flagged
        return result


class TakesTheStageFirst(MemoryStore):
    """What was put aside is gone, whether the rule agrees or not."""

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        staged, self._stages = self._stages, {}

        def with_stages(view: NumbersView) -> Changes[R]:
            changes = rule(view)
            self._stages = staged
            return changes

        return super().change_numbers(campaign_id, numbers, with_stages)


class AppendsOverAndOver(MemoryStore):
    """A stage is never used up."""

    def _staged(self, stage: str) -> Any:
        staged = super()._staged(stage)
        self._stages[stage] = staged
        return staged


class MatchesOutsideTheLock(Meets):
    """Who is on the list is looked up before, and not again."""

    def change_numbers(
        self, campaign_id: str, numbers: Sequence[PhoneNumber], rule: Callable[[NumbersView], Changes[R]]
    ) -> R:
        changes: Changes[R] = super().change_numbers(campaign_id, numbers, lambda view: Changes(rule(view)))
        self.meet()
        return super().change_numbers(campaign_id, numbers, lambda _: changes)


class TakesAnyPolicy(MemoryStore):
    def keep_policy(self, name: str) -> str:
        return name


def altered_moves(changes: Changes[R], **fields: Any) -> Changes[R]:
    moves = [attrs.evolve(each, **fields) if isinstance(each, AppendStage) else each for each in changes.moves]
    return changes._replace(moves=moves)


class LastRefusalCounts(MemoryStore):
    """A carrier's rest ends when the latest refusal says so, even where an earlier one asked for longer."""

    def record(self, reports: Sequence[Report], rule: Callable[[ReportView], Changes[R]]) -> R:
        def shortened(view: ReportView) -> Changes[R]:
            changes = rule(view)
            return changes._replace(back_off=changes.back_off[-1:])

        return super().record(reports, shortened)


class OneCarrierForAll(MemoryStore):
    """Workspaces are not kept apart."""

    def put_carriers(self, workspace: str, carriers: Sequence[Carrier]) -> None:
        for each in {"default", "other", workspace}:
            super().put_carriers(each, carriers)


class SearchesByLetter(MemoryStore):
    """`Ö` is not found by `ö`."""

    def overview(
        self, workspace: str, only: CampaignFilter = EVERY_CAMPAIGN, *, after: Place | None = None, limit: int = 50
    ) -> Sequence[Overview]:
        found = super().overview(workspace, CampaignFilter("", only.status), after=after, limit=10_000)
        return [each for each in found if only.search.strip() in each.campaign.name + each.campaign.id][:limit]


class PagesBehindATime(MemoryStore):
    """A page begins behind the moment in which the last campaign was created, whoever else was created then."""

    def overview(
        self, workspace: str, only: CampaignFilter = EVERY_CAMPAIGN, *, after: Place | None = None, limit: int = 50
    ) -> Sequence[Overview]:
        return super().overview(workspace, only, after=after and (after[0], "~"), limit=limit)


class ShowsTheFirstRun(MemoryStore):
    def overview(
        self, workspace: str, only: CampaignFilter = EVERY_CAMPAIGN, *, after: Place | None = None, limit: int = 50
    ) -> Sequence[Overview]:
        found = super().overview(workspace, only, after=after, limit=limit)
        return [Overview(each.campaign, self.counters(each.campaign.id, 1)) for each in found]


class FiltersThePage(MemoryStore):
    """The page is cut off first, and filtered then."""

    def contacts(
        self, campaign_id: str, after: int = -1, limit: int = 1000, only: ContactFilter = EVERYBODY
    ) -> Sequence[Contact]:
        reached = only.reached(self.attempts(campaign_id, -1, 10_000), self.campaign(campaign_id).run_number)
        return [each for each in super().contacts(campaign_id, after, limit) if only.takes(each, reached)]


class ForgetsEarlierRuns(MemoryStore):
    def attempts_of(self, campaign_id: str, contacts: Sequence[int]) -> Sequence[Attempt]:
        run = self.campaign(campaign_id).run_number
        return [each for each in super().attempts_of(campaign_id, contacts) if each.run == run]


class CountsReservations(MemoryStore):
    def number_use(self, campaign_id: str, run: int | None = None) -> Mapping[PhoneNumber, int]:
        run = self.campaign(campaign_id).run_number if run is None else run
        return Counter(each.from_number for each in self.attempts(campaign_id, -1, 10_000) if each.run == run)

    def dialled_since(self, campaign_id: str, since: Instant) -> int:
        return sum(each.reserved_at >= since for each in self.attempts(campaign_id, -1, 10_000))


class NobodyEverWaits(MemoryStore):
    def next_due(self, campaign_id: str) -> Instant | None:
        return 0 if super().next_due(campaign_id) is not None else None


class SaysItLasts(MemoryStore):
    can = StoreCapabilities(durable=True, shared=False, inline=True, joins=False)


FOUND_OUT = {
    ForgetsLiveCalls: ("test_a_reservation_takes_its_seat", "test_workers_together_never_exceed_a_limit"),
    ForgetsTheRotation: ("test_the_rotation_goes_on_where_it_was",),
    OffersInListOrder: ("test_candidates_come_in_order",),
    SharesNumbers: ("test_two_campaigns_never_call_one_number_at_once",),
    NeverShort: (
        "test_a_carriers_rate_holds_for_all_its_campaigns",
        "test_new_limits_keep_the_bucket_and_the_live_calls",
        "test_workers_together_never_exceed_a_limit",
    ),
    ForgetsVariables: ("test_a_campaign_is_kept_as_it_was_created", "test_a_new_list_replaces_the_old_one"),
    NumbersAsIntegers: ("test_leading_zeros_and_long_numbers_are_kept",),
    IgnoresKeys: ("test_the_same_key_creates_one_campaign", "test_the_same_key_at_once_creates_one_campaign"),
    WritesBeforeItAsks: ("test_a_lifecycle_rule_that_raises_changes_nothing",),
    DecidesOutsideTheLock: (
        "test_workers_together_never_exceed_a_limit",
        "test_workers_together_never_call_anybody_twice",
    ),
    StopsTwice: ("test_of_two_operators_one_wins",),
    LosesTheLastPage: ("test_pages_make_up_the_whole", "test_the_log_only_grows"),
    CountsByCampaign: ("test_each_stream_counts_without_a_gap",),
    CountsRefusedCalls: ("test_counts_rows_and_log_agree_in_the_end",),
    OldestFirst: ("test_campaigns_come_newest_first",),
    OverdueByName: ("test_overdue_attempts_come_longest_overdue_first",),
    UnsentOfEveryEpoch: ("test_unsent_reservations_are_told",),
    GuessesTheCall: ("test_a_reference_of_two_calls_names_neither",),
    ForgetsExclusions: ("test_an_exclusion_outlasts_runs_and_lists",),
    AppendsInFront: ("test_an_append_goes_behind_the_end_of_the_list",),
    BringsDuplicates: (
        "test_an_append_goes_behind_the_end_of_the_list",
        "test_a_long_append_with_many_left_out",
        "test_numbers_that_were_excluded_before_they_were_on_the_list",
    ),
    KeepsOldVariables: (
        "test_a_move_says_who_of_a_stage_is_left_out",
        "test_a_re_added_contact_begins_anew",
    ),
    NeverForgives: (
        "test_a_re_added_contact_begins_anew",
        "test_whoever_is_called_while_re_added_is_only_not_excluded_any_more",
        "test_a_number_can_be_excluded_and_re_added_again_and_again",
    ),
    TakesTheStageFirst: ("test_an_append_whose_rule_raises_changes_nothing",),
    AppendsOverAndOver: ("test_a_stage_is_appended_once",),
    MatchesOutsideTheLock: ("test_the_same_list_appended_at_once_is_on_it_once",),
    TakesAnyPolicy: ("test_the_first_number_policy_is_remembered", "test_workers_together_remember_one_number_policy"),
    LastRefusalCounts: ("test_a_refusal_rests_the_carrier",),
    OneCarrierForAll: ("test_workspaces_have_carriers_of_their_own",),
    SearchesByLetter: (
        "test_campaigns_are_found_by_part_of_name_or_id",
        "test_a_new_name_is_found_and_the_old_one_is_not",
    ),
    PagesBehindATime: ("test_pages_of_the_list_make_up_the_whole",),
    ShowsTheFirstRun: ("test_an_overview_has_the_kept_counts",),
    FiltersThePage: ("test_contacts_are_found_by_what_became_of_them",),
    ForgetsEarlierRuns: ("test_attempts_are_found_by_contact",),
    CountsReservations: ("test_calls_are_counted_by_number", "test_calls_of_late_are_counted"),
    NobodyEverWaits: ("test_the_next_contact_is_told",),
    SaysItLasts: ("test_it_says_what_it_can_do",),
}  # fmt: skip


def outcome(contract: StoreContract, duty: str) -> str:
    """Run one test of a contract by hand: passed, failed, or why it was left out."""
    test = getattr(contract, duty)
    wanted = inspect.signature(test).parameters
    try:
        test(**({"bench": contract.new_bench()} if wanted else {}))
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - however it failed
        return "failed"
    except BaseException as error:  # noqa: BLE001 - what pytest raises to leave a test out
        return str(error)
    return "passed"


@pytest.mark.parametrize(
    ("store", "duty"),
    [(store, duty) for store, duties in FOUND_OUT.items() for duty in duties],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_a_store_with_a_fault_is_found_out(store: type[MemoryStore], duty: str) -> None:
    class Contract(TestMemoryStore):
        def new_store(self, clock: Clock) -> Store:
            return store(clock)

    assert outcome(Contract(), duty) == "failed"
    # It is the fault that was found: without it the test passes.
    assert outcome(TestMemoryStore(), duty) == "passed"


def test_a_store_that_only_says_it_lasts_is_found_out() -> None:
    class Contract(TestAStoreThatLasts):
        def reopen(self, store: Store) -> Store:
            return Lasting(store.clock)

    assert outcome(Contract(), "test_what_was_committed_outlasts_the_process") == "failed"
    assert outcome(Contract(), "test_what_one_worker_commits_all_see") == "failed"


def test_what_a_store_cannot_do_is_left_out_with_the_reason() -> None:
    class Contract(StoreContract):
        def new_store(self, clock: Clock) -> Store:
            return MemoryStore(clock)

    assert outcome(Contract(), "test_what_was_committed_outlasts_the_process") == "the store is not durable"
    assert outcome(Contract(), "test_what_one_worker_commits_all_see") == "the store is not shared"


def test_a_contract_without_a_store_says_what_it_needs() -> None:
    with pytest.raises(NotImplementedError, match=r"StoreContract needs new_store\(self, clock\)"):
        StoreContract().new_bench()
    with pytest.raises(NotImplementedError, match=r"needs reopen\(self, store\), since its store is durable"):
        StoreContract().reopen(MemoryStore())


def test_every_duty_says_what_the_store_must_do() -> None:
    duties = [each for name, each in inspect.getmembers(StoreContract) if name.startswith("test_")]
    assert len(duties) > 40
    assert all((each.__doc__ or "").strip() for each in duties)
