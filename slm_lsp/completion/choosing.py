"""From the model's answers to the suggestions: filtered, with known names first, and how sure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from slm_lsp.completion.asking import Answer
from slm_lsp.completion.confident import LEAST, MAX_TRIALS, confident_part
from slm_lsp.completion.copying import Copied
from slm_lsp.completion.names import unknown_names, word_before
from slm_lsp.completion.postprocess import InsertionPoint, postprocess
from slm_lsp.completion.postprocess.ending import endings_of
from slm_lsp.completion.rank import Candidate, ranked
from slm_lsp.completion.show import Evidence, features_of, show_model
from slm_lsp.completion.sources import Witness
from slm_lsp.completion.types import Completion, Explanation, Source, Trigger


def chosen(
    answer: Answer,
    around: InsertionPoint,
    witness: Witness,
    explanation: Explanation,
    typed: int = 0,
    other: str = "",
) -> Completion | None:
    """The best suggestion, the others behind it; None when the filters left nothing.

    A name that `witness` has not seen is unknown. `typed` characters of the answer
    were typed since it was made: this is its rest. `other` is what was copied for this place.
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
            unknown = tuple(_unknown(completion, around, witness.seen))
            candidates.append(Candidate(completion, unknown, index, tuple(verdicts)))
    if not candidates:
        return None
    best, *others = ranked(candidates)
    explanation.raw, explanation.verdicts = answer.text(best.index), list(best.verdicts)
    completion, unknown = best.completion, best.unknown
    if explanation.trigger is Trigger.AUTOMATIC:
        completion = confident_part(completion, around)
        if completion.is_part and unknown:
            unknown = tuple(_unknown(completion, around, witness.seen))
    return replace(
        _promised(completion, around, witness, unknown, explanation, typed, other),
        n_asked=len(answer.candidates),
        others=tuple(other.completion for other in others),
    )


def chosen_copy(
    copied: Copied, around: InsertionPoint, witness: Witness, explanation: Explanation
) -> Completion | None:
    """What was copied as a suggestion; None when the filters left nothing."""
    explanation.raw, explanation.copied = copied.text, True
    for text in _beginnings(copied, around):
        draft, explanation.verdicts = postprocess(text, around)
        if draft is not None:
            break
    else:
        return None
    completion = Completion(draft.text, copied.tokens, draft.n_replaced, precedent=copied.precedent)
    return promised(confident_part(completion, around), around, witness, explanation)


def _beginnings(copied: Copied, around: InsertionPoint) -> Iterator[str]:
    """All of it, then less and less: it is pieced together, and may stop within a bracket."""
    endings = endings_of(copied.text, around)
    if copied.is_whole or endings.is_good(len(copied.text)):
        yield copied.text
    sure, ends = 0.0, list[int]()
    length = 0
    for token in copied.tokens[:-1]:
        sure, length = sure + token.logprob, length + len(token.text)
        if math.exp(sure) >= LEAST and endings.is_good(length):
            ends.append(length)
    for end in ends[: -MAX_TRIALS - 1 : -1]:
        yield copied.text[:end]


def promised(
    completion: Completion,
    around: InsertionPoint,
    witness: Witness,
    explanation: Explanation,
    typed: int = 0,
    other: str | None = None,
    other_promised: float = 0.5,
) -> Completion:
    """The suggestion with how probably it begins right, and what showing it would save.

    `other` is what the other source says for this place, the model or copying; None where it was
    not asked. `other_promised` is what was promised of it.
    """
    unknown = _unknown(completion, around, witness.seen)
    return _promised(
        completion, around, witness, unknown, explanation, typed, other, other_promised
    )


def _promised(
    completion: Completion,
    around: InsertionPoint,
    witness: Witness,
    unknown: Sequence[str],
    explanation: Explanation,
    typed: int,
    other: str | None,
    other_promised: float = 0.5,
) -> Completion:
    here, beside = witness.echo(completion.text.partition("\n")[0])
    evidence = Evidence(here, beside, len(unknown), typed, other or "", other_promised)
    features = features_of(around, completion, evidence)
    source = Source.WRITTEN
    if completion.precedent is not None:
        source = Source.COPIED if other is None else Source.COMPARED
    model = show_model(source)
    probability, gain_s = model.probability(features), model.gain_s(features)
    explanation.unknown_names = list(unknown)
    explanation.features = features
    explanation.probability, explanation.gain_s = round(probability, 4), round(gain_s, 3)
    return replace(completion, probability=probability, gain_s=gain_s)


def _unknown(completion: Completion, around: InsertionPoint, seen: Sequence[str]) -> list[str]:
    # The first name may be begun already: `tot█al` is `total`.
    document = around.document
    begun = word_before(document.line_prefix)
    return unknown_names(begun + completion.text, document.language, seen)
