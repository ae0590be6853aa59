"""The only part that knows the engine: it runs a scenario and writes down what happened as plain values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any

import attrs

import ori_campaigns as ori
from oracle.facts import (
    DAY,
    MINUTE,
    SECOND,
    AttemptRow,
    Call,
    ContactRow,
    Deed,
    Entry,
    History,
    Settings,
    Trunk,
)
from oracle.scenarios import LOSSY, Act, Plan, Scenario, bound, scenario
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.diallers.faults import NO_FAULTS
from ori_campaigns.diallers.ledger import Ledger
from ori_campaigns.ids import counted_ids
from ori_campaigns.reports import Report
from ori_campaigns.simulation import drive

BY = "operator"
_PAGE = 10_000
# So many looks without time moving on means that it never will.
_STUCK = 40


class Stuck(AssertionError):
    """The engine asks to be called again and again, and virtual time stands still."""


class Phones:
    """A directory whose carriers can change while campaigns run."""

    def __init__(self, trunks: Sequence[Trunk]) -> None:
        self.trunks = {trunk.id: trunk for trunk in trunks}

    def bots(self, workspace: str) -> Sequence[ori.Bot]:
        return (ori.Bot("calls-back", callbacks=True), ori.Bot("plain"))

    def carriers(self, workspace: str) -> Sequence[ori.Carrier]:
        return [
            ori.Carrier(trunk.id, trunk.numbers, cps=trunk.cps, burst=trunk.burst, channels=trunk.channels)
            for trunk in self.trunks.values()
        ]

    def numbers(self) -> set[str]:
        return {number for trunk in self.trunks.values() for number in trunk.numbers}


class People(ori.CallModel):
    """The call model, with people who ask to be called back in some of the analyses."""

    def __init__(self, told: Scenario, answers: ori.AnswerModel, history: History) -> None:
        super().__init__(answers, seed=told.seed, faults=ori.CarrierFaults(**told.faults))  # type: ignore[arg-type]
        self._asks: float = told.population["asks"]
        self._history = history

    def due(self, now: int) -> list[Report]:
        return [self._with_wish(each, now) for each in super().due(now)]

    def _with_wish(self, report: Report, now: int) -> Report:
        if not isinstance(report, ori.CallAnalysis):
            return report
        chance = Random(f"{self.seed} {report.attempt_id}")
        if chance.random() >= self._asks:
            return report
        at = now + chance.choice((chance.randint(-5, 60) * MINUTE, chance.randint(1, 30) * 60 * MINUTE))
        self._history.asked[report.attempt_id] = at
        return report._replace(callback=ori.CallbackRequest(at, "later, please"))


class Batch:
    """Contacts to load."""

    policy = "digits"

    def __init__(self, numbers: Sequence[str]) -> None:
        self.numbers = numbers

    def variables(self, index: int) -> Mapping[str, str]:
        return {}


def _answers(told: Mapping[str, Any]) -> ori.AnswerModel:
    low, high = told["analysis_after"]
    return ori.AnswerModel(
        rate=told["rate"],
        talk=ori.Exponential(told["talk"], least=1),
        gives_up=ori.Between(5, 95),
        unanswered=ori.Mix({"no_answer": 70, "busy": 10, "rejected": 10, "bad_number": 4, "unreachable": 6}),
        answered=ori.Mix(
            {
                "customer": 50,
                "bot": 20,
                "RNR": 8,
                "voicemail": 6,
                "machine": 5,
                "abandoned": 4,
                "transfer": 4,
                "outside_hours": 3,
            }
        ),
        business=ori.Mix({"": 30, "call_later": 20, " Interested": 20, "sold": 30}) if told["analysed"] else None,
        analysis_after=ori.Between(low, high),
    )


def _config(settings: Settings) -> ori.DiallerConfig:
    return ori.DiallerConfig(
        concurrency_limit=settings.concurrency,
        mode=ori.SINGLE_DAY if settings.single_day else ori.MULTI_DAY,
        always_on=settings.always_on,
        window=ori.CallingWindow(settings.start, settings.end, settings.timezone, settings.days),
        retry=ori.RetryPolicy(
            max_attempts=settings.max_attempts,
            delay_minutes=settings.delay_minutes,
            on_system=settings.on_system,
            on_business=sorted(settings.on_business),
        ),
        redial=ori.RedialRules(settings.stop_after, settings.redial_under),
        callback_detection=settings.callbacks,
        callbacks_may_exceed_max_attempts=settings.callbacks_may_exceed,
        sticky_exclusion=settings.sticky,
        analysis_wait_seconds=settings.analysis_wait,
    )


class World:
    """One scenario on its way."""

    def __init__(self, told: Scenario) -> None:
        self.told = told
        self.history = History(calm_at=told.calm_at, lossy=bool(LOSSY & set(told.faults)))
        self.clock = VirtualClock(told.begins_at)
        self.phones = Phones(told.trunks)
        # A number that was withdrawn knows where it came from.
        self._home = {number: trunk.id for trunk in told.trunks for number in trunk.numbers}
        self.limits = ori.CallLimits(talk=told.talk_limit)
        self.store = ori.MemoryStore(self.clock)
        self.service = ori.CampaignService(self.store, self.phones, limits=self.limits, new_id=counted_ids("c"))
        self.people = People(told, _answers(told.population), self.history)
        self.settings: dict[str, Settings] = {}
        self.ids: list[str] = []
        self._looks = (0, 0)

    # --- operators ---
    def _do(
        self,
        campaign: str,
        action: str,
        what: Callable[[], object],
        *,
        settings: Settings | None = None,
        numbers: Sequence[str] = (),
        syncs: bool = False,
    ) -> bool:
        """Do something as an operator would, and write it down; what is refused is written down as such."""
        book = self._book()
        began_at, began = self.clock.now(), len(book.calls)
        refused = False
        try:
            what()
        except ori.CampaignsError:
            refused = True
        self.history.deeds.append(
            Deed(
                campaign,
                action,
                began_at,
                self.clock.now(),
                began,
                len(book.calls),
                refused=refused,
                settings=settings,
                numbers=tuple(numbers),
                trunks=tuple(self.phones.trunks.values()) if syncs else (),
            )
        )
        if settings is not None and not refused:
            self.settings[campaign] = settings
        return not refused

    def _book(self) -> Ledger:
        book = self.people.ledger
        assert book is not None
        return book

    def create(self, plan: Plan) -> None:
        campaign = f"c{len(self.ids) + 1:08d}"
        draft = self._draft(campaign, plan.settings, "calls-back" if plan.calls_back else "plain")

        def make() -> None:
            created = self.service.create(draft, Batch(plan.contacts), by=BY)
            assert created.id == campaign

        assert self._do(campaign, "create", make, settings=plan.settings)
        self.ids.append(campaign)
        self.history.accepted[campaign] = plan.contacts
        self.history.calls_back[campaign] = plan.calls_back

    def _draft(self, campaign: str, settings: Settings, bot: str) -> ori.CampaignDraft:
        return ori.CampaignDraft(name=campaign, bot=bot, numbers=settings.numbers, config=_config(settings))

    def edit(self, campaign: str, settings: Settings) -> bool:
        current = self.service.get(campaign)
        draft = self._draft(campaign, settings, current.bot)
        return self._do(
            campaign,
            "edit",
            lambda: self.service.edit(campaign, draft, by=BY, version=current.version),
            settings=settings,
        )

    def act(self, act: Act) -> None:
        """Carry out what the scenario says."""
        if act.campaign < 0:
            self._change_carriers(act)
            return
        campaign, service = self.ids[act.campaign], self.service
        if act.what == "edit":
            self.edit(campaign, replace(self.settings[campaign], **act.change))
        elif act.what == "exclude":
            numbers = (*act.change["numbers"], *self._live_in(campaign)[: act.change["live"]])
            self._do(campaign, "exclude", lambda: service.exclude(campaign, numbers, by=BY), numbers=numbers)
        elif act.what == "fail":
            self._do(campaign, "fail", lambda: service.fail(campaign, "bot is gone", by=BY))
        else:
            what = getattr(service, act.what)
            self._do(campaign, act.what, lambda: what(campaign, by=BY), syncs=act.what in {"start", "resume"})

    def _live_in(self, campaign: str) -> list[str]:
        now = self.clock.now()
        calls = [call for call in self._book().placed() if call.campaign_id == campaign]
        return [call.number for call in calls if call.ended_at is None or call.ended_at > now]

    def _change_carriers(self, act: Act) -> None:
        trunks, change = self.phones.trunks, dict(act.change)
        if act.what == "limits":
            name = change.pop("id")
            trunks[name] = replace(trunks[name], **change)
        else:
            number = change["number"]
            trunk = trunks[self._home[number]]
            left = tuple(each for each in trunk.numbers if each != number)
            trunks[trunk.id] = replace(trunk, numbers=left if act.what == "withdraw" else (*left, number))
        self._do("", "refresh", self.service.refresh, syncs=True)

    def _calm(self) -> None:
        """From here on nothing goes wrong: no fault, and whatever is paused is resumed, or stopped if it cannot be."""
        self.people.faults = NO_FAULTS
        for campaign in self.ids:
            if self.service.get(campaign).status is not ori.CampaignStatus.PAUSED:
                continue
            usable = tuple(each for each in self.settings[campaign].numbers if each in self.phones.numbers())
            if usable:
                self.edit(campaign, replace(self.settings[campaign], numbers=usable))
            self.act(Act(self.clock.now(), self.ids.index(campaign), "resume" if usable else "stop"))

    # --- the run ---
    def run(self) -> History:
        """Play the scenario to its end, and return what happened."""
        told = self.told
        self._do("", "refresh", self.service.refresh, syncs=True)
        for plan in told.plans:
            self.create(plan)
        before = [act for act in told.acts if act.at < told.calm_at]
        after = [act for act in told.acts if act.at >= told.calm_at and act.what == "resume"]
        self._drive(told.calm_at, before)
        self.clock.set(max(told.calm_at, self.clock.now()))
        self._calm()
        everybody = sum(len(plan.contacts) for plan in told.plans)
        limits = self.limits
        longest = limits.send_budget + limits.longest_call + limits.look_up_every + 60
        for campaign in self.ids:
            self.history.settled_by[campaign] = told.calm_at + bound(self.settings[campaign], everybody, longest)
        until = max(self.history.settled_by.values()) + DAY
        self._drive(until, after)
        self.history.until = until
        self._write_down()
        return self.history

    def _drive(self, until: int, acts: Sequence[Act]) -> None:
        drive(
            self.service,
            self.people,
            self.clock,
            until=until,
            resolution=self.told.resolution,
            actions=[(act.at, lambda act=act: self.act(act)) for act in acts],  # type: ignore[misc]
            on_progress=self._watch,
        )

    def _watch(self, now: int) -> None:
        at, looks = self._looks
        self._looks = (now, looks + 1 if now == at else 0)
        if self._looks[1] > _STUCK:
            raise Stuck(f"seed {self.told.seed}: time stands still at {now / SECOND}")

    # --- the report ---
    def _write_down(self) -> None:
        history, store = self.history, self.store
        history.calls = [
            Call(
                index,
                call.attempt_id,
                call.campaign_id,
                call.carrier,
                call.number,
                call.from_number,
                call.kind,
                call.requested_at,
                call.not_after,
                call.placed,
                call.refused,
                call.rang_at,
                call.answered_at,
                call.ended_at,
                call.outcome,
                call.detail,
                call.cut,
            )
            for index, call in enumerate(self._book().calls)
        ]
        for campaign in self.ids:
            history.states[campaign] = store.campaign(campaign).status.value
            counted = store.counters(campaign).contacts
            history.buckets[campaign] = {status.value: count for status, count in counted.items()}
            history.attempts += [_attempt(each) for each in _all(store.attempts, campaign)]
            history.contacts[campaign] = [_contact(each) for each in _all(store.contacts, campaign)]
        after = -1
        while page := store.events(after, _PAGE):
            history.entries += [_entry(event) for event in page]
            after = page[-1].cursor


def _all(read: Callable[[str, int, int], Sequence[Any]], campaign: str) -> list[Any]:
    found: list[Any] = []
    while page := read(campaign, len(found) - 1, _PAGE):
        found += page
    return found


def _attempt(attempt: ori.Attempt) -> AttemptRow:
    return AttemptRow(
        attempt.id,
        attempt.campaign_id,
        attempt.contact,
        attempt.run,
        attempt.number_in_budget,
        attempt.status.value,
        attempt.disposition,
        attempt.detail,
        attempt.connected,
        attempt.talk,
        attempt.rule,
    )


def _contact(contact: ori.Contact) -> ContactRow:
    return ContactRow(
        contact.ordinal, contact.number.reveal(), contact.status.value, contact.attempts, contact.excluded
    )


def _plain(value: object) -> object:
    if isinstance(value, ori.PhoneNumber):
        return value.reveal()
    if isinstance(value, str):
        return str(value)  # an enum's member is the word it stands for
    if attrs.has(type(value)):
        return attrs.asdict(value)  # type: ignore[arg-type]
    return value


def _entry(event: ori.Event) -> Entry:
    fields = {name: _plain(value) for name, value in event.fact._asdict().items() if name != "contact"}
    return Entry(event.cursor, event.campaign_id, event.stream, type(event.fact).__name__, fields)


def play(seed: int) -> History:
    """Run the scenario of a seed."""
    return World(scenario(seed)).run()
