"""From logits to the next token."""

import math
from random import Random
from typing import Any

import numpy as np

Logits = Any


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
