"""The contract of a dialler: the one in memory keeps it, and diallers with a fault are found out."""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import anyio
import attrs
import pytest
import trio.testing

from ori_campaigns import (
    Accepted,
    Answered,
    CallModel,
    CallNotFound,
    CallRef,
    CarrierFaults,
    Dialler,
    DialRequest,
    Ended,
    InMemoryDialler,
    NeverPlaced,
    answered,
    unanswered,
)
from ori_campaigns.clocks import LoopClock
from ori_campaigns.instants import Instant
from ori_campaigns.ports import DiallerCapabilities
from ori_campaigns.reports import LookUp, PlaceAnswer, Report
from ori_campaigns.testing import DiallerContract, DiallerFaults, FaultyDialler
from ori_campaigns.testing.world import MONDAY


class InMemory(DiallerContract):
    """The contract for the dialler in memory, in virtual time."""

    backend = "trio"
    answering = "919800000001"
    silent = "919800000002"

    def backend_options(self) -> Mapping[str, Any]:
        return {"clock": trio.testing.MockClock(autojump_threshold=0)}

    def new_dialler(self) -> Dialler:
        self.clock = LoopClock(MONDAY)
        # Faults without effect: the model lets them be changed later.
        self.model = CallModel(faults=CarrierFaults(late_seconds=0))
        self.model.script(self.answering, [answered(seconds=42)])
        self.model.script(self.silent, [unanswered()])
        return self.wrapped(InMemoryDialler(self.model, self.clock))

    def wrapped(self, dialler: InMemoryDialler) -> Dialler:
        return dialler

    def now(self) -> Instant:
        return self.clock.now()

    def refuse(self, dialler: Dialler) -> str:
        self.model.faults = CarrierFaults(reject=1.0)
        return self.answering

    def trouble(self, dialler: Dialler) -> bool:
        self.model.faults = CarrierFaults(accept_then_timeout=1.0)
        return True

    def placed(self, dialler: Dialler, attempt_id: str) -> int | None:
        assert self.model.ledger is not None
        return sum(call.placed for call in self.model.ledger.calls if call.attempt_id == attempt_id)


class TestInMemoryDialler(InMemory):
    # It does not fold requests of one id into one call, and says so.
    test_the_same_id_is_not_dialled_twice = None  # type: ignore[assignment]


class TestInMemoryDiallerOnAsyncio(InMemory):
    """In real time, with calls that take none."""

    backend = "asyncio"
    prompt = 60.0
    quiet = 0.01
    test_the_same_id_is_not_dialled_twice = None  # type: ignore[assignment]

    def backend_options(self) -> Mapping[str, Any]:
        return {}

    def new_dialler(self) -> Dialler:
        dialler = super().new_dialler()
        self.model.script(self.answering, [answered(ring=0.01, seconds=0.05)])
        self.model.script(self.silent, [unanswered(ring=0.05)])
        return dialler


class TestAFaultyDiallerWithoutFaults(TestInMemoryDialler):
    def wrapped(self, dialler: InMemoryDialler) -> Dialler:
        return FaultyDialler(dialler, DiallerFaults(), clock=self.clock)


# --- diallers with a fault --------------------------------------------------------------------------------------------


class Wrapped:
    """Another dialler, with one thing changed by each class below."""

    def __init__(self, dialler: InMemoryDialler) -> None:
        self.dialler = dialler

    @property
    def capabilities(self) -> DiallerCapabilities:
        return self.dialler.capabilities

    async def open(self) -> None:
        await self.dialler.open()

    async def place(self, call: DialRequest) -> PlaceAnswer:
        return await self.dialler.place(call)

    async def hangup(self, ref: CallRef, why: str) -> None:
        await self.dialler.hangup(ref, why)

    async def look_up(self, ref: CallRef) -> LookUp:
        return await self.dialler.look_up(ref)

    async def events(self) -> AsyncGenerator[Report, None]:
        async for report in self.dialler.events():
            yield report

    async def close(self) -> None:
        await self.dialler.close()


class AnswersOnceSomebodyPicksUp(Wrapped):
    async def place(self, call: DialRequest) -> PlaceAnswer:
        answer = await self.dialler.place(call)
        await anyio.sleep(30)
        return answer


class TriesAgain(Wrapped):
    async def place(self, call: DialRequest) -> PlaceAnswer:
        await self.dialler.place(call)
        return await self.dialler.place(call)


class AlwaysAccepts(Wrapped):
    async def place(self, call: DialRequest) -> PlaceAnswer:
        return Accepted(call.attempt_id, (await self.dialler.place(call)).at)


class RaisesWhateverItGets(Wrapped):
    async def place(self, call: DialRequest) -> PlaceAnswer:
        answer = await self.dialler.place(call)
        if not isinstance(answer, Accepted):
            raise ConnectionError(answer)
        return answer


class HasItsOwnIds(Wrapped):
    async def events(self) -> AsyncGenerator[Report, None]:
        async for report in self.dialler.events():
            yield report._replace(attempt_id="CA-1")


class TellsSeconds(Wrapped):
    async def events(self) -> AsyncGenerator[Report, None]:
        async for report in self.dialler.events():
            yield report._replace(at=report.at // 1_000_000)


class EndsTwice(Wrapped):
    async def events(self) -> AsyncGenerator[Report, None]:
        async for report in self.dialler.events():
            yield report
            if isinstance(report, Ended):
                yield report


class TakesRingingForAnAnswer(Wrapped):
    async def events(self) -> AsyncGenerator[Report, None]:
        async for report in self.dialler.events():
            yield Answered(report.attempt_id, report.at) if type(report).__name__ == "Ringing" else report


class SpeaksItsOwnLanguage(Wrapped):
    async def events(self) -> AsyncGenerator[Report, None]:
        async for report in self.dialler.events():
            yield report._replace(disposition="USER_BUSY") if isinstance(report, Ended) else report


class HearsFromThenOn(Wrapped):
    """What came before somebody listened is lost."""

    async def events(self) -> AsyncGenerator[Report, None]:
        began = self.dialler._clock.now()
        async for report in self.dialler.events():
            if report.at >= began:
                yield report


class CannotHangUpTwice(Wrapped):
    async def hangup(self, ref: CallRef, why: str) -> None:
        if not isinstance(await self.dialler.look_up(ref), Ended):
            await self.dialler.hangup(ref, why)
        else:
            raise KeyError(ref.attempt_id)


class DoesNotHangUp(Wrapped):
    async def hangup(self, ref: CallRef, why: str) -> None:
        pass


class TakesForgottenForNeverPlaced(Wrapped):
    async def look_up(self, ref: CallRef) -> LookUp:
        found = await self.dialler.look_up(ref)
        return NeverPlaced(ref.attempt_id, found.at) if isinstance(found, Ended) else found


class FindsNothing(Wrapped):
    async def look_up(self, ref: CallRef) -> LookUp:
        return CallNotFound(ref.attempt_id, (await self.dialler.look_up(ref)).at)


class CutsItsCalls(Wrapped):
    async def close(self) -> None:
        assert self.dialler.model.ledger is not None
        for call in self.dialler.model.ledger.calls:
            await self.dialler.hangup(CallRef(call.attempt_id, call.carrier), "closing")
        await self.dialler.close()


class OpensOnce(Wrapped):
    opened = 0

    async def open(self) -> None:
        self.opened += 1
        if self.opened == 1:
            await self.dialler.open()


class SaysItFolds(Wrapped):
    @property
    def capabilities(self) -> DiallerCapabilities:
        return attrs.evolve(self.dialler.capabilities, deduplicates="live")


def faulty(**faults: float) -> Callable[[InMemoryDialler], Dialler]:
    return lambda dialler: FaultyDialler(dialler, DiallerFaults(**faults), clock=LoopClock(MONDAY))


FOUND_OUT: dict[str, tuple[Callable[[InMemoryDialler], Any], str]] = {
    "answers once somebody picks up": (AnswersOnceSomebodyPicksUp, "test_place_does_not_wait_for_the_person"),
    "tries again": (TriesAgain, "test_place_sends_a_call_once"),
    "accepts what was refused": (AlwaysAccepts, "test_a_refusal_is_told_as_one"),
    "accepts what nobody knows": (AlwaysAccepts, "test_trouble_is_told_and_never_hidden"),
    "raises whatever it gets": (RaisesWhateverItGets, "test_trouble_is_told_and_never_hidden"),
    "has its own ids": (HasItsOwnIds, "test_every_event_names_its_call_and_its_time"),
    "tells seconds": (TellsSeconds, "test_every_event_names_its_call_and_its_time"),
    "ends twice": (EndsTwice, "test_an_accepted_call_is_told_to_its_end"),
    "takes ringing for an answer": (TakesRingingForAnAnswer, "test_an_unanswered_call_is_told_as_such"),
    "speaks its own language": (SpeaksItsOwnLanguage, "test_an_unanswered_call_is_told_as_such"),
    "hears from then on": (HearsFromThenOn, "test_what_happens_before_anybody_listens_is_heard"),
    "cannot hang up twice": (CannotHangUpTwice, "test_hanging_up_what_is_gone_is_fine"),
    "does not cancel": (DoesNotHangUp, "test_a_ringing_call_can_be_cancelled"),
    "does not hang up": (DoesNotHangUp, "test_a_live_call_can_be_ended"),
    "takes forgotten for never placed": (
        TakesForgottenForNeverPlaced,
        "test_a_call_that_is_over_is_found_so_or_forgotten",
    ),
    "finds nothing": (FindsNothing, "test_a_live_call_is_found_alive"),
    "cuts its calls": (CutsItsCalls, "test_closing_leaves_calls_alone"),
    "opens once": (OpensOnce, "test_it_can_be_opened_again"),
    "says it folds": (SaysItFolds, "test_the_same_id_is_not_dialled_twice"),
    "loses the end": (faulty(no_end_event=1.0), "test_an_accepted_call_is_told_to_its_end"),
    "tells all twice": (faulty(duplicate=1.0), "test_several_calls_at_once_are_told_apart"),
    "its events die": (faulty(dies=1.0), "test_an_accepted_call_is_told_to_its_end"),
    "times out": (faulty(accept_then_timeout=1.0), "test_a_live_call_can_be_ended"),
}


def outcome(contract: DiallerContract, duty: str) -> str:
    """Run one test of a contract by hand: passed, failed, or why it was left out."""
    try:
        getattr(contract, duty)()
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - however it failed
        return "failed"
    except BaseException as error:  # noqa: BLE001 - what pytest raises to leave a test out
        return str(error)
    return "passed"


@pytest.mark.parametrize(("change", "duty"), FOUND_OUT.values(), ids=FOUND_OUT)
def test_a_dialler_with_a_fault_is_found_out(change: Callable[[InMemoryDialler], Dialler], duty: str) -> None:
    class Contract(InMemory):
        patience = 600.0

        def wrapped(self, dialler: InMemoryDialler) -> Dialler:
            return change(dialler)

    assert outcome(Contract(), duty) == "failed"
    # It is the fault that was found: without it the test passes, or has nothing to say.
    assert outcome(InMemory(), duty) in {"passed", "the carrier's capability `deduplicates` is 'none'"}


def test_what_is_not_given_is_left_out_with_the_reason() -> None:
    class Nothing(InMemory):
        answering = silent = ""

        def new_dialler(self) -> Dialler:
            return InMemoryDialler(CallModel(), LoopClock(MONDAY))

        def refuse(self, dialler: Dialler) -> str:
            return DiallerContract.refuse(self, dialler)

    duties = [name for name in dir(DiallerContract) if name.startswith("test_")]
    reasons = {outcome(Nothing(), duty) for duty in duties}
    assert reasons == {
        "no `answering` number is given",
        "no `silent` number is given",
        "no `refused` number is given",
        "passed",
    }

    class Unseen(InMemory):
        trouble = DiallerContract.trouble
        placed = DiallerContract.placed

    assert outcome(Unseen(), "test_trouble_is_told_and_never_hidden") == "no `trouble` is arranged"
    assert outcome(Unseen(), "test_place_sends_a_call_once").startswith("the carrier's side cannot be seen")


def test_what_the_carrier_cannot_do_is_left_out_by_its_name() -> None:
    class Poor(InMemory):
        def wrapped(self, dialler: InMemoryDialler) -> Dialler:
            poor = Wrapped(dialler)
            poor.dialler.capabilities = DiallerCapabilities(ringing_events=False, cancel_ringing=False, look_up=False)
            return poor

    left_out = {
        "test_ringing_is_told": "the carrier's capability `ringing_events` is False",
        "test_a_ringing_call_can_be_cancelled": "the carrier's capability `cancel_ringing` is False",
        "test_a_live_call_is_found_alive": "the carrier's capability `look_up` is False",
        "test_the_same_id_is_not_dialled_twice": "the carrier's capability `deduplicates` is 'none'",
    }
    assert {duty: outcome(Poor(), duty) for duty in left_out} == left_out


def test_a_contract_without_a_dialler_says_what_it_needs() -> None:
    with pytest.raises(NotImplementedError, match=r"DiallerContract needs new_dialler\(self\)"):
        DiallerContract().test_a_call_that_never_was_is_not_found()


def test_every_duty_says_what_the_dialler_must_do() -> None:
    duties = [each for name, each in inspect.getmembers(DiallerContract) if name.startswith("test_")]
    assert len(duties) >= 18
    assert all((each.__doc__ or "").strip() for each in duties)
