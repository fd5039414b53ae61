"""From the model's answers to the suggestions: filtered, with known names first, and how sure."""

from collections.abc import Sequence
from dataclasses import replace

from slm_lsp.completion.asking import Answer
from slm_lsp.completion.confident import confident_part
from slm_lsp.completion.names import unknown_names, word_before
from slm_lsp.completion.postprocess import Surroundings, postprocess
from slm_lsp.completion.rank import Candidate, ranked
from slm_lsp.completion.show import features_of, show_model
from slm_lsp.completion.types import Completion, Explanation, Trigger


def chosen(
    answer: Answer, around: Surroundings, seen: Sequence[str], explanation: Explanation
) -> Completion | None:
    """The best suggestion, the others behind it; None when the filters left nothing.

    A name that stands in none of the texts `seen` is unknown.
    """
    candidates: list[Candidate] = []
    for index, tokens in enumerate(answer.candidates):
        draft, verdicts = postprocess(answer.text(index), around)
        if index == 0:
            explanation.verdicts = verdicts
            if not answer.text().strip():
                # The likeliest answer is nothing; what else a line may begin with is no answer.
                return None
        if draft is not None:
            completion = Completion(draft.text, tuple(tokens), draft.n_replaced)
            unknown = tuple(_unknown(completion, around, seen))
            candidates.append(Candidate(completion, unknown, index, tuple(verdicts)))
    if not candidates:
        return None
    best, *others = ranked(candidates)
    explanation.raw, explanation.verdicts = answer.text(best.index), list(best.verdicts)
    completion = best.completion
    if explanation.trigger is Trigger.AUTOMATIC:
        completion = confident_part(completion, around)
    return replace(
        promised(completion, around, seen, explanation),
        n_asked=len(answer.candidates),
        others=tuple(other.completion for other in others),
    )


def promised(
    completion: Completion, around: Surroundings, seen: Sequence[str], explanation: Explanation
) -> Completion:
    """The suggestion with how probably it begins right, and what showing it would save."""
    unknown = _unknown(completion, around, seen)
    features = features_of(around, completion, len(unknown))
    probability = show_model().probability(features)
    gain_s = show_model().gain_s(features)
    explanation.unknown_names = unknown
    explanation.features = features
    explanation.probability, explanation.gain_s = round(probability, 4), round(gain_s, 3)
    return replace(completion, probability=probability, gain_s=gain_s)


def _unknown(completion: Completion, around: Surroundings, seen: Sequence[str]) -> list[str]:
    # The first name may be begun already: `tot█al` is `total`.
    document = around.document
    begun = word_before(document.line_prefix)
    return unknown_names(begun + completion.text, document.language, seen)
