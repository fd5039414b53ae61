"""Prompt lookup: what followed the last time these tokens stood in the prompt, as a draft.

A draft is checked in one batch, and only what the model would have written anyway is kept, so
the answer is the same. Whether it is also sooner depends on the model and the machine: a batch
of five tokens costs 3 to 4 single tokens where arithmetic is the bottleneck (the bundled
model), little more than one where memory is (large models).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from slm_lsp.inference.speed import N_DRAFT

N_GRAM = 2
# How the rate of accepted tokens moves: quickly with evidence, slowly back when it is unused,
# so that a file in which drafting does not pay is not the last word.
LEARNING, FORGETTING = 0.1, 0.002
PRIOR = 0.5


@dataclass(slots=True)
class DraftPolicy:
    """Whether to draft at all. `cost` is a batch with a draft, in batches without."""

    cost: float
    rate: float = PRIOR

    def pays(self) -> bool:
        if 1 + self.rate * N_DRAFT > self.cost:
            return True
        self.rate += FORGETTING * (PRIOR - self.rate)
        return False

    def learn(self, n_accepted: int, n_drafted: int) -> None:
        self.rate += LEARNING * (n_accepted / n_drafted - self.rate)


@dataclass(slots=True)
class PromptLookup:
    """Where each pair of tokens was last followed by something."""

    _follows: dict[tuple[int, int], int] = field(default_factory=dict[tuple[int, int], int])
    _n_indexed: int = 0

    def draft(self, tokens: Sequence[int]) -> Sequence[int]:
        """Up to N_DRAFT tokens that may follow; `tokens` only grow from one call to the next."""
        for end in range(max(self._n_indexed, N_GRAM), len(tokens)):
            self._follows[tokens[end - 2], tokens[end - 1]] = end
        self._n_indexed = len(tokens)
        if len(tokens) < N_GRAM:
            return []
        start = self._follows.get((tokens[-2], tokens[-1]))
        return [] if start is None else tokens[start : start + N_DRAFT]
