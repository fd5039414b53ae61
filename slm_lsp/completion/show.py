"""Whether a suggestion is worth the look: how probably its beginning is right.

A logistic model over what is known when the answer is there. Its weights are data, fitted by
`benchmarks/show_hide.py` on real positions, and published with their calibration. "Right" means
that a person would take the suggestion's first word or more: see `useful` there.
"""

import math
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from slm_context.cursor import DocumentContext

from slm_lsp.completion.types import Completion, CompletionMode, Token

# Of the first tokens: where they are unsure, what follows is right by accident.
N_FIRST = 3


@dataclass(frozen=True, slots=True)
class ShowModel:
    """Weights by the feature's name, and the constant."""

    weights: dict[str, float]
    bias: float

    def probability(self, features: dict[str, float]) -> float:
        """That the suggestion's beginning is right, from 0 to 1."""
        total = self.bias + sum(self.weights[name] * value for name, value in features.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def show_model() -> ShowModel:
    text = (files("slm_lsp.completion") / "show.toml").read_text("utf-8")
    read = tomllib.loads(text)
    return ShowModel(read["weights"], read["bias"])


def features_of(
    document: DocumentContext, completion: Completion, mode: CompletionMode, n_unknown: int
) -> dict[str, float]:
    """What the model looks at. All of it is about the shape of text, none of it is text."""
    logprobs = [token.logprob for token in _shown(completion)] or [0.0]
    text, before = completion.text, document.line_prefix
    first_line = text.partition("\n")[0]
    last = before.rstrip()[-1:]
    return {
        "mean_logprob": sum(logprobs) / len(logprobs),
        "first_logprob": logprobs[0],
        "first_tokens_logprob": sum(logprobs[:N_FIRST]),
        "worst_logprob": min(logprobs),
        "log_length": math.log1p(len(first_line)),
        "unknown_name": float(n_unknown > 0),
        "block": float(mode is CompletionMode.BLOCK),
        "at_line_start": float(not before.strip()),
        "in_word": float(before[-1:].isalnum() or before[-1:] == "_"),
        "behind_dot": float(last == "."),
        "behind_opener": float(last in ("(", "[", "{")),
        "closers_follow": float(bool(document.line_suffix.strip())),
        "python": float(document.language == "python"),
    }


def _shown(completion: Completion) -> Sequence[Token]:
    """The tokens of what is left of the answer: the filters may have cut its end."""
    length = 0
    for index, token in enumerate(completion.tokens):
        if length >= len(completion.text):
            return completion.tokens[:index]
        length += len(token.text)
    return completion.tokens
