"""What the values of options mean."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from ori_campaigns.cli import values

KOLKATA = ZoneInfo("Asia/Kolkata")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-sun", {0, 1, 2, 3, 4, 5, 6}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat-mon", {5, 6, 0}),
        ("fri-tue", {4, 5, 6, 0, 1}),
        ("Monday, WED ,thurs", {0, 2, 3}),
        ("sun-sun", {6}),
        ("mon-tue,sun,mon", {0, 1, 6}),
        ("", set()),
    ],
)
def test_days(text: str, days: set[int]) -> None:
    found, problems = values.days(text)
    assert (set(found), problems) == (days, [])


@pytest.mark.parametrize("text", ["mo", "monkey", "mon-", "-fri", "mon-wed-fri", "1-5"])
def test_what_is_no_day(text: str) -> None:
    _, (problem,) = values.days(text)
    assert problem.code == "bad_day"
    assert repr(text) in problem.message


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-05T09:00", datetime(2026, 1, 5, 3, 30, tzinfo=UTC)),
        ("2026-01-05 09:00:30", datetime(2026, 1, 5, 3, 30, 30, tzinfo=UTC)),
        ("2026-01-05", datetime(2026, 1, 4, 18, 30, tzinfo=UTC)),
        ("2026-01-05T09:00Z", datetime(2026, 1, 5, 9, tzinfo=UTC)),
        ("2026-01-05T09:00-05:00", datetime(2026, 1, 5, 14, tzinfo=UTC)),
    ],
)
def test_moments(text: str, moment: datetime) -> None:
    assert values.moment("--start", text, KOLKATA) == (moment, [])


def test_a_moment_that_comes_twice_is_the_first() -> None:
    moment, problems = values.moment("--start", "2026-10-25T02:30", ZoneInfo("Europe/Berlin"))
    assert moment is not None
    # Datetimes of a repeated hour equal nothing in another zone, so it is turned first.
    assert (moment.astimezone(UTC), problems) == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), [])


@pytest.mark.parametrize(
    ("text", "code"),
    [("soon", "bad_moment"), ("2026-13-01", "bad_moment"), ("2026-03-29T02:30", "no_such_time")],
)
def test_what_is_no_moment(text: str, code: str) -> None:
    moment, (problem,) = values.moment("--until", text, ZoneInfo("Europe/Berlin"))
    assert (moment, problem.code, problem.path) == (None, code, "--until")


def test_lists_mixes_chances_and_lengths() -> None:
    assert values.names(" a ,b,, c") == ["a", "b", "c"]
    assert values.mix("renewed=3, no interest = 1") == {"renewed": 3.0, "no interest": 1.0}
    assert values.rates("30%") == [0.3]
    assert values.rates(",".join(["0.5"] * 24)) == [0.5] * 24
    assert values.span("4-18") == (4.0, 18.0)
    assert values.span("7.5") == (7.5, 7.5)
    assert values.seconds("0.5") == 0.5
    assert [values.whole(text) for text in ("3", "-1", "2.5", "x", "")] == [3, -1, "2.5", "x", ""]


@pytest.mark.parametrize(
    ("read", "texts"),
    [
        (values.rates, ["", "x", "-0.1", "101%", "nan", "0.1,0.2", ",".join(["0.1"] * 23)]),
        (values.mix, ["", "a", "=1", "a=x", "a=-1", "a=0", "a=inf", "a=nan"]),
        (values.span, ["", "-4", "9-3", "a-b", "1-inf", "nan"]),
        (values.seconds, ["", "0", "-1", "inf", "nan"]),
        (values.amount, ["", "many"]),
    ],
)
def test_what_cannot_be_read_is_named(read: Callable[[str], object], texts: list[str]) -> None:
    for text in texts:
        with pytest.raises(ArgumentTypeError, match="is not a") as refused:
            read(text)
        assert repr(text) in str(refused.value)
