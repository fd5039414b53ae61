"""Every request gets one answer, and no message harms the session that it is sent to."""

import pytest

from tests.support.editor import Editor, ServerError, at, shown_messages

PARSE_ERROR, INVALID_REQUEST, METHOD_NOT_FOUND, INVALID_PARAMS = -32700, -32600, -32601, -32602
URI = "file:///work/a.py"
INLINE = "textDocument/inlineCompletion"

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def refused(editor: Editor, method: str, params: object = None) -> int:
    with pytest.raises(ServerError) as refusal:
        await editor.request(method, params)
    return refusal.value.code


UNDECODABLE = [
    (INLINE, {**at(URI, 0, 0), "context": {"triggerKind": 0}}),  # as drafts of 3.18 had it
    (INLINE, at(URI, 0, 0)),
    (INLINE, None),
    (INLINE, []),
    (INLINE, {"textDocument": URI, "position": 3, "context": {"triggerKind": 1}}),
    ("textDocument/completion", {"textDocument": {"uri": URI}}),
    ("workspace/executeCommand", {"arguments": 1}),
    ("workspace/executeCommand", {"command": "no.such.command"}),
    ("workspace/executeCommand", {"command": "slm.accepted"}),
    ("workspace/executeCommand", {"command": "slm.accepted", "arguments": [{"id": "x"}]}),
]


@pytest.mark.parametrize(("method", "params"), UNDECODABLE)
async def test_parameters_that_make_no_sense(unharmed: Editor, method: str, params: object) -> None:
    assert await refused(unharmed, method, params) == INVALID_PARAMS
    assert await unharmed.status()


async def test_a_nested_jsonrpc_key_is_only_a_key(unharmed: Editor) -> None:
    params = {"command": "slm.status", "arguments": [{"jsonrpc": "2.0", "id": 7, "method": "x"}]}
    assert await unharmed.request("workspace/executeCommand", params)


@pytest.mark.parametrize("method", ["no/such/request", "$/no/such", "exit", "initialized"])
async def test_methods_that_are_no_requests(unharmed: Editor, method: str) -> None:
    assert await refused(unharmed, method, {"class": 1, "type_name": 5}) in (
        METHOD_NOT_FOUND,
        INVALID_PARAMS,
    )
    assert await unharmed.status()


NO_MESSAGES = [
    (b"{", PARSE_ERROR),
    (b"", PARSE_ERROR),
    (b"\xff\xfe", PARSE_ERROR),
    (b"[" * 200_000, PARSE_ERROR),
    (b"1" * 10_000, PARSE_ERROR),
    (b"[]", INVALID_REQUEST),
    (b"null", INVALID_REQUEST),
    (b'[{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]', INVALID_REQUEST),
    (b'{"id": 77, "method": "shutdown"}', INVALID_REQUEST),
    (b'{"jsonrpc": "1.0", "id": 77, "method": "shutdown"}', INVALID_REQUEST),
    (b'{"jsonrpc": "2.0", "id": 77, "method": 5}', INVALID_REQUEST),
    (b'{"jsonrpc": "2.0", "id": {}, "method": "shutdown"}', INVALID_REQUEST),
    (b'{"jsonrpc": "2.0", "id": null, "method": "shutdown"}', INVALID_REQUEST),
    (b'{"jsonrpc": "2.0", "id": true, "method": "shutdown"}', INVALID_REQUEST),
    (b'{"jsonrpc": "2.0", "id": 1.5, "method": "shutdown"}', INVALID_REQUEST),
]


@pytest.mark.parametrize(("body", "code"), NO_MESSAGES, ids=lambda x: str(x)[:30])
async def test_bodies_that_are_no_messages(unharmed: Editor, body: bytes, code: int) -> None:
    unharmed.send_body(body)
    await unharmed.wait_until(lambda: unharmed.unclaimed)
    assert unharmed.unclaimed[0]["error"]["code"] == code
    assert unharmed.unclaimed[0]["id"] in (None, 77)
    assert await unharmed.status()


@pytest.mark.parametrize(
    "message",
    [
        {"id": 99, "result": 1},
        {"id": 99},
        {"id": None, "error": {"code": 1, "message": "x"}},
        {"id": "never-asked", "error": "nonsense"},
        {"method": "$/cancelRequest"},
        {"method": "$/cancelRequest", "params": {"id": 12345}},
        {"method": "$/cancelRequest", "params": {"id": []}},
        {"method": "$/setTrace", "params": {"value": "verbose"}},
        {"method": "$/no/such/notification", "params": {"a": 1}},
        {"method": "no/such/notification"},
        {"method": "textDocument/didChange", "params": {"textDocument": 1}},
        {"method": "textDocument/didClose", "params": {"textDocument": {"uri": "file:///gone"}}},
        {"method": "textDocument/didSave", "params": {"textDocument": {"uri": URI}}},
        {"method": "workspace/didChangeConfiguration", "params": {"settings": None}},
        {"method": "workspace/didChangeConfiguration", "params": {"settings": [1, 2]}},
        {"method": "workspace/didChangeConfiguration", "params": {"settings": {"slm-lsp": 5}}},
        {"method": "workspace/didChangeWatchedFiles", "params": {"changes": []}},
        {"method": "window/workDoneProgress/cancel", "params": {"token": "none"}},
    ],
    ids=str,
)
async def test_messages_without_an_answer_change_nothing(unharmed: Editor, message: dict) -> None:
    unharmed.send({"jsonrpc": "2.0", **message})
    assert await unharmed.status()
    assert unharmed.unclaimed == []
    # A setting that is none is the person's to correct; everything else is the client's mistake.
    assert all(one.startswith("editor settings: ") for one in shown_messages(unharmed))


async def test_garbage_between_messages(unharmed: Editor) -> None:
    unharmed.send_bytes(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await unharmed.wait_until(lambda: unharmed.unclaimed)
    assert unharmed.unclaimed[0]["error"]["code"] == PARSE_ERROR
    assert await unharmed.status()


async def test_header_names_in_any_case(unharmed: Editor) -> None:
    body = b'{"jsonrpc": "2.0", "id": "low", "method": "workspace/executeCommand", '
    body += b'"params": {"command": "slm.status"}}'
    unharmed.send_bytes(b"content-length:%d\r\n\r\n%s" % (len(body), body))
    await unharmed.wait_until(lambda: unharmed.unclaimed)
    assert unharmed.unclaimed[0]["id"] == "low" and "result" in unharmed.unclaimed[0]
