"""The store as `run` uses it: with eyes for one campaign only."""

from __future__ import annotations

from collections.abc import Sequence

from ori_campaigns.ports import Agenda
from ori_campaigns.stores.sql import SqlStore


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
