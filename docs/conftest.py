"""The pages are tests: their examples run as they stand."""

from pathlib import Path

import documents

pytest_collect_file = documents.sybil(Path(__file__).parent).pytest()
