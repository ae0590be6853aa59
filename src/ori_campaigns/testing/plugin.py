"""The pytest plugin: `pytest_plugins = ["ori_campaigns.testing.plugin"]`, or `-p ori_campaigns.testing.plugin`.

It is not loaded unless asked for. Each test gets a world of its own; its three fixtures share it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ori_campaigns.testing.world import World

if TYPE_CHECKING:
    from ori_campaigns.clocks import VirtualClock
    from ori_campaigns.testing.world import ScriptedDialler


@pytest.fixture
def ori_world() -> World:
    """A world that stands still at Monday 2026-01-05, 10:00 in Kolkata. Override it to begin elsewhere.

    ```python
    @pytest.fixture
    def ori_world():
        return World(datetime(2026, 3, 28, 9, tzinfo=ZoneInfo("Europe/Berlin")), seed=7)
    ```
    """
    return World()


@pytest.fixture
def ori_clock(ori_world: World) -> VirtualClock:
    """The clock of the test's world."""
    return ori_world.clock


@pytest.fixture
def ori_dialler(ori_world: World) -> ScriptedDialler:
    """The dialler of the test's world."""
    return ori_world.dialler
