"""Blocks to train on, made of the repository while it trains."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from slm_lsp.tune.blocks import Blocks, Position, pack
from slm_lsp.tune.repository import SourceText
from slm_lsp.tune.samples import Neighbours, SampleMaker
from slm_lsp.tune.weights import PAD

# Samples of so many characters are made at once: some seconds of work, and enough to mix.
PART_CHARS = 400_000


@dataclass(slots=True)
class RepositoryReader:
    """Reads all texts again and again, and hides other places of them each time.

    What it reads depends on the seed and its position alone, so that a run can be resumed.
    """

    texts: Sequence[SourceText]
    maker: SampleMaker
    neighbours: Neighbours | None
    length: int
    seed: int = 0
    rank: int = 0
    world: int = 1
    at: Position = field(default_factory=Position)
    _open: tuple[tuple[int, int], Blocks] | None = None

    def batch(self, n_rows: int) -> Blocks:
        rows = self._rows()
        return np.stack([next(rows) for _ in range(n_rows)])

    def tokens_of_a_lap(self) -> int:
        """About how many tokens there are to learn from in all texts, read once."""
        part = self._parts(0)[0]
        n_tokens = int((self._made((0, 0)) != self.maker.id(PAD)).sum())
        n_chars = sum(len(one.text) for one in part)
        return n_tokens * sum(len(one.text) for one in self.texts) // max(1, n_chars)

    def _rows(self) -> Iterator[NDArray[np.uint16]]:
        n_empty = 0
        while True:
            blocks = self._part()
            if self.at.row < len(blocks):
                n_empty = 0
                self.at.row += 1
                yield blocks[self.at.row - 1]
                continue
            n_empty += self.at.row == 0
            if n_empty > 100:
                raise ValueError("no samples can be made of these texts")
            self.at.row = 0
            self.at.shard += 1
            if self.at.shard >= len(self._parts(self.at.lap)):
                self.at.shard, self.at.lap = 0, self.at.lap + 1

    def _part(self) -> Blocks:
        key = (self.at.lap, self.at.shard)
        if self._open is None or self._open[0] != key:
            self._open = key, self._made(key)
        return self._open[1]

    def _made(self, key: tuple[int, int]) -> Blocks:
        lap, number = key
        rng = random.Random(f"{self.seed}:{lap}:{number}")
        samples: list[list[int]] = []
        for one in self._parts(lap)[number]:
            samples += self.maker.samples(one.path, one.language, one.text, rng, self.neighbours)
        rng.shuffle(samples)
        blocks = pack(samples, self.length + 1, self.maker.id(PAD))
        return blocks[np.random.default_rng((self.seed, *key)).permutation(len(blocks))]

    def _parts(self, lap: int) -> list[list[SourceText]]:
        """The texts in this lap's order, in parts of about equal length."""
        texts = list(self.texts)
        random.Random(f"{self.seed}:{lap}").shuffle(texts)
        parts: list[list[SourceText]] = [[]]
        n_chars = 0
        for one in texts:
            if n_chars > PART_CHARS:
                parts.append([])
                n_chars = 0
            parts[-1].append(one)
            n_chars += len(one.text)
        return parts
