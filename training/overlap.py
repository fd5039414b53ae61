"""Runs of tokens that two texts share: what keeps the evaluation out of the corpus.

A token is a word or a single sign; white space does not count, so re-indenting hides no copy.
"""

import re
import zlib
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

TOKEN = re.compile(r"\w+|[^\w\s]")
RUN = 30
# Odd and large: windows are hashed as polynomials in it, modulo 2^64.
BASE = np.uint64(0x9E3779B97F4A7C15)

Hashes = NDArray[np.uint64]


class Tokens:
    """Texts to arrays of token hashes, remembering the tokens it has met."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def __call__(self, text: str) -> Hashes:
        known = self.known
        values = []
        for token in TOKEN.findall(text):
            value = known.get(token)
            if value is None:
                raw = token.encode("utf-8", "replace")
                value = zlib.crc32(raw) << 32 | zlib.adler32(raw)
                # Names are endless; the common ones come early.
                if len(known) < 2_000_000:
                    known[token] = value
            values.append(value)
        return np.array(values, dtype=np.uint64)


def windows(tokens: Hashes, run: int = RUN) -> Hashes:
    """One hash for each run of `run` tokens."""
    if len(tokens) < run:
        return np.empty(0, dtype=np.uint64)
    n_windows = len(tokens) - run + 1
    total = np.zeros(n_windows, dtype=np.uint64)
    for offset in range(run):
        total *= BASE
        total += tokens[offset : offset + n_windows]
    # The low bits of a polynomial are weak: mix before anyone takes a remainder.
    total ^= total >> np.uint64(29)
    total *= np.uint64(0xBF58476D1CE4E5B9)
    return total ^ (total >> np.uint64(32))


class Forbidden:
    """All runs of the texts that must not be learnt from."""

    def __init__(self, texts: Iterable[str]) -> None:
        tokens = Tokens()
        parts = [windows(tokens(text)) for text in texts]
        self.hashes: Hashes = np.unique(np.concatenate([*parts, np.empty(0, np.uint64)]))

    def meets(self, found: Hashes) -> bool:
        """True when any of the `windows` is a forbidden one."""
        if not len(found) or not len(self.hashes):
            return False
        place = np.searchsorted(self.hashes, found)
        place[place == len(self.hashes)] = 0
        return bool((self.hashes[place] == found).any())
