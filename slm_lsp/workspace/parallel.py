"""One piece of work spread over child processes, by fork and plain pipes.

The semaphores of `multiprocessing` are files in /dev/shm, and the sandbox that the indexer may be
in allows none.
"""

import fcntl
import io
import os
import pickle
import selectors
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from typing import NoReturn, TypeVar

Task = TypeVar("Task")
Result = TypeVar("Result")
# As much as Linux gives anybody: several results, where a pipe usually holds a part of one. A child
# goes on while who takes them does something else with the last ones.
PIPE_BYTES = 2**20


def spread(
    work: Callable[[Task], Result], tasks: Sequence[Task], n_processes: int
) -> Iterator[Result]:
    """The results of all tasks, in the order in which they are done.

    What a child that dies had not handed over is missing. To be called by a process with one
    thread.
    """
    with selectors.DefaultSelector() as selector, ExitStack() as stack:
        children: list[int] = []
        for share in range(n_processes):
            reading, writing = os.pipe()
            with suppress(OSError, AttributeError):  # refused, or none of Linux's pipes
                fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
            pid = os.fork()
            if pid == 0:
                # A child that holds a reading end would wait for ever when its parent is gone.
                os.close(reading)
                for key in list(selector.get_map().values()):
                    os.close(key.fd)
                _do(work, tasks[share::n_processes], writing)
            children.append(pid)
            os.close(writing)
            pipe = stack.enter_context(open(reading, "rb"))
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select():
                assert isinstance(key.fileobj, io.BufferedReader)
                try:
                    yield pickle.load(key.fileobj)
                    # What is buffered already makes no pipe readable.
                    while _buffered(key.fileobj):
                        yield pickle.load(key.fileobj)
                except (EOFError, pickle.UnpicklingError):
                    selector.unregister(key.fileobj)
        for pid in children:
            os.waitpid(pid, 0)


def _do(work: Callable[[Task], Result], tasks: Sequence[Task], writing: int) -> NoReturn:
    try:
        with open(writing, "wb") as pipe:
            for task in tasks:
                pickle.dump(work(task), pipe, pickle.HIGHEST_PROTOCOL)
    finally:
        os._exit(0)


def _buffered(pipe: io.BufferedReader) -> bool:
    """Whether something was read from the pipe that nobody has taken yet."""
    os.set_blocking(pipe.fileno(), False)
    try:
        return bool(pipe.peek(1))
    finally:
        os.set_blocking(pipe.fileno(), True)
