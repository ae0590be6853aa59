"""The rules page lists every rule once, every rule that is needed has a test, and the links are fresh."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

import rules_page
from rules_page import MarkerError, Proof, proofs, rules, without_test, written

PAGE = rules_page.PAGE.read_text(encoding="utf-8")

# How many rules each section has; ids run from 1 without a gap.
SECTIONS = {"L": 20, "N": 7, "W": 18, "C": 13, "S": 10, "R": 15, "K": 8, "X": 5, "P": 9, "M": 8, "G": 7}

SOURCE = '''
import pytest
from pytest import param

pytestmark = [pytest.mark.behaviour("A1"), pytest.mark.slow]

CASES = [pytest.param(1, marks=pytest.mark.behaviour("A2"))]

@pytest.mark.behaviour("B1", "B2")
def test_one(): ...

@pytest.mark.behaviour("C1")
class TestGroup:
    pytestmark = pytest.mark.behaviour("C2")

    @pytest.mark.parametrize("x", [pytest.param(2, marks=[pytest.mark.behaviour("C3")])])
    @pytest.mark.behaviour("C4")
    async def test_two(self, x): ...

def test_text():
    """Not a marker: @pytest.mark.behaviour("Z9")."""
    # pytest.mark.behaviour("Z8")
'''


def folder(tmp_path: Path, source: str) -> Path:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper" / "test_sample.py").write_text(source, encoding="utf-8")
    (tmp_path / "helper.py").write_text('import pytest\npytestmark = pytest.mark.behaviour("Z7")\n', encoding="utf-8")
    return tmp_path


def test_the_page_has_every_rule_once_and_in_order() -> None:
    expected = [f"{section}{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)]
    assert [rule.id for rule in rules(PAGE)] == expected


def test_every_line_of_a_table_is_read() -> None:
    lines = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith(("| Id ", "| --- "))]
    assert len(lines) == len(rules(PAGE))
    assert {line.count("|") for line in lines} == {4}


def test_an_id_that_stands_there_twice_is_refused() -> None:
    with pytest.raises(MarkerError, match="twice: A1"):
        rules("| A1 | one | |\n| A1 | two | |\n")


def test_every_rule_needed_now_has_a_test() -> None:
    missing = [rule for rule in without_test(proofs(), PAGE) if rule in rules_page.REQUIRED]
    assert not missing, f"no test carries {', '.join(missing)}; mark one with @pytest.mark.behaviour(...)"


def test_needed_rules_are_on_the_page() -> None:
    assert {rule.id for rule in rules(PAGE)} >= rules_page.REQUIRED


def test_markers_name_rules_of_the_page() -> None:
    known = {rule.id for rule in rules(PAGE)}
    unknown = [f"{proof.path.name}::{proof.name}: {proof.id}" for proof in proofs() if proof.id not in known]
    assert not unknown, "these markers name no rule of docs/reference/rules.md"


def test_the_links_are_fresh() -> None:
    # One rule at a time, so that the failure shows a line and not two pages.
    for now, fresh in zip(PAGE.splitlines(), written(PAGE, proofs()).splitlines(), strict=True):
        assert now == fresh, "run: python tests/rules_page.py --write"


def test_markers_are_found_wherever_pytest_lets_them_stand(tmp_path: Path) -> None:
    found = proofs(folder(tmp_path, SOURCE))
    assert Counter((proof.id, proof.name) for proof in found) == {
        ("A1", ""): 1,
        ("A2", ""): 1,
        ("B1", "test_one"): 1,
        ("B2", "test_one"): 1,
        ("C1", "TestGroup"): 1,
        ("C2", "TestGroup"): 1,
        ("C3", "TestGroup::test_two"): 1,
        ("C4", "TestGroup::test_two"): 1,
    }
    assert {proof.path.name for proof in found} == {"test_sample.py"}


def test_a_marker_on_what_pytest_does_not_collect_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MarkerError, match="helper carries S1 but is no test"):
        proofs(folder(tmp_path, "import pytest\n@pytest.mark.behaviour('S1')\ndef helper(): ...\n"))


def test_a_marker_with_computed_ids_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MarkerError, match="as literals"):
        proofs(folder(tmp_path, "import pytest\n@pytest.mark.behaviour(*ids)\ndef test_x(): ...\n"))


def test_the_last_column_is_replaced_and_nothing_else() -> None:
    head = "# Head\n\n| Id | Rule | Tests |\n| --- | --- | --- |\n"
    page = head + "| S1 | One `a`. | [old](old) |\n| S2 | Two. | [old](old) |\n"
    tests = rules_page.TESTS
    found = [
        Proof("S1", tests / "test_a.py", "test_x"),
        Proof("S1", tests / "test_a.py", "test_y"),
        Proof("S1", tests / "deep" / "test_b.py", ""),
    ]
    assert written(page, found) == (
        head + "| S1 | One `a`. | [test_a](../../tests/test_a.py), [test_b](../../tests/deep/test_b.py) |\n"
        "| S2 | Two. | |\n"
    )
    assert without_test(found, page) == ["S2"]


def test_the_command_prints_the_tests_of_a_rule(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = [
        Proof("S1", rules_page.TESTS / "test_a.py", "TestX::test_y"),
        Proof("S2", rules_page.TESTS / "test_a.py", ""),
    ]
    monkeypatch.setattr(rules_page, "proofs", lambda: found)
    assert rules_page.main(["S1"]) == 0
    assert rules_page.main(["S2"]) == 0
    assert capsys.readouterr().out == "S1 tests/test_a.py::TestX::test_y\nS2 tests/test_a.py\n"
