"""Where files go: checked before the work begins, written whole, never over something that is there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count
from pathlib import Path

from ori_campaigns.errors import Problem

Writer = Callable[[Path], None]


def folder_problems(option: str, folder: Path) -> list[Problem]:
    """Return what keeps files from being written into a folder: it must be new or empty."""
    try:
        if folder.is_dir():
            if any(folder.iterdir()):
                hint = "Give a new or an empty folder; nothing is overwritten."
                return [Problem(option, "folder_not_empty", f"The folder {folder} is not empty.", hint)]
            return writable_problems(option, folder)
    except OSError as error:
        return [_refused(option, folder, error)]
    if folder.exists() or folder.is_symlink():
        return [Problem(option, "not_a_folder", f"{folder} is a file.", "Give a new or an empty folder.")]
    return _parent_problems(option, folder)


def new_file_problems(option: str, path: Path) -> list[Problem]:
    """Return what keeps a new file from being written."""
    try:
        there = path.exists()
    except OSError as error:
        return [_refused(option, path.parent, error)]
    if there:
        hint = "Give another name; nothing is overwritten."
        return [Problem(option, "file_exists", f"{path} is there already.", hint)]
    return _parent_problems(option, path)


def _parent_problems(option: str, path: Path) -> list[Problem]:
    if not path.parent.is_dir():
        hint = "Create it, or give another place."
        return [Problem(option, "no_such_folder", f"There is no folder {path.parent}.", hint)]
    return writable_problems(option, path.parent)


def writable_problems(option: str, folder: Path) -> list[Problem]:
    """Return what keeps files from being made in a folder that is there."""
    # Trying is the only answer that holds on every file system.
    try:
        Path(tempfile.mkdtemp(prefix=".ori-", dir=folder)).rmdir()
    except OSError as error:
        return [_refused(option, folder, error)]
    return []


def _refused(option: str, folder: Path, error: OSError) -> Problem:
    message = f"Nothing can be written in {folder} ({error.strerror or error})."
    return Problem(option, "folder_not_writable", message, "Give another place.")


def write_files(folder: Path | None, files: Mapping[Path, Writer]) -> None:
    """Write new files, all of them or none.

    Parameters:
        folder: made first, if it is not there.
        files: what writes each file.

    Raises:
        OSError: a file could not be written, or its folder made; the others are gone again.
    """
    made = folder if folder is not None and not folder.exists() else None
    if made is not None:
        made.mkdir()
    try:
        for path, write in files.items():
            write(path)
    except BaseException:
        for path in files:
            path.unlink(missing_ok=True)
        if made is not None:
            with suppress(OSError):
                made.rmdir()
        raise


def new_folder(stem: str) -> Path:
    """Return the first of `<stem>-1`, `-2`, ... in the current folder that is not there."""
    return next(folder for number in count(1) if not (folder := Path(f"{stem}-{number}")).exists())


def whole(write: Writer) -> Writer:
    """Return a writer whose file is there whole or not at all."""

    def writing(path: Path) -> None:
        unfinished = path.with_name(f".{path.name}.unfinished")
        try:
            write(unfinished)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)

    return writing
