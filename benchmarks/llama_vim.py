"""llama-server's `/infill`, asked in the way of llama.vim, to compare with.

What its users get with its default settings: 256 lines before the cursor and 64 behind, a ring of
16 chunks of other files, taken as random windows; one request at a time, which a newer key does
not stop; a cache of answers that is typed along; and the next answer ahead, as if one were taken.
"""

import asyncio
import hashlib
import http.client
import json
import random
import re
import socket
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.contestants import Effort
from benchmarks.traces import Key, Session

PREFIX_LINES, SUFFIX_LINES = 256, 64
N_PREDICT, MAX_LINE_SUFFIX = 128, 8
FIRST_MS, AHEAD_MS = 250, 1000
RETRY_S = 0.1
CACHE_KEYS, LOOK_BACK = 250, 128
CHUNKS, CHUNK_LINES = 16, 32
SERVER = (
    "--host", "127.0.0.1", "--parallel", "1", "--cache-reuse", "256",
    "--ubatch-size", "512", "--no-repack", "--offline", "--no-webui", "--log-disable",
)  # fmt: skip
"""What its documentation recommends; without the repacked weights that crash some CPUs."""


class LlamaVim:
    """One llama-server, and the state that the editor's plugin keeps."""

    name = "llama-server, llama.vim"
    n_busy = 0

    def __init__(self, server: Path, model: Path, n_ctx: int, spm: bool, n_threads: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self._command = [
            str(server), "--model", str(model), "--port", str(self._port), *SERVER,
            "--ctx-size", str(n_ctx), "--threads", str(n_threads), *(["--spm-infill"] * spm),
            # A batch bounds prefix and suffix together; the other half is for chunks.
            "--batch-size", str(min(1024, n_ctx // 2)), "--predict", str(N_PREDICT),
        ]  # fmt: skip
        self._random = random.Random(0)
        self._thread = ThreadPoolExecutor(1)
        self._cache: OrderedDict[str, str] = OrderedDict()
        self._ring: list[str] = []
        self._queue: list[str] = []
        self._job: asyncio.Task[None] | None = None
        self._text = ""
        self._wanted = ""
        self._effort = {"prompt": 0, "evaluated": 0, "questions": 0, "stale": 0, "known": 0}

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        async with asyncio.timeout(120):
            while self._process.returncode is None:
                try:
                    status, _ = await self._http("GET", "/health", None)
                except OSError:
                    status = 0
                if status == 200:
                    return
                await asyncio.sleep(0.2)
        raise RuntimeError(f"{self._command[0]} ended with exit code {self._process.returncode}")

    async def open(self, session: Session) -> None:
        # Answers are kept by the text around them, and the same text comes at every pace: what was
        # read at the one before would be known.
        await self.idle()
        self._cache.clear()
        await self.enter(session.text)

    async def enter(self, text: str) -> None:
        """A buffer is left, and another one entered."""
        if self._text:
            self._collect(self._text)
        self._text = text
        self._collect(text)
        # In normal mode one waiting chunk a second joins the ring, and is evaluated then.
        if self._queue:
            self._ring = [*self._ring, self._queue.pop(0)][-CHUNKS:]
            await self.idle()
            self._job = asyncio.create_task(self._infill("", "", "", 0, 1, ""))

    async def press(self, key: Key, text: str) -> bool:
        self._text = text
        return bool((await self.suggest(text[: key.cursor], text[key.cursor :])).strip())

    async def suggest(self, before: str, after: str) -> str:
        """What is shown at the cursor; waits, as the editor does, while a request is under way."""
        self._wanted = _digest(before, after)
        if len(after.partition("\n")[0]) > MAX_LINE_SUFFIX:
            self._effort["known"] += 1
            return ""
        asked = False
        while True:
            hint = self._hint(before, after)
            if hint is not None:
                self._effort["known"] += not asked
                if _repeats(hint, before, after):
                    return ""
                if not self._busy():
                    self._ask(before + hint, after, AHEAD_MS)
                return hint
            if self._busy():
                await asyncio.sleep(RETRY_S)
                continue
            asked = True
            self._ask(before, after, FIRST_MS)
            await self.idle()

    async def effort(self) -> Effort:
        e = self._effort
        return Effort(e["prompt"], e["evaluated"], e["questions"], e["stale"], e["known"])

    def pids(self) -> list[int]:
        return [self._process.pid]

    async def stop(self) -> None:
        await self.idle()
        self._process.terminate()
        await self._process.wait()

    def _busy(self) -> bool:
        return self._job is not None and not self._job.done()

    async def idle(self) -> None:
        """Wait for the request that is under way."""
        if self._job is not None:
            await asyncio.shield(self._job)

    def _ask(self, before: str, after: str, limit_ms: int) -> None:
        digest = _digest(before, after)
        if digest in self._cache:
            return
        above, _, line = before.rpartition("\n")
        prefix = "\n".join(above.split("\n")[-PREFIX_LINES:]) + "\n"
        suffix = "\n".join(after.split("\n")[: SUFFIX_LINES + 1]) + "\n"
        local = prefix[-2000:] + suffix[:1000]
        self._ring = [one for one in self._ring if _similarity(one, local) <= 0.5]
        job = self._infill(prefix, line, suffix, N_PREDICT, limit_ms, digest)
        self._job = asyncio.create_task(job)

    async def _infill(
        self, prefix: str, line: str, suffix: str, n_predict: int, limit_ms: int, digest: str
    ) -> None:
        body = {
            "input_prefix": prefix,
            "prompt": line,
            "input_suffix": suffix,
            "input_extra": [{"text": one, "filename": ""} for one in self._ring],
            "n_predict": n_predict,
            "n_indent": len(line) - len(line.lstrip()),
            "top_k": 40,
            "top_p": 0.9,
            "samplers": ["top_k", "top_p", "infill"],
            "seed": 0,
            "stream": False,
            "cache_prompt": True,
            "t_max_predict_ms": limit_ms,
        }
        _, answer = await self._http("POST", "/infill", body)
        timings = answer["timings"]
        self._effort["questions"] += 1
        self._effort["prompt"] += timings["prompt_n"] + timings["cache_n"]
        self._effort["evaluated"] += timings["prompt_n"]
        self._effort["stale"] += limit_ms == FIRST_MS and digest != self._wanted
        if digest:
            self._cache[digest] = answer["content"]
            if len(self._cache) > CACHE_KEYS:
                self._cache.popitem(last=False)

    def _hint(self, before: str, after: str) -> str | None:
        """The rest of an answer to one of the last places; None if there is none."""
        for n_back in range(min(LOOK_BACK, len(before)) + 1):
            known = self._cache.get(_digest(before[: len(before) - n_back], after))
            if known is None:
                continue
            typed = before[len(before) - n_back :]
            if n_back == 0 or (known.startswith(typed) and len(known) > n_back):
                return known[n_back:]
        return None

    def _collect(self, text: str) -> None:
        """Half a chunk of a file, from a random place, unless one like it is there."""
        lines = text.split("\n")
        start = self._random.randrange(max(1, len(lines) - CHUNK_LINES))
        chunk = "\n".join(lines[start : start + CHUNK_LINES])
        if all(_similarity(chunk, one) <= 0.9 for one in [*self._ring, *self._queue]):
            self._queue = [*self._queue, chunk][-CHUNKS:]

    async def _http(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._exchange, method, path, body)

    def _exchange(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=300)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read() or b"{}")
            if path == "/infill" and response.status != 200:
                raise RuntimeError(f"llama-server refused: {answer}")
            return response.status, answer
        finally:
            connection.close()


def _repeats(hint: str, before: str, after: str) -> bool:
    """Nothing, or what stands there already: the plugin discards such an answer."""
    lines = hint.split("\n")
    rest, *below = after.split("\n")
    if not hint.strip() or (len(lines) == 1 and hint == rest):
        return True
    if not lines[0] and lines[1:] == below[: len(lines) - 1]:
        return True
    below = below[next((n for n, line in enumerate(below) if line.strip()), len(below)) :]
    if not below or before.rpartition("\n")[2] + lines[0] != below[0]:
        return False
    return all(
        (there == line if n < len(lines) - 1 else there.startswith(line))
        for n, (line, there) in enumerate(zip(lines[1:], below[1:], strict=False), 1)
    )


def _digest(before: str, after: str) -> str:
    lines = "\n".join(before.split("\n")[-PREFIX_LINES:])
    below = "\n".join(after.split("\n")[: SUFFIX_LINES + 1])
    return hashlib.sha256(f"{lines}\0{below}".encode()).hexdigest()


def _similarity(one: str, other: str) -> float:
    a, b = set(re.split(r"\W+", one)), set(re.split(r"\W+", other))
    return 2 * len(a & b) / max(1, len(a) + len(b))
