"""Whether a suggestion is worth the look: how probably it begins right, and what it would save.

For each source of suggestions, two logistic models over what is known when the answer is
there, and the keys that a good one saves by its length. Their weights are data, fitted by
`benchmarks/recalibrate.py` on real commits, and published with their calibration. "Begins right"
means that its first word or sign is what the person was about to type; "worth it" that taking what
is right of it saves more than reading it.
"""

import math
import operator
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from slm_context.syntax import Place

from slm_lsp.completion.counting import LONGEST_CONTEXT, WORD, Echo
from slm_lsp.completion.names import occurs, word_before
from slm_lsp.completion.postprocess.filter import InsertionPoint
from slm_lsp.completion.types import Completion, CompletionMode, Precedent, Source, Token

# Of the first tokens: where they are unsure, what follows is right by accident.
N_FIRST = 3
# What a key, a look at a suggestion, and a look at a wrong one cost (research notes, B5).
SECONDS_A_KEY, SECONDS_A_LOOK, SECONDS_A_MISTAKE = 0.18, 0.4, 0.3


# Where a sum of weights may bend, in nats, before it becomes a probability.
BENDS = (-1.0, 0.0, 1.0, 2.0)
# Who is surer than this of anything is counted as so sure.
SUREST = 0.98


def sureness(probability: float) -> float:
    """In nats for or against; 0 at a half."""
    bounded = min(SUREST, max(1 - SUREST, probability))
    return math.log(bounded / (1 - bounded))


@dataclass(frozen=True, slots=True)
class Logistic:
    """Weights by the feature's name, and the constant.

    The sum is bent by `bends`, its own factor and what is added to it from each of `BENDS` on, so
    that what is promised in other repositories than those of the weights is so. Empty: it is not.
    """

    weights: dict[str, float]
    bias: float
    bends: tuple[float, ...] = ()

    def probability(self, features: dict[str, float]) -> float:
        total = self.bias + sum(self.weights[name] * value for name, value in features.items())
        if self.bends:
            constant, *factors = self.bends
            total = constant + sum(map(operator.mul, factors, bent(total)))
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


def bent(total: float) -> list[float]:
    """What `Logistic.bends` are factors of, behind the constant."""
    return [total, *(max(0.0, total - one) for one in BENDS)]


@dataclass(frozen=True, slots=True)
class ShowModel:
    """What is promised of a suggestion, from its features."""

    right: Logistic
    worth: Logistic
    # Keys saved by one that is worth it: so many, and so many for each of its characters.
    keys: float
    keys_a_character: float

    def probability(self, features: dict[str, float]) -> float:
        """That the suggestion begins right, from 0 to 1."""
        return self.right.probability(features)

    def gain_s(self, features: dict[str, float]) -> float:
        """Seconds that showing it is expected to save; negative where it costs more."""
        length = math.expm1(features["log_length"])
        keys = max(0.0, self.keys + self.keys_a_character * length)
        saved = self.worth.probability(features) * keys * SECONDS_A_KEY
        wrong = 1 - self.right.probability(features)
        return saved - SECONDS_A_LOOK - SECONDS_A_MISTAKE * wrong


@cache
def show_model(source: Source = Source.WRITTEN) -> ShowModel:
    text = (files("slm_lsp.completion") / "show.toml").read_text("utf-8")
    read = tomllib.loads(text)[source]
    right, worth = (
        Logistic(read[one]["weights"], read[one]["bias"], tuple(read[one].get("bends", ())))
        for one in ("right", "worth")
    )
    return ShowModel(right, worth, read["keys"], read["keys_a_character"])


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known besides the suggestion itself."""

    here: Echo = Echo()  # what the rest of the file says
    beside: Echo = Echo()  # what other files say
    n_unknown: int = 0  # names that exist nowhere
    typed: int = 0  # characters of the answer that were typed since it was made
    other: str = ""  # what the other source says here: the model, or copying; "" for nothing
    other_promised: float = 0.5  # that the other begins right, where that is known


def features_of(
    around: InsertionPoint, completion: Completion, evidence: Evidence
) -> dict[str, float]:
    """What the models look at. All of it is about the shape of text, none of it is text."""
    document, mode = around.document, around.mode
    logprobs = [token.logprob for token in _shown(completion)] or [0.0]
    before, first_line = document.line_prefix, completion.text.partition("\n")[0]
    last = before.rstrip()[-1:]
    begun = word_before(before)
    match = WORD.search(first_line)
    head = match.group() if match else ""
    is_word = head[:1].isidentifier()
    here, beside = evidence.here, evidence.beside
    place = around.tree.place(document.offset) if around.tree is not None else Place.CODE
    length = math.log1p(len(first_line))
    certain = math.exp(sum(logprobs))
    precedent = completion.precedent or Precedent(0, 0, False)
    heads = WORD.search(begun + first_line), WORD.search(begun + evidence.other)
    other, same = bool(evidence.other), heads[0] and heads[1] and heads[0][0] == heads[1][0]
    return {
        "mean_logprob": sum(logprobs) / len(logprobs),
        "first_logprob": logprobs[0],
        "first_tokens_logprob": sum(logprobs[:N_FIRST]),
        "worst_logprob": min(logprobs),
        "first_probability": math.exp(logprobs[0]),
        "first_probability_squared": math.exp(2 * logprobs[0]),
        "first_tokens_probability": math.exp(sum(logprobs[:N_FIRST])),
        "probability": certain,
        "log_length": length,
        "typed_along": math.log1p(evidence.typed),
        "probable_length": length * certain,
        "head_is_word": float(is_word),
        "head_length": math.log1p(len(head)),
        "head_is_known": float(not is_word or occurs(begun + head, (document.text,))),
        "unknown_name": float(evidence.n_unknown > 0),
        "here_context": float(here.n_context),
        "here_share": here.share,
        "here_heard": float(here.share > 0),
        "here_places": math.log1p(here.n_places),
        "beside_context": float(beside.n_context),
        "beside_share": beside.share,
        "beside_heard": float(beside.share > 0),
        "beside_places": math.log1p(beside.n_places),
        "same_context": float(precedent.n_context),
        **{f"same_{n}": float(precedent.n_context == n) for n in range(2, LONGEST_CONTEXT)},
        "same_first_probability": precedent.n_context * math.exp(logprobs[0]),
        "same_before": math.log1p(precedent.n_times),
        "same_file": float(precedent.in_file),
        "other_agrees": float(other and bool(same)),
        "other_differs": float(other and not same),
        "other_agrees_surely": float(other and bool(same)) * sureness(evidence.other_promised),
        "other_differs_surely": float(other and not same) * sureness(evidence.other_promised),
        "block": float(mode is CompletionMode.BLOCK),
        "at_line_start": float(not before.strip()),
        "in_word": float(bool(begun)),
        "begun_length": math.log1p(len(begun)),
        "behind_dot": float(last == "."),
        "behind_opener": float(last in ("(", "[", "{")),
        "closers_follow": float(bool(document.line_suffix.strip())),
        "in_prose": float(place is not Place.CODE),
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
