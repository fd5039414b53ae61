"""How far a tuning run is, and how long it still takes, on the error output."""

import sys
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn


class TuneProgress:
    """A `slm_lsp.tune.tuning.Reporter`: one bar for each stage."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr, highlight=False)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=self._console,
            # A step takes seconds: what is left is told from many of them.
            speed_estimate_period=120,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def stage(self, name: str) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=1.0)
        self._task = self._progress.add_task(name, total=1.0, note="")
        if not self._console.is_terminal:
            self.say(name)

    def advanced(self, share: float, note: str) -> None:
        if self._task is not None:
            self._progress.update(self._task, completed=share, note=note)

    def say(self, line: str) -> None:
        self._progress.console.print(line, markup=False)
