"""Changes on the disk that no editor tells of: a colleague's settings after `git pull`."""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

LOG = logging.getLogger("slm_lsp.workspace")

# Programs write a file in several steps, and rename it at the end.
SETTLES_AFTER_S = 0.2


class FileWatch:
    """Calls `on_change` on the event loop, soon after any of some files changed.

    The folders are watched, not the files: editors replace a file by another one. Where the
    system gives no more watches, it says so once in the log, and nothing else is lost: settings
    are also looked at when a document is opened or saved.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._files: frozenset[str] = frozenset()
        self._observer: Any = None
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, files: Iterable[Path]) -> None:
        """Watch these files, existing or not, in place of those before."""
        wanted = frozenset(str(file) for file in files)
        if wanted == self._files:
            return
        self.close()
        self._files = wanted
        loop, changed = asyncio.get_running_loop(), self._changed
        # Imported late: it takes 50 ms, and the model is being started meanwhile.
        from watchdog.events import FileSystemEvent, FileSystemEventHandler
        from watchdog.observers import Observer

        class Handler(FileSystemEventHandler):
            def on_any_event(self, event: FileSystemEvent) -> None:
                if event.event_type in ("opened", "closed_no_write"):
                    return
                if wanted & {str(event.src_path), str(event.dest_path)}:
                    loop.call_soon_threadsafe(changed)

        try:
            # The system's limits are met here, too.
            observer = Observer()
            for folder in {Path(file).parent for file in wanted}:
                if os.path.isdir(folder):
                    observer.schedule(Handler(), str(folder), recursive=False)
            observer.start()
        except OSError as error:
            LOG.warning(
                "settings files are not watched (%s); a change is seen when a document is opened "
                "or saved",
                error.strerror or error,
            )
            return
        self._observer = observer

    def close(self) -> None:
        """Stop watching."""
        observer, self._observer, self._files = self._observer, None, frozenset()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if observer is not None:
            observer.stop()

    def _changed(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._files:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(SETTLES_AFTER_S, self._on_change)
