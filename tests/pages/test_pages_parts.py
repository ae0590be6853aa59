"""The parts of pages."""

from __future__ import annotations

import pytest

from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.listing import Rate
from ori_campaigns.pages import Choice, Share
from ori_campaigns.pages.parts import choose, limited, named, said, share, zone_of


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


@pytest.mark.parametrize("name", ["", "Nowhere", "../UTC", "/etc/passwd", "a\x00b"])
def test_a_zone_is_one_that_exists(name: str) -> None:
    assert zone_of("Asia/Kolkata").key == "Asia/Kolkata"
    with pytest.raises(InvalidDefinition) as caught:
        zone_of(name)
    assert caught.value.code == "unknown_timezone"
