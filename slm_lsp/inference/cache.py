"""Which tokens are evaluated already: one keystroke costs only what is new."""

from collections.abc import Sequence

from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.llama import N_BATCH, Aborted, Llama


class PromptCache:
    """The prompt that llama.cpp's cache holds, token by token.

    A new prompt keeps the longest common token prefix. Comparing tokens, not text, makes it
    survive a token boundary that moves when a character is added.
    """

    def __init__(self, llama: Llama) -> None:
        self._llama = llama
        self.sequence = 0
        self.tokens: list[int] = []
        self.n_evaluated = 0  # tokens, since the start

    def branch_sequence(self, index: int) -> int:
        """The sequence of the branch with this index, counted from 1."""
        return self.sequence + index

    def prefill(self, prompt: Sequence[int]) -> None:
        """Evaluate `prompt`, ending with logits for its last token.

        Raises `Aborted` with the finished micro-batches kept.
        """
        if len(prompt) >= self._llama.n_ctx:
            raise PromptTooLong(len(prompt), self._llama.n_ctx - 1)
        # The last token is evaluated in any case: its logits are not kept.
        n_kept = common_length(self.tokens, prompt[:-1])
        self.truncate(n_kept)
        for start in range(n_kept, len(prompt), N_BATCH):
            self.extend(prompt[start : start + N_BATCH])

    def extend(self, tokens: Sequence[int]) -> None:
        """Evaluate `tokens` after what is there, with logits for the last one."""
        start = len(self.tokens)
        n = len(tokens)
        try:
            self._llama.decode(tokens, range(start, start + n), [self.sequence] * n, [n - 1])
        except Aborted:
            n = self._llama.n_cached(self.sequence) - start
            raise
        finally:
            self.tokens += tokens[: max(n, 0)]
            self.n_evaluated += max(n, 0)

    def truncate(self, n_kept: int) -> None:
        if n_kept < len(self.tokens):
            self._llama.truncate(self.sequence, n_kept)
            del self.tokens[n_kept:]


def common_length(one: Sequence[int], other: Sequence[int]) -> int:
    """How many tokens two sequences have in common at the start."""
    n = min(len(one), len(other))
    return next((i for i in range(n) if one[i] != other[i]), n)
