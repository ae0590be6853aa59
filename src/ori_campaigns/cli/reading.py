"""How the commands read a lead file: under which number policy, with a line of progress, refused in their words."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO

from ori_campaigns.cli.progress import Progress
from ori_campaigns.errors import InvalidDefinition, Problem
from ori_campaigns.numbers import DIGITS, NumberPolicy

if TYPE_CHECKING:
    from ori_campaigns import ingest
    from ori_campaigns.ingest import Leads

STANDARD_INPUT = "-"
_MB = 1_000_000
_WORTH_SHOWING = 10 * _MB
# What the library calls its arguments, and how the command line calls them.
_OPTIONS = {"encoding='cp1252'": "--encoding cp1252", "over_limit='truncate'": "--truncate"}


def policy_of(options: argparse.Namespace) -> NumberPolicy:
    """Return what makes a written number a person's: the stricter rule of a region if one is given (C11).

    Raises:
        InvalidDefinition: there is no such region, or it was forgotten.
        MissingExtra: the stricter rule needs an extra.
    """
    if options.region is not None:
        from ori_campaigns.e164 import E164

        return E164(options.region, allow=options.allow)
    if options.allow:
        message = "Without a region every number of 8 to 15 digits is allowed."
        hint = "Give --region as well, such as --region IN, or leave it out."
        raise InvalidDefinition([Problem("--allow", "no_region", message, hint)], what="The number policy")
    return DIGITS


def read_file(options: argparse.Namespace, policy: NumberPolicy) -> Leads:
    """Read the lead file of a command.

    Raises:
        IngestError: as `read_leads` raises it.
    """
    from ori_campaigns.ingest import read_leads

    with Progress(sys.stderr) as line:

        def show(progress: ingest.Progress) -> None:
            if progress.total >= _WORTH_SHOWING:
                line.show(progress.done // _MB, progress.total // _MB, "MB", f"{progress.records:,} rows")

        return read_leads(
            _standard_input() if options.leads == STANDARD_INPUT else options.leads,
            policy=policy,
            encoding=options.encoding,
            over_limit="truncate" if options.truncate else "refuse",
            progress=show,
        )


def _standard_input() -> BinaryIO:
    # A closed stream has nothing in it.
    return sys.stdin.buffer if sys.stdin is not None else io.BytesIO()


def meanings_of(policy: str) -> Mapping[str, str]:
    """Return what the reasons of skipped rows mean under a number policy, by its name."""
    from ori_campaigns.ingest import REASONS

    meanings = dict(REASONS)
    if policy != DIGITS.name:
        from ori_campaigns import e164

        # Too short and too long are of a country then, no longer of all numbers.
        meanings.update(e164.REASONS)
    return {reason: in_words(meaning) for reason, meaning in meanings.items()}


def in_words(text: str) -> str:
    """Return a sentence of the library with the options of the command line in it.

    >>> in_words("Split it, or read the first ones with over_limit='truncate'.")
    'Split it, or read the first ones with --truncate.'
    """
    for argument, option in _OPTIONS.items():
        text = text.replace(argument, option)
    return text
