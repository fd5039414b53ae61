"""JSON-RPC to the letter, on top of pygls: every request gets one answer, whatever it holds.

What pygls does otherwise, and is corrected here: it leaves requests that it cannot decode and
those after shutdown without an answer, pops up its internal errors in the editor, puts
tracebacks into responses and source text into its log, keeps a second copy of each document
whose lines end at form feeds, and ends with exit code 0 whatever happened.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.protocol import JsonRPCResponseMessage, LanguageServerProtocol, lsp_method

from slm_lsp.errors import SlmError
from slm_lsp.log import describe
from slm_lsp.printable import clip

LOG = logging.getLogger("slm_lsp.rpc")

PARSE_ERROR = types.ErrorCodes.ParseError
INVALID_REQUEST = types.ErrorCodes.InvalidRequest
METHOD_NOT_FOUND = types.ErrorCodes.MethodNotFound
INVALID_PARAMS = types.ErrorCodes.InvalidParams
INTERNAL_ERROR = types.ErrorCodes.InternalError
NOT_INITIALIZED = types.ErrorCodes.ServerNotInitialized
REQUEST_FAILED = types.LSPErrorCodes.RequestFailed
REQUEST_CANCELLED = types.LSPErrorCodes.RequestCancelled

Id = int | str


class SlmProtocol(LanguageServerProtocol):
    """Takes message bodies, calls handlers, answers."""

    # Documents are ours (`slm_lsp.documents`): without these, pygls calls our handlers directly.
    lsp_text_document__did_open = None  # pyright: ignore - removed on purpose
    lsp_text_document__did_change = None  # pyright: ignore - removed on purpose
    lsp_text_document__did_close = None  # pyright: ignore - removed on purpose
    # pygls lets commands run on after a cancellation; a plain request handler is cancelled.
    lsp_workspace__execute_command = None  # pyright: ignore - removed on purpose

    def __init__(self, server: Any, converter: Any) -> None:
        super().__init__(server, converter)
        self._initialized = False
        # Called with the exit code when the client says exit.
        self.on_exit: Callable[[int], None] = lambda code: None
        # Called with the document of a change that could not be read, when it names one.
        self.on_missed_change: Callable[[str | None], None] = lambda uri: None

    @property
    def exit_code(self) -> int:
        """What the process should end with now: 0 only after a shutdown."""
        return 0 if self._shutdown else 1

    def receive(self, body: bytes) -> None:
        """Handle one message body. Never raises."""
        try:
            message = json.loads(body)
        except (ValueError, RecursionError):
            self.refuse(None, PARSE_ERROR, "the message is not JSON")
            return
        if not isinstance(message, dict) or message.get("jsonrpc") != self.VERSION:
            self.refuse(_id_of(message), INVALID_REQUEST, "the message is not JSON-RPC 2.0")
        elif "method" not in message:
            self._receive_response(message)
        elif not isinstance(message["method"], str):
            self.refuse(_id_of(message), INVALID_REQUEST, "the method is not a string")
        elif "id" in message:
            self._receive_request(message)
        else:
            self._receive_notification(message)

    def refuse(self, msg_id: Id | None, code: int, why: str) -> None:
        """Answer a request, or with no id nobody's message, with an error."""
        LOG.warning("refused a message: %s", why)
        self._answer_error(msg_id, code, why)

    def _receive_request(self, message: dict[str, Any]) -> None:
        method, msg_id = message["method"], _id_of(message)
        if msg_id is None:
            self.refuse(None, INVALID_REQUEST, "the id is neither a string nor an integer")
        elif self._shutdown:
            self.refuse(msg_id, INVALID_REQUEST, "the server is shutting down")
        elif not self._initialized and method != types.INITIALIZE:
            self.refuse(msg_id, NOT_INITIALIZED, "the first request is initialize")
        elif self._initialized and method == types.INITIALIZE:
            self.refuse(msg_id, INVALID_REQUEST, "initialize comes only once")
        elif not self._handles(method) or self.get_result_type(method) is None:
            self.refuse(msg_id, METHOD_NOT_FOUND, f"no such request: {clip(method)}")
        elif (request := self._decode(message)) is None:
            self.refuse(msg_id, INVALID_PARAMS, f"these are no parameters of {clip(method)}")
        else:
            self._initialized = True
            self._dispatch(request)

    def _receive_notification(self, message: dict[str, Any]) -> None:
        method = message["method"]
        if method == types.EXIT:
            self.on_exit(self.exit_code)
        elif self._shutdown or not self._initialized:
            LOG.warning("ignored %s outside of a session", clip(method))
        elif method != types.CANCEL_REQUEST and not self._handles(method):
            LOG.debug("ignored %s, which is unknown", clip(method))
        elif (notification := self._decode(message)) is None:
            LOG.warning("ignored %s with parameters that are not its own", clip(method))
            if method == types.TEXT_DOCUMENT_DID_CHANGE:
                self.on_missed_change(_uri_of(message))
        else:
            self._dispatch(notification)

    def _receive_response(self, message: dict[str, Any]) -> None:
        msg_id = _id_of(message)
        # Requests of both sides are kept in one table; only ours are such futures.
        if msg_id is None or not isinstance(self._request_futures.get(msg_id), Future):
            LOG.warning("ignored a response to nothing that was asked")
        elif self._shutdown:
            LOG.debug("ignored a response: what it answers was cancelled at shutdown")
        elif (response := self._decode(message)) is not None:
            self._dispatch(response)
        else:
            self._request_futures.pop(msg_id).set_exception(JsonRpcException("not a response"))

    def _handles(self, method: str) -> bool:
        return method in self.fm.features or method in self.fm.builtin_features

    def _decode(self, message: dict[str, Any]) -> Any | None:
        """The message as its type, None when its parameters are not of that type."""
        if "method" in message:
            kind = self.get_message_type(message["method"])
        elif "error" in message:
            kind = types.ResponseErrorMessage
        else:
            kind = self._result_types.pop(message["id"], None)
        try:
            return self._converter.structure(message, kind or JsonRPCResponseMessage)
        except Exception as error:  # cattrs raises whatever the wrong value makes it raise
            LOG.debug("not decodable: %s", type(error).__name__)
            return None

    def _dispatch(self, message: Any) -> None:
        try:
            self.handle_message(message)
        except Exception as error:  # the last resort: a session survives any one message
            LOG.error("a message could not be handled: %s", describe(error))
            if (msg_id := getattr(message, "id", None)) is not None:
                self._answer_error(msg_id, INTERNAL_ERROR, "slm-lsp failed; its log says why")

    def _send_handler_result(self, future: Any, *, msg_id: Id) -> None:
        self._request_futures.pop(msg_id, None)
        if future.cancelled():
            self._answer_error(msg_id, REQUEST_CANCELLED, "the request was cancelled")
            return
        error = future.exception()
        if error is None:
            self._answer(msg_id, future.result())
        elif isinstance(error, JsonRpcException):
            self._answer_error(msg_id, error.code, error.message)
        elif isinstance(error, SlmError):
            LOG.warning("a request failed: %s", error)
            self._answer_error(msg_id, REQUEST_FAILED, str(error))
        else:
            LOG.error("a request failed: %s", describe(error))
            self._answer_error(msg_id, INTERNAL_ERROR, "slm-lsp failed; its log says why")

    def _check_handler_result(self, future: Any) -> None:
        if not future.cancelled() and (error := future.exception()) is not None:
            LOG.error("a notification failed: %s", describe(error))

    def _handle_cancel_notification(self, msg_id: Id) -> None:
        future = self._request_futures.get(msg_id) if isinstance(msg_id, int | str) else None
        # Only what the client asked for is the client's to cancel.
        if isinstance(future, asyncio.Future):
            future.cancel()

    def _answer(self, msg_id: Id, result: Any) -> None:
        try:
            self._send_response(msg_id, result=result)
        except (TypeError, ValueError, AttributeError) as error:  # not serialisable
            LOG.error("a result could not be sent: %s", describe(error))
            self._answer_error(msg_id, INTERNAL_ERROR, "slm-lsp failed; its log says why")

    def _answer_error(self, msg_id: Id | None, code: int, message: str) -> None:
        self._send_data(
            {
                "jsonrpc": self.VERSION,
                "id": msg_id,
                "error": {"code": int(code), "message": message},
            }
        )

    def _send_data(self, data: Any) -> None:
        if self.writer is None:
            return
        body = json.dumps(data, default=self._serialize_message).encode("ascii")
        self.writer.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *args: Any) -> None:  # pyright: ignore - no generator is needed
        """Cancel what is under way, and answer nothing but exit from now on."""
        self._shutdown = True
        current = self.msg_id
        for msg_id, future in list(self._request_futures.items()):
            if msg_id != current:
                future.cancel()
        if (handler := self.fm.features.get(types.SHUTDOWN)) is not None:
            handler(None)


def _id_of(message: Any) -> Id | None:
    """The id, if it is one that JSON-RPC knows."""
    found = message.get("id") if isinstance(message, dict) else None
    return found if isinstance(found, (int, str)) and not isinstance(found, bool) else None


def _uri_of(message: dict[str, Any]) -> str | None:
    """The document that a message names, however wrong the rest of it is."""
    params = message.get("params")
    document = params.get("textDocument") if isinstance(params, dict) else None
    found = document.get("uri") if isinstance(document, dict) else None
    return found if isinstance(found, str) else None
