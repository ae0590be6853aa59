"""The commands of the command line; docs/reference/command-line.md tells them in full."""

from __future__ import annotations

import argparse

from ori_campaigns._version import __version__
from ori_campaigns.campaign import CampaignStatus
from ori_campaigns.cli import options, values
from ori_campaigns.cli.options import PROGRAM, Parser
from ori_campaigns.config import CallLimits

DEMO_SEED = 7
STORE = "sqlite:///campaigns.db"
"""Where campaigns are kept unless it is said."""

_LIMITS = CallLimits()
_LEADS = "a CSV with a column phone_number; - reads standard input"
_Commands = argparse._SubParsersAction  # noqa: SLF001 - argparse has no public name for it


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog=PROGRAM,
        description="Outbound calling campaigns for voice bots, tried out with made-up people. Nobody is called.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ori-campaigns {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    _demo(commands)
    _check(commands)
    _simulate(commands)
    _run(commands)
    _list(commands)
    _show(commands)
    _pause(commands)
    _resume(commands)
    _stop(commands)
    _audit(commands)
    return parser


# --- a lead file -----------------------------------------------------------------------------------------------------


def _check(commands: _Commands[Parser]) -> None:
    check = commands.add_parser(
        "check",
        help="what would become of a lead file, and what to do about it",
        usage=f"{PROGRAM} check LEADS.csv [OPTION ...]",
        description="Show what would be accepted of a lead file, what would be skipped and why, and how to put it "
        "right. It ends with 0 if every row is accepted, 1 if some are skipped, 2 if the file cannot be used.",
        allow_abbrev=False,
    )
    check.add_argument("leads", metavar="LEADS.csv", help=_LEADS)
    options.reading(check)
    group = check.add_argument_group("what is told and kept")
    group.add_argument("--skipped", metavar="FILE", help="a new file for the skipped rows: line, value, reason")
    group.add_argument(
        "--for-spreadsheet", action="store_true", help="write it safe to open in a spreadsheet (no text altered)"
    )
    told = group.add_mutually_exclusive_group()
    told.add_argument("--json", action="store_true", help="tell it as one JSON document, for programs")
    told.add_argument("--quiet", action="store_true", help="tell nothing but errors; the exit code says it")


# --- in virtual time -------------------------------------------------------------------------------------------------


def _demo(commands: _Commands[Parser]) -> None:
    demo = commands.add_parser(
        "demo",
        help="a campaign of several days over 1,000 leads that come with the package",
        description="Run a campaign of several days over 1,000 untidy leads that come with the package.",
        allow_abbrev=False,
    )
    demo.add_argument(
        "--seed", type=int, default=DEMO_SEED, metavar="N", help="another seed, another luck (%(default)s)"
    )
    options.files(demo, "a new one, ori-demo-1, ori-demo-2, ...")


def _simulate(commands: _Commands[Parser]) -> None:
    simulate = commands.add_parser(
        "simulate",
        help="a campaign over your own leads, in virtual time",
        usage=f"{PROGRAM} simulate LEADS.csv [OPTION ...]",
        description="Run a campaign over your own leads in virtual time. What is not given is as in a new wizard.",
        allow_abbrev=False,
    )
    simulate.add_argument("leads", metavar="LEADS.csv", nargs="?", help=_LEADS)
    options.reading(simulate)
    _definition(simulate)
    group = simulate.add_argument_group("time and chance")
    group.add_argument(
        "--start",
        metavar="WHEN",
        help="when Start is pressed: 2026-01-05T09:00 in the campaign's zone, or with its own offset "
        "(the window's start on Monday, 5 January 2026)",
    )
    group.add_argument("--until", metavar="WHEN", help="when to stop looking (the end of the campaign, or a year)")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same campaign (%(default)s)")
    _kept_files(simulate)


def _definition(parser: Parser) -> None:
    options.basics(parser)
    options.pacing(parser)
    options.retries(parser)
    options.carrier(parser)
    options.people(parser)


def _kept_files(parser: Parser) -> None:
    files = parser.add_argument_group("files")
    options.files(files, "none: nothing is written")
    files.add_argument("--skipped", metavar="FILE", help="a new file for the skipped rows: line, value, reason")


# --- over a store ----------------------------------------------------------------------------------------------------


def _over_a_store(commands: _Commands[Parser], name: str, what: str, usage: str, description: str) -> Parser:
    parser = commands.add_parser(
        name,
        help=what,
        usage=f"{PROGRAM} {name} {usage}".rstrip(),
        description=description,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--store",
        default=STORE,
        metavar="URL",
        help="where campaigns are kept: sqlite:///FILE or postgresql://USER@HOST/DATABASE (%(default)s)",
    )
    return parser


def _by(parser: Parser) -> None:
    parser.add_argument("--by", metavar="NAME", help="who does it, for the activity log (the user of this machine)")


def _run(commands: _Commands[Parser]) -> None:
    run = _over_a_store(
        commands,
        "run",
        "a campaign over your own leads, in real time, kept in a store",
        "LEADS.csv [OPTION ...]",
        "Run a campaign in real time with made-up people; nobody is called. The same command again goes on with it.",
    )
    run.add_argument("leads", metavar="LEADS.csv", nargs="?", help=_LEADS)
    run.add_argument("--campaign", metavar="ID", help="go on with this campaign of the store instead of a file")
    run.add_argument("--leave-when-paused", action="store_true", help="end when it is paused instead of waiting")
    _by(run)
    options.reading(run)
    _definition(run)
    calls = run.add_argument_group("limits of a call, and chance")
    calls.add_argument(
        "--ring-limit",
        type=values.limit,
        default=_LIMITS.ring,
        metavar="SECONDS",
        help="a phone rings for so long at most (%(default)s)",
    )
    calls.add_argument(
        "--talk-limit",
        type=values.limit,
        default=_LIMITS.talk,
        metavar="SECONDS",
        help="a call is ended so long after its answer (%(default)s)",
    )
    calls.add_argument("--seed", type=int, default=0, metavar="N", help="another seed, another luck (%(default)s)")
    _kept_files(run)


def _list(commands: _Commands[Parser]) -> None:
    parser = _over_a_store(
        commands, "list", "the campaigns of a store", "[OPTION ...]", "Show the campaigns of a store, newest first."
    )
    parser.add_argument("--search", default="", metavar="TEXT", help="any part of a name or id")
    parser.add_argument("--status", choices=[status.value for status in CampaignStatus], help="only these")
    parser.add_argument("--workspace", default="default", metavar="NAME", help="whose campaigns (%(default)s)")


def _of_one(parser: Parser) -> None:
    parser.add_argument("campaign", metavar="ID", help="the campaign: its id, or the beginning of it")


def _show(commands: _Commands[Parser]) -> None:
    what = "one campaign: where it stands, its settings, its carriers, its log"
    _of_one(
        _over_a_store(commands, "show", what, "ID [--store URL]", "Show where a campaign stands, and how it is set up.")
    )


def _pause(commands: _Commands[Parser]) -> None:
    pause = _over_a_store(
        commands,
        "pause",
        "halt the dialling of a campaign",
        "ID [OPTION ...]",
        "Halt the dialling of a campaign, also of one that another process runs. Calls in progress go on.",
    )
    _of_one(pause)
    _by(pause)


def _resume(commands: _Commands[Parser]) -> None:
    resume = _over_a_store(
        commands,
        "resume",
        "let a paused campaign go on",
        "ID [OPTION ...]",
        "Let a paused campaign go on, where it was. It is dialled by whichever `run` of it is going on.",
    )
    _of_one(resume)
    _by(resume)
    resume.add_argument(
        "--directory",
        metavar="FILE",
        help="bots and carriers as .toml or .json (what was configured when it was last started)",
    )


def _stop(commands: _Commands[Parser]) -> None:
    stop = _over_a_store(
        commands,
        "stop",
        "end a campaign for good",
        "ID [OPTION ...]",
        "End a campaign for good. Calls in progress go on to their end; nobody else is called.",
    )
    _of_one(stop)
    _by(stop)


def _audit(commands: _Commands[Parser]) -> None:
    audit = _over_a_store(
        commands,
        "audit",
        "count everything in a store again",
        "[ID ...] [--store URL]",
        "Count everything again, from rows and from the log, and check that no promise was broken. It only reads.",
    )
    audit.add_argument("campaigns", metavar="ID", nargs="*", help="only these campaigns (all of them)")
