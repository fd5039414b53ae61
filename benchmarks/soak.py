"""Hours of typing, at accelerated pace: does memory grow, do descriptors leak, does it get slower?

    python -m benchmarks.soak --minutes 60 --write
    python -m benchmarks.soak --minutes 10            # before a release

One real server over stdio with the bundled model, and folders of its own. The repository is the
standard library of the Python that runs this, or another by --repository; a seeded typist opens a
file, deletes a piece, types it again with a question after each key, takes some suggestions, saves,
and goes on to the next. Every ten seconds the memory, descriptors and CPU time of both processes
are read from /proc.

Everything that the two processes keep is bounded, and fills in a day of work. So the warm-up is a
walk through --fill files with a few questions in each; the minutes count from its end.

A machine which others keep busy makes everything slower, and every file asks for other work. So
the same text is typed at the same place three times a minute (the probe); beside the time that an
answer took, the time that both processes were running is told; and a fixed piece of Python runs
once a second, in the same minutes, to which both are told as a ratio. SIGINT or SIGTERM ends a
soak early, with what was seen until then.
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

from benchmarks.contestants import cpu_seconds
from benchmarks.soak_report import Sample, percentile, verdict, write
from benchmarks.soak_typist import Typist
from tests.support.editor import Editor

SAMPLE_S = 10.0
FILL_FILES = 200
WRITE_S = 300.0
# What is looked up for a question must not depend on how busy the machine is: then neither do the
# work for it, nor what is kept of it.
PATIENT = {"slm-lsp": {"context": {"deadline_ms": 500}}}

Keep = Callable[[Typist, list[Sample], str], object]


async def soak(
    typing_s: float, repository: Path, seed: int, n_fill: int, keep: Keep
) -> tuple[Typist, list[Sample], str]:
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory(prefix="slm-lsp-soak-") as own:
        env = {"SLM_LSP_HOME": own, "SLM_LSP_CONFIG": f"{own}/config.toml", "XDG_CACHE_HOME": own}
        async with Editor.start("--log-level", "error", env=env) as editor:
            await editor.initialize(root=repository, options=PATIENT)
            status = await editor.ready()
            typist = Typist(editor, repository, seed)
            server, worker = editor.process.pid, status["worker"]["pid"]
            typist.pids = [server, worker]
            fresh = f"{mib(server):.1f} and {mib(worker):.1f} MiB"
            started = time.perf_counter()
            await typist.fill(n_fill)
            filled = (
                f"warm-up: {n_fill} files in {(time.perf_counter() - started) / 60:.1f} minutes, "
                f"server and worker from {fresh} to {mib(server):.1f} and {mib(worker):.1f} MiB"
            )
            print(filled, flush=True)
            next_sample, next_write = 0.0, WRITE_S
            stopped = asyncio.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, stopped.set)
            while typist.seconds < typing_s and not stopped.is_set():
                await typist.type_a_while()
                editor.transcript.clear()
                editor.notifications.clear()
                if typist.seconds >= next_sample and typist.answers:
                    next_sample = typist.seconds + SAMPLE_S
                    samples.append(await sample(editor, typist, samples))
                    print(samples[-1], flush=True)
                if samples and typist.seconds >= next_write:
                    next_write = typist.seconds + WRITE_S
                    keep(typist, samples, filled)
            await editor.shutdown()
            await editor.exit_code()
    return typist, samples, filled


async def sample(editor: Editor, typist: Typist, before: list[Sample]) -> Sample:
    status = await editor.status()
    server, worker = editor.process.pid, status["worker"]["pid"]
    typist.pids = [server, worker]
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
    """Memory of its own: neither the mapped model file nor shared libraries.

    Pages that are mapped for their own sake, as saved prompts are, count as shared in Linux.
    """
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = (int(line.split()[1]) for line in status if line.startswith(("RssAnon", "RssShmem")))
    return round(sum(kib) / 1024, 2)


def n_fds(pid: int | None) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())


def main(argv: list[str] | None = None) -> None:
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

    def keep(typist: Typist, samples: list[Sample], filled: str) -> list[str]:
        """As far as it is: an hour is long, and machines have other plans."""
        told = [filled, *verdict(samples, typist.answers, typist.probes, typist.references)]
        if arguments.write:
            write(samples, told)
        return told

    seen = asyncio.run(
        soak(arguments.minutes * 60, repository, arguments.seed, arguments.fill, keep)
    )
    print("\n".join(keep(*seen)))


if __name__ == "__main__":
    main()
