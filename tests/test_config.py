"""The dialler config as a value: its defaults, what is folded away, the limits of calls."""

from __future__ import annotations

import pickle

import attrs
import pytest

from ori_campaigns.config import (
    MULTI_DAY,
    SINGLE_DAY,
    CallLimits,
    CampaignMode,
    DiallerConfig,
    RedialRules,
    RetryPolicy,
    fold,
)
from ori_campaigns.windows import CallingWindow


@pytest.mark.behaviour("W6", "W7", "W9", "W10", "W12")
def test_the_defaults_of_the_wizard() -> None:
    config = DiallerConfig()
    assert config.concurrency_limit == 50
    assert (config.mode, config.always_on) == (SINGLE_DAY, False)
    assert config.window == CallingWindow("09:00", "18:00")
    assert (config.retry.max_attempts, config.retry.delay_minutes) == (3, 30)
    assert (config.retry.on_system, config.retry.on_business) == (frozenset(), ())
    assert (config.redial.stop_after_seconds, config.redial.redial_under_seconds) == (None, None)
    assert (config.callback_detection, config.sticky_exclusion) == (False, False)


@pytest.mark.behaviour("K6", "R14")
def test_the_defaults_beyond_the_wizard() -> None:
    config = DiallerConfig()
    assert config.callbacks_may_exceed_max_attempts is False
    assert config.analysis_wait_seconds == 120


@pytest.mark.behaviour("W7")
def test_the_modes() -> None:
    assert [mode.value for mode in CampaignMode] == ["single_day", "multi_day"]
    assert (SINGLE_DAY.value, MULTI_DAY.value) == ("single_day", "multi_day")


@pytest.mark.behaviour("N7")
def test_the_limits_of_calls() -> None:
    limits = CallLimits()
    assert (limits.reserved, limits.ringing, limits.talk, limits.talk_grace) == (60, 90, 600, 120)
    # Our watch is longer than the limit handed to the carrier, and no request may leave after its reservation is lost.
    assert limits.ring < limits.ringing
    assert limits.send_budget < limits.reserved
    assert limits.longest_call == 90 + 600 + 120
    assert CallLimits(ringing=10, talk=20, talk_grace=3).longest_call == 33


@pytest.mark.behaviour("W9", "R9")
@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], ()),
        (["again"], ("again",)),
        ([" again "], ("again",)),
        (["again", "Again", " AGAIN"], ("again",)),
        (["", "  ", "\t", "x"], ("x",)),
        (["b", "a", "b"], ("b", "a")),
        (["Call Later", "call  later"], ("Call Later", "call  later")),
    ],
)
def test_custom_dispositions_are_trimmed_and_repeats_dropped(given: list[str], kept: tuple[str, ...]) -> None:
    assert RetryPolicy(on_business=given).on_business == kept


@pytest.mark.behaviour("R9")
@pytest.mark.parametrize(
    ("said", "yes"), [("CALL LATER", True), (" call later\n", True), ("later", False), ("", False)]
)
def test_a_policy_knows_its_custom_dispositions(said: str, yes: bool) -> None:
    assert RetryPolicy(on_business=["Call Later"]).redials_business(said) is yes


def test_folding() -> None:
    assert (fold(" Not Now "), fold("STRASSE"), fold("Straße")) == ("not now", "strasse", "strasse")


def test_policies_are_equal_by_what_they_say() -> None:
    assert RetryPolicy(on_system=["RNR", "error", "RNR"]) == RetryPolicy(on_system={"error", "RNR"})
    assert RetryPolicy(on_business=["a"]) == RetryPolicy(on_business=[" a "])
    assert hash(RetryPolicy(on_business=["a"])) == hash(RetryPolicy(on_business=["a", "A"]))
    assert RetryPolicy(on_business=["a"]) != RetryPolicy(on_business=["A"])


def test_a_changed_policy_compares_by_its_new_list() -> None:
    changed = attrs.evolve(RetryPolicy(on_business=["again"]), on_business=["later"])
    assert (changed.redials_business("later"), changed.redials_business("again")) == (True, False)


def test_configs_are_values() -> None:
    config = DiallerConfig(5, MULTI_DAY, retry=RetryPolicy(2, 10, ["RNR"], ["x"]), redial=RedialRules(30, 15))
    assert pickle.loads(pickle.dumps(config)) == config
    assert hash(config) == hash(attrs.evolve(config))
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        config.concurrency_limit = 6  # type: ignore[misc]
