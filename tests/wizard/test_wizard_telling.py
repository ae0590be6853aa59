"""Problems on a page: where each is put right, what is only missing, in whose words, and which number is meant."""

from __future__ import annotations

from typing import Any

import attrs
import pytest

from ori_campaigns.carriers import Carrier
from ori_campaigns.codec import dumps, loads
from ori_campaigns.errors import IngestError, InvalidDefinition, Problem
from ori_campaigns.wizard import TEXTS, Offers, PageProblem, Step, Wizard, WizardPage
from wizard.desk import FIRST, INBOUND, OFFERS, PEOPLE, SECOND, STRANGE, at, editing, field, new

BASICS, POOL, CONFIG, CSV, REVIEW = Step


def review(wizard: Wizard) -> WizardPage:
    return attrs.evolve(wizard, step=REVIEW).page()


# --- where it is ------------------------------------------------------------------------------------------------------

Found = list[tuple[str, str, str]]
# what is entered; the code, the step and the field of each problem
WRONG: list[tuple[dict[str, object], Found]] = [
    ({"name": ""}, [("name_blank", "basics", "name")]),
    ({"bot": "nobody"}, [("unknown_bot", "basics", "bot")]),
    (
        {"numbers": [STRANGE, FIRST, INBOUND]},
        [("number_not_configured", "number_pool", "numbers"), ("number_inbound_only", "number_pool", "numbers")],
    ),
    ({"numbers": ["junk"]}, [("empty_pool", "number_pool", "numbers"), ("bad_number", "number_pool", "numbers")]),
    ({"concurrency_limit": "61"}, [("channels_below_concurrency", "number_pool", "numbers")]),
    ({"mode": "weekly"}, [("unknown_mode", "dialler_config", "mode")]),
    (
        {"window_start": "9", "window_end": "25:00"},
        [("bad_time", "dialler_config", "window_start"), ("bad_time", "dialler_config", "window_end")],
    ),
    ({"window_end": "09:00"}, [("same_start_end", "dialler_config", "window_end")]),
    ({"timezone": "Nowhere"}, [("unknown_timezone", "dialler_config", "timezone")]),
    ({"working_days": []}, [("no_working_days", "dialler_config", "working_days")]),
    ({"max_attempts": "2000000"}, [("too_large", "dialler_config", "max_attempts")]),
    ({"delay_minutes": "2000000"}, [("too_large", "dialler_config", "delay_minutes")]),
    ({"on_system": ["busy"]}, [("unknown_disposition", "dialler_config", "on_system")]),
    ({"on_business": "a\0"}, [("unprintable", "dialler_config", "on_business")]),
    (
        {"stop_rule": True, "redial_rule": True, "stop_after_seconds": "10"},
        [("thresholds_overlap", "dialler_config", "stop_after_seconds")],
    ),
    (
        {"redial_rule": True, "redial_under_seconds": "2000000"},
        [("too_large", "dialler_config", "redial_under_seconds")],
    ),
    ({"callback_detection": True}, [("evening_callbacks", "dialler_config", "callback_detection")]),
]
ROWS = {
    **dict.fromkeys(("window_start", "window_end", "timezone"), "window"),
    "stop_after_seconds": "stop_rule",
    "redial_under_seconds": "redial_rule",
}


@pytest.mark.behaviour("W14", "W17")
@pytest.mark.parametrize(("entered", "found"), WRONG)
def test_review_leads_to_the_field_of_each_problem_and_marks_its_row(entered: dict[str, object], found: Found) -> None:
    wizard = at(REVIEW)
    for key, value in entered.items():
        wizard = wizard.enter(key, value)
    page = wizard.page()
    assert [(each.code, each.step, each.field) for each in page.problems] == found
    assert page.review is not None
    marked = {row.key for row in (*page.review.grid, *page.review.rules) if row.problems}
    # Too few channels are told at the limit, too.
    also = {"concurrency_limit"} & set(entered)
    assert marked == {ROWS.get(key, key) for _, _, key in found} | also
    # The step it leads to shows it at that field.
    for problem in page.problems:
        assert problem in field(attrs.evolve(wizard, step=Step(problem.step)), problem.field).problems


@pytest.mark.behaviour("W14")
def test_no_row_is_marked_where_nothing_is_wrong() -> None:
    page = at(REVIEW).page()
    assert page.review is not None
    assert [row.problems for row in (*page.review.grid, *page.review.rules)] == [()] * 17


@pytest.mark.behaviour("W14", "L10")
def test_a_problem_of_no_field_leads_nowhere() -> None:
    [problem] = review(editing("running")).problems
    assert (problem.code, problem.step, problem.field, problem.missing) == ("action_not_allowed", "", "", False)


@pytest.mark.behaviour("W3")
def test_why_saving_failed_leads_to_the_field_too() -> None:
    refused = [Problem("numbers[0]", "number_not_configured", "Number ••••••••••01 is not configured.", "Ask.")]
    wizard = at(REVIEW, new(name="Renewals", bot="asha", numbers=[SECOND]).upload(PEOPLE)).working()
    [failure] = wizard.failed(InvalidDefinition(refused)).page().failures
    assert (failure.step, failure.field) == ("number_pool", "numbers")
    assert (failure.message, failure.hint) == ("Number 911140001001 is not configured.", "Ask.")


# --- which number -----------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W5", "W14")
def test_numbers_that_end_alike_are_told_apart() -> None:
    alike = ["919999999901", SECOND, "junk", "919999999901"]
    wizard = new(name="Renewals", bot="asha", numbers=alike).upload(PEOPLE)
    wizard = wizard.offered(Offers(OFFERS.bots, [Carrier("delhi", [FIRST])]))
    page = review(wizard)
    assert [(each.path, each.message) for each in page.problems] == [
        ("numbers[0]", "Number 919999999901 is not configured under any carrier."),
        ("numbers[1]", "Number 911140001001 is not configured under any carrier."),
        ("numbers[2]", "'junk' is not a phone number (not digits)."),
        ("numbers[3]", "Number 919999999901 is ticked more than once."),
    ]
    assert "919999999901" not in repr(page)
    assert SECOND not in repr(page)
    assert not any(number in repr(wizard.problems()) for number in alike[:2])
    assert loads(WizardPage, dumps(page)) == page


@pytest.mark.behaviour("W5")
def test_the_place_in_the_pool_is_that_of_what_will_be_saved() -> None:
    # What is no number is left out of the pool, so the second that is ticked is the first there.
    [first, second] = review(new(numbers=["junk", STRANGE])).problems[2:4]
    assert (first.path, first.message) == ("numbers[0]", f"Number {STRANGE} is not configured under any carrier.")
    assert (second.path, second.message) == ("numbers[0]", "'junk' is not a phone number (not digits).")


# --- what is only missing ---------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W2")
@pytest.mark.parametrize(
    ("step", "key", "blank"),
    [
        (BASICS, "name", ""),
        (BASICS, "name", " \t"),
        (BASICS, "name", "\u200b"),
        (BASICS, "bot", ""),
        (POOL, "numbers", []),
        (CONFIG, "mode", ""),
        (CONFIG, "window_start", ""),
        (CONFIG, "window_end", ""),
        (CONFIG, "timezone", ""),
        (CONFIG, "working_days", []),
    ],
)
def test_what_is_not_filled_in_is_missing_and_not_wrong(step: Step, key: str, blank: object) -> None:
    wizard = at(step).enter(key, blank)
    assert [each.missing for each in field(wizard, key).problems] == [True]
    assert not wizard.can_advance
    assert [each.missing for each in review(wizard).problems] == [True]


@pytest.mark.behaviour("W2")
@pytest.mark.parametrize(
    ("step", "key", "wrong"),
    [
        (BASICS, "name", "a\nb"),
        (BASICS, "bot", "nobody"),
        (POOL, "numbers", [STRANGE]),
        (CONFIG, "mode", "weekly"),
        (CONFIG, "window_start", " "),
        (CONFIG, "window_end", "09:00"),
        (CONFIG, "timezone", "Nowhere"),
        (CONFIG, "working_days", ["7"]),
        (CONFIG, "concurrency_limit", "2000000"),
        (CONFIG, "on_business", "a\0"),
    ],
)
def test_what_is_wrong_is_not_missing(step: Step, key: str, wrong: object) -> None:
    wizard = at(step).enter(key, wrong)
    assert [each.missing for each in field(wizard, key).problems if each.severity == "error"] == [False]


@pytest.mark.behaviour("W2", "W13")
def test_a_list_that_is_not_uploaded_is_missing_and_one_that_was_refused_is_wrong() -> None:
    wizard = at(CSV).remove_upload()
    assert [each.missing for each in field(wizard, "contacts").problems] == [True]
    refused = wizard.upload_failed(IngestError("leads.csv is empty.", code="empty_file"), source="leads.csv")
    assert [each.missing for each in field(refused, "contacts").problems] == [False]


@pytest.mark.behaviour("W2")
def test_an_untouched_wizard_misses_four_things_and_nothing_is_wrong() -> None:
    missing = [(each.step, each.field, each.missing) for each in review(new()).problems]
    assert missing == [
        ("basics", "name", True),
        ("basics", "bot", True),
        ("number_pool", "numbers", True),
        ("upload_csv", "contacts", True),
    ]


# --- in whose words ---------------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W17")
@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("concurrency_limit", "Concurrency limit"),
        ("max_attempts", "Max attempts"),
        ("delay_minutes", "Retry delay (minutes)"),
        ("stop_after_seconds", "Connected longer than (seconds)"),
        ("redial_under_seconds", "Connected shorter than (seconds)"),
    ],
)
def test_a_problem_calls_a_field_as_its_page_does(key: str, label: str) -> None:
    wizard = at(CONFIG).toggle("stop_rule").toggle("redial_rule").enter(key, "2000000")
    shown = field(wizard, key)
    assert shown.label.casefold() == label.casefold()
    assert [each.message for each in shown.problems if each.code == "too_large"] == [
        f"{label} is 2000000; the most is 1000000."
    ]


@pytest.mark.behaviour("W17")
def test_problems_can_be_said_otherwise_by_their_codes() -> None:
    said = {
        "name_blank": "{label}: bitte ausfüllen.",
        "number_not_configured": "Die Nummer {number} ist nicht eingerichtet.",
        "never_heard_of": "Nie gehört.",
    }
    texts = attrs.evolve(TEXTS, problems=said, fields={"name": attrs.evolve(TEXTS.fields["name"], label="Name")})
    wizard = at(REVIEW).enter("name", "").enter("bot", "").enter("numbers", [STRANGE])
    assert [(each.message, each.hint) for each in wizard.page(texts).problems] == [
        ("Name: bitte ausfüllen.", ""),
        ("No bot is chosen.", "Choose the bot that speaks to the contacts."),
        ("Die Nummer 911149999999 ist nicht eingerichtet.", ""),
    ]
    failed = at(REVIEW).working().failed(InvalidDefinition([Problem("name", "name_blank", "x.")]))
    assert [each.message for each in failed.page(texts).failures] == ["Name: bitte ausfüllen."]


@pytest.mark.behaviour("L10", "W16")
def test_what_keeps_from_editing_is_told_in_the_words_of_its_notice() -> None:
    texts = attrs.evolve(TEXTS, not_editable="Nicht änderbar: {status}.")
    page = attrs.evolve(editing("running"), step=REVIEW).page(texts)
    assert [each.message for each in page.problems] == [each.text for each in page.notices[:1]]
    assert page.problems[0].message == "Nicht änderbar: running."
    # What the store says of a campaign that was started meanwhile stays as it is.
    error = InvalidDefinition([Problem("", "action_not_allowed", "It was started.")])
    assert at(REVIEW, editing()).working().failed(error).page(texts).failures[0].message == "It was started."


def test_a_problem_says_what_to_do_and_its_repr_is_discreet() -> None:
    problem = PageProblem("numbers[0]", "x", "Number 911140001001 is gone.", "Untick 911140001001.")
    assert str(problem) == "numbers[0]: Number 911140001001 is gone. Untick 911140001001."
    assert str(PageProblem("", "x", "Gone.")) == "Gone."
    assert "911140001001" not in repr(problem)
    values: dict[str, Any] = attrs.asdict(problem)
    assert (values["step"], values["field"], values["severity"], values["missing"]) == ("", "", "error", False)
