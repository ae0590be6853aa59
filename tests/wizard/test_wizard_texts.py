"""Every text of the wizard in its place, and all of them replaceable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
import pytest

from ori_campaigns.config import MULTI_DAY, DiallerConfig
from ori_campaigns.wizard import TEXTS, FieldText, Step, StepText, Wizard, WizardPage, WizardTexts
from wizard.desk import PEOPLE, at, editing, new

BASICS, POOL, CONFIG, CSV, REVIEW = Step
EVERYTHING = new(
    name="Renewals", bot="asha", numbers=["911140001000"], mode="multi_day", stop_rule=True, redial_rule=True
).upload(PEOPLE)


def page(step: Step, wizard: Wizard = EVERYTHING) -> WizardPage:
    return attrs.evolve(wizard, step=step).page()


def fields(step: Step) -> dict[str, str]:
    return {each.key: each.label for each in page(step).fields}


def told(step: Step, key: str) -> str:
    [shown] = [each for each in page(step).fields if each.key == key]
    return f"{shown.help} {shown.note}"


def options(step: Step, key: str) -> list[str]:
    return [each.label for shown in page(step).fields if shown.key == key for each in shown.options]


def notices(step: Step, wizard: Wizard) -> list[str]:
    return [each.text for each in page(step, wizard).notices]


def buttons(step: Step, wizard: Wizard = EVERYTHING) -> list[str]:
    return [each.label for each in page(step, wizard).buttons]


def checklist() -> tuple[str, ...]:
    review = page(REVIEW).review
    assert review is not None
    return review.checklist


def groups() -> list[str]:
    return list(dict.fromkeys(each.group for each in page(CONFIG).fields))


def guidance(step: Step) -> tuple[str, ...]:
    shown = page(step)
    return (shown.guidance_head, *shown.guidance)


ALWAYS_ON = attrs.evolve(new(mode="multi_day", always_on=True))
IN: dict[str, Callable[[], Iterable[str]]] = {
    "pills": lambda: [each.label for each in page(BASICS).pills],
    "step 1, labels": lambda: fields(BASICS).values(),
    "step 2, labels": lambda: fields(POOL).values(),
    "step 3, labels": lambda: fields(CONFIG).values(),
    "step 4, labels": lambda: fields(CSV).values(),
    "step 3, headings": groups,
    "step 2, a row": lambda: options(POOL, "numbers"),
    "modes": lambda: options(CONFIG, "mode"),
    "zones": lambda: options(CONFIG, "timezone"),
    "days": lambda: options(CONFIG, "working_days"),
    "dispositions": lambda: options(CONFIG, "on_system"),
    "step 2, buttons": lambda: buttons(POOL),
    "step 4, buttons": lambda: buttons(CSV),
    "step 5, buttons": lambda: buttons(REVIEW),
    "step 5, while creating": lambda: buttons(REVIEW, at(REVIEW).working()),
    "step 5, while saving": lambda: buttons(REVIEW, at(REVIEW, editing()).working()),
    "step 1, before starting": lambda: guidance(BASICS),
    "step 2, guidance": lambda: guidance(POOL),
    "step 3, guidance": lambda: guidance(CONFIG),
    "step 4, guidance": lambda: guidance(CSV),
    "step 5, what comes after": lambda: (review.note for review in [page(REVIEW).review] if review),
    "step 1, locked": lambda: notices(BASICS, editing("paused")),
    "every step, has run": lambda: notices(CONFIG, editing("prepared restart")),
    "every step, running": lambda: notices(POOL, editing("running")),
    "step 4, on a draft": lambda: notices(CSV, editing()),
    "step 4, locked": lambda: notices(CSV, editing("paused")),
    "step 4, always-on": lambda: notices(CSV, ALWAYS_ON),
    "step 4, required": lambda: notices(CSV, new()),
    "checklist": checklist,
    "toasts": lambda: [at(REVIEW).saved("c").toast, editing().saved("c").toast],
}

HAS_RUN = (
    "Campaign name, bot, and contacts are locked after the first run. You can rotate outbound numbers and adjust "
    "dialler config before pressing Start."
)
PLACES: list[tuple[str, str]] = [
    *(("pills", text) for text in ("Basics", "Number Pool", "Dialler Config", "Upload CSV", "Review")),
    *(("step 1, labels", text) for text in ("Campaign Name", "Bot")),
    ("step 2, labels", "Select outbound numbers"),
    ("step 2, a row", "911140001000 (Support team)"),
    ("step 3, headings", "Concurrency and mode"),
    ("step 3, headings", "Time window and working days"),
    ("step 3, headings", "Retries"),
    ("step 3, headings", "Redial and stop rules"),
    ("step 3, headings", "Callbacks and exclusion"),
    *(
        ("step 3, labels", text)
        for text in (
            "Concurrency Limit",
            "Campaign Mode",
            "Always-on",
            "Time Window: Start",
            "Time Window: End",
            "Time Window: Timezone",
            "Working Days",
            "Max Attempts",
            "Retry Delay (minutes)",
            "Retry on System Dispositions",
            "Custom Retry Dispositions",
            "Stop redials after a meaningful connect",
            "Connected longer than (seconds)",
            "Redial after a short connect",
            "Connected shorter than (seconds)",
            "Callback Detection",
            "Sticky exclusion",
        )
    ),
    ("modes", "Single Day"),
    ("modes", "Multi Day"),
    *(
        ("zones", text)
        for text in (
            "Asia/Kolkata (IST)",
            "Asia/Dubai (GST)",
            "Asia/Singapore (SGT)",
            "Asia/Tokyo (JST)",
            "Europe/London",
            "Europe/Berlin",
            "America/New_York",
            "America/Chicago",
            "America/Los_Angeles",
            "UTC",
        )
    ),
    *(("dispositions", text) for text in ("no_answer", "rejected", "RNR", "error", "timeout")),
    *(("days", text) for text in ("Monday", "Sunday")),
    ("step 4, labels", "Contacts (CSV upload)"),
    ("step 2, buttons", "Back"),
    ("step 2, buttons", "Next"),
    ("step 4, buttons", "Browse"),
    ("step 5, buttons", "Create Campaign"),
    ("step 5, while creating", "Creating…"),
    ("step 5, while saving", "Saving…"),
    ("step 1, locked", "These fields stay fixed so old and new attempts remain audit-safe."),
    (
        "step 1, locked",
        (
            "If you need a different name, bot, or contact set on an already-run campaign, use Clone from the campaign "
            "list or detail page to copy it into a fresh draft you can edit freely."
        ),
    ),
    *(
        ("step 1, before starting", text)
        for text in (
            "Confirm the following so the campaign runs cleanly:",
            "the bot has passed test calls and is ready for live use",
            "the outbound numbers you want to dial from are configured under Carriers",
            "your contact CSV has clean phone numbers and a phone_number column",
            "the calling time window and working days are approved for the client",
            "the concurrency you plan to use is safe for available capacity",
        )
    ),
    *(
        ("step 2, guidance", text)
        for text in (
            "Operations guidance:",
            "choose numbers approved for this client and campaign",
            "avoid inbound-only DIDs",
            "select enough numbers to support your intended concurrency",
            "carrier dial-rate (CPS) capacity is configured separately under Carriers, not here",
        )
    ),
    (
        "step 3, guidance",
        (
            "Concurrency is the seat budget — how many conversations can be live at once. It is the protection limit "
            "for available capacity, not the rate at which new calls are launched. The carrier’s own dial-rate "  # noqa: RUF001 - as written
            "limit also applies, and the tighter of the two wins."
        ),
    ),
    (
        "step 3, guidance",
        (
            "The most common retryable outcomes are no_answer, rejected, RNR, error, and timeout. Tick the ones that "
            "match how the client wants unreached contacts handled."
        ),
    ),
    (
        "step 3, guidance",
        (
            "There is no answering-machine detection toggle in this wizard. Calls that reach a machine are still "
            "counted on the campaign detail screen, but machine detection is not switched on or off here."
        ),
    ),
    (
        "step 4, guidance",
        (
            "When you select a valid file, a preview table shows the header and the first few rows so you can confirm "
            "the columns are correct before continuing."
        ),
    ),
    (
        "step 5, what comes after",
        (
            "A newly created campaign stays in draft status and does not dial anything until you press Start on the "
            "campaign list or detail page. This gives you a final chance to review before live calls begin."
        ),
    ),
    ("every step, running", "Only draft and paused campaigns can be edited. Current status: running."),
    (
        "every step, has run",
        (
            "Campaign name, bot, and contacts are locked after the first run. You can rotate outbound numbers and "
            "adjust dialler config before pressing Start."
        ),
    ),
    ("step 4, on a draft", "Optional. Uploading a CSV on a draft campaign replaces the existing contact list."),
    (
        "step 4, locked",
        "CSV contacts are locked for this campaign. Use Clone if you need a different contact set.",
    ),
    ("step 4, always-on", "The CSV is optional, because contacts can be added over time."),
    ("step 4, required", "A CSV is required."),
    ("checklist", "the bot name is correct"),
    ("checklist", "the number-pool count matches what you intended"),
    ("checklist", "the CSV preview looks right"),
    ("checklist", "concurrency is safe for available capacity"),
    ("checklist", "the time window and working days are correct"),
    ("checklist", "the retry and redial rules match the campaign brief"),
    ("toasts", "Campaign created"),
    ("toasts", "Campaign updated"),
]


@pytest.mark.behaviour("W1", "W3", "W4", "W5", "W7", "W8", "W13", "W14", "W15", "W16", "L10")
@pytest.mark.parametrize(("place", "text"), PLACES)
def test_a_text_is_in_its_place(place: str, text: str) -> None:
    assert text in list(IN[place]())


@pytest.mark.behaviour("W1", "W14")
def test_there_are_no_other_steps_checks_and_zones() -> None:
    whole = ("pills", "checklist", "zones", "dispositions", "step 3, labels", "step 3, headings", "step 1, locked")
    for place in (*whole, "step 1, before starting", "step 2, guidance"):
        shown = [text for text in IN[place]() if text not in HAS_RUN]
        assert shown == [text for where, text in PLACES if where == place]


@pytest.mark.behaviour("W4", "W16")
def test_there_is_no_guidance_for_what_is_locked() -> None:
    def guided(wizard: Wizard) -> list[int]:
        return [step.number for step in Step if attrs.evolve(wizard, step=step).page().guidance]

    assert [guided(wizard) for wizard in (new(), editing(), editing("paused"))] == [[1, 2, 3, 4], [1, 2, 3, 4], [2, 3]]
    assert editing("paused").page().guidance_head == ""


# What is said of a field: where, and words of it that must be there.
SAID: list[tuple[Step, str, str]] = [
    (BASICS, "name", "“Q2 Renewal Drive”"),
    (BASICS, "bot", "Pick the one already tested for this campaign."),
    (POOL, "numbers", "The dialler rotates across all ticked numbers during the run."),
    (
        CONFIG,
        "concurrency_limit",
        "Defaults to 50 if left blank or below 1. Clamped to at least 1 when you click away.",
    ),
    (CONFIG, "mode", "the campaign stops when the time window ends and does not resume."),
    (CONFIG, "mode", "dialling pauses at the cutoff and resumes the next working day; the campaign stays running."),
    (CONFIG, "mode", "Default: Single Day."),
    (CONFIG, "always_on", "never auto-completes and stays running until you stop it manually."),
    (CONFIG, "always_on", "Off by default."),
    (CONFIG, "window_start", "in 24-hour HH:MM format."),
    (CONFIG, "window_end", "in 24-hour HH:MM format."),
    (CONFIG, "timezone", "Matches your display timezone when you create the campaign."),
    (CONFIG, "working_days", "All seven days selected."),
    (CONFIG, "max_attempts", "including the first attempt. Defaults to 3 if blank or below 1."),
    (CONFIG, "delay_minutes", "Defaults to 30 if blank or below 1."),
    (CONFIG, "on_system", "no_answer, rejected, RNR, error, timeout. None ticked by default."),
    (CONFIG, "on_business", "for example callback_requested, not_available. Saved as a list."),
    (CONFIG, "stop_rule", "cancels any remaining redials"),
    (CONFIG, "stop_after_seconds", "“meaningfully reached”. Defaults to 30 if blank or below 1."),
    (CONFIG, "redial_rule", "a brief connect is treated as not yet a real conversation."),
    (CONFIG, "redial_under_seconds", "“too short”. Defaults to 15 if blank or below 1."),
    (CONFIG, "callback_detection", "own callback setting must also be enabled."),
    (CONFIG, "sticky_exclusion", "When off, a deliberate re-add will be dialled again."),
    (CSV, "contacts", "A CSV that includes a phone_number column."),
    (CSV, "contacts", "Maximum 100 MB or 500,000 rows."),
]


@pytest.mark.behaviour("W4", "W5", "W6", "W7", "W8", "W9", "W10", "W12", "W13", "C3")
@pytest.mark.parametrize(("step", "key", "words"), SAID)
def test_what_is_said_of_a_field(step: Step, key: str, words: str) -> None:
    assert words in told(step, key)


def test_every_field_says_something() -> None:
    for step in (BASICS, POOL, CONFIG, CSV):
        for shown in page(step).fields:
            assert shown.label
            assert shown.help.endswith(".")


# --- in other words ---------------------------------------------------------------------------------------------------


def marked(value: Any) -> Any:
    """The same texts, each with a mark."""
    if isinstance(value, str):
        return f"§{value}"
    if isinstance(value, Mapping):
        return {key: marked(each) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(map(marked, value))
    if isinstance(value, FieldText | StepText | WizardTexts):
        return type(value)(**{each.name: marked(getattr(value, each.name)) for each in attrs.fields(type(value))})
    raise AssertionError(value)


WORDS = marked(attrs.evolve(TEXTS, time_zones={zone: zone for zone in ("Asia/Kolkata", "UTC")}))
# Texts of the page; what else it holds are keys and what was entered.
SHOWN = {"title", "label", "help", "note", "text", "confirm", "checklist", "group", "guidance", "guidance_head"}


def unmarked(value: Any, key: str = "") -> Iterable[str]:
    """Every text that the page shows and that does not come from the texts it was given."""
    if isinstance(value, str):
        if key in SHOWN and not value.startswith("§"):
            yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from unmarked(each, key)
    elif attrs.has(type(value)) and type(value).__name__ not in {"PageProblem", "Option"}:
        for each in attrs.fields(type(value)):
            yield from unmarked(getattr(value, each.name), each.name)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize(
    "wizard",
    [
        EVERYTHING,
        editing("paused"),
        editing("running", contacts=0, config=DiallerConfig(mode=MULTI_DAY)),
        at(REVIEW).working(),
        at(REVIEW, editing()).working(),
        ALWAYS_ON,
    ],
)
def test_all_of_it_can_be_said_otherwise(wizard: Wizard, step: Step) -> None:
    drawn = attrs.evolve(wizard, step=step).page(WORDS)
    assert [text for text in unmarked(drawn) if text] == []
    for shown in drawn.fields:
        if shown.key in {"mode", "working_days"}:
            assert all(each.label.startswith("§") for each in shown.options)
    if drawn.review is not None:
        values = {row.key: row.value for row in (*drawn.review.grid, *drawn.review.rules)}
        assert all(values[key].startswith("§") for key in ("contacts", "window", "always_on", "stop_rule", "numbers"))


@pytest.mark.parametrize("step", Step)
def test_what_a_mapping_leaves_out_is_said_in_the_built_in_words(step: Step) -> None:
    texts = WizardTexts(
        steps={"review": StepText("Prüfen", "Alles ansehen.")},
        groups={"retries": "Wiederholungen"},
        fields={"bot": FieldText("Sprachbot")},
        modes={"multi_day": "Mehrere Tage"},
        days={"6": "Sonntag"},
        time_zones={"UTC": "Weltzeit"},
    )
    built_in, partial = page(step), attrs.evolve(EVERYTHING, step=step).page(texts)
    labels = [each.label for each in built_in.fields]
    assert [each.label for each in partial.fields] == ["Sprachbot" if each == "Bot" else each for each in labels]
    assert [each.label for each in partial.pills] == ["Basics", "Number Pool", "Dialler Config", "Upload CSV", "Prüfen"]
    groups = dict.fromkeys(each.group for each in partial.fields if each.group)
    if step is CONFIG:
        assert list(groups) == [
            "Concurrency and mode",
            "Time window and working days",
            "Wiederholungen",
            "Redial and stop rules",
            "Callbacks and exclusion",
        ]
        shown = {each.key: [option.label for option in each.options] for each in partial.fields}
        assert shown["mode"] == ["Single Day", "Mehrere Tage"]
        assert (shown["working_days"][0], shown["working_days"][-1]) == ("Monday", "Sonntag")
        assert (shown["timezone"][0], shown["timezone"][-1]) == ("Asia/Kolkata (IST)", "Weltzeit")


def test_one_text_at_a_time() -> None:
    texts = attrs.evolve(TEXTS, create="Kampagne anlegen", days={"0": "Montag"})
    drawn = at(REVIEW).page(texts)
    assert drawn.buttons[-1].label == "Kampagne anlegen"
    assert drawn.review is not None
    assert drawn.review.rules[0].value.startswith("Montag, Tuesday")
    assert at(REVIEW).saved("c", attrs.evolve(TEXTS, created="Angelegt")).toast == "Angelegt"
