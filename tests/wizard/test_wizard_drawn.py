"""All that a web page needs is in the JSON: each step is drawn from it alone, and compared with what was looked at.

Written anew by `PYTHONPATH=src:tests python -m wizard.test_wizard_drawn --write`; read the difference before it is
kept.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

import attrs
import pytest

from ori_campaigns.codec import dumps, loads, to_plain
from ori_campaigns.config import MULTI_DAY, DiallerConfig, RedialRules, RetryPolicy
from ori_campaigns.errors import CampaignsError, IngestError
from ori_campaigns.ingest import Leads, advice, read_leads
from ori_campaigns.windows import CallingWindow
from ori_campaigns.wizard import Offers, Place, Step, Wizard, WizardPage
from wizard.desk import CARRIERS, FIRST, INBOUND, PEOPLE, SECOND, STRANGE, at, editing, new
from wizard.drawn import page_text

HERE = Path(__file__).parent
BASICS, POOL, CONFIG, CSV, REVIEW = Step


# --- what was filled in ----------------------------------------------------------------------------------------------


def a_file(text: str) -> BytesIO:
    stream = BytesIO(text.encode())
    stream.name = "q2_renewals.csv"
    return stream


def leads() -> Leads:
    """Eight people, one of them twice, and a row without a number."""
    people = [f"Person {nth},+91 98000-0000{nth},{nth * 1000}" for nth in range(1, 9)]
    return read_leads(a_file("\n".join(["name,phone_number,amount", *people, people[0], "Nobody,N/A,5", ""])))


def refusal() -> IngestError:
    with pytest.raises(IngestError) as refused:
        read_leads(a_file("name,phone\nAsha,919800000001\n"))
    return refused.value


def filled(**changes: object) -> Wizard:
    made: dict[str, object] = {"name": "Q2 Renewal Drive", "bot": "ravi", "numbers": [SECOND, FIRST]}
    return new(**{**made, **changes}).upload(leads())


def everything() -> Wizard:
    """Nothing left as it was at first: an overnight window, always-on, both rules, callbacks."""
    return filled(
        concurrency_limit="80",
        mode="multi_day",
        always_on=True,
        window_start="20:00",
        window_end="02:00",
        timezone="Asia/Kathmandu",
        working_days=["0", "1", "4"],
        max_attempts="5",
        delay_minutes="45",
        on_system=["no_answer", "RNR"],
        on_business="callback_requested, not_available",
        stop_rule=True,
        stop_after_seconds="60",
        redial_rule=True,
        redial_under_seconds="20",
        callback_detection=True,
        sticky_exclusion=True,
    )


def mistaken() -> Wizard:
    """Everything on step 3 that can be wrong."""
    return filled(
        concurrency_limit="abc",
        window_start="09:00",
        window_end="09:00",
        working_days=[],
        max_attempts="2000000",
        delay_minutes="",
        stop_rule=True,
        stop_after_seconds="10",
        redial_rule=True,
        redial_under_seconds="30",
    )


def has_run(stage: str, step: Step) -> Wizard:
    """A campaign that was opened from its detail page, and is walked through to a step."""
    config = DiallerConfig(
        20,
        MULTI_DAY,
        window=CallingWindow("10:00", "19:00", "Asia/Dubai", range(5)),
        retry=RetryPolicy(4, 60, ["timeout", "no_answer"], ["call_later"]),
        redial=RedialRules(stop_after_seconds=45),
        callback_detection=True,
    )
    return at(step, attrs.evolve(editing(stage, 1234, config=config), entered_from=Place.DETAIL))


def wrong_pool() -> Wizard:
    ticked = filled(numbers=[FIRST, STRANGE, INBOUND, FIRST], concurrency_limit="61")
    return at(POOL, ticked)


def gone_meanwhile() -> Wizard:
    return at(REVIEW, filled()).offered(Offers(["asha"], CARRIERS[1:]))


FAILURE = CampaignsError("The store could not be reached. Try again.", code="store_unavailable")

# --- the pages that were looked at -----------------------------------------------------------------------------------

PAGES: Mapping[str, Callable[[], Wizard]] = {
    "create_1_blank": new,
    "create_1_filled": filled,
    "create_2_blank": lambda: at(POOL, new(name="Q2 Renewal Drive", bot="ravi")),
    "create_2_filled": lambda: at(POOL, filled()),
    "create_2_wrong": wrong_pool,
    "create_3_blank": lambda: at(CONFIG, new(name="Q2 Renewal Drive", bot="ravi", numbers=[FIRST])),
    "create_3_everything": lambda: at(CONFIG, everything()),
    "create_3_callbacks_single_day": lambda: at(CONFIG, filled(callback_detection=True)),
    "create_3_wrong": lambda: at(CONFIG, mistaken()),
    "create_4_blank": lambda: at(CSV, filled().remove_upload()),
    "create_4_filled": lambda: at(CSV, filled()),
    "create_4_refused": lambda: at(CSV, filled().remove_upload()).upload_failed(
        refusal(), source="q2_renewals.csv", hint=advice(refusal().code)
    ),
    "create_4_always_on": lambda: at(CSV, everything().remove_upload()),
    "create_5_ready": lambda: at(REVIEW, filled()),
    "create_5_everything": lambda: at(REVIEW, everything().remove_upload()),
    "create_5_working": lambda: at(REVIEW, filled()).working(),
    "create_5_failed": lambda: at(REVIEW, filled()).working().failed(FAILURE),
    "create_5_gone_meanwhile": gone_meanwhile,
    "draft_1": editing,
    "draft_4": lambda: at(CSV, editing()),
    "draft_5_working": lambda: at(REVIEW, editing().upload(PEOPLE)).working(),
    "prepared_restart_1": lambda: has_run("prepared restart", BASICS),
    "prepared_restart_4": lambda: has_run("prepared restart", CSV),
    **{f"paused_{step.number}": partial(has_run, "paused", step) for step in Step},
    "running_5": lambda: has_run("running", REVIEW),
    "completed_5": lambda: has_run("completed", REVIEW),
    "failed_5": lambda: has_run("failed", REVIEW),
}


def drawn(name: str) -> str:
    return page_text(json.loads(dumps(PAGES[name]().page())))


def kept(name: str) -> Path:
    return HERE / "golden" / f"{name}.txt"


@pytest.mark.behaviour("W1", "W3", "W4", "W5", "W8", "W13", "W14", "W16", "L10", "L14")
@pytest.mark.parametrize("name", PAGES)
def test_a_step_is_drawn_from_its_json(name: str) -> None:
    assert drawn(name) == kept(name).read_text(encoding="utf-8")


def test_every_page_that_was_looked_at_is_drawn() -> None:
    assert {path.stem for path in (HERE / "golden").iterdir()} == set(PAGES)


def test_whoever_draws_knows_nothing_of_the_library() -> None:
    tree = ast.parse((HERE / "drawn.py").read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert imported == {"__future__", "collections.abc", "itertools", "typing"}


# --- the JSON ---------------------------------------------------------------------------------------------------------

# Names for programs, which a page sends back or goes by.
UNDRAWN = {"format", "type", "key", "can_advance", "code", "path"}


def test_all_that_is_in_the_json_is_drawn() -> None:
    # The names in an object tell what it is: `label` of a button is another than that of a field.
    there: set[tuple[tuple[str, ...], str]] = set()
    looked_at: set[tuple[tuple[str, ...], str]] = set()

    class Watched(dict[str, Any]):
        def __getitem__(self, key: str) -> Any:
            looked_at.add((tuple(self), key))
            return super().__getitem__(key)

    def watched(plain: dict[str, Any]) -> Watched:
        there.update((tuple(plain), key) for key in plain)
        return Watched(plain)

    for make in PAGES.values():
        page_text(json.loads(dumps(make().page()), object_hook=watched))
    assert {key for _, key in there - looked_at} == UNDRAWN
    assert looked_at <= there


@pytest.mark.behaviour("W18")
@pytest.mark.parametrize("name", PAGES)
def test_page_and_wizard_go_through_json_and_back(name: str) -> None:
    wizard = PAGES[name]()
    page = wizard.page()
    assert json.loads(dumps(page)) == to_plain(page)
    assert loads(WizardPage, dumps(page)) == page
    again = loads(Wizard, dumps(wizard))
    assert (again, dumps(again)) == (wizard, dumps(wizard))
    assert page_text(json.loads(dumps(again.page()))) == drawn(name)


if __name__ == "__main__" and "--write" in sys.argv:
    (HERE / "golden").mkdir(exist_ok=True)
    for each in PAGES:
        kept(each).write_text(drawn(each), encoding="utf-8")
