"""The editor's own progress display, while the model loads."""

import uuid
from concurrent.futures import Future
from typing import Any

from lsprotocol import types

from slm_lsp.rpc import SlmProtocol
from slm_lsp.status import State, Status


class LoadingProgress:
    """One progress for each time that the model loads; only for clients that can show it."""

    def __init__(self, protocol: SlmProtocol) -> None:
        self._protocol = protocol
        self._token: str | None = None
        self._begun = False
        self._last: Status | None = None

    def show(self, status: Status) -> None:
        self._last = status
        if status.state is State.LOADING and self._token is None:
            # A fresh token each time: clients refuse one that they have seen.
            self._token = token = f"slm-lsp-{uuid.uuid4()}"
            asked = self._protocol.send_request(
                types.WINDOW_WORK_DONE_PROGRESS_CREATE, types.WorkDoneProgressCreateParams(token)
            )
            asked.add_done_callback(lambda answer: self._created(token, answer))
        elif self._begun and status.state is State.LOADING:
            self._send(types.WorkDoneProgressReport(message=status.message))
        elif self._begun:
            self._end(status)

    def _created(self, token: str, answer: "Future[Any]") -> None:
        if token != self._token or answer.cancelled() or answer.exception() is not None:
            self._token = None
            return
        assert self._last is not None
        self._begun = True
        self._send(types.WorkDoneProgressBegin(title="slm-lsp", message="the model is loading"))
        if self._last.state is not State.LOADING:
            self._end(self._last)

    def _end(self, status: Status) -> None:
        self._send(types.WorkDoneProgressEnd(message=status.message))
        self._token, self._begun = None, False

    def _send(self, value: Any) -> None:
        self._protocol.notify(types.PROGRESS, types.ProgressParams(self._token or "", value))
