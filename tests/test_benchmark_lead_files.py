"""The lead files of the ingest benchmark: the same each time, as large and as untidy as they are said to be."""

from __future__ import annotations

import csv
import io
import re
import runpy
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

LEAD_FILES: dict[str, Any] = runpy.run_path(
    str(Path(__file__).resolve().parent.parent / "benchmarks" / "lead_files.py")
)
KINDS = LEAD_FILES["KINDS"]
ALL = {**KINDS, **LEAD_FILES["SHAPES"]}
ROWS = 20_000


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The four large kinds with a few rows, by name."""
    folder = tmp_path_factory.mktemp("leads")
    return {name: made(folder / "leads.csv", name, ROWS) for name in KINDS}


def made(path: Path, name: str, rows: int, **seed: int) -> bytes:
    LEAD_FILES["write"](path, ALL[name], rows, **seed)
    return path.read_bytes()


def records(data: bytes, delimiter: str = ",") -> list[dict[str, str]]:
    text = io.StringIO(data.decode("utf-8-sig"), newline="")
    return list(csv.DictReader(text, strict=True, delimiter=delimiter))


@pytest.mark.parametrize("name", ALL)
def test_the_same_arguments_give_the_same_bytes(name: str, tmp_path: Path) -> None:
    first = made(tmp_path / "first.csv", name, 300)
    assert made(tmp_path / "again.csv", name, 300) == first
    assert made(tmp_path / "other.csv", name, 300, seed=1) != first
    # A shorter file is the beginning of a longer one.
    assert first.startswith(made(tmp_path / "short.csv", name, 100))


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("wide", 97_000_000, 100_000_000),
        ("wide, wild", 97_000_000, 100_000_000),
        ("narrow", 26_000_000, 28_000_000),
        ("narrow, wild", 26_000_000, 28_000_000),
    ],
)
def test_half_a_million_rows_are_as_large_as_promised(
    name: str, least: int, most: int, written: dict[str, bytes]
) -> None:
    assert least < len(written[name]) * 500_000 / ROWS < most


@pytest.mark.parametrize("name", ["wide", "narrow"])
def test_tidy_numbers_have_the_shares_they_are_said_to_have(name: str, written: dict[str, bytes]) -> None:
    found = Counter[str]()
    seen = set()
    for record in records(written[name]):
        number = re.sub(r"[+\s\u2010\u2011-]", "", record["phone_number"])
        if not record["phone_number"].strip():
            found["blank"] += 1
        elif not re.fullmatch("[0-9]{8,15}", number):
            found["junk"] += 1
        elif number in seen:
            found["duplicate"] += 1
        else:
            seen.add(number)
            found["indian" if re.fullmatch("(91)?[2-9][0-9]{9}", number) else "abroad"] += 1
    shares = {what: count / ROWS for what, count in found.items()}
    assert shares["blank"] == pytest.approx(0.01, abs=0.003)
    # One of the junk numbers is ten zeros, digits enough for the default policy.
    assert shares["junk"] == pytest.approx(0.015 * 14 / 15, abs=0.003)
    assert shares["duplicate"] == pytest.approx(0.03 + 0.015 / 15, abs=0.004)
    assert shares["indian"] / (shares["indian"] + shares["abroad"]) == pytest.approx(0.85, abs=0.01)


def test_wild_numbers_are_spelled_in_many_ways(written: dict[str, bytes]) -> None:
    numbers = [record["phone_number"] for record in records(written["narrow, wild"])]
    for spelling in [
        r"\(\+91\) ",
        r"00\d{6}",
        r"0[6-9]\d{9}$",
        r"\+\d+\.\d{3}\.",
        r".* ext\. \d",
        r".* x\d",
        r"Mob: ",
        r"[+\u0966-\u096f]+$",
        r"\d+\.0$",
        r"9\.19812E\+11",
        r"\s*$",
        r".*/",
        r"'91",
        r"1860",
    ]:
        share = sum(re.match(spelling, number) is not None for number in numbers) / ROWS
        assert 0.0001 < share < 0.15, spelling


def test_wide_rows_are_as_untidy_as_they_are_said_to_be(written: dict[str, bytes]) -> None:
    data = written["wide"]
    assert data.startswith(b"\xef\xbb\xbfphone_number,")
    found = records(data)
    assert {len(record) for record in found} == {9}
    assert len(found) == ROWS
    assert sum("\n" in record["notes"] for record in found) / ROWS == pytest.approx(0.01, abs=0.003)
    assert sum('"' in record["notes"] for record in found) > ROWS * 0.2
    assert sum(not record["customer_name"].isascii() for record in found) > ROWS * 0.2
    assert sum("," in record["amount_due"] for record in found) == pytest.approx(ROWS * 0.1, rel=0.15)
    assert 0 < sum(not record["due_date"] for record in found) < ROWS * 0.1


def test_the_other_shapes_are_what_they_are_called(tmp_path: Path) -> None:
    rows = 1_000
    data = {name: made(tmp_path / "leads.csv", name, rows) for name in LEAD_FILES["SHAPES"]}
    assert b'"' not in data["plain"]
    cells = re.findall(rb'"(?:[^"]|"")*"(?:,|\r\n)', data["quoted"].removeprefix(b"\xef\xbb\xbf"))
    assert len(cells) == 9 * (rows + 1)
    assert b"\xef\xbb\xbf" + b"".join(cells) == data["quoted"]
    plain_lines = data["inner quotes"].splitlines()[1:]
    assert all(b'5" pipe' in line and line.count(b",") == 8 and b',"' not in line for line in plain_lines)
    assert all("\n" in record["notes"] for record in records(data["two lines"]))
    assert all(', "' in record["notes"] for record in records(data["said"]))
    assert {len(record) for record in records(data["semicolon"], delimiter=";")} == {9}
    utf8 = data["utf-16"].decode("utf-16").encode()
    assert {len(record) for record in records(utf8)} == {9}
    bad = sum(
        len(re.sub(r"\D", "", record["phone_number"])) not in range(8, 16) for record in records(data["bad rows"])
    )
    assert bad / rows == pytest.approx(0.10, abs=0.03)
    assert {name: len(each.splitlines()) > rows for name, each in data.items()} == dict.fromkeys(data, True)
