"""Copies and near copies: the first one met stays."""

import hashlib
import re

import numpy as np
from datasketch import MinHash, MinHashLSH

from training.overlap import Hashes, windows

SHINGLE = 8  # tokens
# Above this Jaccard similarity two files are one file with edits.
NEARLY_EQUAL = 0.8
PERMUTATIONS = 64
# Of a large file every eighth shingle speaks for all: similarity of samples is unbiased.
SAMPLE_ABOVE = 512


class Duplicates:
    """Remembers what it has seen."""

    def __init__(self) -> None:
        self.exact: set[bytes] = set()
        # A copy that slips through costs more than a file that is taken for one.
        self.near = MinHashLSH(NEARLY_EQUAL, PERMUTATIONS, weights=(0.2, 0.8))

    def is_copy(self, key: str, text: str, tokens: Hashes) -> bool:
        """True when an equal or nearly equal text was here before; if not, it is remembered."""
        digest = hashlib.sha1(re.sub(r"\s+", "", text).encode()).digest()
        if digest in self.exact:
            return True
        self.exact.add(digest)
        shingles = np.unique(windows(tokens, SHINGLE)) >> np.uint64(32)
        if len(shingles) > SAMPLE_ABOVE:
            shingles = shingles[shingles % np.uint64(8) == 0]
        signature = MinHash(PERMUTATIONS, hashfunc=int)
        signature.update_batch(shingles.tolist())
        if self.near.query(signature):
            return True
        self.near.insert(key, signature, check_duplication=False)
        return False
