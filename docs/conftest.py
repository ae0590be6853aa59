"""The pages are tests: their examples run as they stand."""

from pathlib import Path

import documents

pytest_collect_file = documents.sybil(Path(__file__).parent).pytest()

# A host's test suite, with a conftest.py that must be the topmost one: tests/testing/test_testing_plugin.py runs it
# on its own, and so does .ci/run, on the wheel.
collect_ignore = ["examples/host_tests"]
