"""The five-step wizard as a value: a host draws its page and passes on what the person does (W1 to W18).

`Wizard.create` or `Wizard.edit` opens it, moves such as `enter` and `next` answer a new one, `page` says what to draw,
and `draft` is the campaign that was entered. It reads no file, keeps no list and saves nothing.
"""

from ori_campaigns.wizard.entries import Entries
from ori_campaigns.wizard.facts import (
    TIME_ZONES,
    Editing,
    LeadList,
    Mode,
    Offers,
    Place,
    RefusedFile,
    Table,
    Upload,
)
from ori_campaigns.wizard.fields import FIELDS, STEPS, FieldRule, Kind, Step
from ori_campaigns.wizard.page import (
    PILL_COLOUR,
    BackLink,
    Button,
    Notice,
    Option,
    PageField,
    PageProblem,
    Pill,
    PillState,
    Review,
    ReviewRow,
    WizardPage,
)
from ori_campaigns.wizard.texts import TEXTS, FieldText, StepText, WizardTexts
from ori_campaigns.wizard.wizard import Saved, Wizard

__all__ = [
    "BackLink",
    "Button",
    "Editing",
    "Entries",
    "FIELDS",
    "FieldRule",
    "FieldText",
    "Kind",
    "LeadList",
    "Mode",
    "Notice",
    "Offers",
    "Option",
    "PILL_COLOUR",
    "PageField",
    "PageProblem",
    "Pill",
    "PillState",
    "Place",
    "RefusedFile",
    "Review",
    "ReviewRow",
    "STEPS",
    "Saved",
    "Step",
    "StepText",
    "TEXTS",
    "TIME_ZONES",
    "Table",
    "Upload",
    "Wizard",
    "WizardPage",
    "WizardTexts",
]
