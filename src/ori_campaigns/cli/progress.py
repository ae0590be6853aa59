"""A line on the terminal that says how far a command is; where nobody watches, nothing."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Self, TextIO

from ori_campaigns.cli.look import Look, look_of

_BAR = 30


class Progress:
    """Rewrites one line of a terminal while a command runs, and takes it away afterwards.

    Parameters:
        stream: where to; nothing is written unless it is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._look: Look | None = look_of(stream) if stream.isatty() else None
        self._shown = ""

    @property
    def drawn(self) -> bool:
        """Whether somebody watches."""
        return self._look is not None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def clear(self) -> None:
        """Take the line away; the next one is drawn anew."""
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()
            self._shown = ""

    def __call__(self, done: int, total: int, moment: datetime) -> None:
        """Show how many contacts are processed, and the virtual time."""
        self.show(done, total, "contacts", f"{moment:%a} {moment.day:2} {moment:%b %H:%M}")

    def show(self, done: int, total: int, what: str, note: str) -> None:
        """Show how many of what are done, and something beside it."""
        if self._look is None:
            return
        part = done / total if total else 1.0
        bar = self._look.bar(part, _BAR, rest=True)
        line = f"{bar} {int(part * 100):3} %  {done:,} of {total:,} {what}  {note}".rstrip()[: self._look.width - 1]
        if line != self._shown:
            self._stream.write("\r" + line.ljust(len(self._shown)))
            self._stream.flush()
            self._shown = line
