"""What is said after an action: done, or why not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from ori_campaigns.campaign import Action
from ori_campaigns.codec import dumps, loads
from ori_campaigns.config import DiallerConfig
from ori_campaigns.errors import CampaignsError, FieldLocked
from ori_campaigns.pages import Toast, failure_toast, toast
from ori_campaigns.testing.bench import Bench

SAID = {
    "create": "Campaign created",
    "edit": "Campaign updated",
    "start": "Campaign started",
    "pause": "Campaign paused",
    "resume": "Campaign resumed",
    "stop": "Campaign stopped",
    "clone": "Campaign cloned",
    "restart": "Campaign prepared for restart",
    "cancel_restart": "Restart cancelled",
    "delete": None,
}
FAILED = {**{action: f"Failed to {action}" for action in SAID}, "cancel_restart": "Failed to cancel restart"}


@pytest.mark.behaviour("M4")
@pytest.mark.parametrize("action", SAID)
def test_what_is_said_when_it_is_done(action: str) -> None:
    found = toast(action)
    assert (found and (found.kind.value, found.text, found.reasons)) == (
        ("success", SAID[action], ()) if SAID[action] else None
    )


@pytest.mark.behaviour("M4")
@pytest.mark.parametrize("action", FAILED)
def test_what_is_said_when_it_failed(action: str) -> None:
    found = failure_toast(action, ZeroDivisionError("919876543210"))
    assert (found.kind.value, found.text) == ("failure", FAILED[action])


@pytest.mark.behaviour("M4")
def test_actions_are_named_by_members_too() -> None:
    assert toast(Action.PAUSE) == toast("pause")
    assert failure_toast(Action.STOP, CampaignsError("x")).text == "Failed to stop"


def refused(act: Callable[[Bench], object]) -> tuple[str, tuple[str, ...]]:
    bench = Bench()
    with pytest.raises(CampaignsError) as caught:
        act(bench)
    found = failure_toast("start", caught.value)
    return found.code, found.reasons


def empty_start(bench: Bench) -> None:
    campaign = bench.service.create(bench.draft(), by="ops")
    bench.directory.carriers = lambda _: ()  # type: ignore[method-assign,assignment]
    bench.service.start(campaign.id, by="ops")


@pytest.mark.behaviour("M4", "L3")
def test_every_reason_why_it_cannot_start_is_told() -> None:
    code, reasons = refused(empty_start)
    assert code == "cannot_start"
    assert len(reasons) > 1
    assert all(each.endswith(".") for each in reasons)


@pytest.mark.behaviour("M4")
def test_every_problem_of_a_definition_is_told() -> None:
    code, reasons = refused(
        lambda bench: bench.service.create(bench.draft(name="", concurrency_limit=0), by="ops", strict=True)
    )
    assert code == "invalid_definition"
    assert len(reasons) == 2


@pytest.mark.behaviour("M4")
def test_another_error_tells_its_sentence() -> None:
    code, reasons = refused(lambda bench: bench.service.pause(bench.create().id, by="ops"))
    assert code == "action_not_allowed"
    assert reasons == ("Cannot pause campaign test00000001: it is draft. Allowed now: edit, clone, start, delete.",)
    locked = failure_toast("edit", FieldLocked(entity_id="c", fields=["name"], message="It is locked."))
    assert (locked.code, locked.reasons) == ("field_locked", ("It is locked.",))


def test_of_an_error_that_is_not_ours_nothing_is_told() -> None:
    found = failure_toast("start", RuntimeError("password=hunter2 to 919876543210"))
    assert found.code == "unexpected"
    assert found.reasons == ("Something went wrong. Look at the campaign before you try again.",)


def test_json_there_and_back_changes_nothing() -> None:
    for each in (toast("start"), failure_toast("start", CampaignsError("Because."))):
        assert each is not None
        assert loads(Toast, dumps(each)) == each


def test_a_config_is_no_action() -> None:
    assert toast(str(DiallerConfig())) is None
