"""`check`: what it says about good, messy and refused files, what it ends with, and that it never shows a number."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import ori_campaigns
from cli.commands import Command, Done, leads, left_behind
from ori_campaigns.cli import check
from ori_campaigns.cli.parser import build_parser
from ori_campaigns.ingest import Leads, read_leads, report

ROOT = Path(__file__).resolve().parents[2]
# One of everything that goes wrong, as spreadsheets, web pages and people write it.
MESSY = (
    "\ufeffphone_number ;name;;other phone;last contact;note\n"
    "919800000001;Asha Müller;lost;+91 98000-77777;2026-08-04 10:30;call 98000 77778 after six\n"
    "+91 98000-00002;Ravi;;;04/08/2026;\n"
    "919800000003;मोहन;;;;007\n"
    "N/A;Kofi\n"
    "(98000) 00005;Mei\n"
    "98000.00006;Zoë\n"
    "N/A;José\n"
    "98000\u200b00008;hidden\n"
    "ask Asha;Ngozi\n"
    ";Priya\n"
    "  ;Anil\n"
    "9,19800E+11;Søren\n"
    "91980000000139999999;Łucja\n"
    "12345;Karthik\n"
    "91-98000-00001;Asha again\n"
    "919800000017;a;b;c;d;e;f\n"
    '919800000018; "x;y";;;;\n'
    "919800000019;bell\x07;;;;\n"
)
MESSY_NUMBERS = ["919800000001", "9198000777", "9800077778", "9800000005", "9800000006", "9800000008", "9800000013999"]


def messy() -> str:
    Path("messy.csv").write_text(MESSY, encoding="utf-8", newline="")
    return "messy.csv"


def rows(path: str) -> list[tuple[int, str, str]]:
    with Path(path).open(encoding="utf-8", newline="") as stream:
        header, *lines = csv.reader(stream, strict=True)
    assert header == ["line", "value", "reason"]
    return [(int(line), value, reason) for line, value, reason in lines]


def document(done: Done) -> dict[str, Any]:
    assert done.err == ""
    assert done.out.isascii()
    found = json.loads(done.out)
    assert isinstance(found, dict)
    return found


def full(path: object, table: object, *, mode: str = "exact") -> None:
    """A disk that has room for the beginning of a file only."""
    Path(str(path)).write_text("line,val")
    raise OSError(28, "No space left on device")


# --- the report ------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("C4", "C5", "C6", "C8")
def test_a_messy_file_at_eighty_columns(ori: Command) -> None:
    expected = (Path(__file__).parent / "check_messy.txt").read_text(encoding="utf-8")
    done = ori("check", messy())
    assert done.out == expected
    assert (done.code, done.err) == (1, "")
    assert max(map(len, done.out.splitlines())) <= 80
    assert left_behind() == ["messy.csv"]


@pytest.mark.behaviour("C4")
def test_a_file_without_a_fault_at_eighty_columns(ori: Command) -> None:
    leads("good.csv", header="phone_number,city", rows=["919800000001,", "919800000002,Köln", "919800000003,Pune"])
    done = ori("check", "good.csv")
    assert done == Done(
        0,
        """\
good.csv: every row accepted, 3 contacts.

File     69 bytes, UTF-8, columns divided by commas
Numbers  8 to 15 digits; +, spaces and hyphens are dropped (policy digits)

Columns                                        1 call variable beside the number
--------------------------------------------------------------------------------
Column        Contacts  First value
phone_number         3  **********01
city                 2  Köln
""",
        "",
    )


@pytest.mark.behaviour("C1", "C4")
def test_a_refused_file_at_eighty_columns(ori: Command) -> None:
    Path("list.csv").write_text("Phone Number,name\n919800000001,Asha\n", encoding="utf-8")
    assert ori("check", "list.csv") == Done(
        2,
        """\
list.csv cannot be used: no contact would be loaded from it.

Why   There is no column phone_number. The header on line 1 has 'Phone Number',
      'name'. Did you mean 'Phone Number'? Rename it to phone_number, in lower
      case with the underscore.
Fix   Type phone_number into the first row of the spreadsheet, above the
      numbers, and save it as CSV again. If the first row is a contact, insert a
      row for the names above it.
Code  no_phone_number_column
File  36 bytes
""",
        "",
    )


def test_the_leads_that_come_with_the_package(ori: Command) -> None:
    done = ori("check", str(Path(ori_campaigns.__file__).parent / "data" / "demo_leads.csv"))
    assert done.code == 1
    assert done.out.startswith("demo_leads.csv: 928 of 1,000 rows accepted, 72 skipped.\n")
    assert done.section("Columns")[1:] == [
        "phone_number        928  **********45",
        "customer_name       911  Ravi Nair",
        "amount_due          845  1.50",
        "due_date            828  2026-08-04",
        "city                828  Mumbai",
        "language            821  en-IN",
        "notes               818  Prefers evenings, after six",
    ]
    titles = re.findall(r"^(\w+) +(\d+) rows$", done.out, re.MULTILINE)
    assert titles == [
        ("not_digits", "30"),
        ("blank", "12"),
        ("duplicate", "12"),
        ("scientific_notation", "6"),
        ("too_long", "6"),
        ("too_short", "6"),
    ]


def test_the_page_shows_what_is_really_said(ori: Command) -> None:
    page = (ROOT / "docs" / "how-to" / "read-a-lead-file.md").read_text(encoding="utf-8")
    files = re.findall(r"```csv\n(.*?)```", page, re.DOTALL)
    said = re.search(r"```console\n\$ python -m ori_campaigns check leads\.csv\n(.*?)```", page, re.DOTALL)
    assert said is not None
    Path("leads.csv").write_text(files[0], encoding="utf-8", newline="")
    assert ori("check", "leads.csv", "--skipped", "to-correct.csv", "--for-spreadsheet").code == 1
    assert ori("check", "leads.csv").out == said[1]
    assert Path("to-correct.csv").read_text(encoding="utf-8") == files[1]


def test_every_option_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    begin, file = page.index("\n## check\n"), page.index("\n### How the file is read\n")
    told = page[begin : page.index("\n## demo\n")] + page[file : page.index("\n### Basics and number pool\n")]
    commands = next(each for each in build_parser()._actions if isinstance(each, argparse._SubParsersAction)).choices
    options = {name for action in commands["check"]._actions for name in action.option_strings} - {"-h", "--help"}
    assert options == set(re.findall(r"^\| `(--[\w-]+)", told, re.MULTILINE))


def test_the_help_is_told_at_eighty_columns(ori: Command) -> None:
    done = ori("check", "--help")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("usage: python -m ori_campaigns check LEADS.csv")
    assert max(map(len, done.out.splitlines())) <= 80


def test_many_columns_and_long_names_do_not_fill_the_screen(ori: Command) -> None:
    names = [f"a column with a long name, the {at}" for at in range(40)]
    with Path("wide.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["phone_number", *names], ["919800000001", *["x" * 400] * 40]])
    done = ori("check", "wide.csv")
    assert done.code == 0
    assert len(done.section("Columns")) == 1 + 30 + 1
    assert done.section("Columns")[-1] == "and 11 more columns; --json has all of them"
    assert max(map(len, done.out.splitlines())) <= 80
    columns = document(ori("check", "wide.csv", "--json"))["columns"]
    assert [each["name"] for each in columns] == ["phone_number", *names]


@pytest.mark.parametrize("width", ["48", "60", "100"])
def test_it_fits_other_widths(width: str, ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", width)
    done = ori("check", messy())
    assert max(map(len, done.out.splitlines())) <= int(width)


def test_the_rows_that_are_shown_tell_most(ori: Command) -> None:
    # Five kinds of faults: hidden characters first, because nobody sees them in the file, then the most frequent.
    written = ["N/A", "x", "y", "98000.00001", "98000.00002", "98000.00003", "98000/00004", "9800000005\u202c"]
    leads("bad.csv", rows=["919800000001", *written, *["n/a"] * 40])
    assert re.findall(r"line +(\d+): (.+)", ori("check", "bad.csv").out) == [
        ("3", "N/A"),
        ("6", "*****.***01"),
        ("10", "********05<U+202C>"),
    ]


# --- masked ----------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("C4")
@pytest.mark.parametrize("options", [(), ("--json",), ("--skipped", "rows.csv"), ("--region", "IN"), ("--quiet",)])
def test_no_number_is_shown(options: Sequence[str], ori: Command) -> None:
    done = ori("check", messy(), *options)
    known = r"\d{4}-\d\d-\d\d \d\d:\d\d|\d\d/\d\d/\d{4}|\+44-20-7946-0001|<U\+\w+>|\\u[0-9a-f]{4}(?<!2022)"
    said = re.sub(known, "", done.out + done.err).replace("\\u2022", "•")
    # What is left of a number is never longer than its last two digits, however it was written.
    shown = [run for run in re.findall(r"[•*][^•*\n]*?(\d+)", said) if len(run) > 2]
    assert not shown
    squeezed = re.sub(r"[^0-9]", "", said.replace("\n", "."))
    for number in MESSY_NUMBERS:
        assert number[-4:] not in re.findall(r"\d+", said)
        assert number not in squeezed
        assert number[:5] not in said


def test_numbers_of_other_scripts_and_shapes_are_masked_too(ori: Command) -> None:
    rows = [
        "०९८७६५४३२१०",
        "\uff19\uff18\uff10\uff10\uff10\uff10\uff10\uff10\uff11",
        "9-8(0)0.0/0 0_0:0;1 ext 22",
        "tel:+91.98000.00003",
        "九八〇〇〇〇〇〇一",
    ]
    leads("bad.csv", rows=["919800000001", *rows, "919800000004\x00"])
    report = document(ori("check", "bad.csv", "--json"))
    shown = [row["value"] for each in report["skipped"] for row in each["examples"]]
    assert shown
    for value in shown:
        assert sum(character.isnumeric() for character in value) <= 2


def test_numbers_in_other_columns_are_masked_and_figures_and_dates_are_not(ori: Command) -> None:
    values = {
        "phone": "+91 98000-77777",
        "thousands": "919,800,077,777",
        "in words": "ring 98000 77777 or 98000 88888",
        "date": "2026-08-04",
        "moment": "2026-08-04T10:30:15Z",
        "written date": "14.08.2026",
        "no date": "2026-80-40-1",
        "amount": "1,250.00",
        "pin": "400076",
        "919800077777": "x",
    }
    with Path("leads.csv").open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([["phone_number", *values], ["919800000001", *values.values()]])
    columns = document(ori("check", "leads.csv", "--json"))["columns"]
    assert [(each["name"], each["example"]) for each in columns] == [
        ("phone_number", "••••••••••01"),
        ("phone", "+•• •••••-•••77"),
        ("thousands", "•••,•••,•••,•77"),
        ("in words", "ring ••••• ••••• or ••••• •••88"),
        ("date", "2026-08-04"),
        ("moment", "2026-08-04T10:30:15Z"),
        ("written date", "14.08.2026"),
        ("no date", "••••-••-•0-1"),
        ("amount", "1,250.00"),
        ("pin", "400076"),
        ("••••••••••77", "x"),
    ]


def test_what_would_steer_a_terminal_is_shown_instead(ori: Command) -> None:
    leads("a\x1b[31m.csv", header="phone_number,na\u202eme", rows=["919800000001,a\u202eb", "\x1b[2J,x", "\u2066N/A,y"])
    done = ori("check", "a\x1b[31m.csv")
    assert done.code == 1
    assert not re.search("[\x1b\u202e\u2066]", done.out)
    assert done.out.startswith("a<U+001B>[31m.csv: 1 of 3 rows accepted, 2 skipped.\n")
    assert "<U+001B>[2J" in done.out
    assert "<U+2066>N/A" in done.out
    assert "na<U+202E>me" in done.out


# --- options ---------------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("C4")
def test_json_says_the_same(ori: Command) -> None:
    told = document(ori("check", messy(), "--json"))
    expected = read_leads("messy.csv")
    assert told["usable"] is True
    assert told["file"] == {"name": "messy.csv", "bytes": len(MESSY.encode()), "encoding": "utf-8", "delimiter": ";"}
    assert told["policy"] == {"name": "digits", "version": None}
    assert told["rows"] == {"total": 18, "accepted": 3, "skipped": 15}
    assert told["rows"]["total"] == expected.summary.total
    assert {each["reason"]: each["count"] for each in told["skipped"]} == {
        "not_digits": 6,
        "blank": 2,
        "control_character": 1,
        "duplicate": 1,
        "scientific_notation": 1,
        "stray_quote": 1,
        "too_long": 1,
        "too_many_fields": 1,
        "too_short": 1,
    }
    assert [each["name"] for each in told["columns"]] == [
        *("phone_number", "name", "other phone", "last contact", "note"),
    ]
    assert [each["code"] for each in told["warnings"]] == ["byte_order_mark", "header_cleaned", "blank_header"]
    assert (told["refused"], told["skipped_file"]) == (None, None)
    text = " ".join(ori("check", "messy.csv").out.split())
    for each in told["skipped"]:
        assert f"{each['reason']} {each['count']} row" in text
        assert f"Fix {each['fix']}" in text
        assert f"Why {each['meaning'][0].upper()}{each['meaning'][1:]}." in text
    for each in told["warnings"]:
        assert f"{each['code']} Why {each['messages'][0]} Fix {each['fix']}" in text


def test_json_of_a_refused_file(ori: Command) -> None:
    Path("list.csv").write_bytes("phone_number,city\n919800000001,Köln\n".encode("cp1252"))
    done = ori("check", "list.csv", "--json")
    told = document(done)
    assert done.code == 2
    assert (told["usable"], told["rows"], told["columns"], told["skipped"], told["warnings"]) == (
        False,
        None,
        [],
        [],
        [],
    )
    assert told["file"] == {"name": "list.csv", "bytes": 36, "encoding": None, "delimiter": None}
    assert told["refused"]["code"] == "undecodable"
    assert told["refused"]["facts"] == {"offset": 32, "encoding": "utf-8"}
    assert told["refused"]["message"].endswith("or say what it is: --encoding cp1252.")
    assert told["refused"]["fix"].startswith("Save it as UTF-8.")


def test_json_of_a_file_that_is_not_there(ori: Command) -> None:
    done = ori("check", "absent.csv", "--json")
    told = document(done)
    assert (done.code, told["refused"]["code"], told["file"]["bytes"]) == (2, "file_not_found", None)


def test_quiet_says_nothing_but_errors(ori: Command) -> None:
    assert ori("check", leads(), "--quiet") == Done(0, "", "")
    assert ori("check", messy(), "--quiet") == Done(1, "", "")
    Path("empty.csv").touch()
    said = "error: empty.csv is empty. A lead file has a header line and one line a contact.\n"
    assert ori("check", "empty.csv", "--quiet") == Done(2, "", said)
    done = ori("check", "messy.csv", "--quiet", "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: argument --json: not allowed with argument --quiet.")


@pytest.mark.behaviour("C7")
def test_an_encoding_has_to_be_named(ori: Command) -> None:
    Path("list.csv").write_bytes("phone_number;city\r\n919800000001;Köln\r\n".encode("cp1252"))
    assert ori("check", "list.csv").code == 2
    done = ori("check", "list.csv", "--encoding", "cp1252")
    assert done.code == 0
    assert "File     38 bytes, cp1252, columns divided by semicolons" in done.out
    assert done.section("Columns")[-1].split() == ["city", "1", "Köln"]


@pytest.mark.behaviour("C7")
def test_utf_16_and_tabs_are_found_out(ori: Command) -> None:
    Path("list.csv").write_text("phone_number\tcity\n919800000001\tKöln\n", encoding="utf-16")
    assert "UTF-16, columns divided by tabs" in ori("check", "list.csv").out


@pytest.mark.behaviour("C3")
def test_too_many_rows_are_refused_or_cut(ori: Command) -> None:
    numbers = "".join(f"9198{n:08}\n" for n in range(500_002))
    Path("long.csv").write_text(f"phone_number\n{numbers}", encoding="utf-8")
    refused = ori("check", "long.csv")
    assert refused.code == 2
    assert "Code  too_many_rows" in refused.out
    assert "500,002 rows" in refused.out
    assert "with --truncate." in " ".join(refused.out.split())
    cut = ori("check", "long.csv", "--truncate", "--skipped", "rows.csv")
    assert cut.code == 1
    assert cut.out.startswith("long.csv: 500,000 of 500,002 rows accepted, 2 skipped.\n")
    assert "over_limit" in cut.out
    assert rows("rows.csv") == [(500_002, "919800500000", "over_limit"), (500_003, "919800500001", "over_limit")]


STRICT = ["098000 00001", "9800000001", "+91 98000-00002", "112", "1909", "12345", "+1 900 555 1234", "hello"]


@pytest.mark.behaviour("C11")
def test_a_region_makes_numbers_strict(ori: Command) -> None:
    done = ori("check", leads(rows=STRICT), "--region", "in", "--json")
    told = document(done)
    assert done.code == 1
    assert told["rows"] == {"total": 8, "accepted": 2, "skipped": 6}
    assert told["policy"]["name"] == "e164:IN"
    assert re.fullmatch(r"phonenumbers \d+\.\d+\.\d+", told["policy"]["version"])
    found = {each["reason"]: (each["meaning"], each["fix"], each["examples"]) for each in told["skipped"]}
    assert set(found) == {"duplicate", "emergency", "not_a_number", "premium_rate", "short_number", "too_short"}
    assert all(meaning and fix for meaning, fix, _ in found.values())
    assert found["premium_rate"][1].endswith(" --allow premium_rate lets them through.")
    assert found["duplicate"][2] == [{"line": 3, "value": "••••••••01"}]


@pytest.mark.behaviour("C11")
def test_kinds_of_numbers_can_be_allowed(ori: Command) -> None:
    options = ("--region", "IN", "--allow", "premium_rate", "--allow", "shared_cost")
    done = ori("check", leads(rows=STRICT), *options)
    assert done.out.startswith("leads.csv: 3 of 8 rows accepted, 5 skipped.\n")
    assert re.search(r"^Numbers  policy e164:IN\+premium_rate\+shared_cost, phonenumbers \d", done.out, re.MULTILINE)


BAD_OPTIONS = {
    "no such region": (
        ["--region", "XX"],
        "--region: 'XX' is no region that libphonenumber knows. Use the two letters of ISO 3166, such as IN, GB or US.",
    ),
    "no such kind": (
        ["--region", "IN", "--allow", "mobile"],
        "--allow: Numbers of the class 'mobile' cannot be let through. Those of premium_rate and shared_cost can.",
    ),
    "kinds of no region": (
        ["--allow", "premium_rate"],
        (
            "--allow: Without a region every number of 8 to 15 digits is allowed. "
            "Give --region as well, such as --region IN, or leave it out."
        ),
    ),
    "no such encoding": (
        ["--encoding", "klingon"],
        "There is no text encoding 'klingon'. Give a Python codec name, such as 'cp1252' or 'utf-16-le'.",
    ),
    "a form of nothing": (
        ["--for-spreadsheet"],
        "--for-spreadsheet: It is about the file of --skipped. Give both, or leave it out.",
    ),
    "the file itself": (
        ["--skipped", "leads.csv"],
        "--skipped: leads.csv is there already. Give another name; nothing is overwritten.",
    ),
    "the file by another name": (
        ["--skipped", "folder/../leads.csv"],
        "--skipped: folder/../leads.csv is there already. Give another name; nothing is overwritten.",
    ),
    "the file by a link": (
        ["--skipped", "link.csv"],
        "--skipped: link.csv is there already. Give another name; nothing is overwritten.",
    ),
    "no such folder": (
        ["--skipped", "absent/rows.csv"],
        "--skipped: There is no folder absent. Create it, or give another place.",
    ),
    "a name too long": (
        ["--skipped", "x" * 300],
        "--skipped: Nothing can be written in . (File name too long). Give another place.",
    ),
}


@pytest.mark.parametrize(("options", "said"), BAD_OPTIONS.values(), ids=BAD_OPTIONS)
@pytest.mark.parametrize("form", [(), ("--quiet",)], ids=["report", "quiet"])
def test_bad_options_are_refused_in_a_sentence(
    form: Sequence[str], options: list[str], said: str, ori: Command
) -> None:
    leads()
    Path("folder").mkdir()
    Path("link.csv").symlink_to("leads.csv")
    before = Path("leads.csv").read_bytes()
    assert ori("check", "leads.csv", *options, *form) == Done(2, "", f"error: {said}\n")
    assert Path("leads.csv").read_bytes() == before
    assert left_behind() == ["folder", "link.csv"]


def test_without_the_extra_it_says_which_is_missing(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from ori_campaigns import e164
    from ori_campaigns.errors import MissingExtra

    def missing(*_: object, **__: object) -> None:
        raise MissingExtra("The number policy E164", "phone")

    monkeypatch.setattr(e164, "E164", missing)
    done = ori("check", leads(), "--region", "IN")
    assert done == Done(
        2, "", "error: The number policy E164 needs the extra 'phone': python -m pip install 'ori-campaigns[phone]'\n"
    )


def test_a_file_is_needed(ori: Command) -> None:
    done = ori("check")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: the following arguments are required: LEADS.csv.")


# --- files that cannot be used ---------------------------------------------------------------------------------------

UNUSABLE = {
    "empty_file": b"",
    "no_rows": b"phone_number,name\n",
    "not_a_csv": b"PK\x03\x04 and so on",
    "no_phone_number_column": b"919800000001,Asha\n919800000002,Ravi\n",
    "duplicate_column": b"phone_number,name,name\n919800000001,a,b\n",
    "reserved_column": b"phone_number,_campaign_id\n919800000001,a\n",
    "undecodable": b"phone_number,city\n919800000001,K\xf6ln\n",
    "unbalanced_quote": b'phone_number,name\n919800000001,"Asha\n919800000002,Ravi\n',
    "header_control_character": b"phone_number,na\x00me\n919800000001,a\n",
    "too_many_columns": ",".join(["phone_number", *map(str, range(200))]).encode() + b"\n919800000001\n",
    "line_too_long": b"phone_number\n" + b"9" * 1_000_001 + b"\n",
}


@pytest.mark.behaviour("C1", "C3", "C6", "C7", "C8")
@pytest.mark.parametrize(("code", "content"), UNUSABLE.items(), ids=UNUSABLE)
def test_a_refused_file_is_told_with_its_fix(code: str, content: bytes, ori: Command) -> None:
    Path("list.csv").write_bytes(content)
    done = ori("check", "list.csv", "--skipped", "rows.csv")
    assert (done.code, done.err) == (2, "")
    lines = done.out.splitlines()
    assert lines[0] == "list.csv cannot be used: no contact would be loaded from it."
    assert [line.split()[0] for line in lines if re.match(r"\S+ +\S", line)][1:5] == ["Why", "Fix", "Code", "File"]
    assert f"Code  {code}" in lines
    assert f"File  {len(content):,} byte{'s' * (len(content) != 1)}" in lines
    # Nothing is known about its rows, so no file of them is made.
    assert lines[-1] == "No row was read; rows.csv was not written."
    assert left_behind() == ["list.csv"]
    assert not re.search(r"\d{8}", done.out)


@pytest.mark.behaviour("C4", "C8")
def test_a_file_without_a_valid_row_is_refused_with_its_report(ori: Command) -> None:
    leads("bad.csv", header="phone_number,name", rows=["N/A,a", "123,b"])
    done = ori("check", "bad.csv", "--skipped", "rows.csv")
    assert (done.code, done.err) == (2, "")
    assert done.out.startswith("bad.csv cannot be used: no contact would be loaded from it.\n")
    assert "Code     no_valid_rows" in done.out
    assert [line.split() for line in done.section("Columns")[1:]] == [["phone_number", "0"], ["name", "0"]]
    assert re.findall(r"line (\d+): (.+)", done.out) == [("2", "N/A"), ("3", "*23")]
    assert rows("rows.csv") == [(2, "N/A", "not_digits"), (3, "123", "too_short")]
    told = document(ori("check", "bad.csv", "--json"))
    assert told["usable"] is False
    assert told["rows"] == {"total": 2, "accepted": 0, "skipped": 2}
    assert told["refused"]["code"] == "no_valid_rows"
    assert told["refused"]["facts"] == {"by_reason": {"not_digits": 1, "too_short": 1}}


def test_a_file_that_cannot_be_opened_is_an_error(ori: Command) -> None:
    absent = "error: There is no file absent.csv. Check the path and its spelling.\n"
    assert ori("check", "absent.csv", "--skipped", "rows.csv") == Done(2, "", absent)
    Path("folder").mkdir()
    directory = "error: folder is a directory. Give the path of one CSV file.\n"
    assert ori("check", "folder") == Done(2, "", directory)
    assert left_behind() == ["folder"]


# --- standard input --------------------------------------------------------------------------------------------------


def piped(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content), encoding="utf-8"))


@pytest.mark.behaviour("C13")
def test_leads_may_come_from_standard_input(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(MESSY.encode(), monkeypatch)
    from_pipe = ori("check", "-", "--skipped", "rows.csv")
    from_file = ori("check", messy())
    assert from_pipe.code == 1
    assert from_pipe.out.startswith("standard input: 3 of 18 rows accepted, 15 skipped.\n")
    assert from_pipe.section("Skipped rows") == from_file.section("Skipped rows")
    assert "File     476 bytes, UTF-8, columns divided by semicolons" in from_pipe.out
    assert len(rows("rows.csv")) == 15


def test_standard_input_may_be_empty_or_closed(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    piped(b"", monkeypatch)
    assert "Code  empty_file" in ori("check", "-").out
    monkeypatch.setattr("sys.stdin", None)
    done = ori("check", "-")
    assert (done.code, done.err) == (2, "")
    assert "Code  empty_file" in done.out


# --- the file of skipped rows ----------------------------------------------------------------------------------------


@pytest.mark.behaviour("C4")
def test_the_skipped_rows_are_written_exactly(ori: Command) -> None:
    done = ori("check", messy(), "--skipped", "rows.csv")
    assert rows("rows.csv") == read_leads("messy.csv").skipped.rows()
    assert rows("rows.csv")[0] == (5, "N/A", "not_digits")
    assert rows("rows.csv")[4] == (9, "98000\u200b00008", "not_digits")
    assert done.section("Files") == ["rows.csv  15 skipped rows: line, value in full, reason"]
    assert "--skipped FILE" not in done.out
    assert document(ori("check", "messy.csv", "--skipped", "again.csv", "--json"))["skipped_file"] == "again.csv"


@pytest.mark.behaviour("C4")
def test_the_skipped_rows_can_be_made_safe_for_a_spreadsheet(ori: Command) -> None:
    written = ["919800000001", "=1+1", "+91 98000-00001", "N/A"]
    done = ori("check", leads(rows=written), "--skipped", "rows.csv", "--for-spreadsheet")
    assert done.code == 1
    assert rows("rows.csv") == [
        (3, "'=1+1", "not_digits"),
        (4, "'+91 98000-00001", "duplicate"),
        (5, "N/A", "not_digits"),
    ]


def test_a_file_of_no_skipped_rows_is_its_header(ori: Command) -> None:
    done = ori("check", leads(), "--skipped", "rows.csv", "--quiet")
    assert done == Done(0, "", "")
    assert rows("rows.csv") == []


def test_a_full_disk_leaves_no_half_of_a_file(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ori_campaigns.ingest.leads.write_skipped_csv", full)
    done = ori("check", messy(), "--skipped", "rows.csv")
    assert done.code == 2
    assert done.err == "error: --skipped: rows.csv could not be written (No space left on device).\n"
    # What was found is not lost.
    assert done.out.startswith("messy.csv: 3 of 18 rows accepted, 15 skipped.\n")
    assert "Files" not in done.out
    assert left_behind() == ["messy.csv"]
    done = ori("check", "messy.csv", "--skipped", "rows.csv", "--json")
    assert (done.code, json.loads(done.out)["skipped_file"]) == (2, None)
    leads("bad.csv", rows=["N/A"])
    done = ori("check", "bad.csv", "--skipped", "rows.csv", "--quiet")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: None of the 1 rows of bad.csv has a valid phone number")
    assert done.err.endswith("--skipped: rows.csv could not be written (No space left on device).\n")
    assert left_behind() == ["bad.csv", "messy.csv"]


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_read(
    ori: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**_: object) -> str:
        raise PermissionError(13, "Permission denied")

    def untouched(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("tempfile.mkdtemp", denied)
    monkeypatch.setattr(check, "read_file", untouched)
    done = ori("check", messy(), "--skipped", "rows.csv")
    assert done == Done(
        2, "", "error: --skipped: Nothing can be written in . (Permission denied). Give another place.\n"
    )
    assert left_behind() == ["messy.csv"]


def test_ctrl_c_leaves_no_half_of_a_file(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(path: object, *_: object, **__: object) -> None:
        Path(str(path)).write_text("line,val")
        raise KeyboardInterrupt

    monkeypatch.setattr("ori_campaigns.ingest.leads.write_skipped_csv", interrupted)
    assert ori("check", messy(), "--skipped", "rows.csv") == Done(130, "", "Interrupted.\n")
    assert left_behind() == ["messy.csv"]


def test_leads_are_read_once(ori: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    # A pipe can be read once only; so the report and the file of skipped rows must come from one reading.
    seen: list[Leads] = []
    whole = report.write_skipped_csv

    def counted(*arguments: Any, **options: Any) -> None:
        seen.append(arguments[0])
        whole(*arguments, **options)

    monkeypatch.setattr("ori_campaigns.ingest.leads.write_skipped_csv", counted)
    piped(MESSY.encode(), monkeypatch)
    assert ori("check", "-", "--skipped", "rows.csv", "--json").code == 1
    assert len(seen) == 1


# --- the command as it is really run ---------------------------------------------------------------------------------


def really(*arguments: str, **changes: str) -> subprocess.Popen[bytes]:
    path = str(Path(ori_campaigns.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": path, "COLUMNS": "80", "PYTHONUTF8": "1", **changes}
    return subprocess.Popen(
        [sys.executable, "-m", "ori_campaigns", "check", *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


@pytest.mark.parametrize("form", [[], ["--json"]], ids=["report", "json"])
def test_a_reader_that_goes_away_is_no_traceback(form: list[str]) -> None:
    with really(messy(), "--skipped", "rows.csv", *form) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert (process.returncode, said) == (141, b"")
    # The file was asked for, and is whole.
    assert len(rows("rows.csv")) == 15


def test_an_ascii_stream_gets_no_traceback() -> None:
    with really(messy(), PYTHONIOENCODING="ascii", PYTHONUTF8="0") as process:
        out, err = process.communicate()
    assert (process.returncode, err) == (1, b"")
    assert out.isascii()
    assert b"name                 3  Asha M?ller" in out
