"""Compiled windows, against answer tables worked out by hand and against the wall clock, asked directly."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import DAILY, rrule
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ori_campaigns.instants import DAY, HOUR, MINUTE, SECOND, Instant, to_datetime, to_instant
from ori_campaigns.schedule import Schedule, _stretches
from ori_campaigns.windows import ALL_DAYS, MON_FRI, CallingWindow

Case = dict[str, Any]
TABLES = Path(__file__).parent / "data" / "windows"
DAY_NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def cases(table: str) -> list[Any]:
    found = json.loads((TABLES / f"{table}.json").read_text(encoding="utf-8"))["cases"]
    assert found
    return [pytest.param(case, id=case["name"]) for case in found]


def window_of(given_: dict[str, str]) -> CallingWindow:
    days = [DAY_NAMES.index(name) for name in given_["days"].split()]
    return CallingWindow(given_["start"], given_["end"], given_["timezone"], days)


def at(text: str) -> Instant:
    return to_instant(datetime.fromisoformat(text))


def check(case: Case) -> None:
    """Compare everything a case of a table states; answers are compared as text, so their offset counts too."""
    window = window_of(case["window"])
    schedule, zone = window.schedule(), ZoneInfo(window.timezone)

    def local(t: Instant | None) -> str:
        return "never" if t is None else to_datetime(t, zone).isoformat()

    for moment in case.get("moments", ()):
        t = at(moment["at"])
        answer = {
            "at": moment["at"],
            "open": schedule.is_open(t),
            "next_open": local(schedule.next_open(t)),
            "next_close": local(schedule.next_close(t)),
            "day": str(schedule.opening_day(t)),
        }
        assert answer == moment
    if pieces := case.get("pieces"):
        opens, closes = schedule.open_pieces(at(pieces["from"]), at(pieces["to"]))
        answers = [[local(opening), local(end)] for opening, end in zip(opens, closes, strict=True)]
        assert answers == pieces["expect"]
    for day, cutoff in case.get("cutoffs", {}).items():
        assert (day, local(schedule.day_close(date.fromisoformat(day)))) == (day, cutoff)


@pytest.mark.behaviour("S1", "S3", "S8")
@pytest.mark.parametrize("case", cases("hours"))
def test_hours(case: Case) -> None:
    check(case)


@pytest.mark.behaviour("S7", "S8")
@pytest.mark.parametrize("case", cases("gap"))
def test_clocks_go_forward(case: Case) -> None:
    check(case)


@pytest.mark.behaviour("S7", "S8")
@pytest.mark.parametrize("case", cases("fold"))
def test_clocks_go_back(case: Case) -> None:
    check(case)


@pytest.mark.behaviour("S6", "S7")
@pytest.mark.parametrize("case", cases("overnight"))
def test_overnight(case: Case) -> None:
    check(case)


@pytest.mark.behaviour("S6", "S7", "S8")
@pytest.mark.parametrize("case", cases("midnight"))
def test_clocks_change_at_midnight(case: Case) -> None:
    check(case)


@pytest.mark.behaviour("S5", "S7")
@pytest.mark.parametrize("case", cases("cutoff"))
def test_single_day_cutoff(case: Case) -> None:
    window = window_of(case["window"])
    schedule = window.schedule()
    day = schedule.opening_day(at(case["started"]))
    assert str(day) == case["day"]
    assert day is not None
    assert to_datetime(schedule.day_close(day), ZoneInfo(window.timezone)).isoformat() == case["cutoff"]


@pytest.mark.behaviour("L19", "S5", "S10")
@pytest.mark.parametrize("case", cases("edits"))
def test_cutoff_after_an_edit_is_of_the_same_opening_day(case: Case) -> None:
    day = window_of(case["window"]).schedule().opening_day(at(case["started"]))
    assert day == date.fromisoformat(case["day"])
    for edit in case["edits"]:
        edited = window_of(edit["window"])
        cutoff = to_datetime(edited.schedule().day_close(day), ZoneInfo(edited.timezone)).isoformat()
        assert (edit["why"], cutoff) == (edit["why"], edit["cutoff"])


def schedule_of(
    start: int, end: int, zone: str = "UTC", working_days: frozenset[int] = ALL_DAYS, unit: int = MINUTE
) -> Schedule:
    return Schedule(start=start * unit, end=end * unit, zone=ZoneInfo(zone), working_days=working_days)


@pytest.mark.behaviour("S8")
def test_a_schedule_that_never_opens_says_so() -> None:
    never = schedule_of(9, 18, "Europe/Berlin", frozenset(), unit=HOUR)
    for t in (at("2024-06-05T12:00:00+02:00"), 0, -(2**70), 2**70):
        assert not never.is_open(t)
        assert never.next_open(t) is None
        assert never.next_close(t) is None
        assert never.opening_day(t) is None
    assert never.open_pieces(0, 400 * DAY) == ([], [])
    # A cutoff belongs to a day whether or not that day is still ticked.
    assert never.day_close(date(2024, 6, 5)) == at("2024-06-05T18:00:00+02:00")


@pytest.mark.behaviour("S8")
def test_the_calendar_has_two_ends() -> None:
    office = schedule_of(9, 18, unit=HOUR)
    long_before, long_after = -(2**70), 2**70
    assert office.next_open(long_before) == office.next_open(at("0001-01-01T00:00:00+00:00"))
    assert str(office.opening_day(long_before)) == "0001-01-04"
    assert office.next_open(at("9999-12-27T12:00:00+00:00")) == at("9999-12-27T12:00:00+00:00")
    assert office.next_close(at("9999-12-27T12:00:00+00:00")) == at("9999-12-27T18:00:00+00:00")
    for t in (at("9999-12-31T12:00:00+00:00"), long_after):
        assert not office.is_open(t)
        assert office.next_open(t) is None
        assert office.next_close(t) is None
        assert office.opening_day(t) is None
    assert office.day_close(date.min) == at("0001-01-01T18:00:00+00:00")
    assert office.day_close(date.max) == at("9999-12-31T18:00:00+00:00")


def test_open_pieces_are_whole_and_those_that_overlap() -> None:
    office = schedule_of(9, 18, unit=HOUR)
    third, fourth = 3 * DAY, 4 * DAY
    assert office.open_pieces(third + 10 * HOUR, third + 11 * HOUR) == ([third + 9 * HOUR], [third + 18 * HOUR])
    assert office.open_pieces(third + 18 * HOUR, fourth + 9 * HOUR) == ([], [])
    assert office.open_pieces(third + 18 * HOUR - 1, fourth + 9 * HOUR + 1) == (
        [third + 9 * HOUR, fourth + 9 * HOUR],
        [third + 18 * HOUR, fourth + 18 * HOUR],
    )
    assert office.open_pieces(third + 10 * HOUR, third + 10 * HOUR) == ([], [])
    assert office.open_pieces(fourth, third) == ([], [])


def test_pieces_are_whole_where_blocks_of_time_meet() -> None:
    # Blocks are cut at multiples of 2**45 microseconds. Open but for the minute after noon: open across every cut.
    noon, almost_always = 12 * HOUR, schedule_of(12 * 60 + 1, 12 * 60)
    for block in (-2, -1, 0, 1, 45, 46, 47):
        cut = block << 45
        for t in (cut - 1, cut, cut + 1):
            assert almost_always.next_open(t) == t
            assert almost_always.next_close(t) == (t - noon) // DAY * DAY + DAY + noon
    # A minute a week: the next opening is usually in the block after. 1970-01-05 was a Monday.
    monday, a_minute_a_week = 4 * DAY, schedule_of(0, 1, "UTC", frozenset({0}))
    for block in (-1, 0, 1, 45, 46, 47):
        cut = block << 45
        assert a_minute_a_week.next_open(cut - 1) == (cut - monday) // (7 * DAY) * (7 * DAY) + 7 * DAY + monday


def test_two_changes_of_an_offset_close_together_are_both_found() -> None:
    # Boa Vista moved its clocks forward on 8 October 2000 and, a week later, had enough of it.
    first, last = at("2000-09-01T00:00:00+00:00"), at("2000-12-01T00:00:00+00:00")
    forward, back = at("2000-10-08T00:00:00-04:00"), at("2000-10-15T00:00:00-03:00")
    assert _stretches(ZoneInfo("America/Boa_Vista"), first, last) == [
        (first, forward, -4 * HOUR),
        (forward, back, -3 * HOUR),
        (back, last, -4 * HOUR),
    ]


def test_two_changes_within_a_day_are_told_apart() -> None:
    class Restless(tzinfo):
        """UTC, an hour ahead of it from 10:00Z on 1 January 1970, and two hours ahead from 11:30:07Z."""

        def fromutc(self, moment: datetime) -> datetime:
            utc = moment.replace(tzinfo=None)
            changes = (datetime(1970, 1, 1, 10), datetime(1970, 1, 1, 11, 30, 7))  # noqa: DTZ001 - UTC, as told
            return moment + timedelta(hours=sum(utc >= change for change in changes))

        def utcoffset(self, moment: datetime | None) -> timedelta:
            assert moment is not None
            wall = moment.replace(tzinfo=None)
            changes = (datetime(1970, 1, 1, 11), datetime(1970, 1, 1, 13, 30, 7))  # noqa: DTZ001 - the wall clock
            return timedelta(hours=sum(wall >= change for change in changes))

        def dst(self, moment: datetime | None) -> timedelta | None:
            return None

        def tzname(self, moment: datetime | None) -> str | None:
            return None

    first, second = 10 * HOUR, 11 * HOUR + 30 * MINUTE + 7 * SECOND
    stretches = [(-DAY, first, 0), (first, second, HOUR), (second, 3 * DAY, 2 * HOUR)]
    assert _stretches(Restless(), -DAY, 3 * DAY) == stretches
    # A range need not be whole days; what changes in its last hours counts.
    assert _stretches(Restless(), -DAY, 11 * HOUR) == [(-DAY, first, 0), (first, 11 * HOUR, HOUR)]


def test_threads_share_a_schedule() -> None:
    office = schedule_of(9, 18, unit=HOUR)
    days = [day for _ in range(4) for day in range(0, 20_000, 97)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda day: office.next_open(day * DAY), days))
    assert answers == [day * DAY + 9 * HOUR for day in days]


# --- Properties, against the wall clock asked directly ---

ZONES = (
    "Africa/Cairo",
    "Africa/Casablanca",
    "Africa/Monrovia",
    "America/Havana",
    "America/New_York",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Gaza",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
    "UTC",
)
# Where these zones change their clocks, and two plain instants.
CHANGES = (
    "1972-01-07T00:44:30+00:00",
    "2010-11-07T02:31:00+00:00",
    "2011-12-30T10:00:00+00:00",
    "2024-03-10T02:00:00+00:00",
    "2024-03-10T05:00:00+00:00",
    "2024-03-10T07:00:00+00:00",
    "2024-03-30T22:00:00+00:00",
    "2024-03-31T01:00:00+00:00",
    "2024-04-06T15:00:00+00:00",
    "2024-06-05T12:00:00+00:00",
    "2024-10-05T15:30:00+00:00",
    "2024-10-26T21:00:00+00:00",
    "2024-10-27T01:00:00+00:00",
    "2024-11-03T05:00:00+00:00",
    "2024-11-03T06:00:00+00:00",
    "2025-01-01T00:00:00+00:00",
)
minutes_of_day = st.integers(0, 24 * 60 - 1)
# Within three days of such an instant: most draws are near a change, some anywhere in four centuries.
instants = st.one_of(
    st.builds(
        lambda change, seconds, rest: at(change) + seconds * SECOND + rest,
        st.sampled_from(CHANGES),
        st.integers(-3 * 86_400, 3 * 86_400),
        st.sampled_from((0, 0, -1, 1)),
    ),
    st.integers(at("1800-01-01T00:00:00+00:00"), at("2200-01-01T00:00:00+00:00")),
)


@st.composite
def windows(draw: st.DrawFn) -> CallingWindow:
    start, end = draw(minutes_of_day), draw(minutes_of_day)
    assume(start != end)
    days = draw(st.one_of(st.just(ALL_DAYS), st.frozensets(st.integers(0, 6), min_size=1)))
    opens, closes = (f"{minute // 60:02}:{minute % 60:02}" for minute in (start, end))
    return CallingWindow(opens, closes, draw(st.sampled_from(ZONES)), days)


class WallClock:
    """The rule itself, one instant at a time: what does the clock on the wall show, and on which day?"""

    def __init__(self, window: CallingWindow) -> None:
        self.zone = ZoneInfo(window.timezone)
        self.start, self.end = time.fromisoformat(window.start), time.fromisoformat(window.end)
        self.days = window.working_days

    def opening_day(self, t: Instant) -> date | None:
        """The day whose window `t` is in, ticked or not."""
        wall = datetime.fromtimestamp(t // SECOND, tz=UTC).astimezone(self.zone)
        today, shown = wall.date(), wall.time()
        if self.start < self.end:
            return today if self.start <= shown < self.end else None
        if shown >= self.start:
            return today
        return today - timedelta(days=1) if shown < self.end else None

    def is_open(self, t: Instant) -> bool:
        day = self.opening_day(t)
        return day is not None and day.weekday() in self.days


def looks(first: Instant, last: Instant) -> range:
    """Instants of `[first, last)` close enough to meet every piece of a sensible length, and not too many of them."""
    return range(first, last, max(MINUTE, (last - first) // 400))


@pytest.mark.behaviour("S1", "S6", "S7", "S8")
@settings(max_examples=300)
@given(windows(), instants)
def test_next_open_is_the_first_open_instant(window: CallingWindow, t: Instant) -> None:
    schedule, wall = window.schedule(), WallClock(window)
    assert schedule.is_open(t) == wall.is_open(t)
    opens = schedule.next_open(t)
    assert opens is not None
    assert opens >= t
    assert wall.is_open(opens)
    assert schedule.next_open(opens) == opens
    assert schedule.is_open(opens)
    assert schedule.opening_day(t) == wall.opening_day(opens)
    if opens == t:
        assert wall.is_open(t)
    else:
        assert not wall.is_open(opens - 1)
    assert not any(wall.is_open(look) for look in looks(t, opens))


@pytest.mark.behaviour("S1", "S7")
@settings(max_examples=300)
@given(windows(), instants)
def test_next_close_ends_the_piece(window: CallingWindow, t: Instant) -> None:
    schedule, wall = window.schedule(), WallClock(window)
    opens, closes = schedule.next_open(t), schedule.next_close(t)
    assert opens is not None
    assert closes is not None
    assert closes > opens >= t
    assert not wall.is_open(closes)
    assert wall.is_open(closes - 1)
    assert all(wall.is_open(look) for look in looks(opens, closes))
    pieces = list(zip(*schedule.open_pieces(t, opens + 1), strict=True))
    assert [end for _, end in pieces] == [closes]
    assert schedule.next_open(pieces[0][0]) == pieces[0][0] <= opens


@pytest.mark.behaviour("S5", "S6", "S7")
@settings(max_examples=300)
@given(windows(), instants)
def test_day_close_is_the_last_instant_of_that_day(window: CallingWindow, t: Instant) -> None:
    schedule, wall = window.schedule(), WallClock(window)
    day = to_datetime(t, wall.zone).date()
    cutoff = schedule.day_close(day)
    assert wall.opening_day(cutoff) != day
    # The window of a day touches that date and the next one in local time; any later instant would be in here.
    assert not any(wall.opening_day(look) == day for look in looks(cutoff, cutoff + 3 * DAY))
    if wall.opening_day(cutoff - 1) != day:
        # It never opened: then the clock jumps over its end at the cutoff.
        ends = datetime.combine(day, wall.end) + timedelta(days=wall.end <= wall.start)
        before, after = (to_datetime(look, wall.zone).replace(tzinfo=None) for look in (cutoff - 1, cutoff))
        assert before < ends <= after
        assert not any(wall.opening_day(look) == day for look in looks(cutoff - 3 * DAY, cutoff))


@pytest.mark.behaviour("S1", "S6", "S8")
@given(windows(), st.sampled_from(("UTC", "Asia/Kolkata", "Asia/Dubai")), st.integers(0, 4 * 366 * 24 * 60))
def test_plain_zones_agree_with_recurrence_rules(window: CallingWindow, zone: str, minute: int) -> None:
    window = CallingWindow(window.start, window.end, zone, window.working_days)
    local = datetime(2024, 1, 1) + timedelta(minutes=minute)  # noqa: DTZ001 - the wall clock itself
    start, end = time.fromisoformat(window.start), time.fromisoformat(window.end)
    length = datetime.combine(local, end) - datetime.combine(local, start)
    length += timedelta(days=length < timedelta(0))
    rule = rrule(
        DAILY,
        dtstart=datetime(2023, 12, 1),  # noqa: DTZ001 - likewise; without dtstart rrule would read the clock
        byweekday=sorted(window.working_days),
        byhour=start.hour,
        byminute=start.minute,
        bysecond=0,
    )
    last, following = rule.before(local, inc=True), rule.after(local, inc=False)
    assert last is not None
    assert following is not None
    is_open = local < last + length
    t = to_instant(local.replace(tzinfo=ZoneInfo(zone)))
    schedule = window.schedule()
    assert schedule.is_open(t) == is_open
    assert schedule.next_open(t) == (t if is_open else to_instant(following.replace(tzinfo=ZoneInfo(zone))))
    closes = (last if is_open else following) + length
    assert schedule.next_close(t) == to_instant(closes.replace(tzinfo=ZoneInfo(zone)))


def test_monday_to_friday_is_what_the_calendar_says() -> None:
    assert {date(2024, 6, day).weekday() for day in range(3, 8)} == MON_FRI
