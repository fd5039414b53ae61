"""What arbitrary bytes are given to, and what must hold whatever they are."""

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slm_lsp.config.source import load
from slm_lsp.errors import ModelError
from slm_lsp.inference.framing import FrameReader, WireError, encode
from slm_lsp.models.inspect import inspect_model
from slm_lsp.server import SlmServer, build_server
from slm_lsp.settings import Settings
from slm_lsp.stdio import Framing, Garbage

Target = Callable[[bytes], None]

OFF = {"slm-lsp": {"completion": {"enabled": False}}}
# Of one message or file; generous, since other programs run as well.
SLOWEST_S = 5.0
# A server that lives for ever would remember what an early message did to it.
MESSAGES_PER_SERVER = 2000


def framing(content: bytes) -> None:
    """Headers and bodies: however the bytes arrive, the same comes out."""
    size = 1 + content[0] if content else 1
    whole, pieces = Framing(), Framing()
    found = [str(one) if isinstance(one, Garbage) else one for one in whole.feed(content)]
    parts = [
        str(one) if isinstance(one, Garbage) else one
        for start in range(0, len(content), size)
        for one in pieces.feed(content[start : start + size])
    ]
    assert found == parts
    assert sum(len(one) for one in found if isinstance(one, bytes)) <= len(content)


def wire(content: bytes) -> None:
    """Frames of the inference process: a message that would be sent so again, or a WireError."""
    frames = FrameReader()
    try:
        messages = frames.feed(content)
        frames.finish()
    except WireError as error:
        assert "\n" not in str(error) and len(str(error)) < 300
        return
    for message in messages:
        (again,) = FrameReader().feed(encode(message))
        assert repr(again) == repr(message)


class Rpc:
    """Message bodies to a server in this process: one answer to each request, and none fails."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._written: list[dict[str, Any]] = []
        self._n_left = 0
        self._server: SlmServer | None = None

    def __call__(self, content: bytes) -> None:
        if self._n_left == 0:
            self._loop.run_until_complete(self._start())
        self._n_left -= 1
        # A real model is another target's matter, and it would be started by settings.
        if b"onfiguration" in content or b"enabled" in content:
            return
        self._loop.run_until_complete(self._send(content))

    async def _start(self) -> None:
        if self._server is not None:
            await self._server.session.close()
        self._server = build_server()
        self._server.protocol.set_writer(self)  # type: ignore[arg-type] - only `write` is called
        params = {"processId": None, "rootUri": None, "capabilities": {}}
        begin = {
            "method": "initialize",
            "id": 0,
            "params": {**params, "initializationOptions": OFF},
        }
        for message in (begin, {"method": "initialized", "params": {}}):
            self._server.protocol.receive(json.dumps({"jsonrpc": "2.0", **message}).encode())
            await asyncio.sleep(0)
        self._n_left = MESSAGES_PER_SERVER

    async def _send(self, content: bytes) -> None:
        assert self._server is not None
        self._written.clear()
        self._server.protocol.receive(content)
        expected = expected_id(content)
        for _ in range(200):
            if expected is None or self._answers(expected):
                break
            await asyncio.sleep(0)
        for _ in range(3):
            await asyncio.sleep(0)
        errors = [one["error"]["code"] for one in self._written if "error" in one]
        assert -32603 not in errors, "an internal error"
        if expected is not None:
            assert len(self._answers(expected)) == 1, "not one answer"
        if self._server.protocol._shutdown:
            self._n_left = 0

    def _answers(self, id: int | str) -> list[dict[str, Any]]:
        return [one for one in self._written if "method" not in one and one.get("id") == id]

    def write(self, sent: bytes) -> None:
        self._written.append(json.loads(sent.partition(b"\r\n\r\n")[2]))


def expected_id(content: bytes) -> int | str | None:
    """The id of a request that must be answered under it; None where there is none."""
    try:
        message = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        return None
    id = message.get("id")
    if "method" not in message or isinstance(id, bool) or not isinstance(id, int | str):
        return None
    return id


class Gguf:
    """A model file: what it is, or one sentence that says what is wrong."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "m.gguf"

    def __call__(self, content: bytes) -> None:
        self._path.write_bytes(content)
        begin = time.process_time()
        try:
            inspect_model(self._path)
        except ModelError as error:
            assert str(error).strip() and "\n" not in str(error) and len(str(error)) < 1000
        assert time.process_time() - begin < SLOWEST_S


class Config:
    """A repository's settings file: settings, and complaints of one line that say where."""

    def __init__(self, folder: Path) -> None:
        self._root = folder

    def __call__(self, content: bytes) -> None:
        (self._root / "slm-lsp.toml").write_bytes(content)
        begin = time.process_time()
        resolved = load(self._root)
        assert time.process_time() - begin < SLOWEST_S
        assert isinstance(resolved.settings, Settings)
        model = resolved.settings.model
        assert (model.path, model.n_threads, model.shared_stores) == (None, None, ())
        for complaint in resolved.complaints:
            text = str(complaint)
            assert text.isprintable() and 10 < len(text) < 800
            if complaint.position is not None:
                lines = content.decode("utf-8", "replace").split("\n")
                assert 1 <= complaint.position.line <= len(lines)


def targets(folder: Path) -> dict[str, Target]:
    """All of them, with a folder for those that read files."""
    return {
        "framing": framing,
        "rpc": Rpc(),
        "wire": wire,
        "gguf": Gguf(folder),
        "config": Config(folder),
    }
