"""The campaign list and the detail page of a campaign as values: a host draws them and decides nothing (M1 to M8).

`CampaignService.list_page`, `detail` and `contacts` make them. All of them go to JSON and back with `codec`.
"""

from ori_campaigns.pages.campaign_list import (
    ListPage,
    ListRow,
    action_buttons,
    confirmation,
    list_page,
    list_row,
)
from ori_campaigns.pages.contacts import CallbackEntry, CallEntry, ContactEntry, ContactsPage, contacts_page
from ori_campaigns.pages.detail import (
    ActivityEntry,
    DetailFacts,
    DetailPage,
    PoolNumber,
    RestartEntry,
    RunEntry,
    detail_page,
)
from ori_campaigns.pages.detail_texts import DETAIL_TEXTS, DetailTexts
from ori_campaigns.pages.figures import Estimate, Figure, LiveFigures, Moment
from ori_campaigns.pages.parts import ActionButton, Badge, Choice, Confirmation, Labelled, PageButton, PageFilter, Share
from ori_campaigns.pages.settings import Setting
from ori_campaigns.pages.texts import LIST_TEXTS, ListTexts
from ori_campaigns.pages.toasts import Toast, ToastKind, failure_toast, toast

__all__ = [
    "ActionButton",
    "ActivityEntry",
    "Badge",
    "CallEntry",
    "CallbackEntry",
    "Choice",
    "Confirmation",
    "ContactEntry",
    "ContactsPage",
    "DETAIL_TEXTS",
    "DetailFacts",
    "DetailPage",
    "DetailTexts",
    "Estimate",
    "Figure",
    "LIST_TEXTS",
    "Labelled",
    "ListPage",
    "ListRow",
    "ListTexts",
    "LiveFigures",
    "Moment",
    "PageButton",
    "PageFilter",
    "PoolNumber",
    "RestartEntry",
    "RunEntry",
    "Setting",
    "Share",
    "Toast",
    "ToastKind",
    "action_buttons",
    "confirmation",
    "contacts_page",
    "detail_page",
    "failure_toast",
    "list_page",
    "list_row",
    "toast",
]
