"""A test kit for hosts: a world in virtual time, contracts for stores and diallers, faults, and strategies.

Nothing is loaded before it is asked for. `World` and `FaultyDialler` need no test library; the contracts need pytest,
the strategies hypothesis.

>>> from ori_campaigns.testing import World
>>> world = World()
>>> world.dialler.script("919800000001", ["no_answer", "busy"])
>>> campaign = world.start()
>>> world.until("idle")
>>> world.dialler.calls_to("919800000001")
['no_answer']
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ori_campaigns.testing.crashes import Crashed as Crashed
    from ori_campaigns.testing.crashes import CrashingDialler as CrashingDialler
    from ori_campaigns.testing.crashes import CrashingModel as CrashingModel
    from ori_campaigns.testing.crashes import CrashingStore as CrashingStore
    from ori_campaigns.testing.crashes import CrashPoints as CrashPoints
    from ori_campaigns.testing.dialler_contract import DiallerContract as DiallerContract
    from ori_campaigns.testing.faults import DiallerFaults as DiallerFaults
    from ori_campaigns.testing.faults import FaultyDialler as FaultyDialler
    from ori_campaigns.testing.store_contract import StoreContract as StoreContract
    from ori_campaigns.testing.world import CampaignChanges as CampaignChanges
    from ori_campaigns.testing.world import HostDirectory as HostDirectory
    from ori_campaigns.testing.world import ScriptedDialler as ScriptedDialler
    from ori_campaigns.testing.world import World as World

_LAZY = {
    "CampaignChanges": "world",
    "CrashPoints": "crashes",
    "Crashed": "crashes",
    "CrashingDialler": "crashes",
    "CrashingModel": "crashes",
    "CrashingStore": "crashes",
    "DiallerContract": "dialler_contract",
    "DiallerFaults": "faults",
    "FaultyDialler": "faults",
    "HostDirectory": "world",
    "ScriptedDialler": "world",
    "StoreContract": "store_contract",
    "World": "world",
}
# Their asserts say what they compared only if pytest rewrites them, and it must know before they are loaded.
_WITH_ASSERTS = {
    "DiallerContract": ("dialler_contract", "dialler_base"),
    "StoreContract": (
        *("store_contract", "store_duties", "store_dialling", "store_appending", "store_guards", "store_workers"),
    ),
}


def __getattr__(name: str) -> object:
    """Load what is asked for."""
    if name == "strategies":
        return import_module(f"{__name__}.strategies")
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    for module in _WITH_ASSERTS.get(name, ()):
        _let_pytest_rewrite(f"{__name__}.{module}")
    value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


def _let_pytest_rewrite(module: str) -> None:
    import pytest

    if module not in sys.modules:
        pytest.register_assert_rewrite(module)


__all__ = [
    "CampaignChanges",
    "CrashPoints",
    "Crashed",
    "CrashingDialler",
    "CrashingModel",
    "CrashingStore",
    "DiallerContract",
    "DiallerFaults",
    "FaultyDialler",
    "HostDirectory",
    "ScriptedDialler",
    "StoreContract",
    "World",
    "strategies",
]
