"""From logits to the next token."""

import math
from random import Random
from typing import Any

import numpy as np

Logits = Any

# As llama.cpp's fill-in-the-middle clients set them up: what the end rule looks at are the
# most probable tokens that make up this much, and at most so many.
NUCLEUS = 0.9
MAX_NUCLEUS = 40
END_FACTOR = 3


def choose(
    logits: Logits, temperature: float, random: Random, allowed: Logits | None = None
) -> tuple[int, float]:
    """A token and its log-probability, among `allowed` token ids where given."""
    values = logits if allowed is None else logits[allowed]
    if temperature <= 0:
        index = int(np.argmax(values))
    else:
        weights = np.exp((values - values.max()) / temperature, dtype=np.float64)
        cumulative = np.cumsum(weights)
        point = random.random() * cumulative[-1]
        index = min(int(np.searchsorted(cumulative, point, side="right")), len(values) - 1)
    token = index if allowed is None else int(allowed[index])
    return token, logprob(values, index)


def most_probable(logits: Logits, n: int, allowed: Logits | None = None) -> list[tuple[int, float]]:
    """The `n` best tokens with their log-probabilities, best first."""
    values = logits if allowed is None else logits[allowed]
    best = np.argsort(-values, kind="stable")[:n]
    return [
        (int(index) if allowed is None else int(allowed[index]), logprob(values, int(index)))
        for index in best
    ]


def logprob(logits: Logits, index: int) -> float:
    """The natural logarithm of the probability of one entry; never above 0."""
    highest = float(logits.max())
    total = float(np.exp(logits - highest).sum())
    return min(0.0, float(logits[index]) - highest - math.log(total))


def logprob_of_any(logits: Logits, indices: Any) -> float:
    """The natural logarithm of the probability of several entries together; never above 0."""
    highest = float(logits.max())
    weights = np.exp(logits - highest)
    return min(0.0, math.log(max(float(weights[indices].sum()), 1e-300) / float(weights.sum())))


def should_end(logits: Logits, end_tokens: frozenset[int]) -> bool:
    """The rule of the `infill` sampler: end when ending is likely beside many rivals.

    With many candidates of little probability each, the model does not know how to go on, and
    an end that is about as likely as any of them is the better answer.
    """
    n_most = min(MAX_NUCLEUS, len(logits))
    best = np.argpartition(logits, -n_most)[-n_most:]
    best = best[np.argsort(-logits[best], kind="stable")]
    highest = float(logits[best[0]])
    total = float(np.exp(logits - highest).sum())
    probabilities = np.exp(logits[best] - highest) / total
    n_nucleus = int(np.searchsorted(np.cumsum(probabilities), NUCLEUS)) + 1
    nucleus = list(zip(best[:n_nucleus], probabilities[:n_nucleus], strict=True))
    end = sum(float(p) for token, p in nucleus if int(token) in end_tokens)
    text = sum(float(p) for token, p in nucleus if int(token) not in end_tokens)
    return END_FACTOR * end * len(nucleus) > text
