"""A line on the terminal that says how far a simulation is; where nobody watches, nothing."""

from __future__ import annotations

from datetime import datetime
from types import TracebackType
from typing import Self, TextIO

from ori_campaigns.cli.look import Look, look_of

_BAR = 30


class Progress:
    """Rewrites one line of a terminal while a simulation runs, and takes it away afterwards.

    Parameters:
        stream: where to; nothing is written unless it is a terminal.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._look: Look | None = look_of(stream) if stream.isatty() else None
        self._shown = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._stream.write("\r" + " " * len(self._shown) + "\r")
            self._stream.flush()

    def __call__(self, done: int, total: int, moment: datetime) -> None:
        """Show how many contacts are processed, and the virtual time."""
        if self._look is None:
            return
        part = done / total if total else 1.0
        when = f"{moment:%a} {moment.day:2} {moment:%b %H:%M}"
        bar = self._look.bar(part, _BAR, rest=True)
        line = f"{bar} {int(part * 100):3} %  {done:,} of {total:,} contacts  {when}"[: self._look.width - 1]
        if line != self._shown:
            self._stream.write("\r" + line.ljust(len(self._shown)))
            self._stream.flush()
            self._shown = line
