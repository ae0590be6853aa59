"""The diagrams and tables on docs/reference/lifecycle.md, drawn from the tables the engine goes by.

Between `<!-- drawn: name -->` and `<!-- end -->` the page is written by this script; the rest is written by hand.

    python tests/lifecycle_page.py --write      write the page
    python tests/lifecycle_page.py              say whether it is fresh

It needs the package to be installed, as README.md does it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from ori_campaigns.actions import FACES, Tone
from ori_campaigns.campaign import LIFECYCLE, Action, Stage
from ori_campaigns.contact import (
    ATTEMPT_MOVES,
    CONTACT_MOVES,
    FINAL,
    WAITING,
    AttemptStatus,
    ContactStatus,
)

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "lifecycle.md"

_BLOCK = re.compile(r"(?<=<!-- drawn: )(?P<name>[a-z]+) -->\n.*?(?=<!-- end -->)", re.DOTALL)


def _mermaid(lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", "stateDiagram-v2", *(f"    {line}" for line in lines), "```"])


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _name(stage: Stage) -> str:
    return stage.name.lower()


def campaign_diagram(table: Mapping[Stage, Mapping[Action, tuple[Stage, ...]]]) -> str:
    """Draw the moves between stages; actions that stay where they are belong into the table of buttons."""
    lines = [f'state "{stage.value}" as {_name(stage)}' for stage in table if stage.value != _name(stage)]
    lines.append(f"[*] --> {_name(Stage.DRAFT)}: create")
    for stage, actions in table.items():
        for action, targets in actions.items():
            ends = [_name(target) for target in targets if target is not stage] or (["[*]"] if not targets else [])
            lines += [f"{_name(stage)} --> {end}: {action.value}" for end in ends]
    return _mermaid(lines)


def buttons_table(table: Mapping[Stage, Mapping[Action, tuple[Stage, ...]]]) -> str:
    """List the actions of each stage: those a person takes in the order of the row, then the others."""
    rows = []
    for stage, actions in table.items():
        buttons = [FACES[action].label for action in actions if action in FACES]
        others = [f"`{action.value}`" for action in actions if action not in FACES]
        rows.append((stage.value, ", ".join(buttons), ", ".join(others) or "none"))
    return _table(("Stage", "Buttons, in order", "Without a button"), rows)


def faces_table() -> str:
    """List how each button looks and where it leads."""
    rows = [
        (
            f"`{action.value}`",
            face.label,
            face.icon.value,
            "red" if face.tone is Tone.RED else "",
            f"`{face.leads_to.value}`",
        )
        for action, face in FACES.items()
    ]
    return _table(("Action", "Label", "Icon", "Tone", "Leads to"), rows)


def contact_diagram(table: Mapping[ContactStatus, Collection[ContactStatus]]) -> str:
    """Draw the moves of a contact within one run; what all waiting states share is drawn once, from their box."""
    waiting = [status for status in ContactStatus if status in WAITING]
    shared = set.intersection(*(set(table[status]) for status in waiting)) - WAITING
    lines = [f"[*] --> {ContactStatus.PENDING.value}", "state waiting {"]
    lines += [f"    {status.value}" for status in waiting]
    lines.append("}")
    lines += [f"waiting --> {status.value}" for status in ContactStatus if status in shared]
    for status in ContactStatus:
        own = set(table[status]) - (shared if status in WAITING else set())
        lines += [f"{status.value} --> {target.value}" for target in ContactStatus if target in own]
    lines += [f"{status.value} --> [*]" for status in ContactStatus if not table[status]]
    return _mermaid(lines)


def contact_table(table: Mapping[ContactStatus, Collection[ContactStatus]]) -> str:
    """List every state of a contact with its class and where it may go."""
    rows = []
    for status in ContactStatus:
        kind = "waiting" if status in WAITING else "final" if status in FINAL else "active"
        targets = ", ".join(f"`{target.value}`" for target in ContactStatus if target in table[status])
        rows.append((f"`{status.value}`", kind, targets or "nowhere, in this run"))
    return _table(("State", "Class", "May go to"), rows)


def attempt_diagram(table: Mapping[AttemptStatus, Collection[AttemptStatus]]) -> str:
    """Draw the moves of an attempt; skipping rungs is left to the table, so that the ladder can be seen."""
    order = [status for status in AttemptStatus if status is not AttemptStatus.UNKNOWN]
    lines = [f"[*] --> {AttemptStatus.RESERVED.value}"]
    for status in AttemptStatus:
        targets = [target for target in AttemptStatus if target in table[status]]
        ladder = [target for target in targets if status in order and target in order and table[target]]
        drawn = [target for target in targets if target not in ladder[1:]]
        lines += [f"{status.value} --> {target.value}" for target in drawn]
    lines += [f"{status.value} --> [*]" for status in AttemptStatus if not table[status]]
    return _mermaid(lines)


def attempt_table(table: Mapping[AttemptStatus, Collection[AttemptStatus]]) -> str:
    """List every state of an attempt with all states it may go to."""
    rows = [
        (
            f"`{status.value}`",
            ", ".join(f"`{target.value}`" for target in AttemptStatus if target in table[status]) or "nowhere",
        )
        for status in AttemptStatus
    ]
    return _table(("State", "May go to"), rows)


BLOCKS: Mapping[str, Callable[[], str]] = {
    "campaign": lambda: campaign_diagram(LIFECYCLE),
    "buttons": lambda: buttons_table(LIFECYCLE),
    "faces": faces_table,
    "contact": lambda: contact_diagram(CONTACT_MOVES),
    "contacts": lambda: contact_table(CONTACT_MOVES),
    "attempt": lambda: attempt_diagram(ATTEMPT_MOVES),
    "attempts": lambda: attempt_table(ATTEMPT_MOVES),
}


def blocks(page: str) -> list[str]:
    """List the names of the blocks of a page, in order."""
    return [match["name"] for match in _BLOCK.finditer(page)]


def written(page: str) -> str:
    """Return the page with its blocks drawn anew."""
    return _BLOCK.sub(lambda match: f"{match['name']} -->\n\n{BLOCKS[match['name']]()}\n\n", page)


def main(arguments: Sequence[str]) -> int:
    """Write the page, or say whether it is fresh."""
    page = PAGE.read_text(encoding="utf-8")
    fresh = written(page)
    if arguments == ["--write"]:
        PAGE.write_text(fresh, encoding="utf-8")
        return 0
    print("fresh" if page == fresh else "stale; run: python tests/lifecycle_page.py --write")
    return int(page != fresh)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
