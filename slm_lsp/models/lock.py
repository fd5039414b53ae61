"""One process at a time, across processes; the system lets go when a process dies."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

if sys.platform == "win32":
    import msvcrt

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _wait_for_lock(file: IO[bytes]) -> None:
        while not _try_lock_for_ten_seconds(file):
            pass

    def _try_lock_for_ten_seconds(file: IO[bytes]) -> bool:
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)  # tries ten times, once a second
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try_lock(file: IO[bytes]) -> bool:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _wait_for_lock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX)


@contextmanager
def locked(path: Path, on_wait: Callable[[], None] = lambda: None) -> Iterator[None]:
    """Hold the lock file at `path`. `on_wait` is called when somebody else has it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        if not _try_lock(file):
            on_wait()
            _wait_for_lock(file)
        yield


@contextmanager
def briefly_locked(path: Path, patience_s: float = 0.2) -> Iterator[None]:
    """Hold the lock file for a moment, or go on without it.

    For small things that an editor waits for: a process that has been stopped, or a folder that
    cannot be written to, must not stop it as well.
    """
    with ExitStack() as held:
        with suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            file = held.enter_context(path.open("ab"))
            until = time.monotonic() + patience_s
            while not _try_lock(file) and time.monotonic() < until:
                time.sleep(0.005)
        yield


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock file now."""
    try:
        with path.open("ab") as file:
            return not _try_lock(file)
    except OSError:
        return False
