"""From the model's answers to the suggestions: filtered, with known names first, and how sure."""

from dataclasses import replace

from slm_context.types import ContextBundle

from slm_lsp.completion.asking import Answer
from slm_lsp.completion.names import unknown_names
from slm_lsp.completion.postprocess import Surroundings, postprocess
from slm_lsp.completion.rank import Candidate, ranked
from slm_lsp.completion.show import features_of, show_model
from slm_lsp.completion.types import Completion, Explanation


def chosen(
    answer: Answer, around: Surroundings, bundle: ContextBundle, explanation: Explanation
) -> Completion | None:
    """The best suggestion, the others behind it; None when the filters left nothing."""
    document = around.document
    seen = (document.text, *(snippet.text for snippet in bundle.snippets))
    candidates: list[Candidate] = []
    for index, tokens in enumerate(answer.candidates):
        draft, verdicts = postprocess(answer.text(index), around)
        if index == 0:
            explanation.verdicts = verdicts
            if not answer.text().strip():
                # The likeliest answer is nothing; what else a line may begin with is no answer.
                return None
        if draft is not None:
            # The first name may be begun already: `tot█al` is `total`.
            begun = _word_before(document.line_prefix)
            unknown = unknown_names(begun + draft.text, document.language, seen)
            completion = Completion(draft.text, tuple(tokens), draft.n_replaced)
            candidates.append(Candidate(completion, tuple(unknown), index, tuple(verdicts)))
    if not candidates:
        return None
    best, *others = ranked(candidates)
    features = features_of(document, best.completion, around.mode, len(best.unknown))
    probability = show_model().probability(features)
    explanation.raw, explanation.verdicts = answer.text(best.index), list(best.verdicts)
    explanation.unknown_names = list(best.unknown)
    explanation.features = features
    explanation.probability = round(probability, 4)
    return replace(
        best.completion,
        probability=probability,
        n_asked=len(answer.candidates),
        others=tuple(other.completion for other in others),
    )


def _word_before(line: str) -> str:
    start = len(line)
    while start and (line[start - 1].isalnum() or line[start - 1] == "_"):
        start -= 1
    return line[start:]
