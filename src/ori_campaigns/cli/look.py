"""How text looks on one stream: its width, colours, and the characters it can show; tables and bars in plain text."""

from __future__ import annotations

import os
import shutil
import textwrap
import unicodedata
from collections.abc import Mapping, Sequence
from math import ceil
from typing import NamedTuple, TextIO, TypeAlias

import attrs

NARROWEST, WIDEST = 48, 100
_GAP = 2
_BAR = 30
_LEAST = 8
_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "amber": "33",
    "blue": "34",
    "purple": "35",
    "cyan": "36",
    "grey": "90",
}
# Glyphs with their stand-ins where only ASCII is safe.
_FULL, _REST, _LINE = ("█", "#"), ("░", "."), ("─", "-")
_EIGHTHS = " ▏▎▍▌▋▊▉█"
SHADES = 4
_SHADES = (" ░▒▓█", " .:*#")


class Bar(NamedTuple):
    """A cell that is a bar.

    Parameters:
        share: how much of its column it fills, from 0 to 1.
    """

    share: float


class Column(NamedTuple):
    """A column of a table.

    Parameters:
        title: may have two lines.
        right: aligned to the right.
        flexible: takes the room that is left; its text is wrapped, its bars fill it. One column of a table at most.
    """

    title: str
    right: bool = False
    flexible: bool = False


class Painted(NamedTuple):
    """A cell in one colour."""

    text: str
    style: str


Cell: TypeAlias = str | Bar | Painted


@attrs.frozen
class Look:
    """How text looks on one stream.

    Parameters:
        width: characters in a line.
        colour: whether ANSI colours are welcome.
        glyphs: whether bars and rules may be drawn with more than ASCII.
        encoding: of the stream, for names.
    """

    width: int = 80
    colour: bool = False
    glyphs: bool = False
    encoding: str = "utf-8"

    def name(self, text: str) -> str:
        """Return a text from outside as it can be shown; before it is laid out, because its width may change."""
        return encodable(harmless(text), self.encoding)

    def paint(self, text: str, style: str) -> str:
        """Colour a text, where colours are welcome."""
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if self.colour and style and text.strip() else text

    def bar(self, share: float, width: int, *, rest: bool = False) -> str:
        """Draw a bar of `width` characters; with `rest` what is missing is drawn as well."""
        filled = min(max(share, 0.0), 1.0) * width
        if rest:
            whole = round(filled)
            return _FULL[not self.glyphs] * whole + _REST[not self.glyphs] * (width - whole)
        if not self.glyphs:
            # A hair of something is still something.
            return "#" * max(round(filled), int(share > 0))
        eighths = max(round(filled * 8), int(share > 0))
        return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()

    def shade(self, share: float) -> str:
        """Return one character, the denser the higher the share; blank only for nothing."""
        return _SHADES[not self.glyphs][min(max(ceil(share * SHADES), 0), SHADES)]

    def heading(self, title: str, note: str = "") -> list[str]:
        """Return a blank line, a section's title with a note to the right of it, and a rule."""
        room = self.width - wide(title) - wide(note)
        lines = ["", self.paint(title, "bold") + (" " * room + self.paint(note, "dim") if note and room > 1 else "")]
        lines.append(self.paint(_LINE[not self.glyphs] * self.width, "dim"))
        if note and room <= 1:
            lines += textwrap.wrap(note, self.width)
        return lines

    def paragraph(self, text: str) -> list[str]:
        """Wrap a text to the width."""
        return textwrap.wrap(text, self.width, break_on_hyphens=False)

    def pairs(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        """Return names with their values, one below the other, long values wrapped."""
        left = max((wide(name) for name, _ in rows), default=0) + _GAP
        lines: list[str] = []
        for name, value in rows:
            room = max(self.width - left, _LEAST)
            first, *others = textwrap.wrap(value, room, break_on_hyphens=False, break_long_words=False) or [""]
            lines.append(self.paint(padded(name, left), "dim") + first)
            lines += [" " * left + other for other in others]
        return lines

    def table(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[str]:
        """Return a table: titles, then rows."""
        widths = self._widths(columns, rows)
        titles = [[Painted(line, "dim") for line in column.title.split("\n")] for column in columns]
        lines = []
        for level in range(max(len(title) for title in titles)):
            lines += self._row(columns, widths, [(title[level:] or [Painted("", "dim")])[0] for title in titles])
        for row in rows:
            lines += self._row(columns, widths, row)
        return lines

    def _widths(self, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[int]:
        widths = [
            max([wide(line) for line in column.title.split("\n")] + [_natural(row[at]) for row in rows])
            for at, column in enumerate(columns)
        ]
        for at, column in enumerate(columns):
            if column.flexible:
                left = self.width - sum(widths) + widths[at] - _GAP * (len(columns) - 1)
                widths[at] = min(widths[at], max(left, _LEAST))
        return widths

    def _row(self, columns: Sequence[Column], widths: Sequence[int], row: Sequence[Cell]) -> list[str]:
        cells = [self._cell(*each) for each in zip(columns, widths, row, strict=True)]
        empty = [" " * width for width in widths]
        return [
            (" " * _GAP).join((cell[level:] or [blank])[0] for cell, blank in zip(cells, empty, strict=True)).rstrip()
            for level in range(max(len(cell) for cell in cells))
        ]

    def _cell(self, column: Column, width: int, cell: Cell) -> list[str]:
        """Return the lines of a cell, padded and then painted: colours take no room."""
        if isinstance(cell, Bar):
            return [self.paint(padded(self.bar(cell.share, width), width), "cyan")]
        text, style = cell if isinstance(cell, Painted) else (cell, "")
        lines = textwrap.wrap(text, width, break_on_hyphens=False) if wide(text) > width else [text]
        return [self.paint(padded(line, width, right=column.right), style) for line in lines]


def harmless(text: str) -> str:
    """Take the control characters out of a text from outside: with them a name could steer a terminal."""
    return "".join("?" if unicodedata.category(each) == "Cc" else each for each in text)


def encodable(text: str, encoding: str) -> str:
    """Replace what an encoding does not have, so that no name and no number mask ends in a traceback."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.replace("•", "*").encode(encoding, "replace").decode(encoding)
    return text


def encoding_of(stream: TextIO) -> str:
    """Return a stream's encoding; streams of text in memory have none and take everything."""
    return getattr(stream, "encoding", None) or "utf-8"


def _natural(cell: Cell) -> int:
    if isinstance(cell, Bar):
        return _BAR
    return wide(cell.text if isinstance(cell, Painted) else cell)


def wide(text: str) -> int:
    """Return how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(each) in {"Mn", "Me", "Cf"} else 1 + (unicodedata.east_asian_width(each) in "WF")
        for each in text
    )


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Fill a text up with spaces to a number of columns."""
    spaces = " " * (width - wide(text))
    return spaces + text if right else text + spaces


def look_of(stream: TextIO, environ: Mapping[str, str] = os.environ) -> Look:
    """Find out how text may look on a stream.

    Colours and glyphs beyond ASCII are for terminals only, so that what is piped or logged is plain. `NO_COLOR`,
    `TERM=dumb` and `COLUMNS` are honoured.
    """
    terminal = stream.isatty()
    encoding = encoding_of(stream)
    try:
        "█░─•▏".encode(encoding)
        drawn = terminal
    except (UnicodeEncodeError, LookupError):
        drawn = False
    # The old console of Windows shows colours as letters.
    coloured = terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
    coloured = coloured and (os.name != "nt" or "WT_SESSION" in environ)
    width = min(max(shutil.get_terminal_size().columns, NARROWEST), WIDEST)
    return Look(width=width, colour=coloured, glyphs=drawn, encoding=encoding)
