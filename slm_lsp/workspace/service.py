"""What the rest of the server knows of the repository: snippets for a cursor, and nothing blocks.

All reading happens in one thread of its own: parsing what is open, looking things up, writing a
saved file's entry. The first reading of a repository, and one after many files changed at once,
happen in a process of low priority.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.languages import language_for
from slm_context.reported import Reported
from slm_context.types import ContextBundle
from slm_context.view import parsed

from slm_lsp.paths import resolved
from slm_lsp.settings import Settings
from slm_lsp.workspace.git import git_folders, top_of
from slm_lsp.workspace.ignoring import IGNORE_FILES
from slm_lsp.workspace.knowledge import Knowledge
from slm_lsp.workspace.limits import limits_of
from slm_lsp.workspace.quoting import OpenDocument
from slm_lsp.workspace.read_all import Progress, is_project, read_all
from slm_lsp.workspace.watch import FileWatch

LOG = logging.getLogger("slm_lsp.workspace")

# Of more changes at once, one reading in a process of its own is the better part.
MAX_SINGLY = 20

T = TypeVar("T")
P = ParamSpec("P")


class Workspace:
    """One repository, for as long as its settings stay the same."""

    def __init__(
        self,
        root: Path | None,
        settings: Settings,
        on_progress: Progress = lambda done, of: None,
        exclude: Sequence[str] = (),
        turn: asyncio.Lock | None = None,
    ) -> None:
        """`exclude` is what is not read besides; `turn` is held while the repository is read."""
        context = settings.context
        self._limits = limits_of(context)
        self.root = root if context.enabled and root is not None and is_project(root) else None
        self.state: dict[str, object] = {"state": "off" if self.root is None else "reading"}
        self._enabled = context.enabled
        self._exclude = (*context.exclude, *settings.privacy.exclude, *exclude)
        self._include = context.include
        self._on_progress = on_progress
        self._turn = turn or asyncio.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="context")
        self._known = Knowledge(self.root, self._include, self._exclude, self._limits)
        self._reading: asyncio.Task[None] | None = None
        self._again = False
        self._closed = False
        # A checkout or a pull changes git's two files, and others by the thousand.
        self._watch = FileWatch(self.refresh)

    def start(self) -> None:
        """Begin to read the repository, in the background."""
        if self.root is None:
            return
        # Of the repository that this may be a folder of, and of the folders between them.
        real = resolved(self.root)
        top = top_of(real) or real
        git = git_folders(top)
        of_git = git.watched if git is not None else ()
        folders = [one for one in (real, *real.parents) if one.is_relative_to(top)]
        ignore_files = (folder / name for folder in folders for name in IGNORE_FILES)
        self._watch.watch((*of_git, *ignore_files))
        self.refresh()

    def refresh(self) -> None:
        """Read what changed on the disk; a call during a reading begins another one after it."""
        if self._reading is not None:
            self._again = True
        elif self.root is not None:
            self._reading = asyncio.ensure_future(self._read())

    async def settled(self) -> None:
        """Wait until a reading that is under way is done."""
        if self._reading is not None:
            await asyncio.wait({self._reading})

    async def close(self) -> None:
        """End what is under way; questions from now on are answered with nothing."""
        self._closed = True
        self._watch.close()
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        # Without `cancel_futures`, which would cancel the questions that wait for an answer.
        self._thread.shutdown(wait=False)

    async def gather(
        self,
        document: DocumentContext,
        others: Sequence[OpenDocument],
        reported: Sequence[Reported] = (),
    ) -> ContextBundle:
        """Snippets for a cursor, also from `others`; none where context is switched off."""
        if not self._enabled or not self._limits.n_snippets or self._closed:
            return ContextBundle()
        bundle = await self._in_thread(self._known.gather, document, others, reported)
        self._catch_up_later()
        return bundle

    async def expected(
        self,
        document: DocumentContext,
        others: Sequence[OpenDocument],
        reported: Sequence[Reported] = (),
    ) -> tuple[ExpectedName, ...]:
        """The names that may come at a cursor; none where context is switched off."""
        if not self._enabled or self._closed:
            return ()
        return await self._in_thread(self._known.expected, document, others, reported)

    async def defined(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that the repository defines somewhere; none while nothing is read."""
        if not self._enabled or self.root is None or self._closed:
            return frozenset()
        return await self._in_thread(self._known.defined, names)

    async def opened(self, language: str | None, path: str = "", text: str = "") -> None:
        """A document was opened: get its tree and what it defines ready for the first question."""
        if self._enabled and language is not None and not self._closed:
            await self._in_thread(parsed, text, language, path)

    async def changed(self, paths: Sequence[Path]) -> None:
        """Files were written, or came, went and moved, whole folders among them."""
        if self.root is None or self._closed:
            return
        own = [path for path in paths if path.is_relative_to(self.root)]
        if len(own) > MAX_SINGLY or any(map(_changes_more_than_itself, own)):
            return self.refresh()
        if own:
            inner = [path.relative_to(self.root).as_posix() for path in own]
            await self._in_thread(self._known.save, inner)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(work, *args, **kwargs))

    def _catch_up_later(self) -> None:
        """One text at a time, each behind the questions that wait by then."""
        if not self._closed:
            with suppress(RuntimeError):  # closed since
                self._thread.submit(self._catch_up)

    def _catch_up(self) -> None:
        # A process that reads everything finds those files, too; who writes now would wait for it.
        if self._known.catch_up(may_write=self._reading is None):
            self._catch_up_later()

    # The process.

    async def _read(self) -> None:
        assert self.root is not None
        try:
            while True:
                self._again = False
                async with self._turn:
                    await self._read_once(self.root)
                if not self._again:
                    return
        except (OSError, ValueError) as error:
            message = why_not_read(error)
            self.state = {"state": "error", "message": message}
            LOG.warning("the repository was not read: %s", message)
        finally:
            self._reading = None
            # A display must not stay on a reading that failed or was ended.
            self._on_progress(0, 0)

    async def _read_once(self, root: Path) -> None:
        try:
            said = await read_all(root, self._include, self._exclude, self._on_progress)
            self.state = {"state": "ready", **said}
        finally:
            self._known.open_anew()


def _changes_more_than_itself(path: Path) -> bool:
    """An ignore file does, and a folder; what is gone and was no source file may have been one."""
    if path.name in IGNORE_FILES or os.path.isdir(path):
        return True
    return language_for(path.name) is None and not os.path.exists(path)


def why_not_read(error: Exception) -> str:
    """What went wrong, with where the cure is said when a folder or disk is to blame."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error)
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{error.strerror}; `slm-lsp doctor` tells the cure"
