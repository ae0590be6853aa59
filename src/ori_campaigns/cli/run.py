"""Run a planned campaign, keep its files, and tell what happened."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import attrs

from ori_campaigns.cli import places, report
from ori_campaigns.cli.chart import what_ran_when
from ori_campaigns.cli.look import Look
from ori_campaigns.cli.plan import Plan, refusal_of, sentence, write_skipped
from ori_campaigns.cli.progress import Progress
from ori_campaigns.errors import CampaignsError

if TYPE_CHECKING:
    from ori_campaigns.analytics.export import CsvMode
    from ori_campaigns.cli.figures import Figures
    from ori_campaigns.simulation import Rehearsal


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
    """

    lines: tuple[str, ...]
    failure: str = ""


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
                actions=plan.actions,
                on_progress=progress,
            )
    except CampaignsError as error:
        raise refusal_of(error) from None
    figures = figures_of(rehearsal, ZoneInfo(plan.draft.config.window.timezone))
    lines = _told(plan, rehearsal, figures, look)
    try:
        return Told((*lines, *_kept(plan, keep, figures, look)))
    except OSError as error:
        return Told(tuple(lines), f"No file was kept: {error.strerror or error}.")


def _told(plan: Plan, rehearsal: Rehearsal, figures: Figures, look: Look) -> list[str]:
    from ori_campaigns.ingest import REASONS

    zone = ZoneInfo(plan.draft.config.window.timezone)
    lines = report.settings(plan.draft, plan.directory, look)
    lines += report.list_row(rehearsal.row, zone, look)
    lines += report.what_became(rehearsal, figures, plan.until, look)
    if plan.leads is not None:
        lines += report.skipped_rows(plan.leads.summary, REASONS, look)
    lines += report.contacts_ended(figures, look)
    lines += report.dispositions(figures, look)
    lines += report.attempts_per_contact(figures, look)
    lines += what_ran_when(figures.placed, zone.key, look)
    lines += report.operators_log(figures, zone, look)
    return lines


def _kept(plan: Plan, keep: Keep, figures: Figures, look: Look) -> list[str]:
    from ori_campaigns.analytics.export import write_attempts

    leads, attempts = plan.leads, figures.attempts
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
