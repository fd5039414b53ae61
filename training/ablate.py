"""What the mix of samples is worth: the same model, the same tokens, another mix for each arm.

    python -m training.ablate CORPUS.jsonl OUT --tokenizer FILE --tokens 5e6

Every arm answers the same questions: the hidden ends of lines and blocks in the files that no arm
learns from, asked as the first arm asks them, which is as the server does; or, with `--ask`, those
in blocks that were held out of a larger part of the corpus. Prints a table and writes
OUT/ablation.csv. Running the same command again goes on where it was stopped.
"""

import argparse
import csv
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from slm_prompts.template import templates

from benchmarks.intervals import paired_interval
from slm_lsp.tune.checkpoint import network_of
from slm_lsp.tune.network import Network
from slm_lsp.tune.weights import read_tokenizer
from training.shards import TEMPLATE

# The first is what the bundled model learnt from; each other one differs in one thing.
ARMS: dict[str, dict[str, float]] = {
    "as trained": {},
    "no plain text": {"causal": 0.0},
    "half plain text": {"causal": 0.5},
    "no blocks": {"block": 0.0},
    "no snippets": {"snippets": 0.0},
    "snippets always": {"snippets": 1.0},
    "line starts only": {"line_start": 1.0},
}
# Where the first arm keeps what all are asked.
ASKED = Path("shards", "validation.npy")
COLUMNS: tuple[str, ...] = (
    *("arm", "tokens", "questions", "loss"),
    *("exact", "exact_gain", "exact_low", "exact_high"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A hidden text in a block: tokens `start` to `stop` of `row`, the end marker with them."""

    row: int
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Scores:
    """For each span: the mean loss of a token, and whether a greedy answer would be exact."""

    loss: NDArray[np.float64]
    exact: NDArray[np.float64]


def spans(blocks: NDArray[np.uint16], middle: int, end: int) -> Iterator[Span]:
    """Where the hidden texts are: from each middle marker to the next end."""
    for number, row in enumerate(blocks):
        ends = np.flatnonzero(row == end)
        for marker in np.flatnonzero(row == middle):
            later = ends[ends > marker]
            if len(later):
                yield Span(number, int(marker) + 1, int(later[0]) + 1)


@torch.no_grad()
def score(network: Network, blocks: NDArray[np.uint16], found: list[Span]) -> Scores:
    """Greedy decoding writes the hidden text exactly if each of its tokens is the likeliest."""
    losses: list[float] = []
    exact: list[float] = []
    for number, row in enumerate(blocks):
        mine = [span for span in found if span.row == number]
        if not mine:
            continue
        tokens = torch.from_numpy(row.astype("int64"))
        logits = network(tokens[None, :-1])[0].float()
        for span in mine:
            wanted = tokens[span.start : span.stop]
            said = logits[span.start - 1 : span.stop - 1]
            losses.append(F.cross_entropy(said, wanted).item())
            exact.append(float((said.argmax(-1) == wanted).all()))
    return Scores(np.array(losses), np.array(exact))


def run(stage: str, *arguments: object) -> None:
    command = [sys.executable, "-m", f"training.{stage}", *map(str, arguments)]
    done = subprocess.run(command)
    if done.returncode:
        raise SystemExit(f"training.{stage} ended with {done.returncode}; nothing is lost")


def train_arm(name: str, options: argparse.Namespace) -> Path:
    """Make the arm's shards, train on them, and return its folder."""
    folder: Path = options.out / name.replace(" ", "-")
    shards, wanted = folder / "shards", options.blocks_per_shard * options.length
    most = math.ceil(options.tokens / (0.9 * wanted))
    if not (folder / "made").exists():
        for old in shards.glob("*.npy"):
            old.unlink()
        mix = [f"--mix={key}={value}" for key, value in ARMS[name].items()]
        size = ("--length", options.length, "--blocks-per-shard", options.blocks_per_shard)
        tokenizer = ("--tokenizer", options.tokenizer, "--most", most)
        run("shards", options.corpus, shards, *size, *tokenizer, *options.samples.split(), *mix)
        if not (options.out / "as-trained" / ASKED).exists():
            raise SystemExit(
                f"{options.corpus} is too small to ask about: one file in a hundred is held out, "
                "and here that is none"
            )
        (folder / "made").touch()
    start = ("--start-from", options.start_from) if options.start_from else ()
    shape = ("--shape", options.shape, "--vocabulary", options.vocabulary)
    where = ("--shards", shards, "--out", folder / "run", *start, *shape)
    rest = options.train.split()
    run("train", *where, "--tokens", options.tokens, "--threads", options.threads, *rest)
    return folder


def rows(measured: dict[str, Scores], tokens: float) -> Iterator[dict[str, object]]:
    """One row an arm; the gain is over the first one, on the same questions."""
    first = next(iter(measured.values()))
    for name, scores in measured.items():
        gain, low, high = paired_interval(list(first.exact), list(scores.exact))
        values = (scores.loss.mean(), scores.exact.mean(), gain, low, high)
        rounded = (round(float(value), 4) for value in values)
        yield dict(zip(COLUMNS, (name, int(tokens), len(scores.loss), *rounded), strict=True))


def main(argv: list[str] | None = None) -> None:
    options = parser().parse_args(argv)
    tokenizer, template = read_tokenizer(options.tokenizer), templates()[TEMPLATE]
    options.vocabulary = tokenizer.get_vocab_size()
    middle, end = (tokenizer.token_to_id(one) for one in (template.middle, template.end[0]))
    names = ["as trained", *(name for name in options.arm or ARMS if name != "as trained")]
    folders = {name: train_arm(name, options) for name in names}
    blocks = np.load(options.ask or folders["as trained"] / ASKED)
    if middle is None or end is None:
        raise SystemExit(f"{options.tokenizer} has not the markers of {TEMPLATE}")
    found = list(spans(blocks, middle, end))
    measured: dict[str, Scores] = {}
    for name, folder in folders.items():
        network = network_of(folder / "run" / "checkpoint.pt").eval()
        measured[name] = score(network, blocks, found)
    with (options.out / "ablation.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for row in rows(measured, options.tokens):
            writer.writerow(row)
            print(*row.values(), sep="\t")


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("corpus", type=Path)
    add("out", type=Path)
    add("--tokenizer", type=Path, required=True, help="tokenizer.json, or a .gguf to take it from")
    add("--start-from", type=Path, help="a GGUF file that every arm begins with")
    add("--shape", default="mini", help="of a new model")
    add("--tokens", type=float, required=True, help="for each arm")
    add("--ask", type=Path, help="blocks (validation.npy) to ask about, of the same --length")
    add("--arm", action="append", choices=sorted(ARMS), help="only these; may be given again")
    add("--length", type=int, default=2_048)
    add("--blocks-per-shard", type=int, default=384)
    add("--threads", type=int, default=0)
    samples = "--snippet-share 0.75 --chars 1200 6000"
    add("--samples", default=samples, help="further arguments of training.shards")
    add("--train", default="--batch-tokens 16384", help="further arguments of training.train")
    return parser


if __name__ == "__main__":
    main()
