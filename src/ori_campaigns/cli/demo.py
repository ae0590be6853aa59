"""The campaign of `python -m ori_campaigns demo`: untidy leads, several days, and operators who step in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.cli.plan import Plan, talk_of
from ori_campaigns.config import MULTI_DAY, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.service import CampaignService
from ori_campaigns.windows import CallingWindow

if TYPE_CHECKING:
    from ori_campaigns.diallers.answers import AnswerModel
    from ori_campaigns.ingest import Leads

INTRODUCTION = (
    "A campaign of several days in virtual time: 1,000 untidy leads that come with the package, a made-up bot, and "
    "people who answer more in the evening than at noon. Nobody is called."
)
_ZONE = "Asia/Kolkata"
_NUMBERS = ("+91 11 4000 1000", "+91 11 4000 1001", "+91 11 4000 1002")
_MON_TO_SAT = range(6)
# A Friday, so that the campaign meets a Sunday.
_START = datetime(2026, 4, 3, 10, 30, tzinfo=ZoneInfo(_ZONE))
# By local hour; outside the window nobody is called.
_ANSWER_RATE = [0.0] * 9 + [0.24, 0.28, 0.27, 0.19, 0.16, 0.21, 0.26, 0.33, 0.38] + [0.0] * 6


def demo_plan(seed: int) -> Plan:
    """Return the demo's campaign; another seed is another luck."""
    from ori_campaigns.ingest import read_leads

    source = files("ori_campaigns") / "data" / "demo_leads.csv"
    leads = attrs.evolve(leads := read_leads(source.read_bytes()),
                         summary=attrs.evolve(leads.summary, source=source.name))  # fmt: skip
    return Plan(
        draft=CampaignDraft(
            name="Q2 Renewal Drive",
            bot="renewals-v3",
            numbers=_NUMBERS,
            config=DiallerConfig(
                concurrency_limit=2,
                mode=MULTI_DAY,
                window=CallingWindow("09:00", "18:00", _ZONE, _MON_TO_SAT),
                retry=RetryPolicy(
                    max_attempts=4,
                    delay_minutes=240,
                    on_system={"no_answer", "rejected"},
                    on_business=["not_available"],
                ),
                redial=RedialRules(stop_after_seconds=60, redial_under_seconds=15),
            ),
        ),
        leads=leads,
        directory=StaticDirectory(
            bots=[Bot("renewals-v3")], carriers=[Carrier("delhi-trunk", _NUMBERS, cps=0.5, burst=1, channels=10)]
        ),
        answers=_people(),
        start=_START,
        seed=seed,
        actions=_operators(leads),
    )


def _people() -> AnswerModel:
    from ori_campaigns.diallers.answers import AnswerModel, Mix

    return AnswerModel(
        rate=_ANSWER_RATE,
        timezone=_ZONE,
        talk=talk_of(150),
        business=Mix({"renewed": 30, "will_think_about_it": 26, "not_available": 18, "not_interested": 16, "": 10}),
    )


def _operators(leads: Leads) -> Mapping[datetime, Callable[[CampaignService, str], object]]:
    """Return what two operators do: a pause at lunch with an edit in it, and people who asked to be left alone."""
    second_day, third_day = (_START.replace(minute=0) + timedelta(days=days) for days in (1, 3))

    def pause(service: CampaignService, campaign_id: str) -> None:
        service.pause(campaign_id, by="asha")

    def more_calls(service: CampaignService, campaign_id: str) -> None:
        now = service.get(campaign_id)
        faster = attrs.evolve(now.config, concurrency_limit=3)
        draft = CampaignDraft(now.name, now.bot, now.numbers, faster)
        service.edit(campaign_id, draft, by="asha", version=now.version)

    def resume(service: CampaignService, campaign_id: str) -> None:
        service.resume(campaign_id, by="asha")

    def leave_alone(service: CampaignService, campaign_id: str) -> None:
        service.exclude(campaign_id, leads.numbers[::130], by="ravi", reason="asked by e-mail")

    return {
        second_day.replace(hour=13): pause,
        second_day.replace(hour=13, minute=40): more_calls,
        second_day.replace(hour=14): resume,
        third_day.replace(hour=9, minute=10): leave_alone,
    }
