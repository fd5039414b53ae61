"""Hours of typing, at accelerated pace: does memory grow, do descriptors leak, does it get slower?

    taskset -c 1 python -m benchmarks.soak --minutes 60 --write
    python -m benchmarks.soak --minutes 10            # before a release

One real server over stdio with the bundled model, and folders of its own. The repository is the
standard library of the Python that runs this, or another by --repository; a seeded typist opens a
file, deletes a piece, types it again with a question after each key, takes some suggestions, saves,
and goes on to the next. Every ten seconds the memory, descriptors and CPU time of both processes
are read from /proc.

Everything that the two processes keep is bounded, and fills in a day of work. So the warm-up is a
walk through --fill files with a few questions in each; the minutes count from its end.

Whether it gets slower can be told of the same work only, on a machine that others use, too. So the
last ten minutes type what the first ten typed, key by key; of each answer the time that both
processes computed is told beside the time that it took; and once a second a fixed piece of Python
runs, by which both are corrected. `taskset` keeps a soak to one core, if others keep to another.
SIGINT or SIGTERM ends it early, with what was seen until then.
"""

import argparse
import asyncio
import os
import signal
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from benchmarks.contestants import cpu_seconds
from benchmarks.soak_report import Sample, Soak, beyond, part_s, percentile, verdict, write
from benchmarks.soak_typist import Typist
from tests.support.editor import Editor

SAMPLE_S = 10.0
FILL_FILES = 600
WRITE_S = 300.0
# What is looked up for a question must not depend on how busy the machine is: then neither do the
# work for it, nor what is kept of it.
PATIENT = {"slm-lsp": {"context": {"deadline_ms": 500}}}


async def soak(
    typing_s: float, repository: Path, seed: int, n_fill: int, keep: Callable[[Soak], object]
) -> Soak:
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="slm-lsp-soak-") as own:
        env = {"SLM_LSP_HOME": own, "SLM_LSP_CONFIG": f"{own}/config.toml", "XDG_CACHE_HOME": own}
        async with Editor.start("--log-level", "error", env=env) as editor:
            await editor.initialize(root=repository, options=PATIENT)
            status = await editor.ready()
            typist = Typist(editor, repository, seed)
            typist.server, typist.worker = editor.process.pid, status["worker"]["pid"]
            seen = Soak(
                typing_s, await warmed_up(typist, n_fill), samples, typist.keys, typist.references
            )
            print(seen.warm_up, flush=True)
            next_sample, next_write = 0.0, WRITE_S
            types_again = False
            stopped = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
            while typist.seconds < typing_s and not stopped.is_set():
                if not types_again and typist.seconds > typing_s - part_s(typing_s):
                    types_again = True
                    typist.begin_lap()
                await typist.type_a_while()
                editor.forget()
                if typist.seconds >= next_sample and typist.keys:
                    next_sample = typist.seconds + SAMPLE_S
                    samples.append(await sample(editor, typist, samples))
                    print(samples[-1], flush=True)
                if samples and typist.seconds >= next_write:
                    next_write = typist.seconds + WRITE_S
                    keep(seen)
            await editor.shutdown()
            await editor.exit_code()
    return seen


async def warmed_up(typist: Typist, n_files: int) -> str:
    def memory() -> str:
        return f"{mib(typist.server):.1f} and {mib(typist.worker):.1f} MiB"

    fresh, started = memory(), time.perf_counter()
    await typist.fill(n_files)
    minutes = (time.perf_counter() - started) / 60
    return (
        f"warm-up: {n_files} files in {minutes:.1f} minutes, "
        f"server and worker from {fresh} to {memory()}"
    )


async def sample(editor: Editor, typist: Typist, before: list[Sample]) -> Sample:
    status = await editor.status()
    server, worker = editor.process.pid, status["worker"]["pid"]
    typist.server, typist.worker = server, worker
    since = before[-1].seconds if before else 0.0
    keys = [one for one in typist.keys if one.at_s >= since]
    references = [one for one in typist.references if one.at_s >= since] or typist.references[-1:]
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
        round(percentile([one.ms for one in keys], 50), 2),
        round(percentile([one.ms for one in keys], 95), 2),
        round(percentile([one.cpu_ms for one in keys], 95), 2),
        round(percentile([one.ms for one in references], 50), 2),
        round(percentile([one.ms for one in references], 95), 2),
        round(median(one.cpu_ms for one in references), 2),
        round(os.getloadavg()[0], 2),
    )


def mib(pid: int | None) -> float:
    """Memory of its own: neither the mapped model file nor shared libraries.

    Pages that are mapped for their own sake, as saved prompts are, count as shared in Linux.
    """
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = (int(line.split()[1]) for line in status if line.startswith(("RssAnon", "RssShmem")))
    return round(sum(kib) / 1024, 2)


def n_fds(pid: int | None) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fill", type=int, default=FILL_FILES, help="files of the warm-up")
    parser.add_argument("--repository", type=Path, default=Path(sysconfig.get_paths()["stdlib"]))
    parser.add_argument("--write", action="store_true", help="record in benchmarks/results")
    arguments = parser.parse_args(argv)
    if sys.platform != "linux":
        parser.error("reads /proc, so it runs on Linux only")
    repository = arguments.repository.resolve()

    def keep(seen: Soak) -> list[str]:
        """As far as it is: an hour is long, and machines have other plans."""
        told = list(verdict(seen))
        if arguments.write:
            write(seen, told)
        return told

    seen = asyncio.run(
        soak(arguments.minutes * 60, repository, arguments.seed, arguments.fill, keep)
    )
    print("\n".join(keep(seen)))
    return 1 if list(beyond(seen)) else 0


if __name__ == "__main__":
    sys.exit(main())
