"""`simulate`: the figures of a campaign, and the files that are kept of it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from cli.commands import LEADS, PHONE_NUMBER, Command, Done, leads, left_behind
from ori_campaigns.analytics import export


def row_of(done: Done) -> dict[str, str]:
    """The list row of a narrow report, by title."""
    return {line[:15].strip(): line[15:].strip() for line in done.section("Campaign list")}


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")


@pytest.mark.usefixtures("narrow")
class TestTheRow:
    @pytest.mark.behaviour("M1", "M2")
    def test_everybody_answers(self, ori: Command) -> None:
        done = ori("simulate", leads(), "--name", "All of them", "--answer-rate", "100%", "--answered", "customer=1")
        assert done.code == 0
        assert row_of(done) == {
            "Name": "All of them",
            "Id": "sim00000",
            "Status": "Completed",
            "Progress": "############ 100 %, 30 connected",
            "Answer rate": "100 %",
            "Completion rate": "100 %",
            "Created": "2026-01-05",
            "Actions": "Restart, Clone",
        }

    @pytest.mark.behaviour("M2")
    def test_answered_is_not_connected(self, ori: Command) -> None:
        done = ori("simulate", leads(), "--answer-rate", "1", "--answered", "voicemail=1")
        assert row_of(done)["Answer rate"] == "100 %"
        assert row_of(done)["Progress"].endswith("100 %, 0 connected")

    @pytest.mark.behaviour("M2")
    def test_nobody_answers(self, ori: Command) -> None:
        done = ori("simulate", leads(), "--answer-rate", "0")
        assert row_of(done)["Answer rate"] == "0 %"
        assert row_of(done)["Completion rate"] == "100 %"

    @pytest.mark.behaviour("M1", "M2")
    def test_nothing_was_dialled_yet(self, ori: Command) -> None:
        done = ori("simulate", leads(), "--start", "2026-01-05T08:00", "--until", "2026-01-05T08:30")
        assert row_of(done) == {
            "Name": "leads",
            "Id": "sim00000",
            "Status": "Running",
            "Progress": "............ 0 %, 0 connected",
            "Answer rate": "0 %",
            "Completion rate": "0 %",
            "Created": "2026-01-05",
            "Actions": "Pause, Stop, Clone",
        }
        assert done.section("What ran when") == ["No call was placed."]
        assert "still running Mon 5 Jan 2026 08:30" in done.out.replace("\n", " ")

    @pytest.mark.behaviour("M2")
    def test_the_window_closes_on_most_of_them(self, ori: Command) -> None:
        # One call at a time, twenty seconds each: six of them in two minutes.
        slow = ("--concurrency", "1", "--answer-rate", "0", "--gives-up", "20", "--unanswered", "no_answer=1")
        done = ori("simulate", leads(), *slow, "--window-end", "09:02")
        assert row_of(done)["Progress"] == "############ 100 %, 0 connected"
        assert row_of(done)["Completion rate"] == "20 %"
        assert done.contacts() == {"window_closed": 24, "exhausted": 6}

    @pytest.mark.behaviour("M1")
    def test_an_always_on_campaign_wears_its_badge(self, ori: Command) -> None:
        done = ori("simulate", "--always-on", "--mode", "multi_day")
        assert done.code == 0
        assert done.section("Campaign list")[-1] == "Always-on, runs until stopped"
        assert row_of(done)["Status"] == "Running"


def test_retries_are_those_that_were_asked_for(ori: Command) -> None:
    never = ("--answer-rate", "0", "--unanswered", "no_answer=1")
    once = ori("simulate", leads(), *never, "--max-attempts", "4", "--retry-on", "rejected")
    assert once.attempts() == {1: 30}
    four = ori("simulate", "leads.csv", *never, "--max-attempts", "4", "--retry-on", "rejected,no_answer")
    assert four.attempts() == {4: 30}


def test_business_dispositions_are_dialled_again(ori: Command) -> None:
    talk = ("--answer-rate", "1", "--answered", "customer=1", "--business", "Not_Available=1")
    done = ori("simulate", leads(), *talk, "--retry-on-business", "not_available", "--max-attempts", "2")
    assert done.attempts() == {2: 30}
    lines = done.out.splitlines()
    assert lines[lines.index("Post-call analysis  Calls  Share") + 1].split()[:3] == ["Not_Available", "60", "100"]


def test_the_rules_on_connects(ori: Command) -> None:
    talk = ("--answer-rate", "1", "--answered", "customer=1", "--talk-mean", "4", "--max-attempts", "2")
    short = ori("simulate", leads(), *talk, "--redial-under", "5")
    assert short.attempts() == {2: 30}
    busy = (*talk, "--business", "again=1", "--retry-on-business", "again")
    stopped = ori("simulate", "leads.csv", *busy, "--stop-after", "3")
    assert stopped.attempts() == {1: 30}


def test_hours_and_days_are_those_of_the_zone(ori: Command) -> None:
    # Start is pressed on Friday, 6 March 2026, at 23:30 in Berlin; the weekend has no window.
    window = ("--window-start", "23:00", "--window-end", "00:00", "--timezone", "Europe/Berlin", "--days", "mon,fri")
    pace = ("--mode", "multi_day", "--concurrency", "1", "--answer-rate", "0", "--gives-up", "120", "--burst", "1")
    done = ori("simulate", leads(), *window, *pace, "--unanswered", "no_answer=1", "--start", "2026-03-06T22:30Z")
    chart = done.section("What ran when")
    assert chart[0].split() == ["23", "total"]
    assert [line.split()[:3] for line in chart[1:-1]] == [["Fri", "6", "Mar"], ["Sat", "7", "Mar"], ["Mon", "9", "Mar"]]
    assert chart[2] == "Sat  7 Mar to Sun  8 Mar no calls"


def test_the_start_may_be_local_or_have_an_offset(ori: Command) -> None:
    zone = ("--timezone", "Asia/Kolkata", "--answer-rate", "0")
    local = ori("simulate", leads(), *zone, "--start", "2026-01-06T10:15")
    offset = ori("simulate", "leads.csv", *zone, "--start", "2026-01-06T04:45Z")
    assert "Start pressed Tue 6 Jan 2026 10:15" in local.out
    assert local.out == offset.out


def test_the_report_tells_how_the_campaign_was_set(ori: Command) -> None:
    done = ori(
        *("simulate", leads(), "--name", "Drive", "--bot", "b1", "--number", "+91 11 4000 1000", "--mode", "multi_day"),
        *("--number", "911140001001", "--concurrency", "7", "--cps", "2.5", "--channels", "9", "--days", "sat-mon"),
        *("--retry-on", "timeout", "--retry-delay", "45", "--max-attempts", "2", "--stop-after", "20"),
        *("--retry-on-business", "later", "--redial-under", "10", "--timezone", "Asia/Dubai", "--burst", "3"),
    )
    told = done.out[: done.out.index("Campaign list")].split()
    assert (
        told
        == (
            "Campaign Drive; bot b1; multi day "
            "Calls 7 at a time over made-up-carrier (2 numbers, 2.5 a second, 9 channels) "
            "Window 09:00 to 18:00 Asia/Dubai, Mon, Sat, Sun "
            "Attempts up to 2 to a contact, 45 minutes apart, after timeout, later "
            "Redials none after a connect of more than 20 s; again after one of less than 10 s"
        ).split()
    )


def test_calls_that_are_still_live_are_told(ori: Command) -> None:
    until = ("--start", "2026-01-05T09:00", "--until", "2026-01-05T09:01")
    done = ori("simulate", leads(), "--answer-rate", "0", "--gives-up", "600", "--concurrency", "5", *until)
    assert "5 calls were still live" in done.out.replace("\n", " ")
    assert done.contacts() == {"pending": 25, "calling": 5}


def test_leads_may_come_from_standard_input(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    leads()
    with Path("leads.csv").open(encoding="utf-8") as stream:
        monkeypatch.setattr("sys.stdin", stream)
        done = ori("simulate", "-")
    assert done.code == 0
    assert "Campaign  Simulation;" in done.out
    assert done.section("Where the contacts ended")[0].startswith("Status")


def test_no_number_is_ever_printed(ori: Command) -> None:
    done = ori("simulate", leads(rows=[*LEADS, "12", "91980000000a"]), "--number", "+91 11 4000 1000")
    assert not PHONE_NUMBER.search(done.out + done.err)


# --- simulate: the files ---------------------------------------------------------------------------------------------


def test_without_out_nothing_is_written(ori: Command) -> None:
    done = ori("simulate", leads())
    assert "No file was written" in done.out
    assert left_behind() == []


@pytest.mark.behaviour("C4", "M5")
def test_out_keeps_attempts_and_skipped_rows(ori: Command) -> None:
    rows = ["919800000001", "N/A", "+91 98000-00001", "919800000002"]
    done = ori("simulate", leads(rows=rows), "--out", "kept", "--answer-rate", "1", "--answered", "customer=1")
    assert done.code == 0
    assert left_behind() == ["kept"]
    attempts = pl.read_parquet("kept/attempts.parquet")
    assert attempts.select("phone_number", "disposition", "connected").rows() == [
        ("919800000001", "customer", True),
        ("919800000002", "customer", True),
    ]
    assert Path("kept/skipped.csv").read_text(encoding="utf-8").splitlines() == [
        "line,value,reason",
        "3,N/A,not_digits",
        "4,'+91 98000-00001,duplicate",
    ]


@pytest.mark.behaviour("C4")
def test_skipped_rows_in_a_file_of_their_own_and_exact(ori: Command) -> None:
    rows = ["919800000001", "+91 98000-00001"]
    done = ori("simulate", leads(rows=rows), "--skipped", "skipped.csv", "--csv", "exact")
    assert done.code == 0
    assert Path("skipped.csv").read_text(encoding="utf-8").splitlines() == [
        "line,value,reason",
        "3,+91 98000-00001,duplicate",
    ]
    assert [line.split()[0] for line in done.section("Files")] == ["skipped.csv"]


def test_an_empty_folder_will_do(ori: Command) -> None:
    Path("kept").mkdir()
    assert ori("simulate", leads(), "--out", "kept").code == 0
    assert sorted(path.name for path in Path("kept").iterdir()) == ["attempts.csv", "attempts.parquet"]


def test_a_file_that_cannot_be_written_takes_the_others_with_it(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = export.write_attempts

    def full(frame: pl.DataFrame, path: Path, *, mode: export.CsvMode = "spreadsheet") -> None:
        if path.suffix == ".parquet":
            raise OSError(28, "No space left on device")
        whole(frame, path, mode=mode)

    monkeypatch.setattr(export, "write_attempts", full)
    done = ori("simulate", leads(), "--out", "kept", "--skipped", "skipped.csv")
    assert (done.code, done.err) == (1, "error: No file was kept: No space left on device.\n")
    # The campaign ran; its report is not lost.
    assert done.section("What ran when")
    assert left_behind() == []
