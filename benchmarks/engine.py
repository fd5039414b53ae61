"""The engine by itself, without a server: what each of its means saves, and whether it is exact.

    python -m benchmarks.engine                 # the bundled model
    python -m benchmarks.engine --model FILE --prompts 20

Prompts are places in the standard library of the Python that runs this, drawn by seed. Everything
runs in this process and in safe mode, which every CPU survives.
"""

import argparse
import csv
import random
import sysconfig
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

from slm_prompts import FimTemplate, render, template_for

from benchmarks.machine import machine
from slm_lsp.inference.abort import AbortFlag
from slm_lsp.inference.cache import N_SEQUENCES, PromptCache
from slm_lsp.inference.cpu import LoadMeter, physical_cores
from slm_lsp.inference.decoding import Decoder
from slm_lsp.inference.llama import Llama
from slm_lsp.inference.lookup import DraftPolicy
from slm_lsp.inference.speed import measure
from slm_lsp.inference.wire import Chunk, Done, EndReason, Generate, Load, Warm

BUNDLED = next((Path(__file__).parents[1] / "slm_lsp" / "models" / "bundled").glob("*.gguf"))
RESULTS = Path(__file__).parent / "results"
N_PREDICT = 24


class Engine:
    """A decoder that can forget everything, with or without its means."""

    def __init__(self, model: Path, n_threads: int | None = None) -> None:
        self.flag = AbortFlag()
        n_threads = n_threads or physical_cores()
        load = Load(str(model), "0" * 64, 1024, n_threads, safe_mode=True)
        self.llama = Llama(load, self.flag, n_sequences=N_SEQUENCES)
        self.speed = measure(self.llama, n_threads, LoadMeter())
        template = template_for(self.llama.info.name, self.llama.info.fim_markers)
        assert template is not None, "no template fits the model"
        self.template: FimTemplate = template
        self.fresh()

    def fresh(self, drafts: bool = False, host_bytes: int = 2**27) -> "Engine":
        for sequence in range(N_SEQUENCES):
            self.llama.truncate(sequence, 0)
        self.cache = PromptCache(self.llama, host_bytes)
        self.cache.seconds_per_token = 1 / self.speed.prefill_tokens_per_second
        policy = DraftPolicy(0.0 if drafts else 1e9)
        self.decoder = Decoder(self.llama, self.cache, policy, lambda: EndReason.CANCELLED)
        return self

    def ask(self, request: Generate) -> tuple[str, Done]:
        chunks: list[Chunk] = []
        done = self.decoder.generate(request, chunks.append)
        return "".join(chunk.text for chunk in chunks if chunk.candidate == 0), done

    def prompt(self, text: str, at: int, order: str | None = None) -> Generate:
        prefix, suffix = text[max(0, at - 1500) : at], text[at + 30 : at + 730]
        rendered = render(
            self.template, path="module.py", prefix=prefix, suffix=suffix, order=order
        )
        segments = tuple((one.text, one.special) for one in rendered.segments)
        return Generate(0, segments, N_PREDICT, single_line=False)


def places(n: int) -> Iterator[tuple[str, int]]:
    rng = random.Random(0)
    library = Path(sysconfig.get_paths()["stdlib"])
    texts = [path.read_text("utf-8") for path in sorted(library.glob("*.py"))]
    texts = [text for text in texts if len(text) > 6000]
    for _ in range(n):
        text = rng.choice(texts)
        yield text, rng.randrange(2000, len(text) - 2000)


def exactness(engine: Engine, n: int) -> Iterator[str]:
    requests = [engine.prompt(text, at) for text, at in places(n)]
    plain = [engine.fresh().ask(request)[0] for request in requests]
    engine.fresh()
    ways = {
        "reuse": lambda request: engine.ask(request)[0],
        "branching": lambda request: engine.ask(replace(request, n_candidates=3))[0],
    }
    for name, way in ways.items():
        # Typed up to, key by key, so that the cache holds what typing leaves there.
        found: list[str] = []
        for (text, at), request in zip(places(n), requests, strict=True):
            engine.decoder.warm(Warm(0, engine.prompt(text, at - 3).segments))
            found.append(way(request))
        yield f"answers that differ with {name}: {differing(found, plain)} of {n}"
    drafted = [engine.fresh(drafts=True).ask(request)[0] for request in requests]
    yield f"answers that differ with drafts: {differing(drafted, plain)} of {n}"


def shifting(engine: Engine, n: int) -> Iterator[str]:
    """Suffix behind the prefix, five keys each: moved cells against a fresh evaluation."""
    n_evaluated, n_prompt, moved, fresh = 0, 0, list[str](), list[str]()
    for text, at in places(n):
        engine.fresh()
        for typed in range(6):
            prefix, suffix = text[at - 1000 : at + typed], text[at + 30 : at + 730]
            rendered = render(
                engine.template, path="module.py", prefix=prefix, suffix=suffix, order="psm"
            )
            segments = tuple((one.text, one.special) for one in rendered.segments)
            request = Generate(0, segments, N_PREDICT, single_line=False, shift=True)
            answer, done = engine.ask(request)
            if typed:
                n_evaluated += done.n_evaluated
                n_prompt += done.n_prompt
        moved.append(answer)
        fresh.append(engine.fresh().ask(replace(request, shift=False))[0])
    yield f"shifted suffix: {n_evaluated / 5 / n:.1f} of {n_prompt / 5 / n:.0f} tokens a key"
    yield f"answers that differ with a shifted suffix: {differing(moved, fresh)} of {n}"


def switching(engine: Engine, n: int) -> Iterator[str]:
    """Back and forth between two files."""
    requests = [replace(engine.prompt(text, at), n_predict=1) for text, at in places(2)]
    for name, host_bytes in (("put aside", 2**27), ("forgotten", 0)):
        engine.fresh(host_bytes=host_bytes)
        took: list[float] = []
        for turn in range(2 + n):
            started = time.perf_counter()
            _, done = engine.ask(requests[turn % 2])
            if turn >= 2:
                took.append(time.perf_counter() - started)
        yield f"switching files, the other one {name}: {ms(took)} ({done.n_evaluated} tokens)"


def speed(engine: Engine, _n: int) -> Iterator[str]:
    """The quickest of a few batches, as the worker measures while it loads."""
    yield f"prompt tokens read a second: {engine.speed.prefill_tokens_per_second:,.0f}"
    yield f"answer tokens written a second: {engine.speed.decode_tokens_per_second:,.0f}"


def going_on(engine: Engine, n: int) -> Iterator[str]:
    """Half an answer is there when its first character is typed."""
    kept: list[float] = []
    anew: list[float] = []
    for text, at in places(n):
        request = engine.prompt(text, at)
        answer, done = engine.fresh().ask(request)
        if len(answer) < 2:
            continue
        engine.fresh().ask(replace(request, n_predict=done.n_predicted // 2))
        again = replace(request, heal=answer[:1])
        kept.append(timed(engine, again))
        engine.cache.truncate(engine.cache.n_prompt - 1)
        anew.append(timed(engine, again))
    yield f"half an answer that a key cut off, gone on with: {ms(kept)}; written again: {ms(anew)}"


def timed(engine: Engine, request: Generate) -> float:
    started = time.perf_counter()
    engine.ask(request)
    return time.perf_counter() - started


def candidates(engine: Engine, n: int) -> Iterator[str]:
    """At equal length: no candidate ends before N_PREDICT."""
    ratios: list[float] = []
    for text, at in places(n):
        took: list[float] = []
        for n_candidates in (1, 3):
            request = replace(engine.prompt(text, at), n_candidates=n_candidates)
            started = time.perf_counter()
            _, done = engine.fresh().ask(request)
            took.append((time.perf_counter() - started) / max(1, done.n_predicted // n_candidates))
        ratios.append(took[1] / took[0])
    yield f"three candidates against one, per token of length: {median(ratios):.2f} times the time"


def cancelling(engine: Engine, n: int) -> Iterator[str]:
    """From the flag to the end of the work, in prefill: on the clock, and in CPU time.

    The clock includes waiting for a core that somebody else has, during which nothing is computed.
    """
    took: list[float] = []
    computed: list[float] = []
    for text, at in places(n):
        request = engine.prompt(text, at)
        raised: list[tuple[float, float]] = []

        def raise_flag(raised: list[tuple[float, float]] = raised) -> None:
            raised.append((time.perf_counter(), time.process_time()))
            engine.flag.set()

        timer = threading.Timer(0.01, raise_flag)
        timer.start()
        engine.fresh().ask(replace(request, n_predict=500))
        took_until, computed_until = time.perf_counter(), time.process_time()
        timer.join()
        took.append(max(0.0, took_until - raised[0][0]))
        computed.append(max(0.0, computed_until - raised[0][1]))
        engine.flag.clear()
    yield f"from cancel to quiet: {ms(took)}, at most {max(took) * 1000:.1f} ms"
    yield f"CPU time from cancel to quiet: {ms(computed)}, at most {max(computed) * 1000:.1f} ms"


def differing(some: list[str], others: list[str]) -> int:
    return sum(one != other for one, other in zip(some, others, strict=True))


def ms(seconds: list[float]) -> str:
    return f"{median(seconds) * 1000:.1f} ms"


MEASURES = (speed, switching, going_on, candidates, cancelling, shifting, exactness)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--model", type=Path, default=BUNDLED)
    parser.add_argument("--prompts", type=int, default=100)
    parser.add_argument("--only", nargs="+", choices=[one.__name__ for one in MEASURES])
    parser.add_argument("--write", metavar="NAME", help="record as benchmarks/results/NAME.csv")
    asked = parser.parse_args(argv)
    engine = Engine(asked.model)
    print(f"{machine()}; {asked.model.name}; {engine.speed}")
    lines: list[str] = []
    for measured in MEASURES:
        if asked.only and measured.__name__ not in asked.only:
            continue
        for line in measured(engine, asked.prompts):
            print(line, flush=True)
            lines.append(line)
    if asked.write:
        with (RESULTS / f"{asked.write}.csv").open("w", newline="") as file:
            file.write(f"# {machine()}; {asked.model.name}; {asked.prompts} prompts\n")
            writer = csv.writer(file)
            writer.writerow(("measure", "found"))
            writer.writerows(line.split(": ", 1) for line in lines)


if __name__ == "__main__":
    main()
