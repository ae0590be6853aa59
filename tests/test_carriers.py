"""Carriers and bots: ranges, repeats, and the directory that is known beforehand."""

from __future__ import annotations

from math import inf, nan

import pytest

from ori_campaigns.carriers import Bot, Carrier, CarrierNumber, directory_problems
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import InvalidDefinition
from ori_campaigns.numbers import PhoneNumber

FIRST, SECOND = "911140001000", "911140001001"


def found(*carriers: Carrier) -> list[tuple[str, str]]:
    return [(problem.path, problem.code) for problem in directory_problems(carriers)]


@pytest.mark.behaviour("P9")
@pytest.mark.parametrize(
    ("carrier", "wrong"),
    [
        (Carrier("t", [FIRST]), ""),
        (Carrier("t", [FIRST], cps=0.1, burst=1, channels=1), ""),
        (Carrier("t", [FIRST], cps=100, burst=1000, channels=500), ""),
        (Carrier("t", [FIRST], cps=0.09999), "cps"),
        (Carrier("t", [FIRST], cps=100.001), "cps"),
        (Carrier("t", [FIRST], cps=0), "cps"),
        (Carrier("t", [FIRST], cps=-1), "cps"),
        (Carrier("t", [FIRST], cps=nan), "cps"),
        (Carrier("t", [FIRST], cps=inf), "cps"),
        (Carrier("t", [FIRST], burst=0), "burst"),
        (Carrier("t", [FIRST], burst=1001), "burst"),
        (Carrier("t", [FIRST], channels=0), "channels"),
        (Carrier("t", [FIRST], channels=501), "channels"),
    ],
)
def test_the_ranges(carrier: Carrier, wrong: str) -> None:
    assert found(carrier) == ([(f"carriers[t].{wrong}", "carrier_out_of_range")] if wrong else [])


@pytest.mark.behaviour("P9")
def test_all_limits_that_are_wrong_are_told_at_once() -> None:
    problems = Carrier("t", [FIRST], cps=0, burst=0, channels=0).problems()
    assert [problem.path for problem in problems] == ["carrier.cps", "carrier.burst", "carrier.channels"]
    assert [problem.message for problem in problems] == [
        "cps is 0; carrier 't' may have 0.1 to 100.0.",
        "burst is 0; carrier 't' may have 1 to 1000.",
        "channels is 0; carrier 't' may have 1 to 500.",
    ]


@pytest.mark.behaviour("P3")
def test_one_number_under_two_carriers_is_an_error() -> None:
    assert found(Carrier("a", [FIRST]), Carrier("b", [SECOND, "+91 11 4000 1000"])) == [
        ("carriers[b]", "number_under_two_carriers")
    ]


@pytest.mark.behaviour("P3")
def test_an_inbound_number_too_belongs_to_one_carrier() -> None:
    inbound = CarrierNumber(FIRST, outbound=False)
    assert found(Carrier("a", [inbound]), Carrier("b", [FIRST])) == [("carriers[b]", "number_under_two_carriers")]


def test_two_carriers_of_one_name_are_an_error() -> None:
    assert found(Carrier("a", [FIRST]), Carrier("a", [SECOND])) == [("carriers[a]", "carrier_repeated")]


def test_a_number_twice_under_its_own_carrier_is_no_contradiction() -> None:
    assert found(Carrier("a", [FIRST, FIRST])) == []


def test_the_problems_mask_the_number() -> None:
    problems = directory_problems([Carrier("a", [FIRST]), Carrier("b", [FIRST])])
    assert FIRST not in repr(problems)
    assert "••••••••••00" in problems[0].message


@pytest.mark.behaviour("P3", "P9")
def test_a_static_directory_refuses_what_is_wrong() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        StaticDirectory(carriers=[Carrier("a", [FIRST], cps=0), Carrier("b", [FIRST])])
    assert [problem.code for problem in refused.value.problems] == [
        "carrier_out_of_range",
        "number_under_two_carriers",
    ]
    assert str(refused.value).startswith("The directory has 2 problems:")


@pytest.mark.behaviour("L20")
def test_a_static_directory_belongs_to_one_workspace() -> None:
    directory = StaticDirectory(bots=["asha", Bot("ravi", callbacks=True)], carriers=[Carrier("a", [FIRST])])
    assert directory.bots("default") == (Bot("asha"), Bot("ravi", callbacks=True))
    assert [carrier.id for carrier in directory.carriers("default")] == ["a"]
    assert (directory.bots("other"), directory.carriers("other")) == ((), ())
    north = StaticDirectory(bots=["asha"], workspace="north")
    assert (north.bots("north"), north.bots("default")) == ((Bot("asha"),), ())


@pytest.mark.behaviour("W4")
@pytest.mark.parametrize(
    ("bot", "label"),
    [(Bot("asha"), "asha"), (Bot("asha", name="Asha (Hindi)"), "Asha (Hindi)"), (Bot("a", name=""), "a")],
)
def test_a_bot_is_chosen_by_its_name_or_else_by_its_id(bot: Bot, label: str) -> None:
    assert bot.label == label


def test_numbers_may_be_given_in_three_ways() -> None:
    labelled = CarrierNumber(SECOND, "Delhi")
    carrier = Carrier("a", [FIRST, labelled, PhoneNumber("911140001002")])
    assert [(entry.number.reveal(), entry.label, entry.outbound) for entry in carrier.numbers] == [
        (FIRST, "", True),
        (SECOND, "Delhi", True),
        ("911140001002", "", True),
    ]


def test_a_number_that_is_none_is_refused_without_showing_it() -> None:
    with pytest.raises(InvalidDefinition) as refused:
        Carrier("a", ["9111-4000-1000-99999"])
    assert refused.value.code == "bad_number"
    assert "4000" not in str(refused.value)
