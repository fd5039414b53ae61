"""JSON-RPC bodies over stdin and stdout, without ever making the event loop wait.

One thread reads. An answer that the pipe has room for is written at once, and what it has none for
by another thread: a client that stops reading stdout fills the writer's queue and nothing else; one
that floods stdin waits until its earlier messages are handled.
"""

import asyncio
import os
import re
import select
import stat
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress

HEADER = re.compile(rb"content-length[ \t]*:[ \t]*(\d{1,12})[ \t]*", re.IGNORECASE)
# Far above any message of an editor, and little enough to be held in memory.
MAX_BODY_BYTES = 256 * 2**20
# A header line longer than this is no header line.
MAX_HEADER_BYTES = 8 * 2**10
READ_BYTES = 64 * 2**10
# How many messages may be read ahead of the one that is being handled. Enough that
# cancellations are seen early, few enough to bound memory.
MAX_AHEAD = 200
# A client that left so much unread is not going to read it.
MAX_UNWRITTEN_BYTES = 64 * 2**20
# Where a pipe has any room, it has room for so much, and a socket for more; 0 is nobody's word.
SURE_BYTES: int = getattr(select, "PIPE_BUF", 0)


class Garbage(Exception):
    """Bytes that are no message. The text says what is wrong with them."""


class Framing:
    """Bytes in, message bodies out. What is no header is skipped, so garbage costs itself only."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length: int | None = None  # from the header that is being read
        self._in_body = False
        self._skipping = False

    def feed(self, received: bytes) -> Iterator[bytes | Garbage]:
        """The bodies that `received` completes, and one Garbage for each run of nonsense."""
        self._buffer += received
        while True:
            if self._in_body:
                assert self._length is not None
                if len(self._buffer) < self._length:
                    return
                yield bytes(self._buffer[: self._length])
                del self._buffer[: self._length]
                self._in_body, self._length = False, None
                continue
            end = self._buffer.find(b"\n")
            length = len(self._buffer) if end < 0 else end + 1
            if length > MAX_HEADER_BYTES:
                del self._buffer[:length]
                yield from self._skip("a header line that is too long")
                continue
            if end < 0:
                return
            line = bytes(self._buffer[:end]).rstrip(b"\r")
            del self._buffer[: end + 1]
            yield from self._header(line)

    def _header(self, line: bytes) -> Iterator[Garbage]:
        if not line:
            if self._length is None:
                yield from self._skip("a header without Content-Length")
            self._in_body = self._length is not None
            self._skipping = self._skipping and not self._in_body
        elif match := HEADER.fullmatch(line):
            length = int(match.group(1))
            if length > MAX_BODY_BYTES:
                yield from self._skip(f"a Content-Length above {MAX_BODY_BYTES}")
            else:
                self._length = length
        elif line[:14].lower() == b"content-length":
            yield from self._skip("a Content-Length that is no number")

    def _skip(self, what: str) -> Iterator[Garbage]:
        if not self._skipping:
            self._skipping = True
            yield Garbage(what)


class StdioReader:
    """Reads `fd` in a thread of its own; `receive()` gives the next body, None at the end."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._bodies: asyncio.Queue[bytes | Garbage | None] = asyncio.Queue()
        self._room = threading.Semaphore(MAX_AHEAD)
        # A daemon: nothing can wake a thread that waits for a pipe, and exit must not wait for it.
        threading.Thread(target=self._read, name="stdin", daemon=True).start()

    async def receive(self) -> bytes | Garbage | None:
        body = await self._bodies.get()
        self._room.release()
        return body

    def _read(self) -> None:
        framing = Framing()
        try:
            while received := os.read(self._fd, READ_BYTES):
                for body in framing.feed(received):
                    self._hand_over(body)
        except OSError:
            pass  # a terminal that hung up, for instance: the end of the input
        self._hand_over(None)

    def _hand_over(self, body: bytes | Garbage | None) -> None:
        self._room.acquire()
        try:
            self._loop.call_soon_threadsafe(self._bodies.put_nowait, body)
        except RuntimeError:
            return  # the loop is closed: the server has ended


class _Room:
    """Says whether a pipe or a socket takes a message without a wait."""

    def __init__(self, fd: int) -> None:
        self._poll = select.poll()
        self._poll.register(fd, select.POLLOUT)

    @classmethod
    def of(cls, fd: int) -> "_Room | None":
        """None where nobody can tell: a terminal that was stopped, and on Windows."""
        mode = os.fstat(fd).st_mode
        waits_for_a_reader = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)
        return cls(fd) if SURE_BYTES and waits_for_a_reader else None

    def holds(self, message: bytes) -> bool:
        found = self._poll.poll(0) if len(message) <= SURE_BYTES else []
        return bool(found) and found[0][1] == select.POLLOUT


class StdioWriter:
    """Writes to `fd` in order. `write` never waits and never raises.

    What has to wait is for a thread: it would be woken for each answer, and get the interpreter
    when the loop has nothing else to do.

    `on_broken` is called in the loop, once, when the client has gone or will not read.
    """

    def __init__(self, fd: int, on_broken: Callable[[str], None]) -> None:
        self._fd = fd
        self._loop = asyncio.get_running_loop()
        self._on_broken = on_broken
        self._unwritten: deque[bytes] = deque()
        self._n_unwritten = 0
        self._changed = threading.Condition()
        self._closing = False
        self._broken = False
        self._room = _Room.of(fd)
        self._thread = threading.Thread(target=self._write_all, name="stdout", daemon=True)
        self._thread.start()

    def write(self, message: bytes) -> None:
        with self._changed:
            if self._closing or self._broken:
                return
            if self._n_unwritten + len(message) > MAX_UNWRITTEN_BYTES:
                self._break("the client does not read what it is sent")
                return
            if not self._n_unwritten and self._room is not None and self._room.holds(message):
                with suppress(OSError):  # the thread meets it, too
                    message = message[os.write(self._fd, message) :]
                if not message:
                    return
            self._unwritten.append(message)
            self._n_unwritten += len(message)
            self._changed.notify()

    def close(self, patience_s: float) -> None:
        """Write what is left, but wait no longer than `patience_s` for a client that is slow."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(patience_s)

    def _write_all(self) -> None:
        while True:
            with self._changed:
                while not self._unwritten and not self._closing:
                    self._changed.wait()
                if not self._unwritten or self._broken:
                    return
                message = self._unwritten.popleft()
            try:
                rest = memoryview(message)
                while rest:
                    rest = rest[os.write(self._fd, rest) :]
            except OSError:
                with self._changed:
                    self._break("the client has closed the connection")
                return
            with self._changed:
                self._n_unwritten -= len(message)

    def _break(self, why: str) -> None:
        if self._broken:
            return
        self._broken = True
        self._unwritten.clear()
        try:
            self._loop.call_soon_threadsafe(self._on_broken, why)
        except RuntimeError:
            return  # the loop is closed: the server has ended


def claim_stdio() -> tuple[int, int]:
    """Take stdin and stdout for the protocol alone: what anything else prints goes to stderr."""
    reading, writing = os.dup(0), os.dup(1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return reading, writing
