"""What is known of one repository, looked up for a cursor. It blocks: one thread does all of it."""

import logging
import sqlite3
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

from slm_context.cursor import DocumentContext
from slm_context.entries import FileStamp
from slm_context.expected import ExpectedName
from slm_context.gather import Gatherer, Limits, OpenText
from slm_context.index import Index
from slm_context.own_names import MANIFESTS
from slm_context.remembered import Remembered
from slm_context.reported import Reported
from slm_context.tags import tags_of
from slm_context.types import ContextBundle
from slm_context.view import tags_again

from slm_lsp.workspace.history import History
from slm_lsp.workspace.indexer import Parse, update_file
from slm_lsp.workspace.quoting import OpenDocument, quotable
from slm_lsp.workspace.read_all import index_file
from slm_lsp.workspace.reading import Reader
from slm_lsp.workspace.scan import Rules, is_own_file

LOG = logging.getLogger("slm_lsp.workspace")

# Of the paths of files that are not as they were read.
MAX_SEEN_CHARS = 1_000_000

T = TypeVar("T")


class Knowledge:
    """The index, the files beside it, and the open documents: as far as the rules allow.

    With no root, only open documents are known.
    """

    def __init__(
        self, root: Path | None, include: Sequence[str], exclude: Sequence[str], limits: Limits
    ) -> None:
        self._root = root
        self._include = include
        self._exclude = exclude
        self._limits = limits
        self._gatherer: Gatherer | None = None
        self._rules: Rules | None = None
        self._open = frozenset[str]()
        self._asked: tuple[DocumentContext, list[OpenDocument], list[OpenText]] | None = None
        self._history = History()
        self._index: Index | None = None
        self._reader = Reader(root or Path(), self._checked)
        # What may be quoted, for one question: a package asks for each thing that a file defines.
        self._allowed: dict[str, bool] = {}
        # Files that are not as they were read, and as what each was seen.
        self._behind: set[str] = set()
        self._seen: Remembered[str, tuple[FileStamp | None]] = Remembered(MAX_SEEN_CHARS)

    def gather(
        self,
        document: DocumentContext,
        others: Sequence[OpenDocument],
        reported: Sequence[Reported],
    ) -> ContextBundle:
        """Snippets for a cursor, also from `others`."""
        return self._ask(
            document,
            others,
            lambda gatherer, texts: gatherer.gather(document, texts, self._limits, reported),
        )

    def catch_up(self, may_write: bool) -> bool:
        """Do one thing that the last question left undone; whether another one is left.

        A file that changed behind the editor's back is read again, or a text is looked at that
        there was no time for.
        """
        if self._behind and may_write:
            self._renew([self._behind.pop()], lambda path: tags_of)
            return True
        try:
            return self._gatherer is not None and self._gatherer.catch_up()
        except sqlite3.Error:
            return False  # the next gathering says so

    def expected(
        self,
        document: DocumentContext,
        others: Sequence[OpenDocument],
        reported: Sequence[Reported],
    ) -> tuple[ExpectedName, ...]:
        """The names that may come at a cursor."""
        return self._ask(
            document,
            others,
            lambda gatherer, texts: gatherer.expected(
                document, texts, reported, self._limits.deadline_ms
            ),
        )

    def defined(self, names: Sequence[str]) -> frozenset[str]:
        """Those of the names that the repository defines somewhere."""
        try:
            return self._ready().defined(names)
        except sqlite3.Error:
            return frozenset()  # the next gathering says so, and begins anew

    def save(self, paths: Sequence[str]) -> None:
        """Files were written, or are gone: their entries follow."""
        if any(path.rpartition("/")[2] in MANIFESTS for path in paths):
            self.open_anew()  # what it says was read once
        # What was typed is parsed already, but for what changed since.
        self._renew(paths, lambda path: partial(tags_again, path=path))

    def _renew(self, paths: Sequence[str], parse_of: Callable[[str], Parse]) -> None:
        assert self._root is not None
        try:
            index = Index(index_file(self._root))
            try:
                for path in paths:
                    update_file(index, self._made_rules(), path, parse_of(path))
            finally:
                index.close()
        except (sqlite3.Error, OSError) as error:
            LOG.warning("the index was not brought up to date: %s", error)

    def open_anew(self) -> None:
        """What is open now may be an index file that was replaced. Any thread may say so."""
        self._gatherer = None

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
            quotable(others, self._root, self._include, self._exclude)
        )
        self._asked = document, list(others), open_texts
        self._allowed.clear()
        self._open = frozenset(one.path for one in open_texts)
        self._rules = self._made_rules() if self._root is not None else None
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

    def _over(self, index: Index | None) -> Gatherer:
        self._index = index
        return Gatherer(index, self._text, allows=self._allows)

    def _checked(self, path: str) -> FileStamp | None:
        return self._index.checked(path) if self._index is not None else None

    def _readable(self) -> Index | None:
        if self._root is None:
            return None
        try:
            return Index(index_file(self._root), read_only=True)
        except sqlite3.Error:
            return None  # it is being made

    def _text(self, path: str) -> str | None:
        if self._root is None or not self._allows(path):
            return None
        return self._reader.text(path)

    def _allows(self, path: str) -> bool:
        if path in self._open or self._rules is None:
            return True  # asked about already; without a root there is nothing else
        allowed = self._allowed.get(path)
        if allowed is None:
            allowed = self._rules.allows(path) and is_own_file(self._rules.root, path)
            self._allowed[path] = allowed
            self._compare(self._rules.root / path, path)
        return allowed

    def _compare(self, file: Path, path: str) -> None:
        """Note a file that is not as it was read, once for each way that it is found."""
        if self._index is None:
            return
        try:
            status = file.lstat()
            stamp = FileStamp(status.st_size, status.st_mtime_ns)
        except OSError:
            stamp = None
        known = self._index.stamp(path)
        if known is not None and known != stamp and self._seen.get(path) != (stamp,):
            self._behind.add(path)
            self._seen.put(path, (stamp,), len(path))

    def _made_rules(self) -> Rules:
        assert self._root is not None
        return Rules(self._root, self._include, self._exclude)
