"""The child's ears: a thread that reads the pipe while the main thread decodes.

It takes a Cancel at once, raises the abort flag at a deadline, answers pings, lets a Generate
pre-empt less urgent work, and ends the process when the server is gone.
"""

import heapq
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

from slm_lsp.inference.framing import FrameReader, WireError
from slm_lsp.inference.listening import reads
from slm_lsp.inference.wire import (
    Cancel,
    EndReason,
    Generate,
    Message,
    Ping,
    Pong,
    Score,
    Warm,
)

PRIORITY = {Generate: 0, Score: 1, Warm: 2}


class Flag(Protocol):
    """What makes the running batch stop."""

    def set(self) -> None: ...
    def clear(self) -> None: ...


@dataclass(order=True, slots=True)
class Job:
    """A question in the queue."""

    priority: int
    arrival: int
    question: Generate | Score | Warm = field(compare=False)
    deadline: float = field(compare=False)  # on the monotonic clock
    stopped: EndReason | None = field(compare=False, default=None)


class Inbox:
    """The queue between the two threads."""

    def __init__(self, fd: int, flag: Flag, send: Callable[[Message], None]) -> None:
        self._fd = fd
        self._flag = flag
        self._send = send
        self._arrivals = count()
        self._changed = threading.Condition()
        self._queue: list[Job] = []
        self._current: Job | None = None
        self.n_steps: Callable[[], int] = lambda: 0

    def start(self) -> None:
        threading.Thread(target=self._run, name="inbox", daemon=True).start()

    def next_job(self) -> Job:
        """The most urgent question; waits for one. It is the current job until `finished`."""
        with self._changed:
            while not self._queue:
                self._changed.wait()
            job = self._current = heapq.heappop(self._queue)
            if job.stopped is None:
                self._flag.clear()
            else:
                self._flag.set()
            return job

    def finished(self, job: Job, answered: bool) -> None:
        """The current job is over; one that was pre-empted without an answer waits again."""
        with self._changed:
            self._current = None
            if not answered:
                heapq.heappush(self._queue, job)

    def _run(self) -> None:
        try:
            self._listen()
        except WireError as error:
            print(f"the server broke the protocol: {error}", file=sys.stderr, flush=True)
            os._exit(1)

    def _listen(self) -> None:
        frames, read = FrameReader(), reads(self._fd)
        while True:
            data = read(self._seconds_to_deadline())
            self._stop_overdue()
            if data is None:
                continue
            if not data:
                # The server is gone, however it went. Nothing here is worth finishing.
                os._exit(0)
            for message in frames.feed(data):
                self._receive(message)

    def _receive(self, message: Message) -> None:
        match message:
            case Generate() | Score() | Warm():
                self._enqueue(message)
            case Cancel(id=id):
                self._stop(EndReason.CANCELLED, lambda job: job.question.id == id)
            case Ping(id=id):
                self._send(Pong(id, self._current is not None, self.n_steps()))
            case _:
                pass

    def _enqueue(self, question: Generate | Score | Warm) -> None:
        limit_ms = question.deadline_ms if isinstance(question, Generate) else None
        deadline = float("inf") if limit_ms is None else time.monotonic() + limit_ms / 1000
        job = Job(PRIORITY[type(question)], next(self._arrivals), question, deadline)
        with self._changed:
            heapq.heappush(self._queue, job)
            current = self._current
            if current is not None and current.priority > job.priority:
                self._flag.set()
            self._changed.notify()

    def _stop_overdue(self) -> None:
        now = time.monotonic()
        self._stop(EndReason.DEADLINE, lambda job: job.deadline <= now)

    def _stop(self, reason: EndReason, concerns: Callable[[Job], bool]) -> None:
        """Stop the jobs concerned; one that waits is answered, too, when its turn comes."""
        with self._changed:
            for job in self._queue:
                if job.stopped is None and concerns(job):
                    job.stopped = reason
            current = self._current
            if current is not None and current.stopped is None and concerns(current):
                current.stopped = reason
                self._flag.set()

    def _seconds_to_deadline(self) -> float | None:
        with self._changed:
            jobs = [*self._queue, *([] if self._current is None else [self._current])]
            deadlines = [job.deadline for job in jobs if job.stopped is None]
        nearest = min(deadlines, default=float("inf"))
        return None if nearest == float("inf") else max(0.0, nearest - time.monotonic())
