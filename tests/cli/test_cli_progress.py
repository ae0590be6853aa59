"""The line of progress: rewritten in place on a terminal, and gone when it is over."""

from __future__ import annotations

import io
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from ori_campaigns.cli.progress import Progress

MOMENT = datetime(2026, 4, 3, 9, 5, tzinfo=ZoneInfo("Asia/Kolkata"))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def eighty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_it_is_rewritten_and_taken_away() -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        progress(0, 1000, MOMENT)
        progress(0, 1000, MOMENT)
        progress(250, 1000, MOMENT)
    first = "░" * 30 + "   0 %  0 of 1,000 contacts  Fri  3 Apr 09:05"
    second = "█" * 8 + "░" * 22 + "  25 %  250 of 1,000 contacts  Fri  3 Apr 09:05"
    assert stream.getvalue().split("\r") == ["", first, second, " " * len(second), ""]


def test_it_is_taken_away_when_something_fails() -> None:
    stream = Terminal()

    def interrupted() -> None:
        with Progress(stream) as progress:
            progress(1, 2, MOMENT)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert stream.getvalue().endswith(" \r")


def test_it_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    stream = Terminal()
    with Progress(stream) as progress:
        progress(499_999, 500_000, MOMENT)
    assert max(len(part) for part in stream.getvalue().split("\r")) == 49


def test_an_empty_list_is_done() -> None:
    stream = Terminal()
    with Progress(stream) as progress:
        progress(0, 0, MOMENT)
    assert " 100 %  0 of 0 contacts" in stream.getvalue()


def test_nobody_watches() -> None:
    stream = io.StringIO()
    with Progress(stream) as progress:
        progress(1, 2, MOMENT)
    assert stream.getvalue() == ""
