"""From options to a campaign that can be simulated, or to everything that keeps it from that, at once."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.campaign import CampaignDraft
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.cli import places, values
from ori_campaigns.cli.directory_file import read_directory
from ori_campaigns.cli.reading import STANDARD_INPUT, in_words, policy_of, read_file
from ori_campaigns.config import CampaignMode, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import CampaignsError, IngestError, InvalidDefinition, Problem
from ori_campaigns.numbers import DIGITS, NumberPolicy, PhoneNumber, parse_number
from ori_campaigns.service import CampaignService
from ori_campaigns.validation import config_problems, problems_of
from ori_campaigns.windows import CallingWindow

if TYPE_CHECKING:
    from ori_campaigns.diallers.answers import AnswerModel, Lengths
    from ori_campaigns.ingest import Leads
    from ori_campaigns.ingest.report import SkippedMode

T = TypeVar("T")
BOT = "made-up-bot"
CARRIER = "made-up-carrier"
# From the range that is set aside for films and books: nobody has these numbers.
NUMBERS = ("+44 20 7946 0001", "+44 20 7946 0002")
FIRST_DAY = "2026-01-05"
"""The Monday on which a simulation starts that is not told when."""

# The options behind the fields of a campaign.
_OPTIONS = {
    "name": "--name",
    "bot": "--bot",
    "numbers": "--number",
    "config.concurrency_limit": "--concurrency",
    "config.always_on": "--always-on",
    "config.window.start": "--window-start",
    "config.window.end": "--window-end",
    "config.window.timezone": "--timezone",
    "config.window.working_days": "--days",
    "config.retry.max_attempts": "--max-attempts",
    "config.retry.delay_minutes": "--retry-delay",
    "config.retry.on_system": "--retry-on",
    "config.redial.stop_after_seconds": "--stop-after",
    "config.redial.redial_under_seconds": "--redial-under",
    "config.redial": "--stop-after and --redial-under",
    "config.analysis_wait_seconds": "--analysis-wait",
    "store": "--store",
    "region": "--region",
    "allow": "--allow",
    "policy": "--region",
    f"carriers[{CARRIER}].cps": "--cps",
    f"carriers[{CARRIER}].burst": "--burst",
    f"carriers[{CARRIER}].channels": "--channels",
}
# What the library says to programs, said to a person at a terminal.
_HINTS = {
    "other_number_policy": "Give --region and --allow as for the first list of the store, or another --store.",
}
_UNANSWERED = ("no_answer", "rejected", "busy", "unreachable", "error", "bad_number")
_ANSWERED = ("customer", "bot", "transfer", "RNR", "voicemail", "machine", "abandoned")
_SHORTEST_TALK = 4.0


@attrs.frozen(kw_only=True)
class Intent:
    """A campaign that is to be run.

    Parameters:
        answers: how people answer.
        policy: the number policy that the leads were read by.
        warnings: to be shown before it begins.
    """

    draft: CampaignDraft
    leads: Leads | None
    directory: StaticDirectory
    answers: AnswerModel
    policy: NumberPolicy = DIGITS
    seed: int = 0
    warnings: tuple[Problem, ...] = ()


@attrs.frozen(kw_only=True)
class Plan(Intent):
    """A campaign to be simulated.

    Parameters:
        start, until: when Start is pressed, and when to stop looking.
        actions: what operators do, and when.
    """

    start: datetime
    until: datetime | None = None
    actions: Mapping[datetime, Callable[[CampaignService, str], object]] = attrs.field(factory=dict)


class Refusal(Exception):
    """What was asked for cannot be done; `lines` says why, a line for each reason."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = tuple(lines)
        super().__init__("\n".join(self.lines))


def refusal_of(error: CampaignsError) -> Refusal:
    """Return the reasons of an error one by one."""
    problems: Iterable[Problem] = getattr(error, "problems", ())
    return Refusal([sentence(problem) for problem in problems] or [str(error)])


def sentence(problem: Problem) -> str:
    """Return a problem in words, with the option it is about in place of the field."""
    field = re.sub(r"^numbers\[\d+\]$", "numbers", problem.path)
    hint = _HINTS.get(problem.code, problem.hint)
    return str(attrs.evolve(problem, path=_OPTIONS.get(field, field), hint=hint))


class _Faults(list[Problem]):
    """Everything that is wrong so far."""

    def attempt(self, make: Callable[[], T]) -> T | None:
        """Return what `make` makes, or note why it could not."""
        try:
            return make()
        except InvalidDefinition as error:
            self.extend(error.problems)
        except IngestError as error:
            self.append(Problem("", error.code, str(error)))
        return None

    def settled(self, leads: Leads | None) -> tuple[Problem, ...]:
        """Return the warnings, those of the list among them.

        Raises:
            Refusal: there is something worse.
        """
        errors = [each for each in self if each.severity == "error"]
        if errors:
            raise Refusal(map(sentence, errors))
        return (*self, *(leads.warnings if leads is not None else ()))


def plan_of(options: argparse.Namespace) -> Plan:
    """Make a plan of the options of `simulate`.

    Raises:
        Refusal: with everything that is wrong.
    """
    faults = _Faults()
    file_faults(options, faults)
    draft, directory = _draft(options, faults)
    zone = _zone(draft.config.window)
    answers = faults.attempt(lambda: answers_of(options, zone))
    start, until = _moments(options, draft.config.window, zone, faults)
    policy = faults.attempt(lambda: policy_of(options))
    leads = _leads(options, policy, faults)
    warnings = faults.settled(leads)
    if (
        directory is None or answers is None or policy is None or start is None
    ):  # pragma: no cover - each has told its fault
        raise Refusal(())
    return Plan(
        draft=draft,
        leads=leads,
        directory=directory,
        answers=answers,
        policy=policy,
        start=start,
        until=until,
        seed=options.seed,
        warnings=warnings,
    )


def intent_of(options: argparse.Namespace) -> Intent:
    """Make a campaign of the options of `run`.

    Raises:
        Refusal: with everything that is wrong.
    """
    faults = _Faults()
    file_faults(options, faults)
    draft, directory = _draft(options, faults)
    answers = faults.attempt(lambda: answers_of(options, _zone(draft.config.window)))
    policy = faults.attempt(lambda: policy_of(options))
    leads = _leads(options, policy, faults)
    warnings = faults.settled(leads)
    if directory is None or answers is None or policy is None:  # pragma: no cover - each has told its fault
        raise Refusal(())
    return Intent(
        draft=draft,
        leads=leads,
        directory=directory,
        answers=answers,
        policy=policy,
        seed=options.seed,
        warnings=warnings,
    )


def file_faults(options: argparse.Namespace, faults: list[Problem]) -> None:
    """Note what keeps the files that were asked for from being written."""
    if options.out is not None:
        faults += places.folder_problems("--out", Path(options.out))
    if options.skipped is not None:
        faults += places.new_file_problems("--skipped", Path(options.skipped))


# --- the campaign ----------------------------------------------------------------------------------------------------


def _draft(options: argparse.Namespace, faults: _Faults) -> tuple[CampaignDraft, StaticDirectory | None]:
    """Return what was entered, and the bots and carriers there are; faults of both are noted."""
    days, bad_days = values.days(options.days)
    given = options.numbers if options.numbers is not None else [] if options.directory else NUMBERS
    numbers = [faults.attempt(partial(parse_number, text, path="--number")) for text in given]
    pool = [number for number in numbers if number is not None]
    draft = CampaignDraft(
        name=_name(options),
        bot=options.bot if options.bot is not None else "" if options.directory else BOT,
        numbers=pool,
        config=_config(options, days),
    )
    directory = faults.attempt(lambda: _directory(options, draft.bot, pool))
    if directory is None:
        found = config_problems(draft.config)
    else:
        found = problems_of(draft, bots=directory.bots(draft.workspace), carriers=directory.carriers(draft.workspace))
    # What follows from a fault that is told already is no news.
    known = {"no_working_days"} if bad_days else set()
    if len(pool) < len(given):
        known.add("empty_pool")
    faults += bad_days
    faults += [each for each in found if each.code not in known]
    return draft, directory


def _name(options: argparse.Namespace) -> str:
    if options.name is not None:
        return str(options.name)
    return Path(options.leads).stem if options.leads not in {None, STANDARD_INPUT} else "Simulation"


def _config(options: argparse.Namespace, days: frozenset[int]) -> DiallerConfig:
    return DiallerConfig(
        concurrency_limit=options.concurrency,
        mode=CampaignMode(options.mode),
        always_on=options.always_on,
        window=CallingWindow(options.window_start, options.window_end, options.timezone, days),
        retry=RetryPolicy(options.max_attempts, options.retry_delay, options.retry_on, options.retry_on_business),
        redial=RedialRules(options.stop_after, options.redial_under),
        callback_detection=options.callback_detection,
        sticky_exclusion=options.sticky_exclusion,
        analysis_wait_seconds=options.analysis_wait,
    )


def limits_given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the limits of the made-up carrier that were given, by name."""
    return {name: getattr(options, name) for name in ("cps", "burst", "channels") if getattr(options, name) is not None}


def _directory(options: argparse.Namespace, bot: str, pool: Iterable[PhoneNumber]) -> StaticDirectory:
    """Return the host's bots and carriers; without a file, whatever the campaign names is there."""
    limits = limits_given(options)
    if options.directory is None:
        # The bot's half of the callback gate stands open, so that the campaign's half decides.
        return StaticDirectory(bots=[Bot(bot, callbacks=True)], carriers=[Carrier(CARRIER, list(pool), **limits)])
    if limits:
        problems = [
            Problem(f"--{name}", "limit_of_the_directory", "Carriers have the limits of --directory.", "Leave it out.")
            for name in limits
        ]
        raise InvalidDefinition(problems, what="The carrier")
    return read_directory(options.directory)


# --- people, time, leads ---------------------------------------------------------------------------------------------


def _zone(window: CallingWindow) -> ZoneInfo:
    """Return the campaign's zone; any, if there is no such zone, so that the other options can be read."""
    unknown = any(problem.code == "unknown_timezone" for problem in window.problems())
    return ZoneInfo("UTC" if unknown else window.timezone)


def answers_of(options: argparse.Namespace, zone: ZoneInfo) -> AnswerModel:
    """Return how people answer; their hours are those of `zone`.

    Raises:
        InvalidDefinition: code `unknown_disposition`.
    """
    from ori_campaigns.diallers.answers import AnswerModel, Between, Mix

    problems = [
        *_unknown("--unanswered", options.unanswered, _UNANSWERED),
        *_unknown("--answered", options.answered, _ANSWERED),
    ]
    if problems:
        raise InvalidDefinition(problems, what="The answer model")
    usual = AnswerModel()
    business = {
        "" if name == values.NO_DISPOSITION else name: share for name, share in (options.business or {}).items()
    }
    return AnswerModel(
        rate=options.answer_rate,
        timezone=zone.key,
        ring=Between(*options.ring),
        gives_up=Between(*options.gives_up),
        talk=talk_of(options.talk_mean),
        unanswered=Mix(options.unanswered) if options.unanswered else usual.unanswered,
        answered=Mix(options.answered) if options.answered else usual.answered,
        business=Mix(business) if business else None,
    )


def _unknown(option: str, mix: Mapping[str, float] | None, known: tuple[str, ...]) -> list[Problem]:
    strange = [name for name in mix or () if name not in known]
    hint = f"Known are {', '.join(known)}."
    message = f"{', '.join(map(repr, strange))} is not how such a call ends."
    return [Problem(option, "unknown_disposition", message, hint)] if strange else []


def talk_of(mean: float) -> Lengths:
    """Return talk times of `mean` seconds on average, none below a few seconds."""
    from ori_campaigns.diallers.answers import Exponential

    least = min(_SHORTEST_TALK, mean)
    return Exponential(mean - least, least=least)


def _moments(
    options: argparse.Namespace, window: CallingWindow, zone: ZoneInfo, faults: _Faults
) -> tuple[datetime | None, datetime | None]:
    bad_start = any(problem.path.endswith("start") for problem in window.problems())
    given = options.start or f"{FIRST_DAY}T{'00:00' if bad_start else window.start}"
    start, problems = values.moment("--start", given, zone)
    until = None
    if options.until is not None:
        until, more = values.moment("--until", options.until, zone)
        problems += more
        if start is not None and until is not None and until <= start:
            hint = "Give a later one."
            problems.append(Problem("--until", "until_before_start", "That is not after the start.", hint))
    faults += problems
    return start, until


def _leads(options: argparse.Namespace, policy: NumberPolicy | None, faults: _Faults) -> Leads | None:
    if options.leads is None:
        if not options.always_on:
            hint = "Give a CSV file; only an always-on campaign may begin without."
            faults.append(Problem("LEADS.csv", "no_leads", "There are no leads.", hint))
        return None
    if policy is None:
        # Under another policy other rows would be wrong.
        return None
    from ori_campaigns.ingest import Leads

    try:
        return read_file(options, policy)
    except IngestError as error:
        told = in_words(str(error))
        refused = error.facts.get("leads")
        # When no row is valid the rows are wanted most, so that somebody can correct them.
        if isinstance(refused, Leads) and options.skipped is not None and not faults:
            try:
                write_skipped(refused, Path(options.skipped), options.csv)
                told += f" They are in {options.skipped}."
            except OSError as failure:
                told += f" They could not be written: {failure.strerror or failure}."
        faults.append(Problem("", error.code, told))
    return None


def write_skipped(leads: Leads, path: Path, mode: SkippedMode) -> None:
    """Write the skipped rows of a list (C4)."""
    places.whole(lambda unfinished: leads.write_skipped(unfinished, mode=mode))(path)
