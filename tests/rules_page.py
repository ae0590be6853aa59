"""The rules on docs/reference/rules.md and the tests that carry them.

The page is read, the tests are scanned (their source, so it does not matter which of them were selected to run), and
the page's last column is written from what was found:

    python tests/rules_page.py --write      write the column
    python tests/rules_page.py S1 S6        print the tests of some rules
    python tests/rules_page.py              print the rules that no test carries
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "rules.md"
TESTS = ROOT / "tests"


def _span(section: str, first: int, last: int) -> set[str]:
    return {f"{section}{number}" for number in range(first, last + 1)}


# What has to be proved today. Widen it with each part that gets built; the aim is the whole page.
REQUIRED: frozenset[str] = frozenset(
    _span("L", 1, 20)
    | _span("N", 1, 7)
    | _span("S", 1, 10)
    | _span("R", 1, 3)
    | _span("R", 5, 15)
    | {"X3", "X5"}
    | _span("P", 1, 5)
    | {"P7", "P9"}
    | _span("M", 1, 6)
    | {"M8"}
    | _span("C", 1, 13)
    | _span("W", 1, 18)
    | {"X4"}
)

_ROW = re.compile(r"^\| (?P<id>[A-Z]\d+) \| (?P<rule>.+?) \| (?P<tests>.*?) ?\|$", re.MULTILINE)


class Rule(NamedTuple):
    """One line of the page."""

    id: str
    text: str


class Proof(NamedTuple):
    """A marker found in a test file: `name` is the marked function or class, or empty for a whole file."""

    id: str
    path: Path
    name: str


class MarkerError(Exception):
    """A behaviour marker is written so that it proves nothing, or so that it cannot be read."""


def rules(page: str) -> list[Rule]:
    """Read the rules in page order; an id that stands there twice is an error."""
    found = [Rule(match["id"], match["rule"]) for match in _ROW.finditer(page)]
    twice = [name for name, count in Counter(rule.id for rule in found).items() if count > 1]
    if twice:
        message = f"Rules stand on the page twice: {', '.join(twice)}."
        raise MarkerError(message)
    return found


def proofs(tests: Path = TESTS) -> list[Proof]:
    """Read every behaviour marker from the test files under `tests`, in file order, each once."""
    found: dict[Proof, None] = {}
    for path in sorted(tests.rglob("test_*.py")):
        found.update(dict.fromkeys(_in_file(path)))
    return list(found)


def _in_file(path: Path) -> Iterator[Proof]:
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    yield from _below(tree, path, "")


def _below(node: ast.AST, path: Path, inside: str) -> Iterator[Proof]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{inside}::{child.name}".removeprefix("::")
            for decorator in child.decorator_list:
                for proof in _below(ast.Expression(decorator), path, name):
                    # pytest collects nothing else, so a marker elsewhere would be an empty claim.
                    if not child.name.startswith(("test", "Test")):
                        message = f"{path.name}:{child.lineno}: {name} carries {proof.id} but is no test."
                        raise MarkerError(message)
                    yield proof
            for statement in child.body:
                yield from _below(ast.Module([statement], []), path, name)
        elif isinstance(child, ast.Call) and ast.unparse(child.func) == "pytest.mark.behaviour":
            for argument in child.args:
                if not (isinstance(argument, ast.Constant) and isinstance(argument.value, str)):
                    message = f"{path.name}:{child.lineno}: write the ids of a behaviour marker out as literals."
                    raise MarkerError(message)
                yield Proof(argument.value, path, inside)
        else:
            yield from _below(child, path, inside)


def written(page: str, found: Iterable[Proof], folder: Path = PAGE.parent) -> str:
    """Return the page with its last column made from `found`; links are relative to `folder`."""
    links: dict[str, list[str]] = {}
    for proof in found:
        target = "../" * len(folder.relative_to(ROOT).parts) + proof.path.relative_to(ROOT).as_posix()
        link = f"[{proof.path.stem}]({target})"
        if link not in links.setdefault(proof.id, []):
            links[proof.id].append(link)

    def row(match: re.Match[str]) -> str:
        cell = ", ".join(links.get(match["id"], ()))
        return f"| {match['id']} | {match['rule']} | {cell + ' ' if cell else ''}|"

    return _ROW.sub(row, page)


def without_test(found: Iterable[Proof], page: str) -> list[str]:
    """List the ids of the page that no test carries, in page order."""
    carried = {proof.id for proof in found}
    return [rule.id for rule in rules(page) if rule.id not in carried]


def main(arguments: Sequence[str]) -> int:
    """Write the page, or print what was asked for."""
    page, found = PAGE.read_text(encoding="utf-8"), proofs()
    if arguments == ["--write"]:
        PAGE.write_text(written(page, found), encoding="utf-8")
    elif arguments:
        for proof in found:
            if proof.id in arguments:
                print(proof.id, "::".join(filter(None, (proof.path.relative_to(ROOT).as_posix(), proof.name))))
    else:
        print("Rules without a test:", " ".join(without_test(found, page)) or "none")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
