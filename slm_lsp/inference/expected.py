"""Names that may come: the answer's first word is rather one of these than another.

Told which members a thing has, a small model need only choose, where it would invent one. Each name
counts so many nats more, and a word that begins as one of them goes on as one: half a name of the
repository, continued freely, is nobody's. (Agrawal and others, 2023, forbid all other words,
"monitor-guided decoding", on the word of a compiler; what we know of types is right most of the
time.)
"""

from collections.abc import Iterable
from math import log
from typing import Any

import numpy as np

from slm_lsp.inference.vocabulary import Vocabulary

FORBIDDEN = -1e9
# Where the names and the model are sure together, they are right in four of five places.
DOUBT = log(0.8)


class Expected:
    """What is left of each name, in tokens. False when the word is over."""

    def __init__(self, names: Iterable[tuple[str, float]], vocab: Vocabulary) -> None:
        self._vocab = vocab
        self._left = {vocab.tokenise_name(name): weight for name, weight in names if name}
        self._begun = False

    def __bool__(self) -> bool:
        return bool(self._left)

    def raised(self, logits: Any) -> Any:
        """The logits with what the names are worth."""
        if not self._left:
            return logits
        raised = np.full_like(logits, FORBIDDEN) if self._begun else np.array(logits, copy=True)
        for left, weight in sorted(self._left.items(), key=lambda one: one[1]):
            # The likeliest name that a token leads to counts.
            at = left[0] if left else self._vocab.word_ends
            raised[at] = logits[at] + weight
        return raised

    def take(self, token: int) -> float:
        """The answer goes on with `token`. Returns what to add to its log-probability."""
        first = not self._begun and any(left[:1] == (token,) for left in self._left)
        self._begun = True
        self._left = {
            left[1:]: weight for left, weight in self._left.items() if left and left[0] == token
        }
        return DOUBT if first else 0.0
