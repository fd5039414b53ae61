"""From the corpus to shards of packed, shuffled blocks.

    python -m training.shards CORPUS.jsonl OUT --tokenizer FILE [--only python] [--pass 1] …

Each pass hides other text in the same files: read again, the corpus is not the same. One file
in a hundred (chosen by name) goes to OUT/validation.npy instead.
"""

import argparse
import json
import multiprocessing
import random
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from slm_prompts.template import templates

from slm_lsp.tune.blocks import Blocks, pack, write_shards
from slm_lsp.tune.samples import SampleMaker
from slm_lsp.tune.weights import PAD, read_tokenizer

TEMPLATE = "slm-lsp-mini-v0"
# Files that make one job: enough neighbours to find snippets among.
FILES_PER_JOB = 400
Row = dict[str, str]

maker: SampleMaker  # one per process, set by `prepare`
options: argparse.Namespace


def prepare(arguments: argparse.Namespace) -> None:
    """Set up a worker process."""
    global maker, options
    options = arguments
    tokenizer = read_tokenizer(arguments.tokenizer)
    maker = SampleMaker(tokenizer, templates()[arguments.template], arguments.length + 1)


def render_job(job: tuple[int, list[Row]]) -> tuple[Blocks, Blocks]:
    """(training, validation) blocks of one job's files."""
    number, files = job
    rng = random.Random(f"{options.seed}:{options.lap}:{number}")
    neighbours = None
    kept: list[list[int]] = []
    held: list[list[int]] = []
    for row in files:
        into = held if is_held_out(row) else kept
        into.extend(maker.samples(row["path"], row["language"], row["text"], rng, neighbours))
    rng.shuffle(kept)
    pad = maker.id(PAD)
    return pack(kept, options.length + 1, pad), pack(held, options.length + 1, pad)


def is_held_out(row: Row) -> bool:
    """One file in a hundred, the same ones in every pass."""
    return zlib.crc32(f"{row['repo']}:{row['path']}".encode()) % 100 == 0


def jobs(corpus: Path, only: set[str], part: tuple[int, int]) -> Iterator[tuple[int, list[Row]]]:
    """Files of one repository each. `part` (k, n) takes the k-th of every n jobs."""
    number, files = 0, list[Row]()
    with corpus.open(encoding="utf-8") as lines:
        for line in lines:
            row: Row = json.loads(line)
            if only and row["language"] not in only:
                continue
            if files and (row["repo"] != files[0]["repo"] or len(files) >= FILES_PER_JOB):
                if number % part[1] == part[0]:
                    yield number, files
                number, files = number + 1, []
            files.append(row)
    if files and number % part[1] == part[0]:
        yield number, files


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    add: Any = parser.add_argument
    add("corpus", type=Path)
    add("out", type=Path)
    add("--tokenizer", type=Path, required=True, help="tokenizer.json, or a .gguf to take it from")
    add("--template", default=TEMPLATE)
    add("--length", type=int, default=2_048)
    add("--only", action="append", default=[])
    add("--snippets", action=argparse.BooleanOptionalAction, default=True)
    add("--lap", type=int, default=0, help="number of this pass over the corpus")
    add("--part", default="0/1", help="k/n: the k-th of n parts of the jobs")
    add("--processes", type=int, default=1)
    add("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    started = time.monotonic()
    k, n = map(int, arguments.part.split("/"))
    work = jobs(arguments.corpus, set(arguments.only), (k, n))
    kept: list[Blocks] = []
    held: list[Blocks] = []
    with multiprocessing.Pool(arguments.processes, prepare, (arguments,)) as pool:
        for done, (training, validation) in enumerate(pool.imap(render_job, work)):
            kept.append(training)
            held.append(validation)
            if done % 50 == 0:
                print(f"{time.monotonic() - started:.0f} s, {done} jobs", flush=True)
    rng = np.random.default_rng((arguments.seed, arguments.lap, k))
    blocks = shuffled(kept, rng)
    first = len(list(arguments.out.glob("shard-*.npy")))
    write_shards(blocks, arguments.out, first)
    validation_file = arguments.out / "validation.npy"
    if not validation_file.exists():
        np.save(validation_file, shuffled(held, rng)[:128])
    pad = 4
    print(
        f"{len(blocks):,} blocks, {(blocks != pad).sum() / 1e6:.1f} M tokens, "
        f"{(blocks == pad).mean():.1%} padding, {time.monotonic() - started:.0f} s"
    )


def shuffled(parts: list[Blocks], rng: np.random.Generator) -> Blocks:
    blocks = np.concatenate(parts)
    return blocks[rng.permutation(len(blocks))]


if __name__ == "__main__":
    main()
