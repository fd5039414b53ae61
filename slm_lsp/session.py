"""The session: the one mutable object. It hands out frozen snapshots, and wires the parts together.

Nothing after an `await` reads what is here: it was in the snapshot, or it is not needed.
"""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from slm_context.cursor import DocumentContext
from slm_context.gather import OpenText
from slm_context.languages import language_for
from slm_context.remembered import Remembered
from slm_context.types import ContextBundle

from slm_lsp import sandbox
from slm_lsp.columns import Encoding
from slm_lsp.completion.engine import CompletionEngine
from slm_lsp.completion.types import CompletionRequest, Explanation, Trigger
from slm_lsp.config import ConfigSource
from slm_lsp.config.files import REPOSITORY_FILE
from slm_lsp.config.findings import settings_findings
from slm_lsp.diagnostics.dismissals import Dismissals
from slm_lsp.diagnostics.engine import DiagnosticsEngine
from slm_lsp.diagnostics.judge import judge_of
from slm_lsp.diagnostics.watched import Checker
from slm_lsp.documents import Document, DocumentSnapshot, Edit, encodable
from slm_lsp.learning import Learning
from slm_lsp.models.places import home
from slm_lsp.paths import path_of
from slm_lsp.serving import ServingModel
from slm_lsp.statistics import Statistics
from slm_lsp.status import State, Status
from slm_lsp.suggestions import Suggestion, Suggestions
from slm_lsp.whereabouts import Whereabouts
from slm_lsp.workspace.quoting import OpenDocument
from slm_lsp.workspace.service import Workspace
from slm_lsp.workspace.watch import FileWatch

LOG = logging.getLogger("slm_lsp.session")

# Open documents that a prompt may quote: the newest.
MAX_OPEN_TEXTS = 8
# Of complaints that a person has seen.
MAX_TOLD_CHARS = 100_000


class Session:
    """Everything that lives as long as one connection to an editor."""

    def __init__(self) -> None:
        self.encoding = Encoding.UTF16
        self.roots: tuple[Path, ...] = ()
        self.documents: dict[str, Document] = {}
        self.config = ConfigSource()
        self.statistics = Statistics()
        self.learning = Learning.load()
        self.statistics.trust = self.learning.trust
        self.on_status: Callable[[Status], None] = lambda status: None
        self.serving = ServingModel(
            self.statistics,
            self._status_changed,
            self._gather,
            lambda names: self.workspace.defined(names),
        )
        self.workspace = Workspace(None, self.config.settings)
        self.on_reading: Callable[[int, int], None] = lambda done, of: None
        self.on_findings: Callable[[str], None] = lambda uri: None
        self.diagnostics = DiagnosticsEngine(
            self.config.settings.diagnostics,
            lambda uri: self.on_findings(uri),
            Dismissals.load(home() / "dismissals.json"),
            lambda: judge_of(self.serving.client, self.config.settings.model),
        )
        self._watch = FileWatch(self.look_at_settings_files)
        self._told: Remembered[str, bool] = Remembered(MAX_TOLD_CHARS)
        self.on_complaint: Callable[[str], None] = lambda sentence: None
        self._stamps: list[tuple[int, int] | None] = []
        self._whereabouts = Whereabouts()
        self._was_loading = False
        self.suggestions = Suggestions(self.learning, self._text_of)
        self._tasks: set[asyncio.Task[None]] = set()

    # What the editor tells us.

    def begin(self, roots: Sequence[Path], encoding: Encoding, options: Any) -> None:
        """The handshake is done; the model starts to load."""
        self.roots = tuple(roots)
        self.encoding = encoding
        self.config = ConfigSource(self.roots[0] if self.roots else None, options)
        self.diagnostics.configure(self.config.settings.diagnostics)
        self._stamps = [_stamp(path) for path in self.config.watched]
        self._watch.watch(self.config.watched)
        self._complain()
        self.in_background(self.serving.load(self.config.settings))
        self._read_workspace()

    def configure(self, options: Any) -> None:
        """The editor's settings changed."""
        before = self.config.settings
        if not self.config.set_editor_options(options):
            return
        self._complain()
        self._settings_changed(before)

    def move(self, added: Sequence[Path], removed: Sequence[Path]) -> None:
        """Workspace folders came and went."""
        kept = [root for root in self.roots if root not in removed]
        self.roots = tuple(dict.fromkeys([*kept, *added]))
        root = self.roots[0] if self.roots else None
        if self.config.root != root:
            self.config.root = root
            self._watch.watch(self.config.watched)
            self._reload_settings()
            self._read_workspace()

    def look_at_settings_files(self) -> None:
        """Read the settings again if any of their files changed since we last looked."""
        stamps = [_stamp(path) for path in self.config.watched]
        if stamps != self._stamps:
            self._stamps = stamps
            self._reload_settings()

    def open(self, uri: str, language_id: str, version: int, text: str) -> None:
        self.look_at_settings_files()
        document = Document(uri, language_id, version, text, self.encoding)
        self.documents[uri] = document
        snapshot = document.snapshot()
        path, language = self.display_path(uri), self.language(snapshot)
        self.in_background(self.workspace.opened(language))
        checker = self._settings_checker(uri)
        self.diagnostics.opened(uri, path, language, version, snapshot.text, checker)
        # Where the cursor is, nobody says before the first question. It is where it was, or else,
        # for want of anything better, at the end: a model that reads the suffix last can use
        # what it read of the file wherever the cursor turns out to be.
        offset = self._whereabouts.last_in(uri)
        self.cursor_at(snapshot, len(snapshot.text) if offset is None else offset)

    def edited(self, document: Document, edits: Sequence[Edit]) -> None:
        """The document changed, in these steps."""
        self.suggestions.edited(document.uri, edits)
        # The text is put together when typing pauses, not at every key.
        text = lambda: document.snapshot().text  # noqa: E731 - a thunk, not a function
        self.diagnostics.changed(document.uri, document.version, text, edits)
        if edits:
            # The person is behind what they typed last.
            last = edits[-1]
            self.cursor_at(document.snapshot(), last.offset + len(last.inserted))

    def cursor_at(self, snapshot: DocumentSnapshot, offset: int) -> None:
        """The person is here, as far as can be told: the model may read ahead when they rest."""
        offset = min(offset, len(snapshot.text))
        news = self._whereabouts.at(snapshot.uri, snapshot.version, offset)
        if news and self.engine is not None:
            self.engine.cursor_at(snapshot.uri, self.context(snapshot, offset))

    def _status_changed(self, status: Status) -> None:
        """Tell the editor; a model that has just been loaded begins where the person is."""
        began, self._was_loading = self._was_loading, status.state is State.LOADING
        now = self._whereabouts.now
        if began and status.state is State.READY and now is not None and self.engine is not None:
            snapshot = self.snapshot(now.uri)
            if snapshot is not None and snapshot.version == now.version:
                self.engine.cursor_at(now.uri, self.context(snapshot, now.offset))
        self.on_status(status)

    def saved(self, uri: str) -> None:
        """A document was written to the disk."""
        self.look_at_settings_files()
        path = path_of(uri)
        if path is not None:
            self.in_background(self.workspace.saved(path))

    def close_document(self, uri: str) -> None:
        self.suggestions.closing(uri)
        self.documents.pop(uri, None)
        self._whereabouts.left(uri)
        self.diagnostics.closed(uri)
        if self.engine is not None:
            self.engine.close_document(uri)

    # What handlers ask.

    @property
    def engine(self) -> CompletionEngine | None:
        return self.serving.engine

    @property
    def explanation(self) -> Explanation | None:
        return self.engine.explain_last if self.engine else None

    def snapshot(self, uri: str) -> DocumentSnapshot | None:
        document = self.documents.get(uri)
        return document.snapshot() if document else None

    def _text_of(self, uri: str) -> str | None:
        snapshot = self.snapshot(uri)
        return snapshot.text if snapshot else None

    def language(self, snapshot: DocumentSnapshot) -> str | None:
        first_line = snapshot.text[:200].partition("\n")[0]
        return language_for(self.display_path(snapshot.uri), snapshot.language_id, first_line)

    def context(self, snapshot: DocumentSnapshot, offset: int) -> DocumentContext:
        """The document as the pipeline knows it, split at `offset`."""
        path, language = self.display_path(snapshot.uri), self.language(snapshot)
        return DocumentContext(path, language, snapshot.text, offset)

    def display_path(self, uri: str) -> str:
        """What the model is told that the file is called: never more than the workspace's part."""
        path = path_of(uri)
        if path is None:
            return encodable(uri.rsplit("/", 1)[-1].rpartition(":")[2])
        for root in self.roots:
            if path.is_relative_to(root):
                return encodable(path.relative_to(root).as_posix())
        return encodable(path.name)

    async def suggest(self, request: CompletionRequest) -> Suggestion | None:
        """Ask the engine; None when there is nothing worth showing."""
        if not request.selected_text:
            self._whereabouts.at(request.uri, request.version, request.document.offset)
        await self.serving.settle()
        engine = self.engine
        if engine is None:
            return None
        n_typed_through = self.statistics.counters.typed_through
        with self.serving.busy():
            completion = await engine.complete(request)
        if completion is None:
            return None
        # The rest of a suggestion that is typed along is no other one.
        anew = self.statistics.counters.typed_through == n_typed_through
        if anew and request.trigger is Trigger.AUTOMATIC:
            self.learning.shown(request.document.language, completion.probability)
        others = tuple(self.suggestions.give(request, other) for other in completion.others)
        return self.suggestions.give(request, completion, others, is_rest=not anew)

    def accepted(self, id: int, kind: str, length: int) -> bool:
        """The person took a suggestion; False when it is not known."""
        suggestion = self.suggestions.accepted(id, kind, length)
        self.statistics.counters.accepted = self.suggestions.n_accepted
        if suggestion is None or self.engine is None:
            return False
        self.engine.accepted(suggestion.uri, suggestion.offset + length)
        return True

    async def close(self) -> None:
        """End the inference process and whatever else is under way."""
        self._watch.close()
        self.diagnostics.close()
        self.suggestions.closing()
        self.learning.save()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.workspace.close()
        await self.serving.drop()

    async def restart(self) -> None:
        """A fresh inference process. Whoever stops waiting for it does not stop it half-way."""
        restarting = self.in_background(self.serving.restart(self.config.settings))
        await asyncio.shield(restarting)

    # What we tell.

    @property
    def status(self) -> Status:
        return self.serving.status

    def status_json(self, with_documents: bool = False) -> dict[str, Any]:
        """The answer to `slm.status`."""
        documents = self.documents.values() if with_documents else ()
        return {
            **asdict(self.status),
            **self.serving.as_json(),
            **self.statistics.as_json(),
            "documents": {
                document.uri: {"version": document.version, "sha256": _digest(document.text)}
                for document in documents
            },
            "workspace": self.workspace.state,
            "sandbox": str(sandbox.current() or "none"),
            "complaints": [str(complaint) for complaint in self.config.complaints],
        }

    def in_background(self, work: Any) -> asyncio.Task[None]:
        """Run a coroutine that nobody waits for, and that ends with the session."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _reload_settings(self) -> None:
        before = self.config.settings
        if self.config.reload():
            self._complain()
            self._settings_changed(before)

    def _settings_changed(self, before: Any) -> None:
        after = self.config.settings
        self.diagnostics.configure(after.diagnostics)
        if (before.context, before.privacy) != (after.context, after.privacy):
            self._read_workspace()
        if _what_loads(before) != _what_loads(after):
            self.in_background(self.serving.load(self.config.settings))
        else:
            self.serving.reconfigure(after)

    def _read_workspace(self) -> None:
        """The repository of the first folder, as the settings say."""
        self.in_background(self.workspace.close())
        self.workspace = Workspace(
            self.config.root,
            self.config.settings,
            lambda done, of: self.on_reading(done, of),
        )
        self.workspace.start()

    def _settings_checker(self, uri: str) -> Checker | None:
        """What checks a repository's settings file; None for all other files."""
        path = path_of(uri)
        if path is None or path.name != REPOSITORY_FILE:
            return None
        return lambda text: settings_findings(text, path.parent)

    async def _gather(self, document: DocumentContext) -> ContextBundle:
        """Snippets for a cursor, with the other documents as they are now."""
        others = [
            OpenDocument(
                path_of(uri), OpenText(self.display_path(uri), self.language(one), one.text)
            )
            for uri, one in ((uri, self.documents[uri].snapshot()) for uri in self._recent())
        ]
        others = [one for one in others if one.shown.path != document.path]
        return await self.workspace.gather(document, others)

    def _recent(self) -> list[str]:
        """Open documents, those opened last first."""
        return list(reversed(self.documents))[:MAX_OPEN_TEXTS]

    def _complain(self) -> None:
        """Each complaint once: a person who saw it and goes on typing has seen it."""
        for complaint in map(str, self.config.complaints):
            LOG.warning("%s", complaint)
            if not self._told.get(complaint):
                self._told.put(complaint, True, len(complaint))
                self.on_complaint(complaint)


def _what_loads(settings: Any) -> tuple[Any, ...]:
    """What cannot change without another inference process."""
    return settings.model, settings.completion.enabled, settings.privacy.require_sandbox


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes when the file does; None while there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
