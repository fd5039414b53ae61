"""Typing, replayed key by key through the real server: how soon, at what cost.

    python -m benchmarks.typing                                    # the bundled model
    python -m benchmarks.typing --baseline naive --llama-server PATH/llama-server --write NAME
    python -m benchmarks.typing --busy 2 --battery --paces 150      # ours alone, in hard times

The traces are pieces of a repository's own commits (this one's, or `--repository DIR`), typed by a
seeded hand at 10, 50 and 150 ms a key. All contestants get the same keys and the same model file,
one after the other, file by file, so that a machine which others keep busy is busy for all.
A key waits until the answer to it, or to a later key, is there: what a person sees who looks up.
"answered" is how many had their own answer before the next key fell, and "asked" are the keys whose
answer neither editor nor server knew before. CPU time counts from the opening of a file, what was
read ahead included; evaluated tokens and reuse from the first key on. "strangers" is how many cores
processes that are no part of the benchmark had meanwhile: near 0, or the latencies tell of them.
At the pace "inf" the hand waits for each answer: what one takes that no key cuts off. The last rows
are the other paces together.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contestants import Contestant, Effort, Ours, busy, cpu_seconds, peak_mib
from benchmarks.llama_vim import LlamaVim
from benchmarks.machine import busy_seconds, priority
from benchmarks.naive import Naive
from benchmarks.traces import Key, Session, sessions
from benchmarks.typing_report import ALL_PACES, WAITING, compared, draw, show, write
from slm_lsp.inference.cpu import physical_cores

BUNDLED = next((Path(__file__).parents[1] / "slm_lsp" / "models" / "bundled").glob("*.gguf"))
PACES_MS = (10.0, 50.0, 150.0, WAITING)
# The hand that waits for an answer looks at it for so long.
REST_S = 0.03
# A person looks at a file before typing into it; and waits for the last suggestion.
LOOK_S = 1.0
PATIENCE_S = 20.0


@dataclass(slots=True)
class Run:
    """What one contestant did at one pace."""

    contestant: str
    pace_ms: float
    n_keys: int = 0
    n_answered: int = 0
    n_shown: int = 0
    waits_ms: list[float] = field(default_factory=list[float])
    asked_ms: list[float] = field(
        default_factory=list[float]
    )  # of these, keys without known answer
    open_since: list[float] = field(default_factory=list[float])  # keys without an answer yet
    evaluated: list[int] = field(default_factory=list[int])  # prompt tokens, key by key
    effort: dict[str, int] = field(default_factory=lambda: defaultdict[str, int](int))
    cpu_s: float = 0.0
    wall_s: float = 0.0
    strangers_s: float = 0.0  # CPU time that processes which are not part of the benchmark took
    peak_mib: float = 0.0


async def play(contestant: Contestant, session: Session, run: Run) -> None:
    """Type one session, beside busy processes where the contestant says so."""
    with busy(contestant.n_busy) as neighbours:
        ours = [*contestant.pids(), *neighbours, os.getpid()]
        since, known, all_ = time.perf_counter(), cpu_seconds(ours), busy_seconds()
        await _type(contestant, session, run)
        run.strangers_s += max(0.0, busy_seconds() - all_ - (cpu_seconds(ours) - known))
        run.wall_s += time.perf_counter() - since


async def _type(contestant: Contestant, session: Session, run: Run) -> None:
    """Every key cancels what is still open from the one before."""
    cpu_before = cpu_seconds(contestant.pids())
    await contestant.open(session)
    await asyncio.sleep(LOOK_S)
    before = await contestant.effort()
    text = session.text
    due = time.perf_counter()
    pending: asyncio.Task[None] | None = None
    polls: list[asyncio.Task[Effort]] = []
    n_waits = len(run.waits_ms)
    for key in session.keys:
        if run.pace_ms != WAITING:
            due += key.pause * run.pace_ms / 1000
        elif pending is not None:
            await asyncio.wait({pending}, timeout=PATIENCE_S)
            due = time.perf_counter() + REST_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        if pending is not None and not pending.done():
            pending.cancel()
        polls.append(asyncio.create_task(contestant.effort()))
        await asyncio.sleep(0)
        text = key.apply(text)
        pending = asyncio.create_task(_press(contestant, key, text, run))
        await asyncio.sleep(0)
    if pending is not None:
        await asyncio.wait({pending}, timeout=PATIENCE_S)
    run.waits_ms += [PATIENCE_S * 1000] * len(run.open_since)
    run.open_since.clear()
    after = await contestant.effort()
    efforts = [*(await asyncio.gather(*polls)), after]
    waits = run.waits_ms[n_waits:]
    for one, next_one, wait_ms in zip(efforts, efforts[1:], waits, strict=False):
        run.evaluated.append(next_one.evaluated_tokens - one.evaluated_tokens)
        if next_one.known == one.known:
            run.asked_ms.append(wait_ms)
    for name in Effort.__dataclass_fields__:
        run.effort[name] += getattr(after, name) - getattr(before, name)
    run.n_keys += len(session.keys)
    run.cpu_s += cpu_seconds(contestant.pids()) - cpu_before
    run.peak_mib = max(run.peak_mib, peak_mib(contestant.pids()))


async def _press(contestant: Contestant, key: Key, text: str, run: Run) -> None:
    run.open_since.append(time.perf_counter())
    run.n_shown += await contestant.press(key, text)
    now = time.perf_counter()
    run.n_answered += 1
    run.waits_ms += [(now - since) * 1000 for since in run.open_since]
    run.open_since.clear()


async def compare(
    contestants: list[Contestant], traces: list[Session], paces: Sequence[float]
) -> list[Run]:
    """All sessions at all paces, contestants taking turns session by session."""
    runs = {(one.name, pace): Run(one.name, pace) for one in contestants for pace in paces}
    for contestant in contestants:
        await contestant.start()
    try:
        for n, session in enumerate(traces):
            for pace in paces:
                for contestant in contestants:
                    # The same file at another pace is another file to every cache.
                    path = Path(session.name)
                    name = path.with_name(f"{pace:.0f}-{path.name}").as_posix()
                    named = Session(name, session.text, session.keys)
                    await play(contestant, named, runs[contestant.name, pace])
            print(f"{n + 1} of {len(traces)} files", flush=True)
    finally:
        for contestant in contestants:
            await contestant.stop()
    return list(runs.values())


def together(runs: Sequence[Run], contestant: str) -> Run:
    """One contestant's keys at all paces of a hand that does not wait."""
    whole = Run(contestant, ALL_PACES)
    for run in runs:
        if run.contestant != contestant or run.pace_ms == WAITING:
            continue
        whole.n_keys += run.n_keys
        whole.n_answered += run.n_answered
        whole.n_shown += run.n_shown
        whole.waits_ms += run.waits_ms
        whole.asked_ms += run.asked_ms
        whole.evaluated += run.evaluated
        whole.cpu_s += run.cpu_s
        whole.wall_s += run.wall_s
        whole.strangers_s += run.strangers_s
        whole.peak_mib = max(whole.peak_mib, run.peak_mib)
        for name, n in run.effort.items():
            whole.effort[name] += n
    return whole


def kinds_of_ours(asked: argparse.Namespace) -> Iterator[tuple[str, dict[str, Any], int]]:
    """Name, settings and busy neighbours of each way in which we take part."""
    yield "slm-lsp", {}, 0
    if asked.no_snippets:
        yield "slm-lsp, no snippets", {"context": {"enabled": False}}, 0
    if asked.battery:
        yield "slm-lsp, on battery", {"completion": {"battery": "on"}}, 0
    if asked.busy:
        yield f"slm-lsp, {asked.busy} busy processes", {}, asked.busy


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repository", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--glob", default="*.py")
    parser.add_argument("--keys", type=int, default=400, help="keys at each pace")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--model", type=Path, help="a GGUF file; the bundled model otherwise")
    parser.add_argument("--n-ctx", type=int, default=1024, help="of llama-server, in tokens")
    parser.add_argument("--spm", action="store_true", help="ask llama-server suffix first")
    parser.add_argument("--baseline", choices=["naive"], help="also an empty context per request")
    parser.add_argument("--llama-server", type=Path, help="also this server, as llama.vim asks it")
    parser.add_argument("--busy", type=int, help="ours also beside so many busy processes")
    parser.add_argument("--battery", action="store_true", help="ours also as on battery")
    parser.add_argument("--no-snippets", action="store_true", help="ours also without snippets")
    parser.add_argument("--paces", type=float, nargs="+", default=PACES_MS, metavar="MS")
    parser.add_argument("--write", metavar="NAME", help="record as benchmarks/results/NAME.*")
    asked = parser.parse_args(argv)
    if asked.busy and priority():
        print(
            f"This shell is nice by {priority()}: beside others it has another share of the cores."
        )
    traces = list(sessions(asked.repository, asked.glob, asked.keys, asked.seed))
    model, n_threads = asked.model or BUNDLED, physical_cores()
    with tempfile.TemporaryDirectory() as home:
        contestants: list[Contestant] = []
        for n, (name, options, n_busy) in enumerate(kinds_of_ours(asked)):
            ours = Ours(name, asked.model, Path(home) / str(n), asked.repository, options, n_busy)
            contestants.append(ours)
        if asked.llama_server:
            spm = asked.spm or asked.model is None
            contestants.append(LlamaVim(asked.llama_server, model, asked.n_ctx, spm, n_threads))
        if asked.baseline:
            contestants.append(Naive(model, 1024, n_threads))
        runs = asyncio.run(compare(contestants, traces, asked.paces))
    if len(asked.paces) > 1:
        runs += [together(runs, one.name) for one in contestants]
    show(runs)
    for line in compared(runs):
        print(line)
    if asked.write:
        write(runs, asked.write, model.name)
        draw(runs, asked.write)


if __name__ == "__main__":
    main()
