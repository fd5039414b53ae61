"""How things stand, in one word and one sentence."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from slm_lsp.inference.client import WorkerState
from slm_lsp.inference.wire import ModelInfo

# A loading model has something new to tell with each percent: that is news to the log only.
PROGRESS_EVERY_S = 0.2


class State(StrEnum):
    """What a status bar shows."""

    LOADING = "loading"
    READY = "ready"
    BUSY = "busy"
    OFF = "off"
    ERROR = "error"


STATE_OF_WORKER = {
    WorkerState.STOPPED: State.OFF,
    WorkerState.LOADING: State.LOADING,
    WorkerState.RESTARTING: State.LOADING,
    WorkerState.READY: State.READY,
    WorkerState.FAILED: State.ERROR,
}


@dataclass(frozen=True, slots=True)
class Status:
    """The content of `slm/status`."""

    state: State
    message: str
    model: str | None = None
    tokens_per_second: float | None = None

    @classmethod
    def of_worker(cls, state: WorkerState, detail: str, model: ModelInfo | None) -> "Status":
        if model is None:
            return cls(STATE_OF_WORKER[state], detail)
        speed = round(model.decode_tokens_per_second, 1) or None
        return cls(STATE_OF_WORKER[state], detail, model.name, speed)


class Teller:
    """Passes a status on when it is news."""

    def __init__(self, tell: Callable[[Status], None]) -> None:
        self._tell = tell
        self._last: Status | None = None
        self._told_at = 0.0

    def tell(self, status: Status) -> None:
        last, now = self._last, time.monotonic()
        if status == last:
            return
        loading = last is not None and status.state is last.state is State.LOADING
        if loading and now - self._told_at < PROGRESS_EVERY_S:
            return
        self._last, self._told_at = status, now
        self._tell(status)
