"""The wizard as a value: what was entered, where the person is, and the moves that lead on (W1 to W18).

A move answers a new wizard. Content is never refused: what is wrong is told by `problems()`, and a step that is not
complete does not let go forward. What cannot be done now, such as typing into a locked field, changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from ori_campaigns.campaign import Campaign, CampaignDraft, CampaignStatus, only_draft_and_paused
from ori_campaigns.errors import CampaignsError, InvalidDefinition, Problem
from ori_campaigns.numbers import parse_number
from ori_campaigns.validation import capacity_problems, errors_among, problems_of, repeated_numbers
from ori_campaigns.wizard.entries import NUMERIC_DEFAULTS, Entries, is_number, one_ticked
from ori_campaigns.wizard.facts import Editing, LeadList, Mode, Offers, Place, RefusedFile, Upload
from ori_campaigns.wizard.fields import (
    LOCKED,
    STEPS,
    TICKED,
    Kind,
    Step,
    misuse,
    problems_on,
    rule_of,
    step_named,
)
from ori_campaigns.wizard.texts import TEXTS, WizardTexts

if TYPE_CHECKING:
    from ori_campaigns.wizard.page import WizardPage


@attrs.frozen
class Saved:
    """What follows when a campaign was saved: a toast, and the page to go to (W15)."""

    campaign_id: str
    toast: str
    leads_to: Place = Place.DETAIL


@attrs.frozen
class Wizard:
    """A wizard with everything in it; `codec.dumps` and `loads` put it away and take it out again (W18).

    Make one with `create` or `edit`. Every method that moves returns a new wizard.

    Parameters:
        workspace: the tenant of the campaign.
        entries: what was entered, as it was left.
        offers: what can be chosen.
        step: where the person is.
        entered_from: the page that the back link leads to.
        editing: the campaign that is edited; none while one is created.
        uploaded: what is kept of the uploaded list.
        refused: the file that was refused last, until another is uploaded or it is removed.
        key: pressed twice with the same key, one campaign (W3).
        time_zone: the zone a new window starts with.
        is_working: Create was pressed and has not been answered.
        failures: why saving failed; shown until something is entered or Create is pressed again.

    >>> from ori_campaigns.carriers import Carrier
    >>> offers = Offers(["asha"], [Carrier("trunk", ["911140001000"])])
    >>> wizard = Wizard.create(offers, time_zone="Asia/Kolkata", key="form-1")
    >>> wizard.can_advance, wizard.next().step.value
    (False, 'basics')
    >>> wizard = wizard.enter("name", "Q2 Renewal Drive").enter("bot", "asha").next()
    >>> wizard.step.value, wizard.back().entries.name
    ('number_pool', 'Q2 Renewal Drive')
    """

    workspace: str
    entries: Entries
    offers: Offers
    step: Step = Step.BASICS
    entered_from: Place = Place.LIST
    editing: Editing | None = None
    uploaded: Upload | None = None
    refused: RefusedFile | None = None
    key: str = ""
    time_zone: str = "UTC"
    is_working: bool = False
    failures: tuple[Problem, ...] = ()

    # --- opening it --------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        offers: Offers,
        *,
        key: str,
        time_zone: str = "UTC",
        workspace: str = "default",
        entered_from: Place = Place.LIST,
    ) -> Wizard:
        """Return the wizard of a new campaign.

        Parameters:
            offers: what can be chosen.
            key: one that no other wizard has; it makes sure that Create pressed twice is one campaign (W3).
            time_zone: the creator's display time zone, an IANA name (W8).
            workspace: the tenant of the campaign.
            entered_from: where the back link leads.
        """
        entries = Entries(timezone=time_zone)
        return cls(workspace, entries, offers, key=key, time_zone=time_zone, entered_from=entered_from)

    @classmethod
    def edit(cls, campaign: Campaign, contacts: int, offers: Offers, *, entered_from: Place = Place.LIST) -> Wizard:
        """Return the wizard of a campaign, whatever its status: one that cannot be saved says so (L10, W16).

        Parameters:
            campaign: as of one read; its version is the one the edit is made from.
            contacts: how many there are on its stored list.
            offers: what can be chosen in its workspace.
            entered_from: where the back link leads.
        """
        editing = Editing.of(campaign, contacts)
        entries = Entries.of(editing.saved)
        zone = entries.timezone
        return cls(campaign.workspace, entries, offers, editing=editing, time_zone=zone, entered_from=entered_from)

    @property
    def mode(self) -> Mode:
        """Whether a campaign is created or edited."""
        return Mode.CREATE if self.editing is None else Mode.EDIT

    @property
    def editable(self) -> bool:
        """Whether what is entered can be saved at all (L10)."""
        return self.editing is None or self.editing.editable

    @property
    def has_run(self) -> bool:
        """Whether name, bot and contacts are locked (L14)."""
        return self.editing is not None and self.editing.has_run

    def locked(self, field: str) -> bool:
        """Tell whether a field is locked because the campaign has run (L14)."""
        return self.has_run and rule_of(field).key in LOCKED

    def enabled(self, field: str) -> bool:
        """Tell whether a field can be changed now: it is there, not locked, and nothing is being saved."""
        return self.entries.exists(rule_of(field).key) and not self.locked(field) and not self.is_working

    # --- filling it in -----------------------------------------------------------------------------------------------

    def enter(self, field: str, value: object) -> Wizard:
        """Type into a field, or choose in it; a field that is not enabled keeps what it has.

        Parameters:
            field: its key, one of `FIELDS`.
            value: text; a boolean for a toggle; a list of the ticked values for boxes. A number field takes a number,
                too, and `None` for blank.

        Raises:
            InvalidDefinition: codes `unknown_field`, `ill_typed`; the program is wrong, never the person.
        """
        rule = rule_of(field)
        if rule.kind is Kind.FILE:
            raise misuse(field, "ill_typed", f"Nothing can be typed into {field}.", "Call upload with the list.")
        entries = self.entries.with_entry(rule, value)
        if not self.enabled(field) or entries == self.entries:
            return self
        return attrs.evolve(self, entries=entries, failures=())

    def toggle(self, field: str, value: object = None) -> Wizard:
        """Switch a toggle, or tick a box and untick it again.

        Parameters:
            field: its key.
            value: of a field with boxes, the one to tick; what is ticked last comes last.

        Raises:
            InvalidDefinition: codes `unknown_field`, `ill_typed`.
        """
        rule = rule_of(field)
        if rule.kind is Kind.TOGGLE and value is None:
            return self.enter(field, not getattr(self.entries, field))
        if rule.kind not in TICKED:
            raise misuse(field, "ill_typed", f"There is nothing to tick in {field}.", "Call enter with its new value.")
        box = one_ticked(rule, value)
        ticked = getattr(self.entries, field)
        return self.enter(field, [each for each in ticked if each != box] if box in ticked else [*ticked, box])

    def leave(self, field: str) -> Wizard:
        """Take the focus from a field: a numeric one then shows what it comes to (W6, W9, W10)."""
        numeric = rule_of(field).key in NUMERIC_DEFAULTS and self.enabled(field)
        return attrs.evolve(self, entries=self.entries.left(field)) if numeric else self

    def upload(self, leads: LeadList) -> Wizard:
        """Take a list that was read; only its figures and first rows are kept. A locked list stays (W13, C9).

        The preview shows those rows exactly as they stand in the file (W14).

        Parameters:
            leads: from `read_leads`; keep them, they are needed to save.
        """
        if not self.enabled("contacts"):
            return self
        if not leads.numbers:
            source, hint = leads.summary.source, "Upload a list with at least one valid row."
            problem = Problem("contacts", "no_valid_rows", f"{source} has no contact.", hint)
            return self._with_refused(RefusedFile(source, problem))
        return attrs.evolve(self, uploaded=Upload.of(leads), refused=None, failures=())

    def upload_failed(self, error: Exception, *, source: str = "", hint: str = "") -> Wizard:
        """Tell that a file was refused whole: an error of step 4 until another is uploaded or it is removed (C9).

        What was uploaded before it stays.

        Parameters:
            error: why; its `code` and its words are taken over.
            source: name of the file.
            hint: what to do, such as `ori_campaigns.ingest.advice` has it.
        """
        code = str(getattr(error, "code", "upload_failed"))
        return self._with_refused(RefusedFile(source, Problem("contacts", code, str(error), hint)))

    def _with_refused(self, file: RefusedFile) -> Wizard:
        return attrs.evolve(self, refused=file, failures=()) if self.enabled("contacts") else self

    def remove_upload(self) -> Wizard:
        """Take away the refused file, or else the uploaded list; what was there before it counts again."""
        if not self.enabled("contacts"):
            return self
        if self.refused is not None:
            return attrs.evolve(self, refused=None)
        return attrs.evolve(self, uploaded=None, failures=())

    # --- going on and back -------------------------------------------------------------------------------------------

    @property
    def can_advance(self) -> bool:
        """Whether Next is enabled: this step has no error, and is not the last one (W2)."""
        return self.step is not Step.REVIEW and not errors_among(problems_on(self.step, self.problems()))

    @property
    def can_create(self) -> bool:
        """Whether Create is enabled: on Review, of a campaign that can be edited, without an error (W3)."""
        # That it cannot be edited is an error, too.
        return self.step is Step.REVIEW and not self.is_working and not errors_among(self.problems())

    def next(self) -> Wizard:
        """Go to the next step, if this one is complete (W1, W2)."""
        if not self.can_advance:
            return self
        entries = self.entries.settled() if self.step is Step.DIALLER_CONFIG else self.entries
        return attrs.evolve(self, entries=entries, step=STEPS[self.step.number])

    def back(self) -> Wizard:
        """Go to the step before; that is never checked (W2)."""
        return self if self.step is Step.BASICS else self.go(STEPS[self.step.number - 2])

    def go(self, step: str) -> Wizard:
        """Click the pill of a step: it leads back to an earlier one, and nowhere else (W1).

        Raises:
            InvalidDefinition: code `unknown_step`.
        """
        wanted = step_named(step)
        can_go = wanted.number < self.step.number and not self.is_working
        return attrs.evolve(self, step=wanted) if can_go else self

    def working(self) -> Wizard:
        """Press Create: nothing can be changed until `failed`; where it is not enabled, nothing happens (W3)."""
        if not self.can_create:
            return self
        return attrs.evolve(self, entries=self.entries.settled(), is_working=True, failures=())

    def failed(self, error: CampaignsError) -> Wizard:
        """Tell that saving failed, and why; Create may be pressed again, its key makes that safe (W3).

        Parameters:
            error: what it raised; its `problems` are taken over, else its `code` and its words.
        """
        alone = Problem("", error.code, str(error))
        return attrs.evolve(self, is_working=False, failures=tuple(getattr(error, "problems", (alone,))))

    def saved(self, campaign_id: str, texts: WizardTexts = TEXTS) -> Saved:
        """Return what follows when it was saved: the toast, and the campaign's detail page (W15)."""
        return Saved(campaign_id, texts.created if self.editing is None else texts.updated)

    def offered(self, offers: Offers) -> Wizard:
        """Take what can be chosen now; what was chosen stays, and is a problem where it is gone (W4, W5)."""
        return attrs.evolve(self, offers=offers)

    def reopened(self, campaign: Campaign, contacts: int, offers: Offers) -> Wizard:
        """Take the campaign that is edited as it stands now; what was entered stays (L10).

        Parameters:
            campaign: as of one read; its version is the one the edit is made from, from now on.
            contacts: how many there are on its stored list.
            offers: what can be chosen in its workspace.
        """
        editing = Editing.of(campaign, contacts)
        return attrs.evolve(self, workspace=campaign.workspace, editing=editing, offers=offers)

    def unlocked_only(self) -> Wizard:
        """Take back what was entered in fields that are locked now (L14)."""
        if self.editing is None or not self.has_run:
            return self
        saved = self.editing.saved
        entries = attrs.evolve(self.entries, name=saved.name, bot=saved.bot)
        return attrs.evolve(self, entries=entries, uploaded=None, refused=None)

    # --- what it comes to --------------------------------------------------------------------------------------------

    def draft(self, *, strict: bool = False) -> CampaignDraft:
        """Return the campaign that was entered; what is ticked and no phone number is left out, `problems` tells it.

        Parameters:
            strict: leave in numeric fields what was typed; else they come to their defaults (W6, W9, W10).
        """
        saved = None if self.editing is None else self.editing.saved
        return self.entries.draft(saved, self.workspace, strict=strict)

    def problems(self, *, strict: bool = False) -> tuple[Problem, ...]:
        """Return everything that is wrong, all steps at once, warnings included (W17).

        Beside those of `validation.problems_of`, which `CampaignService` applies, these: `action_not_allowed` (L10),
        `bad_number`, `contacts_required` (W13), the code of a refused file, and the warnings `number_repeated`,
        `channels_below_concurrency` (W5) and those of the uploaded list.

        Parameters:
            strict: refuse what would be defaulted.
        """
        draft = self.draft(strict=strict)
        found: list[Problem] = []
        if self.editing is not None and not self.editable:
            message = only_draft_and_paused(self.editing.status)
            running = self.editing.status is CampaignStatus.RUNNING
            hint = "Pause it first, or clone it." if running else "Clone it, or restart it."
            found.append(Problem("status", "action_not_allowed", message, hint))
        locked_bot = self.editing.saved.bot if self.editing is not None and self.has_run else ""
        bots, carriers = self.offers.bots, self.offers.carriers
        found += problems_of(draft, bots=bots, carriers=carriers, locked_bot=locked_bot)
        found += self._ticked_wrongly()
        found += capacity_problems(draft, carriers)
        found += self._contact_problems()
        return tuple(found)

    def _ticked_wrongly(self) -> Iterable[Problem]:
        for position, number in enumerate(self.entries.numbers):
            if not is_number(number):
                try:
                    parse_number(number, path=f"numbers[{position}]")
                except InvalidDefinition as error:
                    yield from error.problems
        yield from repeated_numbers(self.entries.numbers)

    def _contact_problems(self) -> Iterable[Problem]:
        if self.refused is not None:
            yield self.refused.problem
        elif self.contacts_required and self.uploaded is None:
            hint = "Upload a CSV with a phone_number column."
            yield Problem("contacts", "contacts_required", "The campaign has no contacts.", hint)
        if self.uploaded is not None:
            yield from self.uploaded.warnings

    @property
    def contacts_required(self) -> bool:
        """Whether a list has to be uploaded: not for always-on, and not where the stored list has a contact (W13)."""
        stored = self.editing is not None and (self.editing.contacts > 0 or self.editing.has_run)
        return not stored and not (self.entries.always_on and self.entries.exists("always_on"))

    def problems_with(self, leads: LeadList | None) -> tuple[Problem, ...]:
        """Return what speaks against saving with these leads: they must be those that were uploaded, or none.

        Codes: `leads_missing`, `other_leads`, `leads_not_uploaded`. For whoever saves; a page has no use for it.
        """
        if self.uploaded is not None:
            return self.uploaded.problems(leads)
        if leads is None:
            return ()
        message = "There are leads to save, but no list is uploaded."
        return (Problem("contacts", "leads_not_uploaded", message, "Upload the list, or save without leads."),)

    def page(self, texts: WizardTexts = TEXTS) -> WizardPage:
        """Return everything that a page needs to be drawn, in plain values.

        Parameters:
            texts: the words; `attrs.evolve(TEXTS, ...)` says some of them otherwise.
        """
        from ori_campaigns.wizard.drawing import page_of

        return page_of(self, texts)
