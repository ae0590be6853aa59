"""Every text of the campaign list and of the detail page, in values that a host can replace: for another language, say.

What is in braces is filled in. Reasons of errors are not here: programs and translations go by their codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from ori_campaigns.actions import FACES
from ori_campaigns.listing import ALL_STATUSES, ALWAYS_ON, NEW_CAMPAIGN, NOTHING_FOUND

_STATUSES = {
    "draft": "Draft",
    "running": "Running",
    "paused": "Paused",
    "completed": "Completed",
    "failed": "Failed",
}
_CONFIRMATIONS = {
    "restart": "Prepare this campaign for a new run? This resets call attempts and returns it to draft. It will not "
    "start dialling until you press Start.",
    "delete": "Delete draft campaign “{name}”? This also removes uploaded contacts.",
}
_TOASTS = {
    "start": "Campaign started",
    "pause": "Campaign paused",
    "resume": "Campaign resumed",
    "stop": "Campaign stopped",
    "clone": "Campaign cloned",
    "restart": "Campaign prepared for restart",
    "cancel_restart": "Restart cancelled",
    "create": "Campaign created",
    "edit": "Campaign updated",
}
_FAILURES = {"no_usable_number": "No number of the pool can be used any more."}
_COLUMNS = ("Name", "Status", "Progress", "Answer Rate", "Completion Rate", "Created", "Actions")


def _fixed(texts: Mapping[str, str]) -> Mapping[str, str]:
    return MappingProxyType(dict(texts))


@attrs.frozen(kw_only=True)
class ListTexts:
    """The texts of the campaign list.

    Parameters:
        title: of the page.
        new_campaign: the page's own button.
        search, status_filter: the names of the two filters.
        all_statuses: the filter's first choice.
        statuses: the badges, by status.
        columns: the heads of the columns.
        connected: beside the progress bar; `{count}`.
        copy_id: the button beside the short id.
        always_on: the badge of a campaign that runs until stopped.
        restarted: the note of the latest restart; `{at}` and `{by}`.
        failures: why a campaign failed, by the engine's own reasons; any other is shown as it is.
        actions: the buttons, by action.
        confirmations: what is asked before an action, by action; `{name}`. An action that is not here asks nothing.
        ok, cancel: the two answers.
        toasts: what is said when an action succeeded; one that is not here says nothing.
        failed: what is said when it did not; `{action}`.
        verbs: the actions within that sentence.
        unexpected: the reason, where the error is not one of this library.
        nothing_found: the empty state.
        more: the button that leads to the next page.
        date, moment: how a date and a time are written, for `strftime`.
    """

    title: str = "Campaign list"
    new_campaign: str = NEW_CAMPAIGN
    search: str = "Search campaigns"
    status_filter: str = "Status filter"
    all_statuses: str = ALL_STATUSES
    statuses: Mapping[str, str] = attrs.field(default=_STATUSES, converter=_fixed)
    columns: tuple[str, ...] = _COLUMNS
    connected: str = "{count} connected"
    copy_id: str = "Copy campaign ID"
    always_on: str = ALWAYS_ON
    restarted: str = "Restarted {at} by {by}"
    failures: Mapping[str, str] = attrs.field(default=_FAILURES, converter=_fixed)
    actions: Mapping[str, str] = attrs.field(
        default={action.value: face.label for action, face in FACES.items()}, converter=_fixed
    )
    confirmations: Mapping[str, str] = attrs.field(default=_CONFIRMATIONS, converter=_fixed)
    ok: str = "OK"
    cancel: str = "Cancel"
    toasts: Mapping[str, str] = attrs.field(default=_TOASTS, converter=_fixed)
    failed: str = "Failed to {action}"
    verbs: Mapping[str, str] = attrs.field(default={"cancel_restart": "cancel restart"}, converter=_fixed)
    unexpected: str = "Something went wrong. Look at the campaign before you try again."
    nothing_found: str = NOTHING_FOUND
    more: str = "More"
    date: str = "%Y-%m-%d"
    moment: str = "%Y-%m-%d %H:%M %Z"


_CONTACT_STATUSES = {
    "pending": "Pending",
    "retry_scheduled": "Retry scheduled",
    "callback_scheduled": "Callback scheduled",
    "calling": "Calling",
    "awaiting_analysis": "Awaiting analysis",
    "completed": "Completed",
    "exhausted": "Exhausted",
    "abandoned": "Abandoned",
    "machine": "Machine",
    "window_closed": "Window closed",
    "manual_stopped": "Manually stopped",
    "excluded": "Excluded",
}
_CALLBACKS = {"scheduled": "Scheduled", "completed": "Completed", "missed": "Missed", "cancelled": "Cancelled"}
_ACTIVITY = {
    "create": "Created",
    "edit": "Edited",
    "clone": "Cloned",
    "start": "Started",
    "pause": "Paused",
    "resume": "Resumed",
    "stop": "Stopped",
    "restart": "Prepared for restart",
    "cancel_restart": "Restart cancelled",
    "complete": "Completed",
    "fail": "Failed",
    "append": "Contacts added",
    "exclude": "Numbers excluded",
    "close_window": "Window closed",
}
_FIGURES = {
    "ringing": "Ringing",
    "in_progress": "In progress",
    "starting": "About to ring",
    "draining": "Draining",
    "last_second": "Dials in the last second",
    "last_minute": "Dials in the last minute",
    "fresh": "Waiting for a first call",
    "retries": "Waiting for a retry",
    "callbacks": "Waiting for a callback",
    "awaiting_analysis": "Awaiting analysis",
    "dialled": "Dialled",
    "answered": "Answered",
    "connected": "Connected",
    "machines": "Reached a machine",
    "excluded": "Excluded numbers",
}
_ESTIMATES = {
    "pace": "If contacts go on reaching a final state as fast as so far, within the calling window.",
    "window": "The calling window closes before every contact is final.",
    "not_running": "It is not running.",
    "always_on": "It runs until stopped.",
    "closing": "It ends with its last call.",
    "too_early": "No contact is final yet.",
    "too_far": "More than a year, as fast as so far.",
}
_REASONS = {
    "all_contacts_final": "Every contact is final.",
    "manual_stop": "It was stopped.",
    "window_closed": "Its calling window closed.",
}
_SETTINGS = {
    "bot": "Bot",
    "numbers": "Numbers",
    "concurrency_limit": "Concurrency Limit",
    "mode": "Campaign Mode",
    "always_on": "Always-on",
    "window": "Calling window",
    "working_days": "Working Days",
    "max_attempts": "Max Attempts",
    "delay_minutes": "Retry Delay (minutes)",
    "on_system": "System dispositions",
    "on_business": "Custom dispositions",
    "stop_after_seconds": "Stop rule (seconds)",
    "redial_under_seconds": "Redial rule (seconds)",
    "callback_detection": "Callback Detection",
    "sticky_exclusion": "Sticky Exclusion",
}
_WORDS = {"yes": "On", "no": "Off", "single_day": "Single Day", "multi_day": "Multi Day", "none": "None"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@attrs.frozen(kw_only=True)
class DetailTexts:
    """The texts of the detail page, and of the pages of contacts on it.

    Parameters:
        rows: the texts that it shares with the list.
        back: the way back to the list.
        live, contacts, calls, pool, activity, restarts, settings: the headings of its parts.
        figure: the names of figures.
        estimates: how the time of the end is estimated, or why it is not.
        reasons: why a campaign is completed, by reason.
        actions: the entries of the activity log, by action.
        setting: the names of settings.
        words: the values of settings.
        days: the days of the week, from Monday.
        contact_statuses: of contacts, by status.
        callback_states: of callbacks, by state.
        all_contacts, all_callbacks: the first choices of the filters.
        status_filter, number_filter, disposition_filter, callback_filter: the names of the filters.
        no_contacts: the empty state.
    """

    rows: ListTexts = attrs.field(factory=ListTexts)
    back: str = "Campaigns"
    live: str = "Live"
    calls: str = "Calls"
    pool: str = "Number Pool"
    activity: str = "Activity"
    restarts: str = "Restarts"
    settings: str = "Settings"
    contacts: str = "Contacts"
    figure: Mapping[str, str] = attrs.field(default=_FIGURES, converter=_fixed)
    estimates: Mapping[str, str] = attrs.field(default=_ESTIMATES, converter=_fixed)
    reasons: Mapping[str, str] = attrs.field(default=_REASONS, converter=_fixed)
    actions: Mapping[str, str] = attrs.field(default=_ACTIVITY, converter=_fixed)
    setting: Mapping[str, str] = attrs.field(default=_SETTINGS, converter=_fixed)
    words: Mapping[str, str] = attrs.field(default=_WORDS, converter=_fixed)
    days: tuple[str, ...] = _DAYS
    contact_statuses: Mapping[str, str] = attrs.field(default=_CONTACT_STATUSES, converter=_fixed)
    callback_states: Mapping[str, str] = attrs.field(default=_CALLBACKS, converter=_fixed)
    all_contacts: str = "All contacts"
    all_callbacks: str = "All callbacks"
    status_filter: str = "Status"
    number_filter: str = "Number"
    disposition_filter: str = "Disposition"
    callback_filter: str = "Callback"
    no_contacts: str = "No contacts found"


LIST_TEXTS = ListTexts()
"""As the manual of the product has them."""
DETAIL_TEXTS = DetailTexts()
