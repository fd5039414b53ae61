"""Blocks of tokens in files that can be sent, read in an order that can be resumed."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from slm_lsp.tune.blocks import Blocks, Position

# 32 MiB at 2,048 tokens: a shard can be sent where files may not be larger than 64 MiB.
BLOCKS_PER_SHARD = 8_192


def write_shards(blocks: Blocks, folder: Path, first: int = 0) -> list[Path]:
    """Write `blocks` as numbered shards, each complete as soon as it has its name."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, start in enumerate(range(0, len(blocks), BLOCKS_PER_SHARD), first):
        path = folder / f"shard-{number:05}.npy"
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, blocks[start : start + BLOCKS_PER_SHARD])
        part.rename(path)
        paths.append(path)
    return paths


class ShardReader:
    """Blocks from a folder of shards, shard after shard, each shuffled by seed and lap.

    Shards may be added while this reads: they are taken up before anything is read again. Several
    processes take every n-th row each, and so together see what one alone would see.
    """

    def __init__(self, folder: Path, seed: int = 0, rank: int = 0, world: int = 1) -> None:
        self.folder = folder
        self.seed, self.rank, self.world = seed, rank, world
        self.at = Position()
        self._open: tuple[tuple[int, int], Blocks, NDArray[np.int64]] | None = None

    def batch(self, n_rows: int) -> Blocks:
        """The next `n_rows` blocks of this process."""
        rows = self._rows()
        taken = [next(rows) for _ in range(n_rows * self.world)]
        return np.stack(taken[self.rank :: self.world])

    def _rows(self) -> Iterator[NDArray[np.uint16]]:
        while True:
            blocks, order = self._shard()
            if self.at.row >= len(order):
                self._next_shard()
                continue
            row = blocks[order[self.at.row]]
            self.at.row += 1
            yield row

    def _shard(self) -> tuple[Blocks, NDArray[np.int64]]:
        key = (self.at.lap, self.at.shard)
        if self._open is None or self._open[0] != key:
            path = self._paths()[self.at.shard]
            blocks = np.load(path, mmap_mode="r")
            order = np.random.default_rng((self.seed, *key)).permutation(len(blocks))
            self._open = (key, blocks, order)
        return self._open[1], self._open[2]

    def _next_shard(self) -> None:
        self.at.row = 0
        self.at.shard += 1
        if self.at.shard >= len(self._paths()):
            self.at.shard = 0
            self.at.lap += 1

    def _paths(self) -> list[Path]:
        paths = sorted(self.folder.glob("shard-*.npy"))
        if not paths:
            raise FileNotFoundError(f"no shards in {self.folder}")
        return paths
