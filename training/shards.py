"""From the corpus to shards of packed, shuffled blocks.

    python -m training.shards CORPUS.jsonl OUT --tokenizer FILE [--only python] [--lap 1] …

Every shard is a fair sample of the whole corpus, so training can begin with the first one. Each
lap hides other text in the same files: read again, the corpus is not the same. One file in a
hundred (chosen by name) goes to OUT/validation.npy instead.
"""

import argparse
import json
import multiprocessing
import random
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from slm_context.cursor import DocumentContext
from slm_prompts.render import OtherFile
from slm_prompts.template import templates

from slm_lsp.tune.blocks import pack
from slm_lsp.tune.repository import SourceText
from slm_lsp.tune.samples import Mix, SampleMaker
from slm_lsp.tune.weights import PAD, read_tokenizer
from training.neighbours import neighbours_in, write_index
from training.shard_files import BLOCKS_PER_SHARD, write_shards

TEMPLATE = "slm-lsp-v1"
FILES_PER_JOB = 32
N_VALIDATION = 128
SHARES = tuple(field.name for field in fields(Mix) if field.type is float)
Repositories = dict[str, dict[str, SourceText]]
Samples = list[list[int]]

# What the worker processes know: set before they are forked, never sent.
maker: SampleMaker
options: argparse.Namespace
repositories: Repositories = {}


def read_corpus(path: Path, only: set[str]) -> Repositories:
    """The texts by repository and path."""
    found: Repositories = {}
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            row: dict[str, str] = json.loads(line)
            if not only or row["language"] in only:
                one = SourceText(row["path"], row["language"], row["text"])
                found.setdefault(row["repo"], {})[one.path] = one
    return found


def index_path(repository: str) -> Path:
    return options.out / "indexes" / f"{repository.replace('/', '+')}.sqlite"


def index_repository(repository: str) -> str:
    write_index(index_path(repository), repositories[repository].values())
    return repository


def render_job(job: tuple[int, list[tuple[str, str]]]) -> tuple[Samples, Samples]:
    """(training, validation) samples of one job's files."""
    number, names = job
    rng = random.Random(f"{options.seed}:{options.lap}:{number}")
    kept: Samples = []
    held: Samples = []
    for repository, path in names:
        one = repositories[repository][path]
        into = held if is_held_out(repository, path) else kept
        around = neighbours_of(repository) if options.snippets else None
        into.extend(maker.samples(path, one.language, one.text, rng, around))
    return kept, held


opened: dict[str, Callable[[DocumentContext], list[OtherFile]]] = {}


def neighbours_of(repository: str) -> Callable[[DocumentContext], list[OtherFile]]:
    if repository not in opened:

        def read(path: str) -> str | None:
            one = repositories[repository].get(path)
            return None if one is None else one.text

        opened[repository] = neighbours_in(index_path(repository), read)
    return opened[repository]


def is_held_out(repository: str, path: str) -> bool:
    """One file in a hundred, the same ones in every lap."""
    return zlib.crc32(f"{repository}:{path}".encode()) % 100 == 0


def jobs(seed: int, lap: int) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """All files in one random order, some at a time."""
    names = [(repository, path) for repository, of in repositories.items() for path in of]
    random.Random(f"{seed}:{lap}").shuffle(names)
    # What validates has to be there before training begins.
    names.sort(key=lambda name: not is_held_out(*name))
    for number, start in enumerate(range(0, len(names), FILES_PER_JOB)):
        yield number, names[start : start + FILES_PER_JOB]


def main(argv: list[str] | None = None) -> None:
    global maker, options
    options = arguments = parser().parse_args(argv)
    started = time.monotonic()
    tokenizer = read_tokenizer(arguments.tokenizer)
    mix = Mix(snippets=arguments.snippet_share, chars=(arguments.chars[0], arguments.chars[1]))
    mix = replace(mix, **dict(arguments.mix))
    maker = SampleMaker(tokenizer, templates()[arguments.template], arguments.length + 1, mix)
    repositories.clear()
    repositories.update(read_corpus(arguments.corpus, set(arguments.only)))
    for name, texts in list(repositories.items()):
        if sum(len(one.text) for one in texts.values()) > arguments.largest:
            del repositories[name]
    (arguments.out / "indexes").mkdir(parents=True, exist_ok=True)
    with multiprocessing.get_context("fork").Pool(arguments.processes) as pool:
        if arguments.snippets:
            largest_first = sorted(repositories, key=lambda name: -len(repositories[name]))
            for _ in pool.imap_unordered(index_repository, largest_first):
                pass
            print(f"{time.monotonic() - started:.0f} s, {len(repositories)} indexes", flush=True)
        shards = Shards(arguments.out, arguments.length + 1, arguments.blocks_per_shard)
        for kept, held in pool.imap(render_job, jobs(arguments.seed, arguments.lap)):
            shards.add(kept, held)
            if shards.next >= arguments.most:
                break
        else:
            shards.finish()
    print(
        f"{shards.n_blocks:,} blocks, {shards.n_tokens / 1e6:.1f} M tokens, "
        f"{1 - shards.n_tokens / max(1, shards.n_blocks) / (arguments.length + 1):.1%} padding, "
        f"{time.monotonic() - started:.0f} s"
    )


class Shards:
    """Collects samples, and writes a shard as soon as there are enough."""

    def __init__(self, out: Path, length: int, n_blocks: int) -> None:
        self.out, self.length, self.wanted = out, length, n_blocks
        self.next = len(list(out.glob("shard-*.npy")))
        self.rng = random.Random(self.next)
        self.pad = maker.id(PAD)
        self.kept: Samples = []
        self.held: Samples = []
        self.n_waiting = 0
        self.n_blocks = self.n_tokens = 0

    def add(self, kept: Samples, held: Samples) -> None:
        self.held += held
        self.kept += kept
        self.n_waiting += sum(map(len, kept))
        if self.n_waiting > self.wanted * self.length:
            self.write()

    def write(self) -> None:
        validation = self.out / "validation.npy"
        if self.held and not validation.exists():
            np.save(validation, pack(self.held, self.length, self.pad)[:N_VALIDATION])
        if not self.kept:
            return
        self.rng.shuffle(self.kept)
        blocks = pack(self.kept, self.length, self.pad)
        blocks = blocks[np.random.default_rng(self.next).permutation(len(blocks))]
        self.next += len(write_shards(blocks, self.out, self.next))
        self.n_blocks += len(blocks)
        self.n_tokens += int((blocks != self.pad).sum())
        print(f"{self.next} shards, {self.n_tokens / 1e6:.1f} M tokens", flush=True)
        self.kept, self.n_waiting = [], 0

    finish = write


def share(text: str) -> tuple[str, float]:
    """One of the mix's shares, given as NAME=SHARE."""
    name, _, value = text.partition("=")
    if name not in SHARES:
        raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(SHARES)}")
    if not 0 <= float(value) <= 1:
        raise argparse.ArgumentTypeError(f"{value} is no share: from 0 to 1")
    return name, float(value)


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add: Any = parser.add_argument
    add("corpus", type=Path)
    add("out", type=Path)
    add("--tokenizer", type=Path, required=True, help="tokenizer.json, or a .gguf to take it from")
    add("--template", default=TEMPLATE)
    add("--length", type=int, default=2_048)
    add("--only", action="append", default=[])
    add("--largest", type=float, default=float("inf"), help="characters of a repository")
    add("--snippets", action=argparse.BooleanOptionalAction, default=True)
    add("--snippet-share", type=float, default=Mix().snippets, help="of the completions")
    add("--mix", type=share, action="append", default=[], help="NAME=SHARE of `samples.Mix`")
    add("--chars", type=int, nargs=2, default=Mix().chars, help="least and most of a prompt")
    add("--lap", type=int, default=0, help="number of this pass over the corpus")
    add("--blocks-per-shard", type=int, default=BLOCKS_PER_SHARD)
    add("--most", type=int, default=1_000_000, help="stop after so many shards")
    add("--processes", type=int, default=1)
    add("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    main()
