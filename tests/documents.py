"""How the examples of the pages are run: every ```python block, in one namespace for each page, in an empty folder."""

from __future__ import annotations

import os
import tempfile
from doctest import ELLIPSIS
from pathlib import Path
from typing import Any

from sybil import Sybil
from sybil.parsers.markdown import PythonCodeBlockParser

ROOT = Path(__file__).resolve().parent.parent
_FOLDER = "_folder"


def _enter(namespace: dict[str, Any]) -> None:
    """Examples may write files; they do so where nobody else looks."""
    # Windows keeps a folder that is somebody's current one; leaving it comes first, in _leave.
    folder = tempfile.TemporaryDirectory()
    namespace[_FOLDER] = (folder, Path.cwd())
    os.chdir(folder.name)


def _leave(namespace: dict[str, Any]) -> None:
    folder, before = namespace.pop(_FOLDER)
    os.chdir(before)
    folder.cleanup()


def sybil(path: Path) -> Sybil:
    """Run the examples of the Markdown pages below `path`."""
    return Sybil(
        parsers=[PythonCodeBlockParser(doctest_optionflags=ELLIPSIS)],
        path=str(path),
        pattern="*.md",
        setup=_enter,
        teardown=_leave,
    )
