"""How probable given texts are after the prompt: branches of one prefix, in one batch.

The prompt is evaluated once. Each text gets a sequence of its own that shares the prompt's cells,
so a text sees the prompt and itself, never a rival. What comes out is the sum over the text as it
is tokenised behind a marker: the probability of being written in just these tokens.
"""

import numpy as np

from slm_lsp.inference.cache import N_BRANCHES, PROMPT, PromptCache
from slm_lsp.inference.llama import N_BATCH, Llama
from slm_lsp.inference.sampling import Logits, logprob, logprob_of_any

# Logits of one batch take this much memory at most; a large vocabulary gets smaller batches.
LOGITS_BYTES = 64 * 1024 * 1024
# Stands for "the text ends here", by whichever of the model's end tokens.
END = -1


def score_texts(
    llama: Llama, cache: PromptCache, texts: list[list[int]]
) -> tuple[tuple[float, ...], ...]:
    """Each token's log-probability after the cached prompt and the tokens before it.

    A text may close with `END`, and has at most `N_BRANCH_CELLS` tokens.
    """
    first = cache.logits(cache.n_prompt - 1)
    scores = [[_logprob(llama, first, text[0])] if text else [] for text in texts]
    n_rows_max = max(1, min(N_BATCH, LOGITS_BYTES // (4 * llama.vocab.n_tokens)))
    for group in _groups(texts, n_rows_max):
        _score_group(llama, cache, texts, scores, group, n_rows_max)
    return tuple(tuple(one) for one in scores)


def _groups(texts: list[list[int]], n_rows_max: int) -> list[list[int]]:
    """Indices of texts that fit one batch together. The last token of a text needs no row."""
    groups: list[list[int]] = []
    n_rows = n_rows_max
    for index, text in enumerate(texts):
        n_new = len(text) - 1
        if n_new <= 0:
            continue
        if n_rows + n_new > n_rows_max or len(groups[-1]) == N_BRANCHES:
            groups.append([])
            n_rows = 0
        groups[-1].append(index)
        n_rows += n_new
    return groups


def _score_group(
    llama: Llama,
    cache: PromptCache,
    texts: list[list[int]],
    scores: list[list[float]],
    group: list[int],
    n_rows_max: int,
) -> None:
    n_prompt = cache.n_prompt
    branches = range(1, 1 + len(group))
    try:
        tokens: list[int] = []
        positions: list[int] = []
        sequences: list[int] = []
        following: list[tuple[int, int]] = []
        for branch, index in zip(branches, group, strict=True):
            text = texts[index]
            llama.branch(PROMPT, branch, n_prompt)
            tokens += text[:-1]
            positions += range(n_prompt, n_prompt + len(text) - 1)
            sequences += [branch] * (len(text) - 1)
            following += [(index, token) for token in text[1:]]
        for start in range(0, len(tokens), n_rows_max):
            part = slice(start, start + n_rows_max)
            rows = range(len(tokens[part]))
            llama.decode(tokens[part], positions[part], sequences[part], rows)
            for row, (index, token) in zip(rows, following[part], strict=True):
                scores[index].append(_logprob(llama, llama.logits(row), token))
    finally:
        for branch in branches:
            llama.truncate(branch, 0)


def _logprob(llama: Llama, logits: Logits, token: int) -> float:
    if token != END:
        return logprob(logits, token)
    return logprob_of_any(logits, np.fromiter(llama.vocab.end_tokens, np.int64))
