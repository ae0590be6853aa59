"""`audit`: everything in a store counted again."""

from __future__ import annotations

import argparse
import sys

from ori_campaigns.auditing import Audit, Finding, audit
from ori_campaigns.cli.look import Look
from ori_campaigns.cli.opened import find, open_store, shown
from ori_campaigns.cli.operate import named
from ori_campaigns.cli.progress import Progress
from ori_campaigns.cli.report import count_of
from ori_campaigns.cli.run import Told

CLEAN, FINDINGS, INCOMPLETE = 0, 1, 3
# What each invariant promises, in the words of docs/explanation/reliability.md.
_PROMISED = {
    "I1": "never two live calls to one number",
    "I2": "no new call outside the window",
    "I3": "never more calls at a time than set",
    "I4": "never above a carrier's limits",
    "I5": "never more calls to a contact than set",
    "I6": "no call to an excluded number",
    "I7": "no call while it does not run",
    "I8": "a call ends once, with one outcome",
    "I9": "a crash loses nothing and doubles nothing",
    "I10": "legal moves only",
    "I11": "name, bot and list stay as they are",
    "I12": "everybody is on the list, in one state",
    "I13": "decisions follow from settings and history",
    "I14": "called from numbers of the pool only",
    "I15": "everybody gets their turn",
    "I16": "counters, rows and log tell the same",
}


def audit_store(options: argparse.Namespace, look: Look) -> Told:
    """Count everything again (M6)."""
    store = open_store(options)
    ids = [find(store, options.store, each).id for each in options.campaigns]
    with Progress(sys.stderr) as progress:
        found = audit(
            store,
            ids or None,
            on_progress=lambda done, total, read: progress.show(done, total, "campaigns", f"{read:,} rows and events"),
        )
    names = {each.id: named(each, look) for each in store.campaigns()}
    lines = look.paragraph(_checked(found, shown(options.store)))
    for finding in found.findings:
        lines += ["", *_told(finding, names.get(finding.campaign_id, finding.campaign_id), look)]
    if found.busy:
        busy = ", ".join(names.get(each, each) for each in found.busy)
        lines += ["", *look.paragraph(f"Never stood still, so that only the log was checked: {busy}. Ask again later.")]
    lines += ["", *look.paragraph(_verdict(found))]
    return Told(tuple(lines), code=FINDINGS if found.findings else INCOMPLETE if found.busy else CLEAN)


def _checked(found: Audit, where: str) -> str:
    counts = (
        count_of(found.campaigns, "campaign"),
        count_of(found.contacts, "contact"),
        count_of(found.attempts, "call"),
        count_of(found.events, "event"),
    )
    return f"Checked in {where}: {', '.join(counts)}."


def _verdict(found: Audit) -> str:
    if found.findings:
        return f"{count_of(len(found.findings), 'finding')}."
    return "No finding so far." if found.busy else "No finding: counters, rows and log agree."


def _told(finding: Finding, name: str, look: Look) -> list[str]:
    promise = _PROMISED.get(finding.invariant, "")
    title = look.paragraph(f"{finding.invariant}: {promise}" if promise else finding.invariant)
    rows = [("  In", name), ("  Looked at", finding.what), ("  Expected", finding.expected), ("  Found", finding.found)]
    return [
        *(look.paint(line, "bold") for line in title),
        *look.pairs([(key, look.name(value)) for key, value in rows]),
    ]
