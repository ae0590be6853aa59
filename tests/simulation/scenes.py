"""Scenes drawn at random: campaigns, populations, carriers and operators of all kinds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import attrs

import ori_campaigns as ori
from ori_campaigns.diallers.answers import Lengths
from simulation.compared import Action, Scene

LINES = ["911140001000", "911140001001", "911140001002"]
PEOPLE = tuple(f"9198000{number:05d}" for number in range(150))
ELSEWHERE = [f"99{number}" for number in PEOPLE[:5]]


def scene(seed: int) -> Scene:
    """Return the scene of a seed."""
    draw = Random(seed)
    start = datetime(
        2026, 1, 5, draw.choice([3, 8, 9, 21]), draw.choice([0, 59]), draw.choice([0, 13]),
        draw.choice([0, 123456]), tzinfo=UTC,
    )  # fmt: skip
    return Scene(
        source=ori.CampaignDraft(
            name="Drawn",
            bot="b",
            numbers=draw.choice([LINES[:1], LINES[:2], LINES, LINES[::-1], LINES[2:]]),
            config=config(draw),
        ),
        people=PEOPLE[: draw.choice([1, 5, 40, 150])],
        directory=ori.StaticDirectory(bots=["b"], carriers=carriers(draw)),
        answers=population(draw),
        start=start,
        seed=seed,
        actions=interference(draw, start) if draw.random() < 0.4 else {},
        until=start + timedelta(seconds=draw.random() * 40_000) if draw.random() < 0.2 else None,
        resolution=timedelta(seconds=draw.choice([0.1, 1, 7, 60, 600])) if draw.random() < 0.3 else None,
    )


def carriers(draw: Random) -> list[ori.Carrier]:
    cps = draw.choice([0.5, 1, 3, 5, 50])
    burst, channels = draw.choice([1, 1, 2, 5, max(int(cps), 1)]), draw.choice([1, 3, 60])
    slow, few, narrow = draw.choice([1, 4]), draw.choice([1, 4]), draw.choice([2, 20])
    return [
        ori.Carrier("t", numbers=LINES[:2], cps=cps, burst=burst, channels=channels),
        ori.Carrier("u", numbers=LINES[2:], cps=slow, burst=few, channels=narrow),
    ]


def config(draw: Random) -> ori.DiallerConfig:
    hours = draw.choice([("09:00", "18:00"), ("22:00", "02:00"), ("00:00", "23:59"), ("10:00", "10:20")])
    zone = draw.choice(["UTC", "Asia/Kolkata", "America/New_York"])
    ticked = draw.choice([["no_answer"], ["no_answer", "rejected", "RNR"], [], ["no_answer", "timeout"]])
    mode = draw.choice([ori.MULTI_DAY, ori.MULTI_DAY, ori.SINGLE_DAY])
    return ori.DiallerConfig(
        concurrency_limit=draw.choice([1, 2, 7, 30]),
        mode=mode,
        always_on=mode is ori.MULTI_DAY and draw.random() < 0.3,
        window=ori.CallingWindow(*hours, zone, working_days=draw.choice([ori.ALL_DAYS, ori.MON_FRI])),
        retry=ori.RetryPolicy(
            max_attempts=draw.choice([1, 2, 3, 5]), delay_minutes=draw.choice([1, 5, 30, 300]), on_system=ticked
        ),
        redial=ori.RedialRules(
            stop_after_seconds=draw.choice([None, 5, 30, 60]), redial_under_seconds=draw.choice([None, 3, 20, 50])
        ),
    )


RINGS: list[Lengths] = [ori.Fixed(0), ori.Between(0, 1.5), ori.Between(4, 100)]
NO_ANSWERS: list[Lengths] = [ori.Fixed(0), ori.Fixed(25), ori.Between(0, 120)]
TALKS: list[Lengths] = [
    ori.Fixed(0),
    ori.Fixed(0.5),
    ori.Exponential(60, least=4),
    ori.Exponential(400),
    ori.Exponential(1),
]


def population(draw: Random) -> ori.AnswerModel:
    return ori.AnswerModel(
        rate=draw.choice([[0.0], [0.3], [1.0], [draw.random() for _ in range(24)]]),
        timezone="Asia/Kolkata",
        ring=draw.choice(RINGS),
        gives_up=draw.choice(NO_ANSWERS),
        talk=draw.choice(TALKS),
        answered=ori.Mix({"customer": 5, "bot": 2, "RNR": 1, "voicemail": 1, "transfer": 1, "abandoned": 1}),
    )


def interference(draw: Random, start: datetime) -> dict[datetime, Action]:
    moments = [
        timedelta(seconds=draw.random() * draw.choice([300, 20_000, 200_000])) for _ in range(draw.randint(1, 3))
    ]
    return {start + moment: draw.choice(OPERATORS) for moment in moments}


def _if_allowed(action: Action) -> Action:
    def tried(service: ori.CampaignService, campaign: str) -> object:
        try:
            return action(service, campaign)
        except ori.CampaignsError as refused:
            return refused

    return tried


def _again(service: ori.CampaignService, campaign: str) -> object:
    """Start once more, as soon as no call of the run before is live."""
    service.restart(campaign, by="a")
    return service.start(campaign, by="a")


def _fewer_attempts(service: ori.CampaignService, campaign: str) -> object:
    """Lower max attempts by an edit while paused."""
    service.pause(campaign, by="a")
    now = service.get(campaign)
    retry = ori.RetryPolicy(max_attempts=1, delay_minutes=2, on_system=["no_answer"])
    draft = attrs.evolve(now.draft, config=attrs.evolve(now.config, retry=retry))
    service.edit(campaign, draft, by="a", version=now.version)
    return service.resume(campaign, by="a")


OPERATORS: list[Action] = [
    _if_allowed(lambda service, campaign: service.pause(campaign, by="a")),
    _if_allowed(lambda service, campaign: service.pause(campaign, by="a", wait=False)),
    _if_allowed(lambda service, campaign: service.resume(campaign, by="a")),
    _if_allowed(lambda service, campaign: service.stop(campaign, by="a")),
    _if_allowed(lambda service, campaign: service.exclude(campaign, PEOPLE[1:9], by="a", reason="asked for it")),
    _if_allowed(lambda service, campaign: service.append(campaign, ori.Leads.of(ELSEWHERE), by="a")),
    _if_allowed(lambda service, campaign: service.append(campaign, ori.Leads.of(list(PEOPLE[3:6])), by="a")),
    # One of the two carriers is withdrawn, and the other has changed.
    lambda service, _: service.store.put_carriers("default", [ori.Carrier("t", numbers=LINES[:2], cps=2, channels=9)]),
    _if_allowed(_again),
    _if_allowed(_fewer_attempts),
]
