"""One number policy per store: one person is one number in all of it, whoever writes it down, and however."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import TypeVar

import attrs
import pytest

import ori_campaigns as ori
from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.ingest import Leads
from ori_campaigns.numbers import DIGITS, PhoneNumber, Rejection, parse_number, parse_numbers
from ori_campaigns.service import CampaignService
from ori_campaigns.simulation import simulate
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.testing.bench import Bench, number

R = TypeVar("R")


@attrs.frozen
class Indian:
    """Ten digits are a number at home; others say where they are at home."""

    name: str = "indian"

    def clean(self, text: str) -> str | Rejection:
        cleaned = DIGITS.clean(text)
        if isinstance(cleaned, Rejection):
            # Of some countries numbers are short.
            return "6834002" if text in {"+6834002", "+683 4002"} else cleaned
        digits = cleaned.removeprefix("0")
        if len(digits) == 10 and not text.startswith("+"):
            return f"91{digits}"
        return digits if len(digits) > 10 or text.startswith("+") else Rejection("no_such_number")


INDIAN = Indian()
PERSON = "919876543210"


class Counting(MemoryStore):
    """Counts how often it is asked for its policy."""

    asked = 0

    def keep_policy(self, name: str) -> str:
        self.asked += 1
        return super().keep_policy(name)


def desk(bench: Bench, policy: ori.NumberPolicy = INDIAN) -> CampaignService:
    return CampaignService(bench.store, bench.directory, policy=policy)


def leads(*written: str, policy: ori.NumberPolicy = INDIAN) -> Leads:
    return Leads.of(written, policy=policy)


def refused(what: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(InvalidDefinition) as caught:
        what()
    return caught.value.code, str(caught.value)


OTHER = "other_number_policy"
OF_UPLOAD = (
    "The upload is not valid: policy: It is of the number policy 'digits', the service is of 'indian'. "
    "Read it with policy=service.policy, or make the service with the policy of the list."
)
OF_SERVICE = (
    "The service is not valid: policy: It is of the number policy 'digits', its store is of 'indian'. "
    "Make it with the policy 'indian', or over another store."
)
UPLOAD, SERVICE = (OTHER, OF_UPLOAD), (OTHER, OF_SERVICE)


@pytest.mark.behaviour("C11")
def test_leads_of_another_policy_are_refused_and_leave_nothing() -> None:
    bench = Bench()
    service, other = desk(bench), leads("9876543210", policy=DIGITS)
    draft = bench.draft(always_on=True, mode="multi_day")
    assert refused(lambda: service.create(draft, other, by="asha")) == UPLOAD
    # A list that was refused decides nothing.
    assert bench.store.keep_policy("indian") == "indian"
    campaign = service.create(draft, by="asha")
    assert refused(lambda: service.edit(campaign.id, draft, other, by="asha", version=1)) == UPLOAD
    service.start(campaign.id, by="asha")
    assert refused(lambda: service.append(campaign.id, other, by="asha")) == UPLOAD
    assert bench.contacts(campaign) == []
    assert bench.store._stages == {}  # type: ignore[attr-defined]
    assert service.append(campaign.id, leads("98765 43210"), by="asha").added == 1


@pytest.mark.behaviour("C11")
def test_a_service_of_another_policy_than_its_stores_is_refused_wherever_it_would_use_numbers() -> None:
    bench = Bench()
    draft = bench.draft(always_on=True, mode="multi_day")
    campaign = desk(bench).create(draft, leads("9876543210"), by="asha")
    other, listed = desk(bench, DIGITS), leads("9876543210", policy=DIGITS)
    before = bench.told()
    calls: Iterable[Callable[[], object]] = (
        lambda: other.create(draft, listed, by="asha"),
        lambda: other.edit(campaign.id, draft, listed, by="asha", version=1),
        lambda: other.exclude(campaign.id, "9876543210", by="asha"),
    )
    for call in calls:
        assert refused(call) == SERVICE
    assert bench.told() == before
    # Whatever needs no number goes on.
    other.start(campaign.id, by="asha")
    assert refused(lambda: other.append(campaign.id, listed, by="asha")) == SERVICE
    assert [dial.to.reveal() for dial in other.step().dials] == [PERSON]
    other.pause(campaign.id, by="asha", wait=False)


@pytest.mark.behaviour("C11")
def test_the_store_is_asked_when_a_number_is_first_used_and_once() -> None:
    bench = Bench(store=Counting)
    service, store = desk(bench), bench.store
    assert isinstance(store, Counting)
    campaign = service.create(bench.draft(mode="multi_day", always_on=True), by="asha")
    service.start(campaign.id, by="asha")
    assert store.asked == 0
    for written in ("9876543210", "9876543211"):
        service.exclude(campaign.id, written, by="asha")
        service.append(campaign.id, leads(written), by="asha")
    assert store.asked == 1
    # Nobody else had used a number before.
    assert store._policy == "indian"


@pytest.mark.behaviour("C11", "X3")
def test_however_a_person_is_written_they_are_one_contact() -> None:
    bench = Bench()
    service = desk(bench)
    draft = bench.draft(always_on=True, mode="multi_day")
    campaign = service.create(draft, leads("9876543210", "09876543211", "+1 415 555 2671"), by="asha").id
    service.start(campaign, by="asha")
    assert service.append(campaign, leads("+91 98765-43210", "919876543211"), by="asha").duplicates == 2
    written = ["098765 43210", "98765 43210", "+919876543210"]
    done = service.exclude(campaign, written, by="asha", wait=False)
    assert {each.reveal(): result.value for each, result in done.results.items()} == {PERSON: "excluded"}
    # A number that was read once is not read again: an American one has no plus any more.
    american = bench.contacts(campaign)[2].number
    assert american.reveal() == "14155552671"
    assert service.exclude(campaign, [american], by="asha").results == {american: "excluded"}


@pytest.mark.behaviour("C11")
def test_a_number_that_was_read_is_taken_as_it_is() -> None:
    foreign, short = PhoneNumber("4155552671"), PhoneNumber("6834002")
    assert parse_number(foreign, policy=INDIAN) is foreign
    assert parse_number(short, policy=INDIAN) is short
    assert parse_number(PhoneNumber("098765-43210"), policy=INDIAN) == PhoneNumber(PERSON)
    assert parse_numbers(["9876543210", foreign, "+919876543210"], policy=INDIAN) == (PhoneNumber(PERSON), foreign)


@pytest.mark.behaviour("C11")
def test_what_is_no_number_under_the_policy_is_refused_and_masked() -> None:
    code, told = refused(lambda: parse_number("98765432", policy=INDIAN))
    assert code == "bad_number"
    assert told == (
        "The number is not valid: number: '••••••32' is not a phone number (no such number). "
        "Write it as the number policy 'indian' takes it."
    )


@pytest.mark.behaviour("C11")
def test_a_simulation_has_the_policy_of_its_leads() -> None:
    bench = Bench()
    begins = bench.now
    asked: list[str] = []

    def exclude(service: CampaignService, campaign: str) -> None:
        results = service.exclude(campaign, "98765 43210", by="asha", wait=False).results
        asked.extend(each.reveal() for each in results)

    ran = simulate(
        bench.draft(),
        leads("9876543210"),
        directory=bench.directory,
        start=begins,
        policy=INDIAN,
        actions={begins + timedelta(minutes=1): exclude},
    )
    assert ran.service.policy == INDIAN
    assert asked == [PERSON]
    listed = leads("9876543210")
    assert refused(lambda: simulate(bench.draft(), listed, directory=bench.directory, start=begins))[0] == OTHER


@pytest.mark.behaviour("C11")
def test_the_default_is_digits() -> None:
    bench = Bench()
    assert bench.service.policy is DIGITS
    bench.running([number(0)])
    assert bench.store.keep_policy("indian") == "digits"
