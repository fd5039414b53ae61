"""An editor in the same process as the server, over real pipes: fast enough for ten thousand."""

import asyncio
import json
import os
from typing import Any

from slm_lsp.server import SlmServer

Json = Any


class PipedEditor:
    """Sends messages to one server and keeps what comes back, by id."""

    def __init__(self, server: SlmServer) -> None:
        self.server = server
        self.answers: dict[Any, Json] = {}
        self.asked: list[Any] = []
        self.notifications: list[Json] = []
        self.wrong: list[str] = []  # what no server may send
        self._changed = asyncio.Event()

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        to_server, self._sending = os.pipe()
        self._receiving, from_server = os.pipe()
        self._serving = asyncio.create_task(self.server.serve(to_server, from_server))
        self._server_ends = (to_server, from_server)
        self._reader = asyncio.StreamReader(limit=2**26)
        protocol = asyncio.StreamReaderProtocol(self._reader)
        self._reading, _ = await loop.connect_read_pipe(
            lambda: protocol, os.fdopen(self._receiving, "rb", 0)
        )
        self._writing, _ = await loop.connect_write_pipe(
            asyncio.BaseProtocol, os.fdopen(self._sending, "wb", 0)
        )
        self._task = asyncio.create_task(self._read())

    def send(self, message: Json) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._writing.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))

    def notify(self, method: str, params: Json) -> None:
        self.send({"method": method, "params": params})

    def ask(self, method: str, params: Json = None) -> int:
        id = len(self.asked) + 1
        self.asked.append(id)
        self.send({"id": id, "method": method, "params": params})
        return id

    async def answer(self, id: int) -> Json:
        """The whole response."""
        while id not in self.answers:
            self._changed.clear()
            await self._changed.wait()
        return self.answers[id]

    async def request(self, method: str, params: Json = None) -> Json:
        response = await self.answer(self.ask(method, params))
        assert "error" not in response, response
        return response["result"]

    async def exit(self) -> int:
        """Say exit; the result is the exit code."""
        self.notify("exit", None)
        return await self._serving

    async def close(self) -> None:
        self._writing.close()
        self._serving.cancel()
        await asyncio.gather(self._serving, return_exceptions=True)
        # Only the server's end tells the reading thread and ours that it is over.
        for fd in self._server_ends:
            os.close(fd)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._reading.close()

    async def _read(self) -> None:
        while header := await self._reader.readline():
            length = int(header.removeprefix(b"Content-Length: "))
            assert await self._reader.readline() == b"\r\n"
            self._take(json.loads(await self._reader.readexactly(length)))
            self._changed.set()

    def _take(self, message: Json) -> None:
        if "method" not in message:
            if message["id"] in self.answers or message["id"] not in self.asked:
                self.wrong.append(f"nobody asked for {message}")
            self.answers[message["id"]] = message
        elif "id" in message:
            self.send({"id": message["id"], "result": None})
        else:
            self.notifications.append(message)
            if message["method"].startswith("window/show"):
                self.wrong.append(f"a popup: {message}")
