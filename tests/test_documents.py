"""The pages hold together: README's examples run, links lead somewhere, no example is left out by a typing slip."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import documents

ROOT = documents.ROOT
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Blocks that are shown; `python` blocks are the only ones that run, so their other spellings are not allowed.
SHOWN = {"bash", "console", "csv", "ini", "json", "mermaid", "sql", "text", "toml", "yaml"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_the_examples_of_the_readme_run() -> None:
    # Sybil's own collection stops at the folder of a conftest.py, and README.md lies above them all.
    runner = documents.sybil(ROOT)
    document = runner.parse(ROOT / "README.md")
    namespace: dict[str, Any] = document.namespace
    assert runner.setup is not None
    assert runner.teardown is not None
    runner.setup(namespace)
    try:
        for example in document.examples():
            example.evaluate()
    finally:
        runner.teardown(namespace)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_is_run_or_shown(page: Path) -> None:
    fences = re.findall(r"^ *```(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(fences) % 2 == 0, "a block is not closed"
    assert set(fences[::2]) <= SHOWN | {"python"}
    assert set(fences[1::2]) <= {""}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    dead = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not dead
