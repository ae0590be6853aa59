"""The examples in the docstrings run as they stand.

Not by pytest's `--doctest-modules`: that looks at tests and pages too, where it imports what was not meant for it.
"""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import ori_campaigns

MODULES = ["ori_campaigns"] + [
    module.name
    for module in pkgutil.walk_packages(ori_campaigns.__path__, "ori_campaigns.")
    # Importing it would run it.
    if not module.name.endswith("__main__")
]
EXAMPLES = [
    example
    for name in MODULES
    for example in doctest.DocTestFinder(exclude_empty=True).find(import_module(name))
    if example.examples
]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example(example: doctest.DocTest) -> None:
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=said.append)
    assert not said, "".join(said)


def test_examples_are_found_and_can_fail() -> None:
    assert {example.name for example in EXAMPLES} >= {"ori_campaigns.instants.to_instant"}
    wrong = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, None)
    assert doctest.DocTestRunner().run(wrong, out=lambda _text: None).failed == 1
