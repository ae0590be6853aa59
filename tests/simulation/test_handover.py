"""When a stretch may begin: only where nothing can come of a call but its answer and its end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import ori_campaigns as ori
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.diallers.faults import CarrierFaults
from ori_campaigns.diallers.model import CallModel
from ori_campaigns.instants import HOUR, SECOND
from ori_campaigns.outcomes import Policy
from ori_campaigns.reports import Accepted, Answered, BotReport, Lost, Ringing
from ori_campaigns.simulation.handover import Plain, hand_back, live_calls, plain_until, take_over
from ori_campaigns.simulation.live import Taken
from ori_campaigns.simulation.stretch import Stretch
from ori_campaigns.stores.memory import MemoryStore
from simulation.compared import NotPlain
from simulation.scenes import LINES, PEOPLE
from simulation.test_stretch import MONDAY, NINE

SPOKEN = ori.AnswerModel(rate=1.0, ring=ori.Fixed(5), talk=ori.Fixed(60), answered=ori.Mix({"customer": 1}))


class Desk:
    """A running campaign, its carrier and its clock, and the engine's verbs."""

    def __init__(self, model: CallModel | None = None, *, bot: ori.Bot | str = "b", **config: Any) -> None:
        self.clock = VirtualClock(MONDAY)
        self.store, self.policy = MemoryStore(self.clock), Policy()
        trunk = ori.Carrier("t", numbers=LINES, cps=5, burst=5, channels=60)
        self.service = ori.CampaignService(self.store, ori.StaticDirectory(bots=[bot], carriers=[trunk]))
        self.model = model or CallModel(SPOKEN, ringing=False, ledger=False)
        settings: dict[str, Any] = {
            "concurrency_limit": 4,
            "mode": ori.MULTI_DAY,
            "window": ori.CallingWindow("09:00", "18:00", "UTC"),
            "retry": ori.RetryPolicy(max_attempts=2, delay_minutes=5, on_system=["no_answer"]),
            **config,
        }
        self.draft = ori.CampaignDraft(name="Q2", bot="b", numbers=LINES, config=ori.DiallerConfig(**settings))
        self.id = self.begin()

    def begin(self, people: int = 20) -> str:
        campaign = self.service.create(self.draft, ori.Leads.of(list(PEOPLE[:people])), by="a").id
        self.service.start(campaign, by="a")
        return campaign

    def dial(self) -> list[str]:
        """Let the engine dial; return the calls the carrier has taken."""
        now = self.clock.now()
        answers = [self.model.place(dial, now)[0] for dial in self.service.step().dials]
        self.service.record(answers)
        return [answer.attempt_id for answer in answers]

    @property
    def plain(self) -> bool:
        return plain_until(self.store, self.model, self.policy, self.clock.now()) is not None

    @property
    def taken(self) -> Taken | None:
        return live_calls(self.store.book(self.id), self.model, self.clock.now())


def test_an_ordinary_campaign_is_plain_until_its_window_closes() -> None:
    desk = Desk()
    found = plain_until(desk.store, desk.model, desk.policy, NINE)
    assert found is not None
    assert found == (desk.store.book(desk.id), NINE + 9 * HOUR)


def test_a_single_day_is_plain_until_its_cutoff() -> None:
    day = Desk(mode=ori.SINGLE_DAY, window=ori.CallingWindow("09:00", "11:00", "UTC"))
    found = plain_until(day.store, day.model, day.policy, NINE)
    assert found is not None
    assert found[1] == NINE + 2 * HOUR


QUIET: dict[str, Any] = {"ringing": False, "ledger": False}
MODELS: dict[str, Callable[[], CallModel]] = {
    "tells of ringing": lambda: CallModel(SPOKEN, ringing=True, ledger=False),
    "keeps a ledger": lambda: CallModel(SPOKEN, ringing=False, ledger=True),
    "has a script": lambda: CallModel(SPOKEN, script={PEOPLE[3]: ["no_answer"]}, **QUIET),
    "has faults": lambda: CallModel(SPOKEN, faults=CarrierFaults(drop=0.1), **QUIET),
    "brings analyses": lambda: CallModel(ori.AnswerModel(business=ori.Mix({"later": 1})), **QUIET),
    "is of another class": lambda: NotPlain(SPOKEN, **QUIET),
}


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_model_with_more_to_tell_is_not_plain(model: Callable[[], CallModel]) -> None:
    assert not Desk(model()).plain


def test_a_model_that_has_cut_a_call_off_is_not_plain_any_more() -> None:
    desk = Desk()
    [first, *_] = desk.dial()
    assert desk.plain
    desk.model.hangup(ori.CallRef(first, "t"), NINE)
    assert not desk.plain


def test_a_second_campaign_a_pause_and_a_closed_window_are_not_plain() -> None:
    desk = Desk()
    other = desk.begin()
    assert not desk.plain
    desk.service.stop(other, by="a")
    assert desk.plain
    desk.service.pause(desk.id, by="a")
    assert not desk.plain
    desk.service.resume(desk.id, by="a")
    assert desk.plain
    desk.clock.advance(hours=9)
    assert not desk.plain


def test_a_campaign_that_waits_for_analyses_is_not_plain() -> None:
    assert not Desk(bot=ori.Bot("b", callbacks=True), callback_detection=True).plain
    assert not Desk(retry=ori.RetryPolicy(max_attempts=2, on_business=["later"])).plain
    assert Desk(bot=ori.Bot("b", callbacks=True)).plain


def test_live_calls_are_taken_over_and_handed_back_as_they_were() -> None:
    desk = Desk()
    desk.dial()
    desk.clock.advance(seconds=6)
    desk.service.record(desk.model.due(desk.clock.now()))
    book, coming = desk.store.book(desk.id), desk.model.coming()
    rows = {name: (each.status, each.answered_at, each.check_at) for name, each in book.exchange.open.items()}
    assert {status for status, _, _ in rows.values()} == {"answered"}
    assert all(check_at == NINE + (5 + 600 + 120) * SECOND for _, _, check_at in rows.values())
    busy, taken = set(book.exchange.busy), desk.taken
    assert taken is not None
    assert (list(book.exchange.open), book.exchange.busy, desk.model.coming()) == (list(rows), busy, coming)
    stretch = Stretch(book, desk.model, desk.policy, desk.clock.now(), taken)
    take_over(book, desk.model)
    assert (book.exchange.open, book.exchange.busy, desk.model.coming()) == ({}, set(), [])
    hand_back(stretch, taken, desk.model)
    back = {name: (each.status, each.answered_at, each.check_at) for name, each in book.exchange.open.items()}
    assert (back, book.exchange.busy, desk.model.coming()) == (rows, busy, coming)
    assert book.exchange.next_limit == min(check_at for _, _, check_at in rows.values())


FIVE = NINE + 5 * SECOND  # when they pick up

NOT_PLAIN: dict[str, Callable[[Desk, str], object]] = {
    "answered, by somebody else": lambda desk, call: desk.service.record([Answered(call, NINE)]),
    "ringing": lambda desk, call: desk.service.record([Ringing(call, NINE)]),
    "the bot speaks": lambda desk, call: desk.service.record([BotReport(call, NINE, began=True)]),
    "the carrier's name for it": lambda desk, call: desk.service.record([Accepted(call, NINE, "theirs")]),
    "lost": lambda desk, call: desk.service.record([Lost(call, NINE)]),
    "a second answer to come": lambda desk, call: desk.model.tell_later(Answered(call, NINE + 9), NINE + 9),
    "an answer with a name to come": lambda desk, call: tell_again(desk, call, Answered(call, FIVE, "ref")),
    "an answer at another time": lambda desk, call: tell_again(desk, call, Answered(call, NINE + 4 * SECOND)),
    "something of another call to come": lambda desk, _: desk.model.tell_later(Answered("x-1", NINE + 9), NINE + 9),
    "an end that nobody knows of": lambda desk, _: desk.model.replace([]),
    "reserved later than now": lambda desk, _: desk.clock.set(NINE - SECOND),
}


def tell_again(desk: Desk, call: str, instead: Answered) -> None:
    """Put another answer in the place of a call's own."""
    coming = desk.model.coming()
    desk.model.replace([(at, instead if what == Answered(call, at) else what) for at, what in coming])
    assert desk.model.coming() != coming


@pytest.mark.parametrize("said", NOT_PLAIN.values(), ids=NOT_PLAIN)
def test_calls_of_which_more_is_known_stay_with_the_engine(said: Callable[[Desk, str], object]) -> None:
    desk = Desk()
    [first, *_] = desk.dial()
    assert desk.taken is not None
    said(desk, first)
    assert desk.taken is None


def test_a_call_that_would_be_looked_up_before_it_ends_stays_with_the_engine() -> None:
    desk = Desk()
    [first, *_] = desk.dial()
    row = desk.store.book(desk.id).exchange.open[first]
    row.check_at = FIVE + 1
    assert desk.taken is not None
    row.check_at = FIVE
    assert desk.taken is None


def test_a_call_answered_by_another_word_than_the_model_s_stays_with_the_engine() -> None:
    silent = Desk(CallModel(ori.AnswerModel(rate=0.0, gives_up=ori.Fixed(25)), **QUIET))
    [first, *_] = silent.dial()
    silent.service.record([Answered(first, NINE)])
    assert silent.taken is None


def test_a_call_the_model_does_not_know_stays_with_the_engine() -> None:
    desk = Desk()
    desk.service.step()
    assert desk.taken is None


def test_a_call_that_is_over_as_it_is_answered_stays_with_the_engine() -> None:
    at_once = ori.AnswerModel(rate=1.0, ring=ori.Fixed(5), talk=ori.Fixed(0))
    desk = Desk(CallModel(at_once, **QUIET))
    desk.dial()
    assert desk.plain
    assert desk.taken is None


def test_calls_of_a_campaign_that_was_stopped_stay_with_the_engine() -> None:
    desk = Desk()
    desk.dial()
    desk.service.stop(desk.id, by="a", wait=False)
    desk.id = desk.begin()
    assert desk.plain
    assert desk.taken is None


def test_a_stretch_may_be_of_so_many_looks() -> None:
    desk = Desk()
    plain = Plain(desk.store, desk.model, desk.clock, desk.policy)
    assert plain.go_on(before=None, until=NINE + HOUR, resolution=SECOND, looks=3) == 3
    # Dialled at once, picked up after five seconds; and over a minute later, when others are dialled.
    assert desk.clock.now() == NINE + 65 * SECOND
    assert desk.service.counters(desk.id).live == 4
    assert plain.go_on(before=desk.clock.now(), until=NINE + HOUR, resolution=SECOND) == 0
    assert plain.go_on(before=None, until=NINE + HOUR, resolution=SECOND) > 3
    assert desk.service.counters(desk.id).live == 0
    desk.service.step()
    assert desk.service.get(desk.id).status == "completed"
    assert plain.go_on(before=None, until=NINE + HOUR, resolution=SECOND) == 0
