"""The command line, `python -m ori_campaigns`: lead files, campaigns in virtual time, and campaigns in a store.

Everything is printed in plain text. Colours and drawn bars are for terminals; what is piped is ASCII, apart from the
names that people gave. No phone number is printed in full.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TextIO

import attrs

from ori_campaigns.cli import places
from ori_campaigns.cli.demo import INTRODUCTION, demo_plan
from ori_campaigns.cli.look import encodable, encoding_of, harmless, look_of
from ori_campaigns.cli.options import PROGRAM
from ori_campaigns.cli.parser import build_parser
from ori_campaigns.cli.plan import Refusal, plan_of, refusal_of, sentence
from ori_campaigns.cli.run import Keep, Told, run
from ori_campaigns.errors import ActionNotAllowed, CampaignsError

FAILED, BAD_INPUT, INTERRUPTED, PIPE_CLOSED = 1, 2, 130, 141


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters:
        arguments: what follows `python -m ori_campaigns`; those of the process unless given.

    Returns:
        0 when all went well; 1 when the campaign ran but failed, or a file or the report could not be written, or an
        audit found something; 2 for what cannot be done; 3 for what is unfinished; 130 after Ctrl-C, 143 after SIGTERM,
        141 when the reader of the output went away.
    """
    # A closed stream is one that nobody reads.
    sys.stdout = sys.stdout or io.StringIO()
    sys.stderr = sys.stderr or io.StringIO()
    try:
        return _main(arguments)
    except KeyboardInterrupt:
        _say("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return PIPE_CLOSED


def _main(arguments: Sequence[str] | None) -> int:
    try:
        options = build_parser().parse_args(arguments)
    except SystemExit as leaving:
        # Help and version were printed, or the options were bad and that was said.
        sys.stdout.flush()
        return int(leaving.code or 0)
    try:
        with ExitStack() as options.closing:
            told = _COMMANDS[options.command](options)
    except (Refusal, CampaignsError) as error:
        for line in _reasons(error):
            _say(line, "error")
        return BAD_INPUT
    try:
        _print(told.lines, sys.stdout)
    except BrokenPipeError:
        raise
    except OSError as error:
        _discard_output()
        _say(f"The report could not be printed: {error.strerror}.", "error")
        return FAILED
    if told.failure:
        _say(told.failure, "error")
        return max(told.code, FAILED)
    return told.code


def _reasons(error: Refusal | CampaignsError) -> Iterable[str]:
    if isinstance(error, Refusal):
        return error.lines
    # A refused button names the campaign, the reasons of other errors the options they are about.
    return [str(error)] if isinstance(error, ActionNotAllowed) else refusal_of(error).lines


def _demo(options: argparse.Namespace) -> Told:
    if options.out is None:
        problems = places.writable_problems("--out", Path())
        folder = partial(places.new_folder, "ori-demo")
    else:
        problems = places.folder_problems("--out", Path(options.out))
        folder = partial(Path, options.out)
    if problems:
        raise Refusal(map(sentence, problems))
    look = look_of(sys.stdout)
    told = run(demo_plan(options.seed), Keep(folder, csv=options.csv), look, _warn)
    again = f"Another seed, another luck: {PROGRAM} demo --seed {options.seed + 1}"
    own = f"Your own list: {PROGRAM} simulate LEADS.csv"
    return attrs.evolve(told, lines=(*look.paragraph(INTRODUCTION), "", *told.lines, "", again, own))


def _simulate(options: argparse.Namespace) -> Told:
    keep = Keep(
        folder=partial(Path, options.out) if options.out is not None else None,
        skipped=Path(options.skipped) if options.skipped is not None else None,
        csv=options.csv,
    )
    return run(plan_of(options), keep, look_of(sys.stdout), _warn)


def _check(options: argparse.Namespace) -> Told:
    from ori_campaigns.cli.check import check

    return check(options, look_of(sys.stdout))


# What works over a store is loaded when it is asked for: it needs an extra.


def _run(options: argparse.Namespace) -> Told:
    from ori_campaigns.cli.campaigns import run_campaign

    return run_campaign(options, look_of(sys.stdout), _say, _warn)


def _list(options: argparse.Namespace) -> Told:
    from ori_campaigns.cli.overview import list_campaigns

    return list_campaigns(options, look_of(sys.stdout))


def _show(options: argparse.Namespace) -> Told:
    from ori_campaigns.cli.overview import show

    return show(options, look_of(sys.stdout))


def _pause(options: argparse.Namespace) -> Told:
    from ori_campaigns.cli.operate import pause

    return pause(options, look_of(sys.stdout))


def _resume(options: argparse.Namespace) -> Told:
    from ori_campaigns.cli.operate import resume

    return resume(options, look_of(sys.stdout))


def _stop(options: argparse.Namespace) -> Told:
    from ori_campaigns.cli.operate import stop

    return stop(options, look_of(sys.stdout))


def _audit(options: argparse.Namespace) -> Told:
    from ori_campaigns.cli.audited import audit_store

    return audit_store(options, look_of(sys.stdout))


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], Told]] = {
    "check": _check,
    "demo": _demo,
    "simulate": _simulate,
    "run": _run,
    "list": _list,
    "show": _show,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
    "audit": _audit,
}


def _warn(line: str) -> None:
    _say(line, "warning")


def _say(line: str, kind: str = "") -> None:
    """Print one line on standard error."""
    look = look_of(sys.stderr)
    lead = look.paint(f"{kind}:", "red" if kind == "error" else "amber") + " " if kind else ""
    _print([lead + harmless(line)], sys.stderr)


def _print(lines: Iterable[str], stream: TextIO) -> None:
    stream.write(encodable("".join(f"{line}\n" for line in lines), encoding_of(stream)))
    stream.flush()


def _discard_output() -> None:
    """Lead what is still buffered nowhere; the interpreter would complain about it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
