"""Run a planned campaign, keep its files, and tell what happened."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping
from functools import partial
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
    from ori_campaigns.cli.figures import Figures
    from ori_campaigns.simulate import Rehearsal


@attrs.frozen
class Told:
    """What a command has to say.

    Parameters:
        lines: for standard output.
        failure: why a file could not be kept, empty when all went well.
    """

    lines: tuple[str, ...]
    failure: str = ""


def rehearse(
    plan: Plan, options: argparse.Namespace, look: Look, folder: Callable[[], Path] | None, tell: Callable[[str], None]
) -> Told:
    """Simulate a plan, write its files, and return the report.

    Parameters:
        options: `csv` and, for `simulate`, `skipped`.
        folder: makes or names the folder for the attempts, `None` to keep none.
        tell: takes the warnings, before the simulation begins.

    Raises:
        Refusal: the campaign would not start.
    """
    from ori_campaigns.cli.figures import figures_of
    from ori_campaigns.simulate import simulate

    for warning in plan.warnings:
        tell(sentence(warning))
    try:
        with Progress(sys.stderr) as progress:
            run = simulate(
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
    zone = ZoneInfo(plan.draft.config.window.timezone)
    figures = figures_of(run, zone)
    lines = _report(plan, run, figures, zone, look)
    try:
        return Told((*lines, *_files(plan, figures, options, look, folder)))
    except OSError as error:
        return Told(tuple(lines), f"The files could not be written: {error.strerror or error}. None was kept.")
"""
"""
