"""Run a planned campaign in virtual time, keep its files, and tell what happened."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.cli import places, report
from ori_campaigns.cli.chart import what_ran_when
from ori_campaigns.cli.look import Look
from ori_campaigns.cli.plan import Plan, refusal_of, sentence, write_skipped
from ori_campaigns.cli.progress import Progress
from ori_campaigns.cli.reading import meanings_of
from ori_campaigns.cli.report import Ran
from ori_campaigns.cli.rows import list_row
from ori_campaigns.errors import CampaignsError

if TYPE_CHECKING:
    from ori_campaigns.analytics.export import CsvMode
    from ori_campaigns.cli.figures import Figures
    from ori_campaigns.ingest import Leads


@attrs.frozen
class Keep:
    """What is to be kept of a simulation.

    Parameters:
        folder: gives the folder for attempts and skipped rows, new or empty; `None` to keep none.
        skipped: a file for the skipped rows alone.
        csv: how CSV is written.
    """

    folder: Callable[[], Path] | None = None
    skipped: Path | None = None
    csv: CsvMode = "spreadsheet"


@attrs.frozen
class Told:
    """What a command has to say.

    Parameters:
        lines: for standard output.
        failure: why no file could be kept, empty when all went well.
        code: what the command ends with; with a failure 1 at least.
    """

    lines: tuple[str, ...]
    failure: str = ""
    code: int = 0


def run(plan: Plan, keep: Keep, look: Look, warn: Callable[[str], None]) -> Told:
    """Simulate a plan, write its files, and return the report.

    Parameters:
        warn: takes the warnings, before the simulation begins.

    Raises:
        Refusal: the campaign would not start.
    """
    from ori_campaigns import simulate
    from ori_campaigns.cli.figures import figures_of

    for warning in plan.warnings:
        warn(sentence(warning))
    try:
        with Progress(sys.stderr) as progress:
            rehearsal = simulate(
                plan.draft,
                plan.leads,
                directory=plan.directory,
                answers=plan.answers,
                start=plan.start,
                until=plan.until,
                seed=plan.seed,
                policy=plan.policy,
                actions=plan.actions,
                on_progress=progress,
            )
    except CampaignsError as error:
        raise refusal_of(error) from None
    zone = ZoneInfo(plan.draft.config.window.timezone)
    figures = figures_of(rehearsal, zone)
    carriers = plan.directory.carriers(plan.draft.workspace)
    lines = report.settings(plan.draft, carriers, look)
    lines += report_of(rehearsal, figures, look, leads=plan.leads, until=plan.until)
    return with_files(lines, plan.leads, keep, figures, look)


def report_of(
    ran: Ran, figures: Figures, look: Look, *, leads: Leads | None, until: datetime | None = None
) -> list[str]:
    """Return the report of a campaign.

    Parameters:
        until: when it was left, if it was told when.
    """
    zone = ZoneInfo(ran.campaign.config.window.timezone)
    lines = list_row(ran.row, zone, look)
    lines += report.what_became(ran, figures, until, look)
    if leads is not None:
        lines += report.skipped_rows(leads.summary, meanings_of(leads.policy), look)
    lines += report.contacts_ended(figures, look)
    lines += report.dispositions(figures, look)
    lines += report.attempts_per_contact(figures, look)
    lines += what_ran_when(figures.placed, zone.key, look)
    lines += report.operators_log(figures.log, zone, look)
    return lines


def with_files(lines: Sequence[str], leads: Leads | None, keep: Keep, figures: Figures, look: Look) -> Told:
    """Keep the files that were asked for, and add to a report which they are."""
    try:
        return Told((*lines, *_kept(leads, keep, figures, look)))
    except OSError as error:
        return Told(tuple(lines), f"No file was kept: {error.strerror or error}.")


def _kept(leads: Leads | None, keep: Keep, figures: Figures, look: Look) -> list[str]:
    from ori_campaigns.analytics.export import write_attempts

    attempts = figures.attempts
    files: dict[Path, tuple[str, places.Writer]] = {}
    folder = keep.folder() if keep.folder is not None else None
    if folder is not None:
        told = f"{attempts.height:,} calls, phone numbers in full, times in UTC"
        files[folder / "attempts.csv"] = told, lambda path: write_attempts(attempts, path, mode=keep.csv)
        files[folder / "attempts.parquet"] = "the same, with column types", lambda path: write_attempts(attempts, path)
    if leads is not None:
        told = f"{leads.summary.skipped:,} skipped rows: line, value, reason"
        beside = [folder / "skipped.csv"] if folder is not None and leads.summary.skipped else []
        for place in [*beside, *([keep.skipped] if keep.skipped is not None else [])]:
            files[place] = told, lambda path: write_skipped(leads, path, keep.csv)
    places.write_files(folder, {path: write for path, (_, write) in files.items()})
    if not files:
        return ["", *look.paragraph("No file was written; --out DIR keeps the attempts.")]
    return [*look.heading("Files"), *look.pairs([(look.name(str(path)), what) for path, (what, _) in files.items()])]
