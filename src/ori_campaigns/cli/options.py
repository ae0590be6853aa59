"""The options that commands share, in groups; docs/reference/command-line.md tells them in full."""

from __future__ import annotations

import argparse
import re
from typing import Any, NoReturn

from ori_campaigns.cli import values
from ori_campaigns.cli.look import encodable, encoding_of
from ori_campaigns.config import SYSTEM_DISPOSITIONS, CampaignMode, DiallerConfig
from ori_campaigns.numbers import masked

PROGRAM = "python -m ori_campaigns"
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


def files(group: argparse._ActionsContainer, otherwise: str) -> None:
    """Add the options of files that are kept."""
    group.add_argument("--out", metavar="DIR", help=f"a new or empty folder for the attempts ({otherwise})")
    group.add_argument(
        "--csv",
        choices=["spreadsheet", "exact"],
        default="spreadsheet",
        help="how CSV is written: safe to open in a spreadsheet, or no text altered (%(default)s)",
    )


def reading(parser: Parser) -> None:
    """Add the options of how a lead file is read."""
    group = parser.add_argument_group("how the file is read")
    group.add_argument(
        "--region",
        metavar="REGION",
        help="judge numbers by the rules of their countries; those without a country code are of this one, such as IN "
        "(any 8 to 15 digits are a number)",
    )
    group.add_argument(
        "--allow",
        type=values.names,
        action="extend",
        default=[],
        metavar="KINDS",
        help="with --region: numbers to let through as well, premium_rate or shared_cost (neither)",
    )
    group.add_argument(
        "--encoding", metavar="NAME", help="such as cp1252 (UTF-8, or UTF-16 where the file says so itself)"
    )
    group.add_argument(
        "--truncate", action="store_true", help="take the first rows of a file with too many (it is refused)"
    )


def basics(parser: Parser) -> None:
    """Add the options of step 1 and 2 of the wizard."""
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


def pacing(parser: Parser) -> None:
    """Add the options of pacing, window and days."""
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


def retries(parser: Parser) -> None:
    """Add the options of retries, redials, callbacks and exclusion."""
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


def carrier(parser: Parser) -> None:
    """Add the limits of the made-up carrier."""
    group = parser.add_argument_group("carrier (without --directory)")
    group.add_argument("--cps", type=values.amount, metavar="X", help="new calls a second, 0.1 to 100 (1)")
    group.add_argument("--burst", type=int, metavar="N", help="calls that may leave at once, 1 to 1000 (1)")
    group.add_argument("--channels", type=int, metavar="N", help="calls at the same time, 1 to 500 (30)")


def people(parser: Parser) -> None:
    """Add the options of how people answer."""
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
