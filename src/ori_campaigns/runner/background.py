"""What goes on beside the loop of a runner, and goes on when the runner is cancelled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import anyio
from anyio.abc import TaskGroup


class Background:
    """Tasks that are shielded from cancellation: how they end is for whoever keeps this to say.

    Parameters:
        on_end: called whenever one of them has ended.
    """

    def __init__(self, on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._scopes: set[anyio.CancelScope] = set()
        self._closed = False
        self.count = 0

    def begin(self, tasks: TaskGroup, what: Callable[[], Awaitable[None]]) -> None:
        """Begin a task; it counts from now on, though it runs only when the loop is free."""
        self.count += 1
        tasks.start_soon(self._shielded, what)

    async def _shielded(self, what: Callable[[], Awaitable[None]]) -> None:
        scope = anyio.CancelScope(shield=True)
        self._scopes.add(scope)
        if self._closed:
            scope.cancel()
        try:
            with scope:
                await what()
        finally:
            self._scopes.discard(scope)
            self.count -= 1
            self._on_end()

    def cancel(self) -> None:
        """Cancel those that are running."""
        for scope in self._scopes:
            scope.cancel()

    def close(self) -> None:
        """Cancel those that are running, and those that are still to begin."""
        self._closed = True
        self.cancel()
