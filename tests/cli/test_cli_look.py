"""Plain text that fits: bars, shades, headings, tables, and what a stream can show."""

from __future__ import annotations

import io

import pytest

from ori_campaigns.cli.look import Bar, Cell, Column, Look, Painted, encodable, harmless, look_of, padded, wide

ASCII = Look(width=40)
DRAWN = Look(width=40, glyphs=True)
BRIGHT = Look(width=40, glyphs=True, colour=True)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def __init__(self, encoding: str = "utf-8") -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_a_terminal_gets_colours_and_glyphs() -> None:
    look = look_of(Terminal(), {"TERM": "xterm", "WT_SESSION": "1"})
    assert look == Look(width=80, colour=True, glyphs=True, encoding="utf-8")


@pytest.mark.parametrize("environ", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_colours_can_be_declined(environ: dict[str, str]) -> None:
    look = look_of(Terminal(), {"WT_SESSION": "1", **environ})
    assert (look.colour, look.glyphs) == (False, True)


def test_an_empty_no_color_declines_nothing() -> None:
    assert look_of(Terminal(), {"NO_COLOR": "", "WT_SESSION": "1"}).colour


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp1252"])
def test_glyphs_are_for_encodings_that_have_them(encoding: str) -> None:
    assert not look_of(Terminal(encoding), {}).glyphs


def test_what_is_no_terminal_gets_neither() -> None:
    assert look_of(io.StringIO(), {}) == Look(width=80)


@pytest.mark.parametrize(("columns", "width"), [("20", 48), ("60", 60), ("100", 100), ("250", 100)])
def test_the_width_has_its_bounds(columns: str, width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert look_of(io.StringIO()).width == width


@pytest.mark.parametrize(
    ("share", "plain", "drawn"),
    [
        (0.0, "", ""),
        (0.001, "#", "▏"),
        (0.5, "#####", "█████"),
        (0.55, "######", "█████▌"),
        (1.0, "##########", "██████████"),
        (1.7, "##########", "██████████"),
    ],
)
def test_bars(share: float, plain: str, drawn: str) -> None:
    assert ASCII.bar(share, 10) == plain
    assert DRAWN.bar(share, 10) == drawn


def test_bars_with_what_is_missing() -> None:
    assert ASCII.bar(0.25, 8, rest=True) == "##......"
    assert DRAWN.bar(0.25, 8, rest=True) == "██░░░░░░"


def test_shades_go_by_quarters() -> None:
    assert [ASCII.shade(share) for share in (0, 0.01, 0.25, 0.26, 0.5, 0.75, 0.76, 1, 2)] == [*" ..::*###"]
    assert [DRAWN.shade(share) for share in (0, 0.25, 0.5, 0.75, 1)] == [*" ░▒▓█"]


def test_a_heading_has_its_note_at_the_right() -> None:
    assert ASCII.heading("Title", "a note") == ["", "Title" + " " * 29 + "a note", "-" * 40]
    assert DRAWN.heading("Title") == ["", "Title", "─" * 40]


def test_a_note_that_is_too_long_goes_below() -> None:
    assert ASCII.heading("Title", "n" * 38) == ["", "Title", "-" * 40, "n" * 38]


COLUMNS = [Column("Calls", right=True), Column("What\nended"), Column("", flexible=True)]


def test_a_table_is_as_wide_as_what_is_in_it() -> None:
    assert ASCII.table(COLUMNS, [("7", "no_answer", "x"), ("1,234", "busy", "")]) == [
        "Calls  What",
        "       ended",
        "    7  no_answer  x",
        "1,234  busy",
    ]


def test_one_column_takes_the_room_that_is_left() -> None:
    text = "as long as a text has to be to be cut in three"
    assert ASCII.table(COLUMNS, [("7", "no_answer", text), ("1", "busy", Bar(0.5))])[2:] == [
        "    7  no_answer  as long as a text has",
        "                  to be to be cut in",
        "                  three",
        "    1  busy       ###########",
    ]


def test_colours_take_no_room() -> None:
    rows: list[tuple[Cell, ...]] = [
        (Painted("7", "green"), "no_answer", Bar(1)),
        ("1,234", Painted("busy", "dim"), "end"),
    ]
    bright = BRIGHT.table(COLUMNS, rows)
    bare = [line.replace("\x1b[32m", "").replace("\x1b[2m", "").replace("\x1b[36m", "") for line in bright]
    assert [line.replace("\x1b[0m", "").rstrip() for line in bare] == DRAWN.table(COLUMNS, rows)
    assert "\x1b[32m    7\x1b[0m" in bright[2]


def test_pairs_wrap_their_values_but_break_no_word() -> None:
    path = "a/very/long/path/that/nobody/should/break.csv"
    assert ASCII.pairs([("Name", "one two three four five six seven eight"), ("File", path)]) == [
        "Name  one two three four five six seven",
        "      eight",
        f"File  {path}",
    ]


def test_wide_letters_and_marks_are_counted_as_they_are_shown() -> None:
    assert [wide(text) for text in ("abc", "日本", "Köln", "Ko\u0308ln", "a\u200bb")] == [3, 4, 4, 4, 2]
    assert padded("日本", 6) == "日本  "
    assert padded("日本", 6, right=True) == "  日本"


def test_what_a_stream_cannot_show_is_replaced() -> None:
    assert encodable("•••01 Köln", "ascii") == "***01 K?ln"
    assert encodable("•••01 Köln", "utf-8") == "•••01 Köln"
    assert Look(encoding="ascii").name("Köln\x1b[2J\n") == "K?ln?[2J?"
    assert harmless("हिन्दी 🙂\u200d\x9b\x07") == "हिन्दी 🙂\u200d??"
