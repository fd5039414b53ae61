"""What a typing trace is played to. Each answers "what would I show here, now?".

A contestant decides for itself whether to ask its model at a key, to wait, or to know already.
"""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from benchmarks.traces import Key, Session
from tests.support.editor import SERVE, Editor, span


@dataclass(frozen=True, slots=True)
class Effort:
    """Sums since the start. `known` are keys that the model was not asked for; `stale` are
    questions that were cut short, or ran to their end, when nobody wanted them any more."""

    prompt_tokens: int = 0
    evaluated_tokens: int = 0
    questions: int = 0
    stale: int = 0
    known: int = 0


class Contestant(Protocol):
    name: str
    n_busy: int  # processes that want a core all the time while it is played to

    async def start(self) -> None: ...

    async def open(self, session: Session) -> None: ...

    async def press(self, key: Key, text: str) -> bool:
        """Show what fits behind `key`; True if there is something. Cancelled by the next key."""
        ...

    async def effort(self) -> Effort: ...

    def pids(self) -> list[int]: ...

    async def stop(self) -> None: ...


class Ours:
    """The real command, over stdio; a request that is out of date is cancelled as editors do."""

    def __init__(
        self,
        name: str,
        model: Path | None,
        home: Path,
        root: Path,
        options: dict[str, Any] | None = None,
        n_busy: int = 0,
    ) -> None:
        self.name = name
        self.n_busy = n_busy
        self._root = root.absolute()
        self._options: dict[str, Any] = {**(options or {})}
        if model:
            self._options["model"] = {"path": str(model)}
        self._env = {"SLM_LSP_HOME": str(home), "SLM_LSP_CONFIG": str(home / "config.toml")}
        self._uri = ""
        self._worker = 0

    async def start(self) -> None:
        self._started = Editor.start("--log-level", "error", command=SERVE, env=self._env)
        self._editor = await self._started.__aenter__()
        await self._editor.initialize(options=self._options, encodings=("utf-32",), root=self._root)
        await self._editor.wait_until(lambda: self._editor.last_state in ("ready", "error"), 120)
        for _ in range(3_000):
            status = await self._editor.status()
            if status["workspace"]["state"] != "reading":
                break
            await asyncio.sleep(0.1)
        self._worker = status["worker"]["pid"]

    async def open(self, session: Session) -> None:
        if self._uri:
            self._editor.notify("textDocument/didClose", {"textDocument": {"uri": self._uri}})
        self._uri = (self._root / session.name).as_uri()
        self._editor.open(self._uri, session.text)
        self._text = session.text
        # The person puts the cursor where they will type, and the editor looks for quick fixes.
        self._editor.ask(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": self._uri},
                "range": span(*place(session.text, session.keys[0].start)),
                "context": {"diagnostics": [], "triggerKind": 2},
            },
        )

    async def press(self, key: Key, text: str) -> bool:
        start, end = (place(self._text, at) for at in (key.start, key.end))
        self._editor.change(self._uri, {"range": span(*start, *end), "text": key.text})
        self._text = text
        self._editor.transcript.clear()
        id = self._editor.ask_inline(self._uri, *place(text, key.cursor), by_hand=False)
        try:
            return bool((await self._editor.answer(id, 120))["items"])
        except asyncio.CancelledError:
            self._editor.notify("$/cancelRequest", {"id": id})
            raise

    async def effort(self) -> Effort:
        status = await self._editor.status()
        work: dict[str, Any] = status["worker"]["work"]
        counters = status["counters"]
        return Effort(
            work["prompt_tokens"],
            work["evaluated_tokens"],
            work["questions"],
            work["cut_short"],
            counters["cache_hits"] + counters["copied"] + counters["skipped"],
        )

    def pids(self) -> list[int]:
        return [self._editor.process.pid, self._worker]

    async def stop(self) -> None:
        await self._started.__aexit__(None, None, None)


@contextmanager
def busy(n: int) -> Iterator[list[int]]:
    """So many processes that compute without end; their numbers."""
    command = [sys.executable, "-S", "-c", "while True: pass"]
    # Each in a session of its own, as what runs in another terminal is. Linux shares the cores
    # out among sessions first: within the shell's, they would have the weight of the shell.
    processes = [subprocess.Popen(command, start_new_session=True) for _ in range(n)]
    try:
        yield [process.pid for process in processes]
    finally:
        for process in processes:
            process.kill()
            process.wait()


def place(text: str, offset: int) -> tuple[int, int]:
    """Line and column, in code points."""
    return text.count("\n", 0, offset), offset - text.rfind("\n", 0, offset) - 1


def cpu_seconds(pids: list[int]) -> float:
    """User and system time of the processes, from /proc."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_mib(pids: list[int]) -> float:
    """The largest resident memory so far, model file included."""
    kib = 0
    for pid in pids:
        status = Path(f"/proc/{pid}/status").read_text()
        kib += next(int(line.split()[1]) for line in status.splitlines() if line[:6] == "VmHWM:")
    return kib / 1024
