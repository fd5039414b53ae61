"""Train the tokenizer: byte-level BPE, split as llama.cpp's "qwen2" pre-tokenizer splits.

python -m training.tokenizer CORPUS.jsonl OUT/tokenizer.json [--vocabulary 16384]
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

from tokenizers import Tokenizer, pre_tokenizers, trainers

from slm_lsp.tune.weights import MARKERS, new_tokenizer

# Enough text that the rarest merges are still common; more only costs time.
CHARACTERS = 120_000_000


def train_tokenizer(texts: Iterator[str], vocabulary: int) -> Tokenizer:
    """Markers first: their ids are 0 to 6 in every model of ours."""
    tokenizer = new_tokenizer({}, [])
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(MARKERS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        min_frequency=2,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def sample(corpus: Path, characters: int, seed: int) -> Iterator[str]:
    """Texts from all over the corpus, about `characters` in all."""
    rng = random.Random(seed)
    share = min(1.0, characters / corpus.stat().st_size)
    with corpus.open(encoding="utf-8") as lines:
        for line in lines:
            if rng.random() < share:
                yield json.loads(line)["text"]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--vocabulary", type=int, default=16_384)
    parser.add_argument("--characters", type=float, default=CHARACTERS)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args(argv)
    texts = sample(arguments.corpus, int(arguments.characters), arguments.seed)
    tokenizer = train_tokenizer(texts, arguments.vocabulary)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(arguments.out))
    print(f"{tokenizer.get_vocab_size():,} tokens")


if __name__ == "__main__":
    main()
