"""Every text of the wizard, in one value that a host can replace: for another language, or to say it in its own words.

What is in braces is filled in. What a mapping leaves out is said in the built-in words. Problems are told in their own
words unless `WizardTexts.problems` has others for their code.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from ori_campaigns.lifecycle import LOCKED_CONTACTS, LOCKED_IDENTITY

_OFF = "Off by default."


@attrs.frozen
class StepText:
    """What is said of a step.

    Parameters:
        label: its name on its pill.
        help: what is done there.
        guidance_head, guidance: advice for the person, and the line above it.
    """

    label: str
    help: str
    guidance_head: str = ""
    guidance: tuple[str, ...] = ()


@attrs.frozen
class FieldText:
    """What stands at a field.

    Parameters:
        label: its name.
        help: what to enter.
        note: what it is at first, and what becomes of a blank.
        example: what an entry looks like.
    """

    label: str
    help: str = ""
    note: str = ""
    example: str = ""


_STEPS = {
    "basics": StepText(
        "Basics",
        "Name the campaign and pick the bot.",
        "Confirm the following so the campaign runs cleanly:",
        (
            "the bot has passed test calls and is ready for live use",
            "the outbound numbers you want to dial from are configured under Carriers",
            "your contact CSV has clean phone numbers and a phone_number column",
            "the calling time window and working days are approved for the client",
            "the concurrency you plan to use is safe for available capacity",
        ),
    ),
    "number_pool": StepText(
        "Number Pool",
        "Choose which outbound numbers the dialler calls from.",
        "Operations guidance:",
        (
            "choose numbers approved for this client and campaign",
            "avoid inbound-only DIDs",
            "select enough numbers to support your intended concurrency",
            "carrier dial-rate (CPS) capacity is configured separately under Carriers, not here",
        ),
    ),
    "dialler_config": StepText(
        "Dialler Config",
        "Set concurrency, the calling window, retries, callbacks, and redial rules.",
        guidance=(
            (
                "Concurrency is the seat budget — how many conversations can be live at once. It is the protection "
                "limit for available capacity, not the rate at which new calls are launched. The carrier’s own "  # noqa: RUF001 - as written
                "dial-rate limit also applies, and the tighter of the two wins."
            ),
            (
                "The most common retryable outcomes are no_answer, rejected, RNR, error, and timeout. Tick the ones "
                "that match how the client wants unreached contacts handled."
            ),
            (
                "There is no answering-machine detection toggle in this wizard. Calls that reach a machine are still "
                "counted on the campaign detail screen, but machine detection is not switched on or off here."
            ),
        ),
    ),
    "upload_csv": StepText(
        "Upload CSV",
        "Upload the contact list. You can drag a file onto the dropzone or use Browse to pick one.",
        guidance=(
            (
                "When you select a valid file, a preview table shows the header and the first few rows so you can "
                "confirm the columns are correct before continuing."
            ),
        ),
    ),
    "review": StepText("Review", "Check every value, then create."),
}

_FIELDS = {
    "name": FieldText(
        "Campaign Name",
        "A clear, human-readable name. Combine client, segment, date, and purpose, for example “Q2 Renewal Drive”.",
        example="Q2 Renewal Drive",
    ),
    "bot": FieldText(
        "Bot",
        "The bot that runs the conversation. Pick the one already tested for this campaign.",
        "The bot list is drawn from your existing bots. If the bot you need is missing, create it first.",
    ),
    "numbers": FieldText(
        "Select outbound numbers",
        "Tick the checkbox next to each number you want to dial from.",
        "The dialler rotates across all ticked numbers during the run.",
    ),
    "concurrency_limit": FieldText(
        "Concurrency Limit",
        "The number of calls allowed to run at the same time.",
        "Defaults to 50 if left blank or below 1. Clamped to at least 1 when you click away.",
    ),
    "mode": FieldText(
        "Campaign Mode",
        "Single Day — the campaign stops when the time window ends and does not resume. Multi Day — dialling pauses at "
        "the cutoff and resumes the next working day; the campaign stays running.",
        "Default: Single Day.",
    ),
    "always_on": FieldText(
        "Always-on",
        "When enabled, the campaign never auto-completes and stays running until you stop it manually. The CSV becomes "
        "optional, so you can feed contacts over time via the API or by appending CSVs.",
        _OFF,
    ),
    "window_start": FieldText(
        "Time Window: Start",
        "The earliest time of day dialling may begin, in 24-hour HH:MM format.",
        example="09:00",
    ),
    "window_end": FieldText(
        "Time Window: End", "The latest time of day dialling may run, in 24-hour HH:MM format.", example="18:00"
    ),
    "timezone": FieldText(
        "Time Window: Timezone",
        "The timezone the window is measured in.",
        "Matches your display timezone when you create the campaign.",
    ),
    "working_days": FieldText(
        "Working Days",
        "Tick the days of the week the campaign may dial within the window.",
        "Default: All seven days selected.",
    ),
    "max_attempts": FieldText(
        "Max Attempts",
        "The most times a single contact may be called, including the first attempt.",
        "Defaults to 3 if blank or below 1.",
    ),
    "delay_minutes": FieldText(
        "Retry Delay (minutes)",
        "How many minutes to wait before a contact becomes eligible for its next attempt.",
        "Defaults to 30 if blank or below 1.",
    ),
    "on_system": FieldText(
        "Retry on System Dispositions",
        "Tick which automatic call outcomes should trigger a redial: no_answer, rejected, RNR, error, timeout.",
        "None ticked by default.",
    ),
    "on_business": FieldText(
        "Custom Retry Dispositions",
        "A comma-separated list of business disposition names from post-call analysis that should also redial, for "
        "example callback_requested, not_available.",
        "Saved as a list.",
        "callback_requested, not_available",
    ),
    "stop_rule": FieldText(
        "Stop redials after a meaningful connect",
        "When enabled, cancels any remaining redials if the last connected call lasted longer than the threshold "
        "below.",
        _OFF,
    ),
    "stop_after_seconds": FieldText(
        "Connected longer than (seconds)",
        "The duration that counts as “meaningfully reached”.",
        "Defaults to 30 if blank or below 1.",
    ),
    "redial_rule": FieldText(
        "Redial after a short connect",
        "When enabled, redials whenever the last connected call was shorter than the threshold below — a brief connect "
        "is treated as not yet a real conversation.",
        _OFF,
    ),
    "redial_under_seconds": FieldText(
        "Connected shorter than (seconds)",
        "The duration below which a connect counts as “too short”.",
        "Defaults to 15 if blank or below 1.",
    ),
    "callback_detection": FieldText(
        "Callback Detection",
        "When enabled, post-call analysis detects when a customer asks to be called back and schedules that callback "
        "inside this campaign. For the bot to actually schedule callbacks, the bot’s own callback setting must also be "  # noqa: RUF001 - as written
        "enabled.",
        _OFF,
    ),
    "sticky_exclusion": FieldText(
        "Sticky exclusion",
        "When enabled, a contact that has been excluded stays suppressed even if it is later re-added through the API "
        "or by re-uploading a CSV. When off, a deliberate re-add will be dialled again.",
        _OFF,
    ),
    "contacts": FieldText(
        "Contacts (CSV upload)",
        "A CSV that includes a phone_number column. Any other columns become per-call variables the bot can use.",
        "Maximum 100 MB or 500,000 rows.",
    ),
}


def _words(**words: str) -> Mapping[str, str]:
    return MappingProxyType(words)


_GROUPS = _words(
    concurrency="Concurrency and mode",
    window="Time window and working days",
    retries="Retries",
    rules="Redial and stop rules",
    callbacks="Callbacks and exclusion",
)
_MODES = _words(single_day="Single Day", multi_day="Multi Day")
_DAYS = dict(
    zip("0123456", "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split(), strict=True),
)
_TIME_ZONES = {
    "Asia/Kolkata": "Asia/Kolkata (IST)",
    "Asia/Dubai": "Asia/Dubai (GST)",
    "Asia/Singapore": "Asia/Singapore (SGT)",
    "Asia/Tokyo": "Asia/Tokyo (JST)",
}
_BUILT_IN: Mapping[str, Mapping[str, object]] = MappingProxyType(
    {"steps": _STEPS, "groups": _GROUPS, "fields": _FIELDS, "modes": _MODES, "days": _DAYS, "time_zones": _TIME_ZONES}
)


@attrs.frozen(kw_only=True)
class WizardTexts:
    """The texts of the wizard.

    Parameters:
        create_title, edit_title: the title of the page.
        steps: the pills and the guidance, by step.
        groups: the headings between the fields of step 3, by group.
        fields: what stands at a field, by its key.
        modes, days: the options of those fields, by value.
        time_zones: labels of time zones by name; one without a label shows its name.
        number: how a number with a label is shown; the braces stand for `number` and `label`.
        unavailable: what is said of something chosen that is not offered any more.
        back_to_list, back_to_detail: the link at the top, by the page it leads to.
        back, next, browse, create, creating, saving: the buttons, and Create while it works.
        not_editable: the notice of a campaign in another `status` (L10).
        has_run: the notice of a campaign that has run (W16).
        locked_identity, use_clone: the notices at name and bot (W4).
        csv_required, csv_optional, csv_replaces, csv_locked: the notice at the list (W13).
        created, updated: the toasts (W15).
        on, off: a toggle on Review.
        numbers, count: the row of the pool on Review, and how many numbers are in it.
        window, hours: the row of the window on Review, and what is in it.
        csv, csv_skipped, stored, no_csv: the list on Review: the records of a file that were `accepted`, what is added
            where some were `skipped`, the contacts of the stored list, and none at all.
        longer, shorter: a rule that is on, on Review.
        none: nothing chosen, on Review.
        confirm, checklist: what to confirm before Create, and what comes after it.
        stays_draft: what Create does not do to a new campaign.
        problems: what is told instead of the message and the hint of a problem, by its code; the braces may hold
            `label`, that of its field, and `number`, where it tells of one of the pool.

    Each mapping need only hold what is said otherwise.

    >>> texts = attrs.evolve(TEXTS, next="Weiter", fields={"bot": FieldText("Sprachbot")})
    >>> texts.fields["bot"].label, texts.fields["name"].label
    ('Sprachbot', 'Campaign Name')
    """

    create_title: str = "New Campaign"
    edit_title: str = "Edit Campaign"
    steps: Mapping[str, StepText] = MappingProxyType(_STEPS)
    groups: Mapping[str, str] = _GROUPS
    fields: Mapping[str, FieldText] = MappingProxyType(_FIELDS)
    modes: Mapping[str, str] = _MODES
    days: Mapping[str, str] = MappingProxyType(_DAYS)
    time_zones: Mapping[str, str] = MappingProxyType(_TIME_ZONES)
    number: str = "{number} ({label})"
    unavailable: str = "Unavailable"

    back_to_list: str = "Campaigns"
    back_to_detail: str = "Campaign"
    back: str = "Back"
    next: str = "Next"
    browse: str = "Browse"
    create: str = "Create Campaign"
    creating: str = "Creating…"
    saving: str = "Saving…"

    not_editable: str = "Only draft and paused campaigns can be edited. Current status: {status}."
    has_run: str = (
        "Campaign name, bot, and contacts are locked after the first run. You can rotate outbound numbers and adjust "
        "dialler config before pressing Start."
    )
    locked_identity: str = LOCKED_IDENTITY
    use_clone: str = (
        "If you need a different name, bot, or contact set on an already-run campaign, use Clone from the campaign "
        "list or detail page to copy it into a fresh draft you can edit freely."
    )
    csv_required: str = "A CSV is required."
    csv_optional: str = "The CSV is optional, because contacts can be added over time."
    csv_replaces: str = "Optional. Uploading a CSV on a draft campaign replaces the existing contact list."
    csv_locked: str = LOCKED_CONTACTS
    created: str = "Campaign created"
    updated: str = "Campaign updated"

    on: str = "On"
    off: str = "Off"
    none: str = "None"
    numbers: str = "Selected numbers"
    count: str = "{count} selected"
    window: str = "Time Window"
    hours: str = "{start} to {end}, {timezone}"
    csv: str = "{source}: {accepted} accepted"
    csv_skipped: str = ", {skipped} skipped"
    stored: str = "Stored list, contacts: {contacts}"
    no_csv: str = "No CSV"
    longer: str = "Connected longer than {seconds} seconds"
    shorter: str = "Connected shorter than {seconds} seconds"
    confirm: str = "Before you click Create Campaign, confirm:"
    checklist: tuple[str, ...] = (
        "the bot name is correct",
        "the number-pool count matches what you intended",
        "the CSV preview looks right",
        "concurrency is safe for available capacity",
        "the time window and working days are correct",
        "the retry and redial rules match the campaign brief",
    )
    stays_draft: str = (
        "A newly created campaign stays in draft status and does not dial anything until you press Start on the "
        "campaign list or detail page. This gives you a final chance to review before live calls begin."
    )
    problems: Mapping[str, str] = _words()

    def __attrs_post_init__(self) -> None:
        """Say in the built-in words what a mapping leaves out."""
        for name, built_in in _BUILT_IN.items():
            object.__setattr__(self, name, MappingProxyType({**built_in, **getattr(self, name)}))


TEXTS = WizardTexts()
"""The wizard's own words."""
