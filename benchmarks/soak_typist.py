"""Who types in a soak: through file after file at random, and now and then the same text again."""

import asyncio
import os
import random
import time
from pathlib import Path

from benchmarks.soak_report import Timing
from tests.support.editor import Editor

REFERENCE_S = 1.0
PROBE_S = 20.0
KEY_S = 0.03
OPEN_FILES = 8
SOURCES = ("*.py", "*.go", "*.rs", "*.ts", "*.js", "*.java", "*.c", "*.cpp")
# What is typed at the same place of the same file all the time: only that makes one minute of
# typing comparable with another. The number above it keeps the answers of last time away.
PROBE = "".join(
    f"def area_{n}(width: int, height: int) -> int:\n"
    f'    """The area of shape {n}, in square metres."""\n'
    f"    scaled = width * {n} + height\n"
    f"    return scaled * height\n\n\n"
    for n in range(30)
)
PROBE_LINE = 60
PROBE_KEYS = "total = area_2(width, "


class Typist:
    """Types into one server until told to stop; keeps how long each answer took."""

    def __init__(self, editor: Editor, repository: Path, seed: int) -> None:
        self.editor = editor
        self.begin = time.perf_counter()
        self.answers: list[Timing] = []
        self.probes: list[Timing] = []
        self.references: list[Timing] = []
        self.pids: list[int] = []  # of the server and of the inference process
        self._random = random.Random(seed)
        found = [path for kind in SOURCES for path in sorted(repository.rglob(kind))]
        self._files = [
            path
            for path in found
            if 2_000 < path.stat().st_size < 60_000 and "site-packages" not in path.parts
        ]
        self._open: list[str] = []
        self._n_probes = 0
        self._probed_at = float("-inf")

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.begin

    async def fill(self, n_files: int) -> None:
        """Look into many files, as if days had passed: every cache has what it may have."""
        for _ in range(n_files):
            await self._one_file(self._random.choice(self._files), n_keys=3, pause_s=0.0)
            self.editor.transcript.clear()
            self.editor.notifications.clear()
        self.begin = time.perf_counter()
        for told in (self.answers, self.probes, self.references):
            told.clear()

    async def type_a_while(self) -> None:
        """One file: open it, write a piece of it again, close what is open for long."""
        if self.seconds - self._probed_at > PROBE_S:
            self._probed_at = self.seconds
            await self._probe()
        await self._one_file(self._random.choice(self._files), n_keys=10_000, pause_s=KEY_S)

    async def _one_file(self, path: Path, n_keys: int, pause_s: float) -> None:
        uri = path.as_uri()
        if uri in self._open:
            return
        lines = _lines(path)
        at = self._random.randrange(5, max(6, len(lines) - 8))
        piece = "\n".join(lines[at : at + self._random.randrange(1, 5)])
        self.editor.open(uri, "\n".join([*lines[:at], "", *lines[at + 4 :]]))
        self._open.append(uri)
        await self._type(uri, at, piece[:n_keys], pause_s, self.answers)
        self.editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        if len(self._open) > OPEN_FILES:
            self._close(self._open.pop(self._random.randrange(len(self._open))))

    async def _probe(self) -> None:
        self._n_probes += 1
        lines = PROBE.split("\n")
        lines[PROBE_LINE : PROBE_LINE + 1] = [f"# {self._n_probes}", ""]
        uri = "file:///nowhere/probe.py"
        self.editor.open(uri, "\n".join(lines))
        await self._type(uri, PROBE_LINE + 1, PROBE_KEYS, KEY_S, self.probes)
        self._close(uri)

    def _close(self, uri: str) -> None:
        self.editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    async def _type(
        self, uri: str, line: int, piece: str, pause_s: float, told: list[Timing]
    ) -> None:
        column = 0
        for key in piece:
            self.editor.insert(uri, line, column, key)
            line, column = (line + 1, 0) if key == "\n" else (line, column + 1)
            before, started = running_ms(self.pids), time.perf_counter()
            items = await self.editor.inline(uri, line, column, by_hand=False)
            ms = (time.perf_counter() - started) * 1000
            told.append(Timing(self.seconds, ms, running_ms(self.pids) - before))
            if items and self._random.random() < 0.05:
                accepted = items[0]["command"]
                await self.editor.command(accepted["command"], *accepted["arguments"])
            await asyncio.sleep(pause_s * self._random.random())
            if not self.references or self.references[-1].at_s < self.seconds - REFERENCE_S:
                self.references.append(reference(self.seconds))


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").replace("\r\n", "\n").split("\n")


def running_ms(pids: list[int]) -> float:
    """How long all threads of these processes have run on a processor, to the microsecond."""
    nanoseconds = 0
    for pid in pids:
        for task in os.scandir(f"/proc/{pid}/task"):
            try:
                with open(f"{task.path}/schedstat", "rb") as file:
                    nanoseconds += int(file.read().split()[0])
            except OSError:
                pass  # the thread has just ended
    return nanoseconds / 1e6


def reference(at_s: float) -> Timing:
    """A fixed piece of Python."""
    started, began = time.perf_counter(), time.thread_time()
    sum(n * n for n in range(50_000))
    cpu_ms = (time.thread_time() - began) * 1000
    return Timing(at_s, (time.perf_counter() - started) * 1000, cpu_ms)
