"""A lead file is read in one way by all commands: number policy, encoding, truncation, and the words for it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from cli.commands import Command, leads
from cli.store_world import QUICK, window

STRICT = ["098000 00001", "9800000001", "+91 98000-00002", "112", "1909", "12345", "+1 900 555 1234", "hello"]


def skipped(path: str) -> list[list[str]]:
    with Path(path).open(encoding="utf-8", newline="") as stream:
        return list(csv.reader(stream, strict=True))[1:]


@pytest.mark.behaviour("C11")
def test_a_simulation_reads_numbers_the_same_way(ori: Command) -> None:
    options = ("--region", "IN", "--allow", "premium_rate", "--answer-rate", "0", "--skipped", "rows.csv")
    done = ori("simulate", leads(rows=STRICT), *options)
    assert done.code == 0
    assert done.contacts() == {"exhausted": 3}
    reasons = ["duplicate", "emergency", "short_number", "too_short", "not_a_number"]
    assert [reason for _, _, reason in skipped("rows.csv")] == reasons
    # Each with its meaning, in the words of the strict policy.
    told = " ".join(done.section("Skipped rows"))
    assert re.search(r"1 +emergency +an emergency number of the region", told)
    assert re.search(r"1 +too_short +fewer digits than a number of that country", told)
    done = ori("simulate", "leads.csv", "--region", "XX", "--concurrency", "0")
    assert done.code == 2
    assert [line.split()[1] for line in done.errors] == ["--concurrency:", "--region:"]


@pytest.mark.behaviour("C3", "C7")
def test_a_simulation_reads_files_the_same_way(ori: Command) -> None:
    Path("list.csv").write_bytes("phone_number,city\n919800000001,Köln\n".encode("cp1252"))
    refused = ori("simulate", "list.csv")
    assert refused.code == 2
    assert refused.err.endswith("or say what it is: --encoding cp1252.\n")
    done = ori("simulate", "list.csv", "--encoding", "cp1252", "--truncate", "--answer-rate", "0")
    assert (done.code, done.contacts()) == (0, {"exhausted": 1})


@pytest.mark.behaviour("C11")
def test_a_store_keeps_to_the_policy_of_its_first_list(ori: Command) -> None:
    leads(rows=STRICT)
    quick = ("--answer-rate", "0", *QUICK, *window())
    first = ori("run", "leads.csv", "--region", "IN", *quick)
    assert (first.code, first.contacts()) == (0, {"exhausted": 2})
    again = ori("run", "leads.csv", "--region", "IN", *quick)
    assert (again.code, again.out) == (0, first.out)
    other = "Give --region and --allow as for the first list of the store, or another --store.\n"
    for options, name in (((), "digits"), (("--region", "GB"), "e164:GB")):
        done = ori("run", leads("other.csv", ["+91 98000-00001"]), *options, *quick)
        said = f"error: --region: It is of the number policy {name!r}, its store is of 'e164:IN'. {other}"
        assert (done.code, done.out, done.err) == (2, "", said)
    done = ori("run", "--campaign", "a", "--region", "IN", "--allow", "premium_rate", "--encoding", "x", "--truncate")
    assert done.errors == [
        f"error: --{name}: No file is read with --campaign. Leave it out."
        for name in ("region", "allow", "encoding", "truncate")
    ]
