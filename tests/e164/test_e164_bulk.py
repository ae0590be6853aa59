"""The bulk path: libphonenumber's own verdict, and the very answers of the path that takes texts one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import attrs
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from e164.spellings import ODD_REGIONS, REGIONS, Said, said, spellings
from ori_campaigns.e164 import E164, bulk
from ori_campaigns.e164.metadata import Shape, region_of
from ori_campaigns.e164.refusals import ORDINARY
from ori_campaigns.numbers import Rejection

Columns = tuple[list[str | None], list[str | None]]


def in_bulk(texts: list[str], policy: E164) -> Columns:
    """Clean a column, however few numbers of a calling code there are in it."""
    accept = {ORDINARY, *policy.allow}
    written = pl.Series(texts, dtype=pl.String)
    numbers, reasons = bulk.clean_column(written, policy.region, accept=accept, clean=policy.clean, few=0)
    return numbers.to_list(), reasons.to_list()


def one_by_one(texts: list[str], clean: Callable[[str], str | Rejection]) -> Columns:
    cleaned = [clean(text) for text in texts]
    return (
        [None if isinstance(each, Rejection) else each for each in cleaned],
        [each.reason if isinstance(each, Rejection) else None for each in cleaned],
    )


def compare(region: str, texts: list[str]) -> Counter[str]:
    """Hold both paths against libphonenumber, and against each other; count what was compared."""
    policy = E164(region, allow=["premium_rate", "shared_cost"])
    numbers, reasons = in_bulk(texts, policy)
    assert (numbers, reasons) == one_by_one(texts, policy.clean)
    oracle = [said(text, region) for text in texts]
    for text, number, reason, verdict in zip(texts, numbers, reasons, oracle, strict=True):
        if reason in {"emergency", "scientific_notation"}:
            continue
        # E.164 has at most 15 digits; libphonenumber calls valid a few longer numbers, of use inside their country.
        good = verdict.valid and verdict.e164 is not None and len(verdict.e164) <= len("+123456789012345")
        assert number == (verdict.e164[1:] if good and verdict.e164 else None), (region, text)
    certain = bulk.verdicts(pl.Series(texts), region)
    for row, possible, e164, valid in certain.select("row", "possible", "e164", "valid").iter_rows():
        assert Said(e164, valid, possible) == oracle[row], (region, texts[row])
    return Counter(
        texts=len(texts),
        certain=certain.height,
        valid=sum(verdict.valid for verdict in oracle),
        impossible=sum(verdict.e164 is not None and not verdict.possible for verdict in oracle),
    )


@pytest.mark.behaviour("C11")
@pytest.mark.parametrize("region", ODD_REGIONS)
def test_the_verdict_is_that_of_libphonenumber(region: str) -> None:
    counted = compare(region, spellings(region, 400, abroad=10))
    # The comparison is of something: most are read in bulk, and there are good ones and bad ones.
    assert counted["certain"] > 150
    assert counted["valid"] > 60
    assert counted["impossible"] > 20


@pytest.mark.slow
@pytest.mark.behaviour("C11")
def test_the_verdict_is_that_of_libphonenumber_for_every_region() -> None:
    counted: Counter[str] = Counter()
    for region in REGIONS:
        counted += compare(region, spellings(region, 900, abroad=60))
    assert counted["texts"] > 200_000
    assert counted["certain"] > 150_000
    assert counted["valid"] > 60_000
    assert counted["impossible"] > 20_000


# Every character of Unicode, and soups of what phone numbers are written with.
anything = st.text(max_size=25)
soup = st.lists(
    st.one_of(
        st.sampled_from("0123456789+-() ./#*,;:xXeE~_'\"=[]"),
        st.sampled_from(
            "\u00a0\u00ad\u200b\u2010\u2011\u2212\u202a\u202c\u2060\u3000\u30fc\uff0b\uff0d\uff11\t\n\r\x85"
        ),
        st.sampled_from("٠١٩०१९²¹৭"),
        st.sampled_from(["+91", "0091", "00", "98765", "43210", "1800", "112", " ext ", "tel:", ";ext=", "E+"]),
        st.sampled_from(
            [";phone-context=", "+1", "011", "44", "212", "5550123", ";isub=", " x", "/ x", "anexo", "доб"]
        ),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=18,
).map("".join)
policies = st.sampled_from([E164("IN"), E164("US"), E164("GB"), E164("JE"), E164("AR"), E164("IT"), E164("AU")])


@pytest.mark.behaviour("C11")
@settings(max_examples=150)
@given(st.lists(st.one_of(anything, soup), min_size=1, max_size=40), policies)
def test_both_paths_answer_alike_whatever_is_written(texts: list[str], policy: E164) -> None:
    assert in_bulk(texts, policy) == one_by_one(texts, policy.clean)


@pytest.mark.behaviour("C11")
@settings(max_examples=150)
@given(st.lists(st.one_of(anything, soup), min_size=1, max_size=20), policies)
def test_what_is_accepted_is_what_libphonenumber_calls_valid(texts: list[str], policy: E164) -> None:
    for text in texts:
        verdict, cleaned = said(text, policy.region), policy.clean(text)
        if isinstance(cleaned, str):
            assert f"+{cleaned}" == verdict.e164
            assert verdict.valid
        elif verdict.valid:
            assert cleaned.reason in {"scientific_notation", "premium_rate", "shared_cost", "emergency"}


@pytest.mark.behaviour("C11")
@pytest.mark.parametrize(
    "around",
    [
        "98765{}43210",
        *(
            pytest.param(each, marks=pytest.mark.slow)
            for each in ("{}9876543210", "9876543210{}", "+{}919876543210", "+91{}98765", "10{}0")
        ),
    ],
)
def test_every_character_of_unicode_around_and_inside_a_number(around: str) -> None:
    """Punctuation, digits of all scripts, marks, letters: each alone in a good number, each path, the same answer."""
    # Of a script's letters or ideographs, one is like the other to a rule that knows the Latin ones only.
    characters = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]
    texts = [
        around.format(each) for each in characters if ord(each) < 0x3100 or each.isnumeric() or ord(each) % 100 == 0
    ]
    assert len(texts) > 20_000
    assert in_bulk(texts, E164("IN")) == one_by_one(texts, E164("IN").clean)


def test_a_column_of_few_is_cleaned_all_the_same() -> None:
    texts = spellings("IN", 30, abroad=5)
    numbers, reasons = E164("IN").clean_column(pl.Series(texts))
    assert (numbers.to_list(), reasons.to_list()) == one_by_one(texts, E164("IN").clean)


def test_answers_stand_beside_their_texts() -> None:
    """Each number once, in an order of its own; among them what each part of the bulk path takes out of the row."""
    texts = [f"+91 98{place:08}" for place in range(0, 60_000, 7)]
    for place in range(0, len(texts), 11):
        texts[place] = f"{98_0000_0000 + place} ext 5"
    for place in range(3, len(texts), 17):
        texts[place] = f"0{98_1000_0000 + place}".translate(str.maketrans("0123456789", "०१२३४५६७८९"))
    for place in range(5, len(texts), 19):
        texts[place] = f"0044 7911 {place:06}"
    numbers, reasons = E164("IN").clean_column(pl.Series(texts))
    assert (numbers.to_list(), reasons.to_list()) == one_by_one(texts, E164("IN").clean)
    assert reasons.null_count() > 8_000


def test_regions_that_share_a_calling_code_claim_their_numbers_in_turn() -> None:
    """By what a number begins with, if they have that, valid or not; otherwise by what is valid."""
    bare = attrs.evolve(
        region_of(800, "001"), premium_rate=None, toll_free=None, shared_cost=None, rest=(), general=four("[0-9]{4}")
    )
    regions = (
        attrs.evolve(bare, rest=(four("9[0-9]{3}"),)),
        attrs.evolve(bare, leading="1", rest=(four("12[0-9]{2}"),)),
        attrs.evolve(bare, leading="7", rest=(four("[0-9]{4}"),)),
        attrs.evolve(bare, rest=(four("[1-6][0-9]{3}"),), premium_rate=four("5[0-9]{3}")),
    )
    numbers = ["9000", "1200", "1300", "7777", "4000", "5000", "8000", "0000"]
    told = bulk._told(pl.DataFrame({"row": range(8), "national": numbers}), 800, regions).sort("row")
    assert told["kind"].to_list() == ["ordinary", "ordinary", None, "ordinary", "ordinary", "premium_rate", None, None]
    assert told["number"].to_list() == [f"800{each}" for each in numbers]


def four(pattern: str) -> Shape:
    return Shape(pattern, (4,))


def test_the_same_odd_text_is_read_once() -> None:
    asked: list[str] = []

    def clean(text: str) -> Rejection:
        asked.append(text)
        return Rejection("not_a_number")

    texts = ["n/a", "call later", "98765 43210 ext 5"] * 1_000
    numbers, reasons = bulk.clean_column(pl.Series(texts), "IN", accept={ORDINARY}, clean=clean)
    assert sorted(asked) == ["98765 43210 ext 5", "call later", "n/a"]
    assert numbers.null_count() == len(texts)
    assert reasons.unique().to_list() == ["not_a_number"]


@pytest.mark.parametrize(
    "text",
    ["9876543210", "+91 98765-43210", "(+91) 98765.43210", "Mob: 98765 43210", "00 91 98765 43210", "०९८७६५४३२१०",
     "\u202a+91 98765 43210\u202c", "98765\u201143210 ", "'9876543210", "9876543210.0", "55555 55555", "+999 12345678"],
)  # fmt: skip
def test_plain_spellings_are_read_in_bulk(text: str) -> None:
    texts = pl.DataFrame({"text": [text]}).with_row_index("row")
    assert bulk._spelled_plainly(texts).height == 1


@pytest.mark.parametrize(
    "text",
    ["98765 43210 ext 5", "98765 43210 x5", "1-800-FLOWERS", "++919876543210", "98765\t43210", "9876543210#", "N/A",
     "9876543210;ext=5", ";9876543210", "98765~43210", "9876543210 / x2", "*9876543210*", "+91+9876543210", "",
     "9²8765432", "0" * 251],
)  # fmt: skip
def test_other_spellings_are_left_to_libphonenumber(text: str) -> None:
    texts = pl.DataFrame({"text": [text]}).with_row_index("row")
    assert bulk._spelled_plainly(texts).is_empty()
