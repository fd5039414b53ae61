"""A model that can be asked: all that the rest of the server knows of this room."""

from collections.abc import AsyncGenerator, Callable
from enum import StrEnum
from typing import Protocol

from slm_lsp.inference.wire import Chunk, Done, Generate, ModelInfo, Score, Scores, Warm


class WorkerState(StrEnum):
    """Where the inference process stands."""

    STOPPED = "stopped"
    LOADING = "loading"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"


class ModelClient(Protocol):
    """A model that can be asked. Every call may raise a `WorkerError`; ids are the caller's.

    Two questions under way may have the same id: the client tells them apart.
    """

    @property
    def state(self) -> WorkerState: ...

    @property
    def model(self) -> ModelInfo | None:
        """The loaded model, None until `state` was READY for the first time."""
        ...

    @property
    def detail(self) -> str:
        """One sentence about the state, for people."""
        ...

    @property
    def pid(self) -> int | None: ...

    @property
    def restarts(self) -> int: ...

    @property
    def safe_mode(self) -> bool: ...

    def subscribe(self, listener: Callable[[WorkerState, str], None]) -> None:
        """Call `listener(state, detail)` on every change of state."""
        ...

    async def start(self) -> None:
        """Start the process and load the model; returns when READY or FAILED."""
        ...

    def generate(self, request: Generate) -> AsyncGenerator[Chunk | Done, None]:
        """Stream the answer; the last item is a Done. Closing the iterator cancels in the child."""
        ...

    async def warm(self, request: Warm) -> Done: ...

    async def score(self, request: Score) -> Scores: ...

    async def close(self) -> None: ...
