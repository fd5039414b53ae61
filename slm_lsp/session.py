"""The session: the one mutable object. It hands out frozen snapshots, and wires the parts together.

Nothing after an `await` reads what is here: it was in the snapshot, or it is not needed.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from slm_context.cursor import DocumentContext
from slm_context.languages import language_for
from slm_context.reported import Reported

from slm_lsp.attention import Attention
from slm_lsp.columns import Encoding
from slm_lsp.complaints import Complaints
from slm_lsp.completion.types import CompletionRequest
from slm_lsp.config.files import REPOSITORY_FILE
from slm_lsp.config.findings import settings_findings
from slm_lsp.diagnostics.dismissals import Dismissals
from slm_lsp.diagnostics.engine import DiagnosticsEngine
from slm_lsp.diagnostics.judge import judge_of
from slm_lsp.diagnostics.watched import Checker
from slm_lsp.documents import Document, DocumentSnapshot, Edit
from slm_lsp.folders import Folders
from slm_lsp.learning import Learning
from slm_lsp.model_choice import ModelChoice
from slm_lsp.paths import is_cell, path_of
from slm_lsp.places import home
from slm_lsp.questions import Questions
from slm_lsp.reports import Stretch
from slm_lsp.serving import ServingModel
from slm_lsp.statistics import Statistics
from slm_lsp.status import Status
from slm_lsp.suggestions import Suggestion, Suggestions
from slm_lsp.surroundings import Surroundings
from slm_lsp.workspace.watch import FileWatch


class Session:
    """Everything that lives as long as one connection to an editor."""

    def __init__(self) -> None:
        self.encoding = Encoding.UTF16
        self.documents: dict[str, Document] = {}
        self.on_reading: Callable[[int, int], None] = lambda done, of: None
        self.folders = Folders(lambda done, of: self.on_reading(done, of))
        self._around = Surroundings(self.documents, self.folders, self.language)
        self.statistics = Statistics()
        self._learning = Learning.load()
        self.statistics.trust = self._learning.trust
        self.on_status: Callable[[Status], None] = lambda status: None
        self.serving = ServingModel(
            self.statistics,
            self._status_changed,
            self._around.gather,
            lambda folder, names: folder.workspace.defined(names),
            self._around.expected,
        )
        self._model = ModelChoice(self.folders, self.serving, self.in_background)
        self._attention = Attention(self._model, self.snapshot, self.context)
        self.on_findings: Callable[[str], None] = lambda uri: None
        self.diagnostics = DiagnosticsEngine(
            lambda uri: self.folders.of(uri).settings.diagnostics,
            lambda uri: self.on_findings(uri),
            Dismissals.load(home() / "dismissals.json"),
            lambda: judge_of(self.serving.client, self._model.settings),
        )
        self._watch = FileWatch(self.look_at_settings_files)
        self.on_complaint: Callable[[str], None] = lambda sentence: None
        self._complaints = Complaints(lambda sentence: self.on_complaint(sentence))
        self._suggestions = Suggestions(self._learning, self._text_of)
        self.questions = Questions(
            self.folders,
            self._model,
            self.serving,
            self.statistics,
            self._learning,
            self._suggestions,
            lambda uri: uri in self.documents,
        )
        self._tasks: set[asyncio.Task[None]] = set()

    # What the editor tells us.

    def begin(self, roots: Sequence[Path], encoding: Encoding, options: Any) -> None:
        """The handshake is done; the model starts to load."""
        self.encoding = encoding
        self.folders.begin(roots, options)
        self._watch_settings()
        self._complaints.say(self.folders.complaints)
        self._model.begin()
        self._read_repositories()

    def configure(self, options: Any) -> None:
        """The editor's settings changed."""
        with self._changing_settings():
            self.folders.set_options(options)

    def configure_folders(self, own: Mapping[Path, Any]) -> None:
        """The editor's settings for single folders changed."""
        with self._changing_settings():
            self.folders.set_own_options(own)

    def move(self, added: Sequence[Path], removed: Sequence[Path]) -> None:
        """Workspace folders came and went."""
        with self._changing_settings():
            for folder in self.folders.move(added, removed):
                self.serving.forget(folder)
                self.in_background(folder.workspace.close())
            self._model.folders_moved()
        self._watch_settings()

    def look_at_settings_files(self) -> None:
        """Read the settings again if any of their files changed since we last looked."""
        if self.folders.files_changed():
            with self._changing_settings():
                for folder in self.folders:
                    folder.config.reload()

    def open(self, uri: str, language_id: str, version: int, text: str) -> None:
        self.look_at_settings_files()
        document = Document(uri, language_id, version, text, self.encoding)
        self.documents[uri] = document
        snapshot = document.snapshot()
        path, language = self.display_path(uri), self.language(snapshot)
        opened = self.folders.of(uri).workspace.opened(language, path, snapshot.text)
        self.in_background(opened)
        if not is_cell(uri):
            checker = self._settings_checker(uri)
            self.diagnostics.opened(uri, path, language, version, snapshot.text, checker)
        self._attention.opened(snapshot)

    def edited(self, document: Document, edits: Sequence[Edit]) -> None:
        """The document changed, in these steps."""
        self._suggestions.edited(document.uri, edits)
        # The text is put together when typing pauses, not at every key.
        text = lambda: document.snapshot().text  # noqa: E731 - a thunk, not a function
        self.diagnostics.changed(document.uri, document.version, text, edits)
        if edits:
            # The person is behind what they typed last.
            last = edits[-1]
            self.cursor_at(document.snapshot(), last.offset + len(last.inserted))

    def cursor_at(self, snapshot: DocumentSnapshot, offset: int) -> None:
        """The person is here, as far as can be told: the model may read ahead when they rest."""
        self._attention.at(snapshot, offset)

    def reported(
        self, snapshot: DocumentSnapshot, asked: Sequence[Stretch], found: Sequence[Reported]
    ) -> None:
        """These are the findings of other servers in the stretches `asked`."""
        engine = self._model.engine_of(snapshot.uri)
        if self._around.reported(snapshot.uri, asked, found) and engine is not None:
            engine.gather_again(snapshot.uri)

    def changed_on_disk(self, uris: Sequence[str]) -> None:
        """Files or whole folders came, went, moved or were written, by whomever."""
        self.look_at_settings_files()
        found = [path for uri in uris if (path := path_of(uri)) is not None]
        paths = [self.folders.as_opened(path) for path in found]
        # Of nested folders, each has the file in its index.
        for folder in self.folders:
            self.in_background(folder.workspace.changed(paths))

    def close_document(self, uri: str) -> None:
        self._suggestions.closing(uri)
        self.documents.pop(uri, None)
        self._attention.left(uri)
        self._around.closed(uri)
        self.diagnostics.closed(uri)
        engine = self._model.engine_of(uri)
        if engine is not None:
            engine.close_document(uri)

    # What handlers ask.

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
        return DocumentContext(path, language, snapshot.text, offset, snapshot.language_id)

    def display_path(self, uri: str) -> str:
        """What the model is told that the file is called: never more than the workspace's part."""
        return self.folders.name_for(self.folders.of(uri), uri)

    async def suggest(self, request: CompletionRequest) -> Suggestion | None:
        """What to show at the cursor; None when there is nothing worth showing."""
        if not request.selected_text:
            self._attention.asked(request.uri, request.version, request.document.offset)
        return await self.questions.ask(request)

    # From beginning to end.

    async def close(self) -> None:
        """End the inference process and whatever else is under way."""
        self._watch.close()
        self.diagnostics.close()
        self._suggestions.closing()
        self._learning.save()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(folder.workspace.close() for folder in self.folders))
        await self.serving.close()

    async def restart(self) -> None:
        """A fresh inference process. Whoever stops waiting for it does not stop it half-way."""
        restarting = self.in_background(self._model.restart())
        await asyncio.shield(restarting)

    def in_background(self, work: Any) -> asyncio.Task[None]:
        """Run a coroutine that nobody waits for, and that ends with the session."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _status_changed(self, status: Status) -> None:
        self._attention.model_is(status.state)
        self.on_status(status)

    @contextmanager
    def _changing_settings(self) -> Iterator[None]:
        """Whatever the new settings ask for is done at the end."""
        before = [(folder, folder.settings) for folder in self.folders]
        yield
        self._complaints.say(self.folders.complaints)
        if before == [(folder, folder.settings) for folder in self.folders]:
            return
        for folder in self.folders:
            self.serving.forget(folder)
        self.diagnostics.check_again()
        self._read_repositories()
        self._model.settings_changed()

    def _watch_settings(self) -> None:
        self.folders.files_changed()
        self._watch.watch(self.folders.watched)

    def _read_repositories(self) -> None:
        """Each of them as its settings say, and none that is read already."""
        for replaced in self.folders.read():
            self.in_background(replaced.close())

    def _settings_checker(self, uri: str) -> Checker | None:
        """What checks a repository's settings file; None for all other files."""
        path = path_of(uri)
        if path is None or path.name != REPOSITORY_FILE:
            return None
        return lambda text: settings_findings(text, path.parent)
