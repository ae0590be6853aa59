"""`check`: what would become of a lead file, before anything is done with it (C4)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from ori_campaigns.cli import places
from ori_campaigns.cli.checked import report_of
from ori_campaigns.cli.findings import Findings, findings_of
from ori_campaigns.cli.look import Look
from ori_campaigns.cli.plan import Refusal, sentence, write_skipped
from ori_campaigns.cli.reading import STANDARD_INPUT, in_words, policy_of, read_file
from ori_campaigns.cli.run import Told
from ori_campaigns.errors import IngestError
from ori_campaigns.numbers import NumberPolicy

if TYPE_CHECKING:
    from ori_campaigns.ingest import Leads

ALL_ACCEPTED, SOME_SKIPPED, NOT_USABLE = 0, 1, 2
_SEND_BACK = (
    "To send the skipped rows back for correction, add --skipped FILE, and --for-spreadsheet to open it in one."
)
# What is wrong with the question, not with a file.
_NOTHING_READ = frozenset({"file_not_found", "not_a_file", "file_not_readable", "unknown_encoding"})


def check(options: argparse.Namespace, look: Look) -> Told:
    """Read a lead file and tell what is in it; write the skipped rows, if that is asked for.

    Raises:
        Refusal, InvalidDefinition, MissingExtra: it cannot be read as it was asked for.
    """
    _refuse_bad_options(options)
    policy = policy_of(options)
    leads, error = _read(options, policy)
    if error is not None and error.code in _NOTHING_READ and not options.json:
        raise Refusal([in_words(str(error))])
    findings = findings_of(*_named(options), policy, leads, error)
    failures = [findings.refused.message] if findings.refused is not None and options.quiet else []
    code = NOT_USABLE if not findings.usable else SOME_SKIPPED if findings.skipped else ALL_ACCEPTED
    if leads is not None and options.skipped is not None:
        try:
            write_skipped(leads, Path(options.skipped), "spreadsheet" if options.for_spreadsheet else "exact")
        except OSError as problem:
            failures.append(f"--skipped: {options.skipped} could not be written ({problem.strerror or problem}).")
            code = NOT_USABLE
        else:
            findings = attrs.evolve(findings, skipped_file=options.skipped)
    return Told(tuple(_lines(findings, options, look)), " ".join(failures), code)


def _refuse_bad_options(options: argparse.Namespace) -> None:
    reasons = []
    if options.skipped is not None:
        reasons += [sentence(each) for each in places.new_file_problems("--skipped", Path(options.skipped))]
    elif options.for_spreadsheet:
        reasons.append("--for-spreadsheet: It is about the file of --skipped. Give both, or leave it out.")
    if reasons:
        raise Refusal(reasons)


def _read(options: argparse.Namespace, policy: NumberPolicy) -> tuple[Leads | None, IngestError | None]:
    """Return the report and the refusal: one of them, or both for a file without a valid row."""
    from ori_campaigns.ingest import Leads

    try:
        return read_file(options, policy), None
    except IngestError as error:
        leads = error.facts.get("leads")
        return leads if isinstance(leads, Leads) else None, error


def _named(options: argparse.Namespace) -> tuple[str, int | None]:
    """Return what the file is called, and its size if that is known."""
    if options.leads == STANDARD_INPUT:
        return "standard input", None
    path = Path(options.leads)
    try:
        return path.name, path.stat().st_size if path.is_file() else None
    except (OSError, ValueError):  # a name with a NUL in it is no name of a file
        return path.name, None


def _lines(findings: Findings, options: argparse.Namespace, look: Look) -> Iterable[str]:
    if options.quiet:
        return ()
    if options.json:
        # In ASCII: no stream has to replace a character, and none can steer a terminal.
        return json.dumps(attrs.asdict(findings), indent=2, default=str).splitlines()
    return [*report_of(findings, look), *_next_step(findings, options, look)]


def _next_step(findings: Findings, options: argparse.Namespace, look: Look) -> list[str]:
    if findings.rows is None and options.skipped is not None:
        return ["", *look.paragraph(f"No row was read; {look.name(options.skipped)} was not written.")]
    if findings.skipped and options.skipped is None:
        return ["", *look.paragraph(_SEND_BACK)]
    return []
