"""A score is what generating says, whatever else is scored beside it."""

import math
from dataclasses import replace
from random import Random

import pytest

from slm_lsp.errors import PromptTooLong
from slm_lsp.inference.wire import Generate, Score
from tests.support.bundled import TIE, prompts, segments

pytestmark = pytest.mark.model


def test_a_score_is_what_generating_says(engine):
    """The log-probabilities of the greedy answer, scored beside rivals, are those it came with."""
    tokens: list[tuple[str, float]] = []
    request = Generate(1, segments("import os\n\nroot = os.path.", "\n"), 6)
    engine.fresh().decoder.generate(request, lambda chunk: tokens.extend(chunk.tokens))
    answer = "".join(text for text, _ in tokens)
    candidates = ("dirname(", answer, "x")
    score = Score(2, request.segments, candidates, with_end=False)
    logprobs = engine.decoder.score(score).logprobs[1]
    # One row while generating, several while scoring: llama.cpp sums them in another order.
    assert logprobs == pytest.approx([logprob for _, logprob in tokens], abs=TIE)


def test_many_long_candidates_are_scored_in_several_batches(engine):
    texts = [f"value_{n} = compute({n}, {n + 1}) + other({n}) * 3" for n in range(50)]
    request = Score(1, segments("def f():\n    ", "\n"), (*texts, ""), with_end=True)
    together = engine.fresh().decoder.score(request).logprobs
    alone = [
        engine.fresh().decoder.score(replace(request, candidates=(text,))).logprobs[0]
        for text in texts[::10]
    ]
    assert len(together) == 51 and len(together[-1]) == 1
    for one, other in zip(together[::10], alone, strict=False):
        assert one == pytest.approx(other, abs=TIE)


def one_by_one(engine, request: Score, text: str) -> list[float]:
    """The same figures without branches or batches: each token evaluated after the last one."""
    from slm_lsp.inference.sampling import logprob, logprob_of_any

    vocab = engine.llama.vocab
    engine.fresh()
    engine.cache.prefill(vocab.tokenise(request.segments))
    found = []
    for token in vocab.tokenise_text(text):
        found.append(logprob(engine.llama.logits(-1), token))
        engine.cache.extend([token])
    return [*found, logprob_of_any(engine.llama.logits(-1), sorted(vocab.end_tokens))]


def test_a_score_depends_neither_on_its_rivals_nor_on_their_order(engine):
    """Apart from llama.cpp's own summing of one row and of several, scores are exact."""
    random = Random(5)
    differences = []
    for asked in prompts()[:12]:
        lines = [line for text, _ in asked.segments for line in text.splitlines() if line.strip()]
        candidates = (*random.sample(lines, 4), "", "x")
        request = Score(1, asked.segments, candidates)
        together = engine.fresh().decoder.score(request).logprobs
        turned = replace(request, candidates=candidates[::-1])
        for scores in (
            [one_by_one(engine, request, text) for text in candidates],
            engine.fresh().decoder.score(turned).logprobs[::-1],
            engine.decoder.score(request).logprobs,  # the prompt is in the cache
        ):
            for one, other in zip(together, scores, strict=True):
                assert one == pytest.approx(other, abs=TIE)
                differences += [abs(a - b) for a, b in zip(one, other, strict=True)]
    exact = sum(difference < 1e-4 for difference in differences)
    assert exact > 0.9 * len(differences)


def test_scoring_leaves_the_prompt_as_it_was(engine, plain):
    engine.fresh()
    for asked, expected in list(zip(prompts(), plain, strict=True))[:8]:
        engine.decoder.score(Score(1, asked.segments, ("x = 1", "return None")))
        assert engine.ask(asked)[0] == expected


def test_the_end_is_as_probable_as_all_end_tokens_together(engine):
    from slm_lsp.inference.sampling import logprob

    request = Score(1, segments("x = (1", ")\n"), ("",))
    ((score,),) = engine.fresh().decoder.score(request).logprobs
    ends = [logprob(engine.llama.logits(-1), end) for end in engine.llama.vocab.end_tokens]
    assert score >= max(ends)
    assert math.exp(score) == pytest.approx(sum(map(math.exp, ends)), rel=1e-4)


def test_a_candidate_without_room_is_refused_and_costs_nothing(engine, plain):
    with pytest.raises(PromptTooLong):
        engine.fresh().decoder.score(Score(1, segments("x"), ("fine", "a = 1\n" * 600)))
    long = "a = 1\n" * 150
    (scores,) = engine.decoder.score(Score(1, segments("x"), (long,))).logprobs
    assert len(scores) > 500 and all(one <= 0 for one in scores)
    assert engine.ask(prompts()[0])[0] == plain[0]
