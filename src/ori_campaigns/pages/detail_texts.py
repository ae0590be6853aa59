"""Every text of the detail page and of its pages of contacts, in a value that a host can replace.

Settings are said as the wizard says them, in its texts. What is in braces is filled in.
"""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from ori_campaigns.pages.texts import ListTexts, fixed
from ori_campaigns.wizard.texts import WizardTexts

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
_CALLBACK_REASONS = {
    "no_clear_time": "no clear time was named",
    "outside_window": "moved into the time window",
}
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
    "a_second": "Dials per second",
    "next_call": "Next call",
    "end": "Expected end",
    "started": "Started",
    "ended": "Ended",
    "how": "How it ended",
}
_ESTIMATES = {
    "pace": "If calls go on as they have so far, within the time window.",
    "window": "The time window closes before every contact is final.",
    "not_running": "It is not running.",
    "always_on": "It runs until stopped.",
    "closing": "It ends with its last call.",
    "too_early": "No call has brought a contact to its end yet.",
    "too_far": "More than a year, as fast as so far.",
}
_REASONS = {
    "all_contacts_final": "Every contact is final.",
    "manual_stop": "It was stopped.",
    "window_closed": "Its time window closed.",
}
_KINDS = {"fresh": "First call", "retry": "Retry", "callback": "Callback"}
_CALL_STATUSES = {
    "reserved": "About to be sent",
    "submitted": "Sent to the carrier",
    "ringing": "Ringing",
    "answered": "Answered",
    "in_progress": "In progress",
    "unknown": "Fate unknown",
    "ended": "Ended",
    "expired_unsent": "Never sent",
    "refused": "Refused by the carrier",
}
_DISPOSITIONS = {
    "no_answer": "No answer",
    "rejected": "Rejected",
    "RNR": "Answered, stayed silent",
    "error": "Error",
    "timeout": "Talk time used up",
    "bot": "The bot hung up",
    "customer": "The customer hung up",
    "transfer": "Transferred",
    "voicemail": "Voicemail",
    "machine": "Machine",
    "abandoned": "Abandoned",
    "outside_hours": "Outside hours",
}
_OUTCOME_DETAILS = {"busy": "busy", "bad_number": "bad number", "unreachable": "unreachable"}
_RULES = {
    "excluded": "The number is excluded.",
    "campaign_over": "The campaign was over.",
    "final_outcome": "Nobody is called again after this.",
    "callback": "A callback was asked for.",
    "meaningful_connect": "The conversation was long enough.",
    "attempts_used_up": "No attempt was left.",
    "short_connect": "The conversation was too short.",
    "system_disposition": "This outcome is called again.",
    "business_disposition": "This disposition is called again.",
    "nothing_more_to_do": "Nothing asked for another call.",
}
_SETTINGS = {
    "callbacks_may_exceed_max_attempts": "Callbacks may exceed Max Attempts",
    "analysis_wait_seconds": "Wait for call analysis (seconds)",
}
_COUNTS = {
    "attempt_one": "{count} attempt",
    "attempt_other": "{count} attempts",
    "call_one": "{count} call",
    "call_other": "{count} calls",
    "number_one": "{count} number",
    "number_other": "{count} numbers",
    "added_one": "{count} added",
    "added_other": "{count} added",
    "duplicate_one": "{count} on the list already",
    "duplicate_other": "{count} on the list already",
    "suppressed_one": "{count} kept off the list",
    "suppressed_other": "{count} kept off the list",
    "re_added_one": "{count} added again",
    "re_added_other": "{count} added again",
    "of_calls_one": "{part} of {count} call",
    "of_calls_other": "{part} of {count} calls",
    "of_contacts_one": "{part} of {count} contact",
    "of_contacts_other": "{part} of {count} contacts",
}


@attrs.frozen(kw_only=True)
class DetailTexts:
    """The texts of the detail page, and of the pages of contacts on it.

    Parameters:
        rows: the texts that it shares with the list.
        wizard: the texts that it shares with the wizard: names and values of settings, numbers with their labels.
        back: the way back to the list.
        run, last_run: the headings of a run, and of the one before a prepared restart; `{run}`.
        live, activity, restarts, settings: the headings of its parts.
        calls, contacts, last_contacts, pool: those that say of which run they are; `{run}`.
        figure: the names of figures.
        counted: what is counted, `_one` for one of them and `_other` for more or none; `{count}`, `{part}`.
        estimates: how the time of the end is estimated, or why it is not.
        not_started: in place of the time of a start.
        nothing: where nothing can be said.
        reasons: why a campaign is completed, by reason.
        actions: the entries of the activity log, by action.
        done_by: who did it; `{action}`, `{by}`.
        in_run: a run beside something else; `{run}`.
        use: calls from a number and their share; `{calls}`, `{share}`.
        not_in_pool: of a number that was taken out.
        setting: the names of settings that no page of the wizard has.
        before: a setting that was another in the run before; `{run}`, `{value}`.
        other_numbers: the pool, where it has as many numbers as in the run before, but others; `{run}`.
        contact_statuses: of contacts, by status.
        callback_states: of callbacks, by state.
        callback: the latest callback; `{state}`, `{at}`.
        callback_reasons: why a callback is at that time, by reason.
        next_call: when a contact may be called again; `{at}`.
        excluded: of a contact whose number is excluded, where its status does not say so.
        kinds, call_statuses, dispositions, outcome_details: of calls.
        with_detail: what came of a call, with a detail; `{outcome}`, `{detail}`.
        call_from: the number a call was made from; `{number}`.
        talked: how long; `{minutes}`, `{seconds}`.
        rules: the rules that decide what follows, by name.
        all_contacts, all_callbacks: the first choices of the filters.
        status_filter, number_filter, disposition_filter, callback_filter: the names of the filters.
        no_contacts: the empty state.
    """

    rows: ListTexts = attrs.field(factory=ListTexts)
    wizard: WizardTexts = attrs.field(factory=WizardTexts)
    back: str = "Campaigns"
    run: str = "Run {run}"
    last_run: str = "Run {run}, the last one"
    live: str = "Live"
    calls: str = "Calls of run {run}"
    contacts: str = "Contacts of run {run}"
    last_contacts: str = "Contacts at the end of run {run}"
    pool: str = "Number Pool, calls of run {run}"
    activity: str = "Activity"
    restarts: str = "Restarts"
    settings: str = "Settings"
    figure: Mapping[str, str] = attrs.field(default=_FIGURES, converter=fixed)
    counted: Mapping[str, str] = attrs.field(default=_COUNTS, converter=fixed)
    estimates: Mapping[str, str] = attrs.field(default=_ESTIMATES, converter=fixed)
    not_started: str = "Not yet"
    nothing: str = "–"  # noqa: RUF001 - a dash for nothing
    reasons: Mapping[str, str] = attrs.field(default=_REASONS, converter=fixed)
    actions: Mapping[str, str] = attrs.field(default=_ACTIVITY, converter=fixed)
    done_by: str = "{action} by {by}"
    in_run: str = "Run {run}"
    use: str = "{calls} ({share})"
    not_in_pool: str = "Not in the pool any more"
    setting: Mapping[str, str] = attrs.field(default=_SETTINGS, converter=fixed)
    before: str = "In run {run}: {value}"
    other_numbers: str = "Other numbers in run {run}"
    contact_statuses: Mapping[str, str] = attrs.field(default=_CONTACT_STATUSES, converter=fixed)
    callback_states: Mapping[str, str] = attrs.field(default=_CALLBACKS, converter=fixed)
    callback: str = "Callback {at}: {state}"
    callback_reasons: Mapping[str, str] = attrs.field(default=_CALLBACK_REASONS, converter=fixed)
    next_call: str = "Next call from {at}"
    excluded: str = "Excluded"
    kinds: Mapping[str, str] = attrs.field(default=_KINDS, converter=fixed)
    call_statuses: Mapping[str, str] = attrs.field(default=_CALL_STATUSES, converter=fixed)
    dispositions: Mapping[str, str] = attrs.field(default=_DISPOSITIONS, converter=fixed)
    outcome_details: Mapping[str, str] = attrs.field(default=_OUTCOME_DETAILS, converter=fixed)
    with_detail: str = "{outcome} ({detail})"
    call_from: str = "from {number}"
    talked: str = "{minutes}:{seconds:02} talked"
    rules: Mapping[str, str] = attrs.field(default=_RULES, converter=fixed)
    all_contacts: str = "All contacts"
    all_callbacks: str = "All callbacks"
    status_filter: str = "Status"
    number_filter: str = "Number"
    disposition_filter: str = "Disposition"
    callback_filter: str = "Callback"
    no_contacts: str = "No contacts found"


DETAIL_TEXTS = DetailTexts()
"""As the manual of the product has them, and the wizard."""
