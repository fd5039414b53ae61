"""The editor's own progress display, while the model loads and while the repository is read."""

import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from lsprotocol import types

from slm_lsp.rpc import SlmProtocol
from slm_lsp.status import PROGRESS_EVERY_S, State, Status

# Fewer files than this are read before anybody could look.
WORTH_SHOWING = 50


class WorkDone:
    """One bar in the editor at a time; only for clients that announce `window.workDoneProgress`."""

    def __init__(self, protocol: SlmProtocol, title: str) -> None:
        self._protocol = protocol
        self._title = title
        self._token: str | None = None
        self._begun = False
        self._last: tuple[str, int | None] = ("", None)
        self._over = False
        self._refused = False

    @property
    def is_open(self) -> bool:
        return self._token is not None

    def show(self, message: str, percent: int | None = None) -> None:
        """The bar says this from now on; the first time, the client is asked for one."""
        self._last = message, percent
        if self._refused:
            return
        if self._token is None:
            # A fresh token each time: clients refuse one that they have seen.
            self._token = token = f"slm-lsp-{uuid.uuid4()}"
            self._over = False
            asked = self._protocol.send_request(
                types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
            )
            asked.add_done_callback(lambda answer: self._created(token, answer))
        elif self._begun:
            self._send(types.WorkDoneProgressReport(message=message, percentage=percent))

    def end(self, message: str) -> None:
        """The work is done, or has failed."""
        if self._token is None:
            return
        self._last, self._over = (message, None), True
        if self._begun:
            self._send(types.WorkDoneProgressEnd(message=message))
            self._token, self._begun = None, False

    def _created(self, token: str, answer: "Future[Any]") -> None:
        if token != self._token or answer.cancelled() or answer.exception() is not None:
            # A client that said it can and then does not is not asked again.
            self._token, self._refused = None, True
            return
        message, percent = self._last
        self._begun = True
        self._send(types.WorkDoneProgressBegin(self._title, message=message, percentage=percent))
        if self._over:
            self.end(message)

    def _send(self, value: Any) -> None:
        self._protocol.notify(types.PROGRESS, types.ProgressParams(self._token or "", value))


class LoadingProgress:
    """One bar for each time that the model loads."""

    def __init__(self, protocol: SlmProtocol) -> None:
        self._bar = WorkDone(protocol, "slm-lsp")

    def show(self, status: Status) -> None:
        if status.state is not State.LOADING:
            self._bar.end(status.message)
        elif self._bar.is_open:
            self._bar.show(status.message)
        else:
            self._bar.show("the model is loading")


class ReadingProgress:
    """One bar for each time that many files of the repository are read."""

    def __init__(self, protocol: SlmProtocol, clock: Callable[[], float] = time.monotonic) -> None:
        self._bar = WorkDone(protocol, "slm-lsp: reading the repository")
        self._clock = clock
        self._shown_at = float("-inf")

    def show(self, done: int, of: int) -> None:
        """`done` of `of` files are read; 0 of 0 when the reading has ended, in whatever way."""
        if of == 0 or done == of:
            self._bar.end("read")
        elif of >= WORTH_SHOWING and self._clock() - self._shown_at >= PROGRESS_EVERY_S:
            self._shown_at = self._clock()
            self._bar.show(f"{done:,} of {of:,} files", 100 * done // of)
