"""A store and a directory as one workspace sees them: what belongs to another is not found (L20)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from ori_campaigns.campaign import Campaign
from ori_campaigns.carriers import Bot, Carrier
from ori_campaigns.errors import InvalidDefinition, NotFound, Problem
from ori_campaigns.ports import Directory, Store
from ori_campaigns.views import Created

T = TypeVar("T")

_OF_A_CAMPAIGN = frozenset(
    {
        *("change", "change_numbers", "unsent", "counters", "contacts", "attempts", "attempts_of", "number_use"),
        *("dialled_since", "next_due", "activity"),
    }
)
_OF_A_WORKSPACE = frozenset({"put_carriers", "overview"})
_OF_NO_CAMPAIGN = frozenset({"can", "clock", "stage", "discard", "keep_policy"})


class WorkspaceStore:
    """A store in which there is nothing but one workspace.

    Dialling is for all workspaces together, which share workers and a log: its verbs are refused here, as is all that a
    store can do beyond its port.

    Parameters:
        store: the store of all workspaces.
        workspace: whose campaigns there are.
    """

    def __init__(self, store: Store, workspace: str) -> None:
        self._store, self._workspace = store, workspace

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has under that name
        if name.startswith("_"):
            raise AttributeError(name)
        if name in _OF_A_CAMPAIGN:
            return partial(self._own_campaign, getattr(self._store, name))
        if name in _OF_A_WORKSPACE:
            return partial(self._own_workspace, getattr(self._store, name))
        if name in _OF_NO_CAMPAIGN:
            return getattr(self._store, name)
        # The log, dialling, and what a store has beyond the port, such as erasing somebody everywhere.
        message = f"In the workspace {self._workspace!r} alone there is no {name!r}: it goes through all workspaces."
        hint = "Call it on the store or the service of all workspaces."
        raise InvalidDefinition([Problem("workspace", "all_workspaces", message, hint)], what="The call")

    def campaign(self, campaign_id: str) -> Campaign:
        """Return one campaign, if it is of this workspace."""
        found = self._store.campaign(campaign_id)
        if found.workspace != self._workspace:
            raise NotFound("campaign", campaign_id)
        return found

    def campaigns(self, workspace: str | None = None) -> Sequence[Campaign]:
        """Return the campaigns of this workspace."""
        return self._own_workspace(self._store.campaigns, self._workspace if workspace is None else workspace)

    def create(self, created: Created, key: str | None) -> Campaign:
        """Insert a campaign of this workspace."""
        return self._own_workspace(lambda _: self._store.create(created, key), created.campaign.workspace)

    def _own_campaign(self, verb: Callable[..., T], campaign_id: str, *others: object, **named: object) -> T:
        # A campaign never changes its workspace, so that what is true here is true in the verb.
        self.campaign(campaign_id)
        return verb(campaign_id, *others, **named)

    def _own_workspace(self, verb: Callable[..., T], workspace: str, *others: object, **named: object) -> T:
        if workspace != self._workspace:
            raise NotFound("workspace", workspace)
        return verb(workspace, *others, **named)


class WorkspaceDirectory:
    """A directory in which there is nothing but one workspace."""

    def __init__(self, directory: Directory, workspace: str) -> None:
        self._directory, self._workspace = directory, workspace

    def bots(self, workspace: str) -> Sequence[Bot]:
        """Return the bots of this workspace."""
        return self._directory.bots(self._own(workspace))

    def carriers(self, workspace: str) -> Sequence[Carrier]:
        """Return the carriers of this workspace."""
        return self._directory.carriers(self._own(workspace))

    def _own(self, workspace: str) -> str:
        if workspace != self._workspace:
            raise NotFound("workspace", workspace)
        return workspace


def within(store: Store, directory: Directory, workspace: str) -> tuple[Store, Directory]:
    """Return a store and a directory as one workspace sees them."""
    return cast("Store", WorkspaceStore(store, workspace)), WorkspaceDirectory(directory, workspace)
