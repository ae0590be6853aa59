"""The options of the command line; docs/reference/command-line.md tells them in full."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from ori_campaigns._version import __version__
from ori_campaigns.cli import values
from ori_campaigns.cli.look import encodable, encoding_of
from ori_campaigns.config import SYSTEM_DISPOSITIONS, CampaignMode, DiallerConfig
from ori_campaigns.numbers import masked

PROGRAM = "python -m ori_campaigns"
DEMO_SEED = 7
_WIZARD = DiallerConfig()
# What may be a phone number in a message: eight digits or more, or a plus and digits with spaces or hyphens.
_NUMBER = re.compile(r"\+\d[\d -]{6,}\d|\d{8,}")


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and shows no phone number while doing so."""

    def error(self, message: str) -> NoReturn:
        """Tell what is wrong with the options and leave with 2."""
        told = _NUMBER.sub(lambda match: masked(match[0]), message)
        self.exit(2, f"error: {told}. All options: {self.prog} --help\n")

    def _print_message(self, message: str, file: Any = None) -> None:  # noqa: ANN401 - the type of argparse is private
        # A stream that knows ASCII only shall not end in a traceback.
        if message and file is not None:
            file.write(encodable(message, encoding_of(file)))


def build_parser() -> Parser:
    """Return the parser of the whole command line."""
    parser = Parser(
        prog=PROGRAM,
        description="Outbound calling campaigns for voice bots, tried out in virtual time. Nobody is called.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"ori-campaigns {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")
    demo = commands.add_parser(
        "demo",
        help="a campaign of several days over 1,000 leads that come with the package",
        description="Run a campaign of several days over 1,000 untidy leads that come with the package.",
        allow_abbrev=False,
    )
    demo.add_argument(
        "--seed", type=int, default=DEMO_SEED, metavar="N", help="another seed, another luck (%(default)s)"
    )
    _files(demo, "a new one, ori-demo-1, ori-demo-2, ...")
    simulate = commands.add_parser(
        "simulate",
        help="a campaign over your own leads",
        usage=f"{PROGRAM} simulate LEADS.csv [OPTION ...]",
        description="Run a campaign over your own leads in virtual time. What is not given is as in a new wizard.",
        allow_abbrev=False,
    )
    simulate.add_argument(
        "leads", metavar="LEADS.csv", nargs="?", help="a CSV with a column phone_number; - reads standard input"
    )
    _basics(simulate)
    _pacing(simulate)
    _retries(simulate)
    _carrier(simulate)
    _people(simulate)
    _time(simulate)
    files = simulate.add_argument_group("files")
    _files(files, "none: nothing is written")
    files.add_argument("--skipped", metavar="FILE", help="a new file for the skipped rows: line, value, reason")
    return parser


def _files(group: argparse._ActionsContainer, otherwise: str) -> None:
    group.add_argument("--out", metavar="DIR", help=f"a new or empty folder for the attempts ({otherwise})")
    group.add_argument(
        "--csv",
        choices=["spreadsheet", "exact"],
        default="spreadsheet",
        help="how CSV is written: safe to open in a spreadsheet, or no text altered (%(default)s)",
    )


def _basics(parser: Parser) -> None:
    group = parser.add_argument_group("basics and number pool")
    group.add_argument("--name", help="of the campaign (the name of the file)")
    group.add_argument("--bot", metavar="ID", help="the bot that speaks (a made-up one)")
    group.add_argument(
        "--number",
        dest="numbers",
        metavar="NUMBER",
        action="append",
        help="an outbound number, again for each further one (two made-up ones)",
    )
    group.add_argument(
        "--directory",
        metavar="FILE",
        help="bots and carriers as .toml or .json; then --bot and --number must be among them",
    )


def _pacing(parser: Parser) -> None:
    window = _WIZARD.window
    group = parser.add_argument_group("pacing, hours and days")
    group.add_argument(
        "--concurrency",
        type=values.whole,
        default=_WIZARD.concurrency_limit,
        metavar="N",
        help="calls at the same time (%(default)s)",
    )
    group.add_argument(
        "--mode",
        choices=[mode.value for mode in CampaignMode],
        default=_WIZARD.mode.value,
        help="end with the first window, or go on the next working day (%(default)s)",
    )
    group.add_argument("--always-on", action="store_true", help="never complete by itself; needs multi_day")
    group.add_argument("--window-start", default=window.start, metavar="HH:MM", help="(%(default)s)")
    group.add_argument("--window-end", default=window.end, metavar="HH:MM", help="exclusive (%(default)s)")
    group.add_argument("--timezone", default=window.timezone, metavar="ZONE", help="such as Asia/Kolkata (%(default)s)")
    group.add_argument("--days", default="mon-sun", metavar="DAYS", help="such as mon-fri or mon,wed,fri (%(default)s)")


def _retries(parser: Parser) -> None:
    retry = _WIZARD.retry
    group = parser.add_argument_group("retries, callbacks and exclusion")
    group.add_argument(
        "--max-attempts",
        type=values.whole,
        default=retry.max_attempts,
        metavar="N",
        help="calls to one contact, the first included (%(default)s)",
    )
    group.add_argument(
        "--retry-delay",
        type=values.whole,
        default=retry.delay_minutes,
        metavar="MINUTES",
        help="from the end of a call to the next (%(default)s)",
    )
    group.add_argument(
        "--retry-on",
        type=values.names,
        action="extend",
        default=[],
        metavar="NAMES",
        help=f"outcomes that are dialled again: {', '.join(SYSTEM_DISPOSITIONS)} (none)",
    )
    group.add_argument(
        "--retry-on-business",
        type=values.names,
        action="extend",
        default=[],
        metavar="NAMES",
        help="the same for dispositions of post-call analysis, such as not_available (none)",
    )
    group.add_argument(
        "--stop-after",
        type=values.whole,
        metavar="SECONDS",
        help="no more calls after a connect of more than this (rule off)",
    )
    group.add_argument(
        "--redial-under", type=values.whole, metavar="SECONDS", help="call again after a connect of less (rule off)"
    )
    group.add_argument(
        "--analysis-wait",
        type=values.whole,
        default=_WIZARD.analysis_wait_seconds,
        metavar="SECONDS",
        help="how long a decision waits for post-call analysis (%(default)s)",
    )
    group.add_argument("--callback-detection", action="store_true", help="the campaign's half of the callback gate")
    group.add_argument("--sticky-exclusion", action="store_true", help="excluded numbers stay out when added again")


def _carrier(parser: Parser) -> None:
    group = parser.add_argument_group("carrier (without --directory)")
    group.add_argument("--cps", type=values.amount, metavar="X", help="new calls a second, 0.1 to 100 (1)")
    group.add_argument("--burst", type=int, metavar="N", help="calls that may leave at once, 1 to 1000 (1)")
    group.add_argument("--channels", type=int, metavar="N", help="calls at the same time, 1 to 500 (30)")


def _people(parser: Parser) -> None:
    group = parser.add_argument_group("how people answer")
    group.add_argument(
        "--answer-rate",
        type=values.rates,
        default=[0.3],
        metavar="RATE",
        help="0.3 or 30%%, or 24 of them with commas, by local hour (0.3)",
    )
    group.add_argument(
        "--talk-mean", type=values.seconds, default=60.0, metavar="SECONDS", help="from answer to hang-up (60)"
    )
    group.add_argument(
        "--ring", type=values.span, default=(4.0, 18.0), metavar="LOW-HIGH", help="seconds before an answer (4-18)"
    )
    group.add_argument(
        "--gives-up",
        type=values.span,
        default=(20.0, 30.0),
        metavar="LOW-HIGH",
        help="seconds of ringing when nobody answers (20-30)",
    )
    group.add_argument(
        "--unanswered",
        type=values.mix,
        metavar="MIX",
        help="how unanswered calls end (no_answer=80,busy=10,rejected=7,bad_number=3)",
    )
    group.add_argument(
        "--answered",
        type=values.mix,
        metavar="MIX",
        help="how answered calls end (customer=62,bot=24,RNR=7,voicemail=7)",
    )
    group.add_argument(
        "--business",
        type=values.mix,
        metavar="MIX",
        help="dispositions of post-call analysis, such as promised=3,none=7 (no analysis)",
    )


def _time(parser: Parser) -> None:
    group = parser.add_argument_group("time and chance")
    group.add_argument(
        "--start",
        metavar="WHEN",
        help="when Start is pressed: 2026-01-05T09:00 in the campaign's zone, or with its own offset "
        "(the window's start on Monday, 5 January 2026)",
    )
    group.add_argument("--until", metavar="WHEN", help="when to stop looking (the end of the campaign, or a year)")
    group.add_argument("--seed", type=int, default=0, metavar="N", help="same seed, same campaign (%(default)s)")
