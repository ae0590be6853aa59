"""The calling window as a value: what it holds, everything that can be wrong with it, its answers as datetimes."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.instants import DAY, HOUR
from ori_campaigns.windows import ALL_DAYS, MON_FRI, CallingWindow

KOLKATA = ZoneInfo("Asia/Kolkata")


def codes(window: CallingWindow) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in window.problems()]


def test_defaults() -> None:
    assert CallingWindow() == CallingWindow("09:00", "18:00", "UTC", [0, 1, 2, 3, 4, 5, 6])
    assert CallingWindow().working_days == ALL_DAYS
    assert CallingWindow().problems() == ()


def test_days_may_be_any_iterable() -> None:
    assert CallingWindow(working_days=range(5)).working_days == MON_FRI
    assert CallingWindow(working_days=(day for day in (0, 0, 1))).working_days == frozenset({0, 1})


@pytest.mark.parametrize("time", ["00:00", "00:01", "09:00", "10:10", "19:59", "20:00", "23:59"])
def test_times_that_are_times(time: str) -> None:
    assert CallingWindow(time, "12:34").problems() == ()
    assert CallingWindow("12:34", time).problems() == ()


@pytest.mark.parametrize(
    "time",
    [
        *("", " ", "9", "9:00", "09:0", "0900", "09.00", "09:00:00", "09:60", "24:00", "24:01", "25:00", "99:99"),
        *("9:00 AM", "09:00\n", " 09:00", "09:00 ", "-9:00", "+9:00", "09:00Z", "noon", "०९:००", "٠٩:٠٠", "09：00"),  # noqa: RUF001 - look-alikes on purpose
    ],
)
def test_times_that_are_not(time: str) -> None:
    assert codes(CallingWindow(time, "12:34")) == [("window.start", "bad_time")]
    assert codes(CallingWindow("12:34", time)) == [("window.end", "bad_time")]


@pytest.mark.parametrize("value", [None, 9, 9.5, b"09:00", True, datetime(2024, 1, 1, 9, tzinfo=UTC)])
def test_whatever_it_holds_it_only_says_so(value: object) -> None:
    window = CallingWindow(value, value, value, ["Mon", None])  # type: ignore[arg-type, list-item]
    assert codes(window) == [
        ("window.start", "bad_time"),
        ("window.end", "bad_time"),
        ("window.timezone", "unknown_timezone"),
        ("window.working_days", "bad_working_day"),
        ("window.working_days", "bad_working_day"),
    ]


def test_midnight_as_an_end_is_explained() -> None:
    (problem,) = CallingWindow("18:00", "24:00").problems()
    assert problem.hint == "Give 00:00 for midnight; as an end it means the end of the day."


def test_start_and_end_must_differ() -> None:
    assert codes(CallingWindow("09:00", "09:00")) == [("window.end", "same_start_end")]
    # Two bad times that are equal are two bad times.
    assert codes(CallingWindow("9", "9")) == [("window.start", "bad_time"), ("window.end", "bad_time")]
    assert codes(CallingWindow("18:00", "09:00")) == []


@pytest.mark.parametrize(
    "zone",
    ["Asia/Kolkata", "Asia/Calcutta", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "Australia/Lord_Howe", "UTC"],
)
def test_any_iana_zone_is_accepted(zone: str) -> None:
    assert CallingWindow(timezone=zone).problems() == ()


@pytest.mark.parametrize(
    "zone",
    [
        *("", " ", "UTC ", "IST", "India Standard Time", "+05:30", "UTC+5", "Asia/Kolkata\n", "Asia/Kolkata\0"),
        # Names are exact, also where the file system is not.
        *("asia/kolkata", "utc", "Utc"),
        # Paths, folders and files of the database that are no zone.
        *("America", "Asia/", ".", "..", "../UTC", "./UTC", "Asia//Kolkata", "Asia/../UTC"),
        *("/etc/localtime", "zone.tab"),
        # They load on many machines, and mean something else on each.
        *("localtime", "posixrules", "Factory", "posix/UTC", "right/UTC"),
        *("\ud800", "é", "x" * 5000, "C:\\Windows"),
    ],
)
def test_what_is_no_zone(zone: str) -> None:
    assert codes(CallingWindow(timezone=zone)) == [("window.timezone", "unknown_timezone")]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Asia/Kolkata (IST)", "Did you mean Asia/Kolkata?"),
        ("asia/kolkata", "Did you mean Asia/Kolkata?"),
        ("Kolkata", "Did you mean Asia/Kolkata?"),
        ("new york", "Did you mean America/New_York?"),
        ("America/NewYork", "Did you mean America/New_York?"),
        ("Asia/Kolkatta", "Did you mean Asia/Kolkata?"),
        ("Asia/Dubay", "Did you mean Asia/Dubai?"),
        ("America", "Give an IANA zone name such as Asia/Kolkata, Europe/London or UTC."),
        ("", "Give an IANA zone name such as Asia/Kolkata, Europe/London or UTC."),
    ],
)
def test_zones_that_were_probably_meant(typed: str, meant: str) -> None:
    (problem,) = CallingWindow(timezone=typed).problems()
    assert problem.hint == meant


def test_at_least_one_day_and_only_days() -> None:
    assert codes(CallingWindow(working_days=())) == [("window.working_days", "no_working_days")]
    assert codes(CallingWindow(working_days=[0, 7])) == [("window.working_days", "bad_working_day")]
    messages = [problem.message for problem in CallingWindow(working_days=[-1, 6, 7]).problems()]
    assert messages == ["-1 is not a day of the week.", "7 is not a day of the week."]


def test_every_problem_at_once_under_the_path_given() -> None:
    problems = CallingWindow("9:00", "24:00", "Mars/Olympus", [8]).problems("config.window")
    assert [(problem.path, problem.code) for problem in problems] == [
        ("config.window.start", "bad_time"),
        ("config.window.end", "bad_time"),
        ("config.window.timezone", "unknown_timezone"),
        ("config.window.working_days", "bad_working_day"),
    ]
    assert all(problem.severity == "error" and problem.hint and problem.message for problem in problems)


@pytest.mark.behaviour("S8")
def test_a_bad_window_has_no_schedule() -> None:
    moment = datetime(2024, 6, 5, 12, tzinfo=UTC)
    for window in (CallingWindow("09:00", "09:00"), CallingWindow(working_days=[])):
        (problem,) = window.problems()
        for ask in (window.is_open, window.next_open, window.next_close, lambda _moment, w=window: w.schedule()):
            with pytest.raises(InvalidDefinition) as refused:
                ask(moment)
            assert refused.value.problems == (problem,)
            assert refused.value.code == problem.code
            assert str(refused.value).startswith("The calling window is not valid: window.")


def test_schedules_are_shared_and_windows_travel() -> None:
    window = CallingWindow("22:00", "06:00", "Europe/Berlin", MON_FRI)
    schedule = window.schedule()
    assert schedule is CallingWindow("22:00", "06:00", "Europe/Berlin", [4, 3, 2, 1, 0]).schedule()
    assert pickle.loads(pickle.dumps(window)) == window
    assert (schedule.start, schedule.end, schedule.working_days) == (22 * HOUR, 6 * HOUR, MON_FRI)
    assert schedule.zone == ZoneInfo("Europe/Berlin")


@pytest.mark.behaviour("S1", "S3", "S8")
def test_answers_are_in_the_window_s_zone() -> None:
    window = CallingWindow("09:00", "18:00", "Asia/Kolkata", MON_FRI)
    friday_noon_in_utc = datetime(2024, 6, 7, 12, 0, tzinfo=UTC)
    assert window.is_open(friday_noon_in_utc)
    assert window.next_open(friday_noon_in_utc) == datetime(2024, 6, 7, 17, 30, tzinfo=KOLKATA)
    opening = window.next_open(friday_noon_in_utc)
    assert opening is not None
    assert opening.tzinfo == KOLKATA
    assert window.next_close(friday_noon_in_utc) == datetime(2024, 6, 7, 18, 0, tzinfo=KOLKATA)
    # Dialling pauses at the cutoff and resumes at the next working day's opening.
    assert not window.is_open(datetime(2024, 6, 7, 18, 0, tzinfo=KOLKATA))
    assert str(window.next_open(datetime(2024, 6, 7, 18, 0, tzinfo=KOLKATA))) == "2024-06-10 09:00:00+05:30"
    assert str(window.next_close(datetime(2024, 6, 7, 18, 0, tzinfo=KOLKATA))) == "2024-06-10 18:00:00+05:30"


@pytest.mark.behaviour("S7")
def test_the_occurrence_of_a_repeated_time_is_told_by_fold() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    window = CallingWindow("02:30", "10:00", "Europe/Berlin")
    first, second = (datetime(2024, 10, 27, 2, 15, tzinfo=berlin, fold=fold) for fold in (0, 1))
    assert str(window.next_open(first)) == "2024-10-27 02:30:00+02:00"
    assert str(window.next_open(second)) == "2024-10-27 02:30:00+01:00"
    opening = window.next_open(second)
    assert opening is not None
    assert opening.fold == 1


@pytest.mark.behaviour("S10")
def test_a_zone_change_keeps_instants_and_judges_them_anew() -> None:
    callback = datetime(2024, 6, 5, 17, 30, tzinfo=KOLKATA)
    assert CallingWindow("09:00", "18:00", "Asia/Kolkata").is_open(callback)
    in_tokyo = CallingWindow("09:00", "18:00", "Asia/Tokyo")
    # The same instant is 21:00 in Tokyo.
    assert not in_tokyo.is_open(callback)
    assert str(in_tokyo.next_open(callback)) == "2024-06-06 09:00:00+09:00"
    assert CallingWindow("09:00", "18:00", "Europe/London").next_open(callback) == callback


@pytest.mark.behaviour("S8")
def test_at_the_end_of_the_calendar_it_never_opens_again() -> None:
    window = CallingWindow("09:00", "18:00", "Pacific/Kiritimati")
    for moment in (datetime.max.replace(tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)):
        assert not window.is_open(moment)
        assert window.next_open(moment) is None
        assert window.next_close(moment) is None
    assert window.next_open(datetime.min.replace(tzinfo=UTC)) is not None


def test_a_naive_datetime_names_no_moment() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        CallingWindow().next_open(datetime(2024, 6, 5, 12))  # noqa: DTZ001 - the mistake itself
    assert refused.value.code == "naive_datetime"


anything = st.one_of(st.none(), st.integers(), st.text(max_size=12), st.floats(), st.booleans(), st.binary(max_size=4))


@given(anything, anything, st.one_of(anything, st.sampled_from(("UTC", "Asia/Kolkata"))), st.frozensets(anything))
def test_a_window_without_problems_has_a_schedule_and_no_other(
    start: object, end: object, zone: object, days: frozenset[object]
) -> None:
    window = CallingWindow(start, end, zone, days)  # type: ignore[arg-type]
    if window.problems():
        with pytest.raises(InvalidDefinition):
            window.schedule()
    else:
        assert window.schedule().next_open(20_000 * DAY) is not None
