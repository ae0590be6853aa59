"""What cannot be done is said in a sentence, with 2, and leaves nothing behind."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from cli.commands import LEADS, Command, Done, leads, left_behind

# --- bad input -------------------------------------------------------------------------------------------------------

SET = """
bots = ["renewals-v3", { id = "reminder", callbacks = true }]

[[carriers]]
id = "trunk"
cps = 5
burst = 5
channels = 60
numbers = ["+91 11 4000 1000", { number = "+91 11 4000 1001", label = "Support team" }]

[[carriers]]
id = "spare"
numbers = [{ number = "+91 11 4000 1009", outbound = false }]
"""


def phones() -> str:
    Path("phones.toml").write_text(SET, encoding="utf-8")
    return "phones.toml"


def test_a_directory_says_which_bots_and_numbers_there_are(ori: Command) -> None:
    of = ("--directory", phones(), "--bot", "renewals-v3", "--number", "+911140001000")
    done = ori("simulate", leads(), *of, "--answer-rate", "0")
    assert done.code == 0
    assert "50 at a time over trunk (1 number, 5 a second, 60 channels)" in done.out


def refusals() -> dict[str, tuple[list[str], str]]:
    """Read refusals.txt: what each case is called, its options, and what is said to them."""
    text = (Path(__file__).parent / "refusals.txt").read_text(encoding="utf-8")
    cases = re.findall(r"^# (.+)\n\$ (.+)\n((?:error: .+\n)+)", text, re.MULTILINE)
    return {name: (shlex.split(options), said) for name, options, said in cases}


REFUSED = refusals()


def test_every_refusal_is_read() -> None:
    assert len(REFUSED) == (Path(__file__).parent / "refusals.txt").read_text(encoding="utf-8").count("\n$ ")


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_bad_options_are_refused_in_a_sentence(options: list[str], said: str, ori: Command) -> None:
    phones()
    leads()
    Path("full").mkdir()
    Path("full/older.txt").touch()
    done = ori("simulate", "leads.csv", *options)
    assert done == Done(2, "", said)
    assert left_behind() == ["full"]
    assert [path.name for path in Path("full").iterdir()] == ["older.txt"]


def test_everything_that_is_wrong_is_told_at_once(ori: Command) -> None:
    done = ori(
        *("simulate", "absent.csv", "--concurrency", "0", "--timezone", "Nowhere/Near", "--days", "x"),
        *("--start", "x", "--out", "a/b", "--number", "1", "--cps", "0", "--unanswered", "x=1"),
    )
    assert done.code == 2
    assert [re.match(r"error: (--\w+|There is no file)", line) is not None for line in done.errors] == [True] * 9
    assert {line.split()[1] for line in done.errors} == {
        "--out:",
        "--number:",
        "--cps:",
        "--days:",
        "--concurrency:",
        "--timezone:",
        "--unanswered:",
        "--start:",
        "There",
    }


BAD_LEADS = {
    "a missing file": (None, "There is no file bad.csv. Check the path and its spelling."),
    "nothing in it": ("", "bad.csv is empty"),
    "no number in it": (
        "phone_number\n",
        "bad.csv has a header but no contacts. Add at least one row with a phone number.",
    ),
    "a zip archive": ("PK\x03\x04", "bad.csv is a spreadsheet (.xlsx) or a zip archive, not a CSV."),
}


@pytest.mark.parametrize(("text", "said"), BAD_LEADS.values(), ids=BAD_LEADS)
def test_a_bad_lead_file_is_refused_in_a_sentence(text: str | None, said: str, ori: Command) -> None:
    if text is not None:
        Path("bad.csv").write_text(text, encoding="utf-8")
    done = ori("simulate", "bad.csv", "--out", "kept")
    assert len(done.errors) == 1
    assert done.err.startswith(f"error: {said}")
    assert (done.code, done.out) == (2, "")
    assert left_behind() == (["bad.csv"] if text is not None else [])


@pytest.mark.behaviour("C1")
def test_a_file_without_the_column_is_refused_and_a_near_miss_named(ori: Command) -> None:
    leads("bad.csv", header="Phone Number")
    done = ori("simulate", "bad.csv", "--out", "kept")
    assert done.code == 2
    assert done.errors == [
        (
            "error: There is no column phone_number. The header on line 1 has 'Phone Number'. "
            "Did you mean 'Phone Number'? Rename it to phone_number, in lower case with the underscore."
        )
    ]
    assert left_behind() == ["bad.csv"]


@pytest.mark.behaviour("C1")
def test_the_column_may_be_the_only_one_or_among_others(ori: Command) -> None:
    alone = ori("simulate", leads())
    beside = ori("simulate", leads(header="name,phone_number,note", rows=[f"N,{number},x" for number in LEADS]))
    assert alone.section("Where the contacts ended") == beside.section("Where the contacts ended")


@pytest.mark.behaviour("C4")
def test_rows_of_a_list_without_a_good_one_are_kept_if_asked_for(ori: Command) -> None:
    leads("bad.csv", rows=["N/A", "123"])
    refused = "error: None of the 2 rows of bad.csv has a valid phone number (not_digits 1, too_short 1)."
    plain = ori("simulate", "bad.csv", "--out", "kept")
    assert (plain.code, plain.out, len(plain.errors)) == (2, "", 1)
    assert plain.err.startswith(refused)
    assert left_behind() == ["bad.csv"]
    kept = ori("simulate", "bad.csv", "--skipped", "skipped.csv")
    assert kept.err.startswith(refused)
    assert kept.err.endswith(" They are in skipped.csv.\n")
    assert Path("skipped.csv").read_text(encoding="utf-8").splitlines() == [
        "line,value,reason",
        "2,N/A,not_digits",
        "3,123,too_short",
    ]


def test_leads_are_needed_unless_always_on(ori: Command) -> None:
    done = ori("simulate")
    assert done.code == 2
    assert done.errors == [
        "error: LEADS.csv: There are no leads. Give a CSV file; only an always-on campaign may begin without."
    ]


def test_warnings_do_not_stop_it(ori: Command) -> None:
    Path("leads.csv").write_bytes(b"\xef\xbb\xbfphone_number\n919800000001\n")
    done = ori("simulate", "leads.csv", "--stop-after", "10", "--redial-under", "20")
    assert done.code == 0
    assert done.errors == [
        (
            "warning: --stop-after and --redial-under: Connects between 10 and 20 seconds are ambiguous: "
            "the stop rule wins, they are not redialled. Set the stop-after value at or above the redial-under value."
        ),
        "warning: header: The file starts with a byte order mark; it was removed.",
    ]


def test_a_folder_that_cannot_be_written_is_refused_before_anything_runs(
    ori: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tempfile.mkdtemp", denied)
    for arguments in (["simulate", leads(), "--out", "kept"], ["demo"], ["demo", "--out", "kept"]):
        done = ori(*arguments)
        assert done.code == 2
        assert done.err == "error: --out: Nothing can be written in . (Permission denied). Give another place.\n"
    assert left_behind() == []


# --- options that argparse itself refuses ----------------------------------------------------------------------------

UNREADABLE = {
    "no command": ([], "the following arguments are required: COMMAND"),
    "another command": (["dial"], "argument COMMAND: invalid choice: 'dial' (choose from "),
    "no such option": (["simulate", "leads.csv", "--fast"], "unrecognized arguments: --fast"),
    "a short form": (["simulate", "leads.csv", "--conc", "3"], "unrecognized arguments: --conc 3"),
    "a stray number": (["simulate", "leads.csv", "+91 98000 00001"], "unrecognized arguments: •••••••••••••01"),
    "no such mode": (["simulate", "leads.csv", "--mode", "daily"], "argument --mode: invalid choice: 'daily'"),
    "a seed in words": (["demo", "--seed", "luck"], "argument --seed: invalid int value: 'luck'"),
    "too likely": (
        ["simulate", "leads.csv", "--answer-rate", "1.5"],
        "argument --answer-rate: '1.5' is not a chance such as 0.3 or 30%, or 24 of them with commas between",
    ),
    "no mix": (
        ["simulate", "leads.csv", "--business", "renewed"],
        "argument --business: 'renewed' is not a mix such as customer=62,bot=38",
    ),
    "no range": (
        ["simulate", "leads.csv", "--ring", "9-3"],
        "argument --ring: '9-3' is not a length such as 5, or a range such as 4-18, in seconds",
    ),
    "no length": (
        ["simulate", "leads.csv", "--talk-mean", "-3"],
        "argument --talk-mean: '-3' is not a number of seconds above 0",
    ),
    "no burst": (["simulate", "leads.csv", "--burst", "many"], "argument --burst: invalid int value: 'many'"),
}


@pytest.mark.parametrize(("arguments", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_options_that_cannot_be_read(arguments: list[str], said: str, ori: Command) -> None:
    done = ori(*arguments)
    assert (done.code, done.out) == (2, "")
    assert len(done.errors) == 1
    assert done.err.startswith(f"error: {said}")
    assert done.err.endswith("--help\n")
