"""The time that one question has, and what is read within it."""

from collections.abc import Callable
from math import inf

from slm_context.remembered import Remembered

# What reading a text, looking for secrets in it and cutting it into windows takes, and more where
# the machine is slow: what cannot be done in time is not begun.
MS_PER_BYTE = 1e-4
# No more of a text is looked at, so that every text fits the time of a question.
MAX_LOOKED_AT = 100_000
# As many characters as are kept of files that were read.
MAX_KNOWN_CHARS = 1_000_000

Read = Callable[[str], str | None]


class Deadline:
    """The end of the time that a question has, by a clock in seconds."""

    def __init__(self, clock: Callable[[], float], ms: float = inf) -> None:
        self._clock = clock
        self._started = clock()
        self._ms = ms

    @property
    def elapsed_ms(self) -> float:
        return (self._clock() - self._started) * 1000

    @property
    def is_over(self) -> bool:
        return self.elapsed_ms > self._ms

    def has_room_for(self, n_bytes: int) -> bool:
        """Whether so much text can still be looked at."""
        left_ms = self._ms - self.elapsed_ms
        return left_ms > 0 and n_bytes * MS_PER_BYTE <= left_ms


class Texts:
    """Reads the texts that a question looks at besides its own, each while there is time for it.

    `read` itself must take no longer than looking at what it gives: a text that has to be searched
    for secrets first, and is too long for that, is none of its.
    One that was looked at a while ago costs nothing again. `owed` is what there was no time for, to
    be looked at when nobody waits: its path, and its text where it is no file's.
    """

    def __init__(
        self,
        read: Read,
        size: Callable[[str], int],
        deadline: Deadline,
        known: Remembered[str, int],
    ) -> None:
        """`known` outlives the question: the files looked at, and how long each was."""
        self._read = read
        self._size = size
        self._deadline = deadline
        self._known = known
        self.owed: dict[str, str | None] = {}

    def of(self, path: str) -> str | None:
        """A file's text; None where it may not be read, or not in time."""
        return self._read(path) if self._affords(path, self._size(path), None) else None

    def may_use(self, path: str, text: str) -> bool:
        """Whether a text that is open can be looked at now."""
        return self._affords(path, len(text), text)

    def _affords(self, path: str, n_bytes: int, text: str | None) -> bool:
        if self._known.get(path) != n_bytes:
            if not self._deadline.has_room_for(min(n_bytes, MAX_LOOKED_AT)):
                self.owed[path] = text
                return False
            self._known.put(path, n_bytes, n_bytes)
        return True
