"""The logits behind the last tokens: whoever goes the same way again need not evaluate it again.

A key cuts an answer off, and what was typed is mostly how that answer began, or leaves the prompt
as it was (half a word is no part of it). The cells of its tokens are still in the cache; with the
logits behind them, too, the next question chooses anew, under its own conditions, without asking
the model: what it gets is what evaluating would have given, to the last bit.
"""

from typing import Any

import numpy as np

from slm_lsp.inference.sampling import Logits

# Of all rows. A line of the bundled model takes 2 MB, one of a large vocabulary eight times that.
KEPT_BYTES = 16 * 1024 * 1024


class KeptLogits:
    """The newest rows, each by the position of the token that it stands behind."""

    def __init__(self, n_vocab: int, n_bytes: int = KEPT_BYTES) -> None:
        n_rows = max(1, n_bytes // (4 * n_vocab))
        # Pages of it that are never written to take no memory.
        self._rows: Any = np.empty((n_rows, n_vocab), np.float32)
        self._positions: list[int | None] = [None] * n_rows

    def keep(self, position: int, logits: Logits) -> None:
        """A copy, in place of the row that is as many positions back as there are rows."""
        slot = position % len(self._positions)
        self._rows[slot] = logits
        self._positions[slot] = position

    def behind(self, position: int) -> Logits | None:
        """The row behind the token at `position`, valid until the next `keep`."""
        slot = position % len(self._positions)
        return self._rows[slot] if self._positions[slot] == position else None

    def forget_from(self, position: int) -> None:
        """The tokens from `position` on are others now, or elsewhere."""
        self._positions = [
            one if one is not None and one < position else None for one in self._positions
        ]
