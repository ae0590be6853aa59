"""What a host defines: campaigns with their lists, from a draft or a wizard; edited, extended, cloned, deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import attrs

from ori_campaigns import lifecycle
from ori_campaigns.appending import Appended, append, require_appendable
from ori_campaigns.campaign import Action, Campaign, CampaignDraft
from ori_campaigns.errors import CampaignsError, Conflict, InvalidDefinition, Problem
from ori_campaigns.events import LifecycleChanged
from ori_campaigns.lifecycle import Configured
from ori_campaigns.numbers import NumberPolicy, PhoneNumber, list_problems, require_policy
from ori_campaigns.ports import Directory, Store
from ori_campaigns.reads import CampaignReads, campaign_key, is_key
from ori_campaigns.validation import errors_among, problems_of, with_defaults
from ori_campaigns.views import CampaignView, Changes, ContactBatch, Created, UseStage

if TYPE_CHECKING:
    from ori_campaigns.wizard import Offers, Wizard
    from ori_campaigns.wizard.facts import LeadList

R = TypeVar("R")
_PAGE = 1_000


class CampaignDefinitions(CampaignReads):
    """Definitions of campaigns in one store.

    Parameters:
        store: where everything is kept.
        directory: the host's bots and carriers.
        policy: how written numbers of people are read; the store keeps to the first it was used with (C11).
        new_id: where campaign ids and the keys of wizards come from.
        workspace: the one that is meant where a call names none.
    """

    def __init__(
        self, store: Store, directory: Directory, policy: NumberPolicy, new_id: Callable[[], str], workspace: str
    ) -> None:
        super().__init__(store, directory, policy, workspace)
        self._new_id = new_id
        self._agreed = False

    # --- drafts and lists --------------------------------------------------------------------------------------------

    def create(
        self,
        draft: CampaignDraft,
        leads: ContactBatch | None = None,
        *,
        by: str,
        strict: bool = True,
        key: str | None = None,
    ) -> Campaign:
        """Create a campaign in draft; nothing is dialled until `start` (L2).

        Parameters:
            draft: what was entered.
            leads: the contacts, from `read_leads`; may come later by `edit`.
            by: who does it.
            strict: refuse what the wizard would silently default; `False` applies the defaults (W17).
            key: pressed twice with the same key, one campaign (W3); any text but the empty one.

        Raises:
            InvalidDefinition: everything that is wrong, each with its code; `other_number_policy` for leads (C11),
                `bad_key`.
            Conflict: code `key_reused`, the key has made a campaign with other content.
        """
        if key is not None and not is_key(key):
            hint = "Take 1 to 255 characters that no other creation has."
            raise InvalidDefinition([Problem("key", "bad_key", "The key is blank, too long or no text.", hint)])
        draft = self._checked(draft, strict=strict)
        now = self.store.clock.now()
        campaign = Campaign(
            id=self._new_id(),
            workspace=draft.workspace,
            name=draft.name,
            bot=draft.bot,
            numbers=draft.numbers,
            config=draft.config,
            created_at=now,
            created_by=by,
        )
        stage = None if leads is None else self._stage(leads)
        moves = () if stage is None else (UseStage(stage, draft.config.sticky_exclusion),)
        with self._dropping(stage):
            found = self.store.create(Created(campaign, moves, (LifecycleChanged("create", by, now, 1),)), key)
        if found.id != campaign.id:
            self._require_same(found, draft, leads)
        return found

    def _require_same(self, found: Campaign, draft: CampaignDraft, leads: ContactBatch | None) -> None:
        """Refuse a key that has made another campaign; one that was edited since may have been the same."""
        if found.version > 1 or found.has_run or (found.draft == draft and self._has_list(found.id, leads)):
            return
        message = f"The key has made campaign {found.id} already, with other content. Open that one, or take a new key."
        raise Conflict(message, code="key_reused")

    def _has_list(self, campaign_id: str, leads: ContactBatch | None) -> bool:
        """Tell whether the list of a campaign is this one; only asked where a key is used again."""
        numbers, ordinal = () if leads is None else leads.numbers, -1
        while page := self.store.contacts(campaign_id, ordinal, _PAGE):
            for contact in page:
                ordinal += 1
                if leads is None or ordinal >= len(numbers) or contact.number.reveal() != numbers[ordinal]:
                    return False
                if contact.variables != leads.variables(ordinal):
                    return False
        return ordinal + 1 == len(numbers)

    @contextmanager
    def _dropping(self, stage: str | None) -> Iterator[None]:
        """Drop a list that was put aside and is not used after all; where that fails, retention sees to it."""
        try:
            yield
        except CampaignsError:
            if stage is not None:
                with suppress(CampaignsError):
                    self.store.discard(stage)
            raise

    def _agree(self) -> None:
        """One policy per store, so that one person is one number in all of it (C11)."""
        mine = self.policy.name
        if not self._agreed:
            kept = self.store.keep_policy(mine)
            hint = f"Make it with the policy {kept!r}, or over another store."
            require_policy(mine, kept, what="The service", whose="its store", hint=hint)
            self._agreed = True

    def _stage(self, leads: ContactBatch) -> str:
        """Put a list aside; one without a contact replaces nothing (C9)."""
        hint = "Read it with policy=service.policy, or make the service with the policy of the list."
        require_policy(leads.policy, self.policy.name, what="The upload", whose="the service", hint=hint)
        self._agree()
        if not leads.numbers:
            problem = Problem("contacts", "no_valid_rows", "The list has no contact.", "Upload one with a valid row.")
            raise InvalidDefinition([problem], what="The upload")
        if problems := list_problems(leads.numbers):
            raise InvalidDefinition(problems, what="The upload")
        return self.store.stage(leads)

    def _checked(self, draft: CampaignDraft, *, strict: bool, locked_bot: str = "") -> CampaignDraft:
        if not strict:
            draft = attrs.evolve(draft, config=with_defaults(draft.config))
        configured = self._configured(draft.workspace)
        problems = errors_among(
            problems_of(draft, bots=configured.bots, carriers=configured.carriers, locked_bot=locked_bot)
        )
        if problems:
            raise InvalidDefinition(problems)
        return draft

    def edit(
        self,
        campaign_id: str,
        draft: CampaignDraft,
        leads: ContactBatch | None = None,
        *,
        by: str,
        version: int,
        strict: bool = True,
    ) -> Campaign:
        """Save an edit of a draft or paused campaign; leads replace the list of one that has never run (L10, C9).

        Whoever is excluded stays so on the new list where exclusion is sticky: it counts them as `excluded` contacts.

        Parameters:
            version: the campaign's version the edit was made from; a later one means a conflict.

        Raises:
            ActionNotAllowed: not a draft and not paused.
            FieldLocked: name, bot or contacts of a campaign that has run (L14).
            Conflict: somebody else saved first.
            InvalidDefinition: as for `create`.
        """
        current = self.get(campaign_id)
        current.require(Action.EDIT)
        # A locked bot that is gone keeps nobody from editing the rest; start refuses it.
        known = current.bot if current.has_run else ""
        draft = self._checked(attrs.evolve(draft, workspace=current.workspace), strict=strict, locked_bot=known)
        stage = None if leads is None else self._stage(leads)
        with self._dropping(stage):
            return self._change(campaign_id, partial(lifecycle.edit, draft=draft, by=by, version=version, stage=stage))

    def append(self, campaign_id: str, leads: ContactBatch, *, by: str) -> Appended:
        """Add contacts to an always-on campaign while it runs or is paused (C10); all of them or, on an error, none.

        New numbers come behind the end of the list, and are called from the next step on. A number that is on it is a
        duplicate: it keeps its variables and is not called again. Excluded numbers stay so where exclusion is sticky;
        otherwise they are called again, in a budget of their own and with the new variables (X4, R13). Where a call to
        one is under way, that call goes on as if there had been no exclusion.

        Parameters:
            leads: the contacts, from `read_leads`.
            by: who does it.

        Raises:
            ActionNotAllowed: not running and not paused; code `not_always_on`.
            InvalidDefinition: codes `no_valid_rows`, `other_number_policy`.
        """
        require_appendable(self.get(campaign_id), self.store.clock.now())
        stage = self._stage(leads)
        numbers = tuple(map(PhoneNumber, leads.numbers))
        with self._dropping(stage):
            return self.store.change_numbers(campaign_id, numbers, partial(append, stage=stage, by=by))

    def clone(self, campaign_id: str, *, by: str) -> Campaign:
        """Copy a campaign of any status, with its list, into a fresh draft (L9)."""
        return self._change(campaign_id, partial(lifecycle.clone, by=by, new_id=self._new_id()))

    def delete(self, campaign_id: str, *, by: str) -> None:
        """Delete a draft that has never run, with its contacts (L11)."""
        self._change(campaign_id, partial(lifecycle.delete, by=by))

    def _change(self, campaign_id: str, rule: Callable[[CampaignView], Changes[R]]) -> R:
        return self.store.change(campaign_key(campaign_id), rule)

    # --- the wizard --------------------------------------------------------------------------------------------------

    def new_wizard(self, *, time_zone: str, workspace: str | None = None, key: str | None = None) -> Wizard:
        """Open the wizard of a new campaign; nothing is kept until `save` (W1, W3).

        Parameters:
            time_zone: the IANA name of the zone in which its creator sees times; the window starts with it (W8).
            workspace: the tenant of the campaign; its bots and carriers are offered. The service's own unless given.
            key: one that no other wizard has; saved twice, it is one campaign (W3). A random one unless given.
        """
        from ori_campaigns.wizard import Wizard

        workspace, key = self._named(workspace), self._new_id() if key is None else key
        return Wizard.create(self._offers(workspace), key=key, time_zone=time_zone, workspace=workspace)

    def edit_wizard(self, campaign_id: str, *, entered_from: str = "list") -> Wizard:
        """Open the wizard of a campaign as it stands, in any status; it says what of it can be saved (W16, L10, L14).

        Parameters:
            entered_from: where the back link leads, `list` or `detail`.

        Raises:
            NotFound: there is no such campaign.
            InvalidDefinition: code `unknown_place`.
        """
        from ori_campaigns.wizard import Wizard
        from ori_campaigns.wizard.fields import place_named

        campaign = self.get(campaign_id)
        contacts = self.store.counters(campaign_id).total
        return Wizard.edit(campaign, contacts, self._offers(campaign.workspace), entered_from=place_named(entered_from))

    def save(self, wizard: Wizard, leads: LeadList | None = None, *, by: str) -> Campaign:
        """Save what was entered: a new campaign in draft, or an edit (W3, W16).

        What its page tells counts here, too, with the bots and carriers of this moment. Saved again as it was, because
        the answer to the first time was lost, it is the same campaign; of an edit that is so where it has no new list.

        Parameters:
            wizard: on any step; whether its Create button is enabled is the page's affair.
            leads: the list that was uploaded; the wizard keeps its figures only.
            by: who does it.

        Raises:
            InvalidDefinition: everything that is wrong, on all steps; for the leads codes `leads_missing`,
                `other_leads`, `leads_not_uploaded`, `other_number_policy`.
            ActionNotAllowed: the campaign that is edited is not a draft and not paused (L10).
            FieldLocked: name, bot or contacts of a campaign that has run since (L14).
            Conflict: somebody else saved first; `reopened` leads on. Code `key_reused`: the key of a new campaign has
                made another one already.
        """
        editing = wizard.editing
        if editing is None:
            now = self.refreshed(wizard)
            _require_sound(now, leads)
            return self.create(now.draft(), leads, by=by, strict=False, key=wizard.key)
        campaign = self.get(editing.id)
        campaign.require(Action.EDIT)
        # What the wizard does not ask for is as it is in the store: what came back from a browser may say anything.
        now = self._as_it_is(wizard, campaign)
        _require_sound(now, leads)
        draft = now.draft()
        if leads is None and campaign.version == editing.version + 1 and draft == campaign.draft:
            return campaign
        return self.edit(editing.id, draft, leads, by=by, version=editing.version, strict=False)

    def refreshed(self, wizard: Wizard) -> Wizard:
        """Return a wizard with what can be chosen now; what is gone and was chosen is shown as unavailable (W4, W5).

        For one that was put away for a while. The campaign that is edited stays as it was when its editor was opened,
        so that `save` finds out whether somebody else has changed it since.
        """
        return wizard.offered(self._offers(wizard.workspace, wizard.offers))

    def reopened(self, wizard: Wizard) -> Wizard:
        """Return an editor after a `Conflict`: over the campaign as it stands now, with what was entered (L10).

        What was entered in fields that are locked meanwhile is taken back (L14). What the other one has changed is
        overwritten by the next `save`; show it first.

        Raises:
            NotFound: the campaign is gone.
        """
        if wizard.editing is None:
            return self.refreshed(wizard)
        return self._as_it_is(wizard, self.get(wizard.editing.id)).unlocked_only()

    def _as_it_is(self, wizard: Wizard, campaign: Campaign) -> Wizard:
        contacts = self.store.counters(campaign.id).total
        return wizard.reopened(campaign, contacts, self._offers(campaign.workspace, wizard.offers))

    def _offers(self, workspace: str, known: Offers | None = None) -> Offers:
        """Return what can be chosen in a workspace now; zones and dispositions are the wizard's own."""
        from ori_campaigns.wizard import Offers

        found = self._configured(workspace)
        return attrs.evolve(known or Offers(), bots=found.bots, carriers=found.carriers)

    # --- configuration -----------------------------------------------------------------------------------------------

    def _configured(self, workspace: str) -> Configured:
        return Configured(self._directory.bots(workspace), self._directory.carriers(workspace))


def _require_sound(wizard: Wizard, leads: LeadList | None) -> None:
    if problems := errors_among((*wizard.problems(), *wizard.problems_with(leads))):
        raise InvalidDefinition(problems)
