"""The demo: what it shows is what it wrote, and nothing in it depends on the day."""

from __future__ import annotations

import csv
import io
import re
import sys
from pathlib import Path

import polars as pl
import pytest

from cli.commands import PHONE_NUMBER, Command, Done
from ori_campaigns.cli import main


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Done, Path]:
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "80")
        out, err = io.StringIO(), io.StringIO()
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        code = main(["demo"])
    return Done(code, out.getvalue(), err.getvalue()), folder


@pytest.mark.behaviour("M1", "M2")
def test_the_demo_shows_the_row_of_the_campaign_list(demo: tuple[Done, Path]) -> None:
    done, folder = demo
    assert (done.code, done.err) == (0, "")
    titles, more_titles, row, below, actions = done.section("Campaign list")
    assert titles.split() == ["Name", "Status", "Progress", "Answer", "Completion", "Created"]
    assert more_titles.split() == ["rate", "rate"]
    shown = re.fullmatch(r"Q2 Renewal Drive  Completed  #{12} 100 % +(\d+) % +(\d+) %  2026-04-03", row)
    assert shown is not None
    # The rates once more, from the file of attempts and the contacts it names.
    attempts = pl.read_parquet(folder / "ori-demo-1" / "attempts.parquet")
    answered = attempts["answered_at"].is_not_null().sum() / attempts.height
    assert int(shown[1]) == round(100 * answered)
    connected = attempts.filter(pl.col("connected"))["contact"].n_unique()
    short_id, count, word = below.split()
    assert attempts["attempt_id"].str.starts_with(short_id).all()
    assert (count, word) == (str(connected), "connected")
    assert actions == "Actions: Restart, Clone"


@pytest.mark.behaviour("C4")
def test_the_demo_tells_what_was_skipped_and_keeps_it(demo: tuple[Done, Path]) -> None:
    done, folder = demo
    # As the shipped file was made: 1,000 records, 72 of them no good.
    assert "Skipped rows                                                         72 of 1,000" in done.out
    counts = dict.fromkeys(["not_digits", "blank", "duplicate", "scientific_notation", "too_long", "too_short"], 0)
    for line in done.section("Skipped rows")[1:]:
        found = re.match(r" *(\d+)  (\w+) ", line)
        if found is not None and found[2] in counts:
            counts[found[2]] = int(found[1])
    assert counts == {
        "not_digits": 30,
        "blank": 12,
        "duplicate": 12,
        "scientific_notation": 6,
        "too_long": 6,
        "too_short": 6,
    }
    with (folder / "ori-demo-1" / "skipped.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 72
    assert {row["reason"] for row in rows} == set(counts)


def test_the_demo_takes_several_days_and_rests_on_sunday(demo: tuple[Done, Path]) -> None:
    done, folder = demo
    chart = done.section("What ran when")
    assert [line[:10] for line in chart[1:-1]] == ["Fri  3 Apr", "Sat  4 Apr", "Sun  5 Apr", "Mon  6 Apr"]
    assert chart[0].split() == ["09", "10", "11", "12", "13", "14", "15", "16", "17", "total"]
    assert chart[3] == "Sun  5 Apr  no calls"
    totals = [int(line.split()[-1].replace(",", "")) for line in (chart[1], chart[2], chart[4])]
    attempts = pl.read_parquet(folder / "ori-demo-1" / "attempts.parquet")
    local = attempts["reserved_at"].dt.convert_time_zone("Asia/Kolkata")
    assert totals == local.dt.date().value_counts().sort("reserved_at")["count"].to_list()
    assert local.dt.hour().is_between(9, 17).all()
    # At lunch on the second day the campaign was paused.
    saturday = attempts.filter(local.dt.weekday() == 6).with_columns(local.filter(local.dt.weekday() == 6).alias("at"))
    assert not (saturday["at"].dt.hour() == 13).any()


def test_the_demo_counts_every_call_and_every_contact_once(demo: tuple[Done, Path]) -> None:
    done, folder = demo
    attempts = pl.read_parquet(folder / "ori-demo-1" / "attempts.parquet")
    per_contact = attempts.group_by("contact").len()["len"].value_counts().sort("len").rows()
    assert list(done.attempts().items()) == per_contact
    assert sum(contacts for _, contacts in per_contact) == 928
    mix = dict(attempts["disposition"].value_counts().rows())
    told = {line.split()[0]: int(line.split()[1].replace(",", "")) for line in done.section("Dispositions")[1:]}
    assert {name: calls for name, calls in told.items() if name in mix} == mix
    assert sum(done.contacts().values()) == 928


def test_the_demo_logs_what_operators_did(demo: tuple[Done, Path]) -> None:
    done, _ = demo
    log = [re.split(r" {2,}", line[22:].strip()) for line in done.section("Operator's log")[1:]]
    assert [(line[0], line[1]) for line in log] == [
        ("create", "simulation"),
        ("start", "simulation"),
        ("pause", "asha"),
        ("edit", "asha"),
        ("resume", "asha"),
        ("exclude", "ravi"),
        ("complete", "engine"),
    ]


def test_the_demo_names_its_files(demo: tuple[Done, Path]) -> None:
    done, folder = demo
    named = [line.split()[0] for line in done.section("Files")]
    assert named == [f"ori-demo-1/{name}" for name in ("attempts.csv", "attempts.parquet", "skipped.csv")]
    assert sorted(path.name for path in folder.iterdir()) == ["ori-demo-1"]
    assert sorted(path.name for path in (folder / "ori-demo-1").iterdir()) == [
        "attempts.csv",
        "attempts.parquet",
        "skipped.csv",
    ]
    table = pl.read_csv(folder / "ori-demo-1" / "attempts.csv", infer_schema=False)
    typed = pl.read_parquet(folder / "ori-demo-1" / "attempts.parquet")
    assert table.columns == typed.columns
    assert table["attempt_id"].to_list() == typed["attempt_id"].to_list()


def test_the_demo_fits_eighty_columns_in_plain_ascii_without_a_number(demo: tuple[Done, Path]) -> None:
    done, _ = demo
    assert done.out.isascii()
    assert "\x1b" not in done.out
    assert max(len(line) for line in done.out.splitlines()) <= 80
    assert not PHONE_NUMBER.search(done.out)


def test_a_second_demo_takes_a_new_folder_and_says_the_same(demo: tuple[Done, Path], ori: Command) -> None:
    first, folder = demo
    (Path("ori-demo-1")).mkdir()
    again = ori("demo")
    assert again.out.replace("ori-demo-2", "ori-demo-1") == first.out
    for name in ("attempts.csv", "attempts.parquet", "skipped.csv"):
        assert (Path("ori-demo-2") / name).read_bytes() == (folder / "ori-demo-1" / name).read_bytes()
    assert list(Path("ori-demo-1").iterdir()) == []


def test_another_seed_is_another_campaign(demo: tuple[Done, Path], ori: Command) -> None:
    first, _ = demo
    other = ori("demo", "--seed", "8", "--out", "mine")
    assert other.code == 0
    assert other.section("Skipped rows") == first.section("Skipped rows")
    assert other.section("What ran when") != first.section("What ran when")
    assert sorted(path.name for path in Path("mine").iterdir()) == ["attempts.csv", "attempts.parquet", "skipped.csv"]
