"""What the wizard is told and does not ask: what the host offers, which campaign is edited, which list was read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol

import attrs

from ori_campaigns.campaign import LIFECYCLE, Action, Campaign, CampaignDraft, CampaignStatus, Stage
from ori_campaigns.carriers import Bot, Carrier, CarrierNumber
from ori_campaigns.config import SYSTEM_DISPOSITIONS
from ori_campaigns.errors import Problem
from ori_campaigns.numbers import PhoneNumber
from ori_campaigns.views import PREVIEW_ROWS, ContactBatch

TIME_ZONES: tuple[str, ...] = (
    "Asia/Kolkata",
    "Asia/Dubai",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Europe/London",
    "Europe/Berlin",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "UTC",
)
"""The ten zones that are offered (W8); any other that is entered joins them."""

PHONE_COLUMN = "phone_number"


class Mode(StrEnum):
    """Whether the wizard makes a campaign or changes one (W16)."""

    CREATE = "create"
    EDIT = "edit"


class Place(StrEnum):
    """The pages around the wizard: it is entered from one of them and leads back to it (W3)."""

    LIST = "list"
    DETAIL = "detail"


# --- what the host offers --------------------------------------------------------------------------------------------


def _bots(bots: Iterable[Bot | str]) -> tuple[Bot, ...]:
    return tuple(Bot(each) if isinstance(each, str) else each for each in bots)


def _carriers(carriers: Iterable[Carrier]) -> tuple[Carrier, ...]:
    return tuple(carriers)


def _names(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(names)


@attrs.frozen
class Offers:
    """What can be chosen: the directory of the campaign's workspace, zones and dispositions.

    Parameters:
        bots: the host's bots (W4).
        carriers: its carriers; their inbound-only numbers are never offered (W5).
        time_zones: IANA names, in the order in which they are offered (W8).
        dispositions: the system dispositions that can be ticked (W9).

    >>> offers = Offers(["asha"], [Carrier("trunk", ["911140001000", "911140001001"])])
    >>> [(number.reveal(), carrier.id) for number, (_, carrier) in offers.outbound().items()]
    [('911140001000', 'trunk'), ('911140001001', 'trunk')]
    """

    bots: tuple[Bot, ...] = attrs.field(default=(), converter=_bots)
    carriers: tuple[Carrier, ...] = attrs.field(default=(), converter=_carriers)
    time_zones: tuple[str, ...] = attrs.field(default=TIME_ZONES, converter=_names)
    dispositions: tuple[str, ...] = attrs.field(default=SYSTEM_DISPOSITIONS, converter=_names)

    def outbound(self) -> Mapping[PhoneNumber, tuple[CarrierNumber, Carrier]]:
        """Return the numbers that can be ticked, each with its entry and its carrier, in the order of the carriers."""
        found: dict[PhoneNumber, tuple[CarrierNumber, Carrier]] = {}
        for carrier in self.carriers:
            for entry in carrier.numbers:
                if entry.outbound:
                    found.setdefault(entry.number, (entry, carrier))
        return found


# --- the campaign that is edited -------------------------------------------------------------------------------------


@attrs.frozen
class Editing:
    """A campaign as it was when its editor was opened (W16).

    Parameters:
        version: the one the edit is made from (L10).
        has_run: name, bot and contacts are locked (L14).
        contacts: how many the stored list has.
        saved: what the wizard opened with.
    """

    id: str
    status: CampaignStatus
    version: int
    has_run: bool
    contacts: int
    saved: CampaignDraft

    @classmethod
    def of(cls, campaign: Campaign, contacts: int) -> Editing:
        """Return what the wizard keeps of a campaign."""
        return cls(campaign.id, campaign.status, campaign.version, campaign.has_run, contacts, campaign.draft)

    @property
    def editable(self) -> bool:
        """Whether an edit can be saved in this status: of a draft, and of a paused campaign (L10)."""
        draft = Stage.PREPARED if self.has_run else Stage.DRAFT
        stage = draft if self.status is CampaignStatus.DRAFT else Stage(self.status.value)
        return Action.EDIT in LIFECYCLE[stage]


# --- the list that was read ------------------------------------------------------------------------------------------


class Figures(Protocol):
    """The counts of a list, as the `Summary` of a lead file has them."""

    @property
    def source(self) -> str:
        """Name of the file."""
        ...

    @property
    def accepted(self) -> int:
        """Records that became contacts."""
        ...

    @property
    def skipped(self) -> int:
        """Records that did not."""
        ...

    @property
    def by_reason(self) -> Mapping[str, int]:
        """Skipped records by reason."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the call variables, in file order."""
        ...


class LeadList(ContactBatch, Protocol):
    """A list that was read; `Leads` is one."""

    @property
    def summary(self) -> Figures:
        """Its counts."""
        ...

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What was cleaned or dropped on the way."""
        ...

    @property
    def fingerprint(self) -> str:
        """Tells lists apart: the same for the same numbers and call variables in the same order, and for no other."""
        ...

    @property
    def head(self) -> Sequence[Sequence[str]]:
        """The header and the first records exactly as they stand in the file; empty where nobody kept them."""
        ...


@attrs.frozen
class Table:
    """The first rows of a list under its header; no `repr` shows what is in them.

    A row may be shorter or longer than the header, where the record of the file is.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = attrs.field(repr=False)


@attrs.frozen
class Upload:
    """What the wizard keeps of a list: figures and a few rows, never the list.

    Parameters:
        source: name of the file.
        accepted, skipped: records that became contacts, and that did not.
        by_reason: skipped records by reason (C2).
        columns: names of the call variables.
        preview: header and first rows, exactly as they stand in the file (W14).
        warnings: what was cleaned or dropped on the way.
        fingerprint: tells it from every other list.
    """

    source: str
    accepted: int
    skipped: int
    by_reason: Mapping[str, int]
    columns: tuple[str, ...]
    preview: Table
    warnings: tuple[Problem, ...] = ()
    fingerprint: str = ""

    @classmethod
    def of(cls, leads: LeadList) -> Upload:
        """Return what is kept of a list; if it has no head, the preview has its first contacts with cleaned numbers."""
        figures = leads.summary
        header, *rows = leads.head or _cleaned_head(leads)
        return cls(
            source=figures.source,
            accepted=figures.accepted,
            skipped=figures.skipped,
            by_reason=dict(figures.by_reason),
            columns=tuple(figures.columns),
            preview=Table(tuple(header), tuple(tuple(row) for row in rows[:PREVIEW_ROWS])),
            warnings=tuple(attrs.evolve(each, path="contacts") for each in leads.warnings),
            fingerprint=leads.fingerprint,
        )

    def problems(self, leads: LeadList | None) -> tuple[Problem, ...]:
        """Return what speaks against `leads` being the list this was kept of."""
        if leads is None:
            message = f"The contacts of {self.source} are not there, only what the wizard keeps of them."
            return (Problem("contacts", "leads_missing", message, "Read the file again, and save with its leads."),)
        if self.fingerprint == leads.fingerprint:
            return ()
        message = f"The leads are not those of {self.source} with its {self.accepted:,} contacts."
        return (Problem("contacts", "other_leads", message, "Save with the leads that were uploaded last."),)


def _cleaned_head(leads: LeadList) -> Sequence[Sequence[str]]:
    columns = leads.summary.columns
    rows: list[tuple[str, ...]] = [(PHONE_COLUMN, *columns)]
    for index, number in enumerate(leads.numbers[:PREVIEW_ROWS]):
        variables = leads.variables(index)
        rows.append((number, *(variables.get(name, "") for name in columns)))
    return rows


@attrs.frozen
class RefusedFile:
    """A file that was refused whole (C9), and why."""

    source: str
    problem: Problem
