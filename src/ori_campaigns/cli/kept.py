"""The store as commands use it: with what it knows of its carriers, and, for `run`, with eyes for one campaign only."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from ori_campaigns.carriers import Carrier
from ori_campaigns.instants import Instant
from ori_campaigns.ports import Agenda
from ori_campaigns.stores.sql import SqlStore


@attrs.frozen
class KeptCarrier:
    """A carrier as the store knows it.

    Parameters:
        live: its calls that hold a channel.
        rests_until: no call leaves before this instant (microseconds UTC).
        configured: whether it is among those that were configured last.
    """

    carrier: Carrier
    live: int
    rests_until: Instant
    configured: bool


class CommandStore(SqlStore):
    """A store that lasts.

    Attributes:
        only: the id of the one campaign that is dialled here; empty for all of them.
    """

    only: str = ""

    def agenda(self) -> Agenda:
        """Return what there is to do."""
        agenda = super().agenda()
        if not self.only:
            return agenda
        return agenda._replace(works=[work for work in agenda.works if work.campaign.id == self.only])

    def overdue(self, limit: int) -> Sequence[str]:
        """Return attempts whose time limit or awaited analysis has passed.

        Those of other campaigns are left to whoever runs them: the limits of their calls may be others.
        """
        asked = limit
        while True:
            found = super().overdue(asked)
            mine = [each for each in found if not self.only or each.rpartition("-")[0] == self.only]
            if mine or len(found) < asked:
                return mine[:limit]
            asked *= 4

    def kept_carriers(self, workspace: str) -> tuple[KeptCarrier, ...]:
        """Return the carriers of a workspace, those that are withdrawn among them."""
        trunks = self._transactions.read(lambda connection: self._carriers.of_workspace(connection, workspace))
        return tuple(
            KeptCarrier(trunk.carrier, trunk.live, trunk.rests_until, trunk.configured) for trunk in trunks.values()
        )
