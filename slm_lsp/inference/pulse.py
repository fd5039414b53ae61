"""Whether the inference process still moves: what was heard of it, against what it may take."""

from dataclasses import dataclass

from slm_lsp.inference.wire import Message, Pong


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient the server is, in seconds."""

    # A question is watched this often; an idle child is left alone, for the battery's sake.
    ping_s: float = 1.0
    # Its reader answers pings while the model works; silence means that it is stopped.
    silence_s: float = 10.0
    # No batch finished for so long while a question is open: it hangs. The slowest real batch
    # is 512 tokens of a 7B model on two busy cores, read in micro-batches.
    hang_s: float = 30.0
    # No progress for so long while loading.
    load_s: float = 120.0
    # A closed pipe ends the child at once; one that stays is killed.
    close_s: float = 1.0
    # Before each new start in a row; the first one is at once.
    back_off_s: tuple[float, ...] = (0.0, 0.5, 2.0, 5.0)


class Pulse:
    """Of one process. Times are the caller's, in seconds on one clock that never goes back."""

    def __init__(self, limits: Limits, now: float) -> None:
        self._limits = limits
        self._last_steps = -1
        self.begin(now)

    def begin(self, now: float) -> None:
        """From now on something is expected of it, after a rest."""
        self._last_progress = self._last_heard = now

    def heard(self, message: Message, now: float) -> None:
        """It said something, which is progress unless it only says that it goes on."""
        self._last_heard = now
        if not isinstance(message, Pong):
            self._last_progress = now
            return
        if not message.busy or message.n_steps != self._last_steps:
            self._last_progress = now
        self._last_steps = message.n_steps

    def why_hung(self, now: float, *, loading: bool) -> str | None:
        """Why not to wait any longer for what is expected of it; None: wait."""
        stuck_s, silent_s = now - self._last_progress, now - self._last_heard
        if loading:
            return "the model did not load" if stuck_s > self._limits.load_s else None
        if silent_s > self._limits.silence_s:
            return f"the inference process was silent for {silent_s:.1f} s"
        if stuck_s > self._limits.hang_s:
            return f"the inference process was stuck for {stuck_s:.1f} s"
        return None
