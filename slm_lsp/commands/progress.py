"""A progress bar on the error output, so that the output stays for results."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
    track,
)

T = TypeVar("T")


def wide_console() -> Console:
    """For tables: a file or a pipe is as wide as they need."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=160)


class BarReporter:
    """Shows what a `slm_lsp.models.download.Reporter` hears."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress = progress
        self._task = task

    def waiting(self) -> None:
        self._progress.console.print("another process is pulling this file; waiting for it")

    def started(self, n_done: int, n_total: int | None) -> None:
        self._progress.reset(self._task, total=n_total, completed=n_done)

    def advanced(self, n_bytes: int) -> None:
        self._progress.advance(self._task, n_bytes)

    def retrying(self, reason: str, delay_s: float) -> None:
        self._progress.console.print(f"{reason}; trying again in {delay_s:.0f} s", markup=False)


@contextmanager
def progress_bar(name: str) -> Iterator[BarReporter]:
    """Bytes done and missing, speed, and time left; nothing at all but in a terminal."""
    console = Console(file=sys.stderr)
    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        # Elsewhere nothing would come of the bar but an empty line.
        disable=not console.is_terminal,
    ) as progress:
        yield BarReporter(progress, progress.add_task(name, total=None))


def going_by(things: Sequence[T], what: str) -> Iterable[T]:
    """The things, with a bar that shows how many of them are done; it goes when they are."""
    return track(things, what, console=Console(file=sys.stderr), transient=True)
