"""Bots and carriers from a file; everything that is wrong in it is told at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.cli.directory_file import read_directory
from ori_campaigns.errors import InvalidDefinition

GOOD = {
    "bots": ["renewals-v3", {"id": "reminder", "callbacks": True}],
    "carriers": [
        {
            "id": "trunk",
            "cps": 5,
            "burst": 4,
            "channels": 60,
            "numbers": ["+91 11 4000 1000", {"number": "911140001001", "label": "Support", "outbound": False}],
        },
        {"id": "spare", "numbers": []},
    ],
}
AS_TOML = """
bots = ["renewals-v3", { id = "reminder", callbacks = true }]

[[carriers]]
id = "trunk"
cps = 5
burst = 4
channels = 60
numbers = ["+91 11 4000 1000", { number = "911140001001", label = "Support", outbound = false }]

[[carriers]]
id = "spare"
numbers = []
"""


@pytest.mark.parametrize(
    ("name", "text"),
    [("phones.json", json.dumps(GOOD)), ("phones.toml", AS_TOML), ("PHONES.JSON", json.dumps(GOOD))],
)
def test_both_formats_say_the_same(name: str, text: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(text, encoding="utf-8")
    directory = read_directory(str(tmp_path / name))
    assert directory.bots("default") == (Bot("renewals-v3"), Bot("reminder", callbacks=True))
    numbers = [CarrierNumber("911140001000"), CarrierNumber("911140001001", "Support", outbound=False)]
    assert directory.carriers("default") == (Carrier("trunk", numbers, 5, 4, 60), Carrier("spare", []))


BAD: dict[str, tuple[object, list[str]]] = {
    "no table": ([], ["phones.json: a table of fields is wanted here."]),
    "another field": ({"bot": []}, ["phones.json: there is no field bot."]),
    "no list": ({"bots": "b"}, ["phones.json, bots: a list is wanted here."]),
    "a bot that is a number": ({"bots": [1]}, ["phones.json, bots[0]: a table of fields is wanted here."]),
    "a bot without an id": ({"bots": [{}]}, ["phones.json, bots[0].id: this field is missing."]),
    "numbers in one text": (
        {"carriers": [{"id": "x", "numbers": "911140001000"}]},
        ["phones.json, carriers[0].numbers: a list is wanted here."],
    ),
    "all at once": (
        {
            "bots": ["b", {"id": 1, "callbacks": "yes"}],
            "carriers": [
                {"id": "x", "numbers": ["12345", {"number": 911140001000}], "cps": "5", "burst": 1.5, "rate": 1}
            ],
        },
        [
            "phones.json, bots[1].id: a text is wanted here.",
            "phones.json, bots[1].callbacks: true or false is wanted here.",
            "phones.json, carriers[0].numbers[0]: '•••45' is not a phone number (too short).",
            "phones.json, carriers[0].numbers[1].number: a text is wanted here.",
            "phones.json, carriers[0].cps: a number is wanted here.",
            "phones.json, carriers[0].burst: a whole number is wanted here.",
            "phones.json, carriers[0]: there is no field rate.",
        ],
    ),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_what_is_wrong_is_told_with_its_place(content: object, said: list[str], tmp_path: Path) -> None:
    (tmp_path / "phones.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InvalidDefinition) as refused:
        read_directory(str(tmp_path / "phones.json"))
    assert [problem.message for problem in refused.value.problems] == said
    assert {(problem.path, problem.code) for problem in refused.value.problems} == {("--directory", "bad_directory")}


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("phones.yaml", b"bots: []", "unknown_file_format"),
        ("phones.json", b"{", "bad_directory"),
        ("phones.toml", b"bots = [", "bad_directory"),
        ("phones.toml", b"bots = ['\xff']", "bad_directory"),
        ("absent.toml", None, "file_not_readable"),
    ],
)
def test_files_that_cannot_be_read(name: str, content: bytes | None, code: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InvalidDefinition) as refused:
        read_directory(str(tmp_path / name))
    assert refused.value.code == code


def test_limits_and_repeats_are_those_of_any_directory(tmp_path: Path) -> None:
    carriers = [{"id": "x", "numbers": ["911140001000"], "cps": 1000}, {"id": "y", "numbers": ["911140001000"]}]
    (tmp_path / "phones.json").write_text(json.dumps({"carriers": carriers}), encoding="utf-8")
    with pytest.raises(InvalidDefinition) as refused:
        read_directory(str(tmp_path / "phones.json"))
    assert [each.code for each in refused.value.problems] == ["carrier_out_of_range", "number_under_two_carriers"]
