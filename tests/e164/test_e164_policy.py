"""The strict policy: what it answers, against a table; how it is made, named and refused."""

from __future__ import annotations

import importlib
import os
import pickle
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import phonenumbers
import polars as pl
import pytest

import ori_campaigns.e164
from ori_campaigns.e164 import E164
from ori_campaigns.errors import InvalidDefinition, MissingExtra
from ori_campaigns.ingest import Leads
from ori_campaigns.ingest.cleaning import clean_column
from ori_campaigns.numbers import DigitsPolicy, NumberPolicy, Rejection

SRC = Path(ori_campaigns.e164.__file__).parents[2]

# Region, text, the digits or the reason there are none.
TABLE = [
    # One person, however written.
    ("IN", "09876543210", "919876543210"),
    ("IN", "9876543210", "919876543210"),
    ("IN", "+91 98765-43210", "919876543210"),
    ("IN", "919876543210", "919876543210"),
    ("IN", "00919876543210", "919876543210"),
    ("IN", "(+91) 98765.43210", "919876543210"),
    ("IN", "+91 (0) 98765 43210", "919876543210"),
    ("IN", "Mob: 98765 43210", "919876543210"),
    ("IN", "tel:+91-98765-43210", "919876543210"),
    ("IN", "\u202a+91 98765 43210\u202c", "919876543210"),
    ("IN", "98765\u201143210", "919876543210"),
    ("IN", "९८७६५४३२१०", "919876543210"),
    ("IN", "\uff0b\uff19\uff11 98765 43210", "919876543210"),
    ("US", "011 91 98765 43210", "919876543210"),
    ("GB", "0091 98765 43210", "919876543210"),
    # An extension is no part of it, a second number neither.
    ("IN", "9876543210 ext 5", "919876543210"),
    ("IN", "98765 43210 x123", "919876543210"),
    ("IN", "98765 43210;ext=5", "919876543210"),
    ("US", "(212) 555-0123 x302/x2303", "12125550123"),
    # Letters are keys of the telephone.
    ("US", "1-800-FLOWERS", "18003569377"),
    ("US", "(800) flowers", "18003569377"),
    # Fixed lines, with and without what is dialled at home only.
    ("IN", "011 4000 1000", "911140001000"),
    ("US", "212 555 0123", "12125550123"),
    ("US", "1 212 555 0123", "12125550123"),
    ("GB", "020 7946 0018", "442079460018"),
    ("IT", "06 698 12345", "390669812345"),
    ("VA", "06 698 12345", "390669812345"),
    ("AR", "011 15 2345 6789", "5491123456789"),
    ("BR", "0 15 11 96123 4567", "5511961234567"),
    # Classes that are nobody's business: free of charge, of one number everywhere.
    ("IN", "1800 123 4567", "9118001234567"),
    ("IN", "+800 1234 5678", "80012345678"),
    # Shorter or longer than the default policy would have it.
    ("SH", "22158", "29022158"),
    ("DE", "0800 1234567890", "498001234567890"),
    ("DE", "0800 1234567890 12", "too_long"),
    # Nothing there.
    ("IN", "", "blank"),
    ("IN", " \t\u3000", "blank"),
    ("IN", " " * 300, "blank"),
    # A spreadsheet has been there. libphonenumber would make a number of the first and of the last.
    ("IN", "9.8765432E09", "scientific_notation"),
    ("IN", "9.19812E+11", "scientific_notation"),
    ("IN", "9,19812e11", "scientific_notation"),
    ("IN", "9876543210E0", "scientific_notation"),
    # Emergencies, as they are dialled at home, and with a country code.
    ("IN", "112", "emergency"),
    ("IN", "100", "emergency"),
    ("IN", "1-0-8", "emergency"),
    ("IN", "Police 100", "emergency"),
    ("IN", "100 ext 2", "emergency"),
    ("IN", "+91 112", "emergency"),
    ("IN", "+44 999", "emergency"),
    ("IN", "११२", "emergency"),
    ("US", "911", "emergency"),
    ("GB", "999", "emergency"),
    ("AU", "000", "emergency"),
    ("SE", "90000", "emergency"),
    ("PM", "15", "emergency"),
    ("PM", "1-5", "emergency"),
    # Somebody else's emergency is not one's own.
    ("IN", "999", "too_short"),
    # Destinations that cost extra.
    ("US", "900 555 0123", "premium_rate"),
    ("IN", "+1 900 555 0123", "premium_rate"),
    ("IN", "+1 (900) 555-0123", "premium_rate"),
    ("GB", "0909 879 0000", "premium_rate"),
    ("GB", "0843 123 4567", "premium_rate"),
    ("IN", "+979 123456789", "premium_rate"),
    ("IN", "1860 345 1234", "shared_cost"),
    ("DE", "0180 5 123456", "shared_cost"),
    ("AU", "13 11 14", "shared_cost"),
    # Services that are dialled inside the country.
    ("IN", "1909", "short_number"),
    ("IN", "56161561", "short_number"),
    ("IN", "+91 1909", "short_number"),
    ("US", "411", "short_number"),
    ("US", "211", "short_number"),
    ("GB", "118 118", "short_number"),
    ("GB", "116 123", "short_number"),
    # No number at all.
    ("IN", "N/A", "not_a_number"),
    ("IN", "\x1f", "not_a_number"),
    ("IN", "+", "not_a_number"),
    ("IN", "call me", "not_a_number"),
    ("IN", "98765\t43210", "not_a_number"),
    ("IN", "98765?43210", "not_a_number"),
    # No such country.
    ("IN", "+999 1234 5678", "unknown_country"),
    ("IN", "+0 98765 43210", "unknown_country"),
    ("IN", "00 999 1234 5678", "unknown_country"),
    # Digits missing, or too many.
    ("IN", "0", "too_short"),
    ("IN", "7", "too_short"),
    ("IN", "1-2", "too_short"),
    ("IN", "98765", "too_short"),
    ("IN", "400 1000", "too_short"),
    ("US", "555 0123", "too_short"),
    ("US", "011 1", "too_short"),
    ("US", "2125550123456", "too_long"),
    ("IN", "98765 43210 / 98765 43211", "too_long"),
    ("IN", "98765 43210 or 98765 43211", "too_long"),
    ("IN", "9" * 251, "too_long"),
    # Valid to libphonenumber, and longer than E.164 has it.
    ("DE", "+4990743915000806", "too_long"),
    ("NG", "+2348004890164587", "too_long"),
    ("ID", "+62001803396217232", "too_long"),
    ("IN", "x" * 251, "too_long"),
    # As many digits as a number may have, and yet none.
    ("IN", "55555 55555", "invalid_number"),
    ("IN", "9876543210.0", "invalid_number"),
    ("IN", "0919876543210", "invalid_number"),
    ("US", "123 456 7890", "invalid_number"),
    ("GB", "020 7946 001", "invalid_number"),
]
REASON_WORDS = frozenset("blank scientific_notation emergency premium_rate shared_cost short_number not_a_number "
                         "unknown_country too_short too_long invalid_number".split())  # fmt: skip


def answer(cleaned: str | Rejection) -> str:
    return cleaned.reason if isinstance(cleaned, Rejection) else cleaned


@pytest.mark.behaviour("C11")
@pytest.mark.parametrize(("region", "text", "expected"), TABLE)
def test_what_is_answered(region: str, text: str, expected: str) -> None:
    cleaned = E164(region).clean(text)
    assert answer(cleaned) == expected
    assert isinstance(cleaned, Rejection) == (expected in REASON_WORDS)


@pytest.mark.behaviour("C11")
@pytest.mark.parametrize("region", sorted({region for region, _, _ in TABLE}))
def test_what_is_answered_for_a_column(region: str) -> None:
    rows = [(text, expected) for where, text, expected in TABLE if where == region]
    # Often enough to be worth the expressions.
    rows *= 200 // len(rows) + 1
    numbers, reasons = E164(region).clean_column(pl.Series([text for text, _ in rows]))
    assert numbers.to_list() == [None if expected in REASON_WORDS else expected for _, expected in rows]
    assert reasons.to_list() == [expected if expected in REASON_WORDS else None for _, expected in rows]


def test_the_table_has_every_reason() -> None:
    assert {expected for _, _, expected in TABLE if not expected.isdigit()} == REASON_WORDS
    assert set(ori_campaigns.e164.REASONS) == REASON_WORDS


def test_the_page_has_the_reasons() -> None:
    page = (SRC.parent / "docs" / "how-to" / "clean-numbers-strictly.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE) == list(ori_campaigns.e164.REASONS.items())


@pytest.mark.behaviour("C11")
def test_three_spellings_are_one_contact() -> None:
    leads = Leads.of(["09876543210", "9876543210", "+91 98765-43210", "100", "1860 345 1234"], policy=E164("IN"))
    assert list(leads.numbers) == ["919876543210"]
    assert [(value, reason) for _, value, reason in leads.skipped.rows()] == [
        ("9876543210", "duplicate"),
        ("+91 98765-43210", "duplicate"),
        ("100", "emergency"),
        ("1860 345 1234", "shared_cost"),
    ]
    assert leads.summary.policy == "e164:IN"


@pytest.mark.behaviour("C11")
@pytest.mark.parametrize(
    ("allow", "let_through"),
    [
        ((), set()),
        (("premium_rate",), {"premium_rate"}),
        (("shared_cost",), {"shared_cost"}),
        (("shared_cost", "premium_rate"), {"premium_rate", "shared_cost"}),
    ],
)
def test_classes_can_be_let_through(allow: tuple[str, ...], let_through: set[str]) -> None:
    policy = E164("IN", allow=allow)
    numbers = {
        "premium_rate": ("+1 900 555 0123", "19005550123"),
        "shared_cost": ("1860 345 1234", "9118603451234"),
        "emergency": ("112", ""),
        "short_number": ("1909", ""),
    }
    for name, (text, digits) in numbers.items():
        expected = digits if name in let_through else Rejection(name)
        assert policy.clean(text) == expected
        # Alone, and in a column of many.
        for column in (pl.Series([text]), pl.Series([text] * 100)):
            found, reasons = policy.clean_column(column)
            assert found.unique().to_list() == [None if isinstance(expected, Rejection) else expected]
            assert reasons.unique().to_list() == [name if isinstance(expected, Rejection) else None]


def test_policies_that_answer_differently_have_different_names() -> None:
    assert E164("IN").name == "e164:IN"
    assert E164("IN", allow=["shared_cost"]).name == "e164:IN+shared_cost"
    assert E164("IN", allow="premium_rate").name == "e164:IN+premium_rate"
    assert E164("IN", allow=["shared_cost", "premium_rate"]).name == "e164:IN+premium_rate+shared_cost"
    assert E164("GB").name == "e164:GB"
    assert DigitsPolicy().name == "digits"


def test_policies_are_values() -> None:
    assert E164("IN", allow=["shared_cost", "premium_rate"]) == E164("in", allow=("premium_rate", "shared_cost") * 2)
    assert E164("IN") != E164("GB")
    assert E164("IN") != E164("IN", allow=["shared_cost"])
    assert len({E164("IN"), E164("IN"), E164("GB")}) == 2
    assert repr(E164("IN")) == "E164(region='IN', allow=())"
    copy = pickle.loads(pickle.dumps(E164("IN", allow=["shared_cost"])))
    assert copy == E164("IN", allow=["shared_cost"])
    assert copy.clean("1860 345 1234") == "9118603451234"


def test_the_version_is_that_of_the_metadata() -> None:
    assert E164("IN").version == f"phonenumbers {phonenumbers.__version__}"
    assert DigitsPolicy().version == ""


def test_both_are_number_policies() -> None:
    policies: list[NumberPolicy] = [E164("IN"), DigitsPolicy()]
    assert [policy.name for policy in policies] == ["e164:IN", "digits"]


@pytest.mark.parametrize("region", ["", "XX", "UK", "IND", "91", "001", "ZZ", "\u0131n"])
def test_an_unknown_region_is_refused(region: str) -> None:
    with pytest.raises(InvalidDefinition) as refused:
        E164(region)
    assert refused.value.code == "unknown_region"
    [problem] = refused.value.problems
    assert (problem.path, problem.hint) == ("region", "Use the two letters of ISO 3166, such as IN, GB or US.")
    assert repr(region.upper() if region.isascii() else region) in problem.message


def test_a_region_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        E164(None)  # type: ignore[arg-type]
    assert refused.value.code == "unknown_region"


@pytest.mark.parametrize("allow", ["emergency", ["short_number"], ["toll_free"], ["Premium_rate"], [""], 5, [None]])
def test_what_cannot_be_let_through_is_refused(allow: Any) -> None:
    with pytest.raises(InvalidDefinition, match="Those of premium_rate and shared_cost can") as refused:
        E164("IN", allow=allow)
    assert refused.value.code == "unknown_destination_class"


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        E164("XX", allow=["emergency", "shared_cost", "fax"])
    assert [(problem.path, problem.code) for problem in refused.value.problems] == [
        ("region", "unknown_region"),
        ("allow", "unknown_destination_class"),
        ("allow", "unknown_destination_class"),
    ]


def test_a_null_is_blank() -> None:
    numbers, reasons = E164("IN").clean_column(pl.Series([None, "9876543210"], dtype=pl.String))
    assert numbers.to_list() == [None, "919876543210"]
    assert reasons.to_list() == ["blank", None]


def test_a_column_may_be_empty() -> None:
    numbers, reasons = E164("IN").clean_column(pl.Series([], dtype=pl.String))
    assert (numbers.to_list(), reasons.to_list()) == ([], [])
    assert {numbers.dtype, reasons.dtype} == {pl.String()}


def test_ingest_cleans_in_bulk() -> None:
    class Noting(E164):
        def clean_column(self, written: pl.Series) -> tuple[pl.Series, pl.Series]:
            return written, written

    column = pl.Series(["1", "2"])
    assert [each.to_list() for each in clean_column(column, Noting("IN"))] == [["1", "2"], ["1", "2"]]


# --- what is imported, and when --------------------------------------------------------------------------------------


def loaded_after(statements: str) -> set[str]:
    command = f"import sys; {statements}; print(*({{'phonenumbers', 'polars'}} & set(sys.modules)))"
    environment = {**os.environ, "PYTHONPATH": str(SRC)}
    done = subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_only_columns_need_polars_and_only_this_policy_phonenumbers() -> None:
    assert loaded_after("import ori_campaigns") == set()
    one = "from ori_campaigns.e164 import E164; E164('IN').clean('9876543210'); E164('IN').clean('N/A')"
    assert loaded_after(one) == {"phonenumbers"}


def test_without_the_library_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "phonenumbers", None)
    try:
        without = importlib.reload(ori_campaigns.e164)
        with pytest.raises(MissingExtra, match=r"needs the extra 'phone'.*ori-campaigns\[phone\]") as caught:
            without.E164("IN")
        assert caught.value.code == "missing_extra"
    finally:
        monkeypatch.undo()
        importlib.reload(ori_campaigns.e164)
