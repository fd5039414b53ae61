"""What was worked out from texts and may be wanted again, up to so many characters of them.

A number of entries bounds no memory: sixty-four small files and sixty-four large ones differ by a
factor of a hundred. So what is kept is counted by the length of the texts that it came from.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import Generic, ParamSpec, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
P = ParamSpec("P")

# An entry costs something even when its text is empty.
ENTRY_CHARS = 200


class Remembered(Generic[K, V]):
    """The values used last. The newest one stays, however long its text: it is being worked on."""

    def __init__(self, max_chars: int) -> None:
        self.max_chars = max_chars
        self.n_chars = 0
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        with self._lock:
            found = self._entries.get(key)
            if found is None:
                return None
            self._entries.move_to_end(key)
            return found[0]

    def put(self, key: K, value: V, n_chars: int) -> None:
        """Keep `value`, which came from a text of so many characters."""
        with self._lock:
            self._forget(key)
            self._entries[key] = value, n_chars + ENTRY_CHARS
            self.n_chars += n_chars + ENTRY_CHARS
            while self.n_chars > self.max_chars and len(self._entries) > 1:
                self._forget(next(iter(self._entries)))

    def forget(self, key: K) -> None:
        with self._lock:
            self._forget(key)

    def _forget(self, key: K) -> None:
        before = self._entries.pop(key, None)
        if before is not None:
            self.n_chars -= before[1]


def remembers(max_chars: int) -> Callable[[Callable[P, V]], Callable[P, V]]:
    """For functions of texts: `lru_cache`, but for texts of so many characters together."""

    def wrap(function: Callable[P, V]) -> Callable[P, V]:
        known: Remembered[object, tuple[V]] = Remembered(max_chars)

        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> V:
            key = (args, tuple(sorted(kwargs.items())))
            found = known.get(key)
            if found is None:
                found = (function(*args, **kwargs),)
                known.put(key, found, sum(len(one) for one in args if isinstance(one, str)))
            return found[0]

        return call

    return wrap
