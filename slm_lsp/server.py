"""The language server: what pygls gives, made strict, with our handlers and our transport."""

import asyncio
import functools
import logging
import signal
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from slm_lsp import __version__
from slm_lsp.lifetime import watch_parent
from slm_lsp.log import describe
from slm_lsp.progress import LoadingProgress, ReadingProgress
from slm_lsp.rpc import PARSE_ERROR, SlmProtocol
from slm_lsp.session import Session
from slm_lsp.status import Status
from slm_lsp.stdio import Garbage, StdioReader, StdioWriter

LOG = logging.getLogger("slm_lsp.server")

# How long a client that is slow to read may hold up the end of the process.
FLUSH_S = 0.5
# How long the inference process may take to end before it is left to notice by itself that its
# pipe is closed.
CLOSE_S = 1.0
# Where a suggestion may begin, besides inside words: for editors that only ask at such places.
TRIGGER_CHARACTERS = [".", "(", "[", "{", ",", " ", "=", ":", '"', "'", "/", "@"]


class SlmServer(LanguageServer):
    """One editor's server."""

    protocol: SlmProtocol  # pyright: ignore - pygls makes it of the class that we give

    def __init__(self) -> None:
        super().__init__(
            "slm-lsp",
            __version__,
            types.TextDocumentSyncKind.Incremental,
            protocol_cls=SlmProtocol,
            converter_factory=default_converter,
        )
        self.session = Session()
        self.listening = False  # the client has said initialized
        self._warnings: list[str] = []
        self.announced_inline = False
        self.asks_inline = False
        self.answers_configuration = False
        self.pulls_diagnostics = False
        self.refreshes_diagnostics = False
        self.loading_progress: LoadingProgress | None = None
        self.reading_progress: ReadingProgress | None = None
        self._ended: asyncio.Future[int] | None = None

    @property
    def shows_inline(self) -> bool:
        """Whether this editor shows ghost text: it says that it can, and it asks for it."""
        return self.announced_inline and self.asks_inline

    def agreed(self, params: types.InitializeParams) -> None:
        """What the client told about itself."""
        capabilities = params.capabilities
        text = capabilities.text_document
        self.announced_inline = text is not None and text.inline_completion is not None
        workspace = capabilities.workspace
        if workspace is not None:
            self.answers_configuration = workspace.configuration is True
        refresh = workspace.diagnostics if workspace is not None else None
        self.refreshes_diagnostics = refresh is not None and refresh.refresh_support is True
        # Helix, Neovim 0.10 and lsp-mode pull once after an edit and cannot be told when there is
        # more to pull: they get findings pushed.
        takes_pushes = text is not None and text.publish_diagnostics is not None
        self.pulls_diagnostics = (
            text is not None
            and text.diagnostic is not None
            and (self.refreshes_diagnostics or not takes_pushes)
        )
        if not self.pulls_diagnostics:
            # Nor are they invited to pull: lsp-mode then takes the answer for all that there is,
            # and forgets what it was just pushed.
            self.protocol.fm.feature_options[types.TEXT_DOCUMENT_DIAGNOSTIC] = None
        window = capabilities.window
        if window is not None and window.work_done_progress:
            self.loading_progress = LoadingProgress(self.protocol)
            self.reading_progress = ReadingProgress(self.protocol)
        if params.process_id is not None:
            watch_parent(params.process_id, lambda: self.end(1))

    def show_status(self, status: Status) -> None:
        """Tell status bars and the progress display."""
        if self.listening:
            self.protocol.notify("slm/status", asdict(status))
            if self.loading_progress is not None:
                self.loading_progress.show(status)

    def show_reading(self, done: int, of: int) -> None:
        """Tell the progress display how much of the repository is read."""
        if self.listening and self.reading_progress is not None:
            self.reading_progress.show(done, of)

    def warn(self, *sentences: str) -> None:
        """Tell the person; what there is to say before the client listens is said then."""
        self._warnings += sentences
        if not self.listening:
            return
        for sentence in self._warnings:
            params = types.ShowMessageParams(types.MessageType.Warning, sentence)
            self.protocol.notify(types.WINDOW_SHOW_MESSAGE, params)
        self._warnings.clear()

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Into the log: pygls would pop up a message in the editor."""
        LOG.error("%s", describe(error))

    def end(self, code: int) -> None:
        """Leave `serve` with this exit code."""
        if self._ended is not None and not self._ended.done():
            self._ended.set_result(code)

    async def serve(self, reading: int, writing: int) -> int:
        """Speak LSP over two file descriptors until there is a reason to stop."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(_log_exception)
        self._ended = loop.create_future()
        self._heed_signals(loop)
        writer = StdioWriter(writing, self._broken)
        self.protocol.set_writer(writer)  # pyright: ignore - only `write` is ever called
        self.protocol.on_exit = self.end
        self.protocol.on_missed_change = self._forget
        receiving = asyncio.create_task(self._receive(StdioReader(reading)))
        try:
            return await self._ended
        finally:
            receiving.cancel()
            try:
                await asyncio.wait_for(self.session.close(), CLOSE_S)
            except TimeoutError:
                LOG.warning("the inference process did not end in time")
            writer.close(FLUSH_S)

    def _heed_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            try:
                if number is not None:
                    # 128 + n is what shells report for a process that a signal ended.
                    loop.add_signal_handler(number, self.end, 128 + number)
            except NotImplementedError:
                return  # Windows: the console ends the process

    async def _receive(self, reader: StdioReader) -> None:
        while (body := await reader.receive()) is not None:
            if isinstance(body, Garbage):
                self.protocol.refuse(None, PARSE_ERROR, str(body))
            else:
                self.protocol.receive(body)
            # A handler's first step, which takes its snapshot, comes before the next message.
            await asyncio.sleep(0)
        self.end(self.protocol.exit_code)

    def _forget(self, uri: str | None) -> None:
        """A change of a document was not understood: what it is now, only opening it can tell.

        To go on with the text as it was would put suggestions into another one.
        """
        if uri in self.session.documents:
            LOG.warning("a document is no longer known, until it is opened again")
            self.session.close_document(uri)

    def _broken(self, why: str) -> None:
        LOG.warning("%s", why)
        self.end(self.protocol.exit_code)


def build_server() -> SlmServer:
    """A server with every method it answers."""
    from slm_lsp.handlers import (
        commands,
        completion,
        configuration,
        diagnostics,
        files,
        inline_completion,
        lifecycle,
        text_sync,
    )

    every_file = types.FileOperationRegistrationOptions(
        [types.FileOperationFilter(types.FileOperationPattern("**/*"), "file")]
    )
    handlers: tuple[tuple[str, Callable[..., Any], Any], ...] = (
        (types.INITIALIZE, lifecycle.initialize, None),
        (types.INITIALIZED, lifecycle.initialized, None),
        (types.SHUTDOWN, lifecycle.shutdown, None),
        (types.TEXT_DOCUMENT_DID_OPEN, text_sync.did_open, None),
        (types.TEXT_DOCUMENT_DID_CHANGE, text_sync.did_change, None),
        (types.TEXT_DOCUMENT_DID_CLOSE, text_sync.did_close, None),
        (
            types.TEXT_DOCUMENT_INLINE_COMPLETION,
            inline_completion.inline_completion,
            # Without options pygls would not advertise it. Always static: clients such as
            # Emacs lsp-mode do not announce that they can.
            types.InlineCompletionOptions(),
        ),
        (
            types.TEXT_DOCUMENT_COMPLETION,
            completion.completion,
            types.CompletionOptions(trigger_characters=TRIGGER_CHARACTERS),
        ),
        (
            types.WORKSPACE_DID_CHANGE_CONFIGURATION,
            configuration.did_change_configuration,
            None,
        ),
        (
            types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
            configuration.did_change_workspace_folders,
            None,
        ),
        (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, files.did_change_watched, None),
        (types.WORKSPACE_DID_CREATE_FILES, files.did_create, every_file),
        (types.WORKSPACE_DID_RENAME_FILES, files.did_rename, every_file),
        (types.WORKSPACE_DID_DELETE_FILES, files.did_delete, every_file),
        (types.TEXT_DOCUMENT_WILL_SAVE, diagnostics.will_save, None),
        (types.TEXT_DOCUMENT_DID_SAVE, diagnostics.did_save, None),
        (
            types.TEXT_DOCUMENT_DIAGNOSTIC,
            diagnostics.pull,
            types.DiagnosticOptions(False, False, "slm-lsp"),
        ),
        (
            types.TEXT_DOCUMENT_CODE_ACTION,
            diagnostics.code_action,
            types.CodeActionOptions([types.CodeActionKind.QuickFix]),
        ),
        (types.WORKSPACE_EXECUTE_COMMAND, commands.execute_command, None),
    )
    server = SlmServer()
    for method, handler, options in handlers:
        server.feature(method, options)(functools.partial(handler, server))
    for name, command in commands.COMMANDS.items():
        server.command(name)(functools.partial(command, server))
    return server


def run_stdio(reading: int, writing: int) -> int:
    """Serve one client; the result is the exit code."""
    return asyncio.run(build_server().serve(reading, writing))


def _log_exception(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    error = context.get("exception")
    LOG.error("%s", describe(error) if error else context.get("message", "an asyncio problem"))
