"""Hours of typing, at accelerated pace: does memory grow, do descriptors leak, does it get slower?

    python -m benchmarks.soak --minutes 60 --write
    python -m benchmarks.soak --minutes 10            # before a release

One real server over stdio with the bundled model, and folders of its own. The repository is the
standard library of the Python that runs this, or another by --repository; a seeded typist opens a
file, deletes a piece, types it again with a question after each key, takes some suggestions, saves,
and goes on to the next. Every ten seconds the memory, descriptors and CPU time of both processes
are read from /proc.

A machine which others keep busy makes everything slower. So a fixed piece of Python runs once a
second, in the same minutes, and latency is told as a ratio to it, too; and the CPU time of a
question, which does not count the waiting for others, is told beside latency.
"""

import argparse
import asyncio
import os
import random
import sys
import sysconfig
import tempfile
import time
from pathlib import Path

from benchmarks.contestants import cpu_seconds
from benchmarks.soak_report import Sample, Timing, percentile, verdict, write
from tests.support.editor import Editor

SAMPLE_S = 10.0
REFERENCE_S = 1.0
KEY_S = 0.03
OPEN_FILES = 8
SOURCES = ("*.py", "*.go", "*.rs", "*.ts", "*.js", "*.java", "*.c", "*.cpp")


class Typist:
    """Types into one server until told to stop; keeps how long each answer took."""

    def __init__(self, editor: Editor, repository: Path, seed: int) -> None:
        self.editor = editor
        self.begin = time.perf_counter()
        self.answers: list[Timing] = []
        self.references: list[Timing] = []
        self._random = random.Random(seed)
        found = [path for kind in SOURCES for path in sorted(repository.rglob(kind))]
        self._files = [
            path
            for path in found
            if 2_000 < path.stat().st_size < 60_000 and "site-packages" not in path.parts
        ]
        self._open: list[str] = []

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.begin

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
            line, column = (line + 1, 0) if key == "\n" else (line, column + 1)
            started = time.perf_counter()
            items = await self.editor.inline(uri, line, column, by_hand=False)
            self.answers.append(Timing(self.seconds, (time.perf_counter() - started) * 1000))
            if items and self._random.random() < 0.05:
                accepted = items[0]["command"]
                await self.editor.command(accepted["command"], *accepted["arguments"])
            await asyncio.sleep(KEY_S * self._random.random())
            if not self.references or self.references[-1].at_s < self.seconds - REFERENCE_S:
                self.references.append(Timing(self.seconds, reference_ms()))


async def soak(typing_s: float, repository: Path, seed: int) -> tuple[Typist, list[Sample]]:
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="slm-lsp-soak-") as own:
        env = {"SLM_LSP_HOME": own, "SLM_LSP_CONFIG": f"{own}/config.toml", "XDG_CACHE_HOME": own}
        async with Editor.start("--log-level", "error", env=env) as editor:
            await editor.initialize(root=repository)
            await editor.ready()
            typist = Typist(editor, repository, seed)
            next_sample = SAMPLE_S
            while typist.seconds < typing_s:
                await typist.type_a_while()
                editor.transcript.clear()
                editor.notifications.clear()
                if typist.seconds >= next_sample and typist.answers:
                    next_sample = typist.seconds + SAMPLE_S
                    samples.append(await sample(editor, typist, samples))
            await editor.shutdown()
            await editor.exit_code()
    return typist, samples


async def sample(editor: Editor, typist: Typist, before: list[Sample]) -> Sample:
    status = await editor.status()
    server, worker = editor.process.pid, status["worker"]["pid"]
    since = before[-1].seconds if before else 0.0
    took = [one.ms for one in typist.answers if one.at_s >= since]
    reference = [one.ms for one in typist.references if one.at_s >= since]
    return Sample(
        round(typist.seconds, 1),
        mib(server),
        mib(worker),
        n_fds(server),
        n_fds(worker),
        cpu_seconds([server]),
        cpu_seconds([worker]),
        status["worker"]["restarts"],
        status["counters"]["requests"],
        status["counters"]["shown"],
        round(percentile(took, 50), 2),
        round(percentile(took, 95), 2),
        round(percentile(reference, 50), 2),
        round(percentile(reference, 95), 2),
        round(os.getloadavg()[0], 2),
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
    sum(n * n for n in range(50_000))
    return (time.perf_counter() - started) * 1000


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repository", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    parser.add_argument("--write", action="store_true", help="record in benchmarks/results")
    arguments = parser.parse_args(argv)
    if sys.platform != "linux":
        parser.error("reads /proc, so it runs on Linux only")
    repository = arguments.repository.resolve()
    typist, samples = asyncio.run(soak(arguments.minutes * 60, repository, arguments.seed))
    told = list(verdict(samples, typist.answers, typist.references))
    if arguments.write:
        write(samples, told)
    print("\n".join(told))


if __name__ == "__main__":
    main()
