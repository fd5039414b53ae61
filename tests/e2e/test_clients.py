"""Six real editors, by what they really send at initialize.

pytest-lsp is a second client besides our own: it knows LSP's types, so an answer that does not
fit them fails here.
"""

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import converters, types
from pytest_lsp import ClientServerConfig, LanguageClient

PROFILES = sorted((Path(__file__).parent / "clients").glob("*.json"))
URI = "file:///home/dev/project/area.py"
TEXT = "def add(a, b):\n    return a + b\n\n\ndef subtract(a, b):\n    return "
ENCODING = {
    "Eglot_1.17.30": "utf-32",
    "Neovim_0.10.4": "utf-16",
    "Neovim_0.12.4": "utf-8",
    "code-server_1.139.1": "utf-16",
    "emacs_lsp-mode_10.0.0": "utf-32",
    "helix_25.07.1": "utf-8",
}


@pytest_lsp.fixture(
    params=PROFILES,
    ids=lambda path: path.stem,
    config=ClientServerConfig(server_command=[sys.executable, "-P", "-m", "slm_lsp.cli", "serve"]),
)
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient):
    sent = json.loads(request.param.read_text())
    params = converters.get_converter().structure(sent, types.InitializeParams)
    params.process_id = os.getpid()
    lsp_client.profile = request.param.stem
    lsp_client.can = await lsp_client.initialize_session(params)
    yield
    await lsp_client.shutdown_session()


def opened(client: LanguageClient) -> None:
    document = types.TextDocumentItem(URI, "python", 1, TEXT)
    client.text_document_did_open(types.DidOpenTextDocumentParams(document))


async def answered(ask: Callable[[], Awaitable[Any]]) -> Any:
    """What is there once the model has loaded: on a busy machine nobody waits for that so long."""
    async with asyncio.timeout(120):
        while not (answer := await ask()).items:  # noqa: ASYNC110 - each client tells it otherwise
            await asyncio.sleep(0.5)
    return answer


def test_there_are_six_profiles() -> None:
    assert {path.stem for path in PROFILES} == set(ENCODING)


async def test_the_handshake(client: LanguageClient) -> None:
    can = client.can.capabilities
    assert can.position_encoding == ENCODING[client.profile]
    assert can.inline_completion_provider == types.InlineCompletionOptions()
    assert client.can.server_info.name == "slm-lsp"


async def test_an_inline_suggestion(client: LanguageClient) -> None:
    opened(client)
    params = types.InlineCompletionParams(
        types.InlineCompletionContext(types.InlineCompletionTriggerKind.Invoked),
        types.TextDocumentIdentifier(URI),
        types.Position(5, 11),
    )
    answer = await answered(lambda: client.text_document_inline_completion_async(params))
    assert isinstance(answer, types.InlineCompletionList)
    item, *_ = answer.items
    assert item.insert_text
    assert item.range == types.Range(types.Position(5, 11), types.Position(5, 11))


async def test_a_suggestion_in_the_popup(client: LanguageClient) -> None:
    opened(client)
    params = types.CompletionParams(types.TextDocumentIdentifier(URI), types.Position(5, 11))
    answer = await answered(lambda: client.text_document_completion_async(params))
    assert isinstance(answer, types.CompletionList)
    item, *_ = answer.items
    assert isinstance(item.text_edit, types.TextEdit)
    assert item.command is not None
    await client.workspace_execute_command_async(
        types.ExecuteCommandParams(item.command.command, item.command.arguments)
    )


async def test_findings_reach_every_client(client: LanguageClient) -> None:
    """Pushed, unless the client pulls and can be told when there is more; never in both ways."""
    broken = types.TextDocumentItem(URI, "python", 1, "def area(w, h):\n    return (w * h\n")
    client.text_document_did_open(types.DidOpenTextDocumentParams(broken))
    refreshes = client.profile in ("Neovim_0.12.4", "code-server_1.139.1")
    # Whoever is not invited to pull may do so all the same.
    assert (client.can.capabilities.diagnostic_provider is not None) == refreshes
    document = types.TextDocumentIdentifier(URI)
    pulled: list[types.Diagnostic] = []
    async with asyncio.timeout(30):
        while not pulled and not client.diagnostics.get(URI):
            params = types.DocumentDiagnosticParams(document)
            pulled = (await client.text_document_diagnostic_async(params)).items
    pushed = client.diagnostics.get(URI, [])
    assert (len(pulled), len(pushed)) == ((1, 0) if refreshes else (0, 1))
