"""Work ahead of the next question: only while nobody waits, and dropped at the next keystroke."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from slm_lsp.errors import WorkerError

LOG = logging.getLogger("slm_lsp.completion")

# Longer than between two keys of a person who types: the machine is not heated in vain.
IDLE_S = 0.25

Sleep = Callable[[float], Awaitable[None]]


class Ahead:
    """At most one piece of work, begun after a pause. What is planned last counts."""

    def __init__(self, sleep: Sleep = asyncio.sleep) -> None:
        self._sleep = sleep
        self._task: asyncio.Task[None] | None = None
        self._over = False

    def end(self) -> None:
        """Nobody would drop what is planned from now on, so nothing is."""
        self.drop()
        self._over = True

    def plan(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do `work` when nothing has happened for a moment."""
        self.drop()
        if not self._over:
            self._task = asyncio.ensure_future(self._run(work))

    def drop(self) -> None:
        """A person did something: give up at once. The model stops inside its batch."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def close(self) -> None:
        task = self._task
        self.drop()
        if task is not None:
            with suppress(asyncio.CancelledError):
                await task

    async def done(self) -> None:
        """Wait for what is planned; for tests and benchmarks."""
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await asyncio.shield(self._task)

    async def _run(self, work: Callable[[], Awaitable[None]]) -> None:
        await self._sleep(IDLE_S)
        try:
            await work()
        except WorkerError as error:
            LOG.debug("nothing was computed ahead: %s", error)
