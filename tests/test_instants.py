"""Instants: integers of UTC microseconds inside, aware datetimes at the edge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.instants import DAY, HOUR, MICROSECOND, MILLISECOND, MINUTE, SECOND, to_datetime, to_instant

NEW_YORK = ZoneInfo("America/New_York")


def test_the_units() -> None:
    assert (MICROSECOND, MILLISECOND, SECOND) == (1, 1_000, 1_000_000)
    assert (MINUTE, HOUR, DAY) == (60_000_000, 3_600_000_000, 86_400_000_000)


@pytest.mark.parametrize(
    ("moment", "instant"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 0, 1, tzinfo=UTC), 1),
        (datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC), -1),
        (datetime(2026, 1, 1, tzinfo=UTC), 1_767_225_600_000_000),
        (datetime(2026, 1, 1, 5, 30, tzinfo=ZoneInfo("Asia/Kolkata")), 1_767_225_600_000_000),
        (datetime(2026, 1, 1, 5, 45, tzinfo=ZoneInfo("Asia/Kathmandu")), 1_767_225_600_000_000),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-8))), 1_767_254_400_000_000),
        (datetime(2026, 1, 1, 0, 0, 0, 123_456, tzinfo=UTC), 1_767_225_600_123_456),
        (datetime(2300, 1, 1, tzinfo=UTC), 10_413_792_000_000_000),
    ],
)
def test_moments_and_instants(moment: datetime, instant: int) -> None:
    assert to_instant(moment) == instant
    assert to_datetime(instant) == moment


def test_the_two_moments_of_a_repeated_hour_are_an_hour_apart() -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=NEW_YORK)
    second = first.replace(fold=1)
    assert to_instant(second) - to_instant(first) == HOUR
    assert to_datetime(to_instant(second), NEW_YORK).fold == 1


def test_a_datetime_comes_back_in_the_zone_that_was_asked_for() -> None:
    found = to_datetime(1_767_225_600_000_000, ZoneInfo("Asia/Kolkata"))
    assert found.isoformat() == "2026-01-01T05:30:00+05:30"
    assert to_datetime(0).tzinfo is UTC


def test_a_datetime_without_a_zone_names_no_moment() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        to_instant(datetime(2026, 1, 1))  # noqa: DTZ001 - what must be refused
    assert refused.value.code == "naive_datetime"
    assert "2026-01-01T00:00:00 has no time zone" in str(refused.value)
    assert "ZoneInfo" in str(refused.value)


@given(
    st.integers(-(10**16), 10**16), st.sampled_from(["UTC", "Asia/Kolkata", "America/New_York", "Australia/Lord_Howe"])
)
def test_there_and_back_again_loses_no_microsecond(instant: int, zone: str) -> None:
    assert to_instant(to_datetime(instant, ZoneInfo(zone))) == instant


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_instants_are_ordered_like_the_moments(one: datetime, other: datetime) -> None:
    assert (to_instant(one) < to_instant(other)) == (one.astimezone(UTC) < other.astimezone(UTC))
