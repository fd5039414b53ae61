"""The log: one line an event, to stderr or as JSON lines to a file; never source text.

Writing a line never waits: a client that does not read our stderr loses lines, not suggestions.
"""

import json
import logging
import logging.handlers
import os
import queue
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from slm_lsp.errors import SlmError

LOG = logging.getLogger("slm_lsp")
LEVELS = ("debug", "info", "warning", "error")
# Lines that wait for a slow reader. More are dropped.
MAX_WAITING = 1000
# These log whole messages, which hold source text, and whatever an exception quotes.
SILENCED = ("pygls", "lsprotocol", "cattrs", "asyncio")


def configure(level: str, file: Path | None = None) -> Callable[[float], None]:
    """Send the log to stderr, and as JSON lines to `file` too.

    Returns what writes the last lines, waiting no longer than so many seconds.
    """
    targets: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    targets[0].setFormatter(PlainFormatter())
    if file is not None:
        targets.append(logging.StreamHandler(open_private(file)))
        targets[1].setFormatter(JsonFormatter())
    waiting: queue.Queue[logging.LogRecord] = queue.Queue(MAX_WAITING)
    listener = logging.handlers.QueueListener(waiting, *targets)
    listener.start()
    root = logging.getLogger()
    root.handlers = [DroppingHandler(waiting)]
    root.setLevel(logging.WARNING)
    LOG.setLevel(level.upper())
    for name in SILENCED:
        logging.getLogger(name).disabled = True
        logging.getLogger(name).propagate = False
        logging.getLogger(name).addHandler(logging.NullHandler())
    logging.raiseExceptions = False
    return lambda patience_s: _finish(listener, patience_s)


def _finish(listener: logging.handlers.QueueListener, patience_s: float) -> None:
    thread = listener._thread  # its own way to stop waits for ever
    try:
        listener.enqueue_sentinel()
    except queue.Full:
        return
    if thread is not None:
        thread.join(patience_s)


@contextmanager
def span(name: str, timings_ms: dict[str, float] | None = None) -> Iterator[None]:
    """Time a stage: into `timings_ms`, and into the log at debug level."""
    started = time.perf_counter()
    try:
        yield
    finally:
        elapsed_ms = (time.perf_counter() - started) * 1000
        LOG.debug("%s took %.2f ms", name, elapsed_ms)
        if timings_ms is not None:
            timings_ms[name] = timings_ms.get(name, 0.0) + elapsed_ms


def describe(error: BaseException) -> str:
    """What happened and where, without what the exception quotes: that may be source text."""
    said = f": {error}" if isinstance(error, (SlmError, OSError)) else ""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{f.name} ({Path(f.filename).name}:{f.lineno})" for f in reversed(frames))
    return f"{type(error).__name__}{said} at {where or 'nowhere'}"


class DroppingHandler(logging.handlers.QueueHandler):
    """Hands records to the writing thread; what finds no room is lost."""

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            pass

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        # Arguments are formatted now: what they name may have changed when the line is written.
        record.msg, record.args = record.getMessage(), None
        if record.exc_info and record.exc_info[1]:
            record.msg = f"{record.msg}: {describe(record.exc_info[1])}"
        record.exc_info = record.exc_text = None
        return record


class PlainFormatter(logging.Formatter):
    """`08:15:03.123 warning slm_lsp.inference: …`"""

    def format(self, record: logging.LogRecord) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        level = record.levelname.lower()
        return f"{clock}.{record.msecs:03.0f} {level} {record.name}: {record.getMessage()}"


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        return json.dumps(
            {
                "time": round(record.created, 3),
                "level": record.levelname.lower(),
                "logger": record.name,
                "message": record.getMessage(),
            }
        )


def open_private(path: Path):
    """Append to a file that only its owner can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    return os.fdopen(handle, "a", encoding="utf-8", buffering=1)
