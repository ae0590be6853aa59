"""The parts of pages."""

from __future__ import annotations

from typing import Any

import pytest

from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.listing import Rate
from ori_campaigns.pages import Choice, Share
from ori_campaigns.pages.parts import choose, counted, limited, named, placed, said, share, zone_of


@pytest.mark.behaviour("M2")
@pytest.mark.parametrize(
    ("part", "whole", "fraction", "text"),
    [(0, 0, 0.0, "0 %"), (0, 5, 0.0, "0 %"), (1, 200, 0.005, "1 %"), (199, 200, 0.995, "99 %"), (5, 5, 1.0, "100 %")],
)
def test_a_share_is_a_fraction_and_a_text(part: int, whole: int, fraction: float, text: str) -> None:
    assert share(Rate(part, whole)) == Share(part, whole, fraction, text)


def test_a_filter_has_one_choice_that_is_chosen() -> None:
    found = choose("status", "Status", "b", {"": "All", "a": "A", "b": "B"})
    assert found.choices == (Choice("", "All"), Choice("a", "A"), Choice("b", "B", chosen=True))
    assert (found.key, found.label, found.value) == ("status", "Status", "b")


def test_a_word_without_a_text_stands_for_itself() -> None:
    assert (said({"a": "A"}, "a"), said({"a": "A"}, "b")) == ("A", "b")
    assert named({"a": "A"}, ["b", "a"]) == {"b": "b", "a": "A"}


@pytest.mark.parametrize("limit", [-1, 0, 11])
def test_a_page_has_a_length(limit: int) -> None:
    assert [limited(each, 10) for each in (1, 10)] == [1, 10]
    with pytest.raises(InvalidDefinition, match="A page has 1 to 10 rows"):
        limited(limit, 10)


@pytest.mark.parametrize("limit", [None, "5", 2**70, float("nan")])
def test_a_length_is_a_number(limit: Any) -> None:
    assert limited(0, 10, name="activity", least=0) == 0
    with pytest.raises(InvalidDefinition, match="Give activity= within that") as caught:
        limited(limit, 10, name="activity", least=0)
    assert caught.value.code == "bad_limit"


@pytest.mark.parametrize("after", [-2, 2**31, 10**30, "0", None])
def test_a_page_of_contacts_begins_behind_a_place(after: Any) -> None:
    assert [placed(each) for each in (-1, 0, 2**31 - 1)] == [-1, 0, 2**31 - 1]
    with pytest.raises(InvalidDefinition) as caught:
        placed(after)
    assert caught.value.code == "bad_cursor"


def test_one_is_said_in_the_singular() -> None:
    words = {"call_one": "{count} call", "call_other": "{count} calls", "of_one": "{part} of {count}"}
    assert [counted(words, "call", each) for each in (0, 1, 2, 1234567)] == [
        "0 calls",
        "1 call",
        "2 calls",
        "1,234,567 calls",
    ]
    assert [counted(words, "of", each, part="0") for each in (1, 2)] == ["0 of 1", "2"]


@pytest.mark.parametrize("name", ["", "Nowhere", "../UTC", "/etc/passwd", "a\x00b"])
def test_a_zone_is_one_that_exists(name: str) -> None:
    assert zone_of("Asia/Kolkata").key == "Asia/Kolkata"
    with pytest.raises(InvalidDefinition) as caught:
        zone_of(name)
    assert caught.value.code == "unknown_timezone"
