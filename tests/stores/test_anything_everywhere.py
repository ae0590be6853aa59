"""The moves of `test_stress` as hypothesis makes them, on every store."""

from __future__ import annotations

from contextlib import ExitStack
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize

import ori_campaigns as ori
import test_stress
from stores.engines import Place, place_of


class OnAStore(test_stress.Anything):
    """A world that lives on a store of one engine."""

    engine: ClassVar[str] = "memory"

    def __init__(self) -> None:
        super().__init__()
        self._stack = ExitStack()
        self._place: Place = self._stack.enter_context(place_of(self.engine))

    @initialize(seed=st.integers(0, 5_000))
    def begin(self, seed: int) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(ori, "MemoryStore", self._place.new)
            super().begin(seed)

    def teardown(self) -> None:
        with self._stack:
            super().teardown()


class InSqlite(OnAStore):
    engine = "sqlite"


class InPostgres(OnAStore):
    engine = "postgres"


OnAStore.TestCase.settings = InSqlite.TestCase.settings = InPostgres.TestCase.settings = settings(
    max_examples=5, stateful_step_count=20
)
TestInMemory = OnAStore.TestCase
TestInSqlite = InSqlite.TestCase
TestInPostgres = InPostgres.TestCase


class ManyInSqlite(InSqlite):
    """The same, for longer."""


class ManyInPostgres(InPostgres):
    """The same, for longer."""


ManyInSqlite.TestCase.settings = ManyInPostgres.TestCase.settings = settings(max_examples=50, stateful_step_count=50)
TestManyInSqlite = pytest.mark.slow(ManyInSqlite.TestCase)
TestManyInPostgres = pytest.mark.slow(ManyInPostgres.TestCase)
