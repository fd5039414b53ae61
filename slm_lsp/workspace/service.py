"""What the rest of the server knows of the repository: snippets for a cursor, and nothing blocks.

All reading happens in one thread of its own: parsing what is open, looking things up, writing a
saved file's entry. The first reading of a repository, and one after many files changed at once,
happen in a process of low priority.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import ParamSpec, TypeVar

from slm_context.cursor import DocumentContext
from slm_context.expected import ExpectedName
from slm_context.gather import Gatherer, OpenText
from slm_context.index import Index
from slm_context.reported import Reported
from slm_context.types import ContextBundle
from slm_context.view import parsed, tags_again

from slm_lsp.settings import Settings
from slm_lsp.workspace.git import git_folders
from slm_lsp.workspace.history import History
from slm_lsp.workspace.indexer import update_file
from slm_lsp.workspace.limits import limits_of
from slm_lsp.workspace.quoting import OpenDocument, quotable
from slm_lsp.workspace.read_all import Progress, index_file, is_project, read_all
from slm_lsp.workspace.reading import Reader
from slm_lsp.workspace.scan import IGNORE_FILES, Rules, is_own_file
from slm_lsp.workspace.watch import FileWatch

LOG = logging.getLogger("slm_lsp.workspace")

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
        self._gatherer: Gatherer | None = None
        self._rules: Rules | None = None
        self._open = frozenset[str]()
        self._asked: tuple[DocumentContext, list[OpenDocument], list[OpenText]] | None = None
        self._history = History()
        self._reader = Reader(root or Path())
        self._reading: asyncio.Task[None] | None = None
        self._again = False
        self._closed = False
        # A checkout or a pull changes git's two files, and others by the thousand.
        self._watch = FileWatch(self.refresh)

    def start(self) -> None:
        """Begin to read the repository, in the background."""
        if self.root is None:
            return
        git = git_folders(self.root)
        of_git = git.watched if git is not None else ()
        self._watch.watch((*of_git, *(self.root / name for name in IGNORE_FILES)))
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
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def gather(
        self,
        document: DocumentContext,
        others: Sequence[OpenDocument],
        reported: Sequence[Reported] = (),
    ) -> ContextBundle:
        """Snippets for a cursor, also from `others`; none where context is switched off."""
        if not self._enabled or not self._limits.n_snippets or self._closed:
            return ContextBundle()
        return await self._in_thread(
            self._ask,
            document,
            others,
            lambda gatherer, texts: gatherer.gather(document, texts, self._limits, reported),
        )

    async def expected(
        self,
        document: DocumentContext,
        others: Sequence[OpenDocument],
        reported: Sequence[Reported] = (),
    ) -> tuple[ExpectedName, ...]:
        """The names that may come at a cursor; none where context is switched off."""
        if not self._enabled or self._closed:
            return ()
        return await self._in_thread(
            self._ask,
            document,
            others,
            lambda gatherer, texts: gatherer.expected(
                document, texts, reported, self._limits.deadline_ms
            ),
        )

    async def defined(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that the repository defines somewhere; none while nothing is read."""
        if not self._enabled or self.root is None or self._closed:
            return frozenset()
        return await self._in_thread(self._defined, names)

    async def opened(self, language: str | None, path: str = "", text: str = "") -> None:
        """A document was opened: get its tree and what it defines ready for the first question."""
        if self._enabled and language is not None and not self._closed:
            await self._in_thread(parsed, text, language, path)

    async def saved(self, path: Path) -> None:
        """A file was written: its entry follows."""
        if self.root is None or self._closed or not path.is_relative_to(self.root):
            return
        if path.name in IGNORE_FILES:
            return self.refresh()
        inner = path.relative_to(self.root).as_posix()
        await self._in_thread(self._save, inner)

    async def _in_thread(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, partial(work, *args, **kwargs))

    # In the thread.

    def _ask(
        self,
        document: DocumentContext,
        others: Sequence[OpenDocument],
        ask: Callable[[Gatherer, Sequence[OpenText]], T],
    ) -> T:
        open_texts = self._quotable(document, others)
        try:
            return ask(self._ready(), open_texts)
        except sqlite3.Error as error:
            return ask(self._anew(error), open_texts)

    def _quotable(
        self, document: DocumentContext, others: Sequence[OpenDocument]
    ) -> list[OpenText]:
        """Of the open documents, what may be quoted now, and how it was before."""
        # One question comes for snippets and then for names, with the same document. The same text
        # in another one is another question: the ignore files may have changed since.
        if self._asked and self._asked[0] is document and self._asked[1] == list(others):
            return self._asked[2]
        self._history.see(document.path, document.text)
        open_texts = self._history.with_before(
            quotable(others, self.root, self._include, self._exclude)
        )
        self._asked = document, list(others), open_texts
        self._open = frozenset(one.path for one in open_texts)
        self._rules = self._made_rules() if self.root is not None else None
        return open_texts

    def _ready(self) -> Gatherer:
        if self._gatherer is None:
            self._gatherer = self._over(self._readable())
        return self._gatherer

    def _anew(self, error: sqlite3.Error) -> Gatherer:
        """What can be told without the index."""
        LOG.warning("the index cannot be read (%s): it is made anew", error)
        self._gatherer = self._over(None)
        return self._gatherer

    def _defined(self, names: Sequence[str]) -> frozenset[str]:
        try:
            return self._ready().defined(names)
        except sqlite3.Error:
            return frozenset()  # the next gathering says so, and begins anew

    def _over(self, index: Index | None) -> Gatherer:
        return Gatherer(index, self._text, allows=self._allows)

    def _allows(self, path: str) -> bool:
        if path in self._open or self._rules is None:
            return True  # asked about already; without a root there is nothing else
        return self._rules.allows(path) and is_own_file(self._rules.root, path)

    def _readable(self) -> Index | None:
        if self.root is None:
            return None
        try:
            return Index(index_file(self.root), read_only=True)
        except sqlite3.Error:
            return None  # it is being made

    def _text(self, path: str) -> str | None:
        if self.root is None or not self._allows(path):
            return None
        return self._reader.text(path)

    def _save(self, path: str) -> None:
        if self.root is None:
            return
        try:
            index = Index(index_file(self.root))
            try:
                # What was typed is parsed already, but for what changed since.
                update_file(index, self._made_rules(), path, partial(tags_again, path=path))
            finally:
                index.close()
        except (sqlite3.Error, OSError) as error:
            LOG.warning("the index was not brought up to date: %s", error)

    def _made_rules(self) -> Rules:
        assert self.root is not None
        return Rules(self.root, self._include, self._exclude)

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
            self.state = {"state": "error", "message": str(error)}
            LOG.warning("the repository was not read: %s", error)
        finally:
            self._reading = None
            # A display must not stay on a reading that failed or was ended.
            self._on_progress(0, 0)

    async def _read_once(self, root: Path) -> None:
        try:
            said = await read_all(root, self._include, self._exclude, self._on_progress)
            self.state = {"state": "ready", **said}
        finally:
            # What is open now may be a file that was replaced.
            self._gatherer = None
