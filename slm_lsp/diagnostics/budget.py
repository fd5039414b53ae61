"""How much time of the model diagnostics may take: a tenth, so that suggestions never wait long."""

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

WINDOW_S = 300.0
SHARE = 0.1


class TimeBudget:
    """Adds up what was spent within the last five minutes."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spent: deque[tuple[float, float]] = deque()  # (when it ended, seconds)

    @property
    def is_spent(self) -> bool:
        horizon = self._clock() - WINDOW_S
        while self._spent and self._spent[0][0] < horizon:
            self._spent.popleft()
        return sum(seconds for _, seconds in self._spent) >= SHARE * WINDOW_S

    @contextmanager
    def spending(self) -> Iterator[None]:
        """Count the time of the block, however it ends."""
        start = self._clock()
        try:
            yield
        finally:
            now = self._clock()
            self._spent.append((now, now - start))
