"""A directory that is known beforehand: for notebooks, tests and small services."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ori_campaigns.carriers import Bot, Carrier, directory_problems
from ori_campaigns.errors import InvalidDefinition


class StaticDirectory:
    """Bots and carriers given once.

    Parameters:
        bots: ids, or `Bot` values.
        carriers: the carriers with their numbers and limits.
        workspace: the workspace they belong to; others have none.

    Raises:
        InvalidDefinition: codes `carrier_out_of_range`, `carrier_repeated`, `number_under_two_carriers`.

    >>> StaticDirectory(bots=["renewals-v3"], carriers=[]).bots("default")
    (Bot(id='renewals-v3', callbacks=False, name=''),)
    """

    def __init__(
        self, *, bots: str | Iterable[str | Bot] = (), carriers: Iterable[Carrier] = (), workspace: str = "default"
    ) -> None:
        self._workspace = workspace
        listed = (bots,) if isinstance(bots, str) else bots
        self._bots = tuple(bot if isinstance(bot, Bot) else Bot(bot) for bot in listed)
        self._carriers = tuple(carriers)
        problems = directory_problems(self._carriers)
        if problems:
            raise InvalidDefinition(problems, what="The directory")

    def bots(self, workspace: str) -> Sequence[Bot]:
        """Return the bots of a workspace."""
        return self._bots if workspace == self._workspace else ()

    def carriers(self, workspace: str) -> Sequence[Carrier]:
        """Return the carriers of a workspace."""
        return self._carriers if workspace == self._workspace else ()
