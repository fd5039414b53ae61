"""The dispatcher under fire: random messages, each request answered exactly once."""

import asyncio
import copy
import json
import logging
import random
from typing import Any

import pytest
from lsprotocol import types

from slm_lsp.rpc import SlmProtocol
from slm_lsp.server import SlmServer, build_server
from tests.support.editor import at, span

URI = "file:///project/a.py"
OFF = {"slm-lsp": {"completion": {"enabled": False}}}
DOCUMENT = {"uri": URI, "languageId": "python", "version": 1, "text": "x = 1\nyé😀 = 2\n"}
VERSIONED = {"uri": URI, "version": 2}

REQUESTS: list[tuple[str, Any]] = [
    ("textDocument/inlineCompletion", {**at(URI, 0, 3), "context": {"triggerKind": 1}}),
    ("textDocument/completion", {**at(URI, 1, 2), "context": {"triggerKind": 2}}),
    ("textDocument/diagnostic", {"textDocument": {"uri": URI}}),
    (
        "textDocument/codeAction",
        {"textDocument": {"uri": URI}, "range": span(0, 0, 1, 1), "context": {"diagnostics": []}},
    ),
    ("workspace/executeCommand", {"command": "slm.status", "arguments": [{"documents": True}]}),
    ("workspace/executeCommand", {"command": "slm.explain", "arguments": []}),
    ("workspace/executeCommand", {"command": "slm.accepted", "arguments": [{"id": 1}]}),
]
NOTIFICATIONS: list[tuple[str, Any]] = [
    ("textDocument/didOpen", {"textDocument": DOCUMENT}),
    (
        "textDocument/didChange",
        {"textDocument": VERSIONED, "contentChanges": [{"range": span(0, 1, 1, 1), "text": "é"}]},
    ),
    ("textDocument/didChange", {"textDocument": VERSIONED, "contentChanges": [{"text": "new"}]}),
    ("textDocument/didSave", {"textDocument": {"uri": URI}}),
    ("textDocument/didClose", {"textDocument": {"uri": URI}}),
    ("workspace/didChangeConfiguration", {"settings": OFF}),
    ("workspace/didChangeWatchedFiles", {"changes": [{"uri": URI, "type": 2}]}),
    ("workspace/didChangeWorkspaceFolders", {"event": {"added": [], "removed": []}}),
    ("$/cancelRequest", {"id": 3}),
    ("$/setTrace", {"value": "off"}),
]
ODDITIES = (
    None, True, -1, 0, 2**31, 2**63, 1e300, "", "x", "\0", "\ud800", "file:///", "file://[", [], {},
    [[]], {"uri": URI}, {"line": -1, "character": -1}, {"line": 2**31, "character": 2**31},
    {"jsonrpc": "2.0", "method": "exit"}, {"type_name": 3}, {"class": 1},
)  # fmt: skip


class Collected:
    """What was written to the client."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    def write(self, data: bytes) -> None:
        self.messages.append(json.loads(data.partition(b"\r\n\r\n")[2]))

    def answers(self, id: Any) -> list[dict[str, Any]]:
        return [m for m in self.messages if "method" not in m and m["id"] == id]


@pytest.fixture
async def server() -> SlmServer:
    """A server in this process, past its handshake."""
    made = build_server()
    made.protocol.set_writer(Collected())  # pyright: ignore - only `write` is ever called
    params = {"processId": None, "rootUri": None, "capabilities": {}, "initializationOptions": OFF}
    send(made.protocol, {"id": "init", "method": "initialize", "params": params})
    await settle()
    send(made.protocol, {"method": "initialized", "params": {}})
    return made


def send(protocol: SlmProtocol, message: Any) -> None:
    protocol.receive(json.dumps({"jsonrpc": "2.0", **message}).encode())


async def settle() -> None:
    """Let every handler that needs no other process come to its end."""
    for _ in range(20):
        await asyncio.sleep(0)


def mutated(rng: random.Random, value: Any) -> Any:
    """`value` with something odd somewhere inside, or instead of it."""
    whole = copy.deepcopy(value)
    places = list(_places(whole))
    for _ in range(rng.choice((1, 1, 2, 3))):
        if not places or rng.random() < 0.05:
            return rng.choice(ODDITIES)
        holder, key = rng.choice(places)
        try:
            if rng.random() < 0.2:
                del holder[key]
            else:
                holder[key] = copy.deepcopy(rng.choice(ODDITIES))
        except (KeyError, IndexError):
            continue  # gone by an earlier mutation
    return whole


def _places(value: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in items:
        found.append((value, key))
        if isinstance(inner, dict | list):
            found += _places(inner)
    return found


@pytest.mark.parametrize("seed", range(10))
async def test_every_request_gets_one_answer(
    server: SlmServer, seed: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    rng = random.Random(seed)
    collected: Any = server.protocol.writer
    asked: dict[str, Any] = {}
    for n in range(300):
        method, params = rng.choice(REQUESTS if rng.random() < 0.6 else NOTIFICATIONS)
        # Mutated settings would start a real model, which is another test's matter.
        if rng.random() < 0.8 and method != "workspace/didChangeConfiguration":
            params = mutated(rng, params)
        message: dict[str, Any] = {"method": method, "params": params}
        if method in dict(REQUESTS):
            message["id"] = f"ask-{n}"
            asked[message["id"]] = message
        send(server.protocol, message)
        await asyncio.sleep(0)
    send(server.protocol, {"id": "end", "method": "shutdown"})
    await settle()
    for id in [*asked, "end"]:
        assert len(collected.answers(id)) == 1, asked.get(id)
    failures = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert failures == []
    assert [m for m in collected.messages if m.get("method", "").startswith("window/")] == []


async def test_a_result_that_cannot_be_sent_is_an_internal_error(server: SlmServer) -> None:
    async def odd(params: Any) -> Any:
        return {1: object()}

    server.protocol.fm.features["workspace/executeCommand"] = odd
    send(
        server.protocol,
        {"id": 5, "method": "workspace/executeCommand", "params": {"command": "slm.status"}},
    )
    await settle()
    collected: Any = server.protocol.writer
    (answer,) = collected.answers(5)
    assert answer["error"]["code"] == -32603


async def test_a_handler_that_fails_is_an_internal_error_without_its_words(
    server: SlmServer, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(params: Any) -> Any:
        raise KeyError("canary of the user's source")

    server.protocol.fm.features["workspace/executeCommand"] = broken
    send(
        server.protocol,
        {"id": 5, "method": "workspace/executeCommand", "params": {"command": "slm.status"}},
    )
    await settle()
    collected: Any = server.protocol.writer
    (answer,) = collected.answers(5)
    assert answer["error"]["code"] == -32603 and "data" not in answer["error"]
    assert "canary" not in json.dumps(answer) + caplog.text
    assert "broken (test_rpc.py" in caplog.text


@pytest.mark.parametrize("answer", [{"result": None}, {"error": {}}, {"result": [{}]}])
async def test_an_answer_after_shutdown_is_nothing(server: SlmServer, answer: Any) -> None:
    """What the server asked was cancelled then; an answer that is not even one must not end it."""
    collected: Any = server.protocol.writer
    items = [types.ConfigurationItem(section="slm-lsp")]
    server.workspace_configuration(types.ConfigurationParams(items=items))
    (asked,) = (m["id"] for m in collected.messages if m.get("method") and "id" in m)
    send(server.protocol, {"id": "end", "method": "shutdown"})
    await settle()
    send(server.protocol, {"id": asked, **answer})
    send(server.protocol, {"id": "late", "method": "workspace/executeCommand", "params": {}})
    await settle()
    assert len(collected.answers("end")) == len(collected.answers("late")) == 1


async def test_nothing_is_kept_of_what_is_over(server: SlmServer) -> None:
    """pygls keeps a future for each notification with an async handler, for ever."""
    for n in range(50):
        send(
            server.protocol,
            {"method": "textDocument/didOpen", "params": {"textDocument": DOCUMENT}},
        )
        send(server.protocol, {"id": n, "method": REQUESTS[0][0], "params": REQUESTS[0][1]})
        await settle()
    assert len(server.protocol._request_futures) < 5
    assert len(server.protocol._result_types) < 5
