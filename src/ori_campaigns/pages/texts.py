"""Every text of the campaign list, in a value that a host can replace: for another language, say.

What is in braces is filled in. Reasons of errors are not here: programs and translations go by their codes.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import attrs

from ori_campaigns.actions import FACES
from ori_campaigns.listing import (
    ALL_STATUSES,
    ALWAYS_ON,
    CLEAR_FILTERS,
    FIRST_CAMPAIGN,
    NEW_CAMPAIGN,
    NOTHING_FOUND,
)

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
COLUMN_KEYS = ("name", "status", "progress", "answer_rate", "completion_rate", "created", "actions")
"""What stands in each column of the list."""
_COLUMNS = ("Name", "Status", "Progress", "Answer Rate", "Completion Rate", "Created", "Actions")


def fixed(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Return texts by word as a value that cannot be changed."""
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
        clear_filters: what to do where the filters let nothing through; `{all_statuses}`.
        first_campaign: what to do where there is no campaign; `{new_campaign}`.
        more: the button that leads to the next page.
        date, moment: how a date and a time are written, for `strftime`.
    """

    title: str = "Campaign list"
    new_campaign: str = NEW_CAMPAIGN
    search: str = "Search campaigns"
    status_filter: str = "Status filter"
    all_statuses: str = ALL_STATUSES
    statuses: Mapping[str, str] = attrs.field(default=_STATUSES, converter=fixed)
    columns: tuple[str, ...] = _COLUMNS
    connected: str = "{count} connected"
    copy_id: str = "Copy campaign ID"
    always_on: str = ALWAYS_ON
    restarted: str = "Restarted {at} by {by}"
    failures: Mapping[str, str] = attrs.field(default=_FAILURES, converter=fixed)
    actions: Mapping[str, str] = attrs.field(
        default={action.value: face.label for action, face in FACES.items()}, converter=fixed
    )
    confirmations: Mapping[str, str] = attrs.field(default=_CONFIRMATIONS, converter=fixed)
    ok: str = "OK"
    cancel: str = "Cancel"
    toasts: Mapping[str, str] = attrs.field(default=_TOASTS, converter=fixed)
    failed: str = "Failed to {action}"
    verbs: Mapping[str, str] = attrs.field(default={"cancel_restart": "cancel restart"}, converter=fixed)
    unexpected: str = "Something went wrong. Look at the campaign before you try again."
    nothing_found: str = NOTHING_FOUND
    clear_filters: str = CLEAR_FILTERS
    first_campaign: str = FIRST_CAMPAIGN
    more: str = "More"
    date: str = "%Y-%m-%d"
    moment: str = "%Y-%m-%d %H:%M %Z"


LIST_TEXTS = ListTexts()
"""As the manual of the product has them."""
