"""Samples packed into blocks of equal length, and where a reader of blocks stands."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Blocks = NDArray[np.uint16]

# How many blocks wait for a sample that fits. More would fill them better and mix samples less.
OPEN_BLOCKS = 32


def pack(samples: Iterable[list[int]], length: int, pad: int) -> Blocks:
    """Samples into blocks of `length` tokens, first fit; no sample is cut, the rest is padding."""
    done: list[list[int]] = []
    waiting: list[list[int]] = []
    for sample in samples:
        if len(sample) > length:
            continue
        for block in waiting:
            if len(block) + len(sample) <= length:
                block.extend(sample)
                break
        else:
            waiting.append(list(sample))
        if len(waiting) > OPEN_BLOCKS:
            fullest = max(range(len(waiting)), key=lambda index: len(waiting[index]))
            done.append(waiting.pop(fullest))
    done.extend(waiting)
    blocks = np.full((len(done), length), pad, dtype=np.uint16)
    for row, block in zip(blocks, done, strict=True):
        row[: len(block)] = block
    return blocks


@dataclass(slots=True)
class Position:
    """Where the reader stands; everything that a checkpoint must know about the data."""

    lap: int = 0
    shard: int = 0
    row: int = 0
