"""How long to wait after a keystroke before the model is asked.

A fast model answers before the next key falls, and is asked at once. A slow one would only be
interrupted, and the machine heated, by asking between two keys of a person who types on: then it
is asked at a pause. Answers that are already known are never delayed.
"""

from collections import deque
from statistics import median

# Keys further apart are not typing but thinking.
LONGEST_INTERVAL_MS = 1000.0
# An answer that takes less than this share of the time between two keys needs no pause: it comes
# in every second gap or more, where behind a pause it would come in one of twenty.
FAST_SHARE = 1.0
# Nor does one that takes no longer than this, however quick the keys: which gap will be long enough
# cannot be foreseen, and what is lost at the others is little.
FAST_MS = 40.0
# A pause is a silence of so many usual intervals; where only power is at stake, a shorter one.
PAUSE_INTERVALS = 1.3
SAVING_INTERVALS = 1.0
MAX_DELAY_MS = 300.0
# A person who deletes is looking for something else; wait for the hand to rest.
DELETING_MS = 300.0
FIRST_INTERVAL_MS = 180.0


class Debounce:
    """Learns the rhythm of one person and the speed of one model on one machine."""

    def __init__(self) -> None:
        self._intervals: deque[float] = deque([FIRST_INTERVAL_MS], maxlen=12)
        self._answers: deque[float] = deque(maxlen=12)
        self._last_key_ms: float | None = None

    def key(self, now_ms: float) -> None:
        """A key fell."""
        if self._last_key_ms is not None:
            interval = now_ms - self._last_key_ms
            if 0 < interval < LONGEST_INTERVAL_MS:
                self._intervals.append(interval)
        self._last_key_ms = now_ms

    def answered(self, model_ms: float) -> None:
        """The model took so long."""
        self._answers.append(model_ms)

    def delay_ms(
        self, *, deleting: bool = False, saving: bool = False, chosen_ms: float | None = None
    ) -> float:
        """How long to wait now. `chosen_ms` is the setting; None adapts.

        `saving` power, even a fast model is asked at pauses only. Before the first answer nobody
        waits: a prompt has to be read first, and is read on from key to key.
        """
        if chosen_ms is not None:
            return chosen_ms
        if deleting:
            return DELETING_MS
        interval = median(self._intervals)
        answer = median(self._answers or [0.0])
        intervals = PAUSE_INTERVALS
        if answer <= max(FAST_MS, FAST_SHARE * interval):
            intervals = SAVING_INTERVALS if saving else 0.0
        return min(MAX_DELAY_MS, intervals * interval)
