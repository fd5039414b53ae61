"""Which of several suggestions comes first."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from slm_lsp.completion.types import Completion, Verdict

# In nats a token: what a name that exists nowhere costs, and what full agreement is worth.
UNKNOWN_NAME = 1.0
AGREEMENT = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A suggestion that went through the filters, and the names in it that nothing knows."""

    completion: Completion
    unknown: tuple[str, ...] = ()
    index: int = 0  # among the model's answers
    verdicts: tuple[Verdict, ...] = ()


def ranked(candidates: Sequence[Candidate]) -> list[Candidate]:
    """The best first, equal texts once. All of them parse: the filters have seen to that.

    Ranked by mean log-probability, less for each name that exists nowhere, more for beginning as
    the others do. Of equals, the model's own order decides.
    """
    distinct = list({one.completion.text: one for one in reversed(candidates)}.values())[::-1]
    starts = Counter(_start(one) for one in candidates)

    def score(one: Candidate) -> float:
        agreement = (starts[_start(one)] - 1) / max(1, len(candidates) - 1)
        return (
            mean_logprob(one.completion) - UNKNOWN_NAME * len(one.unknown) + AGREEMENT * agreement
        )

    return sorted(distinct, key=score, reverse=True)


def mean_logprob(completion: Completion) -> float:
    """Natural logarithm, a token; 0 where there are none to judge by."""
    tokens = completion.tokens
    return sum(token.logprob for token in tokens) / len(tokens) if tokens else 0.0


def _start(one: Candidate) -> str:
    return one.completion.text.strip()[:4]
