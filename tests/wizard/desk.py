"""What the tests of the wizard share: a host's offers, lists of people, wizards on any step, campaigns to edit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import attrs

from ori_campaigns.campaign import Campaign, CampaignStatus, Restart
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.clocks import VirtualClock
from ori_campaigns.config import DiallerConfig
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import Problem
from ori_campaigns.ids import counted_ids
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.service import CampaignService
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.wizard import Offers, PageField, Step, Wizard

FIRST, SECOND, THIRD = "911140001000", "911140001001", "912240002000"
INBOUND, STRANGE = "911140001009", "911149999999"
BOTS = (Bot("asha"), Bot("ravi", name="Ravi (Hindi)"))
CARRIERS = (
    Carrier(
        "delhi",
        [CarrierNumber(FIRST, "Support team"), CarrierNumber(SECOND), CarrierNumber(INBOUND, outbound=False)],
        channels=60,
    ),
    Carrier("mumbai", [THIRD], channels=40),
)
OFFERS = Offers(BOTS, CARRIERS)
AT = 1767225600000000


@attrs.frozen
class Figures:
    source: str = "leads.csv"
    accepted: int = 2
    skipped: int = 0
    by_reason: Mapping[str, int] = attrs.field(factory=dict)
    columns: tuple[str, ...] = ()


@attrs.frozen
class People:
    """A list that was read; light enough for thousands of examples."""

    numbers: Sequence[str] = ("919800000001", "919800000002")
    summary: Figures = Figures()
    warnings: tuple[Problem, ...] = ()
    policy: str = "digits"
    head: Sequence[Sequence[str]] = ()

    def variables(self, index: int) -> Mapping[str, str]:
        return dict.fromkeys(self.summary.columns, str(index))

    @property
    def fingerprint(self) -> str:
        return " ".join((*self.numbers, *self.summary.columns))


PEOPLE = People()


def new(**changes: object) -> Wizard:
    """A wizard nobody has touched, or with some entries made."""
    wizard = Wizard.create(OFFERS, key="form-1", time_zone="Asia/Kolkata")
    for field, value in changes.items():
        wizard = wizard.enter(field, value)
    return wizard


def at(step: Step, wizard: Wizard | None = None) -> Wizard:
    """A wizard with everything that is required, on a step of it."""
    if wizard is None:
        wizard = new(name="Q2 Renewal Drive", bot="asha", numbers=[FIRST]).upload(PEOPLE)
    while wizard.step is not step:
        assert wizard.can_advance, wizard.problems()
        wizard = wizard.next()
    return wizard


def field(wizard: Wizard, key: str) -> PageField:
    """A field of the page of the current step."""
    [found] = [each for each in wizard.page().fields if each.key == key]
    return found


def codes(problems: Sequence[Problem], severity: str = "error") -> list[str]:
    return [each.code for each in problems if each.severity == severity]


# --- campaigns --------------------------------------------------------------------------------------------------------

DRAFT = Campaign("c-77", "default", "Renewals", "asha", (PhoneNumber(FIRST),), DiallerConfig(), AT, "ops")
CAMPAIGNS: Mapping[str, Campaign] = {
    "draft": DRAFT,
    "prepared restart": attrs.evolve(DRAFT, run_number=2, restarts=(Restart(AT, "ops"),), version=4),
    "running": attrs.evolve(DRAFT, status=CampaignStatus.RUNNING, started_at=AT),
    "paused": attrs.evolve(DRAFT, status=CampaignStatus.PAUSED, started_at=AT, version=3),
    "completed": attrs.evolve(DRAFT, status=CampaignStatus.COMPLETED, started_at=AT, completed_at=AT),
    "failed": attrs.evolve(DRAFT, status=CampaignStatus.FAILED, started_at=AT, completed_at=AT),
}


def editing(stage: str = "draft", contacts: int = 3, **changes: Any) -> Wizard:
    """The wizard of a campaign; `changes` are of the campaign."""
    return Wizard.edit(attrs.evolve(CAMPAIGNS[stage], **changes), contacts, OFFERS)


def service(bots: Sequence[Bot] = BOTS, carriers: Sequence[Carrier] = CARRIERS) -> CampaignService:
    clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
    return CampaignService(MemoryStore(clock), StaticDirectory(bots=bots, carriers=carriers), new_id=counted_ids("t"))
