"""How probable given texts are after the prompt: branches of one prefix, in one batch."""

from slm_lsp.inference.cache import N_BRANCHES, PROMPT, PromptCache
from slm_lsp.inference.llama import N_BATCH, Llama
from slm_lsp.inference.sampling import logprob

# Logits of one batch take this much memory at most; a large vocabulary gets smaller batches.
LOGITS_BYTES = 64 * 1024 * 1024


def score_texts(
    llama: Llama, cache: PromptCache, texts: list[list[int]]
) -> tuple[tuple[float, ...], ...]:
    """Each token's log-probability after the cached prompt and the tokens before it."""
    first = llama.logits(-1).copy()
    scores = [[logprob(first, text[0])] if text else [] for text in texts]
    n_rows_max = max(1, min(N_BATCH, LOGITS_BYTES // (4 * llama.vocab.n_tokens)))
    for group in _groups(texts, n_rows_max):
        _score_group(llama, cache, texts, scores, group)
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
) -> None:
    n_prompt = len(cache.tokens)
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
        for start in range(0, len(tokens), N_BATCH):
            part = slice(start, start + N_BATCH)
            rows = range(len(tokens[part]))
            llama.decode(tokens[part], positions[part], sequences[part], rows)
            for row, (index, token) in zip(rows, following[part], strict=True):
                scores[index].append(logprob(llama.logits(row), token))
    finally:
        for branch in branches:
            llama.truncate(branch, 0)
