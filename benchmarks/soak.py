"""Hours of typing, at accelerated pace: does memory grow, do descriptors leak, does it get slower?

    python -m benchmarks.soak --minutes 60 --write
    python -m benchmarks.soak --minutes 10            # before a release

One real server over stdio with the bundled model. The files are the standard library of the Python
that runs this; a seeded typist opens one, deletes a piece, types it again with a question after
each key, takes some suggestions, breaks and mends the syntax, saves, and goes on to the next. Every
ten seconds the memory and descriptors of both processes are read from /proc.

Latency stands beside that of a fixed piece of Python in the same ten seconds, so that a machine
which others keep busy shows in both.
"""

import argparse
import asyncio
import csv
import random
import sys
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from statistics import median

from benchmarks.machine import machine
from tests.support.editor import Editor

RESULTS = Path(__file__).parent / "results"
SAMPLE_S = 10.0
KEY_S = 0.03
WARM_UP_SHARE = 0.1
OPEN_FILES = 8


@dataclass(frozen=True)
class Sample:
    """What ten seconds were like."""

    seconds: float
    server_mib: float
    worker_mib: float
    server_fds: int
    worker_fds: int
    restarts: int
    requests: int
    shown: int
    p50_ms: float
    p95_ms: float
    reference_ms: float


class Typist:
    """Types into one server until told to stop; keeps how long each answer took."""

    def __init__(self, editor: Editor, seed: int) -> None:
        self.editor = editor
        self.took_ms: list[float] = []
        self.n_keys = 0
        self._random = random.Random(seed)
        library = Path(sysconfig.get_paths()["stdlib"])
        found = sorted(library.glob("*.py")) + sorted(library.glob("*/*.py"))
        self._files = [path for path in found if 2_000 < path.stat().st_size < 60_000]
        self._open: list[str] = []

    async def type_a_while(self) -> None:
        """One file: open it, write a piece of it again, close what is open for long."""
        path = self._random.choice(self._files)
        text = path.read_text("utf-8", "replace").replace("\r\n", "\n")
        lines = text.split("\n")
        at = self._random.randrange(5, max(6, len(lines) - 8))
        piece = "\n".join(lines[at : at + self._random.randrange(1, 5)])
        uri = path.as_uri()
        if uri in self._open:
            return
        self.editor.open(uri, "\n".join([*lines[:at], "", *lines[at + 4 :]]))
        self._open.append(uri)
        await self._type(uri, at, piece)
        self.editor.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
        if len(self._open) > OPEN_FILES:
            closed = self._open.pop(self._random.randrange(len(self._open)))
            self.editor.notify("textDocument/didClose", {"textDocument": {"uri": closed}})

    async def _type(self, uri: str, line: int, piece: str) -> None:
        column = 0
        for key in piece:
            self.editor.insert(uri, line, column, key)
            self.n_keys += 1
            line, column = (line + 1, 0) if key == "\n" else (line, column + 1)
            started = time.perf_counter()
            items = await self.editor.inline(uri, line, column, by_hand=False)
            self.took_ms.append((time.perf_counter() - started) * 1000)
            if items and self._random.random() < 0.05:
                accepted = items[0]["command"]
                await self.editor.command(accepted["command"], *accepted["arguments"])
            await asyncio.sleep(KEY_S * self._random.random())


async def soak(minutes: float, seed: int) -> list[Sample]:
    samples: list[Sample] = []
    async with Editor.start("--log-level", "error") as editor:
        await editor.initialize()
        await editor.ready()
        typist = Typist(editor, seed)
        begin = time.perf_counter()
        next_sample = begin + SAMPLE_S
        while time.perf_counter() - begin < minutes * 60:
            await typist.type_a_while()
            editor.transcript.clear()
            editor.notifications.clear()
            if time.perf_counter() >= next_sample and typist.took_ms:
                next_sample += SAMPLE_S
                samples.append(await sample(editor, typist, time.perf_counter() - begin))
                typist.took_ms.clear()
        await editor.shutdown()
        await editor.exit_code()
    return samples


async def sample(editor: Editor, typist: Typist, seconds: float) -> Sample:
    status = await editor.status()
    server, worker = editor.process.pid, status["worker"]["pid"]
    took = sorted(typist.took_ms)
    return Sample(
        round(seconds, 1),
        mib(server),
        mib(worker),
        n_fds(server),
        n_fds(worker),
        status["worker"]["restarts"],
        status["counters"]["requests"],
        status["counters"]["shown"],
        round(median(took), 2),
        round(took[int(0.95 * (len(took) - 1))], 2),
        round(reference_ms(), 2),
    )


def mib(pid: int | None) -> float:
    """Memory of its own: neither the mapped model file nor shared libraries."""
    status = Path(f"/proc/{pid}/status").read_text()
    kib = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon"))
    return round(kib / 1024, 2)


def n_fds(pid: int | None) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def reference_ms() -> float:
    started = time.perf_counter()
    sum(n * n for n in range(200_000))
    return (time.perf_counter() - started) * 1000


def verdict(samples: list[Sample]) -> Iterator[str]:
    warm = samples[int(len(samples) * WARM_UP_SHARE) :]
    n = max(1, min(60, len(warm) // 3))  # ten minutes, or a third of a short run
    first, last = warm[:n], warm[-n:]
    for name in ("server_mib", "worker_mib"):
        before, after = (median(getattr(one, name) for one in part) for part in (first, last))
        yield f"{name}: {before:.1f} → {after:.1f} MiB ({after / before - 1:+.1%})"
    for name in ("server_fds", "worker_fds", "restarts"):
        yield f"{name}: {getattr(first[0], name)} → {getattr(last[-1], name)}"
    for name in ("p50_ms", "p95_ms", "reference_ms"):
        before, after = (median(getattr(one, name) for one in part) for part in (first, last))
        yield f"{name}: {before:.1f} → {after:.1f} ({after / before - 1:+.1%})"
    yield f"{samples[-1].requests} questions, {samples[-1].shown} suggestions shown"


def write(samples: list[Sample]) -> None:
    RESULTS.mkdir(exist_ok=True)
    with (RESULTS / "soak.csv").open("w", newline="") as file:
        file.write(f"# {machine()}\n")
        writer = csv.DictWriter(file, [field.name for field in fields(Sample)])
        writer.writeheader()
        writer.writerows(asdict(one) for one in samples)
    draw(samples)


def draw(samples: list[Sample]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (memory, latency) = pyplot.subplots(2, 1, figsize=(8, 6), sharex=True)
    minutes = [one.seconds / 60 for one in samples]
    memory.plot(minutes, [one.server_mib for one in samples], label="server")
    memory.plot(minutes, [one.worker_mib for one in samples], label="worker")
    memory.set_ylabel("own memory, MiB")
    memory.set_ylim(bottom=0)
    latency.plot(minutes, [one.p50_ms for one in samples], label="median")
    latency.plot(minutes, [one.p95_ms for one in samples], label="p95")
    latency.plot(
        minutes, [one.reference_ms for one in samples], ":", label="fixed Python, for scale"
    )
    latency.set_ylabel("question to answer, ms")
    latency.set_xlabel("minutes of typing")
    for axes in (memory, latency):
        axes.legend(frameon=False)
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(RESULTS / "soak.png", dpi=110)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="record in benchmarks/results")
    arguments = parser.parse_args(argv)
    if sys.platform != "linux":
        parser.error("reads /proc, so it runs on Linux only")
    samples = asyncio.run(soak(arguments.minutes, arguments.seed))
    if arguments.write:
        write(samples)
    print("\n".join(verdict(samples)))


if __name__ == "__main__":
    main()
