"""What only a disk knows, asked so that one which never answers holds nothing up.

A hard network mount whose server is gone lets whoever looks at a file on it wait for ever.
"""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeVar

T = TypeVar("T")

# Questions that got no answer so far. With so many of them, no further one is asked.
MAX_WAITING = 4


class Patiently(Generic[T]):
    """Asks in a thread of its own, and does without the answer until it is there.

    So all dead disks together cost `patience_s` for `MAX_WAITING` paths, once. The last `remembers`
    answers are kept; with 0, each is asked for anew.
    """

    def __init__(self, question: Callable[[Path], T], remembers: int, patience_s: float) -> None:
        self._question = question
        self._remembers = remembers
        self.patience_s = patience_s
        self._answers: dict[Path, T] = {}
        self._waiting: set[Path] = set()
        self._lock = threading.Lock()

    def ask(self, path: Path) -> T | None:
        """What the disk says of `path`; None where it has not said so yet."""
        if path in self._answers or path in self._waiting or len(self._waiting) >= MAX_WAITING:
            return self._answers.get(path)
        said: list[T] = []
        done = threading.Event()
        self._waiting.add(path)

        def wait() -> None:
            try:
                said.append(self._question(path))
                self._remember(path, said[0])
            finally:
                self._waiting.discard(path)
                done.set()

        # The process does not wait for this one when it ends.
        threading.Thread(target=wait, name="disk", daemon=True).start()
        done.wait(self.patience_s)
        return said[0] if said else None

    def _remember(self, path: Path, answer: T) -> None:
        with self._lock:
            self._answers[path] = answer
            while len(self._answers) > self._remembers:
                self._answers.pop(next(iter(self._answers)))
