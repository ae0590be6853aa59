"""The lead file that ships with the package: made by its generator, and read as intended."""

from __future__ import annotations

import importlib.util
from importlib.resources import files
from pathlib import Path
from types import ModuleType

import pytest

from ori_campaigns.ingest import read_leads

DEMO = files("ori_campaigns") / "data" / "demo_leads.csv"


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "data" / "make_demo_leads.py"
    spec = importlib.util.spec_from_file_location("make_demo_leads", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_file_is_what_the_generator_writes(generator: ModuleType) -> None:
    assert DEMO.read_bytes() == generator.demo_leads()


@pytest.mark.behaviour("C2", "C4")
def test_what_becomes_of_it() -> None:
    leads = read_leads(DEMO.read_bytes())
    summary = leads.summary
    assert (summary.total, summary.accepted, summary.skipped) == (1_000, 928, 72)
    assert summary.by_reason == {
        "not_digits": 30, "blank": 12, "duplicate": 12, "scientific_notation": 6, "too_long": 6, "too_short": 6,
    }  # fmt: skip
    assert summary.columns == ("customer_name", "amount_due", "due_date", "city", "language", "notes")
    assert [warning.code for warning in leads.warnings] == ["byte_order_mark"]
    assert all(number.startswith("9198000") and len(number) == 12 for number in leads.numbers)


@pytest.mark.behaviour("C5")
def test_its_values_stay_as_they_are_written() -> None:
    leads = read_leads(DEMO.read_bytes())
    values = {value for index in range(len(leads)) for value in leads.variables(index).values()}
    assert {"007", "1.50", "1,250.00", 'Asked for the "gold" plan', "First line\nsecond line, with a comma"} <= values
    assert not {value for value in values if not value.strip()}
