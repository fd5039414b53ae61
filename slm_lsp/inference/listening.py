"""Waiting for the server's bytes, but not longer than until something else has to be done."""

import os
import queue
import select
import threading
from collections.abc import Callable

READ_BYTES = 1 << 16

# The bytes that came, b"" at the end; None when none came within so many seconds (None: for ever).
Read = Callable[[float | None], bytes | None]


def reads(fd: int, *, can_select: bool = os.name != "nt") -> Read:
    """How to read `fd`. Windows waits for sockets only, so there a thread waits for the pipe."""
    return _selecting(fd) if can_select else _pumped(fd)


def _selecting(fd: int) -> Read:
    def read(seconds: float | None) -> bytes | None:
        ready, _, _ = select.select([fd], [], [], seconds)
        return os.read(fd, READ_BYTES) if ready else None

    return read


def _pumped(fd: int) -> Read:
    arrived: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def pump() -> None:
        try:
            while data := os.read(fd, READ_BYTES):
                arrived.put(data)
        except OSError:
            pass  # a pipe that breaks has ended: so does the process that waits for it
        finally:
            arrived.put(b"")

    def read(seconds: float | None) -> bytes | None:
        try:
            return arrived.get(timeout=seconds)
        except queue.Empty:
            return None

    threading.Thread(target=pump, name="pump", daemon=True).start()
    return read
