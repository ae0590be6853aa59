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
    if path.exists():
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


def write_folder(folder: Path, files: Mapping[str, Writer]) -> None:
    """Write files into a new or empty folder: all of them, or none.

    Raises:
        OSError: a file could not be written; those before it are gone again.
    """
    made = not folder.exists()
    folder.mkdir(exist_ok=True)
    try:
        for name, write in files.items():
            write(folder / name)
    except BaseException:
        for name in files:
            (folder / name).unlink(missing_ok=True)
        if made:
            with suppress(OSError):
                folder.rmdir()
        raise


def new_folder(stem: str) -> Path:
    """Make a folder `<stem>-1`, `-2`, ... in the current one, the first that is free."""
    for number in count(1):
        with suppress(FileExistsError):
            folder = Path(f"{stem}-{number}")
            folder.mkdir()
            return folder
    raise AssertionError


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
