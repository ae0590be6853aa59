"""The list of contacts: when it is required, what is kept of it, the preview, files that are refused, and Review."""

from __future__ import annotations

import json
from collections.abc import Mapping

import attrs
import pytest

from ori_campaigns.codec import dumps, to_plain
from ori_campaigns.config import MULTI_DAY, DiallerConfig
from ori_campaigns.errors import IngestError, Problem
from ori_campaigns.ingest import Leads, read_leads
from ori_campaigns.wizard import STEPS, Step, Table, Wizard
from wizard.desk import FIRST, OFFERS, PEOPLE, SECOND, Figures, People, at, codes, editing, field, new, service

CSV = (
    "name,phone_number,amount\n"
    "Asha,+91 98000-00001,007\n"
    ',919800000002,"1,50"\n'
    "Ravi,N/A,3\n"
    "Zoë,919800000003, \n"
    "Bo,919800000001,9\n"
    "C,919800000004,4\n"
    "D,919800000005,5\n"
    "E,919800000006,6\n"
    "F,919800000007,7\n"
)


def on_csv(wizard: Wizard | None = None) -> Wizard:
    """On step 4 without a list."""
    return at(Step.UPLOAD_CSV, wizard or new(name="Renewals", bot="asha", numbers=[FIRST]))


def notice(wizard: Wizard) -> str:
    [found] = [each.text for each in wizard.page().notices if each.key.startswith("csv")]
    return found


# --- W13: whether it is required --------------------------------------------------------------------------------------

REQUIRED = "A CSV is required."
OPTIONAL = "The CSV is optional, because contacts can be added over time."
REPLACES = "Optional. Uploading a CSV on a draft campaign replaces the existing contact list."
LOCKED = "CSV contacts are locked for this campaign. Use Clone if you need a different contact set."
ALWAYS_ON = DiallerConfig(mode=MULTI_DAY, always_on=True)
MULTI = DiallerConfig(mode=MULTI_DAY)


@pytest.mark.behaviour("W13", "W7", "C9")
@pytest.mark.parametrize(
    ("wizard", "required", "says"),
    [
        (new(), True, REQUIRED),
        (new(mode="multi_day"), True, REQUIRED),
        (new(mode="multi_day", always_on=True), False, OPTIONAL),
        (new(mode="multi_day", always_on=True).enter("mode", "single_day"), True, REQUIRED),
        (editing(), False, REPLACES),
        (editing(contacts=0), True, REQUIRED),
        (editing(contacts=0, config=MULTI), True, REQUIRED),
        (editing(contacts=0, config=ALWAYS_ON), False, REPLACES),
        # Such a config is refused, but a store may be handed anything.
        (editing(contacts=0, config=DiallerConfig(always_on=True)), True, REQUIRED),
        (editing("prepared restart"), False, LOCKED),
        (editing("prepared restart", contacts=0), False, LOCKED),
        (editing("paused"), False, LOCKED),
        (editing("paused", config=ALWAYS_ON), False, LOCKED),
        (editing("completed"), False, LOCKED),
    ],
)
def test_whether_a_list_is_required_and_what_is_said(wizard: Wizard, required: bool, says: str) -> None:
    there = attrs.evolve(wizard, step=Step.UPLOAD_CSV)
    assert field(there, "contacts").required is required
    assert there.can_advance is not required
    assert codes(there.page().problems) == (["contacts_required"] if required else [])
    assert notice(there) == says


@pytest.mark.behaviour("W13", "L14")
@pytest.mark.parametrize("stage", ["prepared restart", "paused", "completed"])
def test_a_locked_list_takes_no_file(stage: str) -> None:
    wizard = on_csv(editing(stage))
    assert wizard.upload(PEOPLE) == wizard
    assert wizard.upload_failed(IngestError("It is empty.", code="empty_file")) == wizard
    assert wizard.remove_upload() == wizard


@pytest.mark.behaviour("W13", "C9")
def test_a_list_can_be_taken_away_again() -> None:
    wizard = on_csv().upload(PEOPLE)
    assert wizard.can_advance
    assert wizard.remove_upload() == on_csv()
    assert not wizard.remove_upload().can_advance


# --- W14: what is kept, and the preview -------------------------------------------------------------------------------


@pytest.mark.behaviour("W14", "W13")
def test_of_a_file_the_figures_and_six_rows_are_kept() -> None:
    leads = read_leads(CSV.encode())
    wizard = on_csv().upload(leads)
    kept = wizard.uploaded
    assert kept is not None
    assert (kept.source, kept.accepted, kept.skipped) == ("bytes", 7, 2)
    assert (kept.by_reason, kept.columns) == ({"not_digits": 1, "duplicate": 1}, ("name", "amount"))
    assert wizard.page().preview == Table(
        ("name", "phone_number", "amount"),
        (
            ("Asha", "+91 98000-00001", "007"),
            ("", "919800000002", "1,50"),
            ("Ravi", "N/A", "3"),
            ("Zoë", "919800000003", " "),
            ("Bo", "919800000001", "9"),
            ("C", "919800000004", "4"),
        ),
    )
    assert field(wizard, "contacts").value == "bytes: 7 accepted, 2 skipped"
    assert "919800000007" not in dumps(wizard), "never the whole list"
    assert wizard.can_advance


@pytest.mark.behaviour("W14")
def test_a_short_and_a_long_record_are_previewed_as_they_are() -> None:
    leads = read_leads(b"phone_number,name\n91-98000-00001\n919800000002,Ravi,more\n")
    assert on_csv().upload(leads).page().preview == Table(
        ("phone_number", "name"), (("91-98000-00001",), ("919800000002", "Ravi", "more"))
    )


@pytest.mark.behaviour("W14")
def test_of_a_longer_head_six_rows_are_previewed() -> None:
    head = [line.split(",") for line in ["name,phone_number", *[f"P{n},+91 98000-0000{n}" for n in range(1, 9)]]]
    preview = on_csv().upload(People(head=head)).page().preview
    assert preview is not None
    assert preview.header == ("name", "phone_number")
    assert preview.rows[0] == ("P1", "+91 98000-00001")
    assert [row[0] for row in preview.rows] == ["P1", "P2", "P3", "P4", "P5", "P6"]


@pytest.mark.behaviour("W14")
def test_of_a_list_without_a_head_the_first_contacts_are_previewed() -> None:
    people = People(tuple(f"91980000000{n}" for n in range(1, 9)), Figures(accepted=8, columns=("name",)))
    assert on_csv().upload(people).page().preview == Table(
        ("phone_number", "name"),
        (
            ("919800000001", "0"),
            ("919800000002", "1"),
            ("919800000003", "2"),
            ("919800000004", "3"),
            ("919800000005", "4"),
            ("919800000006", "5"),
        ),
    )


@pytest.mark.behaviour("W14")
def test_the_preview_is_on_the_fourth_step_and_on_review() -> None:
    wizard = on_csv().upload(PEOPLE).next()
    assert [attrs.evolve(wizard, step=step).page().preview is not None for step in STEPS] == [
        *[False] * 3,
        True,
        True,
    ]
    assert on_csv().page().preview is None


@pytest.mark.behaviour("W14")
def test_a_list_of_phone_numbers_alone() -> None:
    preview = on_csv().upload(Leads.of(["919800000001"])).page().preview
    assert preview == Table(("phone_number",), (("919800000001",),))


@pytest.mark.behaviour("W13")
def test_warnings_of_a_file_are_told_and_block_nothing() -> None:
    warning = Problem("header", "header_cleaned", "The name was cleaned.", "", severity="warning")
    wizard = on_csv().upload(People(warnings=(warning,)))
    assert [(each.path, each.code) for each in wizard.page().problems] == [("contacts", "header_cleaned")]
    assert [each.code for each in field(wizard, "contacts").problems] == ["header_cleaned"]
    assert wizard.can_advance


def test_no_repr_shows_a_number_of_a_person() -> None:
    wizard = on_csv().upload(read_leads(CSV.encode()))
    told = repr(wizard) + repr(wizard.page()) + repr(wizard.next().page()) + repr(at(Step.NUMBER_POOL).page())
    for number in ("919800000001", "919800000002", "98000-00001", FIRST, SECOND):
        assert number not in told
    # A grouped number counts, too, hours do not.
    assert "09:00 to 18:00" in told


# --- C9: a file that is refused ---------------------------------------------------------------------------------------

REFUSAL = IngestError("leads.csv is empty.", code="empty_file")


@pytest.mark.behaviour("C9", "W2")
def test_a_refused_file_blocks_until_it_is_replaced_or_removed() -> None:
    wizard = on_csv().upload_failed(REFUSAL, source="leads.csv", hint="Check that it is the right file.")
    [problem] = field(wizard, "contacts").problems
    assert (problem.path, problem.code, problem.missing) == ("contacts", "empty_file", False)
    assert (problem.message, problem.hint) == ("leads.csv is empty.", "Check that it is the right file.")
    assert field(wizard, "contacts").value == "leads.csv"
    assert not wizard.can_advance
    assert wizard.upload(PEOPLE) == on_csv().upload(PEOPLE)
    assert wizard.remove_upload() == on_csv()


@pytest.mark.behaviour("C9")
def test_a_refused_file_leaves_the_one_before_it() -> None:
    before = on_csv().upload(PEOPLE)
    refused = before.upload_failed(REFUSAL)
    assert not refused.can_advance, "nobody goes on with a list that was to be replaced"
    assert refused.page().preview == before.page().preview
    assert refused.remove_upload() == before


@pytest.mark.behaviour("C9", "W13")
def test_a_refused_file_blocks_where_a_list_is_optional_too() -> None:
    for wizard in (editing(), editing(config=ALWAYS_ON), new(name="R", bot="asha", numbers=[FIRST])):
        there = attrs.evolve(wizard, step=Step.UPLOAD_CSV).upload_failed(REFUSAL)
        assert codes(there.page().problems) == ["empty_file"]


@pytest.mark.behaviour("C9")
@pytest.mark.parametrize(
    ("error", "code"),
    [(IngestError("x", code="too_many_rows", limit=500_000), "too_many_rows"), (OSError("gone"), "upload_failed")],
)
def test_any_error_of_reading_can_be_told(error: Exception, code: str) -> None:
    assert codes(on_csv().upload_failed(error).page().problems) == [code]


@pytest.mark.behaviour("C9")
def test_a_list_without_a_contact_is_a_refused_file() -> None:
    before = on_csv().upload(PEOPLE)
    wizard = before.upload(People(numbers=(), summary=Figures("empty.csv", 0, 3)))
    assert codes(wizard.page().problems) == ["no_valid_rows"]
    assert field(wizard, "contacts").value == "empty.csv"
    assert wizard.remove_upload() == before


# --- saving with the leads --------------------------------------------------------------------------------------------


@pytest.mark.behaviour("W15", "W13")
@pytest.mark.parametrize(
    ("wizard", "leads", "code"),
    [
        (on_csv().upload(PEOPLE), PEOPLE, ""),
        (on_csv().upload(PEOPLE), None, "leads_missing"),
        (on_csv().upload(PEOPLE), People(("919800000001",), Figures(accepted=1)), "other_leads"),
        (on_csv().upload(PEOPLE), People(("919800000001", "919800000009")), "other_leads"),
        (on_csv().upload(PEOPLE), attrs.evolve(PEOPLE, summary=Figures("the_same_anew.csv")), ""),
        (on_csv(), PEOPLE, "leads_not_uploaded"),
        (on_csv(editing()), None, ""),
    ],
)
def test_it_is_saved_with_the_list_that_was_uploaded(wizard: Wizard, leads: People | None, code: str) -> None:
    assert codes(wizard.problems_with(leads)) == ([code] if code else [])


@pytest.mark.behaviour("W15", "L2")
def test_create_takes_in_the_contacts() -> None:
    leads, desk = read_leads(CSV.encode()), service()
    wizard = at(Step.REVIEW, on_csv().upload(leads)).working()
    campaign = desk.create(wizard.draft(), leads, by="ops", strict=False, key=wizard.key)
    assert (campaign.status.value, desk.counters(campaign.id).total) == ("draft", 7)


@pytest.mark.behaviour("C9", "W13", "W15")
def test_an_upload_on_a_draft_replaces_its_list() -> None:
    desk = service()
    wizard = at(Step.REVIEW)
    campaign = desk.create(wizard.draft(), PEOPLE, by="ops", strict=False)
    edit = at(Step.REVIEW, on_csv(Wizard.edit(campaign, 2, OFFERS)).upload(read_leads(CSV.encode()))).working()
    desk.edit(campaign.id, edit.draft(), read_leads(CSV.encode()), by="ops", version=campaign.version, strict=False)
    assert desk.counters(campaign.id).total == 7


# --- W14: Review ------------------------------------------------------------------------------------------------------


def rows(wizard: Wizard) -> tuple[dict[str, str], dict[str, str]]:
    review = wizard.page().review
    assert review is not None
    return {each.label: each.value for each in review.grid}, {each.label: each.value for each in review.rules}


@pytest.mark.behaviour("W14")
def test_the_grid_of_a_plain_campaign() -> None:
    wizard = at(Step.REVIEW)
    grid, rules = rows(wizard)
    assert list(grid.items()) == [
        ("Campaign Name", "Q2 Renewal Drive"),
        ("Bot", "asha"),
        ("Selected numbers", "1 selected"),
        ("Contacts (CSV upload)", "leads.csv: 2 accepted"),
        ("Concurrency Limit", "50"),
        ("Campaign Mode", "Single Day"),
        ("Always-on", "Off"),
        ("Time Window", "09:00 to 18:00, Asia/Kolkata (IST)"),
        ("Max Attempts", "3"),
        ("Retry Delay (minutes)", "30"),
        ("Callback Detection", "Off"),
        ("Sticky exclusion", "Off"),
    ]
    assert list(rules.items()) == [
        ("Working Days", "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday"),
        ("Retry on System Dispositions", "None"),
        ("Custom Retry Dispositions", "None"),
        ("Stop redials after a meaningful connect", "Off"),
        ("Redial after a short connect", "Off"),
    ]
    assert wizard.page().fields == ()


@pytest.mark.behaviour("W14", "W6", "W9", "W10")
def test_the_grid_shows_what_will_be_saved() -> None:
    made: Mapping[str, object] = {
        "name": "  Renewals ",
        "bot": "ravi",
        "numbers": [SECOND, FIRST],
        "mode": "multi_day",
        "always_on": True,
        "concurrency_limit": "0",
        "window_start": "20:00",
        "window_end": "02:00",
        "timezone": "Asia/Kathmandu",
        "working_days": ["0", "4"],
        "max_attempts": "abc",
        "delay_minutes": "45.9",
        "on_system": ["RNR", "no_answer"],
        "on_business": "later,, Later,no",
        "stop_rule": True,
        "redial_rule": True,
        "redial_under_seconds": "0.5",
        "callback_detection": True,
        "sticky_exclusion": True,
    }
    wizard = attrs.evolve(new(**made), step=Step.REVIEW)
    grid, rules = rows(wizard)
    assert list(grid.values()) == [
        *("Renewals", "Ravi (Hindi)", "2 selected", "No CSV", "50", "Multi Day", "On"),
        *("20:00 to 02:00, Asia/Kathmandu", "3", "45", "On", "On"),
    ]
    assert list(rules.values()) == [
        "Monday, Friday",
        "RNR, no_answer",
        "later, no",
        "Connected longer than 30 seconds",
        "Connected shorter than 15 seconds",
    ]
    review = wizard.page().review
    assert review is not None
    assert review.grid[2].items == ("911140001001", "911140001000 (Support team)")


@pytest.mark.behaviour("W14", "W13")
@pytest.mark.parametrize(
    ("wizard", "says"),
    [
        (editing(contacts=1234), "Stored list, contacts: 1,234"),
        (editing("paused", contacts=2), "Stored list, contacts: 2"),
        (editing(contacts=0, config=ALWAYS_ON), "No CSV"),
        (
            editing().upload(attrs.evolve(PEOPLE, summary=Figures("new.csv", 480_000, 1_200))),
            "new.csv: 480,000 accepted, 1,200 skipped",
        ),
    ],
)
def test_the_list_on_review(wizard: Wizard, says: str) -> None:
    grid, _ = rows(attrs.evolve(wizard, step=Step.REVIEW))
    assert grid["Contacts (CSV upload)"] == says


@pytest.mark.behaviour("W14")
def test_the_checklist_has_six_points() -> None:
    review = at(Step.REVIEW).page().review
    assert review is not None
    assert review.confirm == "Before you click Create Campaign, confirm:"
    assert review.checklist == (
        "the bot name is correct",
        "the number-pool count matches what you intended",
        "the CSV preview looks right",
        "concurrency is safe for available capacity",
        "the time window and working days are correct",
        "the retry and redial rules match the campaign brief",
    )


@pytest.mark.behaviour("W14", "W18")
def test_a_page_is_plain_json() -> None:
    for step in STEPS:
        page = at(step).page()
        plain = to_plain(page)
        assert json.loads(dumps(page)) == plain
        assert plain["step"] == step.value
