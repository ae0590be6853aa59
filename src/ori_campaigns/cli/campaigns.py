"""`run`: a campaign of a store, made from a file of leads or gone on with, dialled in real time."""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns import codec
from ori_campaigns.campaign import Campaign, CampaignDraft, CampaignStatus, Stage
from ori_campaigns.carriers import Bot
from ori_campaigns.cli import report
from ori_campaigns.cli.calling import Left, Say, dial, limits_for
from ori_campaigns.cli.directory_file import read_directory
from ori_campaigns.cli.look import Look
from ori_campaigns.cli.opened import again, find, open_store, operator
from ori_campaigns.cli.operate import named
from ori_campaigns.cli.parser import build_parser
from ori_campaigns.cli.phones import as_kept, from_file, with_pool
from ori_campaigns.cli.plan import Refusal, answers_of, file_faults, intent_of, limits_given, sentence
from ori_campaigns.cli.run import Keep, Told, report_of, with_files
from ori_campaigns.contact import FINAL
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import ActionNotAllowed, NotFound, Problem
from ori_campaigns.instants import to_datetime
from ori_campaigns.listing import SHORT_ID, CampaignRow, row
from ori_campaigns.service import CampaignService
from ori_campaigns.views import Counters

if TYPE_CHECKING:
    import polars as pl

    from ori_campaigns.cli.kept import CommandStore
    from ori_campaigns.diallers.answers import AnswerModel
    from ori_campaigns.diallers.memory import InMemoryDialler
    from ori_campaigns.ingest import Leads

FAILED, WAITS = 1, 3
_SIGNALLED = 128
# The options that are settings of a campaign, which it has already when it is gone on with.
_SETTINGS = (
    *("name", "bot", "numbers", "concurrency", "mode", "always_on", "window_start", "window_end", "timezone", "days"),
    *("max_attempts", "retry_delay", "retry_on", "retry_on_business", "stop_after", "redial_under", "analysis_wait"),
    *("callback_detection", "sticky_exclusion"),
)
# Those of how a file is read.
_OF_FILES = ("region", "allow", "encoding", "truncate", "skipped")


@attrs.frozen
class _Task:
    """A campaign of a store that is to be dialled."""

    service: CampaignService
    store: CommandStore
    campaign: Campaign
    answers: AnswerModel
    leads: Leads | None
    by: str
    new: bool = False


@attrs.frozen
class _Kept:
    """What a campaign of a store did in its present run, for a report."""

    service: CampaignService
    campaign: Campaign
    counters: Counters

    @property
    def row(self) -> CampaignRow:
        return row(self.campaign, self.counters)

    @property
    def started_at(self) -> datetime:
        return to_datetime(self.campaign.started_at or self.campaign.created_at, self._zone)

    @property
    def ended_at(self) -> datetime:
        return to_datetime(self.campaign.completed_at or self.service.store.clock.now(), self._zone)

    @property
    def attempts(self) -> pl.DataFrame:
        from ori_campaigns.analytics.frames import attempts_frame

        frame = attempts_frame(self.service.store, self.campaign.id)
        return frame.filter(frame["run"] == self.campaign.run_number)

    @property
    def contacts(self) -> pl.DataFrame:
        from ori_campaigns.analytics.frames import contacts_frame

        return contacts_frame(self.service.store, self.campaign.id)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.campaign.config.window.timezone)


def run_campaign(options: argparse.Namespace, look: Look, say: Say, warn: Say) -> Told:
    """Dial a campaign in real time until nothing is left of it, and tell what it did.

    Raises:
        Refusal, CampaignsError: it cannot be dialled.
    """
    task = _of_store(options) if options.campaign is not None else _of_file(options, warn)
    with_hint = partial(again, url=options.store)
    task = _started(task, options)
    campaign, store = task.campaign, task.store
    if campaign.status in {CampaignStatus.COMPLETED, CampaignStatus.FAILED} and not store.counters(campaign.id).live:
        say(f"{named(campaign, look)} is {campaign.status.value}: nobody is called again.")
        return _report(task, campaign, options, look)
    limits = limits_for(options.ring_limit, options.talk_limit)
    _introduce(task, limits.send_budget + limits.longest_call + 2 * limits.look_up_every, look, say)
    store.only = campaign.id
    service = CampaignService(store, StaticDirectory(), limits=limits)
    left = dial(
        service,
        campaign,
        _people(task, options),
        limits,
        say,
        hint=with_hint,
        leave_when_paused=options.leave_when_paused,
    )
    return _ended(task, left, options, look, say)


def _people(task: _Task, options: argparse.Namespace) -> InMemoryDialler:
    from ori_campaigns.diallers.memory import InMemoryDialler
    from ori_campaigns.diallers.model import CallModel

    return InMemoryDialler(CallModel(task.answers, seed=options.seed, ledger=False), task.store.clock)


# --- which campaign --------------------------------------------------------------------------------------------------


def _of_store(options: argparse.Namespace) -> _Task:
    """Return a campaign that is in the store already."""
    unset = build_parser().parse_args(["run"])
    given = [f"--{name.replace('_', '-')}" for name in _SETTINGS if getattr(options, name) != getattr(unset, name)]
    given = [option.replace("--numbers", "--number") for option in given]
    faults = [
        Problem(option, "has_its_settings", "The campaign has its settings already.", "Leave it out.")
        for option in given
    ]
    if options.leads is not None:
        hint = "Leave one of the two out."
        faults.append(Problem("--campaign", "two_campaigns", "There is a file of leads as well.", hint))
    faults += [
        Problem(f"--{name}", "no_leads", "No file is read with --campaign.", "Leave it out.")
        for name in _OF_FILES
        if getattr(options, name)
    ]
    file_faults(options, faults)
    if faults:
        raise Refusal(map(sentence, faults))
    file = read_directory(options.directory) if options.directory is not None else None
    store = open_store(options)
    campaign = find(store, options.store, options.campaign)
    answers = answers_of(options, ZoneInfo(campaign.config.window.timezone))
    service = CampaignService(store, _directory(store, campaign, options, file))
    return _Task(service, store, campaign, answers, None, operator(options))


def _of_file(options: argparse.Namespace, warn: Say) -> _Task:
    """Return the campaign of a file: the one that was made of it before, or else a new one."""
    intent = intent_of(options)
    for warning in intent.warnings:
        warn(sentence(warning))
    store = open_store(options, create=True)
    by, draft = operator(options), intent.draft
    name = fingerprint(draft, intent.leads)
    file = intent.directory if options.directory is not None else None
    try:
        campaign = store.campaign(name)
    except NotFound:
        _not_another(store, draft, options)
        directory = _new_directory(store, draft, options, file)
        service = CampaignService(store, directory, policy=intent.policy, new_id=lambda: name)
        campaign = service.create(draft, intent.leads, by=by, key=name)
        return _Task(service, store, campaign, intent.answers, intent.leads, by, new=True)
    else:
        service = CampaignService(store, _directory(store, campaign, options, file), policy=intent.policy)
        if campaign.stage is Stage.PREPARED:
            start = again(f"run --campaign {campaign.id[:SHORT_ID]}", options.store)
            told = f"{campaign.name!r} is prepared to call everybody again. To start that: {start}"
            raise Refusal([told])
    return _Task(service, store, campaign, intent.answers, intent.leads, by)


def fingerprint(draft: CampaignDraft, leads: Leads | None) -> str:
    """Return the id of the campaign that a definition and a list make: the same for the same, and for nothing else."""
    digest = hashlib.sha256(codec.dumps(draft).encode())
    if leads is not None:
        digest.update(json.dumps(leads.contacts.columns).encode())
        for contact in leads.contacts.iter_rows():
            digest.update(json.dumps(contact).encode())
    return base64.b32hexencode(digest.digest()[:10]).decode().lower()


def _not_another(store: CommandStore, draft: CampaignDraft, options: argparse.Namespace) -> None:
    """Refuse a second campaign of one name: most likely the same people would be called by both."""
    for each in store.campaigns(draft.workspace):
        if each.name == draft.name:
            on = again(f"run --campaign {each.id[:SHORT_ID]}", options.store)
            told = f"There is a campaign {each.name!r} already, with another list or other settings."
            raise Refusal([f"{told} Go on with it: {on}. Or give this one another --name."])


def _new_directory(
    store: CommandStore, draft: CampaignDraft, options: argparse.Namespace, file: StaticDirectory | None
) -> StaticDirectory:
    kept = [each.carrier for each in store.carriers(draft.workspace) if each.configured]
    if file is not None:
        return from_file(file, kept, draft.workspace)
    return with_pool(Bot(draft.bot, callbacks=True), draft.numbers, kept, limits_given(options), draft.workspace)


def _directory(
    store: CommandStore, campaign: Campaign, options: argparse.Namespace, file: StaticDirectory | None
) -> StaticDirectory:
    kept = [each.carrier for each in store.carriers(campaign.workspace) if each.configured]
    if file is not None:
        return from_file(file, kept, campaign.workspace)
    limits = limits_given(options)
    if campaign.status is CampaignStatus.DRAFT:
        bot = Bot(campaign.bot, callbacks=True)
        return with_pool(bot, campaign.numbers, kept, limits, campaign.workspace)
    return as_kept(campaign, kept, limits)


def _started(task: _Task, options: argparse.Namespace) -> _Task:
    """Start it if it is a draft; else take over what is new about its carriers."""
    campaign, service = task.campaign, task.service
    if campaign.status is CampaignStatus.DRAFT:
        try:
            service.start(campaign.id, by=task.by)
        except ActionNotAllowed:
            # The same command, given twice at once: the other one was first.
            if service.get(campaign.id).status is not CampaignStatus.RUNNING:
                raise
    elif options.directory is not None or limits_given(options):
        service.refresh(campaign.workspace)
    return attrs.evolve(task, campaign=service.get(campaign.id))


# --- what is said ----------------------------------------------------------------------------------------------------


def _introduce(task: _Task, gone_after: int, look: Look, say: Say) -> None:
    counters, campaign = task.store.counters(task.campaign.id), task.campaign
    done = counters.count(FINAL)
    contacts = report.count_of(counters.total, "contact")
    stands = f"is new, with {contacts}" if task.new else f"goes on: {done:,} of {contacts} done"
    say(f"{named(campaign, look)} {stands}.")
    say("Made-up people answer in real time; nobody is called.")
    if counters.live:
        calls = "call was" if counters.live == 1 else "calls were"
        say(
            f"{counters.live:,} {calls} cut off, or another `run` has them. They keep their lines; without news they "
            f"count as errors within {-(-gone_after // 60)} min."
        )


def _ended(task: _Task, left: Left, options: argparse.Namespace, look: Look, say: Say) -> Told:
    campaign = left.campaign
    over = campaign.status not in {CampaignStatus.RUNNING, CampaignStatus.PAUSED}
    on = again(f"run --campaign {campaign.id[:SHORT_ID]}", options.store)
    if left.signal and not over:
        say(f"Interrupted. The same command goes on with it, and so does: {on}")
        return Told((), code=_SIGNALLED + left.signal)
    if not over:
        say(f"It is paused, and was left. Once resumed it goes on with: {on}")
        return Told((), code=WAITS)
    told = _report(task, campaign, options, look)
    return attrs.evolve(told, code=_SIGNALLED + left.signal) if left.signal else told


def _report(task: _Task, campaign: Campaign, options: argparse.Namespace, look: Look) -> Told:
    from ori_campaigns.cli.figures import figures_of

    ran = _Kept(task.service, campaign, task.store.counters(campaign.id))
    figures = figures_of(ran, ZoneInfo(campaign.config.window.timezone))
    carriers = [each.carrier for each in task.store.carriers(campaign.workspace) if each.configured]
    lines = report.settings(campaign, carriers, look)
    lines += report_of(ran, figures, look, leads=task.leads)
    keep = Keep(
        folder=partial(Path, options.out) if options.out is not None else None,
        skipped=Path(options.skipped) if options.skipped is not None else None,
        csv=options.csv,
    )
    told = with_files(lines, task.leads, keep, figures, look)
    return attrs.evolve(told, code=FAILED if campaign.status is CampaignStatus.FAILED else 0)
