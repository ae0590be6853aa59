"""What every test shares: how hypothesis searches, a PostgreSQL database, and the rules that no test carries."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

import postgres
import rules_page

# The same examples each time and no deadline: a test fails because of the code, not of luck or a busy machine.
settings.register_profile(
    "default",
    derandomize=True,
    deadline=None,
    database=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("ci", settings.get_profile("default"))
# To go looking for trouble: python -m pytest --hypothesis-profile=explore
settings.register_profile("explore", settings.get_profile("default"), derandomize=False, max_examples=2_000)
settings.load_profile("default")


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The SQLAlchemy URL of an empty database of a real PostgreSQL, this test's own."""
    with postgres.fresh_database(postgres.server()) as url:
        yield url


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One worker more than cores: tests in real time mostly wait, and the next file need not wait with them."""
    return (os.cpu_count() or 1) + 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which rules no test carries, whatever part of the tests was run."""
    try:
        missing = rules_page.without_test(rules_page.proofs(), rules_page.PAGE.read_text(encoding="utf-8"))
    except (rules_page.MarkerError, SyntaxError) as error:
        terminalreporter.section("rules of behaviour")
        terminalreporter.line(str(error))
        return
    needed = [rule for rule in missing if rule in rules_page.REQUIRED]
    later = [rule for rule in missing if rule not in rules_page.REQUIRED]
    terminalreporter.section("rules of behaviour")
    terminalreporter.line(f"needed now and without a test ({len(needed)}): {' '.join(needed) or 'none'}")
    terminalreporter.line(f"for later and without a test ({len(later)}): {' '.join(later) or 'none'}")
