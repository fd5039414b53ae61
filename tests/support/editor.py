"""A raw JSON-RPC client for tests: it sends exactly what it is told to and keeps all it got.

    async with Editor.start() as editor:
        await editor.initialize()
        editor.open("file:///a.py", "def f():\\n    ret")
        answer = await editor.request("textDocument/inlineCompletion", …)

A failure shows the transcript of the session.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

SERVE = (sys.executable, "-P", "-m", "slm_lsp.cli", "serve")
# Far more than anything takes: a test that waits so long has failed.
PATIENCE_S = 30.0
# How long a server may take to end by itself when its test has.
STOP_S = 5.0

Json = Any


class ServerError(Exception):
    """An error response."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(f"{error['code']}: {error['message']}")
        self.code = error["code"]
        self.error = error


class Editor:
    """One connection to one server process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.transcript: list[str] = []
        self.notifications: list[dict[str, Json]] = []
        self.requests: list[dict[str, Json]] = []  # from the server
        self.unclaimed: list[dict[str, Json]] = []  # responses with an id that nobody asked by
        self.stderr = ""
        # To requests of the server, by method; a function is given the parameters.
        self.answers: dict[str, Json] = {}
        self._n_asked = 0
        self._waiting: dict[int | str, asyncio.Future[Json]] = {}
        self._changed = asyncio.Event()
        self._versions: dict[str, int] = {}
        self._readers = [
            asyncio.create_task(self._read_messages()),
            asyncio.create_task(self._read_log()),
        ]

    @classmethod
    @asynccontextmanager
    async def start(
        cls,
        *arguments: str,
        command: tuple[str, ...] = SERVE,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> AsyncIterator["Editor"]:
        process = await asyncio.create_subprocess_exec(
            *command,
            *arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            limit=2**26,
        )
        editor = cls(process)
        try:
            yield editor
        except BaseException as error:
            error.add_note(f"transcript:\n{editor.story()}")
            raise
        finally:
            await editor._stop()

    # Sending.

    def send(self, message: Json) -> None:
        """A message, or anything else that JSON can say."""
        self._note("→", message)
        self.send_body(json.dumps(message).encode())

    def send_body(self, body: bytes) -> None:
        self.send_bytes(b"Content-Length: %d\r\n\r\n" % len(body) + body)

    def send_bytes(self, sent: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(sent)

    def notify(self, method: str, params: Json = None) -> None:
        self.send({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, params: Json = None, id: int | str | None = None) -> int | str:
        """Send a request, and return its id at once; `answer(id)` waits for the answer."""
        if id is None:
            self._n_asked += 1
            id = self._n_asked
        self._waiting[id] = asyncio.get_running_loop().create_future()
        self.send({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        return id

    async def answer(self, id: int | str, within_s: float = PATIENCE_S) -> Json:
        """The result; a ServerError is raised if it is an error."""
        async with asyncio.timeout(within_s):
            # Whoever gives up waiting does not give up the answer.
            response = await asyncio.shield(self._waiting[id])
        if "error" in response:
            raise ServerError(response["error"])
        return response["result"]

    async def request(self, method: str, params: Json = None, within_s: float = PATIENCE_S) -> Json:
        return await self.answer(self.ask(method, params), within_s)

    # What editors do.

    async def initialize(
        self,
        *,
        encodings: tuple[str, ...] | None = None,
        options: Json = None,
        root: Path | None = None,
        **more: Json,
    ) -> Json:
        """The handshake; the result is what the server says that it can."""
        capabilities: dict[str, Json] = {}
        if encodings is not None:
            capabilities["general"] = {"positionEncodings": list(encodings)}
        params = {
            "processId": os.getpid(),
            "rootUri": root.as_uri() if root else None,
            "capabilities": capabilities,
            "initializationOptions": options,
            **more,
        }
        result = await self.request("initialize", params)
        self.notify("initialized", {})
        return result

    def open(self, uri: str, text: str, language: str = "python") -> None:
        self._versions[uri] = 1
        document = {"uri": uri, "languageId": language, "version": 1, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": document})

    def change(self, uri: str, *changes: Json) -> None:
        self._versions[uri] += 1
        document = {"uri": uri, "version": self._versions[uri]}
        self.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": list(changes)}
        )

    def insert(self, uri: str, line: int, character: int, text: str) -> None:
        self.change(uri, {"range": span(line, character), "text": text})

    def ask_inline(self, uri: str, line: int, character: int, by_hand: bool = True) -> int | str:
        params = {**at(uri, line, character), "context": {"triggerKind": 1 if by_hand else 2}}
        return self.ask("textDocument/inlineCompletion", params)

    async def inline(self, uri: str, line: int, character: int, by_hand: bool = True) -> list[Json]:
        return (await self.answer(self.ask_inline(uri, line, character, by_hand)))["items"]

    async def command(self, name: str, *arguments: Json) -> Json:
        params = {"command": name, "arguments": list(arguments)}
        return await self.request("workspace/executeCommand", params)

    async def status(self, **options: Json) -> Json:
        return await self.command("slm.status", options)

    async def ready(self) -> Json:
        """Wait until the model answers, and return the status then."""
        await self.wait_until(lambda: self.last_state in ("ready", "error", "off"))
        assert self.last_state == "ready"
        return await self.status()

    async def shutdown(self) -> None:
        assert await self.request("shutdown") is None
        self.notify("exit")

    def forget(self) -> None:
        """Drop what was said until now: an hour of typing is a lot."""
        self.transcript.clear()
        self.notifications.clear()
        self._waiting = {id: one for id, one in self._waiting.items() if not one.done()}

    # Waiting.

    async def wait_until(self, condition: Callable[[], Any], within_s: float = PATIENCE_S) -> None:
        """Wait for messages until `condition()` holds."""
        async with asyncio.timeout(within_s):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def exit_code(self, within_s: float = PATIENCE_S) -> int:
        async with asyncio.timeout(within_s):
            return await self.process.wait()

    @property
    def states(self) -> list[str]:
        """What the status bar would have shown so far."""
        return [n["params"]["state"] for n in self.notifications if n["method"] == "slm/status"]

    @property
    def last_state(self) -> str | None:
        return self.states[-1] if self.states else None

    def story(self) -> str:
        return "\n".join([*self.transcript[-60:], "stderr:", self.stderr[-6000:]])

    # Receiving.

    async def _read_messages(self) -> None:
        assert self.process.stdout is not None
        while header := await self.process.stdout.readline():
            name, _, length = header.decode("ascii").strip().partition(": ")
            assert name == "Content-Length", f"not a header: {header!r}"
            assert await self.process.stdout.readline() == b"\r\n"
            body = await self.process.stdout.readexactly(int(length))
            self._receive(json.loads(body))
            self._changed.set()

    def _receive(self, message: dict[str, Json]) -> None:
        self._note("←", message)
        if "method" in message and "id" in message:
            self.requests.append(message)
            answer = self.answers.get(message["method"])
            result = answer(message["params"]) if callable(answer) else answer
            self.send({"jsonrpc": "2.0", "id": message["id"], "result": result})
        elif "method" in message:
            self.notifications.append(message)
        elif message["id"] in self._waiting:
            self._waiting[message["id"]].set_result(message)
        else:
            self.unclaimed.append(message)

    async def _read_log(self) -> None:
        assert self.process.stderr is not None
        while line := await self.process.stderr.readline():
            self.stderr += line.decode(errors="replace")
            self._changed.set()

    def _note(self, arrow: str, message: Json) -> None:
        text = json.dumps(message, ensure_ascii=False)
        self.transcript.append(f"{arrow} {text[:400]}")

    async def _stop(self) -> None:
        # The end of stdin reaches the server also behind a wrapper such as strace, which would
        # leave it alone in the world when it is killed.
        assert self.process.stdin is not None
        self.process.stdin.close()
        _, late = await asyncio.wait(self._readers, timeout=STOP_S)
        if self.process.returncode is None and late:
            self.process.kill()
        for reader in late:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)
        await self.process.wait()
        for waiting in self._waiting.values():
            waiting.cancel()
        for reader in self._readers:
            if not reader.cancelled() and (error := reader.exception()) is not None:
                raise error


def at(uri: str, line: int, character: int) -> dict[str, Json]:
    return {
        "textDocument": {"uri": uri},
        "position": {"line": line, "character": character},
    }


def span(line: int, character: int, end_line: int | None = None, end: int | None = None) -> Json:
    """A range; without an end, an empty one."""
    start = {"line": line, "character": character}
    if end_line is None or end is None:
        return {"start": start, "end": start}
    return {"start": start, "end": {"line": end_line, "character": end}}


def shown_messages(editor: Editor) -> list[str]:
    """What would have popped up in front of the person."""
    shown = [n for n in editor.notifications if n["method"].startswith("window/show")]
    return [n["params"]["message"] for n in shown]
