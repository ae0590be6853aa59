"""Lists that grow, on every store: the same story with the same seed, and the same contacts however a list is cut."""

from __future__ import annotations

from random import Random

import pytest

from ori_campaigns.auditing import audit
from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.ingest import Leads
from ori_campaigns.testing.bench import Bench, number
from stores.engines import MemoryPlace, Place

PEOPLE = 40
STORIES = (1, 2, 3)
MANY_STORIES = range(100, 160)
STRIDE = 10


class Story:
    """An eventful week of one always-on campaign and its copies, by a seed."""

    def __init__(self, seed: int, place: Place) -> None:
        self.draw = Random(seed)
        self.bench = Bench(store=place.new, seed=seed)
        self.id = self.bench.running(self.some(), always_on=True, callback_detection=True, concurrency_limit=6).id
        self.results: list[str] = []

    def some(self) -> list[dict[str, str]]:
        """Some people, each with words of their own; now and then hardly anybody, now and then nearly everybody."""
        chosen = self.draw.sample(range(PEOPLE), self.draw.choice([1, 3, 10, 30]))
        words = str(self.draw.randrange(1_000))
        return [{"phone_number": number(each), **({"words": words} if each % 3 else {})} for each in chosen]

    def append(self) -> None:
        done = self.bench.service.append(self.id, Leads.of(self.some()), by="asha")
        self.results += [each.value for each in done.results]

    def exclude(self) -> None:
        chosen = [each["phone_number"] for each in self.some()]
        done = self.bench.service.exclude(self.id, chosen, by="meera", wait=False)
        self.results += [each.value for each in done.results.values()]

    def call(self) -> None:
        bench = self.bench
        for dial in bench.dials():
            fate = self.draw.random()
            if fate < 0.3:
                bench.no_answer(dial)
            elif fate < 0.5:
                bench.booked(dial, minutes=self.draw.choice([5, 30, 90]))
            elif fate < 0.8:
                bench.talked(dial)
        bench.clock.advance(minutes=self.draw.choice([0, 1, 40]))
        bench.service.recover()

    def change_the_rules(self) -> None:
        service = self.bench.service
        service.pause(self.id, by="meera", wait=False)
        campaign = service.get(self.id)
        draft = self.bench.draft_of(campaign, sticky_exclusion=self.draw.random() < 0.5)
        service.edit(self.id, draft, by="meera", version=campaign.version)
        if self.draw.random() < 0.5:
            self.append()
        service.resume(self.id, by="meera")

    def begin_again(self) -> None:
        """Stop it, let its calls drain, and go on in a new run, or in the old one after all."""
        bench, service = self.bench, self.bench.service
        service.stop(self.id, by="meera", wait=False)
        service.clone(self.id, by="meera")
        bench.clock.advance(hours=1)
        for _ in range(9):
            service.recover()
            bench.clock.advance(minutes=20)
        if service.counters(self.id).live:
            return
        service.restart(self.id, by="meera")
        if self.draw.random() < 0.3:
            service.cancel_restart(self.id, by="meera")
            service.restart(self.id, by="meera")
        service.start(self.id, by="meera")

    def live(self, deeds: int) -> None:
        for _ in range(deeds):
            if self.bench.service.get(self.id).status is not CampaignStatus.RUNNING:
                return
            often = [self.append] * 4 + [self.exclude] * 2 + [self.call] * 5 + [self.change_the_rules]
            deed = self.draw.choice([*often, self.begin_again])
            deed()
            found = audit(self.bench.store)
            assert (found.findings, found.busy) == ((), ()), deed


@pytest.fixture
def in_memory() -> Place:
    return MemoryPlace()


def check_same(seed: int, place: Place, in_memory: Place) -> None:
    stories = [Story(seed, each) for each in (place, in_memory)]
    for story in stories:
        story.live(25)
    mine, theirs = stories
    assert mine.results == theirs.results
    assert mine.bench.told() == theirs.bench.told()


def test_the_stories_have_all_there_is_to_tell(in_memory: Place) -> None:
    stories = [Story(seed, in_memory) for seed in STORIES]
    for story in stories:
        story.live(25)
    results = {result for story in stories for result in story.results}
    assert results >= {"added", "duplicate", "re_added", "suppressed", "excluded", "will_exclude", "already_excluded"}
    assert max(story.bench.service.get(story.id).run_number for story in stories) >= 2
    kinds = {attempt.kind.value for story in stories for attempt in story.bench.attempts(story.id)}
    assert kinds == {"fresh", "retry", "callback"}


@pytest.mark.behaviour("C10", "X4")
@pytest.mark.parametrize("seed", STORIES)
def test_a_story_is_the_same_on_every_store(seed: int, durable_place: Place, in_memory: Place) -> None:
    check_same(seed, durable_place, in_memory)


@pytest.mark.slow
@pytest.mark.parametrize("first", MANY_STORIES[::STRIDE])
def test_many_stories_are_the_same_on_every_store(first: int, durable_place: Place, in_memory: Place) -> None:
    for seed in range(first, first + STRIDE):
        check_same(seed, durable_place, in_memory)


@pytest.mark.behaviour("C10")
@pytest.mark.parametrize("cuts", [(1,), (19,), (7, 7), (3, 9, 12)])
def test_a_list_in_parts_is_the_list_at_once(place: Place, cuts: tuple[int, ...]) -> None:
    """With repeats within a part and between the parts, and with people of whom nothing else is known."""
    draw = Random(sum(cuts))
    rows = [{"phone_number": number(draw.randrange(15)), **({"place": str(at)} if at % 4 else {})} for at in range(20)]
    whole = Bench(store=place.new)
    whole.start(Leads.of(rows), always_on=True, mode="multi_day")
    parts = Bench(store=place.new)
    campaign = parts.start(Leads.of(rows[: cuts[0]]), always_on=True, mode="multi_day")
    for first, last in zip(cuts, (*cuts[1:], len(rows)), strict=True):
        if first < last:
            parts.service.append(campaign.id, Leads.of(rows[first:last]), by="asha")
    assert list(parts.contacts()) == list(whole.contacts())
    assert parts.store.counters(campaign.id) == whole.store.counters(campaign.id)
    assert [dial.to for dial in parts.dials()] == [dial.to for dial in whole.dials()]
    assert audit(parts.store).findings == ()
