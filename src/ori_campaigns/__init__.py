"""The campaign engine for outbound voice-bot calling: a typed library that decides who is called when, and why.

Everything a host needs is here by name; heavy parts are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ori_campaigns._version import __version__
from ori_campaigns.actions import ActionFace, Icon, LeadsTo, Tone, buttons
from ori_campaigns.appending import Appended, AppendResult
from ori_campaigns.campaign import Action, Campaign, CampaignDraft, CampaignStatus, CompletionReason, Restart, Stage
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.clocks import LoopClock, SystemClock, VirtualClock
from ori_campaigns.config import (
    MULTI_DAY,
    SINGLE_DAY,
    CallLimits,
    CampaignMode,
    DiallerConfig,
    RedialRules,
    RetryPolicy,
)
from ori_campaigns.contact import (
    Attempt,
    AttemptKind,
    AttemptStatus,
    Callback,
    CallbackRequest,
    Contact,
    ContactStatus,
)
from ori_campaigns.dialling import Step
from ori_campaigns.directory import StaticDirectory
from ori_campaigns.errors import (
    ActionNotAllowed,
    CampaignsError,
    CannotStart,
    CommitUnknown,
    Conflict,
    DiallerError,
    FieldLocked,
    IngestError,
    InvalidDefinition,
    MissingExtra,
    NotFound,
    Problem,
    StoreError,
    StoreUnavailable,
    UnreadableDocument,
)
from ori_campaigns.events import Event, LifecycleChanged
from ori_campaigns.exclusion import ExclusionResult, Exclusions
from ori_campaigns.instants import Instant, to_datetime, to_instant
from ori_campaigns.listing import CampaignList, CampaignRow, Rate
from ori_campaigns.numbers import DigitsPolicy, NumberPolicy, PhoneNumber, Rejection
from ori_campaigns.outcomes import Recorded
from ori_campaigns.ports import Clock, Dialler, DiallerCapabilities, Directory, EventSink, Store, TelephonyAdapter
from ori_campaigns.reports import (
    Accepted,
    Answered,
    BotReport,
    CallAnalysis,
    CallRef,
    DialRequest,
    EarlyMedia,
    Ended,
    FoundLive,
    Lost,
    NeverPlaced,
    Refused,
    Ringing,
    Unknown,
    Unsent,
)
from ori_campaigns.reports import (
    NotFound as CallNotFound,
)
from ori_campaigns.service import CampaignService, Receipt
from ori_campaigns.stores.memory import MemoryStore
from ori_campaigns.views import Counters
from ori_campaigns.windows import ALL_DAYS, MON_FRI, CallingWindow

if TYPE_CHECKING:
    from ori_campaigns.analytics.frames import attempts_frame, contacts_frame, events_frame
    from ori_campaigns.auditing import Audit, Finding, audit
    from ori_campaigns.diallers.answers import (
        AnswerModel,
        Between,
        Exponential,
        Fixed,
        Mix,
        Observed,
        answered,
        unanswered,
    )
    from ori_campaigns.diallers.faults import CarrierFaults
    from ori_campaigns.diallers.memory import InMemoryDialler
    from ori_campaigns.diallers.model import CallModel
    from ori_campaigns.ingest import Leads, read_leads
    from ori_campaigns.pages import ContactsPage, DetailPage, ListPage
    from ori_campaigns.runner import RunnerSettings, run, run_sync
    from ori_campaigns.simulation import Rehearsal, Snapshot, simulate, snapshot
    from ori_campaigns.sinks.feed import Feed
    from ori_campaigns.sinks.logs import LoggingSink
    from ori_campaigns.sinks.metrics import MetricsSink
    from ori_campaigns.stores.sql import SqlStore
    from ori_campaigns.wizard import Wizard, WizardPage

_LAZY = {
    "AnswerModel": "diallers.answers",
    "Audit": "auditing",
    "Between": "diallers.answers",
    "CallModel": "diallers.model",
    "CarrierFaults": "diallers.faults",
    "ContactsPage": "pages",
    "DetailPage": "pages",
    "Exponential": "diallers.answers",
    "Feed": "sinks.feed",
    "Finding": "auditing",
    "Fixed": "diallers.answers",
    "InMemoryDialler": "diallers.memory",
    "Leads": "ingest",
    "ListPage": "pages",
    "LoggingSink": "sinks.logs",
    "MetricsSink": "sinks.metrics",
    "Mix": "diallers.answers",
    "Observed": "diallers.answers",
    "Rehearsal": "simulation",
    "RunnerSettings": "runner",
    "Snapshot": "simulation",
    "SqlStore": "stores.sql",
    "Wizard": "wizard",
    "WizardPage": "wizard",
    "answered": "diallers.answers",
    "attempts_frame": "analytics.frames",
    "audit": "auditing",
    "contacts_frame": "analytics.frames",
    "events_frame": "analytics.frames",
    "read_leads": "ingest",
    "run": "runner",
    "run_sync": "runner",
    "simulate": "simulation",
    "snapshot": "simulation",
    "unanswered": "diallers.answers",
}


def __getattr__(name: str) -> object:
    """Load what is heavy, or needs an optional library, when it is first asked for."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
    globals()[name] = value
    return value


__all__ = [
    "ALL_DAYS",
    "Accepted",
    "Action",
    "ActionFace",
    "ActionNotAllowed",
    "AnswerModel",
    "Answered",
    "AppendResult",
    "Appended",
    "Attempt",
    "AttemptKind",
    "AttemptStatus",
    "Audit",
    "Between",
    "Bot",
    "BotReport",
    "CallAnalysis",
    "CallLimits",
    "CallModel",
    "CallNotFound",
    "CallRef",
    "Callback",
    "CallbackRequest",
    "CallingWindow",
    "Campaign",
    "CampaignDraft",
    "CampaignList",
    "CampaignMode",
    "CampaignRow",
    "CampaignService",
    "CampaignStatus",
    "CampaignsError",
    "CannotStart",
    "Carrier",
    "CarrierFaults",
    "CarrierNumber",
    "Clock",
    "CommitUnknown",
    "CompletionReason",
    "Conflict",
    "Contact",
    "ContactStatus",
    "ContactsPage",
    "Counters",
    "DetailPage",
    "DialRequest",
    "Dialler",
    "DiallerCapabilities",
    "DiallerConfig",
    "DiallerError",
    "DigitsPolicy",
    "Directory",
    "EarlyMedia",
    "Ended",
    "Event",
    "EventSink",
    "ExclusionResult",
    "Exclusions",
    "Exponential",
    "Feed",
    "FieldLocked",
    "Finding",
    "Fixed",
    "FoundLive",
    "Icon",
    "InMemoryDialler",
    "IngestError",
    "Instant",
    "InvalidDefinition",
    "Leads",
    "LeadsTo",
    "LifecycleChanged",
    "ListPage",
    "LoggingSink",
    "LoopClock",
    "Lost",
    "MON_FRI",
    "MULTI_DAY",
    "MemoryStore",
    "MetricsSink",
    "MissingExtra",
    "Mix",
    "NeverPlaced",
    "NotFound",
    "NumberPolicy",
    "Observed",
    "PhoneNumber",
    "Problem",
    "Rate",
    "Receipt",
    "Recorded",
    "RedialRules",
    "Refused",
    "Rehearsal",
    "Rejection",
    "Restart",
    "RetryPolicy",
    "Ringing",
    "RunnerSettings",
    "SINGLE_DAY",
    "Snapshot",
    "SqlStore",
    "Stage",
    "StaticDirectory",
    "Step",
    "Store",
    "StoreError",
    "StoreUnavailable",
    "SystemClock",
    "TelephonyAdapter",
    "Tone",
    "Unknown",
    "UnreadableDocument",
    "Unsent",
    "VirtualClock",
    "Wizard",
    "WizardPage",
    "__version__",
    "answered",
    "attempts_frame",
    "audit",
    "buttons",
    "contacts_frame",
    "events_frame",
    "read_leads",
    "run",
    "run_sync",
    "simulate",
    "snapshot",
    "to_datetime",
    "to_instant",
    "unanswered",
]
