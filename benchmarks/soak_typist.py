"""Who types in a soak: through file after file, and at the end the same again as at the start."""

import asyncio
import os
import random
import time
from array import array
from pathlib import Path

from benchmarks.soak_report import Key, Reference
from tests.support.editor import Editor

REFERENCE_S = 1.0
KEY_S = 0.03
ACCEPTED_SHARE = 0.05
OPEN_FILES = 8
SOURCES = ("*.py", "*.go", "*.rs", "*.ts", "*.js", "*.java", "*.c", "*.cpp")
# What others do to a machine shows in arithmetic, which wants the processor alone, and in a walk
# through more memory than its nearer caches hold.
SQUARES = range(50_000)
BLOCK = array("Q", bytes(32 * 1024 * 1024))
WALK = [0]
while len(WALK) < 20_000:
    WALK.append((WALK[-1] * 1_103_515_245 + 12_345) % len(BLOCK))


class Typist:
    """Types into one server until told to stop; keeps how long each answer took.

    Which file is the nth one of a lap, what is typed there and with what pauses, depends on the
    seed and on n alone. Above what is typed stands the lap's number: no lap finds the answers that
    another left behind.
    """

    def __init__(self, editor: Editor, repository: Path, seed: int) -> None:
        self.editor = editor
        self.seconds_at = time.perf_counter()
        self.keys: list[Key] = []
        self.references: list[Reference] = []
        self.server, self.worker = 0, 0  # the numbers of the processes
        self._seed = seed
        found = [path for kind in SOURCES for path in sorted(repository.rglob(kind))]
        self._files = [
            path
            for path in found
            if 2_000 < path.stat().st_size < 60_000 and "site-packages" not in path.parts
        ]
        self._open: list[str] = []
        self._lap, self._n_files = 0, 0

    @property
    def seconds(self) -> float:
        """Since the first key that counts."""
        return time.perf_counter() - self.seconds_at

    async def fill(self, n_files: int) -> None:
        """Look into many files, as if days had passed: every cache has what it may have."""
        for n in range(n_files):
            await self._type_in_file(random.Random(f"{self._seed} fill {n}"), 3, pause_s=0.0)
            self.editor.forget()
        self.seconds_at = time.perf_counter()
        self.keys.clear()
        self.references.clear()
        self.begin_lap()

    def begin_lap(self) -> None:
        """From the first file again, with nothing open."""
        self._lap, self._n_files = self._lap + 1, 0
        while self._open:
            self._close(self._open.pop())

    async def type_a_while(self) -> None:
        """One file: open it, write a piece of it again, close what is open for long."""
        await self._type_in_file(random.Random(f"{self._seed} {self._n_files}"), 10_000, KEY_S)
        self._n_files += 1

    async def _type_in_file(self, chance: random.Random, n_keys: int, pause_s: float) -> None:
        path = chance.choice(self._files)
        uri = path.as_uri()
        if uri in self._open:
            return
        lines = _lines(path)
        at = chance.randrange(5, max(6, len(lines) - 8))
        piece = "\n".join(lines[at : at + chance.randrange(1, 5)])
        lap = f"{'#' if path.suffix == '.py' else '//'} {self._lap}"
        self.editor.open(uri, "\n".join([*lines[:at], lap, "", *lines[at + 4 :]]))
        self._open.append(uri)
        await self._type(uri, at + 1, piece[:n_keys], pause_s, chance)
        self.editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        if len(self._open) > OPEN_FILES:
            self._close(self._open.pop(chance.randrange(len(self._open))))

    def _close(self, uri: str) -> None:
        self.editor.notify("textDocument/didClose", {"textDocument": {"uri": uri}})

    async def _type(
        self, uri: str, line: int, piece: str, pause_s: float, chance: random.Random
    ) -> None:
        column = 0
        for n_key, key in enumerate(piece):
            accepts, pause = chance.random() < ACCEPTED_SHARE, chance.random()
            self.editor.insert(uri, line, column, key)
            line, column = (line + 1, 0) if key == "\n" else (line, column + 1)
            before, started = self._running_ms(), time.perf_counter()
            items = await self.editor.inline(uri, line, column, by_hand=False)
            ms = (time.perf_counter() - started) * 1000
            server_ms, worker_ms = (b - a for a, b in zip(before, self._running_ms(), strict=True))
            place = self._n_files, n_key
            self.keys.append(Key(self.seconds, place, ms, server_ms, worker_ms))
            if items and accepts:
                accepted = items[0]["command"]
                await self.editor.command(accepted["command"], *accepted["arguments"])
            await asyncio.sleep(pause_s * pause)
            if not self.references or self.references[-1].at_s < self.seconds - REFERENCE_S:
                self.references.append(reference(self.seconds))

    def _running_ms(self) -> tuple[float, float]:
        return running_ms(self.server), running_ms(self.worker)


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8", "replace").replace("\r\n", "\n").split("\n")


def running_ms(pid: int) -> float:
    """How long all threads of a process have run on a processor, to the microsecond."""
    nanoseconds = 0
    for task in os.scandir(f"/proc/{pid}/task"):
        try:
            with open(f"{task.path}/schedstat", "rb") as file:
                nanoseconds += int(file.read().split()[0])
        except OSError:
            pass  # the thread has just ended
    return nanoseconds / 1e6


def reference(at_s: float) -> Reference:
    """A fixed piece of Python."""
    started, began = time.perf_counter(), time.thread_time()
    sum(n * n for n in SQUARES)
    sum(map(BLOCK.__getitem__, WALK))
    cpu_ms = (time.thread_time() - began) * 1000
    return Reference(at_s, (time.perf_counter() - started) * 1000, cpu_ms)
